"""YAML files that a user edits, read with the line of what is wrong."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kinesics_core.errors import KinesicsError

LARGEST = 100_000
"""Bytes of such a file; a larger one is something else."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a YAML file and where it stands.

    Attributes:
        value: The node of PyYAML.
        where: Name of the file.
    """

    value: Any
    where: str

    def error(self, sentence: str) -> KinesicsError:
        """Return the error of this place: file, line and the sentence."""
        line = "" if self.value is None else f", line {self.value.start_mark.line + 1}"
        return KinesicsError(f"{self.where}{line}: {sentence}")

    def fields(self, known: Iterable[str] | None = None) -> dict[str, Node]:
        """Return the fields of a mapping by name.

        Args:
            known: Names that are allowed; None: any.

        Raises:
            KinesicsError: It is no mapping, or a name stands twice or is unknown.
        """
        allowed = None if known is None else tuple(known)
        if not isinstance(self.value, yaml.MappingNode):
            wanted = "a mapping" + (f" of {', '.join(allowed)}" if allowed else "")
            raise self.error(f"wanted {wanted}.")
        found: dict[str, Node] = {}
        for key, value in self.value.value:
            name = str(key.value)
            at = Node(key, self.where)
            if name in found:
                raise at.error(f"{name!r} stands twice.")
            if allowed is not None and name not in allowed:
                raise at.error(f"{name!r} is unknown here; use {', '.join(allowed)}.")
            found[name] = Node(value, self.where)
        return found

    def items(self) -> list[Node]:
        """Return the values of a list.

        Raises:
            KinesicsError: It is none.
        """
        if not isinstance(self.value, yaml.SequenceNode):
            raise self.error("wanted a list.")
        return [Node(value, self.where) for value in self.value.value]

    def number(self, name: str, low: float, high: float) -> float:
        """Return a number within bounds.

        Raises:
            KinesicsError: It is none, or out of them.
        """
        plain = isinstance(self.value, yaml.ScalarNode)
        try:
            value = float(self.value.value) if plain else math.nan
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            got = self.value.value if plain else "no number"
            raise self.error(f"got {name}: {got!r}; wanted a number from {low:g} to {high:g}.")
        return value

    def text(self, name: str) -> str:
        """Return a text.

        Raises:
            KinesicsError: It is none.
        """
        if not isinstance(self.value, yaml.ScalarNode):
            raise self.error(f"wanted a text as {name}.")
        return str(self.value.value)

    def choice(self, name: str, known: Iterable[str]) -> str:
        """Return one of the texts that are known.

        Raises:
            KinesicsError: It is another one.
        """
        value, allowed = self.text(name), tuple(known)
        if value not in allowed:
            raise self.error(f"got {name}: {value!r}; wanted one of {', '.join(allowed)}.")
        return value

    def shares(self, known: Mapping[str, int]) -> dict[int, float]:
        """Return a mapping of known names to shares that sum to 1, by the names' numbers.

        Raises:
            KinesicsError: A name or number is wrong, or they do not sum to 1.
        """
        found = {known[name]: value.number(name, 0.0, 1.0)
                 for name, value in self.fields(known).items()}
        if abs(sum(found.values()) - 1.0) > 1e-6:
            raise self.error(f"got shares that sum to {sum(found.values()):g}; wanted 1.")
        return found


def read(path: Path) -> Node:
    """Read a file.

    Raises:
        KinesicsError: It cannot be read, or is no YAML; the sentence has the line.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise KinesicsError(f"{path} is larger than {LARGEST} bytes: no file of settings.")
        return Node(yaml.compose(path.read_text(encoding="utf-8"), Loader=_LOADER), str(path))
    except OSError as error:
        raise KinesicsError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise KinesicsError(f"{path} cannot be read as YAML: {error}") from error
