"""Schedule of the expression networks: whose face they read in which image, and how long it holds.

The networks take longer than a frame may, and a face does not change at every frame: each person's
is read a few times a second, one person in an image, whoever was read longest ago first. Between
two readings a person keeps the last one, with the stamp of its image. What is hidden of a face
makes its reading less sure (``face_visibility``).
"""

from __future__ import annotations

import logging

import numpy as np

from kinesics_core.errors import AssetError, ModelError
from kinesics_core.perception.expression_network import ExpressionNetwork
from kinesics_core.perception.face_visibility import blurred, face_visibility
from kinesics_core.types import NANOSECONDS, Person

HOLD = NANOSECONDS
"""Age, ns, from which a reading says nothing about a face any more."""

MOST = 15.0
"""Readings per second of all people together, unless one person's rate is higher: a reading takes
10 ms of processor time, which is 5 ms a frame at 30 Hz however many people there are."""

_EARLY = NANOSECONDS // 100  # a frame that comes this early is not skipped for the next one

_log = logging.getLogger(__name__)


class ExpressionSchedule:
    """Reader of the faces of tracked people, a few times a second each.

    Without the networks (no connection when they are first wanted) it says so once in the log and
    leaves faces to their blendshapes.

    Args:
        rate: Readings of a person per second; 0 loads no network and reads nothing.
        network: What reads; None loads it.
    """

    def __init__(self, rate: float, network: ExpressionNetwork | None = None):
        self._period = int(NANOSECONDS / rate) if rate > 0.0 else 0
        self._gap = int(NANOSECONDS / max(rate, MOST))
        self._last: int | None = None
        self._network = network
        self._readings: dict[int, tuple[int, np.ndarray]] = {}
        self._tried: dict[int, int] = {}
        self._stamp: int | None = None
        if network is None and rate > 0.0:
            try:
                self._network = ExpressionNetwork.load()
            except AssetError as error:
                _log.warning("Expressions are read from blendshapes alone: %s", error)

    def add(self, image: np.ndarray, people: list[Person], stamp: int) -> None:
        """Set ``expression`` and ``expression_stamp`` of the people whose faces were read.

        Args:
            image: (H, W, 3) uint8, RGB.
            people: Everybody in the image, with ids.
            stamp: Of the image, ns. One that goes back starts everybody anew.
        """
        if self._network is None:
            return
        if self._stamp is not None and stamp < self._stamp:
            self._readings.clear()
            self._tried.clear()
            self._last = None
        self._stamp = stamp
        self._forget(stamp)
        self._read_one(image, people, stamp)
        for person in people:
            if person.face is not None and person.id in self._readings:
                person.expression_stamp, person.expression = self._readings[person.id]

    def warm_up(self) -> None:
        """Run the networks once, so that the first face is not slow."""
        if self._network is not None:
            self._network.read(np.zeros((200, 200, 3), np.uint8), (50, 50, 150, 150))

    def _forget(self, stamp: int) -> None:
        self._readings = {i: r for i, r in self._readings.items() if stamp - r[0] < HOLD}
        self._tried = {i: s for i, s in self._tried.items() if stamp - s < HOLD}

    def _read_one(self, image: np.ndarray, people: list[Person], stamp: int) -> None:
        if self._last is not None and stamp - self._last < self._gap - _EARLY:
            return
        due = [person for person in people if person.face is not None
               and stamp - self._tried.get(person.id, -self._period) >= self._period - _EARLY]
        if not due:
            return
        person = min(due, key=lambda person: (self._tried.get(person.id, -1), person.id))
        self._tried[person.id] = self._last = stamp
        assert self._network is not None and person.face is not None
        try:
            read = self._network.read(image, person.face)
            seen = face_visibility(image, person.face, (person.left_hand, person.right_hand))
            self._readings[person.id] = (stamp, blurred(read, seen))
        except ModelError:  # a face of a few pixels, or landmarks that are unknown
            self._readings.pop(person.id, None)
