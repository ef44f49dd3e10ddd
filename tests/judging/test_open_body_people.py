"""Drawn people whose emotions are known: held expressions on film, and how sure readings are."""

import numpy as np
import pytest

from kinesics_core.judging.open_body_people import (
    LATEST,
    RATE,
    Agreement,
    _agreement,
    calibration,
    held_expression,
)

AT_ONCE = round(LATEST * RATE)


def test_agreement_counts_from_where_the_face_alone_names_the_expression():
    named = np.arange(60) >= 20
    alike = np.arange(60) >= 23
    assert _agreement(named, alike) == Agreement(3 / RATE, 1.0)
    alike[-5:] = False
    assert _agreement(named, alike).stays == pytest.approx(1.0 - 5 / (40 - AT_ONCE))
    assert _agreement(named, np.zeros(60, bool)) == Agreement(float("inf"), 0.0)


def test_a_face_that_never_names_the_expression_says_nothing():
    assert np.isnan(_agreement(np.zeros(60, bool), np.ones(60, bool))).all()


@pytest.mark.slow
def test_on_film_the_fused_reading_agrees_with_a_held_face_and_stays():
    found = held_expression("happiness", 0)
    assert found.delay <= LATEST and found.stays == 1.0


@pytest.mark.slow
def test_the_calibration_error_is_the_worse_of_face_and_fused():
    found = calibration(people=1, intensities=(0.9,))
    assert 0.0 <= found["affect.ece.face"] <= 1.0
    assert found["affect.ece"] == max(found["affect.ece.face"], found["affect.ece.fused"])
