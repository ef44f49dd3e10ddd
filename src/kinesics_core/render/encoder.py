"""Videos (.mp4) that are whole or not there: H.264 by ffmpeg, or MPEG-4 by OpenCV."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from pathlib import Path

import cv2
import numpy as np

from kinesics_core.errors import RecordingError
from kinesics_core.files import WriteError, part_of, put_in_place


def find_ffmpeg() -> str | None:
    """Return the path of an ffmpeg: imageio-ffmpeg's own one, else the system's, else None."""
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return shutil.which("ffmpeg")


class Mp4Writer:
    """Writer of a video; the file is there once ``close`` has succeeded.

    Args:
        path: The file; an older one stays until ``close``.
        size: Width and height, px, even.
        fps: Frames per second.

    Attributes:
        codec: "h264", or "mpeg4" where there is no ffmpeg.
        frames: Number of frames written.

    Raises:
        RecordingError: No space, no permission or a dead encoder, here or in any method; the part
            written is removed and the writer closed.
    """

    def __init__(self, path: str | Path, size: tuple[int, int], fps: float) -> None:
        self.path = Path(path)
        self.size = int(size[0]), int(size[1])
        self.fps = float(fps)
        if min(self.size) < 2 or self.size[0] % 2 or self.size[1] % 2:
            raise RecordingError(
                f"A video needs an even width and height, got {size[0]} x {size[1]}."
            )
        if not 0 < self.fps <= 240:
            raise RecordingError(f"A video needs 0 to 240 frames a second, got {fps}.")
        self.frames = 0
        ffmpeg = find_ffmpeg()
        self.codec = "h264" if ffmpeg else "mpeg4"
        self._part = part_of(self.path)
        if not ffmpeg:
            # OpenCV tells the container by the name.
            self._part = self._part.with_name(self._part.name + ".mp4")
        self._process: subprocess.Popen[bytes] | None = None
        self._opencv: cv2.VideoWriter | None = None
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the encoder
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._part.touch()
        except OSError as error:
            self._log.close()
            raise RecordingError(
                f"{self.path} cannot be written: {error.strerror}; choose another place."
            ) from error
        if ffmpeg:
            self._start(ffmpeg)
        else:
            self._opencv = cv2.VideoWriter(
                str(self._part), cv2.VideoWriter.fourcc(*"mp4v"), self.fps, self.size
            )
            if not self._opencv.isOpened():
                self.abort()
                raise RecordingError(
                    f"OpenCV cannot write {self.path}, and there is no ffmpeg; "
                    "install the package imageio-ffmpeg."
                )

    def _start(self, ffmpeg: str) -> None:
        width, height = self.size
        # Frames come as BT.601 I420 (half the bytes of RGB, and no conversion inside ffmpeg).
        command = [
            ffmpeg, "-hide_banner", "-loglevel", "error", "-nostdin", "-y",
            "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}",
            "-r", f"{self.fps:g}", "-i", "pipe:0",
            "-c:v", "libx264", "-preset", "veryfast", "-crf", "21", "-pix_fmt", "yuv420p",
            "-color_primaries", "smpte170m", "-color_trc", "smpte170m",
            "-colorspace", "smpte170m", "-color_range", "tv",
            "-movflags", "+faststart", "-f", "mp4", str(self._part),
        ]
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self._log,
                # A Ctrl-C at the terminal is for us; we then finish the file.
                start_new_session=True,
            )
        except OSError as error:
            self.abort()
            raise RecordingError(f"{ffmpeg} cannot be started: {error.strerror}.") from error

    def write(self, image: np.ndarray) -> None:
        """Append a frame, (height, width, 3) uint8 RGB."""
        if image.shape != (self.size[1], self.size[0], 3) or image.dtype != np.uint8:
            raise RecordingError(
                f"{self.path} takes {self.size[0]} x {self.size[1]} RGB frames of uint8, "
                f"got {image.dtype} {image.shape}."
            )
        if self._process is not None:
            assert self._process.stdin is not None
            try:
                self._process.stdin.write(cv2.cvtColor(image, cv2.COLOR_RGB2YUV_I420).data)
            except OSError as error:
                raise self._failed() from error
        elif self._opencv is not None:
            self._opencv.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        else:
            raise RecordingError(f"{self.path} is closed; no frame can be added.")
        self.frames += 1

    def close(self) -> None:
        """Finish the file and give it its name. A second call does nothing."""
        if self._process is not None:
            assert self._process.stdin is not None
            try:
                self._process.stdin.close()
                code = self._process.wait(timeout=120.0)
            except (OSError, subprocess.TimeoutExpired) as error:
                raise self._failed() from error
            if code != 0:
                raise self._failed()
            self._process = None
        elif self._opencv is not None:
            self._opencv.release()
            self._opencv = None
            if self.frames and not self._readable():
                self.abort()
                raise RecordingError(f"{self.path} was not written whole; is the disk full?")
        else:
            return
        self._log.close()
        if not self.frames:
            self._part.unlink(missing_ok=True)
            raise RecordingError(f"{self.path} got no frame, so there is no video.")
        try:
            put_in_place(self._part, self.path)
        except WriteError as error:
            self.abort()
            raise RecordingError(str(error)) from error

    def abort(self) -> None:
        """Stop the encoder and remove what was written; an older file is left as it was."""
        if self._process is not None:
            self._process.kill()
            with contextlib.suppress(OSError):
                assert self._process.stdin is not None
                self._process.stdin.close()
            self._process.wait()
            self._process = None
        if self._opencv is not None:
            self._opencv.release()
            self._opencv = None
        self._log.close()
        self._part.unlink(missing_ok=True)

    def __enter__(self) -> Mp4Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def _failed(self) -> RecordingError:
        """Clean up and return what went wrong."""
        assert self._process is not None
        try:
            code: int | None = self._process.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            code = None
        self._log.seek(0)
        said = self._log.read().decode(errors="replace").strip().splitlines()
        free = shutil.disk_usage(self.path.parent).free
        self.abort()
        if free < 4 << 20 or any("No space left" in line for line in said):
            return RecordingError(f"{self.path} could not be written: the disk is full.")
        if said:
            reason = said[-1]
        elif code is None:
            reason = "it does not answer"
        elif code < 0:
            reason = f"signal {-code} ended it"
        else:
            reason = f"exit status {code}"
        return RecordingError(
            f"The video encoder of {self.path} failed after {self.frames} frames: {reason}."
        )

    def _readable(self) -> bool:
        video = cv2.VideoCapture(str(self._part))
        count = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
        video.release()
        return count == self.frames
