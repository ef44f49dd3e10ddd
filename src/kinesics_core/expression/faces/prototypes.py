"""Emotion and intensity to a face: EMFACS prototypes, their variants, and the order of their units.

Which units belong to an emotion is EMFACS's and Table 11-1's of the FACS manual (Ekman & Friesen
1978; collected in ``affect.facs``), with the units that those tables allow beside them: the raised
chin (AU17) and tight lids (AU7) of anger, disgust and sadness, the lowered gaze (AU64) of sadness.
How strong each is in ARKit's shapes is authored. It follows what animators agree on when they put
a word into these shapes (docs/faces.md says on whom it was judged): a smile outweighs its cheeks,
anger is brows before lids, fear and surprise share wide eyes and differ in the mouth.

Intensity is not one factor. Each unit has an onset, below which it is not there, because a weak
emotion shows its diagnostic unit first (a weak smile is AU12 alone, AU6 joins later, the jaw opens
last), and from there it rises steeply and saturates, as weak movements of a face are what viewers
tell apart best. What two emotions share is full before they are: the last step of anger belongs to
the staring lids and the tight lips that EMFACS asks for beside AU4 (AU5, AU23) and to the jaw, that
of disgust to the raised lip and the narrowed eyes (AU10, AU7). If AU9 and AU15 took part in it,
the strongest anger would be half disgust. The lids of surprise, which EMFACS has weak (AU5 B),
come after the brows, as wide eyes over a mouth that is not open yet are fear's.
"""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kinesics_core.affect.emotions import (
    ANGER,
    CONTEMPT,
    DISGUST,
    EMOTIONS,
    FEAR,
    HAPPINESS,
    NEUTRAL,
    SADNESS,
    SURPRISE,
    emotion_index,
)
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.faces.manifold import SHAPES, nearest_face
from kinesics_core.expression.faces.units import unit_weights

CURVE = 1.5
"""Exponent of the rise of a unit: 1 - (1 - x)^CURVE, x from its onset to its apex."""


@dataclass(frozen=True, slots=True)
class Prototype:
    """One way to show an emotion.

    Attributes:
        name: A word for it.
        units: Action unit, as ``units.unit_weights`` takes it -> (strength at full intensity,
            onset: intensity of the emotion from which on it is there; apex: the intensity from
            which on it is at its full strength, 1 where none is given).
    """

    name: str
    units: dict[str, tuple[float, float] | tuple[float, float, float]]


_PARTING = (0.3, 0.9)  # intensities of joy between which its lips part

_SOON = 0.85
"""Apex of units that anger and disgust share with each other and with sadness."""

_BROWS_OF_FEAR = {"AU1": (1.0, 0.0), "AU2": (0.3, 0.25), "AU4": (0.3, 0.0)}

PROTOTYPES: dict[int, tuple[Prototype, ...]] = {
    HAPPINESS: (
        Prototype("smile", {
            "AU12": (1.0, 0.0), "AU6": (0.52, 0.2), "AU7": (0.25, 0.3), "AU14": (0.12, 0.3),
        }),
        Prototype("laugh", {
            "AU12": (1.0, 0.0), "AU6": (0.75, 0.15), "AU7": (0.35, 0.3), "AU25": (0.8, 0.25),
            "AU26": (0.35, 0.35),
        }),
    ),
    ANGER: (
        Prototype("glare", {
            "AU4": (1.0, 0.0, _SOON), "AU9": (0.4, 0.35, _SOON), "AU15": (0.3, 0.4, 0.8),
            "AU7": (0.4, 0.1), "AU24": (0.4, 0.1), "AU17": (0.4, 0.4), "AD29": (0.45, 0.6),
            "AU5": (0.25, 0.6), "AU23": (0.5, 0.6),
        }),
        Prototype("shout", {
            "AU4": (1.0, 0.0), "AU7": (0.4, 0.1), "AU5": (0.4, 0.2), "AU9": (0.6, 0.2),
            "AU10": (0.55, 0.25), "AU16": (0.6, 0.25), "AU22": (0.3, 0.3), "AU20": (0.25, 0.4),
            "AU26": (0.45, 0.35),
        }),
        Prototype("cold", {
            "AU4": (0.9, 0.0), "AU7": (0.65, 0.1), "AU5": (0.2, 0.3), "AU23": (0.5, 0.15),
            "AU24": (0.75, 0.1), "AU17": (0.4, 0.2), "AD29": (0.2, 0.4),
        }),
    ),
    SURPRISE: (
        Prototype("gasp", {
            "AU1": (0.9, 0.0), "AU2": (0.8, 0.0), "AU5": (0.9, 0.3), "AU26": (0.6, 0.15),
            "AU22": (0.15, 0.4),
        }),
        Prototype("raised brows", {
            "AU1": (0.9, 0.0), "AU2": (0.85, 0.0), "AU5": (0.7, 0.1), "AU25": (0.15, 0.5),
        }),
    ),
    SADNESS: (
        Prototype("sorrow", {
            "AU1": (0.9, 0.0), "AU4": (0.2, 0.2), "AU15": (0.9, 0.1), "AU17": (0.3, 0.25),
            "AU7": (0.35, 0.3), "AU64": (0.2, 0.2), "AU18": (0.1, 0.4),
        }),
        Prototype("weeping", {
            "AU1": (1.0, 0.0), "AU4": (0.35, 0.2), "AU15": (0.85, 0.05), "AU17": (0.5, 0.15),
            "AU6": (0.5, 0.3), "AU7": (0.65, 0.2), "AU20": (0.15, 0.3), "AU16": (0.2, 0.4),
            "AU26": (0.1, 0.45),
        }),
        Prototype("gloom", {
            "AU1": (0.6, 0.0), "AU15": (0.65, 0.1), "AU17": (0.2, 0.3), "AU43": (0.3, 0.15),
            "AU64": (0.5, 0.1),
        }),
    ),
    DISGUST: (
        Prototype("revulsion", {
            "AU9": (1.0, 0.0), "AU4": (0.4, 0.2, _SOON), "AU15": (0.1, 0.25, _SOON),
            "AU10": (0.65, 0.1), "AU7": (0.5, 0.3), "AU17U": (0.4, 0.2), "AU17": (0.2, 0.25),
            "AU6": (0.1, 0.3),
        }),
        Prototype("nose", {
            "AU9": (1.0, 0.0), "AU15": (0.5, 0.2), "AU16": (0.5, 0.25), "AU4": (0.35, 0.2),
            "AU7": (0.45, 0.2), "AU25": (0.2, 0.4), "AU6": (0.2, 0.3),
        }),
        Prototype("lip", {
            "AU10": (0.9, 0.0), "AU4": (0.4, 0.2), "AU17": (0.5, 0.15), "AU17U": (0.4, 0.2),
            "AU9": (0.35, 0.2), "AU7": (0.3, 0.25), "AU15": (0.3, 0.3),
        }),
    ),
    CONTEMPT: (
        Prototype("smirk", {
            "L_AU12": (0.6, 0.0), "L_AU14": (0.6, 0.0), "R_AU12": (0.1, 0.2),
            "R_AU14": (0.15, 0.2), "L_AU6": (0.1, 0.3), "L_AU10": (0.1, 0.3), "AU7": (0.2, 0.3),
            "AU4": (0.2, 0.3), "L_AU9": (0.15, 0.35), "R_AU9": (0.12, 0.35),
        }),
        Prototype("sneer", {
            "L_AU10": (0.75, 0.0), "L_AU9": (0.6, 0.1), "L_AU12": (0.3, 0.1),
            "L_AU14": (0.3, 0.1), "AU7": (0.35, 0.2), "R_AU4": (0.3, 0.3),
        }),
        Prototype("tight corner", {
            "L_AU14": (0.9, 0.0), "R_AU14": (0.1, 0.2), "L_AU12": (0.2, 0.1), "AU24": (0.2, 0.3),
            "AU43": (0.2, 0.2), "L_AU2": (0.3, 0.3),
        }),
    ),
    FEAR: (
        Prototype("terror", {
            **_BROWS_OF_FEAR, "AU5": (0.95, 0.0), "AU7": (0.2, 0.3), "AU20": (0.6, 0.0),
            "AU26": (0.3, 0.35), "AU25": (0.25, 0.25),
        }),
        Prototype("frozen", {
            **_BROWS_OF_FEAR, "AU5": (0.85, 0.0), "AU7": (0.2, 0.2), "AU20": (0.6, 0.1),
            "AU24": (0.1, 0.25), "AU17": (0.1, 0.25),
        }),
    ),
    NEUTRAL: (Prototype("rest", {}),),
}
"""The ways to show each emotion; the first is what its word alone means. Contempt is shown on the
person's left, the side that the right hemisphere moves more (Sackeim, Gur & Saucy 1978), with
``mirrored`` on the right."""

PLAY = Prototype("play", {
    "AU12": (1.0, 0.0), "AU6": (0.35, 0.3), "AU25": (0.9, 0.05), "AU26": (0.55, 0.1),
    "AU1": (0.4, 0.0), "L_AU2": (0.9, 0.0), "R_AU2": (0.5, 0.0), "AU5": (0.3, 0.1),
})
"""Joy in play: its relaxed open mouth (van Hooff, in Hinde, ed., Non-verbal communication, 1972,
209-241) under raised brows, which greet and invite (Eibl-Eibesfeldt, ibid. 297-314), one more than
the other. It is no variant of happiness that is drawn or read for one: it is of somebody's way to
be glad."""


def prototype(emotion: int | str, variant: int | str = 0) -> Prototype:
    """Return one way to show an emotion.

    Args:
        emotion: Index into, or name of, ``affect.emotions.EMOTIONS``.
        variant: Index into, or name in, ``PROTOTYPES[emotion]``.

    Raises:
        KinesicsError: The emotion or the variant is unknown.
    """
    index = emotion_index(emotion)
    ways = PROTOTYPES[index]
    names = [way.name for way in ways]
    if isinstance(variant, str) and variant in names:
        return ways[names.index(variant)]
    number = int(variant) if isinstance(variant, str) and variant.isdecimal() else variant
    if isinstance(number, int | np.integer) and 0 <= number < len(ways):
        return ways[int(number)]
    near = difflib.get_close_matches(str(variant), names, 1)
    raise KinesicsError(
        f"Got variant {variant!r} of {EMOTIONS[index]}; use one of"
        f" {', '.join(f'{at} ({name})' for at, name in enumerate(names))}."
        + (f" Did you mean {near[0]}?" if near else "")
    )


def require_intensity(intensity: float) -> float:
    """Return an intensity.

    Raises:
        KinesicsError: It is no number in 0..1.
    """
    if not (math.isfinite(intensity) and 0.0 <= intensity <= 1.0):
        raise KinesicsError(f"Got intensity {intensity}; give a number from 0 (none) to 1 (full).")
    return float(intensity)


def rise(intensity: float, onset: ArrayLike, apex: ArrayLike = 1.0) -> np.ndarray:
    """Return how far units are there, 0..1, at an intensity of their emotion, 0..1.

    Args:
        intensity: Of the emotion.
        onset: (...) intensity from which on each unit is there.
        apex: (...) intensity from which on it is fully there, more than its onset.
    """
    x = np.clip((intensity - np.asarray(onset)) / (np.asarray(apex) - onset), 0.0, 1.0)
    return np.asarray(1.0 - (1.0 - x) ** CURVE)


def _movements(way: Prototype) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the weights (units,52) of each unit at full strength, its onset and apex (units,)."""
    shapes = [unit_weights({unit: full}) for unit, (full, *_) in way.units.items()]
    spans = [(onset, *apex) if apex else (onset, 1.0) for _, onset, *apex in way.units.values()]
    return np.array(shapes).reshape(-1, SHAPES), *np.array(spans).reshape(-1, 2).T


_MOVEMENTS = {
    way.name: _movements(way) for ways in (*PROTOTYPES.values(), (PLAY,)) for way in ways}


def face_of_emotion(emotion: int | str, intensity: float, variant: int | str = 0) -> np.ndarray:
    """Return the face of an emotion: blendshapes (52,) float32, 0..1, a possible face.

    Args:
        emotion: Index into, or name of, ``affect.emotions.EMOTIONS``.
        intensity: 0 (none) to 1 (full). Every weight rises with it.
        variant: Index or name of one of the emotion's ``PROTOTYPES``.

    Raises:
        KinesicsError: The emotion or variant is unknown or the intensity outside 0..1.
    """
    return _face(prototype(emotion, variant), intensity)


def play_face(intensity: float) -> np.ndarray:
    """Return the face of ``PLAY`` (52,) float32 at an intensity 0..1, see ``face_of_emotion``."""
    return _face(PLAY, intensity)


def glad_face(intensity: float) -> np.ndarray:
    """Return the face (52,) float32 of joy that is to be seen from some metres, intensity 0..1.

    A smile, whose lips part as it grows into the laugh: EMFACS allows happiness AU25 and AU26. With
    closed lips viewers of a robot's whole body called a strong smile weak. The span ``_PARTING`` is
    authored.
    """
    low, high = _PARTING
    share = min(max((require_intensity(intensity) - low) / (high - low), 0.0), 1.0)
    laugh = face_of_emotion(HAPPINESS, intensity, "laugh")
    return (1.0 - share) * face_of_emotion(HAPPINESS, intensity) + np.float32(share) * laugh


def _face(way: Prototype, intensity: float) -> np.ndarray:
    strength = require_intensity(intensity)
    if strength == 0.0 or not way.units:
        return np.zeros(SHAPES, dtype=np.float32)
    shapes, onsets, apexes = _MOVEMENTS[way.name]
    return nearest_face((shapes * rise(strength, onsets, apexes)[:, None]).max(axis=0))
