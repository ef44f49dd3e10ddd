"""Keypoints of a whole recording in one JSON file: AlphaPose's results, and COCO's.

A list of people, each with the image it was seen in: ``[{"image_id": "12.jpg", "keypoints": [x, y,
confidence, ...]}, ...]`` (COCO's format of results, which AlphaPose writes too), or COCO's
annotations, ``{"images": [...], "annotations": [...]}``, which also say the size of the images.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core.fitting.errors import FitError
from kinesics_core.fitting.tracks.read_openpose import Entry, body_points, read_json

_VISIBLE = 2  # COCO's flag of an annotated keypoint that is seen; 1: hidden, 0: not annotated


@dataclass(slots=True)
class KeypointList:
    """Everybody in a file.

    Attributes:
        entries: Frame numbers, rising; the file is the same for all.
        people: Frame -> the (133, 3) keypoints of everybody in it.
        size: Width and height of the images, px; None if the file does not say.
    """

    entries: list[Entry]
    people: dict[int, list[np.ndarray]]
    size: tuple[int, int] | None


def is_keypoint_list(source: Path) -> bool:
    """Return whether a path is a JSON file."""
    return source.suffix.lower() == ".json" and source.is_file()


def read_keypoint_list(file: Path, images: list[str] | None = None) -> KeypointList:
    """Read a file.

    Args:
        file: The file.
        images: Names without suffix of the images, in order; they say which frame each is.

    Raises:
        FitError: INPUT_UNREADABLE, if it is no list of people with keypoints.
    """
    document = read_json(file)
    described: Any = None
    if isinstance(document, dict):
        described, document = document.get("images"), document.get("annotations")
    if not isinstance(document, list) or not all(
            isinstance(person, dict) and "image_id" in person and "keypoints" in person
            for person in document):
        raise FitError(
            f"{file} is no list of people with image_id and keypoints, as AlphaPose and COCO write"
            " them; of OpenPose give the folder.", "INPUT_UNREADABLE")
    known = {_key(image.get("id")): image for image in (
        described if isinstance(described, list) else []) if isinstance(image, dict)}
    names = {str(person["image_id"]): str(known.get(_key(person["image_id"]), {}).get(
        "file_name", person["image_id"])) for person in document}
    frames = _frames(names, images)
    people: dict[int, list[np.ndarray]] = {}
    for person in document:
        people.setdefault(frames[str(person["image_id"])], []).append(_keypoints(file, person))
    sizes: list[Any] = [(image.get("width"), image.get("height")) for image in known.values()]
    same = bool(sizes) and all(size == sizes[0] for size in sizes) and all(
        isinstance(px, int) and px > 0 for px in sizes[0])
    return KeypointList([Entry(frame, file) for frame in sorted(people)], people,
                        sizes[0] if same else None)


def _key(image_id: Any) -> Any:
    """Return an image's id if it can be looked up."""
    return image_id if isinstance(image_id, (str, int)) else None


def _keypoints(file: Path, person: dict[str, Any]) -> np.ndarray:
    try:
        values = np.array(person["keypoints"], np.float32).reshape(-1, 3)
    except (TypeError, ValueError) as error:
        raise FitError(f"The keypoints of somebody in {file} are no list of x, y, confidence"
                       f" ({error}).", "INPUT_UNREADABLE") from error
    if set(np.unique(values[:, 2])) <= {0.0, 1.0, 2.0} and (values[:, 2] == _VISIBLE).any():
        values[:, 2] /= _VISIBLE
    return body_points(file, values)


def _frames(names: dict[str, str], images: list[str] | None) -> dict[str, int]:
    """Return the frame of each image id, by the images' names, their numbers, or their order."""
    stems = {key: Path(name).stem for key, name in names.items()}
    place = {name: index for index, name in enumerate(images or [])}
    if place and set(stems.values()) <= place.keys():
        return {key: place[stem] for key, stem in stems.items()}
    found = {key: re.findall(r"\d+", stem) for key, stem in stems.items()}
    if found and all(found.values()):
        numbers = {key: int(digits[-1]) for key, digits in found.items()}
        if len(set(numbers.values())) == len(numbers) and max(numbers.values()) < 10**9:
            return numbers
    return {key: index for index, key in enumerate(stems)}
