"""Expression of a face read from its picture, by three small networks together.

The networks ship in packages under the MIT licence and become ONNX when the asset is made
(``assets.toml``: expression-face-api, expression-fer, expression-facex). Each sees the face as its
own package shows it to it: the same region, colours, size and scale.

What they cannot see: **contempt** is none of their classes, so its probability is 0 here, which
means unknown and not absent. **Disgust** is one, but they find it in every second photograph that
none of them was trained on; else it is read as anger or sadness. **Fear** with an open mouth is
surprise to them more often than not.
``affect.face_network.RELIABILITY`` says it in numbers, for whoever weighs a reading.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import onnxruntime as ort

from kinesics_core.affect.emotions import (
    ANGER,
    DISGUST,
    EMOTIONS,
    FEAR,
    HAPPINESS,
    NEUTRAL,
    SADNESS,
    SURPRISE,
    softmax,
)
from kinesics_core.assets import store
from kinesics_core.errors import ModelError
from kinesics_core.perception.crops import crop_square

SMALLEST = 24
"""Side of a face, px of the image, below which nothing is read."""

_RIGHT_EYE, _LEFT_EYE = 33, 263  # outer corners in MediaPipe's face mesh
_MESH = 468  # vertices of the mesh; the irises come after them
_BROWS = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
_JAW = (127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152,
        377, 400, 378, 379, 365, 397, 288, 361, 323, 454, 356)  # fmt: skip
_OUTLINE = (*_BROWS, *_JAW)  # what dlib's 68 points enclose: brows, jaw from temple to temple

# Within the box around a whole mesh (from the hairline to the chin), where only that is known: top
# of the brows, as a share of its height. Median of the faces named below.
_BROW_LINE = 0.15

# OpenCV's Haar cascade gives fer and facex their squares: side and height of its centre above that
# of the mesh, in heights of the mesh. Medians over 13 faces of photographs and a film.
_HAAR_SIDE, _HAAR_RISE = 1.02, 0.06

_FACE_API_PADDING = 1.2  # of the box around 68 points: FaceLandmarks.align, minBoxPadding = .2
_FACE_API_MEAN = np.array([122.782, 117.001, 104.298], np.float32)  # FaceFeatureExtractor.ts
_FER_BORDER = 10  # px on each side of a box: ``offsets`` in fer.py ...
_FER_BOX = 160  # ... which is a share of the box here, as if the box had this side, px


@dataclass(frozen=True, slots=True)
class FaceRegion:
    """Place of a face in an image: an upright box in axes turned with the head.

    Attributes:
        centre: (2,) px, middle of the face from hairline to chin.
        height: From hairline to chin, px.
        angle: Of the eyes' line, radians, clockwise in the image.
        outline_centre: (2,) px, middle of the box around brows, temples and chin.
        outline_size: (2,) width and height of that box, px.
    """

    centre: np.ndarray
    height: float
    angle: float
    outline_centre: np.ndarray
    outline_size: np.ndarray


def face_region(face: np.ndarray | Sequence[float]) -> FaceRegion:
    """Return where a face is.

    Args:
        face: (478, 2 or 3) or (468, 2 or 3) px, MediaPipe's face mesh; or (4,) px, left, top,
            right, bottom of the box around the face from hairline to chin, upright.

    Raises:
        ModelError: It has another shape, holds nan or is smaller than ``SMALLEST``.
    """
    points = np.asarray(face, dtype=np.float64)
    if points.shape == (4,) and np.isfinite(points).all():
        region = _region_of_box(points)
    elif points.ndim == 2 and points.shape[0] >= _MESH and points.shape[1] >= 2 and np.isfinite(
            points[:_MESH, :2]).all():
        region = _region_of_mesh(points[:_MESH, :2])
    else:
        raise ModelError(
            f"Got a face of shape {points.shape} with {int((~np.isfinite(points)).sum())} unknown "
            "values; wanted a box (left, top, right, bottom) or MediaPipe's 478 landmarks, px.")
    if min(region.height, *region.outline_size) < SMALLEST:
        raise ModelError(
            f"Got a face {region.height:.0f} px high; wanted at least {SMALLEST} px.")
    return region


def _region_of_box(box: np.ndarray) -> FaceRegion:
    low, high = box[:2], box[2:]
    size = high - low
    brows = _BROW_LINE * size[1]
    return FaceRegion(
        (low + high) / 2, float(size[1]), 0.0, (low + high + [0.0, brows]) / 2,
        size - [0.0, brows])


def _region_of_mesh(points: np.ndarray) -> FaceRegion:
    across = points[_LEFT_EYE] - points[_RIGHT_EYE]
    angle = float(np.arctan2(across[1], across[0]))
    cos, sin = np.cos(angle), np.sin(angle)
    to_image = np.array([[cos, -sin], [sin, cos]])
    upright = points @ to_image
    low, high = upright.min(axis=0), upright.max(axis=0)
    outline = upright[list(_OUTLINE)]
    outline_low, outline_high = outline.min(axis=0), outline.max(axis=0)
    return FaceRegion(
        to_image @ ((low + high) / 2), float(high[1] - low[1]), angle,
        to_image @ ((outline_low + outline_high) / 2), outline_high - outline_low)


def face_api_input(image: np.ndarray, region: FaceRegion) -> np.ndarray:
    """Return what face-api's network sees, (3, 112, 112) float32.

    The box around 68 landmarks, wider and higher by a fifth, in the middle of a black square
    (``padToSquare``), minus a mean colour, over 255.
    """
    size = _FACE_API_PADDING * region.outline_size
    side = float(size.max())
    crop = _shrunk(image, region.outline_centre, side, region.angle, 112).astype(np.float32)
    bars = np.round(112 * (1.0 - size / side) / 2).astype(int)
    crop[:, : bars[0]] = crop[:, 112 - bars[0]:] = 0.0
    crop[: bars[1]] = crop[112 - bars[1]:] = 0.0
    return ((crop - _FACE_API_MEAN) / 255.0).transpose(2, 0, 1)


def fer_input(image: np.ndarray, region: FaceRegion) -> np.ndarray:
    """Return what fer's network sees, (1, 64, 64) float32: the Haar box and a border, grey, -1..1.

    The package's border is 10 pixels wide whatever the size of the face; here it is a share.
    """
    side = region.height * _HAAR_SIDE * (1.0 + 2.0 * _FER_BORDER / _FER_BOX)
    grey = cv2.cvtColor(_shrunk(image, _haar_centre(region), side, region.angle, 64),
                        cv2.COLOR_RGB2GRAY)
    return (grey.astype(np.float32) / 255.0 - 0.5)[None] * 2.0


def facex_input(image: np.ndarray, region: FaceRegion) -> np.ndarray:
    """Return what facex's network sees, (3, 200, 200) float32: the Haar box, grey three times."""
    side = region.height * _HAAR_SIDE
    grey = cv2.cvtColor(_shrunk(image, _haar_centre(region), side, region.angle, 200),
                        cv2.COLOR_RGB2GRAY)
    return np.repeat(grey.astype(np.float32)[None] / 255.0, 3, axis=0)


def _haar_centre(region: FaceRegion) -> np.ndarray:
    up = np.array([np.sin(region.angle), -np.cos(region.angle)])
    return region.centre + up * (_HAAR_RISE * region.height)


def _shrunk(
    image: np.ndarray, centre: np.ndarray, side: float, angle: float, size: int
) -> np.ndarray:
    """Cut out a square as ``crop_square`` does, averaging where several pixels become one."""
    times = max(1, int(side / size))
    crop, _ = crop_square(image, centre, side, angle, size * times)
    if times == 1:
        return crop
    return cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA)


# Asset of each network, the emotion of each of its classes, and what makes its input.
_See = Callable[[np.ndarray, FaceRegion], np.ndarray]
_MEMBERS: tuple[tuple[str, tuple[int, ...], _See], ...] = (
    ("expression-face-api", (NEUTRAL, HAPPINESS, SADNESS, ANGER, FEAR, DISGUST, SURPRISE),
     face_api_input),
    ("expression-fer", (ANGER, DISGUST, FEAR, HAPPINESS, SADNESS, SURPRISE, NEUTRAL), fer_input),
    ("expression-facex", (ANGER, DISGUST, FEAR, HAPPINESS, NEUTRAL, SADNESS, SURPRISE),
     facex_input),
)
MEMBERS = tuple(name for name, _, _ in _MEMBERS)
"""Names of the networks in the manifest."""

# Exponent of each network, and what is added to the log of each emotion. Fitted by the likelihood
# of 2,381 labelled photographs of nine sources, every emotion and source with equal weight (one
# whose fear is often surprise: half), drawn towards equal exponents and half undone frequencies of
# FER2013; neutral was raised by .4 from there, so that as many resting faces stay it as before.
# docs/reading_people.md says how they score with each source left out. Exponents sum to less than
# 1, as networks are surer than right. FER2013's frequent classes (sadness, anger) are said too
# often; disgust hardly ever.
_EXPONENTS = np.array([0.31, 0.18, 0.14])
_OFFSETS = np.array([0.18, -0.41, 0.22, -0.53, 0.45, 0.0, -0.07, 0.17])

_FLOOR = 1e-4  # probability below which a network rules nothing out


class ExpressionNetwork:
    """Reader of a face's expression in a picture.

    The answer is a weighted geometric mean of the networks' probabilities, in which each emotion
    has a weight of its own, calibrated on photographs (``pool``). The mirror image of a face shows
    the same, but errs in other ways: a face that is seen once is looked at both ways, one in a
    stream one way and the other in turn (``ExpressionSchedule``). Not thread-safe.

    Args:
        sessions: One of each of ``MEMBERS``, in order; ``load`` makes them.
    """

    def __init__(self, sessions: Sequence[ort.InferenceSession]):
        self._sessions = tuple(sessions)

    @classmethod
    def load(cls) -> ExpressionNetwork:
        """Load the networks of the manifest, fetching them the first time.

        Raises:
            AssetError: One of them cannot be had.
        """
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return cls([
            ort.InferenceSession(
                str(store.path(name)), options, providers=["CPUExecutionProvider"])
            for name in MEMBERS
        ])

    def read(
        self, image: np.ndarray, face: np.ndarray | Sequence[float], mirrored: bool | None = None
    ) -> np.ndarray:
        """Return the probabilities (8,) float32 of ``EMOTIONS`` for one face; contempt's is 0.

        Args:
            image: (H, W, 3) uint8, RGB.
            face: Landmarks or box, see ``face_region``. What lies outside the image is black.
            mirrored: Whether the networks see its mirror image; None: the geometric mean of what
                they say of both, at twice the time.

        Raises:
            ModelError: Image or face have another shape, or the face is too small.
        """
        region = face_region(face)
        if mirrored is not None:
            return pool(self.read_members(image, region, mirrored))
        one, other = (self.read_members(image, region, way) for way in (False, True))
        both = np.sqrt(np.maximum(one, _FLOOR) * np.maximum(other, _FLOOR))
        return pool(np.where(one + other > 0.0, both, 0.0))

    def read_members(
        self, image: np.ndarray, region: FaceRegion, mirrored: bool = False
    ) -> np.ndarray:
        """Return what each network says, (3, 8) float32; rows in order of ``MEMBERS``."""
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise ModelError(
                f"Got an image of shape {image.shape} and type {image.dtype}; "
                "wanted (height, width, 3) uint8, RGB.")
        said = np.zeros((len(_MEMBERS), len(EMOTIONS)), np.float32)
        for row, session, (_, emotions, see) in zip(said, self._sessions, _MEMBERS, strict=True):
            seen = see(image, region)[None]
            if mirrored:
                seen = np.ascontiguousarray(seen[..., ::-1])
            row[list(emotions)] = session.run(None, {"image": seen})[0][0]
        return said


def pool(said: np.ndarray) -> np.ndarray:
    """Return one distribution (8,) float32 of what the networks say of one face.

    Args:
        said: (3, 8) probabilities in the order of ``MEMBERS``; an emotion that none of them knows
            (all 0) stays 0.
    """
    known = said.max(axis=0) > 0.0
    logits = _EXPONENTS @ np.log(np.maximum(said, _FLOOR)) + _OFFSETS
    logits[~known] = -np.inf
    return softmax(logits).astype(np.float32)
