"""Images to and from messages: every encoding, padded rows, broken data, cv_bridge's answer."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy")
from sensor_msgs.msg import CompressedImage, Image

from kinesics_core.errors import SourceError
from kinesics_core.types import Frame
from kinesics_ros import images

WIDTH, HEIGHT = 32, 24


@pytest.fixture
def rgb() -> np.ndarray:
    """A smooth picture with a distinct colour in each corner, so swapped channels show."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    channels = [255 * x / WIDTH, 255 * y / HEIGHT, np.full_like(x, 40)]
    return np.stack(channels, axis=-1).astype(np.uint8)


def message(encoding: str, pixels: np.ndarray, padding: int = 0) -> Image:
    rows = np.pad(pixels.reshape(HEIGHT, -1), ((0, 0), (0, padding)))
    image = Image(height=HEIGHT, width=WIDTH, encoding=encoding, step=rows.shape[1])
    image.data.frombytes(rows.tobytes())
    return image


ENCODED = {
    "rgb8": lambda rgb: rgb,
    "bgr8": lambda rgb: rgb[..., ::-1],
    "8UC3": lambda rgb: rgb[..., ::-1],
    "rgba8": lambda rgb: np.dstack([rgb, np.full(rgb.shape[:2], 9, np.uint8)]),
    "bgra8": lambda rgb: np.dstack([rgb[..., ::-1], np.full(rgb.shape[:2], 9, np.uint8)]),
}


@pytest.mark.parametrize("padding", [0, 5])
@pytest.mark.parametrize("encoding", ENCODED)
def test_colour_encodings_give_the_same_pixels(rgb, encoding, padding):
    got = images.frame_from_msg(message(encoding, ENCODED[encoding](rgb), padding)).image
    np.testing.assert_array_equal(got, rgb)


@pytest.mark.parametrize("bits", [10, 12, 16])
@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("encoding", ["rgb16", "bgr16", "rgba16", "mono16"])
def test_wide_encodings_are_as_bright_as_their_8_bit_twins(rgb, encoding, big, bits):
    pixels = rgb.copy()
    pixels[0, 0] = 255  # white tells how many bits are filled
    wide = np.round(pixels.astype(np.float64) * ((1 << bits) - 1) / 255)
    stored = {"rgb16": wide, "bgr16": wide[..., ::-1], "mono16": wide[..., 0],
              "rgba16": np.dstack([wide, np.zeros(wide.shape[:2])])}[encoding]
    sent = message(encoding, np.ascontiguousarray(stored).astype(">u2" if big else "<u2").view(
        np.uint8).reshape(HEIGHT, -1))
    sent.is_bigendian = int(big)
    got = images.frame_from_msg(sent).image
    wanted = np.repeat(pixels[..., :1], 3, axis=-1) if encoding == "mono16" else pixels
    assert np.abs(got.astype(int) - wanted).max() <= 1


def test_a_stream_of_wide_images_does_not_flicker(rgb):
    """A dark image after a bright one is dark."""
    topic = images.WideTopic()
    for white, wanted in ((4095, 255), (100, 6)):
        sent = message("mono16", np.full((HEIGHT, WIDTH), white, "<u2").view(np.uint8))
        assert images.frame_from_msg(sent, topic).image.max() == wanted


@pytest.mark.parametrize("encoding", ["nv12", "nv21"])
def test_semi_planar_images_of_one_colour(encoding):
    """BT.601: Y 81, U 90, V 240 is pure red."""
    colour = [90, 240] if encoding == "nv12" else [240, 90]
    rows = np.vstack([np.full((HEIGHT, WIDTH), 81, np.uint8),
                      np.tile(np.array(colour, np.uint8), (HEIGHT // 2, WIDTH // 2))])
    sent = Image(height=HEIGHT, width=WIDTH, encoding=encoding, step=WIDTH)
    sent.data.frombytes(rows.tobytes())
    assert np.abs(images.frame_from_msg(sent).image.astype(int) - (255, 0, 0)).max() < 12


@pytest.mark.parametrize(("encoding", "width", "height"), [
    ("yuv422_yuy2", 3, 2), ("yuv422_yuy2", 1, 1), ("uyvy", 5, 4), ("nv12", 3, 3),
    ("bayer_rggb8", 1, 1)])
def test_sizes_that_an_encoding_cannot_have_are_refused(encoding, width, height):
    sent = Image(height=height, width=width, encoding=encoding, step=4 * width)
    sent.data.frombytes(bytes(4 * width * 2 * height))
    with pytest.raises(SourceError, match=f"{width}x{height} {encoding}"):
        images.frame_from_msg(sent)


def wall_and_box() -> np.ndarray:
    """Millimetres to a slanted wall, a box before it, and holes."""
    y, x = np.mgrid[0:120, 0:160]
    depth = (3000 + 2 * x + y).astype(np.uint16)
    depth[20:90, 40:110] = 1500 + y[20:90, 40:110]
    depth[20:90, 36:40] = 0
    return depth


@pytest.mark.parametrize("coding", ["16UC1; png compressed", "mono16; png compressed",
                                    "16UC1; compressedDepth png", "png"])
def test_depth_is_refused_when_it_comes_compressed(coding):
    sent = CompressedImage(format=coding, data=cv2.imencode(".png", wall_and_box())[1].tobytes())
    with pytest.raises(SourceError, match="colour"):
        images.frame_from_compressed(sent)


def test_depth_as_mono16_is_refused_and_pictures_of_the_topic_go_on(rgb):
    depth = wall_and_box()
    sent = Image(height=120, width=160, encoding="mono16", step=320)
    sent.data.frombytes(depth.astype("<u2").tobytes())
    topic = images.WideTopic.named("/camera/image")
    for _ in range(3):
        with pytest.raises(SourceError, match="depth map.*colour images"):
            images.frame_from_msg(sent, topic)
    noisy = np.random.default_rng(0).integers(100, 4000, (HEIGHT, WIDTH)).astype("<u2")
    assert images.frame_from_msg(message("mono16", noisy.view(np.uint8)), topic).image.any()


def test_a_12_bit_png_in_a_compressed_topic_is_not_black(rgb):
    wide = rgb.astype(np.uint16)[..., ::-1] * 16
    sent = CompressedImage(format="bgr16; png compressed",
                           data=cv2.imencode(".png", wide)[1].tobytes())
    got = images.frame_from_compressed(sent).image
    assert np.abs(got.astype(int) - rgb).max() <= 1


@pytest.mark.parametrize("encoding", ["16UC1", "32FC1"])
def test_a_depth_image_is_not_taken_for_a_picture(encoding):
    with pytest.raises(SourceError, match="depth image; give the camera's colour topic"):
        images.frame_from_msg(Image(height=2, width=2, encoding=encoding, step=8))


@pytest.mark.parametrize(("width", "height"), [(33600, 8), (8, 32767)])
def test_an_image_too_wide_to_be_warped_is_refused(width, height):
    """MediaPipe ended the process."""
    wide = np.zeros((height, width), np.uint8)
    jpeg = cv2.imencode(".jpg", wide)[1].tobytes()
    with pytest.raises(SourceError, match=f"{width} x {height} pixels; wanted at most 32766"):
        images.frame_from_compressed(CompressedImage(format="jpeg", data=jpeg))
    raw = Image(encoding="mono8", width=width, height=height, step=width)
    raw.data.frombytes(wide.tobytes())
    with pytest.raises(SourceError, match=f"{width} x {height} pixels; wanted at most 32766"):
        images.frame_from_msg(raw)


def test_a_compressed_image_that_claims_a_size_is_refused():
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunks = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(9))), (b"IEND", b"")))
    with pytest.raises(SourceError, match="does not decode"):
        images.frame_from_compressed(
            CompressedImage(format="png", data=b"\x89PNG\r\n\x1a\n" + chunks))


def test_grey_fills_the_three_channels(rgb):
    got = images.frame_from_msg(message("mono8", rgb[..., 0])).image
    np.testing.assert_array_equal(got, np.repeat(rgb[..., :1], 3, axis=-1))


@pytest.mark.parametrize("encoding,order", [("uyvy", (1, 0, 2, 0)), ("yuyv", (0, 1, 0, 2))])
def test_yuv_422_of_one_colour(encoding, order):
    """BT.601: Y 81, U 90, V 240 is pure red."""
    yuv = np.array([81, 90, 240], np.uint8)[list(order)]
    pixels = np.tile(yuv, (HEIGHT, WIDTH // 2, 1)).reshape(HEIGHT, WIDTH, 2)
    got = images.frame_from_msg(message(encoding, pixels)).image
    np.testing.assert_allclose(got.reshape(-1, 3).mean(axis=0), [254, 0, 0], atol=3)


def test_bayer_of_one_colour():
    """A sensor that sees only red light has charge only under the red filters."""
    pixels = np.zeros((HEIGHT, WIDTH), np.uint8)
    pixels[0::2, 0::2] = 200
    got = images.frame_from_msg(message("bayer_rggb8", pixels)).image[4:-4, 4:-4]
    np.testing.assert_allclose(got.reshape(-1, 3).mean(axis=0), [200, 0, 0], atol=1)


def test_round_trip_keeps_pixels_stamp_and_frame(rgb):
    got = images.frame_from_msg(images.frame_to_msg(Frame(rgb, 12_000_000_034, 5, "eye")))
    np.testing.assert_array_equal(got.image, rgb)
    assert (got.stamp, got.frame_id) == (12_000_000_034, "eye")


def test_jpeg_round_trip_is_close(rgb):
    got = images.frame_from_compressed(images.frame_to_compressed(Frame(rgb, 3), 95))
    assert np.abs(got.image.astype(int) - rgb).mean() < 4
    assert got.stamp == 3


@pytest.mark.parametrize(
    "broken,word",
    [
        (Image(height=4, width=4, encoding="32FC1", step=16), "32FC1"),
        (Image(height=4, width=4, encoding="rgb8", step=12), "0 bytes"),
        (Image(height=4, width=4, encoding="rgb8", step=5), "step 5"),
        (Image(height=0, width=0, encoding="rgb8"), "0x0"),
    ],
)
def test_broken_images_are_named(broken, word):
    with pytest.raises(SourceError, match=word):
        images.frame_from_msg(broken)


@pytest.mark.parametrize("data", [b"", b"not a jpeg"])
def test_broken_jpeg_is_named(data):
    with pytest.raises(SourceError, match="does not decode"):
        images.frame_from_compressed(CompressedImage(format="jpeg", data=data))


@pytest.mark.parametrize("encoding", ["rgb8", "bgr8", "rgba8", "bgra8"])
def test_cv_bridge_and_numpy_agree(rgb, encoding):
    pytest.importorskip("cv_bridge.boost.cv_bridge_boost")
    image = message(encoding, np.ascontiguousarray(ENCODED[encoding](rgb)), padding=5)
    pixels = images._pixels(image)
    np.testing.assert_array_equal(
        images._to_rgb_cv_bridge(image, pixels),
        images._convert(image, pixels, images._TO_RGB[encoding][1]),
    )


def test_opencv_encodes_what_the_message_says(rgb):
    jpeg = np.frombuffer(images.frame_to_compressed(Frame(rgb, 3), 95).data, np.uint8)
    got = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)[..., ::-1]
    assert np.abs(got.astype(int) - rgb).mean() < 4
