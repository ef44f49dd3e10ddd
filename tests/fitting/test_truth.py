"""Synthetic truth: what it says is exactly so, and it is spoiled by as much as was asked for."""

from dataclasses import replace

import numpy as np
import pytest

from kinesics_core.body.model import load
from kinesics_core.camera import project
from kinesics_core.errors import KinesicsError
from kinesics_core.fitting.evaluation import motions, truth
from kinesics_core.fitting.evaluation.truth import Recipe
from kinesics_core.rotations import exponential, logarithm
from kinesics_core.skeletons import SMPLX_BODY, WHOLEBODY133_LEFT_HAND

SHORT = Recipe(frames=40)


@pytest.fixture(scope="module")
def body():
    return load()


@pytest.fixture(scope="module")
def motion():
    return motions.acted("anger", 3, 40)


def test_exact_keypoints_are_the_projected_points_of_the_mesh(body, motion):
    track, real = truth.make(motion, body, 5, replace(SHORT, noise=0.0))
    again = truth.keypoints_of(body, *truth.posed(real, body))
    assert again == pytest.approx(real.keypoints, abs=1e-5)
    pixels = project(again, real.focal, real.centre)
    seen = track.keypoints[..., 2] > 0
    assert seen.mean() > 0.95
    assert np.abs(pixels - track.keypoints[..., :2])[seen].max() < 0.05


def test_the_person_stands_upright_before_the_camera_in_the_size_asked_for(body, motion):
    for seed in range(3):
        track, real = truth.make(motion, body, seed, replace(SHORT, person_px=400, noise=0.0))
        skin, _ = truth.posed(real, body, np.array([0, 20]))
        assert (skin[..., 2] > 0.5).all()
        tall = np.ptp(project(skin, real.focal, real.centre)[..., 1], axis=1)
        assert tall == pytest.approx([400.0] * 2, rel=0.12)
        head, foot = SMPLX_BODY.index("head"), SMPLX_BODY.index("left_foot")
        assert (real.joints[:, head, 1] < real.joints[:, foot, 1]).all()  # y is down
        left, right = SMPLX_BODY.index("left_hip"), SMPLX_BODY.index("right_hip")
        # Who faces the camera has the left side on the image's right.
        assert (real.joints[:, left, 0] > real.joints[:, right, 0]).all()


def test_the_motion_is_the_one_given(body, motion):
    _, real = truth.make(motion, body, 1, SHORT)
    assert real.body_pose == pytest.approx(motion.rotations[:, 1:], abs=1e-5)
    assert real.labels["emotion"] == "anger"


def test_noise_has_the_deviation_asked_for(body, motion):
    exact, _ = truth.make(motion, body, 2, replace(SHORT, noise=0.0))
    noisy, _ = truth.make(motion, body, 2, replace(SHORT, noise=2.0))
    both = (exact.keypoints[..., 2] > 0) & (noisy.keypoints[..., 2] > 0)
    off = (noisy.keypoints - exact.keypoints)[both][:, :2]
    assert off.std() == pytest.approx(2.0, rel=0.05)
    assert abs(off.mean()) < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.2, 0.5])
def test_the_share_asked_for_is_missing_in_points_and_in_runs(body, motion, share):
    track, _ = truth.make(motion, body, 4, replace(SHORT, frames=200, missing=share))
    whole, _ = truth.make(motion, body, 4, replace(SHORT, frames=200))
    there = whole.keypoints[..., 2] > 0
    gone = (track.keypoints[..., 2] == 0) & there
    assert gone.sum() / there.sum() == pytest.approx(share, abs=0.03)
    assert np.isnan(track.keypoints[gone][:, :2]).all()
    assert gone[:, WHOLEBODY133_LEFT_HAND].all(axis=1).any()  # a whole hand
    single = gone.mean(axis=1)
    assert single.min() < share < single.max()


def test_a_seed_is_one_clip_and_noise_leaves_the_rest_of_it(body, motion):
    first, one = truth.make(motion, body, 7, SHORT)
    same, _ = truth.make(motion, body, 7, SHORT)
    noisier, two = truth.make(motion, body, 7, replace(SHORT, noise=5.0, missing=0.1))
    other, _ = truth.make(motion, body, 8, SHORT)
    assert np.array_equal(first.keypoints, same.keypoints, equal_nan=True)
    assert np.array_equal(one.joints, two.joints)
    assert not np.array_equal(first.keypoints, other.keypoints, equal_nan=True)
    assert not np.array_equal(first.keypoints, noisier.keypoints, equal_nan=True)


def test_landmarks_and_blendshapes_are_measured_nearly_right(body, motion):
    track, real = truth.make(motion, body, 9, replace(SHORT, world=True, blendshapes=True))
    hips = real.keypoints[:, [11, 12]].mean(axis=1, keepdims=True)
    off = np.linalg.norm(track.world[:, :17] - (real.keypoints[:, :17] - hips), axis=-1)
    assert 0.02 < off.mean() < 0.10
    assert np.isnan(track.world[:, 23:91]).all()
    assert np.abs(track.world[:, 91]).max() == 0.0  # a hand is relative to its own wrist
    assert 0.005 < np.abs(track.blendshapes - real.expression).mean() < 0.06


def test_a_hand_behind_the_back_is_seen_badly(body):
    rotations = np.zeros((10, 22, 3))
    down = [exponential(np.array([0.0, 0.0, angle])) for angle in (-1.4, 1.4)]
    inward = exponential(np.array([2.3, 0.0, 0.0]))  # so that the elbow bends to the back
    rotations[:, SMPLX_BODY.index("left_shoulder")] = logarithm(down[0] @ inward)
    rotations[:, SMPLX_BODY.index("right_shoulder")] = logarithm(down[1])
    rotations[:, SMPLX_BODY.index("left_elbow")] = [0.0, -1.6, 0.0]
    motion = motions.Motion("behind", rotations, 30.0)
    track, real = truth.make(motion, body, 0, replace(
        SHORT, frames=10, occlusion=True, faces=0.0, noise=0.0))
    wrist, trunk = real.keypoints[:, 9], real.keypoints[:, 5:7].mean(axis=1)
    hidden = track.keypoints[:, WHOLEBODY133_LEFT_HAND, 2] <= 0.3
    assert (wrist[:, 2] > trunk[:, 2]).all()
    assert hidden.all()
    assert (track.keypoints[:, 113:, 2] > 0.3).all()


def test_what_cannot_be_made_is_refused(body, motion):
    with pytest.raises(KinesicsError, match="from 0 to below 1"):
        truth.make(motion, body, 0, Recipe(missing=1.0))


# --- motions ---------------------------------------------------------------------------------


def forward(rotations):
    """World orientations of the 22 joints."""
    from kinesics_core.kinematics import REST_OFFSETS, forward_kinematics
    from kinesics_core.skeletons import SMPLX_BODY_PARENTS

    return forward_kinematics(exponential(rotations), REST_OFFSETS, SMPLX_BODY_PARENTS)


def deepmimic_row(**parts):
    """A frame at rest (arms hanging, facing x), with some columns set."""
    row = np.zeros(44)
    row[0], row[2] = 1 / 30, 0.9
    for quaternion in (4, 8, 12, 16, 21, 25, 30, 35, 39):
        row[quaternion] = 1.0
    for column, value in parts.items():
        row[int(column[1:])] = value
    return row.tolist()


def parse(*rows):
    import json

    return motions.parse_deepmimic(json.dumps({"Frames": rows}), "made")


def test_deepmimics_arms_hang_and_its_hinges_bend_forward():
    motion = parse(deepmimic_row(), deepmimic_row(_29=1.5, _34=-1.0))
    places, _ = forward(motion.rotations)
    row = SMPLX_BODY.index
    for side in ("left", "right"):
        down = places[:, row(f"{side}_elbow")] - places[:, row(f"{side}_shoulder")]
        assert down[0] == pytest.approx([0.0, -0.28, 0.0], abs=1e-6)
    forearm = places[1, row("right_wrist")] - places[1, row("right_elbow")]
    assert forearm[2] > 0.2  # bent elbow: the hand comes to the front
    # left knee: the heel goes back
    assert places[1, row("left_ankle"), 2] < places[0, row("left_ankle"), 2] - 0.2
    assert places[1, row("right_ankle")] == pytest.approx(places[0, row("right_ankle")], abs=1e-6)


def test_deepmimics_root_turns_about_up_to_the_left():
    half = np.pi / 8
    motion = parse(deepmimic_row(), deepmimic_row(_4=np.cos(half), _6=np.sin(half)))
    _, turns = forward(motion.rotations)
    ahead = turns[:, 0, :, 2]
    assert ahead[0] == pytest.approx([0.0, 0.0, 1.0])
    assert ahead[1] == pytest.approx([np.sin(2 * half), 0.0, np.cos(2 * half)])


def test_resampling_keeps_the_times_and_ends_of_a_turn():
    rotations = np.zeros((61, 22, 3))
    rotations[:, 5, 1] = np.linspace(0.0, 3.0, 61)
    slower = motions.resample(motions.Motion("turn", rotations, 60.0), 24.0)
    assert len(slower) == 25
    assert slower.rotations[:, 5, 1] == pytest.approx(np.linspace(0.0, 3.0, 25), abs=1e-6)


def test_a_medley_never_jumps():
    motion = motions.medley([motions.acted("fear", 1, 50), motions.acted("sadness", 2, 70)], 300)
    motion.rotations[:, 0, 1] -= motion.rotations[0, 0, 1]
    matrices = exponential(motion.rotations)
    change = np.swapaxes(matrices[:-1], -1, -2) @ matrices[1:]
    angle = np.arccos(np.clip((np.trace(change, axis1=-2, axis2=-1) - 1) / 2, -1, 1))
    assert len(motion) == 300
    assert angle.max() < 0.5


def test_archives_of_both_layouts_say_the_same(tmp_path):
    clips = {"angry": motions.acted("anger", 0, 12).rotations,
             "nod": motions.acted("neutral", 1, 9).rotations}
    np.savez(tmp_path / "one.npz", **clips)
    np.savez(tmp_path / "two.npz", rotations=np.concatenate(list(clips.values())),
             clip=np.repeat([0, 1], [12, 9]), rate=np.array([24.0, 30.0]), names=list(clips))
    for file in ("one.npz", "two.npz"):
        first, second = motions.read(tmp_path / file)
        assert first.labels == {"emotion": "anger"} and second.labels == {}
        assert np.array_equal(second.rotations, clips["nod"])
    assert first.rate == 24.0


def test_an_archive_of_something_else_is_refused(tmp_path):
    np.savez(tmp_path / "wrong.npz", poses=np.zeros((10, 24, 3)))
    with pytest.raises(KinesicsError, match=r"poses .* wanted \(frames, 22, 3\)"):
        motions.read(tmp_path / "wrong.npz")
    (tmp_path / "text.npz").write_text("no")
    with pytest.raises(KinesicsError, match="not an .npz archive"):
        motions.read(tmp_path / "text.npz")
