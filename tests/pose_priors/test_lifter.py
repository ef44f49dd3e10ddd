"""The lifter: what it sees, its network in numpy and torch, and people it must not get wrong."""

import numpy as np
import pytest
from stick_figure import coco17, forward

from kinesics_core.errors import KinesicsError, ModelError
from kinesics_core.pose_priors import lifter
from kinesics_core.pose_priors.lifter import KEYPOINTS, lift
from kinesics_core.rotations import exponential, logarithm
from kinesics_core.skeletons import SMPLX_BODY, mirrored

RNG = np.random.default_rng(6)
FACING = np.diag([1.0, -1.0, -1.0])
WIDTH, HEIGHT = 1280, 720
FOCAL = float(np.hypot(WIDTH, HEIGHT))


def pose(**joints):
    """(21, 3), degrees given by joint name; arms hang down unless said otherwise."""
    angles = np.zeros((21, 3))
    for name, degrees in {"left_shoulder": (0, 0, -75), "right_shoulder": (0, 0, 75),
                          **joints}.items():
        angles[SMPLX_BODY.index(name) - 1] = degrees
    return np.radians(angles)


def seen(body_pose, yaw=0.0, place=(0.0, 0.0, 4.0), focal=FOCAL):
    """A skeleton that is not the lifter's own, through a camera: keypoints (1, 23, 3) without
    feet, joints (22, 3) in the camera's axes, and the root's rotation."""
    root = FACING @ exponential(np.array([0.0, np.radians(yaw), 0.0]))
    joints, rotations = forward(logarithm(root), body_pose, np.zeros(3))
    points = coco17(joints, rotations) + place
    keypoints = np.full((1, 23, 3), np.nan)
    keypoints[0, :17, :2] = points[:, :2] / points[:, 2:] * focal + (WIDTH / 2, HEIGHT / 2)
    keypoints[0, :17, 2] = 1.0
    return keypoints, joints - joints[0], root


def lifted_joints(rotations):
    """(22, 3) of the same skeleton with the rotations found."""
    return forward(logarithm(rotations[0]), logarithm(rotations[1:]), np.zeros(3))[0]


PEOPLE = {
    "standing": pose(),
    "arms up": pose(left_shoulder=(0, 0, 60), right_shoulder=(0, 0, -60)),
    "arms forward": pose(left_shoulder=(0, -85, 0), right_shoulder=(0, 85, 0)),
    "sitting": pose(left_hip=(-90, 0, 0), right_hip=(-90, 0, 0), left_knee=(90, 0, 0),
                    right_knee=(90, 0, 0)),
    "crouching": pose(left_hip=(-100, 0, 10), right_hip=(-100, 0, -10), left_knee=(120, 0, 0),
                      right_knee=(120, 0, 0), spine1=(25, 0, 0)),
    "a step": pose(left_hip=(-35, 0, 0), right_hip=(25, 0, 0), left_knee=(20, 0, 0),
                   right_knee=(35, 0, 0)),
}


@pytest.mark.parametrize("yaw", [0, 45, 90, 135, 180, 225, 270, 315])
@pytest.mark.parametrize("name", ["standing", "arms up", "a step"])
def test_upright_people_are_turned_the_right_way(name, yaw):
    keypoints, _, root = seen(PEOPLE[name], yaw)
    found = lift(keypoints, WIDTH, HEIGHT)
    turn = np.degrees(np.linalg.norm(logarithm(found.rotations[0, 0].T.astype(float) @ root)))
    assert found.known.all() and turn < 40.0


@pytest.mark.parametrize("name", PEOPLE)
def test_depth_is_on_the_right_side(name):
    """Of limbs that point at the camera or away from it, whichever way a person faces."""
    wrong = total = 0
    for yaw in range(0, 360, 30):
        keypoints, joints, _ = seen(PEOPLE[name], yaw)
        found = lifted_joints(lift(keypoints, WIDTH, HEIGHT).rotations[0])
        for upper, lower in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"),
                             ("elbow", "wrist")):
            for side in ("left", "right"):
                a, b = (SMPLX_BODY.index(f"{side}_{joint}") for joint in (upper, lower))
                depth = joints[b, 2] - joints[a, 2]
                if abs(depth) > 0.2:
                    total += 1
                    wrong += (found[b, 2] - found[a, 2]) * depth < 0
    assert wrong <= 0.1 * total


def test_a_person_at_the_edge_looks_like_one_in_the_middle():
    """But for the direction to them: that is geometry, not learned."""
    there = np.array([1.6, 0.4, 4.0])
    keypoints, _, _ = seen(PEOPLE["arms up"], 30, place=there)
    points = (keypoints[..., :2] - (WIDTH / 2, HEIGHT / 2)) / FOCAL
    inputs, turn, known = lifter.features(points, keypoints[..., 2])
    trunk = [KEYPOINTS.index(f"{side}_{j}") for side in ("left", "right")
             for j in ("shoulder", "hip")]
    middle = np.append(points[0, trunk].mean(axis=0), 1.0)
    np.testing.assert_allclose(
        turn[0] @ middle / np.linalg.norm(middle), (0.0, 0.0, 1.0), atol=1e-12)
    np.testing.assert_allclose(turn[0] @ turn[0].T, np.eye(3), atol=1e-12)
    assert known.all() and np.abs(inputs).max() < 8.0


def test_size_and_place_of_the_picture_do_not_matter():
    keypoints, _, _ = seen(PEOPLE["a step"], 60)
    twice = keypoints * (2.0, 2.0, 1.0)
    one, two = lift(keypoints, WIDTH, HEIGHT), lift(twice, 2 * WIDTH, 2 * HEIGHT)
    np.testing.assert_allclose(one.rotations, two.rotations, atol=1e-5)


def test_missing_keypoints_and_missing_people():
    keypoints, _, _ = seen(PEOPLE["standing"])
    legless = keypoints.copy()
    legless[:, [KEYPOINTS.index(f"{s}_{j}") for s in ("left", "right")
                for j in ("knee", "ankle")]] = np.nan
    nobody = np.full_like(keypoints, np.nan)
    unsure = keypoints.copy()
    unsure[..., 2] = 0.0
    found = lift(np.concatenate([keypoints, legless, nobody, unsure]), WIDTH, HEIGHT)
    assert found.known.tolist() == [True, True, False, False]
    assert np.isfinite(found.rotations).all() and np.isfinite(found.spread).all()
    np.testing.assert_allclose(np.linalg.det(found.rotations), 1.0, atol=1e-4)
    knee = SMPLX_BODY.index("left_knee")
    assert found.spread[1, knee] > 1.5 * found.spread[0, knee]
    np.testing.assert_allclose(found.rotations[2, 0], FACING)
    with pytest.raises(KinesicsError, match="133|23"):
        lift(np.zeros((3, 17, 3)), WIDTH, HEIGHT)


def test_a_whole_body_is_lifted_by_its_first_keypoints():
    keypoints, _, _ = seen(PEOPLE["standing"])
    whole = np.full((1, 133, 3), np.nan)
    whole[:, :23] = keypoints
    np.testing.assert_array_equal(
        lift(whole, WIDTH, HEIGHT).rotations, lift(keypoints, WIDTH, HEIGHT).rotations)
    assert lift(whole[:0], WIDTH, HEIGHT).rotations.shape == (0, 22, 3, 3)


def test_numpy_and_torch_are_the_same_network(tmp_path):
    torch = pytest.importorskip("torch")
    from kinesics_core.pose_priors.lifter_network import LifterNetwork
    from kinesics_core.pose_priors.vae_network import parameters_of

    torch.manual_seed(0)
    network = LifterNetwork(64, 2).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, 0.0, 0.1)
    np.savez(tmp_path / "lifter.npz", **parameters_of(network))
    network.load_state_dict({
        name: torch.from_numpy(value.astype(np.float32))
        for name, value in parameters_of(network).items()})
    points = RNG.normal(0.0, 0.3, (5, 23, 2))
    points -= points[:, lifter._TRUNK].mean(axis=1, keepdims=True)
    inputs, turn, known = lifter.features(points, np.ones((5, 23)))
    with torch.no_grad():
        rotations, spread = network(torch.from_numpy(inputs))
    keypoints = np.concatenate([points * 1000.0 + (400, 300), np.ones((5, 23, 1))], axis=-1)
    found = lift(keypoints, 800, 600, path=tmp_path / "lifter.npz")
    np.testing.assert_allclose(found.rotations[:, 1:], rotations[:, 1:], atol=1e-4)
    np.testing.assert_allclose(turn @ found.rotations[:, 0], rotations[:, 0], atol=1e-4)
    np.testing.assert_allclose(found.spread, np.exp(spread), rtol=1e-3)


def test_views_are_projections_of_the_joints_they_tell():
    """Clean views of a body: shoulders, knees and so on lie on lines through their joints."""
    pytest.importorskip("torch")
    from kinesics_core.body import model
    from kinesics_core.pose_priors import lifter_augmentation

    body = lifter_augmentation.keypoint_body(model.load())
    still = lifter_augmentation.KeypointBody(
        body.joints, 0 * body.joint_shape, body.points, 0 * body.point_shape, body.holder)
    poses = np.zeros((40, 22, 3))
    views = lifter_augmentation.see(np.random.default_rng(0), poses, still, clean=True)
    up = views.joints[:, SMPLX_BODY.index("head")] - views.joints[:, 0]
    assert np.median(up[:, 1]) < -0.4                # y is down
    gap = {}
    for name in ("left_shoulder", "right_shoulder", "left_knee", "right_ankle"):
        ray = np.concatenate(
            [views.points[:, KEYPOINTS.index(name)], np.ones((40, 1))], axis=1)
        gap[name] = (ray, views.joints[:, SMPLX_BODY.index(name)])
    # One translation puts all four joints onto their rays: x = d_k r_k - joint_k for all k.
    rows = np.zeros((40, 12, 7))
    for k, (ray, _) in enumerate(gap.values()):
        rows[:, 3 * k:3 * k + 3, k] = ray
        rows[:, 3 * k:3 * k + 3, 4:] = -np.eye(3)
    right = np.concatenate([joint for _, joint in gap.values()], axis=1)
    for matrix, wanted in zip(rows, right, strict=True):
        solution, *_ = np.linalg.lstsq(matrix, wanted, rcond=None)
        assert np.abs(matrix @ solution - wanted).max() < 0.08     # keypoints are jittered
        assert (solution[:4] > 0.3).all()            # in front of the camera


def test_a_mirrored_picture_is_a_mirrored_person():
    """Trained on both, so nearly."""
    keypoints, _, _ = seen(PEOPLE["a step"], 70)
    other = keypoints[:, list(mirrored(KEYPOINTS))] * (-1, 1, 1) + (WIDTH, 0, 0)
    one, two = (lifted_joints(lift(k, WIDTH, HEIGHT).rotations[0]) for k in (keypoints, other))
    swap = list(mirrored(SMPLX_BODY))
    assert np.linalg.norm(one - two[swap] * (-1, 1, 1), axis=-1).mean() < 0.1


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_what_is_no_lifter_is_said(tmp_path, content):
    path = tmp_path / "lifter.npz"
    if content is None:
        np.savez(path, **{"first.weight": np.zeros((4, 4)), "last.weight": np.zeros((4, 4))})
    else:
        path.write_bytes(content)
    with pytest.raises(ModelError, match="lifter.npz"):
        lifter.load(path)


@pytest.mark.parametrize(("name", "change"), [
    ("blocks.0.1.weight", lambda array: array[:7]),
    ("blocks.0.1.weight", lambda array: array.T[:, :9]),
    ("norm.bias", lambda array: array * np.nan),
    ("last.bias", lambda array: array[:-1]),
    ("first.bias", lambda array: array + np.float32(1e30)),
])
def test_layers_that_do_not_fit_or_were_damaged_are_refused(tmp_path, name, change):
    weights = dict(lifter.load())
    weights[name] = change(weights[name])
    np.savez(tmp_path / "lifter.npz", **weights)
    with pytest.raises(ModelError, match="lifter.npz is no lifter"):
        lifter.load(tmp_path / "lifter.npz")


@pytest.mark.slow
def test_training_learns(tmp_path):
    """Errors fall within a few steps, and a report is written."""
    pytest.importorskip("torch")
    pytest.importorskip("matplotlib")
    from kinesics_core.body import model
    from kinesics_core.dataset.pose_clips import PoseClip
    from kinesics_core.pose_priors import lifter_training
    from kinesics_core.pose_priors.training_data import divide
    from kinesics_core.training.run import RunFolder, Schedule

    clips = [PoseClip(f"{i}", "known", f"{i}", np.repeat(np.concatenate(
        [np.zeros((1, 3)), pose_])[None], 30, axis=0).astype(np.float32))
        for i, pose_ in enumerate(list(PEOPLE.values()) * 2)]
    config = lifter_training.LifterConfig(batch=64, neurons=64, blocks=1, mixed=0, legs=0, arms=0)
    report = lifter_training.train(
        divide(clips, 0), model.load(), RunFolder(tmp_path, Schedule(epochs=3, steps=60, ema=0.9)),
        config)
    assert report["all, clean, lifter"]["mpjpe_mm"] < report["all, clean, mean pose"]["mpjpe_mm"]
    rows = (tmp_path / "curves.csv").read_text().splitlines()
    assert len(rows) == 4
