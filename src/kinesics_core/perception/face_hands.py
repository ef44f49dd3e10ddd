"""Face and hands of a person whose pose is known, on crops of the image."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kinesics_core.perception.crops import crop_square, uncrop
from kinesics_core.perception.mediapipe_tasks import (
    as_mediapipe,
    base_options,
    blendshapes,
    load_task,
    metres,
    pixels,
)
from kinesics_core.types import Person

HEAD_CROP, HAND_CROP = 256, 224
"""Side of the crops given to the face and hand models, px."""

SMALLEST = 24
"""Pixels of the image. Nothing is seen in a smaller head or hand."""

HEAD_SIDE = 3.2
"""Side of the square around a head, in extents of nose, eyes, ears and mouth."""

HAND_FOREARMS, HAND_HEADS = 1.6, 2.0
"""Side of the square around a hand: the larger of so many forearms and such extents."""

WRIST_VISIBILITY = 0.5
"""A hand is looked for where its wrist is at least as visible."""

WRIST_AWAY = 0.35
"""A hand farther from the wrist, as a share of the square's side, is another one: somebody
else's, or this person's other hand."""


class FaceHandFinder:
    """Finder of the face, its blendshapes and the hands of a person whose pose is known.

    It looks at a crop of the head, turned upright, and at one around each wrist that is seen.
    """

    def __init__(self, face: Path, hand: Path, confidence: float = 0.5):
        from mediapipe.tasks.python import vision

        self._face = load_task(
            vision.FaceLandmarker,
            vision.FaceLandmarkerOptions(
                base_options=base_options(face),
                min_face_detection_confidence=confidence,
                min_face_presence_confidence=confidence,
                output_face_blendshapes=True,
            ),
            face,
        )
        self._hand = load_task(
            vision.HandLandmarker,
            vision.HandLandmarkerOptions(
                base_options=base_options(hand),
                min_hand_detection_confidence=confidence,
                min_hand_presence_confidence=confidence,
            ),
            hand,
        )

    def add(self, person: Person, image: np.ndarray) -> None:
        """Set ``face``, ``blendshapes`` and the hands of ``person`` where they are found."""
        assert person.pose is not None
        self._add_face(person, person.pose, image)
        for side in ("left", "right"):
            self._add_hand(person, person.pose, image, side)

    def close(self) -> None:
        """Release the models."""
        self._face.close()
        self._hand.close()

    def _add_face(self, person: Person, pose: np.ndarray, image: np.ndarray) -> None:
        head = pose[:11, :2]  # nose, eyes, ears, mouth
        centre = head.mean(0)
        # The eye line says how the head is turned; the model likes it level.
        right_eye, left_eye = head[4:7].mean(0), head[1:4].mean(0)
        across = left_eye - right_eye
        side = HEAD_SIDE * float(np.ptp(head, axis=0).max())
        if side < SMALLEST or not _inside(centre, image):
            return
        tilt = float(np.arctan2(across[1], across[0]))
        crop, to_image = crop_square(image, centre, side, tilt, HEAD_CROP)
        result = self._face.detect(as_mediapipe(crop))
        if not result.face_landmarks:
            return
        person.face = uncrop(pixels(result.face_landmarks[0], HEAD_CROP, HEAD_CROP), to_image)
        if result.face_blendshapes:
            person.blendshapes = blendshapes(result.face_blendshapes[0])

    def _add_hand(self, person: Person, pose: np.ndarray, image: np.ndarray, side: str) -> None:
        elbow, wrist = (13, 15) if side == "left" else (14, 16)
        if pose[wrist, 3] < WRIST_VISIBILITY or not _inside(pose[wrist, :2], image):
            return
        fingers = pose[wrist + 2 : wrist + 7 : 2, :2]  # pinky, index, thumb of the same side
        centre = np.vstack([pose[wrist, :2], fingers]).mean(0)
        forearm = float(np.linalg.norm(pose[wrist, :2] - pose[elbow, :2]))
        head = float(np.ptp(pose[:11, :2], axis=0).max())
        crop_side = max(HAND_FOREARMS * forearm, HAND_HEADS * head)
        if crop_side < SMALLEST:
            return
        crop, to_image = crop_square(image, centre, crop_side, 0.0, HAND_CROP)
        result = self._hand.detect(as_mediapipe(crop))
        if not result.hand_landmarks:
            return
        hand = uncrop(pixels(result.hand_landmarks[0], HAND_CROP, HAND_CROP), to_image)
        if np.linalg.norm(hand[0, :2] - pose[wrist, :2]) > WRIST_AWAY * crop_side:
            return
        setattr(person, f"{side}_hand", hand)
        setattr(person, f"{side}_hand_world", metres(result.hand_world_landmarks[0]))


def _inside(point: np.ndarray, image: np.ndarray) -> bool:
    return bool(0 <= point[0] < image.shape[1] and 0 <= point[1] < image.shape[0])
