"""Clips -> what a network sees and what it should say, in two ways.

``cut_windows``  every window of every clip in one plane, sliding by a step, as the paper cuts them.
``make_batch``   windows drawn at random through random cameras and a faulty detector (COCO-17 in
                 three dimensions), as the shipped models are trained.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from kinesics_core import keypoints
from kinesics_core.dataset.clips import Clip
from kinesics_core.errors import KinesicsError
from kinesics_core.motion import windows
from kinesics_core.motion.training import views
from kinesics_core.motion.windows import HORIZON, KEYPOINTS, OBSERVED, RATE, Normalisation

SHORTEST = 15
"""Frames a track must have before it can be judged; the first pose is held before them."""
_CHUNK = 4096


@dataclass(slots=True)
class Windows:
    """N windows in one plane: pixels, or metres with y down. No number is nan.

    observed: (N, 60, K, 2) float32, missing keypoints filled from the observed frames alone.
    future: (N, H, K, 2) float32, filled too.
    known: (N, H, K) bool, where ``future`` was recorded; None if all of it was.
    clip: (N,) int32, index into the clips that were cut.
    short: clips left out because they are too short. unseen: windows left out because no keypoint
        is in them.
    """

    observed: np.ndarray
    future: np.ndarray
    known: np.ndarray | None
    clip: np.ndarray
    short: int = 0
    unseen: int = 0

    def __len__(self) -> int:
        return len(self.clip)

    def take(self, which: np.ndarray) -> Windows:
        """Some of the windows: an index array or a mask (N,)."""
        return Windows(
            self.observed[which], self.future[which],
            None if self.known is None else self.known[which], self.clip[which])

    def of_clips(self, chosen: Iterable[int]) -> Windows:
        """The windows of some clips; ``clip`` still counts in the clips that were cut."""
        return self.take(np.isin(self.clip, np.fromiter(chosen, np.int32)))


@dataclass(slots=True)
class Samples:
    """N normalised windows as a network takes them; F = 2 K numbers a frame.

    observed: (N, 60, F) float32. future: (N, H, F) float32.
    weight: (N, H, F) float32, 0 where the truth is unknown; None if it is known everywhere.
    """

    observed: np.ndarray
    future: np.ndarray
    weight: np.ndarray | None = None


@dataclass(slots=True)
class Batch:
    """B windows drawn through random cameras.

    observed: (B, 60, 34), future: (B, 30, 34) float32, normalised.
    counts: (B, 34) float32, 1 for a keypoint that was seen at least once.
    centroid: (B, 1, 1, 2), scale: (B, 1, 1, 1) pixels, of the newest observed frame.
    pixels: (B, 30, 17, 2) float32, the true future.
    clip: (B,) int32, index into the clips, and so to their labels.
    """

    observed: np.ndarray
    future: np.ndarray
    counts: np.ndarray
    centroid: np.ndarray
    scale: np.ndarray
    pixels: np.ndarray
    clip: np.ndarray


def cut_windows(
    clips: Sequence[Clip], step: int = 1, view: str = "frontal", *, horizon: int = HORIZON,
    partial: bool = False,
) -> Windows:
    """Windows of 60 + ``horizon`` frames at 30 Hz, one every ``step`` frames of each clip.

    view: "frontal" is the orthographic projection of 3-D clips along z, (x, -y); 2-D clips stay
    as they are.
    partial: also windows whose future runs out of the clip (see ``Windows.known``), and of clips
    shorter than 60 frames the one that holds the first pose before them: what recognition, which
    needs no future, can use. ``horizon=0`` does the same for recognition alone.
    KinesicsError if clips do not fit together or no window is left.
    """
    if view != "frontal":
        raise KinesicsError(
            f"Got view {view!r}; windows are cut frontal. Other views are drawn at random, by"
            " training with --view random.")
    if step < 1 or horizon < 0:
        raise KinesicsError(
            f"Got step {step} and horizon {horizon}; wanted at least 1 and at least 0 frames.")
    features = _same_keypoints(clips)
    partial = partial or horizon == 0
    needed = SHORTEST if partial else OBSERVED + horizon
    length = OBSERVED + horizon
    planes: list[tuple[int, np.ndarray]] = []
    for index, clip in enumerate(clips):
        points = plane(clip)
        if len(points) >= needed:
            planes.append((index, points))
    counts = [_count(len(points), step, 0 if partial else horizon) for _, points in planes]
    if not planes:
        longest = max((len(c.keypoints) / c.rate for c in clips), default=0.0)
        raise KinesicsError(
            f"No window is left: none of {len(clips)} clips is {needed / RATE:.1f} s long"
            f" ({needed} frames at {RATE:g} Hz), the longest is {longest:.1f} s. Give longer clips."
        )

    whole = np.empty((sum(counts), length, features, 2), np.float32)
    recorded = np.empty(len(whole), np.int64)      # frames of each window that the clip has
    row = 0
    for (_, points), count in zip(planes, counts, strict=True):
        early = max(OBSERVED - len(points), 0)
        recorded[row:row + count] = early + len(points) - step * np.arange(count)
        if partial:
            first, last = points[:1], points[-1:]
            points = np.concatenate(
                [first.repeat(early, axis=0), points, last.repeat(horizon, axis=0)])
        cut = sliding_window_view(points, length, axis=0)[::step][:count]       # (n, K, 2, length)
        whole[row:row + count] = np.moveaxis(cut, -1, 1)
        row += count
    clip_of = np.repeat(np.array([i for i, _ in planes], np.int32), counts)
    known = np.arange(OBSERVED, length) < recorded[:, None]                       # (N, H)
    return replace(complete(whole, known, clip_of), short=len(clips) - len(planes))


def encode(cut: Windows, how: Normalisation) -> Samples:
    """Normalised as a network takes them: "per_frame" is the paper's equations 1 and 2."""
    count, horizon = cut.future.shape[:2]
    features = 2 * cut.observed.shape[2]
    observed = np.empty((count, OBSERVED, features), np.float32)
    future = np.empty((count, horizon, features), np.float32)
    for begin in range(0, count, _CHUNK):  # so that temporaries do not need several times the data
        rows = slice(begin, begin + _CHUNK)
        coded, centroid, scale = windows.encode(cut.observed[rows], how)
        observed[rows] = coded.reshape(-1, OBSERVED, features)
        coded = windows.encode_future(cut.future[rows], centroid, scale, how)
        future[rows] = coded.reshape(len(coded), horizon, features)
    weight = None if cut.known is None else np.repeat(cut.known, 2, axis=-1).astype(np.float32)
    return Samples(observed, future, weight)


def classes_of(clips: Iterable[Clip], label: str) -> tuple[str, ...]:
    """The values of a label, sorted; KinesicsError if no clip has it."""
    clips = list(clips)
    found = sorted({clip.labels[label] for clip in clips if label in clip.labels})
    if not found:
        known = sorted({key for clip in clips for key in clip.labels})
        raise KinesicsError(
            f"No clip has a label {label!r}; the labels here are {', '.join(known) or 'none'}."
            " Choose one of them, or import again with a --label-pattern that names it.")
    return tuple(found)


def targets(
    clips: Sequence[Clip], label: str, classes: Sequence[str], *, strict: bool = True
) -> np.ndarray:
    """(clips,) int64: which of ``classes`` each clip is; -1 for a clip without the label.

    A value that is none of the classes is a KinesicsError, or with ``strict=False`` also -1.
    """
    number = {name: index for index, name in enumerate(classes)}
    strange = sorted({clip.labels[label] for clip in clips if label in clip.labels} - set(number))
    if strange and strict:
        raise KinesicsError(
            f"Got clips whose {label!r} is {', '.join(strange)}; the network knows"
            f" {', '.join(classes) or 'no classes'}. Leave these clips out, or train with them.")
    return np.array([number.get(clip.labels.get(label, ""), -1) for clip in clips], np.int64)


def at_window_rate(clips: Sequence[Clip]) -> tuple[list[Clip], np.ndarray]:
    """Clips long enough for half a second and a future, at 30 Hz, and which of the given they are.

    KinesicsError if none is.
    """
    resampled = [replace(clip, keypoints=views.resample(clip.keypoints, clip.rate), rate=RATE)
                 for clip in clips]
    kept = [i for i, clip in enumerate(resampled) if len(clip.keypoints) >= HORIZON + SHORTEST]
    if not kept:
        raise KinesicsError(
            f"None of {len(clips)} clips lasts {(HORIZON + SHORTEST) / RATE:.1f} s. Give longer"
            " clips.")
    return [resampled[index] for index in kept], np.array(kept)


def source_weights(clips: Sequence[Clip]) -> np.ndarray:
    """Chance of drawing a window from each clip: by length in a source, by its root across.

    Without the root the longest source (people who stand and wait) would be three of four windows.
    """
    lengths = np.array([len(clip.keypoints) for clip in clips], dtype=float)
    sources = np.array([clip.source for clip in clips])
    weights = lengths.copy()
    for source in np.unique(sources):
        weights[sources == source] /= np.sqrt(lengths[sources == source].sum())
    return weights / weights.sum()


def make_batch(
    rng: np.random.Generator, clips: Sequence[Clip], count: int, how: Normalisation,
    faults: views.Faults, *, chance: np.ndarray | None = None, augment: bool = True,
) -> Batch:
    """``count`` windows through random cameras and a faulty detector.

    clips: COCO-17 in three dimensions at 30 Hz, see ``at_window_rate``.
    chance: of each clip, default ``source_weights``. augment: mirror half and vary the speed.
    """
    chance = source_weights(clips) if chance is None else chance
    which = rng.choice(len(clips), size=count, p=chance)
    points = views.cut(rng, [clip.keypoints for clip in clips], which, warp=augment)
    if augment:
        flip = rng.random(count) < 0.5
        points[flip] = views.mirror(points[flip])
    pixels = views.project(points, views.random_camera(rng, points))
    detected, seen = views.detect(rng, pixels[:, :OBSERVED], faults)
    filled = windows.fill_missing(detected, seen)
    observed, centroid, scale = windows.encode(filled, how)
    future = windows.encode_future(pixels[:, OBSERVED:], centroid, scale, how)
    return Batch(
        observed=observed.reshape(count, OBSERVED, -1).astype(np.float32),
        future=future.reshape(count, HORIZON, -1).astype(np.float32),
        counts=np.repeat(seen.any(axis=1), 2, axis=-1).astype(np.float32),
        centroid=centroid, scale=scale,
        pixels=pixels[:, OBSERVED:].astype(np.float32), clip=which.astype(np.int32),
    )


def require_random_views(clips: Sequence[Clip]) -> None:
    """KinesicsError if a random camera cannot look at these clips."""
    for clip in clips:
        if clip.keypoints.shape[1:] != (KEYPOINTS, 3) or not np.isfinite(clip.keypoints).all():
            frames, keypoints, dimensions = clip.keypoints.shape
            lost = "" if np.isfinite(clip.keypoints).all() else ", some of them missing"
            raise KinesicsError(
                f"Random views need COCO-17 in three dimensions, complete; {clip.name} has"
                f" {keypoints} keypoints in {dimensions} dimensions{lost}. Train with"
                " --view frontal.")


def _same_keypoints(clips: Sequence[Clip]) -> int:
    shapes = {clip.keypoints.shape[1:]: clip.name for clip in clips}
    if len({keypoints for keypoints, _ in shapes}) > 1:
        raise KinesicsError(
            "Clips of different keypoint sets cannot be cut together: "
            + ", ".join(f"{name} has {k}" for (k, _), name in shapes.items())
            + " keypoints. Use datasets of one set.")
    return next(iter(shapes))[0] if shapes else 0


def long_enough(clip: Clip, frames: int = OBSERVED + HORIZON) -> bool:
    """Whether the clip has so many frames at 30 Hz; default: a window with its future."""
    return (len(clip.keypoints) - 1) * RATE / clip.rate + 1e-6 >= frames - 1


def plane(clip: Clip) -> np.ndarray:
    """(T, K, 2) float32 at 30 Hz: 3-D keypoints from the front, y down; 2-D ones as they are."""
    return views.frontal(views.resample(clip.keypoints, clip.rate))


def _count(frames: int, step: int, horizon: int) -> int:
    return (max(frames, OBSERVED) - OBSERVED - horizon) // step + 1


def complete(
    whole: np.ndarray, recorded: np.ndarray | None = None, clip_of: np.ndarray | None = None,
) -> Windows:
    """Windows (N, 60 + H, K, 2) with nan -> the same filled, ``observed`` from itself alone.

    recorded: (N, H) bool, whether the clip has that future frame; default: it has. Windows without
    a single observed keypoint are left out. KinesicsError if no window is left.
    """
    clip_of = np.arange(len(whole), dtype=np.int32) if clip_of is None else clip_of
    seen = np.isfinite(whole).all(axis=-1)                                        # (N, L, K)
    some = seen[:, :OBSERVED].any(axis=(1, 2))
    unseen = int((~some).sum())
    if not some.any():
        raise KinesicsError(
            f"No window is left: in none of {len(whole)} is a single keypoint. Look at what the"
            " detector found with `kinesics data info`.")
    known = seen[:, OBSERVED:]
    if recorded is not None:
        known = known & recorded[:, :, None]
    if unseen:
        whole, known, clip_of, seen = whole[some], known[some], clip_of[some], seen[some]
    rows = np.flatnonzero(~seen.all(axis=(1, 2)))
    for begin in range(0, len(rows), _CHUNK):
        part = rows[begin:begin + _CHUNK]
        filled = _fill(whole[part], seen[part])
        filled[:, :OBSERVED] = _fill(whole[part, :OBSERVED], seen[part, :OBSERVED])
        whole[part] = filled
    return Windows(
        whole[:, :OBSERVED], whole[:, OBSERVED:], None if known.all() else known, clip_of,
        unseen=unseen)


def _fill(poses: np.ndarray, seen: np.ndarray) -> np.ndarray:
    if poses.shape[2] == KEYPOINTS:
        return windows.fill_missing(poses, seen)
    # Where a keypoint never seen would be is known of COCO-17 alone; elsewhere: amid the others.
    times = np.arange(poses.shape[1]) / RATE
    filled, _ = keypoints.resample(times, poses, seen, times)
    found = np.asarray(seen.any(axis=1))[:, None, :, None]
    middle = np.where(found, filled, 0.0).sum(axis=2, keepdims=True) / found.sum(
        axis=2, keepdims=True)
    return np.where(found, filled, middle)
