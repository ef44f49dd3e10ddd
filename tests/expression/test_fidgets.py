"""Small acts of a body that waits: rare, never the same, left for gestures and feelings."""

from __future__ import annotations

import numpy as np
import pytest

from kinesics_core.affect.emotions import SADNESS
from kinesics_core.expression.body_animator import BodyAnimator
from kinesics_core.expression.fidgets import INTERVAL, Fidgets
from kinesics_core.expression.posture import LEFT_ARM, RIGHT_ARM, posture

REST = posture(np.zeros(3))


def streamed(seed, seconds, rate=20.0, arousal=0.0):
    fidgets, out = Fidgets(seed), []
    for _ in range(int(seconds * rate)):
        fidgets.step(1.0 / rate, arousal)
        pose = REST.copy()
        fidgets.apply(pose, 1.0)
        out.append(pose - REST)
    return np.array(out)


def starts(away):
    acting = np.abs(away).max(axis=1) > 1e-9
    return int((acting[1:] & ~acting[:-1]).sum())


def test_arms_alone_do_something_now_and_then():
    away = np.concatenate([streamed(seed, 300.0) for seed in range(4)])
    assert np.abs(away[:, RIGHT_ARM.stop:]).max() == 0.0, "arms alone"
    assert np.abs(away).max() > 0.5 and np.abs(np.diff(away, axis=0)).max() < 0.25
    count = starts(away)
    # 1,200 s of pauses of INTERVAL and acts of some four seconds.
    assert 0.5 < count * (INTERVAL + 4.0) / 1200.0 < 1.6
    assert 0.1 < (np.abs(away).max(axis=1) > 0.0).mean() < 0.5
    sides = [np.abs(away[:, arm]).max(axis=1) > 0.0 for arm in (LEFT_ARM, RIGHT_ARM)]
    assert (sides[0] & sides[1]).any() and (sides[0] ^ sides[1]).any(), "one hand, or both"


def test_a_seed_repeats_them_at_any_rate_and_another_does_not():
    np.testing.assert_allclose(streamed(3, 60.0, 20.0), streamed(3, 60.0, 100.0)[4::5], atol=1e-9)
    assert np.abs(streamed(3, 60.0) - streamed(4, 60.0)).max() > 0.3


def test_arousal_makes_them_come_sooner():
    calm, aroused = (sum(starts(streamed(seed, 300.0, arousal=a)) for seed in range(4))
                     for a in (-0.8, 0.8))
    assert aroused > 1.5 * calm



@pytest.mark.parametrize("busy", ["gesture", "sadness", "idle"])
def test_they_are_left_for_what_is_shown(busy):
    animator = BodyAnimator(8, idle=0.0 if busy == "idle" else 1.0)  # its first comes at 1.8 s
    plain = BodyAnimator(8, idle=animator._idle_share)
    plain._fidgets._begins = plain._fidgets._ends = 1e9
    apart = []
    for frame in range(300):
        for one in (animator, plain):
            if busy == "gesture" and frame % 60 == 0:
                one.start("wave")
            if busy == "sadness":
                one.set_emotion(SADNESS, 1.0)
            one.step(1.0 / 60.0)
        apart.append(np.abs(animator.body_pose - plain.body_pose).max())
    late = np.array(apart[90:])
    assert late.max() < 0.05 if busy != "idle" else late.max() == 0.0
