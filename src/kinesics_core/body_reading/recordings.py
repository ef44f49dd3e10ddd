"""Recordings of movement with a word for what moved it, and recordings moved by nothing.

Labels are words in names (``142_08-walk_happy.bvh``), folders (``happy/03.bvh``) or a dataset's
labels, whatever they are called (``affect.emotion_words``); REBL-Pepper brings ratings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from kinesics_core.affect.emotion_words import word_in
from kinesics_core.affect.spaces import space_of
from kinesics_core.dataset.clips import Clip, Dataset
from kinesics_core.dataset.resampling import resample
from kinesics_core.errors import KinesicsError
from kinesics_core.importers import import_axis_angle, import_expmap, pepper
from kinesics_core.importers.import_amc import AmcReader
from kinesics_core.importers.import_bvh import BvhReader
from kinesics_core.importers.other_recordings import sentences
from kinesics_core.importers.source_files import files_in
from kinesics_core.skeletons import COCO17

RATE = 30.0
"""Hz of recordings here."""

SHORTEST = 0.6
"""Seconds of a recording that can be read: half a second has to be seen first."""

LABELS = ("emotion", "style", "animation", "label")
"""Labels of a dataset that are looked for, in this order."""

_SURE = 0.6  # share of an emotion in a word from which the word is that emotion
_UPRIGHT = 0.75  # median cosine between trunk and the vertical of people on their feet or a chair
_PLAIN = {"walk", "wait", "waiting", "genuine", "acted", "idle"}  # without an adjective
_BESIDE = {"forward", "bvh", "amc"}  # words that may stand beside those
# Beginnings of words for a manner that is none of our emotions and not plain either.
_MANNERED = re.compile(
    r"child(?!ren)|cool|macho|sexy|lavish|ghetto|proud|victor|reject|dizzy|drunk|power.?up|zombie"
    r"|mummy|strut|old_|elder|hurt|ache", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Recording:
    """One recording.

    Attributes:
        name: Of it.
        source: The collection.
        content: What is done, as far as the name says: for counting contents alike.
        word: For what moved it, of ``emotion_words.WORDS``; "" if nothing is said.
        emotion: Index into ``EMOTIONS``; None where the word is no single one.
        vad: (3,) valence, arousal, dominance; nan where not known.
        keypoints: (T, 17, 3) metres, y up, or (T, 17, 2) pixels, at ``RATE``.
    """

    name: str
    source: str
    content: str
    word: str
    emotion: int | None
    vad: np.ndarray
    keypoints: np.ndarray


def read_recordings(
    folders: Sequence[Path], tell: Callable[[str], None] = lambda sentence: None,
    label: str | None = None,
) -> list[Recording]:
    """Read recordings of any collection: labelled ones, and those that say nothing.

    Args:
        folders: Of BVH, of Acclaim motion (.amc with .asf), of exponential maps (.txt), of
            axis-angle archives (.npz), REBL-Pepper, or datasets.
        tell: Hears a sentence for each that is left out.
        label: Name of a dataset's label; None: the first of ``LABELS`` that is there.

    Raises:
        KinesicsError: There is none.
    """
    found: list[Recording] = []
    left_out: list[str] = []

    def leave_out(sentence: str) -> None:
        left_out.append(sentence)
        tell(sentence)

    for folder in folders:
        if not folder.exists():
            raise KinesicsError(f"{folder} does not exist; give a folder of recordings.")
        for clip, text in _clips(folder, leave_out, label):
            if len(clip.keypoints) < SHORTEST * clip.rate:
                leave_out(f"{clip.name}: shorter than {SHORTEST:g} s; left out.")
            else:
                found.append(_recording(clip, text))
    if not found and left_out:
        raise KinesicsError(
            f"Every recording in {', '.join(map(str, folders))} was left out. {left_out[0]}")
    if not found:
        raise KinesicsError(
            f"No recording is in {', '.join(map(str, folders))}: give folders of .bvh files, of"
            " CMU's .txt, of axis-angle .npz, REBL-Pepper, or datasets of `kinesics data import`.")
    return found


def word_of(name: str) -> str:
    """Return the word of an emotion that a name says; a plain walk and a wait are neutral."""
    if word := word_in(name):
        return word
    parts = set(re.findall(r"[a-z]+", name.lower()))
    return "neutral" if parts & _PLAIN and parts <= _PLAIN | _BESIDE else ""


def upright(recording: Recording) -> bool:
    """Return whether somebody in three dimensions is on their feet or a chair, wholly known."""
    points = recording.keypoints
    if points.shape[-1] != 3 or not np.isfinite(points).all():
        return False
    trunk = points[:, 5:7].mean(1) - points[:, 11:13].mean(1)
    cosine = trunk[:, 1] / np.maximum(np.linalg.norm(trunk, axis=1), 1e-6)
    return float(np.median(cosine)) > _UPRIGHT


def _recording(clip: Clip, text: str) -> Recording:
    word = word_of(text)
    emotion, vad = None, np.full(3, np.nan)
    if word:
        space = space_of((word,))
        shares = space.emotions[0]
        emotion = int(shares.argmax()) if shares.max() >= _SURE else None
        vad = np.array(space.mean[0])
    rated = [float(clip.labels.get(part, "nan")) for part in ("valence", "arousal", "dominance")]
    vad = np.where(np.isfinite(rated), rated, vad)
    keypoints = clip.keypoints
    if keypoints.shape[-1] == 3 and np.isfinite(keypoints).all():
        keypoints = resample(keypoints, clip.rate, RATE).astype(np.float32)
    elif clip.rate != RATE:
        steps = np.arange(0, len(keypoints) - 1 + 1e-6, clip.rate / RATE).round().astype(int)
        keypoints = keypoints[steps]
    path = PurePosixPath(clip.name)
    letters = re.search(r"[a-z]+", path.name.lower())
    content = f"{clip.source}/{letters[0] if letters else ''}"
    return Recording(clip.name, clip.source, content, word, emotion, vad, keypoints)


def _clips(
    folder: Path, tell: Callable[[str], None], label: str | None
) -> Iterator[tuple[Clip, str]]:
    """Yield the clips of a folder, each with the text that may hold its label."""
    if (folder / "info.json").exists():
        yield from _of_dataset(folder, label)
        return
    try:
        for clip in pepper.load(folder):
            yield clip, clip.labels.get("animation", "")
        return
    except KinesicsError:
        pass  # it is another collection
    name = folder.resolve().name
    readers = (
        ((".bvh",), BvhReader(name)),
        ((".amc",), AmcReader(folder, name)),
        ((".txt",), lambda file: import_expmap.recordings(file, source=name)),
        ((".npz",), lambda file: import_axis_angle.recordings(
            file, source=name, rate=import_axis_angle.RATES.get(name, RATE))),
    )
    read = tuple(ending for endings, _ in readers for ending in endings)
    others: dict[str, str] = {}
    for endings, reader in readers:
        for file in files_in(folder, endings, others.__setitem__):
            try:
                clips = [recording.make() for recording in reader(file)]
            except KinesicsError as error:
                tell(f"{error} Left out.")
                continue
            for clip in clips:
                parent = PurePosixPath(str(file.name)).parent.name
                yield clip, PurePosixPath(clip.name).name if word_of(
                    PurePosixPath(clip.name).name) else parent
    for sentence in sentences({
            name: advice for name, advice in others.items() if not name.lower().endswith(read)}):
        tell(sentence)


def _of_dataset(folder: Path, label: str | None) -> Iterator[tuple[Clip, str]]:
    dataset = Dataset(folder)
    if dataset.info.keypoints != COCO17:
        raise KinesicsError(f"{folder} has other keypoints than COCO-17, which bodies are read"
                            " from. Import the recordings with COCO-17 keypoints.")
    for clip in dataset:
        names = (label,) if label else LABELS
        yield clip, next((clip.labels[n] for n in names if n in clip.labels), clip.name)


def is_plain(recording: Recording) -> bool:
    """Return whether nothing is said to have moved somebody: no word, no rating, or neutral.

    Who walks like a child or is victorious is not plain, though these are no words for an emotion.
    """
    silent = not recording.word and np.isnan(recording.vad).all()
    return (silent and not _MANNERED.search(recording.name)) or recording.word == "neutral"


def says_nothing(recording: Recording) -> bool:
    """Return whether a recording is not plain, and what moved somebody is not known either."""
    return not (recording.word or np.isfinite(recording.vad).any() or is_plain(recording))
