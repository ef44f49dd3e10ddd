"""Manner of a movement by the state of affect: tempo, extent, sharpness, height, tension.

One vocabulary for the robot's gestures and for generated motion (``synthesis.style``). Signs follow

- Wallbott (1998), European J. Social Psychology 28: activity and expansiveness grow with arousal;
  arms go up and forward in joy and anger, the body collapses in sadness;
- Montepare, Koff, Zaitchik & Albert (1999), J. Nonverbal Behavior 23: anger is jerky, fast and
  expansive, joy fast and expansive but smoother, sadness slow, soft and contracted;
- Roether, Omlor, Christensen & Giese (2009), J. Vision 9: in walking, speed, step and arm swing
  grow with anger and joy and shrink in sadness and fear;
- Dael, Mortillaro & Scherer (2012), Emotion 12: arms up in elation, hands clenched in anger;
- Castellano, Villalba & Camurri (2007): the same gesture is faster and larger in joy and anger.

Sizes are authored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Manner:
    """Manner of doing something; neutral is 1 for tempo and extent, 0 for the others but sharpness.

    Attributes:
        tempo: Speed of movements, a factor.
        extent: Size of gestures, a factor.
        sharpness: 0 legato (movements run into one another) .. 1 staccato (quick, then held).
        height: -1 (low, towards the ground) .. 1 (up) of where the hands are.
        tension: -1 (limp) .. 1 (clenched) of the hands.
    """

    tempo: float
    extent: float
    sharpness: float
    height: float = 0.0
    tension: float = 0.0


@dataclass(frozen=True, slots=True)
class MannerGains:
    """Changes per unit of valence, arousal, dominance and temper. Sizes are authored.

    ``tempo`` and ``extent`` are exponential in their gains, the others linear. (a, b) is a range.

    Attributes:
        activity_valence, activity_dominance: Activity is arousal and these shares of the others
            (Wallbott; Montepare et al.: joy and anger are fast).
        tempo_activity, tempo_temper, tempo: Of movements and steps.
        extent_arousal, extent_dominance, extent_valence, extent_temper, extent: Of gestures
            (Wallbott's expansiveness; Roether et al.'s arm swing).
        sharpness_neutral, sharpness_arousal, sharpness_valence, sharpness_temper: Anger is jerky,
            joy smoother, sadness soft (Montepare et al.).
        height_valence, height_arousal, height_dominance: Of the hands (Wallbott; Dael et al.).
        tension_arousal, tension_valence: Hands clench with arousal where valence is low (Dael et
            al.), open in joy, hang in sadness.
    """

    activity_valence: float = 0.2
    activity_dominance: float = 0.15
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
    height_valence: float = 0.6
    height_arousal: float = 0.5
    height_dominance: float = 0.3
    tension_arousal: float = 0.8
    tension_valence: float = -0.7


GAINS = MannerGains()


def activity_of(vad: np.ndarray) -> float:
    """Return how active a state (3,) of valence, arousal and dominance is."""
    valence, arousal, dominance = vad
    activity: float = (
        arousal + GAINS.activity_valence * valence + GAINS.activity_dominance * dominance)
    return activity


def manner_of(
    vad: np.ndarray, temper: np.ndarray | None = None, neutral_tempo: float = 1.0
) -> Manner:
    """Return how someone moves in a state.

    Args:
        vad: Valence, arousal, dominance (3,), -1..1.
        temper: (3,) or more: the person's own tempo, extent and sharpness, standard normal; None
            is the average person.
        neutral_tempo: Tempo at the origin.
    """
    valence, arousal, dominance = vad
    own = np.zeros(3) if temper is None else temper
    g = GAINS
    tempo = neutral_tempo * np.exp(g.tempo_activity * activity_of(vad) + g.tempo_temper * own[0])
    extent = np.exp(g.extent_arousal * arousal + g.extent_dominance * dominance
                    + g.extent_valence * valence + g.extent_temper * own[1])
    sharpness = (g.sharpness_neutral + g.sharpness_arousal * arousal
                 + g.sharpness_valence * valence + g.sharpness_temper * own[2])
    height = (g.height_valence * valence + g.height_arousal * arousal
              + g.height_dominance * dominance)
    tension = g.tension_arousal * arousal + g.tension_valence * valence * max(arousal, 0.0) ** 0.5
    return Manner(
        tempo=float(np.clip(tempo, *g.tempo)),
        extent=float(np.clip(extent, *g.extent)),
        sharpness=float(np.clip(sharpness, 0.0, 1.0)),
        height=float(np.clip(height, -1.0, 1.0)),
        tension=float(np.clip(tension, -1.0, 1.0)),
    )


NEUTRAL_MANNER = manner_of(np.zeros(3))
"""Manner of a movement that no feeling changes."""
