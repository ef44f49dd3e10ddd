"""Faces of descriptions, their pictures, and the scores that perception measures on those.

As in the paper a picture shows what a text says and MediaPipe measures 52 scores on it (section 3);
pictures are drawn here, so what they were drawn with is known as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL
from kinesics_core.affect.facs import au_to_blendshapes
from kinesics_core.assets import store
from kinesics_core.emo3d.descriptions import Description, Units
from kinesics_core.expression.facial_expressions import emotion_blendshapes
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
from kinesics_core.skeletons import ARKIT_BLENDSHAPES, BLENDSHAPE_INDEX

PEOPLE = 12
"""People who are drawn, half of them female and half male."""

SIDE = 224
"""Width and height of a picture, px: what CLIP's ViT-B/32 looks at."""

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
        rng: Random numbers: variant of each emotion's face, person, head, eyes, noise.
        noise: Standard deviation of the strength of each shape, and, halved, between the sides.
    """
    face = np.zeros(len(ARKIT_BLENDSHAPES), np.float64)
    for emotion, share in enumerate(description.mixture):
        if share > 0 and emotion != NEUTRAL:
            face += share * emotion_blendshapes(EMOTIONS[emotion], description.intensity)
    face = np.maximum(face, face_of_signs(description.units))
    face *= rng.lognormal(0.0, noise) * rng.lognormal(0.0, noise, len(face))
    sides = rng.normal(0.0, 0.5 * noise)
    for name, index in BLENDSHAPE_INDEX.items():
        face[index] *= 1.0 + (sides if name.endswith("Left") else -sides) * (
            name.endswith(("Left", "Right")))
    return Portrait(
        np.clip(face, 0.0, 1.0).astype(np.float32), rng.normal(0.0, 1.0, 3) * TURN,
        rng.normal(0.0, 1.0, 2) * GAZE, int(rng.integers(PEOPLE // 2)), description.gender)


def face_of_signs(units: Units) -> np.ndarray:
    """Return weights (52,) of action units with their sides, such as {"AU4": .9, "L_AU14": .7}."""
    face = np.zeros(len(ARKIT_BLENDSHAPES), np.float32)
    for unit, strength in units.items():
        side = {"L_": "Left", "R_": "Right"}.get(unit[:2])
        plain = unit[2:] if side else unit
        face = np.maximum(face, au_to_blendshapes({plain: strength}, side=side))
    return face


class Studio:
    """Drawer of portraits, one ``FacePicture`` a person, made when it is first needed."""

    def __init__(self, side: int = SIDE) -> None:
        self.side = side
        self._people: dict[tuple[str, int], FacePicture] = {}

    def draw(self, portrait: Portrait) -> np.ndarray:
        """Return a picture, (side, side, 3) uint8 RGB."""
        key = (portrait.gender, portrait.person)
        if key not in self._people:
            identity = replace(random_identity(_seed_of(*key)), gender=portrait.gender)
            self._people[key] = FacePicture(self.side, self.side, identity=identity)
        return self._people[key].draw(portrait.face, portrait.gaze, portrait.head)


def _seed_of(gender: str, person: int) -> int:
    return 2 * person + (gender == "male")


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
