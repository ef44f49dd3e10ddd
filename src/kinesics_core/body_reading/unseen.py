"""Collections left out one by one: what is read of people never seen, and the calibration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.affect.body_head import BodyHead
from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL
from kinesics_core.body_reading.lessons import FREQUENCY, KINDS, Lessons
from kinesics_core.body_reading.recordings import Recording, is_plain, says_nothing, upright
from kinesics_core.body_reading.scores import BodyScores, body_scores
from kinesics_core.body_reading.training import TrainingConfig, Unseen, calibrated, fit
from kinesics_core.body_reading.views import cues_of

_WINDOWS = 12  # of a recording, at most; one a second below
_SPEEDS = slice(23, 26)  # columns of the cues: wrists, elbows, head
_REAL = 0.4  # weight of people's own emotions in the calibration; the rest are restyled movements


@dataclass(frozen=True, eq=False)
class Viewed:
    """Windows of recordings through random cameras, by recording.

    Attributes:
        recordings: R of them.
        cues: (N, C).
        which: (N,) index of the recording.
    """

    recordings: list[Recording]
    cues: np.ndarray
    which: np.ndarray


def viewed(recordings: Sequence[Recording], seed: int = 0) -> Viewed:
    """Return windows of recordings as random cameras and a faulty detector see them."""
    usable = [recording for recording in recordings
              if upright(recording) and not says_nothing(recording)]
    counts = [int(np.clip(len(one.keypoints) // 30, 4, _WINDOWS)) for one in usable]
    which = np.repeat(np.arange(len(usable)), counts)
    motions = [recording.keypoints for recording in usable]
    rng = np.random.default_rng(seed)
    return Viewed(usable, cues_of(rng, motions, which, vary=False), which)


def trained(
    lessons: Lessons, seen: Viewed, config: TrainingConfig,
    tell: Callable[[str, float], None] = lambda what, share: None,
    together: Sequence[Sequence[str]] = (),
) -> tuple[BodyHead, dict[str, BodyScores]]:
    """Return a calibrated reader of all collections, and scores by collection left out.

    Args:
        lessons: To learn from.
        seen: Windows of the recordings, by which readers that have not learned from their
            collection are judged.
        config: Of the training.
        tell: Hears what is done and which share of it is done.
        together: Groups of collections that may hold the same people: left out together.
    """
    sources = sorted({recording.source for recording in seen.recordings})
    source_of = np.array([recording.source for recording in seen.recordings])[seen.which]
    outputs = np.full((len(seen.cues), len(EMOTIONS) + 3), np.nan)
    restyled = np.flatnonzero((lessons.kind == KINDS.index("restyled"))
                              & np.isin(lessons.source, sources))
    styled = np.full((len(restyled), len(EMOTIONS) + 3), np.nan)
    for source in sources:
        tell(f"without {source}", 0.0)
        alike = [name for group in together if source in group for name in group]
        head = fit(lessons, config, (source, *alike))
        for found, cues, mine in (
            (outputs, seen.cues, source_of == source),
            (styled, lessons.cues[restyled], lessons.source[restyled] == source),
        ):
            found[mine] = head.outputs(cues[mine])
    tell("with everything", 0.0)
    everything = fit(lessons, config)
    head = calibrated(everything, _unseen(seen, outputs, lessons, restyled, styled))
    for found in (outputs, styled):
        found += head.biases - everything.biases
    scores = {source: _scores(seen, outputs, head, [source]) for source in sources}
    scores["all"] = _scores(seen, outputs, head, sources)
    by_source = lessons.source[restyled]
    scores |= {f"{source}, restyled": _restyled_scores(lessons, restyled[by_source == source],
                                                       styled[by_source == source], head)
               for source in sources if (by_source == source).any()}
    return head, scores


def _unseen(
    seen: Viewed, outputs: np.ndarray, lessons: Lessons, restyled: np.ndarray, styled: np.ndarray
) -> Unseen:
    labels = [_label(recording) for recording in seen.recordings]
    emotion = np.array([-1 if one is None else one for one in labels])[seen.which]
    vad = np.array([_vad(recording) for recording in seen.recordings])[seen.which]
    windows = np.bincount(seen.which, minlength=len(labels))
    by_source = {source: sum(one.source == source for one in seen.recordings)
                 for source in {one.source for one in seen.recordings}}
    # A collection counts by the root of its recordings, so that one of them does not decide.
    alike = np.array([by_source[one.source] ** -0.5 for one in seen.recordings])
    real = (alike / np.maximum(windows, 1))[seen.which]
    real[emotion != NEUTRAL] *= _REAL / max(real[emotion != NEUTRAL].sum(), 1e-9)
    artful = np.where(lessons.emotion[restyled] == NEUTRAL, 0.0,
                      FREQUENCY[lessons.emotion[restyled]])
    artful *= (1.0 - _REAL) / max(artful.sum(), 1e-9)
    real[emotion == NEUTRAL] /= max(real[emotion == NEUTRAL].sum(), 1e-9)
    return Unseen(
        np.concatenate([outputs, styled]), np.concatenate([vad, lessons.vad[restyled]]),
        np.concatenate([real, artful]), np.concatenate([emotion == NEUTRAL, artful < 0.0]))


def _restyled_scores(
    lessons: Lessons, rows: np.ndarray, outputs: np.ndarray, head: BodyHead
) -> BodyScores:
    shares, vad = _calibrated(outputs, lessons.cues[rows], head)
    return body_scores(
        lessons.emotion[rows].tolist(), lessons.vad[rows], shares, vad,
        _speeds(lessons.cues[rows]))


def _calibrated(
    outputs: np.ndarray, cues: np.ndarray, head: BodyHead
) -> tuple[np.ndarray, np.ndarray]:
    vad = np.clip(outputs[:, len(EMOTIONS):] * head.vad_scale, -1.0, 1.0)
    return head.emotions(outputs, cues), vad


def _speeds(cues: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        speeds: np.ndarray = np.nan_to_num(np.exp(cues[:, _SPEEDS])).mean(axis=1)
    return speeds


def _scores(
    seen: Viewed, outputs: np.ndarray, head: BodyHead, sources: Sequence[str]
) -> BodyScores:
    chosen = [index for index, one in enumerate(seen.recordings) if one.source in sources]
    means = [np.array([values[seen.which == index].mean(0) for index in chosen])
             for values in (*_calibrated(outputs, seen.cues, head), _speeds(seen.cues))]
    return body_scores(
        [_label(seen.recordings[index]) for index in chosen],
        np.array([_vad(seen.recordings[index]) for index in chosen]), *means)


def _label(recording: Recording) -> int | None:
    return NEUTRAL if is_plain(recording) else recording.emotion


def _vad(recording: Recording) -> np.ndarray:
    """Return what is known: of somebody whom nothing is said to move, a valence of 0 alone."""
    if is_plain(recording):
        return np.array([0.0, np.nan, np.nan])
    return recording.vad
