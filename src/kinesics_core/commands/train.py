"""``kinesics train forecast``: datasets -> a network as an ONNX file, its curves and report.

``train prior`` and ``train lifter`` are in ``train_body``, ``train body-reader`` in
``train_body_reader``, ``train face`` in ``train_face``,
``train text`` in ``train_text``, ``train pose-diff`` in ``train_pose_diff``, ``train idle`` in
``train_idle``, ``train transitions`` in ``train_transitions``; the forecast's run itself in
``train_forecast``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from kinesics_core import extras, option_types
from kinesics_core.commands import (
    train_body,
    train_body_reader,
    train_face,
    train_idle,
    train_pose_diff,
    train_text,
    train_transitions,
)
from kinesics_core.errors import KinesicsError
from kinesics_core.motion.training.config import CHOICES, RECIPES, TrainingConfig

HELP = "train a network on motion, body poses or text"

def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``train forecast``, whose settings are the recipe's if not given, and ``train_body``."""
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    for other in (train_body, train_body_reader, train_face, train_text, train_pose_diff,
                  train_idle, train_transitions):
        other.add_arguments(what)
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
    data.add_argument("--view", choices=CHOICES["view"],
                      help="see clips from the front, as the paper, or through random cameras and a"
                           " noisy detector (COCO-17 in three dimensions)")
    data.add_argument("--step", type=int, help="frames between windows cut from a clip")
    data.add_argument("--windows", type=int,
                      help="draw so many windows anew in each epoch; 0: every cut window once")
    data.add_argument("--normalisation", choices=CHOICES["normalisation"],
                      help="see kinesics_core.motion.windows")

    network = forecast.add_argument_group("network")
    network.add_argument("--network", default=TrainingConfig().network, metavar="NAME",
                         help=f"{', '.join(CHOICES['network'])} (default: %(default)s)")
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
    how.add_argument("--recipe", choices=tuple(RECIPES), default="paper",
                     help="settings to begin with (default: %(default)s)")
    how.add_argument("--epochs", type=int, help="passes")
    how.add_argument("--pretrain-epochs", type=int, help="of --pretrain; default: as --epochs")
    how.add_argument("--batch", type=int, help="windows in a step")
    how.add_argument("--lr", type=float, help="learning rate; default: the network's own")
    how.add_argument("--optimiser", choices=CHOICES["optimiser"],
                     help="adam: the weight decay is a part of the gradient (default: adamw)")
    how.add_argument("--weight-decay", type=float)
    how.add_argument("--decay", choices=CHOICES["decay"], help="how the learning rate falls")
    how.add_argument("--loss", choices=CHOICES["loss"],
                     help="error minimised; see kinesics_core.motion.training.losses")
    how.add_argument("--loss-unit", type=float, help="share of the pose's scale it is measured in")
    how.add_argument("--lambda", type=float, dest="lambda_classification",
                     help="weight of the classifier's cross entropy")
    how.add_argument("--gradient-limit", type=float, help="largest norm of the gradient; 0: any")
    how.add_argument("--ema", type=float, help="average the weights over steps, for instance 0.998")
    how.add_argument("--mirror", action=argparse.BooleanOptionalAction, default=None,
                     help="exchange left and right in half of the windows")
    how.add_argument("--warp", type=float,
                     help="play drawn windows up to this share faster or slower")
    how.add_argument("--cautious", action=argparse.BooleanOptionalAction, default=None,
                     help="make the trained network (ours, carrying) cautious about people it does"
                          " not know: see kinesics_core.motion.networks.mixer and .carrying")
    how.add_argument("--select", choices=CHOICES["select"],
                     help="by which validation figure the best epoch is chosen")
    how.add_argument("--seed", type=option_types.seed, default=0,
                     help="of split, windows and weights")

    _add_run(forecast)


def _add_run(forecast: argparse.ArgumentParser) -> None:
    """Add what a run leaves and where it runs."""
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
    if args.what == train_pose_diff.NAME:
        return train_pose_diff.run(args)
    if args.what == train_idle.NAME:  # needs no torch
        return train_idle.run(args)
    if args.what == train_transitions.NAME:
        return train_transitions.run(args)
    if args.what == train_body_reader.NAME:
        return train_body_reader.run(args)
    extras.require("train", "Training")
    import torch

    from kinesics_core.commands import train_forecast

    if args.threads < 1:
        raise KinesicsError(f"Got --threads {args.threads}; wanted at least 1.")
    torch.set_num_threads(args.threads)
    if args.what in train_body.NAMES:
        return train_body.run(args)
    if args.what == train_face.NAME:
        return train_face.run(args)
    if args.what == train_text.NAME:
        return train_text.run(args)
    return train_forecast.train(args)
