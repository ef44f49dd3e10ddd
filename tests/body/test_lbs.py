"""Skinning: against stock smplx, against geometry, and against its own other ways."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from kinesics_core.body import lbs
from kinesics_core.body.model import load


def _tensors(parameters):
    return {name: torch.from_numpy(value) for name, value in parameters.items()}


def _stock(kind, file, parameters):
    """What stock smplx makes of the same file and parameters: vertices and joints."""
    smplx = pytest.importorskip("smplx")
    extra = {}
    if kind == "smplx":
        extra = {"num_expression_coeffs": 52, "flat_hand_mean": True, "use_pca": False}
    elif kind == "smplh":
        extra = {"flat_hand_mean": True, "use_pca": False, "ext": "npz"}
    else:  # stock smplx reads SMPL from pickles only
        extra = {"data_struct": smplx.utils.Struct(**np.load(file))}
    batch = len(parameters["betas"])
    body = smplx.create(str(file), kind, gender="neutral", num_betas=10, batch_size=batch, **extra)
    out = body(**_tensors(parameters))
    return out.vertices.detach(), out.joints.detach()[:, : body.J_regressor.shape[0]]


@pytest.mark.parametrize("correctives", [True, False])
@pytest.mark.parametrize("kind", ["smplx", "smplh", "smpl"])
def test_same_as_stock_smplx(kind, correctives, stock_file, random_pose):
    file = stock_file(kind, correctives)
    parameters = random_pose(6, kind)
    vertices, joints = lbs.vertices(load(file), **_tensors(parameters))
    expected_vertices, expected_joints = _stock(kind, file, parameters)
    torch.testing.assert_close(vertices, expected_vertices, atol=1e-5, rtol=0)
    torch.testing.assert_close(joints, expected_joints, atol=1e-5, rtol=0)
