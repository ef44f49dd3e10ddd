"""Classes of a recogniser as emotions."""

import numpy as np
import pytest

from kinesics_core.affect.classes import emotion_indices, read_classes
from kinesics_core.affect.emotions import ANGER, EMOTION_VAD, EMOTIONS, HAPPINESS, SADNESS


def test_names_are_found_in_any_case_and_by_their_synonyms():
    assert emotion_indices(("Happy", "sad", "ANGER")).tolist() == [HAPPINESS, SADNESS, ANGER]
    assert emotion_indices(("happiness", "jumping")) is None
    assert emotion_indices(()) is None


def test_a_sure_recogniser_gives_the_emotions_own_affect():
    emotions = emotion_indices(("happy", "sad"))
    read = read_classes(np.array([1.0, 0.0]), emotions)
    assert read.vad == pytest.approx(EMOTION_VAD[HAPPINESS]) and read.clarity == 1.0
    # What it was not taught keeps the probability of not knowing; the rest is shared out.
    untaught = [i for i in range(len(EMOTIONS)) if i not in (HAPPINESS, SADNESS)]
    assert read.categories[untaught] == pytest.approx(1 / 8)
    assert read.categories.sum() == pytest.approx(1.0)
    assert read.categories[HAPPINESS] == pytest.approx(2 / 8) and read.categories[SADNESS] == 0


def test_an_undecided_recogniser_has_no_clarity():
    emotions = emotion_indices(("happy", "joy", "sad"))       # two names of one emotion add up
    read = read_classes(np.full(3, 1 / 3), emotions)
    assert read.clarity == pytest.approx(0.0, abs=1e-6)
    assert read.vad == pytest.approx((2 * EMOTION_VAD[HAPPINESS] + EMOTION_VAD[SADNESS]) / 3)
