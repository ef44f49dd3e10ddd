"""Cameras of Linux (V4L2)."""

from __future__ import annotations

import os
import time
from pathlib import Path

import cv2
import numpy as np

from kinesics_core.errors import SourceError
from kinesics_core.perception.sources.decoder import DEFAULT_RATE, Decoder
from kinesics_core.types import NANOSECONDS


class CameraDevice(Decoder):
    """A V4L2 device, asked for the size and rate wanted."""

    live = True

    def __init__(self, device: str, fit: tuple[int, int] | None, rate: float | None):
        self.name = f"/dev/video{device}" if device.isdigit() else device
        if not Path(self.name).exists():
            here = ", ".join(sorted(str(p) for p in Path("/dev").glob("video*"))) or "none"
            raise SourceError(
                f"There is no camera {self.name}; cameras found: {here}. "
                "Plug it in, or name a video file or 'synthetic' as the source."
            )
        if not os.access(self.name, os.R_OK | os.W_OK):
            raise SourceError(
                f"{self.name} may not be opened by this user; "
                "add the user to the group 'video' and log in again."
            )
        self._capture = cv2.VideoCapture(self.name, cv2.CAP_V4L2)
        if not self._capture.isOpened():
            raise SourceError(
                f"{self.name} cannot be opened as a V4L2 camera; "
                "another program may hold it, or it is a metadata device (try the next number)."
            )
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        if fit is not None:
            self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, fit[0])
            self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, fit[1])
        if rate is not None:
            self._capture.set(cv2.CAP_PROP_FPS, rate)
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if 1.0 <= fps <= 1000.0 else rate or DEFAULT_RATE
        self.size = (
            int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        )

    def grab(self) -> bool:
        """Wait for the next image; SourceError when the camera is unplugged."""
        if not self._capture.grab():
            raise SourceError(
                f"{self.name} stopped giving frames; it was unplugged, or another program took it."
            )
        return True

    def retrieve(self) -> np.ndarray | None:
        """Convert the image; None if the driver gave a broken one."""
        ok, image = self._capture.retrieve()
        return image[:, :, ::-1] if ok and image is not None else None

    def acquired(self) -> int:
        """Return the driver's stamp of the latest image on the wall clock, ns."""
        # V4L2 stamps a buffer on CLOCK_MONOTONIC; a driver that does otherwise is not believed.
        now, monotonic = time.time_ns(), time.monotonic_ns()
        age = monotonic - int(self._capture.get(cv2.CAP_PROP_POS_MSEC) * 1e6)
        return now - age if 0 <= age < NANOSECONDS else now

    def close(self) -> None:
        """Release the device."""
        self._capture.release()
