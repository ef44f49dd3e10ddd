"""Options of the comparisons and of the studies, checked when they are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kinesics_core.errors import KinesicsError
from kinesics_core.experiments.dataset_split import WindowSettings
from kinesics_core.motion.networks.registry import NETWORKS

REAL, SCRATCH = "real", "scratch"
"""Names of the test split of the real recordings, and of training without pretraining."""


@dataclass(frozen=True, slots=True)
class ComparisonOptions:
    """Options of ``kinesics eval forecast`` and ``recognise``.

    Attributes:
        data: Folder of the dataset.
        windows: How it is cut and divided.
        networks: To be trained.
        residual: Train the paper's networks with residual output too.
        optimiser: Of the paper's recipe, see ``TrainingConfig``.
        epochs: Of every training; None estimates how many fit into the time.
        models: ONNX files by name, in place of training.
        processes: Trainings at a time.
        out: Folder for results and weights; None keeps nothing.
    """

    data: Path
    windows: WindowSettings = WindowSettings()
    networks: tuple[str, ...] = ()
    residual: bool = True
    optimiser: str = "adamw"
    epochs: int | None = None
    models: Mapping[str, Path] = field(default_factory=dict)
    processes: int = 2
    out: Path | None = None

    def __post_init__(self) -> None:
        _at_least_one({"epochs": self.epochs, "step": self.windows.step,
                       "processes": self.processes})
        for name, path in self.models.items():
            if not path.exists():
                raise KinesicsError(
                    f"{path}, to be called {name}, does not exist. Wanted an ONNX file of"
                    " `kinesics train forecast`.")


@dataclass(frozen=True, slots=True)
class StudyOptions:
    """Options of the paper's three studies.

    Attributes:
        data: Real recordings.
        out: Folder for what each training gave, tables and figures.
        networks: To be trained.
        pretrain: Synthetic datasets, one a tier.
        label: Trained beside the forecast (equation 3); None for the forecast alone.
        domains: Other datasets to test on, by name.
        seeds: Trainings of each kind; seeds differ in weights and order.
        epochs: On the real recordings.
        pretrain_epochs: On the synthetic ones.
        step: Frames between two windows.
        residual: Predict the change from the newest frame, which the paper's networks do not.
        processes: Trainings at a time.
    """

    data: Path
    out: Path
    networks: tuple[str, ...]
    pretrain: tuple[Path, ...]
    label: str | None = None
    domains: Mapping[str, Path] = field(default_factory=dict)
    seeds: int = 3
    epochs: int = 30
    pretrain_epochs: int = 5
    step: int = 15
    residual: bool = False
    processes: int = 2

    def __post_init__(self) -> None:
        _at_least_one({name: getattr(self, name) for name in (
            "seeds", "epochs", "pretrain_epochs", "step", "processes")})
        if not self.networks or set(self.networks) - set(NETWORKS):
            raise KinesicsError(
                f"Got networks {', '.join(self.networks) or 'none'}; wanted some of"
                f" {', '.join(NETWORKS)}.")
        if len(set(self.tiers)) < len(self.tiers):
            raise KinesicsError(
                f"Got tiers {', '.join(self.tiers)}; they are called by their folders, which must"
                " differ.")
        if REAL in self.domains:
            raise KinesicsError(
                f"No domain may be called {REAL}; that is the test split of --data.")

    @property
    def tiers(self) -> tuple[str, ...]:
        """Names of the synthetic datasets."""
        return tuple(path.name for path in self.pretrain)

    @property
    def starts(self) -> tuple[str, ...]:
        """Names of what a training may start from."""
        return (SCRATCH, *self.tiers)

    @property
    def tested(self) -> tuple[str, ...]:
        """Names of what is tested on."""
        return (REAL, *self.domains)


def require_networks(networks: Sequence[str], known: Sequence[str]) -> None:
    """Refuse a network that does not exist.

    Raises:
        KinesicsError: One of ``networks`` is not ``known``.
    """
    strange = [name for name in networks if name not in known]
    if strange:
        raise KinesicsError(
            f"Got network {strange[0]!r}; there are {', '.join(known)}. Choose of them.")


def _at_least_one(counts: Mapping[str, int | None]) -> None:
    for name, value in counts.items():
        if value is not None and value < 1:
            raise KinesicsError(f"Got {name} {value}; wanted at least 1.")
