"""State of several persons in arrays, one row each, so that everybody is read at once."""

from __future__ import annotations

import numpy as np

Rows = slice | np.ndarray
"""Rows of persons, as a slice, which costs least, or as indices."""

FIRST = slice(0, 1)
"""The first person alone."""

_LOW_AND_HIGH = np.array([[0], [1]])


class PerPerson:
    """State of P persons in attributes that are arrays (P, ...), a row each.

    A subclass says what is known of somebody new; persons are then admitted at the end and kept by
    the indices of their rows, all arrays alike.
    """

    def __init__(self, persons: int, **new: np.ndarray | np.generic | float) -> None:
        """Begin with persons of whom nothing is known.

        Args:
            persons: How many.
            new: Attribute -> its value, of any shape, for somebody new.
        """
        self._new = {name: np.asarray(value) for name, value in new.items()}
        for name, value in self._new.items():
            setattr(self, name, _rows(value, persons))

    def keep(self, rows: np.ndarray) -> None:
        """Keep only the persons of the indices given, in that order."""
        for name in self._new:
            setattr(self, name, getattr(self, name)[rows])

    def admit(self, count: int) -> None:
        """Add persons of whom nothing is known."""
        for name, value in self._new.items():
            setattr(self, name, np.concatenate([getattr(self, name), _rows(value, count)]))


def numbers(rows: Rows) -> np.ndarray:
    """Return rows as their indices, for arrays that are indexed by row and something else."""
    return np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows


def some(values: np.ndarray) -> bool:
    """Return whether one of the values is not 0; of a few it costs a third of ``values.any()``."""
    return bool(np.count_nonzero(values))


def every(values: np.ndarray) -> bool:
    """Return whether none of the values is 0; of a few it costs a third of ``values.all()``."""
    return bool(np.count_nonzero(values) == values.size)


def lapsed(elapsed: np.ndarray, least: int) -> np.ndarray:
    """Return where times (int64) are at least so long, or negative: a stamp has jumped back.

    Negative numbers taken as unsigned ones are the largest, so one comparison tells both.
    """
    long: np.ndarray = elapsed.view(np.uint64) >= least
    return long


def _rows(value: np.ndarray, count: int) -> np.ndarray:
    return np.repeat(value[None], count, axis=0)


def medians(values: np.ndarray) -> np.ndarray:
    """Return the medians (P, ...) of what is known in values (P, N, ...); nan of nothing.

    What is unknown is nan, in the rest of a row too.
    """
    ordered = np.sort(values, axis=1)  # nan comes last
    unknown = np.isnan(values.reshape(*values.shape[:2], -1)[:, :, 0])
    last = values.shape[1] - 1 - np.add.reduce(unknown, axis=1)  # -1 is as good where all are nan
    low, high = ordered[np.arange(len(values)), (last + _LOW_AND_HIGH) // 2]
    middle: np.ndarray = 0.5 * (low + high)
    return middle
