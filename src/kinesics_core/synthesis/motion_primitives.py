"""Movements of generated motion that have no key poses: beats, laughter, dancing and others.

Gestures with key poses are in ``body.gestures``. Each movement has its table of sizes. Ranges are
(least, largest), drawn evenly; seconds, metres, radians. Sizes are authored except where a table
names a source. Every function writes into the performer's score from ``start`` on and returns when
the next thing may begin, seconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kinesics_core.body import arm_poses
from kinesics_core.body.arm_poses import ArmPose, arm_vector
from kinesics_core.body.gestures import GESTURES
from kinesics_core.expression.posture import HEAD, SPINE
from kinesics_core.synthesis.footwork import GRAVITY, Step
from kinesics_core.synthesis.performer import Performer, lean_on, play, relax, step_by
from kinesics_core.synthesis.score import arm_angles

Range = tuple[float, float]

BOTH = ("left", "right")

ONE_HAND = 0.2
"""Share of two-handed gestures that are made with one."""


@dataclass(frozen=True, slots=True)
class Beats:
    """Strokes that go with speech.

    Attributes:
        both_hands: Share of them.
        reach: Size of the strokes at extent 1.
        strokes: Fewest, and one more than most.
        durations: Of a stroke at tempo 1.
        legato, staccato: As in ``GestureVariation``.
        channels: Size of a stroke in the four arm angles.
        own: Share of a stroke that is each hand's own.
        head, spine: Standard deviation of their part in it.
        pause: Share of strokes followed by one, and its length.
        returns: Share after which the arms go back to rest, and how long that takes.
    """

    both_hands: float = 0.5
    reach: float = 0.35
    strokes: tuple[int, int] = (2, 7)
    durations: tuple[float, ...] = (0.35, 0.5, 0.75)
    legato: float = 1.5
    staccato: float = 0.6
    channels: tuple[float, float, float, float] = (1.0, 0.7, 0.7, 1.2)
    own: float = 0.25
    head: float = 0.06
    spine: float = 0.03
    pause: tuple[float, float] = (0.15, 0.6)
    returns: tuple[float, float] = (0.5, 0.8)


@dataclass(frozen=True, slots=True)
class Wave:
    """A wave of one hand.

    Attributes:
        main_hand: Share of waves with it.
        height: Of the hand, as the upward part of the arm's direction.
        raising: Time the hand takes up at tempo 1.
        swings: Fewest, and one more than most, each of ``swing`` seconds at tempo 1.
        size: Of the swing at extent 1.
        hertz: Of the swing at tempo 1.
        channels: Share of the four arm angles: a twist of the upper arm, a little of the elbow.
    """

    main_hand: float = 0.85
    height: Range = (-0.45, 0.45)
    raising: float = 0.6
    swings: tuple[int, int] = (2, 6)
    swing: float = 0.5
    size: Range = (0.18, 0.42)
    hertz: Range = (1.4, 2.4)
    channels: tuple[float, float, float, float] = (0.2, 0.5, 1.0, 0.5)


@dataclass(frozen=True, slots=True)
class Clap:
    """Clapping hands.

    Attributes:
        height: Of the upper arm, as the upward part of its direction.
        gap: How far the hands part at extent 1, as the sideways part of the forearm's direction.
        beat: Half a clap at tempo 1.
        claps: Fewest, and one more than most.
    """

    height: Range = (-0.85, -0.5)
    gap: Range = (0.35, 0.75)
    beat: float = 0.26
    claps: tuple[int, int] = (2, 10)


@dataclass(frozen=True, slots=True)
class Laugh:
    """Laughter: bursts of about five exhalations a second, folded forward or thrown back.

    The rate is that of Niewiadomski et al., "Rhythmic body movements of laughter", ICMI 2014.

    Attributes:
        strength: Of all that follows.
        folded: Share that fold forward.
        folded_spine, folded_head, thrown_spine, thrown_head: Pitch, forward positive.
        crouch: How far who folds sinks.
        length: Of the laugh.
        burst, hertz: Length and rate of a burst.
        shake_spine, shake_head, shake_collars: Amplitude of the shaking.
        pause: Between bursts.
        hands: Share of laughs in which a hand goes to belly or mouth, or both to the front.
    """

    strength: Range = (0.6, 1.3)
    folded: float = 0.6
    folded_spine: Range = (0.10, 0.45)
    folded_head: Range = (-0.05, 0.25)
    thrown_spine: Range = (-0.18, 0.0)
    thrown_head: Range = (-0.45, -0.15)
    crouch: float = 0.05
    length: Range = (1.2, 3.2)
    burst: Range = (0.6, 1.3)
    hertz: Range = (3.8, 5.3)
    shake_spine: tuple[float, float, float] = (0.0, 0.024, 0.004)
    shake_head: tuple[float, float, float] = (0.0, 0.035, 0.0)
    shake_collars: float = 0.05
    pause: Range = (0.05, 0.4)
    hands: float = 0.45


@dataclass(frozen=True, slots=True)
class Sob:
    """Weeping: the chest heaves ``hertz`` times a second."""

    hertz: Range = (1.8, 3.0)
    shake_spine: tuple[float, float, float] = (0.0, 0.02, 0.0)
    shake_collars: tuple[float, float] = (0.05, 0.05)


@dataclass(frozen=True, slots=True)
class Dance:
    """Swaying from foot to foot; amplitudes at extent 1, of the parts of a score."""

    length: Range = (2.5, 4.5)
    hertz: Range = (0.7, 1.1)
    shift: tuple[float, float] = (0.05, 0.0)
    spine: tuple[float, float, float] = (0.07, 0.0, 0.06)
    crouch: float = 0.018
    head: tuple[float, float, float] = (0.06, 0.04, 0.0)
    arms: float = 0.15


@dataclass(frozen=True, slots=True)
class Bounce:
    """Bouncing on the knees, or jumping for joy.

    Attributes:
        count: Fewest, and one more than most.
        arms: Share in which the arms go along, and of those with them raised.
        jumps: Share that leave the floor.
        apex: Height of a jump at extent 1; ``apex_range`` limits it.
        crouch_before, crouch_after: Depth of the knees at take-off and landing.
        depth: Depth of a bounce.
        period: Of a bounce at tempo 1.
        wobble: Standard deviation of the arms' angles from one to the next.
    """

    count: tuple[int, int] = (2, 6)
    arms: tuple[float, float] = (0.6, 0.4)
    jumps: float = 0.45
    apex: Range = (0.05, 0.16)
    apex_range: Range = (0.03, 0.25)
    crouch_before: float = 0.13
    crouch_after: float = 0.10
    depth: Range = (0.03, 0.07)
    period: float = 0.45
    wobble: float = 0.18


BEATS, WAVE, CLAP, LAUGH = Beats(), Wave(), Clap(), Laugh()
SOB, DANCE, BOUNCE = Sob(), Dance(), Bounce()


def beats(performer: Performer, start: float) -> float:
    """Write gestures that go with speech: strokes of no shape around a place in front."""
    rng, style, score = performer.rng, performer.style, performer.score
    both = rng.random() < BEATS.both_hands
    hands = BOTH if both else (performer.main_hand,)
    reach = BEATS.reach * style.extent
    centre = ArmPose((0.22 + 0.4 * reach * rng.random(), -0.95, 0.15 + 0.4 * rng.random()),
                     (rng.uniform(-0.3, 0.5), rng.uniform(-0.2, 0.6), 0.9))
    now = start
    for hand in hands:
        performer.raise_hand(hand, start, 0.4)
    for _ in range(int(rng.integers(*BEATS.strokes))):
        duration = performer.time_of(rng.choice(BEATS.durations))
        moving = duration * (BEATS.legato - BEATS.staccato * style.sharpness)
        offset = rng.normal(0.0, reach, 4) * BEATS.channels
        for hand in hands:
            own = offset + rng.normal(0.0, BEATS.own * reach, 4)
            score.move(hand, now, moving, performer.arm(centre) + own)
        score.move("head", now, moving,
                   style.posture[HEAD] + rng.normal(0.0, BEATS.head * style.extent, 3))
        score.move("spine", now, 1.5 * moving,
                   style.posture[SPINE] + rng.normal(0.0, BEATS.spine * style.extent, 3))
        now += duration
        if rng.random() < BEATS.pause[0]:
            now += performer.time_of(BEATS.pause[1])
    if rng.random() < BEATS.returns[0]:
        back = performer.time_of(BEATS.returns[1])
        relax(performer, now, back, set(hands))
        now += 0.8 * back
    return now


def wave(performer: Performer, start: float) -> float:
    """Write a wave, high or low, large or small, two to five times."""
    rng, score = performer.rng, performer.score
    main = rng.random() < WAVE.main_hand
    hand = performer.main_hand if main else performer.other_hand
    height = rng.uniform(*WAVE.height)
    raised = performer.time_of(WAVE.raising)
    out = performer.arm(ArmPose((0.85, height - 0.15, 0.45), (0.30, 1.0, 0.25)))
    end = start + raised + int(rng.integers(*WAVE.swings)) * performer.time_of(WAVE.swing)
    performer.raise_hand(hand, start, raised)
    score.move(hand, start, raised, out)
    size = rng.uniform(*WAVE.size) * performer.style.extent
    hertz = rng.uniform(*WAVE.hertz) * performer.style.tempo
    score.shake(hand, (start + 0.8 * raised, end), hertz, size * np.array(WAVE.channels))
    back = performer.time_of(0.8)
    relax(performer, end, back, {hand})
    return end + 0.7 * back


def clap(performer: Performer, start: float) -> float:
    """Write two to nine claps, at chest height or higher."""
    rng, score = performer.rng, performer.score
    height = rng.uniform(*CLAP.height)
    gap = rng.uniform(*CLAP.gap) * min(performer.style.extent, 1.3)
    closed = ArmPose((0.18, height, 0.65), (-0.56, 0.45, 0.85))
    opened = ArmPose((0.18 + 0.25 * gap, height, 0.65), (-0.56 + gap, 0.45, 0.85))
    beat = performer.time_of(CLAP.beat)
    targets = [arm_angles(arm_vector(arm)) for arm in (opened, closed)]
    now = start + performer.time_of(0.5)
    for hand in BOTH:
        performer.raise_hand(hand, start, now - start)
        score.move(hand, start, now - start, targets[0])
    for _ in range(int(rng.integers(*CLAP.claps))):
        for target in reversed(targets):
            for hand in BOTH:
                score.move(hand, now, 1.1 * beat, target + rng.normal(0.0, 0.02, 4))
            now += 0.9 * beat
    back = performer.time_of(0.7)
    relax(performer, now, back, set(BOTH))
    return now + 0.7 * back


def laugh(performer: Performer, start: float) -> float:
    """Write laughter: the trunk shakes while it folds forward or the head is thrown back."""
    rng, style, score = performer.rng, performer.style, performer.score
    strength = rng.uniform(*LAUGH.strength)
    folded = rng.random() < LAUGH.folded
    spine = (rng.uniform(*LAUGH.folded_spine) * strength if folded
             else rng.uniform(*LAUGH.thrown_spine))
    head = rng.uniform(*(LAUGH.folded_head if folded else LAUGH.thrown_head))
    length = rng.uniform(*LAUGH.length)
    onset = performer.time_of(0.5)
    score.move("spine", start, onset, style.posture[SPINE] + (0.08 * rng.normal(), spine, 0.0))
    score.move("head", start, onset, style.posture[HEAD] + (0.10 * rng.normal(), head, 0.0))
    if not performer.seated:
        score.move("crouch", start, onset, np.array([LAUGH.crouch * strength * folded]))
    now = start
    while now < start + length:
        now = _laugh_burst(performer, now, strength)
    if rng.random() < LAUGH.hands:
        arm = (arm_poses.ON_BELLY, arm_poses.AT_MOUTH, arm_poses.IN_FRONT)[rng.integers(3)]
        for hand in (performer.main_hand,) if arm is arm_poses.AT_MOUTH else BOTH:
            performer.raise_hand(hand, start, onset)
            score.move(hand, start + 0.2, onset, performer.arm(arm, exact=True))
        relax(performer, now, 0.9, set(BOTH))
    for part, rest in (("spine", SPINE), ("head", HEAD)):
        score.move(part, now, 1.0, style.posture[rest])
    score.move("crouch", now, 1.0, np.zeros(1))
    return now + 0.5


def _laugh_burst(performer: Performer, start: float, strength: float) -> float:
    """Write one burst; return when the next one begins."""
    rng, score = performer.rng, performer.score
    burst, hertz = rng.uniform(*LAUGH.burst), rng.uniform(*LAUGH.hertz)
    span = (start, start + burst)
    score.shake("spine", span, hertz, np.array(LAUGH.shake_spine) * strength)
    score.shake("head", span, hertz, np.array(LAUGH.shake_head) * strength, 0.8)
    score.shake("collars", span, hertz, np.full(2, LAUGH.shake_collars) * strength, 1.2)
    sway = rng.normal(0.0, 0.03, 3)
    score.move("spine", start, burst, score.target("spine") + sway)
    return start + (burst + rng.uniform(*LAUGH.pause))


def sob(performer: Performer, start: float) -> float:
    """Write weeping: head down, hands perhaps at the face, a heaving chest."""
    gesture = GESTURES["cover_face" if performer.rng.random() < 0.5 else "slump"]
    end = play(performer, gesture, start)
    for part, amplitude in (("spine", SOB.shake_spine), ("collars", SOB.shake_collars)):
        hertz = performer.rng.uniform(*SOB.hertz)
        performer.score.shake(part, (start + 0.6, end), hertz, np.array(amplitude))
    return end


def dance(performer: Performer, start: float) -> float:
    """Write a dance: swaying from foot to foot with loose arms."""
    rng, score, style = performer.rng, performer.score, performer.style
    length, hertz = rng.uniform(*DANCE.length), rng.uniform(*DANCE.hertz) * style.tempo
    end = start + length
    span, size = (start, end), style.extent
    score.shake("shift", span, hertz, np.array(DANCE.shift) * size)
    score.shake("spine", span, hertz, np.array(DANCE.spine) * size, 0.6)
    score.shake("crouch", span, 2 * hertz, np.array([DANCE.crouch]) * size)
    score.shake("head", span, hertz, np.array(DANCE.head) * size, 1.0)
    for hand in BOTH:
        performer.raise_hand(hand, start, 0.6)
        score.move(hand, start, 0.7, performer.arm(arm_poses.FIST_LOW))
        amplitude = rng.normal(0.0, DANCE.arms, 4) * size
        score.shake(hand, span, hertz, amplitude, rng.uniform(0, 3))
    relax(performer, end, 0.8, set(BOTH))
    return end + 0.5


def bounce(performer: Performer, start: float) -> float:
    """Write two to five bounces on the knees, or jumps for joy."""
    rng, score, style = performer.rng, performer.score, performer.style
    count = int(rng.integers(*BOUNCE.count))
    arms = rng.random() < BOUNCE.arms[0]
    if arms:
        for hand in BOTH:
            performer.raise_hand(hand, start, 0.4)
            raised = rng.random() < BOUNCE.arms[1]
            pose = arm_poses.RAISED if raised else arm_poses.FIST_LOW
            score.move(hand, start, 0.5, performer.arm(pose))
    now = start
    high = rng.random() < BOUNCE.jumps
    for _ in range(count):
        if high:
            height = float(np.clip(rng.uniform(*BOUNCE.apex) * style.extent, *BOUNCE.apex_range))
            now = _jump(performer, now, height)
            now += 0.14 if rng.random() < 0.7 else 0.5
        else:
            period = performer.time_of(BOUNCE.period)
            depth = np.array([rng.uniform(*BOUNCE.depth)])
            score.move("crouch", now, 0.5 * period, depth)
            score.move("crouch", now + 0.45 * period, 0.5 * period, np.zeros(1))
            now += period
        if arms:
            for hand in BOTH:
                wobble = rng.normal(0.0, BOUNCE.wobble, 4)
                score.move(hand, now - 0.3, 0.35, score.target(hand) + wobble)
    relax(performer, now, 0.8, set(BOTH))
    performer.feet_free = max(performer.feet_free, now + 0.4)
    return now + 0.4


def _jump(performer: Performer, start: float, apex: float) -> float:
    """Crouch, take off and land; return the time of landing."""
    score = performer.score
    score.move("crouch", start, 0.22, np.array([BOUNCE.crouch_before]))
    score.move("crouch", start + 0.20, 0.17, np.zeros(1))
    take_off = start + 0.36
    performer.jumps.append((take_off, apex))
    landing = take_off + 2.0 * math.sqrt(2.0 * apex / GRAVITY)
    score.move("crouch", landing - 0.04, 0.2, np.array([BOUNCE.crouch_after]))
    score.move("crouch", landing + 0.12, 0.25, np.zeros(1))
    return landing


def recoil(performer: Performer, start: float) -> float:
    """Write a leaning away with the hands up, and on free feet a step back."""
    rng = performer.rng
    begin = max(start, performer.feet_free)
    if rng.random() < 0.6:
        step_by(performer, begin, -rng.uniform(0.15, 0.35), rng.normal(0.0, 0.05))
    name = ("startle", "ward_off", "hand_to_mouth")[int(rng.integers(3))]
    return play(performer, GESTURES[name], begin, one_hand=rng.random() < ONE_HAND)


def approach(performer: Performer, start: float) -> float:
    """Write steps towards the other, with open arms as often as not."""
    rng = performer.rng
    begin = max(start, performer.feet_free)
    step_by(performer, begin, rng.uniform(0.2, 0.5), rng.normal(0.0, 0.05))
    if rng.random() < 0.6:
        name = ("embrace", "open_arms", "reach")[int(rng.integers(3))]
        return play(performer, GESTURES[name], begin)
    return begin + 1.0


def stamp(performer: Performer, start: float) -> float:
    """Write a foot that comes down hard, one to three times, with raised fists."""
    begin = max(start, performer.feet_free)
    if not performer.seated:
        foot = int(performer.rng.integers(2))
        lean_on(performer, begin, 1 - foot, 0.35)
        place = tuple(performer.place[foot])
        for count in range(int(performer.rng.integers(1, 4))):
            now = begin + 0.25 + 0.5 * count
            performer.steps.append(Step(foot, now, now + 0.38, place, 0.14))
            performer.feet_free = now + 0.45
        lean_on(performer, performer.feet_free, 0.5, 0.5)
    return play(performer, GESTURES["fists"], begin)
