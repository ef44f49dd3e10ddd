"""Trainings of a comparison: which there are, and for how many epochs of how many windows.

How many epochs fit into ``MINUTES`` is estimated from the number of windows, not by the clock, so
that a run can be repeated; the table says how many they were.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.experiments import paper
from kinesics_core.experiments.dataset_split import DatasetSplit
from kinesics_core.experiments.options import ComparisonOptions
from kinesics_core.motion.training.config import TrainingConfig, recipe

MINUTES = 18.0
"""Time that all trainings together may take on a dataset of ``LARGE`` windows or more."""
LARGE = 10_000
SMALLEST = 0.12
"""Share of ``MINUTES`` that a dataset of a few windows gets."""
MOST = 20_000
"""Training windows of an epoch, at most."""

SECONDS = {"mlp": 0.6, "lstm": 0.9, "cnn_lstm": 2.0, "transformer": 16.0, "ours": 0.2}
"""Seconds an epoch of 1000 windows takes on one core of 2024, for the estimate alone."""
PART = {"mlp": 1.0, "lstm": 2.5, "cnn_lstm": 2.5, "transformer": 5.0, "ours": 2.5}
"""Parts of the time that each training gets."""
OUR_EPOCHS = 100


@dataclass(frozen=True, slots=True)
class PlannedTraining:
    """A training as it will be run in each fold.

    Attributes:
        config: Its settings.
        most: Training windows an epoch; of more, every second, third, ... is taken.
    """

    config: TrainingConfig
    most: int = MOST


def plan_trainings(options: ComparisonOptions, split: DatasetSplit) -> dict[str, PlannedTraining]:
    """Return what is trained, by the name it is reported under.

    The paper's networks are trained with the paper's recipe, and with ``options.residual`` again
    as ``NETWORK_residual``; ours with its own.
    """
    wanted = [(network, residual) for network in options.networks
              for residual in ((True,) if network == paper.OURS else
                               (False, True) if options.residual else (False,))]
    if not wanted:
        return {}
    size = min(max(split.windows / LARGE, SMALLEST), 1.0)
    budget = MINUTES * 60 * options.processes * size / len(split.folds)
    unit = budget / sum(PART[network] for network, _ in wanted)
    # Ours draws its windows anywhere in the clips: as many places as there are, up to its own.
    drawn = int(np.clip(split.train_windows * options.windows.step, 2560, 20000))
    windows = options.windows
    trainings = {}
    for network, residual in wanted:
        ours = network == paper.OURS
        count, longest = (drawn, OUR_EPOCHS) if ours else (split.train_windows, paper.EPOCHS)
        epochs, most = affordable_epochs(network, count, unit * PART[network], longest)
        if options.epochs is not None:
            epochs, most = options.epochs, min(count, MOST)
        shared = {"network": network, "epochs": epochs, "step": windows.step,
                  "view": windows.view, "seed": windows.seed}
        if ours:
            trainings[network] = PlannedTraining(recipe("ours", windows=most, **shared))
        else:
            name = f"{network}_residual" if residual else network
            trainings[name] = PlannedTraining(
                recipe("paper", residual=residual, optimiser=options.optimiser, **shared), most)
    return trainings


def affordable_epochs(
    network: str, windows: int, seconds: float, epochs: int
) -> tuple[int, int]:
    """Return how many epochs of how many windows fit into a time on one core, about.

    Rather two epochs of fewer windows than none of all.

    Args:
        network: Which one is trained.
        windows: Training windows there are.
        seconds: The time.
        epochs: At most.
    """
    affordable = 1000 * seconds / SECONDS[network]
    most = int(np.clip(affordable / 2, min(500, windows), min(windows, MOST)))
    return int(np.clip(affordable / most, 2, epochs)), most
