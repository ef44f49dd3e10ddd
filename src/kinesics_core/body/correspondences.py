"""The 133 keypoints of COCO-WholeBody on a body model: joints, or points of its surface.

Our own bodies say it in their files. For SMPL-X, SMPL-H and SMPL: shoulders, elbows, wrists, hips,
knees, ankles and fingers are joints; nose, eyes, ears, toes, heels and finger tips are the vertices
that SMPLify-X uses (Pavlakos et al. 2019); SMPL-X's files embed 51 landmarks of the face, and the
17 of its outline for each turn of the head, of which the frontal ones are taken. SMPL's hands have
no fingers to move, so theirs are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core.errors import ModelError
from kinesics_core.skeletons import (
    HAND21_FINGERS,
    SMPLX_BODY_TO_COCO17,
    WHOLEBODY133,
    WHOLEBODY133_FACE,
)

_COUNT = len(WHOLEBODY133)


@dataclass(frozen=True, eq=False)
class Correspondences:
    """Keypoints as joints, or else as weighted sums of vertices, as posed.

    Attributes:
        joints: (133,) int, index of a joint or -1.
        vertices: (133, M) int; -1 where the keypoint is a joint or the body lacks it.
        weights: (133, M) float32, summing to 1, or 0 where vertices are -1.
    """

    joints: np.ndarray
    vertices: np.ndarray
    weights: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """(133,) bool, whether the body has the keypoint."""
        return (self.joints >= 0) | (self.weights.sum(1) > 0.5)


def selection(keypoints: Correspondences, joint_count: int) -> tuple[np.ndarray, np.ndarray]:
    """Write keypoints as a product of a matrix with joints and the vertices needed.

    Args:
        keypoints: Of a body.
        joint_count: J.

    Returns:
        Indices (N,) of all vertices that a keypoint depends on, and a matrix (133, J + N) float32
        so that ``matrix @ concatenate([joints, vertices[indices]])`` are the keypoints. The row of
        a keypoint which the body lacks is zero: see ``Correspondences.known``.
    """
    used = keypoints.weights != 0
    indices = np.unique(keypoints.vertices[used])
    matrix = np.zeros((_COUNT, joint_count + len(indices)), np.float32)
    rows = np.flatnonzero(keypoints.joints >= 0)
    matrix[rows, keypoints.joints[rows]] = 1.0
    rows, _ = np.nonzero(used)
    columns = joint_count + np.searchsorted(indices, keypoints.vertices[used])
    np.add.at(matrix, (rows, columns), keypoints.weights[used])
    return indices, matrix


def of_model(
    file: Path, members: Mapping[str, Any], kind: str, joint_names: Sequence[str],
    faces: np.ndarray, vertex_count: int,
) -> Correspondences:
    """Return the correspondences of a model just read.

    Args:
        file: What an error calls it.
        members: Its arrays by name.
        kind: "smplx", "smplh" or "smpl".
        joint_names: J.
        faces: (F, 3).
        vertex_count: V.

    Raises:
        ModelError: What the file says of keypoints or landmarks does not fit the body.
    """
    if "keypoint_joints" in members:
        return _stated(file, members, len(joint_names), vertex_count)
    return _of_stock(file, members, kind, joint_names, faces, vertex_count)


def _stated(
    file: Path, members: Mapping[str, Any], joint_count: int, vertex_count: int
) -> Correspondences:
    """Read what our own bodies say of their keypoints."""
    names = ("keypoint_names", "keypoint_joints", "keypoint_vertices", "keypoint_weights")
    missing = [name for name in names if name not in members]
    if missing:
        raise ModelError(f"{file} lacks {', '.join(missing)} beside keypoint_joints.")
    given, joints, vertices, weights = (np.asarray(members[name]) for name in names)
    if tuple(str(name) for name in given.ravel()) != WHOLEBODY133:
        raise ModelError(f"{file}: keypoint_names are not the 133 of COCO-WholeBody in order.")
    if any(array.dtype.kind not in "iuf" or not np.isfinite(array).all()
           for array in (joints, vertices, weights)):
        raise ModelError(f"{file}: its keypoints' joints, vertices and weights are no numbers.")
    if joints.shape != (_COUNT,) or vertices.ndim != 2 or len(vertices) != _COUNT or \
            weights.shape != vertices.shape:
        raise ModelError(
            f"{file}: keypoint_joints, keypoint_vertices and keypoint_weights are {joints.shape}, "
            f"{vertices.shape} and {weights.shape}; wanted (133,), (133, M) and (133, M)."
        )
    if np.abs(weights).max(initial=0.0) > 10.0:
        raise ModelError(f"{file}: keypoint_weights are up to {np.abs(weights).max():g}; wanted"
                         " shares of 1.")
    if joints.max() >= joint_count or vertices.max(initial=-1) >= vertex_count:
        raise ModelError(f"{file}: keypoints name joints or vertices that the body does not have.")
    weights = np.where((joints[:, None] >= 0) | (vertices < 0), 0.0, weights)
    vertices = np.where(weights == 0.0, -1, vertices)
    return Correspondences(joints.astype(np.int64), vertices.astype(np.int64),
                           weights.astype(np.float32))  # fmt: skip


# Vertices of the two public topologies, as published with SMPLify-X: SMPL-H's are SMPL's.
_SURFACE = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear",
    "left_big_toe", "left_small_toe", "left_heel",
    "right_big_toe", "right_small_toe", "right_heel",
    *(f"{side}_hand_{4 * finger}" for side in ("left", "right") for finger in range(1, 6)),
)  # fmt: skip
_SURFACE_VERTICES = {
    10475: (9120, 9448, 9929, 6, 616, 5770, 5780, 8846, 8463, 8474, 8635,
            5361, 4933, 5058, 5169, 5286, 8079, 7669, 7794, 7905, 8022),
    6890: (332, 2800, 6260, 583, 4071, 3216, 3226, 3387, 6617, 6624, 6787,
           2746, 2319, 2445, 2556, 2673, 6191, 5782, 5905, 6016, 6133),
}  # fmt: skip


def _of_stock(
    file: Path, members: Mapping[str, Any], kind: str, joint_names: Sequence[str],
    faces: np.ndarray, vertex_count: int,
) -> Correspondences:
    """Find the keypoints of a public model by its joints' names and its number of vertices."""
    joints = np.full(_COUNT, -1)
    vertices = np.full((_COUNT, 3), -1)
    weights = np.zeros((_COUNT, 3), np.float32)
    for index, name in enumerate(WHOLEBODY133):
        joint = _joint_of(name)
        if joint in joint_names:
            joints[index] = joint_names.index(joint)
    surface = _SURFACE_VERTICES.get(vertex_count, ())
    for name, vertex in zip(_SURFACE, surface, strict=False):
        if kind != "smpl" or "hand" not in name:
            index = WHOLEBODY133.index(name)
            vertices[index, 0], weights[index, 0] = vertex, 1.0
    if "lmk_faces_idx" in members:
        # The 17 of the outline are stated for each degree the head turns; the first row is 0.
        inner = _landmarks(file, members, "lmk_", 51, faces)
        face = np.arange(_COUNT)[WHOLEBODY133_FACE]
        vertices[face[17:]], weights[face[17:]] = inner
        if "dynamic_lmk_faces_idx" in members:
            outline = _landmarks(file, members, "dynamic_lmk_", 17, faces)
            vertices[face[:17]], weights[face[:17]] = outline
    return Correspondences(joints, vertices, weights)


def _joint_of(keypoint: str) -> str | None:
    """Return the name of the SMPL-X joint that a keypoint is, None if it is none."""
    if "_hand_" in keypoint:
        side, _, number = keypoint.split("_")
        if number == "0":
            return f"{side}_wrist"
        finger, phalanx = divmod(int(number) - 1, 4)
        return f"{side}_{HAND21_FINGERS[finger]}{phalanx + 1}" if phalanx < 3 else None
    return next((joint for joint, coco in SMPLX_BODY_TO_COCO17.items() if coco == keypoint), None)


def _landmarks(
    file: Path, members: Mapping[str, Any], name: str, count: int, faces: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return vertices (count, 3) and weights (count, 3) of landmarks embedded in faces."""
    triangles, places = (
        np.asarray(members.get(name + end, ()))
        for end in ("faces_idx", "bary_coords"))
    if triangles.ndim == 2 and places.ndim == 3:
        triangles, places = triangles[0], places[0]
    right = triangles.shape == (count,) and places.shape == (count, 3)
    right &= all(array.dtype.kind in "iuf" and np.isfinite(array).all()
                 for array in (triangles, places))
    if not right or not (triangles.min() >= 0 and triangles.max() < len(faces)):
        raise ModelError(
            f"{file}: {name}faces_idx and {name}bary_coords do not place {count} landmarks on its "
            "faces; fetch the file again."
        )
    return faces[triangles.astype(np.int64)], places.astype(np.float32)
