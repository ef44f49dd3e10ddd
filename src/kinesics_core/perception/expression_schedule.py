"""Schedule of the expression networks: whose face they read in which image, and how long it holds.

The networks take longer than a frame may, and a face does not change at every frame: each person's
is read a few times a second, one person in an image, whoever was read longest ago first. Every
other time its mirror image is read, which errs in other ways: readings are averaged over time.
Between two readings a person keeps the last one, with the stamp of its image. What is hidden of a
face makes its reading less sure (``face_visibility``). A live stream does not wait for a reading:
it is made beside the search for keypoints in the next image, with which it comes.
"""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

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
        beside: Read in a thread of its own, and give the reading with the next image. Which image
            that is does not hang on how fast the machine is.
    """

    def __init__(
        self, rate: float, network: ExpressionNetwork | None = None, beside: bool = False
    ) -> None:
        self._period = int(NANOSECONDS / rate) if rate > 0.0 else 0
        self._gap = int(NANOSECONDS / max(rate, MOST))
        self._last: int | None = None
        self._network = network
        self._readings: dict[int, tuple[int, np.ndarray]] = {}
        self._tried: dict[int, int] = {}
        self._mirror: set[int] = set()  # people who are seen mirrored the next time
        self._stamp: int | None = None
        self._thread = ThreadPoolExecutor(1, "expressions") if beside else None
        self._coming: tuple[int, int, Future[np.ndarray | None]] | None = None
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
        self._take_what_came()
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
        self._mirror &= self._tried.keys()

    def _read_one(self, image: np.ndarray, people: list[Person], stamp: int) -> None:
        if self._last is not None and stamp - self._last < self._gap - _EARLY:
            return
        due = [person for person in people if person.face is not None
               and stamp - self._tried.get(person.id, -self._period) >= self._period - _EARLY]
        if not due:
            return
        person = min(due, key=lambda person: (self._tried.get(person.id, -1), person.id))
        self._tried[person.id] = self._last = stamp
        mirrored = person.id in self._mirror
        self._mirror ^= {person.id}
        if self._thread is None:
            self._keep(person.id, stamp, self._read(image, person, mirrored))
        else:
            self._coming = (person.id, stamp, self._thread.submit(
                self._read, image, replace(person), mirrored))

    def _take_what_came(self) -> None:
        """Take the reading of the last image, which is there by now or soon."""
        if self._coming is not None:
            identity, stamp, future = self._coming
            self._coming = None
            self._keep(identity, stamp, future.result())

    def _keep(self, identity: int, stamp: int, read: np.ndarray | None) -> None:
        if read is None:
            self._readings.pop(identity, None)
        else:
            self._readings[identity] = (stamp, read)

    def _read(self, image: np.ndarray, person: Person, mirrored: bool) -> np.ndarray | None:
        """Return the reading of a face; None of one of a few pixels, or of unknown landmarks."""
        assert self._network is not None and person.face is not None
        try:
            read = self._network.read(image, person.face, mirrored)
        except ModelError:
            return None
        seen = face_visibility(image, person.face, (person.left_hand, person.right_hand))
        return blurred(read, seen)

    def close(self) -> None:
        """End the thread; readings may go on."""
        if self._thread is not None:
            self._coming = None
            self._thread.shutdown()
            self._thread = ThreadPoolExecutor(1, "expressions")
