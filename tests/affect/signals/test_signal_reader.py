"""Gestures of a figure of sticks are named, at any rate and with what a camera leaves out."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from signalling_figure import Arm, Pose, watch


def begun(t: float) -> float:
    """How far a gesture that begins after 1.5 s has come."""
    return min(max(2.0 * (t - 1.5), 0.0), 1.0)


def bent(t: float, arm: Arm) -> Arm:
    return arm if begun(t) > 0.5 else Arm()


MOTIONS = {
    "wave": lambda t: Pose(right=Arm(
        0.3 + 0.5 * begun(t), 0.0, (0.3 + 0.6 * np.sin(10 * t), 2 * begun(t) - 1, 0.2))),
    "hands_raised": lambda t: Pose(*[Arm(0.1 + 2.8 * begun(t))] * 2),
    "point": lambda t: Pose(right=Arm(0.1, 1.4 * begun(t))),
    "clap": lambda t: Pose(*[bent(t, Arm(
        0.2, 0.5, (-0.5 + 0.4 * np.sin(15 * t), 0.3, 1.0)))] * 2),
    "come_here": lambda t: Pose(right=bent(t, Arm(0.1, 0.6, (0, 0.6 + 0.8 * np.sin(9 * t), 1.0)))),
    "arms_crossed": lambda t: Pose(*[bent(t, Arm(0.2, 0.5, (-1.0, 0.2, 0.3)))] * 2),
    "hand_on_face": lambda t: Pose(right=bent(t, Arm(0.2, 0.5, (-0.7, 1.8, 0.3)))),
    "nod": lambda t: Pose(head_pitch=0.2 * np.sin(9 * t) * begun(t)),
    "shake": lambda t: Pose(head_yaw=0.35 * np.sin(9 * t) * begun(t)),
    "bow": lambda t: Pose(lean=0.6 * begun(t), head_pitch=0.2 * begun(t)),
}


def most_seen(signals) -> str:
    counted = Counter(sign.name for one in signals for sign in one.gestures)
    return counted.most_common(1)[0][0] if counted else ""


@pytest.mark.parametrize("gesture", MOTIONS)
def test_gestures_are_named(gesture):
    assert most_seen(watch(MOTIONS[gesture], 3.5)) == gesture


def test_somebody_who_stands_there_makes_no_gesture():
    signals = watch(lambda t: Pose(), 3.0, noise=1.0)
    assert most_seen(signals) == ""
    assert signals[-1].posture == "standing"
    assert signals[-1].distance == pytest.approx(2.5, rel=0.15)
    assert signals[-1].engagement == "engaged"


def test_somebody_who_sits_is_said_to():
    assert watch(lambda t: Pose(sits=True), 1.0)[-1].posture == "sitting"
