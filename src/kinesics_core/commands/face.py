"""``kinesics face "she froze in terror" --json FILE --png FILE``: words or numbers to a face."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesics_core import files, option_types
from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL, categories_to_vad, emotion_index
from kinesics_core.errors import KinesicsError
from kinesics_core.skeletons import ARKIT_BLENDSHAPES

HELP = "show the face of a text, an emotion, a compound of two, VAD or action units"

_SOURCES = "a text, --emotion, --compound, --upper with --lower, --vad or --units"
_SCALED = ("emotion", "compound", "upper")


@dataclass(frozen=True, eq=False, slots=True)
class _Shown:
    """A face and what it means: emotion (8,), VAD (3,), blendshapes (52,)."""

    emotion: np.ndarray
    vad: np.ndarray
    blendshapes: np.ndarray


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``kinesics face``."""
    parser.description = (
        f"Shows a face. Give one of: {_SOURCES}. Writes {{emotion: 8 probabilities by name, vad:"
        " [valence, arousal, dominance], blendshapes: 52 weights by ARKit name}; without --json and"
        " --png to stdout."
    )
    parser.add_argument("text", nargs="?", metavar="TEXT", help="a sentence or two in English")
    parser.add_argument("--emotion", metavar="NAME", help=f"one of {', '.join(EMOTIONS)}")
    parser.add_argument(
        "--variant", dest="way", metavar="N|NAME",
        help="another way to show the emotion; a wrong one names those there are (default: 0)")
    parser.add_argument("--compound", metavar="NAME", help='such as "happily surprised" or "awed"')
    parser.add_argument("--upper", metavar="NAME", help="emotion of brows and lids")
    parser.add_argument("--lower", metavar="NAME", help="emotion of nose and mouth")
    parser.add_argument(
        "--intensity", metavar="I", type=option_types.number(0.0, 1.0),
        help="of an emotion or a compound, 0 (none) to 1 (full; default)")
    parser.add_argument(
        "--vad", metavar=("V", "A", "D"), nargs=3, type=option_types.number(-1.0, 1.0),
        help="valence, arousal, dominance, each -1 to 1")
    parser.add_argument(
        "--units", metavar="AU=I,...",
        help="action units with intensities, one side with L_ or R_: AU12=.8,R_AU14=.5")
    parser.add_argument(
        "--seed", metavar="N", type=option_types.seed,
        help="of the small differences between the sides of a living face (default: none)")
    parser.add_argument("--mirror", action="store_true", help="exchange left and right")
    parser.add_argument("--json", metavar="FILE", type=Path, help="where to write the numbers")
    parser.add_argument("--png", metavar="FILE", type=Path, help="where to write a picture")


def run(args: argparse.Namespace) -> int:
    """Show a face as the options say."""
    source = _source(args)
    for path in filter(None, (args.json, args.png)):
        if not path.absolute().parent.is_dir():
            raise KinesicsError(f"There is no directory {path.absolute().parent}; create it.")
        files.require_writable(path)
    shown = _MAKERS[source](args)
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


def _source(args: argparse.Namespace) -> str:
    """Return which option says what to show.

    Raises:
        KinesicsError: None or several do, or an option does not go with it.
    """
    given = [name for name in _MAKERS if getattr(args, name) is not None]
    if args.lower is not None and args.upper is None:
        raise KinesicsError("Got --lower without --upper; give both, or one --emotion.")
    if len(given) != 1:
        got = "nothing" if not given else " and ".join(_option(name) for name in given)
        raise KinesicsError(f"Got {got} to show; give one of {_SOURCES}.")
    source = given[0]
    if source == "upper" and args.lower is None:
        raise KinesicsError("Got --upper without --lower; give both, or one --emotion.")
    if args.way is not None and source != "emotion":
        raise KinesicsError(f"Got --variant with {_option(source)}; it goes with --emotion.")
    if args.intensity is not None and source not in _SCALED:
        raise KinesicsError(
            f"Got --intensity with {_option(source)}; it goes with --emotion, --compound and"
            " --upper.")
    return source


def _option(name: str) -> str:
    return "a text" if name == "text" else f"--{name}"


def _of_text(args: argparse.Namespace) -> _Shown:
    from kinesics_core.expression.faces import text_face

    face = text_face(args.text)
    return _Shown(face.emotion, face.vad, face.blendshapes)


def _of_emotion(args: argparse.Namespace) -> _Shown:
    from kinesics_core.expression.faces import face_of_emotion

    index = emotion_index(args.emotion)
    intensity = _intensity(args)
    face = face_of_emotion(index, intensity, 0 if args.way is None else args.way)
    return _of_shares({index: intensity}, face)


def _of_compound(args: argparse.Namespace) -> _Shown:
    from kinesics_core.expression.faces.mixing import COMPOUNDS, face_of_compound, require_compound

    name = require_compound(args.compound)
    intensity = _intensity(args)
    half = 0.5 * intensity
    return _of_shares(
        {EMOTIONS.index(emotion): half for emotion in COMPOUNDS[name][:2]},
        face_of_compound(name, intensity))


def _of_halves(args: argparse.Namespace) -> _Shown:
    from kinesics_core.expression.faces import compound

    upper, lower = emotion_index(args.upper), emotion_index(args.lower)
    intensity = _intensity(args)
    shares = {upper: 0.5 * intensity}
    shares[lower] = shares.get(lower, 0.0) + 0.5 * intensity
    return _of_shares(shares, compound(upper, lower, intensity))


def _of_vad(args: argparse.Namespace) -> _Shown:
    from kinesics_core.affect.emotions import vad_to_categories
    from kinesics_core.expression.faces import face_of_vad

    vad = np.array(args.vad)
    return _Shown(vad_to_categories(vad), vad, face_of_vad(vad))


def _of_units(args: argparse.Namespace) -> _Shown:
    from kinesics_core.affect.face import FaceReader
    from kinesics_core.expression.faces import face_of_units, parse_units
    from kinesics_core.types import Person

    face = face_of_units(parse_units(args.units))
    nobody = np.full((17, 3), np.nan, np.float32)
    affect = FaceReader().update(Person(0, 1.0, nobody, blendshapes=face), 0)
    if affect is None:  # a face of numbers is always read
        raise KinesicsError("Got a face that cannot be read; give other units.")
    return _Shown(affect.categories, categories_to_vad(affect.categories), face)


_MAKERS: dict[str, Callable[[argparse.Namespace], _Shown]] = {
    "text": _of_text, "emotion": _of_emotion, "compound": _of_compound, "upper": _of_halves,
    "vad": _of_vad, "units": _of_units,
}


def _intensity(args: argparse.Namespace) -> float:
    return 1.0 if args.intensity is None else float(args.intensity)


def _of_shares(shares: dict[int, float], face: np.ndarray) -> _Shown:
    """Return a face of emotions of which each has a share, neutral the rest."""
    emotion = np.zeros(len(EMOTIONS))
    for index, share in shares.items():
        emotion[index] += share
    emotion[NEUTRAL] += 1.0 - emotion.sum()
    return _Shown(emotion, categories_to_vad(emotion), face)


def _sides(face: np.ndarray, args: argparse.Namespace) -> np.ndarray:
    from kinesics_core.expression.faces import mirrored, with_asymmetry

    sided = mirrored(face) if args.mirror else face
    return sided if args.seed is None else with_asymmetry(sided, args.seed)


def _document(shown: _Shown, face: np.ndarray) -> dict[str, object]:
    return {
        "emotion": _named(EMOTIONS, shown.emotion),
        "vad": [round(float(value), 4) for value in shown.vad],
        "blendshapes": _named(ARKIT_BLENDSHAPES, face),
    }


def _named(names: tuple[str, ...], values: np.ndarray) -> dict[str, float]:
    return {
        name: round(max(float(value), 0.0), 4) for name, value in zip(names, values, strict=True)
    }


def _meaning(shown: _Shown) -> str:
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
