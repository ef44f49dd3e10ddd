"""Postures in which a body shows an emotion that one sees from three metres, and how they live.

What goes where follows the studies of acted and rated bodies

- Wallbott, European J. Social Psychology 28 (1998) 879: shoulders raised in joy and hot anger,
  forward in disgust and fear, collapsed trunk in sadness; head bent back in joy, hanging in
  sadness; arms stretched forward or sideways in joy, frontal in anger, crossed in front in pride
  and contempt; opening and closing of hands in fear;
- Coulson, J. Nonverbal Behavior 28 (2004) 117: attributions to computer-drawn postures: anger with
  bent trunk, forward weight and bent elbows; fear with the weight transferred backwards; sadness
  with head and chest bent forward and arms at the side of the trunk; surprise with chest and head
  back and raised forearms; disgust, the least certain, turned and drawn away;
- Dael, Mortillaro & Scherer, Emotion 12 (2012) 1085: anger and joy differ from fear and sadness by
  forward against backward lean and by arms held out against arms held in; symmetric arms go up in
  elation; self-touch in fear and sadness;
- Kleinsmith & Bianchi-Berthouze, IEEE Trans. Affective Computing 4 (2013) 15: openness and vertical
  extension carry most of it;
- Crane & Gross, J. Nonverbal Behavior 37 (2013) 91: neck and trunk flexed in sadness, extended in
  joy; shoulders depressed in sadness.

Signs are theirs; sizes are authored on a rendered body, so that arms, neck and shoulders leave rest
by more than 20 degrees on average at intensity .8 (12 for disgust and contempt, which are told by
the turn of the head more than by the arms), within joint limits and without the body's parts
cutting each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from kinesics_core.affect.emotions import (
    ANGER,
    CONTEMPT,
    DISGUST,
    FEAR,
    HAPPINESS,
    NEUTRAL,
    SADNESS,
    SURPRISE,
)
from kinesics_core.body import arm_poses as arm
from kinesics_core.body.arm_poses import ArmPose, arm_vector
from kinesics_core.expression.posture import COLLARS, HEAD, LEFT_ARM, RIGHT_ARM, SPINE

ARMS = slice(0, 18)
REST = slice(18, 26)
WEIGHT = 26
STANCE = slice(27, 33)
SIZE = 33
"""Vector of a posture on its way (33,): the arms of ``expression.posture`` times their weight, what
is added to spine, head and collars, the weight (how far the arms have left the base posture), and
the pelvis: metres to the body's left, up and forward, and its roll, pitch and yaw, radians."""


@dataclass(frozen=True, slots=True)
class EmotionalPosture:
    """A posture at full intensity.

    Attributes:
        left, right: The arms.
        spine, head: Roll, pitch, yaw in radians (REP-103: pitch is forward, yaw to the left), added
            to the posture of the state.
        collars: How far both shoulders are pulled up, radians, added.
        pelvis: Metres to the left, up and forward.
        tilt: Roll, pitch and yaw of the pelvis, radians.
    """

    left: ArmPose
    right: ArmPose
    spine: tuple[float, float, float] = (0.0, 0.0, 0.0)
    head: tuple[float, float, float] = (0.0, 0.0, 0.0)
    collars: float = 0.0
    pelvis: tuple[float, float, float] = (0.0, 0.0, 0.0)
    tilt: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def mirrored(self) -> EmotionalPosture:
        """Return the same with left and right exchanged."""
        def turned(angles: tuple[float, float, float]) -> tuple[float, float, float]:
            return (-angles[0], angles[1], -angles[2])
        return replace(
            self, left=self.right, right=self.left, spine=turned(self.spine),
            head=turned(self.head), pelvis=(-self.pelvis[0], *self.pelvis[1:]),
            tilt=turned(self.tilt))

    def vector(self) -> np.ndarray:
        """Return it as a vector (33,) of weight 1."""
        out = np.zeros(SIZE)
        out[LEFT_ARM], out[RIGHT_ARM] = arm_vector(self.left), arm_vector(self.right)
        out[SPINE], out[HEAD], out[COLLARS] = self.spine, self.head, self.collars
        out[WEIGHT] = 1.0
        out[STANCE] = (*self.pelvis, *self.tilt)
        return out


def _both(pose: ArmPose, **body: object) -> EmotionalPosture:
    return EmotionalPosture(pose, pose, **body)  # type: ignore[arg-type]


_FISTS = ArmPose((0.36, -0.90, -0.06), (0.02, 0.24, 0.96), twist=0.3, curl=1.0)
_FIST_HIGH = ArmPose((0.40, -0.64, 0.36), (0.02, 0.80, 0.58), twist=0.2, curl=1.0)
_AT_HIP = ArmPose((0.80, -0.72, -0.22), (-0.58, -0.66, 0.40), bend=0.3, curl=0.6)
_ARMS_OUT = ArmPose((0.62, -0.76, 0.22), (0.74, 0.22, 0.64), twist=1.0, curl=0.10)
_ARMS_WIDE = ArmPose((0.86, -0.42, 0.22), (0.78, 0.52, 0.40), twist=0.8, curl=0.08)
_ARMS_UP = ArmPose((0.80, 0.05, 0.20), (0.34, 0.92, 0.22), twist=0.4, curl=0.10)
_HANDS_UP = ArmPose((0.56, -0.60, 0.36), (0.32, 0.84, 0.42), twist=-0.4, curl=0.06)
_TO_MOUTH = ArmPose((0.22, -0.78, 0.56), (-0.34, 0.86, 0.34), twist=-0.2, bend=0.2, curl=0.15)
_SHIELD = ArmPose((0.16, -0.86, 0.46), (-0.06, 0.80, 0.58), twist=-0.8, bend=-0.15, curl=0.25)
_CLUTCHED = ArmPose((0.10, -0.88, 0.44), (-0.46, 0.76, 0.58), twist=0.1, bend=0.1, curl=0.75)
_LIMP = ArmPose((0.10, -0.95, 0.30), (-0.30, -0.56, 0.77), curl=0.45)
_HOLDS_ARM = ArmPose((0.10, -0.94, 0.30), (-0.80, -0.34, 0.50), twist=0.2, curl=0.55)
_HELD_ARM = ArmPose((0.14, -0.96, 0.24), (-0.26, -0.56, 0.78), curl=0.40)
_KEEP_OFF = ArmPose((0.26, -0.72, 0.62), (0.16, 0.50, 0.84), twist=-1.2, bend=-0.35, curl=0.12)
_DRAWN_IN = ArmPose((0.20, -0.94, 0.18), (-0.40, -0.02, 0.90), twist=-0.5, curl=0.45)
_CROSSED = ArmPose((0.24, -0.90, 0.40), (-0.80, 0.10, 0.60), curl=0.45)
_CROSSED_OVER = ArmPose((0.24, -0.86, 0.50), (-0.78, 0.28, 0.62), curl=0.35)

POSTURES: dict[int, tuple[EmotionalPosture, ...]] = {
    HAPPINESS: (
        _both(_ARMS_OUT, spine=(0.0, -0.08, 0.0), head=(0.06, -0.14, 0.0), collars=0.10,
              pelvis=(0.0, -0.004, 0.02)),
        _both(_ARMS_WIDE, spine=(0.0, -0.10, 0.0), head=(-0.06, -0.14, 0.0), collars=0.10,
              pelvis=(0.0, -0.004, 0.02)),
        _both(_ARMS_UP, spine=(0.0, -0.08, 0.0), head=(0.0, -0.16, 0.0), collars=0.08),
    ),
    ANGER: (
        _both(_FISTS, spine=(0.0, 0.20, 0.0), head=(0.0, -0.03, 0.0), collars=0.22,
              pelvis=(0.0, -0.025, 0.05), tilt=(0.0, 0.08, 0.0)),
        EmotionalPosture(_FISTS, _FIST_HIGH, spine=(0.0, 0.18, 0.14), head=(0.0, -0.03, -0.10),
                         collars=0.20, pelvis=(0.0, -0.02, 0.05), tilt=(0.0, 0.07, 0.06)),
        _both(_AT_HIP, spine=(0.0, 0.14, 0.0), head=(0.0, 0.0, 0.0), collars=0.16,
              pelvis=(0.0, -0.01, 0.03), tilt=(0.0, 0.05, 0.0)),
    ),
    SURPRISE: (
        _both(_HANDS_UP, spine=(0.0, -0.20, 0.0), head=(0.0, -0.12, 0.0), collars=0.24,
              pelvis=(0.0, -0.01, -0.05), tilt=(0.0, -0.05, 0.0)),
        EmotionalPosture(_HANDS_UP, _TO_MOUTH, spine=(0.0, -0.18, 0.06), head=(0.05, -0.08, 0.0),
                         collars=0.22, pelvis=(0.0, -0.01, -0.05), tilt=(0.0, -0.05, 0.0)),
    ),
    SADNESS: (
        _both(_LIMP, spine=(0.0, 0.26, 0.0), head=(0.0, 0.30, 0.0), collars=-0.09,
              pelvis=(0.0, -0.025, -0.02), tilt=(0.0, 0.06, 0.0)),
        EmotionalPosture(_HELD_ARM, _HOLDS_ARM, spine=(0.04, 0.22, 0.0), head=(0.16, 0.26, 0.10),
                         collars=-0.07, pelvis=(0.02, -0.02, -0.02), tilt=(0.03, 0.05, 0.0)),
    ),
    DISGUST: (
        EmotionalPosture(_DRAWN_IN, _KEEP_OFF, spine=(0.0, -0.10, 0.24), head=(0.14, 0.24, 0.42),
                         collars=0.16, pelvis=(0.02, -0.01, -0.05), tilt=(0.0, -0.06, 0.12)),
        _both(_DRAWN_IN, spine=(0.0, -0.08, 0.20), head=(0.12, 0.28, 0.44), collars=0.20,
              pelvis=(0.02, -0.01, -0.06), tilt=(0.0, -0.06, 0.08)),
    ),
    CONTEMPT: (
        EmotionalPosture(arm.HELD_OPEN, _AT_HIP, spine=(0.06, -0.10, -0.10),
                         head=(0.18, -0.03, -0.22), collars=-0.03, pelvis=(-0.03, -0.01, -0.02),
                         tilt=(-0.05, -0.03, -0.06)),
        EmotionalPosture(_CROSSED, _CROSSED_OVER, spine=(0.03, -0.10, -0.12),
                         head=(0.16, -0.03, -0.20), collars=0.0, pelvis=(-0.02, -0.01, -0.03),
                         tilt=(-0.04, -0.04, -0.05)),
    ),
    FEAR: (
        _both(_SHIELD, spine=(0.0, -0.10, 0.10), head=(0.10, 0.26, 0.20), collars=0.36,
              pelvis=(0.0, -0.07, -0.09), tilt=(0.0, -0.12, 0.05)),
        _both(_CLUTCHED, spine=(0.0, 0.10, 0.06), head=(0.10, 0.20, 0.14), collars=0.38,
              pelvis=(0.0, -0.08, -0.10), tilt=(0.0, -0.16, 0.04)),
    ),
    NEUTRAL: (),
}
"""Emotion -> its postures at intensity 1. Which one is shown, and on which side, a seed decides."""

VARIETY = 0.12
"""Standard deviation of a posture's size between one expression and the next; its thirds bound
it."""


@dataclass(frozen=True, slots=True)
class Life:
    """Movement of a body that holds an emotional posture, at intensity 1; authored.

    Attributes:
        breath: Breaths a second, and chest's pitch and shoulders' lift, radians.
        tremor: Of the arms at 6 to 8 Hz (physiological, grown with fear), radians.
        bounce: Bounces a second, and their height, metres.
        beat: Beats of the forearms a second, irregular, and their size, radians.
        shake: Slow turns of the head a second, and their size, radians.
        sway: Factor on the sway of idle movement.
    """

    breath: tuple[float, float, float] = (0.25, 0.012, 0.012)
    tremor: float = 0.0
    bounce: tuple[float, float] = (0.0, 0.0)
    beat: tuple[float, float] = (0.0, 0.0)
    shake: tuple[float, float] = (0.0, 0.0)
    sway: float = 1.0


LIFE: dict[int, Life] = {
    HAPPINESS: Life((0.35, 0.015, 0.020), bounce=(1.5, 0.012), beat=(1.5, 0.10),
                    shake=(0.55, 0.05), sway=1.8),
    ANGER: Life((0.55, 0.035, 0.040), tremor=0.006, beat=(1.3, 0.26), shake=(0.8, 0.12), sway=0.8),
    SURPRISE: Life((0.50, 0.025, 0.030), sway=0.8),
    SADNESS: Life((0.17, 0.035, 0.030), shake=(0.16, 0.06), sway=0.6),
    DISGUST: Life((0.28, 0.015, 0.015), beat=(0.8, 0.14), shake=(0.45, 0.12), sway=0.8),
    CONTEMPT: Life((0.22, 0.015, 0.010), shake=(0.20, 0.03), sway=0.5),
    FEAR: Life((0.75, 0.020, 0.030), tremor=0.022, beat=(1.1, 0.10), shake=(0.55, 0.28), sway=0.9),
    NEUTRAL: Life(),
}
"""Emotion -> how its posture lives: tempo after Montepare et al. (1999) and Gross, Crane &
Fredrickson (2010), breath after Boiten, Frijda & Wientjes (1994): fast and shallow in fear, fast
and deep in anger and joy, slow and deep in sadness."""


@dataclass(slots=True)
class PostureChoice:
    """Draws the posture of each expression.

    Attributes:
        rng: Of the choices.
    """

    rng: np.random.Generator
    _latest: dict[int, int] = field(default_factory=dict)

    def draw(self, emotion: int) -> np.ndarray:
        """Return a posture (33,) of an emotion at intensity 1; another one than the time before."""
        known = POSTURES[emotion]
        if not known:
            return np.zeros(SIZE)
        before = self._latest.get(emotion, -1)
        others = [index for index in range(len(known)) if index != before]
        chosen = int(self.rng.choice(others if others else [before]))
        self._latest[emotion] = chosen
        posture = known[chosen]
        if self.rng.uniform() < 0.5:
            posture = posture.mirrored()
        size = 1.0 + np.clip(VARIETY * self.rng.standard_normal(2), -0.2, 0.2)
        vector = posture.vector()
        vector[REST] *= size[0]
        vector[STANCE] *= size[1]
        return vector
