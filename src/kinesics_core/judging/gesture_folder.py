"""Recordings of people whose names tell a gesture: BVH files, and datasets with a label."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from kinesics_core.affect.signals import GESTURES
from kinesics_core.dataset.clips import Clip, Dataset
from kinesics_core.dataset.resampling import resample
from kinesics_core.errors import KinesicsError
from kinesics_core.importers.import_bvh import BvhReader
from kinesics_core.importers.other_recordings import sentences
from kinesics_core.importers.source_files import files_in
from kinesics_core.judging.gesture_scores import ALLOWED, GestureClip
from kinesics_core.skeletons import COCO17

WORDS: dict[str, tuple[str, ...]] = {
    "wave": ("wave", "waves", "waving", "hello", "goodbye", "bye", "byebye"),
    "hands_raised": ("raise", "raises", "raised", "raise-up"),
    "point": ("point", "points", "pointing", "guide"),
    "come_here": ("beckon", "come", "comehere"), "clap": ("clap", "claps", "clapping", "applaud"),
    "bow": ("bow", "bows", "bowing"), "arms_crossed": ("crossed", "crossarms"),
    "hand_on_face": ("think", "thinking", "chin", "face"), "hands_on_hips": ("hips", "akimbo"),
    "shrug": ("shrug", "shrugs"), "nod": ("nod", "nods", "nodding"),
    "shake": ("shake", "headshake"), "lean_in": ("lean",), "turn_away": ("turnaway",),
}
"""Gesture -> words of a name that tell it; its own name counts too."""

NONE = ("walk", "run", "dash", "idle", "stand", "jog", "kick", "punch", "slash", "neutral", "none")
"""Words that tell that there is none."""

LABEL = "gesture"
"""Label of a dataset's clips that tells it; "none" for none."""

RATE, LONGEST = 30.0, 10.0
"""Frames per second that clips are read at, and seconds of them that are read."""

FOLLOWED, NEAR = 3.0, 1.0
"""Seconds over which a camera follows, and metres of a way on which none needs to."""

STANDS, BEFORE = 0.3, 1.0
"""Metres a second of the feet below which somebody stands, and seconds that they stood before."""


def gesture_of(name: str) -> str | None:
    """Return the gesture that a name tells, "" for none, or None if it tells nothing."""
    words = set(re.findall(r"[a-z]+", name.lower()))
    joined = "_".join(re.findall(r"[a-z]+", name.lower()))
    for gesture in GESTURES:
        named = re.search(rf"(^|_){gesture}(s|ed|ing)?(_|$)", joined)
        if named or words & set(WORDS[gesture]):
            return gesture
    return "" if words & set(NONE) else None


def labelled_clips(
    folder: Path, tell: Callable[[str], None] = lambda sentence: None, hands: bool = True
) -> list[GestureClip]:
    """Read every recording in a folder whose name, or label, tells its gesture.

    Args:
        folder: A dataset (keypoints in an image are read as recorded, others through cameras of
            our own), or BVH files, also in archives.
        tell: Hears a sentence for each one that is left out.
        hands: Whether knuckles are placed where a BVH file holds hands, as MediaPipe gives them.

    Raises:
        KinesicsError: There is none.
    """
    if not folder.exists():
        raise KinesicsError(f"{folder} does not exist; give a folder of labelled motion.")
    found = []
    for name, clip, knuckles in _clips(folder, tell):
        told = clip.labels.get(LABEL) or clip.labels.get("content")
        gesture = gesture_of(told) if told else gesture_of(name)
        if gesture is None:
            tell(f"{name}: its name tells no gesture; left out.")
            continue
        allowed = ALLOWED.get(gesture, frozenset())
        shown = frozenset({gesture} - {""})
        if clip.size is not None:
            found.append(GestureClip(
                name, folder.resolve().name, shown, allowed,
                clip.keypoints[:, :17].astype(np.float64), clip.rate, size=clip.size))
            continue
        points = clip.keypoints if knuckles is None else np.concatenate(
            [clip.keypoints, knuckles], axis=1)
        points = resample(points, clip.rate, RATE)[: int(LONGEST * RATE)].astype(np.float64)
        keypoints = points[:, :17]
        if not np.isfinite(keypoints[:, 5:13]).any() or len(keypoints) < RATE:
            tell(f"{name}: shorter than a second; left out.")
            continue
        points = with_start(followed(points))
        found.append(GestureClip(
            name, folder.resolve().name, shown, allowed, points[:, :17], RATE,
            knuckles=points[:, 17:] if hands and knuckles is not None else None))
    if not found:
        raise KinesicsError(
            f"No motion in {folder} tells a gesture. Wanted a dataset whose clips have the label"
            f" {LABEL!r}, or BVH files named by one of {', '.join(GESTURES)}, or of"
            f" {', '.join(NONE)} for none.")
    return found


def followed(points: np.ndarray) -> np.ndarray:
    """Return points (T, K, 3) without their travel: who walks stays in front of the camera."""
    middle = 0.5 * (points[:, 11] + points[:, 12])[:, [0, 2]]
    if not np.isfinite(middle).all() or np.ptp(middle, axis=0).max() <= NEAR:
        return points
    half = int(0.5 * FOLLOWED * RATE)
    padded = np.pad(middle, ((half, half), (0, 0)), mode="edge")
    slow = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1, axis=0).mean(axis=-1)
    made = points.copy()
    made[..., [0, 2]] -= slow[:, None]
    return made


def with_start(points: np.ndarray) -> np.ndarray:
    """Return points (T, K, 3) that begin a second earlier if somebody stands at their start.

    Recordings are cut closely; a camera sees people before they move.
    """
    time = 0.2
    moved = np.linalg.norm(points[int(time * RATE), 15:17] - points[0, 15:17], axis=-1)
    if not (moved < STANDS * time).all():
        return points
    return np.concatenate([np.repeat(points[:1], int(BEFORE * RATE), axis=0), points])


def _clips(
    folder: Path, tell: Callable[[str], None]
) -> list[tuple[str, Clip, np.ndarray | None]]:
    """Return recordings by name, with their knuckles where they hold them."""
    if (folder / "info.json").exists():
        dataset = Dataset(folder)
        if dataset.info.keypoints[:17] != COCO17:
            raise KinesicsError(
                f"{folder} holds {len(dataset.info.keypoints)} keypoints,"
                f" {dataset.info.keypoints[0]} first; wanted COCO-17, as `kinesics data import`"
                " makes them.")
        return [(clip.name, clip, None) for clip in dataset]
    reader, found = BvhReader(folder.resolve().name), []
    others: dict[str, str] = {}
    for file in files_in(folder, (".bvh",), others.__setitem__):
        if gesture_of(file.name) is None:
            tell(f"{file.name}: its name tells no gesture; left out.")
            continue
        try:
            found.append((file.name, *reader.with_knuckles(file)))
        except KinesicsError as error:
            tell(f"{error} Left out.")
    for sentence in sentences(others):
        tell(sentence)
    return found
