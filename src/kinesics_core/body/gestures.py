"""Gestures as key poses: the one table of what arms, trunk and head do, by name.

The robot performs the first eleven (``expression.gestures``); generated motion
(``synthesis.repertoire``) draws on most of them and on all others. They are keyed for a
right-handed person who stands, in the arm poses of ``body.arm_poses``; between key poses the motion
is minimum-jerk. Authored by eye on a rendered body; which emotion a gesture goes with is said where
it is chosen (``mind.policy``, ``synthesis.repertoire``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from kinesics_core.body import arm_poses as arm
from kinesics_core.body.arm_poses import ArmPose

Share = TypeVar("Share", float, np.ndarray)


@dataclass(frozen=True, slots=True)
class KeyPose:
    """A pose that a gesture passes through.

    Attributes:
        time: Seconds after the gesture begins.
        left, right: The arms; None hangs as the posture says.
        spine, head: Roll, pitch, yaw in radians (REP-103: pitch is forward, yaw to the left),
            added to the posture.
        collars: How far both shoulders are pulled up, radians, added to the posture.
    """

    time: float
    left: ArmPose | None = None
    right: ArmPose | None = None
    spine: tuple[float, float, float] = (0.0, 0.0, 0.0)
    head: tuple[float, float, float] = (0.0, 0.0, 0.0)
    collars: float = 0.0


@dataclass(frozen=True, slots=True)
class Gesture:
    """Key poses in order of time, from the posture and back to it.

    Attributes:
        duration: Seconds until the posture is reached again.
        keys: The poses between.
        meaning: What people read in it.
    """

    duration: float
    keys: tuple[KeyPose, ...]
    meaning: str


def minimum_jerk(share: Share) -> Share:
    """Return the position 0..1 at a share 0..1 of a movement's time (Flash & Hogan 1985)."""
    return share**3 * (10.0 - 15.0 * share + 6.0 * share**2)


def _both(time: float, pose: ArmPose, **body: Any) -> KeyPose:
    return KeyPose(time, left=pose, right=pose, **body)


GESTURES: dict[str, Gesture] = {
    "nod": Gesture(1.3, (
        KeyPose(0.25, head=(0.0, 0.26, 0.0)),
        KeyPose(0.50, head=(0.0, -0.04, 0.0)),
        KeyPose(0.75, head=(0.0, 0.18, 0.0)),
        KeyPose(1.00, head=(0.0, -0.02, 0.0)),
    ), "agreement, listening"),
    "shake_head": Gesture(1.6, (
        KeyPose(0.25, head=(0.0, 0.0, 0.28)),
        KeyPose(0.60, head=(0.0, 0.0, -0.28)),
        KeyPose(0.95, head=(0.0, 0.0, 0.22)),
        KeyPose(1.25, head=(0.0, 0.0, -0.14)),
    ), "disagreement"),
    "wave": Gesture(2.5, (
        KeyPose(0.55, right=arm.WAVE_OUT, head=(0.08, 0.0, 0.0)),
        KeyPose(0.85, right=arm.WAVE_IN, head=(0.08, 0.0, 0.0)),
        KeyPose(1.15, right=arm.WAVE_OUT, head=(0.08, 0.0, 0.0)),
        KeyPose(1.45, right=arm.WAVE_IN, head=(0.08, 0.0, 0.0)),
        KeyPose(1.75, right=arm.WAVE_OUT, head=(0.04, 0.0, 0.0)),
    ), "greeting"),
    "shrug": Gesture(1.9, (
        _both(0.50, arm.SHRUG, collars=0.28, head=(0.14, 0.0, 0.0)),
        _both(1.10, arm.SHRUG, collars=0.28, head=(0.14, 0.0, 0.0)),
    ), "not knowing, letting it be"),
    "open_arms": Gesture(2.6, (
        _both(0.70, arm.OPEN, spine=(0.0, -0.04, 0.0), head=(0.0, -0.06, 0.0)),
        _both(1.60, arm.WELCOME, spine=(0.0, -0.06, 0.0), head=(0.0, -0.08, 0.0)),
    ), "welcome, shared joy"),
    "lean_in": Gesture(3.0, (
        KeyPose(0.90, spine=(0.05, 0.22, 0.0), head=(0.10, -0.10, 0.0)),
        KeyPose(2.10, spine=(0.05, 0.22, 0.0), head=(0.10, -0.06, 0.0)),
    ), "interest, care"),
    "hand_to_chest": Gesture(3.0, (
        KeyPose(0.80, right=arm.ON_HEART, spine=(0.0, 0.05, 0.0), head=(0.08, 0.08, 0.0)),
        KeyPose(2.10, right=arm.ON_HEART, spine=(0.0, 0.07, 0.0), head=(0.10, 0.10, 0.0)),
    ), "sympathy"),
    "clap": Gesture(2.5, (
        _both(0.50, arm.CLAP_OPEN),
        _both(0.75, arm.CLAP_SHUT),
        _both(1.00, arm.CLAP_OPEN),
        _both(1.25, arm.CLAP_SHUT),
        _both(1.50, arm.CLAP_OPEN),
        _both(1.75, arm.CLAP_SHUT),
    ), "applause"),
    "calm": Gesture(2.9, (
        _both(0.65, arm.CALM_HIGH),
        _both(1.20, arm.CALM_LOW, head=(0.0, 0.05, 0.0)),
        _both(1.65, arm.CALM_HIGH),
        _both(2.20, arm.CALM_LOW, head=(0.0, 0.05, 0.0)),
    ), "slow down, palms to the ground"),
    "think": Gesture(2.8, (
        KeyPose(0.80, right=arm.AT_CHIN, head=(0.10, 0.02, 0.14)),
        KeyPose(2.00, right=arm.AT_CHIN, head=(0.12, -0.02, 0.18)),
    ), "considering"),
    "bow": Gesture(2.2, (
        KeyPose(0.75, spine=(0.0, 0.38, 0.0), head=(0.0, 0.22, 0.0)),
        KeyPose(1.25, spine=(0.0, 0.38, 0.0), head=(0.0, 0.22, 0.0)),
    ), "respect, farewell"),
    "point": Gesture(2.4, (
        KeyPose(0.6, right=arm.POINT, head=(0.0, 0.0, -0.12)),
        KeyPose(1.4, right=arm.POINT),
    ), "there"),
    "reach": Gesture(2.6, (
        _both(0.8, arm.REACH, spine=(0.0, 0.16, 0.0)),
        _both(1.6, arm.REACH, spine=(0.0, 0.16, 0.0)),
    ), "wanting, giving"),
    "cheer": Gesture(2.8, (
        _both(0.55, arm.RAISED, head=(0.0, -0.22, 0.0), spine=(0.0, -0.08, 0.0)),
        _both(0.9, arm.FIST_UP),
        _both(1.2, arm.RAISED, head=(0.0, -0.25, 0.0)),
        _both(1.8, arm.RAISED, head=(0.0, -0.20, 0.0)),
    ), "triumph"),
    "fist_pump": Gesture(2.2, (
        KeyPose(0.45, right=arm.FIST_UP),
        KeyPose(0.75, right=arm.FIST_LOW, spine=(0.0, 0.08, 0.0)),
        KeyPose(1.05, right=arm.FIST_UP),
        KeyPose(1.35, right=arm.FIST_LOW, spine=(0.0, 0.08, 0.0)),
    ), "yes!"),
    "embrace": Gesture(3.0, (
        _both(0.7, arm.EMBRACE, spine=(0.0, 0.06, 0.0)),
        _both(1.9, arm.EMBRACE, spine=(0.0, 0.10, 0.0), head=(0.12, 0.0, 0.0)),
    ), "come here"),
    "strike": Gesture(2.0, (
        KeyPose(0.45, right=arm.FIST_UP, spine=(0.0, -0.05, -0.12)),
        KeyPose(0.68, right=arm.STRIKE, spine=(0.0, 0.22, 0.12), head=(0.0, 0.05, 0.0)),
        KeyPose(1.0, right=arm.FIST_UP, spine=(0.0, 0.0, -0.08)),
        KeyPose(1.22, right=arm.STRIKE, spine=(0.0, 0.22, 0.12)),
    ), "banging a table that is not there"),
    "fists": Gesture(2.4, (
        _both(0.5, arm.FIST_LOW, spine=(0.0, 0.12, 0.0), collars=0.12),
        _both(0.75, arm.STRIKE, spine=(0.0, 0.20, 0.0), collars=0.10),
        _both(1.5, arm.FIST_LOW, spine=(0.0, 0.15, 0.0), collars=0.12),
    ), "rage held back"),
    "accuse": Gesture(2.2, (
        KeyPose(0.45, right=arm.FIST_LOW),
        KeyPose(0.75, right=arm.POINT, spine=(0.0, 0.18, 0.08)),
        KeyPose(0.95, right=arm.IN_FRONT, spine=(0.0, 0.14, 0.05)),
        KeyPose(1.15, right=arm.POINT, spine=(0.0, 0.20, 0.08)),
        KeyPose(1.6, right=arm.POINT, spine=(0.0, 0.18, 0.06)),
    ), "you!"),
    "ward_off": Gesture(2.4, (
        _both(0.4, arm.WARD, spine=(0.0, -0.16, 0.0), head=(0.0, -0.08, 0.25), collars=0.15),
        _both(1.4, arm.WARD, spine=(0.0, -0.18, 0.05), head=(0.0, 0.0, 0.35), collars=0.18),
    ), "keep away"),
    "push_away": Gesture(2.2, (
        _both(0.45, arm.WARD),
        _both(0.8, arm.PUSH, head=(0.0, 0.0, 0.45), spine=(0.0, -0.08, 0.15)),
        _both(1.3, arm.PUSH, head=(0.0, 0.05, 0.50), spine=(0.0, -0.10, 0.18)),
    ), "take it away"),
    "startle": Gesture(2.2, (
        _both(0.22, arm.STARTLE, spine=(0.0, -0.14, 0.0), head=(0.0, -0.16, 0.0), collars=0.22),
        _both(1.1, arm.STARTLE, spine=(0.0, -0.10, 0.0), head=(0.0, -0.10, 0.0), collars=0.12),
    ), "oh!"),
    "hand_to_mouth": Gesture(2.6, (
        KeyPose(0.45, right=arm.AT_MOUTH, spine=(0.0, -0.05, 0.0), head=(0.0, 0.02, 0.0)),
        KeyPose(1.8, right=arm.AT_MOUTH, spine=(0.0, -0.03, 0.0), head=(0.0, 0.05, 0.0)),
    ), "shock, disgust"),
    "cover_face": Gesture(4.0, (
        _both(0.8, arm.OVER_FACE, spine=(0.0, 0.22, 0.0), head=(0.0, 0.30, 0.0)),
        _both(3.0, arm.OVER_FACE, spine=(0.0, 0.26, 0.0), head=(0.0, 0.34, 0.0)),
    ), "despair, shame"),
    "hands_on_head": Gesture(3.0, (
        _both(0.7, arm.ON_HEAD, head=(0.0, 0.10, 0.0)),
        _both(2.1, arm.ON_HEAD, head=(0.06, 0.14, 0.0)),
    ), "what have I done"),
    "rub_neck": Gesture(3.2, (
        KeyPose(0.8, right=arm.ON_NECK, head=(0.10, 0.16, 0.0)),
        KeyPose(2.2, right=arm.ON_NECK, head=(-0.05, 0.20, 0.0)),
    ), "unease"),
    "hold_belly": Gesture(3.0, (
        _both(0.6, arm.ON_BELLY, spine=(0.0, 0.20, 0.0)),
        _both(2.3, arm.ON_BELLY, spine=(0.0, 0.24, 0.0)),
    ), "laughing hard, being ill"),
    "dismiss": Gesture(1.9, (
        KeyPose(0.45, right=arm.FLICK_IN),
        KeyPose(0.75, right=arm.FLICK_OUT, head=(0.10, -0.10, 0.22)),
        KeyPose(1.1, right=arm.FLICK_OUT, head=(0.10, -0.10, 0.25)),
    ), "never mind that"),
    "turn_away": Gesture(3.4, (
        KeyPose(0.8, spine=(0.0, -0.04, 0.30), head=(0.0, 0.06, 0.55)),
        KeyPose(2.3, spine=(0.0, -0.04, 0.32), head=(0.0, 0.10, 0.60)),
    ), "not looking at it"),
    "look_down_on": Gesture(3.2, (
        KeyPose(0.9, spine=(0.0, -0.06, 0.0), head=(0.12, -0.26, 0.12)),
        KeyPose(2.2, spine=(0.0, -0.06, 0.0), head=(0.14, -0.26, 0.16)),
    ), "chin up"),
    "sigh": Gesture(3.4, (
        KeyPose(1.1, spine=(0.0, -0.06, 0.0), head=(0.0, -0.08, 0.0), collars=0.16),
        KeyPose(2.2, spine=(0.0, 0.16, 0.0), head=(0.0, 0.22, 0.0), collars=-0.08),
    ), "letting go"),
    "slump": Gesture(5.0, (
        KeyPose(1.4, spine=(0.0, 0.24, 0.0), head=(0.05, 0.32, 0.0), collars=-0.08),
        KeyPose(3.6, spine=(0.0, 0.28, 0.0), head=(0.08, 0.36, 0.0), collars=-0.10),
    ), "sorrow"),
    "cower": Gesture(3.4, (
        _both(0.6, arm.OVER_FACE, spine=(0.0, 0.24, 0.15), head=(0.0, 0.10, 0.20), collars=0.30),
        _both(2.4, arm.WARD, spine=(0.0, 0.20, 0.20), head=(0.0, 0.0, 0.30), collars=0.30),
    ), "shelter"),
}  # fmt: skip
"""Every gesture there is, by name; seconds and radians."""
