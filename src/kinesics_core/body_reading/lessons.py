"""Lessons of the reader of bodies: plain movements in every emotion, generated and real ones.

Four kinds, each as much as its share: plain recordings restyled in every emotion (contents count
by the root of their windows, so the many walks do not drown the rest), generated emotional motion
(``synthesis``), plain recordings as they are (neutral), recordings with a word for their emotion.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from kinesics_core.affect.emotions import EMOTION_VAD, EMOTIONS, NEUTRAL
from kinesics_core.body_reading.emotional_restyling import draw_change, played, restyle
from kinesics_core.body_reading.recordings import (
    Recording,
    is_plain,
    says_nothing,
    upright,
)
from kinesics_core.body_reading.views import another_body, cues_of
from kinesics_core.settings import check, setting
from kinesics_core.synthesis.emotional_motion import make, plan_clips
from kinesics_core.synthesis.emotions import KNOWN

KINDS = ("restyled", "generated", "plain", "labelled")
"""Kinds of lessons."""

SHARES = {"restyled": 1.0, "generated": 1.0, "plain": 0.4, "labelled": 0.3}
"""Weight of each kind; chosen by collections left out."""

FREQUENCY = np.array([1.0, 1.0, 0.5, 1.0, 0.4, 0.25, 0.7, 1.5])
"""(8,) how much an emotion counts: bodies hardly show disgust and contempt (Wallbott 1998; Dael,
Mortillaro & Scherer 2012)."""

_PIECE, _SHORTEST = 240, 40  # frames of a piece of a recording, at 30 Hz
_PACE = 0.25  # spread of the log of the pace at which a movement is restyled
_KEEP_PACE = 0.12  # the same of movements that are shown as they are
_MOST_OF_ONE = 12  # times that one piece is restyled in all emotions
_PER_LABELLED = 40  # windows of a labelled recording
_PER_GENERATED, _PER_MOTION = 6, 2


@dataclass(frozen=True)
class LessonConfig:
    """Settings of the lessons."""

    per_content: int = setting(
        60, "restyled pieces of each content, each in all emotions", bounds=(1, 10_000))
    generated: int = setting(1600, "generated clips of ten seconds", bounds=(8, 1_000_000))
    seed: int = setting(1, "of every random number", bounds=(0, 2**31 - 1))

    def __post_init__(self) -> None:
        """Refuse values out of bounds."""
        check(self)


@dataclass
class Lessons:
    """Windows to learn from.

    Attributes:
        cues: (N, C).
        emotion: (N,) index into ``EMOTIONS``, -1 where the word is no single one.
        vad: (N, 3), nan where not known.
        kind: (N,) index into ``KINDS``.
        source: (N,) the collection, as text.
        content: (N,) as text.
    """

    cues: np.ndarray
    emotion: np.ndarray
    vad: np.ndarray
    kind: np.ndarray
    source: np.ndarray
    content: np.ndarray

    def weights(self, without: Sequence[str] = ()) -> np.ndarray:
        """Return how much each window counts (N,); 0 for collections left out."""
        weight = np.zeros(len(self.emotion))
        kept = ~np.isin(self.source, list(without))
        for number, kind in enumerate(KINDS):
            own = kept & (self.kind == number)
            names = np.unique(self.content[own])
            sizes = np.array([np.sum(own & (self.content == name)) for name in names])
            parts = np.sqrt(sizes) / max(np.sqrt(sizes).sum(), 1.0)
            for name, size, part in zip(names, sizes, parts, strict=True):
                weight[own & (self.content == name)] = SHARES[kind] * part / size
        return weight * np.where(self.emotion < 0, 1.0, FREQUENCY[self.emotion])


@dataclass
class _Collected:
    motions: list[np.ndarray] = field(default_factory=list)
    rows: list[tuple[int, np.ndarray, int, str, str]] = field(default_factory=list)
    repeats: list[int] = field(default_factory=list)

    def add(
        self, motion: np.ndarray, emotion: int, vad: np.ndarray, about: tuple[int, str, str],
        repeats: int,
    ) -> None:
        self.motions.append(motion)
        self.rows.append((emotion, vad, *about))
        self.repeats.append(repeats)


def make_lessons(
    recordings: Sequence[Recording], config: LessonConfig,
    tell: Callable[[str, float], None] = lambda what, share: None,
) -> Lessons:
    """Return windows to learn from.

    Args:
        recordings: In three dimensions: plain ones are restyled and shown as they are, those with
            a word are shown as they are.
        config: How much of each.
        tell: Hears what is done and which share of it is done.
    """
    rng = np.random.default_rng(config.seed)
    out = _Collected()
    usable = [recording for recording in recordings
              if upright(recording) and not says_nothing(recording)]
    generated = _generated(config, tell)
    plain: dict[str, list[tuple[str, np.ndarray]]] = {}
    for recording in usable:
        if is_plain(recording):
            for piece in _pieces(recording):
                plain.setdefault(recording.content, []).append((recording.source, piece))
    still = [motion[60:60 + _PIECE] for motion, emotion, _ in generated if emotion == NEUTRAL]
    plain["generated"] = [("generated", motion) for motion in still]
    _add_restyled(rng, plain, config.per_content, out, tell)
    for recording in usable:
        if not is_plain(recording):
            _add_labelled(rng, recording, out)
    for motion, emotion, vad in generated:
        out.add(another_body(rng, motion), emotion, vad, (1, "generated", "generated"),
                _PER_GENERATED)
    tell("cameras", 0.0)
    which = np.repeat(np.arange(len(out.motions)), out.repeats)
    cues = cues_of(rng, out.motions, which).astype(np.float32)
    emotion, vad, kind, source, content = zip(*out.rows, strict=True)
    return Lessons(
        cues, np.array(emotion)[which], np.array(vad)[which], np.array(kind)[which],
        np.array(source)[which], np.array(content)[which])


def _pieces(recording: Recording) -> list[np.ndarray]:
    count = len(recording.keypoints)
    starts = range(0, max(1, count - _PIECE // 2), _PIECE)
    pieces = [recording.keypoints[start:start + _PIECE] for start in starts]
    return [piece for piece in pieces if len(piece) >= _SHORTEST]


def _add_restyled(
    rng: np.random.Generator, plain: dict[str, list[tuple[str, np.ndarray]]], per_content: int,
    out: _Collected, tell: Callable[[str, float], None],
) -> None:
    for number, (content, pieces) in enumerate(sorted(plain.items())):
        tell("restyling", number / len(plain))
        order = rng.permutation(len(pieces))
        for turn in range(min(per_content, _MOST_OF_ONE * len(pieces))):
            source, piece = pieces[order[turn % len(pieces)]]
            for emotion, name in enumerate(EMOTIONS):
                change, strength = draw_change(rng, name)
                motion = restyle(another_body(rng, _paced(rng, piece, _PACE)), change)
                out.add(motion.astype(np.float32), emotion, strength * EMOTION_VAD[emotion],
                        (0, source, content), _PER_MOTION)
            if source != "generated":
                motion = another_body(rng, _paced(rng, piece, _KEEP_PACE))
                vad = np.array([0.0, np.nan, np.nan])
                out.add(motion, NEUTRAL, vad, (2, source, content), 2 * _PER_MOTION)


def _add_labelled(rng: np.random.Generator, recording: Recording, out: _Collected) -> None:
    emotion = -1 if recording.emotion is None else recording.emotion
    motion = another_body(rng, _paced(rng, recording.keypoints, _KEEP_PACE))
    out.add(motion, emotion, recording.vad,
            (3, recording.source, f"{recording.source}/{recording.word}"), _PER_LABELLED)


def _paced(rng: np.random.Generator, motion: np.ndarray, spread: float) -> np.ndarray:
    quicker = played(motion, float(np.exp(rng.normal(0.0, spread))), 0.0)
    return quicker if len(quicker) >= _SHORTEST else np.asarray(motion)


def _generated(
    config: LessonConfig, tell: Callable[[str, float], None]
) -> list[tuple[np.ndarray, int, np.ndarray]]:
    """Return generated clips: motion (300, 17, 3), emotion, valence, arousal and dominance."""
    plans = plan_clips(15 * config.generated, [KNOWN[name] for name in EMOTIONS], config.seed)
    found = []
    for number, plan in enumerate(plans[:config.generated]):
        tell("generating", number / config.generated)
        clip = make(plan)
        vad = np.array([float(clip.labels[part]) for part in ("valence", "arousal", "dominance")])
        found.append((clip.keypoints, EMOTIONS.index(clip.labels["emotion"]), vad))
    return found
