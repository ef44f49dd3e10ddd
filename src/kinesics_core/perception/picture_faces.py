"""The face in single pictures: its landmarks, blendshapes and expression.

For photographs with a label and for rendered faces that are read back; each picture stands for
itself. ``KeypointEstimator`` reads the faces of people in a stream.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.assets import store
from kinesics_core.errors import ModelError
from kinesics_core.perception.expression_network import SMALLEST, ExpressionNetwork
from kinesics_core.perception.mediapipe_tasks import (
    as_mediapipe,
    base_options,
    blendshapes,
    load_task,
    pixels,
)
from kinesics_core.perception.native_log import native_log_held

# A face that fills the picture is found when it is given a margin, as a share of the longer side,
# and the size that the detector is made for.
_MARGIN, _SIDE = 0.5, 256


@dataclass(frozen=True, slots=True)
class PictureFace:
    """The largest face in a picture, as it is seen.

    Attributes:
        expression: (8,) float32, probabilities of ``EMOTIONS``, see ``ExpressionNetwork``.
        landmarks: (478, 3) float32 px, or None where no face was found and the whole picture was
            read as one.
        blendshapes: (52,) float32 in the order of ``ARKIT_BLENDSHAPES``; None without landmarks.
    """

    expression: np.ndarray
    landmarks: np.ndarray | None
    blendshapes: np.ndarray | None


class PictureFaceReader:
    """Reader of the largest face in a picture. Not thread-safe.

    Args:
        confidence: Which the detector of faces needs, 0..1.
        whole: Read a picture in which no face is found as one face from edge to edge, as sets of
            cut-out faces are; False gives None.

    Raises:
        AssetError: A model cannot be had.
    """

    def __init__(self, confidence: float = 0.3, whole: bool = False):
        from mediapipe.tasks.python import vision

        model = store.path("face-landmarker")
        self._task = load_task(
            vision.FaceLandmarker,
            vision.FaceLandmarkerOptions(
                base_options=base_options(model), num_faces=5,
                min_face_detection_confidence=confidence,
                min_face_presence_confidence=confidence, output_face_blendshapes=True,
            ),
            model,
        )
        self._network = ExpressionNetwork.load()
        self._whole = whole

    def __enter__(self) -> PictureFaceReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the models."""
        self._task.close()

    def read(self, image: np.ndarray) -> PictureFace | None:
        """Return the largest face, or None if there is none.

        Args:
            image: (H, W, 3) uint8, RGB.

        Raises:
            ModelError: The image has another shape or type.
        """
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise ModelError(
                f"Got an image of shape {image.shape} and type {image.dtype}; "
                "wanted (height, width, 3) uint8, RGB.")
        if min(image.shape[:2]) < SMALLEST:
            return None
        found = self._find(image) or self._find_close(image)
        if found is not None:
            landmarks, shapes = found
            try:
                return PictureFace(self._network.read(image, landmarks), landmarks, shapes)
            except ModelError:  # a face smaller than SMALLEST, or none that makes sense
                pass
        if not self._whole:
            return None
        height, width = image.shape[:2]
        try:
            return PictureFace(self._network.read(image, (0, 0, width, height)), None, None)
        except ModelError:  # a picture too small for a face from edge to edge
            return None

    def _find(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        with native_log_held():
            result = self._task.detect(as_mediapipe(image))
        height, width = image.shape[:2]
        faces = [pixels(face, width, height) for face in result.face_landmarks]
        if not faces:
            return None
        largest = int(np.argmax([np.ptp(face[:, 1]) for face in faces]))
        return faces[largest], blendshapes(result.face_blendshapes[largest])

    def _find_close(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        height, width = image.shape[:2]
        margin = int(_MARGIN * max(height, width))
        wide = cv2.copyMakeBorder(
            image, margin, margin, margin, margin, cv2.BORDER_CONSTANT,
            value=image.mean(axis=(0, 1)).tolist())
        scale = max(1.0, 2.0 * _SIDE / max(wide.shape[:2]))
        if scale > 1.0:
            wide = cv2.resize(wide, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        found = self._find(wide)
        if found is None:
            return None
        landmarks = found[0] / np.float32(scale)
        landmarks[:, :2] -= margin
        return landmarks, found[1]


def read_back(images: Iterable[np.ndarray]) -> np.ndarray:
    """Return what the expression networks see in pictures of faces, (N, 8) float32.

    A picture without a face is a row of nan. Contempt is 0: no network knows it.

    Args:
        images: Each (H, W, 3) uint8, RGB.

    Raises:
        AssetError: A model cannot be had.
        ModelError: An image has another shape or type.
    """
    unknown = np.full(len(EMOTIONS), np.nan, np.float32)
    with PictureFaceReader() as reader:
        faces = [reader.read(image) for image in images]
    return np.array([unknown if face is None else face.expression for face in faces],
                    np.float32).reshape(-1, len(EMOTIONS))
