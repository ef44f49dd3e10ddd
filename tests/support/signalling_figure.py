"""A person of sticks whose joints are placed by angles: the known process of these tests.

Axes of the body: x to its left, y up, z forward; metres and radians.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from kinesics_core.affect.signals import SignalReader
from kinesics_core.skeletons import MEDIAPIPE33, MEDIAPIPE33_TO_COCO17
from kinesics_core.types import NANOSECONDS, People, Person, SocialSignals

WIDTH, HEIGHT, FOCAL = 640, 480, 554.3
START = 1_763_700_000 * NANOSECONDS
UPPER_ARM, FOREARM, THIGH, SHIN = 0.30, 0.25, 0.42, 0.42


@dataclass
class Arm:
    """An arm: the upper arm's rise aside and forward, and the forearm's direction.

    Attributes:
        aside: Of the upper arm, 0 hangs, pi / 2 is level.
        ahead: Forward, likewise.
        forearm: Direction of the forearm: outwards, up, forward; None goes on as the upper arm.
        hand: Likewise of the hand; None goes on as the forearm.
    """

    aside: float = 0.12
    ahead: float = 0.0
    forearm: tuple[float, float, float] | None = None
    hand: tuple[float, float, float] | None = None


@dataclass
class Pose:
    """What the figure does at one moment."""

    left: Arm = field(default_factory=Arm)
    right: Arm = field(default_factory=Arm)
    head_yaw: float = 0.0
    head_pitch: float = 0.0
    lean: float = 0.0
    turn: float = 0.0
    shrug: float = 0.0
    sits: bool = False
    crouch: float = 0.0
    distance: float = 2.5
    aside: float = 0.0


def turned(points: np.ndarray, angle: float) -> np.ndarray:
    """Turn about the vertical, to the body's left."""
    c, s = np.cos(angle), np.sin(angle)
    return points @ np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])


def leaned(points: np.ndarray, angle: float) -> np.ndarray:
    """Lean forward about the hips."""
    c, s = np.cos(angle), np.sin(angle)
    return points @ np.array([[1, 0, 0], [0, c, s], [0, -s, c]])


def joints(pose: Pose) -> np.ndarray:
    """Return MediaPipe's 33 landmarks (33, 3) from the middle of the hips, axes of the body."""
    points = {name: np.zeros(3) for name in MEDIAPIPE33}
    head = {"nose": (0, 0.0, 0.11), "left_ear": (0.075, 0.02, 0), "right_ear": (-0.075, 0.02, 0)}
    for side in ("left", "right"):
        sign = 1 if side == "left" else -1
        for part in ("eye_inner", "eye", "eye_outer"):
            head[f"{side}_{part}"] = (0.032 * sign, 0.035, 0.09)
        head[f"mouth_{side}"] = (0.025 * sign, -0.05, 0.09)
        shoulder = np.array([0.18 * sign, 0.50 + pose.shrug, 0])
        arm = getattr(pose, side)
        upper = np.array([sign * np.sin(arm.aside) * np.cos(arm.ahead),
                          -np.cos(arm.aside) * np.cos(arm.ahead), np.sin(arm.ahead)])
        lower = upper if arm.forearm is None else np.array(arm.forearm) * (sign, 1, 1)
        lower = lower / np.linalg.norm(lower)
        elbow = shoulder + UPPER_ARM * upper
        wrist = elbow + FOREARM * lower
        points[f"{side}_shoulder"], points[f"{side}_elbow"] = shoulder, elbow
        points[f"{side}_wrist"] = wrist
        hand = lower if arm.hand is None else np.array(arm.hand) * (sign, 1, 1)
        hand = hand / np.linalg.norm(hand)
        for finger in ("pinky", "index", "thumb"):
            points[f"{side}_{finger}"] = wrist + 0.09 * hand
    turn = turned(leaned(np.array(list(head.values())), pose.head_pitch), pose.head_yaw)
    for name, place in zip(head, turn, strict=True):
        points[name] = place + (0, 0.68, 0.02)
    upper_body = np.array([points[name] for name in MEDIAPIPE33])
    upper_body = leaned(upper_body, pose.lean)
    for side, sign in (("left", 1), ("right", -1)):
        hip = np.array([0.10 * sign, 0, 0])
        down, ahead = np.cos(pose.crouch), np.sin(pose.crouch)
        knee = hip + THIGH * np.array([0, 0, 1.0] if pose.sits else [0, -down, ahead])
        ankle = knee - SHIN * np.array([0, down, ahead])
        for name, place in (("hip", hip), ("knee", knee), ("ankle", ankle), ("heel", ankle),
                            ("foot_index", ankle + (0, -0.05, 0.12))):
            upper_body[MEDIAPIPE33.index(f"{side}_{name}")] = place
    return turned(upper_body, pose.turn)


def person(pose: Pose, number: int = 1, noise: float = 0.0, seed: int = 0) -> Person:
    """Return the figure as a camera at chest height sees it; ``noise`` in px and per 4 mm."""
    world = joints(pose) * (1.0, -1.0, -1.0)
    random = np.random.default_rng(seed)
    sunk = (THIGH + SHIN) * (1 - np.cos(pose.crouch))
    place = world + (pose.aside, 0.3 + sunk, pose.distance)
    pixels = FOCAL * place[:, :2] / place[:, 2:] + (WIDTH / 2, HEIGHT / 2)
    pixels = pixels + random.normal(0, noise, pixels.shape)
    world = world + random.normal(0, 0.004 * noise, world.shape)
    inside = ((pixels >= 0) & (pixels < (WIDTH, HEIGHT))).all(axis=1)
    pose33 = np.column_stack([pixels, world[:, 2] * FOCAL / pose.distance,
                              np.where(inside, 0.95, 0.1)]).astype(np.float32)
    return Person(number, 0.95, pose33[MEDIAPIPE33_TO_COCO17][:, [0, 1, 3]].copy(), pose=pose33,
                  pose_world=world.astype(np.float32))


def watch(
    motion: Callable[[float], Pose], seconds: float, rate: float = 30.0, noise: float = 0.5,
    reader: SignalReader | None = None, change: Callable[[Person], None] = lambda person: None,
) -> list[SocialSignals]:
    """Return the signals of every image of a motion (seconds -> pose)."""
    reader = reader or SignalReader()
    out = []
    for index in range(int(seconds * rate)):
        seen = person(motion(index / rate), noise=noise, seed=index)
        change(seen)
        stamp = START + round(index / rate * NANOSECONDS)
        out += reader.update(People(stamp, WIDTH, HEIGHT, [seen]))
    return out
