"""Command-line options that every command which brings the graph up understands."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from kinesics_core.errors import KinesicsError
from kinesics_core.files import shown
from kinesics_core.mind.personality import PERSONALITIES, load_personality
from kinesics_core.mind.policy_config import PolicyConfig
from kinesics_core.perception.config import CameraConfig, KeypointConfig
from kinesics_core.robot.driver import DriverConfig
from kinesics_core.robot.reachy_mini_config import ReachyMiniConfig
from kinesics_core.settings import add_option, settings_of

OPTIONS = {
    "camera": settings_of(CameraConfig, "source", "loop", "rate", "realtime", "rotate", "mirror"),
    "keypoint": settings_of(KeypointConfig, "variant", "max_persons"),
    "response": settings_of(PolicyConfig, "policy"),
    "retarget": settings_of(DriverConfig, "robot", "urdf"),
    "reachy_mini": settings_of(ReachyMiniConfig, "robot_host"),
}
"""Stage -> its parameters that are options too."""


def add_graph_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options; each is None where it is not given, and the parameter file decides."""
    parser.add_argument("--params", metavar="YAML", help="ROS parameter file (default: the"
                        " nodes' own defaults, as in config/kinesics.yaml)")
    parser.add_argument("--namespace", help="ROS namespace of all nodes")
    group = parser.add_argument_group("parameters", "these outrank the parameter file")
    for settings in OPTIONS.values():
        for setting in settings:
            add_option(group, setting, default=None)
    group.add_argument(
        "--personality", metavar="NAME|YAML", help="the robot's Big Five: one of"
        f" {', '.join(PERSONALITIES)}, or a .yaml file of yours")


def overrides(args: argparse.Namespace) -> dict[str, dict[str, object]]:
    """Return stage name -> parameters given on the command line.

    Raises:
        KinesicsError: A text is none that a parameter can have, or the personality is unknown.
    """
    given = vars(args)
    found = {
        stage: {setting.name: given[setting.name] for setting in settings
                if given[setting.name] is not None}
        for stage, settings in OPTIONS.items()
    }
    for name, value in (pair for values in found.values() for pair in values.items()):
        if isinstance(value, str) and shown(value) != value:
            raise KinesicsError(
                f"Got --{name.replace('_', '-')} {shown(value)!r}, whose bytes are not UTF-8, as"
                " those of ROS parameters must be; rename the file, or make a link to it.")
    if args.personality is not None:
        found["response"] |= asdict(load_personality(args.personality))
    return found
