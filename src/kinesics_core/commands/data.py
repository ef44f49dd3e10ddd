"""``kinesics data ...``: make and look at datasets."""

from __future__ import annotations

import argparse

HELP = "import, synthesise and describe datasets of motion"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_subparsers(dest="what", required=True, metavar="WHAT")


def run(args: argparse.Namespace) -> int:
    return 0
