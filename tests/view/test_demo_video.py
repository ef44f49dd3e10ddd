"""The demo's video: it plays back as added, or there is a sentence and no file."""

import os
import signal
import stat
import subprocess
from dataclasses import replace

import cv2
import numpy as np
import pytest

from kinesics_core.errors import RecordingError
from kinesics_core.render import encoder
from kinesics_core.render.encoder import Mp4Writer
from kinesics_core.types import NANOSECONDS, Frame, Moment
from kinesics_core.view.demo_page import PageComposer
from kinesics_core.view.demo_video import DemoVideo

SIZE = (640, 360)


def frames_of(path):
    video = cv2.VideoCapture(str(path))
    images = []
    while True:
        found, image = video.read()
        if not found:
            return images
        images.append(image[..., ::-1])


def grey(level, size=SIZE):
    return np.full((size[1], size[0], 3), level, np.uint8)


@pytest.mark.parametrize("codec", ["h264", "mpeg4"])
def test_frames_come_back_in_number_size_order_and_colour(tmp_path, monkeypatch, codec):
    if codec == "mpeg4":
        monkeypatch.setattr(encoder, "find_ffmpeg", lambda: None)
    path = tmp_path / "deep" / "clip.mp4"
    with Mp4Writer(path, SIZE, 30.0) as writer:
        assert writer.codec == codec
        for level in range(0, 250, 10):
            image = grey(level)
            image[:, :320] = (200, 40, 40)
            writer.write(image)
        assert not path.exists()
    images = frames_of(path)
    assert len(images) == 25 == writer.frames
    assert images[0].shape == (360, 640, 3)
    levels = [image[:, 400:].mean() for image in images]
    np.testing.assert_allclose(levels, np.arange(0, 250, 10), atol=8)
    np.testing.assert_allclose(images[5][100, 100], (200, 40, 40), atol=16)
    assert [entry.name for entry in path.parent.iterdir()] == ["clip.mp4"]


def test_file_starts_with_its_index_so_that_a_browser_plays_it_at_once(tmp_path):
    path = tmp_path / "clip.mp4"
    with Mp4Writer(path, SIZE, 30.0) as writer:
        writer.write(grey(90))
    data = path.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")
    assert b"avc1" in data


def test_a_killed_encoder_is_a_sentence_and_leaves_nothing(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"the film of yesterday")
    writer = Mp4Writer(path, SIZE, 30.0)
    writer.write(grey(0))
    os.kill(writer._process.pid, signal.SIGKILL)
    writer._process.wait()
    with pytest.raises(RecordingError, match=r"encoder of .*clip\.mp4 failed after .* signal 9"):
        for _ in range(100):
            writer.write(grey(0))
    assert [entry.name for entry in tmp_path.iterdir()] == ["clip.mp4"]
    assert path.read_bytes() == b"the film of yesterday"
    with pytest.raises(RecordingError, match="closed"):
        writer.write(grey(0))


def test_an_encoder_that_fails_at_the_end_is_noticed(tmp_path, monkeypatch):
    """As on a full disk: the frames are taken, and the file cannot be finished."""
    fake = tmp_path / "ffmpeg"
    fake.write_text("#!/bin/sh\ncat > /dev/null\necho 'av_write: No space left on device' >&2\n"
                    "exit 1\n")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(encoder, "find_ffmpeg", lambda: str(fake))
    writer = Mp4Writer(tmp_path / "out" / "clip.mp4", SIZE, 30.0)
    writer.write(grey(0))
    with pytest.raises(RecordingError, match="the disk is full"):
        writer.close()
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.skipif(not os.access("/dev/full", os.W_OK), reason="needs /dev/full")
def test_ffmpeg_itself_on_a_full_disk(tmp_path):
    writer = Mp4Writer(tmp_path / "clip.mp4", SIZE, 30.0)
    writer.abort()
    writer._part.symlink_to("/dev/full")
    writer = Mp4Writer(tmp_path / "clip.mp4", SIZE, 30.0)
    noise = np.random.default_rng(0)
    with pytest.raises(RecordingError, match="disk is full"):
        for _ in range(30):
            writer.write(noise.integers(0, 255, (360, 640, 3), np.uint8))
        writer.close()
    assert not list(tmp_path.iterdir())


def test_an_error_inside_leaves_no_file(tmp_path):
    path = tmp_path / "clip.mp4"
    with pytest.raises(KeyError), Mp4Writer(path, SIZE, 30.0) as writer:
        writer.write(grey(0))
        raise KeyError
    assert not list(tmp_path.iterdir())


def test_no_frame_no_file(tmp_path):
    with pytest.raises(RecordingError, match="got no frame"):
        Mp4Writer(tmp_path / "clip.mp4", SIZE, 30.0).close()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("size", "fps", "said"),
    [((641, 360), 30.0, "even width and height, got 641 x 360"), (SIZE, 0.0, "got 0.0")],
)
def test_impossible_videos_are_refused(tmp_path, size, fps, said):
    with pytest.raises(RecordingError, match=said):
        Mp4Writer(tmp_path / "clip.mp4", size, fps)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingError, match="cannot be written"):
        Mp4Writer(tmp_path / "file" / "clip.mp4", SIZE, 30.0)


def test_a_wrong_frame_is_refused(tmp_path):
    writer = Mp4Writer(tmp_path / "clip.mp4", SIZE, 30.0)
    with pytest.raises(RecordingError, match=r"640 x 360 RGB .* got uint8 \(360, 640\)"):
        writer.write(np.zeros((360, 640), np.uint8))
    writer.abort()


@pytest.mark.slow
def test_demo_video_plays_back(tmp_path, scene):
    path = tmp_path / "demo.mp4"
    with DemoVideo(path, size=SIZE) as video:
        for index in range(12):
            video.add(scene.moment(index))
        video.poster(tmp_path / "poster.jpg")
    images = frames_of(path)
    assert len(images) == 12
    assert images[0].shape == (360, 640, 3)
    poster = cv2.imread(str(tmp_path / "poster.jpg"))
    assert poster.shape == (360, 640, 3) and poster.std() > 20


@pytest.mark.slow
def test_frames_are_placed_by_their_stamps(tmp_path, scene):
    """12 images at 15 Hz last as long as 24 at 30 Hz; a clock that jumps costs nothing."""
    def add(video, indices, fps):
        for index in indices:
            video.add(scene.moment(index, fps=fps))

    with DemoVideo(tmp_path / "slow.mp4", fps=30, size=SIZE) as video:
        add(video, range(12), 15.0)
        assert video.frames == 23
    with DemoVideo(tmp_path / "fast.mp4", fps=30, size=SIZE) as video:
        add(video, range(24), 60.0)
        assert video.frames in (12, 13)
    with DemoVideo(tmp_path / "jump.mp4", fps=30, size=SIZE) as video:
        add(video, [0, 1, 900, 901, 0, 1], 30.0)
        assert video.frames == 6


def test_page_shows_all_its_parts(scene):
    composer = PageComposer((1280, 720))
    moment = scene.moment()
    page = composer.compose(moment)
    assert page.shape == (720, 1280, 3)

    def differs(other, where):
        rows, columns = where
        return (page[rows, columns] != other[rows, columns]).any(-1).mean()

    camera, robot = (slice(40, 490), slice(0, 800)), (slice(40, 720), slice(800, 1280))
    below = (slice(490, 720), slice(0, 800))
    rest = (slice(0, 720), slice(0, 800))
    fresh = PageComposer((1280, 720))
    alone = fresh.compose(Moment(moment.frame))
    assert differs(alone, camera) > 0.02
    assert differs(alone, robot) > 0.02
    assert differs(alone, below) > 0.01
    other_face = composer.compose(replace(moment, face=scene.face_pose(jawOpen=1)))
    assert differs(other_face, robot) > 0.001
    assert differs(other_face, rest) == 0


def test_affect_curve_lies_at_its_value(scene):
    """Valence +1, 0 and -1 put the newest dot at the top, middle and bottom of the plot."""
    rows = []
    for valence in (1.0, 0.0, -1.0):
        composer = PageComposer((1280, 720))
        page = composer.compose(Moment(
            scene.moment().frame, affects=[scene.affect(valence=valence, arousal=np.nan)]
        )).astype(int)
        gold = np.abs(page[510:700, 470:490] - (255, 196, 92)).max(-1) < 10
        rows.append(np.argwhere(gold).mean(0)[0])
    assert rows[0] < rows[1] < rows[2]
    assert rows[1] == pytest.approx((rows[0] + rows[2]) / 2, abs=1)


def test_plot_forgets_what_is_older_than_its_window(scene):
    composer = PageComposer(SIZE)
    for second in range(60):
        stamp = scene.start + second * NANOSECONDS
        frame = Frame(grey(0), stamp)
        composer.remember(Moment(frame, affects=[scene.affect(stamp=stamp)]))
    assert len(composer._plot) == 11


def test_nothing_known_still_makes_a_page(scene):
    frame = scene.moment().frame
    affect = scene.affect(valence=np.nan, arousal=np.nan)
    affect.categories = np.full(8, np.nan)
    for affects in ([], [affect]):
        page = PageComposer(SIZE).compose(Moment(frame, affects=affects))
        assert page.std() > 10


@pytest.mark.parametrize("shape", [(480, 640), (1080, 1920), (1280, 720), (90, 1600)])
def test_any_camera_shape_fits(scene, shape):
    frame = scene.moment().frame
    frame.image = np.full((*shape, 3), 255, np.uint8)
    page = PageComposer((1280, 720)).compose(Moment(frame))
    white = np.argwhere((page[70:490, :800] > 250).all(-1))
    seen = np.ptp(white, axis=0) + 1
    panel = np.array([450, 800])
    ratio = min(panel / shape)
    np.testing.assert_allclose(seen, np.minimum(np.array(shape) * ratio, panel), atol=32)


def test_poster_needs_a_frame_and_a_known_format(tmp_path, scene):
    video = DemoVideo(tmp_path / "demo.mp4", size=SIZE)
    with pytest.raises(RecordingError, match="no frame yet"):
        video.poster(tmp_path / "poster.png")
    video.add(scene.moment())
    with pytest.raises(RecordingError, match="no picture format"):
        video.poster(tmp_path / "poster.doc")
    video.abort()
    assert not list(tmp_path.iterdir())


def test_a_page_too_small_to_read_is_refused(tmp_path):
    with pytest.raises(RecordingError, match="at least 640 x 360 pixels, got 320 x 240"):
        DemoVideo(tmp_path / "demo.mp4", size=(320, 240))


def test_ffmpeg_of_the_package_runs():
    ffmpeg = encoder.find_ffmpeg()
    if ffmpeg is None:
        pytest.skip("no ffmpeg on this machine")
    said = subprocess.run([ffmpeg, "-version"], capture_output=True, text=True, check=True)
    assert said.stdout.startswith("ffmpeg version")
