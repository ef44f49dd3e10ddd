"""Restyled movement: bones keep their lengths, and what an emotion changes is what is measured."""

import numpy as np
import pytest

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.body_reading.emotional_restyling import (
    CHANGES,
    Change,
    draw_change,
    played,
    restyle,
)
from kinesics_core.body_reading.views import another_body
from kinesics_core.synthesis.emotional_motion import make, plan_clips
from kinesics_core.synthesis.emotions import KNOWN

BONES = ((5, 7), (7, 9), (6, 8), (8, 10), (11, 13), (13, 15), (12, 14), (14, 16))


@pytest.fixture(scope="module")
def walk():
    """Ten seconds of a generated neutral person."""
    return np.asarray(make(plan_clips(15, [KNOWN["neutral"]], 3)[0]).keypoints, np.float64)


def lengths(motion):
    return np.array([np.linalg.norm(motion[:, a] - motion[:, b], axis=1) for a, b in BONES]).T


def bend(motion):
    upper, lower = motion[:, 7] - motion[:, 5], motion[:, 9] - motion[:, 7]
    cosine = (upper * lower).sum(1) / np.linalg.norm(upper, axis=1) / np.linalg.norm(lower, axis=1)
    return float(np.arccos(np.clip(cosine, -1.0, 1.0)).mean())


def height(motion):
    """Return the height of the face over the shoulders."""
    return float((motion[:, 0, 1] - motion[:, 5:7, 1].mean(1)).mean())


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_bones_keep_their_lengths_in_every_emotion(walk, emotion):
    change, strength = draw_change(np.random.default_rng(0), emotion)
    styled = restyle(walk, change)
    assert np.isfinite(styled).all() and 0.0 < strength <= 1.0
    for before, after in zip(lengths(walk).mean(0), lengths(styled).mean(0), strict=True):
        assert after == pytest.approx(before, rel=0.02)


def test_no_change_is_no_change(walk):
    same = restyle(walk, Change())[:-1]
    np.testing.assert_allclose(same, walk[:len(same)], atol=1e-6)


def test_the_changes_are_those_of_the_studies(walk):
    styled = {emotion: restyle(walk, change) for emotion, change in CHANGES.items()}
    frames = {emotion: len(motion) for emotion, motion in styled.items()}
    assert frames["anger"] < frames["happiness"] < frames["neutral"] < frames["sadness"]
    assert bend(styled["fear"]) > bend(styled["anger"]) > bend(styled["neutral"]) + 0.2
    assert height(styled["sadness"]) < height(styled["neutral"]) < height(styled["happiness"])


def test_tempo_and_jerk_change_the_time_alone():
    times = np.linspace(0.0, 4.0, 121)
    motion = np.sin(np.pi * times)[:, None, None] * np.ones((1, 17, 3))
    quick = played(motion, 2.0, 0.0)
    assert len(quick) == 61
    np.testing.assert_allclose(quick[:60, 0, 0], motion[:120:2, 0, 0], atol=1e-6)
    jerky = played(motion, 1.0, 0.8)
    assert len(jerky) == pytest.approx(121, abs=1)
    steps, plain = np.abs(np.diff(jerky[:, 0, 0])), np.abs(np.diff(motion[:, 0, 0]))
    assert steps.max() > 1.1 * plain.max() and (steps < 0.2 * plain.max()).mean() > 0.15


def test_another_body_moves_alike_with_other_proportions(walk):
    other = another_body(np.random.default_rng(4), walk)
    ratio = lengths(other) / lengths(walk)
    np.testing.assert_allclose(ratio.std(0), 0.0, atol=1e-3)  # every bone by one factor
    assert np.abs(ratio[0] - 1.0).max() > 0.01
    assert bend(other) == pytest.approx(bend(walk), abs=1e-4)
