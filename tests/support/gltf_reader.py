"""Readers of binary glTF that share nothing with the writer: pygltflib and Khronos' validator."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest


class Gltf:
    """Reads a .glb with pygltflib and poses it by the rules of the glTF 2.0 specification."""

    def __init__(self, content):
        self.file = pytest.importorskip("pygltflib").GLTF2.load_from_bytes(content)
        self.binary = self.file.binary_blob()

    def _values(self, view, offset, kind, shape):
        view = self.file.bufferViews[view]
        kind = {5121: "u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}[kind]
        return np.frombuffer(self.binary, kind, int(np.prod(shape)),
                             view.byteOffset + (offset or 0)).reshape(shape)

    def array(self, index):
        accessor = self.file.accessors[index]
        width = {"SCALAR": (), "VEC2": (2,), "VEC3": (3,), "VEC4": (4,), "MAT4": (4, 4)}[
            accessor.type]
        shape = (accessor.count, *width)
        if accessor.bufferView is None:
            values = np.zeros(shape, np.float32)
        else:
            values = self._values(accessor.bufferView, accessor.byteOffset,
                                  accessor.componentType, shape)
        if accessor.sparse is not None:
            sparse = accessor.sparse
            values = values.copy()
            indices = self._values(sparse.indices.bufferView, 0, sparse.indices.componentType,
                                   (sparse.count,))
            assert (np.diff(indices.astype(int)) > 0).all()
            values[indices] = self._values(sparse.values.bufferView, 0, 5126,
                                           (sparse.count, *width))
        if accessor.min:
            np.testing.assert_allclose(values.min(0), np.squeeze(accessor.min), rtol=1e-6)
            np.testing.assert_allclose(values.max(0), np.squeeze(accessor.max), rtol=1e-6)
        return values

    def vertices(self, frame):
        nodes = [{"translation": node.translation or [0, 0, 0],
                  "rotation": node.rotation or [0, 0, 0, 1]} for node in self.file.nodes]
        primitive = self.file.meshes[0].primitives[0]
        weights = self.file.meshes[0].weights
        for channel in self.file.animations[0].channels:
            sampler = self.file.animations[0].samplers[channel.sampler]
            values = self.array(sampler.output)
            if channel.target.path == "weights":
                weights = values.reshape(len(self.array(sampler.input)), -1)[frame]
            else:
                nodes[channel.target.node][channel.target.path] = values[frame]
        at = self.array(primitive.attributes.POSITION).astype(np.float64)
        for weight, target in zip(weights, primitive.targets, strict=True):
            at = at + weight * self.array(target["POSITION"])
        matrices = [np.eye(4) for _ in nodes]

        def place(index, above):
            matrix = np.eye(4)
            x, y, z, w = nodes[index]["rotation"]
            matrix[:3, :3] = [
                [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]]
            matrix[:3, 3] = nodes[index]["translation"]
            matrices[index] = above @ matrix
            for child in self.file.nodes[index].children or []:
                place(child, matrices[index])

        for root in self.file.scenes[0].nodes:
            place(root, np.eye(4))
        skin = self.file.skins[0]
        inverse = self.array(skin.inverseBindMatrices).transpose(0, 2, 1)
        joints = np.stack([matrices[joint] @ bind
                           for joint, bind in zip(skin.joints, inverse, strict=True)])
        attributes = primitive.attributes
        blended = np.zeros((len(at), 4, 4))
        for group in (0, 1):
            if (which := getattr(attributes, f"JOINTS_{group}", None)) is not None:
                shares = self.array(getattr(attributes, f"WEIGHTS_{group}"))
                blended += np.einsum("vk,vkab->vab", shares, joints[self.array(which)])
        return np.einsum("vab,vb->va", blended[:, :3, :3], at) + blended[:, :3, 3]


def khronos_validator(folder: Path) -> Callable[[bytes], dict]:
    """Return the Khronos validator, fetched into a folder by npm; skip where that is not to be."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("npm or node is not installed")
    (folder / "package.json").write_text("{}")
    package = "gltf-validator@2.0.0-dev.3.10"
    fetched = subprocess.run(
        [npm, "install", package, "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder,
        capture_output=True, timeout=120)
    if fetched.returncode:
        pytest.skip(f"npm cannot fetch {package}")
    script = folder / "validate.js"
    script.write_text("""
        const bytes = new Uint8Array(require("fs").readFileSync(process.argv[2]));
        require("gltf-validator").validateBytes(bytes, {maxIssues: 0}).then(
            report => console.log(JSON.stringify(report)));
    """)

    def validate(content):
        path = folder / "motion.glb"
        path.write_bytes(content)
        told = subprocess.run([node, script, path], capture_output=True, check=True, timeout=120)
        return json.loads(told.stdout)

    return validate
