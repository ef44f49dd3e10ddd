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

_EVEN = 0.4
"""Share of the larger of two swings, and of the longer, that the other one has at least."""

_SLOWEST, _QUICKEST = 0.9, 0.07
"""Seconds between two turning points of what swings."""


def swinging(now: np.ndarray, state: State) -> np.ndarray:
    """Return what may swing (swings, P), nan where it cannot be part of a gesture.

    Args:
        now: (measures, P) of one step.
        state: Before it.
    """
    raised = _both(now, "wrist_up")
    with np.errstate(invalid="ignore"):
        lateral = np.where(raised > -0.45, _both(now, "beside"), np.nan)
        beckoning = np.where(
            (raised > -0.9) & (_both(now, "wrist_forward") > 0.2), _both(now, "reach"), np.nan)
        lift = np.where(raised > -0.9, raised, np.nan)
        # Of somebody whose face is found at times, only those times count.
        head = now[[M["pitch"], M["yaw"]]]
        head = np.where((now[M["face"]] > 0.9) | ~(state.mean[M["face"]] > 0.02), head, np.nan)
        gap = np.where((raised > -1.0).all(axis=0), now[M["gap"]], np.nan)
    return np.concatenate(
        [lateral, beckoning, lift, gap[None], head])


def evidence(state: State) -> np.ndarray:
    """Return how much each person's state looks like each gesture, (gestures, P), 0..1."""
    made = np.zeros((len(GESTURES), state.mean.shape[-1]))
    mean = state.mean
    up, out, forward = (_both(mean, f"wrist_{axis}") for axis in ("up", "out", "forward"))
    quiet = _below(_both(state.motion, "wrist_up") + _both(state.motion, "wrist_out"), 0.12, 0.25)
    reach = _both(mean, "reach")

    waves, wave_span = _swung(state, "wave_left", (0.15, 0.25))
    _, beckon_span = _swung(state, "beckon_left", (0.17, 0.28))
    lifts, lift_span = _swung(state, "lift_left", (0.17, 0.28))
    claps, _ = _swung(state, "clap", (0.14, 0.5))
    chest = (_above(up, -1.0, -0.8) * _below(up, 0.1, 0.35)).min(axis=0)
    made[G["clap"]] = claps[0] * chest * _below(mean[M["gap"]], 0.65, 0.9)
    # Hands that clap meet: so far is the nearer of the last two turning points.
    nearest = np.fmin(state.last[S["clap"]], state.top[S["clap"]] * state.way[S["clap"]])
    made[G["clap"]] *= _below(_known(nearest, 9.0), 0.38, 0.52)
    alone = 1.0 - made[G["clap"]]
    apart = _above(mean[M["gap"]], 0.85, 1.15)
    wave = waves * apart * _above(up, -0.5, -0.3) * _above(wave_span - 0.7 * lift_span, 0.1, 0.2)
    made[G["wave"]] = wave.max(axis=0) * alone
    beckon = (lifts * apart * _below(out, 0.8, 1.0) * _above(beckon_span, 0.08, 0.14)
              * _above(lift_span - 0.8 * wave_span, 0.05, 0.12) * _below(up, 0.35, 0.6)
              * _above(up, -0.85, -0.65) * _above(forward, 0.25, 0.4))
    made[G["come_here"]] = beckon.max(axis=0) * alone * (1.0 - made[G["wave"]])
    high = _above(up, 0.4, 0.55)
    # Held up beside the head, the forearm upright, is the shy form of it.
    upright = up - _both(mean, "elbow_up")
    shy = (_above(up, -0.25, -0.08) * _above(upright, 0.28, 0.4) * quiet
           * _above(_both(mean, "at_face"), 0.4, 0.5) * _above(out, 0.3, 0.4))
    made[G["hands_raised"]] = np.fmax(high, shy).max(axis=0) * (1.0 - made[G["wave"]])

    aside = np.hypot(np.maximum(out - 0.35, 0.0), np.maximum(forward, 0.0))
    level = _above(up, -0.75, -0.55) * _below(up, 0.45, 0.6)
    finger = 0.9 + 0.4 * _known(_both(mean, "pointing"))
    level = level * _below(_both(mean, "elbow_up"), 0.45, 0.6)
    point = _above(reach, 0.86, 0.93) * _above(aside, 0.6, 0.8) * level * quiet * finger
    made[G["point"]] = np.clip(point.max(axis=0) - 0.5 * point.min(axis=0), 0.0, 1.0)

    lean = mean[M["lean"]] - state.usual[U["lean"]]
    down = mean[M["pitch"]] - state.usual[U["pitch"]]
    sunk = (mean[M["shoulders_y"]] - state.usual[U["shoulders_y"]]) * _below(
        np.abs(mean[M["scale"]] - state.usual[U["scale"]]), 0.04, 0.08)
    dropped = state.usual[U["head_up"]] - mean[M["head_up"]]
    forwards = np.fmax(lean, 2.0 * sunk)
    made[G["bow"]] = _above(forwards, 0.07, 0.12) * _above(
        forwards + 0.5 * np.clip(_known(down), 0.0, 0.6), 0.25, 0.33)
    made[G["lean_in"]] = _above(lean, 0.065, 0.105) * _below(lean, 0.32, 0.42) * _below(
        _known(down), 0.12, 0.22)

    still = quiet.min(axis=0)
    crossed = (_below(_both(mean, "at_elbow"), 0.6, 0.78) * _below(out, 0.12, 0.25)
               * _above(up, -0.7, -0.57) * _below(up, -0.15, 0.05)).min(axis=0)
    made[G["arms_crossed"]] = crossed * still * _below(out.sum(axis=0), 0.1, 0.25)
    touched = _below(_both(mean, "at_face"), 0.37, 0.5) * quiet
    made[G["hand_on_face"]] = touched.max(axis=0) * (1.0 - made[G["wave"]])
    akimbo = (_below(_both(mean, "at_hip"), 0.45, 0.6) * _above(_both(mean, "elbow_out"), 0.6, 0.75)
              * _above(up, -1.15, -1.0) * quiet)
    made[G["hands_on_hips"]] = akimbo.min(axis=0)

    open_arms = (_above(out, 0.55, 0.75) * _above(up, -1.0, -0.85)).min(axis=0)
    made[G["shrug"]] = _above(dropped + 0.015 * _known(open_arms), 0.05, 0.08) * _below(
        forwards, 0.08, 0.16) * _below(np.abs(down), 0.2, 0.35) * _below(
        _known(up, -1.0).max(axis=0), -0.3, -0.1)
    nods, nod_span = _swung(state, "nod", (0.13, 0.2), 0.6)
    shakes, shake_span = _swung(state, "shake", (0.17, 0.28), 0.7)
    firm = _below(state.motion[M["lean"]], 0.06, 0.1) * _below(
        state.motion[M["shoulders_y"]], 0.03, 0.06)
    busy = _both(state.motion, "wrist_up") + _both(state.motion, "beside")
    firm = np.where(np.isnan(firm), 1.0, firm) * _below(
        _known(busy).max(axis=0), 0.12, 0.25) * _below(
        _known(up, -1.0).max(axis=0), -0.3, 0.1)
    ahead = _below(state.motion[M["yaw"]], 0.03, 0.06) * (mean[M["face"]] > 0.8)
    nod = np.maximum(nods, _nodded_once(state) * ahead)
    made[G["nod"]] = nod[0] * firm * _above(
        np.maximum(nod_span[0], state.spans[0, S["nod"]]) - 0.8 * shake_span[0], 0.02, 0.06)
    made[G["shake"]] = shakes[0] * firm * _above(
        shake_span[0] - 0.8 * nod_span[0], 0.03, 0.07)
    turned = np.abs(mean[M["facing"]]) - np.abs(state.usual[U["facing"]])
    face = np.abs(mean[M["yaw"]]) - np.abs(state.usual[U["yaw"]])
    made[G["turn_away"]] = np.maximum(
        _above(turned, 0.6, 0.85), _above(face, 0.45, 0.6) * _above(turned, 0.05, 0.15))
    made[~np.isfinite(made)] = 0.0
    return made


def _both(rows: np.ndarray, name: str) -> np.ndarray:
    """Return a measure of the left and the right side, (2, ...)."""
    first = M[f"{name}_left"]
    return rows[first:first + 2]


def _swung(
    state: State, name: str, least: tuple[float, float], slowest: float = _SLOWEST
) -> tuple[np.ndarray, np.ndarray]:
    """Return whether something swings to and fro (n, P), 0..1, and how far (n, P).

    Args:
        state: Of everybody.
        name: Of the first swing; with ``_left`` that of both sides.
        least: How far three swings must go, and how far two, to be a gesture.
        slowest: Seconds between two of them.
    """
    first = S[name]
    rows = slice(first, first + (2 if name.endswith("_left") else 1))
    turns, spans = state.turns[:, rows], state.spans[:, rows]
    pauses = np.concatenate([turns[:1], turns[1:] - turns[:-1]])
    regular = (pauses < slowest) & (pauses[:1] < slowest) & (spans > 0.0)
    regular[1:] &= pauses[1:] > _QUICKEST
    # What goes to and fro does so evenly.
    alike = np.minimum(spans[:-1], spans[1:]) > _EVEN * np.maximum(spans[:-1], spans[1:])
    alike[1:] &= (np.minimum(pauses[1:-1], pauses[2:])
                  > _EVEN * np.maximum(pauses[1:-1], pauses[2:]))
    regular[1:] &= alike
    counted = np.logical_and.accumulate(regular, axis=0)
    number = counted.sum(axis=0)
    span = np.where(counted, spans, 0.0).sum(axis=0) / np.maximum(number, 1)
    many, few = least
    swings = np.maximum(
        _above(number, 2.0, 3.5) * _above(span, 0.85 * many, 1.15 * many),
        0.67 * (number >= 2) * _above(span, 0.85 * few, 1.15 * few))
    return swings, span


def _nodded_once(state: State) -> np.ndarray:
    """Return whether the head went down and at once up again (1, P), 0..1."""
    row = slice(S["nod"], S["nod"] + 1)
    span, since = state.spans[0, row], state.turns[0, row]
    back = np.abs(state.top[row] * state.way[row] - state.last[row])
    quick = (state.way[row] < 0) & (since < 0.5) & (state.dwell[row] < 0.3)
    returned = _above(back / np.maximum(span, 0.05), 0.6, 0.8)
    return np.where(quick, 0.7 * _above(span, 0.18, 0.24) * _known(returned), 0.0)


def _above(values: np.ndarray, none: float, full: float) -> np.ndarray:
    return np.minimum(np.maximum((values - none) * (1.0 / (full - none)), 0.0), 1.0)


def _below(values: np.ndarray, full: float, none: float) -> np.ndarray:
    return np.minimum(np.maximum((none - values) * (1.0 / (none - full)), 0.0), 1.0)


def _known(values: np.ndarray, otherwise: float = 0.0) -> np.ndarray:
    return np.where(np.isnan(values), otherwise, values)
