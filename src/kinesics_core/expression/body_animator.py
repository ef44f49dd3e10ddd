"""The robot's body over time: posture from its state and emotion, gestures, breath, idle life.

``posture`` says how a state stands, ``emotional_body`` how an emotion does and how it lives;
arousal also quickens breath and idle life, and gestures take on its manner (``gesture_take``).
Every joint follows its target as a critically damped spring with a ceiling on its angular velocity,
so a change of gesture, emotion or state never jumps. The pelvis moves over planted feet
(``body.leg_ik``).

Rotations are relative to the parent joint, whose axes in the T-pose are the model's (x to the
body's left, y up, z forward). By the right-hand rule:

    joint          +x                     +y                        +z
    spine, neck,   bend forward, nod      turn to the left          lean to the right
    head
    left shoulder  twist, palm backward   horizontally backward     raise the arm sideways
    right shoulder twist, palm backward   horizontally forward      lower the arm
    left elbow     (forearm twist)        - : bend towards front    (bends upwards)
    right elbow    (forearm twist)        + : bend towards front    (- bends upwards)
    hip            leg backward           toes to the left          leg to the left
    knee           bend                   -                         -
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kinesics_core.affect.emotions import EMOTION_VAD
from kinesics_core.body.arm_poses import arm_rotations
from kinesics_core.body.gestures import minimum_jerk
from kinesics_core.body.hand_poses import LEFT_CLOSED
from kinesics_core.body.leg_ik import LEG_ROWS, planted_legs
from kinesics_core.expression.emotional_body import EmotionalBody
from kinesics_core.expression.fidgets import Fidgets
from kinesics_core.expression.gesture_take import Take, take_of
from kinesics_core.expression.gestures import robot_gesture
from kinesics_core.expression.idle_life import IdleLife
from kinesics_core.expression.manner import manner_of
from kinesics_core.expression.posture import (
    COLLARS,
    HEAD,
    LEFT_ARM,
    POSE_SIZE,
    RIGHT_ARM,
    SPINE,
    posture,
)
from kinesics_core.expression.spring import MAX_GAP, MAX_STEP, follow
from kinesics_core.rotations import axis_angle, exponential, mirrored
from kinesics_core.skeletons import SMPLX_BODY

SPINE_SHARES = (("spine1", 0.4), ("spine2", 0.3), ("spine3", 0.3))
"""(joint, share) of the spine in a bend of the trunk; authored."""

_JOINT = {name: index - 1 for index, name in enumerate(SMPLX_BODY)}  # row of body_pose
_LEGS = list(LEG_ROWS)

# Ranges of motion per axis, radians, in the joint's own axes: after the
# norms of the American Academy of Orthopaedic Surgeons, narrowed for the spine's shares. Arms
# are bounded by their gestures; their range holds for any sum of posture, gesture and noise.
_LIMITS: dict[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    "spine1": ((-0.20, 0.35), (-0.25, 0.25), (-0.20, 0.20)),
    "spine2": ((-0.20, 0.35), (-0.25, 0.25), (-0.20, 0.20)),
    "spine3": ((-0.20, 0.35), (-0.25, 0.25), (-0.20, 0.20)),
    "neck": ((-0.45, 0.45), (-0.60, 0.60), (-0.35, 0.35)),
    "head": ((-0.45, 0.45), (-0.60, 0.60), (-0.35, 0.35)),
    "left_collar": ((-0.10, 0.10), (-0.20, 0.20), (-0.10, 0.45)),
    "left_shoulder": ((-2.3, 2.3), (-2.0, 1.0), (-1.75, 1.75)),
    "left_elbow": ((-0.1, 0.1), (-2.6, 0.0), (-0.1, 0.1)),
    "left_wrist": ((-1.5, 1.5), (-0.5, 0.5), (-1.2, 1.2)),
    "left_hip": ((-1.3, 0.4), (-0.4, 0.4), (-0.4, 0.4)),
    "left_knee": ((0.0, 2.2), (0.0, 0.0), (0.0, 0.0)),
    "left_ankle": ((-0.9, 0.6), (-0.4, 0.4), (-0.4, 0.4)),
}

# Ceilings of the angular velocity, rad/s: about those of a humanoid's joints of that size.
_SPEEDS = {
    "spine": 1.5, "neck": 2.5, "head": 2.5, "collar": 2.0, "shoulder": 5.0, "elbow": 6.0,
    "wrist": 6.0, "hip": 3.0, "knee": 6.0, "ankle": 4.0,
}  # fmt: skip

_STIFFNESS = 16.0  # 1/s, the spring's angular frequency
_SLOWEST_BREATH = 0.1  # Hz
_STATE_TIME = 0.6  # s, time constant with which posture follows a new state; authored
_LEISURE_TIME = 0.4  # s in which idle life comes and goes with gestures; authored
_LETTING_GO = 0.5  # s in which a gesture that is stopped or replaced is given up; authored


@dataclass(frozen=True, slots=True)
class IdleMovement:
    """Breath, and how much of its idle life a body shows; authored, except that arousal quickens.

    Attributes:
        breath: Breaths a second at arousal 0 (14 a minute) and what arousal adds, Hz.
        breath_chest, breath_collars, breath_head: Amplitude of the chest's pitch, of the collars
            and of the head's pitch, radians.
        liveliness: Share of people's idle life (``idle_life``) at arousal 0, and what arousal adds.
        looks: Share of people's turns of the head: gaze turns it, too, and a robot faces people.
        arms: Share of how far an arm goes outward and forward, and of how far it bends: a hanging
            elbow is a hinge, which would show a forearm's way outward as a twist of the whole arm.
        busy: Share of idle life that is left in a gesture.
        dip, bend: Of the pelvis, so that a leg reaches its foot when the weight shifts: metres, and
            metres per square metre of shift.
    """

    breath: tuple[float, float] = (0.23, 0.10)
    breath_chest: float = 0.012
    breath_collars: float = 0.012
    breath_head: float = 0.006
    liveliness: tuple[float, float] = (1.0, 0.4)
    looks: tuple[float, float, float] = (0.9, 0.9, 0.7)
    arms: tuple[float, float, float] = (0.8, 0.8, 0.8)
    busy: float = 0.2
    dip: float = 0.003
    bend: float = 0.7


_IDLE = IdleMovement()
_LOOKS = np.array(_IDLE.looks)


LEAN = 0.3
"""Radians that the trunk leans forward or back at most, besides what posture and gesture do."""

TEMPI = (0.25, 2.0)
"""Slowest and fastest factor of a gesture's tempo."""

_HEAD_UP = 0.7  # share of the lean that the head makes up for; authored

# Head's roll per radian of lean forward: who likes somebody leans towards them (Mehrabian,
# Psychological Bulletin 71 (1969) 359) and cants the head (Costa, Menzani & Ricci Bitti, J.
# Nonverbal Behavior 25 (2001) 63). Size authored.
_CANT = 0.9


def _limits() -> tuple[np.ndarray, np.ndarray]:
    low, high = np.zeros((21, 3)), np.zeros((21, 3))
    for name, axes in _LIMITS.items():
        low[_JOINT[name]], high[_JOINT[name]] = np.array(axes).T
        if name.startswith("left_"):
            one, other = mirrored(low[_JOINT[name]]), mirrored(high[_JOINT[name]])
            right = _JOINT[name.replace("left_", "right_")]
            low[right], high[right] = np.minimum(one, other), np.maximum(one, other)
    return low, high


JOINT_LOW, JOINT_HIGH = _limits()
"""(21, 3) radians: the range of each axis of ``body_pose``."""

JOINT_SPEED = np.array(
    [
        next((speed for part, speed in _SPEEDS.items() if part in name), 0.0)
        for name in SMPLX_BODY[1:]
    ]
)[:, None]
"""(21, 1) rad/s: the ceiling of the angular velocity of each axis of a joint."""


class BodyAnimator:
    """The body on its way to a state and through gestures; the same for any frame rate.

    It keeps its own time, so a clock that jumps back only stands still.
    """

    def __init__(
        self, seed: int = 0, *, upper_body: bool = False, idle: float = 1.0
    ) -> None:
        """Start at rest.

        Args:
            seed: Sets idle life and chooses postures.
            upper_body: Whether nothing moves but the upper body: pelvis and legs stand still.
            idle: Share of idle life: 0 only breathes, 1 is as lively as people who wait.
        """
        self._upper_body = upper_body
        self._emotional = EmotionalBody(seed)
        self._stance = np.zeros(6)
        self._idle, self._idle_share = IdleLife(seed), idle
        self._fidgets = Fidgets(seed)
        self._at_leisure = 1.0  # share of idle life that is left beside a gesture
        self._breath = 0.0
        self._state = np.zeros(3)
        self._state_target = np.zeros(3)
        self._lean = self._lean_target = 0.0
        self._gesture = ""
        self._take: Take | None = None
        self._takes = np.random.default_rng((seed, 4))
        self._gesture_time = 0.0
        self._let_go = -1.0  # seconds since the gesture was stopped; below 0: it was not
        self._tempo = 1.0
        self._added = np.zeros(POSE_SIZE)  # by gestures, to the posture
        self._left_over = self._added  # of the gesture before, when the newest one began
        self._since = _LETTING_GO  # seconds since it began
        self._angles, self._extra = self._target()
        self._speed = np.zeros_like(self._angles)
        self._extra_speed = np.zeros_like(self._extra)

    @property
    def gesture(self) -> str:
        """Name of the gesture in progress, or ""."""
        return self._gesture

    def set_state(self, state: np.ndarray) -> None:
        """Set the valence, arousal, dominance (3,) to which posture and tempo move."""
        self._state_target = np.clip(np.nan_to_num(state), -1.0, 1.0)

    def set_emotion(
        self, emotion: int | str, intensity: float, beside: tuple[int, float] | None = None
    ) -> None:
        """Move to the posture of an emotion, see ``EmotionalBody.set``."""
        self._emotional.set(emotion, intensity, beside)

    def set_lean(self, lean: float) -> None:
        """Lean the trunk forward by so many radians, back if negative; up to ``LEAN``."""
        self._lean_target = min(max(lean, -LEAN), LEAN)

    @property
    def phase(self) -> str:
        """One of ``gesture_take.PHASES`` of the gesture in progress, or ""."""
        if self._take is None:
            return ""
        return "retraction" if self._let_go >= 0.0 else self._take.phase(self._gesture_time)

    def start(
        self, gesture: str, side: str = "", intensity: float = 1.0, tempo: float = 1.0
    ) -> None:
        """Start a gesture, in place of one in progress, in the manner of what is shown.

        No two are the same: size and times vary a little.

        Args:
            gesture: One of ``gestures.vocabulary()``.
            side: Hand that makes it, "left" or "right"; "": as it is keyed.
            intensity: 0 (faint) to 1 (as keyed).
            tempo: Factor of its speed, kept within ``TEMPI``.

        Raises:
            KinesicsError: There is no such gesture or side, or the intensity is out of range.
        """
        emotion, strength = self._emotional.shown
        state = (1.0 - strength) * self._state_target + strength * EMOTION_VAD[emotion]
        manner = manner_of(state)
        self._take = take_of(robot_gesture(gesture), manner, side, intensity, self._takes)
        self._gesture, self._gesture_time, self._let_go = gesture, 0.0, -1.0
        self._tempo = manner.tempo * min(max(tempo, TEMPI[0]), TEMPI[1])
        self._left_over, self._since = self._added, 0.0

    def stop(self) -> None:
        """Give up the gesture in progress, before its stroke or in it, without a jump."""
        if self._take is not None and self._let_go < 0.0:
            self._let_go = 0.0

    def step(self, elapsed: float) -> None:
        """Move on by ``elapsed`` seconds (0 and less: stand still; more than 1 counts as 1)."""
        elapsed = min(max(elapsed, 0.0), MAX_GAP)
        steps = int(np.ceil(elapsed / MAX_STEP))
        for _ in range(steps):
            self._substep(elapsed / steps)

    @property
    def body_pose(self) -> np.ndarray:
        """(21, 3) axis-angle; neck and head are left at zero, ``head`` says how they are held."""
        pose = self._angles.copy()
        if not self._upper_body:
            pose[_LEGS] = planted_legs(self.transl, exponential(self.global_orient))
        return pose

    @property
    def transl(self) -> np.ndarray:
        """Place of the pelvis (3,), metres from where it is in T-pose, model axes."""
        return self._stance[:3].copy() if not self._upper_body else np.zeros(3)

    @property
    def global_orient(self) -> np.ndarray:
        """Turn of the pelvis (3,), axis-angle in model axes."""
        return self._stance[[4, 5, 3]] if not self._upper_body else np.zeros(3)

    @property
    def head(self) -> np.ndarray:
        """Roll, pitch, yaw (3,) of the head relative to the trunk by posture and gesture alone."""
        return self._extra[:3].copy()

    @property
    def hands(self) -> tuple[np.ndarray, np.ndarray]:
        """Axis-angle of the left and right hand's finger joints, (15, 3) each."""
        left, right = np.clip(self._extra[3:5], 0.0, 1.0)
        return left * LEFT_CLOSED, right * mirrored(LEFT_CLOSED)

    @property
    def aim(self) -> np.ndarray:
        """Posture of the emotion that the body goes to, see ``EmotionalBody.aim``."""
        return self._emotional.aim

    def share(self, aim: np.ndarray) -> float:
        """Return how much of a posture is there, see ``EmotionalBody.share``."""
        return self._emotional.share(aim)

    def _substep(self, dt: float) -> None:
        share = 1.0 - math.exp(-dt / _STATE_TIME)
        self._state += share * (self._state_target - self._state)
        self._lean += share * (self._lean_target - self._lean)
        self._emotional.step(dt)
        breaths = _IDLE.breath[0] + _IDLE.breath[1] * self._state[1] + self._emotional.breath[0]
        self._breath += dt * 2.0 * np.pi * max(breaths, _SLOWEST_BREATH)
        self._move_on(dt)
        free = 1.0 if self._take is None else _IDLE.busy
        self._at_leisure += (1.0 - math.exp(-dt / _LEISURE_TIME)) * (free - self._at_leisure)
        self._idle.step(dt, float(self._state[1]))
        self._fidgets.step(dt, float(self._state[1]))
        angles, extra = self._target()
        moved, self._speed = follow(self._angles, self._speed, angles, _STIFFNESS, dt)
        step = np.clip(moved - self._angles, -JOINT_SPEED * dt, JOINT_SPEED * dt)
        self._speed = np.clip(self._speed, -JOINT_SPEED, JOINT_SPEED)
        self._angles = self._angles + step
        self._extra, self._extra_speed = follow(
            self._extra, self._extra_speed, extra, _STIFFNESS, dt
        )

    def _move_on(self, dt: float) -> None:
        """Count the seconds of the gesture in progress."""
        self._since += dt
        if self._take is None:
            return
        if self._let_go >= 0.0:
            self._let_go += dt
        else:
            self._gesture_time += dt * self._tempo
        if self._gesture_time >= self._take.duration or self._let_go >= _LETTING_GO:
            self._gesture, self._take = "", None

    def _target(self) -> tuple[np.ndarray, np.ndarray]:
        """Joint angles (21, 3), and head roll, pitch, yaw with the two finger curls (5,)."""
        pose, self._stance = self._emotional.apply(posture(self._state))
        added = np.zeros(POSE_SIZE)
        if self._take is not None:
            left = 1.0 - minimum_jerk(max(0.0, self._let_go) / _LETTING_GO)
            added = left * (self._take.at(self._gesture_time, pose) - pose)
        if self._since < _LETTING_GO:
            added += (1.0 - minimum_jerk(self._since / _LETTING_GO)) * self._left_over
        self._added = added
        pose = pose + added
        pose = self._with_idle_life(pose)
        if self._lean:
            pose[SPINE.start + 1] += self._lean
            pose[HEAD.start + 1] -= _HEAD_UP * self._lean  # the face stays towards the person
            pose[HEAD.start] += _CANT * max(self._lean, 0.0)
        breath = math.sin(self._breath)
        angles = np.zeros((21, 3))
        self._bend_trunk(angles, pose, breath)
        _, chest, collars = self._emotional.breath
        angles[_JOINT["spine3"], 0] -= chest * breath
        angles[_JOINT["left_collar"], 2] += collars * breath
        angles[_JOINT["right_collar"], 2] -= collars * breath
        for side, arm in (("left", pose[LEFT_ARM]), ("right", pose[RIGHT_ARM])):
            shoulder, elbow, wrist = arm_rotations(arm)
            # Shoulders that are raised or sunk take no part in where the arms point.
            raised = angles[_JOINT[f"{side}_collar"], 2] * (1.0 if side == "left" else -1.0)
            cosine, sine = math.cos(raised), math.sin(raised)
            across = cosine * shoulder[0] + sine * shoulder[1]
            shoulder[1] = cosine * shoulder[1] - sine * shoulder[0]
            shoulder[0] = across
            turns = np.array([axis_angle(shoulder), elbow, wrist])
            rows = [_JOINT[f"{side}_{name}"] for name in ("shoulder", "elbow", "wrist")]
            angles[rows] = turns if side == "left" else mirrored(turns)
        angles = np.clip(angles, JOINT_LOW, JOINT_HIGH)
        extra = np.array([*pose[HEAD], pose[LEFT_ARM][8], pose[RIGHT_ARM][8]])
        extra[1] -= _IDLE.breath_head * breath
        return angles, extra

    def _with_idle_life(self, pose: np.ndarray) -> np.ndarray:
        """Return a pose (26,) with shifts, looks and fidgets; the stance takes part."""
        if self._idle_share == 0.0:
            return pose
        share = _IDLE.liveliness[0] + _IDLE.liveliness[1] * self._state[1]
        share *= self._idle_share
        idle = share * self._emotional.sway * self._at_leisure * self._idle.now
        pose = pose.copy()
        # An act is left for a gesture, and for arms that show an emotion.
        leisure = max(0.0, self._at_leisure - _IDLE.busy) / (1.0 - _IDLE.busy)
        self._fidgets.apply(
            pose, self._idle_share * leisure * (1.0 - self._emotional.weight) ** 2)
        pose[SPINE] += idle[3:6]
        pose[HEAD] += idle[6:9] * _LOOKS
        for arm, (out, ahead, _, bend) in zip(
                (LEFT_ARM.start, RIGHT_ARM.start), idle[9:17].reshape(2, 4).tolist(), strict=True):
            out, ahead = _IDLE.arms[0] * out, _IDLE.arms[1] * ahead
            pose[arm] += out
            pose[arm + 2] += ahead
            pose[arm + 3] += out
            pose[arm + 5] += ahead + _IDLE.arms[2] * max(0.0, bend)
        across, ahead = float(idle[0]), float(idle[1])
        self._stance[0] += across
        self._stance[1] -= _IDLE.dip + _IDLE.bend * (across * across + ahead * ahead)
        self._stance[2] += ahead
        self._stance[5] += idle[2]
        return pose

    @staticmethod
    def _bend_trunk(angles: np.ndarray, pose: np.ndarray, breath: float) -> None:
        """Write spine and collars into ``angles`` (21, 3)."""
        roll, pitch, yaw = pose[SPINE]
        # A spine's pitch, yaw and roll are rotations about the model's x, y and z axes.
        bend = np.array([pitch, yaw, roll])
        for name, share in SPINE_SHARES:
            angles[_JOINT[name]] = share * bend
        angles[_JOINT["spine3"], 0] -= _IDLE.breath_chest * breath
        collar = pose[COLLARS] + _IDLE.breath_collars * breath
        angles[_JOINT["left_collar"], 2] = collar[0]
        angles[_JOINT["right_collar"], 2] = -collar[1]


def head_pose(head: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share a turn of the head between neck and head joints, half to each.

    Args:
        head: Roll, pitch, yaw (3,) relative to the trunk, radians: the rotation is
            Rz(yaw) Ry(pitch) Rx(roll) in REP-103 axes (x forward, y left, z up).

    Returns:
        Axis-angle (3,) of the neck and of the head joint, in the model's axes.
    """
    roll, pitch, yaw = (0.5 * float(angle) for angle in head)
    cr, sr = math.cos(roll), math.sin(roll)
    cp, sp = math.cos(pitch), math.sin(pitch)
    cy, sy = math.cos(yaw), math.sin(yaw)
    w = cr * cp * cy + sr * sp * sy
    forward = sr * cp * cy - cr * sp * sy
    left = cr * sp * cy + sr * cp * sy
    up = cr * cp * sy - sr * sp * cy
    sine = math.sqrt(forward**2 + left**2 + up**2)
    scale = 2.0 if sine < 1e-9 else 2.0 * math.atan2(sine, w) / sine
    # REP-103's forward, left and up are the model's z, x and y.
    half = 0.5 * scale * np.array([left, up, forward])
    return half, half.copy()
