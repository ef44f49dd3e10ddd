"""A user's folder of gestures: files of key poses, and BVH clips as gestures.

A clip is read as anybody's motion is (``importers.import_bvh``): what arms and head do relative to
the trunk becomes key poses ``STEP`` apart.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from kinesics_core.body.arm_poses import ArmPose
from kinesics_core.body.gestures import Gesture, KeyPose
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.gesture_files import SUFFIXES, read_gestures
from kinesics_core.files import shown
from kinesics_core.importers import bvh
from kinesics_core.importers.import_bvh import coco_from_bvh, joints_of
from kinesics_core.importers.other_recordings import beside, sentences

STEP = 0.2
"""Seconds between the key poses of a clip."""

LONGEST = 30.0
"""Seconds of a clip; a longer one is no gesture."""

_log = logging.getLogger(__name__)

_LEAD = 0.4  # s from the posture to the clip's first pose, and from the last back
_HEAD_LIMIT = (0.4, 0.5, 0.8)  # rad: roll, pitch, yaw
_NOSE, _LEFT_EAR, _RIGHT_EAR = 0, 3, 4
_ARMS = {"left": (5, 7, 9, 1.0), "right": (6, 8, 10, -1.0)}  # COCO-17: shoulder, elbow, wrist


def read_folder(folder: Path) -> dict[str, Gesture]:
    """Read every file of gestures (YAML, JSON) and clip (.bvh, named as its file) of a folder.

    Raises:
        KinesicsError: The folder cannot be read or holds none, a file is wrong, or a name stands in
            two files.
    """
    try:
        found = sorted(path for path in folder.iterdir()
                       if path.suffix.lower() in (*SUFFIXES, ".bvh"))
        others = sentences(beside(folder, (*SUFFIXES, ".bvh")))
    except OSError as error:
        raise KinesicsError(f"The folder of gestures {folder} cannot be read: {error}") from error
    if not found:
        raise KinesicsError(
            f"{folder} holds no gesture; wanted files that end on .bvh or {', '.join(SUFFIXES)}."
            f" {' '.join(others)}".rstrip())
    for sentence in others:
        _log.warning("%s: %s", shown(folder), sentence)
    gestures: dict[str, Gesture] = {}
    for path in found:
        new = read_gestures(path) if path.suffix.lower() in SUFFIXES else read_clip(path)
        twice = sorted(set(new) & set(gestures))
        if twice:
            raise KinesicsError(f"{path}: {', '.join(twice)} stands in another file, too.")
        gestures |= new
    return gestures


def read_clip(path: Path) -> dict[str, Gesture]:
    """Read a BVH clip as one gesture, named as its file.

    Raises:
        KinesicsError: It cannot be read, is too long, or its joints are not known.
    """
    try:
        motion = bvh.parse(bvh.decode(path.read_bytes()), path.name)
    except OSError as error:
        raise KinesicsError(f"{path} cannot be read: {error}") from error
    seconds = len(motion.table) / motion.rate
    if seconds > LONGEST:
        raise KinesicsError(
            f"{path} is {seconds:.1f} s long; cut the gesture out, {LONGEST:g} s at most.")
    keypoints, _ = coco_from_bvh(motion, joints_of(motion, None, path.name), "auto", path.name)
    name = "_".join("".join(c if c.isalnum() else " " for c in path.stem).split())
    return {name: gesture_of(keypoints.astype(float), motion.rate, name)}


def gesture_of(keypoints: np.ndarray, rate: float, meaning: str) -> Gesture:
    """Return what arms and head do in a motion, as a gesture.

    Args:
        keypoints: (T, 17, 3) COCO-17, metres, y up.
        rate: Frames per second.
        meaning: Of the gesture.
    """
    last = len(keypoints) - 1
    count = max(2, round(last / rate / STEP) + 1)
    axes = [trunk_axes(frame) for frame in keypoints]
    heads = np.array(
        [head_angles(frame, trunk) for frame, trunk in zip(keypoints, axes, strict=True)])
    heads -= np.median(heads, axis=0)  # how the head is carried is the posture's
    keys = []
    for number in range(count):
        frame = round(number * last / (count - 1))
        left, right = (_arm(keypoints[frame], axes[frame], *joints)
                       for joints in (_ARMS["left"], _ARMS["right"]))
        roll, pitch, yaw = (round(float(np.clip(angle, -limit, limit)), 3) for angle, limit in zip(
            heads[frame], _HEAD_LIMIT, strict=True))
        keys.append(KeyPose(
            round(_LEAD + frame / rate, 3), left, right, head=(roll, pitch, yaw)))
    return Gesture(round(keys[-1].time + _LEAD + 0.2, 3), tuple(keys), meaning)


def trunk_axes(points: np.ndarray) -> np.ndarray:
    """Return the trunk's axes (3, 3) as rows: to the body's left, up, forward."""
    up = points[[5, 6]].mean(axis=0) - points[[11, 12]].mean(axis=0)
    across = points[5] - points[6]
    if not (np.linalg.norm(up) > 1e-6 and np.linalg.norm(across) > 1e-6):
        raise KinesicsError("A clip's shoulders and hips lie on one another; no trunk is seen.")
    up = up / np.linalg.norm(up)
    forward = np.cross(across, up)
    forward /= max(float(np.linalg.norm(forward)), 1e-9)
    return np.array([np.cross(up, forward), up, forward])


def _arm(
    points: np.ndarray, trunk: np.ndarray, shoulder: int, elbow: int, wrist: int, side: float
) -> ArmPose:
    def direction(start: int, end: int) -> tuple[float, float, float]:
        along = trunk @ (points[end] - points[start]) * (side, 1.0, 1.0)
        x, y, z = (round(float(value), 3)
                   for value in along / max(float(np.linalg.norm(along)), 1e-9))
        return x, y, z

    return ArmPose(direction(shoulder, elbow), direction(elbow, wrist), curl=0.2)


def head_angles(points: np.ndarray, trunk: np.ndarray) -> np.ndarray:
    """Return roll, pitch and yaw (3,) of the head in the trunk, radians."""
    ears = points[[_LEFT_EAR, _RIGHT_EAR]]
    ahead = trunk @ (points[_NOSE] - ears.mean(axis=0))
    across = trunk @ (ears[0] - ears[1])
    return np.array([
        np.arctan2(-across[1], np.hypot(across[0], across[2])) * -1.0,
        -np.arctan2(ahead[1], np.hypot(ahead[0], ahead[2])),
        np.arctan2(ahead[0], ahead[2]),
    ])
