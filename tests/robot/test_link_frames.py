"""Where a robot's links are, from its joints."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("pinocchio")
import toy_robot

from kinesics_core.robot.link_frames import LinkFrames
from kinesics_core.robot.model import RobotModel


def test_a_chain_of_frames_ends_where_the_arm_is(tmp_path):
    model = RobotModel.load(toy_robot.write_toy(tmp_path).with_suffix(".urdf"))
    frames = LinkFrames(model)
    assert frames.standing(model.whole({})) == []
    found = {frame.child: frame for frame in frames.moving(model.whole({"left_elbow": -np.pi / 2}))}
    assert len(found) == len(toy_robot.JOINTS)
    place, turn, link = np.zeros(3), np.eye(3), "left_wrist"
    while link in found:
        frame = found[link]
        place, turn = frame.translation + frame.rotation @ place, frame.rotation @ turn
        link = frame.parent
    assert link == "base"
    # Waist 0.5 and 0.05, shoulder 0.4 up and 0.2 left, elbow 0.28 below, forearm 0.25 ahead.
    np.testing.assert_allclose(place, (0.25, 0.2, 0.95 - 0.28), atol=1e-9)
