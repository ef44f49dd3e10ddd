"""Affect read from the bodies of a dataset, judged by people's ratings or by an expected order.

A reader goes through a clip as it would through a camera's frames, seen from the front; what it
reads is averaged over the clip, because that is what people rated. The statistics are those of
``affect.agreement``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesics_core.affect.agreement import (
    Agreement,
    OrderAgreement,
    order_agreement,
    rating_agreement,
)
from kinesics_core.affect.body import BodyReader
from kinesics_core.dataset.clips import Clip, Dataset
from kinesics_core.errors import KinesicsError, ModelError
from kinesics_core.skeletons import COCO17
from kinesics_core.types import NANOSECONDS, Affect, People, Person

VAD = ("valence", "arousal", "dominance")

Reader = Callable[[Iterable[People]], Iterable[Affect]]
"""Frames of one person in, in order of time; readings out, as many as there are."""

WIDTH, HEIGHT = 640, 480
"""Pixels of the image that three-dimensional clips are seen in."""

_FILLED = 0.9
"""Share of the image that a projected clip may fill."""

_SHOULDERS = [COCO17.index("left_shoulder"), COCO17.index("right_shoulder")]
_HIPS = [COCO17.index("left_hip"), COCO17.index("right_hip")]


@dataclass(frozen=True, slots=True)
class ClipReading:
    """Affect read from one clip.

    Attributes:
        clip: Name of the clip.
        vad: (3,) mean valence, arousal and dominance, -1..1; nan where nothing was said.
        speed: Mean speed of the keypoints, lengths of the torso a second.
        labels: The clip's labels.
    """

    clip: str
    vad: np.ndarray
    speed: float
    labels: Mapping[str, str]


def read_by_rules(frames: Iterable[People]) -> Iterator[Affect]:
    """Read by the rules of ``affect.body``, which serve where no network does."""
    reader = BodyReader()
    for people in frames:
        for person in people.persons:
            if (affect := reader.update(person, people.stamp)) is not None:
                yield affect


def model_reader(model: str | Path) -> Reader:
    """Return a reader that takes the emotion output of a forecaster.

    Raises:
        ModelError: The model has no such output, or its classes are no emotions.
    """
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
    """Refuse keypoints that affect cannot be read from.

    Raises:
        KinesicsError: The dataset's keypoints are not COCO-17.
    """
    if dataset.info.keypoints != COCO17:
        raise KinesicsError(
            f"{dataset.path} has the keypoints {', '.join(dataset.info.keypoints[:5])}, ...;"
            " affect is read from COCO-17. Import the recordings with COCO-17 keypoints."
        )


def read_clip(clip: Clip, reader: Reader) -> ClipReading:
    """Run one clip through a reader and average what it says."""
    found = [(a.valence, a.arousal, a.dominance) for a in reader(frames_of(clip))]
    vad = np.array(found, dtype=float).reshape(-1, 3)
    with np.errstate(invalid="ignore"):
        mean = np.nansum(vad, axis=0) / np.isfinite(vad).sum(axis=0)  # nan where nothing was said
    return ClipReading(clip.name, mean, mean_speed(clip), clip.labels)


def frames_of(clip: Clip) -> Iterator[People]:
    """Yield a clip's frames as a camera in front of the person would have them.

    Two-dimensional clips stay as they are. Three-dimensional ones are projected orthographically
    onto 640 x 480, turned so that over the clip the person faces the camera, and scaled so that
    the whole clip fits.

    Yields:
        Frames with one person, id 1, stamped from 0 on at the clip's rate; nobody in a frame
        without a keypoint.
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


def evaluate_affect(readings: Sequence[ClipReading], seed: int = 0) -> list[Agreement]:
    """Compare readings with the labels valence, arousal and dominance (-1..1) that there are.

    Clips without a rating or a reading of a dimension do not count for it.

    Raises:
        KinesicsError: No dimension has four clips, or a rating is not a number.
    """
    speed = np.array([reading.speed for reading in readings])
    found = []
    for axis, dimension in enumerate(VAD):
        rated = np.array([_number(reading, dimension) for reading in readings])
        read = np.array([reading.vad[axis] for reading in readings])
        if (agreement := rating_agreement(dimension, rated, read, speed, seed)) is not None:
            found.append(agreement)
    if not found:
        raise KinesicsError(
            f"Got {len(readings)} clips of which fewer than four have a reading and a label"
            f" {', '.join(VAD)}; wanted ratings from -1 to 1. Import a rated collection, or give"
            " an expected order with --order."
        )
    return found


def evaluate_order(
    readings: Sequence[ClipReading], label: str, levels: Sequence[str], within: str | None = None,
) -> OrderAgreement:
    """Return how often arousal rises from level to level of a label.

    Args:
        readings: Those without arousal or with another value of the label do not count.
        label: For instance "style".
        levels: Its values, lowest arousal first: exhausted, normal, active.
        within: Compare only clips that agree in this label (the content of the movement).

    Raises:
        KinesicsError: No two clips can be compared.
    """
    chosen = [r for r in readings
              if r.labels.get(label) in levels and np.isfinite(r.vad[1]) and np.isfinite(r.speed)]
    found = order_agreement(
        np.array([levels.index(r.labels[label]) for r in chosen], dtype=int),
        np.array([r.vad[1] for r in chosen]), np.array([r.speed for r in chosen]),
        np.array([r.labels.get(within, "") if within else "" for r in chosen]), levels)
    if found is None:
        there = sorted({r.labels[label] for r in readings if label in r.labels})
        raise KinesicsError(
            f"No two clips can be compared: wanted the {label} {', '.join(levels)}, and there is"
            f" {', '.join(there) or 'no such label'}."
        )
    return found


def mean_speed(clip: Clip) -> float:
    """Return the keypoints' mean speed in lengths of the torso a second, nan if unknown.

    The torso's length is the median distance of the shoulders' middle from the hips'.
    """
    step = np.linalg.norm(np.diff(clip.keypoints, axis=0), axis=-1) * clip.rate
    torso = np.linalg.norm(
        clip.keypoints[:, _SHOULDERS].mean(axis=1) - clip.keypoints[:, _HIPS].mean(axis=1), axis=-1)
    step, torso = step[np.isfinite(step)], torso[np.isfinite(torso)]
    size = float(np.median(torso)) if len(torso) else 0.0
    return float(step.mean()) / size if len(step) and size > 0 else float("nan")


def _number(reading: ClipReading, label: str) -> float:
    text = reading.labels.get(label)
    try:
        return float("nan") if text is None else float(text)
    except ValueError:
        raise KinesicsError(
            f"{reading.clip} has the {label} {text!r}; wanted a number from -1 to 1.") from None


def _frontal(keypoints: np.ndarray) -> np.ndarray:
    """Project (T, 17, 3) metres to (T, 17, 2) pixels, the person turned to the camera."""
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
    """Return width and height of the smallest image that holds every keypoint."""
    seen = pixels[np.isfinite(pixels).all(axis=-1)]
    width, height = np.ceil(seen.max(axis=0)) if len(seen) else (1.0, 1.0)
    return max(int(width), 1), max(int(height), 1)
