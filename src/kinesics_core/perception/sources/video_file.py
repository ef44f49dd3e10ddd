"""Video files, decoded by OpenCV's FFmpeg."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from kinesics_core.errors import SourceError
from kinesics_core.perception.sources.decoder import DEFAULT_RATE, Decoder

MISSING_SHARE = 0.1
"""Share of a video's announced frames that may be missing at its end."""


class VideoFile(Decoder):
    """A video file."""

    def __init__(self, file: Path):
        self.name = str(file)
        self._file = file
        if file.stat().st_size == 0:
            raise SourceError(f"The video {file} is empty (0 bytes); record or copy it again.")
        self._open()
        image = self._rgb(*self._capture.read())
        if image is None:
            raise SourceError(
                f"Cannot decode {file} ({file.stat().st_size} bytes) as a video: it is damaged, "
                "truncated or of another format; try to play it, or convert it to MP4 (H.264)."
            )
        self._pending: np.ndarray | None = image
        self._given = 0
        self.size = (image.shape[1], image.shape[0])
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if 1.0 <= fps <= 1000.0 else DEFAULT_RATE
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.total = int(count) if 0 < count < 1e9 else None

    def next(self) -> np.ndarray | None:
        """Return the next image, or None at the end; SourceError where a file is cut off."""
        image, self._pending = self._pending, None
        if image is None:
            image = self._rgb(*self._capture.read())
        if image is None:
            self._check_end()
        self._given += image is not None
        return image

    def skip(self) -> bool:
        """Pass over the next image without converting it."""
        if self._pending is not None:
            self._pending = None
            ok = True
        else:
            ok = self._capture.grab()
        if not ok:
            self._check_end()
        self._given += ok
        return ok

    def rewind(self) -> None:
        """Open the file again, unless nothing was read of it."""
        if self._given:
            self._capture.release()
            self._open()

    def close(self) -> None:
        """Close the file."""
        self._capture.release()

    def _open(self) -> None:
        # Our own sentence says what cannot be opened; OpenCV's warning would stand before it.
        level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
        try:
            self._capture = cv2.VideoCapture(str(self._file), cv2.CAP_FFMPEG)
        finally:
            cv2.utils.logging.setLogLevel(level)
        self._pending = None
        self._given = 0

    @staticmethod
    def _rgb(ok: bool, image: np.ndarray | None) -> np.ndarray | None:
        # Colours are put in order after shrinking, where there are fewer pixels to touch.
        return image[:, :, ::-1] if ok and image is not None else None

    def _check_end(self) -> None:
        if self.total and self._given < (1.0 - MISSING_SHARE) * self.total - 1:
            raise SourceError(
                f"{self.name} ended after {self._given} of its {self.total} frames; the file is "
                "truncated or damaged, copy it again."
            )
