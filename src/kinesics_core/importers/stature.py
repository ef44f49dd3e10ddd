"""The size of the person in a recording, which tells its unit and whether it is one at all."""

from __future__ import annotations

import numpy as np

from kinesics_core.dataset.clips import Clip
from kinesics_core.errors import KinesicsError
from kinesics_core.skeletons import COCO17

SMALLEST, TALLEST = 0.8, 2.4
"""Metres. A person is between; what is not is in another unit, normalised, or no person."""

FARTHEST = 1000.0
"""Metres from the median place. Beyond it the numbers are no recording of a room or a field."""

UNITS = {"metres": 1.0, "centimetres": 0.01, "millimetres": 0.001}
"""Metres to a unit that recordings come in."""

_ABOVE_NOSE = 0.12  # metres from the nose to the crown of a person of 1.7 m
_BELOW_ANKLE = 0.08
_AT_HEIGHT = 1.7


def stature(keypoints: np.ndarray) -> float:
    """Return the median height in metres of a person, whatever the pose; nan if nothing is known.

    The bones from ankle to knee, hip, shoulder and nose are added up, and the parts above and
    below in the proportion that they have in an adult.

    Args:
        keypoints: (T, 17, 3) COCO-17, metres; nan where unknown.
    """
    def between(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.linalg.norm(one - other, axis=-1)

    with np.errstate(all="ignore"):
        of = {name: keypoints[:, index].astype(np.float64) for index, name in enumerate(COCO17)}
        legs = 0.5 * sum(
            between(of[f"{side}_{upper}"], of[f"{side}_{lower}"])
            for side in ("left", "right") for upper, lower in (("hip", "knee"), ("knee", "ankle")))
        hips = (of["left_hip"] + of["right_hip"]) / 2
        shoulders = (of["left_shoulder"] + of["right_shoulder"]) / 2
        length = legs + between(hips, shoulders) + between(shoulders, of["nose"])
    known = length[np.isfinite(length)]
    if not len(known):
        return float("nan")
    rest = _ABOVE_NOSE + _BELOW_ANKLE
    return float(np.median(known)) * _AT_HEIGHT / (_AT_HEIGHT - rest)


def check_person(clip: Clip) -> None:
    """Refuse a clip in space that shows nobody of a person's size, or somebody out of reach.

    Raises:
        KinesicsError: With the height that was found and the unit it may be in.
    """
    if clip.keypoints.shape[-1] != 3:
        return
    height = stature(clip.keypoints)
    if np.isfinite(height) and not SMALLEST <= height <= TALLEST:
        fits = [unit for unit, metres in UNITS.items()
                if SMALLEST <= height * metres <= TALLEST]
        hint = f"it seems to be in {fits[0]}" if fits else (
            "it may be normalised (undo it with the data set's mean and deviation) or no person")
        raise KinesicsError(
            f"{clip.name} shows a person of {height:.4g} m; wanted {SMALLEST} to {TALLEST} m:"
            f" {hint}.")
    place = np.nanmedian(clip.keypoints, axis=1)
    if np.nanmax(np.abs(place - np.nanmedian(place, axis=0)), initial=0.0) > FARTHEST:
        raise KinesicsError(
            f"{clip.name} has a person who is more than {FARTHEST:g} m away from where the clip"
            " is at most times; the positions of the root are damaged. Export it again.")
