"""Likeness of a moment to each gesture, by rules over smoothed measures and swings.

A rule is a product of soft conditions: each is 0 below a range, 1 above it and linear between. The
ranges were set on some sources and judged on others; docs/reading_people.md has the table.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from kinesics_core.affect.per_person import some
from kinesics_core.affect.signals.filters import Moment, S
from kinesics_core.affect.signals.means import U
from kinesics_core.affect.signals.measures import HAND, M
from kinesics_core.affect.signals.names import GESTURES

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
_HEADS = slice(S["nod"], S["nod"] + 2)
_HANDS = np.array([S[f"{name}_{side}"] for side in ("left", "right")
                   for name in ("wave", "beckon", "beckon", "flap", "flap", "curl")])
"""Rows of swings of a wave and of five beckonings: of the left hand, then of the right one."""

_HANDS_OF = {name: np.array([S[f"{name}_left"], S[f"{name}_right"]]) for name in ("wave", "lift")}
"""Rows of a swing of both hands."""

_BEGUN = slice(S["wave_left"], S["clap"] + 1)
"""Rows of swings of hands, each of the left and the right one, and of both."""

_LATELY = 1.0
"""Seconds within which a first swing must have begun to tell the next ones."""

_LEAST = np.array([
    (0.15, 0.25), (0.15, 0.25), (0.17, 0.4), (0.17, 0.4), (0.17, 0.28), (0.17, 0.28),
    (0.17, 0.28), (0.17, 0.28), (0.18, 0.42), (0.18, 0.42), (0.14, 0.5), (0.13, 0.2),
    (0.17, 0.28)]).T[..., None]
"""Lengths that three swings must have on average, and two, to be a gesture; as ``SWINGS``."""

_OF_SIDES = {
    "hand_motion": ("motion_wrist_up", "motion_wrist_out", -1.0),
    "busy": ("motion_wrist_up", "motion_beside", -1.0),
    "bent_up": ("wrist_up", "elbow_up", 1.0), "elbow_beyond": ("elbow_out", "wrist_out", 1.0),
    "hand_out": ("wrist_out", "elbow_out", HAND / (1.0 + HAND)),
    "flap_over_wave": ("span_flap", "span_wave", 0.8),
    "drawn_far": ("span_beckon", "span_flap", -0.4),
    "towards": ("motion_wrist_forward", "motion_wrist_out", 1.0),
    "flapping": ("motion_tips", "motion_above", 0.5),
    "folding": ("motion_elbow_up", "motion_wrist_up", 0.8),
}
_DIFFERENCES = {
    **{f"{name}_{side}": (f"{one}_{side}", f"{other}_{side}", share)
       for name, (one, other, share) in _OF_SIDES.items() for side in ("left", "right")},
    "out_sum": ("wrist_out_left", "wrist_out_right", -1.0),
    "lean_off": ("lean", "usual_lean", 1.0), "down": ("pitch", "usual_pitch", 1.0),
    "scale_off": ("scale", "usual_scale", 1.0),
    "fallen": ("shoulders_y", "usual_shoulders_y", 1.0), "nearer": ("near", "usual_near", 1.0),
    "dropped": ("usual_head_up", "head_up", 1.0),
    "shake_over_nod": ("span_shake", "span_nod", 0.8),
    "hips_down": ("hips_y", "usual_hips_y", 1.0),
    "thighs_apart": ("thigh_left", "thigh_right", 1.0),
    # The last two are differences of magnitudes.
    "turned": ("facing", "usual_facing", 1.0), "face_turned": ("yaw", "usual_yaw", 1.0),
}
"""Value -> two values and a share: it is the first one less that share of the second one."""

_DERIVED = (
    "aside_left", "aside_right", "clear_left", "clear_right", "apart_left", "apart_right",
    "lifted_left", "lifted_right", "over_ears_left", "over_ears_right", "free",
    "sideways_left", "sideways_right", "other_left", "other_right", "aimed_left", "aimed_right",
    "uneven", "abs_yaw", "nearest", "gap_or_far", "forwards", "bowed", "sunk", "leant",
    "abs_down", "highest", "busiest", "nod_over_shake", "thighs_off",
)
_ROWS = {name: row for row, name in enumerate((
    *M, *(f"motion_{name}" for name in M), *(f"usual_{name}" for name in U),
    *(f"span_{name}" for name in S), *_DIFFERENCES, *_DERIVED))}
"""Row of each value that conditions are on."""

_COUNT = len(_ROWS)
_MOTIONS, _USUALS, _SPANS, _DIFFERENT = (slice(first, last) for first, last in pairwise((
    len(M), 2 * len(M), 2 * len(M) + len(U), 2 * len(M) + len(U) + len(S),
    _COUNT - len(_DERIVED))))
_ONE = np.array([_ROWS[one] for one, _, _ in _DIFFERENCES.values()])
_OTHER = np.array([_ROWS[other] for _, other, _ in _DIFFERENCES.values()])
_SHARE = np.array([share for *_, share in _DIFFERENCES.values()])[:, None]

_CROUCHED = 0.75
"""Radians of a crouching person's thighs to the vertical; who stands or sits is far off it."""

_QUIET = ("hand_motion", 0.25, 0.12)
_ALONE = ("gap_or_far", 0.85, 1.15)
_STILL = ("motion_beside", 0.13, 0.08)
_CALM = (("motion_lean", 0.1, 0.06), ("motion_shoulders_y", 0.06, 0.03),
         ("motion_shoulders_x", 0.07, 0.04), ("busiest", 0.18, 0.09), ("highest", 0.1, -0.3),
         ("abs_yaw", 1.0, 0.8))
_BOW = (("forwards", 0.13, 0.21), ("bowed", 0.33, 0.43), ("motion_facing", 0.16, 0.09),
        ("motion_shoulders_x", 0.12, 0.07), ("hips_down", 0.25, 0.15),
        ("thighs_apart", 0.6, 0.4), ("thighs_off", 0.27, 0.37), ("highest", 0.25, 0.1))

_RULES: dict[str, tuple[tuple[str, float, float], ...]] = {
    # A hand that is held up has its arm on its own side, or the elbow or itself far in front.
    "touch": (("at_face", 0.47, 0.35), _QUIET, ("wrist_out", 0.43, 0.31),
              ("wrist_forward", 0.68, 0.54), ("elbow_up", -0.13, -0.28),
              ("elbow_beyond", 0.03, 0.09)),
    "raised": (("lifted", 0.4, 0.55),),
    # Held up beside the head or the shoulder, the forearm upright, is the shy form of raising a
    # hand; a forearm that leans inwards brings the hand to the face.
    "shy": (("wrist_up", -0.25, -0.08), ("bent_up", 0.28, 0.4), ("hand_motion", 0.32, 0.2),
            ("clear", 0.3, 0.4), ("apart", 0.16, 0.24)),
    # Of somebody who stoops the head is low, and a hand beside it too.
    "stooped": (("over_ears", -0.2, -0.1), ("elbow_up", -0.36, -0.24), ("bent_up", 0.28, 0.4),
                ("hand_motion", 0.3, 0.18), ("at_face", 0.26, 0.34)),
    "bow_down": (*_BOW, ("down", 0.15, 0.3)),
    "bow_sunk": (*_BOW, ("sunk", 0.08, 0.14), ("down", 0.0, 0.1)),
    "body_turned": (("turned", 0.6, 0.85),),
    "head_turned": (("face_turned", 0.45, 0.6), ("turned", 0.05, 0.15)),
    "crossed": (("at_elbow", 0.78, 0.6), ("wrist_out", 0.25, 0.12), _QUIET,
                ("wrist_up", -0.7, -0.57), ("wrist_up", 0.05, -0.15), ("out_sum", 0.14, 0.04)),
    "akimbo": (("at_hip", 0.6, 0.45), ("elbow_out", 0.46, 0.56), ("elbow_beyond", 0.1, 0.18),
               ("wrist_up", -1.1, -0.95), _QUIET),
    "chest": (("wrist_up", -1.0, -0.8), ("wrist_up", 0.35, 0.1), ("wrist_forward", 0.2, 0.4)),
    "palms": (("wrist_out", 0.55, 0.75), ("wrist_up", -1.0, -0.85)),
    "wave": (("free", 0.85, 1.15), ("wrist_up", -0.5, -0.3), ("sideways", 0.1, 0.2)),
    # An arm or a forearm beckons along the line to its shoulder; who waves moves it to the side.
    "drawn": (_ALONE, ("span_beckon", 0.2, 0.27), ("drawn_far", 0.35, 0.45),
              ("towards", 0.0, 0.03), ("motion_reach", 0.045, 0.065), ("wrist_out", 1.2, 1.0),
              ("wrist_out", -0.2, -0.05), ("wrist_up", 0.8, 0.6), ("wrist_up", -0.75, -0.6),
              ("wrist_forward", 0.1, 0.25), ("other", 0.06, 0.02)),
    # The whole arm beckons: its elbow goes up and down as far as its hand; a wave keeps it still.
    "arm": (_ALONE, ("span_beckon", 0.15, 0.2), ("motion_elbow_up", 0.025, 0.04),
            ("folding", -0.03, -0.01),
            ("motion_reach", 0.03, 0.045), ("wrist_out", 0.9, 0.7), ("wrist_up", 0.6, 0.4),
            ("wrist_up", -0.75, -0.6), ("wrist_forward", 0.4, 0.55), ("other", 0.06, 0.02)),
    # A hand or fingers beckon about a wrist that is still.
    "flap": (_ALONE, ("flap_over_wave", 0.05, 0.12), ("flapping", 0.01, 0.025),
             ("motion_wrist_up", 0.08, 0.05), ("wrist_out", 1.0, 0.8), ("wrist_up", 0.6, 0.35),
             ("wrist_up", -0.75, -0.6), ("wrist_forward", 0.35, 0.5), ("other", 0.06, 0.02)),
    # A forearm goes far up and down in the picture, where depth tells little of its way.
    "rise": (_ALONE, ("span_flap", 0.5, 0.65), ("flap_over_wave", 0.2, 0.35),
             ("motion_wrist_out", 0.09, 0.06), ("motion_above", 0.09, 0.13),
             ("motion_reach", 0.02, 0.03), ("motion_shoulders_y", 0.04, 0.025),
             ("motion_shoulders_x", 0.07, 0.04), ("wrist_out", 1.0, 0.8), ("wrist_up", 0.6, 0.35),
             ("wrist_up", -0.65, -0.5), ("wrist_forward", 0.35, 0.5), ("other", 0.04, 0.0)),
    # Fingers beckon, the wrist at rest.
    "curl": (_ALONE, ("motion_wrist_up", 0.05, 0.03), ("motion_wrist_out", 0.05, 0.03),
             ("wrist_out", 1.0, 0.8), ("wrist_up", 0.6, 0.35), ("wrist_up", -0.75, -0.6),
             ("wrist_forward", 0.35, 0.5), ("other", 0.06, 0.02)),
    "point": (("reach", 0.86, 0.93), ("aside", 0.6, 0.8), ("aimed", -0.45, -0.3),
              ("wrist_up", -0.75, -0.55), ("wrist_up", 0.9, 0.75), ("elbow_up", 0.6, 0.45), _QUIET,
              ("motion_facing", 0.35, 0.22), ("motion_shoulders_x", 0.12, 0.07),
              ("thighs_apart", 0.6, 0.4), _STILL, ("flapping", 0.03, 0.01)),
    "met": (("gap", 0.8, 0.6), ("nearest", 0.52, 0.38), ("motion_gap", 0.05, 0.1),
            ("uneven", 0.4, 0.25)),
    "near": (("nearer", 0.018, 0.028), ("leant", 0.036, 0.05), ("down", 0.22, 0.12),
             ("motion_shoulders_x", 0.07, 0.04), ("motion_shoulders_y", 0.05, 0.03)),
    # Who passes by or turns away lowers the head against the shoulders in the picture, too.
    "shrug": (("forwards", 0.16, 0.08), ("abs_down", 0.35, 0.2), ("highest", -0.1, -0.3),
              ("motion_shoulders_x", 0.12, 0.07), ("motion_facing", 0.35, 0.22),
              ("turned", 0.9, 0.7)),
    "nods": (*_CALM, ("nod_over_shake", 0.02, 0.06)),
    "shakes": (*_CALM, ("shake_over_nod", 0.03, 0.07)),
    "ahead": (("motion_yaw", 0.06, 0.03),),
}
"""Soft conditions of each rule: a value, where it counts nothing, where it counts fully. A value
that has two sides is that of the rule's side."""

_PAIRS: tuple[str | tuple[str, str], ...] = (
    "touch", "raised", "shy", "stooped", ("bow_down", "bow_sunk"), ("body_turned", "head_turned"),
    "crossed", "akimbo", "chest", "palms")
"""Rules of two sides, or two rules, of which the better one counts; of the last four the worse."""

_WORSE = 6
_PLACES = tuple((rule, side) for rule, side in (
    *((rule, "left") if isinstance(rule, str) else (rule[0], "") for rule in _PAIRS),
    *((rule, "right") if isinstance(rule, str) else (rule[1], "") for rule in _PAIRS),
    *((rule, side) for side in ("left", "right")
      for rule in ("wave", "drawn", "arm", "flap", "rise", "curl")),
    ("point", "left"), ("point", "right"),
    *((rule, "") for rule in ("met", "near", "shrug", "nods", "shakes", "ahead"))))
_HAND_RULES = slice(2 * len(_PAIRS), 2 * len(_PAIRS) + 12)
_POINTS = slice(_HAND_RULES.stop, _HAND_RULES.stop + 2)


def _conditions() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return each condition's row of values, where it is none, its slope; where rules begin."""
    found = [[(_ROWS.get(f"{value}_{side}", _ROWS.get(value)), none, 1.0 / (full - none))
              for value, none, full in _RULES[rule]] for rule, side in _PLACES]
    rows, nones, slopes = zip(*(condition for rule in found for condition in rule), strict=True)
    starts = np.cumsum([0, *map(len, found[:-1])])
    return np.array(rows, np.int64), np.array(nones)[:, None], np.array(slopes)[:, None], starts


_CONDITIONS = _conditions()


def swinging(now: np.ndarray, face: np.ndarray) -> np.ndarray:
    """Return what may swing (swings, ...), nan where it cannot be part of a gesture.

    Args:
        now: (measures, ...) of one step, or of several.
        face: (...) mean of the measure "face" before each.
    """
    made = now.take(_SWING_ROWS, axis=0)
    up, forward = now[_UPS], now[_FORWARDS]
    # What is unknown compares as false, and is left out too.
    low = up > -0.9
    counts = np.concatenate([
        up > -0.45, low & (forward > 0.2), low, low, low,
        (np.minimum(up[:1], up[1:]) > -1.0) & (np.maximum(up[:1], up[1:]) < 0.4)])
    np.copyto(made[:len(counts)], np.nan, where=~counts)
    # Of somebody whose face is found at times, only those times count.
    drawn = ~(now[M["face"]] > 0.9) & (face > 0.02)
    if some(drawn):
        made[_HEADS, drawn] = np.nan
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
    held = _holds(values)
    pairs = len(_PAIRS)
    one, other = held[:pairs], held[pairs:2 * pairs]
    touch, raised, shy, stooped, bow, turned = np.maximum(one[:_WORSE], other[:_WORSE])
    crossed, akimbo, chest, palms = np.minimum(one[_WORSE:], other[_WORSE:])
    met, near, shrug, nods, shakes, ahead = held[_POINTS.stop:]
    made = np.empty((len(GESTURES), state.mean.shape[-1]))
    # Hands to and fro.
    clap = made[G["clap"]] = swings[S["clap"]] * chest * met
    hands = swings.take(_HANDS, axis=0) * held[_HAND_RULES] * (1.0 - clap)
    wave, drawn, arm, *bent = np.maximum(hands[:6], hands[6:])
    # A hand that is raised and put right goes to and fro twice, too.
    drawn = np.maximum(drawn, np.maximum(3.0 * arm - 2.0, 0.0))
    wave *= 1.0 - drawn
    no_wave = 1.0 - wave
    beckon = np.maximum(drawn, np.maximum.reduce(bent) * no_wave)
    made[G["wave"]], made[G["come_here"]] = wave, beckon
    # Held arms and hands.
    first, second = held[_POINTS] * (0.9 + 0.4 * _known(values[_POINTING]))
    point = np.maximum(first, second) - 0.8 * np.minimum(first, second)
    no_beckon = 1.0 - beckon
    made[G["point"]] = point = np.minimum(np.maximum(point, 0.0), 1.0) * no_wave * no_beckon
    beside = np.maximum(shy, stooped) * no_beckon
    made[G["hands_raised"]] = np.maximum(raised * (1.0 - point), beside) * no_wave
    made[G["hand_on_face"]] = touch * (1.0 - stooped) * no_wave
    made[G["arms_crossed"]], made[G["hands_on_hips"]] = crossed, akimbo
    # Trunk and shoulders. Depth alone is no witness: with the arms it draws the trunk to and fro.
    made[G["bow"]], made[G["turn_away"]] = bow, turned
    made[G["lean_in"]] = near * (1.0 - bow)
    lifted = (values[_ROWS["dropped"]] + 0.015 * palms - 0.05) * (1.0 / (0.08 - 0.05))
    made[G["shrug"]] = np.minimum(np.fmax(lifted, 0.0), 1.0) * shrug
    # The head, while the rest is calm.
    nod = swings[S["nod"]]
    once = _nodded_once(state)
    if once is not None:
        nod = np.maximum(nod, once * (ahead * (state.mean[M["face"]] > 0.8)))
    made[G["nod"]], made[G["shake"]] = nod * nods, swings[S["shake"]] * shakes
    return made


def _holds(values: np.ndarray) -> np.ndarray:
    """Return how far rules hold (rules, P), 0..1, in the order of ``_PLACES``; 0 if unknown."""
    rows, nones, slopes, starts = _CONDITIONS
    held = values.take(rows, axis=0)
    held -= nones
    held *= slopes
    np.fmax(held, 0.0, out=held)
    np.minimum(held, 1.0, out=held)
    products: np.ndarray = np.multiply.reduceat(held, starts, axis=0)
    return products


(_UPS, _OUTS, _FORWARDS, _ELBOWS_UP, _REACHES, _AT_FACE, _THIGHS, _HAND_OUT, _BENT_UP, _INWARDS,
 _BUSY, _POINTING, _CLEAR, _APART, _LIFTED, _OVER_EARS) = (
    slice(_ROWS[f"{name}_left"], _ROWS[f"{name}_left"] + 2) for name in (
        "wrist_up", "wrist_out", "wrist_forward", "elbow_up", "reach", "at_face", "thigh",
        "hand_out", "bent_up", "elbow_beyond", "busy", "pointing", "clear", "apart", "lifted",
        "over_ears"))


def _values(state: Moment, spans: np.ndarray) -> np.ndarray:
    """Return all values that conditions are on, in the rows of ``_ROWS``."""
    mean, row = state.mean, _ROWS
    values = np.empty((_COUNT, mean.shape[-1]))
    values[:len(M)], values[_MOTIONS] = mean, state.motion
    values[_USUALS], values[_SPANS] = state.usual, spans
    one, other = values.take(_ONE, axis=0), values.take(_OTHER, axis=0)
    np.abs(one[-2:], out=one[-2:])
    np.abs(other[-2:], out=other[-2:])
    other *= _SHARE
    np.subtract(one, other, out=values[_DIFFERENT])
    values[row["aside_left"]:row["aside_left"] + 2] = np.hypot(
        np.maximum(mean[_OUTS] - 0.35, 0.0), np.maximum(mean[_FORWARDS], 0.0))
    # A hand held out low towards the camera is offered, unless its index finger points.
    values[row["aimed_left"]:row["aimed_left"] + 2] = (
        mean[_UPS] + np.maximum(mean[_OUTS] - 0.4, 0.0) + 0.8 * _known(mean[_POINTING] - 0.2))
    # An upright forearm brings the hand beside the head, one that leans inwards to the face.
    inwards = np.maximum(0.07 - values[_INWARDS], 0.0)
    np.add(values[_AT_FACE], inwards, out=values[_CLEAR])
    np.add(values[_HAND_OUT], inwards, out=values[_APART])
    ups = mean[_UPS]
    np.subtract(ups, mean[M["head_up"]], out=values[_OVER_EARS])
    values[_LIFTED] = _lifted(ups, mean)
    # An arm that is stretched above the shoulder rises as much as it goes aside.
    wave, lift = (spans.take(_HANDS_OF[name], axis=0) for name in ("wave", "lift"))
    values[row["sideways_left"]:row["sideways_left"] + 2] = (
        wave - 0.7 * lift + 0.8 * np.fmax(mean[_UPS] - 0.3, 0.0))
    # The other hand's motion beyond half of this one's: arms that swing in turn beckon nobody.
    hands = values[_BUSY]
    values[row["other_left"]:row["other_left"] + 2] = _known(hands[::-1] - 0.5 * hands, -1.0)
    values[row["uneven"]] = np.abs(np.subtract(*mean[_UPS]))
    values[row["abs_yaw"]] = np.abs(mean[M["yaw"]])
    # Hands that clap meet: so far is the nearer of the last two turning points.
    clap = S["clap"]
    values[row["nearest"]] = np.fmin(state.last[clap], state.top[clap] * state.way[clap])
    gap = values[row["free"]] = _known(mean[M["gap"]], 9.0)
    # A hand that hangs takes no part, however near.
    values[row["gap_or_far"]] = gap + 3.0 * np.fmax(-0.7 - np.minimum(*ups), 0.0)
    both = np.minimum(*wave) > 0.25
    if some(both):
        # Two hands that wave together may come near each other: upright forearms, slower than a
        # clap.
        turned, before = state.turns[:2, clap]
        both &= (np.minimum(*values[_BENT_UP]) > 0.33) & (np.minimum(*ups) > -0.15)
        both &= (before - turned > 0.3) | (turned > _SLOWEST[clap])
        values[row["free"], both] = 9.0
    lean, fallen = values[row["lean_off"]], values[row["fallen"]]
    down = values[row["down"]] = _known(values[row["down"]])
    crouched = values[row["hips_down"]] = np.fmax(values[row["hips_down"]], 0.0)
    # Knees bend where people crouch, jump or lunge, not where they bow; depth must tell it, as
    # it does where the trunk's lean is known.
    apart = values[row["thighs_apart"]]
    np.fmax(np.abs(apart, out=apart), 0.0, out=apart)
    thigh = np.abs(0.5 * np.add(*mean[_THIGHS]) - _CROUCHED)
    values[row["thighs_off"]] = np.where(np.isnan(thigh + lean), 9.0, thigh)
    near = (np.abs(values[row["scale_off"]]) - 0.08) * (1.0 / (0.04 - 0.08))
    sunk = values[row["sunk"]] = (fallen - crouched) * np.minimum(np.maximum(near, 0.0), 1.0)
    forwards = values[row["forwards"]] = np.fmax(lean, 2.0 * sunk)
    values[row["abs_down"]] = np.abs(down)
    values[row["bowed"]] = forwards + 0.5 * np.minimum(np.maximum(down, 0.0), 0.6)
    # The head comes nearer, and depth draws the trunk forward: little of both tells it.
    values[row["leant"]] = values[row["nearer"]] + 0.12 * np.minimum(_known(lean, 0.1), 0.2)
    values[row["highest"]] = np.maximum(*_known(mean[_UPS], -1.0))
    values[row["busiest"]] = np.maximum(*values[_BUSY])
    nod, shake = spans[_HEADS]
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
    turns, spans = state.turns, state.spans
    both = np.empty((2, *turns.shape))  # lengths, and pauses before
    both[0], both[1] = spans, turns
    both[1, 1:] -= turns[:-1]
    pauses = both[1]
    regular = (pauses < _SLOWEST) & (spans > 0.0)
    regular[1:] &= pauses[1:] > _QUICKEST
    # What goes to and fro does so evenly.
    before, after = both[:, :-1], both[:, 1:]
    lengths, times = np.minimum(before, after) > _EVEN * np.maximum(before, after)
    lengths[1:] &= times[1:]
    regular[1:] &= lengths
    counted = np.logical_and.accumulate(regular, axis=0)
    number = np.add.reduce(counted, axis=0)
    span = np.add.reduce(spans * counted, axis=0) / np.maximum(number, 1)
    many, few = _far(span, _LEAST)
    thrice = np.minimum(np.maximum((number - 2.0) * (1.0 / 1.5), 0.0), 1.0)
    return np.maximum(thrice * many, 0.67 * (number >= 2) * few), span


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
    first = np.minimum(_far(span, _LEAST[1, _BEGUN]), 0.9)
    first *= (span > 0.0) & (turns[0] < _SLOWEST[_BEGUN]) & (turns[1] < _LATELY)
    first *= np.concatenate([stays] * 5 + [stays.min(axis=0, keepdims=True)])
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


def _far(spans: np.ndarray, least: np.ndarray) -> np.ndarray:
    """Return whether swings are as long as they must be at least, 0..1."""
    return np.minimum(np.maximum(spans / (0.3 * least) - 0.85 / 0.3, 0.0), 1.0)


def _above(values: np.ndarray, none: float, full: float) -> np.ndarray:
    return np.minimum(np.maximum((values - none) * (1.0 / (full - none)), 0.0), 1.0)


def _known(values: np.ndarray, otherwise: float = 0.0) -> np.ndarray:
    return np.where(np.isnan(values), otherwise, values)
