"""Hooks of the store: what it tells whoever watches.

A file may be asked for anywhere in the library, so the hooks belong to the process and not to a
call: the command line draws bars, a node writes lines, and a program that sets none hears nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

Tell = Callable[[int, "int | None"], None]
"""Told how many bytes have come, and of how many (None: unknown)."""


def _hear_nothing(_: str) -> None:
    """Let a notice pass."""


@contextmanager
def _watch_nothing(_: str) -> Iterator[Tell]:
    """Let a fetch pass."""
    yield lambda done, total: None


@dataclass(frozen=True, slots=True)
class AssetHooks:
    """Callbacks for what the store has to tell.

    Attributes:
        on_notice: Told a sentence: that a file is wrong and fetched again, that another process is
            waited for.
        on_fetch: Told what is fetched; the context lasts until it is there or failed, and gives
            the function that hears of bytes (not of what pip and npm fetch).
    """

    on_notice: Callable[[str], None] = _hear_nothing
    on_fetch: Callable[[str], AbstractContextManager[Tell]] = _watch_nothing


_current = AssetHooks()


def current() -> AssetHooks:
    """Return the hooks of this process."""
    return _current


def use(hooks: AssetHooks) -> None:
    """Make these the hooks of this process."""
    global _current
    _current = hooks
