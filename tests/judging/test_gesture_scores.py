"""Gestures and engagement are read in motion that is made by a known process."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from figures import bvh

from kinesics_core.affect.signals import GESTURES
from kinesics_core.dataset.clips import Clip, Info, Writer
from kinesics_core.errors import KinesicsError
from kinesics_core.judging import encounters, gesture_folder, gesture_scores
from kinesics_core.judging.gesture_scores import GestureClip, GestureReading, lead_of, scores
from kinesics_core.judging.performed_gestures import BEFORE, RATE, perform
from kinesics_core.judging.seen_people import View, see
from kinesics_core.skeletons import COCO17


def clip(*gestures: str, allowed: str = "") -> GestureClip:
    return GestureClip("c", "s", frozenset(gestures), frozenset(allowed.split()),
                       np.zeros((1, 17, 3)), 30.0)


def test_scores_count_what_was_to_be_found_and_what_was_not():
    found = GestureReading(clip("wave"))
    found.seen["wave"], found.seen["nod"], found.seen["bow"] = 1.0, 0.5, 0.01
    missed = GestureReading(clip("wave", allowed="clap"))
    missed.seen["clap"] = 2.0
    table = scores([found, missed])
    assert (table["wave"].right, table["wave"].missed, table["wave"].false) == (1, 1, 0)
    assert table["wave"].f1 == pytest.approx(2 / 3)
    assert table["nod"].false == 1 and table["bow"].false == table["clap"].false == 0
    assert gesture_scores.macro_f1(table) == pytest.approx(2 / 3)


def test_a_forecast_counts_if_the_gesture_comes_soon():
    reading = GestureReading(clip("wave", "bow"))
    reading.expected.update(hands_raised=1.0, bow=1.0, nod=2.0)
    reading.first.update(wave=1.4, bow=3.0)
    lead = lead_of([reading])
    assert lead.count == 3 and lead.precision == 0.0, "hands_raised was not to be seen here"
    reading = GestureReading(clip("wave", "bow", allowed="hands_raised"))
    reading.expected.update(hands_raised=1.0, bow=1.0)
    reading.first.update(wave=1.4, bow=1.2)
    lead = lead_of([reading])
    assert lead.precision == 1.0 and lead.median_ms == pytest.approx(300.0)


def test_a_performance_rests_before_it_begins():
    made = perform("hands_raised", np.random.default_rng(1))
    wrists = made.keypoints[:, 9:11, 1] - made.keypoints[:, 5:7, 1]
    assert (wrists[: int(BEFORE * RATE)] < 0).all(), "hands hang"
    assert wrists.max() > 0.2, "one is up over the shoulder"


def test_a_camera_shows_a_point_where_the_pinhole_says():
    keypoints = perform("stand", np.random.default_rng(2)).keypoints[:40]
    view = View(distance=3.0, height=1.0, jitter=0.0, depth=0.0)
    seen = see(keypoints, RATE, view, np.random.default_rng(0), turn=False)
    focal = 320 / np.tan(np.radians(30))
    floor = keypoints[..., 1].min()
    nose = keypoints[0, 0]
    assert seen.truth[0, 0, 1] == pytest.approx(
        240 + focal * (1.0 - nose[1] + floor) / (3.0 - nose[2]), abs=0.5)
    assert seen.truth[0, 5, 0] > seen.truth[0, 6, 0], "the left shoulder is at the right"


@pytest.mark.slow
def test_performed_gestures_are_read():
    """Judge seeds that set no threshold; the figure itself is ``kinesics bench affect``'s."""
    clips = gesture_scores.performed_clips(3, 5)
    table = scores(gesture_scores.read_gestures(clips, 1, 5))
    assert gesture_scores.macro_f1(table) > 0.85


def test_performed_hands_beckon_about_their_wrists():
    """The index fingertip comes and goes from stroke to stroke while the wrist hardly moves."""
    for name in ("come_here_hand", "come_here_fingers"):
        made = perform(name, np.random.default_rng(3))
        stroking = slice(int((BEFORE + 0.7) * RATE), int((made.ends - 0.7) * RATE))
        side = int(made.keypoints[stroking, 9:11, 2].mean(axis=0).argmax())
        wrist = made.keypoints[stroking, 9 + side]
        tip = made.hands[stroking, side, 8] - wrist
        assert np.ptp(tip, axis=0).max() > 0.05 and np.ptp(wrist, axis=0).max() < 0.06
        bones = np.linalg.norm(np.diff(made.hands[:, side, 5:9], axis=1), axis=-1)
        assert np.ptp(bones, axis=0).max() < 1e-9, "bones keep their lengths"
        assert (made.hands[:, :, 0] == made.keypoints[:, 9:11]).all(), "hands hang on their wrists"


def test_performances_show_what_they_are_called():
    """Draw another body where its bones miss the pose."""
    for seed in range(12):
        face, arms = (perform(name, np.random.default_rng(seed))
                      for name in ("hand_on_face", "arms_crossed"))
        middle = int(0.5 * (face.begins + face.ends) * RATE)
        off = np.linalg.norm(face.hands[middle] - face.keypoints[middle, 0], axis=-1)
        assert off.min() < 0.12, "within 12 cm of the nose"
        middle = int(0.5 * (arms.begins + arms.ends) * RATE)
        assert arms.keypoints[middle, 9, 0] < arms.keypoints[middle, 10, 0], "beyond each other"


@pytest.mark.slow
def test_pointing_hands_are_told_from_offered_ones():
    clips = [clip for clip in gesture_scores.performed_clips(8, 78)
             if clip.name.startswith(("point_", "offer_hand_"))]
    clips = [replace(clip, source=clip.name.rsplit("_", 1)[0]) for clip in clips]
    told = gesture_scores.told_by_source(gesture_scores.read_gestures(clips, 2, 78), "point")
    assert told["point"] > 0.8 and told["offer_hand"] < 0.35


def recording(folder, gesture: str, keypoints: np.ndarray) -> None:
    """Write a dataset of one recording in an image of 640 by 480, ten frames a second."""
    with Writer(folder, Info("robot", dimensions=2)) as writer:
        writer.add(Clip("a", "robot", "a", 10.0, keypoints.astype(np.float32),
                        {"gesture": gesture}, (640, 480)))


def test_recorded_keypoints_are_read_as_they_are(tmp_path):
    made = perform("wave", np.random.default_rng(4))
    seen = see(made.keypoints, RATE, View(jitter=0.0, lost=0.0), np.random.default_rng(0))
    recording(tmp_path / "robot", "wave", seen.truth[::3])
    clips = gesture_folder.labelled_clips(tmp_path / "robot")
    (reading,) = gesture_scores.read_gestures(clips, 3, 0)
    assert reading.clip.size == (640, 480) and reading.clip.rate == 10.0
    assert reading.seen["wave"] > 0.3
    assert made.begins < reading.first["wave"] < made.ends, "in its own time"


def test_datasets_of_other_keypoints_are_refused(tmp_path):
    names = tuple(reversed(COCO17))
    with Writer(tmp_path / "other", Info("other", names, dimensions=2)) as writer:
        writer.add(Clip("wave_1", "o", "o", 10.0, np.ones((20, 17, 2), np.float32), {}, (64, 48)))
    with pytest.raises(KinesicsError, match="wanted COCO-17"):
        gesture_folder.labelled_clips(tmp_path / "other")


@pytest.mark.slow
def test_beckonings_of_every_form_are_read():
    """Judge seeds that set no threshold; figures by form are in docs/reading_people.md."""
    readings = gesture_scores.read_gestures(gesture_scores.beckoning_clips(6, 77), 1, 77)
    told = gesture_scores.told_by_source(readings, "come_here")
    assert min(told[f"come_here_{form}"] for form in ("arm", "forearm", "hand")) > 0.5
    assert told["come_here_fingers"] > 0.3, "fingers alone, where their landmarks are found"
    assert max(told["patting"], told["wave_wrist"], told["point_wagging"]) < 0.2


@pytest.mark.slow
def test_engagement_follows_the_scripts():
    found = encounters.engagement_right(encounters.encounters(2, 5), 5)
    assert found["all"] > 0.92
    assert min(found.values()) > 0.6


def test_names_tell_gestures():
    assert gesture_folder.gesture_of("141_16-wave_hello.bvh") == "wave"
    assert gesture_folder.gesture_of("dataset-2_raise-up-both-hands_active_001") == "hands_raised"
    assert gesture_folder.gesture_of("dataset-1_byebye_happy_001") == "wave"
    assert gesture_folder.gesture_of("dataset-1_guide_old_001") == "point"
    assert gesture_folder.gesture_of("02_01-walk.bvh") == ""
    assert gesture_folder.gesture_of("swordplay") is None
    assert gesture_folder.gesture_of("elbow_stretch_01") is None
    assert gesture_folder.gesture_of("handshake.bvh") is None
    assert gesture_folder.gesture_of("bowed_deeply") == "bow"
    assert {gesture_folder.gesture_of(name) for name in GESTURES} == set(GESTURES)


def test_a_camera_shows_knuckles_beyond_their_wrists():
    keypoints = perform("stand", np.random.default_rng(2)).keypoints[:40]
    knuckles = keypoints[:, 9:11] + (0.0, -0.085, 0.0)
    view = View(distance=3.0, height=1.0, jitter=0.0, lost=0.5)
    seen = see(keypoints, RATE, view, np.random.default_rng(0), turn=False, knuckles=knuckles)
    person = seen.person(0, 1)
    focal = 320 / np.tan(np.radians(30))
    for fingers, wrist in (((17, 19), 9), ((18, 20), 10)):
        off = person.pose[fingers, :2] - person.coco[wrist, :2]
        assert off[:, 1] == pytest.approx(focal * 0.085 / (3.0 - keypoints[0, wrist, 2]), abs=0.5)
        assert (person.pose[fingers, 3] == person.coco[wrist, 2]).all(), "lost together"
    assert see(keypoints, RATE, view, np.random.default_rng(0)).person(0, 1).pose is None


def test_a_camera_follows_who_travels_and_saw_who_stands_before():
    keypoints = perform("stand", np.random.default_rng(2)).keypoints[:90].copy()
    assert gesture_folder.followed(keypoints) is keypoints
    standing = gesture_folder.with_start(keypoints)
    assert len(standing) == 120 and (standing[:31] == keypoints[0]).all()
    walking = keypoints + np.linspace(0, 6, 90)[:, None, None] * (0.0, 0.0, 1.0)
    kept = gesture_folder.followed(walking)
    assert np.ptp(kept[:, 11, 2]) < 0.5 * np.ptp(walking[:, 11, 2])
    assert np.allclose(kept[:, 9] - kept[:, 5], walking[:, 9] - walking[:, 5])
    assert len(gesture_folder.with_start(walking)) == 90


def test_hands_of_a_bvh_file_are_judged_unless_left_out(tmp_path):
    (tmp_path / "02_wave.bvh").write_text(bvh("bandai", frames=60))
    (found,) = gesture_folder.labelled_clips(tmp_path)
    assert found.knuckles.shape == (len(found.keypoints), 2, 3)
    (found,) = gesture_folder.labelled_clips(tmp_path, hands=False)
    assert found.knuckles is None


def test_a_folder_without_gestures_is_refused(tmp_path):
    with pytest.raises(KinesicsError, match="tells a gesture"):
        gesture_folder.labelled_clips(tmp_path)
    with pytest.raises(KinesicsError, match="does not exist"):
        gesture_folder.labelled_clips(tmp_path / "no")
