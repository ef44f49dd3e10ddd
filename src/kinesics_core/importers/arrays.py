"""Arrays of motion in the layouts that people store them in, as frames of joints.

Understood are (T, J, C), with a batch of one before or channels behind (MDM's (J, C, T)), joints
and coordinates in one row (T, J * C), any real number type, and zero frames at the end, with which
batches are filled up. MDM's results, a dictionary in an .npy file, are read without running what
is pickled there.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import numpy as np

from kinesics_core.body import pickles
from kinesics_core.errors import KinesicsError
from kinesics_core.importers.source_files import MAX_UNPACKED


def read_npy(content: bytes, name: str) -> list[np.ndarray]:
    """Read an .npy file: its array, or the motions of MDM's dictionary.

    Args:
        content: The file.
        name: What an error calls it.

    Raises:
        KinesicsError: It is cut off, or holds no numbers.
    """
    stream = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(stream)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else \
            np.lib.format.read_array_header_2_0
        shape, _, dtype = header(stream)
        if dtype.hasobject and shape == ():
            return _mdm_motions(stream, name)
        stream.seek(0)
        if np.prod(shape, dtype=float) * dtype.itemsize > MAX_UNPACKED:
            raise ValueError(f"it announces an array of {shape}")
        return [np.load(stream, allow_pickle=False)]
    except KinesicsError:
        raise
    except Exception as error:  # numpy parses the header as Python, with all errors of that
        raise KinesicsError(
            f"{name} is not an .npy file of numbers ({_first_line(error)}). Fetch or export it"
            " again."
        ) from error


def read_npz(content: bytes, name: str) -> np.lib.npyio.NpzFile:
    """Open an .npz archive; its arrays are read when asked for.

    Raises:
        KinesicsError: It is none, or one of its arrays is too large to be motion.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
        large = [member for member, size in sizes.items() if size > MAX_UNPACKED]
        if large:
            raise ValueError(f"{large[0]} unpacks to more than {MAX_UNPACKED >> 20} MB")
        return np.load(io.BytesIO(content), allow_pickle=False)
    except Exception as error:  # zipfile and numpy each have kinds of their own
        raise KinesicsError(
            f"{name} is not an .npz archive of numbers ({_first_line(error)}). Fetch or export it"
            " again."
        ) from error


def array_of(archive: np.lib.npyio.NpzFile, key: str) -> np.ndarray:
    """Return one array of an archive.

    Raises:
        KinesicsError: It is damaged, encrypted, or holds no plain numbers.
    """
    try:
        return archive[key]
    except Exception as error:  # zipfile, zlib and numpy each have kinds of their own
        raise KinesicsError(
            f"clip {key} cannot be read ({_first_line(error)}). Fetch it again.") from error


def frames_of(array: np.ndarray, joints: int, coordinates: int, name: str) -> np.ndarray:
    """Return an array as float64 frames (T, joints, coordinates), zero frames at the end cut off.

    Args:
        array: In one of the layouts of this module.
        joints: J.
        coordinates: C.
        name: What an error calls it.

    Raises:
        KinesicsError: It has no such layout, no numbers, values without end, or fewer than two
            frames.
    """
    if array.dtype.kind not in "fiu":
        raise KinesicsError(
            f"{name} is an array of {array.dtype}; wanted numbers. Export it as float32.")
    shape = array.shape
    while array.ndim > 2 and array.shape[0] == 1:
        array = array[0]
    wanted = (joints, coordinates)
    if array.ndim == 3 and array.shape[1:] == wanted:
        frames = array
    elif array.ndim == 3 and array.shape[:2] == wanted:
        frames = np.moveaxis(array, -1, 0)
    elif array.ndim == 3 and array.shape[:2] == wanted[::-1]:
        frames = np.moveaxis(array, -1, 0).swapaxes(1, 2)
    elif array.ndim == 2 and array.shape[1] == joints * coordinates:
        frames = array.reshape(-1, *wanted)
    else:
        raise KinesicsError(
            f"{name} has shape {shape}; wanted (frames, {joints}, {coordinates}), or the same with"
            f" frames last, a batch of one, or (frames, {joints * coordinates}).")
    frames = np.asarray(frames, np.float64)
    return finite(without_padding(frames), name)


def without_padding(frames: np.ndarray) -> np.ndarray:
    """Cut off frames at the end in which every number is zero; if all are, they mean it."""
    moving = np.flatnonzero(frames.any(axis=tuple(range(1, frames.ndim))))
    return frames[:moving[-1] + 1] if len(moving) else frames


def finite(frames: np.ndarray, name: str) -> np.ndarray:
    """Return frames that are at least two and all finite.

    Raises:
        KinesicsError: They are not.
    """
    if len(frames) < 2:
        raise KinesicsError(f"{name} holds {len(frames)} frames of motion; wanted at least 2.")
    bad = int((~np.isfinite(frames)).reshape(len(frames), -1).any(axis=1).sum())
    if bad:
        raise KinesicsError(
            f"{name}: {bad} of {len(frames)} frames hold nan or infinity. Make it again.")
    return frames


def _mdm_motions(stream: io.BytesIO, name: str) -> list[np.ndarray]:
    """Return the motions (J, C, T) of an .npy file that holds MDM's dictionary."""
    content = pickles.read(stream)
    if isinstance(content, np.ndarray) and content.dtype == object and content.size == 1:
        content = content.reshape(-1)[0]
    if not isinstance(content, Mapping) or "motion" not in content:
        raise KinesicsError(
            f"{name} holds Python objects, not an array; wanted numbers, or the dictionary with"
            " 'motion' that MDM writes.")
    motion = np.asarray(content["motion"])
    if motion.ndim != 4:
        raise KinesicsError(
            f"{name} has a 'motion' of shape {motion.shape}; wanted (clips, 22, 3, frames).")
    lengths = np.asarray(content.get("lengths", np.full(len(motion), motion.shape[-1])), int)
    return [clip[..., :int(length)] for clip, length in zip(motion, lengths, strict=False)]


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0] or type(error).__name__
