"""Agreement of what is read with what people rated, or with an order that is expected.

Statistics of plain arrays, one value a clip. Beside every figure stands that of a peer, one number
anybody could compute (here the mean speed of the keypoints).

Concordance (CCC) is Lin's, "A concordance correlation coefficient to evaluate reproducibility",
Biometrics 45 (1989): 1 only if values agree, not only rise together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_FEWEST = 4
"""Clips below which a correlation is no figure."""

_DRAWS = 2000
"""Samples of the bootstrap."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of one dimension with the ratings.

    Attributes:
        dimension: "valence", "arousal" or "dominance".
        n: Clips that have both a rating and a reading.
        pearson: Correlation of the values.
        pearson_interval: Its 95 % interval, by bootstrap over the clips.
        spearman: Correlation of the ranks.
        spearman_interval: Its 95 % interval.
        ccc: Lin's concordance correlation coefficient.
        speed_pearson: Correlation that the mean speed alone reaches.
        speed_spearman: Correlation of the ranks that the mean speed alone reaches.
    """

    dimension: str
    n: int
    pearson: float
    pearson_interval: tuple[float, float]
    spearman: float
    spearman_interval: tuple[float, float]
    ccc: float
    speed_pearson: float
    speed_spearman: float


@dataclass(frozen=True, slots=True)
class OrderAgreement:
    """Share of pairs of clips whose arousal is ordered as expected.

    Attributes:
        means: Mean arousal of each level that occurs, lowest level first.
        pairs: Pairs of clips of different levels that were compared.
        share: Share of them in the expected order, .5 by chance.
        speed_share: The same by the mean speed alone.
    """

    means: dict[str, float]
    pairs: int
    share: float
    speed_share: float


def rating_agreement(
    dimension: str, rated: np.ndarray, read: np.ndarray, speed: np.ndarray, seed: int = 0
) -> Agreement | None:
    """Return how well readings agree with ratings, or None with fewer than four clips.

    Args:
        dimension: What the values are of.
        rated: (N,) ratings, nan where a clip has none.
        read: (N,) readings, nan where nothing was read.
        speed: (N,) mean speeds of the keypoints, nan where unknown.
        seed: Decides the bootstrap's draws.
    """
    known = np.isfinite(rated) & np.isfinite(read) & np.isfinite(speed)
    if known.sum() < _FEWEST:
        return None
    rated, read, speed = rated[known], read[known], speed[known]
    draws = np.random.default_rng(seed).integers(0, len(rated), (_DRAWS, len(rated)))
    again = rated[draws], read[draws]
    return Agreement(
        dimension, len(rated),
        float(pearson(rated, read)), _interval(pearson(*again)),
        float(spearman(rated, read)), _interval(spearman(*again)),
        concordance(rated, read), float(pearson(rated, speed)), float(spearman(rated, speed)),
    )  # fmt: skip


def order_agreement(
    level: np.ndarray, arousal: np.ndarray, speed: np.ndarray, kind: np.ndarray,
    names: Sequence[str],
) -> OrderAgreement | None:
    """Return how often arousal rises with the level, or None if no two clips can be compared.

    Args:
        level: (N,) int, index of each clip's level in ``names``.
        arousal: (N,) arousal read.
        speed: (N,) mean speeds of the keypoints.
        kind: (N,) of any type; only clips of the same kind are compared (a run is quicker than a
            walk in any style).
        names: The levels, lowest arousal first.
    """
    pairs, agreed, agreed_speed = 0, 0.0, 0.0
    for name in np.unique(kind):
        inside = kind == name
        for low in range(len(names)):
            below, above = inside & (level == low), inside & (level > low)
            pairs += int(below.sum() * above.sum())
            agreed += _wins(arousal[above], arousal[below])
            agreed_speed += _wins(speed[above], speed[below])
    if not pairs:
        return None
    means = {name: float(arousal[level == index].mean())
             for index, name in enumerate(names) if (level == index).any()}
    return OrderAgreement(means, pairs, agreed / pairs, agreed_speed / pairs)


def pearson(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the correlation along the last axis; nan if either is constant."""
    a = a - a.mean(axis=-1, keepdims=True)
    b = b - b.mean(axis=-1, keepdims=True)
    size = np.sqrt((a * a).sum(axis=-1) * (b * b).sum(axis=-1))
    return np.where(size > 1e-12, (a * b).sum(axis=-1) / np.maximum(size, 1e-12), np.nan)


def spearman(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the correlation of the ranks along the last axis; equal values share a mean rank."""
    return pearson(np.apply_along_axis(_ranks, -1, a), np.apply_along_axis(_ranks, -1, b))


def concordance(a: np.ndarray, b: np.ndarray) -> float:
    """Return Lin's concordance correlation coefficient; nan if both are the same constant."""
    size = float(a.var() + b.var() + (a.mean() - b.mean()) ** 2)
    covariance = float(((a - a.mean()) * (b - b.mean())).mean())
    return 2.0 * covariance / size if size > 1e-12 else float("nan")


def _interval(values: np.ndarray) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    if not len(finite):
        return float("nan"), float("nan")
    low, high = np.percentile(finite, [2.5, 97.5])
    return float(low), float(high)


def _ranks(values: np.ndarray) -> np.ndarray:
    ordered = np.sort(values)
    below = np.searchsorted(ordered, values, "left")
    return 0.5 * (below + np.searchsorted(ordered, values, "right") + 1)


def _wins(above: np.ndarray, below: np.ndarray) -> float:
    """Count the pairs in which the first is larger; equal ones count half."""
    difference = above[:, None] - below[None, :]
    return float((difference > 0).sum() + 0.5 * (difference == 0).sum())
