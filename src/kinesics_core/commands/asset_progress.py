"""The terminal's hooks of the store: notices as lines, fetches as bars, on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from kinesics_core.assets.hooks import AssetHooks, Tell


def terminal_hooks() -> AssetHooks:
    """Return hooks that write and draw on standard error."""
    return AssetHooks(_print, _draw)


def _print(sentence: str) -> None:
    print(sentence, file=sys.stderr)


@contextmanager
def _draw(what: str) -> Iterator[Tell]:
    """Draw a bar until the block ends; it moves by itself while nothing is known of bytes."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    with Progress(TextColumn("Fetching {task.description}"), BarColumn(), DownloadColumn(),
                  Remaining(), console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)
