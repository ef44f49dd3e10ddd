"""Body models made up of random numbers, in the formats of the stock files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from stick_figure import rest_joints

from kinesics_core.skeletons import SMPLX_BODY_PARENTS

VERTICES = {"smplx": 10475, "smplh": 6890, "smpl": 6890}  # the indices of stock smplx need as many


def _tree(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Parents (J,) and places (J, 3) of the joints; the fingers go outwards in a fan."""
    parents, places = list(SMPLX_BODY_PARENTS), list(rest_joints())
    if kind == "smplx":
        parents += [15, 15, 15]
        places += [places[15] + offset for offset in
                   ((0.0, 0.0, 0.02), (0.03, 0.05, 0.08), (-0.03, 0.05, 0.08))]
    for wrist, side in ((20, 1.0), (21, -1.0)):
        for finger in range(5 if kind != "smpl" else 0):
            for phalanx in range(3):
                parents.append(wrist if phalanx == 0 else len(parents) - 1)
                places.append(places[wrist] + (side * (0.08 + 0.03 * phalanx), 0.0,
                                               0.04 - 0.02 * finger))
        if kind == "smpl":
            parents.append(wrist)
            places.append(places[wrist] + (side * 0.08, 0.0, 0.0))
    return np.array(parents), np.array(places)


def make_members(kind: str, seed: int = 0) -> dict[str, np.ndarray]:
    """The arrays of a stock file: every direction, weight and landmark is random."""
    random = np.random.default_rng(seed)
    parents, places = _tree(kind)
    count, joints = VERTICES[kind], len(parents)
    owners = random.integers(0, joints, count)
    template = places[owners] + random.normal(0.0, 0.03, (count, 3))
    weights = np.zeros((count, joints))
    rows = np.arange(count)
    for other in (owners, np.maximum(parents[owners], 0), random.integers(0, joints, count)):
        np.add.at(weights, (rows, other), random.uniform(0.1, 1.0, count))
    regressor = np.zeros((joints, count))
    for joint in range(joints):
        near = np.argsort(np.linalg.norm(template - places[joint], axis=1))[:6]
        regressor[joint, near] = random.dirichlet(np.ones(6))
    faces = random.integers(0, count, (500, 3))
    columns = 400 if kind == "smplx" else 10
    members = {
        "v_template": template,
        "f": faces.astype(np.uint32),
        "shapedirs": random.normal(0.0, 0.005, (count, 3, columns)).astype(np.float32),
        "posedirs": random.normal(0.0, 0.003, (count, 3, (joints - 1) * 9)).astype(np.float32),
        "J_regressor": regressor,
        "weights": weights / weights.sum(1, keepdims=True),
        "kintree_table": np.stack([np.where(parents < 0, 2**32 - 1, parents),
                                   np.arange(joints)]),
    }
    if kind != "smpl":
        for side in "lr":
            members[f"hands_components{side}"] = random.normal(size=(45, 45))
            members[f"hands_mean{side}"] = random.normal(size=45)
    if kind == "smplx":
        members["lmk_faces_idx"] = random.integers(0, 500, 51)
        members["lmk_bary_coords"] = random.dirichlet(np.ones(3), 51)
        members["dynamic_lmk_faces_idx"] = random.integers(0, 500, (79, 17))
        members["dynamic_lmk_bary_coords"] = random.dirichlet(np.ones(3), (79, 17))
    return members


@pytest.fixture(scope="session")
def stock_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Path of a made-up model in a stock format: ``stock_file("smplh")``; made once a session."""
    folder = tmp_path_factory.mktemp("models")

    def file(kind: str, correctives: bool = True) -> Path:
        place = folder / ("with" if correctives else "without") / kind
        path = place / f"{kind.upper()}_NEUTRAL.npz"
        if not path.exists():
            place.mkdir(parents=True, exist_ok=True)
            members = make_members(kind)
            if not correctives:
                members["posedirs"] = np.zeros(members["posedirs"].shape, bool)
            np.savez(path, **members)
        return path

    return file


@pytest.fixture
def random_pose() -> Callable[..., dict[str, np.ndarray]]:
    """Parameters of random poses: ``random_pose(batch, kind)``, float32."""

    def pose(batch: int, kind: str = "smplx", seed: int = 1) -> dict[str, np.ndarray]:
        random = np.random.default_rng(seed)
        shapes = {"betas": 10, "global_orient": 3, "body_pose": 69 if kind == "smpl" else 63,
                  "transl": 3}
        if kind != "smpl":
            shapes |= {"left_hand_pose": 45, "right_hand_pose": 45}
        if kind == "smplx":
            shapes |= {"expression": 52, "jaw_pose": 3, "leye_pose": 3, "reye_pose": 3}
        return {name: random.normal(0.0, 0.5, (batch, size)).astype(np.float32)
                for name, size in shapes.items()}

    return pose
