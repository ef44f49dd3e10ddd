"""Clips cut into windows, and windows as a network takes them: the two containers of training.

``CutWindows``   a store of windows in one plane, in pixels or metres.
``WindowBatch``  windows normalised as a network takes them, in numpy arrays or torch tensors.

Every clip is seen from the front and gives all its windows, sliding by a step, as the paper cuts
them (arXiv 2603.01804, section 2.1). Windows through random cameras are in ``camera_windows``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from kinesics_core import keypoints
from kinesics_core.dataset.clips import Clip
from kinesics_core.dataset.resampling import resample
from kinesics_core.errors import KinesicsError
from kinesics_core.motion import windows
from kinesics_core.motion.windows import HORIZON, KEYPOINTS, OBSERVED, RATE, Normalisation

SHORTEST = 15
"""Frames a track must have before it can be judged; the first pose is held before them."""
_CHUNK = 4096

Array = TypeVar("Array")
"""numpy.ndarray or torch.Tensor."""


@dataclass(slots=True)
class CutWindows:
    """N windows in one plane: pixels, or metres with y down. No number is NaN.

    Attributes:
        observed: (N, 60, K, 2), missing keypoints filled from the observed frames alone.
        future: (N, H, K, 2), filled too.
        known: (N, H, K) or (N, 1, K) bool, where the future counts; None if all of it does.
        clip: (N,) int32, index into the clips that were cut.
        short: Number of clips left out because they are too short.
        unseen: Number of windows left out because no keypoint is in them.
    """

    observed: np.ndarray
    future: np.ndarray
    known: np.ndarray | None
    clip: np.ndarray
    short: int = 0
    unseen: int = 0

    def __len__(self) -> int:
        return len(self.clip)

    def take(self, which: np.ndarray) -> CutWindows:
        """Return some of the windows, by an index array or a mask (N,)."""
        return CutWindows(
            self.observed[which], self.future[which],
            None if self.known is None else self.known[which], self.clip[which])

    def of_clips(self, chosen: Iterable[int]) -> CutWindows:
        """Return the windows of some clips; ``clip`` still counts in the clips that were cut."""
        return self.take(np.isin(self.clip, np.fromiter(chosen, np.int32)))


@dataclass(slots=True)
class WindowBatch(Generic[Array]):
    """B normalised windows, F = 2 K numbers a frame: numpy arrays, or tensors on one device.

    Attributes:
        observed: (B, 60, F) float32.
        future: (B, H, F) float32.
        weight: (B, H, F) or (B, 1, F) float32, 0 where the truth is unknown; None if it is known
            everywhere.
        target: (B,) int64, the class of each, -1 for unknown; None without classes.
        still: (B, 2, H) float32, mean error of standing still at each frame in each window's
            source: in scales of the newest pose, and of poses each in its own scale; None where
            nobody asked.
    """

    observed: Array
    future: Array
    weight: Array | None = None
    target: Array | None = None
    still: Array | None = None

    def take(self, which: Any) -> WindowBatch[Array]:
        """Return some of the windows, by an index array or tensor."""
        parts: tuple[Any, ...] = (
            self.observed, self.future, self.weight, self.target, self.still)
        return WindowBatch(*(None if part is None else part[which] for part in parts))

    def known_at_least_once(self: WindowBatch[np.ndarray]) -> np.ndarray:
        """Return (B, F) float32: 1 for numbers whose truth is known at some step."""
        if self.weight is None:
            return np.ones((len(self.observed), self.observed.shape[-1]), np.float32)
        known: np.ndarray = self.weight.max(axis=1)
        return known


def cut_windows(
    clips: Sequence[Clip], step: int = 1, view: str = "frontal", *, horizon: int = HORIZON,
    partial: bool = False,
) -> CutWindows:
    """Cut windows of 60 + ``horizon`` frames at 30 Hz, one every ``step`` frames of each clip.

    Args:
        clips: Clips of one set of keypoints.
        step: Frames between the starts of two windows.
        view: "frontal", the orthographic projection of 3-D clips along z, (x, -y); 2-D clips stay
            as they are.
        horizon: Frames of the future; 0 for recognition alone, which implies ``partial``.
        partial: Also cut windows whose future runs out of the clip (see ``CutWindows.known``), and
            of clips shorter than 60 frames the one that holds the first pose before them: what
            recognition, which needs no future, can use.

    Raises:
        KinesicsError: The clips do not fit together, or no window is left.
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


def complete(
    whole: np.ndarray, recorded: np.ndarray | None = None, clip_of: np.ndarray | None = None,
) -> CutWindows:
    """Fill the gaps of windows; the observed frames from themselves alone.

    Windows without a single observed keypoint are left out.

    Args:
        whole: (N, 60 + H, K, 2), NaN where missing; filled in place.
        recorded: (N, H) bool, whether the clip has that future frame; default: it has.
        clip_of: (N,) int32, the clip of each; default: its row.

    Raises:
        KinesicsError: No window is left.
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
    return CutWindows(
        whole[:, :OBSERVED], whole[:, OBSERVED:], None if known.all() else known, clip_of,
        unseen=unseen)


def encode(
    cut: CutWindows, how: Normalisation, target: np.ndarray | None = None
) -> WindowBatch[np.ndarray]:
    """Normalise windows as a network takes them.

    Args:
        cut: N windows in one plane.
        how: "per_frame" is the paper's equations 1 and 2; see ``motion.windows``.
        target: (N,) int64, the class of each; None without classes.
    """
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
    return WindowBatch(observed, future, weight, target)


def plane(clip: Clip) -> np.ndarray:
    """Return (T, K, 2) float32 at 30 Hz: 3-D keypoints from the front, y down; 2-D as they are."""
    return frontal(resample(clip.keypoints, clip.rate, RATE))


def frontal(points: np.ndarray) -> np.ndarray:
    """Project points as an orthographic camera in front sees them.

    Args:
        points: (..., 3) metres, y up; points in two dimensions stay as they are.

    Returns:
        (..., 2), y down.
    """
    if points.shape[-1] == 2:
        return points
    return points[..., :2] * np.array([1.0, -1.0], points.dtype)


def long_enough(clip: Clip, frames: int = OBSERVED + HORIZON) -> bool:
    """Tell whether a clip has so many frames at 30 Hz; default: a window with its future."""
    return (len(clip.keypoints) - 1) * RATE / clip.rate + 1e-6 >= frames - 1


def _same_keypoints(clips: Sequence[Clip]) -> int:
    """Return the number of keypoints that all clips have."""
    shapes = {clip.keypoints.shape[1:]: clip.name for clip in clips}
    if len({keypoints for keypoints, _ in shapes}) > 1:
        raise KinesicsError(
            "Clips of different keypoint sets cannot be cut together: "
            + ", ".join(f"{name} has {k}" for (k, _), name in shapes.items())
            + " keypoints. Use datasets of one set.")
    return next(iter(shapes))[0] if shapes else 0


def _count(frames: int, step: int, horizon: int) -> int:
    """Return how many windows a clip of so many frames gives."""
    return (max(frames, OBSERVED) - OBSERVED - horizon) // step + 1


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
