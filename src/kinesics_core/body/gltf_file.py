"""The container of binary glTF 2.0: arrays as accessors, and the file made of them."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963
"""Targets of views of vertices and of triangles."""

_TYPES = {np.dtype(np.uint8): 5121, np.dtype(np.uint16): 5123, np.dtype(np.uint32): 5125,
          np.dtype(np.float32): 5126}  # fmt: skip
_SHAPES = {(): "SCALAR", (2,): "VEC2", (3,): "VEC3", (4,): "VEC4", (4, 4): "MAT4"}

_STILL = 5e-6  # metres; what an expression moves less is left out


class GltfFile:
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

    def picture(self, content: bytes) -> int:
        """Add the bytes of a PNG or JPEG and return the index of their view."""
        return self._view(np.frombuffer(content, np.uint8))

    def displacement(self, values: np.ndarray) -> int:
        """Add the displacements (V, 3) of a morph target, sparse if that is the smaller."""
        values = np.ascontiguousarray(values, np.float32)
        moved = np.flatnonzero(np.abs(values).max(axis=1) > _STILL)
        if 4 * len(moved) > 3 * len(values):
            return self.accessor(values, ARRAY_BUFFER, bounds=True)
        kept = np.zeros_like(values)
        kept[moved] = values[moved]
        if self._zeros is None:  # not every reader takes a sparse accessor that has no view
            self._zeros = self._view(np.zeros_like(values), ARRAY_BUFFER)
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
