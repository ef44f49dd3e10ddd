"""Body, hand and face landmarks of people in images, through MediaPipe Tasks.

One person: ``HolisticLandmarker`` (pose 33, hands 2 x 21, face 478, 52 blendshapes). Several: a
``PoseLandmarker`` for each, then ``FaceLandmarker`` on a crop of each head, turned upright, and
``HandLandmarker`` on a crop around each wrist that is seen. Ids come from ``tracking``, steadiness
from ``smoothing``, the head's pose from ``head_pose``.
"""

from __future__ import annotations

import atexit
import logging
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from kinesics_core.assets import store
from kinesics_core.errors import ModelError
from kinesics_core.perception.config import VARIANTS, KeypointConfig
from kinesics_core.perception.crops import crop_square, uncrop, windows
from kinesics_core.perception.head_pose import head_pose
from kinesics_core.perception.native_log import native_log_held
from kinesics_core.perception.smoothing import OneEuroFilter
from kinesics_core.perception.tracking import Tracker, box, iou, oks
from kinesics_core.skeletons import (
    ARKIT_BLENDSHAPES,
    BLENDSHAPE_INDEX,
    MEDIAPIPE33_TO_COCO17,
)
from kinesics_core.types import Frame, People, Person

MIN_SIDE = 16  # px; nothing can be seen in a smaller image
JUMP_BACK_MS = 500  # a clock that goes back by less was corrected, by more was replaced
AGES_MS = 1_000_000  # from one frame to the next: so long that MediaPipe finds nothing to smooth
DUPLICATE_OKS = 0.75  # two poses this alike are one person seen twice
HEAD_CROP, HAND_CROP = 256, 224  # px, side of the crops given to the face and hand models
LOOKOUT_SCALES, LOOKOUT_SMALLEST = (1.0, 2.0), 200  # windows searched for newcomers, see crops

_log = logging.getLogger(__name__)


class KeypointEstimator:
    """Finds people in a stream of frames. Not thread-safe: one thread at a time.

    variant: "lite", "full" or "heavy", MediaPipe's pose models.
    max_persons: 1 uses the holistic model, which follows one person with every part; more looks
        for newcomers in a part of each frame in turn (a small, far one may take some tenths of a
        second to be found), and costs per person.
    smoothing: one-euro filter on landmarks (not on blendshapes, scores or visibilities). False
        turns off MediaPipe's own as well, which lags by up to a frame: for what smooths later.
    focal_length: px at the size of the frames, for the head's pose; None: see ``head_pose``.
    min_confidence: 0..1, below which MediaPipe reports no person, face or hand.
    memory: seconds after which a person who comes back gets a new id.

    Scores: ``Person.coco[:, 2]`` is MediaPipe's visibility times presence of that landmark.
    Landmarks outside the image or hidden keep their estimated coordinates and get a low score;
    ``Person.score`` is the mean of the 17.

    Raises AssetError if the model cannot be had, ModelError if it is not a MediaPipe model.
    """

    def __init__(
        self,
        variant: str = KeypointConfig.variant,
        max_persons: int = KeypointConfig.max_persons,
        smoothing: bool = KeypointConfig.smoothing,
        *,
        focal_length: float | None = None,
        min_confidence: float = KeypointConfig.min_confidence,
        memory: float = 1.0,
    ):
        if variant not in VARIANTS:
            raise ModelError(f"Got variant {variant!r}; wanted one of {', '.join(VARIANTS)}.")
        if not 1 <= max_persons <= 20:
            raise ModelError(f"Got max_persons={max_persons}; wanted 1 to 20.")
        if not 0.0 < min_confidence < 1.0:
            raise ModelError(f"Got min_confidence={min_confidence}; wanted between 0 and 1.")
        self.focal_length = focal_length
        self._smoothing = smoothing
        if max_persons == 1:
            self.model = f"holistic-{variant}"
            path = store.path(self.model)
            self._create: Callable[[], _Detector] = lambda: _Holistic(path, min_confidence)
        else:
            self.model = f"pose-landmarker-{variant}"
            pose, face, hand = (
                store.path(name) for name in (self.model, "face-landmarker", "hand-landmarker")
            )
            # Where somebody is, the lite model says as well; the follower then looks closer.
            scout = store.path("pose-landmarker-lite")
            self._create = lambda: _Crowd(scout, pose, face, hand, max_persons, min_confidence)
        self._detector: _Detector | None = self._create()
        self._tracker = Tracker(memory)
        self._filters: dict[int, _PersonFilter] = {}
        self._size: tuple[int, int] | None = None
        self._stamp_ms: int | None = None
        self._model_ms = 0

    def __enter__(self) -> KeypointEstimator:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def warm_up(self, width: int, height: int) -> None:
        """Run once on a black image of that size, so that the first real frame is not slow."""
        self._detect(np.zeros((height, width, 3), np.uint8), None)

    def process(self, frame: Frame) -> People:
        """The people of one frame. Its size may differ from the last one's, its stamp go back."""
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
            if self._smoothing:
                self._filters.setdefault(identity, _PersonFilter()).apply(person, frame.stamp)
            if person.face is not None:
                person.head = head_pose(person.face, width, height, self.focal_length)
        people.persons = sorted(found, key=lambda person: person.id)
        return people

    def close(self) -> None:
        """Release the models. May be called twice; ``process`` loads them again."""
        if self._detector is not None:
            self._detector.close()
            self._detector = None

    def _detect(self, image: np.ndarray, stamp: int | None) -> list[Person]:
        size = (image.shape[1], image.shape[0])
        fresh = self._advance(stamp)
        if self._detector is not None and (fresh or self._size not in (None, size)):
            # Holistic crashes when the size changes, and follows the past where there is none.
            self.close()
        self._size = size
        if self._detector is None:
            self._detector = self._create()
        try:
            return self._detector.detect(image, self._model_ms)
        except (RuntimeError, ValueError) as error:
            _log.warning("MediaPipe failed (%s); its graph is built again.", error)
            self.close()
            self._detector = self._create()
            try:
                return self._detector.detect(image, self._model_ms)
            except (RuntimeError, ValueError) as again:
                self.close()
                raise ModelError(
                    f"MediaPipe cannot process an image of {size[0]} x {size[1]}: {again}."
                ) from again

    def _advance(self, stamp: int | None) -> bool:
        """Move the model's own clock, which must rise strictly; True if it must start afresh.

        The model uses time for its smoothing only, so a small step back of the frames' clock
        need not cost a new graph: the model's clock just goes on.
        """
        now_ms = (self._stamp_ms or 0) if stamp is None else stamp // 1_000_000
        step = 0 if self._stamp_ms is None else now_ms - self._stamp_ms
        self._stamp_ms = None if stamp is None else now_ms
        self._model_ms += max(1, step) if self._smoothing else AGES_MS
        return step < -JUMP_BACK_MS


@dataclass(slots=True)
class _PersonFilter:
    """One filter for each part of a person; a part that was missing starts afresh."""

    filters: dict[str, OneEuroFilter] = field(default_factory=dict)

    PARTS = {
        "pose": 3, "left_hand": 3, "right_hand": 3, "face": 3,
        "pose_world": 3, "left_hand_world": 3, "right_hand_world": 3,
    }  # fmt: skip

    def apply(self, person: Person, stamp: int) -> None:
        corners = box(person.coco)
        size = float(np.nanmax([corners[2] - corners[0], corners[3] - corners[1], 1.0]))
        for part, columns in self.PARTS.items():
            value = getattr(person, part)
            if value is None:
                self.filters.pop(part, None)
                continue
            smooth = self.filters.setdefault(part, OneEuroFilter())
            scale = 1.7 if part.endswith("world") else size  # metres: a person's height
            value[:, :columns] = smooth(value[:, :columns], stamp, scale)
        if person.pose is not None:
            person.coco[:, :2] = person.pose[MEDIAPIPE33_TO_COCO17, :2]


# --- MediaPipe ------------------------------------------------------------------------------


class _Detector(Protocol):
    """People of one image, ids not given yet; milliseconds rise strictly."""

    def detect(self, image: np.ndarray, milliseconds: int) -> list[Person]: ...

    def close(self) -> None: ...


class _Holistic:
    """One person, every part."""

    def __init__(self, model: Path, confidence: float):
        from mediapipe.tasks.python import vision

        options = vision.HolisticLandmarkerOptions(
            base_options=base_options(model),
            running_mode=vision.RunningMode.VIDEO,
            min_face_detection_confidence=confidence,
            min_face_landmarks_confidence=confidence,
            min_pose_detection_confidence=confidence,
            min_pose_landmarks_confidence=confidence,
            min_hand_landmarks_confidence=confidence,
            output_face_blendshapes=True,
        )
        self._task = load(vision.HolisticLandmarker, options, model)
        self._settled = False

    def detect(self, image: np.ndarray, milliseconds: int) -> list[Person]:
        with native_log_held(not self._settled):
            result = self._task.detect_for_video(as_mediapipe(image), milliseconds)
        if not result.pose_landmarks:
            return []
        self._settled = True
        height, width = image.shape[:2]
        person = person_of_pose(result.pose_landmarks, result.pose_world_landmarks, width, height)
        for side in ("left", "right"):
            if hand := getattr(result, f"{side}_hand_landmarks"):
                world = getattr(result, f"{side}_hand_world_landmarks")
                setattr(person, f"{side}_hand", pixels(hand, width, height))
                setattr(person, f"{side}_hand_world", metres(world) if world else None)
        if result.face_landmarks:
            person.face = pixels(result.face_landmarks, width, height)
            if result.face_blendshapes:
                person.blendshapes = blendshapes(result.face_blendshapes)
        return [person]

    def close(self) -> None:
        self._task.close()


class _Crowd:
    """Several people: one looks out for new ones, one follows each, one finds faces and hands.

    MediaPipe can follow several poses itself, but it looks for them in the whole image only, at
    224 x 224 pixels, and misses most who are not near and alone.
    """

    def __init__(
        self, scout: Path, pose: Path, face: Path, hand: Path, max_persons: int, confidence: float
    ):
        self._new_follower = lambda: _Follower(pose, confidence)
        self._scout = _pose_landmarker(scout, confidence, max_persons)
        self._parts = PartFinder(face, hand, confidence)
        self._max_persons = max_persons
        self._followers: list[_Follower] = []
        self._idle: list[_Follower] = []
        self._turn = 0
        self._settled = False

    def detect(self, image: np.ndarray, milliseconds: int) -> list[Person]:
        with native_log_held(not self._settled):
            found = [(f, f.follow(image, milliseconds)) for f in self._followers]
            self._idle += [follower for follower, person in found if person is None]
            people = self._keep([(f, person) for f, person in found if person is not None])
            if len(people) < self._max_persons:
                people += self._look_out(image, milliseconds, people)
            people = [p for p, f in zip(people, self._followers, strict=True) if f.trusted]
            for person in people:
                self._parts.add(person, image)
        self._settled = self._settled or bool(people)
        return people

    def close(self) -> None:
        for task in (self._scout, self._parts, *self._followers, *self._idle):
            task.close()

    def _keep(self, found: list[tuple[_Follower, Person]]) -> list[Person]:
        """Let go of followers that ended up on somebody else's person."""
        people = without_duplicates([person for _, person in found])
        chosen = {id(person) for person in people}
        for follower, person in found:
            if id(person) not in chosen:
                self._release(follower)
        self._followers = [follower for follower, person in found if id(person) in chosen]
        return [person for _, person in found if id(person) in chosen]

    def _look_out(self, image: np.ndarray, milliseconds: int, known: list[Person]) -> list[Person]:
        """Search one window a frame: the whole image every other time, then a part of it."""
        height, width = image.shape[:2]
        places = windows(width, height, LOOKOUT_SCALES, LOOKOUT_SMALLEST)
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
        size = int(np.clip(side, 256, 512))
        crop, to_image = crop_square(image_left, centre, side, 0.0, size)
        result = self._scout.detect(as_mediapipe(crop))
        if not result.pose_landmarks:
            return []
        # One newcomer a frame, the clearest, keeps the time of a frame in bounds.
        points = uncrop(
            max(
                (pixels(pose, size, size) for pose in result.pose_landmarks),
                key=lambda p: float(np.ptp(p[:, 1])),
            ),
            to_image,
        )
        follower = self._idle.pop() if self._idle else self._new_follower()
        person = follower.begin(image, points, milliseconds, trusted=whole and not known)
        if person is None or _share_within(person, known) > 0.5:
            self._release(follower)
            return []
        self._followers.append(follower)
        return [person]

    def _release(self, follower: _Follower) -> None:
        follower.forget()
        self._idle.append(follower)


def _share_within(person: Person, others: list[Person]) -> float:
    """Share of a person's keypoints that lie in the others' boxes: high if made of their limbs."""
    inside = np.zeros(len(person.coco), bool)
    for other in others:
        corners = box(other.coco)
        inside |= ((person.coco[:, :2] >= corners[:2]) & (person.coco[:, :2] <= corners[2:])).all(1)
    return float(inside.mean())


class _Follower:
    """MediaPipe's tracking of one pose, started on a person of our choice."""

    PROBATION = 3  # frames that a find in a part of the image must last to be believed

    def __init__(self, model: Path, confidence: float):
        self._task = _pose_landmarker(model, confidence, 1, video=True)
        self._age = 0
        self._clock = 0

    @property
    def trusted(self) -> bool:
        return self._age >= self.PROBATION

    def begin(
        self, image: np.ndarray, points: np.ndarray, milliseconds: int, trusted: bool
    ) -> Person | None:
        """Look at nothing but the surroundings of ``points`` (33, 3) px, once."""
        low, high = points[:, :2].min(0), points[:, :2].max(0)
        margin = 0.25 * (high - low).max()
        bounds = np.clip([low - margin, high + margin], 0, image.shape[1::-1]).astype(int)
        (x0, y0), (x1, y1) = bounds
        alone = np.zeros_like(image)
        alone[y0:y1, x0:x1] = image[y0:y1, x0:x1]
        self._age = self.PROBATION if trusted else 0
        return self.follow(alone, milliseconds)

    def follow(self, image: np.ndarray, milliseconds: int) -> Person | None:
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
        """Lose the person, so that another can be begun."""
        self.follow(np.zeros((64, 64, 3), np.uint8), self._clock + 1)

    def close(self) -> None:
        self._task.close()


def _pose_landmarker(model: Path, confidence: float, num_poses: int, video: bool = False) -> Any:
    from mediapipe.tasks.python import vision

    options = vision.PoseLandmarkerOptions(
        base_options=base_options(model),
        running_mode=vision.RunningMode.VIDEO if video else vision.RunningMode.IMAGE,
        num_poses=num_poses,
        min_pose_detection_confidence=confidence,
        min_pose_presence_confidence=confidence,
        min_tracking_confidence=confidence,
    )
    return load(vision.PoseLandmarker, options, model)


class PartFinder:
    """Adds the face, its blendshapes and the hands to a person whose pose is known."""

    def __init__(self, face: Path, hand: Path, confidence: float = 0.5):
        from mediapipe.tasks.python import vision

        self._face = load(
            vision.FaceLandmarker,
            vision.FaceLandmarkerOptions(
                base_options=base_options(face),
                min_face_detection_confidence=confidence,
                min_face_presence_confidence=confidence,
                output_face_blendshapes=True,
            ),
            face,
        )
        self._hand = load(
            vision.HandLandmarker,
            vision.HandLandmarkerOptions(
                base_options=base_options(hand),
                min_hand_detection_confidence=confidence,
                min_hand_presence_confidence=confidence,
            ),
            hand,
        )

    def add(self, person: Person, image: np.ndarray) -> None:
        """Set ``face``, ``blendshapes`` and the hands of ``person`` where they are found."""
        assert person.pose is not None
        self._add_face(person, person.pose, image)
        for side in ("left", "right"):
            self._add_hand(person, person.pose, image, side)

    def close(self) -> None:
        self._face.close()
        self._hand.close()

    def _add_face(self, person: Person, pose: np.ndarray, image: np.ndarray) -> None:
        head = pose[:11, :2]  # nose, eyes, ears, mouth
        centre = head.mean(0)
        # The eye line says how the head is turned; the model likes it level.
        right_eye, left_eye = head[4:7].mean(0), head[1:4].mean(0)
        across = left_eye - right_eye
        side = 3.2 * float(np.ptp(head, axis=0).max())
        if side < 24 or not _inside(centre, image):
            return
        tilt = float(np.arctan2(across[1], across[0]))
        crop, to_image = crop_square(image, centre, side, tilt, HEAD_CROP)
        result = self._face.detect(as_mediapipe(crop))
        if not result.face_landmarks:
            return
        person.face = uncrop(pixels(result.face_landmarks[0], HEAD_CROP, HEAD_CROP), to_image)
        if result.face_blendshapes:
            person.blendshapes = blendshapes(result.face_blendshapes[0])

    def _add_hand(self, person: Person, pose: np.ndarray, image: np.ndarray, side: str) -> None:
        elbow, wrist = (13, 15) if side == "left" else (14, 16)
        if pose[wrist, 3] < 0.5 or not _inside(pose[wrist, :2], image):
            return
        fingers = pose[wrist + 2 : wrist + 7 : 2, :2]  # pinky, index, thumb of the same side
        centre = np.vstack([pose[wrist, :2], fingers]).mean(0)
        forearm = float(np.linalg.norm(pose[wrist, :2] - pose[elbow, :2]))
        head = float(np.ptp(pose[:11, :2], axis=0).max())
        crop_side = max(1.6 * forearm, 2.0 * head)
        if crop_side < 24:
            return
        crop, to_image = crop_square(image, centre, crop_side, 0.0, HAND_CROP)
        result = self._hand.detect(as_mediapipe(crop))
        if not result.hand_landmarks:
            return
        hand = uncrop(pixels(result.hand_landmarks[0], HAND_CROP, HAND_CROP), to_image)
        # Another's hand, or this person's other one, may be in the crop.
        if np.linalg.norm(hand[0, :2] - pose[wrist, :2]) > 0.35 * crop_side:
            return
        setattr(person, f"{side}_hand", hand)
        setattr(person, f"{side}_hand_world", metres(result.hand_world_landmarks[0]))


def without_duplicates(people: list[Person]) -> list[Person]:
    """Leave out poses that lie on a better one: PoseLandmarker may follow one person twice."""
    kept: list[Person] = []
    for person in sorted(people, key=lambda p: -p.score):
        corners = box(person.coco)
        area = float((corners[2:] - corners[:2]).prod())
        if not any(
            oks(person.coco, other.coco, area) > DUPLICATE_OKS
            or iou(corners, box(other.coco)) > DUPLICATE_OKS
            for other in kept
        ):
            kept.append(person)
    return kept


def base_options(model: Path) -> Any:
    from mediapipe.tasks.python import BaseOptions

    return BaseOptions(model_asset_path=str(model))


def load(task: Any, options: Any, model: Path) -> Any:
    """Build a MediaPipe task; ModelError if the file is not such a model."""
    try:
        with native_log_held():
            built = task.create_from_options(options)
    except (RuntimeError, ValueError, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(
            f"{model} is not a model for MediaPipe's {task.__name__} ({reason}); "
            "`kinesics assets verify` finds damaged files."
        ) from error
    _built.add(built)
    return built


_built: weakref.WeakSet[Any] = weakref.WeakSet()


@atexit.register
def _abandon() -> None:
    """A task not closed by now cannot be: its thread pool is gone, and its destructor would say so.

    The operating system takes back what it holds.
    """
    for task in _built:
        task._handle = None


def as_mediapipe(image: np.ndarray) -> Any:
    import mediapipe

    return mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=image)


def pixels(landmarks: Any, width: int, height: int) -> np.ndarray:
    """(n, 3) float32 pixels from normalised landmarks; depth has the scale of x."""
    scale = np.array([width, height, width], np.float32)
    return np.array([(p.x, p.y, p.z) for p in landmarks], np.float32) * scale


def metres(landmarks: Any) -> np.ndarray:
    """(n, 3) float32."""
    return np.array([(p.x, p.y, p.z) for p in landmarks], np.float32)


def person_of_pose(landmarks: Any, world: Any, width: int, height: int) -> Person:
    """A Person with the body only, id 0."""
    position = pixels(landmarks, width, height)
    visibility, presence = np.array(
        [(p.visibility, 1.0 if p.presence is None else p.presence) for p in landmarks], np.float32
    ).T
    score = visibility * presence
    chosen = MEDIAPIPE33_TO_COCO17
    coco = np.column_stack([position[chosen, :2], score[chosen]])
    return Person(
        id=0,
        score=float(coco[:, 2].mean()),
        coco=coco,
        pose=np.column_stack([position, visibility]),
        pose_world=metres(world) if world else None,
    )


def blendshapes(categories: Any) -> np.ndarray:
    """(52,) float32 in the order of ARKIT_BLENDSHAPES; nan for what the model does not give."""
    values = np.full(len(ARKIT_BLENDSHAPES), np.nan, np.float32)
    for category in categories:
        index = BLENDSHAPE_INDEX.get(category.category_name)
        if index is not None:  # "_neutral" has no place among ARKit's
            values[index] = category.score
    return values


def _inside(point: np.ndarray, image: np.ndarray) -> bool:
    return bool(0 <= point[0] < image.shape[1] and 0 <= point[1] < image.shape[0])
