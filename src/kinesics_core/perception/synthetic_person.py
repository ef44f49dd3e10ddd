"""A rendered person whose keypoints are known exactly: ground truth for the whole chain.

The figure is the open body of ``models/smplx``, dressed (``view.figure``) and drawn through one
pinhole camera; every keypoint is the projection of the body's own. Motion is a function of time
alone, so any frame can be rendered in any order and the same seed always gives the same pictures.

Coordinates: the body frame has x to the body's left, y up, z forward; the camera is optical
(x right, y down, z away).
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from kinesics_core.body import model as body_model
from kinesics_core.body.correspondences import selection
from kinesics_core.errors import SourceError
from kinesics_core.render.character import Character, build_character
from kinesics_core.render.character_texture import Palette
from kinesics_core.render.geometry import Mesh
from kinesics_core.render.mesh import MeshRenderer
from kinesics_core.rotations import logarithm
from kinesics_core.skeletons import (
    ARKIT_BLENDSHAPES,
    BLENDSHAPE_INDEX,
    MEDIAPIPE33,
    MEDIAPIPE33_TO_COCO17,
    SMPLX55,
    WHOLEBODY133,
)
from kinesics_core.types import Person

BODY_TO_OPTICAL = np.array([1.0, -1.0, -1.0], np.float32)
"""Axes of a body that faces the camera."""

STRIDE = 0.40

GESTURES = (
    "wave_right", "shift", "raise_both", "turn_left", "point_left", "step", "hips", "shrug",
    "wave_left", "turn_right", "reach", "nod",
)
SLOT = 3.4
"""Seconds given to one gesture, rest included."""


@dataclass(frozen=True, slots=True)
class Casting:
    """Who stands where: gender of the body, its colours, and those of wall and floor (RGB)."""

    gender: str
    look: Palette
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


@dataclass(slots=True)
class Arm:
    """Angles of one arm, radians; zero hangs down, palm inwards."""

    abduction: float = 0.14
    flexion: float = 0.05
    twist: float = 0.0
    elbow: float = 0.22
    wrist: float = 0.0
    curl: float = 0.45


@dataclass(slots=True)
class Pose:
    """Everything that moves, at one moment. Angles radians, lengths metres."""

    travel: float = 0.0
    sway: float = 0.0
    bob: float = 0.0
    yaw: float = 0.0
    lean: float = 0.0
    bow: float = 0.02
    shrug: float = 0.0
    arms: tuple[Arm, Arm] = field(default_factory=lambda: (Arm(), Arm()))
    head: tuple[float, float, float] = (0.0, 0.0, 0.0)


class SyntheticPerson:
    """A moving figure in front of a plain wall.

    width, height: size of the picture, pixels. seed: picks look, order of gestures and rhythm.
    distance: metres from the camera to the figure; 2.8 shows the whole body, 1.3 the upper body.
    absences: (leave, return) pairs in seconds; between them the figure walks out of the picture,
    stays away and is back at its place at `return`. `stature` is its height, metres.

    Raises SourceError for a size or distance nothing can be drawn at.
    """

    def __init__(
        self,
        width: int = 640,
        height: int = 480,
        seed: int = 0,
        *,
        distance: float = 2.8,
        absences: Sequence[tuple[float, float]] = (),
    ) -> None:
        if width < 64 or height < 64:
            raise SourceError(
                f"A synthetic person needs a picture of at least 64 x 64, got {width} x {height}."
            )
        if not 0.8 <= distance <= 20.0:
            raise SourceError(
                f"A synthetic person stands 0.8 to 20 m from the camera, got {distance} m."
            )
        self.width, self.height = int(width), int(height)
        self.distance = float(distance)
        self.absences = tuple((float(leave), float(back)) for leave, back in absences)
        # At the default distance the picture is 2.12 m high: the figure and some air around it.
        self.focal = 1.32 * self.height
        # A close camera looks at the chest, a far one at the middle of the body.
        self.camera_height = float(np.interp(self.distance, [1.2, 2.8], [1.36, 0.95]))

        random = np.random.default_rng(seed)
        casting = CAST[seed % len(CAST)]
        self._actor = _actor(seed % len(CAST))
        self._order = random.permutation(len(GESTURES))
        self._rhythm = random.uniform(0.85, 1.15)
        self._phase = random.uniform(0, 2 * np.pi, 6)
        self.stature = self._actor.stature
        self._background = _room(self.width, self.height, casting, self._horizon(), random)
        grain = random.normal(0.0, 1.6, (self.height, self.width, 1)).round().astype(np.int8)
        self._grain_up = np.repeat(np.maximum(grain, 0).astype(np.uint8), 3, axis=2)
        self._grain_down = np.repeat(np.maximum(-grain, 0).astype(np.uint8), 3, axis=2)
        # OpenGL belongs to a thread, and a source is opened in one and read in another.
        self._local = threading.local()

    def render(
        self, t: float, expression: np.ndarray | None = None
    ) -> tuple[np.ndarray, Person | None]:
        """Picture and truth at t seconds.

        expression: (52,) weights 0..1 in the order of ``skeletons.ARKIT_BLENDSHAPES``; None lets
            the figure blink and change its expression by itself.

        Returns an (H, W, 3) uint8 RGB image and the Person, None while no keypoint is in view.
        A keypoint scores 1 when it is visible, 0.5 when another part of the figure hides it, and
        is nan with score 0 outside of the image.
        """
        weights = self._expression(t) if expression is None else np.asarray(expression, np.float32)
        parameters = _parameters(self._actor, self._pose(t), weights)
        vertices, normals, joints = self._actor.figure.pose(**parameters)
        place = np.array([0.0, self.camera_height, self.distance], np.float32)
        vertices = vertices * BODY_TO_OPTICAL + place
        joints = joints * BODY_TO_OPTICAL + place
        image = self._background.copy()
        self._shadow(image, joints)
        renderer = getattr(self._local, "renderer", None)
        if renderer is None:
            renderer = self._local.renderer = MeshRenderer(self.width, self.height, smooth=False)
        figure = self._actor.figure
        image = renderer.render(
            Mesh(vertices, figure.faces, texture=figure.texture,
                 normals=normals * BODY_TO_OPTICAL),
            self.focal, (self.width / 2, self.height / 2), background=image)
        cv2.add(image, self._grain_up, dst=image)
        cv2.subtract(image, self._grain_down, dst=image)
        points = self._actor.keypoints @ np.concatenate([joints, vertices[self._actor.needed]])
        return image, self._truth(points, renderer.depth(), weights)

    # -- motion ---------------------------------------------------------------------------------

    def _pose(self, t: float) -> Pose:
        """The gesture of the current slot, laid over slow idle sway."""
        phase = self._phase
        pose = Pose(
            sway=0.018 * np.sin(0.9 * t + phase[0]),
            bob=0.004 * np.sin(1.7 * t + phase[1]),
            yaw=0.07 * np.sin(0.53 * t + phase[2]),
            lean=0.012 * np.sin(0.9 * t + phase[0]),
            head=(
                0.05 * np.sin(0.61 * t + phase[3]),
                0.05 * np.sin(0.47 * t + phase[4]),
                0.12 * np.sin(0.37 * t + phase[5]),
            ),
        )
        for side, arm in enumerate(pose.arms):
            arm.abduction += 0.03 * np.sin(0.8 * t + phase[side])
            arm.flexion += 0.05 * np.sin(0.7 * t + phase[2 + side])
            arm.elbow += 0.06 * np.sin(0.6 * t + phase[4 + side])
        slot, within = divmod(t * self._rhythm, SLOT)
        gesture = GESTURES[self._order[int(slot) % len(GESTURES)]]
        strength = _smooth(within / 0.9) * (1.0 - _smooth((within - 2.3) / 0.9))
        _apply(pose, gesture, strength, within)
        for leave, back in self.absences:
            self._walk_away(pose, t, leave, back)
        return pose

    def _walk_away(self, pose: Pose, t: float, leave: float, back: float) -> None:
        """Walk out to the figure's left from `leave` on, and be back home at `back`."""
        reach = 0.5 * self.width / self.focal * self.distance + 0.75
        strides = np.ceil(reach / STRIDE)
        seconds = min(0.55 * strides, max((back - leave) / 2.0, 1e-3))
        out = _smooth((t - leave) / seconds)
        home = _smooth((t - back + seconds) / seconds)
        pose.travel += float(strides * STRIDE * (out - home))
        heading = np.sin(np.pi * out) - np.sin(np.pi * home)
        pose.yaw += float(0.9 * heading)
        swing = 0.35 * abs(heading) * np.sin(2 * np.pi * pose.travel / STRIDE)
        pose.arms[0].flexion += float(swing)
        pose.arms[1].flexion -= float(swing)

    def _expression(self, t: float) -> np.ndarray:
        """Slow changes between smiling, surprised and neutral, and a blink every 3 to 4 seconds."""
        weights = np.zeros(len(ARKIT_BLENDSHAPES), np.float32)
        smile = max(0.0, np.sin(0.7 * t + self._phase[3])) ** 2
        talk = max(0.0, np.sin(0.31 * t + self._phase[4])) * (0.5 + 0.5 * np.sin(9.0 * t))
        lift = max(0.0, np.sin(0.43 * t + self._phase[5])) ** 3
        blink = max(0.0, 1.0 - abs((t + self._phase[0]) % 3.7 - 0.12) / 0.12)
        for name, weight in (
            ("mouthSmileLeft", smile), ("mouthSmileRight", smile), ("jawOpen", 0.35 * talk),
            ("browInnerUp", lift), ("browOuterUpLeft", lift), ("browOuterUpRight", lift),
            ("eyeBlinkLeft", blink), ("eyeBlinkRight", blink),
        ):
            weights[BLENDSHAPE_INDEX[name]] = weight
        return weights

    # -- picture --------------------------------------------------------------------------------

    def _horizon(self) -> int:
        """Image row where the wall, 1.2 m behind the figure, meets the floor."""
        return int(self.height / 2 + self.focal * self.camera_height / (self.distance + 1.2))

    def _pixels(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) optical metres -> (N, 2) pixels."""
        return self.focal * points[:, :2] / points[:, 2:] + (self.width / 2, self.height / 2)

    def _shadow(self, image: np.ndarray, joints: np.ndarray) -> None:
        """A soft dark oval on the floor between the feet."""
        centre = joints[[JOINT["left_ankle"], JOINT["right_ankle"]]].mean(0)
        centre = np.array([centre[0] + 0.06, self.camera_height, centre[2]])
        x, y = self._pixels(centre[None])[0]
        rx, ry = 0.36 * self.focal / centre[2], 0.055 * self.focal / centre[2]
        x0, x1 = max(int(x - 1.5 * rx), 0), min(int(x + 1.5 * rx), self.width)
        y0, y1 = max(int(y - 1.5 * ry), 0), min(int(y + 1.5 * ry), self.height)
        if x0 >= x1 or y0 >= y1:
            return
        u = (np.arange(x0, x1, dtype=np.float32) - x) / rx
        v = ((np.arange(y0, y1, dtype=np.float32) - y) / ry)[:, None]
        dark = 1.0 - 0.5 * np.exp(-2.0 * (u * u + v * v))
        region = image[y0:y1, x0:x1]
        region[:] = region * dark[..., None]

    # -- truth ----------------------------------------------------------------------------------

    def _truth(
        self, points: np.ndarray, depth: np.ndarray, weights: np.ndarray
    ) -> Person | None:
        """points: (133, 3) keypoints, depth: (H, W), both metres in optical axes."""
        world = MEDIAPIPE33_FROM @ points
        middle = world[[MEDIAPIPE33.index("left_hip"), MEDIAPIPE33.index("right_hip")]].mean(0)
        pixels = self._pixels(world)
        inside = np.all((pixels >= 0) & (pixels < (self.width, self.height)), axis=1)
        columns, rows = np.where(inside[:, None], pixels, 0).astype(int).T
        # A joint lies inside of the body: it is hidden by what is nearer than its own skin.
        seen = world[:, 2] < depth[rows, columns] + INSIDE
        pose = np.column_stack([
            pixels, (world[:, 2] - middle[2]) * self.focal / middle[2], np.where(seen, 1.0, 0.5),
        ]).astype(np.float32)
        pose[~inside] = np.nan, np.nan, np.nan, 0.0
        coco = pose[MEDIAPIPE33_TO_COCO17][:, [0, 1, 3]].copy()
        if not np.isfinite(coco[:, 0]).any():
            return None
        hands = [self._hand_truth(points[first : first + 21]) for first in HANDS]
        head = _head(points)
        head[:3, :3] = head[:3, :3] @ self._actor.head_at_rest.T
        return Person(
            id=1, score=1.0, coco=coco, pose=pose, pose_world=(world - middle).astype(np.float32),
            left_hand=hands[0], right_hand=hands[1], blendshapes=weights.copy(), head=head,
        )

    def _hand_truth(self, chain: np.ndarray) -> np.ndarray | None:
        """(21, 3) pixels and depth relative to the wrist; None if the hand is out of the image."""
        pixels = self._pixels(chain)
        if not ((pixels >= 0) & (pixels < (self.width, self.height))).all():
            return None
        depth = (chain[:, 2] - chain[0, 2]) * self.focal / chain[0, 2]
        return np.column_stack([pixels, depth]).astype(np.float32)


HANDS = WHOLEBODY133.index("left_hand_0"), WHOLEBODY133.index("right_hand_0")


def _mediapipe() -> tuple[np.ndarray, np.ndarray]:
    """(33, 133) that picks MediaPipe's body landmarks from the 133 keypoints, and (33,) how deep
    inside of the body each lies, metres."""
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


MEDIAPIPE33_FROM, INSIDE = _mediapipe()


# -- body -----------------------------------------------------------------------------------------

JOINT = {name: index for index, name in enumerate(SMPLX55)}


@dataclass(frozen=True, eq=False)
class Actor:
    """A dressed body and what its motion and truth need.

    rest: (55, 3) joints in T-pose, metres from the pelvis. height: of the pelvis over the floor.
    keypoints: (133, 55 + n) from joints and the n vertices ``needed`` of the figure.
    stature: metres. head_at_rest: (3, 3) what ``_head`` makes of a body that stands upright.
    """

    figure: Character
    rest: np.ndarray
    height: float
    stature: float
    keypoints: np.ndarray
    needed: np.ndarray
    head_at_rest: np.ndarray


@functools.lru_cache(maxsize=len(CAST))
def _actor(index: int) -> Actor:
    casting = CAST[index]
    model = body_model.load(gender=casting.gender)
    figure = build_character(model, casting.look)
    vertices, _, joints = figure.pose()
    indices, keypoints = selection(model.keypoints, len(SMPLX55))
    # Any of the vertices that show the same spot of the skin will do.
    place = np.zeros(figure.repeated.max() + 1, np.int64)
    place[figure.repeated] = np.arange(len(figure.repeated))
    needed = place[indices]
    return Actor(
        figure, joints - joints[0], float(joints[0, 1] - vertices[:, 1].min()),
        float(np.ptp(model.template[:, 1])), keypoints, needed,
        _head(keypoints @ np.concatenate([joints, vertices[needed]]))[:3, :3],
    )


def _parameters(actor: Actor, pose: Pose, weights: np.ndarray) -> dict[str, np.ndarray]:
    """What ``Figure.pose`` needs; on the floor at the figure's home, which is the origin."""
    turn = _about("y", pose.yaw)
    root = np.array([pose.travel + pose.sway, actor.height - 0.012 + pose.bob, 0.0])
    roll, pitch, yaw = pose.head
    joints = {
        "pelvis": turn,
        "spine1": _about("z", pose.lean) @ _about("x", pose.bow),
        "neck": _about("y", yaw) @ _about("x", pitch) @ _about("z", roll),
    }
    hands = {}
    for side, sign, arm in (("left", 1.0, pose.arms[0]), ("right", -1.0, pose.arms[1])):
        # From the T-pose, arm along x with the palm down, to hanging with the palm inwards.
        hang = _about("z", -sign * np.pi / 2)
        lift = _about("z", sign * (6.0 * pose.shrug + 0.16 * max(arm.abduction - 1.0, 0.0)))
        joints[f"{side}_collar"] = lift
        joints[f"{side}_shoulder"] = (
            lift.T @ _about("z", sign * arm.abduction) @ _about("x", -arm.flexion)
            @ _about("y", sign * arm.twist) @ hang)
        joints[f"{side}_elbow"] = hang.T @ _about("x", -arm.elbow) @ hang
        joints[f"{side}_wrist"] = hang.T @ _about("z", sign * arm.wrist) @ hang
        joints |= _leg(actor, side, sign, pose, turn, root)
        fingers = np.zeros((5, 3, 3), np.float32)
        fingers[:4, :, 2] = -sign * arm.curl * np.array([0.6, 0.8, 0.6])
        fingers[4, :, 1] = -sign * np.array([0.1, 0.15, 0.2])
        hands[f"{side}_hand_pose"] = fingers.reshape(1, 15, 3)
    body = np.zeros((22, 3), np.float32)
    body[[JOINT[name] for name in joints]] = logarithm(np.stack(list(joints.values())))
    body[JOINT["neck"]] /= 2  # the head turns by the other half
    body[JOINT["head"]] = body[JOINT["neck"]]
    pelvis = actor.figure.skin.model.joint_template[0]
    return {
        "global_orient": body[None, 0], "body_pose": body[None, 1:],
        "transl": (root - pelvis)[None].astype(np.float32), "expression": weights[None], **hands,
    }


def _leg(
    actor: Actor, side: str, sign: float, pose: Pose, turn: np.ndarray, root: np.ndarray
) -> dict[str, np.ndarray]:
    """Rotations of hip, knee and ankle that put the foot where the step has it.

    Feet step under the travelling root: half of each stride planted, half in the air.
    """
    hip0, knee0, ankle0 = (actor.rest[JOINT[f"{side}_{part}"]] for part in (
        "hip", "knee", "ankle"))
    thigh, shin = float(np.linalg.norm(knee0 - hip0)), float(np.linalg.norm(ankle0 - knee0))
    direction = 1.0 if pose.travel >= 0 else -1.0
    # The foot on the side one walks to swings in the first half of a stride, the other follows.
    cycle = abs(pose.travel) / STRIDE + (0.5 if sign == direction else 0.0)
    whole = np.floor(cycle)
    swing = float(np.clip((cycle - whole - 0.5) * 2.0, 0.0, 1.0))
    x = direction * STRIDE * (whole + _smooth(swing))
    lift = 0.055 * np.sin(np.pi * swing) ** 2
    foot = turn @ np.array([0.105 * sign, 0.0, ankle0[2]])
    ankle = foot + [x, actor.height + ankle0[1] + lift, 0.0]
    hip = root + turn @ hip0
    outwards = turn @ _about("y", sign * 0.18)
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
    """The unit vector nearest to `vector` at right angles to `line`."""
    line = line / np.linalg.norm(line)
    rest = vector - line * (vector @ line)
    return rest / np.linalg.norm(rest)


def _frame(down: np.ndarray, forward: np.ndarray) -> np.ndarray:
    """Rotation whose second column is `down`, its third as near to `forward` as can be."""
    y = down / np.linalg.norm(down)
    z = _across(forward, y)
    return np.column_stack([np.cross(y, z), y, z])


def _head(points: np.ndarray) -> np.ndarray:
    """(4, 4) pose of the head in the keypoints' (133, 3) axes: origin between the ears, x to the
    left ear, y from the lips to the eyes, z out of the face."""
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


# -- kinematics -----------------------------------------------------------------------------------


def _smooth(x: float) -> float:
    """0 below 0, 1 above 1, with vanishing first and second derivative at both ends."""
    x = min(max(x, 0.0), 1.0)
    return x * x * x * (x * (6.0 * x - 15.0) + 10.0)


def _about(axis: str, angle: float) -> np.ndarray:
    """Rotation by `angle` radians about a body axis."""
    c, s = np.cos(angle), np.sin(angle)
    return {
        "x": np.array([[1, 0, 0], [0, c, -s], [0, s, c]]),
        "y": np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]),
        "z": np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]),
    }[axis]


def _apply(pose: Pose, gesture: str, strength: float, time: float) -> None:
    """Blend one gesture into the pose; `time` drives its inner rhythm (seconds)."""

    def blend(arm: Arm, **goal: float) -> None:
        for name, value in goal.items():
            setattr(arm, name, (1 - strength) * getattr(arm, name) + strength * value)

    left, right = pose.arms
    if gesture in ("wave_left", "wave_right"):
        swing = 0.38 * np.sin(2 * np.pi * 1.25 * time)
        blend(left if gesture == "wave_left" else right, abduction=0.95, flexion=0.25, twist=1.45,
              elbow=1.95 + swing, wrist=0.5 * swing, curl=0.08)
    elif gesture == "raise_both":
        for arm in (left, right):
            blend(arm, abduction=2.2, flexion=0.1, twist=0.9, elbow=0.6, curl=0.1)
    elif gesture == "hips":
        for arm in (left, right):
            blend(arm, abduction=0.72, flexion=-0.25, twist=-0.75, elbow=1.5, curl=0.9)
    elif gesture == "shrug":
        pose.shrug += 0.035 * strength
        for arm in (left, right):
            blend(arm, abduction=0.32, flexion=0.1, twist=0.75, elbow=1.35, curl=0.15)
    elif gesture == "point_left":
        blend(left, abduction=1.45, flexion=0.25, twist=0.3, elbow=0.12, curl=0.15)
        pose.head = (pose.head[0], pose.head[1], pose.head[2] + 0.45 * strength)
    elif gesture == "reach":
        for arm in (left, right):
            blend(arm, abduction=0.35, flexion=1.15, twist=0.2, elbow=0.55, curl=0.2)
    elif gesture in ("turn_left", "turn_right"):
        sign = 1.0 if gesture == "turn_left" else -1.0
        pose.yaw += sign * 0.62 * strength
        pose.head = (pose.head[0], pose.head[1], pose.head[2] - sign * 0.15 * strength)
    elif gesture == "shift":
        pose.sway += 0.075 * strength
        pose.lean -= 0.05 * strength
        pose.head = (pose.head[0] + 0.14 * strength, pose.head[1], pose.head[2])
    elif gesture == "step":
        pose.travel += -STRIDE * strength
    elif gesture == "nod":
        pose.head = (
            pose.head[0], pose.head[1] + 0.22 * strength * np.sin(2 * np.pi * 1.1 * time),
            pose.head[2],
        )


# -- surroundings ---------------------------------------------------------------------------------


def _room(
    width: int, height: int, casting: Casting, horizon: int, random: np.random.Generator
) -> np.ndarray:
    """Wall with a soft light from the left, skirting board, floor, fine texture."""
    rows = np.arange(height, dtype=np.float32)[:, None]
    columns = np.arange(width, dtype=np.float32)[None]
    light = 1.04 - 0.30 * np.hypot(columns / width - 0.35, rows / height - 0.25)
    image = light[..., None] * np.array(casting.wall, np.float32)
    depth = np.clip((rows - horizon) / max(height - horizon, 1), 0, 1)
    floor = (0.72 + 0.35 * depth) * (0.95 + 0.1 * light)
    on_floor = rows >= horizon
    ground = floor[..., None] * np.array(casting.floor, np.float32)
    image = np.where(on_floor[..., None], ground, image)
    board = (rows >= horizon - 0.022 * height) & (rows < horizon)
    image = np.where(board[..., None], image * 1.10, image)
    edge = np.exp(-((rows - horizon) / (0.006 * height + 1)) ** 2)
    image *= (1 - 0.25 * edge)[..., None]
    patches = cv2.resize(random.normal(1.0, 0.007, (12, 16)).astype(np.float32), (width, height),
                         interpolation=cv2.INTER_CUBIC)
    return np.clip(image * patches[..., None], 0, 255).astype(np.uint8)
