"""Lit limbs: they lie where their axis and radius say, are lit from the left, stay in the image."""

import numpy as np
import pytest

from kinesics_core.view.shading import limb

WHITE = (255, 255, 255)


def canvas():
    return np.zeros((200, 300, 3), np.uint8)


def covered(image):
    return np.argwhere(image.max(-1) > 0)


@pytest.mark.parametrize("radius", [(6.0, 6.0), (20.0, 20.0)], ids=["small", "interpolated"])
def test_area_is_that_of_a_stadium(radius):
    labels = np.zeros((200, 300), np.uint8)
    limb(canvas(), (80.3, 100.7), (200.1, 60.2), radius, WHITE, labels=labels, label=7)
    length, r = np.hypot(200.1 - 80.3, 60.2 - 100.7), radius[0]
    assert set(np.unique(labels)) == {0, 7}
    assert (labels == 7).sum() == pytest.approx(2 * r * length + np.pi * r * r, rel=0.01)


def test_edge_is_antialiased_at_the_radius():
    """The brightness falls to half at the outline, whatever its sub-pixel place is."""
    for radius in (14.0, 14.25, 14.5, 14.75):
        flat_light = canvas()
        limb(flat_light, (50.0, 100.0), (250.0, 100.0), (radius, radius), WHITE, ambient=1.0)
        column = flat_light[:, 150, 0].astype(float)
        inside = column[100]
        assert column[100:].sum() / inside == pytest.approx(radius + 0.5, rel=0.12)


def test_a_point_is_a_ball():
    labels = np.zeros((200, 300), np.uint8)
    limb(canvas(), (150.0, 100.0), (150.0, 100.0), (30.0, 30.0), WHITE, labels=labels, label=1)
    assert labels.sum() == pytest.approx(np.pi * 30**2, rel=0.02)
    assert labels[100, 121:180].all()
    assert not labels[75, 125]


def test_profile_gives_the_width_along_the_axis():
    labels = np.zeros((200, 300), np.uint8)
    limb(canvas(), (50.0, 100.0), (250.0, 100.0), (10.0, 30.0, 10.0), WHITE, labels=labels, label=1)
    for x, radius in ((55, 11), (100, 20), (150, 30), (200, 20)):
        assert np.count_nonzero(labels[:, x]) == pytest.approx(2 * radius, abs=2)


def test_light_comes_from_the_upper_left():
    image = canvas()
    limb(image, (150.0, 30.0), (150.0, 170.0), (40.0, 40.0), WHITE)
    assert image[100, 125].mean() > image[100, 175].mean() + 40


@pytest.mark.parametrize(
    "ends",
    [((np.nan, 10), (20, 20)), ((-500, -500), (-400, -400)), ((1e9, 0), (1e9, 5)),
     ((10, np.inf), (20, 20))],
)
def test_what_is_not_in_the_image_is_left_out(ends):
    image = canvas()
    limb(image, *ends, (5.0, 5.0), WHITE)
    assert len(covered(image)) == 0
