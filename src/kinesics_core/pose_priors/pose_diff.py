"""A Gaussian of the difference between consecutive poses, in the code of the pose prior.

Paduraru, Bouruc & Stefanescu, "Generative AI for Human 3D Body Emotions", section 4.3: the
difference is drawn given the previous frame, the time in the clip and the emotion
(``getRandomPoseDiff(t)`` of their Listing 1). Here it is linear and Gaussian,

    d_t = F z_(t-1) + G d_(t-1) + W_e phi(s) + L_e n,    z_t = z_(t-1) + d_t,    n ~ N(0, I),

with z the code of a pose (``vae``), s the time in the clip from 0 to 1, and phi(s) = (1, cos pi s,
cos 2 pi s). "The previous frame" has a pose and, in order 2, a difference d of its own: without it
a body would shake, for people's movement goes on in its direction. F and G belong to everybody; an
emotion has its own drift W and covariance L L', both drawn towards those of all where it has few
frames. All poles lie within ``LARGEST_POLE``, so a sequence of any length stays bounded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from kinesics_core import files
from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.assets import store
from kinesics_core.errors import KinesicsError, ModelError
from kinesics_core.pose_priors.vae import JOINTS, LATENT, PosePrior

FILE = "pose_diff.npz"
FORMAT = "kinesics pose-diff 1"
TERMS = 3
"""Length of phi."""
LARGEST_POLE = 0.98
"""Largest modulus of a pole at 30 Hz: what deviates is halved within 34 frames at the latest."""

_LARGEST = 1e3  # of any number in a model
_SAME_PRIOR = 1e-2  # difference of the codes of one pose up to which two priors are one


@dataclass(frozen=True, slots=True)
class FitConfig:
    """Settings of the fit.

    Attributes:
        order: 1: given the previous pose, as the paper; 2: and the previous difference.
        prior_frames: Frames that F = G = 0 counts as.
        drift_frames: Frames that the drift of all counts as against an emotion's own.
        covariance_frames: The same of the covariance.
    """

    order: int = 2
    prior_frames: float = 5.0
    drift_frames: float = 200.0
    covariance_frames: float = 300.0

    def __post_init__(self) -> None:
        if self.order not in (1, 2):
            raise KinesicsError(f"Got order {self.order}; wanted 1 (the pose) or 2 (and its"
                                " difference to the one before).")
        if min(self.prior_frames, self.drift_frames, self.covariance_frames) < 0:
            raise KinesicsError("Got a number of frames below 0 for the fit; wanted 0 or more.")


@dataclass(frozen=True, slots=True, eq=False)
class PoseDiff:
    """The learned Gaussian.

    Attributes:
        emotions: That it was taught, by name.
        pull: F (D, D).
        momentum: G (D, D); zeros in order 1.
        drift: W (E + 1, D, 3), of the emotions and, last, of all, towards which these are drawn.
        root: L (E + 1, D, D), lower triangular.
        rate: Frames per second it steps at.
        frames: (E,) it was taught of each emotion.
        zero_pose: (D,) code of the T-pose, by which the prior is known again.
    """

    emotions: tuple[str, ...]
    pull: np.ndarray
    momentum: np.ndarray
    drift: np.ndarray
    root: np.ndarray
    rate: float
    frames: np.ndarray
    zero_pose: np.ndarray

    def row(self, emotion: str) -> int:
        """Return the row of an emotion in ``drift`` and ``root``.

        Raises:
            KinesicsError: It was not taught that emotion.
        """
        if emotion in self.emotions:
            return self.emotions.index(emotion)
        raise KinesicsError(
            f"The model of pose differences was not taught {emotion!r}; it knows"
            f" {', '.join(self.emotions)}. Train one on recordings of that emotion: kinesics train"
            " pose-diff --data ...")

    def mean(self, z: np.ndarray, d: np.ndarray, row: int, s: np.ndarray) -> np.ndarray:
        """Return the mean of the next difference (B, D).

        Args:
            z: (B, D) the previous frame's codes.
            d: (B, D) its difference to the frame before.
            row: From ``row``.
            s: (B,) or one number: time in the clip, 0..1.
        """
        phi = np.broadcast_to(terms(s), (len(z), TERMS))
        return z @ self.pull.T + d @ self.momentum.T + phi @ self.drift[row].T

    def draw(
        self, z: np.ndarray, d: np.ndarray, row: int, s: np.ndarray, rng: np.random.Generator,
        noise_scale: float = 1.0,
    ) -> np.ndarray:
        """Return random differences to the next frame (B, D): the paper's getRandomPoseDiff.

        Args:
            z: (B, D) the previous frame's codes.
            d: (B, D) its difference to the frame before.
            row: From ``row``.
            s: (B,) or one number: time in the clip, 0..1.
            rng: Of the draw.
            noise_scale: Factor on the standard deviation.
        """
        return self.mean(z, d, row, s) + noise_scale * self.noise(row, len(z), rng)

    def noise(self, row: int, count: int, rng: np.random.Generator) -> np.ndarray:
        """Return the random part of ``count`` differences (count, D)."""
        return rng.standard_normal((count, len(self.pull))) @ self.root[row].T

    def deviations(
        self, row: int, count: int, rng: np.random.Generator, start: int = 60
    ) -> np.ndarray:
        """Return how far poses stray from their mean, in ``count`` frames (count, D).

        Args:
            row: From ``row``.
            count: Frames.
            rng: Of the draw.
            start: Frames that went before, from which it comes.
        """
        y, d = np.zeros(len(self.pull)), np.zeros(len(self.pull))
        noise = self.noise(row, count + start, rng)
        out = np.empty((count, len(y)))
        for index, pushed in enumerate(noise):
            d = self.pull @ y + self.momentum @ d + pushed
            y = y + d
            if index >= start:
                out[index - start] = y
        return out

    def goal(self, row: int, s: np.ndarray) -> np.ndarray:
        """Return the codes (..., D) at which the mean difference is 0, at times s (...)."""
        wanted = -np.linalg.solve(self.pull, self.drift[row])
        return terms(s) @ wanted.T

    def require_prior(self, prior: PosePrior) -> None:
        """Refuse a pose prior with other codes than those it was taught in.

        Raises:
            ModelError: It is another.
        """
        own, _ = prior.encode(np.zeros((1, JOINTS, 3)))
        if own.shape[1] != len(self.pull) or np.abs(own[0] - self.zero_pose).max() > _SAME_PRIOR:
            raise ModelError(
                "The model of pose differences was taught in the codes of another pose prior. Give"
                " both of one training, or train it for this prior: kinesics train pose-diff"
                " --prior FILE --data ...")


def terms(s: np.ndarray | float) -> np.ndarray:
    """Return phi (..., 3) of times in the clip (...), 0..1."""
    s = np.asarray(s, np.float64)
    return np.stack([np.ones_like(s), np.cos(np.pi * s), np.cos(2.0 * np.pi * s)], axis=-1)


def poles(pull: np.ndarray, momentum: np.ndarray) -> np.ndarray:
    """Return the 2 D poles of z_t = (I + F + G) z_(t-1) - G z_(t-2)."""
    eye = np.eye(len(pull))
    return np.linalg.eigvals(np.block([[eye + pull + momentum, -momentum],
                                       [eye, np.zeros_like(eye)]]))


def stable(pull: np.ndarray, momentum: np.ndarray, largest: float = LARGEST_POLE) -> tuple[
        np.ndarray, np.ndarray]:
    """Return F and G whose poles are all those given, times one factor that bounds them.

    Args:
        pull: F (D, D).
        momentum: G (D, D).
        largest: Modulus that no pole exceeds.
    """
    size = float(np.abs(poles(pull, momentum)).max())
    if size <= largest:
        return pull, momentum
    factor = largest / size
    eye = np.eye(len(pull))
    slower = factor**2 * momentum
    return factor * (eye + pull + momentum) - eye - slower, slower


def fit(
    codes: Sequence[np.ndarray], emotions: Sequence[str], rate: float, zero_pose: np.ndarray,
    config: FitConfig = FitConfig(),
) -> PoseDiff:
    """Fit the Gaussian to clips by penalised least squares.

    Args:
        codes: (T, D) of each clip, one sequence without gaps; clips below 3 frames are left out.
        emotions: Name of each clip's.
        rate: Frames per second of all.
        zero_pose: (D,) code of the T-pose.
        config: How.

    Raises:
        KinesicsError: There are too few frames, or codes that are no numbers.
    """
    names = tuple(sorted(set(emotions)))
    before, momentum, timing, labels, wanted = _rows(codes, [names.index(e) for e in emotions])
    size = before.shape[1]
    if len(wanted) < 4 * size:
        raise KinesicsError(
            f"Got {len(wanted)} frames to learn pose differences from; wanted {4 * size} at least."
            " Give more recordings.")
    if not np.isfinite(before).all():
        raise KinesicsError("A recording's poses hold nan; leave it out or fit it again.")
    shown = np.eye(len(names))[labels]
    own = (shown[:, :, None] * timing[:, None, :]).reshape(len(labels), -1)
    moving = momentum if config.order == 2 else momentum[:, :0]
    features = np.concatenate([before, moving, timing, own], axis=1)
    penalty = np.concatenate([
        config.prior_frames * np.maximum(before.var(axis=0), 1e-9),
        config.prior_frames * np.maximum(moving.var(axis=0), 1e-9),
        np.full(TERMS, 1e-9), np.full(own.shape[1], config.drift_frames)])
    weighted = features * _weights(wanted, labels, len(names))[:, None]
    solved = np.linalg.solve(
        weighted.T @ features + np.diag(penalty), weighted.T @ wanted).T
    pull = solved[:, :size]
    kept = solved[:, size:2 * size] if config.order == 2 else np.zeros((size, size))
    pull, kept = stable(pull, kept)
    rest = wanted - before @ pull.T - momentum @ kept.T
    drift = _drifts(rest, timing, own, config)
    left = rest - np.einsum("nk,nak->na", timing, drift[labels])
    return PoseDiff(
        names, pull, kept, drift, _roots(left, labels, len(names), config), rate,
        np.bincount(labels, minlength=len(names)), np.asarray(zero_pose, np.float64))


def _rows(
    codes: Sequence[np.ndarray], labels: Sequence[int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return of every frame from the third: the code and difference before it, phi, label, d."""
    parts = []
    for clip, label in zip(codes, labels, strict=True):
        clip = np.asarray(clip, np.float64)
        if len(clip) < 3:
            continue
        moved = np.diff(clip, axis=0)
        s = np.arange(2, len(clip)) / (len(clip) - 1)
        parts.append((clip[1:-1], moved[:-1], terms(s), np.full(len(s), label), moved[1:]))
    if not parts:
        raise KinesicsError("No recording has 3 frames; give longer ones.")
    before, momentum, timing, marks, wanted = (
        np.concatenate(part) for part in zip(*parts, strict=True))
    return before, momentum, timing, marks, wanted


def _weights(wanted: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """Return weights of rows (N,), 1 on average, with which every emotion counts alike.

    Walking moves thirty times as much as standing, and one emotion's recordings are longer than
    another's.
    """
    weights = np.empty(len(labels))
    for index in range(count):
        own = labels == index
        weights[own] = 1.0 / (max(float((wanted[own] ** 2).mean()), 1e-9) * own.sum())
    return weights / weights.mean()


def _drifts(
    rest: np.ndarray, timing: np.ndarray, own: np.ndarray, config: FitConfig
) -> np.ndarray:
    """Return W (E + 1, D, 3) of what pull and momentum leave (N, D)."""
    features = np.concatenate([timing, own], axis=1)
    penalty = np.r_[np.full(TERMS, 1e-9), np.full(own.shape[1], config.drift_frames)]
    solved = np.linalg.solve(features.T @ features + np.diag(penalty), features.T @ rest).T
    shared = solved[:, :TERMS]
    each = solved[:, TERMS:].reshape(len(solved), -1, TERMS).transpose(1, 0, 2)
    return np.concatenate([shared + each, shared[None]])


def _roots(left: np.ndarray, labels: np.ndarray, count: int, config: FitConfig) -> np.ndarray:
    """Return L (E + 1, D, D) of the residuals (N, D), each emotion drawn towards all."""
    def second_moment(rows: np.ndarray) -> np.ndarray:
        moment: np.ndarray = rows.T @ rows / max(len(rows), 1)
        return moment

    floor = 1e-10 * np.eye(left.shape[1])
    # Every emotion counts alike, else the one with the longest recordings would be that of all.
    own = [second_moment(left[labels == index]) for index in range(count)]
    of_all = np.mean(own, axis=0)
    roots = []
    for index in range(count):
        frames = float((labels == index).sum())
        share = frames / (frames + config.covariance_frames)
        roots.append(np.linalg.cholesky(share * own[index] + (1.0 - share) * of_all + floor))
    return np.array([*roots, np.linalg.cholesky(of_all + floor)])


def arrays_of(model: PoseDiff) -> dict[str, object]:
    """Return the arrays of a model's file."""
    return {
        "format": FORMAT, "emotions": list(model.emotions), "rate": model.rate,
        "frames": model.frames, "zero_pose": model.zero_pose.astype(np.float32),
        "pull": model.pull.astype(np.float32), "momentum": model.momentum.astype(np.float32),
        "drift": model.drift.astype(np.float32), "root": model.root.astype(np.float32)}


@cache
def load(path: Path | None = None) -> PoseDiff:
    """Read a model.

    Args:
        path: An .npz of ``kinesics train pose-diff``; None for ours, of ``models/``.

    Raises:
        ModelError: There is no such model, or it is none.
    """
    file = store.shipped(FILE) if path is None else Path(path)
    try:
        return from_arrays(files.read_arrays(file))
    except (OSError, ValueError, TypeError, LookupError) as error:
        raise ModelError(
            f"{file} is no model of pose differences ({error}). Give an .npz of `kinesics train"
            " pose-diff`.") from error


def from_arrays(arrays: Mapping[str, np.ndarray]) -> PoseDiff:
    """Return the model of a file's arrays.

    Raises:
        ValueError: They are none, or would not stay bounded.
        KeyError: One is missing.
    """
    if str(arrays["format"]) != FORMAT:
        raise ValueError(f"format {arrays['format']}, not {FORMAT}")
    names = tuple(str(name) for name in arrays["emotions"])
    found = {name: np.asarray(arrays[name], np.float64)
             for name in ("pull", "momentum", "drift", "root", "zero_pose")}
    shapes = {"pull": (LATENT, LATENT), "momentum": (LATENT, LATENT), "zero_pose": (LATENT,),
              "drift": (len(names) + 1, LATENT, TERMS), "root": (len(names) + 1, LATENT, LATENT)}
    for name, shape in shapes.items():
        if found[name].shape != shape or not (np.abs(found[name]) < _LARGEST).all():
            raise ValueError(f"{name} of shape {found[name].shape}, wanted numbers of {shape}")
    if not names or not set(names) <= set(EMOTIONS):
        raise ValueError(f"emotions {', '.join(names) or 'none'}, wanted some of"
                         f" {', '.join(EMOTIONS)}")
    if not 1.0 <= float(arrays["rate"]) <= 1000.0:
        raise ValueError(f"rate {arrays['rate']}, wanted frames per second")
    if np.abs(poles(found["pull"], found["momentum"])).max() >= 1.0:
        raise ValueError("it has a pole outside the unit circle, so that sequences grow")
    return PoseDiff(names, found["pull"], found["momentum"], found["drift"], found["root"],
                    float(arrays["rate"]), np.asarray(arrays["frames"]), found["zero_pose"])
