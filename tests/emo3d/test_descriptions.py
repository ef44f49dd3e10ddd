"""Descriptions: distributions by construction, and parts that share no word of an emotion."""

import re

import numpy as np
import pytest

from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL
from kinesics_core.emo3d import descriptions
from kinesics_core.emo3d.descriptions import LEVELS, TEXTS, describe, distribution_of, primitives
from kinesics_core.emo3d.words import BLENDS, PARTS, VOCABULARY, part
from kinesics_core.expression.faces import UNITS


@pytest.fixture(scope="module")
def made():
    rng = np.random.default_rng(0)
    return {name: [describe(rng, name, int(rng.integers(8))) for _ in range(1500)]
            for name in PARTS}


def test_a_distribution_is_the_intensity_times_the_mixture_and_the_rest_neutral():
    mixture = np.eye(8)[EMOTIONS.index("anger")]
    found = distribution_of(mixture, 0.75)
    assert found[EMOTIONS.index("anger")] == pytest.approx(0.75)
    assert found[NEUTRAL] == pytest.approx(0.25) and found.sum() == pytest.approx(1.0)


def test_every_description_is_whole(made):
    for found in (entry for entries in made.values() for entry in entries):
        assert len(found.texts) == TEXTS
        assert found.distribution.shape == (8,) and found.distribution.sum() == pytest.approx(1.0)
        assert found.distribution == pytest.approx(
            distribution_of(found.mixture, found.intensity), abs=1e-6)
        assert 0.0 < found.intensity <= LEVELS[-1]
        assert not any(re.search(r"[{}]|  ", text) for text in found.texts)
        assert all(text[0].isupper() and text[-1] in ".r" or text for text in found.texts)


def test_all_kinds_and_emotions_occur_and_mixtures_have_several(made):
    kinds = {entry.kind for entry in made["train"]}
    assert kinds == set(descriptions.KINDS) - {"primitive"}
    dominant = np.bincount([entry.distribution.argmax() for entry in made["train"]], minlength=8)
    assert dominant.min() > 60
    for entry in made["train"]:
        several = (entry.mixture > 0).sum() > 1
        assert several == (entry.kind in ("mixed", "blend", "masked")) or entry.kind == "negated"


def test_parts_share_no_sentence_word_sign_or_event(made):
    sentences = {name: {text for entry in entries for text in entry.texts}
                 for name, entries in made.items()}
    assert not sentences["train"] & sentences["test"]
    for known in VOCABULARY.values():
        for words in (*known.adjectives, *known.nouns, known.signs, known.events):
            cut = [part(words, name) for name in PARTS]
            assert sum(map(len, cut)) == len(words) and all(cut)
    told = [*(noun for known in VOCABULARY.values() for nouns in known.nouns
              for noun in part(nouns, "test")), *(blend[1] for blend in part(BLENDS, "test"))]
    # Some words are parts of others ("rage" of "blind rage"); whole phrases never cross.
    trained = {noun for known in VOCABULARY.values() for nouns in known.nouns
               for noun in part(nouns, "train")}
    assert not set(told) & trained


def test_a_denied_emotion_is_not_in_the_distribution(made):
    denied = [entry for entry in made["train"] if entry.kind == "negated"]
    assert denied
    for entry in denied:
        assert entry.distribution[EMOTIONS.index("happiness")] == 0.0
        assert entry.distribution[NEUTRAL] >= 0.4


def test_signs_count_only_where_a_sentence_names_them(made):
    for entry in made["train"]:
        for unit, strength in entry.units.items():
            assert unit.removeprefix("L_").removeprefix("R_") in UNITS
            assert 0.0 < strength <= 1.0
    smiling = [entry for entry in made["train"] if "broad smile" in " ".join(entry.texts)]
    assert smiling and all("AU12" in entry.units for entry in smiling)


def test_primitive_emotions_are_one_word_at_three_intensities_for_women_and_men():
    found = primitives(np.random.default_rng(0), "test")
    by_word = {}
    for entry in found:
        by_word.setdefault(entry.texts, set()).add((entry.intensity, entry.gender))
    wanted = {(level, gender) for level in LEVELS for gender in ("female", "male")}
    assert all(kinds == wanted for kinds in by_word.values())
    assert len(by_word) >= 24
