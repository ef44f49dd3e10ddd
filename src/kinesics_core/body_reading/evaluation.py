"""Labelled bodies read as a robot would: frames in, readings out, scored beside trivial readers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.affect.reader import AffectReader
from kinesics_core.bench import Result, result
from kinesics_core.body_reading.recordings import RATE, Recording, read_recordings
from kinesics_core.body_reading.scores import FOUR, BodyScores, body_scores
from kinesics_core.dataset.clips import Clip
from kinesics_core.experiments.affect_evaluation import (
    Reader,
    frames_of,
    mean_speed,
    model_reader,
)
from kinesics_core.motion.runtime import ForecastConfig, Forecaster
from kinesics_core.types import Affect, People

GOAL_AUC, GOAL_F1, GOAL_ECE, GOAL_NEUTRAL = 0.85, 0.55, 0.10, 0.15
"""Goals of readings of actors never seen."""


@dataclass(frozen=True, eq=False)
class Read:
    """One recording and what was read of it, means over its frames.

    Attributes:
        recording: Which.
        probabilities: (8,) of ``EMOTIONS``; an eighth each where nothing was read.
        vad: (3,); 0 where nothing was read.
        confidence: Mean, 0..1.
        speed: Of the keypoints, torsos a second.
    """

    recording: Recording
    probabilities: np.ndarray
    vad: np.ndarray
    confidence: float
    speed: float


def read_bodies(
    recordings: Sequence[Recording], model: str | Path | None = None,
    tell: Callable[[float], None] = lambda share: None,
) -> list[Read]:
    """Read recordings, seen from the front, each by a reader that knows nobody.

    Args:
        recordings: Of any collection.
        model: A forecaster with classes, read alone; None: what the robot believes, of the shipped
            forecaster and the reader of bodies together.
        tell: Hears which share is done.
    """
    reader: Reader = live_reader() if model is None else model_reader(model)
    found = []
    for number, recording in enumerate(recordings):
        tell(number / len(recordings))
        found.append(read_body(recording, reader))
    return found


def live_reader(model: str | Path = ForecastConfig.model) -> Reader:
    """Return a reader that reads as the loop does: forecaster and reader of bodies together.

    Args:
        model: The forecaster.
    """
    forecaster = Forecaster(model)

    def read(frames: Iterable[People]) -> Iterator[Affect]:
        forecaster.reset()
        reader = AffectReader()
        for people in frames:
            reader.add_body_readings(forecaster.update(people).affects)
            yield from reader.update(people)

    return read


def read_body(recording: Recording, reader: Reader) -> Read:
    """Read one recording."""
    clip = Clip(recording.name, recording.source, recording.name, RATE, recording.keypoints)
    readings = list(reader(frames_of(clip)))
    if not readings:
        return Read(recording, np.full(len(EMOTIONS), 1.0 / len(EMOTIONS)), np.zeros(3), 0.0,
                    mean_speed(clip))
    probabilities = np.mean([reading.categories for reading in readings], axis=0)
    vad = _known_mean([(one.valence, one.arousal, one.dominance) for one in readings])
    return Read(recording, probabilities, vad,
                float(np.mean([one.confidence for one in readings])), mean_speed(clip))


def score(reads: Sequence[Read]) -> BodyScores:
    """Return the scores of readings."""
    return body_scores(
        [read.recording.emotion for read in reads],
        np.array([read.recording.vad for read in reads]),
        np.array([read.probabilities for read in reads]), np.array([read.vad for read in reads]),
        np.array([read.speed for read in reads]))


def results(scores: BodyScores) -> list[Result]:
    """Return the figures ``affect.body_*``, beside what they are to reach and trivial readers."""
    found = [
        result(f"affect.body_auc.{EMOTIONS[emotion]}", scores.auc[emotion], "",
               f">= {GOAL_AUC}", "speed alone", scores.speed_auc[emotion])
        for emotion in FOUR if emotion in scores.auc]
    return [
        *found,
        result("affect.body_macro_f1", scores.macro_f1, "", f">= {GOAL_F1}", "majority",
               scores.majority_f1),
        result("affect.body_accuracy", scores.accuracy, "", None, "majority",
               scores.majority_accuracy),
        result("affect.body_arousal_order", scores.arousal_order, "", None, "speed alone",
               scores.speed_order),
        result("affect.body_valence_order", scores.valence_order, ""),
        result("affect.body_neutral_valence", abs(scores.neutral_valence), "",
               f"<= {GOAL_NEUTRAL}"),
        result("affect.body_ece", scores.ece, "", f"<= {GOAL_ECE}",
               "calibrated exactly, by chance", scores.chance_ece),
    ]


def bench_body(folders: Iterable[Path], words: Sequence[str] = ()) -> list[Result]:
    """Return the figures of labelled folders, for benches.

    Args:
        folders: See ``recordings.read_recordings``.
        words: Only recordings with one of these words (happy, sad, ...); none: all with a word.
    """
    chosen = [one for one in read_recordings(list(folders))
              if one.word and (not words or one.word in words)]
    return results(score(read_bodies(chosen)))


def _known_mean(vads: Sequence[tuple[float, float, float]]) -> np.ndarray:
    values = np.array(vads, float)
    known = np.isfinite(values)
    mean: np.ndarray = np.where(known, values, 0.0).sum(0) / np.maximum(known.sum(0), 1)
    return mean
