"""``kinesics eval face``: the Emo3D paper's table 2, with our models and what they have to beat."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kinesics_core import bench, extras, files, option_types, settings
from kinesics_core.commands import tables
from kinesics_core.emo3d.metric import MetricConfig

if TYPE_CHECKING:
    from rich.progress import Progress

    from kinesics_core.emo3d.evaluation import Prompts, Row
    from kinesics_core.emo3d.triples import Triples

HELP = "faces of descriptions: mean squared error, the Emo3D metric, and what is read in them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Gives every model the same balanced prompts of the test part and judges the faces it makes"
        " of them, drawn as they are: mean squared error to the data's faces; with --clip the Emo3D"
        " metric (k nearest prompts, KL divergence, sigmoid: .5 to 1, lower is better); and ours,"
        " which needs no CLIP: expression networks read the picture, same divergence and sigmoid."
        " Beside them the mean face, the data's faces, and those in a random pairing."
    )
    parser.add_argument("--data", metavar="PATH", type=settings.given_path, required=True,
                        help="folder of `kinesics data emo3d`, or file of llm-lab/Emo3D")
    parser.add_argument("--models", metavar="DIR", type=settings.given_path, nargs="*", default=[],
                        help="runs of `kinesics train face`")
    parser.add_argument("--encoder", metavar="PATH", type=settings.given_path, default=None,
                        help="encoder of the models, if it lies elsewhere than in training")
    parser.add_argument("--clip", metavar="PATH", type=settings.given_path, default=None,
                        help="CLIP for the Emo3D metric (ONNX or transformers), or the stand-in of"
                             " `kinesics train face --model dual`; without it the metric is left"
                             " out")
    parser.add_argument("--count", metavar="N", type=option_types.whole(2), default=160,
                        help="prompts")
    for known in settings.settings_of(MetricConfig):
        settings.add_option(parser, known)
    parser.add_argument("--text-face", action="store_true",
                        help="also what `kinesics face TEXT` shows")
    parser.add_argument("--seed", type=option_types.seed, default=0,
                        help="of the choice of prompts")
    parser.add_argument("--json", metavar="FILE", type=Path)
    parser.add_argument("--sheet", metavar="PNG", type=Path,
                        help="pictures of one prompt of each emotion by every model (figure 6)")


def run(args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import Progress

    if args.models:
        extras.require("train", "This evaluation")
    from kinesics_core.emo3d import data, encoder_paths, evaluation

    for file in filter(None, (args.json, args.sheet)):
        files.require_writable(file)
    config = settings.from_values(MetricConfig, vars(args))
    triples = data.read(args.data, args.seed)
    joint = encoder_paths.joint_encoder(args.clip) if args.clip is not None else None
    prompts = evaluation.choose(triples.part("test"), args.count, args.seed)
    faces = _faces(args, triples, prompts)
    rows = []
    with evaluation.Judge(prompts, config, joint) as judge, Progress(
            console=Console(stderr=True), transient=True) as progress:
        for name, given in faces.items():
            rows.append(judge.row(name, given, _teller(progress, name, len(given))))
    metric_name = "" if joint is None else (
        f"retrieval by {joint.name}" if encoder_paths.is_stand_in(args.clip) else "Emo3D metric")
    _print(rows, len(prompts.texts), metric_name)
    if args.json is not None:
        about = {"data": str(args.data), "fingerprint": triples.fingerprint(),
                 "prompts": len(prompts.texts), "k": config.k, "eps": config.eps,
                 "clip": joint.name if joint is not None else None}
        bench.save(_results(rows, metric_name), args.json, about=about,
                   by_emotion={row.name: dict(row.by_emotion) for row in rows})
        print(f"wrote {args.json}")
    if args.sheet is not None:
        _draw_sheet(args.sheet, prompts, faces)
        print(f"wrote {args.sheet}")
    return 0


def _faces(
    args: argparse.Namespace, triples: Triples, prompts: Prompts
) -> dict[str, np.ndarray]:
    """Return the faces (N, 52) of every row of the table by its name."""
    from kinesics_core.emo3d import evaluation

    found: dict[str, np.ndarray] = {}
    if args.models:
        from kinesics_core.emo3d.train import TrainedModel

        for folder in args.models:
            model = TrainedModel(folder)
            vectors = model.load_encoder(args.encoder).texts(prompts.texts)
            name = model.title if model.title not in found else f"{model.title} ({folder.name})"
            found[name] = model.faces(vectors)
    if args.text_face:
        from kinesics_core.expression.faces import text_face

        found["kinesics face"] = np.stack(
            [text_face(text).blendshapes for text in prompts.texts])
    found["measured faces"] = prompts.faces
    if np.isfinite(prompts.drawn).all():
        found["commanded faces"] = prompts.drawn
    found["random pairing"] = evaluation.shuffled(prompts.faces, args.seed)
    mean = triples.part("train").scores.mean(axis=0)
    found["mean face"] = np.repeat(mean[None], len(prompts.texts), axis=0)
    return found


def _teller(progress: Progress, name: str, total: int) -> Callable[[int, int], None]:
    """Add a bar; return what moves it, and takes it away at its end."""
    task = progress.add_task(name, total=total)
    return lambda done, _: progress.update(task, completed=done, visible=done < total)


def _print(rows: Sequence[Row], prompts: int, metric_name: str) -> None:
    from rich.table import Table

    table = Table(title=f"{prompts} prompts never trained on; lower is better, but for the last")
    table.add_column("")
    for column in ("MSE", *([metric_name] if metric_name else []), "read back", "found first"):
        table.add_column(column, justify="right")
    for row in rows:
        cells = [f"{row.mse:.4f}", *([f"{row.emo3d:.3f}"] if row.emo3d is not None else []),
                 f"{row.read_back:.3f}", f"{row.found:.0%}"]
        table.add_row(row.name, *cells)
    tables.show(table)


def _results(rows: Sequence[Row], metric_name: str) -> list[bench.Result]:
    """Return face.MODEL.FIGURE; the peer is the random pairing."""
    random = next(row for row in rows if row.name == "random pairing")
    found = []
    for row in rows:
        name = f"face.{row.name.replace(' ', '_')}"
        for figure, value, peer, unit in (
            ("mse", row.mse, random.mse, "squared weight"),
            ("emo3d", row.emo3d, random.emo3d, metric_name),
            ("read_back", row.read_back, random.read_back, ".5 to 1, by expression networks"),
            ("found_first", row.found, random.found, "share of prompts"),
        ):
            if value is not None:
                found.append(bench.result(f"{name}.{figure}", value, unit, peer=random.name,
                                          peer_value=peer))
    return found


def _draw_sheet(path: Path, prompts: Prompts, faces: dict[str, np.ndarray]) -> None:
    """Draw the first prompt of each emotion by every model, a row a prompt."""
    from kinesics_core.emo3d.make import write_picture
    from kinesics_core.emo3d.sheet import sheet

    write_picture(path, sheet(prompts, faces))
