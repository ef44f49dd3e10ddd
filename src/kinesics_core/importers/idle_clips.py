"""Recordings of people who stand and wait, as the channels of ``expression.idle_life``."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from kinesics_core.errors import KinesicsError
from kinesics_core.expression.idle_fit import RATE
from kinesics_core.expression.idle_life import CHANNELS
from kinesics_core.files import shown
from kinesics_core.importers import bvh
from kinesics_core.importers.gesture_folder import head_angles, trunk_axes
from kinesics_core.importers.import_bvh import coco_from_bvh, joints_of
from kinesics_core.importers.other_recordings import beside, sentences

_log = logging.getLogger(__name__)

_HIPS, _ANKLES = [11, 12], [15, 16]
_ARMS = ((5, 7, 9, 1.0), (6, 8, 10, -1.0))  # COCO-17: shoulder, elbow, wrist, own side

STEPPING = 0.05
"""Metres of standard deviation of the feet from which on someone walks about."""


def read_idle(folder: Path) -> tuple[dict[str, np.ndarray], list[str]]:
    """Read every .bvh of a folder.

    Returns:
        Name -> channels (T, 17) at ``RATE``, and the names of recordings left out because their
        feet move by more than ``STEPPING``.

    Raises:
        KinesicsError: The folder holds none, or one cannot be read.
    """
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".bvh")
        others = sentences(beside(folder, (".bvh",)))
    except OSError as error:
        raise KinesicsError(f"{folder} cannot be read: {error}") from error
    if not found:
        raise KinesicsError(f"{folder} holds no .bvh; wanted recordings of people who wait."
                            f" {' '.join(others)}".rstrip())
    for sentence in others:
        _log.warning("%s: %s", shown(folder), sentence)
    clips, stepping = {}, []
    for path in found:
        motion = bvh.parse(bvh.decode(path.read_bytes()), path.name)
        keypoints, _ = coco_from_bvh(motion, joints_of(motion, None, path.name), "auto", path.name)
        if float(keypoints[:, _ANKLES].std(axis=0).max()) > STEPPING:
            stepping.append(path.stem)
            continue
        clips[path.stem] = idle_channels(keypoints.astype(np.float64), motion.rate)
    return clips, stepping


def idle_channels(keypoints: np.ndarray, rate: float) -> np.ndarray:
    """Return the channels of a motion.

    Args:
        keypoints: (T, 17, 3) COCO-17, metres, y up; the feet stand.
        rate: Frames per second.

    Returns:
        (N, 17) of ``CHANNELS`` at ``RATE``.
    """
    across = keypoints[:, _HIPS[0]] - keypoints[:, _HIPS[1]]
    facing = float(np.median(np.arctan2(-across[:, 2], across[:, 0])))
    cosine, sine = np.cos(facing), np.sin(facing)
    points = keypoints @ np.array([[cosine, 0, -sine], [0, 1, 0], [sine, 0, cosine]]).T
    out = np.zeros((len(points), len(CHANNELS)))
    shift = points[:, _HIPS].mean(axis=1) - points[:, _ANKLES].mean(axis=1)
    across = points[:, _HIPS[0]] - points[:, _HIPS[1]]
    out[:, 0], out[:, 1] = shift[:, 0], shift[:, 2]
    out[:, 2] = np.arctan2(-across[:, 2], across[:, 0])
    for frame, body in enumerate(points):
        trunk = trunk_axes(body)
        out[frame, 3] = np.arctan2(-trunk[1, 0], trunk[1, 1])
        out[frame, 4] = np.arctan2(trunk[1, 2], trunk[1, 1])
        out[frame, 5] = np.arctan2(-trunk[0, 2], trunk[0, 0])
        out[frame, 6:9] = head_angles(body, trunk)
        column = 9
        for shoulder, elbow, wrist, side in _ARMS:
            for start, end in ((shoulder, elbow), (elbow, wrist)):
                along = trunk @ (body[end] - body[start])
                along /= max(float(np.linalg.norm(along)), 1e-9)
                out[frame, column : column + 2] = side * along[0], along[2]
                column += 2
    out[:, 5] -= out[:, 2]
    times = np.arange(0.0, (len(out) - 1) / rate, 1.0 / RATE)
    own = np.arange(len(out)) / rate
    return np.stack([np.interp(times, own, channel) for channel in out.T], axis=1)
