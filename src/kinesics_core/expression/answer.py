"""The mind's answer as face and body carry it out: how strongly, how far they move, until when."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kinesics_core.affect.emotions import SADNESS, emotion_index
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.gestures import robot_gesture
from kinesics_core.types import AffectiveResponse

EXTENT = (0.4, 1.0)
"""Least and largest extent of what a body shows, 1 as authored for full strength; authored."""

_FULL_STATE = 1.001  # largest valence, arousal, dominance; float32 rounds above 1
_PLAYS = "play"  # name of the policy
_CONCERN = 0.6  # share of grief's posture in concern, whose eyes stay on the person; authored


@dataclass(frozen=True, slots=True)
class Answer:
    """A response to be shown until ``until``.

    Attributes:
        emotion: Index into ``EMOTIONS``.
        intensity: 0..1.
        state: Valence, arousal, dominance (3,) beneath it.
        until: End, in the animator's own time, seconds.
        stamp: Of the image answered, ns.
        extent: Of its gestures and of what the body shows, 1 as authored.
        plays: Whether it is given in play: its joy has a face of its own.
    """

    emotion: int
    intensity: float
    state: np.ndarray
    until: float
    stamp: int
    extent: float
    plays: bool

    @property
    def in_the_body(self) -> float:
        """Intensity that the body shows, 0..1."""
        return self.extent * self.intensity * (_CONCERN if self.emotion == SADNESS else 1.0)


def answer_of(response: AffectiveResponse, now: float) -> Answer:
    """Return a response as an answer that begins at ``now``, own time in seconds."""
    state = [response.valence, response.arousal, response.dominance]
    return Answer(
        emotion=int(response.emotion), intensity=response.intensity,
        state=np.clip(np.nan_to_num(state), -1.0, 1.0), until=now + response.duration,
        stamp=response.stamp, extent=extent_of(response.tempo), plays=response.policy == _PLAYS)


def extent_of(tempo: float) -> float:
    """Return how far a body moves that moves at a tempo, both 1 as authored.

    A movement's duration changes much less than its extent (isochrony: Viviani & McCollum,
    Neuroscience 10 (1983) 211), so who moves slowly moves less far, and people whose gestures are
    fast make large ones (Gallaher, J. of Personality and Social Psychology 63 (1992) 133). The
    square, which makes it seen, is authored.
    """
    return min(max(tempo * abs(tempo), EXTENT[0]), EXTENT[1])


def check_response(response: AffectiveResponse) -> None:
    """Refuse a response that no face can show.

    A bearing of nan is none known; it is not refused.

    Raises:
        KinesicsError: Its emotion, intensity, state, duration, bearing or gesture is out of range.
    """
    emotion_index(int(response.emotion))
    if not 0.0 <= response.intensity <= 1.0:
        raise KinesicsError(
            f"Got a response with intensity {response.intensity}; give a number from 0 to 1.")
    for name in ("valence", "arousal", "dominance"):
        value = getattr(response, name)
        if not -_FULL_STATE <= value <= _FULL_STATE:
            raise KinesicsError(
                f"Got a response with {name} {value}; give a number from -1 to 1.")
    if not (0.0 <= response.duration < math.inf and np.shape(response.bearing) == (2,)):
        raise KinesicsError(
            f"Got a response with duration {response.duration} s and bearing"
            f" {response.bearing}; give a finite time, 0 or more, and two angles.")
    if not all(map(math.isfinite, (response.lean, response.gaze, response.tempo))):
        raise KinesicsError(
            f"Got a response with lean {response.lean}, gaze {response.gaze} and tempo"
            f" {response.tempo}; give finite numbers.")
    if response.gesture:
        robot_gesture(response.gesture)
