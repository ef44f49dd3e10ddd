"""``kinesics train transitions``: counts of emotion triples -> the robot's own next emotion."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from kinesics_core import files
from kinesics_core.mind import transition_counts, transitions

NAME = "transitions"
"""Its name below ``kinesics train``."""


def add_arguments(what: Any) -> None:
    """Add ``train transitions`` to the subcommands of ``kinesics train``."""
    parser = what.add_parser(
        NAME, help="counts of emotions in dialogue -> how an own emotion follows on another",
        description="Fits the transition model of the robot's mind to counts of triples (own"
                    " emotion, partner's, own next). Measure it with: kinesics eval transitions.")
    parser.add_argument("counts", type=Path, metavar="COUNTS.json",
                        help='JSON with "count_E1_E2_E3": {"neutral|joy|joy": 12, ...}')
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.json")


def run(args: argparse.Namespace) -> int:
    """Fit and write."""
    files.require_writable(args.out)
    counts, source = transition_counts.read_counts(args.counts)
    model = transitions.fitted(counts, source)
    transition_counts.write(args.out, model, int(counts.sum()))
    print(f"wrote {args.out}: {len(model.weights)} numbers fitted to {int(counts.sum())} triples;"
          f" measure it with: kinesics eval transitions {args.counts}")
    return 0
