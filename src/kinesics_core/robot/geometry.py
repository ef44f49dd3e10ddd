"""Shapes of a robot's links: meshes of its description, or their boxes, cylinders and spheres.

Meshes that are not there (Pepper's and NAO's come under a licence of their own) are left out; what
is drawn or kept apart is then made of what is there.
"""

from __future__ import annotations

import warnings
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from kinesics_core.errors import ModelError
from kinesics_core.robot.model import RobotModel
from kinesics_core.robot.urdf import mesh_folders
from kinesics_core.rotations import about_axis

Kind = Literal["visual", "collision"]

_HEAD = 1 << 16  # characters of a file in which its axes are named
_ROUND = 16  # corners of a circle


@dataclass(frozen=True, slots=True)
class LinkShape:
    """A shape that a link carries.

    Attributes:
        link: The link.
        vertices: (V, 3) float64 metres, in the link's axes.
        triangles: (F, 3) int64.
        colour: (3,) 0..1.
    """

    link: str
    vertices: np.ndarray
    triangles: np.ndarray
    colour: np.ndarray


def link_shapes(model: RobotModel, kind: Kind) -> list[LinkShape]:
    """Return the shapes of a robot's links; those whose files are missing are left out."""
    import pinocchio

    which = getattr(pinocchio.GeometryType, kind.upper())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = pinocchio.buildGeomFromUrdfString(
                model.kinematics, _with_files(model, kind), which, [])
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"A mesh of {model.urdf.path} cannot be read: {error}") from error
    shapes = []
    for shape in found.geometryObjects:
        frame = model.kinematics.frames[shape.parentFrame]
        placement = frame.placement.actInv(shape.placement)
        vertices, triangles = _surface(shape.geometry)
        if len(vertices) == 0:
            continue
        if _y_is_up(shape.meshPath):
            vertices = vertices @ about_axis(0, np.pi / 2).T
        shapes.append(LinkShape(
            str(frame.name), vertices @ placement.rotation.T + placement.translation, triangles,
            np.asarray(shape.meshColor).ravel()[:3]))
    return shapes


def mesh_files(model: RobotModel) -> tuple[list[Path], list[str]]:
    """Return the mesh files of a description, and the names of those that are not there."""
    there, missing = [], []
    for element in ElementTree.fromstring(model.urdf.text).iter("mesh"):
        name = element.get("filename", "")
        path = _resolved(model, name)
        if path is None:
            missing.append(name)
        else:
            there.append(path)
    return there, missing


def _with_files(model: RobotModel, kind: Kind) -> str:
    """Return the description with meshes named by path, and without those that are not there."""
    root = ElementTree.fromstring(model.urdf.text)
    for link in root.findall("link"):
        for tag in ("visual", "collision"):
            for element in link.findall(tag):
                mesh = element.find("geometry/mesh")
                path = None if mesh is None else _resolved(model, mesh.get("filename", ""))
                if tag != kind or (mesh is not None and path is None):
                    link.remove(element)
                elif mesh is not None:
                    mesh.set("filename", str(path))
    return ElementTree.tostring(root, "unicode")


def _resolved(model: RobotModel, name: str) -> Path | None:
    bare = name.removeprefix("file://")
    for scheme in ("package://", "model://"):
        bare = bare.removeprefix(scheme)
    if bare == name or name.startswith("file://"):
        path = model.urdf.path.parent / bare
        return path if path.is_file() else None
    for folder in mesh_folders(model.urdf.path):
        path = Path(folder) / bare.lstrip("/")
        if path.is_file():
            return path
    return None


@lru_cache(maxsize=512)
def _y_is_up(path: str) -> bool:
    """Tell whether a COLLADA file stands on its side: its y is up, and a link's axes have z up.

    The loader (assimp in coal) leaves that to its caller.
    """
    if not path.lower().endswith(".dae"):
        return False
    try:
        with open(path, errors="replace") as file:
            return "<up_axis>Y_UP" in file.read(_HEAD)
    except OSError:
        return False


def _surface(geometry: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return vertices (V, 3) and triangles (F, 3) of a shape of coal's."""
    import coal

    if isinstance(geometry, coal.BVHModelBase):
        corners = [geometry.tri_indices(index) for index in range(geometry.num_tris)]
        triangles = np.array([(each[0], each[1], each[2]) for each in corners], np.int64)
        return np.array(geometry.vertices(), float), triangles.reshape(-1, 3)
    if isinstance(geometry, coal.Box):
        side = np.asarray(geometry.halfSide)
        box = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * side
        faces = [(0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1), (2, 3, 7),
                 (2, 7, 6), (0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3)]
        return box, np.array(faces)
    if isinstance(geometry, coal.Cylinder):
        return _turned([(0.0, -geometry.halfLength), (geometry.radius, -geometry.halfLength),
                        (geometry.radius, geometry.halfLength), (0.0, geometry.halfLength)])
    if isinstance(geometry, coal.Sphere | coal.Capsule):
        half = geometry.halfLength if isinstance(geometry, coal.Capsule) else 0.0
        return capsule_surface(half, geometry.radius)
    return np.zeros((0, 3)), np.zeros((0, 3), np.int64)


def capsule_surface(half: float, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Return vertices and triangles of a capsule along z, ``half`` from its centre to its ends."""
    angles = np.linspace(-np.pi / 2, np.pi / 2, 10)
    return _turned([(radius * np.cos(a), radius * np.sin(a) + (half if a > 0 else -half))
                    for a in angles])


def _turned(profile: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    """Return the surface of a profile of (radius, z) turned about z."""
    angles = np.arange(_ROUND) * 2 * np.pi / _ROUND
    vertices = np.array([(r * np.cos(a), r * np.sin(a), z) for r, z in profile for a in angles])
    faces = []
    for ring in range(len(profile) - 1):
        for corner in range(_ROUND):
            a, b = ring * _ROUND + corner, ring * _ROUND + (corner + 1) % _ROUND
            faces += [(a, b, b + _ROUND), (a, b + _ROUND, a + _ROUND)]
    return vertices, np.array(faces)
