"""The pinhole camera against angles and points whose pictures are known by trigonometry."""

from __future__ import annotations

import numpy as np
import pytest

from kinesics_core.camera import bearing, field_of_view, focal_length, project, unproject
from kinesics_core.rotations import exponential

CENTRE = (320.0, 240.0)


@pytest.mark.parametrize(("fov", "share"), [
    (90.0, 0.5), (60.0, np.sqrt(3.0) / 2.0), (2 * np.degrees(np.arctan(0.5)), 1.0),
])
def test_focal_length_and_field_of_view_are_the_sides_of_one_triangle(fov, share):
    assert focal_length(640, fov) == pytest.approx(640 * share)
    assert field_of_view(640, 640 * share) == pytest.approx(fov)


def test_a_point_on_the_axis_is_seen_in_the_centre_and_one_at_45_degrees_a_focal_length_off():
    points = np.array([[0.0, 0.0, 3.0], [2.0, 0.0, 2.0], [0.0, -0.5, 0.5], [1.0, 1.0, 4.0]])
    expected = [CENTRE, (820.0, 240.0), (320.0, -260.0), (445.0, 365.0)]
    np.testing.assert_allclose(project(points, 500.0, CENTRE), expected)


def test_the_edge_of_the_field_of_view_is_the_edge_of_the_image():
    half = np.radians(35.0)
    edge = 2.5 * np.array([np.sin(half), 0.0, np.cos(half)])
    assert project(edge, focal_length(640, 70.0), CENTRE) == pytest.approx((640.0, 240.0))


def test_what_is_too_near_is_seen_at_the_nearest_distance():
    points = np.array([[0.1, 0.2, -1.0], [0.1, 0.2, 0.01], [0.1, 0.2, 1.0]])
    near = project(points, 100.0, CENTRE, nearest=0.1)
    np.testing.assert_allclose(near, [(420.0, 440.0), (420.0, 440.0), (330.0, 260.0)])
    np.testing.assert_allclose(project(points, 100.0, CENTRE)[0], (310.0, 220.0))


def test_cameras_of_a_batch_have_their_own_focal_lengths():
    points = np.tile([1.0, -1.0, 2.0], (2, 5, 1))
    pixels = project(points, np.array([100.0, 300.0])[:, None, None], (0.0, 0.0))
    np.testing.assert_allclose(pixels[0], np.tile([50.0, -50.0], (5, 1)))
    np.testing.assert_allclose(pixels[1], np.tile([150.0, -150.0], (5, 1)))


@pytest.mark.parametrize("depth", [2.0, np.array([[0.5, 1.0, 7.0], [2.0, 3.0, 4.0]])])
def test_unproject_undoes_project(depth):
    pixels = np.random.default_rng(1).uniform(0.0, 640.0, (2, 3, 2))
    points = unproject(pixels, depth, 444.0, CENTRE)
    np.testing.assert_allclose(points[..., 2], np.broadcast_to(depth, (2, 3)))
    np.testing.assert_allclose(project(points, 444.0, CENTRE), pixels)


def test_a_single_precision_batch_stays_single_precision():
    points = np.ones((4, 3), np.float32)
    assert project(points, 500.0, np.float32([320, 240]), nearest=0.1).dtype == np.float32


def test_bearing_is_positive_to_the_left_and_upwards():
    focal = focal_length(640, 60.0)
    assert bearing(np.array(CENTRE), focal, CENTRE) == (0.0, 0.0)
    assert bearing(np.array([0.0, 240.0]), focal, CENTRE)[0] == pytest.approx(np.radians(30.0))
    above = bearing(np.array([320.0, 240.0 - focal]), focal, CENTRE)
    assert above == (0.0, pytest.approx(np.radians(45.0)))


@pytest.mark.parametrize(("azimuth", "elevation"), [(0.4, 0.3), (-0.7, 0.2), (0.1, -0.5)])
def test_a_camera_panned_and_tilted_by_the_bearing_looks_at_the_pixel(azimuth, elevation):
    # In optical axes left is -x and up is -y: pan about the vertical (y down), then tilt about x.
    pan = exponential(np.array([0.0, -azimuth, 0.0]))
    tilt = exponential(np.array([elevation, 0.0, 0.0]))
    pixel = project(pan @ tilt @ np.array([0.0, 0.0, 1.7]), 500.0, CENTRE)
    assert bearing(pixel, 500.0, CENTRE) == pytest.approx((azimuth, elevation))
