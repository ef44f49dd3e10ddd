"""Reader of face animations in CSV: of Live Link Face, and of what else calls itself so.

Column names may be spelt ``EyeBlinkLeft``, ``eyeBlinkLeft``, ``eyeBlink_L`` or with anything
before a dot; the order is free. What the file lacks or gets wrong is either made up for, and then
told in ``Take.notes``, or refused with a sentence that names the line.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from kinesics_core.errors import KinesicsError
from kinesics_core.expression.face_animation import GAP, FaceAnimation
from kinesics_core.expression.face_animator import EYE_RANGE
from kinesics_core.expression.live_link import ANGLES
from kinesics_core.expression.timecode import frame_base, parse, times_of
from kinesics_core.files import shown
from kinesics_core.skeletons import ARKIT_BLENDSHAPES, BLENDSHAPE_INDEX

LARGEST = 1 << 30
"""Bytes; an hour at 60 Hz is 180 MB."""

LOWEST, HIGHEST = -1.0, 2.0
"""Weights outside are of another unit; those of a calibrated recording overshoot 0..1 a little."""

_SNAP = 2e-5  # seconds; a 1000th of a 60th, rounded
_TELLING = 60  # frames from which on eyes and shapes that move oppositely are no chance
_TIMECODE, _COUNT = "timecode", "blendshapecount"


@dataclass(frozen=True)
class Take:
    """A recording.

    Attributes:
        animation: The face.
        notes: Sentences about what was made up for, in order of the file.
    """

    animation: FaceAnimation
    notes: tuple[str, ...]


@dataclass
class _Table:
    """The file's cells as they are read.

    Attributes:
        name: The file, for sentences.
        columns: Our name -> its column.
        seconds, frames: Of each row's timecode.
        rows: (61,) values of each row, by ``_NAMES``; nan where there is none.
        lines: Number of each row's line.
        notes: Sentences.
    """

    name: str
    columns: dict[str, int]
    seconds: list[int] = field(default_factory=list)
    frames: list[float] = field(default_factory=list)
    rows: list[np.ndarray] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


_FARTHEST = 1e4  # no weight, in whatever unit, and no angle: unknown
_NAMES = (*ARKIT_BLENDSHAPES, *ANGLES)


def read_csv(path: Path) -> Take:
    """Read a recording of Live Link Face.

    Frames without a face (a count of 0, empty or nan cells) are bridged by straight lines; so are
    single cells. Rows of one timecode are taken once. Recordings go on over midnight.

    Args:
        path: The file; UTF-8 or UTF-16, with any line ends, comma, semicolon or tab.

    Raises:
        KinesicsError: It cannot be read, has no timecode or none of the shapes, holds a text in
            place of a number, runs backwards, or its weights are of another unit.
    """
    name = shown(path)
    lines = _text(path, name).splitlines()
    if not lines:
        raise KinesicsError(f"{name} is empty; wanted a CSV of Live Link Face.")
    delimiter = max(",;\t", key=lines[0].count)
    try:
        # Rows of a number each begin with the header's line.
        rows = [(number, row) for number, row in enumerate(csv.reader(
            lines, delimiter=delimiter), 1) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise KinesicsError(f"{name} is no CSV ({error}).") from error
    if not rows:
        raise KinesicsError(f"{name} has no line with a word; wanted a CSV of Live Link Face.")
    table = _Table(name, {})
    table.columns = _columns(table, rows[0][1])
    width = max(table.columns.values()) + 1
    for place, (number, row) in enumerate(rows[1:], 2):
        _add_row(table, row, number, width, last=place == len(rows), decimal=delimiter == ";")
    if not table.rows:
        raise KinesicsError(f"{name} has a header and no frame; record again.")
    return _take(table)


def _text(path: Path, name: str) -> str:
    """Return the file's text."""
    try:
        if not path.is_file():
            found = "is a folder" if path.is_dir() else "does not exist"
            raise KinesicsError(f"{name} {found}; give a CSV file of Live Link Face.")
        if path.stat().st_size > LARGEST:
            raise KinesicsError(
                f"{name} has {path.stat().st_size >> 20} MB; wanted {LARGEST >> 20} MB at most.")
        content = path.read_bytes()
    except OSError as error:
        raise KinesicsError(f"{name} cannot be read: {error.strerror}.") from error
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise KinesicsError(f"{name} is no text; give a CSV file of Live Link Face.") from error


def _plain(name: str) -> str:
    """Return a column's name without case, spaces, underscores and what lies before a dot."""
    words = name.strip().strip('"').rsplit(".", 1)[-1].lower()
    return "".join(letter for letter in words if letter.isalnum())


def _spellings() -> dict[str, str]:
    """Return plain spelling -> our name; sides may be one letter."""
    known = {_plain(name): name for name in (*_NAMES, _TIMECODE, _COUNT)}
    for name in ARKIT_BLENDSHAPES:
        for side in ("Left", "Right"):
            if name.endswith(side):
                known.setdefault(_plain(name.removesuffix(side) + side[0]), name)
    return known


def _columns(table: _Table, header: Sequence[str]) -> dict[str, int]:
    """Return our name -> column."""
    known = _spellings()
    found: dict[str, int] = {}
    strange: list[str] = []
    for place, cell in enumerate(header):
        name = known.get(_plain(cell))
        if name is None:
            if cell.strip():
                strange.append(cell.strip())
        elif name in found:
            raise KinesicsError(
                f"{table.name} has two columns of {name}, {header[found[name]]!r} and {cell!r};"
                " leave one out.")
        else:
            found[name] = place
    shapes = [name for name in ARKIT_BLENDSHAPES if name in found]
    if _TIMECODE not in found or not shapes:
        lacks = "no column Timecode" if shapes else "none of the 52 ARKit shapes"
        raise KinesicsError(
            f"{table.name} has {lacks} in its first line; wanted the header of Live Link Face:"
            " Timecode, BlendshapeCount, EyeBlinkLeft, ...")
    if missing := [name for name in ARKIT_BLENDSHAPES if name not in found]:
        table.notes.append(f"It lacks {_listed(missing)}, which stay 0.")
    if missing := [name for name in ANGLES if name not in found]:
        table.notes.append(f"It lacks {_listed(missing)}, which stay 0.")
    if strange:
        table.notes.append(f"Its columns {_listed(strange)} are not used.")
    return found


def _listed(names: Sequence[str]) -> str:
    """Return names in a row, at most six."""
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return ", ".join(names[:6]) + more


def _add_row(
    table: _Table, row: Sequence[str], number: int, width: int, *, last: bool, decimal: bool
) -> None:
    """Read a line into the table; a last line that was cut off is left out."""
    where = f"{table.name}, line {number}"
    code = parse(row[table.columns[_TIMECODE]]) if len(row) > table.columns[_TIMECODE] else None
    count = table.columns.get(_COUNT)
    lost = count is not None and len(row) > count and row[count].strip() in ("0", "0.0")
    if len(row) < width and last and not lost:
        table.notes.append(f"Line {number} is cut off and left out.")
        return
    if code is None:
        raise KinesicsError(
            f"{where} has the timecode {row[table.columns[_TIMECODE]]!r}; wanted HH:MM:SS:FF.sss.")
    if len(row) < width and not lost:
        raise KinesicsError(
            f"{where} has {len(row)} cells, the header {width}; the file is damaged there.")
    values = np.full(len(_NAMES), np.nan)
    if not lost:
        for place, name in enumerate(_NAMES):
            if name not in table.columns:
                values[place] = 0.0
                continue
            cell = row[table.columns[name]].strip()
            try:
                values[place] = float((cell.replace(",", ".") if decimal else cell) or "nan")
            except ValueError:
                raise KinesicsError(
                    f"{where}: {name} is {cell!r}; wanted a number.") from None
    values[~(np.abs(values) <= _FARTHEST)] = np.nan
    table.seconds.append(code[0])
    table.frames.append(code[1])
    table.rows.append(values)
    table.lines.append(number)


def _take(table: _Table) -> Take:
    """Make an animation of the cells."""
    seconds, frames = np.array(table.seconds), np.array(table.frames)
    try:
        base = frame_base(seconds, frames)
    except KinesicsError as error:
        raise KinesicsError(f"{table.name}: {error}") from error
    times = times_of(seconds, frames, base)
    back = np.flatnonzero(np.diff(times) < 0)
    if len(back):
        raise KinesicsError(
            f"{table.name}, line {table.lines[back[0] + 1]} goes back in time by"
            f" {times[back[0]] - times[back[0] + 1]:.3f} s; wanted lines in order of their"
            " timecodes.")
    fresh = np.concatenate([np.diff(times) > 0, [True]])  # of rows at one time the last
    if not fresh.all():
        table.notes.append(f"{(~fresh).sum()} lines have the timecode of the next and are left"
                           " out.")
    times, values = times[fresh], np.array(table.rows)[fresh]
    lines = np.array(table.lines)[fresh]
    values = _filled(table, times, values)
    weights = values[:, : len(ARKIT_BLENDSHAPES)]
    wrong = np.argwhere((weights < LOWEST) | (weights > HIGHEST))
    if len(wrong):
        row, column = wrong[0]
        raise KinesicsError(
            f"{table.name}, line {lines[row]}: {ARKIT_BLENDSHAPES[column]} is"
            f" {weights[row, column]:g}; wanted 0 to 1 (divide per cent by 100).")
    over = ((weights < 0.0) | (weights > 1.0)).sum()
    if over:
        table.notes.append(f"{over} weights outside 0..1 are cut to it.")
    weights = np.clip(weights, 0.0, 1.0)
    head, gaze = _angles(table, values[:, len(ARKIT_BLENDSHAPES):], weights)
    animation = FaceAnimation(_even(times), *(
        part.astype(np.float32) for part in (weights, gaze, head)))
    return Take(animation, tuple(table.notes))


def _filled(table: _Table, times: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Bridge what is not known by straight lines and tell of it; likewise of gaps in time."""
    unknown = np.isnan(values)
    lost = unknown.all(axis=1)
    if lost.all():
        raise KinesicsError(f"{table.name} has no face in any of its {len(times)} frames.")
    for first, last in _runs(lost):
        table.notes.append(
            f"No face from {times[first]:.3f} to {times[last]:.3f} s; bridged by a straight line.")
    if cells := int((unknown & ~lost[:, None]).sum()):
        row, column = np.argwhere(unknown & ~lost[:, None])[0]
        table.notes.append(
            f"{cells} cells hold no number, the first {_NAMES[column]} at {times[row]:.3f} s;"
            " bridged by straight lines.")
    result = values.copy()
    for column in np.flatnonzero(unknown.any(axis=0)):
        known = ~unknown[:, column]
        result[:, column] = np.interp(
            times, times[known], values[known, column]) if known.any() else 0.0
    steps = np.diff(times)
    if len(steps):
        for place in np.flatnonzero(steps > GAP * np.median(steps)):
            table.notes.append(
                f"No frame from {times[place]:.3f} to {times[place + 1]:.3f} s; bridged by a"
                " straight line.")
    return result


def _runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """Return the first and last place of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
    return [(int(a), int(b) - 1) for a, b in edges.reshape(-1, 2)]


def _even(times: np.ndarray) -> np.ndarray:
    """Return even times where the steps differ by no more than timecodes are rounded by."""
    if len(times) < 3:
        return times
    frames = np.arange(len(times))
    rate = (len(times) - 1) / times[-1]
    # A whole rate, one of television (59.94), or what it is.
    for wanted in (round(rate), round(rate * 1.001) / 1.001, rate):
        if wanted > 0 and np.abs(frames / wanted - times).max() <= _SNAP:
            even: np.ndarray = frames / wanted
            return even
    return times


def _angles(
    table: _Table, values: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return head (T, 3) and gaze (T, 2) from the nine angles (T, 9).

    Files of other programs have degrees, eyes that turn the other way or not at all; the shapes
    of looking say the same thing and decide.
    """
    if np.abs(values).max() > math.pi:
        table.notes.append("Its angles exceed half a turn and are taken for degrees.")
        values = np.radians(values)
    yaw, pitch, roll = values[:, :3].T
    gaze = np.column_stack([values[:, [3, 6]].mean(1), -values[:, [4, 7]].mean(1)])
    looks = _looks(weights)
    if not gaze.any():
        return np.column_stack([roll, pitch, yaw]), looks * EYE_RANGE
    for axis, word in ((0, "yaw"), (1, "pitch")):
        moved = np.column_stack([gaze[:, axis], looks[:, axis]])
        if (len(moved) >= _TELLING and moved.std(axis=0).min() > 0.01
                and np.corrcoef(moved.T)[0, 1] < -0.8):
            gaze[:, axis] *= -1.0
            table.notes.append(f"The eyes' {word} is turned round to agree with the shapes.")
    return np.column_stack([roll, pitch, yaw]), gaze


def _looks(weights: np.ndarray) -> np.ndarray:
    """Return what the eyeLook shapes say (T, 2): left and up, shares of the eyes' range."""
    def shape(name: str) -> np.ndarray:
        column: np.ndarray = weights[:, BLENDSHAPE_INDEX[f"eyeLook{name}"]]
        return column

    left = shape("OutLeft") + shape("InRight") - shape("InLeft") - shape("OutRight")
    up = shape("UpLeft") + shape("UpRight") - shape("DownLeft") - shape("DownRight")
    return np.column_stack([left, up]) / 2.0
