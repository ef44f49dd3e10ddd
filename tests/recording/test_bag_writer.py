"""A bag is readable by others at every moment: in peace, after a kill, and on a full disk."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
import yaml

pytest.importorskip("rosbags")

from mcap.reader import make_reader
from mcap.stream_reader import StreamReader
from rosbags.highlevel import AnyReader
from small_disk import tmpfs

from kinesics_core.errors import RecordingError
from kinesics_core.recording import bag_reader, message_definitions
from kinesics_core.recording import bag_writer as bag
from kinesics_core.recording.bag_recovery import recover

STRING = "std_msgs/msg/String"
QOS = {
    "history": "keep_last",
    "depth": 5,
    "reliability": "reliable",
    "durability": "transient_local",
    "deadline": {"sec": 9223372036, "nsec": 854775807},
    "lifespan": {"sec": 9223372036, "nsec": 854775807},
    "liveliness": "automatic",
    "liveliness_lease_duration": {"sec": 9223372036, "nsec": 854775807},
    "avoid_ros_namespace_conventions": False,
}
START = 1_700_000_000_000_000_000


def cdr_string(text: str) -> bytes:
    """std_msgs/String in little-endian CDR: encapsulation, length with the closing zero, text."""
    raw = text.encode() + b"\0"
    return b"\0\1\0\0" + len(raw).to_bytes(4, "little") + raw


def read_strings(path: Path) -> list[str]:
    """All strings of a bag in order, through a reader that shares no code with the writer."""
    with AnyReader([path]) as reader:
        return [
            reader.deserialize(raw, connection.msgtype).data
            for connection, _, raw in reader.messages()
        ]


def scan_strings(file: Path) -> list[str]:
    """What mcap's streaming reader finds from the front, without the summary."""
    found = []
    with open(file, "rb") as stream:
        for record in StreamReader(stream, skip_magic=False).records:
            if type(record).__name__ == "Message":
                found.append(record.data[8:-1].decode())
    return found


def information(path: Path) -> dict:
    return yaml.safe_load((path / "metadata.yaml").read_text())["rosbag2_bagfile_information"]


@pytest.fixture
def writer(tmp_path: Path):
    """A bag whose thread never flushes by itself, with one topic."""
    with bag.BagWriter(tmp_path / "take", reserve_bytes=0, flush_seconds=3600) as writer:
        writer.add_topic("/speech", STRING, [QOS])
        yield writer


def write(writer: bag.BagWriter, *texts: str, size: int = 0) -> None:
    for text in texts:
        stamp = START + writer.message_count + int(text)
        assert writer.write("/speech", cdr_string(text.ljust(size)), stamp, stamp - 5)


def test_a_closed_bag_reads_back(writer):
    writer.add_topic("/numbers", "std_msgs/msg/Float32MultiArray")
    for i in range(10):
        writer.write("/speech", cdr_string(str(i)), START + i * 100, START + i * 100 - 7)
        if i % 3 == 0:
            writer.flush()
    writer.close()
    assert read_strings(writer.path) == [str(i) for i in range(10)]
    with open(writer.path / "take_0.mcap", "rb") as stream:
        reader = make_reader(stream, validate_crcs=True)
        assert reader.get_header().profile == "ros2"
        stamps = [(m.log_time, m.publish_time) for _, _, m in reader.iter_messages()]
        late = [m.data for _, _, m in reader.iter_messages(starting_at=START + 850)]
    assert stamps == [(START + i * 100, START + i * 100 - 7) for i in range(10)]
    assert late == [cdr_string("9")]


def test_metadata_is_what_rosbag2_reads(writer):
    """Fields and their form as in rosbag2_storage's yaml.hpp, version 9."""
    writer.add_topic("/silent", "sensor_msgs/msg/CameraInfo")
    for i in (2, 0, 1):
        writer.write("/speech", cdr_string("x"), START + i)
    writer.close()
    span = {
        "starting_time": {"nanoseconds_since_epoch": START},
        "duration": {"nanoseconds": 2},
        "message_count": 3,
    }
    topics = information(writer.path).pop("topics_with_message_count")
    assert {k: v for k, v in information(writer.path).items() if k in span} == span
    assert information(writer.path)["version"] == 9
    assert information(writer.path)["storage_identifier"] == "mcap"
    assert information(writer.path)["relative_file_paths"] == ["take_0.mcap"]
    assert information(writer.path)["files"] == [{"path": "take_0.mcap", **span}]
    assert topics[0] == {
        "topic_metadata": {
            "name": "/speech",
            "type": STRING,
            "serialization_format": "cdr",
            "offered_qos_profiles": [QOS],
            # Of std_msgs/String in every distribution since Iron.
            "type_description_hash": "RIHS01_"
            "df668c740482bbd48fb39d76a70dfd4bd59db1288021743503259e948f6b1a18",
        },
        "message_count": 3,
    }
    assert topics[1]["topic_metadata"]["offered_qos_profiles"] == []
    assert topics[1]["message_count"] == 0
    with open(writer.path / "take_0.mcap", "rb") as stream:
        reader = make_reader(stream)
        channels = {c.topic: c for c in reader.get_summary().channels.values()}
        (inner,) = [m for m in reader.iter_metadata() if m.name == "rosbag2"]
    assert yaml.safe_load(channels["/speech"].metadata["offered_qos_profiles"]) == [QOS]
    assert channels["/speech"].message_encoding == "cdr"
    assert yaml.safe_load(inner.metadata["serialized_metadata"]) == information(writer.path)


def test_rclpy_profiles_become_rosbag2_profiles():
    qos = pytest.importorskip("rclpy.qos")
    forever = pytest.importorskip("rclpy.duration").Infinite
    profile = qos.QoSProfile(
        depth=5,
        reliability=qos.ReliabilityPolicy.RELIABLE,
        durability=qos.DurabilityPolicy.TRANSIENT_LOCAL,
        liveliness=qos.LivelinessPolicy.AUTOMATIC,
        deadline=forever,
        lifespan=forever,
        liveliness_lease_duration=forever,
    )
    assert bag.qos_profile(profile) == QOS
    sensor = bag.qos_profile(qos.qos_profile_sensor_data)
    assert (sensor["reliability"], sensor["durability"]) == ("best_effort", "volatile")


def test_definitions_hold_every_nested_type_once():
    text = message_definitions.full_text("geometry_msgs/msg/PoseWithCovarianceStamped")
    rule = "=" * 80
    assert text.split(f"\n{rule}\n")[0].strip().endswith("PoseWithCovariance pose")
    assert [block.splitlines()[0] for block in text.split(f"{rule}\n")[1:]] == [
        "MSG: geometry_msgs/PoseWithCovariance",
        "MSG: geometry_msgs/Pose",
        "MSG: geometry_msgs/Point",
        "MSG: geometry_msgs/Quaternion",
        "MSG: std_msgs/Header",
        "MSG: builtin_interfaces/Time",
    ]


def test_unknown_types_topics_and_stamps_are_refused(writer):
    with pytest.raises(RecordingError, match="no_such_msgs"):
        writer.add_topic("/odd", "no_such_msgs/msg/Thing")
    with pytest.raises(RecordingError, match="offered again as std_msgs/msg/Bool"):
        writer.add_topic("/speech", "std_msgs/msg/Bool")
    with pytest.raises(RecordingError, match="/odd was not added"):
        writer.write("/odd", b"", START)
    with pytest.raises(RecordingError, match="before the epoch"):
        writer.write("/speech", cdr_string("x"), -1)
    assert writer.write("/speech", cdr_string("still open"), START)
    writer.close()
    assert read_strings(writer.path) == ["still open"]


def test_an_existing_bag_is_not_recorded_over(writer):
    write(writer, "1")
    writer.close()
    with pytest.raises(RecordingError, match="exists already"):
        bag.BagWriter(writer.path)
    assert read_strings(writer.path) == ["1"]


def test_a_place_that_cannot_be_written_leaves_nothing(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(RecordingError, match="cannot be made"):
        bag.BagWriter(tmp_path / "file" / "take")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(bag.os, "pwrite", full)
    with pytest.raises(RecordingError, match="No space left on device"):
        bag.BagWriter(tmp_path / "take")
    assert not (tmp_path / "take").exists()


def test_a_bag_is_whole_while_it_is_being_recorded(writer):
    assert read_strings(writer.path) == []
    assert information(writer.path)["starting_time"]["nanoseconds_since_epoch"] == 2**63 - 1
    for i in range(4):
        write(writer, str(i))
        assert read_strings(writer.path) == [str(k) for k in range(i)]
        writer.flush()
        assert read_strings(writer.path) == [str(k) for k in range(i + 1)]
        assert information(writer.path)["message_count"] == i + 1
    with pytest.raises(RecordingError, match="being recorded"):
        recover(writer.path)


def test_messages_reach_the_disk_without_further_calls(tmp_path):
    with bag.BagWriter(tmp_path / "take", reserve_bytes=0, flush_seconds=0.05) as writer:
        writer.add_topic("/speech", STRING)
        write(writer, "1")
        deadline = time.monotonic() + 60
        while writer.message_count == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert read_strings(writer.path) == ["1"]


def test_nothing_is_taken_after_close(writer):
    writer.close()
    writer.close()
    assert writer.write("/speech", cdr_string("late"), START) is False


# A kill -----------------------------------------------------------------------------------------


def test_a_kill_leaves_everything_flushed(tmp_path):
    """The child says what it has flushed and is killed in the midst of writing more."""
    child = textwrap.dedent(
        """
        import itertools, sys
        from pathlib import Path
        from kinesics_core.recording.bag_writer import BagWriter
        writer = BagWriter(Path(sys.argv[1]), reserve_bytes=0, flush_seconds=3600)
        writer.add_topic("/speech", "std_msgs/msg/String")
        for i in itertools.count():
            raw = str(i).encode().ljust(9999) + bytes(1)
            writer.write("/speech", bytes((0, 1, 0, 0)) + len(raw).to_bytes(4, "little") + raw, i)
            if i % 10 == 9:
                writer.flush()
                print(i, flush=True)
        """
    )
    path = tmp_path / "take"
    with subprocess.Popen([sys.executable, "-c", child, path], stdout=subprocess.PIPE) as process:
        for line in process.stdout:
            if int(line) >= 199:
                break
        process.send_signal(signal.SIGKILL)
        flushed = [int(line), *(int(rest) for rest in process.stdout)][-1]
    count = recover(path)
    texts = [int(text) for text in read_strings(path)]
    assert texts == list(range(count))
    assert count > flushed


def test_a_torn_flush_costs_only_itself(tmp_path, writer):
    """Every way a kill can tear the last write: any first part of it, over the older tail."""
    file = writer.path / "take_0.mcap"
    write(writer, "1", "2", "3", size=500)
    writer.flush()
    before = file.read_bytes()
    write(writer, "4", "5", size=500)
    writer.close()
    after = file.read_bytes()
    same = next(i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b)
    cuts = [*range(same, same + 60), *range(same, len(after), 173), len(after) - 1]
    for cut in cuts:
        file.write_bytes(after[:cut] + before[cut:])
        (writer.path / "metadata.yaml").unlink()
        count = recover(writer.path)
        texts = [text.strip() for text in read_strings(writer.path)]
        assert texts in (["1", "2", "3"], ["1", "2", "3", "4", "5"]), cut
        assert count == len(texts) == information(writer.path)["message_count"]
    assert len(texts) == 5  # all but the last byte was there


def test_recover_keeps_a_whole_bag_as_it_is(tmp_path):
    custom = {"participant": "p01", "emotion": "joy"}
    with bag.BagWriter(tmp_path / "take", reserve_bytes=0, custom_data=custom) as writer:
        writer.add_topic("/speech", STRING, [QOS])
        write(writer, "1", "2")
    files = {p.name: p.read_bytes() for p in writer.path.iterdir()}
    assert recover(writer.path) == 2
    assert {p.name: p.read_bytes() for p in writer.path.iterdir()} == files
    assert information(writer.path)["custom_data"] == custom


def test_the_command_recovers_and_says_how_much(tmp_path, capsys):
    from kinesics_core import cli

    with bag.BagWriter(tmp_path / "take", reserve_bytes=0) as writer:
        writer.add_topic("/speech", STRING)
        write(writer, "1", "2", "3")
    file = writer.path / "take_0.mcap"
    file.write_bytes(file.read_bytes()[:-9])
    assert cli.main(["data", "recover", str(writer.path)]) == 0
    assert "3 messages are readable" in capsys.readouterr().out
    assert read_strings(writer.path) == ["1", "2", "3"]
    assert cli.main(["data", "recover", str(tmp_path)]) == 1


def test_recover_refuses_what_is_not_ours(tmp_path):
    with pytest.raises(RecordingError, match="0 .mcap files"):
        recover(tmp_path)
    (tmp_path / "other.mcap").write_bytes(b"something else entirely")
    with pytest.raises(RecordingError, match="not recorded by Kinesics"):
        recover(tmp_path)


# A full disk ------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch):
    """A directory that takes 200 kB: a tmpfs as root, otherwise a counting os.pwrite."""
    size = 200_000
    with tmpfs(tmp_path, size) as mounted:
        if mounted:
            yield tmp_path
            return

    def pwrite(file: int, data: memoryview, offset: int) -> int:
        if offset >= size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real_pwrite(file, data[: size - offset], offset)

    real_pwrite = os.pwrite
    monkeypatch.setattr(bag.os, "pwrite", pwrite)
    yield tmp_path


def test_a_full_disk_ends_the_recording_once(small_disk):
    writer = bag.BagWriter(small_disk / "take", reserve_bytes=0, flush_seconds=3600)
    writer.add_topic("/speech", STRING)
    with pytest.raises(RecordingError, match="disk .* full") as fault:
        for i in range(1000):
            write(writer, str(i), size=1000)
            if i % 37 == 36:
                writer.flush()
    assert writer.write("/speech", cdr_string("late"), START) is False
    writer.close()
    texts = [text.strip() for text in read_strings(writer.path)]
    assert texts == [str(i) for i in range(len(texts))]
    assert f"{len(texts)} messages are readable" in str(fault.value)
    assert information(writer.path)["message_count"] == len(texts)
    assert scan_strings(writer.path / "take_0.mcap") == [t.ljust(1000) for t in texts]
    # 200 kB hold more than 100 messages of 1 kB: the last flush was cut, not thrown away.
    assert len(texts) > 100


def test_the_reserve_is_left_free(writer, monkeypatch):
    """The last messages still go in, for that is what the reserve is for."""
    write(writer, "1")
    writer.flush()
    write(writer, "2")
    monkeypatch.setattr(writer, "_reserve", 2**62)
    with pytest.raises(RecordingError, match="must stay free"):
        writer.close()
    assert read_strings(writer.path) == ["1", "2"]


def test_another_fault_of_the_disk_is_named(writer, monkeypatch):
    write(writer, "1")
    writer.flush()
    write(writer, "2")

    def gone(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(bag.os, "pwrite", gone)
    with pytest.raises(RecordingError, match="Input/output error"):
        writer.flush()
    monkeypatch.undo()
    assert recover(writer.path) == 1
    assert read_strings(writer.path) == ["1"]


# Time -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rest", [0.0, 0.3, 0.7])
def test_no_message_waits_longer_than_promised(tmp_path, rest):
    """However long nothing came before; the time counts from the first message that waits."""
    with bag.BagWriter(tmp_path / "take", reserve_bytes=0, flush_seconds=1.0) as writer:
        writer.add_topic("/speech", STRING)
        for expected in (1, 2, 3):
            time.sleep(rest)
            write(writer, str(expected))
            taken = looked = time.monotonic()
            held_up = 0.0  # seconds that a busy machine let nobody look, nor write
            while writer.message_count < expected and time.monotonic() - taken < 60.0:
                time.sleep(0.005)
                held_up += max(time.monotonic() - looked - 0.02, 0.0)
                looked = time.monotonic()
            assert writer.message_count == expected
            assert time.monotonic() - taken < 1.0 + 2.0 * held_up


def test_the_first_messages_are_on_the_disk_at_once(tmp_path):
    """A recorder that is killed within its first second leaves something."""
    with bag.BagWriter(tmp_path / "soon", reserve_bytes=0, flush_seconds=60.0) as writer:
        writer.add_topic("/speech", STRING)
        write(writer, "1")
        deadline = time.monotonic() + 25.0  # others wait for 30 s
        while writer.message_count == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert read_strings(writer.path) == ["1"]


def test_a_bag_read_within_a_flush_is_said_to_be_recorded(writer):
    """A reader may see the new chunk before the new tail."""
    write(writer, "1", "2")
    writer.flush()
    file = writer.path / "take_0.mcap"
    whole = file.read_bytes()
    file.write_bytes(whole[:-40])
    contents = bag_reader.read(bag_reader.Bag("take", [file]))
    assert contents.fault == (
        "take_0.mcap is being recorded at this moment; its first 2 messages were read.")
    file.write_bytes(whole)
    writer.close()
    file.write_bytes(whole[:-40])
    assert "torn or damaged after 2" in bag_reader.read(bag_reader.Bag("take", [file])).fault
