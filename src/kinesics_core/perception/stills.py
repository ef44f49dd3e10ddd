"""People in single images, several and small ones too, as accurately as the models allow.

MediaPipe's person detector looks at 224 x 224 pixels and was made for one near person. Here it
searches overlapping windows at several scales; each find is then followed the way MediaPipe
follows a person in a video (landmarks give the next region, BlazePose, Bazarevsky et al. 2020),
until it rests; the result is the mean over shifted scales and the mirror image, weighted down
where those disagree. That costs seconds, not milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from kinesics_core.assets import store
from kinesics_core.errors import ModelError
from kinesics_core.perception.config import VARIANTS
from kinesics_core.perception.crops import crop_square, uncrop, windows
from kinesics_core.perception.face_hands import FaceHandFinder
from kinesics_core.perception.hands import give_hands_to_wrists
from kinesics_core.perception.head_pose import head_pose
from kinesics_core.perception.landmarks import MIN_SIDE
from kinesics_core.perception.mediapipe_tasks import (
    as_mediapipe,
    base_options,
    load_task,
    pixels,
)
from kinesics_core.perception.native_log import native_log_held
from kinesics_core.perception.pose_similarity import (
    box,
    box_area,
    iou,
    oks,
    suppress_non_maxima,
)
from kinesics_core.skeletons import MEDIAPIPE33, MEDIAPIPE33_TO_COCO17, mirrored
from kinesics_core.types import Frame, People, Person

WINDOW_SCALES = (1.0, 1.5, 2.2, 3.3, 5.0)
"""The image's longer side over the side of the windows searched."""

MIN_WINDOW = 160
"""Side of the smallest window, px."""

NET_SIDE = 256
"""Side of the landmark network's input, px."""

HEATMAP_RADIUS = 3
"""Cells around a landmark, as in MediaPipe's RefineLandmarksFromHeatmap."""

FINAL_REGIONS = ((1.0, False), (1.0, True), (0.9, False), (0.9, True), (1.12, False), (1.12, True))
"""The regions of the final estimates: (factor on the side, mirrored)."""

MIN_FLAG = 0.3
"""Below this probability of a person, as the network gives it, there is nobody."""

REST_OKS = 0.9
"""A pose this alike in two rounds rests (object keypoint similarity, sigmas times .3)."""

MIN_PERSON_SCORE = 0.3
"""A person with a lower score is left out."""

MIRRORED_LANDMARKS = np.array([*mirrored(MEDIAPIPE33), 33, 34])
"""Index of the mirrored landmark, the two alignment points at the end included."""


@dataclass(slots=True)
class PoseEstimate:
    """One estimate of a person's landmarks.

    Attributes:
        landmarks: (35, 5) x px, y px, z px, visibility, presence; the last two rows are the
            alignment points: the centre of the hips and a point on the circle around the body,
            above the head.
        flag: The network's probability that there is a person.
        world: (33, 3) metres.
        score: 0..1, certainty of the whole pose.
    """

    landmarks: np.ndarray
    flag: float
    world: np.ndarray
    score: float = 0.0

    @property
    def coco(self) -> np.ndarray:
        """(17, 3) float32 x px, y px, score."""
        rows = self.landmarks[MEDIAPIPE33_TO_COCO17]
        return np.column_stack([rows[:, :2], rows[:, 3] * rows[:, 4]]).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Region:
    """A square of an image, turned about its centre.

    Attributes:
        centre: (2,) px.
        side: px.
        angle: Radians, clockwise in the image.
    """

    centre: np.ndarray
    side: float
    angle: float


class StillEstimator:
    """Estimator of people in single images; ids are 1, 2, ... by falling score.

    Same result as ``KeypointEstimator.process``, but each image stands for itself.

    Args:
        variant: One of ``VARIANTS``.
        max_persons: At most so many people in an image.

    Raises:
        AssetError: A model cannot be had.
        ModelError: An argument is out of range.
    """

    def __init__(self, variant: str = "heavy", max_persons: int = 5):
        from mediapipe.tasks.python import vision

        if variant not in VARIANTS:
            raise ModelError(f"Got variant {variant!r}; wanted one of {', '.join(VARIANTS)}.")
        if max_persons < 1:
            raise ModelError(f"Got max_persons={max_persons}; wanted at least 1.")
        self.model = f"pose-landmarks-{variant}"
        self._max_persons = max_persons
        self._search_net = LandmarkNet("lite")
        self._net = self._search_net if variant == "lite" else LandmarkNet(variant)
        detector = store.path("pose-landmarker-lite")
        self._detector = load_task(
            vision.PoseLandmarker,
            vision.PoseLandmarkerOptions(
                base_options=base_options(detector),
                num_poses=3,
                min_pose_detection_confidence=0.4,
                min_pose_presence_confidence=0.4,
            ),
            detector,
        )
        self._parts = FaceHandFinder(
            store.path("face-landmarker"), store.path("hand-landmarker"))

    def __enter__(self) -> StillEstimator:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the models."""
        self._detector.close()
        self._parts.close()

    def process(self, frame: Frame) -> People:
        """Return the people of one image of any size."""
        image = np.ascontiguousarray(frame.image)
        height, width = image.shape[:2]
        people = People(frame.stamp, width, height, [], self.model, frame.frame_id)
        if min(width, height) < MIN_SIDE:
            return people
        for pose in self._find(image):
            person = Person(
                id=len(people.persons) + 1,
                score=pose.score,
                coco=pose.coco,
                pose=pose.landmarks[:33, :4].astype(np.float32),
                pose_world=pose.world.astype(np.float32),
            )
            with native_log_held():
                self._parts.add(person, image)
            if person.face is not None:
                person.head = head_pose(person.face, width, height)
            people.persons.append(person)
        give_hands_to_wrists(people.persons)
        return people

    def _find(self, image: np.ndarray) -> list[PoseEstimate]:
        seeds = distinct(self._search(image), 0.6)
        settled = [p for seed in seeds if (p := settle(self._search_net, image, seed)) is not None]
        candidates = distinct(settled, 0.5)[: 2 * self._max_persons + 4]
        final = [p for c in candidates if (p := refine(self._net, image, c)) is not None]
        found = without_fragments(distinct(final, 0.5))
        return [p for p in found if p.score >= MIN_PERSON_SCORE][: self._max_persons]

    def _search(self, image: np.ndarray) -> list[PoseEstimate]:
        """Return rough poses from MediaPipe's detector in every window."""
        found = []
        places = windows(image.shape[1], image.shape[0], WINDOW_SCALES, MIN_WINDOW)
        for centre, side in places:
            size = int(np.clip(side, NET_SIDE, 2 * NET_SIDE))
            crop, to_image = crop_square(image, centre, side, 0.0, size)
            with native_log_held():
                result = self._detector.detect(as_mediapipe(crop))
            for landmarks in result.pose_landmarks:
                points = uncrop(pixels(landmarks, size, size), to_image)
                seen = [(p.visibility, p.presence) for p in landmarks]
                rows = np.column_stack([points, seen])
                pose = PoseEstimate(np.vstack([rows, alignment(rows)]), 1.0, np.zeros((33, 3)))
                pose.score = float(pose.coco[:, 2].mean())
                found.append(pose)
        return found


class LandmarkNet:
    """BlazePose's landmark network on a region of an image, run by OpenCV's DNN module."""

    def __init__(self, variant: str):
        file = store.path(f"pose-landmarks-{variant}")
        try:
            self._net = cv2.dnn.readNetFromTFLite(str(file))
        except (AttributeError, cv2.error) as error:
            raise ModelError(
                f"OpenCV {cv2.__version__} cannot read {file}; wanted OpenCV 4.10 or newer."
            ) from error

    def __call__(
        self, image: np.ndarray, region: Region, *, mirror: bool = False
    ) -> PoseEstimate:
        """Return the landmarks of the person in a region of an image.

        Args:
            image: (H, W, 3) uint8 RGB.
            region: The square to look at.
            mirror: Show the network the mirror image.
        """
        crop, to_image = crop_square(image, region.centre, region.side, region.angle, NET_SIDE)
        if mirror:
            crop = np.ascontiguousarray(crop[:, ::-1])
        self._net.setInput(cv2.dnn.blobFromImage(crop, 1.0 / 255.0))
        names = ("Identity", "Identity_1", "Identity_3", "Identity_4")
        raw, flag, heatmaps, world = self._net.forward(names)
        rows = raw.reshape(39, 5)[:35].astype(np.float64)
        rows[:, 3:] = _sigmoid(rows[:, 3:])
        _sharpen(rows, heatmaps[0, :35])
        world = world.reshape(39, 3)[:33].astype(np.float64)
        if mirror:
            rows = rows[MIRRORED_LANDMARKS]
            rows[:, 0] = NET_SIDE - rows[:, 0]
            world = world[MIRRORED_LANDMARKS[:33]] * (-1.0, 1.0, 1.0)
        rows[:, :2] = rows[:, :2] @ to_image[:, :2].T + to_image[:, 2]
        rows[:, 2] *= region.side / NET_SIDE
        turn = to_image[:, :2] / np.hypot(*to_image[:, 0])
        world[:, :2] = world[:, :2] @ turn.T
        return PoseEstimate(rows, float(flag.ravel()[0]), world)


def _sharpen(rows: np.ndarray, heatmaps: np.ndarray) -> None:
    """Move landmarks to the centre of mass of their heat map nearby, where it is confident."""
    count, height, width = heatmaps.shape
    for row, heatmap in zip(rows, heatmaps, strict=True):
        column, line = int(row[0] * width / NET_SIDE), int(row[1] * height / NET_SIDE)
        if not (0 <= column < width and 0 <= line < height):
            continue
        x0, x1 = max(0, column - HEATMAP_RADIUS), min(width, column + HEATMAP_RADIUS + 1)
        y0, y1 = max(0, line - HEATMAP_RADIUS), min(height, line + HEATMAP_RADIUS + 1)
        weights = _sigmoid(heatmap[y0:y1, x0:x1])
        if weights.max() >= 0.5:
            ys, xs = np.mgrid[y0:y1, x0:x1]
            row[0] = (weights * xs).sum() / weights.sum() * NET_SIDE / width
            row[1] = (weights * ys).sum() / weights.sum() * NET_SIDE / height


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-np.clip(x, -30, 30)))


def alignment(landmarks: np.ndarray) -> np.ndarray:
    """Return rows (2, 5) for the alignment points of a pose (33, 5) that comes without.

    They are the centre of the hips, and the point above it at the distance of the farthest
    landmark.
    """
    hips, shoulders = landmarks[23:25, :2].mean(0), landmarks[11:13, :2].mean(0)
    up = shoulders - hips
    up = up / max(float(np.linalg.norm(up)), 1e-6)
    reach = np.linalg.norm(landmarks[:, :2] - hips, axis=1).max()
    points = np.zeros((2, 5))
    points[:, :2] = hips, hips + up * reach
    return points


def region_of(pose: PoseEstimate) -> Region:
    """Return the square that MediaPipe would look at next."""
    centre, above = pose.landmarks[33, :2], pose.landmarks[34, :2]
    reach = above - centre
    side = 2.0 * 1.25 * max(float(np.linalg.norm(reach)), 8.0)
    return Region(centre, side, float(np.arctan2(reach[0], -reach[1])))


def settle(
    net: LandmarkNet, image: np.ndarray, pose: PoseEstimate, rounds: int = 3
) -> PoseEstimate | None:
    """Follow a pose through its own region until it rests; return None if no person is there."""
    for _ in range(rounds):
        before = pose.coco
        pose = net(image, region_of(pose))
        if pose.flag < MIN_FLAG:
            return None
        if oks(pose.coco, before, box_area(box(before)), slack=0.3) > REST_OKS:
            break
    pose.score = pose.flag * float(pose.coco[:, 2].mean())
    return pose


def refine(net: LandmarkNet, image: np.ndarray, pose: PoseEstimate) -> PoseEstimate | None:
    """Return the mean of several estimates of one person; its score falls where they disagree."""
    settled = settle(net, image, pose, rounds=2)
    if settled is None:
        return None
    region = region_of(settled)
    estimates = [
        net(image, replace(region, side=region.side * factor), mirror=mirror)
        for factor, mirror in FINAL_REGIONS
    ]
    stack = np.stack([estimate.landmarks for estimate in estimates])
    mean = stack.mean(0)
    mean[:, :3] = np.median(stack[:, :, :3], axis=0)
    middle = replace(settled, landmarks=mean, world=np.mean([e.world for e in estimates], axis=0))
    middle.flag = float(np.mean([estimate.flag for estimate in estimates]))
    area = box_area(box(middle.coco))
    agreement = np.mean([oks(e.coco, middle.coco, area, slack=1.5) for e in estimates])
    middle.score = middle.flag * float(middle.coco[:, 2].mean()) * float(agreement)
    return middle


def distinct(poses: list[PoseEstimate], similarity: float) -> list[PoseEstimate]:
    """Return poses by falling score, without those that are as good as one before."""

    def same(pose: PoseEstimate, better: PoseEstimate) -> bool:
        own, other = box(pose.coco), box(better.coco)
        return (iou(own, other) > max(similarity, 0.6)
                or oks(pose.coco, better.coco, max(box_area(own), box_area(other))) > similarity)

    return suppress_non_maxima(poses, same)


def without_fragments(poses: list[PoseEstimate]) -> list[PoseEstimate]:
    """Leave out poses that are smaller and worse than one around them: seen in its limbs."""

    def fragment(pose: PoseEstimate, better: PoseEstimate) -> bool:
        inner, outer = box(pose.coco), box(better.coco)
        return (_share_inside(inner, outer) > 0.8
                and box_area(inner) < 0.6 * box_area(outer)
                and pose.score < 0.9 * better.score)

    return suppress_non_maxima(poses, fragment)


def _share_inside(inner: np.ndarray, outer: np.ndarray) -> float:
    common = np.minimum(inner[2:], outer[2:]) - np.maximum(inner[:2], outer[:2])
    return float(np.clip(common, 0, None).prod() / max((inner[2:] - inner[:2]).prod(), 1.0))
