"""The order of the pose's parts in each kind of body, and its tree of joints by level."""

from __future__ import annotations

import numpy as np

PARTS = {
    "smplx": (("global_orient", 1), ("body_pose", 21), ("jaw_pose", 1), ("leye_pose", 1),
              ("reye_pose", 1), ("left_hand_pose", 15), ("right_hand_pose", 15)),
    "smplh": (("global_orient", 1), ("body_pose", 21), ("left_hand_pose", 15),
              ("right_hand_pose", 15)),
    "smpl": (("global_orient", 1), ("body_pose", 23)),
}  # fmt: skip
"""Name and number of joints of each part, in the order of the body's joints."""


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
