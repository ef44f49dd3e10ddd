"""Reader of HumanML3D's motion, and what MotionLCM and its kin make: .npy files of 22 joints.

Two forms are read: joint positions (T, 22, 3) ("new_joints"; metres and y up, or the unit and axis
that a person of ordinary size stands along) and the features (T, 263) ("new_joint_vecs", not
normalised). ``arrays`` says in which layouts. Guo et al., "Generating Diverse and Natural 3D Human
Motions from Text", CVPR 2022.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from kinesics_core.dataset.clips import Clip
from kinesics_core.importers.arrays import finite, frames_of, read_npy, without_padding
from kinesics_core.importers.importing import MotionRecording, stem
from kinesics_core.importers.source_files import SourceFile
from kinesics_core.importers.stature import SMALLEST, TALLEST, UNITS, stature
from kinesics_core.kinematics import calibrated_head_axes, coco_from_smplx_body
from kinesics_core.skeletons import HUMANML3D22

RATE = 20.0
FEATURES = 263
"""Root turn, root velocity (2), root height, 21 joint positions, 21 6-D rotations, 22 velocities,
4 foot contacts."""


def recordings(file: SourceFile, source: str, rate: float = RATE) -> Iterator[MotionRecording]:
    """Yield the clip of one .npy file; MDM's results hold several.

    A ``MotionReader`` once ``source``, the collection, is given. rate: frames per second.
    """
    motions = read_npy(file.read(), file.name)
    for index, motion in enumerate(motions):
        name = file.name if len(motions) == 1 else f"{stem(file.name)}#{index}"
        yield MotionRecording(name, partial(_clip, motion, name, source, rate))


def _clip(array: np.ndarray, file: str, source: str, rate: float) -> Clip:
    if array.ndim == 2 and array.shape[1] == FEATURES and array.dtype.kind in "fiu":
        features = finite(without_padding(np.asarray(array, np.float64)), file)
        joints = joints_from_features(features)
    else:
        joints = upright(frames_of(array, len(HUMANML3D22), 3, file))
    name = stem(file)
    keypoints = coco_from_joints(joints)
    height = stature(keypoints)
    for metres in UNITS.values():
        if SMALLEST <= height * metres <= TALLEST:
            # The head's keypoints are metres from the neck, so the joints are scaled, not they.
            keypoints = coco_from_joints(joints * metres) if metres != 1.0 else keypoints
            break
    return Clip(name, source, name, rate, keypoints)


def upright(joints: np.ndarray) -> np.ndarray:
    """Return joints (T, 22, 3) with y up; those of somebody who stands along z are turned."""
    feet = joints[:, [HUMANML3D22.index("left_ankle"), HUMANML3D22.index("right_ankle")]]
    up = np.median(joints[:, HUMANML3D22.index("head")] - feet.mean(axis=1), axis=0)
    if abs(up[2]) < 2.0 * abs(up[1]) or up[2] < 0:
        return joints
    return np.stack([joints[..., 0], joints[..., 2], -joints[..., 1]], axis=-1)


def joints_from_features(features: np.ndarray) -> np.ndarray:
    """Return the joints (T, 22, 3), metres, of features (T, 263), not normalised.

    Positions are relative to the root and turned so that the body faces z; each frame holds how
    the root turns (radians, half the angle about y) and moves until the next one.
    """
    features = np.asarray(features, dtype=np.float64)
    turned = np.concatenate([[0.0], np.cumsum(features[:-1, 0])])
    cosine, sine = np.cos(2 * turned), np.sin(2 * turned)
    facing = np.zeros((len(features), 3, 3))
    facing[:, 1, 1] = 1.0
    facing[:, 0, 0] = facing[:, 2, 2] = cosine
    facing[:, 0, 2], facing[:, 2, 0] = -sine, sine
    moved = np.zeros((len(features), 3))
    moved[1:, [0, 2]] = features[:-1, 1:3]
    root = np.cumsum(np.einsum("tij,tj->ti", facing, moved), axis=0)
    relative = features[:, 4:4 + 3 * 21].reshape(-1, 21, 3)
    others = np.einsum("tij,tkj->tki", facing, relative) + root[:, None]
    root[:, 1] = features[:, 3]
    return np.concatenate([root[:, None], others], axis=1)


def coco_from_joints(joints: np.ndarray) -> np.ndarray:
    """Return the COCO-17 keypoints (T, 17, 3), float32, of joints (T, 22, 3), metres.

    Positions do not tell how the head turns on the neck: it stands in line with the neck and looks
    where the chest does.
    """
    of = {name: joints[:, index] for index, name in enumerate(HUMANML3D22)}
    chest = [of[name] for name in ("left_hip", "right_hip", "left_shoulder", "right_shoulder")]
    up = of["head"] - of["neck"]
    left = chest[0] - chest[1] + chest[2] - chest[3]
    up = up / np.maximum(np.linalg.norm(up, axis=-1, keepdims=True), 1e-9)
    left = left - np.sum(left * up, axis=-1, keepdims=True) * up
    left = left / np.maximum(np.linalg.norm(left, axis=-1, keepdims=True), 1e-9)
    head = np.stack([left, up, np.cross(left, up)], axis=-1)
    axes = calibrated_head_axes(head, *chest)
    orientations = np.repeat(axes[:, None], len(HUMANML3D22), axis=1)
    return coco_from_smplx_body(joints, orientations).astype(np.float32)
