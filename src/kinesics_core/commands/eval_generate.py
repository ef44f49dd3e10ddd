"""``kinesics eval generate``: generated bodies against the meshes they come from."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from kinesics_core import bench, extras, files, option_types
from kinesics_core.commands import tables
from kinesics_core.errors import KinesicsError

if TYPE_CHECKING:
    import numpy as np

    from kinesics_core.fitting.evaluation.generated import Original

HELP = "generated bodies: figures 3 and 4 and table 2 of the paper on generating body emotions"

PAPER = {
    "anger samples": 53.2, "happiness samples": 54.1, "surprise samples": 51.4,
    "disgust samples": 53.4, "sadness samples": 52.3, "fear samples": 50.9,
    "female models": 52.9, "male models": 52.5, "overall": 52.6,
}
"""V2V, mm, of the paper's table 2: its fits against the truth."""

FIGURE_3, FIGURE_4, TABLE = "process.png", "noise.png", "table.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Varies meshes in the code of the pose prior and measures how far their vertices go."
        f" Writes {FIGURE_3} (initial, intermediate and generated bodies), {FIGURE_4} (similarity"
        f" against the noise) and {TABLE}.")
    parser.add_argument("--fits", nargs="+", type=Path, default=[], metavar="DIR",
                        help="params.npz of `kinesics fit --label emotion=NAME`, or their folders;"
                             " left out, the robot's own postures of both genders")
    parser.add_argument("--noise-scale", type=option_types.above_zero(), default=0.3,
                        help="of the table and of the bodies drawn, 1 being the spread of people's"
                             " poses")
    parser.add_argument("--largest", type=option_types.above_zero(), default=2.0,
                        help="noise scale at which the figure ends")
    parser.add_argument("--samples", type=option_types.whole(1), default=8,
                        help="generated of each mesh at each scale")
    parser.add_argument("--seed", type=option_types.seed, default=0)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")


def run(args: argparse.Namespace) -> int:
    extras.require("train", "Drawing figures")
    import numpy as np

    from kinesics_core.expression.bodies.latent import require_noise
    from kinesics_core.fitting.evaluation import generated, generated_figures
    from kinesics_core.render.picture import save_picture

    require_noise(args.noise_scale)
    require_noise(args.largest)
    files.require_directory(args.out)
    if args.json is not None:
        files.require_writable(args.json)
    originals = (generated.fitted_originals(args.fits) if args.fits
                 else generated.own_originals())
    noises = np.linspace(0.0, args.largest, 21).round(6)
    every = np.unique(np.append(noises, args.noise_scale))
    v2v = _measured(originals, every, args.samples, args.seed)
    rows = generated.table(originals, v2v[np.searchsorted(every, args.noise_scale)])
    generated_figures.noise_figure(list(every), v2v, args.out / FIGURE_4)
    save_picture(args.out / FIGURE_3, generated_figures.process_picture(
        generated.processes(originals, args.noise_scale, args.seed)))
    _show(rows, args.noise_scale, bool(args.fits))
    results = [bench.result(f"generate.v2v.{name.replace(' ', '_')}", mm, "mm", None,
                            "the paper, fits against truth" if name in PAPER else None,
                            PAPER.get(name)) for name, (_, mm) in rows.items()]
    results += [bench.result(f"generate.v2v_at.{noise:.2f}", float(row.mean()), "mm")
                for noise, row in zip(every, v2v, strict=True)]
    about = {"noise_scale": args.noise_scale, "samples": args.samples, "seed": args.seed,
             "originals": [str(place) for place in args.fits] or "the robot's own postures"}
    for path in (args.out / TABLE, args.json):
        if path is not None:
            bench.save(results, path, about=about)
            print(f"wrote {files.shown(path)}")
    print(f"look at {files.shown(args.out / FIGURE_3)} and {files.shown(args.out / FIGURE_4)}")
    return 0


def _measured(
    originals: list[Original], noises: np.ndarray, samples: int, seed: int
) -> np.ndarray:
    from rich.console import Console
    from rich.progress import Progress

    from kinesics_core.fitting.evaluation import generated

    if not originals:
        raise KinesicsError("Got no mesh to generate from; give --fits.")
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("meshes", total=len(originals) * len(noises))
        return generated.distances(
            originals, list(noises), samples, seed, lambda: progress.advance(bar))


def _show(rows: dict[str, tuple[int, float]], noise: float, fits: bool) -> None:
    against = "fitted meshes" if fits else "the robot's own postures"
    print(f"Generated at noise_scale {noise:g} against {against}, V2V in mm; beside it the paper's"
          " table 2 (its fits against the truth)")
    tables.print_rows(
        ("", "meshes", "V2V", "paper"),
        [(name, str(count), f"{mm:.1f}", f"{PAPER[name]:.1f}" if name in PAPER else "-")
         for name, (count, mm) in rows.items()])
