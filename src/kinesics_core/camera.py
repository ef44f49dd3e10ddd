"""The pinhole camera: focal length, projection and its inverse, and the direction of a pixel.

Points are in optical axes (x right, y down, z away from the camera; metres), pixels have their
origin at the top left of the image, and the lens has square pixels and no distortion:
``pixel = focal * (x, y) / z + centre`` with the principal point at ``centre`` (Hartley & Zisserman,
"Multiple View Geometry in Computer Vision", section 6.1).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.settings import setting
from kinesics_core.types import People, Person

MODEL_TO_OPTICAL = np.array([1.0, -1.0, -1.0], np.float32)
"""Factors from a body model's axes (x to the body's left, y up, z forward) to the optical axes of a
camera that the body faces."""


@dataclass(frozen=True)
class Lens:
    """A camera's lens, as far as it is known without a calibration."""

    horizontal_fov: float = setting(
        60.0, "Horizontal field of view of the camera; tells where people stand", unit="deg",
        bounds=(10.0, 170.0))


def focal_length(width: int, horizontal_fov: float) -> float:
    """Return the focal length in pixels of an image ``width`` px wide.

    Args:
        width: Width of the image, px.
        horizontal_fov: Horizontal field of view, degrees, above 0 and below 180.
    """
    return float(0.5 * width / np.tan(0.5 * np.radians(horizontal_fov)))


def field_of_view(width: int, focal: float) -> float:
    """Return the horizontal field of view in degrees; the inverse of ``focal_length``."""
    return float(np.degrees(2 * np.arctan(width / 2 / focal)))


def project(
    points: np.ndarray,
    focal: float | np.ndarray,
    centre: Sequence[float] | np.ndarray,
    nearest: float | None = None,
) -> np.ndarray:
    """Return the pixels (..., 2) at which points are seen.

    Args:
        points: (..., 3) metres, optical axes.
        focal: Focal length, px; an array of them must broadcast against (..., 1).
        centre: (2,) principal point, px.
        nearest: Metres. What lies nearer to the camera, or behind it, is seen as if it were this
            far away. None takes every depth as it is: what is behind the camera is then mirrored.
    """
    depth = points[..., 2:] if nearest is None else np.maximum(points[..., 2:], nearest)
    pixels: np.ndarray = focal * points[..., :2] / depth + np.asarray(centre)
    return pixels


def unproject(
    pixels: np.ndarray,
    depth: float | np.ndarray,
    focal: float,
    centre: Sequence[float] | np.ndarray,
) -> np.ndarray:
    """Return the points (..., 3) in metres that are seen at pixels; the inverse of ``project``.

    Args:
        pixels: (..., 2) px.
        depth: Metres along the optical axis; one number, or (...) of them.
        focal: Focal length, px.
        centre: (2,) principal point, px.
    """
    away = np.broadcast_to(depth, pixels.shape[:-1])[..., None]
    return np.concatenate([(pixels - np.asarray(centre)) * away / focal, away], axis=-1)


def bearing(
    pixel: np.ndarray, focal: float, centre: Sequence[float] | np.ndarray
) -> tuple[float, float]:
    """Return azimuth and elevation in radians of the direction in which a pixel looks.

    The azimuth is positive to the left and the elevation positive upwards, as a pan and tilt of
    the camera by them would look there (REP-103: z up, y left; the elevation is that above the
    horizontal plane of the camera, not above the image's middle row).

    Args:
        pixel: (2,) px.
        focal: Focal length, px.
        centre: (2,) principal point, px.
    """
    right, down = float(pixel[0] - centre[0]), float(pixel[1] - centre[1])
    return float(np.arctan2(-right, focal)), float(np.arctan2(-down, np.hypot(focal, right)))


def person_bearing(person: Person, people: People, horizontal_fov: float) -> np.ndarray:
    """Return azimuth (left positive) and elevation (up positive) of a person's head, radians.

    Args:
        person: Seen by the head's keypoints, or by the shoulders' where no head is seen.
        people: Gives the size of the image.
        horizontal_fov: Of the camera, degrees; its principal point is at the centre.

    Returns:
        (2,) float32; nan if neither head nor shoulders are seen.
    """
    for keypoints in (person.coco[:5, :2], person.coco[5:7, :2]):
        seen = [(x, y) for x, y in keypoints.tolist() if math.isfinite(x) and math.isfinite(y)]
        if seen:
            focal = focal_length(people.width, horizontal_fov)
            middle = np.array(seen).mean(axis=0)
            centre = (people.width / 2.0, people.height / 2.0)
            return np.array(bearing(middle, focal, centre), dtype=np.float32)
    return np.full(2, np.nan, dtype=np.float32)


def apparent_size(person: Person, people: People) -> float:
    """Return the share of the image's height or width that a person fills, the larger, 0..1."""
    spans = []
    for axis, size in ((0, people.width), (1, people.height)):
        seen = [value for value in person.coco[:, axis].tolist() if math.isfinite(value)]
        spans.append((max(seen) - min(seen)) / max(size, 1) if seen else 0.0)
    return min(1.0, max(spans))
