import numpy as np
import pytest
from walker import pose, waving

from kinesics_core.errors import AssetError, KinesicsError, ModelError
from kinesics_core.motion import runtime, windows
from kinesics_core.motion.runtime import Forecaster
from kinesics_core.skeletons import COCO17
from kinesics_core.types import NANOSECONDS, People, Person

START = 1_700_000_000 * NANOSECONDS
LEGS = [i for i, name in enumerate(COCO17) if name.endswith(("knee", "ankle"))]


def seconds(value):
    return START + round(value * NANOSECONDS)


def seen(xy, score=0.9):
    return np.concatenate([xy, np.full((17, 1), score)], axis=1).astype(np.float32)


def people(stamp, *persons, width=640, height=480):
    return People(stamp, width, height, [Person(i, 1.0, coco) for i, coco in persons])


def frontal(clip):
    """Orthographic pixels of (..., 17, 3) metres: 200 px a metre, feet at the bottom."""
    return clip[..., :2] * (200, -200) + (320, 440)


STANDING = frontal(pose({"left_shoulder": (0, 0, -1.4), "right_shoulder": (0, 0, 1.4)}))


@pytest.fixture(scope="module")
def model(trained):
    return trained[0] / "forecast_lstm.onnx"


@pytest.fixture
def forecaster(model):
    return Forecaster(model)


def feed(forecaster, poses, times, person=1):
    out = []
    for xy, time in zip(poses, times, strict=True):
        out = forecaster.update(people(seconds(time), (person, seen(xy))))
    return out


def test_first_forecast_after_half_a_second_and_padding_lowers_the_confidence(forecaster):
    first = None
    for i in range(90):
        got = forecaster.update(people(seconds(i / 30), (7, seen(STANDING))))
        if got and first is None:
            first = i
            assert got[0].confidence == pytest.approx((i + 1) / 60, abs=0.01)
    assert first == 15
    assert got[0].confidence == 1.0
    assert got[0].person_id == 7 and got[0].stamp == seconds(89 / 30)
    assert got[0].keypoints.shape == (30, 17, 2) and got[0].keypoints.dtype == np.float32
    assert got[0].dt == pytest.approx(1 / 30)
    assert got[0].spread.shape == (30,) and (got[0].spread > 0).all()


def test_the_window_is_the_motion_at_30_hz_whatever_the_camera_did(forecaster, monkeypatch):
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.uniform(1 / 60, 1 / 12, 80))

    def motion(t):
        sway = np.sin(2 * np.pi * np.asarray(t) / 1.7)[..., None, None]
        return STANDING + np.broadcast_to([40.0, 10.0], (17, 2)) * sway

    windows_seen = []
    inner = forecaster._forecast
    monkeypatch.setattr(forecaster, "_forecast", lambda p, k: windows_seen.append(p) or inner(p, k))
    got = feed(forecaster, motion(times), times)
    grid = times[-1] - np.arange(59, -1, -1) / 30
    # Linear interpolation across gaps of 1/12 s errs by at most A (2 pi / T)^2 gap^2 / 8 = 0.5 px.
    assert windows_seen[-1][0] == pytest.approx(motion(grid), abs=0.5)
    assert got[0].confidence == 1.0


def test_a_moving_person_is_forecast_better_than_by_standing_still(forecaster):
    clip = frontal(waving(1.3, 0.7, 8.0))
    network, still = [], []
    for i in range(len(clip) - 30):
        for got in forecaster.update(people(seconds(i / 30), (1, seen(clip[i])))):
            truth = clip[i + 1:i + 31]
            network.append(np.abs(got.keypoints - truth).mean())
            still.append(np.abs(clip[i] - truth).mean())
    assert np.mean(network[60:]) < 0.9 * np.mean(still[60:])


def test_spread_grows_with_motion_and_with_the_size_of_the_person(forecaster):
    clip = frontal(waving(1.0, 0.0, 3.0))
    times = np.arange(len(clip)) / 30
    calm = feed(forecaster, np.repeat(STANDING[None], 90, axis=0), times)[0].spread
    forecaster.reset()
    moving = feed(forecaster, clip, times)[0].spread
    assert (moving > calm).all()
    forecaster.reset()
    half = feed(forecaster, clip * 0.5, times)[0].spread
    assert half == pytest.approx(moving / 2, rel=1e-3)


def test_a_keypoint_never_seen_is_nan_and_one_lost_is_not(forecaster):
    for i in range(60):
        coco = seen(STANDING)
        coco[LEGS] = np.nan
        if i > 40:
            coco[9, 2] = 0.05
        got = forecaster.update(people(seconds(i / 30), (1, coco)))
    assert np.isnan(got[0].keypoints[:, LEGS]).all()
    others = [i for i in range(17) if i not in LEGS]
    assert np.isfinite(got[0].keypoints[:, others]).all()
    assert got[0].confidence == pytest.approx((13 * 60 - 19) / (17 * 60), abs=1e-6)


def test_only_an_upper_body_is_forecast_as_a_whole_one_is(forecaster):
    """Legs guessed out of the image, as MediaPipe does, do not disturb the rest."""
    clip = frontal(waving(1.3, 0.7, 3.0))
    times = np.arange(len(clip)) / 30
    whole = feed(forecaster, clip, times)[0].keypoints
    forecaster.reset()
    rng = np.random.default_rng(0)
    for xy, time in zip(clip, times, strict=True):
        coco = seen(xy)
        coco[LEGS] += (0, 900, 0)
        coco[LEGS, :2] += rng.normal(0, 80, (len(LEGS), 2))
        coco[LEGS, 2] = 0.02
        got = forecaster.update(people(seconds(time), (1, coco)))
    upper = [i for i in range(17) if i not in LEGS]
    assert np.abs(got[0].keypoints[:, upper] - whole[:, upper]).mean() < 6.0
    assert np.isnan(got[0].keypoints[:, LEGS]).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e30, -5000.0])
def test_senseless_coordinates_are_not_seen(forecaster, bad):
    for i in range(30):
        coco = seen(STANDING)
        coco[3, 0] = bad
        got = forecaster.update(people(seconds(i / 30), (1, coco)))
    assert np.isnan(got[0].keypoints[:, 3]).all()
    assert np.isfinite(np.delete(got[0].keypoints, 3, axis=1)).all()


def test_nothing_seen_at_all_is_no_forecast(forecaster):
    nothing = np.full((17, 3), np.nan, np.float32)
    for i in range(40):
        assert forecaster.update(people(seconds(i / 30), (1, nothing))) == []


def test_a_single_keypoint_is_enough_not_to_fail(forecaster):
    coco = np.full((17, 3), np.nan, np.float32)
    coco[5] = 300, 200, 0.9
    for i in range(40):
        got = forecaster.update(people(seconds(i / 30), (1, coco)))
    assert np.isfinite(got[0].keypoints[:, 5]).all() and np.isfinite(got[0].spread).all()


@pytest.mark.parametrize("jump", [-3.0, -0.01, 1.5])
def test_a_jump_of_the_clock_starts_the_person_anew(forecaster, jump):
    times = np.arange(60) / 30
    assert feed(forecaster, np.repeat(STANDING[None], 60, axis=0), times)
    assert forecaster.update(people(seconds(times[-1] + jump), (1, seen(STANDING)))) == []
    again = times[-1] + jump + np.arange(1, 17) / 30
    assert feed(forecaster, np.repeat(STANDING[None], 16, axis=0), again)[0].confidence < 0.35


def test_the_same_stamp_twice_replaces_the_newest_sample(forecaster):
    times = np.arange(60) / 30
    feed(forecaster, np.repeat(STANDING[None], 60, axis=0), times)
    got = forecaster.update(people(seconds(times[-1]), (1, seen(STANDING + 5))))
    assert got[0].confidence == 1.0


def test_who_is_absent_for_more_than_a_second_is_forgotten(forecaster):
    times = np.arange(60) / 30
    feed(forecaster, np.repeat(STANDING[None], 60, axis=0), times)
    assert forecaster.update(people(seconds(times[-1] + 0.6))) == []
    back = forecaster.update(people(seconds(times[-1] + 0.9), (1, seen(STANDING))))
    assert back and back[0].confidence < 0.6
    forecaster.update(people(seconds(times[-1] + 2.0)))
    assert forecaster.update(people(seconds(times[-1] + 2.1), (1, seen(STANDING)))) == []


def test_forget_reset_and_a_new_image_size(forecaster):
    times = np.arange(60) / 30
    still = np.repeat(STANDING[None], 60, axis=0)
    feed(forecaster, still, times)
    forecaster.forget(1)
    forecaster.forget(99)
    assert forecaster.update(people(seconds(2.0), (1, seen(STANDING)))) == []
    forecaster.reset()
    feed(forecaster, still, times)
    other = people(seconds(2.0), (1, seen(STANDING)), width=1280, height=720)
    assert forecaster.update(other) == []


def test_a_crowd_is_forecast_as_each_alone(forecaster, model):
    clips = [frontal(waving(period, 0.3, 2.5)) + (20 * i, 0)
             for i, period in enumerate((0.9, 1.2, 1.6))]
    for i in range(75):
        together = forecaster.update(people(
            seconds(i / 30), *((n, seen(clip[i])) for n, clip in enumerate(clips, start=1))))
    for n, clip in enumerate(clips, start=1):
        alone = Forecaster(model)
        got = feed(alone, clip, np.arange(75) / 30, person=n)
        assert together[n - 1].person_id == n
        assert together[n - 1].keypoints == pytest.approx(got[0].keypoints, abs=1e-2)


def test_a_camera_faster_than_the_buffer_shortens_the_window_only(forecaster):
    times = np.arange(700) / 240
    got = feed(forecaster, np.repeat(STANDING[None], 700, axis=0), times)
    assert 0.2 < got[0].confidence < 0.6


def test_blending_averages_forecasts_of_the_same_moment(model):
    plain, blended = Forecaster(model, blend=0.0), Forecaster(model, blend=0.5)
    clip = frontal(waving(1.1, 0.0, 2.0))
    last = {}
    for i in range(60):
        frame = people(seconds(i / 30), (1, seen(clip[i])))
        a, b = plain.update(frame), blended.update(frame)
        if a:
            if last:
                wanted = a[0].keypoints.copy()
                weight = 0.5 * np.arange(1, 30)[:, None, None] / 30  # grows with the horizon
                wanted[:29] = (1 - weight) * wanted[:29] + weight * last["b"][1:]
                assert b[0].keypoints == pytest.approx(wanted, abs=1e-2)
            last = {"b": b[0].keypoints}
    with pytest.raises(ModelError, match="blend"):
        Forecaster(model, blend=1.0)


def test_the_provider_in_use_is_reported(forecaster):
    forecaster.warm_up()
    assert forecaster.provider in runtime.PROVIDERS
    assert forecaster.model == "forecast_lstm 1"


def altered(model, path, change):
    import onnx

    graph = onnx.load(model)
    change(graph)
    onnx.save(graph, path)
    return path


def test_wrong_model_files_are_refused_with_a_sentence(model, tmp_path):
    import onnx

    with pytest.raises(ModelError, match="no forecast model"):
        Forecaster(tmp_path / "absent.onnx")
    with pytest.raises(AssetError):
        Forecaster("no_such_model.onnx")
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(model.read_bytes()[:1000])
    with pytest.raises(ModelError, match="cannot load|can load"):
        Forecaster(broken)
    broken.write_bytes(b"")
    with pytest.raises(ModelError):
        Forecaster(broken)

    def no_metadata(graph):
        del graph.metadata_props[:]

    with pytest.raises(ModelError, match="lacks the metadata task"):
        Forecaster(altered(model, tmp_path / "bare.onnx", no_metadata))

    def set_entry(key, value):
        def change(graph):
            next(p for p in graph.metadata_props if p.key == "kinesics." + key).value = value
        return change

    for key, value in (("normalisation", "pelvis"), ("task", "recognise"),
                       ("spread_gain", "[1, 2]"), ("spread_floor", "much")):
        with pytest.raises(ModelError, match=key):
            Forecaster(altered(model, tmp_path / "odd.onnx", set_entry(key, value)))
    other = onnx.helper.make_model(onnx.helper.make_graph(
        [onnx.helper.make_node("Identity", ["x"], ["y"])], "identity",
        [onnx.helper.make_tensor_value_info("x", 1, [1, 3])],
        [onnx.helper.make_tensor_value_info("y", 1, [1, 3])]),
        opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(other, tmp_path / "other.onnx")
    with pytest.raises(ModelError, match="not a forecaster"):
        Forecaster(tmp_path / "other.onnx")
    with pytest.raises(KinesicsError, match="None of the providers"):
        Forecaster(model, providers=["NoSuchExecutionProvider"])


def test_run_time_fills_as_training_does(model, monkeypatch):
    """The same samples at 30 Hz give the network the same window as the training path."""
    rng = np.random.default_rng(0)
    clip = frontal(waving(1.4, 0.5, 2.0))
    visible = rng.random((60, 17)) > 0.2
    visible[:, LEGS] = False
    visible[-1, 9] = False
    forecaster = Forecaster(model)
    taken = []
    monkeypatch.setattr(forecaster, "_infer", lambda x: taken.append(x) or x[:, :30])
    for i in range(60):
        coco = seen(clip[i])
        coco[~visible[i]] = np.nan
        forecaster.update(people(seconds(i / 30), (1, coco)))
    filled = windows.fill_missing(clip[None], visible[None])
    wanted = windows.encode(filled, "last_frame")[0].reshape(1, 60, 34)
    assert taken[-1] == pytest.approx(wanted, abs=1e-4)
