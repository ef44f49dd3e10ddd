"""Real motion with a name for its feeling: people's, and a robot's animations that people rated.

BVH files say what they show in their names (``142_08-walk_happy.bvh``); REBL-Pepper brings ratings
(``importers.pepper``). Nothing that we synthesised is among it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesics_core.affect.emotions import (
    ANGER,
    EMOTION_VAD,
    FEAR,
    HAPPINESS,
    NEUTRAL,
    SADNESS,
    SURPRISE,
)
from kinesics_core.dataset.clips import Clip
from kinesics_core.errors import KinesicsError
from kinesics_core.importers import pepper
from kinesics_core.importers.import_bvh import BvhReader
from kinesics_core.importers.other_recordings import sentences
from kinesics_core.importers.source_files import files_in
from kinesics_core.judging.features import SHORTEST, window_features

PEOPLE, ROBOT = "people", "pepper"
"""Bodies: what two of one body show is compared, never what a person and a robot show."""

WORDS: dict[str, int | tuple[float, float, float]] = {
    "happy": HAPPINESS, "elated": HAPPINESS, "laugh": HAPPINESS, "joy": HAPPINESS,
    "joyful": HAPPINESS, "excited": HAPPINESS, "optimistic": HAPPINESS, "content": HAPPINESS,
    "angry": ANGER, "frustrated": ANGER, "scared": FEAR, "fear": FEAR, "fearful": FEAR,
    "sad": SADNESS, "sadreaction": SADNESS, "disappointed": SADNESS, "lonely": SADNESS,
    "depressed": SADNESS, "surprised": SURPRISE, "surprisedbig": SURPRISE, "shocked": SURPRISE,
    "neutral": NEUTRAL, "normal": NEUTRAL, "peaceful": NEUTRAL, "chill": NEUTRAL,
    "relaxation": NEUTRAL,
    "waiting": NEUTRAL, "wait": NEUTRAL, "genuine": NEUTRAL, "acted": NEUTRAL,
    # Not emotions of ours, but states between which there is an order; authored.
    "shy": (-0.25, -0.2, -0.35), "cool": (0.3, -0.1, 0.35), "childist": (0.4, 0.5, 0.1),
    "slow": (-0.1, -0.4, -0.1), "rushed": (-0.1, 0.5, 0.0),
}
"""Word in a name -> emotion, or valence, arousal and dominance. An emotion's are those of Russell &
Mehrabian (``affect.emotions``); "genuine" and "acted" are ReActIdle's, people who wait."""

IDLE_AROUSAL = -0.2
"""Arousal of people who stand and wait; authored."""

PLAIN = {"walk": NEUTRAL, "walk2": NEUTRAL}
"""Words that count where no other does: a walk without an adjective."""


@dataclass(frozen=True, slots=True)
class LabelledMotion:
    """One recording.

    Attributes:
        name: Of the recording.
        source: The collection.
        body: ``PEOPLE`` or ``ROBOT``.
        emotion: Index into ``EMOTIONS``, or None where the label is none of them.
        vad: (3,) valence, arousal, dominance, nan where not known.
        windows: (W, 25) features of its windows.
    """

    name: str
    source: str
    body: str
    emotion: int | None
    vad: np.ndarray
    windows: np.ndarray


def read_labelled(
    folders: Sequence[Path], tell: Callable[[str], None] = lambda sentence: None
) -> list[LabelledMotion]:
    """Read every recording with a label in some folders.

    Args:
        folders: Of BVH files or archives of them whose names hold one of ``WORDS``, or of
            REBL-Pepper.
        tell: Hears a sentence for each recording that is left out.

    Raises:
        KinesicsError: No labelled motion is in them.
    """
    found: list[LabelledMotion] = []
    for folder in folders:
        if not folder.exists():
            raise KinesicsError(f"{folder} does not exist; give a folder of labelled motion.")
        try:
            found += [_rated(clip) for clip in pepper.load(folder)]
            continue
        except KinesicsError:
            pass  # it is another collection
        found += _named(folder, tell)
    if not found:
        raise KinesicsError(
            f"No labelled motion is in {', '.join(map(str, folders))}: give REBL-Pepper, or BVH"
            f" files whose names hold one of {', '.join(WORDS)}.")
    return found


def label_of(name: str) -> tuple[int | None, np.ndarray] | None:
    """Return emotion and valence, arousal, dominance (3,) that a name tells; None if nothing."""
    words = re.findall(r"[a-z]+\d?", name.lower())
    for table in (WORDS, PLAIN):
        for word in words:
            meant = table.get(word)
            if isinstance(meant, tuple):
                return None, np.array(meant)
            if meant is not None:
                vad = EMOTION_VAD[meant].copy()
                if word in ("genuine", "acted"):
                    vad[1] = IDLE_AROUSAL
                return meant, vad
    return None


def _rated(clip: Clip) -> LabelledMotion:
    """Return an animation of REBL-Pepper with what people rated."""
    label = label_of(clip.labels.get("animation", ""))
    emotion = label[0] if label else None
    rated = [float(clip.labels.get(part, "nan")) for part in ("valence", "arousal", "dominance")]
    if np.isnan(rated[2]) and emotion is not None:
        rated[2] = float(EMOTION_VAD[emotion, 2])
    return LabelledMotion(clip.name, clip.source, ROBOT, emotion, np.array(rated),
                          window_features(clip.keypoints, clip.rate))


def _named(folder: Path, tell: Callable[[str], None]) -> list[LabelledMotion]:
    reader, found = BvhReader(folder.resolve().name), []
    others: dict[str, str] = {}
    for file in files_in(folder, (".bvh",), others.__setitem__):
        label = label_of(file.name)
        if label is None:
            tell(f"{file.name}: its name tells no feeling; left out.")
            continue
        try:
            clip = next(iter(reader(file))).make()
            if len(clip.keypoints) < SHORTEST * clip.rate:
                tell(f"{file.name}: shorter than {SHORTEST:g} s; left out.")
                continue
            windows = window_features(clip.keypoints, clip.rate)
        except KinesicsError as error:
            tell(f"{error} Left out.")
            continue
        found.append(LabelledMotion(clip.name, clip.source, PEOPLE, label[0], label[1], windows))
    for sentence in sentences(others):
        tell(sentence)
    return found
