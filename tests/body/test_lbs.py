"""Skinning: against stock smplx, against geometry, and against its own other ways."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from kinesics_core.assets.store import shipped
from kinesics_core.body import lbs, skinning
from kinesics_core.body.model import load
from kinesics_core.errors import KinesicsError


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


@pytest.mark.parametrize("gender", ["neutral", "female", "male"])
def test_stock_smplx_poses_the_open_body_alike(gender, random_pose):
    smplx = pytest.importorskip("smplx")
    folder = shipped("smplx/SMPLX_NEUTRAL.npz").parent.parent
    stock = smplx.create(str(folder), model_type="smplx", gender=gender, num_betas=10,
                         num_expression_coeffs=52, use_pca=False, flat_hand_mean=True,
                         batch_size=5)
    poses = random_pose(5)
    out = stock(**_tensors(poses))
    model = load(gender=gender)
    for way, given in ((lbs, _tensors(poses)), (skinning, poses)):
        vertices, joints = way.vertices(model, **given)
        np.testing.assert_allclose(vertices, out.vertices.detach(), atol=1e-5)
        np.testing.assert_allclose(joints, out.joints.detach()[:, :55], atol=1e-5)


@pytest.mark.parametrize("kind", ["smplx", "smplh", "smpl"])
def test_numpy_gives_the_same_as_torch(kind, stock_file, random_pose):
    model = load(stock_file(kind))
    parameters = random_pose(5, kind)
    ours, joints = skinning.vertices(model, **parameters)
    vertices, expected_joints = lbs.vertices(model, **_tensors(parameters))
    np.testing.assert_allclose(ours, vertices, atol=2e-6)
    np.testing.assert_allclose(joints, expected_joints, atol=2e-6)
    assert ours.dtype == joints.dtype == np.float32


@pytest.mark.parametrize("chosen", [[4000, 3, 10000, 3], []])
def test_chosen_vertices_are_those_of_the_whole_mesh(chosen, stock_file, random_pose):
    model = load(stock_file("smplx"))
    parameters = random_pose(4)
    indices = np.array(chosen, int)
    whole, joints = lbs.vertices(model, **_tensors(parameters))
    some, same_joints = lbs.vertices(lbs.select(model, indices), **_tensors(parameters))
    torch.testing.assert_close(some, whole[:, indices], atol=2e-6, rtol=0)
    torch.testing.assert_close(same_joints, joints)
    some, _ = skinning.vertices(skinning.select(model, indices), **parameters)
    np.testing.assert_allclose(some, whole[:, indices], atol=2e-6)


def test_one_shape_serves_all_poses(stock_file, random_pose):
    model = load(stock_file("smplx"))
    parameters = random_pose(3)
    repeated = parameters | {"betas": np.repeat(parameters["betas"][:1], 3, 0)}
    expected, _ = lbs.vertices(model, **_tensors(repeated))
    shared = parameters | {"betas": parameters["betas"][:1]}
    torch.testing.assert_close(lbs.vertices(model, **_tensors(shared))[0], expected)
    np.testing.assert_allclose(skinning.vertices(model, **shared)[0], expected, atol=2e-6)


@pytest.mark.parametrize("varied", ["betas", "transl", "expression", "jaw_pose"])
def test_one_parameter_may_vary_alone(varied, stock_file, random_pose):
    """The others are missing, or given once for all."""
    model = load(stock_file("smplx"))
    parameters = random_pose(3)
    zeros = {name: np.zeros_like(value) for name, value in parameters.items()}
    expected, expected_joints = lbs.vertices(
        model, **_tensors(zeros | {varied: parameters[varied]}))
    once = {name: value[:1] for name, value in zeros.items()}
    for given in ({varied: parameters[varied]}, once | {varied: parameters[varied]}):
        vertices, joints = lbs.vertices(model, **_tensors(given))
        torch.testing.assert_close(vertices, expected)
        torch.testing.assert_close(joints, expected_joints)
        vertices, joints = skinning.vertices(model, **given)
        np.testing.assert_allclose(vertices, expected, atol=2e-6)
        np.testing.assert_allclose(joints, expected_joints, atol=2e-6)


def test_no_parameters_give_the_template(stock_file):
    model = load(stock_file("smplx"))
    for vertices, joints in (lbs.vertices(model), skinning.vertices(model)):
        np.testing.assert_allclose(vertices[0], model.template, atol=1e-6)
        np.testing.assert_allclose(joints[0], model.joint_regressor @ model.template, atol=1e-6)


def test_right_angle_at_the_elbow(stock_file):
    """About +z by 90 degrees: what lay beyond the elbow along +x now stands up along +y."""
    model = load(stock_file("smplx", correctives=False))
    names = list(model.joint_names)
    pose = np.zeros((1, 21, 3), np.float32)
    pose[0, names.index("left_elbow") - 1, 2] = np.pi / 2
    vertices, joints = skinning.vertices(model, body_pose=pose)
    rest, elbow = model.joint_template, model.joint_template[names.index("left_elbow")]
    beyond = [i for i, name in enumerate(names)
              if name == "left_wrist" or (name.startswith("left_") and name[-1].isdigit())]
    assert len(beyond) == 16
    arm = rest[beyond] - elbow
    np.testing.assert_allclose(
        joints[0, beyond], elbow + np.stack([-arm[:, 1], arm[:, 0], arm[:, 2]], 1), atol=1e-6)
    others = [i for i in range(55) if i not in beyond]
    np.testing.assert_allclose(joints[0, others], rest[others], atol=1e-6)
    still = model.weights[:, [*beyond, names.index("left_elbow")]].sum(1) == 0
    assert 1000 < still.sum() < len(still)
    np.testing.assert_allclose(vertices[0, still], model.template[still], atol=1e-6)


def test_the_body_turns_about_its_pelvis_and_then_moves(stock_file):
    model = load(stock_file("smplx", correctives=False))
    turn = np.array([[0.0, np.pi / 2, 0.0]], np.float32)
    vertices, joints = skinning.vertices(
        model, global_orient=turn, transl=np.array([[1.0, 2.0, 3.0]], np.float32))
    pelvis = model.joint_template[0]
    np.testing.assert_allclose(joints[0, 0], pelvis + [1.0, 2.0, 3.0], atol=1e-6)
    x, y, z = (model.template - pelvis).T
    expected = np.stack([z, y, -x], 1) + pelvis + [1.0, 2.0, 3.0]
    np.testing.assert_allclose(vertices[0], expected, atol=2e-6)


def test_rotations_may_be_matrices(stock_file, random_pose):
    model = load(stock_file("smplx"))
    parameters = _tensors(random_pose(3))
    expected, _ = lbs.vertices(model, **parameters)
    angles = parameters["body_pose"].view(3, 21, 3)
    parameters["body_pose"] = lbs.rotation_matrices(angles).permute(3, 2, 0, 1)
    torch.testing.assert_close(lbs.vertices(model, **parameters)[0], expected)


@pytest.mark.parametrize("size", [0.0, 1e-6, 0.5, 3.0])
def test_gradients_are_those_of_finite_differences(size, stock_file, random_pose):
    body = lbs.select(load(stock_file("smplx")), np.array([5, 5000]), dtype=torch.float64)
    parameters = {name: (size * value.double()).requires_grad_()
                  for name, value in _tensors(random_pose(2)).items()}

    def pose(*values):
        return lbs.vertices(body, **dict(zip(parameters, values, strict=True)))

    assert torch.autograd.gradcheck(pose, tuple(parameters.values()), fast_mode=True, atol=1e-6)


@pytest.mark.parametrize("way", [lbs, skinning])
@pytest.mark.parametrize("wrong", [{"betas": (1, 11)}, {"expression": (1, 53)},
                                   {"left_hand_pose": (1, 12)}, {"body_pose": (1, 69)}])
def test_parameters_of_another_body_are_refused(way, wrong, stock_file):
    model = load(stock_file("smplx"))
    parameters = {name: np.zeros(shape, np.float32) for name, shape in wrong.items()}
    if way is lbs:
        parameters = _tensors(parameters)
    with pytest.raises(KinesicsError, match="Got"):
        way.vertices(model, **parameters)


@pytest.mark.parametrize("pose", [lbs.vertices, skinning.vertices])
def test_a_misspelt_parameter_is_refused_and_not_left_at_zero(stock_file, pose):
    with pytest.raises(TypeError, match="left_hand for a body; wanted betas, .*left_hand_pose"):
        pose(load(stock_file("smplx")), left_hand=None)
