"""Recognition of a label beside its baselines: ``kinesics eval recognise``.

The paper's networks are trained as the paper does, both heads at once; ours with
``recognition_training``, which is made to hold for contents never seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from kinesics_core import bench
from kinesics_core.dataset.clips import Clip, Dataset
from kinesics_core.errors import KinesicsError
from kinesics_core.experiments import comparison, fingerprints, paper, recognition_jobs
from kinesics_core.experiments.comparison import (
    ComparisonPlan,
    JobKind,
    JobTemplate,
    Outcomes,
    by_fold,
    mean,
)
from kinesics_core.experiments.dataset_split import WindowSettings, split_dataset
from kinesics_core.experiments.options import ComparisonOptions, require_networks
from kinesics_core.experiments.training_budget import plan_trainings
from kinesics_core.motion.evaluation import splits
from kinesics_core.motion.networks.registry import NETWORKS, RECOGNISER
from kinesics_core.motion.training.recognition_training import RecognitionConfig

OURS = {paper.OURS: RECOGNISER, "ours_forecaster": paper.OURS}
"""Our networks by method: the one made for recognition, and our forecaster with its classifier."""

MAJORITY, STATISTICS = "majority", "statistics"
BASELINES = (MAJORITY, STATISTICS)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Accuracy and mean F1 of the classes; None where a fold failed."""

    accuracy: float | None
    macro_f1: float | None


@dataclass(frozen=True, slots=True)
class MethodScores:
    """Scores of one method.

    Attributes:
        clips: Of clips, each the mean of its windows; mean of the folds. Of windows if they leak.
        windows: Of single windows, mean of the folds.
        by_fold: Of clips in each fold, by what it leaves out.
        confusion: (C, C) counts over the folds that did not fail, a row for each true class; None
            if all failed.
    """

    clips: Accuracy
    windows: Accuracy
    by_fold: dict[str, Accuracy]
    confusion: np.ndarray | None


@dataclass(frozen=True, slots=True)
class RecognitionReport:
    """Outcome of a comparison of recognition.

    Attributes:
        methods: Scores by name, the baselines first.
        failed: What went wrong, by the name of the job.
        about: How the figures came about, as JSON holds it.
    """

    methods: dict[str, MethodScores]
    failed: dict[str, str]
    about: dict[str, Any]


def plan_recognition(options: ComparisonOptions) -> ComparisonPlan:
    """Divide the dataset and plan the jobs.

    Raises:
        KinesicsError: A network does not exist, or the data cannot be used so.
    """
    require_networks(options.networks, (*NETWORKS, *OURS))
    label = options.windows.label
    if label is None:
        raise KinesicsError("Got no label to recognise; say which with --label.")
    dataset = Dataset(options.data)
    clips = list(dataset)
    names = splits.values(clips, label)
    if len(set(names)) < 2:
        raise KinesicsError(
            f"All clips have the {label} {names[0] if names else 'none'}; wanted at least"
            " two classes to tell apart. Choose another label.")
    split = split_dataset(dataset, options.windows, recognising=True)
    theirs = plan_trainings(
        replace(options, residual=False,
                networks=tuple(name for name in options.networks if name not in OURS)), split)
    ours = {name: RecognitionConfig(seed=options.windows.seed)
            for name in options.networks if name in OURS}
    templates = [
        JobTemplate(JobKind.BASELINES, "", "statistics", recognition_jobs.statistics),
        *comparison.exported_templates(options, recognition_jobs.exported),
        *(JobTemplate(JobKind.TRAINING, name, name, recognition_jobs.train_paper, {
            **asdict(training), "code": fingerprints.of_training(name)})
          for name, training in theirs.items()),
        *(JobTemplate(JobKind.TRAINING, name, name, recognition_jobs.train_recogniser, {
            "network": OURS[name], "recognition": asdict(config),
            "code": fingerprints.of_training(OURS[name])}) for name, config in ours.items()),
    ]
    return ComparisonPlan(
        options, dataset.info.name, len(dataset), split, {**theirs, **ours},
        comparison.plan_jobs(
            options, dataset, split, templates, _contents(clips, options.windows)),
        tuple(sorted(set(names))),
        {} if options.windows.leaks else {
            fold.left_out: unknown for fold in split.folds
            if (unknown := splits.never_trained_on(fold, names))})


def report_recognition(plan: ComparisonPlan, outcomes: Outcomes) -> RecognitionReport:
    """Gather the scores of every method."""
    methods: dict[str, MethodScores] = {}
    for name in BASELINES:
        methods[name] = _method_scores(
            plan, by_fold(plan, outcomes, JobKind.BASELINES, "", "methods", name))
    for kind, name in plan.methods:
        methods[name] = _method_scores(plan, by_fold(plan, outcomes, kind, name, "scores"))
    return RecognitionReport(
        methods, comparison.failures(outcomes),
        comparison.about(plan, outcomes, "clips, the mean of their windows"))


def recognition_results(report: RecognitionReport) -> list[bench.Result]:
    """Return accuracy.METHOD and macro_f1.METHOD of clips, then .window and .fold.VALUE."""
    results: list[bench.Result] = []
    peer = report.methods[STATISTICS].clips
    for figure in ("accuracy", "macro_f1"):
        for name, scores in report.methods.items():
            base = name in BASELINES
            results.append(bench.result(
                f"{figure}.{name}", getattr(scores.clips, figure), "share",
                peer=None if base else STATISTICS,
                peer_value=None if base else getattr(peer, figure)))
    for figure in ("accuracy", "macro_f1"):
        for name, scores in report.methods.items():
            results.append(bench.result(
                f"{figure}.{name}.window", getattr(scores.windows, figure), "share"))
            if len(scores.by_fold) > 1:
                results += [
                    bench.result(f"{figure}.{name}.fold.{left_out}", getattr(fold, figure), "share")
                    for left_out, fold in scores.by_fold.items()]
    return results


def _contents(clips: Sequence[Clip], windows: WindowSettings) -> list[str] | None:
    """Return what the classes are balanced over: what is left out, or else the content.

    None if a clip has no such label.
    """
    by = "content" if windows.split in (splits.BY_CLIP, splits.WINDOW_LEAKS) else windows.split
    found = [clip.labels[by] for clip in clips if by in clip.labels]
    return found if len(found) == len(clips) else None


def _method_scores(
    plan: ComparisonPlan, folds: Sequence[Mapping[str, Any] | None]
) -> MethodScores:
    """Take the means over the folds of one method's scores as its job gave them."""
    def over_folds(kind: str) -> Accuracy:
        return Accuracy(*(mean([fold[kind][figure] if fold else None for fold in folds])
                          for figure in ("accuracy", "macro_f1")))

    done = [fold for fold in folds if fold]
    return MethodScores(
        over_folds("clip"), over_folds("window"),
        {part.left_out: Accuracy(fold["clip"]["accuracy"], fold["clip"]["macro_f1"]) if fold
         else Accuracy(None, None)
         for part, fold in zip(plan.split.folds, folds, strict=True)},
        np.sum([fold["clip"]["confusion"] for fold in done], axis=0) if done else None)
