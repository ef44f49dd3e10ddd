"""Rules of gestures: soft conditions on values of a person's state, as a table.

A condition is 0 below a range, 1 above it and linear between; a rule is the product of its own.
The ranges were set on some sources and judged on others; docs/reading_people.md has the table.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from kinesics_core.affect.signals.filters import S
from kinesics_core.affect.signals.means import U
from kinesics_core.affect.signals.measures import HAND, M

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
    "closer": ("close", "usual_close", 1.0),
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
    "shown_left", "shown_right", "uneven", "abs_yaw", "nearest", "gap_or_far", "forwards", "bowed",
    "sunk", "lean_or_some", "leant", "abs_down", "highest", "busiest", "nod_over_shake",
    "thighs_off",
)
ROWS = {name: row for row, name in enumerate((
    *M, *(f"motion_{name}" for name in M), *(f"usual_{name}" for name in U),
    *(f"span_{name}" for name in S), *_DIFFERENCES, *_DERIVED))}
"""Row of each value that conditions are on."""

COUNT = len(ROWS)
"""Number of values."""

MOTION_ROWS, USUAL_ROWS, SPAN_ROWS, DIFFERENCE_ROWS = (
    slice(first, last) for first, last in pairwise((
        len(M), 2 * len(M), 2 * len(M) + len(U), 2 * len(M) + len(U) + len(S),
        COUNT - len(_DERIVED))))
MINUENDS = np.array([ROWS[one] for one, _, _ in _DIFFERENCES.values()])
SUBTRAHENDS = np.array([ROWS[other] for _, other, _ in _DIFFERENCES.values()])
SHARES = np.array([share for *_, share in _DIFFERENCES.values()])[:, None]
"""Shares of the subtrahends, (n, 1)."""

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
    # Where depth puts a hand before the face too far forward, its fingertips lie on it.
    "cover": (("covering", 0.32, 0.26), ("hand_motion", 0.12, 0.06), ("wrist_out", 0.43, 0.31),
              ("wrist_forward", 0.95, 0.8), ("elbow_up", -0.13, -0.28),
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
    # Hands that clap meet sideways; those of who walks swing forward and back.
    "chest": (("wrist_up", -1.0, -0.8), ("wrist_up", 0.35, 0.1), ("wrist_forward", 0.2, 0.4),
              ("towards", 0.11, 0.06)),
    "palms": (("wrist_out", 0.55, 0.75), ("wrist_up", -1.0, -0.85)),
    # Who waves shows the palm, or its edge.
    "wave": (("free", 0.85, 1.15), ("wrist_up", -0.5, -0.3), ("sideways", 0.1, 0.2),
             ("shown", -0.4, -0.2)),
    # An arm or a forearm beckons along the line to its shoulder; who waves moves it to the side.
    "drawn": (_ALONE, ("span_beckon", 0.2, 0.27), ("drawn_far", 0.35, 0.45),
              ("towards", 0.0, 0.03), ("motion_reach", 0.045, 0.065), ("wrist_out", 1.2, 1.0),
              ("wrist_out", -0.2, -0.05), ("wrist_up", 0.8, 0.6), ("wrist_up", -0.75, -0.6),
              ("wrist_forward", 0.1, 0.25), ("other", 0.06, 0.02)),
    # The whole arm beckons: its elbow goes up and down as far as its hand; a wave keeps it still.
    "arm": (_ALONE, ("span_beckon", 0.15, 0.2), ("motion_elbow_up", 0.025, 0.04),
            ("folding", -0.03, -0.01), ("motion_reach", 0.03, 0.045), ("wrist_out", 0.9, 0.7),
            ("wrist_up", 0.6, 0.4), ("wrist_up", -0.75, -0.6), ("wrist_forward", 0.4, 0.55),
            ("other", 0.06, 0.02)),
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
             ("wrist_out", 1.2, 1.0), ("wrist_up", 0.6, 0.35), ("wrist_up", -0.75, -0.6),
             ("wrist_forward", 0.25, 0.4), ("other", 0.06, 0.02)),
    # A hand that goes to and fro and shows its back beckons, whichever way it goes.
    "back_aside": (_ALONE, ("palm", -0.2, -0.4), ("wrist_up", 0.6, 0.4), ("wrist_up", -0.6, -0.45),
                   ("wrist_forward", 0.1, 0.25), ("other", 0.06, 0.02)),
    "back_rise": (_ALONE, ("palm", -0.15, -0.35), ("span_flap", 0.33, 0.43),
                  ("motion_reach", 0.02, 0.03), ("wrist_up", 0.6, 0.4), ("wrist_up", -0.65, -0.5),
                  ("wrist_forward", 0.2, 0.35), ("other", 0.06, 0.02)),
    "point": (("reach", 0.86, 0.93), ("aside", 0.6, 0.8), ("aimed", -0.45, -0.3),
              ("wrist_up", -0.75, -0.55), ("wrist_up", 0.9, 0.75), ("elbow_up", 0.6, 0.45), _QUIET,
              ("motion_facing", 0.35, 0.22), ("motion_shoulders_x", 0.12, 0.07),
              ("thighs_apart", 0.6, 0.4), _STILL, ("flapping", 0.03, 0.01)),
    "met": (("gap", 0.8, 0.6), ("nearest", 0.52, 0.38), ("motion_gap", 0.05, 0.1),
            ("uneven", 0.4, 0.25)),
    "near": (("nearer", 0.018, 0.028), ("lean_or_some", 0.03, 0.08), ("leant", 0.036, 0.05),
             ("down", 0.22, 0.12), ("motion_shoulders_x", 0.07, 0.04),
             ("motion_shoulders_y", 0.05, 0.03)),
    # Or the face alone tells it, by its own distance.
    "close": (("closer", 0.028, 0.04), ("nearer", 0.015, 0.025), ("lean_or_some", 0.01, 0.04),
              ("down", 0.22, 0.12), ("motion_shoulders_x", 0.07, 0.04),
              ("motion_shoulders_y", 0.05, 0.03)),
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

PAIRS: tuple[str | tuple[str, str], ...] = (
    "touch", "cover", "raised", "shy", "stooped", ("bow_down", "bow_sunk"),
    ("body_turned", "head_turned"), "crossed", "akimbo", "chest", "palms")
"""Rules of two sides, or two rules, of which the better one counts; of the last four the worse."""

WORSE = 7
"""Pairs from which on the worse rule counts."""

HAND_SWINGS = {"wave": "wave", "drawn": "beckon", "arm": "beckon", "flap": "flap", "rise": "flap",
               "curl": "curl", "back_aside": "wave", "back_rise": "flap"}
"""Rules of a wave and of beckonings -> what swings."""

_PLACES = tuple((rule, side) for rule, side in (
    *((rule, "left") if isinstance(rule, str) else (rule[0], "") for rule in PAIRS),
    *((rule, "right") if isinstance(rule, str) else (rule[1], "") for rule in PAIRS),
    *((rule, side) for side in ("left", "right") for rule in HAND_SWINGS),
    ("point", "left"), ("point", "right"),
    *((rule, "") for rule in ("met", "near", "close", "shrug", "nods", "shakes", "ahead"))))
HAND_RULES = slice(2 * len(PAIRS), 2 * (len(PAIRS) + len(HAND_SWINGS)))
"""Rows of those rules: of the left hand, then of the right one."""

POINTS = slice(HAND_RULES.stop, HAND_RULES.stop + 2)
"""Rows of the rules of pointing; after them come those of the trunk and the head."""


def _conditions() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return each condition's row of values, where it is none, its slope; where rules begin."""
    found = [[(ROWS.get(f"{value}_{side}", ROWS.get(value)), none, 1.0 / (full - none))
              for value, none, full in _RULES[rule]] for rule, side in _PLACES]
    rows, nones, slopes = zip(*(condition for rule in found for condition in rule), strict=True)
    starts = np.cumsum([0, *map(len, found[:-1])])
    return np.array(rows, np.int64), np.array(nones)[:, None], np.array(slopes)[:, None], starts


_CONDITIONS = _conditions()


def holds(values: np.ndarray) -> np.ndarray:
    """Return how far rules hold (rules, P), 0..1, in the order of ``_PLACES``; 0 if unknown."""
    rows, nones, slopes, starts = _CONDITIONS
    held = values.take(rows, axis=0)
    held -= nones
    held *= slopes
    np.fmax(held, 0.0, out=held)
    np.minimum(held, 1.0, out=held)
    products: np.ndarray = np.multiply.reduceat(held, starts, axis=0)
    return products
