"""Core dataclasses through their ROS messages and the wire, and back, unchanged."""

from __future__ import annotations

import dataclasses
from array import array

import numpy as np
import pytest

pytest.importorskip("rclpy")
from geometry_msgs.msg import Pose
from rclpy.serialization import deserialize_message, serialize_message

from kinesics_core.errors import MessageError
from kinesics_core.types import (
    Affect,
    AffectiveResponse,
    BodyPose,
    FacePose,
    GestureSign,
    MotionForecast,
    People,
    Person,
    SocialSignals,
)
from kinesics_ros import conversions, signal_messages

STAMP = 1_763_700_000_123_456_789
RNG = np.random.default_rng(7)


def random(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype(np.float32)


def head() -> np.ndarray:
    matrix = np.eye(4)
    # A rotation of 170 degrees about an oblique axis, where naive quaternion formulas lose digits.
    axis = np.array([1.0, 2.0, -0.5]) / np.linalg.norm([1.0, 2.0, -0.5])
    cross = np.cross(np.eye(3), axis)
    angle = np.radians(170)
    matrix[:3, :3] = np.eye(3) + np.sin(angle) * -cross + (1 - np.cos(angle)) * cross @ cross
    matrix[:3, 3] = [0.1, -0.2, 0.9]
    return matrix


def shares(*shape: int) -> np.ndarray:
    """Numbers from 0 to 1, as scores and weights are."""
    return np.minimum(np.abs(random(*shape)), 1.0)


def full_person() -> Person:
    coco, pose = random(17, 3), random(33, 4)
    coco[3, :2] = np.nan
    blendshapes = shares(52)
    blendshapes[51] = np.nan
    coco[:, 2], pose[:, 3] = shares(17), shares(33)
    return Person(
        7, 0.5, coco, pose, random(33, 3), random(21, 3), random(21, 3), random(21, 3),
        random(21, 3), random(478, 3), blendshapes, head(),
        np.array([0.5, 0.25, 0.125, 0, 0, 0, 0.125, 0], np.float32), STAMP - 12_345,
    )


def unseen_person() -> Person:
    return Person(8, 0.25, np.full((17, 3), np.nan, np.float32))


CASES = [
    (People(STAMP, 640, 480, [full_person(), unseen_person()], "model", "frame"),
     conversions.people_to_msg, conversions.people_from_msg),
    (People(STAMP, 640, 480), conversions.people_to_msg, conversions.people_from_msg),
    (MotionForecast(STAMP, 3, 640, 480, random(30, 17, 2), 0.03125, random(30), 0.5, "lstm", "f"),
     conversions.forecast_to_msg, conversions.forecast_from_msg),
    (Affect(STAMP, 3, np.array([.3, 0, .1, .1, 0, 0, .2, .3], np.float32), 0.5, float("nan"),
            -0.25, 0.75, "face"),
     conversions.affect_to_msg, conversions.affect_from_msg),
    (AffectiveResponse(STAMP, "mirror", 3, 0.5, 0.25, -0.5, 1.0, 4, random(2), "nod", 2.5, "why",
                       "frame", "4 sadness 2", -0.125, 0.75, 1.25, True, ("near", "new"),
                       (0.5, -2.0)),
     conversions.response_to_msg, conversions.response_from_msg),
    (SocialSignals(STAMP, 3, (GestureSign("wave", 0.75), GestureSign("nod", 0.5)),
                   (GestureSign("bow", 0.5, 0.25),), "sitting", "engaged", 0.5, 1.5, 0.25,
                   float("nan"), -0.5),
     signal_messages.signals_to_msg, signal_messages.signals_from_msg),
    (SocialSignals(STAMP, 4), signal_messages.signals_to_msg, signal_messages.signals_from_msg),
    (FacePose(STAMP, STAMP + 5, random(52), random(2), random(3)),
     conversions.face_to_msg, conversions.face_from_msg),
    (BodyPose(STAMP, STAMP + 5, random(3), random(3), random(21, 3), random(15, 3), random(15, 3),
              random(3), random(10)),
     conversions.body_to_msg, conversions.body_from_msg),
    (Affect(STAMP, 3, np.array([.3, 0, .1, .1, 0, 0, .2, .3], np.float32), 0.5, float("nan"),
            -0.25, 0.75, "lstm 1", spread=np.array([0.25, np.nan, 0.5], np.float32),
            classes=("laughing", "elderly"), probabilities=np.array([0.25, 0.75], np.float32)),
     conversions.affect_to_msg, conversions.affect_from_msg),
]


def assert_same(got: object, wanted: object) -> None:
    if dataclasses.is_dataclass(wanted):
        assert type(got) is type(wanted)
        for field in dataclasses.fields(wanted):
            assert_same(getattr(got, field.name), getattr(wanted, field.name))
    elif isinstance(wanted, list):
        assert len(got) == len(wanted)
        for one, other in zip(got, wanted, strict=True):
            assert_same(one, other)
    elif isinstance(wanted, np.ndarray):
        assert got.shape == wanted.shape
        np.testing.assert_allclose(got, wanted, atol=1e-9)
    elif isinstance(wanted, float):
        assert got == pytest.approx(wanted, nan_ok=True)
    else:
        assert got == wanted


@pytest.mark.parametrize("value,to_msg,from_msg", CASES)
def test_round_trip_over_the_wire(value, to_msg, from_msg):
    message = to_msg(value)
    received = deserialize_message(serialize_message(message), type(message))
    assert_same(from_msg(received), value)


@pytest.mark.parametrize(("name", "sent", "received"), [
    ("lean", 7.0, 0.5), ("lean", np.nan, 0.0), ("gaze", np.nan, 1.0), ("gaze", -3.0, 0.0),
    ("tempo", 0.0, 1.0), ("tempo", np.inf, 4.0), ("tempo", np.nan, 1.0), ("tempo", -1.0, 0.25)])
def test_how_a_response_is_carried_out_is_kept_within_bounds(name, sent, received):
    message = conversions.response_to_msg(CASES[4][0])
    setattr(message, name, sent)
    assert getattr(conversions.response_from_msg(message), name) == received


def test_a_response_that_says_nothing_of_manner_is_carried_out_as_authored():
    got = conversions.response_from_msg(type(conversions.response_to_msg(CASES[4][0]))())
    assert (got.lean, got.gaze, got.tempo, got.cause, got.factors) == (0.0, 1.0, 1.0, "", ())


def test_factors_without_values_are_refused():
    message = conversions.response_to_msg(CASES[4][0])
    message.factors = ["near"]
    with pytest.raises(MessageError, match="1 factors and 2 values"):
        conversions.response_from_msg(message)


@pytest.mark.parametrize(("sent", "received"), [
    ([np.nan] + [0.1] * 7, None), ([0.0] * 8, None), ([-1.0] * 8, None),
    ([2.0, 0.0, 3.0] + [0.0] * 5, [0.4, 0.0, 0.6] + [0.0] * 5), ([0.5] * 8, [0.125] * 8),
    ([3e38] * 8, [0.125] * 8), ([-1.0, 5.0, 95.0] + [0.0] * 5, [0, 0.05, 0.95] + [0.0] * 5)])
def test_an_expression_that_is_no_distribution_is_unknown_or_made_one(sent, received):
    message = conversions.people_to_msg(CASES[0][0])
    message.persons[0].expression = sent
    got = conversions.people_from_msg(message).persons[0].expression
    assert got is None if received is None else got == pytest.approx(received)


@pytest.mark.parametrize(("names", "shares"), [
    (["a", "b"], [0.5]), (["a"], [np.nan]), ([], [1.0]), (["a", "b"], [0.0, 0.0])])
def test_classes_without_a_distribution_are_left_out(names, shares):
    message = conversions.affect_to_msg(CASES[3][0])
    message.class_names, message.class_probabilities = names, shares
    message.vad_spread = [-1.0, np.inf, 0.25]
    got = conversions.affect_from_msg(message)
    assert got.classes == () and got.probabilities is None
    assert got.spread == pytest.approx([np.nan, np.nan, 0.25], nan_ok=True)


def test_an_expression_of_other_classes_is_refused():
    message = conversions.people_to_msg(CASES[0][0])
    message.persons[0].expression = [0.5] * 7
    with pytest.raises(MessageError, match="expression holds 7"):
        conversions.people_from_msg(message)


def test_quaternion_of_known_rotations():
    quarter_turn_about_z = np.eye(4)
    quarter_turn_about_z[:3, :3] = [[0, -1, 0], [1, 0, 0], [0, 0, 1]]
    half = np.sqrt(0.5)
    got = conversions.pose_from_matrix(quarter_turn_about_z)
    np.testing.assert_allclose(got, [0, 0, 0, 0, 0, half, half], atol=1e-12)
    for axis in range(3):
        half_turn = -np.eye(4)
        half_turn[axis, axis] = half_turn[3, 3] = 1.0
        got = conversions.pose_from_matrix(half_turn)[3:]
        np.testing.assert_allclose(np.abs(got), np.eye(4)[axis], atol=1e-12)


def test_stamp_before_and_after_a_second_boundary():
    for stamp in (0, 999_999_999, 1_000_000_000, STAMP):
        assert conversions.time_from_msg(conversions.time_to_msg(stamp)) == stamp


# Messages from anybody --------------------------------------------------------------------------


@pytest.mark.parametrize(("field", "size", "wanted"), [
    ("left_hand", 62, 63), ("right_hand_world", 66, 63), ("pose", 102, 99),
    ("pose_visibility", 66, 33), ("pose_world", 1, 99), ("face", 1433, 1434),
    ("blendshapes", 51, 52)])
def test_a_part_of_another_length_is_refused_with_both_lengths(field, size, wanted):
    message = conversions.people_to_msg(People(STAMP, 640, 480, [full_person()]))
    setattr(message.persons[0], field, array("f", [0.5]) * size)
    sentence = f"{field} holds {size} numbers; wanted none or {wanted}"
    with pytest.raises(MessageError, match=sentence):
        conversions.people_from_msg(message)


def test_an_image_without_a_size_is_refused():
    message = conversions.people_to_msg(People(STAMP, 640, 0, []))
    with pytest.raises(MessageError, match="640x0"):
        conversions.people_from_msg(message)


def test_coordinates_that_are_nowhere_are_unknown():
    person = full_person()
    person.coco[0] = (np.inf, 3e38, 7.0)
    person.left_hand[4, 1] = -np.inf
    got, = conversions.people_from_msg(
        conversions.people_to_msg(People(STAMP, 640, 480, [person]))).persons
    assert np.isnan(got.coco[0, :2]).all() and got.coco[0, 2] == 1.0
    assert np.isnan(got.left_hand[4, 1]) and np.isfinite(got.left_hand[5]).all()


def test_a_head_that_was_left_out_is_none():
    message = conversions.people_to_msg(People(STAMP, 640, 480, [full_person()]))
    message.persons[0].head = Pose()
    message.persons[0].head.orientation.w = 0.0
    assert conversions.people_from_msg(message).persons[0].head is None


@pytest.mark.parametrize(("field", "value"), [
    ("horizon", 31), ("horizon", 0), ("horizon", 65535), ("dt", 0.0), ("dt", float("nan")),
    ("keypoints", array("f", [1.0]) * 1019), ("spread", array("f", [1.0]) * 7)])
def test_a_forecast_that_does_not_fit_itself_is_refused(field, value):
    message = conversions.forecast_to_msg(CASES[2][0])
    setattr(message, field, value)
    with pytest.raises(MessageError, match="got a MotionForecast"):
        conversions.forecast_from_msg(message)


@pytest.mark.parametrize("categories", [
    np.full(8, np.nan), np.zeros(8), np.full(8, 3e38), np.array([-1, 2, 0, 0, 0, 0, 0, 0])])
def test_categories_that_are_no_probabilities_are_refused(categories):
    message = conversions.affect_to_msg(CASES[3][0])
    message.categories = categories.astype(np.float32)
    with pytest.raises(MessageError, match="8 probabilities"):
        conversions.affect_from_msg(message)


@pytest.mark.parametrize(("field", "value", "words"), [
    ("emotion", 8, "emotion 8; wanted a constant"), ("emotion", 255, "0 to 7"),
    ("intensity", float("nan"), "intensity nan"), ("intensity", 1.5, "wanted 0 to 1"),
    ("duration", -1.0, "duration -1"), ("valence", float("inf"), "valence inf")])
def test_a_response_out_of_range_is_refused(field, value, words):
    message = conversions.response_to_msg(CASES[4][0])
    setattr(message, field, value)
    with pytest.raises(MessageError, match=words):
        conversions.response_from_msg(message)


def test_a_body_that_is_no_pose_is_refused():
    message = conversions.body_to_msg(next(
        value for value, *_ in CASES if isinstance(value, BodyPose)))
    message.body_pose[4] = np.inf
    with pytest.raises(MessageError, match="body_pose holds inf"):
        conversions.body_from_msg(message)
