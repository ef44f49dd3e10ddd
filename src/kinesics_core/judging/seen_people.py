"""Motion in three dimensions as a camera and a keypoint detector give it: ``types.People``.

Several motions are seen at once, each by a camera of its own, as persons of one stream: what reads
them is the live reader, and all of them are read in one pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.camera import focal_length, project
from kinesics_core.kinematics import HEAD_OFFSETS
from kinesics_core.skeletons import COCO17, MEDIAPIPE33_TO_COCO17
from kinesics_core.types import NANOSECONDS, People, Person

WIDTH, HEIGHT, FIELD_OF_VIEW = 640, 480, 60.0
START = 1_763_700_000 * NANOSECONDS

_HEAD = [COCO17.index(name) for name in HEAD_OFFSETS]
_OFFSETS = np.array(list(HEAD_OFFSETS.values()))
_KNUCKLES = np.array([[17, 18], [19, 20]])  # MediaPipe's: little fingers, index fingers
_HAND_LOST = 0.3  # share of the time in which a hand that is in the picture is not found
_HAND_ERROR = 0.004  # metres (1 sigma) of a hand's landmarks
_FACE_FOUND = 1.2  # rad: a face that is turned farther is not found


@dataclass(frozen=True, slots=True)
class View:
    """View of a motion.

    Attributes:
        distance: From the camera to the person, metres.
        yaw: From where the person faces to the camera, radians.
        pitch: Of the camera, looking down positive, radians.
        height: Of the camera over the floor, metres.
        jitter: Of the keypoints in the image, share of a torso (1 sigma).
        depth: Of the world coordinates' depth, metres (1 sigma).
        face: Whether faces are found, which gives the head's pose.
        world: Whether the detector gives world coordinates.
        legs: Whether legs and hips are in view.
        lost: Share of the images in which an elbow or wrist is not found.
    """

    distance: float = 2.5
    yaw: float = 0.0
    pitch: float = 0.0
    height: float = 1.2
    jitter: float = 0.01
    depth: float = 0.03
    face: bool = True
    world: bool = True
    legs: bool = True
    lost: float = 0.02


def random_view(random: np.random.Generator, turned: float = 0.7) -> View:
    """Draw a view of somebody in front of a robot, as far aside as ``turned`` (radians)."""
    return View(
        distance=random.uniform(1.4, 3.5), yaw=random.uniform(-turned, turned),
        pitch=random.normal(0.0, 0.1), height=random.uniform(0.8, 1.5),
        jitter=float(np.exp(random.uniform(np.log(0.004), np.log(0.02)))),
        depth=random.uniform(0.01, 0.05), face=random.random() < 0.8,
        world=random.random() < 0.9, legs=random.random() < 0.7, lost=random.uniform(0, 0.05))


@dataclass(slots=True)
class Seen:
    """One motion as detected.

    Attributes:
        coco: (T, 17, 3) px and score.
        world: (T, 17, 3) metres, optical axes, origin between the hips; None without.
        head: (T, 4, 4); nan where no face is found.
        truth: (T, 17, 2) px without the detector's errors.
        knuckles: (T, 2, 3) px and score, of the left and the right hand; None without.
        hands: (T, 2, 21, 3) metres, landmarks of both hands, optical axes, origin in their middle;
            nan where a hand is not found; None without.
        drawn_hands: (T, 2, 21, 2) px, likewise.
    """

    coco: np.ndarray
    world: np.ndarray | None
    head: np.ndarray
    truth: np.ndarray
    knuckles: np.ndarray | None = None
    hands: np.ndarray | None = None
    drawn_hands: np.ndarray | None = None

    def person(self, frame: int, number: int) -> Person:
        """Return what is seen in a frame."""
        world = None
        if self.world is not None:
            world = np.full((33, 3), np.nan, np.float32)
            world[MEDIAPIPE33_TO_COCO17] = self.world[frame]
        head, pose = self.head[frame], None
        if self.knuckles is not None:
            pose = np.zeros((33, 4), np.float32)
            pose[_KNUCKLES, :2] = self.knuckles[frame, :, :2]
            pose[_KNUCKLES, 3] = self.knuckles[frame, :, 2]
        person = Person(number, 0.9, self.coco[frame], pose=pose, pose_world=world,
                        head=head if np.isfinite(head).all() else None)
        if self.drawn_hands is not None:
            person.left_hand, person.right_hand = (
                np.concatenate([hand, np.zeros((21, 1))], axis=1).astype(np.float32)
                if np.isfinite(hand).all() else None for hand in self.drawn_hands[frame])
        if self.hands is not None:
            person.left_hand_world, person.right_hand_world = (
                hand if np.isfinite(hand).all() else None for hand in self.hands[frame])
        return person


def see(
    keypoints: np.ndarray, rate: float, view: View, random: np.random.Generator, turn: bool = True,
    knuckles: np.ndarray | None = None, hands: np.ndarray | None = None,
) -> Seen:
    """Return a motion as a camera and a noisy detector see it.

    Args:
        keypoints: (T, 17, 3) metres, y up, COCO-17.
        rate: Frames per second.
        view: How it is seen; its yaw counts from where the person faces at first.
        random: Of the errors.
        turn: Whether the person is put in front of the camera and turned to it first; without, the
            camera looks along -z at the origin and x is to its left.
        knuckles: (T, 2, 3) metres, of the left and the right hand; None: nothing tells them.
        hands: (T, 2, 21, 3) metres, their landmarks; None: none is found.
    """
    first = keypoints[: max(int(0.3 * rate), 1)].mean(axis=0)
    across = first[5] - first[6]
    heading = np.arctan2(-across[2], across[0]) if turn else 0.0
    middle = 0.5 * (first[11] + first[12]) * (1.0, 0.0, 1.0) * turn
    points = np.concatenate([keypoints] + [
        part.reshape(len(part), -1, 3) for part in (knuckles, hands) if part is not None], axis=1)
    points = points - (middle + (0.0, np.nanmin(keypoints[..., 1]), 0.0))
    turned = _about_y(-heading + view.yaw).T
    points = points @ turned
    optical = points * (1.0, -1.0, -1.0) + (0.0, view.height, view.distance)
    c, s = np.cos(view.pitch), np.sin(view.pitch)
    middle = np.array([0.0, 0.0, view.distance])
    optical = (optical - middle) @ np.array([[1, 0, 0], [0, c, s], [0, -s, c]]) + middle
    focal = focal_length(WIDTH, FIELD_OF_VIEW)
    truth = project(optical, focal, (WIDTH / 2, HEIGHT / 2), nearest=0.2)
    optical, truth, ends = optical[:, :17], truth[:, :17], truth[:, 17:]
    ends, drawn = (ends[:, :2], ends[:, 2:]) if knuckles is not None else (ends[:, :0], ends)
    torso = 0.5 * focal / view.distance
    frames = len(keypoints)
    pixels = truth + view.jitter * torso * _wander(random, (frames, 17, 2), rate)
    score = np.full((frames, 17), 0.95)
    inside = ((pixels >= 0) & (pixels < (WIDTH, HEIGHT))).all(axis=-1)
    score[~inside] = 0.1
    if not view.legs:
        score[:, 11:] = 0.1
    score[:, 7:11] = np.where(random.random((frames, 4)) < view.lost, 0.1, score[:, 7:11])
    world = None
    if view.world:
        hips = optical[:, [11, 12]].mean(axis=1, keepdims=True)
        world = optical - hips + (0.4 * view.depth, 0.4 * view.depth, view.depth) * _wander(
            random, optical.shape, rate)
    head = _heads(optical, random, rate)
    if not view.face:
        head[:] = np.nan
    seen = Seen(np.concatenate([pixels, score[..., None]], axis=-1).astype(np.float32),
                None if world is None else world.astype(np.float32), head, truth)
    if knuckles is not None:
        # A hand is lost, or misplaced, with its wrist.
        ends = ends + (pixels - truth)[:, 9:11] + 0.5 * view.jitter * torso * _wander(
            random, (frames, 2, 2), rate)
        seen.knuckles = np.concatenate([ends, score[:, 9:11, None]], axis=-1)
    if hands is not None:
        off = hands - hands.mean(axis=2, keepdims=True)
        seen.hands = _hands(off @ turned * (1.0, -1.0, -1.0), random, rate)
        seen.hands[score[:, 9:11] < 0.5] = np.nan
        drawn = drawn.reshape(frames, 2, 21, 2) + (pixels - truth)[:, 9:11, None]
        drawn += 0.5 * view.jitter * torso * _wander(random, drawn.shape, rate)
        seen.drawn_hands = np.where(np.isnan(seen.hands[..., :2]), np.nan, drawn)
    return seen


def _hands(hands: np.ndarray, random: np.random.Generator, rate: float) -> np.ndarray:
    """Return landmarks (T, 2, 21, 3) with errors; in some spells of half a second none is found."""
    spells = random.random((len(hands) // int(0.5 * rate) + 1, 2)) < _HAND_LOST
    lost = np.repeat(spells, int(0.5 * rate), axis=0)[:len(hands)]
    found = hands + _HAND_ERROR * _wander(random, hands.shape, rate)
    found[lost] = np.nan
    return found


def recorded(keypoints: np.ndarray) -> Seen:
    """Return what a camera has recorded, as it is.

    Args:
        keypoints: (T, 17, 2) px, COCO-17, nan where not found.
    """
    found = np.isfinite(keypoints).all(axis=-1, keepdims=True)
    coco = np.where(found, np.concatenate([keypoints, np.full(found.shape, 0.9)], axis=-1), 0.0)
    return Seen(coco.astype(np.float32), None, np.full((len(coco), 4, 4), np.nan), keypoints)


def stream(
    seen: Sequence[Seen], rate: float, start: int = START, size: tuple[int, int] = (WIDTH, HEIGHT)
) -> Iterator[People]:
    """Yield the images of several motions, all from their first frame on; ids count from 1.

    Args:
        seen: The motions.
        rate: Images per second.
        start: Stamp of the first one, ns.
        size: Width and height of the images, px.
    """
    width, height = size
    for frame in range(max(len(one.coco) for one in seen)):
        persons = [one.person(frame, number + 1) for number, one in enumerate(seen)
                   if frame < len(one.coco)]
        yield People(start + round(frame * NANOSECONDS / rate), width, height, persons, "seen")


def _about_y(angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


def _wander(random: np.random.Generator, shape: tuple[int, ...], rate: float) -> np.ndarray:
    """Return errors of sigma 1, half of whose variance lasts about .2 s."""
    stay = np.exp(-1.0 / (0.2 * rate))
    slow = random.standard_normal(shape)
    for frame in range(1, shape[0]):
        slow[frame] = stay * slow[frame - 1] + np.sqrt(1 - stay**2) * slow[frame]
    noisy: np.ndarray = np.sqrt(0.5) * (slow + random.standard_normal(shape))
    return noisy


def _frame(ear: np.ndarray, eyes: np.ndarray) -> np.ndarray:
    """Return axes (..., 3, 3), in columns, of the ears' line and the way from ears to eyes."""
    x = ear / np.linalg.norm(ear, axis=-1, keepdims=True)
    z = eyes - (eyes * x).sum(-1, keepdims=True) * x
    z = z / np.linalg.norm(z, axis=-1, keepdims=True)
    return np.stack([x, np.cross(z, x), z], axis=-1)


def _heads(optical: np.ndarray, random: np.random.Generator, rate: float) -> np.ndarray:
    """Return the head's poses (T, 4, 4), with errors of about one degree; nan where unseen."""
    points = optical[:, _HEAD]
    made = _frame(points[:, 3] - points[:, 4], points[:, 1:3].mean(1) - points[:, 3:].mean(1))
    rest = _frame(_OFFSETS[3] - _OFFSETS[4], _OFFSETS[1:3].mean(0) - _OFFSETS[3:].mean(0))
    turns = made @ rest.T
    error = 0.018 * _wander(random, (len(points), 3), rate)
    yaw = np.arctan2(np.sin(error[:, 0]), np.cos(error[:, 0]))
    twist = np.tile(np.eye(3), (len(points), 1, 1))
    twist[:, 0, 2], twist[:, 2, 0] = yaw, -yaw
    twist[:, 1, 2], twist[:, 2, 1] = error[:, 1], -error[:, 1]
    poses = np.tile(np.eye(4), (len(points), 1, 1))
    poses[:, :3, :3] = twist @ turns
    # A face's distance is known by its size: one and a half per cent to and fro.
    poses[:, :3, 3] = points.mean(axis=1) * (1.0 + 0.015 * _wander(random, (len(points), 1), rate))
    out, line = poses[:, :3, 2], -poses[:, :3, 3]
    angle = np.arccos(np.clip((out * line).sum(-1) / np.linalg.norm(line, axis=-1), -1, 1))
    poses[angle > _FACE_FOUND] = np.nan
    return poses
