"""Random poses to train on: recorded ones, and new ones put together out of them.

Recordings that may be used freely show few people, mostly on their feet. Limbs move independently
enough that the arms of one pose suit the trunk and legs of another; legs that sit, squat and kneel
and arms that reach anywhere are drawn from the ranges of the joints (Luttgens & Hamilton,
"Kinesiology", 1997: hip 0 to 130 degrees of flexion, 45 of abduction; knee 0 to 140; elbow 0 to
145; shoulder 180 forward and sideways, 60 back).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.dataset.pose_clips import PoseClip, mirror
from kinesics_core.rotations import exponential, logarithm
from kinesics_core.skeletons import SMPLX_BODY


def _rows(*words: str) -> list[int]:
    return [i for i, name in enumerate(SMPLX_BODY) if name.endswith(words)]


LEGS = _rows("hip", "knee", "ankle", "foot")
ARMS = {side: [i for i in _rows("collar", "shoulder", "elbow", "wrist")
               if SMPLX_BODY[i].startswith(side)] for side in ("left", "right")}


@dataclass(frozen=True, slots=True)
class PosePool:
    """Recorded poses to draw from.

    Attributes:
        rotations: (N, 22, 3) axis-angle radians.
        odds: (N,) cumulative probability of each, so that a source counts with the root of its
            length.
    """

    rotations: np.ndarray
    odds: np.ndarray

    def draw(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Draw (count, 22, 3) recorded poses, half of them mirrored."""
        rows = np.searchsorted(self.odds, rng.random(count))
        poses = self.rotations[np.minimum(rows, len(self.rotations) - 1)]
        return np.where((rng.random(count) < 0.5)[:, None, None], mirror(poses), poses)


@dataclass(frozen=True, slots=True)
class MixingShares:
    """Shares of poses that are put together anew.

    Attributes:
        mixed: Whose arms and legs come from other recordings.
        legs: That sit, squat or kneel.
        arms: Of arms that reach in a random direction, a third of them with both alike.
    """

    mixed: float = 0.3
    legs: float = 0.1
    arms: float = 0.1


def pool_of(clips: Sequence[PoseClip]) -> PosePool:
    """Return the poses of recordings, of which there is at least one."""
    frames = {source: sum(len(clip.rotations) for clip in clips if clip.source == source)
              for source in {clip.source for clip in clips}}
    odds = np.concatenate([
        np.full(len(clip.rotations), frames[clip.source] ** -0.5) for clip in clips])
    return PosePool(
        np.concatenate([clip.rotations for clip in clips]), np.cumsum(odds) / odds.sum())


def draw(
    rng: np.random.Generator, poses: PosePool, count: int, shares: MixingShares = MixingShares()
) -> np.ndarray:
    """Draw poses, some as recorded, some put together anew.

    Returns:
        (count, 22, 3) axis-angle radians.
    """
    drawn = poses.draw(rng, count)
    for part in (LEGS, *ARMS.values()):
        chosen = rng.random(count) < shares.mixed
        other = poses.draw(rng, count)
        drawn[:, part] = np.where(chosen[:, None, None], other[:, part], drawn[:, part])
    chosen = rng.random(count) < shares.legs
    drawn[chosen] = lowered(rng, drawn[chosen])
    for side, opposite in (("left", "right"), ("right", "left")):
        who = np.flatnonzero(rng.random(count) < shares.arms)
        drawn[who] = reaching(rng, drawn[who], side)
        # Of whoever reaches with both arms, most do the same with them.
        both = who[rng.random(len(who)) < 0.35]
        arm = ARMS[opposite]
        drawn[both[:, None], arm] = mirror(drawn[both])[:, arm]
    return drawn


def lowered(rng: np.random.Generator, poses: np.ndarray) -> np.ndarray:
    """Return poses (B, 22, 3) with bent legs: seated, squatting, or on one knee."""
    count, out = len(poses), poses.copy()
    together = rng.random(count) < 0.7        # both legs do much the same
    both = rng.uniform(0.0, 1.0, (count, 2))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        own = np.where(together[:, None], both + 0.06 * rng.standard_normal((count, 2)),
                       rng.uniform(0.0, 1.0, (count, 2)))
        flexion = np.radians(40.0 + 85.0 * np.clip(own[:, 0], 0.0, 1.0))
        bend = np.radians(30.0 + 110.0 * np.clip(own[:, 1], 0.0, 1.0))
        aside = np.radians(rng.uniform(-8.0, 32.0, count)) * sign
        twist = np.radians(rng.uniform(-15.0, 35.0, count)) * sign
        hip = _turn(aside, 2) @ _turn(-flexion, 0) @ _turn(twist, 1)
        out[:, SMPLX_BODY.index(f"{side}_hip")] = logarithm(hip)
        out[:, SMPLX_BODY.index(f"{side}_knee")] = np.stack(
            [bend, *np.zeros((2, count))], axis=-1)
        out[:, SMPLX_BODY.index(f"{side}_ankle")] = np.radians(
            rng.normal((0.0, 0.0, 0.0), (14.0, 8.0, 6.0), (count, 3)))
    tilt = _turn(np.radians(rng.normal(0.0, 12.0, count)), 0)
    out[:, 0] = logarithm(exponential(out[:, 0].astype(np.float64)) @ tilt)
    return out


def reaching(rng: np.random.Generator, poses: np.ndarray, side: str) -> np.ndarray:
    """Return poses (B, 22, 3) with one arm in any direction it can take."""
    count, out = len(poses), poses.copy()
    sign = 1.0 if side == "left" else -1.0
    # Of the arm's directions in T-pose axes: little goes across the back.
    direction = rng.standard_normal((4 * count + 8, 3))
    direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
    outward = direction * (sign, 1.0, 1.0)
    possible = (outward[:, 2] > -0.6 - 0.3 * outward[:, 0]) & (outward[:, 0] > -0.55) & \
        (outward[:, 2] - 0.7 * outward[:, 0] > -0.75)
    direction = direction[possible]
    direction = direction[rng.integers(len(direction), size=count)]
    straight = np.array([sign, 0.0, 0.0])
    axis = np.cross(straight, direction)
    sine = np.linalg.norm(axis, axis=-1)
    swing = axis * (np.arctan2(sine, direction @ straight) / np.maximum(sine, 1e-9))[:, None]
    twist = _turn(np.radians(rng.normal(15.0, 35.0, count)), 0)
    shoulder = exponential(swing) @ twist
    # Shared between collar bone and shoulder, which lifts with the arm.
    lift = sign * np.radians(np.clip(rng.normal(18.0, 8.0, count) * direction[:, 1], -5.0, 30.0))
    out[:, SMPLX_BODY.index(f"{side}_collar")] = np.stack(
        [*np.zeros((2, count)), lift], axis=-1)
    out[:, SMPLX_BODY.index(f"{side}_shoulder")] = logarithm(_turn(-lift, 2) @ shoulder)
    bend = np.radians(145.0 * rng.random(count) ** 1.3)
    tilt = rng.normal(0.35, 0.2, count)       # of the hinge, as in recordings
    pronation = np.radians(rng.normal(0.0, 20.0, count))
    out[:, SMPLX_BODY.index(f"{side}_elbow")] = np.stack(
        [pronation, -sign * bend * np.cos(tilt), sign * bend * np.sin(tilt)], axis=-1)
    out[:, SMPLX_BODY.index(f"{side}_wrist")] = np.radians(
        rng.normal(0.0, (15.0, 12.0, 25.0), (count, 3)))
    return out


def _turn(angle: np.ndarray, axis: int) -> np.ndarray:
    """Return rotations (B, 3, 3) about x, y or z by angles (B,), radians."""
    return exponential(angle[:, None] * np.eye(3)[axis])
