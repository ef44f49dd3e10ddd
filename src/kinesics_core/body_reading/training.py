"""Training of the reader of bodies: discriminants of what emotions change, calibrated.

Few people who move in an emotion may be learned from, so the reader has few ways to be wrong. Each
movement's cues are seen against the mean of its own content (the same walk, dance or wait in all
emotions), so what is done, and by whom, says nothing; what is left beside an emotion's mean is the
noise, and its covariance between cues is shrunk nearly to its diagonal, for how cues go together
differs from one collection to the next (Friedman 1989, J. American Statistical Association 84:
regularised discriminant analysis).

That says whether somebody is moved. By what, is read half by it and half by likelihoods: a movement
in an emotion is its content's mean, what the emotion changes in it, and noise, cue by cue; content
and emotion are sought together, so that a fast wave is compared with waves. Networks with hidden
layers read people of collections left out worse. Sizes and origin of VAD are fitted to readings of
whole collections by readers that saw none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kinesics_core.affect.body_head import CONTENT_REACH, FAR, REACH, BodyHead, distances
from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL
from kinesics_core.body_reading.lessons import KINDS, Lessons
from kinesics_core.settings import check, setting

RARE = np.log(np.array([1.0, 1.0, 0.6, 1.0, 0.3, 0.15, 0.7, 1.0]))
"""(8,) log of how frequent emotions are read beside each other; neutral's is a setting."""

_STYLED = [KINDS.index("restyled"), KINDS.index("generated")]
_FAMILIAR_SHRINK = 0.1  # of the covariance of what is familiar towards the identity
_FAMILIAR = 95.0  # percentile of the distances of what was learned from that is wholly familiar
_STRANGE = 1.3  # times that distance: not familiar at all


@dataclass(frozen=True)
class TrainingConfig:
    """Settings of the training, chosen by people of collections left out."""

    shrink: float = setting(
        0.8, "share of the noise's covariance between cues that is left out", bounds=(0.0, 1.0))
    contents: float = setting(
        0.3, "how much differences between contents count as noise", bounds=(0.0, 10.0))
    ridge: float = setting(
        1.0, "penalty of the weights of valence, arousal and dominance", bounds=(0.0, 100.0))
    own: float = setting(
        0.5, "share of what an emotion changes in a content that is seen in that content alone; the"
        " rest is the mean over contents", bounds=(0.0, 1.0))
    sharpness: float = setting(
        0.5, "how much more a likelier content counts; at 1 as much as it is likelier",
        bounds=(0.01, 10.0))
    temperature: float = setting(
        1.5, "what the discriminants' logits are divided by", bounds=(0.1, 100.0))
    neutral: float = setting(
        0.9, "logarithm of how much more frequent no emotion is than happiness, anger or sadness",
        bounds=(-10.0, 10.0))

    def __post_init__(self) -> None:
        """Refuse values out of bounds."""
        check(self)


def fit(lessons: Lessons, config: TrainingConfig, without: Sequence[str] = ()) -> BodyHead:
    """Return a reader that has seen nothing of the collections ``without``; not calibrated yet."""
    weight = lessons.weights(without)
    used = weight > 0.0
    weight = weight[used]
    cues, emotion = lessons.cues[used].astype(np.float64), lessons.emotion[used]
    with np.errstate(invalid="ignore"):
        centre, scale = np.nanmean(cues, axis=0), np.maximum(np.nanstd(cues, axis=0), 1e-3)
    away = (cues - centre) / scale
    scaled = np.nan_to_num(np.clip(away, -REACH, REACH), nan=0.0)
    domain = np.where(lessons.kind[used] == KINDS.index("restyled"), lessons.content[used],
                      lessons.source[used])
    left, usual, between = _centred(scaled, emotion, weight, domain)
    emotions = _discriminants(left, emotion, weight, config, between)
    vad = _regression(left, lessons.vad[used], weight, config.ridge)
    content = _contents(
        np.nan_to_num(np.clip(away, -CONTENT_REACH, CONTENT_REACH), nan=0.0), emotion, weight,
        domain, np.isin(lessons.kind[used], _STYLED), config)
    weights = np.concatenate([emotions[0], vad[0]], axis=1)
    bias = np.concatenate([emotions[1], vad[1]]) - usual @ weights
    covariance = _squared(scaled, weight / weight.sum())
    covariance = ((1.0 - _FAMILIAR_SHRINK) * covariance
                  + _FAMILIAR_SHRINK * np.eye(len(covariance)))
    precision = np.linalg.inv(covariance)
    far = np.nan_to_num(np.clip(away, -FAR, FAR), nan=0.0)
    known = float(np.percentile(distances(far, precision), _FAMILIAR))
    return BodyHead(
        centre, scale, precision, np.array([known, _STRANGE * known]),
        weights, bias, *content, config.sharpness, config.temperature,
        RARE + config.neutral * (np.arange(len(EMOTIONS)) == NEUTRAL), np.ones(3), np.full(3, 0.5))


def _centred(
    scaled: np.ndarray, emotion: np.ndarray, weight: np.ndarray, domain: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return cues against their domain's mean, the mean of those, and their covariance (C, C).

    A domain's mean is that over its emotions, each as much, so it does not matter how many of each
    it has.
    """
    left = scaled.copy()
    means, sizes = [], []
    for name in np.unique(domain):
        own = domain == name
        there = np.unique(emotion[own & (emotion >= 0)])
        parts = [own & (emotion == one) for one in there] or [own]
        mean = np.mean([np.average(scaled[part], axis=0, weights=weight[part]) for part in parts],
                       axis=0)
        left[own] -= mean
        means.append(mean)
        sizes.append(weight[own].sum())
    usual = np.average(means, axis=0, weights=sizes)
    apart = np.array(means) - usual
    share = np.array(sizes) / sum(sizes)
    return left, usual, _squared(apart, share)


def _discriminants(
    left: np.ndarray, emotion: np.ndarray, weight: np.ndarray, config: TrainingConfig,
    between: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights (C, 8) and biases (8,) of the emotions' logits."""
    means, noise = _means(left, emotion, weight)
    noise = noise + config.contents * between
    noise = (1.0 - config.shrink) * noise + config.shrink * np.diag(np.diag(noise))
    noise += 1e-6 * np.eye(len(noise))
    weights = np.linalg.solve(noise, means.T)
    return weights, -0.5 * np.einsum("ec,ce->e", means, weights)


def _means(
    left: np.ndarray, emotion: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the emotions' means (8, C), 0 of one that does not occur, and the noise (C, C)."""
    means = np.zeros((len(EMOTIONS), left.shape[1]))
    noise = np.zeros((left.shape[1],) * 2)
    for one in range(len(EMOTIONS)):
        own = emotion == one
        if own.any():
            means[one] = np.average(left[own], axis=0, weights=weight[own])
            noise += _squared(left[own] - means[one], weight[own])
    return means, noise / weight[emotion >= 0].sum()


def _contents(
    scaled: np.ndarray, emotion: np.ndarray, weight: np.ndarray, domain: np.ndarray,
    styled: np.ndarray, config: TrainingConfig,
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights (C, 8 K) and biases (8 K,) of the likelihoods of K contents in 8 emotions.

    Args:
        scaled: (N, C) cues.
        emotion: (N,) of them.
        weight: (N,) of them.
        domain: (N,) what is done, or the collection.
        styled: (N,) bool, windows of contents that are seen in all emotions.
        config: Of the training.
    """
    left, _, _ = _centred(scaled, emotion, weight, domain)
    usual, noise = _means(left, emotion, weight)
    places, sizes = [], []
    for name in np.unique(domain[styled]):
        own = (domain == name) & (emotion >= 0)
        there = np.unique(emotion[own])
        seen = np.array([np.average(scaled[own & (emotion == one)], axis=0,
                                    weights=weight[own & (emotion == one)]) for one in there])
        mean, changes = seen.mean(axis=0), usual.copy()
        changes[there] += config.own * (seen - mean - usual[there])
        places.append(mean + changes)
        sizes.append(weight[own].sum())
    at = np.concatenate(places)
    weights = at / (np.diag(noise) + 1e-6)
    biases = -0.5 * config.sharpness * (weights * at).sum(axis=1)
    shares = np.log(np.array(sizes) / sum(sizes))
    return config.sharpness * weights.T, biases + np.repeat(shares, len(EMOTIONS))


def _regression(
    left: np.ndarray, vad: np.ndarray, weight: np.ndarray, ridge: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights (C, 3) and biases (3,) of valence, arousal and dominance."""
    weights, biases = np.zeros((left.shape[1], 3)), np.zeros(3)
    for part in range(3):
        known = np.isfinite(vad[:, part])
        if not known.any():
            continue
        x, share = left[known], weight[known] / weight[known].sum()
        mean, wanted = share @ x, share @ vad[known, part]
        apart = x - mean
        square = _squared(apart, share) + ridge * np.eye(x.shape[1])
        weights[:, part] = np.linalg.solve(square, apart.T @ (share * (vad[known, part] - wanted)))
        biases[part] = wanted - mean @ weights[:, part]
    return weights, biases


def _squared(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the weighted sum (C, C) of products of rows (N, C)."""
    products: np.ndarray = (values * weight[:, None]).T @ values
    return products


@dataclass(frozen=True, eq=False)
class Unseen:
    """Outputs for windows of recordings whose collection was left out.

    Attributes:
        outputs: (N, 11) of the reader.
        vad: (N, 3), nan where not known.
        weight: (N,) recordings alike.
        plain: (N,) bool, real people whom nothing moved.
    """

    outputs: np.ndarray
    vad: np.ndarray
    weight: np.ndarray
    plain: np.ndarray


def calibrated(head: BodyHead, unseen: Unseen) -> BodyHead:
    """Return a head whose valence, arousal and dominance are as large as people unseen show.

    The valence of plain people unseen is 0 on average.

    Args:
        head: Not calibrated yet.
        unseen: What readers said of collections that they had not learned from.
    """
    scale, spread, biases = np.ones(3), np.full(3, 0.5), head.biases.copy()
    outputs = unseen.outputs[:, len(EMOTIONS):].copy()
    if unseen.plain.any():
        usual = np.average(outputs[unseen.plain, 0], weights=unseen.weight[unseen.plain])
        biases[len(EMOTIONS)] -= usual
        outputs[:, 0] -= usual
    for part in range(3):
        rated = np.isfinite(unseen.vad[:, part])
        if rated.sum() < 10:
            continue
        read, wanted = outputs[rated, part], unseen.vad[rated, part]
        mine = unseen.weight[rated]
        slope = (mine * read * wanted).sum() / max((mine * read * read).sum(), 1e-9)
        scale[part] = np.clip(slope, 0.25, 1.5)
        spread[part] = np.sqrt(np.average((scale[part] * read - wanted) ** 2, weights=mine))
    return replace(head, biases=biases, vad_scale=scale, vad_spread=spread)
