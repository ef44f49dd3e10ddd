"""Quality of a person's fit, in figures a reader can compare with others'."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kinesics_core.fitting.fit import Fit
from kinesics_core.fitting.output.request import PersonReport
from kinesics_core.fitting.tracks.track import Track


def quality(fit: Fit, track: Track, joints: np.ndarray, stature: float) -> dict[str, Any]:
    """Return the figures of one person, as ``fit.json`` holds them.

    Args:
        fit: The person's fit, T frames.
        track: The person's keypoints.
        joints: (T, J, 3) metres in camera coordinates.
        stature: Of the fitted body, metres.
    """
    fitted = ~np.asarray(fit.failed, bool)
    error = np.where(fitted, fit.reprojection, np.nan)
    height = height_px(fit, stature)
    share = 100.0 * error / height
    penetration = 1000.0 * np.where(fitted, fit.penetration, np.nan)
    return {
        "frames": int(len(fitted)), "frames_fitted": int(fitted.sum()),
        "frames_failed": np.asarray(fit.frames)[~fitted].tolist(),
        "reprojection_px": {
            "median": _number(_percentile(error, 50)), "p95": _number(_percentile(error, 95)),
            "per_frame": _numbers(error)},
        "person_height_px": _number(_percentile(np.where(fitted, height, np.nan), 50)),
        "reprojection_percent_of_height": {
            "median": _number(_percentile(share, 50)), "p95": _number(_percentile(share, 95))},
        "penetration_mm": {
            "mean": _number(_mean(penetration)), "max": _number(_percentile(penetration, 100)),
            "per_frame": _numbers(penetration)},
        "jitter_m_s2": _number(jitter(joints, fit, track.rate)),
        "stature_m": _number(stature), "betas": _numbers(fit.betas),
    }


def jitter(joints: np.ndarray, fit: Fit, rate: float) -> float:
    """Return the mean acceleration of the joints, m/s^2, where three frames follow each other.

    Args:
        joints: (T, J, 3) metres.
        fit: Says which frames these are, and which failed.
        rate: Frames per second.

    Returns:
        nan if no three frames follow each other.
    """
    frames = np.asarray(fit.frames)
    fitted = ~np.asarray(fit.failed, bool)
    if len(frames) < 3:
        return float("nan")
    follow = (frames[2:] - frames[:-2] == 2) & fitted[2:] & fitted[1:-1] & fitted[:-2]
    acceleration = (joints[2:] - 2.0 * joints[1:-1] + joints[:-2])[follow] * rate**2
    return _mean(np.linalg.norm(acceleration, axis=-1))


def height_px(fit: Fit, stature: float) -> np.ndarray:
    """Return how high the person would be, upright at their distance from the camera, (T,) px."""
    depth = np.maximum(np.asarray(fit.transl, float)[:, 2], 1e-3)
    return fit.focal * stature / depth


def person_report(document: dict[str, Any], person: int, folder: str) -> PersonReport:
    """Return the report about one person.

    Args:
        document: The person's ``fit.json``, with the figures of ``quality``.
        person: Id.
        folder: Of the person's files, relative to the output.
    """
    def value(*path: str) -> float:
        found: Any = document
        for key in path:
            found = found[key]
        return float("nan") if found is None else float(found)

    return PersonReport(
        person, folder, document["frames_fitted"],
        value("reprojection_px", "median"), value("reprojection_px", "p95"),
        value("reprojection_percent_of_height", "median"), value("penetration_mm", "mean"),
        value("jitter_m_s2"), len(document["frames_failed"]),
    )


def frames_in_words(frames: Sequence[int]) -> str:
    """Return frame numbers for people to read: "3, 7 to 12 and 40"."""
    groups: list[list[int]] = []
    for frame in frames:
        if groups and frame == groups[-1][-1] + 1:
            groups[-1][1:] = [frame]
        else:
            groups.append([frame])
    words = [str(g[0]) if len(g) == 1 else f"{g[0]} to {g[-1]}" for g in groups]
    if len(words) > 6:
        words = [*words[:5], f"{len(words) - 5} more places"]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _percentile(values: np.ndarray, q: float) -> float:
    finite = values[np.isfinite(values)]
    return float(np.percentile(finite, q)) if len(finite) else float("nan")


def _mean(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else float("nan")


def _number(value: float) -> float | None:
    """Return a value rounded to what is meant; None for nan, which JSON has not."""
    return float(f"{value:.5g}") if np.isfinite(value) else None


def _numbers(values: np.ndarray) -> list[float | None]:
    return [_number(float(value)) for value in np.asarray(values).ravel()]
