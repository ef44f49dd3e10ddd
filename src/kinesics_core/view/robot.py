"""The robot as a picture: a face driven by the 52 blendshapes, arms and trunk by the SMPL-X pose.

The face is 2.5D: every feature is a polygon on a rounded head, turned with the head and projected,
so that brows, lids, lips and gaze keep their meaning from the side too. Left is the robot's left,
which is the right of the picture.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike

from kinesics_core.body.skeleton import forward, hand_tips
from kinesics_core.skeletons import ARKIT_BLENDSHAPES, SMPLX_BODY
from kinesics_core.types import BodyPose, FacePose
from kinesics_core.view.shading import blend, limb

SHELL = (236, 239, 243)
SHELL_SHADE = (206, 212, 222)
CHEST = (208, 215, 226)
JOINT = (74, 82, 98)
ACCENT = (56, 178, 190)
SKIN = (250, 231, 216)
LID = (236, 203, 184)
BROW = (84, 62, 58)
LIP = (214, 122, 116)
INSIDE = (88, 30, 38)
TEETH = (252, 250, 246)
TONGUE = (226, 108, 112)
EYE_WHITE = (253, 253, 252)
IRIS = (44, 138, 158)
BACKDROP = ((44, 52, 70), (20, 24, 34))

JOINTS = {name: index for index, name in enumerate(SMPLX_BODY)}
STEPS = np.linspace(-1.0, 1.0, 21)
ARCH = np.sqrt(np.maximum(1.0 - STEPS**2, 0.0))
_SPOT = np.linspace(-1.0, 1.0, 64) ** 2
_SPOT = (255 * np.maximum(1.0 - _SPOT[None] - _SPOT[:, None], 0.0) ** 2).astype(np.uint8)
"""(64, 64) alpha of a soft round spot."""

HIP_DROP = 0.50
"""Metres from the middle of the picture down to the robot's waist joint."""

EYE_CENTRE, EYE_SIZE = (0.37, 0.06), (0.205, 0.225)
MOUTH = -0.47


class RobotView:
    """Renders the robot at one size. `width`, `height` in pixels, both at least 120."""

    def __init__(self, width: int = 640, height: int = 720) -> None:
        if width < 120 or height < 120:
            raise ValueError(f"Got a robot view of {width} x {height}; it needs 120 x 120 pixels.")
        self.width, self.height = int(width), int(height)
        # The design is 640 x 720; other shapes are filled as far as they allow.
        self.scale = min(self.width / 640.0, self.height / 720.0)
        spare = self.height - 720.0 * self.scale
        self.origin = np.array([self.width / 2.0, 352.0 * self.scale + 0.25 * spare])
        self._backdrop = self._base()
        self._radius = 138.0 * self.scale
        self._shell = _head_shell(self._radius)

    def render(self, face: FacePose | None, body: BodyPose | None) -> np.ndarray:
        """Picture of the robot, (height, width, 3) uint8 RGB. None or nan parts are neutral."""
        image = self._backdrop.copy()
        joints, rotations, tips = _skeleton(body)
        trunk = rotations[JOINTS["spine3"]]
        if face is None:
            head = rotations[JOINTS["head"]]
        else:
            head = trunk @ _head_rotation(np.nan_to_num(face.head))
        head = _limit_turn(head)
        layout = self._layout(joints, rotations, tips, head)
        behind = [side for side in ("left", "right") if layout[f"{side}_wrist"][2] < -0.10]
        curl = {side: _curl(body, side) for side in ("left", "right")}
        for side in behind:
            self._arm(image, layout, side, curl[side])
        self._trunk(image, layout)
        self._head(image, layout["head"], head, face)
        for side in ("left", "right"):
            if side not in behind:
                self._arm(image, layout, side, curl[side])
        return image

    # -- body -----------------------------------------------------------------------------------

    def _layout(
        self, joints: np.ndarray, rotations: np.ndarray, tips: tuple[np.ndarray, np.ndarray],
        head: np.ndarray,
    ) -> dict[str, np.ndarray]:
        """Points of the robot's own build in pixels (x, y) and metres towards the viewer (z).

        The robot has a larger head, wider shoulders and shorter arms than the SMPL-X body: joint
        directions are kept, lengths are not.
        """
        metre = 400.0 * self.scale
        pelvis = joints[JOINTS["pelvis"]]

        def place(point: np.ndarray) -> np.ndarray:
            near = 1.0 + 0.22 * point[2]
            return np.array([
                self.origin[0] + metre * point[0] * near,
                self.origin[1] - metre * point[1] * near,
                point[2],
            ])

        trunk = rotations[JOINTS["spine3"]]
        hips = np.array([np.clip(pelvis[0], -0.08, 0.08), -HIP_DROP, 0.0])
        lift = joints - pelvis + hips
        neck = lift[JOINTS["neck"]] - trunk @ [0.0, 0.015, 0.0]
        chest = lift[JOINTS["spine3"]]
        points = {
            "hips": place(hips), "neck": place(neck), "chest": place(chest),
            "waist": place(lift[JOINTS["spine1"]]),
            "emblem": place(chest + trunk @ [0.0, 0.03, 0.14]),
        }
        for index, (side, sign) in enumerate((("left", 1.0), ("right", -1.0))):
            socket = lift[JOINTS[f"{side}_shoulder"]] + trunk @ [sign * 0.075, -0.035, 0.0]
            chain = [joints[JOINTS[f"{side}_{part}"]] for part in ("shoulder", "elbow", "wrist")]
            chain.append(tips[index])
            for name, start, end, length in zip(
                ("elbow", "wrist", "tip"), chain, chain[1:], (0.92, 0.92, 0.80), strict=False
            ):
                points[f"{side}_shoulder"] = points.get(f"{side}_shoulder", place(socket))
                socket = socket + length * (end - start)
                points[f"{side}_{name}"] = place(socket)
            thumb = rotations[JOINTS[f"{side}_wrist"]] @ [sign * 0.055, -0.01, 0.075]
            points[f"{side}_thumb"] = points[f"{side}_wrist"][:2] + metre * thumb[:2] * (1, -1)
        # The head sits on a short neck and swings with it.
        points["head"] = place(neck + trunk @ [0, 0.06, 0] + head @ [0, 0.27, 0.02])
        return points

    def _base(self) -> np.ndarray:
        """Backdrop and the fixed stand of the robot, which no pose moves."""
        image = _backdrop(self.width, self.height)
        s = self.scale
        hips = self.origin + [0.0, HIP_DROP * 400.0 * s]
        limb(image, hips + [0, 70 * s], hips + [0, 380 * s],
             np.array([66, 92, 120, 136, 140]) * s, SHELL_SHADE, ambient=0.5, gloss=0.12)
        limb(image, hips + [0, 26 * s], hips + [0, 62 * s], np.array([70, 70]) * s, JOINT,
             ambient=0.5, flat=(3.0, 3.0))
        return image

    def _trunk(self, image: np.ndarray, layout: dict[str, np.ndarray]) -> None:
        s = self.scale
        neck, hips = layout["neck"][:2], layout["hips"][:2]
        up = (neck - hips) / max(float(np.hypot(*(neck - hips))), 1e-6)
        limb(image, neck - 14 * s * up, neck + 40 * s * up, np.array([36, 31]) * s, JOINT,
             ambient=0.5)
        limb(image, hips - 22 * s * up, neck - 18 * s * up,
             np.array([84, 90, 92, 95, 100, 106, 111, 113, 108, 92, 62]) * s, CHEST,
             ambient=0.5, gloss=0.18, flat=(3.0, 2.2))
        x, y = layout["emblem"][:2]
        for radius, color in ((25, SHELL_SHADE), (20, ACCENT), (13, (222, 246, 248))):
            _disc(image, x, y, radius * s, color)

    def _arm(
        self, image: np.ndarray, layout: dict[str, np.ndarray], side: str, curl: float
    ) -> None:
        """curl: 0 stretched fingers .. 1 fist."""
        s = self.scale
        shoulder, elbow, wrist, tip = (
            layout[f"{side}_{part}"] for part in ("shoulder", "elbow", "wrist", "tip")
        )

        def thick(*radii: float, at: np.ndarray) -> np.ndarray:
            return np.array(radii) * s * (1.0 + 0.5 * at[2])

        def hand() -> None:
            palm = wrist[:2] + 0.46 * (tip[:2] - wrist[:2])
            reach = tip[:2] - palm
            across = np.array([-reach[1], reach[0]])
            limb(image, wrist[:2], layout[f"{side}_thumb"], thick(13, 11, at=wrist), SHELL_SHADE,
                 ambient=0.5)
            open_ = 1.0 - 0.75 * curl
            for offset, length in ((-0.42, 0.86), (0.42, 0.88), (0.0, 1.0)):
                root = palm + offset * 0.75 * across
                limb(image, root, root + open_ * (length * reach + 0.14 * offset * across),
                     thick(13, 10.5, at=tip), SHELL, ambient=0.48)
            limb(image, wrist[:2], palm, thick(22, 28, 25, at=wrist), SHELL, ambient=0.5)
            limb(image, wrist[:2], wrist[:2] + 0.08 * (tip[:2] - wrist[:2]),
                 thick(21, 20, at=wrist), ACCENT, ambient=0.55, flat=(4.0, 4.0))

        def forearm() -> None:
            start = elbow[:2] + 0.12 * (wrist[:2] - elbow[:2])
            limb(image, elbow[:2], elbow[:2], thick(25, 25, at=elbow), JOINT, ambient=0.5)
            limb(image, start, wrist[:2], thick(29, 34, 33, 28, 23, at=elbow), SHELL,
                 ambient=0.46, gloss=0.2)

        def upper() -> None:
            limb(image, shoulder[:2], elbow[:2], thick(32, 29, 26, at=elbow), JOINT, ambient=0.5)
            end = shoulder[:2] + 0.74 * (elbow[:2] - shoulder[:2])
            limb(image, shoulder[:2], end, thick(43, 42, 37, 32, at=shoulder), SHELL,
                 ambient=0.46, gloss=0.2)

        order = ((shoulder[2] + elbow[2], upper), (elbow[2] + wrist[2], forearm),
                 (wrist[2] + tip[2] + 0.02, hand))
        for _, draw in sorted(order, key=lambda part: part[0]):
            draw()

    # -- head -----------------------------------------------------------------------------------

    def _head(
        self, image: np.ndarray, at: np.ndarray, rotation: np.ndarray, face: FacePose | None
    ) -> None:
        centre, r = at[:2], self._radius
        roll = np.arctan2(rotation[1, 0], rotation[1, 1])
        ears = [
            (rotation @ np.array([sign * 1.03, 0.02, -0.05]), sign) for sign in (-1.0, 1.0)
        ]
        for ear, _ in ears:
            x, y = centre[0] + r * ear[0], centre[1] - r * ear[1]
            wide = 0.10 + 0.14 * abs(rotation[0, 2])
            for grow, color in ((1.0, JOINT), (0.72, ACCENT)):
                _oval(image, x, y, grow * wide * r, grow * 0.27 * r, roll, color)
        # Features are painted at twice the size and averaged: OpenCV's own antialiasing wobbles on
        # small curved polygons.
        n = self._shell.shape[0]
        corner = np.floor(centre - n / 2)
        turn = cv2.getRotationMatrix2D(((n - 1) / 2, (n - 1) / 2), float(np.rad2deg(roll)), 1.0)
        turn[:, 2] += centre - corner - n / 2
        shell = cv2.warpAffine(self._shell, turn, (n, n))
        canvas = cv2.resize(shell[..., :3], (2 * n, 2 * n), interpolation=cv2.INTER_LINEAR)
        middle = 2.0 * (centre - corner) - 0.5
        _FacePainter(canvas, middle, 2.0 * r, rotation).paint(_weights(face), _gaze(face))
        painted = cv2.resize(canvas, (n, n), interpolation=cv2.INTER_AREA)
        x, y = (int(value) for value in corner)
        box = _box(image, x, y, x + n - 1, y + n - 1)
        if box is not None:
            part = slice(box[1] - y, box[3] - y), slice(box[0] - x, box[2] - x)
            blend(image[box[1]:box[3], box[0]:box[2]], painted[part], shell[part][..., 3])


class _FacePainter:
    """Draws features given in head units: x to the robot's left, y up, 1 is half a head's width."""

    def __init__(
        self, image: np.ndarray, centre: np.ndarray, radius: float, rotation: np.ndarray
    ) -> None:
        self.image, self.centre, self.radius, self.rotation = image, centre, radius, rotation
        self.thin = max(radius / 138.0, 0.35)

    def project(self, points: np.ndarray) -> np.ndarray:
        """(n, 2) head units on the face -> (n, 2) pixels."""
        points = np.asarray(points, float)
        z = np.sqrt(np.maximum(1.0 - (points * points) @ (0.62, 0.50), 0.05))
        turned = points @ self.rotation[:, :2].T + z[:, None] * self.rotation[:, 2]
        # The centre of an unturned face stays in the middle of the head.
        near = self.radius * (0.90 + 0.10 * turned[:, 2:])
        return self.centre + turned[:, :2] * near * (1.0, -1.0)

    def fill(
        self, points: np.ndarray, color: ArrayLike, image: np.ndarray | None = None,
        corner: tuple[int, int] = (0, 0),
    ) -> None:
        _polygon(self.image if image is None else image, self.project(points) - corner, color)

    def stroke(self, points: np.ndarray, color: ArrayLike, width: float) -> None:
        pixels = np.round(self.project(points) * 16).astype(np.int32)
        cv2.polylines(self.image, [pixels], False, np.asarray(color, float).tolist(),
                      max(int(round(width * self.thin)), 1), cv2.LINE_AA, 4)

    def glow(
        self, x: float, y: float, size: float, color: ArrayLike, strength: float
    ) -> None:
        """A soft round spot."""
        px, py = self.project(np.array([[x, y]]))[0]
        reach = size * self.radius
        x, y, n = int(px - reach), int(py - reach), int(2 * reach)
        box = _box(self.image, x, y, x + n - 1, y + n - 1)
        if box is None or strength <= 0.01:
            return
        x0, y0, x1, y1 = box
        spot = cv2.resize(_SPOT, (n, n))
        spot = cv2.convertScaleAbs(spot[y0 - y:y1 - y, x0 - x:x1 - x], alpha=strength)
        tint = np.empty((*spot.shape, 3), np.uint8)
        tint[:] = color
        blend(self.image[y0:y1, x0:x1], tint, spot)

    def paint(self, w: dict[str, float], gaze: tuple[float, float]) -> None:
        panel = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        edge = np.abs(np.cos(panel)) ** 0.75, np.abs(np.sin(panel)) ** 0.75
        outline = np.column_stack([
            0.86 * np.sign(np.cos(panel)) * edge[0],
            -0.08 + (0.80 - 0.03 * np.sin(panel)) * np.sign(np.sin(panel)) * edge[1],
        ])
        self.fill(outline * 1.035, (188, 194, 206))
        self.fill(outline, SKIN)
        self._cheeks(w)
        self._nose(w)
        for side, sign in (("Left", 1.0), ("Right", -1.0)):
            self._eye(w, side, sign, gaze)
            self._brow(w, side, sign)
        self._mouth(w)

    def _cheeks(self, w: dict[str, float]) -> None:
        for side, sign in (("Left", 1.0), ("Right", -1.0)):
            squint, smile = w[f"cheekSquint{side}"], w[f"mouthSmile{side}"]
            lift = 0.06 * squint + 0.05 * smile
            flush = 0.42 + 0.30 * max(squint, 0.7 * smile)
            self.glow(sign * 0.60, -0.26 + lift, 0.24, (246, 150, 138), flush)
            if w["cheekPuff"] > 0.02:
                puff = w["cheekPuff"]
                self.glow(sign * 0.58, -0.40, 0.30, (214, 150, 132), 0.55 * puff)
                self.glow(sign * 0.56, -0.36, 0.24, (255, 240, 230), 0.95 * puff)
            if squint > 0.05:
                arc = np.column_stack([
                    sign * (EYE_CENTRE[0] + 0.17 * STEPS[3:18]),
                    EYE_CENTRE[1] - 0.235 + 0.05 * squint - 0.045 * STEPS[3:18] ** 2,
                ])
                self.stroke(arc, _mix(SKIN, (206, 150, 132), squint), 3)

    def _nose(self, w: dict[str, float]) -> None:
        sneer = (w["noseSneerLeft"] + w["noseSneerRight"]) / 2
        y = -0.185 + 0.03 * sneer
        self.glow(0.0, y - 0.02, 0.13, (226, 168, 148), 0.75)
        self.glow(-0.015, y + 0.025, 0.085, (255, 244, 234), 0.9)
        for side, sign in (("Left", 1.0), ("Right", -1.0)):
            up = w[f"noseSneer{side}"]
            wing = np.array([
                [0.035, -0.245], [0.065, -0.250 + 0.02 * up], [0.085, -0.225 + 0.05 * up],
            ])
            self.stroke(wing * [sign, 1], (196, 138, 122), 3 + 1.5 * up)
            if up > 0.05:
                for row in range(3):
                    crease = np.array([[0.045, 0.0 - 0.055 * row], [0.12, 0.035 - 0.055 * row]])
                    self.stroke(crease * [sign, 1], _mix(SKIN, (186, 122, 108), up), 3)
                fold = np.array([[0.13, -0.20], [0.20, -0.28], [0.255, -0.38]])
                self.stroke(fold * [sign, 1], _mix(SKIN, (190, 130, 114), up), 3)

    def _eye(
        self, w: dict[str, float], side: str, sign: float, gaze: tuple[float, float]
    ) -> None:
        cx, cy = sign * EYE_CENTRE[0], EYE_CENTRE[1]
        rx, ry = EYE_SIZE
        blink = w[f"eyeBlink{side}"]
        squint = max(w[f"eyeSquint{side}"], 0.55 * w[f"cheekSquint{side}"])
        wide = w[f"eyeWide{side}"]
        down, inner_up = w[f"browDown{side}"], w["browInnerUp"]
        inward = -sign * STEPS
        # Lowered brows cut the inner corner of the lid, raised inner brows the outer one.
        worried = inner_up * (1.0 - w[f"browOuterUp{side}"])
        slant = (0.34 * down * (0.5 + 0.5 * inward) + 0.30 * worried * (0.5 - 0.5 * inward))
        top = ry * ARCH * (0.90 + 0.30 * wide - 0.22 * squint)
        top = np.minimum(top, ry * (0.92 + 0.34 * wide - slant * 1.6))
        bottom = -ry * ARCH * (0.94 + 0.06 * wide - 0.62 * squint)
        shut = -0.34 * ry * ARCH + 0.25 * ry * squint * ARCH
        top = top + blink * (shut - top)
        bottom = bottom + blink * (np.minimum(shut, bottom * 0.2 + shut * 0.8) - bottom)
        top = np.maximum(top, bottom)

        x = cx + rx * STEPS
        rim = np.column_stack([cx + 1.10 * rx * STEPS, cy + ry * ARCH * (1.06 + 0.25 * wide)])
        under = np.column_stack([cx + 1.10 * rx * STEPS, cy - 1.03 * ry * ARCH])
        self.fill(np.vstack([rim, under[::-1]]), LID)
        upper, lower = np.column_stack([x, cy + top]), np.column_stack([x, cy + bottom])
        opening = np.vstack([upper, lower[::-1]])
        pixels = self.project(opening)
        box = _box(self.image, *(pixels.min(0) - 2), *(pixels.max(0) + 3))
        if box is not None and (top - bottom).max() > 0.012:
            x0, y0, x1, y1 = box
            patch = np.full((y1 - y0, x1 - x0, 3), EYE_WHITE, np.uint8)
            azimuth, elevation = gaze
            ix, iy = cx + 0.21 * azimuth, cy - 0.005 + 0.19 * elevation
            corner = (x0, y0)
            for size, color in ((0.128, (24, 84, 104)), (0.114, IRIS), (0.082, (70, 178, 192)),
                                (0.060, (18, 22, 30))):
                self.fill(_ring(ix, iy, size), color, patch, corner)
            self.fill(_ring(ix - 0.042, iy + 0.050, 0.032), (255, 255, 255), patch, corner)
            self.fill(_ring(ix + 0.040, iy - 0.045, 0.014), (214, 240, 244), patch, corner)
            mask = np.zeros(patch.shape[:2], np.uint8)
            _polygon(mask, pixels - corner, 255)
            # The upper lid throws a shadow on the eyeball.
            shade = np.vstack([np.column_stack([x, cy + top + 0.05]),
                               np.column_stack([x, cy + np.maximum(top - 0.045, bottom)])[::-1]])
            dark = np.zeros_like(mask)
            _polygon(dark, self.project(shade) - corner, 90)
            blend(patch, np.zeros_like(patch), dark)
            blend(self.image[y0:y1, x0:x1], patch, mask)
        lash = np.column_stack([x, cy + top])
        self.stroke(lash, (58, 44, 46), 5.0)
        outer = x[-1] if sign > 0 else x[0]
        end = (top[-1] if sign > 0 else top[0]) + cy
        self.stroke(np.array([[outer - 0.012 * sign, end], [outer + 0.035 * sign, end + 0.035]]),
                    (58, 44, 46), 4.0)
        self.stroke(np.column_stack([x, cy + bottom])[2:-2], (200, 150, 134), 2.0)

    def _brow(self, w: dict[str, float], side: str, sign: float) -> None:
        down, up = w[f"browDown{side}"], w[f"browOuterUp{side}"]
        inner_up = w["browInnerUp"]
        t = np.linspace(0.0, 1.0, 12)
        inner = 0.155 * inner_up - 0.150 * down
        outer = 0.145 * up - 0.055 * down - 0.02 * inner_up
        x = 0.155 - 0.045 * down + 0.43 * t
        y = (0.395 + (1 - t) ** 1.3 * inner + t**0.9 * outer
             + (0.065 * (1 - 0.65 * down) + 0.05 * up) * np.sin(np.pi * t**0.9) - 0.035 * t)
        y -= 0.02 * w[f"eyeBlink{side}"] * (1 - down)
        thick = 0.042 * np.minimum(0.65 + 2.2 * t, 1.0) * (1 - 0.72 * t**2.2)
        x = sign * x
        self.fill(np.vstack([np.column_stack([x, y + thick]),
                             np.column_stack([x, y - thick])[::-1]]), BROW)
        if down > 0.15:
            crease = np.array([[0.050, 0.40 - 0.10 * down], [0.062, 0.30 - 0.08 * down]])
            self.stroke(crease * [sign, 1], _mix(SKIN, (196, 134, 116), down), 3)
        if inner_up > 0.15 and sign > 0:
            for row in (0.62, 0.68):
                line = np.column_stack([0.24 * STEPS, row - 0.05 * STEPS**2 + 0.02 * inner_up])
                self.stroke(line, _mix(SKIN, (214, 166, 146), inner_up), 3)

    def _mouth(self, w: dict[str, float]) -> None:
        """Two lips as four curves over s in -1..1 (robot's right to left corner)."""
        left, right = (STEPS > 0).astype(float), (STEPS <= 0).astype(float)

        def sided(name: str) -> np.ndarray:
            """Per-point weight of a Left/Right pair, blended across the middle."""
            blend = np.clip(0.5 + 0.9 * STEPS, 0, 1)
            return w[f"{name}Left"] * blend + w[f"{name}Right"] * (1 - blend)

        smile, frown = sided("mouthSmile"), sided("mouthFrown")
        stretch, dimple = sided("mouthStretch"), sided("mouthDimple")
        press = sided("mouthPress")
        pucker, funnel = w["mouthPucker"], w["mouthFunnel"]
        jaw = w["jawOpen"] * (1.0 - 0.85 * w["mouthClose"])
        half = 0.265 + 0.105 * smile + 0.115 * stretch + 0.045 * dimple + 0.01 * frown
        half = half * (1 - 0.52 * pucker) * (1 - 0.40 * funnel) * (1 - 0.14 * jaw)
        shift = 0.10 * (w["mouthLeft"] - w["mouthRight"])
        chin = 0.085 * (w["jawLeft"] - w["jawRight"])
        # The resting mouth is a friendly one.
        corner = 0.016 + 0.145 * smile - 0.135 * frown - 0.035 * stretch + 0.015 * dimple
        bend = np.abs(STEPS) ** 1.7
        shrug = 0.055 * w["mouthShrugLower"] + 0.015 * w["mouthShrugUpper"]
        line = MOUTH + corner * bend - 0.055 * smile + 0.045 * frown + shrug * (1 - STEPS**2)
        line = line + 0.02 * w["mouthShrugUpper"]
        raised, lowered = sided("mouthUpperUp"), sided("mouthLowerDown")
        bell = ARCH**0.9
        parted = np.clip(smile - 0.35, 0, 1)
        upper = line + bell * (0.105 * raised + 0.075 * funnel + 0.020 * jaw + 0.025 * parted)
        lower = line - bell * (0.30 * jaw + 0.105 * lowered + 0.085 * funnel + 0.035 * parted)
        lower = lower - 0.02 * bell * stretch * (1 + jaw)
        gap = upper - lower
        x_top = shift + half * STEPS
        x_low = shift + half * STEPS + chin * ARCH
        roundness = 1 + 0.75 * pucker + 0.55 * funnel
        top_thick = 0.052 * roundness * (1 - 0.85 * w["mouthRollUpper"]) * (1 - 0.55 * press)
        top_thick = top_thick * (1 - 0.25 * smile) * (1 + 0.35 * w["mouthShrugUpper"])
        low_thick = 0.066 * roundness * (1 - 0.85 * w["mouthRollLower"]) * (1 - 0.55 * press)
        low_thick = low_thick * (1 + 0.40 * w["mouthShrugLower"] + 0.45 * w["jawForward"])
        low_thick = low_thick * (1 - 0.20 * smile)
        cupid = 1 - 0.20 * np.exp(-((STEPS / 0.18) ** 2))
        above = upper + np.maximum(top_thick, 0.006) * ARCH**0.8 * cupid
        below = lower - np.maximum(low_thick, 0.006) * ARCH**0.7

        inner_top, inner_low = np.column_stack([x_top, upper]), np.column_stack([x_low, lower])
        inside = np.vstack([inner_top, inner_low[::-1]])
        # The chin's light tells how far the jaw has sunk.
        self.glow(chin * 0.8, float(below.min()) - 0.085, 0.15, (255, 243, 232), 0.9)
        self.fill(np.vstack([np.column_stack([x_top, above]), inner_top[::-1]]),
                  _mix(LIP, (188, 96, 94), 0.55))
        self.fill(np.vstack([inner_low, np.column_stack([x_low, below])[::-1]]), LIP)
        if gap.max() > 0.012:
            self._cavity(inside, x_top, upper, lower, jaw, shift + chin)
        else:
            self.stroke((inner_top + inner_low) / 2, (134, 58, 60), 3.5)
        if press.max() > 0.1:
            for name, at in (("Left", 1.0), ("Right", -1.0)):
                strength = w[f"mouthPress{name}"]
                if strength > 0.1:
                    bulge = at * half[-1 if at > 0 else 0] + shift
                    self.glow(bulge + 0.03 * at, MOUTH, 0.10, (206, 152, 132), 0.8 * strength)
        for name, at, mask in (("Left", 1.0, left), ("Right", -1.0, right)):
            fold = max(w[f"mouthDimple{name}"], 0.75 * w[f"mouthSmile{name}"],
                       0.6 * w[f"mouthFrown{name}"], 0.7 * w[f"mouthStretch{name}"])
            if fold > 0.08:
                end = -1 if at > 0 else 0
                x, y = x_top[end] + at * 0.045, line[end]
                curve = np.array([[x, y + 0.075], [x + at * 0.022, y + 0.01], [x, y - 0.06]])
                self.stroke(curve, _mix(SKIN, (200, 142, 124), fold * mask.max()), 3.5)
        if w["tongueOut"] > 0.05:
            self._tongue(shift + chin, float(lower.min()), w["tongueOut"], float(half.mean()))
        if w["mouthShrugLower"] > 0.1:
            y = float(below.min()) - 0.055
            arc = np.column_stack([0.13 * STEPS, y - 0.035 * STEPS**2])
            self.stroke(arc, _mix(SKIN, (204, 148, 130), w["mouthShrugLower"]), 3)

    def _cavity(
        self, inside: np.ndarray, x: np.ndarray, upper: np.ndarray, lower: np.ndarray, jaw: float,
        middle: float,
    ) -> None:
        """What shows between the lips: dark mouth, teeth, tongue, clipped to the opening."""
        pixels = self.project(inside)
        box = _box(self.image, *(pixels.min(0) - 2), *(pixels.max(0) + 3))
        if box is None:
            return
        x0, y0, x1, y1 = box
        corner = (x0, y0)
        patch = np.full((y1 - y0, x1 - x0, 3), INSIDE, np.uint8)
        depth = float(lower.min())
        self.fill(_ring(middle, depth - 0.01, 0.17, 0.06 + 0.12 * jaw), TONGUE, patch, corner)
        edge = upper - np.minimum(0.058, 0.62 * (upper - lower))
        self.fill(np.vstack([np.column_stack([x, upper + 0.05]), np.column_stack([x, edge])[::-1]]),
                  TEETH, patch, corner)
        mask = np.zeros(patch.shape[:2], np.uint8)
        _polygon(mask, pixels - corner, 255)
        blend(self.image[y0:y1, x0:x1], patch, mask)

    def _tongue(self, x: float, y: float, out: float, half: float) -> None:
        wide, long = 0.55 * half, 0.06 + 0.16 * out
        t = np.linspace(0, np.pi, 16)
        tip = np.column_stack([x + wide * np.cos(t), y - long * np.sin(t) ** 0.6])
        self.fill(np.vstack([[x + wide, y + 0.03], tip, [x - wide, y + 0.03]]), TONGUE)
        self.stroke(np.array([[x, y + 0.01], [x, y - 0.55 * long]]), (190, 76, 84), 3)


# -- pose and weights -----------------------------------------------------------------------------


def _skeleton(
    body: BodyPose | None,
) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
    if body is None:
        pose = np.zeros((21, 3))
        pose[JOINTS["left_shoulder"] - 1, 2] = -1.25
        pose[JOINTS["right_shoulder"] - 1, 2] = 1.25
        root, transl = np.zeros(3), np.zeros(3)
    else:
        pose, root, transl = (
            np.nan_to_num(np.asarray(part, float))
            for part in (body.body_pose, body.global_orient, body.transl)
        )
    joints, rotations = forward(root, pose, transl)
    return joints, rotations, hand_tips(joints, rotations)


def _curl(body: BodyPose | None, side: str) -> float:
    """How far the four fingers are bent, 0..1: their mean joint angle over that of a fist."""
    if body is None:
        return 0.3
    hand = body.left_hand if side == "left" else body.right_hand
    angles = np.linalg.norm(np.nan_to_num(np.asarray(hand, float).reshape(15, 3)[:12]), axis=1)
    return float(np.clip(angles.mean() / 1.25, 0.0, 1.0))


def _head_rotation(roll_pitch_yaw: np.ndarray) -> np.ndarray:
    """REP-103 roll, pitch, yaw (x forward, y left, z up) as a rotation in model axes."""
    roll, pitch, yaw = (float(angle) for angle in roll_pitch_yaw)
    c, s = np.cos(yaw), np.sin(yaw)
    about_up = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    c, s = np.cos(pitch), np.sin(pitch)
    about_left = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    c, s = np.cos(roll), np.sin(roll)
    about_forward = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return about_up @ about_left @ about_forward


def _limit_turn(rotation: np.ndarray) -> np.ndarray:
    """Keep the face in view: beyond 50 degrees a flat face would fold over the head's edge."""
    angle = float(np.arccos(np.clip(rotation[2, 2], -1, 1)))
    limit = np.deg2rad(50.0)
    if angle <= limit:
        return rotation
    axis = np.cross(rotation[:, 2], [0.0, 0.0, 1.0])
    norm = np.linalg.norm(axis)
    if norm < 1e-6:
        return np.eye(3)
    back, _ = cv2.Rodrigues(axis / norm * (angle - limit))
    return back @ rotation


def _weights(face: FacePose | None) -> dict[str, float]:
    values = np.zeros(52) if face is None else np.clip(np.nan_to_num(face.blendshapes), 0, 1)
    return dict(zip(ARKIT_BLENDSHAPES, values.tolist(), strict=True))


def _gaze(face: FacePose | None) -> tuple[float, float]:
    """Azimuth (left positive) and elevation as shares of the eye's range, -1..1.

    The gaze angles and the eyeLook shapes say the same thing twice; the larger one counts.
    """
    if face is None:
        return 0.0, 0.0
    w = _weights(face)
    left = w["eyeLookOutLeft"] - w["eyeLookInLeft"], w["eyeLookUpLeft"] - w["eyeLookDownLeft"]
    right = w["eyeLookInRight"] - w["eyeLookOutRight"], w["eyeLookUpRight"] - w["eyeLookDownRight"]
    shapes = (left[0] + right[0]) / 2, (left[1] + right[1]) / 2
    angles = np.nan_to_num(np.asarray(face.gaze, float)) / np.deg2rad((35.0, 25.0))
    azimuth, elevation = (
        float(np.clip(max(pair, key=abs), -1, 1)) for pair in zip(shapes, angles, strict=True)
    )
    return azimuth, elevation


# -- drawing --------------------------------------------------------------------------------------


def _mix(a: Sequence[float], b: Sequence[float], share: float) -> tuple[float, ...]:
    return tuple(float(p + (q - p) * share) for p, q in zip(a, b, strict=True))


def _polygon(image: np.ndarray, points: np.ndarray, color: ArrayLike) -> None:
    value = np.atleast_1d(np.asarray(color, float)).tolist()
    cv2.fillPoly(image, [np.round(points * 16).astype(np.int32)], value, cv2.LINE_AA, 4)


def _ring(x: float, y: float, rx: float, ry: float | None = None) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    return np.column_stack([
        x + rx * np.cos(angle), y + (rx if ry is None else ry) * np.sin(angle)
    ])


def _disc(image: np.ndarray, x: float, y: float, radius: float, color: ArrayLike) -> None:
    cv2.circle(image, (int(x * 16), int(y * 16)), max(int(radius * 16), 1),
               np.asarray(color, float).tolist(), -1, cv2.LINE_AA, 4)


def _oval(
    image: np.ndarray, x: float, y: float, rx: float, ry: float, roll: float,
    color: ArrayLike,
) -> None:
    ring = _ring(0.0, 0.0, rx, ry)
    c, s = np.cos(-roll), np.sin(-roll)
    _polygon(image, ring @ np.array([[c, s], [-s, c]]) + [x, y], color)


def _box(
    image: np.ndarray, x0: float, y0: float, x1: float, y1: float
) -> tuple[int, int, int, int] | None:
    """The rectangle's integer part inside the image, or None."""
    height, width = image.shape[:2]
    box = max(int(x0), 0), max(int(y0), 0), min(int(x1) + 1, width), min(int(y1) + 1, height)
    return box if box[0] < box[2] and box[1] < box[3] else None


def _head_shell(radius: float) -> np.ndarray:
    """(n, n, 4) uint8: colour of the lit rounded shell of the head, continued beyond it, and
    alpha."""
    n = int(2.3 * radius)
    axis = (np.arange(n, dtype=np.float32) - (n - 1) / 2) / radius
    x, y = axis[None] / 1.0, axis[:, None] / 0.98
    d = (np.abs(x) ** 2.5 + np.abs(y) ** 2.5) ** (1 / 2.5)
    alpha = np.clip((1.0 - d) * radius + 0.5, 0, 1)
    z = np.sqrt(np.maximum(1 - np.minimum(d, 1) ** 2.6, 0))
    lit = 0.70 + 0.22 * z - 0.14 * x - 0.20 * y
    rim = np.clip((d - 0.86) / 0.14, 0, 1) ** 2
    color = np.clip(lit - 0.16 * rim, 0, 1.08)[..., None] * np.array(SHELL, np.float32)
    spot = np.exp(-(((x + 0.42) / 0.30) ** 2 + ((y + 0.70) / 0.13) ** 2))
    color = np.clip(color + 60 * spot[..., None], 0, 255)
    return np.dstack([color, 255 * alpha]).round().astype(np.uint8)


def _backdrop(width: int, height: int) -> np.ndarray:
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    near = np.exp(-1.1 * (x * x + (y + 0.25) ** 2))[..., None]
    a, b = (np.array(color, np.float32) for color in BACKDROP)
    return np.clip(b + (a - b) * near, 0, 255).astype(np.uint8)
