"""Settings of a ``joint_trajectory_controller`` that decide how a stream of trajectories is moved.

Measured with the controller's own interpolation at 200 Hz, fed by a stream of 60 Hz: with its
default of ``interpolate_from_desired_state`` every message begins anew from the measured state, and
the joints jerk by tens of times the acceleration that the stream has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ASKED = (
    "joints", "command_interfaces", "interpolate_from_desired_state", "allow_partial_joints_goal",
    "cmd_timeout", "constraints.goal_time",
)
"""Names of the parameters that a controller is asked for."""

LONGEST_TIMEOUT = 2.0
"""Seconds after which a controller that hears nothing should have noticed; authored."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Verdict on one setting.

    Attributes:
        name: The parameter.
        got: Its value in words.
        good: Whether it may stay.
        advice: What to set and why, "" where nothing is to be done.
    """

    name: str
    got: str
    good: bool
    advice: str = ""


def findings(values: Mapping[str, Any], moving: Sequence[str] = ()) -> list[Finding]:
    """Judge a controller's settings.

    Args:
        values: Parameter -> value, of those that the controller has.
        moving: The robot's joints that move, if they are known.
    """
    found = [_joints(values.get("joints"), moving)]
    interfaces = values.get("command_interfaces")
    if interfaces is not None:
        good = bool({"position", "velocity", "effort"} & set(interfaces))
        found.append(Finding("command_interfaces", ", ".join(interfaces) or "none", good,
                             "" if good else "set it to what the hardware takes, best [position]"))
    name = "interpolate_from_desired_state"
    value = values.get(name)
    found.append(Finding(name, _said(value), value is True, "" if value is True else (
        "set it to true: otherwise each message begins from the measured state, which lags, and the"
        " joints jerk")))
    found.append(_partial(values, moving))
    found.append(_timeout(values))
    return found


def controllers_line(name: str, joints: Sequence[str]) -> str:
    """Return the entry of the parameter ``controllers`` for a controller."""
    return f"{name}: {' '.join(joints)}"


def _said(value: Any) -> str:
    if value is None:
        return "unknown to it"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _joints(joints: Any, moving: Sequence[str]) -> Finding:
    if not joints:
        return Finding("joints", "none", False,
                       "it moves no joint; name the robot's joints in its configuration")
    told = ", ".join(joints)
    if moving and not set(joints) & set(moving):
        return Finding("joints", told, False,
                       "none of them moves by the robot's map; is it the right controller, and are"
                       " the URDF's names the controller's?")
    return Finding("joints", told, True)


def _partial(values: Mapping[str, Any], moving: Sequence[str]) -> Finding:
    name, value = "allow_partial_joints_goal", values.get("allow_partial_joints_goal")
    still = [joint for joint in values.get("joints") or () if moving and joint not in moving]
    if value is True or not still:
        return Finding(name, _said(value), True)
    return Finding(name, _said(value), True, (
        f"{', '.join(still)} would not be moved: name the controller with all of its joints (the"
        " line below), or set this to true"))


def _timeout(values: Mapping[str, Any]) -> Finding:
    name, value = "cmd_timeout", values.get("cmd_timeout")
    goal_time = float(values.get("constraints.goal_time") or 0.0)
    if value is None:
        return Finding(name, _said(value), True)
    if value == 0:
        return Finding(name, "0 (off)", True, (
            "every trajectory ends in a stand, so that the robot stops without it; 0.5 lets the"
            " controller say in its log that commands have ceased"))
    if value <= goal_time:
        return Finding(name, f"{value:g}", False,
                       f"it must be above constraints.goal_time = {goal_time:g}, or it is ignored")
    if value > LONGEST_TIMEOUT:
        return Finding(name, f"{value:g}", True,
                       f"{LONGEST_TIMEOUT:g} or less notices sooner that commands have ceased")
    return Finding(name, f"{value:g}", True)
