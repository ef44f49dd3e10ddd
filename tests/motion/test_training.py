import csv
import json

import numpy as np
import pytest
from walker import clips

torch = pytest.importorskip("torch")

from kinesics_core.errors import KinesicsError, ModelError
from kinesics_core.motion import baselines, export, samples, training, uncertainty
from kinesics_core.motion.lstm import ForecastLSTM
from kinesics_core.motion.training import TrainingConfig, train
from kinesics_core.motion.views import NO_FAULTS


def test_the_lstm_has_the_papers_number_of_parameters():
    for residual in (True, False):
        network = ForecastLSTM(residual=residual)
        assert sum(p.numel() for p in network.parameters()) == 347_644


def test_an_untrained_residual_network_stands_still():
    observed = torch.randn(2, 60, 34)
    future = ForecastLSTM().eval()(observed)
    assert torch.equal(future, observed[:, -1:].expand(2, 30, 34))


def test_onnx_gives_what_torch_gives_for_any_number_of_persons(tmp_path):
    torch.manual_seed(0)
    network = ForecastLSTM()
    torch.nn.init.normal_(network.generation.weight)
    path = tmp_path / "net.onnx"
    export.export_onnx(network, path, name="net", version="1", normalisation="last_frame",
                       spread_floor=[0.1] * 30, spread_gain=[0.1] * 30, licence="x", data="y")
    for persons in (1, 2, 5):
        assert export.parity(network, path, persons) <= 1e-5
    assert not list(tmp_path.glob("*.part"))


def test_a_group_is_never_on_two_sides_of_the_split():
    recordings = clips(20, seed=0)
    for i, clip in enumerate(recordings):
        clip.group = f"pair{i // 2}"
        clip.keypoints[:] = i // 2  # the clip carries its group, so that it can be told afterwards
    split = samples.split_by_clip(recordings, seed=3)
    sides = [{float(clip[0, 0, 0]) for _, clip in side}
             for side in (split.train, split.validation, split.test)]
    assert not sides[0] & sides[1] and not sides[0] & sides[2] and not sides[1] & sides[2]
    assert sum(map(len, sides)) == 10 and min(map(len, sides)) >= 1


def test_constant_velocity_and_ridge_are_exact_on_linear_motion():
    rng = np.random.default_rng(0)
    start, velocity = rng.normal(size=(2, 600, 1, 4))
    motion = start + velocity * 0.01 * np.arange(90)[None, :, None]
    observed, future = motion[:, :60], motion[:, 60:]
    assert baselines.constant_velocity(observed) == pytest.approx(future)
    ridge = baselines.fit_ridge(observed[:500], future[:500], penalty=1e-6)
    assert ridge(observed[500:]) == pytest.approx(future[500:], abs=1e-3)
    assert np.abs(baselines.zero_velocity(observed) - future).mean() > 0.05


def test_spread_is_recovered_from_residuals_of_known_size():
    rng = np.random.default_rng(0)
    speed = rng.uniform(0, 2, 2500)
    observed = np.zeros((2500, 60, 34))
    observed += speed[:, None, None] * (np.arange(60) / 30)[None, :, None]
    floor, gain = np.linspace(0.01, 0.05, 30), np.linspace(0.02, 0.2, 30)
    sigma = np.hypot(floor, gain * speed[:, None])
    residual = rng.normal(size=(2500, 30, 34)) * sigma[:, :, None]
    counts = np.ones((2500, 34))
    found = uncertainty.fit_spread(observed, residual, counts)
    assert uncertainty.spread(observed, counts, *found) == pytest.approx(sigma, rel=0.1)


def test_the_trained_network_beats_standing_still_on_clips_and_a_source_it_never_saw(trained):
    _, scores = trained
    for source in ("analytic", "unseen"):
        by_method = {s.method: s.metrics["mae_px"] for s in scores
                     if s.source == source and s.condition == "detector"}
        assert by_method["network"] < 0.9 * by_method["zero velocity"]
        assert by_method["network"] < by_method["constant velocity"]


def test_a_run_leaves_curves_report_and_model(trained):
    out, scores = trained
    rows = list(csv.DictReader((out / "curves.csv").open()))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert float(rows[-1]["validation_mae"]) < float(rows[-1]["zero_velocity_mae"])
    assert len(json.loads((out / "report.json").read_text())) == len(scores)
    assert (out / "forecast_lstm.onnx").exists() and not list(out.glob("*.part"))


def test_a_killed_run_resumes_to_the_same_weights(tmp_path, monkeypatch):
    torch.set_num_threads(1)
    recordings = clips(8, seed=0)
    config = TrainingConfig(epochs=3, windows=64, batch=32)
    monkeypatch.setattr(training, "VALIDATION_WINDOWS", 50)
    monkeypatch.setattr(training, "RIDGE_WINDOWS", 200)
    monkeypatch.setattr(training, "evaluate", lambda *args, **kwargs: [])
    train(recordings, [], tmp_path / "whole", config)

    steps = 0

    def killed(*args):
        nonlocal steps
        steps += 1
        if steps == 4:  # in the middle of the second epoch
            raise KeyboardInterrupt
        return step(*args)

    step = training._step
    monkeypatch.setattr(training, "_step", killed)
    with pytest.raises(KeyboardInterrupt):
        train(recordings, [], tmp_path / "cut", config)
    train(recordings, [], tmp_path / "cut", config, resume=True)
    whole, cut = (torch.load(tmp_path / name / "checkpoint.pt", weights_only=True)["network"]
                  for name in ("whole", "cut"))
    assert all(torch.equal(whole[key], cut[key]) for key in whole)

    with pytest.raises(KinesicsError, match="lr 0.001, now 0.1"):
        train(recordings, [], tmp_path / "cut",
              TrainingConfig(epochs=3, windows=64, batch=32, lr=0.1), resume=True)
    (tmp_path / "cut" / "checkpoint.pt").write_bytes(b"half a file")
    with pytest.raises(ModelError, match="not a checkpoint"):
        train(recordings, [], tmp_path / "cut", config, resume=True)


def test_settings_and_data_that_cannot_work_are_refused():
    with pytest.raises(KinesicsError, match="loss 'huber'"):
        TrainingConfig(loss="huber")
    with pytest.raises(KinesicsError, match="epochs 0"):
        TrainingConfig(epochs=0)


def test_batches_are_the_same_for_the_same_seed():
    split = samples.split_by_clip(clips(10, seed=0), seed=0)
    a, b = (samples.make_batch(np.random.default_rng(5), split.train, 8, "last_frame", NO_FAULTS)
            for _ in range(2))
    assert np.array_equal(a.observed, b.observed) and np.array_equal(a.future, b.future)
