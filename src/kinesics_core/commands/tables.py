"""Tables on standard output: a name is never cut, and a pipe gets plain rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


def console() -> Console:
    """Return the console of standard output; what is no terminal has any width."""
    from rich.console import Console

    terminal = Console()
    return terminal if terminal.is_terminal else Console(width=160)


def show(table: Table, where: Console | None = None) -> None:
    """Print a table; where it is too wide, words go on in the next line and nothing is cut.

    Args:
        table: What to print.
        where: The console; None: that of standard output, and no terminal is too narrow.
    """
    from rich.console import Console
    from rich.measure import Measurement

    for column in table.columns:
        column.overflow = "fold"
    if where is None and not (where := Console()).is_terminal:
        wanted = Measurement.get(where, where.options.update(max_width=10_000), table).maximum
        where = Console(width=max(wanted, where.width))
    where.print(table)


def print_rows(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print plain rows in columns, two blanks between them."""
    lines = [headings, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(cell.ljust(width)
                        for cell, width in zip(line, widths, strict=True)).rstrip())
