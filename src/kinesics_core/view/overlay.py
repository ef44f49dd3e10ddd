"""Drawing on the camera's image: keypoints, forecasts and affect of the people in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import ArrayLike

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.render.text import TextStyle, put_text, text_width
from kinesics_core.skeletons import COCO17, COCO17_EDGES, HAND21_EDGES
from kinesics_core.types import Affect, MotionForecast, People, Person

LEFT, RIGHT, MIDDLE = (255, 168, 76), (84, 186, 255), (236, 240, 244)
"""Colours of the person's left and right side and of the middle (RGB)."""

GHOST = (120, 255, 214)

EMOTION_COLORS = {
    "happiness": (255, 205, 86), "anger": (255, 99, 94), "surprise": (255, 152, 208),
    "sadness": (104, 150, 255), "disgust": (142, 206, 108), "contempt": (198, 150, 110),
    "fear": (178, 132, 255), "neutral": (168, 178, 194),
}

FACE_CONTOURS = (
    # Face oval, lips outside, lips inside, eyes, brows: indices of the MediaPipe face mesh.
    (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
     148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109, 10),
    (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185, 61),
    (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191, 78),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466, 263),
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246, 33),
    (276, 283, 282, 295, 285, 336, 296, 334, 293, 300),
    (46, 53, 52, 65, 55, 107, 66, 105, 63, 70),
)

FAINT, CLEAR = 0.15, 0.6
"""A keypoint with a score below the first is not drawn, and drawn faintly up to the second."""

OUTLINE, CONTOUR = (24, 28, 36), (206, 236, 240)
"""Colours of the dark edge of bones and of the lines of a face (RGB)."""


class Box(NamedTuple):
    """A rectangle of an image, px."""

    x: float
    y: float
    width: float
    height: float


def draw_overlay(
    image: np.ndarray,
    people: People | None,
    forecasts: Sequence[MotionForecast] = (),
    affects: Sequence[Affect] = (),
    *,
    scale: float | None = None,
) -> None:
    """Draw ghosts, skeletons, hands, faces and labels in place.

    What is nan, None or outside of the image is left out.

    Args:
        image: (H, W, 3) uint8 RGB, of the size that ``people`` and ``forecasts`` refer to or any
            other: the pixels are scaled to it.
        people: Everybody seen.
        forecasts: Drawn as ghosts.
        affects: Named in the labels.
        scale: Thickness of lines and type, 1 at 480 rows; None: by the image's height.
    """
    height, width = image.shape[:2]
    scale = height / 480.0 if scale is None else scale
    for forecast in forecasts:
        draw_ghost(image, forecast, scale=scale)
    if people is None:
        return
    to_image = np.array([width / max(people.width, 1), height / max(people.height, 1)])
    by_person = {affect.person_id: affect for affect in affects}
    for person in people.persons:
        _draw_person(image, person, to_image, scale)
        _draw_label(image, person, by_person.get(person.id), to_image, scale)


def draw_ghost(image: np.ndarray, forecast: MotionForecast, *, scale: float = 1.0) -> None:
    """Draw the predicted body in place: three translucent skeletons up to the last step.

    The further ahead, the brighter: the last is where the person is about to be. A dotted trail
    leads each wrist and the nose there.
    """
    height, width = image.shape[:2]
    horizon = len(forecast.keypoints)
    if horizon == 0:
        return
    to_image = np.array([width / max(forecast.width, 1), height / max(forecast.height, 1)])
    points = np.asarray(forecast.keypoints, float) * to_image
    finite = points[np.isfinite(points).all(-1)]
    if len(finite) == 0:
        return
    margin = 14 * scale
    (x0, y0), (x1, y1) = finite.min(0) - margin, finite.max(0) + margin
    x0, y0 = max(int(x0), 0), max(int(y0), 0)
    x1, y1 = min(int(x1) + 1, width), min(int(y1) + 1, height)
    if x0 >= x1 or y0 >= y1:
        return
    region = image[y0:y1, x0:x1]
    confidence = float(np.clip(np.nan_to_num(forecast.confidence), 0.25, 1.0))
    layer = region.copy()
    for share, opacity in ((1 / 3, 0.16), (2 / 3, 0.26), (1.0, 0.50)):
        step = max(int(round(share * horizon)) - 1, 0)
        _draw_ghost_body(layer, points[step] - (x0, y0), scale)
        weight = opacity * confidence
        cv2.addWeighted(layer, weight, region, 1.0 - weight, 0.0, dst=region)
        np.copyto(layer, region)
    for name in ("nose", "left_wrist", "right_wrist"):
        trail = points[:, COCO17.index(name)] - (x0, y0)
        for step in range(0, horizon, 3):
            if np.isfinite(trail[step]).all():
                _dot(region, trail[step], (1.0 + 0.8 * step / horizon) * scale, GHOST)


def _draw_ghost_body(layer: np.ndarray, points: np.ndarray, scale: float) -> None:
    for a, b in COCO17_EDGES:
        if a > 4:
            _line(layer, points[a], points[b], GHOST, 7.0 * scale)
    neck = (points[5] + points[6]) / 2
    _line(layer, points[0], neck, GHOST, 6.0 * scale)
    ears = points[[3, 4]]
    if _drawable(ears):
        # A ring, so that the face under it stays readable.
        x, y = np.round(ears.mean(0) * 16).astype(int).tolist()
        radius = max(0.66 * float(np.linalg.norm(ears[0] - ears[1])), 6.0 * scale)
        cv2.circle(layer, (x, y), int(16 * radius), GHOST, max(round(3.0 * scale), 1),
                   cv2.LINE_AA, 4)


def _draw_person(
    image: np.ndarray, person: Person, to_image: np.ndarray, scale: float
) -> None:
    points = np.asarray(person.coco[:, :2], float) * to_image
    scores = np.nan_to_num(np.asarray(person.coco[:, 2], float))
    points[scores < FAINT] = np.nan
    dense_face = person.face is not None
    if person.face is not None:
        _draw_face(image, person.face, to_image, scale)
    edges = [
        (a, b) for a, b in COCO17_EDGES
        if not (dense_face and max(a, b) <= 4) and np.isfinite(points[[a, b]]).all()
    ]
    for a, b in edges:
        _line(image, points[a], points[b], OUTLINE, 5.0 * scale)
    for a, b in edges:
        certain = np.clip((min(scores[a], scores[b]) - FAINT) / (CLEAR - FAINT), 0.35, 1.0)
        _line(image, points[a], points[b], np.array(side_color(a, b)) * certain, 2.6 * scale)
    for hand, color in ((person.left_hand, LEFT), (person.right_hand, RIGHT)):
        if hand is not None:
            _draw_hand(image, np.asarray(hand[:, :2], float) * to_image, color, scale)
    for index, point in enumerate(points):
        if np.isfinite(point).all() and not (dense_face and index <= 4):
            _dot(image, point, 3.8 * scale, OUTLINE)
            _dot(image, point, 2.7 * scale, side_color(index, index))


def side_color(a: int, b: int) -> tuple[int, int, int]:
    """Return the colour of the bone between two COCO-17 keypoints."""
    sides = {COCO17[index].partition("_")[0] for index in (a, b)}
    if sides == {"left"} or sides == {"left", "nose"}:
        return LEFT
    if sides == {"right"} or sides == {"right", "nose"}:
        return RIGHT
    return MIDDLE


def _draw_hand(
    image: np.ndarray, points: np.ndarray, color: ArrayLike, scale: float
) -> None:
    for a, b in HAND21_EDGES:
        _line(image, points[a], points[b], color, 1.4 * scale)
    for tip in (4, 8, 12, 16, 20):
        _dot(image, points[tip], 1.8 * scale, MIDDLE)


def _draw_face(
    image: np.ndarray, face: np.ndarray, to_image: np.ndarray, scale: float
) -> None:
    points = np.asarray(face[:, :2], float) * to_image
    thickness = max(int(round(1.3 * scale)), 1)
    for contour in FACE_CONTOURS:
        chain = points[list(contour)]
        if not _drawable(chain):
            continue
        pixels = np.round(chain * 16).astype(np.int32)
        cv2.polylines(image, [pixels], False, CONTOUR, thickness, cv2.LINE_AA, 4)


def _draw_label(
    image: np.ndarray, person: Person, affect: Affect | None, to_image: np.ndarray, scale: float
) -> None:
    """Draw a small plate over the head: id, the most probable emotion, a dot in its colour."""
    anchor = head_top(person, to_image)
    if anchor is None:
        return
    text, color = f"person {person.id}", MIDDLE
    if affect is not None and np.isfinite(affect.categories).all():
        best = int(np.argmax(affect.categories))
        text += f"  {EMOTIONS[best]} {100 * float(affect.categories[best]):.0f} %"
        color = EMOTION_COLORS[EMOTIONS[best]]
    size = 13.0 * scale
    wide, high = text_width(text, size) + 26 * scale, 22 * scale
    height, width = image.shape[:2]
    x = float(np.clip(anchor[0] - wide / 2, 2, max(width - wide - 2, 2)))
    y = float(np.clip(anchor[1] - high - 8 * scale, 2, max(height - high - 2, 2)))
    draw_plate(image, Box(x, y, wide, high), (18, 22, 30), 0.72)
    _dot(image, (x + 11 * scale, y + high / 2), 4.0 * scale, color)
    put_text(
        image, text, (x + 19 * scale, y + 6.5 * scale), TextStyle(size, (240, 243, 247)))


def head_top(person: Person, to_image: np.ndarray) -> np.ndarray | None:
    """Return the pixel just above the head, or None if the head is not seen.

    Args:
        person: Somebody seen.
        to_image: (2,) factors from the keypoints' pixels to the image's.
    """
    if person.face is not None:
        points = np.asarray(person.face[:, :2], float)
        points = points[np.isfinite(points).all(1)] * to_image
        if len(points):
            rise = 0.18 * (points[:, 1].max() - points[:, 1].min())
            return np.array([points[:, 0].mean(), points[:, 1].min() - rise])
    head = np.asarray(person.coco[:5, :2], float) * to_image
    head = head[np.isfinite(head).all(1)]
    if len(head) == 0:
        return None
    spread = np.ptp(head[:, 0]) if len(head) > 1 else 0.0
    return np.array([head[:, 0].mean(), head[:, 1].min() - max(0.9 * spread, 12.0)])


def draw_plate(image: np.ndarray, box: Box, color: ArrayLike, opacity: float) -> None:
    """Draw a translucent rectangle in place; what lies outside of the image is left out."""
    x0, y0 = max(int(box.x), 0), max(int(box.y), 0)
    x1, y1 = max(int(box.x + box.width), 0), max(int(box.y + box.height), 0)
    region = image[y0:y1, x0:x1]
    if region.size:
        tint = np.empty_like(region)
        tint[:] = np.asarray(color, np.uint8)
        cv2.addWeighted(tint, opacity, region, 1.0 - opacity, 0.0, dst=region)


def _drawable(points: np.ndarray) -> bool:
    """Return whether points are finite and near enough for OpenCV's fixed-point coordinates."""
    return bool(np.isfinite(points).all() and (np.abs(points) < 30000).all())


def _line(
    image: np.ndarray, a: np.ndarray, b: np.ndarray, color: ArrayLike, width: float
) -> None:
    ends = np.array([a, b], float)
    if _drawable(ends):
        (ax, ay), (bx, by) = np.round(ends * 16).astype(int).tolist()
        cv2.line(image, (ax, ay), (bx, by), np.asarray(color, float).tolist(),
                 max(int(round(width)), 1), cv2.LINE_AA, 4)


def _dot(image: np.ndarray, at: ArrayLike, radius: float, color: ArrayLike) -> None:
    centre = np.asarray(at, float)
    if _drawable(centre):
        x, y = np.round(centre * 16).astype(int).tolist()
        cv2.circle(image, (x, y), max(int(round(radius * 16)), 8),
                   np.asarray(color, float).tolist(), -1, cv2.LINE_AA, 4)
