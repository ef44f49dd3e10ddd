"""``kinesics train prior`` and ``train lifter``: recordings of poses -> what fits begin with."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from kinesics_core import files, option_types
from kinesics_core.commands import tables
from kinesics_core.errors import KinesicsError

NAMES = ("prior", "lifter")


def add_arguments(what: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the two sub-commands."""
    prior = what.add_parser(
        "prior", help="body poses -> a prior in VPoser's layout, and a mixture of Gaussians",
        description="Trains the priors of body poses that fitting uses, and says how far they are"
                    " from poses of recordings that they never saw.")
    lifter = what.add_parser(
        "lifter", help="2-D keypoints -> a body's rotations",
        description="Trains the network a fit begins with: poses as random cameras and a noisy"
                    " keypoint detector see them -> rotations.")
    for parser, epochs, steps in ((prior, 44, 150), (lifter, 40, 140)):
        parser.add_argument(
            "--data", nargs="+", type=Path, required=True, metavar="FILE",
            help="folders, archives or files: SMPL-X axis-angle (.npz), BVH in T-pose at rest, CMU"
                 " exponential maps (.txt); split by recording")
        parser.add_argument("--unseen", nargs="*", type=Path, default=[], metavar="FILE",
                            help="only to judge by at the end, in place of a fifth of --data")
        parser.add_argument("--out", type=Path, required=True, metavar="DIR",
                            help="where weights, checkpoint, curves and report go")
        parser.add_argument("--resume", action="store_true", help="go on with the run in --out")
        parser.add_argument("--epochs", type=option_types.whole(1), default=epochs,
                            help="default: %(default)s")
        parser.add_argument("--steps", type=option_types.whole(1), default=steps,
                            help="of an epoch (default: %(default)s)")
        parser.add_argument("--batch", type=int, default=512, help="poses (default: %(default)s)")
        parser.add_argument("--lr", type=option_types.above_zero(), default=1e-3,
                            help="learning rate (default: %(default)s)")
        parser.add_argument("--seed", type=option_types.seed, default=0,
                            help="of split, poses and weights")
        parser.add_argument("--threads", type=int, default=1,
                            help="of torch on the CPU (default: %(default)s)")
        parser.add_argument("--licence", default="not stated", help="of the weights, for the file")
    prior.add_argument("--init", type=Path, metavar="FILE",
                       help="go on from the weights of this trained prior (.npz, or a folder of"
                            " VPoser version 2), as for few recordings of a new kind; give a"
                            " smaller --lr, such as 1e-4; default: from nothing")
    lifter.add_argument("--body", type=Path, metavar="FILE",
                        help="body model that is seen; default: the open body")


def run(args: argparse.Namespace) -> int:
    """Train, torch being there; progress and the table of errors go to the console."""
    from kinesics_core.body import model
    from kinesics_core.importers import body_poses
    from kinesics_core.pose_priors import lifter_training, prior_training, training_data
    from kinesics_core.training.run import RunFolder, Schedule

    if args.batch < 2:
        raise KinesicsError(f"Got --batch {args.batch}; wanted at least 2.")
    console = Console(stderr=True)
    schedule = Schedule(epochs=args.epochs, steps=args.steps, lr=args.lr, seed=args.seed)
    clips = body_poses.read(args.data, console.print)
    unseen = body_poses.read(args.unseen, console.print) if args.unseen else []
    data = training_data.divide(clips, schedule.seed, unseen)
    files.require_directory(args.out)
    console.print(
        f"{len(data.train)} recordings ({len(data.poses.rotations)} poses) to train on,"
        f" {len(data.validation)} to validate, {len(data.test)} to test")

    def on_row(row: Mapping[str, float | int | str], epochs: int) -> None:
        words = ", ".join(f"{key} {value:.4g}" for key, value in row.items()
                          if key not in ("epoch", "validation_loss", "lr"))
        console.print(f"epoch {row['epoch']}/{epochs}: {words}", highlight=False)

    folder = RunFolder(args.out, schedule, args.resume, on_row)
    if args.what == "prior":
        report = prior_training.train(
            data, folder, prior_training.PriorConfig(batch=args.batch, init=args.init),
            args.licence)
    else:
        report = lifter_training.train(
            data, model.load(args.body), folder,
            lifter_training.LifterConfig(batch=args.batch), args.licence)
    columns = _PRIOR_COLUMNS if args.what == "prior" else _LIFTER_COLUMNS
    tables.show(_table(report, columns), console)
    return 0


_PRIOR_COLUMNS = {
    "poses": ("poses", "{:.0f}", 1.0), "angle, degrees": ("degrees", "{:.2f}", 1.0),
    "joints, mm": ("joints_mm", "{:.1f}", 1.0),
}
_LIFTER_COLUMNS = {
    "MPJPE, mm": ("mpjpe_mm", "{:.1f}", 1.0), "PA-MPJPE, mm": ("pa_mpjpe_mm", "{:.1f}", 1.0),
    "root, degrees": ("root_degrees", "{:.1f}", 1.0),
    "turned round": ("turned_round", "{:.1f} %", 100.0),
}
"""Heading -> figure of the report, its format, and a factor."""


def _table(
    report: Mapping[str, Mapping[str, float]], columns: Mapping[str, tuple[str, str, float]]
) -> Table:
    """Return a row for each source and method."""
    shown = Table(title="Recordings never trained on")
    shown.add_column("source, method" if columns is _PRIOR_COLUMNS else "source, condition, method")
    for heading in columns:
        shown.add_column(heading, justify="right")
    for name, row in report.items():
        shown.add_row(name, *(form.format(factor * row[key])
                              for key, form, factor in columns.values()))
    return shown
