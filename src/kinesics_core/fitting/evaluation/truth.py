"""Synthetic truth: clips of a body whose every parameter is known, as a camera would see them.

A motion (``motions``) moves the body; shape, hands, jaw, gaze, face and camera are drawn at
random; keypoints are the body model's own correspondences, projected and then spoiled in ways that
are known too. The same seed gives the same clip; its motion, noise and gaps are drawn apart, so
that another amount of noise leaves everything else as it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from kinesics_core.body import skinning
from kinesics_core.body.correspondences import selection
from kinesics_core.body.hand_poses import FINGERS, LEFT_FIST, THUMB
from kinesics_core.body.model import BodyModel
from kinesics_core.body.parameters import PARAMETERS, BodyFrames
from kinesics_core.camera import project
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.faces import face_of_emotion
from kinesics_core.fitting.evaluation.motions import DEFAULT_RATE, Motion, medley, resample
from kinesics_core.fitting.tracks.track import Track
from kinesics_core.kinematics import REST_OFFSETS, forward_kinematics, plant_lowest_joint
from kinesics_core.rotations import exponential, logarithm, mirrored
from kinesics_core.skeletons import (
    ARKIT_BLENDSHAPES,
    BLENDSHAPE_INDEX,
    SMPLX_BODY,
    SMPLX_BODY_PARENTS,
    WHOLEBODY133,
    WHOLEBODY133_FACE,
    WHOLEBODY133_FEET,
    WHOLEBODY133_LEFT_HAND,
    WHOLEBODY133_RIGHT_HAND,
)

_CHUNK = 32  # frames skinned at once
_POINT = {name: index for index, name in enumerate(WHOLEBODY133)}
_GAPS = {
    "left hand": np.r_[WHOLEBODY133_LEFT_HAND], "right hand": np.r_[WHOLEBODY133_RIGHT_HAND],
    "face": np.r_[WHOLEBODY133_FACE], "feet": np.r_[WHOLEBODY133_FEET],
    "left arm": np.array([_POINT["left_elbow"], _POINT["left_wrist"]]),
    "right arm": np.array([_POINT["right_elbow"], _POINT["right_wrist"]]),
    "left leg": np.array([_POINT["left_knee"], _POINT["left_ankle"]]),
    "right leg": np.array([_POINT["right_knee"], _POINT["right_ankle"]]),
    "all": np.arange(len(WHOLEBODY133)),
}  # fmt: skip
"""Keypoints that go missing together, for 0.1 to 0.7 s at a time."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Recipe by which a clip is made and spoiled.

    Attributes:
        frames: Of the clip.
        rate: Frames per second.
        width: Of the images, px.
        height: The same.
        person_px: Height of the person standing upright, px.
        noise: Standard deviation of a keypoint, px.
        missing: Share of the keypoints that is gone, half of it single points, half of it runs of
            whole parts.
        occlusion: Whether hands behind the trunk and faces turned away are seen badly, and say so.
        world: Whether there are 3-D landmarks as a landmark network gives them (wrong by some
            centimetres, slowly varying).
        blendshapes: Whether there are measured ones, wrong by about 0.05.
        focal_known: Whether the track tells the focal length.
        faces: Spread of the heading, radians, around facing the camera.
    """

    frames: int = 240
    rate: float = DEFAULT_RATE
    width: int = 1280
    height: int = 720
    person_px: float = 500.0
    noise: float = 2.0
    missing: float = 0.0
    occlusion: bool = False
    world: bool = False
    blendshapes: bool = False
    focal_known: bool = False
    faces: float = 0.4


@dataclass(slots=True)
class Truth(BodyFrames):
    """Parameters of T frames that a fitter should find, as ``Fit`` has them.

    Attributes:
        joints: (T, 55, 3) metres in camera coordinates.
        keypoints: (T, 133, 3) metres in camera coordinates.
        labels: Such as {"emotion": "anger"}.
    """

    focal: float
    centre: np.ndarray
    frames: np.ndarray
    times: np.ndarray
    gender: str = "neutral"
    joints: np.ndarray = field(default_factory=lambda: np.empty((0, 55, 3), np.float32))
    keypoints: np.ndarray = field(default_factory=lambda: np.empty((0, 133, 3), np.float32))
    labels: dict[str, str] = field(default_factory=dict)


def make(
    motion: Motion, body: BodyModel, seed: int = 0, recipe: Recipe | None = None
) -> tuple[Track, Truth]:
    """Make one clip.

    Args:
        motion: How the body moves; it is brought to the recipe's rate and, if it is too short,
            played again from its end. Its label "emotion" is shown by the face.
        body: The model that moves.
        seed: Of everything that is drawn at random.
        recipe: How the clip is made; None: the defaults.

    Returns:
        What is seen of the clip, and the truth.

    Raises:
        KinesicsError: The recipe cannot be made.
    """
    recipe = recipe or Recipe()
    if not 0 <= recipe.missing < 1 or recipe.frames < 1:
        raise KinesicsError(
            f"Got a share of missing keypoints of {recipe.missing} in {recipe.frames} frames;"
            " wanted a share from 0 to below 1 and at least one frame.")
    life, view, noise, gaps = (np.random.default_rng([seed, part]) for part in range(4))
    moved = resample(motion, recipe.rate)
    if len(moved) < recipe.frames:
        moved = medley([motion], recipe.frames, recipe.rate)
    truth = _perform(life, replace(moved, labels=motion.labels), body, recipe)
    _watch(view, truth, moved, body, recipe)
    _skin(truth, body)
    track = _observe(noise, truth, recipe)
    _lose(gaps, track, recipe)
    return track, truth


def posed(
    source: Any, body: BodyModel, rows: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the vertices and joints of anything with parameters.

    Args:
        source: Has betas and ``body.parameters.PARAMETERS``: a ``Truth``, a ``Fit``.
        body: The model they are of.
        rows: (T,), the frames to pose; None: all.

    Returns:
        Vertices (T, V, 3) and joints (T, J, 3), float32 metres in camera coordinates.
    """
    wanted = np.arange(len(source.transl)) if rows is None else np.asarray(rows)
    skins = np.empty((len(wanted), len(body.template), 3), np.float32)
    joints = np.empty((len(wanted), len(body.parents), 3), np.float32)
    for at in range(0, len(wanted), _CHUNK):
        part = slice(at, at + _CHUNK)
        skins[part], joints[part] = skinning.vertices(body, **_parameters(source, wanted[part]))
    return skins, joints


# --- the body --------------------------------------------------------------------------------


def _perform(
    rng: np.random.Generator, motion: Motion, body: BodyModel, recipe: Recipe
) -> Truth:
    """Return a body that moves, with hands and a face of its own, nowhere yet."""
    count, rate, labels = recipe.frames, recipe.rate, motion.labels
    body_pose = np.array(motion.rotations[:count, 1:], np.float64)
    for row in (SMPLX_BODY.index("left_wrist") - 1, SMPLX_BODY.index("right_wrist") - 1):
        if not body_pose[:, row].any():  # a motion without hands
            body_pose[:, row] = _wander(rng, count, rate, 3) * (0.15, 0.12, 0.25)
    gaze = _wander(rng, count, rate, 2, 0.5) * (0.10, 0.20)
    eyes = np.stack([gaze[:, 0], gaze[:, 1], np.zeros(count)], axis=-1)
    jaw = np.zeros((count, 3))
    jaw[:, 0] = 0.05 * np.maximum(_wander(rng, count, rate, 1, 0.3)[:, 0], 0.0)
    return Truth(
        betas=np.clip(rng.normal(0.0, 1.0, 10), -2.0, 2.0).astype(np.float32),
        transl=np.zeros((count, 3)), global_orient=np.zeros((count, 3)), body_pose=body_pose,
        left_hand_pose=_hand(rng, count, rate), right_hand_pose=mirrored(_hand(rng, count, rate)),
        jaw_pose=jaw, leye_pose=eyes, reye_pose=eyes.copy(),
        expression=_face(rng, count, rate, gaze, labels.get("emotion", "neutral")),
        focal=0.0, centre=np.zeros(2), frames=np.arange(count), times=np.arange(count) / rate,
        gender=body.gender, labels={**labels, "gender": body.gender, "clip": motion.name})


def _wander(
    rng: np.random.Generator, count: int, rate: float, channels: int, seconds: float = 0.8
) -> np.ndarray:
    """Draw values (T, C) of mean 0 and deviation 1, smooth over about so many seconds."""
    width = max(1.0, seconds * rate / 2)
    reach = int(3 * width)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    kernel /= np.sqrt((kernel**2).sum())
    white = rng.normal(size=(count + 2 * reach, channels))
    return np.stack([np.convolve(column, kernel, "valid") for column in white.T], axis=-1)


def _hand(rng: np.random.Generator, count: int, rate: float) -> np.ndarray:
    """Draw a left hand, (T, 15, 3), that opens and closes, each finger a little on its own."""
    curl = 0.45 + 0.35 * _wander(rng, count, rate, 1) + 0.20 * _wander(rng, count, rate, 5)
    curl = np.clip(curl, 0.0, 1.0)
    pose = np.zeros((count, 15, 3))
    pose[:, FINGERS, 2] = np.repeat(curl[:, :4], 3, axis=1) * LEFT_FIST[FINGERS, 2]
    pose[:, :12:3, 1] = 0.08 * _wander(rng, count, rate, 4)
    pose[:, THUMB, 1] = curl[:, 4:] * LEFT_FIST[THUMB, 1]
    pose[:, 12, [0, 2]] = 0.10 * _wander(rng, count, rate, 2)
    return pose


def _face(
    rng: np.random.Generator, count: int, rate: float, gaze: np.ndarray, emotion: str
) -> np.ndarray:
    """Draw a face, (T, 52): an emotion that comes and goes, talk, blinks, gaze, a little of all."""
    strength = np.clip(0.7 + 0.3 * _wander(rng, count, rate, 1, 2.0), 0.0, 1.0)
    shapes = 0.12 * np.maximum(_wander(rng, count, rate, len(ARKIT_BLENDSHAPES)) - 0.5, 0.0)
    shapes += strength * face_of_emotion(emotion, 1.0)
    shapes[:, BLENDSHAPE_INDEX["jawOpen"]] += 0.25 * np.maximum(
        _wander(rng, count, rate, 1, 0.3)[:, 0], 0.0)
    times = np.arange(count) / rate
    closed = np.zeros(count)
    at = rng.uniform(0.0, 4.0)
    while at < times[-1]:
        closed = np.maximum(closed, np.exp(-(((times - at) / 0.08) ** 2)))
        at += rng.uniform(2.0, 6.0)
    pitch, yaw = gaze.T
    for side, out in (("Left", yaw), ("Right", -yaw)):
        shapes[:, BLENDSHAPE_INDEX[f"eyeBlink{side}"]] += closed
        for name, angle in (("Out", out), ("In", -out), ("Down", pitch), ("Up", -pitch)):
            shapes[:, BLENDSHAPE_INDEX[f"eyeLook{name}{side}"]] = np.maximum(angle, 0.0) / 0.5
    shapes[:, BLENDSHAPE_INDEX["tongueOut"]] = 0.0
    return np.clip(shapes, 0.0, 1.0)


# --- the camera ------------------------------------------------------------------------------


def _watch(
    rng: np.random.Generator, truth: Truth, motion: Motion, body: BodyModel, recipe: Recipe
) -> None:
    """Draw a pinhole camera that has the person in view; set the root's rotation and place."""
    count = recipe.frames
    world = exponential(np.array(motion.rotations[:count, 0], np.float64))
    places = _places(motion)[:count]
    # As on a treadmill: what is slower than 2 s of moving about the room is taken out.
    window = np.ones(min(count, max(1, int(2 * recipe.rate))))
    for axis in (0, 2):
        mean = np.convolve(places[:, axis], window, "same") / np.convolve(
            np.ones(count), window, "same")
        places[:, axis] -= mean
    forward = world[:, [0, 2], 2].mean(axis=0)
    yaw = rng.normal(0.0, recipe.faces) - np.arctan2(forward[0], forward[1])
    pitch = rng.normal(0.0, 0.07)
    facing = np.diag([1.0, -1.0, -1.0])  # y up and towards the camera -> y down and away from it
    turn = exponential(np.array([pitch, 0.0, 0.0])) @ facing @ exponential(
        np.array([0.0, yaw, 0.0]))
    truth.global_orient = logarithm(turn @ world)

    rest, joints = skinning.vertices(body, betas=truth.betas[None])
    tall = float(np.ptp(rest[0, :, 1]))
    truth.focal = float(max(recipe.width, recipe.height) * np.exp(rng.uniform(*np.log([0.8, 1.6]))))
    truth.centre = np.array([recipe.width, recipe.height]) / 2
    middle = (rest[0, :, 1].min() + tall / 2) - joints[0, 0, 1]  # of the body, from the pelvis
    seen = (places - places.mean(axis=0)) @ turn.T - turn @ np.array([0.0, middle, 0.0])
    distance = truth.focal * tall / recipe.person_px
    aside = rng.normal(0.0, 0.05) * recipe.width / truth.focal * distance
    truth.transl = seen + [aside, 0.0, distance] - joints[0, 0]


def _places(motion: Motion) -> np.ndarray:
    if motion.translation is not None:
        return np.array(motion.translation, np.float64)
    rotations = exponential(np.asarray(motion.rotations, np.float64))
    positions, _ = forward_kinematics(rotations, REST_OFFSETS, SMPLX_BODY_PARENTS)
    return plant_lowest_joint(positions)[:, 0]


def _parameters(source: Any, rows: np.ndarray) -> dict[str, np.ndarray]:
    found = {name: np.asarray(getattr(source, name), np.float32)[rows] for name in PARAMETERS}
    betas = np.asarray(source.betas, np.float32)
    return {"betas": np.broadcast_to(betas, (len(rows), len(betas)))} | found


def _skin(truth: Truth, body: BodyModel) -> None:
    for name in ("betas", *PARAMETERS):
        setattr(truth, name, np.asarray(getattr(truth, name), np.float32))
    skin, truth.joints = posed(truth, body)
    truth.keypoints = keypoints_of(body, skin, truth.joints).astype(np.float32)


def keypoints_of(body: BodyModel, skin: np.ndarray, joints: np.ndarray) -> np.ndarray:
    """Return the COCO-WholeBody keypoints of a posed body.

    Args:
        body: The model.
        skin: (T, V, 3) vertices.
        joints: (T, J, 3).

    Returns:
        (T, 133, 3); nan where the body has none.
    """
    indices, matrix = selection(body.keypoints, joints.shape[1])
    points = matrix @ np.concatenate([joints, skin[:, indices]], axis=1)
    points[:, ~body.keypoints.known] = np.nan
    return points


# --- observation ----------------------------------------------------------------------


def _observe(rng: np.random.Generator, truth: Truth, recipe: Recipe) -> Track:
    exact = project(truth.keypoints.astype(np.float64), truth.focal, truth.centre)
    spread = np.full(exact.shape[:2], recipe.noise)
    confidence = rng.uniform(0.6, 1.0, exact.shape[:2])
    error = rng.normal(size=exact.shape)
    poor = rng.uniform(0.05, 0.3, exact.shape[:2])
    if recipe.occlusion:
        hidden = _hidden(truth.keypoints, exact)
        spread[hidden] = 8.0 * recipe.noise
        confidence[hidden] = poor[hidden]
    seen = exact + error * spread[..., None]
    points = np.concatenate([seen, confidence[..., None]], axis=-1)
    inside = ((seen >= 0) & (seen < [recipe.width, recipe.height])).all(axis=-1)
    points[~inside] = np.nan, np.nan, 0.0
    return Track(
        person=1, frames=truth.frames, times=truth.times, width=recipe.width,
        height=recipe.height, keypoints=points.astype(np.float32),
        world=_landmarks(rng, truth.keypoints, recipe.rate) if recipe.world else None,
        blendshapes=_measured(rng, truth.expression, recipe.rate) if recipe.blendshapes else None,
        rate=recipe.rate, focal=truth.focal if recipe.focal_known else None)


def _hidden(points: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Find hands that the trunk covers and faces that look away from the camera, (T, 133) bool."""
    hidden = np.zeros(points.shape[:2], bool)
    trunk = [_POINT[name] for name in
             ("left_shoulder", "right_shoulder", "right_hip", "left_hip")]
    corners, depth = pixels[:, trunk], points[:, trunk, 2].mean(axis=1)
    edges = np.roll(corners, -1, axis=1) - corners
    for name, part in (("left_wrist", WHOLEBODY133_LEFT_HAND),
                       ("right_wrist", WHOLEBODY133_RIGHT_HAND)):
        row = _POINT[name]
        to = pixels[:, None, row] - corners
        side = edges[..., 0] * to[..., 1] - edges[..., 1] * to[..., 0]
        behind = ((side > 0).all(axis=1) | (side < 0).all(axis=1)) & (
            points[:, row, 2] > depth + 0.05)
        hidden[behind, part] = True
        hidden[behind, row] = True
    ears = points[:, [_POINT["left_ear"], _POINT["right_ear"]]].mean(axis=1)
    nose = points[:, _POINT["nose"]] - ears
    ray = ears / np.linalg.norm(ears, axis=-1, keepdims=True)
    away = (nose * ray).sum(axis=-1) > 0.3 * np.linalg.norm(nose, axis=-1)
    hidden[away, WHOLEBODY133_FACE] = True
    hidden[np.ix_(away, [_POINT[name] for name in ("nose", "left_eye", "right_eye")])] = True
    return hidden


def _landmarks(rng: np.random.Generator, points: np.ndarray, rate: float) -> np.ndarray:
    """Return 3-D landmarks relative to their part, each wrong by a constant and something slow."""
    count = len(points)
    found = np.full(points.shape, np.nan)
    lasting = rng.normal(size=(len(WHOLEBODY133), 3))
    slow = _wander(rng, count, rate, len(WHOLEBODY133) * 3, 0.5).reshape(points.shape)
    hips = points[:, [_POINT["left_hip"], _POINT["right_hip"]]].mean(axis=1, keepdims=True)
    body = np.r_[0:17, WHOLEBODY133_FEET]
    found[:, body] = points[:, body] - hips + 0.02 * lasting[body] + 0.025 * slow[:, body]
    for hand in (WHOLEBODY133_LEFT_HAND, WHOLEBODY133_RIGHT_HAND):
        wrong = 0.004 * lasting[hand] + 0.005 * slow[:, hand]
        found[:, hand] = points[:, hand] - points[:, hand][:, :1] + wrong - wrong[:, :1]
    return found.astype(np.float32)


def _measured(rng: np.random.Generator, expression: np.ndarray, rate: float) -> np.ndarray:
    wrong = rng.normal(0.0, 0.03, expression.shape[1]) + 0.04 * _wander(
        rng, len(expression), rate, expression.shape[1], 0.2)
    return np.clip(expression + wrong, 0.0, 1.0).astype(np.float32)


def _lose(rng: np.random.Generator, track: Track, recipe: Recipe) -> None:
    """Take out the recipe's share of the keypoints, and the landmarks that go with them."""
    gone = np.zeros(track.keypoints.shape[:2], bool)
    names = list(_GAPS)
    odds = np.array([1.0] * (len(names) - 1) + [0.1])
    while gone.mean() < recipe.missing / 2:
        start = rng.integers(len(gone))
        stop = start + max(1, int(rng.uniform(0.1, 0.7) * recipe.rate))
        part = _GAPS[names[rng.choice(len(names), p=odds / odds.sum())]]
        gone[start:stop, part] = True
    left = (recipe.missing - gone.mean()) / max(1.0 - gone.mean(), 1e-9)
    gone |= rng.random(gone.shape) < left
    track.keypoints[gone] = np.nan, np.nan, 0.0
    if track.world is not None:
        track.world[gone] = np.nan
