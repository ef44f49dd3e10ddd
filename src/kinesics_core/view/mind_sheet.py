"""Personalities side by side: the same moments answered by each, and where each lives in VAD.

Each column is a personality, each row a moment: the robot as it looked then, moved by the live
animator from the answers of that mind. Beneath stand the states of all of them over valence and
arousal, from the same answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import cv2
import numpy as np

from kinesics_core.affect.emotions import EMOTION_VAD, EMOTIONS, NEUTRAL
from kinesics_core.expression.animator import Animator
from kinesics_core.mind.perceived import Perceived
from kinesics_core.render.text import TextStyle, put_text, text_width
from kinesics_core.types import NANOSECONDS, BodyPose, FacePose
from kinesics_core.view.avatar import Avatar
from kinesics_core.view.mind_plot import Story
from kinesics_core.view.overlay import EMOTION_COLORS

PAGE, PANEL, RULE = (15, 18, 25), (22, 26, 36), (52, 60, 78)
INK, PALE, FAINT = (238, 241, 246), (146, 156, 174), (104, 114, 134)

WORD_SIZE = 11
"""Size of an emotion's name between the states, px."""

CELL = 212, 216
"""Width and height of a robot, px."""

COLORS = ((255, 176, 84), (122, 196, 255), (255, 140, 190), (166, 226, 140), (205, 205, 215),
          (190, 160, 255), (240, 220, 120), (120, 220, 210))
"""Colours of the minds (RGB)."""

MOMENTS = 4
"""Rows, where nobody says which."""

_LABELS = 128  # px to the left of the robots
_WORDS = 46  # px beneath a robot
_PLANE = 300  # px of the picture of states
_STEP = NANOSECONDS // 60
_AFTER = 1.4  # s after somebody began to show something at which the answer is there
_LEAST = 1.2  # s that it must last


def mind_sheet(
    stories: Sequence[Story], title: str = "", moments: Sequence[float] | None = None
) -> np.ndarray:
    """Draw what several minds answered to the same moments, and their states.

    Args:
        stories: One for each mind; all went through the same images.
        title: At the top.
        moments: Seconds of the rows; None: those at which the person shows something new.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    rows = list(moments) if moments is not None else telling_moments(stories[0])
    width = _LABELS + CELL[0] * len(stories) + 16
    high = CELL[1] + _WORDS
    page = np.empty((92 + high * len(rows) + _PLANE + 56, width, 3), np.uint8)
    page[:] = PAGE
    put_text(page, title, (14, 13), TextStyle(18, INK, bold=True))
    avatar = Avatar(*CELL)
    for column, story in enumerate(stories):
        x = _LABELS + CELL[0] * column
        _heading(page, x, story, COLORS[column % len(COLORS)])
        poses = _poses_at(story, rows)
        for row, (seconds, (face, body)) in enumerate(zip(rows, poses, strict=True)):
            y = 92 + high * row
            page[y : y + CELL[1] - 4, x : x + CELL[0] - 4] = avatar.render(
                face, body)[: CELL[1] - 4, : CELL[0] - 4]
            _answer(page, x, y + CELL[1], story, seconds)
    for row, seconds in enumerate(rows):
        _moment(page, 92 + high * row, stories[0], seconds)
    _planes(page, 92 + high * len(rows) + 8, stories)
    return page


def telling_moments(story: Story, count: int = MOMENTS) -> list[float]:
    """Return when the answers to what people begin to show can be seen, seconds.

    They are the longest stretches of an emotion of the person attended to, neutral ones last, each
    emotion once before one comes twice; in order of time.
    """
    times = story.times()
    shown = [shown_emotion(perceived, response.towards) for perceived, response in story.steps]
    stretches = []
    start = 0
    for index in range(1, len(shown) + 1):
        if index == len(shown) or shown[index] != shown[start]:
            length = float(times[min(index, len(times) - 1)] - times[start])
            if shown[start] >= 0 and length >= _LEAST:
                stretches.append((shown[start], float(times[start]), length))
            start = index
    stretches.sort(key=lambda one: (one[0] == NEUTRAL, -one[2]))
    often: Counter[int] = Counter()
    ranked = []
    for stretch in stretches:
        often[stretch[0]] += 1
        ranked.append((often[stretch[0]], stretch))
    ranked.sort(key=lambda one: one[0])
    chosen = [stretch for _, stretch in ranked[:count]] or [(NEUTRAL, 0.0, float(times[-1]))]
    return sorted(round(begins + min(_AFTER, 0.8 * length), 3) for _, begins, length in chosen)


def shown_emotion(perceived: Perceived, towards: int) -> int:
    """Return the index of the emotion that a person is read to show most; -1: none is read."""
    for affect in perceived.affects:
        if affect.person_id == towards and np.isfinite(affect.categories).all():
            return int(np.argmax(affect.categories))
    return -1


def _poses_at(story: Story, moments: Sequence[float]) -> list[tuple[FacePose, BodyPose]]:
    """Run the animator through a story; return its poses at some moments, in their order."""
    animator = Animator(0)
    found: dict[float, tuple[FacePose, BodyPose]] = {}
    now = 0
    for came, (_, response) in zip(story.moments().tolist(), story.steps, strict=True):
        while now <= came:
            pose = animator.step(now)
            for seconds in moments:
                if seconds not in found and now >= seconds * NANOSECONDS:
                    found[seconds] = pose
            now += _STEP
        animator.respond(response)
    last = animator.step(now)
    return [found.get(seconds, last) for seconds in moments]


def _heading(page: np.ndarray, x: int, story: Story, color: tuple[int, int, int]) -> None:
    put_text(page, story.name, (x + 4, 46), TextStyle(17, color, bold=True))
    if np.isfinite(story.temperament).all():
        words = "VAD " + " ".join(f"{value:+.2f}" for value in story.temperament)
        put_text(page, words, (x + 4, 70), TextStyle(12, PALE))


def _moment(page: np.ndarray, y: int, story: Story, seconds: float) -> None:
    index = int(np.searchsorted(story.times(), seconds))
    perceived, response = story.steps[min(index, len(story.steps) - 1)]
    put_text(page, f"{seconds:.1f} s", (14, y + 8), TextStyle(15, INK, bold=True))
    put_text(page, "the person", (14, y + 34), TextStyle(12, PALE))
    emotion = shown_emotion(perceived, response.towards)
    if emotion < 0:
        put_text(page, "is not read", (14, y + 52), TextStyle(13, PALE))
        return
    share = next(affect.categories[emotion] for affect in perceived.affects
                 if affect.person_id == response.towards)
    color = EMOTION_COLORS[EMOTIONS[emotion]]
    put_text(page, EMOTIONS[emotion], (14, y + 52), TextStyle(14, color))
    put_text(page, f"{share:.0%}", (14, y + 72), TextStyle(12, PALE))


def _answer(page: np.ndarray, x: int, y: int, story: Story, seconds: float) -> None:
    index = min(int(np.searchsorted(story.times(), seconds)), len(story.steps) - 1)
    response = story.steps[index][1]
    emotion = EMOTIONS[response.emotion]
    color = EMOTION_COLORS[emotion]
    strength = f" {response.intensity:.2f}" if response.emotion != NEUTRAL else ""
    put_text(page, response.policy, (x + 4, y + 2), TextStyle(13, INK))
    put_text(page, emotion + strength, (x + CELL[0] - 12, y + 2), TextStyle(13, color, "right"))
    gesture = response.gesture.replace("_", " ")
    put_text(page, gesture, (x + 4, y + 20), TextStyle(12, PALE))


def apart(
    words: Sequence[tuple[str, float, float]], size: float
) -> list[tuple[str, float, float]]:
    """Move words that would lie on earlier ones down until they are clear of them.

    Args:
        words: Each with the middle of its line, px.
        size: Of the letters, px.

    Returns:
        The same words, in their order, with their places.
    """
    clear: list[tuple[str, float, float]] = []
    for word, x, y in words:
        while any(abs(x - other) < (text_width(word, size) + text_width(said, size)) / 2 + 4
                  and abs(y - line) < size for said, other, line in clear):
            y += size
        clear.append((word, x, y))
    return clear


def _planes(page: np.ndarray, y: int, stories: Sequence[Story]) -> None:
    """Draw the states over valence and arousal, and over valence and dominance."""
    gap = 40
    wide = (page.shape[1] - 2 * 14 - gap) // 2
    for number, (vertical, name) in enumerate(((1, "arousal"), (2, "dominance"))):
        x = 14 + number * (wide + gap)
        area = (x, y + 24, x + wide, y + _PLANE)
        put_text(page, f"{name} over valence", (x, y + 3), TextStyle(13, PALE))
        _plane(page, area, stories, vertical)
    x = 14.0
    for column, story in enumerate(stories):
        color = COLORS[column % len(COLORS)]
        cv2.circle(page, (round(x + 6), y + _PLANE + 20), 5, color, -1, cv2.LINE_AA)
        put_text(page, story.name, (x + 16, y + _PLANE + 14), TextStyle(13, color))
        x += text_width(story.name, 13) + 40
    put_text(page, "ring: temperament; line: the state on its way", (page.shape[1] - 16,
             y + _PLANE + 14), TextStyle(12, PALE, "right"))


def _plane(
    page: np.ndarray, area: tuple[int, int, int, int], stories: Sequence[Story], vertical: int
) -> None:
    x0, y0, x1, y1 = area
    page[y0:y1, x0:x1] = PANEL

    def place(vad: np.ndarray) -> tuple[float, float]:
        across = (float(np.clip(vad[0], -1, 1)) + 1.0) / 2.0
        up = (float(np.clip(vad[vertical], -1, 1)) + 1.0) / 2.0
        return x0 + across * (x1 - x0 - 1), y1 - 1 - up * (y1 - y0 - 1)

    cv2.line(page, ((x0 + x1) // 2, y0), ((x0 + x1) // 2, y1 - 1), RULE, 1)
    cv2.line(page, (x0, (y0 + y1) // 2), (x1 - 1, (y0 + y1) // 2), RULE, 1)
    words = [(emotion, *place(EMOTION_VAD[index])) for index, emotion in enumerate(EMOTIONS)
             if index != NEUTRAL]
    for emotion, x, y in apart(words, WORD_SIZE):
        put_text(page, emotion, (x, y - 4), TextStyle(WORD_SIZE, FAINT, "center"))
    for column, story in enumerate(stories):
        color = COLORS[column % len(COLORS)]
        states = np.array([[r.valence, r.arousal, r.dominance] for _, r in story.steps])
        line = np.array([place(state) for state in states])
        cv2.polylines(page, [np.round(line * 16).astype(np.int32)], False, color, 1,
                      cv2.LINE_AA, 4)
        if np.isfinite(story.temperament).all():
            x, y = place(story.temperament)
            cv2.circle(page, (round(x), round(y)), 6, color, 2, cv2.LINE_AA)
