"""Animated images (GIF, WebP, APNG) as videos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from kinesics_core.errors import SourceError
from kinesics_core.files import shown
from kinesics_core.perception.sources.decoder import DEFAULT_RATE, Decoder

UNSAID_SECONDS = 0.1
"""Duration of an image that has none of its own, as browsers show it."""


class Animation(Decoder):
    """An animated image, decoded by Pillow; each image is shown for its own duration."""

    def __init__(self, file: Path):
        self.name = shown(file)
        try:
            self._image = Image.open(file)
            # An APNG may begin with an image for programs that do not know the format.
            self._first = int(bool(self._image.info.get("default_image")))
            self._count = getattr(self._image, "n_frames", 1)
            self._at = self._first - 1
            self._ends = self._all_ends()
        except Exception as error:
            raise SourceError(
                f"Cannot decode {self.name} as an animated image: {error}; convert it to MP4."
            ) from error
        self.size = self._image.size
        self.total = len(self._ends)
        self.fps = self.total / self._ends[-1] if self._ends else DEFAULT_RATE

    def grab(self) -> bool:
        """Go to the next image."""
        self._at += 1
        shown_before = self._at - self._first
        self.time = self._ends[min(shown_before, len(self._ends)) - 1] if shown_before else 0.0
        return self._at < self._count

    def retrieve(self) -> np.ndarray:
        """Decode the image; SourceError where the file is damaged."""
        try:
            self._image.seek(self._at)
            return np.asarray(self._image.convert("RGB"))
        except Exception as error:
            raise SourceError(
                f"{self.name} is damaged at its image {self._at - self._first + 1} of"
                f" {self.total} ({error}); copy or make it again."
            ) from error

    def rewind(self) -> None:
        """Start again at the first image."""
        self._at = self._first - 1

    def close(self) -> None:
        """Close the file, unless it may be played again."""
        self._image.close()

    def _all_ends(self) -> list[float]:
        """Return the seconds at which each image ends."""
        ends: list[float] = []
        for number in range(self._first, self._count):
            self._image.seek(number)
            self._image.load()
            seconds = float(self._image.info.get("duration") or 0.0) / 1000.0
            ends.append((ends[-1] if ends else 0.0) + (seconds or UNSAID_SECONDS))
        return ends
