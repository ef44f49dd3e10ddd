"""Light on meshes: one studio setup, as a GLSL function and the same in numpy.

A soft key light from the upper left behind the camera, a cool fill from the right, sky over
ground as the ambient light, and a rim that lifts the outline off the background. Directions are in
optical axes (x right, y down, z away). Colours are squared before lighting and rooted after it: a
gamma of two, so that shadows fall off as they do in a photograph.
"""

from __future__ import annotations

import numpy as np


def _unit(*direction: float) -> np.ndarray:
    vector = np.array(direction, np.float32)
    return vector / np.linalg.norm(vector)


KEY, FILL = _unit(-0.50, -0.62, -0.72), _unit(0.85, -0.10, -0.55)
HALF = _unit(*(KEY + (0.0, 0.0, -1.0)))
"""Between the key light and the viewer: a surface that faces it shows the highlight."""

KEY_COLOR = np.array([0.92, 0.88, 0.82], np.float32)
FILL_COLOR = np.array([0.14, 0.16, 0.19], np.float32)
SKY_COLOR = np.array([0.25, 0.27, 0.30], np.float32)
GROUND_COLOR = np.array([0.11, 0.095, 0.09], np.float32)
RIM_COLOR = np.array([0.08, 0.09, 0.105], np.float32)
WRAP = 0.22
"""Reach of the key light around the surface, 0 a hard edge, 1 everywhere."""

SHININESS = 32.0


def _vec(values: np.ndarray) -> str:
    return f"vec3({', '.join(f'{value:.6f}' for value in values)})"


GLSL = f"""
vec3 lit(vec3 color, float gloss, vec3 normal, vec3 eye) {{
    float key = max((dot(normal, {_vec(KEY)}) + {WRAP:.6f}) / {1 + WRAP:.6f}, 0.0);
    float fill = max(dot(normal, {_vec(FILL)}), 0.0);
    vec3 light = mix({_vec(GROUND_COLOR)}, {_vec(SKY_COLOR)}, 0.5 - 0.5 * normal.y)
        + key * {_vec(KEY_COLOR)} + fill * {_vec(FILL_COLOR)};
    float edge = 1.0 - max(dot(normal, eye), 0.0);
    float shine = gloss * pow(max(dot(normal, {_vec(HALF)}), 0.0), {SHININESS:.1f});
    vec3 linear = color * color * light + edge * edge * edge * {_vec(RIM_COLOR)} + vec3(shine);
    return sqrt(min(linear, vec3(1.0)));
}}
"""
"""``lit(color, gloss, normal, eye)``: colours 0..1; normal and the direction to the eye are unit
vectors in optical axes."""


def lit(color: np.ndarray, gloss: np.ndarray, normal: np.ndarray, eye: np.ndarray) -> np.ndarray:
    """Return the colour that the eye sees; the same function as ``GLSL``.

    Args:
        color: (N, 3) 0..1, of the surface.
        gloss: (N,) 0..1.
        normal: (N, 3) unit vectors, optical axes.
        eye: (N, 3) unit vectors towards the eye.

    Returns:
        (N, 3) 0..1.
    """
    key = np.maximum((normal @ KEY + WRAP) / (1 + WRAP), 0.0)
    fill = np.maximum(normal @ FILL, 0.0)
    up = (0.5 - 0.5 * normal[:, 1])[:, None]
    light = GROUND_COLOR + up * (SKY_COLOR - GROUND_COLOR)
    light += key[:, None] * KEY_COLOR
    light += fill[:, None] * FILL_COLOR
    edge = 1.0 - np.maximum(np.einsum("ij,ij->i", normal, eye), 0.0)
    shine = gloss * np.maximum(normal @ HALF, 0.0) ** SHININESS
    linear = color * color * light
    linear += (edge**3)[:, None] * RIM_COLOR
    linear += shine[:, None]
    return np.sqrt(np.minimum(linear, 1.0))
