"""What a body can do with arms, trunk and head, and the score in which it is written down.

A score holds submovements: every part of the body is the sum of its start and of minimum-jerk
changes towards the targets written for it, in order. Changes may overlap, which is how people
chain movements (Flash & Henis 1991) and what makes one gesture run into the next.

Arms are keyed by direction as in ``body.gestures`` and moved in four angles: a rotation vector of
the shoulder and the flexion of the elbow, in axes of the arm's own side. The elbow is a hinge.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from kinesics_core.body import arm_poses
from kinesics_core.body.arm_poses import ArmPose, arm_rotations, arm_vector
from kinesics_core.body.gestures import GESTURES, Gesture, KeyPose, minimum_jerk
from kinesics_core.expression.posture import COLLARS, HEAD, SPINE
from kinesics_core.rotations import logarithm
from kinesics_core.synthesis.footwork import Step

PARTS = {
    "left": 4, "right": 4, "left_busy": 1, "right_busy": 1, "spine": 3, "head": 3, "collars": 2,
    "heading": 1, "shift": 2, "crouch": 1,
}
"""Part -> channels. Arms: shoulder rotation vector and elbow flexion; busy: 1 while gesturing.
spine, head: roll, pitch, yaw, and collars: raised, radians, as in ``body.gestures``. heading:
radians to the left. shift: of the pelvis to the own left and forward, crouch: down, metres."""

ELBOW_RANGE = (0.06, 2.5)
"""Flexion of the elbow, radians: within the 150 degrees of the AAOS, never fully stretched."""

# Peak speed of a movement, rad/s; a minimum-jerk one peaks at 1.875 of its mean. Arms swing at
# about this speed in a beat, a throw is three times as fast.
_FASTEST = {"left": 9.0, "right": 9.0, "head": 4.0, "spine": 2.5, "collars": 2.0}

# Shoulder angles are counted from an arm half raised to the front: no key pose is half a turn
# away from it, so the rotation vector is continuous.
ARM_ORIGIN = arm_rotations(arm_vector(ArmPose((0.45, -0.75, 0.45), (0.10, 0.20, 1.0))))[0]


class Score:
    """Submovements and oscillations of the parts of a body; seconds.

    start: where each part is to begin with; what is not given begins at 0.
    """

    def __init__(self, start: dict[str, np.ndarray]) -> None:
        self._start = {part: np.zeros(size) for part, size in PARTS.items()} | start
        self._target = {part: value.copy() for part, value in self._start.items()}
        self._moves: dict[str, list[tuple[float, float, np.ndarray]]] = {p: [] for p in PARTS}
        self._shakes: dict[str, list[tuple[float, float, float, float, np.ndarray]]] = {
            part: [] for part in PARTS
        }

    def target(self, part: str) -> np.ndarray:
        """Where the part is going after all that is written so far."""
        return self._target[part].copy()

    def move(self, part: str, start: float, duration: float, target: np.ndarray) -> None:
        """Take the part to ``target`` from ``start`` on in ``duration``, or a little longer if that
        would be faster than joints turn."""
        change = target - self._target[part]
        shortest = float(np.abs(change).max()) / _FASTEST.get(part, math.inf)
        self._moves[part].append((start, max(duration, 0.12 + 1.875 * shortest), change))
        self._target[part] = target.copy()

    def shake(
        self, part: str, start: float, end: float, hertz: float, amplitude: np.ndarray,
        phase: float = 0.0,
    ) -> None:
        """Add an oscillation that swells and fades between ``start`` and ``end``."""
        self._shakes[part].append((start, end, hertz, phase, amplitude))

    def evaluate(self, times: np.ndarray) -> dict[str, np.ndarray]:
        """Every part at ``times`` (T,): (T, channels)."""
        out = {}
        for part, start in self._start.items():
            values = np.tile(start, (len(times), 1))
            if moves := self._moves[part]:
                begin, duration, change = (np.array(column) for column in zip(*moves, strict=True))
                share = np.clip((times[:, None] - begin) / duration, 0.0, 1.0)
                values += minimum_jerk(share) @ change
            for first, last, hertz, phase, amplitude in self._shakes[part]:
                share = np.clip((times - first) / (last - first), 0.0, 1.0)
                swell = np.minimum(1.0, 1.6 * np.sin(np.pi * share)) * (share > 0.0)
                wave = np.sin(2.0 * np.pi * hertz * (times - first) + phase)
                values += (swell * wave)[:, None] * amplitude
            out[part] = values
        return out


@dataclass(frozen=True, slots=True)
class Style:
    """How a body moves. 1 is an average person in a neutral state, unless said otherwise.

    tempo: speed of movements and of the steps. extent: size of gestures.
    sharpness: 0 legato (movements run into one another) .. 1 staccato (quick, then held).
    rest: seconds between gestures. liveliness: of sway and idle movement.
    tremor: radians of 6 to 9 Hz in the arms. posture: (26,) as ``body.gestures`` has it.
    """

    tempo: float
    extent: float
    sharpness: float
    rest: float
    liveliness: float
    tremor: float
    posture: np.ndarray


@dataclass(slots=True)
class Performer:
    """Someone who writes a score. ``main`` is the hand they use, ``resting`` where the arms hang.

    place: (2, 2) floor positions of both feet after the steps so far.
    """

    rng: np.random.Generator
    style: Style
    score: Score
    main: str
    resting: dict[str, np.ndarray]
    place: np.ndarray
    seated: bool = False
    steps: list[Step] = field(default_factory=list)
    jumps: list[tuple[float, float]] = field(default_factory=list)
    feet_free: float = 0.0

    def time_of(self, seconds: float) -> float:
        """A duration at this performer's tempo, never the same twice."""
        return seconds / self.style.tempo * math.exp(0.15 * self.rng.standard_normal())

    def arm(self, arm: ArmPose, extent: float | None = None) -> np.ndarray:
        """Angles (4,) of a key pose as this performer strikes it: larger or smaller, never twice
        the same. Poses that touch the body come with ``extent`` 1."""
        upper = np.array(arm.upper) + self.rng.normal(0.0, 0.08, 3)
        fore = np.array(arm.fore) + self.rng.normal(0.0, 0.08, 3)
        angles = arm_angles(arm_vector(replace(arm, upper=tuple(upper), fore=tuple(fore))))
        if extent is None:
            # Close to the trunk an arm can only get larger outwards.
            share = 0.55 + 0.45 * min(self.style.extent, 1.6)
            neutral = arm_angles(arm_vector(arm_poses.RELAXED))
            angles[:3] = neutral[:3] + share * (angles[:3] - neutral[:3])
            angles[3] += 0.25 * (1.0 - share)
        return angles


def arm_angles(arm: np.ndarray) -> np.ndarray:
    """An arm of the pose vector (9,) -> shoulder rotation vector from the origin, flexion (4,)."""
    shoulder, elbow, _ = arm_rotations(arm)
    return np.array([*logarithm(ARM_ORIGIN.T @ shoulder), np.clip(-elbow[1], *ELBOW_RANGE)])


# Where arms rest when they do nothing; pairs of main and other hand.
RESTS: dict[str, tuple[ArmPose, ArmPose]] = {
    "clasped": (arm_poses.CLASPED, arm_poses.CLASPED),
    "behind": (arm_poses.BEHIND_BACK, arm_poses.BEHIND_BACK),
    "pockets": (arm_poses.IN_POCKET, arm_poses.IN_POCKET),
    "on_hips": (arm_poses.ON_HIP, arm_poses.ON_HIP),
    "crossed": (arm_poses.CROSSED_ABOVE, arm_poses.CROSSED_BELOW),
    "embraced": (arm_poses.EMBRACED_ABOVE, arm_poses.EMBRACED_BELOW),
    "on_thighs": (arm_poses.ON_THIGH, arm_poses.ON_THIGH),
}


def play(who: Performer, gesture: Gesture, start: float, *, one_hand: bool = False) -> float:
    """Write a gesture; returns when the hands are free again.

    Left-handers and one in five others mirror it; of a held pose the length is random; the way
    back is left out one time in three, so that the next gesture starts from this one.
    """
    rng, style, score = who.rng, who.style, who.score
    swapped = (who.main == "left") != (rng.random() < 0.2)
    side = {"right": "left" if swapped else "right", "left": "right" if swapped else "left"}
    turn = np.array([-1.0, 1.0, -1.0]) if swapped else np.ones(3)
    size = 0.5 + 0.5 * style.extent
    now, before = start, 0.0
    previous: KeyPose | None = None
    used = set()
    for key in gesture.keys:
        held = previous is not None and (previous.left, previous.right) == (key.left, key.right)
        duration = who.time_of(key.time - before)
        if held:
            duration *= math.exp(0.45 * rng.standard_normal())
        # Staccato: early there, then still. Legato: still under way when the next one begins.
        moving = duration * (1.45 - 0.65 * style.sharpness)
        for hand, arm in (("left", key.left), ("right", key.right)):
            if arm is None or (one_hand and hand == "left"):
                continue
            part = side[hand]
            if part not in used:
                score.move(f"{part}_busy", now, 0.7 * duration, np.ones(1))
                used.add(part)
            lag = max(0.0, 0.04 * rng.standard_normal())
            target = who.arm(arm, 1.0 if arm in arm_poses.TOUCHING else None)
            if held:
                target = 0.75 * score.target(part) + 0.25 * target
            score.move(part, now + lag, moving, target)
        score.move("spine", now, moving * 1.1, style.posture[SPINE] + size * turn * key.spine)
        score.move("head", now, moving, style.posture[HEAD] + size * turn * key.head)
        score.move("collars", now, moving, style.posture[COLLARS] + key.collars)
        now, before, previous = now + duration, key.time, key
    back = who.time_of(max(gesture.duration - before, 0.5))
    if rng.random() < 0.67:
        relax(who, now, back, used)
        now += 0.8 * back
    score.move("spine", now - 0.3 * back, back, style.posture[SPINE])
    score.move("head", now - 0.3 * back, back, style.posture[HEAD])
    score.move("collars", now - 0.3 * back, back, style.posture[COLLARS])
    return now


def relax(who: Performer, start: float, duration: float, parts: set[str]) -> None:
    """Let arms sink to where they rest."""
    for part in sorted(parts):
        wobble = who.rng.normal(0.0, 0.05, 4)
        who.score.move(part, start, duration * 1.2, who.resting[part] + wobble)
        who.score.move(f"{part}_busy", start + 0.4 * duration, duration, np.zeros(1))


def beats(who: Performer, start: float) -> float:
    """Gestures that go with speech: strokes of no shape of their own around a place in front."""
    rng, style, score = who.rng, who.style, who.score
    both = rng.random() < 0.5
    parts = {"left", "right"} if both else {who.main}
    reach = 0.35 * style.extent
    centre = ArmPose((0.22 + 0.4 * reach * rng.random(), -0.95, 0.15 + 0.4 * rng.random()),
                 (rng.uniform(-0.3, 0.5), rng.uniform(-0.2, 0.6), 0.9))
    now = start
    for part in sorted(parts):
        score.move(f"{part}_busy", start, 0.4, np.ones(1))
    for _ in range(int(rng.integers(2, 7))):
        duration = who.time_of(rng.choice([0.35, 0.5, 0.75]))
        moving = duration * (1.5 - 0.6 * style.sharpness)
        offset = rng.normal(0.0, reach, 4) * (1.0, 0.7, 0.7, 1.2)
        for part in sorted(parts):
            own = offset + rng.normal(0.0, 0.25 * reach, 4)
            score.move(part, now, moving, who.arm(centre) + own)
        score.move("head", now, moving,
                   style.posture[HEAD] + rng.normal(0.0, 0.06 * style.extent, 3))
        score.move("spine", now, 1.5 * moving,
                   style.posture[SPINE] + rng.normal(0.0, 0.03 * style.extent, 3))
        now += duration
        if rng.random() < 0.15:
            now += who.time_of(0.6)
    if rng.random() < 0.5:
        back = who.time_of(0.8)
        relax(who, now, back, parts)
        now += 0.8 * back
    return now


def wave(who: Performer, start: float) -> float:
    """Waving, high or low, large or small, two to five times."""
    rng, score = who.rng, who.score
    part = who.main if rng.random() < 0.85 else _other(who.main)
    height = rng.uniform(-0.45, 0.45)
    raised = who.time_of(0.6)
    out = who.arm(ArmPose((0.85, height - 0.15, 0.45), (0.30, 1.0, 0.25)))
    end = start + raised + int(rng.integers(2, 6)) * who.time_of(0.5)
    score.move(f"{part}_busy", start, raised, np.ones(1))
    score.move(part, start, raised, out)
    # A wave is a twist of the upper arm with a little of the elbow.
    size = rng.uniform(0.18, 0.42) * who.style.extent
    score.shake(part, start + 0.8 * raised, end, rng.uniform(1.4, 2.4) * who.style.tempo,
                size * np.array([0.2, 0.5, 1.0, 0.5]))
    back = who.time_of(0.8)
    relax(who, end, back, {part})
    return end + 0.7 * back


def clap(who: Performer, start: float) -> float:
    """Clapping two to nine times, at chest height or higher."""
    rng, score = who.rng, who.score
    height = rng.uniform(-0.85, -0.5)
    gap = rng.uniform(0.35, 0.75) * min(who.style.extent, 1.3)
    closed = ArmPose((0.18, height, 0.65), (-0.56, 0.45, 0.85))
    opened = ArmPose((0.18 + 0.25 * gap, height, 0.65), (-0.56 + gap, 0.45, 0.85))
    beat = who.time_of(0.26)
    targets = [arm_angles(arm_vector(arm)) for arm in (opened, closed)]
    now = start + who.time_of(0.5)
    for part in ("left", "right"):
        score.move(f"{part}_busy", start, now - start, np.ones(1))
        score.move(part, start, now - start, targets[0])
    for _ in range(int(rng.integers(2, 10))):
        for target in reversed(targets):
            for part in ("left", "right"):
                score.move(part, now, 1.1 * beat, target + rng.normal(0.0, 0.02, 4))
            now += 0.9 * beat
    back = who.time_of(0.7)
    relax(who, now, back, {"left", "right"})
    return now + 0.7 * back


def laugh(who: Performer, start: float) -> float:
    """Laughter: the trunk shakes in bursts while it folds forward or the head is thrown back.

    Bursts of about five exhalations a second (Niewiadomski et al., "Rhythmic body movements of
    laughter", ICMI 2014).
    """
    rng, style, score = who.rng, who.style, who.score
    strength = rng.uniform(0.6, 1.3)
    folded = rng.random() < 0.6
    spine = rng.uniform(0.10, 0.45) * strength if folded else rng.uniform(-0.18, 0.0)
    head = rng.uniform(-0.05, 0.25) if folded else rng.uniform(-0.45, -0.15)
    length = rng.uniform(1.2, 3.2)
    onset = who.time_of(0.5)
    score.move("spine", start, onset, style.posture[SPINE] + (0.08 * rng.normal(), spine, 0.0))
    score.move("head", start, onset, style.posture[HEAD] + (0.10 * rng.normal(), head, 0.0))
    if not who.seated:
        score.move("crouch", start, onset, np.array([0.05 * strength * folded]))
    now = start
    while now < start + length:
        burst, hertz = rng.uniform(0.6, 1.3), rng.uniform(3.8, 5.3)
        score.shake("spine", now, now + burst, hertz, np.array([0.0, 0.024, 0.004]) * strength)
        score.shake("head", now, now + burst, hertz, np.array([0.0, 0.035, 0.0]) * strength, 0.8)
        score.shake("collars", now, now + burst, hertz, np.full(2, 0.05) * strength, 1.2)
        sway = rng.normal(0.0, 0.03, 3)
        score.move("spine", now, burst, score.target("spine") + sway)
        now += burst + rng.uniform(0.05, 0.4)
    if rng.random() < 0.45:
        arm = (arm_poses.ON_BELLY, arm_poses.AT_MOUTH, arm_poses.IN_FRONT)[rng.integers(3)]
        for part in ((who.main,) if arm is arm_poses.AT_MOUTH else ("left", "right")):
            score.move(f"{part}_busy", start, onset, np.ones(1))
            score.move(part, start + 0.2, onset, who.arm(arm, 1.0))
        relax(who, now, 0.9, {"left", "right"})
    for part, rest in (("spine", SPINE), ("head", HEAD)):
        score.move(part, now, 1.0, style.posture[rest])
    score.move("crouch", now, 1.0, np.zeros(1))
    return now + 0.5


def sob(who: Performer, start: float) -> float:
    """Weeping: head down, hands perhaps at the face, the chest heaving two or three times a s."""
    end = play(who, GESTURES["cover_face" if who.rng.random() < 0.5 else "slump"], start)
    for part, amplitude in (("spine", [0.0, 0.02, 0.0]), ("collars", [0.05, 0.05])):
        who.score.shake(part, start + 0.6, end, who.rng.uniform(1.8, 3.0), np.array(amplitude))
    return end


def dance(who: Performer, start: float) -> float:
    """Swaying from foot to foot with loose arms."""
    rng, score, style = who.rng, who.score, who.style
    length, hertz = rng.uniform(2.5, 4.5), rng.uniform(0.7, 1.1) * style.tempo
    end = start + length
    size = style.extent
    score.shake("shift", start, end, hertz, np.array([0.05, 0.0]) * size)
    score.shake("spine", start, end, hertz, np.array([0.07, 0.0, 0.06]) * size, 0.6)
    score.shake("crouch", start, end, 2 * hertz, np.array([0.018]) * size)
    score.shake("head", start, end, hertz, np.array([0.06, 0.04, 0.0]) * size, 1.0)
    for part in ("left", "right"):
        score.move(f"{part}_busy", start, 0.6, np.ones(1))
        score.move(part, start, 0.7, who.arm(arm_poses.FIST_LOW))
        score.shake(part, start, end, hertz, rng.normal(0.0, 0.15, 4) * size, rng.uniform(0, 3))
    relax(who, end, 0.8, {"left", "right"})
    return end + 0.5


def bounce(who: Performer, start: float) -> float:
    """Bouncing on the knees, or jumping for joy: two to five times."""
    rng, score, style = who.rng, who.score, who.style
    count = int(rng.integers(2, 6))
    arms = rng.random() < 0.6
    if arms:
        for part in ("left", "right"):
            score.move(f"{part}_busy", start, 0.4, np.ones(1))
            pose = arm_poses.RAISED if rng.random() < 0.4 else arm_poses.FIST_LOW
            score.move(part, start, 0.5, who.arm(pose))
    now = start
    high = rng.random() < 0.45
    for _ in range(count):
        if high:
            height = float(np.clip(rng.uniform(0.05, 0.16) * style.extent, 0.03, 0.25))
            score.move("crouch", now, 0.22, np.array([0.13]))
            score.move("crouch", now + 0.20, 0.17, np.zeros(1))
            now += 0.36
            who.jumps.append((now, height))
            now += 2.0 * math.sqrt(2.0 * height / 9.81)
            score.move("crouch", now - 0.04, 0.2, np.array([0.10]))
            score.move("crouch", now + 0.12, 0.25, np.zeros(1))
            now += 0.14 if rng.random() < 0.7 else 0.5
        else:
            period = who.time_of(0.45)
            score.move("crouch", now, 0.5 * period, np.array([rng.uniform(0.03, 0.07)]))
            score.move("crouch", now + 0.45 * period, 0.5 * period, np.zeros(1))
            now += period
        if arms:
            for part in ("left", "right"):
                score.move(part, now - 0.3, 0.35, score.target(part) + rng.normal(0.0, 0.18, 4))
    relax(who, now, 0.8, {"left", "right"})
    who.feet_free = max(who.feet_free, now + 0.4)
    return now + 0.4


def recoil(who: Performer, start: float) -> float:
    """Leaning away with the hands up, and on free feet a step back."""
    begin = max(start, who.feet_free)
    if who.rng.random() < 0.6:
        step_by(who, begin, -who.rng.uniform(0.15, 0.35), who.rng.normal(0.0, 0.05))
    name = ("startle", "ward_off", "hand_to_mouth")[int(who.rng.integers(3))]
    return play(who, GESTURES[name], begin, one_hand=who.rng.random() < 0.2)


def approach(who: Performer, start: float) -> float:
    """Steps towards the other, with open arms as often as not."""
    begin = max(start, who.feet_free)
    step_by(who, begin, who.rng.uniform(0.2, 0.5), who.rng.normal(0.0, 0.05))
    if who.rng.random() < 0.6:
        return play(who, GESTURES[("embrace", "open_arms", "reach")[int(who.rng.integers(3))]],
                    begin)
    return begin + 1.0


def stamp(who: Performer, start: float) -> float:
    """A foot comes down hard."""
    begin = max(start, who.feet_free)
    if not who.seated:
        foot = int(who.rng.integers(2))
        _lean_on(who, begin, 1 - foot, 0.35)
        for count in range(int(who.rng.integers(1, 4))):
            now = begin + 0.25 + 0.5 * count
            who.steps.append(Step(foot, now, now + 0.38, tuple(who.place[foot]), 0.14))
            who.feet_free = now + 0.45
        _lean_on(who, who.feet_free, 0.5, 0.5)
    return play(who, GESTURES["fists"], begin)


def step_by(who: Performer, start: float, forward: float, left: float, turn: float = 0.0) -> None:
    """Move both feet by metres forward and to the left and turn by radians, one after the other.

    Seated people and feet that are still busy stay where they are.
    """
    if who.seated or start < who.feet_free:
        return
    heading = float(who.score.target("heading")[0])
    centre = who.place.mean(axis=0)
    ahead = np.array([math.sin(heading), math.cos(heading)])
    aside = np.array([math.cos(heading), -math.sin(heading)])
    goal = centre + forward * ahead + left * aside
    after = heading + turn
    aside = np.array([math.cos(after), -math.sin(after)])
    ahead = np.array([math.sin(after), math.cos(after)])
    apart = 0.5 * who.rng.uniform(0.20, 0.34)
    stagger = 0.5 * who.rng.normal(0.0, 0.06)
    first = 0 if (left + turn) > 0 else 1
    duration = float(np.clip(who.time_of(0.45), 0.28, 0.9))
    lift = 0.05 + 0.05 * abs(forward)
    now = start
    for foot in (first, 1 - first):
        side = 1.0 if foot == 0 else -1.0
        place = goal + side * (apart * aside + stagger * ahead)
        _lean_on(who, now - 0.15, 1 - foot, 0.3)
        who.steps.append(Step(foot, now, now + duration, (place[0], place[1]), lift))
        who.place[foot] = place
        now += duration * who.rng.uniform(0.9, 1.2)
    _lean_on(who, now, 0.5, 0.6)
    if turn:
        who.score.move("heading", start - 0.1, now - start + 0.3, np.array([after]))
    who.feet_free = now + 0.2


def shift_weight(who: Performer, start: float) -> None:
    """Put the weight on one leg, or on both again."""
    onto = who.rng.choice([0.0, 0.5, 1.0]) + who.rng.normal(0.0, 0.1)
    _lean_on(who, start, float(onto), who.time_of(who.rng.uniform(0.8, 1.8)))


def _lean_on(who: Performer, start: float, foot: float, duration: float) -> None:
    """Weight on the left foot (0), the right one (1) or between; at most two thirds of the way."""
    apart = float(np.linalg.norm(who.place[0] - who.place[1]))
    shift = np.array([(0.5 - foot) * 0.6 * apart, who.rng.normal(0.0, 0.012)])
    who.score.move("shift", start, duration, shift)


def look(who: Performer, start: float, away: float) -> float:
    """Turn the head somewhere; ``away`` is the size of the turn, radians."""
    duration = who.time_of(0.5)
    direction = who.rng.normal(0.0, 1.0, 3) * (0.25 * away, 0.35 * away, away)
    who.score.move("head", start, duration, who.style.posture[HEAD] + direction)
    if abs(direction[2]) > 0.4:
        turned = who.style.posture[SPINE] + (0.0, 0.0, 0.25 * direction[2])
        who.score.move("spine", start, 1.3 * duration, turned)
    return start + duration


def nod(who: Performer, start: float) -> float:
    """Nod (or, one time in three, shake) the head two to four times."""
    size = who.rng.uniform(0.06, 0.16) * who.style.extent
    axis = [0.0, 0.0, 1.4] if who.rng.random() < 0.33 else [0.0, 1.0, 0.0]
    hertz = who.rng.uniform(1.2, 2.2) * who.style.tempo
    end = start + who.rng.integers(2, 5) / hertz
    who.score.shake("head", start, end, hertz, size * np.array(axis))
    return end


def _other(hand: str) -> str:
    return "left" if hand == "right" else "right"


@dataclass(frozen=True, slots=True)
class Primitive:
    """Something to do: how often (1 is average), and the (valence, arousal, dominance) it fits."""

    perform: Callable[[Performer, float], float]
    fits: tuple[float, float, float]
    often: float = 1.0


def _gesture(name: str) -> Callable[[Performer, float], float]:
    def perform(who: Performer, start: float) -> float:
        return play(who, GESTURES[name], start, one_hand=who.rng.random() < 0.2)

    return perform


# After the movements that Wallbott (1998) and Dael, Mortillaro & Scherer (2012) report
# for emotions; where they name none, authored.
REPERTOIRE: dict[str, Primitive] = {
    "beats": Primitive(beats, (0.1, 0.2, 0.2), 2.5),
    "wave": Primitive(wave, (0.7, 0.4, 0.2), 0.7),
    "clap": Primitive(clap, (0.7, 0.6, 0.3), 0.7),
    "laugh": Primitive(laugh, (0.8, 0.5, 0.3), 0.5),
    "sob": Primitive(sob, (-0.7, -0.1, -0.5), 0.5),
    "dance": Primitive(dance, (0.8, 0.4, 0.4), 0.5),
    "bounce": Primitive(bounce, (0.7, 0.8, 0.3), 0.7),
    "recoil": Primitive(recoil, (-0.3, 0.8, -0.4), 0.9),
    "approach": Primitive(approach, (0.5, 0.3, 0.4), 0.5),
    "stamp": Primitive(stamp, (-0.6, 0.7, 0.4), 0.5),
    **{
        name: Primitive(_gesture(name), fits, often)
        for name, fits, often in (
            ("shrug", (-0.1, 0.0, -0.2), 0.5), ("open_arms", (0.5, 0.2, 0.4), 0.7),
            ("lean_in", (0.3, 0.2, 0.1), 0.4), ("hand_to_chest", (0.3, 0.0, -0.1), 0.4),
            ("calm", (0.1, -0.1, 0.3), 0.4), ("think", (0.0, 0.0, 0.0), 0.7),
            ("bow", (0.2, -0.1, -0.2), 0.15), ("point", (0.0, 0.3, 0.4), 0.6),
            ("reach", (0.2, 0.2, 0.0), 0.5), ("cheer", (0.7, 0.8, 0.5), 0.9),
            ("fist_pump", (0.6, 0.7, 0.6), 0.7), ("embrace", (0.8, 0.4, 0.3), 0.6),
            ("strike", (-0.6, 0.8, 0.5), 0.8), ("fists", (-0.6, 0.7, 0.3), 0.7),
            ("accuse", (-0.5, 0.6, 0.6), 0.8), ("ward_off", (-0.6, 0.6, -0.5), 0.8),
            ("push_away", (-0.6, 0.4, 0.1), 0.7), ("startle", (0.1, 0.9, -0.3), 0.8),
            ("hand_to_mouth", (-0.2, 0.5, -0.4), 0.7), ("cover_face", (-0.7, -0.1, -0.6), 0.7),
            ("hands_on_head", (-0.3, 0.5, -0.4), 0.5), ("rub_neck", (-0.3, 0.0, -0.4), 0.5),
            ("hold_belly", (-0.2, 0.0, -0.3), 0.2), ("dismiss", (-0.3, 0.2, 0.4), 0.6),
            ("turn_away", (-0.5, 0.1, 0.1), 0.5), ("look_down_on", (-0.2, 0.2, 0.5), 0.4),
            ("sigh", (-0.4, -0.4, -0.3), 0.6), ("slump", (-0.7, -0.4, -0.5), 0.7),
            ("cower", (-0.7, 0.7, -0.8), 0.6),
        )
    },
}  # fmt: skip
