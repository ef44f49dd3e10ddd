"""Metrics against displacements that are known exactly."""

from types import SimpleNamespace

import numpy as np
import pytest

from kinesics_core.errors import KinesicsError
from kinesics_core.fitting.evaluation import metrics
from kinesics_core.fitting.evaluation.penetration import penetration
from kinesics_core.kinematics import procrustes
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import SMPLX55

RNG = np.random.default_rng(0)


def points(frames=4, count=55):
    return np.random.default_rng(1).normal(size=(frames, count, 3))


def similarity(target):
    """Other turns, sizes and places for each frame."""
    turns = exponential(RNG.normal(size=(len(target), 3)))
    sizes = RNG.uniform(0.5, 2.0, (len(target), 1, 1))
    return sizes * np.einsum("tij,tnj->tni", turns, target) + RNG.normal(size=(len(target), 1, 3))


def test_v2v_of_a_shift_is_its_length_and_is_none_once_the_pelvises_are_joined():
    truth = points()
    moved = truth + [0.03, 0.0, 0.04]
    assert metrics.v2v(moved, truth) == pytest.approx([50.0] * 4)
    assert metrics.v2v(moved, truth, moved[:, 0], truth[:, 0]) == pytest.approx([0.0] * 4)


def test_pa_errors_are_blind_to_a_similarity_and_to_nothing_else():
    truth = points()
    assert metrics.pa_mpjpe(similarity(truth), truth) == pytest.approx([0.0] * 4, abs=1e-9)
    mirrored = truth * [-1.0, 1.0, 1.0]
    assert (metrics.pa_mpjpe(mirrored, truth) > 100.0).all()


def test_procrustes_finds_the_least_squares_optimum():
    """No other turn, size or place near the one found is better."""
    truth = points(1)
    noisy = similarity(truth) + 0.1 * RNG.normal(size=truth.shape)
    found = procrustes(noisy, truth)
    least = ((found - truth) ** 2).sum()
    for _ in range(50):
        turn = exponential(0.01 * RNG.normal(size=(1, 3)))
        other = 1.01 ** RNG.normal() * found @ turn[0].T + 0.01 * RNG.normal(size=3)
        assert ((other - truth) ** 2).sum() > least


def test_mpjpe_is_relative_to_the_pelvis():
    truth = points()
    moved = truth + 1.0
    moved[:, 5] += [0.0, 0.055, 0.0]
    assert metrics.mpjpe(moved, truth) == pytest.approx([1.0] * 4)  # 55 mm in one of 55 joints


def test_a_hand_is_judged_by_itself():
    truth = points()
    turned = truth.copy()
    turned[:, list(metrics.LEFT_HAND)] = similarity(truth[:, list(metrics.LEFT_HAND)])
    assert metrics.hands_pa(turned, truth) == pytest.approx([0.0] * 4, abs=1e-9)
    turned[:, metrics.RIGHT_HAND[3]] += 0.05
    assert (metrics.hands_pa(turned, truth) > 1.0).all()


def test_reprojection_counts_what_was_seen():
    keypoints = np.array([[[10.0, 10.0, 0.9], [20.0, 20.0, 0.9], [np.nan, np.nan, 0.0]],
                          [[np.nan, np.nan, 0.0]] * 3])
    projected = np.array([[[13.0, 14.0], [20.0, 21.0], [0.0, 0.0]]] * 2)
    assert metrics.reprojection(projected, keypoints) == pytest.approx([3.0, np.nan], nan_ok=True)


def test_acceleration_error_of_a_parabola():
    times = np.arange(20) / 30.0
    truth = np.repeat(points(1), 20, axis=0)
    fallen = truth.copy()
    fallen[..., 1] -= 0.5 * 9.81 * times[:, None] ** 2
    assert metrics.acceleration_error(fallen, truth, 30.0) == pytest.approx([9.81] * 18)
    steady = truth + times[:, None, None]
    assert metrics.acceleration_error(steady, truth, 30.0) == pytest.approx([0.0] * 18, abs=1e-9)


def test_bodies_of_different_models_are_refused():
    with pytest.raises(KinesicsError, match="one body model"):
        metrics.v2v(points(count=55), points(count=54))


def sphere(centre, radius, rings=24):
    """Vertices and outward faces of a closed sphere."""
    polar = np.linspace(0.0, np.pi, rings + 1)[1:-1]
    round_ = np.linspace(0.0, 2 * np.pi, 2 * rings, endpoint=False)
    p, a = np.meshgrid(polar, round_, indexing="ij")
    body = np.stack([np.sin(p) * np.cos(a), np.sin(p) * np.sin(a), np.cos(p)], axis=-1)
    vertices = np.concatenate([body.reshape(-1, 3), [[0, 0, 1], [0, 0, -1]]])
    width, faces = 2 * rings, []
    for i in range(rings - 2):
        for j in range(width):
            k = (j + 1) % width
            a0, a1, b0, b1 = i * width + j, i * width + k, (i + 1) * width + j, (i + 1) * width + k
            faces += [[a0, b0, a1], [a1, b0, b1]]
    top, bottom, last = len(vertices) - 2, len(vertices) - 1, (rings - 2) * width
    for j in range(width):
        k = (j + 1) % width
        faces += [[top, j, k], [bottom, last + k, last + j]]
    return centre + radius * vertices, np.array(faces)


@pytest.fixture(scope="module")
def trunk_and_hand():
    """A trunk of radius 20 cm and a left hand of radius 2 cm, which no skin joins."""
    (trunk, faces), (hand, more) = sphere([0, 0, 0], 0.20), sphere([0, 0, 0], 0.02, 8)
    weights = np.zeros((len(trunk) + len(hand), 55))
    weights[:len(trunk), SMPLX55.index("spine3")] = 1.0
    weights[len(trunk):, SMPLX55.index("left_wrist")] = 1.0
    body = SimpleNamespace(
        weights=weights, joint_names=SMPLX55, faces=np.concatenate([faces, more + len(trunk)]),
        parents=np.array([SMPLX55.index("left_shoulder")] * 55))

    def skin(*places):
        return np.stack([np.concatenate([trunk, hand + place]) for place in places])

    return body, skin


def test_penetration_is_the_depth_of_what_is_inside(trunk_and_hand):
    body, skin = trunk_and_hand
    outside, half, deep = penetration(
        skin([0.30, 0, 0], [0.20, 0, 0], [0.10, 0, 0]), body, step=1)
    assert outside == 0.0
    assert 0.0 < half < deep
    assert deep == pytest.approx(100.0, abs=2.0)  # the hand's middle is 10 cm below the skin


def test_a_hole_in_the_skin_is_closed(trunk_and_hand):
    """Where a limb was taken off, the rest is open; its inside is inside all the same."""
    body, skin = trunk_and_hand
    places = skin([0.0, 0.0, 0.0])
    upper = places[0, :, 2] > 0.15
    weights = body.weights.copy()
    weights[upper] = 0.0
    weights[upper, SMPLX55.index("left_shoulder")] = 1.0
    opened = SimpleNamespace(**{**vars(body), "weights": weights})
    assert penetration(places, opened, step=1)[0] > 150.0
