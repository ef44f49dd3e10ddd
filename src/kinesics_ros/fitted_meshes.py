"""Meshes that a fit has written, as markers: rviz reads the files itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from kinesics_core.view.frames import VIEW_FRAME

SKIN = ColorRGBA(r=0.86, g=0.70, b=0.60, a=1.0)


def fitted_meshes(output: Path, files: Sequence[str]) -> MarkerArray:
    """Return the last mesh of each person, in the camera's optical frame, as it was fitted.

    Args:
        output: The directory of a fit.
        files: What was written, relative to it.
    """
    last = {Path(file).parent: Path(file) for file in sorted(files) if file.endswith(".obj")}
    array = MarkerArray(markers=[Marker(action=Marker.DELETEALL)])
    array.markers[0].header.frame_id = VIEW_FRAME
    for number, file in enumerate(last.values()):
        marker = Marker(ns="fitted_mesh", id=number, type=Marker.MESH_RESOURCE, color=SKIN,
                        mesh_resource=(output / file).absolute().as_uri())
        marker.header.frame_id = VIEW_FRAME
        marker.pose.orientation.w = 1.0
        marker.scale.x = marker.scale.y = marker.scale.z = 1.0
        array.markers.append(marker)
    return array
