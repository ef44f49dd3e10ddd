"""Geometry of the markers for rviz: observed people, where they will be, and the robot's body.

Keypoints are pixels, rviz shows metres: the image is drawn as a plane at ``distance`` in front of
the camera, so that skeleton, ghost and image coincide. The robot stands beside that image, facing
the camera. Everything is in metres on optical axes (x right, y down, z away from the camera).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.body import model, skinning
from kinesics_core.camera import MODEL_TO_OPTICAL, Lens, focal_length, unproject
from kinesics_core.keypoints import MIN_SCORE, visible
from kinesics_core.settings import check, same_as, setting
from kinesics_core.skeletons import COCO17_EDGES, SMPLX55
from kinesics_core.types import Affect, BodyPose, MotionForecast, People, Person

GHOSTS = 3
"""Moments of a forecast that are drawn."""

_EDGES = np.array(COCO17_EDGES)
_BODY = np.arange(17) >= 5  # the five of the head say less of where somebody will be
_LABEL_ABOVE = 0.12  # metres
_HIPS_AND_SPINE = (1, 2, 3)  # the joints whose parent, the pelvis, is a visible end of a bone
_FIRST_FACE_JOINT = 22  # of SMPL-X: jaw and eyes follow the 22 joints of the body
_FIRST_FINGER_JOINT = 25
_HEAD, _NECK = SMPLX55.index("head"), SMPLX55.index("neck")
_HEAD_CENTRE = 0.6  # of the neck's length above the head joint, which is at the skull's base


@dataclass(frozen=True)
class MarkerConfig:
    """Settings of the markers."""

    distance: float = setting(
        2.0, "Distance of the plane the keypoints are drawn on", unit="m", bounds=(0.1, 50.0))
    horizontal_fov: float = same_as(Lens, "horizontal_fov")
    robot_aside: float = setting(
        1.8, "How far to the right of the camera's axis the robot is drawn", unit="m",
        bounds=(-20.0, 20.0), live=True)
    min_score: float = setting(
        MIN_SCORE, "Score below which keypoints are not drawn", bounds=(0.0, 1.0), live=True)
    rate: float = setting(
        30.0, "People and robot are drawn at most so often", unit="Hz", bounds=(1.0, 60.0),
        live=True)

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self)


@dataclass(frozen=True, slots=True)
class Ghost:
    """A person at one moment of the forecast.

    Attributes:
        bones: (2 n, 3) ends of the body's bones that are seen now, where they will be.
        joints: (n, 3) their keypoints, without those of the head.
        spread: Expected error of a keypoint, 1 sigma, metres; 0 if the forecast says none.
    """

    bones: np.ndarray
    joints: np.ndarray
    spread: float


@dataclass(frozen=True, slots=True)
class PersonDrawing:
    """Lines, points and label of one person.

    Attributes:
        skeleton: (2 n, 3) ends of the n bones that are seen, two for each bone.
        joints: (n, 3) keypoints that are seen.
        ghosts: ``GHOSTS`` moments evenly over the forecast, the last one at its end; empty without
            a forecast.
        label: The person's number, leading emotion, valence and arousal.
        label_at: (3,) place of the label's middle; None if nothing of the person is seen.
        emotion: The leading emotion; "" if nothing is known of the person's affect.
    """

    skeleton: np.ndarray
    joints: np.ndarray
    ghosts: tuple[Ghost, ...]
    label: str
    label_at: np.ndarray | None
    emotion: str


def draw_person(
    person: Person, people: People, config: MarkerConfig,
    forecast: MotionForecast | None = None, affect: Affect | None = None,
) -> PersonDrawing:
    """Return what is drawn of one person.

    Args:
        person: Who is drawn.
        people: Everybody in that image, which gives its size.
        config: Where the image's plane stands, and which keypoints are drawn.
        forecast: Where the person's keypoints will be, if that is known.
        affect: What the person expresses, if that is known.
    """
    places = _on_plane(person.coco[:, :2], people, config)
    seen = visible(person.coco, min_score=config.min_score)
    label, emotion = f"person {person.id}", ""
    if affect is not None:
        leading = int(np.argmax(affect.categories))
        emotion = EMOTIONS[leading]
        label += f"\n{emotion} {affect.categories[leading]:.0%}"
        if np.isfinite([affect.valence, affect.arousal]).all():
            label += f"\nvalence {affect.valence:+.1f}, arousal {affect.arousal:+.1f}"
    joints = places[seen]
    label_at = joints[np.argmin(joints[:, 1])] - (0, _LABEL_ABOVE, 0) if len(joints) else None
    ghosts = () if forecast is None else tuple(_ghosts(forecast, seen, people, config))
    return PersonDrawing(_bones(places, seen), joints, ghosts, label, label_at, emotion)


def _ghosts(
    forecast: MotionForecast, seen: np.ndarray, people: People, config: MarkerConfig
) -> Iterator[Ghost]:
    """Yield the moments of a forecast that are drawn, of the keypoints that are seen now."""
    metres = config.distance / focal_length(people.width, config.horizontal_fov)
    horizon = len(forecast.keypoints)
    seen = seen & _BODY
    for number in range(1, GHOSTS + 1) if horizon else ():
        step = -(-horizon * number // GHOSTS) - 1
        later = _on_plane(forecast.keypoints[step], people, config)
        known = seen & np.isfinite(later).all(axis=1)
        spread = float(forecast.spread[step]) * metres if step < len(forecast.spread) else 0.0
        yield Ghost(_bones(later, known), later[known], spread if np.isfinite(spread) else 0.0)


def _on_plane(pixels: np.ndarray, people: People, config: MarkerConfig) -> np.ndarray:
    """Return where pixels (n, 2) lie on the image's plane, (n, 3)."""
    focal = focal_length(people.width, config.horizontal_fov)
    return unproject(pixels, config.distance, focal, (0.5 * people.width, 0.5 * people.height))


def _bones(places: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Return the ends of the edges of COCO-17 whose ends are both seen, (2 n, 3)."""
    return places[_EDGES[seen[_EDGES].all(axis=1)].ravel()]


@dataclass(frozen=True, slots=True)
class RobotDrawing:
    """Lines and head of the robot's body.

    Attributes:
        body: (42, 3) ends of the 21 bones from pelvis to head and wrists, two for each bone.
        hands: (60, 3) ends of the 30 bones of the fingers.
        head: (3,) middle of the head.
    """

    body: np.ndarray
    hands: np.ndarray
    head: np.ndarray


class RobotBody:
    """The joints of the shipped body; its vertices are not needed."""

    def __init__(self) -> None:
        """Read the body model."""
        self._skin = skinning.select(model.load(expressions=0), np.empty(0, np.int64))
        self._betas = np.empty(0)
        self._rest: np.ndarray | None = None  # the shape, and its joints in T-pose
        parents = self._skin.model.parents
        bones = [(child, int(parent)) for child, parent in enumerate(parents)
                 if parent > 0 or child in _HIPS_AND_SPINE]
        self._body = [joint for bone in bones if bone[0] < _FIRST_FACE_JOINT for joint in bone]
        self._hands = [joint for bone in bones if bone[0] >= _FIRST_FINGER_JOINT for joint in bone]

    def draw(self, pose: BodyPose, config: MarkerConfig) -> RobotDrawing | None:
        """Return what is drawn of a pose beside the image; None if the pose is unknown (NaN)."""
        if self._rest is None or not np.array_equal(self._betas, pose.betas):
            self._betas = pose.betas
            self._rest = skinning.rest_joints(self._skin.model, pose.betas[None])
        turns = np.zeros((1, len(SMPLX55), 3), np.float32)
        turns[0, 0] = pose.global_orient
        turns[0, 1:_FIRST_FACE_JOINT] = pose.body_pose
        turns[0, _FIRST_FINGER_JOINT:] = np.concatenate([pose.left_hand, pose.right_hand])
        _, posed = skinning.forward_kinematics(
            self._skin, skinning.pose_rotations(turns), self._rest, pose.transl[None])
        places = np.empty((len(SMPLX55), 3))
        places[self._skin.order] = posed[..., 0].T
        places *= MODEL_TO_OPTICAL
        places += (config.robot_aside, 0.0, config.distance)
        if not np.isfinite(places).all():
            return None
        up = places[_HEAD] - places[_NECK]
        return RobotDrawing(
            places[self._body], places[self._hands], places[_HEAD] + _HEAD_CENTRE * up)
