"""Tracks in a file, ``keypoints.npz``: written by a fit, taken up by the next, or made elsewhere.

A table with a row for each person and frame, persons one after the other:

    format       text, ``kinesics keypoints 1``; may be missing
    keypoints    (N, 133, 3) as ``Track.keypoints``
    width, height  px
    rate         frames per second; 30 if missing
    person       (N,) ids from 1; all of one person if missing
    frames       (N,) frame numbers from 0; 0, 1, 2 ... if missing
    times        (N,) seconds; frames / rate if missing
    world, blendshapes  as in ``Track``; nan or missing where unknown
    focal        px; nan or missing if unknown
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core.errors import KinesicsError
from kinesics_core.files import read_arrays
from kinesics_core.fitting.errors import FitError
from kinesics_core.fitting.tracks.track import BLENDSHAPES, KEYPOINTS, Track

FORMAT = "kinesics keypoints 1"


def save_tracks(tracks: Sequence[Track]) -> bytes:
    """Return the content of a file of tracks.

    Raises:
        ValueError: There is no track, or they are not of one recording: one size, rate and focal
            length.
    """
    if not tracks:
        raise ValueError("Got no track; wanted at least one.")
    one = tracks[0]
    if any((t.width, t.height, t.rate, t.focal) != (one.width, one.height, one.rate, one.focal)
           for t in tracks):
        raise ValueError("The tracks differ in size, rate or focal length; save them apart.")
    table: dict[str, np.ndarray] = {
        "format": np.array(FORMAT), "width": np.array(one.width), "height": np.array(one.height),
        "rate": np.array(one.rate), "focal": np.array(one.focal or np.nan),
        "person": np.concatenate([np.full(len(t), t.person) for t in tracks]),
    }
    for name in ("frames", "times", "keypoints"):
        table[name] = np.concatenate([getattr(t, name) for t in tracks])
    for name, shape in (("world", (KEYPOINTS, 3)), ("blendshapes", (BLENDSHAPES,))):
        rows = [getattr(t, name) for t in tracks]
        if any(part is not None for part in rows):
            table[name] = np.concatenate([
                np.full((len(t), *shape), np.nan, np.float32) if part is None else part
                for t, part in zip(tracks, rows, strict=True)])
    stream = io.BytesIO()
    np.savez(stream, **table)  # type: ignore[arg-type]
    return stream.getvalue()


def load_tracks(path: Path) -> list[Track]:
    """Return everybody in a file of tracks, in order of their ids.

    Raises:
        FitError: INPUT_UNREADABLE, if it cannot be read or is no such file.
    """
    try:
        table = read_arrays(path)
    except OSError as error:
        raise FitError(f"{path} cannot be read: {error.strerror or error}.",
                       "INPUT_UNREADABLE") from error
    except ValueError as error:
        raise FitError(f"{path} is no file of keypoints, or a damaged one ({error}); wanted an"
                       " .npz without pickles.", "INPUT_UNREADABLE") from error
    try:
        tracks = _tracks(table)
        for track in tracks:
            _check_size(track)
        return tracks
    except KinesicsError as error:
        raise FitError(f"{path}: {error}", "INPUT_UNREADABLE") from error


def _tracks(table: dict[str, np.ndarray]) -> list[Track]:
    said = str(table.get("format", FORMAT))
    if said != FORMAT:
        raise KinesicsError(f"It is of the format {said!r}; wanted {FORMAT!r}.")
    lacking = [name for name in ("keypoints", "width", "height") if name not in table]
    if lacking:
        raise KinesicsError(
            f"It lacks {' and '.join(lacking)}; it holds {', '.join(sorted(table)) or 'nothing'}.")
    count = len(np.atleast_1d(table["keypoints"]))
    if count == 0:
        raise KinesicsError("It holds no frame; wanted keypoints (N, 133, 3) of at least one.")
    rate = _number(table, "rate", 30.0)
    focal = _number(table, "focal", np.nan)
    persons = table.get("person", np.ones(count, np.int64))
    single = persons.ndim == 1 and len(np.unique(persons)) == 1
    if not single and "frames" not in table:
        raise KinesicsError("It has several people but no frames; say which frame each row is of.")
    frames = table.get("frames", np.arange(count))
    columns: dict[str, np.ndarray] = {
        name: table[name] for name in ("keypoints", "world", "blendshapes") if name in table}
    columns |= {"frames": frames, "times": table.get("times", frames / rate if rate else frames)}
    for name, values in [("person", persons), *columns.items()]:
        if values.ndim == 0 or len(values) != count or not np.issubdtype(values.dtype, np.number):
            raise KinesicsError(
                f"Its {name} are {' x '.join(map(str, values.shape))} of {values.dtype}; wanted"
                f" {count} rows of numbers, one for each of its keypoints.")
    size = (int(_number(table, "width", 0)), int(_number(table, "height", 0)))
    shared = {"width": size[0], "height": size[1], "rate": rate,
              "focal": float(focal) if np.isfinite(focal) else None}
    return [_track(int(person), {name: values[persons == person]
                                 for name, values in columns.items()}, shared)
            for person in np.unique(persons)]


def _track(
    person: int, columns: dict[str, np.ndarray], shared: dict[str, Any]
) -> Track:
    """Return one person's track; shared: what everybody in the file has in common."""
    for name in ("world", "blendshapes"):
        if name in columns and not np.isfinite(columns[name]).any():
            columns[name] = None  # type: ignore[assignment]
    columns["keypoints"] = _settled(columns["keypoints"])
    return Track(person, **(shared | columns))


def _check_size(track: Track) -> None:
    """Refuse keypoints that were measured in a larger image than the file says."""
    size = np.array([track.width, track.height], np.float32)
    weights = track.keypoints[..., 2]
    places = np.nan_to_num(track.keypoints[..., :2], nan=0.0) / size
    # A body that leaves the picture is guessed outside it, by less than half a picture.
    outside = ((places < -0.5) | (places > 1.5)).any(axis=-1) & (weights > 0)
    if weights[outside].sum() > 0.5 * weights.sum():
        largest = np.nanmax(track.keypoints[..., :2][weights > 0], axis=0)
        raise KinesicsError(
            f"Most keypoints of person {track.person} lie outside its images of {track.width} x"
            f" {track.height} px, up to ({largest[0]:.0f}, {largest[1]:.0f}); give the width and"
            " height of the images that they were measured in.")


def _settled(keypoints: np.ndarray) -> np.ndarray:
    """Return the keypoints with place and confidence unknown, as in tracks, where one is nan."""
    settled = np.array(keypoints, np.float32)
    if settled.ndim == 3 and settled.shape[2] == 3:
        settled[~np.isfinite(settled).all(axis=2)] = (np.nan, np.nan, 0.0)
    return settled


def _number(table: dict[str, np.ndarray], name: str, otherwise: float) -> float:
    try:
        number = float(table.get(name, np.array(otherwise)))
    except (TypeError, ValueError) as error:
        raise KinesicsError(f"Its {name} is no number ({error}).") from error
    if not (np.isfinite(number) or np.isnan(otherwise)):
        raise KinesicsError(f"Its {name} is {number}; wanted a number.")
    return number
