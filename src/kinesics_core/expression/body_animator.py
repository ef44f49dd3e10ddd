"""The robot's body over time: posture from its state, gestures, breathing and sway.

Posture follows the findings on bodily expression (Wallbott 1998; Crane & Gross 2013; for
dominance Hall, Coats & LeBeau 2005): valence raises head and chest, dominance opens the arms and
straightens the spine, arousal leans forward and quickens breath, sway and gestures; fear
(aroused, not dominant) pulls up the shoulders.

Every joint follows its target as a critically damped spring with a ceiling on its angular
velocity, so a change of gesture or state never jumps; the target itself is analytic in time.

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

import numpy as np

from kinesics_core.expression import gestures
from kinesics_core.expression.gestures import (
    COLLARS,
    HEAD,
    LEFT_ARM,
    POSE_SIZE,
    RIGHT_ARM,
    SPINE,
    Arm,
)
from kinesics_core.rotations import logarithm
from kinesics_core.skeletons import SMPLX_BODY

_JOINT = {name: index - 1 for index, name in enumerate(SMPLX_BODY)}  # row of body_pose

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
}

# Ceilings of the angular velocity, rad/s: about those of a humanoid's joints of that size.
_SPEEDS = {
    "spine": 1.5, "neck": 2.5, "head": 2.5, "collar": 2.0, "shoulder": 5.0, "elbow": 6.0,
    "wrist": 6.0,
}  # fmt: skip

_STIFFNESS = 16.0  # 1/s, the spring's angular frequency
_MAX_STEP = 1.0 / 59.0  # one step at 60 Hz, two at 30 Hz
_MAX_GAP = 1.0

# Finger joints bend about z, thumb joints about y, in the left hand's axes; a fist is about this.
_FIST = np.zeros((15, 3))
_FIST[0:12, 2] = np.tile([-1.2, -1.5, -1.0], 4)
_FIST[12:15, 1] = [-0.4, -0.6, -0.7]
_MIRROR = np.array([1.0, -1.0, -1.0])


def _mirrored(name: str) -> str:
    return name.replace("left_", "right_")


def _limits() -> tuple[np.ndarray, np.ndarray]:
    low, high = np.zeros((21, 3)), np.zeros((21, 3))
    for name, axes in _LIMITS.items():
        low[_JOINT[name]], high[_JOINT[name]] = np.array(axes).T
        if name.startswith("left_"):
            one, other = _MIRROR * low[_JOINT[name]], _MIRROR * high[_JOINT[name]]
            low[_JOINT[_mirrored(name)]] = np.minimum(one, other)
            high[_JOINT[_mirrored(name)]] = np.maximum(one, other)
    return low, high


JOINT_LOW, JOINT_HIGH = _limits()
"""(21, 3) radians: the range of each axis of ``body_pose``; the legs stand still."""

JOINT_SPEED = np.array(
    [
        next((speed for part, speed in _SPEEDS.items() if part in name), 0.0)
        for name in SMPLX_BODY[1:]
    ]
)[:, None]
"""(21, 1) rad/s: the ceiling of the angular velocity of each axis of a joint."""

_REST_ARM = gestures.arm_vector(Arm((0.16, -1.0, 0.02), (0.10, -1.0, 0.22)))
_OPEN_ARM = gestures.arm_vector(Arm((0.42, -1.0, 0.00), (0.24, -1.0, 0.35))) - _REST_ARM
_CLOSED_ARM = gestures.arm_vector(Arm((0.06, -1.0, 0.10), (-0.35, -0.8, 0.55))) - _REST_ARM


def posture(state: np.ndarray) -> np.ndarray:
    """Pose vector (26,) of a body that stands at ease in a state (valence, arousal, dominance)."""
    valence, arousal, dominance = state
    pose = np.zeros(POSE_SIZE)
    arm = _REST_ARM + max(dominance, 0.0) * _OPEN_ARM + max(-dominance, 0.0) * _CLOSED_ARM
    arm[8] += 0.25 * max(arousal, 0.0) * (1.0 if valence < 0.0 else 0.0)  # tense hands
    pose[LEFT_ARM] = pose[RIGHT_ARM] = arm
    pose[SPINE][1] = 0.06 - 0.09 * valence - 0.09 * dominance + 0.05 * arousal
    pose[HEAD][1] = -0.12 * valence - 0.06 * dominance
    pose[COLLARS] = 0.10 * max(arousal, 0.0) + 0.08 * max(arousal, 0.0) * max(-dominance, 0.0)
    pose[COLLARS] -= 0.05 * max(-valence, 0.0) * max(-arousal, 0.0)
    return pose


class BodyAnimator:
    """Moves the body towards a state and through gestures; the same for any frame rate.

    seed: of the phases of the idle sway. Own time, so a clock that jumps back only stands still.
    """

    def __init__(self, seed: int = 0) -> None:
        self._phases = np.random.default_rng(seed).uniform(0.0, 2.0 * np.pi, 4)
        self._time = 0.0
        self._breath = 0.0
        self._state = np.zeros(3)
        self._state_target = np.zeros(3)
        self._gesture = ""
        self._gesture_time = 0.0
        self._tempo = 1.0
        self._angles, self._extra = self._target()
        self._speed = np.zeros_like(self._angles)
        self._extra_speed = np.zeros_like(self._extra)

    @property
    def gesture(self) -> str:
        """Name of the gesture in progress, or ""."""
        return self._gesture

    def feel(self, state: np.ndarray) -> None:
        """Sets the valence, arousal, dominance (3,) that posture and tempo move to."""
        self._state_target = np.clip(np.nan_to_num(state), -1.0, 1.0)

    def start(self, gesture: str) -> None:
        """Starts a gesture, in place of one in progress; ``KinesicsError`` if it is unknown."""
        gestures.gesture(gesture)
        self._gesture, self._gesture_time = gesture, 0.0
        # Aroused people gesture faster (Castellano, Villalba & Camurri 2007).
        self._tempo = 1.0 + 0.2 * float(self._state_target[1])

    def step(self, elapsed: float) -> None:
        """Moves on by ``elapsed`` seconds (0 and less: stands still; more than 1 counts as 1)."""
        elapsed = min(max(elapsed, 0.0), _MAX_GAP)
        steps = int(np.ceil(elapsed / _MAX_STEP))
        for _ in range(steps):
            self._substep(elapsed / steps)

    @property
    def body_pose(self) -> np.ndarray:
        """(21, 3) axis-angle; neck and head are left at zero, ``head`` says how they are held."""
        return self._angles.copy()

    @property
    def head(self) -> np.ndarray:
        """Roll, pitch, yaw (3,) of the head relative to the trunk by posture and gesture alone."""
        return self._extra[:3].copy()

    @property
    def hands(self) -> tuple[np.ndarray, np.ndarray]:
        """Axis-angle of the left and right hand's finger joints, (15, 3) each."""
        left, right = np.clip(self._extra[3:5], 0.0, 1.0)
        return left * _FIST, right * _FIST * _MIRROR

    def _substep(self, dt: float) -> None:
        self._time += dt
        self._state += (1.0 - np.exp(-dt / 0.6)) * (self._state_target - self._state)
        self._breath += dt * 2.0 * np.pi * (0.23 + 0.10 * self._state[1])
        if self._gesture:
            self._gesture_time += dt * self._tempo
            if self._gesture_time >= gestures.GESTURES[self._gesture].duration:
                self._gesture = ""
        angles, extra = self._target()
        moved, self._speed = follow(self._angles, self._speed, angles, _STIFFNESS, dt)
        step = np.clip(moved - self._angles, -JOINT_SPEED * dt, JOINT_SPEED * dt)
        self._speed = np.clip(self._speed, -JOINT_SPEED, JOINT_SPEED)
        self._angles = self._angles + step
        self._extra, self._extra_speed = follow(
            self._extra, self._extra_speed, extra, _STIFFNESS, dt
        )

    def _target(self) -> tuple[np.ndarray, np.ndarray]:
        """Joint angles (21, 3), and head roll, pitch, yaw with the two finger curls (5,)."""
        pose = posture(self._state)
        if self._gesture:
            pose = gestures.pose_at(self._gesture, self._gesture_time, pose)
        liveliness = 0.6 + 0.4 * self._state[1]
        one, two, three, four = np.sin(
            2.0 * np.pi * np.array([0.11, 0.17, 0.07, 0.13]) * self._time + self._phases
        )
        breath = np.sin(self._breath)
        roll, pitch, yaw = pose[SPINE]
        angles = np.zeros((21, 3))
        # A spine's pitch, yaw and roll are rotations about the model's x, y and z axes.
        bend = np.array(
            [
                pitch + 0.010 * liveliness * three,
                yaw + 0.020 * liveliness * two,
                roll + 0.018 * liveliness * one,
            ]
        )
        for name, share in (("spine1", 0.4), ("spine2", 0.3), ("spine3", 0.3)):
            angles[_JOINT[name]] = share * bend
        angles[_JOINT["spine3"], 0] -= 0.012 * breath
        collar = pose[COLLARS] + 0.012 * breath
        angles[_JOINT["left_collar"], 2] = collar[0]
        angles[_JOINT["right_collar"], 2] = -collar[1]
        for side, arm, sign in (("left", pose[LEFT_ARM], 1.0), ("right", pose[RIGHT_ARM], -1.0)):
            mirror = _MIRROR if sign < 0 else 1.0
            shoulder, elbow, wrist = gestures.arm_rotations(arm)
            angles[_JOINT[f"{side}_shoulder"]] = logarithm(shoulder) * mirror
            angles[_JOINT[f"{side}_elbow"]] = elbow * mirror
            angles[_JOINT[f"{side}_wrist"]] = wrist * mirror
        angles = np.clip(angles, JOINT_LOW, JOINT_HIGH)
        extra = np.array([*pose[HEAD], pose[LEFT_ARM][8], pose[RIGHT_ARM][8]])
        extra[0] += 0.012 * liveliness * four
        extra[1] -= 0.006 * breath
        return angles, extra


def follow(
    position: np.ndarray, speed: np.ndarray, target: np.ndarray, stiffness: float, dt: float
) -> tuple[np.ndarray, np.ndarray]:
    """A critically damped spring for ``dt`` seconds: new position and speed, exact for a constant
    target, so two half steps are one whole step. stiffness: angular frequency, 1/s."""
    offset = position - target
    slope = speed + stiffness * offset
    decay = np.exp(-stiffness * dt)
    return (
        target + (offset + slope * dt) * decay,
        (speed - stiffness * slope * dt) * decay,
    )


def head_pose(head: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Roll, pitch, yaw of the head relative to the trunk -> axis-angle of neck and head joints.

    The rotation is Rz(yaw) Ry(pitch) Rx(roll) in REP-103 axes (x forward, y left, z up); each of
    the two joints turns by half of it.
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
