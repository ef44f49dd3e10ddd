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
from kinesics_core.render import character_texture, creases, face_targets, mouth
from kinesics_core.render.character_texture import Chart, Palette
from kinesics_core.render.face_targets import with_correctives
from kinesics_core.render.geometry import Mesh, Texture
from kinesics_core.render.proportions import EYES, JOINT, Proportions, scaled
from kinesics_core.skeletons import ARKIT_BLENDSHAPES

HAIR_THICKNESS, CLOTH_THICKNESS, SHOE_THICKNESS = 0.014, 0.007, 0.006
LOOKS_ASIDE = [i for i, name in enumerate(ARKIT_BLENDSHAPES) if name.startswith("eyeLook")]


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
        pairs: (C, 2) shapes of the corrective targets; see ``face_targets``.
        creases: (52, V) how much each shape brings out the creases at each vertex drawn.
    """

    skin: skinning.Skin
    skin_faces: np.ndarray
    faces: np.ndarray
    texture: Texture
    repeated: np.ndarray
    pairs: np.ndarray
    creases: np.ndarray

    def pose(self, **parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the character in one pose, model axes, metres.

        Args:
            parameters: See ``skinning.vertices``, with a leading axis of 1.

        Returns:
            Vertices (V, 3), their normals (V, 3) and the joints (55, 3).
        """
        expression = parameters.get("expression")
        if expression is not None and len(self.pairs):
            parameters["expression"] = with_correctives(np.asarray(expression), self.pairs)
        vertices, joints = skinning.vertices(self.skin, **parameters)
        normals = vertex_normals(vertices[0], self.skin_faces)
        return vertices[0][self.repeated], normals[self.repeated], joints[0]

    def mesh(
        self, vertices: np.ndarray, normals: np.ndarray, expression: np.ndarray | None = None
    ) -> Mesh:
        """Return what a renderer takes.

        Args:
            vertices: (V, 3) metres, optical axes.
            normals: (V, 3) optical axes.
            expression: (52,) weights that bring out the creases; None has none.
        """
        relief = None
        if expression is not None and len(expression) == len(self.creases):
            share = np.minimum(expression @ self.creases, 1.0)
            # Young skin: a small pull hardly shows.
            relief = share * share * (3.0 - 2.0 * share)
        return Mesh(vertices, self.faces, texture=self.texture, normals=normals, creases=relief)


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
    parts = _parts(model, Chart.of(model))
    skin = ~np.isin(parts, (TONGUE, LEFT_EYE, RIGHT_EYE))
    face = face_targets.mended(model, character_texture.face_landmarks(model), skin)
    model = mouth.lying_tongue(face.model, parts == TONGUE)
    chart = Chart.of(model)
    model, teeth = mouth.with_teeth(model, chart.mouth, chart.lips_depth)
    parts = np.concatenate([parts, np.full(len(teeth), TEETH)])
    dressed = scaled(_thicken(model, chart, parts), proportions or Proportions())
    triangles = model.faces
    if lowest is not None:
        triangles = triangles[(model.template[triangles, 1] >= lowest).all(1)]
    if shortest_edge > 0.0:
        shortest = shortest_edge * ~_in_face(model, chart, parts)
        triangles = _merge_edges(model.template, triangles, shortest)
    chosen, skin_faces = np.unique(triangles, return_inverse=True)
    skin_faces = skin_faces.reshape(-1, 3).astype(np.int32)
    inside = _inside(model.template, parts, teeth, chart)
    uv, faces, repeated = _lay_out(
        model.template[chosen], skin_faces, parts[chosen], chart, inside[chosen], model)
    relief = creases.strengths(model.template[chosen], chart) * (parts[chosen] == HEAD)
    return Character(
        skin=skinning.select(dressed, chosen), skin_faces=skin_faces, faces=faces,
        texture=Texture(character_texture.paint(palette, chart), uv, creases.paint(chart)),
        repeated=repeated, pairs=face.pairs,
        creases=np.ascontiguousarray(relief[:, repeated], np.float32),
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


def _inside(
    template: np.ndarray, parts: np.ndarray, teeth: np.ndarray, chart: Chart
) -> np.ndarray:
    """Return places (V, 2) on the tiles of mouth, tongue and teeth: it gets darker inwards.

    Args:
        template: (V, 3) metres; the teeth are the last of them.
        parts: (V,) the part of the picture of each vertex.
        teeth: (T, 2) of ``mouth.with_teeth``.
        chart: The layout of the picture.
    """
    places = np.zeros((len(template), 2))
    depth = chart.lips_depth - template[:, 2]
    places[:, 1] = np.where(parts == TONGUE, (depth - 0.016) / 0.045, (depth - 0.004) / 0.040)
    places[parts == TEETH] = teeth / (1.0, mouth.GUM_TOP)
    return np.clip(places, 0.0, 1.0)


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
    if expression.shape[2] >= len(ARKIT_BLENDSHAPES):
        for index in LOOKS_ASIDE:
            expression[eyes, :, index] = 0.0
    thickness = np.where(parts == BODY, CLOTH_THICKNESS * _smooth(shirt / 0.012)
                         + SHOE_THICKNESS * _smooth(shoe / 0.012), thickness)
    return replace(model, expression_directions=expression,
                   template=(template + thickness[:, None] * normals).astype(np.float32))


def _smooth(x: np.ndarray) -> np.ndarray:
    x = np.clip(x, 0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)


def _lay_out(
    template: np.ndarray, faces: np.ndarray, parts: np.ndarray, chart: Chart,
    inside: np.ndarray, model: BodyModel,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lay the triangles out in the picture; vertices in two parts of it are doubled.

    Args:
        template: (V, 3) metres.
        faces: (F, 3).
        parts: (V,) the part of the picture of each vertex.
        chart: The layout of the picture.
        inside: (V, 2) places of what is in the mouth on its tile.
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
            spot = character_texture.tile_uv(name, inside[faces[mine]].reshape(-1, 2))
        at[mine] = spot.reshape(-1, 3, 2)
    keys = np.column_stack([faces.ravel().astype(np.float64), np.repeat(part, 3),
                            at.reshape(-1, 2).round(6)])
    _, first, index = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    uv = at.reshape(-1, 2)[first]
    return (np.ascontiguousarray(uv), index.reshape(-1, 3).astype(np.int32),
            faces.ravel()[first])
