"""Image files as a source: one, or a folder of them in natural order."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from kinesics_core.errors import SourceError
from kinesics_core.perception.sources.decoder import DEFAULT_RATE, Decoder

IMAGE_SUFFIXES = frozenset(
    {".bmp", ".jpeg", ".jpg", ".jp2", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
)

_log = logging.getLogger(__name__)


class ImageFiles(Decoder):
    """Image files in order; those that cannot be decoded are left out and counted."""

    def __init__(self, name: str, files: Sequence[Path], rate: float | None):
        self.name = name
        self.fps = rate or DEFAULT_RATE
        self.total = len(files)
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
        """Return the next image that can be decoded, upright as its EXIF tag says."""
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
        """Pass over the next file without reading it."""
        self._at += 1
        return self._at <= len(self._files)

    def rewind(self) -> None:
        """Start again at the first file."""
        self._at = 0


def image_files(folder: Path) -> list[Path]:
    """Return the images of a folder in natural order: frame2 comes before frame10."""
    return sorted((p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES), key=_natural)


def _natural(file: Path) -> tuple[list[tuple[int, str]], str]:
    """Return the sort key by which frame2 comes before frame10."""
    pieces = re.findall(r"\d+|\D+", file.name.lower())
    return [(int(p), "") if p.isdigit() else (-1, p) for p in pieces], file.name
