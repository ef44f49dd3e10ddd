"""Progress of ``kinesics express`` while it works, and a line for each file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from kinesics_core import files
from kinesics_core.commands.express_files import Exported


@contextmanager
def progress(steps: Mapping[str, int | None]) -> Iterator[Callable[[str], None]]:
    """Show a bar for each output while it is made; give what moves it by a step.

    Args:
        steps: How many steps each takes; None: nobody knows beforehand.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    with Progress(TextColumn("{task.description:>6}"), BarColumn(), MofNCompleteColumn(),
                  Remaining(), console=Console(stderr=True)) as shown:
        tasks = {name: shown.add_task(name, total=total) for name, total in steps.items()}
        yield lambda name: shown.advance(tasks[name])


def told_files(out: Path, done: Sequence[Exported]) -> None:
    """Print a line for each file."""
    for file in done:
        kept = ", kept from an earlier run" if file.kept else ""
        print(f"{files.shown(out / file.name)}: {file.bytes / 1e6:.2f} MB{kept}")
