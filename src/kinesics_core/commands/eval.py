"""``kinesics eval ...``: measurements, always beside what has to be beaten."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NamedTuple

from kinesics_core.commands import (
    eval_affect,
    eval_anticipation,
    eval_express,
    eval_face,
    eval_fit,
    eval_forecast,
    eval_generate,
    eval_mind,
    eval_recognise,
    eval_sources,
    eval_studies,
    eval_text,
)

HELP = "measure networks beside what they have to beat"


class EvalCommand(NamedTuple):
    """One sub-command; ``run`` returns the exit status."""

    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


EVALUATIONS: dict[str, EvalCommand] = {
    "forecast": EvalCommand(
        eval_forecast.HELP, eval_forecast.add_arguments, eval_forecast.run),
    "sources": EvalCommand(eval_sources.HELP, eval_sources.add_arguments, eval_sources.run),
    "recognise": EvalCommand(
        eval_recognise.HELP, eval_recognise.add_arguments, eval_recognise.run),
    "pretraining": EvalCommand(
        "study: gain by pretraining on synthetic motion, by how much of it",
        eval_studies.add_pretraining, eval_studies.run_pretraining),
    "domains": EvalCommand(
        "study: error on other domains every 10 epochs",
        eval_studies.add_domains, eval_studies.run_domains),
    "emotion": EvalCommand(
        "study: recognition on other domains", eval_studies.add_emotion, eval_studies.run_emotion),
    "affect": EvalCommand(eval_affect.HELP, eval_affect.add_arguments, eval_affect.run),
    "anticipation": EvalCommand(
        eval_anticipation.HELP, eval_anticipation.add_arguments, eval_anticipation.run),
    "express": EvalCommand(
        eval_express.HELP, eval_express.add_arguments, eval_express.run),
    "face": EvalCommand(eval_face.HELP, eval_face.add_arguments, eval_face.run),
    "text": EvalCommand(eval_text.HELP, eval_text.add_arguments, eval_text.run),
    "transitions": EvalCommand(
        eval_mind.TRANSITIONS, eval_mind.add_transitions, eval_mind.run_transitions),
    "personalities": EvalCommand(
        eval_mind.PERSONALITIES, eval_mind.add_personalities, eval_mind.run_personalities),
    "reactions": EvalCommand(
        eval_mind.REACTIONS, eval_mind.add_reactions, eval_mind.run_reactions),
    "fit": EvalCommand(eval_fit.HELP, eval_fit.add_arguments, eval_fit.run),
    "generate": EvalCommand(
        eval_generate.HELP, eval_generate.add_arguments, eval_generate.run),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    for name, command in EVALUATIONS.items():
        sub = commands.add_parser(
            name, help=command.help, description=command.help,
            formatter_class=argparse.ArgumentDefaultsHelpFormatter)
        command.add_arguments(sub)
        sub.set_defaults(entry=command.run)


def run(args: argparse.Namespace) -> int:
    return args.entry(args)
