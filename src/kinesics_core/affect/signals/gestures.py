"""Likeness of a moment to each gesture, by rules over smoothed measures and swings.

A rule is a product of soft conditions: each is 0 below a range, 1 above it and linear between. The
ranges were set on some sources and judged on others; docs/reading_people.md has the table.
"""

from __future__ import annotations

import numpy as np

from kinesics_core.affect.signals.filters import M, S, State, U
from kinesics_core.affect.signals.names import GESTURES

G = {name: index for index, name in enumerate(GESTURES)}
"""Index of each gesture."""

_SLOWEST, _QUICKEST = 0.9, 0.07
"""Seconds between two turning points of what swings."""


def swinging(now: np.ndarray) -> np.ndarray:
    """Return what may swing (swings, P), nan where it cannot be part of a gesture.

    Args:
        now: (measures, P) of one step.
    """
    raised = _both(now, "wrist_up")
    with np.errstate(invalid="ignore"):
        lateral = np.where(raised > -0.45, _both(now, "wrist_out"), np.nan)
        beckoning = np.where(
            (raised > -0.9) & (_both(now, "wrist_forward") > 0.2), _both(now, "reach"), np.nan)
        gap = np.where((raised > -1.0).all(axis=0), now[M["gap"]], np.nan)
    return np.concatenate(
        [lateral, beckoning, gap[None], now[M["pitch"]][None], now[M["yaw"]][None]])


def evidence(state: State) -> np.ndarray:
    """Return how much each person's state looks like each gesture, (gestures, P), 0..1."""
    made = np.zeros((len(GESTURES), state.mean.shape[-1]))
    mean = state.mean
    up, out, forward = (_both(mean, f"wrist_{axis}") for axis in ("up", "out", "forward"))
    quiet = _below(_both(state.motion, "wrist_up") + _both(state.motion, "wrist_out"), 0.12, 0.25)
    reach = _both(mean, "reach")

    waves, wave_span = _swung(state, "wave_left", 2)
    beckons, beckon_span = _swung(state, "beckon_left", 2)
    wave = waves * _above(up, -0.35, -0.1) * _above(wave_span, 0.15, 0.2)
    made[G["wave"]] = wave.max(axis=0)
    beckon = beckons * _above(beckon_span - 0.8 * wave_span, 0.0, 0.1) * _below(up, 0.35, 0.6)
    made[G["come_here"]] = beckon.max(axis=0)
    high = _above(up, 0.3, 0.5)
    made[G["hands_raised"]] = high.max(axis=0) * (1.0 - wave.max(axis=0))

    aside = np.hypot(np.maximum(out - 0.35, 0.0), np.maximum(forward, 0.0))
    level = _above(up, -0.85, -0.65) * _below(up, 0.4, 0.6)
    finger = 0.75 + 0.5 * np.nan_to_num(_both(mean, "pointing"))
    point = _above(reach, 0.72, 0.85) * _above(aside, 0.45, 0.65) * level * quiet * finger
    made[G["point"]] = np.minimum(point.max(axis=0), 1.0)

    claps, _ = _swung(state, "clap", 3)
    chest = (_above(up, -1.0, -0.8) * _below(up, 0.5, 0.8)).min(axis=0)
    made[G["clap"]] = claps[0] * chest * _below(mean[M["gap"]], 0.7, 1.1)

    lean = mean[M["lean"]] - np.minimum(state.usual[U["lean"]], 0.25)
    made[G["bow"]] = _above(lean, 0.3, 0.42)
    made[G["lean_in"]] = _above(lean, 0.10, 0.18) * _below(lean, 0.32, 0.42)

    still = quiet.min(axis=0)
    crossed = (_below(_both(mean, "at_elbow"), 0.4, 0.6) * _below(out, 0.05, 0.2)
               * _above(up, -1.0, -0.85) * _below(up, -0.1, 0.1)).min(axis=0)
    made[G["arms_crossed"]] = crossed * still
    touched = _below(_both(mean, "at_face"), 0.35, 0.55) * quiet
    made[G["hand_on_face"]] = touched.max(axis=0)
    akimbo = (_below(_both(mean, "at_hip"), 0.4, 0.55) * _above(_both(mean, "elbow_out"), 0.6, 0.75)
              * _above(up, -1.15, -1.0) * quiet)
    made[G["hands_on_hips"]] = np.maximum(akimbo.min(axis=0), 0.6 * akimbo.max(axis=0))

    risen = state.usual[U["head_up"]] - mean[M["head_up"]]
    made[G["shrug"]] = _above(risen, 0.07, 0.12) * _below(lean, 0.15, 0.3)
    nods, nod_span = _swung(state, "nod", 2)
    shakes, shake_span = _swung(state, "shake", 2)
    made[G["nod"]] = nods[0] * _above(nod_span[0] - 0.8 * shake_span[0], 0.0, 0.05)
    made[G["shake"]] = shakes[0] * _above(shake_span[0] - 0.8 * nod_span[0], 0.0, 0.05)
    turned = np.abs(mean[M["facing"]]) - np.abs(state.usual[U["facing"]])
    face = np.abs(mean[M["yaw"]])
    made[G["turn_away"]] = np.maximum(
        _above(turned, 0.5, 0.8), _above(face, 0.6, 0.8) * _above(turned, 0.1, 0.25))
    made[~np.isfinite(made)] = 0.0
    return made


def _both(rows: np.ndarray, name: str) -> np.ndarray:
    """Return a measure of the left and the right side, (2, ...)."""
    first = M[f"{name}_left"]
    return rows[first:first + 2]


def _swung(state: State, name: str, wanted: int) -> tuple[np.ndarray, np.ndarray]:
    """Return whether something swings to and fro (n, P), 0..1, and how far (n, P).

    Args:
        state: Of everybody.
        name: Of the first swing; with ``_left`` that of both sides.
        wanted: Turning points that are a gesture.
    """
    first = S[name]
    rows = slice(first, first + (2 if name.endswith("_left") else 1))
    turns, spans = state.turns[:, rows], state.spans[:, rows]
    pauses = np.diff(turns, axis=0, prepend=0.0)
    regular = (pauses < _SLOWEST) & (pauses[:1] < _SLOWEST) & (spans > 0.0)
    regular[1:] &= pauses[1:] > _QUICKEST
    counted = np.logical_and.accumulate(regular, axis=0)
    number = counted.sum(axis=0)
    span = np.where(counted, spans, 0.0).sum(axis=0) / np.maximum(number, 1)
    return np.clip((number - wanted + 1.0) / 1.5, 0.0, 1.0), span


def _above(values: np.ndarray, none: float, full: float) -> np.ndarray:
    return np.clip((values - none) / (full - none), 0.0, 1.0)


def _below(values: np.ndarray, full: float, none: float) -> np.ndarray:
    return np.clip((none - values) / (none - full), 0.0, 1.0)
