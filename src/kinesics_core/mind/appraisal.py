"""Appraisal: events that happen to the robot, and how each makes it feel.

An event draws the state towards the mean that Russell & Mehrabian (J. Research in Personality 11
(1977) 273-294) report for the term beside it; how far is authored, and nowhere a full step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

REACTION_TIMES = (2.4, 5.9)
"""Seconds from a robot's error to people's reaction, 10 % and 90 %, median 3.1 (63 reactions:
badrobotsIRL, Future Automation Research Laboratory, HRI 2025, MIT; `kinesics eval reactions`)."""


@dataclass(frozen=True, slots=True)
class Event:
    """A kind of event.

    Attributes:
        vad: (3,) where it draws the state.
        share: Of the way there that the state goes at once, 0..1.
        words: What happened, for a sentence.
    """

    vad: np.ndarray
    share: float
    words: str


def _event(vad: tuple[float, float, float], share: float, words: str) -> Event:
    return Event(np.array(vad), share, words)


EVENTS: dict[str, Event] = {
    "arrival": _event((0.64, 0.51, 0.17), 0.20, "somebody came"),  # Interested
    "greeted": _event((0.69, 0.35, 0.30), 0.25, "was greeted"),  # Friendly
    "smiled_at": _event((0.76, 0.48, 0.35), 0.20, "was smiled at"),  # Joyful
    "praised": _event((0.77, 0.38, 0.65), 0.20, "the answer was liked"),  # Proud
    "rebuffed": _event((-0.46, 0.54, -0.24), 0.10, "the answer was not liked"),  # Embarrassed
    "ignored": _event((-0.62, -0.01, -0.33), 0.15, "was ignored"),  # Rejected
    "startled": _event((-0.09, 0.65, -0.33), 0.40, "was startled"),  # Startled
    "departure": _event((-0.66, -0.43, -0.32), 0.10, "somebody left"),  # Lonely
    "error": _event((-0.46, 0.54, -0.24), 0.25, "made an error"),  # Embarrassed
}
"""Events by name; "error" and "startled" may also be told by whoever drives the robot."""
