"""The plot of a person's affect over the last seconds: valence, arousal and the emotion."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.render.text import TextStyle, put_text
from kinesics_core.types import NANOSECONDS, Affect, AffectiveResponse, Moment
from kinesics_core.view.overlay import EMOTION_COLORS

VALENCE, AROUSAL = (255, 196, 92), (122, 196, 255)
SECONDS = 10.0
"""Length of the time axis."""

_MOST = 4096  # readings kept, for cameras that are that fast or whose clock stands still


@dataclass(frozen=True, slots=True)
class PlotColors:
    """Colours (RGB) of the plot's surroundings: ground, lines and words."""

    ground: tuple[int, int, int]
    line: tuple[int, int, int]
    words: tuple[int, int, int]


@dataclass(slots=True)
class _Reading:
    stamp: int
    valence: float
    arousal: float
    emotion: int
    confidence: float


class AffectPlot:
    """Curves of valence and arousal over a band in the colours of the emotions.

    Args:
        area: x0, y0, x1, y1 of the plot in the page, px; labels lie outside of it.
        scale: Size of lines and type.
        colors: Of ground, axes and labels.
    """

    def __init__(
        self, area: tuple[int, int, int, int], scale: float, colors: PlotColors
    ) -> None:
        self._area, self._scale, self._colors = area, scale, colors
        self._history: deque[_Reading] = deque(maxlen=_MOST)

    def __len__(self) -> int:
        """Return the number of readings kept."""
        return len(self._history)

    def remember(self, moment: Moment) -> None:
        """Take the affect of one image into the plot."""
        stamp = moment.frame.stamp
        if self._history and stamp < self._history[-1].stamp:
            self._history.clear()
        while self._history and self._history[0].stamp < stamp - SECONDS * NANOSECONDS:
            self._history.popleft()
        affect = _affect_of(moment.affects, moment.response)
        if affect is not None and np.isfinite(affect.categories).all():
            self._history.append(_Reading(
                stamp, affect.valence, affect.arousal, int(np.argmax(affect.categories)),
                float(np.clip(np.nan_to_num(affect.confidence), 0, 1)),
            ))

    def draw_axes(self, page: np.ndarray, labels_y: float) -> None:
        """Draw what does not change, in place.

        Args:
            page: (H, W, 3) uint8 RGB.
            labels_y: Top of the labels of the time axis, px.
        """
        s, (x0, _, x1, y1) = self._scale, self._area
        line, words = self._colors.line, self._colors.words
        for value, label in ((1.0, "+1"), (0.0, "0"), (-1.0, "-1")):
            y = self._row(value)
            cv2.line(page, (x0, y), (x1, y), line, 1)
            put_text(page, label, (x0 - 8 * s, y - 5 * s), TextStyle(12 * s, words, "right"))
        for seconds in range(0, int(SECONDS) + 1, 2):
            x = round(x1 - (x1 - x0) * seconds / SECONDS)
            cv2.line(page, (x, y1), (x, y1 + round(3 * s)), line, 1)
            label = "now" if seconds == 0 else f"-{seconds} s"
            put_text(page, label, (x, labels_y), TextStyle(11 * s, words, "center"))

    def draw(self, page: np.ndarray, now: int) -> None:
        """Draw the curves and the band in place; ``now`` is the stamp at the right end, ns."""
        if not self._history:
            return
        x0, _, x1, y1 = self._area
        ages = np.array([(now - reading.stamp) / NANOSECONDS for reading in self._history])
        x = x1 - (x1 - x0) * ages / SECONDS
        self._draw_band(page, x, y1)
        top, bottom = self._row(1.0), self._row(-1.0)
        thickness = max(round(2 * self._scale), 1)
        for name, color in (("valence", VALENCE), ("arousal", AROUSAL)):
            value = np.array([getattr(reading, name) for reading in self._history])
            y = top + (1.0 - np.clip(value, -1, 1)) / 2.0 * (bottom - top)
            line = np.column_stack([x, y])
            # A gap in the readings is a gap in the line.
            broken = ~np.isfinite(value[1:]) | ~np.isfinite(value[:-1]) | (np.diff(ages) < -0.5)
            for piece in np.split(line, np.nonzero(broken)[0] + 1):
                piece = piece[np.isfinite(piece).all(1)]
                if len(piece):
                    cv2.polylines(page, [np.round(piece * 16).astype(np.int32)], False, color,
                                  thickness, cv2.LINE_AA, 4)
            if np.isfinite(line[-1]).all():
                cv2.circle(page, (round(line[-1, 0]), round(line[-1, 1])),
                           max(round(4 * self._scale), 2), color, -1, cv2.LINE_AA)

    def _row(self, value: float) -> int:
        """Return the row of the page at which a value lies."""
        _, y0, _, y1 = self._area
        band = round(22 * self._scale)
        return round(y0 + (1.0 - value) / 2.0 * (y1 - band - y0))

    def _draw_band(self, page: np.ndarray, x: np.ndarray, bottom: int) -> None:
        """Draw the colours of the most probable emotions, strong where the reading is sure."""
        ground = self._colors.ground
        high = max(round(12 * self._scale), 4)
        colors = np.array([
            np.array(ground) + (0.35 + 0.65 * reading.confidence)
            * (np.array(EMOTION_COLORS[EMOTIONS[reading.emotion]]) - ground)
            for reading in self._history
        ])
        columns = np.arange(max(int(x[0]), self._area[0]), self._area[2])
        if len(columns) == 0:
            return
        strip = colors[np.clip(np.searchsorted(x, columns, side="right") - 1, 0, len(x) - 1)]
        page[bottom - high : bottom, columns[0] : columns[-1] + 1] = strip.astype(np.uint8)


def _affect_of(
    affects: Sequence[Affect], response: AffectiveResponse | None
) -> Affect | None:
    """Return the reading of the person who is answered, else the first one."""
    for affect in affects:
        if response is not None and affect.person_id == response.towards:
            return affect
    return affects[0] if affects else None
