import io
import tarfile

import numpy as np
import pytest
from walker import pose

from kinesics_core.data import bvh, motion_archives
from kinesics_core.data.motion_archives import Clip, load
from kinesics_core.errors import KinesicsError
from kinesics_core.skeletons import COCO17, SMPLX_BODY

INDEX = {name: i for i, name in enumerate(COCO17)}

CHAIN = """HIERARCHY
ROOT hip
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT knee
  {
    OFFSET 0 -2 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 0 -1 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.04
1 2 3 0 0 0 0 0 0
1 2 3 90 0 0 0 90 0
"""


def figure(frames):
    """A BVH of the CMU names in T-pose in centimetres whose left elbow bends forward by 90 deg."""
    def limb(names, offsets, end=(0, -1, 0)):
        name, rest = names[0], names[1:]
        x, y, z = offsets[0]
        inner = limb(rest, offsets[1:], end) if rest else \
            f"End Site\n{{\nOFFSET {end[0]} {end[1]} {end[2]}\n}}"
        order.append(name)
        return (f"JOINT {name}\n{{\nOFFSET {x} {y} {z}\nCHANNELS 3 Zrotation Xrotation Yrotation\n"
                f"{inner}\n}}")

    order: list[str] = []
    parts = [limb(["Spine", "Head"], [(0, 40, 0), (0, 20, 0)])]
    for side, x in (("Left", 1), ("Right", -1)):
        parts.append(limb([side + "UpLeg", side + "Leg", side + "Foot"],
                          [(10 * x, 0, 0), (0, -45, 0), (0, -45, 0)]))
        parts.append(limb([side + "Arm", side + "ForeArm", side + "Hand"],
                          [(20 * x, 40, 0), (30 * x, 0, 0), (25 * x, 0, 0)]))
    names = [line.split()[1] for part in parts for line in part.splitlines() if "JOINT" in line]
    rows = np.zeros((frames, 6 + 3 * len(names)))
    rows[:, 1] = 90
    rows[:, 6 + 3 * names.index("LeftForeArm") + 2] = -90  # about y, the third channel
    table = "\n".join(" ".join(map(str, row)) for row in rows)
    channels = "Xposition Yposition Zposition Zrotation Xrotation Yrotation"
    return (f"HIERARCHY\nROOT Hips\n{{\nOFFSET 0 0 0\nCHANNELS 6 {channels}\n"
            + "\n".join(parts) + f"\n}}\nMOTION\nFrames: {frames}\nFrame Time: 0.05\n{table}\n")


def test_bvh_offsets_channels_and_order():
    motion = bvh.parse(CHAIN)
    assert motion.names == ["hip", "knee", "knee_end"] and motion.parents == [-1, 0, 1]
    assert motion.frame_time == 0.04
    positions, _ = motion_archives.forward_kinematics(
        motion.rotations, motion.offsets, motion.parents)
    assert positions[0] == pytest.approx(np.array([[1, 2, 3], [1, 0, 3], [1, -1, 3]]))
    # The hip turns the thigh to +x; the knee then bends about its own x, which points up.
    assert positions[1] == pytest.approx(np.array([[1, 2, 3], [3, 2, 3], [3, 2, 2]]), abs=1e-9)


@pytest.mark.parametrize("text, word", [
    ("not a motion", "HIERARCHY"), (CHAIN.replace("Frame Time", "Rate"), "Frame Time"),
    (CHAIN.rsplit(" ", 2)[0], "rows of 9"), (CHAIN.split("1 2 3")[0], "no motion"),
])
def test_broken_bvh_is_refused_with_a_sentence(text, word):
    with pytest.raises(KinesicsError, match=word):
        bvh.parse(text, "x.bvh")


def test_bvh_becomes_coco_in_metres_with_a_face_that_looks_where_the_chest_does():
    keypoints, rate = motion_archives.coco_from_bvh(bvh.parse(figure(10)))
    assert rate == pytest.approx(20)
    leg = np.linalg.norm(keypoints[0, INDEX["left_hip"]] - keypoints[0, INDEX["left_ankle"]])
    assert leg == pytest.approx(0.835)
    forearm = keypoints[0, INDEX["left_wrist"]] - keypoints[0, INDEX["left_elbow"]]
    assert forearm == pytest.approx((0, 0, 0.25 * 0.835 / 0.9), abs=1e-6)
    ears = (keypoints[0, INDEX["left_ear"]] + keypoints[0, INDEX["right_ear"]]) / 2
    assert (keypoints[0, INDEX["nose"]] - ears)[2] == pytest.approx(0.1, abs=1e-6)


def test_unknown_skeleton_names_what_it_has_and_what_is_known():
    with pytest.raises(KinesicsError, match="hip, knee.*ReActIdle, Bandai-Namco, CMU"):
        motion_archives.coco_from_bvh(bvh.parse(CHAIN), "x.bvh")


def test_axis_angle_archive_of_a_known_pose(tmp_path):
    folder = tmp_path / "mesh2motion"
    folder.mkdir()
    clip = np.zeros((40, 22, 3), np.float32)
    clip[:, SMPLX_BODY.index("left_elbow"), 1] = -np.pi / 2
    np.savez(folder / "clips.npz", bent=clip)
    [loaded] = load(folder)
    assert (loaded.name, loaded.source, loaded.rate) == ("bent", "mesh2motion", 24.0)
    wanted = pose({"left_elbow": (0, -np.pi / 2, 0)})
    moved = loaded.keypoints[5] - wanted
    assert moved == pytest.approx(np.repeat(moved[:1], 17, axis=0), abs=1e-6)


def test_partners_of_one_take_are_one_group(tmp_path):
    folder = tmp_path / "cmu_dance_martial"
    folder.mkdir()
    still = np.full((300, 22, 3), 0.1, np.float32)
    np.savez(folder / "clips.npz", **{
        "salsa_01.bvh": still, "salsa_16.bvh": still, "salsa_02.bvh": still[:250]})
    groups = {clip.name: clip.group for clip in load(folder)}
    assert groups["salsa_01"] == groups["salsa_16"] != groups["salsa_02"]


def test_a_clip_is_cut_where_the_recording_jumps():
    keypoints = np.zeros((300, 17, 3), np.float32)
    keypoints[4:, 9] = 1.0     # a calibration pose of four frames
    keypoints[200:, 3] = -1.0  # a lost marker
    pieces = motion_archives._cut_at_faults(Clip("c", "s", "c", 60.0, keypoints))
    assert [len(piece.keypoints) for piece in pieces] == [196, 100]
    assert {piece.group for piece in pieces} == {"c"}


def test_cmu_exponential_maps_inside_a_tar(tmp_path):
    table = np.zeros((200, 117))
    table[:, :3] = 0, 17, 0
    # The published maps act on row vectors: a quarter turn of the forearm forward is +90 about y.
    table[:, 3 + 3 * 22 + 1] = np.pi / 2
    data = "\n".join(",".join(f"{v:.9g}" for v in row) for row in table).encode()
    folder = tmp_path / "cmu"
    folder.mkdir()
    with tarfile.open(folder / "motion.tar.xz", "w:xz") as archive:
        for name, content in (("a/walk_1.txt", data), ("README.txt", b"nothing here")):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    [clip] = load(folder)
    assert (clip.name, clip.rate) == ("a/walk_1", 120.0)
    keypoints = clip.keypoints[0]
    assert keypoints[INDEX["left_hip"], 0] > 0
    leg = keypoints[INDEX["left_hip"], 1] - keypoints[INDEX["left_ankle"], 1]
    assert leg == pytest.approx((7.13576 + 6.84770) * 0.0254 / 0.45, abs=1e-5)
    forearm = keypoints[INDEX["left_wrist"]] - keypoints[INDEX["left_elbow"]]
    assert forearm == pytest.approx((0, 0, 3.35554 * 0.0254 / 0.45), abs=1e-5)


def test_what_holds_no_motion_is_said(tmp_path):
    with pytest.raises(KinesicsError, match="does not exist"):
        load(tmp_path / "absent")
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(KinesicsError, match="holds no motion"):
        load(tmp_path)
    np.savez(tmp_path / "x.npz", a=np.zeros((5, 4)))
    with pytest.raises(KinesicsError, match="frame rate"):
        load(tmp_path)
