"""A face that does not move at all is a picture; one that blinks, looks or speaks lives."""

import numpy as np
import pytest

from kinesics_core.affect.face import FaceReader
from kinesics_core.affect.facs import au_to_blendshapes
from kinesics_core.affect.liveness import STILL, LivenessDetector
from kinesics_core.affect.per_person import FIRST
from kinesics_core.skeletons import BLENDSHAPE_INDEX
from kinesics_core.types import NANOSECONDS, Person

SMILE = au_to_blendshapes({"AU6": 0.7, "AU12": 0.8})
BLINK = [BLENDSHAPE_INDEX["eyeBlinkLeft"], BLENDSHAPE_INDEX["eyeBlinkRight"]]
FRAME = NANOSECONDS // 30


def still(rng):
    """A photograph as a camera sees it: the estimator trembles."""
    return np.clip(SMILE + rng.normal(0.0, 0.03, 52), 0.0, 1.0)


def blinking(rng, frame, every=3.6, lasts=0.3):
    shapes = still(rng)
    if (frame / 30.0) % every < lasts:
        shapes[BLINK] = 0.8
    return shapes


def lives(detector, shapes, stamp):
    (share,) = detector.update(np.nan_to_num(shapes)[None], stamp, FIRST)
    return share


def watch(shapes, seconds, detector=None, start=0):
    detector = detector or LivenessDetector()
    return [lives(detector, shapes(i), (start + i) * FRAME) for i in range(round(seconds * 30))]


def test_a_picture_on_a_wall_is_told_after_a_quarter_of_a_minute():
    rng = np.random.default_rng(0)
    shares = watch(lambda _: still(rng), 25.0)
    assert min(shares[: 14 * 30]) == 1.0
    assert shares[-1] == pytest.approx(STILL, abs=0.05)


def test_who_blinks_lives_however_still_otherwise():
    rng = np.random.default_rng(1)
    assert min(watch(lambda i: blinking(rng, i), 60.0)) == 1.0


def test_a_slip_of_the_estimator_makes_no_picture_live():
    rng = np.random.default_rng(6)
    slip = au_to_blendshapes({"AU26": 1.0, "AU12": 1.0})
    shares = watch(lambda i: slip if 300 <= i < 307 else still(rng), 25.0)
    assert shares[-1] == pytest.approx(STILL, abs=0.05)


def test_a_picture_that_moves_at_last_lives():
    rng, detector = np.random.default_rng(2), LivenessDetector()
    assert watch(lambda _: still(rng), 20.0, detector)[-1] < 0.5
    assert watch(lambda i: blinking(rng, i), 10.0, detector, start=600)[-1] == 1.0


@pytest.mark.parametrize("jump", [-NANOSECONDS, 5 * NANOSECONDS])
def test_a_clock_that_jumps_begins_anew(jump):
    rng, detector = np.random.default_rng(3), LivenessDetector()
    assert watch(lambda _: still(rng), 20.0, detector)[-1] < 0.5
    assert lives(detector, still(rng), 20 * NANOSECONDS + jump) == 1.0


def test_two_faces_are_told_apart_and_nobody_needs_to_be_there_always():
    rng, detector = np.random.default_rng(5), LivenessDetector(2)
    for i in range(25 * 30):
        rows = np.array([0, 1] if i % 3 else [1])
        shapes = np.stack([blinking(rng, i), still(rng)])
        last = detector.update(shapes[rows], i * FRAME, rows)
    assert detector.update(shapes, i * FRAME, slice(0, 2))[0] == 1.0
    assert last[-1] == pytest.approx(STILL, abs=0.05)


def test_a_picture_keeps_its_smile_and_loses_its_weight():
    rng, reader = np.random.default_rng(4), FaceReader()
    readings = [reader.update(Person(1, 1.0, np.full((17, 3), np.nan, np.float32),
                                     blendshapes=still(rng)), i * FRAME) for i in range(25 * 30)]
    assert readings[-1].categories.argmax() == readings[300].categories.argmax() == 0
    assert readings[-1].confidence < 0.35 * readings[300].confidence
