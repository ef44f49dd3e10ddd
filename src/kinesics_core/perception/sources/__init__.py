"""Sources of frames: cameras, GStreamer pipelines, videos, image folders, a synthetic person.

``open_source("clip.mp4")`` returns a ``FrameSource``; ``read()`` gives ``Frame`` after ``Frame``
(RGB, stamped) and ``None`` at the end. Each kind of source is a decoder in a file of its own; a new
kind is added to ``_decoder_of``.
"""

from __future__ import annotations

import os
from pathlib import Path

from kinesics_core.errors import SourceError
from kinesics_core.perception.sources.camera_device import CameraDevice
from kinesics_core.perception.sources.decoder import DEFAULT_RATE, Decoder
from kinesics_core.perception.sources.frame_source import FrameSource
from kinesics_core.perception.sources.gstreamer import GstPipeline
from kinesics_core.perception.sources.image_files import IMAGE_SUFFIXES, ImageFiles, image_files
from kinesics_core.perception.sources.playlist import Playlist
from kinesics_core.perception.sources.synthetic import SyntheticVideo
from kinesics_core.perception.sources.video_file import VideoFile

__all__ = ["DEFAULT_RATE", "IMAGE_SUFFIXES", "FrameSource", "image_files", "open_source"]


def open_source(
    spec: str | os.PathLike[str],
    *,
    fit: tuple[int, int] | None = None,
    rate: float | None = None,
    loop: bool = False,
    realtime: bool = True,
) -> FrameSource:
    """Open a source of frames.

    Args:
        spec: "0" or "/dev/video0" (V4L2), "gst:PIPELINE", a video, an image or a folder of images,
            in natural order, "synthetic", or several of these joined with "," to be played in turn.
        fit: (width, height) in pixels into which larger images are shrunk, keeping their aspect; a
            camera is asked for that size.
        rate: Frames per second wanted; a faster video is thinned to it, a slower one keeps its own.
        loop: Start again at the end.
        realtime: Pace like a camera and stamp with the wall clock. False: every frame in turn, as
            fast as it is read, stamped 0, 1/fps, 2/fps, ... seconds. Live sources are always real
            time.

    Raises:
        SourceError: The source cannot be opened.
        ValueError: An argument is out of range.
    """
    if fit is not None and (len(fit) != 2 or min(fit) < 1):
        raise ValueError(f"Got fit={fit}; wanted (width, height) in pixels, both at least 1.")
    if rate is not None and not 0 < rate <= 1000:
        raise ValueError(f"Got rate={rate}; wanted frames per second in (0, 1000].")
    decoders = [_decoder_of(part, fit, rate) for part in _parts(os.fspath(spec))]
    return FrameSource(Playlist(decoders, fit=fit, rate=rate, loop=loop), realtime=realtime)


def _parts(spec: str) -> list[str]:
    """Return the sources of a playlist.

    A comma inside a pipeline or an existing name does not part.
    """
    if spec.startswith("gst:") or "," not in spec or Path(spec).exists():
        return [spec]
    return [part for part in (piece.strip() for piece in spec.split(",")) if part]


def _decoder_of(spec: str, fit: tuple[int, int] | None, rate: float | None) -> Decoder:
    """Open one source by what its name says it is."""
    if spec == "synthetic":
        return SyntheticVideo(fit, rate)
    if spec.startswith("gst:"):
        return GstPipeline(spec[len("gst:") :])
    if spec.isdigit() or spec.startswith("/dev/"):
        return CameraDevice(spec, fit, rate)
    place = Path(spec).expanduser()
    if place.is_dir():
        files = image_files(place)
        if not files:
            raise SourceError(
                f"The folder {place} holds no images; wanted files ending in "
                f"{', '.join(sorted(IMAGE_SUFFIXES))}."
            )
        return ImageFiles(str(place), files, rate)
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
        return ImageFiles(str(place), [place], rate)
    return VideoFile(place)
