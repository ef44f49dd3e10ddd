"""Settings of the paper's training, and what a run of ours does otherwise.

Costea, Marcu, Lazar and Leordeanu, arXiv 2603.01804. Section 2.3: a window at every frame, and
then the windows, not the clips, divided into 80 % and 20 %. Section 3: Adam, 200 epochs, batch 32,
weight decay 1e-4. Learning rates (``networks.registry``) and loss are the paper's everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping

from kinesics_core.motion.evaluation.splits import BY_CLIP, WINDOW_LEAKS
from kinesics_core.motion.training.config import TrainingConfig

EPOCHS = 200
BATCH = 32
OPTIMISER = "adam"
WEIGHT_DECAY = 1e-4
STEP = 1
"""Frames between two windows."""

OURS = "ours"
"""Our own network, which the paper does not have."""


def differences(
    split: str, step: int, trainings: Mapping[str, TrainingConfig], *,
    pretrain_epochs: int | None = None, own_recipe: bool = False,
) -> list[str]:
    """List what differs from the paper's training and test, each with the paper's in brackets.

    Args:
        split: As ``--split`` has it.
        step: Frames between two windows.
        trainings: Settings by the name the training is reported under; our own network's are
            named, not compared.
        pretrain_epochs: Epochs on synthetic motion; None if nothing is pretrained.
        own_recipe: Whether something is trained by no ``TrainingConfig`` at all.
    """
    said = []
    theirs = {name: config for name, config in trainings.items() if config.network != OURS}
    if epochs := {name: config.epochs for name, config in theirs.items()
                  if config.epochs != EPOCHS}:
        said.append(f"{_grouped(epochs)} epochs (the paper: {EPOCHS})")
    if pretrain_epochs not in (None, EPOCHS):
        said.append(f"{pretrain_epochs} epochs on synthetic motion before (the paper: {EPOCHS})")
    if optimisers := {_optimiser(config) for config in theirs.values()} - {
            _words(OPTIMISER, WEIGHT_DECAY)}:
        said.append(f"{', '.join(sorted(optimisers))} (the paper:"
                    f" {_words(OPTIMISER, WEIGHT_DECAY)})")
    if batches := {config.batch for config in theirs.values()} - {BATCH}:
        said.append(f"batches of {', '.join(map(str, sorted(batches)))} (the paper: {BATCH})")
    if residual := [name for name, config in theirs.items() if config.residual]:
        said.append(f"{', '.join(residual)} with residual output (the paper: absolute)")
    if split != WINDOW_LEAKS:
        how = "by clip" if split == BY_CLIP else f"by {split}, one left out in turn"
        said.append(f"split {how} (the paper: by window, which leaks)")
    if step != STEP:
        said.append(f"a window every {step} frames (the paper: every frame)")
    if own_recipe or len(theirs) < len(trainings):
        said.append("ours is not the paper's and has its own recipe")
    return said


def _optimiser(config: TrainingConfig) -> str:
    return _words(config.optimiser, config.weight_decay)


def _words(optimiser: str, decay: float) -> str:
    return {"adam": "Adam", "adamw": "AdamW"}[optimiser] + f" with weight decay {decay:g}"


def _grouped(epochs: Mapping[str, int]) -> str:
    """Name who has how many epochs, one number alone if all have the same."""
    if len(set(epochs.values())) == 1:
        return str(next(iter(epochs.values())))
    return ", ".join(f"{name} {count}" for name, count in epochs.items())
