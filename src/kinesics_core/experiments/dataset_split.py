"""A dataset cut into windows and divided into folds, as ``--split`` says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.dataset.clips import Clip, Dataset
from kinesics_core.dataset.resampling import resample
from kinesics_core.motion.evaluation import recognition, splits
from kinesics_core.motion.evaluation.splits import BY_CLIP, WINDOW_LEAKS, Fold
from kinesics_core.motion.training.windowing import cut_windows
from kinesics_core.motion.windows import RATE


@dataclass(frozen=True, slots=True)
class WindowSettings:
    """Settings that decide which windows there are and on which side each is.

    Attributes:
        split: "clip", a label of which each value is left out in turn, or "window_leaks".
        label: To be recognised, or to give the errors by; None without.
        step: Frames at 30 Hz between the starts of two windows.
        view: "frontal", see ``cut_windows``.
        seed: Of split, weights and order.
    """

    split: str = BY_CLIP
    label: str | None = None
    step: int = 15
    view: str = "frontal"
    seed: int = 0

    @property
    def leaks(self) -> bool:
        """True if windows of one clip are on several sides."""
        return self.split == WINDOW_LEAKS


@dataclass(frozen=True, slots=True)
class DatasetSplit:
    """Division of a dataset.

    Attributes:
        folds: One, or one for each value left out; of windows if the split leaks, else of clips.
        short: Number of clips that give no window.
        windows: Number of windows of all clips.
        train_windows: Number of windows to train on in the first fold, for estimates of time.
    """

    folds: list[Fold]
    short: int
    windows: int
    train_windows: int


def split_dataset(
    dataset: Dataset, settings: WindowSettings, *, recognising: bool = False
) -> DatasetSplit:
    """Divide the clips that are long enough to be used.

    Args:
        dataset: To be divided.
        settings: How.
        recognising: Whether the label is to be recognised: that needs no future, so every clip is
            used, and the classes are spread over the sides.

    Raises:
        KinesicsError: A clip lacks the label, or there is too little to divide.
    """
    clips = list(dataset)
    if settings.label is not None:
        splits.values(clips, settings.label)
    clip_of = recognition_windows(clips, settings.step)[1] if recognising else \
        cut_windows(clips, settings.step, settings.view).clip
    kept = np.unique(clip_of)
    if settings.leaks:
        folds = [splits.by_window_leaks(len(clip_of), settings.seed)]
        first = len(folds[0].train)
    else:
        folds = _folds_of_clips(clips, kept, settings, recognising)
        first = int(np.isin(clip_of, folds[0].train).sum())
    return DatasetSplit(folds, len(clips) - len(kept), len(clip_of), first)


def recognition_windows(
    clips: Sequence[Clip], step: int, horizon: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Cut windows at 30 Hz, at least one of every clip.

    Args:
        clips: Clips of one set of keypoints.
        step: Frames between the starts of two windows.
        horizon: Frames of the future, nan after a clip's end.

    Returns:
        Windows (N, 60 + horizon, K, D), and the clip (N,) of each.
    """
    return recognition.cut(
        [resample(clip.keypoints, clip.rate, RATE) for clip in clips], step, horizon=horizon)


def _folds_of_clips(
    clips: Sequence[Clip], kept: np.ndarray, settings: WindowSettings, recognising: bool
) -> list[Fold]:
    usable = [clips[index] for index in kept]
    if settings.split == BY_CLIP:
        found = [splits.by_clip(usable, settings.seed, label=settings.label)]
    else:
        found = splits.leave_one_out(
            usable, settings.split, settings.seed, label=settings.label if recognising else None)
    return [Fold(kept[f.train].tolist(), kept[f.validation].tolist(), kept[f.test].tolist(),
                 f.left_out) for f in found]
