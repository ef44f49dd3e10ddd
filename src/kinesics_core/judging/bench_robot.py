"""``kinesics bench robot``: how fast, how near and how safely robots show what people do.

- ``robot.retarget_mean_ms``, ``_p99_ms``: one step for the 14 arm joints of the G1, from a body's
  pose to a command; processor time of the thread, so that other programs do not count. Beside
  pink with daqp, which follows the orientations of the same six links.
- ``robot.kinematic_deg.ROBOT``: median angle between links and targets that the robot can reach (it
  stood so itself: random joint positions, smoothly connected), without limits of speed.
- ``robot.direction_deg.ROBOT``, ``robot.direction_p90_deg.ROBOT``: the same at the commands, of
  motions within the robot's speed and acceleration.
- ``robot.arousal_order.ROBOT``: of all pairs of emotions, the share whose order by quantity of
  motion is that of the person who performs them.
- ``robot.limit_violations``: steps of a fuzzer out of bounds; a thousand steps a second of
  ``--duration``, spread over the robots.
- ``robot.seen_acceleration``: largest acceleration of a joint_trajectory_controller's cubic
  interpolation at 300 Hz, over the stream's own at 60 Hz.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from kinesics_core import bench, extras
from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.body.arm_poses import AT_EASE, HELD_OPEN, ON_HIP, arm_rotations, arm_vector
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.body_performance import perform_body
from kinesics_core.expression.performance import PerformanceConfig
from kinesics_core.expression.request import ExpressionRequest, resolve
from kinesics_core.robot.fuzz import fuzz
from kinesics_core.robot.limits import Limits
from kinesics_core.robot.model import RobotModel
from kinesics_core.robot.offline import RATE, body_of, settle
from kinesics_core.robot.retarget import Retargeter
from kinesics_core.robot.robot_map import RobotMap
from kinesics_core.robot.trajectory import trajectory_points
from kinesics_core.rotations import logarithm, mirrored
from kinesics_core.skeletons import SMPLX_BODY
from kinesics_core.types import BodyPose

ROBOTS = ("g1", "talos", "romeo", "icub", "tiago_pro", "pepper", "nao")
"""Robots that are measured; one whose description cannot be had is left out."""

GOALS = {"g1": "<= 1", "talos": "<= 1", "romeo": "<= 3"}
"""Goal of the kinematic error."""

ARMS = r"(left|right)_(shoulder|elbow|wrist)_.*|(left|right)_elbow_joint"
"""The G1's 14 arm joints."""

_SECONDS = 20.0  # of a motion
_KNOT = 1.2  # seconds from a random pose to the next
_STEPS = 3000
_UPDATES = 5  # of a controller from one message to the next: 300 Hz


def run(args: argparse.Namespace) -> list[bench.Result]:
    """Measure everything."""
    extras.require("robot", "This bench")
    results = timings()
    performances = [performance(emotion) for emotion in EMOTIONS]
    violations, steps = 0, round(1000 * args.duration)
    robots = _robots()
    for name, robot in robots.items():
        results.append(bench.result(
            f"robot.kinematic_deg.{name}", kinematic_error(robot), "deg", GOALS.get(name)))
        errors = direction_errors(robot)
        results += [
            bench.result(f"robot.direction_deg.{name}", float(np.median(errors)), "deg", "<= 5"),
            bench.result(f"robot.direction_p90_deg.{name}", float(np.percentile(errors, 90)),
                         "deg", "<= 15"),
            bench.result(f"robot.arousal_order.{name}", order_kept(robot, performances), "share",
                         ">= 0.9")]
        violations += fuzz(robot, max(1, steps // len(robots))).all
    results += [
        bench.result("robot.limit_violations", violations, f"in {steps} steps", "<= 0"),
        bench.result("robot.seen_acceleration", seen_acceleration(robots["g1"]),
                     "of the stream's", "<= 1.1")]
    return results


def _robots() -> dict[str, Retargeter]:
    found = {}
    for name in ROBOTS:
        try:
            found[name] = Retargeter(RobotModel.load(name), RobotMap.load(name))
        except KinesicsError:
            if name in GOALS:
                raise
    return found


def timings() -> list[bench.Result]:
    """Measure a step for 14 arm joints, ours and pink's."""
    model, robot_map = RobotModel.load("g1"), RobotMap.load("g1")
    parts = {part: link for part, link in robot_map.links.items()
             if part.endswith(("upper_arm", "forearm", "hand"))}
    robot = Retargeter(model, replace(robot_map, joints=(ARMS,), links=parts, hands={}))
    poses = waving()
    settle(robot, poses[0])
    ours = clocked(lambda pose: robot.step(pose, 1 / RATE), poses)
    peer = None
    if not extras.missing("robot-peer"):
        peer = float(np.mean(clocked(_pink(robot), poses)))
    return [
        bench.result("robot.retarget_mean_ms", float(np.mean(ours)), "ms", "<= 0.15",
                     "pink + daqp" if peer is not None else None, peer),
        bench.result("robot.retarget_p99_ms", float(np.percentile(ours, 99)), "ms", "<= 0.5"),
        bench.result("robot.pink_ms", peer, "ms")]


def clocked(step: Callable[[BodyPose], object], poses: list[BodyPose]) -> np.ndarray:
    """Return the processor time (T,) of each step, ms; the first hundred are warming up."""
    spent = []
    for pose in poses:
        start = time.thread_time()
        step(pose)
        spent.append(1e3 * (time.thread_time() - start))
    return np.array(spent[100:])


def _pink(robot: Retargeter) -> Callable[[BodyPose], object]:
    """Return what moves the same six links with pink and daqp.

    It follows orientations, which it is made for, so its targets are those of our links at the
    goal.
    """
    import pink
    import pinocchio

    kinematics = robot.solver.kinematics
    configuration = pink.Configuration(kinematics, kinematics.createData(),
                                       robot.solver.position.copy())
    own = kinematics.createData()
    tasks = {robot.map.links[part].link: pink.tasks.FrameTask(
        robot.map.links[part].link, position_cost=0.0, orientation_cost=1.0)
        for part in robot.parts}
    random = np.random.default_rng(0)
    targets = smooth_positions(robot.solver.limits, random, _STEPS / RATE)
    count = iter(range(10 * _STEPS))

    def step(pose: BodyPose) -> None:
        pinocchio.framesForwardKinematics(kinematics, own, targets[next(count) % len(targets)])
        for link, task in tasks.items():
            task.set_target(own.oMf[kinematics.getFrameId(link)].copy())
        velocity = pink.solve_ik(configuration, list(tasks.values()), 1 / RATE, solver="daqp")
        configuration.integrate_inplace(velocity, 1 / RATE)

    return step


def waving() -> list[BodyPose]:
    """Return a body whose arms go from pose to pose, a few seconds each."""
    knots = [_arms(pose) for pose in (AT_EASE, HELD_OPEN, ON_HIP, AT_EASE)]
    times = np.arange(_STEPS) / RATE
    poses = []
    for moment in times:
        index, share = int(moment / 3.0), (moment / 3.0) % 1.0
        share = share * share * (3 - 2 * share)
        poses.append(body_of((1 - share) * knots[index % 4] + share * knots[(index + 1) % 4]))
    return poses


def _arms(pose: object) -> np.ndarray:
    rotations = np.zeros((22, 3))
    shoulder, elbow, wrist = arm_rotations(arm_vector(pose))  # type: ignore[arg-type]
    for part, turn in (("shoulder", logarithm(shoulder)), ("elbow", elbow), ("wrist", wrist)):
        rotations[SMPLX_BODY.index(f"left_{part}")] = turn
        rotations[SMPLX_BODY.index(f"right_{part}")] = mirrored(turn)
    return rotations


def smooth_positions(limits: Limits, random: np.random.Generator, seconds: float) -> np.ndarray:
    """Return joint positions (T, N) at ``RATE`` that go smoothly from random pose to random pose.

    They use nine tenths of the range.
    """
    half = 0.45 * (limits.upper - limits.lower)
    knots = (limits.lower + limits.upper) / 2 + half * random.uniform(
        -1, 1, (int(seconds / _KNOT) + 2, len(limits.names)))
    moment = np.arange(int(seconds * RATE)) / RATE / _KNOT
    index = moment.astype(int)
    share = (moment - index)[:, None]
    share = share**3 * (10 - 15 * share + 6 * share * share)
    return knots[index] + (knots[index + 1] - knots[index]) * share


def kinematic_error(robot: Retargeter) -> float:
    """Return the median angle, degrees, to directions in which the robot itself has stood."""
    solver, errors = robot.solver, []
    kept, solver.checker = solver.checker, None  # the random poses may touch themselves
    for seed in range(3):
        positions = smooth_positions(solver.limits, np.random.default_rng(seed), _SECONDS)
        solver.position = positions[0].copy()
        for position in positions:
            wanted = solver.directions(position)
            reached = solver.directions(solver.step(wanted))
            errors.append(_degrees(wanted, reached))
    solver.checker = kept
    return float(np.median(errors))


def direction_errors(robot: Retargeter) -> np.ndarray:
    """Return the angles (T, K), degrees, at the commands of motions within the robot's speed."""
    solver, known, errors = robot.solver, robot.solver.limits, []
    guard, robot.guard = robot.guard, None
    kept, solver.checker = solver.checker, None
    for seed in range(3):
        positions = smooth_positions(known, np.random.default_rng(seed), _SECONDS)
        speed = np.abs(np.diff(positions, axis=0)) * RATE / known.velocity
        change = np.abs(np.diff(positions, 2, axis=0)) * RATE**2 / known.acceleration
        slower = max(1.0, 1.1 * float(speed.max()), 1.1 * float(np.sqrt(change.max())))
        moment = np.arange(int((len(positions) - 1) * slower)) / slower
        index = moment.astype(int)
        share = (moment - index)[:, None]
        positions = positions[index] + share * (positions[index + 1] - positions[index])
        robot.begin(dict(zip(known.names, positions[0], strict=True)), slowly=False)
        for position in positions:
            wanted = solver.directions(position)
            command = robot.follow(wanted, 1 / RATE)
            errors.append(_degrees(wanted, solver.directions(robot.following(command.position))))
    robot.guard, solver.checker = guard, kept
    return np.array(errors)


def _degrees(wanted: np.ndarray, reached: np.ndarray) -> np.ndarray:
    return np.degrees(np.arccos(np.clip(np.einsum("ki,ki->k", wanted, reached), -1.0, 1.0)))


def performance(emotion: str) -> np.ndarray:
    """Return an emotion as our body performs it, (T, 22, 3) axis-angle at ``RATE``."""
    request = ExpressionRequest(emotion=emotion)
    frames = perform_body(resolve(request), request, PerformanceConfig(seconds=8.0, rate=RATE)
                          ).frames
    return np.concatenate([frames.global_orient[:, None], frames.body_pose.reshape(-1, 21, 3)],
                          axis=1).astype(float)


def order_kept(robot: Retargeter, performances: list[np.ndarray]) -> float:
    """Return the share of pairs of emotions that the robot orders as the person does.

    Both by their quantity of motion: mean angular speed of the parts that the robot follows.
    """
    person, own = [], []
    for frames in performances:
        wanted, shown = [], []
        settle(robot, body_of(frames[0]))
        for frame in frames:
            pose = body_of(frame)
            wanted.append(robot.person.of(pose))
            command = robot.step(pose, 1 / RATE)
            shown.append(robot.solver.directions(robot.following(command.position)))
        person.append(_quantity(np.array(wanted)))
        own.append(_quantity(np.array(shown)))
    pairs = [(one, other) for one in range(len(own)) for other in range(one)
             if abs(person[one] - person[other]) > 0.1 * max(person[one], person[other])]
    kept = [(person[one] - person[other]) * (own[one] - own[other]) > 0 for one, other in pairs]
    return float(np.mean(kept))


def _quantity(directions: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(directions, axis=0), axis=-1).mean() * RATE)


def seen_acceleration(robot: Retargeter) -> float:
    """Return the largest acceleration inside a controller over the stream's own largest.

    The controller replaces its trajectory with each message and begins at its own desired state
    (``interpolate_from_desired_state``); between points it is a cubic, as
    joint_trajectory_controller's.
    """
    poses = waving()[:1200]
    settle(robot, poses[0])
    commands = [robot.step(pose, 1 / RATE) for pose in poses]
    own = max(float(np.abs(command.acceleration).max()) for command in commands)
    position, velocity, seen = commands[0].position, commands[0].velocity, 0.0
    for command in commands:
        times, positions, velocities = trajectory_points(command, robot.limits)
        start, end = (position, velocity), (positions[0], velocities[0])
        for moment in np.arange(1, _UPDATES + 1) / (RATE * _UPDATES):
            position, velocity, acceleration = _cubic(start, end, float(times[0]), moment)
            seen = max(seen, float(np.abs(acceleration).max()))
    return seen / own


def _cubic(
    start: tuple[np.ndarray, np.ndarray], end: tuple[np.ndarray, np.ndarray], span: float,
    moment: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return position, velocity and acceleration of the cubic between two states."""
    (p, v), (q, w) = start, end
    a = (3 * (q - p) / span - 2 * v - w) / span
    b = (v + w - 2 * (q - p) / span) / span**2
    return (p + moment * (v + moment * (a + moment * b)), v + moment * (2 * a + 3 * moment * b),
            2 * a + 6 * moment * b)
