"""Personalities side by side: the moments that tell most, and a robot for each mind in each."""

import cv2
import numpy as np
import pytest

from kinesics_core.affect.emotions import HAPPINESS
from kinesics_core.mind.trace import parse_trace
from kinesics_core.view import mind_video
from kinesics_core.view.mind_sheet import CELL, apart, mind_sheet, telling_moments
from kinesics_core.view.mind_stories import stories

TRACE = parse_trace("""
- {at: 0, distance: 1.5}
- {at: 3, emotion: sadness, intensity: 0.9}
- {at: 6, emotion: happiness, intensity: 0.9}
- {at: 6.5, emotion: surprise, intensity: 0.9}
- {at: 7, emotion: happiness, intensity: 0.9}
- {at: 12, emotion: neutral}
""")


@pytest.fixture(scope="module")
def told():
    return stories(TRACE.frames(15.0), ["warm", "professional"])


def test_the_moments_are_those_at_which_somebody_shows_something_for_a_while(told):
    moments = telling_moments(told[0])
    assert moments == sorted(moments) and len(moments) <= 4
    assert any(3.5 < moment < 6.0 for moment in moments)
    assert any(7.5 < moment < 12.0 for moment in moments)
    assert not any(6.4 < moment < 7.0 for moment in moments)  # half a second of surprise


def test_each_mind_went_through_the_same_and_answered_its_own_way(told):
    warm, professional = told
    assert [seen for seen, _ in warm.steps] == [seen for seen, _ in professional.steps]
    joy = [[answer.intensity for _, answer in story.steps if answer.emotion == HAPPINESS]
           for story in told]
    assert max(joy[0]) > max(joy[1], default=0.0) + 0.2


def test_words_that_would_lie_on_each_other_are_lowered():
    words = [("fear", 50.0, 40.0), ("anger", 62.0, 41.0), ("joy", 150.0, 40.0)]
    fear, anger, joy = apart(words, 11)
    assert (fear, joy) == (words[0], words[2])
    assert anger[:2] == ("anger", 62.0) and anger[2] >= fear[2] + 11


@pytest.mark.slow
def test_there_is_a_robot_for_each_mind_and_moment(told):
    picture = mind_sheet(told, "two minds", [5.0, 9.0])
    assert picture.dtype == np.uint8 and picture.shape[1] == 128 + 2 * CELL[0] + 16
    cells = [picture[92 + row * (CELL[1] + 46):][: CELL[1] - 4, 128 + column * CELL[0]:][
        :, : CELL[0] - 4] for row in range(2) for column in range(2)]
    assert all(cell.std() > 20 for cell in cells)
    assert np.abs(cells[2].astype(int) - cells[3]).mean() > 1.0  # they do not look the same


@pytest.mark.slow
def test_a_video_shows_them_side_by_side_in_the_storys_time(tmp_path):
    joy = parse_trace("- {at: 0, distance: 1.2}\n- {at: 0.2, emotion: happiness, intensity: 1}")
    told = stories(joy.frames(3.0), ["playful", "professional"])
    path, counted = tmp_path / "minds.mp4", []
    count = mind_video.write_video(path, told, words=False, on_frame=lambda: counted.append(1))
    images = read(path)
    wide, high = mind_video.CELL
    assert len(images) == count == len(counted) == mind_video.frame_count(told)
    assert images[0].shape == (high, 2 * wide, 3)
    assert count / mind_video.RATE == pytest.approx(float(told[0].times()[-1]), abs=0.1)
    moved = np.abs(images[-1].astype(int) - images[0]).mean((0, 2))
    assert moved[:wide].mean() > 1.0 and moved[wide:].mean() > 1.0
    assert np.abs(images[-1][:, :wide].astype(int) - images[-1][:, wide:]).mean() > 1.0
    path = tmp_path / "words.mp4"
    mind_video.write_video(path, stories(joy.frames(0.2), ["warm"]))
    assert read(path)[0].shape == (high + 98, wide, 3)


def read(path):
    capture = cv2.VideoCapture(str(path))
    images = []
    while (image := capture.read()[1]) is not None:
        images.append(image)
    return images
