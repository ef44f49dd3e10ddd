"""Recorded motion of people moved by nothing in particular, as they would do it in an emotion.

The same walk, throw or wait in every emotion: whoever learns from that cannot tell emotions by who
moves or by what is done, only by how. What an emotion changes follows

- Roether, Omlor, Christensen & Giese (2009), J. Vision 9: in walking, elbows bend in anger and
  fear, the head sinks in sadness, arm swing and speed grow with anger and joy and shrink in sadness
  and fear;
- Gross, Crane & Fredrickson (2012), Human Movement Science 31: neck and trunk bend in sadness, the
  chest opens in joy, anger is forceful;
- Montepare, Goldstein & Clausen (1987), J. Nonverbal Behavior 11: anger is heavy-footed and fast,
  sadness has the least arm swing, joy the most bounce;
- Wallbott (1998), Dael, Mortillaro & Scherer (2012) for surprise, disgust, contempt and fear.

Signs are theirs; sizes, and how much people differ in them, are authored.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.kinematics import HEAD_OFFSETS
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import COCO17

_AT = {name: index for index, name in enumerate(COCO17)}
_HEAD = [_AT[name] for name in HEAD_OFFSETS]
_SHOULDERS = [_AT["left_shoulder"], _AT["right_shoulder"]]
_HIPS = [_AT["left_hip"], _AT["right_hip"]]
_ARMS = [(_AT[f"{side}_shoulder"], _AT[f"{side}_elbow"], _AT[f"{side}_wrist"])
         for side in ("left", "right")]
_LEGS = [(_AT[f"{side}_hip"], _AT[f"{side}_knee"], _AT[f"{side}_ankle"])
         for side in ("left", "right")]
_TRUNK = [*_HEAD, *(joint for arm in _ARMS for joint in arm)]


@dataclass(frozen=True, slots=True)
class Change:
    """Changes that an emotion at full strength makes.

    Attributes:
        tempo, swing, bounce: Natural logarithms of factors on the speed of everything, on how far
            arms stray from their mean direction, and on how far the body rises and falls.
        elbow: Bend of the elbows, radians.
        spread: Arms away from the body, radians.
        reach: Upper arms to the front, radians.
        raise_: Shoulders towards the ears, share of the neck.
        head, trunk: Pitch to the front, radians.
        jerk: 0..1, how far movements are quick and then held.
        step: Natural logarithm of a factor on how far the legs stray from their mean.
    """

    tempo: float = 0.0
    swing: float = 0.0
    bounce: float = 0.0
    elbow: float = 0.0
    spread: float = 0.0
    reach: float = 0.0
    raise_: float = 0.0
    head: float = 0.0
    trunk: float = 0.0
    jerk: float = 0.0
    step: float = 0.0


CHANGES: dict[str, Change] = {
    "happiness": Change(0.14, 0.55, 0.55, 0.20, 0.16, 0.05, 0.05, -0.16, -0.07, 0.15, 0.12),
    "anger": Change(0.28, 0.35, 0.30, 0.45, 0.16, 0.10, 0.08, 0.18, 0.13, 0.60, 0.12),
    "surprise": Change(0.15, 0.30, 0.0, 0.55, 0.20, 0.20, 0.20, -0.14, -0.12, 0.45, -0.10),
    "sadness": Change(-0.32, -0.55, -0.45, -0.03, -0.08, 0.04, -0.08, 0.38, 0.14, -0.3, -0.20),
    "disgust": Change(-0.08, -0.15, -0.10, 0.50, -0.10, 0.12, 0.12, 0.05, -0.12, 0.10, -0.10),
    "contempt": Change(-0.14, -0.20, -0.10, 0.05, 0.04, -0.03, 0.0, -0.20, -0.14, -0.05, 0.0),
    "fear": Change(-0.05, -0.35, -0.25, 0.65, -0.16, 0.18, 0.25, 0.14, 0.04, 0.25, -0.25),
    "neutral": Change(),
}
"""Emotion -> its change."""

DIFFER = Change(0.10, 0.18, 0.18, 0.10, 0.05, 0.05, 0.05, 0.07, 0.05, 0.12, 0.08)
"""Standard deviations of the same among people, in any emotion and in none."""

_STRENGTH = (0.5, 1.4)  # least and largest strength of an emotion
_OWN = 0.45  # standard deviation of how much of its strength goes into each part
_SMOOTH = 15  # frames, half a second: slower is where the body goes, quicker how it bounces


def draw_change(rng: np.random.Generator, emotion: str) -> tuple[Change, float]:
    """Return what one person changes in one emotion this time, and how strong it is, 0..1.

    Some show anger by the head, others by the arms: every part has a strength of its own beside
    that of the emotion.
    """
    strength = rng.uniform(*_STRENGTH)
    return Change(*(
        strength * max(0.0, 1.0 + _OWN * float(rng.normal())) * getattr(CHANGES[emotion], part.name)
        + getattr(DIFFER, part.name) * float(rng.normal()) for part in fields(Change))
    ), min(strength, 1.0)


def restyle(keypoints: np.ndarray, change: Change) -> np.ndarray:
    """Return a motion with a change; its tempo, too.

    Args:
        keypoints: (T, 17, 3) COCO-17 in metres, y up, all known.
        change: What changes.

    Returns:
        (T', 17, 3): the bones keep their lengths but for the neck.
    """
    out = played(np.asarray(keypoints, np.float64), float(np.exp(change.tempo)), change.jerk)
    out = _bounced(out, float(np.exp(change.bounce)))
    axes = _axes(out)
    for arm, side in zip(_ARMS, (1.0, -1.0), strict=True):
        _move_arm(out, arm, axes, side, change)
    _step(out, axes, float(np.clip(np.exp(change.step), 0.5, 1.5)))
    _raise_shoulders(out, change.raise_)
    across = axes[:, :, 0]
    neck = out[:, _SHOULDERS].mean(axis=1)
    out[:, _HEAD] = _pitched(out[:, _HEAD], neck, across, change.head)
    pelvis = out[:, _HIPS].mean(axis=1)
    out[:, _TRUNK] = _pitched(out[:, _TRUNK], pelvis, across, change.trunk)
    return out


def played(keypoints: np.ndarray, tempo: float, jerk: float) -> np.ndarray:
    """Return a motion (T, ...) at another tempo, the time quicker where it moves if jerky.

    Args:
        keypoints: Frames first.
        tempo: Factor on the speed.
        jerk: Above 0 movement is compressed into less time and the pauses stretched; below 0 the
            other way round.
    """
    count = len(keypoints)
    step = np.linalg.norm(np.diff(keypoints, axis=0), axis=-1).mean(axis=1)
    local = step / max(float(step.mean()), 1e-6) + 0.3
    # Time that each step takes: shorter for quick steps with jerk above 0.
    takes = np.clip(local, 0.3, 3.0) ** (-0.5 * np.clip(jerk, -0.8, 1.0))
    takes *= (count - 1) / (takes.sum() * tempo)
    times = np.concatenate([[0.0], np.cumsum(takes)])
    frames = max(2, int(times[-1]) + 1)
    at = np.interp(np.arange(frames), times, np.arange(count))
    low = np.minimum(at.astype(int), count - 2)
    share = (at - low).reshape(-1, *(1,) * (keypoints.ndim - 1))
    faster: np.ndarray = keypoints[low] * (1.0 - share) + keypoints[low + 1] * share
    return faster


def _bounced(points: np.ndarray, factor: float) -> np.ndarray:
    """Scale how far the body above the hips rises and falls within half a second."""
    height = points[:, _HIPS, 1].mean(axis=1)
    quick = height - _slow(height)
    out = points.copy()
    upper = [*_TRUNK, *_HIPS]
    out[:, upper, 1] += ((np.clip(factor, 0.3, 2.5) - 1.0) * quick)[:, None]
    return out


def _slow(values: np.ndarray) -> np.ndarray:
    size = min(_SMOOTH, len(values) if len(values) % 2 else len(values) - 1)
    padded = np.pad(values, size // 2, mode="edge")
    return np.convolve(padded, np.full(size, 1.0 / size), mode="valid")


def _axes(points: np.ndarray) -> np.ndarray:
    """Return the body's axes (T, 3, 3), columns left, up, forward."""
    across = (points[:, _SHOULDERS[0]] - points[:, _SHOULDERS[1]]
              + points[:, _HIPS[0]] - points[:, _HIPS[1]])
    across[:, 1] = 0.0
    across /= np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-6)
    up = np.broadcast_to([0.0, 1.0, 0.0], across.shape)
    return np.stack([across, up, np.cross(across, up)], axis=-1)


def _move_arm(
    points: np.ndarray, arm: tuple[int, int, int], axes: np.ndarray, side: float, change: Change
) -> None:
    """Move elbow and wrist in place: swing, spread, reach and bend."""
    shoulder, elbow, wrist = arm
    factor = float(np.clip(np.exp(change.swing), 0.4, 1.9))
    bones = []
    for parent, child in ((shoulder, elbow), (elbow, wrist)):
        bone = np.einsum("tji,tj->ti", axes, points[:, child] - points[:, parent])
        length = np.linalg.norm(bone, axis=-1, keepdims=True)
        unit = bone / np.maximum(length, 1e-6)
        usual = unit.mean(axis=0)
        unit = usual + factor * (unit - usual)
        bones.append((unit / np.maximum(np.linalg.norm(unit, axis=-1, keepdims=True), 1e-6),
                      length))
    (upper, long), (lower, short) = bones
    # Only hanging arms are spread: one that is up already would come down.
    hanging = np.clip(-upper[:, 1], 0.0, 1.0)
    turn = np.zeros_like(upper)
    turn[:, 2] = side * change.spread * hanging
    turn[:, 0] = -change.reach * hanging
    rotation = exponential(turn)
    upper = np.einsum("tij,tj->ti", rotation, upper)
    lower = np.einsum("tij,tj->ti", rotation, lower)
    # The elbow bends about the axis across the arm, as hanging arms bend: the hand forward and up.
    axis = np.cross(upper, lower)
    size = np.linalg.norm(axis, axis=-1, keepdims=True)
    plain = np.broadcast_to(np.array([-1.0, 0.0, 0.0]), axis.shape)
    axis = np.where(size > 0.05, axis / np.maximum(size, 1e-6), plain)
    bend = np.arccos(np.clip((upper * lower).sum(axis=-1), -1.0, 1.0))
    added = np.clip(change.elbow, -bend, np.maximum(2.6 - bend, 0.0))
    lower = np.einsum("tij,tj->ti", exponential(axis * added[:, None]), lower)
    points[:, elbow] = points[:, shoulder] + np.einsum("tij,tj->ti", axes, upper * long)
    points[:, wrist] = points[:, elbow] + np.einsum("tij,tj->ti", axes, lower * short)


def _step(points: np.ndarray, axes: np.ndarray, factor: float) -> None:
    """Scale how far thighs and shins stray from their mean direction, in place."""
    for hip, knee, ankle in _LEGS:
        place = points[:, hip]
        moved = []
        for parent, child in ((hip, knee), (knee, ankle)):
            bone = np.einsum("tji,tj->ti", axes, points[:, child] - points[:, parent])
            length = np.linalg.norm(bone, axis=-1, keepdims=True)
            usual = bone.mean(axis=0)
            bone = usual + factor * (bone - usual)
            bone *= length / np.maximum(np.linalg.norm(bone, axis=-1, keepdims=True), 1e-6)
            moved.append(np.einsum("tij,tj->ti", axes, bone))
        points[:, knee] = place + moved[0]
        points[:, ankle] = points[:, knee] + moved[1]


def _raise_shoulders(points: np.ndarray, share: float) -> None:
    neck = points[:, _HEAD].mean(axis=1) - points[:, _SHOULDERS].mean(axis=1)
    moved = [joint for arm in _ARMS for joint in arm]
    points[:, moved, 1] += (np.clip(share, -0.25, 0.4) * np.abs(neck[:, 1]))[:, None]


def _pitched(points: np.ndarray, about: np.ndarray, axis: np.ndarray, angle: float) -> np.ndarray:
    """Return (T, K, 3) turned to the front by ``angle`` about an axis (T, 3)."""
    turn = exponential(axis * angle)
    return about[:, None] + np.einsum("tij,tkj->tki", turn, points - about[:, None])


assert tuple(CHANGES) == EMOTIONS
