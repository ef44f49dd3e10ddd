"""Scores of the reading of gestures: labelled motion through cameras, scored by gesture.

A clip is right about a gesture that it is labelled with if the gesture is seen for a tenth of a
second; a gesture that it is neither labelled with nor allowed to hold is a false one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from kinesics_core.affect.signals import GESTURES, SignalReader, SignalsConfig
from kinesics_core.judging import performed_gestures
from kinesics_core.judging.performed_beckoning import COUNTER, FORMS
from kinesics_core.judging.seen_people import (
    FIELD_OF_VIEW,
    HEIGHT,
    START,
    WIDTH,
    View,
    random_view,
    recorded,
    see,
    stream,
)
from kinesics_core.types import NANOSECONDS, People, SocialSignals

if TYPE_CHECKING:
    from kinesics_core.motion.runtime import Forecaster

LEAST = 0.1
"""Seconds for which a gesture must be seen to count."""

TOGETHER = 32
"""Clips that are read in one pass."""

ALLOWED: dict[str, frozenset[str]] = {
    "bow": frozenset({"lean_in", "nod"}), "hand_on_face": frozenset({"lean_in"}),
    "turn_away": frozenset({"shake"}), "point": frozenset({"turn_away"}),
    "wave": frozenset({"hands_raised"}),
}
"""Gesture -> others that a clip of it may well hold."""

COMES_WITHIN = 1.2
"""Seconds within which an expected gesture must begin to have been right."""


@dataclass(frozen=True, slots=True)
class GestureClip:
    """A motion with the gestures in it.

    Attributes:
        name: Of the clip.
        source: The collection.
        gestures: That it shows.
        allowed: Further ones that it may show.
        keypoints: (T, 17, 3) metres, y up, COCO-17; (T, 17, 2) px of a recorded image.
        rate: Frames per second.
        begins: Seconds of the first move, nan if unknown.
        knuckles: (T, 2, 3) metres, of the left and the right hand; None if not recorded.
        hands: (T, 2, 21, 3) metres, landmarks of both hands; None if not recorded.
        size: Width and height of the recorded image, px; None for metres.
    """

    name: str
    source: str
    gestures: frozenset[str]
    allowed: frozenset[str]
    keypoints: np.ndarray
    rate: float
    begins: float = float("nan")
    knuckles: np.ndarray | None = None
    hands: np.ndarray | None = None
    size: tuple[int, int] | None = None


@dataclass(slots=True)
class GestureReading:
    """Reading of a clip in one view.

    Attributes:
        clip: The clip.
        seen: Gesture -> seconds for which it was seen.
        first: Gesture -> seconds at which it was first seen.
        expected: Gesture -> seconds at which it was first expected.
        starts_in: Gesture -> after how many seconds more, as was said then.
    """

    clip: GestureClip
    seen: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    first: dict[str, float] = field(default_factory=dict)
    expected: dict[str, float] = field(default_factory=dict)
    starts_in: dict[str, float] = field(default_factory=dict)

    def take(self, signals: SocialSignals, step: float) -> None:
        """Add what was read of an image ``step`` seconds after the one before."""
        now = (signals.stamp - START) / NANOSECONDS
        for sign in signals.gestures:
            self.seen[sign.name] += step
            self.first.setdefault(sign.name, now)
        for sign in signals.expected:
            if sign.name not in self.expected and sign.name not in self.first:
                self.expected[sign.name] = now
                self.starts_in[sign.name] = sign.starts_in


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of one gesture."""

    right: int
    missed: int
    false: int

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; nan where there was nothing to be found."""
        if not self.right + self.missed:
            return float("nan")
        return 2 * self.right / (2 * self.right + self.false + self.missed)


@dataclass(frozen=True, slots=True)
class Lead:
    """Earliness of forecast gestures.

    Attributes:
        median_ms: Median time from the first forecast of a gesture to its being seen.
        precision: Share of forecast gestures that came.
        recall: Share of seen gestures that were forecast.
        count: Forecast gestures.
    """

    median_ms: float
    precision: float
    recall: float
    count: int


def performed_clips(each: int, seed: int) -> list[GestureClip]:
    """Return performances of every gesture and of what is none, ``each`` of a kind, with hands."""
    random = np.random.default_rng(seed)
    return [
        _performed(name, number, "performed", frozenset({name}) & frozenset(GESTURES), random)
        for name in (*GESTURES, *performed_gestures.NOTHING) for number in range(each)]


def beckoning_clips(each: int, seed: int) -> list[GestureClip]:
    """Return beckonings of every form and what looks like one, ``each`` of a kind, with hands."""
    random = np.random.default_rng(seed)
    return [
        _performed(name, number, name, frozenset({"come_here"} if name in FORMS else ()), random)
        for name in (*FORMS, *COUNTER) for number in range(each)]


def _performed(
    name: str, number: int, source: str, shown: frozenset[str], random: np.random.Generator
) -> GestureClip:
    """Return one performance, as a clip that shows gestures."""
    made = performed_gestures.perform(name, random)
    # MediaPipe's poses have the knuckles of the index and the little finger.
    knuckles = 0.5 * (made.hands[:, :, 5] + made.hands[:, :, 17])
    return GestureClip(
        f"{name}_{number}", source, shown, ALLOWED.get(name, frozenset()), made.keypoints,
        performed_gestures.RATE, made.begins, knuckles, made.hands)


def told_by_source(readings: Iterable[GestureReading], gesture: str) -> dict[str, float]:
    """Return the share of views of each source in which a gesture is told."""
    told: dict[str, list[bool]] = defaultdict(list)
    for reading in readings:
        told[reading.clip.source].append(reading.seen.get(gesture, 0.0) >= LEAST - 1e-6)
    return {source: float(np.mean(views)) for source, views in told.items()}


def read_gestures(
    clips: Sequence[GestureClip], views: int, seed: int, forecaster: Forecaster | None = None,
    tell: Callable[[int], None] = lambda done: None,
) -> list[GestureReading]:
    """Read every clip in several views, or as it was recorded.

    Args:
        clips: Labelled motion.
        views: Of each clip in metres; the first is frontal, the others are drawn.
        seed: Of views and errors.
        forecaster: Forecasts what is read ahead; None reads no forecasts.
        tell: Hears how many readings are done.
    """
    random = np.random.default_rng(seed)
    plan = [(clip, View(yaw=random.uniform(-0.3, 0.3)) if view == 0 else random_view(random))
            for clip in clips for view in range(views if clip.size is None else 1)]
    found: list[GestureReading] = []
    for kind in sorted({_kind(clip) for clip in clips}):
        part = [(clip, view) for clip, view in plan if _kind(clip) == kind]
        for first in range(0, len(part), TOGETHER):
            group = part[first:first + TOGETHER]
            seen = [see(clip.keypoints, clip.rate, view, random, knuckles=clip.knuckles,
                        hands=clip.hands) if clip.size is None else recorded(clip.keypoints)
                    for clip, view in group]
            rate, *size = kind
            found += _read([clip for clip, _ in group],
                           stream(seen, rate, size=(size[0], size[1])), rate, forecaster)
            tell(len(found))
    return found


def _kind(clip: GestureClip) -> tuple[float, int, int]:
    """Return the images per second, their width and height: clips that share them go together."""
    return round(clip.rate, 3), *(clip.size or (WIDTH, HEIGHT))


def _read(
    clips: Sequence[GestureClip], images: Iterable[People], rate: float,
    forecaster: Forecaster | None,
) -> list[GestureReading]:
    reader = SignalReader(replace(SignalsConfig(), horizontal_fov=FIELD_OF_VIEW))
    readings = [GestureReading(clip) for clip in clips]
    if forecaster is not None:
        forecaster.reset()
    for people in images:
        forecasts = forecaster.update(people).motion if forecaster is not None else ()
        for signals in reader.update(people, forecasts):
            readings[signals.person_id - 1].take(signals, 1.0 / rate)
    return readings


def scores(readings: Iterable[GestureReading]) -> dict[str, Score]:
    """Return the counts of every gesture, in the order of ``GESTURES``."""
    counts = {name: [0, 0, 0] for name in GESTURES}
    for reading in readings:
        for name in GESTURES:
            seen = reading.seen.get(name, 0.0) >= LEAST - 1e-6
            if name in reading.clip.gestures:
                counts[name][0 if seen else 1] += 1
            elif seen and name not in reading.clip.allowed:
                counts[name][2] += 1
    return {name: Score(*count) for name, count in counts.items()}


def macro_f1(table: dict[str, Score]) -> float:
    """Return the mean F1 of the gestures that were to be found; nan without any."""
    found = [score.f1 for score in table.values() if np.isfinite(score.f1)]
    return float(np.mean(found)) if found else float("nan")


def lead_of(readings: Iterable[GestureReading]) -> Lead:
    """Return how early what was seen had been forecast, and how often what was forecast came.

    A hand that was expected to be raised and then waves has come.
    """
    leads, right, said, seen = [], 0, 0, 0
    for reading in readings:
        allowed = reading.clip.gestures | reading.clip.allowed
        seen += sum(name in reading.first for name in reading.clip.gestures)
        for name, when in reading.expected.items():
            said += 1
            came = reading.first.get(name, float("inf")) - when
            if name == "hands_raised":
                came = min(came, reading.first.get("wave", float("inf")) - when)
            if came <= COMES_WITHIN and name in allowed:
                right += 1
                leads.append(came)
    return Lead(
        1e3 * float(np.median(leads)) if leads else float("nan"),
        right / said if said else float("nan"), len(leads) / seen if seen else float("nan"), said)
