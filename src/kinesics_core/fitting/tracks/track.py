"""Keypoints of one person over time, in pixels: what a fit is made from."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from kinesics_core.errors import KinesicsError
from kinesics_core.skeletons import ARKIT_BLENDSHAPES, WHOLEBODY133

KEYPOINTS, BLENDSHAPES = len(WHOLEBODY133), len(ARKIT_BLENDSHAPES)
SEEN_PIXELS = 1e6
"""px from the image's corner beyond which no keypoint was measured."""


@dataclass(slots=True)
class Track:
    """One person over time. Arrays of another type are converted.

    Attributes:
        person: Id, from 1.
        frames: (T,) int64, frame numbers of the source from 0, strictly rising; gaps are allowed.
        times: (T,) float64, seconds from the source's first frame, strictly rising.
        width: Of the source's images, px.
        height: The same.
        keypoints: (T, 133, 3) float32 in the order of ``skeletons.WHOLEBODY133``: x px, y px from
            the image's top left, confidence 0..1; (nan, nan, 0) where unknown.
        world: (T, 133, 3) float32 metres, optical axes (x right, y down, z away); nan where
            unknown; None if wholly so. Body and feet are relative to the middle of the hips, each
            hand to its own wrist (hand_0), and the face is never known.
        blendshapes: (T, 52) float32 0..1 in the order of ``skeletons.ARKIT_BLENDSHAPES``; nan where
            unknown; None if wholly so.
        rate: Frames per second of the source.
        focal: Focal length at that image size, px; None if unknown.
    """

    person: int
    frames: np.ndarray
    times: np.ndarray
    width: int
    height: int
    keypoints: np.ndarray
    world: np.ndarray | None = None
    blendshapes: np.ndarray | None = None
    rate: float = 30.0
    focal: float | None = None

    def __post_init__(self) -> None:
        """Convert and check the arrays.

        Raises:
            KinesicsError: Something is not as the attributes say.
        """
        self.frames = _array("frames", self.frames, np.int64, (None,))
        count = len(self.frames)
        self.times = _array("times", self.times, np.float64, (count,))
        self.keypoints = _array("keypoints", self.keypoints, np.float32, (count, KEYPOINTS, 3))
        if self.world is not None:
            self.world = _array("world", self.world, np.float32, (count, KEYPOINTS, 3))
        if self.blendshapes is not None:
            self.blendshapes = _array("blendshapes", self.blendshapes, np.float32,
                                      (count, BLENDSHAPES))
        _check(self)

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.frames)

    def part(self, rows: slice | np.ndarray) -> Track:
        """Return the same person in some of the frames: rows of the arrays, in rising order."""
        chosen = {f.name: getattr(self, f.name)[rows] for f in fields(self)
                  if isinstance(getattr(self, f.name), np.ndarray)}
        return replace(self, **chosen)


def _array(name: str, value: Any, kind: type, shape: tuple[int | None, ...]) -> np.ndarray:
    try:
        found: np.ndarray = np.ascontiguousarray(value, kind)
    except (TypeError, ValueError) as error:
        raise KinesicsError(f"The track's {name} are no numbers: {error}.") from error
    if found.ndim != len(shape) or any(
            want is not None and got != want for got, want in zip(found.shape, shape, strict=True)):
        wanted = " x ".join("T" if want is None else str(want) for want in shape)
        raise KinesicsError(
            f"The track's {name} are {' x '.join(map(str, found.shape)) or 'a single number'};"
            f" wanted {wanted}, a row for each frame.")
    return found


def _check(track: Track) -> None:
    for name in ("frames", "times"):
        values = getattr(track, name)
        wrong = np.flatnonzero(~(np.diff(values) > 0))
        if len(wrong):
            at = int(wrong[0])
            raise KinesicsError(
                f"The track's {name} must rise, but after {values[at]} comes {values[at + 1]}"
                f" (row {at + 1}); give each frame once, in order.")
    if len(track) and (track.frames[0] < 0 or not np.isfinite(track.times).all()):
        raise KinesicsError(f"The track begins at frame {track.frames[0]}, time"
                            f" {track.times[0]:g} s; wanted frames from 0 and finite seconds.")
    if track.width < 1 or track.height < 1:
        raise KinesicsError(f"The track's images are {track.width} x {track.height} px;"
                            " wanted the size of the images its keypoints were measured in.")
    if not 0 < track.rate < np.inf:
        raise KinesicsError(f"The track's rate is {track.rate:g} frames/s; wanted one above 0.")
    if track.focal is not None and not 0 < track.focal < np.inf:
        raise KinesicsError(f"The track's focal length is {track.focal:g} px;"
                            " wanted one above 0, or None if it is unknown.")
    score = track.keypoints[..., 2]
    if not ((score >= 0) & (score <= 1)).all():
        wrong = score[~((score >= 0) & (score <= 1))][0]
        raise KinesicsError("The track's confidences (third column of keypoints) must lie in 0..1;"
                            f" got {wrong:g}.")
    places = track.keypoints[..., :2][score > 0]
    if not (np.abs(places) < SEEN_PIXELS).all():
        raise KinesicsError("A keypoint of the track has a confidence above 0 but no place in"
                            " pixels; its confidence should be 0.")
