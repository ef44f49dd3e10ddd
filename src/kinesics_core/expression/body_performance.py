"""A body and its face that come and go: at rest, to an expression, back to rest.

``perform_body`` runs the animator that the robot has, so that a file shows what the robot would
show. ``Performance`` holds it in the parameters of SMPL-X, which every writer takes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from kinesics_core.affect.emotions import NEUTRAL
from kinesics_core.body import skinning
from kinesics_core.body.gestures import minimum_jerk
from kinesics_core.body.leg_ik import LEG_ROWS, planted_legs
from kinesics_core.body.model import BodyModel, load
from kinesics_core.body.parameters import PARAMETERS, BodyFrames
from kinesics_core.expression.animator import Animator, ExpressionConfig
from kinesics_core.expression.face_animation import FaceAnimation
from kinesics_core.expression.performance import PerformanceConfig, course, telling
from kinesics_core.expression.request import Expression, ExpressionRequest
from kinesics_core.expression.steps import over_its_feet, step_over
from kinesics_core.render.face_controls import looks
from kinesics_core.rotations import exponential, logarithm
from kinesics_core.skeletons import SMPLX_BODY
from kinesics_core.types import NANOSECONDS, AffectiveResponse, BodyPose, FacePose

TAKE_OVER = 1.5, 0.3
"""Longest time in which the body leaves the pose it is given to start from, seconds, and that time
as a share of the performance."""

SEEN = 0.2
"""Radians, summed over joints as a length, up to which a body only breathes and sways."""

_SMOOTH = 0.4  # seconds over which beats and gestures do not make a moment of their own
_FEET = [SMPLX_BODY.index(f"{side}_{part}") for side in ("left", "right")
         for part in ("ankle", "foot")]
_LEGS = [SMPLX_BODY.index(f"{side}_{part}") - 1 for side in ("left", "right")
         for part in ("hip", "knee", "ankle", "foot")]


@dataclass(frozen=True, eq=False)
class Start:
    """Somebody's body and the pose that a performance starts from, in model axes (y up).

    Attributes:
        betas: (10,) standard deviations of the shape.
        gender: Of the body model.
        global_orient: (3,) axis-angle of the pelvis, without its turn about the vertical.
        body_pose: (21, 3) axis-angle.
        left_hand_pose, right_hand_pose: (15, 3) axis-angle.
    """

    betas: np.ndarray
    gender: str
    global_orient: np.ndarray
    body_pose: np.ndarray
    left_hand_pose: np.ndarray
    right_hand_pose: np.ndarray


@dataclass(frozen=True, eq=False)
class Performance:
    """T moments of a body and its face.

    Attributes:
        face: The face as ``face_pose`` has it, with the times.
        frames: The whole body, in model axes (x to its left, y up, z forward), metres from where
            the pelvis is in T-pose. The mouth opens by its expression, the jaw's joint rests.
        gender: Of the body model.
        taken_over: Seconds in which it leaves the pose that it starts from; 0: it starts at rest.
    """

    face: FaceAnimation
    frames: BodyFrames
    gender: str
    taken_over: float = 0.0

    @property
    def times(self) -> np.ndarray:
        """(T,) seconds from the first frame."""
        return self.face.times

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """Parameters as ``skinning.vertices`` takes them, T rows each, without ``betas``."""
        return {name: getattr(self.frames, name) for name in PARAMETERS}


def perform_body(
    expression: Expression, request: ExpressionRequest, config: PerformanceConfig, *,
    start: tuple[Start, BodyModel] | None = None, legs: bool = ExpressionConfig.legs,
    on_frame: Callable[[], None] = lambda: None,
) -> Performance:
    """Return a body from rest to what is shown and back, looking at whoever sees it.

    Args:
        expression: What is shown.
        request: What it was resolved from; its duration is the performance's.
        config: Length, rate, seed.
        start: Whose body it is, with its pose, and its model; None: the mean one, at rest. Feet
            are planted by the length of its own legs.
        legs: Whether pelvis and legs take part.
        on_frame: Told of each frame.
    """
    times, begin, end = course(config)
    animator = Animator(config.seed, legs=legs)
    animator.respond(_watched(config.seconds + 1.0))
    shown = False
    faces: list[FacePose] = []
    bodies: list[BodyPose] = []
    for time in times:
        if not shown and time >= begin:
            animator.show(expression, replace(request, duration=end - time))
            shown = True
        face, body = animator.step(round(time * NANOSECONDS))
        faces.append(face)
        bodies.append(body)
        on_frame()
    animation = FaceAnimation(
        times, np.array([face.blendshapes for face in faces], np.float32),
        np.array([face.gaze for face in faces], np.float32),
        np.array([face.head for face in faces], np.float32))
    frames = body_frames(animation, bodies)
    if start is not None:
        frames.betas = np.asarray(start[0].betas, np.float32)
    if legs:
        plant(frames, mean_body() if start is None else start[1])
    if start is None:
        return Performance(animation, frames, "neutral")
    over = min(TAKE_OVER[0], TAKE_OVER[1] * config.seconds)
    _take_over(frames, times / over, *start)
    if legs:
        step_over(frames, (times / over)[times < over], _offsets(start[1], frames.betas))
    return Performance(animation, frames, start[0].gender, over)


def body_frames(face: FaceAnimation, bodies: list[BodyPose]) -> BodyFrames:
    """Return poses of the stream, T of face and body, as parameters of the open body."""
    def gathered(name: str) -> np.ndarray:
        return np.array([getattr(body, name) for body in bodies], np.float32)

    return BodyFrames(
        betas=np.zeros(10, np.float32), transl=gathered("transl"),
        global_orient=gathered("global_orient"), body_pose=gathered("body_pose"),
        left_hand_pose=gathered("left_hand"), right_hand_pose=gathered("right_hand"),
        jaw_pose=np.zeros((len(bodies), 3), np.float32), **looks(face.blendshapes, face.gaze))


def moments(performance: Performance) -> dict[str, int]:
    """Return the frames that tell a performance, by name and in order.

    As ``performance.moments``, but by all joints of the body but the legs', smoothed so that a beat
    is no moment. One that starts from a pose has "start" in place of "rest".
    """
    pose = performance.frames.body_pose
    moving = np.delete(pose, _LEGS, axis=1)
    rest = moving[-1] if performance.taken_over else moving[0]
    change = np.linalg.norm((moving - rest).reshape(len(pose), -1), axis=1)
    change[performance.times < performance.taken_over] = 0.0
    window = max(1, round(_SMOOTH * performance.face.rate)) | 1
    half = window // 2
    padded = np.pad(change, half, mode="edge")
    found = telling(np.convolve(padded, np.ones(window) / window, "valid"), SEEN)
    if performance.taken_over:
        found = {"start": found.pop("rest"), **found}
    return found


def _watched(seconds: float) -> AffectiveResponse:
    """Return an answer of nothing but a look straight ahead."""
    return AffectiveResponse(
        stamp=0, policy="idle", emotion=NEUTRAL, intensity=0.0, valence=0.0, arousal=0.0,
        dominance=0.0, towards=1, bearing=np.zeros(2, np.float32), gesture="", duration=seconds,
        reason="somebody looks")


@lru_cache(maxsize=1)
def mean_body() -> BodyModel:
    """Return the open body, neutral."""
    return load()


def _joints(model: BodyModel, betas: np.ndarray, **pose: np.ndarray) -> np.ndarray:
    """Return the joints (J, 3), metres, in one pose; rotations by name, axis-angle."""
    _, places = skinning.vertices(
        skinning.select(model, np.empty(0, int)), betas=np.asarray(betas, np.float32)[None],
        **{name: np.asarray(part, np.float32)[None] for name, part in pose.items()})
    return places[0]


def _offsets(model: BodyModel, betas: np.ndarray) -> np.ndarray:
    """Return the joints (22, 3) of a body from their parents in T-pose, metres."""
    places = _joints(model, betas)[: len(SMPLX_BODY)]
    parents = model.parents[: len(SMPLX_BODY)]
    offsets: np.ndarray = places - np.where(parents[:, None] >= 0, places[parents], 0.0)
    return offsets


def plant(frames: BodyFrames, model: BodyModel) -> None:
    """Bend the legs, in place, so that the feet of a body stay where they are in T-pose."""
    offsets = _offsets(model, frames.betas)
    rows = list(LEG_ROWS)
    pelvis = exponential(frames.global_orient.astype(np.float64))
    for frame, turned in enumerate(pelvis):
        frames.body_pose[frame, rows] = planted_legs(
            frames.transl[frame].astype(np.float64), turned, offsets.astype(np.float64))


def _take_over(frames: BodyFrames, share: np.ndarray, start: Start, model: BodyModel) -> None:
    """Lead from the pose of a start into a performance, in place.

    Args:
        frames: The performance, of T frames.
        share: (T,) times as shares of that which it takes.
        start: The pose.
        model: Of its body.
    """
    left = 1.0 - minimum_jerk(np.clip(share, 0.0, 1.0))
    early = np.flatnonzero(left > 0.0)
    share = left[early]
    left, ahead = over_its_feet(
        exponential(np.asarray(start.global_orient, np.float64)),
        np.asarray(start.body_pose, np.float64), _offsets(model, start.betas)) or (0.0, 0.0)
    place = np.array([left, standing_height(start, model), ahead], np.float32)
    frames.transl[early] += share[:, None] * (place - frames.transl[early])
    for name in ("global_orient", "body_pose", "left_hand_pose", "right_hand_pose"):
        part, first = getattr(frames, name), np.asarray(getattr(start, name), np.float64)
        turned = exponential(part[early].astype(np.float64))
        between = np.swapaxes(turned, -1, -2) @ exponential(first)
        partly = share.reshape(-1, *[1] * (part.ndim - 1)) * logarithm(between)
        part[early] = logarithm(turned @ exponential(partly))


def standing_height(start: Start, model: BodyModel) -> float:
    """Return how far the pelvis is above that of the T-pose when the lower foot is on the floor."""
    still = _joints(model, start.betas)
    posed = _joints(model, start.betas, body_pose=start.body_pose,
                    global_orient=start.global_orient)
    return float(still[_FEET, 1].min() - posed[_FEET, 1].min())
