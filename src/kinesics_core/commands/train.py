"""``kinesics train forecast``: datasets -> a network as an ONNX file, its curves and report.

``train prior`` and ``train lifter`` are in ``train_body``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from kinesics_core.commands import train_body
from kinesics_core.dataset.clips import Dataset
from kinesics_core.errors import KinesicsError

HELP = "train a network on motion or body poses"

_CHANGES = (
    "epochs", "batch", "lr", "optimiser", "weight_decay", "decay", "loss", "loss_unit",
    "lambda_classification", "ema", "warp", "gradient_limit", "normalisation", "view", "step",
    "windows", "select",
)
"""Settings of the recipe that have an option of the same name, which is None if not given."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``train forecast``; every setting not given is the recipe's. And those of ``train_body``."""
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    train_body.add_arguments(what)
    forecast = what.add_parser(
        "forecast", help="60 frames of keypoints -> the next 30, and a label if asked",
        description="Trains one network to forecast motion and, with --label, to recognise a"
                    " label. Settings that are not given are the recipe's.")
    data = forecast.add_argument_group("data")
    data.add_argument("--data", nargs="+", type=Path, required=True, metavar="DATASET",
                      help="to train, validate and test on, split by clip")
    data.add_argument("--unseen", nargs="*", type=Path, default=[], metavar="DATASET",
                      help="only to judge the network by at the end")
    data.add_argument("--label", help="train the classifier too, on this label of the clips")
    data.add_argument("--view", choices=("frontal", "random"),
                      help="see clips from the front, as the paper, or through random cameras and a"
                           " faulty detector (COCO-17 in three dimensions)")
    data.add_argument("--step", type=int, help="frames between windows cut from a clip")
    data.add_argument("--windows", type=int,
                      help="draw so many windows anew in each epoch; 0: every cut window once")
    data.add_argument("--normalisation", choices=("per_frame", "last_frame"),
                      help="see kinesics_core.motion.windows")

    network = forecast.add_argument_group("network")
    network.add_argument("--network", default="lstm",
                         help="mlp, lstm, cnn_lstm, transformer or ours (default: %(default)s)")
    output = network.add_mutually_exclusive_group()
    output.add_argument("--residual", action="store_true", default=None,
                        help="predict the change from the newest frame")
    output.add_argument("--absolute", action="store_false", dest="residual",
                        help="predict the poses themselves, as the paper")
    before = network.add_mutually_exclusive_group()
    before.add_argument("--pretrain", nargs="+", type=Path, default=[], metavar="DATASET",
                        help="train on these first, then go on with --data")
    before.add_argument("--init", type=Path, metavar="CHECKPOINT",
                        help="start from the best epoch of another run's checkpoint.pt")
    network.add_argument("--new-classifier", action="store_true",
                         help="of --init keep everything but the classifier; classes may differ")

    how = forecast.add_argument_group("how it is trained")
    how.add_argument("--recipe", choices=("paper", "ours"), default="paper",
                     help="settings to begin with (default: %(default)s)")
    how.add_argument("--epochs", type=int, help="passes")
    how.add_argument("--pretrain-epochs", type=int, help="of --pretrain; default: as --epochs")
    how.add_argument("--batch", type=int, help="windows in a step")
    how.add_argument("--lr", type=float, help="learning rate; default: the network's own")
    how.add_argument("--optimiser", choices=("adamw", "adam"),
                     help="adam: the weight decay is a part of the gradient (default: adamw)")
    how.add_argument("--weight-decay", type=float)
    how.add_argument("--decay", choices=("none", "cosine"), help="how the learning rate falls")
    how.add_argument("--loss", choices=("mse", "l1", "relative"),
                     help="error minimised; see kinesics_core.motion.losses")
    how.add_argument("--loss-unit", type=float, help="share of the pose's scale it is measured in")
    how.add_argument("--lambda", type=float, dest="lambda_classification",
                     help="weight of the classifier's cross entropy")
    how.add_argument("--gradient-limit", type=float, help="largest norm of the gradient; 0: any")
    how.add_argument("--ema", type=float, help="average the weights over steps, for instance 0.998")
    how.add_argument("--mirror", action=argparse.BooleanOptionalAction, default=None,
                     help="exchange left and right in half of the windows")
    how.add_argument("--warp", type=float,
                     help="play drawn windows up to this share faster or slower")
    how.add_argument("--select", choices=("mae", "loss", "accuracy"),
                     help="by which validation figure the best epoch is chosen")
    how.add_argument("--seed", type=int, default=0, help="of split, windows and weights")

    run = forecast.add_argument_group("run")
    run.add_argument("--out", type=Path, required=True, metavar="DIR",
                     help="where checkpoint, curves, report and model go")
    run.add_argument("--resume", action="store_true", help="go on with the run in --out")
    run.add_argument("--device", default="auto", help="auto, cpu or cuda (default: %(default)s)")
    run.add_argument("--threads", type=int, default=1,
                     help="of torch on the CPU; networks this small are slower with more"
                          " (default: %(default)s)")
    run.add_argument("--name", default="forecast", help="of the model and its file")
    run.add_argument("--licence", default="not stated", help="of the weights, for the file")


def run(args: argparse.Namespace) -> int:
    """Train; the tables go to the console, the rest to ``--out``."""
    try:
        import torch

        from kinesics_core.motion.training import fit as training
        from kinesics_core.motion.training import training_run
    except ImportError as error:
        raise KinesicsError(
            f"Training needs {error.name}, which is not installed. Run: pip install"
            " 'kinesics[train]'."
        ) from error
    if args.threads < 1:
        raise KinesicsError(f"Got --threads {args.threads}; wanted at least 1.")
    torch.set_num_threads(args.threads)
    if args.what in train_body.NAMES:
        return train_body.run(args)
    changes = {name: getattr(args, name) for name in (*_CHANGES, "residual", "mirror")}
    config = training.recipe(
        args.recipe, network=args.network, seed=args.seed,
        **{name: value for name, value in changes.items() if value is not None})
    if args.warp and (not config.windows or config.view == "random"):
        raise KinesicsError(
            f"Got --warp {args.warp:g}, but windows are "
            + ("seen by random cameras, which vary their speed anyway. Leave it out."
               if config.view == "random" else "cut beforehand. Give --windows, how many are drawn"
               " in an epoch, or leave it out."))
    plan = training_run.Plan(
        label=args.label, pretrain_epochs=args.pretrain_epochs, init=args.init,
        new_classifier=args.new_classifier, name=args.name, licence=args.licence)
    groups = [[Dataset(path) for path in paths]
              for paths in (args.data, args.unseen, args.pretrain)]
    keypoints = _keypoints([dataset for group in groups for dataset in group])
    clips, unseen, pretrain = ([clip for dataset in group for clip in dataset] for group in groups)
    training_run.train(
        clips, args.out, config, plan, unseen=unseen, pretrain=pretrain, keypoints=keypoints,
        resume=args.resume, device=args.device)
    return 0


def _keypoints(datasets: Sequence[Dataset]) -> tuple[str, ...]:
    first = datasets[0]
    for other in datasets[1:]:
        if other.info.keypoints != first.info.keypoints:
            raise KinesicsError(
                f"{first.path} and {other.path} have different keypoints"
                f" ({len(first.info.keypoints)} and {len(other.info.keypoints)}, or in another"
                " order). Train on datasets of one keypoint set.")
    return first.info.keypoints
