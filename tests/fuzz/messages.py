"""Give absurd messages to every node: ``python tests/fuzz/messages.py --count 10000``.

Every input topic of every node hears messages whose fields were changed at random: lengths that
do not fit, numbers that are none, stamps that jump, texts that are odd, images that lie about
themselves. A fault is an exception that leaves a callback, one that only the worker's last net
caught, a published number that is not finite where it must be, a node that is no longer active or
does not answer a good message afterwards.
"""

from __future__ import annotations

import argparse
import inspect
import struct
import sys
import tempfile
import time
import traceback
import zlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "support")]
import fake_reachy_sdk
from damage import damaged

START = 1_763_700_000_000_000_000
FRAME = 33_333_333  # ns
NUMBERS = (float("nan"), float("inf"), float("-inf"), 3e38, -3e38, 0.0, -1.0, 1e-40, 7.5)
INTEGERS = {"uint8": (0, 255), "int8": (-128, 127), "uint16": (0, 65535), "int16": (-32768, 32767),
            "uint32": (0, 2**32 - 1), "int32": (-2**31, 2**31 - 1), "octet": (0, 255),
            "uint64": (0, 2**64 - 1), "int64": (-2**63, 2**63 - 1)}
TEXTS = ("", " ", "x" * 3000, "a b", "\n\t", "caf\u00e9 \u6f22\u5b57", "../..", "%s %d {}", "nan")
LENGTHS = (0, 1, 2, 3, 17, 33, 34, 51, 52, 62, 63, 66, 98, 99, 102, 132, 1433, 1434, 4000)
ENCODINGS = (
    "rgb8", "bgr8", "rgba8", "bgra8", "mono8", "mono16", "16UC1", "32FC1", "8UC1", "8UC3", "yuv422",
    "uyvy", "yuv422_yuy2", "yuyv", "nv12", "nv21", "nv24", "bgr16", "rgb16", "bayer_rggb8",
    "bayer_grbg16", "64FC4", "", "RGB8", "jpeg")


# --- changing a message ------------------------------------------------------------------------


def changed(message: Any, rng: np.random.Generator) -> Any:
    """Change one to three fields of a ROS message, at any depth, in place."""
    for _ in range(int(rng.integers(1, 4))):
        _change_one(message, rng)
    return message


def _change_one(message: Any, rng: np.random.Generator) -> None:
    fields = message.get_fields_and_field_types()
    name = list(fields)[int(rng.integers(len(fields)))]
    kind, value = fields[name], getattr(message, name)
    if hasattr(value, "get_fields_and_field_types"):
        _change_one(value, rng)
    elif kind.startswith("sequence<") and "/" in kind:
        if value and rng.random() < 0.7:
            _change_one(value[int(rng.integers(len(value)))], rng)
        else:
            setattr(message, name, list(value) * int(rng.integers(0, 4)))
    elif kind == "sequence<string>":
        setattr(message, name, [TEXTS[int(place)] for place in
                                rng.integers(0, len(TEXTS), int(rng.integers(0, 4)))])
    elif kind in ("string", "wstring"):
        setattr(message, name, TEXTS[int(rng.integers(len(TEXTS)))])
    elif kind in ("float", "double"):
        setattr(message, name, NUMBERS[int(rng.integers(len(NUMBERS)))])
    elif kind in INTEGERS:
        low, high = INTEGERS[kind]
        setattr(message, name, int([low, high, 0, 1, 8, high // 2][int(rng.integers(6))]))
    elif kind == "boolean":
        setattr(message, name, not value)
    elif isinstance(value, np.ndarray):
        changed_array = value.copy()
        places = rng.random(len(value)) < rng.choice([0.05, 0.5, 1.0])
        changed_array[places] = NUMBERS[int(rng.integers(len(NUMBERS)))]
        setattr(message, name, changed_array)
    elif isinstance(value, array):
        setattr(message, name, _changed_sequence(value, rng))


def _changed_sequence(value: array, rng: np.random.Generator) -> array:
    number = NUMBERS[int(rng.integers(len(NUMBERS)))]
    fill = number if value.typecode in "fd" else int(rng.integers(256))
    if rng.random() < 0.5:
        return array(value.typecode, [fill]) * LENGTHS[int(rng.integers(len(LENGTHS)))]
    other = array(value.typecode, value)
    for place in rng.integers(0, max(len(other), 1), min(len(other), 5)):
        other[place] = fill
    return other


def picture(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 256, (48, 64, 3), dtype=np.uint8)


def odd_image(stamp: int, rng: np.random.Generator) -> Any:
    """An Image whose size, step, encoding and bytes need not fit together."""
    from sensor_msgs.msg import Image

    from kinesics_ros.conversions import header

    width, height = (int(rng.choice([0, 1, 2, 3, 63, 64, 65])) for _ in range(2))
    encoding = str(rng.choice(ENCODINGS))
    channels = int(rng.choice([1, 2, 3, 4, 6, 8]))
    step = int(rng.choice([width * channels, width, 0, 2**31, width * channels + 5]))
    size = int(rng.choice([min(step, 4096) * height, height * width * channels, 0, 7]))
    message = Image(header=header(stamp, "camera"), width=width, height=height, encoding=encoding,
                    step=step, is_bigendian=int(rng.choice([0, 1, 255])))
    message.data = array("B", rng.bytes(size))
    return message


def _png_that_lies(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header claims a size."""
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(
            ">I", zlib.crc32(kind + content))

    return b"\x89PNG\r\n\x1a\n" + chunk(
        b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(
        b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


def odd_compressed(stamp: int, rng: np.random.Generator) -> Any:
    """A CompressedImage that is damaged, of an odd size, or lies about its size."""
    from sensor_msgs.msg import CompressedImage

    from kinesics_ros.conversions import header

    suffix = str(rng.choice([".jpg", ".png", ".webp", ".bmp"]))
    content = cv2.imencode(suffix, picture(rng))[1].tobytes()
    which = rng.random()
    if which < 0.1:
        content = _png_that_lies(100_000, 100_000)
    elif which < 0.2 and suffix == ".jpg":
        place = content.find(b"\xff\xc0")
        content = content[:place + 5] + b"\xff\xff\xff\xff" + content[place + 9:]
    elif which < 0.9:
        content = damaged(content, rng, "binary")[1]
    message = CompressedImage(header=header(stamp, "camera"), format=str(rng.choice(
        ["jpeg", "rgb8; jpeg compressed bgr8", "png", "", "16UC1; compressedDepth"])))
    message.data = array("B", content)
    return message


# --- good messages -----------------------------------------------------------------------------


def person(step: int) -> Any:
    """Somebody who stands in 640x480 and sways, with a face and hands."""
    from kinesics_core.types import Person

    coco = np.full((17, 3), 0.9, np.float32)
    xs = [0, -8, 8, -16, 16, -40, 40, -55, 55, -60, 60, -28, 28, -28, 28, -28, 28]
    ys = [60, 52, 52, 56, 56, 110, 110, 170, 170, 225, 225, 230, 230, 320, 320, 410, 410]
    coco[:, 0] = 320 - np.array(xs) + 6 * np.sin(step / 9)
    coco[:, 1] = ys
    hand = np.full((21, 3), 200.0, np.float32)
    pose = np.full((33, 4), 0.8, np.float32)
    return Person(1, 0.9, coco, pose=pose, pose_world=np.zeros((33, 3), np.float32),
                  left_hand=hand, right_hand=hand, left_hand_world=hand / 1e3,
                  right_hand_world=hand / 1e3, face=np.full((478, 3), 200.0, np.float32),
                  blendshapes=np.full(52, 0.1, np.float32), head=np.eye(4))


def good(kind: str, step: int, rng: np.random.Generator) -> Any:
    """A well-formed message of a type, the ``step``-th of a stream at 30 Hz."""
    from kinesics_core import types
    from kinesics_ros import conversions, images

    stamp = START + step * FRAME
    if kind == "PersonArray":
        return conversions.people_to_msg(types.People(
            stamp, 640, 480, [person(step)], "fuzz", "camera"))
    if kind == "MotionForecast":
        keypoints = np.tile(person(step).coco[:, :2], (30, 1, 1))
        return conversions.forecast_to_msg(types.MotionForecast(
            stamp, 1, 640, 480, keypoints, 1 / 30, np.ones(30, np.float32), 0.9))
    if kind == "Affect":
        return conversions.affect_to_msg(types.Affect(
            stamp, 1, np.full(8, 0.125), 0.1, 0.2, 0.0, 0.5, "fuzz"))
    if kind == "AffectiveResponse":
        return conversions.response_to_msg(types.AffectiveResponse(
            stamp, "mirror", step % 8, 0.5, 0.1, 0.1, 0.1, 1, np.zeros(2, np.float32), "wave",
            1.0, "a test"))
    if kind == "Expression":
        from kinesics.msg import Expression

        said = ({"emotion": step % 8}, {"text": "so happy"}, {"vad": [0.5, 0.5, 0.0]},
                {"compound": [3, 0]}, {"units": ["AU12"], "unit_intensities": [0.5]},
                {"blendshapes": [0.1] * 52}, {"distribution": [0.125] * 8})[step % 7]
        return Expression(header=conversions.header(stamp), duration=1.0, **said)
    if kind == "BodyPose":
        hand = np.zeros((15, 3), np.float32)
        return conversions.body_to_msg(types.BodyPose(
            stamp, stamp, np.zeros(3), np.zeros(3), np.zeros((21, 3)), hand, hand, np.zeros(3),
            np.zeros(10)))
    if kind == "FacePose":
        return conversions.face_to_msg(types.FacePose(
            stamp, stamp, np.full(52, 0.1), np.zeros(2), np.zeros(3)))
    if kind == "SocialSignals":
        from kinesics_ros.signal_messages import signals_to_msg

        return signals_to_msg(types.SocialSignals(
            stamp, 1, (types.GestureSign("wave", 0.8),), (types.GestureSign("bow", 0.7, 0.4),),
            "standing", "engaged", 0.9, 1.5, 0.1, 0.8, 0.0))
    if kind == "JointState":
        from sensor_msgs.msg import JointState

        return JointState(header=conversions.header(stamp), name=["waist_yaw_joint", "other"],
                          position=[0.1, 0.2], velocity=[0.0, 0.0])
    frame = types.Frame(picture(rng), stamp, step, "camera")
    if kind == "Image":
        return images.frame_to_msg(frame)
    if kind == "CompressedImage":
        return images.frame_to_compressed(frame)
    if kind == "CameraInfo":
        from sensor_msgs.msg import CameraInfo

        return CameraInfo(header=conversions.header(stamp, "camera"), width=64, height=48)
    raise AssertionError(f"no good message of {kind}: add one")


def odd(kind: str, step: int, rng: np.random.Generator) -> Any:
    """A message of a type with something wrong in it."""
    stamp = START + step * FRAME
    if kind == "Image" and rng.random() < 0.8:
        return odd_image(stamp, rng)
    if kind == "CompressedImage" and rng.random() < 0.8:
        return odd_compressed(stamp, rng)
    return changed(good(kind, step, rng), rng)


# --- nodes -------------------------------------------------------------------------------------


@dataclass
class Outcome:
    """Counts of the messages of one node and of the faults they made."""

    messages: int = 0
    refused: int = 0
    published: int = 0
    faults: Counter[str] = field(default_factory=Counter)


def run_node(
    name: str, make: Callable[[], Any], count: int, seed: int, executor: Any
) -> Outcome:
    """Give ``count`` odd messages to one node, spread over its input topics.

    Args:
        name: Of the node, for the report.
        make: Gives the node.
        count: Odd messages; one in twenty is followed by good ones, which must be worked on.
        seed: Of all that is drawn.
        executor: Turns the node; its exceptions are faults.
    """
    from rclpy.lifecycle import TransitionCallbackReturn

    outcome, rng = Outcome(), np.random.default_rng((seed, zlib.crc32(name.encode())))
    node = make()
    probe = Probe(outcome)
    for part in (node, probe.node):
        executor.add_node(part)
    try:
        for transition in (node.trigger_configure, node.trigger_activate):
            assert transition() == TransitionCallbackReturn.SUCCESS, node.fault
        executor.spin_once(timeout_sec=0.5)
        for number in range(count):
            inputs = heard_by(node)  # they may be made anew when publishers come
            _send(inputs[number % len(inputs)], number, rng, outcome, odd)
            _call(node, rng, executor, outcome)
            executor.spin_once(timeout_sec=0)
            if number % 20 == 19:
                _settle(node, executor)
                _check(node, inputs, number, rng, executor, outcome)
    finally:
        for part in (node, probe.node):
            executor.remove_node(part)
        node.trigger_shutdown()
        node.destroy_node()
        probe.node.destroy_node()
    return outcome


def heard_by(node: Any) -> list[Any]:
    """Return the node's subscriptions to topics of people, images and poses."""
    found = [sub for sub in node.subscriptions if sub.topic_name.rsplit("/", 1)[-1] not in (
        "clock", "parameter_events", "rosout", "tf", "tf_static")]
    assert found, f"{node.get_name()} hears nothing"
    return found


def _call(node: Any, rng: np.random.Generator, executor: Any, outcome: Outcome) -> None:
    """Ask each service of ours with an odd request."""
    for service in node.services:
        if service.srv_type.__module__.startswith("kinesics."):
            request, answer = service.srv_type.Request(), service.srv_type.Response()
            try:
                answered = service.callback(changed(request, rng), answer)
                if inspect.isawaitable(answered):
                    task = executor.create_task(answered)
                    executor.spin_until_future_complete(task, timeout_sec=20.0)
                    assert task.result() is answer, "no answer in time"
            except Exception as error:
                outcome.faults[f"left the service {service.srv_name}: {error!r}"] += 1
            outcome.messages += 1


_sent: Counter[str] = Counter()
"""Messages that each topic has been given."""


def _send(
    subscription: Any, step: int, rng: np.random.Generator, outcome: Outcome,
    make: Callable[..., Any],
) -> None:
    message = make(subscription.msg_type.__name__, step, rng)
    raw = getattr(subscription, "raw", False)
    if raw:
        from rclpy.serialization import serialize_message

        message = damaged(serialize_message(message), rng, "binary")[1] if make is odd \
            else serialize_message(message)
    outcome.messages += 1
    try:
        if len(inspect.signature(subscription.callback).parameters) == 2:
            _sent[subscription.topic_name] += 1  # one publisher, as its numbers say
            subscription.callback(
                message, {"publication_sequence_number": _sent[subscription.topic_name]})
        else:
            subscription.callback(message)
    except Exception:
        last = traceback.format_exc().strip().splitlines()
        outcome.faults[f"left the callback of {subscription.topic_name}: {last[-1]}"] += 1


def _settle(node: Any, executor: Any, seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not node.idle and time.monotonic() < until:
        executor.spin_once(timeout_sec=0.002)


def _check(
    node: Any, inputs: list[Any], number: int, rng: np.random.Generator, executor: Any,
    outcome: Outcome,
) -> None:
    """Note the worker's faults, and whether good messages are still worked on."""
    if node.errors:
        outcome.faults[f"in the worker: {node.detail.get('last_error', '?')[:160]}"] += node.errors
        node.errors = 0
    if not node.active:
        outcome.faults[f"became inactive: {node.fault}"] += 1
        node.trigger_activate()
    before = node.processed
    for subscription in inputs:
        for later in range(18 if subscription.msg_type.__name__ == "PersonArray" else 2):
            _send(subscription, number + 2 + later, rng, outcome, good)
            _settle(node, executor)
    # A robot is moved by a clock and not by messages; its commands are heard by the probe.
    if node.processed == before and node.get_name() not in ("retarget", "reachy_mini"):
        outcome.faults["does not work on good messages afterwards"] += 1


class Probe:
    """Hears what the nodes publish, and notes numbers that are not finite."""

    # Fields where a value may be unknown, as their comments say.
    UNKNOWN = frozenset({"coco", "keypoints", "blendshapes", "head", "bearing", "valence",
                         "arousal", "dominance", "distance", "facing", "gaze", "approach",
                         "vad_spread"})
    TOPICS = (("face_pose", "FacePose", ()), ("body_pose", "BodyPose", ()),
              ("affect", "Affect", UNKNOWN), ("response", "AffectiveResponse", UNKNOWN),
              ("forecast", "MotionForecast", UNKNOWN), ("persons", "PersonArray", UNKNOWN),
              ("signals", "SocialSignals", UNKNOWN))

    def __init__(self, outcome: Outcome) -> None:
        """Subscribe to every topic of results."""
        import rclpy

        import kinesics.msg as msg
        from kinesics_ros import qos

        self.node = rclpy.create_node("probe")
        self._outcome = outcome
        for topic, kind, unknown in self.TOPICS:
            self.node.create_subscription(
                getattr(msg, kind), topic,
                lambda message, topic=topic, unknown=unknown: self._hear(topic, message, unknown),
                qos.RESULT)
        from sensor_msgs.msg import JointState
        from visualization_msgs.msg import MarkerArray

        self.node.create_subscription(
            JointState, "joint_commands",
            lambda message: self._hear("joint_commands", message, frozenset()), qos.RESULT)
        self.node.create_subscription(
            MarkerArray, "markers", lambda message: self._hear("markers", message, frozenset()),
            qos.RESULT)

    def _hear(self, topic: str, message: Any, unknown: Any) -> None:
        self._outcome.published += 1
        for name, values in numbers(message):
            if name in unknown:
                values = values[~np.isnan(values)]
            if not np.isfinite(values).all():
                self._outcome.faults[f"published {topic}.{name} that is not finite"] += 1


def numbers(message: Any) -> Iterator[tuple[str, np.ndarray]]:
    """Name and values of every field of floats in a message, at any depth."""
    for name, kind in message.get_fields_and_field_types().items():
        value = getattr(message, name)
        if hasattr(value, "get_fields_and_field_types"):
            if name != "head":
                yield from numbers(value)
        elif kind.startswith("sequence<") and "/" in kind:
            for item in value:
                yield from numbers(item)
        elif kind in ("float", "double"):
            yield name, np.array([value])
        elif isinstance(value, (array, np.ndarray)) and len(value) and kind.find("float") >= 0:
            yield name, np.asarray(value, np.float64)


def nodes(folder: Path) -> dict[str, Callable[[], Any]]:
    """Every node that hears messages, by name; ``folder`` takes a recording."""
    from kinesics_ros.camera_node import CameraNode
    from kinesics_ros.graph import STAGES

    topics = ["persons", "forecast", "affect", "response", "face_pose", "body_pose"]
    made: dict[str, Callable[[], Any]] = {
        "keypoint, compressed": STAGES["keypoint"],
        "keypoint, raw": lambda: STAGES["keypoint"](overrides={"image_transport": "raw"}),
        **{name: STAGES[name] for name in ("forecast", "response", "expression", "marker")},
        "retarget": lambda: STAGES["retarget"](overrides={"robot": "g1"}),
        "reachy_mini": lambda: STAGES["reachy_mini"](
            overrides={"sdk_python": str(fake_reachy_sdk.install(folder))}),
        "camera, raw": lambda: CameraNode(overrides={"source": "topic:/fuzz/image"}),
        "camera, compressed": lambda: CameraNode(
            overrides={"source": "topic:/fuzz/image/compressed"}),
        "recorder": lambda: STAGES["recorder"](
            overrides={"bag": str(folder / "bag"), "topics": topics}),
    }
    return made


def run_graph(count: int, seed: int) -> Outcome:
    """Give odd images to the whole graph in one process, as `kinesics up` runs it.

    A fault of any stage counts; after each twenty images the robot's face must still be moving.
    """
    from kinesics_ros.graph import Graph

    outcome, rng = Outcome(), np.random.default_rng((seed, 99))
    with Graph({"camera": {"source": "topic:/fuzz/image"}}, without=("recorder",)) as graph:
        faces: list[Any] = []
        graph.bus.subscribe("face_pose", faces.append)
        graph.camera.trigger_activate()
        for number in range(count):
            subscription = next(
                heard for heard in heard_by(graph.camera) if heard.topic_name == "/fuzz/image")
            kind = odd if number % 20 else good
            _send(subscription, number, rng, outcome, kind)
            graph._executor.spin_once(timeout_sec=0)
            if number % 20 == 19:
                before = len(faces)
                time.sleep(0.1)
                if len(faces) == before:
                    outcome.faults["the robot's face stopped"] += 1
        for name, stage in graph.stages.items():
            if stage.errors or not stage.active:
                outcome.faults[f"{name}: {stage.detail.get('last_error', stage.fault)}"] += 1
        for face in faces:
            outcome.published += 1
            if not np.isfinite(face.blendshapes).all():
                outcome.faults["face_pose that is not finite"] += 1
    return outcome


def run(count: int, seed: int, only: list[str] | None = None) -> dict[str, Outcome]:
    """Give ``count`` odd messages in all to the nodes; what became of them, by node."""
    import rclpy
    from rclpy.executors import SingleThreadedExecutor

    outcomes = {}
    with tempfile.TemporaryDirectory() as folder:
        known = nodes(Path(folder))
        chosen = only or list(known)
        for name in chosen:
            rclpy.init()
            executor = SingleThreadedExecutor()
            try:
                outcomes[name] = run_node(
                    name, known[name], -(-count // len(chosen)), seed, executor)
            finally:
                executor.shutdown()
                rclpy.try_shutdown()
    if only is None:
        outcomes["up"] = run_graph(-(-count // len(chosen)), seed)
    return outcomes


def main() -> int:
    """Run from the command line; the exit status is 1 if there is a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000, help="odd messages in all; %(default)s")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", action="append", metavar="NODE")
    args = parser.parse_args()
    outcomes = run(args.count, args.seed, args.only)
    for name, outcome in outcomes.items():
        print(f"{name:22} {outcome.messages:6} messages, {outcome.published:6} heard,"
              f" {sum(outcome.faults.values())} faults")
        for fault, times in outcome.faults.most_common():
            print(f"    {times} x {fault}")
    total = sum(outcome.messages for outcome in outcomes.values())
    faults = sum(sum(outcome.faults.values()) for outcome in outcomes.values())
    print(f"{total} messages, {len(outcomes)} nodes: {faults} faults")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
