"""Judgement of answers begun on the forecast: how early and how right, on real people.

A clip goes through what runs live: keypoints as a camera in front of the person has them, with a
detector's jitter; the forecaster; the reader of signals; ``mind.anticipation``. An early answer is
right if the gesture is then seen, for then it stands; the lead is the time from its beginning until
that, that is, until the answer to the seen gesture would have begun. Where the whole motion is
known it is asked as well whether a hand really went up: recognition misses some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kinesics_core.affect.signals import GESTURES, SignalReader, SignalsConfig
from kinesics_core.dataset.clips import Clip
from kinesics_core.dataset.resampling import resample
from kinesics_core.experiments.affect_evaluation import frames_of
from kinesics_core.judging import performed_gestures
from kinesics_core.judging.performed_gestures import NOTHING, perform
from kinesics_core.mind.anticipation import (
    Anticipation,
    AnticipationConfig,
    Worth,
    family,
)
from kinesics_core.motion.runtime import Forecaster
from kinesics_core.skeletons import COCO17
from kinesics_core.types import People, SocialSignals

RATE = 30.0
"""Images a second."""

JITTER = 0.004
"""Standard deviation of a detector's errors, as a share of the person's height in the image."""

LEAD_IN = 1.0
"""Seconds for which the first pose of a clip is held before it begins: people stand before they
raise a hand, and a forecast needs half a second of them; recordings are cut to the gesture."""

AT_ONCE = 24
"""Clips that are read at the same time."""

LEAST_CONFIDENCE = 0.1
"""Confidence from which forecast gestures are kept, so that every threshold can be tried."""

SOON = 1.5
"""Seconds within which a hand must really go up for an early answer to be true."""

THRESHOLDS = tuple(round(float(value), 2) for value in np.arange(0.2, 0.96, 0.05))
PERSISTENCES = (0.0, 0.03, 0.07, 0.13)
"""Values that are tried for ``anticipate_from`` and ``anticipate_for``."""

_UP = 0.0  # metres of a wrist above its shoulder from which on a hand is up
_UP_FOR = 0.2  # s
_LEFT, _RIGHT = (
    tuple(COCO17.index(f"{side}_{part}") for part in ("wrist", "shoulder"))
    for side in ("left", "right"))


@dataclass(frozen=True, slots=True)
class Signalled:
    """The signals of one clip, image by image.

    Attributes:
        clip: Its name.
        source: Its collection.
        times: (T,) seconds.
        signals: What was read in each image.
        hand_up: (T,) bool, whether a hand really is up; None: it is not known.
    """

    clip: str
    source: str
    times: np.ndarray
    signals: list[list[SocialSignals]]
    hand_up: np.ndarray | None


@dataclass(frozen=True, slots=True)
class EarlyAnswer:
    """An answer that began on the forecast.

    Attributes:
        clip: Where.
        begun: Seconds into the clip.
        lead: Seconds until the gesture was seen; None: it was not, and the answer taken back.
        true: Whether a hand really went up; None: it is not known.
    """

    clip: str
    begun: float
    lead: float | None
    true: bool | None


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of early answers.

    Attributes:
        clips: How many were played.
        seen: Gestures that were seen in them, and so would have been answered.
        answers: Those that were begun early.
        precision: Share of them that were right; nan without any.
        true_precision: Share of them after which a hand really went up; nan where unknown.
        early: Share of the gestures seen that were answered early; nan without any.
        lead: Median lead of the right ones, seconds; nan without any.
        quartiles: Of the leads, seconds.
        worth: Per gesture seen, see ``Worth``.
    """

    clips: int
    seen: int
    answers: int
    precision: float
    true_precision: float
    early: float
    lead: float
    quartiles: tuple[float, float]
    worth: float


def signalled(
    clips: Iterable[Clip], forecaster: Forecaster | None = None, seed: int = 0,
    on_clip: Callable[[], None] = lambda: None,
) -> Iterator[Signalled]:
    """Read the signals of clips, seen and forecast.

    Several clips are read at once, as if their people stood in one image: nothing of one depends
    on another, and a network is quicker with several.

    Args:
        clips: COCO-17, in metres or pixels.
        forecaster: The network; None: the shipped one.
        seed: Of the detector's errors.
        on_clip: Told of each.
    """
    forecaster = forecaster or Forecaster()
    waiting: dict[tuple[int, int], list[tuple[Clip, list[People]]]] = {}
    for number, clip in enumerate(clips):
        clip = _prepared(clip)
        frames = list(frames_of(clip))
        random = np.random.default_rng((seed, number))
        for people in frames:
            _jitter(people, random)
        size = (frames[0].width, frames[0].height) if frames else (1, 1)
        group = waiting.setdefault(size, [])
        group.append((clip, frames))
        if len(group) == AT_ONCE:
            yield from _read(waiting.pop(size), forecaster, on_clip)
    for group in waiting.values():
        yield from _read(group, forecaster, on_clip)


def _prepared(clip: Clip) -> Clip:
    """Return a clip at ``RATE``, the first pose held for ``LEAD_IN`` before it."""
    points = clip.keypoints
    if abs(clip.rate - RATE) > 1e-6:
        points = resample(points, clip.rate, RATE)
    held = np.repeat(points[:1], int(LEAD_IN * RATE), axis=0)
    return replace(clip, keypoints=np.concatenate([held, points]), rate=RATE)


def _read(
    group: list[tuple[Clip, list[People]]], forecaster: Forecaster, on_clip: Callable[[], None]
) -> Iterator[Signalled]:
    forecaster.reset()
    reader = SignalReader(SignalsConfig(forecast_confidence=LEAST_CONFIDENCE))
    told: list[list[list[SocialSignals]]] = [[] for _ in group]
    for frame in range(max(len(frames) for _, frames in group)):
        people = None
        for number, (_, frames) in enumerate(group):
            if frame < len(frames):
                one = frames[frame]
                people = people or replace(one, persons=[])
                people.persons += [replace(person, id=number + 1) for person in one.persons]
        assert people is not None  # somebody's clip is that long
        for signals in reader.update(people, forecaster.update(people).motion):
            told[signals.person_id - 1].append([replace(signals, person_id=1)])
        for number, (_, frames) in enumerate(group):
            if frame < len(frames) and len(told[number]) <= frame:
                told[number].append([])  # nobody is seen in this image
    for (clip, _), read in zip(group, told, strict=True):
        yield Signalled(
            clip.name, clip.source, np.arange(len(read)) / RATE, read, _hand_up(clip))
        on_clip()


def early_answers(
    clip: Signalled, config: AnticipationConfig | None = None
) -> tuple[list[EarlyAnswer], int]:
    """Return the early answers of one clip, and how many gestures were seen in it.

    What is pending when the clip ends is neither right nor wrong and left out.
    """
    anticipation = Anticipation(config)
    begun: dict[tuple[int, str], float] = {}
    found: list[EarlyAnswer] = []
    seen: set[tuple[int, str]] = set()
    count = 0
    for time, signals in zip(clip.times.tolist(), clip.signals, strict=True):
        outcome = anticipation.update(signals, time)
        begun |= dict.fromkeys(outcome.begun, time)
        for key in outcome.confirmed:
            found.append(_answer(clip, begun[key], time - begun[key]))
        found += [_answer(clip, begun[key], None) for key in outcome.withdrawn]
        now = {(signal.person_id, family(sign.name)) for signal in signals
               for sign in signal.gestures if family(sign.name)}
        count += len(now - seen)
        seen = now
    return found, count


def summary(
    clips: Sequence[Signalled], config: AnticipationConfig | None = None,
    worth: Worth | None = None,
) -> Summary:
    """Play clips and sum their early answers up."""
    worth = worth or Worth()
    answers: list[EarlyAnswer] = []
    seen = 0
    for clip in clips:
        found, count = early_answers(clip, config)
        answers += found
        seen += count
    leads = np.array([answer.lead for answer in answers if answer.lead is not None])
    truths = [answer.true for answer in answers if answer.true is not None]
    nan = float("nan")
    return Summary(
        len(clips), seen, len(answers),
        len(leads) / len(answers) if answers else nan,
        float(np.mean(truths)) if truths else nan,
        len(leads) / seen if seen else nan,
        float(np.median(leads)) if len(leads) else nan,
        tuple(np.percentile(leads, (25, 75)).tolist()) if len(leads) else (nan, nan),
        sum(worth.of(answer.lead) for answer in answers) / max(seen, 1))


def choose(
    clips: Sequence[Signalled], worth: Worth | None = None
) -> tuple[AnticipationConfig, Summary]:
    """Return the thresholds that are worth most on clips, and what they reach there.

    Of those that are worth the same the most careful ones.
    """
    tried = [AnticipationConfig(anticipate_from=threshold, anticipate_for=persistence)
             for threshold in THRESHOLDS for persistence in PERSISTENCES]
    results = [(config, summary(clips, config, worth)) for config in tried]
    return max(results, key=lambda result: (
        round(result[1].worth, 6), result[0].anticipate_from, result[0].anticipate_for))


def _answer(clip: Signalled, begun: float, lead: float | None) -> EarlyAnswer:
    true = None
    if clip.hand_up is not None:
        first = int(round(begun * RATE))
        true = bool(clip.hand_up[first : first + int(SOON * RATE)].any())
    return EarlyAnswer(clip.clip, begun, lead, true)


def _jitter(people: People, random: np.random.Generator) -> None:
    """Move keypoints as a detector's errors do, in place."""
    for person in people.persons:
        height = np.nanmax(person.coco[:, 1]) - np.nanmin(person.coco[:, 1])
        person.coco[:, :2] += random.normal(0.0, JITTER * float(height), (len(person.coco), 2))


def _hand_up(clip: Clip) -> np.ndarray | None:
    """Return when a hand is above its shoulder for a while (T,), None in two dimensions."""
    if clip.keypoints.shape[-1] != 3:
        return None
    up = np.zeros(len(clip.keypoints), bool)
    for wrist, shoulder in (_LEFT, _RIGHT):
        above = clip.keypoints[:, wrist, 1] - clip.keypoints[:, shoulder, 1] > _UP
        length = int(_UP_FOR * clip.rate)
        for start in range(len(above) - length + 1):
            if above[start : start + length].all():
                up[start : start + length] = True
    return up


def performed(each: int, seed: int) -> list[Clip]:
    """Return performed gestures of every kind, and performances of none, as clips.

    Args:
        each: Of a kind; three times as many of those that are answered early.
        seed: Of all of them.
    """
    random = np.random.default_rng(seed)
    return [
        Clip(f"{name}_{number}", "performed", name, performed_gestures.RATE,
             perform(name, random).keypoints)
        for name in (*GESTURES, *NOTHING) for number in range(each * (3 if family(name) else 1))]


def bench(each: int = 3, seed: int = 2027) -> dict[str, float]:
    """Return the figures of ``kinesics bench affect``: of performed gestures none was tuned on."""
    found = summary(list(signalled(performed(each, seed))))
    return {"affect.anticipation_ms": 1e3 * found.lead,
            "affect.anticipation_precision": found.precision}
