"""Forecasts of everybody's keypoints for the next second, and what their bodies express."""

from __future__ import annotations

import time
from typing import Any

from kinesics.msg import Affect, MotionForecast, PersonArray
from kinesics_core.motion.runtime import ForecastConfig, Forecaster
from kinesics_core.settings import settings_of
from kinesics_core.types import People
from kinesics_ros import qos
from kinesics_ros.bus import Bus
from kinesics_ros.conversions import affect_to_msg, forecast_to_msg, people_from_msg
from kinesics_ros.run import run_node
from kinesics_ros.stage import Stage, Stopwatch

GIVES_WAY = 0.004
"""Seconds that a forecast lets the answer to the same image go first in a composed graph: threads
of one process take turns, and the answer takes what was forecast from the image before."""


class ForecastNode(Stage):
    """``persons`` in; ``forecast`` out, one message for each person and image.

    If the model has a classifier, ``affect/body`` goes out in the same way: its classes under their
    own names, whatever they are, and as our emotions and VAD.
    """

    PARAMETERS = settings_of(ForecastConfig)

    def __init__(self, bus: Bus | None = None, **node_arguments: Any) -> None:
        super().__init__("forecast", bus, **node_arguments)
        self._forecaster: Forecaster | None = None
        self._publish_forecasts = self.output(
            "forecast",
            MotionForecast,
            lambda forecasts: [forecast_to_msg(forecast) for forecast in forecasts],
            qos.PEOPLE,
        )
        self._publish_affects = self.output(
            "affect/body", Affect, lambda affects: [affect_to_msg(a) for a in affects], qos.PEOPLE
        )
        self.input("persons", PersonArray, people_from_msg, self._forecast, qos.RESULT)

    def load(self) -> None:
        """Read the network."""
        self._forecaster = Forecaster(self.parameters["model"])
        self._forecaster.warm_up()
        self.detail["model"] = self._forecaster.model
        self.detail["provider"] = self._forecaster.provider
        self.detail["classes"] = ", ".join(self._forecaster.classes) or "none"
        if self._forecaster.notice:
            self.get_logger().info(self._forecaster.notice)

    def start(self) -> None:
        """Forget the people of an earlier activation."""
        assert self._forecaster is not None
        self._forecaster.reset()

    def unload(self) -> None:
        """Let go of the network."""
        self._forecaster = None

    def _forecast(self, people: People) -> None:
        assert self._forecaster is not None
        if self.bus is not None:
            time.sleep(GIVES_WAY)
        with Stopwatch(self, people.stamp):
            outlook = self._forecaster.update(people)
        for affect in outlook.affects:
            affect.frame_id = people.frame_id
        self._publish_forecasts(outlook.motion)
        if outlook.affects:
            self._publish_affects(outlook.affects)


def main() -> None:
    """Run the node until a signal ends it."""
    run_node(ForecastNode)


if __name__ == "__main__":
    main()
