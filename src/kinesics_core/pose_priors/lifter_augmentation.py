"""Augmentation: poses as random cameras and a noisy keypoint detector would see them.

The lifter is trained on these.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.body.model import BodyModel
from kinesics_core.kinematics import forward_kinematics
from kinesics_core.pose_priors.lifter import KEYPOINTS
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import SMPLX_BODY, SMPLX_BODY_PARENTS, mirrored

FACE = slice(0, 5)
LEGS = [i for i, name in enumerate(KEYPOINTS)
        if name.endswith(("knee", "ankle", "toe", "heel"))]
_HIPS = [i for i, name in enumerate(KEYPOINTS) if name.endswith("hip")]
_HEAD = SMPLX_BODY.index("head")
_FLIP = np.array(mirrored(KEYPOINTS))
_PARENTS = np.array(SMPLX_BODY_PARENTS)


@dataclass(frozen=True, slots=True, eq=False)
class KeypointBody:
    """A body's joints and keypoints, linear in its shape.

    Attributes:
        joints: (22, 3) metres in T-pose.
        joint_shape: (22, 3, B) metres per standard deviation.
        points: (23, 3) metres, the keypoints.
        point_shape: (23, 3, B) metres per standard deviation.
        holder: (23,) index of the joint each keypoint moves with.
    """

    joints: np.ndarray
    joint_shape: np.ndarray
    points: np.ndarray
    point_shape: np.ndarray
    holder: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class SeenPoses:
    """B poses, each as one camera sees it.

    Attributes:
        rotations: (B, 22, 3, 3), the first in the camera's axes.
        joints: (B, 22, 3) metres in the camera's axes, from the pelvis.
        points: (B, 23, 2) keypoints in assumed focal lengths from the principal point, NaN where
            missing.
        confidence: (B, 23).
    """

    rotations: np.ndarray
    joints: np.ndarray
    points: np.ndarray
    confidence: np.ndarray


def keypoint_body(model: BodyModel) -> KeypointBody:
    """Return the joints and keypoints of a body model whose file says where keypoints are."""
    shapes = model.shape_directions.shape[2]
    found = model.keypoints
    points, point_shape, holder = [], [], []
    for index in range(len(KEYPOINTS)):
        joint = int(found.joints[index])
        if joint >= 0:
            points.append(model.joint_template[joint])
            point_shape.append(model.joint_directions[joint, :, :shapes])
            holder.append(joint)
            continue
        share, vertices = found.weights[index], found.vertices[index]
        points.append(share @ model.template[vertices])
        point_shape.append(np.tensordot(share, model.shape_directions[vertices], 1))
        skin = share @ model.weights[vertices]
        # Jaw and eyes go with the head, toes with the foot they are on.
        joint = int(skin.argmax())
        while joint >= 22:
            joint = int(model.parents[joint])
        holder.append(joint)
    return KeypointBody(model.joint_template[:22], model.joint_directions[:22, :, :shapes],
                  np.array(points), np.array(point_shape), np.array(holder))


def offsets_of(joints: np.ndarray) -> np.ndarray:
    """Return the offsets of joints (..., 22, 3) from their parents; 0 of the pelvis."""
    offsets = joints - joints[..., np.maximum(_PARENTS, 0), :]
    offsets[..., 0, :] = 0.0
    return offsets


def see(
    rng: np.random.Generator, poses: np.ndarray, body: KeypointBody, *, clean: bool = False
) -> SeenPoses:
    """See poses through random cameras.

    Args:
        rng: Source of every random number.
        poses: (B, 22, 3) axis-angle, with the pelvis in a world of y up.
        body: Whose shape varies.
        clean: Whether every keypoint is exact and in view, and the focal length known.
    """
    count = len(poses)
    rotations = exponential(np.asarray(poses, np.float64))
    rotations[:, 0] = _camera(rng, count) @ rotations[:, 0]
    joints, offsets, points = _bodies(rng, count, body)
    places, turned = forward_kinematics(rotations, offsets, SMPLX_BODY_PARENTS)
    held = body.holder
    keypoints = places[:, held] + np.einsum(
        "bkij,bkj->bki", turned[:, held], points - joints[:, held])

    focal = np.exp(rng.uniform(np.log(0.6), np.log(2.0), count))    # in diagonals
    height = np.ptp(keypoints[..., 1], axis=1)
    share = rng.uniform(0.25, 0.95, count)     # of the picture's height that the person takes
    distance = np.clip(height * focal / (0.55 * share), 1.2, 12.0)
    aside = rng.uniform(-0.35, 0.35, (count, 2)) * (0.8, 0.3) * distance[:, None] / focal[:, None]
    shift = np.concatenate([aside, distance[:, None]], axis=1)
    shift -= keypoints.mean(axis=1) * (1.0, 1.0, 0.0)
    away = keypoints + shift[:, None]
    away[..., 2] = np.maximum(away[..., 2], 0.3)
    seen = away[..., :2] / away[..., 2:]        # in true focal lengths
    confidence = np.ones((count, len(KEYPOINTS)))
    if not clean:
        seen, confidence = _detected(rng, seen, turned, away)
        # What the fitter assumes: the focal length is given, guessed, or the diagonal.
        guess = np.where(rng.random(count) < 0.5, focal * np.exp(rng.normal(0, 0.15, count)), 1.0)
        seen = seen * (focal / guess)[:, None, None]
    return SeenPoses(rotations, places, seen, confidence)


def _camera(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return (B, 3, 3): from a world of y up to the optical axes of cameras all around."""
    yaw = exponential(rng.uniform(-np.pi, np.pi, count)[:, None] * (0.0, 1.0, 0.0))
    pitch = np.radians(np.where(rng.random(count) < 0.85, rng.normal(6.0, 10.0, count),
                                rng.uniform(-50.0, 70.0, count)))
    roll = np.radians(np.where(rng.random(count) < 0.95, rng.normal(0.0, 4.0, count),
                               rng.uniform(-180.0, 180.0, count)))
    down = exponential(pitch[:, None] * (1.0, 0.0, 0.0))
    around = exponential(roll[:, None] * (0.0, 0.0, 1.0))
    return around @ down @ np.diag([1.0, -1.0, -1.0]) @ yaw


def _bodies(
    rng: np.random.Generator, count: int, body: KeypointBody
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return joints (B, 22, 3) at rest, their offsets, keypoints (B, 23, 3) at rest."""
    betas = rng.normal(0.0, 1.0, (count, body.joint_shape.shape[2]))
    joints = body.joints + np.einsum("jcs,bs->bjc", body.joint_shape, betas)
    points = body.points + np.einsum("kcs,bs->bkc", body.point_shape, betas)
    offsets = offsets_of(joints) * np.exp(rng.normal(0.0, 0.04, (count, 22, 1)))
    # Detectors agree on where a hip or a heel is to a centimetre or two.
    points = points + rng.normal(0.0, 0.012, (count, *points.shape[1:])) \
        + 0.01 * rng.standard_normal((count, 1, 3))
    return joints, offsets, points


def _detected(
    rng: np.random.Generator, seen: np.ndarray, turned: np.ndarray, away: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return points (B, 23, 2) and confidences (B, 23) as a detector gives them.

    With jitter, outliers, sides exchanged, and parts that it does not see.
    """
    count, parts = seen.shape[:2]
    extent = np.ptp(seen, axis=1).max(axis=1)[:, None, None]
    jitter = np.exp(rng.uniform(np.log(0.001), np.log(0.018), (count, 1)))
    hidden = _chance(rng, (count, parts), 0.12)
    jitter = jitter * np.where(hidden, 3.0, 1.0)
    noisy = seen + rng.normal(0.0, 1.0, seen.shape) * (jitter[..., None] * extent)
    wild = _chance(rng, (count, parts), 0.01)
    noisy += np.where(wild[..., None], rng.normal(0.0, 0.2, seen.shape) * extent, 0.0)
    swapped = _chance(rng, (count,), 0.01)
    limb = np.isin(np.arange(parts), LEGS)
    noisy = np.where((swapped[:, None] & limb)[..., None], noisy[:, _FLIP], noisy)
    confidence = np.where(hidden, rng.uniform(0.1, 0.7, (count, parts)),
                          rng.uniform(0.55, 1.0, (count, parts)))
    missing = _chance(rng, (count, parts), rng.uniform(0.0, 0.2, (count, 1)))

    # A face that looks away is seen by some detectors and guessed by others.
    forward = turned[:, _HEAD, :, 2]
    line = away[:, 0] / np.linalg.norm(away[:, 0], axis=-1, keepdims=True)
    turned_away = ((forward * line).sum(axis=-1) > 0.25) & _chance(rng, (count,), 0.6)
    missing[:, :3] |= turned_away[:, None]
    missing[:, FACE] |= _chance(rng, (count,), 0.06)[:, None]

    no_legs = _chance(rng, (count,), 0.2)
    missing[:, LEGS] |= no_legs[:, None]
    missing[:, _HIPS] |= (no_legs & _chance(rng, (count,), 0.3))[:, None]
    no_feet = _chance(rng, (count,), 0.3)
    missing[:, 17:] |= no_feet[:, None]
    # The picture's edge cuts off a side, an arm, or from the knees down.
    cut = _chance(rng, (count,), 0.1)
    direction = rng.normal(0.0, 1.0, (count, 2))
    direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
    along = np.einsum("bkc,bc->bk", seen, direction)
    missing |= cut[:, None] & (along > np.quantile(along, 0.75, axis=1)[:, None])
    confidence = np.where(missing, 0.0, confidence)
    return np.where(missing[..., None], np.nan, noisy), confidence


def _chance(
    rng: np.random.Generator, shape: tuple[int, ...], share: float | np.ndarray
) -> np.ndarray:
    """Return bools that are true with this probability."""
    drawn: np.ndarray = rng.random(shape) < share
    return drawn
