"""Faces of descriptions, their pictures, and the scores that perception measures on those.

As in the paper a picture shows what a text says and MediaPipe measures 52 scores on it (section 3);
pictures are drawn here, so what they were drawn with is known as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from kinesics_core.affect.emotions import HAPPINESS, NEUTRAL
from kinesics_core.assets import store
from kinesics_core.emo3d.descriptions import Description
from kinesics_core.emo3d.options import SIDE
from kinesics_core.expression.faces import (
    PROTOTYPES,
    compound,
    face_of_distribution,
    face_of_emotion,
    face_of_units,
    nearest_face,
    with_asymmetry,
)
from kinesics_core.perception.mediapipe_tasks import (
    as_mediapipe,
    base_options,
    blendshapes,
    load_task,
    pixels,
)
from kinesics_core.perception.native_log import native_log_held
from kinesics_core.render.face_picture import FacePicture
from kinesics_core.render.identities import random_identity

PEOPLE = 12
"""People who are drawn, half of them female and half male."""

TURN = np.deg2rad((3.0, 4.0, 6.0))
"""Standard deviations of roll, pitch and yaw of the head, radians."""

GAZE = np.deg2rad((5.0, 3.0))
"""Standard deviations of azimuth and elevation of the eyes, radians."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """A face as it is drawn.

    Attributes:
        face: (52,) float32 weights, 0..1.
        head: (3,) roll, pitch, yaw, radians.
        gaze: (2,) azimuth, elevation, radians.
        person: Number of the person of that gender.
        gender: "female" or "male".
    """

    face: np.ndarray
    head: np.ndarray
    gaze: np.ndarray
    person: int
    gender: str


def portray(description: Description, rng: np.random.Generator, noise: float = 0.1) -> Portrait:
    """Return a portrait of what a description says.

    Args:
        description: Emotions and signs to show, and the person's gender.
        rng: Random numbers: variant of the emotion's face, person, head, eyes, noise.
        noise: Standard deviation of the logarithm of the strength of the face, and of each shape.
    """
    face = np.maximum(face_of_emotions(description, rng), face_of_units(dict(description.units)))
    face = face * rng.lognormal(0.0, noise) * rng.lognormal(0.0, noise, len(face))
    face = with_asymmetry(nearest_face(face), int(rng.integers(2**31)))
    return Portrait(
        face, rng.normal(0.0, 1.0, 3) * TURN, rng.normal(0.0, 1.0, 2) * GAZE,
        int(rng.integers(PEOPLE // 2)), description.gender)


def face_of_emotions(description: Description, rng: np.random.Generator) -> np.ndarray:
    """Return weights (52,) of a description's emotions, in one of the ways they are shown.

    A hidden emotion is in brows and lids, and the smile that hides it in the mouth.
    """
    shown = [int(index) for index in np.flatnonzero(description.mixture) if index != NEUTRAL]
    strength = description.intensity * (1.0 - float(description.mixture[NEUTRAL]))
    if not shown:
        return face_of_emotion(NEUTRAL, 0.0)
    if description.kind == "masked":
        (hidden,) = (index for index in shown if index != HAPPINESS)
        return compound(hidden, HAPPINESS, strength)
    if len(shown) == 1:
        return face_of_emotion(shown[0], strength, int(rng.integers(len(PROTOTYPES[shown[0]]))))
    return face_of_distribution(description.mixture, description.intensity)


def draw(portrait: Portrait, side: int = SIDE) -> np.ndarray:
    """Return the picture of a portrait, (side, side, 3) uint8 RGB."""
    picture = _picture(side, portrait.gender, portrait.person)
    return picture.draw(portrait.face, portrait.gaze, portrait.head)


@lru_cache(maxsize=PEOPLE)
def _picture(side: int, gender: str, person: int) -> FacePicture:
    """Return what draws a person, made when it is first needed: that takes a second."""
    identity = replace(random_identity(2 * person + (gender == "male")), gender=gender)
    return FacePicture(side, side, identity=identity)


class FaceScores:
    """MediaPipe's FaceLandmarker on single pictures; close it after use."""

    def __init__(self) -> None:
        from mediapipe.tasks.python import vision

        file = store.path("face-landmarker")
        self._task = load_task(
            vision.FaceLandmarker,
            vision.FaceLandmarkerOptions(
                base_options=base_options(file), output_face_blendshapes=True), file)

    def __enter__(self) -> FaceScores:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def measure(self, image: np.ndarray) -> np.ndarray | None:
        """Return the scores (52,) float32 of a picture (H, W, 3) uint8 RGB; None without a face.

        tongueOut, which the model does not measure, is 0.
        """
        result = self._detect(image)
        if not result.face_blendshapes:
            return None
        return np.nan_to_num(blendshapes(result.face_blendshapes[0]))

    def landmarks(self, image: np.ndarray) -> np.ndarray | None:
        """Return the face mesh (478, 3) float32, px, of a picture; None without a face."""
        result = self._detect(image)
        if not result.face_landmarks:
            return None
        return pixels(result.face_landmarks[0], image.shape[1], image.shape[0])

    def _detect(self, image: np.ndarray) -> Any:
        with native_log_held():
            return self._task.detect(as_mediapipe(np.ascontiguousarray(image)))

    def close(self) -> None:
        """Release the model."""
        self._task.close()
