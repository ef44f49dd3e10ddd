"""Constant ids for people from frame to frame, by where their keypoints are."""

from __future__ import annotations

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
        pairs = sorted(
            (
                (self._similarity(track, keypoints, stamp), i, j)
                for i, track in enumerate(self._tracks)
                for j, keypoints in enumerate(people)
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
            self._follow(of_person[j], keypoints, stamp)
            if j in of_person
            else self._begin(keypoints, stamp)
            for j, keypoints in enumerate(people)
        ]

    @property
    def alive(self) -> set[int]:
        """Ids that may still come back."""
        return {track.id for track in self._tracks}

    def _similarity(self, track: _Track, keypoints: np.ndarray, stamp: int) -> float:
        gap = max(0.0, (stamp - track.stamp) / NANOSECONDS)
        expected = track.keypoints.copy()
        # A person out of sight does not keep going for long.
        expected[:, :2] += track.velocity * min(gap, 0.3)
        old, new = box(expected), box(keypoints)
        if not (np.isfinite(old).all() and np.isfinite(new).all()):
            return 0.0
        # Keypoints that coincide have no area; a pixel lets them be compared by their places.
        areas = max(box_area(old), 1.0), max(box_area(new), 1.0)
        area = (areas[0] * areas[1]) ** 0.5
        ratio = min(areas) / max(areas)
        # Limbs move between frames: sigmas twice as wide, and more so the longer ago it was.
        same_pose = oks(expected, keypoints, area, slack=2.0 * (1.0 + 2.0 * gap))
        return (0.5 * iou(old, new) + 0.5 * same_pose) * ratio**0.25

    def _begin(self, keypoints: np.ndarray, stamp: int) -> int:
        track = _Track(self._next_id, keypoints.copy(), np.zeros(2), stamp)
        self._next_id += 1
        self._tracks.append(track)
        return track.id

    def _follow(self, track: _Track, keypoints: np.ndarray, stamp: int) -> int:
        gap = (stamp - track.stamp) / NANOSECONDS
        if gap > 0:
            step = keypoints[:, :2] - track.keypoints[:, :2]
            finite = step[np.isfinite(step).all(1)]
            now = np.median(finite, axis=0) / gap if len(finite) else np.zeros(2)
            track.velocity = 0.5 * track.velocity + 0.5 * now
        track.keypoints, track.stamp = keypoints.copy(), stamp
        return track.id
