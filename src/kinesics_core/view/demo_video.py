"""The demo's video: pages of ``demo_page``, placed in time by the stamps of their images."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kinesics_core.errors import RecordingError
from kinesics_core.render.encoder import Mp4Writer
from kinesics_core.render.picture import save_picture
from kinesics_core.types import NANOSECONDS, Moment
from kinesics_core.view.demo_page import PageComposer


class DemoVideo:
    """Composer and encoder of the demo's video.

    Frames are placed by their stamps: one that is late is held on screen, of two that fall on the
    same moment the first is shown.

    Args:
        path: The .mp4 to leave; it appears when ``close`` succeeds, whole or not at all.
        fps: Of the video.
        size: (width, height), at least 640 x 360.
        title: At the top left of each page.

    Raises:
        RecordingError: The video cannot be written; nothing is left behind then.
    """

    def __init__(
        self,
        path: str | Path,
        fps: float = 30.0,
        size: tuple[int, int] = (1280, 720),
        *,
        title: str = "Kinesics",
    ) -> None:
        self._composer = PageComposer(size, title=title)
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

    def add(self, moment: Moment, note: str = "") -> None:
        """Add what belongs to one image.

        Args:
            moment: The image and what the loop made of it.
            note: Shown at the right of the title, such as the frame rate.
        """
        repeats = self._due(moment.frame.stamp)
        if repeats == 0:
            self._composer.remember(moment)
            return
        page = self._composer.compose(moment, note)
        for _ in range(repeats - 1):
            self._writer.write(self._page if self._page is not None else page)
        self._writer.write(page)
        self._page = page
        score = _completeness(moment)
        if score > self._poster_score:
            self._poster, self._poster_score = page, score

    def poster(self, path: str | Path) -> None:
        """Save the page so far that shows most of the loop as a picture (.png, .jpg)."""
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
        """Return how many frames of video bring it up to ``stamp``."""
        gap = stamp - self._last_stamp
        if self._first_stamp is None or gap < 0 or gap > NANOSECONDS:
            # The first frame, a clock that jumped, or a pause: go on from here.
            self._first_stamp, self._since_first = stamp, 0
        self._last_stamp = stamp
        wanted = round((stamp - self._first_stamp) / NANOSECONDS * self._writer.fps) + 1
        due = max(wanted - self._since_first, 0)
        self._since_first += due
        return due


def _completeness(moment: Moment) -> float:
    """Return how much of the loop a page shows, 0 where nobody is seen to about 4."""
    people, response = moment.people, moment.response
    if people is None or not people.persons:
        return 0.0
    score = 1.0 + 0.5 * (people.persons[0].face is not None)
    for forecast in moment.forecasts[:1]:
        path = np.asarray(forecast.keypoints, float)[[0, -1]]
        size = max(float(np.nanmax(np.ptp(path[1], axis=0), initial=1.0)), 1.0)
        moved = np.linalg.norm(path[1] - path[0], axis=-1)
        if np.isfinite(moved).any():
            score += min(3.0 * float(np.nanmax(moved)) / size, 1.0)
    if response is not None:
        score += float(np.nan_to_num(response.intensity)) + 0.5 * bool(response.gesture)
    return score
