"""The picture that ``character`` wraps around the body: face, hair, eyes, clothes.

Everything is placed by the body's own landmarks, in metres on the label unrolled from its head: to
the right the person's left, the angle around the head times its radius; upwards the height.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike

from kinesics_core.body.model import BodyModel
from kinesics_core.errors import ModelError
from kinesics_core.skeletons import SMPLX55, WHOLEBODY133_FACE

COLUMNS, HEAD_ROWS, ROWS = 1024, 768, 896
"""Size of the picture in texels: the head above, eye, plain colours and garments below."""

REACH = np.radians(122.0)
"""Angle to each side of the face that the label shows; behind, its end goes on."""

RADIUS = 0.09
EYE_TILE = 128
TILES = {"mouth": 132, "tongue": 156, "teeth": 180}
"""Left edges of the tiles of what is in the mouth."""

TILE = 24
"""Width of those tiles, texels."""

STRIP = 224, 1000
"""Columns of the garments, from skin to shoe."""

# Where along the strip, 0 to 1, one thing ends and the next begins, and how much of it a metre is.
COLLAR, WAIST, ANKLE = 0.2, 0.5, 0.8
PER_METRE = 3.0

CLOTH_GLOSS, SKIN_GLOSS, LIP_GLOSS, HAIR_GLOSS, EYE_GLOSS = 4, 22, 70, 26, 255


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours (RGB) of one character."""

    skin: tuple[int, int, int]
    hair: tuple[int, int, int]
    shirt: tuple[int, int, int]
    trousers: tuple[int, int, int]
    shoes: tuple[int, int, int]
    iris: tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Chart:
    """Layout of the picture on one body: the head unrolled, and where things are on it (metres).

    Attributes:
        axis: z of the vertical axis the label runs around.
        neck: Height where the head's part of the picture ends and the body's begins.
        top: Height of the upper end of the label.
        collar: (3,) a point of the plane the shirt ends at.
        sleeve: |x| where the sleeves end.
        waist: Height where the shirt ends.
        ankle: Height where the trousers end.
        eye_radius: Of the eyeballs.
        lips_depth: z of the lips.
        landmarks: (68, 2) iBUG order, unrolled.
    """

    axis: float
    neck: float
    top: float
    collar: np.ndarray
    sleeve: float
    waist: float
    ankle: float
    eye_radius: float
    lips_depth: float
    landmarks: np.ndarray

    @classmethod
    def of(cls, model: BodyModel) -> Chart:
        """Measure a body.

        Raises:
            ModelError: It has no face.
        """
        if not model.keypoints.known[WHOLEBODY133_FACE].all():
            raise ModelError(
                f"A character needs a body with face landmarks; got one of the kind {model.kind}.")
        joint = {name: model.joint_template[i] for i, name in enumerate(SMPLX55)}
        at = face_landmarks(model)
        chin = float(at[8, 1])
        head = model.template[model.template[:, 1] > at[30, 1]]
        axis = float(head[:, 2].min() + 0.45 * np.ptp(head[:, 2]))
        eye = model.template[model.weights[:, SMPLX55.index("left_eye_smplhf")] > 0.9]
        chart = cls(
            axis=axis, neck=chin - 0.012, top=float(model.template[:, 1].max()) + 0.03,
            collar=joint["neck"] + (0.0, -0.045, 0.055),
            sleeve=float(joint["left_shoulder"][0] * 0.45 + joint["left_elbow"][0] * 0.55),
            waist=float(joint["pelvis"][1]) - 0.03,
            ankle=float(joint["left_ankle"][1]) + 0.025,
            eye_radius=float(np.ptp(eye[:, 0])) / 2, lips_depth=float(at[62, 2]),
            landmarks=np.zeros((68, 2)),
        )
        chart.landmarks[:] = chart.unroll(at)[0]
        return chart

    @property
    def mouth(self) -> float:
        """Height of the middle of the closed mouth."""
        return float(self.landmarks[[62, 66], 1].mean())

    @property
    def turn(self) -> float:
        """A full turn in u."""
        return float(np.pi / REACH)

    def unroll(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return (N, 2) metres on the label and (N,) distance from the axis of template (N, 3)."""
        z = points[:, 2] - self.axis
        angle = np.arctan2(points[:, 0], z)
        return (np.column_stack([RADIUS * angle, points[:, 1]]),
                np.hypot(points[:, 0], z))

    def texels(self, places: np.ndarray) -> np.ndarray:
        """Return columns and rows (N, 2) of places (N, 2) on the label, metres."""
        scale = COLUMNS / (2 * REACH * RADIUS)
        return np.column_stack([COLUMNS / 2 + scale * places[:, 0],
                                (self.top - places[:, 1]) * HEAD_ROWS / (self.top - self.low)])

    @property
    def low(self) -> float:
        """Height of the lower end of the label; below, its end goes on."""
        return self.neck - 0.02

    def head_uv(self, points: np.ndarray) -> np.ndarray:
        """Return (N, 2) float32 uv of points (N, 3) of the head in T-pose."""
        texels = self.texels(self.unroll(points)[0])
        texels[:, 1] = np.clip(texels[:, 1], 0.5, HEAD_ROWS - 2)
        return (texels / (COLUMNS, ROWS)).astype(np.float32)

    def eye_uv(self, offsets: np.ndarray) -> np.ndarray:
        """Return (N, 2) float32 uv of points (N, 3), given from the middle of the eyeball."""
        half = EYE_TILE / 2 - 2
        spot = EYE_TILE / 2 + half * np.clip(offsets[:, :2] / self.eye_radius, -1, 1) * (1, -1)
        # The back of the eyeball is white like its rim.
        behind = offsets[:, 2] < 0
        spot[behind] = EYE_TILE / 2 + half, EYE_TILE / 2
        return ((spot + (0, HEAD_ROWS)) / (COLUMNS, ROWS)).astype(np.float32)

    def above_hairline(self, places: np.ndarray) -> np.ndarray:
        """Return by how many metres (N,) places on the label lie inside of the hair."""
        brow = self.landmarks[17:27, 1].max()
        eye = self.landmarks[36:48, 1].mean()
        degrees = np.degrees(np.abs(places[:, 0]) / RADIUS)
        height = np.interp(
            degrees, [0, 22, 40, 54, 60, 66, 76, 84, 104, 110, 117, 124, 180],
            [brow + 0.050, brow + 0.047, brow + 0.032, brow + 0.008, eye + 0.004, eye - 0.016,
             eye - 0.014, eye + 0.010, eye + 0.010, eye - 0.002, eye - 0.050, eye - 0.075,
             eye - 0.085])
        return places[:, 1] - height


def face_landmarks(model: BodyModel) -> np.ndarray:
    """Return the landmarks (68, 3) of the template's face, iBUG order, metres."""
    points = model.keypoints
    return np.einsum("kmc,km->kc", model.template[points.vertices[WHOLEBODY133_FACE]],
                     points.weights[WHOLEBODY133_FACE])


def along_garments(points: np.ndarray, chart: Chart) -> np.ndarray:
    """Return where points (N, 3) in T-pose lie along the strip of garments, (N,) 0 to 1."""
    x, y = np.abs(points[:, 0]), points[:, 1]
    # The collar is round the neck, in a plane that is lower in front.
    tilt = np.radians(28.0)
    off = points - chart.collar
    from_collar = np.maximum(-off[:, 1] * np.cos(tilt) - off[:, 2] * np.sin(tilt),
                             np.hypot(x, off[:, 2] + 0.05) - 0.085)
    shirt = np.minimum(from_collar, chart.sleeve - x)
    trousers, shoe = chart.waist - y, chart.ankle - y

    def step(distance: np.ndarray) -> np.ndarray:
        return np.clip(PER_METRE * distance, -0.14, 0.14)

    return np.select(
        [shoe > -0.2, trousers > -0.06], [ANKLE + step(shoe), WAIST + step(trousers)],
        COLLAR + step(shirt))


def under(run: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return metres (N,) inside of the shirt and inside of the shoes; below 0 outside."""
    shirt = np.minimum(run - COLLAR, WAIST - run) / PER_METRE
    return shirt, (run - ANKLE) / PER_METRE


def garment_uv(run: np.ndarray) -> np.ndarray:
    """Return (N, 2) float32 uv of places (N,) along the strip of garments."""
    column = STRIP[0] + run * (STRIP[1] - STRIP[0])
    row = np.full(len(run), HEAD_ROWS + 64.0)
    return (np.column_stack([column, row]) / (COLUMNS, ROWS)).astype(np.float32)


def tile_uv(name: str, places: np.ndarray) -> np.ndarray:
    """Return (N, 2) float32 uv of places (N, 2), 0..1 across and down, on a tile of ``TILES``."""
    rows = ROWS - HEAD_ROWS
    spot = np.array([TILES[name] + 2.0, HEAD_ROWS + 4.0]) + places * (TILE - 4.0, rows - 8.0)
    return (spot / (COLUMNS, ROWS)).astype(np.float32)


def paint(palette: Palette, chart: Chart) -> np.ndarray:
    """Return the picture, (ROWS, COLUMNS, 4) uint8 RGB and gloss."""
    picture = np.empty((ROWS, COLUMNS, 4), np.uint8)
    picture[:] = (*palette.skin, SKIN_GLOSS)
    _Face(picture[:HEAD_ROWS], palette, chart).paint()
    _paint_eye(picture[HEAD_ROWS:, :EYE_TILE], palette)
    for name, left in TILES.items():
        picture[HEAD_ROWS:, left:left + TILE] = _mouth_tile(name)
    run = (np.arange(COLUMNS) + 0.5 - STRIP[0]) / (STRIP[1] - STRIP[0])
    skin, shirt, trousers, shoes = (np.array(color, float) for color in (
        palette.skin, palette.shirt, palette.trousers, palette.shoes))
    strip = np.where(
        (run < COLLAR)[:, None], skin,
        np.where((run < WAIST)[:, None], shirt, np.where((run < ANKLE)[:, None], trousers, shoes)))
    for edge, width in ((COLLAR, 0.055), (WAIST - 0.045, 0.045)):
        # A hem: a little darker, with a seam.
        hem = (run >= edge) & (run < edge + width)
        strip[hem] *= 0.90
        strip[(run >= edge + width) & (run < edge + width + 0.008)] *= 0.72
    strip[(run > COLLAR - 0.012) & (run < COLLAR)] *= 0.86
    gloss = np.where(run < COLLAR, SKIN_GLOSS, np.where(run < ANKLE, CLOTH_GLOSS, 40))
    below = picture[HEAD_ROWS:, STRIP[0] - 16:]
    below[:] = np.column_stack([strip, gloss])[STRIP[0] - 16:].round()
    return picture


def _mouth_tile(name: str) -> np.ndarray:
    """Return (rows, ``TILE``, 4) uint8 of the lining, the tongue (inwards) or the teeth.

    Light hardly comes into a mouth, which the renderers do not know: it is painted.
    """
    rows = ROWS - HEAD_ROWS
    down = np.clip((np.arange(rows) - 4.0) / (rows - 8.0), 0, 1)[:, None]
    aside = np.clip((np.arange(TILE) - 2.0) / (TILE - 4.0), 0, 1)[None]
    stops, colors, gloss = {
        "mouth": ([0, 0.3, 1], [(118, 44, 44), (44, 13, 15), (14, 4, 6)], 0),
        "tongue": ([0, 0.4, 1], [(178, 84, 86), (104, 38, 42), (26, 8, 10)], 0),
        # From the edge of the crown over its neck, to the gum and up.
        "teeth": ([0, 0.1, 0.5, 0.58, 0.64, 1], [
            (216, 212, 204), (238, 233, 222), (226, 216, 198), (196, 150, 136), (150, 74, 76),
            (70, 26, 30)], 90),
    }[name]
    tile = np.empty((rows, TILE, 4), np.uint8)
    shade = 1.0 - 0.72 * aside**1.6 if name == "teeth" else 1.0 + 0.0 * aside
    for channel in range(3):
        tone = np.interp(down, stops, [color[channel] for color in colors])
        tile[..., channel] = (tone * shade).round()
    tile[..., 3] = gloss
    return tile


def _paint_eye(tile: np.ndarray, palette: Palette) -> None:
    n = EYE_TILE
    tile[:] = (240, 238, 234, EYE_GLOSS)
    y, x = (np.indices((n, n)) - (n - 1) / 2) / (n / 2 - 2)
    radius = np.hypot(x, y)
    angle = np.arctan2(y, x)

    def fade(edge: float) -> np.ndarray:
        return np.clip((edge - radius) * n / 4 + 0.5, 0, 1)[..., None]

    iris = np.array(palette.iris, float)
    color = tile[..., :3].astype(float)
    color *= (1.0 - 0.22 * np.clip((radius - 0.55) / 0.45, 0, 1))[..., None] ** (0.6, 1.0, 1.0)
    rays = 1.0 + 0.16 * np.sin(19 * angle) * np.sin(7 * angle + 1.0)
    inside = iris * (1.25 - 0.55 * np.clip(radius / 0.5, 0, 1) ** 2)[..., None] * rays[..., None]
    for edge, tone in ((0.535, iris * 0.35), (0.48, np.clip(inside, 0, 255)),
                       (0.235, np.array([12.0, 12.0, 14.0]))):
        share = fade(edge)
        color += share * (tone - color)
    glint = np.clip((0.11 - np.hypot(x + 0.17, y + 0.20)) * n / 4 + 0.5, 0, 1)[..., None]
    color += glint * (255.0 - color)
    tile[..., :3] = color.round()


class _Face:
    """Painter of one face in place on the head's part of the picture."""

    def __init__(self, canvas: np.ndarray, palette: Palette, chart: Chart) -> None:
        self.canvas, self.palette, self.chart = canvas, palette, chart
        self.skin = np.array(palette.skin, float)
        self.at = chart.landmarks

    def paint(self) -> None:
        self._complexion()
        self._hair()
        self._lips()
        for side in (slice(36, 42), slice(42, 48)):
            self._lids(self.at[side])
        for side in (slice(17, 22), slice(22, 27)):
            self._brow(self.at[side])
        self._nostrils()

    def _complexion(self) -> None:
        """Paint warm cheeks, lips' surroundings and nose, darker lids, blurred into the skin."""
        layer = self.canvas[..., :3].copy()
        self.canvas, whole = layer, self.canvas
        eyes = [self.at[36:42].mean(0), self.at[42:48].mean(0)]
        for eye in eyes:
            out = np.sign(eye[0])
            self._ellipse(eye + (out * 0.012, -0.034), 0.019, 0.012, self.skin * (1.0, 0.925, 0.91))
            self._ellipse(eye + (0, 0.004), 0.021, 0.0125, self.skin * (0.93, 0.88, 0.87))
        self._ellipse(self.at[30], 0.011, 0.009, self.skin * (1.0, 0.935, 0.92))
        self._ellipse(self.at[57] - (0, 0.010), 0.018, 0.004, self.skin * (0.93, 0.89, 0.88))
        self.canvas = whole
        self.canvas[..., :3] = cv2.GaussianBlur(layer, (0, 0), 9.0)

    def _hair(self) -> None:
        rows, columns = np.indices(self.canvas.shape[:2])
        chart = self.chart
        x = (columns + 0.5 - COLUMNS / 2) * (2 * REACH * RADIUS) / COLUMNS
        y = chart.top - (rows + 0.5) * (chart.top - chart.low) / HEAD_ROWS
        places = np.column_stack([x.ravel(), y.ravel()])
        inside = chart.above_hairline(places).reshape(rows.shape)
        # Strands: an edge that is not drawn with a ruler, and light and dark streaks.
        inside += 0.0012 * np.sin(x * 1900 + 2 * np.sin(y * 240)) * np.sin(x * 830 + 1.3)
        inside += 0.0010 * np.sin(x * 610 + 3 * np.sin(y * 90))
        share = np.clip(inside / 0.0055, 0, 1)[..., None]
        streaks = 1.0 + 0.10 * np.sin(x * 730 + 3 * np.sin(y * 60)) * np.sin(x * 290 + 2.0)
        # Shorter towards the neck and temples, where skin shines through.
        short = np.clip(inside / 0.03, 0.0, 1.0)[..., None]
        hair = np.array(self.palette.hair, float) * streaks[..., None]
        hair = hair * (0.7 + 0.3 * short) + self.skin * 0.3 * (1 - short) * 0.8
        color = self.canvas[..., :3] + share * (np.clip(hair, 0, 255) - self.canvas[..., :3])
        self.canvas[..., :3] = color.round()
        self.canvas[..., 3] = np.where(inside > 0.002, HAIR_GLOSS, self.canvas[..., 3])

    def _lips(self) -> None:
        outer, inner = self.at[48:60], self.at[60:68]
        lip = self.skin * (0.84, 0.57, 0.56)
        # The bow of the upper lip is flatter than its two landmarks.
        outer = outer.copy()
        outer[[2, 4], 1] -= 0.0012
        outer[3, 1] += 0.0004
        upper = np.vstack([curve(outer[:7]), curve(inner[:5])[::-1]])
        self._fill(curve(np.vstack([outer, outer[:1]])), (*lip, LIP_GLOSS))
        self._fill(upper, (*(lip * 0.90), LIP_GLOSS))
        seam = (inner[[0, 1, 2, 3, 4]] + inner[[0, 7, 6, 5, 4]]) / 2
        self._stroke(seam, 0.0012, self.skin * (0.42, 0.20, 0.20))

    def _lids(self, ring: np.ndarray) -> None:
        """Paint lashes along the upper lid, a fine line along the lower one."""
        lash = np.array(self.palette.hair, float) * 0.45
        upper, lower = ring[:4], ring[[3, 4, 5, 0]]
        self._stroke(lower, 0.0008, self.skin * (0.62, 0.48, 0.45))
        self._stroke(upper, 0.0026, lash)
        outer = ring[np.argmax(np.abs(ring[:, 0]))]
        tip = outer + (np.sign(outer[0]) * 0.0036, 0.0012)
        self._stroke(np.array([outer, (outer + tip) / 2, tip]), 0.0018, lash)

    def _brow(self, chain: np.ndarray) -> None:
        inner_first = chain if abs(chain[0, 0]) < abs(chain[-1, 0]) else chain[::-1]
        line = curve(inner_first)
        share = np.linspace(0, 1, len(line))[:, None]
        # The landmarks lie on the muscle that moves the hairs; the hairs' own line is an even arc.
        arc = 0.0045 * np.sin(np.pi * share**1.15) - 0.003 * share + 0.0012
        line = np.column_stack([line[:, :1], chain[:, 1].mean() + arc])
        half = 0.0032 * np.minimum(0.30 + 3.4 * share, 1.0) * (1 - 0.74 * share**2.2) * (0.0, 1.0)
        # Whatever hair and skin are, brows can be told from the skin.
        color = np.minimum(np.array(self.palette.hair, float) * 0.78, self.skin * 0.42)
        self._fill(np.vstack([line + half, (line - half)[::-1]]), (*color, SKIN_GLOSS))

    def _nostrils(self) -> None:
        dark = self.skin * (0.48, 0.34, 0.32)
        for side in (32, 34):
            self._ellipse(self.at[side] + (0, 0.0012), 0.0034, 0.0016, dark)

    def _texels(self, places: np.ndarray) -> np.ndarray:
        return np.round((self.chart.texels(places) - 0.5) * 16).astype(np.int32)

    def _color(self, color: ArrayLike) -> list[float]:
        values = np.clip(np.asarray(color, float), 0, 255).tolist()
        return values if len(values) == 4 else [*values, float(SKIN_GLOSS)]

    def _fill(self, places: np.ndarray, color: ArrayLike) -> None:
        cv2.fillPoly(self.canvas, [self._texels(places)], self._color(color), cv2.LINE_AA, 4)

    def _stroke(self, places: np.ndarray, width: float, color: ArrayLike) -> None:
        """Draw a line that thins out towards its ends."""
        line = curve(places)
        share = np.linspace(-1, 1, len(line))[:, None]
        half = 0.5 * width * (1.0 - 0.6 * share**4) * (0.0, 1.0)
        self._fill(np.vstack([line + half, (line - half)[::-1]]), color)

    def _ellipse(self, centre: np.ndarray, rx: float, ry: float, color: ArrayLike) -> None:
        angle = np.linspace(0, 2 * np.pi, 32, endpoint=False)
        self._fill(centre + np.column_stack([rx * np.cos(angle), ry * np.sin(angle)]), color)


def curve(points: np.ndarray, steps: int = 8) -> np.ndarray:
    """Return a smooth line through points (Catmull-Rom), ``steps`` pieces between two of them."""
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    t = np.arange(steps)[:, None] / steps
    pieces = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        pieces.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2
                             + (3 * b - a - 3 * c + d) * t**3))
    return np.vstack([*pieces, points[-1:]])
