"""Conversion of social signals to kinesics/SocialSignals and back, exact up to float32."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np

from kinesics.msg import SocialSignals as SocialSignalsMsg
from kinesics_core.affect.signals import ENGAGEMENT, GESTURES, POSTURES
from kinesics_core.errors import MessageError
from kinesics_core.types import GestureSign, SocialSignals
from kinesics_ros.conversions import LONGEST, header, time_from_msg

_FARTHEST = 1e4
"""Metres, and metres per second: nobody is seen beyond."""


def signals_to_msg(signals: SocialSignals) -> SocialSignalsMsg:
    """Return one person's signals as kinesics/SocialSignals."""
    return SocialSignalsMsg(
        header=header(signals.stamp, signals.frame_id),
        person_id=signals.person_id,
        gestures=[sign.name for sign in signals.gestures],
        gesture_confidence=array("f", [sign.confidence for sign in signals.gestures]),
        expected=[sign.name for sign in signals.expected],
        expected_confidence=array("f", [sign.confidence for sign in signals.expected]),
        expected_starts_in=array("f", [sign.starts_in for sign in signals.expected]),
        posture=POSTURES.index(signals.posture),
        engagement=ENGAGEMENT.index(signals.engagement),
        engagement_confidence=float(signals.engagement_confidence),
        distance=float(signals.distance),
        facing=float(signals.facing),
        gaze=float(signals.gaze),
        approach=float(signals.approach),
    )


def signals_from_msg(message: SocialSignalsMsg) -> SocialSignals:
    """Return the signals of a kinesics/SocialSignals.

    Raises:
        MessageError: Lists of one kind differ in length, or a constant is none.
    """
    if message.posture >= len(POSTURES) or message.engagement >= len(ENGAGEMENT):
        raise MessageError(
            f"got SocialSignals with posture {message.posture} and engagement"
            f" {message.engagement}; wanted constants of the message. Check its publisher.")
    gestures, confidences = message.gestures, message.gesture_confidence
    return SocialSignals(
        stamp=time_from_msg(message.header.stamp),
        person_id=message.person_id,
        gestures=_signs(gestures, confidences, [0.0] * len(gestures)),
        expected=_signs(
            message.expected, message.expected_confidence, message.expected_starts_in),
        posture=POSTURES[message.posture],
        engagement=ENGAGEMENT[message.engagement],
        engagement_confidence=_within(message.engagement_confidence, 0.0, 1.0, 0.0),
        distance=_within(message.distance, 0.0, _FARTHEST, np.nan),
        facing=_within(message.facing, 0.0, float(np.pi), np.nan),
        gaze=_within(message.gaze, 0.0, 1.0, np.nan),
        approach=_within(message.approach, -_FARTHEST, _FARTHEST, np.nan),
        frame_id=message.header.frame_id,
    )


def _signs(
    names: Sequence[str], confidences: Sequence[float], starts: Sequence[float]
) -> tuple[GestureSign, ...]:
    """Return the gestures of three lists; a name we do not know is left out.

    Raises:
        MessageError: The lists differ in length.
    """
    if not len(names) == len(confidences) == len(starts):
        raise MessageError(
            f"got SocialSignals with {len(names)} gestures, {len(confidences)} confidences and"
            f" {len(starts)} starts; wanted as many of each. Check its publisher.")
    return tuple(
        GestureSign(name, _within(confidence, 0.0, 1.0, 0.0), _within(start, 0.0, LONGEST, 0.0))
        for name, confidence, start in zip(names, confidences, starts, strict=True)
        if name in GESTURES)


def _within(value: float, low: float, high: float, otherwise: float) -> float:
    """Return a number clipped to its range, ``otherwise`` if it is none."""
    return float(np.clip(value, low, high)) if np.isfinite(value) else otherwise
