"""Gestures performed by people of many proportions, in many ways: motion with a known name.

A performance is a few key poses drawn at random around a gesture's idea, minimum-jerk between them
(``expression.gesture_take``), on a body whose bones are drawn too and that sways as people do. What
is no gesture is performed as well: standing, talking with the hands, walking, looking about.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from kinesics_core.affect.signals import GESTURES
from kinesics_core.body import arm_poses as arm
from kinesics_core.body.arm_poses import ArmPose, arm_vector
from kinesics_core.body.gestures import Gesture, KeyPose
from kinesics_core.expression.gesture_take import mirrored_key, take_of
from kinesics_core.expression.manner import Manner
from kinesics_core.expression.posture import COLLARS, HEAD, LEFT_ARM, POSE_SIZE, RIGHT_ARM, SPINE
from kinesics_core.judging.performed_beckoning import COUNTER, FORMS, hands_of
from kinesics_core.kinematics import HEAD_OFFSETS
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import COCO17

RATE = 30.0
"""Frames per second of a performance."""

BEFORE, AFTER = 1.5, 0.7
"""Seconds of standing about before and after a gesture."""

NOTHING = ("stand", "talk", "walk", "look_about", "look_down", "fidget", "step_aside",
           "offer_hand")
"""Performances that are no gesture of ours."""

_WITH_ONE_FINGER = {"come_here_fingers": 0.5, "point": 0.7}
"""Share of performances in which the index finger does it alone, the others being clenched."""


@dataclass(frozen=True, slots=True)
class Performance:
    """A performed gesture.

    Attributes:
        name: One of ``GESTURES``, ``NOTHING`` or ``performed_beckoning``'s.
        keypoints: (T, 17, 3) metres, y up, COCO-17 at ``RATE``.
        begins, ends: Seconds of its first move and of the return to rest.
        hands: (T, 2, 21, 3) metres, landmarks of the left and the right hand.
    """

    name: str
    keypoints: np.ndarray
    begins: float
    ends: float
    hands: np.ndarray


@dataclass(frozen=True, slots=True)
class Build:
    """Bones of a body, metres; ``seated`` bends hips and knees."""

    trunk: float
    shoulders: float
    upper_arm: float
    forearm: float
    thigh: float
    shin: float
    neck: float
    seated: bool = False


def random_build(random: np.random.Generator) -> Build:
    """Draw an adult's bones: shares of stature (Drillis & Contini 1966), each 5 % to and fro."""
    stature = random.normal(1.70, 0.09)

    def bone(share: float) -> float:
        return float(stature * share * random.normal(1.0, 0.05))

    return Build(bone(0.288), bone(0.105), bone(0.186), bone(0.146), bone(0.245), bone(0.246),
                 bone(0.075), seated=random.random() < 0.25)


def perform(name: str, random: np.random.Generator) -> Performance:
    """Return a performance of a gesture, or of what is none.

    Poses are directions of bones, so that on some bodies hands miss the face or arms do not cross;
    those are drawn again.

    Args:
        name: One of ``GESTURES``, ``NOTHING`` or ``performed_beckoning``'s.
        random: Draws everything.
    """
    while True:
        made = _perform(name, random)
        if name not in _SHOWN or _SHOWN[name](made):
            return made


def _hand_is_on_face(made: Performance) -> bool:
    middle = int(0.5 * (made.begins + made.ends) * RATE)
    off = np.linalg.norm(made.hands[middle] - made.keypoints[middle, 0], axis=-1)
    return bool(off.min() < _AT_FACE)


def _arms_are_crossed(made: Performance) -> bool:
    points = made.keypoints[int(0.5 * (made.begins + made.ends) * RATE)]
    return bool(points[9, 0] < points[10, 0])


_AT_FACE = 0.12
"""Metres from the nose to the nearest landmark of a hand that is at the chin, mouth or cheek."""

_SHOWN: dict[str, Callable[[Performance], bool]] = {
    "hand_on_face": _hand_is_on_face, "arms_crossed": _arms_are_crossed,
}
"""Gesture -> whether a performance shows it."""


def _perform(name: str, random: np.random.Generator) -> Performance:
    build = random_build(random)
    form = str(random.choice(tuple(FORMS))) if name == "come_here" else name
    gesture = _MADE[form](random)
    one_finger = random.random() < _WITH_ONE_FINGER.get(form, 0.0)
    if random.random() < 0.5:
        gesture = replace(gesture, keys=tuple(mirrored_key(key) for key in gesture.keys))
    manner = Manner(
        tempo=float(np.exp(random.normal(0.0, 0.12))), extent=random.uniform(0.85, 1.15),
        sharpness=random.uniform(0.2, 0.8))
    take = take_of(gesture, manner, rng=random)
    length = take.duration / manner.tempo
    times = np.arange(0.0, BEFORE + length + AFTER, 1.0 / RATE)
    swaying = sway(random, times)
    rest = np.zeros(POSE_SIZE)
    hanging = arm_vector(_near(arm.RELAXED, random, 0.05))
    rest[LEFT_ARM] = rest[RIGHT_ARM] = hanging
    poses = np.array([take.at((t - BEFORE) * manner.tempo, rest) for t in times]) + swaying
    turn, travel = _travel(name, random, times - BEFORE, length)
    keypoints = keypoints_of(poses, turn, travel, build)
    hands = np.einsum("tij,tskj->tski", _turned(poses[:, SPINE]), hands_of(poses, one_finger))
    hands = hands @ exponential(turn[:, None] * (0.0, 1.0, 0.0)).transpose(0, 2, 1)[:, None]
    hands += keypoints[:, 9:11, None]
    return Performance(name, keypoints, BEFORE, BEFORE + length, hands)


def _near(pose: ArmPose, random: np.random.Generator, spread: float = 0.10) -> ArmPose:
    """Return an arm pose whose directions differ by about ``spread`` radians."""
    upper, fore = (tuple(np.array(part) / np.linalg.norm(part) + random.normal(0, spread, 3))
                   for part in (pose.upper, pose.fore))
    return replace(pose, upper=upper, fore=fore)


def _held(
    random: np.random.Generator, hold: tuple[float, float], **parts: object
) -> Gesture:
    """Return a gesture that goes to a pose, holds it and returns."""
    rise, stay = random.uniform(0.4, 0.8), random.uniform(*hold)
    keys = (KeyPose(rise, **parts), KeyPose(rise + stay, **parts))  # type: ignore[arg-type]
    return Gesture(rise + stay + random.uniform(0.4, 0.8), keys, "")


def _to_and_fro(
    random: np.random.Generator, half: tuple[float, float], times: tuple[int, int],
    ends: tuple[dict[str, object], dict[str, object]], rise: tuple[float, float] = (0.35, 0.6),
) -> Gesture:
    """Return a gesture that swings between two poses; ``times`` counts the poses."""
    step, count, at = random.uniform(*half), int(random.integers(*times, endpoint=True)), \
        random.uniform(*rise)
    keys = tuple(KeyPose(at + i * step, **ends[i % 2]) for i in range(count))  # type: ignore
    return Gesture(at + (count - 1) * step + random.uniform(0.4, 0.7), keys, "")


def _wave(random: np.random.Generator) -> Gesture:
    high = random.uniform(0.0, 1.0)
    upper = np.array([0.45, -0.9, 0.3]) * (1 - high) + np.array([0.8, 0.4, 0.35]) * high
    swing = random.uniform(0.35, 0.8)
    upper = upper + random.normal(0, 0.1, 3)
    out, back = (ArmPose(tuple(upper), (0.15 + sign * swing, 1.0, 0.25)) for sign in (1, -1))
    return _to_and_fro(random, (0.17, 0.4), (4, 8), ({"right": out}, {"right": back}))


def _hands_raised(random: np.random.Generator) -> Gesture:
    pose = _near(arm.RAISED, random)
    both = random.random() < 0.6
    return _held(random, (0.7, 2.0), right=pose, left=pose if both else None)


def _point(random: np.random.Generator) -> Gesture:
    aside, up = random.uniform(-0.2, 1.35), random.uniform(-0.35, 0.45)
    line = np.array([np.sin(aside) * np.cos(up), np.sin(up), np.cos(aside) * np.cos(up)])
    pose = ArmPose(tuple(line + random.normal(0, 0.08, 3)), tuple(line),
                   curl=random.uniform(0.0, 0.2))
    return _held(random, (0.6, 1.6), right=pose, head=(0.0, 0.0, -random.uniform(0.0, 0.4) * aside))


def _clap(random: np.random.Generator) -> Gesture:
    lift = random.uniform(-0.2, 0.3)
    close = random.uniform(0.0, 0.35)  # so far that hands meet, whatever the shoulders' width
    apart, together = (
        replace(pose, fore=(pose.fore[0] - close, pose.fore[1] + lift, pose.fore[2]))
        for pose in (arm.CLAP_OPEN, arm.CLAP_SHUT))
    return _to_and_fro(random, (0.12, 0.26), (6, 12), (
        {"left": apart, "right": apart}, {"left": together, "right": together}))


def _bow(random: np.random.Generator) -> Gesture:
    return _held(random, (0.15, 1.0), spine=(0.0, random.uniform(0.4, 0.85), 0.0),
                 head=(0.0, random.uniform(0.1, 0.35), 0.0))


def _arms_crossed(random: np.random.Generator) -> Gesture:
    above, below = ((arm.CROSSED_ABOVE, arm.CROSSED_BELOW), (
        arm.EMBRACED_ABOVE, arm.EMBRACED_BELOW))[int(random.integers(2))]
    close = random.uniform(-0.15, 0.0)  # elbows are drawn in as far as the arms need it
    above, below = (
        replace(pose, upper=(pose.upper[0] + close, pose.upper[1], pose.upper[2] + 0.1),
                fore=(pose.fore[0] + 0.5 * close, pose.fore[1] + 0.1, pose.fore[2]))
        for pose in (above, below))
    return _held(random, (1.0, 2.5), left=_near(above, random, 0.05),
                 right=_near(below, random, 0.05))


def _hand_on_face(random: np.random.Generator) -> Gesture:
    pose = (arm.AT_CHIN, arm.AT_MOUTH, arm.OVER_FACE)[int(random.integers(3))]
    pose = _near(pose, random, 0.04)
    both = random.random() < 0.25
    return _held(random, (0.8, 2.0), right=pose, left=pose if both else None,
                 head=(0.0, random.uniform(0.0, 0.2), random.uniform(-0.1, 0.1)))


def _hands_on_hips(random: np.random.Generator) -> Gesture:
    pose = _near(arm.ON_HIP, random, 0.06)
    return _held(random, (1.0, 2.5), left=pose, right=pose)


def _shrug(random: np.random.Generator) -> Gesture:
    pose = _near(arm.SHRUG, random) if random.random() < 0.7 else None
    return _held(random, (0.25, 0.7), left=pose, right=pose, collars=random.uniform(0.22, 0.38),
                 head=(random.uniform(-0.15, 0.15), 0.0, 0.0))


def _nod(random: np.random.Generator) -> Gesture:
    size = random.uniform(0.14, 0.36)
    return _to_and_fro(random, (0.15, 0.3), (3, 7), (
        {"head": (0.0, size, 0.0)}, {"head": (0.0, -0.15 * size, 0.0)}), (0.15, 0.3))


def _shake(random: np.random.Generator) -> Gesture:
    size = random.uniform(0.2, 0.45)
    return _to_and_fro(random, (0.18, 0.36), (4, 7), (
        {"head": (0.0, 0.0, size)}, {"head": (0.0, 0.0, -size)}), (0.15, 0.3))


def _lean_in(random: np.random.Generator) -> Gesture:
    size = random.uniform(0.17, 0.30)
    return _held(random, (1.2, 2.5), spine=(0.0, size, 0.0),
                 head=(0.0, -random.uniform(0.4, 0.9) * size, 0.0))


def _turn_away(random: np.random.Generator) -> Gesture:
    return _held(random, (1.2, 2.2), head=(0.0, random.uniform(0.0, 0.1), 0.3))


def _stand(random: np.random.Generator) -> Gesture:
    return _held(random, (1.0, 2.0), head=(0.0, random.normal(0, 0.04), random.normal(0, 0.06)))


def _talk(random: np.random.Generator) -> Gesture:
    """Return beats: hands in front that move a little and irregularly, and a head that moves."""
    keys, at = [], 0.5
    sides = ("left", "right") if random.random() < 0.5 else ("right",)
    for _ in range(int(random.integers(3, 7))):
        pose = _near(ArmPose((0.25, -0.95, 0.25), (0.05, 0.05, 1.0)), random, 0.16)
        roll, pitch, yaw = random.normal(0, 0.05, 3).tolist()
        keys.append(KeyPose(at, right=pose, left=pose if "left" in sides else None,
                            head=(roll, pitch, yaw)))
        at += random.uniform(0.3, 0.8)
    return Gesture(at + 0.3, tuple(keys), "")


def _walk(random: np.random.Generator) -> Gesture:
    half, size, keys = random.uniform(0.45, 0.6), random.uniform(0.15, 0.4), []
    for i in range(8):
        swing = size * (-1) ** i
        left, right = (ArmPose((0.12, -1.0, way), (0.1, -1.0, way + 0.2))
                       for way in (swing, -swing))
        keys.append(KeyPose(0.4 + i * half, left=left, right=right))
    return Gesture(0.4 + 8 * half, tuple(keys), "")


def _look_about(random: np.random.Generator) -> Gesture:
    return _held(random, (0.5, 1.5), head=(0.0, random.normal(0, 0.1), random.uniform(0.3, 0.55)))


def _look_down(random: np.random.Generator) -> Gesture:
    pose = _near(ArmPose((0.15, -0.95, 0.25), (-0.35, 0.35, 0.9)), random)
    return _held(random, (1.0, 2.5), right=pose, head=(0.0, random.uniform(0.25, 0.45), 0.0))


def _fidget(random: np.random.Generator) -> Gesture:
    poses = (arm.CLASPED, arm.ON_BELLY, arm.BEHIND_BACK, arm.IN_POCKET, arm.ON_CHEST)
    pose = _near(poses[int(random.integers(len(poses)))], random, 0.06)
    return _held(random, (0.8, 2.0), right=pose, left=pose if random.random() < 0.5 else None)


def _offer_hand(random: np.random.Generator) -> Gesture:
    """Return a hand held out to be shaken, at the height of the hips to the belly."""
    low, level = random.uniform(0.55, 0.85), random.uniform(-0.3, 0.2)
    pose = _near(ArmPose((0.2, -low, 0.65), (0.0, level, 1.0), twist=0.0, curl=0.1), random, 0.08)
    return _held(random, (0.8, 2.0), right=pose)


_MADE: dict[str, Callable[[np.random.Generator], Gesture]] = {
    **{name: globals()[f"_{name}"] for name in GESTURES if name != "come_here"},
    "stand": _stand, "talk": _talk, "walk": _walk, "look_about": _look_about,
    "look_down": _look_down, "fidget": _fidget, "step_aside": _stand, "offer_hand": _offer_hand,
    **FORMS, **COUNTER,
}


def sway(random: np.random.Generator, times: np.ndarray) -> np.ndarray:
    """Return what a body does all the time (T, POSE_SIZE): slow sums of sines."""
    sizes = np.zeros(POSE_SIZE)
    sizes[SPINE], sizes[HEAD], sizes[COLLARS] = 0.012, 0.025, 0.008
    for part in (LEFT_ARM, RIGHT_ARM):
        sizes[part][:6] = 0.02
    rates = random.uniform(0.1, 0.7, (3, POSE_SIZE))
    phases = random.uniform(0, 2 * np.pi, (3, POSE_SIZE))
    waves: np.ndarray = np.sin(2 * np.pi * rates * times[:, None, None] + phases).sum(1) / 1.5
    return sizes * waves


def _travel(
    name: str, random: np.random.Generator, times: np.ndarray, length: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return heading (T,) in radians and place (T, 2), metres to the left and forward."""
    turn, travel = np.zeros(len(times)), np.zeros((len(times), 2))
    share = np.clip(times / max(0.4 * length, 0.7), 0.0, 1.0)
    step = share**3 * (10 - 15 * share + 6 * share**2)
    if name == "turn_away":
        turn = random.choice((-1, 1)) * random.uniform(1.0, 2.2) * step
    elif name == "walk":
        travel[:, 1] = random.choice((-1, 1)) * random.uniform(0.3, 0.5) * np.clip(times, 0, length)
    elif name == "step_aside":
        travel[:, 0] = random.choice((-1, 1)) * random.uniform(0.3, 0.7) * step
    return turn, travel


def keypoints_of(
    poses: np.ndarray, turn: np.ndarray, travel: np.ndarray, build: Build
) -> np.ndarray:
    """Return COCO-17 keypoints (T, 17, 3) of pose vectors (T, POSE_SIZE)."""
    spine, head = _turned(poses[:, SPINE]), _turned(poses[:, HEAD])
    points = np.zeros((len(poses), 17, 3))
    place = {name: index for index, name in enumerate(COCO17)}
    top = np.einsum("tij,j->ti", spine, [0.0, build.trunk, 0.0])
    skull = top + np.einsum("tij,j->ti", spine, [0.0, build.neck, 0.02])
    for name, offset in HEAD_OFFSETS.items():
        points[:, place[name]] = skull + np.einsum("tij,tjk,k->ti", spine, head, np.array(offset))
    for side, sign, part in (("left", 1.0, LEFT_ARM), ("right", -1.0, RIGHT_ARM)):
        raised = 0.22 * poses[:, COLLARS][:, 0 if side == "left" else 1]
        shoulder = np.stack([np.full(len(poses), sign * build.shoulders), raised,
                             np.zeros(len(poses))], axis=-1)
        upper, fore = (_unit(poses[:, part][:, three]) * (sign, 1.0, 1.0)
                       for three in (slice(0, 3), slice(3, 6)))
        elbow = shoulder + build.upper_arm * upper
        for joint, local in (("shoulder", shoulder), ("elbow", elbow),
                             ("wrist", elbow + build.forearm * fore)):
            points[:, place[f"{side}_{joint}"]] = top + np.einsum("tij,tj->ti", spine, local)
        hip = np.array([sign * 0.55 * build.shoulders, 0.0, 0.0])
        knee = hip + build.thigh * np.array((0.0, -0.1, 1.0) if build.seated else (0.0, -1.0, 0.05))
        points[:, place[f"{side}_hip"]], points[:, place[f"{side}_knee"]] = hip, knee
        points[:, place[f"{side}_ankle"]] = knee - (0.0, build.shin, 0.0)
    c, s = np.cos(turn)[:, None], np.sin(turn)[:, None]
    x, z = points[..., 0].copy(), points[..., 2].copy()
    points[..., 0], points[..., 2] = c * x + s * z, c * z - s * x
    points[..., 0] += travel[:, :1]
    points[..., 2] += travel[:, 1:]
    return points


def _turned(angles: np.ndarray) -> np.ndarray:
    """Return rotations (T, 3, 3) of roll, pitch (forward) and yaw (to the left)."""
    roll, pitch, yaw = angles.T
    zero = np.zeros_like(roll)
    made: np.ndarray = exponential(np.stack([zero, yaw, zero], -1)) @ exponential(
        np.stack([pitch, zero, zero], -1)) @ exponential(np.stack([zero, zero, roll], -1))
    return made


def _unit(vectors: np.ndarray) -> np.ndarray:
    length: np.ndarray = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(length, 1e-6)
