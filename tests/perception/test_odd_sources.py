"""Sources as users have them: odd names, odd times, odd pixels, and things that are no files."""

from __future__ import annotations

import logging
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from kinesics_core.errors import SourceError
from kinesics_core.perception.sources import Framing, open_source, shows_stills

RAMP = np.tile(np.arange(256, dtype=np.uint8), (16, 1))
NOT_UTF8 = b"caf\xe9"


def ffmpeg(*words: str | Path) -> None:
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *words], check=True)


def film(file: Path, rate: float = 30.0, count: int = 60, *words: str | Path) -> Path:
    """A film of ``count`` frames; the words go before the output."""
    ffmpeg("-f", "lavfi", "-i", f"testsrc=size=64x48:rate={rate}", *words,
           "-frames:v", str(count), file)
    return file


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    return film(tmp_path_factory.mktemp("clip") / "clip.mp4")


def frames(spec: str | os.PathLike[str], **arguments) -> list:
    with open_source(spec, realtime=False, **arguments) as source:
        return list(iter(source.read, None))


def seconds(spec: str | os.PathLike[str], **arguments) -> np.ndarray:
    return np.array([frame.stamp for frame in frames(spec, **arguments)]) / 1e9


# --- names -------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_folder", [False, True])
def test_an_image_whose_name_is_not_utf8_is_read_and_so_is_its_neighbour(tmp_path, as_folder):
    good = tmp_path / "good.png"
    cv2.imwrite(str(good), RAMP)
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + NOT_UTF8 + b".png"))
    shutil.copy(good, odd)
    found = frames(tmp_path if as_folder else odd)
    assert len(found) == 1 + as_folder
    assert all(np.array_equal(frame.image[..., 0], RAMP) for frame in found)


@pytest.mark.parametrize("suffix", [b".mp4", b".webm", b".avi"])
def test_a_video_whose_name_is_not_utf8_is_read(tmp_path, suffix):
    plain = film(tmp_path / f"a{suffix.decode()}")
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + NOT_UTF8 + suffix))
    shutil.copy(plain, odd)
    assert len(frames(odd)) == 60
    with open_source(odd, realtime=False, loop=True) as source:
        assert [source.read().index for _ in range(130)] == list(range(130))


def test_a_broken_file_whose_name_is_not_utf8_is_named_in_text(tmp_path):
    for suffix in (b".png", b".mp4"):
        odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + NOT_UTF8 + suffix))
        odd.write_bytes(b"nothing of the kind")
        with pytest.raises(SourceError) as error:
            open_source(odd)
        assert "caf\ufffd" in str(error.value).encode().decode()


@pytest.mark.parametrize("name", ["12:30:05.mp4", "a:b.mp4", "50%d.mp4", "-i.mp4", "http:.mp4"])
def test_names_that_look_like_protocols_and_patterns_are_files(tmp_path, clip, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(clip, name)
    assert len(frames(name)) == 60


@pytest.mark.parametrize("spec", ["", "  ", ",", " , "])
def test_no_source_at_all_is_a_sentence(spec):
    with pytest.raises(SourceError, match="wanted a camera"):
        open_source(spec)


@pytest.mark.parametrize("spec", ["a" * 5000 + ".mp4", "a\0b.mp4", "none.mp4/none.mp4"])
def test_names_that_cannot_be_are_sentences(spec):
    with pytest.raises(SourceError):
        open_source(spec)


# --- what is no file ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["pipe.mp4", "pipe.png", "pipe.gif", "pipe.webp"])
def test_a_pipe_is_refused_at_once(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(SourceError, match="pipe, socket or device"):
        open_source(tmp_path / name)
    assert not shows_stills(tmp_path / name) or name.endswith((".png", ".webp"))


def test_a_link_to_a_device_is_refused(tmp_path):
    (tmp_path / "zero.mp4").symlink_to("/dev/zero")
    with pytest.raises(SourceError, match="pipe, socket or device"):
        open_source(tmp_path / "zero.mp4")


def test_pipes_folders_and_dangling_links_among_images_are_left_out(tmp_path, caplog):
    cv2.imwrite(str(tmp_path / "b.png"), RAMP)
    os.mkfifo(tmp_path / "a.png")
    (tmp_path / "c.png").mkdir()
    (tmp_path / "d.png").symlink_to(tmp_path / "nowhere.png")
    with caplog.at_level(logging.WARNING), open_source(tmp_path, realtime=False) as source:
        assert len(list(iter(source.read, None))) == 1
        assert source.unreadable == 3
    assert "a.png is not a regular file" in caplog.text


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="needs /dev/shm")
def test_a_file_below_dev_is_a_file(clip):
    place = Path(f"/dev/shm/kinesics-test-{os.getpid()}.mp4")
    shutil.copy(clip, place)
    try:
        assert len(frames(str(place))) == 60
    finally:
        place.unlink()


def test_an_heic_photo_says_what_to_do(tmp_path):
    (tmp_path / "IMG_1.HEIC").write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    with pytest.raises(SourceError, match="convert it to JPEG"):
        open_source(tmp_path / "IMG_1.HEIC")


# --- time --------------------------------------------------------------------------------------


def variable(file: Path) -> tuple[Path, np.ndarray]:
    """30 frames a second for one second, then 5 a second: a file and its true times."""
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x48:rate=30:duration=3", "-vf",
           "select='lt(n,30)+not(mod(n,6))'", "-fps_mode", "vfr", file)
    times = np.array([n / 30.0 for n in range(90) if n < 30 or n % 6 == 0])
    return file, times


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_variable_frame_rate_keeps_its_true_times(tmp_path, suffix):
    file, times = variable(tmp_path / f"a{suffix}")
    assert seconds(file) == pytest.approx(times, abs=0.0006)


def test_variable_frame_rate_is_thinned_by_time(tmp_path):
    file, _ = variable(tmp_path / "a.mp4")
    found = seconds(file, rate=10.0)
    assert found[:11] == pytest.approx(np.arange(11) / 10, abs=0.04)
    assert np.diff(found).min() > 0.06
    assert found[-3:] == pytest.approx([2.4, 2.6, 2.8], abs=0.001)


def test_variable_frame_rate_is_played_at_its_own_pace(tmp_path):
    file, times = variable(tmp_path / "a.mp4")
    with open_source(file) as source:
        began = source.read()
        last = began
        while (frame := source.read()) is not None:
            last = frame
    assert (last.stamp - began.stamp) / 1e9 == pytest.approx(times[-1], abs=0.3)


def test_a_looping_video_of_variable_rate_goes_on_one_frame_after_its_last(tmp_path):
    file, times = variable(tmp_path / "a.mp4")
    with open_source(file, realtime=False, loop=True) as source:
        stamps = np.array([source.read().stamp for _ in range(len(times) + 5)]) / 1e9
        period = 1.0 / source.fps
    again = stamps[len(times):]
    assert again == pytest.approx(times[-1] + period + times[:5], abs=0.001)


def test_a_gap_in_an_even_video_is_kept(tmp_path):
    file = tmp_path / "a.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x48:rate=30:duration=3", "-vf",
           "select='lt(n,30)+gte(n,60)'", "-fps_mode", "vfr", file)
    found = seconds(file)
    assert found[29:31] == pytest.approx([29 / 30, 2.0], abs=0.001)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi", ".flv", ".ts", ".webm"])
def test_even_videos_keep_even_stamps_in_every_container(tmp_path, suffix):
    film(tmp_path / f"a{suffix}", 25.0, 50)
    assert seconds(tmp_path / f"a{suffix}") == pytest.approx(np.arange(50) / 25.0, abs=1e-8)


def test_a_raw_stream_without_stamps_is_even(tmp_path):
    film(tmp_path / "a.h264", 25.0, 50)
    found = seconds(tmp_path / "a.h264")
    assert len(found) == 50 and np.diff(found) == pytest.approx(1 / 25.0)


@pytest.mark.parametrize("rate, suffix", [(0.5, ".mp4"), (0.5, ".mkv"), (0.1, ".mp4")])
def test_below_one_frame_a_second(tmp_path, rate, suffix):
    film(tmp_path / f"a{suffix}", rate, 10)
    with open_source(tmp_path / f"a{suffix}", realtime=False) as source:
        assert source.fps == pytest.approx(rate)
    assert seconds(tmp_path / f"a{suffix}") == pytest.approx(np.arange(10) / rate)


@pytest.mark.parametrize("suffix", [".webp", ".gif", ".png"])
def test_an_animated_image_is_a_video_with_its_own_durations(tmp_path, suffix):
    levels, durations = [0, 80, 160, 240], [40, 200, 500, 100]
    images = [Image.fromarray(np.full((32, 48, 3), level, np.uint8)) for level in levels]
    file = tmp_path / f"a{suffix}"
    lossless = {"lossless": True} if suffix == ".webp" else {}
    images[0].save(file, save_all=True, append_images=images[1:], duration=durations, loop=0,
                   **lossless)
    assert not shows_stills(file)
    found = frames(file)
    assert [int(frame.image[5, 5, 0]) for frame in found] == levels
    assert [frame.stamp / 1e9 for frame in found] == pytest.approx([0.0, 0.04, 0.24, 0.74])
    with open_source(file, realtime=False, loop=True) as source:
        assert source.size == (48, 32) and source.fps == pytest.approx(4 / 0.84)
        stamps = [source.read().stamp / 1e9 for _ in range(5)]
    assert stamps[4] == pytest.approx(0.84)


def test_an_animation_among_images_is_named_and_a_still_webp_is_an_image(tmp_path, caplog):
    images = [Image.fromarray(np.full((32, 48, 3), level, np.uint8)) for level in (0, 200)]
    images[0].save(tmp_path / "a.webp", save_all=True, append_images=images[1:], duration=100)
    images[1].save(tmp_path / "b.webp")
    assert shows_stills(tmp_path / "b.webp")
    with caplog.at_level(logging.WARNING):
        assert len(frames(tmp_path)) == 1
    assert "a.webp is an animation" in caplog.text


def test_a_damaged_animation_is_a_sentence(tmp_path):
    images = [Image.fromarray(np.random.default_rng(i).integers(0, 255, (64, 64, 3), np.uint8))
              for i in range(4)]
    images[0].save(tmp_path / "a.gif", save_all=True, append_images=images[1:], duration=100)
    whole = (tmp_path / "a.gif").read_bytes()
    (tmp_path / "a.gif").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceError, match=r"a\.gif"):
        frames(tmp_path / "a.gif")


# --- sound -------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".webm", ".mkv", ".ts", ".flv", ".mp4"])
def test_sound_longer_than_the_picture_is_no_truncation(tmp_path, suffix):
    file = tmp_path / f"a{suffix}"
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x48:rate=30:duration=2",
           "-f", "lavfi", "-i", "sine=duration=10:sample_rate=44100", file)
    with open_source(file, realtime=False) as source:
        assert source.total == 60
        assert len(list(iter(source.read, None))) == 60


def test_a_fragmented_mp4_with_longer_sound(tmp_path):
    file = tmp_path / "a.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x48:rate=30:duration=2",
           "-f", "lavfi", "-i", "sine=duration=10", "-movflags", "frag_keyframe+empty_moov", file)
    assert len(frames(file)) == 60


def test_a_matroska_that_is_cut_off_still_says_so(tmp_path):
    file = film(tmp_path / "a.mkv", 30.0, 300)
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])
    with pytest.raises(SourceError, match="truncated or damaged"):
        frames(file)


def test_thousands_of_packets_of_sound_before_the_first_picture(tmp_path):
    file = tmp_path / "late.webm"
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=2",
           "-f", "lavfi", "-i", "sine=duration=120",
           "-filter_complex", "[0:v]setpts=PTS+100/TB[v]", "-map", "[v]", "-map", "1:a",
           "-c:a", "libopus", "-frame_duration", "20", file)
    # OpenCV reads its limit once in a process.
    code = ("import sys; from kinesics_core.perception.sources import open_source\n"
            "source = open_source(sys.argv[1], realtime=False)\n"
            "print(len(list(iter(source.read, None))))")
    said = subprocess.run([sys.executable, "-c", code, file], capture_output=True, text=True)
    assert said.stdout.strip() == "20", said.stderr


# --- pixels ------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("suffix, channels", [(".png", 1), (".png", 3), (".tif", 3), (".pgm", 1)])
def test_16_bit_files_are_as_bright_as_their_8_bit_twins(tmp_path, bits, suffix, channels):
    wide = np.repeat((RAMP.astype(np.uint16) << bits - 8)[..., None], channels, 2)
    cv2.imwrite(str(tmp_path / f"a{suffix}"), wide)
    [frame] = frames(tmp_path / f"a{suffix}")
    assert np.abs(frame.image.astype(int) - RAMP[..., None]).max() <= 1


@pytest.mark.parametrize("bits", [12, 16])
def test_a_video_of_16_bits_of_grey_is_as_bright_as_its_8_bit_twin(tmp_path, bits):
    wide = np.repeat(RAMP.astype("<u2") << bits - 8, 8, axis=0)
    (tmp_path / "raw").write_bytes(wide.tobytes() * 3)
    ffmpeg("-f", "rawvideo", "-pix_fmt", "gray16le", "-s", "256x128", "-i", tmp_path / "raw",
           "-c:v", "ffv1", tmp_path / "a.mkv")
    found = frames(tmp_path / "a.mkv")
    assert len(found) == 3
    assert np.abs(found[2].image[::8].astype(int) - RAMP[..., None]).max() <= 1


def test_a_video_of_depth_is_refused(tmp_path):
    y, x = np.mgrid[0:128, 0:256]
    depth = np.where((x - 128)**2 + (y - 64)**2 < 2500, 1500 + y, 3000 + x + y).astype("<u2")
    (tmp_path / "raw").write_bytes(depth.tobytes() * 3)
    ffmpeg("-f", "rawvideo", "-pix_fmt", "gray16le", "-s", "256x128", "-i", tmp_path / "raw",
           "-c:v", "ffv1", tmp_path / "a.mkv")
    with pytest.raises(SourceError, match="depth map"):
        frames(tmp_path / "a.mkv")
    ffmpeg("-i", tmp_path / "a.mkv", "-frames:v", "1", "-pix_fmt", "grayf32le", tmp_path / "a.exr")
    with pytest.raises(SourceError, match="one channel of floats"):
        frames(tmp_path / "a.exr")


@pytest.mark.parametrize("shape, turn, wanted", [
    ("4/3", 0, (64, 36)), ("1/2", 0, (48, 72)), ("4/3", 90, (36, 64)), ("12/11", 0, (48, 36)),
    ("0/1", 0, (48, 36))])
def test_pixels_that_are_no_squares_become_squares(tmp_path, shape, turn, wanted):
    """HDV and DV store 1440 x 1080 for 1920 x 1080: people would be thin."""
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=48x36:rate=10", "-frames:v", "5", "-vf",
           f"setsar={shape}", "-c:v", "libx264", "-pix_fmt", "yuv420p", tmp_path / "a.mp4")
    file = tmp_path / "a.mp4"
    if turn:
        file = tmp_path / "b.mp4"
        ffmpeg("-display_rotation", str(turn), "-i", tmp_path / "a.mp4", "-c", "copy", file)
    with open_source(file, realtime=False) as source:
        assert source.size == wanted
        assert source.read().image.shape == (wanted[1], wanted[0], 3)


def test_an_avi_of_variable_rate_is_not_called_truncated(tmp_path):
    """It fills its gaps with empty pictures and counts them."""
    file = tmp_path / "a.avi"
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x48:rate=30:duration=3", "-vf",
           "select='lt(n,30)+not(mod(n,6))'", "-fps_mode", "vfr", "-c:v", "mjpeg", file)
    assert len(frames(file)) == 40
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceError, match="truncated or damaged"):
        frames(file)


@pytest.mark.parametrize(("target", "rate"), [("pal-dv", "25"), ("ntsc-dv", "30000/1001")])
def test_dv_that_claims_60000_frames_a_second_has_its_own_rate(tmp_path, target, rate):
    ffmpeg("-f", "lavfi", "-i", f"testsrc=size=720x480:rate={rate}:duration=1", "-target", target,
           tmp_path / "a.dv")
    ffmpeg("-i", tmp_path / "a.dv", "-c", "copy", tmp_path / "a.avi")  # claims 600, in its steps
    wanted = {"pal-dv": 25.0, "ntsc-dv": 30000 / 1001}[target]
    for file in (tmp_path / "a.dv", tmp_path / "a.avi"):
        with open_source(file, realtime=False) as source:
            assert source.fps == pytest.approx(wanted, rel=2e-3)
            assert source.total == round(wanted)
        assert np.diff(seconds(file)).mean() == pytest.approx(1 / wanted, rel=3e-3)


@pytest.mark.parametrize("name", ["a.mp4", "a.mov"])
def test_a_film_that_was_trimmed_without_coding_is_not_called_truncated(tmp_path, name):
    """It keeps pictures from its key frame on, which its edit list does not show."""
    whole = film(tmp_path / "whole.mp4", 30, 60, "-bf", "2", "-g", "300")
    ffmpeg("-ss", "0.5", "-i", whole, "-c", "copy", tmp_path / name)
    with open_source(tmp_path / name, realtime=False) as source:
        assert source.total == 45
    assert seconds(tmp_path / name) == pytest.approx(np.arange(45) / 30, abs=2e-3)
    ffmpeg("-i", tmp_path / name, "-c", "copy", "-movflags", "+faststart", tmp_path / "front.mp4")
    data = (tmp_path / "front.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[:len(data) * 4 // 5])
    with pytest.raises(SourceError, match="truncated or damaged"):
        frames(tmp_path / "cut.mp4")


def test_pictures_without_times_are_told(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        assert len(frames(film(tmp_path / "a.h264", 12, 6))) == 6
    assert "a.h264 has no times; 25 frames a second are taken" in caplog.text


def test_videos_in_a_folder_of_images_are_told(tmp_path, clip, caplog):
    cv2.imwrite(str(tmp_path / "a.png"), RAMP)
    (tmp_path / "._a.png").write_bytes(b"macOS")
    shutil.copy(clip, tmp_path / "b.MP4")
    with caplog.at_level(logging.WARNING):
        assert len(frames(tmp_path)) == 1
    assert "a folder of 1 image(s); the 1 video(s) in it (.MP4) are left out" in caplog.text


def test_an_image_too_wide_to_be_warped_is_refused_and_its_neighbour_read(tmp_path, caplog):
    """MediaPipe ends the process at 32,767 pixels a side."""
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((8, 33600), np.uint8))
    cv2.imwrite(str(tmp_path / "b.png"), np.zeros((8, 32766), np.uint8))
    with pytest.raises(SourceError, match="33600 x 8 pixels; wanted at most 32766 a side"):
        frames(tmp_path / "a.png")
    assert [frame.image.shape for frame in frames(tmp_path)] == [(8, 32766, 3)]


@pytest.mark.parametrize("suffix", [".mp4", ".png"])
@pytest.mark.parametrize("data, word", [
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", "git lfs pull"),
    (b"\n<!DOCTYPE html><html><body>404</body></html>", "web page")])
def test_what_stands_in_a_files_place_is_said(tmp_path, suffix, data, word):
    (tmp_path / f"a{suffix}").write_bytes(data)
    with pytest.raises(SourceError, match=word):
        open_source(tmp_path / f"a{suffix}")


def test_photographs_of_other_kinds_and_pages_are_told(tmp_path, caplog):
    pages = [Image.fromarray(RAMP), Image.fromarray(RAMP[::-1])]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    for name in ("b.HEIC", "c.dng", "d.dng"):
        (tmp_path / name).write_bytes(b"photograph")
    with caplog.at_level(logging.WARNING):
        assert len(frames(tmp_path)) == 1
    assert "holds 3 photograph(s) that cannot be decoded (.HEIC, .dng)" in caplog.text
    assert "a.tif has 2 pages, of which the first is taken" in caplog.text


@pytest.mark.parametrize("suffix", [".avif", ".jfif", ".pfm", ".hdr"])
def test_less_common_images(tmp_path, suffix):
    image = np.repeat(RAMP[..., None], 3, axis=-1).repeat(2, axis=0)
    if suffix in (".pfm", ".hdr"):
        cv2.imwrite(str(tmp_path / f"a{suffix}"), image / np.float32(255))
    else:
        Image.fromarray(image).save(tmp_path / f"a{suffix}",
                                    format={".jfif": "JPEG", ".avif": "AVIF"}[suffix])
    [frame] = frames(tmp_path)
    assert shows_stills(tmp_path / f"a{suffix}")
    assert np.abs(frame.image.astype(int) - image).mean() < 3


@pytest.mark.parametrize("mode, suffix", [
    ("RGBA", ".png"), ("LA", ".png"), ("P", ".png"), ("1", ".png"), ("L", ".jpg"),
    ("CMYK", ".jpg"), ("RGBA", ".webp"), ("P", ".bmp"), ("CMYK", ".tif"), ("RGBA", ".tif"),
])  # fmt: skip
def test_colour_modes(tmp_path, mode, suffix):
    plain = Image.fromarray(np.tile(np.uint8([200, 100, 50]), (16, 16, 1)))
    image = plain.convert(mode)
    image.save(tmp_path / f"a{suffix}")
    [frame] = frames(tmp_path / f"a{suffix}")
    assert np.abs(frame.image.astype(int) - np.asarray(image.convert("RGB"))).max() <= 3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_stand_upright(tmp_path, orientation):
    from PIL import ImageOps

    halves = np.zeros((20, 40, 3), np.uint8)
    halves[:10, :20] = 255
    image = Image.fromarray(halves)
    exif = image.getexif()
    exif[0x112] = orientation
    image.save(tmp_path / "a.jpg", exif=exif, quality=95)
    [frame] = frames(tmp_path / "a.jpg")
    with Image.open(tmp_path / "a.jpg") as stored:
        upright = np.asarray(ImageOps.exif_transpose(stored))
    assert frame.image.shape == upright.shape
    assert np.abs(frame.image.astype(int) - upright).mean() < 5


def test_an_image_that_claims_to_be_huge_is_refused(tmp_path):
    _, whole = cv2.imencode(".png", RAMP)
    data = bytearray(whole.tobytes())
    data[16:24] = struct.pack(">II", 100_000, 100_000)
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(SourceError, match="None of the 1"):
        open_source(tmp_path / "a.png")


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("mirror", [False, True])
def test_images_are_turned_clockwise_and_then_mirrored(tmp_path, rotate, mirror):
    image = np.random.default_rng(0).integers(0, 255, (20, 40, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), image[..., ::-1])
    wanted = np.rot90(image, -rotate // 90)
    wanted = wanted[:, ::-1] if mirror else wanted
    with open_source(tmp_path / "a.png", realtime=False, rotate=rotate, mirror=mirror) as source:
        assert source.size == (wanted.shape[1], wanted.shape[0])
        frame = source.read()
    assert np.array_equal(frame.image, wanted) and frame.image.flags.c_contiguous
    with open_source(tmp_path / "a.png", realtime=False, rotate=rotate, fit=(20, 20)) as source:
        assert source.size == ((20, 10) if rotate in (0, 180) else (10, 20))
        frame = source.read()
        assert frame.image.shape[:2] == source.size[::-1]


def test_other_angles_are_refused():
    with pytest.raises(ValueError, match="rotate=45"):
        Framing(rotate=45)


def test_a_tiff_whose_second_page_has_no_size_is_read(tmp_path):
    pages = [Image.fromarray(RAMP), Image.fromarray(RAMP[::-1])]
    file = tmp_path / "a.tif"
    pages[0].save(file, save_all=True, append_images=pages[1:])
    data = bytearray(file.read_bytes())
    second = data.rindex(struct.pack("<HHI", 256, 4, 1))  # ImageWidth, LONG or SHORT
    data[second:second + 2] = struct.pack("<H", 60000)
    file.write_bytes(data)
    assert np.array_equal(frames(file)[0].image[..., 0], RAMP)
