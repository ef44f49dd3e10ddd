"""Several people in a video: one detector looks for newcomers, one follower tracks each person.

MediaPipe can follow several poses itself, but it looks for them in the whole image only, at
224 x 224 pixels, and misses most who are not near and alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesics_core.perception.crops import crop_square, uncrop, windows
from kinesics_core.perception.face_hands import FaceHandFinder
from kinesics_core.perception.mediapipe_tasks import (
    as_mediapipe,
    person_of_pose,
    pixels,
    pose_landmarker,
)
from kinesics_core.perception.native_log import native_log_held
from kinesics_core.perception.pose_similarity import box, iou, oks, suppress_non_maxima
from kinesics_core.types import Person

DUPLICATE_OKS = 0.75
"""Two poses this alike are one person seen twice."""

SEARCH_SCALES, SMALLEST_WINDOW = (1.0, 2.0), 200
"""Windows searched for newcomers, see ``crops.windows``."""

SMALLEST_CROP, LARGEST_CROP = 256, 512
"""Side of the crop that a window is searched in, px."""

SAME_LIMBS = 0.5
"""A newcomer with a larger share of keypoints within other people is made of their limbs."""

START_MARGIN = 0.25
"""Surroundings that a follower starts on, as a share of the pose's longer side."""

CONFIRM_FRAMES = 3
"""Frames that a find in a part of the image must last to be believed."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """Model files of ``MultiPersonDetector``.

    Attributes:
        search: Pose landmarker that looks for newcomers; the lite one says as well as any where
            somebody is, for the follower then looks closer.
        pose: Pose landmarker that follows each person.
        face: Face landmarker.
        hand: Hand landmarker.
    """

    search: Path
    pose: Path
    face: Path
    hand: Path


class MultiPersonDetector:
    """Several people followed through a video, each with face and hands."""

    def __init__(self, models: ModelFiles, max_persons: int, confidence: float):
        self._new_follower = lambda: PoseFollower(models.pose, confidence)
        self._search = pose_landmarker(models.search, confidence, max_persons)
        self._parts = FaceHandFinder(models.face, models.hand, confidence)
        self._max_persons = max_persons
        self._followers: list[PoseFollower] = []
        self._idle: list[PoseFollower] = []
        self._turn = 0
        self._settled = False

    def detect(self, image: np.ndarray, milliseconds: int) -> list[Person]:
        """Return the people of the next image; milliseconds rise strictly."""
        with native_log_held(not self._settled):
            found = [(f, f.follow(image, milliseconds)) for f in self._followers]
            self._idle += [follower for follower, person in found if person is None]
            people = self._keep([(f, person) for f, person in found if person is not None])
            if len(people) < self._max_persons:
                people += self._newcomer(image, milliseconds, people)
            people = [p for p, f in zip(people, self._followers, strict=True) if f.confirmed]
            for person in people:
                self._parts.add(person, image)
        self._settled = self._settled or bool(people)
        return people

    def close(self) -> None:
        """Release the models."""
        for task in (self._search, self._parts, *self._followers, *self._idle):
            task.close()

    def _keep(self, found: list[tuple[PoseFollower, Person]]) -> list[Person]:
        """Let go of followers that ended up on somebody else's person."""
        people = without_duplicates([person for _, person in found])
        chosen = {id(person) for person in people}
        for follower, person in found:
            if id(person) not in chosen:
                self._release(follower)
        self._followers = [follower for follower, person in found if id(person) in chosen]
        return [person for _, person in found if id(person) in chosen]

    def _newcomer(self, image: np.ndarray, milliseconds: int, known: list[Person]) -> list[Person]:
        """Search one window a frame: the whole image every other time, then a part of it.

        At most one person is returned, the clearest: that keeps the time of a frame in bounds.
        """
        height, width = image.shape[:2]
        places = windows(width, height, SEARCH_SCALES, SMALLEST_WINDOW)
        whole = self._turn % 2 == 0 or len(places) == 1
        centre, side = places[0 if whole else 1 + self._turn // 2 % (len(places) - 1)]
        self._turn += 1
        if known:  # who is followed already is not to be found again
            image_left = image.copy()
            for other in known:
                x0, y0, x1, y1 = np.clip(box(other.coco), 0, (width, height) * 2).astype(int)
                image_left[y0:y1, x0:x1] = 0
        else:
            image_left = image
        size = int(np.clip(side, SMALLEST_CROP, LARGEST_CROP))
        crop, to_image = crop_square(image_left, centre, side, 0.0, size)
        result = self._search.detect(as_mediapipe(crop))
        if not result.pose_landmarks:
            return []
        points = uncrop(
            max(
                (pixels(pose, size, size) for pose in result.pose_landmarks),
                key=lambda p: float(np.ptp(p[:, 1])),
            ),
            to_image,
        )
        follower = self._idle.pop() if self._idle else self._new_follower()
        person = follower.start(image, points, milliseconds, confirmed=whole and not known)
        if person is None or _share_within(person, known) > SAME_LIMBS:
            self._release(follower)
            return []
        self._followers.append(follower)
        return [person]

    def _release(self, follower: PoseFollower) -> None:
        follower.forget()
        self._idle.append(follower)


def _share_within(person: Person, others: list[Person]) -> float:
    """Return the share of keypoints in the others' boxes: high if made of their limbs."""
    inside = np.zeros(len(person.coco), bool)
    for other in others:
        corners = box(other.coco)
        inside |= ((person.coco[:, :2] >= corners[:2]) & (person.coco[:, :2] <= corners[2:])).all(1)
    return float(inside.mean())


class PoseFollower:
    """MediaPipe's tracking of one pose, started on a person of the caller's choice."""

    def __init__(self, model: Path, confidence: float):
        self._task = pose_landmarker(model, confidence, 1, video=True)
        self._age = 0
        self._clock = 0

    @property
    def confirmed(self) -> bool:
        """True once the person has been seen for long enough to be believed."""
        return self._age >= CONFIRM_FRAMES

    def start(
        self, image: np.ndarray, points: np.ndarray, milliseconds: int, confirmed: bool
    ) -> Person | None:
        """Look once at nothing but the surroundings of a pose, and follow who is there.

        Args:
            image: (H, W, 3) uint8 RGB.
            points: (33, 3) px, the pose.
            milliseconds: The image's time.
            confirmed: Believe the find at once.
        """
        low, high = points[:, :2].min(0), points[:, :2].max(0)
        margin = START_MARGIN * (high - low).max()
        bounds = np.clip([low - margin, high + margin], 0, image.shape[1::-1]).astype(int)
        (x0, y0), (x1, y1) = bounds
        alone = np.zeros_like(image)
        alone[y0:y1, x0:x1] = image[y0:y1, x0:x1]
        self._age = CONFIRM_FRAMES if confirmed else 0
        return self.follow(alone, milliseconds)

    def follow(self, image: np.ndarray, milliseconds: int) -> Person | None:
        """Return the person in the next image, or None once lost."""
        # It may be asked twice about one frame, and its clock must rise all the same.
        self._clock = max(self._clock + 1, milliseconds)
        result = self._task.detect_for_video(as_mediapipe(image), self._clock)
        if not result.pose_landmarks:
            return None
        self._age += 1
        height, width = image.shape[:2]
        world = result.pose_world_landmarks[0] if result.pose_world_landmarks else None
        return person_of_pose(result.pose_landmarks[0], world, width, height)

    def forget(self) -> None:
        """Lose the person, so that another can be followed."""
        self.follow(np.zeros((64, 64, 3), np.uint8), self._clock + 1)

    def close(self) -> None:
        """Release the model."""
        self._task.close()


def without_duplicates(people: list[Person]) -> list[Person]:
    """Leave out poses that lie on a better one: PoseLandmarker may follow one person twice."""

    def same(person: Person, better: Person) -> bool:
        corners = box(person.coco)
        area = float((corners[2:] - corners[:2]).prod())
        return (oks(person.coco, better.coco, area) > DUPLICATE_OKS
                or iou(corners, box(better.coco)) > DUPLICATE_OKS)

    return suppress_non_maxima(people, same)
