import numpy as np
import pytest
from walker import pose

from kinesics_core import keypoints
from kinesics_core.motion import windows
from kinesics_core.skeletons import COCO17


def random_poses(shape, seed=0):
    return np.random.default_rng(seed).uniform(0, 640, (*shape, 17, 2))


def test_normalisation_is_equations_1_and_2():
    poses = random_poses((4,))
    normal, centroid, scale = windows.normalise(poses)
    assert centroid[:, 0] == pytest.approx(poses.mean(axis=1))
    assert normal.mean(axis=1) == pytest.approx(np.zeros((4, 2)), abs=1e-12)
    assert np.linalg.norm(normal, axis=-1).max(axis=-1) == pytest.approx(np.ones(4))
    assert windows.denormalise(normal, centroid, scale) == pytest.approx(poses)


def test_normalisation_forgets_place_and_size():
    poses = random_poses((4,))
    assert windows.normalise(poses * 3 + (50, -20))[0] == pytest.approx(windows.normalise(poses)[0])


def test_constant_and_missing_poses_have_a_rule():
    same = np.full((1, 17, 2), 7.0)
    normal, centroid, scale = windows.normalise(same)
    assert not normal.any() and scale == 1.0
    assert windows.denormalise(normal, centroid, scale) == pytest.approx(same)
    nothing = np.full((1, 17, 2), np.nan)
    assert windows.centroid_and_scale(nothing)[0].tolist() == [[[0.0, 0.0]]]
    some = random_poses((1,))
    some[0, 3:] = np.nan
    assert windows.normalise(some)[1][0, 0] == pytest.approx(some[0, :3].mean(axis=0))


@pytest.mark.parametrize("how", windows.NORMALISATIONS)
def test_a_standing_future_comes_back_in_pixels(how):
    observed = random_poses((2, 60))
    future = np.repeat(observed[:, -1:], 30, axis=1)
    encoded, centroid, scale = windows.encode(observed, how)
    target = windows.encode_future(future, centroid, scale, how)
    assert target == pytest.approx(np.repeat(encoded[:, -1:], 30, axis=1))
    assert windows.decode(target, centroid, scale) == pytest.approx(future)


def test_last_frame_normalisation_keeps_translation():
    walk = random_poses((1, 1)) + np.arange(90)[None, :, None, None] * 2.0
    _, centroid, scale = windows.encode(walk[:, :60], "last_frame")
    future = windows.encode_future(walk[:, 60:], centroid, scale, "last_frame")
    assert np.diff(future, axis=1) * scale == pytest.approx(np.full((1, 29, 17, 2), 2.0))


def test_resampling_interpolates_each_keypoint_from_its_own_sightings():
    times = np.array([0.0, 0.1, 0.25, 0.3])
    poses = np.repeat(times[None, :, None, None] * 100, 17, axis=2).repeat(2, axis=3)
    seen = np.ones((1, 4, 17), dtype=bool)
    seen[0, 1:3, 4] = False
    seen[0, :, 9] = False
    grid = np.array([-0.1, 0.05, 0.25, 0.28, 0.5])
    values, gaps = keypoints.resample(times, poses, seen, grid)
    assert values[0, :, 0, 0] == pytest.approx([0, 5, 25, 28, 30])
    assert gaps[0, :, 0] == pytest.approx([np.inf, 0.1, 0.0, 0.05, np.inf])
    assert values[0, 1:4, 4, 1] == pytest.approx([5, 25, 28])
    assert gaps[0, 1:4, 4] == pytest.approx([0.3, 0.3, 0.3])
    assert np.isinf(gaps[0, :, 9]).all()


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_unseen_legs_stand_below_the_person_seen_from_either_side(side):
    body = pose({"left_shoulder": (0, 0, -1.4), "right_shoulder": (0, 0, 1.4)})
    frame = body[:, :2] * (side * 150, -150) + (320, 400)
    poses = np.repeat(frame[None, None], 60, axis=1)
    poses = poses + np.linspace(0, 30, 60)[None, :, None, None]  # moves to the lower right
    seen = np.ones((1, 60, 17), dtype=bool)
    legs = [i for i, n in enumerate(COCO17) if n.endswith(("hip", "knee", "ankle"))]
    seen[:, :, legs] = False
    filled = windows.fill_missing(np.where(seen[..., None], poses, np.nan), seen)
    assert filled[seen] == pytest.approx(poses[seen])
    height = np.ptp(frame[:, 1])
    assert np.abs(filled - poses)[:, :, legs].max() < 0.03 * height
    assert np.isfinite(filled).all()


def test_unseen_legs_do_not_follow_a_hand():
    legs = [COCO17.index(f"{side}_{part}") for side in ("left", "right")
            for part in ("knee", "ankle")]
    poses = np.repeat(200.0 * windows.STANDING[None, None], 60, axis=1)
    poses[0, :, COCO17.index("right_wrist"), 1] -= np.linspace(0.0, 150.0, 60)
    seen = np.ones(poses.shape[:3], bool)
    seen[:, :, legs] = False
    filled = windows.fill_missing(np.where(seen[..., None], poses, np.nan), seen)
    np.testing.assert_allclose(filled[:, :, legs], poses[:, :, legs], atol=1e-6)
