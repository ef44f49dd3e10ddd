"""People as REP-155 (ROS4HRI) describes them, as plain numbers: what ``hri_node`` publishes.

A face and a body of a person carry the person's own id, "p7" for the track 7 (a word of a topic may
not begin with a digit): one tracker follows them as one, so there is nothing to match. Points of
images are shares of its width and height, as hri_msgs has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.affect.facs import AU_BLENDSHAPES
from kinesics_core.affect.spaces import HRI
from kinesics_core.rotations import orthonormal
from kinesics_core.settings import check, setting
from kinesics_core.skeletons import BLENDSHAPE_INDEX, COCO17, MEDIAPIPE478_TO_IBUG68
from kinesics_core.types import Affect, GestureSign, People, Person, Transform
from kinesics_core.view.frames import HEAD_TO_REP103
from kinesics_core.view.human_joints import body_axes

SKELETON2D = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow",
    "left_wrist", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
    "left_eye", "right_eye", "left_ear", "right_ear",
)
"""Order of hri_msgs/Skeleton2D: OpenPose's 18, with the left eye and ear before the right."""

ACTION_UNITS = 99
"""Length of the arrays of hri_msgs/FacialActionUnits: an action unit's code is its place."""

LANDMARKS = 70
"""Points of hri_msgs/FacialLandmarks: dlib's 68 and the pupils, the right one first."""

_PUPILS = (468, 473)  # centres of the irises in MediaPipe's mesh: the person's right, left
_GAZE_FROM_FACE = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
"""Columns: x right, y down, z along the gaze, seen in a face's axes (forward, left, up)."""


@dataclass(frozen=True)
class HumansConfig:
    """Settings of what is told about people by REP-155."""

    human_frames: bool = setting(True, "Publish the tf frames of faces, gazes and bodies")
    human_height: float = setting(
        1.65, "Height of the URDF of a person", unit="m", bounds=(0.5, 2.5))

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self)


def human_id(person_id: int) -> str:
    """Return the id by REP-155 of a tracked person, of the face and of the body."""
    return f"p{person_id}"


def skeleton2d(person: Person, people: People) -> np.ndarray:
    """Return (18, 3) x, y and confidence in the order of ``SKELETON2D``.

    The neck is the middle of the shoulders, as sure as the less sure of them. A point that is not
    known is 0, 0 with confidence 0.
    """
    coco = dict(zip(COCO17, np.asarray(person.coco, np.float64), strict=True))
    left, right = coco["left_shoulder"], coco["right_shoulder"]
    coco["neck"] = np.append(0.5 * (left[:2] + right[:2]), min(left[2], right[2]))
    return _normalised(np.array([coco[name] for name in SKELETON2D]), people)


def facial_landmarks(person: Person, people: People) -> np.ndarray | None:
    """Return (70, 3) x, y and confidence of a face; None where its mesh is not seen."""
    if person.face is None:
        return None
    points = np.asarray(person.face, np.float64)[[*MEDIAPIPE478_TO_IBUG68, *_PUPILS], :2]
    return _normalised(np.column_stack([points, np.full(LANDMARKS, person.score)]), people)


def action_units(person: Person) -> tuple[np.ndarray, np.ndarray] | None:
    """Return intensity and confidence (99,) each of a face's action units; None without a face.

    The stronger side counts. Units that no blendshape tells have confidence 0.
    """
    if person.blendshapes is None:
        return None
    intensity, confidence = np.zeros(ACTION_UNITS), np.zeros(ACTION_UNITS)
    for unit, shapes in AU_BLENDSHAPES.items():
        values = [float(person.blendshapes[BLENDSHAPE_INDEX[shape]]) for shape in shapes]
        if np.isfinite(values).all():
            intensity[int(unit[2:])], confidence[int(unit[2:])] = max(values), person.score
    return intensity, confidence


def expression(affect: Affect) -> tuple[str, float, float, float]:
    """Return the word of hri_msgs/Expression, valence, arousal and confidence of a reading.

    Valence and arousal that the reading leaves open are 0. The confidence is the reading's own
    times the probability of the emotion that the word says.
    """
    categories = np.asarray(affect.categories, np.float64)
    best = int(np.argmax(categories))
    word = HRI.names[int(np.argmax(HRI.from_emotions(np.eye(len(EMOTIONS))[best])))]
    valence, arousal = np.nan_to_num([affect.valence, affect.arousal])
    return word, float(valence), float(arousal), float(affect.confidence * categories[best])


def gestures(signs: Sequence[GestureSign], person: Person) -> list[str]:
    """Return the constants of hri_msgs/Gesture that gestures seen now are; others are "OTHER"."""
    names = []
    for sign in signs:
        if sign.name == "hands_raised":
            names.append(_raised(person))
        else:
            names.append(_GESTURES.get(sign.name, "OTHER"))
    return list(dict.fromkeys(names))


_GESTURES = {"wave": "WAVING", "arms_crossed": "ARMS_CROSSED", "hand_on_face": "HANDS_ON_FACE"}


def _raised(person: Person) -> str:
    """Return which hands are above the shoulders."""
    at = dict(zip(COCO17, person.coco, strict=True))
    left, right = (at[f"{side}_wrist"][1] < at[f"{side}_shoulder"][1] for side in ("left", "right"))
    return "BOTH_HANDS_RAISED" if left == right else \
        "LEFT_HAND_RAISED" if left else "RIGHT_HAND_RAISED"


def region(points: np.ndarray, people: People, score: float) -> np.ndarray | None:
    """Return xmin, ymin, xmax, ymax and confidence (5,) around points in pixels.

    Args:
        points: (N, 2), nan where unknown.
        people: Gives the size of the image.
        score: Confidence.

    Returns:
        None where no point is known.
    """
    known = points[np.isfinite(points).all(axis=1)]
    if not len(known):
        return None
    size = np.array([people.width, people.height], np.float64)
    low, high = np.clip(known.min(0) / size, 0.0, 1.0), np.clip(known.max(0) / size, 0.0, 1.0)
    return np.array([*low, *high, score])


def human_frames(person: Person, people: People) -> list[Transform]:
    """Return ``face_ID``, ``person_ID``, ``gaze_ID`` and ``body_ID``, as far as they are known.

    The face's frame stands between the eyes, x out of the face, z up, and the person's on it; the
    gaze's looks where the head does. The body's stands between the hips at the head's distance.
    """
    frames: list[Transform] = []
    head = person.head
    if head is None or not np.isfinite(head).all():
        return frames
    turn = orthonormal(head[:3, :3] @ HEAD_TO_REP103)
    place = head[:3, 3]
    name = human_id(person.id)
    frames.append(Transform(people.frame_id, f"face_{name}", place, turn))
    frames.append(Transform(f"face_{name}", f"person_{name}", np.zeros(3), np.eye(3)))
    frames.append(Transform(f"face_{name}", f"gaze_{name}", np.zeros(3), _GAZE_FROM_FACE))
    world = person.pose_world
    if world is not None and np.isfinite(world[[0, 11, 12, 23, 24]]).all():
        # The landmarks' origin lies between the hips; the nose is where the head is.
        frames.append(Transform(
            people.frame_id, f"body_{name}", place - world[0], body_axes(world)))
    return frames


def _normalised(points: np.ndarray, people: People) -> np.ndarray:
    """Return points (N, 3) in pixels as shares of the image; an unknown one is 0."""
    out = points / np.array([people.width, people.height, 1.0])
    out[:, 2] = np.clip(out[:, 2], 0.0, 1.0)
    out[~np.isfinite(points).all(axis=1)] = 0.0
    return out
