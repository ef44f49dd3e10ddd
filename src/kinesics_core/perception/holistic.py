"""One person with every part: MediaPipe's ``HolisticLandmarker``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kinesics_core.perception.mediapipe_tasks import (
    as_mediapipe,
    base_options,
    blendshapes,
    load_task,
    metres,
    person_of_pose,
    pixels,
)
from kinesics_core.perception.native_log import native_log_held
from kinesics_core.types import Person


class HolisticDetector:
    """Pose 33, hands 2 x 21, face 478 and 52 blendshapes of one person, followed through a video.

    It crashes when the images' size changes: make another one then.
    """

    def __init__(self, model: Path, confidence: float):
        from mediapipe.tasks.python import vision

        options = vision.HolisticLandmarkerOptions(
            base_options=base_options(model),
            running_mode=vision.RunningMode.VIDEO,
            min_face_detection_confidence=confidence,
            min_face_landmarks_confidence=confidence,
            min_pose_detection_confidence=confidence,
            min_pose_landmarks_confidence=confidence,
            min_hand_landmarks_confidence=confidence,
            output_face_blendshapes=True,
        )
        self._task = load_task(vision.HolisticLandmarker, options, model)
        self._settled = False

    def detect(self, image: np.ndarray, milliseconds: int) -> list[Person]:
        """Return the person, or nobody; milliseconds rise strictly."""
        with native_log_held(not self._settled):
            result = self._task.detect_for_video(as_mediapipe(image), milliseconds)
        if not result.pose_landmarks:
            return []
        self._settled = True
        height, width = image.shape[:2]
        person = person_of_pose(result.pose_landmarks, result.pose_world_landmarks, width, height)
        for side in ("left", "right"):
            if hand := getattr(result, f"{side}_hand_landmarks"):
                world = getattr(result, f"{side}_hand_world_landmarks")
                setattr(person, f"{side}_hand", pixels(hand, width, height))
                setattr(person, f"{side}_hand_world", metres(world) if world else None)
        if result.face_landmarks:
            person.face = pixels(result.face_landmarks, width, height)
            if result.face_blendshapes:
                person.blendshapes = blendshapes(result.face_blendshapes)
        return [person]

    def close(self) -> None:
        """Release the model."""
        self._task.close()
