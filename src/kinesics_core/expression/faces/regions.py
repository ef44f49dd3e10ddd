"""The regions of a face, and which of the 52 shapes lie in each.

Upper and lower face are FACS's own halves (Ekman & Friesen 1978): brows, lids and the orbit of
the eye (AU1-7, 41-46) above; nose, cheeks, lips and jaw below.
"""

from __future__ import annotations

import numpy as np

from kinesics_core.skeletons import ARKIT_BLENDSHAPES


def _mask(*beginnings: str) -> np.ndarray:
    return np.array([name.startswith(beginnings) for name in ARKIT_BLENDSHAPES])


REGIONS: dict[str, np.ndarray] = {
    "brows": _mask("brow"),
    "eyes": _mask("eye", "cheekSquint"),
    "nose": _mask("nose"),
    "mouth": _mask("mouth", "jaw", "cheekPuff", "tongue"),
}
"""Region -> (52,) bool; every shape lies in exactly one."""

UPPER = REGIONS["brows"] | REGIONS["eyes"]
"""Shapes of the upper face, (52,) bool."""

LOWER = ~UPPER
"""Shapes of the lower face, (52,) bool."""
