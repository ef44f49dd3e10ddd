"""Body, hand and face landmarks of people in a stream of frames, through MediaPipe Tasks.

One person: ``HolisticLandmarker`` (pose 33, hands 2 x 21, face 478, 52 blendshapes). Several: a
``PoseLandmarker`` for each, then ``FaceLandmarker`` on a crop of each head, turned upright, and
``HandLandmarker`` on a crop around each wrist that is seen. Ids come from ``tracking``, steadiness
from ``smoothing``, the head's pose from ``head_pose``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

import numpy as np

from kinesics_core.assets import store
from kinesics_core.errors import ModelError
from kinesics_core.perception.config import KeypointConfig
from kinesics_core.perception.expression_schedule import ExpressionSchedule
from kinesics_core.perception.hands import Owner, give_hands_to_wrists
from kinesics_core.perception.head_pose import head_pose
from kinesics_core.perception.hidden_legs import doubt_hidden_legs
from kinesics_core.perception.holistic import HolisticDetector
from kinesics_core.perception.multi_person import ModelFiles, MultiPersonDetector
from kinesics_core.perception.smoothing import PersonFilter
from kinesics_core.perception.tracking import Tracker
from kinesics_core.types import Frame, People, Person

MIN_SIDE = 16
"""Pixels. Nothing can be seen in a smaller image."""

JUMP_BACK_MS = 500
"""A clock that goes back by less was corrected, by more was replaced."""

AGES_MS = 1_000_000
"""From one frame to the next, so long that MediaPipe finds nothing to smooth."""

_log = logging.getLogger(__name__)


class Detector(Protocol):
    """People of one image after the other, ids not given yet."""

    def detect(self, image: np.ndarray, milliseconds: int) -> list[Person]:
        """Return the people of an image; milliseconds rise strictly."""

    def close(self) -> None:
        """Release the models."""


class KeypointEstimator:
    """Finds people in a stream of frames. Not thread-safe: one thread at a time.

    ``Person.coco[:, 2]`` is MediaPipe's visibility times presence of that landmark, halved for legs
    that are likelier hidden than seen. Landmarks outside the image or hidden keep their estimated
    coordinates and get a low score;
    ``Person.score`` is the mean of the 17.

    Args:
        config: See ``KeypointConfig``; None takes its defaults.

    Attributes:
        config: As given.
        model: Name of the model in use, as in ``assets.toml``.

    Raises:
        AssetError: The model cannot be had.
        ModelError: It is not a MediaPipe model.
    """

    def __init__(self, config: KeypointConfig | None = None):
        self.config = config = config or KeypointConfig()
        if config.max_persons == 1:
            self.model = f"holistic-{config.variant}"
            path = store.path(self.model)
            self._create: Callable[[], Detector] = (
                lambda: HolisticDetector(path, config.min_confidence))
        else:
            self.model = f"pose-landmarker-{config.variant}"
            files = ModelFiles(*(store.path(name) for name in (
                "pose-landmarker-lite", self.model, "face-landmarker", "hand-landmarker")))
            self._create = lambda: MultiPersonDetector(
                files, config.max_persons, config.min_confidence)
        self._detector: Detector | None = self._create()
        self._tracker = Tracker(config.memory)
        self._expressions = ExpressionSchedule(
            config.expression_rate, beside=config.expression_beside)
        self._filters: dict[int, PersonFilter] = {}
        self._kept_hands: set[Owner] = set()
        self._size: tuple[int, int] | None = None
        self._stamp_ms: int | None = None
        self._model_ms = 0

    def __enter__(self) -> KeypointEstimator:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def warm_up(self, width: int, height: int) -> None:
        """Run once on a black image of a size, so that the first real frame is not slow."""
        self._detect(np.zeros((height, width, 3), np.uint8), None)
        self._expressions.warm_up()

    def process(self, frame: Frame) -> People:
        """Return the people of one frame.

        Args:
            frame: Its image is (H, W, 3) uint8 RGB. The size may differ from the last one's, and
                the stamp may go back.

        Raises:
            ValueError: The image has another shape or type.
            ModelError: MediaPipe fails twice on this image.
        """
        image = frame.image
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise ValueError(
                f"Got an image of shape {image.shape} and type {image.dtype}; "
                "wanted (height, width, 3) uint8, RGB."
            )
        height, width = image.shape[:2]
        people = People(frame.stamp, width, height, [], self.model, frame.frame_id)
        if min(width, height) < MIN_SIDE:
            return people
        found = self._detect(np.ascontiguousarray(image), frame.stamp)
        ids = self._tracker.update([person.coco for person in found], frame.stamp)
        alive = self._tracker.alive
        self._filters = {i: f for i, f in self._filters.items() if i in alive}
        for person, identity in zip(found, ids, strict=True):
            person.id = identity
        self._kept_hands = {owner for owner in self._kept_hands if owner[0] in alive}
        give_hands_to_wrists(found, self._kept_hands)
        for person in found:
            if self.config.smoothing:
                self._filters.setdefault(person.id, PersonFilter()).apply(person, frame.stamp)
            doubt_hidden_legs(person.coco)
            person.score = float(person.coco[:, 2].mean())
            if person.face is not None:
                person.head = head_pose(person.face, width, height, self.config.focal_length)
        self._expressions.add(image, found, frame.stamp)
        people.persons = sorted(found, key=lambda person: person.id)
        return people

    def close(self) -> None:
        """Release the models. May be called twice; ``process`` loads them again."""
        self._expressions.close()
        self._release()

    def _release(self) -> None:
        if self._detector is not None:
            self._detector.close()
            self._detector = None

    def _detect(self, image: np.ndarray, stamp: int | None) -> list[Person]:
        size = (image.shape[1], image.shape[0])
        fresh = self._advance(stamp)
        if self._detector is not None and (fresh or self._size not in (None, size)):
            # Holistic crashes when the size changes, and follows the past where there is none.
            self._release()
        self._size = size
        if self._detector is None:
            self._detector = self._create()
        try:
            return self._detector.detect(image, self._model_ms)
        except (RuntimeError, ValueError) as error:
            _log.warning("MediaPipe failed (%s); its graph is built again.", error)
            self._release()
            self._detector = self._create()
            try:
                return self._detector.detect(image, self._model_ms)
            except (RuntimeError, ValueError) as again:
                self._release()
                raise ModelError(
                    f"MediaPipe cannot process an image of {size[0]} x {size[1]}: {again}."
                ) from again

    def _advance(self, stamp: int | None) -> bool:
        """Move the model's own clock, which must rise strictly; return True to start afresh.

        The model uses time for its smoothing only, so a small step back of the frames' clock
        need not cost a new graph: the model's clock just goes on.
        """
        now_ms = (self._stamp_ms or 0) if stamp is None else stamp // 1_000_000
        step = 0 if self._stamp_ms is None else now_ms - self._stamp_ms
        self._stamp_ms = None if stamp is None else now_ms
        self._model_ms += max(1, step) if self.config.smoothing else AGES_MS
        return step < -JUMP_BACK_MS
