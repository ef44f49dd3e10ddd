"""The files of a body that expresses: parameters, motion, pictures, meshes."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from kinesics_core import files
from kinesics_core.body.model import BodyModel
from kinesics_core.commands.express_files import NAMES, Output, Told, digest_of, write_csv
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.body_performance import Performance

_MARK = "meshes.json"  # in that folder: what its files were made from
_AT_ONCE = 4  # meshes; more would leave the processor's cache


@dataclass(frozen=True, eq=False)
class Take:
    """A performance and what its files need besides.

    Attributes:
        performance: What is shown.
        model: The open body of its gender.
        body: What tells that body from others: name and SHA-256 of its file.
        view: Of the video and the contact sheet, one of ``body_picture.VIEWS``.
        labels: Texts that stand in ``motion.npz``, such as "emotion".
    """

    performance: Performance
    model: BodyModel
    body: dict[str, str]
    view: str
    labels: dict[str, str] = field(default_factory=dict)

    def digest(self, kind: str) -> str:
        """Return what tells a file of a kind from that of another take."""
        frames = self.performance.frames
        parts = [self.performance.times, frames.betas, *self.performance.parameters.values(),
                 *self.performance.face.parts().values()]
        words = {**self.body, **self.labels} | ({"view": self.view} if kind in (
            "sheet", "video") else {})
        return digest_of(kind, json.dumps(words, sort_keys=True).encode(),
                         *(np.ascontiguousarray(part).tobytes() for part in parts))


def body_outputs(take: Take, folder: str = "") -> list[Output]:
    """Return the files of a take.

    Args:
        take: What they show.
        folder: Where in the output folder they go, "" or with "/" behind it.
    """
    from kinesics_core.view.body_video import video_frames

    writers: dict[str, tuple[Callable[[Path, Told], None], int]] = {
        "npz": (partial(_write_npz, take), 1),
        "csv": (partial(write_csv, take.performance.face), 1),
        "bvh": (partial(_write_bvh, take), 1),
        "glb": (partial(_write_glb, take), 1),
        "sheet": (partial(_write_sheet, take), 1),
        "video": (partial(_write_video, take), len(video_frames(take.performance)[0])),
    }
    return [Output(kind, folder + NAMES[kind], take.digest(kind), steps, write)
            for kind, (write, steps) in writers.items()]


@dataclass(frozen=True, slots=True)
class Meshes:
    """Counts of an .obj sequence that was written.

    Attributes:
        count: Files.
        kept: How many of them were there from an earlier run.
        bytes: Of all of them.
        per_second: Meshes posed and written a second; nan if all were kept.
    """

    count: int
    kept: int
    bytes: int
    per_second: float


def write_meshes(folder: Path, take: Take, told: Told) -> Meshes:
    """Write the .obj sequence of a take: ``000000.obj`` and so on, metres, y up.

    Each file is whole or not there; those of the same take that are there are kept.

    Args:
        folder: Where they go.
        take: What they show.
        told: Called for each.

    Raises:
        KinesicsError: There is no room for all of them, or no permission; files that are whole
            stay.
    """
    from kinesics_core.body import obj, skinning

    files.require_directory(folder)
    count, source = len(take.performance.times), take.digest("obj")
    if _source_of(folder / _MARK) != source:
        for old in folder.glob("[0-9]*.obj"):
            old.unlink(missing_ok=True)
        files.write_json(folder / _MARK, {"of": source, "frames": count})
    skin = skinning.select(take.model)
    betas = np.asarray(take.performance.frames.betas, np.float32)[None]
    parameters = take.performance.parameters
    names = [folder / f"{frame:06d}.obj" for frame in range(count)]
    missing = [frame for frame, name in enumerate(names)
               if not (name.is_file() and name.stat().st_size)]
    for _ in range(count - len(missing)):
        told()
    if missing:
        _require_room(folder, len(missing), len(obj.obj_text(take.model.template,
                                                             take.model.faces)))
    began = time.perf_counter()
    for first in range(0, len(missing), _AT_ONCE):
        rows = missing[first : first + _AT_ONCE]
        vertices, _ = skinning.vertices(
            skin, betas=betas, **{name: part[rows] for name, part in parameters.items()})
        for frame, mesh in zip(rows, vertices, strict=True):
            files.write_bytes(names[frame], obj.obj_text(mesh, take.model.faces))
            told()
    seconds = time.perf_counter() - began
    return Meshes(count, count - len(missing), sum(name.stat().st_size for name in names),
                  len(missing) / seconds if missing else float("nan"))


def _require_room(folder: Path, count: int, size: int) -> None:
    """Refuse to fill a disk with ``count`` meshes of ``size`` bytes that it cannot hold.

    Raises:
        KinesicsError: It cannot.
    """
    free = shutil.disk_usage(folder).free
    needed = count * size
    if needed > free:
        raise KinesicsError(
            f"{folder} cannot hold {count} meshes: the disk is full before ({needed / 1e6:.0f} MB,"
            f" and {free / 1e6:.0f} MB are left). Make room, or give fewer --seconds or a lower"
            " --rate.")


def _source_of(mark: Path) -> str:
    with suppress(OSError, ValueError, KeyError, TypeError):
        return str(json.loads(mark.read_text(encoding="utf-8"))["of"])
    return ""


def _write_npz(take: Take, path: Path, told: Told) -> None:
    from kinesics_core.expression.motion_file import motion_arrays

    files.write_arrays(path, {**motion_arrays(take.performance, take.model), **take.labels,
                              "model": take.body["model"],
                              "model_sha256": take.body["model_sha256"]})
    told()


def _write_bvh(take: Take, path: Path, told: Told) -> None:
    from kinesics_core.body.bvh import bvh

    frames = take.performance.frames
    parameters = {name: part for name, part in take.performance.parameters.items()
                  if name != "expression"}
    files.write_bytes(path, bvh(
        take.model, times=take.performance.times, rate=take.performance.face.rate,
        betas=np.asarray(frames.betas), camera=False, **parameters))
    told()


def _write_glb(take: Take, path: Path, told: Told) -> None:
    from kinesics_core.view.body_gltf import body_glb

    files.write_bytes(path, body_glb(take.performance))
    told()


def _write_sheet(take: Take, path: Path, told: Told) -> None:
    from kinesics_core.view.body_sheet import moment_sheet
    from kinesics_core.view.face_sheet import jpeg

    files.write_bytes(path, jpeg(moment_sheet(take.performance, take.view)))
    told()


def _write_video(take: Take, path: Path, told: Told) -> None:
    from kinesics_core.view.body_video import write_video

    write_video(path, take.performance, take.view, told)
