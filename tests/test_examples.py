"""The examples run as their heads say: each as a program of its own, on what needs no camera."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
SMPLX_BODY = pytest.importorskip("kinesics_core.skeletons").SMPLX_BODY


def load(name: str):
    """Import an example without running it."""
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(name: str, *arguments: object, seconds: float = 120.0) -> str:
    """Run an example to its end; what it printed."""
    done = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py", *map(str, arguments)],
        capture_output=True, text=True, timeout=seconds)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_example_is_tested_and_listed():
    names = {file.stem for file in EXAMPLES.glob("*.py")}
    readme, tests = (ROOT / "README.md").read_text(), Path(__file__).read_text()
    assert names and {name for name in names if f"examples/{name}.py" not in readme} == set()
    assert {name for name in names if f'("{name}"' not in tests} == set()


@pytest.mark.slow
def test_a_person_becomes_a_pose_without_ros():
    lines = run("camera_to_pose", "--source", "synthetic", "--frames", 20).splitlines()
    assert len(lines) == 20
    assert "1 seen" in lines[-1] and "head yaw" in lines[-1]
    assert any("nose in a second at" in line for line in lines)
    text = (EXAMPLES / "camera_to_pose.py").read_text()
    assert "rclpy" not in text and text.count("\n") < 60  # one screen of code


# --- own robot -----------------------------------------------------------------------------------


@pytest.fixture
def robot():
    pytest.importorskip("rclpy")
    pytest.importorskip("kinesics.msg")
    return load("own_robot")


def pose(**rotations: tuple[float, float, float]) -> np.ndarray:
    """Body pose (21, 3): the T-pose, but for these joints."""
    body = np.zeros((21, 3))
    for joint, vector in rotations.items():
        body[SMPLX_BODY.index(joint) - 1] = vector
    return body


DOWN, UP = np.pi / 2, -np.pi / 2


def test_arms_hang_where_a_person_lets_them_hang(robot):
    angles = robot.joint_angles(
        pose(left_shoulder=(0, 0, -DOWN), right_shoulder=(0, 0, DOWN)), np.zeros(3))
    assert angles == pytest.approx(dict.fromkeys(robot.JOINTS, 0.0), abs=1e-6)


def test_arms_to_the_side_in_front_and_bent(robot):
    side = robot.joint_angles(pose(), np.zeros(3))
    for arm in ("left", "right"):
        joint = f"{arm}_shoulder_roll"
        assert side[joint] == pytest.approx(robot.JOINTS[joint].high)
        assert side[f"{arm}_shoulder_pitch"] == 0.0
    front = robot.joint_angles(
        pose(left_shoulder=(0, -np.pi / 2, 0), right_elbow=(0, 2.0, 0)), np.zeros(3))
    assert front["left_shoulder_pitch"] == pytest.approx(np.pi / 2)
    assert front["left_shoulder_roll"] == pytest.approx(0.0, abs=1e-6)
    assert front["right_elbow"] == pytest.approx(2.0)


def test_a_turned_trunk_takes_the_arms_along(robot):
    arms = {"left_shoulder": (0, 0, -1.2), "right_elbow": (0, 0.7, 0)}
    still = robot.joint_angles(pose(**arms), np.zeros(3))
    turned = robot.joint_angles(pose(spine1=(0, 0.8, 0), **arms), np.zeros(3))
    assert turned == pytest.approx(still)


def test_no_joint_leaves_its_limits_or_its_speed(robot):
    random = np.random.default_rng(3)
    present = dict.fromkeys(robot.JOINTS, 0.0)
    for _ in range(200):
        target = robot.joint_angles(random.normal(0, 1.5, (21, 3)), random.normal(0, 2, 3))
        following = robot.towards(present, target, 0.02)
        for name, joint in robot.JOINTS.items():
            assert joint.low <= following[name] <= joint.high
            assert abs(following[name] - present[name]) <= joint.speed * 0.02 + 1e-9
        present = following


# --- with ROS ------------------------------------------------------------------------------------


def beside_publisher(
    name: str, kind, topic: str, message, until, seconds: float = 180.0, arguments=()
) -> None:
    """Run an example while ``message`` is published, until ``until(node, output)`` holds.

    Nothing here takes a time for granted: an example that works ends the wait at once, however
    long DDS took to find it; only one that does not work waits for ``seconds``.
    """
    rclpy = pytest.importorskip("rclpy")
    from rclpy.signals import SignalHandlerOptions

    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node("test_of_an_example")
    publisher = node.create_publisher(kind, topic, 1)
    example = subprocess.Popen(
        [sys.executable, EXAMPLES / f"{name}.py", *arguments], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, env=dict(os.environ, PYTHONUNBUFFERED="1"))
    lines: list[str] = []

    def read() -> None:
        for line in example.stdout:
            lines.append(line)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        end, done = time.monotonic() + seconds, False
        while time.monotonic() < end and example.poll() is None and not done:
            publisher.publish(message)
            rclpy.spin_once(node, timeout_sec=0.05)
            done = until(node, "".join(lines))
        working = example.poll() is None
    finally:
        example.terminate()
        try:
            example.wait(timeout=20.0)
        except subprocess.TimeoutExpired:  # DDS may take its time on a busy machine
            example.kill()
            example.wait()
        reader.join(timeout=20.0)
        node.destroy_node()
        rclpy.try_shutdown()
    output = "".join(lines)
    assert working, f"the example ended by itself:\n{output}"
    assert done, f"nothing of what was wanted came in {seconds:g} s:\n{output[-2000:]}"
    assert "Traceback" not in output, output


@pytest.mark.parametrize(
    "name", ["drive_a_face", "own_robot", "behaviour_tree", "language_model"])
def test_a_signal_at_any_moment_ends_an_example_quietly(name, monkeypatch):
    rclpy = pytest.importorskip("rclpy")
    example = load(name)

    def spin(node) -> None:  # the signal comes while rclpy builds what it waits on
        node.context.shutdown()
        node.create_rate(1.0)
        raise AssertionError("rclpy took work after its end")

    def faulty(node) -> None:
        raise ValueError("a fault of the example")

    monkeypatch.setattr(sys, "argv", [name])
    monkeypatch.setattr(rclpy, "spin", spin)
    example.main()
    monkeypatch.setattr(rclpy, "spin", faulty)
    with pytest.raises(ValueError, match="a fault of the example"):
        example.main()


@pytest.mark.slow
def test_a_face_moves_with_face_pose():
    messages = pytest.importorskip("kinesics.msg")
    from kinesics_core.skeletons import BLENDSHAPE_INDEX

    face = messages.FacePose()
    face.blendshapes[BLENDSHAPE_INDEX["mouthSmileLeft"]] = 0.8
    face.blendshapes[BLENDSHAPE_INDEX["mouthSmileRight"]] = 0.6
    face.head[2] = 0.25

    def moved(node, output) -> bool:
        return "corners +0.70" in output and "neck +0.25 rad" in output

    beside_publisher("drive_a_face", messages.FacePose, "face_pose", face, moved)


@pytest.mark.slow
def test_a_robot_publishes_joint_targets():
    messages = pytest.importorskip("kinesics.msg")
    sensor = pytest.importorskip("sensor_msgs.msg")
    body = messages.BodyPose()
    body.body_pose = pose(left_elbow=(0, -1.0, 0)).ravel().astype(np.float32)
    subscriptions, targets = [], {}

    def arrived(node, output) -> bool:
        if not subscriptions:
            subscriptions.append(node.create_subscription(
                sensor.JointState, "my_robot/joint_targets",
                lambda state: targets.update(zip(state.name, state.position, strict=True)), 1))
        return targets.get("left_elbow", 0.0) > 0.999

    beside_publisher("own_robot", messages.BodyPose, "body_pose", body, arrived)
    assert targets["left_elbow"] == pytest.approx(1.0, abs=1e-3)
    assert targets["right_elbow"] == pytest.approx(0.0, abs=1e-3)


# --- a mind of your own ---------------------------------------------------------------------------


def test_a_class_of_your_own_answers_a_trace():
    lines = run("own_policy").splitlines()
    said = [line.split("s  ", 1)[1] for line in lines]
    assert any(line.startswith("host: Person 1 is new") for line in said)
    assert any(line.startswith("host: Person 1 is sad") for line in said)
    assert any(line.startswith(("mirror:", "idle:")) for line in said)  # and ours the rest


@pytest.mark.slow
def test_a_language_model_answers_what_is_seen():
    messages = pytest.importorskip("kinesics.msg")
    asked, answers = [], []

    class Model(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            said = 'Well: {"emotion": "sadness", "intensity": 0.4, "gesture": "nod", "why": "hm"}'
            body = json.dumps({"choices": [{"message": {"content": said}}]}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    affect = messages.Affect(person_id=7, valence=-0.6, arousal=0.2, confidence=0.9)
    affect.categories[messages.Affect.FEAR] = 1.0

    def answered(node, output) -> bool:
        if not answers:
            answers.append(None)
            node.create_subscription(messages.AffectiveResponse, "response", answers.append, 1)
        return len(answers) > 1

    try:
        url = f"http://127.0.0.1:{server.server_port}/v1"
        beside_publisher("language_model", messages.Affect, "affect", affect, answered,
                         arguments=["--url", url, "--period", "0.1"])
    finally:
        server.shutdown()
        server.server_close()
    assert "Person 7 shows fear" in asked[0]["messages"][1]["content"]
    assert (answers[1].emotion, answers[1].gesture) == (messages.Affect.SADNESS, "nod")
    assert answers[1].policy == "language_model" and answers[1].towards == 7


@pytest.mark.slow
def test_a_behaviour_tree_asks_and_answers():
    messages = pytest.importorskip("kinesics.msg")
    from kinesics.srv import Express

    signals = messages.SocialSignals(
        person_id=4, gestures=["hands_raised"], gesture_confidence=[0.9])
    asked, answers = [], []

    def express(request, answer):
        asked.append(request)
        answer.success = True
        return answer

    def done(node, output) -> bool:
        if not answers:
            answers.append(None)
            node.create_service(Express, "express", express)
            node.create_subscription(messages.AffectiveResponse, "response", answers.append, 1)
        return len(answers) > 1 and bool(asked) and "bows to person 4" in output

    beside_publisher("behaviour_tree", messages.SocialSignals, "signals", signals, done)
    assert len(asked) == 1 and asked[0].gesture == "bow"
    assert (answers[1].policy, answers[1].towards) == ("behaviour_tree", 4)


# --- own data, own recordings --------------------------------------------------------------------


@pytest.mark.slow
def test_own_motion_becomes_a_model_that_runs_live(tmp_path):
    for needed in ("torch", "onnx", "sklearn", "matplotlib"):
        pytest.importorskip(needed)
    random = np.random.default_rng(0)
    times = np.arange(150) / 30
    clips = {}
    for name in "abcdefgh":  # both arms swing as sinusoids
        swing = np.sin(2 * np.pi * times / random.uniform(0.8, 2.0) + random.uniform(0, 6))
        rotations = np.zeros((len(times), 22, 3))
        rotations[:, SMPLX_BODY.index("left_shoulder"), 2] = -0.6 + 0.8 * swing
        rotations[:, SMPLX_BODY.index("right_shoulder"), 2] = 0.6 + 0.8 * swing
        clips[f"wave_{name}"] = rotations
    (tmp_path / "recordings").mkdir()
    np.savez(tmp_path / "recordings" / "waves.npz", **clips)
    output = run("own_dataset_to_own_model", "axis-angle", tmp_path / "recordings",
                 tmp_path / "mine", "--rate", 30, "--epochs", 1, seconds=300.0)
    assert (tmp_path / "mine" / "run" / "forecast.onnx").is_file()
    line = next(line for line in output.splitlines() if line.startswith("wave_a: "))
    ours, still = (float(word) for word in line.split() if word.replace(".", "").isdigit())
    assert ours < 0.5 * still, line


@pytest.mark.slow
def test_a_recording_is_fitted_from_python(tmp_path):
    pytest.importorskip("scipy")
    store = pytest.importorskip("kinesics_core.assets.store")
    output = run("fit_a_recording", store.path("demo-body"), tmp_path / "out", "--last", 5,
                 seconds=300.0)
    assert "6 frames" in output and "person" in output and "right wrist" in output
    assert (tmp_path / "out" / "params.npz").is_file()
