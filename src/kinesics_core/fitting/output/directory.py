"""The output directory of a fit, which is also the memory of the work.

``request.json`` says what was asked, so that the results of two different requests never mix.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from kinesics_core.files import WriteError, write_json
from kinesics_core.fitting.errors import FitError
from kinesics_core.fitting.output.request import FitRequest

REQUEST, KEYPOINTS, REPORT, CHECKPOINTS = "request.json", "keypoints.npz", "report.json", ".fit"
PARAMS, CAMERA, QUALITY = "params.npz", "camera.json", "fit.json"
GLB, BVH = "motion.glb", "motion.bvh"
VIDEO, CONTACT = "overlay.mp4", "contact.jpg"
CLIP = (KEYPOINTS, PARAMS, CAMERA, QUALITY, GLB, BVH, VIDEO, CONTACT, REPORT)
"""Names of the files of a clip; ``REQUEST`` besides."""

SUFFIXES = {"meshes": ".obj", "overlays": ".jpg", "params": ".npz"}
"""Ending of the files of each frame, by the folder they lie in."""

_ENDS = 1 << 20  # bytes of a file's beginning and end that tell it from others

_WORDS = {
    "input": "recording", "body": "body model", "prior": "pose prior",
    "keypoints": "folder of keypoints", "pose_space": "pose space", "first": "first frame",
    "last": "last frame", "focal": "focal length",
}
"""Entries of ``request.json`` in words, where these are others."""


def is_written(path: Path) -> bool:
    """Return whether an earlier run finished a file. An empty one is what a power cut leaves."""
    with suppress(OSError):
        return path.stat().st_size > 0
    return False


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Make the directory and hold it: two runs in one place would mix their frames.

    Raises:
        FitError: INVALID_GOAL, if it cannot be made or another process holds it.
        WriteError: The disk is full.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise WriteError(directory, error) from error
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


def request_document(request: FitRequest, body_sha256: str) -> dict[str, Any]:
    """Return all that decides the keypoints and the fit, as ``request.json`` holds it."""
    return {
        "format": "kinesics fit 1",
        "input": {"name": request.input.name, "contents": _digest(request.input)},
        "gender": request.gender, "person": request.person,
        "first": request.first, "last": request.last, "focal": request.focal,
        "pose_space": request.pose_space, "body": body_sha256,
        "prior": None if request.prior is None else _digest(request.prior),
        "keypoints": None if request.keypoints is None else _digest(request.keypoints),
    }


def take_over(directory: Path, document: dict[str, Any], resume: bool) -> list[str]:
    """Make a directory a request's, or see that it is.

    Args:
        directory: The output.
        document: The request's, from ``request_document``.
        resume: Whether to keep what earlier runs wrote there.

    Returns:
        What an earlier run noted about the recording.

    Raises:
        FitError: INVALID_GOAL, if the directory holds results of another request.
        WriteError: ``request.json`` cannot be written.
    """
    file = directory / REQUEST
    if file.exists() and not resume:
        _remove(directory)
    if not file.exists():
        if found := written_files(directory):
            raise FitError(
                f"{directory} holds {found[0].name}, but no {REQUEST} that says which fit it is"
                " of; give a new directory.", "INVALID_GOAL")
        write_json(file, document)
        return []
    try:
        held = json.loads(file.read_text())
    except (OSError, ValueError):
        held = {}
    other = [name for name in document if held.get(name) != document[name]]
    if not other:
        return held.get("notes", [])
    if [path for path in written_files(directory) if path.name != REPORT]:
        raise FitError(
            f"{directory} holds a fit with another "
            f"{' and another '.join(_WORDS.get(name, name) for name in other)}"
            f" ({_values(held, other)}; now {_values(document, other)}). Give another output, or"
            " begin again without resuming.", "INVALID_GOAL")
    write_json(file, document)
    return []


def written_files(directory: Path) -> list[Path]:
    """Return everything in a directory that has a name our runs write, checkpoints included."""
    folders = [directory, *sorted(directory.glob("person_[0-9]*"))]
    files = [folder / name for folder in folders for name in CLIP]
    frames = [path for folder in folders for kind, suffix in SUFFIXES.items()
              for path in (folder / kind).glob(f"[0-9]*{suffix}")]
    return [path for path in [*files, *frames] if path.is_file()] + [
        folder / CHECKPOINTS for folder in folders if (folder / CHECKPOINTS).is_dir()]


def result_files(directory: Path) -> list[str]:
    """Return the names of all results in a directory, relative to it."""
    return sorted(
        path.relative_to(directory).as_posix() for path in written_files(directory)
        if path.name != CHECKPOINTS)


def _remove(directory: Path) -> None:
    """Remove what earlier runs wrote there, and nothing else."""
    folders: set[Path] = set()
    (directory / REQUEST).unlink()
    for path in written_files(directory):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
            folders.add(path.parent)
    for folder in sorted(folders - {directory}, reverse=True):
        with suppress(OSError):  # not empty: somebody else's files lie there too
            folder.rmdir()


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file's size, beginning and end, or of a folder's names and sizes.

    It is enough to tell one recording from another without reading gigabytes.
    """
    digest = hashlib.sha256()
    if path.is_dir():
        for file in sorted(path.iterdir()):
            digest.update(f"{file.name} {file.stat().st_size}\n".encode())
        return digest.hexdigest()
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        digest.update(str(size).encode())
        for at in {0, max(size - _ENDS, 0)}:
            stream.seek(at)
            digest.update(stream.read(_ENDS))
    return digest.hexdigest()


def _values(document: dict[str, Any], names: list[str]) -> str:
    """Return some values of a request's document, short, for a sentence."""
    def word(value: Any) -> str:
        value = value.get("name", value) if isinstance(value, dict) else value
        return "none" if value is None else str(value)[:24]

    return ", ".join(word(document.get(name)) for name in names)
