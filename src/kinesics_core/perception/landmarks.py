"""Body, hand and face landmarks of people in images, through MediaPipe Tasks.

One person: ``HolisticLandmarker`` (pose 33, hands 2 x 21, face 478, 52 blendshapes). Several:
``PoseLandmarker``, then ``FaceLandmarker`` on a crop of each head, turned upright, and
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

import cv2
import numpy as np

from kinesics_core import assets
from kinesics_core.errors import ModelError
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

VARIANTS = ("lite", "full", "heavy")
MIN_SIDE = 16  # px; nothing can be seen in a smaller image
JUMP_BACK_MS = 500  # a clock that goes back by less was corrected, by more was replaced
DUPLICATE_OKS = 0.75  # two poses this alike are one person seen twice
HEAD_CROP, HAND_CROP = 256, 224  # px, side of the crops given to the face and hand models

_log = logging.getLogger(__name__)


class KeypointEstimator:
    """Finds people in a stream of frames. Not thread-safe: one thread at a time.

    variant: "lite", "full" or "heavy", MediaPipe's pose models.
    max_persons: 1 uses the holistic model, which follows one person with every part; more uses
        one pose model for all and crops for faces and hands, at a cost per person.
    smoothing: one-euro filter on landmarks (not on blendshapes, scores or visibilities).
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
        variant: str = "lite",
        max_persons: int = 1,
        smoothing: bool = True,
        *,
        focal_length: float | None = None,
        min_confidence: float = 0.5,
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
            path = assets.path(self.model)
            self._create: Callable[[], _Detector] = lambda: _Holistic(path, min_confidence)
        else:
            self.model = f"pose-landmarker-{variant}"
            paths = [assets.path(n) for n in (self.model, "face-landmarker", "hand-landmarker")]
            self._create = lambda: _Crowd(*paths, max_persons, min_confidence)
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
        self._model_ms += max(1, step)
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
    """Several people: poses of the whole image, then each one's face and hands."""

    def __init__(self, pose: Path, face: Path, hand: Path, max_persons: int, confidence: float):
        from mediapipe.tasks.python import vision

        self._pose = load(
            vision.PoseLandmarker,
            vision.PoseLandmarkerOptions(
                base_options=base_options(pose),
                running_mode=vision.RunningMode.VIDEO,
                num_poses=max_persons,
                min_pose_detection_confidence=confidence,
                min_pose_presence_confidence=confidence,
                min_tracking_confidence=confidence,
            ),
            pose,
        )
        self._parts = PartFinder(face, hand, confidence)
        self._settled = False

    def detect(self, image: np.ndarray, milliseconds: int) -> list[Person]:
        height, width = image.shape[:2]
        with native_log_held(not self._settled):
            result = self._pose.detect_for_video(as_mediapipe(image), milliseconds)
            people = [
                person_of_pose(pose, world, width, height)
                for pose, world in zip(
                    result.pose_landmarks, result.pose_world_landmarks, strict=True
                )
            ]
            people = without_duplicates(people)
            for person in people:
                self._parts.add(person, image)
        self._settled = self._settled or bool(people)
        return people

    def close(self) -> None:
        self._pose.close()
        self._parts.close()


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
        person.face = _uncrop(pixels(result.face_landmarks[0], HEAD_CROP, HEAD_CROP), to_image)
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
        hand = _uncrop(pixels(result.hand_landmarks[0], HAND_CROP, HAND_CROP), to_image)
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


def crop_square(
    image: np.ndarray, centre: np.ndarray, side: float, angle: float, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """A square of ``side`` px around ``centre``, turned by ``angle``, drawn as size x size px.

    Returns the crop and the (2, 3) affine map from its pixels to the image's.
    """
    scale = side / size
    cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
    turn = np.array([[cos, -sin], [sin, cos]])
    to_image = np.column_stack([turn, centre - turn @ [size / 2, size / 2]])
    crop = cv2.warpAffine(
        image, to_image, (size, size), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    return crop, to_image


def _uncrop(points: np.ndarray, to_image: np.ndarray) -> np.ndarray:
    """Bring (n, 3) crop pixels back into the image; depth is scaled alike."""
    scale = float(np.hypot(to_image[0, 0], to_image[1, 0]))
    flat = points[:, :2] @ to_image[:, :2].T + to_image[:, 2]
    return np.column_stack([flat, points[:, 2] * scale]).astype(np.float32)
