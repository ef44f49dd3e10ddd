"""The body of an emotion over time: onset of its posture, life while it is held, and its end."""

from __future__ import annotations

import math
from dataclasses import astuple

import numpy as np

from kinesics_core.affect.emotions import NEUTRAL, emotion_index
from kinesics_core.body.gestures import minimum_jerk
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
    PostureTake,
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
_STARTLED_FOR = 0.45  # s that a start is held, after its onset; authored
_SETTLES_IN = 1.2  # s in which it gives way to the posture that follows; authored
_STROKE_SIZES = (0.5, 1.3)  # least and largest stroke, of the one that is keyed
_STROKE_TEMPI = (0.7, 1.4)
_LOOKS_TRUNK = 0.3  # of a turn of the head that the trunk takes up
_BOUNCE_SHOULDERS = 1.6  # radians of the shoulders per metre of a bounce


def _numbers(life: Life) -> np.ndarray:
    """Return a life as numbers (13,), in the order of its fields."""
    flat: list[float] = []
    for part in astuple(life):
        flat += part if isinstance(part, tuple) else [part]
    return np.array(flat)


_LIVES = np.array([_numbers(LIFE[emotion]) for emotion in range(len(LIFE))])
_BREATH, _TREMOR_SIZE, _BOUNCE, _STROKE, _UNEVEN, _SHAKE, _SWAY = (
    slice(0, 3), 3, slice(4, 6), slice(6, 9), 9, slice(10, 12), 12)
_TEMPI = [4, 6, 7, 8, 9, 10]  # of bounce, stroke and shake: not to be scaled by intensity


def stroke_at(phase: float, attack: float, rest: float) -> float:
    """Return how far a stroke has gone, 0..1.

    Args:
        phase: 0 at its beginning .. 1 at the next one's.
        attack: Share of that time in which it goes out.
        rest: Share in which nothing moves, before the next.
    """
    if phase < attack:
        return minimum_jerk(phase / attack)
    return 1.0 - minimum_jerk(min(1.0, (phase - attack) / max(1.0 - attack - rest, 1e-6)))


class EmotionalBody:
    """The posture that a body goes to, and its movement there, in an animator's own time."""

    def __init__(self, seed: int) -> None:
        """Rest; ``seed`` chooses postures and phases."""
        self._choice = PostureChoice(np.random.default_rng((seed, 2)))
        phases = np.random.default_rng((seed, 3)).uniform(0.0, 2.0 * math.pi, 6)
        self._tremor, self._wander = phases[:2], phases[2:4]
        self._bounce = 0.0
        self._strokes = np.random.default_rng((seed, 6))
        self._stroke, self._stroke_size, self._stroke_tempo = 0.0, 1.0, 1.0
        self._shake = float(phases[4])
        self._emotion, self._intensity = NEUTRAL, 0.0
        self._beside: tuple[int, float] | None = None  # second emotion, and its share
        self._take = PostureTake(np.zeros(SIZE), np.zeros(SIZE))
        self._course = Course(np.zeros(2 * SIZE))  # posture, and what a full stroke adds
        self._settles = math.inf  # own time at which a start gives way to its posture
        self._life = _LIVES[NEUTRAL].copy()
        self._now = np.zeros(2 * SIZE)
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
    def weight(self) -> float:
        """Share of the arms that the emotion has taken, 0..1."""
        return float(min(max(self._now[WEIGHT], 0.0), 1.0))

    @property
    def sway(self) -> float:
        """Factor of the emotion on the sway of idle movement."""
        return float(self._life[_SWAY])

    def set(
        self, emotion: int | str, intensity: float, beside: tuple[int, float] | None = None
    ) -> None:
        """Move to the posture of an emotion, in that emotion's own time; neutral lets go of it.

        An emotion that is already shown keeps its posture and changes only its strength.

        Args:
            emotion: Name, or index into ``EMOTIONS``.
            intensity: 0 (none) to 1 (full).
            beside: A second emotion, and its share of the two: it takes part in trunk, head,
                shoulders and stance and in how the body lives; arms and strokes stay the first's.

        Raises:
            KinesicsError: There is no such emotion, or the intensity is outside 0..1.
        """
        index = emotion_index(emotion)
        if not 0.0 <= intensity <= 1.0:
            raise KinesicsError(
                f"Got intensity {intensity}; give a number from 0 (none) to 1 (full).")
        intensity = 0.0 if index == NEUTRAL else float(intensity)
        second = beside if index != NEUTRAL else None
        same = index == self._emotion and second == self._beside
        if same and abs(intensity - self._intensity) < _STEP:
            return
        timing = TIMING[self._emotion if index == NEUTRAL else index]
        lasts = timing.onset if intensity > self._intensity or index != NEUTRAL else timing.offset
        lasts *= BODY_LAG
        if not same:
            self._take = self._choice.draw(index)
            if second is not None:
                self._take = self._take.with_trunk_of(self._choice.draw(second[0]), second[1])
            starts = self._take.startle is not None
            self._settles = self._time + lasts + _STARTLED_FOR if starts else math.inf
        self._emotion, self._intensity, self._beside = index, intensity, second
        self._go(lasts)

    def _go(self, lasts: float) -> None:
        """Move to the start, or to the posture, in so many seconds."""
        take = self._take
        if self._settles < math.inf and take.startle is not None:
            both = np.concatenate([take.startle, np.zeros(SIZE)])
        else:
            both = np.concatenate([take.posture, take.stroke])
        self._course.go(self._time, self._intensity * both, lasts)

    def step(self, dt: float) -> None:
        """Move on by ``dt`` seconds."""
        self._time += dt
        if self._time >= self._settles:
            self._settles = math.inf
            self._go(_SETTLES_IN)
        life = _LIVES[self._emotion]
        if self._beside is not None:
            life = life + self._beside[1] * (_LIVES[self._beside[0]] - life)
        wanted = _LIVES[NEUTRAL] + self._intensity * (life - _LIVES[NEUTRAL])
        wanted[_TEMPI] = _LIVES[self._emotion, _TEMPI]
        if self._emotion == NEUTRAL:
            wanted[_TEMPI] = self._life[_TEMPI]  # what fades keeps its tempo
        self._life += (1.0 - math.exp(-dt / _LIFE_TIME)) * (wanted - self._life)
        turn = 2.0 * math.pi * dt
        self._bounce += turn * self._life[_BOUNCE][0]
        self._stroke += dt * self._stroke_tempo * self._life[_STROKE][0]
        if self._stroke >= 1.0:
            self._stroke -= 1.0
            size, tempo = self._life[_UNEVEN] * self._strokes.standard_normal(2)
            self._stroke_size = min(max(1.0 + size, _STROKE_SIZES[0]), _STROKE_SIZES[1])
            self._stroke_tempo = min(max(math.exp(tempo), _STROKE_TEMPI[0]), _STROKE_TEMPI[1])
        # Turns of the head come irregularly: their tempo wanders by two fifths.
        drift = 1.0 + 0.25 * math.sin(1.9 * self._time + self._wander[0]) + 0.15 * math.sin(
            3.1 * self._time + self._wander[1])
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
        life = self._life
        stroke = self._stroke_size * stroke_at(self._stroke, *life[_STROKE][1:])
        now = self._now[:SIZE] + stroke * self._now[SIZE:]
        out = np.empty_like(pose)
        out[ARMS] = (1.0 - now[WEIGHT]) * pose[ARMS] + now[ARMS]
        out[REST] = pose[REST] + now[REST]
        stance = now[STANCE].copy()
        for part, hertz, phase in zip(
                (LEFT_ARM, RIGHT_ARM), _TREMOR, self._tremor, strict=True):
            tremor = life[_TREMOR_SIZE] * math.sin(2.0 * math.pi * hertz * self._time + phase)
            out[part] += tremor * _TREMBLES
        shake = life[_SHAKE][1] * math.sin(self._shake)
        out[HEAD.start + 2] += shake
        out[SPINE.start + 2] += _LOOKS_TRUNK * shake
        out[HEAD.start] += 0.4 * life[_SHAKE][1] * math.sin(0.61 * self._shake)
        bounce = life[_BOUNCE][1] * (0.5 - 0.5 * math.cos(self._bounce))
        stance[1] -= bounce
        out[COLLARS] += _BOUNCE_SHOULDERS * bounce
        return out, stance

    @property
    def aim(self) -> np.ndarray:
        """Posture (33,) that the body goes to; zero where nothing is shown."""
        aim: np.ndarray = self._intensity * self._take.posture
        return aim

    def share(self, aim: np.ndarray) -> float:
        """Return how much of a posture (33,) is there, 0..1: the body's component along it."""
        length = float(aim @ aim)
        return float(np.clip(self._now[:SIZE] @ aim / length, 0.0, 1.0)) if length else 0.0
