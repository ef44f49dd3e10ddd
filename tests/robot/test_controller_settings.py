"""What the doctor says of a controller's settings."""

from __future__ import annotations

from kinesics_core.robot.controller_settings import controllers_line, findings

DEFAULTS = {
    "joints": ["a", "b", "c"], "command_interfaces": ["position"],
    "interpolate_from_desired_state": False, "allow_partial_joints_goal": False,
    "cmd_timeout": 0.0, "constraints.goal_time": 0.0,
}
"""As joint_trajectory_controller declares them."""


def judged(values, moving=()):
    return {finding.name: finding for finding in findings(values, moving)}


def test_the_defaults_of_the_controller_need_one_change():
    found = judged(DEFAULTS)
    assert [name for name, entry in found.items() if not entry.good] == [
        "interpolate_from_desired_state"]
    assert "set it to true" in found["interpolate_from_desired_state"].advice
    assert "stops without it" in found["cmd_timeout"].advice


def test_a_controller_that_is_set_well_needs_nothing():
    values = {**DEFAULTS, "interpolate_from_desired_state": True, "cmd_timeout": 0.5}
    found = judged(values, ("a", "b", "c")).values()
    assert all(entry.good and not entry.advice for entry in found)


def test_joints_that_do_not_move_must_be_named_or_allowed_to_be_left_out():
    found = judged(DEFAULTS, moving=("a", "b"))
    assert found["allow_partial_joints_goal"].advice.startswith("c would not be moved")
    partial = {**DEFAULTS, "allow_partial_joints_goal": True}
    assert judged(partial, moving=("a", "b"))["allow_partial_joints_goal"].advice == ""


def test_a_controller_of_other_joints_is_the_wrong_one():
    found = judged(DEFAULTS, moving=("left_elbow",))
    assert not found["joints"].good and "right controller" in found["joints"].advice
    assert not judged({**DEFAULTS, "joints": []})["joints"].good


def test_a_timeout_that_is_ignored_is_told():
    values = {**DEFAULTS, "cmd_timeout": 0.3, "constraints.goal_time": 0.5}
    found = judged(values)["cmd_timeout"]
    assert not found.good and "above constraints.goal_time = 0.5" in found.advice


def test_what_a_controller_does_not_know_is_no_crash():
    assert [entry.name for entry in findings({}) if not entry.good] == [
        "joints", "interpolate_from_desired_state"]


def test_the_line_for_the_parameters_is_one_that_the_node_reads():
    import pytest

    pytest.importorskip("rclpy")
    from kinesics_ros.controllers import controller_of

    controller = controller_of(controllers_line("/arm", ["a", "b"]))
    assert (controller.name, controller.joints) == ("/arm", ("a", "b"))
