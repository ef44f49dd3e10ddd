"""The camera node: lost cameras, ends of files, ROS topics as a source, calibration."""

from __future__ import annotations

import contextlib
import time

import numpy as np
import pytest
from camera_info import CALIBRATION

rclpy = pytest.importorskip("rclpy")
from rclpy.lifecycle import TransitionCallbackReturn
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from kinesics_core.errors import SourceError
from kinesics_core.types import Frame
from kinesics_ros import camera_node, images
from kinesics_ros.bus import Bus
from kinesics_ros.camera_node import CameraNode

SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE
IMAGE = np.full((48, 64, 3), 90, np.uint8)


class FlakyCamera:
    """A camera whose cable is pulled after ``frames`` images."""

    live, skipped = True, 0

    def __init__(self, frames: int):
        self.left = frames
        self.closed = False

    def read(self) -> Frame:
        time.sleep(0.002)
        if self.left == 0:
            raise SourceError("the camera is gone; plug it in")
        self.left -= 1
        return Frame(IMAGE, time.time_ns())

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def make(executor):
    nodes = []

    def make(bus=None, **overrides):
        node = CameraNode(bus, overrides=overrides)
        executor.add_node(node)
        nodes.append(node)
        return node

    yield make
    for node in nodes:
        if node.active:
            node.trigger_deactivate()
        executor.remove_node(node)
        node.destroy_node()


def wait_for(condition, executor, seconds=60.0) -> bool:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        executor.spin_once(timeout_sec=0.01)
    return condition()


def state(node) -> str:
    return node._state_machine.current_state[1]


def test_an_unplugged_camera_comes_back(monkeypatch, executor, make):
    cameras = [FlakyCamera(5), SourceError("still gone"), FlakyCamera(10**6)]

    def open_next(*_, **__):
        camera = cameras.pop(0)
        if isinstance(camera, Exception):
            raise camera
        return camera

    monkeypatch.setattr(camera_node, "open_source", open_next)
    bus, got = Bus(), []
    bus.subscribe("image_raw", lambda frame: got.append(frame.stamp))
    node = make(bus, reconnect_s=0.02)
    node.trigger_configure()
    node.trigger_activate()
    assert wait_for(lambda: len(got) > 20, executor)
    assert state(node) == "active" and node.fault is None
    assert got == sorted(got) and not cameras


def test_without_reconnect_a_lost_camera_makes_the_node_inactive(monkeypatch, executor, make):
    monkeypatch.setattr(camera_node, "open_source", lambda *_, **__: FlakyCamera(3))
    node = make(Bus(), reconnect_s=0.0)
    node.trigger_configure()
    node.trigger_activate()
    assert wait_for(lambda: state(node) == "inactive", executor)
    assert "plug it in" in node.fault and node.finished.is_set()
    monkeypatch.setattr(camera_node, "open_source", lambda *_, **__: FlakyCamera(10**6))
    assert node.trigger_activate() == SUCCESS and node.fault is None


def test_a_camera_that_is_not_there_at_activation(monkeypatch, executor, make):
    def refuse(*_, **__):
        raise SourceError("got /dev/video7, which does not exist")

    monkeypatch.setattr(camera_node, "open_source", refuse)
    node = make(Bus())
    assert node.trigger_configure() == FAILURE and state(node) == "unconfigured"
    assert "/dev/video7" in node.fault


def test_a_file_that_ends_is_no_fault_and_can_be_played_again(executor, make, tmp_path):
    import cv2

    for index in range(4):
        cv2.imwrite(str(tmp_path / f"{index}.png"), IMAGE)
    bus, got = Bus(), []
    bus.subscribe("image_raw", lambda frame: got.append(frame))
    node = make(bus, source=str(tmp_path), realtime=False)
    for _ in range(2):
        got.clear()
        if state(node) == "unconfigured":
            node.trigger_configure()
        assert node.trigger_activate() == SUCCESS
        assert wait_for(lambda: state(node) == "inactive", executor)
        assert len(got) == 4 and node.fault is None


@pytest.mark.parametrize(
    "topic,kind,encode",
    [("eye", Image, images.frame_to_msg), ("eye/compressed", CompressedImage,
                                           images.frame_to_compressed)],
)
def test_a_ros_topic_is_a_source_and_keeps_its_stamp(executor, make, topic, kind, encode):
    bus, got = Bus(), []
    bus.subscribe("image_raw", lambda frame: got.append(frame))
    node = make(bus, source=f"topic:{topic}")
    node.trigger_configure()
    node.trigger_activate()
    other = rclpy.create_node("other_camera")
    executor.add_node(other)
    publisher = other.create_publisher(kind, topic, 1)
    assert wait_for(publisher.get_subscription_count, executor)

    def heard() -> bool:  # what is sent before both sides know of each other may be lost
        publisher.publish(encode(Frame(IMAGE, 42_000_000_007)))
        return bool(got)

    assert wait_for(heard, executor)
    assert got[0].stamp == 42_000_000_007
    np.testing.assert_allclose(got[0].image, IMAGE, atol=2)
    other.destroy_node()


def folder_of_images(path, count: int) -> str:
    import cv2

    for index in range(count):
        cv2.imwrite(str(path / f"{index:02}.png"), np.full((48, 64, 3), 5 * index, np.uint8))
    return str(path)


def test_a_file_waits_for_its_first_reader(executor, make, tmp_path):
    """Else the nodes in other processes would miss its beginning, or all of it."""
    node = make(source=folder_of_images(tmp_path, 10), rate=30.0)
    node.trigger_configure()
    node.trigger_activate()
    until = time.monotonic() + 1.0  # three times as long as the file is
    wait_for(lambda: time.monotonic() > until, executor)
    assert node.processed == 0 and node.active
    late, got = rclpy.create_node("late_reader"), []
    executor.add_node(late)
    late.create_subscription(Image, "image_raw", got.append, 10)
    assert wait_for(lambda: state(node) == "inactive", executor)
    assert node.processed == 10 and node.fault is None
    late.destroy_node()


def test_a_file_that_nobody_hears_is_played_after_a_while(executor, make, tmp_path, monkeypatch):
    monkeypatch.setattr(camera_node, "_READERS_WAIT", 0.2)
    node = make(source=folder_of_images(tmp_path, 3), realtime=False)
    node.trigger_configure()
    node.trigger_activate()
    assert wait_for(lambda: state(node) == "inactive", executor)
    assert node.processed == 3


def test_a_simulated_clock_stamps_a_file(executor, make, tmp_path):
    from rclpy.parameter import Parameter
    from rosgraph_msgs.msg import Clock

    bus, got = Bus(), []
    bus.subscribe("image_raw", lambda frame: got.append(frame.stamp))
    node = make(bus, source=folder_of_images(tmp_path, 30), rate=30.0)
    node.set_parameters([Parameter("use_sim_time", value=True)])
    node.trigger_configure()
    node.trigger_activate()
    simulator = rclpy.create_node("simulator")
    executor.add_node(simulator)
    publisher, tick = simulator.create_publisher(Clock, "/clock", 1), Clock()

    def ended() -> bool:
        tick.clock.nanosec += 1_000_000
        tick.clock.sec, tick.clock.nanosec = (
            tick.clock.sec + tick.clock.nanosec // 10**9, tick.clock.nanosec % 10**9)
        publisher.publish(tick)
        return state(node) == "inactive"

    assert wait_for(ended, executor)
    latest = tick.clock.sec * 10**9 + tick.clock.nanosec
    assert got and all(0 < stamp <= latest for stamp in got)
    assert got == sorted(set(got))
    simulator.destroy_node()


def test_the_own_topic_is_no_source(executor, make):
    """It would feed itself."""
    for topic in ("/image_raw", "image_raw", "image_raw/compressed"):
        node = make(None, source=f"topic:{topic}")
        assert node.trigger_configure() == FAILURE
        assert "which is what this node publishes" in node.fault


@pytest.mark.parametrize("topic", ["a b", "/1camera/image", "//x", "camera//image", ""])
def test_a_name_that_is_no_topic_is_said(executor, make, topic):
    node = make(None, source=f"topic:{topic}")
    assert node.trigger_configure() == FAILURE
    assert "no topic name" in node.fault


def test_a_topic_that_nobody_publishes_is_said_with_those_that_have_images(executor, make):
    node = make(Bus(), source="topic:/camra/image_raw")
    node.trigger_configure()
    node.trigger_activate()
    other = rclpy.create_node("driver")
    other.create_publisher(Image, "/camera/image_raw", 1)
    assert wait_for(lambda: node.count_publishers("/camera/image_raw"), executor)
    node._say_what_is_missing()
    assert node.detail["waiting"] == (
        "nobody publishes /camra/image_raw; images are on /camera/image_raw")
    other.destroy_node()


def test_size_rate_and_frame_apply_to_topics(executor, make):
    bus, got = Bus(), []
    bus.subscribe("image_raw", lambda frame: got.append(frame))
    node = make(bus, source="topic:eye", width=64, height=64, rate=10.0)
    node.trigger_configure()
    node.trigger_activate()
    for step in range(12):  # 40 Hz
        frame = Frame(np.zeros((96, 128, 3), np.uint8), 10**18 + step * 25_000_000,
                      frame_id="" if step else "driver_frame")
        node._pass_on(frame)
    assert [frame.stamp - 10**18 for frame in got] == [0, 100_000_000, 200_000_000]
    assert got[0].image.shape == (48, 64, 3)
    assert [frame.frame_id for frame in got] == [
        "driver_frame", "camera_optical_frame", "camera_optical_frame"]
    assert node.processed == 3


def test_a_frame_that_the_user_names_outranks_the_drivers(executor, make):
    bus, got = Bus(), []
    bus.subscribe("image_raw", lambda frame: got.append(frame))
    node = make(bus, source="topic:eye", frame_id="my_eye")
    node.trigger_configure()
    node.trigger_activate()
    node._pass_on(Frame(IMAGE, 10**18, frame_id="driver_frame"))
    assert got[0].frame_id == "my_eye"


def test_the_drivers_calibration_goes_along_scaled_to_the_images(executor, make):
    """A topic of 128x96, shrunk to 64x48."""
    node = make(Bus(), source="topic:/eye/image_raw", width=64, height=64)
    node.trigger_configure()
    node.trigger_activate()
    driver = rclpy.create_node("driver")
    executor.add_node(driver)
    publisher = driver.create_publisher(CameraInfo, "/eye/camera_info", 1)
    assert wait_for(publisher.get_subscription_count, executor)
    publisher.publish(CameraInfo(
        width=128, height=96, distortion_model="plumb_bob", d=[0.1, 0.0, 0.0, 0.0, 0.0],
        k=[100.0, 0, 64, 0, 110, 48, 0, 0, 1], r=[1.0, 0, 0, 0, 1, 0, 0, 0, 1],
        p=[100.0, 0, 64, 0, 0, 110, 48, 0, 0, 0, 1, 0]))
    assert wait_for(lambda: node._calibration is not None, executor)
    info = node._camera_info(Frame(IMAGE, 5))
    np.testing.assert_allclose(info.k, [50, 0, 32, 0, 55, 24, 0, 0, 1])
    driver.destroy_node()


def test_calibration_is_scaled_to_the_frame(executor, make, monkeypatch, tmp_path):
    file = tmp_path / "camera.yaml"
    file.write_text(CALIBRATION)
    monkeypatch.setattr(camera_node, "open_source", lambda *_, **__: FlakyCamera(10**6))
    node = make(Bus(), calibration=str(file))
    node.trigger_configure()
    info: CameraInfo = node._camera_info(Frame(IMAGE, 5))
    assert (info.width, info.height) == (64, 48)
    np.testing.assert_allclose(info.k, [50, 0, 32, 0, 55, 24, 0, 0, 1])
    np.testing.assert_allclose(info.p, [50, 0, 32, 0, 0, 55, 24, 0, 0, 0, 1, 0])


def test_without_calibration_camera_info_is_that_of_the_field_of_view_and_said_to_be(
        executor, make, monkeypatch):
    monkeypatch.setattr(camera_node, "open_source", lambda *_, **__: FlakyCamera(1))
    node = make(Bus(), horizontal_fov=90.0)
    node.trigger_configure()
    info = node._camera_info(Frame(IMAGE, 5))
    half = info.width / 2  # at 90 degrees the edge is as far aside as the plane is away
    np.testing.assert_allclose(info.k, [half, 0, half, 0, half, info.height / 2, 0, 0, 1])
    np.testing.assert_allclose(info.p, [half, 0, half, 0, 0, half, info.height / 2, 0, 0, 0, 1, 0])
    assert list(info.d) == [0.0] * 5 and info.distortion_model == "plumb_bob"
    assert node.detail["calibration"].startswith("none: camera_info is that of an ideal lens of 90")


@pytest.mark.parametrize("spec", ["file", "topic:/sideways"])
def test_images_are_turned_and_mirrored(executor, make, tmp_path, spec):
    import cv2

    image = np.zeros((64, 80, 3), np.uint8)
    image[:32, :40] = 255  # top left; turned clockwise it is top right, mirrored top left
    cv2.imwrite(str(tmp_path / "a.png"), image)
    bus, got = Bus(), []
    bus.subscribe("image_raw", got.append)
    source = str(tmp_path) if spec == "file" else spec
    node = make(bus, source=source, realtime=False, rotate=90, mirror=True)
    publisher = node.create_publisher(Image, "/sideways", 1)
    node.trigger_configure()
    node.trigger_activate()

    def arrived() -> bool:
        publisher.publish(images.frame_to_msg(Frame(image, time.time_ns())))
        return bool(got)

    assert wait_for(arrived, executor)
    turned = got[0].image
    assert turned.shape == (80, 64, 3)
    assert turned[:40, :32].min() > 250 and turned[:, 33:].max() < 5 and turned[41:].max() < 5


def test_a_stream_over_http_that_breaks_off_is_opened_again(executor, make):
    import socket
    import threading

    import cv2

    _, jpeg = cv2.imencode(".jpg", IMAGE)
    part = (b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
            + jpeg.tobytes() + b"\r\n")
    server = socket.create_server(("127.0.0.1", 0))
    connections = []

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            connections.append(connection)
            with connection, contextlib.suppress(OSError):
                connection.recv(4096)
                connection.sendall(
                    b"HTTP/1.0 200 OK\r\n"
                    b"Content-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n")
                for _ in range(30):
                    connection.sendall(part)
                    time.sleep(0.02)

    threading.Thread(target=serve, daemon=True).start()
    bus, got = Bus(), []
    bus.subscribe("image_raw", lambda frame: got.append(len(connections)))
    address = f"http://me:secret@127.0.0.1:{server.getsockname()[1]}/"
    node = make(bus, source=address, reconnect_s=0.1)
    try:
        assert node.trigger_configure() == SUCCESS
        assert "secret" not in node.detail["source"]
        node.trigger_activate()
        assert wait_for(lambda: len(set(got)) >= 3, executor, 20.0)
        assert state(node) == "active"
    finally:
        node.trigger_deactivate()
        server.close()
