"""``kinesics express --emotion fear --seconds 6 --out DIR``: a body, or a face alone, as files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core import __version__, files, option_types
from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.commands.express_files import (
    FACE_NAMES,
    FACE_SUMMARY,
    MESHES,
    MOST_SAMPLES,
    NAMES,
    SUMMARY,
    VIEW_NAMES,
    face_outputs,
    write_outputs,
)
from kinesics_core.commands.express_progress import progress, told_files
from kinesics_core.commands.face_source import SOURCES, add_sources, shown_of, source_of
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.face_animation import FaceAnimation, resampled
from kinesics_core.expression.gesture_take import SIDES
from kinesics_core.expression.performance import PerformanceConfig, moments, perform
from kinesics_core.settings import add_option, settings_of

HELP = "perform an emotion, text, gesture or recording; write parameters, glTF, BVH, video"

CATALOGUE = "emotions.jpg"
"""The sheet of all emotions."""

_SOURCES = ("emotion", "compound", "upper", "lower", "vad", "units", "text")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``kinesics express``."""
    parser.description = (
        "Performs an expression, from rest and back to rest, as the robot would show it, and"
        f" writes {', '.join(NAMES.values())} and {SUMMARY} into a folder: parameters of"
        " SMPL-X as `kinesics fit` writes them, the 61 columns of Live Link Face, the skeleton, a"
        " dressed body with 52 morph targets, its moments with names, a video. With --face-only it"
        f" writes {', '.join(FACE_NAMES.values())} and {FACE_SUMMARY} of a face instead, which may"
        " be a recorded one (--from). Files that were made before by the same request are kept, so"
        " an interrupted run goes on where it was."
    )
    parser.add_argument("--face-only", action="store_true",
                        help="the face without the body's movement")
    add_sources(parser)
    parser.add_argument("--text", metavar="TEXT", help="a sentence or two in English")
    parser.add_argument("--gesture", metavar="NAME", help="a gesture of the robot's, with what is"
                        " shown or alone; a wrong one names those there are")
    parser.add_argument("--gesture-side", metavar="SIDE", choices=SIDES[1:], default=None,
                        help="hand that makes it: left or right (default: as it is keyed)")
    parser.add_argument("--gesture-intensity", metavar="I", default=None,
                        type=option_types.number(),
                        help="0 (faint) to 1 (as large as it is keyed; default)")
    parser.add_argument("--gestures", metavar="DIR", type=Path,
                        help="your own gestures: .yaml files of key poses, .bvh clips")
    parser.add_argument(
        "--from", dest="source", metavar="FIT", type=Path,
        help="params.npz of `kinesics fit`, or its folder: the body that performs, and the pose it"
        " starts from; with --face-only a recording of Live Link Face, or a bag with face_pose")
    parser.add_argument("--topic", metavar="NAME", default="", help="of a bag with several faces")
    parser.add_argument(
        "--noise-scale", metavar="S", type=option_types.number(),
        help="how far poses stray from the emotion's, by what people's movement was learned to do:"
        " 0 (not at all) to 3, 1 as far as theirs (default: posture, gesture and idle life alone);"
        " one that starts from a fit then goes back to its pose")
    parser.add_argument("--upper-body", action="store_true", help="pelvis and legs stand still")
    parser.add_argument(
        "--samples", metavar="N", type=option_types.whole(1, MOST_SAMPLES),
        help="perform with N seeds from --seed on, into folders of their own, and write a contact"
        f" sheet of them; without other outputs named, {NAMES['npz']} of each besides")
    parser.add_argument(
        "--catalogue", action="store_true",
        help=f"with --face-only: write {CATALOGUE} alone, all emotions at three intensities")
    for known in settings_of(PerformanceConfig):
        add_option(parser, known, default=None)
    parser.add_argument("--out", metavar="DIR", type=Path, required=True)
    for output, name in NAMES.items():
        parser.add_argument(f"--{output}", action="store_true",
                            help=f"write {name} (default: all of them)")
    parser.add_argument(
        "--obj", action="store_true",
        help=f"write {MESHES}/000000.obj and so on, a mesh a frame, besides")
    parser.add_argument("--view", choices=VIEW_NAMES, default=None,
                        help="what video and contact sheet show of a body (default: whole)")
    parser.add_argument("--robot", metavar="NAME|URDF|MAP", default="", help="show it on a robot"
                        " too, see `kinesics retarget`: its files go to DIR/robot")
    parser.add_argument("--whole-body", action="store_true", help="with --face-only:"
                        f" {FACE_NAMES['glb']} has the whole body at rest, not the head alone")


def run(args: argparse.Namespace) -> int:
    """Perform or read, and write it."""
    if not args.face_only:
        from kinesics_core.commands import express_body

        return express_body.run(args)
    return _face(args)


def _face(args: argparse.Namespace) -> int:
    """Perform or read a face and write it."""
    useless = [flag for flag, given in (
        ("--gesture", args.gesture is not None),
        ("--gesture-side", args.gesture_side is not None),
        ("--gesture-intensity", args.gesture_intensity is not None),
        ("--noise-scale", args.noise_scale is not None),
        ("--gestures", args.gestures is not None), ("--upper-body", args.upper_body),
        ("--samples", args.samples is not None), ("--obj", args.obj), ("--npz", args.npz),
        ("--bvh", args.bvh), ("--view", args.view is not None)) if given]
    if useless:
        raise KinesicsError(
            f"Got {', '.join(useless)} with --face-only; they are of a body, so leave one out.")
    _require_one_source(args)
    if args.catalogue:
        return _catalogue(args.out)
    animation, about, notes = _read(args) if args.source is not None else _performed(args)
    wanted = [name for name in FACE_NAMES if getattr(args, name)] or list(FACE_NAMES)
    outputs = face_outputs(animation, args.whole_body)
    with progress({output.kind: output.steps for output in outputs
                   if output.kind in wanted}) as on_step:
        done = write_outputs(args.out, FACE_SUMMARY, _summary(animation, about, notes), outputs,
                             wanted, on_step)
    for note in notes:
        print(note, file=sys.stderr)
    told_files(args.out, done)
    return 0


def _require_one_source(args: argparse.Namespace) -> None:
    """Refuse options that do not go together.

    Raises:
        KinesicsError: Nothing or several things say what to show, or an option has no use.
    """
    others = [name for name in _SOURCES if getattr(args, name) is not None]
    wholes = [flag for flag, given in (("--from", args.source is not None),
                                       ("--catalogue", args.catalogue)) if given]
    if len(wholes) > 1 or (wholes and others):
        both = [*wholes, *(f"--{name}" for name in others)]
        raise KinesicsError(f"Got {' and '.join(both)}; give one of them.")
    if not wholes:
        if not others:
            raise KinesicsError(
                f"Got nothing to show; give one of {SOURCES}, --from or --catalogue.")
        source_of(args)
        if args.topic:
            raise KinesicsError("Got --topic without --from; it names a topic of a bag.")
        return
    useless = [f"--{name}" for name in ("intensity", "seconds", "seed") if
               getattr(args, name) is not None]
    useless += ["--variant"] if args.way is not None else []
    if useless:
        raise KinesicsError(
            f"Got {', '.join(useless)} with {wholes[0]}, which they do not change; leave out.")


def _performed(args: argparse.Namespace) -> tuple[FaceAnimation, dict[str, Any], list[str]]:
    """Return a performance, what the summary says of it, and no notes."""
    from kinesics_core.expression.onset import TIMING

    config = _config(args)
    shown = shown_of(args)
    source = source_of(args)

    def show(animator: Any) -> None:
        if source == "emotion" and args.way is None:
            animator.show(args.emotion, 1.0 if args.intensity is None else args.intensity)
        else:
            animator.show_face(shown.blendshapes, TIMING[int(np.argmax(shown.emotion))].onset)

    request: dict[str, Any] = {
        name: getattr(args, name) for name in (*_SOURCES, "intensity")
        if getattr(args, name) is not None}
    if args.way is not None:
        request["variant"] = args.way
    about = {
        "request": request, "seed": config.seed,
        "emotion": {name: round(max(float(share), 0.0), 4)
                    for name, share in zip(EMOTIONS, shown.emotion, strict=True)},
        "vad": [round(float(value), 4) for value in shown.vad],
    }
    return perform(show, config), about, []


def _config(args: argparse.Namespace) -> PerformanceConfig:
    """Return the settings that are given, defaults elsewhere.

    Raises:
        KinesicsError: One is out of range.
    """
    given = {known.name: getattr(args, known.name) for known in settings_of(PerformanceConfig)}
    return PerformanceConfig(**{n: value for n, value in given.items() if value is not None})


def _read(args: argparse.Namespace) -> tuple[FaceAnimation, dict[str, Any], list[str]]:
    """Return a recorded face, what the summary says of it, and what was made up for."""
    from kinesics_core.expression.live_link_reader import read_csv
    from kinesics_core.expression.recorded_face import read_bag
    from kinesics_core.recording.bag_reader import is_bag

    _config(args)
    bag = args.source.is_dir() or is_bag(args.source)
    if args.topic and not bag:
        raise KinesicsError("Got --topic with a file that is no bag; leave it out.")
    take = read_bag(args.source, args.topic) if bag else read_csv(args.source)
    animation = take.animation if args.rate is None else resampled(take.animation, args.rate)
    return animation, {"request": {"from": files.shown(args.source)}}, list(take.notes)


def _summary(
    animation: FaceAnimation, about: dict[str, Any], notes: list[str]
) -> dict[str, Any]:
    """Return what the summary says of a face."""
    return {
        "kinesics": __version__, **about, "frames": len(animation.times),
        "seconds": round(animation.duration, 4), "rate": round(animation.rate, 4),
        "moments": {name: round(float(animation.times[frame]), 4)
                    for name, frame in moments(animation).items()},
        "notes": notes,
    }


def _catalogue(out: Path) -> int:
    """Write the sheet of all emotions."""
    from kinesics_core.view.face_sheet import emotion_faces, jpeg, sheet

    files.require_directory(out)
    files.require_writable(out / CATALOGUE)
    faces = list(emotion_faces())
    with progress({"sheet": len(faces)}) as on_step:
        picture = jpeg(sheet(faces, on_face=lambda: on_step("sheet")))
    files.write_bytes(out / CATALOGUE, picture)
    print(f"{files.shown(out / CATALOGUE)}: {len(faces)} faces")
    return 0

