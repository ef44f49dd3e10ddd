import numpy as np
import pytest
from walker import clips, waving

from kinesics_core.dataset.clips import Clip
from kinesics_core.dataset.resampling import resample
from kinesics_core.errors import KinesicsError
from kinesics_core.motion import windows
from kinesics_core.motion.training import camera_windows, labels
from kinesics_core.motion.training.camera_augmentation import NO_NOISE
from kinesics_core.motion.training.windowing import cut_windows, encode


def counting(frames, keypoints=5, rate=30.0, **more):
    """A 2-D clip whose every number says its frame, keypoint and coordinate."""
    frame, keypoint, axis = np.meshgrid(
        np.arange(frames), np.arange(keypoints), np.arange(2), indexing="ij")
    values = frame * 10 + keypoint + axis * 0.5 * (keypoint % 2)
    return Clip(f"c{frames}", "s", "g", rate, values.astype(np.float32), **more)


@pytest.mark.parametrize(("step", "count"), [(1, 11), (5, 3), (11, 1)])
def test_windows_slide_by_the_step_and_keep_their_clip(step, count):
    cut = cut_windows([counting(89), counting(100), counting(90)], step)
    assert len(cut) == count + 1 and cut.short == 1
    assert cut.clip.tolist() == [1] * count + [2]
    whole = np.concatenate([cut.observed, cut.future], axis=1)
    assert whole.dtype == np.float32 and whole.shape[1:] == (90, 5, 2)
    first = whole[:count, 0, 0, 0]
    assert first.tolist() == [10 * step * i for i in range(count)]
    assert (np.diff(whole, axis=1) == 10).all()


def test_the_frontal_view_is_x_and_minus_y_and_2d_stays_as_it_is():
    body = waving(1.0, 0.3, 3.0)
    cut = cut_windows([Clip("a", "s", "a", 30.0, body)])
    assert np.array_equal(cut.observed[0], body[:60, :, :2] * (1, -1))
    flat = cut_windows([counting(90)])
    assert np.array_equal(flat.future[0], counting(90).keypoints[60:])


@pytest.mark.parametrize("rate", [24.0, 25.0, 60.0, 120.0])
def test_one_motion_at_any_rate_gives_the_same_windows(rate):
    wanted = cut_windows([Clip("a", "s", "a", 30.0, waving(1.2, 0.0, 4.0))])
    got = cut_windows([Clip("a", "s", "a", rate, waving(1.2, 0.0, 4.0, rate))])
    assert abs(len(got) - len(wanted)) <= 1
    assert got.observed[0] == pytest.approx(wanted.observed[0], abs=3e-3)
    # The test has teeth only if playing it at the wrong speed would be seen.
    wrong = cut_windows([Clip("a", "s", "a", 30.0, waving(1.2, 0.0, 4.0, rate))])
    assert np.abs(wrong.observed[0] - wanted.observed[0]).max() > 0.05


def test_with_no_clip_long_enough_a_sentence_says_what_was_wanted():
    with pytest.raises(KinesicsError, match=r"none of 2 clips is 3\.0 s long.*longest is 2\.0 s"):
        cut_windows([counting(60), counting(59)])
    with pytest.raises(KinesicsError, match="different keypoint sets"):
        cut_windows([counting(90), counting(90, keypoints=6)])
    with pytest.raises(KinesicsError, match="step 0"):
        cut_windows([counting(90)], 0)


def test_partial_windows_mark_the_future_that_was_not_recorded():
    cut = cut_windows([counting(70), counting(40), counting(10)], 10, partial=True)
    assert cut.clip.tolist() == [0, 0, 1] and cut.short == 1
    assert cut.known[:, :, 0].sum(axis=1).tolist() == [10, 0, 0]
    assert cut.known[0, :10].all() and not cut.known[0, 10:].any()
    short = cut.observed[2, :, 0, 0]
    assert (short[:20] == 0).all() and short[20:].tolist() == [10 * i for i in range(40)]
    assert np.isfinite(cut.future).all()
    alone = cut_windows([counting(70), counting(40)], 10, horizon=0)
    assert np.array_equal(alone.observed, cut.observed) and alone.future.shape == (3, 0, 5, 2)
    coded = encode(alone, "per_frame")
    assert coded.future.shape == (3, 0, 10)


@pytest.mark.parametrize("keypoints", [17, 5])
def test_missing_keypoints_are_filled_without_looking_ahead(keypoints):
    clip = counting(90, keypoints)
    clip.keypoints[20:25, 3] = np.nan
    clip.keypoints[:60, 4] = np.nan
    clip.keypoints[70:75, 2] = np.nan
    cut = cut_windows([clip])
    assert np.isfinite(cut.observed).all() and np.isfinite(cut.future).all()
    assert cut.observed[0, 20:25, 3] == pytest.approx(counting(90, keypoints).keypoints[20:25, 3])
    assert not cut.known[0, 10:15, 2].any()
    assert cut.known.sum() == 30 * keypoints - 5
    other = counting(90, keypoints)
    other.keypoints[:60] = clip.keypoints[:60]
    other.keypoints[60:] *= -3
    assert np.array_equal(cut_windows([other]).observed, cut.observed)


def test_a_window_without_any_keypoint_is_left_out_and_counted():
    clip = counting(300)
    clip.keypoints[100:200] = np.nan
    cut = cut_windows([clip], 30)
    assert cut.unseen == 1 and len(cut) == 7
    clip.keypoints[:] = np.nan
    with pytest.raises(KinesicsError, match="not|none of"):
        cut_windows([clip])


def test_resampling_does_not_smear_missing_keypoints():
    clip = np.ones((48, 2, 2), np.float32)
    clip[10:20, 0] = np.nan
    at30 = resample(clip, 24.0, 30.0)
    lost = np.isnan(at30[:, 0, 0])
    times = np.arange(len(at30)) / 30.0
    assert np.array_equal(lost, (times > 9 / 24 + 1e-6) & (times < 20 / 24 - 1e-6))
    assert (at30[:, 1] == 1).all()


def test_encoded_windows_are_equations_1_and_2_of_each_frame():
    cut = cut_windows([Clip("a", "s", "a", 30.0, waving(1.0, 0.0, 3.2))])
    coded = encode(cut, "per_frame")
    for given, made in ((cut.observed, coded.observed), (cut.future, coded.future)):
        pose, got = given[3, 7].astype(float), made[3, 7].reshape(17, 2)
        centre = pose.mean(axis=0)
        extent = np.linalg.norm(pose - centre, axis=1).max()
        assert got == pytest.approx((pose - centre) / extent, abs=1e-5)
    assert coded.weight is None


def test_a_person_who_is_one_point_normalises_to_zeros():
    for place in (3.0, 333.3, 1919.7):
        still = Clip("a", "s", "a", 30.0, np.full((95, 17, 2), place, np.float32))
        coded = encode(cut_windows([still]), "per_frame")
        assert np.abs(coded.observed).max() < 1e-3 and np.abs(coded.future).max() < 1e-3


def test_targets_count_the_classes_and_refuse_what_the_network_does_not_know():
    given = [counting(90, labels={"style": value}) for value in ("old", "young")] + [counting(90)]
    classes = labels.classes_of(given, "style")
    assert classes == ("old", "young")
    assert labels.targets(given, "style", classes).tolist() == [0, 1, -1]
    with pytest.raises(KinesicsError, match=r"'style' is young; the network knows old, tired"):
        labels.targets(given, "style", ("old", "tired"))
    assert labels.targets(given, "style", ("young",), strict=False).tolist() == [-1, 0, -1]
    with pytest.raises(KinesicsError, match="label .mood.; the labels here are style"):
        labels.classes_of(given, "mood")


def test_windows_of_some_clips():
    cut = cut_windows([counting(100), counting(95), counting(90)], 5)
    parts = [cut.of_clips([0, 2]), cut.of_clips([1])]
    assert [len(part) for part in parts] == [4, 2]
    assert parts[1].clip.tolist() == [1, 1]
    assert np.array_equal(parts[1].observed[-1], cut.observed[cut.clip == 1][-1])


def test_batches_through_cameras_are_the_same_for_the_same_seed_and_know_their_clip():
    given = clips(10, seed=0)
    a, b = (camera_windows.draw_windows(np.random.default_rng(5), given, 8, NO_NOISE)
            for _ in range(2))
    assert np.array_equal(a.observed, b.observed) and np.array_equal(a.future, b.future)
    alone = camera_windows.draw_windows(np.random.default_rng(5), given, 8, NO_NOISE,
                                        chance=np.eye(10)[3])
    assert alone.clip.tolist() == [3] * 8


def test_random_cameras_need_three_dimensions_and_coco():
    camera_windows.require_three_dimensions(clips(1, seed=0))
    with pytest.raises(KinesicsError, match="5 keypoints in 2 dimensions.*--view frontal"):
        camera_windows.require_three_dimensions([counting(90)])


def test_standing_still_has_the_error_it_should():
    """The normalised error of a pose held while the truth turns rigidly, against trigonometry."""
    circle = np.exp(1j * np.arange(8) * np.pi / 4)
    turned = circle[None] * np.exp(1j * 0.01 * np.arange(90))[:, None]
    clip = np.stack([turned.real, turned.imag], axis=-1).astype(np.float32)
    coded = encode(cut_windows([Clip("a", "s", "a", 30.0, clip * 50 + 300)]), "per_frame")
    error = np.abs(coded.future - coded.observed[:, -1:])
    chord = np.abs(turned[60:] - turned[59])
    direct = np.abs(np.stack([(turned[60:] - turned[59]).real, (turned[60:] - turned[59]).imag]))
    assert error.mean() == pytest.approx(direct.mean(), rel=1e-3) and chord.max() > 0.2
    assert windows.OBSERVED == 60
