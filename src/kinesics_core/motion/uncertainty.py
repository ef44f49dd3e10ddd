"""Uncertainty of forecasts: the error that is to be expected, learned from validation residuals.

The expected error grows with the horizon and with how much the person moves: for step k

    sigma_k^2 = floor_k^2 + (gain_k * activity)^2

with activity the rms speed of the seen keypoints over the last half second. Everything is in
units of the pose's scale; multiply by the scale for pixels.
"""

from __future__ import annotations

import numpy as np

from kinesics_core.motion.windows import RATE

ACTIVITY_FRAMES = 15
"""Frames over which activity is measured, half a second."""


def activity(observed: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the rms speed (B,) of the seen keypoints, scales per second.

    Args:
        observed: (B, 60, 34) normalised.
        counts: (B, 34), 0 if never seen.
    """
    step = (observed[:, -1] - observed[:, -1 - ACTIVITY_FRAMES]) * (
        RATE / ACTIVITY_FRAMES)
    return np.sqrt((step**2 * counts).sum(axis=-1) / np.maximum(counts.sum(axis=-1), 1))


def fit_spread(
    observed: np.ndarray, residual: np.ndarray, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Fit floor and gain to the residuals of validation windows.

    Least squares of the squared residual on the squared activity, relative to its own size so
    that still people count as much as dancers.

    Args:
        observed: (B, 60, 34) normalised.
        residual: (B, 30, 34) predicted minus true.
        counts: (B, 34), 0 if never seen.

    Returns:
        Floor and gain, (30,) each.
    """
    squared = (residual**2 * counts[:, None]).sum(axis=-1) / counts.sum(axis=-1)[:, None]
    drive = activity(observed, counts) ** 2
    floor = np.empty(squared.shape[1])
    gain = np.empty_like(floor)
    for step in range(squared.shape[1]):
        expected = np.full(len(drive), squared[:, step].mean())
        for _ in range(8):
            design = np.stack([np.ones_like(drive), drive], axis=1) / expected[:, None]
            solution = np.linalg.lstsq(design, squared[:, step] / expected, rcond=None)[0]
            base, slope = np.maximum(solution, 1e-10)
            expected = base + slope * drive
        floor[step], gain[step] = np.sqrt(base), np.sqrt(slope)
    return np.maximum.accumulate(floor), np.maximum.accumulate(gain)


def spread(
    observed: np.ndarray, counts: np.ndarray, floor: np.ndarray, gain: np.ndarray
) -> np.ndarray:
    """Return 1 sigma of one coordinate of a keypoint at each step, (B, 30), in pose scales.

    Args:
        observed: (B, 60, 34) normalised.
        counts: (B, 34), 0 if never seen.
        floor: (30,) from ``fit_spread``.
        gain: (30,) from ``fit_spread``.
    """
    return np.hypot(floor, gain * activity(observed, counts)[:, None])
