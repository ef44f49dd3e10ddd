"""Judgement of early answers: what is right, what is wrong, and thresholds that pay."""

import numpy as np
import pytest

from kinesics_core.judging.anticipation import (
    Signalled,
    choose,
    early_answers,
    performed,
    signalled,
    summary,
)
from kinesics_core.mind.anticipation import AnticipationConfig
from kinesics_core.types import GestureSign, SocialSignals

RATE = 30


def clip(announced, seen, sure=0.9, seconds=6.0, up=None):
    """Signals of one person: a wave is forecast from ``announced`` on and seen from ``seen`` on."""
    times = np.arange(int(seconds * RATE)) / RATE
    told = []
    for time in times:
        gestures = (GestureSign("wave", 0.9),) if seen is not None and time >= seen else ()
        due = (seen if seen is not None else (announced or 0.0) + 0.8) - time
        expected = (GestureSign("wave", sure, max(due, 0.05)),) if (
            announced is not None and announced <= time < announced + 0.9 and not gestures) else ()
        told.append([SocialSignals(0, 1, gestures, expected)])
    return Signalled("clip", "test", times, told, None if up is None else times > up)


def test_the_lead_is_from_the_answer_until_the_gesture_is_seen():
    (answer,), seen = early_answers(clip(1.0, 1.5))
    assert seen == 1 and answer.lead == pytest.approx(0.5, abs=0.05) and answer.true is None


def test_what_is_not_seen_is_wrong_even_if_a_hand_went_up():
    (answer,), seen = early_answers(clip(1.0, None, up=1.5))
    assert seen == 0 and answer.lead is None and answer.true


def test_a_summary_counts_and_weighs():
    found = summary([clip(1.0, 1.5), clip(1.0, 1.75), clip(2.0, None), clip(None, 2.0)])
    assert (found.clips, found.seen, found.answers) == (4, 3, 3)
    assert found.precision == pytest.approx(2 / 3) and found.early == pytest.approx(2 / 3)
    assert found.lead == pytest.approx(0.625, abs=0.04)
    assert found.worth == pytest.approx((1.0 + 1.5 - 4.0) / 3, abs=0.1)


def test_thresholds_that_pay_leave_out_doubtful_forecasts_that_do_not_come_true():
    sure = [clip(1.0, 1.6, sure=0.85, seconds=3.0) for _ in range(3)]
    doubtful = [clip(1.0, None, sure=0.55, seconds=3.0)]
    config, reached = choose(sure + doubtful)
    assert 0.55 < config.anticipate_from <= 0.85 and reached.precision == 1.0
    assert choose(sure)[1].lead >= choose(sure + doubtful)[1].lead - 1e-9


def test_nothing_seen_and_nothing_said_is_no_figure():
    found = summary([clip(None, None)], AnticipationConfig())
    assert (found.seen, found.answers) == (0, 0) and np.isnan(found.precision)


@pytest.mark.slow
def test_performed_waves_are_answered_early_through_the_whole_chain():
    clips = [one for one in performed(1, 7) if one.group in ("wave", "hands_raised", "stand")]
    told = list(signalled(clips))
    assert sorted(one.clip for one in told) == sorted(one.name for one in clips)
    assert all(len(one.signals) == len(one.times) for one in told)
    found = summary(told)
    assert found.seen >= 4 and found.answers >= 2 and found.lead > 0.1
    still = summary([one for one in told if one.clip.startswith("stand")])
    assert still.answers == 0
