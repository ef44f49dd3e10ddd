"""Options that say which face is meant: what ``kinesics face`` and ``kinesics express`` share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kinesics_core import option_types
from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL, categories_to_vad, emotion_index
from kinesics_core.errors import KinesicsError

SOURCES = "a text, --emotion, --compound, --upper with --lower, --vad or --units"
"""The ways to say it, for sentences."""

_SCALED = ("emotion", "compound", "upper")


@dataclass(frozen=True, eq=False, slots=True)
class Shown:
    """A face and what it means: emotion (8,), VAD (3,), blendshapes (52,)."""

    emotion: np.ndarray
    vad: np.ndarray
    blendshapes: np.ndarray


def add_sources(parser: argparse.ArgumentParser) -> None:
    """Add the options but that of the text, which is called ``text``."""
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


def source_of(args: argparse.Namespace) -> str:
    """Return which option says what to show.

    Raises:
        KinesicsError: None or several do, or an option does not go with it.
    """
    given = [name for name in _MAKERS if getattr(args, name) is not None]
    if args.lower is not None and args.upper is None:
        raise KinesicsError("Got --lower without --upper; give both, or one --emotion.")
    if len(given) != 1:
        got = "nothing" if not given else " and ".join(_option(name) for name in given)
        raise KinesicsError(f"Got {got} to show; give one of {SOURCES}.")
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


def shown_of(args: argparse.Namespace) -> Shown:
    """Return the face that the options name.

    Raises:
        KinesicsError: See ``source_of``, or a value of the option is none.
    """
    return _MAKERS[source_of(args)](args)


def _option(name: str) -> str:
    return "a text" if name == "text" else f"--{name}"


def _of_text(args: argparse.Namespace) -> Shown:
    from kinesics_core.expression.faces import text_face

    face = text_face(args.text)
    return Shown(face.emotion, face.vad, face.blendshapes)


def _of_emotion(args: argparse.Namespace) -> Shown:
    from kinesics_core.expression.faces import face_of_emotion

    index = emotion_index(args.emotion)
    intensity = _intensity(args)
    face = face_of_emotion(index, intensity, 0 if args.way is None else args.way)
    return _of_shares({index: intensity}, face)


def _of_compound(args: argparse.Namespace) -> Shown:
    from kinesics_core.expression.faces.mixing import COMPOUNDS, face_of_compound, require_compound

    name = require_compound(args.compound)
    intensity = _intensity(args)
    half = 0.5 * intensity
    return _of_shares(
        {EMOTIONS.index(emotion): half for emotion in COMPOUNDS[name][:2]},
        face_of_compound(name, intensity))


def _of_halves(args: argparse.Namespace) -> Shown:
    from kinesics_core.expression.faces import compound

    upper, lower = emotion_index(args.upper), emotion_index(args.lower)
    intensity = _intensity(args)
    shares = {upper: 0.5 * intensity}
    shares[lower] = shares.get(lower, 0.0) + 0.5 * intensity
    return _of_shares(shares, compound(upper, lower, intensity))


def _of_vad(args: argparse.Namespace) -> Shown:
    from kinesics_core.affect.emotions import vad_to_categories
    from kinesics_core.expression.faces import face_of_vad

    vad = np.array(args.vad)
    return Shown(vad_to_categories(vad), vad, face_of_vad(vad))


def _of_units(args: argparse.Namespace) -> Shown:
    from kinesics_core.affect.face import FaceReader
    from kinesics_core.expression.faces import face_of_units, parse_units
    from kinesics_core.types import Person

    face = face_of_units(parse_units(args.units))
    nobody = np.full((17, 3), np.nan, np.float32)
    affect = FaceReader().update(Person(0, 1.0, nobody, blendshapes=face), 0)
    if affect is None:  # a face of numbers is always read
        raise KinesicsError("Got a face that cannot be read; give other units.")
    return Shown(affect.categories, categories_to_vad(affect.categories), face)


_MAKERS: dict[str, Callable[[argparse.Namespace], Shown]] = {
    "text": _of_text, "emotion": _of_emotion, "compound": _of_compound, "upper": _of_halves,
    "vad": _of_vad, "units": _of_units,
}


def _intensity(args: argparse.Namespace) -> float:
    return 1.0 if args.intensity is None else float(args.intensity)


def _of_shares(shares: dict[int, float], face: np.ndarray) -> Shown:
    """Return a face of emotions of which each has a share, neutral the rest."""
    emotion = np.zeros(len(EMOTIONS))
    for index, share in shares.items():
        emotion[index] += share
    emotion[NEUTRAL] += 1.0 - emotion.sum()
    return Shown(emotion, categories_to_vad(emotion), face)
