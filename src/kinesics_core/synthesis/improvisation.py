"""Improvisation: ten seconds of a character in a state, from the repertoire at random."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from kinesics_core.body.arm_poses import arm_vector
from kinesics_core.expression.posture import COLLARS, HEAD, LEFT_ARM, SPINE
from kinesics_core.kinematics import LEG_LENGTH
from kinesics_core.motion.windows import RATE
from kinesics_core.synthesis.characters import Performance
from kinesics_core.synthesis.emotions import Emotion
from kinesics_core.synthesis.footwork import Gait
from kinesics_core.synthesis.performer import (
    Performer,
    directions,
    look,
    nod,
    relax,
    shift_weight,
    step_by,
)
from kinesics_core.synthesis.posing import keypoints_of
from kinesics_core.synthesis.repertoire import ON_THIGHS, REPERTOIRE, RESTS, odds
from kinesics_core.synthesis.score import Score, arm_angles
from kinesics_core.synthesis.walking import RUN, WALK, Start, walk

CONTENTS = ("standing", "wandering", "walking", "running", "sitting")
"""Occupations of people while an emotion moves them."""

ON_THE_SPOT = ("bounce", "dance", "stamp", "approach")
"""Primitives that need free feet."""

_LEAD = 30  # frames before the first, so that a clip begins in the middle of something


@dataclass(frozen=True, slots=True)
class ContentOdds:
    """Frequency of each of ``CONTENTS``, and the gain of arousal (log) on runs; authored."""

    frequencies: tuple[float, float, float, float, float] = (5.0, 1.6, 2.2, 0.2, 0.8)
    running_arousal: float = 1.2


@dataclass(frozen=True, slots=True)
class Placing:
    """Place and pose of people at the beginning; authored, metres and radians.

    Attributes:
        facing: Share of people who face z, and by which standard deviation not quite.
        place: Standard deviation of both coordinates.
        apart: Least and largest distance between the feet.
        stagger: Standard deviation of how far one foot is ahead of the other.
        hanging, resting: Standard deviations of the four angles of arms that hang, and that rest.
        direction: Standard deviation of the arms' directions as posture has them.
    """

    facing: tuple[float, float] = (0.9, 0.35)
    place: float = 0.3
    apart: tuple[float, float] = (0.18, 0.36)
    stagger: float = 0.06
    hanging: float = 0.04
    resting: float = 0.03
    direction: float = 0.05


@dataclass(frozen=True, slots=True)
class Timing:
    """Times of head and feet; authored, means of exponential times in seconds.

    Attributes:
        head_first, head: To the first movement of the head, and from one to the next at tempo 1.
        nods: Share of nods among them; ``looks`` the share of either nods or far looks.
        away, away_range: Size of a far look at liveliness 1, and its limits, radians; a near look
            is a fifth of it.
        feet_first: To the first movement of the feet.
        feet_pause: Shortest time from one to the next.
        pauses: Share of gestures with one after them.
        settle: Pause from which the arms sink, seconds.
    """

    head_first: float = 1.0
    head: float = 1.8
    nods: float = 0.25
    looks: float = 0.7
    away: float = 0.28
    away_range: tuple[float, float] = (0.12, 0.6)
    feet_first: float = 1.5
    feet_pause: float = 0.8
    pauses: float = 0.7
    settle: float = 0.8


@dataclass(frozen=True, slots=True)
class Feet:
    """Steps now and then; authored, metres and radians.

    Attributes:
        steps: Share of steps, the others shift the weight.
        reach: Standard deviation of a step in either direction.
        pause: Mean time added to the shortest, seconds at tempo 1.
    """

    steps: float
    reach: float
    pause: float


STANDING = Feet(steps=0.2, reach=0.07, pause=2.2)
WANDERING = Feet(steps=0.75, reach=0.18, pause=0.7)
_FURTHEST = 0.25  # of a step, metres
_TURNS = (0.4, 0.5)  # share of steps with a turn, and its standard deviation, radians
_HOMING = 0.4  # share of the turn away from z that a step takes back
_LARGEST_TURN = 0.9  # radians

_ODDS, _PLACING, _TIMING = ContentOdds(), Placing(), Timing()


def content_odds(vad: np.ndarray) -> np.ndarray:
    """Return how probable each of ``CONTENTS`` is in a state (valence, arousal, dominance)."""
    found = np.array(_ODDS.frequencies)
    found[3] = found[3] * math.exp(_ODDS.running_arousal * vad[1])
    return found / found.sum()


def improvise(performance: Performance, content: str, frames: int) -> np.ndarray:
    """Return what a character does of itself; mostly facing z, except in walks and runs.

    Args:
        performance: Who, in which state.
        content: One of ``CONTENTS``.
        frames: At 30 Hz.

    Returns:
        (frames, 17, 3) COCO-17 in metres, y up, floor at 0.
    """
    character, vad = performance.character, performance.vad
    times = np.arange(-_LEAD, frames) / RATE
    moving = content in ("walking", "running")
    performer, place = _enter(performance, moving=moving, seated=content == "sitting")
    places = performer.place.copy()
    gait: Gait | None = None
    if moving:
        legs = float(np.abs(character.offsets[[4, 7], 1]).sum()) / LEG_LENGTH
        start = Start((place[0], place[1]), float(performer.score.target("heading")[0]))
        gait = walk(performer, vad, legs, times, start, RUN if content == "running" else WALK)
        places[:] = place
        performer.steps.extend(gait.steps)
        performer.feet_free = math.inf
        # Who is on the way gestures less.
        performer.style = replace(performer.style, rest=2.5 * performer.style.rest + 1.0)
    end = float(times[-1])
    _move_arms(performer, performance.emotion, vad, end, moving=moving)
    _move_head(performer, end)
    if not moving and not performer.seated:
        _move_feet(performer, end, WANDERING if content == "wandering" else STANDING)
    return keypoints_of(performer, character.offsets, times, places, gait)[_LEAD:]


def _enter(
    performance: Performance, *, moving: bool, seated: bool
) -> tuple[Performer, np.ndarray]:
    """Return a performer at rest, and the place (2,) between the feet."""
    rng, character, style = performance.rng, performance.character, performance.style
    resting = _resting(performance, seated=seated)
    start = dict(resting)
    start["spine"], start["head"] = style.posture[SPINE], style.posture[HEAD]
    start["collars"] = style.posture[COLLARS]
    share, spread = _PLACING.facing
    heading = rng.normal(0.0, spread) if rng.random() < share else rng.uniform(-math.pi, math.pi)
    if moving:
        heading = rng.uniform(-math.pi, math.pi)
    start["heading"] = np.array([heading])
    place = np.array([rng.normal(0.0, _PLACING.place), rng.normal(0.0, _PLACING.place)])
    apart = 0.5 * rng.uniform(*_PLACING.apart)
    stagger = 0.5 * rng.normal(0.0, _PLACING.stagger)
    ahead, left = directions(heading)
    places = np.stack([place + apart * left + stagger * ahead,
                       place - apart * left - stagger * ahead])
    return Performer(
        rng, style, Score(start), character.main_hand, resting, places, seated), place


def _resting(performance: Performance, *, seated: bool) -> dict[str, np.ndarray]:
    """Return where the arms hang: angles (4,) of the left and the right one."""
    rng, style = performance.rng, performance.style
    probable = odds(performance.vad, [rest.vad for rest in RESTS.values()],
                    [rest.frequency for rest in RESTS.values()])
    rest = RESTS[str(rng.choice(list(RESTS), p=probable))]
    arms = ON_THIGHS if seated and not rest.seated else rest.arms
    if arms is None:
        direction = np.array([*rng.normal(0.0, _PLACING.direction, 6), 0.0, 0.0, 0.0])
        hanging = style.posture[LEFT_ARM] + direction
        return {hand: arm_angles(hanging) + rng.normal(0.0, _PLACING.hanging, 4)
                for hand in ("left", "right")}
    main, other = arms
    right, left = (main, other) if performance.character.main_hand == "right" else (other, main)
    return {hand: arm_angles(arm_vector(arm)) + rng.normal(0.0, _PLACING.resting, 4)
            for hand, arm in (("right", right), ("left", left))}


def _move_arms(
    performer: Performer, emotion: Emotion, vad: np.ndarray, end: float, *, moving: bool
) -> None:
    rng, style = performer.rng, performer.style
    names = [name for name in REPERTOIRE
             if not (name in ON_THE_SPOT and (moving or performer.seated))]
    probable = odds(
        vad, [REPERTOIRE[name].vad for name in names],
        [REPERTOIRE[name].frequency * emotion.favours.get(name, 1.0) for name in names])
    now = -1.0 + rng.exponential(style.rest)
    while now < end:
        name = names[int(rng.choice(len(names), p=probable))]
        if moving and name == "recoil":
            name = "ward_off"
        now = REPERTOIRE[name].perform(performer, now)
        pause = rng.exponential(style.rest) * (rng.random() < _TIMING.pauses)
        if pause > _TIMING.settle:
            raised = {hand for hand in ("left", "right")
                      if performer.score.target(f"{hand}_busy")[0]}
            relax(performer, now + 0.3 * pause, performer.time_of(1.0), raised)
        now += pause


def _move_head(performer: Performer, end: float) -> None:
    rng, style = performer.rng, performer.style
    away = float(np.clip(_TIMING.away * style.liveliness, *_TIMING.away_range))
    now = -1.0 + rng.exponential(_TIMING.head_first)
    while now < end:
        choice = rng.random()
        if choice < _TIMING.nods:
            now = nod(performer, now)
        else:
            now = look(performer, now, away if choice < _TIMING.looks else 0.2 * away)
        now += rng.exponential(_TIMING.head / style.tempo)


def _move_feet(performer: Performer, end: float, feet: Feet) -> None:
    rng = performer.rng
    now = -1.0 + rng.exponential(_TIMING.feet_first)
    while now < end:
        if now >= performer.feet_free and rng.random() < feet.steps:
            forward, left = np.clip(rng.normal(0.0, feet.reach, 2), -_FURTHEST, _FURTHEST)
            turn = rng.normal(0.0, _TURNS[1]) if rng.random() < _TURNS[0] else 0.0
            home = float(performer.score.target("heading")[0])
            turn = float(np.clip(turn - _HOMING * home, -_LARGEST_TURN, _LARGEST_TURN))
            step_by(performer, now, forward, left, turn)
        else:
            shift_weight(performer, now)
        now += _TIMING.feet_pause + rng.exponential(feet.pause / performer.style.tempo)
