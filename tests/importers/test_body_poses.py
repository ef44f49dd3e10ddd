"""Recordings as SMPL-X rotations: skeletons whose pose is known come out as they went in."""

import numpy as np
import pytest

from kinesics_core.dataset import pose_clips
from kinesics_core.errors import KinesicsError
from kinesics_core.importers import body_poses, bvh, import_expmap
from kinesics_core.kinematics import REST_OFFSETS, forward_kinematics
from kinesics_core.rotations import exponential, logarithm
from kinesics_core.skeletons import SMPLX_BODY, SMPLX_BODY_PARENTS

RNG = np.random.default_rng(4)
UPRIGHT = np.eye(3)
NAMES = ("Hips", "LeftUpLeg", "RightUpLeg", "Spine", "LeftLeg", "RightLeg", "Spine1", "LeftFoot",
         "RightFoot", "Spine2", "LeftToeBase", "RightToeBase", "Neck", "LeftShoulder",
         "RightShoulder", "Head", "LeftArm", "RightArm", "LeftForeArm", "RightForeArm", "LeftHand",
         "RightHand")


def motion(frames=12, size=0.5):
    """(T, 22, 3) axis-angle, smooth, of bent arms and legs."""
    times = np.linspace(0.0, 1.0, frames)[:, None, None]
    base = size * RNG.normal(size=(22, 3))
    return base + 0.2 * np.sin(3 * times + RNG.normal(size=(22, 3)))


def as_bvh(rotations, offsets=REST_OFFSETS, turn=UPRIGHT):
    """A BVH of our skeleton, its rest pose and world turned by ``turn``."""
    matrices = turn @ exponential(rotations) @ turn.T
    angles = np.stack([
        np.arctan2(matrices[..., 2, 1], matrices[..., 2, 2]),
        np.arcsin(np.clip(-matrices[..., 2, 0], -1, 1)),
        np.arctan2(matrices[..., 1, 0], matrices[..., 0, 0])], axis=-1)
    channels = [[(2, False), (1, False), (0, False)] for _ in NAMES]
    table = np.degrees(angles[..., ::-1]).reshape(len(rotations), -1)
    return bvh.Bvh(list(NAMES), list(SMPLX_BODY_PARENTS), offsets @ turn.T, channels, table, 30.0)


def difference(found, truth):
    """Degrees between rotations."""
    between = np.swapaxes(exponential(np.asarray(found, float)), -1, -2) @ exponential(truth)
    return np.degrees(np.linalg.norm(logarithm(between), axis=-1))


def test_a_skeleton_like_ours_comes_back():
    truth = motion()
    found = body_poses.from_bvh(as_bvh(truth))
    assert found.shape == (12, 22, 3) and found.dtype == np.float32
    assert difference(found, truth).max() < 0.1


def test_a_rest_pose_with_other_axes():
    """z up and facing -y, as Blender has it: pelvis upright in y up, the rest as it was."""
    truth = motion(size=0.3)
    truth[:, 0] = 0.0
    turn = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
    found = body_poses.from_bvh(as_bvh(truth, turn=turn))
    assert difference(found, truth).max() < 0.1


def test_legs_apart_at_rest_are_not_a_pose():
    """CMU's skeleton stands astride at zero: its zero is legs apart, bones as they were."""
    found = body_poses.from_cmu_expmap(np.zeros((2, 117)))
    places, _ = forward_kinematics(exponential(found), REST_OFFSETS, SMPLX_BODY_PARENTS)
    _, rest = import_expmap.cmu_orientations(np.zeros((1, 117)))
    for upper, lower in (("left_hip", "left_knee"), ("right_knee", "right_ankle"),
                         ("left_shoulder", "left_elbow"), ("right_elbow", "right_wrist")):
        ours = places[0, SMPLX_BODY.index(lower)] - places[0, SMPLX_BODY.index(upper)]
        theirs = rest[lower] - rest[upper]
        cosine = ours @ theirs / np.linalg.norm(ours) / np.linalg.norm(theirs)
        assert np.degrees(np.arccos(min(cosine, 1.0))) < 0.1
    assert abs(np.degrees(found[0, SMPLX_BODY.index("left_hip"), 2]) - 20.0) < 1.0


def test_arms_made_from_points_get_their_twist():
    """A forearm that bends forward and up the hinge's way keeps its place in space."""
    truth = np.zeros((30, 22, 3))
    swing = np.linspace(0.2, 1.2, 30)
    truth[:, SMPLX_BODY.index("left_shoulder"), 2] = -swing
    truth[:, SMPLX_BODY.index("left_elbow"), 2] = 0.8      # upwards: no hinge does that
    found = body_poses.from_bvh(as_bvh(truth))
    wrists = [forward_kinematics(exponential(p), REST_OFFSETS, SMPLX_BODY_PARENTS)[0][:, 20]
              for p in (truth, found)]
    np.testing.assert_allclose(*wrists, atol=1e-3)
    bend = found[:, SMPLX_BODY.index("left_elbow")]
    hinge = bend @ (0.0, -0.94, 0.34)
    assert (hinge > 0.75).all()
    assert difference(found[:, 17], truth[:, 17]).max() < 0.1


def test_a_pose_at_rest_that_is_none_is_refused():
    offsets = REST_OFFSETS.copy()
    for side in ("left", "right"):
        for joint in ("elbow", "wrist"):
            offsets[SMPLX_BODY.index(f"{side}_{joint}")] = 0.0, -0.3, 0.0
    with pytest.raises(KinesicsError, match="no T-pose"):
        body_poses.from_bvh(as_bvh(motion(), offsets))


def test_resampling_keeps_the_motion():
    times = np.arange(0, 2, 1 / 120)
    fast = np.zeros((len(times), 22, 3))
    fast[:, 3, 1] = np.sin(2 * times)
    slow = pose_clips.at_rate(fast, 120.0)
    np.testing.assert_allclose(slow[:, 3, 1], np.sin(2 * np.arange(len(slow)) / 30), atol=1e-3)


def test_faults_are_left_out():
    rotations = np.zeros((20, 22, 3), np.float32)
    rotations[10:, 4, 0] = 2.5                   # 75 rad/s
    rotations[15, SMPLX_BODY.index("head"), 1] = 2.9
    kept = pose_clips.without_faults(rotations)
    assert len(kept) == 15
    assert np.linalg.norm(kept[:, SMPLX_BODY.index("head")], axis=-1).max() == 0.0


def test_mirror_images_are_mirror_images():
    poses = motion()
    places, mirrored = (
        forward_kinematics(exponential(p), REST_OFFSETS, SMPLX_BODY_PARENTS)[0]
        for p in (poses, pose_clips.mirror(poses)))
    swap = [SMPLX_BODY.index(n.replace("left", "x").replace("right", "left").replace("x", "right"))
            for n in SMPLX_BODY]
    np.testing.assert_allclose(mirrored, places[:, swap] * (-1.0, 1.0, 1.0), atol=1e-6)


def test_an_archive_comes_back_as_it_was(tmp_path):
    folder = tmp_path / "mesh2motion"
    folder.mkdir()
    np.savez(folder / "clips.npz", wave=motion(48).astype(np.float32), bow=motion(30))
    clips = body_poses.read([folder])
    assert [(clip.name, clip.source) for clip in clips] == [
        ("wave", "mesh2motion"), ("bow", "mesh2motion")]
    assert len(clips[0].rotations) == 59             # 24 frames/s to 30
    pose_clips.save(tmp_path / "all.npz", clips)
    again = body_poses.read([tmp_path / "all.npz"])
    for one, other in zip(clips, again, strict=True):
        assert (one.name, one.source, one.group) == (other.name, other.source, other.group)
        np.testing.assert_array_equal(one.rotations, other.rotations)


@pytest.mark.parametrize("up", ["y", "z"])
def test_a_file_of_amass_is_one_clip_upright_at_its_own_rate(tmp_path, up):
    truth = motion(frames=60, size=0.1)
    poses = np.zeros((60, 165))
    poses[:, :66] = truth.reshape(60, 66)
    if up == "z":
        root = exponential(np.array([np.pi / 2, 0, 0])) @ exponential(truth[:, 0])
        poses[:, :3] = logarithm(root)
    np.savez(tmp_path / "walk.npz", poses=poses, trans=np.zeros((60, 3)), betas=np.zeros(16),
             gender="neutral", mocap_frame_rate=2 * pose_clips.RATE)
    (clip,) = body_poses.read([tmp_path / "walk.npz"])
    assert clip.name == "walk" and len(clip.rotations) == 30
    assert difference(clip.rotations, truth[::2]).max() < 0.5


@pytest.mark.parametrize("rate", [0.0, np.nan, -30.0])
def test_a_file_of_amass_with_no_rate_is_refused(tmp_path, rate):
    np.savez(tmp_path / "walk.npz", poses=np.zeros((60, 156)), mocap_framerate=rate)
    with pytest.raises(KinesicsError, match="frames per second, wanted 1 to 1000"):
        body_poses.read([tmp_path / "walk.npz"])


def test_dancers_of_one_take_are_together(tmp_path):
    take = {f"salsa_{i:02d}": motion(40 + i // 2) for i in range(4)}
    np.savez(tmp_path / "dance.npz", **take)
    groups = [clip.group for clip in body_poses.read([tmp_path])]
    assert groups[0] == groups[1] != groups[2] == groups[3]


@pytest.mark.parametrize("content", [b"no archive", None])
def test_what_holds_no_rotations_is_said(tmp_path, content):
    if content is None:
        np.savez(tmp_path / "a.npz", keypoints=np.zeros((5, 17, 3)))
    else:
        (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(KinesicsError, match="a.npz"):
        body_poses.read([tmp_path])
    (tmp_path / "empty").mkdir()
    with pytest.raises(KinesicsError, match="no motion with rotations"):
        body_poses.read([tmp_path / "empty"])
