import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinesics_core.rotations import (
    axis_angle,
    exponential,
    from_quaternions,
    logarithm,
    orthonormal,
    quaternions,
    right_jacobian_inverse,
)

AXES = np.random.default_rng(1).normal(size=(40, 3))
AXES = np.vstack([np.eye(3), -np.eye(3), AXES / np.linalg.norm(AXES, axis=-1, keepdims=True)])
ANGLES = np.array([0.0, 1e-12, 1e-6, 1e-4, 1e-2, 1.0, np.pi / 2, 3.0, np.pi - 1e-4, np.pi - 1e-8])
VECTORS = AXES[:, None] * ANGLES[:, None]
"""(46, 10, 3): every axis by every angle, with those at which formulas lose their digits."""


def scipy_matrices(vectors):
    return Rotation.from_rotvec(vectors.reshape(-1, 3)).as_matrix().reshape(*vectors.shape, 3)


def test_a_quarter_turn_about_an_axis_turns_the_next_axis_into_the_third():
    for axis in range(3):
        matrix = exponential(np.eye(3)[axis] * np.pi / 2)
        assert matrix @ np.eye(3)[(axis + 1) % 3] == pytest.approx(np.eye(3)[(axis + 2) % 3])


def test_a_third_of_a_turn_about_the_diagonal_permutes_the_axes():
    permutation = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    vector = np.ones(3) / np.sqrt(3) * 2 * np.pi / 3
    assert exponential(vector) == pytest.approx(permutation, abs=1e-15)
    assert logarithm(permutation) == pytest.approx(vector)
    assert quaternions(permutation) == pytest.approx(np.full(4, 0.5))
    assert from_quaternions(np.full(4, 0.5)) == pytest.approx(permutation)


def test_no_turn():
    assert np.array_equal(exponential([0, 0, 0]), np.eye(3))
    assert np.array_equal(logarithm(np.eye(3)), np.zeros(3))
    assert np.array_equal(quaternions(np.eye(3)), [0, 0, 0, 1])


def test_matrices_are_scipys_at_every_angle():
    np.testing.assert_allclose(exponential(VECTORS), scipy_matrices(VECTORS), rtol=0, atol=1e-15)


def test_vectors_come_back_from_the_matrices_of_scipy():
    np.testing.assert_allclose(logarithm(scipy_matrices(VECTORS)), VECTORS, rtol=0, atol=1e-14)


def test_small_turns_keep_their_digits():
    for angle in (1e-9, 1e-5, 1e-3):
        np.testing.assert_allclose(logarithm(exponential(AXES * angle)), AXES * angle,
                                   rtol=0, atol=1e-16)


def test_half_a_turn_has_an_axis_of_either_sign():
    found = logarithm(scipy_matrices(AXES * np.pi)) / np.pi
    assert np.minimum(
        np.abs(found - AXES).max(-1), np.abs(found + AXES).max(-1)).max() < 1e-14


def test_quaternions_are_scipys_and_of_either_sign_the_same_rotation():
    matrices = scipy_matrices(VECTORS)
    found = quaternions(matrices)
    peer = Rotation.from_matrix(matrices.reshape(-1, 3, 3)).as_quat().reshape(found.shape)
    same = np.sign((found * peer).sum(-1, keepdims=True))
    np.testing.assert_allclose(found, same * peer, rtol=0, atol=1e-12)
    largest = np.abs(found).argmax(-1)[..., None]
    assert (np.take_along_axis(found, largest, -1) > 0).all()
    for scale in (1.0, -2.5):  # any length will do
        np.testing.assert_allclose(from_quaternions(scale * found), matrices, rtol=0, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_and_leading_axes_stay(dtype):
    for shape in ((), (5,), (2, 0), (2, 3, 4)):
        vectors = np.random.default_rng(2).uniform(-1, 1, (*shape, 3)).astype(dtype)
        matrices = exponential(vectors)
        assert matrices.shape == (*shape, 3, 3) and matrices.dtype == dtype
        back = logarithm(matrices)
        assert back.shape == vectors.shape and back.dtype == dtype
        np.testing.assert_allclose(back, vectors, atol=20 * np.finfo(dtype).eps)
        turns = quaternions(matrices)
        assert turns.shape == (*shape, 4) and turns.dtype == dtype
        assert from_quaternions(turns).dtype == dtype
        assert orthonormal(matrices).dtype == dtype


def test_matrices_with_rounding_errors_are_made_rotations_near_them():
    exact = exponential(AXES)
    worn = exact + np.random.default_rng(3).normal(0.0, 1e-4, exact.shape)
    mended = orthonormal(worn)
    np.testing.assert_allclose(
        np.swapaxes(mended, -1, -2) @ mended, np.tile(np.eye(3), (46, 1, 1)), atol=1e-15)
    assert np.linalg.det(mended) == pytest.approx(1.0)
    np.testing.assert_allclose(mended, exact, atol=1e-3)


def test_the_jacobian_is_the_derivative_of_the_logarithm():
    vectors = AXES * np.linspace(1e-4, 3.0, len(AXES))[:, None]
    jacobian, step = right_jacobian_inverse(vectors), 1e-6
    for axis in range(3):
        nudge = exponential(step * np.eye(3)[axis])
        ahead, behind = (logarithm(exponential(vectors) @ turn) for turn in (nudge, nudge.T))
        np.testing.assert_allclose(jacobian[..., axis], (ahead - behind) / (2 * step), atol=1e-6)


def test_one_rotation_is_turned_as_many_are():
    rng = np.random.default_rng(4)
    turns = rng.normal(size=(300, 3))
    turns *= (np.linspace(0.0, np.pi - 1e-3, 300) / np.linalg.norm(turns, axis=1))[:, None]
    for turn in turns:
        assert axis_angle(exponential(turn)) == pytest.approx(turn, abs=1e-6)
