"""``kinesics eval transitions``, ``personalities``, ``reactions``: the robot's mind, measured."""

from __future__ import annotations

import argparse
import csv
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kinesics_core import bench, files, option_types
from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.commands import tables
from kinesics_core.errors import KinesicsError

if TYPE_CHECKING:
    from kinesics_core.mind.study import Answers

TRANSITIONS = "next own emotion, beside majority, persist, mimic and the table of all triples"
PERSONALITIES = "answers of the personalities to the same stimuli, and how much they differ"
REACTIONS = "time from a robot's error to people's reaction"

GOAL_DIVERGENCE = ">= .05"
"""Goal of every pair of personalities, bits."""


def add_transitions(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``eval transitions``."""
    parser.add_argument("counts", type=Path, metavar="COUNTS.json",
                        help='JSON with "count_E1_E2_E3": {"neutral|joy|joy": 12, ...}')
    parser.add_argument("--repeats", type=option_types.whole(1), default=5,
                        help="of the 10-fold cross-validation, each with other folds")
    parser.add_argument("--seed", type=option_types.seed, default=0, help="of the folds")
    parser.add_argument("--json", type=Path, metavar="FILE")


def run_transitions(args: argparse.Namespace) -> int:
    """Score, print and write."""
    from kinesics_core.mind.transition_counts import evaluate, read_counts, results

    if args.repeats < 1:
        raise KinesicsError(f"Got --repeats {args.repeats}; wanted at least 1.")
    if args.json is not None:
        files.require_writable(args.json)
    scores = evaluate(read_counts(args.counts)[0], args.repeats, args.seed)
    tables.print_rows(
        ("", "parameters", "log-loss (nats)", "macro-F1", "accuracy"),
        [(name, str(score.parameters),
          "-" if math.isnan(score.log_loss) else f"{score.log_loss:.4f}",
          f"{score.macro_f1:.4f}", f"{score.accuracy:.4f}") for name, score in scores.items()])
    if args.json is not None:
        bench.save(results(scores), args.json, scores={
            name: {key: None if math.isnan(value) else value
                   for key, value in asdict(score).items()}
            for name, score in scores.items()})
        print(f"wrote {args.json}")
    return 0


def add_personalities(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``eval personalities``."""
    parser.add_argument("personality", nargs="*", metavar="PERSONALITY",
                        help="names or files; none: all that are shipped")
    parser.add_argument("--markdown", action="store_true", help="tables for a document")
    parser.add_argument("--json", type=Path, metavar="FILE")


def run_personalities(args: argparse.Namespace) -> int:
    """Play the stimuli, print the tables and write."""
    from kinesics_core.mind import study
    from kinesics_core.mind.personality import PERSONALITIES as SHIPPED
    from kinesics_core.mind.personality import load_personality
    from kinesics_core.mind.style import style_of

    if args.json is not None:
        files.require_writable(args.json)
    personalities = {Path(name).stem: load_personality(name)
                     for name in args.personality or SHIPPED}
    answers = study.table(personalities)
    pairs = study.divergences(answers)
    show = _markdown if args.markdown else tables.print_rows
    show(("stimulus", *personalities), [
        (EMOTIONS[emotion] if emotion != 7 else "calm",
         *(_words(answers[name][emotion, study.STRENGTHS[-1]]) for name in personalities))
        for emotion in range(len(EMOTIONS))])
    print()
    show(("", *personalities), _sizes(personalities, answers))
    print()
    styles = {name: style_of(personality) for name, personality in personalities.items()}
    show(("style", *personalities), [
        (label, *(f"{getattr(style, name):.2f}" for style in styles.values()))
        for name, label in _STYLE.items()])
    if pairs:
        print()
        names = list(personalities)
        show(("Jensen-Shannon, bits", *names[1:]), [
            (one, *(f"{pairs[one, other]:.2f}" if (one, other) in pairs else ""
                    for other in names[1:])) for one in names[:-1]])
    if args.json is not None:
        bench.save([
            bench.result(f"affect.personality_js.{one}_{other}", value, "bits", GOAL_DIVERGENCE)
            for (one, other), value in pairs.items()], args.json)
        print(f"wrote {args.json}")
    return 0


_STYLE = {
    "strength": "gain of expression", "sympathy": "gain of sadness shown",
    "patience": "concern gives way to encouragement after (s)",
    "smile": "joy before the calm (share)", "delay": "delay (s)", "linger": "fades in (s)",
    "gestures": "gestures a minute, at most", "energy": "expansiveness of gestures",
    "lean": "lean (rad)", "gaze": "gaze (share)", "tempo": "tempo",
}


def _sizes(
    names: Mapping[str, object], answers: Mapping[str, Mapping[tuple[int, float], Answers]]
) -> list[tuple[str, ...]]:
    """Return the means over all stimuli."""
    rows = []
    for name, label in (("intensity", "intensity shown, mean"), ("latency", "latency (s), mean"),
                        ("lean", "lean (rad), mean"), ("gaze", "gaze (share), mean"),
                        ("tempo", "tempo, mean")):
        rows.append((label, *(
            f"{np.mean([getattr(one, name) for one in answers[who].values()]):.2f}"
            for who in names)))
    rows.append(("gestures in 8 s, mean", *(
        f"{np.mean([sum(one.gestures.values()) for one in answers[who].values()]):.2f}"
        for who in names)))
    return rows


def _words(answers: Answers) -> str:
    """Return what is mostly shown, by which policy, with which gestures."""
    from kinesics_core.mind.study import LEVELS

    emotion, level = max(answers.shown, key=lambda key: answers.shown[key])
    policy = max(answers.policies, key=lambda name: answers.policies[name])
    shown = EMOTIONS[emotion] if level < 0 else f"{LEVELS[level]} {EMOTIONS[emotion]}"
    gestures = ", ".join(sorted(answers.gestures))
    return f"{policy}: {shown}" + (f"; {gestures}" if gestures else "")


def _markdown(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    for cells in (headings, ("---",) * len(headings), *rows):
        print(f"| {' | '.join(cells)} |")


def add_reactions(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``eval reactions``."""
    parser.add_argument("times", type=Path, metavar="TIMES.csv",
                        help="with a column response_time in seconds, as badrobotsIRL has it")
    parser.add_argument("--json", type=Path, metavar="FILE")


def run_reactions(args: argparse.Namespace) -> int:
    """Print the quantiles."""
    if args.json is not None:
        files.require_writable(args.json)
    try:
        with args.times.open(newline="", encoding="utf-8") as stream:
            times = [float(row["response_time"]) for row in csv.DictReader(stream)]
    except OSError as error:
        raise KinesicsError(f"{args.times} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        raise KinesicsError(
            f"{args.times} holds no reaction times; wanted a .csv with a column response_time, in"
            " seconds.") from error
    if not times or not np.isfinite(times).all():
        raise KinesicsError(f"{args.times} holds no reaction times, or some that are no numbers.")
    low, median, high = np.quantile(times, (0.1, 0.5, 0.9)).tolist()
    print(f"{len(times)} reactions: median {median:.2f} s, 10-90 % {low:.2f} to {high:.2f} s")
    if args.json is not None:
        files.write_json(
            args.json, {"reactions": len(times), "median": median, "low": low, "high": high})
    return 0
