"""Where everybody's keypoints will be during the next second."""

from __future__ import annotations

from typing import Any

from kinesics.msg import MotionForecast, PersonArray
from kinesics_core.motion.runtime import Forecaster
from kinesics_core.types import People
from kinesics_ros import qos
from kinesics_ros.bus import Bus
from kinesics_ros.conversions import forecast_to_msg, people_from_msg
from kinesics_ros.parameters import Param
from kinesics_ros.run import run_node
from kinesics_ros.stage import Stage, Stopwatch


class ForecastNode(Stage):
    """``persons`` in, ``forecast`` out: one message a person and image."""

    PARAMETERS = (
        Param("model", "forecast_lstm.onnx", "ONNX file: a name in models/, or a path"),
    )

    def __init__(self, bus: Bus | None = None, **node_arguments: Any) -> None:
        super().__init__("forecast", bus, **node_arguments)
        self._forecaster: Forecaster | None = None
        self._publish = self.output(
            "forecast",
            MotionForecast,
            lambda forecasts: [forecast_to_msg(forecast) for forecast in forecasts],
            qos.RESULT,
        )
        self.input("persons", PersonArray, people_from_msg, self._forecast, qos.RESULT)

    def load(self) -> None:
        self._forecaster = Forecaster(self.parameters["model"])
        self._forecaster.warm_up()
        self.detail["model"] = self._forecaster.model
        self.detail["provider"] = self._forecaster.provider

    def start(self) -> None:
        assert self._forecaster is not None
        self._forecaster.reset()

    def unload(self) -> None:
        self._forecaster = None

    def _forecast(self, people: People) -> None:
        assert self._forecaster is not None
        with Stopwatch(self, people.stamp):
            forecasts = self._forecaster.update(people)
        self._publish(forecasts)


def main() -> None:
    run_node(ForecastNode)


if __name__ == "__main__":
    main()
