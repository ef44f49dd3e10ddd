"""Feet that stand do not move, legs are two links with a knee, bodies in the air fall."""

import numpy as np
import pytest

from kinesics_core.synthesis.footwork import (
    GRAVITY,
    Step,
    StepShape,
    ankles,
    flight,
    gait,
    lift_heels,
    reachable_height,
    smooth,
    solve_legs,
)

TIMES = np.arange(300) / 30.0


def test_a_foot_moves_during_its_step_only():
    paths = ankles(TIMES, np.array([[0.1, 0.0], [-0.1, 0.0]]),
                   [Step(0, 2.0, 2.5, (0.3, 0.6), 0.1)], 0.07)
    assert np.all(paths[:, 1] == (-0.1, 0.07, 0.0))
    assert np.all(paths[TIMES <= 2.0, 0] == (0.1, 0.07, 0.0))
    assert np.allclose(paths[TIMES > 2.51, 0], (0.3, 0.07, 0.6))
    assert paths[:, 0, 1].max() == pytest.approx(0.17, abs=0.005)


def test_legs_are_solved_to_the_angles_they_were_posed_with():
    rng = np.random.default_rng(0)
    thigh, shin = 0.43, 0.40
    swing, flexion = rng.uniform(-0.8, 1.2, (50, 2)), rng.uniform(0.1, 2.0, (50, 2))
    down = np.stack([0 * swing, -np.cos(swing), np.sin(swing)], axis=-1)
    hips = rng.normal(size=(50, 2, 3))
    knees = hips + thigh * down
    lower = swing - flexion  # the shin turns backward
    feet = knees + shin * np.stack([0 * lower, -np.cos(lower), np.sin(lower)], axis=-1)
    # Any direction on the front side of the leg will do for the knee's.
    forward = np.stack([0 * swing, np.sin(swing - 0.2), np.cos(swing - 0.2)], axis=-1)
    got_knees, got_feet = solve_legs(hips, feet, forward, thigh, shin)
    assert np.allclose(got_knees, knees, atol=1e-6)
    assert np.allclose(got_feet, feet, atol=1e-6)


def test_a_foot_out_of_reach_stretches_the_leg_and_keeps_its_length():
    hips, feet = np.zeros((1, 2, 3)), np.full((1, 2, 3), (0.0, -2.0, 0.0))
    knees, ends = solve_legs(hips, feet, np.full((1, 2, 3), (0.0, 0.0, 1.0)), 0.4, 0.4)
    assert np.allclose(np.linalg.norm(knees - hips, axis=-1), 0.4)
    assert np.allclose(np.linalg.norm(ends - knees, axis=-1), 0.4)


def test_pelvis_and_heels_make_room_for_a_long_step():
    hips = np.zeros((40, 2, 3))
    feet = np.zeros((40, 2, 3))
    feet[:, 0, 2] = 0.35 * np.sin(np.arange(40) / 6.0)
    height = reachable_height(hips, feet, 0.8)
    assert np.all(height**2 + feet[:, 0, 2] ** 2 <= 0.8**2)
    hips[:, :, 1] = 0.78
    raised = lift_heels(hips, feet, 0.8)
    assert np.all(np.linalg.norm(raised - hips, axis=-1) < 0.8)
    assert np.all(raised[..., [0, 2]] == feet[..., [0, 2]])
    assert raised[:, 1, 1].max() < 0.03  # within reach: hardly touched


@pytest.mark.parametrize("running, speed", [(False, 0.7), (False, 1.4), (True, 2.6)])
def test_steps_carry_the_body_as_far_as_it_goes(running, speed):
    walk = gait(TIMES, np.full(300, speed), np.zeros(300), (0.0, 0.0),
                StepShape(length=0.62, width=0.1, running=running, lift=0.12))
    assert walk.path[-1, 1] == pytest.approx(10.0 * speed)
    landed = np.array([step.to for step in walk.steps[2:-2]])
    assert np.diff(landed[:, 1]).mean() == pytest.approx(0.62 * np.sqrt(speed / 1.2), rel=0.05)
    assert [step.foot for step in walk.steps[:4]] == [1, 0, 1, 0]
    assert all(abs(step.to[0] - (0.05 if step.foot == 0 else -0.05)) < 1e-9 for step in walk.steps)


def test_who_stops_puts_both_feet_down():
    speed = np.where(TIMES < 5.0, 1.2, 0.0)
    walk = gait(TIMES, speed, np.zeros(300), (0.0, 0.0),
                StepShape(length=0.62, width=0.1, running=False, lift=0.12))
    feet = ankles(TIMES, np.zeros((2, 2)), walk.steps, 0.07)
    assert np.all(np.abs(np.diff(feet[TIMES > 6.5], axis=0)) < 1e-9)
    assert np.abs(feet[-1, :, 2] - walk.path[-1, 1]).max() < 0.35


def test_a_jump_is_free_fall():
    height = flight(TIMES, [(1.0, 0.2)])
    assert height.max() == pytest.approx(0.2, abs=0.003)
    assert height[1.0 + 2 * np.sqrt(2 * 0.2 / GRAVITY) < TIMES].max() == 0.0
    inside = slice(33, 40)
    assert np.allclose(np.diff(height[inside], 2) * 900, -GRAVITY)


def test_smoothing_keeps_a_straight_line_and_the_length():
    line = np.linspace(0.0, 1.0, 60)[:, None]
    assert np.allclose(smooth(line, 3.0, 9)[9:-9], line[9:-9])
    assert len(smooth(line, 3.0, 9)) == 60
