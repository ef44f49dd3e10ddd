"""A face over time as numbers: what the exporters write, the importers read and a video shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinesics_core.errors import KinesicsError
from kinesics_core.skeletons import ARKIT_BLENDSHAPES

LONGEST = 4 * 3600.0
"""Seconds; a longer animation is refused: its weights would fill the memory of a small machine."""

GAP = 1.5
"""Times the usual step from frame to frame; a longer step is a gap in the recording."""

_SHAPES = {"blendshapes": (len(ARKIT_BLENDSHAPES),), "gaze": (2,), "head": (3,)}


@dataclass(frozen=True, eq=False)
class FaceAnimation:
    """T moments of a face.

    Attributes:
        times: (T,) float64 seconds from the first, rising; steps may differ.
        blendshapes: (T, 52) float32 0..1, order of ``skeletons.ARKIT_BLENDSHAPES``.
        gaze: (T, 2) float32 radians in the head, azimuth (left positive) and elevation (up).
        head: (T, 3) float32 radians, roll, pitch, yaw (REP-103) relative to the trunk.

    Raises:
        KinesicsError: There is no frame, the parts differ in length or width, a number is not
            finite, the times do not rise, or it lasts longer than ``LONGEST``.
    """

    times: np.ndarray
    blendshapes: np.ndarray
    gaze: np.ndarray
    head: np.ndarray

    def __post_init__(self) -> None:
        """Refuse parts that do not fit."""
        count = len(self.times)
        for name, shape in _SHAPES.items():
            part = getattr(self, name)
            if np.shape(part) != (count, *shape) or count == 0:
                raise KinesicsError(
                    f"Got a face animation of {count} frames whose {name} have the shape"
                    f" {np.shape(part)}; wanted ({count or 'T'}, {shape[0]}) and at least one.")
            if not np.isfinite(part).all():
                raise KinesicsError(
                    f"Got a face animation whose {name} hold nan; fill or leave out those frames.")
        if not np.isfinite(self.times).all() or np.any(np.diff(self.times) <= 0):
            raise KinesicsError("Got a face animation whose times do not rise; sort its frames.")
        if self.duration > LONGEST:
            raise KinesicsError(
                f"Got a face animation of {self.duration:.0f} s; wanted {LONGEST:.0f} s at most,"
                " so cut it.")

    @property
    def duration(self) -> float:
        """Seconds from the first frame to the last."""
        return float(self.times[-1] - self.times[0])

    @property
    def rate(self) -> float:
        """Frames per second, by the usual step; 0 of a single frame."""
        return 0.0 if len(self.times) < 2 else float(1.0 / np.median(np.diff(self.times)))

    def parts(self) -> Mapping[str, np.ndarray]:
        """Return blendshapes, gaze and head by name."""
        return {name: getattr(self, name) for name in _SHAPES}


def resampled(animation: FaceAnimation, rate: float) -> FaceAnimation:
    """Return the animation at another rate, from its first frame to its last.

    Between frames it follows cubics whose slopes are second-order differences (third order in the
    step, so a sine of 2 Hz at 30 Hz is met within .3 % of its size); over a gap it is a straight
    line. Frames that fall on frames of the source keep their values.

    Args:
        animation: What to resample.
        rate: Frames per second, above 0 and up to 1000.

    Raises:
        KinesicsError: The rate is out of range.
    """
    if not 0.0 < rate <= 1000.0:
        raise KinesicsError(f"Got a rate of {rate} Hz; wanted more than 0 and at most 1000.")
    start = animation.times[0]
    count = int(np.floor(animation.duration * rate + 1e-6)) + 1
    wanted = np.arange(count) / rate
    parts: dict[str, Any] = {name: _between(animation.times - start, part, wanted)
                             for name, part in animation.parts().items()}
    parts["blendshapes"] = np.clip(parts["blendshapes"], 0.0, 1.0)
    return FaceAnimation(wanted, **{n: part.astype(np.float32) for n, part in parts.items()})


def _between(times: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return values (N, K) at the times wanted (N,), from values (T, K) at times (T,)."""
    values = values.astype(np.float64)
    if len(times) < 3:
        return np.stack([np.interp(wanted, times, column) for column in values.T], axis=1)
    steps = np.diff(times)
    slopes = np.gradient(values, times, axis=0, edge_order=2)
    before = np.clip(np.searchsorted(times, wanted, side="right") - 1, 0, len(steps) - 1)
    step = steps[before][:, None]
    share = np.clip((wanted - times[before])[:, None] / step, 0.0, 1.0)
    first, last = values[before], values[before + 1]
    straight = first + share * (last - first)
    # Cubic Hermite: the chord, and how far either end's slope differs from it.
    chord = last - first
    bend = share * (1.0 - share) * ((1.0 - share) * (step * slopes[before] - chord)
                                    - share * (step * slopes[before + 1] - chord))
    usual = GAP * np.median(steps)
    # A slope next to a gap is taken over it.
    near = (steps > usual)
    near = near | np.append(near[1:], False) | np.append(False, near[:-1])
    return np.where(near[before][:, None], straight, straight + bend)
