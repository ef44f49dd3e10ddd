"""Collection of what belongs to one image from the bus, for views and videos of the loop."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from kinesics_core.types import Affect, Frame, Moment, MotionForecast, SocialSignals
from kinesics_ros.bus import Bus


class Tap:
    """Listener that shows each answered image with all that belongs to it.

    Images that no stage looked at (dropped ones) are never shown.
    """

    # Images in flight: the camera is at most a few ahead of the expression.
    _CAPACITY = 12

    def __init__(self, bus: Bus, show: Callable[[Moment], None]) -> None:
        """Listen on a bus.

        Args:
            bus: Bus of the graph.
            show: Called with each moment, in the order of the images, in the thread of the stage
                that finished it; it must return at once.
        """
        self._show = show
        self._open: OrderedDict[int, Moment] = OrderedDict()
        self._lock = threading.Lock()
        bus.subscribe("image_raw", self._on_frame)
        bus.subscribe("persons", lambda item: self._put(item.stamp, people=item))
        bus.subscribe("forecast", self._on_forecasts)
        bus.subscribe("affect", self._on_affects)
        bus.subscribe("signals", self._on_signals)
        bus.subscribe("response", lambda item: self._put(item.stamp, response=item))
        bus.subscribe("face_pose", lambda item: self._put(item.stamp, face=item))
        bus.subscribe("body_pose", lambda item: self._put(item.stamp, body=item))

    def _on_frame(self, frame: Frame) -> None:
        with self._lock:
            self._open[frame.stamp] = Moment(frame)
            while len(self._open) > self._CAPACITY:
                self._open.popitem(last=False)

    def _on_forecasts(self, forecasts: list[MotionForecast]) -> None:
        if forecasts:
            self._put(forecasts[0].stamp, forecasts=forecasts)

    def _on_affects(self, affects: list[Affect]) -> None:
        if affects:
            self._put(affects[0].stamp, affects=affects)

    def _on_signals(self, signals: list[SocialSignals]) -> None:
        if signals:
            self._put(signals[0].stamp, signals=signals)

    def _put(self, stamp: int, **parts: Any) -> None:
        finished: list[Moment] = []
        with self._lock:
            moment = self._open.get(stamp)
            if moment is None:
                return
            for name, value in parts.items():
                setattr(moment, name, value)
            if "body" in parts:
                # Side branches (forecast, affect, signals) of this image may still be on their
                # way, so the image before it is the one that is certainly complete.
                finished = self._take_before(stamp)
        for moment in finished:
            self._show(moment)

    def _take_before(self, stamp: int) -> list[Moment]:
        taken = []
        while self._open and next(iter(self._open)) < stamp:
            _, moment = self._open.popitem(last=False)
            if moment.body is not None:
                taken.append(moment)
        return taken
