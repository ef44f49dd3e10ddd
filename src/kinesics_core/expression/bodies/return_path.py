"""A performance that begins and ends in any pose of anybody, instead of at rest."""

from __future__ import annotations

import numpy as np

from kinesics_core.body.model import BodyModel
from kinesics_core.body.parameters import BodyFrames
from kinesics_core.expression.bodies.latent import within_limits
from kinesics_core.expression.body_performance import TAKE_OVER, Start, standing_height
from kinesics_core.rotations import exponential, logarithm
from kinesics_core.skeletons import SMPLX_BODY

_ROWS = {name: index - 1 for index, name in enumerate(SMPLX_BODY)}


def _sided(*parts: str) -> np.ndarray:
    return np.array([_ROWS[f"{side}_{part}"] for side in ("left", "right") for part in parts])


LEGS = _sided("hip", "knee", "ankle", "foot")
"""Rows of ``body_pose``."""

_ARMS = _sided("collar", "shoulder", "elbow", "wrist")
_TRUNK = np.array([_ROWS[name] for name in ("spine1", "spine2", "spine3", "neck", "head")])
_STRAIGHT = _sided("hip", "knee")
_STANDING = 0.45
"""Radians of hips and knees from straight up to which a pose counts as standing."""


def shown_share(times: np.ndarray, seconds: float, end: float) -> np.ndarray:
    """Return how much of a performance is shown (T,): minimum jerk up, and down from ``end``."""
    up = np.clip(times / min(TAKE_OVER[0], TAKE_OVER[1] * seconds), 0.0, 1.0)
    down = np.clip((seconds - times) / (seconds - end), 0.0, 1.0)
    risen, fallen = (s**3 * (10.0 - 15.0 * s + 6.0 * s**2) for s in (up, down))
    return np.asarray(risen * fallen)


def return_to_start(
    frames: BodyFrames, share: np.ndarray, start: tuple[Start, BodyModel] | None
) -> None:
    """Let a performance begin and end in a pose, in place.

    Arms and hands go from the pose to the performance's and back; trunk, head and standing legs
    leave the pose by as much as the performance leaves its own beginning.

    Args:
        frames: Of a performance from rest to rest, T frames.
        share: (T,) of the performance, 0 at both ends.
        start: Whose body it is, with its pose, and its model; None: the performance's own first
            frame.
    """
    body = _beginning(frames) if start is None else start[0]
    first = np.asarray(body.body_pose, np.float64)[None]
    standing = bool((np.linalg.norm(first[0, _STRAIGHT], axis=-1) < _STANDING).all())
    carried = np.concatenate([_TRUNK, LEGS]) if standing else _TRUNK
    pose = np.repeat(first, len(share), axis=0)
    pose[:, _ARMS] = _between(first[:, _ARMS], frames.body_pose[:, _ARMS], share)
    wanted = pose.copy()
    wanted[:, carried] = _carried(frames.body_pose[:, carried], first[:, carried], share)
    pose[:, carried] = within_limits(
        np.broadcast_to(first, pose.shape), wanted)[:, carried]
    frames.body_pose = pose.astype(np.float32)
    _place(frames, share if standing else np.zeros_like(share), body, start)
    for name in ("left_hand_pose", "right_hand_pose"):
        own = np.asarray(getattr(body, name), np.float64)
        setattr(frames, name, _between(own[None], getattr(frames, name), share).astype(np.float32))
    frames.betas = np.asarray(body.betas, np.float32)


def _beginning(frames: BodyFrames) -> Start:
    return Start(frames.betas, "neutral", frames.global_orient[0], frames.body_pose[0],
                 frames.left_hand_pose[0], frames.right_hand_pose[0])


def _place(
    frames: BodyFrames, share: np.ndarray, body: Start, start: tuple[Start, BodyModel] | None
) -> None:
    """Set place and turn of the pelvis."""
    own = frames.transl[0] if start is None else np.array([0.0, standing_height(*start), 0.0])
    frames.transl = (own + share[:, None] * (frames.transl - frames.transl[0])).astype(np.float32)
    turn = np.asarray(body.global_orient, np.float64)
    frames.global_orient = _carried(
        frames.global_orient[:, None], turn[None, None], share)[:, 0].astype(np.float32)


def _between(one: np.ndarray, other: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return rotations (T, J, 3) a share (T,) of the way from one to another."""
    start = exponential(np.asarray(one, np.float64))
    way = logarithm(np.swapaxes(start, -1, -2) @ exponential(np.asarray(other, np.float64)))
    return np.asarray(logarithm(start @ exponential(share[:, None, None] * way)))


def _carried(moves: np.ndarray, first: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Turn ``first`` (1, J, 3) by a share of what rotations (T, J, 3) turn from their own first."""
    turned = exponential(np.asarray(moves, np.float64))
    way = logarithm(np.swapaxes(turned[:1], -1, -2) @ turned)
    own = exponential(np.asarray(first, np.float64))
    return np.asarray(logarithm(own @ exponential(share[:, None, None] * way)))
