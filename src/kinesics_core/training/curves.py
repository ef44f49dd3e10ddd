"""The curves of a run: one row an epoch, as CSV and as a picture."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from kinesics_core.training import plots

Row = Mapping[str, float | int | str]


def as_csv(rows: Sequence[Row]) -> str:
    """Return a table with every column that occurs in any row; empty where a row has none."""
    text = io.StringIO()
    columns = dict.fromkeys(key for row in rows for key in row)
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def draw(rows: Sequence[Row], path: Path) -> None:
    """Write a PNG of the loss, the validation error beside standing still, and any accuracy."""
    panels = [("loss", ["train_loss", "validation_loss"]),
              ("MAE of the normalised pose", ["validation_mae", "zero_velocity_mae"]),
              ("accuracy", ["validation_accuracy"])]
    panels = [(title, present) for title, names in panels
              if (present := [name for name in names if any(name in row for row in rows)])]
    figure, axes = plots.pyplot().subplots(
        1, len(panels), figsize=(4.5 * len(panels), 3.2), squeeze=False, layout="constrained")
    for axis, (title, names) in zip(axes[0], panels, strict=True):
        for name in names:
            points = [(number, row[name]) for number, row in enumerate(rows, 1) if name in row]
            axis.plot(*zip(*points, strict=True), label=name.replace("_", " "),
                      marker="." if len(points) < 3 else None)
        for number, (before, row) in enumerate(zip(rows, rows[1:], strict=False), 1):
            if before.get("stage") != row.get("stage"):
                axis.axvline(number + 0.5, color="grey", linewidth=0.8, linestyle=":")
        axis.set(title=title, xlabel="epoch")
        axis.legend(frameon=False)
    plots.save(figure, path, dpi=110)
