"""A camera's calibration, as the ROS tool camera_calibration writes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import yaml

from kinesics_core.camera import focal_length
from kinesics_core.errors import SourceError

_LARGEST = 1e9  # of any number of a calibration; focal lengths have thousands of pixels


@dataclass(frozen=True, slots=True)
class Calibration:
    """Intrinsic parameters of a camera, for images of one size.

    Attributes:
        width: Width of the images, px.
        height: Height of the images, px.
        model: Name of the model of distortion, such as "plumb_bob".
        distortion: (n,) its coefficients.
        camera: (3, 3) camera matrix K, px.
        rectification: (3, 3) rotation R to the rectified frame.
        projection: (3, 4) projection P of the rectified images, px.
    """

    width: int
    height: int
    model: str
    distortion: np.ndarray
    camera: np.ndarray
    rectification: np.ndarray
    projection: np.ndarray

    def scaled(self, width: int, height: int) -> Calibration:
        """Return the calibration of the same images shrunk or grown to another size, px."""
        scale = np.array([[width / self.width], [height / self.height], [1.0]])
        return replace(
            self, width=width, height=height, camera=self.camera * scale,
            projection=self.projection * scale)


def of_field_of_view(width: int, height: int, horizontal_fov: float) -> Calibration:
    """Return the calibration of an ideal lens: square pixels, no distortion, centred.

    Args:
        width: Width of the images, px.
        height: Height of the images, px.
        horizontal_fov: Horizontal field of view, degrees.
    """
    focal = focal_length(width, horizontal_fov)
    camera = np.array([[focal, 0, 0.5 * width], [0, focal, 0.5 * height], [0, 0, 1.0]])
    return Calibration(width, height, "plumb_bob", np.zeros(5), camera, np.eye(3),
                       np.column_stack([camera, np.zeros(3)]))


def read(path: str) -> Calibration:
    """Read a file of camera_calibration.

    Args:
        path: The YAML file; "~" is the home directory.

    Raises:
        SourceError: There is no such file, or something else is in it.
    """
    try:
        data = yaml.safe_load(Path(path).expanduser().read_text())
        found = Calibration(
            int(data["image_width"]), int(data["image_height"]), str(data["distortion_model"]),
            np.array([float(value) for value in data["distortion_coefficients"]["data"]]),
            _matrix(data["camera_matrix"], (3, 3)), _matrix(data["rectification_matrix"], (3, 3)),
            _matrix(data["projection_matrix"], (3, 4)))
        if found.width < 1 or found.height < 1:
            raise ValueError(f"images of {found.width}x{found.height}")
        for name in ("distortion", "camera", "rectification", "projection"):
            if not (np.abs(getattr(found, name)) < _LARGEST).all():
                raise ValueError(f"{name} holds nan or a number beyond {_LARGEST:g}")
        return found
    except (OSError, LookupError, TypeError, ArithmeticError, RecursionError, ValueError,
            yaml.YAMLError) as error:
        raise SourceError(
            f"got the calibration {path!r}, which cannot be used ({error!r}); wanted a YAML file "
            "as camera_calibration writes it. Mend the path, or leave it empty."
        ) from error


def _matrix(entry: dict, shape: tuple[int, int]) -> np.ndarray:
    """Return a matrix of the file."""
    return np.array(entry["data"], np.float64).reshape(shape)
