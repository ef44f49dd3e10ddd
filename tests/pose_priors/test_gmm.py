"""The mixture of Gaussians against one whose densities are known."""

import numpy as np
import pytest

from kinesics_core.errors import ModelError
from kinesics_core.pose_priors import gmm
from kinesics_core.skeletons import SMPLX_BODY

RNG = np.random.default_rng(2)


@pytest.fixture(scope="module")
def known():
    """Two Gaussians in 63 dimensions, their covariances, weights."""
    means = np.stack([np.zeros(63), np.full(63, 0.5)])
    turn = np.linalg.qr(RNG.normal(size=(63, 63)))[0]
    covariances = np.stack([
        turn @ np.diag(RNG.uniform(0.01, 0.2, 63)) @ turn.T, 0.04 * np.eye(63)])
    weights = np.array([0.3, 0.7])
    roots = np.stack([np.linalg.cholesky(np.linalg.inv(c)).T for c in covariances])
    return gmm.mixture(means.astype(np.float32), roots.astype(np.float32), weights), \
        means, covariances, weights


def test_energy_is_the_best_components_negative_logarithm(known):
    from scipy.stats import multivariate_normal

    mixture, means, covariances, weights = known
    poses = np.concatenate([
        RNG.multivariate_normal(means[g], covariances[g], 20) for g in (0, 1)])
    wanted = np.stack([
        -np.log(weights[g]) - multivariate_normal(means[g], covariances[g]).logpdf(poses)
        for g in (0, 1)], axis=1)
    chosen, energy = mixture.best(poses)
    np.testing.assert_array_equal(chosen, wanted.argmin(axis=1))
    assert set(chosen[:20]) == {0} and set(chosen[20:]) == {1}
    differs = energy - wanted.min(axis=1)          # a constant: energies start at 0
    np.testing.assert_allclose(differs, differs[0], atol=2e-2)


def test_the_quadratic_form_is_the_energy_but_for_a_constant(known):
    mixture, means, covariances, _ = known
    poses = 0.3 * RNG.normal(size=(5, 63))
    chosen, energy = mixture.best(poses)
    mean, precision = mixture.quadratic(poses)
    np.testing.assert_allclose(mean, means[chosen], rtol=1e-6)
    np.testing.assert_allclose(
        precision @ covariances[chosen], np.tile(np.eye(63), (5, 1, 1)), atol=1e-3)
    away = poses - mean
    np.testing.assert_allclose(
        0.5 * np.einsum("ti,tij,tj->t", away, precision, away) + mixture.constants[chosen],
        energy, rtol=1e-3)


def test_the_shipped_mixture_prefers_people():
    mixture = gmm.load()
    standing = np.zeros((21, 3))
    for side, sign in (("left", -1.0), ("right", 1.0)):
        standing[SMPLX_BODY.index(f"{side}_shoulder") - 1, 2] = 1.2 * sign
    backwards = standing.copy()
    backwards[SMPLX_BODY.index("left_knee") - 1] = -1.0, 0.0, 0.0
    tangle = RNG.normal(0.0, 0.8, (21, 3))
    _, energy = mixture.best(np.stack([standing, backwards, tangle]))
    assert energy[0] < energy[1] < energy[2]


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_what_is_no_mixture_is_said(tmp_path, content):
    path = tmp_path / "gmm.npz"
    if content is None:
        np.savez(path, means=np.zeros((2, 63)), roots=np.zeros((2, 3, 3)), weights=np.ones(2))
    else:
        path.write_bytes(content)
    with pytest.raises(ModelError, match="gmm.npz"):
        gmm.load(path)


@pytest.mark.parametrize(("name", "value"), [
    ("means", np.nan), ("weights", 0.0), ("weights", -1.0), ("roots", np.inf), ("means", 1e30)])
def test_a_mixture_with_absurd_numbers_is_refused(tmp_path, name, value):
    statistics = {"means": np.zeros((2, 63)), "roots": np.tile(np.eye(63), (2, 1, 1)),
                  "weights": np.full(2, 0.5)}
    np.savez(tmp_path / "good.npz", **statistics)
    assert gmm.load(tmp_path / "good.npz").best(np.zeros((1, 63)))[1][0] == 0.0
    statistics[name][0] = value
    np.savez(tmp_path / "gmm.npz", **statistics)
    with pytest.raises(ModelError, match="gmm.npz is no mixture"):
        gmm.load(tmp_path / "gmm.npz")
