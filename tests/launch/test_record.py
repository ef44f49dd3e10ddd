"""record.launch.py: a bag that others read, and an end with a reason when there is none."""

from __future__ import annotations

import threading

import pytest

launch_pytest = pytest.importorskip("launch_pytest")
pytest.importorskip("launch_ros")
pytest.importorskip("rosbags")

pytestmark = pytest.mark.slow


@launch_pytest.fixture
def recording(describe, tmp_path):
    return describe("record", bag=str(tmp_path / "take"), topics="persons,/chatter")


@pytest.mark.launch(fixture=recording)
def test_messages_of_known_and_foreign_topics_are_in_the_bag(run, listener, tmp_path):
    from rosbags.highlevel import AnyReader
    from std_msgs.msg import String

    from kinesics.msg import Person, PersonArray

    assert listener.reaches("/recorder", "active"), run.text
    people = listener.node.create_publisher(PersonArray, "persons", 10)
    chatter = listener.node.create_publisher(String, "/chatter", 10)
    assert listener.wait(
        lambda: people.get_subscription_count() and chatter.get_subscription_count()
    ), run.text
    for i in range(20):
        people.publish(PersonArray(width=640, persons=[Person(id=i)]))
        chatter.publish(String(data=str(i)))
        listener.wait(lambda: False, 0.05)

    # The recording goes on: nothing of it may wait for its end. A flush ends with this file.
    metadata = tmp_path / "take" / "metadata.yaml"
    assert listener.wait(lambda: "\n  message_count: 40\n" in metadata.read_text(), 30.0)
    heard = {"/persons": [], "/chatter": []}
    with AnyReader([tmp_path / "take"]) as reader:
        for connection, _, raw in reader.messages():
            heard[connection.topic].append(reader.deserialize(raw, connection.msgtype))
    assert [message.persons[0].id for message in heard["/persons"]] == list(range(20))
    assert [message.data for message in heard["/chatter"]] == [str(i) for i in range(20)]


def test_an_existing_bag_ends_the_launch(describe, run, failing, tmp_path):
    (tmp_path / "take").mkdir()
    assert "could not be started" in failing(describe("record", bag=str(tmp_path / "take")))
    assert "exists already" in run.text
    assert list((tmp_path / "take").iterdir()) == []


def test_a_full_disk_ends_the_launch_and_leaves_the_bag(describe, run, failing, listener, tmp_path):
    from rosbags.highlevel import AnyReader
    from std_msgs.msg import String

    params = tmp_path / "params.yaml"
    # A terabyte to stay free: the disk of the test counts as full from the start.
    params.write_text("/**/recorder: {ros__parameters: {reserve_mb: 1000000}}\n")
    chatter, ended = listener.node.create_publisher(String, "/chatter", 10), threading.Event()

    def speak() -> None:
        while not ended.wait(0.02):
            chatter.publish(String(data="hello"))

    speaker = threading.Thread(target=speak)
    speaker.start()
    try:
        said = failing(describe(
            "record", bag=str(tmp_path / "take"), topics="/chatter", params_file=str(params)))
    finally:
        ended.set()
        speaker.join()
    assert "the recording ended" in said and "must stay free" in run.text
    with AnyReader([tmp_path / "take"]) as reader:
        heard = [reader.deserialize(raw, connection.msgtype).data
                 for connection, _, raw in reader.messages()]
    assert set(heard) <= {"hello"}
    assert f"its {len(heard)} messages are readable" in run.text


@launch_pytest.fixture
def takes(describe, tmp_path):
    return describe("record", takes=str(tmp_path / "takes"), topics="/chatter")


@pytest.mark.launch(fixture=takes)
def test_takes_are_recorded_when_they_are_asked_for(run, listener, tmp_path):
    from rclpy.action import ActionClient
    from std_msgs.msg import String

    from kinesics.action import RecordTake

    assert listener.reaches("/recorder", "active"), run.text
    chatter = listener.node.create_publisher(String, "/chatter", 10)
    assert listener.wait(lambda: chatter.get_subscription_count() == 1)
    client = ActionClient(listener.node, RecordTake, "/record_take")
    assert listener.wait(client.server_is_ready)
    told = []
    sent = client.send_goal_async(RecordTake.Goal(participant="P01", emotion="joy"),
                                  feedback_callback=lambda message: told.append(message.feedback))
    assert listener.wait(sent.done)
    bag = tmp_path / "takes" / "P01" / "P01_joy_001"
    assert listener.wait(bag.exists), run.text
    chatter.publish(String(data="hello"))
    ended = sent.result().get_result_async()
    assert listener.wait(lambda: any(feedback.messages for feedback in told)), run.text
    assert not ended.done()
    sent.result().cancel_goal_async()
    assert listener.wait(ended.done)
    result = ended.result().result
    assert (result.error_code, result.bag, result.messages) == (RecordTake.Result.NONE, str(bag), 1)
