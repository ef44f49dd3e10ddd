"""The part of a body model that its keypoints depend on: their atoms (see ``kinematics``)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from kinesics_core.body.model import BodyModel


@dataclass(frozen=True, slots=True)
class Rig:
    """The part of a body model that its keypoints depend on; float32.

    J joints, A atoms sorted by keypoint, N keypoints, B shape and E expression coefficients.

    Attributes:
        parents: (J,), -1 at the root.
        below: (J, J) bool, [j, k]: k is j or hangs on it.
        joints: (J, 3) at rest, metres.
        joint_shape: (J, 3, B), derivatives of ``joints`` by shape.
        joint_expression: (J, 3, E), derivatives of ``joints`` by expression.
        keypoint: (A,), n of each atom.
        joint: (A,), k of each atom.
        share: (A,), c_nk.
        rest: (A, 3) metres, P_nk - c_nk j_k.
        rest_shape: (A, 3, B), derivatives of ``rest`` by shape.
        rest_expression: (A, 3, E), derivatives of ``rest`` by expression.
        rest_pose: (A, 3, 9 (J - 1)), corrective shapes, or None without.
        known: (N,) bool, whether the model has this keypoint at all.
    """

    parents: np.ndarray
    below: np.ndarray
    joints: np.ndarray
    joint_shape: np.ndarray
    joint_expression: np.ndarray
    keypoint: np.ndarray
    joint: np.ndarray
    share: np.ndarray
    rest: np.ndarray
    rest_shape: np.ndarray
    rest_expression: np.ndarray
    rest_pose: np.ndarray | None
    known: np.ndarray

    def part(self, keypoints: np.ndarray) -> Rig:
        """Return the same body with only these keypoints, (N',) indices, in their order."""
        place = np.full(len(self.known), -1)
        place[keypoints] = np.arange(len(keypoints))
        atoms = np.flatnonzero(place[self.keypoint] >= 0)
        atoms = atoms[np.argsort(place[self.keypoint[atoms]], kind="stable")]
        order = place[self.keypoint[atoms]]
        return replace(
            self, keypoint=order, joint=self.joint[atoms], share=self.share[atoms],
            rest=self.rest[atoms], rest_shape=self.rest_shape[atoms],
            rest_expression=self.rest_expression[atoms],
            rest_pose=None if self.rest_pose is None else self.rest_pose[atoms],
            known=self.known[keypoints])


class _Atom(NamedTuple):
    """One term (n, k) of a keypoint, float64; names as in ``Rig``."""

    keypoint: int
    joint: int
    share: float
    rest: np.ndarray
    shape: np.ndarray
    expression: np.ndarray
    pose: np.ndarray | None


def rig_of(model: BodyModel) -> Rig:
    """Return the rig of a body model of any kind."""
    parents = np.asarray(model.parents, np.int64)
    count = len(parents)
    below = np.eye(count, dtype=bool)
    for k in range(count - 1, 0, -1):
        below[parents[k]] |= below[k]
    shapes = model.shape_directions.shape[2]
    joints = model.joint_template.astype(np.float64)
    directions = model.joint_directions.astype(np.float64)
    correctives = model.pose_directions
    if correctives is not None:
        correctives = correctives.reshape(9 * (count - 1), -1, 3).transpose(1, 2, 0)
    atoms = [atom for n in range(len(model.keypoints.joints))
             for atom in _atoms(model, n, joints, directions, correctives)]
    keypoint, joint = (np.asarray([getattr(atom, name) for atom in atoms], int)
                       for name in ("keypoint", "joint"))
    known = np.zeros(len(model.keypoints.joints), bool)
    known[keypoint] = True
    # Vertices follow a joint with weights that are left out where they are tiny.
    total = np.bincount(keypoint, [atom.share for atom in atoms], len(known))[keypoint]
    single = np.float32

    def scaled(values: list) -> np.ndarray:
        found = np.asarray(values)
        result: np.ndarray = (found / total.reshape(-1, *[1] * (found.ndim - 1))).astype(single)
        return result

    return Rig(
        parents, below, joints.astype(single), directions[..., :shapes].astype(single),
        directions[..., shapes:].astype(single), keypoint, joint,
        scaled([atom.share for atom in atoms]), scaled([atom.rest for atom in atoms]),
        scaled([atom.shape for atom in atoms]), scaled([atom.expression for atom in atoms]),
        None if correctives is None else np.asarray([atom.pose for atom in atoms], single), known)


def _atoms(
    model: BodyModel, keypoint: int, joints: np.ndarray, directions: np.ndarray,
    correctives: np.ndarray | None,
) -> Iterator[_Atom]:
    """Yield the atoms of a keypoint: one if it is a joint, none if the model lacks it.

    Args:
        model: The body.
        keypoint: n.
        joints: (J, 3) at rest, float64.
        directions: (J, 3, B + E), their derivatives by shape and expression, float64.
        correctives: (V, 3, 9 (J - 1)) of the vertices, or None.
    """
    shapes = model.shape_directions.shape[2]
    k = int(model.keypoints.joints[keypoint])
    if k >= 0:
        yield _Atom(keypoint, k, 1.0, np.zeros(3), np.zeros((3, shapes)),
                    np.zeros((3, directions.shape[2] - shapes)),
                    None if correctives is None else np.zeros(correctives.shape[1:]))
        return
    vertices = model.keypoints.vertices[keypoint]
    weights = np.nan_to_num(model.keypoints.weights[keypoint])
    vertices, weights = vertices[weights != 0], weights[weights != 0]
    blend = weights[:, None] * model.weights[vertices]
    total = blend.sum(axis=0)
    for j in np.flatnonzero(np.abs(total) > 1e-3):
        a, c = blend[:, j], total[j]
        yield _Atom(
            keypoint, int(j), c, a @ model.template[vertices] - c * joints[j],
            np.tensordot(a, model.shape_directions[vertices], 1) - c * directions[j, :, :shapes],
            np.tensordot(a, model.expression_directions[vertices], 1)
            - c * directions[j, :, shapes:],
            None if correctives is None else np.tensordot(a, correctives[vertices], 1))
