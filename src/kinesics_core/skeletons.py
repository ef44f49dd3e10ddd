"""The joint sets and blendshape names of the field, and the maps between them. Each exists once.

Sources: COCO keypoint challenge (17), COCO-WholeBody (133; Jin et al., ECCV 2020), iBUG 300-W
(68), BlazePose GHUM (33), MediaPipe face mesh (478), OpenPose BODY_18 and BODY_25, HumanML3D (22),
SMPL-X (55), Apple ARKit ``ARFaceAnchor.BlendShapeLocation`` (52).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

COCO17 = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear",
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
)

COCO17_EDGES = (
    (0, 1), (0, 2), (1, 3), (2, 4), (5, 6), (5, 7), (7, 9), (6, 8), (8, 10),
    (5, 11), (6, 12), (11, 12), (11, 13), (13, 15), (12, 14), (14, 16),
)


def mirrored(names: Sequence[str]) -> tuple[int, ...]:
    """Return the index of each keypoint's mirror image, its own if there is none.

    Args:
        names: Keypoints, whose names say left and right.
    """
    index = {name: i for i, name in enumerate(names)}
    swap = {"left": "right", "right": "left"}

    def other(found: re.Match[str]) -> str:
        side = swap[found[0].lower()]
        return side.upper() if found[0].isupper() else \
            side.capitalize() if found[0][0].isupper() else side

    return tuple(
        index.get(re.sub("left|right", other, name, flags=re.IGNORECASE), i)
        for i, name in enumerate(names))


COCO17_FLIP = mirrored(COCO17)

MEDIAPIPE33 = (
    "nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye",
    "right_eye_outer", "left_ear", "right_ear", "mouth_left", "mouth_right",
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "left_pinky", "right_pinky", "left_index", "right_index", "left_thumb", "right_thumb",
    "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
    "left_heel", "right_heel", "left_foot_index", "right_foot_index",
)

MEDIAPIPE33_TO_COCO17 = np.array([MEDIAPIPE33.index(name) for name in COCO17])

MEDIAPIPE33_EDGES = (
    (0, 2), (2, 7), (0, 5), (5, 8), (9, 10), (11, 12), (11, 13), (13, 15), (15, 17), (15, 19),
    (15, 21), (17, 19), (12, 14), (14, 16), (16, 18), (16, 20), (16, 22), (18, 20), (11, 23),
    (12, 24), (23, 24), (23, 25), (25, 27), (27, 29), (29, 31), (27, 31), (24, 26), (26, 28),
    (28, 30), (30, 32), (28, 32),
)

HAND21_FINGERS = ("thumb", "index", "middle", "ring", "pinky")
"""Fingers in the order of the 21 landmarks of a hand, which follow the wrist, four each."""

HAND21_EDGES = tuple(
    edge
    for finger in range(5)
    for edge in (
        (0, 1 + 4 * finger), (1 + 4 * finger, 2 + 4 * finger),
        (2 + 4 * finger, 3 + 4 * finger), (3 + 4 * finger, 4 + 4 * finger),
    )
)

OPENPOSE18 = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow",
    "left_wrist", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
    "right_eye", "left_eye", "right_ear", "left_ear",
)

BODY25 = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow",
    "left_wrist", "mid_hip", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee",
    "left_ankle", "right_eye", "left_eye", "right_ear", "left_ear", "left_big_toe",
    "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel",
)
"""OpenPose's default order. ``OPENPOSE18`` is its older one, called COCO there."""

WHOLEBODY133 = (
    *COCO17,
    *(f"{side}_{part}" for side in ("left", "right")
      for part in ("big_toe", "small_toe", "heel")),
    *(f"face_{i}" for i in range(68)),
    *(f"left_hand_{i}" for i in range(21)),
    *(f"right_hand_{i}" for i in range(21)),
)
"""COCO-WholeBody: body, feet, face in the order of iBUG 300-W (from the person's right ear along
the jaw, then right and left brow, nose, right and left eye, outer and inner lips), hands (wrist,
then thumb to little finger, each from its root to its tip)."""

WHOLEBODY133_BODY = slice(0, 17)
WHOLEBODY133_FEET = slice(17, 23)
WHOLEBODY133_FACE = slice(23, 91)
WHOLEBODY133_LEFT_HAND = slice(91, 112)
WHOLEBODY133_RIGHT_HAND = slice(112, 133)
WHOLEBODY133_CONTOUR = slice(23, 40)
"""The face's outline, iBUG 0..16. Annotators of images and OpenPose mark the silhouette, which
slides over the head as it turns; MediaPipe marks fixed points of the head's surface, visible or
not."""

IBUG68_MIRROR = (
    *range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, *range(35, 30, -1),
    45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
    *range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), *range(67, 64, -1),
)
"""Index of each face landmark's mirror image."""

WHOLEBODY133_FLIP = (
    *mirrored(WHOLEBODY133[:23]), *(23 + i for i in IBUG68_MIRROR), *range(112, 133),
    *range(91, 112),
)

def _places(names: Sequence[str], among: Sequence[str]) -> np.ndarray:
    """Return the index in ``among`` of each name, -1 where it lacks that name."""
    return np.array([among.index(name) if name in among else -1 for name in names])


BODY25_TO_WHOLEBODY133 = _places(BODY25, WHOLEBODY133)
"""-1: neck and mid_hip, which OpenPose computes from shoulders and hips."""

OPENPOSE18_TO_WHOLEBODY133 = _places(OPENPOSE18, WHOLEBODY133)

BODY135_TO_WHOLEBODY133 = np.r_[
    0:17, -1, -1, 17:23, 92:112, 113:133, 23:91, -1, -1]
"""OpenPose's BODY_135: COCO's 17, upper neck, head's top, feet, hands without their wrists, face
with its pupils (poseParameters.cpp)."""

HALPE136_TO_WHOLEBODY133 = np.r_[
    0:17, -1, -1, -1, 17, 20, 18, 21, 19, 22, 23:91, 91:133]
"""Halpe-FullBody, whose first 26 are its body: COCO's 17, head, neck, hip, big toes, small toes,
heels (left, right each), face, hands (github.com/Fang-Haoshu/Halpe-FullBody)."""

MEDIAPIPE33_TO_WHOLEBODY133 = _places(
    [name.replace("foot_index", "big_toe") for name in MEDIAPIPE33], WHOLEBODY133)
"""Body and feet; -1 for what is no keypoint of the 133, and for hands, which have landmarks of
their own."""

MEDIAPIPE33_TO_IBUG68 = {1: 42, 3: 45, 4: 39, 6: 36, 9: 54, 10: 48}
"""Corners of eyes and mouth that the pose has too, for a face whose mesh is not found."""

MEDIAPIPE33_TO_HAND21 = {0: 0, 2: 17, 4: 5, 6: 2}
"""Pose landmark, counted from that side's wrist (15 or 16), -> landmark of the hand: wrist,
knuckles of little and index finger, second joint of the thumb."""

MEDIAPIPE478_TO_IBUG68 = np.array([
    127, 234, 93, 58, 172, 136, 150, 176, 152, 400, 379, 365, 397, 288, 323, 454, 356,
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300,
    168, 197, 5, 4, 75, 97, 2, 326, 305,
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
    61, 39, 37, 0, 267, 269, 291, 321, 314, 17, 84, 91,
    78, 82, 13, 312, 308, 317, 14, 87,
])
"""The face mesh's vertex at each landmark of iBUG 300-W."""

SMPLX55 = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2",
    "left_ankle", "right_ankle", "spine3", "left_foot", "right_foot", "neck", "left_collar",
    "right_collar", "head", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow",
    "left_wrist", "right_wrist", "jaw", "left_eye_smplhf", "right_eye_smplhf",
    *(f"{side}_{finger}{joint}"
      for side in ("left", "right")
      for finger in ("index", "middle", "pinky", "ring", "thumb")
      for joint in (1, 2, 3)),
)

SMPLX_BODY = SMPLX55[:22]
"""Pelvis and the 21 joints of ``body_pose``; HumanML3D's 22 joints are the same, in this order."""

HUMANML3D22 = SMPLX_BODY

SMPLX_BODY_PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19)

SMPLX_BODY_TO_COCO17 = {
    "left_shoulder": "left_shoulder", "right_shoulder": "right_shoulder",
    "left_elbow": "left_elbow", "right_elbow": "right_elbow",
    "left_wrist": "left_wrist", "right_wrist": "right_wrist",
    "left_hip": "left_hip", "right_hip": "right_hip", "left_knee": "left_knee",
    "right_knee": "right_knee", "left_ankle": "left_ankle", "right_ankle": "right_ankle",
}
"""SMPL-X joint name -> COCO-17 keypoint name; the five head keypoints are offsets of ``head``."""

ARKIT_BLENDSHAPES = (
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight",
    "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight",
    "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight",
    "eyeLookUpLeft", "eyeLookUpRight", "eyeSquintLeft", "eyeSquintRight",
    "eyeWideLeft", "eyeWideRight",
    "jawForward", "jawLeft", "jawOpen", "jawRight",
    "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight",
    "mouthFunnel", "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight",
    "mouthPressLeft", "mouthPressRight", "mouthPucker", "mouthRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
    "mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthUpperUpLeft", "mouthUpperUpRight", "noseSneerLeft", "noseSneerRight",
    "tongueOut",
)

BLENDSHAPE_INDEX = {name: index for index, name in enumerate(ARKIT_BLENDSHAPES)}
