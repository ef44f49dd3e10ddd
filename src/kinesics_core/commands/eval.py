"""``kinesics eval ...``: how good the networks are."""

from __future__ import annotations

import argparse

HELP = "measure networks beside what they have to beat"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_subparsers(dest="what", required=True, metavar="WHAT")


def run(args: argparse.Namespace) -> int:
    return 0
