"""The tf frames of a robot's links, as robot_state_publisher would publish them."""

from __future__ import annotations

import numpy as np

from kinesics_core.robot.model import RobotModel
from kinesics_core.types import Transform


class LinkFrames:
    """Each link in its parent link, from the positions of all joints."""

    def __init__(self, model: RobotModel) -> None:
        """Find the links and what moves them."""
        kinematics = model.kinematics
        self._kinematics, self._data = kinematics, kinematics.createData()
        joints = model.urdf.joints.values()
        links = [(model.frame(joint.parent), model.frame(joint.child), joint.parent, joint.child)
                 for joint in joints]
        moves = [joint.kind != "fixed" for joint in joints]
        self._moving = [link for link, moving in zip(links, moves, strict=True) if moving]
        self._standing = [link for link, moving in zip(links, moves, strict=True) if not moving]

    def moving(self, positions: np.ndarray) -> list[Transform]:
        """Return the links that joints move.

        Args:
            positions: (joints,) of ``RobotModel.whole``, radians or metres.
        """
        return self._at(positions, self._moving)

    def standing(self, positions: np.ndarray) -> list[Transform]:
        """Return the links that are fixed to their parents."""
        return self._at(positions, self._standing)

    def _at(self, positions: np.ndarray, links: list[tuple[int, int, str, str]]
            ) -> list[Transform]:
        import pinocchio

        pinocchio.framesForwardKinematics(self._kinematics, self._data, positions)
        places = self._data.oMf
        found = []
        for parent, child, above, name in links:
            relative = places[parent].actInv(places[child])
            found.append(Transform(above, name, relative.translation, relative.rotation))
        return found
