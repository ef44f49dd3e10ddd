"""Forecasts beside their baselines: ``kinesics eval forecast``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kinesics_core import bench
from kinesics_core.dataset.clips import Dataset
from kinesics_core.experiments import comparison, fingerprints, forecast_jobs
from kinesics_core.experiments.comparison import (
    ComparisonPlan,
    JobKey,
    JobKind,
    JobTemplate,
    Outcomes,
    by_fold,
    mean,
)
from kinesics_core.experiments.dataset_split import split_dataset
from kinesics_core.experiments.options import ComparisonOptions, require_networks
from kinesics_core.experiments.training_budget import PlannedTraining, plan_trainings
from kinesics_core.motion.evaluation.forecast_errors import REPORTED
from kinesics_core.motion.networks.registry import NETWORKS

STILL = "zero_velocity"
"""The baseline that all others are shown beside."""
BASELINES = (STILL, "constant_velocity", "mean_pose", "ridge")


@dataclass(frozen=True, slots=True)
class TrainingEffort:
    """Length of a training.

    Attributes:
        epochs: Of each fold.
        windows: Training windows of an epoch, 0 if unknown.
        seconds: Time of all folds together.
    """

    epochs: int
    windows: int
    seconds: float


@dataclass(frozen=True, slots=True)
class MethodErrors:
    """Errors of one method, in pose scales; None where a fold failed.

    Attributes:
        mae: Mean absolute error over all frames, mean of the folds.
        by_frame: The same at each frame of ``REPORTED``.
        by_class: The same of each class, mean of the folds in which it occurs.
        by_fold: The error over all frames in each fold, by what it leaves out.
        training: What its training took; None for what was not trained here.
    """

    mae: float | None
    by_frame: dict[int, float | None]
    by_class: dict[str, float | None]
    by_fold: dict[str, float | None]
    training: TrainingEffort | None = None


@dataclass(frozen=True, slots=True)
class ForecastReport:
    """Outcome of a comparison of forecasts.

    Attributes:
        methods: Errors by name, the baselines first.
        classes: Classes in the test, sorted; empty without a label.
        failed: What went wrong, by the name of the job.
        about: How the figures came about, as JSON holds it.
    """

    methods: dict[str, MethodErrors]
    classes: list[str]
    failed: dict[str, str]
    about: dict[str, Any]


def plan_forecasts(options: ComparisonOptions) -> ComparisonPlan:
    """Divide the dataset and plan the jobs.

    Raises:
        KinesicsError: A network does not exist, or the data cannot be used so.
    """
    require_networks(options.networks, tuple(NETWORKS))
    dataset = Dataset(options.data)
    split = split_dataset(dataset, options.windows)
    trainings = plan_trainings(options, split)
    templates = [
        JobTemplate(JobKind.BASELINES, "", "baselines", forecast_jobs.baselines),
        *comparison.exported_templates(options, forecast_jobs.exported),
        *(JobTemplate(JobKind.TRAINING, name, name, forecast_jobs.train, {
            **asdict(training), "code": fingerprints.of_training(training.config.network)})
          for name, training in trainings.items()),
    ]
    return ComparisonPlan(options, dataset.info.name, len(dataset), split, trainings,
                          comparison.plan_jobs(options, dataset, split, templates))


def report_forecasts(plan: ComparisonPlan, outcomes: Outcomes) -> ForecastReport:
    """Gather the errors of every method."""
    methods: dict[str, MethodErrors] = {}
    for name in BASELINES:
        methods[name] = _method_errors(
            plan, by_fold(plan, outcomes, JobKind.BASELINES, "", "errors", name))
    for kind, name in plan.methods:
        methods[name] = _method_errors(
            plan, by_fold(plan, outcomes, kind, name, "errors"),
            _training_effort(plan, outcomes, name) if kind is JobKind.TRAINING else None)
    return ForecastReport(
        methods, sorted(methods[STILL].by_class), comparison.failures(outcomes),
        comparison.about(plan, outcomes, "mean over all 30 frames"))


def forecast_results(report: ForecastReport) -> list[bench.Result]:
    """Return mae.METHOD, then .frame_N, .class.VALUE and .fold.VALUE; peer: zero velocity."""
    still = report.methods[STILL].mae
    results = [bench.result(f"mae.{name}", errors.mae, "pose scales",
                            peer=None if name == STILL else "zero velocity",
                            peer_value=None if name == STILL else still)
               for name, errors in report.methods.items()]
    for name, errors in report.methods.items():
        figures = {f"frame_{frame}": value for frame, value in errors.by_frame.items()}
        figures |= {f"class.{value}": error for value, error in errors.by_class.items()}
        if len(errors.by_fold) > 1:
            figures |= {f"fold.{left_out}": error for left_out, error in errors.by_fold.items()}
        results += [bench.result(f"mae.{name}.{figure}", value, "pose scales")
                    for figure, value in figures.items()]
    return results


def _method_errors(
    plan: ComparisonPlan, errors: Sequence[Mapping[str, Any] | None],
    training: TrainingEffort | None = None,
) -> MethodErrors:
    """Take the means over the folds of one method's errors as its job gave them."""
    classes = sorted({value for fold in errors if fold for value in fold["by_class"]})
    whole = all(errors)
    return MethodErrors(
        mean([fold["mae"] if fold else None for fold in errors]),
        {frame: mean([fold["by_frame"][frame - 1] if fold else None for fold in errors])
         for frame in REPORTED},
        {value: mean([fold["by_class"][value] for fold in errors
                      if fold and value in fold["by_class"]]) if whole else None
         for value in classes},
        {part.left_out: fold["mae"] if fold else None
         for part, fold in zip(plan.split.folds, errors, strict=True)}, training)


def _training_effort(plan: ComparisonPlan, outcomes: Outcomes, method: str) -> TrainingEffort:
    training = plan.trainings[method]
    assert isinstance(training, PlannedTraining)
    of_folds = [outcomes[JobKey(JobKind.TRAINING, method, number)]
                for number in range(len(plan.split.folds))]
    first = of_folds[0].result
    return TrainingEffort(
        training.config.epochs,
        training.config.windows or (first["windows"][0] if first else 0),
        sum(outcome.seconds for outcome in of_folds))
