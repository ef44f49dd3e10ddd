"""Contact sheets of bodies: the moments of a performance, and one moment of several samples."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from kinesics_core.expression.body_performance import Performance, moments
from kinesics_core.view.body_picture import BodyPicture
from kinesics_core.view.face_sheet import named_pictures

CELLS = {"whole": (288, 320), "hips": (384, 320)}
"""View -> width and height of a picture, px."""


def moment_sheet(performance: Performance, view: str = "whole") -> np.ndarray:
    """Draw the moments of a performance in a row, each with its name and time.

    Args:
        performance: What is shown.
        view: One of ``body_picture.VIEWS``.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    told = moments(performance)
    names = [(name, f"{performance.times[frame]:.2f} s") for name, frame in told.items()]
    return named_pictures(
        names, _drawn(((performance, frame) for frame in told.values()), view), len(names),
        CELLS[view])


def sample_sheet(
    performances: Sequence[Performance], seeds: Sequence[int], view: str = "whole"
) -> np.ndarray:
    """Draw the apex of each of several performances, with its seed.

    Args:
        performances: What is shown.
        seeds: Of each.
        view: One of ``body_picture.VIEWS``.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    frames = []
    for performance in performances:
        told = moments(performance)
        frames.append(told.get("apex", len(performance.times) // 2))
    names = [(f"seed {seed}", f"{performance.times[frame]:.2f} s")
             for seed, performance, frame in zip(seeds, performances, frames, strict=True)]
    columns = min(len(names), max(4, math.ceil(math.sqrt(2.0 * len(names)))))
    return named_pictures(
        names, _drawn(zip(performances, frames, strict=True), view), columns, CELLS[view])


def _drawn(
    chosen: Iterator[tuple[Performance, int]], view: str
) -> Iterator[np.ndarray]:
    picture: BodyPicture | None = None
    for performance, frame in chosen:
        if picture is None:
            picture = BodyPicture(
                CELLS[view], view, betas=performance.frames.betas, gender=performance.gender,
                smooth=True)
        yield picture.draw(
            **{name: part[frame : frame + 1] for name, part in performance.parameters.items()})
