"""Requests to express something, and what becomes of them: a face, an emotion, a state.

A request says one thing in one of seven ways: an emotion, a text, shares of emotions, a point in
valence, arousal and dominance, another emotion in each half of the face, action units, or
blendshapes. ``resolve`` makes of each the face that shows it and the state beneath it, which the
body follows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinesics_core.affect.emotions import (
    EMOTION_VAD,
    EMOTIONS,
    NEUTRAL,
    categories_to_vad,
    emotion_index,
    vad_to_categories,
)
from kinesics_core.errors import KinesicsError
from kinesics_core.expression import faces
from kinesics_core.expression.gesture_take import check_side
from kinesics_core.expression.gestures import robot_gesture
from kinesics_core.expression.onset import ONSET_RANGE
from kinesics_core.skeletons import ARKIT_BLENDSHAPES, BLENDSHAPE_INDEX

MAX_DURATION = 60.0
"""Longest time that an expression is shown, seconds."""

WAYS = ("emotion", "text", "distribution", "vad", "compound", "units", "blendshapes")
"""Fields of a request that say what to show; one of them is given."""

_FAINT_SHARE = 0.2  # of two emotions, below which the second one is not seen in the body; authored
_LIKENESS = 0.1  # softmax temperature of the cosines between a face and each emotion's; authored


@dataclass(frozen=True, slots=True)
class ExpressionRequest:
    """Wish to show something, so strongly, for so long. Nothing is checked before ``check``.

    Attributes:
        emotion: Name or index of one of ``EMOTIONS``; None: said in another way.
        text: A sentence whose emotion is to be shown; "": said in another way.
        distribution: (8,) shares 0..1 that sum to 1, in the order of ``EMOTIONS``; or None.
        vad: (3,) valence, arousal, dominance, -1..1; or None.
        compound: Emotions of the upper and of the lower half of the face; or None.
        units: Action unit ("AU12", "L_AU14") -> 0..1; or None.
        blendshapes: (52,) 0..1 in the order of ``ARKIT_BLENDSHAPES``, or ARKit name -> 0..1 (a
            shape that is not named is 0); or None.
        intensity: 0 (nothing) to 1 (in full); scales what is given.
        duration: Seconds from the onset to the beginning of the offset, above 0 and up to
            ``MAX_DURATION``.
        onset: Seconds until it is there, within ``onset.ONSET_RANGE``; 0: as long as its emotion
            takes.
        gesture: "" or one of ``gestures.vocabulary()``.
        gesture_side: Hand that makes it, one of ``gesture_take.SIDES``; "": as it is keyed.
        gesture_intensity: 0 (faint) to 1 (as keyed).
    """

    emotion: int | str | None = None
    text: str = ""
    distribution: np.ndarray | None = None
    vad: np.ndarray | None = None
    compound: tuple[int | str, int | str] | None = None
    units: Mapping[str, float] | None = None
    blendshapes: np.ndarray | Mapping[str, float] | None = None
    intensity: float = 1.0
    duration: float = 3.0
    onset: float = 0.0
    gesture: str = ""
    gesture_side: str = ""
    gesture_intensity: float = 1.0

    @property
    def way(self) -> str:
        """The one of ``WAYS`` that says what to show.

        Raises:
            KinesicsError: None does, or several do.
        """
        given = [name for name in WAYS
                 if getattr(self, name) is not None and (name != "text" or self.text)]
        if len(given) != 1:
            got = "nothing to show" if not given else " and ".join(given) + " at once"
            raise KinesicsError(f"Got {got}; give exactly one of {', '.join(WAYS)}.")
        return given[0]


@dataclass(frozen=True, slots=True)
class Expression:
    """Face to be shown, and the emotion and state behind it.

    Attributes:
        blendshapes: (52,) float32 0..1, order of ``ARKIT_BLENDSHAPES``; the intensity is in them.
        emotion: Index into ``EMOTIONS`` of the leading one.
        distribution: (8,) float32, shares of the emotions, sums to 1.
        vad: (3,) float32 valence, arousal, dominance, -1..1; the intensity is in them.
        intensity: 0..1.
    """

    blendshapes: np.ndarray
    emotion: int
    distribution: np.ndarray
    vad: np.ndarray
    intensity: float

    @property
    def beside(self) -> tuple[int, float] | None:
        """Second emotion, and its share of the two; None where there is none to speak of."""
        others = np.array(self.distribution, np.float64)
        first = float(others[self.emotion])
        others[[self.emotion, NEUTRAL]] = 0.0
        second = int(np.argmax(others))
        share = float(others[second]) / max(float(others[second]) + first, 1e-9)
        return (second, share) if share >= _FAINT_SHARE and self.emotion != NEUTRAL else None


def check(request: ExpressionRequest) -> None:
    """Refuse a request, apart from what only reading its text can tell; takes no time.

    Raises:
        KinesicsError: Nothing or several things are said, or a value is out of its range.
    """
    way = request.way
    _require_range("intensity", request.intensity, 0.0, 1.0, "from 0 (none) to 1 (full)")
    if not (math.isfinite(request.duration) and 0.0 < request.duration <= MAX_DURATION):
        raise KinesicsError(
            f"Got duration {request.duration} s; give a time above 0 and up to {MAX_DURATION:g} s.")
    if request.onset != 0.0:
        low, high = ONSET_RANGE
        _require_range(
            "onset", request.onset, low, high, f"of seconds from {low:g} to {high:g}, or 0")
    _check_gesture(request)
    if way == "text":
        if not request.text.strip():
            raise KinesicsError("Got a text of blanks alone; give a sentence.")
    else:
        _CHECKS[way](getattr(request, way))


def resolve(request: ExpressionRequest) -> Expression:
    """Return the face and the state that a request asks for.

    A text is read by the text model, which is loaded when the first one comes; everything else
    takes less than a millisecond.

    Raises:
        KinesicsError: The request is refused, see ``check``, or its text cannot be read.
    """
    check(request)
    way = request.way
    blendshapes, distribution, vad, intensity = _MAKERS[way](
        getattr(request, way), request.intensity)
    # The eyes tell what is felt (Ekman's reliable muscles), so the upper half leads a compound.
    leading = emotion_index(request.compound[0]) if request.compound is not None \
        else int(np.argmax(distribution))
    return Expression(
        np.clip(np.asarray(blendshapes, np.float32), 0.0, 1.0), leading,
        np.asarray(distribution, np.float32), np.clip(np.asarray(vad, np.float32), -1.0, 1.0),
        float(intensity))


def _check_gesture(request: ExpressionRequest) -> None:
    """Refuse a gesture that is none, and a side or strength that no gesture can have."""
    if request.gesture:
        robot_gesture(request.gesture)
    check_side(request.gesture_side)
    _require_range(
        "gesture intensity", request.gesture_intensity, 0.0, 1.0,
        "from 0 (faint) to 1 (as large as it is keyed)")


# What each way of saying it must hold.


def _check_distribution(shares: Any) -> None:
    values = _numbers("a distribution", shares, len(EMOTIONS), 0.0, 1.0, ", ".join(EMOTIONS))
    if abs(values.sum() - 1.0) > 1e-3:
        raise KinesicsError(
            f"Got a distribution that sums to {values.sum():.4g}; give shares that sum to 1.")


def _check_compound(halves: Any) -> None:
    if len(halves) != 2:
        raise KinesicsError(
            f"Got a compound of {len(halves)} emotions; give 2: of the upper half of the face and"
            " of the lower.")
    for emotion in halves:
        emotion_index(emotion)


def _check_units(units: Mapping[str, float]) -> None:
    for unit, strength in units.items():
        _require_range(f"{unit} =", strength, 0.0, 1.0, "from 0 to 1")
    faces.face_of_units(dict(units))


def _check_blendshapes(shapes: Any) -> None:
    if not isinstance(shapes, Mapping):
        _numbers("blendshapes", shapes, len(ARKIT_BLENDSHAPES), 0.0, 1.0, "ARKit's shapes")
        return
    for name, weight in shapes.items():
        if name not in BLENDSHAPE_INDEX:
            raise KinesicsError(
                f"Got the blendshape {name!r}; give one of ARKit's 52, such as jawOpen or"
                " mouthSmileLeft.")
        _require_range(f"{name} =", weight, 0.0, 1.0, "from 0 to 1")


_CHECKS: dict[str, Any] = {
    "emotion": emotion_index,
    "distribution": _check_distribution,
    "vad": lambda vad: _numbers("vad", vad, 3, -1.0, 1.0, "valence, arousal, dominance"),
    "compound": _check_compound,
    "units": _check_units,
    "blendshapes": _check_blendshapes,
}


def _require_range(name: str, value: float, low: float, high: float, wanted: str) -> None:
    if not low <= value <= high:  # nor is nan
        raise KinesicsError(f"Got {name} {value}; give a number {wanted}.")


def _numbers(
    name: str, values: Any, count: int, low: float, high: float, meaning: str
) -> np.ndarray:
    """Return values (count,) as float64.

    Raises:
        KinesicsError: They are not so many, or one is not in low..high.
    """
    found = np.asarray(values, np.float64)
    if found.shape != (count,):
        raise KinesicsError(
            f"Got {name} of {found.size} numbers; give {count}: {meaning}.")
    if not ((found >= low) & (found <= high)).all():
        raise KinesicsError(
            f"Got {name} {', '.join(f'{value:g}' for value in found[:8])}; give numbers from"
            f" {low:g} to {high:g}: {meaning}.")
    return found


# What each way shows: blendshapes (52,), distribution (8,), VAD (3,), intensity.

_Made = tuple[np.ndarray, np.ndarray, np.ndarray, float]


def _of_emotion(emotion: int | str, intensity: float) -> _Made:
    index = emotion_index(emotion)
    return (faces.face_of_emotion(index, intensity), np.eye(len(EMOTIONS))[index],
            intensity * EMOTION_VAD[index], intensity)


def _of_text(text: str, intensity: float) -> _Made:
    read = faces.text_face(text)
    return (intensity * read.blendshapes, read.emotion, intensity * np.asarray(read.vad),
            intensity * read.intensity)


def _of_distribution(shares: np.ndarray, intensity: float) -> _Made:
    shares = np.asarray(shares, np.float64)
    return (faces.face_of_distribution(shares, intensity), shares,
            intensity * categories_to_vad(shares), intensity)


def _of_vad(vad: np.ndarray, intensity: float) -> _Made:
    scaled = intensity * np.asarray(vad, np.float64)
    return faces.face_of_vad(scaled), vad_to_categories(vad), scaled, intensity


def _of_compound(halves: tuple[int | str, int | str], intensity: float) -> _Made:
    upper, lower = (emotion_index(emotion) for emotion in halves)
    shares = np.eye(len(EMOTIONS))[[upper, lower]].mean(axis=0)
    return (faces.compound(upper, lower, intensity), shares,
            intensity * categories_to_vad(shares), intensity)


def _of_units(units: Mapping[str, float], intensity: float) -> _Made:
    return _of_blendshapes(faces.face_of_units(dict(units)), intensity)


def _of_blendshapes(shapes: np.ndarray | Mapping[str, float], intensity: float) -> _Made:
    if isinstance(shapes, Mapping):
        face = np.zeros(len(ARKIT_BLENDSHAPES))
        for name, weight in shapes.items():
            face[BLENDSHAPE_INDEX[name]] = weight
    else:
        face = np.asarray(shapes, np.float64)
    shares = likeness(intensity * face)
    return intensity * face, shares, categories_to_vad(shares), intensity


def likeness(face: np.ndarray) -> np.ndarray:
    """Return how much a face is like that of each emotion.

    Softmax of the cosines with the emotions' full faces, as far as the face goes along the one it
    is most like; the rest is neutral.

    Args:
        face: (52,) blendshapes, 0..1.

    Returns:
        (8,) shares that sum to 1.
    """
    known = [index for index in range(len(EMOTIONS)) if index != NEUTRAL]
    full = np.stack([faces.face_of_emotion(index, 1.0) for index in known]).astype(np.float64)
    norms = np.linalg.norm(full, axis=1)
    along = full @ np.asarray(face, np.float64) / norms
    cosines = along / max(float(np.linalg.norm(face)), 1e-9)
    best = int(np.argmax(cosines))
    strength = float(np.clip(along[best] / norms[best], 0.0, 1.0))
    shares = np.zeros(len(EMOTIONS))
    alike = np.exp((cosines - cosines[best]) / _LIKENESS)
    shares[known] = strength * alike / alike.sum()
    shares[NEUTRAL] = 1.0 - strength
    return shares


_MAKERS: dict[str, Any] = {
    "emotion": _of_emotion,
    "text": _of_text,
    "distribution": _of_distribution,
    "vad": _of_vad,
    "compound": _of_compound,
    "units": _of_units,
    "blendshapes": _of_blendshapes,
}
