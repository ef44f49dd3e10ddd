"""Pictures of generated bodies: the paper's figures 3 and 4."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from kinesics_core.fitting.evaluation.generated import HALF, Process, similarity
from kinesics_core.training import plots
from kinesics_core.view.body_picture import BodyPicture
from kinesics_core.view.face_sheet import named_pictures

CELL = 260, 320
"""Width and height of one body, px."""

_STEPS = "initial", "intermediate", "generated"


def noise_figure(noises: Sequence[float], v2v: np.ndarray, path: Path) -> None:
    """Draw similarity and distance against the noise: the paper's figure 4.

    Args:
        noises: S noise scales.
        v2v: (S, N, samples) millimetres.
        path: The picture.
    """
    figure, axes = plots.pyplot().subplots(1, 2, figsize=(9.6, 3.6))
    flat = v2v.reshape(len(noises), -1)
    rng = np.random.default_rng(0)
    # The paper draws anew at each scale: its spikes.
    one = np.array([row[rng.integers(len(row))] for row in flat])
    for axis, convert, name in (
            (axes[0], similarity, f"V2V similarity, 1 / (1 + V2V / {HALF:g} mm)"),
            (axes[1], np.asarray, "V2V, mm")):
        low, high = np.percentile(convert(flat), (10, 90), axis=1)
        axis.fill_between(noises, low, high, alpha=0.18, linewidth=0)
        axis.plot(noises, convert(flat).mean(axis=1), linewidth=2, label="mean; 10 to 90 %")
        axis.plot(noises, convert(one), linewidth=1, color="tab:orange",
                  label="one mesh at each scale")
        axis.set_xlabel("noise_scale")
        axis.set_ylabel(name)
        axis.grid(alpha=0.3)
        axis.set_xlim(min(noises), max(noises))
    axes[0].set_ylim(0.0, 1.0)
    axes[0].legend(frameon=False)
    figure.tight_layout()
    plots.save(figure, path)


def process_picture(found: Sequence[Process]) -> np.ndarray:
    """Draw each process in a row, from the initial body to the generated one: figure 3.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    names = [(process.name, step) for process in found for step in _STEPS]

    def pictures() -> Iterator[np.ndarray]:
        drawers: dict[str, BodyPicture] = {}
        for process in found:
            drawer = drawers.setdefault(process.gender, BodyPicture(
                CELL, betas=process.betas, gender=process.gender))
            for step in range(len(_STEPS)):
                yield drawer.draw(**{name: values[step:step + 1].astype(np.float32)
                                     for name, values in process.parameters.items()})

    return named_pictures(names, pictures(), len(_STEPS) * 2, CELL)
