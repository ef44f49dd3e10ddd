"""Likeness of a moment to each gesture, by rules over smoothed measures and swings."""

from __future__ import annotations

import numpy as np

from kinesics_core.affect.per_person import some
from kinesics_core.affect.signals.filters import HEADS, KEPT, Moment, S
from kinesics_core.affect.signals.measures import M
from kinesics_core.affect.signals.names import GESTURES
from kinesics_core.affect.signals.rules import (
    COUNT,
    DIFFERENCE_ROWS,
    HAND_RULES,
    HAND_SWINGS,
    MINUENDS,
    MOTION_ROWS,
    PAIRS,
    POINTS,
    ROWS,
    SHARES,
    SPAN_ROWS,
    SUBTRAHENDS,
    USUAL_ROWS,
    WORSE,
    holds,
)

G = {name: index for index, name in enumerate(GESTURES)}
"""Index of each gesture."""

_EVEN = 0.4
"""Share of the larger of two swings, and of the longer, that the other one has at least."""

_SLOWEST = np.array([0.9] * 10 + [0.42, 0.6, 0.7])[:, None]
_QUICKEST = 0.07
"""Seconds between two turning points of what swings; heads are quicker than hands."""


_SWING_ROWS = np.array([M[name] for name in (
    "beside_left", "beside_right", "reach_left", "reach_right", "wrist_up_left", "wrist_up_right",
    "above_left", "above_right", "bent_left", "bent_right", "gap", "pitch", "yaw")])
_SWING_UPS = np.array([M["wrist_up_left"], M["wrist_up_right"]] * 6)
_SWINGS_ABOVE = np.array([-0.45] * 2 + [-0.9] * 8 + [-1.0] * 2)[:, None]
"""Heights of the wrist above which the swings of a hand count; the last two are of clapping."""
_HANDS = np.array([
    S[f"{name}_{side}"] for side in ("left", "right") for name in HAND_SWINGS.values()])
"""Rows of swings of the rules in ``HAND_RULES``."""

_WAVES, _LIFTS = (slice(S[f"{name}_left"], S[f"{name}_left"] + 2) for name in ("wave", "lift"))
"""Rows of a swing of both hands."""

_BEGUN = slice(S["wave_left"], S["clap"] + 1)
"""Rows of swings of hands, each of the left and the right one, and of both."""

_SIDED = (_BEGUN.stop - _BEGUN.start) // 2
"""Number of those of either hand."""

_LATELY = 1.0
"""Seconds within which a first swing must have begun to tell the next ones."""

_LEAST = np.array([
    (0.15, 0.25), (0.15, 0.25), (0.17, 0.4), (0.17, 0.4), (0.17, 0.28), (0.17, 0.28),
    (0.17, 0.28), (0.17, 0.28), (0.14, 0.36), (0.14, 0.36), (0.14, 0.5), (0.13, 0.2),
    (0.17, 0.28)]).T[..., None]
"""Lengths that three swings must have on average, and two, to be a gesture; as ``SWINGS``."""

_FAR = 1.0 / (0.3 * _LEAST)
"""Slopes of whether swings are that long: they begin at .85 of it."""

_CROUCHED = 0.75
"""Radians of a crouching person's thighs to the vertical; who stands or sits is far off it."""


def swinging(now: np.ndarray, face: np.ndarray) -> np.ndarray:
    """Return what may swing (T, swings, P), nan where it cannot be part of a gesture.

    Args:
        now: (T, measures, P) of steps.
        face: (T, P) mean of the measure "face" before each.
    """
    made = now.take(_SWING_ROWS, axis=1)
    # What is unknown compares as false, and is left out too.
    counts = now.take(_SWING_UPS, axis=1) > _SWINGS_ABOVE
    counts[:, 2:4] &= now[:, _FORWARDS] > 0.2
    # Hands clap where both are neither low nor high.
    counts[:, -2:] &= now[:, _UPS] < 0.4
    counts[:, -2] &= counts[:, -1]
    np.copyto(made[:, :len(_SWING_UPS) - 1], np.nan, where=~counts[:, :-1])
    # Of somebody whose face is found at times, only those times count.
    drawn = (face > 0.02) & ~(now[:, M["face"]] > 0.9)
    if some(drawn):
        np.copyto(made[:, HEADS], np.nan, where=drawn[:, None])
    return made


def evidence(state: Moment, before: np.ndarray | None = None) -> np.ndarray:
    """Return how much each person's state looks like each gesture, (gestures, P), 0..1.

    Args:
        state: Of what is seen, then of forecasts' moments.
        before: (2, n) height of the left and the right wrist where the forecasts begin, of the
            last n, with which one swing of a hand is enough; None: all is seen.
    """
    swings, spans = _swung(state)
    if before is not None:
        _add_begun(state, swings, spans, before)
    values = _values(state, spans)
    held = holds(values)
    pairs = len(PAIRS)
    one, other = held[:pairs], held[pairs:2 * pairs]
    touch, cover, raised, shy, stooped, bow, turned = np.maximum(one[:WORSE], other[:WORSE])
    crossed, akimbo, chest, palms = np.minimum(one[WORSE:], other[WORSE:])
    met, near, close, shrug, nods, shakes, ahead = held[POINTS.stop:]
    made = np.empty((len(GESTURES), state.mean.shape[-1]))
    # Hands to and fro.
    clap = made[G["clap"]] = swings[S["clap"]] * chest * met
    hands = swings.take(_HANDS, axis=0) * held[HAND_RULES] * (1.0 - clap)
    wave, drawn, arm, *bent = np.maximum(hands[:len(HAND_SWINGS)], hands[len(HAND_SWINGS):])
    # A hand that is raised and put right goes to and fro twice, too.
    drawn = np.maximum(drawn, np.maximum(3.0 * arm - 2.0, 0.0))
    wave *= 1.0 - drawn
    no_wave = 1.0 - wave
    beckon = np.maximum(drawn, np.maximum.reduce(bent) * no_wave)
    made[G["wave"]], made[G["come_here"]] = wave, beckon
    # Held arms and hands.
    first, second = held[POINTS] * (0.9 + 0.4 * _known(values[_POINTING]))
    point = np.maximum(first, second) - 0.8 * np.minimum(first, second)
    no_beckon = 1.0 - beckon
    made[G["point"]] = point = np.minimum(np.maximum(point, 0.0), 1.0) * no_wave * no_beckon
    beside = np.maximum(shy, stooped) * no_beckon
    made[G["hands_raised"]] = np.maximum(raised * (1.0 - point), beside) * no_wave
    made[G["hand_on_face"]] = np.maximum(touch, cover) * (1.0 - stooped) * no_wave
    made[G["arms_crossed"]], made[G["hands_on_hips"]] = crossed, akimbo
    # Trunk and shoulders. Depth alone is no witness: with the arms it draws the trunk to and fro.
    made[G["bow"]], made[G["turn_away"]] = bow, turned
    made[G["lean_in"]] = np.maximum(near, close) * (1.0 - bow)
    lifted = (values[ROWS["dropped"]] + 0.015 * palms - 0.05) * (1.0 / (0.08 - 0.05))
    made[G["shrug"]] = np.minimum(np.fmax(lifted, 0.0), 1.0) * shrug
    # The head, while the rest is calm.
    nod = swings[S["nod"]]
    once = _nodded_once(state)
    if once is not None:
        nod = np.maximum(nod, once * (ahead * (state.mean[M["face"]] > 0.8)))
    made[G["nod"]], made[G["shake"]] = nod * nods, swings[S["shake"]] * shakes
    return made


(_UPS, _OUTS, _FORWARDS, _ELBOWS_UP, _REACHES, _AT_FACE, _THIGHS, _HAND_OUT, _BENT_UP, _INWARDS,
 _BUSY, _POINTING, _PALMS, _CLEAR, _APART, _LIFTED, _OVER_EARS, _OTHER) = (
    slice(ROWS[f"{name}_left"], ROWS[f"{name}_left"] + 2) for name in (
        "wrist_up", "wrist_out", "wrist_forward", "elbow_up", "reach", "at_face", "thigh",
        "hand_out", "bent_up", "elbow_beyond", "busy", "pointing", "palm", "clear", "apart",
        "lifted", "over_ears", "other"))


def _values(state: Moment, spans: np.ndarray) -> np.ndarray:
    """Return all values that conditions are on, in the rows of ``ROWS``."""
    mean, row = state.mean, ROWS
    values = np.empty((COUNT, mean.shape[-1]))
    values[:len(M)], values[MOTION_ROWS] = mean, state.motion
    values[USUAL_ROWS], values[SPAN_ROWS] = state.usual, spans
    ups = mean[_UPS]
    one, other = values.take(MINUENDS, axis=0), values.take(SUBTRAHENDS, axis=0)
    np.abs(one[-2:], out=one[-2:])
    np.abs(other[-2:], out=other[-2:])
    other *= SHARES
    np.subtract(one, other, out=values[DIFFERENCE_ROWS])
    values[row["aside_left"]:row["aside_left"] + 2] = np.hypot(
        np.maximum(mean[_OUTS] - 0.35, 0.0), np.maximum(mean[_FORWARDS], 0.0))
    # A hand held out low towards the camera is offered, unless its index finger points.
    values[row["aimed_left"]:row["aimed_left"] + 2] = (
        ups + np.maximum(mean[_OUTS] - 0.4, 0.0) + 0.8 * _known(mean[_POINTING] - 0.2))
    values[row["shown_left"]:row["shown_left"] + 2] = _known(mean[_PALMS], 1.0)
    # An upright forearm brings the hand beside the head, one that leans inwards to the face.
    inwards = np.maximum(0.07 - values[_INWARDS], 0.0)
    np.add(values[_AT_FACE], inwards, out=values[_CLEAR])
    np.add(values[_HAND_OUT], inwards, out=values[_APART])
    np.subtract(ups, mean[M["head_up"]], out=values[_OVER_EARS])
    values[_LIFTED] = _lifted(ups, mean)
    # An arm that is stretched above the shoulder rises as much as it goes aside.
    wave, lift = spans[_WAVES], spans[_LIFTS]
    values[row["sideways_left"]:row["sideways_left"] + 2] = (
        wave - 0.7 * lift + 0.8 * np.fmax(ups - 0.3, 0.0))
    # The other hand's motion beyond half of this one's: arms that swing in turn beckon nobody.
    hands = values[_BUSY]
    np.fmax(hands[::-1] - 0.5 * hands, -1.0, out=values[_OTHER])
    up, other_up = ups
    values[row["uneven"]] = np.abs(up - other_up)
    values[row["abs_yaw"]] = np.abs(mean[M["yaw"]])
    # Hands that clap meet: so far is the nearer of the last two turning points.
    clap = S["clap"]
    values[row["nearest"]] = np.fmin(state.last[clap], state.top[clap] * state.way[clap])
    gap = np.fmin(mean[M["gap"]], 9.0, out=values[row["free"]])
    # A hand that hangs takes no part, however near.
    values[row["gap_or_far"]] = gap + 3.0 * np.fmax(-0.7 - np.minimum(up, other_up), 0.0)
    both = np.minimum(*wave) > 0.25
    if some(both):
        # Two hands that wave together may come near each other: upright forearms, slower than a
        # clap.
        turned, before = state.turns[:2, clap]
        both &= (np.minimum(*values[_BENT_UP]) > 0.33) & (np.minimum(up, other_up) > -0.15)
        both &= (before - turned > 0.3) | (turned > _SLOWEST[clap])
        values[row["free"], both] = 9.0
    lean, fallen = values[row["lean_off"]], values[row["fallen"]]
    down = values[row["down"]]
    down[np.isnan(down)] = 0.0
    crouched = values[row["hips_down"]] = np.fmax(values[row["hips_down"]], 0.0)
    # Knees bend where people crouch, jump or lunge, not where they bow; depth must tell it, as
    # it does where the trunk's lean is known.
    apart = values[row["thighs_apart"]]
    np.fmax(np.abs(apart, out=apart), 0.0, out=apart)
    thigh = np.abs(0.5 * np.add(*mean[_THIGHS]) - _CROUCHED)
    values[row["thighs_off"]] = np.where(np.isnan(thigh + lean), 9.0, thigh)
    near = _above(np.abs(values[row["scale_off"]]), 0.08, 0.04)
    sunk = values[row["sunk"]] = (fallen - crouched) * near
    forwards = values[row["forwards"]] = np.fmax(lean, 2.0 * sunk)
    values[row["abs_down"]] = np.abs(down)
    values[row["bowed"]] = forwards + 0.5 * np.minimum(np.maximum(down, 0.0), 0.6)
    # The head comes nearer, and depth draws the trunk forward: little of both tells it.
    some_lean = values[row["lean_or_some"]] = _known(lean, 0.1)
    values[row["leant"]] = values[row["nearer"]] + 0.12 * np.minimum(some_lean, 0.2)
    np.fmax(np.fmax(up, other_up), -1.0, out=values[row["highest"]])
    values[row["busiest"]] = np.maximum(*values[_BUSY])
    nod, shake = spans[HEADS]
    values[row["nod_over_shake"]] = np.maximum(nod, state.spans[0, S["nod"]]) - 0.8 * shake
    return values


def _lifted(ups: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return how high hands (2, P) are as raised ones, where they are higher than the chin.

    Above an elbow that is high up, a hand that is lost, or was where none can be, is up. A straight
    arm is raised from about 40 degrees on; below, it points.
    """
    elbows = mean[_ELBOWS_UP] + 0.15
    if not some(np.fmax(ups, elbows) > 0.4):
        return ups
    lifted = np.where(elbows - ups < 0.85, ups, elbows)
    straight: np.ndarray = lifted - 0.22 * _known(_above(mean[_REACHES], 0.9, 0.95))
    return straight


def _swung(state: Moment) -> tuple[np.ndarray, np.ndarray]:
    """Return whether everything swings to and fro, 0..1, and how far; (swings, P) each."""
    shape = state.top.shape
    swings, span = np.zeros((2, *shape))
    # Most things have not just swung: the rest is told of what has.
    lately = ((state.turns[0] < _SLOWEST) & (state.spans[0] > 0.0)).reshape(-1).nonzero()[0]
    if not len(lately):
        return swings, span
    rows = lately // shape[1]
    turns = state.turns.reshape(KEPT, -1).take(lately, axis=1)
    both = np.empty((2, *turns.shape))  # lengths, and pauses before
    lengths, pauses = both
    lengths[:], pauses[0] = state.spans.reshape(KEPT, -1).take(lately, axis=1), turns[0]
    np.subtract(turns[1:], turns[:-1], out=pauses[1:])
    regular = (pauses < _SLOWEST.take(rows)) & (lengths > 0.0)
    regular[1:] &= pauses[1:] > _QUICKEST
    # What goes to and fro does so evenly.
    before, after = both[:, :-1], both[:, 1:]
    evenly = np.minimum(before, after) > _EVEN * np.maximum(before, after)
    regular[1:] &= evenly[0]
    regular[2:] &= evenly[1, 1:]
    counted = np.logical_and.accumulate(regular, axis=0)
    number = np.add.reduce(counted, axis=0)
    mean = np.add.reduce(lengths * counted, axis=0) / number
    many, few = _far(mean, _FAR.take(rows, axis=1)[..., 0])
    thrice = np.minimum((number - 2.0) * (1.0 / 1.5), 1.0)
    told = np.maximum(thrice * many, 0.67 * (number >= 2) * few)
    span.reshape(-1)[lately], swings.reshape(-1)[lately] = mean, np.maximum(told, 0.0)
    return swings, span


def _add_begun(
    state: Moment, swings: np.ndarray, spans: np.ndarray, before: np.ndarray
) -> None:
    """Let a hand's first swing tell the next ones, which a forecast does not hold.

    Arms that go down after they were held have swung once too: the hand must stay up, and not
    have rested before.
    """
    coming = slice(-before.shape[1], None)
    span, turns = state.spans[0, _BEGUN, coming], state.turns[:2, _BEGUN, coming]
    stays = _above(state.mean[_UPS, coming] - before, -0.2, -0.1)
    first = np.minimum(_far(span, _FAR[1, _BEGUN]), 0.9)
    first *= (span > 0.0) & (turns[0] < _SLOWEST[_BEGUN]) & (turns[1] < _LATELY)
    first *= np.concatenate([stays] * _SIDED + [np.minimum(stays[:1], stays[1:])])
    swung, spanned = swings[_BEGUN, coming], spans[_BEGUN, coming]
    np.copyto(spanned, span, where=(swung < 0.1) & (first > 0.0))
    np.maximum(swung, first, out=swung)


def _nodded_once(state: Moment) -> np.ndarray | None:
    """Return whether the head went down and at once up again (P,), 0..1; None if nobody's did."""
    row = S["nod"]
    way, since = state.way[row], state.turns[0, row]
    quick = (way < 0) & (since < 0.5) & (state.dwell[row] < 0.3)
    if not some(quick):
        return None
    span = state.spans[0, row]
    back = np.abs(state.top[row] * way - state.last[row])
    returned = _above(back / np.maximum(span, 0.05), 0.6, 0.8)
    return np.where(quick, 0.7 * _above(span, 0.18, 0.24) * _known(returned), 0.0)


def _far(spans: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """Return whether swings are as long as they must be at least, 0..1, by slopes of ``_FAR``."""
    return np.minimum(np.maximum(spans * slopes - 0.85 / 0.3, 0.0), 1.0)


def _above(values: np.ndarray, none: float, full: float) -> np.ndarray:
    return np.minimum(np.maximum((values - none) * (1.0 / (full - none)), 0.0), 1.0)


def _known(values: np.ndarray, otherwise: float = 0.0) -> np.ndarray:
    return np.where(np.isnan(values), otherwise, values)
