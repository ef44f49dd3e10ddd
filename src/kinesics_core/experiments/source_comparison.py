"""Forecasts on sources that nothing was fitted to: ``kinesics eval sources``.

Every source is left out in turn, alone or together with others; a network is trained on the rest,
once or twice, with the datasets that are never judged beside them (synthetic motion), and judged on
what was left out, beside what has to be beaten. Or a model file is judged, which must have learned
from none of them.
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
        second: How they are trained again, from the weights of the first training; None leaves it
            at that.
        label: Label that their classifiers learn; None for none.
        step: Frames between two frontal windows.
        processes: Trainings at a time.
        out: Folder for results and weights; None keeps nothing.
        model: ONNX file to judge in place of training; it must have learned from none of them.
        together: Names of sources that are left out together; the others are left out alone.
    """

    data: tuple[Path, ...]
    beside: tuple[Path, ...]
    config: TrainingConfig
    label: str | None = None
    step: int = 15
    processes: int = 2
    out: Path | None = None
    model: Path | None = None
    second: TrainingConfig | None = None
    together: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        if len(self.data) < 2:
            raise KinesicsError(
                f"Got {len(self.data)} source(s) to leave out; wanted at least 2, to learn from the"
                " others.")
        if self.model is not None and not self.model.exists():
            raise KinesicsError(
                f"{self.model} does not exist. Wanted an ONNX file of `kinesics train forecast`.")
        for config in (self.config, self.second):
            if config is not None and config.view != "random":
                raise KinesicsError(
                    f"Got a training on the view {config.view!r}; wanted random, as sources are"
                    " judged through cameras too. Choose --recipe carry_over.")
        named = [name for group in self.together for name in group]
        known = [path.name for path in self.data]
        for name in named:
            if name not in known or named.count(name) > 1:
                raise KinesicsError(
                    f"Got {name!r} {named.count(name)} times among what is left out together;"
                    f" wanted each of {', '.join(known)} once at most.")
        if self.together and len(self.groups) < 2 and self.model is None and not self.beside:
            raise KinesicsError(
                f"All of {', '.join(known)} are left out together, and nothing is left to learn"
                " from. Leave some of them out of --together, or give --beside.")

    @property
    def groups(self) -> list[tuple[Path, ...]]:
        """Sources by what is left out together, in the order given."""
        by_name = {path.name: path for path in self.data}
        of = {name: group for group in self.together for name in group}
        found = dict.fromkeys(of.get(name, (name,)) for name in by_name)
        return [tuple(by_name[name] for name in group) for group in found]


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """A comparison before it is run.

    Attributes:
        options: What was asked for.
        sources: Names of the sources.
        clips: Number of clips of each.
        baselines: Job of each source.
        trainings: Job of each group of sources left out together; or of each source, for a model.
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
    """Plan the baselines of each source, and a training for each group left out.

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
    sources = names[:len(options.data)]
    common = {"data": prints, "beside": names[len(sources):], "step": options.step,
              "seed": options.config.seed}
    baselines: dict[str, Job] = {}
    trainings: list[Job] = []
    for group in options.groups:
        left_out = [path.name for path in group]
        base = common | {"left_out": left_out}
        learn = tuple(path for path in paths if path not in group)
        for path in group:
            baselines[path.name] = Job(
                f"baselines on {path.name}", source_jobs.baselines,
                base | {"judged": path.name, "code": fingerprints.of_source_errors()},
                SourceInputs(learn, (path,)))
        if options.model is not None:
            trainings.append(Job(
                f"{options.model.name} on {' '.join(left_out)}", source_jobs.exported,
                base | {"model": fingerprints.of_file(options.model)},
                SourceInputs((), group, model=options.model)))
        else:
            trainings.append(_training(options, base, learn, group))
    return SourcePlan(options, sources, [len(dataset) for dataset in datasets],
                      [baselines[name] for name in sources], trainings)


def _training(
    options: SourceOptions, base: Mapping[str, Any], learn: tuple[Path, ...],
    group: tuple[Path, ...],
) -> Job:
    """Return the job that trains a network without a group of sources."""
    name = "+".join(path.name for path in group)
    weights = options.out / "weights" / f"ours-{name}.pt" if options.out else None
    return Job(
        f"ours without {name}", source_jobs.train,
        {**base, "config": asdict(options.config),
         "second": asdict(options.second) if options.second else None, "label": options.label,
         "code": fingerprints.of_training(options.config.network)},
        SourceInputs(learn, group, weights))


def run_sources(plan: SourcePlan, hooks: JobHooks = NO_HOOKS) -> list[Outcome]:
    """Do every job that was not done before."""
    with results_folder(plan.options.out) as folder:
        return jobs.run([*plan.baselines, *plan.trainings], folder,
                        processes=plan.options.processes, hooks=hooks)


def report_sources(plan: SourcePlan, outcomes: Sequence[Outcome]) -> SourceReport:
    """Gather the errors of every source of which both jobs were done."""
    count = len(plan.sources)
    ours: dict[str, Errors] = {}
    for outcome in outcomes[count:]:
        ours |= outcome.result["errors"] if outcome.result else {}
    errors: dict[str, dict[str, Errors]] = {view: {} for view in VIEWS}
    windows: dict[str, dict[str, int]] = {view: {} for view in VIEWS}
    for source, simple in zip(plan.sources, outcomes[:count], strict=True):
        if simple.result is None or source not in ours:
            continue
        for view in VIEWS:
            found = simple.result[view]
            errors[view][source] = {**found["errors"], OURS: ours[source][view]}
            windows[view][source] = found["windows"]
    failed = {outcome.job.name: outcome.error for outcome in outcomes if outcome.result is None}
    options = plan.options
    return SourceReport(errors, windows, failed, {
        "sources": dict(zip(plan.sources, plan.clips, strict=False)),
        "beside": [path.name for path in options.beside], "step": options.step,
        "left_out_together": [[path.name for path in group] for group in options.groups],
        "label": options.label, "training": None if options.model else asdict(options.config),
        "second": asdict(options.second) if options.second and not options.model else None,
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
