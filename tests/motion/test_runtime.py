import json

import numpy as np
import pytest
from walker import pose, waving

from kinesics_core.affect.body import BODY_CONFIDENCE
from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.assets import store
from kinesics_core.errors import AssetError, KinesicsError, ModelError
from kinesics_core.motion import model_file, windows
from kinesics_core.motion.runtime import REMEMBERED, ForecastConfig, Forecaster
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
def model():
    return store.shipped(ForecastConfig.model)


@pytest.fixture(scope="module")
def untrained(tmp_path_factory):
    """Makes a file of an untrained network: (name, classes, normalisation) -> path."""
    torch = pytest.importorskip("torch")
    from kinesics_core.motion.networks.registry import build
    from kinesics_core.motion.training.export import ForecasterMetadata, export_onnx

    folder = tmp_path_factory.mktemp("models")

    def make(name="lstm", classes=(), normalisation="last_frame", believes=None):
        torch.manual_seed(0)
        network = build(name, classes=len(classes), residual=True)
        if believes is not None:  # the classifier's answer whatever it sees
            with torch.no_grad():
                network.classifier[-1].weight.zero_()
                network.classifier[-1].bias.copy_(torch.tensor(believes).log())
        learned = {} if name == "ours" else {"spread_floor": [0.1] * 30, "spread_gain": [0.2] * 30}
        path = folder / f"{name}_{len(list(folder.iterdir()))}.onnx"
        export_onnx(network, path, ForecasterMetadata(
            name=name, version="7", normalisation=normalisation, licence="none", data="none",
            classes=classes, **learned))
        return path

    return make


@pytest.fixture
def forecaster(model):
    return Forecaster(model)


def feed(forecaster, poses, times, person=1):
    out = []
    for xy, time in zip(poses, times, strict=True):
        out = forecaster.update(people(seconds(time), (person, seen(xy)))).motion
    return out


def test_first_forecast_after_half_a_second_and_padding_lowers_the_confidence(forecaster):
    first = None
    for i in range(90):
        got = forecaster.update(people(seconds(i / 30), (7, seen(STANDING)))).motion
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
        got = forecaster.update(people(seconds(i / 30), (1, coco))).motion
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
        got = forecaster.update(people(seconds(time), (1, coco))).motion
    upper = [i for i in range(17) if i not in LEGS]
    assert np.abs(got[0].keypoints[:, upper] - whole[:, upper]).mean() < 6.0
    assert np.isnan(got[0].keypoints[:, LEGS]).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e30, -5000.0])
def test_senseless_coordinates_are_not_seen(forecaster, bad):
    for i in range(30):
        coco = seen(STANDING)
        coco[3, 0] = bad
        got = forecaster.update(people(seconds(i / 30), (1, coco))).motion
    assert np.isnan(got[0].keypoints[:, 3]).all()
    assert np.isfinite(np.delete(got[0].keypoints, 3, axis=1)).all()


def test_nothing_seen_at_all_is_no_forecast(forecaster):
    nothing = np.full((17, 3), np.nan, np.float32)
    for i in range(40):
        assert forecaster.update(people(seconds(i / 30), (1, nothing))) == ([], [], {})


def test_a_single_keypoint_is_enough_not_to_fail(forecaster):
    coco = np.full((17, 3), np.nan, np.float32)
    coco[5] = 300, 200, 0.9
    for i in range(40):
        got = forecaster.update(people(seconds(i / 30), (1, coco))).motion
    assert np.isfinite(got[0].keypoints[:, 5]).all() and np.isfinite(got[0].spread).all()


@pytest.mark.parametrize("jump", [-3.0, -0.01, 1.5])
def test_a_jump_of_the_clock_starts_the_person_anew(forecaster, jump):
    times = np.arange(60) / 30
    assert feed(forecaster, np.repeat(STANDING[None], 60, axis=0), times)
    assert not forecaster.update(people(seconds(times[-1] + jump), (1, seen(STANDING)))).motion
    again = times[-1] + jump + np.arange(1, 17) / 30
    assert feed(forecaster, np.repeat(STANDING[None], 16, axis=0), again)[0].confidence < 0.35


def test_the_same_stamp_twice_replaces_the_newest_sample(forecaster):
    times = np.arange(60) / 30
    feed(forecaster, np.repeat(STANDING[None], 60, axis=0), times)
    got = forecaster.update(people(seconds(times[-1]), (1, seen(STANDING + 5)))).motion
    assert got[0].confidence == 1.0


def test_who_is_absent_for_more_than_a_second_is_forgotten(forecaster):
    times = np.arange(60) / 30
    feed(forecaster, np.repeat(STANDING[None], 60, axis=0), times)
    assert not forecaster.update(people(seconds(times[-1] + 0.6))).motion
    back = forecaster.update(people(seconds(times[-1] + 0.9), (1, seen(STANDING)))).motion
    assert back and back[0].confidence < 0.6
    forecaster.update(people(seconds(times[-1] + 2.0)))
    assert not forecaster._tracks, "nothing is kept of people who never come back"
    assert not forecaster.update(people(seconds(times[-1] + 2.1), (1, seen(STANDING)))).motion


def test_forget_reset_and_a_new_image_size(forecaster):
    times = np.arange(60) / 30
    still = np.repeat(STANDING[None], 60, axis=0)
    feed(forecaster, still, times)
    forecaster.forget(1)
    forecaster.forget(99)
    assert not forecaster.update(people(seconds(2.0), (1, seen(STANDING)))).motion
    forecaster.reset()
    feed(forecaster, still, times)
    other = people(seconds(2.0), (1, seen(STANDING)), width=1280, height=720)
    assert not forecaster.update(other).motion


def test_a_crowd_is_forecast_as_each_alone(forecaster, model):
    clips = [frontal(waving(period, 0.3, 2.5)) + (20 * i, 0)
             for i, period in enumerate((0.9, 1.2, 1.6))]
    for i in range(75):
        together = forecaster.update(people(
            seconds(i / 30), *((n, seen(clip[i])) for n, clip in enumerate(clips, start=1)))).motion
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
        a, b = plain.update(frame).motion, blended.update(frame).motion
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
    assert forecaster.provider in model_file.PROVIDERS
    assert forecaster.model == f"{forecaster.metadata['name']} {forecaster.metadata['version']}"


def altered(model, path, change):
    import onnx

    graph = onnx.load(model)
    change(graph)
    onnx.save(graph, path)
    return path


def test_wrong_model_files_are_refused_with_a_sentence(untrained, tmp_path):
    import onnx

    model = untrained(classes=("anger", "fear"))

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
                       ("spread_gain", "[1, 2]"), ("spread_floor", "much"),
                       ("spread_floor", json.dumps(["x"] * 30)), ("classes", '["anger"]'),
                       ("classes", "anger, fear"), ("classes", "[1, 2]"),
                       ("rate", "15"), ("rate", "fast"), ("rate", "nan")):
        with pytest.raises(ModelError, match=key):
            Forecaster(altered(model, tmp_path / "odd.onnx", set_entry(key, value)))
    other = onnx.helper.make_model(onnx.helper.make_graph(
        [onnx.helper.make_node("Identity", ["x"], ["y"])], "identity",
        [onnx.helper.make_tensor_value_info("x", 1, [1, 3])],
        [onnx.helper.make_tensor_value_info("y", 1, [1, 3])]),
        opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(other, tmp_path / "other.onnx")
    def drop_classes(graph):
        kept = [p for p in graph.metadata_props if p.key != "kinesics.classes"]
        del graph.metadata_props[:]
        graph.metadata_props.extend(kept)

    with pytest.raises(ModelError, match="classes is absent; wanted the names of its 2 classes"):
        Forecaster(altered(model, tmp_path / "nameless.onnx", drop_classes))
    with pytest.raises(ModelError, match="not a forecaster"):
        Forecaster(tmp_path / "other.onnx")
    with pytest.raises(KinesicsError, match="None of the providers"):
        Forecaster(model, providers=["NoSuchExecutionProvider"])


def test_a_model_with_damaged_weights_is_refused_when_it_is_opened(model, tmp_path):
    import onnx

    def spoil(graph):
        for tensor in graph.graph.initializer:
            values = onnx.numpy_helper.to_array(tensor)
            if values.dtype == np.float32 and values.ndim == 2:
                tensor.CopyFrom(
                    onnx.numpy_helper.from_array(np.full_like(values, np.nan), tensor.name))

    with pytest.raises(ModelError, match="gives a future of nan or infinity"):
        Forecaster(altered(model, tmp_path / "nan.onnx", spoil))


def test_run_time_fills_as_training_does(model, monkeypatch):
    """The same samples at 30 Hz give the network the same window as the training path."""
    rng = np.random.default_rng(0)
    clip = frontal(waving(1.4, 0.5, 2.0))
    visible = rng.random((60, 17)) > 0.2
    visible[:, LEGS] = False
    visible[-1, 9] = False
    forecaster = Forecaster(model)
    taken = []
    monkeypatch.setattr(forecaster, "_infer", lambda x: taken.append(x) or {
        "future": x[:, :30], "spread": x[:, :30, 0]})
    for i in range(60):
        coco = seen(clip[i])
        coco[~visible[i]] = np.nan
        forecaster.update(people(seconds(i / 30), (1, coco)))
    filled = windows.fill_missing(clip[None], visible[None])
    how = forecaster.metadata["normalisation"]
    wanted = windows.encode(filled, how)[0].reshape(1, 60, 34)
    assert taken[-1] == pytest.approx(wanted, abs=1e-4)


def test_a_classifier_of_emotions_gives_an_affect_for_each_person(untrained):
    believed = np.array([0.7, 0.1, 0.05, 0.05, 0.02, 0.02, 0.02, 0.04], np.float32)
    forecaster = Forecaster(untrained(classes=EMOTIONS, believes=believed))
    assert forecaster.reads_emotion and not forecaster.notice
    assert forecaster.classes == EMOTIONS
    confidence = []
    for i in range(70):
        got = forecaster.update(people(seconds(i / 30), (3, seen(STANDING)), (5, seen(STANDING))))
        assert [a.person_id for a in got.affects] == [m.person_id for m in got.motion]
        if got.affects:
            confidence.append(got.affects[0].confidence)
    affect = got.affects[1]
    assert affect.person_id == 5 and affect.stamp == seconds(69 / 30)
    assert affect.categories == pytest.approx(believed, abs=1e-5)
    assert got.classes[5] == pytest.approx(believed, abs=1e-5)
    assert affect.valence > 0.4, "mostly happiness"
    assert affect.source == "lstm 7"
    assert (np.diff(confidence) >= 0).all() and confidence[0] < 0.3 * confidence[-1], "padding"
    assert 0 < confidence[-1] < BODY_CONFIDENCE


def test_a_body_that_could_mean_anything_is_read_without_confidence(untrained):
    sure, unsure = (
        Forecaster(untrained(classes=EMOTIONS, believes=np.array(p, np.float32))) for p in
        ([0.93] + [0.01] * 7, [0.125] * 8))
    still, times = np.repeat(STANDING[None], 60, axis=0), np.arange(60) / 30
    got = []
    for forecaster in (sure, unsure):
        for xy, time in zip(still, times, strict=True):
            outlook = forecaster.update(people(seconds(time), (1, seen(xy))))
        got.append(outlook.affects[0].confidence)
    assert got[1] == pytest.approx(0.0, abs=1e-6) and got[0] > 0.2


def test_emotions_a_model_was_not_taught_stay_unknown(untrained):
    """Two classes under the names data sets give them; order of the file, not of EMOTIONS."""
    forecaster = Forecaster(untrained(
        classes=("Neutral", "angry"), believes=np.array([0.2, 0.8], np.float32)))
    for i in range(60):
        got = forecaster.update(people(seconds(i / 30), (1, seen(STANDING))))
    categories = dict(zip(EMOTIONS, got.affects[0].categories, strict=True))
    assert sum(categories.values()) == pytest.approx(1.0)
    assert categories["anger"] == pytest.approx(4 * categories["neutral"])
    assert categories["anger"] == pytest.approx(0.8 * 2 / 8)
    assert categories["fear"] == categories["contempt"] == pytest.approx(1 / 8)
    assert got.affects[0].valence == pytest.approx(-0.51 * 0.8, abs=1e-3), "Russell & Mehrabian"


def test_any_class_list_speaks_under_its_own_names(untrained):
    """The forecasting paper's three classes, which are none of our words."""
    classes = ("enthusiastic", "laughing", "happy to see you")
    forecaster = Forecaster(untrained(
        classes=classes, believes=np.array([0.05, 0.9, 0.05], np.float32)))
    assert forecaster.reads_emotion and not forecaster.notice
    for i in range(60):
        got = forecaster.update(people(seconds(i / 30), (1, seen(STANDING))))
    affect = got.affects[0]
    assert affect.classes == classes
    assert affect.probabilities == pytest.approx([0.05, 0.9, 0.05], abs=1e-5)
    assert np.argmax(affect.categories) == EMOTIONS.index("happiness")
    assert affect.valence > 0.5 and affect.confidence > 0.0
    assert (affect.spread > 0.1).all() and (affect.spread < 0.6).all()


def test_classes_that_are_no_emotions_are_published_and_mean_nothing(untrained):
    forecaster = Forecaster(untrained(classes=("elderly", "youthful")))
    for i in range(60):
        got = forecaster.update(people(seconds(i / 30), (1, seen(STANDING))))
    assert got.motion and got.classes[1].shape == (2,)
    affect = got.affects[0]
    assert affect.classes == ("elderly", "youthful")
    assert affect.categories == pytest.approx(1.0 / 8.0) and affect.confidence == 0.0
    assert np.isnan([affect.valence, affect.arousal, affect.dominance]).all()
    assert "elderly, youthful" in forecaster.notice and not forecaster.reads_emotion


def test_a_model_without_classifier_says_so(untrained):
    forecaster = Forecaster(untrained())
    for i in range(60):
        got = forecaster.update(people(seconds(i / 30), (1, seen(STANDING))))
    assert got.motion and got.affects == [] and got.classes == {}
    assert "no classifier" in forecaster.notice


def test_the_networks_own_spread_is_used_in_pixels(untrained):
    from kinesics_core.motion.networks.mixer import TYPICAL_SPREAD

    forecaster = Forecaster(untrained("ours"))
    assert "spread_floor" not in forecaster.metadata
    got = feed(forecaster, np.repeat(STANDING[None], 60, axis=0), np.arange(60) / 30)
    scale = np.linalg.norm(STANDING - STANDING.mean(axis=0), axis=1).max()
    assert got[0].spread == pytest.approx(np.full(30, TYPICAL_SPREAD * scale), rel=1e-3)


def test_a_crowd_larger_than_a_batch_is_forecast_whole(untrained):
    forecaster = Forecaster(untrained(classes=EMOTIONS))
    crowd = model_file.LARGEST_BATCH + 5
    for i in range(20):
        got = forecaster.update(people(
            seconds(i / 30), *((n, seen(STANDING + (n, 0))) for n in range(1, crowd + 1))))
    assert [m.person_id for m in got.motion] == list(range(1, crowd + 1))
    for n, motion in enumerate(got.motion, start=1):  # an untrained residual network stands still
        assert motion.keypoints[29] == pytest.approx(STANDING + (n, 0), abs=0.05)
    assert len(got.affects) == len(got.classes) == crowd


def test_accelerators_are_asked_for_first_and_tensorrt_keeps_its_engine(
        untrained, monkeypatch, tmp_path):
    """As on a machine that has them; here the session is made with the processor alone."""
    import onnxruntime as ort

    model, asked = untrained(), []

    def session(path, options, providers, **keywords):
        asked.extend(providers)
        return inner(path, options, providers=["CPUExecutionProvider"], **keywords)

    inner = ort.InferenceSession
    monkeypatch.setenv("KINESICS_ASSETS", str(tmp_path))
    monkeypatch.setattr(ort, "InferenceSession", session)
    monkeypatch.setattr(ort, "get_available_providers", lambda: [
        "CPUExecutionProvider", "CUDAExecutionProvider", "TensorrtExecutionProvider"])
    Forecaster(model)
    assert [name for name, _ in asked] == [
        "TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
    options = asked[0][1]
    assert options["trt_engine_cache_enable"]
    assert options["trt_engine_cache_path"].startswith(str(tmp_path))
    assert options["trt_profile_max_shapes"] == f"observed:{model_file.LARGEST_BATCH}x60x34"
    assert asked[1][1] == asked[2][1] == {}


# Models as other exporters write them ------------------------------------------------------------


def with_entry(key, value):
    def change(graph):

        for known in [p for p in graph.metadata_props if p.key == "kinesics." + key]:
            graph.metadata_props.remove(known)
        entry = graph.metadata_props.add()
        entry.key, entry.value = "kinesics." + key, value
    return change


@pytest.mark.parametrize("classes", [
    "null", "5", "{}", "neutral", "[", '["anger"]', "[" * 100_000, '"anger"'])
def test_classes_of_a_model_without_classifier_that_are_no_list_are_refused(
    untrained, tmp_path, classes
):
    model = altered(untrained(), tmp_path / "odd.onnx", with_entry("classes", classes))
    with pytest.raises(ModelError, match="its metadata classes is .*the names of its 0 classes"):
        Forecaster(model)


@pytest.mark.parametrize("classes", ['["anger", "anger"]', '["anger", ""]', '["anger", null]',
                                     '["anger", ["fear"]]', '{"anger": 0, "fear": 1}'])
def test_classes_that_do_not_name_each_class_are_refused(untrained, tmp_path, classes):
    model = altered(untrained(classes=("anger", "fear")), tmp_path / "odd.onnx",
                    with_entry("classes", classes))
    with pytest.raises(ModelError, match="wanted the names of its 2 classes, each another"):
        Forecaster(model)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-1", "true"])
def test_a_spread_that_is_none_is_refused(untrained, tmp_path, value):
    text = f"[{', '.join([value] * 30)}]"
    model = altered(untrained(), tmp_path / "odd.onnx", with_entry("spread_floor", text))
    with pytest.raises(ModelError, match="spread_floor is not a list of 30 numbers from 0"):
        Forecaster(model)


@pytest.mark.parametrize("batch", [1, 2, 4])
def test_a_model_of_a_fixed_number_of_people_forecasts_as_one_of_any(untrained, tmp_path, batch):
    def fix(graph):
        for value in (*graph.graph.input, *graph.graph.output):
            value.type.tensor_type.shape.dim[0].dim_value = batch

    model = untrained(classes=EMOTIONS)
    fixed = Forecaster(altered(model, tmp_path / "fixed.onnx", fix))
    free = Forecaster(model)
    for i in range(30):
        crowd = people(seconds(i / 30), *((n, seen(STANDING + (n * i, 0))) for n in range(1, 6)))
        got, wanted = fixed.update(crowd), free.update(crowd)
    assert len(got.motion) == len(wanted.motion) == 5
    for one, other in zip(got.motion, wanted.motion, strict=True):
        np.testing.assert_allclose(one.keypoints, other.keypoints, atol=1e-3)
    for n in range(1, 6):
        np.testing.assert_allclose(got.classes[n], wanted.classes[n], atol=1e-5)


def test_a_model_of_doubles_is_refused(untrained, tmp_path):
    import onnx

    def widen(graph):
        graph.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.DOUBLE
        old = graph.graph.input[0].name
        for node in graph.graph.node:
            node.input[:] = ["as_float" if name == old else name for name in node.input]
        graph.graph.node.insert(0, onnx.helper.make_node(
            "Cast", [old], ["as_float"], to=onnx.TensorProto.FLOAT))

    model = altered(untrained(), tmp_path / "double.onnx", widen)
    with pytest.raises(ModelError, match=r"tensor\(double\), tensor\(float\); wanted tensor"):
        Forecaster(model)


def test_a_clock_that_stands_still_keeps_no_crowd(forecaster):
    """Nobody is ever absent for a second there, so their number bounds what is kept."""
    for number in range(2 * REMEMBERED):
        forecaster.update(people(0, (number, seen(STANDING)), (-1, seen(STANDING))))
    assert len(forecaster._tracks) == REMEMBERED + 2
    feed(forecaster, [STANDING] * 5, np.arange(5) / 30, person=-1)
    assert list(forecaster._tracks) == [-1], "a clock that goes on forgets the rest"
