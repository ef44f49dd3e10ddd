"""From a state of affect to a body's style: ``expression.manner`` with rest, unrest and posture.

Signs follow, beside the manner's,

- Wallbott (1998), European J. Social Psychology 28: activity and expansiveness grow with arousal;
  sadness and shame collapse trunk and head; lifted shoulders in joy, anger and fear;
- Roether, Omlor, Christensen & Giese (2009), J. Vision 9: in walking, speed, step and arm swing
  grow with anger and joy and shrink in sadness and fear; the head sinks in sadness, the elbows
  bend in anger and fear;
- Crane & Gross (2013), J. Nonverbal Behavior 37: neck and trunk bend in sadness, chest and
  shoulders open in joy and pride;
- Coulson (2004), J. Nonverbal Behavior 28: the head goes back in joy, anger, surprise and fear.

Sizes are authored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.expression.manner import activity_of, manner_of
from kinesics_core.expression.posture import COLLARS, HEAD, SPINE, posture


@dataclass(frozen=True, slots=True)
class Style:
    """The manner of a body's movement; 1 is an average neutral person, unless said otherwise.

    Attributes:
        tempo: Speed of movements and of the steps.
        extent: Size of gestures.
        sharpness: 0 legato (movements run into one another) .. 1 staccato (quick, then held).
        rest: Seconds between gestures.
        liveliness: Size of sway and idle movement.
        tremor: Radians of 6 to 9 Hz in the arms.
        posture: (26,) pose vector of ``expression.posture``.
    """

    tempo: float
    extent: float
    sharpness: float
    rest: float
    liveliness: float
    tremor: float
    posture: np.ndarray


@dataclass(frozen=True, slots=True)
class StyleGains:
    """Changes per unit of valence, arousal, dominance and temper. Sizes are authored.

    Angles are radians, forward positive. ``rest`` and ``liveliness`` are exponential in their
    gains, the others linear.

    Attributes:
        tempo_neutral: Of movements and steps.
        rest_activity, rest_temper: Of the pauses; the active pause less.
        liveliness_arousal, liveliness_temper: Of the idle movement.
        tremor: With arousal above and dominance below 0, their product: fear.
        spine_posture, spine_neutral, spine_temper: Factor on the robot's posture, which is
            restrained, and what is added (Crane & Gross: trunk flexion in sadness).
        head_posture, head_arousal, head_temper: The same of the head (Coulson: back in joy,
            anger, surprise and fear, all of them aroused).
        collars_temper: Of the shoulders' height.
    """

    tempo_neutral: float = 1.1
    rest_activity: float = -1.4
    rest_temper: float = -0.2
    liveliness_arousal: float = 0.8
    liveliness_temper: float = 0.15
    tremor: float = 0.05
    spine_posture: float = 1.7
    spine_neutral: float = -0.05
    spine_temper: float = 0.05
    head_posture: float = 1.6
    head_arousal: float = -0.2
    head_temper: float = 0.07
    collars_temper: float = 0.03


GAINS = StyleGains()


def style_of(vad: np.ndarray, temper: np.ndarray, lean: float = 0.0) -> Style:
    """Return how someone moves.

    Args:
        vad: Valence, arousal, dominance (3,), -1..1.
        temper: (6,) the person's own tempo, extent, sharpness, trunk pitch, head pitch and
            shoulder height; standard normal.
        lean: Of the trunk, radians, forward positive, beside what ``vad`` does.
    """
    _, arousal, dominance = vad
    g = GAINS
    activity = activity_of(vad)
    manner = manner_of(vad, temper, g.tempo_neutral)
    pose = posture(np.asarray(vad))
    pose[SPINE][1] = (g.spine_posture * pose[SPINE][1] + g.spine_neutral + lean
                      + g.spine_temper * temper[3])
    pose[HEAD][1] = (g.head_posture * pose[HEAD][1] + g.head_arousal * arousal
                     + g.head_temper * temper[4])
    pose[COLLARS] += g.collars_temper * temper[5]
    return Style(
        tempo=manner.tempo,
        extent=manner.extent,
        sharpness=manner.sharpness,
        rest=float(np.exp(g.rest_activity * activity + g.rest_temper * temper[0])),
        liveliness=float(np.exp(g.liveliness_arousal * arousal + g.liveliness_temper * temper[0])),
        tremor=g.tremor * max(arousal, 0.0) * max(-dominance, 0.0),
        posture=pose,
    )
