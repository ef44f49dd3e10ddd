"""Motion as SMPL-X body rotations: what pose priors and the lifter are trained on.

Four kinds of file hold rotations: archives of SMPL-X axis-angle, AMASS's among them
(``import_axis_angle``), CMU exponential maps (``import_expmap``), BVH files whose rest pose is a
person in T-pose, and what ``kinesics fit`` writes (``fitted_poses``). A recording's rest pose is
aligned with that of SMPL-X bone by bone: if E turns a bone of the T-pose into the same bone of the
recording's rest pose, a recorded orientation R is R E for SMPL-X.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from kinesics_core.dataset.pose_clips import RATE, PoseClip, at_rate, without_faults
from kinesics_core.errors import KinesicsError
from kinesics_core.importers import bvh, fitted_poses
from kinesics_core.importers.arrays import array_of, frames_of, read_npz
from kinesics_core.importers.import_axis_angle import RATES, amass_body
from kinesics_core.importers.import_bvh import joints_of
from kinesics_core.importers.import_expmap import RATE as CMU_RATE
from kinesics_core.importers.import_expmap import cmu_orientations, is_expmap
from kinesics_core.importers.importing import stem
from kinesics_core.importers.other_recordings import sentences
from kinesics_core.importers.skeleton_names import SIDES
from kinesics_core.importers.source_files import SourceFile, files_in
from kinesics_core.pose_priors.joint_limits import HINGE
from kinesics_core.rotations import exponential, logarithm
from kinesics_core.skeletons import SMPLX_BODY, SMPLX_BODY_PARENTS

_LIMBS = (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))
_HINGES = (
    ("left_shoulder", "left_elbow", (1.0, 0.0, 0.0), (0.0, -HINGE[0], HINGE[1])),
    ("right_shoulder", "right_elbow", (-1.0, 0.0, 0.0), (0.0, HINGE[0], -HINGE[1])),
)
"""Upper joint, lower joint, bone direction in T-pose, axis the lower one bends about: the median
in the CMU recordings, whose elbows are hinges."""
_SPINE = ("spine1", "spine2", "spine3")
_SPINE_MIDDLES = (0.18, 0.44, 0.75)  # of SMPL-X's three joints, as shares of the way they span


def read(
    sources: Sequence[Path], tell: Callable[[str], None] = lambda sentence: None
) -> list[PoseClip]:
    """Read every recording with rotations in some folders, archives and files.

    Each recording is a group of its own, but dancers of one take (one family of names, one length)
    are together. What ``pose_clips.save`` wrote comes back as it was.

    Args:
        sources: The folders, archives and files.
        tell: Hears a sentence for each file that cannot be read and is left out.

    Raises:
        KinesicsError: No file can be read, or there is none.
    """
    clips: list[PoseClip] = []
    faults: list[str] = []
    for source in sources:
        name = source.stem if source.is_file() and source.suffix != ".npz" else (
            source.name if source.is_dir() else source.resolve().parent.name)
        others: dict[str, str] = {}
        for file in files_in(source, (".npz", ".bvh", ".txt"), others.__setitem__):
            if fitted_poses.belongs_to_a_fit(source, file.name):
                continue
            try:
                clips += _clips_of(file, name)
            except Exception as error:  # whatever is wrong with one file costs itself only
                why = str(error) if isinstance(error, KinesicsError) else (
                    f"{file.name} cannot be read ({type(error).__name__}: {error})")
                faults.append(why)
                tell(f"left out: {why}")
        for sentence in sentences({
                other: advice for other, advice in others.items()
                if not fitted_poses.belongs_to_a_fit(source, other)}):
            tell(sentence)
    if not clips and faults:
        raise KinesicsError(f"None of the files can be read: {faults[0]}")
    if not clips:
        raise KinesicsError(
            f"{', '.join(map(str, sources))} holds no motion with rotations. Give archives of"
            " SMPL-X axis-angle (.npz), BVH files or CMU exponential maps (.txt)."
        )
    return clips


def _clips_of(file: SourceFile, source: str) -> list[PoseClip]:
    if (amass := _amass(file)) is not None:
        rotations, rate = amass
        sound = without_faults(at_rate(rotations, rate))
        name = stem(file.name[:-len(".npz")])
        return [PoseClip(name, source, f"{source}/{name}", sound)] if len(sound) else []
    if (saved := _saved(file)) is not None:
        return saved
    if (fitted := _fitted(file, source)) is not None:
        return fitted
    clips = []
    for clip, rotations, rate in _recordings(file, source):
        sound = without_faults(at_rate(rotations, rate))
        if len(sound):
            group = f"{source}/{_take(clip, len(rotations))}"
            clips.append(PoseClip(clip, source, group, sound))
    return clips


def _recordings(file: SourceFile, source: str) -> Iterator[tuple[str, np.ndarray, float]]:
    """Yield name, rotations (T, 22, 3) and frames per second of each recording in a file."""
    if file.name.lower().endswith(".npz"):
        yield from _from_archive(file, source)
    elif file.name.lower().endswith(".bvh"):
        motion = bvh.parse(bvh.decode(file.read()), file.name)
        yield stem(file.name), from_bvh(motion, file.name), motion.rate
    else:
        data = file.read()
        if is_expmap(data, file.name):
            table = np.loadtxt(io.BytesIO(data), delimiter=",", ndmin=2)
            yield stem(file.name), from_cmu_expmap(table), CMU_RATE


def _from_archive(file: SourceFile, source: str) -> Iterator[tuple[str, np.ndarray, float]]:
    """Yield the recordings of an archive with one (T, 22, 3) array a clip."""
    rate = RATES.get(source, RATE)
    for key, array in _arrays(file).items():
        rotations = frames_of(array, len(SMPLX_BODY), 3, f"{file.name}: {key}")
        yield stem(key), rotations.astype(np.float32), rate


def _amass(file: SourceFile) -> tuple[np.ndarray, float] | None:
    """Return the rotations (T, 22, 3) of a file of AMASS, y up, and its rate; None for another."""
    if not file.name.lower().endswith(".npz"):
        return None
    with read_npz(file.read(), file.name) as archive:
        if "poses" not in archive.files or array_of(archive, "poses").ndim != 2:
            return None
        rotations, rate = amass_body(archive, file.name, RATE)
    if not 1.0 <= rate <= 1000.0:
        raise KinesicsError(f"{file.name} says {rate:g} frames per second, wanted 1 to 1000.")
    root = exponential(rotations[:, 0].astype(np.float64))
    _, y, z = root[:, :, 1].mean(axis=0)
    if z > abs(y):  # AMASS's own files have z up
        rotations = rotations.copy()
        rotations[:, 0] = logarithm(exponential(np.array([-np.pi / 2, 0.0, 0.0])) @ root)
    return rotations.astype(np.float32), rate


def _saved(file: SourceFile) -> list[PoseClip] | None:
    """Return the clips of an archive that ``pose_clips.save`` wrote; None for another file."""
    if not file.name.lower().endswith(".npz"):
        return None
    arrays = _arrays(file)
    if not {"rotations", "clip", "names", "sources", "groups"} <= set(arrays):
        return None
    labels = arrays.get("labels", np.full(len(arrays["names"]), "{}"))
    return [
        PoseClip(str(name), str(source), str(group), arrays["rotations"][arrays["clip"] == index],
                 json.loads(str(known)))
        for index, (name, source, group, known) in enumerate(
            zip(arrays["names"], arrays["sources"], arrays["groups"], labels, strict=True))
    ]


def _fitted(file: SourceFile, source: str) -> list[PoseClip] | None:
    """Return the clip of what a fit wrote; None for another file."""
    if not file.name.lower().endswith(".npz"):
        return None
    arrays = _arrays(file)
    if not set(arrays) >= fitted_poses.NAMES:
        return None
    rotations, rate, labels = fitted_poses.of_arrays(arrays, file.name)
    sound = without_faults(at_rate(rotations, rate))
    name = fitted_poses.clip_name(file.name)
    return [PoseClip(name, source, f"{source}/{name}", sound, labels)] if len(sound) else []


def _arrays(file: SourceFile) -> dict[str, np.ndarray]:
    with read_npz(file.read(), file.name) as archive:
        return {key: array_of(archive, key) for key in archive.files}


def _take(name: str, frames: int) -> str:
    family = name.rstrip("0123456789").rstrip("_-")
    return f"{family}/{frames}" if family != name else name


def from_cmu_expmap(table: np.ndarray) -> np.ndarray:
    """Return the SMPL-X rotations (T, 22, 3), axis-angle, of a file (T, 117) by Li et al."""
    orientations, rest = cmu_orientations(table)
    names = {
        "pelvis": "hips", "spine1": "lower_back", "spine2": "spine", "spine3": "spine1",
        "neck": "neck1", "head": "head",
        **{f"{side}_{name}": f"{side}_{theirs}" for side in SIDES for name, theirs in (
            ("hip", "hip"), ("knee", "knee"), ("ankle", "ankle"), ("foot", "toe"),
            ("collar", "collar"), ("shoulder", "shoulder"), ("elbow", "elbow"),
            ("wrist", "wrist"))},
    }
    own = {name: orientations[theirs] for name, theirs in names.items()}
    places = {name: rest[theirs] for name, theirs in names.items()}
    return _local(own, places)


def from_bvh(motion: bvh.Bvh, name: str = "BVH") -> np.ndarray:
    """Return the SMPL-X rotations of a parsed BVH file that is in T-pose at rest.

    Where the file has fewer joints, ours follow: three of the spine share what there is, a neck
    without a joint turns half as far as the head, and collars, hands and toes keep still.

    Args:
        motion: The file.
        name: What an error calls it.

    Returns:
        (T, 22, 3) axis-angle, radians.

    Raises:
        KinesicsError: The rest pose is no T-pose, or the joints are not found.
    """
    joints = joints_of(motion, None, name)
    everything = range(len(motion.names))
    _, turned = bvh.pose(motion, everything)
    still = bvh.pose(bvh.at_rest(motion), everything)[0][0]
    axes = _rest_axes({key: still[index] for key, index in joints.items()}, name)

    def above(joint: int) -> list[int]:
        line = [joint]
        while motion.parents[line[-1]] >= 0:
            line.append(motion.parents[line[-1]])
        return line

    arms = [above(joints[f"{side}_shoulder"]) for side in SIDES]
    chest = next(joint for joint in arms[0] if joint in arms[1])
    pelvis = next(joint for joint in above(joints["left_hip"])
                  if joint in above(joints["right_hip"]))
    column = above(chest)[:above(chest).index(pelvis)][::-1] if pelvis in above(chest) else []
    own = {"pelvis": turned[:, pelvis], "head": turned[:, joints["head"]]}
    for joint, middle in zip(_SPINE, _SPINE_MIDDLES, strict=True):
        own[joint] = turned[:, column[int(middle * len(column))] if column else chest]
    between = [j for j in above(joints["head"])[1:] if chest in above(j)[1:]]
    own["neck"] = turned[:, between[0]] if between else _halfway(own["spine3"], own["head"])
    for side, arm in zip(SIDES, arms, strict=True):
        collar = arm[1:arm.index(chest)]
        own[f"{side}_collar"] = turned[:, collar[0]] if collar else own["spine3"]
        toes = [j for j, parent in enumerate(motion.parents) if parent == joints[f"{side}_ankle"]]
        own[f"{side}_foot"] = turned[:, toes[0] if toes else joints[f"{side}_ankle"]]
        for limb in _LIMBS:
            for joint in limb:
                own[f"{side}_{joint}"] = turned[:, joints[f"{side}_{joint}"]]
    places = {key: axes.T @ still[index] for key, index in joints.items()}
    own = {key: value @ axes for key, value in own.items()}
    world = np.eye(3) if abs(axes[1, 1]) > 0.7 else axes.T
    return _local({key: world @ value for key, value in own.items()}, places)


def _rest_axes(points: dict[str, np.ndarray], name: str) -> np.ndarray:
    """Return left, up and forward of a rest pose as columns (3, 3).

    Raises:
        KinesicsError: It is no T-pose.
    """
    left = points["left_shoulder"] - points["right_shoulder"]
    up = points["left_shoulder"] + points["right_shoulder"] - points["left_hip"] \
        - points["right_hip"]
    left, up = (v / max(float(np.linalg.norm(v)), 1e-12) for v in (left, up))
    axes = np.stack([left, up, np.cross(left, up)], axis=1)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        arm = points[f"{side}_wrist"] - points[f"{side}_shoulder"]
        leg = points[f"{side}_ankle"] - points[f"{side}_hip"]
        if sign * (arm @ left) < 0.9 * np.linalg.norm(arm) or \
                -(leg @ up) < 0.8 * np.linalg.norm(leg) or abs(left @ up) > 0.1:
            raise KinesicsError(
                f"{name}: its rest pose is no T-pose (arms to the sides, legs down), so its"
                " rotations say nothing about SMPL-X's. Export it with a T-pose at rest.")
    return np.round(axes, 6)


def _local(own: dict[str, np.ndarray], rest: dict[str, np.ndarray]) -> np.ndarray:
    """Return rotations relative to the parents, aligned with SMPL-X's rest pose.

    Args:
        own: Orientation (T, 3, 3) of each joint in the world, by name.
        rest: Place (3,) of each joint at rest, by name.

    Returns:
        (T, 22, 3) axis-angle, radians.
    """
    aligned = dict(own)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for limb, straight in zip(_LIMBS, ((0.0, -1.0, 0.0), (sign, 0.0, 0.0)), strict=True):
            for upper, lower in pairwise(f"{side}_{joint}" for joint in limb):
                turn = shortest_turn(np.array(straight), rest[lower] - rest[upper])
                aligned[upper] = aligned[upper] @ turn
            for end in (lower, f"{side}_foot") if limb[0] == "hip" else (lower,):
                aligned[end] = aligned[end] @ turn     # hand and foot go with the bone before
    turned = np.stack([aligned[name] for name in SMPLX_BODY], axis=1)
    parents = np.array(SMPLX_BODY_PARENTS)
    local = turned.copy()
    local[:, 1:] = np.swapaxes(turned[:, parents[1:]], -1, -2) @ turned[:, 1:]
    for upper, lower, long, hinge in _HINGES:
        _give_twist(local, SMPLX_BODY.index(upper), SMPLX_BODY.index(lower), np.array(long),
                    np.array(hinge))
    return logarithm(local).astype(np.float32)


def _give_twist(
    local: np.ndarray, upper: int, lower: int, long: np.ndarray, hinge: np.ndarray
) -> None:
    """Twist an upper arm that never twists so that its elbow bends about its hinge, in place.

    Such a recording was made from points: its elbow bends in any direction. What the forearm
    twists, of which points know nothing, is dropped.

    Args:
        local: (T, 22, 3, 3), relative to the parents.
        upper: Index of the shoulder.
        lower: Index of the elbow.
        long: Direction of the bones at rest.
        hinge: Axis about which the elbow bends.
    """
    if np.ptp(logarithm(local[:, upper]) @ long) > 0.01:
        return
    bend = logarithm(local[:, lower])
    across = bend - (bend @ long)[:, None] * long
    # A straight limb has no plane: what the frames around it say counts, by how bent they are.
    weight = np.exp(-0.5 * (np.arange(-60, 61) / 12.0) ** 2)
    sine, cosine = (
        np.convolve(np.pad(part * np.linalg.norm(across, axis=-1), 60, "edge"), weight, "valid")
        for part in (across @ np.cross(long, hinge), across @ hinge))
    turn = exponential(np.arctan2(sine, cosine)[:, None] * long)
    local[:, upper] = local[:, upper] @ turn
    local[:, lower] = exponential(np.einsum("tji,tj->ti", turn, across))


def shortest_turn(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the smallest rotation (3, 3) that turns the direction ``start`` into ``end``."""
    a, b = start / np.linalg.norm(start), end / np.linalg.norm(end)
    axis = np.cross(a, b)
    sine, cosine = float(np.linalg.norm(axis)), float(a @ b)
    if sine < 1e-9:
        return np.eye(3)
    return exponential(axis / sine * np.arctan2(sine, cosine))


def _halfway(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the orientations (T, 3, 3) halfway from one to the other."""
    return one @ exponential(0.5 * logarithm(np.swapaxes(one, -1, -2) @ other))
