"""Conversion of ROS messages to core dataclasses and back.

Every pair is exact: ``x_from_msg(x_to_msg(value))`` equals ``value`` up to float32. Arrays are
typed, so that no setter of a message walks over their elements.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable

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
    """Return everybody a kinesics/PersonArray tells of; empty arrays become None."""
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
        pose=_floats(None if person.pose is None else person.pose[:, :3]),
        pose_visibility=_floats(None if person.pose is None else person.pose[:, 3]),
        pose_world=_floats(person.pose_world),
        left_hand=_floats(person.left_hand),
        right_hand=_floats(person.right_hand),
        left_hand_world=_floats(person.left_hand_world),
        right_hand_world=_floats(person.right_hand_world),
        face=_floats(person.face),
        blendshapes=_floats(person.blendshapes),
        head=_pose_to_msg(person.head),
    )


def _person_from_msg(message: PersonMsg) -> Person:
    """Return the person of a kinesics/Person."""
    coco = np.column_stack([message.coco.reshape(17, 2), message.coco_score])
    pose = _matrix(message.pose, 3)
    if pose is not None:
        pose = np.column_stack([pose, np.asarray(message.pose_visibility)])
    return Person(
        id=message.id,
        score=message.score,
        coco=coco.astype(np.float32),
        pose=pose,
        pose_world=_matrix(message.pose_world, 3),
        left_hand=_matrix(message.left_hand, 3),
        right_hand=_matrix(message.right_hand, 3),
        left_hand_world=_matrix(message.left_hand_world, 3),
        right_hand_world=_matrix(message.right_hand_world, 3),
        face=_matrix(message.face, 3),
        blendshapes=_vector(message.blendshapes),
        head=_pose_from_msg(message.head),
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
        keypoints=_floats(forecast.keypoints),
        spread=_floats(forecast.spread),
        confidence=float(forecast.confidence),
    )


def forecast_from_msg(message: MotionForecastMsg) -> MotionForecast:
    """Return the forecast of a kinesics/MotionForecast."""
    return MotionForecast(
        stamp=time_from_msg(message.header.stamp),
        person_id=message.person_id,
        width=message.width,
        height=message.height,
        keypoints=np.asarray(message.keypoints, np.float32).reshape(message.horizon, 17, 2),
        dt=message.dt,
        spread=np.asarray(message.spread, np.float32),
        confidence=message.confidence,
        model=message.model,
        frame_id=message.header.frame_id,
    )


def affect_to_msg(affect: Affect) -> AffectMsg:
    """Return one person's affect as kinesics/Affect."""
    return AffectMsg(
        header=header(affect.stamp),
        person_id=affect.person_id,
        categories=np.ascontiguousarray(affect.categories, np.float32),
        valence=float(affect.valence),
        arousal=float(affect.arousal),
        dominance=float(affect.dominance),
        confidence=float(affect.confidence),
        source=affect.source,
    )


def affect_from_msg(message: AffectMsg) -> Affect:
    """Return the affect of a kinesics/Affect."""
    return Affect(
        stamp=time_from_msg(message.header.stamp),
        person_id=message.person_id,
        categories=np.asarray(message.categories, np.float32),
        valence=message.valence,
        arousal=message.arousal,
        dominance=message.dominance,
        confidence=message.confidence,
        source=message.source,
    )


def response_to_msg(response: AffectiveResponse) -> AffectiveResponseMsg:
    """Return the robot's answer as kinesics/AffectiveResponse."""
    return AffectiveResponseMsg(
        header=header(response.stamp),
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
    )


def response_from_msg(message: AffectiveResponseMsg) -> AffectiveResponse:
    """Return the answer of a kinesics/AffectiveResponse."""
    return AffectiveResponse(
        stamp=time_from_msg(message.header.stamp),
        policy=message.policy,
        emotion=message.emotion,
        intensity=message.intensity,
        valence=message.valence,
        arousal=message.arousal,
        dominance=message.dominance,
        towards=message.towards,
        bearing=np.asarray(message.bearing, np.float32),
        gesture=message.gesture,
        duration=message.duration,
        reason=message.reason,
    )


def face_to_msg(face: FacePose) -> FacePoseMsg:
    """Return the robot's face as kinesics/FacePose."""
    return FacePoseMsg(
        header=header(face.stamp),
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
    )


def body_to_msg(body: BodyPose) -> BodyPoseMsg:
    """Return the robot's body as kinesics/BodyPose."""
    def flat(values: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(values, np.float32).reshape(-1)

    return BodyPoseMsg(
        header=header(body.stamp),
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
    """Return the body of a kinesics/BodyPose."""
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
    )


def _floats(values: np.ndarray | None) -> array:
    """Return an ``array('f')``, which message setters take as it is; empty for None."""
    if values is None:
        return array("f")
    return array("f", np.ascontiguousarray(values, np.float32).tobytes())


def _vector(values: Iterable[float]) -> np.ndarray | None:
    """Return values as (n,) float32, None if there are none."""
    return np.asarray(values, np.float32) if values else None


def _matrix(values: Iterable[float], columns: int) -> np.ndarray | None:
    """Return values as (n, columns) float32, None if there are none."""
    return np.asarray(values, np.float32).reshape(-1, columns) if values else None


def _pose_to_msg(matrix: np.ndarray | None) -> Pose:
    """Return a rigid transform as geometry_msgs/Pose, NaN for None."""
    pose = Pose()
    values = np.full(7, np.nan) if matrix is None else pose_from_matrix(matrix)
    pose.position.x, pose.position.y, pose.position.z = map(float, values[:3])
    quaternion = pose.orientation
    quaternion.x, quaternion.y, quaternion.z, quaternion.w = map(float, values[3:])
    return pose


def _pose_from_msg(pose: Pose) -> np.ndarray | None:
    """Return the (4, 4) rigid transform of a pose, None if it holds NaN."""
    position, q = pose.position, pose.orientation
    values = np.array([position.x, position.y, position.z, q.x, q.y, q.z, q.w])
    return None if np.isnan(values).any() else matrix_from_pose(values)


def pose_from_matrix(matrix: np.ndarray) -> np.ndarray:
    """Return a (4, 4) rigid transform as (7,): position, then unit quaternion x, y, z, w."""
    return np.concatenate([matrix[:3, 3], quaternions(matrix[:3, :3])])


def matrix_from_pose(values: np.ndarray) -> np.ndarray:
    """Return the (4, 4) rigid transform of (7,) position and quaternion x, y, z, w."""
    matrix = np.eye(4)
    matrix[:3, :3] = from_quaternions(values[3:])
    matrix[:3, 3] = values[:3]
    return matrix
