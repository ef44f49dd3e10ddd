"""Which keypoints count as seen, and their places between sightings, on motions known in closed
form."""

from __future__ import annotations

import numpy as np
import pytest

from kinesics_core.keypoints import MARGIN, MIN_SCORE, resample, visible

SIZE = (640, 480)


@pytest.mark.parametrize(("keypoint", "counts"), [
    ((320.0, 240.0, 1.0), True),
    ((320.0, 240.0, MIN_SCORE + 0.01), True),
    ((320.0, 240.0, MIN_SCORE - 0.01), False),
    ((-0.9 * MARGIN * 640, 240.0, 1.0), True),
    ((-1.1 * MARGIN * 640, 240.0, 1.0), False),
    ((320.0, 480 * (1 + 1.1 * MARGIN), 1.0), False),
    ((np.nan, 240.0, 1.0), False),
    ((320.0, 240.0, np.nan), False),
    ((np.inf, 240.0, 1.0), False),
])
def test_what_counts_as_seen(keypoint, counts):
    frames = np.tile(np.float32(keypoint), (3, 17, 1))
    assert visible(frames, SIZE).shape == (3, 17)
    assert (visible(frames, SIZE) == counts).all()


def test_without_a_size_a_keypoint_may_lie_anywhere():
    assert visible(np.array([[-5000.0, 9000.0, 0.5]])).all()
    assert not visible(np.array([[-5000.0, 9000.0, 0.5]]), min_score=0.6).any()


def test_a_line_walked_at_even_speed_is_found_again_between_the_sightings():
    times = np.sort(np.random.default_rng(2).uniform(0.0, 2.0, 40))
    speed = np.array([[30.0, -12.0], [5.0, 8.0]])
    poses = times[:, None, None] * speed + 100.0
    seen = np.random.default_rng(3).random((40, 2)) < 0.7
    seen[[0, -1]] = True
    poses = np.where(seen[..., None], poses, np.nan)    # what is not seen has no place
    grid = np.linspace(times[0], times[-1], 25)
    found, gaps = resample(times, poses[None], seen[None], grid)
    np.testing.assert_allclose(found[0], grid[:, None, None] * speed + 100.0)
    assert np.isfinite(gaps).all()


def test_before_the_first_sighting_and_after_the_last_the_place_is_held():
    times = np.array([0.0, 1.0, 2.0])
    poses = np.array([[7.0, 8.0], [1.0, 2.0], [9.0, 9.0]])[None, :, None]
    seen = np.array([False, True, False])[None, :, None]
    found, gaps = resample(times, poses, seen, np.array([0.0, 1.0, 2.0]))
    np.testing.assert_array_equal(found[0, :, 0], np.tile([1.0, 2.0], (3, 1)))
    np.testing.assert_array_equal(gaps[0, :, 0], [np.inf, 0.0, np.inf])
