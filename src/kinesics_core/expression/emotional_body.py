"""The body of an emotion over time: onset of its posture, life while it is held, and its end."""

from __future__ import annotations

import math
from dataclasses import astuple

import numpy as np

from kinesics_core.affect.emotions import NEUTRAL, emotion_index
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.emotional_postures import (
    ARMS,
    LIFE,
    REST,
    SIZE,
    STANCE,
    WEIGHT,
    Life,
    PostureChoice,
)
from kinesics_core.expression.onset import TIMING, Course
from kinesics_core.expression.posture import COLLARS, HEAD, LEFT_ARM, RIGHT_ARM, SPINE

BODY_LAG = 1.25
"""Time that a body takes for an onset or offset, in times of the face's (``onset.TIMING``): heavier
parts are slower; authored."""

_STEP = 0.02  # change of intensity that is worth a new move
_LIFE_TIME = 0.5  # s, time constant with which the life of another emotion is taken on
_TREMOR = (6.3, 7.7)  # Hz, of the left and the right arm
_TREMBLES = np.array([0.0, 0.25, 0.15, 0.0, 0.55, 0.35, 0.6, 0.5, 0.0])  # of an arm's vector
_BEATS = np.array([0.0, 0.0, 0.0, 0.0, -0.8, 0.3, 0.0, 0.3, 0.0])  # the forearm goes down
_SWING_SHARE = 0.35  # of a beat, that the trunk takes part with
_BOUNCE_SHOULDERS = 1.6  # radians of the shoulders per metre of a bounce


def _numbers(life: Life) -> np.ndarray:
    """Return a life as numbers (11,): breath 3, tremor, bounce 2, beat 2, shake 2, sway."""
    flat: list[float] = []
    for part in astuple(life):
        flat += part if isinstance(part, tuple) else [part]
    return np.array(flat)


_LIVES = np.array([_numbers(LIFE[emotion]) for emotion in range(len(LIFE))])
_BREATH, _TREMOR_SIZE, _BOUNCE, _BEAT, _SHAKE, _SWAY = (
    slice(0, 3), 3, slice(4, 6), slice(6, 8), slice(8, 10), 10)
_HERTZ = [4, 6, 8]  # of bounce, beat and shake: not to be scaled by intensity


class EmotionalBody:
    """The posture that a body goes to, and its movement there, in an animator's own time."""

    def __init__(self, seed: int) -> None:
        """Rest; ``seed`` chooses postures and phases."""
        self._choice = PostureChoice(np.random.default_rng((seed, 2)))
        phases = np.random.default_rng((seed, 3)).uniform(0.0, 2.0 * math.pi, 6)
        self._tremor, self._wander = phases[:2], phases[2:4]
        self._bounce = self._beat = 0.0
        self._shake = float(phases[4])
        self._emotion, self._intensity = NEUTRAL, 0.0
        self._posture = np.zeros(SIZE)
        self._course = Course(self._posture)
        self._life = _LIVES[NEUTRAL].copy()
        self._now = self._posture
        self._time = 0.0

    @property
    def breath(self) -> np.ndarray:
        """Addition of the emotion to breath (3,): hertz, and radians of chest and shoulders."""
        added: np.ndarray = self._life[_BREATH] - _LIVES[NEUTRAL, _BREATH]
        return added

    @property
    def shown(self) -> tuple[int, float]:
        """Index of the emotion that is shown or gone to, and its intensity."""
        return self._emotion, self._intensity

    @property
    def sway(self) -> float:
        """Factor of the emotion on the sway of idle movement."""
        return float(self._life[_SWAY])

    def set(self, emotion: int | str, intensity: float) -> None:
        """Move to the posture of an emotion, in that emotion's own time; neutral lets go of it.

        An emotion that is already shown keeps its posture and changes only its strength.

        Args:
            emotion: Name, or index into ``EMOTIONS``.
            intensity: 0 (none) to 1 (full).

        Raises:
            KinesicsError: There is no such emotion, or the intensity is outside 0..1.
        """
        index = emotion_index(emotion)
        if not 0.0 <= intensity <= 1.0:
            raise KinesicsError(
                f"Got intensity {intensity}; give a number from 0 (none) to 1 (full).")
        intensity = 0.0 if index == NEUTRAL else float(intensity)
        if index == self._emotion and abs(intensity - self._intensity) < _STEP:
            return
        timing = TIMING[self._emotion if index == NEUTRAL else index]
        if index != self._emotion:
            self._posture = self._choice.draw(index)
        lasts = timing.onset if intensity > self._intensity or index != NEUTRAL else timing.offset
        self._course.go(self._time, intensity * self._posture, BODY_LAG * lasts)
        self._emotion, self._intensity = index, intensity

    def step(self, dt: float) -> None:
        """Move on by ``dt`` seconds."""
        self._time += dt
        wanted = _LIVES[NEUTRAL] + self._intensity * (_LIVES[self._emotion] - _LIVES[NEUTRAL])
        wanted[_HERTZ] = _LIVES[self._emotion, _HERTZ]
        if self._emotion == NEUTRAL:
            wanted[_HERTZ] = self._life[_HERTZ]  # what fades keeps its tempo
        self._life += (1.0 - math.exp(-dt / _LIFE_TIME)) * (wanted - self._life)
        turn = 2.0 * math.pi * dt
        self._bounce += turn * self._life[_BOUNCE][0]
        # Beats come irregularly: their tempo wanders by two fifths.
        drift = 1.0 + 0.25 * math.sin(1.9 * self._time + self._wander[0]) + 0.15 * math.sin(
            3.1 * self._time + self._wander[1])
        self._beat += turn * self._life[_BEAT][0] * drift
        self._shake += turn * self._life[_SHAKE][0] * drift
        self._now = self._course.at(self._time)

    def apply(self, pose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Lay the emotion over a pose.

        Args:
            pose: (26,) of ``expression.posture``.

        Returns:
            The pose (26,), and the pelvis (6,): metres to the left, up and forward, and roll,
            pitch, yaw in radians.
        """
        now, life = self._now, self._life
        out = np.empty_like(pose)
        out[ARMS] = (1.0 - now[WEIGHT]) * pose[ARMS] + now[ARMS]
        out[REST] = pose[REST] + now[REST]
        stance = now[STANCE].copy()
        beat = life[_BEAT][1] * max(0.0, math.sin(self._beat)) ** 3
        for part, hertz, phase in zip(
                (LEFT_ARM, RIGHT_ARM), _TREMOR, self._tremor, strict=True):
            tremor = life[_TREMOR_SIZE] * math.sin(2.0 * math.pi * hertz * self._time + phase)
            out[part] += tremor * _TREMBLES + beat * _BEATS
        out[SPINE.start + 1] += _SWING_SHARE * beat
        shake = life[_SHAKE][1] * math.sin(self._shake)
        out[HEAD.start + 2] += shake
        out[HEAD.start] += 0.4 * life[_SHAKE][1] * math.sin(0.61 * self._shake)
        bounce = life[_BOUNCE][1] * (0.5 - 0.5 * math.cos(self._bounce))
        stance[1] -= bounce
        out[COLLARS] += _BOUNCE_SHOULDERS * bounce
        return out, stance

    @property
    def aim(self) -> np.ndarray:
        """Posture (33,) that the body goes to; zero where nothing is shown."""
        aim: np.ndarray = self._intensity * self._posture
        return aim

    def share(self, aim: np.ndarray) -> float:
        """Return how much of a posture (33,) is there, 0..1: the body's component along it."""
        length = float(aim @ aim)
        return float(np.clip(self._now @ aim / length, 0.0, 1.0)) if length else 0.0
