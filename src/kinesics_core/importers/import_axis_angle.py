"""Reader of archives (.npz) of SMPL-X body rotations: one (T, 22, 3) axis-angle array a clip."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from functools import partial

import numpy as np

from kinesics_core.dataset.clips import Clip
from kinesics_core.errors import KinesicsError
from kinesics_core.importers.importing import MotionRecording, stem
from kinesics_core.importers.source_files import SourceFile
from kinesics_core.kinematics import (
    REST_OFFSETS,
    coco_from_smplx_body,
    forward_kinematics,
    plant_lowest_joint,
)
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import SMPLX_BODY_PARENTS

RATES = {"mesh2motion": 24.0, "cmu_dance_martial": 120.0}
"""Frames per second of the archives in folders of these names, which do not say it themselves."""


def recordings(file: SourceFile, source: str, rate: float) -> Iterator[MotionRecording]:
    """Yield the clips of one .npz file.

    A ``MotionReader`` once ``source``, the collection, and ``rate``, frames per second, are given.
    """
    try:
        archive = np.load(io.BytesIO(file.read()), allow_pickle=False)
        keys = archive.files
    except (OSError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise KinesicsError(
            f"{file.name} is not an .npz archive of numbers ({error}). Fetch or export it again."
        ) from error
    for key in keys:
        yield MotionRecording(key, partial(_clip, archive, key, source, rate))


def _clip(archive: np.lib.npyio.NpzFile, key: str, source: str, rate: float) -> Clip:
    try:
        axis_angle = archive[key]
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise KinesicsError(f"clip {key} cannot be read ({error}). Fetch it again.") from error
    if axis_angle.ndim != 3 or axis_angle.shape[1:] != (22, 3) or len(axis_angle) < 2:
        raise KinesicsError(
            f"clip {key} has shape {axis_angle.shape}; wanted (frames, 22, 3), at least 2 frames.")
    if not np.isfinite(axis_angle).all():
        raise KinesicsError(f"clip {key} holds nan or infinity. Export it again.")
    name = stem(key)
    # Two dancers recorded in one take have clips of one family and one length.
    family = re.sub(r"[_-]?\d+$", "", name)
    group = f"{family}/{len(axis_angle)}" if family != name else name
    return Clip(name, source, group, rate, coco_from_axis_angle(axis_angle))


def coco_from_axis_angle(axis_angle: np.ndarray) -> np.ndarray:
    """Return the COCO-17 keypoints (T, 17, 3), float32 metres, of SMPL-X rotations (T, 22, 3)."""
    positions, orientations = forward_kinematics(
        exponential(np.asarray(axis_angle, np.float64)), REST_OFFSETS, SMPLX_BODY_PARENTS
    )
    return coco_from_smplx_body(plant_lowest_joint(positions), orientations).astype(np.float32)
