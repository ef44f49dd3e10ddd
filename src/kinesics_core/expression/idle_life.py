"""Idle life: what a standing body does of itself, streamed from statistics of real people.

Each group of channels (weight and trunk, head, each arm) holds a level, then moves to another:
weight shifts, looks, fidgets. While it holds it sways. Lengths of holds and moves, sizes and their
correlations, and the sway's size and pace are fitted to recordings (``idle_fit``); nothing repeats,
because levels are drawn anew. Arousal shortens the holds. It runs on a clock of its own, so any
frame rate gives the same life.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from kinesics_core.assets import store
from kinesics_core.body.gestures import minimum_jerk
from kinesics_core.errors import KinesicsError
from kinesics_core.files import read_arrays

CHANNELS = (
    "shift_left", "shift_forward", "pelvis_yaw", "spine_roll", "spine_pitch", "spine_yaw",
    "head_roll", "head_pitch", "head_yaw",
    "left_upper_out", "left_upper_forward", "left_fore_out", "left_fore_forward",
    "right_upper_out", "right_upper_forward", "right_fore_out", "right_fore_forward",
)  # fmt: skip
"""Deviations from how someone stands: metres, radians (REP-103), parts of unit directions."""

GROUPS = {"weight": slice(0, 6), "head": slice(6, 9), "left_arm": slice(9, 13),
          "right_arm": slice(13, 17)}
"""Channels that move together."""

_PARTS = tuple(GROUPS.values())

FILE = "idle.npz"
"""Name of the model in ``models/``."""

TICK = 1.0 / 15.0
"""Seconds between two steps of the sway; between them it is interpolated."""

_QUICKER = 0.7  # how much arousal shortens holds, exponent per unit; authored
_WIDEST = 2.0  # standard deviations of a level
_SHORTEST, _LONGEST = 0.3, 40.0  # s of a hold
_FASTEST_MOVE, _SLOWEST_MOVE = 0.4, 4.0  # s

_ARRAYS = {"hold": (4, 2), "move": (4, 2), "keep": (4,), "level": (17, 17), "sway": (17,),
           "pace": (17,)}


@dataclass(frozen=True)
class IdleModel:
    """Statistics of idle life.

    Attributes:
        hold, move: (4, 2) for each of ``GROUPS``: mean and standard deviation of the log of the
            seconds that a level is held, and that a move takes.
        keep: (4,) correlation of a level with the one before.
        level: (17, 17) covariance of levels, in blocks of ``GROUPS``.
        sway: (17,) standard deviation of the sway about a level.
        pace: (17,) seconds in which the sway forgets.
    """

    hold: np.ndarray
    move: np.ndarray
    keep: np.ndarray
    level: np.ndarray
    sway: np.ndarray
    pace: np.ndarray

    @classmethod
    def load(cls, path: Path | None = None) -> IdleModel:
        """Read a model; None for ours, of ``models/``.

        Raises:
            KinesicsError: The file cannot be read or is none.
        """
        file = path or store.shipped(FILE)
        try:
            arrays = read_arrays(file)
        except (OSError, ValueError) as error:
            raise KinesicsError(f"{file} cannot be read ({error}). Restore it.") from error
        for name, shape in _ARRAYS.items():
            if name not in arrays or arrays[name].shape != shape or arrays[
                    name].dtype.kind not in "fiu" or not np.isfinite(arrays[name]).all():
                raise KinesicsError(
                    f"{file} is no model of idle life: wanted finite {name!r} of shape {shape}."
                    " Give what `kinesics train idle` wrote.")
        return cls(**{name: arrays[name].astype(np.float64) for name in _ARRAYS})

    def arrays(self) -> dict[str, np.ndarray]:
        """Return it as arrays by name."""
        return {name: getattr(self, name).astype(np.float32) for name in _ARRAYS}


@lru_cache(maxsize=1)
def shipped_model() -> IdleModel:
    """Return our model, read once."""
    return IdleModel.load()


class IdleLife:
    """The stream of one body's idle life."""

    def __init__(self, seed: int, model: IdleModel | None = None) -> None:
        """Start at rest; ``seed`` decides everything."""
        self._model = model or shipped_model()
        self._rng = np.random.default_rng((seed, 5))
        self._roots = [np.linalg.cholesky(
            self._model.level[part, part] + 1e-10 * np.eye(part.stop - part.start))
            for part in GROUPS.values()]
        self._levels = [np.zeros(part.stop - part.start) for part in GROUPS.values()]
        self._from = [level.copy() for level in self._levels]
        # Of each group: seconds left to hold, seconds of the move, seconds into it.
        self._hold = [self._drawn(self._model.hold[group], _SHORTEST, _LONGEST) * 0.5
                      for group in range(len(GROUPS))]
        self._move = [1.0] * len(GROUPS)
        self._into = [1.0] * len(GROUPS)
        self._inner, self._sway = np.zeros(len(CHANNELS)), np.zeros(len(CHANNELS))
        self._before = self._sway.copy()
        keep = np.exp(-TICK / self._model.pace)
        self._keep = keep
        # Two leaky integrators in a row; this drive gives the second one the sway's deviation.
        gain = (1.0 - keep) ** 2 * (1.0 + keep**2) / (1.0 - keep**2) ** 3
        self._drive = self._model.sway / np.sqrt(gain)
        self._ahead = 0.0

    def step(self, dt: float, arousal: float = 0.0) -> None:
        """Move on by ``dt`` seconds.

        Args:
            dt: At most some tenths of a second.
            arousal: -1..1; shortens the holds.
        """
        pace = math.exp(_QUICKER * arousal)
        for group in range(len(GROUPS)):
            if self._into[group] < self._move[group]:
                self._into[group] += dt
                continue
            self._hold[group] -= dt * pace
            if self._hold[group] <= 0.0:
                self._begin(group)
        self._ahead += dt
        while self._ahead >= TICK:
            self._ahead -= TICK
            self._before = self._sway
            noise = self._drive * self._rng.standard_normal(len(CHANNELS))
            self._inner = self._keep * self._inner + noise
            self._sway = self._keep * self._sway + (1.0 - self._keep) * self._inner

    @property
    def now(self) -> np.ndarray:
        """The channels (17,)."""
        out = self._before + (self._ahead / TICK) * (self._sway - self._before)
        for group, part in enumerate(_PARTS):
            along = self._into[group] / self._move[group]
            if along >= 1.0:
                out[part] += self._levels[group]
            else:
                out[part] += self._from[group] + minimum_jerk(along) * (
                    self._levels[group] - self._from[group])
        return out

    def _begin(self, group: int) -> None:
        """Begin a move of a group to another level."""
        root, keep = self._roots[group], float(self._model.keep[group])
        drawn = np.clip(self._rng.standard_normal(len(root)), -_WIDEST, _WIDEST)
        self._from[group] = self._levels[group]
        self._levels[group] = (
            keep * self._levels[group] + math.sqrt(max(0.0, 1.0 - keep * keep)) * (root @ drawn))
        self._move[group] = self._drawn(self._model.move[group], _FASTEST_MOVE, _SLOWEST_MOVE)
        self._into[group] = 0.0
        self._hold[group] = self._drawn(self._model.hold[group], _SHORTEST, _LONGEST)

    def _drawn(self, logs: np.ndarray, low: float, high: float) -> float:
        seconds = math.exp(logs[0] + logs[1] * self._rng.standard_normal())
        return min(max(seconds, low), high)
