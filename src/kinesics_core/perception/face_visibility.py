"""Measure of what is seen of a face that lies partly outside the picture or is covered.

Expression networks answer for any picture. What they cannot have seen is told by four measures:
landmarks outside the image, landmarks behind a hand that is seen, eyes that are dark beside the
skin around them (sunglasses), and a lower face without light and shade that has another colour than
the skin above it (a mask has no lips). A scarf with a pattern, a mask of the skin's colour, or a
hand that the estimator of hands misses, is not noticed; spectacles do no harm.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

_MESH = 468
_EYES = ((33, 133), (263, 362))  # outer and inner corner of each eye
_SKIN = (50, 280, 205, 425, 6, 151)  # cheeks, bridge of the nose, forehead
_UPPER = (151, 9, 8, 108, 337, 67, 297, 109, 338, 168)  # forehead, bridge of the nose
# Lips, the lip's groove, chin and the cheeks beside the mouth.
_LOWER = (18, 200, 199, 175, 83, 313, 204, 424, 211, 431, 164, 167, 393, 92, 322,
          0, 17, 37, 267, 84, 314, 13, 14, 61, 291, 40, 270, 91, 321)  # fmt: skip

# The 85th percentile of lightness about the lighter eye, as a share of the skin's: from .70 on in
# 99 % of 500 press photographs and portraits, below .46 in 99 % of them with drawn sunglasses.
_DARK, _LIGHT = 0.50, 0.68
# Spread of lightness over the lower face, CIE L*: above 4.0 in 99 % of the same photographs, below
# 3.5 in four of five of them with a plain drawn mask; but in soft light skin is as flat. So what
# covers it also has another colour than the skin above, CIE76.
_FLAT, _SHADED = 2.8, 4.0
_ALIKE, _FOREIGN = 6.0, 11.0
_WITHOUT_EYES, _WITHOUT_MOUTH = 0.5, 0.5  # of what a face tells, without them
_HEIGHT = 160  # px of a face, more of which add nothing here


def face_visibility(
    image: np.ndarray, face: np.ndarray, hands: Iterable[np.ndarray | None] = ()
) -> float:
    """Return how much of what a face tells is in the picture, 0..1.

    Args:
        image: (H, W, 3) uint8, RGB.
        face: (478, 2 or more) px, MediaPipe's mesh, guessed where it lies outside the image.
        hands: (21, 2 or more) px each, the hands that are seen; None is none.
    """
    mesh = np.asarray(face, np.float64)[:_MESH, :2]
    if not np.isfinite(mesh).all():
        return 0.0
    height, width = image.shape[:2]
    inside = ((mesh >= 0) & (mesh < (width, height))).all(axis=1)
    free = np.ones(len(mesh), bool)
    for hand in hands:
        if hand is not None and np.isfinite(hand[:, :2]).all():
            free &= ~_behind(mesh, hand[:, :2])
    shown = float((inside & free).mean())
    return shown * _eyes_and_mouth(image, mesh)


def blurred(expression: np.ndarray, visibility: float) -> np.ndarray:
    """Return an expression as far as it was seen: the rest is spread over what networks know.

    Args:
        expression: (8,) probabilities; 0 where networks know nothing.
        visibility: 0..1.
    """
    known = expression > 0.0
    spread = known / max(1, int(known.sum()))
    return (visibility * expression + (1.0 - visibility) * spread).astype(np.float32)


def _behind(mesh: np.ndarray, hand: np.ndarray) -> np.ndarray:
    """Return which points (N, 2) lie within the outline of a hand, (N,) bool."""
    outline = cv2.convexHull(hand.astype(np.float32))
    return np.array([
        cv2.pointPolygonTest(outline, (float(x), float(y)), False) >= 0 for x, y in mesh])


def _eyes_and_mouth(image: np.ndarray, mesh: np.ndarray) -> float:
    low, high = mesh.min(axis=0), mesh.max(axis=0)
    step = max(1, int((high[1] - low[1]) / _HEIGHT))
    corner = np.maximum(0, low.astype(int))
    crop = image[corner[1] : int(high[1]) + 1 : step, corner[0] : int(high[0]) + 1 : step]
    if min(crop.shape[:2]) < 12:
        return 1.0
    rgb = np.ascontiguousarray(crop)
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    points = (mesh - corner) / step
    eyes = _scaled(_eye_light(grey, points), _DARK, _LIGHT)
    upper, lower = _colours(lab, points, _UPPER), _colours(lab, points, _LOWER)
    mouth = 1.0
    if len(upper) > len(_UPPER) // 2 and len(lower) > len(_LOWER) // 2:
        strange = float(np.linalg.norm(np.median(lower, axis=0) - np.median(upper, axis=0)))
        mouth = max(_scaled(float(np.std(lower[:, 0])), _FLAT, _SHADED),
                    1.0 - _scaled(strange, _ALIKE, _FOREIGN))
    return (_WITHOUT_EYES + (1.0 - _WITHOUT_EYES) * eyes) * (
        _WITHOUT_MOUTH + (1.0 - _WITHOUT_MOUTH) * mouth)


def _scaled(value: float, low: float, high: float) -> float:
    """Return 0 at ``low``, 1 at ``high``; 1 where nothing is known."""
    return 1.0 if np.isnan(value) else float(np.clip((value - low) / (high - low), 0.0, 1.0))


def _eye_light(grey: np.ndarray, points: np.ndarray) -> float:
    """Return the lightness about the lighter eye as a share of the skin's."""
    skin = [grey[y, x] for x, y in points[list(_SKIN)].astype(int)
            if 0 <= y < grey.shape[0] and 0 <= x < grey.shape[1]]
    lights = []
    for outer, inner in _EYES:
        centre = (points[outer] + points[inner]) / 2
        reach = np.linalg.norm(points[outer] - points[inner]) * np.array([0.75, 0.5])
        left, top = np.maximum(0, centre - reach).astype(int)
        right, bottom = np.maximum(0, centre + reach + 1).astype(int)
        around = grey[top:bottom, left:right]
        if around.size >= 9:
            lights.append(float(np.percentile(around, 85)))
    if not skin or not lights:
        return float("nan")
    return max(lights) / max(5.0, float(np.median(skin)))


def _colours(lab: np.ndarray, points: np.ndarray, places: tuple[int, ...]) -> np.ndarray:
    """Return the colours (places that are seen, 3) at landmarks, CIE L*a*b*."""
    reach = max(1, int(0.02 * np.ptp(points[:, 1])))
    centres = np.round(points[list(places)]).astype(int)
    size = np.array(lab.shape[1::-1])
    whole = ((centres >= reach) & (centres < size - reach)).all(axis=1)
    around = np.arange(-reach, reach + 1)
    x, y = centres[whole].T[..., None, None]
    patches = lab[y + around[:, None], x + around]
    found = [np.median(patches.reshape(-1, len(around) ** 2, 3), axis=1)]
    for x, y in centres[~whole]:  # those at the edge are smaller
        patch = lab[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
        if patch.size:
            found.append(np.median(patch.reshape(-1, 3), axis=0, keepdims=True))
    return np.concatenate(found)
