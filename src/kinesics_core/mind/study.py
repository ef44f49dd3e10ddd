"""Personalities compared: the same stimuli, and what each personality makes of them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL, categories_to_vad
from kinesics_core.mind.personality import PERSONALITIES, Personality, load_personality
from kinesics_core.mind.policy import ResponsePolicy
from kinesics_core.mind.policy_config import PolicyConfig
from kinesics_core.types import (
    NANOSECONDS,
    Affect,
    AffectiveResponse,
    GestureSign,
    People,
    Person,
    SocialSignals,
)

STRENGTHS = (0.4, 0.65, 0.9)
"""Probability of the emotion in a stimulus."""

LEVELS = ("faint", "clear", "strong")
"""Levels of what is shown: intensity up to a third, two thirds, one."""

RATE = 10
"""Images a second."""

_BEFORE, _DURING = 9.0, 8.0  # s of calm in which greetings are over, and of the stimulus
_SEEDS = 2
_WIDTH, _HEIGHT = 640, 480


@dataclass(slots=True)
class Answers:
    """Everything that one personality made of one stimulus.

    Attributes:
        shown: (emotion, level) -> share of the time, levels as ``LEVELS``, -1 for neutral.
        policies: Policy -> share of the time.
        gestures: Gesture -> how often, per play.
        latency: Seconds until an emotion or a gesture came; the whole time if none did.
        intensity, lean, gaze, tempo: Means over the stimulus.
    """

    shown: dict[tuple[int, int], float] = field(default_factory=dict)
    policies: dict[str, float] = field(default_factory=dict)
    gestures: dict[str, float] = field(default_factory=dict)
    latency: float = 0.0
    intensity: float = 0.0
    lean: float = 0.0
    gaze: float = 0.0
    tempo: float = 0.0


def reading(stamp: int, person_id: int, emotion: int, strength: float) -> Affect:
    """Return a reading of an emotion; of the rest most is neutral."""
    categories = np.full(len(EMOTIONS), 0.3 * (1.0 - strength) / (len(EMOTIONS) - 2))
    categories[NEUTRAL] = 0.7 * (1.0 - strength)
    categories[emotion] = 0.0
    categories *= (1.0 - strength) / max(float(categories.sum()), 1e-9)
    categories[emotion] = strength
    valence, arousal, dominance = categories_to_vad(categories).tolist()
    return Affect(stamp, person_id, categories.astype(np.float32), valence, arousal, dominance,
                  0.8, "stimulus")


def person(person_id: int = 1, at: float = 0.5, size: float = 0.6) -> Person:
    """Return somebody whose keypoints fill a share of the image's height; ``at`` across it."""
    coco = np.full((17, 3), 0.9, np.float32)
    coco[:, 0] = _WIDTH * at + 20.0 * np.sin(np.arange(17))
    coco[:, 1] = _HEIGHT * (0.5 + size * (np.arange(17) / 16.0 - 0.5))
    return Person(person_id, 1.0, coco)


def engaged(stamp: int, person_id: int, *gestures: str) -> SocialSignals:
    """Return the signals of somebody who stands 1.5 m away and looks at the robot."""
    return SocialSignals(
        stamp, person_id, tuple(GestureSign(name, 0.9) for name in gestures), (), "standing",
        "engaged", 0.9, 1.5, 0.1, 0.8, 0.0)


def play(
    personality: Personality, emotion: int, strength: float, config: PolicyConfig | None = None
) -> Answers:
    """Return what a personality makes of somebody who is calm, then shows an emotion."""
    plays = [_respond(personality, emotion, strength, config, seed) for seed in range(_SEEDS)]
    responses = [response for one in plays for response in one]
    count = len(responses)
    found = Answers(
        shown={key: number / count for key, number in Counter(
            (response.emotion, _level(response)) for response in responses).items()},
        policies={key: number / count for key, number in Counter(
            response.policy for response in responses).items()},
        latency=float(np.mean([_latency(one) for one in plays])),
    )
    for one in plays:
        for name in _gestures(one):
            found.gestures[name] = found.gestures.get(name, 0.0) + 1.0 / len(plays)
    for name in ("intensity", "lean", "gaze", "tempo"):
        setattr(found, name, float(np.mean([getattr(response, name) for response in responses])))
    return found


def table(
    personalities: Mapping[str, Personality] | None = None
) -> dict[str, dict[tuple[int, float], Answers]]:
    """Return personality -> (emotion, strength) -> its answers, over all 8 x 3 stimuli."""
    if personalities is None:
        personalities = {name: load_personality(name) for name in PERSONALITIES}
    return {
        name: {(emotion, strength): play(personality, emotion, strength)
               for emotion in range(len(EMOTIONS)) for strength in STRENGTHS}
        for name, personality in personalities.items()
    }


def divergence(
    one: Mapping[tuple[int, float], Answers], other: Mapping[tuple[int, float], Answers]
) -> float:
    """Return the Jensen-Shannon divergence of what is shown, bits, mean over the stimuli."""
    return float(np.mean([_jensen_shannon(one[key].shown, other[key].shown) for key in one]))


def divergences(
    answers: Mapping[str, Mapping[tuple[int, float], Answers]]
) -> dict[tuple[str, str], float]:
    """Return the divergence of every pair of personalities."""
    return {(one, other): divergence(answers[one], answers[other])
            for one, other in combinations(answers, 2)}


def milliseconds(people: int = 5, images: int = 600) -> float:
    """Return the median time of the whole stage for one image, milliseconds.

    Args:
        people: In the image; each shows another emotion every second, and one waves.
        images: That are timed.
    """
    crowd = [person(number + 1, (number + 1) / (people + 1)) for number in range(people)]
    policy, random, times = ResponsePolicy(), np.random.default_rng(0), []
    for image in range(images):
        stamp = image * NANOSECONDS // 30
        if image % 30 == 0:
            moods = random.integers(len(EMOTIONS), size=people).tolist()
        affects = [reading(stamp, one.id, mood, 0.8)
                   for one, mood in zip(crowd, moods, strict=True)]
        signals = [engaged(stamp, one.id, *(("wave",) if one.id == 1 + image // 30 % people
                                            else ())) for one in crowd]
        seen = People(stamp, _WIDTH, _HEIGHT, crowd)
        begin = time.perf_counter()
        policy.update(affects, seen, signals)
        times.append(time.perf_counter() - begin)
    return 1e3 * float(np.median(times))


def bench() -> dict[str, float]:
    """Return the figures of ``kinesics bench affect`` that come from here."""
    pairs = divergences(table())
    return {
        "affect.personality_js_min": min(pairs.values()),
        "affect.personality_js_warm_professional": pairs["warm", "professional"],
        "affect.policy_ms_5_people": milliseconds(),
    }


def _respond(
    personality: Personality, emotion: int, strength: float, config: PolicyConfig | None, seed: int
) -> list[AffectiveResponse]:
    """Return the responses during the stimulus."""
    policy, one = ResponsePolicy(personality, config, seed), person()
    responses = []
    for image in range(int((_BEFORE + _DURING) * RATE)):
        stamp = image * NANOSECONDS // RATE
        calm = image < _BEFORE * RATE
        affect = reading(stamp, 1, NEUTRAL if calm else emotion, 0.8 if calm else strength)
        response = policy.update(
            [affect], People(stamp, _WIDTH, _HEIGHT, [one]), [engaged(stamp, 1)])
        if not calm:
            responses.append(response)
    return responses


def _level(response: AffectiveResponse) -> int:
    if response.emotion == NEUTRAL:
        return -1
    return min(int(response.intensity * len(LEVELS)), len(LEVELS) - 1)


def _gestures(responses: list[AffectiveResponse]) -> list[str]:
    """Return the gestures that began."""
    names = [response.gesture for response in responses]
    return [name for before, name in zip(["", *names], names, strict=False)
            if name and name != before]


def _latency(responses: list[AffectiveResponse]) -> float:
    for number, response in enumerate(responses):
        if response.emotion != responses[0].emotion or response.gesture != responses[0].gesture:
            return number / RATE
    return len(responses) / RATE


def _jensen_shannon(
    one: Mapping[tuple[int, int], float], other: Mapping[tuple[int, int], float]
) -> float:
    keys = sorted({*one, *other})
    p, q = (np.array([shares.get(key, 0.0) for key in keys]) for shares in (one, other))
    middle = 0.5 * (p + q)
    return 0.5 * (_kullback_leibler(p, middle) + _kullback_leibler(q, middle))


def _kullback_leibler(p: np.ndarray, q: np.ndarray) -> float:
    there = p > 0.0
    return float((p[there] * np.log2(p[there] / q[there])).sum())
