"""A performance comes from rest and goes back to it; moments are found where a formula has them."""

from __future__ import annotations

import numpy as np
import pytest

from kinesics_core.errors import KinesicsError
from kinesics_core.expression.face_animation import FaceAnimation
from kinesics_core.expression.faces import glad_face
from kinesics_core.expression.performance import PerformanceConfig, moments, perform
from kinesics_core.skeletons import BLENDSHAPE_INDEX

EXPRESSIVE = [index for name, index in BLENDSHAPE_INDEX.items()
              if not name.startswith(("eyeBlink", "eyeLook"))]


def show(animator):
    animator.show("happiness", 0.9)


@pytest.mark.parametrize(("seconds", "rate"), [(6.0, 60.0), (2.5, 24.0), (1.0, 30.0)])
def test_from_rest_to_the_face_and_back(seconds, rate):
    animation = perform(show, PerformanceConfig(seconds, rate))
    np.testing.assert_allclose(animation.times, np.arange(round(seconds * rate) + 1) / rate)
    assert animation.duration == pytest.approx(seconds)
    true = glad_face(0.9)[EXPRESSIVE]
    seen = animation.blendshapes[:, EXPRESSIVE]
    assert np.linalg.norm(seen[0]) < 0.1
    if seconds > 2.0:
        away = np.linalg.norm(seen - true, axis=1)
        assert away.min() < 0.15 * np.linalg.norm(true)
        assert np.linalg.norm(seen[-1]) < 0.1 * np.linalg.norm(true)


def test_a_seed_gives_the_same_face_and_another_another():
    config = PerformanceConfig(3.0, 30.0, 5)
    first, again = perform(show, config), perform(show, config)
    for name, part in first.parts().items():
        np.testing.assert_array_equal(part, again.parts()[name])
    other = perform(show, PerformanceConfig(3.0, 30.0, 6))
    assert np.abs(other.blendshapes - first.blendshapes).max() > 1e-3


def test_two_rates_show_the_same_face():
    slow, fast = (perform(show, PerformanceConfig(3.0, rate)) for rate in (30.0, 60.0))
    # An onset begins at a frame, so at most one frame of the slower apart.
    assert np.abs(fast.blendshapes[::2] - slow.blendshapes).max() < 0.3
    assert np.abs(fast.blendshapes[::2] - slow.blendshapes).mean() < 0.01


@pytest.mark.parametrize("values", [(0.5, 60.0, 0), (6.0, 1000.0, 0), (6.0, 60.0, -1),
                                    (float("nan"), 60.0, 0)])
def test_settings_out_of_range_are_refused(values):
    with pytest.raises(KinesicsError, match="wanted"):
        PerformanceConfig(*values)


def ramps(times, rises=1.0, held=2.0, falls=4.0, ends=5.0):
    """A smile that rises, stays and falls in straight lines."""
    share = np.interp(times, [rises, held, falls, ends], [0, 1, 1, 0])
    shapes = np.zeros((len(times), 52), np.float32)
    shapes[:, BLENDSHAPE_INDEX["mouthSmileLeft"]] = share
    shapes[:, BLENDSHAPE_INDEX["mouthSmileRight"]] = share
    return shapes


def animated(shapes, times):
    return FaceAnimation(times, shapes, np.zeros((len(times), 2), np.float32),
                         np.zeros((len(times), 3), np.float32))


def test_moments_are_where_the_formula_has_them():
    times = np.arange(361) / 60
    found = moments(animated(ramps(times), times))
    assert list(found) == ["rest", "onset", "apex", "offset", "end"]
    at = {name: times[frame] for name, frame in found.items()}
    assert at == pytest.approx(
        {"rest": 0.0, "onset": 1.5, "apex": 3.0, "offset": 4.5, "end": 6.0}, abs=0.02)


def test_a_moment_in_a_blink_is_moved_to_open_eyes():
    times = np.arange(361) / 60
    shapes = ramps(times)
    lids = np.clip(1 - np.abs(times - 3.02) / 0.1, 0, 1)
    shapes[:, BLENDSHAPE_INDEX["eyeBlinkLeft"]] = lids
    found = moments(animated(shapes, times))
    assert lids[found["apex"]] < 0.3 and abs(times[found["apex"]] - 3.0) < 0.2


def test_what_does_not_move_or_does_not_return_has_fewer_moments():
    times = np.arange(60) / 30
    assert list(moments(animated(np.zeros((60, 52), np.float32), times))) == ["rest", "end"]
    assert list(moments(animated(np.zeros((1, 52), np.float32), times[:1]))) == ["rest"]
    rising = animated(ramps(times, 0.0, 1.5, 9.0, 10.0), times)
    assert list(moments(rising)) == ["rest", "onset", "apex", "end"]
