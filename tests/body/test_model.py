"""Reading body models: every format there is, and files that are not what they should be."""

from __future__ import annotations

import os
import pickle
import struct
import sys
import types
import zipfile

import numpy as np
import pytest

from kinesics_core.body import lbs, pickles, skinning
from kinesics_core.body.correspondences import selection
from kinesics_core.body.model import load
from kinesics_core.errors import ModelError
from kinesics_core.files import read_arrays
from kinesics_core.skeletons import (
    ARKIT_BLENDSHAPES,
    SMPLX55,
    WHOLEBODY133,
    WHOLEBODY133_FACE,
    WHOLEBODY133_LEFT_HAND,
)


class _Python2Pickler(pickle._Pickler):
    """Writes strings and bytes both as what Python 2 called strings."""

    dispatch = dict(pickle._Pickler.dispatch)

    def _string(self, content):
        raw = content if isinstance(content, bytes) else content.encode("latin1")
        self.write(b"T" + struct.pack("<i", len(raw)) + raw)
        self.memoize(content)

    dispatch[bytes] = dispatch[str] = _string


class Ch:
    """Stands in for chumpy's class, which needs a Python too old to install."""

    def __init__(self, x):
        self.x = x
        self._dirty_vars = set()


class Select(Ch):
    def __init__(self, a, idxs, shape):
        self.a, self.idxs, self.preferred_shape = a, idxs, shape


Ch.__module__, Select.__module__ = "chumpy.ch", "chumpy.reordering"


def _write_python2_pickle(path, members, monkeypatch):
    """As the stock SMPL files were written: Python 2, old numpy and scipy, chumpy's arrays."""
    for module in ("chumpy", "chumpy.ch", "chumpy.reordering"):
        stand_in = types.ModuleType(module)
        stand_in.Ch, stand_in.Select = Ch, Select
        monkeypatch.setitem(sys.modules, module, stand_in)
    with path.open("wb") as stream:
        _Python2Pickler(stream, protocol=2).dump(members)
    content = path.read_bytes()
    for new, old in ((b"numpy._core.multiarray", b"numpy.core.multiarray"),
                     (b"scipy.sparse._csc", b"scipy.sparse.csc")):
        content = content.replace(b"c" + new + b"\n", b"c" + old + b"\n")
    path.write_bytes(content)


def _stock_pickle(folder, members, monkeypatch):
    sparse = pytest.importorskip("scipy.sparse")
    directions = np.concatenate([members["shapedirs"], members["shapedirs"]], 2)
    chosen = np.arange(directions.size).reshape(directions.shape)[..., :10]
    path = folder / "basicModel_neutral_lbs_10_207_0_v1.0.0.pkl"
    _write_python2_pickle(path, members | {
        "J_regressor": sparse.csc_matrix(members["J_regressor"]),
        "J_regressor_prior": sparse.csr_matrix(members["J_regressor"]),
        "v_template": Ch(members["v_template"]),
        "weights": Ch(np.asfortranarray(members["weights"])),
        "shapedirs": Select(Ch(directions), chosen.ravel(), chosen.shape),
        "f": members["f"].astype(">u4"),
        "bs_style": "lbs",
    }, monkeypatch)
    return path


def test_the_open_body_is_the_default():
    model = load()
    assert model.kind == "smplx" and model.joint_names == SMPLX55
    assert model.expression_directions.shape[2] == len(ARKIT_BLENDSHAPES)
    assert model.shape_directions.shape[2] == 10 and model.pose_directions is None
    assert model.keypoints.known.all()
    height = np.ptp(model.template[:, 1])
    assert 1.5 < height < 1.9
    np.testing.assert_allclose(model.weights.sum(1), 1.0, atol=1e-5)
    # Joints and keypoints lie where they must: toes below, the nose in front, left on the left.
    indices, matrix = selection(model.keypoints, 55)
    keypoints = matrix @ np.concatenate([model.joint_template, model.template[indices]])
    place = dict(zip(WHOLEBODY133, keypoints - model.joint_template[0], strict=True))
    assert place["left_wrist"][0] > 0.4 > -0.4 > place["right_wrist"][0]
    assert place["left_big_toe"][1] < -0.7 < 0.5 < place["nose"][1]
    assert place["left_big_toe"][2] > place["left_heel"][2] + 0.1
    assert place["left_hand_8"][0] > place["left_hand_5"][0]


@pytest.mark.parametrize("gender", ["female", "male"])
def test_open_bodies_of_both_genders_ship(gender):
    model = load(gender=gender)
    assert model.gender == gender and not np.allclose(model.template, load().template, atol=1e-3)


@pytest.mark.parametrize(("kind", "joints", "expressions"),
                         [("smplx", 55, 52), ("smplh", 52, 0), ("smpl", 24, 0)])
def test_the_kind_is_told_by_the_contents(kind, joints, expressions, stock_file, tmp_path):
    path = tmp_path / "SMPLX_but_not_really.bin"
    path.write_bytes(stock_file(kind).read_bytes())
    model = load(path)
    assert model.kind == kind and len(model.joint_names) == joints == len(model.parents)
    assert model.expression_directions.shape[2] == expressions
    assert model.pose_directions.shape == (9 * (joints - 1), 3 * len(model.template))
    assert (model.hand_means is None) == (kind == "smpl")


def test_folders_are_those_of_stock_smplx(stock_file, tmp_path):
    file = stock_file("smplx")
    for folder in (file.parent, file.parent.parent):
        np.testing.assert_array_equal(load(folder).template, load(file).template)
    with pytest.raises(ModelError, match="no male body model.*SMPLX_NEUTRAL"):
        load(file.parent, "male")
    with pytest.raises(ModelError, match="no .npz or .pkl file"):
        load(tmp_path)


def test_of_the_first_release_ten_and_ten_columns_are_read(members, tmp_path):
    path = tmp_path / "old.npz"
    np.savez(path, **members | {"shapedirs": members["shapedirs"][..., :20]})
    model = load(path)
    assert model.shape_directions.shape[2] == model.expression_directions.shape[2] == 10
    np.testing.assert_array_equal(model.expression_directions, members["shapedirs"][..., 10:20])


def test_more_or_fewer_components_may_be_read(stock_file):
    model = load(stock_file("smplx"), betas=200, expressions=5)
    assert model.shape_directions.shape[2] == 200 and model.expression_directions.shape[2] == 5


def test_a_python2_pickle_of_smpl_reads_as_its_arrays(stock_file, tmp_path, monkeypatch,
                                                      random_pose):
    with np.load(stock_file("smpl")) as members:
        path = _stock_pickle(tmp_path, dict(members), monkeypatch)
    model, expected = load(path), load(stock_file("smpl"))
    for name in ("template", "shape_directions", "joint_regressor", "weights", "faces",
                 "pose_directions", "joint_directions"):
        np.testing.assert_array_equal(getattr(model, name), getattr(expected, name))
    poses = random_pose(2, "smpl")
    np.testing.assert_array_equal(skinning.vertices(model, **poses)[0],
                                  skinning.vertices(expected, **poses)[0])


@pytest.mark.parametrize("protocol", [0, 1, 2, 4, 5])
def test_pickles_of_python3_read_too(protocol, members, tmp_path):
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(members, protocol=protocol))
    read = pickles.load(path)
    assert read.keys() == members.keys()
    for name, array in members.items():
        np.testing.assert_array_equal(read[name], array)
        assert read[name].dtype == array.dtype


class _Calls:
    def __init__(self, call, *arguments):
        self.reduced = call, arguments

    def __reduce__(self):
        return self.reduced


@pytest.mark.parametrize("call", [
    lambda mark: (os.system, f"touch {mark}"),
    lambda mark: (eval, f"open({str(mark)!r}, 'w')"),
    lambda mark: (np.save, str(mark) + ".npy", np.zeros(2)),
    lambda mark: (getattr, "text", "upper"),
])
@pytest.mark.parametrize("hidden", [False, True])
def test_a_pickle_runs_no_program(call, hidden, tmp_path):
    mark, path = tmp_path / "ran", tmp_path / "SMPL_NEUTRAL.pkl"
    trap = _Calls(*call(mark))
    content = {"v_template": np.array([trap], object)} if hidden else trap
    path.write_bytes(pickle.dumps(content))
    with pytest.raises(ModelError, match="could run any program"):
        load(path)
    assert [file.name for file in tmp_path.iterdir()] == ["SMPL_NEUTRAL.pkl"]


@pytest.mark.parametrize(("content", "sentence"), [
    (b"", "empty"),
    (b"hello, this is no model", "no readable pickle"),
    (b"PK\x03\x04 neither is this", "damaged or cut off"),
    (pickle.dumps([1, 2, 3]), "pickled list"),
    (pickle.dumps({"emotion": "joy"}), "not a body model: it has no v_template.*It has emotion"),
    (b"\x80\x04N.", "pickled NoneType"),
    # A sparse matrix of 10^14 elements, in place of an array.
    (b"\x80\x02}X\x01\x00\x00\x00acscipy.sparse.csc\ncsc_matrix\n)\x81}(X\x06\x00\x00\x00_shape"
     b"J\x80\x96\x98\x00J\x80\x96\x98\x00\x86X\x04\x00\x00\x00dataNX\x07\x00\x00\x00indicesN"
     b"X\x06\x00\x00\x00indptr]ubs.", "far larger"),
])
def test_what_is_no_model_is_said_to_be_none(content, sentence, tmp_path):
    path = tmp_path / "model.pkl"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=sentence):
        load(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ModelError, match="does not exist"):
        load(tmp_path / "SMPLX_NEUTRAL.npz")
    with pytest.raises(ModelError, match="gender 'both'"):
        load(gender="both")


@pytest.mark.parametrize("kind", ["npz", "pkl"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.999])
def test_a_truncated_file_is_refused(kind, share, members, tmp_path):
    path = tmp_path / f"model.{kind}"
    if kind == "npz":
        np.savez(path, **members)
    else:
        path.write_bytes(pickle.dumps(members))
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ModelError, match="cut off"):
        load(path)


def test_flipped_bytes_are_noticed(members, tmp_path):
    path = tmp_path / "model.npz"
    np.savez_compressed(path, **members)
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("v_template.npy").header_offset + 2000
    content[start : start + 50] = bytes(50)
    path.write_bytes(content)
    with pytest.raises(ModelError, match="damaged or cut off"):
        load(path)


@pytest.mark.parametrize(("change", "sentence"), [
    ({"weights": None}, "it has no weights"),
    ({"v_template": np.zeros((30, 2))}, r"v_template is float64 of shape \(30, 2\)"),
    ({"weights": np.ones((10475, 54))}, r"wanted numbers of shape \(10475, 55\)"),
    ({"weights": np.ones((10475, 55))}, "do not sum to 1"),
    ({"J_regressor": np.full((55, 10475), np.nan)}, "J_regressor holds nan"),
    ({"kintree_table": np.zeros((2, 21), int)}, "has 21 joints; wanted SMPL-X"),
    ({"kintree_table": np.full((2, 55), 54)}, "before its parent"),
    ({"f": np.full((9, 3), 10475)}, "beyond the 10475"),
    ({"f": np.array(["a"])}, "f is <U1"),
    ({"shapedirs": np.zeros((10475, 3, 10), np.float32)}, "none of them of expression"),
    ({"shapedirs": np.zeros((10475, 400), np.float32)}, "wanted .10475, 3, components"),
    ({"posedirs": np.ones((10475, 3, 207), np.float32)}, "posedirs is float32"),
    ({"lmk_bary_coords": np.ones((5, 3))}, "do not place 51 landmarks"),
    ({"lmk_bary_coords": None}, "do not place 51 landmarks"),
    ({"keypoint_joints": np.zeros(133, int)}, "lacks keypoint_names"),
    ({"hands_meanl": np.zeros(6)}, "hands_meanl"),
    ({"hands_componentsr": None}, "lacks hands_componentsr"),
    ({"J_regressor": np.full((55, 10475), 1e9)}, "joints outside the body"),
    ({"shapedirs": np.full((10475, 3, 20), 1e30)}, "displacements of more than 4 m"),
    ({"v_template": np.full((10475, 3), 1e300)}, "v_template holds nan or infinity"),
    ({"lmk_faces_idx": np.array(["a"] * 51)}, "do not place 51 landmarks"),
    ({"lmk_faces_idx": np.full(51, -3)}, "do not place 51 landmarks"),
])
def test_wrong_contents_are_named(change, sentence, members, tmp_path):
    path = tmp_path / "model.npz"
    changed = {name: array for name, array in (members | change).items() if array is not None}
    np.savez(path, **changed)
    with pytest.raises(ModelError, match=sentence):
        load(path)


@pytest.mark.parametrize(("unit", "wide"), [(100.0, "182"), (1000.0, r"1.82e\+03")])
@pytest.mark.parametrize("ending", ["npz", "pkl"])
def test_a_body_in_other_units_is_refused(ending, unit, wide, members, tmp_path):
    template = np.linspace(-0.91, 0.91, 10475)[:, None] * (1.0, 0.5, 0.1)
    members = members | {"v_template": unit * template}
    path = tmp_path / f"model.{ending}"
    if ending == "npz":
        np.savez(path, **members)
    else:
        path.write_bytes(pickle.dumps(members))
    with pytest.raises(ModelError, match=f"v_template is {wide} wide; .* in metres"):
        load(path)


def test_keypoints_are_those_of_stock_smplx(stock_file, random_pose):
    smplx = pytest.importorskip("smplx")
    torch = pytest.importorskip("torch")
    from smplx.joint_names import JOINT_NAMES

    file = stock_file("smplx")
    poses = {name: torch.from_numpy(value) for name, value in random_pose(1).items()}
    # Stock smplx moves the outline with the neck's turn; ours is the one of a straight neck.
    poses["body_pose"][:, [3 * i + k for i in (11, 8, 5, 2) for k in range(3)]] = 0.0
    poses["global_orient"][:] = 0.0
    stock = smplx.create(str(file), "smplx", num_expression_coeffs=52, flat_hand_mean=True,
                         use_pca=False, use_face_contour=True)
    expected = dict(zip(JOINT_NAMES, stock(**poses).joints[0].detach().numpy(), strict=False))
    model = load(file)
    indices, matrix = selection(model.keypoints, 55)
    some, joints = lbs.vertices(lbs.select(model, indices), **poses)
    ours = matrix @ torch.cat([joints, some], 1)[0].numpy()
    assert model.keypoints.known.all()
    names = list(JOINT_NAMES)
    face = names[76:127]
    outline = names[127:144]
    assert outline[0] == "right_contour_1" and outline[-1] == "left_contour_1"
    np.testing.assert_allclose(
        ours[WHOLEBODY133_FACE], [expected[name] for name in (*outline, *face)], atol=1e-5)
    fingers = ["left_wrist", *(f"left_{finger}{joint}"
                               for finger in ("thumb", "index", "middle", "ring", "pinky")
                               for joint in (1, 2, 3, ""))]
    np.testing.assert_allclose(
        ours[WHOLEBODY133_LEFT_HAND], [expected[name] for name in fingers], atol=1e-5)
    for name in WHOLEBODY133[:23]:
        np.testing.assert_allclose(ours[WHOLEBODY133.index(name)], expected[name], atol=1e-5)


def test_smpl_has_no_fingers_and_smplh_no_face(stock_file):
    known = load(stock_file("smpl")).keypoints.known
    assert known[:23].all() and not known[WHOLEBODY133_FACE].any()
    assert np.flatnonzero(known[WHOLEBODY133_LEFT_HAND]).tolist() == [0]
    known = load(stock_file("smplh")).keypoints.known
    assert known[WHOLEBODY133_LEFT_HAND].all() and not known[WHOLEBODY133_FACE].any()


def test_keypoints_are_weighted_vertices(members, tmp_path):
    path = tmp_path / "ours.npz"
    joints = np.full(133, -1, np.int16)
    joints[5] = 16
    vertices = np.full((133, 4), -1, np.int32)
    weights = np.zeros((133, 4), np.float32)
    vertices[0, :2], weights[0, :2] = (7, 9), (0.25, 0.75)
    np.savez(path, **members, keypoint_names=np.array(WHOLEBODY133), keypoint_joints=joints,
             keypoint_vertices=vertices, keypoint_weights=weights, posedirs_zero=np.True_)
    model = load(path)
    assert model.pose_directions is None
    assert np.flatnonzero(model.keypoints.known).tolist() == [0, 5]
    indices, matrix = selection(model.keypoints, 55)
    points = matrix @ np.concatenate([model.joint_template, model.template[indices]])
    np.testing.assert_allclose(
        points[0], 0.25 * model.template[7] + 0.75 * model.template[9], atol=1e-6)
    np.testing.assert_allclose(points[5], model.joint_template[16], atol=1e-6)
    assert not matrix[1].any()


@pytest.fixture(scope="module")
def members(stock_file):
    """Arrays of a stock SMPL-X file, without the large ones of corrective shapes."""
    with np.load(stock_file("smplx")) as loaded:
        return {name: array for name, array in loaded.items() if name != "posedirs"}


def test_a_damaged_header_of_an_array_is_a_sentence(tmp_path):
    """numpy takes a header it cannot parse for one of Python 2 and lets its tokenizer raise."""
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (3,\n"
    array = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(12)
    path = tmp_path / "model.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("v_template", "f", "posedirs"):
            archive.writestr(f"{name}.npy", array)
    with pytest.raises(ModelError, match="damaged|no body model|not a body model"):
        load(path)
    with pytest.raises(ValueError, match="v_template: .*multi-line statement"):
        read_arrays(path)
