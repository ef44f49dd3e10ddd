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
from typing import Any

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
        stroke: Where the body goes and comes back from while the posture is held, again and again
            (``Life.stroke`` says how); None: it only lives.
        startle: Posture that comes first, for a moment, in a start; None: there is none.
    """

    left: ArmPose
    right: ArmPose
    spine: tuple[float, float, float] = (0.0, 0.0, 0.0)
    head: tuple[float, float, float] = (0.0, 0.0, 0.0)
    collars: float = 0.0
    pelvis: tuple[float, float, float] = (0.0, 0.0, 0.0)
    tilt: tuple[float, float, float] = (0.0, 0.0, 0.0)
    stroke: EmotionalPosture | None = None
    startle: EmotionalPosture | None = None

    def mirrored(self) -> EmotionalPosture:
        """Return the same with left and right exchanged."""
        def turned(angles: tuple[float, float, float]) -> tuple[float, float, float]:
            return (-angles[0], angles[1], -angles[2])
        return replace(
            self, left=self.right, right=self.left, spine=turned(self.spine),
            head=turned(self.head), pelvis=(-self.pelvis[0], *self.pelvis[1:]),
            tilt=turned(self.tilt), stroke=self.stroke and self.stroke.mirrored(),
            startle=self.startle and self.startle.mirrored())

    def vector(self) -> np.ndarray:
        """Return it as a vector (33,) of weight 1."""
        out = np.zeros(SIZE)
        out[LEFT_ARM], out[RIGHT_ARM] = arm_vector(self.left), arm_vector(self.right)
        out[SPINE], out[HEAD], out[COLLARS] = self.spine, self.head, self.collars
        out[WEIGHT] = 1.0
        out[STANCE] = (*self.pelvis, *self.tilt)
        return out


def _both(pose: ArmPose, **body: Any) -> EmotionalPosture:
    return EmotionalPosture(pose, pose, **body)


_FIST = 1.3  # curl of fingers that are closed from intensity .8 on
_FIST_COCKED = ArmPose((0.40, -0.70, 0.16), (-0.06, 0.88, 0.46), twist=0.3, curl=_FIST)
_FIST_DOWN = ArmPose((0.28, -0.88, 0.34), (-0.04, -0.44, 0.90), twist=0.2, curl=_FIST)
_FIST_LOW = ArmPose((0.30, -0.90, -0.28), (0.00, -0.62, 0.78), twist=0.3, curl=_FIST)
_FIST_SHAKEN = ArmPose((0.52, -0.40, 0.40), (-0.06, 0.92, 0.38), twist=0.2, curl=_FIST)
_ARMS_OUT = ArmPose((0.30, -0.92, 0.26), (0.54, 0.10, 0.80), twist=1.0, curl=0.10)
_ARMS_FLUNG = ArmPose((0.70, -0.30, 0.36), (0.60, 0.70, 0.36), twist=0.8, curl=0.06)
_ARMS_BENT = ArmPose((0.22, -0.96, 0.18), (0.28, 0.02, 0.96), twist=0.4, curl=0.10)
_ARMS_HIGH = ArmPose((0.56, 0.56, 0.30), (0.40, 0.92, 0.06), twist=0.4, curl=0.06)
_STARTLED = ArmPose((0.44, -0.72, 0.38), (0.34, 0.76, 0.56), twist=-0.9, curl=0.04)
_ON_CHEEK = ArmPose((0.32, -0.74, 0.58), (-0.34, 0.94, 0.02), twist=-0.1, bend=0.1, curl=0.15)
_TO_MOUTH = ArmPose((0.22, -0.78, 0.56), (-0.40, 0.88, 0.24), twist=-0.2, bend=0.2, curl=0.15)
_HELD_OFF = ArmPose((0.42, -0.72, 0.44), (0.28, 0.72, 0.62), twist=-0.6, curl=0.06)
_OUT_OPEN = ArmPose((0.32, -0.90, 0.30), (0.50, 0.14, 0.84), twist=-0.7, bend=-0.3, curl=0.05)
_FROZEN = ArmPose((0.28, -0.88, 0.34), (0.40, 0.38, 0.80), twist=-0.9, bend=-0.2, curl=0.04)
_SHIELD = ArmPose((0.26, -0.85, 0.45), (-0.16, 0.44, 0.88), twist=-1.0, bend=-0.30, curl=0.15)
_SHIELD_UP = ArmPose((0.24, -0.30, 0.84), (-0.24, 0.90, 0.26), twist=-1.0, bend=-0.25, curl=0.15)
_CLUTCHED = ArmPose((0.16, -0.88, 0.42), (-0.44, 0.74, 0.54), twist=0.1, bend=0.1, curl=0.75)
_CLUTCHED_UP = ArmPose((0.22, -0.52, 0.74), (-0.20, 0.88, 0.42), twist=-0.6, bend=-0.1, curl=0.35)
_LIMP = ArmPose((0.13, -0.90, 0.42), (0.04, -0.90, 0.42), curl=0.40)
_HANGING = ArmPose((0.12, -0.93, 0.34), (0.04, -0.90, 0.42), curl=0.40)
_HOLDS_ARM = ArmPose((0.12, -0.90, 0.42), (-0.92, -0.06, 0.38), twist=0.2, curl=0.55)
_ON_EYES = ArmPose((0.12, -0.52, 0.76), (-0.34, 0.92, -0.06), twist=0.5, bend=0.2, curl=0.25)
_KEEP_OFF = ArmPose((0.32, -0.74, 0.58), (0.26, 0.28, 0.92), twist=-1.2, bend=-0.5, curl=0.08)
_PUSHED = ArmPose((0.34, -0.22, 0.90), (0.30, 0.22, 0.92), twist=-1.2, bend=-0.7, curl=0.05)
_NOSE_HELD = ArmPose((0.16, -0.74, 0.62), (-0.42, 0.90, 0.12), twist=0.1, bend=0.2, curl=0.45)
_DRAWN_IN = ArmPose((0.24, -0.90, 0.26), (-0.24, 0.30, 0.92), twist=-0.8, bend=-0.3, curl=0.30)
_CROSSED = ArmPose((0.14, -0.92, 0.36), (-0.95, 0.16, 0.22), curl=0.45)
_CROSSED_OVER = ArmPose((0.16, -0.85, 0.50), (-0.95, 0.14, 0.20), curl=0.35)
_AKIMBO = ArmPose((0.82, -0.66, -0.26), (-0.62, -0.72, 0.30), bend=0.3, curl=0.6)
_FLICK_IN = ArmPose((0.26, -0.88, 0.34), (-0.20, 0.36, 0.90), twist=0.3, curl=0.35)
_FLICK_OUT = ArmPose((0.40, -0.82, 0.38), (0.66, 0.10, 0.72), twist=0.1, bend=-0.4, curl=0.10)

_GLAD: dict[str, Any] = {"spine": (0.0, -0.12, 0.0), "collars": 0.08, "pelvis": (0.0, -0.012, 0.02)}
_BEGINS: dict[str, Any] = {"spine": (0.0, -0.27, 0.0), "head": (0.0, 0.04, 0.0), "collars": 0.26,
           "pelvis": (0.0, -0.025, -0.085), "tilt": (0.0, -0.07, 0.0)}
_FREEZES: dict[str, Any] = {
    "spine": (0.0, -0.18, 0.0), "head": (0.0, 0.42, 0.0), "collars": 0.22,
    "pelvis": (0.0, -0.015, -0.05), "tilt": (0.0, -0.05, 0.0)}
_COWERS: dict[str, Any] = {
    "collars": 0.36, "pelvis": (0.0, -0.09, -0.10), "tilt": (0.0, -0.12, 0.05)}

POSTURES: dict[int, tuple[EmotionalPosture, ...]] = {
    HAPPINESS: (
        _both(_ARMS_BENT, head=(0.0, 0.02, 0.0), **_GLAD,
              stroke=_both(_ARMS_HIGH, head=(0.0, -0.12, 0.0), **_GLAD)),
        _both(_ARMS_OUT, head=(0.08, 0.0, 0.0), **_GLAD,
              stroke=_both(_ARMS_FLUNG, head=(-0.08, -0.12, 0.0), **_GLAD)),
        EmotionalPosture(
            _ARMS_BENT, _ARMS_HIGH, head=(0.10, -0.04, 0.0), **_GLAD,
            stroke=EmotionalPosture(_ARMS_HIGH, _ARMS_BENT, head=(-0.10, -0.04, 0.0), **_GLAD)),
    ),
    ANGER: (
        _both(_FIST_DOWN, spine=(0.0, 0.32, 0.0), head=(0.0, -0.06, 0.0), collars=0.12,
              pelvis=(0.0, -0.05, 0.07), tilt=(0.0, 0.12, 0.0),
              stroke=_both(_FIST_COCKED, spine=(0.0, 0.04, 0.0), head=(0.0, 0.10, 0.0),
                           collars=0.22, pelvis=(0.0, -0.02, 0.04), tilt=(0.0, 0.06, 0.0))),
        EmotionalPosture(
            _FIST_LOW, _FIST_DOWN, spine=(0.0, 0.30, 0.10), head=(0.0, -0.06, -0.06),
            collars=0.12, pelvis=(0.0, -0.05, 0.07), tilt=(0.0, 0.10, 0.04),
            stroke=EmotionalPosture(
                _FIST_LOW, _FIST_SHAKEN, spine=(0.0, 0.10, -0.16), head=(0.0, 0.12, 0.12),
                collars=0.20, pelvis=(0.0, -0.03, 0.05), tilt=(0.0, 0.08, -0.08))),
        EmotionalPosture(
            _FIST_COCKED, _FIST_DOWN, spine=(0.0, 0.26, -0.16), head=(0.0, -0.03, 0.12),
            collars=0.16, pelvis=(0.0, -0.04, 0.06), tilt=(0.0, 0.10, -0.08),
            stroke=EmotionalPosture(
                _FIST_DOWN, _FIST_COCKED, spine=(0.0, 0.26, 0.16), head=(0.0, -0.03, -0.12),
                collars=0.14, pelvis=(0.0, -0.05, 0.07), tilt=(0.0, 0.10, 0.08))),
    ),
    SURPRISE: (
        _both(_ON_CHEEK, **_FREEZES, startle=_both(_STARTLED, **_BEGINS),
              stroke=_both(_HELD_OFF, **_BEGINS)),
        EmotionalPosture(
            _OUT_OPEN, _TO_MOUTH, **_FREEZES, startle=_both(_STARTLED, **_BEGINS),
            stroke=EmotionalPosture(_STARTLED, _HELD_OFF, **_BEGINS)),
        _both(_FROZEN, **_FREEZES, startle=_both(_STARTLED, **_BEGINS),
              stroke=_both(_STARTLED, **_BEGINS)),
    ),
    SADNESS: (
        _both(_LIMP, spine=(0.0, 0.34, 0.0), head=(0.0, 0.60, 0.0), collars=-0.10,
              pelvis=(0.0, -0.035, -0.02), tilt=(0.0, 0.06, 0.0)),
        EmotionalPosture(
            _HANGING, _HANGING, spine=(0.03, 0.30, 0.0), head=(0.06, 0.46, -0.04), collars=-0.10,
            pelvis=(0.02, -0.03, -0.02), tilt=(0.03, 0.06, 0.0),
            stroke=EmotionalPosture(
                _HANGING, _ON_EYES, spine=(0.03, 0.32, 0.0), head=(0.10, 0.46, -0.10),
                collars=-0.06, pelvis=(0.02, -0.035, -0.02), tilt=(0.03, 0.06, 0.0))),
        EmotionalPosture(_HANGING, _HOLDS_ARM, spine=(0.06, 0.30, 0.08), head=(0.14, 0.50, 0.18),
                         collars=-0.10, pelvis=(0.035, -0.03, -0.02), tilt=(0.05, 0.06, 0.04)),
    ),
    DISGUST: (
        EmotionalPosture(
            _NOSE_HELD, _KEEP_OFF, spine=(0.06, -0.12, 0.30), head=(0.16, 0.44, 0.50),
            collars=0.16, pelvis=(0.03, -0.02, -0.06), tilt=(0.02, -0.06, 0.14),
            stroke=EmotionalPosture(
                _NOSE_HELD, _PUSHED, spine=(0.08, -0.16, 0.24), head=(0.18, 0.50, 0.56),
                collars=0.20, pelvis=(0.04, -0.02, -0.08), tilt=(0.03, -0.08, 0.14))),
        _both(_DRAWN_IN, spine=(0.06, -0.10, 0.28), head=(0.18, 0.46, 0.50), collars=0.22,
              pelvis=(0.03, -0.02, -0.07), tilt=(0.02, -0.06, 0.12),
              stroke=_both(_KEEP_OFF, spine=(0.06, -0.18, 0.10), head=(0.20, 0.50, 0.56),
                           collars=0.22, pelvis=(0.04, -0.02, -0.09), tilt=(0.02, -0.08, 0.10))),
    ),
    CONTEMPT: (
        EmotionalPosture(
            _CROSSED, _CROSSED_OVER, spine=(0.05, -0.14, -0.14), head=(0.20, 0.02, -0.24),
            collars=-0.03, pelvis=(-0.03, -0.01, -0.03), tilt=(-0.06, -0.05, -0.08),
            stroke=EmotionalPosture(
                _CROSSED, _CROSSED_OVER, spine=(0.05, -0.12, -0.06), head=(0.24, 0.22, 0.02),
                collars=0.02, pelvis=(-0.03, -0.01, -0.03), tilt=(-0.06, -0.04, -0.06))),
        EmotionalPosture(
            _FLICK_IN, _AKIMBO, spine=(0.05, -0.14, -0.14), head=(0.20, 0.02, -0.26),
            collars=-0.03, pelvis=(-0.03, -0.01, -0.03), tilt=(-0.06, -0.05, -0.08),
            stroke=EmotionalPosture(
                _FLICK_OUT, _AKIMBO, spine=(0.05, -0.14, -0.18), head=(0.24, 0.04, -0.44),
                collars=0.0, pelvis=(-0.03, -0.01, -0.03), tilt=(-0.06, -0.05, -0.08))),
    ),
    FEAR: (
        _both(_SHIELD, spine=(0.0, -0.10, 0.12), head=(0.10, 0.32, 0.22), **_COWERS,
              stroke=_both(_SHIELD_UP, spine=(0.0, -0.16, 0.20), head=(0.12, 0.42, 0.34),
                           collars=0.42, pelvis=(0.0, -0.11, -0.12), tilt=(0.0, -0.14, 0.08))),
        _both(_CLUTCHED, spine=(0.0, 0.14, 0.06), head=(0.10, 0.28, 0.14), **_COWERS,
              stroke=_both(_CLUTCHED_UP, spine=(0.0, 0.20, 0.10), head=(0.12, 0.38, 0.20),
                           collars=0.42, pelvis=(0.0, -0.11, -0.12), tilt=(0.0, -0.12, 0.06))),
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
        tremor: Of the arms at 6 to 8 Hz (physiological, grown with fear), radians that joints are
            asked for; their own lag leaves an eighth.
        bounce: Bounces a second, and their height, metres.
        stroke: Strokes a second towards the posture's ``stroke``, the share of a stroke's time in
            which it goes there, and the share in which it rests; between them it comes back.
        uneven: Standard deviation of a stroke's size, and of its tempo's log, from one to the next.
        shake: Slow turns of the head a second, and their size, radians.
        sway: Factor on the sway of idle movement.
    """

    breath: tuple[float, float, float] = (0.25, 0.012, 0.012)
    tremor: float = 0.0
    bounce: tuple[float, float] = (0.0, 0.0)
    stroke: tuple[float, float, float] = (0.0, 0.5, 0.0)
    uneven: float = 0.0
    shake: tuple[float, float] = (0.0, 0.0)
    sway: float = 1.0


LIFE: dict[int, Life] = {
    HAPPINESS: Life((0.35, 0.015, 0.020), bounce=(1.3, 0.030), stroke=(1.3, 0.45, 0.05),
                    uneven=0.15, shake=(0.55, 0.05), sway=1.8),
    ANGER: Life((0.55, 0.035, 0.040), tremor=0.04, stroke=(1.0, 0.42, 0.36), uneven=0.35,
                shake=(0.8, 0.10), sway=0.8),
    SURPRISE: Life((0.45, 0.030, 0.030), stroke=(0.7, 0.18, 0.36), uneven=0.3,
                   shake=(0.9, 0.14), sway=0.4),
    SADNESS: Life((0.17, 0.035, 0.030), stroke=(0.17, 0.30, 0.25), uneven=0.1,
                  shake=(0.16, 0.06), sway=0.4),
    DISGUST: Life((0.28, 0.015, 0.015), stroke=(0.65, 0.30, 0.20), uneven=0.25,
                  shake=(0.8, 0.24), sway=0.8),
    CONTEMPT: Life((0.22, 0.015, 0.010), stroke=(0.40, 0.25, 0.35), uneven=0.2,
                   shake=(0.30, 0.08), sway=0.6),
    FEAR: Life((0.75, 0.020, 0.030), tremor=0.16, stroke=(1.1, 0.18, 0.25), uneven=0.40,
               shake=(0.50, 0.75), sway=0.9),
    NEUTRAL: Life(),
}
"""Emotion -> how its posture lives: tempo after Montepare et al. (1999) and Gross, Crane &
Fredrickson (2010), breath after Boiten, Frijda & Wientjes (1994): fast and shallow in fear, fast
and deep in anger and joy, slow and deep in sadness."""


@dataclass(frozen=True, slots=True)
class PostureTake:
    """A posture as it is shown once, at intensity 1.

    Attributes:
        posture: (33,) what is held.
        stroke: (33,) what a full stroke adds to it.
        startle: (33,) what comes first; None: the posture itself.
    """

    posture: np.ndarray
    stroke: np.ndarray
    startle: np.ndarray | None = None

    def with_trunk_of(self, other: PostureTake, share: float) -> PostureTake:
        """Return it with trunk, head, shoulders and stance partly those of another.

        Args:
            other: Of a second emotion.
            share: 0 (none of it) .. 1.
        """
        def mixed(own: np.ndarray, second: np.ndarray) -> np.ndarray:
            out = own.copy()
            for part in (REST, STANCE):
                out[part] += share * (second[part] - own[part])
            return out
        return PostureTake(
            mixed(self.posture, other.posture), mixed(self.stroke, other.stroke),
            None if self.startle is None else mixed(self.startle, other.posture))


@dataclass(slots=True)
class PostureChoice:
    """Draws the posture of each expression.

    Attributes:
        rng: Of the choices.
    """

    rng: np.random.Generator
    _latest: dict[int, int] = field(default_factory=dict)

    def draw(self, emotion: int) -> PostureTake:
        """Return a posture of an emotion; another one than the time before."""
        known = POSTURES[emotion]
        if not known:
            return PostureTake(np.zeros(SIZE), np.zeros(SIZE))
        before = self._latest.get(emotion, -1)
        others = [index for index in range(len(known)) if index != before]
        chosen = int(self.rng.choice(others if others else [before]))
        self._latest[emotion] = chosen
        posture = known[chosen]
        if self.rng.uniform() < 0.5:
            posture = posture.mirrored()
        size = np.ones(SIZE)
        size[REST], size[STANCE] = 1.0 + np.clip(
            VARIETY * self.rng.standard_normal(2), -0.2, 0.2)
        held = size * posture.vector()
        stroke = np.zeros(SIZE) if posture.stroke is None else size * posture.stroke.vector() - held
        first = posture.startle
        return PostureTake(held, stroke, None if first is None else size * first.vector())
