"""The robot's face and body over time, from what the policy or a user wants expressed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from kinesics_core.affect.emotions import (
    EMOTION_VAD,
    NEUTRAL,
    categories_to_vad,
)
from kinesics_core.expression.answer import Answer, answer_of, check_response
from kinesics_core.expression.body_animator import BodyAnimator, head_pose
from kinesics_core.expression.emotional_body import BODY_LAG
from kinesics_core.expression.face_animator import FaceAnimator
from kinesics_core.expression.onset import TIMING
from kinesics_core.expression.request import Expression, ExpressionRequest, resolve
from kinesics_core.settings import check, setting
from kinesics_core.skeletons import ARKIT_BLENDSHAPES, BLENDSHAPE_INDEX, SMPLX_BODY
from kinesics_core.types import NANOSECONDS, AffectiveResponse, BodyPose, FacePose

_JAW_RANGE = 0.35  # rotation of the jaw joint for a full jawOpen, radians
_AT_REST = 0.3  # share of its own state that the robot shows when nothing is asked of it; authored
_IN_THE_BODY = 0.6  # share of a full emotion in the body's state; the rest is the robot's; authored
_NECK, _HEAD = SMPLX_BODY.index("neck") - 1, SMPLX_BODY.index("head") - 1

_THERE = 0.9  # share of an expression from which on it counts as being at its apex
_GONE = 0.1  # and from which on, after its duration, as over
_LONGEST_ONSET = BODY_LAG * max(timing.onset for timing in TIMING.values())  # then it is there
_LONGEST_OFFSET = 2.0  # seconds after which it is over, however much of it another one shows
_REMEMBERED = 32  # expressions whose end can be asked for
_FAINT = 0.05  # length of a face (52,) below which there is nothing to be seen

# Blinks and gaze move these whatever is expressed.
_EXPRESSIVE = np.array([not name.startswith(("eyeBlink", "eyeLook", "eyeWide"))
                        for name in ARKIT_BLENDSHAPES])


@dataclass(frozen=True)
class ExpressionConfig:
    """Settings of the stream of poses.

    Raises:
        KinesicsError: A value is out of its range.
    """

    rate: float = setting(
        60.0, "Poses per second; an answer is shown by the next one", unit="Hz",
        bounds=(1.0, 200.0))
    seed: int = setting(0, "Seed of blinks, gaze shifts and sway", bounds=(0, 2**31 - 1))
    frame_id: str = setting("base_link", "tf frame of the robot, in the headers of its poses")
    legs: bool = setting(
        True, "Whether pelvis and legs take part in what the body shows; without, they stand still")
    gestures: str = setting(
        "",
        "Folder with gestures of your own, .yaml files of key poses and .bvh clips; empty: none")
    realtime_priority: int = setting(
        20, "Real-time priority (SCHED_FIFO) of the thread that sends the poses, where the system"
        " permits it; 0: an ordinary thread", bounds=(0, 99))

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self)


@dataclass(slots=True)
class _Display:
    """An expression that was asked for, shown from ``start`` until ``until`` (own time, s).

    Attributes:
        number: Counts the displays.
        expression: What is shown.
        emotion: Index of the emotion asked for, which comes with its own head and breath; None:
            a face was asked for, or an onset of its own.
        onset: Seconds until it is there; None: as its emotions have it.
        before: (52,) face when it began, for one that shows nothing.
        gesture: That it began with, or "".
        posture: (33,) the body's, see ``EmotionalBody.aim``.
        there: Whether its apex was reached.
        share: Of the expression that was seen at the last step in face and body, 0..1.
    """

    number: int
    expression: Expression
    start: float
    until: float
    emotion: int | None
    onset: float | None
    before: np.ndarray
    gesture: str
    posture: np.ndarray
    there: bool = False
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Progress:
    """Phase and strength of an expression at a moment.

    Attributes:
        phase: "onset", "apex", "offset"; "over" when it was let go of; "replaced" when another
            took its place before its time was up.
        elapsed: Seconds since the onset began.
        intensity: 0..1, how strongly it is seen.
    """

    phase: str
    elapsed: float
    intensity: float


class Animator:
    """The robot's face and body, at any rate, without jumps.

    ``respond``, ``show`` and ``express`` only set what is to be shown; ``step`` moves and returns
    the poses. An expression that is asked for outranks the responses until it is over, and takes
    the place of the one before; when neither holds, face and body return to rest. The same seed,
    calls and times give the same poses. A clock that jumps back stands still for that step.
    """

    def __init__(
        self, seed: int = ExpressionConfig.seed, frame_id: str = ExpressionConfig.frame_id,
        legs: bool = ExpressionConfig.legs,
    ) -> None:
        """Start at rest; see ``ExpressionConfig``."""
        self._frame_id = frame_id
        self._face = FaceAnimator(seed)
        self._body = BodyAnimator(seed, upper_body=not legs)
        self._now: int | None = None
        self._time = 0.0
        self._response: Answer | None = None
        self._display: _Display | None = None  # the newest expression asked for, or its offset
        self._past: dict[int, Progress] = {}  # how earlier ones ended
        self._number = 0
        self._shapes = np.zeros(len(ARKIT_BLENDSHAPES))
        self._state = np.zeros(3)
        self._bearing: np.ndarray | None = None
        self._lean = 0.0
        self._gesture = ""  # of the newest response, to notice when it changes
        self._anticipated = False  # whether that response answers what is forecast only

    def respond(self, response: AffectiveResponse) -> None:
        """Show a response for its duration, or until the next one; takes no time.

        A gesture that answers what is forecast only is taken back when it is answered no more.

        Raises:
            KinesicsError: A value of it is out of range; nothing is changed.
        """
        check_response(response)
        self._response = answer = answer_of(response, self._time)
        self._state = answer.state
        self._bearing = response.bearing if response.towards else None
        self._lean = response.lean
        self._face.set_gaze_share(response.gaze)
        began = response.gesture != self._gesture
        if (self._anticipated and not response.gesture and not self._asked()
                and self._body.gesture == self._gesture):
            self._body.stop()
        self._gesture, self._anticipated = response.gesture, response.anticipated
        if began and response.gesture and not self._asked():
            self._move_body()  # the gesture is made in its manner
            self._body.start(
                response.gesture, intensity=answer.extent, tempo=response.tempo)

    def express(
        self,
        emotion: int | str,
        intensity: float,
        duration: float,
        gesture: str = "",
        now: int | None = None,
    ) -> int:
        """Show an emotion ahead of the responses.

        Args:
            emotion: Name, or index into ``EMOTIONS``.
            intensity: 0 (none) to 1 (full).
            duration: Seconds, above 0 and up to ``MAX_DURATION``.
            gesture: "" or one of ``ROBOT_GESTURES``.
            now: When it begins, ns, if that is not the last step.

        Returns:
            Its number, see ``progress``.

        Raises:
            KinesicsError: A value is out of range; nothing is changed then.
        """
        request = ExpressionRequest(
            emotion=emotion, intensity=intensity, duration=duration, gesture=gesture)
        return self.show(resolve(request), request, now)

    def show(
        self, expression: Expression, request: ExpressionRequest, now: int | None = None
    ) -> int:
        """Show what a request was resolved to, ahead of the responses; takes no time.

        Args:
            expression: ``resolve(request)``.
            request: For its duration, onset and gesture.
            now: When it begins, ns, if that is not the last step.

        Returns:
            Its number, see ``progress``.
        """
        delay = 0.0
        if now is not None and self._now is not None:
            delay = max(0.0, (now - self._now) / NANOSECONDS)
        start = self._time + delay
        self._stop_gesture()
        self._end("replaced")
        self._number += 1
        plain = request.emotion is not None and not request.onset
        self._display = _Display(
            self._number, expression, start, start + request.duration,
            expression.emotion if plain else None,
            request.onset or None, self._shapes, request.gesture, np.zeros(0))
        self._move_body()
        self._display.posture = self._body.aim
        if request.gesture:
            self._body.start(request.gesture, request.gesture_side, request.gesture_intensity)
        return self._number

    def release(self, number: int) -> None:
        """Let go of an expression before its time, and of its gesture, smoothly.

        Nothing changes if it is not shown.
        """
        if self._display is not None and self._display.number == number:
            self._stop_gesture()
            self._display.until = min(self._display.until, self._time)

    def progress(self, number: int) -> Progress:
        """Return how far an expression had come at the last step.

        Args:
            number: What ``show`` returned; the latest ``_REMEMBERED`` are known.
        """
        display = self._display
        if display is None or display.number != number:
            return self._past.get(number, Progress("over", math.nan, 0.0))
        phase = "apex" if display.there else "onset"
        if self._time >= display.until:
            phase = "offset"
        return Progress(
            phase, max(0.0, self._time - display.start),
            display.share * display.expression.intensity)

    def step(self, now: int) -> tuple[FacePose, BodyPose]:
        """Return the face and body to be shown at ``now``, ns.

        Their ``stamp`` is that of the image the response answers, unchanged, and ``now`` when
        nothing is answered.
        """
        elapsed = 0.0 if self._now is None else max(0.0, (now - self._now) / NANOSECONDS)
        self._now = now
        self._time += elapsed
        stamp = self._aim(now)
        self._face.look(self._bearing)
        self._face.step(elapsed)
        self._body.step(elapsed)
        poses = self._poses(stamp, now)
        self._shapes = poses[0].blendshapes
        self._follow_display()
        return poses

    def _aim(self, now: int) -> int:
        """Tell face and body what to move to; the stamp of what is shown, ns."""
        answer = self._answer()
        self._body.set_lean(0.0 if answer is None or self._asked() else self._lean)
        self._move_body()
        if self._asked():
            assert self._display is not None
            expression = self._display.expression
            if self._display.emotion is None:
                self._face.show_face(
                    expression.blendshapes, self._display.onset, expression.distribution)
            else:
                self._face.show(self._display.emotion, expression.intensity, expression.vad)
            return now
        if answer is None:
            self._face.show(NEUTRAL, 0.0, _AT_REST * self._state)
            return now
        self._face.show(answer.emotion, answer.intensity, answer.state, answer.plays)
        return answer.stamp

    def _move_body(self) -> None:
        """Tell the body which state and emotion to move to."""
        if self._asked():
            assert self._display is not None
            expression = self._display.expression
            # The body shows the state and, as far as it is meant to, the emotion.
            share = _IN_THE_BODY * expression.intensity
            emotional = categories_to_vad(expression.distribution)
            self._body.set_state((1.0 - share) * expression.vad + share * emotional)
            self._body.set_emotion(expression.emotion, expression.intensity, expression.beside)
            return
        answer = self._answer()
        if answer is None:
            self._body.set_state(_AT_REST * self._state)
            self._body.set_emotion(NEUTRAL, 0.0)
            return
        share = _IN_THE_BODY * answer.intensity
        self._body.set_state((1.0 - share) * answer.state + share * EMOTION_VAD[answer.emotion])
        self._body.set_emotion(answer.emotion, answer.in_the_body)

    def _stop_gesture(self) -> None:
        """Give up the gesture of the expression that was asked for, if it is still in progress."""
        if self._display is not None and self._gesturing(self._display):
            self._body.stop()

    def _gesturing(self, display: _Display) -> bool:
        return bool(display.gesture) and self._body.gesture == display.gesture

    def _asked(self) -> bool:
        """Tell whether an expression that was asked for holds."""
        return self._display is not None and self._time < self._display.until

    def _answer(self) -> Answer | None:
        if self._response is not None and self._time >= self._response.until:
            self._response = None
            self._bearing = None
            self._gesture = ""
        return self._response

    def _follow_display(self) -> None:
        """Note how much of the expression asked for is seen, and whether it is over."""
        display = self._display
        if display is None:
            return
        since = self._time - display.start
        face = _share(self._shapes, display)
        moves = bool(display.posture.any())
        body = self._body.share(display.posture) if moves else face
        display.share = 0.5 * (face + body)
        if self._asked():
            display.there |= min(face, body) >= _THERE or since >= (
                display.onset or _LONGEST_ONSET)
            return
        late = self._time >= display.until + _LONGEST_OFFSET
        if (late or max(face, body) <= _GONE) and not self._gesturing(display):
            self._end("over")

    def _end(self, how: str) -> None:
        """Remember how the expression ended that was the newest one."""
        display = self._display
        if display is None:
            return
        # One whose time was up is over, whatever comes during its offset.
        phase = how if self._asked() else "over"
        self._past[display.number] = replace(self.progress(display.number), phase=phase)
        self._past.pop(display.number - _REMEMBERED, None)
        self._display = None

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
                transl=self._body.transl.astype(np.float32),
                global_orient=self._body.global_orient.astype(np.float32),
                body_pose=body_pose.astype(np.float32),
                left_hand=left.astype(np.float32),
                right_hand=right.astype(np.float32),
                jaw=np.array([jaw, 0.0, 0.0], np.float32),
                betas=np.zeros(10, np.float32),
                frame_id=self._frame_id,
            ),
        )


def _share(shapes: np.ndarray, display: _Display) -> float:
    """Return how much of an expression the face (52,) shows, 0..1.

    It is the face's component along the expression; of one that shows nothing, such as neutral,
    how much of the face before it is gone.
    """
    wanted, seen = display.expression.blendshapes[_EXPRESSIVE], shapes[_EXPRESSIVE]
    length = float(wanted @ wanted)
    if length >= _FAINT**2:
        return float(np.clip(seen @ wanted / length, 0.0, 1.0))
    before = float(np.linalg.norm(display.before[_EXPRESSIVE]))
    return 1.0 if before < _FAINT else float(np.clip(1 - np.linalg.norm(seen) / before, 0.0, 1.0))
