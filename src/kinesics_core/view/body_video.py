"""A performance as a video: the body in front of a camera that rests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from kinesics_core.expression.body_performance import Performance
from kinesics_core.render.encoder import Mp4Writer
from kinesics_core.view.body_picture import BodyPicture

SIZES = {"whole": (720, 800), "hips": (960, 800)}
"""View -> width and height of the video, px."""

FASTEST = 60.0
"""Most frames a second: what players and screens show."""


def video_frames(performance: Performance) -> tuple[np.ndarray, float]:
    """Return the frames that a performance's video shows, and its rate, at most ``FASTEST``."""
    rate = performance.face.rate or FASTEST
    count = len(performance.times)
    if rate <= FASTEST:
        return np.arange(count), rate
    wanted = np.arange(int(performance.face.duration * FASTEST + 1e-6) + 1) / FASTEST
    return np.minimum(np.round(wanted * rate).astype(int), count - 1), FASTEST


def write_video(
    path: Path, performance: Performance, view: str = "whole",
    on_frame: Callable[[], None] = lambda: None,
) -> int:
    """Write a video of a performance; return the number of its frames.

    Args:
        path: The .mp4; an older one stays until the new one is whole.
        performance: What is shown, in its own time.
        view: One of ``body_picture.VIEWS``.
        on_frame: Told of each frame.

    Raises:
        RecordingError: There is no room or permission, or the encoder fails.
    """
    frames, rate = video_frames(performance)
    size = SIZES[view]
    picture = BodyPicture(
        size, view, betas=performance.frames.betas, gender=performance.gender)
    parameters = performance.parameters
    with Mp4Writer(path, size, rate) as writer:
        for frame in frames:
            writer.write(picture.draw(
                **{name: part[frame : frame + 1] for name, part in parameters.items()}))
            on_frame()
    return len(frames)
