"""From a state of affect to the manner of movement: tempo, size, sharpness, posture.

Signs follow

- Wallbott (1998), European J. Social Psychology 28: activity and expansiveness grow with arousal;
  sadness and shame collapse trunk and head; lifted shoulders in joy, anger and fear;
- Montepare, Koff, Zaitchik & Albert (1999), J. Nonverbal Behavior 23: anger is jerky, fast and
  expansive, joy fast and expansive but smoother, sadness slow, soft and contracted;
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

    Angles are radians, forward positive. ``tempo``, ``extent``, ``rest`` and ``liveliness`` are
    exponential in their gains, the others linear. (a, b) gives a range.

    Attributes:
        activity_valence, activity_dominance: Activity is arousal and these shares of the others
            (Wallbott; Montepare et al.: joy and anger are fast).
        tempo_neutral, tempo_activity, tempo_temper, tempo: Of movements and steps.
        extent_arousal, extent_dominance, extent_valence, extent_temper, extent: Of gestures
            (Wallbott's expansiveness; Roether et al.'s arm swing).
        sharpness_neutral, sharpness_arousal, sharpness_valence, sharpness_temper: Anger is jerky,
            joy smoother, sadness soft (Montepare et al.).
        rest_activity, rest_temper: Of the pauses; the active pause less.
        liveliness_arousal, liveliness_temper: Of the idle movement.
        tremor: With arousal above and dominance below 0, their product: fear.
        spine_posture, spine_neutral, spine_temper: Factor on the robot's posture, which is
            restrained, and what is added (Crane & Gross: trunk flexion in sadness).
        head_posture, head_arousal, head_temper: The same of the head (Coulson: back in joy,
            anger, surprise and fear, all of them aroused).
        collars_temper: Of the shoulders' height.
    """

    activity_valence: float = 0.2
    activity_dominance: float = 0.15
    tempo_neutral: float = 1.1
    tempo_activity: float = 0.65
    tempo_temper: float = 0.13
    tempo: tuple[float, float] = (0.6, 1.7)
    extent_arousal: float = 0.4
    extent_dominance: float = 0.45
    extent_valence: float = 0.2
    extent_temper: float = 0.16
    extent: tuple[float, float] = (0.5, 1.6)
    sharpness_neutral: float = 0.4
    sharpness_arousal: float = 0.6
    sharpness_valence: float = -0.2
    sharpness_temper: float = 0.12
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
    valence, arousal, dominance = vad
    g = GAINS
    activity = arousal + g.activity_valence * valence + g.activity_dominance * dominance
    pose = posture(np.asarray(vad))
    pose[SPINE][1] = (g.spine_posture * pose[SPINE][1] + g.spine_neutral + lean
                      + g.spine_temper * temper[3])
    pose[HEAD][1] = (g.head_posture * pose[HEAD][1] + g.head_arousal * arousal
                     + g.head_temper * temper[4])
    pose[COLLARS] += g.collars_temper * temper[5]
    tempo = g.tempo_neutral * np.exp(g.tempo_activity * activity + g.tempo_temper * temper[0])
    extent = np.exp(g.extent_arousal * arousal + g.extent_dominance * dominance
                    + g.extent_valence * valence + g.extent_temper * temper[1])
    sharpness = (g.sharpness_neutral + g.sharpness_arousal * arousal
                 + g.sharpness_valence * valence + g.sharpness_temper * temper[2])
    return Style(
        tempo=float(np.clip(tempo, *g.tempo)),
        extent=float(np.clip(extent, *g.extent)),
        sharpness=float(np.clip(sharpness, 0.0, 1.0)),
        rest=float(np.exp(g.rest_activity * activity + g.rest_temper * temper[0])),
        liveliness=float(np.exp(g.liveliness_arousal * arousal + g.liveliness_temper * temper[0])),
        tremor=g.tremor * max(arousal, 0.0) * max(-dominance, 0.0),
        posture=pose,
    )
