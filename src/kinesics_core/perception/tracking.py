"""Constant ids for people from frame to frame, by where their keypoints are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.keypoints import visible
from kinesics_core.types import NANOSECONDS

COCO_SIGMAS = np.array(
    [.026, .025, .025, .035, .035, .079, .079, .072, .072, .062, .062, .107, .107, .087, .087,
     .089, .089]
)  # fmt: skip
"""Per-keypoint constants of the COCO keypoint evaluation (cocoeval.py, ``kpt_oks_sigmas``)."""


def oks(a: np.ndarray, b: np.ndarray, area: float, slack: float = 1.0) -> float:
    """Return the object keypoint similarity, 0..1, of two poses (COCO keypoint evaluation).

    exp(-d^2 / (2 area (2 sigma)^2)), averaged over the keypoints finite in both.

    Args:
        a: (17, >=2) COCO keypoints, px.
        b: The others.
        area: Of the person, px^2.
        slack: Factor that widens every sigma.

    Returns:
        0 if no keypoint is in both.
    """
    both = np.isfinite(a[:, :2]).all(1) & np.isfinite(b[:, :2]).all(1)
    if not both.any() or area <= 0:
        return 0.0
    distance2 = ((a[both, :2] - b[both, :2]) ** 2).sum(1)
    variance = (2.0 * COCO_SIGMAS[both] * slack) ** 2
    return float(np.exp(-distance2 / (2.0 * area * variance)).mean())


def box(keypoints: np.ndarray) -> np.ndarray:
    """Return (4,) x0, y0, x1, y1 around the keypoints seen, or all finite ones if none is."""
    finite = np.isfinite(keypoints[:, :2]).all(1)
    seen = visible(keypoints) if keypoints.shape[1] > 2 else finite
    chosen = keypoints[seen if seen.sum() >= 2 else finite, :2]
    if len(chosen) == 0:
        return np.full(4, np.nan)
    return np.concatenate([chosen.min(0), chosen.max(0)])


def box_area(corners: np.ndarray) -> float:
    """Return the area in px^2.

    A thin box (a person seen as a line) counts a quarter of its longer side wide.
    """
    width, height = corners[2] - corners[0], corners[3] - corners[1]
    longer = max(width, height)
    return float(max(width, longer / 4) * max(height, longer / 4))


def iou(a: np.ndarray, b: np.ndarray) -> float:
    """Return the intersection over union of two boxes x0, y0, x1, y1."""
    inner = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None).prod()
    union = (a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - inner
    return float(inner / union) if union > 0 else 0.0


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
        area = (box_area(old) * box_area(new)) ** 0.5
        ratio = min(box_area(old), box_area(new)) / max(box_area(old), box_area(new))
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
