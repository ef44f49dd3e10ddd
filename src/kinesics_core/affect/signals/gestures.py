"""Likeness of a moment to each gesture, by rules over smoothed measures and swings.

A rule is a product of soft conditions: each is 0 below a range, 1 above it and linear between. The
ranges were set on some sources and judged on others; docs/reading_people.md has the table.
"""

from __future__ import annotations

import numpy as np

from kinesics_core.affect.signals.filters import M, Moment, S, U
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


class _Ramps:
    """Soft conditions on values, all at once: each is 0 from one value on, 1 from another on.

    Attributes:
        of: Name -> its rows in what ``read`` returns: one, or the left and the right one.
    """

    def __init__(self, conditions: dict[str, tuple[str, float, float]]) -> None:
        """Prepare conditions.

        Args:
            conditions: Name -> the value's name in ``_ROWS``, where the condition is none, and
                where it is full.
        """
        rows: list[int] = []
        limits: list[tuple[float, float]] = []
        self.of: dict[str, slice | int] = {}
        for name, (value, none, full) in conditions.items():
            row = _ROWS[value]
            places = [row] if isinstance(row, int) else list(range(row.start, row.stop))
            self.of[name] = (len(rows) if isinstance(row, int)
                             else slice(len(rows), len(rows) + len(places)))
            rows += places
            limits += [(none, 1.0 / (full - none))] * len(places)
        self._rows = np.array(rows)
        self._none, self._slope = np.array(limits).T[..., None]

    def read(self, values: np.ndarray) -> np.ndarray:
        """Return how far all conditions hold (rows, P), 0..1; nan where a value is unknown."""
        made = values.take(self._rows, axis=0)
        made -= self._none
        made *= self._slope
        np.maximum(made, 0.0, out=made)
        np.minimum(made, 1.0, out=made)
        return made


_DERIVED = (
    ("hand_motion", 2), ("bent_up", 2), ("elbow_beyond", 2), ("aside", 2), ("wave_over_lift", 2),
    ("lift_over_wave", 2), ("beckon_span", 2), ("nearest", 1), ("gap_or_far", 1), ("out_sum", 1),
    ("forwards", 1), ("bowed", 1), ("down", 1), ("sunk", 1), ("nearer", 1),
    ("lean_or_some", 1), ("dropped", 1), ("abs_down", 1), ("highest", 1), ("turned", 1),
    ("face_turned", 1), ("busy", 1), ("lean_motion", 1), ("shoulders_motion", 1),
    ("yaw_motion", 1), ("nod_over_shake", 1), ("shake_over_nod", 1),
)
"""Values made of measures, and how many rows each has, after those of ``MEASURES``."""


def _rows() -> tuple[dict[str, slice | int], int]:
    rows: dict[str, slice | int] = dict(M)
    rows |= {name.removesuffix("_left"): slice(row, row + 2)
             for name, row in M.items() if name.endswith("_left")}
    count = len(M)
    for name, size in _DERIVED:
        rows[name] = count if size == 1 else slice(count, count + size)
        count += size
    return rows, count


_ROWS, _COUNT = _rows()

_RAMPS = _Ramps({
    "quiet": ("hand_motion", 0.25, 0.12),
    # Hands to and fro.
    "clap_up": ("wrist_up", -1.0, -0.8), "clap_low": ("wrist_up", 0.35, 0.1),
    "clap_gap": ("gap", 0.8, 0.6), "clap_met": ("nearest", 0.52, 0.38),
    "alone": ("gap_or_far", 0.85, 1.15),
    "wave_up": ("wrist_up", -0.5, -0.3), "wave_aside": ("wave_over_lift", 0.1, 0.2),
    "beckon_in": ("wrist_out", 1.0, 0.8), "beckon_bends": ("beckon_span", 0.08, 0.14),
    "beckon_lifts": ("lift_over_wave", 0.05, 0.12), "beckon_low": ("wrist_up", 0.6, 0.35),
    "beckon_up": ("wrist_up", -0.85, -0.65), "beckon_forward": ("wrist_forward", 0.25, 0.4),
    # Held arms.
    "shy_up": ("wrist_up", -0.25, -0.08), "shy_bent": ("bent_up", 0.28, 0.4),
    "shy_off": ("at_face", 0.3, 0.4), "shy_out": ("wrist_out", 0.32, 0.42),
    "raised": ("wrist_up", 0.4, 0.55),
    "point_up": ("wrist_up", -0.75, -0.55), "point_low": ("wrist_up", 0.6, 0.45),
    "point_elbow": ("elbow_up", 0.6, 0.45), "point_straight": ("reach", 0.86, 0.93),
    "point_aside": ("aside", 0.6, 0.8),
    # Held hands.
    "crossed_at": ("at_elbow", 0.78, 0.6), "crossed_in": ("wrist_out", 0.25, 0.12),
    "crossed_up": ("wrist_up", -0.7, -0.57), "crossed_low": ("wrist_up", 0.05, -0.15),
    "crossed_both": ("out_sum", 0.25, 0.1),
    # A hand that is held up has its arm on its own side, or far in front of the face.
    "touch_at": ("at_face", 0.5, 0.37), "touch_in": ("wrist_out", 0.46, 0.34),
    "touch_near": ("wrist_forward", 0.85, 0.65),
    "akimbo_at": ("at_hip", 0.6, 0.45), "akimbo_out": ("elbow_out", 0.46, 0.56),
    "akimbo_beyond": ("elbow_beyond", 0.02, 0.1), "akimbo_up": ("wrist_up", -1.1, -0.95),
    # Trunk.
    "bow_forwards": ("forwards", 0.07, 0.12), "bow_far": ("bowed", 0.25, 0.33),
    "bow_down": ("down", 0.1, 0.2), "bow_sunk": ("sunk", 0.06, 0.12),
    "near": ("nearer", 0.025, 0.045), "near_lean": ("lean_or_some", 0.03, 0.08),
    "near_level": ("down", 0.22, 0.12),
    "palms_out": ("wrist_out", 0.55, 0.75), "palms_up": ("wrist_up", -1.0, -0.85),
    "shrug_level": ("abs_down", 0.35, 0.2), "shrug_low": ("highest", -0.1, -0.3),
    "shrug_upright": ("forwards", 0.16, 0.08),
    "turned": ("turned", 0.6, 0.85), "turned_face": ("face_turned", 0.45, 0.6),
    "turned_some": ("turned", 0.05, 0.15),
    # Head.
    "calm_lean": ("lean_motion", 0.1, 0.06), "calm_shoulders": ("shoulders_motion", 0.06, 0.03),
    "calm_hands": ("busy", 0.25, 0.12), "calm_low": ("highest", 0.1, -0.3),
    "ahead": ("yaw_motion", 0.06, 0.03), "nods": ("nod_over_shake", 0.02, 0.06),
    "shakes": ("shake_over_nod", 0.03, 0.07),
})


def swinging(now: np.ndarray, face: np.ndarray) -> np.ndarray:
    """Return what may swing (swings, ...), nan where it cannot be part of a gesture.

    Args:
        now: (measures, ...) of one step, or of several.
        face: (...) mean of the measure "face" before each.
    """
    made = now.take(_SWING_ROWS, axis=0)
    up, forward = now[_ROWS["wrist_up"]], now[_ROWS["wrist_forward"]]
    # What is unknown compares as false, and is left out too.
    low = up > -0.9
    counts = np.concatenate([
        up > -0.45, low & (forward > 0.2), low, (up[:1] > -1.0) & (up[1:] > -1.0)])
    made[:len(counts)][~counts] = np.nan
    # Of somebody whose face is found at times, only those times count.
    drawn = ~(now[M["face"]] > 0.9) & (face > 0.02)
    if drawn.any():
        made[_HEADS, drawn] = np.nan
    return made


def evidence(state: Moment) -> np.ndarray:
    """Return how much each person's state looks like each gesture, (gestures, P), 0..1."""
    made = np.zeros((len(GESTURES), state.mean.shape[-1]))
    swings, spans = _swung(state)
    values = _values(state, spans)
    held = _RAMPS.read(values)
    _swung_hands(made, held, swings)
    _held_arms(made, values, held)
    _held_hands(made, held)
    _trunk(made, values, held)
    _head(made, state, held, swings)
    return made


def _values(state: Moment, spans: np.ndarray) -> np.ndarray:
    """Return all values that conditions are on, in the rows of ``_ROWS``."""
    mean, motion, usual = state.mean, state.motion, state.usual
    values = np.empty((_COUNT, mean.shape[-1]))
    values[:len(M)] = mean
    row = _ROWS
    up, out = mean[row["wrist_up"]], mean[row["wrist_out"]]
    lifted = motion[row["wrist_up"]]
    values[row["hand_motion"]] = lifted + motion[row["wrist_out"]]
    values[row["bent_up"]] = up - mean[row["elbow_up"]]
    values[row["elbow_beyond"]] = mean[row["elbow_out"]] - out
    values[row["aside"]] = np.hypot(
        np.maximum(out - 0.35, 0.0), np.maximum(mean[row["wrist_forward"]], 0.0))
    wave, lift = spans[_WAVES], spans[_LIFTS]
    values[row["wave_over_lift"]] = wave - 0.7 * lift
    values[row["lift_over_wave"]] = lift - 0.8 * wave
    values[row["beckon_span"]] = spans[_BECKONS]
    # Hands that clap meet: so far is the nearer of the last two turning points.
    clap = S["clap"]
    values[row["nearest"]] = np.fmin(state.last[clap], state.top[clap] * state.way[clap])
    values[row["gap_or_far"]] = _known(mean[M["gap"]], 9.0)
    values[row["out_sum"]] = out[0] + out[1]

    lean = mean[M["lean"]] - usual[U["lean"]]
    down = _known(mean[M["pitch"]] - usual[U["pitch"]])
    near = (np.abs(mean[M["scale"]] - usual[U["scale"]]) - 0.08) * (1.0 / (0.04 - 0.08))
    sunk = (mean[M["shoulders_y"]] - usual[U["shoulders_y"]]) * np.minimum(
        np.maximum(near, 0.0), 1.0)
    forwards = np.fmax(lean, 2.0 * sunk)
    values[row["sunk"]], values[row["forwards"]] = sunk, forwards
    values[row["down"]], values[row["abs_down"]] = down, np.abs(down)
    values[row["bowed"]] = forwards + 0.5 * np.minimum(np.maximum(down, 0.0), 0.6)
    values[row["nearer"]] = mean[M["near"]] - usual[U["near"]]
    values[row["lean_or_some"]] = _known(lean, 0.1)
    values[row["dropped"]] = usual[U["head_up"]] - mean[M["head_up"]]
    values[row["highest"]] = np.maximum(*_known(up, -1.0))
    values[row["turned"]] = np.abs(mean[M["facing"]]) - np.abs(usual[U["facing"]])
    values[row["face_turned"]] = np.abs(mean[M["yaw"]]) - np.abs(usual[U["yaw"]])
    values[row["busy"]] = np.maximum(*(lifted + motion[row["beside"]]))
    for name in ("lean", "shoulders", "yaw"):
        values[row[f"{name}_motion"]] = motion[M["shoulders_y" if name == "shoulders" else name]]
    nod, shake = spans[_HEADS]
    values[row["nod_over_shake"]] = np.maximum(nod, state.spans[0, S["nod"]]) - 0.8 * shake
    values[row["shake_over_nod"]] = shake - 0.8 * nod
    return values


def _product(held: np.ndarray, *names: str) -> np.ndarray:
    """Return the product of conditions."""
    made = held[_RAMPS.of[names[0]]]
    for name in names[1:]:
        made = made * held[_RAMPS.of[name]]
    return made


def _swung_hands(made: np.ndarray, held: np.ndarray, swings: np.ndarray) -> None:
    """Fill in what hands do to and fro: wave, come_here, clap."""
    chest = np.minimum(*_product(held, "clap_up", "clap_low"))
    clap = made[G["clap"]] = _positive(
        swings[S["clap"]] * chest * _product(held, "clap_gap", "clap_met"))
    # Of a hand that is not to be seen nothing is known: the other one counts.
    alone = (1.0 - clap) * held[_RAMPS.of["alone"]]
    wave = made[G["wave"]] = np.maximum(*_positive(
        swings[_WAVES] * alone * _product(held, "wave_up", "wave_aside")))
    beckon = swings[_LIFTS] * alone * _product(
        held, "beckon_in", "beckon_bends", "beckon_lifts", "beckon_low", "beckon_up",
        "beckon_forward")
    made[G["come_here"]] = np.maximum(*_positive(beckon)) * (1.0 - wave)


def _held_arms(made: np.ndarray, values: np.ndarray, held: np.ndarray) -> None:
    """Fill in what arms hold by themselves: hands_raised, point."""
    # Held up beside the head, the forearm upright, is the shy form of raising a hand.
    shy = _product(held, "shy_up", "shy_bent", "quiet", "shy_off", "shy_out")
    raised = np.fmax(_positive(held[_RAMPS.of["raised"]]), shy)
    made[G["hands_raised"]] = np.maximum(*raised) * (1.0 - made[G["wave"]])
    finger = 0.9 + 0.4 * _known(values[_ROWS["pointing"]])
    one, other = _positive(_product(
        held, "point_straight", "point_aside", "point_up", "point_low", "point_elbow", "quiet",
    ) * finger)
    point = np.maximum(one, other) - 0.8 * np.minimum(one, other)
    made[G["point"]] = np.minimum(np.maximum(point, 0.0), 1.0)


def _held_hands(made: np.ndarray, held: np.ndarray) -> None:
    """Fill in what hands hold to the body: arms_crossed, hand_on_face, hands_on_hips."""
    crossed = _product(held, "crossed_at", "crossed_in", "quiet", "crossed_up", "crossed_low")
    made[G["arms_crossed"]] = _positive(np.minimum(*crossed) * held[_RAMPS.of["crossed_both"]])
    touched = _product(held, "touch_at", "quiet", "touch_in", "touch_near")
    made[G["hand_on_face"]] = np.maximum(*_positive(touched)) * (1.0 - made[G["wave"]])
    akimbo = _product(held, "akimbo_at", "akimbo_out", "akimbo_beyond", "akimbo_up", "quiet")
    made[G["hands_on_hips"]] = _positive(np.minimum(*akimbo))


def _trunk(made: np.ndarray, values: np.ndarray, held: np.ndarray) -> None:
    """Fill in what trunk and shoulders do: bow, lean_in, shrug, turn_away."""
    of = _RAMPS.of
    # Depth alone is no witness: with the arms it draws the whole trunk to and fro.
    bow = made[G["bow"]] = _positive(
        _product(held, "bow_forwards", "bow_far") * np.fmax(held[of["bow_down"]],
                                                            held[of["bow_sunk"]]))
    made[G["lean_in"]] = _positive(_product(held, "near", "near_lean")) * held[
        of["near_level"]] * (1.0 - bow)
    palms = _known(np.minimum(*_product(held, "palms_out", "palms_up")))
    lifted = np.minimum(np.maximum(
        (values[_ROWS["dropped"]] + 0.015 * palms - 0.05) * (1.0 / (0.08 - 0.05)), 0.0), 1.0)
    made[G["shrug"]] = _positive(lifted * held[of["shrug_upright"]]) * _product(
        held, "shrug_level", "shrug_low")
    made[G["turn_away"]] = np.fmax(
        _positive(held[of["turned"]]), _product(held, "turned_face", "turned_some"))


def _head(made: np.ndarray, state: Moment, held: np.ndarray, swings: np.ndarray) -> None:
    """Fill in what the head does to and fro while the rest is calm: nod, shake."""
    of = _RAMPS.of
    calm = _product(held, "calm_lean", "calm_shoulders", "calm_hands", "calm_low")
    ahead = held[of["ahead"]] * (state.mean[M["face"]] > 0.8)
    nod = np.maximum(swings[S["nod"]], _nodded_once(state)[0] * ahead)
    made[G["nod"]] = nod * calm * held[of["nods"]]
    made[G["shake"]] = swings[S["shake"]] * calm * held[of["shakes"]]


def _swung(state: Moment) -> tuple[np.ndarray, np.ndarray]:
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


def _nodded_once(state: Moment) -> np.ndarray:
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


def _positive(values: np.ndarray) -> np.ndarray:
    """Return values that are not below 0, which is what the unknown ones become."""
    return np.fmax(values, 0.0)
