"""One person with every part: MediaPipe's ``HolisticLandmarker``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kinesics_core.perception.holistic_result import HolisticReader
from kinesics_core.perception.mediapipe_tasks import (
    as_mediapipe,
    base_options,
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
        self._reader = HolisticReader(load_task(vision.HolisticLandmarker, options, model))
        self._settled = False

    def detect(self, image: np.ndarray, milliseconds: int) -> list[Person]:
        """Return the person, or nobody; milliseconds rise strictly."""
        with native_log_held(not self._settled):
            found = self._reader.detect(as_mediapipe(image), milliseconds)
        if "pose_landmarks" not in found:
            return []
        self._settled = True
        height, width = image.shape[:2]
        person = person_of_pose(
            found["pose_landmarks"], found.get("pose_world_landmarks"), width, height)
        for side in ("left", "right"):
            if (hand := found.get(f"{side}_hand_landmarks")) is not None:
                world = found.get(f"{side}_hand_world_landmarks")
                setattr(person, f"{side}_hand", pixels(hand, width, height))
                setattr(person, f"{side}_hand_world", None if world is None else metres(world))
        if "face_landmarks" in found:
            person.face = pixels(found["face_landmarks"], width, height)
            person.blendshapes = found.get("blendshapes")
        return [person]

    def close(self) -> None:
        """Release the model."""
        self._reader.close()
