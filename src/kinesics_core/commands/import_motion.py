"""``kinesics data import bvh|amc|axis-angle|expmap|humanml3d``: motion capture, made motion."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from kinesics_core.dataset.labels import HELP as LABEL_HELP
from kinesics_core.errors import KinesicsError
from kinesics_core.files import shown
from kinesics_core.settings import given_path

if TYPE_CHECKING:
    from kinesics_core.importers.importing import ImportReport, MotionReader

NAMED = 10
"""So many names are printed of what went wrong."""

T = TypeVar("T")


def add_bvh_arguments(parser: argparse.ArgumentParser) -> None:
    _add_common(parser, "folder, archive or file of BVH", "(?P<content>.+)_(?P<style>[^_]+)_\\d+")
    parser.add_argument("--joints", metavar="FILE.yaml", type=Path,
                        help="lines 'left_knee: name of the joint', where the names mislead")
    parser.add_argument("--up", choices=("auto", "x", "y", "z", "-x", "-y", "-z"), default="auto",
                        help="axis from the feet to the head, a negative one as --up=-y"
                        " (default: seen in each clip)")
    parser.add_argument("--rate", metavar="HZ", type=float,
                        help="frames per second, in place of what the files say")


def run_bvh(args: argparse.Namespace) -> int:
    from kinesics_core.importers.import_bvh import BvhReader, read_joint_names

    check_rate(args.rate)
    given = read_joint_names(args.joints) if args.joints else {}
    reader = BvhReader(_name(args), given, args.up, args.rate)
    status = _import(args, reader, (".bvh",), ("joints", "up", "rate"))
    if len(reader.ups) > 1:
        counts = ", ".join(f"{axis} in {count}" for axis, count in reader.ups.most_common())
        _say(f"The upward axis differs between clips: {counts}. If that is wrong, delete the"
             " dataset and give --up.", "yellow")
    for name, frames in reader.filled.items():
        _say(f"{name}: {frames} frames held nan or infinity; they were filled from those around.",
             "yellow")
    return status


def add_amc_arguments(parser: argparse.ArgumentParser) -> None:
    from kinesics_core.importers.import_amc import RATE

    _add_common(parser, "folder, archive or file of Acclaim motion (.amc) with its skeletons (.asf)"
                " beside it", "\\d+_\\d+-(?P<style>.+)")
    parser.add_argument("--rate", metavar="HZ", type=float, default=RATE,
                        help="frames per second, which motions do not say (default: %(default)g,"
                        " CMU's)")


def run_amc(args: argparse.Namespace) -> int:
    from kinesics_core.importers.import_amc import AmcReader

    check_rate(args.rate)
    source = args.source.expanduser()
    folder = source.parent if source.suffix.lower() == ".amc" else source
    return _import(args, AmcReader(folder, _name(args), args.rate), (".amc",), ("rate",))


def add_axis_angle_arguments(parser: argparse.ArgumentParser) -> None:
    _add_common(parser, "folder or file of .npz: (frames, 22, 3) a clip, SMPL-X body joints")
    parser.add_argument("--rate", metavar="HZ", type=float,
                        help="frames per second, which the archives do not say; known for folders"
                        " named mesh2motion (24) and cmu_dance_martial (120)")


def run_axis_angle(args: argparse.Namespace) -> int:
    from kinesics_core.importers.import_axis_angle import RATES, recordings

    check_rate(args.rate)
    folder = args.source if args.source.is_dir() else args.source.parent
    rate = args.rate or RATES.get(folder.resolve().name)
    if rate is None:
        raise KinesicsError(
            f"{args.source} does not say its frame rate. Give it with --rate, in frames per second."
        )
    reader = partial(recordings, source=_name(args), rate=rate)
    return _import(args, reader, (".npz",), ("rate",))


def add_expmap_arguments(parser: argparse.ArgumentParser) -> None:
    from kinesics_core.importers.import_expmap import LABEL_PATTERN

    _add_common(parser, "folder or archive of .txt: 117 numbers a line, 38 joints of CMU's",
                LABEL_PATTERN, default=LABEL_PATTERN)


def run_expmap(args: argparse.Namespace) -> int:
    from kinesics_core.importers.import_expmap import recordings

    return _import(args, partial(recordings, source=_name(args)), (".txt",))


def add_humanml3d_arguments(parser: argparse.ArgumentParser) -> None:
    _add_common(parser, "folder or archive of .npy: (frames, 22, 3) joints or (frames, 263)")
    parser.add_argument("--rate", metavar="HZ", type=float, default=20.0,
                        help="frames per second (default: %(default)g)")


def run_humanml3d(args: argparse.Namespace) -> int:
    from kinesics_core.importers.import_humanml3d import recordings

    check_rate(args.rate)
    reader = partial(recordings, source=_name(args), rate=args.rate)
    return _import(args, reader, (".npy",), ("rate",))


def _add_common(
    parser: argparse.ArgumentParser, source: str, example: str | None = None,
    default: str | None = None,
) -> None:
    parser.add_argument("source", metavar="SRC", type=given_path, help=source)
    parser.add_argument("--out", metavar="DATASET", type=Path, required=True,
                        help="folder to make; the same command goes on after an interruption")
    shown = example.replace("%", "%%") if example else ""
    parser.add_argument("--label-pattern", metavar="REGEX", default=default, help=LABEL_HELP + (
        f" (default: {shown})" if default else f", e.g. '{shown}'" if shown else "")
        + "; a group named 'group' keeps clips on one side of every split")
    parser.add_argument("--skip-unmatched", action="store_true",
                        help="leave out files that do not match; else they have no labels")
    parser.add_argument("--name", help="of the dataset (default: that of its folder)")
    parser.add_argument("--licence", default="not stated", help="of the recordings")
    parser.add_argument("--origin", default="not stated", help="where they come from")


def _name(args: argparse.Namespace) -> str:
    return args.name or shown(args.out.resolve().name)


def check_rate(rate: float | None) -> None:
    """Refuse a rate that is none; None is the recording's own."""
    if rate is not None and not 0 < rate <= 1000:
        raise KinesicsError(f"Got --rate {rate:g}; wanted frames per second in (0, 1000].")


def _import(
    args: argparse.Namespace, reader: MotionReader, suffixes: tuple[str, ...],
    options: Sequence[str] = (),
) -> int:
    from kinesics_core.dataset.clips import Info
    from kinesics_core.importers.importing import MotionSource, import_motion

    source = MotionSource(args.source.expanduser(), reader, suffixes, args.label_pattern,
                          args.skip_unmatched)
    info = Info(_name(args), licence=args.licence, origin=args.origin,
                command=_command(args, ("label_pattern", "skip_unmatched", *options)))
    _describe(import_motion(source, args.out.expanduser(), info, track), args)
    return 0


def _command(args: argparse.Namespace, options: Sequence[str]) -> str:
    """Return what the user typed, without what changes nothing in the dataset."""
    words = ["kinesics", "data", "import", args.kind, str(args.source)]
    for option in options:
        value, name = getattr(args, option), f"--{option.replace('_', '-')}"
        if value is True:
            words.append(name)
        elif value not in (None, False):
            words.append(f"{name}={value}")
    return shlex.join(words)


def track(recordings: Iterable[T], count: int) -> Iterator[T]:
    """Pass on so many recordings and show how far they are."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Remaining(),
                  console=Console(stderr=True), transient=True) as progress:
        yield from progress.track(recordings, count, description="importing")


def _describe(report: ImportReport, args: argparse.Namespace) -> None:
    from kinesics_core.importers.other_recordings import sentences

    before = f", {report.there_before} were there before" if report.there_before else ""
    _say(f"{args.out}: {report.written} clips written{before}.")
    kept = "left out" if args.skip_unmatched else "kept without labels"
    for names, what in (
        (report.unmatched, f"not matched by --label-pattern, {kept}"),
        (report.cut, "cut where the recording jumps"),
        (report.too_short, "left out: jumps leave nothing of 1.5 s"),
        (report.reasons(), "left out as broken"),
    ):
        if names:
            _say(f"{len(names)} {what}:", "yellow")
            for name in names[:NAMED]:
                _say(f"  {name}")
            if len(names) > NAMED:
                _say(f"  and {len(names) - NAMED} more")
    for sentence in sentences(report.others):
        _say(sentence, "yellow")


def _say(text: str, style: str = "") -> None:
    from rich.console import Console

    Console(stderr=True, highlight=False, soft_wrap=True).print(text, style=style, markup=False)
