"""Clips of people followed through time: what imports of videos and bags have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kinesics_core.dataset.clips import Clip
from kinesics_core.errors import KinesicsError
from kinesics_core.keypoints import SAME_IMAGE, resample, visible
from kinesics_core.types import NANOSECONDS, People

MAX_ABSENCE = 0.5
"""Seconds. Somebody unseen for longer begins a new clip."""

MAX_RATE = 240.0
"""Frames per second of a clip at most, whatever the stamps say."""

MAX_SPEED, MAX_STEP = 4.0, 0.1
"""Most a person moves from image to image, in own sizes: so much a second, and so much besides."""

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
        others: Sentences about recordings of other kinds beside them.
    """

    kind: str
    tried: int
    clips: int
    left_out: tuple[tuple[str, str], ...]
    others: tuple[str, ...] = ()

    def check(self, out: Path) -> None:
        """Refuse an import without a clip.

        Raises:
            KinesicsError: There is none, and so no dataset ``out``.
        """
        if not self.clips:
            raise KinesicsError(
                f"None of the {self.tried} {self.kind}(s) gave a clip, so there is no {out}:\n  "
                + "\n  ".join((*(f"{name}: {sentence}" for name, sentence in self.left_out),
                               *self.others)))


class Sighting(NamedTuple):
    """Sight of a person in one image.

    Attributes:
        stamp: Time of the image, ns.
        coco: (17, 3) px, px, score.
    """

    stamp: int
    coco: np.ndarray


def clips_from_people(
    frames: Iterable[People], origin: Origin, *, rate: float | None = None, bridge: float = 0.0,
) -> list[Clip]:
    """Make a clip for each person and unbroken stretch, in order of their beginnings.

    A stamp that goes back begins a new clip as absence does; images of another size are another
    source's, and so are the places of an id that jumps to and fro.

    Args:
        frames: Everybody seen, in order of time.
        origin: Names and labels.
        rate: Frames per second of the recording; None: the median of what the stamps say.
        bridge: Seconds between two sightings of a keypoint up to which it is interpolated in
            between; at least to the next frame. What lies in a longer gap is nan, and so is what
            would count as not seen live: scores below ``MIN_SCORE``, places outside the image by
            ``MARGIN``.
    """
    tracks: dict[tuple[int, int, int], list[Sighting]] = {}
    for people in frames:
        for person in people.persons:
            track = tracks.setdefault((person.id, people.width, people.height), [])
            track.append(Sighting(people.stamp, person.coco))
    pieces = [(size, piece) for (_, *size), track in tracks.items()
              for source in sources(track, (size[0], size[1])) for piece in _stretches(source)]
    pieces.sort(key=lambda piece: piece[1][0].stamp)
    made = []
    for (width, height), piece in pieces:
        stamps = np.array([sighting.stamp for sighting in piece])
        times = (stamps - stamps[0]) / NANOSECONDS
        if len(times) < 2 or times[-1] < MIN_SECONDS:
            continue
        hertz = rate or min(round(1.0 / float(np.median(np.diff(times))), 3), MAX_RATE)
        coco, size = np.stack([sighting.coco for sighting in piece]), (width, height)
        made.append((hertz, _on_grid(times, coco, size, hertz, bridge), size))
    known = dict(origin.labels)
    together = known.pop("group", origin.group or origin.name)
    return [
        Clip(origin.name if len(made) == 1 else f"{origin.name}#{index}", origin.source, together,
             hertz, keypoints, dict(known), size)
        for index, (hertz, keypoints, size) in enumerate(made)
    ]


def sources(track: list[Sighting], size: tuple[int, int]) -> list[list[Sighting]]:
    """Return the sightings of each source of one id, told apart by their places.

    Two detectors on one topic number their people alike. A person cannot jump to and fro; who
    seems to at more than every tenth sighting is several, each followed by the nearest place;
    sightings of nothing are then left out.

    Args:
        track: The sightings in order of time.
        size: Width and height of the image, px.
    """
    coco = np.stack([sighting.coco for sighting in track])
    seen = visible(coco, size)
    known = np.flatnonzero(seen.any(axis=1))
    if len(known) < 5:
        return [track]
    places = np.where(seen[known][..., None], coco[known][..., :2], np.nan)
    centres = np.nanmedian(places, axis=1)
    span = np.nanmax(places, axis=1) - np.nanmin(places, axis=1)
    person = max(float(np.median(np.linalg.norm(span, axis=1))), 0.1 * max(size))
    times = np.array([track[index].stamp for index in known]) / NANOSECONDS
    passed = np.clip(np.diff(times), 0.0, MAX_ABSENCE)
    jumps = np.linalg.norm(np.diff(centres, axis=0), axis=1) > person * (
        MAX_STEP + MAX_SPEED * passed)
    if jumps.sum() < max(4, 0.1 * len(known)):
        return [track]
    parts = _followed(times, centres, person)
    before = _steps(places, [list(range(len(known)))])
    if _steps(places, parts) > 0.5 * before:
        return [track]  # places that are as wild in every part are one detector's noise
    return [[track[known[index]] for index in part] for part in parts]


def _followed(times: np.ndarray, centres: np.ndarray, person: float) -> list[list[int]]:
    """Return the indices of each body's sightings, each put to the nearest it can belong to.

    Args:
        times: (T,) seconds.
        centres: (T, 2) places, px.
        person: Size of a person, px.
    """
    parts: list[list[int]] = []
    for index, (centre, time) in enumerate(zip(centres, times, strict=True)):
        nearest, part = np.inf, None
        for candidate in parts:
            away = float(np.linalg.norm(centre - centres[candidate[-1]]))
            passed = float(time - times[candidate[-1]])
            if passed <= MAX_ABSENCE and away <= min(
                    nearest, person * (MAX_STEP + MAX_SPEED * max(passed, 0.0))):
                nearest, part = away, candidate
        if part is None:
            parts.append(part := [])
        part.append(index)
    return parts


def _steps(places: np.ndarray, parts: list[list[int]]) -> float:
    """Return the mean distance, px, of a keypoint from sighting to sighting within parts.

    Args:
        places: (T, K, 2) px, nan where not seen.
        parts: Indices of the sightings of each part.
    """
    steps = [np.linalg.norm(np.diff(places[part], axis=0), axis=-1).ravel()
             for part in parts if len(part) > 1]
    return float(np.nanmean(np.concatenate(steps))) if steps else np.inf


def _stretches(track: list[Sighting]) -> list[list[Sighting]]:
    """Cut one person's sightings at absences; of those at the same time the first is kept."""
    pieces = [track[:1]]
    for sighting in track[1:]:
        passed = (sighting.stamp - pieces[-1][-1].stamp) / NANOSECONDS
        if 0 <= passed < SAME_IMAGE:
            continue
        if 0 < passed <= MAX_ABSENCE:
            pieces[-1].append(sighting)
        else:
            pieces.append([sighting])
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
