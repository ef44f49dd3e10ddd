"""The view in Foxglove, as a client of its WebSocket sees it."""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
import threading

import numpy as np
import pytest

pytest.importorskip("foxglove")
from kinesics_core.errors import KinesicsError
from kinesics_core.types import Affect, BodyPose, Frame, Moment, MotionForecast, People, Person
from kinesics_core.view.foxglove_view import FoxgloveView


class Client:
    """A client of Foxglove's protocol: it subscribes to all that is advertised."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((
            f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: foxglove.sdk.v1\r\n\r\n").encode())
        self.left = b""
        while b"\r\n\r\n" not in self.left:
            self.left += self.socket.recv(4096)
        answer, self.left = self.left.split(b"\r\n\r\n", 1)
        assert b"101" in answer.splitlines()[0], answer
        self.channels: dict[int, str] = {}

    def take(self, count: int) -> bytes:
        while len(self.left) < count:
            data = self.socket.recv(65536)
            assert data, "the server closed the connection"
            self.left += data
        taken, self.left = self.left[:count], self.left[count:]
        return taken

    def message(self) -> tuple[int, bytes]:
        """Opcode and content of the next frame."""
        first, length = self.take(2)
        if length == 126:
            (length,) = struct.unpack(">H", self.take(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", self.take(8))
        return first & 15, self.take(length)

    def send(self, content: dict) -> None:
        data = json.dumps(content).encode()
        assert len(data) < 65536
        head = bytes([0x81, 0x80 | len(data)]) if len(data) < 126 else (
            bytes([0x81, 0xFE]) + struct.pack(">H", len(data)))
        self.socket.sendall(head + bytes(4) + data)  # a mask of zeros

    def subscribe(self, topics: int) -> dict[str, str]:
        """Subscribe once so many topics are advertised; topic -> its schema's name."""
        schemas: dict[str, str] = {}
        while len(schemas) < topics:
            _, data = self.message()
            content = json.loads(data)
            for channel in content.get("channels", ()) if content["op"] == "advertise" else ():
                self.channels[channel["id"]] = channel["topic"]
                schemas[channel["topic"]] = channel["schemaName"]
        self.send({"op": "subscribe", "subscriptions": [
            {"id": number, "channelId": number} for number in self.channels]})
        return schemas

    def data(self) -> tuple[str, int, bytes]:
        """Topic, time and content of the next message."""
        while True:
            opcode, data = self.message()
            if opcode == 2 and data[0] == 1:
                number, stamp = struct.unpack("<IQ", data[1:13])
                return self.channels[number], stamp, data[13:]


def moment(stamp: int) -> Moment:
    coco = np.column_stack([np.linspace(100, 500, 17), np.full(17, 200), np.ones(17)])
    steps = np.tile(coco[None, :, :2], (30, 1, 1)).astype(np.float32)
    zeros = {"transl": 3, "global_orient": 3, "body_pose": (21, 3), "left_hand": (15, 3),
             "right_hand": (15, 3), "jaw": 3, "betas": 10}
    body = {name: np.zeros(shape, np.float32) for name, shape in zeros.items()}
    return Moment(
        Frame(np.zeros((48, 64, 3), np.uint8), stamp),
        People(stamp, 640, 480, [Person(1, 1.0, coco.astype(np.float32))]),
        [MotionForecast(stamp, 1, 640, 480, steps, 1 / 30, np.ones(30), 1.0)],
        [Affect(stamp, 1, np.eye(8)[3], 0.5, float("nan"), 0, 1, "fused")],
        body=BodyPose(stamp, stamp, **body))


TOPICS = {"/image_raw": "foxglove.CompressedImage", "/camera_info": "foxglove.CameraCalibration",
          "/markers": "foxglove.SceneUpdate", "/tf": "foxglove.FrameTransforms"}


def test_a_client_gets_image_scene_frames_and_affect():
    with FoxgloveView(port=0) as view:
        assert view.url.startswith("ws://127.0.0.1:")
        client = Client(int(view.url.rsplit(":", 1)[1]))
        schemas = client.subscribe(7)
        assert {**schemas, **TOPICS} == schemas
        assert {"/affect", "/response", "/joint_states"} <= set(schemas)
        seen: dict[str, bytes] = {}
        done = threading.Event()

        def show() -> None:  # again and again: what comes before the subscription is lost
            for step in range(1, 10**6):
                if done.wait(0.02):
                    return
                view.show(moment(10**18 + 40_000_000 * step))
                view.move({"left_elbow": -0.5})

        shower = threading.Thread(target=show)
        shower.start()
        try:
            while not {*TOPICS, "/affect", "/joint_states"} <= set(seen):
                topic, when, seen_data = client.data()
                assert topic == "/joint_states" or when > 10**18
                seen[topic] = seen_data
        finally:
            done.set()
            shower.join()
            client.socket.close()
    assert b"\xff\xd8\xff" in seen["/image_raw"], "a JPEG"
    for name in (b"skeleton/1", b"ghost_3/1", b"spread_3/1", b"label/1", b"robot_body/0"):
        assert name in seen["/markers"]
    assert b"camera_optical_frame" in seen["/tf"] and b"person_1" in seen["/tf"]
    assert b"left_elbow" in seen["/joint_states"]
    affect = json.loads(seen["/affect"])
    assert affect["valence"] == 0.5 and affect["arousal"] is None and affect["person"] == 1


def test_a_port_that_is_taken_is_refused_with_a_sentence():
    with FoxgloveView(port=0) as view, pytest.raises(KinesicsError, match="another --port"):
        FoxgloveView(port=int(view.url.rsplit(":", 1)[1]))
