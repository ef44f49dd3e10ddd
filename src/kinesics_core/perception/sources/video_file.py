"""Video files, decoded by OpenCV's FFmpeg."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import subprocess
from pathlib import Path

import cv2
import numpy as np

from kinesics_core.errors import SourceError
from kinesics_core.files import shown
from kinesics_core.perception.bit_depth import BitDepth
from kinesics_core.perception.depth_maps import NOT_A_PICTURE, DepthCheck
from kinesics_core.perception.file_endings import RAW_STREAMS
from kinesics_core.perception.sources.decoder import DEFAULT_RATE, Decoder, what_it_is
from kinesics_core.perception.sources.mp4_edits import shown_share
from kinesics_core.perception.sources.riff import empty_pictures, is_avi

MISSING_SHARE = 0.1
"""Share of a video's announced frames that may be missing at its end."""

COUNTED_BYTES = 128 << 20
"""Size up to which the frames of a file that does not tell their number are counted."""

FASTEST = 240.0
"""Frames per second that are believed; where a file claims more, they are measured."""

_MEASURED = 100
"""Frames by whose stamps a rate is measured."""

_JITTER = 0.0015
"""Seconds by which frames of an even video may be off: Matroska and FLV round to milliseconds."""

_UNKNOWN = ("it is damaged, truncated or of another format; try to play it, or convert it to MP4"
            " (H.264).")

_GREY_16 = 0x10003159
"""OpenCV's code of pictures of one channel of 16 bits."""

_WIDEST_PIXEL = 4.0
"""Width over height of a pixel, or the inverse, that is believed."""

_SQUARE = 0.1
"""Pixels that differ less from squares (old television's) are left as they are."""

_log = logging.getLogger(__name__)

_PACKETS_BEFORE_A_FRAME = 1_000_000
"""Packets of sound and other streams that may come before the next one of the picture."""


class VideoFile(Decoder):
    """A video file. Its frames have the times that the file gives them."""

    def __init__(self, file: Path):
        self.name = shown(file)
        self._file = file
        size = file.stat().st_size
        if size == 0:
            raise SourceError(f"The video {self.name} is empty (0 bytes); record or copy it again.")
        self._descriptor: int | None = None
        self._bits, self._depth = BitDepth(), DepthCheck(f"{file.parent.name}/{file.name}")
        with file.open("rb") as stream:
            head = stream.read(1 << 16)
        self._avi = is_avi(head)
        self._tells_its_count = _tells_its_count(head)
        self._open()
        image = self.retrieve() if self._capture.grab() else None
        if image is not None and self._is_grey_exr():
            self.close()
            raise SourceError(
                f"{self.name} has one channel of floats, as depth maps have; give the camera's"
                " colour images, or convert a photograph to PNG.")
        if image is None:
            self.close()
            raise SourceError(f"Cannot decode {self.name} ({size} bytes) as a video: "
                              f"{what_it_is(head) or _UNKNOWN}")
        self._ahead = True
        self.size = (image.shape[1], image.shape[0])
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if 0.0 < fps <= FASTEST else self._measured_rate()
        if self._file.suffix.lower() in RAW_STREAMS:
            _log.warning("%s has no times; %g frames a second are taken. Put it into a video that"
                         " says them: ffmpeg -r RATE -i IN -c copy OUT.mp4", self.name, self.fps)
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self._announced = int(count) if 0 < count < 1e9 else None
        if self._tells_its_count and self._announced is not None:
            self._announced = self._announced - empty_pictures(file) if self._avi else round(
                self._announced * shown_share(file))
            self.total = self._announced
        elif size <= COUNTED_BYTES:
            self.total = self._count()

    def grab(self) -> bool:
        """Decode the next image; False at the end, SourceError where a file is cut off."""
        ok = self._ahead or self._capture.grab()
        self._ahead = False
        if ok:
            self._tell_time()
            self._given += 1
        else:
            if self.time is not None:
                self.time += 1.0 / self.fps
            self._check_end()
        return ok

    def retrieve(self) -> np.ndarray | None:
        """Convert the image."""
        ok, image = self._capture.retrieve()
        if not ok or image is None:
            return None
        if image.dtype == np.uint16:
            if self._depth.shows_depth(image):
                raise SourceError(f"{self.name} {NOT_A_PICTURE}")
            image = self._bits.to_8_bit(image)[..., None].repeat(3, axis=-1)
        if self._pixel != 1.0:
            image = _squared(image, self._pixel)
        # Colours are put in order after shrinking, where there are fewer pixels to touch.
        return image[:, :, ::-1]

    def rewind(self) -> None:
        """Open the file again, unless nothing was read of it."""
        if self._given:
            self.close()
            self._open()

    def close(self) -> None:
        """Close the file."""
        self._capture.release()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> None:
        # FFmpeg takes "12:30.mp4" for a protocol, and OpenCV dies of bytes that are not UTF-8.
        path = os.path.abspath(self._file)
        try:
            path.encode()
        except UnicodeEncodeError:
            self._descriptor = os.open(path, os.O_RDONLY)
            path = f"/proc/self/fd/{self._descriptor}"
        self._path = path
        self._capture = open_capture(path)
        if int(self._capture.get(cv2.CAP_PROP_CODEC_PIXEL_FORMAT)) == _GREY_16:
            # Converted to 8 bits by FFmpeg, what a camera of 12 bits saw is black.
            self._capture.release()
            self._capture = open_capture(path, [cv2.CAP_PROP_CONVERT_RGB, 0])
        self._pixel = self._shape_of_pixels()
        self._ahead = False
        self._given = 0
        self.time = None
        self._latest = 0.0  # seconds from the first frame to the latest one
        self._origin = 0.0  # seconds of the file at its first frame

    def _is_grey_exr(self) -> bool:
        """Return whether it is an OpenEXR image of one channel, which OpenCV has no code for."""
        code = int(self._capture.get(cv2.CAP_PROP_CODEC_PIXEL_FORMAT)) & 0xFFFFFFFF
        return self._file.suffix.lower() == ".exr" and code == 0xFFFFFFFF

    def _shape_of_pixels(self) -> float:
        """Return the width over the height of a pixel, upright, as DV and some phones have them."""
        high = self._capture.get(cv2.CAP_PROP_SAR_DEN)
        ratio = self._capture.get(cv2.CAP_PROP_SAR_NUM) / high if high > 0 else 1.0
        if not 1.0 / _WIDEST_PIXEL <= ratio <= _WIDEST_PIXEL or abs(ratio - 1.0) < _SQUARE:
            return 1.0
        turned = int(self._capture.get(cv2.CAP_PROP_ORIENTATION_META)) % 180 == 90
        return 1.0 / ratio if turned else ratio

    def _tell_time(self) -> None:
        """Set ``time`` from the stamp that the file gives the frame."""
        stamp = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0
        even = self._given / self.fps
        if self._given == 0:
            self._origin = stamp
            return
        if self._given == 1 and self._avi and stamp - self._origin > even + _JITTER:
            # AVI has no stamps; FFmpeg's are late by the depth of the decoder from here on.
            self._origin = stamp - even
        since = stamp - self._origin
        if not math.isfinite(since) or since <= self._latest:  # the file gives none
            since = self._latest + 1.0 / self.fps
        if self.time is not None or abs(since - even) > _JITTER:
            self.time = since
        else:
            since = even
        self._latest = since

    def _measured_rate(self) -> float:
        """Return frames per second by the stamps: DV without a container claims 60,000."""
        capture = open_capture(self._path)
        stamps: list[float] = []
        while len(stamps) < _MEASURED and capture.grab():
            stamps.append(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0)
        capture.release()
        step = float(np.median(np.diff(stamps))) if len(stamps) > 1 else 0.0
        return 1.0 / step if math.isfinite(step) and step > 1e-4 else DEFAULT_RATE

    def _count(self) -> int | None:
        """Return the number of coded frames, which are read and not decoded."""
        packets = open_capture(self._path, [cv2.CAP_PROP_FORMAT, -1])
        count = 0
        while packets.grab():
            count += 1
        packets.release()
        return count or None

    def _check_end(self) -> None:
        """Raise SourceError if the file has ended before its time."""
        wanted = max(self._announced or 0, self.total or 0)
        if self._given >= (1.0 - MISSING_SHARE) * wanted - 1:
            return
        if not self._tells_its_count:
            # The number is reckoned from the longest stream, most often that of the sound.
            complete = self.total and self._given >= (1.0 - MISSING_SHARE) * self.total - 1
            if (complete or self.total is None) and not self._is_cut_off():
                return
        raise SourceError(
            f"{self.name} ended after {self._given} of its {wanted} frames; the file is "
            "truncated or damaged, copy it again."
        )

    def _is_cut_off(self) -> bool:
        """Return whether ffmpeg says that bytes are missing."""
        from kinesics_core.render.encoder import find_ffmpeg

        ffmpeg = find_ffmpeg()
        if ffmpeg is None:
            return False
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            said = subprocess.run(
                [ffmpeg, "-nostdin", "-hide_banner", "-v", "warning", "-i",
                 os.path.abspath(self._file), "-map", "0:v:0", "-c", "copy", "-f", "null", "-"],
                capture_output=True, timeout=60.0,
            ).stderr  # fmt: skip
            return b"prematurely" in said or b"partial file" in said
        return False


def open_capture(path: str, parameters: list[int] | None = None) -> cv2.VideoCapture:
    """Open a video, without OpenCV's warning before our own sentence."""
    # Read by OpenCV once, when it first decodes.
    os.environ.setdefault("OPENCV_FFMPEG_READ_ATTEMPTS", str(_PACKETS_BEFORE_A_FRAME))
    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    try:
        return cv2.VideoCapture(path, cv2.CAP_FFMPEG, parameters or [])
    finally:
        cv2.utils.logging.setLogLevel(level)


def _squared(image: np.ndarray, ratio: float) -> np.ndarray:
    """Return an image of pixels ``ratio`` times as wide as high with square ones, none lost."""
    height, width = image.shape[:2]
    size = (round(width * ratio), height) if ratio > 1.0 else (width, round(height / ratio))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR))


def _tells_its_count(head: bytes) -> bool:
    """Return whether a container stores the number of frames of each stream.

    MP4 and QuickTime do unless fragmented, and AVI; of others FFmpeg reckons the number from the
    duration of the longest stream.
    """
    boxes = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
    return is_avi(head) or head[4:8] in boxes and b"mvex" not in head
