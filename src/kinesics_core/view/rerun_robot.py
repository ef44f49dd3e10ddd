"""A robot's model in Rerun, moved by its joints."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Any

from kinesics_core.errors import KinesicsError
from kinesics_core.robot.urdf import Urdf, mesh_folders

ENTITY = "urdf"
"""Entity under which the model is logged."""


class RerunRobot:
    """The model of a robot in a recording."""

    def __init__(self, recording: Any, urdf: Urdf) -> None:
        """Log the model: its links and meshes, which do not change.

        Args:
            recording: ``rerun.RecordingStream``.
            urdf: The robot's description.

        Raises:
            KinesicsError: Rerun cannot read the description or one of its meshes.
        """
        import rerun
        from rerun.urdf import UrdfTree

        self._recording = recording
        try:
            with _packages(urdf):
                tree = UrdfTree.from_file_path(
                    urdf.path, entity_path_prefix=ENTITY, frame_prefix=f"{ENTITY}/")
                tree.log_urdf_to_recording(recording)
        except (RuntimeError, ValueError, OSError) as error:
            raise KinesicsError(
                f"Rerun cannot show {urdf.path}: {error}. Check that its meshes are where it says."
            ) from error
        self._joints = {joint.name: joint for joint in tree.joints() if joint.joint_type != "fixed"}
        # The view of that entity looks from the root link.
        root = tree.root_link().name
        recording.log(ENTITY, rerun.CoordinateFrame(f"{ENTITY}/{root}"), static=True)

    def show(self, positions: Mapping[str, float]) -> None:
        """Log where the joints are, radians or metres by name; unknown names are left out."""
        for name, position in positions.items():
            if (joint := self._joints.get(name)) is not None:
                self._recording.log(
                    f"{ENTITY}/joints/{name}", joint.compute_transform(position, clamp=False))


@contextlib.contextmanager
def _packages(urdf: Urdf) -> Iterator[None]:
    """Let ``package://`` be looked for where we look: Rerun asks ROS's variable alone."""
    before = os.environ.get("ROS_PACKAGE_PATH")
    places = [*mesh_folders(urdf.path), *filter(None, [before])]
    os.environ["ROS_PACKAGE_PATH"] = os.pathsep.join(places)
    try:
        yield
    finally:
        if before is None:
            del os.environ["ROS_PACKAGE_PATH"]
        else:
            os.environ["ROS_PACKAGE_PATH"] = before
