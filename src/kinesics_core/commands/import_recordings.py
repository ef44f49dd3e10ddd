"""``kinesics data import video|bag|rebl-pepper``: their arguments; the work is in ``data``."""

from __future__ import annotations

import argparse
from pathlib import Path

from kinesics_core.dataset.labels import HELP as LABEL_HELP
from kinesics_core.errors import KinesicsError
from kinesics_core.perception.config import KeypointConfig
from kinesics_core.settings import add_option, settings_of

VARIANT, PEOPLE = settings_of(KeypointConfig, "variant", "max_persons")


def add_video_arguments(parser: argparse.ArgumentParser) -> None:
    _add_paths(parser, "DIR", "a folder of videos, or one video")
    parser.add_argument("--label-pattern", metavar="REGEX", help=LABEL_HELP)
    add_option(parser, VARIANT)
    add_option(parser, PEOPLE, flag="--persons")
    parser.add_argument(
        "--rate", metavar="HZ", type=float,
        help="thin faster videos to this rate (default: keep each one's own)",
    )  # fmt: skip


def run_video(args: argparse.Namespace) -> int:
    from kinesics_core.importers.videos import import_videos

    if fault := PEOPLE.fault(args.max_persons):
        raise KinesicsError(f"{fault}.")
    if args.rate is not None and not 0 < args.rate <= 1000:
        raise KinesicsError(f"Got --rate {args.rate:g}; wanted frames per second in (0, 1000].")
    print(import_videos(
        args.source, args.out, label_pattern=args.label_pattern, variant=args.variant,
        persons=args.max_persons, rate=args.rate,
    ))  # fmt: skip
    return 0


def add_bag_arguments(parser: argparse.ArgumentParser) -> None:
    _add_paths(parser, "BAG|DIR", "a bag (MCAP), or a folder of bags")
    parser.add_argument("--label-pattern", metavar="REGEX", help=LABEL_HELP)


def run_bag(args: argparse.Namespace) -> int:
    from kinesics_core.importers.bags import import_bags

    print(import_bags(args.source, args.out, label_pattern=args.label_pattern))
    return 0


def add_pepper_arguments(parser: argparse.ArgumentParser) -> None:
    _add_paths(parser, "DIR", "folder with the CSV files of REBL-Pepper, or an archive of them")


def run_pepper(args: argparse.Namespace) -> int:
    from kinesics_core.importers.pepper import import_pepper

    print(import_pepper(args.source, args.out))
    return 0


def _add_paths(parser: argparse.ArgumentParser, metavar: str, help: str) -> None:
    parser.add_argument("source", metavar=metavar, type=Path, help=help)
    parser.add_argument("--out", metavar="DATASET", type=Path, required=True)
