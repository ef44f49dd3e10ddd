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

from dataclasses import dataclass

import numpy as np

from kinesics_core.expression.facial_expressions import emotion_blendshapes, state_blendshapes
from kinesics_core.expression.spring import MAX_GAP, MAX_STEP, follow
from kinesics_core.skeletons import ARKIT_BLENDSHAPES, BLENDSHAPE_INDEX

BLINKS_PER_MINUTE = 17.0
"""At rest (Bentivoglio et al. 1997)."""

EYE_RANGE = np.radians([35.0, 25.0])
"""Azimuth and elevation that the eyes turn in the head, +- radians (comfortable range)."""

HEAD_RANGE = np.radians([60.0, 25.0])
"""Yaw and elevation that the head turns to look, +- radians."""


@dataclass(frozen=True, slots=True)
class BlinkTiming:
    """Course of blinks, seconds. Authored, apart from the mean rate.

    Attributes:
        refractory: Shortest time between two.
        closing, opening: Of the lids.
        arousal: Blinks added per unit of arousal, as a share of the rate.
    """

    refractory: float = 0.6
    closing: float = 0.08
    opening: float = 0.14
    arousal: float = 0.5


@dataclass(frozen=True, slots=True)
class GazeBehaviour:
    """Shares of eyes and head in the gaze, and its wandering; authored, angles in degrees.

    Attributes:
        head_share: Part of azimuth and elevation beyond ``eyes_alone`` that the head makes.
        eyes_alone: Shifts up to here are made by the eyes alone (Freedman & Sparks 1997).
        eye_comfort: Share of ``EYE_RANGE`` beyond which the head must follow.
        smallest_shift: Gaze errors below are not chased.
        microsaccade: Largest jump of a micro-saccade.
        microsaccade_rest, microsaccade_mean: Seconds: shortest time to the next, and what is
            added on average.
        glance: Standard deviation of azimuth and elevation of a glance with nobody to look at.
        glance_interval: Shortest and longest seconds from one glance to the next.
    """

    head_share: tuple[float, float] = (0.75, 0.6)
    eyes_alone: float = 6.0
    eye_comfort: float = 0.8
    smallest_shift: float = 1.5
    microsaccade: float = 0.5
    microsaccade_rest: float = 0.25
    microsaccade_mean: float = 0.5
    glance: tuple[float, float] = (7.0, 3.0)
    glance_interval: tuple[float, float] = (2.0, 6.0)


_BLINKING = BlinkTiming()
_GAZE = GazeBehaviour()
_HEAD_SHARE = np.array(_GAZE.head_share)
_EYES_ALONE, _GAZE_STEP = np.radians(_GAZE.eyes_alone), np.radians(_GAZE.smallest_shift)

_FACE_STIFFNESS = 9.0  # 1/s: an expression is there after half a second, as onsets of faces are
_GAZE_STIFFNESS = 45.0  # 1/s
_HEAD_STIFFNESS = 5.0  # 1/s
_HEAD_SPEED = 2.0  # rad/s
_COVERED = 0.7  # share of the state's face that a full expression covers; authored

_BLINK = np.array([BLENDSHAPE_INDEX["eyeBlinkLeft"], BLENDSHAPE_INDEX["eyeBlinkRight"]])
_WIDE = np.array([BLENDSHAPE_INDEX["eyeWideLeft"], BLENDSHAPE_INDEX["eyeWideRight"]])


class FaceAnimator:
    """The face, the eyes and the head's share of the gaze on their way to what is to be shown.

    Shapes are ARKit's, 0..1. Angles are radians, azimuth to the left and elevation up positive,
    relative to the trunk unless said otherwise.
    """

    def __init__(self, seed: int = 0) -> None:
        """Start at rest; ``seed`` decides when it blinks and where it glances."""
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
        """Set the expression to move to.

        Args:
            emotion: Index into, or name of, ``affect.emotions.EMOTIONS``.
            intensity: 0 (none) to 1 (full).
            state: Valence, arousal, dominance (3,), shown beneath the emotion; also quickens
                blinks. None: as before, and nothing beneath.

        Raises:
            KinesicsError: The emotion is unknown or the intensity outside 0..1.
        """
        shapes = emotion_blendshapes(emotion, intensity).astype(np.float64)
        if state is not None:
            valence, arousal, dominance = np.clip(np.nan_to_num(state), -1.0, 1.0)
            # A full expression leaves little room for the state beneath it.
            beneath = state_blendshapes(valence, arousal, dominance)
            shapes = np.maximum(shapes, (1.0 - _COVERED * intensity) * beneath)
            self._arousal = float(arousal)
        self._target = shapes

    def look(self, bearing: np.ndarray | None) -> None:
        """Set azimuth and elevation (2,) to look at; None or nan: look around at rest."""
        if bearing is None or not np.isfinite(bearing).all():
            self._bearing = None
            return
        self._bearing = np.clip(
            np.asarray(bearing, dtype=np.float64),
            -(EYE_RANGE + HEAD_RANGE), EYE_RANGE + HEAD_RANGE,
        )  # fmt: skip

    def step(self, elapsed: float) -> None:
        """Move on by ``elapsed`` seconds (0 and less: stand still; more than 1 counts as 1)."""
        elapsed = min(max(elapsed, 0.0), MAX_GAP)
        steps = int(np.ceil(elapsed / MAX_STEP))
        for _ in range(steps):
            self._substep(elapsed / steps)

    @property
    def head(self) -> np.ndarray:
        """Roll, pitch, yaw (3,) that the head turns to look, REP-103 (pitch is down)."""
        return np.array([0.0, -self._head[1], self._head[0]])

    def eyes(self, head: np.ndarray) -> np.ndarray:
        """Return azimuth and elevation (2,) of the eyes in a head of that roll, pitch, yaw (3,)."""
        looks = self._gaze + self._jitter
        return np.clip(looks - np.array([head[2], -head[1]]), -EYE_RANGE, EYE_RANGE)

    def blendshapes(self, eyes: np.ndarray) -> np.ndarray:
        """Return the shapes (52,) float32 of this moment, with eyes turned as ``eyes`` says."""
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
        reach = _GAZE.eye_comfort * EYE_RANGE
        needed = np.sign(self._wanted) * np.maximum(np.abs(self._wanted) - reach, 0.0)
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
            size = _GAZE.microsaccade
            self._jitter = np.radians(self._saccades.uniform(-size, size, 2))
            pause = self._saccades.exponential(_GAZE.microsaccade_mean)
            self._next_saccade += _GAZE.microsaccade_rest + pause
        while self._time >= self._next_glance:
            glance = np.radians(self._glances.normal(0.0, _GAZE.glance))
            if self._bearing is None:
                self._wanted = np.clip(glance, -EYE_RANGE, EYE_RANGE)
            self._next_glance += self._glances.uniform(*_GAZE.glance_interval)

    def _blink_interval(self) -> float:
        mean = 60.0 / (BLINKS_PER_MINUTE * (1.0 + _BLINKING.arousal * self._arousal))
        return _BLINKING.refractory + self._blinks.exponential(mean - _BLINKING.refractory)

    def _lid(self) -> float:
        """Return how far the present blink has closed the lids, 0..1: raised cosines."""
        closing, opening = _BLINKING.closing, _BLINKING.opening
        since = self._time - self._blink_start
        if self._blink_start < 0.0 or since >= closing + opening:
            return 0.0
        phase = since / closing if since < closing else 1.0 - (since - closing) / opening
        return 0.5 - 0.5 * float(np.cos(np.pi * phase))


def eye_look(eyes: np.ndarray) -> dict[str, float]:
    """Return the eight eyeLook shapes, 0..1; 1 is the end of ``EYE_RANGE``.

    The left eye turns out and the right eye in to look left.

    Args:
        eyes: Azimuth (left positive) and elevation (up positive) (2,), radians.
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
