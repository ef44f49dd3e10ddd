"""Features of a body's movement that do not depend on who moves or on the view.

Directions of trunk, head, upper arms and forearms in the body's own axes, so that neither size nor
proportions nor the place of the camera count: a robot's short arms and a tall person's give the
same. Legs are left out: a walk says more of where somebody goes than of the mood, and a robot on
wheels has none. What is kept follows the studies of expressive movement: Wallbott (1998), Montepare
et al. (1999), Dael, Mortillaro & Scherer (2012), Gross, Crane & Fredrickson (2012), Kleinsmith &
Bianchi-Berthouze (2013).
"""

from __future__ import annotations

import numpy as np

from kinesics_core.dataset.resampling import resample
from kinesics_core.errors import KinesicsError
from kinesics_core.skeletons import COCO17

RATE = 30.0
"""Hz at which movement is looked at."""

SHORTEST = 1.0
"""Seconds of movement that can be read."""

FEATURES = (
    "lean", "trunk_side", "trunk_turn", "head_up", "head_side",
    "arm_up", "arm_out", "arm_forward", "forearm_up", "forearm_out", "forearm_forward",
    "elbow_bend", "hands_high", "hands_apart", "hands_forward", "uneven",
    "arm_range", "trunk_range", "head_range",
    "arm_speed", "arm_peak", "trunk_speed", "head_speed", "jerk", "tempo",
)
"""Names of the features, in order.

Posture, means of a window: lean of the trunk to the front and its bend to the side (sine), how far
shoulders are turned against hips; rise of the face and its tilt; rise, outward and forward part of
upper arms and forearms (cosines); bend of the elbows (radians); place of the hands from the
shoulders in lengths of the arm; how far the arms differ from each other's mirror image. Extent:
how far directions stray from their mean. Movement, natural logarithms of: the root mean square and
the 95th percentile of the arms' speed, of trunk's and head's (radians a second), of acceleration
over speed (1/s: rough against smooth), and the frequency about which the movement centres (Hz).
"""

_SLOW = 0.02  # rad/s below which nothing counts as movement
_SMOOTH = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16.0  # frames, against noise of keypoints
_BAND = (0.2, 8.0)  # Hz in which tempo is looked for
_CUT = {name: COCO17.index(name) for name in COCO17}


def movement_features(keypoints: np.ndarray, rate: float) -> np.ndarray:
    """Return the features of a movement.

    Args:
        keypoints: (T, 17, 3) metres, COCO order, y up; the body may face anywhere.
        rate: Frames per second.

    Returns:
        (25,) in the order of ``FEATURES``.

    Raises:
        KinesicsError: It is shorter than ``SHORTEST``, or holds numbers that are none.
    """
    keypoints = np.asarray(keypoints, np.float64)
    if keypoints.ndim != 3 or keypoints.shape[1:] != (len(COCO17), 3):
        raise KinesicsError(
            f"Got keypoints of shape {keypoints.shape}; wanted (frames, {len(COCO17)}, 3).")
    if not np.isfinite(keypoints).all():
        raise KinesicsError("Got keypoints with numbers that are none; fill or cut the gaps.")
    if len(keypoints) < SHORTEST * rate:
        raise KinesicsError(
            f"Got {len(keypoints) / rate:.2f} s of movement; wanted {SHORTEST:g} s at least.")
    points = _smoothed(resample(keypoints, rate, RATE))
    parts = _directions(points)
    return np.array([*_posture(parts, points), *_extent(parts), *_movement(parts)])


def window_features(keypoints: np.ndarray, rate: float, seconds: float = 5.0) -> np.ndarray:
    """Return the features (W, 25) of windows of so many seconds, half overlapped.

    A movement that is shorter is one window.
    """
    length = int(seconds * rate)
    if len(keypoints) <= length:
        return movement_features(keypoints, rate)[None]
    starts = range(0, len(keypoints) - length + 1, max(1, length // 2))
    return np.array([movement_features(keypoints[k:k + length], rate) for k in starts])


def _smoothed(points: np.ndarray) -> np.ndarray:
    padded = np.concatenate([points[:1]] * 2 + [points] + [points[-1:]] * 2)
    return sum(weight * padded[k:k + len(points)] for k, weight in enumerate(_SMOOTH))


def _directions(points: np.ndarray) -> dict[str, np.ndarray]:
    """Return unit vectors (T, 3) of the parts: left, up and forward of the body.

    Those of the right side are mirrored, so that a symmetric body's sides are equal.
    """
    at = {name: points[:, index] for name, index in _CUT.items()}
    hips = 0.5 * (at["left_hip"] + at["right_hip"])
    chest = 0.5 * (at["left_shoulder"] + at["right_shoulder"])
    up = np.array([0.0, 1.0, 0.0])
    # The hips give the facing; a robot that turns at the waist has them still.
    left = at["left_hip"] - at["right_hip"]
    left = _unit(left * (1.0, 0.0, 1.0))
    axes = np.stack([left, np.broadcast_to(up, left.shape), np.cross(left, up)], axis=1)

    def own(vector: np.ndarray) -> np.ndarray:
        return _unit(np.einsum("tij,tj->ti", axes, vector))

    mirror = np.array([-1.0, 1.0, 1.0])
    ears = 0.5 * (at["left_ear"] + at["right_ear"])
    parts = {
        "trunk": own(chest - hips), "shoulders": own(at["left_shoulder"] - at["right_shoulder"]),
        "face": own(at["nose"] - ears), "ears": own(at["left_ear"] - at["right_ear"]),
    }
    for side, flip in (("left", np.ones(3)), ("right", mirror)):
        upper = at[f"{side}_elbow"] - at[f"{side}_shoulder"]
        lower = at[f"{side}_wrist"] - at[f"{side}_elbow"]
        parts[f"{side}_arm"], parts[f"{side}_forearm"] = own(upper) * flip, own(lower) * flip
    return parts


def _posture(parts: dict[str, np.ndarray], points: np.ndarray) -> list[float]:
    arm = 0.5 * (parts["left_arm"] + parts["right_arm"])
    forearm = 0.5 * (parts["left_forearm"] + parts["right_forearm"])
    hand = 0.5 * (arm + forearm)
    bend = [np.arccos(np.clip((parts[f"{side}_arm"] * parts[f"{side}_forearm"]).sum(1), -1, 1))
            for side in ("left", "right")]
    uneven = np.linalg.norm(parts["left_arm"] - parts["right_arm"], axis=1) + np.linalg.norm(
        parts["left_forearm"] - parts["right_forearm"], axis=1)
    trunk, face = parts["trunk"].mean(0), parts["face"].mean(0)
    return [
        trunk[2], abs(trunk[0]), float(np.abs(parts["shoulders"][:, 2]).mean()),
        face[1], abs(float(parts["ears"][:, 1].mean())),
        arm[:, 1].mean(), arm[:, 0].mean(), arm[:, 2].mean(),
        forearm[:, 1].mean(), forearm[:, 0].mean(), forearm[:, 2].mean(),
        float(np.mean(bend)), float(np.percentile(hand[:, 1], 90)),
        hand[:, 0].mean(), hand[:, 2].mean(), uneven.mean(),
    ]


def _extent(parts: dict[str, np.ndarray]) -> list[float]:
    def stray(*names: str) -> float:
        return float(np.sqrt(np.mean([parts[name].var(0).sum() for name in names])))
    return [stray("left_arm", "left_forearm", "right_arm", "right_forearm"),
            stray("trunk", "shoulders"), stray("face")]


def _movement(parts: dict[str, np.ndarray]) -> list[float]:
    def speed(*names: str) -> np.ndarray:
        steps = np.stack([np.diff(parts[name], axis=0) for name in names])
        return RATE * np.linalg.norm(steps, axis=2)

    def size(values: np.ndarray) -> float:
        return float(np.log(np.sqrt((values**2).mean()) + _SLOW))

    arms = ("left_arm", "left_forearm", "right_arm", "right_forearm")
    fast = speed(*arms)
    everything = (*arms, "trunk", "face")
    velocity = RATE * np.stack([np.diff(parts[name], axis=0) for name in everything])
    change = RATE * np.diff(velocity, axis=1)
    rough = np.sqrt((change**2).mean()) / (np.sqrt((velocity**2).mean()) + _SLOW)
    return [
        size(fast), float(np.log(np.percentile(fast, 95) + _SLOW)),
        size(speed("trunk", "shoulders")), size(speed("face")),
        float(np.log(rough + 0.1)), float(np.log(_tempo(velocity))),
    ]


def _tempo(velocity: np.ndarray) -> float:
    """Return the mean frequency, Hz, of velocities (P, T, 3), weighted by power."""
    count = velocity.shape[1]
    window = np.hanning(count)[None, :, None]
    power = np.abs(np.fft.rfft((velocity - velocity.mean(1, keepdims=True)) * window, axis=1)) ** 2
    power = power.sum(axis=(0, 2))
    hertz = np.fft.rfftfreq(count, 1.0 / RATE)
    inside = (hertz >= _BAND[0]) & (hertz <= _BAND[1])
    total = power[inside].sum()
    if total < 1e-9:
        return _BAND[0]
    return float((hertz[inside] * power[inside]).sum() / total)


def _unit(vectors: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(length, 1e-9)
