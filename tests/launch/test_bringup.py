"""bringup.launch.py: the loop in one process and in many, after a crash, and on bad arguments."""

from __future__ import annotations

import os
import signal

import pytest

launch_pytest = pytest.importorskip("launch_pytest")
pytest.importorskip("launch_ros")

pytestmark = pytest.mark.slow

NODES = ("camera", "keypoint", "forecast", "response", "expression", "marker")


@launch_pytest.fixture
def composed(describe):
    return describe("bringup", source="synthetic", namespace="robot", personality="lively")


@pytest.mark.launch(fixture=composed)
def test_one_process_answers(run, listener):
    from rcl_interfaces.srv import GetParameters

    from kinesics.msg import FacePose

    assert listener.messages(FacePose, "/robot/face_pose", 5), run.text
    assert list(run.pids) == ["kinesics_up"]
    for name in NODES:
        assert listener.reaches(f"/robot/{name}", "active"), name
    answer = listener.call(GetParameters, "/robot/response/get_parameters", names=["extraversion"])
    assert answer.values[0].double_value == pytest.approx(0.9)  # of lively


@launch_pytest.fixture
def crashing(describe, tmp_path):
    return describe("bringup", source="synthetic", record=str(tmp_path / "take"))


@pytest.mark.launch(fixture=crashing)
def test_one_process_comes_back_after_a_crash(run, listener, tmp_path):
    from kinesics.msg import FacePose

    assert listener.messages(FacePose, "/face_pose", 90), run.text
    os.kill(run.pids["kinesics_up"][0], signal.SIGKILL)
    assert listener.wait(lambda: len(run.pids["kinesics_up"]) == 2), run.text
    assert (tmp_path / "take" / "metadata.yaml").is_file()
    # The bag of the crashed process is kept; the new one records beside it.
    assert listener.wait((tmp_path / "take_1" / "metadata.yaml").is_file), run.text
    assert listener.messages(FacePose, "/face_pose", 5), run.text


def test_one_process_ends_without_a_camera(describe, run, failing):
    assert "kinesics_up ended with 1" in failing(describe("bringup", source="/dev/video99"))
    assert "/dev/video99" in run.text
    assert len(run.pids["kinesics_up"]) == 1  # a wrong argument is not tried again


@launch_pytest.fixture
def separate_with_a_file(describe, tmp_path):
    """Six seconds of an empty room, and settings of every kind that launch hands on."""
    import cv2
    import numpy as np

    for index in range(30):
        cv2.imwrite(str(tmp_path / f"{index:02}.png"), np.full((120, 160, 3), index, np.uint8))
    return describe("bringup", source=str(tmp_path), composed="false", rate="5.0", loop="false",
                    max_persons="1", policy="mirror", respawn="false")


@pytest.mark.launch(fixture=separate_with_a_file)
def test_processes_see_a_file_from_its_start(run, listener):
    from rcl_interfaces.srv import GetParameters

    from kinesics.msg import PersonArray

    heard = []
    listener.node.create_subscription(PersonArray, "/persons", heard.append, 50)
    assert listener.wait(lambda: "ended after 30 frames" in run.text, 120.0), run.text
    listener.wait(lambda: len(heard) >= 30, 5.0)
    assert len(heard) >= 20, run.text  # a busy machine may leave some out, in real time
    for node, name, kind, wanted in (
        ("response", "policy", "string_value", "mirror"), ("camera", "rate", "double_value", 5.0),
        ("keypoint", "max_persons", "integer_value", 1), ("camera", "loop", "bool_value", False),
    ):
        answer = listener.call(GetParameters, f"/{node}/get_parameters", names=[name])
        assert answer and getattr(answer.values[0], kind) == wanted, name


@launch_pytest.fixture
def separate(describe):
    return describe("bringup", source="synthetic", composed="false", hri="true")


@pytest.mark.launch(fixture=separate)
def test_processes_answer_and_come_back_after_a_crash(run, listener):
    from kinesics.msg import FacePose

    for name in NODES:
        assert listener.reaches(f"/{name}", "active", 90), f"{name}: {run.text}"
    assert listener.messages(FacePose, "/face_pose", 5), run.text
    assert sorted(run.pids) == sorted(f"{name}_node" for name in (*NODES, "hri"))
    os.kill(run.pids["response_node"][0], signal.SIGKILL)
    assert listener.wait(lambda: len(run.pids["response_node"]) == 2), run.text
    assert listener.wait(lambda: _answers_persons(listener)), run.text
    assert listener.reaches("/response", "active"), run.text


def _answers_persons(listener) -> bool:
    """The revived node hears the others and speaks."""
    from kinesics.msg import AffectiveResponse

    return bool(listener.messages(AffectiveResponse, "/response", 3, seconds=5))


@launch_pytest.fixture
def separate_without_camera(describe):
    return describe("bringup", source="/dev/video99", composed="false")


@pytest.mark.launch(fixture=separate_without_camera)
def test_a_process_without_a_camera_waits_until_it_is_mended(run, listener):
    from lifecycle_msgs.msg import Transition
    from lifecycle_msgs.srv import ChangeState
    from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
    from rcl_interfaces.srv import SetParameters

    assert listener.reaches("/expression", "active", 90), run.text
    assert listener.wait(lambda: "no camera /dev/video99" in run.text), run.text
    assert listener.reaches("/camera", "unconfigured"), run.text
    text = ParameterValue(type=ParameterType.PARAMETER_STRING, string_value="synthetic")
    source = Parameter(name="source", value=text)
    assert listener.call(SetParameters, "/camera/set_parameters", parameters=[source])
    for step in (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE):
        transition = Transition(id=step)
        assert listener.call(ChangeState, "/camera/change_state", transition=transition).success
    assert listener.reaches("/camera", "active"), run.text
    assert len(run.pids["camera_node"]) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"robot": "nobody"}, "'generic'"),
        ({"personality": "grumpy"}, "'neutral'"),
        ({"variant": "huge"}, "'heavy'"),
        ({"params_file": "/no/such.yaml"}, "which does not exist"),
    ],
)
def test_a_wrong_argument_is_refused_with_what_is_allowed(
    describe, run, failing, arguments, sentence
):
    said = failing(describe("bringup", source="synthetic", **arguments))
    (value,) = arguments.values()
    assert value in said
    assert sentence in said
    assert run.pids == {}


def test_a_missing_rviz_leaves_no_process_behind(describe, run, failing):
    from ament_index_python import get_packages_with_prefixes

    if "rviz2" in get_packages_with_prefixes():
        pytest.skip("rviz2 is installed here")
    assert "rviz2" in failing(describe("bringup", source="synthetic", rviz="true"))
    assert run.pids == {}
