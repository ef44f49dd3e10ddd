"""Learning and judging of the pose differences: ``kinesics train pose-diff``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.dataset.pose_clips import FASTEST, RATE, PoseClip
from kinesics_core.errors import KinesicsError
from kinesics_core.pose_priors import pose_diff
from kinesics_core.pose_priors.pose_diff import FitConfig, PoseDiff
from kinesics_core.pose_priors.vae import JOINTS, PosePrior
from kinesics_core.rotations import exponential, logarithm

HELD_OUT = 0.2
"""Share of each recording, its end, that the report judges by."""

_SHORTEST = 10  # frames of a piece that is learned from


@dataclass(frozen=True, slots=True)
class Labelled:
    """A recording with the name of its emotion."""

    clip: PoseClip
    emotion: str


def train(
    recordings: Sequence[Labelled], prior: PosePrior, config: FitConfig
) -> tuple[PoseDiff, dict[str, dict[str, float]]]:
    """Learn from recordings, and judge by the last fifth of each what was learned from the rest.

    Args:
        recordings: At least one of each emotion wanted.
        prior: In whose codes.
        config: Of the fit.

    Returns:
        The model, taught by all frames, and the report: emotion -> figures, see ``judge``.

    Raises:
        KinesicsError: There are too few frames.
    """
    pieces = [(piece, one.emotion) for one in recordings for piece in _pieces(one.clip, prior)]
    if not pieces:
        raise KinesicsError(
            f"None of {len(recordings)} recordings has {_SHORTEST} frames without a jump; give"
            " longer ones.")
    zero, _ = prior.encode(np.zeros((1, JOINTS, 3)))
    early = [(piece[:round(len(piece) * (1.0 - HELD_OUT))], name) for piece, name in pieces]
    late = [(piece[round(len(piece) * (1.0 - HELD_OUT)):], name) for piece, name in pieces]
    def learned(parts: Sequence[tuple[np.ndarray, str]]) -> PoseDiff:
        return pose_diff.fit([codes for codes, _ in parts], [name for _, name in parts], RATE,
                             zero[0], config)

    return learned(pieces), judge(learned(early), late)


def judge(
    model: PoseDiff, pieces: Sequence[tuple[np.ndarray, str]]
) -> dict[str, dict[str, float]]:
    """Compare the mean difference with no difference and with the difference before.

    Args:
        model: Taught by other frames.
        pieces: Codes (T, D) and emotion of each.

    Returns:
        Emotion (and "all") -> frames; error, still, same: root mean square error of the model, of
        no movement and of a movement that goes on, in units of the code; spread: mean square of
        the error in the model's own standard deviations, 1 if these are right.
    """
    rows: dict[str, list[tuple[np.ndarray, ...]]] = {}
    for codes, name in pieces:
        if len(codes) < 3 or name not in model.emotions:
            continue
        codes = codes.astype(np.float64)
        d = np.diff(codes, axis=0)
        s = np.arange(2, len(codes)) / (len(codes) - 1)
        row = model.row(name)
        error = d[1:] - model.mean(codes[1:-1], d[:-1], row, s)
        own = np.linalg.solve(model.root[row], error.T).T
        for key in (name, "all"):
            rows.setdefault(key, []).append((error, d[1:], d[1:] - d[:-1], own))
    report = {}
    for name, found in rows.items():
        error, still, same, own = (np.concatenate(part) for part in zip(*found, strict=True))
        report[name] = {
            "frames": float(len(error)), "error": _rms(error), "still": _rms(still),
            "same": _rms(same), "spread": float((own**2).mean())}
    return report


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt((values**2).mean()))


def _pieces(clip: PoseClip, prior: PosePrior) -> list[np.ndarray]:
    """Return the codes of a recording between its gaps."""
    pose = clip.rotations[:, 1:]
    if len(pose) < _SHORTEST:
        return []
    turned = exponential(pose.astype(np.float64))
    speed = RATE * np.linalg.norm(
        logarithm(np.swapaxes(turned[:-1], -1, -2) @ turned[1:]), axis=-1).max(axis=1)
    codes, _ = prior.encode(pose)
    parts = np.split(codes, np.flatnonzero(speed > FASTEST) + 1)
    return [part for part in parts if len(part) >= _SHORTEST]
