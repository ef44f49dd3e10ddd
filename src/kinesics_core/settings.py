"""Settings that exist once: dataclass fields that carry their unit, range, choices and meaning.

    @dataclass(frozen=True)
    class StreamConfig:
        rate: float = setting(60.0, "Poses per second", unit="Hz", bounds=(1.0, 200.0))

        def __post_init__(self) -> None:
            check(self)

ROS parameters, command-line options and config/kinesics.yaml are made from such fields, so that
a default, a range or a choice is written in one place.
"""

from __future__ import annotations

import argparse
import dataclasses
import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinesics_core.errors import KinesicsError

_KEY = "kinesics.setting"
_KINDS = {
    bool: "true or false", int: "a whole number", float: "a number", str: "text",
    list: "a list of texts",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting and all that is known of it. Its type is its default's.

    Attributes:
        name: The field's name, and the ROS parameter's.
        default: Its value where nothing is given.
        about: Its meaning, one sentence without a full stop. Of what is true by default it ends
            with "false: " and what happens then.
        unit: Unit of a number, "" for none.
        bounds: Smallest and largest value of a number, both allowed.
        choices: Texts or whole numbers that are allowed; empty: any.
        others: What texts besides the choices are allowed, in words, such as "a path"; the config
            checks them. "": none are.
        live: Whether a running node takes a new value at once.
    """

    name: str
    default: Any
    about: str
    unit: str = ""
    bounds: tuple[float, float] | None = None
    choices: tuple[str, ...] | tuple[int, ...] = ()
    live: bool = False
    others: str = ""

    @property
    def kind(self) -> Any:
        """The type of the values: bool, int, float, str or list."""
        return type(self.default)

    @property
    def range(self) -> str:
        """The range in words, such as "1 to 200 Hz"; "" where there is none."""
        if self.bounds is None:
            return ""
        low, high = (_shortest(bound) for bound in self.bounds)
        return f"{low} to {high}" + (f" {self.unit}" if self.unit else "")

    def fault(self, value: Any) -> str | None:
        """Return what is wrong with a value, as a sentence without a full stop, or None."""
        got = f"got {self.name} = {value!r}"
        if not isinstance(value, self.kind) or isinstance(value, bool) != (self.kind is bool):
            return f"{got}, wanted {_KINDS[self.kind]}"
        if self.choices and value not in self.choices and not self.others:
            return f"{got}, wanted {self.allowed(value)}"
        if self.bounds is not None and not self.bounds[0] <= value <= self.bounds[1]:
            return f"{got}, wanted {self.range}"
        return None

    def allowed(self, value: Any = "") -> str:
        """Return the choices in words, and the one that a wrong text may have meant."""
        names = [str(choice) for choice in self.choices]
        near = difflib.get_close_matches(str(value), names, 1) if self.kind is str else []
        hint = f"; did you mean {near[0]!r}?" if near else ""
        others = f", or {self.others}" if self.others else ""
        return f"one of {', '.join(names)}{others}{hint}"

    def widened(self, value: Any) -> Any:
        """Return a whole number as a float where the setting is one (``rate: 30`` in YAML)."""
        whole = isinstance(value, int) and not isinstance(value, bool)
        return float(value) if whole and self.kind is float else value


def setting(
    default: Any, about: str, *, unit: str = "", bounds: tuple[float, float] | None = None,
    choices: tuple[str, ...] | tuple[int, ...] = (), live: bool = False, others: str = "",
) -> Any:
    """Return the field of a config dataclass; for the arguments see ``Setting``."""
    known = {_KEY: Setting("", default, about, unit, bounds, choices, live, others)}
    if isinstance(default, list):
        return dataclasses.field(default_factory=lambda: list(default), metadata=known)
    return dataclasses.field(default=default, metadata=known)


def same_as(config: type, name: str) -> Any:
    """Return the field of a setting that two dataclasses share; it is written in ``config``."""
    (known,) = settings_of(config, name)
    return setting(
        known.default, known.about, unit=known.unit, bounds=known.bounds, choices=known.choices,
        live=known.live, others=known.others,
    )


def settings_of(config: type, *names: str) -> tuple[Setting, ...]:
    """Return the settings of a config dataclass in order.

    Args:
        config: The dataclass; fields that are not made with ``setting`` are left out.
        names: The ones wanted, in this order; none: all.
    """
    known = {
        field.name: dataclasses.replace(field.metadata[_KEY], name=field.name)
        for field in dataclasses.fields(config) if _KEY in field.metadata
    }
    return tuple(known[name] for name in names or known)


def check(config: Any, error: Callable[[str], KinesicsError] = KinesicsError) -> None:
    """Refuse values that their settings do not allow; for ``__post_init__`` of a config.

    Args:
        config: The dataclass's new instance.
        error: Makes the error of its sentence.

    Raises:
        KinesicsError: A value is wrong. The sentence says what was got and what was wanted.
    """
    for known in settings_of(type(config)):
        fault = known.fault(known.widened(getattr(config, known.name)))
        if fault is not None:
            raise error(f"{type(config).__name__}: {fault}.")


def from_values(config: type, values: Mapping[str, Any]) -> Any:
    """Return a config of those of the values that are its settings, defaults elsewhere."""
    names = {known.name for known in settings_of(config)}
    return config(**{name: value for name, value in values.items() if name in names})


def add_option(
    parser: argparse._ActionsContainer, known: Setting, *, flag: str = "",
    metavar: str | None = None, default: Any = dataclasses.MISSING,
) -> None:
    """Add the command-line option of a setting: type, choices and help are the setting's.

    A setting that is true by default gets the option that turns it off, ``--no-NAME``. Ranges are
    named in the help and checked by the config that takes the value.

    Args:
        parser: The parser, or a group of its options.
        known: The setting.
        flag: The option, if it is not the setting's name; it is stored under that name all the
            same.
        metavar: What stands for the value in the help; of a number its unit, or N, if left out.
        default: The command's own default instead of the setting's; None leaves it to a
            parameter file.
    """
    name = known.name.replace("_", "-")
    if default is dataclasses.MISSING:
        default = known.default
    about = known.about if known.about[:2].isupper() else known.about[0].lower() + known.about[1:]
    if known.kind is bool:
        if known.default:
            about = about.partition("false: ")[2]
        parser.add_argument(
            flag or (f"--no-{name}" if known.default else f"--{name}"), dest=known.name,
            action="store_const", const=not known.default, default=default, help=about)
        return
    if metavar is None and known.kind in (int, float):
        metavar = known.unit.upper() or "N"
    notes = [known.range] if known.range else []
    if known.others:
        notes.append(known.allowed())
    if default not in (None, ""):
        notes.append("default: %(default)s")
    about = about.replace("%", "%%") + (f" ({', '.join(notes)})" if notes else "")
    choices = None if known.others or not known.choices else known.choices
    parser.add_argument(
        flag or f"--{name}", dest=known.name, type=known.kind, choices=choices, metavar=metavar,
        default=default, help=about)


def given_path(text: str) -> Path:
    """Return a path typed on the command line.

    Raises:
        argparse.ArgumentTypeError: It is empty, which ``Path`` takes for the folder one stands in.
    """
    if not text.strip():
        raise argparse.ArgumentTypeError(f"got {text!r}, wanted a path ('.' is this folder)")
    return Path(text)


def _shortest(number: float) -> str:
    """Return a bound as people write it: "1", not "1.0"."""
    return str(int(number)) if number == int(number) else str(number)
