"""``kinesics eval fit``: how far fitted bodies are from true ones, by emotion and gender."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from kinesics_core import bench, extras, files, option_types
from kinesics_core.commands import tables
from kinesics_core.errors import KinesicsError

if TYPE_CHECKING:
    from kinesics_core.body.model import BodyModel
    from kinesics_core.fitting.evaluation.motions import Motion

HELP = "fitted bodies against true ones: V2V, MPJPE, reprojection, by emotion and gender"

PAPER = {
    "anger": 53.2, "happiness": 54.1, "surprise": 51.4, "disgust": 53.4, "sadness": 52.3,
    "fear": 50.9, "female": 52.9, "male": 52.5, "all": 52.6,
}  # fmt: skip
"""V2V of SMPLify-X in mm, on other data: "Generative AI for human 3D body emotions", table 2."""

COLUMNS = {
    "v2v": "V2V", "pa_v2v": "PA-V2V", "mpjpe": "MPJPE", "pa_mpjpe": "PA-MPJPE",
    "hands_pa": "hands PA", "reprojection": "reproj.", "acceleration": "accel.",
    "penetration": "penetr.",
}  # fmt: skip
UNITS = {"reprojection": "px", "acceleration": "m/s^2"}
BASELINE = "mean pose, root only"


class ClipScores(NamedTuple):
    """The figures of one clip.

    Attributes:
        labels: Of the clip.
        frames: Their number.
        fit: Mean of each figure of our fit.
        baseline: The same of the mean pose.
    """

    labels: dict[str, str]
    frames: int
    fit: dict[str, float]
    baseline: dict[str, float]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Makes clips of bodies whose every parameter is known (emotions acted by our own animation,"
        " or the motion of an archive), fits them from their keypoints, and says how far off the"
        " fit is: mean distances in mm of vertices (V2V, pelvises joined) and joints (MPJPE), both"
        " also after the best similarity (PA-), px from the keypoints, m/s^2 of acceleration error,"
        " and mm of penetration. With --fit and --truth compares two files instead."
    )
    parser.add_argument("--fit", type=Path, metavar="DIR",
                        help="what `kinesics fit` wrote, or a params.npz")
    parser.add_argument("--truth", type=Path, metavar="DIR|FILE",
                        help="params.npz of the truth, for --fit")
    parser.add_argument("--motion", type=Path, metavar="FILE.npz",
                        help="archive of (frames, 22, 3) SMPL-X rotations to make the clips of")
    parser.add_argument("--genders", default="female,male", metavar="A,B",
                        help="of the true bodies: neutral, female, male")
    parser.add_argument("--gender", default="given", choices=("given", "neutral", "guess"),
                        help="what the fitter is told")
    parser.add_argument("--clips", type=option_types.whole(1), default=1, metavar="N",
                        help="of each emotion and gender; with --motion, of each clip and gender")
    parser.add_argument("--frames", type=option_types.whole(2), default=90,
                        help="of each clip, 30 a second")
    parser.add_argument("--noise", type=option_types.number(0), default=2.0, metavar="PX",
                        help="deviation of the keypoints of a person 500 px tall")
    parser.add_argument("--missing", type=option_types.number(0, 1), default=0.0, metavar="SHARE",
                        help="of the keypoints, 0 to 1")
    parser.add_argument("--occlusion", action="store_true",
                        help="what the trunk hides, or a head turned away, is seen badly")
    parser.add_argument("--world", action="store_true",
                        help="with 3-D landmarks and blendshapes as a landmark network gives them")
    parser.add_argument("--seed", type=option_types.seed, default=0)
    parser.add_argument("--body-model", type=Path, metavar="PATH",
                        help="folder of SMPL-X files instead of the open body")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")


def run(args: argparse.Namespace) -> int:
    if (args.fit is None) != (args.truth is None):
        raise KinesicsError("Got one of --fit and --truth; a comparison needs both.")
    extras.require("fit", "Fitting bodies")
    if args.json is not None:
        files.require_writable(args.json)
    rows = [_compare(args)] if args.fit else _synthetic(args)
    results = _results(rows)
    _print(rows)
    if args.json is not None:
        about = {name: str(value) if isinstance(value, Path) else value
                 for name, value in vars(args).items()
                 if isinstance(value, (str, int, float, Path)) and name not in ("json", "what")}
        clips = [{**row.labels, "frames": row.frames, **_finite(row.fit)} for row in rows]
        bench.save(results, args.json, about=about, clips=clips)
        print(f"wrote {args.json}")
    return 0


def _compare(args: argparse.Namespace) -> ClipScores:
    from kinesics_core.fitting.evaluation.baseline import mean_pose
    from kinesics_core.fitting.evaluation.scores import score
    from kinesics_core.fitting.output.params_file import read_parameters

    fitted, track = read_parameters(args.fit)
    real, _ = read_parameters(args.truth)
    bodies = _body(args.body_model, fitted.gender), _body(args.body_model, real.gender)
    scores = score(fitted, real, bodies, track, penetration_step=8)
    nothing: dict[str, float] = {}
    if track is not None:
        guess = mean_pose(track, bodies[0])
        nothing = score(guess, real, bodies, track).means()
    return ClipScores(real.labels, len(scores.mpjpe), scores.means(), nothing)


def _synthetic(args: argparse.Namespace) -> list[ClipScores]:
    from rich.console import Console
    from rich.progress import track as progress

    from kinesics_core.fitting.evaluation import truth
    from kinesics_core.fitting.evaluation.baseline import mean_pose
    from kinesics_core.fitting.evaluation.scores import score
    from kinesics_core.fitting.fit import fit
    from kinesics_core.fitting.settings import Settings

    genders = [name.strip() for name in args.genders.split(",") if name.strip()]
    bodies = {name: _body(args.body_model, name) for name in {*genders, "neutral"}}
    if args.gender == "guess":
        bodies |= {name: _body(args.body_model, name) for name in ("female", "male")}
    recipe = truth.Recipe(
        frames=args.frames, noise=args.noise, missing=args.missing, occlusion=args.occlusion,
        world=args.world, blendshapes=args.world)
    work = [(motion, gender) for motion in _motions(args) for gender in genders]
    rows = []
    for number, (motion, gender) in enumerate(progress(
            work, "clips", console=Console(stderr=True), transient=True)):
        track, real = truth.make(motion, bodies[gender], args.seed * 10_000 + number, recipe)
        told = gender if args.gender == "given" else args.gender
        found = fit(track, bodies[gender if told == gender else "neutral"], Settings(gender=told))
        pair = bodies[found.gender], bodies[gender]
        scores = score(found, real, pair, track, penetration_step=15)
        guess = score(mean_pose(track, pair[0]), real, pair, track)
        rows.append(ClipScores(real.labels, len(track), scores.means(), guess.means()))
    return rows


def _motions(args: argparse.Namespace) -> list[Motion]:
    from kinesics_core.affect.emotions import EMOTIONS
    from kinesics_core.fitting.evaluation import motions

    if args.motion is None:
        return [motions.acted(emotion, args.seed + clip, args.frames)
                for clip in range(args.clips) for emotion in EMOTIONS]
    return [motion for motion in motions.read(args.motion) for _ in range(args.clips)
            if len(motion) >= 2]


def _body(path: Path | None, gender: str) -> BodyModel:
    from kinesics_core.body.model import load

    return load(path, gender)


def _groups(rows: list[ClipScores]) -> dict[str, list[ClipScores]]:
    """Return the clips by emotion, by gender, and all."""
    groups: dict[str, list[ClipScores]] = {}
    for label in ("emotion", "gender"):
        for row in rows:
            if value := row.labels.get(label):
                # A face may be neutral, too.
                name = "neutral_body" if (label, value) == ("gender", "neutral") else value
                groups.setdefault(name, []).append(row)
    return {**groups, "all": rows}


def _mean(rows: list[ClipScores], which: str, name: str) -> float | None:
    """Return the mean over the frames of some clips; None if no clip has the figure."""
    found = [(getattr(row, which).get(name), row.frames) for row in rows]
    known = [(value, frames) for value, frames in found if value is not None and value == value]
    total = sum(frames for _, frames in known)
    return sum(value * frames for value, frames in known) / total if total else None


def _results(rows: list[ClipScores]) -> list[bench.Result]:
    results = []
    for group, members in _groups(rows).items():
        for name in COLUMNS:
            value = _mean(members, "fit", name)
            if value is not None:
                results.append(bench.result(
                    f"fit.{name}.{group}", value, UNITS.get(name, "mm"), None, BASELINE,
                    _mean(members, "baseline", name)))
        if group in PAPER:
            results.append(bench.result(
                f"fit.v2v_beside_paper.{group}", _mean(members, "fit", "v2v"), "mm", None,
                "the paper, SMPLify-X on its own data", PAPER[group]))
    return results


def _print(rows: list[ClipScores]) -> None:
    from rich.table import Table

    table = Table(title=f"fit, and in brackets {BASELINE}; mm, reprojection px, accel. m/s^2")
    table.add_column("")
    table.add_column("frames", justify="right")
    for title in COLUMNS.values():
        table.add_column(title, justify="right")
    table.add_column("V2V in the paper", justify="right")
    groups = _groups(rows)
    for group, members in groups.items():
        cells = []
        for name in COLUMNS:
            value, nothing = _mean(members, "fit", name), _mean(members, "baseline", name)
            cells.append(f"{_text(value)} ({_text(nothing)})" if nothing is not None
                         else _text(value))
        table.add_row(group, str(sum(row.frames for row in members)), *cells,
                      _text(PAPER.get(group)), end_section=group == [*groups][-2:][0])
    tables.show(table)


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def _finite(figures: dict[str, float]) -> dict[str, Any]:
    return {name: round(value, 3) for name, value in figures.items() if value == value}
