"""Pictures as files."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from kinesics_core import files
from kinesics_core.errors import RecordingError


def save_picture(path: str | Path, image: np.ndarray) -> None:
    """Write an RGB image as .png or .jpg, whole or not at all.

    Raises:
        RecordingError: The suffix is another one.
        WriteError: The place cannot be written.
    """
    path = Path(path)
    options = [cv2.IMWRITE_JPEG_QUALITY, 92] if path.suffix.lower() in (".jpg", ".jpeg") else []
    try:
        done, data = cv2.imencode(path.suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    except cv2.error:
        done = False
    if not done:
        raise RecordingError(f"{path} is no picture format known here; use .png or .jpg.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_bytes(path, data.tobytes())
    except OSError as error:
        raise files.WriteError(path, error) from error
