"""Meshes drawn without a graphics library: a z-buffer in numpy, the same picture as ``mesh_gl``.

Small triangles are many, so nothing loops over them: triangles of about the same size are tested
together against all pixels of their boxes, the nearest one of each pixel is kept, and only what is
seen is shaded. Antialiased by drawing at twice the size.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from kinesics_core.camera import project
from kinesics_core.render.geometry import FLAT, VertexArrays
from kinesics_core.render.lights import FURROW, STUDIO, Lights, lit

OVERSAMPLE = 2
BOXES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
"""Sides of the boxes triangles are sorted into, pixels; larger ones are taken one by one."""

SAMPLES_AT_ONCE = 1 << 20
NEAR = 0.05
"""Metres. Triangles with a corner nearer to the camera are not drawn."""

NEAREST = 1e-6
"""Metres. Depth that stands for what is nearer, or behind the camera."""


class SoftwareRasterizer:
    """Rasterizer of one size. Holds no resource but the last picture's depth."""

    def __init__(self, width: int, height: int, lights: Lights = STUDIO) -> None:
        self._lights = lights
        self._width, self._height = width, height
        self._inverse_depth = np.zeros((0, 0), np.float32)

    def draw(self, arrays: VertexArrays, focal: float, centre: np.ndarray) -> np.ndarray:
        """Draw meshes through a pinhole camera; see ``mesh_gl.GlRasterizer.draw``."""
        positions = arrays.positions
        width, height = OVERSAMPLE * self._width, OVERSAMPLE * self._height
        pixels = OVERSAMPLE * project(positions, focal, centre, nearest=NEAREST)
        inverse = (1.0 / np.maximum(positions[:, 2], NEAREST)).astype(np.float32)
        seen = positions[arrays.faces, 2].min(1) > NEAR
        winner, faces = _nearest(pixels, inverse, arrays.faces[seen], width, height)
        canvas = np.zeros((height, width, 4), np.float32)
        self._inverse_depth = np.zeros((height, width), np.float32)
        where = np.nonzero(winner >= 0)
        if len(where[0]):
            corners = faces[winner[where]]
            weights = _barycentric(pixels[corners], where[1] + 0.5, where[0] + 0.5)
            weights *= inverse[corners]
            depth = weights.sum(1)
            self._inverse_depth[where] = depth
            weights /= depth[:, None]

            x, y = (where[1] + 0.5) / OVERSAMPLE, (where[0] + 0.5) / OVERSAMPLE
            eye = np.column_stack([(centre[0] - x) / focal, (centre[1] - y) / focal,
                                   np.full(len(x), -1.0)]).astype(np.float32)
            shaded = np.ones((len(corners), 4), np.float32)
            shaded[:, :3] = self._shaded(arrays, corners, weights, eye)
            canvas[where] = shaded
        small = cv2.resize(canvas, (self._width, self._height), interpolation=cv2.INTER_AREA)
        return np.round(small * 255.0).astype(np.uint8)

    def _shaded(
        self, arrays: VertexArrays, corners: np.ndarray, weights: np.ndarray, eye: np.ndarray
    ) -> np.ndarray:
        """Return the colours (N, 3), 0..1, of points.

        Args:
            arrays: All meshes.
            corners: (N, 3) vertices of the triangle that each point lies in.
            weights: (N, 3) of the corners.
            eye: (N, 3) towards the camera, any length.
        """
        texture, crease_map = arrays.texture, arrays.crease_map
        parts = [arrays.normals, arrays.paint if texture is None else arrays.paint[:, :2]]
        if crease_map is not None and arrays.creases is not None:
            parts.append(arrays.creases[:, None])
        # All at once: what takes the time is to gather the corners.
        values = np.concatenate(parts, 1, dtype=np.float32)
        mixed = weights[:, :1] * values[corners[:, 0]]
        for k in (1, 2):
            mixed += weights[:, k:k + 1] * values[corners[:, k]]
        normal, color = mixed[:, :3], mixed[:, 3:]
        for vectors in (normal, eye):
            vectors /= np.sqrt(np.einsum("nc,nc->n", vectors, vectors))[:, None] + 1e-9
        if texture is not None:
            places, color = color, _sample(texture, color)
            if crease_map is not None:
                relief = (_sample(crease_map, places)[:, :1] - FLAT) / 127.0
                color[:, :3] *= 1.0 + places[:, 2:3] * relief * FURROW
        return lit(color[:, :3] / 255.0, color[:, 3] / 255.0, normal, eye, self._lights)

    def depth(self) -> np.ndarray:
        """Return the depth of the last picture; see ``mesh_gl.GlRasterizer.depth``."""
        blocks = self._inverse_depth.reshape(
            self._height, OVERSAMPLE, self._width, OVERSAMPLE).swapaxes(1, 2)
        # The second nearest sample of four: at least half of the pixel is covered.
        samples = blocks.reshape(self._height, self._width, OVERSAMPLE**2)
        nearest = np.sort(samples, axis=-1)[..., -(OVERSAMPLE**2) // 2]
        with np.errstate(divide="ignore"):
            return 1.0 / nearest

    def release(self) -> None:
        """Forget the last picture's depth."""
        self._inverse_depth = np.zeros((0, 0), np.float32)


def _nearest(
    pixels: np.ndarray, inverse: np.ndarray, faces: np.ndarray, width: int, height: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return (height, width) indices of the nearest triangles, -1 for none, and those triangles.

    The second result, (F', 3), are the triangles that face the camera, have an area and lie in the
    picture; the indices are into it.
    """
    a, b, c = (pixels[faces[:, k]] for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    low = np.ceil(np.minimum(np.minimum(a, b), c) - 0.5)
    high = np.floor(np.maximum(np.maximum(a, b), c) - 0.5)
    low, high = np.maximum(low, 0), np.minimum(high, (width - 1, height - 1))
    # The middle of at least one pixel may lie inside.
    kept = (area < 0) & (low <= high).all(1)
    faces, area = faces[kept], area[kept]
    low = low[kept].astype(np.int64)
    sides = high[kept].astype(np.int64) - low + 1
    corners = pixels[faces]
    # Inside, all three of these grow from 0 at an edge to 1 at the opposite corner.
    turned = corners[:, [1, 2, 0]] - corners[:, [2, 0, 1]]
    slope = np.stack([turned[..., 1], -turned[..., 0]], -1) / area[:, None, None]
    offset = -np.einsum("nki,nki->nk", slope, corners[:, [1, 2, 0]])
    # 1/z is linear in the picture, z is not.
    steepness = np.einsum("nki,nk->ni", slope, inverse[faces])
    constant = np.einsum("nk,nk->n", offset, inverse[faces])

    # Positive floats sort as their bits do: depth above, triangle below, in one integer.
    buffer = np.full(width * height, -1, np.int64)
    for chosen, rows, columns in _boxes(sides):
        x = low[chosen, 0, None] + columns
        y = low[chosen, 1, None] + rows
        inside = (columns < sides[chosen, 0, None]) & (rows < sides[chosen, 1, None])
        for k in range(3):
            inside &= (slope[chosen, k, 0, None] * (x + 0.5) + slope[chosen, k, 1, None]
                       * (y + 0.5) + offset[chosen, k, None]) >= 0
        which, sample = np.nonzero(inside)
        triangle = chosen[which]
        x, y = x[which, sample], y[which, sample]
        nearness = (steepness[triangle, 0] * (x + 0.5) + steepness[triangle, 1] * (y + 0.5)
                    + constant[triangle])
        bits = np.maximum(nearness, 0).astype(np.float32).view(np.int32).astype(np.int64)
        np.maximum.at(buffer, y * width + x, bits << 32 | triangle)
    winner = np.where(buffer < 0, -1, buffer & 0xFFFFFFFF)
    return winner.reshape(height, width), faces


def _boxes(sides: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield triangles (n,) that share a box, and the rows and columns (k,) of its pixels."""
    longest = sides.max(1, initial=0)
    low = 0
    for side in BOXES:
        members = np.nonzero((longest > low) & (longest <= side))[0]
        low = side
        rows, columns = (part.ravel() for part in np.mgrid[:side, :side])
        step = max(SAMPLES_AT_ONCE // side**2, 1)
        for start in range(0, len(members), step):
            yield members[start:start + step], rows, columns
    for member in np.nonzero(longest > low)[0]:
        wide, high = sides[member]
        rows, columns = (part.ravel() for part in np.mgrid[:high, :wide])
        yield np.array([member]), rows, columns


def _barycentric(corners: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return weights (N, 3) of the corners (N, 3, 2) at the points x, y (N,)."""
    a, b, c = (corners[:, k] for k in range(3))
    point = np.stack([x, y], -1)

    def cross(p: np.ndarray, q: np.ndarray) -> np.ndarray:
        return p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]

    area = cross(b - a, c - a)
    second, third = cross(point - a, c - a) / area, cross(b - a, point - a) / area
    return np.stack([1 - second - third, second, third], -1).astype(np.float32)


def _sample(texture: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """Return (N, channels) float32 of a picture at uv (N, 2) 0..1, interpolated linearly."""
    height, width = texture.shape[:2]
    # OpenCV's pictures end at 32767 columns; fold the points into a rectangle.
    columns = 1024
    padded = np.zeros((-(-len(uv) // columns) * columns, 2), np.float32)
    padded[:len(uv)] = uv[:, :2] * (width, height) - 0.5
    grid = padded.reshape(-1, columns, 2)
    colors = cv2.remap(texture, grid[..., 0], grid[..., 1], cv2.INTER_LINEAR,
                       borderMode=cv2.BORDER_REPLICATE)
    channels = colors.reshape(len(padded), -1)
    return channels[:len(uv)].astype(np.float32)
