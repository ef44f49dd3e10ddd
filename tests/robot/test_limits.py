"""No joint ever leaves its range, its speed or its acceleration, whatever is asked."""

from __future__ import annotations

import numpy as np
import pytest

from kinesics_core.robot.command import JointCommand
from kinesics_core.robot.limits import Limiter, Limits, braking_tail
from kinesics_core.robot.trajectory import trajectory_points

N = 2000


@pytest.fixture
def limits():
    rng = np.random.default_rng(3)
    lower = rng.uniform(-3, 0, N)
    return Limits(tuple(f"j{i}" for i in range(N)), lower, lower + rng.uniform(0.02, 5, N),
                  rng.uniform(0.05, 10, N), rng.uniform(0.5, 60, N))


def test_two_thousand_joints_stay_within_their_limits_for_any_targets_and_any_rate(limits):
    rng = np.random.default_rng(4)
    limiter = Limiter(limits, rng.uniform(limits.lower, limits.upper))
    for _ in range(300):
        dt = float(rng.choice([1e-3, 1 / 200, 1 / 60, 1 / 30, 0.1]))
        target = rng.uniform(limits.lower - 2, limits.upper + 2)
        moving = rng.normal(0, 20, N) * (rng.random(N) < 0.3)
        before = limiter.position.copy(), limiter.velocity.copy()
        velocity = limiter.next_velocity(target, moving, dt, float(rng.choice([0.1, 1.0])))
        limiter.move(velocity, dt)
        assert (limiter.position >= limits.lower).all()
        assert (limiter.position <= limits.upper).all()
        assert (np.abs(limiter.velocity) <= limits.velocity * (1 + 1e-9)).all()
        change = np.abs(limiter.velocity - before[1])
        assert (change <= limits.acceleration * dt * (1 + 1e-9)).all()
        # It moves as it says: nothing was cut off at the end of the range.
        np.testing.assert_allclose(limiter.position, before[0] + velocity * dt, atol=1e-9)


def test_the_braking_tail_of_every_command_ends_within_the_range(limits):
    rng = np.random.default_rng(5)
    limiter = Limiter(limits, rng.uniform(limits.lower, limits.upper))
    for _ in range(200):
        target = np.where(rng.random(N) < 0.5, limits.lower - 1, limits.upper + 1)
        limiter.move(limiter.next_velocity(target, np.zeros(N), 1 / 60), 1 / 60)
        end, velocity = braking_tail(limiter.position, limiter.velocity, limits, 1e3)
        assert (velocity == 0).all()
        assert (end >= limits.lower - 1e-9).all() and (end <= limits.upper + 1e-9).all()
        assert_brakes_no_harder_than_it_may(limiter)


def assert_brakes_no_harder_than_it_may(limiter):
    soon = braking_tail(limiter.position, limiter.velocity, limiter.limits, 1e-3)[1]
    change = np.abs(soon - limiter.velocity)
    assert (change <= limiter.limits.acceleration * 1e-3 * (1 + 1e-6) + 1e-9).all()


def test_a_target_that_stands_is_reached_and_not_overshot(limits):
    limiter = Limiter(limits, (limits.lower + limits.upper) / 2)
    target = limits.lower + 0.9 * (limits.upper - limits.lower)
    for _ in range(6000):
        limiter.move(limiter.next_velocity(target, np.zeros(N), 1 / 60), 1 / 60)
        assert (limiter.position <= target + 1e-9).all()
    np.testing.assert_allclose(limiter.position, target, atol=2e-3)


def test_a_trajectory_stands_at_its_end_and_brakes_evenly(limits):
    rng = np.random.default_rng(6)
    velocity = rng.uniform(-1, 1, N) * limits.velocity
    command = JointCommand(limits.names, (limits.lower + limits.upper) / 2, velocity, velocity * 0)
    wide = Limits(limits.names, limits.lower - 100, limits.upper + 100, limits.velocity,
                  limits.acceleration)
    times, positions, velocities = trajectory_points(command, wide)
    assert len(times) >= 3 and (velocities[-1] == 0).all()
    np.testing.assert_allclose(np.diff(times), times[0])
    decelerations = np.diff(velocities, axis=0) / times[0]
    assert (np.abs(decelerations) <= limits.acceleration * (1 + 1e-9)).all()
    # Position is the integral of a velocity that is straight between the points.
    np.testing.assert_allclose(np.diff(positions, axis=0),
                               (velocities[1:] + velocities[:-1]) / 2 * times[0], atol=1e-9)


def test_a_slow_command_has_three_points(limits):
    still = JointCommand(limits.names, limits.lower, np.zeros(N), np.zeros(N))
    times, _, velocities = trajectory_points(still, limits)
    np.testing.assert_allclose(times, [1 / 30, 2 / 30, 3 / 30])
    assert (velocities == 0).all()


def test_after_a_gap_of_any_length_the_tail_is_the_rest_of_the_one_before(limits):
    """Joints that are stopped by their range were told when to stand; a gap does not delay it."""
    rng, ended = np.random.default_rng(5), 0
    for _ in range(60):
        limiter = Limiter(limits, rng.uniform(limits.lower, limits.upper))
        target = np.where(rng.random(N) < 0.5, limits.lower - 1, limits.upper + 1)
        for _ in range(int(rng.integers(5, 120))):
            limiter.move(limiter.next_velocity(target, np.zeros(N), 1 / 60), 1 / 60)
        end = braking_tail(limiter.position, limiter.velocity, limits, 1e3)[0]
        before = limiter.velocity.copy()
        elapsed = float(rng.uniform(0.1, 0.25))
        limiter.coast(elapsed)
        assert (np.abs(before - limiter.velocity) <= limits.acceleration * elapsed + 1e-9).all()
        assert_brakes_no_harder_than_it_may(limiter)
        for after in (*np.arange(1, 8) / 30, 1e3):
            place, velocity = braking_tail(limiter.position, limiter.velocity, limits, after)
            assert (place >= limits.lower - 1e-9).all() and (place <= limits.upper + 1e-9).all()
        ended += int((np.abs(np.where(target > 0, limits.upper, limits.lower) - end) < 1e-3).sum())
        # Going on, it brakes no harder than it may.
        for _ in range(20):
            limiter.move(limiter.next_velocity(target, np.zeros(N), 1 / 60), 1 / 60)
            assert (np.abs(limiter.acceleration) <= limits.acceleration * (1 + 1e-9)).all()
            assert (limiter.position >= limits.lower).all()
            assert (limiter.position <= limits.upper).all()
    assert ended > 5
