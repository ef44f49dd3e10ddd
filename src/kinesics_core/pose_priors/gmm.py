"""A mixture of Gaussians over body poses, as SMPLify has it (Bogo et al., ECCV 2016, section 3.2).

    E(pose) = min_g  1/2 (pose - mean_g)^T P_g (pose - mean_g) - log(c_g)

over ``body_pose`` as 63 numbers, axis-angle in radians. The minimum stands for the sum over
components (Olson & Agarwal, "Inference on networks of mixtures", RSS 2012): near a pose one
component decides, and its quadratic form is what Gauss-Newton needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from kinesics_core.assets import store
from kinesics_core.errors import ModelError
from kinesics_core.files import read_arrays

FILE = "pose_gmm.npz"
DIMENSIONS = 63
"""Numbers of ``body_pose``."""

_LARGEST = 1e6  # of any number of a mixture: a spread is hardly below a microradian


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """A mixture of G Gaussians over poses of D = 63 numbers; float32.

    Attributes:
        means: (G, D) radians.
        roots: (G, D, D), upper triangular L with the precision P = L^T L.
        constants: (G,), -log of weight and density at the mean, the lowest 0.
    """

    means: np.ndarray
    roots: np.ndarray
    constants: np.ndarray

    def best(self, body_pose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Find the component that explains each pose best.

        Args:
            body_pose: (T, 63) or (T, 21, 3) axis-angle, radians.

        Returns:
            Its index (T,) and the energy E (T,).
        """
        pose = np.asarray(body_pose, np.float32).reshape(-1, self.means.shape[1])
        energies = np.empty((len(pose), len(self.means)), np.float32)
        for g, (mean, root) in enumerate(zip(self.means, self.roots, strict=True)):
            away = (pose - mean) @ root.T
            energies[:, g] = 0.5 * np.einsum("ti,ti->t", away, away) + self.constants[g]
        chosen = energies.argmin(axis=1)
        return chosen, energies[np.arange(len(pose)), chosen]

    def quadratic(self, body_pose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the quadratic form that is the energy near each pose, but for a constant.

        Args:
            body_pose: (T, 63) or (T, 21, 3) axis-angle, radians.

        Returns:
            Mean (T, 63) and precision (T, 63, 63) of the component that explains each pose best.
        """
        chosen, _ = self.best(body_pose)
        precisions = np.swapaxes(self.roots, 1, 2) @ self.roots
        return self.means[chosen], precisions[chosen]


@cache
def load(path: Path | None = None) -> Mixture:
    """Read a mixture.

    Args:
        path: A ``pose_gmm.npz`` of ``kinesics train prior``; None for ours, of ``models/``.

    Raises:
        ModelError: The file is no mixture of poses.
    """
    file = store.shipped(FILE) if path is None else Path(path)
    try:
        archive = read_arrays(file)
        means, roots, weights = (_numbers(archive[key]) for key in ("means", "roots", "weights"))
        if means.shape[1:] != (DIMENSIONS,) or not len(means) or \
                roots.shape != (*means.shape, DIMENSIONS) or weights.shape != means.shape[:1]:
            raise ValueError(f"means {means.shape}, roots {roots.shape}, weights {weights.shape}")
        if not all((np.abs(array) < _LARGEST).all() for array in (means, roots, weights)) or not (
                np.diagonal(roots, axis1=1, axis2=2).all() and (weights > 0).all()):
            raise ValueError("statistics that are none of a mixture")
    except (OSError, KeyError, ValueError) as error:
        raise ModelError(
            f"{file} is no mixture of poses ({error}). Give the pose_gmm.npz of `kinesics train"
            " prior`."
        ) from error
    return mixture(means, roots, weights)


def _numbers(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in "fiu":
        raise ValueError(f"an array of {array.dtype}")
    return array.astype(np.float32)


def mixture(means: np.ndarray, roots: np.ndarray, weights: np.ndarray) -> Mixture:
    """Make a mixture of its statistics.

    Args:
        means: (G, D) radians.
        roots: (G, D, D), upper triangular roots of the precisions.
        weights: (G,), summing to 1.
    """
    log_density = np.log(np.abs(np.diagonal(roots, axis1=1, axis2=2))).sum(axis=1)
    constants = -np.log(weights) - log_density
    return Mixture(means, roots, (constants - constants.min()).astype(np.float32))
