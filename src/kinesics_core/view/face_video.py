"""A face animation as a video."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from kinesics_core.expression.face_animation import FaceAnimation, resampled
from kinesics_core.render.encoder import Mp4Writer
from kinesics_core.render.face_picture import FacePicture

SIZE = 640, 480
"""Width and height of the video, px."""

FASTEST = 60.0
"""Most frames a second: what players and screens show."""


def video_frames(animation: FaceAnimation) -> FaceAnimation:
    """Return the frames of an animation's video: evenly spaced, at most ``FASTEST`` a second."""
    rate = animation.rate or FASTEST
    steps = np.diff(animation.times)
    even = len(steps) == 0 or np.ptp(steps) < 1e-3 / rate
    return animation if even and rate <= FASTEST else resampled(animation, min(rate, FASTEST))


def write_video(
    path: Path, animation: FaceAnimation, on_frame: Callable[[], None] = lambda: None
) -> int:
    """Write a video of a face; return the number of its frames.

    Args:
        path: The .mp4; an older one stays until the new one is whole.
        animation: What is shown, in its own time.
        on_frame: Told of each frame.

    Raises:
        RecordingError: There is no room or permission, or the encoder fails.
    """
    frames = video_frames(animation)
    picture = FacePicture(*SIZE)
    with Mp4Writer(path, SIZE, frames.rate or FASTEST) as writer:
        for shapes, gaze, head in zip(*frames.parts().values(), strict=True):
            writer.write(picture.draw(shapes, gaze, head))
            on_frame()
    return len(frames.times)
