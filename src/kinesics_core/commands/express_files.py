"""The files of ``kinesics express``: each whole or not there, and kept if it was made before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from kinesics_core import __version__, files
from kinesics_core.expression.face_animation import FaceAnimation

Told = Callable[[], None]

SUMMARY = "express.json"
"""The request and what became of it, with the other files as they are finished."""

NAMES = {"npz": "motion.npz", "csv": "face.csv", "bvh": "motion.bvh", "glb": "motion.glb",
         "sheet": "contact.jpg", "video": "motion.mp4"}
"""Option -> file of a body, the quick ones first."""

MESHES = "meshes"
"""Folder of the .obj sequence, one file a frame."""

VIEW_NAMES = ("whole", "hips")
"""Views of a body in video and contact sheet, see ``view.body_picture.VIEWS``."""

MOST_SAMPLES = 64
"""Seeds at once."""

MOST_FRAMES = 200_000
"""Frames of all samples; more would fill the memory of a small machine."""

FACE_SUMMARY = "face.json"
"""The same of a face alone."""

FACE_NAMES = {"csv": "face.csv", "glb": "face.glb", "sheet": "contact.jpg", "video": "face.mp4"}
"""Option -> file of a face, the quick ones first."""


@dataclass(frozen=True, eq=False)
class Output:
    """A file to be made, or a folder of them.

    Attributes:
        kind: The option that asks for it.
        name: Its name in the output folder, with "/" in it where it lies deeper.
        source: A digest of all that it is made from.
        steps: How many steps its writing tells of.
        write: Writes it to a path, and tells of each step.
    """

    kind: str
    name: str
    source: str
    steps: int
    write: Callable[[Path, Told], None]


@dataclass(frozen=True)
class Exported:
    """A file that is there.

    Attributes:
        name: Its name.
        bytes: Its size.
        kept: Whether it was there from an earlier run of the same request.
    """

    name: str
    bytes: int
    kept: bool


def write_outputs(
    out: Path, summary: str, about: dict[str, Any], outputs: Sequence[Output],
    wanted: Sequence[str], on_step: Callable[[str], None],
) -> list[Exported]:
    """Write files one after the other, and the summary after each.

    Args:
        out: The folder.
        summary: Name of the summary.
        about: What the summary says besides.
        outputs: All that can be made; what an earlier run made of the same stays listed.
        wanted: Kinds of those that are made now.
        on_step: Told the kind of an output at each of its steps.

    Raises:
        KinesicsError: There is no room or no permission; files that are whole stay.
    """
    files.require_directory(out)
    chosen = [output for output in outputs if output.kind in wanted]
    for output in chosen:
        files.require_writable(out / output.name)
    before = _listed(out / summary)
    listed: dict[str, dict[str, Any]] = {}
    for output in outputs:
        known = before.get(output.name)
        if known and known.get("of") == output.source and _is_there(out / output.name, known):
            listed[output.name] = known
    done = []
    for output in chosen:
        path, told = out / output.name, partial(on_step, output.kind)
        kept = output.name in listed
        if not kept:
            output.write(path, told)
            listed[output.name] = {"bytes": path.stat().st_size, "sha256": files.sha256_of(path),
                                   "of": output.source}
        else:
            for _ in range(output.steps):
                told()
        files.write_json(out / summary, {**about, "files": listed})
        done.append(Exported(output.name, listed[output.name]["bytes"], kept))
    return done


def digest_of(kind: str, *parts: bytes) -> str:
    """Return a digest of what an output is made from, the version of the software included."""
    digest = hashlib.sha256(f"{__version__} {kind}".encode())
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def _listed(summary: Path) -> dict[str, Any]:
    """Return the files that an earlier summary lists; none if there is no such file of ours."""
    try:
        found = json.loads(summary.read_text(encoding="utf-8"))["files"]
        return {name: known for name, known in found.items() if isinstance(known, dict)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _is_there(path: Path, known: dict[str, Any]) -> bool:
    """Tell whether a file is as it was listed."""
    try:
        return path.stat().st_size == known.get("bytes") and files.sha256_of(
            path) == known.get("sha256")
    except OSError:
        return False


# The files of a face.


def face_outputs(animation: FaceAnimation, whole_body: bool) -> list[Output]:
    """Return the files of a face.

    Args:
        animation: The face.
        whole_body: Whether the glTF has all of the body.
    """
    from kinesics_core.view.face_video import video_frames

    parts = [animation.times.tobytes(),
             *(part.tobytes() for part in animation.parts().values())]

    def output(kind: str, write: Callable[[Path, Told], None], steps: int = 1) -> Output:
        how = [b"whole" if whole_body else b"head"] if kind == "glb" else []
        return Output(kind, FACE_NAMES[kind], digest_of(kind, *how, *parts), steps, write)

    return [
        output("csv", partial(write_csv, animation)),
        output("glb", partial(_write_glb, animation, whole_body)),
        output("sheet", partial(_write_sheet, animation)),
        output("video", partial(_write_video, animation), len(video_frames(animation).times)),
    ]


def write_csv(animation: FaceAnimation, path: Path, told: Told) -> None:
    """Write the CSV of Live Link Face."""
    from kinesics_core.expression.live_link import csv_text

    files.write_text(path, csv_text(animation))
    told()


def _write_glb(animation: FaceAnimation, whole_body: bool, path: Path, told: Told) -> None:
    from kinesics_core.view.face_gltf import face_glb

    files.write_bytes(path, face_glb(animation, whole_body=whole_body))
    told()


def _write_sheet(animation: FaceAnimation, path: Path, told: Told) -> None:
    from kinesics_core.view.face_sheet import MOMENT_CELL, jpeg, moment_faces, sheet

    faces = list(moment_faces(animation))
    files.write_bytes(path, jpeg(sheet(faces, len(faces), MOMENT_CELL)))
    told()


def _write_video(animation: FaceAnimation, path: Path, told: Told) -> None:
    from kinesics_core.view.face_video import write_video

    write_video(path, animation, told)
