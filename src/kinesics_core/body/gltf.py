"""Writer of a whole motion as binary glTF 2.0, which every viewer of 3D models plays.

It is one mesh, skinned to the skeleton, with the expressions as morph targets, in world axes with y
up, metres (see body.world_motion): the camera looks along -z, as glTF's cameras do. The file's own
skinning gives the vertices of LBS, with two omissions: corrective shapes
(``BodyModel.pose_directions``), which glTF cannot drive by rotations and our own bodies have none
of, and what joints beyond the ``influences`` heaviest of a vertex would add.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core.body.gltf_file import ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER, GltfFile
from kinesics_core.body.model import BodyModel
from kinesics_core.body.surface import vertex_normals
from kinesics_core.body.world_motion import WorldMotion, world_motion
from kinesics_core.skeletons import ARKIT_BLENDSHAPES

_SKIN = {
    "name": "skin", "doubleSided": True,
    "pbrMetallicRoughness": {"baseColorFactor": [0.80, 0.62, 0.52, 1.0], "metallicFactor": 0.0,
                             "roughnessFactor": 0.7},
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Painting:
    """A picture on a mesh of V vertices, some of which are there twice at the picture's seams.

    Attributes:
        coordinates: (V, 2) float32, right and down in the picture, 0..1; beyond, its edge counts.
        picture: A PNG's bytes.
        welded: (V,) int, which of N points each vertex is.
        welded_faces: (F, 3) int, the triangles of those points, for normals without seams.
    """

    coordinates: np.ndarray
    picture: bytes
    welded: np.ndarray
    welded_faces: np.ndarray

    def normals(self, vertices: np.ndarray) -> np.ndarray:
        """Return unit normals (V, 3) float32 of vertices (V, 3)."""
        points = np.zeros((int(self.welded.max()) + 1, 3), np.float32)
        points[self.welded] = vertices
        return vertex_normals(points, self.welded_faces)[self.welded]


def glb(
    body: BodyModel, *, times: np.ndarray, betas: np.ndarray | None = None, camera: bool = True,
    influences: int = 4, painting: Painting | None = None, **parameters: np.ndarray,
) -> bytes:
    """Return the file of a motion.

    Args:
        body: Whose mesh it is.
        times: (T,) seconds, rising, gaps allowed; the animation begins with the first.
        betas: (B,), of all frames.
        camera: Whether parameters are in the camera's optical frame, not in axes with y up.
        influences: Joints a vertex may follow: 4, which is all that most engines read (glTF 2.0
            specification, 3.7.3.1), or 8. Its heaviest are kept, their weights scaled to sum to 1.
        painting: A picture on the mesh. With one, the file is for importers of faces: morph
            targets have normals too, and every accessor is dense, with a view of its own.
        **parameters: As ``skinning.vertices`` takes them, T rows each.

    Raises:
        KinesicsError: They do not fit each other.
    """
    motion = world_motion(body, parameters, times, betas=betas, camera=camera)
    expression = np.asarray(parameters.get("expression", np.zeros((len(times), 0))), np.float32)
    targets = body.expression_directions[..., : expression.shape[1]]
    vertices = body.template
    if betas is not None:
        coefficients = np.asarray(betas, np.float32).ravel()
        vertices = vertices + body.shape_directions[..., : len(coefficients)] @ coefficients
    file = GltfFile()
    normals = (vertex_normals(vertices, body.faces) if painting is None
               else painting.normals(vertices))
    mesh = _mesh(file, body, vertices, normals, influences)
    if targets.shape[2]:
        mesh |= _targets(file, mesh["primitives"][0], vertices, targets, painting)
    skin = _skin(file, motion.rest)
    nodes = _skeleton(body, motion)
    nodes.append({"name": "body", "mesh": 0, "skin": 0})
    animation = _animation(file, motion, expression, nodes)
    document = {
        "asset": {"version": "2.0", "generator": "kinesics",
                  "extras": {"influences": influences}},
        "scene": 0,
        "scenes": [{"nodes": [0, len(nodes) - 1]}],
        "nodes": nodes,
        "meshes": [mesh],
        "skins": [skin],
        "materials": [_SKIN],
        "animations": [animation],
    }  # fmt: skip
    if painting is not None:
        document |= _painted(file, mesh["primitives"][0], painting)
    return file.glb(document)


def influences_of(path: Path) -> int | None:
    """Return the ``influences`` that a file of ours was written with; None if it does not say."""
    with suppress(OSError, ValueError, KeyError, TypeError, struct.error), path.open("rb") as file:
        _, _, _, length, _ = struct.unpack("<4sIII4s", file.read(20))
        return int(json.loads(file.read(length))["asset"]["extras"]["influences"])
    return None


def heaviest(weights: np.ndarray, influences: int) -> tuple[np.ndarray, np.ndarray]:
    """Keep the heaviest joints of each vertex.

    Args:
        weights: (V, J) of skinning.
        influences: How many to keep.

    Returns:
        (V, influences) uint8 joints, the heaviest first, and their float32 weights, which sum to
        1. Where a weight is zero so is the joint.
    """
    joints = np.argsort(-weights, axis=1, kind="stable")[:, :influences]
    kept = np.maximum(np.take_along_axis(weights, joints, axis=1), 0.0)
    kept = (kept / kept.sum(1, keepdims=True)).astype(np.float32)
    return np.where(kept > 0, joints, 0).astype(np.uint8), kept


def _mesh(
    file: GltfFile, body: BodyModel, vertices: np.ndarray, normals: np.ndarray, influences: int
) -> dict[str, Any]:
    """Describe the mesh without its morph targets.

    Args:
        file: Gets its arrays.
        body: Faces, weights and joints.
        vertices: (V, 3) metres, of the shape in T-pose.
        normals: (V, 3) of unit length.
        influences: Joints a vertex may follow.
    """
    size = np.uint16 if len(vertices) < 2**16 else np.uint32
    attributes = {
        "POSITION": file.accessor(vertices.astype(np.float32), ARRAY_BUFFER, bounds=True),
        "NORMAL": file.accessor(normals, ARRAY_BUFFER),
    }
    joints, weights = heaviest(body.weights, influences)
    for group in range(2 if weights[:, 4:].any() else 1):
        four = slice(4 * group, 4 * group + 4)
        for name, values in (("JOINTS", joints), ("WEIGHTS", weights)):
            attributes[f"{name}_{group}"] = file.accessor(
                np.ascontiguousarray(values[:, four]), ARRAY_BUFFER)
    return {"name": "body", "primitives": [{
        "attributes": attributes, "material": 0,
        "indices": file.accessor(body.faces.astype(size).ravel(), ELEMENT_ARRAY_BUFFER),
    }]}


def _targets(
    file: GltfFile, primitive: dict[str, Any], vertices: np.ndarray, targets: np.ndarray,
    painting: Painting | None,
) -> dict[str, Any]:
    """Add the morph targets to the mesh's primitive; return what the mesh says of them.

    Args:
        file: Gets their arrays.
        primitive: Of the mesh.
        vertices: (V, 3) metres, of the shape in T-pose.
        targets: (V, 3, E) metres, displacements of the expressions.
        painting: See ``glb``.
    """
    count = targets.shape[2]
    if painting is None:
        primitive["targets"] = [{"POSITION": file.displacement(targets[..., index])}
                                for index in range(count)]  # fmt: skip
    else:
        rest = painting.normals(vertices)
        primitive["targets"] = [{
            "POSITION": file.accessor(
                np.ascontiguousarray(targets[..., index], np.float32), ARRAY_BUFFER, bounds=True),
            "NORMAL": file.accessor(
                painting.normals(vertices + targets[..., index]) - rest, ARRAY_BUFFER),
        } for index in range(count)]  # fmt: skip
    ours = count == len(ARKIT_BLENDSHAPES)
    names = ARKIT_BLENDSHAPES if ours else [f"expression_{i}" for i in range(count)]
    return {"weights": [0.0] * count, "extras": {"targetNames": list(names)}}


def _painted(
    file: GltfFile, primitive: dict[str, Any], painting: Painting
) -> dict[str, Any]:
    """Put the picture on the mesh's primitive; return its parts of the document."""
    primitive["attributes"]["TEXCOORD_0"] = file.accessor(
        np.ascontiguousarray(painting.coordinates, np.float32), ARRAY_BUFFER)
    return {
        "images": [{"name": "skin", "mimeType": "image/png",
                    "bufferView": file.picture(painting.picture)}],
        "samplers": [{"magFilter": 9729, "minFilter": 9987, "wrapS": 33071, "wrapT": 33071}],
        "textures": [{"source": 0, "sampler": 0}],
        "materials": [{
            "name": "skin", "doubleSided": True,
            "pbrMetallicRoughness": {"baseColorTexture": {"index": 0}, "metallicFactor": 0.0,
                                     "roughnessFactor": 0.6}}],
    }  # fmt: skip


def _skin(file: GltfFile, rest: np.ndarray) -> dict[str, Any]:
    """Describe the joints by their places (J, 3) at rest, metres."""
    inverse = np.tile(np.eye(4, dtype=np.float32), (len(rest), 1, 1))
    inverse[:, 3, :3] = -rest  # glTF's matrices lie column by column
    return {"name": "skeleton", "joints": list(range(len(rest))), "skeleton": 0,
            "inverseBindMatrices": file.accessor(inverse)}  # fmt: skip


def _skeleton(body: BodyModel, motion: WorldMotion) -> list[dict[str, Any]]:
    """Return a node for each joint, as it stands in the first frame."""
    nodes: list[dict[str, Any]] = []
    for joint, name in enumerate(body.joint_names):
        node: dict[str, Any] = {
            "name": name,
            "translation": motion.offsets[0, joint].astype(float).tolist(),
            "rotation": motion.rotations[0, joint].tolist(),
        }
        if children := np.flatnonzero(body.parents == joint).tolist():
            node["children"] = children
        nodes.append(node)
    return nodes


def _animation(
    file: GltfFile, motion: WorldMotion, expression: np.ndarray, nodes: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Describe the channels of what moves; ``expression`` is (T, E)."""
    samplers: list[dict[str, Any]] = []
    channels: list[dict[str, Any]] = []
    seconds = motion.times.astype(np.float32)
    # Times that 32 bits do not tell apart, as of a bag whose stamps doubled, are one key frame.
    rises = np.concatenate([[True], np.diff(seconds) > 0])
    times = file.accessor(seconds[rises], bounds=True)

    def channel(node: int, path: str, values: np.ndarray) -> None:
        channels.append({"sampler": len(samplers), "target": {"node": node, "path": path}})
        rows = np.ascontiguousarray(values[rises], np.float32)
        samplers.append({
            "input": times, "interpolation": "LINEAR",
            "output": file.accessor(rows.ravel() if path == "weights" else rows)})

    for joint in range(motion.rotations.shape[1]):
        for path, values, still in (("rotation", motion.rotations[:, joint], 1e-7),
                                    ("translation", motion.offsets[:, joint], 1e-6)):
            # The root is there in any case: an animation without channels would be no glTF.
            if joint == 0 or np.abs(values - values[:1]).max() > still:
                channel(joint, path, values)
    if expression.shape[1]:
        channel(len(nodes) - 1, "weights", expression)
    return {"name": "motion", "samplers": samplers, "channels": channels}
