"""The forecast benchmark: names, units and goals that others read, and a fair clock."""

import argparse
import time

import pytest

pytest.importorskip("torch")
from kinesics_core import bench
from kinesics_core.motion import bench_forecast
from kinesics_core.motion.networks.registry import NETWORKS


def test_names_goals_and_peers(monkeypatch):
    monkeypatch.setattr(bench_forecast, "ROUNDS", 2)
    monkeypatch.setattr(bench_forecast, "CALLS", 3)
    monkeypatch.setattr(bench_forecast, "EPOCH_WINDOWS", 128)
    results = {entry["name"]: entry for entry in bench_forecast.run(argparse.Namespace())}
    for name in NETWORKS:
        ours, ratio = results[f"forecast.{name}.ms"], results[f"forecast.{name}.speedup_vs_torch"]
        assert ours["unit"] == "ms" and 0 < ours["value"] < 1000
        assert ratio["value"] == pytest.approx(ours["peer_value"] / ours["value"], rel=2e-3)
        assert ratio["goal"] == ">= 3" and bench.met(ours) is not None
    assert results["forecast.lstm.ms_beside_orin_nano"]["peer_value"] == 3.371
    assert results["forecast.transformer.ms_beside_rtx_4090"]["peer_value"] == 1.762
    assert results["forecast.lstm.epoch_s"]["goal"] == "<= 20"


def test_the_median_of_calls_in_turn_is_not_moved_by_a_busy_moment(monkeypatch):
    monkeypatch.setattr(bench_forecast, "ROUNDS", 5)
    monkeypatch.setattr(bench_forecast, "CALLS", 3)
    monkeypatch.setattr(bench_forecast, "WARM_CALLS", 0)
    calls = []

    def first():
        calls.append("first")
        time.sleep(0.1 if len(calls) == 2 else 0.005)

    def second():
        calls.append("second")
        time.sleep(0.02)

    one, two = bench_forecast.in_turn(first, second)
    assert 5 <= one < 15 and 20 <= two < 40
    assert calls == (["first"] * 3 + ["second"] * 3) * 5
