"""Networks beside what they have to beat, on any dataset: what both comparisons share.

Every network is trained on the same folds in a process of its own, with the paper's recipe as it
is and with residual output beside it; ours with its own. A comparison goes in three steps: plan,
``run_plan``, and a report made from the outcomes (``forecast_comparison``,
``recognition_comparison``). Each planned job is known by its ``JobKey``, and so is its outcome.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core.dataset.clips import Dataset
from kinesics_core.errors import KinesicsError
from kinesics_core.experiments import fingerprints
from kinesics_core.experiments.dataset_split import DatasetSplit
from kinesics_core.experiments.job_inputs import ExperimentInputs
from kinesics_core.experiments.options import ComparisonOptions
from kinesics_core.experiments.training_budget import PlannedTraining
from kinesics_core.jobs import local as jobs
from kinesics_core.jobs.local import NO_HOOKS, Job, JobHooks, Outcome, Work
from kinesics_core.motion.training.recognition_training import RecognitionConfig


class JobKind(Enum):
    """Kinds of jobs of a comparison."""

    BASELINES = "baselines"
    EXPORTED = "exported"
    TRAINING = "training"


@dataclass(frozen=True, slots=True)
class JobKey:
    """Key of one planned job, and of its outcome.

    Attributes:
        kind: What is judged.
        method: Name that it is reported under; "" for the baselines, which are several.
        fold: Index of the fold.
    """

    kind: JobKind
    method: str
    fold: int


@dataclass(frozen=True, slots=True)
class JobTemplate:
    """A job that is done in every fold.

    Attributes:
        kind: What is judged.
        method: Name that it is reported under.
        name: Name of the job, for people.
        work: What is done.
        settings: What decides the result besides data and fold.
        model: ONNX file to judge; None for a training.
    """

    kind: JobKind
    method: str
    name: str
    work: Work
    settings: Mapping[str, Any] = field(default_factory=dict)
    model: Path | None = None


@dataclass(frozen=True, slots=True)
class ComparisonPlan:
    """A comparison before it is run.

    Attributes:
        options: What was asked for.
        data_name: Name of the dataset.
        clips: How many it has.
        split: How it is divided.
        trainings: What is trained, by method.
        jobs: One for each method and fold.
        classes: Values of the label that is recognised, sorted; () for forecasts.
        unrecognisable: Classes of a fold's test that no training clip has, by what is left out.
    """

    options: ComparisonOptions
    data_name: str
    clips: int
    split: DatasetSplit
    trainings: Mapping[str, PlannedTraining | RecognitionConfig]
    jobs: Mapping[JobKey, Job]
    classes: tuple[str, ...] = ()
    unrecognisable: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def methods(self) -> list[tuple[JobKind, str]]:
        """Kind and name of everything judged besides the baselines, in the tables' order."""
        return [*((JobKind.EXPORTED, name) for name in self.options.models),
                *((JobKind.TRAINING, name) for name in self.trainings)]


Outcomes = Mapping[JobKey, Outcome]


def plan_jobs(
    options: ComparisonOptions, dataset: Dataset, split: DatasetSplit,
    templates: Sequence[JobTemplate], contents: Sequence[str] | None = None,
) -> dict[JobKey, Job]:
    """Return every job of a comparison, fold after fold."""
    base = {"data": fingerprints.of_dataset(options.data), **asdict(options.windows)}
    planned: dict[JobKey, Job] = {}
    for number, fold in enumerate(split.folds):
        ending = f" without {fold.left_out}" if fold.left_out else ""
        for template in templates:
            weights = None
            if template.kind is JobKind.TRAINING and options.out is not None:
                weights = options.out / "weights" / f"{stem(template.method, fold.left_out)}.pt"
            inputs = ExperimentInputs(
                options.data, dataset.info.keypoints, fold, template.model, weights, contents)
            settings = base | {"left_out": fold.left_out} | dict(template.settings)
            planned[JobKey(template.kind, template.method, number)] = Job(
                template.name + ending, template.work, settings, inputs)
    return planned


def exported_templates(options: ComparisonOptions, work: Work) -> list[JobTemplate]:
    """Return a job template for each ONNX file."""
    return [JobTemplate(JobKind.EXPORTED, name, name, work,
                        {"model": fingerprints.of_file(path)}, path)
            for name, path in options.models.items()]


def stem(method: str, left_out: str) -> str:
    """Return what the files of a training in one fold are called, without ending."""
    return f"{method}-{left_out}" if left_out else method


def run_plan(plan: ComparisonPlan, hooks: JobHooks = NO_HOOKS) -> Outcomes:
    """Do every job that was not done before.

    Args:
        plan: The comparison.
        hooks: Told about the jobs.

    Raises:
        KinesicsError: The baselines failed in every fold.
    """
    with results_folder(plan.options.out) as folder:
        done = jobs.run(
            list(plan.jobs.values()), folder, processes=plan.options.processes, hooks=hooks)
    outcomes = dict(zip(plan.jobs, done, strict=True))
    baselines = [outcome for key, outcome in outcomes.items() if key.kind is JobKind.BASELINES]
    if all(outcome.result is None for outcome in baselines):
        raise KinesicsError(f"The baselines failed: {baselines[0].error}")
    return outcomes


def failures(outcomes: Outcomes) -> dict[str, str]:
    """Return what went wrong, by the name of the job."""
    return {outcome.job.name: outcome.error
            for outcome in outcomes.values() if outcome.result is None}


def by_fold(
    plan: ComparisonPlan, outcomes: Outcomes, kind: JobKind, method: str, *path: str
) -> list[dict[str, Any] | None]:
    """Return figures of one method in every fold; None where its job failed.

    Args:
        plan: The comparison.
        outcomes: What came of it.
        kind: What was judged.
        method: Its name.
        path: Keys of the figures in the job's result, the outermost first.
    """
    found: list[dict[str, Any] | None] = []
    for number in range(len(plan.split.folds)):
        figures = outcomes[JobKey(kind, method, number)].result
        for key in path:
            figures = None if figures is None else figures[key]
        found.append(figures)
    return found


def about(plan: ComparisonPlan, outcomes: Outcomes, headline: str) -> dict[str, Any]:
    """Return what the figures are of, to stand beside them in the JSON.

    Args:
        plan: The comparison.
        outcomes: What came of it.
        headline: What the first figures are the mean over.
    """
    windows = plan.options.windows
    return {
        "data": plan.data_name, "clips": plan.clips, "clips_left_out": plan.split.short,
        "windows": plan.split.windows, "step": windows.step, "split": windows.split,
        "leaks": windows.leaks, "folds": len(plan.split.folds), "label": windows.label,
        "seed": windows.seed, "view": windows.view, "normalisation": "per_frame",
        "headline": headline,
        "trainings": {name: asdict(config) for name, config in plan.trainings.items()},
        "seconds": {outcome.job.name: round(outcome.seconds, 1) for outcome in outcomes.values()},
    }


def mean(values: Sequence[float | None]) -> float | None:
    """Return the mean, or None if a value is missing.

    A mean over some folds would be another figure.
    """
    present = [value for value in values if value is not None]
    return float(np.mean(present)) if present and len(present) == len(values) else None


@contextlib.contextmanager
def results_folder(out: Path | None) -> Iterator[Path]:
    """Give the folder that finished jobs are kept in: below ``out``, or one that is removed."""
    if out is not None:
        yield out / "results"
        return
    with tempfile.TemporaryDirectory(prefix="kinesics-eval-") as temporary:
        yield Path(temporary)
