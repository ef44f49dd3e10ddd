"""Files of a folder and of the archives in it, one after the other."""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from kinesics_core.errors import KinesicsError
from kinesics_core.files import files_below, shown
from kinesics_core.importers.other_recordings import advice_on

ARCHIVES = (".tar", ".tar.xz", ".txz", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".zip")

MAX_UNPACKED = 1 << 30
"""Bytes. A member of an archive that unpacks to more is refused: no recording is so large, but a
file of zeros that fills the memory is packed into almost nothing."""

_BROKEN = (OSError, EOFError, LookupError, ValueError, tarfile.TarError, zipfile.BadZipFile,
           lzma.LZMAError, zlib.error, RuntimeError, NotImplementedError)


class SourceFile(NamedTuple):
    """A file to import.

    Attributes:
        name: Path below the folder, or in its archive (below the archive's name, if there are
            several).
        read: Returns its bytes, while it is the current one; KinesicsError if they are broken.
    """

    name: str
    read: Callable[[], bytes]


def files_in(
    source: Path, suffixes: tuple[str, ...],
    passed_over: Callable[[str, str], object] | None = None,
) -> Iterator[SourceFile]:
    """Yield the files of a folder, an archive or a file, one after the other.

    Hidden files are left out. An archive that breaks off ends with a file that cannot be read.

    Args:
        source: The folder, archive or file.
        suffixes: What the names of wanted files end in, in lower case.
        passed_over: Hears name and advice (``other_recordings``) of recordings of other kinds.

    Raises:
        KinesicsError: ``source`` does not exist.
    """
    if not source.exists():
        raise KinesicsError(f"{source} does not exist; give a folder, an archive or a file.")
    top = source if source.is_dir() else source.parent
    found = files_below(source) if source.is_dir() else [source]
    archives = [path for path in found if path.name.lower().endswith(ARCHIVES)]
    for path in found:
        name = shown(path.relative_to(top))
        if path not in archives:
            yield from _told(name, name, partial(_file, path), suffixes, passed_over)
            continue
        prefix = f"{name}/" if len(archives) > 1 else ""
        try:
            for member, opened in _members(path):
                yield from _told(prefix + member, member, opened, suffixes, passed_over)
        except _BROKEN as error:
            yield SourceFile(name, partial(_raise, f"{name} is cut off or broken", error))


def _told(
    name: str, shortly: str, opened: Callable[[], IO[bytes] | None], suffixes: tuple[str, ...],
    passed_over: Callable[[str, str], object] | None,
) -> Iterator[SourceFile]:
    """Yield a file if it is wanted, and tell of it if it is another recording."""
    if PurePosixPath(name).name.startswith("."):
        return
    if name.lower().endswith(suffixes):
        yield SourceFile(name, partial(_read, shortly, opened))
    elif passed_over and (advice := advice_on(name, partial(_beginning, shortly, opened))):
        passed_over(name, advice)


def _file(path: Path) -> IO[bytes]:
    if not path.is_file():
        raise OSError("it is not a regular file")
    return path.open("rb")


def _members(path: Path) -> Iterator[tuple[str, Callable[[], IO[bytes] | None]]]:
    if path.name.lower().endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    yield info.filename, partial(archive.open, info)
        return
    with tarfile.open(path) as tar:
        for member in tar:
            # A link is read where it leads; one that leads nowhere costs itself only.
            if member.isfile() or member.issym() or member.islnk():
                yield member.name, partial(tar.extractfile, member)


def _read(name: str, opened: Callable[[], IO[bytes] | None]) -> bytes:
    """Return all bytes of a file."""
    content = _beginning(name, opened, MAX_UNPACKED + 1)
    if len(content) > MAX_UNPACKED:
        raise KinesicsError(f"{name} cannot be read (it is larger than"
                            f" {MAX_UNPACKED >> 20} MB). Cut it into shorter recordings.")
    return content


def _beginning(name: str, opened: Callable[[], IO[bytes] | None], size: int) -> bytes:
    try:
        stream = opened()
        if stream is None:
            raise OSError("it is not a regular file")
        with stream:
            return stream.read(size)
    except _BROKEN as error:
        return _raise(f"{name} cannot be read", error)


def _raise(what: str, error: Exception) -> bytes:
    reason = f"{type(error).__name__}: {error}" if isinstance(error, LookupError) else error
    raise KinesicsError(
        f"{what} ({reason or type(error).__name__}). Fetch it again.") from error
