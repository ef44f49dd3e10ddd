"""Network cameras and streams (RTSP, HTTP, UDP ...) through OpenCV's FFmpeg."""

from __future__ import annotations

import socket
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit, urlunsplit

import cv2
import numpy as np

from kinesics_core.errors import SourceError
from kinesics_core.perception.sources.decoder import DEFAULT_RATE, Decoder
from kinesics_core.perception.sources.video_file import MISSING_SHARE, open_capture

SCHEMES = ("http", "https", "rtmp", "rtp", "rtsp", "rtsps", "srt", "tcp", "udp")
"""Kinds of addresses that are streams."""

OPEN_SECONDS = 10.0
READ_SECONDS = 4.0
"""A stream that gives nothing for so long is lost; below ``frame_source.STALL_SECONDS``."""

_PORTS = {"http": 80, "https": 443, "rtmp": 1935, "rtsp": 554, "rtsps": 322}


def scheme_of(spec: str) -> str | None:
    """Return the scheme of an address, lower case; None if the text is none."""
    scheme, mark, _ = spec.partition("://")
    return scheme.lower() if mark and scheme.isalnum() else None


class NetworkStream(Decoder):
    """A stream at an address. Whoever reads it opens it again when it is lost."""

    live = True

    def __init__(self, address: str):
        self._address = address
        self.name = without_password(address)
        timeouts = [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, round(1000 * OPEN_SECONDS),
            cv2.CAP_PROP_READ_TIMEOUT_MSEC, round(1000 * READ_SECONDS),
        ]  # fmt: skip
        self._capture = open_capture(address, timeouts)
        if not self._capture.isOpened():
            raise SourceError(
                f"The stream {self.name} cannot be opened: {_reason(address)}; "
                "check the address, or try to play it."
            )
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if 1.0 <= fps <= 240.0 else DEFAULT_RATE
        self.size = (
            int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        )
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self._announced = int(count) if 0 < count < 1e9 else None
        self._given = 0
        self._began = 0.0

    def grab(self) -> bool:
        """Wait for the next image; False at the end of a video, SourceError if it is lost."""
        if not self._capture.grab():
            if self._announced and self._given >= (1.0 - MISSING_SHARE) * self._announced - 1:
                return False
            raise SourceError(
                f"The stream {self.name} was lost after {self._given} frames; the camera or the"
                " network is down, or it has ended."
            )
        now = time.monotonic()
        if not self._given:
            self._began = now
        # The rates that cameras announce are often wrong: frames are thinned by the clock.
        self.time = now - self._began
        self._given += 1
        return True

    def retrieve(self) -> np.ndarray | None:
        """Convert the image."""
        ok, image = self._capture.retrieve()
        return image[:, :, ::-1] if ok and image is not None else None

    def close(self) -> None:
        """Leave the stream."""
        self._capture.release()


def without_password(address: str) -> str:
    """Return an address as sentences may show it; a source that is none as it is."""
    try:
        parts = urlsplit(address)
        if parts.password is None:
            return address
        place = f"{parts.username}:***@{parts.netloc.rpartition('@')[2]}"
        return urlunsplit(parts._replace(netloc=place))
    except ValueError:
        return address


def _reason(address: str) -> str:
    """Return why a stream cannot be opened, as far as a plain connection tells."""
    try:
        parts = urlsplit(address)
        port = parts.port or _PORTS.get(parts.scheme)
        if parts.scheme in ("udp", "rtp", "srt"):
            return f"nothing came for {OPEN_SECONDS:.0f} s"
        if not parts.hostname or not port:
            return f"wanted {parts.scheme}://HOST:PORT/PATH"
        socket.create_connection((parts.hostname, port), timeout=3.0).close()
        if parts.scheme in ("http", "https"):
            with urllib.request.urlopen(address, timeout=3.0) as answer:
                kind = answer.headers.get_content_type()
            return f"it gives {kind} that cannot be decoded as a video"
    except urllib.error.HTTPError as error:
        return f"the server answers {error.code} {error.reason}"
    except (OSError, ValueError) as error:
        return str(getattr(error, "strerror", None) or error)
    return "the server answers, but with no stream that can be decoded (its path, user or password)"
