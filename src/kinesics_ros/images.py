"""Conversion of images to ROS messages and back, by cv_bridge where it is installed, else numpy.

Both ways give the same pixels. numpy views the message's memory, so a raw image costs one copy.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

import cv2
import numpy as np
from sensor_msgs.msg import CompressedImage, Image

from kinesics_core.errors import SourceError
from kinesics_core.perception.bit_depth import BitDepth
from kinesics_core.perception.config import CameraConfig
from kinesics_core.perception.depth_maps import NOT_A_PICTURE, DepthCheck
from kinesics_core.perception.sources import require_sides
from kinesics_core.types import Frame
from kinesics_ros.conversions import header, time_from_msg

try:
    # The compiled part is what converts colours; a cv_bridge without it is as good as none.
    from cv_bridge import CvBridge
    from cv_bridge.boost import cv_bridge_boost as _  # noqa: F401
except ImportError:
    CvBridge = None

# encoding -> (channels in the message, OpenCV conversion to RGB or None when it is RGB already)
_TO_RGB: dict[str, tuple[int, int | None]] = {
    "rgb8": (3, None),
    "8UC3": (3, cv2.COLOR_BGR2RGB),
    "bgr8": (3, cv2.COLOR_BGR2RGB),
    "rgba8": (4, cv2.COLOR_RGBA2RGB),
    "bgra8": (4, cv2.COLOR_BGRA2RGB),
    "8UC4": (4, cv2.COLOR_BGRA2RGB),
    "mono8": (1, cv2.COLOR_GRAY2RGB),
    "8UC1": (1, cv2.COLOR_GRAY2RGB),
    "yuv422": (2, cv2.COLOR_YUV2RGB_UYVY),
    "uyvy": (2, cv2.COLOR_YUV2RGB_UYVY),
    "yuv422_yuy2": (2, cv2.COLOR_YUV2RGB_YUY2),
    "yuyv": (2, cv2.COLOR_YUV2RGB_YUY2),
    "bayer_rggb8": (1, cv2.COLOR_BayerRGGB2RGB),
    "bayer_bggr8": (1, cv2.COLOR_BayerBGGR2RGB),
    "bayer_gbrg8": (1, cv2.COLOR_BayerGBRG2RGB),
    "bayer_grbg8": (1, cv2.COLOR_BayerGRBG2RGB),
}

_TO_RGB_16: dict[str, tuple[int, int | None]] = {
    f"{name[:-1]}16": way for name, way in _TO_RGB.items() if name.endswith("8")
}
"""The same in two bytes a channel: cameras of 10, 12 and 16 bits."""

_SEMI_PLANAR = {"nv12": cv2.COLOR_YUV2RGB_NV12, "nv21": cv2.COLOR_YUV2RGB_NV21}
"""A plane of brightness, and below it one of colour at half the size."""

ENCODINGS = (*_TO_RGB, *_TO_RGB_16, *_SEMI_PLANAR)
"""Encodings of sensor_msgs/Image that can be seen."""


DEPTH_ENCODINGS = ("16UC1", "32FC1")


def frame_to_msg(frame: Frame) -> Image:
    """Return an RGB frame as sensor_msgs/Image "rgb8" with the frame's stamp."""
    height, width = frame.image.shape[:2]
    message = Image(
        header=header(frame.stamp, frame.frame_id),
        height=height,
        width=width,
        encoding="rgb8",
        step=3 * width,
    )
    message.data = array("B", np.ascontiguousarray(frame.image).tobytes())
    return message


@dataclass
class WideTopic:
    """Memory of a topic's images of 16 bits a channel.

    Attributes:
        bits: Their bit depth.
        check: Judge of whether they are depth maps.
    """

    bits: BitDepth = field(default_factory=BitDepth)
    check: DepthCheck = field(default_factory=DepthCheck)

    @classmethod
    def named(cls, topic: str) -> WideTopic:
        """Start with the name of the topic, which may say that it has depth."""
        return cls(check=DepthCheck(topic))

    def to_8_bit(self, pixels: np.ndarray) -> np.ndarray:
        """Return pixels of 8 bits a channel.

        Raises:
            SourceError: They are a depth map.
        """
        if pixels.dtype != np.uint8 and self.check.shows_depth(pixels):
            raise SourceError(f"got an image that {NOT_A_PICTURE}")
        return self.bits.to_8_bit(pixels)


def frame_from_msg(message: Image, topic: WideTopic | None = None) -> Frame:
    """Return the RGB frame of a sensor_msgs/Image in one of ``ENCODINGS``.

    Args:
        message: The image.
        topic: Its topic so far, for encodings of 16 bits; None: this image is all there is.

    Raises:
        SourceError: The encoding is another, the message's size is wrong or too large, or it shows
            depth.
    """
    encoding = message.encoding
    if encoding in _SEMI_PLANAR:
        image = _convert(message, _planes(message), _SEMI_PLANAR[encoding])
    elif encoding in _TO_RGB_16:
        pixels = _wide_pixels(message)
        topic = topic or WideTopic()
        # A Bayer pattern, or colours, are a camera's.
        pixels = (topic if encoding == "mono16" else topic.bits).to_8_bit(pixels)
        image = _convert(message, pixels, _TO_RGB_16[encoding][1])
    else:
        pixels = _pixels(message)
        # cv_bridge refuses encodings that name no colour; drivers that use them mean BGR or grey.
        if CvBridge is None or encoding.startswith("8UC"):
            image = _convert(message, pixels, _TO_RGB[encoding][1])
        else:
            image = _to_rgb_cv_bridge(message, pixels)
    require_sides(image, "an image")
    return Frame(image, time_from_msg(message.header.stamp), 0, message.header.frame_id)


def frame_to_compressed(frame: Frame, quality: int = CameraConfig.jpeg_quality) -> CompressedImage:
    """Return an RGB frame as a JPEG in sensor_msgs/CompressedImage, as image_transport does."""
    _, jpeg = cv2.imencode(
        ".jpg", cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    message = CompressedImage(
        header=header(frame.stamp, frame.frame_id), format="rgb8; jpeg compressed bgr8"
    )
    message.data = array("B", jpeg.tobytes())
    return message


def frame_from_compressed(message: CompressedImage, topic: WideTopic | None = None) -> Frame:
    """Return the RGB frame of a JPEG or PNG in sensor_msgs/CompressedImage.

    Args:
        message: The image.
        topic: Its topic so far, for PNG of 16 bits; None: this image is all there is.

    Raises:
        SourceError: It does not decode, is too large, or shows depth.
    """
    encoding = message.format.partition(";")[0].strip()
    if encoding in DEPTH_ENCODINGS or "compressedDepth" in message.format:
        raise SourceError(
            f"got a compressed image of format {message.format!r}. {_hint(DEPTH_ENCODINGS[0])}")
    data = np.frombuffer(message.data, np.uint8)
    try:
        flags = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH
        image = cv2.imdecode(data, flags) if len(data) else None
    except (cv2.error, MemoryError):  # it claims a size that no image has
        image = None
    if image is None:
        raise SourceError(
            f"got a compressed image of {len(data)} bytes, format {message.format!r}, that does "
            "not decode; wanted JPEG or PNG. Check the publisher, or use the raw topic."
        )
    image = (topic or WideTopic()).to_8_bit(require_sides(image, "a compressed image"))
    image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    return Frame(image, time_from_msg(message.header.stamp), 0, message.header.frame_id)


def _pixels(message: Image) -> np.ndarray:
    """Return a (height, width, channels) view of the message, without the padding of rows."""
    if message.encoding not in _TO_RGB:
        raise SourceError(
            f"got an image with encoding {message.encoding!r}; wanted one of "
            f"{', '.join(ENCODINGS)}. {_hint(message.encoding)}"
        )
    channels, _ = _TO_RGB[message.encoding]
    rows = _rows(message, message.height, channels * message.width)
    return rows.reshape(message.height, message.width, channels)


def _wide_pixels(message: Image) -> np.ndarray:
    """Return (height, width, channels) uint16 of a message with two bytes a channel."""
    channels, _ = _TO_RGB_16[message.encoding]
    rows = np.ascontiguousarray(_rows(message, message.height, 2 * channels * message.width))
    values = rows.view(">u2" if message.is_bigendian else "<u2").astype(np.uint16, copy=False)
    return values.reshape(message.height, message.width, channels)


def _planes(message: Image) -> np.ndarray:
    """Return the (3 / 2 height, width) bytes of both planes."""
    return _rows(message, message.height + message.height // 2, message.width)


def _rows(message: Image, count: int, size: int) -> np.ndarray:
    """Return a (count, size) view of a message's bytes, without the padding of rows."""
    whole = count * message.step
    if message.step < size or len(message.data) < whole or not whole:
        raise SourceError(
            f"got an image of {len(message.data)} bytes with step {message.step}; wanted "
            f"{count} rows of at least {size} bytes for {message.width}x{message.height} "
            f"{message.encoding}. Check the publisher."
        )
    return np.frombuffer(message.data, np.uint8, whole).reshape(count, message.step)[:, :size]


def _hint(encoding: str) -> str:
    if encoding in DEPTH_ENCODINGS:
        return "It is a depth image; give the camera's colour topic."
    return "Convert it with image_proc first."


def _convert(message: Image, pixels: np.ndarray, conversion: int | None) -> np.ndarray:
    """Return pixels as RGB; ``conversion`` is OpenCV's, None if they are RGB."""
    pixels = np.ascontiguousarray(pixels)
    odd = message.height % 2 or message.width % 2
    try:
        if odd and (message.encoding in _SEMI_PLANAR or message.encoding.startswith("bayer_")):
            raise cv2.error("an odd size")
        return pixels if conversion is None else cv2.cvtColor(pixels, conversion)
    except cv2.error as error:
        raise SourceError(
            f"got an image of {message.width}x{message.height} {message.encoding}, which has no"
            " such size: pairs of pixels share their colour, and Bayer patterns are 2x2. Check the"
            " publisher."
        ) from error


def _to_rgb_cv_bridge(message: Image, pixels: np.ndarray) -> np.ndarray:
    if message.step != pixels.shape[1] * pixels.shape[2]:
        # cv_bridge misreads rows whose padding is not a multiple of the channels.
        message = Image(
            header=message.header, height=message.height, width=message.width,
            encoding=message.encoding, step=pixels.shape[1] * pixels.shape[2],
            data=array("B", np.ascontiguousarray(pixels).tobytes()),
        )
    try:
        return np.ascontiguousarray(CvBridge().imgmsg_to_cv2(message, "rgb8"))
    except Exception as error:
        raise SourceError(
            f"cv_bridge could not turn {message.width}x{message.height} {message.encoding} into "
            f"RGB: {error}. Check the publisher."
        ) from error
