import numpy as np
import pytest

from kinesics_core.expression.blinks import (
    BLINK_SPEED,
    BLINKS_PER_MINUTE,
    CLOSING,
    Blinks,
    evoked_probability,
)


def course_of(seconds, rate=1.0, seed=0, steps=100):
    """Lids (n,) of a person who blinks ``rate`` times as often as at rest."""
    blinks = Blinks((seed,))
    blinks.set_rate(0.0, rate)
    lids = []
    for step in range(int(seconds * steps)):
        blinks.advance(step / steps, [])
        lids.append(blinks.lid(step / steps))
    return np.array(lids)


def spans(lids):
    """First and last sample of every blink."""
    shut = np.concatenate([[False], lids > 0.0, [False]])
    return np.flatnonzero(np.diff(shut.astype(int))).reshape(-1, 2)


def test_two_hours_have_a_humans_rate_intervals_and_profile():
    found = spans(lids := course_of(7200.0))
    starts = found[:, 0] / 100.0
    assert len(found) / 120.0 == pytest.approx(BLINKS_PER_MINUTE, rel=0.08)
    intervals = np.diff(starts)
    assert intervals.min() >= 0.4
    # Skewed to the right, as everybody's are; variation of .5 to 1.2 of the mean.
    assert np.median(intervals) < 0.85 * intervals.mean()
    skewness = ((intervals - intervals.mean()) ** 3).mean() / intervals.std() ** 3
    assert skewness > 1.0
    assert 0.5 < intervals.std() / intervals.mean() < 1.2
    assert 0.04 < (intervals < 0.95).mean() < 0.2  # double blinks
    logarithms = np.log(intervals[intervals > 1.0] - 0.6)
    assert abs(((logarithms - logarithms.mean()) ** 3).mean() / logarithms.std() ** 3) < 0.6
    durations = (found[:, 1] - found[:, 0]) / 100.0
    assert durations.min() > 0.2 and durations.max() < 0.5
    assert np.mean(durations) == pytest.approx(0.33, abs=0.03)
    assert all(lids[a:b].max() == 1.0 for a, b in found)
    shutting = np.array([(lids[a:b] == 1.0).argmax() for a, b in found]) / 100.0
    opening = np.array([(lids[a:b][::-1] == 1.0).argmax() for a, b in found]) / 100.0
    assert (shutting < 0.75 * opening).mean() > 0.95


def test_it_blinks_as_often_as_the_rate_says_from_the_moment_it_is_set():
    counts = [len(spans(course_of(2000.0, rate, steps=50))) for rate in (0.6, 1.0, 1.5)]
    assert counts[0] / counts[1] == pytest.approx(0.6, rel=0.12)
    assert counts[2] / counts[1] == pytest.approx(1.5, rel=0.12)


def test_a_lid_closes_within_its_speed_and_faster_than_it_opens():
    lids = course_of(60.0, steps=2000)
    speed = np.diff(lids) * 2000.0
    assert 0.95 * BLINK_SPEED < speed.max() <= BLINK_SPEED
    assert -speed.min() < 0.8 * BLINK_SPEED
    first = spans(lids)[0]
    assert (lids[first[0] :] == 1.0).argmax() / 2000.0 == pytest.approx(CLOSING, abs=0.002)


def test_large_gaze_shifts_come_with_a_blink_that_begins_with_them():
    assert evoked_probability(33.0) == pytest.approx(0.97, abs=0.01)  # Evinger et al. 1994
    assert evoked_probability(5.0) < 0.02
    for amplitude, low, high in ((40.0, 0.95, 1.0), (22.0, 0.3, 0.7), (3.0, 0.0, 0.02)):
        blinks, with_blink = Blinks((1,)), 0
        blinks.set_rate(0.0, 0.01)
        for shift in range(300):
            when = 2.0 * shift + 1.0
            blinks.advance(when + 0.05, [(when, amplitude)])
            with_blink += blinks.lid(when + 0.05) > 0.0
        assert low <= with_blink / 300 <= high


def test_blinks_do_not_depend_on_the_steps():
    slow, fast = course_of(300.0, steps=20), course_of(300.0, steps=100)[::5]
    assert slow == pytest.approx(fast)
