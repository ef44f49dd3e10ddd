"""Mixtures of emotions as one face: by region and dominance, and the compounds that have names.

An average of two faces is a weak face of neither. Where two emotions are felt at once, regions of
a face take sides: each shows the emotion that it tells best (Smith, Cottrell, Gosselin & Schyns
2005; Calvo & Nummenmaa 2008: brows tell anger and sadness, eyes fear and surprise, the nose
disgust, the mouth happiness), and the likelier emotion wins more of them. Compounds are two halves,
upper and lower face, and Du, Tao & Martinez (PNAS 111, 2014, E1454) give units to fifteen of them.
"""

from __future__ import annotations

import difflib

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.faces.manifold import SHAPES, nearest_face
from kinesics_core.expression.faces.prototypes import face_of_emotion, require_intensity, rise
from kinesics_core.expression.faces.regions import LOWER, REGIONS, UPPER
from kinesics_core.expression.faces.units import unit_weights
from kinesics_core.skeletons import BLENDSHAPE_INDEX

# How well a region tells an emotion, 0..1, in the order of EMOTIONS; authored after the studies
# above, which measured it.
_TELLS = {
    "brows": (0.15, 1.00, 0.80, 0.90, 0.50, 0.20, 0.85, 0.0),
    "eyes": (0.40, 0.60, 0.85, 0.50, 0.45, 0.30, 1.00, 0.0),
    "nose": (0.10, 0.50, 0.10, 0.10, 1.00, 0.25, 0.10, 0.0),
    "mouth": (1.00, 0.50, 0.70, 0.70, 0.70, 0.80, 0.50, 0.0),
}

_DOMINANCE = 3.0  # exponent of likelihood times telling: a region is mostly one emotion's
_CLEAR = 0.6  # share of the two likeliest emotions above which a mixture is a clear one

_FAINT, _FELT = 0.1, 0.5  # share of all emotions at which a face begins, and to its full strength
_TRACE = 0.02  # shares below show nothing

_ANTAGONISTS = tuple(
    (BLENDSHAPE_INDEX[one + side], BLENDSHAPE_INDEX[other + side])
    for one, other in (
        ("mouthSmile", "mouthFrown"), ("eyeWide", "eyeBlink"),
    )
    for side in ("Left", "Right")
)

COMPOUNDS: dict[str, tuple[str, str, dict[str, float]]] = {
    "happily surprised": ("happiness", "surprise", {
        "AU1": 1, "AU2": 1, "AU5": 0.6, "AU12": 1, "AU25": 1, "AU26": 0.5, "AU6": 0.2}),
    "happily disgusted": ("happiness", "disgust", {
        "AU10": 1, "AU12": 1, "AU25": 1, "AU6": 0.5, "AU9": 0.6, "AU4": 0.3}),
    "sadly fearful": ("sadness", "fear", {
        "AU1": 1, "AU4": 1, "AU20": 1, "AU25": 1, "AU5": 0.5, "AU15": 0.3}),
    "sadly angry": ("sadness", "anger", {
        "AU4": 1, "AU15": 1, "AU7": 0.5, "AU17": 0.5, "AU1": 0.3}),
    "sadly surprised": ("sadness", "surprise", {
        "AU1": 1, "AU4": 1, "AU25": 1, "AU26": 1, "AU2": 0.3, "AU15": 0.4}),
    "sadly disgusted": ("sadness", "disgust", {
        "AU4": 1, "AU10": 1, "AU1": 0.5, "AU6": 0.5, "AU15": 0.5, "AU17": 0.5, "AU9": 0.3}),
    "fearfully angry": ("fear", "anger", {
        "AU4": 1, "AU20": 1, "AU25": 1, "AU5": 0.5, "AU7": 0.4, "AU10": 0.3}),
    "fearfully surprised": ("fear", "surprise", {
        "AU1": 1, "AU2": 1, "AU5": 1, "AU20": 1, "AU25": 1, "AU4": 0.3, "AU26": 0.5}),
    "fearfully disgusted": ("fear", "disgust", {
        "AU1": 1, "AU4": 1, "AU10": 1, "AU20": 0.8, "AU25": 1, "AU5": 0.5, "AU9": 0.3}),
    "angrily surprised": ("anger", "surprise", {
        "AU4": 1, "AU25": 1, "AU26": 1, "AU5": 0.5, "AU7": 0.5, "AU10": 0.3}),
    "angrily disgusted": ("anger", "disgust", {
        "AU4": 1, "AU10": 1, "AU17": 1, "AU7": 0.6, "AU9": 0.6}),
    "disgustedly surprised": ("disgust", "surprise", {
        "AU1": 1, "AU2": 1, "AU5": 1, "AU10": 1, "AU17": 0.6, "AU9": 0.4}),
    "appalled": ("disgust", "anger", {
        "AU4": 1, "AU10": 1, "AU9": 0.6, "AU17": 0.6, "AU7": 0.3}),
    "hateful": ("anger", "disgust", {
        "AU4": 1, "AU10": 1, "AU7": 0.6, "AU17": 0.6, "AU9": 0.3, "AU24": 0.3}),
    "awed": ("surprise", "fear", {
        "AU1": 1, "AU2": 1, "AU5": 1, "AU25": 1, "AU26": 0.5, "AU20": 0.3}),
}
"""Name of a compound -> the emotion that is more, the one that is less, and the share of people who
show each action unit: 1 where Du et al. call it prototypical (most people), less where some do."""

_COMPOUND_SIZE = 0.75  # strength of a unit that everybody shows


def require_distribution(distribution: np.ndarray) -> np.ndarray:
    """Return a distribution over the emotions as (8,) float64.

    Raises:
        KinesicsError: It is not eight probabilities that sum to 1 (within a hundredth).
    """
    shares = np.asarray(distribution, dtype=np.float64)
    if shares.shape != (len(EMOTIONS),):
        raise KinesicsError(
            f"Got a distribution of shape {shares.shape}; give ({len(EMOTIONS)},), one"
            f" probability for each of {', '.join(EMOTIONS)}."
        )
    if not np.isfinite(shares).all() or shares.min() < -1e-6 or abs(shares.sum() - 1.0) > 0.01:
        raise KinesicsError(
            f"Got {np.round(shares, 3).tolist()} as a distribution over emotions; give"
            " probabilities of at least 0 that sum to 1."
        )
    shares = np.maximum(shares, 0.0)
    return np.asarray(shares / shares.sum())


def face_of_distribution(distribution: np.ndarray, intensity: float = 1.0) -> np.ndarray:
    """Return the face (52,) float32 of a distribution over emotions.

    One emotion alone gives ``face_of_emotion`` of it. The more neutral there is, and the less
    clear the mixture, the weaker the face.

    Args:
        distribution: (8,), in the order of ``affect.emotions.EMOTIONS``, sums to 1.
        intensity: 0 (none) to 1 (full).

    Raises:
        KinesicsError: It is no distribution, or the intensity lies outside 0..1.
    """
    shares = require_distribution(distribution)
    strength = require_intensity(intensity)
    felt = np.delete(shares, NEUTRAL)
    total = float(felt.sum())
    if total < 1e-6 or strength == 0.0:
        return np.zeros(SHAPES, dtype=np.float32)
    felt = felt / total
    clear = min(1.0, float(np.sort(felt)[-2:].sum()) / _CLEAR)
    strength *= clear * min(1.0, max(0.0, (total - _FAINT) / _FELT))
    faces = np.stack([
        face_of_emotion(emotion, strength * float(share / felt.max()) ** 0.5 * (share > _TRACE))
        for emotion, share in enumerate(felt)
    ])
    mixed = np.zeros(SHAPES)
    for region, mask in REGIONS.items():
        pull = (np.maximum(felt - _TRACE, 0.0) * np.array(_TELLS[region][:NEUTRAL])) ** _DOMINANCE
        mixed[mask] = (pull / max(float(pull.sum()), 1e-12)) @ faces[:, mask]
    return nearest_face(balanced(mixed))


def balanced(face: np.ndarray) -> np.ndarray:
    """Return weights (52,) in which muscles that pull against each other have cancelled out.

    Of each two only the surplus of the stronger is left.
    """
    out = face.copy()
    for one, other in _ANTAGONISTS:
        shared = min(out[one], out[other])
        out[one] -= shared
        out[other] -= shared
    return out


def joined(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """Return the possible face (52,) float32 of one face's upper half and another's lower."""
    return nearest_face(np.where(UPPER, upper, 0.0) + np.where(LOWER, lower, 0.0))


def compound(
    upper: int | str, lower: int | str, intensity: float = 1.0, lower_intensity: float | None = None
) -> np.ndarray:
    """Return the face (52,) float32 with one emotion in brows and lids, another in nose and mouth.

    Args:
        upper: Index into, or name of, ``affect.emotions.EMOTIONS``, of brows and lids.
        lower: The same of nose and mouth.
        intensity: 0 (none) to 1 (full).
        lower_intensity: Of the lower half, None: the same.

    Raises:
        KinesicsError: An emotion is unknown or an intensity outside 0..1.
    """
    below = intensity if lower_intensity is None else lower_intensity
    return joined(face_of_emotion(upper, intensity), face_of_emotion(lower, below))


def face_of_compound(name: str, intensity: float = 1.0) -> np.ndarray:
    """Return the face (52,) float32 of one of ``COMPOUNDS``.

    Raises:
        KinesicsError: The name is unknown or the intensity outside 0..1.
    """
    strength = require_intensity(intensity)
    _, _, shown = COMPOUNDS[require_compound(name)]
    return nearest_face(unit_weights({
        unit: _COMPOUND_SIZE * share * float(rise(strength, 0.3 * (1.0 - share)))
        for unit, share in shown.items()
    }))


def require_compound(name: str) -> str:
    """Return the name of a compound, in lower case.

    Raises:
        KinesicsError: There is no such compound; the sentence names the known ones.
    """
    wanted = " ".join(name.lower().split())
    if wanted in COMPOUNDS:
        return wanted
    near = difflib.get_close_matches(wanted, COMPOUNDS, 1)
    raise KinesicsError(
        f"Got compound {name!r}; use one of {', '.join(COMPOUNDS)}."
        + (f" Did you mean {near[0]!r}?" if near else "")
    )
