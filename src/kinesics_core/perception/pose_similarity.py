"""Similarity of poses and boxes in an image, and the choice of one among those that are alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

import numpy as np

from kinesics_core.keypoints import visible

COCO_SIGMAS = np.array(
    [.026, .025, .025, .035, .035, .079, .079, .072, .072, .062, .062, .107, .107, .087, .087,
     .089, .089]
)  # fmt: skip
"""Per-keypoint constants of the COCO keypoint evaluation (cocoeval.py, ``kpt_oks_sigmas``)."""

_PRECISIONS = 1.0 / (2.0 * COCO_SIGMAS) ** 2


def oks(a: np.ndarray, b: np.ndarray, area: float, slack: float = 1.0) -> float:
    """Return the object keypoint similarity, 0..1, of two poses (COCO keypoint evaluation).

    exp(-d^2 / (2 area (2 sigma)^2)), averaged over the keypoints finite in both.

    Args:
        a: (17, >=2) COCO keypoints, px.
        b: The others.
        area: Of the person, px^2.
        slack: Factor that widens every sigma.

    Returns:
        0 if no keypoint is in both.
    """
    with np.errstate(invalid="ignore"):  # infinite less infinite
        apart = np.subtract(a[:, :2], b[:, :2], dtype=np.float64)
    distance2 = np.einsum("kc,kc->k", apart, apart)
    both = np.isfinite(distance2)
    known = np.count_nonzero(both)
    if not known or area <= 0:
        return 0.0
    alike = np.exp(distance2 * _PRECISIONS * (-1.0 / (2.0 * area * slack**2)), where=both,
                   out=np.zeros(len(both)))
    return float(alike.sum()) / known


def box(keypoints: np.ndarray) -> np.ndarray:
    """Return (4,) x0, y0, x1, y1 around the keypoints seen, or all finite ones if none is."""
    finite = np.isfinite(keypoints[:, :2]).all(1)
    seen = visible(keypoints) if keypoints.shape[1] > 2 else finite
    chosen = keypoints[seen if seen.sum() >= 2 else finite, :2]
    if len(chosen) == 0:
        return np.full(4, np.nan)
    return np.concatenate([chosen.min(0), chosen.max(0)])


def box_area(corners: Sequence[float] | np.ndarray) -> float:
    """Return the area in px^2.

    A thin box (a person seen as a line) counts a quarter of its longer side wide.
    """
    width, height = corners[2] - corners[0], corners[3] - corners[1]
    longer = max(width, height)
    return float(max(width, longer / 4) * max(height, longer / 4))


def iou(a: Iterable[float], b: Iterable[float]) -> float:
    """Return the intersection over union of two boxes x0, y0, x1, y1."""
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = map(float, a), map(float, b)
    inner = max(0.0, min(ax1, bx1) - max(ax0, bx0)) * max(0.0, min(ay1, by1) - max(ay0, by0))
    union = (ax1 - ax0) * (ay1 - ay0) + (bx1 - bx0) * (by1 - by0) - inner
    return inner / union if union > 0 else 0.0


class Scored(Protocol):
    """Something found with a score."""

    score: float


Found = TypeVar("Found", bound=Scored)


def suppress_non_maxima(
    found: Iterable[Found], same: Callable[[Found, Found], bool]
) -> list[Found]:
    """Return what was found by falling score, without what is the same as something better.

    Args:
        found: Candidates in any order.
        same: Whether a candidate, the first argument, is the same as a better one, the second.
    """
    kept: list[Found] = []
    for candidate in sorted(found, key=lambda item: -item.score):
        if not any(same(candidate, better) for better in kept):
            kept.append(candidate)
    return kept
