"""The body of what is asked for: gestures that are started and given up, progress, no jumps."""

from __future__ import annotations

import numpy as np
import pytest

from kinesics_core.affect.emotions import ANGER, FEAR, HAPPINESS, NEUTRAL, SADNESS
from kinesics_core.expression.animator import Animator
from kinesics_core.expression.body_animator import JOINT_SPEED
from kinesics_core.expression.gestures import ROBOT_GESTURES
from kinesics_core.expression.request import ExpressionRequest, resolve
from kinesics_core.rotations import exponential, logarithm
from kinesics_core.skeletons import SMPLX_BODY

RATE = 60.0
SHOULDER = SMPLX_BODY.index("right_shoulder") - 1
HEAD = [SMPLX_BODY.index(name) - 1 for name in ("neck", "head")]
LEGS = [index for index, name in enumerate(SMPLX_BODY[1:])
        if any(part in name for part in ("hip", "knee", "ankle", "foot"))]


class Recorded:
    """An animator, and the bodies it has shown."""

    def __init__(self, seed=0):
        self.animator, self.time, self.bodies = Animator(seed), 0.0, []
        self.run(0.5)

    def run(self, seconds):
        for _ in range(round(seconds * RATE)):
            self.bodies.append(self.animator.step(round(self.time * 1e9))[1])
            self.time += 1.0 / RATE

    def poses(self):
        return np.array([body.body_pose for body in self.bodies], float)

    def raised(self):
        """Radians of the right shoulder's turn from the first frame, now."""
        pose = self.poses()[:, SHOULDER]
        return float(np.linalg.norm(pose[-1] - pose[0]))


def test_a_gesture_that_is_asked_for_is_made_and_ends():
    robot = Recorded()
    number = robot.animator.express(NEUTRAL, 0.0, 1.0, "wave")
    robot.run(0.9)
    assert robot.raised() > 0.8
    assert robot.animator.progress(number).phase == "apex", "time is not up"
    robot.run(0.6)
    assert robot.animator.progress(number).phase == "offset", "the gesture is still made"
    robot.run(3.0)
    assert robot.raised() < 0.15 and robot.animator.progress(number).phase == "over"


def test_a_gesture_is_made_by_the_hand_and_as_large_as_asked():
    robots = {}
    for side, intensity in (("right", 1.0), ("right", 0.0), ("left", 1.0)):
        robot = robots[side, intensity] = Recorded()
        request = ExpressionRequest(emotion=NEUTRAL, intensity=0.0, duration=3.0, gesture="wave",
                                    gesture_side=side, gesture_intensity=intensity)
        robot.animator.show(resolve(request), request)
        robot.run(0.9)
    full, faint, other = (robots[key].raised() for key in robots)
    assert full > 0.8 and 0.2 < faint < 0.8 * full and other < 0.2


@pytest.mark.parametrize("how", ["released", "replaced"])
def test_a_gesture_is_given_up_with_what_it_came_with(how):
    robot, kept = Recorded(), Recorded()
    for one in (robot, kept):
        number = one.animator.express(HAPPINESS, 0.3, 10.0, "wave")
        one.run(1.0)
    if how == "released":
        robot.animator.release(number)
    else:
        robot.animator.express(NEUTRAL, 0.0, 10.0)
    robot.run(0.8)
    kept.run(0.8)
    assert kept.raised() > 0.8, "else it goes on"
    robot.run(0.8)
    assert robot.raised() < 0.4


def test_a_gesture_of_the_newer_takes_the_place_of_the_older():
    robot = Recorded()
    robot.animator.express(NEUTRAL, 0.0, 10.0, "wave")
    robot.run(0.8)
    robot.animator.express(NEUTRAL, 0.0, 10.0, "shrug")
    robot.run(0.6)
    left = SMPLX_BODY.index("left_collar") - 1
    collars = robot.poses()[:, left, 2]
    assert collars[-1] - collars[0] > 0.1, "both shoulders go up"


def test_progress_waits_for_the_body():
    robot = Recorded()
    number = robot.animator.express(SADNESS, 0.8, 4.0)
    told = []
    for _ in range(round(8.0 * RATE)):
        robot.run(1.0 / RATE)
        told.append(robot.animator.progress(number))
    phases = [progress.phase for progress in told]
    order = ["onset", "apex", "offset", "over"]
    assert phases == sorted(phases, key=order.index) and set(phases) == set(order)
    # The body is at its posture when the apex is told, and has left it when it is over.
    away = np.linalg.norm((robot.poses() - robot.poses()[29])[30:].reshape(len(told), -1), axis=1)
    top = np.median(away[round(3.0 * RATE) : round(4.0 * RATE)])
    assert away[phases.index("apex")] > 0.75 * top
    assert away[phases.index("over")] < 0.3 * top
    seen = [progress.intensity for progress in told if progress.phase != "over"]
    assert max(seen) == pytest.approx(0.8, abs=0.05)
    assert all(0.0 <= value <= 0.8 + 1e-6 for value in seen)


def test_nothing_jumps_whatever_takes_the_place_of_what():
    random = np.random.default_rng(1)
    robot = Recorded(3)
    gestures = ["", *ROBOT_GESTURES]
    for _ in range(40):
        number = robot.animator.express(
            int(random.choice([HAPPINESS, ANGER, FEAR, SADNESS, NEUTRAL])),
            float(random.uniform(0, 1)), 3.0, gestures[random.integers(len(gestures))])
        robot.run(random.uniform(0.05, 1.2))
        if random.uniform() < 0.4:
            robot.animator.release(number)
            robot.run(random.uniform(0.05, 0.8))
    poses = robot.poses()
    steps = np.abs(np.diff(poses, axis=0))
    others = [row for row in range(21) if row not in (*HEAD, *LEGS)]
    assert (steps[:, others] <= JOINT_SPEED[others] / RATE + 1e-6).all()
    # Legs follow the pelvis; the head has its own spring: geodesic, per step of 1/60 s.
    turns = exponential(poses)
    between = np.linalg.norm(
        logarithm(np.swapaxes(turns[:-1], -1, -2) @ turns[1:]), axis=-1)
    assert between[:, HEAD].max() < 5.0 / RATE and between[:, LEGS].max() < 5.0 / RATE
    assert between.max() < 9.0 / RATE
    places = np.array([body.transl for body in robot.bodies], float)
    assert np.linalg.norm(np.diff(places, axis=0), axis=1).max() < 0.8 / RATE
    # Accelerations: what starts or ends within one frame would change the speed by all of it.
    speeds = np.diff(poses, axis=0)[:, others] * RATE
    assert np.abs(np.diff(speeds, axis=0)).max() < 3.5, "rad/s from one frame to the next"
