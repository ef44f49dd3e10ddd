"""``kinesics bench affect``: the reading of people, and the mind's answer, in figures."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Mapping, Sequence

import numpy as np

from kinesics_core import bench
from kinesics_core.affect.reader import AffectReader
from kinesics_core.affect.signals import SignalReader
from kinesics_core.errors import KinesicsError
from kinesics_core.judging import anticipation, encounters, gesture_scores, open_body_people
from kinesics_core.judging.performed_gestures import perform
from kinesics_core.judging.seen_people import HEIGHT, START, WIDTH, Seen, View, see
from kinesics_core.judging.talking_face import talking_neutral
from kinesics_core.mind import study, transition_counts
from kinesics_core.motion.runtime import Forecaster
from kinesics_core.skeletons import ARKIT_BLENDSHAPES
from kinesics_core.types import NANOSECONDS, MotionForecast, People

RATE = 30.0
SEED = 2027
"""Seed of performances that no threshold was set on."""

GOALS: dict[str, tuple[str, str | None]] = {
    "affect.stage_ms_5_people": ("ms", "<= 1"),
    "affect.signals_ms_5_people": ("ms", None),
    "affect.gesture_macro_f1": ("", ">= 0.9"),
    "affect.gesture_lead_ms": ("ms", ">= 300"),
    "affect.gesture_lead_precision": ("", ">= 0.8"),
    "affect.gesture_lead_recall": ("", None),
    "affect.engagement": ("", ">= 0.95"),
    "affect.talking_neutral": ("", ">= 0.8"),
    "affect.fused_delay_s": ("s", "<= 0.6"),
    "affect.fused_stays": ("", ">= 1"),
    "affect.ece": ("", "<= 0.1"),
    "affect.anticipation_ms": ("ms", ">= 300"),
    "affect.anticipation_precision": ("", ">= 0.8"),
    "affect.personality_js_min": ("bits", ">= 0.05"),
    "affect.personality_js_warm_professional": ("bits", ">= 0.15"),
    "affect.policy_ms_5_people": ("ms", "<= 1"),
}
"""Figure -> unit and goal; a figure that is not here has neither."""


def run(args: argparse.Namespace) -> list[bench.Result]:
    """Measure everything; what cannot be measured here is left out with a sentence."""
    found: dict[str, float] = {}
    for part in (stage_times, gestures, engagement, talking, open_body_people.held_expressions,
                 open_body_people.calibration, study.bench, anticipation.bench):
        try:
            found |= part()
        except KinesicsError as error:
            print(f"{part.__name__} is left out: {error}")
    results = [
        bench.result(name, None if math.isnan(value) else value, *GOALS.get(name, ("", None)))
        for name, value in found.items()]
    if args.bodies is not None:
        from kinesics_core.body_reading.evaluation import bench_body

        results += bench_body([args.bodies])
    if args.counts is not None:
        counts, _ = transition_counts.read_counts(args.counts)
        results += transition_counts.results(transition_counts.evaluate(counts))
    return results


def stage_times(people: int = 5, images: int = 240, passes: int = 30) -> dict[str, float]:
    """Return the mean time of the stage of reading for an image, milliseconds.

    Everybody is there with keypoints in the image and in metres, a face, blendshapes, an
    expression and a forecast; each image is another one. The least of some passes counts, as
    what else the machine does only adds to it.

    Args:
        people: In the image.
        images: That are timed.
        passes: Over them, each by readers that know nobody.
    """
    random = np.random.default_rng(0)
    names = random.choice(gesture_scores.GESTURES, people)
    seen = [see(perform(name, random).keypoints, RATE, View(), random) for name in names]
    means = np.array([_stage_time(seen, images, random) for _ in range(passes)])
    affects, signals = means[means.sum(axis=1).argmin()]
    return {"affect.stage_ms_5_people": 1e3 * float(affects + signals),
            "affect.signals_ms_5_people": 1e3 * float(signals)}


def _stage_time(seen: Sequence[Seen], images: int, random: np.random.Generator) -> np.ndarray:
    """Return the mean seconds (2,) of an image that affects and signals take."""
    length = min(len(one.coco) for one in seen)
    affects, signals = AffectReader(), SignalReader()
    spent = np.zeros((images, 2))
    for image in range(images):
        frame = image % length
        persons = [one.person(frame, number + 1) for number, one in enumerate(seen)]
        for person in persons:
            person.blendshapes = random.uniform(
                0.0, 0.3, len(ARKIT_BLENDSHAPES)).astype(np.float32)
            # Read by the networks one after the other, three times a second each.
            person.expression = np.full(8, 0.125, np.float32)
            person.expression_stamp = START + round(
                (image - (image + 2 * person.id) % 10) * NANOSECONDS / RATE)
        stamp = START + round(image * NANOSECONDS / RATE)
        forecasts = [MotionForecast(
            stamp, person.id, WIDTH, HEIGHT, np.repeat(person.coco[None, :, :2], 30, axis=0),
            1 / RATE, np.ones(30, np.float32), 0.9) for person in persons]
        everybody = People(stamp, WIDTH, HEIGHT, persons)
        times = [time.perf_counter()]
        affects.update(everybody)
        times.append(time.perf_counter())
        signals.update(everybody, forecasts)
        times.append(time.perf_counter())
        spent[image] = np.diff(times)
    # The middle of parts of two seconds each, which hold what is done only now and then.
    means: np.ndarray = np.median(spent[images % 60:].reshape(-1, 60, 2).mean(axis=1), axis=0)
    return means


def gestures(each: int = 12) -> dict[str, float]:
    """Return macro-F1 and lead over performances that no threshold was set on."""
    clips = gesture_scores.performed_clips(each, SEED)
    readings = gesture_scores.read_gestures(clips, 2, SEED)
    ahead = gesture_scores.lead_of(
        gesture_scores.read_gestures(clips, 1, SEED + 1, Forecaster()))
    return {"affect.gesture_macro_f1": gesture_scores.macro_f1(gesture_scores.scores(readings)),
            "affect.gesture_lead_ms": ahead.median_ms,
            "affect.gesture_lead_precision": ahead.precision,
            "affect.gesture_lead_recall": ahead.recall}


def engagement() -> dict[str, float]:
    """Return the share of images of scripted encounters whose engagement is right."""
    found: Mapping[str, float] = encounters.engagement_right(encounters.encounters(6, SEED), SEED)
    return {"affect.engagement": found["all"]}


def talking() -> dict[str, float]:
    """Return the share of talking faces' images that are read as neutral."""
    return {"affect.talking_neutral": talking_neutral()}
