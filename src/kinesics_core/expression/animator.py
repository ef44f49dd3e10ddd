"""The robot's face and body over time, from what the policy or a user wants expressed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kinesics_core.affect.emotions import EMOTION_VAD, NEUTRAL, emotion_index
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.body_animator import BodyAnimator, head_pose
from kinesics_core.expression.face_animator import FaceAnimator
from kinesics_core.expression.gestures import robot_gesture
from kinesics_core.settings import check, setting
from kinesics_core.skeletons import BLENDSHAPE_INDEX, SMPLX_BODY
from kinesics_core.types import NANOSECONDS, AffectiveResponse, BodyPose, FacePose

MAX_DURATION = 60.0
"""Longest time that ``Animator.express`` takes, seconds."""

_JAW_RANGE = 0.35  # rotation of the jaw joint for a full jawOpen, radians
_AT_REST = 0.3  # share of its own state that the robot shows when nothing is asked of it; authored
_IN_THE_BODY = 0.6  # share of a full emotion in the body's state; the rest is the robot's; authored
_NECK, _HEAD = SMPLX_BODY.index("neck") - 1, SMPLX_BODY.index("head") - 1


@dataclass(frozen=True)
class ExpressionConfig:
    """Settings of the stream of poses.

    Raises:
        KinesicsError: A value is out of its range.
    """

    rate: float = setting(
        60.0, "Poses per second; an answer goes out at once besides", unit="Hz",
        bounds=(1.0, 200.0))
    seed: int = setting(0, "Seed of blinks, gaze shifts and sway", bounds=(0, 2**31 - 1))
    frame_id: str = setting("base_link", "tf frame of the robot, in the headers of its poses")

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self)


@dataclass(frozen=True, slots=True)
class _Display:
    """An emotion to be shown until ``until`` (own time, s).

    Attributes:
        emotion: Index into ``EMOTIONS``.
        intensity: 0..1.
        state: Valence, arousal, dominance (3,) beneath it.
        until: End, in the animator's own time, seconds.
        stamp: Of the image answered, ns, or None.
    """

    emotion: int
    intensity: float
    state: np.ndarray
    until: float
    stamp: int | None


class Animator:
    """The robot's face and body, at any rate, without jumps.

    ``respond`` and ``express`` only set what is to be shown; ``step`` moves and returns the poses.
    An expression asked for by ``express`` outranks the responses until it is over; when neither
    holds, face and body return to rest. The same seed, calls and times give the same poses. A
    clock that jumps back stands still for that step.
    """

    def __init__(
        self, seed: int = ExpressionConfig.seed, frame_id: str = ExpressionConfig.frame_id
    ) -> None:
        """Start at rest; ``seed`` decides blinks, gaze shifts and sway, ``frame_id`` is put on."""
        self._frame_id = frame_id
        self._face = FaceAnimator(seed)
        self._body = BodyAnimator(seed)
        self._now: int | None = None
        self._time = 0.0
        self._response: _Display | None = None
        self._express: _Display | None = None
        self._state = np.zeros(3)
        self._bearing: np.ndarray | None = None
        self._gesture = ""  # of the newest response, to notice when it changes

    def respond(self, response: AffectiveResponse) -> None:
        """Show a response for its duration, or until the next one; takes no time.

        Raises:
            KinesicsError: Its emotion, duration, bearing or gesture is none; nothing is changed.
        """
        emotion = emotion_index(int(response.emotion))
        if not (math.isfinite(response.duration) and np.shape(response.bearing) == (2,)):
            raise KinesicsError(
                f"Got a response with duration {response.duration} s and bearing"
                f" {response.bearing}; give a finite time and two angles."
            )
        if response.gesture:
            robot_gesture(response.gesture)
        state = [response.valence, response.arousal, response.dominance]
        self._state = np.clip(np.nan_to_num(state), -1.0, 1.0)
        self._response = _Display(
            emotion,
            float(np.clip(np.nan_to_num(response.intensity), 0.0, 1.0)),
            self._state,
            self._time + response.duration,
            response.stamp,
        )
        self._bearing = response.bearing if response.towards else None
        began = response.gesture != self._gesture
        self._gesture = response.gesture
        if began and response.gesture and self._express is None:
            self._body.start(response.gesture)

    def express(
        self,
        emotion: int | str,
        intensity: float,
        duration: float,
        gesture: str = "",
        now: int | None = None,
    ) -> None:
        """Show an emotion ahead of the responses.

        Args:
            emotion: Name, or index into ``EMOTIONS``.
            intensity: 0 (none) to 1 (full).
            duration: Seconds, above 0 and up to ``MAX_DURATION``.
            gesture: "" or one of ``ROBOT_GESTURES``.
            now: When it begins, ns, if that is not the last step.

        Raises:
            KinesicsError: A value is out of range; nothing is changed then.
        """
        index = emotion_index(emotion)
        if not 0.0 <= intensity <= 1.0:
            raise KinesicsError(
                f"Got intensity {intensity}; give a number from 0 (none) to 1 (full)."
            )
        if not (math.isfinite(duration) and 0.0 < duration <= MAX_DURATION):
            raise KinesicsError(
                f"Got duration {duration} s; give a time above 0 and up to {MAX_DURATION:g} s."
            )
        if gesture:
            self._body.start(gesture)
        delay = 0.0
        if now is not None and self._now is not None:
            delay = max(0.0, (now - self._now) / NANOSECONDS)
        state = intensity * EMOTION_VAD[index]
        self._express = _Display(index, intensity, state, self._time + delay + duration, None)

    def step(self, now: int) -> tuple[FacePose, BodyPose]:
        """Return the face and body to be shown at ``now``, ns.

        Their ``stamp`` is that of the image the response answers, unchanged, and ``now`` when
        nothing is answered.
        """
        elapsed = 0.0 if self._now is None else max(0.0, (now - self._now) / NANOSECONDS)
        self._now = now
        self._time += elapsed
        display = self._current()
        if display is None:
            self._face.show(NEUTRAL, 0.0, _AT_REST * self._state)
            self._body.set_state(_AT_REST * self._state)
        else:
            self._face.show(display.emotion, display.intensity, display.state)
            # The body shows the state and, as far as it is meant to, the emotion.
            share = _IN_THE_BODY * display.intensity
            self._body.set_state(
                (1.0 - share) * display.state + share * EMOTION_VAD[display.emotion])
        self._face.look(self._bearing)
        self._face.step(elapsed)
        self._body.step(elapsed)
        stamp = now if display is None or display.stamp is None else display.stamp
        return self._poses(stamp, now)

    def _current(self) -> _Display | None:
        if self._express is not None and self._time >= self._express.until:
            self._express = None
        if self._response is not None and self._time >= self._response.until:
            self._response = None
            self._bearing = None
            self._gesture = ""
        return self._express or self._response

    def _poses(self, stamp: int, now: int) -> tuple[FacePose, BodyPose]:
        head = self._face.head + self._body.head
        eyes = self._face.eyes(head)
        shapes = self._face.blendshapes(eyes)
        body_pose = self._body.body_pose
        body_pose[_NECK], body_pose[_HEAD] = head_pose(head)
        left, right = self._body.hands
        jaw = _JAW_RANGE * float(shapes[BLENDSHAPE_INDEX["jawOpen"]])
        return (
            FacePose(
                stamp, now, shapes, eyes.astype(np.float32), head.astype(np.float32),
                self._frame_id,
            ),
            BodyPose(
                stamp=stamp,
                pose_stamp=now,
                transl=np.zeros(3, np.float32),
                global_orient=np.zeros(3, np.float32),
                body_pose=body_pose.astype(np.float32),
                left_hand=left.astype(np.float32),
                right_hand=right.astype(np.float32),
                jaw=np.array([jaw, 0.0, 0.0], np.float32),
                betas=np.zeros(10, np.float32),
                frame_id=self._frame_id,
            ),
        )
