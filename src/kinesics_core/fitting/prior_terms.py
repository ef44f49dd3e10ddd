"""Priors of body poses in the form the optimiser takes: quadratic about the pose it is at.

SMPLify-X's energy of a pose is |z|^2 of VPoser's code, and it moves the code. With rotations as
unknowns the same model speaks as a denoiser: a pose is drawn to what encoding and decoding make of
it, which is the nearest pose the prior knows. ``solver.latent`` has the other way. What is learned
of a picture (``pose_priors.lifter``) is one more target, each joint's with the spread the network
states for it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kinesics_core.pose_priors import gmm, joint_limits, vae
from kinesics_core.pose_priors.lifter import Lifted
from kinesics_core.rotations import logarithm
from kinesics_core.skeletons import SMPLX_BODY
from kinesics_core.solver.kinematics import State
from kinesics_core.solver.pose_terms import Gaussian, Limits, Target
from kinesics_core.solver.problem import Prior

BODY = np.arange(1, len(SMPLX_BODY))
"""Joints of ``body_pose``: the same, and first, in all bodies of the family."""

SPREAD = 0.2
"""Radians that a joint may be from where the autoencoder would have it."""

MIXTURE_WEIGHT = 0.3
"""Weight of the mixture's energy: the bodies it was made from move less freely than people."""

LIFTED_WEIGHT = 0.5
"""Weight of the lifter's energy: its errors in neighbouring frames are alike."""


def pose_priors(kind: str, file: Path | None = None) -> list[Prior]:
    """Return what draws ``body_pose`` towards human poses.

    Args:
        kind: One of ``settings.PRIORS``.
        file: The user's own VPoser; None: the shipped autoencoder.

    Raises:
        ModelError: The file is none.
    """
    found: list[Prior] = []
    if kind in ("vposer", "both"):
        known = vae.load(file)
        weight = np.full((1, len(BODY)), SPREAD**-2, np.float32)
        found.append(lambda state: Target(BODY, known.project(state.local[:, BODY]), weight))
    if kind in ("gmm", "both"):
        mixture = gmm.load()

        def nearest(state: State) -> Gaussian:
            mean, precision = mixture.quadratic(logarithm(state.local[:, BODY]))
            return Gaussian(BODY, mean, precision, MIXTURE_WEIGHT)

        found.append(nearest)
    return [*found, limits]


def limits(state: State) -> Limits:
    """Draw joints that are bent too far back to their limits; a ``Prior``."""
    directions, highest = joint_limits.half_spaces()
    own = directions.reshape(len(BODY), -1, len(BODY), 3)[np.arange(len(BODY)), :,
                                                          np.arange(len(BODY))]
    return Limits(BODY, own, highest.reshape(len(BODY), -1), joint_limits.SOFTNESS**-2)


def lifted_prior(lifted: Lifted) -> Prior:
    """Return the prior of the rotations a lifter proposes, each as strong as it is sure."""
    spread = np.where(lifted.known[:, None], lifted.spread, np.inf)
    target = Target(np.arange(len(SMPLX_BODY)), lifted.rotations,
                    (LIFTED_WEIGHT * spread**-2).astype(np.float32))
    return lambda state: target
