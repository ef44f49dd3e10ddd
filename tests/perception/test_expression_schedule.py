"""Faces are read by the networks a few times a second, one in an image, and readings grow old."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from kinesics_core.assets import store
from kinesics_core.errors import AssetError, ModelError
from kinesics_core.perception.config import KeypointConfig
from kinesics_core.perception.expression_network import ExpressionNetwork
from kinesics_core.perception.expression_schedule import ExpressionSchedule
from kinesics_core.perception.landmarks import KeypointEstimator
from kinesics_core.types import NANOSECONDS, Frame, Person

FRAME = NANOSECONDS // 30
IMAGE = np.zeros((48, 64, 3), np.uint8)


class Counting:
    """A network that counts whose face it sees and says so."""

    def __init__(self):
        self.seen, self.mirrored = [], []

    def read(self, image, face, mirrored):
        if np.isnan(face).any():
            raise ModelError("no face")
        self.mirrored.append(mirrored)
        self.seen.append(int(face[0, 0]))
        return np.full(8, len(self.seen), np.float32)


def person(identity, face=True):
    points = np.full((478, 3), float(identity), np.float32) if face else None
    return Person(identity, 1.0, np.full((17, 3), np.nan, np.float32), face=points)


def run(schedule, identities, frames, start=0):
    people = []
    for i in range(frames):
        people = [person(identity) for identity in identities]
        schedule.add(IMAGE, people, NANOSECONDS + (start + i) * FRAME)
    return people


@pytest.mark.parametrize(("rate", "readings"), [(5.0, 10), (10.0, 20), (30.0, 60), (60.0, 60)])
def test_a_face_is_read_at_the_rate(rate, readings):
    network = Counting()
    run(ExpressionSchedule(rate, network), [1], 60)
    assert len(network.seen) == readings


def test_beside_the_next_image_the_same_faces_are_read_one_image_later():
    at_once, beside = ExpressionSchedule(5.0, Counting()), ExpressionSchedule(
        5.0, Counting(), beside=True)
    before = []
    try:
        for i in range(40):
            now, later = (run(schedule, [1, 2], 1, start=i) for schedule in (at_once, beside))
            for one, other in zip(later if i else [], before, strict=True):
                assert one.expression_stamp == other.expression_stamp
                np.testing.assert_array_equal(one.expression, other.expression)
            before = now
        beside.close()
        assert run(beside, [1, 2], 9, start=40)[0].expression is not None, "it goes on"
    finally:
        beside.close()


def test_each_person_is_seen_mirrored_every_other_time():
    network = Counting()
    run(ExpressionSchedule(5.0, network), [1, 2], 60)
    for identity in (1, 2):
        ways = [way for way, seen in zip(network.mirrored, network.seen, strict=True)
                if seen == identity]
        assert ways == [False, True] * 5


def test_people_take_turns_and_one_is_read_in_an_image():
    network = Counting()
    schedule = ExpressionSchedule(5.0, network)
    for i in range(6):
        before = len(network.seen)
        run(schedule, [1, 2, 3], 1, start=i)
        assert len(network.seen) <= before + 1
    assert network.seen == [1, 2, 3]
    run(schedule, [1, 2, 3], 24, start=6)
    assert [network.seen.count(identity) for identity in (1, 2, 3)] == [5, 5, 5]


def test_more_people_than_turns_are_read_evenly():
    network = Counting()
    run(ExpressionSchedule(30.0, network), [1, 2, 3, 4], 40)
    assert [network.seen.count(identity) for identity in (1, 2, 3, 4)] == [10] * 4


def test_many_people_cost_no_more_than_three():
    network = Counting()
    run(ExpressionSchedule(5.0, network), range(1, 9), 60)
    assert 28 <= len(network.seen) <= 30  # of 80 that eight people would have
    assert min(network.seen.count(identity) for identity in range(1, 9)) >= 3


def test_between_readings_the_last_one_and_its_stamp_stay():
    schedule = ExpressionSchedule(5.0, Counting())
    first = run(schedule, [1], 1)[0]
    assert first.expression_stamp == NANOSECONDS
    later = run(schedule, [1], 5, start=1)[0]
    assert later.expression is first.expression and later.expression_stamp == NANOSECONDS


def test_an_old_reading_is_dropped():
    schedule = ExpressionSchedule(5.0, Counting())
    run(schedule, [1], 1)
    faceless = person(1, face=False)
    schedule.add(IMAGE, [faceless], NANOSECONDS + FRAME)
    assert faceless.expression is None
    hidden = person(1)
    hidden.face[:] = np.nan
    schedule.add(IMAGE, [hidden], 2 * NANOSECONDS + FRAME)
    assert hidden.expression is None and hidden.expression_stamp == 0


def test_a_clock_that_goes_back_starts_anew():
    network = Counting()
    schedule = ExpressionSchedule(5.0, network)
    run(schedule, [1], 1, start=100)
    again = run(schedule, [1], 1, start=0)[0]
    assert len(network.seen) == 2 and again.expression_stamp == NANOSECONDS


def test_people_who_come_and_go_every_image_are_read():
    network = Counting()
    schedule = ExpressionSchedule(5.0, network)
    for i in range(60):
        run(schedule, [1 + i % 2], 1, start=i)
    assert 8 <= network.seen.count(1) <= 10


def test_without_networks_faces_are_left_to_their_blendshapes(monkeypatch, caplog):
    def missing():
        raise AssetError("Cannot get expression-fer")

    monkeypatch.setattr(ExpressionNetwork, "load", missing)
    with caplog.at_level("WARNING"):
        schedule = ExpressionSchedule(5.0)
    assert "blendshapes alone" in caplog.text
    assert run(schedule, [1], 2)[0].expression is None
    schedule.warm_up()


def test_rate_zero_loads_nothing(monkeypatch):
    monkeypatch.setattr(ExpressionNetwork, "load", lambda: pytest.fail("loaded"))
    assert run(ExpressionSchedule(0.0), [1], 2)[0].expression is None


def test_the_estimator_gives_people_their_expression():
    portrait = cv2.cvtColor(cv2.imread(str(store.path("portrait"))), cv2.COLOR_BGR2RGB)
    with KeypointEstimator(KeypointConfig(expression_rate=5.0)) as estimator:
        (seen,) = estimator.process(Frame(portrait, 5 * NANOSECONDS)).persons
    assert seen.expression is not None and seen.expression.argmax() == 0
    assert seen.expression_stamp == 5 * NANOSECONDS
    with KeypointEstimator(KeypointConfig(expression_rate=0.0)) as estimator:
        (seen,) = estimator.process(Frame(portrait, 5 * NANOSECONDS)).persons
    assert seen.expression is None
