"""Inputs of the jobs, and what the jobs share: the windows of a fold, progress, kept weights.

A job (``forecast_jobs``, ``recognition_jobs``, ``study_jobs``) is the work of a ``jobs.Job``: one
network, one fold, one result. It runs in a process of its own, reads the dataset again, trains or
fits what its ``settings`` say and returns figures that JSON can hold. ``settings`` name the data by
their content and the training by its code (see ``fingerprints``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kinesics_core.dataset.clips import Clip, Dataset
from kinesics_core.errors import KinesicsError
from kinesics_core.experiments.dataset_split import WindowSettings
from kinesics_core.jobs.local import OnProgress
from kinesics_core.motion.evaluation.splits import Fold
from kinesics_core.motion.training import checkpoints
from kinesics_core.motion.training.checkpoints import Identity
from kinesics_core.motion.training.windowing import CutWindows, cut_windows
from kinesics_core.training.loop import OnStep

Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ExperimentInputs:
    """Inputs of a job besides its settings.

    Attributes:
        data: Folder of the dataset.
        keypoints: Names of its keypoints.
        fold: Clips to train on and to test, or windows if the split leaks.
        model: ONNX file to judge; None for a training.
        weights: Where to keep the network; None keeps none.
        contents: What each clip shows, over which classes are balanced; None if not known.
    """

    data: Path
    keypoints: tuple[str, ...]
    fold: Fold
    model: Path | None = None
    weights: Path | None = None
    contents: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class FoldWindows:
    """Windows of a fold, to train on, to validate and to test.

    Attributes:
        clips: All clips of the dataset.
        train: Windows to train on.
        validation: Windows to choose the best epoch by.
        test: Windows to test.
    """

    clips: list[Clip]
    train: CutWindows
    validation: CutWindows
    test: CutWindows

    def classes_of_test(self, label: str | None) -> list[str] | None:
        """Return the label of each test window; None without a label."""
        return None if label is None else [
            self.clips[index].labels[label] for index in self.test.clip]


def window_settings(settings: Settings) -> WindowSettings:
    """Read the window settings that a job's settings hold among others."""
    return WindowSettings(**{field.name: settings[field.name] for field in fields(WindowSettings)})


def fold_windows(settings: WindowSettings, inputs: ExperimentInputs) -> FoldWindows:
    """Read the dataset and cut its windows.

    Raises:
        KinesicsError: A side has no window.
    """
    clips = list(Dataset(inputs.data))
    cut = cut_windows(clips, settings.step, settings.view)

    def side(chosen: list[int]) -> CutWindows:
        return cut.take(np.array(chosen)) if settings.leaks else cut.of_clips(chosen)

    fold = inputs.fold
    found = FoldWindows(clips, side(fold.train), side(fold.validation), side(fold.test))
    counts = [len(found.train), len(found.validation), len(found.test)]
    if not all(counts):
        raise KinesicsError(
            f"Got {', '.join(map(str, counts))} windows to train on, to validate"
            " and to test; wanted some of each. Give more or longer clips.")
    return found


def thinning_stride(count: int, most: int) -> int:
    """Return the stride at which ``count`` windows are thinned to ``most`` at most."""
    return -(-count // most)


def step_reporter(epochs: int, report: OnProgress, before: int = 0) -> OnStep:
    """Return what ``fit`` calls after each step, to report every tenth.

    Args:
        epochs: Passes in all.
        report: Told.
        before: Passes of an earlier training among them.
    """
    def tell(epoch: int, step: int, steps: int) -> None:
        epoch += before
        if step == steps or step % 10 == 0:
            report((epoch - 1) * steps + step, epochs * steps, f"epoch {epoch}/{epochs}")

    return tell


def keep_weights(
    path: Path, network: torch.nn.Module, identity: Identity, config: Settings
) -> None:
    """Write a network as ``kinesics train`` does, to start from or to export."""
    weights = {key: value.cpu() for key, value in network.state_dict().items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    checkpoints.save(path, identity, config, {"best_network": weights})
