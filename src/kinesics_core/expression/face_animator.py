"""The robot's face over time: expression, blinks, gaze with the head, micro-saccades.

- The expression follows its target as a critically damped spring.
- Blinks: a mean of 17 a minute at rest (Bentivoglio et al. 1997), more when aroused; intervals
  are exponential after a refractory time; a lid closes in 80 ms and opens in 140 ms.
- Gaze: the eyes jump to where the person is (a saccade), the head follows with most of the angle
  (Freedman & Sparks 1997: small shifts are made by the eyes alone) and the eyes turn back by as
  much, as by the vestibulo-ocular reflex, so that the gaze stays on the person. Small gaze errors
  are not chased. Micro-saccades of up to half a degree, one or two a second.

Random times and sizes are drawn per event from a seeded generator, in the animator's own time, so
30 and 60 steps a second show the same face at the same time.
"""

from __future__ import annotations

import numpy as np

from kinesics_core.expression.facial_expressions import expression, mood
from kinesics_core.expression.spring import MAX_GAP, MAX_STEP, follow
from kinesics_core.skeletons import ARKIT_BLENDSHAPES, BLENDSHAPE_INDEX

BLINKS_PER_MINUTE = 17.0
_BLINK_REFRACTORY = 0.6
_CLOSING, _OPENING = 0.08, 0.14

EYE_RANGE = np.radians([35.0, 25.0])
"""Azimuth and elevation that the eyes turn in the head, +- radians (comfortable range)."""
HEAD_RANGE = np.radians([60.0, 25.0])
"""Yaw and elevation that the head turns to look, +- radians."""

_HEAD_SHARE = np.array([0.75, 0.6])
_EYES_ALONE = np.radians(6.0)
_GAZE_STEP = np.radians(1.5)

_FACE_STIFFNESS = 9.0  # 1/s: an expression is there after half a second, as onsets of faces are
_GAZE_STIFFNESS = 45.0
_HEAD_STIFFNESS = 5.0
_HEAD_SPEED = 2.0  # rad/s

_BLINK = np.array([BLENDSHAPE_INDEX["eyeBlinkLeft"], BLENDSHAPE_INDEX["eyeBlinkRight"]])
_WIDE = np.array([BLENDSHAPE_INDEX["eyeWideLeft"], BLENDSHAPE_INDEX["eyeWideRight"]])


class FaceAnimator:
    """Moves the face, the eyes and the head's share of the gaze.

    Shapes are ARKit's, 0..1. Angles are radians, azimuth to the left and elevation up positive,
    relative to the trunk unless said otherwise.
    """

    def __init__(self, seed: int = 0) -> None:
        self._blinks = np.random.default_rng((seed, 0))
        self._saccades = np.random.default_rng((seed, 1))
        self._glances = np.random.default_rng((seed, 2))
        self._time = 0.0
        self._arousal = 0.0
        self._target = np.zeros(len(ARKIT_BLENDSHAPES))
        self._shapes = self._target.copy()
        self._shapes_speed = self._target.copy()
        self._bearing: np.ndarray | None = None
        self._wanted = np.zeros(2)  # where to look
        self._jitter = np.zeros(2)
        self._gaze, self._gaze_speed = np.zeros(2), np.zeros(2)
        self._head, self._head_speed = np.zeros(2), np.zeros(2)
        self._blink_start = -1.0
        self._next_blink = self._blink_interval()
        self._next_saccade = self._saccades.exponential(0.7)
        self._next_glance = self._glances.uniform(2.0, 5.0)

    def show(
        self, emotion: int | str, intensity: float, state: np.ndarray | None = None
    ) -> None:
        """Sets the expression to move to, on top of the mood of a state (valence, arousal,
        dominance) (3,); ``KinesicsError`` as in ``expressions.expression``."""
        shapes = expression(emotion, intensity).astype(np.float64)
        if state is not None:
            valence, arousal, dominance = np.clip(np.nan_to_num(state), -1.0, 1.0)
            # A full expression leaves no room for the mood beneath it.
            shapes = np.maximum(shapes, (1.0 - 0.7 * intensity) * mood(valence, arousal, dominance))
            self._arousal = float(arousal)
        self._target = shapes

    def look(self, bearing: np.ndarray | None) -> None:
        """Sets azimuth and elevation (2,) to look at; None or nan looks around at rest."""
        if bearing is None or not np.isfinite(bearing).all():
            self._bearing = None
            return
        self._bearing = np.clip(
            np.asarray(bearing, dtype=np.float64),
            -(EYE_RANGE + HEAD_RANGE), EYE_RANGE + HEAD_RANGE,
        )  # fmt: skip

    def step(self, elapsed: float) -> None:
        """Moves on by ``elapsed`` seconds (0 and less: stands still; more than 1 counts as 1)."""
        elapsed = min(max(elapsed, 0.0), MAX_GAP)
        steps = int(np.ceil(elapsed / MAX_STEP))
        for _ in range(steps):
            self._substep(elapsed / steps)

    @property
    def head(self) -> np.ndarray:
        """Roll, pitch, yaw (3,) that the head turns to look, REP-103 (pitch is down)."""
        return np.array([0.0, -self._head[1], self._head[0]])

    def eyes(self, head: np.ndarray) -> np.ndarray:
        """Azimuth and elevation (2,) of the eyes in a head of that roll, pitch and yaw (3,)."""
        looks = self._gaze + self._jitter
        return np.clip(looks - np.array([head[2], -head[1]]), -EYE_RANGE, EYE_RANGE)

    def blendshapes(self, eyes: np.ndarray) -> np.ndarray:
        """The 52 shapes (52,) float32 of this moment, with eyes turned as ``eyes`` says."""
        shapes = self._shapes.copy()
        lid = self._lid()
        shapes[_BLINK] = 1.0 - (1.0 - shapes[_BLINK]) * (1.0 - lid)
        shapes[_WIDE] *= 1.0 - lid
        for name, value in eye_look(eyes).items():
            shapes[BLENDSHAPE_INDEX[name]] = value
        return np.clip(shapes, 0.0, 1.0).astype(np.float32)

    def _substep(self, dt: float) -> None:
        self._time += dt
        self._events()
        self._shapes, self._shapes_speed = follow(
            self._shapes, self._shapes_speed, self._target, _FACE_STIFFNESS, dt
        )
        if self._bearing is not None and np.abs(self._bearing - self._wanted).max() > _GAZE_STEP:
            self._wanted = self._bearing
        self._gaze, self._gaze_speed = follow(
            self._gaze, self._gaze_speed, self._wanted, _GAZE_STIFFNESS, dt
        )
        beyond = np.sign(self._wanted) * np.maximum(np.abs(self._wanted) - _EYES_ALONE, 0.0)
        # What the eyes cannot reach the head must, up to its own range.
        needed = np.sign(self._wanted) * np.maximum(np.abs(self._wanted) - 0.8 * EYE_RANGE, 0.0)
        target = np.where(
            np.abs(needed) > np.abs(_HEAD_SHARE * beyond), needed, _HEAD_SHARE * beyond
        )
        target = np.clip(target, -HEAD_RANGE, HEAD_RANGE)
        moved, speed = follow(self._head, self._head_speed, target, _HEAD_STIFFNESS, dt)
        self._head = self._head + np.clip(moved - self._head, -_HEAD_SPEED * dt, _HEAD_SPEED * dt)
        self._head_speed = np.clip(speed, -_HEAD_SPEED, _HEAD_SPEED)

    def _events(self) -> None:
        while self._time >= self._next_blink:
            self._blink_start = self._next_blink
            self._next_blink += self._blink_interval()
        while self._time >= self._next_saccade:
            self._jitter = np.radians(self._saccades.uniform(-0.5, 0.5, 2))
            self._next_saccade += 0.25 + self._saccades.exponential(0.5)
        while self._time >= self._next_glance:
            glance = np.radians(self._glances.normal(0.0, [7.0, 3.0]))
            if self._bearing is None:
                self._wanted = np.clip(glance, -EYE_RANGE, EYE_RANGE)
            self._next_glance += self._glances.uniform(2.0, 6.0)

    def _blink_interval(self) -> float:
        mean = 60.0 / (BLINKS_PER_MINUTE * (1.0 + 0.5 * self._arousal))
        return _BLINK_REFRACTORY + self._blinks.exponential(mean - _BLINK_REFRACTORY)

    def _lid(self) -> float:
        """How far the present blink has closed the lids, 0..1: raised cosines, faster down."""
        since = self._time - self._blink_start
        if self._blink_start < 0.0 or since >= _CLOSING + _OPENING:
            return 0.0
        phase = since / _CLOSING if since < _CLOSING else 1.0 - (since - _CLOSING) / _OPENING
        return 0.5 - 0.5 * float(np.cos(np.pi * phase))


def eye_look(eyes: np.ndarray) -> dict[str, float]:
    """The eight eyeLook shapes for azimuth (left positive) and elevation (up) (2,), radians.

    The left eye turns out and the right eye in to look left; 1 is the end of ``EYE_RANGE``.
    """
    left, up = np.clip(eyes / EYE_RANGE, -1.0, 1.0)
    return {
        "eyeLookOutLeft": max(left, 0.0),
        "eyeLookInRight": max(left, 0.0),
        "eyeLookInLeft": max(-left, 0.0),
        "eyeLookOutRight": max(-left, 0.0),
        "eyeLookUpLeft": max(up, 0.0),
        "eyeLookUpRight": max(up, 0.0),
        "eyeLookDownLeft": max(-up, 0.0),
        "eyeLookDownRight": max(-up, 0.0),
    }
