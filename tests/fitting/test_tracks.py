"""Recordings become tracks: videos and images through perception, bags and files of keypoints."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from kinesics_core.fitting.errors import FitError
from kinesics_core.fitting.progress import FitHooks
from kinesics_core.fitting.tracks.read_tracks import ReadOptions, read_tracks
from kinesics_core.fitting.tracks.track import Track
from kinesics_core.fitting.tracks.track_file import load_tracks, save_tracks
from kinesics_core.fitting.tracks.whole_body import keypoints_of, world_of
from kinesics_core.perception.synthetic_person import SyntheticPerson
from kinesics_core.skeletons import (
    MEDIAPIPE33,
    MEDIAPIPE478_TO_IBUG68,
    WHOLEBODY133,
    WHOLEBODY133_BODY,
    WHOLEBODY133_FACE,
)
from kinesics_core.types import Person

RATE, WIDTH, HEIGHT = 20.0, 480, 480
LEFT_HAND, RIGHT_HAND = 91, 112


def place(name: str) -> int:
    return WHOLEBODY133.index(name)


# --- a person seen by perception -> 133 keypoints --------------------------------------------


def seen(**changes) -> Person:
    """Somebody in the middle of 640 x 480, every number another, everything visible."""
    rng = np.random.default_rng(0)
    pose = np.column_stack([rng.uniform(100, 400, (33, 3)), rng.uniform(0.6, 1.0, 33)])
    hand = rng.uniform(0, 60, (21, 3))
    parts = {
        "pose": pose, "pose_world": rng.normal(0, 0.4, (33, 3)),
        "left_hand": hand - hand[0] + pose[15, :3], "right_hand": hand - hand[0] + pose[16, :3],
        "left_hand_world": rng.normal(0, 0.05, (21, 3)),
        "right_hand_world": rng.normal(0, 0.05, (21, 3)),
        "face": rng.uniform(100, 400, (478, 3)),
    }
    coco = pose[[MEDIAPIPE33.index(name) for name in WHOLEBODY133[:17]]][:, [0, 1, 3]]
    values = {"id": 1, "score": 1.0, "coco": coco} | parts | changes
    return Person(**{name: value.astype(np.float32) if isinstance(value, np.ndarray) else value
                     for name, value in values.items()})


def test_every_part_comes_to_its_place():
    person = seen()
    points = keypoints_of(person, 640, 480)
    assert person.pose is not None and person.face is not None
    np.testing.assert_array_equal(points[WHOLEBODY133_BODY], person.coco)
    for ours, theirs in (("left_big_toe", "left_foot_index"), ("right_heel", "right_heel")):
        np.testing.assert_array_equal(
            points[place(ours), :2], person.pose[MEDIAPIPE33.index(theirs), :2])
    assert np.isnan(points[place("left_small_toe"), :2]).all()
    np.testing.assert_array_equal(
        points[WHOLEBODY133_FACE, :2], person.face[MEDIAPIPE478_TO_IBUG68, :2])
    for part, hand in ((LEFT_HAND, person.left_hand), (RIGHT_HAND, person.right_hand)):
        np.testing.assert_array_equal(points[part:part + 21, :2], hand[:, :2])
        score = person.pose[15 if part == LEFT_HAND else 16, 3]
        np.testing.assert_allclose(points[part:part + 21, 2], 0.9 * score, rtol=1e-5)


def test_without_hands_and_face_the_pose_gives_some_points_of_them_roughly():
    person = seen(left_hand=None, right_hand=None, face=None)
    assert person.pose is not None
    points = keypoints_of(person, 640, 480)
    known = {WHOLEBODY133[i] for i in np.flatnonzero(points[:, 2] > 0)}
    pairs = {"left_hand_0": "left_wrist", "left_hand_17": "left_pinky",
             "left_hand_5": "left_index", "right_hand_5": "right_index",
             "right_hand_2": "right_thumb", "face_48": "mouth_right", "face_54": "mouth_left",
             "face_45": "left_eye_outer"}
    assert pairs.keys() <= known and "left_hand_8" not in known
    assert sum("hand" in name for name in known) == 8
    for ours, theirs in pairs.items():
        landmark = person.pose[MEDIAPIPE33.index(theirs)]
        np.testing.assert_array_equal(points[place(ours), :2], landmark[:2])
        assert points[place(ours), 2] < 0.5 * landmark[3]


def test_what_lies_outside_the_image_counts_less_the_farther_it_is():
    person = seen()
    xs = (639.0, 641.0, 670.0, 720.0)
    for row, x in enumerate(xs):
        person.coco[row] = (x, 200.0, 0.8)
    points = keypoints_of(person, 640, 480)
    scores = points[: len(xs), 2]
    assert scores[0] == np.float32(0.8) and (np.diff(scores) < 0).all()
    assert scores[1] < 0.5 and scores[3] == 0 and np.isnan(points[3, 0])


def test_a_hand_far_from_its_arm_is_hardly_believed():
    person = seen()
    assert person.left_hand is not None
    near = keypoints_of(person, 640, 480)[LEFT_HAND, 2]
    palm = np.linalg.norm(person.left_hand[9, :2] - person.left_hand[0, :2])
    person.left_hand[:, 0] += 2.0 * palm
    assert keypoints_of(person, 2000, 480)[LEFT_HAND, 2] < 0.05 * near


def test_what_is_hardly_seen_is_believed_less_than_its_score():
    person = seen()
    scores = (0.9, 0.4, 0.3, 0.2, 0.05)
    for row, score in enumerate(scores):
        person.coco[row, 2] = score
    believed = keypoints_of(person, 640, 480)[: len(scores), 2]
    np.testing.assert_allclose(believed[:3], scores[:3], rtol=1e-6)
    assert believed[3] < 0.15 and believed[4] < 0.01


def test_world_points_are_relative_to_hips_and_wrists():
    person = seen()
    world = world_of(person)
    assert world is not None and person.pose_world is not None
    assert person.right_hand_world is not None
    np.testing.assert_array_equal(
        world[place("left_knee")], person.pose_world[MEDIAPIPE33.index("left_knee")])
    np.testing.assert_array_equal(world[RIGHT_HAND], (0, 0, 0))
    np.testing.assert_allclose(
        world[RIGHT_HAND + 8], person.right_hand_world[8] - person.right_hand_world[0])
    assert np.isnan(world[WHOLEBODY133_FACE]).all()
    nobody = seen(pose_world=None, left_hand_world=None, right_hand_world=None)
    assert world_of(nobody) is None


# --- videos and images -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    """A drawn person of known keypoints, 24 frames."""
    file = tmp_path_factory.mktemp("clip") / "clip.avi"
    film = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), RATE, (WIDTH, HEIGHT))
    figure = SyntheticPerson(WIDTH, HEIGHT, seed=1)
    for frame in range(24):
        film.write(figure.render(frame / RATE)[0][:, :, ::-1])
    film.release()
    return file


def look(source: Path, *, first: int = 0, last: int | None = None, **hooks) -> list[Track]:
    options = ReadOptions(first, last, variant="lite", max_persons=2)
    return read_tracks(source, options, FitHooks(**hooks))


@pytest.fixture(scope="module")
def watched(clip) -> tuple[list[Track], list]:
    shown: list = []
    return look(clip, progress=shown.append), shown


def test_a_video_gives_the_keypoints_that_were_drawn(watched):
    (track,), shown = watched
    figure = SyntheticPerson(WIDTH, HEIGHT, seed=1)
    assert track.frames[-1] == 23 and len(track) >= 22
    assert (track.person, track.width, track.height, track.rate) == (1, WIDTH, HEIGHT, RATE)
    np.testing.assert_allclose(track.times, track.frames / RATE, atol=1e-6)
    errors = []
    for frame, points in zip(track.frames, track.keypoints, strict=True):
        truth = figure.render(frame / RATE)[1].coco
        visible = truth[:, 2] == 1
        errors.append(np.linalg.norm(points[WHOLEBODY133_BODY, :2] - truth[:, :2], axis=1)[visible])
    assert np.median(np.concatenate(errors)) < 0.02 * 0.82 * HEIGHT  # 2 % of the person's height
    assert track.world is not None
    legs = [place(name) for name in ("left_hip", "left_knee", "left_ankle")]
    assert (np.diff(track.world[:, legs, 1], axis=1) > 0.1).all()  # metres, downwards
    assert [p.stage for p in shown] == ["keypoints"] * len(shown)
    assert (shown[-1].done, shown[-1].total) == (24, 24) and shown[-1].rate > 0


def test_only_the_frames_asked_for_are_looked_at(clip):
    shown: list = []
    (track,) = look(clip, first=10, last=15, progress=shown.append)
    assert track.frames[0] >= 10 and track.frames[-1] == 15
    assert (shown[-1].done, shown[-1].total) == (6, 6)
    with pytest.raises(FitError, match="24 frame"):
        look(clip, first=50)
    with pytest.raises(FitError, match="Got frames 5 to 4"):
        look(clip, first=5, last=4)


def test_a_folder_of_images_is_a_recording_too(clip, watched, tmp_path):
    capture = cv2.VideoCapture(str(clip))
    for frame in range(6):
        cv2.imwrite(str(tmp_path / f"frame{frame + 7}.png"), capture.read()[1])
    (tmp_path / "frame10.png").write_bytes(b"no image")
    cv2.imwrite(str(tmp_path / "frame99.png"), np.zeros((100, 100, 3), np.uint8))
    notes: list[str] = []
    (track,) = look(tmp_path, note=notes.append)
    assert track.frames.tolist() == [0, 1, 2, 3, 4]
    both = np.isin(watched[0][0].frames, [0, 1, 2])
    np.testing.assert_allclose(track.keypoints[:3, :17, :2],
                               watched[0][0].keypoints[both][:, :17, :2], atol=2.0)
    assert any("cannot be decoded" in note for note in notes)
    assert any("not of 480 x 480" in note for note in notes)


def test_a_single_image_is_a_track_of_one_frame(clip, tmp_path):
    cv2.imwrite(str(tmp_path / "one.png"), cv2.VideoCapture(str(clip)).read()[1])
    (track,) = look(tmp_path / "one.png")
    assert track.frames.tolist() == [0] and (track.keypoints[0, :17, 2] > 0.3).sum() > 12


def test_a_video_that_breaks_off_gives_what_was_read(clip, tmp_path):
    content = clip.read_bytes()
    (tmp_path / "torn.avi").write_bytes(content[: len(content) * 2 // 3])
    notes: list[str] = []
    (track,) = look(tmp_path / "torn.avi", note=notes.append)
    assert 8 <= len(track) < 22
    assert len(notes) == 1 and "Only the first" in notes[0] and "24 frames" in notes[0]


def test_cancelling_ends_it_at_once(clip):
    asked = []
    with pytest.raises(FitError, match="Cancelled") as caught:
        look(clip, cancelled=lambda: asked.append(0) or len(asked) > 3)
    assert caught.value.code == "CANCELED" and len(asked) == 4


def test_nobody_in_view_is_said(tmp_path):
    film = cv2.VideoWriter(str(tmp_path / "wall.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 25,
                           (320, 240))
    for _ in range(5):
        film.write(np.full((240, 320, 3), 120, np.uint8))
    film.release()
    with pytest.raises(FitError, match="Nobody is seen in .*wall.avi") as caught:
        look(tmp_path / "wall.avi")
    assert caught.value.code == "NO_PERSON"


@pytest.mark.parametrize("name", ["none.mp4", "bad.mp4", "empty"])
def test_what_cannot_be_read_is_said(tmp_path, name):
    (tmp_path / "bad.mp4").write_bytes(b"\0" * 3000)
    (tmp_path / "empty").mkdir()
    from kinesics_core.errors import KinesicsError
    from kinesics_core.fitting.errors import code_of

    with pytest.raises(KinesicsError, match=name) as caught:
        look(tmp_path / name)
    assert code_of(caught.value) == "INPUT_UNREADABLE"


# --- bags ----------------------------------------------------------------------------------------


def test_a_bag_gives_all_that_was_recorded(tmp_path):
    """Message by message as rosbags writes them; people as perception would make them."""
    pytest.importorskip("rosbags")
    sys.path.insert(0, str(Path(__file__).parents[1] / "importers"))
    import test_bag_import as bagged

    sent = []
    for frame in range(12):
        person = seen()
        person.coco[0] = (10.0 + frame, 20.0, 0.5)
        person.blendshapes = np.linspace(0, 1, 52, dtype=np.float32) * frame / 12
        person.left_hand = person.left_hand_world = None
        sent.append(person)

    def flat(part, columns=3):
        return np.zeros(0, np.float32) if part is None else part[:, :columns].ravel()

    raw = []
    for frame, person in enumerate(sent):
        types = bagged.STORE.types
        message = bagged.person(7, person.coco)
        message = types["kinesics/msg/Person"](
            7, 0.75, message.coco, message.coco_score, flat(person.pose), person.pose[:, 3].copy(),
            flat(person.pose_world), flat(None), flat(person.right_hand), flat(None),
            flat(person.right_hand_world), flat(person.face), person.blendshapes, message.head,
            message.expression, message.expression_stamp)
        stamp = bagged.START + round(frame / 10.0 * 1e9)
        raw.append(bytes(bagged.STORE.serialize_cdr(
            bagged.message(stamp, [message]), bagged.bag_reader.PEOPLE_TYPE)))
    bagged.write_bag(tmp_path / "bag", {"/robot/persons": raw, "/other": raw[:3]})
    notes: list[str] = []
    (track,) = read_tracks(
        tmp_path / "bag", ReadOptions(first=2), FitHooks(note=notes.append))
    assert track.person == 7 and track.frames.tolist() == list(range(2, 12))
    assert track.rate == pytest.approx(10.0) and (track.width, track.height) == (640, 480)
    np.testing.assert_allclose(track.times, track.frames / 10.0)
    for row, person in enumerate(sent[2:]):
        np.testing.assert_allclose(track.keypoints[row], keypoints_of(person, 640, 480), rtol=1e-6)
        np.testing.assert_allclose(track.world[row], world_of(person), atol=1e-6)
        np.testing.assert_allclose(track.blendshapes[row], person.blendshapes)
    assert len(notes) == 1 and "/robot/persons is used" in notes[0]


def test_a_bag_s_doubled_and_swapped_messages_are_frames_in_order(tmp_path):
    """Everything sent twice .1 ms apart, and every pair of messages swapped."""
    pytest.importorskip("rosbags")
    sys.path.insert(0, str(Path(__file__).parents[1] / "importers"))
    import test_bag_import as bagged

    times = np.arange(40) / 20.0
    order = np.arange(40).reshape(-1, 2)[:, ::-1].ravel()
    raw = []
    for index in order:
        coco = np.full((17, 3), 0.9, np.float32)
        coco[:, :2] = 100.0 + 3.0 * index + np.arange(17)[:, None]
        for late in (0, 100_000):
            stamp = bagged.START + round(times[index] * 1e9) + late
            raw.append(bytes(bagged.STORE.serialize_cdr(
                bagged.message(stamp, [bagged.person(1, coco)]), bagged.bag_reader.PEOPLE_TYPE)))
    bagged.write_bag(tmp_path / "bag", {"/persons": raw})
    (track,) = read_tracks(tmp_path / "bag")
    assert track.rate == pytest.approx(20.0) and track.frames.tolist() == list(range(40))
    np.testing.assert_allclose(track.times, times, atol=1e-6)
    np.testing.assert_allclose(track.keypoints[:, 0, 0], 100.0 + 3.0 * np.arange(40), rtol=1e-6)


def test_two_sources_of_the_same_ids_in_a_bag_are_two_people(tmp_path):
    """Both call theirs 1; they stand 300 px apart, and their images come between each other."""
    pytest.importorskip("rosbags")
    sys.path.insert(0, str(Path(__file__).parents[1] / "importers"))
    import test_bag_import as bagged

    raw = []
    for frame in range(120):
        coco = np.full((17, 3), 0.9, np.float32)
        coco[:, 0] = 60.0 + 300.0 * (frame % 2) + frame / 4 + np.linspace(0, 40, 17)
        coco[:, 1] = np.linspace(100, 340, 17)
        raw.append(bytes(bagged.STORE.serialize_cdr(bagged.message(
            bagged.START + frame * 10_000_000, [bagged.person(1, coco)]),
            bagged.bag_reader.PEOPLE_TYPE)))
    bagged.write_bag(tmp_path / "bag", {"/persons": raw})
    notes: list[str] = []
    left, right = read_tracks(tmp_path / "bag", hooks=FitHooks(note=notes.append))
    assert "Person 1 of /persons jumps between 2 places" in notes[0]
    assert (left.person, right.person) == (1, 2)
    for track, first in ((left, 0), (right, 1)):
        assert track.frames.tolist() == list(range(first, 120, 2))
        np.testing.assert_allclose(
            track.keypoints[:, 0, 0], 60.0 + 300.0 * first + track.frames / 4, rtol=1e-6)


# --- files of keypoints --------------------------------------------------------------------------


def two_people() -> list[Track]:
    rng = np.random.default_rng(0)

    def one(person: int, frames: list[int], **more) -> Track:
        keypoints = rng.uniform(0, 1, (len(frames), 133, 3)) * (640, 480, 1)
        keypoints[0, 5] = (np.nan, np.nan, 0.0)
        return Track(person, np.array(frames), np.array(frames) / 24.0, 640, 480, keypoints,
                     rate=24.0, focal=700.0, **more)

    return [one(2, [0, 1, 4], world=rng.normal(size=(3, 133, 3))),
            one(5, [3, 4], blendshapes=rng.uniform(size=(2, 52)))]


def same(a: Track, b: Track) -> None:
    for name in Track.__slots__:
        np.testing.assert_equal(getattr(a, name), getattr(b, name))


def test_what_is_saved_comes_back(tmp_path):
    tracks = two_people()
    (tmp_path / "keypoints.npz").write_bytes(save_tracks(tracks))
    loaded = load_tracks(tmp_path / "keypoints.npz")
    assert len(loaded) == 2
    for a, b in zip(tracks, loaded, strict=True):
        same(a, b)
    one, other = read_tracks(tmp_path / "keypoints.npz", ReadOptions(last=3))
    assert one.frames.tolist() == [0, 1] and other.frames.tolist() == [3]


def test_a_few_arrays_are_enough(tmp_path):
    keypoints = np.full((4, 133, 3), np.nan)
    keypoints[:, :17] = 0.5
    np.savez(tmp_path / "mine.npz", keypoints=keypoints, width=320, height=240)
    (track,) = read_tracks(tmp_path / "mine.npz")
    assert track.frames.tolist() == [0, 1, 2, 3] and track.rate == 30.0 and track.focal is None
    assert (track.keypoints[:, 17:, 2] == 0).all() and track.world is None


def test_a_person_half_out_of_the_picture_is_none_of_another_size(tmp_path):
    keypoints = np.full((4, 133, 3), (100.0, 400.0, 0.3))  # the legs, guessed below the picture
    keypoints[:, WHOLEBODY133_FACE] = 100.0, 50.0, 0.9
    np.savez(tmp_path / "mine.npz", keypoints=keypoints, width=320, height=240)
    (track,) = read_tracks(tmp_path / "mine.npz")
    assert len(track) == 4


def archive(**arrays) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


GOOD = {"keypoints": np.zeros((4, 133, 3)), "width": 320, "height": 240}


@pytest.mark.parametrize(("content", "words"), [
    (b"", "no file of keypoints"),
    (b"PK\3\4 damaged", "no file of keypoints"),
    (archive(**GOOD)[:-900], "no file of keypoints"),
    (archive(x=np.array([{}], object)), "no file of keypoints"),
    (archive(keypoints=GOOD["keypoints"]), "lacks width and height; it holds keypoints"),
    (archive(**GOOD, format="kinesics keypoints 9"), "'kinesics keypoints 9'"),
    (archive(**GOOD | {"keypoints": np.zeros((4, 17, 3))}), "4 x 17 x 3; wanted 4 x 133 x 3"),
    (archive(**GOOD, frames=np.arange(3)), "frames are 3 of int64; wanted 4 rows"),
    (archive(**GOOD, frames=np.array([0, 2, 1, 3])), "must rise"),
    (archive(**GOOD, person=np.array([1, 1, 2, 2])), "several people but no frames"),
    (archive(**GOOD, rate="fast"), "rate is no number"),
    (archive(**GOOD, rate=0), "0 frames/s"),
    (archive(**GOOD, world=np.zeros((4, 5))), "world are 4 x 5"),
    (archive(**GOOD | {"keypoints": np.zeros((0, 133, 3))}), "holds no frame"),
    (archive(**GOOD | {"width": np.nan}), "width is nan"),
    (archive(**GOOD | {"height": -np.inf}), "height is -inf"),
    (archive(**GOOD | {"keypoints": np.full((4, 133, 3), (900.0, 700.0, 1.0))}),
     r"outside its images of 320 x 240 px, up to \(900, 700\); give the width"),
])
def test_what_is_no_file_of_keypoints_is_said(tmp_path, content, words):
    (tmp_path / "mine.npz").write_bytes(content)
    with pytest.raises(FitError, match=words) as caught:
        read_tracks(tmp_path / "mine.npz")
    assert caught.value.code == "INPUT_UNREADABLE"


def test_tracks_of_two_recordings_do_not_share_a_file():
    tracks = two_people()
    tracks[1].width = 1280
    with pytest.raises(ValueError, match="differ in size"):
        save_tracks(tracks)


