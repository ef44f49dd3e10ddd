"""Frame after frame of people with ids -> a track of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from kinesics_core.fitting.tracks.track import BLENDSHAPES, KEYPOINTS, Track
from kinesics_core.fitting.tracks.whole_body import keypoints_of, world_of
from kinesics_core.types import People

MIN_SECONDS = 0.25
"""Somebody seen for less is a mistake of the detector, unless the recording is hardly longer."""

SURE = 0.3  # confidence of a keypoint that is more than a guess


@dataclass(slots=True)
class _Rows:
    frames: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    keypoints: list[np.ndarray] = field(default_factory=list)
    world: list[np.ndarray | None] = field(default_factory=list)
    blendshapes: list[np.ndarray | None] = field(default_factory=list)


class Gathering:
    """Everybody's rows, until the recording ends. A few kilobytes a person and frame.

    width, height: of the images, px: those of the first frame. others: frames left out because
    their images have another size. looked: frames gone through.
    """

    def __init__(self) -> None:
        self.width = self.height = 0
        self.looked = self.others = 0
        self._people: dict[int, _Rows] = {}

    def add_people(self, frame: int, time: float, people: People) -> None:
        """What perception saw in one image."""
        if not self._fits(people.width, people.height):
            return
        for person in people.persons:
            self._add(person.id, frame, time, keypoints_of(person, people.width, people.height),
                      world_of(person), person.blendshapes)

    def add_keypoints(
        self, frame: int, time: float, size: tuple[int, int], people: Iterable[
            tuple[int, np.ndarray]],
    ) -> None:
        """Id and (133, 3) keypoints of everybody in an image of that (width, height)."""
        if self._fits(*size):
            for person, keypoints in people:
                self._add(person, frame, time, keypoints, None, None)

    def tracks(self, rate: float, focal: float | None = None) -> list[Track]:
        """Everybody who was there for long enough, in order of their ids."""
        shortest = min(MIN_SECONDS * rate, 0.5 * self.looked)
        return [self._track(person, rows, rate, focal)
                for person, rows in sorted(self._people.items()) if len(rows.frames) >= shortest]

    def _fits(self, width: int, height: int) -> bool:
        self.looked += 1
        if not self.width:
            self.width, self.height = width, height
        same = (width, height) == (self.width, self.height)
        self.others += not same
        return same

    def _add(
        self, person: int, frame: int, time: float, keypoints: np.ndarray,
        world: np.ndarray | None, blendshapes: np.ndarray | None,
    ) -> None:
        if not (keypoints[:, 2] >= SURE).any():
            return
        rows = self._people.setdefault(person, _Rows())
        if rows.times and time <= rows.times[-1]:
            return  # a clock that stood still or went back tells nothing new
        rows.frames.append(frame)
        rows.times.append(time)
        rows.keypoints.append(keypoints)
        rows.world.append(world)
        rows.blendshapes.append(blendshapes)

    def _track(self, person: int, rows: _Rows, rate: float, focal: float | None) -> Track:
        return Track(
            person, np.array(rows.frames), np.array(rows.times), self.width, self.height,
            np.stack(rows.keypoints), _stacked(rows.world, (KEYPOINTS, 3)),
            _stacked(rows.blendshapes, (BLENDSHAPES,)), rate, focal)


def _stacked(rows: list[np.ndarray | None], shape: tuple[int, ...]) -> np.ndarray | None:
    if all(row is None for row in rows):
        return None
    unknown = np.full(shape, np.nan, np.float32)
    return np.stack([unknown if row is None else row for row in rows])
