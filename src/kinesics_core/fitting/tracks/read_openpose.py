"""OpenPose's output folder: a file ``NAME_000000000012_keypoints.json`` for each frame.

Body as BODY_25, COCO (18) or BODY_135, with hands (21) and face (70) where OpenPose looked for
them, in pixels (``--keypoint_scale 0``, its default). Its format: OpenPose, doc/02_output.md.
Other programs write the same files with COCO's 17, COCO-WholeBody's 133 or Halpe's 26 and 136
keypoints, and faces without pupils.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kinesics_core.fitting.errors import FitError
from kinesics_core.fitting.tracks.whole_body import believed, unknown_keypoints
from kinesics_core.skeletons import (
    BODY25_TO_WHOLEBODY133,
    BODY135_TO_WHOLEBODY133,
    HALPE136_TO_WHOLEBODY133,
    OPENPOSE18_TO_WHOLEBODY133,
    WHOLEBODY133_FACE,
    WHOLEBODY133_LEFT_HAND,
    WHOLEBODY133_RIGHT_HAND,
)

ENDING = "_keypoints.json"
BODIES = {
    25: BODY25_TO_WHOLEBODY133, 18: OPENPOSE18_TO_WHOLEBODY133, 17: np.arange(17),
    133: np.arange(133), 135: BODY135_TO_WHOLEBODY133, 26: HALPE136_TO_WHOLEBODY133[:26],
    136: HALPE136_TO_WHOLEBODY133,
}
"""Number of a body's keypoints -> their places among the 133; -1 for what is none of them."""

PARTS = (("hand_left", (21,), WHOLEBODY133_LEFT_HAND),
         ("hand_right", (21,), WHOLEBODY133_RIGHT_HAND),
         ("face", (68, 70), WHOLEBODY133_FACE))  # iBUG's 68, and the pupils

COMMON_SIZES = ((640, 480), (1280, 720), (1920, 1080), (720, 1280), (1080, 1920), (3840, 2160),
                (2160, 3840))
"""(width, height) px of cameras, the likely ones first."""


class Entry(NamedTuple):
    """A file of a folder.

    Attributes:
        frame: The number in the file's name, or its place among the files if they have none.
        file: Its path.
    """

    frame: int
    file: Path


def is_openpose(folder: Path) -> bool:
    """Return whether a path is a folder of OpenPose's files."""
    return folder.is_dir() and next(folder.glob("*" + ENDING), None) is not None


def entries(folder: Path, images: list[str] | None = None) -> list[Entry]:
    """Return the files of a folder in order of their frames.

    Args:
        folder: Of OpenPose's files.
        images: Names without suffix of the images OpenPose was given, in order; they say which
            frame each file is of.

    Raises:
        FitError: INPUT_UNREADABLE, if there is no file.
    """
    files = sorted(folder.glob("*" + ENDING)) if folder.is_dir() else []
    if not files:
        there = "is no folder" if not folder.is_dir() else f"holds no file *{ENDING}"
        raise FitError(f"{folder} {there}; wanted what OpenPose's --write_json wrote.",
                       "INPUT_UNREADABLE")
    stems = [file.name[: -len(ENDING)] for file in files]
    if images is not None and set(stems) <= set(images):
        place = {name: index for index, name in enumerate(images)}
        numbers = [place[stem] for stem in stems]
    else:
        found = [re.findall(r"\d+", stem) for stem in stems]
        numbers = [int(digits[-1]) for digits in found] if all(found) else list(range(len(stems)))
    if len(set(numbers)) != len(numbers):
        numbers = list(range(len(stems)))
    return sorted(map(Entry, numbers, files))


def read_people(file: Path) -> list[np.ndarray]:
    """Return the (133, 3) keypoints of everybody in a file, confidences as OpenPose gives them.

    Raises:
        FitError: INPUT_UNREADABLE, with the reason, if the file is not OpenPose's.
    """
    document = read_json(file)
    people = document.get("people") if isinstance(document, dict) else None
    if not isinstance(people, list) or not all(isinstance(person, dict) for person in people):
        raise FitError(f"{file} has no list of people; wanted a file of OpenPose's --write_json.",
                       "INPUT_UNREADABLE")
    return [_person(file, person) for person in people]


def read_json(file: Path) -> Any:
    """Return what a JSON file holds.

    Raises:
        FitError: INPUT_UNREADABLE, with the reason, if it cannot be read.
    """
    try:
        return json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise FitError(f"{file} cannot be read: {error.strerror or error}.",
                       "INPUT_UNREADABLE") from error
    except (ValueError, RecursionError) as error:
        raise FitError(f"{file} is no JSON ({error}).", "INPUT_UNREADABLE") from error


def body_points(file: Path, body: np.ndarray) -> np.ndarray:
    """Return a body's keypoints, (n, 3), at their places among the 133.

    Raises:
        FitError: INPUT_UNREADABLE, if no program is known that gives so many.
    """
    if len(body) not in BODIES:
        raise FitError(
            f"A body in {file} has {len(body)} keypoints; wanted OpenPose's 25 (BODY_25), 18"
            " (COCO) or 135, COCO's 17 or 133, or Halpe's 26 or 136.", "INPUT_UNREADABLE")
    points = unknown_keypoints()
    places = BODIES[len(body)]
    points[places[places >= 0]] = body[places >= 0]
    points[~(points[:, 2] > 0)] = (np.nan, np.nan, 0.0)
    return points


def _person(file: Path, person: dict[str, Any]) -> np.ndarray:
    body = _points(file, person, "pose")
    points = body_points(file, body) if len(body) else unknown_keypoints()
    for name, counts, part in PARTS:
        found = _points(file, person, name)
        if len(found):
            if len(found) not in counts:
                raise FitError(
                    f"The {name.replace('_', ' ')} of somebody in {file} has {len(found)}"
                    f" keypoints; wanted {' or '.join(map(str, counts))}.", "INPUT_UNREADABLE")
            points[part] = found[: part.stop - part.start]
    points[~(points[:, 2] > 0)] = (np.nan, np.nan, 0.0)  # OpenPose writes 0, 0, 0 for the unseen
    return points


def _points(file: Path, person: dict[str, Any], name: str) -> np.ndarray:
    """Return a part's (n, 3); none where it is missing. Before 1.3 the names lacked "_2d"."""
    values = person.get(f"{name}_keypoints_2d", person.get(f"{name}_keypoints")) or []
    try:
        return np.array(values, np.float32).reshape(-1, 3)
    except (TypeError, ValueError) as error:
        raise FitError(f"The {name.replace('_', ' ')} of somebody in {file} is no list of x, y,"
                       f" confidence ({error}).", "INPUT_UNREADABLE") from error


def size_of(
    files: list[Entry], people: Callable[[Entry], list[np.ndarray]]
) -> tuple[tuple[int, int], str]:
    """Guess the size of the images: the likeliest common size around all keypoints.

    Args:
        files: The files to look at.
        people: Gives the keypoints of everybody in one of them.

    Returns:
        Width and height, px, and a sentence that says that they are guessed.

    Raises:
        FitError: INPUT_UNREADABLE, if the keypoints are not in pixels.
    """
    high = np.full(2, -np.inf)
    for entry in files:
        for points in people(entry):
            seen = points[points[:, 2] > 0, :2]
            if len(seen):
                high = np.maximum(high, seen.max(axis=0))
    if not np.isfinite(high).all():
        return COMMON_SIZES[0], ""
    check_pixels(files[0].file, high)
    fitting = [size for size in COMMON_SIZES if (high <= size).all()]
    size = fitting[0] if fitting else (int(np.ceil(high[0])) + 1, int(np.ceil(high[1])) + 1)
    upright = next((other for other in fitting[1:]
                    if (other[0] < other[1]) != (size[0] < size[1])), None)
    also = f" ({upright[0]} x {upright[1]} would hold them too)" if upright else ""
    return size, (
        f"The size of the images is not known; taken for {size[0]} x {size[1]} px, the likeliest"
        f" usual one around all keypoints{also}. Give the video to be sure.")


def check_pixels(file: Path, farthest: np.ndarray) -> None:
    """Refuse keypoints of which the farthest, (x, y), lies within two pixels of the corner.

    Raises:
        FitError: INPUT_UNREADABLE: they are no pixels.
    """
    if (farthest <= 2.0).all():
        raise FitError(
            f"The keypoints of {file.parent} lie within {farthest.max():g} px of the corner, so"
            " they are no pixels; run OpenPose with --keypoint_scale 0, its default.",
            "INPUT_UNREADABLE")


def within(people: list[np.ndarray], size: tuple[int, int]) -> Iterator[np.ndarray]:
    """Yield everybody of whom anything is known, confidences made sane for images of a size."""
    for points in people:
        points = believed(points, *size)
        if (points[:, 2] > 0).any():
            yield points
