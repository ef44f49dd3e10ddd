"""Encounters by script: people who come, glance, turn and go, with the engagement that is right.

What is right follows REP-155's words on a script that is known: who has not looked is disengaged,
who starts to look engaging, who keeps looking from near by engaged, who looks or turns away for
longer than a glance disengaging. Around each change half a second counts as neither.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.affect.signals import SignalReader
from kinesics_core.body import arm_poses
from kinesics_core.body.arm_poses import arm_vector
from kinesics_core.expression.posture import HEAD, LEFT_ARM, POSE_SIZE, RIGHT_ARM
from kinesics_core.judging.performed_gestures import keypoints_of, random_build, sway
from kinesics_core.judging.seen_people import View, see, stream

RATE = 30.0
MARGIN = 0.5
"""Seconds on either side of a change that do not count."""

Phase = tuple[float, frozenset[str]]
"""Seconds at which levels begin to be right, and which."""


@dataclass(frozen=True, slots=True)
class Encounter:
    """A scripted encounter.

    Attributes:
        name: Of the script.
        keypoints: (T, 17, 3) metres.
        distance: From the camera at first, metres.
        phases: What is right from when on, in order of time.
    """

    name: str
    keypoints: np.ndarray
    distance: float
    phases: tuple[Phase, ...]


def _phases(*parts: tuple[float, str]) -> tuple[Phase, ...]:
    return tuple((begin, frozenset(levels.split())) for begin, levels in parts)


def _smooth(times: np.ndarray, begin: float, length: float) -> np.ndarray:
    share = np.clip((times - begin) / length, 0.0, 1.0)
    return share**3 * (10 - 15 * share + 6 * share**2)


def _made(
    name: str, random: np.random.Generator, times: np.ndarray, phases: tuple[Phase, ...],
    distance: float, *, heading: np.ndarray | float = 0.0, head: np.ndarray | float = 0.0,
    forward: np.ndarray | float = 0.0, aside: np.ndarray | float = 0.0,
) -> Encounter:
    """Return an encounter; ``head`` is the head's yaw on the trunk, all of them over the time."""
    poses = sway(random, times)
    poses[:, LEFT_ARM] += arm_vector(arm_poses.RELAXED)
    poses[:, RIGHT_ARM] += arm_vector(arm_poses.RELAXED)
    poses[:, HEAD.start + 2] += head
    travel = np.stack([aside + np.zeros(len(times)), forward + np.zeros(len(times))], axis=1)
    turn = heading + np.zeros(len(times))
    assert poses.shape[1] == POSE_SIZE
    return Encounter(name, keypoints_of(poses, turn, travel, random_build(random)), distance,
                     phases)


def approach(random: np.random.Generator) -> Encounter:
    """Return somebody who comes up from afar, looking at the robot, and stays."""
    walk, far = random.uniform(3.0, 4.0), random.uniform(5.0, 6.0)
    near = random.uniform(1.3, 2.2)
    times = np.arange(0.0, walk + 4.0, 1 / RATE)
    way = far - near
    # Near enough once the smooth walk has left 3.6 m between them, and looked at for a second.
    arrives = float(times[np.argmax(far - way * _smooth(times, 0.5, walk) < 3.6)])
    return _made("approach", random, times, _phases(
        (0.0, "unknown engaging"), (0.7, "engaging"), (max(arrives, 1.2), "engaged")), far,
        forward=way * _smooth(times, 0.5, walk))


def glance_away(random: np.random.Generator) -> Encounter:
    """Return somebody in conversation who looks aside for a moment."""
    times = np.arange(0.0, 6.0, 1 / RATE)
    side, at, length = random.choice((-1, 1)), 3.0, random.uniform(0.2, 0.5)
    yaw = side * random.uniform(0.5, 0.9) * (
        _smooth(times, at, 0.2) - _smooth(times, at + 0.2 + length, 0.2))
    return _made("glance_away", random, times, _phases(
        (0.0, "unknown disengaged engaging"), (1.5, "engaged")), random.uniform(1.2, 2.8), head=yaw)


def glance_at(random: np.random.Generator) -> Encounter:
    """Return somebody who stands turned aside and looks over for a moment."""
    times = np.arange(0.0, 7.0, 1 / RATE)
    side = random.choice((-1, 1))
    turned = side * random.uniform(1.0, 1.4)
    look, length = 2.5, random.uniform(0.4, 0.7)
    yaw = -turned * (_smooth(times, look, 0.3) - _smooth(times, look + 0.3 + length, 0.3))
    return _made("glance_at", random, times, _phases(
        (0.0, "unknown disengaged"), (0.5, "disengaged"), (look + 0.4, "engaging disengaged"),
        (look + 0.9 + length + 1.0, "disengaged")), random.uniform(1.5, 3.0),
        heading=turned, head=yaw)


def turn_away(random: np.random.Generator) -> Encounter:
    """Return somebody engaged who turns to something else and stays turned."""
    times = np.arange(0.0, 9.0, 1 / RATE)
    side, at = random.choice((-1, 1)), 3.5
    turn = side * random.uniform(1.3, 2.4) * _smooth(times, at, 0.8)
    return _made("turn_away", random, times, _phases(
        (0.0, "unknown disengaged engaging"), (1.5, "engaged"),
        (at + 0.9, "disengaging"), (at + 3.1, "disengaged")),
        random.uniform(1.3, 2.8), heading=turn)


def look_away(random: np.random.Generator) -> Encounter:
    """Return somebody engaged whose eyes and head go elsewhere, and who comes back to it."""
    times = np.arange(0.0, 9.0, 1 / RATE)
    side, at, length = random.choice((-1, 1)), 3.5, 2.0
    yaw = side * random.uniform(0.6, 1.0) * (
        _smooth(times, at, 0.3) - _smooth(times, at + length, 0.3))
    return _made("look_away", random, times, _phases(
        (0.0, "unknown disengaged engaging"), (1.5, "engaged"), (at + 1.1, "disengaging"),
        (at + length + 0.4, "engaged")), random.uniform(1.2, 2.8), head=yaw)


def leave(random: np.random.Generator) -> Encounter:
    """Return somebody engaged who turns round and walks off."""
    times = np.arange(0.0, 9.0, 1 / RATE)
    side, at = random.choice((-1, 1)), 3.5
    turn = side * np.pi * 0.95 * _smooth(times, at, 1.0)
    return _made("leave", random, times, _phases(
        (0.0, "unknown disengaged engaging"), (1.5, "engaged"),
        (at + 1.0, "disengaging"), (at + 3.3, "disengaged unknown")),
        random.uniform(1.3, 2.2), heading=turn,
        forward=-random.uniform(1.5, 3.0) * _smooth(times, at + 0.8, 3.5))


def pass_by(random: np.random.Generator) -> Encounter:
    """Return somebody who walks past and looks where they go."""
    times = np.arange(0.0, 6.0, 1 / RATE)
    side = random.choice((-1, 1))
    return _made("pass_by", random, times, _phases(
        (0.0, "unknown disengaged"), (0.5, "disengaged")), random.uniform(2.5, 4.0),
        heading=side * 1.5, aside=side * (0.35 * times - 1.0))


SCRIPTS: dict[str, Callable[[np.random.Generator], Encounter]] = {
    "approach": approach, "glance_away": glance_away, "glance_at": glance_at,
    "turn_away": turn_away, "look_away": look_away, "leave": leave, "pass_by": pass_by,
}


def encounters(each: int, seed: int) -> list[Encounter]:
    """Return ``each`` encounters of every script."""
    random = np.random.default_rng(seed)
    return [make(random) for make in SCRIPTS.values() for _ in range(each)]


def engagement_right(found: Sequence[Encounter], seed: int) -> dict[str, float]:
    """Return for each script the share of images whose level is right, and for "all" of them."""
    random = np.random.default_rng(seed)
    seen = [
        see(one.keypoints, RATE, View(
            distance=one.distance, height=random.uniform(1.0, 1.4), depth=0.02,
            jitter=float(np.exp(random.uniform(np.log(0.004), np.log(0.015))))), random, turn=False)
        for one in found]
    reader, counts = SignalReader(), {name: [0, 0] for name in (*SCRIPTS, "all")}
    for frame, people in enumerate(stream(seen, RATE)):
        for signals in reader.update(people):
            one = found[signals.person_id - 1]
            now = frame / RATE
            changes = [begin for begin, _ in one.phases[1:]]
            if any(abs(now - change) < MARGIN for change in changes):
                continue
            right = [levels for begin, levels in one.phases if begin <= now][-1]
            for name in (one.name, "all"):
                counts[name][0] += signals.engagement in right
                counts[name][1] += 1
    return {name: good / total for name, (good, total) in counts.items() if total}
