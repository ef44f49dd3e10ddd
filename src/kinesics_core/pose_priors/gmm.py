"""A mixture of Gaussians over body poses, as SMPLify has it (Bogo et al., ECCV 2016, section 3.2).

    E(pose) = min_g  1/2 (pose - mean_g)^T P_g (pose - mean_g) - log(c_g)

over ``body_pose`` as 63 numbers, axis-angle in radians. The minimum stands for the sum over
components (Olson & Agarwal, "Inference on networks of mixtures", RSS 2012): near a pose one
component decides, and its quadratic form is what Gauss-Newton needs.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from kinesics_core.assets import store
from kinesics_core.errors import ModelError

FILE = "pose_gmm.npz"


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """G Gaussians. means (G, 63); roots (G, 63, 63), upper triangular L with P = L^T L; constants
    (G,): -log of weight and density at the mean, the lowest 0."""

    means: np.ndarray
    roots: np.ndarray
    constants: np.ndarray

    def best(self, body_pose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Component (T,) that explains each pose best, and the energies E (T,)."""
        pose = np.asarray(body_pose, np.float32).reshape(-1, self.means.shape[1])
        energies = np.empty((len(pose), len(self.means)), np.float32)
        for g, (mean, root) in enumerate(zip(self.means, self.roots, strict=True)):
            away = (pose - mean) @ root.T
            energies[:, g] = 0.5 * np.einsum("ti,ti->t", away, away) + self.constants[g]
        chosen = energies.argmin(axis=1)
        return chosen, energies[np.arange(len(pose)), chosen]

    def quadratic(self, body_pose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean (T, 63) and precision (T, 63, 63) of the component that explains each pose best."""
        chosen, _ = self.best(body_pose)
        precisions = np.swapaxes(self.roots, 1, 2) @ self.roots
        return self.means[chosen], precisions[chosen]

    def residual(self, body_pose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """r (T, 63) and its Jacobian (T, 63, 63): 1/2 |r|^2 is the energy but for the constant."""
        pose = np.asarray(body_pose, np.float32).reshape(-1, self.means.shape[1])
        chosen, _ = self.best(pose)
        jacobian = self.roots[chosen]
        return (jacobian @ (pose - self.means[chosen])[..., None])[..., 0], jacobian


@cache
def load(path: Path | None = None) -> Mixture:
    """Ours, of ``models/``, or one of ``kinesics train prior``; ModelError if it is none."""
    file = store.shipped(FILE) if path is None else Path(path)
    try:
        with np.load(file, allow_pickle=False) as archive:
            means, roots, weights = (
                archive[key].astype(np.float32) for key in ("means", "roots", "weights"))
        if means.ndim != 2 or roots.shape != (*means.shape, means.shape[1]) or \
                weights.shape != means.shape[:1]:
            raise ValueError(f"means {means.shape}, roots {roots.shape}, weights {weights.shape}")
    except (OSError, KeyError, ValueError, EOFError, AttributeError,
            zipfile.BadZipFile) as error:
        raise ModelError(
            f"{file} is no mixture of poses ({error}). Give the pose_gmm.npz of `kinesics train"
            " prior`."
        ) from error
    return mixture(means, roots, weights)


def mixture(means: np.ndarray, roots: np.ndarray, weights: np.ndarray) -> Mixture:
    """Of means (G, D), upper triangular roots of the precisions (G, D, D) and weights (G,)."""
    log_density = np.log(np.abs(np.diagonal(roots, axis1=1, axis2=2))).sum(axis=1)
    constants = -np.log(weights) - log_density
    return Mixture(means, roots, (constants - constants.min()).astype(np.float32))
