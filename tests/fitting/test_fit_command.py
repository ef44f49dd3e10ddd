"""``kinesics fit``: exit status, what is said, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace

import known_recording
import pytest
from known_recording import FRAMES

from kinesics_core.assets import store
from kinesics_core.body.gltf import influences_of
from kinesics_core.cli import main
from kinesics_core.errors import AssetError
from kinesics_core.files import read_arrays
from kinesics_core.fitting.tracks.read_tracks import read_tracks


@pytest.fixture
def known(tmp_path, monkeypatch) -> known_recording.Known:
    monkeypatch.setenv("COLUMNS", "160")
    return known_recording.make(tmp_path).install(monkeypatch)


def test_it_writes_and_says_how_good_the_fit_is(known, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["fit", str(known.video), "--out", str(out), "--no-meshes", "--last", "7"]) == 0
    said = capsys.readouterr()
    assert "clip.mp4: 8 frames fitted" in said.out and "1.50" in said.out
    assert "hands and face 0.1 s" in said.out and "contact.jpg" in said.out
    assert "keypoints" in said.err  # the progress
    assert len(read_arrays(out / "params.npz")["frames"]) == 8
    assert not (out / "meshes").exists() and (out / "overlay.mp4").exists()


def test_options_reach_the_fit(known, tmp_path, monkeypatch):
    asked = []
    fit = known.fit

    def spy(track, body, settings, **others):
        asked.append((settings, track, body.gender))
        return fit(track, body, settings, **others)

    monkeypatch.setattr(known_recording.recording, "fit", spy)
    assert main(["fit", str(known.video), "--out", str(tmp_path / "out"), "--no-meshes",
                 "--no-overlays", "--gender", "female", "--focal", "900", "--person", "1",
                 "--first", "2", "--last", "9", "--pose-space", "latent"]) == 0
    ((settings, track, gender),) = asked
    assert (settings.gender, settings.focal, settings.pose_space) == ("female", 900.0, "latent")
    assert track.frames.tolist() == list(range(2, 10)) and gender == "female"
    asked_for = json.loads((tmp_path / "out" / "request.json").read_text())
    assert (asked_for["gender"], asked_for["focal"], asked_for["first"]) == ("female", 900.0, 2)


def test_the_gltf_follows_four_joints_or_eight_as_asked_and_is_written_anew(known, tmp_path):
    out = tmp_path / "out"
    command = ["fit", str(known.video), "--out", str(out), "--no-meshes", "--no-overlays"]
    assert main(command) == 0 and influences_of(out / "motion.glb") == 4
    before, calls = (out / "motion.bvh").stat().st_mtime_ns, list(known.calls)
    assert main([*command, "--glb-influences", "8"]) == 0
    assert influences_of(out / "motion.glb") == 8
    assert (out / "motion.bvh").stat().st_mtime_ns == before and known.calls == calls
    written = (out / "motion.glb").stat().st_mtime_ns
    assert main([*command, "--glb-influences", "8"]) == 0
    assert (out / "motion.glb").stat().st_mtime_ns == written


def test_a_fault_is_one_sentence_and_status_1(known, tmp_path, capfd, monkeypatch):
    assert main(["fit", str(tmp_path / "no.mp4"), "--out", str(tmp_path / "out")]) == 1
    assert capfd.readouterr().err.strip().endswith(
        "no.mp4 does not exist; give a video, a folder of images, a bag or a file of keypoints.")
    (tmp_path / "noise.mp4").write_bytes(bytes(range(256)) * 20)
    monkeypatch.setattr(known_recording.recording, "read_tracks", read_tracks)
    assert main(["fit", str(tmp_path / "noise.mp4"), "--out", str(tmp_path / "noise")]) == 1
    said = capfd.readouterr()
    assert said.err.strip().startswith("kinesics fit: Cannot decode") and "nan" not in said.out
    assert not (tmp_path / "out").exists()


def test_ctrl_c_keeps_what_is_finished_and_the_same_command_goes_on(
    known, tmp_path, capsys, monkeypatch,
):
    fit, before = known.fit, signal.getsignal(signal.SIGINT)

    def interrupted(*given, hooks, **others):
        def shown(step):
            hooks.tell(step)
            if step.done == FRAMES // 2:
                os.kill(os.getpid(), signal.SIGINT)

        return fit(*given, hooks=replace(hooks, progress=shown), **others)

    monkeypatch.setattr(known_recording.recording, "fit", interrupted)
    command = ["fit", str(known.video), "--out", str(tmp_path / "out"), "--no-meshes",
               "--no-overlays"]
    assert main(command) == 130
    said = capsys.readouterr()
    assert f"{FRAMES // 2} frames fitted" in said.out and "goes on from there" in said.err
    assert signal.getsignal(signal.SIGINT) is before
    monkeypatch.setattr(known_recording.recording, "fit", fit)
    assert main(command) == 0
    assert [call for call in known.calls if call.startswith("fit")] == [
        f"fit 1.{chunk}" for chunk in range(known_recording.CHUNKS)]


def test_a_second_ctrl_c_ends_at_once(known, tmp_path, monkeypatch, capsys):
    def stubborn(*given, **others):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("the second Ctrl-C did not end the work")

    monkeypatch.setattr(known_recording.recording, "fit", stubborn)
    assert main(["fit", str(known.video), "--out", str(tmp_path / "out")]) == 130


@pytest.mark.slow
def test_real_footage_is_fitted_in_every_frame(tmp_path, capsys):
    """The demo's clip of one person, with our own perception and fit."""
    try:
        video = store.path("demo-body")
    except AssetError as error:
        pytest.skip(str(error))
    out = tmp_path / "out"
    assert main(["fit", str(video), "--out", str(out), "--last", "29", "--no-meshes"]) == 0
    document = json.loads((out / "fit.json").read_text())
    assert (document["frames_fitted"], document["frames_failed"]) == (30, [])
    assert document["reprojection_percent_of_height"]["median"] < 1.5
    assert len(list((out / "overlays").iterdir())) == 30
