"""The interface of a decoder: one kind of source, image after image."""

from __future__ import annotations

import time

import numpy as np

from kinesics_core.errors import SourceError

DEFAULT_RATE = 30.0
"""Hz, where a source has no rate of its own."""

LONGEST_SIDE = 32766
"""Pixels of an image's width and height at most: OpenCV and MediaPipe count those that they warp
in 16 bits, and MediaPipe ends the process above."""

FIRST_FRAME_SECONDS = 15.0
"""Cameras and network streams may take their time to start."""


def require_sides(image: np.ndarray, name: str) -> np.ndarray:
    """Return an image (height, width, ...) that can be gone on with.

    Raises:
        SourceError: It is too wide or too high.
    """
    if max(image.shape[:2]) > LONGEST_SIDE:
        raise SourceError(
            f"{name} is {image.shape[1]} x {image.shape[0]} pixels; wanted at most {LONGEST_SIDE} a"
            " side. Shrink it, or cut it into pieces.")
    return image


class Decoder:
    """One source that ``Playlist`` reads.

    Attributes:
        name: The source, as sentences about it call it.
        fps: Images per second; the mean, where they are uneven.
        size: Width and height of the images, px.
        total: Number of images, or None if that is not known or there is no end.
        live: Whether images come at their own time, as a camera's do.
        unreadable: Image files that could not be decoded and were left out.
        time: Seconds from the first image to the latest one; after the last one, the length. None
            where images are even: image i is at i / fps.
    """

    name: str
    fps: float = DEFAULT_RATE
    size: tuple[int, int] = (0, 0)
    total: int | None = None
    live = False
    unreadable = 0
    time: float | None = None

    def grab(self) -> bool:
        """Go to the next image, as cheaply as possible; return False at the end."""
        raise NotImplementedError

    def retrieve(self) -> np.ndarray | None:
        """Return the image that ``grab`` went to, RGB; None if it cannot be decoded."""
        raise NotImplementedError

    def acquired(self) -> int:
        """Return when the latest image was taken, ns since the epoch (live sources only)."""
        return time.time_ns()

    def rewind(self) -> None:
        """Start again at the first image."""

    def close(self) -> None:
        """Release the device, file or process. May be called twice."""


def what_it_is(head: bytes) -> str:
    """Return what a file is that is no picture and no video, and what to do; "" if unknown."""
    start = head[:512].lstrip().lower()
    if start.startswith(b"version https://git-lfs"):
        return "it is the pointer that Git LFS leaves in its place; run `git lfs pull`."
    if start.startswith((b"<!doctype html", b"<html")):
        return "it is a web page; the download has failed, download it again."
    return ""
