"""People with ids, frame after frame, gathered into a track of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from kinesics_core.fitting.tracks.track import BLENDSHAPES, KEYPOINTS, Track
from kinesics_core.fitting.tracks.whole_body import keypoints_of, world_of
from kinesics_core.keypoints import visible
from kinesics_core.types import People

MIN_SECONDS = 0.25
"""Somebody seen for less is a mistake of the detector, unless the recording is hardly longer."""


class _Row(NamedTuple):
    """One person in one frame; arrays as in a ``Track``."""

    frame: int
    time: float
    keypoints: np.ndarray
    world: np.ndarray | None
    blendshapes: np.ndarray | None


class TrackBuilder:
    """Everybody's rows, until the recording ends. A few kilobytes a person and frame.

    Attributes:
        width: Of the images, px: that of the first frame.
        height: The same.
        looked: Frames gone through.
        others: Frames left out because their images have another size.
    """

    def __init__(self) -> None:
        """Begin without anybody."""
        self.width = self.height = 0
        self.looked = self.others = 0
        self._people: dict[int, list[_Row]] = {}

    def add_people(self, frame: int, time: float, people: People) -> None:
        """Add what perception saw in one image.

        Args:
            frame: Number of the image in the recording.
            time: Seconds from its first image.
            people: Everybody seen.
        """
        if not self._fits(people.width, people.height):
            return
        for person in people.persons:
            self._add(person.id, _Row(
                frame, time, keypoints_of(person, people.width, people.height), world_of(person),
                person.blendshapes))

    def add_keypoints(
        self, frame: int, time: float, size: tuple[int, int], people: Iterable[
            tuple[int, np.ndarray]],
    ) -> None:
        """Add known keypoints of everybody in one image.

        Args:
            frame: Number of the image in the recording.
            time: Seconds from its first image.
            size: Its width and height, px.
            people: Ids and (133, 3) keypoints as in a ``Track``.
        """
        if self._fits(*size):
            for person, keypoints in people:
                self._add(person, _Row(frame, time, keypoints, None, None))

    def tracks(self, rate: float, focal: float | None = None) -> list[Track]:
        """Return everybody who was there for long enough, in order of their ids.

        Args:
            rate: Frames per second of the recording.
            focal: Focal length, px, if it is known.
        """
        shortest = min(MIN_SECONDS * rate, 0.5 * self.looked)
        return [self._track(person, rows, rate, focal)
                for person, rows in sorted(self._people.items()) if len(rows) >= shortest]

    def _fits(self, width: int, height: int) -> bool:
        self.looked += 1
        if not self.width:
            self.width, self.height = width, height
        same = (width, height) == (self.width, self.height)
        self.others += not same
        return same

    def _add(self, person: int, row: _Row) -> None:
        if not visible(row.keypoints).any():
            return
        rows = self._people.setdefault(person, [])
        if rows and row.time <= rows[-1].time:
            return  # a clock that stood still or went back tells nothing new
        rows.append(row)

    def _track(self, person: int, rows: list[_Row], rate: float, focal: float | None) -> Track:
        frames, times, keypoints, world, blendshapes = zip(*rows, strict=True)
        return Track(
            person, np.array(frames), np.array(times), self.width, self.height,
            np.stack(keypoints), _stacked(world, (KEYPOINTS, 3)),
            _stacked(blendshapes, (BLENDSHAPES,)), rate, focal)


def _stacked(
    rows: Sequence[np.ndarray | None], shape: tuple[int, ...]
) -> np.ndarray | None:
    """Return rows in one array, nan where one is None; None if all are."""
    if all(row is None for row in rows):
        return None
    unknown = np.full(shape, np.nan, np.float32)
    return np.stack([unknown if row is None else row for row in rows])
