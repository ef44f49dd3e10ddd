"""Share of a talking face's frames that are read as neutral: ``affect.talking_neutral``.

Drawn people talk: syllables as often as in speech (Chandrasekaran et al. 2009), of mouth shapes
drawn by chance, with blinks, brows that stress words and a head that sways. They pass the whole
way of live images, from the picture to the affect of the person. The film of a talking man that the
demo plays (``demo-face``) goes the same way where it can be had.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from kinesics_core.affect.emotions import NEUTRAL
from kinesics_core.affect.reader import AffectReader
from kinesics_core.assets import store
from kinesics_core.errors import AssetError
from kinesics_core.perception.landmarks import KeypointEstimator
from kinesics_core.perception.sources import open_source
from kinesics_core.render.face_picture import FacePicture
from kinesics_core.render.identities import PLAIN, Identity, random_identity
from kinesics_core.skeletons import BLENDSHAPE_INDEX
from kinesics_core.types import NANOSECONDS, Frame

FILM = "demo-face"
"""Asset of a talking man, a standard sequence of video coding."""

RATE = 15.0
"""Frames per second of the drawn people."""

_SYLLABLES = 4.0  # per second
_MOUTHS = (
    {"jawOpen": 0.45, "mouthLowerDownLeft": 0.2, "mouthLowerDownRight": 0.2},
    {"jawOpen": 0.25, "mouthStretchLeft": 0.25, "mouthStretchRight": 0.25},
    {"jawOpen": 0.15, "mouthSmileLeft": 0.15, "mouthSmileRight": 0.15},
    {"jawOpen": 0.3, "mouthFunnel": 0.5}, {"jawOpen": 0.12, "mouthPucker": 0.6},
    {"mouthPressLeft": 0.4, "mouthPressRight": 0.4},
    {"jawOpen": 0.08, "mouthUpperUpLeft": 0.2, "mouthUpperUpRight": 0.2, "mouthRollLower": 0.4},
)
"""Open, spread, half spread, round and narrow vowels, closed lips, teeth on the lip."""
_STRESS = {"browInnerUp": 0.35, "browOuterUpLeft": 0.3, "browOuterUpRight": 0.3}


def talking_weights(seconds: float, seed: int, rate: float = RATE) -> np.ndarray:
    """Return the blendshapes (T, 52) float32 of a face that talks without any emotion.

    Args:
        seconds: How long.
        seed: Of what is said.
        rate: Frames per second.
    """
    rng = np.random.default_rng(seed)
    times = np.arange(round(seconds * rate)) / rate
    face = np.zeros((len(times), len(BLENDSHAPE_INDEX)), np.float32)
    start = 0.0
    while start < seconds:
        length = rng.uniform(0.8, 1.2) / _SYLLABLES
        phase = np.clip((times - start) / length, 0.0, 1.0)
        _add(face, _MOUTHS[rng.integers(len(_MOUTHS))], np.sin(np.pi * phase) ** 2)
        if rng.random() < 0.15:  # the brows go up with a stressed syllable, and come down later
            stress = np.clip((times - start) / (2.5 * length), 0.0, 1.0)
            _add(face, _STRESS, np.sin(np.pi * stress) ** 2)
        start += length
    blink = rng.uniform(0.5, 2.0)
    while blink < seconds:
        shut = np.clip(1.0 - np.abs(times - blink) / 0.15, 0.0, 1.0)
        _add(face, {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0}, shut)
        blink += rng.uniform(2.0, 5.0)
    return np.clip(face, 0.0, 1.0)


def _add(face: np.ndarray, shapes: dict[str, float], course: np.ndarray) -> None:
    """Raise shapes of a face (T, 52) to a course (T,) of them, 0..1."""
    for name, full in shapes.items():
        column = face[:, BLENDSHAPE_INDEX[name]]
        np.maximum(column, full * course, out=column)


def talking_frames(identity: Identity, seconds: float, seed: int) -> Iterator[Frame]:
    """Yield pictures of a person who talks, 640 x 480, ``RATE`` a second."""
    picture = FacePicture(640, 480, identity=identity, head_share=0.6)
    for index, weights in enumerate(talking_weights(seconds, seed)):
        sway = 0.06 * np.sin(2 * np.pi * index / RATE * np.array([0.31, 0.43, 0.23]) + seed)
        yield Frame(picture.draw(weights, head=sway),
                    NANOSECONDS + round(index * NANOSECONDS / RATE))


def neutral_frames(frames: Iterable[Frame]) -> np.ndarray:
    """Return of each frame with a face whether its affect, read as live, is neutral, (N,) bool."""
    estimator, reader = KeypointEstimator(), AffectReader()
    neutral = []
    for frame in frames:
        readings = reader.update(estimator.process(frame))
        if readings and readings[0].source != "body":
            neutral.append(int(readings[0].categories.argmax()) == NEUTRAL)
    return np.array(neutral, bool)


def talking_neutral(people: int = 3, seconds: float = 4.0, film: bool = True) -> float:
    """Return the share of frames of talking faces that are read as neutral, 0..1.

    Args:
        people: Drawn people who talk.
        seconds: How long each does.
        film: Add the film ``FILM``, if it can be had.
    """
    shares = []
    for seed in range(people):
        identity = random_identity(seed) if seed else PLAIN
        shares.append(neutral_frames(talking_frames(identity, seconds, seed)))
    if film:
        with contextlib.suppress(AssetError):
            shares.append(neutral_frames(_film_frames(store.path(FILM))))
    read = np.concatenate(shares) if shares else np.array([])
    return float(read.mean()) if len(read) else float("nan")


def _film_frames(file: Path) -> Iterator[Frame]:
    with open_source(file, realtime=False) as source:
        while (frame := source.read()) is not None:
            yield frame
