"""The one table of words for emotions, by what recordings and pictures are called."""

import pytest

from kinesics_core.affect.emotion_words import (
    FAMILIES,
    OWN,
    SAME,
    WORDS,
    emotion_in,
    emotion_of,
    word_in,
)
from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.perception.labelled_faces import emotion_of_label

RECORDINGS = {
    "happy": "happiness", "joy": "happiness", "angry": "anger", "surprised": "surprise",
    "sad": "sadness", "disgusted": "disgust", "contemptuous": "contempt", "afraid": "fear",
    "fearful": "fear", "scared": "fear", "elated": "happiness", "laughing": "happiness",
    "laugh": "happiness", "normal": "neutral", **{name: name for name in EMOTIONS},
}
FACES = {
    "happy": "happiness", "joy": "happiness", "joyful": "happiness", "smile": "happiness",
    "angry": "anger", "rage": "anger", "surprised": "surprise", "suprise": "surprise",
    "sad": "sadness", "disgusted": "disgust", "contemptuous": "contempt", "fearful": "fear",
    "afraid": "fear", "scared": "fear", "calm": "neutral", "normal": "neutral",
    **{name: name for name in EMOTIONS},
}


@pytest.mark.parametrize(("word", "emotion"), RECORDINGS.items())
def test_names_of_recordings_say_what_they_said(word, emotion):
    assert emotion_in(word) == emotion_in(f"12_03-Walk_{word.upper()}_2") == emotion


@pytest.mark.parametrize(("word", "emotion"), FACES.items())
def test_labels_of_pictures_say_what_they_said(word, emotion):
    assert EMOTIONS[emotion_of_label(f" 0_{word.title()}")] == emotion


@pytest.mark.parametrize("word", ["smile", "rage", "calm", "waiting", "idle", "none", "excited",
                                  "proud", "walk", ""])
def test_what_need_not_be_one_emotion_of_a_body_is_none(word):
    assert emotion_in(word) == ""


@pytest.mark.parametrize("word", ["depressed", "depression", "none", "idle", "boredom", ""])
def test_what_need_not_be_one_emotion_of_a_face_is_none(word):
    assert emotion_of_label(word) is None


def test_a_name_with_two_emotions_says_none():
    assert emotion_in("cmu_emotive/142_17-walk_scared") == "fear"
    assert emotion_in("elated_reference") == "happiness"
    assert emotion_in("happy_then_sad") == emotion_in("142_19-walk_shy") == ""


def test_every_word_agrees_with_its_family():
    for word in {*SAME, *WORDS}:
        meant = SAME.get(word, word)
        assert word_in(word) == meant
        shares = FAMILIES.get(meant) or {EMOTIONS[OWN.index(meant)]: 1.0}
        assert emotion_of(word) in ("", max(shares, key=shares.get)), word
