"""Faces from bags; the messages are put into bytes by rosbags, which shares no code with ours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

rosbags = pytest.importorskip("rosbags")
from mcap.writer import Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from kinesics_core.errors import KinesicsError
from kinesics_core.expression.recorded_face import FACE_DEFINITION, FACE_TYPE, read_bag

MSG = Path(__file__).parents[2] / "msg" / "FacePose.msg"
STORE = get_typestore(Stores.ROS2_JAZZY)
STORE.register(get_types_from_msg(MSG.read_text(), FACE_TYPE))
START = 1_763_700_000_900_000_000


def faces(count=30, rate=60.0):
    """Times in ns and 57 numbers of each face."""
    values = np.random.default_rng(2).uniform(0, 1, (count, 57)).astype(np.float32)
    return [START + round(index / rate * 1e9) for index in range(count)], values


def serialised(stamps, values):
    types = STORE.types

    def time(stamp):
        return types["builtin_interfaces/msg/Time"](stamp // 10**9, stamp % 10**9)

    for stamp, row in zip(stamps, values, strict=True):
        header = types["std_msgs/msg/Header"](time(stamp - 10**8), "base_link")
        yield stamp, bytes(STORE.serialize_cdr(types[FACE_TYPE](
            header, time(stamp), row[:52], row[52:54], row[54:]), FACE_TYPE))


def bag(path, topics, definition=None):
    """An .mcap with faces on some topics."""
    text = STORE.generate_msgdef(FACE_TYPE, ros_version=2)[0] if definition is None else definition
    with path.open("wb") as stream:
        writer = Writer(stream)
        writer.start("ros2")
        schema = writer.register_schema(FACE_TYPE, "ros2msg", text.encode())
        for topic, messages in topics.items():
            channel = writer.register_channel(topic, "cdr", schema)
            for stamp, data in messages:
                writer.add_message(channel, stamp, data, stamp)
        writer.finish()
    return path


@pytest.mark.parametrize("definition", [None, ""])
def test_a_bag_is_an_animation_at_the_times_of_its_poses(tmp_path, definition):
    stamps, values = faces()
    take = read_bag(bag(tmp_path / "a.mcap", {"/face_pose": serialised(stamps, values)},
                        definition))
    animation = take.animation
    np.testing.assert_allclose(animation.times, np.arange(30) / 60, atol=1e-6)
    np.testing.assert_array_equal(animation.blendshapes, values[:, :52])
    np.testing.assert_array_equal(animation.gaze, values[:, 52:54])
    np.testing.assert_array_equal(animation.head, values[:, 54:])
    assert take.notes == ()


def test_what_is_left_out_and_gaps_are_told(tmp_path):
    stamps, values = faces()
    values[4, 7] = np.nan
    stamps[10] = stamps[8]
    stamps[20:] = [stamp + 10**9 for stamp in stamps[20:]]
    take = read_bag(bag(tmp_path / "a.mcap", {"/face_pose": serialised(stamps, values)}))
    assert len(take.animation.times) == 28
    assert take.notes[:2] == ("1 faces are not later than the one before and are left out.",
                              "1 faces hold nan and are left out.")
    assert take.notes[2].startswith("No face from 0.317 to 1.333 s")


def test_of_several_topics_one_is_named(tmp_path):
    stamps, values = faces(4)
    path = bag(tmp_path / "a.mcap", {
        f"/{name}/face_pose": serialised(stamps, values * share)
        for name, share in (("left", 0.5), ("right", 1.0))})
    with pytest.raises(KinesicsError, match="/left/face_pose, /right/face_pose; name one"):
        read_bag(path)
    with pytest.raises(KinesicsError, match="no faces on /face; topics with faces: /left"):
        read_bag(path, "/face")
    take = read_bag(path, "/left/face_pose")
    np.testing.assert_allclose(take.animation.blendshapes, values[:, :52] / 2)


def test_a_torn_bag_gives_what_is_whole(tmp_path):
    stamps, values = faces(200)
    path = bag(tmp_path / "a.mcap", {"/face_pose": serialised(stamps, values)})
    path.write_bytes(path.read_bytes()[:-300])
    take = read_bag(path)
    assert len(take.animation.times) > 100 and "torn or damaged" in take.notes[0]


def test_a_bag_without_faces_is_a_sentence(tmp_path):
    with pytest.raises(KinesicsError, match="record the topic face_pose as well"):
        read_bag(bag(tmp_path / "a.mcap", {}))
    stamps, values = faces(2)
    values[:] = np.nan
    with pytest.raises(KinesicsError, match="no face without nan"):
        read_bag(bag(tmp_path / "b.mcap", {"/face_pose": serialised(stamps, values)}))


def test_the_definition_is_that_of_the_message():
    fields = [line.split("#")[0].split() for line in MSG.read_text().splitlines()]
    assert [words for words in fields if words] == [
        line.split() for line in FACE_DEFINITION.splitlines()]
