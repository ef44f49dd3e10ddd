"""Figures of ``kinesics bench forecast`` about motion that nobody learned from."""

import json

import numpy as np
import pytest

pytest.importorskip("torch")
from kinesics_core import bench
from kinesics_core.errors import ModelError
from kinesics_core.judging import bench_forecast
from kinesics_core.motion.model_file import open_forecaster


@pytest.fixture(scope="module")
def shipped():
    return open_forecaster("forecast_ours.onnx")


def test_the_record_is_of_the_model_that_is_shipped():
    values = {entry["name"]: entry for entry in bench_forecast.unseen_ratios()}
    assert 0 < values["forecast.unseen_ratio"]["value"] < 1
    assert bench.met(values["forecast.unseen_ratio.camera"]) is not None
    assert "recorded" in values["forecast.unseen_ratio"]["peer"]


def test_a_record_of_another_file_says_nothing_of_the_model(tmp_path, monkeypatch):
    record = json.loads(bench_forecast.store.shipped(bench_forecast.RECORD).read_text())
    record["about"]["model"] = "0123456789abcdef"
    file = tmp_path / "record.json"
    file.write_text(json.dumps(record))
    shipped = bench_forecast.store.shipped
    monkeypatch.setattr(bench_forecast.store, "shipped",
                        lambda name: file if name == bench_forecast.RECORD else shipped(name))
    assert {entry["value"] for entry in bench_forecast.unseen_ratios()} == {None}
    file.write_text('{"results": []}')
    with pytest.raises(ModelError, match="eval sources"):
        bench_forecast.unseen_ratios()


def test_the_live_body_is_forecast_and_the_newest_pose_held_is_the_measure(shipped, monkeypatch):
    monkeypatch.setattr(bench_forecast, "SEEDS", (0,))
    monkeypatch.setattr(bench_forecast, "EMOTIONS", bench_forecast.EMOTIONS[:2])
    measured = bench_forecast.live_body_ratio(shipped)
    assert 0.2 < measured["value"] < 1.3 and measured["peer_value"] == 1.0

    class Still:
        def run(self, names, inputs):
            return [np.repeat(inputs["observed"][:, -1:], 30, axis=1)]

    class Model:
        session = Still()

    assert bench_forecast.live_body_ratio(Model())["value"] == pytest.approx(1.0, abs=1e-6)
