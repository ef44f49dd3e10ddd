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

_SLOWEST = np.array([0.9] * 7 + [0.6, 0.7])[:, None]
_QUICKEST = 0.07
"""Seconds between two turning points of what swings; heads are quicker than hands."""


_SWING_ROWS = np.array([M[name] for name in (
    "beside_left", "beside_right", "reach_left", "reach_right", "wrist_up_left", "wrist_up_right",
    "gap", "pitch", "yaw")])
_WAVES, _BECKONS, _LIFTS = (
    slice(S[f"{name}_left"], S[f"{name}_left"] + 2) for name in ("wave", "beckon", "lift"))
_HEADS = slice(S["nod"], S["nod"] + 2)

_LEAST = np.array([
    (0.15, 0.25), (0.15, 0.25), (0.17, 0.28), (0.17, 0.28), (0.17, 0.28), (0.17, 0.28),
    (0.14, 0.5), (0.13, 0.2), (0.17, 0.28)]).T[..., None]
"""Lengths that three swings must have on average, and two, to be a gesture; as ``SWINGS``."""


def swinging(now: np.ndarray, state: State) -> np.ndarray:
    """Return what may swing (swings, P), nan where it cannot be part of a gesture.

    Args:
        now: (measures, P) of one step.
        state: Before it.
    """
    made = now[_SWING_ROWS]
    up, forward = _both(now, "wrist_up"), _both(now, "wrist_forward")
    # What is unknown compares as false, and is left out too.
    made[_WAVES][~(up > -0.45)] = np.nan
    made[_BECKONS][~((up > -0.9) & (forward > 0.2))] = np.nan
    made[_LIFTS][~(up > -0.9)] = np.nan
    made[S["clap"]][~(up > -1.0).all(axis=0)] = np.nan
    # Of somebody whose face is found at times, only those times count.
    drawn = ~(now[M["face"]] > 0.9) & (state.mean[M["face"]] > 0.02)
    made[_HEADS][:, drawn] = np.nan
    return made


def evidence(state: State) -> np.ndarray:
    """Return how much each person's state looks like each gesture, (gestures, P), 0..1."""
    made = np.zeros((len(GESTURES), state.mean.shape[-1]))
    up = _both(state.mean, "wrist_up")
    quiet = _below(_both(state.motion, "wrist_up") + _both(state.motion, "wrist_out"), 0.12, 0.25)
    swung = _swung(state)
    _swung_hands(made, state, up, *swung)
    _held_arms(made, state, up, quiet)
    _held_hands(made, state, up, quiet)
    _trunk(made, state, up)
    _head(made, state, up, *swung)
    return made


def _swung_hands(
    made: np.ndarray, state: State, up: np.ndarray, swings: np.ndarray, spans: np.ndarray
) -> None:
    """Fill in what hands do to and fro: wave, come_here, clap."""
    mean = state.mean
    wave_span, lift_span = spans[_WAVES], spans[_LIFTS]
    chest = (_above(up, -1.0, -0.8) * _below(up, 0.1, 0.35)).min(axis=0)
    # Hands that clap meet: so far is the nearer of the last two turning points.
    nearest = np.fmin(state.last[S["clap"]], state.top[S["clap"]] * state.way[S["clap"]])
    clap = (swings[S["clap"]] * chest * _below(mean[M["gap"]], 0.6, 0.8)
            * _below(nearest, 0.38, 0.52))
    made[G["clap"]] = _known(clap)
    # Of a hand that is not to be seen nothing is known: the other one counts.
    alone = (1.0 - made[G["clap"]]) * _above(_known(mean[M["gap"]], 9.0), 0.85, 1.15)
    wave = (swings[_WAVES] * alone * _above(up, -0.5, -0.3)
            * _above(wave_span - 0.7 * lift_span, 0.1, 0.2))
    made[G["wave"]] = _known(wave).max(axis=0)
    beckon = (swings[_LIFTS] * alone * _below(_both(mean, "wrist_out"), 0.8, 1.0)
              * _above(spans[_BECKONS], 0.08, 0.14)
              * _above(lift_span - 0.8 * wave_span, 0.05, 0.12) * _below(up, 0.35, 0.6)
              * _above(up, -0.85, -0.65) * _above(_both(mean, "wrist_forward"), 0.25, 0.4))
    made[G["come_here"]] = _known(beckon).max(axis=0) * (1.0 - made[G["wave"]])


def _held_arms(made: np.ndarray, state: State, up: np.ndarray, quiet: np.ndarray) -> None:
    """Fill in what arms hold by themselves: hands_raised, point."""
    mean = state.mean
    out, elbow_up = _both(mean, "wrist_out"), _both(mean, "elbow_up")
    # Held up beside the head, the forearm upright, is the shy form of raising a hand.
    shy = (_above(up, -0.25, -0.08) * _above(up - elbow_up, 0.28, 0.4) * quiet
           * _above(_both(mean, "at_face"), 0.3, 0.4) * _above(out, 0.32, 0.42))
    raised = np.maximum(_known(_above(up, 0.4, 0.55)), _known(shy))
    made[G["hands_raised"]] = raised.max(axis=0) * (1.0 - made[G["wave"]])
    aside = np.hypot(np.maximum(out - 0.35, 0.0), np.maximum(_both(mean, "wrist_forward"), 0.0))
    level = _above(up, -0.75, -0.55) * _below(up, 0.45, 0.6) * _below(elbow_up, 0.45, 0.6)
    finger = 0.9 + 0.4 * _known(_both(mean, "pointing"))
    point = _known(_above(_both(mean, "reach"), 0.86, 0.93) * _above(aside, 0.6, 0.8) * level
                   * quiet * finger)
    made[G["point"]] = np.clip(point.max(axis=0) - 0.8 * point.min(axis=0), 0.0, 1.0)


def _held_hands(made: np.ndarray, state: State, up: np.ndarray, quiet: np.ndarray) -> None:
    """Fill in what hands hold to the body: arms_crossed, hand_on_face, hands_on_hips."""
    mean, out = state.mean, _both(state.mean, "wrist_out")
    crossed = (_below(_both(mean, "at_elbow"), 0.6, 0.78) * _below(out, 0.12, 0.25) * quiet
               * _above(up, -0.7, -0.57) * _below(up, -0.15, 0.05))
    together = _below(out.sum(axis=0), 0.1, 0.25)
    made[G["arms_crossed"]] = _known(crossed.min(axis=0) * together)
    # A hand that is held up has its arm on its own side, or far in front of the face.
    touched = (_below(_both(mean, "at_face"), 0.37, 0.5) * quiet * _below(out, 0.34, 0.46)
               * _below(_both(mean, "wrist_forward"), 0.65, 0.85))
    made[G["hand_on_face"]] = _known(touched).max(axis=0) * (1.0 - made[G["wave"]])
    elbow_out = _both(mean, "elbow_out")
    akimbo = (_below(_both(mean, "at_hip"), 0.45, 0.6) * _above(elbow_out, 0.46, 0.56)
              * _above(elbow_out - out, 0.02, 0.1) * _above(up, -1.1, -0.95) * quiet)
    made[G["hands_on_hips"]] = _known(akimbo.min(axis=0))


def _trunk(made: np.ndarray, state: State, up: np.ndarray) -> None:
    """Fill in what trunk and shoulders do: bow, lean_in, shrug, turn_away."""
    mean, usual = state.mean, state.usual
    lean = mean[M["lean"]] - usual[U["lean"]]
    down = _known(mean[M["pitch"]] - usual[U["pitch"]])
    sunk = (mean[M["shoulders_y"]] - usual[U["shoulders_y"]]) * _below(
        np.abs(mean[M["scale"]] - usual[U["scale"]]), 0.04, 0.08)
    dropped = usual[U["head_up"]] - mean[M["head_up"]]
    forwards = np.fmax(lean, 2.0 * sunk)
    bow = _above(forwards, 0.07, 0.12) * _above(
        forwards + 0.5 * np.minimum(np.maximum(down, 0.0), 0.6), 0.25, 0.33)
    # Depth alone is no witness: with the arms it draws the whole trunk to and fro.
    bow = bow * np.maximum(_above(down, 0.1, 0.2), _known(_above(sunk, 0.06, 0.12)))
    made[G["bow"]] = _known(bow)
    nearer = mean[M["near"]] - usual[U["near"]]
    made[G["lean_in"]] = _known(
        _above(nearer, 0.025, 0.045) * _above(_known(lean, 0.1), 0.03, 0.08)) * _below(
        down, 0.12, 0.22) * (1.0 - made[G["bow"]])
    palms_out = (_above(_both(mean, "wrist_out"), 0.55, 0.75) * _above(up, -1.0, -0.85)).min(axis=0)
    lifted = _above(dropped + 0.015 * _known(palms_out), 0.05, 0.08)
    made[G["shrug"]] = _known(
        lifted * _below(forwards, 0.08, 0.16)) * _below(np.abs(down), 0.2, 0.35) * _below(
        _known(up, -1.0).max(axis=0), -0.3, -0.1)
    turned = np.abs(mean[M["facing"]]) - np.abs(usual[U["facing"]])
    face = np.abs(mean[M["yaw"]]) - np.abs(usual[U["yaw"]])
    made[G["turn_away"]] = np.maximum(
        _known(_above(turned, 0.6, 0.85)),
        _known(_above(face, 0.45, 0.6) * _above(turned, 0.05, 0.15)))


def _head(
    made: np.ndarray, state: State, up: np.ndarray, swings: np.ndarray, spans: np.ndarray
) -> None:
    """Fill in what the head does to and fro while the rest is calm: nod, shake."""
    motion = state.motion
    nod_span, shake_span = spans[_HEADS]
    busy = (_both(motion, "wrist_up") + _both(motion, "beside")).max(axis=0)
    calm = (_below(motion[M["lean"]], 0.06, 0.1) * _below(motion[M["shoulders_y"]], 0.03, 0.06)
            * _below(busy, 0.12, 0.25) * _below(_known(up, -1.0).max(axis=0), -0.3, 0.1))
    ahead = _below(motion[M["yaw"]], 0.03, 0.06) * (state.mean[M["face"]] > 0.8)
    nod = np.maximum(swings[S["nod"]], _nodded_once(state)[0] * ahead)
    farthest = np.maximum(nod_span, state.spans[0, S["nod"]])
    made[G["nod"]] = nod * calm * _above(farthest - 0.8 * shake_span, 0.02, 0.06)
    made[G["shake"]] = swings[S["shake"]] * calm * _above(shake_span - 0.8 * nod_span, 0.03, 0.07)


def _both(rows: np.ndarray, name: str) -> np.ndarray:
    """Return a measure of the left and the right side, (2, ...)."""
    first = M[f"{name}_left"]
    return rows[first:first + 2]


def _swung(state: State) -> tuple[np.ndarray, np.ndarray]:
    """Return whether everything swings to and fro, 0..1, and how far; (swings, P) each."""
    turns, spans = state.turns, state.spans
    pauses = np.concatenate([turns[:1], turns[1:] - turns[:-1]])
    regular = (pauses < _SLOWEST) & (spans > 0.0)
    regular[1:] &= pauses[1:] > _QUICKEST
    # What goes to and fro does so evenly.
    alike = np.minimum(spans[:-1], spans[1:]) > _EVEN * np.maximum(spans[:-1], spans[1:])
    alike[1:] &= (np.minimum(pauses[1:-1], pauses[2:])
                  > _EVEN * np.maximum(pauses[1:-1], pauses[2:]))
    regular[1:] &= alike
    counted = np.logical_and.accumulate(regular, axis=0)
    number = counted.sum(axis=0)
    span = np.where(counted, spans, 0.0).sum(axis=0) / np.maximum(number, 1)
    many, few = np.minimum(np.maximum(span / (0.3 * _LEAST) - 0.85 / 0.3, 0.0), 1.0)
    swings = np.maximum(_above(number, 2.0, 3.5) * many, 0.67 * (number >= 2) * few)
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
