"""Sources: what comes out of known videos and folders, and what is said about bad ones."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
import pytest

from kinesics_core.errors import SourceError
from kinesics_core.perception.sources import FrameSource, frame_source, open_source
from kinesics_core.perception.sources.camera_device import CameraDevice
from kinesics_core.perception.sources.playlist import Playlist


def numbered(number: int, size=(64, 48)) -> np.ndarray:
    """An image of eight upright bars, the binary digits of a number, which no codec blurs."""
    bits = (number >> np.arange(8) & 1) * 255
    return np.repeat(np.repeat(bits, size[0] // 8)[None], size[1], 0).astype(np.uint8)


def write_video(file: Path, count: int, size=(64, 48), fps=30.0) -> Path:
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter_fourcc(*"mp4v"), fps, size)
    for index in range(count):
        writer.write(cv2.cvtColor(numbered(index, size), cv2.COLOR_GRAY2BGR))
    writer.release()
    return file


def everything(source: FrameSource) -> list:
    with source:
        return list(iter(source.read, None))


def numbers(frames: list) -> list[int]:
    return [
        sum(
            (bar.mean() > 127) << bit
            for bit, bar in enumerate(np.split(frame.image[..., 1], 8, axis=1))
        )
        for frame in frames
    ]


@pytest.fixture
def video(tmp_path) -> Path:
    return write_video(tmp_path / "clip.mp4", 60, fps=60.0)


def test_every_frame_in_order_with_even_stamps(video):
    source = open_source(video, realtime=False)
    assert (source.fps, source.size, source.total, source.live) == (60.0, (64, 48), 60, False)
    frames = everything(source)
    assert numbers(frames) == list(range(60))
    assert [f.index for f in frames] == list(range(60))
    np.testing.assert_allclose([f.stamp for f in frames], np.arange(60) * 1e9 / 60, atol=1)
    assert all(f.image.flags.c_contiguous and f.image.dtype == np.uint8 for f in frames)


@pytest.mark.parametrize("rate, step", [(30.0, 2), (20.0, 3), (120.0, 1)])
def test_a_lower_rate_thins_the_video_and_a_higher_one_does_not_fill_it(video, rate, step):
    source = open_source(video, rate=rate, realtime=False)
    total = source.total
    frames = everything(source)
    assert numbers(frames) == list(range(0, 60, step))
    assert total == len(frames)
    assert frames[1].stamp == pytest.approx(1e9 / min(rate, 60.0), abs=1)


def test_colours_are_red_green_blue(tmp_path):
    image = np.zeros((32, 32, 3), np.uint8)
    image[..., 2] = 200  # OpenCV's red
    cv2.imwrite(str(tmp_path / "red.png"), image)
    [frame] = everything(open_source(tmp_path / "red.png", realtime=False))
    assert frame.image[16, 16].tolist() == [200, 0, 0]
    [small] = everything(open_source(tmp_path / "red.png", realtime=False, fit=(20, 20)))
    assert small.image[10, 10].tolist() == [200, 0, 0]


@pytest.mark.parametrize(
    "size, fit, wanted",
    [((640, 480), (320, 320), (320, 240)), ((108, 192), (64, 48), (27, 48)),
     ((64, 48), (640, 480), (64, 48)), ((100, 60), (99, 99), (99, 59))],
)  # fmt: skip
def test_fit_shrinks_and_keeps_the_aspect(tmp_path, size, fit, wanted):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((size[1], size[0], 3), np.uint8))
    source = open_source(tmp_path, fit=fit, realtime=False)
    assert source.size == wanted
    [frame] = everything(source)
    assert frame.image.shape == (wanted[1], wanted[0], 3)


def test_shrinking_averages_instead_of_picking_pixels(tmp_path):
    board = (np.indices((256, 256)).sum(0) % 2 * 255).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "board.png"), board)
    [frame] = everything(open_source(tmp_path, fit=(60, 60), realtime=False))
    assert abs(frame.image.astype(int) - 127).max() <= 2


def test_loop_goes_on_with_rising_index_and_stamp(video):
    with open_source(video, loop=True, realtime=False) as source:
        assert source.total is None
        frames = [source.read() for _ in range(130)]
    assert numbers(frames) == [i % 60 for i in range(130)]
    assert [f.index for f in frames] == list(range(130))
    assert (np.diff([f.stamp for f in frames]) > 0).all()


def test_a_playlist_changes_size_in_mid_stream(video, tmp_path):
    other = write_video(tmp_path / "other.mp4", 10, size=(96, 64), fps=30.0)
    source = open_source(f"{video},{other}", realtime=False)
    assert source.total == 70
    frames = everything(source)
    assert numbers(frames) == [*range(60), *range(10)]
    assert [f.image.shape[1] for f in frames] == [64] * 60 + [96] * 10
    assert source.size == (96, 64)
    assert (np.diff([f.stamp for f in frames]) > 0).all()


def test_real_time_paces_by_the_wall_clock(video):
    with open_source(video, rate=30.0) as source:
        frames = []
        while (frame := source.read()) is not None:
            assert abs(time.time_ns() - frame.stamp) < 60e9
            frames.append(frame)
    assert len(frames) >= 1 and len(frames) + source.skipped == 30
    # 30 frames at 30 Hz; a busy machine may be late but never early.
    assert frames[-1].stamp - frames[0].stamp > 0.8e9


def test_a_slow_reader_gets_the_newest_frame(video):
    with open_source(video) as source:
        first = source.read()
        time.sleep(0.4)
        asked = time.time_ns()
        second = source.read()
        assert second.index - first.index > 10
        assert second.stamp > asked - 0.1e9
        assert source.skipped > 10


def test_images_come_in_natural_order_and_broken_ones_are_counted(tmp_path):
    for number in (1, 2, 10):
        cv2.imwrite(str(tmp_path / f"frame{number}.png"), numbered(number))
    (tmp_path / "frame3.png").write_bytes(b"not an image")
    (tmp_path / "notes.txt").write_text("not one either")
    source = open_source(tmp_path, realtime=False)
    assert numbers(everything(source)) == [1, 2, 10]
    assert source.unreadable == 1


def test_reading_after_the_end_and_closing_twice_is_harmless(video):
    for realtime in (False, True):
        source = open_source(video, realtime=realtime, rate=60.0)
        everything(source)
        assert source.read() is None
        source.close()


def test_close_ends_a_reader(video):
    source = open_source(video, loop=True)
    assert source.read() is not None
    source.close()
    assert source.read() is None


def test_missing_things_are_named(tmp_path):
    for spec, word in (
        (tmp_path / "no.mp4", "does not exist"),
        ("/dev/video97", "no camera /dev/video97"),
        ("97", "no camera /dev/video97"),
    ):
        with pytest.raises(SourceError, match=word):
            open_source(spec)


def test_bad_files_are_sentences(tmp_path):
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "garbage.mp4").write_bytes(np.random.default_rng(0).bytes(5000))
    (tmp_path / "garbage.png").write_bytes(b"\x89PNG but no more")
    (tmp_path / "folder").mkdir()
    for name, word in (
        ("empty.mp4", "empty"), ("garbage.mp4", "Cannot decode"), ("garbage.png", "None of"),
        ("folder", "holds no images"),
    ):  # fmt: skip
        with pytest.raises(SourceError, match=word):
            open_source(tmp_path / name)


def test_a_video_cut_off_in_the_middle_gives_what_it_has_and_then_says_so(tmp_path):
    whole = write_video(tmp_path / "whole.mp4", 60, size=(320, 240))
    early, cut = tmp_path / "early.mp4", tmp_path / "cut.mp4"
    # With the index in front, a cut file still opens and announces all its frames.
    subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", whole, "-c", "copy",
         "-movflags", "+faststart", early],
        check=True,
    )  # fmt: skip
    data = early.read_bytes()
    cut.write_bytes(data[: len(data) // 2])
    got = 0
    with (
        open_source(cut, realtime=False) as source,
        pytest.raises(SourceError, match=r"ended after \d+ of its 60 frames"),
    ):
        while source.read() is not None:
            got += 1
    assert 0 < got < 50


@pytest.mark.parametrize("arguments", [{"fit": (0, 10)}, {"rate": 0.0}, {"rate": float("nan")}])
def test_arguments_out_of_range_are_refused(video, arguments):
    with pytest.raises(ValueError, match="Got .* wanted"):
        open_source(video, **arguments)


def test_the_synthetic_person_is_endless_and_of_the_size_asked_for():
    with open_source("synthetic", fit=(320, 240), rate=25.0, realtime=False) as source:
        frames = [source.read() for _ in range(3)]
        assert source.total is None and source.fps == 25.0
    assert frames[0].image.shape == (240, 320, 3)
    assert [f.stamp for f in frames] == [0, 40_000_000, 80_000_000]
    assert (frames[0].image != frames[2].image).any()


class Capture:
    """Stands for a camera's driver: gives frames, then does what the test says."""

    def __init__(self, frames: int, then):
        self.left, self.then, self.released = frames, then, False

    def isOpened(self):
        return True

    def set(self, *_):
        return True

    def get(self, what):
        if what == cv2.CAP_PROP_POS_MSEC:
            return time.monotonic() * 1000.0 - 50.0  # taken 50 ms ago
        return {cv2.CAP_PROP_FPS: 30.0}.get(what, 64.0)

    def grab(self):
        if self.left == 0:
            return self.then()
        self.left -= 1
        return True

    def retrieve(self):
        return True, np.zeros((48, 64, 3), np.uint8)

    def release(self):
        self.released = True


@pytest.fixture
def camera(monkeypatch, tmp_path):
    """Opens a camera whose driver is a Capture."""

    def plug(capture: Capture) -> FrameSource:
        (tmp_path / "video0").touch()
        monkeypatch.setattr(cv2, "VideoCapture", lambda *_: capture)
        device = CameraDevice(str(tmp_path / "video0"), None, None)
        return FrameSource(Playlist([device]), realtime=True)

    return plug


def test_an_unplugged_camera_is_a_sentence(camera):
    capture = Capture(1, lambda: False)
    with camera(capture) as source, pytest.raises(SourceError, match="unplugged"):
        while True:
            assert source.live and source.read() is not None
    assert capture.released


def test_a_camera_that_blocks_is_noticed(camera, monkeypatch):
    monkeypatch.setattr(frame_source, "STALL_SECONDS", 0.3)
    release = []

    def block():
        while not release:
            time.sleep(0.01)
        return False

    with camera(Capture(1, block)) as source:
        assert source.read() is not None
        with pytest.raises(SourceError, match="no frame for"):
            source.read()
        release.append(True)


def test_a_cameras_frames_bear_the_time_they_were_taken(camera):
    with camera(Capture(1, lambda: False)) as source:
        frame = source.read()
    assert 45e6 < time.time_ns() - frame.stamp < 60e9


@pytest.mark.skipif(shutil.which("gst-launch-1.0") is None, reason="needs gst-launch-1.0")
def test_a_pipeline_gives_frames_of_its_size_and_its_own_error():
    white = "videotestsrc num-buffers=5 pattern=white ! video/x-raw,width=64,height=48"
    with open_source(f"gst:{white}") as source:
        assert source.live and source.size == (64, 48)
        frame = source.read()
        assert frame.image.shape == (48, 64, 3) and frame.image.min() > 250
    with pytest.raises(SourceError, match="nosuchelement"):
        open_source("gst:nosuchelement")


def test_a_pipeline_without_gstreamer_says_what_to_install(monkeypatch):
    monkeypatch.setattr(cv2, "getBuildInformation", lambda: "")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(SourceError, match="gstreamer1.0-tools"):
        open_source("gst:videotestsrc")
