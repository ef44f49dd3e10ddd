"""``kinesics train face``: triples of Emo3D -> one of the paper's models, or the CLIP stand-in."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from kinesics_core import files, option_types, settings
from kinesics_core.errors import KinesicsError

NAME = "face"
MODELS = ("mlp", "emotion-xlm", "clip-mlp", "vae-clip", "dual")


def add_arguments(what: Any) -> None:
    """Add ``train face``; a model's own settings are those of its config."""
    parser = what.add_parser(
        NAME, help="a description of an emotion -> 52 blendshapes: the Emo3D paper's models",
        description="Trains one of the Emo3D paper's four models on vectors of an encoder that is"
                    " given by path, or, as model dual, a stand-in for CLIP on made triples. A"
                    " setting that the model does not have is refused.")
    parser.add_argument("--model", choices=MODELS, required=True)
    parser.add_argument("--data", metavar="PATH", type=settings.given_path, required=True,
                        help="folder of `kinesics data emo3d`, or .parquet or .csv of llm-lab/Emo3D"
                             " with its pictures beside it")
    parser.add_argument("--encoder", metavar="PATH", type=settings.given_path, required=True,
                        help="mlp, emotion-xlm, dual: any sentence encoder (ONNX file or folder"
                             " with tokenizer.json, or folder of transformers). clip-mlp, vae-clip:"
                             " a CLIP (text_model.onnx and vision_model.onnx, or transformers), or"
                             " the --out of model dual")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True,
                        help="where checkpoint, curves and report go")
    parser.add_argument("--resume", action="store_true", help="go on with the run in --out")
    parser.add_argument("--epochs", type=option_types.whole(1), default=30,
                        help="default: %(default)s")
    parser.add_argument("--steps", type=option_types.whole(1), default=100,
                        help="of an epoch (default: %(default)s)")
    parser.add_argument("--lr", type=option_types.above_zero(), default=1e-3,
                        help="learning rate (default: %(default)s)")
    parser.add_argument("--seed", type=option_types.seed, default=0,
                        help="of division, batches and weights")
    parser.add_argument("--threads", type=int, default=1,
                        help="of torch on the CPU (default: %(default)s)")
    group = parser.add_argument_group("settings of the models (default: each model's own)")
    for known in _settings().values():
        settings.add_option(group, known, default=None,
                            metavar="N" if known.kind in (int, float) else None)


def run(args: argparse.Namespace) -> int:
    """Train, torch being there; progress goes to the console."""
    from kinesics_core.emo3d import (
        data,
        dual_training,
        embedding,
        encoder_paths,
        encoders,
        train,
    )
    from kinesics_core.training.run import RunFolder, Schedule

    console = Console(stderr=True)
    config, own = _configs(args)
    load = encoders.sentence_encoder if args.model == "dual" else encoder_paths.text_encoder
    encoder = load(args.encoder)
    if args.model != "dual":
        train.require_fit(args.model, train.model_of(args.model), encoder)
        _say_width(args.model, encoder, console)
    triples = data.read(args.data, args.seed)
    files.require_directory(args.out)
    schedule = Schedule(epochs=args.epochs, steps=args.steps, lr=args.lr, seed=args.seed)
    folder = RunFolder(args.out, schedule, args.resume, _teller(console))
    with _encoding(console) as on_done:
        vectors = embedding.Vectors(
            args.data / "vectors" if args.data.is_dir() else args.out, on_done)
        if args.model == "dual":
            figures = dual_training.train(
                triples, (args.encoder, encoder), folder, own, vectors)
        else:
            figures = train.train(args.model, triples, encoder, folder, config=config,
                                  settings=own, vectors=vectors)
            train.note_encoder(args.out, args.encoder, encoder)
    for key, value in figures.items():
        print(f"{key.replace('_', ' ')}: {value:.6g}")
    return 0


def _say_width(model: str, encoder: Any, console: Console) -> None:
    from kinesics_core.emo3d.models.registry import model_of

    wanted = model_of(model).width
    if encoder.width != wanted:
        console.print(
            f"{encoder.name} gives vectors of {encoder.width} numbers, the paper's encoders of"
            f" {wanted}: the first layer is as wide as this one's.", highlight=False)


def _settings() -> dict[str, settings.Setting]:
    """Return every setting of any model by name."""
    from kinesics_core.emo3d.options import CONFIGS, FaceConfig

    found: dict[str, settings.Setting] = {}
    for config in (FaceConfig, *CONFIGS.values()):
        for known in settings.settings_of(config):
            found.setdefault(known.name, known)
    return found


def _configs(args: argparse.Namespace) -> tuple[Any, Any]:
    """Return the settings of every model and those of the chosen one.

    Raises:
        KinesicsError: A setting is given that this model does not have.
    """
    from kinesics_core.emo3d.options import CONFIGS, FaceConfig

    given = {name: value for name in _settings()
             if (value := getattr(args, name, None)) is not None}
    own = CONFIGS[args.model]
    shared = [known.name for known in settings.settings_of(FaceConfig)]
    names = [known.name for known in settings.settings_of(own)]
    if args.model != "dual":
        names += shared
    strange = sorted(set(given) - set(names))
    if strange:
        raise KinesicsError(
            f"The model {args.model} has no setting {', '.join(strange)}; it has"
            f" {', '.join(names)}.")
    return settings.from_values(FaceConfig, given), settings.from_values(own, given)


def _teller(console: Console) -> Callable[[Mapping[str, float | int | str], int], None]:
    def on_row(row: Mapping[str, float | int | str], epochs: int) -> None:
        words = ", ".join(f"{key} {value:.4g}" for key, value in row.items()
                          if key not in ("epoch", "validation_loss", "lr"))
        console.print(f"epoch {row['epoch']}/{epochs}: {words}", highlight=False)

    return on_row


@contextmanager
def _encoding(console: Console) -> Iterator[Callable[[int, int], None]]:
    """Show how far the encoding of a part is; it is gone when the training begins to speak."""
    from rich.progress import Progress

    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("encoding", total=None)

        def on_done(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total, visible=done < total)

        yield on_done
