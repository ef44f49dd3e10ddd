"""Faces by the names of their blendshapes."""

import numpy as np

from kinesics_core.skeletons import BLENDSHAPE_INDEX


def weights(**given):
    """Weights by name; a name without its side means both."""
    out = np.zeros(52, np.float32)
    for name, value in given.items():
        for full in (name, f"{name}Left", f"{name}Right"):
            if full in BLENDSHAPE_INDEX:
                out[BLENDSHAPE_INDEX[full]] = value
    return out
