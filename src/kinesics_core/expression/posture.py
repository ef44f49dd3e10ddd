"""The pose vector of the upper body, and the posture that a state of affect gives it.

Posture follows the findings on bodily expression (Wallbott 1998; Crane & Gross 2013; for
dominance Hall, Coats & LeBeau 2005): valence raises head and chest, dominance opens the arms and
straightens the spine, arousal leans forward; fear (aroused, not dominant) pulls up the shoulders.
Signs are theirs, sizes are authored. At the origin a body stands as people do who wait
(ReActIdle, genuine and acted): upright, the head level, and the elbows bent by .85 rad (the
mean of their windows of 5 s).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.body import arm_poses
from kinesics_core.body.arm_poses import arm_vector

LEFT_ARM, RIGHT_ARM = slice(0, 9), slice(9, 18)
SPINE, HEAD, COLLARS = slice(18, 21), slice(21, 24), slice(24, 26)
POSE_SIZE = 26
"""The pose vector (26,), in which posture and gestures are added and interpolated: both arms as
``body.arm_poses.arm_vector`` has them, roll, pitch, yaw of spine and head, and how far the left
and the right collar are raised, radians."""

_CURL = 8  # in an arm's part of the vector


@dataclass(frozen=True, slots=True)
class PostureGains:
    """Change of the pose per unit of valence, arousal and dominance, radians; authored.

    Attributes:
        spine: Pitch of the spine at the origin.
        spine_valence, spine_dominance, spine_arousal: Its change, forward positive.
        head: Pitch of the head at the origin.
        head_valence, head_dominance: Change of the head's pitch, forward positive.
        collar_arousal: Raised shoulders with arousal above 0.
        collar_fear: And besides with arousal above and dominance below 0, their product.
        collar_sadness: Sunken ones with arousal and valence below 0, their product.
        tense_hands: Curl of the fingers (0..1) with arousal above 0 where valence is below.
    """

    spine: float = 0.0
    spine_valence: float = -0.10
    spine_dominance: float = -0.10
    spine_arousal: float = 0.05
    head: float = -0.08
    head_valence: float = -0.13
    head_dominance: float = -0.06
    collar_arousal: float = 0.10
    collar_fear: float = 0.08
    collar_sadness: float = -0.05
    tense_hands: float = 0.25


_GAIN = PostureGains()
_STANDING = arm_vector(arm_poses.STANDING)
_OPENING = arm_vector(arm_poses.HELD_OPEN) - _STANDING
_CLOSING = arm_vector(arm_poses.HELD_CLOSE) - _STANDING


def posture(state: np.ndarray) -> np.ndarray:
    """Return the pose vector (26,) of a body that stands at ease.

    Args:
        state: Valence, arousal, dominance (3,), -1..1.
    """
    valence, arousal, dominance = state
    pose = np.zeros(POSE_SIZE)
    arm = _STANDING + max(dominance, 0.0) * _OPENING + max(-dominance, 0.0) * _CLOSING
    arm[_CURL] += _GAIN.tense_hands * max(arousal, 0.0) * (1.0 if valence < 0.0 else 0.0)
    pose[LEFT_ARM] = pose[RIGHT_ARM] = arm
    pose[SPINE][1] = (
        _GAIN.spine + _GAIN.spine_valence * valence + _GAIN.spine_dominance * dominance
        + _GAIN.spine_arousal * arousal
    )  # fmt: skip
    pose[HEAD][1] = _GAIN.head + _GAIN.head_valence * valence + _GAIN.head_dominance * dominance
    pose[COLLARS] = (
        _GAIN.collar_arousal * max(arousal, 0.0)
        + _GAIN.collar_fear * max(arousal, 0.0) * max(-dominance, 0.0)
    )
    pose[COLLARS] += _GAIN.collar_sadness * max(-valence, 0.0) * max(-arousal, 0.0)
    return pose
