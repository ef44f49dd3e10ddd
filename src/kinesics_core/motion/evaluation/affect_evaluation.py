"""How well affect is read from bodies, judged by people's ratings or by an order that is expected.

A reader goes through a clip as it would through a camera's frames, seen from the front; what it
reads is averaged over the clip, because that is what people rated. Beside every figure stands that
of one number anybody could compute, the mean speed of the keypoints.

Concordance (CCC) is Lin's, "A concordance correlation coefficient to evaluate reproducibility",
Biometrics 45 (1989): 1 only if values agree, not only rise together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesics_core.affect.body import BodyReader
from kinesics_core.dataset.clips import Clip, Dataset
from kinesics_core.errors import KinesicsError, ModelError
from kinesics_core.skeletons import COCO17
from kinesics_core.types import NANOSECONDS, Affect, People, Person

VAD = ("valence", "arousal", "dominance")

Reader = Callable[[Iterable[People]], Iterable[Affect]]
"""Frames of one person in, in order of time; readings out, as many as there are."""

WIDTH, HEIGHT = 640, 480
_FILLED = 0.9
"""Share of the image that a projected clip may fill."""

_DRAWS = 2000
"""Of the bootstrap."""

_SHOULDERS = [COCO17.index("left_shoulder"), COCO17.index("right_shoulder")]
_HIPS = [COCO17.index("left_hip"), COCO17.index("right_hip")]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of one clip: vad (3,) -1..1, nan where nothing was said; speed of the
    keypoints in lengths of the torso a second; and the clip's labels."""

    clip: str
    vad: np.ndarray
    speed: float
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of one dimension with the ratings, over n clips; intervals are 95 % by bootstrap over clips.

    speed_pearson, speed_spearman: what the mean speed alone reaches.
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
class Order:
    """How often arousal is ordered as expected.

    means: of the arousal read, by level, lowest level first. pairs: of clips of different levels.
    share: of them in the expected order, .5 by chance; speed_share: by mean speed alone.
    """

    means: dict[str, float]
    pairs: int
    share: float
    speed_share: float


def read_by_rules(frames: Iterable[People]) -> Iterator[Affect]:
    """The rules of ``affect.body``, which are what reads bodies where no network does."""
    reader = BodyReader()
    for people in frames:
        for person in people.persons:
            if (affect := reader.update(person, people.stamp)) is not None:
                yield affect


def model_reader(model: str | Path) -> Reader:
    """The emotion output of a forecaster. ModelError if it has none, or its classes are others."""
    from kinesics_core.motion.runtime import Forecaster

    forecaster = Forecaster(model)
    if not forecaster.reads_emotion:
        raise ModelError(f"{forecaster.notice} Choose a model whose classes are emotions.")

    def read(frames: Iterable[People]) -> Iterator[Affect]:
        forecaster.reset()
        for people in frames:
            yield from forecaster.update(people).affects

    return read


def require_coco(dataset: Dataset) -> None:
    """KinesicsError if affect cannot be read from the keypoints of a dataset."""
    if dataset.info.keypoints != COCO17:
        raise KinesicsError(
            f"{dataset.path} has the keypoints {', '.join(dataset.info.keypoints[:5])}, ...;"
            " affect is read from COCO-17. Import the recordings with COCO-17 keypoints."
        )


def read_clip(clip: Clip, reader: Reader) -> Reading:
    """One clip through a reader, the readings averaged."""
    found = [(a.valence, a.arousal, a.dominance) for a in reader(frames_of(clip))]
    vad = np.array(found, dtype=float).reshape(-1, 3)
    with np.errstate(invalid="ignore"):
        mean = np.nansum(vad, axis=0) / np.isfinite(vad).sum(axis=0)  # nan where nothing was said
    return Reading(clip.name, mean, mean_speed(clip), clip.labels)


def frames_of(clip: Clip) -> Iterator[People]:
    """A clip as a camera in front of the person would have it, one person with id 1.

    Two-dimensional clips as they are. Three-dimensional ones orthographically onto 640 x 480,
    turned so that over the clip the person faces the camera, scaled so that the whole clip fits.
    """
    if clip.keypoints.shape[-1] == 3:
        pixels, size = _frontal(clip.keypoints), (WIDTH, HEIGHT)
    else:
        pixels = clip.keypoints
        size = clip.size or _size_around(pixels)
    score = np.isfinite(pixels).all(axis=-1, keepdims=True).astype(np.float32)
    coco = np.concatenate([pixels, score], axis=-1).astype(np.float32)
    for index, pose in enumerate(coco):
        stamp = round(index / clip.rate * NANOSECONDS)
        persons = [Person(1, float(pose[:, 2].mean()), pose)] if pose[:, 2].any() else []
        yield People(stamp, *size, persons)


def evaluate_affect(readings: Sequence[Reading], seed: int = 0) -> list[Agreement]:
    """Agreement with the labels valence, arousal and dominance, whichever there are (-1..1).

    Clips without a rating or a reading of a dimension do not count for it; fewer than four do
    not make a figure. KinesicsError if no dimension has one.
    """
    found = []
    for axis, dimension in enumerate(VAD):
        rated = np.array([_number(reading, dimension) for reading in readings])
        read = np.array([reading.vad[axis] for reading in readings])
        speed = np.array([reading.speed for reading in readings])
        known = np.isfinite(rated) & np.isfinite(read) & np.isfinite(speed)
        if known.sum() >= 4:
            found.append(_agreement(dimension, rated[known], read[known], speed[known], seed))
    if not found:
        raise KinesicsError(
            f"Got {len(readings)} clips of which fewer than four have a reading and a label"
            f" {', '.join(VAD)}; wanted ratings from -1 to 1. Import a rated collection, or give"
            " an expected order with --order."
        )
    return found


def expected_order(
    readings: Sequence[Reading], label: str, levels: Sequence[str], within: str | None = None,
) -> Order:
    """Whether arousal rises from level to level of a label ("style": exhausted, normal, active).

    within: compare only clips that agree in this label (the content of the movement: a run is
    quicker than a walk in any style). KinesicsError if there is no pair to compare.
    """
    chosen = [r for r in readings
              if r.labels.get(label) in levels and np.isfinite(r.vad[1]) and np.isfinite(r.speed)]
    level = np.array([levels.index(r.labels[label]) for r in chosen], dtype=int)
    kind = np.array([r.labels.get(within, "") if within else "" for r in chosen])
    arousal, speed = (np.array(v) for v in ([r.vad[1] for r in chosen], [r.speed for r in chosen]))
    pairs, agreed, agreed_speed = 0, 0.0, 0.0
    for name in np.unique(kind):
        inside = kind == name
        for low in range(len(levels)):
            below, above = inside & (level == low), inside & (level > low)
            pairs += int(below.sum() * above.sum())
            agreed += _wins(arousal[above], arousal[below])
            agreed_speed += _wins(speed[above], speed[below])
    if not pairs:
        there = sorted({r.labels[label] for r in readings if label in r.labels})
        raise KinesicsError(
            f"No two clips can be compared: wanted the {label} {', '.join(levels)}, and there is"
            f" {', '.join(there) or 'no such label'}."
        )
    means = {
        name: float(arousal[level == index].mean())
        for index, name in enumerate(levels) if (level == index).any()
    }
    return Order(means, pairs, agreed / pairs, agreed_speed / pairs)


def mean_speed(clip: Clip) -> float:
    """Of the keypoints, in lengths of the torso (shoulders to hips) a second; nan if unknown."""
    step = np.linalg.norm(np.diff(clip.keypoints, axis=0), axis=-1) * clip.rate
    torso = np.linalg.norm(
        clip.keypoints[:, _SHOULDERS].mean(axis=1) - clip.keypoints[:, _HIPS].mean(axis=1), axis=-1)
    step, torso = step[np.isfinite(step)], torso[np.isfinite(torso)]
    size = float(np.median(torso)) if len(torso) else 0.0
    return float(step.mean()) / size if len(step) and size > 0 else float("nan")


def pearson(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Correlation along the last axis; nan if either is constant."""
    a = a - a.mean(axis=-1, keepdims=True)
    b = b - b.mean(axis=-1, keepdims=True)
    size = np.sqrt((a * a).sum(axis=-1) * (b * b).sum(axis=-1))
    return np.where(size > 1e-12, (a * b).sum(axis=-1) / np.maximum(size, 1e-12), np.nan)


def spearman(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Correlation of the ranks along the last axis, equal values sharing the mean of theirs."""
    return pearson(np.apply_along_axis(_ranks, -1, a), np.apply_along_axis(_ranks, -1, b))


def concordance(a: np.ndarray, b: np.ndarray) -> float:
    """Lin's concordance correlation coefficient; nan if both are the same constant."""
    size = float(a.var() + b.var() + (a.mean() - b.mean()) ** 2)
    covariance = float(((a - a.mean()) * (b - b.mean())).mean())
    return 2.0 * covariance / size if size > 1e-12 else float("nan")


def _agreement(
    dimension: str, rated: np.ndarray, read: np.ndarray, speed: np.ndarray, seed: int
) -> Agreement:
    draws = np.random.default_rng(seed).integers(0, len(rated), (_DRAWS, len(rated)))
    again = rated[draws], read[draws]
    return Agreement(
        dimension, len(rated),
        float(pearson(rated, read)), _interval(pearson(*again)),
        float(spearman(rated, read)), _interval(spearman(*again)),
        concordance(rated, read), float(pearson(rated, speed)), float(spearman(rated, speed)),
    )  # fmt: skip


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
    """Pairs in which the first is larger; equal ones count half."""
    difference = above[:, None] - below[None, :]
    return float((difference > 0).sum() + 0.5 * (difference == 0).sum())


def _number(reading: Reading, label: str) -> float:
    text = reading.labels.get(label)
    try:
        return float("nan") if text is None else float(text)
    except ValueError:
        raise KinesicsError(
            f"{reading.clip} has the {label} {text!r}; wanted a number from -1 to 1.") from None


def _frontal(keypoints: np.ndarray) -> np.ndarray:
    """(T, 17, 3) metres -> (T, 17, 2) pixels."""
    across = keypoints[:, _SHOULDERS[0]] - keypoints[:, _SHOULDERS[1]]
    across = across[np.isfinite(across).all(axis=-1)]
    # The mean of directions, so that somebody who turns on the spot faces as for most of the time.
    away = np.arctan2(-across[:, 2].sum(), across[:, 0].sum()) if len(across) else 0.0
    x = np.cos(away) * keypoints[..., 0] - np.sin(away) * keypoints[..., 2]
    plane = np.stack([x, -keypoints[..., 1]], axis=-1)
    seen = plane[np.isfinite(plane).all(axis=-1)]
    if not len(seen):
        return plane
    low, high = seen.min(axis=0), seen.max(axis=0)
    image = np.array([WIDTH, HEIGHT])
    scale = _FILLED * float((image / np.maximum(high - low, 1e-6)).min())
    return (plane - 0.5 * (low + high)) * scale + 0.5 * image


def _size_around(pixels: np.ndarray) -> tuple[int, int]:
    """The smallest image from the origin that holds every keypoint."""
    seen = pixels[np.isfinite(pixels).all(axis=-1)]
    width, height = np.ceil(seen.max(axis=0)) if len(seen) else (1.0, 1.0)
    return max(int(width), 1), max(int(height), 1)
