"""Clips of people followed through time: what imports of videos and bags have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Origin:
    """A recording of people, as its clips name it.

    Attributes:
        name: Of the recording; its clips are called so, or NAME#0, NAME#1 ... if there are several.
        source: The collection it belongs to.
        labels: Of all its clips; one called "group" is the group instead.
        group: Of its clips, if no label says it; "": the name.
    """

    name: str
    source: str
    labels: Mapping[str, str] = field(default_factory=dict)
    group: str = ""


@dataclass(frozen=True, slots=True)
class PeopleImportReport:
    """The outcome of an import of videos or bags.

    Attributes:
        kind: "video" or "bag".
        tried: Number of recordings.
        clips: Number of clips in the dataset.
        left_out: Name and sentence of each recording that gave no clip or was cut off.
    """

    kind: str
    tried: int
    clips: int
    left_out: tuple[tuple[str, str], ...]

    def check(self, out: Path) -> None:
        """Refuse an import without a clip.

        Raises:
            KinesicsError: There is none, and so no dataset ``out``.
        """
        if not self.clips:
            raise KinesicsError(
                f"None of the {self.tried} {self.kind}(s) gave a clip, so there is no {out}:\n  "
                + "\n  ".join(f"{name}: {sentence}" for name, sentence in self.left_out))


def clips_from_people(
    frames: Iterable[People], origin: Origin, *, rate: float | None = None, bridge: float = 0.0,
) -> list[Clip]:
    """Make a clip for each person and unbroken stretch, in order of their beginnings.

    A stamp that goes back, and an image of another size, begin a new clip as absence does.

    Args:
        frames: Everybody seen, in order of time.
        origin: Names and labels.
        rate: Frames per second of the recording; None: the median of what the stamps say.
        bridge: Seconds between two sightings of a keypoint up to which it is interpolated in
            between; at least to the next frame. What lies in a longer gap is nan, and so is what
            would count as not seen live: scores below ``MIN_SCORE``, places outside the image by
            ``MARGIN``.
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
    known = dict(origin.labels)
    together = known.pop("group", origin.group or origin.name)
    return [
        Clip(origin.name if len(made) == 1 else f"{origin.name}#{index}", origin.source, together,
             hertz, keypoints, dict(known), size)
        for index, (hertz, keypoints, size) in enumerate(made)
    ]


def _stretches(
    track: list[tuple[int, np.ndarray, tuple[int, int]]]
) -> list[list[tuple[int, np.ndarray, tuple[int, int]]]]:
    """Cut one person's sightings (stamp, keypoints, image size) at absences."""
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
    """Return the keypoints (frames at ``rate``, 17, 2) float32, nan where unseen.

    Args:
        times: (T,) seconds from 0.
        coco: (T, 17, 3) px, px, score.
        size: Width and height of the image, px.
        rate: Frames per second.
        bridge: Seconds, see ``clips_from_people``.
    """
    seen = visible(coco, size)
    # Stamps are whole nanoseconds, so the last frame may seem to come a little early.
    grid = np.arange(int(times[-1] * rate + 1e-3) + 1) / rate
    keypoints, gaps = resample(times, coco[None, ..., :2], seen[None], grid)
    known = gaps[0] <= max(bridge, 1.5 / rate)
    return np.where(known[..., None], keypoints[0], np.nan).astype(np.float32)
