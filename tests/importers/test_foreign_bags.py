"""Bags as others leave them: SQLite, compressed, damaged schemas, odd clocks. No ROS needed."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import numpy as np
import pytest
import yaml

pytest.importorskip("rosbags")
import test_bag_import as made
import zstandard
from mcap.writer import CompressionType, Writer

from kinesics_core.errors import KinesicsError
from kinesics_core.importers.tracks import MAX_RATE
from kinesics_core.recording import bag_reader, people_definition
from kinesics_core.recording.cdr import Definition

KIND = bag_reader.PEOPLE_TYPE
TEXT, _ = made.STORE.generate_msgdef(KIND, ros_version=2)
SEPARATOR = re.compile(r"^=+\n", re.MULTILINE)


def database(folder: Path, raw: list[bytes], definition: str | None = None) -> Path:
    """A .db3 as rosbag2_storage_sqlite3 makes it; with definitions since Iron."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{folder.name}_0.db3"
    base = sqlite3.connect(file)
    base.execute("CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT, type TEXT,"
                 " serialization_format TEXT, offered_qos_profiles TEXT)")
    base.execute("CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER,"
                 " timestamp INTEGER, data BLOB)")
    base.execute("INSERT INTO topics VALUES(1, '/persons', ?, 'cdr', '')", (KIND,))
    base.executemany("INSERT INTO messages(topic_id, timestamp, data) VALUES(1, ?, ?)",
                     [(made.START + i, data) for i, data in enumerate(raw)])
    if definition is not None:
        base.execute("CREATE TABLE message_definitions(id INTEGER PRIMARY KEY, topic_type TEXT,"
                     " encoding TEXT, encoded_message_definition TEXT, type_description_hash TEXT)")
        base.execute("INSERT INTO message_definitions VALUES(1, ?, 'ros2msg', ?, '')",
                     (KIND, definition))
    base.commit()
    base.close()
    return file


def mcap(folder: Path, raw: list[bytes], name: str = KIND, encoding: str = "ros2msg",
         text: str | bytes = TEXT, schema: bool = True) -> Path:
    """An MCAP file whose schema may be anything."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{folder.name}_0.mcap"
    with open(file, "wb") as stream:
        writer = Writer(stream, compression=CompressionType.NONE)
        writer.start("ros2", "test")
        data = text if isinstance(text, bytes) else text.encode()
        number = writer.register_schema(name, encoding, data) if schema else 0
        channel = writer.register_channel("/persons", "cdr", number)
        for index, message in enumerate(raw):
            writer.add_message(channel, made.START + index, message, made.START + index)
        writer.finish()
    return file


def check(tmp_path: Path, coco: np.ndarray, source: Path | None = None) -> str:
    """The one clip holds the keypoints that were recorded; what the command says."""
    (clip,), said = made.clips(tmp_path, source or tmp_path / "in")
    assert clip.rate == made.RATE
    np.testing.assert_allclose(clip.keypoints, coco[0, ..., :2], atol=2e-3)
    return said


def message_at(seconds: float, coco: np.ndarray, ident: int = 1) -> bytes:
    return bytes(made.STORE.serialize_cdr(made.message(made.START + round(seconds * 1e9), [
        made.person(ident, coco)]), KIND))


def moving(at: float, x: float = 100.0) -> np.ndarray:
    """A person 240 px tall who walks to the right, 60 px a second."""
    coco = np.full((17, 3), 0.9, np.float32)
    coco[:, 0] = x + 60.0 * at + np.linspace(0, 60, 17)
    coco[:, 1] = np.linspace(100, 340, 17)
    return coco


# --- files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("definition", [None, TEXT])
def test_sqlite(tmp_path, definition):
    raw, coco = made.take(30)
    database(tmp_path / "in", raw, definition)
    check(tmp_path, coco)
    check(tmp_path / "alone", coco, tmp_path / "in" / "in_0.db3")


def test_sqlite_of_a_killed_recorder_keeps_what_stands_in_its_journal(tmp_path):
    raw, coco = made.take(30)
    file = database(tmp_path / "made" / "in", raw[:10])
    base = sqlite3.connect(file)
    base.execute("PRAGMA journal_mode=WAL")
    base.executemany("INSERT INTO messages(topic_id, timestamp, data) VALUES(1, ?, ?)",
                     [(made.START + 10 + i, data) for i, data in enumerate(raw[10:])])
    base.commit()
    (tmp_path / "in").mkdir()
    for part in file.parent.iterdir():  # as a kill leaves them: not closed
        if not part.name.endswith("-shm"):
            (tmp_path / "in" / part.name).write_bytes(part.read_bytes())
    base.close()
    check(tmp_path, coco)


@pytest.mark.parametrize("kind", ["mcap", "db3"])
def test_compressed_by_file(tmp_path, kind):
    raw, coco = made.take(30)
    file = (mcap if kind == "mcap" else database)(tmp_path / "in", raw)
    packed = file.with_name(file.name + ".zstd")
    packed.write_bytes(zstandard.compress(file.read_bytes()))
    file.unlink()
    check(tmp_path, coco)
    packed.write_bytes(packed.read_bytes()[:-300])
    contents = bag_reader.read(bag_reader.Bag("in", [packed]))
    assert "torn or damaged" in contents.fault


@pytest.mark.parametrize("kind", ["mcap", "db3"])
def test_compressed_by_message(tmp_path, kind):
    raw, coco = made.take(30)
    packed = [zstandard.compress(data) for data in raw]
    packed.insert(5, packed[0][:20])
    (mcap if kind == "mcap" else database)(tmp_path / "in", packed)
    said = check(tmp_path, coco)
    assert "1 message(s) of /persons cannot be read" in said


def test_parts_without_metadata_out_of_order_and_one_missing(tmp_path):
    raw, coco = made.take(36)
    for index in (10, 2, 1, 3, 4, 5, 6, 7, 8, 9, 11):
        file = mcap(tmp_path / "parts" / str(index), raw[3 * index: 3 * index + 3])
        (tmp_path / "in").mkdir(exist_ok=True)
        file.rename(tmp_path / "in" / f"in_{index}.mcap")
    check(tmp_path, coco[:, 3:])


def test_a_part_listed_and_missing_is_said(tmp_path):
    raw, coco = made.take(30)
    mcap(tmp_path / "in", raw)
    (tmp_path / "in" / "metadata.yaml").write_text(yaml.safe_dump({
        "rosbag2_bagfile_information": {"relative_file_paths": ["in_0.mcap", "in/in_1.mcap"]}}))
    assert "in_1.mcap is missing" in check(tmp_path, coco)


# --- schemas and metadata ----------------------------------------------------------------------

RECURSIVE = TEXT.replace("geometry_msgs/Pose head", "kinesics/Person[] head").replace(
    "geometry_msgs/msg/Pose head", "kinesics/msg/Person[] head")


@pytest.mark.parametrize("schema", [
    {"encoding": "ros2idl", "text": "module kinesics { module msg { struct PersonArray {"},
    {"text": SEPARATOR.split(TEXT)[0]},
    {"text": SEPARATOR.split(TEXT)[0] + "=" * 80 + "\n" + SEPARATOR.split(TEXT)[1]},
    {"text": RECURSIVE},
    {"text": ""},
    {"text": b"\xff\xfe not a definition"},
    {"text": "std_msgs/Header header\ntime when\n"},
], ids=["idl", "no nested", "some nested", "recursive", "empty", "not utf-8", "ros 1"])
def test_a_schema_that_cannot_be_used(tmp_path, schema):
    """Our own definition stands in, as far as it fits the messages."""
    raw, coco = made.take(30)
    mcap(tmp_path / "in", raw, **schema)
    check(tmp_path, coco)


def test_our_definition_is_that_of_the_messages():
    """Every field of ``msg/*.msg`` and rosbags' own, in order."""
    ours = Definition(KIND, people_definition.PEOPLE_DEFINITION)
    assert ours._types == Definition(KIND, TEXT)._types


def test_a_bag_of_another_message_without_its_schema_is_not_read_as_ours(tmp_path):
    raw, coco = made.take(30)
    mcap(tmp_path / "in", [data + b"\0" * 40 for data in raw], encoding="ros2idl", text="module")
    with pytest.raises(KinesicsError, match="40 bytes are left over"):
        made.clips(tmp_path, tmp_path / "in")


def test_a_channel_without_schema_has_its_type_from_the_metadata(tmp_path):
    raw, coco = made.take(30)
    mcap(tmp_path / "in", raw, schema=False)
    with pytest.raises(KinesicsError, match=r"only /persons \(unknown type\)"):
        made.clips(tmp_path, tmp_path / "in")
    (tmp_path / "in" / "metadata.yaml").write_text(yaml.safe_dump({
        "rosbag2_bagfile_information": {"topics_with_message_count": [
            {"topic_metadata": {"name": "/persons", "type": KIND}, "message_count": 30}]}}))
    check(tmp_path, coco)


def test_metadata_that_is_not_utf8(tmp_path):
    raw, coco = made.take(30)
    mcap(tmp_path / "in", raw)
    (tmp_path / "in" / "metadata.yaml").write_bytes(
        b"rosbag2_bagfile_information:\n  custom_data: {participant: Ren\xe9}\n")
    (clip,), _ = made.clips(tmp_path, tmp_path / "in")
    assert clip.labels == {"participant": "Ren�"}
    np.testing.assert_allclose(clip.keypoints, coco[0, ..., :2], atol=2e-3)


def test_words_of_a_channel_that_are_not_utf8(tmp_path):
    raw, coco = made.take(30)
    file = tmp_path / "in" / "in_0.mcap"
    file.parent.mkdir()
    with open(file, "wb") as stream:
        writer = Writer(stream, compression=CompressionType.NONE, enable_crcs=False)
        writer.start("ros2", "test")
        schema = writer.register_schema(KIND, "ros2msg", TEXT.encode())
        channel = writer.register_channel("/persons", "cdr", schema, {"robot": "QQQQ"})
        writer.add_metadata("rosbag2", {"serialized_metadata": "custom_data: {take: QQQQ}"})
        for index, message in enumerate(raw):
            writer.add_message(channel, made.START + index, message, made.START + index)
        writer.finish()
    file.write_bytes(file.read_bytes().replace(b"QQQQ", b"caf\xe9"))
    (clip,), _ = made.clips(tmp_path, tmp_path / "in")
    assert clip.labels == {"take": "caf�"}


@pytest.mark.parametrize("text, sentence", [
    ("std_msgs/Header header\n" + "=" * 80 + "\nMSG: std_msgs/Header\nuint32 seq\ntime stamp\n",
     "std_msgs/time"),
    ("p/B b\n" + "=" * 80 + "\nMSG: p/B\np/C[] c\n" + "=" * 80 + "\nMSG: p/C\np/B b\n",
     "contains itself: p/B"),
])
def test_a_definition_that_cannot_be_is_a_sentence(text, sentence):
    with pytest.raises(KinesicsError, match=sentence):
        Definition("p/msg/A", text)


def test_lengths_are_bounded_by_the_bytes():
    many = "p/E[] a\n" + "=" * 80 + "\nMSG: p/E\np/F[900] b\n" + "=" * 80 + "\nMSG: p/F\n"
    data = b"\0\1\0\0" + (900).to_bytes(4, "little") + bytes(1000)
    with pytest.raises(KinesicsError, match="more messages inside than bytes"):
        Definition("p/msg/A", many).decode(data)
    with pytest.raises(KinesicsError, match="does not fit"):
        Definition("p/msg/A", "float64[] a").decode(b"\0\1\0\0" + b"\xff" * 8)


@pytest.mark.parametrize("what", ["people_from", "_definition"])
def test_any_fault_of_one_bag_costs_itself_only(tmp_path, monkeypatch, what):
    raw, coco = made.take(30)
    mcap(tmp_path / "in" / "b_good", raw)
    mcap(tmp_path / "in" / "a_bad", raw[:5])
    right, calls = getattr(bag_reader, what), []

    def wrong(*arguments):
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("unforeseen")
        return right(*arguments)

    monkeypatch.setattr(bag_reader, what, wrong)
    (clip,), said = made.clips(tmp_path, tmp_path / "in")
    assert clip.name == "b_good"
    assert "a_bad: it cannot be read (RuntimeError: unforeseen)" in said


# --- clocks and sources ------------------------------------------------------------------------


def test_doubled_stamps_are_one_frame(tmp_path):
    """The publisher sent everything twice, .1 ms apart: 30 Hz, not 10,000."""
    times = np.arange(60) / 30
    mcap(tmp_path / "in", [message_at(t + late, moving(t)) for t in times for late in (0, 1e-4)])
    (clip,), _ = made.clips(tmp_path, tmp_path / "in")
    assert clip.rate == pytest.approx(30, rel=1e-3)
    assert len(clip.keypoints) == 60
    np.testing.assert_allclose(
        clip.keypoints, np.stack([moving(t)[:, :2] for t in times]), atol=0.05)


def test_a_rate_beyond_belief_is_bounded(tmp_path):
    times = np.arange(1000) / 1000
    mcap(tmp_path / "in", [message_at(t, moving(t)) for t in times])
    (clip,), _ = made.clips(tmp_path, tmp_path / "in")
    assert clip.rate <= MAX_RATE
    assert len(clip.keypoints) / clip.rate == pytest.approx(1.0, abs=0.01)


def test_swapped_neighbours_are_put_in_order(tmp_path):
    times = np.arange(60) / 30
    order = np.arange(60).reshape(-1, 2)[:, ::-1].ravel()
    mcap(tmp_path / "in", [message_at(times[i], moving(times[i])) for i in order])
    (clip,), _ = made.clips(tmp_path, tmp_path / "in")
    assert clip.rate == pytest.approx(30, rel=1e-3)
    np.testing.assert_allclose(
        clip.keypoints, np.stack([moving(t)[:, :2] for t in times]), atol=0.05)


def test_messages_in_any_order_are_put_in_order(tmp_path):
    times = np.arange(90) / 30
    order = np.random.default_rng(1).permutation(90)
    mcap(tmp_path / "in", [message_at(times[i], moving(times[i])) for i in order])
    (clip,), _ = made.clips(tmp_path, tmp_path / "in")
    np.testing.assert_allclose(
        clip.keypoints, np.stack([moving(t)[:, :2] for t in times]), atol=0.05)


@pytest.mark.parametrize("late", [0.005, 0.0, 1e-4], ids=["between", "same time", "just after"])
def test_two_sources_with_the_same_ids_are_two_clips(tmp_path, late):
    """Two cameras' people, both with id 1, 300 px apart on one topic."""
    times = np.arange(200) / 100
    both = [message_at(t + shift, moving(t, x)) for t in times
            for shift, x in ((0.0, 50.0), (late, 350.0))]
    mcap(tmp_path / "in", both)
    found, _ = made.clips(tmp_path, tmp_path / "in")
    assert len(found) == 2
    for clip, x in zip(sorted(found, key=lambda clip: clip.keypoints[0, 0, 0]), (50.0, 350.0),
                       strict=True):
        assert clip.rate == pytest.approx(100, rel=1e-3)
        np.testing.assert_allclose(
            clip.keypoints, np.stack([moving(t, x)[:, :2] for t in times]), atol=0.1)
