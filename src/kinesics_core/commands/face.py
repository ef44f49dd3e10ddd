"""``kinesics face "she froze in terror" --json FILE --png FILE``: words or numbers to a face."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from kinesics_core import files, option_types
from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.commands.face_source import SOURCES, Shown, add_sources, shown_of, source_of
from kinesics_core.errors import KinesicsError
from kinesics_core.skeletons import ARKIT_BLENDSHAPES

HELP = "show the face of a text, an emotion, a compound of two, VAD or action units"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``kinesics face``."""
    parser.description = (
        f"Shows a face. Give one of: {SOURCES}. Writes {{emotion: 8 probabilities by name, vad:"
        " [valence, arousal, dominance], blendshapes: 52 weights by ARKit name}; without --json and"
        " --png to stdout."
    )
    parser.add_argument("text", nargs="?", metavar="TEXT", help="a sentence or two in English")
    add_sources(parser)
    parser.add_argument(
        "--seed", metavar="N", type=option_types.seed,
        help="of the small differences between the sides of a living face (default: none)")
    parser.add_argument("--mirror", action="store_true", help="exchange left and right")
    parser.add_argument("--json", metavar="FILE", type=Path, help="where to write the numbers")
    parser.add_argument("--png", metavar="FILE", type=Path, help="where to write a picture")


def run(args: argparse.Namespace) -> int:
    """Show a face as the options say."""
    source_of(args)
    for path in filter(None, (args.json, args.png)):
        if not path.absolute().parent.is_dir():
            raise KinesicsError(f"There is no directory {path.absolute().parent}; create it.")
        files.require_writable(path)
    shown = shown_of(args)
    face = _sides(shown.blendshapes, args)
    document = _document(shown, face)
    if args.json is not None:
        files.write_json(args.json, document)
        print(f"{_meaning(shown)}: {args.json}", file=sys.stderr)
    if args.png is not None:
        files.write_bytes(args.png, _picture(face))
        print(f"{_meaning(shown)}: {args.png}", file=sys.stderr)
    if args.json is None and args.png is None:
        print(json.dumps(document, indent=1, allow_nan=False))
    return 0


def _sides(face: np.ndarray, args: argparse.Namespace) -> np.ndarray:
    from kinesics_core.expression.faces import mirrored, with_asymmetry

    sided = mirrored(face) if args.mirror else face
    return sided if args.seed is None else with_asymmetry(sided, args.seed)


def _document(shown: Shown, face: np.ndarray) -> dict[str, object]:
    return {
        "emotion": _named(EMOTIONS, shown.emotion),
        "vad": [round(float(value), 4) for value in shown.vad],
        "blendshapes": _named(ARKIT_BLENDSHAPES, face),
    }


def _named(names: tuple[str, ...], values: np.ndarray) -> dict[str, float]:
    return {
        name: round(max(float(value), 0.0), 4) for name, value in zip(names, values, strict=True)
    }


def _meaning(shown: Shown) -> str:
    """Return the likeliest emotions in a few words."""
    order = np.argsort(shown.emotion)[::-1]
    return ", ".join(
        f"{EMOTIONS[index]} {shown.emotion[index]:.0%}" for index in order[:2]
        if shown.emotion[index] >= 0.1 or index == order[0])


def _picture(face: np.ndarray) -> bytes:
    """Return the face as it is, drawn, as a PNG."""
    import cv2

    from kinesics_core.render.face_picture import FacePicture

    image = FacePicture().draw(face)
    done, data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    if not done:
        raise KinesicsError("The picture could not be packed as PNG; is OpenCV whole?")
    return bytes(data)
