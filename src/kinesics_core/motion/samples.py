"""Clips -> split -> batches of network input and truth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from kinesics_core.motion import views, windows
from kinesics_core.motion.windows import HORIZON, OBSERVED, Normalisation


class Recording(Protocol):
    """What is needed of a clip; ``data.motion_archives.Clip`` is one."""

    name: str
    source: str
    group: str
    rate: float
    keypoints: np.ndarray


@dataclass(slots=True)
class Split:
    """Clips at 30 Hz, by use. A group (see ``Clip.group``) is never on two sides."""

    train: list[tuple[str, np.ndarray]]
    validation: list[tuple[str, np.ndarray]]
    test: list[tuple[str, np.ndarray]]


@dataclass(slots=True)
class Batch:
    """B windows.

    observed: (B, 60, 34), future: (B, 30, 34) float32, normalised.
    counts: (B, 34) float32, 1 for a keypoint that was seen at least once.
    centroid: (B, 1, 1, 2), scale: (B, 1, 1, 1) pixels, of the newest observed frame.
    pixels: (B, 30, 17, 2) float32, the true future.
    """

    observed: np.ndarray
    future: np.ndarray
    counts: np.ndarray
    centroid: np.ndarray
    scale: np.ndarray
    pixels: np.ndarray


def split_by_clip(
    recordings: Iterable[Recording], seed: int, validation: float = 0.1, test: float = 0.15
) -> Split:
    """Every source gives each side its share of groups (at least one for test, if it has two)."""
    groups: dict[str, dict[str, list[tuple[str, np.ndarray]]]] = {}
    for recording in recordings:
        groups.setdefault(recording.source, {}).setdefault(recording.group, []).extend(
            at_window_rate([recording]))
    sides = Split([], [], [])
    rng = np.random.default_rng(seed)
    for source in sorted(groups):
        names = sorted(groups[source])
        rng.shuffle(names)
        tests = min(max(round(test * len(names)), 1), len(names) - 1)
        validations = min(max(round(validation * len(names)), 1), len(names) - tests - 1)
        for place, name in enumerate(names):
            side = sides.test if place < tests else \
                sides.validation if place < tests + max(validations, 0) else sides.train
            side.extend(groups[source][name])
    return sides


def at_window_rate(recordings: Iterable[Recording]) -> list[tuple[str, np.ndarray]]:
    """(source, clip at 30 Hz) of every recording long enough for half a second and a future."""
    clips = ((r.source, views.resample(r.keypoints, r.rate)) for r in recordings)
    return [clip for clip in clips if len(clip[1]) >= HORIZON + 15]


def source_weights(clips: Sequence[tuple[str, np.ndarray]]) -> np.ndarray:
    """Chance of drawing a window from each clip: by length in a source, by its root across.

    Without the root the longest source (people who stand and wait) would be three of four windows.
    """
    lengths = np.array([len(clip) for _, clip in clips], dtype=float)
    sources = np.array([source for source, _ in clips])
    weights = lengths.copy()
    for source in np.unique(sources):
        weights[sources == source] /= np.sqrt(lengths[sources == source].sum())
    return weights / weights.sum()


def make_batch(
    rng: np.random.Generator, clips: Sequence[tuple[str, np.ndarray]], count: int,
    how: Normalisation, faults: views.Faults, *, chance: np.ndarray | None = None,
    augment: bool = True,
) -> Batch:
    """``count`` windows through random cameras and a faulty detector.

    chance: of each clip, default ``source_weights``. augment: mirror half and vary the speed.
    """
    chance = source_weights(clips) if chance is None else chance
    which = rng.choice(len(clips), size=count, p=chance)
    points = views.cut(rng, [clip for _, clip in clips], which, warp=augment)
    if augment:
        flip = rng.random(count) < 0.5
        points[flip] = views.mirror(points[flip])
    pixels = views.project(points, views.random_camera(rng, points))
    detected, seen = views.detect(rng, pixels[:, :OBSERVED], faults)
    filled = windows.fill_missing(detected, seen)
    observed, centroid, scale = windows.encode(filled, how)
    future = windows.encode_future(pixels[:, OBSERVED:], centroid, scale, how)
    return Batch(
        observed=observed.reshape(count, OBSERVED, -1).astype(np.float32),
        future=future.reshape(count, HORIZON, -1).astype(np.float32),
        counts=np.repeat(seen.any(axis=1), 2, axis=-1).astype(np.float32),
        centroid=centroid, scale=scale,
        pixels=pixels[:, OBSERVED:].astype(np.float32),
    )
