"""Minds side by side as a silent video: each robot answers the same people, as it would live."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.expression.animator import Animator
from kinesics_core.render.encoder import Mp4Writer
from kinesics_core.render.text import TextStyle, put_text
from kinesics_core.types import NANOSECONDS, AffectiveResponse, BodyPose, FacePose
from kinesics_core.view.avatar import Avatar
from kinesics_core.view.mind_plot import Story
from kinesics_core.view.mind_sheet import COLORS, INK, PAGE, PALE, shown_emotion
from kinesics_core.view.overlay import EMOTION_COLORS

CELL = 320, 360
"""Width and height of a robot in the video, px."""

RATE = 30.0
"""Frames a second of the video; the animator moves at twice that, as live."""

_HEAD, _FOOT = 34, 64  # px above and beneath the robots


def write_video(
    path: Path, stories: Sequence[Story], words: bool = True,
    on_frame: Callable[[], None] = lambda: None,
) -> int:
    """Write a video of the robots of several minds; return the number of its frames.

    Args:
        path: The .mp4; an older one stays until the new one is whole.
        stories: One for each mind, from left to right; all begin at the same time.
        words: Whether names, answers and what the person shows are written beside; without them
            a viewer can be asked which mind is which.
        on_frame: Told of each frame.

    Raises:
        RecordingError: There is no room or permission, or the encoder fails.
    """
    wide = CELL[0] * len(stories)
    high = CELL[1] + (_HEAD + _FOOT if words else 0)
    avatar = Avatar(*CELL)
    count = 0
    with Mp4Writer(path, (wide, high), RATE) as writer:
        for moments in zip(*(_frames(story) for story in stories), strict=False):
            page = np.full((high, wide, 3), PAGE, np.uint8)
            top = _HEAD if words else 0
            for column, (_, _, face, body) in enumerate(moments):
                x = CELL[0] * column
                page[top : top + CELL[1], x : x + CELL[0]] = avatar.render(face, body)
            if words:
                _write(page, stories, [(step, answer) for step, answer, _, _ in moments])
            writer.write(page)
            on_frame()
            count += 1
    return count


def frame_count(stories: Sequence[Story]) -> int:
    """Return how many frames ``write_video`` makes of some stories."""
    return min(int(int(story.moments()[-1]) * RATE / NANOSECONDS) + 1 for story in stories)


def _frames(story: Story) -> Iterator[tuple[int, AffectiveResponse, FacePose, BodyPose]]:
    """Yield (step of the story, its answer, face, body) of each frame."""
    animator = Animator(0)
    moments = story.moments().tolist()
    at = 0
    animator.respond(story.steps[0][1])
    for tick in range(2 * int(moments[-1] * RATE / NANOSECONDS) + 1):
        now = round(tick * NANOSECONDS / (2 * RATE))
        while at + 1 < len(moments) and moments[at + 1] <= now:
            at += 1
            animator.respond(story.steps[at][1])
        face, body = animator.step(now)
        if tick % 2 == 0:
            yield at, story.steps[at][1], face, body


def _write(
    page: np.ndarray, stories: Sequence[Story], moments: Sequence[tuple[int, AffectiveResponse]]
) -> None:
    foot = page.shape[0] - _FOOT
    for column, (story, (_, answer)) in enumerate(zip(stories, moments, strict=True)):
        x = CELL[0] * column + 10
        put_text(page, story.name, (x, 8), TextStyle(17, COLORS[column % len(COLORS)], bold=True))
        emotion = EMOTIONS[answer.emotion]
        put_text(page, f"{answer.policy}: {emotion} {answer.intensity:.2f}", (x, foot + 6),
                 TextStyle(14, EMOTION_COLORS[emotion]))
        put_text(page, answer.gesture.replace("_", " "), (x + CELL[0] - 20, foot + 6),
                 TextStyle(14, INK, "right"))
    step, answer = moments[0]
    read = shown_emotion(stories[0].steps[step][0], answer.towards)
    seconds = float(stories[0].times()[step])
    shows = EMOTIONS[read] if read >= 0 else "nothing that is read"
    put_text(page, f"{seconds:5.1f} s   the person shows {shows}", (10, foot + 36),
             TextStyle(15, PALE))
