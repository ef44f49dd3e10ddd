"""The dataset layout: clips of keypoints with labels, on disk.

A dataset is a folder of

``info.json``        what it is: format, version, keypoint names, dimensions, unit, licence, origin,
                     the command that made it, and whether it is complete.
``clips.jsonl``      one line a clip: name, group, source, rate, labels, place in the array, size of
                     the image.
``keypoints.f32``    every clip's (T, K, D) array, one after the other; little-endian float32, nan
                     where a keypoint is missing.
``statistics.json``  counts by label, lengths, speeds and missing shares; written at the end.

A clip counts from the moment its line is complete: data is written before the line, so whatever
kills the writer costs the clip in hand and nothing else, and ``Writer`` goes on there.
Three-dimensional datasets are in metres, y up, z forward; two-dimensional ones in pixels, origin
top left. Clips keep the frame rate they came with.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from kinesics_core import files
from kinesics_core.errors import KinesicsError
from kinesics_core.skeletons import COCO17

FORMAT = "kinesics-motion"
VERSION = 1
FARTHEST = 1e7
"""Pixels or metres from the origin at which no keypoint is."""
UNITS = {2: "pixels", 3: "metres"}

_INFO, _CLIPS, _DATA, _STATISTICS = (
    "info.json", "clips.jsonl", "keypoints.f32", "statistics.json")
_LINE = {"name", "source", "group", "rate", "labels", "frames", "offset"}


@dataclass(frozen=True, slots=True)
class Info:
    """The description of a dataset.

    Attributes:
        name: Of the dataset.
        keypoints: Their names, K.
        dimensions: D, 2 (pixels) or 3 (metres).
        licence: Of the recordings.
        origin: Where they come from.
        command: What made the dataset.
    """

    name: str
    keypoints: tuple[str, ...] = COCO17
    dimensions: int = 3
    licence: str = "not stated"
    origin: str = "not stated"
    command: str = ""

    def __post_init__(self) -> None:
        if self.dimensions not in UNITS:
            raise KinesicsError(f"Got {self.dimensions} dimensions; wanted 2 or 3.")

    @property
    def unit(self) -> str:
        """Unit of the coordinates."""
        return UNITS[self.dimensions]


@dataclass(slots=True)
class Clip:
    """One recording.

    Attributes:
        name: Unique in its dataset.
        source: The collection it belongs to.
        group: Recordings of one group belong on the same side of a split (partners in one dance).
        rate: Frames per second.
        keypoints: (T, K, D) float32, nan where missing.
        labels: Of this clip, by label name ("style": "elderly").
        size: Width and height of the image, pixels; None in three dimensions.
    """

    name: str
    source: str
    group: str
    rate: float
    keypoints: np.ndarray
    labels: dict[str, str] = field(default_factory=dict)
    size: tuple[int, int] | None = None


class Dataset:
    """A dataset opened for reading; the arrays are memory-mapped until a clip is asked for.

    Clips come in order of name, whatever order they were written in.

    Args:
        path: Its folder.
        partial: Open one whose making was interrupted, too.

    Raises:
        KinesicsError: ``path`` holds none, one of another version, one whose making was
            interrupted (unless ``partial``) or one whose files do not fit together.
    """

    def __init__(self, path: str | Path, *, partial: bool = False) -> None:
        self.path = Path(path)
        self.info, self.complete = _read_info(self.path)
        if not self.complete and not partial:
            raise KinesicsError(
                f"{self.path} is not complete: the command that makes it was interrupted"
                f" ({self.info.command or 'unknown command'}). Run it again; it goes on where it"
                " stopped."
            )
        self._lines = sorted(_read_lines(self.path), key=lambda line: line["name"])
        needed = _end(self._lines, self.info)
        have = (self.path / _DATA).stat().st_size if (self.path / _DATA).exists() else 0
        if have < needed:
            raise KinesicsError(
                f"{self.path / _DATA} is cut off: it has {have} bytes, its clips need {needed}."
                " Make the dataset again."
            )
        self._data: np.ndarray = np.empty(0, "<f4")
        if needed:  # what stands behind is left of an interrupted run
            self._data = np.memmap(self.path / _DATA, "<f4", "r", shape=(needed // 4,))

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[Clip]:
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: int) -> Clip:
        line = self._lines[index]
        shape = (line["frames"], len(self.info.keypoints), self.info.dimensions)
        start = line["offset"]
        array = np.array(self._data[start:start + int(np.prod(shape))]).reshape(shape)
        if (np.abs(array) > FARTHEST).any():
            raise KinesicsError(
                f"The clip {line['name']} of {self.path} has a keypoint at"
                f" {np.nanmax(np.abs(array)):.3g}, which is no place in pixels or metres: the"
                " dataset is damaged. Make it again.")
        size = line.get("size")
        return Clip(line["name"], line["source"], line["group"], line["rate"], array,
                    dict(line["labels"]), (size[0], size[1]) if size else None)

    def lengths(self) -> list[tuple[int, float]]:
        """Return frames and frames per second of every clip, without reading them."""
        return [(line["frames"], line["rate"]) for line in self._lines]

    def labels(self, name: str) -> list[str]:
        """Return the value of one label for every clip.

        Args:
            name: Of the label.

        Raises:
            KinesicsError: A clip has none.
        """
        missing = [line["name"] for line in self._lines if name not in line["labels"]]
        if missing:
            known = sorted({key for line in self._lines for key in line["labels"]})
            raise KinesicsError(
                f"{self.path}: {len(missing)} of {len(self)} clips have no label {name!r}, the"
                f" first is {missing[0]}; the labels here are {', '.join(known) or 'none'}. Choose"
                " one of them, or import again with a --label-pattern that names it."
            )
        return [line["labels"][name] for line in self._lines]


class Writer:
    """A dataset in the making, new or taken up again where its making was interrupted.

    Use as a context manager: leaving it without an exception completes the dataset; leaving it
    with one keeps the clips, or leaves nothing if there are none. Ask ``has`` before computing a
    clip.

    Args:
        path: Its folder.
        info: Its description.

    Raises:
        KinesicsError: ``path`` is already complete, belongs to something else, was begun with
            another ``info``, or is being written by another process.
    """

    def __init__(self, path: str | Path, info: Info) -> None:
        self.path, self.info = Path(path), info
        if (self.path / _INFO).exists():
            before, complete = _read_info(self.path)
            if complete:
                raise KinesicsError(
                    f"{self.path} is already a complete dataset; choose another folder, or delete"
                    " it first."
                )
            if before != info:
                changed = [k for k in asdict(info) if getattr(before, k) != getattr(info, k)]
                raise KinesicsError(
                    f"{self.path} was begun with other settings ({', '.join(changed)}). Go on with"
                    " the same command, or choose another folder."
                )
        elif self.path.exists() and any(f.suffix != files.PART for f in self.path.iterdir()):
            raise KinesicsError(
                f"{self.path} is not empty and not a dataset; choose another folder.")
        self._values, self._names = 0, set[str]()

    def __enter__(self) -> Writer:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            _write_json(self.path / _INFO, _info_document(self.info, complete=False))
            self._array = open(self.path / _DATA, "ab")
            self._index = open(self.path / _CLIPS, "ab")
        except OSError as error:
            raise KinesicsError(
                f"{self.path} cannot be made ({error.strerror}); choose another folder."
            ) from error
        try:
            fcntl.flock(self._array, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise KinesicsError(
                f"{self.path} is being written by another process; let it finish, or end it."
            ) from error
        have = (self.path / _DATA).stat().st_size
        # After a power cut a line may be there without its data.
        lines = [line for line in _read_lines(self.path) if _end([line], self.info) <= have]
        self._index.truncate(sum(len(_dump(line)) for line in lines))
        self._values = _end(lines, self.info) // 4
        self._array.truncate(self._values * 4)
        self._names = {line["name"] for line in lines}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._array, self._index:
            try:
                os.fsync(self._array.fileno())
                os.fsync(self._index.fileno())
                if kind is None:
                    numbers = statistics(Dataset(self.path, partial=True))
                    _write_json(self.path / _STATISTICS, numbers)
                    _write_json(self.path / _INFO, _info_document(self.info, complete=True))
            except OSError as failure:
                raise self._cannot_write(failure) from failure
            own = [self.path / name for name in (_INFO, _CLIPS, _DATA)]
            if kind is not None and not self._names and set(self.path.iterdir()) == set(own):
                for file in own:
                    file.unlink()
                self.path.rmdir()

    def __len__(self) -> int:
        return len(self._names)

    def has(self, name: str) -> bool:
        """Say whether the clip is already in the dataset."""
        return name in self._names

    def add(self, clip: Clip) -> None:
        """Append a clip; killing this process afterwards does not lose it.

        Raises:
            KinesicsError: It does not fit the dataset, or there is no room for it.
        """
        wanted = (len(self.info.keypoints), self.info.dimensions)
        if clip.keypoints.ndim != 3 or clip.keypoints.shape[1:] != wanted:
            raise KinesicsError(
                f"{clip.name}: got keypoints of shape {clip.keypoints.shape}; wanted"
                f" (frames, {wanted[0]}, {wanted[1]})."
            )
        if not np.isfinite(clip.rate) or clip.rate <= 0:
            raise KinesicsError(f"{clip.name}: got a rate of {clip.rate} frames per second.")
        if self.has(clip.name):
            raise KinesicsError(f"{clip.name} is already in {self.path}; clips need unique names.")
        array = np.ascontiguousarray(clip.keypoints, dtype="<f4")
        line = {
            "name": clip.name, "source": clip.source, "group": clip.group, "rate": clip.rate,
            "labels": clip.labels, "frames": len(array), "offset": self._values,
            "size": list(clip.size) if clip.size else None,
        }
        try:
            self._array.write(array.tobytes())
            self._array.flush()
            self._index.write(_dump(line))
            self._index.flush()
        except OSError as error:
            raise self._cannot_write(error) from error
        self._values += array.size
        self._names.add(clip.name)

    def _cannot_write(self, error: OSError) -> KinesicsError:
        return KinesicsError(
            f"{self.path} cannot be written ({error.strerror}). What is there is kept: make room,"
            " then run the same command again."
        )


def statistics(dataset: Dataset) -> dict[str, Any]:
    """Count clips, labels and rates, and describe lengths and speeds.

    Returns:
        What ``statistics.json`` holds: among it ``speed`` of keypoints in units of the pose's
        scale (largest distance from the centroid) a second, and ``missing``, the share of each
        keypoint that is nan.
    """
    seconds: list[float] = []
    rates: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    labels: dict[str, Counter[str]] = {}
    speeds, missing, frames = [], np.zeros(len(dataset.info.keypoints)), 0
    for clip in dataset:
        seconds.append(len(clip.keypoints) / clip.rate)
        rates[f"{clip.rate:g}"] += 1
        sources[clip.source] += 1
        for key, value in clip.labels.items():
            labels.setdefault(key, Counter())[value] += 1
        lost = ~np.isfinite(clip.keypoints).all(axis=-1)
        missing += lost.sum(axis=0)
        frames += len(clip.keypoints)
        speeds.append(_mean_speed(clip))
    return {
        "clips": len(dataset), "frames": frames, "seconds": round(sum(seconds), 2),
        "clip_seconds": _spread_of(seconds), "rates": dict(rates), "sources": dict(sources),
        "labels": {key: dict(sorted(counts.items())) for key, counts in sorted(labels.items())},
        "speed": _spread_of(speeds),
        "missing": {
            name: round(float(share), 5) for name, share in
            zip(dataset.info.keypoints, missing / max(frames, 1), strict=True)
        },
    }


def read_statistics(path: str | Path) -> dict[str, Any]:
    """Read ``statistics.json`` of a complete dataset, or compute it if it is missing or damaged."""
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        if _are_statistics(found := json.loads((Path(path) / _STATISTICS).read_text())):
            return found
    return statistics(Dataset(path))


def _are_statistics(found: Mapping[str, Any]) -> bool:
    """Tell whether a document is what ``statistics`` gives; errors where it is far from it."""
    numbers = [found["clips"], found["frames"], found["seconds"]]
    for spread in (found["clip_seconds"], found["speed"]):
        ends = [spread[name] for name in ("min", "median", "max")]
        numbers += ends if ends != [None] * 3 else []
    for counts in (found["rates"], found["sources"], found["missing"], *found["labels"].values()):
        numbers += counts.values()
    return all(type(number) in (int, float) and np.isfinite(number) for number in numbers)


def _mean_speed(clip: Clip) -> float:
    """Return the mean speed of the clip's keypoints in scales a second, nan if it is not known."""
    if len(clip.keypoints) < 2:
        return float("nan")
    step = np.linalg.norm(np.diff(clip.keypoints, axis=0), axis=-1) * clip.rate
    seen = np.isfinite(clip.keypoints).all(axis=-1)
    if not np.isfinite(step).any():
        return float("nan")
    safe = np.where(seen[..., None], clip.keypoints, 0.0)
    centre = safe.sum(axis=1, keepdims=True) / np.maximum(seen.sum(axis=1), 1)[:, None, None]
    reach = np.where(seen, np.linalg.norm(safe - centre, axis=-1), 0.0).max(axis=1)
    scale = float(np.median(reach[reach > 0])) if (reach > 0).any() else 1.0
    return float(np.nanmean(step)) / scale


def _spread_of(values: Sequence[float]) -> dict[str, float | None]:
    finite = np.array([v for v in values if np.isfinite(v)])
    if not len(finite):
        return {"min": None, "median": None, "max": None}
    return {"min": round(float(finite.min()), 3), "median": round(float(np.median(finite)), 3),
            "max": round(float(finite.max()), 3)}


def _info_document(info: Info, *, complete: bool) -> dict[str, Any]:
    return {"format": FORMAT, "version": VERSION, "complete": complete, "unit": info.unit,
            **asdict(info)}


def _read_info(path: Path) -> tuple[Info, bool]:
    file = path / _INFO
    if not file.exists():
        raise KinesicsError(
            f"{path} is not a dataset: it has no {_INFO}. Make one with `kinesics data import` or"
            " `kinesics data synth`."
        )
    try:
        document: Mapping[str, Any] = json.loads(file.read_text())
        if document["format"] != FORMAT:
            raise KeyError("format")
        if document["version"] != VERSION:
            raise KinesicsError(
                f"{path} has version {document['version']} of the layout; this kinesics reads"
                f" version {VERSION}. Import it again."
            )
        info = Info(
            document["name"], tuple(document["keypoints"]), document["dimensions"],
            document["licence"], document["origin"], document["command"],
        )
        return info, bool(document["complete"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise KinesicsError(
            f"{file} is not the description of a {FORMAT} dataset ({error}). Import it again."
        ) from error


def _read_lines(path: Path) -> list[dict[str, Any]]:
    """Return every complete line; one without its end was being written when a writer died."""
    file = path / _CLIPS
    lines = []
    for number, raw in enumerate(file.read_bytes().split(b"\n")[:-1] if file.exists() else []):
        try:
            line = json.loads(raw)
            if _LINE - line.keys():
                raise ValueError(f"no {', '.join(sorted(_LINE - line.keys()))}")
            if not all(type(line[key]) is int and line[key] >= 0 for key in ("frames", "offset")):
                raise ValueError(f"{line['frames']} frames at {line['offset']}")
        except (ValueError, AttributeError, RecursionError) as error:
            raise KinesicsError(
                f"{file}, line {number + 1}, does not describe a clip ({error}). Make the dataset"
                " again.") from error
        lines.append(line)
    return lines


def _end(lines: Sequence[Mapping[str, Any]], info: Info) -> int:
    """Return the bytes of the array that the lines need."""
    if not lines:
        return 0
    width = len(info.keypoints) * info.dimensions
    return 4 * max(line["offset"] + line["frames"] * width for line in lines)


def _dump(line: Mapping[str, Any]) -> bytes:
    return json.dumps(line, ensure_ascii=False).encode(errors="backslashreplace") + b"\n"


def _write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write names of clips as people spell them, in UTF-8."""
    files.write_text(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
