"""The 133 keypoints of COCO-WholeBody on the body, as detectors mark them.

Detectors do not mark the rig's joints. How far they are off was measured: the body of zero shape
was rendered from 39 directions in four poses, MediaPipe's pose, hand and face landmarkers run on
the pictures, and each landmark's rays intersected. The offsets below are what was found where it
was the same in all poses (they agree to about 5 mm; elbows and fingers are joints to within 8 mm).
The 68 points of the face are such intersections too (rays agree to 1 mm, 3 to 6 mm on the cheeks),
of a face with a closed and with an open mouth, put on the nearest skin and made symmetric.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesics_core.open_body.hands import DEGREES
from kinesics_core.open_body.regressor import point_weights
from kinesics_core.open_body.rig import JOINT
from kinesics_core.open_body.shape import Shape
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import (
    HAND21_FINGERS,
    SMPLX_BODY_TO_COCO17,
    WHOLEBODY133,
    WHOLEBODY133_FACE,
    WHOLEBODY133_FLIP,
)

SUPPORT = 8
"""Vertices that a keypoint may be the weighted sum of."""

_TIED = {
    "wrist": ("wrist", "wrist", (0.010, 0.000, 0.000)),
    "hip": ("hip", "pelvis", (-0.012, -0.010, 0.022)),
    "knee": ("knee", "knee", (-0.009, -0.023, 0.006)),
    "ankle": ("ankle", "knee", (-0.004, 0.020, 0.004)),
    "hand_0": ("wrist", "wrist", (0.013, -0.002, -0.004)),
    "hand_1": ("thumb1", "wrist", (-0.003, -0.015, 0.005)),
}
"""Keypoint -> the joint it is near, the joint whose part of the body it moves with, and where it is
from the former, of the left side, m."""

_SHOULDER = np.array([0.003, 0.018, 0.004])
"""The same of the shoulder, which moves with the collar bone. No skin does so alone, hence the
arms' poses, (collar, shoulder) in degrees times axis, for which a sum of vertices must stay."""

_ARMS = (
    ((0, 0, 0), (0, 0, 0)), ((0, 0, 0), (0, 0, -35)), ((0, 0, -5), (0, 0, -70)),
    ((0, 0, 12), (0, 0, 60)), ((0, -10, 0), (0, -75, 0)), ((0, 0, -5), (-40, -30, -50)),
)

_TIP = 0.8
"""A finger tip is marked this far from the last joint to the very end."""

_VERTICES = {"ear": 11991, "big_toe": 12742, "small_toe": 13255, "heel": 12432}
"""Single vertices of the left side: the tragus, the nails, the back of the heel."""

_EVENNESS = 0.005
"""Price of a large weight in ``_shoulder``: a weight of one costs as much as 5 mm."""

_EYE_CORNERS = (42, 45)
"""Landmarks of the left eye whose middle is the keypoint: it does not turn with the gaze."""

_NOSE_TIP = 30


@dataclass(frozen=True, slots=True)
class Keypoints:
    """The file's keypoints.

    Attributes:
        joints: (133,) index of a joint, or -1.
        vertices: (133,8) indices, where a keypoint is no joint.
        weights: (133,8) of these vertices; they add up to one.
    """

    joints: np.ndarray
    vertices: np.ndarray
    weights: np.ndarray


def face_landmarks() -> tuple[np.ndarray, np.ndarray]:
    """Return three vertices each (68,3) of iBUG's 68 landmarks, and their weights (68,3)."""
    table = json.loads(Path(__file__).with_name("face_landmarks.json").read_text())
    weights = np.array(table["weights"])
    return np.array(table["vertices"]), weights / weights.sum(1, keepdims=True)


def keypoints(shape: Shape, skinning: np.ndarray, face: np.ndarray, mirror: np.ndarray
              ) -> Keypoints:
    """Place all keypoints.

    Args:
        shape: Of the body.
        skinning: (V,55) weights.
        face: (52,V,3) metres, face targets.
        mirror: (V,), see ``source.Source``.
    """
    count = len(WHOLEBODY133)
    out = Keypoints(np.full(count, -1, np.int16), np.zeros((count, SUPPORT), np.int32),
                    np.zeros((count, SUPPORT)))
    index = {name: i for i, name in enumerate(WHOLEBODY133)}

    def put(name: str, vertices: np.ndarray, weights: np.ndarray) -> None:
        """Place a keypoint, and its mirror image if it is one of the left side."""
        here, there = index[name], WHOLEBODY133_FLIP[index[name]]
        out.vertices[here, :len(vertices)], out.weights[here, :len(vertices)] = vertices, weights
        if there != here:
            out.vertices[there, :len(vertices)] = mirror[vertices]
            out.weights[there, :len(vertices)] = weights

    corners, shares = face_landmarks()
    out.vertices[WHOLEBODY133_FACE, :3], out.weights[WHOLEBODY133_FACE, :3] = corners, shares
    put("nose", corners[_NOSE_TIP], shares[_NOSE_TIP])
    eye = list(_EYE_CORNERS)
    put("left_eye", corners[eye].ravel(), shares[eye].ravel() / len(eye))
    for name, vertex in _VERTICES.items():
        put(f"left_{name}", np.array([vertex]), np.ones(1))
    for joint, coco in SMPLX_BODY_TO_COCO17.items():
        if "elbow" in coco:
            out.joints[index[coco]] = JOINT[joint]
    for name, (joint, part, offset) in _TIED.items():
        near = JOINT[f"left_{joint}"]
        owner = JOINT["pelvis" if part == "pelvis" else f"left_{part}"]
        put(f"left_{name}", *_tied(shape, skinning, face, owner, shape.joints[near] + offset,
                                   shape.joint_directions[:, near]))
    put("left_shoulder", *_shoulder(shape, skinning))
    for i, finger in enumerate(HAND21_FINGERS):
        for side in ("left", "right"):
            for knuckle in (1, 2, 3):
                if finger != "thumb" or knuckle > 1:
                    at = index[f"{side}_hand_{4 * i + knuckle}"]
                    out.joints[at] = JOINT[f"{side}_{finger}{knuckle}"]
        last = JOINT[f"left_{finger}3"]
        put(f"left_hand_{4 * i + 4}", *_tip(shape, skinning, last))
    return out


def _tied(shape: Shape, skinning: np.ndarray, face: np.ndarray, owner: int, point: np.ndarray,
          directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Choose vertices around a point that move with one joint, apart from each other.

    Args:
        shape: Of the body.
        skinning: (V,55) weights.
        face: (52,V,3) metres, face targets.
        owner: Index of the joint.
        point: (3,) metres.
        directions: (10,3) metres, how the point moves with shape.

    Returns:
        Vertices (8,) and their weights (8,).
    """
    own = skinning[:, owner]
    candidates = np.flatnonzero(own > 0.95 * own.max())
    away = np.linalg.norm(shape.vertices[candidates] - point, axis=1)
    candidates = candidates[np.argsort(away, kind="stable")[:150]]
    chosen = [candidates[0]]
    while len(chosen) < SUPPORT:
        gaps = np.linalg.norm(
            shape.vertices[candidates][:, None] - shape.vertices[chosen], axis=-1).min(1)
        chosen.append(candidates[gaps.argmax()])
    vertices = np.array(chosen)
    return vertices, point_weights(point, shape.vertices[vertices], directions,
                                   shape.directions[:, vertices], face[:, vertices])


def _shoulder(shape: Shape, skinning: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Choose vertices and weights of the left shoulder, one vertex after the other.

    Each is the one that brings the weighted sum closest to the point in all of ``_ARMS`` and for
    every shape.
    """
    collar, joint = (shape.joints[JOINT[f"left_{part}"]] for part in ("collar", "shoulder"))
    point = joint + _SHOULDER
    near = np.flatnonzero(np.linalg.norm(shape.vertices - joint, axis=1) < 0.14)
    of_collar = skinning[near, JOINT["left_collar"]][:, None]
    of_arm = skinning[near][:, [JOINT[f"left_{part}"] for part in ("shoulder", "elbow")]].sum(
        1, keepdims=True)
    vertices = shape.vertices[near]
    rows = [10 * np.ones((1, len(near)))]
    wanted = [10 * np.ones(1)]
    for turns in _ARMS:
        by_collar, by_shoulder = exponential(np.array(turns) * DEGREES)
        carried = (vertices - collar) @ by_collar.T + collar
        moved = ((vertices - joint) @ by_shoulder.T + joint - collar) @ by_collar.T + collar
        posed = of_arm * moved + of_collar * carried + (1 - of_arm - of_collar) * vertices
        rows.append(posed.T)
        wanted.append((point - collar) @ by_collar.T + collar)
    rows += list(np.swapaxes(shape.directions[:, near], 1, 2))
    wanted += list(shape.joint_directions[:, JOINT["left_shoulder"]])
    left, right = np.concatenate(rows), np.concatenate(wanted)
    chosen: list[int] = []
    weights = np.zeros(0)
    while len(chosen) < SUPPORT:
        best = np.inf
        for candidate in range(len(near)):
            some = left[:, [*chosen, candidate]]
            gram = some.T @ some + _EVENNESS**2 * np.eye(some.shape[1])
            solved = np.linalg.solve(gram, some.T @ right)
            cost = ((some @ solved - right) ** 2).sum() + _EVENNESS**2 * (solved**2).sum()
            if candidate not in chosen and cost < best:
                best, pick, weights = cost, candidate, solved
        chosen.append(pick)
    return near[chosen], weights / weights.sum()


def _tip(shape: Shape, skinning: np.ndarray, last: int) -> tuple[np.ndarray, np.ndarray]:
    """Choose the vertices around a point short of a finger's very end, evenly."""
    finger = np.flatnonzero(skinning[:, last] > 0.9)
    start = shape.joints[last]
    along = start - shape.joints[last - 1]
    along = along / np.linalg.norm(along)
    reach = (shape.vertices[finger] - start) @ along
    end = shape.vertices[finger[reach > reach.max() - 0.002]].mean(0)
    point = start + _TIP * (end - start)
    near = finger[np.argsort(np.linalg.norm(shape.vertices[finger] - point, axis=1),
                             kind="stable")[:SUPPORT]]
    none = np.zeros((0, 3)), np.zeros((0, len(near), 3)), np.zeros((0, len(near), 3))
    return near, point_weights(point, shape.vertices[near], *none)
