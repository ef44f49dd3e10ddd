"""People with a body and a temper, and how strongly they feel an emotion, drawn at random.

Emotion is never the only cause of a movement: each person has a body, a temper and a hand of their
own and feels with an intensity between a trace and full.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.kinematics import REST_OFFSETS
from kinesics_core.skeletons import SMPLX_BODY
from kinesics_core.synthesis.emotions import Emotion
from kinesics_core.synthesis.style import Style, style_of


@dataclass(frozen=True, slots=True)
class Character:
    """Someone with a body and a temper; the same in all their clips.

    Attributes:
        name: Of the person in the dataset's labels.
        offsets: (22, 3) metres, as ``kinematics.REST_OFFSETS``.
        main_hand: "left" or "right".
        temper: (6,) tempo, extent, sharpness, trunk pitch, head pitch, shoulder height; standard
            normal.
    """

    name: str
    offsets: np.ndarray
    main_hand: str
    temper: np.ndarray


@dataclass(frozen=True, slots=True)
class Performance:
    """A character moved by an emotion.

    Attributes:
        character: Who.
        emotion: What moves them.
        intensity: How strongly, 0..1.
        vad: (3,) valence, arousal, dominance that they are in.
        style: How that makes them move.
        rng: Decides all that is random from there on.
    """

    character: Character
    emotion: Emotion
    intensity: float
    vad: np.ndarray
    style: Style
    rng: np.random.Generator


@dataclass(frozen=True, slots=True)
class Variation:
    """Differences of bodies: standard deviations and limits of factors on the average body.

    Authored: all segments stay within about a fifth of it, as adults do.
    """

    stature: float = 0.05
    stature_range: tuple[float, float] = (0.9, 1.1)
    segment: float = 0.035
    segment_range: tuple[float, float] = (0.92, 1.08)
    right_handed: float = 0.9
    temper: float = 2.0  # standard deviations at most


@dataclass(frozen=True, slots=True)
class Feeling:
    """Strength of a felt emotion; authored.

    Attributes:
        weakest: Least intensity; the rest is spread as the beta distribution ``beta``.
        vad: Standard deviation of what is felt beside the emotion.
        day: Standard deviation of the temper from clip to clip: days differ, too.
    """

    weakest: float = 0.4
    beta: tuple[float, float] = (2.0, 1.1)
    vad: float = 0.06
    day: float = 0.4


_VARIATION, _FEELING = Variation(), Feeling()

# Joint -> segments that vary together: its offset from the parent scales with that factor.
_SEGMENT_OF = {
    "pelvis": "thigh", "spine": "trunk", "neck": "trunk", "head": "neck", "collar": "wide",
    "shoulder": "wide", "elbow": "upper", "wrist": "fore", "hip": "hips", "knee": "thigh",
    "ankle": "shin", "foot": "foot",
}
_SEGMENTS = ("trunk", "neck", "wide", "hips", "thigh", "shin", "upper", "fore", "foot")


def random_character(rng: np.random.Generator, name: str) -> Character:
    """Return someone of adult proportions; nine in ten use the right hand more."""
    v = _VARIATION
    stature = np.clip(rng.normal(1.0, v.stature), *v.stature_range)
    shared = {key: np.clip(rng.normal(1.0, v.segment), *v.segment_range) for key in _SEGMENTS}
    factor = np.empty(len(SMPLX_BODY))
    for index, joint in enumerate(SMPLX_BODY):
        factor[index] = shared[_SEGMENT_OF[joint.split("_")[-1].rstrip("123")]] * stature
    main_hand = "right" if rng.random() < v.right_handed else "left"
    temper = np.clip(rng.standard_normal(6), -v.temper, v.temper)
    return Character(name, REST_OFFSETS * factor[:, None], main_hand, temper)


def draw_performance(
    character: Character, emotion: Emotion, rng: np.random.Generator
) -> Performance:
    """Return how a character feels an emotion this time and moves by it."""
    f = _FEELING
    intensity = f.weakest + (1.0 - f.weakest) * float(rng.beta(*f.beta))
    vad = np.clip(intensity * np.array(emotion.vad) + rng.normal(0.0, f.vad, 3), -1.0, 1.0)
    temper = character.temper + rng.normal(0.0, f.day, len(character.temper))
    style = style_of(vad, temper, intensity * emotion.lean)
    return Performance(character, emotion, intensity, vad, style, rng)
