"""``kinesics eval text``: the text model on GoEmotions-Ekman and on sentences of one's own."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from kinesics_core import bench, files
from kinesics_core.commands import tables
from kinesics_core.errors import KinesicsError

if TYPE_CHECKING:
    from kinesics_core.bench import Result
    from kinesics_core.expression.text.evaluation import EkmanScore, SentenceScore

HELP = "emotion read from text, F1 by class beside trivial answers"

GOAL_F1, GOAL_MS, GOAL_SENTENCES = ">= .64", "<= 5", ">= .7"
"""Macro-F1 that BERT's authors published; time on a core; share of our sentences read right."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Scores the text model on GoEmotions' test set with Ekman's classes (macro-F1, several"
        " classes a text), beside its n-grams alone and the most frequent class, and on a file of"
        " sentences (the first emotion right, by group).")
    parser.add_argument("--model", type=Path, metavar="FILE", help=".npz; left out, the shipped")
    parser.add_argument("--goemotions", type=Path, metavar="DIR",
                        help="folder with data/original, or with the archive of it")
    parser.add_argument("--split", choices=("test", "dev"), default="test")
    parser.add_argument("--sentences", type=Path, metavar="FILE",
                        help="lines of text, labels and group between tabs, below a heading")
    parser.add_argument("--wrong", action="store_true", help="print the sentences read wrong")
    parser.add_argument("--json", metavar="FILE", type=Path)


def run(args: argparse.Namespace) -> int:
    from kinesics_core.expression.text import TextReader
    from kinesics_core.expression.text.evaluation import read_sentences, score_sentences

    if args.goemotions is None and args.sentences is None:
        raise KinesicsError("Got nothing to measure on; wanted --goemotions, --sentences or both.")
    if args.json is not None:
        files.require_writable(args.json)
    reader = TextReader.load(args.model)
    results: list[Result] = []
    if args.goemotions is not None:
        score = _score_goemotions(args, reader)
        _show_ekman(score, args.split)
        results += _ekman_results(score)
    if args.sentences is not None:
        found = score_sentences(reader, read_sentences(args.sentences))
        _show_sentences(found, args.wrong)
        results += [
            bench.result("text.sentences_right", found.accuracy, "", GOAL_SENTENCES),
            bench.result("text.sentences_macro_f1", found.macro_f1, "")]
    if args.json is not None:
        bench.save(results, args.json, about={"model": reader.model.name})
        print(f"wrote {args.json}")
    return 0


def _score_goemotions(args: argparse.Namespace, reader: object) -> EkmanScore:
    """Read both splits and score, with a progress bar."""
    from rich.console import Console
    from rich.progress import Progress

    from kinesics_core.expression.text import TextReader
    from kinesics_core.expression.text.evaluation import score_ekman
    from kinesics_core.expression.text.training import data

    assert isinstance(reader, TextReader)
    dev, test = (data.read_goemotions(args.goemotions, split) for split in ("dev", args.split))
    classes = dict(zip(data.EKMAN, data.EKMAN_AS_OURS, strict=True))
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("texts", total=1.0)
        return score_ekman(
            reader.model, (dev.texts, data.to_ekman(dev.labels)),
            (test.texts, data.to_ekman(test.labels)), classes,
            lambda share: progress.update(bar, completed=share))


def _show_ekman(score: EkmanScore, split: str) -> None:
    from rich.table import Table

    table = Table(title=f"GoEmotions-Ekman, {split}: F1")
    for column in ("", "this model", "its n-grams alone", "most frequent class"):
        table.add_column(column, justify="right" if column else "left")
    for index, name in enumerate(score.classes):
        table.add_row(name, *(f"{values[index]:.3f}"
                              for values in (score.model, score.ngrams, score.majority)))
    table.add_row("macro", *(f"{values.mean():.3f}"
                             for values in (score.model, score.ngrams, score.majority)))
    tables.show(table)
    print(f"{score.milliseconds:.2f} ms of one core a sentence (median CPU time);"
          f" {bench.hardware()}")


def _ekman_results(score: EkmanScore) -> list[Result]:
    macro = bench.result("text.macro_f1", float(score.model.mean()), "", GOAL_F1,
                         "n-grams alone", float(score.ngrams.mean()))
    each = [bench.result(f"text.f1.{name}", float(score.model[index]), "", None, "n-grams alone",
                         float(score.ngrams[index])) for index, name in enumerate(score.classes)]
    return [macro, *each, bench.result("text.sentence_ms", score.milliseconds, "ms", GOAL_MS)]


def _show_sentences(score: SentenceScore, wrong: bool) -> None:
    rows = [(group, f"{right}/{count}", f"{right / count:.2f}")
            for group, (right, count) in score.right.items()]
    tables.print_rows(("group", "right", "share"), rows)
    print(f"first emotion right {score.accuracy:.3f}, macro-F1 {score.macro_f1:.3f} ("
          + ", ".join(f"{name} {value:.2f}" for name, value in score.f1.items()) + ")")
    if wrong:
        for sentence, name in score.wrong:
            print(f"{'/'.join(sentence.labels)}, read as {name}: {sentence.text}")
