"""Sequences neutral - emotion - neutral, of any length, from any body in any pose.

What makes an emotion readable is the robot's own performance of it (``body_performance``: posture,
hands and face as the live body shows them). What makes each one new is the learned Gaussian of the
difference between consecutive poses (``pose_priors.pose_diff``): how far the pose strays from the
performance, drawn frame by frame, with the size and the tempo of people's movement in that
emotion, or in the nearest one that the model was taught. With the mean "learned" the Gaussian's own
mean takes the place of the posture, as in Paduraru, Bouruc & Stefanescu, section 4.3; that needs a
model taught on clips of the emotion from neutral to neutral.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from kinesics_core.affect.emotions import EMOTION_VAD, EMOTIONS, emotion_index
from kinesics_core.body.model import BodyModel
from kinesics_core.expression.animator import ExpressionConfig
from kinesics_core.expression.bodies.latent import LARGEST_NOISE, moved, require_poses
from kinesics_core.expression.bodies.return_path import LEGS, return_to_start, shown_share
from kinesics_core.expression.body_performance import (
    Performance,
    Start,
    mean_body,
    perform_body,
    plant,
)
from kinesics_core.expression.performance import PerformanceConfig, course
from kinesics_core.expression.request import ExpressionRequest, resolve
from kinesics_core.expression.spring import follow
from kinesics_core.pose_priors import pose_diff, vae
from kinesics_core.pose_priors.pose_diff import PoseDiff
from kinesics_core.pose_priors.vae import PosePrior
from kinesics_core.settings import check, setting

MEANS = ("posture", "learned")

_STIFFNESS = 6.0  # 1/s; what strays is slower than what is meant (16 in the live body)
_SEED = 5  # of this generator among those of one performance


@dataclass(frozen=True)
class GeneratorConfig:
    """Settings of the generator of poses.

    Raises:
        KinesicsError: A value is out of its range.
    """

    noise_scale: float = setting(
        0.3, "How far poses stray from the emotion's posture; 0: not at all, 1: as far as those of"
        " the people the model was taught by", bounds=(0.0, LARGEST_NOISE))
    mean: str = setting(
        "posture", "What poses stray from: posture is the robot's own of that emotion, learned the"
        " mean of the recordings the model was taught by", choices=MEANS)

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self)


@dataclass(frozen=True, slots=True, eq=False)
class Models:
    """The two models that generate poses.

    Attributes:
        prior: The autoencoder of poses.
        diff: The Gaussian of differences, in its codes.

    Raises:
        ModelError: They do not belong together.
    """

    prior: PosePrior
    diff: PoseDiff

    def __post_init__(self) -> None:
        """Refuse two that do not belong together."""
        self.diff.require_prior(self.prior)


def shipped_models() -> Models:
    """Return the models of ``models/``."""
    return Models(vae.load(), pose_diff.load())


def generate(
    request: ExpressionRequest, generator: GeneratorConfig, config: PerformanceConfig, *,
    start: tuple[Start, BodyModel] | None = None, models: Models | None = None,
    legs: bool = ExpressionConfig.legs, on_frame: Callable[[], None] = lambda: None,
) -> Performance:
    """Return a body that goes from its pose to an emotion and back to that pose.

    Args:
        request: What is shown.
        generator: How far poses stray, and from what.
        config: Length, rate, seed.
        start: Whose body it is, with its pose, and its model; None: the mean one at rest. Legs
            that do not stand keep as they are.
        models: What poses are generated with; None: the shipped ones.
        legs: Whether pelvis and legs take part where they stand.
        on_frame: Told of each frame of the performance.

    Raises:
        KinesicsError: The mean is to be the learned one of an emotion that the model was not
            taught, or the start's pose is no pose.
    """
    models = models or shipped_models()
    if start is not None:
        require_poses(start[0].body_pose)
    expression = resolve(request)
    name = EMOTIONS[expression.emotion]
    row = models.diff.row(name if generator.mean == "learned" else nearest(models.diff, name))
    performance = perform_body(expression, request, config, legs=legs, on_frame=on_frame)
    times, _, end = course(config)
    share = shown_share(times, config.seconds, end)
    frames = performance.frames
    return_to_start(frames, share, start)
    if start is None and legs:
        plant(frames, mean_body())
    rng = np.random.default_rng((config.seed, _SEED))
    if generator.mean == "learned":
        frames.body_pose = np.repeat(frames.body_pose[:1], len(times), axis=0)
        shift = expression.intensity * _learned(
            models, row, frames.body_pose[0], config.seconds, generator.noise_scale, rng)
    else:
        count = int(np.ceil(config.seconds * models.diff.rate)) + 3
        shift = generator.noise_scale * models.diff.deviations(row, count, rng)
    shift = share[:, None] * _followed(at_times(shift, times * models.diff.rate), config.rate)
    # Where a pose changes fast its code jumps about; what strays does not jump along.
    codes = _followed(models.prior.encode(frames.body_pose)[0], config.rate)
    frames.body_pose = moved(
        frames.body_pose, codes, shift, models.prior, still=LEGS).astype(np.float32)
    return replace(
        performance, gender=performance.gender if start is None else start[0].gender)


def nearest(model: PoseDiff, emotion: str) -> str:
    """Return the emotion that a model was taught and that is nearest in VAD: itself, if it was."""
    wanted = EMOTION_VAD[emotion_index(emotion)]
    return min(model.emotions, key=lambda name: float(
        np.linalg.norm(EMOTION_VAD[emotion_index(name)] - wanted)))


def at_times(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return values (N, D) between samples, on Catmull and Rom's spline, (T, D).

    Args:
        values: (N, D), N at least 2.
        places: (T,) in samples, 0 to N - 1.
    """
    before = np.clip(places.astype(int), 0, len(values) - 2)
    u = (places - before)[:, None]
    ends = 2 * values[:1] - values[1:2], 2 * values[-1:] - values[-2:-1]
    padded = np.concatenate([ends[0], values, ends[1]])
    a, b, c, d = (padded[before + k] for k in range(4))
    return np.asarray(
        b + 0.5 * u * (c - a + u * (2 * a - 5 * b + 4 * c - d + u * (3 * (b - c) + d - a))))


def _followed(wanted: np.ndarray, rate: float) -> np.ndarray:
    """Return what a body makes of shifts (T, D), which follows them as the live one its target."""
    now, speed = wanted[0], np.zeros(wanted.shape[1])
    out = np.empty_like(wanted)
    for index, target in enumerate(wanted):
        out[index] = now
        now, speed = follow(now, speed, target, _STIFFNESS, 1.0 / rate)
    return out


def _learned(
    models: Models, row: int, first: np.ndarray, seconds: float, noise: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return how the model moves the code of a pose (21, 3), at its own rate, (N, D)."""
    diff = models.diff
    count = int(np.ceil(seconds * diff.rate)) + 3
    z = models.prior.encode(first[None])[0].astype(np.float64)
    d, begin, out = np.zeros_like(z), z.copy(), np.zeros((count, z.shape[1]))
    for index in range(1, count):
        s = np.array([min(index / (seconds * diff.rate), 1.0)])
        d = diff.draw(z, d, row, s, rng, noise)
        z = z + d
        out[index] = (z - begin)[0]
    return out
