"""Chunks of frames that are fitted at once: which there are, and how they are put together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.rotations import exponential, logarithm
from kinesics_core.solver.kinematics import State

STRIDE = 6
"""Frames from one whose pose is found from nothing to the next."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Fitted frames, C of the usable frames of a track.

    Attributes:
        rows: (C,), their places among the usable frames.
        state: Of these frames.
        loss: (C,), the optimiser's energy of the body.
        penetration: (C,), deepest overlap of the body's parts, metres.
    """

    rows: np.ndarray
    state: State
    loss: np.ndarray
    penetration: np.ndarray


def chunk_rows(count: int, size: int, overlap: int) -> list[np.ndarray]:
    """Return ranges of indices that cover 0..count - 1, all about as long.

    Args:
        count: Number of frames.
        size: Frames of a chunk, at most.
        overlap: Frames that a chunk shares with the next, at least.
    """
    if count <= size:
        return [np.arange(count)]
    number = int(np.ceil((count - overlap) / (size - overlap)))
    starts = np.linspace(0, count - size, number).round().astype(int)
    return [np.arange(start, start + size) for start in starts]


def keyframes(count: int) -> np.ndarray:
    """Return the indices, about ``STRIDE`` apart, of frames whose poses are found from nothing."""
    number = int(np.ceil((count - 1) / STRIDE)) + 1
    return np.linspace(0, count - 1, number).round().astype(int)


def blended(chunks: list[Chunk]) -> Chunk:
    """Return one chunk out of overlapping ones.

    Each gives way to the next across the frames they share: rotations along the shortest turn, all
    else evenly.
    """
    rows, state = chunks[0].rows, chunks[0].state
    loss, penetration = chunks[0].loss, chunks[0].penetration
    for chunk in chunks[1:]:
        other, first, end = chunk.state, chunk.rows[0], rows[-1] + 1
        shared = end - first
        share = ((np.arange(shared) + 0.5) / max(shared, 1)).astype(np.float32)
        head, tail = state.frames(slice(first, end)), other.frames(slice(shared, None))
        mixed = _mixed(head, other.frames(slice(shared)), share)
        parts = [state.frames(slice(first)), mixed, tail]
        state = State(
            np.concatenate([part.local for part in parts]),
            np.concatenate([part.transl for part in parts]), state.betas,
            np.concatenate([part.expression for part in parts]), state.focal)
        rows = np.concatenate([rows[:first], chunk.rows])
        loss = np.concatenate([loss[:first], chunk.loss])
        penetration = np.concatenate([penetration[:first], chunk.penetration])
    return Chunk(rows, state, loss, penetration)


def interpolated(state: State, rows: np.ndarray, times: np.ndarray) -> State:
    """Return the state of T frames from that of some of them.

    Args:
        state: Of the frames ``rows``.
        rows: (R,) indices of frames, rising.
        times: (T,), of all frames; before the first and after the last of ``rows`` nothing moves.
    """
    known = times[rows]
    at = np.clip(np.searchsorted(known, times, side="right") - 1, 0, max(len(rows) - 2, 0))
    after = np.minimum(at + 1, len(rows) - 1)
    gap = np.maximum(known[after] - known[at], 1e-9)
    share = np.clip((times - known[at]) / gap, 0, 1).astype(np.float32)
    return _mixed(state.frames(at), state.frames(after), share)


def _mixed(one: State, other: State, share: np.ndarray) -> State:
    """Return the state between two of T frames; share: (T,), 0 for the one, 1 for the other."""
    turn = logarithm(np.swapaxes(one.local, -1, -2) @ other.local)
    return State(
        one.local @ exponential(turn * share[:, None, None]),
        one.transl + share[:, None] * (other.transl - one.transl), one.betas,
        one.expression + share[:, None] * (other.expression - one.expression), one.focal)
