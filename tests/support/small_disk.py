"""A small disk that a test can fill: a tmpfs, which root alone may mount."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest


@contextmanager
def tmpfs(place: Path, size: int) -> Iterator[bool]:
    """Mount a disk of so many bytes at a folder that is there; gives whether it could be."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    mounted = not os.geteuid() and subprocess.run(mount, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", str(place)], check=True, capture_output=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Make a folder that takes so many bytes, or skip the test where none can be mounted."""
    place = tmp_path / "small"
    place.mkdir()
    with ExitStack() as disks:
        def make(size: int) -> Path:
            if not disks.enter_context(tmpfs(place, size)):
                pytest.skip("needs root, to mount a small disk")
            return place

        yield make
