"""The figures ``express.body_*``: the live body as real motion reads it, and as bodies may move."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from kinesics_core.affect.emotions import (
    CONTEMPT,
    DISGUST,
    EMOTION_VAD,
    EMOTIONS,
    NEUTRAL,
)
from kinesics_core.affect.recognition import macro_f1, share_ordered
from kinesics_core.bench import Result, result
from kinesics_core.judging import plausibility
from kinesics_core.judging.features import FEATURES
from kinesics_core.judging.labelled_motion import LabelledMotion
from kinesics_core.judging.live_clips import RATE, SECONDS, LiveClip, live_clip, live_clips
from kinesics_core.judging.recogniser import KNOWN, Recogniser

STRENGTH = 0.8
"""Intensity at which angles, emotions and variety are measured."""

INTENSITIES = (0.5, 0.8, 1.0)
"""Intensities of the clips that are put in order."""

RISING = (0.2, 0.4, 0.6, 0.8, 1.0)
"""Intensities over which an emotion has to grow."""

FIRST_SEED = 20
"""First of the bodies asked: the postures were written while 0 to 3 were watched, whose figures
are therefore better than those of others."""

GESTURES = ("wave", "shrug")
"""Gestures that come along in some of the clips that are read."""

GOAL_DEGREES = {emotion: 12.0 if emotion in (DISGUST, CONTEMPT) else 20.0
                for emotion in range(len(EMOTIONS)) if emotion != NEUTRAL}
"""Degrees of ``upper_body_deg`` that an emotion has to reach."""


@dataclass(frozen=True, slots=True)
class BodyScore:
    """Figures of the live body.

    Attributes:
        results: The figures beside their goals.
        readings: Emotion -> valence, arousal, dominance (3,) read at ``STRENGTH``, mean of seeds.
        known: Emotions that the recogniser was taught, indices.
        confusion: Emotion -> how often each of ``known`` was read.
    """

    results: list[Result]
    known: tuple[int, ...] = KNOWN
    readings: dict[int, np.ndarray] = field(default_factory=dict)
    confusion: dict[int, np.ndarray] = field(default_factory=dict)


def score_body(
    model: Recogniser, real: Mapping[str, np.ndarray], seeds: int = 8, seconds: float = SECONDS,
    tell: Callable[[str], None] = lambda step: None,
) -> BodyScore:
    """Generate clips of the live body and judge them.

    Args:
        model: Of real motion.
        real: ``plausibility.reference`` of real motion, and ``distinct``.
        seeds: How many bodies are asked.
        seconds: Length of a clip.
        tell: Hears what is done next.
    """
    tell("clips without a gesture")
    clips = live_clips(INTENSITIES, range(FIRST_SEED, FIRST_SEED + seeds), seconds)
    out = BodyScore([], model.known)
    out.results.extend(_read(model, clips, out))
    tell("clips with a gesture")
    asked = range(FIRST_SEED, FIRST_SEED + seeds)
    gestured = [clip for k, gesture in enumerate(GESTURES)
                for clip in live_clips((STRENGTH,), asked[k::len(GESTURES)], seconds, gesture)]
    out.results.extend(_read_gestured(model, gestured))
    tell("growth with intensity")
    out.results.extend(_angles(clips))
    out.results.append(_rise(seconds))
    tell("limits, overlaps, likelihood, feet, accelerations")
    out.results.extend(_plausible([*clips, *gestured], real))
    out.results.append(_distinct(model, clips, real))
    return out


def _read(model: Recogniser, clips: Sequence[LiveClip], out: BodyScore) -> list[Result]:
    vad = _readings(model, clips)
    wanted = np.array([_wanted(clip) for clip in clips])
    emotions = np.array([clip.emotion for clip in clips])
    strong = np.array([clip.intensity == STRENGTH or clip.emotion == NEUTRAL for clip in clips])
    # Named beside the emotions it was taught, as when it was taught them.
    found = model.emotions(_readings(model, clips, model.known))
    for emotion in range(len(EMOTIONS)):
        own = strong & (emotions == emotion)
        out.readings[emotion] = vad[own].mean(0)
        out.confusion[emotion] = np.array([(found[own] == known).sum() for known in model.known])
    known = strong & np.isin(emotions, model.known)
    valence, arousal = (share_ordered(vad[:, part], wanted[:, part]) for part in (0, 1))
    return [
        result("express.body_order", 0.5 * (valence + arousal), "", ">= 0.9"),
        result("express.body_order_valence", valence, "", ">= 0.9"),
        result("express.body_order_arousal", arousal, "", ">= 0.9"),
        result("express.body_macro_f1", macro_f1(emotions[known], found[known]), "", ">= 0.5"),
    ]


def _read_gestured(model: Recogniser, clips: Sequence[LiveClip]) -> list[Result]:
    vad = _readings(model, clips)
    wanted = np.array([_wanted(clip) for clip in clips])
    valence, arousal = (share_ordered(vad[:, part], wanted[:, part]) for part in (0, 1))
    return [result("express.gestured_order_valence", valence, ""),
            result("express.gestured_order_arousal", arousal, "")]


def _readings(
    model: Recogniser, clips: Sequence[LiveClip], among: Collection[int] = range(len(EMOTIONS))
) -> np.ndarray:
    """Return valence, arousal, dominance (N, 3), relative to the mean of some emotions."""
    features = np.array([clip.features() for clip in clips])
    emotions = np.array([clip.emotion for clip in clips])
    usual = np.mean([features[emotions == emotion].mean(0)
                     for emotion in set(emotions.tolist()) & set(among)], axis=0)
    return model.read(features, usual)


def _wanted(clip: LiveClip) -> np.ndarray:
    return clip.intensity * EMOTION_VAD[clip.emotion]


def _angles(clips: Sequence[LiveClip]) -> list[Result]:
    neutral = {clip.seed: clip for clip in clips if clip.emotion == NEUTRAL}
    out = []
    for emotion, goal in GOAL_DEGREES.items():
        degrees = [plausibility.upper_body_degrees(clip, neutral[clip.seed]) for clip in clips
                   if clip.emotion == emotion and clip.intensity == STRENGTH]
        out.append(result(f"express.upper_body_deg.{EMOTIONS[emotion]}", float(np.mean(degrees)),
                          "deg", f">= {goal:g}"))
    return out


def _rise(seconds: float, seed: int = FIRST_SEED) -> Result:
    """Return the share of steps of intensity at which the body leaves neutral further."""
    neutral = live_clip(NEUTRAL, 1.0, seed, seconds)
    rises = []
    for emotion in GOAL_DEGREES:
        degrees = [plausibility.upper_body_degrees(live_clip(emotion, intensity, seed, seconds),
                                                   neutral) for intensity in RISING]
        rises += [late > early for early, late in zip(degrees[:-1], degrees[1:], strict=True)]
    return result("express.rising", float(np.mean(rises)), "", ">= 1")


def _plausible(clips: Sequence[LiveClip], real: Mapping[str, np.ndarray]) -> list[Result]:
    poses = np.concatenate([clip.rotations for clip in clips])
    sparse = poses[::3]
    inside = plausibility.within_limits(poses).mean()
    likely = (plausibility.energies(poses) <= float(real["energy"])).mean()
    depth = np.percentile(plausibility.overlaps(sparse), 99)
    feet = np.concatenate([plausibility.foot_speeds(clip) for clip in clips])
    fast = np.percentile(np.concatenate(
        [plausibility.angular_accelerations(clip.rotations, RATE)[:, 1:].ravel()
         for clip in clips]), 99)
    bound, peer = float(real["acceleration"]), "real motion"
    deep = float(real["overlap"][2])
    return [
        result("express.within_limits", float(inside), "", ">= 0.99", peer, float(real["limits"])),
        result("express.overlap_p99_mm", float(depth), "mm", f"<= {max(deep, 0.1):.3g}", peer,
               deep),
        result("express.likely", float(likely), "", ">= 0.95", peer, 0.95),
        result("express.foot_speed_p99", float(np.percentile(feet, 99)), "cm/s", "<= 1"),
        result("express.acceleration_p99", float(fast), "rad/s2", f"<= {1.5 * bound:.3g}", peer,
               bound),
    ]


def _distinct(
    model: Recogniser, clips: Sequence[LiveClip], real: Mapping[str, np.ndarray]
) -> Result:
    apart = []
    for emotion in GOAL_DEGREES:
        some = [clip.features() for clip in clips
                if clip.emotion == emotion and clip.intensity == STRENGTH]
        apart += _distances(model, np.array(some))
    return result("express.distinct", float(np.mean(apart)) if apart else None, "spreads", None,
                  "real clips of one label", float(real["distinct"]))


def distinct(model: Recogniser, motions: Sequence[LabelledMotion]) -> np.ndarray:
    """Return the mean distance, in spreads, of real windows of one body, source and emotion."""
    groups: dict[tuple[str, int], list[np.ndarray]] = {}
    for motion in motions:
        if motion.emotion is not None:
            groups.setdefault((motion.source, motion.emotion), []).append(motion.windows)
    apart = []
    for windows in groups.values():
        apart.append(np.mean(_distances(model, np.concatenate(windows)) or [np.nan]))
    return np.array(np.nanmean(apart))


def _distances(model: Recogniser, features: np.ndarray) -> list[float]:
    columns = [FEATURES.index(name) for name in model.used]
    z = features[:, columns] / model.spread
    one, other = np.triu_indices(len(z), 1)
    root = np.sqrt(len(columns))
    return [float(np.linalg.norm(z[a] - z[b]) / root) for a, b in zip(one, other, strict=True)]
