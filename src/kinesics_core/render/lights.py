"""Light on meshes: a studio's setups, as a GLSL function and the same in numpy.

A soft key light from the upper left behind the camera, a cool fill from the right, sky over
ground as the ambient light, and a rim that lifts the outline off the background. Directions are in
optical axes (x right, y down, z away). Colours are squared before lighting and rooted after it: a
gamma of two, so that shadows fall off as they do in a photograph.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Lights:
    """One setup.

    Attributes:
        key: Direction to the key light, any length.
        fill: Direction to the fill light, any length.
        key_color: Linear RGB, 1 is a white surface's full white.
        fill_color: Likewise.
        sky_color: Of the ambient light from above.
        ground_color: Of the ambient light from below.
        rim_color: Of what grazes the outline.
    """

    key: Vector = (-0.50, -0.62, -0.72)
    fill: Vector = (0.85, -0.10, -0.55)
    key_color: Vector = (0.92, 0.88, 0.82)
    fill_color: Vector = (0.14, 0.16, 0.19)
    sky_color: Vector = (0.25, 0.27, 0.30)
    ground_color: Vector = (0.11, 0.095, 0.09)
    rim_color: Vector = (0.08, 0.09, 0.105)


STUDIO = Lights()
"""The setup of everything that names none."""

SETUPS = {
    "studio": STUDIO,
    "front": Lights(key=(-0.1, -0.35, -0.9), fill=(0.5, 0.2, -0.8), key_color=(0.78, 0.77, 0.75)),
    "window": Lights(key=(0.9, -0.25, -0.5), fill=(-0.8, -0.2, -0.6),
                     key_color=(0.95, 0.97, 1.0), fill_color=(0.12, 0.11, 0.10)),
    "lamp": Lights(key=(-0.35, -0.85, -0.45), key_color=(1.05, 0.88, 0.68),
                   fill_color=(0.16, 0.14, 0.12), sky_color=(0.20, 0.19, 0.18)),
    "overcast": Lights(key=(0.1, -0.9, -0.4), key_color=(0.40, 0.42, 0.45),
                       sky_color=(0.52, 0.54, 0.58), ground_color=(0.26, 0.25, 0.24)),
}
"""Setups by name, for pictures that shall not all be lit alike."""

WRAP = 0.22
"""Reach of the key light around the surface, 0 a hard edge, 1 everywhere."""

SHININESS = 5, 7
"""Exponents of the highlight as powers of two: of skin and cloth (32), and of what is fully glossy
(128): the eyes."""

CORNEA = 1.55
"""Curvature of the cornea beside the eyeball's: the catchlight lies on the iris."""

OPEN = 64.0
"""Factor on the gloss that gives the rim's share: nothing grazes what is inside of a mouth, which
has no gloss at all."""

FURROW = np.array([0.24, 0.33, 0.36], np.float32)
"""Share of each colour that a furrow takes away: what light is left in a fold is red."""


def _unit(direction: Vector | np.ndarray) -> np.ndarray:
    vector = np.array(direction, np.float32)
    return vector / np.linalg.norm(vector)


def _half(lights: Lights) -> np.ndarray:
    """Between the key light and the viewer: a surface that faces it shows the highlight."""
    return _unit(_unit(lights.key) + np.array((0.0, 0.0, -1.0), np.float32))


def _vec(values: np.ndarray | Vector) -> str:
    return f"vec3({', '.join(f'{value:.6f}' for value in values)})"


def glsl(lights: Lights = STUDIO) -> str:
    """Return the GLSL function ``lit(color, gloss, normal, eye)``.

    Colours are 0..1; normal and the direction to the eye are unit vectors in optical axes.
    """
    return f"""
vec3 lit(vec3 color, float gloss, vec3 normal, vec3 eye) {{
    float key = max((dot(normal, {_vec(_unit(lights.key))}) + {WRAP:.6f}) / {1 + WRAP:.6f}, 0.0);
    float fill = max(dot(normal, {_vec(_unit(lights.fill))}), 0.0);
    vec3 light = mix({_vec(lights.ground_color)}, {_vec(lights.sky_color)}, 0.5 - 0.5 * normal.y)
        + key * {_vec(lights.key_color)} + fill * {_vec(lights.fill_color)};
    float edge = 1.0 - max(dot(normal, eye), 0.0);
    float wet = step(0.9, gloss);
    vec3 curved = normalize(normal * vec3(1.0 + {CORNEA - 1:.3f} * vec2(wet), 1.0));
    float shine = max(dot(curved, {_vec(_half(lights))}), 0.0);
    for (int i = 0; i < {SHININESS[0]}; i++) shine *= shine;
    if (wet > 0.0) for (int i = {SHININESS[0]}; i < {SHININESS[1]}; i++) shine *= shine;
    shine *= gloss;
    vec3 linear = color * color * light + vec3(shine)
        + min(gloss * {OPEN:.1f}, 1.0) * edge * edge * edge * {_vec(lights.rim_color)};
    return sqrt(min(linear, vec3(1.0)));
}}
"""


def lit(
    color: np.ndarray, gloss: np.ndarray, normal: np.ndarray, eye: np.ndarray,
    lights: Lights = STUDIO,
) -> np.ndarray:
    """Return the colour that the eye sees; the same function as ``glsl`` writes.

    Args:
        color: (N, 3) 0..1, of the surface.
        gloss: (N,) 0..1.
        normal: (N, 3) unit vectors, optical axes.
        eye: (N, 3) unit vectors towards the eye.
        lights: The setup.

    Returns:
        (N, 3) 0..1.
    """
    key_color, fill_color, sky, ground, rim = (np.array(values, np.float32) for values in (
        lights.key_color, lights.fill_color, lights.sky_color, lights.ground_color,
        lights.rim_color))
    key = np.maximum((normal @ _unit(lights.key) + WRAP) / (1 + WRAP), 0.0)
    fill = np.maximum(normal @ _unit(lights.fill), 0.0)
    up = (0.5 - 0.5 * normal[:, 1])[:, None]
    light = ground + up * (sky - ground)
    light += key[:, None] * key_color
    light += fill[:, None] * fill_color
    edge = 1.0 - np.maximum(np.einsum("ij,ij->i", normal, eye), 0.0)
    wet = gloss > 0.9
    curved = np.where(wet[:, None], normal * np.array((CORNEA, CORNEA, 1.0), np.float32), normal)
    curved /= np.linalg.norm(curved, axis=1, keepdims=True) + 1e-9
    shine = gloss * np.maximum(curved @ _half(lights), 0.0) ** np.where(
        wet, np.float32(2 ** SHININESS[1]), np.float32(2 ** SHININESS[0]))
    linear = color * color * light
    linear += (np.minimum(gloss * OPEN, 1.0) * edge**3)[:, None] * rim
    linear += shine[:, None]
    return np.sqrt(np.minimum(linear, 1.0))
