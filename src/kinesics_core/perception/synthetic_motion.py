"""The motion of the synthetic person: gestures over idle sway, and an expression, by the time.

Everything is a function of time and of a seed, so any moment can be asked for in any order. Angles
are radians, lengths metres; the body frame has x to the body's left, y up, z forward.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, field, replace

import numpy as np

from kinesics_core.body.arm_poses import ARM_ANGLES, ArmAngles
from kinesics_core.body.gestures import minimum_jerk
from kinesics_core.skeletons import ARKIT_BLENDSHAPES, BLENDSHAPE_INDEX

STRIDE = 0.40
"""Length of a side step, metres."""

SLOT = 3.4
"""Seconds given to one gesture, rest included."""

WAVES, WAVE_SWING = 1.25, 0.38
"""Swings a second of a waving forearm, and how far it swings, radians."""

NODS = 1.1
"""Nods a second."""


@dataclass(frozen=True, slots=True)
class SyntheticGesture:
    """A gesture at full strength; what is not named stays as the idle pose has it.

    Attributes:
        left: Pose of the left arm, a name in ``ARM_ANGLES``.
        right: Of the right arm.
        waves: Whether the forearm of the arm named swings.
        nod: Amplitude of nodding, radians.
        head: Added to the head's roll, pitch and yaw.
        yaw: Added to the body's heading.
        lean: Added to its lean to the side.
        sway: Added to its place, metres to its left.
        travel: Walked to its left, metres.
        shrug: By which the shoulders are raised.
    """

    left: str | None = None
    right: str | None = None
    waves: bool = False
    nod: float = 0.0
    head: tuple[float, float, float] = (0.0, 0.0, 0.0)
    yaw: float = 0.0
    lean: float = 0.0
    sway: float = 0.0
    travel: float = 0.0
    shrug: float = 0.0


GESTURES = {
    "wave_right": SyntheticGesture(right="wave", waves=True),
    "shift": SyntheticGesture(sway=0.075, lean=-0.05, head=(0.14, 0.0, 0.0)),
    "raise_both": SyntheticGesture("raised", "raised"),
    "turn_left": SyntheticGesture(yaw=0.62, head=(0.0, 0.0, -0.15)),
    "point_left": SyntheticGesture(left="point", head=(0.0, 0.0, 0.45)),
    "step": SyntheticGesture(travel=-STRIDE),
    "hips": SyntheticGesture("on_hip", "on_hip"),
    "shrug": SyntheticGesture("shrug", "shrug", shrug=0.035),
    "wave_left": SyntheticGesture(left="wave", waves=True),
    "turn_right": SyntheticGesture(yaw=-0.62, head=(0.0, 0.0, 0.15)),
    "reach": SyntheticGesture("reach", "reach"),
    "nod": SyntheticGesture(nod=0.22),
}


@dataclass(slots=True)
class SyntheticPose:
    """Everything that moves, at one moment.

    Attributes:
        travel: Walked to the body's left, metres.
        sway: Place aside of that, metres.
        bob: Height over the usual one, metres.
        yaw: Heading.
        lean: To the side.
        bow: Forward.
        shrug: By which the shoulders are raised.
        arms: The left and the right one.
        head: Roll, pitch, yaw.
    """

    travel: float = 0.0
    sway: float = 0.0
    bob: float = 0.0
    yaw: float = 0.0
    lean: float = 0.0
    bow: float = 0.02
    shrug: float = 0.0
    arms: list[ArmAngles] = field(default_factory=lambda: [ARM_ANGLES["hanging"]] * 2)
    head: tuple[float, float, float] = (0.0, 0.0, 0.0)


class SyntheticMotion:
    """The motion of one figure.

    Args:
        random: Picks the order of gestures, rhythm and phases.
        absences: (leave, return) pairs in seconds; between them the figure walks out to its left,
            stays away and is back at its place at ``return``.
        exit_distance: How far it walks to be out of the picture, metres.
    """

    def __init__(
        self, random: np.random.Generator, absences: Sequence[tuple[float, float]],
        exit_distance: float,
    ) -> None:
        self._order = [list(GESTURES)[index] for index in random.permutation(len(GESTURES))]
        self._rhythm = random.uniform(0.85, 1.15)
        self._phase = random.uniform(0, 2 * np.pi, 6)
        self._absences = tuple((float(leave), float(back)) for leave, back in absences)
        self._exit_distance = exit_distance

    def pose(self, t: float) -> SyntheticPose:
        """Return the gesture of the current slot, laid over slow idle sway, at t seconds."""
        phase = self._phase
        pose = SyntheticPose(
            sway=0.018 * np.sin(0.9 * t + phase[0]),
            bob=0.004 * np.sin(1.7 * t + phase[1]),
            yaw=0.07 * np.sin(0.53 * t + phase[2]),
            lean=0.012 * np.sin(0.9 * t + phase[0]),
            head=(
                0.05 * np.sin(0.61 * t + phase[3]),
                0.05 * np.sin(0.47 * t + phase[4]),
                0.12 * np.sin(0.37 * t + phase[5]),
            ),
        )
        pose.arms = [
            replace(
                arm,
                abduction=arm.abduction + 0.03 * np.sin(0.8 * t + phase[side]),
                flexion=arm.flexion + 0.05 * np.sin(0.7 * t + phase[2 + side]),
                elbow=arm.elbow + 0.06 * np.sin(0.6 * t + phase[4 + side]),
            )
            for side, arm in enumerate(pose.arms)
        ]
        slot, within = divmod(t * self._rhythm, SLOT)
        gesture = GESTURES[self._order[int(slot) % len(GESTURES)]]
        strength = smooth_step(within / 0.9) * (1.0 - smooth_step((within - 2.3) / 0.9))
        _apply(pose, gesture, strength, within)
        for leave, back in self._absences:
            self._walk_away(pose, t, leave, back)
        return pose

    def expression(self, t: float) -> np.ndarray:
        """Return (52,) weights at t seconds, in the order of ``ARKIT_BLENDSHAPES``.

        The face changes slowly between smiling, surprised and neutral, and blinks every 3 to 4
        seconds.
        """
        weights = np.zeros(len(ARKIT_BLENDSHAPES), np.float32)
        smile = max(0.0, np.sin(0.7 * t + self._phase[3])) ** 2
        talk = max(0.0, np.sin(0.31 * t + self._phase[4])) * (0.5 + 0.5 * np.sin(9.0 * t))
        lift = max(0.0, np.sin(0.43 * t + self._phase[5])) ** 3
        blink = max(0.0, 1.0 - abs((t + self._phase[0]) % 3.7 - 0.12) / 0.12)
        for name, weight in (
            ("mouthSmileLeft", smile), ("mouthSmileRight", smile), ("jawOpen", 0.35 * talk),
            ("browInnerUp", lift), ("browOuterUpLeft", lift), ("browOuterUpRight", lift),
            ("eyeBlinkLeft", blink), ("eyeBlinkRight", blink),
        ):
            weights[BLENDSHAPE_INDEX[name]] = weight
        return weights

    def _walk_away(self, pose: SyntheticPose, t: float, leave: float, back: float) -> None:
        """Walk out to the figure's left from ``leave`` on, and be back home at ``back``."""
        strides = np.ceil(self._exit_distance / STRIDE)
        seconds = min(0.55 * strides, max((back - leave) / 2.0, 1e-3))
        out = smooth_step((t - leave) / seconds)
        home = smooth_step((t - back + seconds) / seconds)
        pose.travel += float(strides * STRIDE * (out - home))
        heading = np.sin(np.pi * out) - np.sin(np.pi * home)
        pose.yaw += float(0.9 * heading)
        swing = float(0.35 * abs(heading) * np.sin(2 * np.pi * pose.travel / STRIDE))
        left, right = pose.arms
        pose.arms = [replace(left, flexion=left.flexion + swing),
                     replace(right, flexion=right.flexion - swing)]


def smooth_step(x: float) -> float:
    """Return 0 below 0, 1 above 1, and a minimum-jerk movement in between."""
    return minimum_jerk(min(max(x, 0.0), 1.0))


def _apply(
    pose: SyntheticPose, gesture: SyntheticGesture, strength: float, time: float
) -> None:
    """Blend a gesture into the pose; ``time`` drives its inner rhythm (seconds)."""
    for side, name in enumerate((gesture.left, gesture.right)):
        if name is None:
            continue
        goal = ARM_ANGLES[name]
        if gesture.waves:
            swing = WAVE_SWING * np.sin(2 * np.pi * WAVES * time)
            goal = replace(goal, elbow=goal.elbow + swing, wrist=0.5 * swing)
        pose.arms[side] = ArmAngles(*(
            (1 - strength) * now + strength * then
            for now, then in zip(astuple(pose.arms[side]), astuple(goal), strict=True)))
    pose.travel += gesture.travel * strength
    pose.yaw += gesture.yaw * strength
    pose.sway += gesture.sway * strength
    pose.lean += gesture.lean * strength
    pose.shrug += gesture.shrug * strength
    roll, pitch, yaw = (now + added * strength
                        for now, added in zip(pose.head, gesture.head, strict=True))
    pitch += gesture.nod * strength * np.sin(2 * np.pi * NODS * time)
    pose.head = (roll, pitch, yaw)
