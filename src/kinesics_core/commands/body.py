"""``kinesics body build | show | info | gestures``: body models, and what the robot's body does."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from kinesics_core import files, option_types
from kinesics_core.commands import body_gestures

HELP = "build the open body, look at a body model, describe one; show gestures"
GENDERS = ("neutral", "female", "male")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    build = actions.add_parser(
        "build", help="make the open body's files from MakeHuman's data (extra 'body')")
    build.add_argument("--out", type=Path, required=True, metavar="DIR",
                       help="writes DIR/smplx/SMPLX_NEUTRAL.npz and so on")
    build.add_argument("--gender", choices=GENDERS, help="only this one")
    show = actions.add_parser("show", help="a sheet of poses and faces, to judge a body by")
    show.add_argument("picture", type=Path, metavar="FILE.png")
    info = actions.add_parser("info", help="kind, joints, components and licence of a model file")
    body_gestures.add_arguments(actions.add_parser("gestures", help=body_gestures.HELP))
    for parser_of in (show, info):
        parser_of.add_argument(
            "--model", type=Path, metavar="PATH",
            help="file, or folder as stock smplx has it; the open body if left out")
        parser_of.add_argument("--gender", choices=GENDERS, default="neutral")
    show.add_argument("--betas", type=option_types.number(-100, 100), nargs="+", default=[],
                      metavar="B",
                      help="shape components, in standard deviations")


def run(args: argparse.Namespace) -> int:
    return {"build": _build, "show": _show, "info": _info,
            "gestures": body_gestures.run}[args.action](args)


def _build(args: argparse.Namespace) -> int:
    from kinesics_core.open_body import build, source

    files.require_place(args.out)
    data = source.load()
    for gender in (args.gender,) if args.gender else GENDERS:
        report = build.write(args.out, gender, data)
        mean, deviation = report.stature
        print(
            f"{report.file}: {report.file.stat().st_size / 1e6:.1f} MB, stature {mean:.3f} m +- "
            f"{deviation:.3f}; unseen bodies within {report.unseen_mm[0]:.1f} mm on average, "
            f"{report.unseen_mm[1]:.1f} mm for 95 %; joints within {report.regressor_mm:.1f} mm"
        )
    return 0


def _show(args: argparse.Namespace) -> int:
    from kinesics_core.body import model
    from kinesics_core.open_body.body_sheet import sheet
    from kinesics_core.render.picture import save_picture

    files.require_writable(args.picture)
    body = model.load(args.model, args.gender)
    save_picture(args.picture, sheet(body, args.betas))
    print(f"wrote {args.picture}")
    return 0


def _info(args: argparse.Namespace) -> int:
    from kinesics_core.body import model

    file = model.find(args.model, args.gender)
    body = model.load(file, args.gender, betas=300, expressions=100)
    low, high = body.template.min(0), body.template.max(0)
    lines = {
        "file": f"{file}, {file.stat().st_size / 1e6:.1f} MB",
        "kind": f"{body.kind}, {body.gender}",
        "mesh": f"{len(body.template)} vertices, {len(body.faces)} faces",
        "mean body": f"{high[1] - low[1]:.3f} m tall, {high[0] - low[0]:.3f} m wide in T-pose",
        "joints": f"{len(body.parents)}",
        "components": f"{_used(body.shape_directions)} of shape, "
                      f"{_used(body.expression_directions)} of expression, "
                      f"{0 if body.hand_components is None else body.hand_components.shape[1]} of "
                      "each hand's pose",
        "pose correctives": "no" if body.pose_directions is None else "yes",
        "keypoints": f"{int(body.keypoints.known.sum())} of 133",
        "licence": _licence(file),
    }
    for name, value in lines.items():
        print(f"{name + ':':18}{value}")
    return 0


def _used(directions: np.ndarray) -> int:
    """Components that are not all zero."""
    return int(directions.any(axis=(0, 1)).sum())


def _licence(file: Path) -> str:
    if file.suffix == ".npz":
        from kinesics_core.files import Arrays

        with Arrays(file) as members:
            if "licence" in members:
                return str(members["licence"])
    return "not stated in the file; ask where you got it (SMPL models have licences of their own)"
