"""A rendered person whose keypoints are known exactly: ground truth for the whole chain.

The figure is drawn with lit round solids (``view.shading``) and, for the head, by casting one ray
per pixel against a few ellipsoids that carry a painted face. Every keypoint is the projection of
a 3D point of the figure through one pinhole camera. Motion is a function of time alone, so any
frame can be rendered in any order and the same seed always gives the same pictures.

Coordinates: the body frame has x to the body's left, y up, z forward; the camera is optical
(x right, y down, z away).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike

from kinesics_core.errors import SourceError
from kinesics_core.skeletons import (
    ARKIT_BLENDSHAPES,
    BLENDSHAPE_INDEX,
    MEDIAPIPE33,
    MEDIAPIPE33_TO_COCO17,
)
from kinesics_core.types import Person
from kinesics_core.view.shading import LIGHT, limb

BODY_TO_OPTICAL = np.diag([1.0, -1.0, -1.0])
"""Rotation of a body that faces the camera."""

STATURE = 1.74
"""Height of the figure, metres."""

# Heights and half-widths of the joints of a 1.74 m adult standing upright, metres.
HIP = (0.092, 0.900)
SHOULDER = (0.182, 1.425)
NECK_BASE = 1.475
HEAD_CENTRE = (0.0, 1.615, 0.012)
UPPER_ARM, FOREARM, HAND = 0.285, 0.245, 0.085
THIGH, SHIN, ANKLE_HEIGHT = 0.415, 0.405, 0.085
STRIDE = 0.40

# Ellipsoids of the head in its own frame, metres: centre and radii.
CRANIUM = ((0.0, 0.022, -0.008), (0.076, 0.098, 0.096))
JAW = ((0.0, -0.022, 0.012), (0.066, 0.100, 0.084))
NOSE = ((0.0, -0.017, 0.093), (0.0125, 0.024, 0.021))
HAIR = ((0.0, 0.036, -0.026), (0.084, 0.100, 0.098))
EAR = ((0.075, 0.002, -0.014), (0.010, 0.030, 0.019))
EARS = (EAR, ((-EAR[0][0], *EAR[0][1:]), EAR[1]))

JAW_DROP = 0.020
"""How far the wide open jaw sinks, metres."""

EYE = (0.0315, 0.014)
MOUTH_HEIGHT = -0.062

GESTURES = (
    "wave_right", "shift", "raise_both", "turn_left", "point_left", "step", "hips", "shrug",
    "wave_left", "turn_right", "reach", "nod",
)
SLOT = 3.4
"""Seconds given to one gesture, rest included."""


@dataclass(frozen=True, slots=True)
class Look:
    """Colours (RGB) of one figure."""

    skin: tuple[int, int, int]
    hair: tuple[int, int, int]
    shirt: tuple[int, int, int]
    trousers: tuple[int, int, int]
    shoes: tuple[int, int, int]
    iris: tuple[int, int, int]
    wall: tuple[int, int, int]
    floor: tuple[int, int, int]


LOOKS = (
    Look((226, 178, 150), (62, 42, 30), (52, 94, 148), (58, 60, 70), (40, 38, 40), (84, 110, 120),
         (196, 198, 196), (150, 132, 114)),
    Look((198, 146, 112), (28, 22, 20), (166, 62, 52), (52, 66, 96), (225, 222, 216), (70, 46, 30),
         (182, 192, 200), (126, 122, 120)),
    Look((238, 196, 172), (140, 96, 52), (64, 122, 92), (84, 74, 66), (70, 50, 38), (78, 120, 90),
         (208, 200, 188), (140, 118, 98)),
    Look((146, 98, 70), (20, 17, 17), (214, 186, 92), (46, 52, 62), (235, 235, 232), (52, 34, 24),
         (190, 196, 192), (138, 130, 122)),
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
    stays away and is back at its place at `return`.

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
        self.look = LOOKS[seed % len(LOOKS)]
        self._order = random.permutation(len(GESTURES))
        self._rhythm = random.uniform(0.85, 1.15)
        self._phase = random.uniform(0, 2 * np.pi, 6)
        self._background = _room(self.width, self.height, self.look, self._horizon(), random)
        grain = random.normal(0.0, 1.6, (self.height, self.width, 1)).round().astype(np.int8)
        self._grain_up = np.repeat(np.maximum(grain, 0).astype(np.uint8), 3, axis=2)
        self._grain_down = np.repeat(np.maximum(-grain, 0).astype(np.uint8), 3, axis=2)
        self._cloth = _cloth(random)
        self._relief = _face_relief()

    def render(
        self, t: float, expression: np.ndarray | None = None
    ) -> tuple[np.ndarray, Person | None]:
        """Picture and truth at t seconds.

        expression: (52,) weights 0..1 in the order of ``skeletons.ARKIT_BLENDSHAPES`` to paint
            on the face; None lets the figure blink and change its expression by itself.
            Painted: jawOpen, mouthSmile, mouthFrown, mouthPucker, browInnerUp, browOuterUp,
            browDown, eyeBlink, eyeWide.

        Returns an (H, W, 3) uint8 RGB image and the Person, None while no keypoint is in view.
        A keypoint scores 1 when it is visible, 0.5 when another part of the figure hides it, and
        is nan with score 0 outside of the image. `blendshapes` are the painted weights, 0 for
        those that are not painted.
        """
        pose = self._pose(t)
        weights = self._expression(t) if expression is None else np.asarray(expression, np.float32)
        body = _pose_body(pose)
        image = self._background.copy()
        labels = np.zeros((self.height, self.width), np.uint8)
        offset = np.array([0.0, self.camera_height, self.distance])
        points = {name: BODY_TO_OPTICAL @ p + offset for name, p in body.points.items()}
        head = np.eye(4)
        head[:3, :3] = BODY_TO_OPTICAL @ body.head_rotation
        head[:3, 3] = points["head"]
        self._draw(image, labels, points, head, body.torso_yaw, weights)
        cv2.add(image, self._grain_up, dst=image)
        cv2.subtract(image, self._grain_down, dst=image)
        return image, self._truth(labels, points, head, weights)

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

    def _pixel(self, point: np.ndarray) -> np.ndarray:
        """Optical metres -> pixels."""
        return np.array([
            self.width / 2 + self.focal * point[0] / point[2],
            self.height / 2 + self.focal * point[1] / point[2],
        ])

    def _limb(
        self,
        image: np.ndarray,
        labels: np.ndarray,
        label: str,
        start: np.ndarray,
        end: np.ndarray,
        radius: Sequence[float],
        color: ArrayLike,
        **options: Any,
    ) -> None:
        """Project a limb given in optical metres and draw it."""
        near = np.linspace(start[2], end[2], len(radius))
        limb(
            image, self._pixel(start), self._pixel(end),
            np.asarray(radius) * self.focal / near, color, labels=labels, label=PARTS[label],
            **options,
        )

    def _draw(
        self,
        image: np.ndarray,
        labels: np.ndarray,
        points: dict[str, np.ndarray],
        head: np.ndarray,
        torso_yaw: float,
        weights: np.ndarray,
    ) -> None:
        """Paint far to near: shadow, then groups sorted by depth, each group in its own order."""
        self._shadow(image, points)
        middle = (points["neck"] + points["pelvis"]) / 2
        canvas = image, labels
        groups: list[tuple[float, Callable[[], None]]] = [
            (middle[2] + 0.30, partial(self._draw_hips, *canvas, points, torso_yaw)),
            (middle[2] + 0.02, partial(self._draw_torso, *canvas, points, torso_yaw)),
            (points["head"][2] - 0.02, partial(self._draw_head, *canvas, head, weights)),
        ]
        for side in ("left", "right"):
            leg = (points[f"{side}_hip"] + points[f"{side}_knee"]) / 2
            groups.append((leg[2] + 0.08, partial(self._draw_leg, *canvas, points, side)))
            # An arm at the side is drawn over the torso unless the turn puts it behind.
            arm = (points[f"{side}_shoulder"] + 2 * points[f"{side}_elbow"]) / 3
            groups.append((arm[2], partial(self._draw_arm, *canvas, points, side)))
        for _, draw in sorted(groups, key=lambda group: -group[0]):
            draw()

    def _shadow(self, image: np.ndarray, points: dict[str, np.ndarray]) -> None:
        centre = (points["left_ankle"] + points["right_ankle"]) / 2
        centre = np.array([centre[0] + 0.06, self.camera_height, centre[2]])
        x, y = self._pixel(centre)
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

    def _draw_torso(
        self, image: np.ndarray, labels: np.ndarray, points: dict[str, np.ndarray], yaw: float
    ) -> None:
        shirt, skin = self.look.shirt, self.look.skin
        front, side = abs(np.cos(yaw)), abs(np.sin(yaw))
        width = np.hypot(TORSO_WIDTH * front, TORSO_DEPTH * side)
        neck, pelvis = points["neck"], points["pelvis"]
        up = (neck - pelvis) / np.linalg.norm(neck - pelvis)

        def at(height: float) -> np.ndarray:
            return pelvis + (height - HIP[1]) * up

        self._limb(image, labels, "torso", at(TORSO_HEIGHTS[0]), at(TORSO_HEIGHTS[-1]),
                   width, shirt, relief=self._cloth, ambient=0.5, flat=(9.0, 2.0))
        chin = points["head"] * 0.8 + neck * 0.2
        self._limb(image, labels, "torso", at(1.452), at(1.462), [0.072, 0.070],
                   np.asarray(shirt) * 0.8, ambient=0.5)
        self._limb(image, labels, "neck", at(1.458), chin, [0.062, 0.054, 0.052, 0.053], skin,
                   ambient=0.36)

    def _draw_hips(
        self, image: np.ndarray, labels: np.ndarray, points: dict[str, np.ndarray], yaw: float
    ) -> None:
        front, side = abs(np.cos(yaw)), abs(np.sin(yaw))
        width = np.hypot(np.array([0.10, 0.155, 0.155]) * front, np.array([0.1, 0.11, 0.1]) * side)
        pelvis = points["pelvis"]
        up = (points["neck"] - pelvis) / np.linalg.norm(points["neck"] - pelvis)
        self._limb(image, labels, "torso", pelvis - 0.03 * up, pelvis + 0.08 * up, width,
                   self.look.trousers, relief=self._cloth, ambient=0.5)

    def _draw_leg(
        self, image: np.ndarray, labels: np.ndarray, points: dict[str, np.ndarray], side: str
    ) -> None:
        hip, knee, ankle = (points[f"{side}_{part}"] for part in ("hip", "knee", "ankle"))
        heel, toe = points[f"{side}_heel"], points[f"{side}_foot_index"]
        trousers, shoes = self.look.trousers, self.look.shoes
        label = f"{side}_leg"
        sole = np.array([0.0, 0.018, 0.0])
        self._limb(image, labels, label, ankle + 0.35 * (heel - ankle), toe, [0.042, 0.044, 0.038],
                   shoes, gloss=0.15)
        self._limb(image, labels, label, heel + sole, toe + sole, [0.022, 0.024],
                   np.asarray(shoes) * 0.6)
        self._limb(image, labels, label, knee, ankle, [0.058, 0.061, 0.06, 0.052, 0.047, 0.048],
                   trousers, relief=self._cloth, ambient=0.48, flat=(1.0, 3.0))
        self._limb(image, labels, label, hip + 0.06 * (knee - hip), knee,
                   [0.074, 0.081, 0.079, 0.068, 0.061], trousers, relief=self._cloth, ambient=0.48)

    def _draw_arm(
        self, image: np.ndarray, labels: np.ndarray, points: dict[str, np.ndarray], side: str
    ) -> None:
        shoulder, elbow, wrist = (
            points[f"{side}_{part}"] for part in ("shoulder", "elbow", "wrist")
        )
        skin = np.asarray(self.look.skin, np.float32)
        label = f"{side}_arm"

        def sleeve() -> None:
            self._limb(image, labels, label, shoulder + 0.4 * (elbow - shoulder), elbow,
                       [0.048, 0.043, 0.04, 0.039], skin, ambient=0.42)
            cuff = shoulder + 0.62 * (elbow - shoulder)
            # The ball of the sleeve sits a little inside of the joint, under the shoulder's line.
            top = shoulder + 0.03 * (elbow - shoulder) + 0.04 * (points["pelvis"] - shoulder)
            self._limb(image, labels, label, top, cuff, [0.056, 0.061, 0.059, 0.057],
                       self.look.shirt, relief=self._cloth, ambient=0.5, flat=(1.0, 5.0))

        def forearm() -> None:
            self._limb(image, labels, label, elbow, wrist, [0.04, 0.043, 0.038, 0.03, 0.026], skin,
                       ambient=0.38)

        def hand() -> None:
            palm = points[f"{side}_hand_9"]
            self._limb(image, labels, f"{side}_hand", wrist, wrist + 0.92 * (palm - wrist),
                       [0.026, 0.036, 0.037], skin * 0.98, ambient=0.38)
            for finger in (0, 4, 3, 2, 1):
                chain = [points[f"{side}_hand_{1 + 4 * finger + joint}"] for joint in range(4)]
                radii = (0.0125, 0.0105, 0.0095, 0.008) if finger else (0.016, 0.0125, 0.011, 0.009)
                for joint in range(3):
                    self._limb(image, labels, f"{side}_hand", chain[joint], chain[joint + 1],
                               radii[joint:joint + 2], skin * (0.95, 0.99, 1.02)[joint],
                               ambient=0.36)

        order = [(shoulder[2] + elbow[2], sleeve), (elbow[2] + wrist[2], forearm),
                 (2 * wrist[2] - 0.01, hand)]
        for _, draw in sorted(order, key=lambda part: -part[0]):
            draw()

    def _draw_head(
        self, image: np.ndarray, labels: np.ndarray, head: np.ndarray, weights: np.ndarray
    ) -> None:
        """Cast a ray per pixel against the head's ellipsoids and shade the nearest hit."""
        rotation, centre = head[:3, :3], head[:3, 3]
        x, y = self._pixel(centre)
        reach = 0.16 * self.focal / (centre[2] - 0.16)
        x0, x1 = max(int(x - reach), 0), min(int(x + reach) + 2, self.width)
        y0, y1 = max(int(y - reach), 0), min(int(y + reach) + 2, self.height)
        if x0 >= x1 or y0 >= y1:
            return
        columns = (np.arange(x0, x1, dtype=np.float32) - self.width / 2) / self.focal
        rows = ((np.arange(y0, y1, dtype=np.float32) - self.height / 2) / self.focal)[:, None]
        # Ray o + s d in the head's frame; the point with s = 1 lies one metre from the camera.
        frame = rotation.T.astype(np.float32)
        ray = [frame[i, 0] * columns + frame[i, 1] * rows + frame[i, 2] for i in range(3)]
        origin = (-rotation.T @ centre).astype(np.float32)
        scale = self.focal / centre[2]

        jaw_open = float(np.clip(weights[BLENDSHAPE_INDEX["jawOpen"]], 0, 1))
        jaw = ((JAW[0][0], JAW[0][1] - JAW_DROP * jaw_open, JAW[0][2]), JAW[1])
        solids = (HAIR, CRANIUM, jaw, NOSE, *EARS)
        nearest = np.full(ray[0].shape, np.inf, np.float32)
        normal = np.zeros((3, *nearest.shape), np.float32)
        alpha = np.zeros_like(nearest)
        is_hair = np.zeros(nearest.shape, bool)
        for index, (middle, radii) in enumerate(solids):
            distance, cover, surface = _cast(origin, ray, middle, radii, scale)
            closer = distance < nearest
            nearest = np.where(closer, distance, nearest)
            for axis in range(3):
                normal[axis] = np.where(closer, surface[axis], normal[axis])
            np.maximum(alpha, cover, out=alpha)
            is_hair = np.where(closer, index == 0, is_hair)

        hit = np.isfinite(nearest)
        depth = np.where(hit, nearest, 0)
        place = [origin[i] + depth * ray[i] for i in range(3)]
        density = float(np.clip(1.6 * scale, 300, 1400))
        albedo = _paint_face(self.look, weights, density)
        u = (place[0] + FACE_HALF_WIDTH) * np.float32(density) - 0.5
        v = (FACE_TOP - place[1]) * np.float32(density) - 0.5
        color = cv2.remap(albedo, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        color = color.astype(np.float32)
        bump = cv2.remap(
            self._relief, (u + 0.5) * np.float32(RELIEF_DENSITY / density) - 0.5,
            (v + 0.5) * np.float32(RELIEF_DENSITY / density) - 0.5, cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        front = np.clip(place[2] * 25.0 - 0.2, 0, 1) * ~is_hair
        normal[0] -= bump[..., 0] * front
        normal[1] -= bump[..., 1] * front
        normal /= np.sqrt((normal * normal).sum(0)) + 1e-6
        light = (rotation.T @ LIGHT).astype(np.float32)
        lambert = np.tensordot(light, normal, 1)
        shade = 0.46 + 0.66 * np.maximum(lambert, 0.0)
        back = (is_hair | ((place[2] < 0.0) & (place[1] > -0.055)))[..., None]
        strands = 1.0 + 0.10 * np.sin(place[0] * 900.0 + 9.0 * np.sin(place[1] * 60.0))
        hair = np.asarray(self.look.hair, np.float32) * (0.9 + 0.9 * np.maximum(lambert, 0) ** 4
                                                          )[..., None] * strands[..., None]
        ear = (np.abs(place[0]) > 0.066) & (np.abs(place[1] - 0.002) < 0.033) & ~is_hair
        skin = np.asarray(self.look.skin, np.float32) * np.float32(0.95)
        color = np.where(ear[..., None], skin, np.where(back, hair, color))
        lit = np.minimum(shade[..., None] * color, 255.0)
        region = image[y0:y1, x0:x1]
        # Pixels of the soft rim miss every solid: they take the colour of the nearest inside.
        rim = (~hit & (alpha > 0))
        if rim.any():
            inside = np.where(hit[..., None], lit, 0).astype(np.float32)
            spread = cv2.boxFilter(inside, -1, (3, 3), normalize=False)
            count = cv2.boxFilter(hit.astype(np.float32), -1, (3, 3), normalize=False)
            lit = np.where(rim[..., None], spread / np.maximum(count, 1)[..., None], lit)
        lit -= region
        lit *= alpha[..., None]
        lit += region
        region[:] = lit
        labels[y0:y1, x0:x1][alpha >= 0.5] = PARTS["head"]

    # -- truth ----------------------------------------------------------------------------------

    def _truth(
        self,
        labels: np.ndarray,
        points: dict[str, np.ndarray],
        head: np.ndarray,
        weights: np.ndarray,
    ) -> Person | None:
        face = _face_points()
        world = np.array([
            points[name] if name in points else head[:3, :3] @ face[name] + head[:3, 3]
            for name in MEDIAPIPE33
        ])
        middle = (points["left_hip"] + points["right_hip"]) / 2
        pose = np.full((len(MEDIAPIPE33), 4), np.nan, np.float32)
        for index, (name, point) in enumerate(zip(MEDIAPIPE33, world, strict=True)):
            x, y = self._pixel(point)
            if not (0 <= x < self.width and 0 <= y < self.height):
                pose[index, 3] = 0.0
                continue
            depth = (point[2] - middle[2]) * self.focal / middle[2]
            seen = labels[int(y), int(x)] in VISIBLE_ON[name]
            if name in face and (head[:3, :3] @ face[name])[2] > 0.03:
                seen = False
            pose[index] = x, y, depth, 1.0 if seen else 0.5
        coco = pose[MEDIAPIPE33_TO_COCO17][:, [0, 1, 3]].copy()
        if not np.isfinite(coco[:, 0]).any():
            return None
        hands = [self._hand_truth(points, side) for side in ("left", "right")]
        return Person(
            id=1, score=1.0, coco=coco, pose=pose, pose_world=(world - middle).astype(np.float32),
            left_hand=hands[0], right_hand=hands[1],
            blendshapes=np.where(PAINTED, weights, 0.0).astype(np.float32), head=head,
        )

    def _hand_truth(self, points: dict[str, np.ndarray], side: str) -> np.ndarray | None:
        """(21, 3) pixels and depth relative to the wrist; None if the hand is out of the image."""
        chain = np.array([points[f"{side}_hand_{joint}"] for joint in range(21)])
        pixels = np.array([self._pixel(point) for point in chain])
        inside = (pixels >= 0).all() and (pixels < (self.width, self.height)).all()
        if not inside:
            return None
        depth = (chain[:, 2] - chain[0, 2]) * self.focal / chain[0, 2]
        return np.column_stack([pixels, depth]).astype(np.float32)


# Trunk from the hips to the neck: height above the floor, half-width, half-depth, metres.
TORSO = np.array([
    (0.880, 0.166, 0.116), (0.930, 0.163, 0.114), (1.010, 0.151, 0.104), (1.080, 0.143, 0.098),
    (1.160, 0.144, 0.102), (1.240, 0.154, 0.112), (1.320, 0.166, 0.118), (1.380, 0.178, 0.112),
    (1.420, 0.190, 0.100), (1.442, 0.172, 0.090), (1.460, 0.128, 0.080), (1.476, 0.090, 0.070),
    (1.484, 0.066, 0.062),
])
TORSO_HEIGHTS = np.linspace(0.880, 1.484, 41)
TORSO_WIDTH = np.interp(TORSO_HEIGHTS, TORSO[:, 0], TORSO[:, 1])
TORSO_DEPTH = np.interp(TORSO_HEIGHTS, TORSO[:, 0], TORSO[:, 2])

FACE_HALF_WIDTH, FACE_TOP, FACE_BOTTOM = 0.10, 0.15, -0.14
RELIEF_DENSITY = 900.0

PARTS = {
    name: index + 1
    for index, name in enumerate((
        "torso", "neck", "head", "left_arm", "right_arm", "left_hand", "right_hand", "left_leg",
        "right_leg",
    ))
}


def _visible_on() -> dict[str, tuple[int, ...]]:
    """Keypoint name -> labels of the parts that show rather than hide it."""
    allowed = {}
    for name in MEDIAPIPE33:
        side, _, part = name.partition("_")
        parts: tuple[str, ...]
        if part == "shoulder":
            parts = ("torso", f"{side}_arm")
        elif part == "elbow":
            parts = (f"{side}_arm",)
        elif part in ("wrist", "pinky", "index", "thumb"):
            parts = (f"{side}_arm", f"{side}_hand")
        elif part == "hip":
            parts = ("torso", f"{side}_leg")
        elif part in ("knee", "ankle", "heel", "foot_index"):
            parts = (f"{side}_leg",)
        else:
            parts = ("head",)
        allowed[name] = tuple(PARTS[part] for part in parts)
    return allowed


VISIBLE_ON = _visible_on()

PAINTED = np.isin(ARKIT_BLENDSHAPES, (
    "jawOpen", "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft", "mouthFrownRight",
    "mouthPucker", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "browDownLeft",
    "browDownRight", "eyeBlinkLeft", "eyeBlinkRight", "eyeWideLeft", "eyeWideRight",
))


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
            blend(arm, abduction=2.45, flexion=0.1, twist=0.9, elbow=0.45, curl=0.1)
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


@dataclass(slots=True)
class _Body:
    points: dict[str, np.ndarray]
    head_rotation: np.ndarray
    torso_yaw: float


def _pose_body(pose: Pose) -> _Body:
    """Forward kinematics of trunk, arms and head, inverse kinematics of the legs.

    Points are in metres, in a frame on the floor at the figure's home, body axes at yaw 0.
    """
    turn = _about("y", pose.yaw)
    root = np.array([pose.travel + pose.sway, HIP[1] + pose.bob, 0.0])
    points = {"pelvis": root}
    trunk = turn @ _about("z", pose.lean) @ _about("x", pose.bow)

    def on_trunk(x: float, height: float, z: float = 0.0) -> np.ndarray:
        return root + trunk @ np.array([x, height - HIP[1], z])

    points["neck"] = on_trunk(0, NECK_BASE)
    roll, pitch, yaw = pose.head
    head = trunk @ _about("y", yaw) @ _about("x", pitch) @ _about("z", roll)
    pivot = on_trunk(0, NECK_BASE + 0.05)
    points["head"] = pivot + head @ (np.array(HEAD_CENTRE) - [0, NECK_BASE + 0.05, 0])

    for side, sign, arm in (("left", 1.0, pose.arms[0]), ("right", -1.0, pose.arms[1])):
        shoulder = on_trunk(sign * (SHOULDER[0] - 0.25 * pose.shrug), SHOULDER[1] + pose.shrug
                            + 0.02 * np.clip(arm.abduction - 1.2, 0, 1.2))
        upper = (trunk @ _about("z", sign * arm.abduction) @ _about("x", -arm.flexion)
                 @ _about("y", sign * arm.twist))
        lower = upper @ _about("x", -arm.elbow)
        elbow = shoulder + upper @ [0, -UPPER_ARM, 0]
        wrist = elbow + lower @ [0, -FOREARM, 0]
        points |= {f"{side}_shoulder": shoulder, f"{side}_elbow": elbow, f"{side}_wrist": wrist}
        points |= _pose_hand(side, sign, wrist, lower @ _about("z", sign * arm.wrist), arm.curl)
        points |= _pose_leg(side, sign, pose, turn, root)
    return _Body(points, head, pose.yaw)


def _pose_hand(
    side: str, sign: float, wrist: np.ndarray, frame: np.ndarray, curl: float
) -> dict[str, np.ndarray]:
    """21 points: wrist, then thumb, index, middle, ring, little finger from base to tip.

    In the hand's frame the fingers point along -y, the palm faces the body (-x on the left), and
    the thumb points forward (+z).
    """
    points = {f"{side}_hand_0": wrist}
    for finger, (spread, length) in enumerate(
        ((0.75, 0.07), (0.17, 0.074), (0.03, 0.081), (-0.11, 0.075), (-0.26, 0.06))
    ):
        fan = _about("x", -spread)
        if finger == 0:
            base = frame @ np.array([-0.01 * sign, -0.022, 0.022])
            bends = (0.1, 0.15, 0.2)
            shares = (0.42, 0.32, 0.26)
        else:
            base = frame @ fan @ np.array([0.0, -HAND, 0.0])
            bends = (0.6 * curl, 0.8 * curl, 0.6 * curl)
            shares = (0.45, 0.31, 0.24)
        at = wrist + base
        points[f"{side}_hand_{1 + 4 * finger}"] = at
        bend = 0.0
        for joint, (angle, share) in enumerate(zip(bends, shares, strict=True)):
            bend += angle
            step = frame @ fan @ _about("z", -sign * bend) @ np.array([0, -length * share, 0])
            at = at + step
            points[f"{side}_hand_{2 + 4 * finger + joint}"] = at
    points[f"{side}_thumb"] = points[f"{side}_hand_3"]
    points[f"{side}_index"] = points[f"{side}_hand_6"]
    points[f"{side}_pinky"] = points[f"{side}_hand_18"]
    return points


def _pose_leg(
    side: str, sign: float, pose: Pose, turn: np.ndarray, root: np.ndarray
) -> dict[str, np.ndarray]:
    """Feet step under the travelling root: half of each stride planted, half in the air."""
    direction = 1.0 if pose.travel >= 0 else -1.0
    # The foot on the side one walks to swings in the first half of a stride, the other follows.
    cycle = abs(pose.travel) / STRIDE + (0.5 if sign == direction else 0.0)
    whole = np.floor(cycle)
    swing = float(np.clip((cycle - whole - 0.5) * 2.0, 0.0, 1.0))
    x = direction * STRIDE * (whole + _smooth(swing)) + sign * 0.035
    lift = 0.055 * np.sin(np.pi * swing) ** 2
    stance = turn @ np.array([sign * HIP[0], 0.0, 0.0])
    ankle = stance + [x, ANKLE_HEIGHT + lift, 0.0]
    hip = root + turn @ np.array([sign * HIP[0], 0.0, 0.0])
    toes = turn @ _about("y", sign * 0.22) @ np.array([0.0, 0.0, 1.0])
    line = ankle - hip
    reach = float(np.linalg.norm(line))
    longest = THIGH + SHIN - 1e-3
    if reach > longest:
        ankle = hip + line * (longest / reach)
        line, reach = ankle - hip, longest
    line = line / reach
    along = (reach * reach + THIGH * THIGH - SHIN * SHIN) / (2 * reach)
    forward = toes - line * (toes @ line)
    forward /= np.linalg.norm(forward)
    knee = hip + line * along + forward * np.sqrt(max(THIGH * THIGH - along * along, 0.0))
    down = np.array([0.0, -1.0, 0.0])
    return {
        f"{side}_hip": hip, f"{side}_knee": knee, f"{side}_ankle": ankle,
        f"{side}_heel": ankle + 0.055 * down - 0.045 * toes,
        f"{side}_foot_index": ankle + 0.05 * down + 0.15 * toes,
    }


# -- head -----------------------------------------------------------------------------------------


def _surface(x: float, y: float) -> float:
    """z of the skin at (x, y) of the head's frame, metres."""
    heights = [
        middle[2] + radii[2] * np.sqrt(max(
            1 - ((x - middle[0]) / radii[0]) ** 2 - ((y - middle[1]) / radii[1]) ** 2, 0.0))
        for middle, radii in (CRANIUM, JAW)
    ]
    return float(max(heights))


def _face_points() -> dict[str, np.ndarray]:
    """The eleven face keypoints of MediaPipe-33 in the head's frame, metres."""
    points = {"nose": np.array([0.0, -0.023, NOSE[0][2] + NOSE[1][2]])}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for suffix, dx in (("_inner", -0.0145), ("", 0.0), ("_outer", 0.0145)):
            x, y = sign * (EYE[0] + dx), EYE[1]
            points[f"{side}_eye{suffix}"] = np.array([x, y, _surface(x, y)])
        points[f"{side}_ear"] = np.array([sign * 0.072, 0.006, -0.006])
        x = sign * 0.025
        points[f"mouth_{side}"] = np.array([x, MOUTH_HEIGHT, _surface(x, MOUTH_HEIGHT)])
    return points


def _cast(
    origin: np.ndarray,
    ray: list[np.ndarray],
    middle: Sequence[float],
    radii: Sequence[float],
    scale: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nearest hit of each ray with an ellipsoid.

    Returns distance along the ray (inf: missed), coverage 0..1 of the pixel, unit normal (3, ...).
    """
    o = ((origin - np.asarray(middle, np.float32)) / np.asarray(radii, np.float32))
    d = [ray[i] * np.float32(1.0 / radii[i]) for i in range(3)]
    a = d[0] * d[0] + d[1] * d[1] + d[2] * d[2]
    b = o[0] * d[0] + o[1] * d[1] + o[2] * d[2]
    c = float(o @ o)
    closest = np.sqrt(np.maximum(c - b * b / a, 0.0))
    cover = np.clip((1.0 - closest) * np.float32(scale * min(radii[0], radii[1])) + 0.5, 0, 1)
    inside = b * b - a * np.float32(c - 1.0)
    root = np.sqrt(np.maximum(inside, 0.0))
    distance = np.where(inside > 0, (-b - root) / a, np.inf).astype(np.float32)
    s = np.where(inside > 0, distance, 0)
    normal = np.stack([(o[i] + s * d[i]) * np.float32(1.0 / radii[i]) for i in range(3)])
    normal /= np.sqrt((normal * normal).sum(0)) + 1e-6
    return distance, cover, normal


def _face_relief() -> np.ndarray:
    """(h, w, 2) float32 slope (dz/dx, dz/dy) of the features a smooth ellipsoid lacks."""
    columns = int(2 * FACE_HALF_WIDTH * RELIEF_DENSITY)
    rows = int((FACE_TOP - FACE_BOTTOM) * RELIEF_DENSITY)
    x = (np.arange(columns) + 0.5) / RELIEF_DENSITY - FACE_HALF_WIDTH
    y = FACE_TOP - (np.arange(rows)[:, None] + 0.5) / RELIEF_DENSITY

    def bump(cx: float, cy: float, sx: float, sy: float, height: float) -> np.ndarray:
        return height * np.exp(-0.5 * (((x - cx) / sx) ** 2 + ((y - cy) / sy) ** 2))

    z = bump(0, -0.005, 0.0065, 0.022, 0.009) + bump(0, -0.026, 0.010, 0.008, 0.010)
    for sign in (-1.0, 1.0):
        z += bump(sign * EYE[0], EYE[1] + 0.002, 0.015, 0.009, -0.006)
        z += bump(sign * EYE[0], EYE[1], 0.010, 0.006, 0.003)
        z += bump(sign * 0.030, 0.035, 0.018, 0.006, 0.004)
        z += bump(sign * 0.040, -0.018, 0.014, 0.014, 0.004)
        z += bump(sign * 0.012, -0.030, 0.005, 0.005, 0.004)
        z += bump(sign * 0.030, -0.045, 0.006, 0.016, -0.002)
    z += bump(0, MOUTH_HEIGHT + 0.004, 0.018, 0.006, 0.004)
    z += bump(0, MOUTH_HEIGHT - 0.008, 0.016, 0.006, 0.004)
    z += bump(0, MOUTH_HEIGHT - 0.018, 0.018, 0.004, -0.004)
    z += bump(0, -0.100, 0.016, 0.012, 0.007)
    dy, dx = np.gradient(z, 1.0 / RELIEF_DENSITY)
    return np.dstack([dx, -dy]).astype(np.float32)


def _paint_face(look: Look, weights: np.ndarray, density: float) -> np.ndarray:
    """(h, w, 3) uint8: colours of the front of the head, `density` texels a metre."""
    size = int(2 * FACE_HALF_WIDTH * density), int((FACE_TOP - FACE_BOTTOM) * density)
    skin = np.array(look.skin, float)
    canvas: np.ndarray = np.empty((size[1], size[0], 3), np.uint8)
    canvas[:] = look.skin
    w = dict(zip(ARKIT_BLENDSHAPES, np.clip(np.nan_to_num(weights), 0, 1).tolist(), strict=True))

    def texels(points: np.ndarray) -> np.ndarray:
        """Metres on the face -> sixteenths of a texel, as fillPoly with shift 4 wants them."""
        u = (points[:, 0] + FACE_HALF_WIDTH) * density - 0.5
        v = (FACE_TOP - points[:, 1]) * density - 0.5
        return np.round(16 * np.column_stack([u, v])).astype(np.int32)

    def fill(points: np.ndarray, color: ArrayLike) -> None:
        cv2.fillPoly(canvas, [texels(points)], np.asarray(color, float).tolist(), cv2.LINE_AA, 4)

    def ellipse(x: float, y: float, rx: float, ry: float, color: ArrayLike) -> None:
        angle = np.linspace(0, 2 * np.pi, 20, endpoint=False)
        fill(np.column_stack([x + rx * np.cos(angle), y + ry * np.sin(angle)]), color)

    def band(top: np.ndarray, bottom: np.ndarray, color: ArrayLike) -> None:
        fill(np.vstack([top, bottom[::-1]]), color)

    # Blush, sockets and stubble are blurred into the skin before any feature is drawn.
    for sign in (-1.0, 1.0):
        ellipse(sign * 0.040, -0.028, 0.017, 0.014, skin * [1.0, 0.90, 0.88])
        ellipse(sign * EYE[0], EYE[1] + 0.004, 0.021, 0.014, skin * [0.90, 0.86, 0.85])
    ellipse(0, -0.027, 0.011, 0.008, skin * [1.0, 0.93, 0.91])
    blur = max(int(0.012 * density) | 1, 3)
    canvas = cv2.GaussianBlur(canvas, (blur, blur), 0)

    s = np.linspace(-1, 1, 13)
    arch = np.maximum(1 - s * s, 0)
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        x, y = sign * EYE[0], EYE[1]
        closed = w[f"eyeBlink{side}"]
        upper = 0.0068 * (1 - closed) * (1 + 0.45 * w[f"eyeWide{side}"]) - 0.0030 * closed
        top = np.column_stack([x + 0.0150 * s, y + upper * arch**0.75])
        bottom = np.column_stack([x + 0.0150 * s, y - 0.0046 * arch**0.8])
        lid = top + [0, 0.0036]
        fold = np.column_stack([lid[:, 0], lid[:, 1] + 0.0012 * arch])
        band(fold, top, skin * [0.78, 0.68, 0.66])
        if upper > -0.0035:
            band(top, bottom, (236, 232, 228))
            inside = canvas.copy()
            ellipse(x, y + 0.0008, 0.0066, 0.0066, np.array(look.iris) * 0.55)
            ellipse(x, y + 0.0008, 0.0056, 0.0056, look.iris)
            ellipse(x, y + 0.0008, 0.0028, 0.0028, (16, 14, 14))
            ellipse(x - 0.0022, y + 0.0032, 0.0012, 0.0012, (250, 250, 250))
            # The iris only shows between the lids.
            opening = np.zeros(canvas.shape[:2], np.uint8)
            cv2.fillPoly(opening, [texels(np.vstack([top, bottom[::-1]]))], 255, cv2.LINE_AA, 4)
            canvas = np.where(opening[..., None] > 127, canvas, inside)
        lash = np.array(look.hair) * 0.5
        band(top + [0, 0.0016], top - [0, 0.0006], lash)
        band(bottom + [0, 0.0004], bottom - [0, 0.0010], skin * [0.72, 0.60, 0.58])

        inner = 0.011 * w["browInnerUp"] - 0.008 * w[f"browDown{side}"]
        outer = 0.010 * w[f"browOuterUp{side}"] - 0.004 * w[f"browDown{side}"]
        b = np.linspace(0, 1, 9)
        brow_x = sign * (0.0125 - 0.003 * w[f"browDown{side}"] + 0.039 * b)
        brow_y = 0.0335 + (1 - b) * inner + b * outer + 0.0065 * np.sin(np.pi * b**1.2) - 0.004 * b
        thick = 0.0040 * (1 - 0.75 * b**2) * np.minimum(1, 0.6 + 2 * b)
        band(np.column_stack([brow_x, brow_y + thick]), np.column_stack([brow_x, brow_y - thick]),
             np.array(look.hair) * 0.85)

    # Nose: shaded wings and nostrils; its ridge is lit through the relief.
    for sign in (-1.0, 1.0):
        ellipse(sign * 0.0075, -0.0365, 0.0042, 0.0022, skin * [0.45, 0.34, 0.32])
        wing = np.array([[0.0145, -0.024], [0.0165, -0.031], [0.0135, -0.0365], [0.0150, -0.031]])
        fill(wing * [sign, 1], skin * [0.75, 0.64, 0.62])

    smile = (w["mouthSmileLeft"] + w["mouthSmileRight"]) / 2
    frown = (w["mouthFrownLeft"] + w["mouthFrownRight"]) / 2
    half = 0.0255 + 0.009 * smile - 0.011 * w["mouthPucker"]
    corner = 0.011 * smile - 0.009 * frown
    gap = 0.034 * w["jawOpen"] + 0.006 * smile
    thick = 1 + 0.5 * w["mouthPucker"] - 0.25 * smile
    mouth_x = half * s
    line = MOUTH_HEIGHT + corner * s * s - 0.002 * smile
    inner_top = np.column_stack([mouth_x, line + 0.1 * gap * arch])
    inner_bottom = np.column_stack([mouth_x, line - 0.9 * gap * arch**0.8])
    cupid = 0.0068 * thick * arch**0.8 * (1 - 0.18 * np.exp(-((s / 0.16) ** 2)))
    outer_top = inner_top + np.column_stack([0 * s, cupid])
    outer_bottom = inner_bottom - np.column_stack([0 * s, 0.0092 * thick * arch**0.7])
    lip = skin * [0.86, 0.60, 0.60]
    band(outer_top, inner_top, lip * 0.88)
    band(inner_bottom, outer_bottom, lip)
    if gap > 0.0015:
        band(inner_top, inner_bottom, (62, 22, 24))
        teeth = np.column_stack([0.78 * mouth_x, line + 0.1 * gap * arch - min(0.0065, 0.45 * gap)])
        band(np.column_stack([0.78 * mouth_x, inner_top[:, 1]]), teeth, (232, 226, 216))
    seam = np.column_stack([0 * s, 0.0006 + 0 * s])
    band(inner_top + seam, inner_top - seam, skin * [0.45, 0.26, 0.26])
    for sign in (-1.0, 1.0):
        fold = np.array([[0.018, -0.033], [0.0275 + 0.004 * smile, -0.047],
                         [0.0325 + 0.008 * smile, -0.058 + 0.006 * smile],
                         [0.0265 + 0.004 * smile, -0.046]])
        fill(fold * [sign, 1], skin * (0.88 - 0.10 * smile))
    # Hairline: everything above a soft arc is hair.
    arc = np.linspace(-1, 1, 21)
    edge = np.column_stack([FACE_HALF_WIDTH * arc, 0.083 - 0.055 * np.abs(arc * 1.15) ** 3.2
                            + 0.0025 * np.sin(17 * arc)])
    band(edge, np.column_stack([FACE_HALF_WIDTH * arc, 0 * arc + FACE_TOP + 0.01]), look.hair)
    return cv2.GaussianBlur(canvas, (3, 3), 0)


# -- surroundings ---------------------------------------------------------------------------------


def _room(
    width: int, height: int, look: Look, horizon: int, random: np.random.Generator
) -> np.ndarray:
    """Wall with a soft light from the left, skirting board, floor, fine texture."""
    rows = np.arange(height, dtype=np.float32)[:, None]
    columns = np.arange(width, dtype=np.float32)[None]
    light = 1.04 - 0.30 * np.hypot(columns / width - 0.35, rows / height - 0.25)
    image = light[..., None] * np.array(look.wall, np.float32)
    depth = np.clip((rows - horizon) / max(height - horizon, 1), 0, 1)
    floor = (0.72 + 0.35 * depth) * (0.95 + 0.1 * light)
    on_floor = rows >= horizon
    ground = floor[..., None] * np.array(look.floor, np.float32)
    image = np.where(on_floor[..., None], ground, image)
    board = (rows >= horizon - 0.022 * height) & (rows < horizon)
    image = np.where(board[..., None], image * 1.10, image)
    edge = np.exp(-((rows - horizon) / (0.006 * height + 1)) ** 2)
    image *= (1 - 0.25 * edge)[..., None]
    patches = cv2.resize(random.normal(1.0, 0.007, (12, 16)).astype(np.float32), (width, height),
                         interpolation=cv2.INTER_CUBIC)
    return np.clip(image * patches[..., None], 0, 255).astype(np.uint8)


def _cloth(random: np.random.Generator) -> np.ndarray:
    """(64, 64) float32 brightness of folded cloth, mean 1."""
    v, u = np.mgrid[0:64, 0:64].astype(np.float32) / 64
    folds = np.zeros_like(u)
    for _ in range(7):
        tilt, count = random.uniform(-1.2, 1.2), random.uniform(1.5, 5.0)
        place = random.uniform(0, 1)
        folds += np.exp(-((v - place) / 0.18) ** 2) * np.sin(
            2 * np.pi * count * (v + tilt * u) + random.uniform(0, 6.28))
    folds += 0.35 * random.normal(size=folds.shape)
    folds = cv2.GaussianBlur(folds, (0, 0), 1.2)
    return (1.0 + 0.055 * (folds - folds.mean()) / folds.std()).astype(np.float32)
