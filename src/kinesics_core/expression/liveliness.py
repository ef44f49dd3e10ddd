"""Small life of a face: a held expression is never quite still, the head breathes, sways and nods.

- Muscles that hold an expression waver: each region of the face by some hundredths of what it
  shows, at tenths of a hertz, by itself. A resting face twitches faintly.
- Breathing moves the head and, barely, the mouth: 14 breaths a minute, more when aroused.
- The head goes with the emotion: bowed in sadness, raised in contempt and happiness (Mignault &
  Chaudhuri, J. Nonverbal Behavior 27 (2003) 111), lowered in anger, which lowers the brows to the
  eye (Witkower & Tracy, Psychological Science 30 (2019) 893), drawn back from what surprises,
  frightens or disgusts (Coulson, J. Nonverbal Behavior 28 (2004) 117).
- A mood shows: in a slight lasting expression of the emotion it is closest to, and in brief faint
  traces of it, as feelings leak through a face that is kept (Ekman & Friesen, Psychiatry 32 (1969)
  88; Yan et al., J. Nonverbal Behavior 37 (2013) 217).
- One who attends nods now and then (Hadar, Steiner & Rose, J. Nonverbal Behavior 9 (1985) 214).

Sizes are authored. Angles are radians, REP-103: roll to the right, pitch down, yaw left positive.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kinesics_core.affect.emotions import (
    ANGER,
    CONTEMPT,
    DISGUST,
    EMOTION_VAD,
    FEAR,
    HAPPINESS,
    NEUTRAL,
    SADNESS,
    SURPRISE,
)
from kinesics_core.skeletons import ARKIT_BLENDSHAPES

_HEAD = {
    HAPPINESS: (3.0, -2.0, 0.0),
    ANGER: (0.0, 3.0, 0.0),
    SURPRISE: (0.0, -4.0, 0.0),
    SADNESS: (2.0, 7.0, 0.0),
    DISGUST: (-1.5, -3.0, 4.0),
    CONTEMPT: (3.0, -6.0, -2.0),
    FEAR: (0.0, -4.0, 2.0),
    NEUTRAL: (0.0, 0.0, 0.0),
}

HEAD_OF_EMOTION = np.radians([_HEAD[emotion] for emotion in range(8)])
"""(8, 3) roll, pitch, yaw of the head in a full emotion, added to where it looks, radians."""

_REGIONS = (("brow",), ("eye",), ("cheek",), ("nose",), ("Left",), ("Right",),
            ("mouth", "jaw", "tongue"))
"""Shapes waver together whose name has one of these, the first that fits. Jaw, tongue and the
middle of the mouth do, so that lips that are closed over an open jaw stay closed."""

REGION = np.array([
    next(i for i, parts in enumerate(_REGIONS) if any(part in name for part in parts))
    for name in ARKIT_BLENDSHAPES])
"""(52,) index of the region in which each shape wavers."""


@dataclass(frozen=True, slots=True)
class SmallMovements:
    """Sizes and tempi of what never stops; authored.

    Attributes:
        waver: Share of a shape's weight that comes and goes while it is held.
        twitch: Largest weight of a resting face's twitches.
        slow, fast: Frequency of a region's two waves, and what each next region adds, Hz.
        breath: Breaths a second at arousal 0, and what arousal adds, Hz.
        breath_pitch: Amplitude of the head's pitch, radians.
        breath_jaw: Weight of jawOpen at the height of a breath.
        sway: Amplitude of roll, pitch, yaw, radians, and their frequencies, Hz.
        nod_interval: Median time from one nod to the next while attending, and shortest, s.
        nod: Smallest and largest amplitude, radians.
        nod_time: Duration of a nod, s; half of them are followed by one half as large.
        resting: Share of a full expression that a strong mood shows at rest all the time.
        trace_interval: Median time from one trace of the mood to the next, and shortest, s.
        trace: Smallest and largest share of a full expression in a trace of a strong mood.
        trace_time: Shortest and longest duration of one, s.
        strong_mood: Length of valence, arousal, dominance from which on a mood is strong.
    """

    waver: float = 0.08
    twitch: float = 0.035
    slow: tuple[float, float] = (0.113, 0.0171)
    fast: tuple[float, float] = (0.293, 0.0233)
    breath: tuple[float, float] = (0.23, 0.10)
    breath_pitch: float = 0.004
    breath_jaw: float = 0.012
    sway: tuple[tuple[float, float, float], tuple[float, float, float]] = (
        (0.006, 0.006, 0.008), (0.071, 0.103, 0.059))
    nod_interval: tuple[float, float] = (14.0, 5.0)
    nod: tuple[float, float] = (0.03, 0.06)
    nod_time: float = 0.5
    resting: float = 0.3
    trace_interval: tuple[float, float] = (9.0, 4.0)
    trace: tuple[float, float] = (0.15, 0.35)
    trace_time: tuple[float, float] = (0.8, 1.6)
    strong_mood: float = 0.5


MOVEMENT = SmallMovements()

_TWITCHING = {
    "browInnerUp": 1.0, "browOuterUpLeft": 0.5, "browOuterUpRight": 0.4, "eyeSquintLeft": 1.0,
    "eyeSquintRight": 0.9, "cheekSquintLeft": 0.5, "cheekSquintRight": 0.5, "noseSneerLeft": 0.4,
    "noseSneerRight": 0.4, "mouthPressLeft": 1.0, "mouthPressRight": 0.9, "mouthRollLower": 0.7,
    "mouthShrugLower": 0.9, "mouthSmileLeft": 0.5, "mouthSmileRight": 0.5,
}

TWITCH = MOVEMENT.twitch * np.array([_TWITCHING.get(name, 0.0) for name in ARKIT_BLENDSHAPES])
"""(52,) weight of each shape in the strongest twitch of its region."""

_TWO_PI = 2.0 * math.pi
_LEAST_MOOD = 0.05  # length of valence, arousal, dominance below which there is none
# Contempt is no mood: it lies where anger does, and a smirk at rest would be at whoever looks.
_MOODS = np.array([e for e in range(8) if e not in (NEUTRAL, CONTEMPT)])
_DIRECTIONS = EMOTION_VAD[_MOODS] / np.linalg.norm(EMOTION_VAD[_MOODS], axis=1, keepdims=True)


class Liveliness:
    """Wavering, breath, sway and nods, by the animator's own time; the same for any step rate."""

    def __init__(self, seed: tuple[int, ...]) -> None:
        """Begin anywhere in the waves; ``seed`` decides where, and when the head nods."""
        self._nods = np.random.default_rng((*seed, 0))
        phases = np.random.default_rng((*seed, 1))
        count = np.arange(len(_REGIONS))
        self._rates = _TWO_PI * np.concatenate([
            MOVEMENT.slow[0] + MOVEMENT.slow[1] * count,
            MOVEMENT.fast[0] + MOVEMENT.fast[1] * count])
        self._phases = phases.uniform(0.0, _TWO_PI, 2 * len(_REGIONS))
        self._sway = phases.uniform(0.0, _TWO_PI, 3).tolist()
        self._breath = (0.0, 0.0, _TWO_PI * MOVEMENT.breath[0])  # time, phase there, rad/s
        self._nod = (-9.0, 0.0, False)  # when the last one began, its size, whether another follows
        self._next_nod = self._interval(self._nods, MOVEMENT.nod_interval)
        self._traces = np.random.default_rng((*seed, 2))
        self._trace = (-9.0, 1.0, 0.0)  # beginning, duration, size
        self.trace_emotion = NEUTRAL
        """Emotion of the newest trace, index."""
        self._next_trace = self._interval(self._traces, MOVEMENT.trace_interval)

    def set_arousal(self, time: float, arousal: float) -> None:
        """Breathe as one aroused by -1..1 from ``time`` on."""
        rate = _TWO_PI * (MOVEMENT.breath[0] + MOVEMENT.breath[1] * arousal)
        if rate != self._breath[2]:
            since, phase, before = self._breath
            self._breath = (time, phase + before * (time - since), rate)

    def advance(self, time: float, nodding: bool, mood: tuple[int, float]) -> None:
        """Move on to ``time``.

        Args:
            time: Own time, seconds.
            nodding: Whether a nod that is due is made.
            mood: Emotion that the mood is closest to, and its strength, 0 (no trace) to 1.
        """
        while self._next_nod <= time:
            size = self._nods.uniform(*MOVEMENT.nod)
            twice = bool(self._nods.random() < 0.5)
            if nodding:
                self._nod = (self._next_nod, size, twice)
            self._next_nod += self._interval(self._nods, MOVEMENT.nod_interval)
        while self._next_trace <= time:
            duration = self._traces.uniform(*MOVEMENT.trace_time)
            size = self._traces.uniform(*MOVEMENT.trace)
            if mood[1]:
                self.trace_emotion = mood[0]
                self._trace = (self._next_trace, duration, size * mood[1])
            self._next_trace += self._interval(self._traces, MOVEMENT.trace_interval)

    def trace(self, time: float) -> float:
        """Return how much of ``trace_emotion`` is seen, 0..1."""
        began, duration, size = self._trace
        return size * _bump((time - began) / duration)

    def regions(self, time: float) -> np.ndarray:
        """Return how far each region is from fully held, (7,), 0..1."""
        waves = np.sin(self._rates * time + self._phases)
        half = len(_REGIONS)
        return 0.5 + (waves[:half] + 0.6 * waves[half:]) / 3.2

    def breath(self, time: float) -> float:
        """Return the state of the breath, -1 (out) to 1 (in)."""
        since, phase, rate = self._breath
        return math.sin(phase + rate * (time - since))

    def head(self, time: float) -> tuple[float, float, float]:
        """Return roll, pitch, yaw of the head by sway, breath and nods."""
        roll, pitch, yaw = (
            size * math.sin(_TWO_PI * rate * time + phase)
            for size, rate, phase in zip(*MOVEMENT.sway, self._sway, strict=True))
        pitch -= MOVEMENT.breath_pitch * self.breath(time)
        began, size, twice = self._nod
        progress = (time - began) / MOVEMENT.nod_time
        if progress < 2.0:
            pitch += size * _bump(progress)
            if twice:
                pitch += 0.5 * size * _bump(progress - 0.8)
        return roll, pitch, yaw

    @staticmethod
    def _interval(draw: np.random.Generator, times: tuple[float, float]) -> float:
        median, least = times
        return least + (median - least) * math.exp(0.7 * draw.standard_normal())


def mood_of(state: np.ndarray) -> tuple[int, float]:
    """Return the emotion in whose direction a state lies, and the mood's strength, 0..1.

    Args:
        state: Valence, arousal, dominance (3,), -1..1.
    """
    length = float(np.linalg.norm(state))
    if length < _LEAST_MOOD:
        return NEUTRAL, 0.0
    nearest = int(_MOODS[(_DIRECTIONS @ state).argmax()])
    return nearest, min(length / MOVEMENT.strong_mood, 1.0)


def _bump(progress: float) -> float:
    """Return a smooth rise from 0 to 1 and back within 0..1; at rest at both ends."""
    if not 0.0 < progress < 1.0:
        return 0.0
    return 64.0 * (progress * (1.0 - progress)) ** 3
