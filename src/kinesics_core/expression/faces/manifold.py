"""The set of possible faces among 52 weights, and the nearest possible face to any weights.

A face is possible where every weight lies in 0..1 and no rule below is broken. The rules are
linear, so the set is a convex polytope that contains the neutral face. Three things follow: what
is possible stays so when it is weakened or mixed, each vector of weights has one nearest possible
face, and the way there never lengthens a step, so that what moved smoothly still does.

The rules speak of muscles that pull against each other and of lips that cannot be in two places:
an eye is not wide and shut, a mouth is not pursed and stretched, pressed lips do not part. Their
limits are authored with the shapes' meaning in Apple's ``ARFaceAnchor.BlendShapeLocation``
(mouthClose closes lips over an open jaw, and so never exceeds jawOpen).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.errors import KinesicsError
from kinesics_core.skeletons import ARKIT_BLENDSHAPES, BLENDSHAPE_INDEX

SHAPES = len(ARKIT_BLENDSHAPES)


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit on a weighted sum of shapes: ``sum(weight * shape) <= limit``.

    Attributes:
        about: The reason.
        weights: Shape, without its side if it has one -> its weight in the sum. A rule on shapes
            with sides holds on each side.
        limit: Of the sum.
    """

    about: str
    weights: dict[str, float]
    limit: float


def _against(about: str, one: str, other: str, limit: float = 1.0) -> Rule:
    return Rule(about, {one: 1.0, other: 1.0}, limit)


RULES = (
    Rule("lips close no further than the jaw is open", {"mouthClose": 1, "jawOpen": -1}, 0.0),
    _against("zygomatic and depressor pull one corner up and down", "mouthSmile", "mouthFrown"),
    _against("lids are wide or shut", "eyeWide", "eyeBlink"),
    _against("lids are wide or tight", "eyeWide", "eyeSquint", 1.4),
    _against("an eye looks up or down", "eyeLookUp", "eyeLookDown"),
    _against("an eye looks in or out", "eyeLookIn", "eyeLookOut"),
    _against("the outer brow goes up or down", "browOuterUp", "browDown"),
    _against("the inner brow is lifted against its own lowering", "browInnerUp", "browDown", 1.5),
    _against("lips are pursed or stretched", "mouthPucker", "mouthStretch"),
    _against("lips are pursed or drawn to a smile", "mouthPucker", "mouthSmile"),
    _against("lips are pursed or drawn to dimples", "mouthPucker", "mouthDimple"),
    _against("lips are a funnel or stretched", "mouthFunnel", "mouthStretch"),
    _against("lips are a funnel or drawn to a smile", "mouthFunnel", "mouthSmile"),
    _against("lips are a funnel or pressed", "mouthFunnel", "mouthPress"),
    _against("lips are a funnel or rolled in (lower)", "mouthFunnel", "mouthRollLower"),
    _against("lips are a funnel or rolled in (upper)", "mouthFunnel", "mouthRollUpper"),
    _against("the upper lip is rolled in or raised", "mouthRollUpper", "mouthUpperUp"),
    _against("the lower lip is rolled in or lowered", "mouthRollLower", "mouthLowerDown"),
    _against("the chin lifts the lower lip or it is lowered", "mouthShrugLower", "mouthLowerDown"),
    _against("lips are pressed or the upper one is raised", "mouthPress", "mouthUpperUp"),
    _against("lips are pressed or the lower one is lowered", "mouthPress", "mouthLowerDown"),
    Rule("pressed lips do not part", {"mouthPress": 1, "jawOpen": 1, "mouthClose": -1}, 1.0),
    Rule("a raised chin does not drop", {"mouthShrugLower": 1, "jawOpen": 1, "mouthClose": -1},
         1.0),
    Rule("puffed cheeks need sealed lips", {"cheekPuff": 1, "jawOpen": 1, "mouthClose": -1}, 1.0),
    Rule("the tongue needs an open mouth", {"tongueOut": 1, "jawOpen": -4}, 0.0),
    _against("the mouth goes to one side", "mouthLeft", "mouthRight"),
    _against("the jaw goes to one side", "jawLeft", "jawRight"),
)
"""Every rule of a possible face."""

_SWEEPS = 400
_TOLERANCE = 1e-5


def _half_spaces() -> tuple[np.ndarray, np.ndarray]:
    """Return A (N,52) and b (N,) of A x <= b: the rules on each side, then 0 <= x <= 1."""
    rows, limits = [], []
    for rule in RULES:
        sides = ("",) if all(name in BLENDSHAPE_INDEX for name in rule.weights) else (
            "Left", "Right")
        for side in sides:
            row = np.zeros(SHAPES)
            for name, weight in rule.weights.items():
                row[BLENDSHAPE_INDEX[name if name in BLENDSHAPE_INDEX else name + side]] = weight
            rows.append(row)
            limits.append(rule.limit)
    identity = np.eye(SHAPES)
    matrix = np.concatenate([np.array(rows), identity, -identity])
    return matrix, np.concatenate([limits, np.ones(SHAPES), np.zeros(SHAPES)])


_A, _B = _half_spaces()
_SQUARES = (_A**2).sum(axis=1)


def broken_rules(face: np.ndarray) -> list[str]:
    """Return the reasons why weights (52,) are no possible face, [] if they are one."""
    over = _A[: -2 * SHAPES] @ face - _B[: -2 * SHAPES] > 10 * _TOLERANCE
    reasons = [rule.about for rule in RULES for _ in range(
        1 if all(name in BLENDSHAPE_INDEX for name in rule.weights) else 2)]
    out = [reason for reason, wrong in zip(reasons, over, strict=True) if wrong]
    if np.min(face) < -_TOLERANCE or np.max(face) > 1.0 + _TOLERANCE:
        out.append("a weight lies outside 0..1")
    return list(dict.fromkeys(out))


def require_weights(weights: np.ndarray) -> np.ndarray:
    """Return weights as (52,) float64.

    Raises:
        KinesicsError: They are not 52 finite numbers.
    """
    face = np.asarray(weights, dtype=np.float64)
    if face.shape != (SHAPES,):
        raise KinesicsError(
            f"Got blendshape weights of shape {face.shape}; give ({SHAPES},), one for each of"
            " ARKit's shapes in alphabetical order."
        )
    if not np.isfinite(face).all():
        name = ARKIT_BLENDSHAPES[int(np.argmin(np.isfinite(face)))]
        raise KinesicsError(f"Got {face[BLENDSHAPE_INDEX[name]]} for {name}; give a number 0..1.")
    return face


def nearest_face(weights: np.ndarray) -> np.ndarray:
    """Return the possible face (52,) float32 nearest to weights (Euclidean).

    Hildreth's method on the rules that are broken: each in turn is moved back to its limit, and
    what it moved too far is given back.

    Args:
        weights: (52,), any finite numbers; may lie outside 0..1.

    Raises:
        KinesicsError: They are not 52 finite numbers.
    """
    face = np.clip(require_weights(weights), -4.0, 4.0)
    held: list[int] = []
    push = np.zeros(len(_B))
    for _ in range(_SWEEPS):
        excess = _A @ face - _B
        fresh = [int(row) for row in np.flatnonzero(excess > _TOLERANCE) if row not in held]
        if not fresh and all(
            abs(excess[row]) < _TOLERANCE or (push[row] == 0.0 and excess[row] < 0.0)
            for row in held
        ):
            break
        held += fresh
        for row in held:
            step = max(-push[row], (float(_A[row] @ face) - _B[row]) / _SQUARES[row])
            push[row] += step
            face = face - step * _A[row]
    return np.clip(face, 0.0, 1.0).astype(np.float32)
