"""The joint regressor: joints as weighted sums of nearby vertices, for every shape.

For one joint, the weights w (over the vertices around it) are a small change to equal weights that
satisfies, nearly: sum w = 1; the mean body and each shape component give their joints; a face
target moves no joint. An exact solution exists but takes weights in the dozens, which would make
noise of the vertices a leap of the joint; a ridge trades a millimetre for weights below one.
"""

from __future__ import annotations

import numpy as np

from kinesics_core.open_body.shape import Shape

_NEAREST = 400
_RIDGE = 3e-3
_STILL = 2e-4
"""A vertex that any face target moves by more than this, m, does not stand for a joint."""
_IMPORTANCE = {"sum": 10.0, "mean": 3.0, "shape": 3.0, "face": 10.0}


def joint_regressor(shape: Shape, face: np.ndarray, mirror: np.ndarray, joint_mirror: np.ndarray,
                    only: dict[int, np.ndarray]) -> np.ndarray:
    """Compute the regressor (55,V), rows adding up to one, symmetric left to right.

    Args:
        shape: Of the body.
        face: (52,V,3) metres, face targets.
        mirror: (V,) index of each vertex's mirror image.
        joint_mirror: (55,) the same of joints.
        only: For some joints, the vertices to use, moving or not (the eyes are amid their
            eyeballs, which turn about them).
    """
    still = np.flatnonzero(np.linalg.norm(face, axis=-1).max(0) < _STILL)
    regressor = np.zeros((len(shape.joints), len(shape.vertices)))
    for joint, other in enumerate(joint_mirror):
        if other < joint:
            regressor[joint] = regressor[other][mirror]
            continue
        candidates = only.get(joint, still)
        away = np.linalg.norm(shape.vertices[candidates] - shape.joints[joint], axis=1)
        near = candidates[np.argsort(away, kind="stable")[:_NEAREST]]
        if other == joint:
            near = np.union1d(near, mirror[near])
        regressor[joint, near] = point_weights(
            shape.joints[joint], shape.vertices[near], shape.joint_directions[:, joint],
            shape.directions[:, near], face[:0 if joint in only else None, near])
        if other == joint:
            regressor[joint] = (regressor[joint] + regressor[joint][mirror]) / 2
    return regressor / regressor.sum(1, keepdims=True)


def point_weights(point: np.ndarray, vertices: np.ndarray, point_directions: np.ndarray,
                  directions: np.ndarray, face: np.ndarray) -> np.ndarray:
    """Compute weights of vertices that give a point for every shape.

    Args:
        point: (3,) metres.
        vertices: (n,3) metres.
        point_directions: (K,3) metres, how each shape component moves the point.
        directions: (K,n,3) metres, how it moves the vertices.
        face: (E,n,3) metres, face targets, which shall not move the point.

    Returns:
        (n,), adding up to one.
    """
    moving = face[np.linalg.norm(face, axis=-1).max(1) > 0]
    count = len(vertices)
    rows, wanted = zip(*(
        (_IMPORTANCE[kind] * row, _IMPORTANCE[kind] * value) for kind, row, value in (
            ("sum", np.ones((1, count)), np.ones(1)),
            ("mean", vertices.T, point),
            ("shape", np.swapaxes(directions, 1, 2).reshape(-1, count), point_directions.ravel()),
            ("face", np.swapaxes(moving, 1, 2).reshape(-1, count), np.zeros(3 * len(moving))),
        )), strict=True)
    left, right = np.concatenate(rows), np.concatenate(wanted)
    even = np.full(count, 1 / count)
    gram = left @ left.T + _RIDGE**2 * np.eye(len(left))
    weights = even + left.T @ np.linalg.solve(gram, right - left @ even)
    return weights / weights.sum()


def error(regressor: np.ndarray, shape: Shape) -> float:
    """Return the largest distance of a regressed joint from where it should be, mm.

    It is looked for in the mean body and in each component at three standard deviations.
    """
    worst = np.linalg.norm(regressor @ shape.vertices - shape.joints, axis=-1).max()
    for directions, joints in zip(shape.directions, shape.joint_directions, strict=True):
        off = np.linalg.norm(regressor @ directions - joints, axis=-1).max()
        worst = max(worst, 3 * off)
    return float(1000 * worst)
