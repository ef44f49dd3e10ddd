"""Geometry of the markers for rviz: where the image's plane and the robot's body stand."""

from __future__ import annotations

from dataclasses import dataclass

from kinesics_core.camera import Lens
from kinesics_core.settings import check, same_as, setting


@dataclass(frozen=True)
class MarkerConfig:
    """Settings of the markers."""

    distance: float = setting(
        2.0, "Distance of the plane the keypoints are drawn on", unit="m", bounds=(0.1, 50.0))
    horizontal_fov: float = same_as(Lens, "horizontal_fov")
    robot_aside: float = setting(
        1.8, "How far to the right of the camera's axis the robot is drawn", unit="m",
        bounds=(-20.0, 20.0), live=True)
    min_score: float = setting(
        0.3, "Score below which keypoints are not drawn", bounds=(0.0, 1.0), live=True)

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self)
