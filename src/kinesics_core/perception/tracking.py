"""Constant ids for people from frame to frame, by where their keypoints are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.perception.pose_similarity import box, box_area, iou, oks
from kinesics_core.types import NANOSECONDS

REMEMBERED = 64
"""People out of view who may come back."""


@dataclass(slots=True)
class _Track:
    id: int
    keypoints: np.ndarray  # (17, 3) as last seen
    corners: list[float]  # of the box around them, x0, y0, x1, y1, px
    velocity: np.ndarray  # (2,) pixels per second, of the whole body
    stamp: int


class Tracker:
    """Giver of ids, from 1 and never twice, to the people of successive frames.

    A person keeps the id while followed, and when back within ``memory`` seconds near the place
    where a steady motion would have led; after that the id is gone for good. Two people are
    matched by half the overlap of their boxes and half the similarity of their keypoints, best
    pairs first.

    At most ``REMEMBERED`` people are waited for; of more, those who came first are given up.

    Args:
        memory: Seconds.
        threshold: Similarity, 0..1, below which two are not the same person.
    """

    def __init__(self, memory: float = 1.0, threshold: float = 0.2):
        self.memory = memory
        self.threshold = threshold
        self._next_id = 1
        self._tracks: list[_Track] = []

    def update(self, people: Sequence[np.ndarray], stamp: int) -> list[int]:
        """Return the ids of the people of one frame.

        Args:
            people: (17, 3) x px, y px, score of each.
            stamp: ns. One that goes back counts as no time at all: whoever is still in place keeps
                the id.
        """
        for track in self._tracks:
            track.stamp = min(track.stamp, stamp)  # or it lasts until the clock is there again
        self._tracks = [t for t in self._tracks if stamp - t.stamp <= self.memory * NANOSECONDS]
        boxes = [box(keypoints).tolist() for keypoints in people]
        pairs = sorted(
            (
                (self._similarity(track, keypoints, corners, stamp), i, j)
                for i, track in enumerate(self._tracks)
                for j, (keypoints, corners) in enumerate(zip(people, boxes, strict=True))
            ),
            reverse=True,
        )
        of_person: dict[int, _Track] = {}
        taken: set[int] = set()
        for similarity, i, j in pairs:
            if similarity < self.threshold:
                break
            if i not in taken and j not in of_person:
                taken.add(i)
                of_person[j] = self._tracks[i]
        absent = [i for i in range(len(self._tracks)) if i not in taken]
        given_up = set(absent[:max(len(absent) - REMEMBERED, 0)])
        self._tracks = [t for i, t in enumerate(self._tracks) if i not in given_up]
        return [
            self._follow(of_person[j], keypoints, corners, stamp)
            if j in of_person
            else self._begin(keypoints, corners, stamp)
            for j, (keypoints, corners) in enumerate(zip(people, boxes, strict=True))
        ]

    @property
    def alive(self) -> set[int]:
        """Ids that may still come back."""
        return {track.id for track in self._tracks}

    def _similarity(
        self, track: _Track, keypoints: np.ndarray, new: list[float], stamp: int
    ) -> float:
        gap = max(0.0, (stamp - track.stamp) / NANOSECONDS)
        # A person out of sight does not keep going for long.
        way = track.velocity * min(gap, 0.3)
        x, y = way.tolist()
        x0, y0, x1, y1 = track.corners
        old = [x0 + x, y0 + y, x1 + x, y1 + y]
        if not all(map(math.isfinite, (*old, *new))):
            return 0.0
        # Keypoints that coincide have no area; a pixel lets them be compared by their places.
        areas = max(box_area(old), 1.0), max(box_area(new), 1.0)
        area = (areas[0] * areas[1]) ** 0.5
        ratio = min(areas) / max(areas)
        # Limbs move between frames: sigmas twice as wide, and more so the longer ago it was.
        expected = track.keypoints[:, :2] + way
        same_pose = oks(expected, keypoints, area, slack=2.0 * (1.0 + 2.0 * gap))
        return (0.5 * iou(old, new) + 0.5 * same_pose) * ratio**0.25

    def _begin(self, keypoints: np.ndarray, corners: list[float], stamp: int) -> int:
        track = _Track(self._next_id, keypoints.copy(), corners, np.zeros(2), stamp)
        self._next_id += 1
        self._tracks.append(track)
        return track.id

    def _follow(
        self, track: _Track, keypoints: np.ndarray, corners: list[float], stamp: int
    ) -> int:
        gap = (stamp - track.stamp) / NANOSECONDS
        if gap > 0:
            step = keypoints[:, :2] - track.keypoints[:, :2]
            finite = step[np.isfinite(step).all(1)]
            now = _median(finite) / gap if len(finite) else np.zeros(2)
            track.velocity = 0.5 * track.velocity + 0.5 * now
        track.keypoints, track.corners, track.stamp = keypoints.copy(), corners, stamp
        return track.id


def _median(steps: np.ndarray) -> np.ndarray:
    """Return the median (2,) of (n, 2); NumPy's takes several times as long for so few."""
    ordered, count = np.sort(steps, axis=0), len(steps)
    middle: np.ndarray = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2
    return middle
