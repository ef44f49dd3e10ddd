"""A small body of SMPL-X's joints whose every number is known: for tests without model files."""

from __future__ import annotations

import numpy as np
from stick_figure import rest_joints

from kinesics_core.body.correspondences import Correspondences
from kinesics_core.body.model import BodyModel
from kinesics_core.skeletons import SMPLX55, SMPLX_BODY_PARENTS, WHOLEBODY133

PARENTS = np.array([
    *SMPLX_BODY_PARENTS, 15, 15, 15,
    *(parent for wrist, first in ((20, 25), (21, 40)) for finger in range(5)
      for parent in (wrist, first + 3 * finger, first + 3 * finger + 1))])

_HEAD = {"nose": (0, 0, 0.11), "left_eye": (0.03, 0.04, 0.09), "right_eye": (-0.03, 0.04, 0.09),
         "left_ear": (0.07, 0.02, 0), "right_ear": (-0.07, 0.02, 0)}
_FEET = {"big_toe": (0, -0.02, 0.1), "small_toe": (0.06, -0.02, 0.06), "heel": (0, -0.02, -0.19)}


def joints() -> np.ndarray:
    """(55, 3) metres, T-pose."""
    places = np.zeros((55, 3))
    places[:22] = rest_joints()
    head = places[15]
    places[22:25] = head + np.array([(0, -0.02, 0.01), (0.03, 0.04, 0.06), (-0.03, 0.04, 0.06)])
    for side, wrist, first in ((1, 20, 25), (-1, 21, 40)):
        for finger, (along, across) in enumerate(
                [(0.09, 0.03), (0.09, 0.01), (0.07, -0.03), (0.08, -0.01), (0.03, 0.04)]):
            for phalanx in range(3):
                places[first + 3 * finger + phalanx] = places[wrist] + (
                    side * (along + 0.028 * phalanx), -0.004 * phalanx, across)
    return places


def stick_body(seed: int = 0, correctives: bool = False) -> BodyModel:
    """Each joint is a vertex; each surface keypoint three vertices carried by several joints."""
    rng = np.random.default_rng(seed)
    rest = joints()
    index = {name: i for i, name in enumerate(SMPLX55)}
    places, carriers = [*rest], [{i: 1.0} for i in range(55)]
    on_joint = np.full(133, -1)
    vertices = np.full((133, 3), -1)
    for n, name in enumerate(WHOLEBODY133):
        joint, place = _keypoint(name, rest, index)
        if place is None:
            on_joint[n] = joint
            continue
        for m in range(3):
            vertices[n, m] = len(places)
            places.append(place + rng.normal(0, 0.004, 3))
            share = rng.uniform(0.1, 0.4) if m else 0.0
            other = 22 if joint == 15 else PARENTS[joint]
            carriers.append({joint: 1 - share, other: share} if share else {joint: 1.0})
    template = np.array(places)
    weights = np.zeros((len(template), 55))
    for v, shares in enumerate(carriers):
        for joint, share in shares.items():
            weights[v, joint] += share
    # Smooth fields of place: wider, taller, and mixtures, centimetres each.
    shape = np.stack([
        template @ rng.normal(0, 0.02, (3, 3)) + 0.01 * np.sin(3 * template + rng.uniform(0, 6, 3))
        for _ in range(10)], axis=2)
    expression = np.zeros((len(template), 3, 52))
    face = np.unique(vertices[23:91])
    expression[face] = rng.normal(0, 0.004, (len(face), 3, 52))
    regressor = np.zeros((55, len(template)))
    regressor[np.arange(55), np.arange(55)] = 1
    directions = np.concatenate([shape, expression], axis=2)
    single = np.float32
    bends = rng.normal(0, 0.002, (54 * 9, 3 * len(template))).astype(single)
    # Only a knee's and an elbow's neighbourhood bulges, as in life.
    bends = bends * np.repeat(weights[:, [4, 18]].max(axis=1) > 0, 3) * (
        np.isin(np.arange(54), (3, 17)).repeat(9)[:, None])
    return BodyModel(
        kind="smplx", gender="neutral", template=template.astype(single),
        shape_directions=shape.astype(single), expression_directions=expression.astype(single),
        pose_directions=bends.astype(single) if correctives else None,
        joint_regressor=regressor.astype(single), joint_template=template[:55].astype(single),
        joint_directions=directions[:55].astype(single), weights=weights.astype(single),
        parents=PARENTS, faces=np.zeros((0, 3), np.int32), joint_names=SMPLX55,
        hand_components=None, hand_means=None,
        keypoints=Correspondences(
            on_joint, vertices,
            np.where(vertices >= 0, np.float32(1 / 3), np.float32(0))))


def _keypoint(name, rest, index):
    """Joint that carries a keypoint, and its place, None if it is the joint itself."""
    if name in _HEAD:
        return 15, rest[15] + _HEAD[name]
    side = 1 if name.startswith("left") else -1
    for part, offset in _FEET.items():
        if name.endswith(part):
            foot = index[name.replace(part, "foot" if "toe" in part else "ankle")]
            return foot, rest[index[name.replace(part, "foot")]] + np.array(offset) * (side, 1, 1)
    if name.startswith("face"):
        i = int(name[5:])
        angle = i * 2.4
        radius = 0.075 * np.sqrt((i + 1) / 68)
        place = rest[15] + (radius * np.cos(angle), 0.01 + radius * np.sin(angle), 0.1 - radius)
        return (22 if np.sin(angle) < -0.3 else 15), place
    if "_hand_" in name:
        hand, _, number = name.split("_")
        number = int(number)
        if number == 0:
            return index[f"{hand}_wrist"], None
        finger = ("thumb", "index", "middle", "ring", "pinky")[(number - 1) // 4]
        phalanx = (number - 1) % 4
        if phalanx < 3:
            return index[f"{hand}_{finger}{phalanx + 1}"], None
        last = index[f"{hand}_{finger}3"]
        return last, rest[last] + (side * 0.024, 0, 0)
    return index[name], None
