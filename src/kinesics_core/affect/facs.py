"""Facial Action Coding System: ARKit blendshapes as action units, and EMFACS prototypes of them.

Sources. Blendshape -> action unit (AU): the table of py-feat 2.1.5 (MIT, ``feat/utils/
region_maps.py``), which follows FACS and Melinda Ozel's ARKit-to-FACS cheat sheet. The eye look,
jaw side, mouth roll and tongue shapes have no AU of an emotion there, and no shape is AU23 (lip
tightener), which AU24 (lip pressor) stands for, as in FACS's own anger variant. Emotion ->
AUs: EMFACS, and Table 11-1 of Ekman & Friesen's FACS manual (1978) for the variants.
"""

from __future__ import annotations

import numpy as np

from kinesics_core.affect.emotions import (
    ANGER,
    CONTEMPT,
    DISGUST,
    FEAR,
    HAPPINESS,
    SADNESS,
    SURPRISE,
)
from kinesics_core.skeletons import ARKIT_BLENDSHAPES, BLENDSHAPE_INDEX

AU_BLENDSHAPES: dict[str, tuple[str, ...]] = {
    "AU1": ("browInnerUp",),
    "AU2": ("browOuterUpLeft", "browOuterUpRight"),
    "AU4": ("browDownLeft", "browDownRight"),
    "AU5": ("eyeWideLeft", "eyeWideRight"),
    "AU6": ("cheekSquintLeft", "cheekSquintRight"),
    "AU7": ("eyeSquintLeft", "eyeSquintRight"),
    "AU9": ("noseSneerLeft", "noseSneerRight"),
    "AU10": ("mouthUpperUpLeft", "mouthUpperUpRight"),
    "AU12": ("mouthSmileLeft", "mouthSmileRight"),
    "AU14": ("mouthDimpleLeft", "mouthDimpleRight"),
    "AU15": ("mouthFrownLeft", "mouthFrownRight"),
    "AU16": ("mouthLowerDownLeft", "mouthLowerDownRight"),
    "AU17": ("mouthShrugLower",),
    "AU18": ("mouthPucker",),
    "AU20": ("mouthStretchLeft", "mouthStretchRight"),
    "AU22": ("mouthFunnel",),
    "AU24": ("mouthPressLeft", "mouthPressRight"),
    "AU26": ("jawOpen",),
    "AD34": ("cheekPuff",),
    "AU45": ("eyeBlinkLeft", "eyeBlinkRight"),
}
"""Blendshapes of each action unit: one central shape, or left and right of the person."""

# EMFACS's letters of intensity: A trace, B slight, C marked, D severe, E maximum.
_A, _B, _E = 0.2, 0.4, 1.0

EMFACS: tuple[tuple[int, dict[str, float]], ...] = (
    (HAPPINESS, {"AU6": _E, "AU12": _E}),
    (SADNESS, {"AU1": _E, "AU4": _E, "AU15": _E}),
    (SURPRISE, {"AU1": _E, "AU2": _E, "AU5": _B, "AU26": _E}),
    (FEAR, {"AU1": _E, "AU2": _E, "AU4": _E, "AU5": _E, "AU7": _E, "AU20": _E, "AU26": _E}),
    (ANGER, {"AU4": _E, "AU5": _E, "AU7": _E, "AU24": _E}),
    (DISGUST, {"AU9": _E, "AU15": _E, "AU16": _E}),
    (DISGUST, {"AU4": _E, "AU10": _E, "AU17": _E}),
    (CONTEMPT, {"AU12": _A, "AU14": _A}),
)
"""(emotion, intensity of each AU). Contempt is shown on one side of the face only."""


def au_to_blendshapes(
    units: dict[str, float], side: str | None = None
) -> np.ndarray:
    """Return the blendshapes (52,) float32 that show action units.

    Args:
        units: Action unit, a key of ``AU_BLENDSHAPES`` -> intensity, 0..1.
        side: None for both sides of the face, "Left" or "Right" (the person's) for one; a central
            shape is shown either way.
    """
    shapes = np.zeros(len(ARKIT_BLENDSHAPES), dtype=np.float32)
    for unit, intensity in units.items():
        for name in AU_BLENDSHAPES[unit]:
            if side is None or len(AU_BLENDSHAPES[unit]) == 1 or name.endswith(side):
                shapes[BLENDSHAPE_INDEX[name]] = intensity
    return shapes
