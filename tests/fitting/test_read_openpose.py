"""OpenPose's folders: files are written here as its documentation says, from known arrays."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
import pytest

from kinesics_core.fitting.errors import FitError
from kinesics_core.fitting.progress import FitHooks
from kinesics_core.fitting.tracks.read_tracks import ReadOptions, read_tracks
from kinesics_core.skeletons import BODY25, COCO17, OPENPOSE18, WHOLEBODY133

FRAMES, WIDTH, HEIGHT = 12, 640, 480


def people(count: int, names: tuple[str, ...] = BODY25) -> list[dict[str, np.ndarray]]:
    """(T, n, 3) arrays of each part of ``count`` persons that stand apart and walk to the right;
    no two numbers are alike."""
    rng = np.random.default_rng(0)
    walk = 4.0 * np.arange(FRAMES)[:, None]
    made = []
    for person in range(count):
        parts = {}
        for part, points in (("pose", len(names)), ("hand_left", 21), ("hand_right", 21),
                             ("face", 70)):
            shape = rng.uniform((60, 60), (160, 400), (points, 2)) + (250 * person, 0)
            values = np.empty((FRAMES, points, 3))
            values[..., 0], values[..., 1] = shape[:, 0] + walk, shape[:, 1]
            values[..., 2] = rng.uniform(0.3, 1.0, (FRAMES, points))
            parts[part] = values.round(3)
        made.append(parts)
    return made


def write(folder: Path, known: list[dict[str, np.ndarray]], *, name: str = "clip",
          ending: str = "_2d", order: np.random.Generator | None = None) -> Path:
    """As ``--write_json`` does; ``order`` shuffles the people of each file."""
    folder.mkdir(parents=True, exist_ok=True)
    for frame in range(FRAMES):
        listed = [{"person_id": [-1], **{
            f"{part}_keypoints{ending}": values[frame].ravel().tolist()
            for part, values in person.items()}} for person in known]
        if order is not None:
            order.shuffle(listed)
        (folder / f"{name}_{frame:012d}_keypoints.json").write_text(
            json.dumps({"version": 1.3, "people": listed}))
    return folder


def video(file: Path, size: tuple[int, int] = (WIDTH, HEIGHT), rate: float = 25.0) -> Path:
    film = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"mp4v"), rate, size)
    for frame in range(FRAMES):
        film.write(np.full((size[1], size[0], 3), 20 * frame, np.uint8))
    film.release()
    return file


@pytest.mark.parametrize(("names", "ending"), [(BODY25, "_2d"), (OPENPOSE18, "")])
def test_every_keypoint_comes_to_the_place_of_its_name(tmp_path, names, ending):
    (known,) = people(1, names)
    (track,) = read_tracks(write(tmp_path, [known], ending=ending))
    expected = {name: known["pose"][:, i] for i, name in enumerate(names)}
    expected |= {f"{side}_hand_{i}": known[f"hand_{side}"][:, i]
                 for side in ("left", "right") for i in range(21)}
    expected |= {f"face_{i}": known["face"][:, i] for i in range(68)}
    for place, name in enumerate(WHOLEBODY133):
        if name in expected:
            np.testing.assert_allclose(track.keypoints[:, place], expected[name], rtol=1e-5)
        else:
            assert "toe" in name or "heel" in name  # COCO has no feet
            assert np.isnan(track.keypoints[:, place, :2]).all()
            assert (track.keypoints[:, place, 2] == 0).all()
    assert track.world is None and track.blendshapes is None


HALPE_FEET = ("left_big_toe", "right_big_toe", "left_small_toe", "right_small_toe", "left_heel",
              "right_heel")
HANDS = tuple(f"{side}_hand_{i}" for side in ("left", "right") for i in range(21))
BODIES = {
    17: COCO17,
    26: (*COCO17, "head", "neck", "hip", *HALPE_FEET),
    133: WHOLEBODY133,
    135: (*COCO17, "upper_neck", "head_top", *WHOLEBODY133[17:23],
          *(name for name in HANDS if not name.endswith("_hand_0")),
          *(f"face_{i}" for i in range(70))),
    136: (*COCO17, "head", "neck", "hip", *HALPE_FEET, *(f"face_{i}" for i in range(68)), *HANDS),
}


@pytest.mark.parametrize("count", list(BODIES))
def test_bodies_of_other_programs_come_to_the_place_of_their_names(tmp_path, count):
    names = BODIES[count]
    assert len(names) == count
    (known,) = people(1, names)
    (track,) = read_tracks(write(tmp_path, [{"pose": known["pose"]}]))
    for place, name in enumerate(WHOLEBODY133):
        if name in names:
            np.testing.assert_allclose(
                track.keypoints[:, place], known["pose"][:, names.index(name)], rtol=1e-5)
        else:
            assert (track.keypoints[:, place, 2] == 0).all()


def test_a_face_without_pupils_and_a_byte_order_mark(tmp_path):
    (known,) = people(1)
    known["face"] = known["face"][:, :68]
    for file in write(tmp_path, [known]).iterdir():
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    (track,) = read_tracks(tmp_path)
    np.testing.assert_allclose(track.keypoints[:, 23:91], known["face"], rtol=1e-5)


def test_keypoints_that_coincide_are_one_person(tmp_path):
    (known,) = people(1)
    known["pose"][..., :2] = (300.0, 200.0)
    (track,) = read_tracks(write(tmp_path, [{"pose": known["pose"]}]))
    assert len(track) == FRAMES
    assert (track.keypoints[:, 0, :2] == (300.0, 200.0)).all()


@pytest.mark.parametrize(("farthest", "size", "also"), [
    ((620.0, 1000.0), (1920, 1080), "720 x 1280"),
    ((620.0, 470.0), (640, 480), "720 x 1280"),
    ((1800.0, 900.0), (1920, 1080), ""),
    ((700.0, 1250.0), (720, 1280), "3840 x 2160"),
    ((5000.5, 900.0), (5002, 901), ""),
])
def test_a_guessed_size_holds_every_keypoint(tmp_path, farthest, size, also):
    """The likeliest camera's; a keypoint of little confidence counts too."""
    (known,) = people(1)
    known["pose"] = known["pose"] % 200 + (50, 50, 0)
    known["pose"][..., 2] = 0.9
    known["pose"][5, 4] = (*farthest, 0.1)
    notes: list[str] = []
    (track,) = read_tracks(write(tmp_path, [{"pose": known["pose"]}]),
                           hooks=FitHooks(note=notes.append))
    assert (track.width, track.height) == size
    assert (f"({also} would hold them too)" in notes[0]) == bool(also)


def test_people_keep_their_ids_whatever_their_order_in_the_files(tmp_path):
    known = people(2)
    tracks = read_tracks(write(tmp_path, known, order=np.random.default_rng(1)))
    assert [len(track) for track in tracks] == [FRAMES, FRAMES]
    left = min(tracks, key=lambda track: float(track.keypoints[0, 0, 0]))
    for track in tracks:
        person = known[0 if track is left else 1]
        np.testing.assert_allclose(track.keypoints[:, 0], person["pose"][:, 0], rtol=1e-5)
    assert [track.person for track in tracks] == [1, 2]


def test_what_openpose_did_not_see_is_unknown(tmp_path):
    (known,) = people(1)
    known["pose"][3, BODY25.index("left_knee")] = 0.0
    known["hand_left"][:] = 0.0
    known["pose"][:, BODY25.index("nose"), 2] = 1.04  # its confidences may exceed 1
    (track,) = read_tracks(write(tmp_path, [known]))
    knee = WHOLEBODY133.index("left_knee")
    assert np.isnan(track.keypoints[3, knee, :2]).all() and track.keypoints[3, knee, 2] == 0
    assert np.isfinite(track.keypoints[4, knee]).all()
    assert (track.keypoints[:, 91:112, 2] == 0).all()
    assert (track.keypoints[:, 0, 2] == 1).all()


def test_missing_files_and_empty_frames_are_gaps(tmp_path):
    write(tmp_path, people(1))
    (tmp_path / "clip_000000000004_keypoints.json").unlink()
    (tmp_path / "clip_000000000007_keypoints.json").write_text('{"version": 1.3, "people": []}')
    (track,) = read_tracks(tmp_path)
    assert track.frames.tolist() == [0, 1, 2, 3, 5, 6, 8, 9, 10, 11]
    np.testing.assert_allclose(track.times, track.frames / track.rate)


def test_size_and_rate_are_the_videos(tmp_path):
    folder = write(tmp_path / "json", people(1))
    clip = video(tmp_path / "clip.mp4", (800, 608))
    for track in (*read_tracks(folder), *read_tracks(clip, ReadOptions(openpose=folder))):
        assert (track.width, track.height, track.rate) == (800, 608, 25.0)
    assert read_tracks(folder, ReadOptions(3, 6))[0].frames.tolist() == [3, 4, 5, 6]


def test_frames_have_the_times_of_a_video_of_variable_rate(tmp_path):
    even = video(tmp_path / "even.mp4", rate=30.0)
    film = tmp_path / "clip.mp4"
    # At 30 Hz the first six stay, and then every fifth.
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-stream_loop", "5", "-i",
                    str(even), "-vf", "select='lt(n,6)+not(mod(n,5))'", "-frames:v", "9",
                    "-fps_mode", "vfr", str(film)], check=True)
    times = np.array([*range(6), 10, 15, 20]) / 30.0
    folder = write(tmp_path / "json", people(1))
    track, = read_tracks(film, ReadOptions(openpose=folder))
    assert track.times[:9] == pytest.approx(times, abs=0.002)
    # Files beyond the end of the video follow evenly.
    assert track.frames.tolist() == list(range(FRAMES)) and (np.diff(track.times) > 0).all()


def test_images_say_which_frame_a_file_is_of(tmp_path):
    known = people(1)
    folder = write(tmp_path / "json", known, name="b")
    for file in sorted(folder.iterdir()):
        image = tmp_path / "images" / f"{file.name.removesuffix('_keypoints.json')}.png"
        image.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(image), np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    cv2.imwrite(str(tmp_path / "images" / "a.png"), np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    (track,) = read_tracks(tmp_path / "images", ReadOptions(openpose=folder))
    assert track.frames.tolist() == list(range(1, FRAMES + 1))


def test_a_size_that_is_not_known_is_guessed_and_said(tmp_path):
    notes: list[str] = []
    known = people(1)
    known[0]["pose"][..., 0] += 500
    (track,) = read_tracks(write(tmp_path, known), hooks=FitHooks(note=notes.append))
    assert (track.width, track.height) == (1280, 720)
    assert len(notes) == 1 and "1280 x 720" in notes[0] and "Give the video" in notes[0]


def test_one_damaged_file_costs_one_frame(tmp_path):
    write(tmp_path, people(1))
    (tmp_path / "clip_000000000005_keypoints.json").write_text('{"people": [{"pose_keyp')
    notes: list[str] = []
    (track,) = read_tracks(tmp_path, hooks=FitHooks(note=notes.append))
    assert len(track) == FRAMES - 1 and 5 not in track.frames
    assert any("1 of 12 files" in note and "000005" in note for note in notes)


@pytest.mark.parametrize(("content", "words"), [
    ('{"people": 5}', "no list of people"),
    ("[1, 2]", "no list of people"),
    ("not json", "no JSON"),
    ('{"people": [{"pose_keypoints_2d": [1, 2, 3]}]}', "1 keypoints; wanted OpenPose's 25"),
    ('{"people": [{"pose_keypoints_2d": [1, 2]}]}', "no list of x, y, confidence"),
    ('{"people": [{"pose_keypoints_2d": ["a", "b", "c"]}]}', "no list of x, y, confidence"),
    (json.dumps({"people": [{"face_keypoints_2d": [9.0] * 9}]}),
     "face .* 3 keypoints; wanted 68 or 70"),
    (json.dumps({"people": [{"pose_keypoints_2d": [0.5] * 75}]}), "--keypoint_scale 0"),
])
def test_what_is_not_openpose_is_said(tmp_path, content, words):
    (tmp_path / "a_0_keypoints.json").write_text(content)
    with pytest.raises(FitError, match=words) as caught:
        read_tracks(tmp_path)
    assert caught.value.code == "INPUT_UNREADABLE"


def test_nan_is_unknown_and_a_file_of_nobody_is_nobody(tmp_path):
    (tmp_path / "a_0_keypoints.json").write_text(
        '{"people": [{"pose_keypoints_2d": [' + ",".join(["NaN"] * 75) + "]}, {}]}")
    with pytest.raises(FitError, match="Nobody is seen") as caught:
        read_tracks(tmp_path)
    assert caught.value.code == "NO_PERSON"


def test_an_empty_folder_beside_a_video_is_said(tmp_path):
    (tmp_path / "json").mkdir()
    for folder in (tmp_path / "json", tmp_path / "none"):
        with pytest.raises(FitError, match="write_json") as caught:
            read_tracks(video(tmp_path / "clip.mp4"), ReadOptions(openpose=folder))
        assert caught.value.code == "INPUT_UNREADABLE"


# Lists of AlphaPose and COCO ----------------------------------------------------------------------


def as_list(known: list[dict[str, np.ndarray]], image_id=lambda frame: f"{frame}.jpg") -> list:
    """Everybody of every frame in one list, those of a frame in an order that changes."""
    rng = np.random.default_rng(2)
    return [
        {"image_id": image_id(frame), "category_id": 1, "score": 2.5, "box": [0, 0, 1, 1],
         "keypoints": known[person]["pose"][frame].ravel().tolist()}
        for frame in range(FRAMES) for person in rng.permutation(len(known))
    ]


@pytest.mark.parametrize("image_id", [
    lambda frame: f"{frame}.jpg", lambda frame: 100 + frame, lambda frame: "abcdefghijkl"[frame],
], ids=["AlphaPose", "COCO", "names without numbers"])
def test_a_list_of_results(tmp_path, image_id):
    known = people(2, COCO17)
    file = tmp_path / "alphapose-results.json"
    file.write_text(json.dumps(as_list(known, image_id)))
    tracks = read_tracks(file)
    assert [len(track) for track in tracks] == [FRAMES, FRAMES]
    first = 100 if image_id(0) == 100 else 0
    for track in tracks:
        assert track.frames.tolist() == list(range(first, first + FRAMES))
        near = min(known, key=lambda person: abs(
            float(person["pose"][0, 0, 0] - track.keypoints[0, 0, 0])))
        np.testing.assert_allclose(track.keypoints[:, :17], near["pose"], rtol=1e-5)


def test_a_list_beside_its_video(tmp_path):
    (known,) = people(1, BODIES[136])
    file = tmp_path / "alphapose-results.json"
    file.write_text("\ufeff" + json.dumps(as_list([known])), encoding="utf-8")
    clip = video(tmp_path / "clip.mp4", (800, 608))
    (track,) = read_tracks(clip, ReadOptions(openpose=file))
    assert (track.width, track.height, track.rate) == (800, 608, 25.0)
    place = BODIES[136].index("left_hand_4")
    np.testing.assert_allclose(
        track.keypoints[:, WHOLEBODY133.index("left_hand_4")], known["pose"][:, place], rtol=1e-5)


def test_annotations_of_coco(tmp_path):
    """Flags instead of confidences, and images with names and a size."""
    (known,) = people(1, COCO17)
    known["pose"][..., 2] = 2
    known["pose"][:, 3] = (0, 0, 0)
    known["pose"][:, 5, 2] = 1
    document = {
        "images": [{"id": 70 + i, "file_name": f"clip/{i:06d}.png", "width": 1000, "height": 700}
                   for i in range(FRAMES)],
        "annotations": as_list([known], lambda frame: 70 + frame),
    }
    (tmp_path / "person_keypoints.json").write_text(json.dumps(document))
    (track,) = read_tracks(tmp_path / "person_keypoints.json")
    assert (track.width, track.height) == (1000, 700)
    assert track.frames.tolist() == list(range(FRAMES))
    assert (track.keypoints[:, 0, 2] == 1).all() and (track.keypoints[:, 3, 2] == 0).all()
    assert (track.keypoints[:, 5, 2] == 0.5).all()


@pytest.mark.parametrize(("document", "words"), [
    ([], "no frame"),
    ({"people": []}, "of OpenPose give the folder"),
    ([{"image_id": 1}], "no list of people with image_id and keypoints"),
    ([{"image_id": 1, "keypoints": [1, 2]}], "no list of x, y, confidence"),
    ([{"image_id": 1, "keypoints": [9.0] * 21}], "7 keypoints; wanted"),
    ({"images": 3, "annotations": [{"image_id": [1], "keypoints": ["a"] * 51}]},
     "no list of|cannot be read"),
])
def test_what_is_no_list_of_keypoints_is_said(tmp_path, document, words):
    (tmp_path / "results.json").write_text(json.dumps(document))
    with pytest.raises(FitError, match=words) as caught:
        read_tracks(tmp_path / "results.json")
    assert caught.value.code == "INPUT_UNREADABLE"
