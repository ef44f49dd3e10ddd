"""The repertoire of generated motion: things to do and ways to rest, with their states.

Each entry has the valence, arousal and dominance that it fits best. Which movements go with which
emotion follows Wallbott (1998), European J. Social Psychology 28, and Dael, Mortillaro & Scherer
(2012), Emotion 12; where they name none, and for all numbers, authored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.body import arm_poses
from kinesics_core.body.arm_poses import ArmPose
from kinesics_core.body.gestures import GESTURES
from kinesics_core.synthesis import motion_primitives
from kinesics_core.synthesis.motion_primitives import ONE_HAND
from kinesics_core.synthesis.performer import Performer, play


@dataclass(frozen=True, slots=True)
class Odds:
    """From the fit to a state to a probability; authored.

    Attributes:
        spread: Distance in VAD at which something is done .6 times as often as at its best fit.
        anyway: What remains however badly it fits.
    """

    spread: float = 0.40
    anyway: float = 0.02


_ODDS = Odds()


@dataclass(frozen=True, slots=True)
class Primitive:
    """Something to do.

    Attributes:
        perform: Writes it into a performer's score from a time on; returns when the next thing
            may begin, seconds.
        vad: Valence, arousal, dominance that it fits best.
        frequency: How often it is done; 1 is average.
    """

    perform: Callable[[Performer, float], float]
    vad: tuple[float, float, float]
    frequency: float = 1.0


def _keyed(name: str) -> Callable[[Performer, float], float]:
    def perform(performer: Performer, start: float) -> float:
        one_hand = performer.rng.random() < ONE_HAND
        return play(performer, GESTURES[name], start, one_hand=one_hand)

    return perform


def _keyed_primitives(
    rows: Iterable[tuple[str, tuple[float, float, float], float]]
) -> dict[str, Primitive]:
    return {name: Primitive(_keyed(name), vad, frequency) for name, vad, frequency in rows}


REPERTOIRE: dict[str, Primitive] = {
    "beats": Primitive(motion_primitives.beats, (0.1, 0.2, 0.2), 2.5),
    "wave": Primitive(motion_primitives.wave, (0.7, 0.4, 0.2), 0.7),
    "clap": Primitive(motion_primitives.clap, (0.7, 0.6, 0.3), 0.7),
    "laugh": Primitive(motion_primitives.laugh, (0.8, 0.5, 0.3), 0.5),
    "sob": Primitive(motion_primitives.sob, (-0.7, -0.1, -0.5), 0.5),
    "dance": Primitive(motion_primitives.dance, (0.8, 0.4, 0.4), 0.5),
    "bounce": Primitive(motion_primitives.bounce, (0.7, 0.8, 0.3), 0.7),
    "recoil": Primitive(motion_primitives.recoil, (-0.3, 0.8, -0.4), 0.9),
    "approach": Primitive(motion_primitives.approach, (0.5, 0.3, 0.4), 0.5),
    "stamp": Primitive(motion_primitives.stamp, (-0.6, 0.7, 0.4), 0.5),
} | _keyed_primitives((
    ("shrug", (-0.1, 0.0, -0.2), 0.5), ("open_arms", (0.5, 0.2, 0.4), 0.7),
    ("lean_in", (0.3, 0.2, 0.1), 0.4), ("hand_to_chest", (0.3, 0.0, -0.1), 0.4),
    ("calm", (0.1, -0.1, 0.3), 0.4), ("think", (0.0, 0.0, 0.0), 0.7),
    ("bow", (0.2, -0.1, -0.2), 0.15), ("point", (0.0, 0.3, 0.4), 0.6),
    ("reach", (0.2, 0.2, 0.0), 0.5), ("cheer", (0.7, 0.8, 0.5), 0.9),
    ("fist_pump", (0.6, 0.7, 0.6), 0.7), ("embrace", (0.8, 0.4, 0.3), 0.6),
    ("strike", (-0.6, 0.8, 0.5), 0.8), ("fists", (-0.6, 0.7, 0.3), 0.7),
    ("accuse", (-0.5, 0.6, 0.6), 0.8), ("ward_off", (-0.6, 0.6, -0.5), 0.8),
    ("push_away", (-0.6, 0.4, 0.1), 0.7), ("startle", (0.1, 0.9, -0.3), 0.8),
    ("hand_to_mouth", (-0.2, 0.5, -0.4), 0.7), ("cover_face", (-0.7, -0.1, -0.6), 0.7),
    ("hands_on_head", (-0.3, 0.5, -0.4), 0.5), ("rub_neck", (-0.3, 0.0, -0.4), 0.5),
    ("hold_belly", (-0.2, 0.0, -0.3), 0.2), ("dismiss", (-0.3, 0.2, 0.4), 0.6),
    ("turn_away", (-0.5, 0.1, 0.1), 0.5), ("look_down_on", (-0.2, 0.2, 0.5), 0.4),
    ("sigh", (-0.4, -0.4, -0.3), 0.6), ("slump", (-0.7, -0.4, -0.5), 0.7),
    ("cower", (-0.7, 0.7, -0.8), 0.6),
))  # fmt: skip
"""All there is to do, by name."""


@dataclass(frozen=True, slots=True)
class Rest:
    """A way in which arms rest when they do nothing.

    Attributes:
        arms: Pose of the main and of the other hand; None follows the posture.
        vad: Valence, arousal, dominance that it fits best.
        frequency: How often it is seen.
        seated: Whether it is one of people who sit.
    """

    arms: tuple[ArmPose, ArmPose] | None
    vad: tuple[float, float, float]
    frequency: float
    seated: bool = True


RESTS: dict[str, Rest] = {
    "hanging": Rest(None, (0.0, 0.0, 0.0), 6.0, seated=False),
    "clasped": Rest((arm_poses.CLASPED,) * 2, (0.1, -0.2, -0.3), 0.7),
    "behind": Rest((arm_poses.BEHIND_BACK,) * 2, (0.1, -0.1, 0.3), 0.5, seated=False),
    "pockets": Rest((arm_poses.IN_POCKET,) * 2, (0.0, -0.4, 0.0), 0.5, seated=False),
    "on_hips": Rest((arm_poses.ON_HIP,) * 2, (-0.1, 0.4, 0.7), 0.7, seated=False),
    "crossed": Rest((arm_poses.CROSSED_ABOVE, arm_poses.CROSSED_BELOW), (-0.4, 0.1, 0.4), 0.8),
    "embraced": Rest((arm_poses.EMBRACED_ABOVE, arm_poses.EMBRACED_BELOW), (-0.6, 0.1, -0.6), 0.9),
}

ON_THIGHS = (arm_poses.ON_THIGH,) * 2
"""Arms of people who sit, instead of a rest that is not theirs."""


def odds(
    vad: np.ndarray, fits: Sequence[tuple[float, float, float]], frequencies: Sequence[float]
) -> np.ndarray:
    """Return how probable each of N things is in a state, (N,), summing to 1.

    Args:
        vad: Valence, arousal, dominance (3,).
        fits: The VAD that each fits best.
        frequencies: How often each is done besides.
    """
    distance = np.sum((np.array(fits) - vad) ** 2, axis=1)
    closeness = np.exp(-distance / (2.0 * _ODDS.spread**2)) + _ODDS.anyway
    found = np.array(frequencies) * closeness
    return found / found.sum()
