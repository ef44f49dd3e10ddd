"""Calibrations: read, scaled to another size, refused with a sentence."""

from __future__ import annotations

import numpy as np
import pytest
from camera_info import CALIBRATION

from kinesics_core.errors import SourceError
from kinesics_core.perception import calibration


def test_a_calibration_is_read_and_scaled(tmp_path):
    file = tmp_path / "camera.yaml"
    file.write_text(CALIBRATION)
    read = calibration.read(str(file))
    assert read.camera.shape == (3, 3) and read.projection.shape == (3, 4)
    half = read.scaled(read.width // 2, read.height // 2)
    np.testing.assert_allclose(half.camera[:2], 0.5 * read.camera[:2])
    np.testing.assert_allclose(half.projection[:2], 0.5 * read.projection[:2])
    np.testing.assert_array_equal(half.camera[2], (0, 0, 1))


@pytest.mark.parametrize("text", [
    "", "image_width: x", "just text", CALIBRATION[:80], "[" * 5000,
    CALIBRATION.replace("width: 128", "width: 0"), CALIBRATION.replace("width: 128", "width: .inf"),
    CALIBRATION.replace("110", ".nan"), CALIBRATION.replace("110", "1e300")])
def test_a_broken_calibration_is_named(tmp_path, text):
    file = tmp_path / "camera.yaml"
    file.write_text(text)
    with pytest.raises(SourceError, match="camera_calibration"):
        calibration.read(str(file))
    with pytest.raises(SourceError, match="missing.yaml"):
        calibration.read(str(tmp_path / "missing.yaml"))
