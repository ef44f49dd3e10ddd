"""``kinesics eval anticipation DATASET``: answers on the forecast, how early and how right."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kinesics_core import bench, files, option_types
from kinesics_core.commands import tables
from kinesics_core.mind.anticipation import AnticipationConfig
from kinesics_core.settings import settings_of

if TYPE_CHECKING:
    from kinesics_core.judging.anticipation import Signalled, Summary

HELP = "answers begun on the forecast: how much earlier than on the gesture, and how often wrong"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Plays clips of real people through keypoints with a detector's jitter, the forecaster, the"
        " reader of signals and the decision that runs live. An early answer is right if the"
        " gesture is seen afterwards; the lead is the time until then. --validation chooses the"
        " thresholds on other datasets, by worth: a right answer half a second early counts 1, a"
        " wrong one that is taken back -4."
    )
    parser.add_argument("data", metavar="DATASET", type=Path, nargs="+")
    parser.add_argument("--validation", metavar="DATASET", type=Path, action="append", default=[],
                        help="choose the thresholds on these clips; may be repeated")
    parser.add_argument("--every", metavar="N", type=option_types.whole(1), default=1,
                        help="judge every Nth clip alone")
    parser.add_argument("--seed", type=option_types.whole(0, 2**31 - 1), default=0, metavar="N",
                        help="of the detector's errors")
    parser.add_argument("--json", metavar="FILE", type=Path)


def run(args: argparse.Namespace) -> int:
    from kinesics_core.judging import anticipation as judging

    if args.json is not None:
        files.require_writable(args.json)
    config = AnticipationConfig()
    rows: list[tuple[str, Summary]] = []
    if args.validation:
        clips = [clip for folder in args.validation for clip in _read(folder, args.seed)]
        config, reached = judging.choose(clips)
        rows.append(("validation", reached))
    judged = [(folder.name, _read(folder, args.seed, args.every)) for folder in args.data]
    rows += [(name, judging.summary(clips, config)) for name, clips in judged]
    everything = [clip for _, clips in judged for clip in clips]
    if len(judged) > 1:
        rows.append(("all", judging.summary(everything, config)))
    _print(rows, config)
    if args.json is not None:
        bench.save(_results(rows), args.json, about={
            "thresholds": {known.name: getattr(config, known.name)
                           for known in settings_of(AnticipationConfig)}})
        print(f"wrote {args.json}")
    return 0


def _read(folder: Path, seed: int, every: int = 1) -> list[Signalled]:
    """Read the signals of a dataset's clips, with a progress bar."""
    from rich.console import Console
    from rich.progress import Progress

    from kinesics_core.dataset.clips import Dataset
    from kinesics_core.experiments.affect_evaluation import require_coco
    from kinesics_core.judging.anticipation import signalled

    dataset = Dataset(folder)
    require_coco(dataset)
    clips = [clip for number, clip in enumerate(dataset) if number % every == 0]
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(folder.name, total=len(clips))
        return list(signalled(clips, seed=seed, on_clip=lambda: progress.advance(task)))


def _print(rows: Sequence[tuple[str, Summary]], config: AnticipationConfig) -> None:
    from rich.table import Table

    table = Table(title="answers begun on the forecast")
    for column in ("", "clips", "gestures seen", "begun early", "right", "hand went up",
                   "median lead", "quartiles", "worth a gesture"):
        table.add_column(column, justify="left" if not column else "right")
    for name, found in rows:
        low, high = found.quartiles
        table.add_row(
            name, str(found.clips), str(found.seen), str(found.answers), _share(found.precision),
            _share(found.true_precision), _ms(found.lead), f"{_ms(low)} to {_ms(high)}",
            f"{found.worth:+.2f}")
    tables.show(table)
    print(f"thresholds: confidence {config.anticipate_from:g}, forecast for"
          f" {config.anticipate_for:g} s, patience {config.anticipate_patience:g} s")


def _share(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.0%}"


def _ms(value: float) -> str:
    return "-" if math.isnan(value) else f"{1e3 * value:.0f} ms"


def _results(rows: Sequence[tuple[str, Summary]]) -> list[bench.Result]:
    """Return affect.anticipation_ms.NAME and so on; the peer answers what is seen: 0 ms early."""
    results = []
    for name, found in rows:
        if not found.answers:
            continue
        results += [
            bench.result(f"affect.anticipation_ms.{name}", 1e3 * found.lead, "ms earlier",
                         peer="answers what is seen", peer_value=0.0),
            bench.result(f"affect.anticipation_precision.{name}", found.precision,
                         f"of {found.answers} early answers"),
            bench.result(f"affect.anticipation_share.{name}", found.early,
                         f"of {found.seen} gestures"),
        ]
    return results
