"""Upper-body gestures as key poses, and the pose they are keyed in.

Arms are keyed by where they point, not by joint angles, so that a key pose can be read and
checked: ``upper`` is the direction of the upper arm and ``fore`` that of the forearm, in axes of
the trunk (x to that arm's own side, y up, z forward), so the same numbers mirror to the other arm.
``arm_rotations`` turns them into shoulder and elbow rotations with the elbow as a hinge.
Between key poses the motion is minimum-jerk (Flash & Hogan 1985).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from kinesics_core.errors import KinesicsError

Share = TypeVar("Share", float, np.ndarray)


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm. upper, fore: directions (own side, up, forward), any length.

    twist: of the hand about the forearm, radians, positive turns the palm up or forward.
    bend: of the wrist, radians, positive towards the palm. curl: of the fingers, 0 flat .. 1 fist.
    """

    upper: tuple[float, float, float]
    fore: tuple[float, float, float]
    twist: float = 0.0
    bend: float = 0.0
    curl: float = 0.35


@dataclass(frozen=True, slots=True)
class Key:
    """A key pose at ``time`` seconds after the start. An arm that is None hangs as posture says.

    spine, head: roll, pitch, yaw in radians (REP-103: pitch is forward, yaw to the left), added
    to the posture. raise_: of both collars, radians, added.
    """

    time: float
    left: Arm | None = None
    right: Arm | None = None
    spine: tuple[float, float, float] = (0.0, 0.0, 0.0)
    head: tuple[float, float, float] = (0.0, 0.0, 0.0)
    raise_: float = 0.0


@dataclass(frozen=True, slots=True)
class Gesture:
    """Key poses in order of time; it starts from the posture and returns to it at ``duration``."""

    duration: float
    keys: tuple[Key, ...]
    meaning: str


def _both(time: float, arm: Arm, **body: object) -> Key:
    return Key(time, left=arm, right=arm, **body)  # type: ignore[arg-type]


_WAVE_OUT = Arm((0.85, -0.15, 0.45), (0.60, 1.0, 0.25), curl=0.05)
_WAVE_IN = Arm((0.85, -0.15, 0.45), (-0.35, 1.0, 0.25), curl=0.05)
_SHRUG = Arm((0.35, -1.0, 0.10), (0.85, -0.10, 0.75), twist=1.2, curl=0.15)
_OPEN = Arm((0.60, -0.85, 0.35), (0.90, 0.10, 0.75), twist=1.0, curl=0.10)
_WELCOME = Arm((0.75, -0.70, 0.35), (1.00, 0.20, 0.60), twist=1.0, curl=0.10)
_CHEST = Arm((0.34, -0.95, 0.36), (-0.82, 0.36, 0.16), twist=0.1, bend=0.30, curl=0.15)
_CLAP_OPEN = Arm((0.30, -0.80, 0.65), (-0.05, 0.50, 0.85), curl=0.08)
_CLAP_SHUT = Arm((0.20, -0.80, 0.65), (-0.60, 0.50, 0.85), bend=-0.25, curl=0.08)
_CALM_HIGH = Arm((0.25, -0.90, 0.42), (0.05, 0.05, 1.00), twist=-1.35, bend=-0.25, curl=0.08)
_CALM_LOW = Arm((0.25, -1.00, 0.32), (0.05, -0.35, 1.00), twist=-1.35, bend=-0.10, curl=0.08)
_THINK = Arm((0.12, -0.90, 0.52), (-0.26, 1.0, 0.40), twist=0.2, bend=0.3, curl=0.55)

GESTURES: dict[str, Gesture] = {
    "nod": Gesture(
        1.3,
        (
            Key(0.25, head=(0.0, 0.26, 0.0)),
            Key(0.50, head=(0.0, -0.04, 0.0)),
            Key(0.75, head=(0.0, 0.18, 0.0)),
            Key(1.00, head=(0.0, -0.02, 0.0)),
        ),
        "agreement, listening",
    ),
    "shake_head": Gesture(
        1.6,
        (
            Key(0.25, head=(0.0, 0.0, 0.28)),
            Key(0.60, head=(0.0, 0.0, -0.28)),
            Key(0.95, head=(0.0, 0.0, 0.22)),
            Key(1.25, head=(0.0, 0.0, -0.14)),
        ),
        "disagreement",
    ),
    "wave": Gesture(
        2.5,
        (
            Key(0.55, right=_WAVE_OUT, head=(0.08, 0.0, 0.0)),
            Key(0.85, right=_WAVE_IN, head=(0.08, 0.0, 0.0)),
            Key(1.15, right=_WAVE_OUT, head=(0.08, 0.0, 0.0)),
            Key(1.45, right=_WAVE_IN, head=(0.08, 0.0, 0.0)),
            Key(1.75, right=_WAVE_OUT, head=(0.04, 0.0, 0.0)),
        ),
        "greeting",
    ),
    "shrug": Gesture(
        1.9,
        (
            _both(0.50, _SHRUG, raise_=0.28, head=(0.14, 0.0, 0.0)),
            _both(1.10, _SHRUG, raise_=0.28, head=(0.14, 0.0, 0.0)),
        ),
        "not knowing, letting it be",
    ),
    "open_arms": Gesture(
        2.6,
        (
            _both(0.70, _OPEN, spine=(0.0, -0.04, 0.0), head=(0.0, -0.06, 0.0)),
            _both(1.60, _WELCOME, spine=(0.0, -0.06, 0.0), head=(0.0, -0.08, 0.0)),
        ),
        "welcome, shared joy",
    ),
    "lean_in": Gesture(
        3.0,
        (
            Key(0.90, spine=(0.05, 0.22, 0.0), head=(0.10, -0.10, 0.0)),
            Key(2.10, spine=(0.05, 0.22, 0.0), head=(0.10, -0.06, 0.0)),
        ),
        "interest, care",
    ),
    "hand_to_chest": Gesture(
        3.0,
        (
            Key(0.80, right=_CHEST, spine=(0.0, 0.05, 0.0), head=(0.08, 0.08, 0.0)),
            Key(2.10, right=_CHEST, spine=(0.0, 0.07, 0.0), head=(0.10, 0.10, 0.0)),
        ),
        "sympathy",
    ),
    "clap": Gesture(
        2.5,
        (
            _both(0.50, _CLAP_OPEN),
            _both(0.75, _CLAP_SHUT),
            _both(1.00, _CLAP_OPEN),
            _both(1.25, _CLAP_SHUT),
            _both(1.50, _CLAP_OPEN),
            _both(1.75, _CLAP_SHUT),
        ),
        "applause",
    ),
    "calm": Gesture(
        2.9,
        (
            _both(0.65, _CALM_HIGH),
            _both(1.20, _CALM_LOW, head=(0.0, 0.05, 0.0)),
            _both(1.65, _CALM_HIGH),
            _both(2.20, _CALM_LOW, head=(0.0, 0.05, 0.0)),
        ),
        "slow down, palms to the ground",
    ),
    "think": Gesture(
        2.8,
        (
            Key(0.80, right=_THINK, head=(0.10, 0.02, 0.14)),
            Key(2.00, right=_THINK, head=(0.12, -0.02, 0.18)),
        ),
        "considering",
    ),
    "bow": Gesture(
        2.2,
        (
            Key(0.75, spine=(0.0, 0.38, 0.0), head=(0.0, 0.22, 0.0)),
            Key(1.25, spine=(0.0, 0.38, 0.0), head=(0.0, 0.22, 0.0)),
        ),
        "respect, farewell",
    ),
}

# The pose as one vector, in which posture and gestures are added and interpolated.
LEFT_ARM, RIGHT_ARM = slice(0, 9), slice(9, 18)
SPINE, HEAD, COLLARS = slice(18, 21), slice(21, 24), slice(24, 26)
POSE_SIZE = 26


def gesture(name: str) -> Gesture:
    """A gesture by name; ``KinesicsError`` names the known ones."""
    if name not in GESTURES:
        raise KinesicsError(f"Got gesture {name!r}; use one of {', '.join(sorted(GESTURES))}.")
    return GESTURES[name]


def pose_at(name: str, seconds: float, posture: np.ndarray) -> np.ndarray:
    """The pose vector (26,) at a time into a gesture that starts from and ends in ``posture``."""
    gesture(name)
    times, kept, added = _TRACKS[name]
    if not 0.0 < seconds < times[-1]:
        return posture
    after = bisect_right(times, seconds)
    start, end = kept[after - 1 : after + 1] * posture + added[after - 1 : after + 1]
    share = minimum_jerk((seconds - times[after - 1]) / (times[after] - times[after - 1]))
    return start + share * (end - start)


def minimum_jerk(share: Share) -> Share:
    """Position 0..1 at a share 0..1 of the time of a minimum-jerk movement (Flash & Hogan 1985)."""
    return share**3 * (10.0 - 15.0 * share + 6.0 * share**2)


def arm_vector(arm: Arm) -> np.ndarray:
    """The arm's part of the pose vector (9,): unit upper, unit fore, twist, bend, curl."""
    upper, fore = np.array(arm.upper), np.array(arm.fore)
    return np.concatenate(
        [
            upper / np.linalg.norm(upper),
            fore / np.linalg.norm(fore),
            [arm.twist, arm.bend, arm.curl],
        ]
    )


def arm_rotations(arm: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pose vector of an arm (9,) -> shoulder rotation (3, 3), elbow and wrist axis-angle (3,).

    For the left arm in axes of the trunk. The shoulder's twist is the one for which the elbow
    bends about its own y axis only, as a hinge: its z axis lies in the plane of both segments.
    """
    x = _unit(arm[0], arm[1], arm[2])
    fore = _unit(arm[3], arm[4], arm[5])
    along = fore[0] * x[0] + fore[1] * x[1] + fore[2] * x[2]
    # A nearly stretched elbow leaves the plane open: it is drawn to the forward direction then.
    z = _unit(
        fore[0] - (along + 0.02 * x[2]) * x[0],
        fore[1] - (along + 0.02 * x[2]) * x[1],
        fore[2] - (along + 0.02 * x[2]) * x[2] + 0.02,
    )
    y = (z[1] * x[2] - z[2] * x[1], z[2] * x[0] - z[0] * x[2], z[0] * x[1] - z[1] * x[0])
    flexion = math.atan2(fore[0] * z[0] + fore[1] * z[1] + fore[2] * z[2], along)
    return (
        np.array([x, y, z]).T,
        np.array([0.0, -flexion, 0.0]),
        np.array([-arm[6], 0.0, -arm[7]]),
    )


def _unit(x: float, y: float, z: float) -> tuple[float, float, float]:
    length = math.sqrt(x * x + y * y + z * z)
    return x / length, y / length, z / length


def _track(motion: Gesture) -> tuple[list[float], np.ndarray, np.ndarray]:
    """Times (keys + 2) and, at each, the share of the posture kept and what is added to it."""
    times = [0.0, *(key.time for key in motion.keys), motion.duration]
    kept = np.ones((len(times), POSE_SIZE))
    added = np.zeros((len(times), POSE_SIZE))
    for row, key in enumerate(motion.keys, start=1):
        for arm, part in ((key.left, LEFT_ARM), (key.right, RIGHT_ARM)):
            if arm is not None:
                kept[row, part], added[row, part] = 0.0, arm_vector(arm)
        added[row, SPINE], added[row, HEAD], added[row, COLLARS] = key.spine, key.head, key.raise_
    return times, kept, added


_TRACKS = {name: _track(motion) for name, motion in GESTURES.items()}
