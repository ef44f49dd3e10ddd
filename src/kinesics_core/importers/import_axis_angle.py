"""Reader of archives (.npz) of SMPL-X body rotations: one (T, 22, 3) axis-angle array a clip."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

import numpy as np

from kinesics_core.dataset.clips import Clip
from kinesics_core.errors import KinesicsError
from kinesics_core.importers.arrays import array_of, frames_of, read_npz
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

AMASS_RATES = ("mocap_frame_rate", "mocap_framerate")
"""Keys under which AMASS says the frames per second of a file, now and before."""

JOINTS = len(SMPLX_BODY_PARENTS)


def recordings(file: SourceFile, source: str, rate: float) -> Iterator[MotionRecording]:
    """Yield the clips of one .npz file.

    A ``MotionReader`` once ``source``, the collection, and ``rate``, frames per second, are given.
    A file of AMASS is one clip, ``poses``, at the rate that it says itself.
    """
    archive = read_npz(file.read(), file.name)
    name = re.sub(r"\.npz$", "", file.name, flags=re.IGNORECASE)
    if "poses" in archive.files:
        yield MotionRecording(name, partial(_amass_clip, archive, name, source, rate))
        return
    for key in archive.files:
        # numpy's own names for arrays that were given none say nothing.
        unnamed = re.fullmatch(r"arr_\d+", key)
        longer = name if unnamed and len(archive.files) == 1 else f"{name}/{key}"
        yield MotionRecording(longer if unnamed else key,
                              partial(_clip, archive, key, source, rate), longer)


def _clip(archive: np.lib.npyio.NpzFile, key: str, source: str, rate: float) -> Clip:
    axis_angle = frames_of(array_of(archive, key), JOINTS, 3, f"clip {key}")
    name = stem(key)
    # Two dancers recorded in one take have clips of one family and one length.
    family = re.sub(r"[_-]?\d+$", "", name)
    group = f"{family}/{len(axis_angle)}" if family != name else name
    return Clip(name, source, group, rate, coco_from_axis_angle(axis_angle))


def _amass_clip(archive: np.lib.npyio.NpzFile, name: str, source: str, rate: float) -> Clip:
    axis_angle, own = amass_body(archive, name, rate)
    return Clip(name, source, name, own, coco_from_axis_angle(axis_angle))


def amass_body(archive: np.lib.npyio.NpzFile, name: str, rate: float) -> tuple[np.ndarray, float]:
    """Return the body of AMASS's ``poses``, (T, 66 or more): what follows are hands and face.

    Args:
        archive: The file.
        name: What an error calls it.
        rate: Frames per second if the file says none.

    Returns:
        (T, 22, 3) axis-angle, in AMASS's world, and frames per second.

    Raises:
        KinesicsError: It is none.
    """
    poses = array_of(archive, "poses")
    if poses.ndim != 2 or poses.shape[1] < 3 * JOINTS:
        raise KinesicsError(
            f"{name} has 'poses' of shape {poses.shape}; wanted (frames, {3 * JOINTS} or more).")
    own = next((_number(array_of(archive, key), f"{key} of {name}")
                for key in AMASS_RATES if key in archive.files), rate)
    return frames_of(poses[:, :3 * JOINTS], JOINTS, 3, name), own


def _number(array: np.ndarray, what: str) -> float:
    if array.size != 1 or array.dtype.kind not in "fiu":
        raise KinesicsError(f"{what} is {array.dtype} of shape {array.shape}; wanted one number.")
    return float(array.reshape(()))


def coco_from_axis_angle(axis_angle: np.ndarray) -> np.ndarray:
    """Return the COCO-17 keypoints (T, 17, 3), float32 metres, of SMPL-X rotations (T, 22, 3)."""
    positions, orientations = forward_kinematics(
        exponential(np.asarray(axis_angle, np.float64)), REST_OFFSETS, SMPLX_BODY_PARENTS
    )
    return coco_from_smplx_body(plant_lowest_joint(positions), orientations).astype(np.float32)
