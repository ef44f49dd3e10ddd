"""Capsules about a robot's links, fitted once per robot and kept: what must not touch what.

A capsule is a line with a radius. Those of a robot's arms, trunk, head and legs stand for its
meshes, whose distances would take a second. Pairs that touch whatever the robot does (neighbours,
bulky shoulders) are left out; of those that come near at rest, as a hand beside a thigh, the
nearness at rest is allowed.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path

import numpy as np

from kinesics_core import files
from kinesics_core.assets.store import cache_dir
from kinesics_core.errors import KinesicsError
from kinesics_core.robot.collisions import Capsule, CapsuleChecker, CapsuleModel
from kinesics_core.robot.geometry import link_shapes, mesh_files
from kinesics_core.robot.model import RobotModel, chain
from kinesics_core.robot.robot_map import RobotMap

FOLDER = "robots"
"""Folder of the cache in which capsules are kept."""

MARGIN = 0.015
"""Metres that capsules stay apart."""

VERSION = 3
"""Number that changes when capsules are fitted in another way."""

_INSIDE = 96.0  # per cent of a link's points that lie within a capsule's radius
_WIDE = 1.5  # width over depth from which a link gets capsules side by side
_SMALLEST = 0.012  # metres of radius; smaller links are left out
_INNER = 0.08  # metres of a moved link that carries another; smaller ones are between two others
_JOINTS_BETWEEN = 3  # fewer joints between two links make them neighbours
_SAMPLES = 1500
_ALWAYS = 0.4  # share of all poses in which a pair that is left out touches
_DEEPEST = 0.02  # metres that a pair may touch at rest and still be watched


def capsules_of(model: RobotModel, robot_map: RobotMap) -> CapsuleModel:
    """Return a robot's capsules: the kept ones, or new ones, which are kept.

    Fitting takes some seconds, most of them for reading meshes.
    """
    file = cache_dir() / FOLDER / f"capsules-{_key(model, robot_map)}.json"
    with suppress(OSError, ValueError, KeyError, TypeError):
        return _from_json(json.loads(file.read_text()))
    fitted = fit_capsules(model, robot_map)
    # A cache that cannot be written costs the fitting again.
    with suppress(KinesicsError, OSError):
        files.require_directory(file.parent)
        files.write_text(file, json.dumps(_to_json(fitted)))
    return fitted


def fit_capsules(model: RobotModel, robot_map: RobotMap) -> CapsuleModel:
    """Fit capsules to the links' shapes and choose the pairs to watch."""
    points = _points(model, robot_map)
    capsules = [capsule for link, own in points.items() for capsule in _of_link(link, own)]
    return CapsuleModel(tuple(capsules), tuple(_pairs(model, robot_map, capsules)))


def _points(model: RobotModel, robot_map: RobotMap) -> dict[str, np.ndarray]:
    """Return the points (V, 3) of links; links that move as one, and a hand's, are one."""
    import pinocchio

    data = model.kinematics.createData()
    pinocchio.framesForwardKinematics(model.kinematics, data, model.whole(robot_map.rest))
    fingers = {name for hand in robot_map.hands.values() for name in hand}
    moving = set(robot_map.moving(model)) - fingers
    names: dict[frozenset[str], str] = {}
    found: dict[str, list[np.ndarray]] = {}
    for shape in link_shapes(model, "collision") or link_shapes(model, "visual"):
        moved_by = frozenset(moving & set(chain(model, shape.link)))
        # What stands is many things, the legs among them; what one joint moves is one.
        link = names.setdefault(moved_by, shape.link) if moved_by else shape.link
        to_link = data.oMf[model.frame(link)].inverse() * data.oMf[model.frame(shape.link)]
        found.setdefault(link, []).append(
            shape.vertices @ to_link.rotation.T + to_link.translation)
    points = {link: np.concatenate(parts) for link, parts in found.items()}
    inner = {link for key, link in names.items()
             if any(key < other for other in names)
             and np.ptp(points[link], axis=0).max() < _INNER}
    return {link: own for link, own in points.items() if link not in inner}


def _of_link(link: str, points: np.ndarray) -> list[Capsule]:
    """Return the capsules of a link: one, or up to three beside each other where it is wide."""
    points = np.unique(points.round(4), axis=0)
    centred = points - points.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    sizes = np.ptp(centred @ axes, axis=0)
    order = np.argsort(sizes)
    narrow, wide = sizes[order[0]], sizes[order[1]]
    pieces = int(min(3, wide // max(narrow, 0.02))) if wide > _WIDE * narrow else 1
    across = centred @ axes[:, order[1]]
    edges = np.linspace(across.min(), across.max(), pieces + 1)
    found = []
    for low, high in zip(edges, edges[1:], strict=False):
        part = points[(across >= low - 1e-6) & (across <= high + 1e-6)]
        if len(part) >= 4:
            found.append(_capsule(link, part))
    return [capsule for capsule in found if capsule.radius >= _SMALLEST]


def _capsule(link: str, points: np.ndarray) -> Capsule:
    """Return the smallest capsule along a principal axis or an axis of the link."""
    centred = points - points.mean(axis=0)
    _, principal = np.linalg.eigh(centred.T @ centred)
    best: tuple[float, Capsule] | None = None
    for axis in np.concatenate([principal.T, np.eye(3)]):
        along = points @ axis
        across = points - along[:, None] * axis
        centre = (across.max(axis=0) + across.min(axis=0)) / 2
        centre = centre - (centre @ axis) * axis
        off = np.linalg.norm(across - centre, axis=1)
        radius = float(np.percentile(off, _INSIDE))
        reach = np.sqrt(np.maximum(radius**2 - off**2, 0.0))
        low, high = float((along + reach).min()), float((along - reach).max())
        if low > high:
            low = high = (low + high) / 2
        volume = radius**2 * (high - low) + 4 / 3 * radius**3
        if best is None or volume < best[0]:
            start, end = (centre + at * axis for at in (low, high))
            best = volume, Capsule(link, _three(start), _three(end), radius)
    assert best is not None
    return best[1]


def _three(vector: np.ndarray) -> tuple[float, float, float]:
    x, y, z = vector.tolist()
    return x, y, z


def _pairs(model: RobotModel, robot_map: RobotMap, capsules: list[Capsule],
           ) -> list[tuple[int, int, float]]:
    """Return the pairs that can touch and need not, with the distance to keep."""
    moving = set(robot_map.moving(model))
    moved = [frozenset(moving & set(chain(model, capsule.link))) for capsule in capsules]
    between = [set(chain(model, capsule.link)) for capsule in capsules]
    touching = {frozenset(pair) for pair in robot_map.touching}
    # The head is not an arm's neighbour, however few joints a neck has.
    candidates = [
        (i, j, 0.0) for i in range(len(capsules)) for j in range(i + 1, len(capsules))
        if moved[i] != moved[j] and len(between[i] ^ between[j]) >= _JOINTS_BETWEEN
        and frozenset((capsules[i].link, capsules[j].link)) not in touching]
    if not candidates:
        return []
    names = sorted(moving, key=model.index)
    checker = CapsuleChecker(model, CapsuleModel(tuple(capsules), tuple(candidates)), names,
                             model.whole(robot_map.rest))
    limits = [(robot_map.limits[name].lower, robot_map.limits[name].upper)
              if name in robot_map.limits and np.isfinite(robot_map.limits[name].lower)
              else model.limits(name)[:2] for name in names]
    lower, upper = np.nan_to_num(np.array(limits)).T
    rest = np.clip([model.whole(robot_map.rest)[model.index(name)] for name in names], lower, upper)
    random = np.random.default_rng(0)
    near = np.zeros(len(candidates))
    for _ in range(_SAMPLES):
        near += checker.distances(random.uniform(lower, upper)) < MARGIN
    at_rest = checker.distances(rest)
    kept = []
    for (i, j, _), share, distance in zip(candidates, near / _SAMPLES, at_rest, strict=True):
        if 0 < share < _ALWAYS and distance > -_DEEPEST:
            kept.append((i, j, float(min(MARGIN, distance - 0.002))))
    return kept


def _key(model: RobotModel, robot_map: RobotMap) -> str:
    there, _ = mesh_files(model)
    parts = [str(VERSION), model.urdf.text, repr(sorted(robot_map.moving(model))),
             repr(sorted(robot_map.rest.items())), repr(robot_map.touching),
             repr(sorted(robot_map.limits.items()))]
    for path in there:
        with suppress(OSError):
            parts.append(f"{Path(path).name} {Path(path).stat().st_size}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def _to_json(known: CapsuleModel) -> dict[str, object]:
    return {"capsules": [[c.link, *c.start, *c.end, c.radius] for c in known.capsules],
            "pairs": [list(pair) for pair in known.pairs]}


def _from_json(known: dict[str, list[list]]) -> CapsuleModel:
    capsules = tuple(Capsule(str(row[0]), (float(row[1]), float(row[2]), float(row[3])),
                             (float(row[4]), float(row[5]), float(row[6])), float(row[7]))
                     for row in known["capsules"])
    pairs = tuple((int(i), int(j), float(apart)) for i, j, apart in known["pairs"])
    if any(max(i, j) >= len(capsules) for i, j, _ in pairs):
        raise ValueError("a pair names no capsule")
    return CapsuleModel(capsules, pairs)
