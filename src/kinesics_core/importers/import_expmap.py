"""Reader of CMU motion as exponential maps, as published by Li et al.

One text file a clip, 117 comma-separated numbers a line: root position and 38 joints of the CMU
skeleton. Li et al., "Convolutional Sequence to Sequence Model for Human Dynamics", CVPR 2018.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial

import numpy as np

from kinesics_core.dataset.clips import Clip
from kinesics_core.errors import KinesicsError
from kinesics_core.importers.importing import MotionRecording, stem
from kinesics_core.importers.other_recordings import HEAD, holds_motion
from kinesics_core.importers.source_files import SourceFile
from kinesics_core.kinematics import coco_keypoints, forward_kinematics
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import COCO17

RATE = 120.0
METRES = 0.0254 / 0.45
"""The Acclaim files of the CMU library are in inches divided by 0.45."""

NUMBERS = 117
"""Count of numbers in a line: the root's position and 38 exponential maps."""

LABEL_PATTERN = r"(?P<action>.+?)_\d+"
"""SourceFile names are an action and a number: "walking_12"."""

# Joints of Li et al.'s skeleton (MIT licence, src/forward_kinematics_cmu.py) up to the hands, as
# (name, parent, offset in T-pose); the file also holds fingers and toes, which COCO-17 has not.
_JOINTS = (
    ("hips", -1, (0.0, 0.0, 0.0)),
    ("left_hip_joint", 0, (0.0, 0.0, 0.0)), ("left_hip", 1, (1.65674, -1.80282, 0.62477)),
    ("left_knee", 2, (2.59720, -7.13576, 0.0)), ("left_ankle", 3, (2.49236, -6.84770, 0.0)),
    ("left_toe", 4, (0.19704, -0.54136, 2.14581)), ("left_toe_end", 5, (0.0, 0.0, 1.11249)),
    ("right_hip_joint", 0, (0.0, 0.0, 0.0)), ("right_hip", 7, (-1.61070, -1.80282, 0.62476)),
    ("right_knee", 8, (-2.59502, -7.12977, 0.0)), ("right_ankle", 9, (-2.46780, -6.78024, 0.0)),
    ("right_toe", 10, (-0.23024, -0.63258, 2.13368)), ("right_toe_end", 11, (0.0, 0.0, 1.11569)),
    ("lower_back", 0, (0.0, 0.0, 0.0)), ("spine", 13, (0.01961, 2.05450, -0.14112)),
    ("spine1", 14, (0.01021, 2.06436, -0.05921)), ("neck", 15, (0.0, 0.0, 0.0)),
    ("neck1", 16, (0.00713, 1.56711, 0.14968)), ("head", 17, (0.03429, 1.56041, -0.10006)),
    ("head_end", 18, (0.01305, 1.62560, -0.05265)),
    ("left_collar", 15, (0.0, 0.0, 0.0)), ("left_shoulder", 20, (3.54205, 0.90436, -0.17364)),
    ("left_elbow", 21, (4.86513, 0.0, 0.0)), ("left_wrist", 22, (3.35554, 0.0, 0.0)),
    *((f"left_finger{i}", 23, (0.0, 0.0, 0.0)) for i in range(5)),
    ("right_collar", 15, (0.0, 0.0, 0.0)), ("right_shoulder", 29, (-3.49802, 0.75994, -0.32616)),
    ("right_elbow", 30, (-5.02649, 0.0, 0.0)), ("right_wrist", 31, (-3.36431, 0.0, 0.0)),
)


def recordings(file: SourceFile, source: str, rate: float = RATE) -> Iterator[MotionRecording]:
    """Yield the clip of one text file, none if it is a README.

    A ``MotionReader`` once ``source``, the collection, is given. rate: frames per second.
    """
    data = file.read()
    if is_expmap(data, file.name):
        yield MotionRecording(file.name, partial(_clip, file.name, data, source, rate))


def is_expmap(data: bytes, name: str) -> bool:
    """Return whether a text is a motion of this form; a README is none.

    Raises:
        KinesicsError: It is a table of other motion.
    """
    first = data.split(b"\n", 1)[0]
    if first.count(b",") == NUMBERS - 1:
        return True
    if holds_motion(data[:HEAD].decode("utf-8", "replace")):
        raise KinesicsError(
            f"{name} is a table of other numbers ({first.count(b',') + 1} in its first line);"
            f" wanted {NUMBERS} a line, with commas. Export the recording as BVH.")
    return False


def _clip(file: str, data: bytes, source: str, rate: float) -> Clip:
    try:
        table = np.loadtxt(io.BytesIO(data), delimiter=",", ndmin=2)
    except ValueError as error:
        raise KinesicsError(
            f"{file}: its lines are not 117 numbers each ({error}). Fetch it again.") from error
    if table.shape[1] != 117 or len(table) < 2 or not np.isfinite(table).all():
        raise KinesicsError(
            f"{file} holds a {table.shape} table; wanted at least 2 lines of 117 finite numbers.")
    return Clip(stem(file), source, stem(file), rate, coco_from_cmu_expmap(table))


def coco_from_cmu_expmap(table: np.ndarray) -> np.ndarray:
    """Return the COCO-17 keypoints (T, 17, 3), float32 metres, of the numbers of a file.

    Args:
        table: (T, 117): root position and 38 exponential maps.
    """
    positions, orientations = _posed(table)
    names = [j[0] for j in _JOINTS]
    joints = {name: positions[:, names.index(name)] for name in COCO17 if name in names}
    head = names.index("head")
    return coco_keypoints(joints, positions[:, head], orientations[:, head]).astype(np.float32)


def cmu_orientations(table: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return orientations (T, 3, 3) in the world and places (3,) at rest, by joint name.

    Args:
        table: (T, 117): root position and 38 exponential maps.
    """
    _, orientations = _posed(table)
    rest, _ = _posed(np.zeros((1, 117)))
    names = [j[0] for j in _JOINTS]
    return ({name: orientations[:, i] for i, name in enumerate(names)},
            {name: rest[0, i] for i, name in enumerate(names)})


def _posed(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return positions (T, J, 3), metres, and orientations (T, J, 3, 3) of ``_JOINTS``.

    The published maps rotate row vectors, so each is the transpose of ours.
    """
    count = len(_JOINTS)
    expmaps = -table[:, 3:3 + 3 * count].reshape(-1, count, 3)
    offsets = np.repeat(np.array([j[2] for j in _JOINTS])[None], len(table), axis=0)
    offsets[:, 0] = table[:, :3]
    return forward_kinematics(
        exponential(expmaps), offsets * METRES, [j[1] for j in _JOINTS]
    )
