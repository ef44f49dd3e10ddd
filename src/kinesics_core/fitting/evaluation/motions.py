"""Body motion of known rotations, out of which synthetic truth is made.

``deepmimic`` is motion capture that DeepMimic (Peng et al. 2018) imitates, from the PyPI package
``pybullet``. Neither says where it was recorded; it may be CMU's, other clips of which our pose
priors were trained on. ``read`` takes an archive of one's own, of known origin; ``acted`` is our
robot's body acting an emotion, for motion with a label.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from kinesics_core.affect.emotions import EMOTION_VAD, EMOTIONS
from kinesics_core.assets import store
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.body_animator import BodyAnimator
from kinesics_core.expression.gestures import ROBOT_GESTURES
from kinesics_core.files import read_arrays
from kinesics_core.rotations import exponential, from_quaternions, logarithm
from kinesics_core.skeletons import SMPLX_BODY

DEFAULT_RATE = 30.0
"""Frames per second of an archive that does not say it."""

DEEPMIMIC = ("walk", "dance-a", "dance-b", "punch", "run", "kick", "jump", "spin")
"""The upright clips; asset ``deepmimic-NAME`` each."""

_LARGEST = 1e3  # radians; angles that were unwrapped may be large
_FASTEST = 1e4  # frames a second
_BLEND = 0.4  # s from the end of one clip to the beginning of the next
_ROW = {name: row for row, name in enumerate(SMPLX_BODY)}


@dataclass(slots=True)
class Motion:
    """Motion of a body in T frames, y up.

    Attributes:
        name: Of the clip.
        rotations: (T, 22, 3) axis-angle radians, order ``skeletons.SMPLX_BODY``, the first the
            global orientation.
        rate: Frames per second.
        translation: (T, 3) metres of the pelvis, or None if unknown.
        labels: Such as {"emotion": "anger"}.
    """

    name: str
    rotations: np.ndarray
    rate: float
    translation: np.ndarray | None = None
    labels: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.rotations)

    def part(self, rows: slice) -> Motion:
        """Return the same motion in some of its frames."""
        moved = None if self.translation is None else self.translation[rows]
        return replace(self, rotations=self.rotations[rows], translation=moved)


def read(path: Path) -> list[Motion]:
    """Read the motions of an .npz archive, of either layout.

    - one (T, 22, 3) array a clip, named by its key;
    - ``rotations`` (N, 22, 3) of all clips one after another, ``clip`` (N,) the index of each
      frame's clip, and as far as known ``rate``, ``names`` (one a clip) and ``translation`` (N, 3).

    A name that begins or ends with the name of an emotion ("angry", "anger_2") is labelled so.

    Raises:
        KinesicsError: With what is wrong with the file.
    """
    try:
        arrays = read_arrays(path)
    except (OSError, ValueError) as error:
        raise KinesicsError(
            f"{path} is not an .npz archive of numbers ({error}). Give one with a (frames, 22, 3)"
            " array of axis-angle rotations for each clip.") from error
    try:
        motions = _together(arrays) if {"rotations", "clip"} <= set(arrays) else [
            Motion(name, rotations, DEFAULT_RATE) for name, rotations in arrays.items()]
    except (TypeError, ValueError, IndexError) as error:
        raise KinesicsError(
            f"{path}: its arrays do not fit each other ({error}); wanted rotations (N, 22, 3),"
            " clip (N,) and, a row for each clip, names and rates.") from error
    for motion in motions:
        shape = motion.rotations.shape
        numbers = motion.rotations.dtype.kind in "fiu"
        if shape[1:] != (22, 3) or not len(motion) or not numbers or not (
                np.abs(motion.rotations) < _LARGEST).all():
            raise KinesicsError(
                f"Clip {motion.name} of {path} is {motion.rotations.dtype} of shape {shape}; wanted"
                " (frames, 22, 3) finite axis-angle rotations, in radians, of the SMPL-X body"
                " joints.")
        motion.labels = _emotion_in(motion.name)
    if not motions:
        raise KinesicsError(f"{path} holds no clip; wanted at least one (frames, 22, 3) array.")
    return motions


def deepmimic(names: Sequence[str] = DEEPMIMIC) -> list[Motion]:
    """Return motion capture of the asset manifest; fetched the first time."""
    return [parse_deepmimic(store.path(f"deepmimic-{name}").read_text(), name) for name in names]


def parse_deepmimic(text: str, name: str) -> Motion:
    """Read one of DeepMimic's ``humanoid3d_*.txt`` files.

    A row is the frame's duration, the root's place and quaternion (w first), then quaternions of
    chest and neck and, first right and then left, of hip, ankle and shoulder, with one angle for
    knee and elbow. Its axes are x forward, y up, z right, its arms hang down at rest, and its one
    spine joint and one neck joint are shared out here over SMPL-X's.

    Args:
        text: The file's.
        name: Of the clip.

    Raises:
        KinesicsError: It is no such file.
    """
    try:
        rows = np.array(json.loads(text)["Frames"], dtype=np.float64)
    except (ValueError, KeyError, TypeError) as error:
        raise KinesicsError(f"{name} is no motion file of DeepMimic: {error}.") from error
    if rows.ndim != 2 or rows.shape[1] != 44:
        raise KinesicsError(f"{name} has rows of shape {rows.shape[1:]}; wanted 44 numbers.")
    axes = np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])

    def turned(first: int) -> np.ndarray:
        w_last = np.roll(rows[:, first:first + 4], -1, axis=1)
        return axes @ from_quaternions(w_last) @ axes.T

    def hinged(column: int) -> np.ndarray:
        return exponential(rows[:, column, None] * axes[:, 2])

    rotations = np.zeros((len(rows), 22, 3))
    rotations[:, _ROW["pelvis"]] = logarithm(turned(4))
    for spine in ("spine1", "spine2", "spine3"):
        rotations[:, _ROW[spine]] = logarithm(turned(8)) / 3
    for joint in ("neck", "head"):
        rotations[:, _ROW[joint]] = logarithm(turned(12)) / 2
    for side, at, sign in (("right", 16, 1.0), ("left", 30, -1.0)):
        down = exponential(np.array([0.0, 0.0, sign * math.pi / 2]))  # from T-pose to hanging
        rotations[:, _ROW[f"{side}_hip"]] = logarithm(turned(at))
        rotations[:, _ROW[f"{side}_knee"]] = logarithm(hinged(at + 4))
        rotations[:, _ROW[f"{side}_ankle"]] = logarithm(turned(at + 5))
        rotations[:, _ROW[f"{side}_shoulder"]] = logarithm(turned(at + 9) @ down)
        rotations[:, _ROW[f"{side}_elbow"]] = logarithm(down.T @ hinged(at + 13) @ down)
    return Motion(name, rotations, float(1 / np.median(rows[:-1, 0])), rows[:, 1:4] @ axes.T)


def acted(emotion: str, seed: int, frames: int, rate: float = DEFAULT_RATE) -> Motion:
    """Return the motion of our robot's body, standing and gesturing as one who feels an emotion.

    Args:
        emotion: One of ``affect.emotions.EMOTIONS``.
        seed: Of the animator (``expression.body_animator``) and the choice of gestures.
        frames: Of the clip.
        rate: Frames per second.
    """
    rng = np.random.default_rng(seed)
    animator = BodyAnimator(seed)
    animator.set_state(EMOTION_VAD[EMOTIONS.index(emotion)])
    names = sorted(ROBOT_GESTURES)
    rotations = np.zeros((frames, 22, 3))
    pause = 0.0
    for frame in range(-int(rate), frames):
        if not animator.gesture and (pause := pause - 1 / rate) <= 0:
            animator.start(str(rng.choice(names)))
            pause = rng.uniform(0.2, 1.5)
        animator.step(1 / rate)
        if frame >= 0:
            rotations[frame, 1:] = animator.body_pose
    rotations[:, 0, 1] = rng.normal(0.0, 0.3)
    return Motion(f"{emotion}_{seed}", rotations, rate, np.zeros((frames, 3)),
                  {"emotion": emotion})


def medley(motions: Sequence[Motion], frames: int, rate: float = DEFAULT_RATE) -> Motion:
    """Return clips one after another as one motion, the first again after the last.

    Each clip starts where and facing as the one before it ended, and is blended in over 0.4 s.

    Args:
        motions: The clips.
        frames: Of the whole.
        rate: Frames per second of the whole.
    """
    parts = [resample(motion, rate) for motion in motions]
    blend = max(1, round(_BLEND * rate))
    number = 0
    matrices, places = np.empty((0, 22, 3, 3)), np.empty((0, 3))
    while len(matrices) < frames:
        part = parts[number % len(parts)]
        number += 1
        turns = exponential(part.rotations)
        moves = part.translation if part.translation is not None else np.zeros((len(part), 3))
        if not len(matrices):
            matrices, places = turns, moves
            continue
        shared = min(blend, len(part), len(matrices))
        back = _about_y(_heading(matrices[-shared, 0]) - _heading(turns[0, 0]))
        turns, moves = turns.copy(), (moves - moves[0]) @ back.T + places[-shared]
        turns[:, 0] = back @ turns[:, 0]
        share = (np.arange(shared) + 1.0) / (shared + 1.0)
        old, new = matrices[-shared:], turns[:shared]
        change = logarithm(np.swapaxes(old, -1, -2) @ new)
        mixed = old @ exponential(change * share[:, None, None])
        between = places[-shared:] + (moves[:shared] - places[-shared:]) * share[:, None]
        matrices = np.concatenate([matrices[:-shared], mixed, turns[shared:]])
        places = np.concatenate([places[:-shared], between, moves[shared:]])
    return Motion("+".join(dict.fromkeys(motion.name for motion in motions)),
                  logarithm(matrices[:frames]), rate, places[:frames])


def resample(motion: Motion, rate: float) -> Motion:
    """Return a motion at another rate: rotations along the shortest turn between two frames."""
    count = max(1, int((len(motion) - 1) * rate / motion.rate) + 1)
    at = np.arange(count) * motion.rate / rate
    low = np.minimum(at.astype(int), max(0, len(motion) - 2))
    high = np.minimum(low + 1, len(motion) - 1)
    share = (at - low)[:, None]
    matrices = exponential(np.asarray(motion.rotations, np.float64))
    change = logarithm(np.swapaxes(matrices[low], -1, -2) @ matrices[high])
    rotations = logarithm(matrices[low] @ exponential(change * share[..., None]))
    places = None
    if motion.translation is not None:
        before, after = motion.translation[low], motion.translation[high]
        places = before + (after - before) * share
    return Motion(motion.name, rotations, rate, places, dict(motion.labels))


def _together(arrays: dict[str, np.ndarray]) -> list[Motion]:
    clip = arrays["clip"]
    if clip.shape != (len(arrays["rotations"]),) or clip.dtype.kind not in "iu":
        raise ValueError(f"clip is {clip.dtype} of shape {clip.shape}")
    rates = np.broadcast_to(arrays.get("rate", DEFAULT_RATE), (int(clip.max(initial=-1)) + 1,))
    found = []
    for index in np.unique(clip):
        rows = clip == index
        name = str(arrays["names"][index]) if "names" in arrays else f"clip_{index}"
        places = arrays["translation"][rows] if "translation" in arrays else None
        if places is not None and not np.isfinite(places).all():
            places = None
        rate = float(rates[index])
        if not 0 < rate < _FASTEST:
            raise ValueError(f"the rate of {name} is {rate}")
        found.append(Motion(name, arrays["rotations"][rows], rate, places))
    return found


_WORDS = {
    "anger": "anger|angry|furious", "happiness": "happi|happy|joy|victory|cheer", "fear": "fear",
    "sadness": "sad", "surprise": "surpris", "disgust": "disgust|reject", "contempt": "contempt",
    "neutral": "neutral",
}  # fmt: skip


def _emotion_in(name: str) -> dict[str, str]:
    for emotion, words in _WORDS.items():
        if re.search(rf"(?<![a-z])({words})", name.lower()):
            return {"emotion": emotion}
    return {}


def _heading(matrix: np.ndarray) -> float:
    return math.atan2(matrix[0, 2], matrix[2, 2])


def _about_y(angle: float) -> np.ndarray:
    return exponential(np.array([0.0, angle, 0.0]))
