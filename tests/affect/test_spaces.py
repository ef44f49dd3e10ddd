"""Spaces of emotions: what is known beforehand of the ways between them, there and back."""

import numpy as np
import pytest

from kinesics_core.affect.emotion_words import FAMILIES, OWN, SAME, SPREADS, WORDS, word_in
from kinesics_core.affect.emotions import (
    ANGER,
    CONTEMPT,
    EMOTION_VAD,
    EMOTIONS,
    HAPPINESS,
    NEUTRAL,
    SADNESS,
)
from kinesics_core.affect.spaces import (
    EIGHT,
    HRI,
    SIX,
    THREE,
    Vad,
    closest,
    reading_of,
    space_of,
    translate,
)
from kinesics_core.errors import KinesicsError


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_the_words_are_whole():
    assert set(FAMILIES) | set(OWN) == set(WORDS)
    assert set(SAME.values()) <= set(WORDS) and set(SPREADS) == set(OWN)
    for word, family in FAMILIES.items():
        assert sum(family.values()) == pytest.approx(1.0), word
        assert set(family) <= set(EMOTIONS), word
    np.testing.assert_array_equal([WORDS[word] for word in OWN], EMOTION_VAD)


@pytest.mark.parametrize("space", [EIGHT, SIX, THREE, HRI], ids=["eight", "six", "three", "hri"])
def test_a_space_through_the_eight_and_vad_keeps_its_basic_classes(space, rng):
    for row, label in enumerate(space.names):
        one = np.eye(len(space.names))[row]
        assert closest(space.to_emotions(one), space.to_vad(one), space) == label
    np.testing.assert_allclose(space.emotions.sum(1), 1.0)
    assert (np.abs(space.mean) <= 1.0).all() and (space.spread > 0.0).all() and space.known.all()
    mixed = rng.dirichlet(np.ones(len(space.names)))
    np.testing.assert_allclose(space.from_emotions(space.to_emotions(mixed)).sum(), 1.0)
    np.testing.assert_allclose(space.from_vad(space.to_vad(mixed)).sum(), 1.0)


def test_six_go_to_eight_and_back_as_they_were(rng):
    for _ in range(20):
        shares = rng.dirichlet(np.ones(6))
        np.testing.assert_allclose(translate(translate(shares, SIX, EIGHT), EIGHT, SIX), shares,
                                   atol=1e-6)
        eight = rng.dirichlet(np.ones(8))
        np.testing.assert_allclose(translate(eight, EIGHT, EIGHT), eight, atol=1e-6)
        by_ros = translate(eight, EIGHT, HRI)
        back = translate(by_ros, HRI, EIGHT)
        known = [index for index in range(8) if index != CONTEMPT]  # the list has no contempt
        assert np.abs(back - eight)[known].max() <= eight[CONTEMPT]


def test_every_category_is_the_most_probable_one_at_its_own_place():
    for index in range(8):
        assert np.argmax(EIGHT.from_vad(Vad(EMOTION_VAD[index], np.full(3, 0.1)))) == index


def test_moments_are_those_of_samples(rng):
    shares = rng.dirichlet(np.ones(8))
    which = rng.choice(8, 200_000, p=shares)
    drawn = rng.normal(EIGHT.mean[which], EIGHT.spread[which])
    found = EIGHT.to_vad(shares)
    np.testing.assert_allclose(found.mean, drawn.mean(0), atol=0.01)
    np.testing.assert_allclose(found.spread, drawn.std(0), atol=0.01)


def test_ambivalence_is_wide_where_one_emotion_is_narrow():
    both = np.zeros(8)
    both[[HAPPINESS, SADNESS]] = 0.5
    assert EIGHT.to_vad(both).spread[0] > 2.0 * EIGHT.to_vad(np.eye(8)[HAPPINESS]).spread[0]


def test_what_a_list_does_not_hold_is_not_known():
    np.testing.assert_allclose(SIX.from_emotions(np.eye(8)[NEUTRAL]), 1.0 / 6.0)
    np.testing.assert_allclose(THREE.from_emotions(np.eye(8)[ANGER]), 1.0 / 3.0)
    assert THREE.to_emotions(np.full(3, 1.0 / 3.0))[HAPPINESS] > 0.8


@pytest.mark.parametrize(("label", "word"), [
    ("HAPPY", "happy"), ("142_17-walk_scared", "scared"), ("Angrily", "angry"),
    ("joy_02", "joyful"), ("happy to see you", "happy to see you"), ("sadness", "sad"),
    ("Happiness!", "happy"),
    ("jump", ""), ("", ""), ("__", ""), ("normal", "neutral"),
])  # fmt: skip
def test_labels_are_words(label, word):
    assert word_in(label) == word


def test_a_networks_own_classes_are_read():
    categories, vad, clarity = reading_of(THREE.names, np.array([0.0, 1.0, 0.0]))
    assert categories[HAPPINESS] == categories.max() and vad.mean[0] > 0.5 and clarity == 1.0
    assert categories.sum() == pytest.approx(1.0, abs=1e-6)
    assert categories[ANGER] == pytest.approx(1.0 / 8.0)  # of which the list does not speak
    categories, _, clarity = reading_of(("happy", "jumping"), np.array([0.0, 1.0]))
    assert clarity == 0.0 and categories[HAPPINESS] < 0.2
    categories, vad, _ = reading_of(("jumping", "sitting"), np.array([0.5, 0.5]))
    np.testing.assert_allclose(categories, 1.0 / 8.0)
    assert (vad.spread >= 0.6).all()
    taught = reading_of(("happy", "sad", "angry", "neutral"), np.array([0.1, 0.7, 0.1, 0.1]))
    assert np.argmax(taught[0]) == SADNESS


@pytest.mark.parametrize("bad", [[np.nan, 1.0, 0.0], [0.0, 0.0, 0.0], [1.0, 0.0], [np.inf, 0, 0]])
def test_no_distribution_is_refused(bad):
    assert reading_of(THREE.names, np.array(bad, float)) is None
    with pytest.raises(KinesicsError, match="wanted 3 finite probabilities"):
        THREE.to_emotions(np.array(bad, float))
    with pytest.raises(KinesicsError):
        space_of(())


def test_unnormalised_weights_are_shares_and_nan_dimensions_are_left_out():
    np.testing.assert_allclose(THREE.to_emotions(np.array([90.0, 10.0, 0.0])),
                               THREE.to_emotions(np.array([0.9, 0.1, 0.0])), rtol=1e-6)
    silent = EIGHT.from_vad(Vad(np.full(3, np.nan), np.full(3, np.nan)))
    assert np.isfinite(silent).all() and silent.sum() == pytest.approx(1.0)
