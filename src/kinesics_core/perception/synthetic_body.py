"""The bodies of the synthetic person: who they are, how a pose turns their joints, their keypoints.

The body frame has x to the body's left, y up, z forward; metres and radians.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np

from kinesics_core.body import model as body_model
from kinesics_core.body.correspondences import selection
from kinesics_core.body.hand_poses import LOOSE_HAND, joint_angles
from kinesics_core.perception.synthetic_motion import STRIDE, SyntheticPose, smooth_step
from kinesics_core.render.character import Character, build_character
from kinesics_core.render.character_texture import Palette
from kinesics_core.rotations import about_axis, logarithm, mirrored
from kinesics_core.skeletons import MEDIAPIPE33, SMPLX55, WHOLEBODY133

X, Y, Z = range(3)
JOINT = {name: index for index, name in enumerate(SMPLX55)}


@dataclass(frozen=True, slots=True)
class Casting:
    """One synthetic person and the room it stands in.

    Attributes:
        gender: Of the body.
        palette: Colours of the body and its clothes.
        wall: Colour of the wall (RGB).
        floor: Colour of the floor (RGB).
    """

    gender: str
    palette: Palette
    wall: tuple[int, int, int]
    floor: tuple[int, int, int]


CAST = (
    Casting("male", Palette(
        skin=(226, 178, 150), hair=(62, 42, 30), shirt=(52, 94, 148), trousers=(58, 60, 70),
        shoes=(40, 38, 40), iris=(84, 110, 120)), (196, 198, 196), (150, 132, 114)),
    Casting("female", Palette(
        skin=(198, 146, 112), hair=(28, 22, 20), shirt=(166, 62, 52), trousers=(52, 66, 96),
        shoes=(225, 222, 216), iris=(70, 46, 30)), (182, 192, 200), (126, 122, 120)),
    Casting("neutral", Palette(
        skin=(238, 196, 172), hair=(140, 96, 52), shirt=(64, 122, 92), trousers=(84, 74, 66),
        shoes=(70, 50, 38), iris=(78, 120, 90)), (208, 200, 188), (140, 118, 98)),
    Casting("male", Palette(
        skin=(146, 98, 70), hair=(20, 17, 17), shirt=(214, 186, 92), trousers=(46, 52, 62),
        shoes=(235, 235, 232), iris=(52, 34, 24)), (190, 196, 192), (138, 130, 122)),
)


def _mediapipe_landmarks() -> tuple[np.ndarray, np.ndarray]:
    """Return where MediaPipe's body landmarks are among the 133 keypoints, and how deep inside.

    Returns:
        (33, 133) that picks the landmarks, and (33,) metres by which each lies inside of the body.
    """
    faces = {
        "left_eye_inner": "face_42", "left_eye_outer": "face_45", "right_eye_inner": "face_39",
        "right_eye_outer": "face_36", "mouth_left": "face_54", "mouth_right": "face_48",
    }
    hands = {"thumb": 3, "index": 6, "pinky": 18}
    depths = {"shoulder": 0.13, "hip": 0.16, "elbow": 0.08, "knee": 0.10, "wrist": 0.05,
              "ankle": 0.09, "heel": 0.09, "foot": 0.09, "ear": 0.02, "eye": 0.03}
    pick = np.zeros((len(MEDIAPIPE33), len(WHOLEBODY133)), np.float32)
    inside = np.zeros(len(MEDIAPIPE33))
    for row, name in enumerate(MEDIAPIPE33):
        side, _, part = name.partition("_")
        source = faces.get(name, name.replace("foot_index", "big_toe"))
        if part in hands:
            source = f"{side}_hand_{hands[part]}"
        pick[row, WHOLEBODY133.index(source)] = 1.0
        inside[row] = depths.get(part.split("_")[0], 0.03)
    return pick, inside


MEDIAPIPE33_FROM, INSIDE = _mediapipe_landmarks()


@dataclass(frozen=True, eq=False)
class SyntheticBody:
    """A dressed body and what its motion and truth need.

    Attributes:
        character: To be posed and drawn.
        rest: (55, 3) joints in T-pose, metres from the pelvis.
        height: Of the pelvis over the floor, metres.
        stature: Height of the body, metres.
        keypoints: (133, 55 + n) from joints and the n vertices ``needed`` of the character.
        needed: (n,) vertices.
        head_at_rest: (3, 3) rotation that ``head_of`` makes of a body that stands upright.
    """

    character: Character
    rest: np.ndarray
    height: float
    stature: float
    keypoints: np.ndarray
    needed: np.ndarray
    head_at_rest: np.ndarray


@functools.lru_cache(maxsize=len(CAST))
def load_body(index: int) -> SyntheticBody:
    """Return the body of ``CAST[index]``; it is built once."""
    casting = CAST[index]
    model = body_model.load(gender=casting.gender)
    character = build_character(model, casting.palette)
    vertices, _, joints = character.pose()
    indices, keypoints = selection(model.keypoints, len(SMPLX55))
    # Any of the vertices that show the same spot of the skin will do.
    place = np.zeros(character.repeated.max() + 1, np.int64)
    place[character.repeated] = np.arange(len(character.repeated))
    needed = place[indices]
    return SyntheticBody(
        character, joints - joints[0], float(joints[0, 1] - vertices[:, 1].min()),
        float(np.ptp(model.template[:, 1])), keypoints, needed,
        head_of(keypoints @ np.concatenate([joints, vertices[needed]]))[:3, :3],
    )


def pose_parameters(
    body: SyntheticBody, pose: SyntheticPose, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """Return what ``Character.pose`` needs; the body stands on the floor at the origin, its home.

    Args:
        body: Whose pose it is.
        pose: Everything that moves.
        weights: (52,) blendshapes.
    """
    turn = about_axis(Y, pose.yaw)
    root = np.array([pose.travel + pose.sway, body.height - 0.012 + pose.bob, 0.0])
    roll, pitch, yaw = pose.head
    joints = {
        "pelvis": turn,
        "spine1": about_axis(Z, pose.lean) @ about_axis(X, pose.bow),
        "neck": about_axis(Y, yaw) @ about_axis(X, pitch) @ about_axis(Z, roll),
    }
    hands = {}
    for side, sign, arm in (("left", 1.0, pose.arms[0]), ("right", -1.0, pose.arms[1])):
        # From the T-pose, arm along x with the palm down, to hanging with the palm inwards.
        hang = about_axis(Z, -sign * np.pi / 2)
        lift = about_axis(Z, sign * (6.0 * pose.shrug + 0.16 * max(arm.abduction - 1.0, 0.0)))
        joints[f"{side}_collar"] = lift
        joints[f"{side}_shoulder"] = (
            lift.T @ about_axis(Z, sign * arm.abduction) @ about_axis(X, -arm.flexion)
            @ about_axis(Y, sign * arm.twist) @ hang)
        joints[f"{side}_elbow"] = hang.T @ about_axis(X, -arm.elbow) @ hang
        joints[f"{side}_wrist"] = hang.T @ about_axis(Z, sign * arm.wrist) @ hang
        joints |= _leg(body, side, pose, turn, root)
        near, middle, far = LOOSE_HAND.finger
        curled = (arm.curl * near, arm.curl * middle, arm.curl * far)
        fingers = joint_angles(replace(LOOSE_HAND, finger=curled))
        fingers = fingers if side == "left" else mirrored(fingers)
        hands[f"{side}_hand_pose"] = fingers[None].astype(np.float32)
    turns = np.zeros((22, 3), np.float32)
    turns[[JOINT[name] for name in joints]] = logarithm(np.stack(list(joints.values())))
    turns[JOINT["neck"]] /= 2  # the head turns by the other half
    turns[JOINT["head"]] = turns[JOINT["neck"]]
    pelvis = body.character.skin.model.joint_template[0]
    return {
        "global_orient": turns[None, 0], "body_pose": turns[None, 1:],
        "transl": (root - pelvis)[None].astype(np.float32), "expression": weights[None], **hands,
    }


def _leg(
    body: SyntheticBody, side: str, pose: SyntheticPose, turn: np.ndarray, root: np.ndarray
) -> dict[str, np.ndarray]:
    """Return rotations of hip, knee and ankle that put the foot where the step has it.

    Feet step under the travelling root: half of each stride planted, half in the air.

    Args:
        body: Whose leg it is.
        side: "left" or "right".
        pose: Everything that moves.
        turn: (3, 3) of the pelvis.
        root: (3,) place of the pelvis, metres.
    """
    sign = 1.0 if side == "left" else -1.0
    hip0, knee0, ankle0 = (body.rest[JOINT[f"{side}_{part}"]] for part in (
        "hip", "knee", "ankle"))
    thigh, shin = float(np.linalg.norm(knee0 - hip0)), float(np.linalg.norm(ankle0 - knee0))
    direction = 1.0 if pose.travel >= 0 else -1.0
    # The foot on the side one walks to swings in the first half of a stride, the other follows.
    cycle = abs(pose.travel) / STRIDE + (0.5 if sign == direction else 0.0)
    whole = np.floor(cycle)
    swing = float(np.clip((cycle - whole - 0.5) * 2.0, 0.0, 1.0))
    x = direction * STRIDE * (whole + smooth_step(swing))
    lift = 0.055 * np.sin(np.pi * swing) ** 2
    foot = turn @ np.array([0.105 * sign, 0.0, ankle0[2]])
    ankle = foot + [x, body.height + ankle0[1] + lift, 0.0]
    hip = root + turn @ hip0
    outwards = turn @ about_axis(Y, sign * 0.18)
    line = ankle - hip
    reach = float(np.linalg.norm(line))
    if reach > thigh + shin - 1e-3:
        ankle = hip + line * ((thigh + shin - 1e-3) / reach)
        line = ankle - hip
        reach = thigh + shin - 1e-3
    along = (reach * reach + thigh * thigh - shin * shin) / (2 * reach)
    forward = _across(outwards[:, 2], line)
    knee = hip + line / reach * along + forward * np.sqrt(max(thigh * thigh - along * along, 0.0))
    upper = _frame(knee - hip, outwards[:, 2]) @ _frame(knee0 - hip0, np.array([0.0, 0, 1])).T
    lower = _frame(ankle - knee, outwards[:, 2]) @ _frame(ankle0 - knee0, np.array([0.0, 0, 1])).T
    return {
        f"{side}_hip": turn.T @ upper, f"{side}_knee": upper.T @ lower,
        f"{side}_ankle": lower.T @ outwards,
    }


def _across(vector: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Return the unit vector nearest to ``vector`` at right angles to ``line``."""
    line = line / np.linalg.norm(line)
    rest = vector - line * (vector @ line)
    return rest / np.linalg.norm(rest)


def _frame(down: np.ndarray, forward: np.ndarray) -> np.ndarray:
    """Return the rotation of second column ``down``, the third as near to ``forward`` as can be."""
    y = down / np.linalg.norm(down)
    z = _across(forward, y)
    return np.column_stack([np.cross(y, z), y, z])


def head_of(points: np.ndarray) -> np.ndarray:
    """Return the pose (4, 4) of the head in the axes of the keypoints (133, 3).

    Its origin is between the ears, x to the left ear, y from the lips to the eyes, z out of the
    face.
    """
    index = {name: WHOLEBODY133.index(name) for name in (
        "left_ear", "right_ear", "left_eye", "right_eye", "face_51")}
    x = points[index["left_ear"]] - points[index["right_ear"]]
    up = points[[index["left_eye"], index["right_eye"]]].mean(0) - points[index["face_51"]]
    z = np.cross(x, up)
    x, z = x / np.linalg.norm(x), z / np.linalg.norm(z)
    pose = np.eye(4)
    pose[:3, :3] = np.column_stack([x, np.cross(z, x), z])
    pose[:3, 3] = points[[index["left_ear"], index["right_ear"]]].mean(0)
    return pose
