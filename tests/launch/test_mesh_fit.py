"""mesh_fit.launch.py: a goal from outside becomes files, and what cannot be done is said."""

from __future__ import annotations

import json

import numpy as np
import pytest

launch_pytest = pytest.importorskip("launch_pytest")
pytest.importorskip("launch_ros")
pytest.importorskip("torch")

pytestmark = pytest.mark.slow


@launch_pytest.fixture
def server(describe, tmp_path):
    return describe("mesh_fit", data_directory=str(tmp_path))


def answer(listener, **fields):
    """(result, feedback) of one goal."""
    from rclpy.action import ActionClient

    from kinesics.action import FitMesh

    client = ActionClient(listener.node, FitMesh, "fit_mesh")
    feedback = []
    # The server has to have found this client's subscriptions, too, or the first feedback is lost;
    # nothing on this side tells when it has.
    assert listener.wait(client.server_is_ready)
    listener.wait(lambda: False, 2.0)
    sent = client.send_goal_async(
        FitMesh.Goal(**fields), feedback_callback=lambda m: feedback.append(m.feedback))
    assert listener.wait(sent.done)
    assert sent.result().accepted
    result = sent.result().get_result_async()
    assert listener.wait(result.done, 120.0)
    client.destroy()
    return result.result().result, feedback


@pytest.mark.launch(fixture=server)
def test_a_keypoint_file_becomes_meshes_and_parameters(run, listener, tmp_path):
    from kinesics.action import FitMesh
    from kinesics_core.body import model
    from kinesics_core.fitting.evaluation.motions import acted
    from kinesics_core.fitting.evaluation.truth import Recipe, make
    from kinesics_core.fitting.tracks.track_file import save_tracks

    assert listener.reaches("/mesh_fit", "active"), run.text
    track, _ = make(acted("happiness", 1, 12), model.load(), 1, Recipe(frames=12))
    (tmp_path / "keypoints.npz").write_bytes(save_tracks([track]))
    result, feedback = answer(
        listener, input="keypoints.npz", output="fitted", write_meshes=True, resume=True)
    assert result.error_code == FitMesh.Result.NONE, result.message
    assert result.frames_fitted == 12
    assert {f.stage for f in feedback} >= {"body", "write"}
    for name in result.files:
        assert (tmp_path / "fitted" / name).is_file()
    assert len([n for n in result.files if n.endswith(".obj")]) == 12
    assert np.load(tmp_path / "fitted" / "params.npz")["joints_cam"].shape == (12, 55, 3)
    fit = json.loads((tmp_path / "fitted" / "fit.json").read_text())
    assert result.reprojection_px < 5.0, fit


@pytest.mark.launch(fixture=server)
def test_a_path_outside_is_refused(run, listener, tmp_path):
    from kinesics.action import FitMesh

    assert listener.reaches("/mesh_fit", "active"), run.text
    result, _ = answer(listener, input="../elsewhere.mp4", output="fitted")
    assert result.error_code == FitMesh.Result.INVALID_GOAL
    assert "data directory" in result.message


@launch_pytest.fixture
def nowhere(describe, tmp_path):
    return describe("mesh_fit", data_directory=str(tmp_path / "missing"))


@pytest.mark.launch(fixture=nowhere)
def test_a_missing_data_directory_is_said(run, listener):
    assert listener.wait(lambda: "wanted the directory whose recordings" in run.text), run.text
    assert listener.reaches("/mesh_fit", "unconfigured"), run.text
