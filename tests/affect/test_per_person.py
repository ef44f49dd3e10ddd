"""State of several persons in arrays."""

import numpy as np

from kinesics_core.affect.per_person import PerPerson, lapsed, medians


def test_medians_are_of_what_is_known():
    nan = np.nan
    values = np.array([[3.0, 1.0, nan, 2.0], [4.0, nan, 1.0, nan], [nan] * 4, [7.0, nan, nan, nan]])
    np.testing.assert_array_equal(medians(values[..., None])[:, 0], [2.0, 2.5, nan, 7.0])
    pairs = np.stack([values, 10.0 * values], axis=-1)
    np.testing.assert_array_equal(medians(pairs)[:2], [[2.0, 20.0], [2.5, 25.0]])


def test_persons_come_at_the_end_and_keep_their_rows():
    people = PerPerson(2, height=1.7, place=np.zeros(2))
    people.height[:] = 1.5, 1.9
    people.admit(1)
    people.keep(np.array([2, 1]))
    assert people.height.tolist() == [1.7, 1.9] and people.place.shape == (2, 2)


def test_a_time_has_lapsed_once_it_is_over_or_the_clock_has_jumped_back():
    elapsed = np.array([0, 4, 5, 6, -1, 2**62, -(2**62)])
    assert lapsed(elapsed, 5).tolist() == [False, False, True, True, True, True, True]
