"""Files that are whole or not there: the one place that writes atomically and hashes.

A reader sees the file that was there before or the new one, never a part: the bytes go into a
neighbour called ``NAME.part``, which takes the file's name in one step (POSIX ``rename``). A
killed run leaves the neighbour behind; the next one overwrites it. A symbolic link is followed:
the file it leads to is replaced. A device, a pipe or a stream of this process (``/dev/stdout``,
``/dev/fd/3``) gets the bytes once they are complete, and stays what it is.
"""

from __future__ import annotations

import errno
import hashlib
import io
import itertools
import json
import logging
import os
import re
import shutil
import stat
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core.errors import KinesicsError

PART = ".part"
"""Ending of a file's name while it is written."""

MAX_ARRAYS = 1 << 31
"""Bytes that the arrays of an .npz may unpack to: those of a body model are some 300 MB, as are
those of a fit of an hour."""

_CHUNK = 1 << 20
_STREAM = re.compile(r"/(?:dev|proc/self)/fd/(\d+)")
_STREAMS = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
_PROBE = bytes(4096)
_log = logging.getLogger(__name__)


class WriteError(KinesicsError):
    """A file could not be written; what was there before is kept.

    Attributes:
        disk_full: Whether there was no room for it.
        denied: Whether permission was lacking.
        error: What the operating system said.
        reason: The system's own words.
    """

    def __init__(self, path: Path, error: OSError) -> None:
        """Make the sentence for ``error``, raised while ``path`` was written."""
        self.disk_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        self.denied = isinstance(error, PermissionError)
        self.error = error
        self.reason = error.strerror or str(error)
        if self.disk_full:
            free = ""
            with suppress(OSError):
                free = f" ({shutil.disk_usage(path.parent).free / 1e6:.1f} MB are left)"
            sentence = (
                f"{path} could not be written: the disk is full{free}. What was there before is"
                " kept; make room and start the same command again.")
        else:
            sentence = (
                f"{path} could not be written: {self.reason}. What was there before"
                " is kept; choose a place that can be written.")
        super().__init__(sentence)


def shown(path: str | os.PathLike[str]) -> str:
    """Return a path as text that any file takes: bytes that are not UTF-8 become U+FFFD."""
    return os.fsencode(path).decode("utf-8", "replace")


def part_of(path: Path) -> Path:
    """Return the name that ``path`` has while it is written, beside the file a link leads to.

    What is no file has its part among the temporary files.
    """
    if _takes_bytes(path):
        name = f"kinesics-{os.getpid()}-{path.name}{PART}"
        return Path(tempfile.gettempdir()) / name
    real = Path(os.path.realpath(path))
    return real.with_name(real.name + PART)


def files_below(folder: Path) -> list[Path]:
    """Return every file of a folder and of those in it, in order; links to folders are followed.

    A folder that several links lead to is gone through once; a link to what holds ``folder`` is not
    followed. Pipes, sockets, devices and links that lead nowhere are left out, and so, with a
    warning, is a folder that cannot be read.
    """
    found: list[Path] = []
    above = os.path.realpath(folder).rstrip("/") + "/"
    seen, starts = set[str](), [str(folder)]
    while starts:
        links: list[str] = []
        for place, folders, names in itertools.chain.from_iterable(
                os.walk(start, onerror=_not_listed) for start in starts):
            real = os.path.realpath(place)
            if real in seen or (above.startswith(real.rstrip("/") + "/") and place != str(folder)):
                folders.clear()
                continue
            seen.add(real)
            links += filter(os.path.islink, (os.path.join(place, name) for name in folders))
            found += [path for name in names if (path := Path(place, name)).is_file()]
        starts = sorted(links)
    return sorted(found)


def _not_listed(error: OSError) -> None:
    _log.warning("%s cannot be read (%s); what is in it is left out.",
                 shown(error.filename), error.strerror)


def require_writable(path: Path) -> None:
    """Find out before the work whether a file can be written; its folder is made.

    Raises:
        WriteError: It cannot: no permission, a full disk, or a folder of this name.
    """
    try:
        if _takes_bytes(path):
            if _stream_of(path) is None and not os.access(path, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            return
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        part = part_of(path)
        part.parent.mkdir(parents=True, exist_ok=True)
        _probe(part)
    except OSError as error:
        raise WriteError(path, error) from error


def require_directory(path: Path) -> None:
    """Make a folder that results go to, and find out before the work whether it can be written.

    Raises:
        WriteError: It cannot: no permission, a full disk, or a file of this name.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        _probe(path / f".kinesics-{os.getpid()}{PART}")
    except OSError as error:
        raise WriteError(path, error) from error


def require_place(folder: Path) -> None:
    """Find out before the work whether a folder can be made and written; nothing is made.

    Raises:
        WriteError: It cannot: no permission, a full disk, or a file of this name or above it.
    """
    try:
        place = Path(os.path.realpath(folder))
        while not place.exists() and place != place.parent:
            place = place.parent
        if not place.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        _probe(place / f".kinesics-{os.getpid()}{PART}")
    except OSError as error:
        raise WriteError(folder, error) from error


def _probe(part: Path) -> None:
    """Write a block and remove it again."""
    try:
        part.write_bytes(_PROBE)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _stream_of(path: Path) -> int | None:
    """Return the descriptor of this process that a path names, or None."""
    name = os.path.abspath(path)
    if name in _STREAMS:
        return _STREAMS[name]
    found = _STREAM.fullmatch(name)
    return int(found[1]) if found else None


def _takes_bytes(path: Path) -> bool:
    """Tell whether a path names a stream, a device, a pipe or a socket, which no file replaces."""
    if _stream_of(path) is not None:
        return True
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _pour(part: Path, path: Path) -> None:
    """Give a finished part's bytes to a stream or device."""
    number = _stream_of(path)
    if number == 1:
        sys.stdout.flush()
    elif number == 2:
        sys.stderr.flush()
    # A stream is written where it stands: opened anew, a redirected file would begin at 0.
    target = os.open(path, os.O_WRONLY) if number is None else os.dup(number)
    with part.open("rb") as source, os.fdopen(target, "wb") as sink:
        shutil.copyfileobj(source, sink, _CHUNK)
    part.unlink()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give the name to write to; the file takes ``path``'s place when the block ends well.

    For writers that need a path of their own (archives, video encoders). If the block raises,
    the part is removed and the old file stays.

    Args:
        path: The file to make or replace, or a device; its folder exists.

    Raises:
        WriteError: Writing or renaming failed; every ``OSError`` of the block counts as that.
    """
    part = part_of(path)
    try:
        yield part
        put_in_place(part, path)
    except OSError as error:
        _discard(part)
        raise WriteError(path, error) from error
    except BaseException:
        _discard(part)
        raise


def _discard(part: Path) -> None:
    """Remove a part, if there is one and it can be removed."""
    with suppress(OSError):
        part.unlink(missing_ok=True)


def put_in_place(part: Path, path: Path) -> None:
    """Give a finished part the file's name, in one step; a device gets its bytes.

    For writers that stay open longer than a block; ``replacing`` does it for all others.

    Raises:
        WriteError: Renaming failed; the part is still there.
    """
    try:
        if _takes_bytes(path):
            _pour(part, path)
        else:
            os.replace(part, os.path.realpath(path))
    except OSError as error:
        raise WriteError(path, error) from error


def write_bytes(path: Path, content: bytes | memoryview, *, sync: bool = False) -> None:
    """Replace a file in one step.

    Args:
        path: The file to make or replace; its folder exists.
        content: All its bytes.
        sync: Wait until they are on the disk (``fsync``), so that not even a power cut can leave
            the name without the bytes. Without it, an empty file is what a power cut may leave.

    Raises:
        WriteError: There is no room or no permission; the file before is still there.
    """
    with replacing(path) as part, part.open("wb") as stream:
        stream.write(content)
        if sync:
            stream.flush()
            os.fsync(stream.fileno())


def write_text(path: Path, text: str) -> None:
    """Replace a UTF-8 text file in one step; errors as ``write_bytes``.

    Bytes of a file's name that are no UTF-8 are written as escapes.
    """
    write_bytes(path, text.encode(errors="backslashreplace"))


def write_json(path: Path, document: Mapping[str, Any], *, indent: int = 1) -> None:
    """Write a JSON object that any reader takes (no NaN), in one step; errors as ``write_bytes``.

    Raises:
        ValueError: The document holds a number that JSON has no word for.
    """
    write_text(path, json.dumps(document, indent=indent, allow_nan=False) + "\n")


def write_arrays(path: Path, arrays: Mapping[str, Any], *, compressed: bool = False) -> None:
    """Write an .npz that opens without pickles, in one step; numbers and text become arrays."""
    stream = io.BytesIO()
    named: dict[str, Any] = {name: np.asarray(value) for name, value in arrays.items()}
    (np.savez_compressed if compressed else np.savez)(stream, **named)
    write_bytes(path, stream.getbuffer())


class Arrays(Mapping[str, np.ndarray]):
    """The arrays of an .npz by name, each read when it is asked for; close it after use.

    Raises:
        OSError: The file cannot be opened or read, here or when an array is asked for.
        ValueError: It is no such archive, it is damaged, its arrays need pickles, or they unpack
            to more than ``MAX_ARRAYS`` bytes; likewise.
    """

    def __init__(self, path: Path) -> None:
        try:
            with zipfile.ZipFile(path) as archive:
                size = sum(member.file_size for member in archive.infolist())
            if size > MAX_ARRAYS:
                raise ValueError(f"it unpacks to {size >> 20} MB, more than {MAX_ARRAYS >> 20}")
            self._stored = np.load(path, allow_pickle=False)
        except OSError:
            raise
        except Exception as error:  # zipfile, zlib and numpy each have kinds of their own
            raise ValueError(_reason(error)) from error

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._stored.files:
            raise KeyError(name)
        try:
            array: np.ndarray = self._stored[name]
        except OSError:
            raise
        except Exception as error:  # numpy parses a header as Python, with all errors of that
            raise ValueError(f"{name}: {_reason(error)}") from error
        if not isinstance(array, np.ndarray):  # a member that is no .npy comes as its bytes
            raise ValueError(f"{name} is no array")
        return array

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored.files)

    def __len__(self) -> int:
        return len(self._stored.files)

    def __enter__(self) -> Arrays:
        return self

    def __exit__(self, *_: object) -> None:
        self._stored.close()


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Return all arrays of an .npz; errors as ``Arrays``."""
    with Arrays(path) as stored:
        return dict(stored)


def _reason(error: Exception) -> str:
    """Return the first line of an error's text, or its kind."""
    return (str(error).splitlines() or [""])[0] or type(error).__name__


def sha256_of(file: Path, on_chunk: Callable[[int], None] | None = None) -> str:
    """Return the SHA-256 of a file's bytes as 64 hexadecimal digits.

    Args:
        file: What to read, in pieces of a megabyte.
        on_chunk: Told the number of bytes of each piece, for a progress bar.
    """
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            if on_chunk:
                on_chunk(len(chunk))
    return digest.hexdigest()
