"""Steps with which a body leaves the pose it starts from, so that its feet do not slide.

One foot after the other is lifted, carried to where it stands from then on, and put down; the other
one rests meanwhile. Who sits gets up over feet that rest, leaning forward, and steps at the end.
Each leg is two links: the knee gives the distance of hip and ankle, and the hip turns by the
smallest rotation that brings the ankle to its place, so that knees keep pointing where they did.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kinesics_core.body.gestures import minimum_jerk
from kinesics_core.body.leg_ik import LEG_ROWS, flexion
from kinesics_core.body.parameters import BodyFrames
from kinesics_core.rotations import about_axis, exponential, logarithm
from kinesics_core.skeletons import SMPLX_BODY

TURNS = ((0.05, 0.5), (0.5, 0.95))
"""Shares of the time in which the first and the second foot is carried."""

UP_TURNS = ((0.6, 0.78), (0.78, 0.96))
"""The same of who sits: first it gets up."""

LEANS = 0.35
"""Radians by which the pelvis of who gets up leans forward on its way, on top of its own lean."""

LIFT = 0.05
"""Metres that a foot is lifted by."""

STILL = 0.004
"""Metres by which a foot may be off its place without a step."""

STANDS = 0.9, 0.12
"""A body stands whose knees bend less (radians) and whose ankles differ less in height (metres)."""

SITS = 0.2
"""Metres that both ankles of one who sits are at least below its hips: it can get up over them."""

_RISES = 0.25  # share of a step in which the foot only rises, and in which it only comes down
_SIDES = ("left", "right")


@dataclass(frozen=True)
class _Leg:
    """A leg of somebody.

    Attributes:
        rows: Of hip, knee and ankle in ``body_pose``.
        hip, thigh, shin: (3,) metres, hip, knee and ankle from their parents in T-pose.
    """

    rows: tuple[int, int, int]
    hip: np.ndarray
    thigh: np.ndarray
    shin: np.ndarray

    def ankle(self, transl: np.ndarray, pelvis: np.ndarray, pose: np.ndarray) -> np.ndarray:
        """Return where the ankle is (3,), metres, of a pose (21, 3)."""
        turn, knee = exponential(pose[self.rows[0]]), exponential(pose[self.rows[1]])
        place: np.ndarray = transl + pelvis @ (
            self.hip + turn @ (self.thigh + knee @ self.shin))
        return place

    def foot(self, pelvis: np.ndarray, pose: np.ndarray) -> np.ndarray:
        """Return the rotation (3, 3) of the foot in the room, of a pose (21, 3)."""
        turned = pelvis
        for row in self.rows:
            turned = turned @ exponential(pose[row])
        return turned

    def reach(
        self, transl: np.ndarray, pelvis: np.ndarray, pose: np.ndarray, ankle: np.ndarray,
        foot: np.ndarray,
    ) -> None:
        """Bring the ankle to a place (3,) and the foot to a rotation (3, 3), in place.

        Args:
            transl: (3,) of the pelvis from its place in T-pose.
            pelvis: (3, 3) its rotation.
            pose: (21, 3) to change.
            ankle: (3,) where to.
            foot: (3, 3) rotation in the room.
        """
        way = pelvis.T @ (ankle - transl) - self.hip
        pose[self.rows[1]] = flexion(self.thigh, self.shin, float(np.linalg.norm(way))), 0.0, 0.0
        knee = exponential(pose[self.rows[1]])
        turn = exponential(pose[self.rows[0]])
        turn = _between(turn @ (self.thigh + knee @ self.shin), way) @ turn
        pose[self.rows[0]] = logarithm(turn)
        pose[self.rows[2]] = logarithm((pelvis @ turn @ knee).T @ foot)


def step_over(frames: BodyFrames, share: np.ndarray, offsets: np.ndarray) -> bool:
    """Carry the feet by steps from where they are in the first frame to where they stand.

    Args:
        frames: The body; legs of its first frames are changed, in place.
        share: (T,) of the first frames, 0 to 1: how much of the time has passed.
        offsets: (22, 3) metres, joints from their parents in T-pose.

    Returns:
        Whether it did; a body that neither stands nor sits in the first frame is left as it is.
    """
    legs = [_leg(side, offsets) for side in _SIDES]
    pelvis = exponential(frames.global_orient[: len(share)].astype(np.float64))
    transl = frames.transl[: len(share)].astype(np.float64)
    pose = frames.body_pose[: len(share)].astype(np.float64)
    first = [leg.ankle(transl[0], pelvis[0], pose[0]) for leg in legs]
    sits = not _stands(legs, first, pose[0])
    if sits:
        if not _gets_up(legs, first, pelvis[0], transl[0]):
            return False
        pelvis = about_axis(0, LEANS * np.sin(np.pi * share) ** 2) @ pelvis
        frames.global_orient[: len(share)] = logarithm(pelvis)
    ends = [leg.hip + leg.thigh + leg.shin for leg in legs]
    # The foot that is further from its place goes first.
    far = [float(np.linalg.norm(end - start)) for end, start in zip(ends, first, strict=True)]
    order = np.argsort([-distance for distance in far])
    for turn, number in zip(UP_TURNS if sits else TURNS, order.tolist(), strict=True):
        leg, start, end = legs[number], first[number], ends[number]
        foot = leg.foot(pelvis[0], pose[0])
        lift = LIFT if far[number] > STILL else 0.0
        for frame in range(1, len(share)):
            along = float(np.clip((share[frame] - turn[0]) / (turn[1] - turn[0]), 0.0, 1.0))
            carried = minimum_jerk(
                min(max((along - _RISES) / (1.0 - 2.0 * _RISES), 0.0), 1.0))
            place = start + carried * (end - start)
            place[1] += lift * math.sin(math.pi * along) ** 2
            turned = foot @ exponential(carried * logarithm(foot.T))
            leg.reach(transl[frame], pelvis[frame], pose[frame], place, turned)
    rows = list(LEG_ROWS)
    frames.body_pose[1 : len(share), rows] = pose[1:, rows]
    return True


def over_its_feet(
    pelvis: np.ndarray, pose: np.ndarray, offsets: np.ndarray
) -> tuple[float, float] | None:
    """Return where the pelvis of one who sits is, so that its feet are where it will stand.

    Args:
        pelvis: (3, 3) rotation of the pelvis.
        pose: (21, 3) axis-angle.
        offsets: (22, 3) metres, joints from their parents in T-pose.

    Returns:
        Metres to the left and forward of its place in T-pose; None if it stands, or cannot get up.
    """
    legs = [_leg(side, offsets) for side in _SIDES]
    ankles = [leg.ankle(np.zeros(3), pelvis, pose) for leg in legs]
    if _stands(legs, ankles, pose) or not _gets_up(legs, ankles, pelvis, np.zeros(3)):
        return None
    ends = [leg.hip + leg.thigh + leg.shin for leg in legs]
    way = np.mean(ends, axis=0) - np.mean(ankles, axis=0)
    return float(way[0]), float(way[2])


def _stands(legs: list[_Leg], ankles: list[np.ndarray], pose: np.ndarray) -> bool:
    knees = [float(np.linalg.norm(pose[leg.rows[1]])) for leg in legs]
    return max(knees) <= STANDS[0] and abs(ankles[0][1] - ankles[1][1]) <= STANDS[1]


def _gets_up(
    legs: list[_Leg], ankles: list[np.ndarray], pelvis: np.ndarray, transl: np.ndarray
) -> bool:
    hips = [transl + pelvis @ leg.hip for leg in legs]
    return all(hip[1] - ankle[1] >= SITS for hip, ankle in zip(hips, ankles, strict=True))


def _leg(side: str, offsets: np.ndarray) -> _Leg:
    hip, knee, ankle = (SMPLX_BODY.index(f"{side}_{name}") for name in ("hip", "knee", "ankle"))
    return _Leg((hip - 1, knee - 1, ankle - 1), *offsets[[hip, knee, ankle]].astype(np.float64))


def _between(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the smallest rotation (3, 3) that turns one direction (3,) into another."""
    axis = np.cross(one, other)
    sine, cosine = float(np.linalg.norm(axis)), float(one @ other)
    if sine < 1e-12:
        return np.eye(3)
    return exponential(axis / sine * math.atan2(sine, cosine))
