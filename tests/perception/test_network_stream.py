"""Streams from a server of our own on loopback, which breaks off and comes back."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
import pytest

from kinesics_core.errors import SourceError
from kinesics_core.perception.sources import open_source
from kinesics_core.perception.sources.network_stream import scheme_of, without_password


def transport_stream(folder: Path, count: int = 60) -> bytes:
    file = folder / "a.ts"
    subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-f", "lavfi", "-i",
         "color=red:size=64x48:rate=30", "-frames:v", str(count), "-c:v", "mpeg2video", file],
        check=True,
    )  # fmt: skip
    return file.read_bytes()


class Camera(BaseHTTPRequestHandler):
    """Serves MJPEG at 30 frames a second for ever at /mjpeg, and pieces of files."""

    files: dict[str, bytes] = {}
    running = True

    def do_GET(self) -> None:
        if self.path in self.files:
            self.send_response(200)
            self.send_header("Content-Type", "video/mp2t")
            self.end_headers()
            self.wfile.write(self.files[self.path])
        elif self.path == "/mjpeg":
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            _, jpeg = cv2.imencode(".jpg", np.full((48, 64, 3), (0, 0, 255), np.uint8))
            part = jpeg.tobytes()
            try:
                while type(self).running:
                    self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: "
                                     + str(len(part)).encode() + b"\r\n\r\n" + part + b"\r\n")
                    time.sleep(1 / 30)
            except OSError:
                pass
        else:
            self.send_error(404)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(port: int = 0, files: dict[str, bytes] | None = None) -> Iterator[int]:
    handler = type("Handler", (Camera,), {"files": files or {}, "running": True})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        handler.running = False
        server.shutdown()
        server.server_close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_camera_over_http_gives_frames_until_it_is_gone():
    with serving() as port, open_source(f"http://127.0.0.1:{port}/mjpeg", rate=10.0) as source:
        assert source.live and source.size == (64, 48)
        stamps = []
        for _ in range(6):
            frame = source.read()
            assert frame.image[24, 32, 0] > 200 > 60 > frame.image[24, 32, 2]
            assert abs(time.time_ns() - frame.stamp) < 60e9
            stamps.append(frame.stamp)
        # Thinned by the clock, whatever rate the camera announces.
        assert np.diff(stamps).mean() > 0.07e9


def test_a_lost_stream_is_a_sentence_and_can_be_opened_again():
    port = free_port()
    address = f"http://127.0.0.1:{port}/mjpeg"
    with serving(port):
        source = open_source(address)
        assert source.read() is not None
    with source, pytest.raises(SourceError, match="was lost after"):
        while True:
            assert source.read() is not None
    with pytest.raises(SourceError, match="refused"):
        open_source(address)
    with serving(port), open_source(address) as again:
        assert again.read().image.shape == (48, 64, 3)


def test_a_transport_stream_over_http(tmp_path):
    files = {"/a.ts": transport_stream(tmp_path)}
    with serving(files=files) as port, open_source(f"http://127.0.0.1:{port}/a.ts") as source:
        frame = source.read()
        assert frame.image.shape == (48, 64, 3) and frame.image[24, 32, 0] > 200


def test_a_stream_over_udp(tmp_path):
    port, stop = free_port(), threading.Event()
    data = transport_stream(tmp_path, 300)
    packets = [data[at : at + 1316] for at in range(0, len(data), 1316)]

    def send() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            while not stop.is_set():
                for packet in packets:
                    out.sendto(packet, ("127.0.0.1", port))
                    time.sleep(0.002)

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    try:
        with open_source(f"udp://127.0.0.1:{port}") as source:
            assert source.live and source.read().image.shape == (48, 64, 3)
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("scheme", ["rtsp", "http", "rtmp", "tcp"])
def test_nobody_there_is_said_at_once(scheme):
    with pytest.raises(SourceError, match="refused") as error:  # not that nothing came in time
        open_source(f"{scheme}://user:secret@127.0.0.1:{free_port()}/live")
    assert "secret" not in str(error.value) and "user:***@127.0.0.1" in str(error.value)


def test_what_a_server_answers_is_said():
    with serving(files={"/page": b"<html>no film</html>"}) as port:
        with pytest.raises(SourceError, match="404"):
            open_source(f"http://127.0.0.1:{port}/none")
        with pytest.raises(SourceError, match="cannot be decoded"):
            open_source(f"http://127.0.0.1:{port}/page")


def test_a_server_that_says_nothing_is_given_up(monkeypatch):
    from kinesics_core.perception.sources import network_stream

    monkeypatch.setattr(network_stream, "OPEN_SECONDS", 1.0)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        began = time.monotonic()
        with pytest.raises(SourceError, match="cannot be opened"):
            open_source(f"rtsp://127.0.0.1:{silent.getsockname()[1]}/live")
        assert time.monotonic() - began < 60.0


def test_other_addresses_are_refused_with_those_known():
    with pytest.raises(SourceError, match="rtsp://"):
        open_source("gopher://somewhere/film")
    with pytest.raises(SourceError, match="cannot be opened"):
        open_source("http://")


@pytest.mark.parametrize("spec, scheme", [
    ("rtsp://camera/1,2", "rtsp"), ("HTTP://camera", "http"), ("a:b.mp4", None), ("/a://b", None),
])  # fmt: skip
def test_addresses_are_known(spec, scheme):
    assert scheme_of(spec) == scheme


def test_what_is_no_address_has_no_password():
    assert without_password("clip@home:1.mp4") == "clip@home:1.mp4"
    assert without_password("rtsp://me:pw@cam:554/a?b=1") == "rtsp://me:***@cam:554/a?b=1"
