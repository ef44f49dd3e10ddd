"""An answer begun on a forecast that did not come true is taken back without a jump."""

import numpy as np
import pytest

from kinesics_core.affect.emotions import NEUTRAL
from kinesics_core.expression.animator import Animator
from kinesics_core.types import NANOSECONDS, AffectiveResponse

RATE = 60


def response(gesture="", anticipated=False):
    return AffectiveResponse(
        1, "mirror", NEUTRAL, 0.0, 0.1, 0.0, 0.1, 1, np.zeros(2, np.float32), gesture, 1.0, "why",
        anticipated=anticipated)


def perform(script, seconds=4.0, animator=None):
    """Poses (T, 63) of an animator; ``script(time)`` gives the response of each moment."""
    animator = animator or Animator(0)
    poses = []
    for frame in range(int(seconds * RATE)):
        animator.respond(script(frame / RATE))
        _, body = animator.step(round(frame / RATE * NANOSECONDS))
        poses.append(np.asarray(body.body_pose, float).ravel())
    return np.array(poses)


def early_wave(back_at, seen_at=np.inf):
    def script(time):
        if time < 0.5 or back_at <= time:
            return response()
        return response("wave", anticipated=time < seen_at)

    return script


@pytest.fixture(scope="module")
def rest():
    return perform(lambda time: response())


@pytest.fixture(scope="module")
def waved():
    return perform(early_wave(back_at=3.0, seen_at=0.9))


@pytest.mark.parametrize("after", [0.1, 0.25, 0.5, 0.9, 1.4])
def test_it_is_taken_back_within_a_second_and_no_faster_than_a_wave_is_made(rest, waved, after):
    poses = perform(early_wave(back_at=0.5 + after))
    away = np.abs(poses - rest).max(axis=1)
    began = int((0.5 + after) * RATE)
    assert away[began + RATE :].max() < 0.25 * np.abs(waved - rest).max()
    speed, usual = (np.abs(np.diff(one, axis=0)).max() * RATE for one in (poses, waved))
    assert speed <= 1.2 * usual
    # No pose but the next one: steps of the speed stay those of a wave that is carried through.
    jolt, usual_jolt = (np.abs(np.diff(one, 2, axis=0)).max() * RATE**2 for one in (poses, waved))
    assert jolt <= 1.5 * usual_jolt


def test_it_is_carried_through_once_the_gesture_was_seen(rest, waved):
    stopped = perform(early_wave(back_at=3.0, seen_at=0.9))
    assert np.array_equal(stopped, waved)
    late = slice(int(1.8 * RATE), int(2.4 * RATE))
    assert np.abs(waved - rest)[late].max() > 0.8  # the hand is up and waves


def test_a_gesture_that_answered_what_was_seen_is_carried_through_as_ever(rest):
    def script(time):
        return response("wave") if 0.5 <= time < 0.8 else response()

    late = slice(int(1.6 * RATE), int(2.2 * RATE))
    assert np.abs(perform(script) - rest)[late].max() > 0.8
