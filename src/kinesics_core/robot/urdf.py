"""Robot descriptions as files: found, read, and checked before anything is computed of them.

A URDF says joints, their limits and how links hang together. What it may lack or have wrong is
found here: joints without limits, degrees for radians, millimetres for metres.
"""

from __future__ import annotations

import math
import os
import sysconfig
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

from kinesics_core.errors import ModelError

FREE_RANGE = math.pi
"""Range of a continuous joint about zero, radians: a robot's arm is not wound up."""

MAX_BYTES = 32 << 20
"""Size of a robot description; real ones have 20 KB to 1 MB."""

_MOVING = ("revolute", "continuous", "prismatic")
_MOST_RADIANS = 4 * math.pi  # two turns either way: no joint of a robot that gestures has more
_LONGEST = 20.0  # metres from a joint to the next


@dataclass(frozen=True, slots=True)
class Mimic:
    """A joint that follows another: position = multiplier * the other's + offset."""

    joint: str
    multiplier: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class UrdfJoint:
    """One joint of a robot description.

    Attributes:
        name: Its name.
        kind: "revolute", "continuous", "prismatic", "fixed", "floating" or "planar".
        parent: The link it hangs on.
        child: The link it moves.
        lower: Smallest position, radians or metres; nan where the file gives none.
        upper: Largest position, the same.
        velocity: Fastest speed, radians or metres a second; nan where the file gives none.
        mimic: The joint it follows, or None.
    """

    name: str
    kind: str
    parent: str
    child: str
    lower: float
    upper: float
    velocity: float
    mimic: Mimic | None

    @property
    def moves(self) -> bool:
        """True of a joint with one degree of freedom."""
        return self.kind in _MOVING


@dataclass(frozen=True, slots=True)
class Urdf:
    """A robot description: its joints by name, its links, and text that pinocchio reads.

    Attributes:
        path: The file.
        name: The robot's name in it.
        joints: By name, in the file's order.
        links: Names of the links.
        text: The description with every joint's range filled in and continuous joints given one.
    """

    path: Path
    name: str
    joints: dict[str, UrdfJoint]
    links: tuple[str, ...]
    text: str


def mesh_folders(path: Path) -> list[str]:
    """Return the folders in which ``package://`` names of a description are looked for.

    They are the folders above the file, and ``share`` of ROS's and of the wheels' prefixes.
    """
    places = [str(folder) for folder in path.resolve().parents[:-1]]
    prefixes = [p for p in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if p]
    return [*places, *(str(Path(prefix) / "share") for prefix in prefixes), str(wheel_share())]


def wheel_share() -> Path:
    """Return the folder in which the wheel ``example-robot-data`` keeps its robots' folder."""
    return Path(sysconfig.get_path("purelib")) / "cmeel.prefix" / "share"


def read_urdf(path: Path) -> Urdf:
    """Read a robot description.

    Raises:
        ModelError: It is missing, is not a URDF, or says what no robot has; the sentence says what.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ModelError(f"{path} has {path.stat().st_size / 1e6:.0f} MB, and a robot"
                             " description at most 32 MB; give the URDF itself, not its meshes.")
        text = path.read_text("utf-8", "replace")
    except OSError as error:
        raise ModelError(f"The robot description {path} could not be read: {error.strerror}."
                         " Give the path of a URDF file.") from error
    if "<!ENTITY" in text or "<!DOCTYPE" in text:
        raise ModelError(f"{path} declares a document type, which no URDF needs; remove it.")
    try:
        root = ElementTree.fromstring(text.encode())
    except ElementTree.ParseError as error:
        raise ModelError(f"{path} is no XML ({error}); wanted a URDF.") from error
    if root.tag != "robot" or root.find("link") is None:
        raise ModelError(f"{path} has no <robot> with links in it, so it is no URDF. An SDF or MJCF"
                         " file must be converted first.")
    if "xacro" in text and any("xacro" in element.tag for element in root.iter()):
        raise ModelError(f"{path} is a xacro file; make the URDF of it first:"
                         f" xacro {path.name} > robot.urdf")
    joints = {}
    for element in root.findall("joint"):
        joint = _joint(path, element)
        if joint.name in joints:
            raise ModelError(f"{path} has two joints called {joint.name!r}; rename one.")
        joints[joint.name] = joint
    links = tuple(link.get("name", "") for link in root.findall("link"))
    _check_tree(path, joints, links)
    _check_units(path, root, joints)
    return Urdf(path, root.get("name", path.stem), joints, links,
                ElementTree.tostring(root, "unicode"))


def _joint(path: Path, element: ElementTree.Element) -> UrdfJoint:
    """Read a joint, and fill in its limits in the document for those who read it next."""
    name, kind = element.get("name", ""), element.get("type", "")
    parent, child = element.find("parent"), element.find("child")
    if not name or parent is None or child is None:
        raise ModelError(f"{path} has a joint {name!r} without a name, parent or child.")
    limit = element.find("limit")
    given = {} if limit is None else limit.attrib
    lower, upper = _number(path, name, given, "lower"), _number(path, name, given, "upper")
    velocity = _number(path, name, given, "velocity")
    if limit is not None and kind in ("revolute", "prismatic"):
        # The format's defaults: a limit that names one end has the other at 0.
        if math.isnan(lower) != math.isnan(upper):
            lower, upper = (0.0 if math.isnan(end) else end for end in (lower, upper))
        if lower == upper == 0.0:
            lower = upper = math.nan
    if kind == "continuous":
        lower, upper = -FREE_RANGE, FREE_RANGE
    mimic = element.find("mimic")
    follows = None
    if mimic is not None and kind in _MOVING:
        multiplier = _number(path, name, mimic.attrib, "multiplier")
        offset = _number(path, name, mimic.attrib, "offset")
        follows = Mimic(mimic.get("joint", ""), 1.0 if math.isnan(multiplier) else multiplier,
                        0.0 if math.isnan(offset) else offset)
    if kind in _MOVING:
        if limit is None:
            limit = ElementTree.SubElement(element, "limit")
        if kind == "continuous":
            element.set("type", "revolute")
        whole = [-FREE_RANGE, FREE_RANGE] if math.isnan(lower) else [lower, upper]
        limit.set("lower", str(whole[0]))
        limit.set("upper", str(whole[1]))
        limit.set("velocity", str(0.0 if math.isnan(velocity) else velocity))
        limit.set("effort", limit.get("effort", "0"))
        if mimic is not None:
            element.remove(mimic)
    return UrdfJoint(name, kind, parent.get("link", ""), child.get("link", ""), lower, upper,
                     velocity, follows)


def _number(path: Path, joint: str, attributes: dict[str, str], key: str) -> float:
    text = attributes.get(key)
    if text is None:
        return math.nan
    try:
        return float(text)
    except ValueError:
        raise ModelError(f"{path}: joint {joint!r} has {key} = {text!r}, wanted a number."
                         ) from None


def _check_tree(path: Path, joints: dict[str, UrdfJoint], links: tuple[str, ...]) -> None:
    for joint in joints.values():
        for link in (joint.parent, joint.child):
            if link not in links:
                raise ModelError(f"{path}: joint {joint.name!r} names the link {link!r}, which the"
                                 " file does not have.")
        if joint.mimic and joint.mimic.joint not in joints:
            raise ModelError(f"{path}: joint {joint.name!r} mimics {joint.mimic.joint!r}, which the"
                             " file does not have.")


def _check_units(path: Path, root: ElementTree.Element, joints: dict[str, UrdfJoint]) -> None:
    """Refuse degrees and millimetres, by what no robot that gestures can have."""
    for joint in joints.values():
        if joint.kind == "revolute" and not math.isnan(joint.lower):
            most = max(abs(joint.lower), abs(joint.upper))
            if most > _MOST_RADIANS:
                raise ModelError(
                    f"{path}: joint {joint.name!r} turns from {joint.lower:g} to {joint.upper:g},"
                    " which a URDF means in radians; these look like degrees. Convert the file.")
            if joint.lower > joint.upper:
                raise ModelError(f"{path}: the range of joint {joint.name!r} is empty: from"
                                 f" {joint.lower:g} to {joint.upper:g}.")
        if joint.velocity < 0:
            raise ModelError(f"{path}: joint {joint.name!r} has the speed {joint.velocity:g}.")
    for element in root.findall("joint"):
        origin = element.find("origin")
        place = (origin.get("xyz", "") if origin is not None else "").split()
        try:
            longest = max((abs(float(part)) for part in place), default=0.0)
        except ValueError:
            raise ModelError(f"{path}: joint {element.get('name')!r} stands at {' '.join(place)!r},"
                             " wanted three numbers.") from None
        if not longest <= _LONGEST:
            raise ModelError(
                f"{path}: joint {element.get('name')!r} stands {longest:g} from the one before,"
                " which a URDF means in metres; this looks like millimetres. Convert the file.")
