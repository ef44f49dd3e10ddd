"""The Emo3D metric (section 4.2): is a prompt's emotion found again in the picture of its face?

    D_KL(phi || psi) = sum_i phi(i) log(phi(i) / psi(i))                  (5)
    metric = 1 / (1 + exp(-D_KL))                                          (6)

phi is the prompt's distribution, psi the mean distribution of the k prompts whose vectors are
nearest to the picture's (zero-shot CLIP, figure 5). A divergence is never negative, so the metric
lies in [.5, 1) and lower is better.

The paper leaves open what a zero in psi means. eps is added to all of both distributions, which are
divided by their sum again: equal ones then have a divergence of exactly 0. (The published code adds
it to psi alone, which gives equal distributions less than .5, and it passes the k distributions in
place of their mean, which inflates the sum.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.errors import KinesicsError
from kinesics_core.settings import check, setting


@dataclass(frozen=True)
class MetricConfig:
    """Settings of the metric."""

    k: int = setting(10, "Prompts nearest to a picture whose distributions are averaged",
                     bounds=(1, 100_000))
    eps: float = setting(
        0.01, "Added to each emotion's share of both distributions before they are compared",
        bounds=(0.0, 1.0))

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self)


@dataclass(frozen=True, eq=False)
class Score:
    """A metric over prompts.

    Attributes:
        values: (N,) equation 6 of each prompt.
        mean: Their mean: the figure of a model.
        of_mean: Equation 6 of the mean divergence, as the published code averages.
    """

    values: np.ndarray
    mean: float
    of_mean: float


def divergence(phi: np.ndarray, psi: np.ndarray, eps: float) -> np.ndarray:
    """Return equation 5, (N,), of distributions phi and psi (N, 8) that sum to 1.

    Args:
        phi: Of the prompts.
        psi: Found in the pictures.
        eps: See the module; 0 compares them as they are, with inf where psi lacks what phi has.

    Raises:
        KinesicsError: They are no distributions of one shape.
    """
    one, other = (_smoothed(values, eps) for values in (phi, psi))
    if one.shape != other.shape:
        raise KinesicsError(f"Got distributions of shape {one.shape} and {other.shape}; wanted the"
                            " same number of both.")
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(one > 0.0, one * np.log(one / other), 0.0)
    # Rounding alone can make the sum of equal distributions a hair negative.
    return np.maximum(terms.sum(axis=-1), 0.0)


def bounded(divergences: np.ndarray) -> np.ndarray:
    """Return equation 6 of divergences: .5 for none, towards 1 for large ones."""
    return 1.0 / (1.0 + np.exp(-np.asarray(divergences, np.float64)))


def score(phi: np.ndarray, psi: np.ndarray, eps: float) -> Score:
    """Return the metric of distributions (N, 8); see ``divergence``."""
    divergences = divergence(phi, psi, eps)
    values = bounded(divergences)
    return Score(values, float(values.mean()), float(bounded(divergences.mean())))


def retrieved(
    images: np.ndarray, prompts: np.ndarray, distributions: np.ndarray, k: int
) -> np.ndarray:
    """Return the mean distribution (N, 8) of the k prompts nearest to each picture.

    Args:
        images: (N, width) vectors of the pictures.
        prompts: (P, width) vectors of the prompts.
        distributions: (P, 8) of the prompts.
        k: How many, at most P.

    Raises:
        KinesicsError: There are fewer prompts than k, or the widths differ.
    """
    if not 1 <= k <= len(prompts):
        raise KinesicsError(f"Got k = {k} and {len(prompts)} prompts; wanted 1 to as many as there"
                            " are. Give more prompts or a smaller k.")
    if images.shape[1] != prompts.shape[1]:
        raise KinesicsError(
            f"Got vectors of {images.shape[1]} numbers for pictures and {prompts.shape[1]} for"
            " prompts; wanted both from one encoder.")
    return distributions[nearest(images, prompts, k)].mean(axis=1)


def nearest(images: np.ndarray, prompts: np.ndarray, k: int) -> np.ndarray:
    """Return the indices (N, k) of the prompts with the largest cosine to each picture."""
    return np.argsort(-(_unit(images) @ _unit(prompts).T), axis=1, kind="stable")[:, :k]


def balanced(distributions: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Return indices of prompts with each emotion as often the largest, as far as there are.

    Args:
        distributions: (P, 8).
        count: How many are wanted; all that are there if fewer.
        seed: Of the choice.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(distributions))
    dominant = distributions[order].argmax(axis=1)
    place = np.zeros(len(order), np.int64)
    for emotion in range(distributions.shape[1]):
        own = dominant == emotion
        place[own] = np.arange(own.sum())
    return np.sort(order[np.argsort(place, kind="stable")[:count]])


def mean_square(faces: np.ndarray, wanted: np.ndarray) -> float:
    """Return the mean squared error of faces (N, 52).

    Raises:
        KinesicsError: A face holds what is no number, or the shapes differ.
    """
    require_faces(faces)
    if faces.shape != wanted.shape:
        raise KinesicsError(f"Got faces of shape {faces.shape} and {wanted.shape} to compare them"
                            " with; wanted the same.")
    return float(np.square(np.asarray(faces, np.float64) - wanted).mean())


def require_faces(faces: np.ndarray) -> None:
    """Refuse faces (N, 52) that hold what is no number.

    Raises:
        KinesicsError: Some do; the sentence says how many and the first of them.
    """
    wrong = np.flatnonzero(~np.isfinite(faces).all(axis=1))
    if len(wrong):
        raise KinesicsError(
            f"Got {len(wrong)} of {len(faces)} faces with weights that are no numbers, the first"
            f" of them face {wrong[0]}; wanted 52 numbers from 0 to 1 in each.")


def _smoothed(values: Sequence[Sequence[float]] | np.ndarray, eps: float) -> np.ndarray:
    found = np.asarray(values, np.float64)
    if (found.ndim != 2 or not np.isfinite(found).all() or found.min(initial=0.0) < -1e-6
            or np.abs(found.sum(axis=-1) - 1.0).max(initial=0.0) > 1e-3):
        raise KinesicsError(
            f"Got distributions of shape {found.shape} that are none; wanted rows of shares of at"
            " least 0 that sum to 1.")
    found = np.maximum(found, 0.0) + eps
    return np.asarray(found / found.sum(axis=-1, keepdims=True))


def _unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12))
