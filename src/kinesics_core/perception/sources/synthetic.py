"""The synthetic person as a source that needs no file and no camera."""

from __future__ import annotations

import numpy as np

from kinesics_core.perception.sources.decoder import DEFAULT_RATE, Decoder


class SyntheticVideo(Decoder):
    """The rendered person of ``perception.synthetic_person``, without an end."""

    name = "synthetic"

    def __init__(self, fit: tuple[int, int] | None, rate: float | None):
        # The body, its skinning and the renderer are loaded only where they are asked for.
        from kinesics_core.perception.synthetic_person import SyntheticPerson

        self.size = fit or (640, 480)
        self.fps = rate or DEFAULT_RATE
        self._person = SyntheticPerson(width=self.size[0], height=self.size[1], seed=0)
        self._at = -1

    def grab(self) -> bool:
        """Go to the next image without rendering it."""
        self._at += 1
        return True

    def retrieve(self) -> np.ndarray:
        """Render the image."""
        image, _ = self._person.render(self._at / self.fps)
        return image
