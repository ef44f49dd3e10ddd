"""A whole motion as a skeleton in a world with y up, for the files of body.gltf and body.bvh.

Fits stand in the camera's optical frame (x right, y down, z away). The world here is that frame
turned by half a turn about x: x right, y up, z towards the camera, metres, the camera at the
origin; a motion made in model axes (y up) is given as ``camera=False`` and stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kinesics_core.body import skinning
from kinesics_core.body.model import BodyModel
from kinesics_core.body.parameters import pose_vector
from kinesics_core.errors import KinesicsError
from kinesics_core.rotations import quaternions

_AT_ONCE = 1024  # frames; matrices of an hour would fill the memory
_TO_WORLD = np.diag([1.0, -1.0, -1.0]).astype(np.float32)


@dataclass(frozen=True, eq=False)
class WorldMotion:
    """T frames of J joints.

    Attributes:
        rest: (J, 3) metres, joints in T-pose of this shape, without expression.
        rotations: (T, J, 4) unit quaternions x, y, z, w relative to the parent, continuous in time.
        root: (T, 3) metres, the pelvis.
        offsets: (T, J, 3) metres, in the parent's frame, where each joint's axes must be put so
            that what is at rest at ``rest`` is skinned as LBS does with the frame's expression,
            which moves the joints in the face a little; of the root: ``root``.
        times: (T,) seconds from the first frame.
    """

    rest: np.ndarray
    rotations: np.ndarray
    root: np.ndarray
    offsets: np.ndarray
    times: np.ndarray


def world_motion(
    body: BodyModel, parameters: Mapping[str, np.ndarray], times: np.ndarray, *,
    betas: np.ndarray | None = None, camera: bool = True,
) -> WorldMotion:
    """Return the motion of a body's parameters.

    Args:
        body: Whose joints they are.
        parameters: As ``skinning.vertices`` takes them, T rows each, without betas.
        times: (T,) seconds, rising.
        betas: (B,), of all frames; None for the mean shape.
        camera: Whether parameters are in the camera's optical frame, not in axes with y up.

    Raises:
        KinesicsError: There is no frame, the numbers of rows differ, a number is not finite or
            the times do not rise.
    """
    times = np.asarray(times, np.float64)
    pose_parts = {name: part for name, part in parameters.items()
                  if name not in ("expression", "transl")}  # fmt: skip
    pose = pose_vector(body.kind, pose_parts)
    pose = np.broadcast_to(pose, (len(times), *pose.shape[1:])) if len(pose) == 1 else pose
    expression, transl = parameters.get("expression"), parameters.get("transl")
    rows = {len(part) for part in parameters.values()} | {len(times)}
    if len(times) == 0 or len(rows) > 1:
        raise KinesicsError(
            f"Got a motion with {sorted(rows)} rows in its parts and times; wanted the same number "
            "of all, at least 1."
        )
    for name, part in {**parameters, "times": times}.items():
        if not np.isfinite(part).all():
            raise KinesicsError(f"Got a motion whose {name} hold nan; leave those frames out.")
    if np.any(np.diff(times) <= 0):
        raise KinesicsError("Got a motion whose times do not rise; sort its frames by time.")
    shape = None if betas is None else np.reshape(betas, (1, -1))
    skeleton = skinning.select(body, np.empty(0, int))
    rest = skinning.rest_joints(body, shape)[..., 0].T
    shift = np.zeros((1, 3), np.float32) if transl is None else np.asarray(transl, np.float32)
    shift = np.broadcast_to(shift, (len(times), 3))
    parts = []
    for start in range(0, len(times), _AT_ONCE):
        block = slice(start, start + _AT_ONCE)
        moved_rest = skinning.rest_joints(
            body, shape, None if expression is None else expression[block]).transpose(2, 1, 0)
        parts.append(_placed(skeleton, rest, moved_rest, pose[block], shift[block], camera))
    turns, root, offsets = (np.concatenate(found) for found in zip(*parts, strict=True))
    return WorldMotion(rest, continuous(turns), root, offsets, times - times[0])


def _placed(
    skeleton: skinning.Skin, rest: np.ndarray, moved_rest: np.ndarray, pose: np.ndarray,
    shift: np.ndarray, camera: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return quaternions, root and offsets of some frames, as ``WorldMotion`` has them.

    Args:
        skeleton: The tree of joints.
        rest: (J, 3) metres, joints in T-pose.
        moved_rest: (T or 1, J, 3) metres, the same with each frame's expression.
        pose: (T, J, 3) axis-angle.
        shift: (T, 3) metres, the translation.
        camera: See ``world_motion``.
    """
    rotations = skinning.pose_rotations(pose)
    if camera:
        rotations[:, :, 0] = np.einsum("ij,jkt->ikt", _TO_WORLD, rotations[:, :, 0])
    turned, places = skinning.forward_kinematics(skeleton, rotations, moved_rest.transpose(2, 1, 0))
    turned = turned[:, :, np.argsort(skeleton.order)].transpose(3, 2, 0, 1)  # (T, J, 3, 3)
    places = places[:, np.argsort(skeleton.order)].transpose(2, 1, 0)  # (T, J, 3)
    pelvis = moved_rest[:, 0] + shift
    if camera:
        pelvis = pelvis @ _TO_WORLD
    places = places - places[:, :1] + pelvis[:, None]
    # Skinning turns what lies at x - joint; with the joint taken where it is without expression.
    places = places - np.einsum("tjab,tjb->tja", turned, moved_rest - rest)
    above = np.maximum(skeleton.model.parents, 0)
    offsets = np.einsum("tjba,tjb->tja", turned[:, above], places - places[:, above])
    offsets[:, 0] = places[:, 0]
    local = rotations.transpose(3, 2, 0, 1).astype(np.float64)
    return quaternions(local), pelvis, offsets


def continuous(turns: np.ndarray) -> np.ndarray:
    """Return the same quaternions (T, ..., 4) with signs so that neighbours in time are near."""
    dots = np.sum(turns[1:] * turns[:-1], axis=-1)
    signs = np.cumprod(np.where(dots < 0, -1.0, 1.0), axis=0)
    result = turns.copy()
    result[1:] *= signs[..., None]
    return result


def at_rate(motion: WorldMotion, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Resample a motion; between frames, quaternions are interpolated on the sphere.

    Args:
        motion: The motion.
        rate: Frames per second, from the first frame to the last.

    Returns:
        Rotations (N, J, 4) and root (N, 3).
    """
    count = int(round(motion.times[-1] * rate)) + 1
    wanted = np.minimum(np.arange(count) / rate, motion.times[-1])
    after = np.clip(np.searchsorted(motion.times, wanted), 1, max(len(motion.times) - 1, 1))
    if len(motion.times) == 1:
        return motion.rotations, motion.root
    before = after - 1
    share = (wanted - motion.times[before]) / (motion.times[after] - motion.times[before])
    first, second = motion.rotations[before], motion.rotations[after]
    angle = np.arccos(np.clip(np.sum(first * second, -1, keepdims=True), -1.0, 1.0))
    part = share[:, None, None]
    small = np.maximum(angle, 1e-9)
    turned = np.where(angle < 1e-6, first,
                      (np.sin((1 - part) * small) * first + np.sin(part * small) * second)
                      / np.sin(small))  # fmt: skip
    root = motion.root[before] + share[:, None] * (motion.root[after] - motion.root[before])
    return turned / np.linalg.norm(turned, axis=-1, keepdims=True), root
