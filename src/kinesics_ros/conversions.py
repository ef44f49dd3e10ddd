"""Conversion of ROS messages to core dataclasses and back.

Every pair is exact: ``x_from_msg(x_to_msg(value))`` equals ``value`` up to float32. Arrays are
typed, so that no setter of a message walks over their elements.

Messages come from anybody. What the fields' comments allow is checked: a length or a value that a
stage cannot work with is a MessageError, an infinite or absurd coordinate counts as unknown.
"""

from __future__ import annotations

from array import array

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Pose
from std_msgs.msg import Header

from kinesics.msg import Affect as AffectMsg
from kinesics.msg import AffectiveResponse as AffectiveResponseMsg
from kinesics.msg import BodyPose as BodyPoseMsg
from kinesics.msg import FacePose as FacePoseMsg
from kinesics.msg import MotionForecast as MotionForecastMsg
from kinesics.msg import Person as PersonMsg
from kinesics.msg import PersonArray as PersonArrayMsg
from kinesics_core.affect.emotions import EMOTIONS, as_distribution
from kinesics_core.errors import MessageError
from kinesics_core.keypoints import FARTHEST, places, shares, sized
from kinesics_core.rotations import from_quaternions, quaternions
from kinesics_core.types import (
    NANOSECONDS,
    Affect,
    AffectiveResponse,
    BodyPose,
    FacePose,
    MotionForecast,
    People,
    Person,
)
from kinesics_ros.message_values import (
    FARTHEST_LEAN,
    FASTEST_TURN,
    LONGEST,
    TEMPI,
    angles,
    floats,
    known,
    shown,
    signed,
    within,
)


def time_to_msg(stamp: int) -> Time:
    """Return nanoseconds since the epoch as a ROS time."""
    return Time(sec=stamp // NANOSECONDS, nanosec=stamp % NANOSECONDS)


def time_from_msg(message: Time) -> int:
    """Return a ROS time as nanoseconds since the epoch."""
    return message.sec * NANOSECONDS + message.nanosec


def header(stamp: int, frame_id: str = "") -> Header:
    """Return the header of a stamp in nanoseconds and a tf frame."""
    return Header(stamp=time_to_msg(stamp), frame_id=frame_id)


def people_to_msg(people: People) -> PersonArrayMsg:
    """Return everybody seen in an image as kinesics/PersonArray."""
    return PersonArrayMsg(
        header=header(people.stamp, people.frame_id),
        width=people.width,
        height=people.height,
        model=people.model,
        persons=[_person_to_msg(person) for person in people.persons],
    )


def people_from_msg(message: PersonArrayMsg) -> People:
    """Return everybody a kinesics/PersonArray tells of; empty arrays become None.

    Raises:
        MessageError: The image has no size, or a part has another length than its comment says.
    """
    if not (0 < message.width <= FARTHEST and 0 < message.height <= FARTHEST):
        raise MessageError(
            f"got a PersonArray for an image of {message.width}x{message.height}; wanted the"
            " image's size in pixels. Check its publisher.")
    return People(
        stamp=time_from_msg(message.header.stamp),
        width=message.width,
        height=message.height,
        persons=[_person_from_msg(person) for person in message.persons],
        model=message.model,
        frame_id=message.header.frame_id,
    )


def _person_to_msg(person: Person) -> PersonMsg:
    """Return one person as kinesics/Person; what is None becomes an empty array."""
    return PersonMsg(
        id=person.id,
        score=float(person.score),
        coco=np.ascontiguousarray(person.coco[:, :2], np.float32).reshape(34),
        coco_score=np.ascontiguousarray(person.coco[:, 2], np.float32),
        pose=floats(None if person.pose is None else person.pose[:, :3]),
        pose_visibility=floats(None if person.pose is None else person.pose[:, 3]),
        pose_world=floats(person.pose_world),
        left_hand=floats(person.left_hand),
        right_hand=floats(person.right_hand),
        left_hand_world=floats(person.left_hand_world),
        right_hand_world=floats(person.right_hand_world),
        face=floats(person.face),
        blendshapes=floats(person.blendshapes),
        head=_pose_to_msg(person.head),
        expression=floats(person.expression),
        expression_stamp=time_to_msg(person.expression_stamp),
    )


def _person_from_msg(message: PersonMsg) -> Person:
    """Return the person of a kinesics/Person."""
    def points(name: str, count: int) -> np.ndarray | None:
        values = sized(getattr(message, name), 3 * count, name)
        return None if values is None else places(values).reshape(count, 3)

    pose, visibility = points("pose", 33), sized(message.pose_visibility, 33, "pose_visibility")
    if pose is not None:
        if visibility is None:
            visibility = np.full(33, np.nan, np.float32)
        pose = np.column_stack([pose, shares(visibility)])
    blendshapes = sized(message.blendshapes, 52, "blendshapes")
    return Person(
        id=message.id,
        score=float(np.nan_to_num(shares(np.float32(message.score)))),
        coco=np.column_stack([
            places(message.coco).reshape(17, 2), shares(message.coco_score),
        ]).astype(np.float32),
        pose=pose,
        pose_world=points("pose_world", 33),
        left_hand=points("left_hand", 21),
        right_hand=points("right_hand", 21),
        left_hand_world=points("left_hand_world", 21),
        right_hand_world=points("right_hand_world", 21),
        face=points("face", 478),
        blendshapes=None if blendshapes is None else shares(blendshapes),
        head=_pose_from_msg(message.head),
        expression=as_distribution(sized(message.expression, len(EMOTIONS), "expression")),
        expression_stamp=time_from_msg(message.expression_stamp),
    )


def forecast_to_msg(forecast: MotionForecast) -> MotionForecastMsg:
    """Return one person's forecast as kinesics/MotionForecast."""
    return MotionForecastMsg(
        header=header(forecast.stamp, forecast.frame_id),
        person_id=forecast.person_id,
        model=forecast.model,
        width=forecast.width,
        height=forecast.height,
        dt=float(forecast.dt),
        horizon=len(forecast.keypoints),
        keypoints=floats(forecast.keypoints),
        spread=floats(forecast.spread),
        confidence=float(forecast.confidence),
    )


def forecast_from_msg(message: MotionForecastMsg) -> MotionForecast:
    """Return the forecast of a kinesics/MotionForecast.

    Raises:
        MessageError: The arrays do not fit the horizon, or the time between steps is none.
    """
    horizon = message.horizon
    if len(message.keypoints) != horizon * 34 or len(message.spread) not in (0, horizon):
        raise MessageError(
            f"got a MotionForecast of {horizon} steps with {len(message.keypoints)} numbers of"
            f" keypoints and {len(message.spread)} of spread; wanted {34 * horizon} and {horizon}."
            " Check its publisher.")
    if not 0 < message.dt < LONGEST:
        raise MessageError(
            f"got a MotionForecast with dt {message.dt} s; wanted a time above 0. Check its"
            " publisher.")
    return MotionForecast(
        stamp=time_from_msg(message.header.stamp),
        person_id=message.person_id,
        width=message.width,
        height=message.height,
        keypoints=places(message.keypoints).reshape(horizon, 17, 2),
        dt=message.dt,
        spread=places(message.spread),
        confidence=float(np.nan_to_num(shares(np.float32(message.confidence)))),
        model=message.model,
        frame_id=message.header.frame_id,
    )


def affect_to_msg(affect: Affect) -> AffectMsg:
    """Return one person's affect as kinesics/Affect."""
    return AffectMsg(
        header=header(affect.stamp, affect.frame_id),
        person_id=affect.person_id,
        categories=np.ascontiguousarray(affect.categories, np.float32),
        valence=float(affect.valence),
        arousal=float(affect.arousal),
        dominance=float(affect.dominance),
        confidence=float(affect.confidence),
        source=affect.source,
        vad_spread=np.ascontiguousarray(
            np.zeros(3) if affect.spread is None else affect.spread, np.float32),
        class_names=list(affect.classes),
        class_probabilities=array(
            "f", [] if affect.probabilities is None else affect.probabilities),
    )


def affect_from_msg(message: AffectMsg) -> Affect:
    """Return the affect of a kinesics/Affect.

    Raises:
        MessageError: The categories are no probabilities, or valence, arousal or dominance is
            infinite.
    """
    categories = np.asarray(message.categories, np.float32)
    total = float(categories.sum()) if (categories >= 0).all() else float("nan")
    if not 0.5 <= total <= 2.0:
        raise MessageError(
            f"got an Affect with the categories {shown(categories)}; wanted {len(EMOTIONS)}"
            " probabilities that sum to 1. Check its publisher.")
    names = tuple(message.class_names)
    own = as_distribution(np.asarray(message.class_probabilities, np.float32))
    if own is None or len(own) != len(names):  # of no use, and no reason to lose the rest
        names, own = (), None
    spread = np.asarray(message.vad_spread, np.float32)
    return Affect(
        stamp=time_from_msg(message.header.stamp),
        person_id=message.person_id,
        categories=categories / total,
        valence=signed(message.valence, "valence"),
        arousal=signed(message.arousal, "arousal"),
        dominance=signed(message.dominance, "dominance"),
        confidence=float(np.nan_to_num(shares(np.float32(message.confidence)))),
        source=message.source,
        frame_id=message.header.frame_id,
        spread=np.where(np.isfinite(spread) & (spread > 0.0), spread, np.float32(np.nan))
        if (spread != 0.0).any() else None,
        classes=names,
        probabilities=own,
    )


def response_to_msg(response: AffectiveResponse) -> AffectiveResponseMsg:
    """Return the robot's answer as kinesics/AffectiveResponse."""
    return AffectiveResponseMsg(
        header=header(response.stamp, response.frame_id),
        policy=response.policy,
        emotion=int(response.emotion),
        intensity=float(response.intensity),
        valence=float(response.valence),
        arousal=float(response.arousal),
        dominance=float(response.dominance),
        towards=int(response.towards),
        bearing=np.ascontiguousarray(response.bearing, np.float32),
        gesture=response.gesture,
        duration=float(response.duration),
        reason=response.reason,
        cause=response.cause,
        lean=float(response.lean),
        gaze=float(response.gaze),
        tempo=float(response.tempo),
        anticipated=bool(response.anticipated),
        factors=list(response.factors),
        factor_values=array("f", response.factor_values),
    )


def response_from_msg(message: AffectiveResponseMsg) -> AffectiveResponse:
    """Return the answer of a kinesics/AffectiveResponse.

    Raises:
        MessageError: The emotion is none, intensity, duration or state is no number in range, or
            factors and their values are not equally many.
    """
    if message.emotion >= len(EMOTIONS):
        raise MessageError(
            f"got an AffectiveResponse with the emotion {message.emotion}; wanted a constant of"
            f" kinesics/Affect, 0 to {len(EMOTIONS) - 1}. Check its publisher.")
    for name, high in (("intensity", 1.0), ("duration", LONGEST)):
        value = getattr(message, name)
        if not 0.0 <= value <= high:
            raise MessageError(
                f"got an AffectiveResponse with {name} {value}; wanted 0 to {high:g}. Check its"
                " publisher.")
    if len(message.factors) != len(message.factor_values):
        raise MessageError(
            f"got an AffectiveResponse with {len(message.factors)} factors and"
            f" {len(message.factor_values)} values of them; wanted one a name. Check its"
            " publisher.")
    return AffectiveResponse(
        stamp=time_from_msg(message.header.stamp),
        policy=message.policy,
        emotion=message.emotion,
        intensity=message.intensity,
        valence=known(message.valence, "valence"),
        arousal=known(message.arousal, "arousal"),
        dominance=known(message.dominance, "dominance"),
        towards=message.towards,
        bearing=angles(message.bearing),
        gesture=message.gesture,
        duration=message.duration,
        reason=message.reason,
        frame_id=message.header.frame_id,
        cause=message.cause,
        lean=within(message.lean, -FARTHEST_LEAN, FARTHEST_LEAN, 0.0),
        gaze=within(message.gaze, 0.0, 1.0, 1.0),
        tempo=within(message.tempo or 1.0, *TEMPI, 1.0),
        anticipated=message.anticipated,
        factors=tuple(message.factors),
        factor_values=tuple(message.factor_values),
    )


def face_to_msg(face: FacePose) -> FacePoseMsg:
    """Return the robot's face as kinesics/FacePose."""
    return FacePoseMsg(
        header=header(face.stamp, face.frame_id),
        pose_time=time_to_msg(face.pose_stamp),
        blendshapes=np.ascontiguousarray(face.blendshapes, np.float32),
        gaze=np.ascontiguousarray(face.gaze, np.float32),
        head=np.ascontiguousarray(face.head, np.float32),
    )


def face_from_msg(message: FacePoseMsg) -> FacePose:
    """Return the face of a kinesics/FacePose."""
    return FacePose(
        stamp=time_from_msg(message.header.stamp),
        pose_stamp=time_from_msg(message.pose_time),
        blendshapes=np.asarray(message.blendshapes, np.float32),
        gaze=np.asarray(message.gaze, np.float32),
        head=np.asarray(message.head, np.float32),
        frame_id=message.header.frame_id,
    )


def body_to_msg(body: BodyPose) -> BodyPoseMsg:
    """Return the robot's body as kinesics/BodyPose."""
    def flat(values: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(values, np.float32).reshape(-1)

    return BodyPoseMsg(
        header=header(body.stamp, body.frame_id),
        pose_time=time_to_msg(body.pose_stamp),
        transl=flat(body.transl),
        global_orient=flat(body.global_orient),
        body_pose=flat(body.body_pose),
        left_hand_pose=flat(body.left_hand),
        right_hand_pose=flat(body.right_hand),
        jaw_pose=flat(body.jaw),
        betas=flat(body.betas),
    )


def body_from_msg(message: BodyPoseMsg) -> BodyPose:
    """Return the body of a kinesics/BodyPose.

    Raises:
        MessageError: A number is not finite or absurd.
    """
    for name in ("transl", "global_orient", "body_pose", "left_hand_pose", "right_hand_pose",
                 "jaw_pose", "betas"):
        values = np.abs(getattr(message, name))
        if not (values <= FASTEST_TURN).all():
            raise MessageError(
                f"got a BodyPose whose {name} holds {values.max()}; wanted finite numbers of at"
                f" most {FASTEST_TURN:g}. Check its publisher.")
    return BodyPose(
        stamp=time_from_msg(message.header.stamp),
        pose_stamp=time_from_msg(message.pose_time),
        transl=np.asarray(message.transl, np.float32),
        global_orient=np.asarray(message.global_orient, np.float32),
        body_pose=np.asarray(message.body_pose, np.float32).reshape(21, 3),
        left_hand=np.asarray(message.left_hand_pose, np.float32).reshape(15, 3),
        right_hand=np.asarray(message.right_hand_pose, np.float32).reshape(15, 3),
        jaw=np.asarray(message.jaw_pose, np.float32),
        betas=np.asarray(message.betas, np.float32),
        frame_id=message.header.frame_id,
    )


def _pose_to_msg(matrix: np.ndarray | None) -> Pose:
    """Return a rigid transform as geometry_msgs/Pose, NaN for None."""
    pose = Pose()
    values = np.full(7, np.nan) if matrix is None else pose_from_matrix(matrix)
    pose.position.x, pose.position.y, pose.position.z = map(float, values[:3])
    quaternion = pose.orientation
    quaternion.x, quaternion.y, quaternion.z, quaternion.w = map(float, values[3:])
    return pose


def _pose_from_msg(pose: Pose) -> np.ndarray | None:
    """Return the (4, 4) rigid transform of a pose, None if it holds no place or no rotation."""
    position, q = pose.position, pose.orientation
    values = np.array([position.x, position.y, position.z, q.x, q.y, q.z, q.w])
    # The default message is a quaternion of zeros: a publisher that left it out knows no head.
    if not (np.abs(values) <= FARTHEST).all() or np.linalg.norm(values[3:]) < 1e-6:
        return None
    return matrix_from_pose(values)


def pose_from_matrix(matrix: np.ndarray) -> np.ndarray:
    """Return a (4, 4) rigid transform as (7,): position, then unit quaternion x, y, z, w."""
    return np.concatenate([matrix[:3, 3], quaternions(matrix[:3, :3])])


def matrix_from_pose(values: np.ndarray) -> np.ndarray:
    """Return the (4, 4) rigid transform of (7,) position and quaternion x, y, z, w."""
    matrix = np.eye(4)
    matrix[:3, :3] = from_quaternions(values[3:])
    matrix[:3, 3] = values[:3]
    return matrix
