"""The 133 keypoints of COCO-WholeBody from what our perception sees of a person.

A confidence is what a fit should believe, so it is more than MediaPipe's score: a landmark that is
guessed, or lies beyond the edge of the image, a hand that lies elsewhere than the arm ends, or
whose arm is hidden, and a place that the pose gives for want of a hand or face of its own, count
less.
"""

from __future__ import annotations

import numpy as np

from kinesics_core.skeletons import (
    MEDIAPIPE33_TO_HAND21,
    MEDIAPIPE33_TO_IBUG68,
    MEDIAPIPE33_TO_WHOLEBODY133,
    MEDIAPIPE478_TO_IBUG68,
    WHOLEBODY133,
    WHOLEBODY133_BODY,
    WHOLEBODY133_CONTOUR,
    WHOLEBODY133_FACE,
    WHOLEBODY133_FEET,
    WHOLEBODY133_LEFT_HAND,
    WHOLEBODY133_RIGHT_HAND,
)
from kinesics_core.types import Person

FACE, CONTOUR, HAND = 0.9, 0.5, 0.9
"""Confidence of these parts' points, of which MediaPipe gives no scores."""

TOES_AND_HEELS = 0.8
"""Share of its score that BlazePose's foot point keeps: they wander more than the ankles."""

ROUGH = 0.4
"""Share of its score that the pose's own point of a hand or face keeps where it must stand for
one of the hand or face models."""

GUESS = 0.3
"""MediaPipe's score below which a landmark is made up more than seen. Above, it is in proportion to
the accuracy: beside four calibrated views of one person, errors of joints scored .98, .8, .6 and .4
had medians of .8, 1.1, 1.4 and 1.8 % of the person's height; below, 3 % with a tail up to 20 %."""

OUTSIDE = 0.5
"""Share of its confidence that a keypoint just outside the image keeps; it falls to nothing at a
tenth of the image's longer side."""

ASTRAY = 0.7
"""Distance from the arm's end, in palm lengths, at which a hand counts 1/e: it may be another's."""

_SIDES = (("left", WHOLEBODY133_LEFT_HAND, 15), ("right", WHOLEBODY133_RIGHT_HAND, 16))
_FROM_POSE = np.flatnonzero(MEDIAPIPE33_TO_WHOLEBODY133 >= 0)
_BODY_OF_POSE = MEDIAPIPE33_TO_WHOLEBODY133[_FROM_POSE]


def keypoints_of(person: Person, width: int, height: int) -> np.ndarray:
    """Return the keypoints of a person in an image of that size.

    The contour of the face (iBUG 0..16) is MediaPipe's, of fixed points of the head's surface;
    those on the far side of a turned head lie within the silhouette.

    Returns:
        (133, 3) float32: x px, y px, confidence 0..1; (nan, nan, 0) where nothing is known.
    """
    points = unknown_keypoints()
    points[WHOLEBODY133_BODY] = person.coco
    if person.pose is not None:
        _add_pose(points, person.pose)
    guessed = points[:, 2] < GUESS
    points[guessed, 2] *= points[guessed, 2] / GUESS
    if person.face is not None:
        points[WHOLEBODY133_FACE, :2] = person.face[MEDIAPIPE478_TO_IBUG68, :2]
        points[WHOLEBODY133_FACE, 2] = FACE
        points[WHOLEBODY133_CONTOUR, 2] = CONTOUR
    for side, part, wrist in _SIDES:
        hand = getattr(person, f"{side}_hand")
        if hand is None:
            continue
        points[part, :2] = hand[:, :2]
        points[part, 2] = HAND
        if person.pose is not None and person.pose[wrist, 3] > 0:
            palm = max(float(np.linalg.norm(hand[9, :2] - hand[0, :2])), 1.0)
            apart = float(np.linalg.norm(hand[0, :2] - person.pose[wrist, :2])) / palm
            points[part, 2] *= person.pose[wrist, 3] * np.exp(-(apart / ASTRAY) ** 2)
    return believed(points, width, height)


def unknown_keypoints() -> np.ndarray:
    """Return the keypoints of a person of whom nothing is known yet, (133, 3) float32."""
    points = np.full((len(WHOLEBODY133), 3), np.nan, np.float32)
    points[:, 2] = 0.0
    return points


def believed(points: np.ndarray, width: int, height: int) -> np.ndarray:
    """Bring the confidences of keypoints, (133, 3), within 0..1, in place, and return them.

    They are lower outside the image, and zero for what has no place.
    """
    known = np.isfinite(points).all(axis=1)
    safe = np.where(known[:, None], points[:, :2], 0.0)
    outside = np.maximum(np.maximum(-safe, safe - (width, height)), 0.0).max(axis=1)
    reach = 0.1 * max(width, height)
    share = np.where(outside > 0, OUTSIDE * np.clip(1.0 - outside / reach, 0.0, 1.0), 1.0)
    points[:, 2] = np.where(known, np.clip(points[:, 2], 0.0, 1.0) * share, 0.0)
    points[points[:, 2] <= 0] = (np.nan, np.nan, 0.0)
    return points


def world_of(person: Person) -> np.ndarray | None:
    """Return a person's 3-D landmarks, (133, 3) as in ``Track.world``; None if nothing is known."""
    points = np.full((len(WHOLEBODY133), 3), np.nan, np.float32)
    if person.pose_world is not None:
        points[_BODY_OF_POSE] = person.pose_world[_FROM_POSE]
    for side, part, _ in _SIDES:
        hand = getattr(person, f"{side}_hand_world")
        if hand is not None:
            points[part] = hand - hand[0]
    return points if np.isfinite(points).any() else None


def _add_pose(points: np.ndarray, pose: np.ndarray) -> None:
    """Set feet, and roughly hands and face, from MediaPipe's 33 landmarks, (33, 4)."""
    feet = np.isin(_BODY_OF_POSE, np.r_[WHOLEBODY133_FEET])
    points[_BODY_OF_POSE[feet]] = pose[_FROM_POSE[feet]][:, [0, 1, 3]] * (1, 1, TOES_AND_HEELS)
    for landmark, place in MEDIAPIPE33_TO_IBUG68.items():
        points[WHOLEBODY133_FACE.start + place] = pose[landmark, [0, 1, 3]] * (1, 1, ROUGH)
    for _, part, wrist in _SIDES:
        for offset, place in MEDIAPIPE33_TO_HAND21.items():
            points[part.start + place] = pose[wrist + offset, [0, 1, 3]] * (1, 1, ROUGH)
