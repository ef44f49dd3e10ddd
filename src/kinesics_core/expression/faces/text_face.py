"""Text to a face: the emotion that is read in it, region by region where it says so.

Three readings of one text are put together:

1. ``expression.text`` reads its emotions; ``mixing.face_of_distribution`` shows them.
2. Where the text gives regions emotions of their own ("eyes sad, mouth smiling", "fear in her eyes
   and a smile on her lips", "smiling through tears"), each such clause is read by itself, and upper
   and lower face show their own. So are the compounds that have a name ("happily surprised").
3. Movements that it describes ("furrowed brow", "lips pressed") are shown as said
   (``described``), over whatever the emotion would do with the same region.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL, categories_to_vad
from kinesics_core.affect.face import FaceReader
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.faces.asymmetry import with_asymmetry
from kinesics_core.expression.faces.described import described
from kinesics_core.expression.faces.manifold import nearest_face
from kinesics_core.expression.faces.mixing import (
    COMPOUNDS,
    balanced,
    face_of_compound,
    face_of_distribution,
)
from kinesics_core.expression.faces.regions import REGIONS, UPPER
from kinesics_core.expression.faces.units import unit_weights
from kinesics_core.skeletons import BLENDSHAPE_INDEX
from kinesics_core.types import Person


class Reading(Protocol):
    """Emotions in a text, as ``expression.text`` reads them."""

    @property
    def distribution(self) -> np.ndarray:
        """(8,), sums to 1."""

    @property
    def vad(self) -> np.ndarray:
        """(3,), -1..1."""

    @property
    def intensity(self) -> float:
        """0..1."""


class Reader(Protocol):
    """Reader of emotions in text."""

    def read(self, text: str) -> Reading:
        """Return the emotions in a text."""


@dataclass(frozen=True, eq=False, slots=True)
class TextFace:
    """A text's face.

    Attributes:
        emotion: (8,) float32, in the order of ``affect.emotions.EMOTIONS``, sums to 1.
        vad: (3,) float32 valence, arousal, dominance, -1..1.
        blendshapes: (52,) float32, 0..1, a possible face.
        intensity: 0 (none) to 1 (full).
    """

    emotion: np.ndarray
    vad: np.ndarray
    blendshapes: np.ndarray
    intensity: float


@dataclass(frozen=True, eq=False, slots=True)
class _Half:
    """Reading of one half of the face: emotions (8,), VAD (3,), intensity 0..1."""

    emotion: np.ndarray
    vad: np.ndarray
    intensity: float

    def face(self) -> np.ndarray:
        return face_of_distribution(self.emotion, self.intensity)


_UPPER_WORDS = re.compile(r"\b(?:eyes?|eye-?brows?|brows?|eyelids?|lids|gaze|forehead|stare)\b")
_LOWER_WORDS = re.compile(r"\b(?:mouth|lips?|jaw|chin|teeth)\b")
_UPPER_IMPLIED = re.compile(r"\b(?:tears?|teary|tearful|weeping|crying|sobbing|scowl\w*|glar\w+)\b")
_LOWER_IMPLIED = re.compile(
    r"\b(?:smil\w+|grin\w*|laugh\w*|beam\w*|smirk\w*|sneer\w*|pout\w*)\b")
_CLAUSES = re.compile(
    r"[,;.:!?\u2014]|\b(?:but|while|yet|although|though|with|and|through|despite|behind|beneath|"
    r"under|whereas|as)\b")
_MOSTLY_NEUTRAL = 0.6  # share of neutral above which a clause about a region tells no emotion


@lru_cache(maxsize=1)
def _reader() -> Reader:
    from kinesics_core.expression.text import TextReader

    return TextReader.load()


def text_face(text: str, reader: Reader | None = None, seed: int | None = None) -> TextFace:
    """Return the face of a text.

    Args:
        text: One or a few sentences.
        reader: Reader of the emotions in it; None: the one of ``expression.text``.
        seed: Of the small differences between the sides of a living face; None: none.

    Raises:
        KinesicsError: The text is empty, or the reader refuses it.
    """
    if not isinstance(text, str) or not text.strip():
        raise KinesicsError("Got an empty text; give a sentence, such as \"she froze in terror\".")
    reader = reader or _reader()
    whole = _half(reader.read(text))
    named = _named_compound(text)
    if named:
        emotion, face = _compound_reading(named, whole.intensity)
        upper = lower = _Half(emotion, categories_to_vad(emotion), max(whole.intensity, 0.7))
    else:
        upper, lower = _halves(text, whole, reader)
        face = upper.face() if upper is lower else np.where(UPPER, upper.face(), lower.face())
    emotion = 0.5 * (upper.emotion + lower.emotion)
    vad = 0.5 * (upper.vad + lower.vad)
    intensity = max(upper.intensity, lower.intensity)
    movements = described(text).units
    if movements:
        shown = unit_weights(movements)
        face = _over(face, shown)
        meant = _meaning(shown)
        # Where the text gives each half its emotion, movements say nothing further of it.
        weight = 0.5 * float(1.0 - meant[NEUTRAL]) if upper is lower else 0.0
        emotion = (1.0 - weight) * emotion + weight * meant
        vad = (1.0 - weight) * vad + weight * categories_to_vad(meant)
        intensity = max(intensity, max(movements.values()))
    return TextFace(
        emotion.astype(np.float32), np.clip(vad, -1.0, 1.0).astype(np.float32),
        nearest_face(face) if seed is None else with_asymmetry(face, seed), intensity,
    )


def _half(reading: Reading) -> _Half:
    return _Half(
        np.asarray(reading.distribution, dtype=np.float64), np.asarray(reading.vad, np.float64),
        float(reading.intensity),
    )


def _halves(text: str, whole: _Half, reader: Reader) -> tuple[_Half, _Half]:
    """Return the readings of the upper and the lower face: their own clauses', else the whole's."""
    upper, lower = region_clauses(text)
    found = []
    for clause in (upper, lower):
        try:
            half = _half(reader.read(clause)) if clause else None
        except KinesicsError:  # too short to be read by itself, for instance
            half = None
        found.append(half if half and half.emotion[NEUTRAL] < _MOSTLY_NEUTRAL else None)
    return found[0] or whole, found[1] or whole


def region_clauses(text: str) -> tuple[str, str]:
    """Return what a text says of the upper face and of the lower face, "" where nothing.

    Words that name a region ("eyes", "mouth") decide; words that imply one ("tears", "smiling")
    do where the other half is named or implied in another clause.
    """
    clauses = [part.strip() for part in _CLAUSES.split(text.lower()) if part and part.strip()]
    named = [(bool(_UPPER_WORDS.search(part)), bool(_LOWER_WORDS.search(part))) for part in clauses]
    implied = [
        (bool(_UPPER_IMPLIED.search(part)), bool(_LOWER_IMPLIED.search(part))) for part in clauses
    ]
    halves: tuple[list[str], list[str]] = ([], [])
    for clause, (up, down), (up_too, down_too) in zip(clauses, named, implied, strict=True):
        if up != down:
            halves[int(down)].append(clause)
        elif not up and up_too != down_too:
            halves[int(down_too)].append(clause)
    spoken = any(up or down for up, down in named)
    if not spoken and not (halves[0] and halves[1]):
        return "", ""
    return ", ".join(halves[0]), ", ".join(halves[1])


def _named_compound(text: str) -> str | None:
    """Return the compound that a text names in so many words, such as "happily surprised"."""
    words = " ".join(re.findall(r"[a-z']+", text.lower()))
    for name in COMPOUNDS:
        if re.search(rf"(?<!not )\b{name}\b", words):
            return name
    return None


def _compound_reading(name: str, intensity: float) -> tuple[np.ndarray, np.ndarray]:
    """Return emotions (8,) and the face (52,) of a named compound, at least clearly shown."""
    more, less, _ = COMPOUNDS[name]
    emotion = np.zeros(len(EMOTIONS))
    emotion[EMOTIONS.index(more)] = emotion[EMOTIONS.index(less)] = 0.5
    return emotion, face_of_compound(name, min(1.0, max(intensity, 0.7))).astype(np.float64)


def _over(face: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Return a face (52,) that makes the movements a text describes, (52,), over its own.

    A region moves as described; what the face would do there counts by what is left of it.
    """
    out = np.asarray(face, dtype=np.float64).copy()
    for mask in REGIONS.values():
        out[mask] *= 1.0 - min(1.0, float(shown[mask].max()))
    for one, other in _OPPOSED:
        for here, there in ((one, other), (other, one)):
            out[there] = max(0.0, out[there] - shown[here])
    return balanced(np.maximum(out, shown))


def _meaning(shown: np.ndarray) -> np.ndarray:
    """Return the emotions (8,) that movements (52,) by themselves are read as."""
    nobody = np.full((17, 3), np.nan, np.float32)
    affect = FaceReader().update(Person(0, 1.0, nobody, blendshapes=nearest_face(shown)), 0)
    assert affect is not None  # a face of numbers is always read
    return np.asarray(affect.categories, dtype=np.float64)


_OPPOSED = tuple(
    (BLENDSHAPE_INDEX[one + side], BLENDSHAPE_INDEX[other + side])
    for one, other in (
        ("mouthSmile", "mouthFrown"), ("eyeWide", "eyeBlink"), ("eyeWide", "eyeSquint"),
        ("browOuterUp", "browDown"), ("mouthPress", "mouthUpperUp"),
        ("mouthPress", "mouthLowerDown"), ("eyeLookUp", "eyeLookDown"),
    )
    for side in ("Left", "Right")
)
