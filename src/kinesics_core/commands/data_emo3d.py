"""``kinesics data emo3d`` and ``data emo3d-info``: triples of text, picture and face."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinesics_core import files, option_types, settings
from kinesics_core.commands import tables

if TYPE_CHECKING:
    from kinesics_core.emo3d.statistics import EmotionStatistics

HELP = "make triples of description, picture and 52 blendshapes, as the Emo3D paper does"
INFO_HELP = "say what a set of Emo3D triples is: the forms of the paper's tables 3, 4, figures 8-10"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from kinesics_core.emo3d.options import MakeConfig

    parser.description = (
        "Makes descriptions of emotions from a grammar, whose distribution over the eight emotions"
        " is known, draws faces of women and men that show them, and measures the blendshapes on"
        " the pictures with MediaPipe. Words and sentences of the test part are in no other part."
        " Interrupted, it goes on where it was; a larger set begins with the smaller one."
    )
    parser.add_argument("--out", metavar="DIR", type=Path, required=True)
    for known in settings.settings_of(MakeConfig):
        settings.add_option(parser, known, metavar="N" if known.kind in (int, float) else None)
    parser.add_argument("--export", metavar="FILE", type=Path,
                        help="write it in the public set's columns too (.parquet, or .csv)")


def run(args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import Progress

    from kinesics_core.emo3d import make, public_format
    from kinesics_core.emo3d.options import MakeConfig

    config = settings.from_values(MakeConfig, vars(args))
    if args.export is not None:
        public_format.require(args.export)
        files.require_writable(args.export)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("rows", total=config.count)
        made = make.make(
            args.out, config, lambda done, _: progress.update(task, completed=done))
    if args.export is not None:
        public_format.write(args.export, made)
        print(f"wrote {args.export}")
    parts = ", ".join(f"{made.parts.count(name)} {name}" for name in sorted(set(made.parts)))
    lost = config.count * config.pictures - len(made.rows)
    print(f"{args.out}: {len(made.texts)} rows ({parts}), {len(made.rows)} pictures,"
          f" {made.count} triples" + (f"; no face was found on {lost} pictures" if lost else ""))
    return 0


def add_info_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="PATH", type=settings.given_path,
                        help="folder of `kinesics data emo3d`, or file of llm-lab/Emo3D"
                             " (.parquet, .csv)")
    parser.add_argument("--figures", metavar="DIR", type=Path,
                        help="draw the paper's figures 8, 9 and 10 into it")
    parser.add_argument("--json", metavar="FILE", type=Path)
    parser.add_argument("--seed", type=option_types.seed, default=0,
                        help="of the division into parts (default: %(default)s)")


def run_info(args: argparse.Namespace) -> int:
    from kinesics_core.emo3d import data, statistics

    if args.json is not None:
        files.require_writable(args.json)
    if args.figures is not None:
        files.require_directory(args.figures)
    triples = data.read(args.path, args.seed)
    found = statistics.by_emotion(triples)
    parts = ", ".join(f"{triples.parts.count(name)} {name}" for name in sorted(set(triples.parts)))
    print(f"{len(triples.texts)} rows ({parts}), {len(triples.rows)} faces,"
          f" {triples.count} triples")
    _show(found)
    if args.figures is not None:
        for path in statistics.draw(triples, found, args.figures):
            print(f"wrote {path}")
    if args.json is not None:
        files.write_json(args.json, _document(triples, found))
        print(f"wrote {args.json}")
    return 0


def _show(found: list[EmotionStatistics]) -> None:
    from rich.table import Table

    table = Table(title="by the largest emotion (the paper's table 3)")
    for column in ("emotion", "prompts", "words", "unique", "word length", "words a sentence"):
        table.add_column(column, justify="left" if column == "emotion" else "right")
    for entry in found:
        table.add_row(entry.emotion, str(entry.prompts), str(entry.words), str(entry.unique),
                      f"{entry.word_length:.2f}", f"{entry.sentence_length:.2f}")
    tables.show(table)
    words = Table(title="most frequent words (table 4)")
    for entry in found:
        words.add_column(entry.emotion)
    for row in range(max(len(entry.frequent) for entry in found)):
        words.add_row(*(entry.frequent[row] if row < len(entry.frequent) else ""
                        for entry in found))
    tables.show(words)


def _document(triples: Any, found: list[EmotionStatistics]) -> dict[str, Any]:
    from kinesics_core.affect.emotions import EMOTIONS
    from kinesics_core.emo3d import statistics

    counts = statistics.word_counts(triples)
    return {
        "rows": len(triples.texts), "faces": len(triples.rows), "triples": triples.count,
        "words_in_a_prompt": {str(count): int((counts == count).sum())
                              for count in range(int(counts.max()) + 1)},
        "emotions": {
            entry.emotion: {
                "prompts": entry.prompts, "words": entry.words, "unique_words": entry.unique,
                "word_length": round(entry.word_length, 4),
                "sentence_length": round(entry.sentence_length, 4),
                "frequent_words": list(entry.frequent),
                "mean": dict(zip(EMOTIONS, entry.mean.round(4).tolist(), strict=True)),
                "deviation": dict(zip(EMOTIONS, entry.deviation.round(4).tolist(), strict=True)),
            } for entry in found},
    }
