"""Sources of frames: cameras, network streams, GStreamer pipelines, videos, image folders.

``open_source("clip.mp4")`` returns a ``FrameSource``; ``read()`` gives ``Frame`` after ``Frame``
(RGB, stamped) and ``None`` at the end. Each kind of source is a decoder in a file of its own; a new
kind is added to ``_decoder_of``.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from kinesics_core.errors import SourceError
from kinesics_core.files import shown
from kinesics_core.perception.config import CameraConfig
from kinesics_core.perception.file_endings import IMAGE_SUFFIXES
from kinesics_core.perception.sources.animation import Animation
from kinesics_core.perception.sources.camera_device import CameraDevice
from kinesics_core.perception.sources.decoder import DEFAULT_RATE, Decoder, require_sides
from kinesics_core.perception.sources.frame_source import FrameSource
from kinesics_core.perception.sources.framing import Framing
from kinesics_core.perception.sources.gstreamer import GstPipeline
from kinesics_core.perception.sources.image_files import (
    ImageFiles,
    image_files,
    is_animation,
    read_image,
)
from kinesics_core.perception.sources.network_stream import SCHEMES, NetworkStream, scheme_of
from kinesics_core.perception.sources.playlist import Playlist
from kinesics_core.perception.sources.synthetic import SyntheticVideo
from kinesics_core.perception.sources.video_file import VideoFile

__all__ = [
    "DEFAULT_RATE",
    "SCHEMES",
    "FrameSource",
    "Framing",
    "image_files",
    "open_source",
    "read_image",
    "require_sides",
    "shows_stills",
]

_KINDS = (
    "a camera (0, /dev/video0), a video file, an image folder, a stream (rtsp://...), gst:PIPELINE "
    "or synthetic"
)


def open_source(
    spec: str | os.PathLike[str],
    *,
    fit: tuple[int, int] | None = None,
    rate: float | None = None,
    loop: bool = False,
    realtime: bool = True,
    rotate: int = CameraConfig.rotate,
    mirror: bool = CameraConfig.mirror,
) -> FrameSource:
    """Open a source of frames.

    Args:
        spec: "0" or "/dev/video0" (V4L2), "gst:PIPELINE", the address of a stream (``SCHEMES``), a
            video, an animated image, an image or a folder of images, in natural order,
            "synthetic", or several of these joined with "," to be played in turn.
        fit: (width, height) in pixels into which larger images are shrunk, keeping their aspect; a
            camera is asked for that size.
        rate: Frames per second wanted; a faster video is thinned to it, a slower one keeps its own.
        loop: Start again at the end.
        realtime: Pace like a camera and stamp with the wall clock. False: every frame in turn, as
            fast as it is read, stamped with its time since the first one. Live sources are always
            real time.
        rotate: Degrees clockwise by which images are turned: 0, 90, 180 or 270.
        mirror: Exchange left and right, after turning: for cameras that mirror.

    Raises:
        SourceError: The source cannot be opened.
        ValueError: An argument is out of range.
    """
    framing = Framing(fit, rotate, mirror)
    if rate is not None and not 0 < rate <= 1000:
        raise ValueError(f"Got rate={rate}; wanted frames per second in (0, 1000].")
    text = os.fspath(spec)
    parts = _parts(text)
    # Path("") is the folder one stands in, which nobody means.
    if not parts or not text.strip():
        raise SourceError(f"Got the source {text!r}; wanted {_KINDS}.")
    decoders = [_decoder_of(part, framing.source_fit, rate) for part in parts]
    return FrameSource(Playlist(decoders, framing, rate=rate, loop=loop), realtime=realtime)


def shows_stills(place: Path) -> bool:
    """Return whether a path is an image or a folder of images, not a video or an animation."""
    if place.is_dir():
        return True
    return place.suffix.lower() in IMAGE_SUFFIXES and not is_animation(place)


def _parts(spec: str) -> list[str]:
    """Return the sources of a playlist.

    A comma inside a pipeline, an address or an existing name does not part.
    """
    if spec.startswith("gst:") or scheme_of(spec) or "," not in spec or os.path.exists(spec):
        return [spec]
    return [part for part in (piece.strip() for piece in spec.split(",")) if part]


def _decoder_of(spec: str, fit: tuple[int, int] | None, rate: float | None) -> Decoder:
    """Open one source by what its name says it is."""
    if spec == "synthetic":
        return SyntheticVideo(fit, rate)
    if spec.startswith("gst:"):
        return GstPipeline(spec[len("gst:") :])
    if (scheme := scheme_of(spec)) is not None:
        if scheme not in SCHEMES:
            raise SourceError(
                f"Got the source {spec!r}; wanted an address that begins with one of "
                f"{', '.join(f'{known}://' for known in SCHEMES)}, or {_KINDS}."
            )
        return NetworkStream(spec)
    if spec.isdigit() or spec.startswith("/dev/") and not (
        os.path.isfile(spec) or os.path.isdir(spec)  # /dev/shm has files
    ):
        return CameraDevice(spec, fit, rate)
    return _file_decoder(Path(spec).expanduser(), rate)


def _file_decoder(place: Path, rate: float | None) -> Decoder:
    """Open a file or folder by its kind and ending."""
    name = shown(place)
    try:
        mode = place.stat().st_mode
        if stat.S_ISDIR(mode):
            files = image_files(place)
            if not files:
                raise SourceError(
                    f"The folder {name} holds no images; wanted files ending in "
                    f"{', '.join(sorted(IMAGE_SUFFIXES))}."
                )
            return ImageFiles(name, files, rate)
        if not stat.S_ISREG(mode):
            # Opening a pipe would wait for whoever writes into it.
            raise SourceError(
                f"{name} is a pipe, socket or device, not a file; wanted {_KINDS}."
            )
        place.open("rb").close()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise SourceError(f"Got the source {name!r}, which does not exist; wanted {_KINDS}."
                          ) from error
    except OSError as error:
        raise SourceError(f"{name} cannot be read: {error.strerror}.") from error
    except ValueError as error:  # a zero byte
        raise SourceError(f"Got the source {name!r}: {error}; wanted {_KINDS}.") from error
    suffix = place.suffix.lower()
    if suffix in (".heic", ".heif"):
        raise SourceError(f"{name} is an HEIC photo, which cannot be decoded; convert it to JPEG.")
    if suffix == ".gif" or is_animation(place):
        return Animation(place)
    if suffix in IMAGE_SUFFIXES:
        return ImageFiles(name, [place], rate)
    return VideoFile(place)
