"""A robot's kinematics: its joints with limits, and where its links are at given positions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core import extras
from kinesics_core.errors import ModelError
from kinesics_core.robot.places import find_urdf
from kinesics_core.robot.urdf import Urdf, read_urdf


@dataclass(frozen=True, slots=True)
class RobotModel:
    """A robot description with its kinematics (pinocchio), all joints free.

    Attributes:
        urdf: The description.
        kinematics: ``pinocchio.Model``; every joint has one position, mimics included.
    """

    urdf: Urdf
    kinematics: Any

    @classmethod
    def load(cls, urdf: str | Path) -> RobotModel:
        """Read a robot.

        Args:
            urdf: Path of a URDF, or the name of a robot that has a map (``config/robots``).

        Raises:
            ModelError: There is no such file, or it is no robot that can be moved.
        """
        extras.require("robot", "A robot's kinematics")
        import pinocchio

        described = read_urdf(find_urdf(str(urdf)))
        try:
            kinematics = pinocchio.buildModelFromXML(described.text)
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{described.path} is no robot whose kinematics can be built:"
                             f" {error}") from error
        if kinematics.nq != kinematics.nv:
            raise ModelError(f"{described.path} has a floating or planar joint inside; remove it:"
                             " the robot's base is where it stands.")
        return cls(described, kinematics)

    @property
    def name(self) -> str:
        """The robot's name in the description."""
        return self.urdf.name

    @property
    def joints(self) -> tuple[str, ...]:
        """Names of the joints that move, in the order of the kinematics."""
        return tuple(self.kinematics.names)[1:]

    def index(self, joint: str) -> int:
        """Return the place of a joint in a vector of all positions."""
        return int(self.kinematics.idx_qs[self.kinematics.getJointId(joint)])

    def whole(self, positions: Mapping[str, float]) -> np.ndarray:
        """Return all positions: those given, zero or the nearest allowed elsewhere, mimics filled.

        Args:
            positions: Radians or metres by joint.

        Returns:
            (joints,) in the order of ``joints``.
        """
        q = np.clip(0.0, self.kinematics.lowerPositionLimit, self.kinematics.upperPositionLimit)
        for name, position in positions.items():
            q[self.index(name)] = position
        for _ in range(2):  # a mimic may follow a mimic
            for joint in self.urdf.joints.values():
                if joint.mimic is not None:
                    follow = joint.mimic
                    q[self.index(joint.name)] = (
                        follow.multiplier * q[self.index(follow.joint)] + follow.offset)
        return q

    def reduced(self, joints: Iterable[str], positions: np.ndarray) -> Any:
        """Return a ``pinocchio.Model`` in which these joints alone move; others stand."""
        import pinocchio

        kept = set(joints)
        locked = [self.kinematics.getJointId(name) for name in self.joints if name not in kept]
        return pinocchio.buildReducedModel(self.kinematics, locked, positions)

    def frame(self, name: str) -> int:
        """Return the index of a link's frame.

        Raises:
            ModelError: The robot has no such link.
        """
        import pinocchio

        if not self.kinematics.existFrame(name, pinocchio.FrameType.BODY):
            raise ModelError(f"{self.urdf.path} has no link {name!r}. Its links are: "
                             f"{', '.join(self.urdf.links)}.")
        return int(self.kinematics.getFrameId(name, pinocchio.FrameType.BODY))

    def limits(self, joint: str) -> tuple[float, float, float]:
        """Return lower and upper position and speed of a joint as the file says, nan for none."""
        known = self.urdf.joints[joint]
        speed = known.velocity if known.velocity > 0 else math.nan
        return known.lower, known.upper, speed


def chain(model: RobotModel, link: str) -> list[str]:
    """Return the joints that move a link, from the base outwards, mimics and fixed ones left out.

    Raises:
        ModelError: The robot has no such link.
    """
    model.frame(link)
    above = {joint.child: joint for joint in model.urdf.joints.values()}
    found: list[str] = []
    while link in above:
        joint = above[link]
        if joint.moves:
            found.append(joint.name)
        link = joint.parent
    return found[::-1]
