"""Statistics of idle life (``idle_life``) out of recordings of people who wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from kinesics_core.errors import KinesicsError
from kinesics_core.expression.idle_life import CHANNELS, GROUPS, IdleLife, IdleModel

RATE = 15.0
"""Frames per second at which recordings are looked at."""

_SMOOTH = 2  # frames at each side that a frame is averaged with: capture jitters
_MOVING = 1.2  # median deviations a second from which on a group moves
_QUIET = 3  # frames of a hold at least
_SHORTEST = 20.0  # s of a recording
_ROUNDS, _MATCHED = 4, 600.0  # of matching speeds, and seconds that are streamed for it
_LONG_MEMORY = 3.0  # s, of the sway at most


def fit_idle(clips: Mapping[str, np.ndarray]) -> IdleModel:
    """Fit a model.

    Sizes are medians over recordings, so that one restless person does not set them.

    Args:
        clips: Name -> (T, 17) of ``CHANNELS`` at ``RATE``.

    Raises:
        KinesicsError: There is none, or one is too short or not finite.
    """
    if not clips:
        raise KinesicsError("Got no recording of idle motion; wanted one at least.")
    count = len(GROUPS)
    holds: list[list[float]] = [[] for _ in range(count)]
    moves: list[list[float]] = [[] for _ in range(count)]
    pairs: list[list[np.ndarray]] = [[] for _ in range(count)]
    blocks: list[list[np.ndarray]] = [[] for _ in range(count)]
    sways, paces = [], []
    for name, channels in clips.items():
        if channels.shape[1:] != (len(CHANNELS),) or len(channels) < _SHORTEST * RATE:
            raise KinesicsError(
                f"{name}: got channels {channels.shape}; wanted {_SHORTEST:g} s of"
                f" {len(CHANNELS)} at {RATE:g} Hz.")
        if not np.isfinite(channels).all():
            raise KinesicsError(f"{name} has values that are no finite numbers.")
        smooth = smoothed(channels)
        smooth = smooth - np.median(smooth, axis=0)
        around, pace = np.zeros(len(CHANNELS)), np.zeros(len(CHANNELS))
        for group, part in enumerate(GROUPS.values()):
            levels, lengths, between, residual = segments(smooth[:, part])
            holds[group] += lengths
            moves[group] += between
            scale = np.maximum(levels.std(axis=0), 1e-6)
            blocks[group].append(np.cov(levels.T) if len(levels) > 3 else np.diag(scale**2))
            if len(levels) > 3:
                normal = (levels - levels.mean(axis=0)) / scale
                pairs[group].append((normal[1:] * normal[:-1]).mean(axis=1))
            around[part] = residual.std(axis=0)
            pace[part] = _memory(residual)
        sways.append(around)
        paces.append(pace)
    level = np.zeros((len(CHANNELS), len(CHANNELS)))
    for group, part in enumerate(GROUPS.values()):
        level[part, part] = _typical(blocks[group])
    model = IdleModel(
        hold=np.array([_logs(found) for found in holds]),
        move=np.array([_logs(found) for found in moves]),
        keep=np.array([float(np.clip(np.concatenate(found).mean(), 0.0, 0.95)) if found else 0.0
                       for found in pairs]),
        level=level,
        sway=np.median(sways, axis=0),
        pace=np.clip(np.median(paces, axis=0), 0.2, _LONG_MEMORY),
    )
    wanted = [speed_statistics(channels) for channels in clips.values()]
    for _ in range(_ROUNDS):
        model = _matched(model, wanted)
    return model


def _matched(
    model: IdleModel, wanted: list[dict[str, tuple[float, float]]]
) -> IdleModel:
    """Return a model whose speeds come nearer to the recordings' median ones.

    The sway sets the median speed of a group, moves between levels the 95th percentile.
    """
    found = speed_statistics(streamed(model, 0, _MATCHED))
    sway, level = model.sway.copy(), model.level.copy()
    for name, part in GROUPS.items():
        usual, quick = np.median([one[name] for one in wanted], axis=0) / np.maximum(
            found[name], 1e-9)
        sway[part] *= np.clip(usual, 0.5, 2.0)
        level[part, part] *= np.clip(quick, 0.5, 1.5) ** 2
    return replace(model, sway=sway, level=level)


def smoothed(channels: np.ndarray) -> np.ndarray:
    """Return channels (T, C) averaged over ``_SMOOTH`` frames at each side."""
    width = 2 * _SMOOTH + 1
    padded = np.pad(channels, ((_SMOOTH, _SMOOTH), (0, 0)), mode="edge")
    total = np.cumsum(np.concatenate([np.zeros((1, channels.shape[1])), padded]), axis=0)
    return np.asarray((total[width:] - total[:-width]) / width)


def segments(
    channels: np.ndarray,
) -> tuple[np.ndarray, list[float], list[float], np.ndarray]:
    """Cut a group's channels (T, C) into holds and moves.

    Returns:
        Levels (H, C) of the holds, their seconds, the seconds of the moves between them, and what
        is left within the holds (N, C).
    """
    scale = np.maximum(np.median(np.abs(channels - np.median(channels, axis=0)), axis=0), 1e-4)
    speed = np.abs(np.diff(channels, axis=0) / scale).mean(axis=1) * RATE
    threshold = max(_MOVING, float(np.median(speed)))
    moving = np.concatenate([[False], speed > threshold])
    edges = np.flatnonzero(np.diff(moving.astype(int))) + 1
    levels: list[np.ndarray] = []
    lengths: list[float] = []
    between: list[float] = []
    left: list[np.ndarray] = []
    gap = 0.0
    for start, end in zip([0, *edges], [*edges, len(moving)], strict=True):
        seconds = (end - start) / RATE
        if moving[start] or end - start < _QUIET:
            gap += seconds
            continue
        if levels and gap:
            between.append(gap)
        gap = 0.0
        part = channels[start:end]
        levels.append(part.mean(axis=0))
        lengths.append(seconds)
        left.append(part - part.mean(axis=0))
    return np.array(levels), lengths, between, np.concatenate(left)


def speed_statistics(channels: np.ndarray) -> dict[str, tuple[float, float]]:
    """Return the median and the 95th percentile of each group's speed.

    Args:
        channels: (T, 17) at ``RATE``; metres and radians are added up as they are.
    """
    speed = np.diff(smoothed(channels), axis=0) * RATE
    return {name: (float(np.median(norm)), float(np.percentile(norm, 95)))
            for name, part in GROUPS.items()
            for norm in [np.linalg.norm(speed[:, part], axis=1)]}


def streamed(model: IdleModel, seed: int, seconds: float) -> np.ndarray:
    """Return idle life (T, 17) at ``RATE``."""
    life, out = IdleLife(seed, model), []
    for _ in range(int(seconds * RATE)):
        for _ in range(4):
            life.step(0.25 / RATE)
        out.append(life.now)
    return np.array(out)


def _typical(blocks: list[np.ndarray]) -> np.ndarray:
    """Return a covariance with the median deviations and the mean correlations of several."""
    deviations = np.array([np.sqrt(np.maximum(np.diag(block), 1e-10)) for block in blocks])
    correlation = np.mean([block / np.outer(one, one)
                           for block, one in zip(blocks, deviations, strict=True)], axis=0)
    median = np.median(deviations, axis=0)
    return np.asarray(correlation * np.outer(median, median))


def _memory(residual: np.ndarray) -> np.ndarray:
    """Return the seconds in which what is left of each channel forgets, by its step's size."""
    steps = np.diff(residual, axis=0)
    spread = np.maximum(residual.std(axis=0), 1e-9)
    quick = np.maximum(np.median(np.abs(steps), axis=0) * 1.48, 1e-9)
    return np.asarray(spread / quick / RATE)


def _logs(seconds: list[float]) -> tuple[float, float]:
    if not seconds:
        return 0.0, 0.0
    logs = np.log(seconds)
    return float(logs.mean()), float(logs.std())
