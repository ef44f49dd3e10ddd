"""People followed through time -> clips: what videos and bags have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from kinesics_core.dataset.clips import Clip
from kinesics_core.errors import KinesicsError
from kinesics_core.keypoints import resample, visible
from kinesics_core.types import NANOSECONDS, People

MAX_ABSENCE = 0.5
"""Seconds. Somebody unseen for longer begins a new clip."""

MIN_SECONDS = 0.5
"""Shorter pieces are dropped: a detector's mistake, or somebody passing the edge of the image."""


def clips_of(
    frames: Iterable[People], name: str, source: str, labels: Mapping[str, str] | None = None, *,
    rate: float | None = None, bridge: float = 0.0, group: str | None = None,
) -> list[Clip]:
    """One clip for each person and unbroken stretch, in order of their beginnings.

    name: of the recording; its clips are called so, or NAME#0, NAME#1 ... if there are several.
    group: to which its clips belong if no label "group" says so; None: ``name``.
    rate: frames per second of the recording; None: the median of what the stamps say.
    bridge: seconds between two sightings of a keypoint up to which it is interpolated in between;
        at least to the next frame. What lies in a longer gap is nan, and so is what would count
        as not seen live (``keypoints.visible``).
    A stamp that goes back, and an image of another size, begin a new clip as absence does.
    """
    tracks: dict[int, list[tuple[int, np.ndarray, tuple[int, int]]]] = {}
    for people in frames:
        for person in people.persons:
            track = tracks.setdefault(person.id, [])
            track.append((people.stamp, person.coco, (people.width, people.height)))
    pieces = [piece for track in tracks.values() for piece in _stretches(track)]
    pieces.sort(key=lambda piece: piece[0][0])
    made = []
    for piece in pieces:
        stamps = np.array([stamp for stamp, _, _ in piece])
        times = (stamps - stamps[0]) / NANOSECONDS
        if len(times) < 2 or times[-1] < MIN_SECONDS:
            continue
        hertz = rate or round(1.0 / float(np.median(np.diff(times))), 3)
        coco, size = np.stack([coco for _, coco, _ in piece]), piece[0][2]
        made.append((hertz, _on_grid(times, coco, size, hertz, bridge), size))
    known = dict(labels or {})
    together = known.pop("group", group or name)
    return [
        Clip(name if len(made) == 1 else f"{name}#{index}", source, together, hertz, keypoints,
             dict(known), size)
        for index, (hertz, keypoints, size) in enumerate(made)
    ]


def _stretches(
    track: list[tuple[int, np.ndarray, tuple[int, int]]]
) -> list[list[tuple[int, np.ndarray, tuple[int, int]]]]:
    pieces = [track[:1]]
    for sample in track[1:]:
        stamp, _, size = pieces[-1][-1]
        if sample[0] == stamp and sample[2] == size:
            continue
        goes_on = 0 < sample[0] - stamp <= MAX_ABSENCE * NANOSECONDS and sample[2] == size
        if goes_on:
            pieces[-1].append(sample)
        else:
            pieces.append([sample])
    return pieces


def _on_grid(
    times: np.ndarray, coco: np.ndarray, size: tuple[int, int], rate: float, bridge: float
) -> np.ndarray:
    """(T,) seconds from 0 and (T, 17, 3) -> (frames at ``rate``, 17, 2) float32, nan unseen."""
    seen = visible(coco, size)
    # Stamps are whole nanoseconds, so the last frame may seem to come a little early.
    grid = np.arange(int(times[-1] * rate + 1e-3) + 1) / rate
    keypoints, gaps = resample(times, coco[None, ..., :2], seen[None], grid)
    known = gaps[0] <= max(bridge, 1.5 / rate)
    return np.where(known[..., None], keypoints[0], np.nan).astype(np.float32)


def summary(
    out: Path, kind: str, tried: int, clips: int, left_out: Sequence[tuple[str, str]],
) -> str:
    """What an import did, as the lines a command prints: ``left_out`` pairs name and sentence.

    kind: "video" or "bag". KinesicsError if not one clip came out.
    """
    lines = [f"{name}: {sentence}" for name, sentence in left_out]
    if not clips:
        raise KinesicsError(
            f"None of the {tried} {kind}(s) gave a clip, so there is no {out}:\n  "
            + "\n  ".join(lines)
        )
    if lines:
        lines.insert(0, f"{len(left_out)} of {tried} {kind}(s) gave no clip or were cut off:")
    return "\n  ".join([f"{out}: {clips} clip(s) of {tried} {kind}(s)"] + lines)
