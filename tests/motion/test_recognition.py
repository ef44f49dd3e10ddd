import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn")

from kinesics_core.errors import KinesicsError
from kinesics_core.motion.evaluation import recognition
from kinesics_core.motion.windows import normalise


def people(seed, clips_each=6, frames=75):
    """Three styles (calm, wide, quick) of three contents (which arm swings: left, right, both):
    clips (T, 17, 2) in pixels, styles, contents."""
    rng = np.random.default_rng(seed)
    rest = np.random.default_rng(7).normal(0, 1, (17, 2))
    clips, styles, contents = [], [], []
    for style, (extent, period) in enumerate(((0.3, 1.6), (0.9, 1.6), (0.3, 0.5))):
        for content, arms in (("left", (9,)), ("right", (10,)), ("both", (9, 10))):
            for _ in range(clips_each):
                t = np.arange(frames) / 30
                swing = extent * np.sin(2 * np.pi * (t / period + rng.random()))
                clip = np.repeat(rest[None], frames, axis=0)
                clip[:, arms, 1] += swing[:, None]
                clip[:, :, 0] += 0.3 * swing[:, None] * np.linspace(-1, 1, 17)  # the whole body
                clips.append(100 * clip + rng.normal(0, 0.5, clip.shape) + rng.uniform(200, 400, 2))
                styles.append(style)
                contents.append(content)
    return clips, np.array(styles), np.array(contents)


def test_windows_cover_every_frame_and_hold_the_first_pose_before_a_short_clip():
    clips = [np.arange(n, dtype=float).reshape(n, 1, 1) + 1000 * i
             for i, n in enumerate((40, 60, 100))]
    windows, index = recognition.cut(clips, horizon=30)
    assert index.tolist() == [0, 1, 2, 2, 2, 2]
    assert windows[0, :60, 0, 0].tolist() == [0.0] * 20 + list(range(40))
    assert np.isnan(windows[0, 60:]).all()
    assert [w[0, 0, 0] for w in windows[2:, None]] == [2000, 2015, 2030, 2040]
    assert windows[3, 60:, 0, 0][:25] == pytest.approx(2075 + np.arange(25))
    assert np.isnan(windows[3, 85:]).all()


def test_a_clip_without_frames_is_named():
    with pytest.raises(KinesicsError, match="Clip 1 has no frames"):
        recognition.cut([np.zeros((3, 17, 2)), np.zeros((0, 17, 2))])


def test_statistics_of_a_motion_with_a_known_law():
    t = np.arange(60) / 30
    observed = np.zeros((1, 60, 3, 2))
    observed[0, :, 1] = 0.6 * t[:, None] * (1.0, 0.0)           # straight on at 0.6 a second
    observed[0, :, 2] = np.nan
    features = recognition.statistics_features(observed)[0]
    assert features.shape == (15 * 3,) and np.isfinite(features).all()
    parts = np.split(features, np.cumsum([6] * 6 + [3] * 2))
    mean, _, least, greatest, pace, jitter, speed, unsteady, fastest = parts
    assert mean == pytest.approx([0, 0, 0.6 * t.mean(), 0, 0, 0])
    assert greatest - least == pytest.approx([0, 0, 0.6 * t[-1], 0, 0, 0])
    assert pace == pytest.approx([0, 0, 0.6, 0, 0, 0]) and jitter == pytest.approx(0, abs=1e-6)
    assert speed == pytest.approx([0, 0.6, 0]) and fastest == pytest.approx([0, 0.6, 0])
    assert unsteady == pytest.approx(0, abs=1e-6)


def test_statistics_tell_styles_apart_in_contents_never_seen():
    clips, styles, contents = people(seed=0)
    windows, index = recognition.cut(clips)
    features = recognition.statistics_features(normalise(windows)[0])
    for content in np.unique(contents):
        test = (contents == content)[index]
        classify = recognition.fit_statistics(features[~test], styles[index[~test]])
        named, vote = recognition.clip_vote(classify(features[test]), index[test])
        assert vote.sum(axis=1) == pytest.approx(1)
        assert recognition.scores(styles[named], vote.argmax(axis=1), 3).accuracy > 0.8


def test_a_class_without_examples_gets_no_probability():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(40, 4))
    labels = np.where(features[:, 0] > 0, 2, 0)
    found = recognition.fit_statistics(features, labels, classes=4)(features)
    assert found.shape == (40, 4) and (found[:, [1, 3]] == 0).all()
    with pytest.raises(KinesicsError, match="at least two"):
        recognition.fit_statistics(features, np.ones(40, int))


def test_majority_is_the_most_frequent_label():
    assert recognition.majority(np.array([3, 1, 3, 1, 1])) == 1
    assert recognition.majority(np.array([2, 2, 0, 0])) == 0


def test_a_clip_is_what_the_mean_of_its_windows_says():
    windows = np.array([[0.6, 0.4], [0.5, 0.5], [0.0, 1.0], [0.9, 0.1]])
    clips, vote = recognition.clip_vote(windows, np.array([7, 7, 7, 2]))
    assert clips.tolist() == [2, 7]
    assert vote == pytest.approx(np.array([[0.9, 0.1], [1.1 / 3, 1.9 / 3]]))


def test_scores_of_a_case_computed_by_hand():
    # class 0: 2 of 3 found, 1 of 3 named 0 wrongly; class 1: 1 of 2 found, 1 of 2 right; class 2
    # is never there and never named; class 3 is there and never found.
    truth = np.array([0, 0, 0, 1, 1, 3])
    predicted = np.array([0, 0, 1, 1, 0, 0])
    accuracy, macro_f1, confusion = recognition.scores(truth, predicted, 4)
    assert accuracy == pytest.approx(3 / 6)
    assert macro_f1 == pytest.approx((2 * 2 / (3 + 4) + 2 * 1 / (2 + 2) + 0) / 3)
    assert confusion.tolist() == [[2, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]]


@pytest.fixture
def one_thread():
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield torch
    torch.set_num_threads(threads)


def network(torch, classes=3, seed=0):
    from kinesics_core.motion.networks.registry import build

    torch.manual_seed(seed)
    return build("ours", classes=classes)


def quick(**changes):
    from kinesics_core.motion.training.recognition_training import RecognitionConfig

    return RecognitionConfig(**{"steps": 40, "batch": 48, **changes})


def test_a_network_tells_styles_apart_in_a_content_never_seen(one_thread):
    from kinesics_core.motion.training.recognition_training import (
        LabelledWindows,
        probabilities,
        train_recogniser,
    )

    clips, styles, contents = people(seed=0)
    windows, index = recognition.cut(clips, horizon=30)
    test = (contents == "both")[index]
    told = []
    data = LabelledWindows(windows[~test, :60], styles[index[~test]], contents[index[~test]],
                           future=windows[~test, 60:])
    found = train_recogniser(network(one_thread), data, quick(forecast=0.3),
                             lambda done, of, loss: told.append((done, of)))
    named, vote = recognition.clip_vote(probabilities(found, windows[test, :60]), index[test])
    assert recognition.scores(styles[named], vote.argmax(axis=1), 3).accuracy > 0.8
    assert told == [(step, 40) for step in range(1, 41)]


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(one_thread):
    from kinesics_core.motion.training.recognition_training import (
        LabelledWindows,
        train_recogniser,
    )

    windows = np.random.default_rng(0).normal(size=(30, 60, 17, 3))
    labels = np.arange(30) % 3
    first, again, other = (
        train_recogniser(
            network(one_thread), LabelledWindows(windows, labels), quick(steps=3, seed=seed))
        for seed in (0, 0, 1))
    weights = [torch_weights(n) for n in (first, again, other)]
    assert (weights[0] == weights[1]).all() and (weights[0] != weights[2]).any()


def torch_weights(network):
    return np.concatenate([p.detach().numpy().ravel() for p in network.parameters()])


def test_missing_keypoints_reach_the_network_as_numbers(one_thread):
    from kinesics_core.motion.training import recognition_training as training

    clips, styles, _ = people(seed=1)
    windows, index = recognition.cut(clips)
    windows[:, 20:30, 9] = np.nan           # a gap: filled along a line
    windows[:, :, 3] = np.nan               # never seen: at the centroid
    filled = training.fill_gaps(windows)
    between = windows[:, 19, 9] + (windows[:, 30, 9] - windows[:, 19, 9]) * 5 / 11
    assert filled[:, 24, 9] == pytest.approx(between, abs=1e-3)
    assert (training.encode(filled, "per_frame").reshape(-1, 60, 17, 2)[:, :, 3] == 0).all()
    found = training.train_recogniser(
        network(one_thread), training.LabelledWindows(windows, styles[index]), quick(steps=3))
    assert np.isfinite(torch_weights(found)).all()
    assert np.isfinite(training.probabilities(found, windows)).all()


def test_a_turned_view_keeps_the_body_rigid():
    training = pytest.importorskip("kinesics_core.motion.training.recognition_training")
    points = np.random.default_rng(0).normal(size=(4, 2, 17, 3)).astype(np.float32)
    turned = training._turned(
        points, np.array([[0, 0], [np.pi / 2, 0], [0.3, 1], [-1, 2]]), np.array([[0, 0, 0.2, 1]]).T)
    assert turned[0] == pytest.approx(points[0], abs=1e-6)
    assert turned[1, 0, :, 0] == pytest.approx(points[1, 0, :, 2], abs=1e-6)
    assert turned[1, 1] == pytest.approx(points[1, 1], abs=1e-6)
    before, after = (np.linalg.norm(p[:, :, :, None] - p[:, :, None], axis=-1)
                     for p in (points, turned))
    assert after == pytest.approx(before, abs=1e-5)


def test_arrays_that_do_not_fit_together_are_named(one_thread):
    from kinesics_core.motion.training.recognition_training import LabelledWindows

    windows = np.zeros((4, 60, 17, 2))
    with pytest.raises(KinesicsError, match="Got 3 labels for 4 windows"):
        LabelledWindows(windows, np.zeros(3, int))
    with pytest.raises(KinesicsError, match="shape"):
        LabelledWindows(windows[:0], np.zeros(0, int))


def test_the_recogniser_is_a_network_like_the_others_and_blind_to_when(one_thread, tmp_path):
    from kinesics_core.motion.networks.registry import build

    one_thread.manual_seed(0)
    network = build("recogniser", classes=5).eval()
    observed = one_thread.randn(2, 60, 34)
    future, logits, spread = network(observed)
    assert logits.shape == (2, 5) and spread is None
    assert one_thread.equal(future, observed[:, -1:].expand(2, 30, 34))
    # A gesture in the middle of stillness says the same four frames (one step) later.
    gesture = one_thread.zeros(1, 60, 34)
    gesture[:, 20:32] = one_thread.randn(1, 12, 34)
    later = gesture.roll(4, dims=1)
    said, again = (network(x).logits.detach().numpy() for x in (gesture, later))
    assert said == pytest.approx(again, abs=1e-5) and said != pytest.approx(
        network(0 * gesture).logits.detach().numpy(), abs=1e-3)

    onnxruntime = pytest.importorskip("onnxruntime")
    path = tmp_path / "recogniser.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one_thread.onnx.export(
            network, (observed[:1],), str(path), dynamo=False, opset_version=17,
            input_names=["observed"], output_names=["future", "logits"],
            dynamic_axes={"observed": {0: "persons"}})
    found = onnxruntime.InferenceSession(str(path)).run(["logits"], {"observed": observed.numpy()})
    assert found[0] == pytest.approx(logits.detach().numpy(), abs=1e-5)
