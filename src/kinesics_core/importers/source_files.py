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
from kinesics_core.files import shown

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


def files_in(source: Path, suffixes: tuple[str, ...]) -> Iterator[SourceFile]:
    """Yield the files of a folder, an archive or a file, one after the other.

    Hidden files are left out. An archive that breaks off ends with a file that cannot be read.

    Args:
        source: The folder, archive or file.
        suffixes: What the names of wanted files end in, in lower case.

    Raises:
        KinesicsError: ``source`` does not exist.
    """
    if not source.exists():
        raise KinesicsError(f"{source} does not exist; give a folder, an archive or a file.")
    top = source if source.is_dir() else source.parent
    found = sorted(path for path in source.rglob("*") if path.is_file()) \
        if source.is_dir() else [source]
    archives = [path for path in found if path.name.lower().endswith(ARCHIVES)]
    for path in found:
        name = shown(path.relative_to(top))
        if path in archives:
            prefix = f"{name}/" if len(archives) > 1 else ""
            try:
                yield from (SourceFile(prefix + member, read)
                            for member, read in _members(path) if _wanted(member, suffixes))
            except _BROKEN as error:
                yield SourceFile(name, partial(_raise, f"{name} is cut off or broken", error))
        elif _wanted(name, suffixes):
            yield SourceFile(name, partial(_read, name, partial(_whole, path)))


def _whole(path: Path) -> bytes:
    if not path.is_file():
        raise OSError("it is not a regular file")
    if path.stat().st_size > MAX_UNPACKED:
        raise OSError(f"it has more than {MAX_UNPACKED >> 20} MB")
    return path.read_bytes()


def _wanted(name: str, suffixes: tuple[str, ...]) -> bool:
    return name.lower().endswith(suffixes) and not PurePosixPath(name).name.startswith(".")


def _members(path: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    if path.name.lower().endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    yield info.filename, partial(
                        _read, info.filename, partial(_unpacked, partial(archive.open, info)))
        return
    with tarfile.open(path) as tar:
        for member in tar:
            # A link is read where it leads; one that leads nowhere costs itself only.
            if member.isfile() or member.issym() or member.islnk():
                yield member.name, partial(
                    _read, member.name, partial(_unpacked, partial(tar.extractfile, member)))


def _unpacked(open_member: Callable[[], IO[bytes] | None]) -> bytes:
    stream = open_member()
    if stream is None:
        raise OSError("it is not a regular file")
    with stream:
        content = stream.read(MAX_UNPACKED + 1)
    if len(content) > MAX_UNPACKED:
        raise OSError(f"it unpacks to more than {MAX_UNPACKED >> 20} MB")
    return content


def _read(name: str, read: Callable[[], bytes]) -> bytes:
    try:
        return read()
    except _BROKEN as error:
        return _raise(f"{name} cannot be read", error)


def _raise(what: str, error: Exception) -> bytes:
    reason = f"{type(error).__name__}: {error}" if isinstance(error, LookupError) else error
    raise KinesicsError(
        f"{what} ({reason or type(error).__name__}). Fetch it again.") from error
