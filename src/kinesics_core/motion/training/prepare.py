"""Preparing a training run: clips and settings -> everything that it needs, checked.

Before hours of training: is there something to learn from and to be judged by? The split is by
clip.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from kinesics_core.dataset.clips import Clip
from kinesics_core.errors import KinesicsError
from kinesics_core.motion.evaluation import splits
from kinesics_core.motion.training import camera_windows, checkpoints, labels, windowing
from kinesics_core.motion.training.checkpoints import Identity
from kinesics_core.motion.training.config import TrainingConfig
from kinesics_core.motion.training.feeds import Examples
from kinesics_core.motion.windows import HORIZON, OBSERVED, RATE
from kinesics_core.skeletons import COCO17


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Settings of a run beside the ``TrainingConfig``.

    Attributes:
        label: What the classifier tells apart; None trains none.
        pretrain_epochs: Of the stage before; None has as many as the config.
        init: Checkpoint to start from.
        new_classifier: Learn the classifier anew: the checkpoint may have other classes.
        name: Of the model, for its file.
        licence: Of the weights, for the file.
    """

    label: str | None = None
    pretrain_epochs: int | None = None
    init: Path | None = None
    new_classifier: bool = False
    name: str = "forecast"
    licence: str = "not stated"


@dataclass(frozen=True, slots=True)
class RunClips:
    """Motion of a run.

    Attributes:
        clips: To train, validate and test on.
        unseen: Of sources never trained on, to judge the network by at the end.
        pretrain: Of a stage before, with its own split; the classifier learns from those of their
            labels that ``clips`` have too.
        keypoints: Names of the keypoints that all of them have.
    """

    clips: Sequence[Clip]
    unseen: Sequence[Clip] = ()
    pretrain: Sequence[Clip] = ()
    keypoints: Sequence[str] = COCO17


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a run with data and epochs of its own: "pretrain" or "train"."""

    name: str
    config: TrainingConfig
    train: Examples
    validation: Examples


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """A run that can start.

    Attributes:
        config: How the network is trained.
        options: What else was asked for.
        identity: The network, its keypoints and classes.
        stages: In order; the last one is "train".
        test: Clips to judge the network by.
        unseen: Clips of sources never trained on.
        start: Weights to start from; None for fresh ones.
        settings: All that a run must share with another to go on with it, as JSON holds it.
        sources: Names of the sources trained on.
    """

    config: TrainingConfig
    options: RunOptions
    identity: Identity
    stages: list[Stage]
    test: list[Clip]
    unseen: list[Clip]
    start: dict[str, Tensor] | None
    settings: dict[str, Any]
    sources: list[str]


def prepare(
    data: RunClips, config: TrainingConfig, options: RunOptions = RunOptions()
) -> PreparedRun:
    """Split the clips, look up the classes, and check that the run can be trained and judged.

    Raises:
        KinesicsError: The data does not do, or the checkpoint to start from does not fit.
    """
    clips, label = list(data.clips), options.label
    classes = labels.classes_of(clips, label) if label else ()
    identity = Identity(config.network, config.residual, tuple(data.keypoints), classes)
    whole = bool(label) and all(label in clip.labels for clip in clips)
    fold = splits.by_clip(clips, config.seed, label=label if whole else None)
    train, validation, test = (
        [clips[index] for index in side] for side in (fold.train, fold.validation, fold.test))
    start = None
    if options.init:
        start = checkpoints.start_from(
            options.init, identity, new_classifier=options.new_classifier)
    _require_classes(classes, label)
    _require_length([("train on", train), ("validate on", validation), ("test on", test),
                     ("judge it by", list(data.unseen))], config)

    def examples(chosen: list[Clip]) -> Examples:
        return Examples(
            chosen, labels.targets(chosen, label, classes, strict=False) if label else None)

    stages = []
    if data.pretrain:
        before = list(data.pretrain)
        own = splits.by_clip(before, config.seed)
        stages.append(Stage(
            "pretrain", replace(config, epochs=options.pretrain_epochs or config.epochs),
            examples([before[index] for index in sorted(own.train + own.test)]),
            examples([before[index] for index in own.validation])))
    stages.append(Stage("train", config, examples(train), examples(validation)))
    settings = {
        **asdict(config), **asdict(options), "init": options.init and str(options.init),
        "classes": list(classes), "keypoints": list(data.keypoints),
        "data": _fingerprint(clips), "pretrain_data": _fingerprint(data.pretrain),
    }
    sources = sorted({clip.source for clip in [*train, *data.pretrain]})
    return PreparedRun(config, options, identity, stages, test, list(data.unseen), start, settings,
                       sources)


def _require_classes(classes: Sequence[str], label: str | None) -> None:
    if label and len(classes) < 2:
        raise KinesicsError(
            f"Every clip has the same {label} ({classes[0]}); wanted at least two to tell apart."
            " Choose another --label, or none to forecast only.")


def _require_length(
    sides: Sequence[tuple[str, list[Clip]]], config: TrainingConfig
) -> None:
    """Check that every side has a clip that gives a window."""
    frames = OBSERVED + HORIZON
    if config.view == "random":
        frames = windowing.SHORTEST + HORIZON
        camera_windows.require_three_dimensions([clip for _, clips in sides for clip in clips])
    for what, clips in sides:
        if clips and not any(windowing.long_enough(clip, frames) for clip in clips):
            longest = max(len(clip.keypoints) / clip.rate for clip in clips)
            raise KinesicsError(
                f"No clip to {what} lasts {frames / RATE:g} s, the longest {longest:.1f} s. Give"
                " longer recordings.")


def _fingerprint(clips: Sequence[Clip]) -> str:
    """Return a digest of names, lengths and labels: whether the data is that of an earlier run."""
    digest = hashlib.sha256()
    for clip in clips:
        digest.update(json.dumps(
            [clip.name, clip.source, len(clip.keypoints), sorted(clip.labels.items())]).encode())
    return f"{len(clips)} clips, {digest.hexdigest()[:12]}" if clips else "none"
