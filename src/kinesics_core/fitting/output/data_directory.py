"""A directory that requests of strangers stay inside: neither ".." nor a link leads out of it."""

from __future__ import annotations

import os
from pathlib import Path

from kinesics_core.fitting.errors import FitError


def inside(directory: Path, given: str, what: str) -> Path:
    """Return a path inside a directory with every link followed.

    Args:
        directory: The directory.
        given: The path, relative to it or absolute.
        what: Name of the field it was given in, for the sentence.

    Raises:
        FitError: INVALID_GOAL, if the path is empty or lies outside, or is a folder with an entry,
            at any depth, that leads outside.
    """
    root = directory.resolve()
    if not given or "\0" in given:
        raise FitError(
            f"got {what} = {given!r}, wanted a path inside of the data directory {root}.",
            "INVALID_GOAL",
        )
    path = (root / given).resolve()
    if not path.is_relative_to(root):
        raise FitError(
            f"got {what} = {given!r}, which lies outside of the data directory {root}; move the "
            "file there, or start the server with another data_directory.",
            "INVALID_GOAL",
        )
    for link in _links(path):
        if not link.resolve().is_relative_to(root):
            raise FitError(
                f"got {what} = {given!r}, in which the link {link.relative_to(root)} leads out of "
                f"the data directory {root}; put the file itself there.",
                "INVALID_GOAL",
            )
    return path


def _links(folder: Path) -> list[Path]:
    """Return the symbolic links in a folder and the folders in it; of anything else none."""
    return [
        Path(parent) / name
        for parent, folders, files in os.walk(folder)
        for name in (*folders, *files)
        if os.path.islink(os.path.join(parent, name))
    ]
