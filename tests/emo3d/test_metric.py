"""Equations 5 and 6 against values by hand, and the retrieval on vectors that are known."""

import numpy as np
import pytest

from kinesics_core.emo3d import metric
from kinesics_core.emo3d.metric import MetricConfig
from kinesics_core.errors import KinesicsError


def padded(*shares):
    return np.array([[*shares, *[0.0] * (8 - len(shares))]])


def test_equations_5_and_6_by_hand():
    # .5 ln(.5/.25) + .5 ln(.5/.75) = .34657 - .20273 = .14384; 1 / (1 + e^-.14384) = .53590
    phi, psi = padded(0.5, 0.5), padded(0.25, 0.75)
    assert metric.divergence(phi, psi, 0.0)[0] == pytest.approx(0.1438410, abs=1e-6)
    assert metric.score(phi, psi, 0.0).values[0] == pytest.approx(0.5358984, abs=1e-6)


def test_eps_is_added_to_all_of_both_distributions():
    # (1 + .1) / 1.8 = .611, .1 / 1.8 = .0556: .611 ln(11) + .0556 ln(1/11) = 1.33216
    found = metric.divergence(padded(1.0), padded(0.0, 1.0), 0.1)[0]
    assert found == pytest.approx((1.1 - 0.1) / 1.8 * np.log(11.0), abs=1e-9)


@pytest.mark.parametrize("eps", [0.0, 0.01, 0.3])
def test_equal_distributions_give_a_half(eps):
    phi = np.random.default_rng(0).dirichlet(np.ones(8), 500)
    found = metric.score(phi, phi.copy(), eps)
    assert np.abs(found.values - 0.5).max() < 1e-6
    assert found.mean == pytest.approx(0.5, abs=1e-6) == found.of_mean


def test_values_lie_between_a_half_and_one_and_a_shuffled_pairing_is_above():
    rng = np.random.default_rng(1)
    phi = rng.dirichlet(np.full(8, 0.2), 400)
    near = metric.score(phi, 0.9 * phi + 0.1 / 8, 0.01)
    far = metric.score(phi, phi[rng.permutation(400)], 0.01)
    assert near.values.min() >= 0.5 and far.values.max() < 1.0
    assert far.mean > near.mean + 0.2
    assert far.of_mean > far.mean  # a sigmoid of divergences above 0 is concave


def test_what_the_other_lacks_is_the_worst_without_eps():
    found = metric.score(padded(0.5, 0.5), padded(1.0), 0.0)
    assert found.values[0] == 1.0


def test_the_mean_of_the_nearest_prompts_is_what_counts():
    prompts = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 2.0]])
    distributions = np.eye(8)[:3]
    images = np.array([[3.0, 0.0], [0.0, 0.5]])
    assert metric.nearest(images, prompts, 2).tolist() == [[0, 1], [2, 1]]
    found = metric.retrieved(images, prompts, distributions, 2)
    assert found[0].tolist() == [0.5, 0.5, *[0.0] * 6]
    assert found[1].tolist() == [0.0, 0.5, 0.5, *[0.0] * 5]


def test_a_perfect_encoder_gives_a_half_with_one_neighbour():
    distributions = np.random.default_rng(2).dirichlet(np.ones(8), 30)
    vectors = np.random.default_rng(3).normal(size=(30, 16))
    psi = metric.retrieved(vectors, vectors, distributions, 1)
    assert metric.score(distributions, psi, 0.01).mean == pytest.approx(0.5, abs=1e-6)


def test_prompts_are_chosen_with_each_emotion_as_often():
    distributions = np.eye(8)[np.random.default_rng(4).choice(8, 900, p=[0.3, *[0.1] * 7])]
    chosen = metric.balanced(distributions, 80)
    assert len(set(chosen.tolist())) == 80
    assert np.bincount(distributions[chosen].argmax(1)).tolist() == [10] * 8
    few = metric.balanced(distributions[:5], 80)
    assert few.tolist() == [0, 1, 2, 3, 4]


def test_faces_that_are_no_numbers_are_refused():
    faces = np.zeros((3, 52))
    faces[1, 4] = np.nan
    with pytest.raises(KinesicsError, match="1 of 3 faces .* face 1"):
        metric.mean_square(faces, np.zeros((3, 52)))
    assert metric.mean_square(np.full((2, 52), 0.5), np.zeros((2, 52))) == 0.25


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: metric.divergence(np.ones((2, 8)), np.ones((2, 8)), 0.01), "sum to 1"),
    (lambda: metric.divergence(np.full((1, 8), np.nan), padded(1.0), 0.01), "sum to 1"),
    (lambda: metric.retrieved(np.ones((1, 4)), np.ones((3, 4)), np.eye(8)[:3], 10), "k = 10"),
    (lambda: metric.retrieved(np.ones((1, 4)), np.ones((3, 5)), np.eye(8)[:3], 2), "one encoder"),
    (lambda: MetricConfig(k=0), "k = 0"),
    (lambda: MetricConfig(eps=-1.0), "eps"),
])  # fmt: skip
def test_bad_input_is_a_sentence(call, sentence):
    with pytest.raises(KinesicsError, match=sentence):
        call()
