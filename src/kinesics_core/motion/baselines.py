"""What a network has to beat. All take and give normalised windows as arrays.

observed: (B, 60, 34); each returns (B, 30, 34).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.motion.windows import HORIZON


def zero_velocity(observed: np.ndarray) -> np.ndarray:
    """The newest pose, held."""
    return np.repeat(observed[:, -1:], HORIZON, axis=1)


def constant_velocity(observed: np.ndarray, frames: int = 5) -> np.ndarray:
    """The newest pose, moving on at the mean velocity of the last ``frames`` steps."""
    velocity = (observed[:, -1:] - observed[:, -1 - frames:-frames]) / frames
    return observed[:, -1:] + velocity * np.arange(1, HORIZON + 1)[None, :, None]


@dataclass(frozen=True, slots=True)
class Ridge:
    """Linear regression of the change from the newest frame on the changes before it.

    weights: (60 * 34 + 1, 30 * 34), the last row the bias.
    """

    weights: np.ndarray

    def __call__(self, observed: np.ndarray) -> np.ndarray:
        change = _ridge_features(observed) @ self.weights
        return observed[:, -1:] + change.reshape(len(observed), HORIZON, -1)


def fit_ridge(
    observed: np.ndarray, future: np.ndarray, weight: np.ndarray | None = None, penalty: float = 1.0
) -> Ridge:
    """Closed form. weight: (B, 34), 0 where a keypoint was never seen and so does not count."""
    features = _ridge_features(observed)
    change = future - observed[:, -1:]
    if weight is not None:
        change = change * weight[:, None]
    gram = features.T @ features
    gram[np.diag_indices_from(gram)] += penalty
    return Ridge(np.linalg.solve(gram, features.T @ change.reshape(len(change), -1)))


def _ridge_features(observed: np.ndarray) -> np.ndarray:
    change = observed[:, :-1] - observed[:, -1:]
    flat = np.concatenate([change, observed[:, -1:]], axis=1).reshape(len(observed), -1)
    return np.concatenate([flat, np.ones((len(flat), 1), flat.dtype)], axis=1).astype(np.float64)
