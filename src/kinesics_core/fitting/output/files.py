"""Files that are whole or not there, for work that may be killed, cancelled or run out of disk."""

from __future__ import annotations

import errno
import fcntl
import io
import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core.fitting.errors import FitError

PART = ".part"
"""What a file is called besides its name while it is written. A killed run leaves it behind; the
next one overwrites or removes it."""


def write_bytes(path: Path, content: bytes | memoryview) -> None:
    """A reader sees the old file or the new one. FitError DISK_FULL if there is no room."""
    part = path.with_name(path.name + PART)
    try:
        part.write_bytes(content)
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise fault(path, error) from error


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """An .npz that opens without pickles; numbers and text become arrays."""
    stream = io.BytesIO()
    named: dict[str, Any] = {name: np.asarray(value) for name, value in arrays.items()}
    np.savez(stream, **named)
    write_bytes(path, stream.getbuffer())


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    write_bytes(path, (json.dumps(document, indent=1, allow_nan=False) + "\n").encode())


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of an .npz. OSError, ValueError, KeyError or zipfile.BadZipFile if it is none."""
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def written(path: Path) -> bool:
    """Whether an earlier run finished the file. An empty one is what a power cut leaves."""
    with suppress(OSError):
        return path.stat().st_size > 0
    return False


def fault(path: Path, error: OSError) -> FitError:
    """The sentence for a file that could not be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        free = ""
        with suppress(OSError):
            free = f" ({shutil.disk_usage(path.parent).free / 1e6:.1f} MB are left)"
        return FitError(
            f"{path} could not be written: the disk is full{free}. Everything written before is"
            " kept; make room and start the same fit again, it goes on there.", "DISK_FULL")
    return FitError(
        f"{path} could not be written: {error.strerror or error}; choose an output that can be"
        " written.", "INVALID_GOAL" if isinstance(error, PermissionError) else "FAILED")


@contextmanager
def claimed(directory: Path) -> Iterator[None]:
    """Make the directory and hold it: two runs in one place would mix their frames.

    FitError INVALID_GOAL if it cannot be made or another process holds it.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise fault(directory, error) from error
        raise FitError(
            f"The output {directory} cannot be made or opened ({error.strerror}); give a"
            " directory that can be written.", "INVALID_GOAL") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FitError(
                f"Another fit is writing to {directory}; wait for it, or give another output.",
                "INVALID_GOAL") from None
        yield
    finally:
        os.close(handle)


class Store:
    """What a fit has finished of one person, by name, for a run that takes it up again.

    The folder belongs to one recording, body and set of options; who owns it sees to that.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, name: str) -> dict[str, np.ndarray] | None:
        """What was saved under that name; None if nothing was, or it cannot be read any more."""
        try:
            return read_arrays(self.folder / f"{name}.npz")
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None

    def save(self, name: str, arrays: Mapping[str, Any]) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise fault(self.folder, error) from error
        write_arrays(self.folder / f"{name}.npz", arrays)

    def clear(self) -> None:
        """Forget everything: the fit is finished and stands elsewhere."""
        shutil.rmtree(self.folder, ignore_errors=True)
