"""Reader of BVH files of any skeleton: clips of COCO-17 keypoints in metres, y up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import yaml

from kinesics_core.dataset.clips import Clip
from kinesics_core.errors import KinesicsError
from kinesics_core.importers import bvh
from kinesics_core.importers.importing import MotionRecording, stem
from kinesics_core.importers.skeleton_names import SIDES, WANTED, find_joints
from kinesics_core.importers.source_files import SourceFile
from kinesics_core.kinematics import LEG_LENGTH, calibrated_head_axes, coco_keypoints

_TO_Y_UP = {
    "y": np.eye(3), "z": np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]),
    "x": np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]]), "-y": np.diag([1, -1, -1]),
    "-z": np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]),
    "-x": np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]]),
}
"""Up axis of a file -> rotation of its world to y up."""

_SAMPLES = 8  # frames from which a skeleton's shape is judged

KNUCKLES = 0.085
"""Metres from the wrist to between the knuckles of the index and the little finger, of an adult."""


@dataclass(slots=True)
class BvhReader:
    """A ``MotionReader`` of BVH files.

    Attributes:
        source: The collection that the clips belong to.
        given: Keypoint or "head" -> joint name, where the names mislead.
        up: "x", "y", "z", "-x", "-y", "-z" or "auto".
        rate: Frames per second, in place of what the files say.
        ups: How many clips had which axis up.
        filled: How many frames of a file held numbers that were none and were filled, by name.
    """

    source: str
    given: Mapping[str, str] = field(default_factory=dict)
    up: str = "auto"
    rate: float | None = None
    ups: Counter[str] = field(default_factory=Counter)
    filled: dict[str, int] = field(default_factory=dict)
    _known: dict[tuple[tuple[str, ...], tuple[int, ...]], dict[str, int]] = field(
        default_factory=dict)

    def __call__(self, file: SourceFile) -> Iterator[MotionRecording]:
        """Yield the one recording of a file."""
        yield MotionRecording(file.name, partial(self._read, file))

    def with_knuckles(self, file: SourceFile) -> tuple[Clip, np.ndarray | None]:
        """Return the recording of a file, and its knuckles as ``knuckles_from_bvh`` does."""
        motion = bvh.parse(bvh.decode(file.read()), file.name, self.rate)
        skeleton = tuple(motion.names), tuple(motion.parents)
        if skeleton not in self._known:
            self._known[skeleton] = joints_of(motion, self.given, file.name)
        keypoints, up = coco_from_bvh(motion, self._known[skeleton], self.up, file.name)
        self.ups[up] += 1
        if motion.filled:
            self.filled[file.name] = motion.filled
        name = stem(file.name)
        hands = knuckles_from_bvh(motion, self._known[skeleton], keypoints, up)
        return Clip(name, self.source, name, motion.rate, keypoints), hands

    def _read(self, file: SourceFile) -> Clip:
        return self.with_knuckles(file)[0]


def read_joint_names(path: Path) -> dict[str, str]:
    """Read the YAML file of ``--joints``: lines "left_knee: name of the joint".

    Raises:
        KinesicsError: It cannot be read, or names what is not ``skeleton_names.WANTED``.
    """
    try:
        document = yaml.safe_load(path.read_text())
    except OSError as error:
        raise KinesicsError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise KinesicsError(f"{path} cannot be read as YAML: {error}") from error
    if not isinstance(document, dict) or not document or set(document) - set(WANTED):
        raise KinesicsError(
            f"{path} holds {document!r}; wanted lines such as 'left_knee: name of the joint' for"
            f" any of {', '.join(WANTED)}."
        )
    return {key: str(value) for key, value in document.items()}


def joints_of(
    motion: bvh.Bvh, given: Mapping[str, str] | None = None, name: str = "BVH"
) -> dict[str, int]:
    """Return the joint index of each of ``skeleton_names.WANTED``.

    Args:
        motion: A parsed file.
        given: Keypoint or "head" -> joint name, where the caller knows better.
        name: What an error calls the file.

    Raises:
        KinesicsError: One is not found.
    """
    positions, _ = bvh.pose(_sample(motion), range(len(motion.names)))
    return find_joints(motion.names, motion.parents, positions, given, name)


def coco_from_bvh(
    motion: bvh.Bvh, joints: Mapping[str, int], up: str = "auto", name: str = "BVH"
) -> tuple[np.ndarray, str]:
    """Return the COCO-17 keypoints of a parsed BVH file.

    BVH states no unit: the skeleton is scaled so that thigh plus shin is ``LEG_LENGTH``.

    Args:
        motion: The file.
        joints: Index of each of ``skeleton_names.WANTED``.
        up: "x", "y", "z", "-x", "-y", "-z" or "auto".
        name: What an error calls the file.

    Returns:
        (T, 17, 3) float32 metres, y up, and the axis that was up.

    Raises:
        KinesicsError: There are fewer than two frames or no legs to scale by.
    """
    if len(motion.table) < 2:
        raise KinesicsError(f"{name} is a single pose; a motion has at least two frames.")
    positions, orientations = bvh.pose(motion, [joints[key] for key in WANTED])
    points = dict(zip(WANTED, np.moveaxis(positions, 1, 0), strict=True))
    leg = 2.0 * np.mean([
        np.linalg.norm(points[f"{side}_{upper}"] - points[f"{side}_{lower}"], axis=-1)
        for side in SIDES for upper, lower in pairwise(("hip", "knee", "ankle"))
    ])
    if not leg > 0:
        raise KinesicsError(
            f"{name}: its legs have no length, so its size is not known. Check which joints"
            f" --joints names for hips, knees and ankles."
        )
    if up == "auto":
        up = up_axis(motion, joints, points)
    turn = _TO_Y_UP[up]
    points = {key: value @ turn.T * (LEG_LENGTH / leg) for key, value in points.items()}
    head_axes = calibrated_head_axes(
        turn @ orientations[:, WANTED.index("head")],
        points["left_hip"], points["right_hip"], points["left_shoulder"], points["right_shoulder"],
    )
    keypoints = coco_keypoints(points, points["head"], head_axes).astype(np.float32)
    if not np.isfinite(keypoints).all():
        raise KinesicsError(f"{name}: shoulders and hips coincide; it cannot be read as a person.")
    return keypoints, up


def knuckles_from_bvh(
    motion: bvh.Bvh, joints: Mapping[str, int], keypoints: np.ndarray, up: str
) -> np.ndarray | None:
    """Return where the knuckles of the left and the right hand are, None without hands.

    A hand points to what the file has beyond its wrist, fingers or an end site; else, if the wrist
    turns, on from the forearm as the rest pose has it.

    Args:
        motion: The file.
        joints: Index of each of ``skeleton_names.WANTED``.
        keypoints: (T, 17, 3) of the same file.
        up: The axis that was up.

    Returns:
        (T, 2, 3) metres, y up.
    """
    made = []
    for side, place in zip(SIDES, (9, 10), strict=True):
        wrist = joints[f"{side}_wrist"]
        beyond = [motion.rest[joint] for joint, parent in enumerate(motion.parents)
                  if parent == wrist]
        forearm, way = motion.rest[wrist], np.sum(beyond, axis=0)
        if not beyond or np.linalg.norm(way) < 0.05 * np.linalg.norm(forearm):
            if all(position for _, position in motion.channels[wrist]):
                return None
            way = forearm
        _, orientations = bvh.pose(motion, [wrist])
        way = orientations[:, 0] @ (way / max(float(np.linalg.norm(way)), 1e-9))
        made.append(keypoints[:, place] + KNUCKLES * way @ _TO_Y_UP[up].T)
    return np.stack(made, axis=1).astype(np.float32)


def up_axis(motion: bvh.Bvh, joints: Mapping[str, int], points: Mapping[str, np.ndarray]) -> str:
    """Find the axis from the feet to the head of somebody who stands, mostly.

    The motion decides if it is upright along one axis: an exporter may turn the rest pose. Against
    a rest pose that is a person upright along y it decides only if the feet are on the ground, at
    0, for somebody may lie. Where the motion tumbles, the rest pose decides.

    Args:
        motion: The file.
        joints: Index of each of ``skeleton_names.WANTED``.
        points: The same joints posed, (T, 3) each, any unit.

    Returns:
        A key of ``_TO_Y_UP``.
    """
    moving, certain = _feet_to_head(points)
    if certain and moving == "y":
        return moving
    positions, _ = bvh.pose(bvh.at_rest(motion), [joints[key] for key in WANTED])
    still = dict(zip(WANTED, np.moveaxis(positions, 1, 0), strict=True))
    resting, _ = _feet_to_head(still)
    legs = sum(still[f"{side}_ankle"][0] - still[f"{side}_hip"][0] for side in SIDES)
    trunk = sum(still["head"][0] - still[f"{side}_hip"][0] for side in SIDES)
    a_person = legs @ trunk < -0.7 * np.linalg.norm(legs) * np.linalg.norm(trunk)
    feet = (points["left_ankle"] + points["right_ankle"])[:, "xyz".index(moving[-1])] / 2
    grounded = abs(np.median(feet)) < 0.15 * np.linalg.norm(legs)
    if certain and (grounded or not (a_person and resting == "y")):
        return moving
    return resting if a_person else "y"


def _feet_to_head(points: Mapping[str, np.ndarray]) -> tuple[str, bool]:
    """Return the mean direction's nearest axis, and whether the direction keeps to it."""
    upward = points["head"] - (points["left_ankle"] + points["right_ankle"]) / 2
    upward = upward / np.maximum(np.linalg.norm(upward, axis=-1, keepdims=True), 1e-12)
    mean = upward.mean(axis=0)
    axis = int(np.abs(mean).argmax())
    return ("-" if mean[axis] < 0 else "") + "xyz"[axis], bool(abs(mean[axis]) > 0.7)


def _sample(motion: bvh.Bvh) -> bvh.Bvh:
    frames = np.linspace(0, len(motion.table) - 1, _SAMPLES).astype(int)
    return bvh.Bvh(motion.names, motion.parents, motion.rest, motion.channels,
                   motion.table[frames], motion.rate)
