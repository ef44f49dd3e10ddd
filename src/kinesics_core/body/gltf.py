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
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core.body.model import BodyModel
from kinesics_core.body.surface import vertex_normals
from kinesics_core.body.world_motion import WorldMotion, world_motion
from kinesics_core.skeletons import ARKIT_BLENDSHAPES

_TYPES = {np.dtype(np.uint8): 5121, np.dtype(np.uint16): 5123, np.dtype(np.uint32): 5125,
          np.dtype(np.float32): 5126}  # fmt: skip
_SHAPES = {(): "SCALAR", (2,): "VEC2", (3,): "VEC3", (4,): "VEC4", (4, 4): "MAT4"}
_ARRAY_BUFFER, _ELEMENT_ARRAY_BUFFER = 34962, 34963

_STILL = 5e-6  # metres; what an expression moves less is left out


def glb(
    body: BodyModel, *, times: np.ndarray, betas: np.ndarray | None = None, camera: bool = True,
    influences: int = 4, **parameters: np.ndarray,
) -> bytes:
    """Return the file of a motion.

    Args:
        body: Whose mesh it is.
        times: (T,) seconds, rising, gaps allowed; the animation begins with the first.
        betas: (B,), of all frames.
        camera: Whether parameters are in the camera's optical frame, not in axes with y up.
        influences: Joints a vertex may follow: 4, which is all that most engines read (glTF 2.0
            specification, 3.7.3.1), or 8. Its heaviest are kept, their weights scaled to sum to 1.
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
    file = _File()
    mesh = _mesh(file, body, vertices, targets, influences)
    skin = _skin(file, motion.rest)
    nodes = _skeleton(body, motion)
    nodes.append({"name": "body", "mesh": 0, "skin": 0})
    animation = _animation(file, motion, expression, nodes)
    return file.glb({
        "asset": {"version": "2.0", "generator": "kinesics",
                  "extras": {"influences": influences}},
        "scene": 0,
        "scenes": [{"nodes": [0, len(nodes) - 1]}],
        "nodes": nodes,
        "meshes": [mesh],
        "skins": [skin],
        "materials": [{
            "name": "skin", "doubleSided": True,
            "pbrMetallicRoughness": {
                "baseColorFactor": [0.80, 0.62, 0.52, 1.0], "metallicFactor": 0.0,
                "roughnessFactor": 0.7},
        }],
        "animations": [animation],
    })  # fmt: skip


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
    file: _File, body: BodyModel, vertices: np.ndarray, targets: np.ndarray, influences: int
) -> dict[str, Any]:
    """Describe the mesh.

    Args:
        file: Gets its arrays.
        body: Faces, weights and joints.
        vertices: (V, 3) metres, of the shape in T-pose.
        targets: (V, 3, E) metres, displacements of the expressions.
        influences: Joints a vertex may follow.
    """
    size = np.uint16 if len(vertices) < 2**16 else np.uint32
    attributes = {
        "POSITION": file.accessor(vertices.astype(np.float32), _ARRAY_BUFFER, bounds=True),
        "NORMAL": file.accessor(vertex_normals(vertices, body.faces), _ARRAY_BUFFER),
    }
    joints, weights = heaviest(body.weights, influences)
    for group in range(2 if weights[:, 4:].any() else 1):
        four = slice(4 * group, 4 * group + 4)
        for name, values in (("JOINTS", joints), ("WEIGHTS", weights)):
            attributes[f"{name}_{group}"] = file.accessor(
                np.ascontiguousarray(values[:, four]), _ARRAY_BUFFER)
    primitive: dict[str, Any] = {
        "attributes": attributes, "material": 0,
        "indices": file.accessor(body.faces.astype(size).ravel(), _ELEMENT_ARRAY_BUFFER),
    }
    mesh: dict[str, Any] = {"name": "body", "primitives": [primitive]}
    count = targets.shape[2]
    if count:
        primitive["targets"] = [{"POSITION": file.displacement(targets[..., index])}
                                for index in range(count)]  # fmt: skip
        ours = count == len(ARKIT_BLENDSHAPES)
        names = ARKIT_BLENDSHAPES if ours else [f"expression_{i}" for i in range(count)]
        mesh |= {"weights": [0.0] * count, "extras": {"targetNames": list(names)}}
    return mesh


def _skin(file: _File, rest: np.ndarray) -> dict[str, Any]:
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
    file: _File, motion: WorldMotion, expression: np.ndarray, nodes: Sequence[dict[str, Any]]
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


class _File:
    """The binary part of a .glb as it grows, and the views and accessors that describe it."""

    def __init__(self) -> None:
        self._content = bytearray()
        self._views: list[dict[str, int]] = []
        self._accessors: list[dict[str, Any]] = []
        self._zeros: int | None = None  # the view under all sparse displacements

    def accessor(
        self, values: np.ndarray, target: int | None = None, bounds: bool = False
    ) -> int:
        """Add an array (count, ...) and return the index of its accessor."""
        described: dict[str, Any] = {
            "bufferView": self._view(values, target), "componentType": _TYPES[values.dtype],
            "count": len(values), "type": _SHAPES[values.shape[1:]],
        }
        return self._add(described, values if bounds else None)

    def displacement(self, values: np.ndarray) -> int:
        """Add the displacements (V, 3) of a morph target, sparse if that is the smaller."""
        values = np.ascontiguousarray(values, np.float32)
        moved = np.flatnonzero(np.abs(values).max(axis=1) > _STILL)
        if 4 * len(moved) > 3 * len(values):
            return self.accessor(values, _ARRAY_BUFFER, bounds=True)
        kept = np.zeros_like(values)
        kept[moved] = values[moved]
        if self._zeros is None:  # not every reader takes a sparse accessor that has no view
            self._zeros = self._view(np.zeros_like(values), _ARRAY_BUFFER)
            self._views[-1]["byteStride"] = 12  # as accessors that share a view must have it
        described: dict[str, Any] = {"bufferView": self._zeros, "componentType": 5126,
                                     "count": len(values), "type": "VEC3"}
        if len(moved):
            indices = moved.astype(np.uint16 if len(values) < 2**16 else np.uint32)
            described["sparse"] = {
                "count": len(moved),
                "indices": {"bufferView": self._view(indices),
                            "componentType": _TYPES[indices.dtype]},
                "values": {"bufferView": self._view(values[moved])},
            }
        return self._add(described, kept)

    def _add(self, described: dict[str, Any], bounded: np.ndarray | None) -> int:
        """Append an accessor, with the bounds of some values if wanted, and return its index."""
        if bounded is not None:
            for name, values in (("min", bounded.min(0)), ("max", bounded.max(0))):
                described[name] = np.atleast_1d(values).astype(float).tolist()
        self._accessors.append(described)
        return len(self._accessors) - 1

    def _view(self, values: np.ndarray, target: int | None = None) -> int:
        content = values.tobytes()
        view = {"buffer": 0, "byteOffset": len(self._content), "byteLength": len(content)}
        self._views.append(view if target is None else view | {"target": target})
        self._content += content
        self._content += bytes(-len(self._content) % 4)
        return len(self._views) - 1

    def glb(self, document: dict[str, Any]) -> bytes:
        """Return the whole file: header, JSON, binary (glTF 2.0 specification, 4.4)."""
        document |= {"bufferViews": self._views, "accessors": self._accessors,
                     "buffers": [{"byteLength": len(self._content)}]}  # fmt: skip
        text = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
        text += b" " * (-len(text) % 4)
        size = 12 + 8 + len(text) + 8 + len(self._content)
        return b"".join([
            struct.pack("<4sII", b"glTF", 2, size),
            struct.pack("<I4s", len(text), b"JSON"), text,
            struct.pack("<I4s", len(self._content), b"BIN\0"), bytes(self._content),
        ])  # fmt: skip
