"""Forecasts on sources that nothing was fitted to: ``kinesics eval sources``.

Every source is left out in turn; a network is trained on the others, with the datasets that are
never judged beside them (synthetic motion), and judged on it beside what has to be beaten. Or a
model file is judged, which must have learned from none of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core import bench
from kinesics_core.dataset.clips import Dataset
from kinesics_core.errors import KinesicsError
from kinesics_core.experiments import fingerprints, source_jobs
from kinesics_core.experiments.comparison import results_folder
from kinesics_core.experiments.source_jobs import SourceInputs
from kinesics_core.jobs import local as jobs
from kinesics_core.jobs.local import NO_HOOKS, Job, JobHooks, Outcome
from kinesics_core.motion.evaluation.source_errors import STILL, VIEWS, Errors, ratios
from kinesics_core.motion.training.config import TrainingConfig
from kinesics_core.skeletons import COCO17

OURS = "ours"
FRAMES = (1, 3, 10, 20, 30)
"""Frames of the forecast, counted from 1, whose figures are shown."""


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """Options of ``kinesics eval sources``.

    Attributes:
        data: Datasets, each left out in turn.
        beside: Datasets that every network learns from besides.
        config: How networks are trained.
        label: Label that their classifiers learn; None for none.
        step: Frames between two frontal windows.
        processes: Trainings at a time.
        out: Folder for results and weights; None keeps nothing.
        model: ONNX file to judge in place of training; it must have learned from none of them.
    """

    data: tuple[Path, ...]
    beside: tuple[Path, ...]
    config: TrainingConfig
    label: str | None = None
    step: int = 15
    processes: int = 2
    out: Path | None = None
    model: Path | None = None

    def __post_init__(self) -> None:
        if len(self.data) < 2:
            raise KinesicsError(
                f"Got {len(self.data)} source(s) to leave out; wanted at least 2, to learn from the"
                " others.")
        if self.model is not None and not self.model.exists():
            raise KinesicsError(
                f"{self.model} does not exist. Wanted an ONNX file of `kinesics train forecast`.")
        if self.config.view != "random":
            raise KinesicsError(
                f"Got a training on the view {self.config.view!r}; wanted random, as sources are"
                " judged through cameras too. Choose --recipe carry_over.")


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """A comparison before it is run.

    Attributes:
        options: What was asked for.
        sources: Names of the sources.
        clips: Number of clips of each.
        baselines: Job of each source.
        trainings: Job of each source.
    """

    options: SourceOptions
    sources: list[str]
    clips: list[int]
    baselines: list[Job]
    trainings: list[Job]


@dataclass(frozen=True, slots=True)
class SourceReport:
    """Outcome of a comparison.

    Attributes:
        errors: View -> source -> method -> error at each frame.
        windows: View -> source -> how many windows that is the mean of.
        failed: What went wrong, by the name of the job.
        about: How the figures came about, as JSON holds it.
    """

    errors: dict[str, dict[str, Errors]]
    windows: dict[str, dict[str, int]]
    failed: dict[str, str]
    about: dict[str, Any]

    def ratios(self, view: str) -> dict[str, dict[str, list[float]]]:
        """Return source -> method -> error over standing still's: of all frames, then of each."""
        return {source: ratios(errors) for source, errors in self.errors[view].items()}

    def mean_ratios(self, view: str) -> dict[str, list[float]]:
        """Return the mean over the sources of ``ratios``, of methods that every source has."""
        of_sources = list(self.ratios(view).values())
        return {method: [float(value) for value in
                         np.mean([found[method] for found in of_sources], axis=0)]
                for method in (of_sources[0] if of_sources else ())
                if all(method in found for found in of_sources)}


def plan_sources(options: SourceOptions) -> SourcePlan:
    """Plan two jobs for each source.

    Raises:
        KinesicsError: Two datasets have one name, or one is not COCO-17 in three dimensions.
    """
    paths = [*options.data, *options.beside]
    datasets = [Dataset(path) for path in paths]
    for dataset in datasets:
        if tuple(dataset.info.keypoints) != tuple(COCO17) or dataset.info.dimensions != 3:
            raise KinesicsError(
                f"{dataset.path} is not COCO-17 in three dimensions, through which cameras can"
                " look. Import motion capture, or leave it out.")
    names = [dataset.path.name for dataset in datasets]
    if len(set(names)) < len(names):
        raise KinesicsError(f"Two of the datasets {', '.join(names)} have one name; rename one.")
    prints = {name: fingerprints.of_dataset(path)
              for name, path in zip(names, paths, strict=True)}
    baselines, trainings = [], []
    for number, name in enumerate(names[:len(options.data)]):
        base = {"left_out": name, "data": prints, "beside": names[len(options.data):],
                "step": options.step, "seed": options.config.seed}
        learn = tuple(path for index, path in enumerate(paths) if index != number)
        inputs = SourceInputs(learn, paths[number])
        baselines.append(Job(f"baselines without {name}", source_jobs.baselines,
                             base | {"code": fingerprints.of_source_errors()}, inputs))
        if options.model is not None:
            trainings.append(Job(
                f"{options.model.name} on {name}", source_jobs.exported,
                base | {"model": fingerprints.of_file(options.model)},
                SourceInputs((), paths[number], model=options.model)))
            continue
        weights = options.out / "weights" / f"ours-{name}.pt" if options.out else None
        trainings.append(Job(
            f"ours without {name}", source_jobs.train,
            base | {"config": asdict(options.config), "label": options.label,
                    "code": fingerprints.of_training(options.config.network)},
            SourceInputs(learn, paths[number], weights)))
    return SourcePlan(options, names[:len(options.data)],
                      [len(dataset) for dataset in datasets], baselines, trainings)


def run_sources(plan: SourcePlan, hooks: JobHooks = NO_HOOKS) -> list[Outcome]:
    """Do every job that was not done before."""
    with results_folder(plan.options.out) as folder:
        return jobs.run([*plan.baselines, *plan.trainings], folder,
                        processes=plan.options.processes, hooks=hooks)


def report_sources(plan: SourcePlan, outcomes: Sequence[Outcome]) -> SourceReport:
    """Gather the errors of every source of which both jobs were done."""
    count = len(plan.sources)
    errors: dict[str, dict[str, Errors]] = {view: {} for view in VIEWS}
    windows: dict[str, dict[str, int]] = {view: {} for view in VIEWS}
    for source, simple, trained in zip(
            plan.sources, outcomes[:count], outcomes[count:], strict=True):
        if simple.result is None or trained.result is None:
            continue
        for view in VIEWS:
            found = simple.result[view]
            errors[view][source] = {**found["errors"], OURS: trained.result["errors"][view]}
            windows[view][source] = found["windows"]
    failed = {outcome.job.name: outcome.error for outcome in outcomes if outcome.result is None}
    options = plan.options
    return SourceReport(errors, windows, failed, {
        "sources": dict(zip(plan.sources, plan.clips, strict=False)),
        "beside": [path.name for path in options.beside], "step": options.step,
        "label": options.label, "training": None if options.model else asdict(options.config),
        "model": fingerprints.of_file(options.model) if options.model else None,
        "seconds": {outcome.job.name: round(outcome.seconds, 1) for outcome in outcomes}})


def source_results(report: SourceReport) -> list[bench.Result]:
    """Return ratio.VIEW.METHOD, the mean of the sources, then .frame_N, .SOURCE and .worst."""
    results = []
    for view in VIEWS:
        of_sources = report.ratios(view)
        for method, mean in report.mean_ratios(view).items():
            if method == STILL:
                continue
            name = f"ratio.{view}.{method.replace(', ', '_').replace(' ', '_')}"
            figures: Mapping[str, float] = {
                name: mean[0],
                **{f"{name}.frame_{frame}": mean[frame] for frame in FRAMES},
                **{f"{name}.{source}": found[method][0] for source, found in of_sources.items()},
                f"{name}.worst": max(max(found[method]) for found in of_sources.values()),
            }
            results += [bench.result(key, value, "x", peer=STILL, peer_value=1.0)
                        for key, value in figures.items()]
    return results
