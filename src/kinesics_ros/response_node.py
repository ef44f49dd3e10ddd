"""Affect of everybody seen, and what the robot answers to it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from kinesics.msg import Affect, AffectiveResponse, PersonArray, SocialSignals
from kinesics.msg import MotionForecast as MotionForecastMsg
from kinesics.srv import SetPersonality
from kinesics_core.affect.reader import AffectReader
from kinesics_core.affect.signals import SignalReader, SignalsConfig
from kinesics_core.bounded import drop_oldest
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.gestures import robot_gesture
from kinesics_core.mind.own_policy import SupervisedPolicy, load_policy, names_own_policy
from kinesics_core.mind.perceived import Answers
from kinesics_core.mind.personality import TRAITS, Personality, load_personality, temperament
from kinesics_core.mind.policy import ResponsePolicy
from kinesics_core.mind.policy_config import PolicyConfig
from kinesics_core.settings import settings_of
from kinesics_core.types import NANOSECONDS, MotionForecast, People
from kinesics_core.types import Affect as CoreAffect
from kinesics_ros import qos
from kinesics_ros.bus import Bus
from kinesics_ros.conversions import (
    affect_from_msg,
    affect_to_msg,
    forecast_from_msg,
    people_from_msg,
    response_to_msg,
)
from kinesics_ros.other_answers import OtherAnswers
from kinesics_ros.run import run_node
from kinesics_ros.signal_messages import signals_to_msg
from kinesics_ros.stage import Stage, Stopwatch

_AHEAD, _SOON, _COARSE = 2.0, 0.15, 0.5
"""Seconds of a forecast that are read; below which it tells nothing to come; and between its steps
above which no gesture is in it."""

_STANDS = 30
"""Images in a row with the same stamp from which on it is told."""


class ResponseNode(Stage):
    """``persons`` in, ``affect`` (face and body fused), ``signals`` and ``response`` out.

    Readings of a network on ``affect/body`` are averaged with the node's own reading of a body.
    An image never waits for its reading: the newest one of the last second counts. Of
    ``forecast`` likewise: the newest one of each person tells the gestures that are to come.

    A class of the user's may answer in place of our policy (``mind.own_policy``), and so may
    another publisher of ``response``: ours then steps back and returns after a silence.

    Service ``set_personality`` changes who the robot is while it runs.
    """

    PARAMETERS = (
        *settings_of(PolicyConfig, "policy"),
        *settings_of(Personality),
        *settings_of(PolicyConfig, "horizontal_fov"),
        *settings_of(SignalsConfig, "forecast_confidence"),
        *settings_of(PolicyConfig, "anticipate", "anticipate_from", "anticipate_patience"),
    )

    def __init__(self, bus: Bus | None = None, **node_arguments: Any) -> None:
        super().__init__("response", bus, **node_arguments)
        self._reader: AffectReader | None = None
        self._policy: ResponsePolicy | None = None
        self._answers: Answers | None = None  # our policy, or one of the user's above it
        self._signals: SignalReader | None = None
        self._forecasts: dict[int, MotionForecast] = {}
        self._stamp, self._alike = -1, 0  # of the newest image, and how many before it had it too
        self._publish_affects = self.output(
            "affect", Affect, lambda affects: [affect_to_msg(a) for a in affects], qos.PEOPLE
        )
        self._publish_signals = self.output(
            "signals", SocialSignals, lambda signals: [signals_to_msg(s) for s in signals],
            qos.PEOPLE)
        self._publish_response = self.output(
            "response", AffectiveResponse, lambda response: [response_to_msg(response)], qos.RESULT
        )
        self.input("persons", PersonArray, people_from_msg, self._respond, qos.RESULT)
        self.input(
            "affect/body", Affect, lambda message: [affect_from_msg(message)],
            self._keep_bodies, qos.PEOPLE,
            key=lambda affects: tuple(affect.person_id for affect in affects),
        )
        self.input(
            "forecast", MotionForecastMsg, lambda message: [forecast_from_msg(message)],
            self._keep_forecasts, qos.PEOPLE,
            key=lambda forecasts: tuple(forecast.person_id for forecast in forecasts),
        )
        self._others = OtherAnswers(self)
        self.create_service(SetPersonality, "set_personality", self._set_personality)

    def load(self) -> None:
        """Make the readers of affect and signals, and the policy."""
        self._reader = AffectReader()
        self._signals = SignalReader(self.parameters.config(SignalsConfig))
        config, name = self.parameters.config(PolicyConfig), self.parameters["policy"]
        self._policy = ResponsePolicy(self.parameters.config(Personality), config)
        self._answers = self._policy
        if names_own_policy(name):
            self._answers = SupervisedPolicy(
                self._policy, load_policy(name), name.rpartition(":")[2],
                check_gesture=robot_gesture, told=self.get_logger().warning)
        self.detail["policy"] = name

    def unload(self) -> None:
        """Let go of readers and policy."""
        if isinstance(self._answers, SupervisedPolicy):
            self._answers.close()
        self._reader = self._policy = self._signals = self._answers = None

    def stop(self) -> None:
        """Hear no others any more."""
        self._others.stop()

    def start(self) -> None:
        """Forget what networks read and forecast during an earlier activation."""
        assert self._reader is not None
        self._reader.drop_body_readings()
        self._forecasts.clear()

    def _keep_bodies(self, affects: list[CoreAffect]) -> None:
        assert self._reader is not None
        self._reader.add_body_readings(affects)

    def _keep_forecasts(self, forecasts: list[MotionForecast]) -> None:
        self._forecasts |= {near.person_id: near for near in map(_near, forecasts) if near}
        drop_oldest(self._forecasts)  # images, which drop more, may not come

    def _respond(self, people: People) -> None:
        assert self._reader is not None and self._answers is not None
        assert self._signals is not None
        self._watch_clock(people.stamp)
        with Stopwatch(self, people.stamp):
            affects = self._reader.update(people)
            signals = self._signals.update(people, list(self._forecasts.values()))
            response = self._answers.update(affects, people, signals)
        for affect in affects:
            affect.frame_id = people.frame_id
        # The response first: the expression waits for it, the affect is for observers.
        if not self._others.speaking:
            self._others.remember(response)
            self._publish_response(response)
        self._publish_affects(affects)
        self._publish_signals(signals)
        there = {person.id for person in people.persons}
        self._forecasts = {
            person: forecast for person, forecast in self._forecasts.items() if person in there}

        if isinstance(self._answers, SupervisedPolicy):
            own = self._answers
            self.detail["own_policy"] = (
                f"answered {own.answered}, late {own.late}, failed {own.errors}")
            if own.fault:
                self.detail["own_policy_fault"] = own.fault

    def _watch_clock(self, stamp: int) -> None:
        """Tell where stamps do not go on: nothing that takes time is seen then."""
        self._alike = self._alike + 1 if stamp == self._stamp else 0
        self._stamp = stamp
        if self._alike < _STANDS:
            self.detail.pop("clock", None)
            return
        self.detail["clock"] = (
            f"got {self._alike + 1} images in a row with the stamp {stamp / NANOSECONDS:.3f} s;"
            " forecasts, gestures and answers need stamps that go on. Have who publishes the"
            " images set header.stamp to the time each was taken")
        self.get_logger().warning(self.detail["clock"], throttle_duration_sec=30.0)

    def _set_personality(
        self, request: SetPersonality.Request, answer: SetPersonality.Response
    ) -> SetPersonality.Response:
        if self._policy is None:
            answer.message = "the response node is not configured; configure it first"
            return answer
        try:
            self._policy.set_personality(_personality(request))
            answer.success = True
            self.detail["personality"] = request.name or "as its five traits say"
        except KinesicsError as error:
            answer.message = str(error)
        now = self._policy.personality
        answer.valence, answer.arousal, answer.dominance = map(float, temperament(now))
        answer.traits = [getattr(now, trait) for trait in TRAITS]
        return answer


def _near(forecast: MotionForecast) -> MotionForecast | None:
    """Return the next seconds of a forecast, or None if they tell nothing.

    Others may forecast an hour, and each of its moments would be read for everybody.
    """
    if forecast.dt > _COARSE or forecast.dt * len(forecast.keypoints) < _SOON:
        return None
    steps = math.ceil(_AHEAD / forecast.dt)
    if len(forecast.keypoints) <= steps:
        return forecast
    return replace(
        forecast, keypoints=forecast.keypoints[:steps], spread=forecast.spread[:steps])


def _personality(request: SetPersonality.Request) -> Personality:
    traits = {trait: getattr(request, trait) for trait in TRAITS}
    if not request.name:
        return Personality(**traits)
    if any(traits.values()):
        raise KinesicsError(
            f"Got the name {request.name!r} and traits other than 0; send a name, or the five"
            " traits and no name.")
    return load_personality(request.name)


def main() -> None:
    """Run the node until a signal ends it."""
    run_node(ResponseNode)


if __name__ == "__main__":
    main()
