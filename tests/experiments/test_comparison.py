"""Outcomes of jobs find their method and fold by key, whatever the jobs are called."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from kinesics_core.experiments.comparison import ComparisonPlan, JobKey, JobKind, mean
from kinesics_core.experiments.dataset_split import DatasetSplit, WindowSettings
from kinesics_core.experiments.forecast_comparison import (
    BASELINES,
    forecast_results,
    report_forecasts,
)
from kinesics_core.experiments.options import ComparisonOptions
from kinesics_core.experiments.recognition_comparison import (
    recognition_results,
    report_recognition,
)
from kinesics_core.experiments.training_budget import PlannedTraining
from kinesics_core.jobs.local import Job, Outcome
from kinesics_core.motion.evaluation.splits import Fold
from kinesics_core.motion.training.config import recipe

FOLDS = [Fold([], [], [], "walk"), Fold([], [], [], "run")]


def plan_of(tmp_path, **training):
    return ComparisonPlan(
        ComparisonOptions(tmp_path, WindowSettings("content", "style")), "data", 8,
        DatasetSplit(FOLDS, 0, 100, 70), training, {}, ("calm", "lively"))


def outcome(result, name="all the same", error="", seconds=2.0):
    return Outcome(Job(name, print, {}), result, error, seconds)


def errors(mae, **by_class):
    return {"mae": mae, "by_frame": [mae + frame for frame in range(30)], "by_class": by_class}


def values(results):
    return {entry["name"]: entry["value"] for entry in results}


def test_forecasts_are_means_of_the_folds_and_a_failed_fold_has_no_mean(tmp_path):
    """Every job has one name, and a method is called like the baselines' jobs."""
    plan = plan_of(tmp_path, lstm=PlannedTraining(recipe("paper", epochs=7)),
                   baselines=PlannedTraining(recipe("paper", epochs=3)))
    outcomes = {}
    for fold, mae in enumerate((0.2, 0.4)):
        kept = {name: errors(mae + place, calm=mae) for place, name in enumerate(BASELINES)}
        outcomes[JobKey(JobKind.BASELINES, "", fold)] = outcome({"errors": kept})
        outcomes[JobKey(JobKind.TRAINING, "lstm", fold)] = outcome(
            {"errors": errors(mae / 2, calm=mae), "windows": [50, 0, 0]})
        outcomes[JobKey(JobKind.TRAINING, "baselines", fold)] = outcome(
            None if fold else {"errors": errors(0.9, lively=0.8), "windows": [50, 0, 0]},
            name="broken", error="it broke" if fold else "")
    report = report_forecasts(plan, outcomes)
    assert list(report.methods) == [*BASELINES, "lstm", "baselines"]
    got = values(forecast_results(report))
    assert got["mae.zero_velocity"] == pytest.approx(0.3)
    assert got["mae.ridge"] == pytest.approx(3.3)
    assert got["mae.lstm"] == pytest.approx(0.15)
    assert got["mae.lstm.frame_3"] == pytest.approx(2.15)
    assert got["mae.lstm.fold.walk"] == 0.1 and got["mae.lstm.fold.run"] == 0.2
    assert got["mae.baselines"] is None and got["mae.baselines.class.lively"] is None
    assert got["mae.baselines.fold.walk"] == 0.9 and got["mae.baselines.fold.run"] is None
    assert report.failed == {"broken": "it broke"}
    effort = report.methods["lstm"].training
    assert (effort.epochs, effort.windows, effort.seconds) == (7, 50, 4.0)
    assert report.methods["ridge"].training is None


def scores(right):
    """Score 10 clips with so many right, and half of that by window."""
    whole = {"accuracy": right / 10, "macro_f1": right / 20,
             "confusion": [[right, 0], [10 - right, 0]]}
    return {"clip": whole, "window": whole | {"accuracy": right / 20}}


def test_confusions_are_added_over_the_folds_that_ended(tmp_path):
    plan = plan_of(tmp_path, mlp=PlannedTraining(recipe("paper", network="mlp")))
    outcomes = {}
    for fold in (0, 1):
        outcomes[JobKey(JobKind.BASELINES, "", fold)] = outcome(
            {"methods": {"statistics": scores(6 + fold), "majority": scores(5)}})
        outcomes[JobKey(JobKind.TRAINING, "mlp", fold)] = outcome(
            {"scores": scores(9)} if fold else None, error="" if fold else "it broke")
    report = report_recognition(plan, outcomes)
    got = values(recognition_results(report))
    assert got["accuracy.statistics"] == pytest.approx(0.65)
    assert got["accuracy.statistics.window"] == pytest.approx(0.325)
    assert got["accuracy.mlp"] is None and got["accuracy.mlp.fold.run"] == 0.9
    assert np.array_equal(report.methods["statistics"].confusion, [[13, 0], [7, 0]])
    assert np.array_equal(report.methods["mlp"].confusion, [[9, 0], [1, 0]])


def test_a_mean_over_some_folds_is_none():
    assert mean([1.0, 2.0]) == 1.5
    assert mean([1.0, None]) is None and mean([]) is None
