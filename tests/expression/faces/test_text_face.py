"""Text to a face by a stand-in that reads words for emotions; the real reader is text's."""

import re
from dataclasses import dataclass

import numpy as np
import pytest

from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL, categories_to_vad
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.faces import (
    broken_rules,
    compound,
    face_of_compound,
    face_of_emotion,
    text_face,
)
from kinesics_core.expression.faces.described import described
from kinesics_core.expression.faces.text_face import region_clauses
from kinesics_core.skeletons import BLENDSHAPE_INDEX

I = BLENDSHAPE_INDEX  # noqa: E741

WORDS = {
    "happiness": "happy|joy|cheerful|smil|glad", "sadness": "sad|tears|grief",
    "fear": "fear|terror", "anger": "ang|hatred|rage",
    "surprise": "surpris", "disgust": "disgust", "contempt": "scorn",
}


@dataclass
class Reading:
    distribution: np.ndarray
    vad: np.ndarray
    intensity: float


class WordReader:
    """Even shares of the emotions whose words occur, at intensity .9; neutral if none does."""

    def __init__(self):
        self.texts = []

    def read(self, text):
        self.texts.append(text)
        found = [EMOTIONS.index(name) for name, words in WORDS.items()
                 if re.search(words, text.lower())]
        distribution = np.zeros(8, np.float32)
        distribution[found or [NEUTRAL]] = 1.0 / max(len(found), 1)
        return Reading(distribution, categories_to_vad(distribution), 0.9 if found else 0.0)


def shown(text, **options):
    return text_face(text, WordReader(), **options)


def test_a_plain_sentence_shows_what_is_read():
    face = shown("she froze in terror")
    assert EMOTIONS[face.emotion.argmax()] == "fear" and face.emotion.sum() == pytest.approx(1.0)
    assert face.vad[0] < -0.5 and face.intensity == pytest.approx(0.9)
    assert np.array_equal(face.blendshapes, face_of_emotion("fear", 0.9))


def test_a_text_that_means_nothing_is_neutral():
    assert not shown("the table has four legs").blendshapes.any()


@pytest.mark.parametrize(("text", "upper", "lower"), [
    ("eyes sad, mouth cheerful", "sadness", "happiness"),
    ("Her mouth was cheerful but her eyes were sad.", "sadness", "happiness"),
    ("a cheerful mouth and fear in his eyes", "fear", "happiness"),
    ("rage in the eyes, disgust on the lips", "anger", "disgust"),
])
def test_regions_show_their_own_emotions(text, upper, lower):
    face = shown(text)
    expected = compound(upper, lower, 0.9)
    assert face.blendshapes == pytest.approx(expected, abs=1e-5)
    assert face.emotion[EMOTIONS.index(upper)] == pytest.approx(0.5)
    assert face.emotion[EMOTIONS.index(lower)] == pytest.approx(0.5)


def test_smiling_through_tears():
    face = shown("smiling through tears").blendshapes
    assert face[I["mouthSmileLeft"]] > 0.7 and face[I["mouthFrownLeft"]] == 0.0
    assert face[I["browInnerUp"]] > 0.7


def test_one_clause_costs_one_reading():
    reader = WordReader()
    text_face("she froze in terror", reader)
    assert reader.texts == ["she froze in terror"]


@pytest.mark.parametrize(("text", "clauses"), [
    ("eyes sad, mouth smiling", ("eyes sad", "mouth smiling")),
    ("smiling through tears", ("tears", "smiling")),
    ("he is smiling", ("", "")),
    ("she wept", ("", "")),
    ("fear in her eyes", ("fear in her eyes", "")),
    ("his eyes and mouth were sad", ("were sad", "were sad")),
])
def test_clauses_of_the_two_halves(text, clauses):
    if text.startswith("his eyes and"):
        # "and" parts the clause; the half without an emotion of its own shows the whole's.
        face = shown(text)
        assert face.blendshapes == pytest.approx(face_of_emotion("sadness", 0.9), abs=1e-5)
        return
    assert region_clauses(text) == clauses


def test_a_named_compound_is_shown():
    face = shown("They were happily surprised.")
    assert face.blendshapes == pytest.approx(face_of_compound("happily surprised", 0.9), abs=1e-5)
    assert face.emotion[[0, 2]] == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize(("text", "shapes"), [
    ("furrowed brow", {"browDownLeft"}), ("his brows were furrowed", {"browDownLeft"}),
    ("eyebrows raised", {"browInnerUp", "browOuterUpLeft"}),
    ("one eyebrow raised", {"browOuterUpLeft"}), ("eyes wide open", {"eyeWideLeft"}),
    ("narrowed eyes", {"eyeSquintLeft"}), ("eyes closed", {"eyeBlinkLeft"}),
    ("a wrinkled nose", {"noseSneerLeft"}), ("lips pressed together", {"mouthPressLeft"}),
    ("mouth agape", {"jawOpen"}), ("her jaw dropped", {"jawOpen"}), ("a smirk", {"mouthSmileLeft"}),
    ("downturned lips", {"mouthFrownLeft"}), ("she rolled her eyes", {"eyeLookUpLeft"}),
    ("he bit his lip", {"mouthRollLower"}), ("a broad grin", {"mouthSmileLeft", "mouthSmileRight"}),
])
def test_described_movements_are_made(text, shapes):
    face = shown(text).blendshapes
    assert all(face[I[name]] > 0.4 for name in shapes) and broken_rules(face) == []


def test_degree_and_negation_of_a_movement():
    assert described("a faint smile").units["AU12"] < described("a smile").units["AU12"]
    for text in ("no smile", "without a smile", "she isn't smiling", "he did not frown",
                 "never smiling"):
        assert described(text).units == {}


def test_a_described_movement_overrules_the_emotions():
    face = shown("sad, yet a broad smile").blendshapes
    assert face[I["mouthSmileLeft"]] > 0.9 and face[I["mouthFrownLeft"]] == 0.0


def test_a_seed_makes_the_sides_differ():
    plain, living = shown("so happy"), shown("so happy", seed=5)
    assert plain.blendshapes[I["mouthSmileLeft"]] == plain.blendshapes[I["mouthSmileRight"]]
    assert living.blendshapes[I["mouthSmileLeft"]] != living.blendshapes[I["mouthSmileRight"]]


@pytest.mark.parametrize("text", ["", "   \n"])
def test_an_empty_text_is_refused(text):
    with pytest.raises(KinesicsError, match="empty text"):
        shown(text)
