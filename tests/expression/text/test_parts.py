"""N-grams, lexicon, language, placeholders and VAD, each against what is known without it."""

import numpy as np
import pytest

from kinesics_core.affect.emotions import EMOTION_VAD, EMOTIONS
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.text import lexicon, ngrams, placeholders
from kinesics_core.expression.text.language import EnglishWords, require_english
from kinesics_core.expression.text.vad import FINE_VAD, read_vad

FEAR, HAPPINESS = EMOTIONS.index("fear"), EMOTIONS.index("happiness")


def test_quantised_weights_answer_as_the_exact_ones():
    random = np.random.default_rng(0)
    weights = np.zeros((ngrams.BUCKETS, 3), np.float32)
    text = "not happy at all, not at all"
    found = ngrams.buckets(text)
    weights[list(found)] = random.normal(size=(len(found), 3))
    idf = np.zeros(ngrams.BUCKETS)
    idf[list(found)] = random.uniform(1.0, 8.0, len(found))
    bias = np.array([0.1, -0.2, 0.3])
    layer = ngrams.LinearNgrams(ngrams.pack(weights, bias, idf))
    values = np.array([(1.0 + np.log(count)) * idf[at] for at, count in found.items()])
    exact = values / np.linalg.norm(values) @ weights[list(found)] + bias
    assert layer.logits(text) == pytest.approx(exact, abs=0.05)


def test_order_of_words_matters_to_the_ngrams():
    assert ngrams.buckets("man bites dog") != ngrams.buckets("dog bites man")
    assert ngrams.buckets("Man bites DOG") == ngrams.buckets("man  bites dog")


def test_every_word_of_the_table_is_found_as_its_emotion():
    for emotion, kinds in lexicon.read_words().items():
        for words in kinds.values():
            for word in words:
                shares = lexicon.look_up(word)
                assert shares is not None and shares[EMOTIONS.index(emotion)] >= 0.5, word


@pytest.mark.parametrize(("text", "emotion"), [
    ("😂😂", "happiness"), (":(", "sadness"), ("🤢!", "disgust"), (":-O", "surprise"),
    ("😡", "anger"), (">:(", "anger"), ("🙄", "contempt"), ("😱", "fear"),
])
def test_signs_alone_are_read(text, emotion):
    shares = lexicon.look_up(text)
    assert shares is not None and EMOTIONS[int(shares.argmax())] == emotion


@pytest.mark.parametrize("text", ["The bus", "not happy", "sad and happy", "door", "I am here", ""])
def test_what_is_no_single_emotion_is_left_to_the_model(text):
    assert lexicon.look_up(text) is None


def test_degrees_change_the_intensity_and_neutral_has_none():
    afraid = np.eye(8)[FEAR]
    assert lexicon.intensity("a bit afraid", afraid) < lexicon.intensity("afraid", afraid) \
        < lexicon.intensity("very afraid!", afraid) <= 1.0
    assert lexicon.intensity("very calm!", np.eye(8)[EMOTIONS.index("neutral")]) == 0.0


ENGLISH = EnglishWords([
    "the", "a", "is", "no", "me", "so", "war", "die", "i", "to", "you", "and", "not", "hates", "am",
    "man", "in", "help",
])


@pytest.mark.parametrize(
    "text", ["Die, man!", "help me", "Jürgen hates Müller", "?! 😀", "no", "I"])
def test_english_passes(text):
    require_english(text, ENGLISH)


@pytest.mark.parametrize(("text", "language"), [
    ("no me gusta", "Spanish"), ("Die Sonne war so rot", "German"), ("xyzzy plugh", "not English"),
    ("a é й ж ш щ", "Cyrillic"),
])
def test_what_is_not_english_is_named(text, language):
    with pytest.raises(KinesicsError, match=language):
        require_english(text, ENGLISH)


def test_placeholders_become_names():
    assert "[" not in placeholders.fill("[NAME] told [NAME] about [RELIGION]")
    assert placeholders.fill("[NAME] is sad") == placeholders.fill("[NAME] is sad")
    drawn = {placeholders.fill("[NAME]", np.random.default_rng(seed)) for seed in range(20)}
    assert len(drawn) > 5
    assert placeholders.fill("no name [here]") == "no name [here]"


def test_vad_without_detail_is_the_emotions_own():
    for index in range(len(EMOTIONS)):
        assert read_vad(np.eye(8)[index]) == pytest.approx(EMOTION_VAD[index], abs=1e-6)


def test_relief_is_calmer_than_excitement():
    names = list(FINE_VAD)

    def arousal(label: str) -> float:
        return float(read_vad(np.eye(8)[HAPPINESS], np.eye(27)[names.index(label)])[1])

    assert arousal("relief") < arousal("joy") < arousal("excitement")
