"""The two sides of a face: mirroring, and the small differences that no living face is without."""

from __future__ import annotations

import numpy as np

from kinesics_core.errors import KinesicsError
from kinesics_core.expression.faces.manifold import nearest_face, require_weights
from kinesics_core.skeletons import ARKIT_BLENDSHAPES, BLENDSHAPE_INDEX

_MIRROR = np.array([
    BLENDSHAPE_INDEX[
        name[:-4] + "Right" if name.endswith("Left")
        else name[:-5] + "Left" if name.endswith("Right") else name
    ]
    for name in ARKIT_BLENDSHAPES
])
_SIGN = np.array([
    0.0 if "Look" in name else 1.0 if name.endswith("Left") else -1.0 if name.endswith("Right")
    else 0.0 for name in ARKIT_BLENDSHAPES
])
_LEFT = np.array([name.replace("Right", "Left") for name in ARKIT_BLENDSHAPES])
_PAIRS = np.unique(_LEFT, return_inverse=True)[1]

AMOUNT = 0.08
"""Standard deviation of the difference between the sides as a share of their weight. Posed smiles
differ by a few per cent, on average the left side moves more (Ekman, Hager & Friesen 1981)."""

_LEFT_STRONGER = 0.02


def mirrored(face: np.ndarray) -> np.ndarray:
    """Return a face (52,) with its sides exchanged."""
    return np.asarray(face)[_MIRROR]


def with_asymmetry(face: np.ndarray, seed: int, amount: float = AMOUNT) -> np.ndarray:
    """Return a possible face (52,) float32 whose sides differ a little, the gaze as it was.

    Args:
        face: (52,) weights.
        seed: Decides which side moves more in each pair of shapes; the same every time.
        amount: Standard deviation of the difference, 0 (none) to .5.

    Raises:
        KinesicsError: The face is not 52 finite numbers, or the amount out of range.
    """
    if not 0.0 <= amount <= 0.5:
        raise KinesicsError(f"Got asymmetry {amount}; give a number from 0 (none) to 0.5.")
    weights = require_weights(face)
    if amount == 0.0:
        return nearest_face(weights)
    drawn = np.random.default_rng(seed).normal(_LEFT_STRONGER, amount, len(ARKIT_BLENDSHAPES))
    return nearest_face(weights * (1.0 + 0.5 * _SIGN * drawn[_PAIRS]))
