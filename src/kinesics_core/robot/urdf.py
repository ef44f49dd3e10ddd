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

MOST_RADIANS = 4 * math.pi
"""Two turns either way: no joint of a robot that gestures has more."""

_MOVING = ("revolute", "continuous", "prismatic")
_LONGEST = 20.0  # metres from a joint to the next
_SHORTEST = 0.005  # metres from a joint to the next, of the two that are farthest apart


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
    if any(map(_is_xacro, root.iter())):
        raise ModelError(f"{path} is a xacro file; make the URDF of it first:"
                         f" xacro {path.name} > robot.urdf")
    for element in root.iter():  # some writers give a URDF a namespace (xmlns="...")
        element.tag = element.tag.rpartition("}")[2]
    if root.tag != "robot" or root.find("link") is None:
        raise ModelError(f"{path} has no <robot> with links in it, so it is no URDF. An SDF or MJCF"
                         " file must be converted first.")
    root.set("name", root.get("name") or path.stem)
    joints = {}
    for element in root.findall("joint"):
        joint = _joint(path, element)
        if joint.name in joints:
            raise ModelError(f"{path} has two joints called {joint.name!r}; rename one.")
        joints[joint.name] = joint
    links = tuple(link.get("name", "") for link in root.findall("link"))
    _check_tree(path, joints, links)
    _check_units(path, root, joints)
    return Urdf(path, root.get("name", ""), joints, links,
                ElementTree.tostring(root, "unicode"))


def _is_xacro(element: ElementTree.Element) -> bool:
    """Tell whether an element, or what stands in it, is still to be expanded."""
    return "xacro" in element.tag or any(
        "${" in value or "$(" in value for value in element.attrib.values())


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
    if kind == "revolute" and math.inf in (-lower, upper):
        kind = "continuous"
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
        number = float(text)
    except ValueError:
        number = math.nan
    if math.isnan(number):
        raise ModelError(f"{path}: joint {joint!r} has {key} = {text!r}, wanted a number.")
    return number


def _check_tree(path: Path, joints: dict[str, UrdfJoint], links: tuple[str, ...]) -> None:
    twice = [link for link in links if links.count(link) > 1]
    if twice:
        raise ModelError(f"{path} has two links called {twice[0]!r}; rename one.")
    above: dict[str, UrdfJoint] = {}
    for joint in joints.values():
        if joint.kind not in (*_MOVING, "fixed", "floating", "planar"):
            raise ModelError(f"{path}: joint {joint.name!r} is of the type {joint.kind!r}, wanted"
                             f" {', '.join(_MOVING)}, fixed, floating or planar.")
        other = above.setdefault(joint.child, joint)
        if other is not joint:
            raise ModelError(f"{path}: the link {joint.child!r} hangs on two joints,"
                             f" {other.name!r} and {joint.name!r}; a URDF is a tree, so take one"
                             " out.")
        _check_mimics(path, joints, joint)
    for joint in joints.values():
        for link in (joint.parent, joint.child):
            if link not in links:
                raise ModelError(f"{path}: joint {joint.name!r} names the link {link!r}, which the"
                                 " file does not have.")
        if joint.mimic and joint.mimic.joint not in joints:
            raise ModelError(f"{path}: joint {joint.name!r} mimics {joint.mimic.joint!r}, which the"
                             " file does not have.")


    roots = [link for link in links if link not in above]
    if len(roots) > 1:
        raise ModelError(f"{path} is no tree: {', '.join(map(repr, roots[:4]))} hang on no joint;"
                         " only the base may.")
    for joint in joints.values():
        link = joint.parent
        for _ in links:
            link = above[link].parent if link in above else link
        if link in above:
            raise ModelError(f"{path} is no tree: joint {joint.name!r} hangs on a ring of joints.")


def _check_mimics(path: Path, joints: dict[str, UrdfJoint], joint: UrdfJoint) -> None:
    way, at = [joint.name], joint
    while at.mimic is not None and at.mimic.joint in joints:
        at = joints[at.mimic.joint]
        if at.name in way:
            raise ModelError(f"{path}: joint {joint.name!r} mimics itself"
                             f" ({' mimics '.join([*way, at.name])}), so nothing can move it.")
        way.append(at.name)


def _check_units(path: Path, root: ElementTree.Element, joints: dict[str, UrdfJoint]) -> None:
    """Refuse degrees and millimetres, by what no robot that gestures can have."""
    for joint in joints.values():
        if joint.kind == "revolute" and not math.isnan(joint.lower):
            most = max(abs(joint.lower), abs(joint.upper))
            if most > MOST_RADIANS:
                raise ModelError(
                    f"{path}: joint {joint.name!r} turns from {joint.lower:g} to {joint.upper:g},"
                    " which a URDF means in radians; these look like degrees. Convert the file.")
            if joint.lower > joint.upper:
                raise ModelError(f"{path}: the range of joint {joint.name!r} is empty: from"
                                 f" {joint.lower:g} to {joint.upper:g}.")
        if joint.velocity < 0:
            raise ModelError(f"{path}: joint {joint.name!r} has the speed {joint.velocity:g}.")
    longest = [_check_place(path, element) for element in root.findall("joint")]
    if 0 < max(longest, default=0.0) < _SHORTEST:
        raise ModelError(
            f"{path}: no joint stands more than {max(longest):g} from the one before, which a URDF"
            " means in metres; no robot that gestures is so small. Convert the file.")


def _check_place(path: Path, element: ElementTree.Element) -> float:
    """Refuse a joint's place and axis that are no numbers, and return how far its place is."""
    name, origin, axis = element.get("name"), element.find("origin"), element.find("axis")
    place = _three(path, name, "stands at", "" if origin is None else origin.get("xyz", ""))
    turned = _three(path, name, "is turned by", "" if origin is None else origin.get("rpy", ""))
    longest = max(map(abs, place), default=0.0)
    if longest > _LONGEST:
        raise ModelError(
            f"{path}: joint {name!r} stands {longest:g} from the one before,"
            " which a URDF means in metres; this looks like millimetres. Convert the file.")
    if max(map(abs, turned), default=0.0) > MOST_RADIANS:
        raise ModelError(
            f"{path}: joint {name!r} is turned by {' '.join(f'{part:g}' for part in turned)}, which"
            " a URDF means in radians; these look like degrees. Convert the file.")
    if element.get("type") in _MOVING and axis is not None and not any(
            _three(path, name, "turns about", axis.get("xyz", "1 0 0"))):
        raise ModelError(f"{path}: joint {name!r} turns about 0 0 0, wanted an axis such as 0 0 1.")
    return longest


def _three(path: Path, joint: str | None, what: str, text: str) -> list[float]:
    """Return the three numbers of an attribute, none of one that is not there."""
    try:
        numbers = [float(part) for part in text.split()]
    except ValueError:
        numbers = [math.nan]
    if numbers and (len(numbers) != 3 or not all(map(math.isfinite, numbers))):
        raise ModelError(f"{path}: joint {joint!r} {what} {text!r}, wanted three numbers.")
    return numbers
