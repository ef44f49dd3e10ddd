"""Motion capture archives as clips of COCO-17 keypoints in metres.

``load(path)`` reads a folder, or one file, holding any of:

- ``*.npz`` of axis-angle clips: one (T, 22, 3) array a clip, SMPL-X body joints, rest pose a
  T-pose, no translation;
- ``*.bvh``, loose or inside ``*.tar.xz``, for the skeletons in ``BVH_NAMES``;
- ``*.txt`` of 117 comma-separated numbers a line, loose or inside ``*.tar.xz``: exponential maps
  of the 38-joint CMU skeleton as published by Li et al., "Convolutional Sequence to Sequence
  Model for Human Dynamics", CVPR 2018.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from kinesics_core.data import bvh
from kinesics_core.errors import KinesicsError
from kinesics_core.motion.kinematics import (
    LEG_LENGTH,
    REST_OFFSETS,
    calibrated_head_axes,
    coco_from_smplx_body,
    coco_keypoints,
    forward_kinematics,
    plant_lowest_joint,
    rotation_matrices,
)
from kinesics_core.skeletons import COCO17, SMPLX_BODY_PARENTS


@dataclass(slots=True)
class Clip:
    """One recording.

    name: of the recording in its archive. source: name of the archive's folder.
    group: recordings of one group belong on the same side of a split (partners in one dance).
    rate: frames per second. keypoints: (T, 17, 3) float32 metres, y up.
    """

    name: str
    source: str
    group: str
    rate: float
    keypoints: np.ndarray


_SIDES = {"left": "L", "right": "R"}

BVH_NAMES: dict[str, dict[str, str]] = {
    "ReActIdle": {
        "head": "face",
        **{f"{side}_{coco}": joint.format(letter) for side, letter in _SIDES.items()
           for coco, joint in (
               ("shoulder", "upper_arm.{}"), ("elbow", "forearm.{}"), ("wrist", "forearm.{}_end"),
               ("hip", "thigh.{}"), ("knee", "shin.{}"), ("ankle", "foot.{}"))},
    },
    "Bandai-Namco": {
        "head": "Head",
        **{f"{side}_{coco}": joint.format(letter) for side, letter in _SIDES.items()
           for coco, joint in (
               ("shoulder", "UpperArm_{}"), ("elbow", "LowerArm_{}"), ("wrist", "Hand_{}"),
               ("hip", "UpperLeg_{}"), ("knee", "LowerLeg_{}"), ("ankle", "Foot_{}"))},
    },
    "CMU": {
        "head": "Head",
        **{f"{side.lower()}_{coco}": side + joint for side in ("Left", "Right")
           for coco, joint in (
               ("shoulder", "Arm"), ("elbow", "ForeArm"), ("wrist", "Hand"),
               ("hip", "UpLeg"), ("knee", "Leg"), ("ankle", "Foot"))},
    },
}
"""Skeleton -> {"head" or a COCO limb keypoint: name of the BVH joint that stands for it}."""

AXIS_ANGLE_RATES = {"mesh2motion": 24.0, "cmu_dance_martial": 120.0}
"""Frames per second of the axis-angle archives, which do not say it themselves."""

MAX_SPEED = 15.0
"""Metres per second. A keypoint faster than this is a fault of the recording: a jump out of the
calibration T-pose, a lost marker, an exponential map that wrapped. The clip is cut there."""

MIN_SECONDS = 1.5
"""Pieces shorter than this are dropped: they hold no past of 0.5 s with a future of 1 s."""

CMU_RATE = 120.0
CMU_METRES = 0.0254 / 0.45
"""The Acclaim files of the CMU library are in inches divided by 0.45."""

# Joints of Li et al.'s skeleton (MIT licence, src/forward_kinematics_cmu.py) up to the hands, as
# (name, parent, offset in T-pose); the file also holds fingers and toes, which COCO-17 has not.
_CMU_JOINTS = (
    ("hips", -1, (0.0, 0.0, 0.0)),
    ("left_hip_joint", 0, (0.0, 0.0, 0.0)), ("left_hip", 1, (1.65674, -1.80282, 0.62477)),
    ("left_knee", 2, (2.59720, -7.13576, 0.0)), ("left_ankle", 3, (2.49236, -6.84770, 0.0)),
    ("left_toe", 4, (0.19704, -0.54136, 2.14581)), ("left_toe_end", 5, (0.0, 0.0, 1.11249)),
    ("right_hip_joint", 0, (0.0, 0.0, 0.0)), ("right_hip", 7, (-1.61070, -1.80282, 0.62476)),
    ("right_knee", 8, (-2.59502, -7.12977, 0.0)), ("right_ankle", 9, (-2.46780, -6.78024, 0.0)),
    ("right_toe", 10, (-0.23024, -0.63258, 2.13368)), ("right_toe_end", 11, (0.0, 0.0, 1.11569)),
    ("lower_back", 0, (0.0, 0.0, 0.0)), ("spine", 13, (0.01961, 2.05450, -0.14112)),
    ("spine1", 14, (0.01021, 2.06436, -0.05921)), ("neck", 15, (0.0, 0.0, 0.0)),
    ("neck1", 16, (0.00713, 1.56711, 0.14968)), ("head", 17, (0.03429, 1.56041, -0.10006)),
    ("head_end", 18, (0.01305, 1.62560, -0.05265)),
    ("left_collar", 15, (0.0, 0.0, 0.0)), ("left_shoulder", 20, (3.54205, 0.90436, -0.17364)),
    ("left_elbow", 21, (4.86513, 0.0, 0.0)), ("left_wrist", 22, (3.35554, 0.0, 0.0)),
    *((f"left_finger{i}", 23, (0.0, 0.0, 0.0)) for i in range(5)),
    ("right_collar", 15, (0.0, 0.0, 0.0)), ("right_shoulder", 29, (-3.49802, 0.75994, -0.32616)),
    ("right_elbow", 30, (-5.02649, 0.0, 0.0)), ("right_wrist", 31, (-3.36431, 0.0, 0.0)),
)


def load(path: str | Path) -> list[Clip]:
    """Every clip under ``path`` in order of name, cut at faults; KinesicsError if there is none."""
    path = Path(path)
    if not path.exists():
        raise KinesicsError(f"{path} does not exist; give a folder of motion archives.")
    source = path.name if path.is_dir() else path.parent.name
    clips = [
        piece for name, data in _members(path) for clip in _read(name, data, source)
        for piece in _cut_at_faults(clip)
    ]
    if not clips:
        raise KinesicsError(
            f"{path} holds no motion: looked for .npz, .bvh and .txt clips, also inside .tar.xz."
        )
    return sorted(clips, key=lambda clip: clip.name)


def _cut_at_faults(clip: Clip) -> list[Clip]:
    step = np.linalg.norm(np.diff(clip.keypoints, axis=0), axis=-1).max(axis=1)
    cuts = np.flatnonzero(step * clip.rate > MAX_SPEED) + 1
    pieces = np.split(clip.keypoints, cuts)
    long = [piece for piece in pieces if len(piece) >= MIN_SECONDS * clip.rate]
    return [
        Clip(clip.name if len(long) == 1 else f"{clip.name}#{i}", clip.source, clip.group,
             clip.rate, piece)
        for i, piece in enumerate(long)
    ]


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    for file in files:
        if file.name.endswith((".tar.xz", ".tar.gz", ".tar")):
            with tarfile.open(file) as archive:
                for member in archive:
                    handle = archive.extractfile(member) if member.isfile() else None
                    if handle is not None and member.name.endswith((".npz", ".bvh", ".txt")):
                        yield member.name, handle.read()
        elif file.suffix in (".npz", ".bvh", ".txt") and file.is_file():
            yield file.relative_to(path if path.is_dir() else path.parent).as_posix(), \
                file.read_bytes()


def _read(name: str, data: bytes, source: str) -> list[Clip]:
    if name.endswith(".npz"):
        return _read_axis_angle(name, data, source)
    stem = PurePosixPath(name).with_suffix("").as_posix()
    if name.endswith(".bvh"):
        keypoints, rate = coco_from_bvh(bvh.parse(data.decode("utf-8", "replace"), name), name)
        return [Clip(stem, source, stem, rate, keypoints)]
    first = data.split(b"\n", 1)[0]
    if first.count(b",") != 116:  # a README or a list of styles beside the motion
        return []
    table = np.loadtxt(io.BytesIO(data), delimiter=",", ndmin=2)
    return [Clip(stem, source, stem, CMU_RATE, coco_from_cmu_expmap(table))]


def _read_axis_angle(name: str, data: bytes, source: str) -> list[Clip]:
    if source not in AXIS_ANGLE_RATES:
        raise KinesicsError(
            f"{source}/{name}: the frame rate of this axis-angle archive is not known; known are"
            f" {', '.join(AXIS_ANGLE_RATES)}. Add it to AXIS_ANGLE_RATES."
        )
    clips = []
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        for key in archive.files:
            array = archive[key]
            if array.ndim != 3 or array.shape[1:] != (22, 3):
                raise KinesicsError(
                    f"{name}: clip {key} has shape {array.shape}; wanted (frames, 22, 3)."
                )
            stem = key.removesuffix(".bvh")
            # Two dancers recorded in one take have clips of one family and one length.
            family = re.sub(r"[_-]?\d+$", "", stem)
            group = f"{family}/{len(array)}" if family != stem else stem
            keypoints = coco_from_axis_angle(array)
            clips.append(Clip(stem, source, group, AXIS_ANGLE_RATES[source], keypoints))
    return clips


def coco_from_axis_angle(axis_angle: np.ndarray) -> np.ndarray:
    """(T, 22, 3) SMPL-X body rotations, radians -> (T, 17, 3) float32 metres."""
    positions, orientations = forward_kinematics(
        rotation_matrices(axis_angle), REST_OFFSETS, SMPLX_BODY_PARENTS
    )
    return coco_from_smplx_body(plant_lowest_joint(positions), orientations).astype(np.float32)


def coco_from_cmu_expmap(table: np.ndarray) -> np.ndarray:
    """(T, 117): root position and 38 exponential maps -> (T, 17, 3) float32 metres.

    The published maps rotate row vectors, so each is the transpose of ours.
    """
    count = len(_CMU_JOINTS)
    expmaps = -table[:, 3:3 + 3 * count].reshape(-1, count, 3)
    offsets = np.repeat(np.array([j[2] for j in _CMU_JOINTS])[None], len(table), axis=0)
    offsets[:, 0] = table[:, :3]
    positions, orientations = forward_kinematics(
        rotation_matrices(expmaps), offsets * CMU_METRES, [j[1] for j in _CMU_JOINTS]
    )
    names = [j[0] for j in _CMU_JOINTS]
    joints = {name: positions[:, names.index(name)] for name in COCO17 if name in names}
    head = names.index("head")
    return coco_keypoints(joints, positions[:, head], orientations[:, head]).astype(np.float32)


def coco_from_bvh(motion: bvh.Bvh, name: str = "BVH") -> tuple[np.ndarray, float]:
    """A parsed BVH file -> ((T, 17, 3) float32 metres, frames per second).

    BVH states no unit: the skeleton is scaled so that thigh plus shin is ``LEG_LENGTH``.
    """
    for names in BVH_NAMES.values():
        if all(joint in motion.names for joint in names.values()):
            break
    else:
        raise KinesicsError(
            f"{name}: its joints ({', '.join(motion.names[:8])}, ...) fit none of the known"
            f" skeletons ({', '.join(BVH_NAMES)}). Add a name map to BVH_NAMES."
        )
    positions, orientations = forward_kinematics(motion.rotations, motion.offsets, motion.parents)
    joints = {coco: positions[:, motion.names.index(joint)] for coco, joint in names.items()}
    leg = np.mean([
        np.linalg.norm(joints[f"{side}_{a}"] - joints[f"{side}_{b}"], axis=-1)
        for side in _SIDES for a, b in (("hip", "knee"), ("knee", "ankle"))
    ]) * 2.0
    joints = {coco: points * (LEG_LENGTH / leg) for coco, points in joints.items()}
    head_axes = calibrated_head_axes(
        orientations[:, motion.names.index(names["head"])],
        joints["left_hip"], joints["right_hip"], joints["left_shoulder"], joints["right_shoulder"],
    )
    keypoints = coco_keypoints(joints, joints["head"], head_axes)
    return keypoints.astype(np.float32), 1.0 / motion.frame_time
