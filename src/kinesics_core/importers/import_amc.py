"""Reader of Acclaim motion (.amc) with its skeleton (.asf), the format of CMU's library.

A skeleton serves the motions whose names begin with its own (``105.asf``: ``105_13.amc``,
``105_13-sad_walk.amc``); a single one in the folder serves all. Lengths are inches divided by the
file's own unit; motions state no rate, CMU's are 120 Hz.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from kinesics_core.dataset.clips import Clip
from kinesics_core.errors import KinesicsError
from kinesics_core.importers.importing import MotionRecording, stem
from kinesics_core.importers.source_files import SourceFile, files_in
from kinesics_core.kinematics import coco_keypoints
from kinesics_core.rotations import about_axis
from kinesics_core.skeletons import COCO17

RATE = 120.0
"""Frames per second of CMU's motions."""

_INCH = 0.0254
_LONGEST, _LARGEST = 100.0, 1e6  # metres of a bone, units or degrees of a motion
# Keypoint -> the bone at whose end it lies.
_ENDS = {
    f"{side}_{part}": f"{side[0]}{bone}" for side in ("left", "right") for part, bone in (
        ("shoulder", "clavicle"), ("elbow", "humerus"), ("wrist", "radius"), ("hip", "hipjoint"),
        ("knee", "femur"), ("ankle", "tibia"))
}
_NECK, _HEAD = "upperneck", "head"
_AXES = {"rx": 0, "ry": 1, "rz": 2}


@dataclass(frozen=True, eq=False)
class Bone:
    """A bone of a skeleton.

    Attributes:
        name: Of it.
        parent: Name of the bone at whose end it begins; "root" is the body's place.
        offset: (3,) metres from its begin to its end, at rest.
        frame: (3, 3) the axes about which it turns.
        turns: Axes, 0..2, of the numbers of a frame, in their order.
    """

    name: str
    parent: str
    offset: np.ndarray
    frame: np.ndarray
    turns: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Skeleton:
    """Bones, parents first, and metres per unit of the root's place."""

    bones: tuple[Bone, ...]
    metres: float


@dataclass(slots=True)
class AmcReader:
    """A ``MotionReader`` of .amc files.

    Attributes:
        folder: With the motions and their skeletons, or an archive.
        source: The collection that the clips belong to.
        rate: Frames per second of the motions.
    """

    folder: Path
    source: str
    rate: float = RATE
    _skeletons: dict[str, Skeleton] = field(default_factory=dict)

    def __call__(self, file: SourceFile) -> Iterator[MotionRecording]:
        """Yield the one recording of a file."""
        if not self._skeletons:
            self._skeletons = {PurePosixPath(one.name).stem: parse_skeleton(_text(one), one.name)
                               for one in files_in(self.folder, (".asf",))}
        yield MotionRecording(file.name, partial(self._read, file))

    def _read(self, file: SourceFile) -> Clip:
        own = PurePosixPath(file.name).name
        fitting = [name for name in self._skeletons if re.match(re.escape(name) + r"[_.\- ]", own)]
        if not fitting and len(self._skeletons) == 1:
            fitting = list(self._skeletons)
        if not fitting:
            raise KinesicsError(
                f"{file.name}: no skeleton is beside it; put the .asf whose name it begins with"
                f" into the folder (there are: {', '.join(sorted(self._skeletons)) or 'none'}).")
        skeleton = self._skeletons[max(fitting, key=len)]
        name = stem(file.name)
        frames = parse_motion(_text(file), skeleton, file.name)
        return Clip(name, self.source, name, self.rate, coco_from_amc(frames, skeleton, file.name))


def parse_skeleton(text: str, name: str) -> Skeleton:
    """Return the skeleton of an .asf file.

    Raises:
        KinesicsError: It is none, or is damaged.
    """
    try:
        sections = dict(re.findall(r"^:(\w+)([^\n]*(?:\n(?!:).*)*)", text.replace("\r", ""), re.M))
        unit = float(re.search(r"length\s+(\S+)", sections["units"])[1])  # type: ignore[index]
        metres = _INCH / unit
        parents = {child: words[0] for words in
                   (line.split() for line in sections["hierarchy"].splitlines())
                   for child in words[1:]}
        found = {}
        for block in re.findall(r"begin(.*?)end\b", sections["bonedata"], re.S):
            lines = {words[0]: words[1:] for words in map(str.split, block.strip().splitlines())}
            own = lines["name"][0]
            lines["axis"] = lines["axis"][:3]  # the fourth names the order
            way, axis = (np.array(lines[key], float) for key in ("direction", "axis"))
            length = float(lines["length"][0]) * metres
            finite = np.isfinite([*way, *axis, length]).all()
            if way.shape != (3,) or axis.shape != (3,) or not finite:
                raise ValueError(f"{own} has no direction, no axis or no length")
            turns = tuple(_AXES[word.lower()] for word in lines.get("dof", ()))
            found[own] = Bone(
                own, parents[own], way * length,
                _turned(np.radians(axis)[None], (0, 1, 2))[0], turns)
        bones: list[Bone] = []
        while len(bones) < len(found):
            known = {"root", *(bone.name for bone in bones)}
            following = [bone for bone in found.values()
                         if bone.name not in known and bone.parent in known]
            bones += following
            if not following:
                raise ValueError("bones hang on nothing")
        missing = {*_ENDS.values(), _NECK, _HEAD} - set(found)
        if missing or not all((np.abs(bone.offset) < _LONGEST).all() for bone in bones):
            raise ValueError(f"bones are missing or too long: {', '.join(sorted(missing))}")
    except (KeyError, ValueError, IndexError, TypeError, ZeroDivisionError) as error:
        raise KinesicsError(f"{name} is no Acclaim skeleton of a person ({error!r}); fetch it"
                            " again from where it came from.") from error
    return Skeleton(tuple(bones), metres)


def parse_motion(text: str, skeleton: Skeleton, name: str) -> dict[str, np.ndarray]:
    """Return the numbers (T, N) of each bone and of "root", of an .amc file.

    Raises:
        KinesicsError: It is damaged, or of another skeleton.
    """
    wanted = {"root": 6, **{bone.name: len(bone.turns) for bone in skeleton.bones if bone.turns}}
    rows: dict[str, list[list[str]]] = {bone: [] for bone in wanted}
    for line in text.splitlines():
        first, *numbers = line.split() or ("",)
        if first in rows:
            rows[first].append(numbers)
    try:
        frames = {bone: np.array(values, float).reshape(len(values), wanted[bone])
                  for bone, values in rows.items()}
        counts = {len(values) for values in frames.values()}
        if len(counts) != 1 or counts.pop() < 2:
            raise ValueError("its bones have different numbers of frames, or fewer than two")
        if not all((np.abs(values) < _LARGEST).all() for values in frames.values()):
            raise ValueError("a number is none, or no length or angle")
    except ValueError as error:
        raise KinesicsError(f"{name} is no motion of its skeleton ({error}); give it the .asf that"
                            " was published with it.") from error
    return frames


def coco_from_amc(frames: dict[str, np.ndarray], skeleton: Skeleton, name: str) -> np.ndarray:
    """Return the COCO-17 keypoints (T, 17, 3), float32 metres, y up, of a motion.

    At rest these skeletons stand upright and look along z, so a head that is bowed all the time
    is bowed here, too.

    Args:
        frames: Of ``parse_motion``.
        skeleton: Its bones.
        name: What an error calls the file.
    """
    root = frames["root"]
    turned = {"root": _turned(np.radians(root[:, 3:]), (0, 1, 2))}
    ends = {"root": root[:, :3] * skeleton.metres}
    for bone in skeleton.bones:
        own = turned[bone.parent]
        if bone.turns:
            motion = _turned(np.radians(frames[bone.name]), bone.turns)
            own = own @ bone.frame @ motion @ bone.frame.T
        turned[bone.name] = own
        ends[bone.name] = ends[bone.parent] + own @ bone.offset
    points = {key: ends[bone] for key, bone in _ENDS.items()}
    keypoints = coco_keypoints({key: points[key] for key in COCO17 if key in points}, ends[_NECK],
                               turned[_HEAD]).astype(np.float32)
    if not np.isfinite(keypoints).all():
        raise KinesicsError(f"{name}: shoulders and hips coincide; it cannot be read as a person.")
    return keypoints


def _turned(angles: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """Return rotations (T, 3, 3) by angles (T, N), radians, about fixed axes, the first first."""
    rotation = np.broadcast_to(np.eye(3), (len(angles), 3, 3))
    for column, axis in enumerate(axes):
        rotation = about_axis(axis, angles[:, column]) @ rotation
    return rotation


def _text(file: SourceFile) -> str:
    return file.read().decode("utf-8", "replace")
