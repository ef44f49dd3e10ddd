"""Networks beside what they have to beat, on any dataset: ``kinesics eval forecast|recognise``.

Every network is trained on the same folds in a process of its own, with the paper's recipe as it
is and with residual output beside it; ours with its own. How many epochs fit into ``MINUTES`` is
reckoned from the number of windows, not from the clock, so that a run can be repeated; the table
says how many they were.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from kinesics_core import bench
from kinesics_core.dataset.clips import Dataset
from kinesics_core.errors import KinesicsError
from kinesics_core.jobs import local as jobs
from kinesics_core.jobs.local import Job, Outcome
from kinesics_core.motion.evaluation import experiments, figures, splits
from kinesics_core.motion.evaluation.evaluation import REPORTED
from kinesics_core.motion.evaluation.experiments import LEAKS, Plan
from kinesics_core.motion.networks.registry import NETWORKS, RECOGNISER
from kinesics_core.motion.training.config import TrainingConfig, recipe
from kinesics_core.motion.training.recognition_training import RecognitionConfig
from kinesics_core.training import curves

MINUTES = 18.0
"""What all trainings together may take by default on a dataset of ``LARGE`` windows or more."""
LARGE = 10_000
SMALLEST = 0.12
"""Share of ``MINUTES`` that a dataset of a few windows gets."""
MOST = 20_000
"""Training windows of an epoch."""

SECONDS = {"mlp": 0.6, "lstm": 0.9, "cnn_lstm": 2.0, "transformer": 16.0, "ours": 0.2}
"""For 1000 windows on one core of 2024: how epochs are reckoned, nothing else."""
PART = {"mlp": 1.0, "lstm": 2.5, "cnn_lstm": 2.5, "transformer": 5.0, "ours": 2.5}
"""Parts of the time that each training gets."""
OURS = {"ours": RECOGNISER, "ours_forecaster": "ours"}
"""For recognition: the network made for it, and our forecaster with its classifier."""
PAPER_EPOCHS, OUR_EPOCHS = 200, 100
COLUMNS = 10
RULES = ("zero_velocity", "constant_velocity", "mean_pose", "ridge")
LEAK = (
    "This split leaks: windows slide, so test windows share frames with training windows of the"
    " same clips. It is what the paper did; its figures say nothing about new recordings."
)


@dataclass(frozen=True, slots=True)
class Options:
    """What the commands share. epochs: None reckons them. out: None keeps nothing.

    residual: train the paper's networks with residual output too. optimiser: of the paper's
    recipe, see ``TrainingConfig``. models: ONNX files by name, in place of training.
    """

    data: Path
    label: str | None = None
    split: str = "clip"
    networks: tuple[str, ...] = ()
    residual: bool = True
    optimiser: str = "adamw"
    epochs: int | None = None
    step: int = 15
    seed: int = 0
    view: str = "frontal"
    processes: int = 2
    out: Path | None = None
    models: Mapping[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("epochs", "step", "processes"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise KinesicsError(f"Got {name} {value}; wanted at least 1.")
        for name, path in self.models.items():
            if not path.exists():
                raise KinesicsError(
                    f"{path}, to be called {name}, does not exist. Wanted an ONNX file of"
                    " `kinesics train forecast`.")


@dataclass(frozen=True, slots=True)
class Report:
    """results: flat, as ``bench`` writes them. about: how they came about. failed: by method."""

    results: list[bench.Result]
    about: dict[str, Any]
    failed: dict[str, str]


def compare_forecasts(options: Options, console: Console) -> Report:
    """Train or load, judge, print; the figures. KinesicsError if the data cannot be used so."""
    _check_networks(options, tuple(NETWORKS))
    dataset = Dataset(options.data)
    found = experiments.plan(
        dataset, options.split, label=options.label, step=options.step, view=options.view,
        seed=options.seed)
    _announce(found, options, dataset, console)
    base = {"data": experiments.fingerprint(options.data), "step": options.step,
            "view": options.view, "split": options.split, "label": options.label,
            "seed": options.seed}
    trainings = _trainings(options, found)
    todo: list[tuple[str, int, Job]] = []
    for number, fold in enumerate(found.folds):
        settings = base | {"left_out": fold.left_out}
        inputs = {"data": str(options.data), "fold": fold, "keypoints": dataset.info.keypoints}
        ending = f" without {fold.left_out}" if fold.left_out else ""
        todo.append(("", number, Job(
            "baselines" + ending, experiments.baselines, settings, inputs)))
        for name, path in options.models.items():
            todo.append((name, number, Job(
                name + ending, experiments.exported,
                settings | {"model": experiments.file_fingerprint(path)},
                inputs | {"model": str(path)})))
        for name, training in trainings.items():
            todo.append((name, number, Job(
                name + ending, experiments.forecast,
                settings | {"config": asdict(training.config), "most": training.most,
                            "code": experiments.code_of(training.config.network)},
                inputs | {"weights": _weights(options, name, fold.left_out)})))
    outcomes = _run(todo, options)
    if all(outcomes[("", number)].result is None for number in range(len(found.folds))):
        raise KinesicsError(f"The baselines failed: {outcomes[('', 0)].error}")
    _keep_curves(outcomes, options, found)

    rows = {name: [_result(outcomes, "", n, "errors", name) for n in range(len(found.folds))]
            for name in RULES}
    for name in [*options.models, *trainings]:
        rows[name] = [_result(outcomes, name, n, "errors") for n in range(len(found.folds))]
    failed = _failures(outcomes)
    console.print(_forecast_table(rows, found, trainings, outcomes))
    classes = sorted({key for errors in rows["zero_velocity"] if errors
                      for key in errors["by_class"]})
    for table in _class_tables(rows, classes, options.label or ""):
        console.print(table)
    _print_failures(failed, console)
    results = _forecast_results(rows, found)
    return Report(results, _about(options, found, dataset, trainings, outcomes), failed)


def compare_recognition(options: Options, console: Console) -> Report:
    """Like ``compare_forecasts`` for a label; the confusion matrices are drawn with ``out``.

    The paper's networks are trained as the paper does, both heads at once; ours with
    ``recognition_training``, which is made to hold for contents never seen.
    """
    _check_networks(options, (*NETWORKS, *OURS))
    if options.label is None:
        raise KinesicsError("Got no label to recognise; say which with --label.")
    dataset = Dataset(options.data)
    clips = list(dataset)
    names = splits.values(clips, options.label)
    if len(set(names)) < 2:
        raise KinesicsError(
            f"All clips have the {options.label} {names[0] if names else 'none'}; wanted at least"
            " two classes to tell apart. Choose another label.")
    found = experiments.plan(
        dataset, options.split, label=options.label, step=options.step, view=options.view,
        seed=options.seed, recognising=True)
    _announce(found, options, dataset, console)
    for fold in found.folds:
        unknown = [] if options.split == LEAKS else splits.never_trained_on(fold, names)
        if unknown:
            console.print(
                f"[yellow]Without {fold.left_out or 'the test clips'}, no training clip is"
                f" {', '.join(unknown)}; its test clips cannot be recognised and count as wrong.")
    trainings = _trainings(
        replace(options, residual=False,
                networks=tuple(name for name in options.networks if name not in OURS)), found)
    ours = {name: RecognitionConfig(seed=options.seed)
            for name in options.networks if name in OURS}
    contents = names_of(clips, options.split)
    base = {"data": experiments.fingerprint(options.data), "step": options.step,
            "view": options.view, "split": options.split, "label": options.label,
            "seed": options.seed}
    todo: list[tuple[str, int, Job]] = []
    for number, fold in enumerate(found.folds):
        settings = base | {"left_out": fold.left_out}
        inputs = {"data": str(options.data), "fold": fold, "keypoints": dataset.info.keypoints,
                  "contents": contents}
        ending = f" without {fold.left_out}" if fold.left_out else ""
        todo.append(("", number, Job(
            "statistics" + ending, experiments.statistics, settings, inputs)))
        for name, path in options.models.items():
            todo.append((name, number, Job(
                name + ending, experiments.exported_recognition,
                settings | {"model": experiments.file_fingerprint(path)},
                inputs | {"model": str(path)})))
        for name, training in trainings.items():
            todo.append((name, number, Job(
                name + ending, experiments.recognise,
                settings | {"network": name, "config": asdict(training.config),
                            "most": training.most, "recognition": None,
                            "code": experiments.code_of(name)},
                inputs | {"weights": _weights(options, name, fold.left_out)})))
        for name, recogniser in ours.items():
            todo.append((name, number, Job(
                name + ending, experiments.recognise,
                settings | {"network": OURS[name], "config": None,
                            "recognition": asdict(recogniser),
                            "code": experiments.code_of(OURS[name])},
                inputs | {"weights": _weights(options, name, fold.left_out)})))
    outcomes = _run(todo, options)
    if all(outcomes[("", number)].result is None for number in range(len(found.folds))):
        raise KinesicsError(f"The baselines failed: {outcomes[('', 0)].error}")
    _keep_curves(outcomes, options, found)

    count = range(len(found.folds))
    rows = {name: [_result(outcomes, "", n, "methods", name) for n in count]
            for name in ("majority", "statistics")}
    for name in [*options.models, *trainings, *ours]:
        rows[name] = [_result(outcomes, name, n, "scores") for n in count]
    classes = next(outcome.result["classes"] for outcome in outcomes.values()
                   if outcome.result and "classes" in outcome.result)
    failed = _failures(outcomes)
    console.print(_recognition_table(rows, options, found))
    if len(found.folds) > 1:
        console.print(_fold_table(rows, found, options.split))
    for name in rows:
        whole = [entry for entry in rows[name] if entry]
        if name == "majority" or not whole:
            continue
        confusion = np.sum([entry["clip"]["confusion"] for entry in whole], axis=0)
        if len(classes) <= 20:
            console.print(_confusion_table(name, confusion, classes, options.split == LEAKS))
        if options.out is not None:
            figures.confusion(
                confusion, classes, f"{name}: {options.label} of {dataset.info.name}, split"
                f" {options.split}", options.out / f"confusion_{name}.png")
    _print_failures(failed, console)
    results = _recognition_results(rows, found)
    return Report(results, _about(
        options, found, dataset, {**trainings, **ours}, outcomes), failed)


def names_of(clips: Sequence[Any], split: str) -> list[str] | None:
    """What each clip's label is balanced over: what is left out, or the content where there is
    such a label."""
    by = "content" if split in ("clip", LEAKS) else split
    named = [clip.labels.get(by) for clip in clips]
    return None if None in named else named


@dataclass(frozen=True, slots=True)
class Training:
    """most: training windows an epoch; of more, every second, third, ... is taken."""

    config: TrainingConfig
    most: int = MOST


def reckon(network: str, windows: int, seconds: float, epochs: int) -> tuple[int, int]:
    """Epochs (at most ``epochs``) of how many windows fit into ``seconds`` on one core, about.

    Two epochs of fewer windows rather than none of all.
    """
    affordable = 1000 * seconds / SECONDS[network]
    most = int(np.clip(affordable / 2, min(500, windows), min(windows, MOST)))
    return int(np.clip(affordable / most, 2, epochs)), most


def _trainings(options: Options, found: Plan) -> dict[str, Training]:
    """What is trained, by the name it is reported under."""
    wanted = [(network, residual) for network in options.networks
              for residual in ((True,) if network == "ours" else
                               (False, True) if options.residual else (False,))]
    if not wanted:
        return {}
    size = min(max(found.windows / LARGE, SMALLEST), 1.0)
    budget = MINUTES * 60 * options.processes * size / len(found.folds)
    unit = budget / sum(PART[network] for network, _ in wanted)
    # Ours draws its windows anywhere in the clips: as many places as there are, up to its own.
    drawn = int(np.clip(found.train_windows * options.step, 2560, 20000))
    trainings = {}
    for network, residual in wanted:
        ours = network == "ours"
        windows, longest = (drawn, OUR_EPOCHS) if ours else (found.train_windows, PAPER_EPOCHS)
        epochs, most = reckon(network, windows, unit * PART[network], longest)
        if options.epochs is not None:
            epochs, most = options.epochs, min(windows, MOST)
        shared = {"network": network, "epochs": epochs, "step": options.step,
                  "view": options.view, "seed": options.seed}
        if ours:
            trainings[network] = Training(recipe("ours", windows=most, **shared))
        else:
            name = f"{network}_residual" if residual else network
            trainings[name] = Training(
                recipe("paper", residual=residual, optimiser=options.optimiser, **shared), most)
    return trainings


def _check_networks(options: Options, known: Sequence[str]) -> None:
    strange = [name for name in options.networks if name not in known]
    if strange:
        raise KinesicsError(
            f"Got network {strange[0]!r}; there are {', '.join(known)}. Choose of them.")


def _announce(found: Plan, options: Options, dataset: Dataset, console: Console) -> None:
    folds = len(found.folds)
    sides = found.folds[0]
    how = LEAKS if options.split == LEAKS else \
        "by clip" if options.split == "clip" else f"{folds} folds, leaving out one {options.split}"
    what = "windows" if options.split == LEAKS else "clips"
    console.print(
        f"{dataset.info.name}: {len(dataset)} clips, {found.windows} windows every {options.step}"
        f" frames at 30 Hz; {how}: {len(sides.train)} {what} to train on,"
        f" {len(sides.validation)} to validate, {len(sides.test)} to test"
        + (" in the first" if folds > 1 else ""), highlight=False)
    if found.short:
        console.print(
            f"{found.short} clips give no window (shorter than 3 s, or nobody in them) and are"
            " left out", highlight=False)
    if options.split == LEAKS:
        console.print(f"[bold yellow]{LEAK}")


def _run(
    todo: Sequence[tuple[str, int, Job]], options: Options
) -> dict[tuple[str, int], Outcome]:
    with _kept(options.out) as directory:
        done = jobs.run([job for _, _, job in todo], directory, processes=options.processes)
    return {(name, number): outcome
            for (name, number, _), outcome in zip(todo, done, strict=True)}


@contextlib.contextmanager
def _kept(out: Path | None) -> Iterator[Path]:
    if out is not None:
        yield out / "results"
        return
    with tempfile.TemporaryDirectory(prefix="kinesics-eval-") as temporary:
        yield Path(temporary)


def _weights(options: Options, name: str, left_out: str) -> str | None:
    if options.out is None:
        return None
    return str(options.out / "weights" / f"{name}{'-' + left_out if left_out else ''}.pt")


def _keep_curves(
    outcomes: Mapping[tuple[str, int], Outcome], options: Options, found: Plan
) -> None:
    if options.out is None:
        return
    folder = options.out / "curves"
    folder.mkdir(parents=True, exist_ok=True)
    for (name, number), outcome in outcomes.items():
        rows = (outcome.result or {}).get("curves")
        if rows:
            left_out = found.folds[number].left_out
            stem = f"{name}{'-' + left_out if left_out else ''}"
            (folder / f"{stem}.csv").write_text(curves.as_csv(rows))
            curves.draw(rows, folder / f"{stem}.png")


def _result(
    outcomes: Mapping[tuple[str, int], Outcome], name: str, number: int, *keys: str
) -> dict[str, Any] | None:
    value: Any = outcomes[name, number].result
    for key in keys:
        value = None if value is None else value[key]
    return value


def _failures(outcomes: Mapping[tuple[str, int], Outcome]) -> dict[str, str]:
    return {outcome.job.name: outcome.error
            for outcome in outcomes.values() if outcome.result is None}


def _print_failures(failed: Mapping[str, str], console: Console) -> None:
    for name, error in failed.items():
        console.print(f"[bold red]{name} failed:[/] {error}", highlight=False)


def mean(values: Sequence[float | None]) -> float | None:
    """None unless every fold gave its value: a mean over some folds would be another figure."""
    present = [value for value in values if value is not None]
    return float(np.mean(present)) if present and len(present) == len(values) else None


def _mean_of(entries: Sequence[dict[str, Any] | None], *keys: Any) -> float | None:
    """``mean`` of one figure of every fold."""
    values: list[float | None] = []
    for entry in entries:
        value: Any = entry
        for key in keys:
            value = None if value is None else value[key]
        values.append(value)
    return mean(values)


def _forecast_table(
    rows: Mapping[str, Sequence[dict[str, Any] | None]], found: Plan,
    trainings: Mapping[str, Training], outcomes: Mapping[tuple[str, int], Outcome],
) -> Table:
    folds = f", mean of {len(found.folds)} folds" if len(found.folds) > 1 else ""
    table = Table(title="Mean absolute error of a coordinate, test windows, pose scale 1 (the"
                        f" paper's normalisation){folds}")
    table.add_column("method")
    for heading in ("all 30 frames", *(f"frame {frame}" for frame in REPORTED), "epochs",
                    "training"):
        table.add_column(heading, justify="right")
    for name, errors in rows.items():
        cells = [_cell(_mean_of(errors, "mae"))]
        cells += [_cell(_mean_of(errors, "by_frame", frame - 1))
                  for frame in REPORTED]
        if name in trainings:
            seconds = sum(outcomes[name, n].seconds for n in range(len(found.folds)))
            config = trainings[name].config
            first = outcomes[name, 0].result
            seen = config.windows or (first["windows"][0] if first else 0)
            cells += [f"{config.epochs} of {seen} windows", f"{seconds:.0f} s"]
        table.add_row(name, *cells)
    return table


def _class_tables(
    rows: Mapping[str, Sequence[dict[str, Any] | None]], classes: Sequence[str], label: str
) -> Iterator[Table]:
    """As many classes in one as fit."""
    for begin in range(0, len(classes), COLUMNS):
        shown = classes[begin:begin + COLUMNS]
        table = Table(title=f"The same over all 30 frames, by {label}")
        table.add_column("method")
        for value in shown:
            table.add_column(value, justify="right")
        for name, errors in rows.items():
            table.add_row(name, *(_cell(_class_mean(errors, value)) for value in shown))
        yield table


def _class_mean(errors: Sequence[dict[str, Any] | None], value: str) -> float | None:
    """Over the folds in which the class occurs."""
    if any(entry is None for entry in errors):
        return None
    return mean([entry["by_class"][value] for entry in errors
                 if entry is not None and value in entry["by_class"]])


def _forecast_results(
    rows: Mapping[str, Sequence[dict[str, Any] | None]], found: Plan
) -> list[bench.Result]:
    """mae.METHOD, then .frame_N, .class.VALUE and .fold.VALUE; the peer is zero velocity."""
    still = _mean_of(rows["zero_velocity"], "mae")
    results = [bench.result(f"mae.{name}", _mean_of(errors, "mae"), "pose scales",
                            peer=None if name == "zero_velocity" else "zero velocity",
                            peer_value=None if name == "zero_velocity" else still)
               for name, errors in rows.items()]
    for name, errors in rows.items():
        results += [bench.result(
            f"mae.{name}.frame_{frame}", _mean_of(errors, "by_frame", frame - 1),
            "pose scales") for frame in REPORTED]
        classes = sorted({key for e in errors if e for key in e["by_class"]})
        results += [bench.result(f"mae.{name}.class.{value}", _class_mean(errors, value),
                                 "pose scales") for value in classes]
        if len(found.folds) > 1:
            results += [bench.result(f"mae.{name}.fold.{fold.left_out}", e["mae"] if e else None,
                                     "pose scales")
                        for fold, e in zip(found.folds, errors, strict=True)]
    return results


def _recognition_table(
    rows: Mapping[str, Sequence[dict[str, Any] | None]], options: Options, found: Plan
) -> Table:
    leaks = options.split == LEAKS
    folds = f", mean of {len(found.folds)} folds" if len(found.folds) > 1 else ""
    table = Table(title=f"Recognition of {options.label}{folds}"
                        + (" (by window only: this split leaks)" if leaks else ""))
    table.add_column("method")
    kinds = [("window", "of windows")] if leaks else \
        [("clip", "of clips"), ("window", "of windows")]
    for _, what in kinds:
        table.add_column(f"accuracy {what}", justify="right")
        table.add_column(f"macro-F1 {what}", justify="right")
    for name, scores in rows.items():
        table.add_row(name, *(
            _cell(_mean_of(scores, kind, figure), 3)
            for kind, _ in kinds for figure in ("accuracy", "macro_f1")))
    return table


def _fold_table(
    rows: Mapping[str, Sequence[dict[str, Any] | None]], found: Plan, split: str
) -> Table:
    table = Table(title=f"Accuracy of clips / macro-F1, by the {split} left out")
    table.add_column(split)
    for name in rows:
        table.add_column(name, justify="right")
    for number, fold in enumerate(found.folds):
        cells = []
        for scores in rows.values():
            entry = scores[number]
            cells.append("failed" if entry is None else
                         f"{entry['clip']['accuracy']:.3f} / {entry['clip']['macro_f1']:.3f}")
        table.add_row(fold.left_out, *cells)
    return table


def _confusion_table(
    name: str, confusion: np.ndarray, classes: Sequence[str], leaks: bool
) -> Table:
    what = "windows" if leaks else "clips"
    table = Table(title=f"{name}: what the test {what} of each row were taken for")
    table.add_column("")
    for value in classes:
        table.add_column(value, justify="right")
    for value, counts in zip(classes, confusion, strict=True):
        table.add_row(value, *(str(count) if count else "" for count in counts))
    return table


def _recognition_results(
    rows: Mapping[str, Sequence[dict[str, Any] | None]], found: Plan
) -> list[bench.Result]:
    """accuracy.METHOD and macro_f1.METHOD of clips, then .window and .fold.VALUE."""
    results: list[bench.Result] = []
    for figure in ("accuracy", "macro_f1"):
        for name, scores in rows.items():
            base = name in ("statistics", "majority")
            results.append(bench.result(
                f"{figure}.{name}", _mean_of(scores, "clip", figure), "share",
                peer=None if base else "statistics",
                peer_value=None if base else
                _mean_of(rows["statistics"], "clip", figure)))
    for figure in ("accuracy", "macro_f1"):
        for name, scores in rows.items():
            results.append(bench.result(
                f"{figure}.{name}.window", _mean_of(scores, "window", figure),
                "share"))
            if len(found.folds) > 1:
                results += [bench.result(f"{figure}.{name}.fold.{fold.left_out}",
                                         s["clip"][figure] if s else None, "share")
                            for fold, s in zip(found.folds, scores, strict=True)]
    return results


def _about(
    options: Options, found: Plan, dataset: Dataset,
    trainings: Mapping[str, Training | RecognitionConfig],
    outcomes: Mapping[tuple[str, int], Outcome],
) -> dict[str, Any]:
    """What the figures are of, beside them in the JSON."""
    return {
        "data": dataset.info.name, "clips": len(dataset), "clips_left_out": found.short,
        "windows": found.windows, "step": options.step, "split": options.split,
        "leaks": options.split == LEAKS, "folds": len(found.folds), "label": options.label,
        "seed": options.seed, "view": options.view, "normalisation": "per_frame",
        "headline": "mean over all 30 frames" if "baselines" in outcomes["", 0].job.name else
        "clips, the mean of their windows",
        "trainings": {name: asdict(config) for name, config in trainings.items()},
        "seconds": {outcome.job.name: round(outcome.seconds, 1) for outcome in outcomes.values()},
    }


def _cell(value: float | None, digits: int = 4) -> str:
    return "failed" if value is None else f"{value:.{digits}f}"
