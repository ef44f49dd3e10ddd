"""Motion with a known law, for tests: nothing here comes from a recording."""

from __future__ import annotations

import numpy as np

from kinesics_core.dataset.clips import Clip
from kinesics_core.kinematics import REST_OFFSETS, coco_from_smplx_body, forward_kinematics
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import SMPLX_BODY, SMPLX_BODY_PARENTS

LEFT_SHOULDER, LEFT_ELBOW = SMPLX_BODY.index("left_shoulder"), SMPLX_BODY.index("left_elbow")
RIGHT_SHOULDER = SMPLX_BODY.index("right_shoulder")


def pose(axis_angle: dict[str, tuple[float, float, float]] | None = None) -> np.ndarray:
    """COCO-17 (17, 3) metres of one pose given by some joints' rotations, radians."""
    rotations = np.zeros((1, 22, 3))
    for name, value in (axis_angle or {}).items():
        rotations[0, SMPLX_BODY.index(name)] = value
    return coco_from_smplx_body(*forward_kinematics(
        exponential(rotations), REST_OFFSETS, SMPLX_BODY_PARENTS))[0]


def waving(period: float, phase: float, seconds: float, rate: float = 30.0) -> np.ndarray:
    """(T, 17, 3): both arms swing and the trunk sways as sinusoids of one period."""
    t = np.arange(int(seconds * rate)) / rate
    swing = np.sin(2 * np.pi * t / period + phase)
    rotations = np.zeros((len(t), 22, 3))
    rotations[:, LEFT_SHOULDER, 2] = -0.6 + 0.8 * swing
    rotations[:, RIGHT_SHOULDER, 2] = 0.6 + 0.8 * swing
    rotations[:, LEFT_ELBOW, 2] = 0.5 * np.cos(2 * np.pi * t / period + phase)
    rotations[:, SMPLX_BODY.index("spine1"), 2] = 0.15 * swing
    return coco_from_smplx_body(*forward_kinematics(
        exponential(rotations), REST_OFFSETS, SMPLX_BODY_PARENTS)).astype(np.float32)


def clips(count: int, seed: int, source: str = "analytic") -> list[Clip]:
    """Waving people with random periods (0.8 to 2 s) and phases, six seconds each."""
    rng = np.random.default_rng(seed)
    return [
        Clip(f"clip{i}", source, f"clip{i}", 30.0,
             waving(rng.uniform(0.8, 2.0), rng.uniform(0, 2 * np.pi), 6.0))
        for i in range(count)
    ]
