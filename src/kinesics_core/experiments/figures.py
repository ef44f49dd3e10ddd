"""Pictures of the comparisons and of the studies, as PNG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kinesics_core.experiments.options import StudyOptions
from kinesics_core.experiments.study_tables import (
    DomainsTable,
    EmotionTable,
    PretrainingTable,
)
from kinesics_core.training import plots

MOST_CLASSES = 20
"""Classes up to which a confusion matrix shows its counts."""


def draw_confusion(matrix: np.ndarray, classes: Sequence[str], title: str, path: Path) -> None:
    """Draw a confusion matrix; the colour is the share of the row.

    Args:
        matrix: (C, C) counts, a row for each true class.
        classes: Names of the C classes.
        title: Above the picture.
        path: The PNG.
    """
    size = 2.2 + 0.5 * len(classes)
    figure, axis = plots.pyplot().subplots(figsize=(size + 0.8, size), layout="constrained")
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axis.imshow(share, cmap="Blues", vmin=0.0, vmax=1.0)
    axis.set(xlabel="recognised as", ylabel="is", xticks=range(len(classes)),
             yticks=range(len(classes)), xticklabels=classes, yticklabels=classes)
    axis.set_title(title, fontsize="small")
    axis.tick_params(axis="x", rotation=45)
    if len(classes) <= MOST_CLASSES:
        for row, column in np.ndindex(*matrix.shape):
            if matrix[row, column]:
                axis.text(column, row, str(matrix[row, column]), ha="center", va="center",
                          color="white" if share[row, column] > 0.5 else "black", fontsize="small")
    plots.save(figure, path)


def draw_gains(options: StudyOptions, table: PretrainingTable, path: Path) -> None:
    """Draw the gain by pretraining of each network, a bar a tier and a dot a seed."""
    figure, axis = plots.pyplot().subplots(
        figsize=(1.8 + 1.6 * len(options.networks), 3.6), layout="constrained")
    tiers = options.tiers
    width = 0.8 / max(len(tiers), 1)
    for place, tier in enumerate(tiers):
        x = np.arange(len(options.networks)) + (place - (len(tiers) - 1) / 2) * width
        gains = [table.gains[network, tier] for network in options.networks]
        axis.bar(x, [np.mean(g) if g else 0.0 for g in gains], 0.9 * width, label=tier)
        for position, values in zip(x, gains, strict=True):
            axis.plot([position] * len(values), values, "k.", markersize=4)
    axis.axhline(0.0, color="black", linewidth=0.8)
    axis.set(ylabel="lower error than from scratch, %", xticks=range(len(options.networks)),
             xticklabels=options.networks,
             title=f"Gain by synthetic pretraining, {options.seeds} seeds (dots)")
    axis.legend(frameon=False, title="pretrained on")
    plots.save(figure, path)


def draw_domains(options: StudyOptions, table: DomainsTable, path: Path) -> None:
    """Draw the error on each domain over the epochs, a panel for each network and start."""
    starts, names = options.starts, options.tested
    figure, axes = plots.pyplot().subplots(
        len(starts), len(options.networks), squeeze=False, sharey=True, layout="constrained",
        figsize=(1.0 + 2.8 * len(options.networks), 0.6 + 2.4 * len(starts)))
    for axis_row, start in zip(axes, starts, strict=True):
        for axis, network in zip(axis_row, options.networks, strict=True):
            own = [row for row in table.rows if (row["network"], row["start"]) == (network, start)]
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
    plots.save(figure, path)


def draw_emotion(options: StudyOptions, table: EmotionTable, path: Path) -> None:
    """Draw the accuracy of windows, a panel a domain and a bar for each network and start."""
    starts, names = options.starts, options.tested
    figure, axes = plots.pyplot().subplots(
        1, len(names), squeeze=False, sharey=True, layout="constrained",
        figsize=(1.0 + 3.0 * len(names), 3.2))
    width = 0.8 / len(starts)
    for axis, name in zip(axes[0], names, strict=True):
        for place, start in enumerate(starts):
            values = [table.means[network, start, name, "accuracy_windows"]
                      for network in options.networks]
            axis.bar(np.arange(len(values)) + (place - (len(starts) - 1) / 2) * width,
                     [100 * (value or 0.0) for value in values], 0.9 * width, label=start)
        axis.set(title=name, xticks=range(len(options.networks)))
        axis.set_xticklabels(options.networks, rotation=30)
    axes[0, 0].set_ylabel(f"accuracy of {options.label}, %")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center",
                  ncols=len(starts), frameon=False)
    plots.save(figure, path)
