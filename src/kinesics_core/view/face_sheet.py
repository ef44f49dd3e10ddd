"""Contact sheets of faces with their names: of all emotions, and of an animation's moments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.expression.face_animation import FaceAnimation
from kinesics_core.expression.faces import COMPOUNDS, face_of_compound, face_of_emotion
from kinesics_core.expression.performance import moments
from kinesics_core.render.face_picture import FacePicture
from kinesics_core.render.text import TextStyle, fit_text, put_text

INTENSITIES = (0.3, 0.6, 1.0)
"""Rows of the sheet of emotions."""

COLUMNS = 8
"""Pictures in a row of the sheet of emotions."""

CELL = 220, 240
"""Width and height of a picture in it, px."""

MOMENT_CELL = 320, 300
"""Width and height of a picture in the sheet of an animation, px."""

GROUND, INK, QUIET = (236, 238, 242), (32, 36, 44), (104, 110, 122)
QUALITY = 92

_LINE, _TYPE, _MARGIN = 26, 16, 6


class Named(NamedTuple):
    """A face with what stands under it.

    Attributes:
        name: Its name.
        note: What stands beside it, dimly.
        blendshapes: (52,).
        gaze: (2,) radians, or None.
        head: (3,) roll, pitch, yaw, radians, or None.
    """

    name: str
    note: str
    blendshapes: np.ndarray
    gaze: np.ndarray | None = None
    head: np.ndarray | None = None


def emotion_faces() -> Iterator[Named]:
    """Yield each emotion at each of ``INTENSITIES``, and then each compound in full."""
    for intensity in INTENSITIES:
        for index, emotion in enumerate(EMOTIONS):
            yield Named(emotion, f"{intensity:g}", face_of_emotion(index, intensity))
    for name in COMPOUNDS:
        yield Named(name, "", face_of_compound(name, 1.0))


def moment_faces(animation: FaceAnimation) -> Iterator[Named]:
    """Yield the moments of an animation, see ``performance.moments``."""
    for name, frame in moments(animation).items():
        yield Named(name, f"{animation.times[frame]:.2f} s", animation.blendshapes[frame],
                    animation.gaze[frame], animation.head[frame])


def sheet(
    faces: Sequence[Named], columns: int = COLUMNS, size: tuple[int, int] = CELL,
    on_face: Callable[[], None] = lambda: None,
) -> np.ndarray:
    """Draw faces in rows, each with its name.

    Args:
        faces: What to draw, in order.
        columns: Pictures in a row.
        size: Width and height of a picture, px.
        on_face: Told of each that is drawn.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    picture = FacePicture(*size)

    def drawn() -> Iterator[np.ndarray]:
        for face in faces:
            yield picture.draw(face.blendshapes, face.gaze, face.head)
            on_face()

    return named_pictures([(face.name, face.note) for face in faces], drawn(), columns, size)


def named_pictures(
    names: Sequence[tuple[str, str]], pictures: Iterable[np.ndarray], columns: int,
    size: tuple[int, int],
) -> np.ndarray:
    """Put pictures in rows, each with its name.

    Args:
        names: Of each: its name, and what stands beside it, dimly.
        pictures: (height, width, 3) uint8 RGB, as many.
        columns: Pictures in a row, at most.
        size: Width and height of a picture, px.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    width, height = size
    columns = min(columns, len(names))
    rows = -(-len(names) // columns)
    step = width + _MARGIN, height + _LINE + _MARGIN
    image = np.full((rows * step[1] + _MARGIN, columns * step[0] + _MARGIN, 3), GROUND, np.uint8)
    for place, ((title, note), picture) in enumerate(zip(names, pictures, strict=True)):
        row, column = divmod(place, columns)
        x, y = column * step[0] + _MARGIN, row * step[1] + _MARGIN
        image[y : y + height, x : x + width] = picture
        under = y + height + 6
        put_text(image, note, (x + width - 4, under), TextStyle(_TYPE, QUIET, "right"))
        name = fit_text(title, _TYPE, width - 8 - 9 * len(note))
        put_text(image, name, (x + 4, under), TextStyle(_TYPE, INK, bold=True))
    return image


def jpeg(image: np.ndarray) -> bytes:
    """Return an RGB picture as JPEG."""
    _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR),
                           [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return data.tobytes()
