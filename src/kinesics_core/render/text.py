"""Text on pictures: Pillow's built-in typeface, each string rasterised once and then blended."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

_ANCHORS = {"left": 0.0, "center": 0.5, "right": 1.0}


@dataclass(frozen=True, slots=True)
class TextStyle:
    """The look of a line of text.

    Attributes:
        size: Height of the type, px.
        color: RGB, 0..255.
        anchor: Which point of the line is given: its "left" end, "center" or "right" end.
        bold: Whether strokes are thick.
    """

    size: float
    color: Sequence[float] = (255, 255, 255)
    anchor: str = "left"
    bold: bool = False


def put_text(image: np.ndarray, text: str, at: tuple[float, float], style: TextStyle) -> None:
    """Write one line in place.

    Args:
        image: (H, W, 3) uint8 RGB.
        text: The line; what does not fit into the image is left out.
        at: Pixel of the line's anchor, at the top of its capitals.
        style: Size, colour, anchor.
    """
    if not text:
        return
    size = max(round(style.size), 6)
    mask = _rasterise(text, size, style.bold)
    x = int(round(at[0] - _ANCHORS[style.anchor] * mask.shape[1]))
    y = int(round(at[1])) - _rise(size)
    height, width = image.shape[:2]
    x0, y0 = max(x, 0), max(y, 0)
    x1, y1 = min(x + mask.shape[1], width), min(y + mask.shape[0], height)
    if x0 >= x1 or y0 >= y1:
        return
    alpha = mask[y0 - y : y1 - y, x0 - x : x1 - x].astype(np.float32)[..., None]
    alpha *= np.float32(1.0 / 255.0)
    region = image[y0:y1, x0:x1]
    region[:] = region + alpha * (np.asarray(style.color, np.float32) - region) + 0.5


def text_width(text: str, size: float, bold: bool = False) -> int:
    """Return the width of a line in pixels."""
    return _rasterise(text, max(round(size), 6), bold).shape[1] if text else 0


def fit_text(text: str, size: float, width: float) -> str:
    """Return the text, cut with "..." so that it is at most ``width`` pixels wide."""
    if text_width(text, size) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width(text[:middle].rstrip() + "...", size) <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "..." if low else ""


def wrap_text(text: str, size: float, width: float, rows: int) -> list[str]:
    """Return the text broken into lines of at most ``width`` pixels; the last row is cut."""
    lines: list[str] = []
    words = text.split()
    while words and len(lines) < rows:
        line = words.pop(0)
        while words and text_width(f"{line} {words[0]}", size) <= width:
            line += f" {words.pop(0)}"
        if words and len(lines) == rows - 1:
            line += " " + " ".join(words)
        lines.append(fit_text(line, size, width))
    return lines


@functools.lru_cache(maxsize=1024)
def _rasterise(text: str, size: int, bold: bool) -> np.ndarray:
    """Return (h, w) uint8 coverage; the top of the capitals is ``_rise(size)`` rows down."""
    font = _font(size)
    left, _, right, _ = font.getbbox(text)
    ascent, descent = font.getmetrics()
    top = int(font.getbbox("H")[1]) - _rise(size)
    wide = max(int(right) - min(int(left), 0), 1) + 2
    canvas = Image.new("L", (wide, ascent + descent - top))
    ImageDraw.Draw(canvas).text((-min(left, 0), -top), text, 255, font=font)
    mask = np.asarray(canvas)
    if bold:
        # The typeface has one weight: a copy half a stroke further makes the second.
        shift = np.array([[1.0, 0.0, 0.035 * size], [0.0, 1.0, 0.0]])
        mask = np.maximum(mask, cv2.warpAffine(mask, shift, mask.shape[::-1]))
    return mask


def _rise(size: int) -> int:
    """Return how many rows letters like f reach above the capitals, at most."""
    return -(-size // 10)


@functools.lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size=size)
    assert isinstance(font, ImageFont.FreeTypeFont), "Pillow was built without FreeType"
    return font
