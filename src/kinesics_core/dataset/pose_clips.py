"""Clips of whole-body poses: SMPL-X rotations at one rate, without the faults of recordings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from kinesics_core import files
from kinesics_core.rotations import exponential, logarithm, mirrored
from kinesics_core.skeletons import SMPLX_BODY
from kinesics_core.skeletons import mirrored as other_side

RATE = 30.0
"""Hz at which recordings are used."""

FASTEST = 35.0
"""Radians per second of one joint. What turns faster is a fault of the recording, and the frames
around it are left out."""

OTHER_SIDE = other_side(SMPLX_BODY)
"""(22,) index of each joint's mirror image."""

HEAD_LIMIT = np.radians(110.0)
"""A neck or head that turns further against what is below has its markers mixed up."""


@dataclass(frozen=True, slots=True)
class PoseClip:
    """One recording.

    Attributes:
        name: Of the recording.
        source: The name of the folder or file it came in.
        group: Recordings of one group belong on one side of a split.
        rotations: (T, 22, 3) axis-angle, radians, at ``RATE``, order ``skeletons.SMPLX_BODY``,
            joint 0 the pelvis in a world with y up.
        labels: What is known of the recording, such as {"emotion": "anger"}.
    """

    name: str
    source: str
    group: str
    rotations: np.ndarray
    labels: Mapping[str, str] = field(default_factory=dict)


def at_rate(rotations: np.ndarray, rate: float, wanted: float = RATE) -> np.ndarray:
    """Resample rotations, on the great arc between two frames.

    Args:
        rotations: (T, J, 3) axis-angle, radians.
        rate: Frames per second they have.
        wanted: Frames per second of the result.
    """
    count = int((len(rotations) - 1) / rate * wanted + 1e-6) + 1
    position = np.arange(count) * rate / wanted
    before = np.minimum(position.astype(int), max(len(rotations) - 2, 0))
    share = (position - before)[:, None, None]
    after = np.minimum(before + 1, len(rotations) - 1)
    rotations = np.asarray(rotations, np.float64)
    start = exponential(rotations[before])
    change = logarithm(np.swapaxes(start, -1, -2) @ exponential(rotations[after]))
    return logarithm(start @ exponential(share * change)).astype(np.float32)


def without_faults(rotations: np.ndarray, rate: float = RATE) -> np.ndarray:
    """Leave out frames beside a jump faster than ``FASTEST`` or with a head turned round.

    Args:
        rotations: (T, 22, 3) axis-angle, radians.
        rate: Frames per second.
    """
    matrices = exponential(np.asarray(rotations, np.float64))
    change = np.swapaxes(matrices[:-1], -1, -2) @ matrices[1:]
    jump = (np.linalg.norm(logarithm(change), axis=-1) * rate > FASTEST).any(axis=1)
    head = rotations[:, [SMPLX_BODY.index("neck"), SMPLX_BODY.index("head")]]
    fault: np.ndarray = (np.linalg.norm(head, axis=-1) > HEAD_LIMIT).any(axis=1)
    fault[:-1] |= jump
    fault[1:] |= jump
    return rotations[~fault]


def mirror(rotations: np.ndarray) -> np.ndarray:
    """Return poses (..., 22, 3) as a mirror in the plane x = 0 shows them."""
    return mirrored(rotations[..., OTHER_SIDE, :])


def save(path: Path, clips: Iterable[PoseClip]) -> None:
    """Write clips as one archive that ``importers.body_poses.read`` takes.

    It holds rotations (N, 22, 3), clip (N,) index, and names, sources, groups, rate and labels
    (JSON) of clips.
    """
    clips = list(clips)
    files.write_arrays(path, {
        "rotations": np.concatenate([clip.rotations for clip in clips]),
        "clip": np.repeat(np.arange(len(clips)), [len(clip.rotations) for clip in clips]),
        "rate": np.full(len(clips), RATE),
        "names": [clip.name for clip in clips],
        "sources": [clip.source for clip in clips],
        "groups": [clip.group for clip in clips],
        "labels": [json.dumps(dict(clip.labels)) for clip in clips],
    }, compressed=True)
