"""Depth maps are refused, pictures of people are not: made maps, photographs in many forms."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from kinesics_core.errors import SourceError
from kinesics_core.perception.depth_maps import DepthCheck, names_depth, shows_depth
from kinesics_core.perception.sources import open_source

HEIGHT, WIDTH = 240, 320


def room() -> np.ndarray:
    """Metres to a floor, a back wall and a ball before them."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH] - np.array([[[HEIGHT / 2]], [[WIDTH / 2]]])
    depth = np.minimum(4.0 + x / 2000, np.where(y > 20, 250.0 / np.maximum(y, 1), np.inf))
    ball = 60.0**2 - x**2 - (y + 10) ** 2
    return np.where(ball > 0, 2.0 - np.sqrt(np.maximum(ball, 0)) / 200, depth)


def structured_light(rng: np.random.Generator) -> np.ndarray:
    """Millimetres of a Kinect: noise of the square of the distance, holes beside the ball."""
    depth = 1000 * room() + rng.normal(0, 1.0, (HEIGHT, WIDTH)) * room() ** 2
    depth[np.roll(room() < 2.1, -6, axis=1) & (room() > 2.1)] = 0
    return depth.round().astype(np.uint16)


def laser() -> np.ndarray:
    """256ths of a metre in every 20th pixel, as KITTI's depth."""
    scattered = np.random.default_rng(3).random((HEIGHT, WIDTH)) < 0.05
    return np.where(scattered, 256 * room(), 0).astype(np.uint16)


MAPS = {
    "kinect": lambda: structured_light(np.random.default_rng(0)),
    "fifths of a millimetre": lambda: 5 * structured_light(np.random.default_rng(1)),
    "rendered": lambda: (1000 * room()).astype(np.uint16),
    "metres": lambda: room().astype(np.float32),
    "metres, unknown": lambda: np.where(room() > 4.02, np.nan, room()).astype(np.float32),
    "disparity": lambda: (256 * 60 / room()).astype(np.uint16),
    "laser": laser,
}


@pytest.fixture(scope="module", params=["portrait", "balancing"])
def picture(request) -> np.ndarray:
    """(H, W) a photograph of a person, of 0..1."""
    image = request.getfixturevalue(request.param)
    image = image if request.param == "portrait" else image[0].image
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return cv2.resize(grey, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA) / 255.0


def noisy(picture: np.ndarray, white: int) -> np.ndarray:
    """Linear light on a sensor: shot and read noise, quantised."""
    rng = np.random.default_rng(0)
    light = rng.poisson(picture**2.2 * 2000) / 2000 * white + rng.normal(0, white / 1000,
                                                                       picture.shape)
    return light.clip(0, white).round().astype(np.uint16)


def enlarged(picture: np.ndarray) -> np.ndarray:
    return cv2.resize(picture, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC).clip(0, 1)


def cut_out(picture: np.ndarray) -> np.ndarray:
    """The middle of a picture before black, as if the background were taken away."""
    mask = cv2.ellipse(np.zeros_like(picture), (WIDTH // 2, HEIGHT // 2), (90, 110), 0, 0, 360, 1,
                       -1)
    return picture * mask


PICTURES = {
    "10 bits": lambda p: noisy(p, 1023),
    "14 bits": lambda p: noisy(p, 16383),
    "8 bits in 16": lambda p: (p * 255).astype(np.uint16) * 257,
    "blurred": lambda p: (cv2.GaussianBlur(p, (0, 0), 4) * 65535).astype(np.uint16),
    "enlarged": lambda p: (enlarged(p) * 65535).astype(np.uint16),
    "pixels repeated": lambda p: (p.repeat(4, 0).repeat(4, 1) * 65535).astype(np.uint16),
    "cut out": lambda p: (cut_out(p) * 65535).astype(np.uint16),
    "cut out and smooth": lambda p: (cut_out(cv2.GaussianBlur(p, (0, 0), 2)) * 65535).astype(
        np.uint16),
    "posterised": lambda p: (np.floor(p * 15) * 4000).astype(np.uint16),
    "a pedestal": lambda p: (2000 + 500 * p).astype(np.uint16),
    "warm": lambda p: (29000 + 1500 * cv2.GaussianBlur(p, (0, 0), 1)).astype(np.uint16),
    "floats": lambda p: p.astype(np.float32),
    "black": lambda p: np.zeros_like(p, np.uint16),
    "unknown": lambda p: np.full_like(p, np.nan, np.float32),
}


@pytest.mark.parametrize("kind", MAPS)
@pytest.mark.parametrize("channels", [0, 3])
def test_depth_maps_are_told_from_their_values_alone(kind, channels):
    image = MAPS[kind]()
    assert shows_depth(np.repeat(image[..., None], channels, 2) if channels else image)


@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_is_never_taken_for_depth(kind, picture):
    assert not shows_depth(PICTURES[kind](picture), "holiday/IMG_0001.tif")


def test_a_name_decides_where_values_do_not(picture):
    wall = np.tile(np.arange(2000, 2320, dtype=np.uint16), (HEIGHT, 1))
    assert shows_depth(wall, "scan/wall_depth.png") and not shows_depth(wall, "scan/wall.png")
    assert not shows_depth(noisy(picture, 4095), "depth/0001.png")


@pytest.mark.parametrize("name", ["a/0.depth.png", "depth/1.png", "aligned_depth_to_color/image",
                                  "x/depth0001.png", "sceneDepth/1.tif", "x/disp_2.png"])
def test_names_of_depth(name):
    assert names_depth(name)


@pytest.mark.parametrize("name", ["depth/color/1.png", "a/depthoffield.tif", "a/IMG_1.png", ""])
def test_other_names(name):
    assert not names_depth(name)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".pgm"])
def test_a_depth_file_is_refused_and_the_picture_beside_it_read(tmp_path: Path, suffix, picture,
                                                                caplog):
    cv2.imwrite(str(tmp_path / f"frame-1{suffix}"), MAPS["kinect"]())
    with pytest.raises(SourceError, match=r"depth map.*colour images.*8 bits"):
        open_source(tmp_path / f"frame-1{suffix}")
    cv2.imwrite(str(tmp_path / "frame-2.png"), noisy(picture, 4095))
    with open_source(tmp_path, realtime=False) as source:
        assert len(list(iter(source.read, None))) == 1
        assert source.unreadable == 1
    assert f"frame-1{suffix} looks like a depth map" in caplog.text


def test_a_topic_that_has_shown_pictures_stays_one(picture):
    check = DepthCheck("/camera/image")
    kinect, infrared = MAPS["kinect"](), noisy(picture, 4095)
    assert [check.shows_depth(kinect) for _ in range(3)] == [True] * 3
    assert not any(check.shows_depth(infrared) for _ in range(2 * DepthCheck.SETTLED))
    assert not check.shows_depth(kinect)
