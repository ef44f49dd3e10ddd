"""The paper's three studies (arXiv 2603.01804, section 3), on anybody's recordings.

``pretraining``  by how much training on synthetic motion first lowers the error on real motion, by
                 network and by how much synthetic motion there was (3.1, figure 1).
``domains``      the error on real motion and on other domains every 10 epochs, of networks trained
                 from scratch and of pretrained ones (3.2, figure 3).
``emotion``      recognition on each domain, from scratch and pretrained (3.2, table 2).

All train with the paper's recipe on the same split by clip; seeds differ in weights and order.
Every training is a job whose result is kept, so that a study that was killed goes on. Pretrained
weights are shared by the three if they have one folder.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from kinesics_core import bench, files
from kinesics_core.dataset.clips import Clip, Dataset
from kinesics_core.errors import KinesicsError
from kinesics_core.jobs import local as jobs
from kinesics_core.jobs.local import Job, Outcome, Report
from kinesics_core.motion.evaluation import evaluation, experiments, figures, splits
from kinesics_core.motion.evaluation.comparison import mean
from kinesics_core.motion.networks.registry import NETWORKS
from kinesics_core.motion.training import checkpoints, labels, windowing
from kinesics_core.motion.training.checkpoints import Identity
from kinesics_core.motion.training.config import TrainingConfig, recipe
from kinesics_core.motion.training.feeds import Examples
from kinesics_core.motion.training.fit import TrainingData, fit
from kinesics_core.motion.training.predict import predict
from kinesics_core.motion.training.windowing import CutWindows, WindowBatch, cut_windows
from kinesics_core.training.loop import Hooks

REAL, SCRATCH = "real", "scratch"
EVERY = 10
"""Epochs between two measurements on the domains, as in the paper's figure 3."""
PRETRAIN_VALIDATION = 0.05
"""Of the synthetic clips, to choose the best epoch by."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the studies share.

    data: real recordings. label: trained beside the forecast (equation 3); None for the forecast
    alone. pretrain: synthetic datasets, one a tier. domains: others to test on, by name.
    epochs: on the real recordings. pretrain_epochs: on the synthetic ones.
    residual: the networks predict the change from the newest frame, which the paper's do not.
    """

    data: Path
    out: Path
    networks: tuple[str, ...]
    pretrain: tuple[Path, ...]
    label: str | None = None
    domains: Mapping[str, Path] = field(default_factory=dict)
    seeds: int = 3
    epochs: int = 30
    pretrain_epochs: int = 5
    step: int = 15
    residual: bool = False
    processes: int = 2

    def __post_init__(self) -> None:
        for name in ("seeds", "epochs", "pretrain_epochs", "step", "processes"):
            if getattr(self, name) < 1:
                raise KinesicsError(f"Got {name} {getattr(self, name)}; wanted at least 1.")
        strange = [name for name in self.networks if name not in NETWORKS]
        if strange or not self.networks:
            raise KinesicsError(
                f"Got networks {', '.join(self.networks) or 'none'}; wanted some of"
                f" {', '.join(NETWORKS)}.")
        names = [path.name for path in self.pretrain]
        if len(set(names)) < len(names):
            raise KinesicsError(
                f"Got tiers {', '.join(names)}; they are called by their folders, which must"
                " differ.")
        if REAL in self.domains:
            raise KinesicsError(
                f"No domain may be called {REAL}; that is the test split of --data.")


def pretraining(options: Options, console: Console) -> dict[str, str]:
    """Figure 1: relative gain of the test error by tier. What failed, and why."""
    tiers = [path.name for path in options.pretrain]
    done, failed = _study(options, console, measured=False, recognising=False)
    rows: list[dict[str, Any]] = []
    for network in options.networks:
        for seed in range(options.seeds):
            scratch = _error(done.get((network, SCRATCH, seed)))
            for tier in (SCRATCH, *tiers):
                error = _error(done.get((network, tier, seed)))
                gain = None if error is None or scratch is None else \
                    100.0 * (scratch - error) / scratch
                rows.append({"network": network, "tier": tier, "seed": seed, "mae": error,
                             "gain_percent": gain})
    _write_csv(options.out / "pretraining.csv", rows)

    def of(network: str, tier: str, key: str) -> list[float]:
        return [row[key] for row in rows if (row["network"], row["tier"]) == (network, tier)
                and row[key] is not None]

    table = Table(title=f"Error on real test clips, mean of {options.seeds} seeds, and gain over"
                        " training from scratch (mean ± standard deviation)")
    table.add_column("network")
    for tier in (SCRATCH, *tiers):
        table.add_column(tier, justify="right")
    results = []
    for network in options.networks:
        cells = []
        for tier in (SCRATCH, *tiers):
            errors, gains = of(network, tier, "mae"), of(network, tier, "gain_percent")
            whole = len(errors) == options.seeds
            error = float(np.mean(errors)) if whole else None
            results.append(bench.result(f"mae.{network}.{tier}", error, "pose scales"))
            cell = "failed" if error is None else f"{error:.4f}"
            if tier != SCRATCH:
                gain = float(np.mean(gains)) if len(gains) == options.seeds else None
                results.append(bench.result(f"gain.{network}.{tier}", gain, "%"))
                cell += "" if gain is None else f"  {gain:+.1f} ± {np.std(gains):.1f} %"
            cells.append(cell)
        table.add_row(network, *cells)
    console.print(table)
    _draw_gains(options, tiers, of)
    _finish(options, "pretraining", results, failed, console)
    return failed


def domains(options: Options, console: Console) -> dict[str, str]:
    """Figure 3: the error on every domain every 10 epochs, scratch above, pretrained below."""
    done, failed = _study(options, console, measured=True, recognising=False)
    names = (REAL, *options.domains)
    starts = (SCRATCH, *(path.name for path in options.pretrain))
    rows = [
        {"network": network, "start": start, "seed": seed, "epoch": row["epoch"],
         **{name: row.get(f"mae_{name}") for name in names}}
        for (network, start, seed), result in done.items()
        for row in result["curves"] if f"mae_{REAL}" in row
    ]
    _write_csv(options.out / "domains.csv", rows)
    table = Table(title=f"Error on each domain after {options.epochs} epochs, mean of"
                        f" {options.seeds} seeds")
    for column in ("network", "start", *names):
        table.add_column(column, justify="right" if column in names else "left")
    results = []
    for network in options.networks:
        for start in starts:
            last = [row for row in rows if row["epoch"] == options.epochs
                    and (row["network"], row["start"]) == (network, start)]
            cells = []
            for name in names:
                error = mean([row[name] for row in last]) if len(last) == options.seeds else None
                results.append(bench.result(f"mae.{network}.{start}.{name}", error, "pose scales"))
                cells.append("failed" if error is None else f"{error:.4f}")
            table.add_row(network, start, *cells)
    console.print(table)
    _draw_domains(options, starts, names, rows)
    _finish(options, "domains", results, failed, console)
    return failed


def emotion(options: Options, console: Console) -> dict[str, str]:
    """Table 2: accuracy on every domain, from scratch and pretrained. Of windows, as the paper;
    of clips and macro-F1 in the files."""
    if options.label is None:
        raise KinesicsError("Got no label to recognise; say which with --label.")
    done, failed = _study(options, console, measured=False, recognising=True)
    names = (REAL, *options.domains)
    starts = (SCRATCH, *(path.name for path in options.pretrain))
    rows = [
        {"network": network, "start": start, "seed": seed, "domain": name,
         "accuracy_windows": scores["window"]["accuracy"],
         "macro_f1_windows": scores["window"]["macro_f1"],
         "accuracy_clips": scores["clip"]["accuracy"], "macro_f1_clips": scores["clip"]["macro_f1"]}
        for (network, start, seed), result in done.items()
        for name, scores in result["recognition"].items()
    ]
    _write_csv(options.out / "emotion.csv", rows)

    def of(network: str, start: str, name: str, key: str) -> float | None:
        found = [row[key] for row in rows
                 if (row["network"], row["start"], row["domain"]) == (network, start, name)]
        return mean(found) if len(found) == options.seeds else None

    results = []
    for name in names:
        table = Table(title=f"{name}: accuracy of windows x 100, mean of {options.seeds} seeds")
        table.add_column("")
        for network in options.networks:
            table.add_column(network, justify="right")
        base = [of(network, SCRATCH, name, "accuracy_windows") for network in options.networks]
        for start in starts:
            values = [of(network, start, name, "accuracy_windows") for network in options.networks]
            table.add_row("baseline" if start == SCRATCH else start, *map(_percent, values))
            if start != SCRATCH:
                table.add_row("difference", *(
                    "" if a is None or b is None else f"{100 * (b - a):+.2f}"
                    for a, b in zip(base, values, strict=True)))
            results += [bench.result(f"accuracy.{network}.{start}.{name}", value, "share")
                        for network, value in zip(options.networks, values, strict=True)]
            results += [bench.result(f"{figure}.{network}.{start}.{name}.clips",
                                     of(network, start, name, f"{figure}_clips"), "share")
                        for network in options.networks for figure in ("accuracy", "macro_f1")]
        console.print(table)
    _draw_emotion(options, starts, names, of)
    _finish(options, "emotion", results, failed, console)
    return failed


def pretrain(settings: Mapping[str, Any], inputs: Mapping[str, Any], report: Report) -> dict:
    """A job: train on a synthetic dataset and keep the weights in inputs["weights"]."""
    dataset = Dataset(inputs["data"])
    clips = list(dataset)
    cut = cut_windows(clips, settings["step"])
    usable = sorted(set(cut.clip.tolist()))
    fold = splits.by_clip([clips[index] for index in usable], test=PRETRAIN_VALIDATION)
    config = TrainingConfig(**settings["config"])
    held = cut.of_clips(usable[index] for index in fold.test)
    train = cut.of_clips(usable[index] for index in fold.train + fold.validation)
    label = settings["label"]
    classes = labels.classes_of(clips, label) if label is not None else ()
    targets = labels.targets(clips, label, classes) if label is not None else None
    result = fit(
        TrainingData(_examples(train, targets), _examples(held, targets), classes,
                     dataset.info.keypoints),
        config, Hooks(on_step=experiments.reporter(config.epochs, report)))
    experiments.keep(
        Path(inputs["weights"]), result.network, result.identity, settings["config"])
    return {"curves": [dict(row) for row in result.curves], "windows": len(train)}


def finetune(settings: Mapping[str, Any], inputs: Mapping[str, Any], report: Report) -> dict:
    """A job: train on the real recordings, from inputs["start"] if it is one, and test there and on
    the domains."""
    dataset = Dataset(inputs["data"])
    clips, fold = list(dataset), inputs["fold"]
    config = TrainingConfig(**settings["config"])
    label, recognising = settings["label"], settings["recognising"]
    classes = labels.classes_of(clips, label) if label is not None else ()
    cut = cut_windows(clips, settings["step"], partial=recognising)
    targets = labels.targets(clips, label, classes) if label is not None else None
    train, held, test = (cut.of_clips(side) for side in (fold.train, fold.validation, fold.test))
    tested: dict[str, tuple[list[Clip], CutWindows]] = {REAL: (clips, test)}
    for name, path in inputs["domains"].items():
        other = list(Dataset(path))
        tested[name] = other, cut_windows(other, settings["step"], partial=recognising)
    truth = {name: windowing.encode(part, "per_frame") for name, (_, part) in tested.items()}
    identity = Identity(config.network, config.residual, dataset.info.keypoints, classes)
    start = None
    if inputs["start"] is not None:
        before = checkpoints.read(Path(inputs["start"]))[0].classes
        start = checkpoints.start_from(
            Path(inputs["start"]), identity, new_classifier=before != classes)

    def measure(epoch: int, network: torch.nn.Module) -> dict[str, float]:
        if not settings["measured"] or (epoch % EVERY and epoch not in (1, config.epochs)):
            return {}
        return {f"mae_{name}": _mae(network, part) for name, part in truth.items()}

    result = fit(
        TrainingData(_examples(train, targets), _examples(held, targets), classes,
                     dataset.info.keypoints),
        config, Hooks(on_epoch=measure, on_step=experiments.reporter(config.epochs, report)),
        start=start)
    recognition = {}
    if recognising and label is not None:
        for name, (those, part) in tested.items():
            recognition[name] = _recognise(
                result.network, truth[name], part, labels.targets(
                    those, label, classes, strict=False), len(classes), name)
    return {
        "curves": [dict(row) for row in result.curves], "best_epoch": result.best_epoch,
        "mae": {name: _mae(result.network, part) for name, part in truth.items()},
        "recognition": recognition, "classes": list(classes),
        "windows": [len(train), len(held), len(test)],
    }


def _examples(cut: CutWindows, targets: np.ndarray | None) -> Examples:
    """Return windows with the class of the clip that each is cut from."""
    return Examples(cut, None if targets is None else targets[cut.clip])


def _mae(network: torch.nn.Module, truth: WindowBatch[np.ndarray]) -> float:
    return evaluation.forecast_errors(predict(network, truth.observed).future, truth).mae


def _recognise(
    network: torch.nn.Module, truth: WindowBatch[np.ndarray], part: CutWindows,
    targets: np.ndarray, classes: int, name: str,
) -> dict[str, Any]:
    """Scores on the windows whose class the network knows."""
    target = targets[part.clip]
    known = target >= 0
    if not known.any():
        raise KinesicsError(
            f"No clip of the domain {name} has one of the classes learned. Leave it out, or label"
            " it with the same classes.")
    found = predict(network, truth.observed[known]).probabilities
    assert found is not None
    return experiments.score_votes(found, target[known], part.clip[known], classes, False)


def _study(
    options: Options, console: Console, *, measured: bool, recognising: bool
) -> tuple[dict[tuple[str, str, int], dict[str, Any]], dict[str, str]]:
    """Run what is not yet there: results by network, start and seed, and errors by job name."""
    dataset = Dataset(options.data)
    plan = experiments.plan(dataset, "clip", label=options.label, step=options.step,
                            view="frontal", seed=0)
    fold, data = plan.folds[0], experiments.fingerprint(options.data)
    tiers = {path.name: (path, experiments.fingerprint(path)) for path in options.pretrain}
    others = {name: experiments.fingerprint(path) for name, path in options.domains.items()}
    for path in (*options.pretrain, *options.domains.values()):
        found = Dataset(path).info.keypoints
        if found != dataset.info.keypoints:
            raise KinesicsError(
                f"{path} has {len(found)} keypoints ({found[0]}, ...), {options.data}"
                f" {len(dataset.info.keypoints)} ({dataset.info.keypoints[0]}, ...); wanted the"
                " same in the same order.")
    console.print(
        f"{dataset.info.name}: {len(fold.train)} clips to train on ({plan.train_windows} windows),"
        f" {len(fold.validation)} to validate, {len(fold.test)} to test; {options.epochs} epochs"
        f" ({options.pretrain_epochs} on synthetic motion, the paper has 200), {options.seeds}"
        f" seeds, {'residual' if options.residual else 'absolute'} output", highlight=False)

    first: dict[tuple[str, str, int], tuple[Job, Path]] = {}
    for seed in range(options.seeds):
        for network in options.networks:
            for tier, (path, digest) in tiers.items():
                label = _label_of(path, options.label)
                config = _config(options, network, seed, options.pretrain_epochs)
                settings = {"data": digest, "step": options.step, "label": label,
                            "config": asdict(config), "code": experiments.code_of(network)}
                name = f"{network} on {tier}, seed {seed}"
                job = Job(name, pretrain, settings)
                weights = options.out / "pretrained" / (Path(job.file).stem + ".pt")
                inputs = {"data": str(path), "weights": str(weights)}
                first[network, tier, seed] = replace(job, inputs=inputs), weights
    results = options.out / "results"
    for job, weights in first.values():
        if not weights.exists():
            (results / job.file).unlink(missing_ok=True)
    before = dict(zip(first, jobs.run(
        [job for job, _ in first.values()], results, processes=options.processes), strict=True))

    second: dict[tuple[str, str, int], Job] = {}
    for seed in range(options.seeds):
        for network in options.networks:
            for start in (SCRATCH, *tiers):
                came = None if start == SCRATCH else before[network, start, seed]
                if came is not None and came.result is None:
                    continue
                config = _config(options, network, seed, options.epochs)
                settings = {
                    "data": data, "step": options.step, "label": options.label,
                    "config": asdict(config), "start": came.job.file if came else None,
                    "domains": others, "measured": measured, "recognising": recognising,
                    "code": experiments.code_of(network)}
                name = f"{network} {'from' if came is None else 'after'} {start}, seed {seed}"
                second[network, start, seed] = Job(name, finetune, settings, {
                    "data": str(options.data), "fold": fold,
                    "domains": {name: str(path) for name, path in options.domains.items()},
                    "start": str(first[network, start, seed][1]) if came else None})
    after = dict(zip(second, jobs.run(
        list(second.values()), results, processes=options.processes), strict=True))
    everything: list[Outcome] = [*before.values(), *after.values()]
    failed = {outcome.job.name: outcome.error for outcome in everything if outcome.result is None}
    return {key: outcome.result for key, outcome in after.items()
            if outcome.result is not None}, failed


def _config(options: Options, network: str, seed: int, epochs: int) -> TrainingConfig:
    ours = network == "ours"
    config = recipe("ours" if ours else "paper", network=network, epochs=epochs, seed=seed,
                    step=options.step, residual=ours or options.residual)
    return replace(config, windows=0, warp=0.0)     # every cut window once an epoch, for all


def _label_of(path: Path, label: str | None) -> str | None:
    """The label, if all of a synthetic dataset has it; the forecast alone is learned otherwise."""
    if label is None:
        return None
    return label if all(label in clip.labels for clip in Dataset(path)) else None


def _error(result: Mapping[str, Any] | None) -> float | None:
    return None if result is None else result["mae"][REAL]


def _percent(value: float | None) -> str:
    return "failed" if value is None else f"{100 * value:.2f}"


def _finish(
    options: Options, name: str, results: Sequence[bench.Result], failed: Mapping[str, str],
    console: Console,
) -> None:
    about = asdict(options)
    about |= {"data": options.data.name, "out": options.out.name,
              "pretrain": [path.name for path in options.pretrain],
              "domains": {key: path.name for key, path in options.domains.items()}}
    bench.save(results, options.out / f"{name}.json", about=about, failed=dict(failed))
    for job, error in failed.items():
        console.print(f"[bold red]{job} failed:[/] {error}", highlight=False)
    console.print(f"wrote {options.out / name}.json, .csv and .png", highlight=False)


def _write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_bytes(path, text.getvalue().encode())


def _draw_gains(options: Options, tiers: Sequence[str], of: Any) -> None:
    figure, axis = figures.pyplot().subplots(
        figsize=(1.8 + 1.6 * len(options.networks), 3.6), layout="constrained")
    width = 0.8 / max(len(tiers), 1)
    for place, tier in enumerate(tiers):
        x = np.arange(len(options.networks)) + (place - (len(tiers) - 1) / 2) * width
        gains = [of(network, tier, "gain_percent") for network in options.networks]
        axis.bar(x, [np.mean(g) if g else 0.0 for g in gains], 0.9 * width, label=tier)
        for position, values in zip(x, gains, strict=True):
            axis.plot([position] * len(values), values, "k.", markersize=4)
    axis.axhline(0.0, color="black", linewidth=0.8)
    axis.set(ylabel="lower error than from scratch, %", xticks=range(len(options.networks)),
             xticklabels=options.networks,
             title=f"Gain by synthetic pretraining, {options.seeds} seeds (dots)")
    axis.legend(frameon=False, title="pretrained on")
    figures.save(figure, options.out / "pretraining.png")


def _draw_domains(
    options: Options, starts: Sequence[str], names: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
) -> None:
    figure, axes = figures.pyplot().subplots(
        len(starts), len(options.networks), squeeze=False, sharey=True, layout="constrained",
        figsize=(1.0 + 2.8 * len(options.networks), 0.6 + 2.4 * len(starts)))
    for axis_row, start in zip(axes, starts, strict=True):
        for axis, network in zip(axis_row, options.networks, strict=True):
            own = [row for row in rows if (row["network"], row["start"]) == (network, start)]
            epochs = sorted({row["epoch"] for row in own})
            for name in names:
                axis.plot(epochs, [np.mean([row[name] for row in own if row["epoch"] == epoch])
                                   for epoch in epochs], marker=".", label=name)
            axis.set_title(f"{network}, {start}", fontsize="medium")
            axis.set_xlabel("epoch")
            axis.xaxis.get_major_locator().set_params(integer=True)
        axis_row[0].set_ylabel("MAE, pose scales")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center",
                  ncols=len(names), frameon=False)
    figures.save(figure, options.out / "domains.png")


def _draw_emotion(
    options: Options, starts: Sequence[str], names: Sequence[str], of: Any
) -> None:
    figure, axes = figures.pyplot().subplots(
        1, len(names), squeeze=False, sharey=True, layout="constrained",
        figsize=(1.0 + 3.0 * len(names), 3.2))
    width = 0.8 / len(starts)
    for axis, name in zip(axes[0], names, strict=True):
        for place, start in enumerate(starts):
            values = [of(network, start, name, "accuracy_windows") for network in options.networks]
            axis.bar(np.arange(len(values)) + (place - (len(starts) - 1) / 2) * width,
                     [100 * (value or 0.0) for value in values], 0.9 * width, label=start)
        axis.set(title=name, xticks=range(len(options.networks)))
        axis.set_xticklabels(options.networks, rotation=30)
    axes[0, 0].set_ylabel(f"accuracy of {options.label}, %")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center",
                  ncols=len(starts), frameon=False)
    figures.save(figure, options.out / "emotion.png")
