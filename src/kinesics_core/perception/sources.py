"""Where frames come from: cameras, GStreamer pipelines, videos, image folders, a synthetic person.

``open_source("clip.mp4")`` returns a ``FrameSource``; ``read()`` gives ``Frame`` after ``Frame``
(RGB, stamped) and ``None`` at the end. In real time a thread of its own decodes and paces, so that
a slow reader always gets the newest frame, as from a camera.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import select
import shlex
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from kinesics_core.errors import SourceError
from kinesics_core.types import NANOSECONDS, Frame

IMAGE_SUFFIXES = frozenset(
    {".bmp", ".jpeg", ".jpg", ".jp2", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
)
DEFAULT_RATE = 30.0  # Hz, where a source has no rate of its own
STALL_SECONDS = 5.0  # a live source that is silent for longer is taken for blocked
FIRST_FRAME_SECONDS = 15.0  # cameras and network streams may take their time to start
MISSING_SHARE = 0.1  # of a video's announced frames that may be missing at its end

_log = logging.getLogger(__name__)


def open_source(
    spec: str | os.PathLike[str],
    *,
    fit: tuple[int, int] | None = None,
    rate: float | None = None,
    loop: bool = False,
    realtime: bool = True,
) -> FrameSource:
    """Open a source of frames.

    spec: "0" or "/dev/video0" (V4L2), "gst:PIPELINE", a video, an image or a folder of images, in
        natural order, "synthetic", or several of these joined with "," to be played in turn.
    fit: (width, height) in pixels into which larger images are shrunk, keeping their aspect; a
        camera is asked for that size.
    rate: frames per second wanted; a faster video is thinned to it, a slower one keeps its own.
    loop: start again at the end.
    realtime: pace like a camera and stamp with the wall clock. False: every frame in turn, as fast
        as it is read, stamped 0, 1/fps, 2/fps, ... seconds. Live sources are always real time.

    Raises SourceError if the source cannot be opened, ValueError if an argument is out of range.
    """
    if fit is not None and (len(fit) != 2 or min(fit) < 1):
        raise ValueError(f"Got fit={fit}; wanted (width, height) in pixels, both at least 1.")
    if rate is not None and not 0 < rate <= 1000:
        raise ValueError(f"Got rate={rate}; wanted frames per second in (0, 1000].")
    decoders = [_open(part, fit, rate) for part in _parts(os.fspath(spec))]
    return FrameSource(decoders, fit=fit, rate=rate, loop=loop, realtime=realtime)


class FrameSource:
    """A stream of frames; see ``open_source``. Also a context manager. One reader at a time.

    fps: frames per second it gives. size: (width, height) in pixels of the latest frame; it may
    change in mid-stream. live: a camera or pipeline. total: number of frames, or None if endless.
    skipped: frames that passed unread because the reader, or the decoder, was late.
    unreadable: image files of folders that could not be decoded and were left out.
    """

    def __init__(
        self,
        decoders: Sequence[_Decoder],
        *,
        fit: tuple[int, int] | None,
        rate: float | None,
        loop: bool,
        realtime: bool,
    ):
        self._decoders = list(decoders)
        self._fit = fit
        self._rate = rate
        self._loop = loop
        self.live = any(decoder.live for decoder in decoders)
        self.fps = self._output_rate(decoders[0])
        self.size = _fitted(decoders[0].size, fit)
        self.skipped = 0
        totals = [self._output_total(decoder) for decoder in decoders]
        self.total = None if loop or None in totals else sum(t for t in totals if t is not None)
        self._place = 0  # which decoder
        self._taken = 0  # source frames consumed of it
        self._slot = 0  # output frames of it, given or passed over
        self._index = 0  # output frames altogether
        self._clock = 0.0  # seconds of the stream at the next output frame
        self._gave = False  # anything at all, since the start or the last rewind
        self._finished = False
        self._mailbox: _Mailbox | None = None
        if realtime or self.live:
            self._mailbox = _Mailbox()
            # Started by the first read: a file opened long before loses none of its beginning.
            self._thread = threading.Thread(target=self._play, name="frame-source", daemon=True)

    def __enter__(self) -> FrameSource:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def unreadable(self) -> int:
        return sum(getattr(decoder, "unreadable", 0) for decoder in self._decoders)

    def read(self) -> Frame | None:
        """The next frame (in real time: the newest), None at the end.

        In real time this waits for a frame the reader has not had. Raises SourceError when the
        source fails, is unplugged, or (live) has been silent for STALL_SECONDS.
        """
        if self._mailbox is None:
            frame = self._next()
            if frame is not None:
                self.size = (frame.image.shape[1], frame.image.shape[0])
            return frame
        if self._thread.ident is None and not self._mailbox.closed:
            self._thread.start()
        patience = STALL_SECONDS if self._index else FIRST_FRAME_SECONDS
        try:
            frame = self._mailbox.take(patience if self.live else None)
        except TimeoutError:
            raise SourceError(
                f"{self._decoders[self._place].name} has given no frame for {patience:.0f} s; "
                "check that it is plugged in and not used by another program."
            ) from None
        if frame is not None:
            self.size = (frame.image.shape[1], frame.image.shape[0])
        return frame

    @property
    def passed(self) -> int:
        """Frames read or passed over since the start: the index of the next one."""
        return self._index

    def skip(self) -> bool:
        """Pass over the next frame without making an image of it; False at the end. Not in real
        time, where frames pass by themselves."""
        assert self._mailbox is None
        return self._next(want=False) is not None

    def close(self) -> None:
        """Release the device or file; ``read`` gives None from then on. May be called twice."""
        if self._mailbox is not None:
            self._mailbox.close()
        if self._mailbox is None or self._thread.ident is None:
            self._release()
            return
        # A driver may hold the thread in a blocked read; it is a daemon and releases at its end.
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=2.0)

    # --- one frame after the other ---

    def _output_rate(self, decoder: _Decoder) -> float:
        return min(self._rate or decoder.fps, decoder.fps)

    def _output_total(self, decoder: _Decoder) -> int | None:
        if decoder.total is None:
            return None
        step = decoder.fps / self._output_rate(decoder)
        return max(1, int(np.ceil((decoder.total - 0.5) / step)))

    def _next(self, want: bool = True) -> Frame | None:
        """Decode the next output frame; with ``want`` False, pass over it (``image`` is empty)."""
        while not self._finished:
            decoder = self._decoders[self._place]
            rate = self._output_rate(decoder)
            due = int(self._slot * decoder.fps / rate + 0.5)
            ended = False
            while self._taken < due and not ended:
                ended = not decoder.skip()
                self._taken += 1
            image = None
            if not ended:
                image = decoder.next() if want else _EMPTY if decoder.skip() else None
            if image is not None:
                self._taken += 1
                self._slot += 1
                frame = Frame(
                    image=_shrink(image, self._fit) if want else image,
                    stamp=round(self._clock * NANOSECONDS),
                    index=self._index,
                )
                self._index += 1
                self._clock += 1.0 / rate
                self.fps = rate
                self._gave = True
                return frame
            self._taken = self._slot = 0
            if self._place + 1 < len(self._decoders):
                self._place += 1
            elif self._loop and self._gave:
                self._place, self._gave = 0, False
            else:
                self._finished = True
                break
            self._decoders[self._place].rewind()
        self._release()
        return None

    def _release(self) -> None:
        for decoder in self._decoders:
            decoder.close()

    # --- at the pace of a camera ---

    def _play(self) -> None:
        """Decode one frame ahead, hand it over when it is due; drop what is late already."""
        mailbox = self._mailbox
        assert mailbox is not None
        start = time.monotonic()
        behind = start
        try:
            while not mailbox.closed:
                decoder = self._decoders[self._place]
                clock, period = self._clock, 1.0 / self.fps
                late = not decoder.live and time.monotonic() - (start + clock) > period
                frame = self._next(want=not late)
                if frame is None:
                    break
                if late:
                    self.skipped += 1
                    # A source that never keeps up must still show a frame now and then.
                    if time.monotonic() - behind < 0.5:
                        continue
                    start = time.monotonic() - clock
                    continue
                behind = time.monotonic()
                if decoder.live:
                    frame.stamp = decoder.acquired()
                else:
                    if mailbox.wait_closed(max(0.0, start + clock - time.monotonic())):
                        break
                    frame.stamp = time.time_ns()
                self.skipped += mailbox.put(frame)
            mailbox.end()
        except SourceError as error:
            mailbox.fail(error)
        except Exception as error:  # the reader must hear of a fault in this thread
            mailbox.fail(SourceError(f"{self._decoders[self._place].name} failed: {error}."))
        finally:
            self._release()


class _Mailbox:
    """One slot between the decoding thread and the reader; a new frame replaces an unread one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._frame: Frame | None = None
        self._error: SourceError | None = None
        self._ended = False
        self.closed = False

    def put(self, frame: Frame) -> int:
        """Returns how many unread frames this one replaced, 0 or 1."""
        with self._changed:
            replaced = int(self._frame is not None)
            self._frame = frame
            self._changed.notify_all()
            return replaced

    def take(self, timeout: float | None) -> Frame | None:
        """Wait for a frame; None at the end; the source's error; TimeoutError."""
        with self._changed:
            ready = self._changed.wait_for(
                lambda: self._frame is not None or self._ended or self._error or self.closed,
                timeout,
            )
            if not ready:
                raise TimeoutError
            frame, self._frame = self._frame, None
            if frame is None and self._error is not None and not self.closed:
                raise self._error
            return None if self.closed else frame

    def wait_closed(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self.closed, seconds)

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def fail(self, error: SourceError) -> None:
        with self._changed:
            self._error = error
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self.closed = True
            self._changed.notify_all()


# --- decoders: each knows one kind of source -------------------------------------------------


class _Decoder:
    """What FrameSource asks of a kind of source."""

    name: str
    fps: float = DEFAULT_RATE
    size: tuple[int, int] = (0, 0)
    total: int | None = None
    live = False

    def next(self) -> np.ndarray | None:
        """The next image, RGB, or None at the end."""
        raise NotImplementedError

    def skip(self) -> bool:
        """Pass over the next image as cheaply as possible; False at the end."""
        return self.next() is not None

    def acquired(self) -> int:
        """When the latest image was taken, ns since the epoch (asked of live sources only)."""
        return time.time_ns()

    def rewind(self) -> None:
        """Start again at the first image."""

    def close(self) -> None:
        """Release what is held; may be called twice."""


class _Video(_Decoder):
    """A video file through OpenCV's FFmpeg."""

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

    def next(self) -> np.ndarray | None:
        image, self._pending = self._pending, None
        if image is None:
            image = self._rgb(*self._capture.read())
        if image is None:
            self._check_end()
        self._given += image is not None
        return image

    def skip(self) -> bool:
        if self._pending is not None:
            self._pending = None
            ok = True
        else:
            ok = self._capture.grab()
        if not ok:
            self._check_end()
        self._given += ok
        return ok

    def _check_end(self) -> None:
        if self.total and self._given < (1.0 - MISSING_SHARE) * self.total - 1:
            raise SourceError(
                f"{self.name} ended after {self._given} of its {self.total} frames; the file is "
                "truncated or damaged, copy it again."
            )

    def rewind(self) -> None:
        if self._given:
            self._capture.release()
            self._open()

    def close(self) -> None:
        self._capture.release()


class _Images(_Decoder):
    """Image files in natural order; those that cannot be decoded are left out and counted."""

    def __init__(self, name: str, files: Sequence[Path], rate: float | None):
        self.name = name
        self.fps = rate or DEFAULT_RATE
        self.total = len(files)
        self.unreadable = 0
        self._files = files
        self._bad: set[Path] = set()
        self._at = 0
        first = self.next()
        if first is None:
            raise SourceError(
                f"None of the {len(files)} image(s) of {name} can be decoded; "
                f"wanted one of {', '.join(sorted(IMAGE_SUFFIXES))} with an image in it."
            )
        self.size = (first.shape[1], first.shape[0])
        self._at = 0

    def next(self) -> np.ndarray | None:
        while self._at < len(self._files):
            file = self._files[self._at]
            self._at += 1
            if file in self._bad:
                continue
            # EXIF orientation is obeyed: pixels are those of the image as a person sees it.
            with contextlib.suppress(cv2.error):
                image = cv2.imread(str(file), cv2.IMREAD_COLOR)
                if image is not None:
                    return image[:, :, ::-1]
            self._bad.add(file)
            self.unreadable += 1
            _log.warning("%s is not an image that can be decoded; it is left out.", file)
        return None

    def skip(self) -> bool:
        self._at += 1
        return self._at <= len(self._files)

    def rewind(self) -> None:
        self._at = 0


class _Synthetic(_Decoder):
    """The rendered person of ``data.synthetic``, which has ground truth."""

    name = "synthetic"

    def __init__(self, fit: tuple[int, int] | None, rate: float | None):
        from kinesics_core.perception.synthetic_person import SyntheticPerson

        self.size = fit or (640, 480)
        self.fps = rate or DEFAULT_RATE
        self._person = SyntheticPerson(width=self.size[0], height=self.size[1], seed=0)
        self._at = 0

    def next(self) -> np.ndarray:
        image, _ = self._person.render(self._at / self.fps)
        self._at += 1
        return image

    def skip(self) -> bool:
        self._at += 1
        return True


class _Camera(_Decoder):
    """A V4L2 device."""

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

    def next(self) -> np.ndarray:
        ok, image = self._capture.read()
        if not ok or image is None:
            raise SourceError(
                f"{self.name} stopped giving frames; it was unplugged, or another program took it."
            )
        return image[:, :, ::-1]

    def acquired(self) -> int:
        # V4L2 stamps a buffer on CLOCK_MONOTONIC; a driver that does otherwise is not believed.
        now, monotonic = time.time_ns(), time.monotonic_ns()
        age = monotonic - int(self._capture.get(cv2.CAP_PROP_POS_MSEC) * 1e6)
        return now - age if 0 <= age < NANOSECONDS else now

    def close(self) -> None:
        self._capture.release()


class _Pipeline(_Decoder):
    """A GStreamer pipeline through OpenCV, or through ``gst-launch-1.0`` where OpenCV has none."""

    live = True

    def __init__(self, pipeline: str):
        self.name = f"gst:{pipeline}"
        self._process: subprocess.Popen[bytes] | None = None
        self._capture = None
        if "GStreamer:                   YES" in cv2.getBuildInformation():
            sink = "" if "appsink" in pipeline else (
                " ! videoconvert ! video/x-raw,format=BGR ! appsink drop=true max-buffers=1"
            )
            self._capture = cv2.VideoCapture(pipeline + sink, cv2.CAP_GSTREAMER)
            if not self._capture.isOpened():
                raise SourceError(
                    f"GStreamer cannot start the pipeline {pipeline!r}; "
                    f"try `gst-launch-1.0 {pipeline} ! fakesink` to see why."
                )
            fps = self._capture.get(cv2.CAP_PROP_FPS)
            self.fps = fps if 1.0 <= fps <= 1000.0 else DEFAULT_RATE
        else:
            self._launch(pipeline)

    def _launch(self, pipeline: str) -> None:
        launcher = shutil.which("gst-launch-1.0")
        if launcher is None:
            raise SourceError(
                "A 'gst:' source needs OpenCV built with GStreamer, or the program gst-launch-1.0; "
                "here is neither. Install gstreamer1.0-tools and gstreamer1.0-plugins-good."
            )
        # YUV4MPEG carries the size and rate in its header, so that nothing need be agreed on.
        sink = "videoconvert ! video/x-raw,format=I420 ! y4menc ! fdsink fd=1"
        command = [launcher, "-q", *shlex.split(pipeline), "!", *shlex.split(sink)]
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 (read when the pipeline fails)
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._words,
            start_new_session=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], FIRST_FRAME_SECONDS)[0]:
            raise self._failure(f"gave nothing for {FIRST_FRAME_SECONDS:.0f} s")
        header = self._process.stdout.readline().decode("ascii", "replace")
        fields = dict(re.findall(r" ([WHF])(\S+)", header))
        if not header.startswith("YUV4MPEG2") or not {"W", "H"} <= fields.keys():
            raise self._failure("did not start")
        self.size = (int(fields["W"]), int(fields["H"]))
        if self.size[0] % 2 or self.size[1] % 2:
            raise self._failure(f"gives images of {self.size[0]} x {self.size[1]}, wanted even;")
        numerator, _, denominator = fields.get("F", "0:1").partition(":")
        if int(numerator) > 0:
            self.fps = int(numerator) / int(denominator or 1)

    def _failure(self, what: str) -> SourceError:
        self.close()
        self._words.seek(0)
        words = self._words.read().decode("utf-8", "replace").splitlines()
        faults = [line for line in words if "error" in line.lower()] or words or ["no word from it"]
        return SourceError(
            f"The GStreamer pipeline {self.name[4:]!r} {what} ({faults[0].strip()}); "
            "try it with gst-launch-1.0."
        )

    def next(self) -> np.ndarray | None:
        if self._capture is not None:
            ok, image = self._capture.read()
            return image[:, :, ::-1] if ok else None
        assert self._process is not None and self._process.stdout is not None
        width, height = self.size
        if not self._process.stdout.readline().startswith(b"FRAME"):
            if self._process.wait() != 0:
                raise self._failure("failed")
            return None
        planes = self._process.stdout.read(width * height * 3 // 2)
        if len(planes) < width * height * 3 // 2:
            raise self._failure("broke off in the middle of a frame")
        i420 = np.frombuffer(planes, np.uint8).reshape(height * 3 // 2, width)
        return cv2.cvtColor(i420, cv2.COLOR_YUV2RGB_I420)

    def close(self) -> None:
        if self._capture is not None:
            self._capture.release()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=2.0)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


# --- what a spec means -----------------------------------------------------------------------

_EMPTY = np.empty((0, 0, 3), np.uint8)


def _parts(spec: str) -> list[str]:
    """The sources of a playlist; a comma inside a pipeline or an existing name does not part."""
    if spec.startswith("gst:") or "," not in spec or Path(spec).exists():
        return [spec]
    return [part for part in (piece.strip() for piece in spec.split(",")) if part]


def _open(spec: str, fit: tuple[int, int] | None, rate: float | None) -> _Decoder:
    if spec == "synthetic":
        return _Synthetic(fit, rate)
    if spec.startswith("gst:"):
        return _Pipeline(spec[len("gst:") :])
    if spec.isdigit() or spec.startswith("/dev/"):
        return _Camera(spec, fit, rate)
    place = Path(spec).expanduser()
    if place.is_dir():
        files = image_files(place)
        if not files:
            raise SourceError(
                f"The folder {place} holds no images; wanted files ending in "
                f"{', '.join(sorted(IMAGE_SUFFIXES))}."
            )
        return _Images(str(place), files, rate)
    if not place.exists():
        raise SourceError(
            f"Got the source {spec!r}, which does not exist; wanted a camera (0, /dev/video0), a "
            "video file, an image folder, gst:PIPELINE or synthetic."
        )
    try:
        place.open("rb").close()
    except OSError as error:
        raise SourceError(f"{place} cannot be read: {error.strerror}.") from error
    if place.suffix.lower() in IMAGE_SUFFIXES:
        return _Images(str(place), [place], rate)
    return _Video(place)


def image_files(folder: Path) -> list[Path]:
    """The images of a folder in the order they are played: frame2 comes before frame10."""
    return sorted((p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES), key=_natural)


def _natural(file: Path) -> tuple[list[tuple[int, str]], str]:
    """Sort key by which frame2 comes before frame10."""
    pieces = re.findall(r"\d+|\D+", file.name.lower())
    return [(int(p), "") if p.isdigit() else (-1, p) for p in pieces], file.name


def _fitted(size: tuple[int, int], fit: tuple[int, int] | None) -> tuple[int, int]:
    """The (width, height) an image of ``size`` has after shrinking into ``fit``."""
    width, height = size
    if fit is None or width <= fit[0] and height <= fit[1]:
        return size
    scale = min(fit[0] / width, fit[1] / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _shrink(image: np.ndarray, fit: tuple[int, int] | None) -> np.ndarray:
    """Shrink into ``fit`` and make C-contiguous.

    Halving by averaging until less than twice too large, then bilinear: free of moire like area
    averaging at a fifth of its cost.
    """
    width, height = _fitted((image.shape[1], image.shape[0]), fit)
    # A reversed-channel view would be copied by OpenCV at full size; shrink what is behind it.
    flipped = image.strides[2] < 0
    pixels = image[:, :, ::-1] if flipped else image
    while pixels.shape[1] >= 2 * width and pixels.shape[0] >= 2 * height:
        half = (pixels.shape[1] // 2, pixels.shape[0] // 2)
        pixels = cv2.resize(pixels, half, interpolation=cv2.INTER_AREA)
    if (pixels.shape[1], pixels.shape[0]) != (width, height):
        pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LINEAR)
    if flipped:
        return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    return np.ascontiguousarray(pixels)
