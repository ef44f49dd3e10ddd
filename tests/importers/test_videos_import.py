"""Folders of videos become clips: keypoints where the person is, labels from names, in any state
of the files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from kinesics_core.cli import main
from kinesics_core.commands.import_recordings import summary
from kinesics_core.dataset.clips import Dataset
from kinesics_core.errors import KinesicsError
from kinesics_core.importers import videos
from kinesics_core.importers.tracks import Origin, clips_from_people
from kinesics_core.perception.synthetic_person import SyntheticPerson
from kinesics_core.skeletons import COCO17
from kinesics_core.types import NANOSECONDS, People, Person

RATE = 15.0


def write_video(file: Path, seconds: float, seed: int = 0, absences=()) -> np.ndarray:
    """A film of the synthetic person; the true keypoints (T, 17, 3)."""
    person = SyntheticPerson(320, 240, seed=seed, absences=absences)
    file.parent.mkdir(parents=True, exist_ok=True)
    film = cv2.VideoWriter(str(file), cv2.VideoWriter_fourcc(*"mp4v"), RATE, (320, 240))
    truths = []
    for index in range(round(seconds * RATE)):
        image, truth = person.render(index / RATE)
        film.write(np.ascontiguousarray(image[:, :, ::-1]))
        truths.append(np.full((17, 3), np.nan) if truth is None else truth.coco)
    film.release()
    return np.stack(truths)


def write_wall(file: Path) -> None:
    film = cv2.VideoWriter(str(file), cv2.VideoWriter_fourcc(*"MJPG"), 30, (160, 120))
    for _ in range(10):
        film.write(np.full((120, 160, 3), 128, np.uint8))
    film.release()


@pytest.fixture(scope="module")
def imported(tmp_path_factory) -> tuple[Path, Dataset, str, np.ndarray]:
    """A folder with one good video and every kind of bad one; its dataset; the summary."""
    folder = tmp_path_factory.mktemp("acted")
    truth = write_video(folder / "happy" / "p1.mp4", 2.0, seed=1)
    (folder / "angry").mkdir()
    (folder / "angry" / "empty.mp4").touch()
    (folder / "angry" / "noise.avi").write_bytes(np.random.default_rng(0).bytes(5000))
    whole = (folder / "happy" / "p1.mp4").read_bytes()
    (folder / "angry" / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    write_wall(folder / "angry" / "wall.avi")
    (folder / "notes.txt").write_text("not a video")
    out = folder.parent / "dataset"
    report = videos.import_videos(
        folder, out, videos.VideoSettings(label_pattern="(?P<emotion>[^/]+)/[^/]+"))
    return folder, Dataset(out), summary(out, report), truth


def test_keypoints_are_where_the_person_is(imported):
    _, dataset, _, truth = imported
    (clip,) = dataset
    assert (clip.rate, clip.size, clip.keypoints.shape) == (RATE, (320, 240), (30, 17, 2))
    limbs = [COCO17.index(f"{side}_{part}") for side in ("left", "right")
             for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")]
    error = np.linalg.norm(clip.keypoints - truth[..., :2], axis=-1)[:, limbs]
    height = np.ptp(truth[0, :, 1])
    assert np.isfinite(error).mean() > 0.9
    assert np.nanmedian(error) < 0.04 * height


def test_a_label_called_group_groups_clips():
    (clip,) = clips_from_people(
        frames_of(still(20)), Origin("v", "s", {"group": "pair 1", "a": "b"}), rate=RATE)
    assert (clip.group, clip.labels) == ("pair 1", {"a": "b"})


def test_labels_come_from_the_path(imported):
    _, dataset, _, _ = imported
    assert dataset.labels("emotion") == ["happy"]
    assert dataset[0].name == dataset[0].group == "happy/p1"


def test_bad_videos_are_named_and_counted(imported):
    _, _, text, _ = imported
    lines = text.splitlines()
    assert lines[0].endswith("dataset: 1 clip(s) of 5 video(s)")
    assert lines[1].strip().startswith("4 of 5")
    for name, says in (("cut.mp4", ""), ("empty.mp4", "0 bytes"), ("noise.avi", "Cannot decode"),
                       ("wall.avi", "nobody was seen in 10 frames")):
        (line,) = [line for line in lines if line.strip().startswith(f"angry/{name}: ")]
        assert says in line


def test_an_interrupted_import_goes_on_with_the_next_video(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    for name in ("a", "b", "c"):
        (tmp_path / "in" / f"{name}.avi").touch()
    seen: list[str] = []

    def watch(video, *_):
        if video.stem == "c" and "c" not in seen:
            seen.append("c")
            raise KeyboardInterrupt
        seen.append(video.stem)
        return frames_of(still(20)), RATE, ""

    monkeypatch.setattr(videos, "_people_in", watch)
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        videos.import_videos(tmp_path / "in", out)
    with open(out / videos.JOURNAL, "a") as journal:  # killed while writing a line
        journal.write('{"video": "c.a')
    with pytest.raises(KinesicsError, match="not complete"):
        Dataset(out)
    videos.import_videos(tmp_path / "in", out)
    assert seen == ["a", "b", "c", "c"]
    assert [clip.name for clip in Dataset(out)] == ["a", "b", "c"]
    lines = (out / videos.JOURNAL).read_text().splitlines()
    assert [json.loads(line)["video"] for line in lines] == ["a.avi", "b.avi", "c.avi"]


def test_the_same_name_in_two_formats_is_two_clips(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    for name in ("a.avi", "a.mp4"):
        (tmp_path / "in" / name).write_bytes(b"x")
    monkeypatch.setattr(videos, "_people_in", lambda *_: (frames_of(still(20)), RATE, ""))
    videos.import_videos(tmp_path / "in", tmp_path / "out")
    assert [clip.name for clip in Dataset(tmp_path / "out")] == ["a.avi", "a.mp4"]


def test_when_no_video_gives_a_clip_that_is_an_error(tmp_path, capsys):
    (tmp_path / "empty.mp4").touch()
    status = main(["data", "import", "video", str(tmp_path), "--out", str(tmp_path / "out")])
    assert status == 1
    assert "None of the 1 video(s)" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("arguments", "says"), [
    ((), "holds no video"),
    (("--persons", "0"), "wanted 1 to 20"),
    (("--rate", "-3"), "Got --rate -3"),
])
def test_arguments_that_cannot_be(tmp_path, capsys, arguments, says):
    assert main(["data", "import", "video", str(tmp_path), "--out", "x", *arguments]) == 1
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(("pattern", "says"), [
    ("(", "not a regular expression"), ("x(y)z", "names no label"), ("(?P<a>zz)", "matches none"),
])
def test_patterns_that_cannot_be(tmp_path, pattern, says):
    (tmp_path / "one.mp4").touch()
    with pytest.raises(KinesicsError, match=says):
        videos.import_videos(
            tmp_path, tmp_path / "out", videos.VideoSettings(label_pattern=pattern))
    assert not (tmp_path / "out").exists()


# --- people followed -> clips ---


def still(count: int, score: float = 0.9) -> np.ndarray:
    """(count, 17, 3): keypoint k of frame t at (100 + k, 50 + t)."""
    coco = np.full((count, 17, 3), score, np.float32)
    coco[..., 0] = 100 + np.arange(17)
    coco[..., 1] = 50 + np.arange(count)[:, None]
    return coco


def frames_of(coco: np.ndarray, rate: float = RATE, ids=None) -> list[People]:
    """One person at ``rate``; a frame that is nan throughout has nobody in it."""
    ids = np.ones(len(coco), int) if ids is None else ids
    return [
        People(round(index / rate * NANOSECONDS), 320, 240,
               [Person(int(identity), 0.9, pose)] if np.isfinite(pose).any() else [])
        for index, (pose, identity) in enumerate(zip(coco, ids, strict=True))
    ]


def test_unseen_keypoints_are_nan_and_the_others_exact():
    coco = still(30)
    coco[4, 9] = np.nan
    coco[5, 10, 2] = 0.1            # a guess
    coco[6, 11, 0] = -100.0         # far outside of the image
    (clip,) = clips_from_people(frames_of(coco), Origin("v", "s"), rate=RATE)
    lost = np.zeros((30, 17), bool)
    lost[4, 9] = lost[5, 10] = lost[6, 11] = True
    np.testing.assert_array_equal(np.isnan(clip.keypoints).all(-1), lost)
    np.testing.assert_allclose(clip.keypoints[~lost], coco[~lost][:, :2], rtol=1e-6)


def test_short_absences_are_nan_long_ones_cut():
    coco = still(60)
    coco[10:14] = np.nan            # a third of a second
    coco[30:40] = np.nan            # two thirds
    first, second = clips_from_people(frames_of(coco), Origin("v", "s", {"a": "b"}), rate=RATE)
    assert (first.name, second.name, second.group) == ("v#0", "v#1", "v")
    assert (len(first.keypoints), len(second.keypoints)) == (30, 20)
    assert np.isnan(first.keypoints[10:14]).all()
    assert np.isfinite(np.delete(first.keypoints, range(10, 14), axis=0)).all()
    np.testing.assert_allclose(second.keypoints[0], coco[40, :, :2], rtol=1e-6)
    assert first.labels == {"a": "b"}


def test_each_person_has_a_clip_and_a_glimpse_has_none():
    ids = np.repeat([1, 2, 3], [20, 5, 20])
    clips = clips_from_people(frames_of(still(45), ids=ids), Origin("v", "s"), rate=RATE)
    assert [len(clip.keypoints) for clip in clips] == [20, 20]
    np.testing.assert_allclose(clips[1].keypoints[0, 0, 1], 50 + 25)


def test_uneven_stamps_come_to_an_even_rate():
    """People who move evenly still do, whenever the frames came."""
    rng = np.random.default_rng(3)
    stamps = np.cumsum(rng.uniform(0.02, 0.06, 80))
    coco = np.full((80, 17, 3), 0.9, np.float32)
    coco[..., :2] = 50.0 + 40.0 * (stamps - stamps[0])[:, None, None]
    frames = [People(round(1e9 * s), 640, 480, [Person(1, 1.0, pose)])
              for s, pose in zip(stamps, coco, strict=True)]
    (clip,) = clips_from_people(frames, Origin("v", "s"), bridge=0.15)
    assert clip.rate == pytest.approx(1 / np.median(np.diff(stamps)), rel=1e-3)
    expected = 50.0 + 40.0 * np.arange(len(clip.keypoints)) / clip.rate
    np.testing.assert_allclose(clip.keypoints[:, 0, 0], expected, atol=1e-3)


def test_a_clock_that_jumps_back_begins_a_new_clip():
    frames = frames_of(still(20)) + frames_of(still(25))
    clips = clips_from_people(frames, Origin("v", "s"), rate=RATE)
    assert [len(clip.keypoints) for clip in clips] == [20, 25]


def test_names_that_are_not_utf8_are_imported_each_under_a_name_of_its_own(tmp_path):
    folder = tmp_path / "films"
    write_video(folder / "a.mp4", 1.5)
    film = (folder / "a.mp4").read_bytes()
    for byte in (b"\xe9", b"\xea"):
        (folder / os.fsdecode(b"caf" + byte + b".mp4")).write_bytes(film)
    report = videos.import_videos(
        folder, tmp_path / "out", videos.VideoSettings(command="import " + os.fsdecode(b"\xe9")))
    assert (report.clips, report.left_out) == (3, ())
    assert sorted(clip.name for clip in Dataset(tmp_path / "out")) == [
        "a", "caf\ufffd", "caf\ufffd_2"]
