"""From a score and steps to a body: joint rotations, legs, COCO-17.

The pelvis goes where the feet let it; trunk, head and arms are a chain of rotations on it, the legs
two links with a hinge. Sizes are authored on a rendered body.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.expression.body_animator import JOINT_HIGH, JOINT_LOW, SPINE_SHARES
from kinesics_core.expression.posture import SPINE
from kinesics_core.kinematics import REST_OFFSETS, coco_keypoints, forward_kinematics
from kinesics_core.rotations import exponential, mirrored
from kinesics_core.skeletons import SMPLX_BODY, SMPLX_BODY_PARENTS
from kinesics_core.synthesis.carriage import (
    ARM_UNREST,
    SEAT_UNREST,
    TRUNK,
    UNREST,
    Carriage,
    carry,
)
from kinesics_core.synthesis.footwork import (
    Gait,
    ankles,
    flight,
    lift_heels,
    reachable_height,
    smooth,
    solve_legs,
)
from kinesics_core.synthesis.performer import Performer
from kinesics_core.synthesis.score import ARM_ORIGIN, ELBOW_RANGE

SIDES = (("left", 1.0), ("right", -1.0))

_UPPER = [0, 1, 2, 3, 6, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]
_ROW = {SMPLX_BODY[joint]: row for row, joint in enumerate(_UPPER)}
_UPPER_PARENTS = [
    -1 if joint == 0 else _UPPER.index(SMPLX_BODY_PARENTS[joint]) for joint in _UPPER
]


@dataclass(frozen=True, slots=True)
class Arms:
    """Movement of the arms beside the score; authored, radians.

    Attributes:
        busy_swing: Share of a gait's swing that is left to a hand that is gesturing.
        tremor_hertz: Least and largest frequency.
        tremor: Share of the four arm angles in it.
        running_elbow: Flexion that a run adds.
        swing_elbow: Flexion per radian of swing forward.
        collar: Least and largest height of a shoulder.
    """

    busy_swing: float = 0.2
    tremor_hertz: tuple[float, float] = (6.0, 9.0)
    tremor: tuple[float, float, float, float] = (0.3, 0.3, 0.3, 0.6)
    running_elbow: float = 1.0
    swing_elbow: float = 0.35
    collar: tuple[float, float] = (-0.15, 0.5)


@dataclass(frozen=True, slots=True)
class Stance:
    """Place of the pelvis over the feet; authored, metres.

    Attributes:
        sole: Height of the ankle over that of the ball of the foot.
        steady: Standard deviation and reach of the filter over the feet, frames: about a step.
        straight: Share of its length to which a leg is stretched in standing.
        deepest: Of a crouch.
        give: How far the pelvis sinks for a foot that is out of reach before the heel rises:
            standing and in a gait.
        sharpness: Of the corner where one limit takes over from another, 1/m.
        outward: How far knees point outward, over forward.
    """

    sole: float = 0.015
    steady: tuple[float, int] = (7.0, 18)
    straight: float = 0.985
    deepest: float = 0.3
    give: tuple[float, float] = (0.10, 0.035)
    sharpness: float = 60.0
    outward: float = 0.10


@dataclass(frozen=True, slots=True)
class Seat:
    """A chair: its height goes with the shin; authored.

    Attributes:
        height: Share of the shin, and metres on top, from the floor to the hip joints.
        back: Least and largest distance from the feet back to the pelvis, metres, for an average
            thigh.
        knees_up: How far knees point up, over forward.
    """

    height: tuple[float, float] = (0.95, 0.10)
    back: tuple[float, float] = (0.36, 0.46)
    knees_up: float = 0.9


ARMS, STANCE, SEAT = Arms(), Stance(), Seat()


def keypoints_of(
    performer: Performer, offsets: np.ndarray, times: np.ndarray, places: np.ndarray,
    gait: Gait | None,
) -> np.ndarray:
    """Return the COCO-17 keypoints (T, 17, 3), metres, of a performance.

    Args:
        performer: Who has written score, steps and jumps.
        offsets: (22, 3) metres, the performer's joints as ``kinematics.REST_OFFSETS``.
        times: (T,) seconds.
        places: (2, 2) floor positions of both feet at the beginning, metres.
        gait: Of who walks or runs.
    """
    carriage = carry(performer, times, gait)
    # The pelvis is over the feet, unless seated; a filter as long as a step keeps it steady.
    feet = ankles(times, places, performer.steps, _ankle_height(offsets))
    air = flight(times, performer.jumps)
    feet[:, :, 1] += air[:, None]
    if gait is not None:
        root = gait.path.copy()
    else:
        root = smooth(feet[:, :, [0, 2]].mean(axis=1), *STANCE.steady)
    ahead, aside = carriage.ahead, carriage.aside
    root += carriage.shift[:, :1] * aside + carriage.shift[:, 1:] * ahead

    rotations = _upper_rotations(performer, carriage, times)
    hips = np.einsum("tij,kj->tki", rotations[:, 0], offsets[[1, 2]])
    hips[:, :, [0, 2]] += root[:, None]
    if performer.seated:
        back, height = _sit(performer, carriage, offsets)
        root = root - back * ahead
        hips[:, :, [0, 2]] -= back * ahead[:, None]
    else:
        height, feet = _stand(carriage, offsets, hips, feet, air, walking=gait is not None)

    chain = np.broadcast_to(offsets[_UPPER], (len(times), len(_UPPER), 3)).copy()
    chain[:, 0, [0, 2]] = root
    chain[:, 0, 1] = height
    hips[:, :, 1] += height[:, None]
    positions, orientations = forward_kinematics(rotations, chain, _UPPER_PARENTS)
    knees, ends = _legs(carriage, offsets, hips, feet, seated=performer.seated)
    joints = {
        f"{side}_{name}": positions[:, _ROW[f"{side}_{name}"]]
        for side, _ in SIDES for name in ("shoulder", "elbow", "wrist")
    }
    for number, (side, _) in enumerate(SIDES):
        joints[f"{side}_hip"] = hips[:, number]
        joints[f"{side}_knee"] = knees[:, number]
        joints[f"{side}_ankle"] = ends[:, number]
    return coco_keypoints(joints, positions[:, _ROW["head"]], orientations[:, _ROW["head"]])


def _upper_rotations(
    performer: Performer, carriage: Carriage, times: np.ndarray
) -> np.ndarray:
    """Return the rotations (T, joints, 3, 3) of the chain ``_UPPER``."""
    pelvis, spine = carriage.pelvis, carriage.spine
    rotations = np.empty((len(times), len(_UPPER), 3, 3))
    rotations[:] = np.eye(3)
    yaw, tilt = np.zeros((2, len(times), 3))
    yaw[:, 1] = carriage.heading + pelvis[:, 1]
    tilt[:, 0], tilt[:, 2] = pelvis[:, 0], pelvis[:, 2]
    rotations[:, 0] = exponential(yaw) @ exponential(tilt)
    bend = spine[:, [1, 2, 0]]
    bend[:, 0] -= pelvis[:, 0]
    bend[:, 2] -= pelvis[:, 2]
    for name, share in SPINE_SHARES:
        rotations[:, _ROW[name]] = exponential(share * bend)
    nod_back = np.zeros_like(carriage.head)
    beyond = np.maximum(spine[:, 1] - performer.style.posture[SPINE][1], 0.0)
    nod_back[:, 1] = TRUNK.neck * beyond
    for name in ("neck", "head"):
        low, high = (limit[SMPLX_BODY.index(name) - 1] for limit in (JOINT_LOW, JOINT_HIGH))
        half = np.clip(0.5 * (carriage.head - nod_back)[:, [1, 2, 0]], low, high)
        rotations[:, _ROW[name]] = exponential(half)
    for number, (side, sign) in enumerate(SIDES):
        shoulder, elbow = _arm(performer, carriage, times, side, sign)
        rotations[:, _ROW[f"{side}_shoulder"]] = shoulder
        rotations[:, _ROW[f"{side}_elbow"]] = elbow
        raised = np.zeros((len(times), 3))
        raised[:, 2] = sign * np.clip(carriage.collars[:, number], *ARMS.collar)
        rotations[:, _ROW[f"{side}_collar"]] = exponential(raised)
    return rotations


def _arm(
    performer: Performer, carriage: Carriage, times: np.ndarray, side: str, sign: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rotations (T, 3, 3) of shoulder and elbow; ``sign`` is 1 left and -1 right."""
    rng, part = performer.rng, carriage.part
    free = 1.0 - np.clip(part[f"{side}_busy"][:, 0], 0.0, 1.0)
    swung = np.zeros((len(times), 3))
    swung[:, 0] = sign * carriage.swing * (ARMS.busy_swing + (1.0 - ARMS.busy_swing) * free)
    wobble = carriage.unrest[:, ARM_UNREST[side]] * UNREST.arm
    shaken = performer.style.tremor * np.sin(
        2 * np.pi * rng.uniform(*ARMS.tremor_hertz) * times[:, None] + rng.uniform(0, 6, 4))
    arm = part[side] + wobble + shaken * ARMS.tremor
    flexion = (arm[:, 3] + free * (ARMS.running_elbow if carriage.running else 0.0)
               + ARMS.swing_elbow * np.maximum(-swung[:, 0], 0))
    turn = arm[:, :3] if sign > 0 else mirrored(arm[:, :3])
    shoulder = exponential(swung) @ _reflected(ARM_ORIGIN, sign) @ exponential(turn)
    elbow = np.zeros((len(times), 3))
    elbow[:, 1] = -sign * np.clip(flexion, *ELBOW_RANGE)
    return shoulder, exponential(elbow)


def _sit(
    performer: Performer, carriage: Carriage, offsets: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return how far the pelvis is behind the feet, and its height (T,), metres."""
    thigh, shin = _leg_lengths(offsets)
    seat = SEAT.height[0] * shin + SEAT.height[1]
    back = performer.rng.uniform(*SEAT.back) * (thigh / -float(REST_OFFSETS[4, 1]))
    return back, seat + UNREST.seat * carriage.unrest[:, SEAT_UNREST]


def _stand(
    carriage: Carriage, offsets: np.ndarray, hips: np.ndarray, feet: np.ndarray, air: np.ndarray,
    *, walking: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the height (T,) of the pelvis, as low as the legs need, and the feet (T, 2, 3)."""
    leg = sum(_leg_lengths(offsets))
    ease = _ankle_height(offsets) - float(offsets[1, 1]) + STANCE.straight * leg
    crouch = np.clip(carriage.part["crouch"][:, 0], 0.0, STANCE.deepest)
    wanted = ease + air + carriage.bob - crouch
    limit = reachable_height(hips, feet, leg)
    # No corners where one limit takes over from the other.
    sharp = STANCE.sharpness
    limit = np.logaddexp(sharp * limit, sharp * (wanted - STANCE.give[walking])) / sharp
    height = -np.logaddexp(-sharp * wanted, -sharp * limit) / sharp
    return height, lift_heels(hips + (0.0, 1.0, 0.0) * height[:, None, None], feet, leg)


def _legs(
    carriage: Carriage, offsets: np.ndarray, hips: np.ndarray, feet: np.ndarray, *, seated: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return knees and ankles (T, 2, 3): knees point ahead and a little outward, as feet do."""
    outward = STANCE.outward * np.array([1.0, -1.0])[None, :, None] * carriage.aside[:, None]
    towards = np.zeros((len(hips), 2, 3))
    towards[:, :, [0, 2]] = carriage.ahead[:, None] + outward
    towards[:, :, 1] = SEAT.knees_up if seated else 0.0
    return solve_legs(hips, feet, towards, *_leg_lengths(offsets))


def _leg_lengths(offsets: np.ndarray) -> tuple[float, float]:
    """Return the lengths of thigh and shin, metres."""
    thigh, shin = (float(np.linalg.norm(offsets[joint])) for joint in (4, 7))
    return thigh, shin


def _ankle_height(offsets: np.ndarray) -> float:
    return -float(offsets[10, 1]) + STANCE.sole


def _reflected(rotation: np.ndarray, sign: float) -> np.ndarray:
    """Return the rotation as the other side of the body makes it, for ``sign`` -1."""
    mirror = np.diag([sign, 1.0, 1.0])
    return mirror @ rotation @ mirror
