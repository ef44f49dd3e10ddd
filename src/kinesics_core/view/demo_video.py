"""The demo's video: what the robot sees and predicts beside how it answers, affect over time below.

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

import os
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.errors import RecordingError
from kinesics_core.render.encoder import Mp4Writer
from kinesics_core.render.text import fit_text, put_text, text_width
from kinesics_core.types import (
    NANOSECONDS,
    Affect,
    AffectiveResponse,
    BodyPose,
    FacePose,
    Frame,
    MotionForecast,
    People,
)
from kinesics_core.view.avatar import Avatar
from kinesics_core.view.overlay import EMOTION_COLORS, draw_overlay, draw_plate

PAGE, PANEL, RULE = (15, 18, 25), (22, 26, 36), (52, 60, 78)
INK, PALE = (238, 241, 246), (146, 156, 174)
VALENCE, AROUSAL = (255, 196, 92), (122, 196, 255)
PLOT_SECONDS = 10.0


class DemoVideo:
    """Composes and encodes the demo's video.

    path: the .mp4 to leave; it appears when `close` succeeds, whole or not at all.
    fps: of the video. Frames are placed by their stamps: one that is late is held on screen, of
    two that fall on the same moment the first is shown. size: (width, height), at least 640 x 360.

    Raises RecordingError if the video cannot be written; nothing is left behind then.
    """

    def __init__(
        self,
        path: str | Path,
        fps: float = 30.0,
        size: tuple[int, int] = (1280, 720),
        *,
        title: str = "Kinesics",
    ) -> None:
        self._composer = Composer(size, title=title)
        self._writer = Mp4Writer(path, size, fps)
        self._first_stamp: int | None = None
        self._last_stamp = 0
        self._since_first = 0
        self._page: np.ndarray | None = None
        self._poster: np.ndarray | None = None
        self._poster_score = -1.0

    @property
    def frames(self) -> int:
        """Frames written to the video so far."""
        return self._writer.frames

    def add(
        self,
        frame: Frame,
        people: People | None,
        forecasts: Sequence[MotionForecast],
        affects: Sequence[Affect],
        response: AffectiveResponse | None,
        face: FacePose | None,
        body: BodyPose | None,
        note: str = "",
    ) -> None:
        """Add what belongs to one image. note: shown at the right of the title, e.g. the fps."""
        repeats = self._due(frame.stamp)
        if repeats == 0:
            self._composer.remember(frame.stamp, affects, response)
            return
        page = self._composer.compose(
            frame, people, forecasts, affects, response, face, body, note
        )
        for _ in range(repeats - 1):
            self._writer.write(self._page if self._page is not None else page)
        self._writer.write(page)
        self._page = page
        score = _telling(people, forecasts, response)
        if score > self._poster_score:
            self._poster, self._poster_score = page, score

    def poster(self, path: str | Path) -> None:
        """Save the most telling page so far as a picture (.png, .jpg)."""
        if self._poster is None:
            raise RecordingError(f"{path} cannot be made: the video has no frame yet.")
        save_picture(path, self._poster)

    def close(self) -> None:
        """Finish the video."""
        self._writer.close()

    def abort(self) -> None:
        """Give the video up and remove what was written of it."""
        self._writer.abort()

    def __enter__(self) -> DemoVideo:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def _due(self, stamp: int) -> int:
        """How many frames of video bring it up to `stamp`."""
        gap = stamp - self._last_stamp
        if self._first_stamp is None or gap < 0 or gap > NANOSECONDS:
            # The first frame, a clock that jumped, or a pause: go on from here.
            self._first_stamp, self._since_first = stamp, 0
        self._last_stamp = stamp
        wanted = round((stamp - self._first_stamp) / NANOSECONDS * self._writer.fps) + 1
        due = max(wanted - self._since_first, 0)
        self._since_first += due
        return due


def save_picture(path: str | Path, image: np.ndarray) -> None:
    """Write an RGB image as .png or .jpg, whole or not at all. Raises RecordingError."""
    path = Path(path)
    options = [cv2.IMWRITE_JPEG_QUALITY, 92] if path.suffix.lower() in (".jpg", ".jpeg") else []
    try:
        done, data = cv2.imencode(path.suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    except cv2.error:
        done = False
    if not done:
        raise RecordingError(f"{path} is no picture format known here; use .png or .jpg.")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data.tobytes())
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise RecordingError(f"{path} cannot be written: {error.strerror}.") from error


@dataclass(slots=True)
class _Reading:
    stamp: int
    valence: float
    arousal: float
    emotion: int
    confidence: float


class Composer:
    """Lays out one page after the other; keeps the recent affect for the plot."""

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
        self._robot_box = (left, bar, self.width, self.height)
        self._below = (0, bar + camera_high, left, self.height)
        x0, y0, x1, y1 = self._below
        split = x0 + round(0.62 * (x1 - x0))
        self._plot = (x0 + round(44 * s), y0 + round(36 * s), split - round(16 * s),
                      y1 - round(36 * s))
        self._answer = (split + round(8 * s), y0 + round(12 * s), x1 - round(14 * s), y1)
        self._robot = Avatar(self.width - left, self.height - bar)
        self._history: deque[_Reading] = deque()
        self._background = self._draw_background(title)

    def remember(
        self, stamp: int, affects: Sequence[Affect], response: AffectiveResponse | None
    ) -> None:
        """Take an affect reading into the plot without drawing a page."""
        if self._history and stamp < self._history[-1].stamp:
            self._history.clear()
        while self._history and self._history[0].stamp < stamp - PLOT_SECONDS * NANOSECONDS:
            self._history.popleft()
        affect = _affect_of(affects, response)
        if affect is not None and np.isfinite(affect.categories).all():
            self._history.append(_Reading(
                stamp, affect.valence, affect.arousal, int(np.argmax(affect.categories)),
                float(np.clip(np.nan_to_num(affect.confidence), 0, 1)),
            ))

    def compose(
        self,
        frame: Frame,
        people: People | None,
        forecasts: Sequence[MotionForecast],
        affects: Sequence[Affect],
        response: AffectiveResponse | None,
        face: FacePose | None,
        body: BodyPose | None,
        note: str = "",
    ) -> np.ndarray:
        """One page, (height, width, 3) uint8 RGB."""
        self.remember(frame.stamp, affects, response)
        page = self._background.copy()
        s = self._scale
        if note:
            put_text(page, note, (self.width - 14 * s, 13 * s), 15 * s, PALE, anchor="right")
        camera = self._draw_camera(page, frame, people, forecasts, affects)
        x0, y0, x1, y1 = self._robot_box
        page[y0:y1, x0:x1] = self._robot.render(face, body)
        self._caption(page, (x0, y0), "robot: face and body")
        ahead = max((forecast.dt * len(forecast.keypoints) for forecast in forecasts), default=0)
        self._caption(page, camera, "camera" + (f", ghost {ahead:.1g} s ahead" if ahead else ""))
        self._draw_plot(page, frame.stamp)
        self._draw_answer(page, response)
        return page

    # -- parts ----------------------------------------------------------------------------------

    def _draw_background(self, title: str) -> np.ndarray:
        s = self._scale
        page = np.empty((self.height, self.width, 3), np.uint8)
        page[:] = PAGE
        put_text(page, title, (14 * s, 12 * s), 18 * s, INK, bold=True)
        put_text(page, "camera to robot expression, no words", (
            26 * s + text_width(title, 18 * s, bold=True), 14 * s), 15 * s, PALE)
        x0, y0, x1, y1 = self._below
        page[y0:y1, x0:x1] = PANEL
        put_text(page, "affect of the person", (x0 + 14 * s, y0 + 12 * s), 14 * s, PALE)
        right = float(self._plot[2])
        for text, color in (("arousal", AROUSAL), ("valence", VALENCE)):
            put_text(page, text, (right, y0 + 12 * s), 14 * s, color, anchor="right")
            right -= text_width(text, 14 * s) + 16 * s
        px0, py0, px1, py1 = self._plot
        for value, label in ((1.0, "+1"), (0.0, "0"), (-1.0, "-1")):
            y = self._plot_y(value)
            cv2.line(page, (px0, y), (px1, y), RULE, 1)
            put_text(page, label, (px0 - 8 * s, y - 5 * s), 12 * s, PALE, anchor="right")
        for seconds in range(0, int(PLOT_SECONDS) + 1, 2):
            x = round(px1 - (px1 - px0) * seconds / PLOT_SECONDS)
            cv2.line(page, (x, py1), (x, py1 + round(3 * s)), RULE, 1)
            label = "now" if seconds == 0 else f"-{seconds} s"
            put_text(page, label, (x, y1 - 24 * s), 11 * s, PALE, anchor="center")
        split = self._answer[0] - round(8 * s)
        cv2.line(page, (split, y0 + round(10 * s)), (split, y1 - round(10 * s)), RULE, 1)
        return page

    def _caption(self, page: np.ndarray, corner: tuple[int, int], text: str) -> None:
        s = self._scale
        wide = text_width(text, 12 * s) + 14 * s
        draw_plate(page, *corner, wide, 22 * s, PAGE, 0.62)
        put_text(page, text, (corner[0] + 7 * s, corner[1] + 6 * s), 12 * s, PALE)

    def _draw_camera(
        self, page: np.ndarray, frame: Frame, people: People | None,
        forecasts: Sequence[MotionForecast], affects: Sequence[Affect],
    ) -> tuple[int, int]:
        """Fit the image into its panel; the corner it was put at."""
        x0, y0, x1, y1 = self._camera
        high, wide = frame.image.shape[:2]
        ratio = min((x1 - x0) / wide, (y1 - y0) / high)
        w, h = min(round(wide * ratio), x1 - x0), min(round(high * ratio), y1 - y0)
        x, y = x0 + (x1 - x0 - w) // 2, y0 + (y1 - y0 - h) // 2
        if w < x1 - x0 - 2 or h < y1 - y0 - 2:
            # A blurred, dim copy of the image fills what its shape leaves of the panel.
            tiny = cv2.resize(frame.image, (24, 16), interpolation=cv2.INTER_AREA)
            tiny = cv2.convertScaleAbs(cv2.GaussianBlur(tiny, (0, 0), 1.5), alpha=0.3)
            cv2.resize(tiny, (x1 - x0, y1 - y0), dst=page[y0:y1, x0:x1],
                       interpolation=cv2.INTER_CUBIC)
        panel = page[y : y + h, x : x + w]
        cv2.resize(frame.image, (w, h), dst=panel, interpolation=cv2.INTER_LINEAR)
        # Lines for the panel's real size on screen, whatever the camera's resolution is.
        draw_overlay(panel, people, forecasts, affects, scale=max(h / 480.0, 0.5))
        return x, y

    def _plot_y(self, value: float) -> int:
        _, y0, _, y1 = self._plot
        band = round(22 * self._scale)
        return round(y0 + (1.0 - value) / 2.0 * (y1 - band - y0))

    def _draw_plot(self, page: np.ndarray, now: int) -> None:
        if not self._history:
            return
        x0, _, x1, y1 = self._plot
        ages = np.array([(now - reading.stamp) / NANOSECONDS for reading in self._history])
        x = x1 - (x1 - x0) * ages / PLOT_SECONDS
        self._draw_band(page, x, y1)
        top, bottom = self._plot_y(1.0), self._plot_y(-1.0)
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

    def _draw_band(self, page: np.ndarray, x: np.ndarray, bottom: int) -> None:
        """Strip in the colours of the likeliest emotion, strong where the reading is sure."""
        high = max(round(12 * self._scale), 4)
        colors = np.array([
            np.array(PANEL) + (0.35 + 0.65 * reading.confidence)
            * (np.array(EMOTION_COLORS[EMOTIONS[reading.emotion]]) - PANEL)
            for reading in self._history
        ])
        columns = np.arange(max(int(x[0]), self._plot[0]), self._plot[2])
        if len(columns) == 0:
            return
        strip = colors[np.clip(np.searchsorted(x, columns, side="right") - 1, 0, len(x) - 1)]
        page[bottom - high : bottom, columns[0] : columns[-1] + 1] = strip.astype(np.uint8)

    def _draw_answer(self, page: np.ndarray, response: AffectiveResponse | None) -> None:
        x0, y0, x1, _ = self._answer
        s = self._scale
        put_text(page, "answer of the robot", (x0, y0), 14 * s, PALE)
        if response is None:
            return
        emotion = EMOTIONS[response.emotion]
        color = EMOTION_COLORS[emotion]
        y = y0 + 28 * s
        put_text(page, response.policy, (x0, y), 22 * s, INK, bold=True)
        cv2.circle(page, (round(x0 + 6 * s), round(y + 43 * s)), max(round(6 * s), 2), color, -1,
                   cv2.LINE_AA)
        put_text(page, emotion, (x0 + 19 * s, y + 36 * s), 15 * s, color)
        bar = x0 + 112 * s, y + 38 * s, x1 - 4 * s - (x0 + 112 * s), 9 * s
        draw_plate(page, *bar, RULE, 1.0)
        share = float(np.clip(np.nan_to_num(response.intensity), 0, 1))
        draw_plate(page, bar[0], bar[1], bar[2] * share, bar[3], color, 1.0)
        gesture = response.gesture.replace("_", " ") if response.gesture else "none"
        put_text(page, f"gesture: {gesture}", (x0, y + 60 * s), 15 * s, INK)
        for row, line in enumerate(_wrap(response.reason, 13 * s, x1 - x0, rows=4)):
            put_text(page, line, (x0, y + (88 + 19 * row) * s), 13 * s, PALE)


def _affect_of(
    affects: Sequence[Affect], response: AffectiveResponse | None
) -> Affect | None:
    """The reading of the person who is answered, else the first one."""
    for affect in affects:
        if response is not None and affect.person_id == response.towards:
            return affect
    return affects[0] if affects else None


def _wrap(text: str, size: float, width: float, rows: int) -> list[str]:
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


def _telling(
    people: People | None, forecasts: Sequence[MotionForecast], response: AffectiveResponse | None
) -> float:
    """How much of the loop a page shows: 0 nobody is seen .. about 4."""
    if people is None or not people.persons:
        return 0.0
    score = 1.0 + 0.5 * (people.persons[0].face is not None)
    for forecast in forecasts[:1]:
        path = np.asarray(forecast.keypoints, float)[[0, -1]]
        size = max(float(np.nanmax(np.ptp(path[1], axis=0), initial=1.0)), 1.0)
        moved = np.linalg.norm(path[1] - path[0], axis=-1)
        if np.isfinite(moved).any():
            score += min(3.0 * float(np.nanmax(moved)) / size, 1.0)
    if response is not None:
        score += float(np.nan_to_num(response.intensity)) + 0.5 * bool(response.gesture)
    return score
