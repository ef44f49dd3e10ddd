"""Pictures of results, as PNG."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core import files


def pyplot() -> Any:
    """matplotlib without a window system."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    return plt


def save(figure: Any, path: Path) -> None:
    """Write and close a figure; the file is replaced in one step."""
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=120)
    pyplot().close(figure)
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_bytes(path, content.getvalue())


def confusion(matrix: np.ndarray, classes: Sequence[str], title: str, path: Path) -> None:
    """(C, C) counts, a row for each true class; the colour is the share of the row."""
    size = 2.2 + 0.5 * len(classes)
    figure, axis = pyplot().subplots(figsize=(size + 0.8, size), layout="constrained")
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axis.imshow(share, cmap="Blues", vmin=0.0, vmax=1.0)
    axis.set(xlabel="recognised as", ylabel="is", xticks=range(len(classes)),
             yticks=range(len(classes)), xticklabels=classes, yticklabels=classes)
    axis.set_title(title, fontsize="small")
    axis.tick_params(axis="x", rotation=45)
    if len(classes) <= 20:
        for row, column in np.ndindex(*matrix.shape):
            if matrix[row, column]:
                axis.text(column, row, str(matrix[row, column]), ha="center", va="center",
                          color="white" if share[row, column] > 0.5 else "black", fontsize="small")
    save(figure, path)
