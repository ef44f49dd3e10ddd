"""Image files as a source: one, or a folder of them in natural order."""

from __future__ import annotations

import io
import logging
import os
import re
import warnings
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from kinesics_core.errors import SourceError
from kinesics_core.files import shown
from kinesics_core.perception.bit_depth import BitDepth
from kinesics_core.perception.depth_maps import NOT_A_PICTURE, shows_depth
from kinesics_core.perception.file_endings import IMAGE_SUFFIXES, OTHER_SUFFIXES, VIDEO_SUFFIXES
from kinesics_core.perception.sources.decoder import (
    DEFAULT_RATE,
    Decoder,
    require_sides,
    what_it_is,
)

MAX_PIXELS = int(os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"])
"""Pixels of the largest image that is decoded; the header of a damaged file may claim more."""

_log = logging.getLogger(__name__)


class ImageFiles(Decoder):
    """Image files in order; those that cannot be decoded are left out and counted."""

    def __init__(self, name: str, files: Sequence[Path], rate: float | None):
        self.name = name
        self.fps = rate or DEFAULT_RATE
        self.total = len(files)
        self._files = files
        self._depth = BitDepth()
        self._bad: dict[Path, str] = {}
        self._at = -1
        first = None
        while first is None and self.grab():
            first = self.retrieve()
        if first is None:
            raise SourceError(
                f"None of the {len(files)} image(s) of {name} can be used"
                f" ({self._bad[files[0]]}); wanted one of {', '.join(sorted(IMAGE_SUFFIXES))} with"
                " an image in it."
            )
        self.size = (first.shape[1], first.shape[0])
        self._at = -1

    def grab(self) -> bool:
        """Go to the next file that is not known to be broken, without reading it."""
        self._at += 1
        while self._at < len(self._files) and self._files[self._at] in self._bad:
            self._at += 1
        return self._at < len(self._files)

    def retrieve(self) -> np.ndarray | None:
        """Read the file; None if it cannot be decoded, which is then said and counted."""
        file = self._files[self._at]
        try:
            return read_image(file, self._depth)
        except SourceError as error:
            self._bad[file] = str(error).rstrip(".")
            self.unreadable += 1
            _log.warning("%s It is left out.", error)
        return None

    def rewind(self) -> None:
        """Start again at the first file."""
        self._at = -1


def read_image(file: Path, depth: BitDepth | None = None) -> np.ndarray:
    """Read an image file, upright as its EXIF tag says; transparency is left out.

    Args:
        file: Its name may have any bytes.
        depth: The bit depth of the images before it, which is learned further.

    Returns:
        (height, width, 3) uint8, RGB.

    Raises:
        SourceError: It is no image that can be decoded, or a depth map.
    """
    name = shown(file)
    try:
        if not file.is_file():
            raise SourceError(f"{name} is not a regular file.")
        data = file.read_bytes()
    except OSError as error:
        raise SourceError(f"{name} cannot be read: {error.strerror}.") from error
    _check_header(name, data)
    try:
        # OpenCV is given bytes: it dies of a name that is not UTF-8.
        flags = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags) if data else None
        if image is None:
            why = what_it_is(data)
            raise SourceError(f"{name} is not an image that can be decoded"
                              + (f": {why}" if why else f" ({len(data)} bytes)."))
        require_sides(image, name)
        if shows_depth(image, f"{file.parent.name}/{file.name}"):
            raise SourceError(f"{name} {NOT_A_PICTURE}")
        if image.ndim == 2:  # whatever was asked for
            image = image[..., None].repeat(3, axis=-1)
        return (depth or BitDepth()).to_8_bit(image)[:, :, ::-1]
    except (cv2.error, ValueError) as error:
        raise SourceError(f"{name} is not an image that can be decoded: {error}.") from error


def is_animation(file: Path) -> bool:
    """Return whether an image file has several images with durations (GIF, WebP, APNG)."""
    if file.suffix.lower() not in (".avif", ".gif", ".png", ".webp") or not file.is_file():
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(file) as image:
                return bool(getattr(image, "is_animated", False))
    except Exception:
        return False  # whoever reads it says what is wrong


def image_files(folder: Path) -> list[Path]:
    """Return the images of a folder in natural order: frame2 comes before frame10."""
    here = list(folder.iterdir())
    others = [file for file in here if file.suffix.lower() in OTHER_SUFFIXES]
    if others:
        _log.warning("%s holds %d photograph(s) that cannot be decoded (%s), which are left out; "
                     "convert them to JPEG.", shown(folder), len(others), _endings(others))
    images = sorted((p for p in here if p.suffix.lower() in IMAGE_SUFFIXES
                     and not p.name.startswith(".")), key=_natural)
    films = [file for file in here if file.suffix.lower() in (*VIDEO_SUFFIXES, ".gif")
             and not file.name.startswith(".")]
    if images and films:
        _log.warning("%s is taken for a folder of %d image(s); the %d video(s) in it (%s) are left "
                     "out. Give them as sources of their own.",
                     shown(folder), len(images), len(films), _endings(films))
    return images


def _endings(files: Sequence[Path]) -> str:
    return ", ".join(sorted({file.suffix for file in files}))


def _check_header(name: str, data: bytes) -> None:
    """Raise SourceError for an image too large to decode, and for a film among images."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header = Image.open(io.BytesIO(data))
    except Image.DecompressionBombError as error:
        raise SourceError(f"{name} is too large an image to decode: {error}") from error
    except Exception:
        return  # OpenCV knows kinds of images that Pillow does not
    width, height = header.size
    if width * height > MAX_PIXELS:
        raise SourceError(
            f"{name} is said to be {width} x {height} pixels; wanted at most {MAX_PIXELS}.")
    pages = _pages(header)
    if header.format == "TIFF" and pages > 1:
        _log.warning("%s has %d pages, of which the first is taken; give each as a file.",
                     name, pages)
    if header.format in ("AVIF", "PNG", "WEBP") and pages > 1:
        raise SourceError(f"{name} is an animation; give it as a source by itself.")


def _pages(header: Image.Image) -> int:
    """Return the number of images of a file; 1 where damage hides it."""
    try:
        return int(getattr(header, "n_frames", 1))
    except Exception:  # Pillow reads the headers of all pages, with all errors of that
        return 1


def _natural(file: Path) -> tuple[list[tuple[int, str]], str]:
    """Return the sort key by which frame2 comes before frame10."""
    pieces = re.findall(r"\d+|\D+", file.name.lower())
    return [(int(p), "") if p.isdigit() else (-1, p) for p in pieces], file.name
