"""Joints in metres: posed by rotations, read as COCO-17 keypoints, compared with each other.

Axes of every clip: y up, and in the rest pose (a T-pose) x to the body's left, z forward, as in
SMPL-X. Motion capture has no eyes, ears or nose: the five head keypoints are fixed offsets in the
frame of the head joint.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kinesics_core.skeletons import COCO17, SMPLX_BODY, SMPLX_BODY_TO_COCO17

LEG_LENGTH = 0.835
"""Thigh plus shin of a 1.70 m adult, metres."""

REST_OFFSETS = np.array([
    (0.0, 0.950, 0.0),                              # pelvis, above the floor
    (0.09, -0.05, 0.0), (-0.09, -0.05, 0.0), (0.0, 0.11, 0.0),      # hips, spine1
    (0.0, -0.416, 0.0), (0.0, -0.416, 0.0), (0.0, 0.13, 0.0),       # knees, spine2
    (0.0, -0.419, 0.0), (0.0, -0.419, 0.0), (0.0, 0.05, 0.0),       # ankles, spine3
    (0.0, -0.05, 0.13), (0.0, -0.05, 0.13), (0.0, 0.22, -0.01),     # feet, neck
    (0.07, 0.13, 0.0), (-0.07, 0.13, 0.0), (0.0, 0.09, 0.02),       # collars, head
    (0.11, 0.02, 0.0), (-0.11, 0.02, 0.0),                          # shoulders
    (0.28, 0.0, 0.0), (-0.28, 0.0, 0.0),                            # elbows
    (0.25, 0.0, 0.0), (-0.25, 0.0, 0.0),                            # wrists
])
"""(22, 3) metres from the parent joint in T-pose, order ``skeletons.SMPLX_BODY``.

A 1.70 m adult after the segment lengths of Drillis & Contini (1966), as tabulated in Winter,
Biomechanics and Motor Control of Human Movement, figure 4.1; joint centres, not skin.
"""

HEAD_OFFSETS = {
    "nose": (0.0, 0.010, 0.115),
    "left_eye": (0.032, 0.045, 0.090), "right_eye": (-0.032, 0.045, 0.090),
    "left_ear": (0.075, 0.030, 0.015), "right_ear": (-0.075, 0.030, 0.015),
}
"""COCO head keypoint -> metres from the head joint (base of the skull): left, up, forward."""


def forward_kinematics(
    rotations: np.ndarray, offsets: np.ndarray, parents: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Pose the joints of a chain of rotations.

    Args:
        rotations: (T, J, 3, 3), each relative to the parent joint, column vectors.
        offsets: (J, 3) or (T, J, 3) metres from the parent in the parent's frame; a root's offset
            is its place in the world.
        parents: J indices, a parent before its children, -1 for a root.

    Returns:
        Positions (T, J, 3) and orientations (T, J, 3, 3) in the world.
    """
    # Time last: einsum then runs along one long axis, eight times faster than 3 x 3 products.
    turns = np.ascontiguousarray(np.moveaxis(rotations, 0, -1))
    places = np.ascontiguousarray(
        np.moveaxis(np.broadcast_to(offsets, (*rotations.shape[:2], 3)), 0, -1))
    positions, orientations = np.empty_like(places), np.empty_like(turns)
    for joint, parent in enumerate(parents):
        if parent < 0:
            positions[joint], orientations[joint] = places[joint], turns[joint]
            continue
        turned = np.einsum("ijt,jt->it", orientations[parent], places[joint])
        positions[joint] = positions[parent] + turned
        orientations[joint] = np.einsum("ijt,jkt->ikt", orientations[parent], turns[joint])
    return np.moveaxis(positions, -1, 0), np.moveaxis(orientations, -1, 0)


def coco_keypoints(
    joints: dict[str, np.ndarray], head: np.ndarray, head_orientation: np.ndarray
) -> np.ndarray:
    """Put COCO-17 keypoints together.

    Args:
        joints: The twelve COCO limb keypoints by name, each (T, 3) metres.
        head: (T, 3) metres, base of the skull.
        head_orientation: (T, 3, 3), columns left, up, forward.

    Returns:
        (T, 17, 3) metres.
    """
    keypoints = np.empty((len(head), len(COCO17), 3))
    for index, name in enumerate(COCO17):
        if name in HEAD_OFFSETS:
            keypoints[:, index] = head + head_orientation @ np.array(HEAD_OFFSETS[name])
        else:
            keypoints[:, index] = joints[name]
    return keypoints


def coco_from_smplx_body(positions: np.ndarray, orientations: np.ndarray) -> np.ndarray:
    """Return the COCO-17 keypoints (T, 17, 3) of posed SMPL-X body joints.

    Args:
        positions: (T, 22, 3) metres.
        orientations: (T, 22, 3, 3) in the world.
    """
    joints = {
        coco: positions[:, SMPLX_BODY.index(name)] for name, coco in SMPLX_BODY_TO_COCO17.items()
    }
    head = SMPLX_BODY.index("head")
    return coco_keypoints(joints, positions[:, head], orientations[:, head])


def plant_lowest_joint(positions: np.ndarray) -> np.ndarray:
    """Give a clip recorded without root translation the one its feet imply.

    The joint nearest the floor in each frame stands still on it while the body moves over it.
    Steps, sways, squats and push-ups come out as they were; flight does not (a jump stays on the
    floor).

    Args:
        positions: (T, J, 3) metres, y up, any root.

    Returns:
        (T, J, 3) metres, the floor at y = 0.
    """
    frames = np.arange(1, len(positions))
    support = positions[1:, :, 1].argmin(axis=1)
    slide = positions[frames, support] - positions[frames - 1, support]
    shift = np.zeros((len(positions), 1, 3))
    shift[1:, 0] = -np.cumsum(slide, axis=0)
    shift[:, 0, 1] = -positions[:, :, 1].min(axis=1)
    return positions + shift


def calibrated_head_axes(
    head_orientation: np.ndarray, left_hip: np.ndarray, right_hip: np.ndarray,
    left_shoulder: np.ndarray, right_shoulder: np.ndarray,
) -> np.ndarray:
    """Turn a head bone's own axes, whatever they are, into (left, up, forward).

    A file does not say which way its head bone looks. Over a clip people look, on average, where
    the chest points, so the chest's axes averaged in the bone's frame are the head's axes.

    Args:
        head_orientation: (T, 3, 3) of the bone in the world.
        left_hip: (T, 3) metres.
        right_hip: (T, 3) metres.
        left_shoulder: (T, 3) metres.
        right_shoulder: (T, 3) metres.

    Returns:
        (T, 3, 3) of the head in the world, columns left, up, forward.
    """
    left = left_shoulder - right_shoulder + left_hip - right_hip
    up = left_shoulder + right_shoulder - left_hip - right_hip
    left /= np.linalg.norm(left, axis=-1, keepdims=True)
    up -= np.sum(up * left, axis=-1, keepdims=True) * left
    up /= np.linalg.norm(up, axis=-1, keepdims=True)
    chest = np.stack([left, up, np.cross(left, up)], axis=-1)
    mean = np.mean(np.swapaxes(head_orientation, -1, -2) @ chest, axis=0)
    u, _, vt = np.linalg.svd(mean)
    proper = u @ np.diag([1.0, 1.0, np.linalg.det(u @ vt)]) @ vt
    return head_orientation @ proper


def tree_levels(parents: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Sort joints by their distance from the root.

    Args:
        parents: (J,) indices, a parent before its children, -1 for the root.

    Returns:
        The joints in that order (J,), and for every level but the root's the place of each joint's
        parent in the level before.
    """
    depth = np.zeros(len(parents), np.int64)
    for joint, parent in enumerate(parents[1:], 1):
        depth[joint] = depth[parent] + 1
    members = [np.flatnonzero(depth == level) for level in range(depth.max() + 1)]
    levels = [np.searchsorted(above, parents[level])
              for above, level in zip(members, members[1:], strict=False)]
    return np.concatenate(members), levels


def procrustes(points: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Move, turn and scale points so that they lie nearest to others (Umeyama 1991).

    Args:
        points: (T, N, 3), fitted frame by frame.
        target: (T, N, 3).

    Returns:
        (T, N, 3) float64, the points after the similarity, never mirrored, with the least sum of
        squared distances from ``target``.
    """
    points, target = np.asarray(points, np.float64), np.asarray(target, np.float64)
    centre, goal = points.mean(axis=1, keepdims=True), target.mean(axis=1, keepdims=True)
    x, y = points - centre, target - goal
    # (U, S, V) of sum_n y_n x_n^T, frame by frame.
    u, s, v = np.linalg.svd(np.einsum("tni,tnj->tij", y, x))
    sign = np.sign(np.linalg.det(u @ v))
    s[:, 2] *= sign
    u[:, :, 2] *= sign[:, None]
    scale = s.sum(axis=1) / np.maximum((x**2).sum(axis=(1, 2)), 1e-18)
    return scale[:, None, None] * np.einsum("tij,tnj->tni", u @ v, x) + goal


def mpjpe(estimate: np.ndarray, truth: np.ndarray, root: int = 0) -> np.ndarray:
    """Return the mean per-joint position error of each frame, relative to one joint.

    Args:
        estimate: (T, J, 3) metres.
        truth: (T, J, 3) metres.
        root: The joint that is moved onto its counterpart first, the pelvis.

    Returns:
        (T,) metres.
    """
    estimate, truth = np.asarray(estimate, np.float64), np.asarray(truth, np.float64)
    off = (estimate - estimate[:, root:root + 1]) - (truth - truth[:, root:root + 1])
    return np.linalg.norm(off, axis=-1).mean(axis=-1)


def pa_mpjpe(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the mean per-joint position error of each frame after ``procrustes``.

    Args:
        estimate: (T, J, 3) metres.
        truth: (T, J, 3) metres.

    Returns:
        (T,) metres.
    """
    truth = np.asarray(truth, np.float64)
    return np.linalg.norm(procrustes(estimate, truth) - truth, axis=-1).mean(axis=-1)
