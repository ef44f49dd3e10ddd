"""The paper's figure 6: what the models make of the same descriptions, as one picture."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import cv2
import numpy as np

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.emo3d.evaluation import Prompts, plain_picture
from kinesics_core.emo3d.options import SIDE

_LABEL, _HEADING = 230, 30
_INK, _PAPER = (30, 30, 30), 250


def sheet(prompts: Prompts, faces: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the sheet (H, W, 3) uint8 RGB: a row for each emotion's first prompt.

    Args:
        prompts: The descriptions.
        faces: Name of a model -> its faces (N, 52).
    """
    picture = plain_picture()
    dominant = prompts.distributions.argmax(axis=1)
    rows = [int(np.flatnonzero(dominant == index)[0]) for index in range(len(EMOTIONS))
            if (dominant == index).any()]
    heading = np.full((_HEADING, _LABEL + SIDE * len(faces), 3), _PAPER, np.uint8)
    for column, name in enumerate(faces):
        _write(heading, name, _LABEL + column * SIDE + 6, 20)
    lines = [heading]
    for row in rows:
        label = np.full((SIDE, _LABEL, 3), _PAPER, np.uint8)
        for number, line in enumerate(textwrap.wrap(prompts.texts[row], 34)):
            _write(label, line, 6, 24 + 18 * number)
        lines.append(np.hstack([label, *(
            picture.draw(np.clip(given[row], 0.0, 1.0)) for given in faces.values())]))
    return np.vstack(lines)


def _write(image: np.ndarray, text: str, x: int, y: int) -> None:
    cv2.putText(image, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.38, _INK, 1, cv2.LINE_AA)
