"""Pictures of training and evaluation: matplotlib without a window system, files in one step."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from kinesics_core import files


def pyplot() -> Any:
    """Return ``matplotlib.pyplot``, imported when the first picture is drawn."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    return plt


def save(figure: Any, path: Path, dpi: int = 120) -> None:
    """Write a figure as PNG and close it; the folder is made, the file replaced in one step."""
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=dpi)
    pyplot().close(figure)
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_bytes(path, content.getvalue())
