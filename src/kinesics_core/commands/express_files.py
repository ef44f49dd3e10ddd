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

SUMMARY = "face.json"
"""The request and what became of it; the other files are listed in it as they are finished."""

NAMES = {"csv": "face.csv", "glb": "face.glb", "sheet": "contact.jpg", "video": "face.mp4"}
"""Option -> file, the quick ones first."""


@dataclass(frozen=True)
class Exported:
    """A file.

    Attributes:
        name: Its name.
        bytes: Its size.
        kept: Whether it was there from an earlier run of the same request.
    """

    name: str
    bytes: int
    kept: bool


@dataclass(frozen=True, eq=False)
class Export:
    """A face and where its files go.

    Attributes:
        animation: The face.
        out: The folder.
        whole_body: Whether the glTF has all of the body.
        about: What the summary says besides.
    """

    animation: FaceAnimation
    out: Path
    whole_body: bool
    about: dict[str, Any]

    def steps(self, output: str) -> int:
        """Return how many steps an output tells of."""
        from kinesics_core.view.face_video import video_frames

        return len(video_frames(self.animation).times) if output == "video" else 1

    def write(self, outputs: Sequence[str], on_step: Callable[[str], None]) -> list[Exported]:
        """Write the files one after the other, and the summary after each.

        Args:
            outputs: Of ``NAMES``.
            on_step: Told the output at each of its steps.

        Raises:
            KinesicsError: There is no room or no permission; files that are whole stay.
        """
        files.require_directory(self.out)
        for output in outputs:
            files.require_writable(self.out / NAMES[output])
        before = _listed(self.out / SUMMARY)
        listed: dict[str, dict[str, Any]] = {}
        # What an earlier run of the same face made stays listed.
        for output, name in NAMES.items():
            known = before.get(name)
            if known and known.get("of") == self._source(output) and _is_there(
                    self.out / name, known):
                listed[name] = known
        done = []
        for output in outputs:
            name = NAMES[output]
            kept = name in listed
            if not kept:
                _WRITERS[output](self, self.out / name, partial(on_step, output))
                listed[name] = {
                    "bytes": (self.out / name).stat().st_size,
                    "sha256": files.sha256_of(self.out / name), "of": self._source(output)}
            else:
                for _ in range(self.steps(output)):
                    on_step(output)
            files.write_json(self.out / SUMMARY, {**self.about, "files": listed})
            done.append(Exported(name, listed[name]["bytes"], kept))
        return done

    def _source(self, output: str) -> str:
        """Return a digest of all that an output is made from."""
        digest = hashlib.sha256(f"{__version__} {output}".encode())
        if output == "glb":
            digest.update(b"whole" if self.whole_body else b"head")
        digest.update(self.animation.times.tobytes())
        for part in self.animation.parts().values():
            digest.update(part.tobytes())
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


def _write_csv(export: Export, path: Path, told: Told) -> None:
    from kinesics_core.expression.live_link import csv_text

    files.write_text(path, csv_text(export.animation))
    told()


def _write_glb(export: Export, path: Path, told: Told) -> None:
    from kinesics_core.view.face_gltf import face_glb

    files.write_bytes(path, face_glb(export.animation, whole_body=export.whole_body))
    told()


def _write_sheet(export: Export, path: Path, told: Told) -> None:
    from kinesics_core.view.face_sheet import MOMENT_CELL, jpeg, moment_faces, sheet

    faces = list(moment_faces(export.animation))
    files.write_bytes(path, jpeg(sheet(faces, len(faces), MOMENT_CELL)))
    told()


def _write_video(export: Export, path: Path, told: Told) -> None:
    from kinesics_core.view.face_video import write_video

    write_video(path, export.animation, told)


_WRITERS: dict[str, Callable[[Export, Path, Told], None]] = {
    "csv": _write_csv, "glb": _write_glb, "sheet": _write_sheet, "video": _write_video}
