"""Poses varied in the code of the pose prior.

Paduraru, Bouruc & Stefanescu, "Generative AI for Human 3D Body Emotions", section 4.3: a pose is
encoded, its code is perturbed, and what that decodes to is a similar pose. ``noise_scale`` counts
in standard deviations of the codes of people's poses, which are N(0, I): at 0 the pose comes back
as the prior has it, beyond 1 it is hardly the same any more.
"""

from __future__ import annotations

import math

import numpy as np

from kinesics_core.errors import KinesicsError
from kinesics_core.pose_priors import vae
from kinesics_core.pose_priors.joint_limits import half_spaces
from kinesics_core.pose_priors.vae import JOINTS, PosePrior
from kinesics_core.rotations import exponential, logarithm

LARGEST_NOISE = 3.0
"""Beyond three standard deviations there are no poses of people."""


def require_noise(noise_scale: float) -> float:
    """Return a noise scale.

    Raises:
        KinesicsError: It is outside 0..``LARGEST_NOISE``.
    """
    if not math.isfinite(noise_scale) or not 0.0 <= noise_scale <= LARGEST_NOISE:
        raise KinesicsError(
            f"Got noise_scale {noise_scale}; give a number from 0 (the pose itself) to"
            f" {LARGEST_NOISE:g}.")
    return float(noise_scale)


def require_poses(body_pose: np.ndarray) -> np.ndarray:
    """Return poses as (B, 21, 3).

    Args:
        body_pose: (B, 21, 3), (B, 63), (21, 3) or (63,), axis-angle in radians.

    Raises:
        KinesicsError: They have another shape or are no numbers.
    """
    poses = np.asarray(body_pose)
    fits = poses.ndim >= 1 and (
        poses.shape[-1] == 3 * JOINTS or poses.shape[-2:] == (JOINTS, 3))
    if poses.dtype.kind not in "fiu" or not fits:
        raise KinesicsError(
            f"Got a body_pose of shape {poses.shape}; wanted {JOINTS} joints of SMPL-X in"
            " axis-angle, (poses, 21, 3). A fit of another body model has other joints.")
    poses = poses.reshape(-1, JOINTS, 3).astype(np.float64)
    if not np.isfinite(poses).all():
        raise KinesicsError(
            "Got a body_pose with nan or infinity; wanted radians. Choose a frame that was fitted.")
    return poses


def vary_pose(
    body_pose: np.ndarray, noise_scale: float, count: int, rng: np.random.Generator, *,
    keep: bool = False, prior: PosePrior | None = None,
) -> np.ndarray:
    """Return variants of poses: encoded, perturbed and decoded.

    Args:
        body_pose: (B, 21, 3), or one pose, axis-angle in radians.
        noise_scale: Standard deviation of what is added to the code.
        count: Variants of each pose.
        rng: Of the noise.
        keep: Whether what the prior leaves out of a pose is added again, so that noise 0 gives the
            pose itself; a limb may then leave what people do.
        prior: The autoencoder; None: ours.

    Returns:
        (B * count, 21, 3) axis-angle, radians, float32: the variants of the first pose first.

    Raises:
        KinesicsError: The poses or the noise are none.
    """
    poses = require_poses(body_pose)
    scale = require_noise(noise_scale)
    prior = prior or vae.load()
    mean, _ = prior.encode(poses)
    z = np.repeat(mean, count, axis=0)
    noise = rng.standard_normal(z.shape)
    decoded = prior.decode(z + scale * noise)
    if not keep:
        return logarithm(decoded).astype(np.float32)
    change = np.swapaxes(np.repeat(prior.decode(mean), count, axis=0), -1, -2) @ decoded
    own = np.repeat(exponential(poses), count, axis=0)
    return logarithm(own @ change).astype(np.float32)


def moved(
    body_pose: np.ndarray, codes: np.ndarray, shift: np.ndarray, prior: PosePrior,
    still: np.ndarray | None = None,
) -> np.ndarray:
    """Move poses as a shift of their codes moves what the prior makes of them.

    What the prior does not know of a pose stays, and a shift of 0 changes nothing. Joints stop
    smoothly before their limits, or where the pose had passed them already.

    Args:
        body_pose: (T, 21, 3) axis-angle, radians.
        codes: (T, D) where the shift is made: of the poses, or near them.
        shift: (T, D) of the codes.
        prior: The autoencoder.
        still: (n,) joints that keep as they are.

    Returns:
        (T, 21, 3) axis-angle, radians.
    """
    own = np.asarray(body_pose, np.float64)
    change = np.swapaxes(prior.decode(codes), -1, -2) @ prior.decode(codes + shift)
    result = within_limits(own, logarithm(exponential(own) @ change))
    if still is not None:
        result[:, still] = own[:, still]
    return result


def within_limits(start: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """Stop poses on their way from one that is possible before joints pass their limits.

    Args:
        start: (T, 21, 3) axis-angle, radians. Where it is beyond a limit, it is not moved further.
        goal: The same of the poses wanted.
    """
    directions, limits = half_spaces()
    axes = directions.reshape(JOINTS, 3, 2, JOINTS, 3)
    up = np.stack([axes[joint, :, 0, joint] for joint in range(JOINTS)]).astype(np.float64)
    ends = limits.reshape(JOINTS, 3, 2)
    where = np.einsum("jax,tjx->tja", up, start)
    way = np.einsum("jax,tjx->tja", up, goal - start)
    room = np.maximum(np.where(way > 0.0, ends[..., 0] - where, where + ends[..., 1]), 1e-6)
    # Nearly the identity far from a limit, and never beyond it.
    way /= (1.0 + (np.abs(way) / room) ** 4) ** 0.25
    return np.asarray(start + np.einsum("jax,tja->tjx", up, way))
