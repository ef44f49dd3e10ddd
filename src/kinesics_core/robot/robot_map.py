"""A robot's map: which of its links follow which part of a person, and which joints may move.

A map is a YAML file; ``kinesics robot map URDF`` writes one. It is about one description and says

    urdf: example.urdf            # where the description is
    base: {link: pelvis, forward: [1, 0, 0], up: [0, 0, 1]}
    camera: head_camera_link      # "" for none
    face: screen                  # blendshapes, eyes, antennas, screen or none
    links:                        # a person's part -> the robot's link, an axis of it, its weight
      left_upper_arm: {link: left_shoulder_yaw_link, axis: [0, 0, -1], weight: 1.0}
    joints: [left_shoulder_.*]    # what may move: names or regular expressions
    rest: {left_elbow_joint: 0.9} # radians; where it comes to rest
    hands: {left: {left_finger: [0.0, 1.0]}}          # open and closed
    speed: 6.0                    # fastest joint, rad/s, whatever the description allows
    limits: {left_elbow_joint: {lower: 0, upper: 2, velocity: 3, acceleration: 20, jerk: 300}}
    jerk: 400                     # bound of every joint's jerk, rad/s^3; left out: none
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from kinesics_core.errors import ModelError
from kinesics_core.robot.directions import PARTS
from kinesics_core.robot.model import RobotModel, chain
from kinesics_core.robot.places import find_map
from kinesics_core.robot.urdf import MOST_RADIANS

FACES = ("blendshapes", "eyes", "antennas", "screen", "none")
"""Kinds of face."""

DRIVERS = ("reachy_mini",)
"""Robots that their own software poses as a whole; they have no description to be mapped."""

SIDES = ("left", "right")

_KEYS = ("name", "driver", "urdf", "urdf_from", "base", "camera", "face", "links", "joints", "rest",
         "hands", "speed", "limits", "jerk", "touching", "notes")
_ASKEW = 0.02  # cosine between forward and up, at most: a degree
_ROUNDED = 2e-3  # radians or metres by which a position may be beyond its range
_WEIGHTS = {"spine": 1.0, "chest": 0.6, "head": 0.8, "crown": 0.4, "hand": 0.4, "palm": 0.15}


@dataclass(frozen=True, slots=True)
class LinkMap:
    """A link that follows a part of a person.

    Attributes:
        link: The robot's link.
        axis: (3,) unit direction in the link's axes that follows the part's.
        weight: Its weight against the other links'.
    """

    link: str
    axis: tuple[float, float, float]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class JointLimits:
    """Limits of one joint that a map gives; nan leaves the description's."""

    lower: float = math.nan
    upper: float = math.nan
    velocity: float = math.nan
    acceleration: float = math.nan
    jerk: float = math.nan


@dataclass(frozen=True, slots=True)
class RobotMap:
    """A robot's map; see this file's head.

    Attributes:
        name: The robot's name.
        path: The file it was read from.
        base: The link at whose axes the robot stands.
        forward: Axis of that link that points where the robot faces.
        up: Axis of it that points up.
        camera: Link of the camera, "" for none.
        face: One of ``FACES``.
        links: By part of a person (``directions.PARTS``).
        joints: Names or regular expressions of the joints that may move.
        rest: Position at rest by joint, radians or metres; zero or the nearest allowed elsewhere.
        hands: By side: joint -> (open, closed) positions.
        speed: Fastest speed of any joint, rad/s (m/s of a sliding one).
        limits: By joint, what the description lacks or has wrong.
        jerk: Bound of any joint's jerk, rad/s^3 (m/s^3 of a sliding one); inf for none.
        touching: Pairs of links that may touch each other.
        driver: One of ``DRIVERS``, "" for a robot that takes trajectories of its joints.
    """

    name: str
    path: Path
    links: dict[str, LinkMap]
    joints: tuple[str, ...]
    base: str = ""
    forward: tuple[float, float, float] = (1.0, 0.0, 0.0)
    up: tuple[float, float, float] = (0.0, 0.0, 1.0)
    camera: str = ""
    face: str = "none"
    rest: dict[str, float] = field(default_factory=dict)
    hands: dict[str, dict[str, tuple[float, float]]] = field(default_factory=dict)
    speed: float = 6.0
    limits: dict[str, JointLimits] = field(default_factory=dict)
    jerk: float = math.inf
    touching: tuple[tuple[str, str], ...] = ()
    driver: str = ""

    @classmethod
    def load(cls, name_or_path: str | Path) -> RobotMap:
        """Read a map.

        Args:
            name_or_path: Name of a robot we have one of, or a .yaml file.

        Raises:
            ModelError: There is none, or it says something a map cannot; the sentence says what.
        """
        path = find_map(str(name_or_path))
        try:
            known = yaml.safe_load(path.read_text())
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise ModelError(f"The robot's map {path} could not be read: {error}") from error
        return from_values(known, path)

    def moving(self, model: RobotModel) -> list[str]:
        """Return the robot's joints that may move, in the order of its kinematics."""
        patterns = [re.compile(pattern) for pattern in self.joints]
        return [name for name in model.joints if model.urdf.joints[name].mimic is None
                and any(pattern.fullmatch(name) for pattern in patterns)]

    def base_axes(self, model: RobotModel) -> np.ndarray:
        """Return the base's axes in the kinematics' world, (3, 3): forward, left and up."""
        import pinocchio

        forward, up = np.array(self.forward, float), np.array(self.up, float)
        axes = np.stack([forward, np.cross(up, forward), up], axis=1)
        if not self.base:
            return axes
        data = model.kinematics.createData()
        pinocchio.framesForwardKinematics(model.kinematics, data, model.whole({}))
        return data.oMf[model.frame(self.base)].rotation @ axes


def driver_of(robot: str) -> str:
    """Return which of ``DRIVERS`` moves a robot, by its map's name or path; "" for none."""
    try:
        return RobotMap.load(robot).driver if robot else ""
    except ModelError:
        return ""  # who loads the map says what is wrong with it


def from_values(known: Any, path: Path) -> RobotMap:
    """Make a map of what a YAML file holds.

    Raises:
        ModelError: Something in it is not what a map has.
    """
    if not isinstance(known, dict):
        raise ModelError(f"The map {path} holds no keys and values; see docs/robot.md.")
    for key in known:
        if key not in _KEYS:
            raise ModelError(f"The map {path} has the key {key!r}; a map has {', '.join(_KEYS)}.")
    base = known.get("base") or {}
    base = {"link": base} if isinstance(base, str) else base
    if not isinstance(base, dict):
        raise ModelError(f"The map {path} has base: {base!r}, wanted a link's name, or keys and"
                         " values with link, forward and up.")
    face = known.get("face", "none")
    if face not in FACES:
        raise ModelError(f"The map {path} has face: {face!r}, wanted one of {', '.join(FACES)}.")
    links = {}
    for part, value in _mapping(path, known, "links").items():
        if part not in PARTS:
            raise ModelError(f"The map {path} has a link for {part!r}; the parts of a person are"
                             f" {', '.join(PARTS)}.")
        links[part] = _link(path, part, value)
    driver = known.get("driver", "")
    if driver not in ("", *DRIVERS):
        raise ModelError(f"The map {path} has driver: {driver!r}, wanted {' or '.join(DRIVERS)}, or"
                         " none.")
    if not links and not driver:
        raise ModelError(f"The map {path} has no links that follow a person (links:).")
    joints = known.get("joints") or []
    if not isinstance(joints, list) or not all(isinstance(name, str) for name in joints):
        raise ModelError(f"The map {path} has joints: {joints!r}, wanted a list of names.")
    for pattern in joints:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ModelError(f"The map {path}: {pattern!r} in joints is neither a name nor a"
                             f" regular expression ({error}).") from None
    forward = _axis(path, "base forward", base.get("forward", (1, 0, 0)))
    up = _axis(path, "base up", base.get("up", (0, 0, 1)))
    if abs(np.dot(forward, up)) > _ASKEW:
        raise ModelError(f"The map {path} has a base with forward [{_words(forward)}] and up"
                         f" [{_words(up)}], wanted two directions at right angles.")
    return RobotMap(
        name=str(known.get("name") or path.stem), path=path, links=links, joints=tuple(joints),
        base=str(base.get("link", "")),
        forward=forward, up=up, camera=str(known.get("camera") or ""), face=face,
        rest={name: _number(path, f"rest {name}", value)
              for name, value in _mapping(path, known, "rest").items()},
        hands=_hands(path, known), speed=_positive(path, "speed", known.get("speed", 6.0)),
        limits={name: _limits(path, name, value)
                for name, value in _mapping(path, known, "limits").items()},
        jerk=_positive(path, "jerk", known["jerk"]) if "jerk" in known else math.inf,
        touching=_touching(path, known.get("touching") or []), driver=driver,
    )


def check(robot_map: RobotMap, model: RobotModel) -> list[str]:
    """Hold a map against its robot.

    Returns:
        Sentences about what a map does not use or cannot reach, to be read; none is an error.

    Raises:
        ModelError: The robot has no such link or joint.
    """
    at = f"The map {robot_map.path}"
    own = set(model.joints)
    named = {"rest": set(robot_map.rest), "limits": set(robot_map.limits)}
    named |= {f"hands {side}": set(hand) for side, hand in robot_map.hands.items()}
    for what, names in named.items():
        for name in sorted(names, key=str):
            if name not in own:
                raise ModelError(f"{at} names the joint {name!r} ({what}), which"
                                 f" {model.urdf.path} does not have; it has {', '.join(own)}.")
    for pattern in robot_map.joints:
        if not any(re.fullmatch(pattern, name) for name in own):
            raise ModelError(f"{at} lets {pattern!r} move (joints), and no joint of"
                             f" {model.urdf.path} is called so; it has {', '.join(sorted(own))}.")
    moving = set(robot_map.moving(model))
    if not moving:
        raise ModelError(f"{at} lets no joint move; name them under joints.")
    notes = []
    for part, link in robot_map.links.items():
        if link.link not in model.urdf.links:
            raise ModelError(f"{at} maps {part} to the link {link.link!r}, which {model.urdf.path}"
                             f" does not have; it has {', '.join(model.urdf.links)}.")
        if not moving & set(chain(model, link.link)):
            notes.append(f"{part} follows nothing: no joint that may move turns {link.link}.")
    touching = [link for pair in robot_map.touching for link in pair]
    for link_name in filter(None, (robot_map.base, robot_map.camera, *touching)):
        model.frame(link_name)
    return notes + _outside(robot_map, model)


def _outside(robot_map: RobotMap, model: RobotModel) -> list[str]:
    """Return sentences about positions of a map that are outside a joint's range.

    Raises:
        ModelError: They are so far outside that they are degrees.
    """
    places = [(f"rest: {name}", name, at) for name, at in robot_map.rest.items()]
    places += [(f"hands: {name}", name, at) for hand in robot_map.hands.values()
               for name, ends in hand.items() for at in ends]
    places += [(f"limits: {name}", name, at) for name, given in robot_map.limits.items()
               for at in (given.lower, given.upper) if math.isfinite(at)]
    notes = []
    for what, name, at in places:
        if model.urdf.joints[name].kind != "prismatic" and abs(at) > MOST_RADIANS:
            raise ModelError(f"The map {robot_map.path} has {what} at {at:g}, which it means in"
                             " radians; this looks like degrees.")
        lower, upper, _ = model.limits(name)
        if what.startswith("limits"):
            if at < lower - _ROUNDED or at > upper + _ROUNDED:
                notes.append(f"{what} goes to {at:g}, beyond what {model.urdf.path.name} says"
                             f" ({lower:g} to {upper:g}); the map's range is taken.")
            continue
        given = robot_map.limits.get(name, JointLimits())
        lower = lower if math.isnan(given.lower) else given.lower
        upper = upper if math.isnan(given.upper) else given.upper
        if at < lower - _ROUNDED or at > upper + _ROUNDED:
            notes.append(f"{what} at {at:g} is outside its range ({lower:g} to {upper:g}); the"
                         " nearest end is taken.")
    return notes


def _mapping(path: Path, known: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = known.get(key) or {}
    if not isinstance(value, Mapping):
        raise ModelError(f"The map {path} has {key}: {value!r}, wanted names with values.")
    return value


def _link(path: Path, part: str, value: Any) -> LinkMap:
    if not isinstance(value, Mapping) or not isinstance(value.get("link"), str):
        raise ModelError(f"The map {path} has {part}: {value!r}, wanted a link, an axis and perhaps"
                         " a weight: {link: NAME, axis: [0, 0, -1], weight: 1}.")
    kind = part.rpartition("_")[2]
    weight = _number(path, f"{part} weight", value.get("weight", _WEIGHTS.get(kind, 1.0)))
    if weight < 0:
        raise ModelError(f"The map {path} has the weight {weight:g} for {part}, wanted 0 or more.")
    return LinkMap(value["link"], _axis(path, f"{part} axis", value.get("axis")), weight)


def _axis(path: Path, what: str, value: Any) -> tuple[float, float, float]:
    try:
        axis = np.array([float(part) for part in value])
        length = float(np.linalg.norm(axis))
    except (TypeError, ValueError):
        axis, length = np.zeros(0), math.nan
    if axis.shape != (3,) or not 1e-6 < length < 1e6:
        raise ModelError(f"The map {path} has {what}: {value!r}, wanted three numbers, a"
                         " direction.")
    x, y, z = (axis / length).tolist()
    return x, y, z


def _words(axis: tuple[float, float, float]) -> str:
    return ", ".join(f"{part:g}" for part in axis)


def _number(path: Path, what: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ModelError(f"The map {path} has {what}: {value!r}, wanted a number.")
    return float(value)


def _positive(path: Path, what: str, value: Any) -> float:
    number = _number(path, what, value)
    if number <= 0:
        raise ModelError(f"The map {path} has {what}: {value!r}, wanted more than 0.")
    return number


def _hands(path: Path, known: Mapping[str, Any]) -> dict[str, dict[str, tuple[float, float]]]:
    hands: dict[str, dict[str, tuple[float, float]]] = {}
    for side, joints in _mapping(path, known, "hands").items():
        if side not in SIDES or not isinstance(joints, Mapping):
            raise ModelError(f"The map {path} has hands: {side!r}, wanted left and right with"
                             " joints.")
        hands[side] = {}
        for name, ends in joints.items():
            if not isinstance(ends, list) or len(ends) != 2:
                raise ModelError(f"The map {path} has hands {name}: {ends!r}, wanted [open,"
                                 " closed].")
            opened, closed = (_number(path, f"hands {name}", end) for end in ends)
            hands[side][name] = (opened, closed)
    return hands


def _limits(path: Path, name: str, value: Any) -> JointLimits:
    if not isinstance(value, Mapping) or set(value) - set(JointLimits.__dataclass_fields__):
        raise ModelError(f"The map {path} has limits {name}: {value!r}, wanted lower, upper,"
                         " velocity, acceleration, jerk.")
    return JointLimits(**{
        key: (_positive if key in ("velocity", "acceleration", "jerk") else _number)(
            path, f"limits {name} {key}", number) for key, number in value.items()})


def _touching(path: Path, pairs: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(pairs, list) or not all(
            isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise ModelError(f"The map {path} has touching: {pairs!r}, wanted a list of two links"
                         " each.")
    return tuple((str(one), str(other)) for one, other in pairs)
