"""The forecast benchmark: names, units and goals that others read, and a fair clock."""

import argparse
import time

import pytest

pytest.importorskip("torch")
from kinesics_core import bench
from kinesics_core.motion.evaluation import bench_forecast
from kinesics_core.motion.networks.registry import FORECASTERS


def test_names_goals_and_peers(monkeypatch):
    monkeypatch.setattr(bench_forecast, "ROUNDS", 2)
    monkeypatch.setattr(bench_forecast, "CALLS", 3)
    monkeypatch.setattr(bench_forecast, "EPOCH_WINDOWS", 128)
    results = {entry["name"]: entry for entry in bench_forecast.run(argparse.Namespace())}
    for name in FORECASTERS:
        ours, ratio = results[f"forecast.{name}.ms"], results[f"forecast.{name}.speedup_vs_torch"]
        assert ours["unit"] == "ms" and 0 < ours["value"] < 1000
        assert ratio["value"] == pytest.approx(ours["peer_value"] / ours["value"], rel=2e-3)
        assert ratio["goal"] == ">= 3" and bench.met(ours) is not None
    assert results["forecast.lstm.ms_beside_orin_nano"]["peer_value"] == 3.371
    assert results["forecast.transformer.ms_beside_rtx_4090"]["peer_value"] == 1.762
    assert results["forecast.lstm.epoch_s"]["goal"] == "<= 20"


def work(milliseconds):
    until = time.thread_time() + milliseconds / 1e3
    while time.thread_time() < until:
        pass


def test_calls_in_turn_are_not_moved_by_busy_moments(monkeypatch):
    """Neither by one slow call nor by the time other programs have the processor."""
    monkeypatch.setattr(bench_forecast, "ROUNDS", 5)
    monkeypatch.setattr(bench_forecast, "CALLS", 3)
    monkeypatch.setattr(bench_forecast, "WARM_CALLS", 1)
    calls = []

    def first():
        calls.append("first")
        work(60 if len(calls) == 2 else 3)

    def second():
        calls.append("second")
        time.sleep(0.01)
        work(6)

    one, two = bench_forecast.in_turn(first, second)
    assert one == pytest.approx(3, abs=1) and two == pytest.approx(6, abs=1.5)
    assert calls == (["first"] * 4 + ["second"] * 4) * 5
