"""``kinesics train forecast``: motion capture -> a forecasting network as an ONNX file."""

from __future__ import annotations

import argparse
from pathlib import Path

from kinesics_core.errors import KinesicsError

HELP = "train a network on motion capture"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``train forecast``; recognition will stand beside it."""
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    forecast = what.add_parser(
        "forecast", help="60 frames of COCO-17 -> the next 30",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    forecast.add_argument("--motion", nargs="+", type=Path, required=True, metavar="DIR",
                          help="motion archives to train, validate and test on, split by clip")
    forecast.add_argument("--unseen", nargs="*", type=Path, default=[], metavar="DIR",
                          help="motion archives only to evaluate on")
    forecast.add_argument("--out", type=Path, required=True, metavar="DIR",
                          help="where checkpoint, curves, report and model go")
    forecast.add_argument("--epochs", type=int, default=200, help="passes")
    forecast.add_argument("--windows", type=int, default=7000, help="windows drawn in an epoch")
    forecast.add_argument("--batch", type=int, default=32, help="windows in a step")
    forecast.add_argument("--lr", type=float, default=1e-3, help="learning rate of Adam")
    forecast.add_argument("--weight-decay", type=float, default=1e-4, help="of Adam")
    forecast.add_argument("--decay", choices=("none", "cosine"), default="none",
                          help="how the learning rate falls")
    forecast.add_argument("--loss", choices=("mse", "relative"), default="mse",
                          help="error minimised; see kinesics_core.motion.training")
    forecast.add_argument("--normalisation", choices=("last_frame", "per_frame"),
                          default="last_frame", help="see kinesics_core.motion.windows")
    forecast.add_argument("--absolute", action="store_true",
                          help="predict poses as the paper does, not the change of the last one")
    forecast.add_argument("--seed", type=int, default=0, help="of split, windows and weights")
    forecast.add_argument("--threads", type=int, default=1, help="of torch")
    forecast.add_argument("--name", default="forecast_lstm", help="of the model and its file")
    forecast.add_argument("--licence", default="not stated", help="of the weights, for the file")
    forecast.add_argument("--resume", action="store_true", help="continue the run in --out")


def run(args: argparse.Namespace) -> int:
    """Train; the tables go to the console, the rest to ``--out``."""
    try:
        import torch

        from kinesics_core.motion.training import TrainingConfig, train
    except ImportError as error:
        raise KinesicsError(
            f"Training needs {error.name}, which is not installed. Run: pip install"
            " 'kinesics[train]'."
        ) from error
    from kinesics_core.data.motion_archives import load

    torch.set_num_threads(args.threads)
    config = TrainingConfig(
        name=args.name, epochs=args.epochs, batch=args.batch, windows=args.windows, lr=args.lr,
        weight_decay=args.weight_decay, decay=args.decay, loss=args.loss,
        normalisation=args.normalisation, residual=not args.absolute, seed=args.seed,
        licence=args.licence,
    )
    recordings = [clip for folder in args.motion for clip in load(folder)]
    unseen = [clip for folder in args.unseen for clip in load(folder)]
    train(recordings, unseen, args.out, config, resume=args.resume)
    return 0
