"""The face landmark embedding of SMPL-X files: 51 fixed points, and 17 of the head's outline.

The fixed ones are those of ``keypoints``. The outline that annotators of pictures mark slides over
the skin as the head turns, so the file lists it for every degree: see ``outline``.
"""

from __future__ import annotations

import numpy as np

from kinesics_core.open_body.keypoints import face_landmarks

OUTLINE_ROWS = 79
"""0 to 39 degrees, then -1 to -39: see ``row_yaw``."""

_OUTLINE = 17
_NOSE_BASE = 33
_WEDGE = np.radians(4.0)
_SAMPLES = np.array([[1, 1, 1], [4, 1, 1], [1, 4, 1], [1, 1, 4]], float)
_SAMPLES /= _SAMPLES.sum(1, keepdims=True)


def row_yaw(row: int) -> float:
    """Return the turn of the head for which stock smplx looks up a row.

    It is about the vertical, radians, positive to the person's left (stock smplx's viewer stands in
    front of a body with y up).
    """
    return -np.radians(row if row < 40 else 39 - row)


def fixed(faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return face index (51,) and barycentric coordinates (51,3) of iBUG's landmarks 17 to 67."""
    where = {tuple(sorted(face)): index for index, face in enumerate(faces.tolist())}
    corners, weights = face_landmarks()
    index = np.array([where[tuple(sorted(three))] for three in corners[_OUTLINE:].tolist()])
    order = (corners[_OUTLINE:, None, :] == faces[index][:, :, None]).argmax(-1)
    return index, np.take_along_axis(weights[_OUTLINE:], order, axis=1)


def outline(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the outline for each turn of the head: see ``row_yaw``.

    Each landmark has its own half plane through the axis of the face, and its point is the one on
    the skin in that half plane, not behind the landmark of a frontal view, that is seen farthest
    out from the axis.

    Args:
        vertices: (V,3) metres.
        faces: (F,3).

    Returns:
        Face index (79,17) and barycentric coordinates (79,17,3).
    """
    corners, weights = face_landmarks()
    points = np.einsum("kc,kci->ki", weights, vertices[corners])
    base = points[_NOSE_BASE]
    samples = np.einsum("sc,fci->fsi", _SAMPLES, vertices[faces])
    index = np.zeros((OUTLINE_ROWS, _OUTLINE), int)
    coordinates = np.zeros((OUTLINE_ROWS, _OUTLINE, 3))

    def bearing(places: np.ndarray) -> np.ndarray:
        return np.arctan2(places[..., 0], base[1] - places[..., 1])

    for landmark, point in enumerate(points[:_OUTLINE]):
        off = np.abs(bearing(samples) - bearing(point))
        near = np.linalg.norm(samples - point, axis=-1) < 0.12
        face, sample = np.nonzero((off < _WEDGE) & near & (samples[..., 2] >= point[2] - 1e-3))
        places = samples[face, sample] - base
        out = np.array([np.sin(bearing(point)), -np.cos(bearing(point))])
        for row in range(OUTLINE_ROWS):
            yaw = row_yaw(row)
            seen = places[:, 0] * np.cos(yaw) + places[:, 2] * np.sin(yaw)
            best = np.argmax(seen * out[0] + places[:, 1] * out[1])
            index[row, landmark] = face[best]
            coordinates[row, landmark] = _SAMPLES[sample[best]]
    return index, coordinates
