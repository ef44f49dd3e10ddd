import numpy as np
import pytest

from kinesics_core.affect.emotions import EMOTIONS, FEAR, NEUTRAL, SADNESS, SURPRISE
from kinesics_core.expression.onset import (
    ONSET_RANGE,
    RISE_ACCELERATION,
    RISE_SPEED,
    TIMING,
    Course,
    rise,
)


def test_a_rise_starts_and_ends_at_rest_and_is_the_integral_of_its_bell():
    time = np.linspace(0.0, 1.0, 2001)
    way = np.array([rise(p) for p in time])
    bell = 60.0 * time**2 * (1.0 - time) ** 3
    assert way[0] == 0.0 and way[-1] == 1.0
    assert np.gradient(way, time) == pytest.approx(bell, abs=2e-3)
    assert bell.max() == pytest.approx(RISE_SPEED, abs=1e-5)
    assert time[bell.argmax()] == pytest.approx(0.4)
    assert 0.5 * np.abs(np.diff(np.gradient(bell, time))).sum() == pytest.approx(
        RISE_ACCELERATION, rel=0.01)


def test_sadness_is_slow_and_surprise_fast_and_every_way_back_takes_longer():
    onsets = {emotion: timing.onset for emotion, timing in TIMING.items()}
    assert set(onsets) == set(range(len(EMOTIONS)))
    assert max(onsets, key=onsets.__getitem__) == SADNESS
    assert min(onsets, key=onsets.__getitem__) == SURPRISE and onsets[FEAR] < onsets[NEUTRAL]
    for timing in TIMING.values():  # Hoffmann et al. 2010: .24 to 3.04 s
        assert 0.24 <= timing.onset < timing.offset <= 3.04
    assert ONSET_RANGE[0] <= min(onsets.values())


@pytest.mark.parametrize("duration", [0.3, 1.2])
def test_a_move_from_rest_takes_its_duration_and_rises_all_the_way(duration):
    course = Course(np.array([0.0, 0.8]))
    course.go(5.0, np.array([1.0, 0.2]), duration)
    times = 5.0 + duration * np.linspace(0.0, 1.0, 101)
    values = np.array([course.at(time) for time in times])
    assert (np.diff(values[:, 0]) >= 0.0).all() and (np.diff(values[:, 1]) <= 0.0).all()
    assert values[50, 0] == pytest.approx(rise(0.5))
    assert values[-2, 0] < 1.0
    assert (course.at(5.0 + duration + 1e-9) == [1.0, 0.2]).all() and not course.moving


@pytest.mark.parametrize(("first", "second"), [(1.2, 0.3), (0.3, 1.2), (0.6, 0.6)])
def test_a_new_target_on_the_way_is_reached_in_its_own_time(first, second):
    course = Course(np.zeros(1))
    course.go(0.0, np.ones(1), first)
    when = 0.5 * first
    course.at(when)
    course.go(when, np.full(1, 0.3), second)
    assert course.clock(when + second) - course.clock(when) == pytest.approx(1.0)
    assert course.at(when + second + 1e-6)[0] == 0.3


def test_later_components_lag():
    course = Course(np.zeros(2), np.array([0.0, 0.2]))
    course.go(0.0, np.ones(2), 1.0)
    assert course.at(0.2)[1] == 0.0 < course.at(0.2)[0]
    assert course.at(0.5)[1] == pytest.approx(rise(0.3 / 0.8))
    assert (course.at(1.01) == 1.0).all()


def test_any_sequence_stays_between_its_targets_within_speed_and_acceleration():
    shortest, rate = 0.25, 500
    for seed in range(3):
        rng = np.random.default_rng(seed)
        course, values = Course(np.zeros(20)), []
        for step in range(6 * rate):
            if rng.random() < (0.01, 0.1, 0.4)[seed]:
                target = np.round(rng.random(20))
                course.go(step / rate, target, rng.choice([shortest, 0.5, 1.5]))
            values.append(course.at(step / rate))
        values = np.array(values)
        assert values.min() >= -1e-9 and values.max() <= 1.0 + 1e-9
        pace = 1.0 / (shortest - 0.043)
        assert np.abs(np.diff(values, axis=0)).max() * rate <= RISE_SPEED * pace
        jerked = np.abs(np.diff(values, 2, axis=0)).max() * rate**2
        assert jerked <= RISE_ACCELERATION * pace**2 + RISE_SPEED * RISE_SPEED * pace / 0.1


def test_more_targets_than_it_holds_wait_and_the_last_is_reached():
    course = Course(np.zeros(1))
    for step in range(1000):
        course.go(step / 1000.0, np.full(1, step / 999.0), 1.0)
    for time in np.arange(1.0, 4.0, 0.01):
        course.at(time)
    assert course.at(5.0)[0] == pytest.approx(1.0)


def test_it_does_not_matter_when_it_is_asked():
    def at(times):
        course = Course(np.zeros(1))
        targets = [(0.0, 1.0, 0.5), (0.3, 0.2, 1.2), (0.35, 0.9, 0.3), (2.0, 0.0, None)]
        values = {}
        for time in sorted({*times, *(target[0] for target in targets)}):
            values[time] = float(course.at(time)[0])
            for when, target, duration in targets:
                if when == time:
                    course.go(time, np.full(1, target), duration)
        return values

    coarse, fine = at(np.arange(0, 91) / 30), at(np.arange(0, 301) / 100)
    for time in (0.5, 1.0, 1.5, 2.5, 3.0):
        assert coarse[time] == pytest.approx(fine[time], abs=1e-9)
    assert fine[2.0] == pytest.approx(0.9)


def test_moves_at_a_clock_that_stands_still_do_not_pile_up():
    """A simulation that pauses while answers come: each step would take longer than the last."""
    course = Course(np.zeros(2))
    rng = np.random.default_rng(0)
    course.go(0.0, np.ones(2), 0.5)
    for _ in range(500):
        course.go(0.25, rng.uniform(-1.0, 1.0, 2), float(rng.uniform(0.25, 2.0)))
    course.go(0.25, np.array([0.3, -0.2]), 0.5)
    assert len(course._ramps) <= 2 and len(course._starts) <= 2
    assert course.at(5.0) == pytest.approx([0.3, -0.2])
