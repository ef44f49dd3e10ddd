"""Files of meshes and motions, read back by other readers than wrote them."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from gltf_reader import Gltf, khronos_validator

from kinesics_core.body import skinning
from kinesics_core.body.bvh import bvh, euler_zxy
from kinesics_core.body.gltf import glb, heaviest, influences_of
from kinesics_core.body.model import load
from kinesics_core.body.obj import obj_text
from kinesics_core.body.surface import vertex_normals
from kinesics_core.body.world_motion import at_rate, continuous, world_motion
from kinesics_core.errors import KinesicsError
from kinesics_core.importers import bvh as bvh_reader
from kinesics_core.rotations import exponential, quaternions

TO_WORLD = np.diag([1.0, -1.0, -1.0])  # camera: y down, z away; world: y up, z towards the camera


@pytest.fixture(scope="module")
def body(stock_file):
    return load(stock_file("smplx", correctives=False))


@pytest.fixture
def motion(random_pose):
    """Nine frames of smooth random motion at 30 frames/s, and its betas."""
    random = random_pose(2)
    share = np.linspace(0.0, 1.0, 9, dtype=np.float32)[:, None]
    frames = {name: (1 - share) * ends[0] + share * ends[1] for name, ends in random.items()}
    betas = frames.pop("betas")[0]
    frames["transl"][:, 2] += 3.0
    return {**frames, "betas": betas, "times": 5.0 + np.arange(9) / 30.0}


def _expected(body, motion):
    """Vertices and joints in the world, by LBS."""
    parameters = {name: part for name, part in motion.items() if name != "times"}
    parameters["betas"] = parameters["betas"][None]
    return [points @ TO_WORLD for points in skinning.vertices(body, **parameters)]


# --- .obj ------------------------------------------------------------------------------------


def test_obj_holds_the_mesh():
    random = np.random.default_rng(0)
    vertices = random.normal(0.0, 30.0, (200, 3)).astype(np.float32)
    vertices[0] = (-0.000004, 0.999999, -1234.5)
    faces = random.integers(0, 200, (50, 3))
    lines = obj_text(vertices, faces).decode("ascii").splitlines()
    numbers = r"(-?(?:0|[1-9]\d*)\.\d{5})"
    read = [re.fullmatch(f"v {numbers} {numbers} {numbers}", line) for line in lines[1:201]]
    np.testing.assert_allclose(
        [[float(number) for number in found.groups()] for found in read], vertices,
        atol=6e-6, rtol=1e-7)
    assert lines[1].endswith(" 1.00000 -1234.50000")
    corners = [[int(word) for word in line.split()[1:]] for line in lines[201:]]
    np.testing.assert_array_equal(corners, faces + 1)
    assert lines[0].startswith("#") and len(lines) == 251


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 1e6])
def test_obj_refuses_a_broken_mesh(wrong):
    with pytest.raises(KinesicsError, match="coordinate"):
        obj_text(np.array([[0.0, wrong, 0.0]]), np.zeros((0, 3), int))


# --- glTF ------------------------------------------------------------------------------------


@pytest.mark.parametrize("frame", [0, 4, 8])
def test_gltf_skins_like_lbs(frame, body, motion):
    expected, _ = _expected(body, motion)
    ours = Gltf(glb(body, **motion)).vertices(frame)
    np.testing.assert_allclose(ours, expected[frame], atol=2e-5)


def test_gltf_of_a_model_with_many_influences_and_no_face(stock_file, random_pose):
    body = load(stock_file("smplh", correctives=False))
    spread = np.random.default_rng(0).dirichlet(np.ones(7), len(body.weights))
    body.weights[:] = 0.0
    body.weights[:, 10:17] = spread
    frames = random_pose(2, "smplh")
    motion = frames | {"betas": frames["betas"][0], "times": np.array([0.0, 0.5])}
    read = Gltf(glb(body, influences=8, **motion))
    primitive = read.file.meshes[0].primitives[0]
    assert not primitive.targets
    primitive.targets, read.file.meshes[0].weights = [], []
    expected, _ = _expected(body, motion)
    np.testing.assert_allclose(read.vertices(1), expected[1], atol=2e-5)


def test_gltf_lets_a_vertex_follow_four_joints_unless_more_are_asked_for(
    stock_file, random_pose, tmp_path
):
    body = load(stock_file("smplh", correctives=False))
    spread = np.random.default_rng(0).dirichlet(np.ones(7), len(body.weights)).astype(np.float32)
    body.weights[:] = 0.0
    body.weights[:, 10:17] = spread
    frames = random_pose(2, "smplh")
    motion = frames | {"betas": frames["betas"][0], "times": np.array([0.0, 0.5])}
    read = Gltf(glb(body, **motion))
    attributes = read.file.meshes[0].primitives[0].attributes
    assert not hasattr(attributes, "JOINTS_1") and not hasattr(attributes, "WEIGHTS_1")
    joints, shares = read.array(attributes.JOINTS_0), read.array(attributes.WEIGHTS_0)
    np.testing.assert_allclose(shares.sum(1), 1.0, atol=1e-6)
    order = np.argsort(-spread, axis=1)[:, :4]
    np.testing.assert_array_equal(joints, 10 + order)
    kept = np.take_along_axis(spread, order, axis=1)
    np.testing.assert_allclose(shares, kept / kept.sum(1, keepdims=True), atol=1e-6)
    four = np.zeros_like(body.weights)
    np.put_along_axis(four, joints.astype(int), shares, axis=1)
    read.file.meshes[0].primitives[0].targets, read.file.meshes[0].weights = [], []
    np.testing.assert_allclose(
        read.vertices(1), _expected(replace(body, weights=four), motion)[0][1], atol=2e-5)
    for count in (4, 8):
        path = tmp_path / "motion.glb"
        path.write_bytes(glb(body, influences=count, **motion))
        assert influences_of(path) == count
    assert influences_of(tmp_path / "none.glb") is None
    path.write_bytes(b"glTF of another kind")
    assert influences_of(path) is None


def test_the_open_bodys_vertices_keep_nine_tenths_of_their_weight():
    weights = load().weights
    joints, shares = heaviest(weights, 4)
    assert np.take_along_axis(weights, joints.astype(int), axis=1).sum(1)[
        shares[:, 3] > 0].min() > 0.9
    assert ((weights > 0).sum(1) > 4).mean() < 0.01


@pytest.fixture(scope="module")
def khronos(tmp_path_factory):
    """Return the Khronos validator's messages on a .glb: ``khronos(content)``, by npm and node."""
    return khronos_validator(tmp_path_factory.mktemp("khronos"))


@pytest.mark.parametrize("case", [
    "stock", "open body", "eight influences", "one frame", "one frame at rest", "no face",
    "stamps 0.1 ms apart after an hour", "expressions that do nothing"])
def test_the_khronos_validator_finds_nothing_in_our_gltf(case, khronos, body, motion, random_pose):
    options = {}
    if case == "open body":
        body, frames = load(), random_pose(9)
        motion = frames | {"betas": frames["betas"][0], "times": np.arange(9) / 30.0}
    elif case == "eight influences":
        weights = np.random.default_rng(0).dirichlet(np.ones(55), len(body.weights))
        body, options = replace(body, weights=weights.astype(np.float32)), {"influences": 8}
    elif case.startswith("one frame"):
        motion = {name: part if name == "betas" else part[:1] for name, part in motion.items()}
        if case.endswith("rest"):
            motion = {"global_orient": np.zeros((1, 3)), "times": np.zeros(1)}
    elif case == "no face":
        del motion["expression"]
    elif case.startswith("stamps"):
        motion["times"] = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 3600.0, 3600.0001, 3600.0002, 3601.0])
    elif case.startswith("expressions"):
        body = replace(body, expression_directions=0 * body.expression_directions)
    report = khronos(glb(body, **motion, **options))
    assert report["issues"]["messages"] == []
    info = report["info"]
    assert info["animationCount"] == 1 and info["hasSkins"]
    assert info["maxInfluences"] == options.get("influences", 4)
    assert info["hasMorphTargets"] == ("expression" in motion)


def test_gltf_holds_a_view_for_every_accessor(body, motion):
    """Sparse accessors without one are lawful, and not every reader takes them."""
    for accessor in Gltf(glb(body, **motion)).file.accessors:
        assert accessor.bufferView is not None


def test_gltf_plays_at_the_times_of_the_frames(body, motion):
    motion["times"] = motion["times"] + np.where(np.arange(9) > 5, 0.7, 0.0)  # three frames missing
    read = Gltf(glb(body, **motion))
    animation = read.file.animations[0]
    for sampler in animation.samplers:
        np.testing.assert_allclose(
            read.array(sampler.input), motion["times"] - motion["times"][0], atol=1e-6)
        assert sampler.interpolation == "LINEAR"
    names = [node.name for node in read.file.nodes]
    assert names[:55] == list(body.joint_names)
    targets = read.file.meshes[0].extras["targetNames"]
    assert targets.index("jawOpen") == 24 and len(targets) == 52
    weights = next(channel for channel in animation.channels if channel.target.path == "weights")
    values = read.array(animation.samplers[weights.sampler].output).reshape(9, 52)
    np.testing.assert_allclose(values, motion["expression"])


def test_gltf_of_one_frame_and_of_axes_that_are_up_already(body, motion):
    motion = {name: part if name == "betas" else part[:1] for name, part in motion.items()}
    expected, _ = _expected(body, motion)
    read = Gltf(glb(body, **motion, camera=False))
    np.testing.assert_allclose(read.vertices(0), expected[0] @ TO_WORLD, atol=2e-5)


def test_gltf_of_the_open_body_is_small_and_well_made(random_pose):
    body = load()
    frames = random_pose(240)
    expression = frames["expression"] = np.clip(frames["expression"], 0.0, 1.0)
    content = glb(body, **frames | {"betas": frames["betas"][0]}, times=np.arange(240) / 30.0)
    assert len(content) < 8e6
    read = Gltf(content)
    moved = body.expression_directions @ expression[7]
    assert np.abs(moved).max() > 0.001
    file = read.file
    for view in file.bufferViews:
        assert view.byteOffset % 4 == 0
        assert view.byteOffset + view.byteLength <= file.buffers[0].byteLength
    faces = read.array(file.meshes[0].primitives[0].indices).reshape(-1, 3)
    np.testing.assert_array_equal(faces, body.faces)


def test_normals_point_outwards():
    cube = np.array([[x, y, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])
    corners = [(0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1), (2, 3, 7),
               (2, 7, 6), (0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3)]
    found = vertex_normals(np.vstack([cube, [[0.0, 0.0, 0.0]]]), np.array(corners))
    assert (np.sum(found[:8] * cube, axis=1) > 1.5).all()
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-6)


# --- BVH -------------------------------------------------------------------------------------


def test_bvh_reads_back_to_the_same_joints(body, motion):
    motion["expression"][:] = 0.0  # what BVH does not hold
    _, expected = _expected(body, motion)
    text = bvh(body, **motion, rate=30.0).decode("ascii")
    read = bvh_reader.parse(text)
    assert read.rate == 30.0 and len(read.table) == 9
    indices = [read.names.index(name) for name in body.joint_names]
    assert len(read.names) == 55 + sum("_end" in name for name in read.names)
    positions, _ = bvh_reader.pose(read, indices)
    np.testing.assert_allclose(positions, expected, atol=2e-5)


def test_bvh_fills_missing_frames_in_between(body, motion):
    """Frames 3 and 4 of nine are missing; the root went straight on, and so it does here."""
    motion["expression"][:] = 0.0
    kept = np.array([0, 1, 2, 5, 6, 7, 8])
    holes = {name: part if name == "betas" else part[kept] for name, part in motion.items()}
    read = bvh_reader.parse(bvh(body, **holes, rate=30.0).decode())
    _, expected = _expected(body, motion)
    positions, _ = bvh_reader.pose(read, [read.names.index(name) for name in body.joint_names])
    assert len(positions) == 9
    np.testing.assert_allclose(positions[kept], expected[kept], atol=2e-5)
    np.testing.assert_allclose(positions[[3, 4], 0], expected[[3, 4], 0], atol=1e-5)
    assert np.abs(positions[[3, 4]] - expected[[3, 4]]).max() < 0.01


@pytest.mark.parametrize("rate", [29.97, 25.0, 10.0])
def test_bvh_keeps_the_rate(rate, body, motion):
    motion["times"] = np.arange(9) / rate
    read = bvh_reader.parse(bvh(body, **motion, rate=rate).decode())
    assert read.rate == pytest.approx(rate, abs=1e-6) and len(read.table) == 9


@pytest.mark.parametrize("writer", [glb, lambda *a, **k: bvh(*a, **k, rate=30.0)])
@pytest.mark.parametrize(("change", "sentence"), [
    ({"transl": np.zeros((4, 3))}, "wanted the same number"),
    ({"jaw_pose": np.full((9, 3), np.nan)}, "jaw_pose hold nan"),
    ({"times": np.zeros(9)}, "do not rise"),
    ({"body_pose": np.zeros((9, 66))}, "body_pose of 22 joints"),
])
def test_motions_that_do_not_fit_are_refused(writer, change, sentence, body, motion):
    with pytest.raises(KinesicsError, match=sentence):
        writer(body, **motion | change)


def test_bvh_refuses_a_rate_of_nothing(body, motion):
    with pytest.raises(KinesicsError, match="rate of 0"):
        bvh(body, **motion, rate=0.0)


# --- rotations -------------------------------------------------------------------------------


def _about(axis, angle):
    vector = np.zeros(3)
    vector[axis] = angle
    return exponential(vector)


def test_quaternions_and_euler_angles_are_those_of_the_matrix():
    random = np.random.default_rng(0)
    vectors = random.normal(0.0, 2.0, (500, 3))
    vectors[:4] = [[0, 0, 0], [np.pi, 0, 0], [0, np.pi, 0], [np.pi / 2, 0, 0]]
    matrices = exponential(vectors)
    x, y, z, w = quaternions(matrices).T
    # The quaternion's own rotation of the three axes, by its definition q v q*.
    vector, axes = np.stack([x, y, z], 1), np.eye(3)
    for column in range(3):
        v = np.broadcast_to(axes[column], vector.shape)
        twice = 2.0 * np.cross(vector, v)
        turned = v + w[:, None] * twice + np.cross(vector, twice)
        np.testing.assert_allclose(turned, matrices[:, :, column], atol=2e-6)
    for angles, matrix in zip(euler_zxy(np.stack([x, y, z, w], 1)), matrices, strict=True):
        rebuilt = _about(2, angles[0]) @ _about(0, angles[1]) @ _about(1, angles[2])
        np.testing.assert_allclose(rebuilt, matrix, atol=1e-5)


def test_quaternions_do_not_jump():
    angles = np.linspace(0.0, 4 * np.pi, 50)
    found = quaternions(exponential(np.stack([0 * angles, angles, 0 * angles], -1)))
    assert np.abs(np.diff(continuous(found), axis=0)).max() < 0.2
    assert np.abs(np.diff(found, axis=0)).max() > 1.0


def test_between_frames_rotations_go_the_short_way_at_even_speed(body):
    turn = np.array([[0.0, 0.0, 0.0], [0.0, 1.2, 0.0]], np.float32)
    motion = world_motion(body, {"global_orient": turn}, np.array([0.0, 1.0]), camera=False)
    rotations, root = at_rate(motion, 4.0)
    np.testing.assert_allclose(
        2.0 * np.arcsin(rotations[:, 0, 1]), [0.0, 0.3, 0.6, 0.9, 1.2], atol=1e-6)
    np.testing.assert_allclose(root, np.tile(body.joint_template[0], (5, 1)), atol=1e-6)
