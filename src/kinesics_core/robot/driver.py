"""A robot that follows a stream of poses, and what it does when the stream is not as it should be.

``Driver.step`` is called at a steady rate and says what the joints are to do next. While poses come
the robot follows them. When they stop, turn out to be no poses, or may not be followed, it brakes
evenly to a stand within a second, stays there, and goes slowly to the first pose once they are
back. Times are seconds of a monotonic clock.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from kinesics_core.robot.command import JointCommand
from kinesics_core.robot.pose_stream import PoseStream
from kinesics_core.rotations import about_axis, axis_angle
from kinesics_core.settings import check, setting
from kinesics_core.skeletons import SMPLX_BODY
from kinesics_core.types import NANOSECONDS, BodyPose, FacePose

_NECK, _HEAD = SMPLX_BODY.index("neck") - 1, SMPLX_BODY.index("head") - 1

_STANDS = 1e-6
"""Speed below which a joint stands, rad/s."""

_LAG_MEMORY = 1.0
"""Seconds over which a lag is averaged."""

_WORTH_TELLING = math.radians(10.0)
"""Lag of a joint that a viewer sees: the motion is shown smaller than it was meant."""


@dataclass(frozen=True)
class DriverConfig:
    """Settings of the way to a robot's joints."""

    robot: str = setting(
        "", "Name of a robot that has a map (`kinesics robot list`), or a map's path"
        " (`kinesics robot map URDF` writes one)")
    urdf: str = setting("", "Path of the robot's URDF; empty: the map says where it is")
    rate: float = setting(100.0, "Commands per second", unit="Hz", bounds=(20.0, 200.0))
    speed: float = setting(
        1.0, "Share of each joint's fastest speed that is used", bounds=(0.0, 1.0), live=True)
    stale_s: float = setting(
        0.3, "Without a pose for so long, the robot brakes to a stand", unit="s",
        bounds=(0.05, 0.8), live=True)
    approach_s: float = setting(
        3.0, "Where nobody publishes joint_states, the robot goes to where it begins within so many"
        " seconds, as its place is not known; 0: it is there", unit="s", bounds=(0.0, 30.0))
    when_lost: str = setting(
        "stand", "Once it stands without poses: stay there, or go slowly to the map's rest",
        choices=("stand", "rest"), live=True)
    realtime_priority: int = setting(
        20, "Of the thread that commands, SCHED_FIFO where the system permits it; 0: an ordinary"
        " thread", bounds=(0, 99))
    enabled: bool = setting(
        True, "Move from the start; false: wait until the service enable_robot is called")

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self)


class Follower(Protocol):
    """A robot that follows poses within its limits: a ``Retargeter``, or one of its own kind."""

    speed: float

    @property
    def names(self) -> tuple[str, ...]:
        """The joints."""

    @property
    def goal(self) -> np.ndarray:
        """Positions that they are on their way to."""

    @property
    def command(self) -> JointCommand:
        """The last command."""

    def begin(self, positions: Mapping[str, float], slowly: bool = True) -> None:
        """Start from where the joints are."""

    def step(self, pose: BodyPose | None, elapsed: float) -> JointCommand:
        """Return what the joints are to do next; None holds the last pose."""

    def rest(self, elapsed: float) -> JointCommand:
        """Return what the joints are to do next on their way to rest."""


class Driver:
    """The robot's joints, from poses that come when they come.

    Attributes:
        enabled: Whether the robot may move; set with ``enable``.
        hold: Why poses are not to be followed at the moment, "" if they are; may be set at any
            time.
        state: What the robot does, in words.
    """

    def __init__(self, retargeter: Follower, config: DriverConfig) -> None:
        """Begin at rest, with no pose.

        Args:
            retargeter: The robot's.
            config: May be replaced later: ``config``.
        """
        self.config = config
        self.enabled = config.enabled
        self.hold = ""
        self.state = "waits for the first pose"
        self._retargeter = retargeter
        self._poses = PoseStream()
        self._face: FacePose | None = None
        self._came = self._refused = -math.inf
        self._last: float | None = None
        self._following = False
        self._lag = np.zeros(len(retargeter.names))

    def begin(self, positions: Mapping[str, float]) -> None:
        """Start from where the robot's joints are, by name, and from there slowly."""
        self._retargeter.begin(positions)
        self._following = False
        self._last = None
        self._lag[:] = 0.0
        self._poses.reset()

    def enable(self, enabled: bool) -> None:
        """Let the robot move, or have it brake to a stand and be commanded no more."""
        self.enabled = enabled

    def show(self, pose: BodyPose, now: float) -> None:
        """Take the newest body; one with numbers that are not finite is none."""
        if np.isfinite(pose.body_pose).all() and np.isfinite(pose.global_orient).all():
            self._poses.add(self._merged(pose), now)
            self._came = now
        else:
            self._refused = now

    def face(self, face: FacePose) -> None:
        """Take the newest face, whose head outranks the body's."""
        if np.isfinite(face.head).all():
            self._face = face

    @property
    def command(self) -> JointCommand:
        """The last command."""
        return self._retargeter.command

    @property
    def followed(self) -> BodyPose | None:
        """The pose that the last command follows; None if it follows none."""
        return self._poses.newest if self._following else None

    @property
    def lag(self) -> tuple[str, float]:
        """The joint that stays behind most, and its mean distance from where it should be, rad."""
        worst = int(np.argmax(self._lag))
        return self._retargeter.names[worst], float(self._lag[worst])

    @property
    def too_fast(self) -> str:
        """A sentence where the motion is faster than the robot, else ""."""
        joint, lag = self.lag
        if lag < _WORTH_TELLING or not self._following:
            return ""
        return (f"the motion is faster than the robot and shown smaller: {joint} stays"
                f" {math.degrees(lag):.0f} deg behind")

    def step(self, now: float) -> JointCommand | None:
        """Return what the joints are to do next; None: nothing, the robot is not commanded."""
        elapsed = math.inf if self._last is None else now - self._last
        self._last = now
        why = self._why_not(now)
        if not why:
            if not self._following:
                self._resume()
            self._retargeter.speed = self.config.speed
            command = self._retargeter.step(self._poses.at(now), elapsed)
            self._note_lag(elapsed)
            self.state = "follows"
            return command
        standing = not self._moving()
        if self._following and not standing:
            self.state = f"brakes: {why}"
            return self._brake(elapsed)
        self._following = False
        self.state = f"stands: {why}"
        if not self.enabled:
            return None
        if self.config.when_lost == "rest" and self._poses.newest is not None:
            self.state = f"goes to rest: {why}"
            self._retargeter.speed = self.config.speed
            return self._retargeter.rest(elapsed)
        return self._brake(elapsed)

    def _why_not(self, now: float) -> str:
        """Return why the newest pose is not followed, or ""."""
        if not self.enabled:
            return "the robot is disabled; call the service enable_robot"
        if self.hold:
            return self.hold
        if self._poses.newest is None or now - self._came > self.config.stale_s:
            if now - self._refused <= self.config.stale_s:
                return "the poses have numbers that are not finite; mend who publishes body_pose"
            since = "has come" if self._poses.newest is None else "comes any more"
            return f"no pose {since} on body_pose"
        return ""

    def _resume(self) -> None:
        """Begin to follow, slowly, from where the robot stands or moves to."""
        command = self._retargeter.command
        if not self._moving():
            self._retargeter.begin(dict(zip(command.names, command.position, strict=True)))
        self._following = True

    def _moving(self) -> bool:
        return bool(np.abs(self._retargeter.command.velocity).max(initial=0.0) > _STANDS)

    def _brake(self, elapsed: float) -> JointCommand:
        """Slow every joint down as its acceleration allows; once it stands it stays."""
        self._retargeter.speed = 0.0
        return self._retargeter.step(None, elapsed)

    def _merged(self, pose: BodyPose) -> BodyPose:
        """Return the body with the face's head, half of its turn in the neck and half above.

        Poses of one moment come from one animator, which has put the head into the body.
        """
        face = self._face
        if face is None or face.pose_stamp == pose.pose_stamp or (
                abs(face.pose_stamp - pose.pose_stamp) > NANOSECONDS * self.config.stale_s):
            return pose
        roll, pitch, yaw = 0.5 * face.head
        turn = about_axis(2, yaw) @ about_axis(1, pitch) @ about_axis(0, roll)
        # REP-103's forward, left and up are the model's z, x and y.
        half = axis_angle(turn)[[1, 2, 0]]
        body = pose.body_pose.copy()
        body[_NECK] = body[_HEAD] = half
        return replace(pose, body_pose=body)

    def _note_lag(self, elapsed: float) -> None:
        if not math.isfinite(elapsed) or elapsed <= 0:
            return
        behind = np.abs(self._retargeter.goal - self._retargeter.command.position)
        self._lag += min(1.0, elapsed / _LAG_MEMORY) * (behind - self._lag)
