"""``kinesics eval ...``: how good the networks are, always beside what they have to beat."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kinesics_core.commands import eval_affect, eval_fit
from kinesics_core.errors import KinesicsError

if TYPE_CHECKING:
    from rich.console import Console

    from kinesics_core.motion.evaluation.comparison import Options, Report

HELP = "measure networks beside what they have to beat"

NETWORKS = ("mlp", "lstm", "cnn_lstm", "transformer", "ours")


class Entry(NamedTuple):
    """One sub-command; ``run`` returns the exit status."""

    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    for name, entry in WHAT.items():
        sub = commands.add_parser(
            name, help=entry.help, description=entry.help,
            formatter_class=argparse.ArgumentDefaultsHelpFormatter)
        entry.add_arguments(sub)
        sub.set_defaults(entry=entry.run)


def run(args: argparse.Namespace) -> int:
    return args.entry(args)


def _add_forecast(parser: argparse.ArgumentParser) -> None:
    _add_common(parser, "clip")
    parser.add_argument("--label", help="also give the error of each of its classes")
    parser.add_argument("--networks", default=",".join(NETWORKS), metavar="A,B",
                        help="which to train")
    parser.add_argument("--residual", action=argparse.BooleanOptionalAction, default=True,
                        help="train the paper's networks with residual output too")
    parser.add_argument("--optimiser", choices=("adamw", "adam"), default="adamw",
                        help="of the paper's networks; adam has the weight decay in the gradient")
    parser.add_argument("--view", choices=("frontal",), default="frontal",
                        help="orthographic from the front, as the paper's figures are")


def _add_recognise(parser: argparse.ArgumentParser) -> None:
    _add_common(parser, "clip")
    parser.add_argument("--label", required=True, help="what to recognise")
    parser.add_argument("--networks", default="ours", metavar="A,B",
                        help=f"which to train, of {', '.join(NETWORKS)}, ours_forecaster")


def _add_common(parser: argparse.ArgumentParser, split: str) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DATASET",
                        help="made by `kinesics data import` or `synth`")
    parser.add_argument("--split", default=split, metavar="clip|LABEL|window_leaks",
                        help="a fifth of the clips is the test; or each value of a label (content,"
                             " person, ...) in turn; or windows at random, which leaks")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--train", action="store_true", help="train the networks on this dataset")
    what.add_argument("--model", nargs="+", metavar="[NAME=]FILE.onnx",
                      help="judge exported networks instead")
    parser.add_argument("--epochs", type=int, default=None,
                        help="of every training; left out, as many as end in about 20 minutes on"
                             " two cores")
    parser.add_argument("--step", type=int, default=15, help="frames between two windows")
    parser.add_argument("--seed", type=int, default=0, help="of split, weights and order")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)),
                        help="trainings at a time, a core each")
    parser.add_argument("--out", type=Path, metavar="DIR",
                        help="keep results, weights, curves and figures; run again with the same"
                             " DIR, what was finished is reused")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")


def _forecast(args: argparse.Namespace) -> int:
    comparison = _comparison()
    return _report(args, comparison.compare_forecasts)


def _recognise(args: argparse.Namespace) -> int:
    comparison = _comparison()
    return _report(args, comparison.compare_recognition)


def _report(
    args: argparse.Namespace, compare: Callable[[Options, Console], Report]
) -> int:
    from kinesics_core import bench
    from kinesics_core.motion.evaluation.comparison import Options

    report = compare(Options(
        data=args.data, label=args.label, split=args.split,
        networks=() if args.model else _names(args.networks),
        residual=getattr(args, "residual", False),
        optimiser=getattr(args, "optimiser", "adamw"), epochs=args.epochs, step=args.step,
        seed=args.seed, view=getattr(args, "view", "frontal"), processes=args.jobs, out=args.out,
        models=_models(args.model or [])), _console())
    if args.json is not None:
        bench.save(report.results, args.json, about=report.about, failed=report.failed)
        print(f"wrote {args.json}")
    return 1 if report.failed else 0


def _comparison():
    try:
        from kinesics_core.motion.evaluation import comparison
    except ImportError as error:
        raise KinesicsError(
            f"Evaluation needs {error.name}, which is not installed. Run: pip install"
            " 'kinesics[train]'."
        ) from error
    return comparison


def _names(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise KinesicsError(f"Got networks {text!r}; wanted some of {', '.join(NETWORKS)}.")
    return names


def _models(given: list[str]) -> dict[str, Path]:
    """NAME=FILE, or FILE, which is called by its stem."""
    models: dict[str, Path] = {}
    for text in given:
        name, _, file = text.rpartition("=")
        name = name or Path(file).stem
        if name in models:
            raise KinesicsError(
                f"Got two models called {name}; name them apart with NAME=FILE.onnx.")
        models[name] = Path(file)
    return models


def _add_pretraining(parser: argparse.ArgumentParser) -> None:
    _add_study(parser)
    parser.add_argument("--label", help="classify it too while training (the paper's equation 3)")


def _add_domains(parser: argparse.ArgumentParser) -> None:
    _add_pretraining(parser)
    _add_domain(parser)


def _add_emotion(parser: argparse.ArgumentParser) -> None:
    _add_study(parser)
    _add_domain(parser)
    parser.add_argument("--label", required=True, help="what to recognise")


def _add_domain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--domain", nargs="+", default=[], metavar="NAME=DATASET",
                        help="other motion to test on, beside the test clips of --data")


def _add_study(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="REAL",
                        help="dataset of real recordings, split by clip")
    parser.add_argument("--pretrain", type=Path, nargs="+", required=True, metavar="DATASET",
                        help="synthetic datasets to train on first, one a tier")
    parser.add_argument("--networks", default="mlp,lstm,cnn_lstm,transformer", metavar="A,B",
                        help=f"of {', '.join(NETWORKS)}")
    parser.add_argument("--residual", action="store_true",
                        help="predict the change from the newest frame, unlike the paper")
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each kind")
    parser.add_argument("--epochs", type=int, default=30,
                        help="on the real recordings (the paper: 200)")
    parser.add_argument("--pretrain-epochs", type=int, default=5,
                        help="on the synthetic ones (the paper: 200)")
    parser.add_argument("--step", type=int, default=15, help="frames between two windows")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)),
                        help="trainings at a time, a core each")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR",
                        help="figure, table and what each training gave; run again with the same"
                             " DIR, what was finished is reused")


def _pretraining(args: argparse.Namespace) -> int:
    return _study(args, "pretraining")


def _domains(args: argparse.Namespace) -> int:
    return _study(args, "domains")


def _emotion(args: argparse.Namespace) -> int:
    return _study(args, "emotion")


def _study(args: argparse.Namespace, name: str) -> int:
    _comparison()   # says what is missing
    from kinesics_core.motion.evaluation import studies

    domains: dict[str, Path] = {}
    for text in getattr(args, "domain", []):
        called, separator, path = text.partition("=")
        if not (called and separator and path) or called in domains:
            raise KinesicsError(
                f"Got --domain {text!r}; wanted NAME=DATASET, every name once.")
        domains[called] = Path(path)
    failed = getattr(studies, name)(studies.Options(
        data=args.data, out=args.out, networks=_names(args.networks),
        pretrain=tuple(args.pretrain), label=args.label, domains=domains, seeds=args.seeds,
        epochs=args.epochs, pretrain_epochs=args.pretrain_epochs, step=args.step,
        residual=args.residual, processes=args.jobs), _console())
    return 1 if failed else 0


def _console() -> Console:
    """Tables of many columns need room; a pipe has as much as one likes."""
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=160)


WHAT: dict[str, Entry] = {
    "forecast": Entry("error of forecasts, per frame and class", _add_forecast, _forecast),
    "recognise": Entry("accuracy and macro-F1 of recognising a label", _add_recognise, _recognise),
    "pretraining": Entry("study: gain by pretraining on synthetic motion, by how much of it",
                         _add_pretraining, _pretraining),
    "domains": Entry("study: error on other domains every 10 epochs", _add_domains, _domains),
    "emotion": Entry("study: recognition on other domains", _add_emotion, _emotion),
    "affect": Entry(eval_affect.HELP, eval_affect.add_arguments, eval_affect.run),
    "fit": Entry(eval_fit.HELP, eval_fit.add_arguments, eval_fit.run),
}
