"""One page of the demo: what the robot sees and predicts, and how it answers.

+-----------------------------+-----------------+
| title                                  note   |
+-----------------------------+-----------------+
| input, skeleton, ghost      | robot           |
|                             |                 |
+-----------------------------+                 |
| affect over time | response |                 |
+-----------------------------+-----------------+
"""

from __future__ import annotations

import cv2
import numpy as np

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.errors import RecordingError
from kinesics_core.render.text import TextStyle, put_text, text_width, wrap_text
from kinesics_core.types import AffectiveResponse, Moment
from kinesics_core.view.affect_plot import AROUSAL, VALENCE, AffectPlot, PlotColors
from kinesics_core.view.avatar import Avatar
from kinesics_core.view.overlay import EMOTION_COLORS, Box, draw_overlay, draw_plate

PAGE, PANEL, RULE = (15, 18, 25), (22, 26, 36), (52, 60, 78)
INK, PALE = (238, 241, 246), (146, 156, 174)


class PageComposer:
    """Layout of one page after the other; it keeps the recent affect for the plot.

    Args:
        size: (width, height) of a page, at least 640 x 360.
        title: At the top left.

    Raises:
        RecordingError: The page is too small to be read.
    """

    def __init__(self, size: tuple[int, int] = (1280, 720), *, title: str = "Kinesics") -> None:
        self.width, self.height = int(size[0]), int(size[1])
        if self.width < 640 or self.height < 360:
            raise RecordingError(
                f"The demo's page needs at least 640 x 360 pixels, got {size[0]} x {size[1]}."
            )
        s = self._scale = min(self.width / 1280.0, self.height / 720.0)
        bar = round(40 * s)
        left = round(0.625 * self.width)
        camera_high = round((self.height - bar) * 0.662)
        self._camera = (0, bar, left, bar + camera_high)
        self._robot_area = (left, bar, self.width, self.height)
        self._below = (0, bar + camera_high, left, self.height)
        x0, y0, x1, y1 = self._below
        split = x0 + round(0.62 * (x1 - x0))
        area = (x0 + round(44 * s), y0 + round(36 * s), split - round(16 * s), y1 - round(36 * s))
        self._plot_end = float(area[2])
        self._plot = AffectPlot(area, s, PlotColors(PANEL, RULE, PALE))
        self._answer = (split + round(8 * s), y0 + round(12 * s), x1 - round(14 * s), y1)
        self._robot = Avatar(self.width - left, self.height - bar)
        self._background = self._draw_background(title)

    def remember(self, moment: Moment) -> None:
        """Take an affect reading into the plot without drawing a page."""
        self._plot.remember(moment)

    def compose(self, moment: Moment, note: str = "") -> np.ndarray:
        """Draw the page of one image.

        Args:
            moment: The image and what the loop made of it.
            note: Shown at the right of the title.

        Returns:
            (height, width, 3) uint8 RGB.
        """
        self._plot.remember(moment)
        page = self._background.copy()
        s = self._scale
        if note:
            put_text(page, note, (self.width - 14 * s, 13 * s), TextStyle(15 * s, PALE, "right"))
        camera = self._draw_camera(page, moment)
        x0, y0, x1, y1 = self._robot_area
        page[y0:y1, x0:x1] = self._robot.render(moment.face, moment.body)
        self._caption(page, (x0, y0), "robot: face and body")
        ahead = max((f.dt * len(f.keypoints) for f in moment.forecasts), default=0)
        self._caption(page, camera, "camera" + (f", ghost {ahead:.1g} s ahead" if ahead else ""))
        self._plot.draw(page, moment.frame.stamp)
        self._draw_answer(page, moment.response)
        return page

    def _draw_background(self, title: str) -> np.ndarray:
        """Draw what all pages share."""
        s = self._scale
        page = np.empty((self.height, self.width, 3), np.uint8)
        page[:] = PAGE
        put_text(page, title, (14 * s, 12 * s), TextStyle(18 * s, INK, bold=True))
        put_text(page, "camera to robot expression, no words", (
            26 * s + text_width(title, 18 * s, bold=True), 14 * s), TextStyle(15 * s, PALE))
        x0, y0, x1, y1 = self._below
        page[y0:y1, x0:x1] = PANEL
        put_text(page, "affect of the person", (x0 + 14 * s, y0 + 12 * s), TextStyle(14 * s, PALE))
        right = self._plot_end
        for text, color in (("arousal", AROUSAL), ("valence", VALENCE)):
            put_text(page, text, (right, y0 + 12 * s), TextStyle(14 * s, color, "right"))
            right -= text_width(text, 14 * s) + 16 * s
        self._plot.draw_axes(page, y1 - 24 * s)
        split = self._answer[0] - round(8 * s)
        cv2.line(page, (split, y0 + round(10 * s)), (split, y1 - round(10 * s)), RULE, 1)
        return page

    def _caption(self, page: np.ndarray, corner: tuple[int, int], text: str) -> None:
        s = self._scale
        wide = text_width(text, 12 * s) + 14 * s
        draw_plate(page, Box(*corner, wide, 22 * s), PAGE, 0.62)
        put_text(page, text, (corner[0] + 7 * s, corner[1] + 6 * s), TextStyle(12 * s, PALE))

    def _draw_camera(self, page: np.ndarray, moment: Moment) -> tuple[int, int]:
        """Fit the image into its panel; return the corner it was put at."""
        image = moment.frame.image
        x0, y0, x1, y1 = self._camera
        high, wide = image.shape[:2]
        ratio = min((x1 - x0) / wide, (y1 - y0) / high)
        w, h = min(round(wide * ratio), x1 - x0), min(round(high * ratio), y1 - y0)
        x, y = x0 + (x1 - x0 - w) // 2, y0 + (y1 - y0 - h) // 2
        if w < x1 - x0 - 2 or h < y1 - y0 - 2:
            # A blurred, dim copy of the image fills what its shape leaves of the panel.
            tiny = cv2.resize(image, (24, 16), interpolation=cv2.INTER_AREA)
            tiny = cv2.convertScaleAbs(cv2.GaussianBlur(tiny, (0, 0), 1.5), alpha=0.3)
            cv2.resize(tiny, (x1 - x0, y1 - y0), dst=page[y0:y1, x0:x1],
                       interpolation=cv2.INTER_CUBIC)
        panel = page[y : y + h, x : x + w]
        cv2.resize(image, (w, h), dst=panel, interpolation=cv2.INTER_LINEAR)
        # Lines for the panel's real size on screen, whatever the camera's resolution is.
        draw_overlay(panel, moment.people, moment.forecasts, moment.affects,
                     scale=max(h / 480.0, 0.5))
        return x, y

    def _draw_answer(self, page: np.ndarray, response: AffectiveResponse | None) -> None:
        x0, y0, x1, _ = self._answer
        s = self._scale
        put_text(page, "answer of the robot", (x0, y0), TextStyle(14 * s, PALE))
        if response is None:
            return
        emotion = EMOTIONS[response.emotion]
        color = EMOTION_COLORS[emotion]
        y = y0 + 28 * s
        put_text(page, response.policy, (x0, y), TextStyle(22 * s, INK, bold=True))
        cv2.circle(page, (round(x0 + 6 * s), round(y + 43 * s)), max(round(6 * s), 2), color, -1,
                   cv2.LINE_AA)
        put_text(page, emotion, (x0 + 19 * s, y + 36 * s), TextStyle(15 * s, color))
        bar = Box(x0 + 112 * s, y + 38 * s, x1 - 4 * s - (x0 + 112 * s), 9 * s)
        draw_plate(page, bar, RULE, 1.0)
        share = float(np.clip(np.nan_to_num(response.intensity), 0, 1))
        draw_plate(page, bar._replace(width=bar.width * share), color, 1.0)
        gesture = response.gesture.replace("_", " ") if response.gesture else "none"
        put_text(page, f"gesture: {gesture}", (x0, y + 60 * s), TextStyle(15 * s, INK))
        for row, line in enumerate(wrap_text(response.reason, 13 * s, x1 - x0, rows=4)):
            put_text(page, line, (x0, y + (88 + 19 * row) * s), TextStyle(13 * s, PALE))
