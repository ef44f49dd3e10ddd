import numpy as np
import pytest

from kinesics_core.expression.spring import follow


def test_spring_is_exact_and_does_not_overshoot():
    position, speed = np.array([1.0]), np.array([0.0])
    target, stiffness = np.array([0.0]), 7.0
    whole = follow(position, speed, target, stiffness, 0.3)
    half = follow(*follow(position, speed, target, stiffness, 0.15), target, stiffness, 0.15)
    assert half[0] == pytest.approx(whole[0]) and half[1] == pytest.approx(whole[1])
    # x(t) = (1 + w t) exp(-w t), the textbook's critically damped step.
    assert whole[0] == pytest.approx((1 + 2.1) * np.exp(-2.1))
    for _ in range(200):
        position, speed = follow(position, speed, target, stiffness, 0.02)
        assert position[0] >= 0.0
