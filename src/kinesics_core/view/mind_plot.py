"""A picture of a mind over time: what it perceived, what it felt, whom it answered, how and why.

Lanes over one time axis: each person's emotion, gestures and forecasts; then, for each mind that
went through it, its state in VAD, whom it attends to, its way of answering, what it shows and how
strongly, its gestures, and the reasons of its decisions in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL
from kinesics_core.mind.perceived import Perceived
from kinesics_core.mind.policy_config import PolicyConstants
from kinesics_core.render.text import TextStyle, fit_text, put_text, text_width
from kinesics_core.types import NANOSECONDS, AffectiveResponse
from kinesics_core.view.overlay import EMOTION_COLORS

PAGE, PANEL, RULE = (15, 18, 25), (22, 26, 36), (52, 60, 78)
INK, PALE = (238, 241, 246), (146, 156, 174)
VAD_COLORS = ((255, 196, 92), (122, 196, 255), (166, 226, 140))
"""Colours of valence, arousal and dominance (RGB)."""

WIDTH = 1280
"""Width of the picture, px."""

_LEFT, _RIGHT = 150, 20  # px of labels, and of air
_ROW = 26  # px of a lane of bands
_CURVES = 120  # px of the lane of states
_STRENGTH = 54  # px of the lane of what is shown
_WAYS = ((92, 110, 150), (70, 128, 120), (132, 96, 128), (120, 112, 70), (82, 118, 84),
         (140, 92, 84), (96, 96, 110), (70, 104, 150))
_MOST_REASONS = 12


@dataclass(slots=True)
class Story:
    """A mind's way through what it perceived.

    Attributes:
        name: Of its personality.
        temperament: (3,) that its state returns to; nan: unknown.
        steps: What was perceived in each image, and the answer.
    """

    name: str
    temperament: np.ndarray
    steps: list[tuple[Perceived, AffectiveResponse]] = field(default_factory=list)

    def moments(self) -> np.ndarray:
        """Return the ns (N,) of the answers since the first one, by the mind's own clock.

        A jump back stands still, and a long pause counts in part, or a plot would show nothing
        else and a video last as long.
        """
        stamps = np.array([response.stamp for _, response in self.steps], dtype=np.int64)
        longest = round(PolicyConstants().longest_gap * NANOSECONDS)
        return np.concatenate([[0], np.cumsum(np.clip(np.diff(stamps), 0, longest))])

    def times(self) -> np.ndarray:
        """Return the seconds (N,) of the answers since the first one, as ``moments``."""
        return self.moments() / NANOSECONDS


@dataclass(frozen=True, slots=True)
class Decision:
    """A moment at which the answer changed.

    Attributes:
        seconds: Since the beginning.
        response: The new answer.
        changed: What changed: "towards", "policy", "emotion", "gesture", "anticipated".
    """

    seconds: float
    response: AffectiveResponse
    changed: tuple[str, ...]


def decisions(story: Story) -> list[Decision]:
    """Return the moments at which the answer changed, the first one included."""
    found: list[Decision] = []
    before: AffectiveResponse | None = None
    names = ("towards", "policy", "emotion", "gesture", "anticipated")
    for seconds, (_, response) in zip(story.times(), story.steps, strict=True):
        changed = tuple(name for name in names if before is None
                        or getattr(response, name, None) != getattr(before, name, None))
        if changed:
            found.append(Decision(float(seconds), response, changed))
        before = response
    return found


def mind_plot(
    stories: Sequence[Story], title: str = "", notes: Sequence[tuple[float, str]] = ()
) -> np.ndarray:
    """Draw what one or several minds made of the same thing.

    Args:
        stories: One for each mind; all went through the same images, which the first one shows.
        title: At the top.
        notes: Words at times in seconds, of whoever wrote the trace.

    Returns:
        (H, 1280, 3) uint8 RGB.
    """
    times = stories[0].times()
    axis = _Axis(float(max(times[-1], 1.0)))
    blocks = [_Block(44, lambda page, y: _draw_title(page, y, title))]
    blocks += _perceived_blocks(stories[0], axis, notes)
    for story in stories:
        blocks += _mind_blocks(story, axis, alone=len(stories) == 1)
    blocks.append(_Block(34, axis.draw))
    page = np.empty((sum(block.height for block in blocks), WIDTH, 3), np.uint8)
    page[:] = PAGE
    y = 0
    for block in blocks:
        block.draw(page, y)
        y += block.height
    return page


@dataclass(frozen=True, slots=True)
class _Block:
    """A part of the page: its height in px, and what draws it from a row on."""

    height: int
    draw: Callable[[np.ndarray, int], None]


@dataclass(frozen=True, slots=True)
class _Axis:
    """The time axis: seconds to columns."""

    duration: float

    def x(self, seconds: float) -> int:
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * min(max(seconds / self.duration, 0), 1))

    def draw(self, page: np.ndarray, y: int) -> None:
        step = next(step for step in (1, 2, 5, 10, 20, 60, 300, 1800, 7200)
                    if self.duration / step <= 16 or step == 7200)
        for seconds in np.arange(0.0, self.duration + 1e-6, step):
            x = self.x(float(seconds))
            cv2.line(page, (x, y + 2), (x, y + 6), RULE, 1)
            put_text(page, f"{seconds:g} s", (x, y + 11), TextStyle(11, PALE, "center"))


def _draw_title(page: np.ndarray, y: int, title: str) -> None:
    put_text(page, title, (14, y + 13), TextStyle(18, INK, bold=True))
    right = float(WIDTH - _RIGHT)
    for name in reversed(EMOTIONS):
        right -= text_width(name, 12) + 22
        cv2.circle(page, (round(right + 8), y + 20), 5, EMOTION_COLORS[name], -1, cv2.LINE_AA)
        put_text(page, name, (right + 17, y + 15), TextStyle(12, PALE))


# What was perceived.


def _perceived_blocks(
    story: Story, axis: _Axis, notes: Sequence[tuple[float, str]]
) -> list[_Block]:
    ids = sorted({person.id for perceived, _ in story.steps for person in perceived.people.persons})
    blocks = []
    if notes:
        blocks.append(_Block(_ROW, lambda page, y: _draw_notes(page, y, axis, notes)))
    for person in ids[:6]:
        blocks.append(_person_block(story, axis, person))
    return blocks


def _draw_notes(
    page: np.ndarray, y: int, axis: _Axis, notes: Sequence[tuple[float, str]]
) -> None:
    ends = [axis.x(seconds) for seconds, _ in notes[1:]] + [WIDTH - _RIGHT]
    for (seconds, words), end in zip(notes, ends, strict=True):
        x = axis.x(seconds)
        put_text(page, fit_text(words, 12, max(end - x - 8, 20)), (x, y + 9), TextStyle(12, INK))


def _person_block(story: Story, axis: _Axis, person: int) -> _Block:
    times = story.times()

    def draw(page: np.ndarray, y: int) -> None:
        _label(page, y + 20, f"person {person}")
        for seconds, (perceived, _) in zip(times, story.steps, strict=True):
            x = axis.x(float(seconds))
            there = any(one.id == person for one in perceived.people.persons)
            if not there:
                continue
            page[y + 20 : y + 40, x : x + 3] = RULE
            for affect in perceived.affects:
                if affect.person_id == person and np.isfinite(affect.categories).all():
                    emotion = int(np.argmax(affect.categories))
                    strength = float(affect.categories[emotion] * min(1.0, affect.confidence + 0.2))
                    page[y + 20 : y + 40, x : x + 3] = _mixed(EMOTION_COLORS[EMOTIONS[emotion]],
                                                            strength)
        _draw_signs(page, y, axis, story, person)

    return _Block(48, draw)


def _draw_signs(page: np.ndarray, y: int, axis: _Axis, story: Story, person: int) -> None:
    """Draw a person's gestures above the band, and what the forecast announced in outline."""
    times = story.times()
    for kind, color in (("expected", PALE), ("gestures", INK)):
        names: list[str] = []
        for perceived, _ in story.steps:
            signs = [sign.name for signal in perceived.signals if signal.person_id == person
                     for sign in getattr(signal, kind)]
            names.append(signs[0] if signs else "")
        for start, end, name in _spans(names):
            x0, x1 = axis.x(times[start]), axis.x(times[min(end, len(times) - 1)])
            row = y + 15 if kind == "gestures" else y + 44
            cv2.line(page, (x0, row), (max(x1, x0 + 2), row), color, 2 if kind == "gestures" else 1)
            words = name.replace("_", " ") + ("?" if kind == "expected" else "")
            if kind == "gestures":
                put_text(page, words, (x0, y + 2), TextStyle(11, color))
            else:
                put_text(page, words, (max(x1, x0 + 2) + 4, y + 40), TextStyle(10, color))


# What the mind made of it.


def _mind_blocks(story: Story, axis: _Axis, alone: bool) -> list[_Block]:
    responses = [response for _, response in story.steps]
    times = story.times()
    blocks = [
        _Block(30, lambda page, y: _draw_heading(page, y, story)),
        _Block(_CURVES if alone else _CURVES - 30, lambda page, y: _draw_state(
            page, y, (_CURVES if alone else _CURVES - 30) - 8, axis, times, story)),
        _band("attends to", axis, times,
              [f"person {r.towards}" if r.towards else "" for r in responses],
              [_WAYS[r.towards % len(_WAYS)] for r in responses]),
        _band("way", axis, times, [r.policy for r in responses],
              [_WAYS[sum(map(ord, r.policy)) % len(_WAYS)] for r in responses]),
        _Block(_STRENGTH, lambda page, y: _draw_shown(page, y, axis, times, responses)),
        _Block(_ROW, lambda page, y: _draw_gestures(page, y, axis, times, responses)),
    ]
    if alone:
        chosen = _told(decisions(story))
        blocks.append(_Block(22 + 19 * len(chosen), lambda page, y: _draw_reasons(
            page, y, axis, chosen)))
    return blocks


def _draw_heading(page: np.ndarray, y: int, story: Story) -> None:
    cv2.line(page, (14, y + 6), (WIDTH - _RIGHT, y + 6), RULE, 1)
    put_text(page, story.name, (14, y + 13), TextStyle(15, INK, bold=True))
    if np.isfinite(story.temperament).all():
        words = "temperament " + ", ".join(
            f"{name} {value:+.2f}" for name, value in
            zip(("valence", "arousal", "dominance"), story.temperament, strict=True))
        put_text(page, words, (_LEFT, y + 15), TextStyle(12, PALE))
    right = float(WIDTH - _RIGHT)
    for name, color in zip(("dominance", "arousal", "valence"), VAD_COLORS[::-1], strict=True):
        put_text(page, name, (right, y + 15), TextStyle(12, color, "right"))
        right -= text_width(name, 12) + 14


def _draw_state(
    page: np.ndarray, y: int, height: int, axis: _Axis, times: np.ndarray, story: Story
) -> None:
    _label(page, y + height // 2 - 10, "own state")
    page[y : y + height, _LEFT : WIDTH - _RIGHT] = PANEL

    def row(value: float) -> float:
        return y + (1.0 - float(np.clip(value, -1, 1))) / 2.0 * (height - 1)

    for value, words in ((1.0, "+1"), (0.0, "0"), (-1.0, "-1")):
        cv2.line(page, (_LEFT, round(row(value))), (WIDTH - _RIGHT, round(row(value))), RULE, 1)
        put_text(page, words, (_LEFT - 6, row(value) - 5), TextStyle(10, PALE, "right"))
    x = np.array([axis.x(float(seconds)) for seconds in times], float)
    for number, color in enumerate(VAD_COLORS):
        if np.isfinite(story.temperament[number]):
            level = round(row(story.temperament[number]))
            for start in range(_LEFT, WIDTH - _RIGHT, 12):
                cv2.line(page, (start, level), (start + 3, level), _mixed(color, 0.6), 1)
        name = ("valence", "arousal", "dominance")[number]
        values = [row(getattr(response, name)) for _, response in story.steps]
        line = np.round(np.column_stack([x, values]) * 16).astype(np.int32)
        cv2.polylines(page, [line], False, color, 2, cv2.LINE_AA, 4)


def _band(
    label: str, axis: _Axis, times: np.ndarray, names: Sequence[str],
    colors: Sequence[tuple[int, int, int]],
) -> _Block:
    def draw(page: np.ndarray, y: int) -> None:
        _label(page, y + 3, label)
        for start, end, name in _spans(names):
            x0, x1 = axis.x(times[start]), axis.x(times[min(end, len(times) - 1)])
            page[y + 3 : y + _ROW - 3, x0 : max(x1, x0 + 1)] = colors[start]
            put_text(page, fit_text(name, 12, x1 - x0 - 8), (x0 + 4, y + 8), TextStyle(12, INK))

    return _Block(_ROW, draw)


def _draw_shown(
    page: np.ndarray, y: int, axis: _Axis, times: np.ndarray,
    responses: Sequence[AffectiveResponse],
) -> None:
    _label(page, y + _STRENGTH // 2 - 10, "shows")
    bottom = y + _STRENGTH - 4
    page[y + 2 : bottom, _LEFT : WIDTH - _RIGHT] = PANEL
    names = [EMOTIONS[r.emotion] for r in responses]
    for start, end, name in _spans(names):
        last = min(end, len(times) - 1)
        for step in range(start, max(last, start + 1)):
            strength = responses[step].intensity if name != EMOTIONS[NEUTRAL] else 0.06
            high = round((bottom - y - 2) * float(np.clip(strength, 0, 1)))
            x0, x1 = axis.x(times[step]), axis.x(times[min(step + 1, len(times) - 1)])
            if high:
                page[bottom - high : bottom, x0 : max(x1, x0 + 1)] = EMOTION_COLORS[name]
        x0, x1 = axis.x(times[start]), axis.x(times[last])
        put_text(page, fit_text(name, 11, x1 - x0 - 6), (x0 + 3, y + 6), TextStyle(11, INK))


def _draw_gestures(
    page: np.ndarray, y: int, axis: _Axis, times: np.ndarray,
    responses: Sequence[AffectiveResponse],
) -> None:
    """Draw the gestures; the part of one that was begun before it was seen is hollow."""
    _label(page, y + 3, "gesture")
    for start, end, name in _spans([r.gesture for r in responses]):
        early = [bool(getattr(r, "anticipated", False)) for r in responses[start:end]]
        ahead = early.index(False) if False in early else len(early)
        x0, x1 = axis.x(times[start]), axis.x(times[min(end, len(times) - 1)])
        middle = axis.x(times[min(start + ahead, len(times) - 1)])
        cv2.rectangle(page, (x0, y + 4), (max(x1, x0 + 2), y + _ROW - 5), (86, 104, 140), 1)
        page[y + 4 : y + _ROW - 4, middle : max(x1, middle)] = (66, 80, 112)
        taken_back = ahead == len(early) and ahead > 0
        words = name.replace("_", " ") + (" (taken back)" if taken_back else "")
        put_text(page, words, (x0 + 4, y + 8), TextStyle(12, PALE if taken_back else INK))


def _told(found: Sequence[Decision]) -> list[Decision]:
    """Return the decisions that fit: the first, and of the others those that change most."""
    if len(found) <= _MOST_REASONS:
        return list(found)
    order = sorted(range(1, len(found)), key=lambda n: (-_weight(found[n]), n))
    return [found[n] for n in sorted([0, *order[: _MOST_REASONS - 1]])]


def _weight(decision: Decision) -> int:
    gesture = "gesture" in decision.changed and bool(decision.response.gesture)
    return (4 * ("towards" in decision.changed) + 3 * ("policy" in decision.changed) + 2 * gesture
            + 2 * ("emotion" in decision.changed) + ("anticipated" in decision.changed))


def _draw_reasons(
    page: np.ndarray, y: int, axis: _Axis, chosen: Sequence[Decision]
) -> None:
    _label(page, y + 3, "why")
    for number, decision in enumerate(chosen, start=1):
        x = axis.x(decision.seconds)
        put_text(page, str(number), (x, y + 4), TextStyle(11, INK, "center", bold=True))
        row, style = y + 3 + 19 * number, TextStyle(13, PALE, "right")
        put_text(page, str(number), (_LEFT + 16, row), style)
        put_text(page, f"{decision.seconds:.1f} s", (_LEFT + 70, row), style)
        words = fit_text(decision.response.reason, 13, WIDTH - _LEFT - _RIGHT - 86)
        put_text(page, words, (_LEFT + 86, row), TextStyle(13, PALE))


def _label(page: np.ndarray, y: int, words: str) -> None:
    put_text(page, words, (14, y + 5), TextStyle(13, PALE))


def _mixed(color: Iterable[int], share: float) -> tuple[int, int, int]:
    """Return a colour over the page's ground."""
    red, green, blue = (round(ground + float(np.clip(share, 0, 1)) * (value - ground))
                        for value, ground in zip(color, PANEL, strict=True))
    return red, green, blue


def _spans(names: Sequence[str]) -> list[tuple[int, int, str]]:
    """Return (start, end, name) of each run of one name; runs of "" are left out."""
    found = []
    start = 0
    for index in range(1, len(names) + 1):
        if index == len(names) or names[index] != names[start]:
            if names[start]:
                found.append((start, index, names[start]))
            start = index
    return found
