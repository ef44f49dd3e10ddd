"""Shape components of a population: stature first, then the principal components of the rest.

Stature carries nearly all of the variance of T-posed bodies, and a plain PCA spends its first
component on it and mixes it into others. Here component 0 is the regression of the whole body on
stature (taller bodies also get the proportions of tall people); what it leaves is free of stature,
and components 1.. are its PCA, each vertex weighted by its share of the skin, since half of the
mesh's vertices are face and hands. All are uncorrelated in the population and one unit of each is
one standard deviation, so the population is a standard normal in them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.open_body.rig import Rest

COMPONENTS = 10


@dataclass(frozen=True, slots=True)
class Shape:
    """A population's mean body and components.

    Attributes:
        vertices: (V,3) metres, the mean body's.
        joints: (55,3) metres, the mean body's.
        directions: (10,V,3) metres for one standard deviation.
        joint_directions: (10,55,3), the same of the joints.
        stature: Mean and standard deviation, m.
    """

    vertices: np.ndarray
    joints: np.ndarray
    directions: np.ndarray
    joint_directions: np.ndarray
    stature: tuple[float, float]


def components(rest: Rest, areas: np.ndarray, mirror: np.ndarray, joint_mirror: np.ndarray
               ) -> Shape:
    """Compute mean and components of a population.

    Args:
        rest: Its bodies.
        areas: (V,), share of the skin of each vertex.
        mirror: (V,) index of each vertex's mirror image.
        joint_mirror: (55,) the same of joints.
    """
    count, vertices = rest.vertices.shape[:2]
    stature = np.ptp(rest.vertices[..., 1], axis=1)
    everything = np.concatenate([rest.vertices, rest.joints], axis=1).reshape(count, -1)
    mean = everything.mean(0)
    everything = everything - mean
    scores = [(stature - stature.mean()) / stature.std()]
    rows = [scores[0] @ everything / count]
    left = everything - np.outer(scores[0], rows[0])
    weighted = left[:, :3 * vertices] * np.repeat(np.sqrt(areas), 3)
    variances, modes = np.linalg.eigh(weighted @ weighted.T)
    for mode in modes.T[::-1][:COMPONENTS - 1]:
        score = mode * np.sqrt(count)
        row = score @ left / count
        # The sign of an eigenvector is arbitrary: the heavier body is on the positive side.
        depth = row[2:3 * vertices:3] * np.sign(mean[2:3 * vertices:3])
        rows.append(row * np.sign(depth @ areas))
    split = [part.reshape(-1, vertices + rest.joints.shape[1], 3) for part in
             (mean, np.stack(rows))]
    (mean_vertices, directions), (mean_joints, joint_directions) = (
        [(part[:, take] + part[:, take][:, other] * (-1, 1, 1)) / 2 for part in split]
        for take, other in ((slice(vertices), mirror), (slice(vertices, None), joint_mirror))
    )
    return Shape(mean_vertices[0], mean_joints[0], directions, joint_directions,
                 (float(stature.mean()), float(stature.std())))


def reconstruction(shape: Shape, rest: Rest, areas: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Measure how well the components describe bodies that they were not made from.

    Args:
        shape: Mean and components.
        rest: The bodies.
        areas: (V,), share of the skin of each vertex.

    Returns:
        The mean distance of vertices, weighted by area, and its 95th percentile over bodies, mm,
        and the standard deviation of each component's weights (10,): 1 if they are normalised.
    """
    root = np.repeat(np.sqrt(areas), 3)
    basis = shape.directions.reshape(len(shape.directions), -1)
    wanted = (rest.vertices - shape.vertices).reshape(len(rest.vertices), -1)
    weights = np.linalg.lstsq((basis * root).T, (wanted * root).T, rcond=None)[0].T
    distance = np.linalg.norm((wanted - weights @ basis).reshape(rest.vertices.shape), axis=-1)
    per_body = 1000 * distance @ areas
    return float(per_body.mean()), float(np.percentile(per_body, 95)), weights.std(0)


def vertex_areas(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Return the part (V,) of the whole surface that belongs to each vertex; they sum to one."""
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    face_areas = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    areas = np.zeros(len(vertices))
    for corner in range(3):
        np.add.at(areas, faces[:, corner], face_areas)
    return areas / areas.sum()
