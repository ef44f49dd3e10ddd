"""Reachy Mini: a body and a face to where its head, body and antennas are to be.

Its head rides on a Stewart platform that its own software poses as a whole, so there is no joint to
map. What a person's head does is done by its head, exactly as far as the platform reaches:

- **turn**: of the person's head against where the pelvis faces: trunk, neck and head together;
- **body**: turns with the chest, smoothly, and takes over what the head turns away from it beyond
  35 degrees, as people's trunks join large shifts of gaze (Land, Exp. Brain Research 159 (2004)
  151);
- **place**: where the person's head goes when the trunk leans or sinks, a twelfth as far, and up
  and down with the shoulders, so that breath is seen;
- **eyes**: it has none that move, so its head also turns where the eyes look, smoothly;
- **antennas**: by the valence and arousal of the face (``antennas``).

The head stays where the platform reaches, and where it faces matters most: who asks for too much
gets less of the place, and of a turn that is too far a smaller one in its direction. Positions,
speeds and accelerations are kept by ``limits``. Nine numbers are its "joints": metres and radians,
see ``JOINTS``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from kinesics_core.errors import ModelError
from kinesics_core.kinematics import REST_OFFSETS
from kinesics_core.robot.antennas import Antennas
from kinesics_core.robot.command import JointCommand
from kinesics_core.robot.directions import to_base
from kinesics_core.robot.limits import Limiter, Limits
from kinesics_core.robot.retarget import BEGIN_SPEED, BEGIN_TIME, LONGEST_GAP, REST_SPEED
from kinesics_core.robot.robot_map import RobotMap
from kinesics_core.rotations import about_axis, exponential
from kinesics_core.skeletons import SMPLX_BODY
from kinesics_core.types import BodyPose

JOINTS = ("head_x", "head_y", "head_z", "head_roll", "head_pitch", "head_yaw", "body_yaw",
          "right_antenna", "left_antenna")
"""Head: from its neutral place (x forward, y left, z up) and against the body; the body's turn; the
antennas, 0 upright, outwards negative on the right and positive on the left."""

BODY_FOLLOWS = math.radians(35.0)
"""Turn of the head against the chest beyond which the body takes over; authored."""

BODY_TIME = 0.25
"""Seconds over which the body follows the chest; authored."""

LEAN_SHARE = 0.08
"""Share of a person's way of the head that this small one goes; authored."""

SHOULDER_RISE = (0.25, 0.008)
"""Metres that the head rises for each radian of the shoulders, and at most; authored."""

EYES_SHARE = 0.8
"""Share of the eyes' turn that the head makes; authored."""

EYES_TIME = 0.25
"""Seconds over which the eyes' jumps become a turn of the head; authored."""

EASES, FARTHEST = 0.8, 0.95
"""Shares of the head's largest turn from which on turns become smaller, and that they end at."""

_HEAD, _BODY, _ANTENNAS = slice(0, 6), 6, slice(7, 9)
_PLACE, _TURN = slice(0, 3), slice(3, 6)
_YAW = 5
_TRUNK = tuple(SMPLX_BODY.index(name) for name in ("spine1", "spine2", "spine3", "neck", "head"))
_COLLARS = tuple(SMPLX_BODY.index(name) - 1 for name in ("left_collar", "right_collar"))
_CHEST = 2  # of _TRUNK
_TO_ROBOT = np.array([(0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)])  # SMPL-X to REP-103
_UPRIGHT = REST_OFFSETS[list(_TRUNK)].sum(axis=0)  # from the pelvis to the head


class ReachyMini:
    """Head, body and antennas of a Reachy Mini that follow a person's body and a robot's face.

    It has what ``driver.Driver`` drives.

    Args:
        robot_map: Its map, for the limits (config/robots/reachy_mini.yaml).
        rate: Commands a second; of a step whose elapsed time is unknown.

    Attributes:
        limits: Of ``JOINTS``.
        rest_position: (9,) where it comes to rest.
        speed: Share of the fastest speed that is used, 0..1; may be set at any time.

    Raises:
        ModelError: The map lacks a limit.
    """

    def __init__(self, robot_map: RobotMap, rate: float = 60.0) -> None:
        self.limits = _limits(robot_map)
        self.rest_position = np.array([robot_map.rest.get(name, 0.0) for name in JOINTS])
        self.speed = 1.0
        self._rate = rate
        self._antennas = Antennas()
        self._gaze, self._affect = np.zeros(2), np.zeros(2)
        self._eyes = np.zeros(2)
        self._round = 0.0  # turn of the body that is followed
        self.begin({})

    @property
    def names(self) -> tuple[str, ...]:
        """The joints of every command."""
        return self.limits.names

    @property
    def goal(self) -> np.ndarray:
        """Positions (9,) that the joints follow within their limits."""
        return self._goal

    @property
    def command(self) -> JointCommand:
        """The last command."""
        at = self._limiter
        return JointCommand(self.names, within(at.position, self.limits), at.velocity.copy(),
                            at.acceleration.copy())

    def show_face(self, gaze: np.ndarray, valence: float, arousal: float) -> None:
        """Take what the face shows.

        Args:
            gaze: (2,) of the eyes in the head, azimuth (left positive) and elevation, radians.
            valence: Of the face, -1..1.
            arousal: Likewise.
        """
        if np.isfinite(gaze).all():
            self._gaze = np.clip(gaze, -1.0, 1.0)
        if math.isfinite(valence) and math.isfinite(arousal):
            self._affect = np.clip([valence, arousal], -1.0, 1.0)

    def begin(self, positions: Mapping[str, float], slowly: bool = True) -> None:
        """Start from where it is; it goes to the first pose slowly.

        Args:
            positions: By joint; one that is not named is taken to be at rest.
            slowly: Whether it begins slowly; not where it stands in the first pose already.
        """
        start = np.array([positions.get(name, at) for name, at in
                          zip(JOINTS, self.rest_position, strict=True)])
        self._limiter = Limiter(self.limits, np.nan_to_num(start))
        self._goal = self._shown = self._limiter.position.copy()
        self._round = float(self._shown[_BODY])
        self._turn = float(self._shown[_YAW]) + self._round  # of the head in the world
        self._goal_velocity = np.zeros(len(JOINTS))
        self._followed = 0.0 if slowly else BEGIN_TIME

    def step(self, pose: BodyPose | None, elapsed: float) -> JointCommand:
        """Return what is to be done next.

        Args:
            pose: The body to be shown now; None or one with nan holds the last.
            elapsed: Seconds since the last call; a gap is taken as ``Retargeter.step`` does.
        """
        dt = self._time(elapsed)
        if dt is None:
            return self.command
        if pose is not None and np.isfinite(pose.body_pose).all() and (
                np.isfinite(pose.global_orient).all()):
            self._eyes += min(1.0, dt / EYES_TIME) * (self._gaze - self._eyes)
            self._goal = self.goal_of(pose, dt)
            valence, arousal = self._affect.tolist()
            right, left = self._antennas.step(valence, arousal, dt)
            self._goal[_ANTENNAS] = -right, left
        self._followed = min(self._followed + dt, BEGIN_TIME)
        share = BEGIN_SPEED + (1 - BEGIN_SPEED) * self._followed / BEGIN_TIME
        return self._towards(self._goal, dt, share)

    def rest(self, elapsed: float) -> JointCommand:
        """Return what is to be done next on the way to rest."""
        dt = self._time(elapsed)
        if dt is None:
            return self.command
        self._goal, self._followed = self.rest_position.copy(), 0.0
        return self._towards(self._goal, dt, REST_SPEED)

    def goal_of(self, pose: BodyPose, elapsed: float = math.inf) -> np.ndarray:
        """Return where the joints (9,) are to be for a body and the eyes; antennas as they are.

        Args:
            pose: The body.
            elapsed: Seconds since the last call; the body comes round in some time.
        """
        turns, way = _trunk(pose)
        goal = self._goal.copy()
        roll, pitch, yaw = _angles(turns[-1])
        chest = _angles(turns[_CHEST])[2]
        yaw += EYES_SHARE * float(self._eyes[0])
        pitch -= EYES_SHARE * float(self._eyes[1])  # up is negative about the left
        away = yaw - chest
        body = chest + math.copysign(max(0.0, abs(away) - BODY_FOLLOWS), away)
        self._round += min(1.0, elapsed / BODY_TIME) * (body - self._round)
        goal[_BODY] = np.clip(self._round, self.limits.lower[_BODY], self.limits.upper[_BODY])
        lift = float(pose.body_pose[_COLLARS[0], 2] - pose.body_pose[_COLLARS[1], 2]) / 2.0
        gain, most = SHOULDER_RISE
        goal[:3] = LEAN_SHARE * way
        goal[2] += most * math.tanh(gain * lift / most)
        goal[3:6] = roll, pitch, yaw - goal[_BODY]
        return eased(goal, self.limits)

    def _towards(self, goal: np.ndarray, dt: float, share: float) -> JointCommand:
        share *= min(max(self.speed, 0.0), 1.0) if math.isfinite(self.speed) else 0.0
        limiter, target = self._limiter, goal.copy()
        # Until the body has come round, the head turns the more against it.
        turn = float(goal[_YAW] + goal[_BODY])
        target[_YAW] = turn - float(limiter.position[_BODY])
        velocity = (goal - self._shown) / dt
        velocity[_YAW] = (turn - self._turn) / dt - float(limiter.velocity[_BODY])
        self._shown, self._turn = goal.copy(), turn
        # A goal that jumps is no movement to keep up with.
        fast = np.abs(velocity) > 2 * self.limits.velocity
        self._goal_velocity = np.where(fast, 0.0, 0.5 * (self._goal_velocity + velocity))
        target = np.clip(target, self.limits.lower, self.limits.upper)
        limiter.move(limiter.next_velocity(target, self._goal_velocity, dt, share), dt)
        return self.command

    def _time(self, elapsed: float) -> float | None:
        """Return the seconds to go on for, or None: no time has passed, or too much."""
        if not math.isfinite(elapsed):
            elapsed = 1 / self._rate
        if elapsed < 1e-4:
            return None
        if elapsed > LONGEST_GAP:
            self._limiter.coast(elapsed)
            self._goal_velocity[:] = 0.0
            self._followed = 0.0
            return None
        return elapsed


def within(joints: np.ndarray, limits: Limits) -> np.ndarray:
    """Return joints (9,) whose head is one that the platform reaches.

    The limits of the head's joints, each its own to either side, are the half axes of an ellipsoid
    of turns and one of places. A turn stays within ``FARTHEST`` of the way to the first's surface,
    in its own direction; one that is r of the way there leaves 1 - r^2 of the second for the place,
    so that more turn takes place away evenly.
    """
    return _bounded(joints, limits, lambda turn: min(turn, FARTHEST))


def eased(joints: np.ndarray, limits: Limits) -> np.ndarray:
    """Return joints (9,) as ``within``, where turns beyond ``EASES`` become ever smaller.

    So a movement beyond what the platform reaches is seen as a smaller one, and does not stop.
    """
    rest = FARTHEST - EASES
    return _bounded(joints, limits, lambda turn: turn if turn <= EASES else (
        EASES + rest * math.tanh((turn - EASES) / rest)))


def _bounded(joints: np.ndarray, limits: Limits, bound: Callable[[float], float]) -> np.ndarray:
    head = joints[_HEAD]
    shares = head / np.where(head > 0, limits.upper[_HEAD], limits.lower[_HEAD])
    place, turn = float(np.linalg.norm(shares[_PLACE])), float(np.linalg.norm(shares[_TURN]))
    inside, bounded = joints.copy(), bound(turn)
    if turn > bounded:
        inside[_TURN] *= bounded / turn
    room = 1.0 - bounded * bounded
    if place > room:
        inside[_PLACE] *= room / place
    return inside


def head_matrix(joints: np.ndarray) -> np.ndarray:
    """Return the pose (4, 4) of the head in the robot's base, as the SDK takes it, of joints (9,).

    Its origin is the head's neutral place, its turn Rz(yaw) Ry(pitch) Rx(roll), with the body's.
    """
    matrix = np.eye(4)
    roll, pitch = joints[3:5].tolist()
    yaw = float(joints[_YAW] + joints[_BODY])
    matrix[:3, :3] = about_axis(2, yaw) @ about_axis(1, pitch) @ about_axis(0, roll)
    matrix[:3, 3] = joints[:3]
    return matrix


def _trunk(pose: BodyPose) -> tuple[np.ndarray, np.ndarray]:
    """Return how spine1 .. head are turned (5, 3, 3), and the head's way (3,) from upright, m.

    Both in the robot's axes and against where the pelvis faces.
    """
    turn = exponential(np.asarray(pose.global_orient, float))
    facing = to_base(turn).T
    place, turns = np.zeros(3), []
    for joint in _TRUNK:
        place = place + turn @ REST_OFFSETS[joint]
        turn = turn @ exponential(np.asarray(pose.body_pose[joint - 1], float))
        turns.append(facing @ turn @ _TO_ROBOT.T)
    return np.array(turns), facing @ place - _TO_ROBOT @ _UPRIGHT


def _angles(turn: np.ndarray) -> tuple[float, float, float]:
    """Return roll, pitch and yaw, radians, of Rz(yaw) Ry(pitch) Rx(roll)."""
    return (math.atan2(turn[2, 1], turn[2, 2]), -math.asin(min(max(float(turn[2, 0]), -1.0), 1.0)),
            math.atan2(turn[1, 0], turn[0, 0]))


def _limits(robot_map: RobotMap) -> Limits:
    rows = []
    for name in JOINTS:
        given = robot_map.limits.get(name)
        row = () if given is None else (given.lower, given.upper, given.velocity,
                                        given.acceleration)
        if not row or not all(map(math.isfinite, row)) or not row[0] < 0.0 < row[1]:
            raise ModelError(
                f"The map {robot_map.path} has limits {name}: {given}, wanted a lower below 0, an"
                " upper above it, a velocity and an acceleration, as in"
                " config/robots/reachy_mini.yaml.")
        rows.append(row)
    return Limits(JOINTS, *np.array(rows, float).T.copy())
