"""``kinesics train prior`` and ``train lifter``: motion with rotations -> what bodies are fitted
with."""

from __future__ import annotations

import argparse
from pathlib import Path

from kinesics_core.errors import KinesicsError

NAMES = ("prior", "lifter")


def add_arguments(what: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The two sub-commands."""
    prior = what.add_parser(
        "prior", help="body poses -> a prior in VPoser's layout, and a mixture of Gaussians",
        description="Trains the priors of body poses that fitting uses, and says how far they are"
                    " from poses of recordings that they never saw.")
    lifter = what.add_parser(
        "lifter", help="2-D keypoints -> a body's rotations",
        description="Trains the network a fit begins with: poses as random cameras and a faulty"
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
        parser.add_argument("--epochs", type=int, default=epochs, help="default: %(default)s")
        parser.add_argument("--steps", type=int, default=steps,
                            help="of an epoch (default: %(default)s)")
        parser.add_argument("--batch", type=int, default=512, help="poses (default: %(default)s)")
        parser.add_argument("--lr", type=float, default=1e-3,
                            help="learning rate (default: %(default)s)")
        parser.add_argument("--seed", type=int, default=0, help="of split, poses and weights")
        parser.add_argument("--threads", type=int, default=1,
                            help="of torch on the CPU (default: %(default)s)")
        parser.add_argument("--licence", default="not stated", help="of the weights, for the file")
    lifter.add_argument("--body", type=Path, metavar="FILE",
                        help="body model that is seen; default: the open body")


def run(args: argparse.Namespace) -> int:
    """Train, torch being there; progress and the table of errors go to the console."""
    from kinesics_core.body import model
    from kinesics_core.importers import body_poses
    from kinesics_core.pose_priors import lifter_training, prior_training
    from kinesics_core.training.loop import Schedule

    if args.batch < 2:
        raise KinesicsError(f"Got --batch {args.batch}; wanted at least 2.")
    schedule = Schedule(epochs=args.epochs, steps=args.steps, lr=args.lr, seed=args.seed)
    clips = body_poses.read(args.data)
    unseen = body_poses.read(args.unseen) if args.unseen else []
    if args.what == "prior":
        prior_training.train(
            clips, args.out, schedule, prior_training.PriorConfig(batch=args.batch),
            unseen=unseen, resume=args.resume, licence=args.licence)
    else:
        lifter_training.train(
            clips, model.load(args.body), args.out, schedule,
            lifter_training.LifterConfig(batch=args.batch), unseen=unseen, resume=args.resume,
            licence=args.licence)
    return 0
