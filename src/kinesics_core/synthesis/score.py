"""The score in which a movement is written down before it is given a body.

Every part of the body is the sum of its start and of minimum-jerk changes towards the targets
written for it, in order. Changes may overlap, which is how people chain movements (Flash & Henis
1991) and what makes one gesture run into the next. Oscillations come on top.

Arms are posed by direction as in ``body.arm_poses`` and moved in four angles: a rotation vector of
the shoulder and the flexion of the elbow, in axes of the arm's own side. The elbow is a hinge.
"""

from __future__ import annotations

import math

import numpy as np

from kinesics_core.body.arm_poses import ArmPose, arm_rotations, arm_vector
from kinesics_core.body.gestures import minimum_jerk
from kinesics_core.rotations import logarithm

PARTS = {
    "left": 4, "right": 4, "left_busy": 1, "right_busy": 1, "spine": 3, "head": 3, "collars": 2,
    "heading": 1, "shift": 2, "crouch": 1,
}
"""Part -> channels. Arms: shoulder rotation vector and elbow flexion; busy: 1 while gesturing.
spine, head: roll, pitch, yaw, and collars: raised, radians, as in ``expression.posture``. heading:
radians to the left. shift: of the pelvis to the own left and forward, crouch: down, metres."""

ELBOW_RANGE = (0.06, 2.5)
"""Flexion of the elbow, radians: within the 150 degrees of the AAOS, never fully stretched."""

PEAK_SPEED = {"left": 9.0, "right": 9.0, "head": 4.0, "spine": 2.5, "collars": 2.0}
"""Fastest that a part turns, rad/s; authored: arms swing at about this speed in a beat, a throw is
three times as fast."""

_PEAK_OVER_MEAN = 1.875  # speed of a minimum-jerk movement (Flash & Hogan 1985)
_REACTION = 0.12  # s that a movement lasts besides what its speed asks for; authored
_SWELL = 1.6  # an oscillation is at full size for the middle half of its time; authored

ARM_ORIGIN = arm_rotations(arm_vector(ArmPose((0.45, -0.75, 0.45), (0.10, 0.20, 1.0))))[0]
"""(3, 3): shoulder angles are counted from an arm half raised to the front. No key pose is half a
turn away from it, so the rotation vector is continuous."""


class Score:
    """Submovements and oscillations of the parts of a body; times in seconds."""

    def __init__(self, start: dict[str, np.ndarray]) -> None:
        """Begin each part of ``start`` there, and all others at 0."""
        self._start = {part: np.zeros(size) for part, size in PARTS.items()} | start
        self._target = {part: value.copy() for part, value in self._start.items()}
        self._moves: dict[str, list[tuple[float, float, np.ndarray]]] = {p: [] for p in PARTS}
        self._shakes: dict[str, list[tuple[float, float, float, float, np.ndarray]]] = {
            part: [] for part in PARTS
        }

    def target(self, part: str) -> np.ndarray:
        """Return where the part is going after all that is written so far."""
        return self._target[part].copy()

    def move(self, part: str, start: float, duration: float, target: np.ndarray) -> None:
        """Take the part to ``target`` from ``start`` on.

        It takes ``duration``, or a little longer if that would be faster than joints turn.
        """
        change = target - self._target[part]
        shortest = float(np.abs(change).max()) / PEAK_SPEED.get(part, math.inf)
        duration = max(duration, _REACTION + _PEAK_OVER_MEAN * shortest)
        self._moves[part].append((start, duration, change))
        self._target[part] = target.copy()

    def shake(
        self, part: str, span: tuple[float, float], hertz: float, amplitude: np.ndarray,
        phase: float = 0.0,
    ) -> None:
        """Add an oscillation that swells and fades from the beginning to the end of ``span``."""
        self._shakes[part].append((*span, hertz, phase, amplitude))

    def evaluate(self, times: np.ndarray) -> dict[str, np.ndarray]:
        """Return every part at ``times`` (T,): (T, channels)."""
        out = {}
        for part, start in self._start.items():
            values = np.tile(start, (len(times), 1))
            if moves := self._moves[part]:
                begin, duration, change = (np.array(column) for column in zip(*moves, strict=True))
                share = np.clip((times[:, None] - begin) / duration, 0.0, 1.0)
                values += minimum_jerk(share) @ change
            for first, last, hertz, phase, amplitude in self._shakes[part]:
                share = np.clip((times - first) / (last - first), 0.0, 1.0)
                swell = np.minimum(1.0, _SWELL * np.sin(np.pi * share)) * (share > 0.0)
                wave = np.sin(2.0 * np.pi * hertz * (times - first) + phase)
                values += (swell * wave)[:, None] * amplitude
            out[part] = values
        return out


def arm_angles(arm: np.ndarray) -> np.ndarray:
    """Return the angles of an arm of the pose vector.

    Args:
        arm: (9,) as ``body.arm_poses.arm_vector`` returns it.

    Returns:
        (4,) rotation vector of the shoulder from ``ARM_ORIGIN``, flexion of the elbow; radians.
    """
    shoulder, elbow, _ = arm_rotations(arm)
    return np.array([*logarithm(ARM_ORIGIN.T @ shoulder), np.clip(-elbow[1], *ELBOW_RANGE)])
