"""Generated bodies against the meshes they come from: figure 4 and table 2 of the paper.

Paduraru, Bouruc & Stefanescu, "Generative AI for Human 3D Body Emotions", section 5.3: the distance
of vertices (V2V) grows, and the similarity falls, with the noise. The paper does not say what its
similarity is; here it is 1 / (1 + V2V / ``HALF``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesics_core.affect.emotion_words import emotion_of
from kinesics_core.body import model as body_model
from kinesics_core.body import skinning
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.bodies import GeneratorConfig, generate, vary_pose
from kinesics_core.expression.body_performance import Start, moments
from kinesics_core.expression.performance import PerformanceConfig
from kinesics_core.expression.request import ExpressionRequest
from kinesics_core.fitting.output.params_file import read_parameters

PAPER_EMOTIONS = ("anger", "happiness", "surprise", "disgust", "sadness", "fear")
"""In the order of the paper's table 2."""

HALF = 100.0
"""V2V at which two meshes are half alike, millimetres."""

_FRAMES = 6  # of a fit, spread over it
_MIDDLE = 0.5
_BATCH = 64  # meshes at once


@dataclass(frozen=True, slots=True, eq=False)
class Original:
    """A mesh to generate from.

    Attributes:
        name: Where it is from.
        emotion: One of ``emotions.EMOTIONS``, or "".
        gender: Of the body model.
        betas: (10,) shape.
        body_pose: (21, 3) axis-angle, radians.
    """

    name: str
    emotion: str
    gender: str
    betas: np.ndarray
    body_pose: np.ndarray


def fitted_originals(places: Sequence[Path]) -> list[Original]:
    """Return frames of fits, spread over each; see ``kinesics fit --label emotion=...``.

    Raises:
        KinesicsError: One cannot be read, is of another body, or no frame of it was fitted.
    """
    found = []
    for place in places:
        fit, _ = read_parameters(place)
        if fit.gender not in body_model.GENDERS:
            raise KinesicsError(f"{place} is of the gender {fit.gender!r}; wanted"
                                f" {', '.join(body_model.GENDERS)}.")
        known = np.flatnonzero(np.isfinite(fit.body_pose).all(axis=(1, 2)))
        if not len(known):
            raise KinesicsError(f"{place} has no frame that was fitted; give another fit.")
        emotion = emotion_of(fit.labels.get("emotion", "").lower())
        chosen = np.unique(known[np.linspace(0, len(known) - 1, _FRAMES + 2).astype(int)[1:-1]])
        found += [Original(f"{place}: {frame}", emotion, fit.gender, fit.betas[:10],
                           fit.body_pose[frame]) for frame in chosen]
    return found


def own_originals(seeds: int = 2, intensity: float = 0.8) -> list[Original]:
    """Return the robot's own postures of the paper's emotions, of both genders."""
    found = []
    for gender in ("female", "male"):
        for emotion in PAPER_EMOTIONS:
            for seed in range(seeds):
                performance = generate(
                    ExpressionRequest(emotion=emotion, intensity=intensity),
                    GeneratorConfig(noise_scale=0.0),
                    PerformanceConfig(seconds=5.0, rate=15.0, seed=seed))
                apex = moments(performance).get("apex", len(performance.times) // 2)
                found.append(Original(
                    f"{emotion} {seed}", emotion, gender, np.zeros(10, np.float32),
                    performance.frames.body_pose[apex]))
    return found


def distances(
    originals: Sequence[Original], noises: Sequence[float], samples: int, seed: int,
    on_mesh: Callable[[], None] = lambda: None,
) -> np.ndarray:
    """Return the mean distance of the vertices of generated meshes and their originals, mm.

    Args:
        originals: N meshes.
        noises: S noise scales. A sample takes the same direction in all of them.
        samples: Of each original.
        seed: Of the directions.
        on_mesh: Told of each original at each scale.

    Returns:
        (S, N, samples) millimetres.
    """
    result = np.empty((len(noises), len(originals), samples))
    for number, original in enumerate(originals):
        body = body_model.load(gender=original.gender)
        shape = np.asarray(original.betas, np.float32)[None]
        own, _ = skinning.vertices(
            body, betas=shape, body_pose=original.body_pose[None].astype(np.float32))
        for place, noise in enumerate(noises):
            poses = vary_pose(original.body_pose, noise, samples,
                              np.random.default_rng((seed, number)))
            parts = [skinning.vertices(body, betas=shape, body_pose=poses[i:i + _BATCH])[0]
                     for i in range(0, samples, _BATCH)]
            away = np.linalg.norm(np.concatenate(parts) - own, axis=-1)
            result[place, number] = 1000.0 * away.mean(axis=1)
            on_mesh()
    return result


def similarity(v2v: np.ndarray) -> np.ndarray:
    """Return 0..1, 1 for the same mesh, of distances in millimetres."""
    return np.asarray(1.0 / (1.0 + v2v / HALF))


def table(originals: Sequence[Original], v2v: np.ndarray) -> dict[str, tuple[int, float]]:
    """Return the rows of the paper's table 2: number of meshes and mean V2V, mm.

    Args:
        originals: N meshes.
        v2v: (N, samples) millimetres.
    """
    groups = {f"{name} samples": [o.emotion == name for o in originals]
              for name in (*PAPER_EMOTIONS, "contempt", "neutral")}
    groups |= {f"{gender} models": [o.gender == gender for o in originals]
               for gender in ("female", "male", "neutral")}
    groups["overall"] = [True] * len(originals)
    return {name: (int(np.sum(own)) * v2v.shape[1], float(v2v[np.array(own)].mean()))
            for name, own in groups.items() if any(own)}


@dataclass(frozen=True, slots=True, eq=False)
class Process:
    """The making of one body, for the paper's figure 3.

    Attributes:
        name: Of the process.
        gender: Of the body model.
        betas: (10,) shape.
        parameters: As ``skinning.vertices`` takes them, 3 rows each: first, between and last.
    """

    name: str
    gender: str
    betas: np.ndarray
    parameters: dict[str, np.ndarray]


def processes(originals: Sequence[Original], noise: float, seed: int) -> list[Process]:
    """Return a pose varied in code, and sequences of the paper's emotions from it.

    Args:
        originals: The first one is started from.
        noise: Scale of both.
        seed: Of both.
    """
    first = originals[0]
    varied = [first.body_pose, *(vary_pose(
        first.body_pose, scale, 1, np.random.default_rng(seed))[0]
        for scale in (_MIDDLE * noise, noise))]
    found = [Process(f"noise {noise:g} in code", first.gender, first.betas,
                     {"body_pose": np.array(varied)})]
    gender, betas = first.gender, first.betas
    body = body_model.load(gender=gender)
    rest = generate(ExpressionRequest(emotion="neutral", intensity=0.0), GeneratorConfig(
        noise_scale=0.0), PerformanceConfig(seconds=1.0, rate=5.0)).frames.body_pose[0]
    start = Start(betas, gender, np.zeros(3), rest, np.zeros((15, 3)), np.zeros((15, 3)))
    for emotion in PAPER_EMOTIONS:
        made = generate(
            ExpressionRequest(emotion=emotion, intensity=0.8), GeneratorConfig(noise_scale=noise),
            PerformanceConfig(seconds=5.0, rate=30.0, seed=seed), start=(start, body))
        told = moments(made)
        apex = told.get("apex", len(made.times) // 2)
        half = told.get("onset", apex // 2)
        found.append(Process(f"to {emotion}", gender, betas, {
            name: values[[0, half, apex]] for name, values in made.parameters.items()}))
    return found
