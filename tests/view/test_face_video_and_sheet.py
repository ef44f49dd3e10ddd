"""The video of a face and its contact sheets."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from kinesics_core.expression.face_animation import FaceAnimation
from kinesics_core.expression.faces import COMPOUNDS, face_of_emotion
from kinesics_core.render.face_picture import FacePicture
from kinesics_core.skeletons import BLENDSHAPE_INDEX
from kinesics_core.view import face_video
from kinesics_core.view.face_sheet import (
    GROUND,
    Named,
    emotion_faces,
    jpeg,
    moment_faces,
    sheet,
)
from kinesics_core.view.face_video import video_frames, write_video


def animation(rate=25.0, count=6, times=None):
    times = np.arange(count) / rate if times is None else times
    shapes = np.zeros((len(times), 52), np.float32)
    shapes[:, BLENDSHAPE_INDEX["jawOpen"]] = np.linspace(0, 1, len(times))
    return FaceAnimation(times, shapes, np.zeros((len(times), 2), np.float32),
                         np.zeros((len(times), 3), np.float32))


@pytest.mark.slow
def test_a_video_has_the_frames_and_the_rate_of_the_animation(tmp_path, monkeypatch):
    monkeypatch.setattr(face_video, "SIZE", (160, 120))
    told = []
    count = write_video(tmp_path / "face.mp4", animation(), lambda: told.append(1))
    video = cv2.VideoCapture(str(tmp_path / "face.mp4"))
    assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(25.0)
    frames = []
    while (read := video.read())[0]:
        frames.append(read[1][..., ::-1].astype(int))
    assert len(frames) == count == len(told) == 6
    assert frames[0].shape == (120, 160, 3)
    # The last picture is the face with an open mouth.
    true = FacePicture(160, 120).draw(animation().blendshapes[-1]).astype(int)
    errors = [np.abs(frame - true).mean() for frame in frames]
    assert int(np.argmin(errors)) == 5 and errors[5] < 8
    assert [path.name for path in tmp_path.iterdir()] == ["face.mp4"]


def test_the_video_of_a_fast_or_uneven_animation_is_even():
    fast = video_frames(animation(120.0, 121))
    assert fast.rate == pytest.approx(60.0) and len(fast.times) == 61
    uneven = video_frames(animation(times=np.array([0.0, 0.1, 0.2, 0.3, 0.4, 1.0])))
    np.testing.assert_allclose(np.diff(uneven.times), 0.1, atol=1e-9)
    assert len(uneven.times) == 11
    even = animation()
    assert video_frames(even) is even


def test_a_sheet_holds_each_face_at_its_place_with_a_name():
    faces = [Named("happiness", "1", face_of_emotion("happiness", 1.0)),
             Named("a name that is much too long for its picture", "0.3", np.zeros(52)),
             Named("fear", "", face_of_emotion("fear", 1.0))]
    told = []
    image = sheet(faces, columns=2, size=(120, 100), on_face=lambda: told.append(1))
    assert len(told) == 3
    picture = FacePicture(120, 100)
    for (row, column), face in zip(((0, 0), (0, 1), (1, 0)), faces, strict=True):
        y, x = row * 132 + 6, column * 126 + 6
        np.testing.assert_array_equal(
            image[y : y + 100, x : x + 120], picture.draw(face.blendshapes))
        label = image[y + 104 : y + 122, x : x + 120].astype(int)
        assert (np.abs(label - GROUND).sum(2) > 200).any()
    assert (image[138:, 132:] == GROUND).all()


def test_the_sheet_of_emotions_has_each_at_three_intensities_and_the_compounds():
    faces = list(emotion_faces())
    assert len(faces) == 24 + len(COMPOUNDS)
    assert [face.name for face in faces[24:]] == list(COMPOUNDS)
    sizes = [np.linalg.norm(face.blendshapes) for face in faces[:24]]
    assert all(low < high for low, high in zip(sizes[:7], sizes[8:15], strict=True))


def test_the_moments_of_an_animation_are_named_with_their_times():
    named = list(moment_faces(animation()))
    assert [face.name for face in named] == ["rest", "onset", "apex", "end"]
    assert named[-1].note == "0.20 s" and named[0].note == "0.00 s"
    assert jpeg(np.zeros((16, 16, 3), np.uint8))[:2] == b"\xff\xd8"
