"""``kinesics COMMAND ...``: every capability is one module, found by the command's name."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from kinesics_core import __version__
from kinesics_core.assets import hooks
from kinesics_core.commands.asset_progress import terminal_hooks
from kinesics_core.errors import KinesicsError

COMMANDS = {
    **{name: f"kinesics_ros.commands.{name}" for name in ("up", "demo", "view")},
    **{name: f"kinesics_core.commands.{name}" for name in (
        "keypoints", "data", "body", "fit", "train", "eval", "bench", "assets")},
}
"""The module of each command; those that bring a graph of nodes up belong to ``kinesics_ros``."""

LIVE = ("up", "demo", "view", "fit")
"""Commands whose stages share the cores among themselves."""


def parser(command: str | None = None) -> argparse.ArgumentParser:
    """Make the parser; of ``command`` alone if given, so that no other's module is imported."""
    top = argparse.ArgumentParser(
        prog="kinesics",
        description="Non-verbal conversation for social robots: see, forecast, answer.",
    )
    top.add_argument("--version", action="version", version=f"kinesics {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, place in COMMANDS.items():
        if command in (None, name):
            module = importlib.import_module(place)
            sub = commands.add_parser(name, help=module.HELP, description=module.HELP)
            module.add_arguments(sub)
            sub.set_defaults(run=module.run)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: Words after ``kinesics``; those after ``--ros-args`` go to rclpy. None takes
            the process's own.

    Returns:
        The exit status.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    ros_arguments: list[str] = []
    if "--ros-args" in arguments:
        cut = arguments.index("--ros-args")
        arguments, ros_arguments = arguments[:cut], arguments[cut:]
    named = arguments[0] if arguments and arguments[0] in COMMANDS else None
    if named in LIVE:
        # Before numpy is loaded: threads of its libraries wait for each other by spinning.
        for library in ("OMP", "OPENBLAS", "MKL"):
            os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    args = parser(named).parse_args(arguments)
    args.ros_arguments = ros_arguments
    hooks.use(terminal_hooks())
    try:
        return args.run(args)
    except KinesicsError as error:
        print(f"kinesics {args.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"kinesics {args.command}: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
