"""Recordings of body poses, divided for training, and the files that training writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core import files
from kinesics_core.dataset.pose_clips import PoseClip
from kinesics_core.errors import KinesicsError
from kinesics_core.pose_priors.augmentation import PosePool, pool_of

VALIDATION, TEST = 0.1, 0.2
"""Shares of each source's recordings."""


@dataclass(frozen=True, slots=True)
class PoseData:
    """Recordings to learn from and to be judged by.

    Attributes:
        train: To learn from.
        validation: To choose the best epoch by.
        test: Never trained on.
        poses: Those of ``train``, to draw from.
        fingerprints: What all of them and the unseen ones were, for ``config.json``.
        sources: Names of the sources of all that was given to learn from.
    """

    train: list[PoseClip]
    validation: list[PoseClip]
    test: list[PoseClip]
    poses: PosePool
    fingerprints: dict[str, str]
    sources: list[str]


def divide(clips: Sequence[PoseClip], seed: int, unseen: Sequence[PoseClip] = ()) -> PoseData:
    """Split recordings by group: a tenth validates, a fifth tests.

    Args:
        clips: Recordings of any number of sources; each gives its share.
        seed: Of the split.
        unseen: Recordings that test in place of a fifth of ``clips``.

    Raises:
        KinesicsError: There are too few recordings.
    """
    train, validation, test = split(clips, seed, 0.0 if unseen else TEST)
    return PoseData(
        train, validation, list(unseen) or test, pool_of(train),
        {"data": fingerprint(clips), "unseen": fingerprint(unseen)},
        sorted({clip.source for clip in clips}))


def split(
    clips: Sequence[PoseClip], seed: int, tests: float, validations: float = VALIDATION
) -> tuple[list[PoseClip], list[PoseClip], list[PoseClip]]:
    """Return recordings to train, validate and test on: whole groups, of every source its share.

    Raises:
        KinesicsError: There are too few recordings.
    """
    parts: tuple[list[PoseClip], list[PoseClip], list[PoseClip]] = ([], [], [])
    rng = np.random.default_rng((seed, 7))
    for source in sorted({clip.source for clip in clips}):
        groups = sorted({clip.group for clip in clips if clip.source == source})
        order = [groups[i] for i in rng.permutation(len(groups))]
        ends = [round(tests * len(order)), round((tests + validations) * len(order))]
        for name, part in ((order[:ends[0]], 2), (order[ends[0]:ends[1]], 1), (order[ends[1]:], 0)):
            parts[part].extend(clip for clip in clips if clip.group in name)
    if not parts[0] or not parts[1] or (tests and not parts[2]):
        raise KinesicsError(
            f"Got {len({clip.group for clip in clips})} independent recordings; wanted enough to"
            " train, validate and test on, 10 of a source at least. Give more motion.")
    return parts


def some_poses(clips: Sequence[PoseClip], count: int, seed: int) -> np.ndarray:
    """Return (N <= count, 22, 3) poses of recordings, spread over them."""
    everything = np.concatenate([clip.rotations for clip in clips])
    rows = np.random.default_rng((seed, 8)).permutation(len(everything))[:count]
    return everything[np.sort(rows)]


def fingerprint(clips: Sequence[PoseClip]) -> str:
    """Return what the data was, in a line."""
    frames = sum(len(clip.rotations) for clip in clips)
    total = sum(float(np.abs(clip.rotations).sum()) for clip in clips)
    return f"{len(clips)} recordings, {frames} poses, {total:.3f}"


def write_weights(
    path: Path, arrays: Mapping[str, Any], licence: str, sources: Sequence[str]
) -> None:
    """Write an .npz in one step, with licence and sources inside."""
    files.write_arrays(
        path, {"licence": licence, "sources": list(sources), **arrays}, compressed=True)
