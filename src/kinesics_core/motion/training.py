"""Training a forecaster on motion capture, as ``kinesics train forecast`` does.

The paper's recipe (arXiv 2603.01804, section 3): Adam, learning rate 0.001, weight decay 1e-4,
batch 32, 200 epochs, mean squared error. Windows are drawn anew in every epoch, through random
cameras and a faulty detector; the split is by clip. A run killed at any moment continues with
``resume`` and ends with the same weights as one that was not.

Two losses:

``mse``       the paper's equation 3 without its classification term.
``relative``  (ours) the absolute error over what the person's activity before lets expect. With
              mse a dancer outweighs a hundred people who stand and wait, and the network learns
              to see movement where there is only the detector's jitter.

Both are measured in ``LOSS_UNIT``: Adam's weight decay is a part of the gradient, and beside the
gradient of errors in raw units it wins and nothing is learned.

In ``out``: config.json, checkpoint.pt (the newest epoch), curves.csv, and at the end NAME.onnx and
report.json. Every file is replaced in one step.
"""

from __future__ import annotations

import csv
import io
import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from kinesics_core.errors import KinesicsError, ModelError
from kinesics_core.motion import samples, windows
from kinesics_core.motion.baselines import fit_ridge, zero_velocity
from kinesics_core.motion.evaluation import Forecast, Score, evaluate
from kinesics_core.motion.export import export_onnx, parity
from kinesics_core.motion.lstm import ForecastLSTM
from kinesics_core.motion.samples import Batch, Recording, Split
from kinesics_core.motion.uncertainty import activity, fit_spread
from kinesics_core.motion.views import Faults
from kinesics_core.motion.windows import Normalisation

VERSION = "1"
PARITY = 1e-5
LOSSES = ("mse", "relative")
DECAYS = ("none", "cosine")
GRADIENT_LIMIT = 1.0
LOSS_UNIT = 0.1
"""Share of the pose's scale in which the loss measures errors."""
CALM = 0.15
"""Activity, scales per second, added in the relative loss so that stillness divides nothing."""
VALIDATION_WINDOWS = 2000
TEST_WINDOWS = 1000
RIDGE_WINDOWS = 12000
RIDGE_PENALTY = 10.0
_DETECTOR = Faults()


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """What decides the result of a run; the defaults are the paper's, but for ``residual``.

    windows: drawn in an epoch (the paper has 5,594 training windows, sliding by one frame).
    decay: "cosine" lets the learning rate fall to a fiftieth over the epochs.
    """

    name: str = "forecast_lstm"
    epochs: int = 200
    batch: int = 32
    windows: int = 7000
    lr: float = 1e-3
    weight_decay: float = 1e-4
    decay: str = "none"
    loss: str = "mse"
    normalisation: Normalisation = "last_frame"
    residual: bool = True
    seed: int = 0
    licence: str = "not stated"

    def __post_init__(self) -> None:
        for field, allowed in (
            ("loss", LOSSES), ("decay", DECAYS), ("normalisation", windows.NORMALISATIONS),
        ):
            if getattr(self, field) not in allowed:
                raise KinesicsError(
                    f"Got {field} {getattr(self, field)!r}; wanted one of {', '.join(allowed)}.")
        for field in ("epochs", "batch", "windows", "lr"):
            if getattr(self, field) <= 0:
                raise KinesicsError(f"Got {field} {getattr(self, field)}; wanted more than 0.")


def train(
    recordings: Sequence[Recording], unseen: Sequence[Recording], out: Path,
    config: TrainingConfig, *, resume: bool = False, console: Console | None = None,
) -> list[Score]:
    """Train, export and evaluate; returns the scores on test clips and on ``unseen`` sources."""
    console = console or Console(stderr=True)
    split = samples.split_by_clip(recordings, config.seed)
    _require(split)
    out.mkdir(parents=True, exist_ok=True)
    console.print(
        f"{len(split.train)} clips to train on, {len(split.validation)} to validate,"
        f" {len(split.test)} to test")
    state = _load_checkpoint(out, config) if resume else None
    _write_text(out / "config.json", json.dumps(asdict(config), indent=2) + "\n")
    network = _fit(split, out, config, state, console)

    path = out / f"{config.name}.onnx"
    _export(network, split, path, config)
    ridge_batch = _draw(split.train, RIDGE_WINDOWS, config, (config.seed, 1))
    ridge = fit_ridge(
        ridge_batch.observed, ridge_batch.future, ridge_batch.counts, RIDGE_PENALTY)
    methods: dict[str, Forecast] = {"ridge": ridge, "network": _forecast_with(network)}
    scores = evaluate(split.test, config.normalisation, methods, count=TEST_WINDOWS)
    console.print(table("Test clips of the sources trained on", scores))
    if unseen:
        rest = samples.at_window_rate(unseen)
        fresh = evaluate(rest, config.normalisation, methods, count=TEST_WINDOWS)
        console.print(table("Sources never trained on", fresh))
        scores = scores + fresh
    _write_text(out / "report.json", json.dumps([asdict(s) for s in scores], indent=1) + "\n")
    console.print(f"wrote {path}, {path.stat().st_size / 1e6:.1f} MB")
    return scores


def table(title: str, scores: Sequence[Score]) -> Table:
    """Scores as printed: one row for a source and condition, one column for a method."""
    methods = list(dict.fromkeys(score.method for score in scores))
    shown = Table(title=f"{title}: MAE in pixels (paper's normalisation)")
    shown.add_column("source")
    shown.add_column("condition")
    for method in methods:
        shown.add_column(method, justify="right")
    for source, condition in dict.fromkeys((s.source, s.condition) for s in scores):
        cells = []
        for method in methods:
            metrics = next(s.metrics for s in scores
                           if (s.source, s.condition, s.method) == (source, condition, method))
            paper = f" ({metrics['mae_paper']:.4f})" if "mae_paper" in metrics else ""
            cells.append(f"{metrics['mae_px']:.2f}{paper}")
        shown.add_row(source, condition, *cells)
    return shown


def _fit(
    split: Split, out: Path, config: TrainingConfig, state: dict[str, Any] | None,
    console: Console,
) -> ForecastLSTM:
    """All epochs that are left; the network with the weights of the best one."""
    torch.manual_seed(config.seed)
    network = ForecastLSTM(residual=config.residual)
    optimiser = torch.optim.Adam(
        network.parameters(), lr=config.lr, weight_decay=config.weight_decay)
    if state is None:
        state = {"epoch": 0, "best": float("inf"), "best_network": network.state_dict(),
                 "curves": []}
    else:
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        console.print(f"resuming after epoch {state['epoch']}")
    chance = samples.source_weights(split.train)
    validation = _draw(split.validation, VALIDATION_WINDOWS, config, (config.seed, 0))
    standing = _mae(zero_velocity(validation.observed), validation)
    steps = max(config.windows // config.batch, 1)

    with Progress(
        TextColumn("epoch {task.fields[epoch]}/" + str(config.epochs)), BarColumn(),
        MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.fields[note]}"),
        console=console,
    ) as progress:
        task = progress.add_task(
            "", total=config.epochs * steps, completed=state["epoch"] * steps,
            epoch=state["epoch"], note="")
        for epoch in range(state["epoch"], config.epochs):
            began = time.monotonic()
            # Every epoch has its own seeds, so that a resumed run draws what it would have drawn.
            rng = np.random.default_rng((config.seed, 2, epoch))
            torch.manual_seed(config.seed * 100_003 + epoch)
            rate = _learning_rate(config, epoch)
            for group in optimiser.param_groups:
                group["lr"] = rate
            network.train()
            total = 0.0
            for _ in range(steps):
                batch = samples.make_batch(
                    rng, split.train, config.batch, config.normalisation, _DETECTOR, chance=chance)
                total += _step(network, optimiser, batch, config.loss)
                progress.update(task, advance=1, epoch=epoch + 1)
            error = _mae(_forecast_with(network)(validation.observed), validation)
            state["epoch"] = epoch + 1
            state["curves"].append({
                "epoch": epoch + 1, "train_loss": total / steps, "validation_mae": error,
                "zero_velocity_mae": standing, "lr": rate,
                "seconds": round(time.monotonic() - began, 2),
            })
            if error < state["best"]:
                state["best"] = error
                state["best_network"] = {
                    key: value.clone() for key, value in network.state_dict().items()}
            _save_checkpoint(out, config, network, optimiser, state)
            progress.update(
                task, note=f"validation {error:.4f}, best {state['best']:.4f},"
                           f" standing still {standing:.4f}")
    network.load_state_dict(state["best_network"])
    network.eval()
    return network


def _step(
    network: ForecastLSTM, optimiser: torch.optim.Optimizer, batch: Batch, loss: str
) -> float:
    observed, future, counts = (
        torch.from_numpy(a) for a in (batch.observed, batch.future, batch.counts))
    difference = (network(observed) - future) * counts[:, None] / LOSS_UNIT
    if loss == "mse":
        value = difference.square().mean()
    else:
        expected = CALM + activity(batch.observed, batch.counts)
        value = (difference.abs() / torch.from_numpy(expected)[:, None, None]).mean()
    optimiser.zero_grad()
    value.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), GRADIENT_LIMIT)
    optimiser.step()
    return float(value.detach())


def _learning_rate(config: TrainingConfig, epoch: int) -> float:
    if config.decay == "none":
        return config.lr
    return config.lr * (0.02 + 0.98 * 0.5 * (1.0 + float(np.cos(np.pi * epoch / config.epochs))))


def _forecast_with(network: ForecastLSTM) -> Forecast:
    def forecast(observed: np.ndarray) -> np.ndarray:
        network.eval()
        with torch.no_grad():
            return network(torch.from_numpy(observed)).numpy()

    return forecast


def _draw(
    clips: Sequence[tuple[str, np.ndarray]], count: int, config: TrainingConfig,
    seed: tuple[int, ...],
) -> Batch:
    return samples.make_batch(
        np.random.default_rng(seed), clips, count, config.normalisation, _DETECTOR)


def _mae(predicted: np.ndarray, batch: Batch) -> float:
    """Mean absolute error in the normalised space, over keypoints that were seen."""
    error = np.abs(predicted - batch.future) * batch.counts[:, None]
    return float(error.mean(axis=1).sum() / batch.counts.sum())


def _export(network: ForecastLSTM, split: Split, path: Path, config: TrainingConfig) -> None:
    """With the spread learned on validation windows; fails if ONNX and torch disagree."""
    validation = _draw(split.validation, 2 * VALIDATION_WINDOWS, config, (config.seed, 3))
    residual = _forecast_with(network)(validation.observed) - validation.future
    floor, gain = fit_spread(validation.observed, residual, validation.counts)
    sources = sorted({source for source, _ in split.train})
    export_onnx(
        network, path, name=config.name, version=VERSION, normalisation=config.normalisation,
        spread_floor=list(floor), spread_gain=list(gain), licence=config.licence,
        data=", ".join(sources), extra={"training": json.dumps(asdict(config))},
    )
    difference = parity(network, path)
    if difference > PARITY:
        raise ModelError(
            f"{path} differs from the network it was exported from by {difference:.1e}, more than"
            f" {PARITY:g}. Report this with the versions of torch, onnx and onnxruntime."
        )


def _require(split: Split) -> None:
    for name in ("train", "validation", "test"):
        if not getattr(split, name):
            raise KinesicsError(
                f"There is no clip left for the {name} part: wanted at least three recordings of"
                " 1.5 s or more in one folder. Give more motion."
            )


def _save_checkpoint(
    out: Path, config: TrainingConfig, network: ForecastLSTM, optimiser: torch.optim.Optimizer,
    state: dict[str, Any],
) -> None:
    buffer = io.BytesIO()
    torch.save({
        **state, "config": asdict(config), "network": network.state_dict(),
        "optimiser": optimiser.state_dict(),
    }, buffer)
    _write(out / "checkpoint.pt", buffer.getvalue())
    text = io.StringIO()
    writer = csv.DictWriter(text, list(state["curves"][0]))
    writer.writeheader()
    writer.writerows(state["curves"])
    _write_text(out / "curves.csv", text.getvalue())


def _load_checkpoint(out: Path, config: TrainingConfig) -> dict[str, Any] | None:
    """The state to go on from; None if the run had not finished an epoch."""
    path = out / "checkpoint.pt"
    if not path.exists():
        return None
    try:
        state = torch.load(path, weights_only=True)
        before = state["config"]
    except Exception as error:
        raise ModelError(
            f"{path} is not a checkpoint of this command ({str(error).splitlines()[0]}). Start"
            " again without --resume, or in another folder."
        ) from error
    changed = [key for key, value in asdict(config).items() if before.get(key) != value]
    if changed:
        raise KinesicsError(
            f"{path} was made with other settings: "
            + ", ".join(f"{key} {before.get(key)!r}, now {getattr(config, key)!r}"
                        for key in changed)
            + ". Resume with the same ones, or start in another folder."
        )
    return state


def _write_text(path: Path, text: str) -> None:
    _write(path, text.encode())


def _write(path: Path, content: bytes) -> None:
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(content)
    os.replace(partial, path)
