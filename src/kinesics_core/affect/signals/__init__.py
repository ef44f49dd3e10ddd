"""Social signals: gestures, posture and engagement of everybody seen, observed and forecast.

``SignalReader`` takes what perception sees of people, image by image, and their forecasts; it
gives each person's ``types.SocialSignals``. On the way

- ``timeline`` lays the keypoints of everybody on one grid of time, whatever the camera's rate,
- ``measures`` turns them into lengths and angles of a body, free of distance and place,
- ``means`` smooths these, ``filters`` finds what swings,
- ``gestures`` says how much each moment looks like each gesture, ``decision`` when that is one,
- ``expectation`` tells which ones a forecast holds,
- ``posture`` tells standing from sitting, ``engagement`` follows REP-155's five levels.

A forecast's keypoints are the timeline's continuation: the same rules run on through them.
"""

from kinesics_core.affect.signals.names import ENGAGEMENT, GESTURES, POSTURES
from kinesics_core.affect.signals.reader import SignalReader, SignalsConfig

__all__ = ["ENGAGEMENT", "GESTURES", "POSTURES", "SignalReader", "SignalsConfig"]
