"""GStreamer pipelines: industrial and network cameras, hardware decoders."""

from __future__ import annotations

import re
import select
import shlex
import shutil
import subprocess
import tempfile

import cv2
import numpy as np

from kinesics_core.errors import SourceError
from kinesics_core.perception.sources.decoder import DEFAULT_RATE, FIRST_FRAME_SECONDS, Decoder


class GstPipeline(Decoder):
    """A GStreamer pipeline through OpenCV, or through ``gst-launch-1.0`` where OpenCV has none."""

    live = True

    def __init__(self, pipeline: str):
        self.name = f"gst:{pipeline}"
        self._process: subprocess.Popen[bytes] | None = None
        self._capture = None
        self._planes = b""
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

    def grab(self) -> bool:
        """Wait for the next image; False when the pipeline has ended, SourceError if it failed."""
        if self._capture is not None:
            return bool(self._capture.grab())
        assert self._process is not None and self._process.stdout is not None
        width, height = self.size
        if not self._process.stdout.readline().startswith(b"FRAME"):
            if self._process.wait() != 0:
                raise self._failure("failed")
            return False
        self._planes = self._process.stdout.read(width * height * 3 // 2)
        if len(self._planes) < width * height * 3 // 2:
            raise self._failure("broke off in the middle of a frame")
        return True

    def retrieve(self) -> np.ndarray | None:
        """Convert the image."""
        if self._capture is not None:
            ok, image = self._capture.retrieve()
            return image[:, :, ::-1] if ok and image is not None else None
        width, height = self.size
        i420 = np.frombuffer(self._planes, np.uint8).reshape(height * 3 // 2, width)
        return cv2.cvtColor(i420, cv2.COLOR_YUV2RGB_I420)

    def close(self) -> None:
        """End the pipeline."""
        if self._capture is not None:
            self._capture.release()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=2.0)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

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
