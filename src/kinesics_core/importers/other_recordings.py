"""Recordings of another kind than the one that is read: named, with what to do.

A folder of BVH may hold FBX, C3D and videos too. None of them is passed over without a word; a
readme, a licence, a picture or a table of labels is no recording, and is.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

from kinesics_core.errors import KinesicsError
from kinesics_core.files import files_below, shown
from kinesics_core.perception.file_endings import IMAGE_SUFFIXES, RAW_STREAMS, VIDEO_SUFFIXES
from kinesics_core.recording.bag_storage import SUFFIXES as BAG_SUFFIXES

NAMED = 10
"""So many names are said of each kind."""

FEWEST_COLUMNS = 20
"""Numbers in a line of text from which on it is motion: no label or measurement has so many."""

HEAD = 1 << 16
"""Bytes of a text by which it is told."""

FEWEST_IMAGES = 10
"""Images in a folder below one of videos from which on they are the frames of a recording."""

_HAS_KEYPOINTS = re.compile(r'keypoints(_2d|_3d)?"\s*:\s*\[\s*-?\d')
_DIGITS = 0.75  # share of a line's fields that are numbers, where the first ones count and name

_IMPORT = "`kinesics data import {}` reads it".format
_PROGRAM = ("an animation of a 3-D program; export it as BVH there (Blender opens FBX, glTF,"
            " Collada and USD: File > Export > Motion Capture)")
_MOCAP = ("motion capture as points or in the form of one program; export the solved skeleton as"
          " BVH there")
_ARRAYS = ("an archive of arrays; save rotations of SMPL-X, (frames, 22, 3), as .npz for `kinesics"
           " data import axis-angle`, or joints as .npy for `kinesics data import humanml3d`")
_DEPTH_CAMERA = "a depth camera's recording; export its colour images as a video (MP4)"
_CAMERA_RAW = "a camera's raw or spherical video; export it as MP4"
_PACKED = "packed in a way that is not opened; unpack it, or make it a .zip or .tar.gz"
_TABLE = "a table of many numbers; if it is motion, export it as BVH from the program that wrote it"
_KEYPOINTS = "keypoints in images; `kinesics fit` reads those of OpenPose, AlphaPose and COCO"

_ADVICE: dict[str, str] = {
    **dict.fromkeys(VIDEO_SUFFIXES, "a video; " + _IMPORT("video")),
    **dict.fromkeys(BAG_SUFFIXES, "a bag; " + _IMPORT("bag")),
    ".bvh": "BVH; " + _IMPORT("bvh"),
    ".npz": "an archive of arrays; if it holds rotations of SMPL-X, " + _IMPORT("axis-angle"),
    ".npy": "an array; if it holds HumanML3D's joints or features, " + _IMPORT("humanml3d"),
    ".bag": "a bag of ROS 1; `rosbags-convert` makes one of ROS 2, and " + _IMPORT("bag"),
    ".amc": "Acclaim motion; with its .asf beside it, " + _IMPORT("amc"),
    **dict.fromkeys(RAW_STREAMS, "pictures without times; put them into a video that says them"
                    " (ffmpeg -r RATE -i IN -c copy OUT.mp4)"),
    ".gif": "an animation; make it a video (ffmpeg -i NAME.gif NAME.mp4)",
    **dict.fromkeys((
        ".abc", ".anim", ".bip", ".blend", ".dae", ".fbx", ".glb", ".gltf", ".ma", ".max", ".mb",
        ".usd", ".usda", ".usdc", ".usdz", ".vmd", ".vpd", ".vrma"), _PROGRAM),
    **dict.fromkeys((
        ".c3d", ".cmo", ".csm", ".drf", ".htr", ".mot", ".mvn", ".mvnx", ".qtm", ".skeleton",
        ".sto", ".tak", ".trb", ".trc", ".xcp"), _MOCAP),
    **dict.fromkeys((
        ".feather", ".h5", ".hdf5", ".joblib", ".mat", ".parquet", ".pickle", ".pkl", ".pt",
        ".pth"), _ARRAYS),
    **dict.fromkeys((".klg", ".oni", ".svo", ".svo2", ".xef"), _DEPTH_CAMERA),
    **dict.fromkeys((".360", ".ari", ".braw", ".insv", ".r3d"), _CAMERA_RAW),
    **dict.fromkeys((".7z", ".bz2", ".gz", ".lz4", ".rar", ".xz", ".zst"), _PACKED),
}
"""Ending -> what the file is and what to do; the longest ending that fits counts."""

_LONGEST_FIRST = sorted(_ADVICE, key=len, reverse=True)
_TEXTS = (".csv", ".json", ".tsv", ".txt")


def advice_on(name: str, head: Callable[[int], bytes]) -> str:
    """Return what a recording is and what to do with it; "" for what is none.

    Args:
        name: Of the file.
        head: Returns so many bytes of its beginning; asked for only where the name says too little.
    """
    lower = name.lower()
    for ending in _LONGEST_FIRST:
        if lower.endswith(ending):
            return _ADVICE[ending]
    if not lower.endswith(_TEXTS):
        return ""
    try:
        text = head(HEAD).decode("utf-8", "replace")
    except (KinesicsError, OSError):
        return ""
    if lower.endswith(".json"):
        return _KEYPOINTS if _HAS_KEYPOINTS.search(text) else ""
    if lower.endswith(".txt") and text.split("\n", 1)[0].count(",") == 116:
        return "CMU's exponential maps; " + _IMPORT("expmap")
    return _TABLE if holds_motion(text) else ""


def holds_motion(text: str) -> bool:
    """Return whether a line of a text holds the many numbers of a body."""
    return any(map(_is_motion, text.splitlines()))


def _is_motion(line: str) -> bool:
    for separator in (",", "\t", ";", None):
        fields = line.split(separator)
        if len(fields) >= FEWEST_COLUMNS and sum(map(_is_number, fields)) >= max(
                FEWEST_COLUMNS, _DIGITS * len(fields)):
            return True
    return False


def _is_number(field: str) -> bool:
    try:
        float(field.replace(",", "."))
    except ValueError:
        return False
    return True


def beside(folder: Path, suffixes: Iterable[str], *, frames: bool = False) -> dict[str, str]:
    """Return the recordings of other kinds below a folder, with what to do, by their paths.

    Args:
        folder: Where recordings are imported from; a file has none beside it.
        suffixes: Of those that are read.
        frames: Whether folders of images count, as the frames of a recording.
    """
    if not folder.is_dir():
        return {}
    found, pictures = {}, Counter[Path]()
    for path in files_below(folder):
        if path.name.startswith(".") or path.name.lower().endswith(tuple(suffixes)):
            continue
        pictures[path.parent] += path.suffix.lower() in IMAGE_SUFFIXES
        if advice := advice_on(path.name, partial(_beginning, path)):
            found[shown(path.relative_to(folder))] = advice
    if frames:
        found |= {
            f"{shown(place.relative_to(folder))}{os.sep}": f"{count} images; make a video of them,"
            " or give the folder by itself where single recordings are taken"
            for place, count in pictures.items() if count >= FEWEST_IMAGES}
    return found


def _beginning(path: Path, size: int) -> bytes:
    with path.open("rb") as stream:
        return stream.read(size)


def sentences(others: Mapping[str, str]) -> list[str]:
    """Return a sentence for each kind among recordings that are left out, with some names.

    Args:
        others: What each is and what to do, by its name.
    """
    kinds: dict[str, list[str]] = {}
    for name, advice in others.items():
        kinds.setdefault(advice, []).append(name)
    return [
        f"Left out: {', '.join(names[:NAMED])}"
        f"{f' and {len(names) - NAMED} more' if len(names) > NAMED else ''}: {advice}."
        for advice, names in kinds.items()]
