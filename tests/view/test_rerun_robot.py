"""A robot's model in a recording of Rerun."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("rerun")
pytest.importorskip("pinocchio")
import toy_robot

from kinesics_core.errors import KinesicsError
from kinesics_core.robot.model import RobotModel
from kinesics_core.types import Frame, Moment
from kinesics_core.view.live import LiveView
from kinesics_core.view.rerun_robot import RerunRobot


@pytest.fixture
def model(tmp_path) -> RobotModel:
    return RobotModel.load(toy_robot.write_toy(tmp_path).with_suffix(".urdf"))


class Recording:
    """Keeps what is logged, as a recording stream would."""

    def __init__(self) -> None:
        import rerun

        self.logged: dict[str, object] = {}
        self._recording = rerun.RecordingStream("test")

    def log(self, path, what, **_) -> None:
        self.logged[path] = what

    def __getattr__(self, name):
        return getattr(self._recording, name)


def test_the_links_turn_with_the_joints(model, monkeypatch):
    from rerun.urdf import UrdfTree

    monkeypatch.setattr(UrdfTree, "log_urdf_to_recording", lambda *_: None)
    recording = Recording()
    robot = RerunRobot(recording, model.urdf)
    robot.show({"left_elbow": -1.0, "someone_elses": 2.0})
    assert set(recording.logged) == {"urdf", "urdf/joints/left_elbow"}
    turn = recording.logged["urdf/joints/left_elbow"].quaternion.as_arrow_array().to_pylist()[0]
    # Half of a turn of -1 rad about y.
    np.testing.assert_allclose(turn, (0, np.sin(-0.5), 0, np.cos(-0.5)), atol=1e-6)


def test_a_view_with_a_model_is_a_whole_recording(model, tmp_path):
    file = tmp_path / "robot.rrd"
    with LiveView("file", path=file, robot=False, urdf=model.urdf) as view:
        view.move({"left_elbow": -0.5})
        view.show(Moment(Frame(np.zeros((48, 64, 3), np.uint8), 10**18)))
    assert view.fault is None and b"left_elbow" in file.read_bytes()


def test_a_missing_mesh_leaves_out_its_link_alone(model, tmp_path):
    file = tmp_path / "toy.urdf"
    file.write_text(file.read_text().replace(
        '<box size="0.15 0.15 0.2"/>', '<mesh filename="package://nobody/head.stl"/>'))
    recording = Recording()
    RerunRobot(recording, RobotModel.load(file).urdf).show({"left_elbow": -1.0})
    assert "urdf/joints/left_elbow" in recording.logged


def test_a_file_that_is_no_description_is_refused(model, tmp_path):
    urdf = model.urdf
    urdf.path.write_text("<robot")
    with pytest.raises(KinesicsError, match="cannot show"):
        RerunRobot(Recording(), urdf)
