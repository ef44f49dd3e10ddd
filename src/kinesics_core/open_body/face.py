"""Face: the jaw's weights, and a basis of expressions over the 52 targets.

The targets themselves are MakeHuman's face units, unchanged.
"""

from __future__ import annotations

import numpy as np

from kinesics_core.affect.facs import AU_BLENDSHAPES, au_to_blendshapes
from kinesics_core.open_body.rig import JOINT
from kinesics_core.rotations import about_axis
from kinesics_core.skeletons import ARKIT_BLENDSHAPES, BLENDSHAPE_INDEX

JAW_OPEN = 0.38
"""Rotation of the jaw joint about x, radians, that moves the chin as far as jawOpen = 1 does."""

_EXPRESSIONS = 3000
# Action units and strengths of the seven emotions that the basis is drawn from, in the order of
# ``affect.emotions.EMOTIONS``, contempt on the right. The shipped body's basis was made from these
# numbers, so they stay as they are, whatever ``expression.faces`` shows.
_DRAWN: tuple[tuple[dict[str, float], str | None], ...] = (
    ({"AU6": 0.8, "AU12": 0.9, "AU7": 0.15, "AU26": 0.08}, None),
    ({"AU4": 1.0, "AU5": 0.5, "AU7": 0.6, "AU24": 0.7}, None),
    ({"AU1": 0.9, "AU2": 0.9, "AU5": 0.7, "AU26": 0.6}, None),
    ({"AU1": 0.9, "AU4": 0.45, "AU15": 0.85, "AU17": 0.25}, None),
    ({"AU9": 0.9, "AU10": 0.55, "AU4": 0.4, "AU15": 0.5, "AU16": 0.35, "AU17": 0.45}, None),
    ({"AU12": 0.35, "AU14": 0.75}, "Right"),
    ({"AU1": 0.9, "AU2": 0.65, "AU4": 0.5, "AU5": 0.9, "AU7": 0.35, "AU20": 0.8, "AU26": 0.4},
     None),
)
_UNITS = tuple(unit for unit in AU_BLENDSHAPES if unit != "AU45")  # blinks come apart


def with_jaw(weights: np.ndarray, vertices: np.ndarray, joints: np.ndarray, jaw_open: np.ndarray
             ) -> np.ndarray:
    """Return skinning weights with which a turn of the jaw opens the mouth as a face target does.

    Each vertex of the head gets the part of the jaw's motion that the target gives it.

    Args:
        weights: (V,55) of skinning.
        vertices: (V,3) metres.
        joints: (55,3) metres.
        jaw_open: (V,3) metres, the target jawOpen.
    """
    turn = about_axis(0, np.array(JAW_OPEN))
    arm = vertices - joints[JOINT["jaw"]]
    motion = arm @ turn.T - arm
    part = np.einsum("vi,vi->v", jaw_open, motion) / np.einsum("vi,vi->v", motion, motion)
    out = weights.copy()
    skull, jaw = JOINT["head"], JOINT["jaw"]
    both = weights[:, skull] + weights[:, jaw]
    out[:, jaw] = both * np.clip(part, 0.0, 1.0)
    out[:, skull] = both - out[:, jaw]
    return out


def expression_basis(face: np.ndarray, areas: np.ndarray, count: int = 10, seed: int = 7
                     ) -> tuple[np.ndarray, np.ndarray]:
    """Compute mean and components of expressions, in coefficients of the face targets.

    ``mean + weights @ basis`` are coefficients; one unit of a weight is one standard deviation
    of a sample of faces: emotions of any strength (``_DRAWN``) and single action units on top of
    each other, blinks, gaze and a moving jaw. The components are those of what is seen, the
    displacement of the skin, not of the coefficients.

    Args:
        face: (52,V,3) metres, the targets.
        areas: (V,), share of the skin of each vertex.
        count: Number of components.
        seed: Of the sample.

    Returns:
        Mean (52,) and basis (count,52).
    """
    samples = _faces(np.random.default_rng(seed))
    mean = samples.mean(0)
    moved = (face * np.sqrt(areas)[:, None]).reshape(len(face), -1)
    metric = moved @ moved.T  # of coefficients, by what they do to the skin
    values, vectors = np.linalg.eigh(metric)
    root = vectors * np.sqrt(np.maximum(values, 1e-12))
    seen = (samples - mean) @ root
    variances, modes = np.linalg.eigh(seen.T @ seen / len(seen))
    order = np.argsort(variances)[::-1][:count]
    modes = modes[:, order]
    scores = seen @ modes / np.sqrt(variances[order])
    basis = scores.T @ (samples - mean) / len(samples)
    return mean, basis * np.sign(basis.sum(1, keepdims=True))


def _faces(random: np.random.Generator) -> np.ndarray:
    """Draw coefficients (N,52), 0..1."""
    emotions = [au_to_blendshapes(units, side) for units, side in _DRAWN]
    faces = np.zeros((_EXPRESSIONS, len(ARKIT_BLENDSHAPES)))
    at = BLENDSHAPE_INDEX
    for face in faces:
        for _ in range(random.integers(0, 3)):
            emotion = emotions[int(random.integers(len(emotions)))]
            face += emotion * np.float32(random.uniform(0.1, 1.0))
        for unit in random.choice(_UNITS, random.integers(0, 4), replace=False):
            face += au_to_blendshapes({str(unit): random.uniform(0, 1)})
        for side in ("Left", "Right"):
            face[[i for name, i in at.items() if name.endswith(side)]] *= random.uniform(0.85, 1.15)
        face[at["jawOpen"]] += 0.3 * random.beta(1, 3)
        lids = random.uniform(0, 1) if random.uniform() < 0.2 else 0.0
        face[[at["eyeBlinkLeft"], at["eyeBlinkRight"]]] += lids
        sideways, up = random.normal(0, 0.25, 2)
        inner, outer = ("Left", "Right") if sideways < 0 else ("Right", "Left")
        face[[at[f"eyeLookOut{outer}"], at[f"eyeLookIn{inner}"]]] += abs(sideways)
        face[[at[f"eyeLook{'Up' if up > 0 else 'Down'}{eye}"] for eye in ("Left", "Right")]] \
            += abs(up)
    return np.clip(faces, 0.0, 1.0)
