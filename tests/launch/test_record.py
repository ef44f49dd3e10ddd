"""record.launch.py: a bag that others read, and an end with a reason when there is none."""

from __future__ import annotations

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

    def written() -> dict[str, list]:
        heard = {"/persons": [], "/chatter": []}
        with AnyReader([tmp_path / "take"]) as reader:
            for connection, _, raw in reader.messages():
                heard[connection.topic].append(reader.deserialize(raw, connection.msgtype))
        return heard

    # The recording goes on: nothing of it may wait for its end.
    listener.wait(lambda: min(map(len, written().values())) == 20, 30.0)
    heard = written()
    assert [message.persons[0].id for message in heard["/persons"]] == list(range(20))
    assert [message.data for message in heard["/chatter"]] == [str(i) for i in range(20)]


@launch_pytest.fixture
def recording_over(describe, tmp_path):
    (tmp_path / "take").mkdir()
    return describe("record", bag=str(tmp_path / "take"))


@pytest.mark.launch(fixture=recording_over)
def test_an_existing_bag_ends_the_launch(run, listener, launch_service, tmp_path):
    assert listener.wait(lambda: launch_service.context.is_shutdown), run.text
    assert "exists already" in run.text
    assert list((tmp_path / "take").iterdir()) == []


@launch_pytest.fixture
def disk_too_small(describe, tmp_path):
    params = tmp_path / "params.yaml"
    # A terabyte to stay free: the disk of the test counts as full from the start.
    params.write_text("/**/recorder: {ros__parameters: {reserve_mb: 1000000}}\n")
    return describe(
        "record", bag=str(tmp_path / "take"), topics="/chatter", params_file=str(params)
    )


@pytest.mark.launch(fixture=disk_too_small)
def test_a_full_disk_ends_the_launch_and_leaves_the_bag(run, listener, launch_service, tmp_path):
    from rosbags.highlevel import AnyReader
    from std_msgs.msg import String

    assert listener.reaches("/recorder", "active"), run.text
    chatter = listener.node.create_publisher(String, "/chatter", 10)
    assert listener.wait(chatter.get_subscription_count), run.text

    def speak() -> bool:
        chatter.publish(String(data="hello"))
        return launch_service.context.is_shutdown

    assert listener.wait(speak), run.text
    assert "must stay free" in run.text
    with AnyReader([tmp_path / "take"]) as reader:
        assert sum(1 for _ in reader.messages()) > 0
