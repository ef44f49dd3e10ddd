"""The open body as a character to look at: dressed, with hair, brows, lips and eyes that look.

Colour comes from one picture (``character_texture``) that is wrapped around the body: the head is
unrolled like a label from a bottle, an eyeball is seen from its front, and everything below the
neck has a single coordinate that runs from skin through shirt and trousers to the shoes, so that
a hem is as sharp as the picture however coarse the mesh is. Features move with the mesh.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kinesics_core.body import skinning
from kinesics_core.body.model import BodyModel
from kinesics_core.body.surface import vertex_normals
from kinesics_core.render import character_texture
from kinesics_core.render.character_texture import Chart, Palette
from kinesics_core.render.geometry import Texture
from kinesics_core.skeletons import ARKIT_BLENDSHAPES, SMPLX55

HAIR_THICKNESS, CLOTH_THICKNESS, SHOE_THICKNESS = 0.014, 0.007, 0.006
EYES = ("left_eye_smplhf", "right_eye_smplhf")
JOINT = {name: index for index, name in enumerate(SMPLX55)}

LOOKS_ASIDE = np.array([[name.startswith("eyeLook") for name in ARKIT_BLENDSHAPES]] * 3)
"""(3, 52), of expression directions."""


@dataclass(frozen=True, eq=False)
class Character:
    """A dressed body, ready to be posed and drawn.

    Attributes:
        skin: The layout for ``body.skinning``.
        skin_faces: (F, 3) int32, triangles of the skin's vertices.
        faces: (F, 3) int32, the same triangles of the vertices that are drawn.
        texture: The picture on it.
        repeated: (V,) the vertex of the skin that each vertex drawn shows; one that lies in two
            parts of the picture is there twice.
    """

    skin: skinning.Skin
    skin_faces: np.ndarray
    faces: np.ndarray
    texture: Texture
    repeated: np.ndarray

    def pose(self, **parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the character in one pose, model axes, metres.

        Args:
            parameters: See ``skinning.vertices``, with a leading axis of 1.

        Returns:
            Vertices (V, 3), their normals (V, 3) and the joints (55, 3).
        """
        vertices, joints = skinning.vertices(self.skin, **parameters)
        normals = vertex_normals(vertices[0], self.skin_faces)
        return vertices[0][self.repeated], normals[self.repeated], joints[0]


@dataclass(frozen=True, slots=True)
class Proportions:
    """Sizes of parts of a character, as factors.

    Attributes:
        head: Of the head, about its joint; a face that must be read from afar is on a larger one.
        eyes: Of the eyes with their lids.
        arms: Of the length from shoulder to wrist.
    """

    head: float = 1.0
    eyes: float = 1.0
    arms: float = 1.0


def build_character(
    model: BodyModel, palette: Palette, proportions: Proportions | None = None, *,
    shortest_edge: float = 0.0, lowest: float | None = None,
) -> Character:
    """Put hair, clothes and a painted face on a body.

    Args:
        model: The body; it has face landmarks.
        palette: Its colours.
        proportions: None keeps the body's own.
        shortest_edge: Edges shorter than this are merged, but not in the face, metres: most
            triangles of the body are in its fingers and ears.
        lowest: Leave out what lies lower in T-pose, metres above the pelvis; None keeps all.

    Raises:
        ModelError: The body has no face.
    """
    chart = Chart.of(model)
    parts = _parts(model, chart)
    model, parts = _add_teeth(model, chart, parts)
    dressed = _thicken(model, chart, parts)
    proportions = proportions or Proportions()
    if proportions.eyes != 1.0:
        dressed = _scale_eyes(dressed, proportions.eyes)
    if proportions.arms != 1.0:
        dressed = _scale_arms(dressed, proportions.arms)
    if proportions.head != 1.0:
        dressed = _scale_head(dressed, proportions.head)
    triangles = model.faces
    if lowest is not None:
        triangles = triangles[(model.template[triangles, 1] >= lowest).all(1)]
    if shortest_edge > 0.0:
        shortest = shortest_edge * ~_in_face(model, chart, parts)
        triangles = _merge_edges(model.template, triangles, shortest)
    chosen, skin_faces = np.unique(triangles, return_inverse=True)
    skin_faces = skin_faces.reshape(-1, 3).astype(np.int32)
    uv, faces, repeated = _lay_out(model.template[chosen], skin_faces, parts[chosen], chart, model)
    return Character(
        skin=skinning.select(dressed, chosen), skin_faces=skin_faces, faces=faces,
        texture=Texture(character_texture.paint(palette, chart), uv), repeated=repeated,
    )


def eye_rotations(azimuth: float, elevation: float) -> dict[str, np.ndarray]:
    """Return rotations of both eyeballs for ``Character.pose``; radians, left and up positive."""
    # About the vertical first, then about the turned eye's own axis to the left.
    about = np.array([[-elevation, azimuth, 0.0]], np.float32)
    return {"leye_pose": about, "reye_pose": about}


BODY, HEAD, MOUTH, TONGUE, TEETH, LEFT_EYE, RIGHT_EYE = range(7)


def _parts(model: BodyModel, chart: Chart) -> np.ndarray:
    """Return the part of the picture that each vertex belongs to, (V,)."""
    owner = model.weights.argmax(1)
    component = _components(model.faces, len(model.template))
    parts = np.full(len(model.template), BODY)
    parts[model.template[:, 1] > chart.neck] = HEAD
    for part, name in ((LEFT_EYE, EYES[0]), (RIGHT_EYE, EYES[1])):
        parts[component == component[owner == JOINT[name]][0]] = part
    largest = np.bincount(component).argmax()
    loose = (component != largest) & ~np.isin(parts, (LEFT_EYE, RIGHT_EYE))
    parts[loose & (model.template[:, 1] > chart.neck)] = TONGUE
    # The lining of the mouth lies behind the lips and cheeks.
    x, y, z = model.template.T
    off = np.abs(y - chart.mouth)
    inner = (np.abs(x) < 0.035) & (z > chart.axis - 0.03) & (
        (off < 0.020) | (off < 0.032) & (z < chart.lips_depth - 0.022))
    candidates = np.flatnonzero((parts == HEAD) & inner)
    across = model.template[candidates, :2]
    gap = np.linalg.norm(across[:, None] - across[None], axis=2)
    # A triangle goes to the head if any corner does, so that the lips' rim stays whole.
    front = np.where(gap < 0.008, z[candidates][None], -np.inf).max(1)
    parts[candidates[z[candidates] < front - 0.010]] = MOUTH
    # Its back lies deep in the head.
    _, radius = chart.unroll(model.template)
    parts[(parts == HEAD) & (radius < 0.036) & (off < 0.04)] = MOUTH
    return parts


def _in_face(model: BodyModel, chart: Chart, parts: np.ndarray) -> np.ndarray:
    """Return whether each vertex shows expressions or is an eye, tooth or tongue, (V,)."""
    moves = np.abs(model.expression_directions).max((1, 2)) > 1e-4
    ear = np.abs(model.template[:, 0]) > 0.064
    return ~np.isin(parts, (BODY, MOUTH)) & ~(ear & (parts == HEAD)) & (
        moves | (parts != HEAD)) | ((parts == HEAD) & (model.template[:, 2] > chart.axis) & ~ear)


def _merge_edges(points: np.ndarray, faces: np.ndarray, shortest: np.ndarray) -> np.ndarray:
    """Return triangles (F', 3) of which fewer edges are short, over the same vertices.

    An edge that is shorter than both its ends allow is contracted to one of them, the shortest of
    each neighbourhood first, unless a triangle would turn over.

    Args:
        points: (V, 3) metres.
        faces: (F, 3).
        shortest: (V,) metres, the shortest edge allowed at each vertex.
    """
    for _ in range(24):
        edges = np.unique(np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)), axis=0)
        length = np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1)
        short = length < shortest[edges].min(1)
        edges, length = edges[short], length[short]
        # Of the edges at a vertex only the shortest is contracted, and so one at a time.
        nearest = np.full(len(points), np.inf)
        np.minimum.at(nearest, edges.ravel(), np.repeat(length, 2))
        chosen = edges[length <= nearest[edges].min(1)]
        target = np.arange(len(points))
        target[chosen[:, 1]] = chosen[:, 0]
        moved = target[faces]
        normals, turned = (np.cross(points[f[:, 1]] - points[f[:, 0]],
                                    points[f[:, 2]] - points[f[:, 0]]) for f in (faces, moved))
        gone = (moved == np.roll(moved, 1, axis=1)).any(1)
        size = np.linalg.norm(normals, axis=1) * np.linalg.norm(turned, axis=1)
        bad = ~gone & (np.einsum("ij,ij->i", normals, turned) < 0.3 * size)
        blocked = np.unique(faces[bad])
        target[blocked] = blocked
        moved = target[faces]
        gone = (moved == np.roll(moved, 1, axis=1)).any(1)
        if not gone.any():
            break
        faces = moved[~gone]
    return faces


def _add_teeth(
    model: BodyModel, chart: Chart, parts: np.ndarray
) -> tuple[BodyModel, np.ndarray]:
    """Give the body a row of upper teeth, which stay with the skull."""
    around = np.radians(np.linspace(-48, 48, 13))
    arch = np.column_stack([0.021 * np.sin(around), 0 * around, 0.024 * (np.cos(around) - 1)])
    front = chart.lips_depth - 0.0135
    rows = [arch + (0.0, chart.mouth + height, front) for height in (0.010, -0.001)]
    teeth = np.vstack(rows).astype(np.float32)
    first, count = len(model.template), len(arch)
    i = first + np.arange(count - 1)
    strip = np.concatenate([np.column_stack([i, i + count, i + 1]),
                            np.column_stack([i + 1, i + count, i + 1 + count])])
    nothing = np.zeros((len(teeth), 3), np.float32)
    weights = np.zeros((len(teeth), len(SMPLX55)), np.float32)
    weights[:, JOINT["head"]] = 1.0

    def still(directions: np.ndarray) -> np.ndarray:
        return np.concatenate([directions, np.zeros((*nothing.shape, directions.shape[2]),
                                                    directions.dtype)])

    nearest = np.argmin(np.linalg.norm(model.template - teeth.mean(0), axis=1))
    shape = still(model.shape_directions)
    shape[first:] = model.shape_directions[nearest]
    return replace(
        model, template=np.concatenate([model.template, teeth]),
        shape_directions=shape, expression_directions=still(model.expression_directions),
        weights=np.concatenate([model.weights, weights]),
        faces=np.concatenate([model.faces, strip.astype(model.faces.dtype)]),
        pose_directions=None,
    ), np.concatenate([parts, np.full(len(teeth), TEETH)])


def _components(faces: np.ndarray, count: int) -> np.ndarray:
    """Return the smallest vertex that each vertex is connected to, (V,)."""
    label = np.arange(count)
    while True:
        lowest = label[faces].min(1)
        new = label.copy()
        np.minimum.at(new, faces.ravel(), np.repeat(lowest, 3))
        new = new[new]
        if (new == label).all():
            return label
        label = new


def _thicken(model: BodyModel, chart: Chart, parts: np.ndarray) -> BodyModel:
    """Put hair and clothes over the skin, and let only joints move the eyes."""
    template = model.template
    normals = vertex_normals(template, model.faces)
    where, _ = chart.unroll(template)
    depth = np.where(parts == HEAD, chart.above_hairline(where), -1.0)
    thickness = HAIR_THICKNESS * _smooth(depth / 0.035)
    run = character_texture.along_garments(template, chart)
    shirt, shoe = character_texture.under(run)
    # Shapes of looking move the lids; the eyeballs are turned by their joints.
    expression = model.expression_directions.copy()
    eyes = np.isin(parts, (LEFT_EYE, RIGHT_EYE))
    expression[eyes[:, None, None] & LOOKS_ASIDE] = 0.0
    thickness = np.where(parts == BODY, CLOTH_THICKNESS * _smooth(shirt / 0.012)
                         + SHOE_THICKNESS * _smooth(shoe / 0.012), thickness)
    return replace(model, expression_directions=expression,
                   template=(template + thickness[:, None] * normals).astype(np.float32))


def _smooth(x: np.ndarray) -> np.ndarray:
    x = np.clip(x, 0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)


def _scale_head(model: BodyModel, scale: float) -> BodyModel:
    """Scale the head with jaw and eyes about its joint."""
    names = ("head", "jaw", *EYES)
    share = model.weights[:, [JOINT[name] for name in names]].sum(1, keepdims=True)
    pivot = model.joint_template[JOINT["head"]]
    grown = 1.0 + (scale - 1.0) * share
    of_head = np.isin(np.arange(len(model.joint_template)), [JOINT[name] for name in names])
    growth = np.where(of_head, scale, 1.0)[:, None]
    return replace(
        model,
        template=(pivot + grown * (model.template - pivot)).astype(np.float32),
        expression_directions=(grown[..., None] * model.expression_directions).astype(np.float32),
        joint_template=np.where(
            growth != 1.0, pivot + growth * (model.joint_template - pivot), model.joint_template
        ).astype(np.float32),
        joint_directions=(growth[..., None] * model.joint_directions).astype(np.float32),
    )


def _scale_arms(model: BodyModel, scale: float) -> BodyModel:
    """Scale the arms between shoulder and wrist; in T-pose they lie along x."""
    shoulder, wrist = (model.joint_template[JOINT[f"left_{part}"], 0]
                       for part in ("shoulder", "wrist"))

    def shortened(points: np.ndarray) -> np.ndarray:
        out = points.copy()
        arm = np.clip(np.abs(points[:, 0]) - shoulder, 0.0, wrist - shoulder)
        out[:, 0] -= np.sign(points[:, 0]) * (1.0 - scale) * arm
        return out

    return replace(model, template=shortened(model.template),
                   joint_template=shortened(model.joint_template))


def _scale_eyes(model: BodyModel, scale: float) -> BodyModel:
    """Move everything near an eye away from its middle: lids keep lying on the eyeball."""
    template = model.template.copy()
    directions = model.expression_directions.copy()
    for name in EYES:
        offset = model.template - model.joint_template[JOINT[name]]
        growth = (scale - 1.0) * np.exp(-(offset**2).sum(1, keepdims=True) / 0.021**2)
        template += growth * offset
        directions += growth[..., None] * model.expression_directions
    return replace(model, template=template.astype(np.float32),
                   expression_directions=directions.astype(np.float32))


def _lay_out(
    template: np.ndarray, faces: np.ndarray, parts: np.ndarray, chart: Chart,
    model: BodyModel,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lay the triangles out in the picture; vertices in two parts of it are doubled.

    Args:
        template: (V, 3) metres.
        faces: (F, 3).
        parts: (V,) the part of the picture of each vertex.
        chart: The layout of the picture.
        model: The body, for its eyes' joints.

    Returns:
        uv (V', 2), faces (F, 3) of V' vertices, and the vertex (V',) that each of them shows.
    """
    corners = parts[faces]
    # A triangle between two parts belongs to one of them: the lips' to the lips, the neck's to
    # the head.
    part = np.where((corners == HEAD).any(1), HEAD, corners.max(1))
    at = np.empty((len(faces), 3, 2), np.float32)
    for which in range(7):
        mine = part == which
        points = template[faces[mine]].reshape(-1, 3)
        if which == HEAD:
            spot = chart.head_uv(points)
            # Around the back of the head the label's two ends meet: go on beyond its end.
            turns = spot[:, 0].reshape(-1, 3)
            across = np.ptp(turns, axis=1) > 0.5 * chart.turn
            turns += np.where(across[:, None] & (turns < 0.5), chart.turn, 0.0)
        elif which in (LEFT_EYE, RIGHT_EYE):
            centre = model.joint_template[JOINT[EYES[which - LEFT_EYE]]]
            spot = chart.eye_uv(points - centre)
        elif which == BODY:
            spot = character_texture.garment_uv(character_texture.along_garments(points, chart))
        else:
            name = {MOUTH: "mouth", TONGUE: "tongue", TEETH: "teeth"}[which]
            spot = character_texture.plain_uv(name, len(points))
        at[mine] = spot.reshape(-1, 3, 2)
    keys = np.column_stack([faces.ravel().astype(np.float64), np.repeat(part, 3),
                            at.reshape(-1, 2).round(6)])
    _, first, index = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    uv = at.reshape(-1, 2)[first]
    return (np.ascontiguousarray(uv), index.reshape(-1, 3).astype(np.int32),
            faces.ravel()[first])
