"""A random sample of adults from MakeHuman's shape space, calibrated by known statistics.

Stature is drawn from the distribution of adults of both sexes and each body's ``height`` solved for
it; the other phenotypes and a set of body measures (limb lengths, girths, head, hands, feet) vary
about their means. Sources of the numbers: NCD-RisC, "A century of trends in adult human height",
eLife 2016 (means of high-income countries, rounded); segment lengths vary at given stature by
about 3 percent, as in the ANSUR surveys.
"""

from __future__ import annotations

import numpy as np

from kinesics_core.open_body.source import Source

_STATURE = {"male": (1.76, 0.068), "female": (1.63, 0.064)}
"""Mean and standard deviation, metres."""

_MEASURES = {
    "measure-upperarm-length-incr": 0.15, "measure-lowerarm-length-incr": 0.15,
    "upperlegs-height-incr": 0.15, "lowerlegs-height-incr": 0.15,
    "measure-napetowaist-dist-incr": 0.15, "measure-neck-height-incr": 0.25,
    "measure-shoulder-dist-incr": 0.4, "torso-vshape-incr": 0.3,
    "torso-scale-depth-incr": 0.4, "measure-waist-circ-incr": 0.4,
    "hip-scale-horiz-incr": 0.25, "buttocks-volume-incr": 0.4, "measure-thigh-circ-incr": 0.4,
    "head-scale-vert-incr": 0.2, "head-scale-horiz-incr": 0.2, "head-scale-depth-incr": 0.2,
    "{side}-hand-scale-incr": 0.15, "{side}-foot-scale-incr": 0.15,
}
"""Local target -> standard deviation, of its full range; both sides alike."""

_YOUNG, _OLD = (2 / 3, 25.0), (1.0, 90.0)
"""MakeHuman's age parameter and the years it stands for."""


def sample(source: Source, gender: str, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw adults of 18 to 75 years.

    Args:
        source: MakeHuman's data.
        gender: "female", "male", or "neutral" for half of each.
        count: How many.
        seed: The same seed gives the same bodies.

    Returns:
        Vertices (count,V,3) and bone heads (count,B,3), m.
    """
    random = np.random.default_rng(seed)
    if gender == "neutral":
        female = np.arange(count) % 2 == 1
    else:
        female = np.full(count, gender == "female")
    blur = np.abs(random.normal(0, 0.08, count))
    years = random.uniform(18, 75, count)
    races = random.dirichlet((1.0, 1.0, 1.0), count)

    def spread(mean: float, sd: float) -> np.ndarray:
        return np.clip(random.normal(mean, sd, count), 0.02, 0.98)

    phenotypes = {
        "gender": np.where(female, 1 - blur, blur),
        "age": _YOUNG[0] + (years - _YOUNG[1]) / (_OLD[1] - _YOUNG[1]) * (_OLD[0] - _YOUNG[0]),
        "muscle": spread(0.42, 0.20), "weight": spread(0.70, 0.24),
        "proportions": spread(0.55, 0.20), "cupsize": spread(0.50, 0.18),
        "firmness": spread(0.50, 0.18),
        "african": races[:, 0], "asian": races[:, 1], "caucasian": races[:, 2],
    }
    changes: dict[str, np.ndarray] = {}
    for name, sd in _MEASURES.items():
        value = np.clip(random.normal(0, sd, count), -0.9, 0.9)
        changes |= {name.format(side=side): value for side in ("l", "r")}
    normal = random.normal(0, 1, count).clip(-2.7, 2.7)
    mean, deviation = (
        np.where(female, of_women, of_men)
        for of_women, of_men in zip(_STATURE["female"], _STATURE["male"], strict=True))
    return _of_stature(source, phenotypes, changes, mean + deviation * normal)


def _of_stature(source: Source, phenotypes: dict[str, np.ndarray], changes: dict[str, np.ndarray],
                wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the bodies whose ``height`` gives them the wanted stature (N,), m.

    Everything is linear in ``height`` between 0 and 1, and extrapolates.
    """
    low, high = (
        source.bodies(phenotypes | {"height": np.full(len(wanted), value)}, changes)
        for value in (0.0, 1.0)
    )
    heights = [np.ptp(vertices[..., 1], axis=1) for vertices, _ in (low, high)]
    part = ((wanted - heights[0]) / (heights[1] - heights[0]))[:, None, None]
    return low[0] + part * (high[0] - low[0]), low[1] + part * (high[1] - low[1])
