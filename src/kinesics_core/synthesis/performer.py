"""Someone who writes a score: how one person plays gestures, steps, looks and nods.

Sizes and odds are authored, so that nothing is done twice alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from kinesics_core.body import arm_poses
from kinesics_core.body.arm_poses import ArmPose, arm_vector
from kinesics_core.body.gestures import Gesture, KeyPose
from kinesics_core.expression.posture import COLLARS, HEAD, SPINE
from kinesics_core.synthesis.footwork import Step
from kinesics_core.synthesis.score import Score, arm_angles
from kinesics_core.synthesis.style import Style


@dataclass(frozen=True, slots=True)
class GestureVariation:
    """Differences of a gesture from its key poses and from time to time; authored.

    Attributes:
        tempo: Standard deviation of the log of a duration.
        direction: Of the arm's directions (unit length), each axis.
        mirrored: Share of the gestures that are made with the other hand.
        hold: Standard deviation of the log of the time a pose is held.
        held_drift: How far a held pose goes on changing, share of a new one.
        legato, staccato: Time of a movement at sharpness 0, share of the time to the next key
            pose, and how much of it sharpness takes away: early there and then still, or still
            under way when the next one begins.
        lag: Standard deviation of how much the arms are late, seconds.
        returns: Share of the gestures after which the arms go back to rest.
        trunk: Size of the trunk's share at extent 0, and what extent adds.
        small, large: Size of the arms' way from hanging at extent 0, and what extent adds.
        bent: Flexion of the elbow that a smaller gesture adds, radians.
    """

    tempo: float = 0.15
    direction: float = 0.08
    mirrored: float = 0.2
    hold: float = 0.45
    held_drift: float = 0.25
    legato: float = 1.45
    staccato: float = 0.65
    lag: float = 0.04
    returns: float = 0.67
    trunk: tuple[float, float] = (0.5, 0.5)
    small: float = 0.55
    large: float = 0.45
    bent: float = 0.25


@dataclass(frozen=True, slots=True)
class Stepping:
    """Steps of people about the place where they stand; authored, metres and seconds.

    Attributes:
        apart: Least and largest distance between the feet after a step.
        stagger: Standard deviation of how far one foot is ahead of the other.
        duration, duration_range: Of a step at tempo 1, and its limits.
        lift: Height of the ankle's swing, and what a metre forward adds.
        overlap: Least and largest share of a step after which the other foot leaves.
        over_foot: How far the weight goes over the standing foot, share of half the distance.
        sway: Standard deviation of the pelvis's place forward.
    """

    apart: tuple[float, float] = (0.20, 0.34)
    stagger: float = 0.06
    duration: float = 0.45
    duration_range: tuple[float, float] = (0.28, 0.9)
    lift: tuple[float, float] = (0.05, 0.05)
    overlap: tuple[float, float] = (0.9, 1.2)
    over_foot: float = 0.6
    sway: float = 0.012


@dataclass(frozen=True, slots=True)
class Looking:
    """Turns and nods of the head; authored, radians and seconds.

    Attributes:
        duration: Of a turn at tempo 1.
        direction: Roll, pitch and yaw per size of the turn, standard deviations.
        trunk_from, trunk: From which yaw on the trunk turns along, and by which share.
        nod_size: Least and largest amplitude at extent 1.
        nod_hertz: Least and largest frequency at tempo 1.
        shaken: Share of nods that are shakes, which are this much larger.
    """

    duration: float = 0.5
    direction: tuple[float, float, float] = (0.25, 0.35, 1.0)
    trunk_from: float = 0.4
    trunk: float = 0.25
    nod_size: tuple[float, float] = (0.06, 0.16)
    nod_hertz: tuple[float, float] = (1.2, 2.2)
    shaken: tuple[float, float] = (0.33, 1.4)


VARIATION = GestureVariation()
_STEPPING = Stepping()
_LOOKING = Looking()
_MIRRORED = np.array([-1.0, 1.0, -1.0])  # roll, pitch, yaw of a trunk seen in a mirror


@dataclass(slots=True)
class Performer:
    """Someone who writes a score.

    Attributes:
        rng: Decides all that is never twice the same.
        style: How they move.
        score: What is written so far.
        main_hand: The hand they use more.
        resting: Where the arms hang: angles (4,) of "left" and "right".
        place: (2, 2) floor positions of both feet after the steps so far, metres.
        seated: Whether they sit; their feet then stay where they are.
        steps, jumps: Steps, and (take-off seconds, metres), so far.
        feet_free: When the feet may step again, seconds.
    """

    rng: np.random.Generator
    style: Style
    score: Score
    main_hand: str
    resting: dict[str, np.ndarray]
    place: np.ndarray
    seated: bool = False
    steps: list[Step] = field(default_factory=list)
    jumps: list[tuple[float, float]] = field(default_factory=list)
    feet_free: float = 0.0

    @property
    def other_hand(self) -> str:
        """The hand they use less."""
        return "left" if self.main_hand == "right" else "right"

    def time_of(self, seconds: float) -> float:
        """Return a duration at this performer's tempo, never the same twice."""
        return seconds / self.style.tempo * math.exp(VARIATION.tempo * self.rng.standard_normal())

    def arm(self, arm: ArmPose, *, exact: bool = False) -> np.ndarray:
        """Return the angles (4,) of a pose as this performer strikes it.

        Args:
            arm: The pose.
            exact: Keep its size, because it touches the body; else it is larger or smaller by
                the performer's extent.
        """
        upper = np.array(arm.upper) + self.rng.normal(0.0, VARIATION.direction, 3)
        fore = np.array(arm.fore) + self.rng.normal(0.0, VARIATION.direction, 3)
        angles = arm_angles(arm_vector(replace(arm, upper=tuple(upper), fore=tuple(fore))))
        if not exact:
            # Close to the trunk an arm can only get larger outwards.
            share = VARIATION.small + VARIATION.large * min(self.style.extent, 1.6)
            neutral = arm_angles(arm_vector(arm_poses.RELAXED))
            angles[:3] = neutral[:3] + share * (angles[:3] - neutral[:3])
            angles[3] += VARIATION.bent * (1.0 - share)
        return angles

    def raise_hand(self, hand: str, start: float, duration: float) -> None:
        """Note in the score that a hand is busy from then on, so that it does not swing."""
        self.score.move(f"{hand}_busy", start, duration, np.ones(1))


def play(
    performer: Performer, gesture: Gesture, start: float, *, one_hand: bool = False
) -> float:
    """Write a gesture; return when the hands are free again.

    Left-handers and one in five others mirror it; of a held pose the length is random; the way
    back is left out one time in three, so that the next gesture starts from this one.

    Args:
        performer: Who makes it.
        gesture: What is made.
        start: Seconds.
        one_hand: Leave out the other hand of a gesture with both.
    """
    rng, style, score = performer.rng, performer.style, performer.score
    swapped = (performer.main_hand == "left") != (rng.random() < VARIATION.mirrored)
    side = {"right": "left" if swapped else "right", "left": "right" if swapped else "left"}
    turn = _MIRRORED if swapped else np.ones(3)
    size = VARIATION.trunk[0] + VARIATION.trunk[1] * style.extent
    now, before = start, 0.0
    previous: KeyPose | None = None
    used: set[str] = set()
    for key in gesture.keys:
        held = previous is not None and (previous.left, previous.right) == (key.left, key.right)
        duration = performer.time_of(key.time - before)
        if held:
            duration *= math.exp(VARIATION.hold * rng.standard_normal())
        moving = duration * (VARIATION.legato - VARIATION.staccato * style.sharpness)
        for hand, arm in (("left", key.left), ("right", key.right)):
            if arm is None or (one_hand and hand == "left"):
                continue
            part = side[hand]
            if part not in used:
                performer.raise_hand(part, now, 0.7 * duration)
                used.add(part)
            lag = max(0.0, VARIATION.lag * rng.standard_normal())
            target = performer.arm(arm, exact=arm in arm_poses.TOUCHING)
            if held:
                drift = VARIATION.held_drift
                target = (1.0 - drift) * score.target(part) + drift * target
            score.move(part, now + lag, moving, target)
        # The trunk is heavier: it takes a tenth longer.
        score.move("spine", now, moving * 1.1, style.posture[SPINE] + size * turn * key.spine)
        score.move("head", now, moving, style.posture[HEAD] + size * turn * key.head)
        score.move("collars", now, moving, style.posture[COLLARS] + key.collars)
        now, before, previous = now + duration, key.time, key
    back = performer.time_of(max(gesture.duration - before, 0.5))
    if rng.random() < VARIATION.returns:
        relax(performer, now, back, used)
        now += 0.8 * back
    for part, rest in (("spine", SPINE), ("head", HEAD), ("collars", COLLARS)):
        score.move(part, now - 0.3 * back, back, style.posture[rest])
    return now


def relax(performer: Performer, start: float, duration: float, hands: set[str]) -> None:
    """Let arms sink to where they rest."""
    for hand in sorted(hands):
        wobble = performer.rng.normal(0.0, 0.05, 4)
        performer.score.move(hand, start, duration * 1.2, performer.resting[hand] + wobble)
        performer.score.move(f"{hand}_busy", start + 0.4 * duration, duration, np.zeros(1))


def step_by(
    performer: Performer, start: float, forward: float, left: float, turn: float = 0.0
) -> None:
    """Move both feet one after the other; seated people and busy feet stay where they are.

    Args:
        performer: Who steps.
        start: Seconds.
        forward: Metres, in the direction they face.
        left: Metres.
        turn: Radians to the left.
    """
    if performer.seated or start < performer.feet_free:
        return
    rng, s = performer.rng, _STEPPING
    heading = float(performer.score.target("heading")[0])
    centre = performer.place.mean(axis=0)
    ahead, aside = directions(heading)
    goal = centre + forward * ahead + left * aside
    after = heading + turn
    ahead, aside = directions(after)
    apart = 0.5 * rng.uniform(*s.apart)
    stagger = 0.5 * rng.normal(0.0, s.stagger)
    first = 0 if (left + turn) > 0 else 1
    duration = float(np.clip(performer.time_of(s.duration), *s.duration_range))
    lift = s.lift[0] + s.lift[1] * abs(forward)
    now = start
    for foot in (first, 1 - first):
        side = 1.0 if foot == 0 else -1.0
        place = goal + side * (apart * aside + stagger * ahead)
        lean_on(performer, now - 0.15, 1 - foot, 0.3)
        performer.steps.append(Step(foot, now, now + duration, (place[0], place[1]), lift))
        performer.place[foot] = place
        now += duration * rng.uniform(*s.overlap)
    lean_on(performer, now, 0.5, 0.6)
    if turn:
        performer.score.move("heading", start - 0.1, now - start + 0.3, np.array([after]))
    performer.feet_free = now + 0.2


def directions(heading: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the floor's directions (x, z) ahead and to the left of a heading, radians."""
    return (np.array([math.sin(heading), math.cos(heading)]),
            np.array([math.cos(heading), -math.sin(heading)]))


def shift_weight(performer: Performer, start: float) -> None:
    """Put the weight on one leg, or on both again."""
    rng = performer.rng
    onto = rng.choice([0.0, 0.5, 1.0]) + rng.normal(0.0, 0.1)
    lean_on(performer, start, float(onto), performer.time_of(rng.uniform(0.8, 1.8)))


def lean_on(performer: Performer, start: float, foot: float, duration: float) -> None:
    """Put weight on the left foot (0), the right one (1) or between."""
    apart = float(np.linalg.norm(performer.place[0] - performer.place[1]))
    sway = performer.rng.normal(0.0, _STEPPING.sway)
    shift = np.array([(0.5 - foot) * _STEPPING.over_foot * apart, sway])
    performer.score.move("shift", start, duration, shift)


def look(performer: Performer, start: float, away: float) -> float:
    """Turn the head somewhere by about ``away`` radians; return when it is there."""
    duration = performer.time_of(_LOOKING.duration)
    share = np.array(_LOOKING.direction) * (away, away, away)
    direction = performer.rng.normal(0.0, 1.0, 3) * share
    posture = performer.style.posture
    performer.score.move("head", start, duration, posture[HEAD] + direction)
    if abs(direction[2]) > _LOOKING.trunk_from:
        turned = posture[SPINE] + (0.0, 0.0, _LOOKING.trunk * direction[2])
        performer.score.move("spine", start, 1.3 * duration, turned)
    return start + duration


def nod(performer: Performer, start: float) -> float:
    """Nod (or, one time in three, shake) the head two to four times; return when it is done."""
    rng, style = performer.rng, performer.style
    size = rng.uniform(*_LOOKING.nod_size) * style.extent
    odds, larger = _LOOKING.shaken
    axis = [0.0, 0.0, larger] if rng.random() < odds else [0.0, 1.0, 0.0]
    hertz = rng.uniform(*_LOOKING.nod_hertz) * style.tempo
    end = start + rng.integers(2, 5) / hertz
    performer.score.shake("head", (start, end), hertz, size * np.array(axis))
    return end
