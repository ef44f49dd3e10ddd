"""Recorded motion in another emotional style: tempo, extent of the arms, trunk and head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from kinesics_core.dataset.clips import Clip, Dataset
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.posture import HEAD, SPINE
from kinesics_core.kinematics import HEAD_OFFSETS
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import COCO17
from kinesics_core.synthesis.footwork import smooth
from kinesics_core.synthesis.style import Style


@dataclass(frozen=True, slots=True)
class Usable:
    """Conditions on a recording: emotions are put on people on their feet or on a chair.

    Authored: crawlers and sleepers are left out, and who does not move.

    Attributes:
        seconds: Length at least.
        upright: Median cosine between trunk and the vertical.
        speed: Mean speed of the hands, m/s.
    """

    seconds: float = 1.0
    upright: float = 0.75
    speed: float = 0.02


USABLE = Usable()

_EXTENT = (0.65, 1.35)  # within which recorded arms can be made larger or smaller
_MARGIN = 9  # frames of the filter where a clip turns back
_TURN = 4.0  # its standard deviation, frames

_INDEX = {name: number for number, name in enumerate(COCO17)}
_ARMS = [(_INDEX[f"{s}_shoulder"], _INDEX[f"{s}_elbow"], _INDEX[f"{s}_wrist"])
         for s in ("left", "right")]
_HIPS = [_INDEX["left_hip"], _INDEX["right_hip"]]
_HEAD = [_INDEX[name] for name in HEAD_OFFSETS]
_TRUNK = [*_HEAD, *(joint for arm in _ARMS for joint in arm)]


class Recording(NamedTuple):
    """A clip of a dataset that can be restyled."""

    dataset: Dataset
    number: int
    seconds: float


def usable_recordings(dataset: Dataset) -> list[Recording]:
    """Return the clips that can be restyled: upright people who move, for a second or more.

    Raises:
        KinesicsError: The dataset does not hold COCO-17 in three dimensions, or no such clip.
    """
    if dataset.info.dimensions != 3 or dataset.info.keypoints != COCO17:
        raise KinesicsError(
            f"{dataset.path} has {len(dataset.info.keypoints)} keypoints in"
            f" {dataset.info.dimensions} dimensions; --clips wants COCO-17 in metres, as"
            " `kinesics data import bvh` makes it."
        )
    found = []
    for number, clip in enumerate(dataset):
        seconds = (len(clip.keypoints) - 1) / clip.rate
        if seconds >= USABLE.seconds and _upright_and_moving(clip):
            found.append(Recording(dataset, number, seconds))
    if not found:
        raise KinesicsError(
            f"None of the {len(dataset)} clips of {dataset.path} shows an upright person who moves"
            f" for {USABLE.seconds:g} s or more; leave it out of --clips."
        )
    return found


def restyle(keypoints: np.ndarray, style: Style) -> np.ndarray:
    """Return someone else's motion in an emotional style: extent of the arms, trunk and head.

    In the body's own axes, directions of the arms go away from (or towards) their mean over the
    clip by the style's extent, and trunk and head incline as its posture says. Bones keep their
    lengths, hips and legs stay as they are, so feet do not begin to slide.

    Args:
        keypoints: (T, 17, 3) COCO-17 in metres, y up; nan where unknown, and so in the result.
        style: Its extent and posture count; the tempo is the caller's.
    """
    out = np.array(keypoints, dtype=np.float64)
    left, right = _ARMS
    across = out[:, left[0]] - out[:, right[0]] + out[:, _HIPS[0]] - out[:, _HIPS[1]]
    across[:, 1] = 0.0
    across /= np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-6)
    up = np.broadcast_to([0.0, 1.0, 0.0], across.shape)
    axes = np.stack([across, up, np.cross(across, up)], axis=-1)  # columns left, up, forward

    extent = float(np.clip(style.extent, *_EXTENT))
    for arm in _ARMS:
        _stretch_arm(out, arm, axes, extent)
    neck = 0.5 * (out[:, left[0]] + out[:, right[0]])
    out[:, _HEAD] = _incline(out[:, _HEAD], neck, across, style.posture[HEAD][1])
    pelvis = out[:, _HIPS].mean(axis=1)
    out[:, _TRUNK] = _incline(out[:, _TRUNK], pelvis, across, style.posture[SPINE][1])
    return out


def _stretch_arm(
    keypoints: np.ndarray, arm: tuple[int, int, int], axes: np.ndarray, extent: float
) -> None:
    """Move elbow and wrist in place: directions by ``extent`` away from their usual one."""
    shoulder, elbow, wrist = arm
    chain = []
    for parent, child in ((shoulder, elbow), (elbow, wrist)):
        bone = np.einsum("tji,tj->ti", axes, keypoints[:, child] - keypoints[:, parent])
        length = np.linalg.norm(bone, axis=-1, keepdims=True)
        unit = bone / np.maximum(length, 1e-6)
        usual = np.nanmean(unit, axis=0) if np.isfinite(unit).any() else np.zeros(3)
        unit = usual + extent * (unit - usual)
        unit /= np.maximum(np.linalg.norm(unit, axis=-1, keepdims=True), 1e-6)
        chain.append(np.einsum("tij,tj->ti", axes, unit * length))
    keypoints[:, elbow] = keypoints[:, shoulder] + chain[0]
    keypoints[:, wrist] = keypoints[:, elbow] + chain[1]


def back_and_forth(rng: np.random.Generator, keypoints: np.ndarray, frames: int) -> np.ndarray:
    """Return a short clip (T, 17, 3) played forwards and backwards in turn for ``frames`` frames.

    Time slows down where it turns, so that nothing stops from one frame to the next.
    """
    last = len(keypoints) - 1
    running = np.arange(-_MARGIN, frames + _MARGIN) + rng.uniform(0.0, 2.0 * last)
    turning = last - np.abs(running % (2 * last) - last)
    times = smooth(turning[:, None], _TURN, _MARGIN)[_MARGIN:-_MARGIN, 0]
    low = np.minimum(times.astype(int), last - 1)
    share = (times - low)[:, None, None]
    return keypoints[low] * (1.0 - share) + keypoints[low + 1] * share


def _incline(
    points: np.ndarray, about: np.ndarray, axis: np.ndarray, angle: float
) -> np.ndarray:
    """Return (T, K, 3) turned by ``angle`` about an axis (T, 3) through ``about`` (T, 3)."""
    turn = exponential(axis * angle)
    return about[:, None] + np.einsum("tij,tkj->tki", turn, points - about[:, None])


def _upright_and_moving(clip: Clip) -> bool:
    keypoints = clip.keypoints
    shoulders = 0.5 * (keypoints[:, 5] + keypoints[:, 6])
    trunk = shoulders - 0.5 * (keypoints[:, 11] + keypoints[:, 12])
    upright = trunk[:, 1] / np.maximum(np.linalg.norm(trunk, axis=-1), 1e-6)
    hands = np.diff(keypoints[:, 9:11], axis=0) * clip.rate
    if not np.isfinite(upright).any() or not np.isfinite(hands).any():
        return False
    return bool(np.nanmedian(upright) > USABLE.upright
                and np.nanmean(np.linalg.norm(hands, axis=-1)) > USABLE.speed)
