"""Answers on the forecast: begun when it is sure, kept when it comes true, else taken back."""

import math

import numpy as np
import pytest

from kinesics_core.mind.anticipation import Anticipation, AnticipationConfig, Worth
from kinesics_core.types import GestureSign, SocialSignals

RATE = 30


def signals(expected=None, seen=None, sure=0.9, starts_in=0.6, person=1):
    return SocialSignals(
        0, person, (GestureSign(seen, sure),) if seen else (),
        (GestureSign(expected, sure, starts_in),) if expected else ())


def run(anticipation, script, seconds):
    """(time, event, gesture) of what happens; ``script(time)`` gives the signals."""
    events = []
    for frame in range(int(seconds * RATE)):
        time = frame / RATE
        outcome = anticipation.update(script(time), time)
        events += [(time, kind, gesture) for kind in ("begun", "confirmed", "withdrawn")
                   for _, gesture in getattr(outcome, kind)]
    return events


def wave_comes(announced=0.5, comes=1.2, sure=0.9):
    def script(time):
        if time >= comes:
            return [signals(seen="wave")]
        if time >= announced:
            return [signals("wave", sure=sure, starts_in=comes - time)]
        return [signals()]

    return script


def test_an_answer_that_must_wait_for_the_forecast_to_last_begins_later():
    events = run(Anticipation(AnticipationConfig(anticipate_for=0.2)), wave_comes(), 4.0)
    assert events[0][0] == pytest.approx(0.7, abs=0.05)


def test_a_forecast_that_comes_true_is_answered_once_and_early():
    events = run(Anticipation(), wave_comes(), 4.0)
    (begun, _, _), (confirmed, _, _) = events
    assert [kind for _, kind, _ in events] == ["begun", "confirmed"]
    assert begun == pytest.approx(0.5, abs=0.05) and confirmed == pytest.approx(1.2, abs=0.05)


def test_a_forecast_that_vanishes_is_taken_back_before_it_was_due():
    def script(time):
        return [signals("wave", starts_in=0.8)] if 0.5 <= time < 0.9 else [signals()]

    events = run(Anticipation(), script, 6.0)
    assert [kind for _, kind, _ in events] == ["begun", "withdrawn"]
    assert events[1][0] == pytest.approx(1.2, abs=0.05)  # .3 s after the forecast was no more


def test_a_forecast_that_never_comes_true_is_taken_back_however_long_it_is_repeated():
    events = run(Anticipation(), lambda time: [signals("wave", starts_in=0.4)], 3.2)
    assert [kind for _, kind, _ in events] == ["begun", "withdrawn"]
    assert events[1][0] < 2.8


def test_what_was_taken_back_is_not_begun_again_at_once():
    config = AnticipationConfig(anticipate_again=3.0)
    events = run(Anticipation(config), lambda time: [signals("wave", starts_in=0.4)], 20.0)
    begun = [time for time, kind, _ in events if kind == "begun"]
    ended = [time for time, kind, _ in events if kind == "withdrawn"]
    assert len(begun) > 2 and (np.array(begun[1:]) - ended[: len(begun) - 1] >= 3.0 - 1e-6).all()


def test_a_doubtful_forecast_and_where_it_must_last_a_flicker_begin_nothing():
    lasting = Anticipation(AnticipationConfig(anticipate_for=0.1))
    flicker = run(lasting, lambda time: [signals("wave") if int(time * RATE) % 7 == 0
                                                else signals()], 5.0)
    doubtful = run(Anticipation(), wave_comes(sure=0.3), 4.0)
    assert flicker == [] and doubtful == []


def test_who_goes_takes_the_answer_along():
    def script(time):
        return [signals("wave", starts_in=0.9)] if time < 1.0 else []

    events = run(Anticipation(), script, 3.0)
    assert [kind for _, kind, _ in events] == ["begun", "withdrawn"]
    assert events[1][0] == pytest.approx(1.0, abs=0.05)


def test_only_gestures_that_were_measured_are_answered_early_and_none_where_it_is_off():
    assert run(Anticipation(), lambda time: [signals("shrug")], 3.0) == []
    off = Anticipation(AnticipationConfig(anticipate=False))
    assert run(off, wave_comes(), 3.0) == []


def test_of_what_is_expected_only_what_is_begun_is_left_and_called_what_it_was_begun_as():
    anticipation = Anticipation()
    for frame in range(10):
        told = [signals("hands_raised"), signals("clap", person=2)]
        one, other = anticipation.answerable(told, frame / RATE)
    (sign,) = one.expected
    assert sign.name == "wave" and sign.starts_in > 0.0 and other.expected == ()
    for frame in range(10, 20):  # it becomes a hand that stays up
        (one,) = anticipation.answerable([signals(seen="hands_raised")], frame / RATE)
        assert [sign.name for sign in one.gestures] == ["wave"] and one.expected == ()
    anticipation.answerable([signals()], 1.0)
    (later,) = anticipation.answerable([signals(seen="hands_raised")], 1.1)
    assert [sign.name for sign in later.gestures] == ["hands_raised"]


def test_any_signals_leave_each_begun_answer_with_one_end():
    random = np.random.default_rng(5)
    anticipation = Anticipation()
    open_answers: set = set()
    for frame in range(6000):
        told = [
            signals(random.choice(["wave", "hands_raised", "clap", None], p=[.4, .2, .1, .3]),
                    random.choice(["wave", "hands_raised", None], p=[.05, .05, .9]),
                    float(random.uniform(0.2, 1.0)), float(random.uniform(0.01, 1.0)), person)
            for person in range(1, 4) if random.random() < 0.9]
        outcome = anticipation.update(told, frame / RATE)
        for key in outcome.confirmed + outcome.withdrawn:
            open_answers.remove(key)
        for key in outcome.begun:
            assert key not in open_answers
            open_answers.add(key)
        assert open_answers == {
            key for key, known in anticipation._known.items() if known.begun < math.inf}
    assert len(anticipation._known) <= 6 and len(anticipation._rest) <= 12


def test_four_right_ones_pay_for_a_wrong_one():
    worth = Worth()
    assert 4 * worth.of(0.5) + worth.of(None) == pytest.approx(0.0)
    assert worth.of(0.25) < worth.of(0.5) < worth.of(0.9) <= worth.of(5.0)
