"""Bags become clips, whoever wrote them and however they ended.

The messages are put into bytes by rosbags, which shares no code with our reader.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

rosbags = pytest.importorskip("rosbags")
from mcap.writer import CompressionType, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from kinesics_core.cli import main
from kinesics_core.commands.import_recordings import summary
from kinesics_core.dataset.clips import Dataset
from kinesics_core.errors import KinesicsError
from kinesics_core.fitting.progress import FitHooks
from kinesics_core.fitting.tracks.read_tracks import ReadOptions, read_tracks
from kinesics_core.importers.bags import import_bags
from kinesics_core.recording import bag_reader
from kinesics_core.recording.cdr import Definition
from kinesics_core.types import People, Person
from kinesics_core.view.mind_stories import people_of_bag

MSG = Path(__file__).parents[2] / "msg"
STORE = get_typestore(Stores.ROS2_JAZZY)
for _name in ("Person", "PersonArray"):
    STORE.register(get_types_from_msg((MSG / f"{_name}.msg").read_text(), f"kinesics/msg/{_name}"))
START = 1_763_700_000_000_000_000
RATE = 20.0


def message(stamp: int, persons: list) -> object:
    types = STORE.types
    header = types["std_msgs/msg/Header"](
        types["builtin_interfaces/msg/Time"](stamp // 10**9, stamp % 10**9), "camera")
    return types[bag_reader.PEOPLE_TYPE](header, 640, 480, "mediapipe-lite", persons)


def person(identity: int, coco: np.ndarray, blendshapes: int = 0) -> object:
    """A kinesics/msg/Person; sequences of odd lengths make the alignment matter."""
    types = STORE.types
    empty = np.zeros(0, np.float32)
    pose = types["geometry_msgs/msg/Pose"](
        types["geometry_msgs/msg/Point"](1.0, 2.0, 3.0),
        types["geometry_msgs/msg/Quaternion"](0.0, 0.0, 0.0, 1.0))
    return types["kinesics/msg/Person"](
        identity, 0.75, coco[:, :2].ravel(), coco[:, 2].copy(), np.zeros(99, np.float32),
        np.zeros(33, np.float32), empty, empty, empty, empty, empty, empty,
        np.zeros(blendshapes, np.float32), pose, np.full(8 * (blendshapes > 0), 0.125, np.float32),
        types["builtin_interfaces/msg/Time"](1, 2))


def take(count: int, seed: int = 0, ids: tuple[int, ...] = (1,)) -> tuple[list[bytes], np.ndarray]:
    """Serialised messages at RATE and the keypoints in them, (ids, count, 17, 3)."""
    rng = np.random.default_rng(seed)
    coco = rng.uniform(50, 400, (len(ids), count, 17, 3)).astype(np.float32)
    coco[..., 2] = 0.9
    raw = [
        bytes(STORE.serialize_cdr(message(START + round(t / RATE * 1e9), [
            person(identity, coco[row, t], t % 3) for row, identity in enumerate(ids)
        ]), bag_reader.PEOPLE_TYPE))
        for t in range(count)
    ]
    return raw, coco


def write_bag(
    folder: Path, topics: dict[str, list[bytes]], *, kind: str = bag_reader.PEOPLE_TYPE,
    compression: CompressionType = CompressionType.ZSTD, custom_data: dict | None = None,
    rename: tuple[str, str] = ("", ""),
) -> Path:
    """As ``ros2 bag record`` leaves it; the MCAP file."""
    folder.mkdir(parents=True)
    file = folder / f"{folder.name}_0.mcap"
    text, _ = STORE.generate_msgdef(kind, ros_version=2)
    with open(file, "wb") as stream:
        writer = Writer(stream, chunk_size=4000, compression=compression)
        writer.start("ros2", "test")
        schema = writer.register_schema(kind, "ros2msg", text.replace(*rename).encode())
        for topic, messages in topics.items():
            channel = writer.register_channel(topic, "cdr", schema)
            for index, data in enumerate(messages):
                writer.add_message(channel, START + index, data, START + index)
        writer.finish()
    information = {"version": 9, "custom_data": custom_data}
    (folder / "metadata.yaml").write_text(
        yaml.safe_dump({"rosbag2_bagfile_information": information}))
    return file


def clips(tmp_path: Path, source: Path, pattern: str | None = None) -> tuple[list, str]:
    out = tmp_path / "dataset"
    report = import_bags(source, out, label_pattern=pattern)
    return list(Dataset(out)), summary(out, report)


@pytest.mark.parametrize("compression", list(CompressionType))
def test_what_was_recorded_is_in_the_clip(tmp_path, compression):
    raw, coco = take(30)
    write_bag(tmp_path / "in", {"/robot/persons": raw}, compression=compression)
    (clip,), text = clips(tmp_path, tmp_path / "in")
    assert (clip.name, clip.rate, clip.size) == ("in", RATE, (640, 480))
    np.testing.assert_allclose(clip.keypoints, coco[0, ..., :2], atol=2e-3)
    assert text.endswith("1 clip(s) of 1 bag(s)")


def test_every_field_of_a_message_is_decoded():
    """Alignment, sequences, strings, nested messages and doubles, against rosbags."""
    coco = np.arange(51, dtype=np.float32).reshape(17, 3) / (1, 1, 64)
    other = (coco + (1, 1, 0)).astype(np.float32)
    sent = message(START + 7, [person(3, coco.astype(np.float32), 1), person(4, other, 2)])
    text, _ = STORE.generate_msgdef(bag_reader.PEOPLE_TYPE, ros_version=2)
    for little in (True, False):
        data = bytes(STORE.serialize_cdr(sent, bag_reader.PEOPLE_TYPE, little_endian=little))
        got = Definition(bag_reader.PEOPLE_TYPE, text).decode(data)
        assert got["header"]["frame_id"] == "camera" and got["model"] == "mediapipe-lite"
        assert [p["id"] for p in got["persons"]] == [3, 4]
        assert got["persons"][1]["head"]["position"]["z"] == 3.0
        assert got["persons"][1]["head"]["orientation"]["w"] == 1.0
        assert len(got["persons"][1]["blendshapes"]) == 2
        people = bag_reader.people_from(got)
        assert people.stamp == START + 7
        np.testing.assert_array_equal(people.persons[1].coco, other)


@pytest.mark.parametrize(("field", "length", "says"), [
    ("left_hand", 60, "left_hand holds 60 numbers; wanted none or 63"),
    ("face", 12, "face holds 12 numbers; wanted none or 1434"),
    ("blendshapes", 51, "blendshapes holds 51 numbers; wanted none or 52"),
    ("expression", 7, "expression holds 7 numbers; wanted none or 8")])
def test_a_part_of_another_length_is_refused_as_it_is_live(field, length, says):
    got = decoded(np.zeros((17, 3), np.float32))
    got["persons"][0][field] = np.zeros(length, np.float32)
    with pytest.raises(KinesicsError, match=says):
        bag_reader.people_from(got, whole=True)


def test_numbers_that_are_no_places_are_unknown_as_they_are_live():
    coco = np.full((17, 3), 0.5, np.float32)
    coco[0], coco[1, 0] = (np.inf, -np.inf, np.inf), 7.7e21
    got = decoded(coco)
    got["persons"][0]["left_hand"] = np.full(63, 3e38, np.float32)
    (seen,) = bag_reader.people_from(got, whole=True).persons
    np.testing.assert_array_equal(seen.coco[:3], np.float32(
        [[np.nan, np.nan, 1], [np.nan, 0.5, 0.5], [0.5, 0.5, 0.5]]))
    assert np.isnan(seen.left_hand).all()
    got["width"] = 0
    with pytest.raises(KinesicsError, match="an image of 0x480"):
        bag_reader.people_from(got)


def decoded(coco):
    """A message of one person as a bag holds it, decoded."""
    text, _ = STORE.generate_msgdef(bag_reader.PEOPLE_TYPE, ros_version=2)
    return Definition(bag_reader.PEOPLE_TYPE, text).decode(bytes(STORE.serialize_cdr(
        message(START, [person(3, coco, 52)]), bag_reader.PEOPLE_TYPE)))


def test_expressions_are_read_where_a_bag_has_them():
    sent = message(START, [person(3, np.zeros((17, 3), np.float32), 52)])
    text, _ = STORE.generate_msgdef(bag_reader.PEOPLE_TYPE, ros_version=2)
    got = Definition(bag_reader.PEOPLE_TYPE, text).decode(
        bytes(STORE.serialize_cdr(sent, bag_reader.PEOPLE_TYPE)))
    (seen,) = bag_reader.people_from(got, whole=True).persons
    np.testing.assert_array_equal(seen.expression, np.full(8, 0.125, np.float32))
    assert seen.expression_stamp == 1_000_000_002
    for field in ("expression", "expression_stamp"):  # as version 0.1 recorded
        del got["persons"][0][field]
    (seen,) = bag_reader.people_from(got, whole=True).persons
    assert seen.expression is None and seen.blendshapes.shape == (52,)


def test_definitions_with_constants_bounds_and_defaults():
    text = "uint8 A=3  # a constant\nint16 b\nstring<=4 c 'x'\nfloat64[<=3] d\nuint8[2] e\n"
    data = b"\0\1\0\0" + b"\5\0" + b"\0\0" + b"\3\0\0\0hi\0" + b"\0" + b"\1\0\0\0" \
        + np.float64(2.5).tobytes() + b"\7\x08"
    got = Definition("p/msg/T", text).decode(data)
    assert (got["b"], got["c"], got["d"].tolist(), got["e"].tolist()) == (5, "hi", [2.5], [7, 8])


def test_labels_of_the_protocol_and_of_the_name(tmp_path):
    raw, _ = take(20)
    custom = {"participant": "P7", "emotion": "joy", "take": "2"}
    write_bag(tmp_path / "in" / "day1" / "a", {"/persons": raw}, custom_data=custom)
    (clip,), _ = clips(tmp_path, tmp_path / "in", r"(?P<day>day\d)/(?P<take>\w)")
    assert clip.name == "day1/a"
    assert clip.labels == {"participant": "P7", "emotion": "joy", "take": "a", "day": "day1"}


def test_two_cameras_and_two_people_are_clips_of_one_group(tmp_path):
    write_bag(tmp_path / "in", {"/left/persons": take(20, 0, (1, 2))[0],
                                "/right/persons": take(20, 1)[0]})
    found, _ = clips(tmp_path, tmp_path / "in")
    assert sorted(c.name for c in found) == [
        "in/left/persons#0", "in/left/persons#1", "in/right/persons"]
    assert {c.group for c in found} == {"in"}


@pytest.mark.parametrize("share", (0.5, 0.99))
def test_a_torn_bag_gives_what_is_whole(tmp_path, share):
    raw, coco = take(40)
    file = write_bag(tmp_path / "in", {"/persons": raw}, compression=CompressionType.NONE)
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * share)])
    (clip,), text = clips(tmp_path, tmp_path / "in")
    count = len(clip.keypoints)
    assert 10 < count <= 40
    np.testing.assert_allclose(clip.keypoints, coco[0, :count, :, :2], atol=2e-3)
    assert f"is torn or damaged after {count} whole messages" in text


@pytest.mark.parametrize("compression", list(CompressionType))
def test_damage_within_a_chunk_is_noticed(tmp_path, compression):
    raw, coco = take(40)
    file = write_bag(tmp_path / "in", {"/persons": raw}, compression=compression)
    data = bytearray(file.read_bytes())
    middle = int(len(data) * 0.6)
    data[middle : middle + 8] = b"\xff" * 8
    file.write_bytes(data)
    (clip,), text = clips(tmp_path, tmp_path / "in")
    np.testing.assert_allclose(
        clip.keypoints, coco[0, : len(clip.keypoints), :, :2], atol=2e-3)
    assert len(clip.keypoints) < 40 and "torn or damaged" in text


def test_whatever_is_damaged_is_a_sentence(tmp_path):
    rng = np.random.default_rng(0)
    for compression in CompressionType:
        file = write_bag(tmp_path / compression.name, {"/persons": take(4)[0]},
                         compression=compression)
        good = file.read_bytes()
        for _ in range(60):
            data = bytearray(good)
            for place in rng.integers(len(data), size=3):
                data[place] = rng.integers(256)
            file.write_bytes(data)
            contents = bag_reader.read(bag_reader.Bag("in", [file]))
            assert contents.fault or contents.messages == 4


def test_bags_without_people_are_named_and_the_rest_imported(tmp_path):
    write_bag(tmp_path / "in" / "empty", {})
    write_bag(tmp_path / "in" / "alone", {"/persons": [
        bytes(STORE.serialize_cdr(message(START, []), bag_reader.PEOPLE_TYPE))]})
    header = STORE.types["std_msgs/msg/Header"](
        STORE.types["builtin_interfaces/msg/Time"](1, 2), "x")
    raw = bytes(STORE.serialize_cdr(header, "std_msgs/msg/Header"))
    write_bag(tmp_path / "in" / "other", {"/clock": [raw]}, kind="std_msgs/msg/Header")
    (tmp_path / "in" / "junk").mkdir()
    (tmp_path / "in" / "junk" / "junk.mcap").write_bytes(b"nothing of the kind")
    write_bag(tmp_path / "in" / "good", {"/persons": take(20)[0]})
    found, text = clips(tmp_path, tmp_path / "in")
    assert [clip.name for clip in found] == ["good"]
    assert "4 of 5 bag(s)" in text
    for line in ("empty: The bag holds no message.",
                 "alone: Nobody was seen in its 1 messages",
                 "other: It has no topic of type kinesics/msg/PersonArray, only /clock",
                 "junk/junk: junk.mcap is torn or damaged after 0 whole messages"):
        assert line in text


def test_a_bag_without_a_message_says_so_to_whoever_asks_for_people(tmp_path):
    """A recorder that is killed before it heard anything leaves one."""
    write_bag(tmp_path / "in", {})
    for read in (lambda: read_tracks(tmp_path / "in", ReadOptions(), FitHooks()),
                 lambda: list(people_of_bag(tmp_path / "in"))):
        with pytest.raises(KinesicsError, match=r"in holds no people\. The bag holds no message\."):
            read()


def test_a_bag_in_parts_is_one(tmp_path):
    raw, coco = take(36)
    write_bag(tmp_path / "in", {"/persons": raw[:3]})
    for index in range(1, 12):
        part = write_bag(tmp_path / "other" / f"p{index}",
                         {"/persons": raw[3 * index: 3 * index + 3]})
        part.rename(tmp_path / "in" / f"in_{index}.mcap")
    (clip,), _ = clips(tmp_path, tmp_path / "in")
    np.testing.assert_allclose(clip.keypoints, coco[0, ..., :2], atol=2e-3)


def test_no_bag_and_no_clip_are_errors(tmp_path, capsys):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "a.bag").touch()
    arguments = ["data", "import", "bag", str(tmp_path / "old"), "--out", str(tmp_path / "out")]
    assert main(arguments) == 1
    said = capsys.readouterr().err
    assert "only .bag" in said and "rosbags-convert" in said
    write_bag(tmp_path / "empty", {})
    with pytest.raises(KinesicsError, match="None of the 1 bag"):
        clips(tmp_path, tmp_path / "empty")


def test_another_version_of_the_message_is_named(tmp_path):
    write_bag(tmp_path / "in", {"/persons": take(3)[0]}, rename=("coco_score", "coco_trust"))
    with pytest.raises(KinesicsError, match="of another version"):
        clips(tmp_path, tmp_path / "in")


def test_our_recorder_s_bags(tmp_path):
    """As the recorder writes them, with the definitions that are installed; also torn by a kill."""
    bag = pytest.importorskip("kinesics_core.recording.bag_writer")
    raw, coco = take(40)
    with bag.BagWriter(tmp_path / "t1", reserve_bytes=0, custom_data={"emotion": "fear"}) as writer:
        try:
            writer.add_topic("/persons", bag_reader.PEOPLE_TYPE)
        except KinesicsError:
            pytest.skip("the interfaces are not built here")
        for index, data in enumerate(raw):
            writer.write("/persons", data, START + index)
            if index % 10 == 9:
                writer.flush()
    file = tmp_path / "t1" / "t1_0.mcap"
    whole = bag_reader.read(bag_reader.Bag("t1", [file]))
    assert (len(whole.people["/persons"]), whole.custom_data, whole.fault) == (
        40, {"emotion": "fear"}, "")
    size = file.stat().st_size
    file.write_bytes(file.read_bytes()[: size // 2])
    torn = bag_reader.read(bag_reader.Bag("t1", [file]))
    assert 0 < len(torn.people["/persons"]) < 40 and torn.fault
    np.testing.assert_array_equal(torn.people["/persons"][5].persons[0].coco, coco[0, 5])


def test_what_the_middleware_serialises():
    """Messages of our keypoint node as they stand on the wire."""
    serialization = pytest.importorskip("rclpy.serialization")
    conversions = pytest.importorskip("kinesics_ros.conversions")
    from kinesics_core.recording import message_definitions

    coco = np.random.default_rng(1).uniform(0, (400, 400, 1), (17, 3)).astype(np.float32)
    coco[4] = np.nan
    sent = People(START + 9, 640, 480, [
        Person(3, 0.5, coco, blendshapes=np.full(52, 0.5, np.float32), head=np.eye(4)),
        Person(4, 0.5, (coco + (1, 1, 0)).astype(np.float32)),
    ], "mediapipe-lite")
    data = serialization.serialize_message(conversions.people_to_msg(sent))
    text = message_definitions.full_text(bag_reader.PEOPLE_TYPE)
    definition = Definition(bag_reader.PEOPLE_TYPE, text)
    got = bag_reader.people_from(definition.decode(data))
    assert (got.stamp, got.width, got.height, got.model) == (START + 9, 640, 480, "mediapipe-lite")
    assert [person.id for person in got.persons] == [3, 4]
    for person, expected in zip(got.persons, sent.persons, strict=True):
        np.testing.assert_array_equal(person.coco, expected.coco)
