"""What is kept of people stays bounded where no clock forgets them."""

from __future__ import annotations

from kinesics_core.bounded import drop_oldest


def test_what_came_first_goes_and_what_is_to_be_kept_stays():
    known = {number: str(number) for number in range(10)}
    drop_oldest(known, 3, kept={1, 9})
    assert list(known) == [1, 6, 7, 8, 9]


def test_nothing_goes_while_there_are_few():
    known = dict.fromkeys(range(5), 0)
    drop_oldest(known, 5)
    drop_oldest(known, 2, kept=range(5))
    assert len(known) == 5
