"""A pose as one vector, its parts in the order of each kind of body, and the tree of joints."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kinesics_core.errors import KinesicsError

PARTS = {
    "smplx": (("global_orient", 1), ("body_pose", 21), ("jaw_pose", 1), ("leye_pose", 1),
              ("reye_pose", 1), ("left_hand_pose", 15), ("right_hand_pose", 15)),
    "smplh": (("global_orient", 1), ("body_pose", 21), ("left_hand_pose", 15),
              ("right_hand_pose", 15)),
    "smpl": (("global_orient", 1), ("body_pose", 23)),
}  # fmt: skip
"""Name and number of joints of each part, in the order of the body's joints."""


def pose_vector(kind: str, parts: Mapping[str, np.ndarray | None]) -> np.ndarray:
    """Axis-angle (T, J, 3), radians, float32, of the parts of T poses (or 1 for all).

    parts: (T, joints, 3) or (T, 3 joints) by name, see ``PARTS``; zero where one is missing or
    None, or a body_pose has 21 of SMPL's 23 joints. Others, which the kind does not have, are not
    used. KinesicsError if a part has the wrong number of joints.
    """
    given = {name: np.asarray(part, np.float32).reshape(len(part), -1, 3)
             for name, part in parts.items() if part is not None}  # fmt: skip
    frames = max((len(part) for part in given.values()), default=1)
    pose = np.zeros((frames, sum(count for _, count in PARTS[kind]), 3), np.float32)
    start = 0
    for name, count in PARTS[kind]:
        if name in given:
            size = given[name].shape[1]
            if size > count or (size < count and name != "body_pose"):
                raise KinesicsError(f"Got {name} of {size} joints; wanted {count} for {kind}.")
            pose[:, start : start + size] = given[name]
        start += count
    return pose


def tree_levels(parents: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Joints by their distance from the root.

    parents: (J,), -1 for the root, a parent before its children. Returns the joints in that order
    (J,), and for every level but the root's the place of each joint's parent in the level before.
    """
    depth = np.zeros(len(parents), np.int64)
    for joint, parent in enumerate(parents[1:], 1):
        depth[joint] = depth[parent] + 1
    members = [np.flatnonzero(depth == level) for level in range(depth.max() + 1)]
    levels = [np.searchsorted(above, parents[level])
              for above, level in zip(members, members[1:], strict=False)]  # fmt: skip
    return np.concatenate(members), levels
