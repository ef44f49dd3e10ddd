"""MediaPipe Tasks: loading them, handing images over, and their results as arrays."""

from __future__ import annotations

import atexit
import weakref
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core.errors import ModelError
from kinesics_core.perception.native_log import native_log_held
from kinesics_core.skeletons import (
    ARKIT_BLENDSHAPES,
    BLENDSHAPE_INDEX,
    MEDIAPIPE33_TO_COCO17,
)
from kinesics_core.types import Person


def load_task(task: Any, options: Any, model: Path) -> Any:
    """Build a MediaPipe task.

    Args:
        task: The task's class, such as ``vision.PoseLandmarker``.
        options: Its options; ``base_options(model)`` names the file.
        model: The file, for the sentence about it.

    Raises:
        ModelError: The file is not such a model.
    """
    try:
        with native_log_held():
            built = task.create_from_options(options)
    except (RuntimeError, ValueError, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(
            f"{model} is not a model for MediaPipe's {task.__name__} ({reason}); "
            "`kinesics assets verify` finds damaged files."
        ) from error
    _built.add(built)
    return built


_built: weakref.WeakSet[Any] = weakref.WeakSet()


@atexit.register
def _abandon() -> None:
    """Let go of tasks that are still open when the interpreter ends.

    Such a task cannot be closed: its thread pool is gone, and its destructor would say so. The
    operating system takes back what it holds.
    """
    for task in _built:
        task._handle = None


def base_options(model: Path) -> Any:
    """Return the options that name a model's file."""
    from mediapipe.tasks.python import BaseOptions

    return BaseOptions(model_asset_path=str(model))


def pose_landmarker(model: Path, confidence: float, num_poses: int, *, video: bool = False) -> Any:
    """Build a ``PoseLandmarker``.

    Args:
        model: A .task file.
        confidence: 0..1, below which no person is reported.
        num_poses: At most so many people.
        video: Follow people from image to image; False looks at each image for itself.
    """
    from mediapipe.tasks.python import vision

    options = vision.PoseLandmarkerOptions(
        base_options=base_options(model),
        running_mode=vision.RunningMode.VIDEO if video else vision.RunningMode.IMAGE,
        num_poses=num_poses,
        min_pose_detection_confidence=confidence,
        min_pose_presence_confidence=confidence,
        min_tracking_confidence=confidence,
    )
    return load_task(vision.PoseLandmarker, options, model)


def as_mediapipe(image: np.ndarray) -> Any:
    """Return an (H, W, 3) uint8 RGB image as MediaPipe takes it."""
    import mediapipe

    return mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=image)


def landmark_rows(landmarks: Any) -> np.ndarray:
    """Return landmarks as (n, 5) float32: x, y, z, visibility, presence; nan where unknown.

    Args:
        landmarks: MediaPipe's objects, or such rows already.
    """
    if isinstance(landmarks, np.ndarray):
        return landmarks
    return np.array(
        [(p.x, p.y, p.z, p.visibility, p.presence) for p in landmarks], np.float32)


def pixels(landmarks: Any, width: int, height: int) -> np.ndarray:
    """Return (n, 3) float32 pixels of normalised landmarks; depth has the scale of x."""
    scale = np.array([width, height, width], np.float32)
    return landmark_rows(landmarks)[:, :3] * scale


def metres(landmarks: Any) -> np.ndarray:
    """Return (n, 3) float32 metres of world landmarks."""
    return landmark_rows(landmarks)[:, :3].copy()


def person_of_pose(landmarks: Any, world: Any, width: int, height: int) -> Person:
    """Return a person with the body only, id 0."""
    rows = landmark_rows(landmarks)
    position = pixels(rows, width, height)
    visibility, presence = rows[:, 3], rows[:, 4]
    score = visibility * np.where(np.isnan(presence), np.float32(1.0), presence)
    chosen = MEDIAPIPE33_TO_COCO17
    coco = np.column_stack([position[chosen, :2], score[chosen]])
    return Person(
        id=0,
        score=float(coco[:, 2].mean()),
        coco=coco,
        pose=np.column_stack([position, visibility]),
        pose_world=metres(world) if world is not None and len(world) else None,
    )


def blendshapes(categories: Any) -> np.ndarray:
    """Return (52,) float32 in the order of ``ARKIT_BLENDSHAPES``; nan where the model is silent."""
    values = np.full(len(ARKIT_BLENDSHAPES), np.nan, np.float32)
    for category in categories:
        index = BLENDSHAPE_INDEX.get(category.category_name)
        if index is not None:  # "_neutral" has no place among ARKit's
            values[index] = category.score
    return values
