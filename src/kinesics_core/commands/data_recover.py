"""``kinesics data recover BAG``: a bag that a kill or a power cut left torn becomes whole."""

from __future__ import annotations

import argparse

from kinesics_core.settings import given_path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "bag", metavar="BAG", type=given_path, help="directory that the recorder wrote")


def run(args: argparse.Namespace) -> int:
    """Recover the bag and say how much it holds."""
    from kinesics_core.recording.bag_recovery import recover

    print(f"{recover(args.bag.expanduser())} messages are readable in {args.bag}")
    return 0
