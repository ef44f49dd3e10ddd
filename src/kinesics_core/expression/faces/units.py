"""Action units to blendshapes: the table of ``affect.facs``, and the units that it leaves out.

``affect.facs`` is one shape (or pair) per unit, to read and to show. A face that is shown also
uses units that no single shape is, and shapes that no emotion's unit is; how each is composed of
ARKit's shapes follows the FACS manual's description of the unit (Ekman & Friesen 1978) and Apple's
description of the shape. AU17's upper lip is the row "AU17 upper" of py-feat's table.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping

import numpy as np

from kinesics_core.affect.facs import AU_BLENDSHAPES
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.faces.manifold import SHAPES, nearest_face
from kinesics_core.skeletons import BLENDSHAPE_INDEX

COMPOSED: dict[str, dict[str, float]] = {
    "AU13": {"mouthSmile": 0.5, "mouthDimple": 0.7, "cheekSquint": 0.2},
    "AU17U": {"mouthShrugUpper": 1.0},
    "AU23": {"mouthPress": 0.6, "mouthRollUpper": 0.35, "mouthRollLower": 0.35},
    "AU25": {"mouthUpperUp": 0.3, "mouthLowerDown": 0.5},
    "AU27": {"jawOpen": 1.0, "mouthStretch": 0.1},
    "AU28": {"mouthRollUpper": 1.0, "mouthRollLower": 1.0},
    "AU32": {"mouthRollLower": 1.0},
    "AU43": {"eyeBlink": 1.0},
    "AU46": {"eyeBlink": 1.0},
    "AU61": {"eyeLookOutLeft": 1.0, "eyeLookInRight": 1.0},
    "AU62": {"eyeLookInLeft": 1.0, "eyeLookOutRight": 1.0},
    "AU63": {"eyeLookUp": 1.0},
    "AU64": {"eyeLookDown": 1.0},
    "AD19": {"tongueOut": 1.0, "jawOpen": 0.3},
    "AD29": {"jawForward": 1.0},
    "AD30L": {"jawLeft": 1.0},
    "AD30R": {"jawRight": 1.0},
    "AD38": {"noseSneer": 0.35},
}
"""Unit -> shape, without its side if it has one -> weight. AU17U is AU17's upper lip; the jaw's
AD30 carries its side in the name; AD38 dilates the nostrils, for which ARKit has no shape."""

_SIDED = re.compile(r"^(?:(?P<before>[LR])_?)?(?P<unit>A[UD]\d+[ULR]?)$", re.IGNORECASE)
_SIDES = {"L": ("Left",), "R": ("Right",), None: ("Left", "Right")}

UNITS = tuple(sorted({*AU_BLENDSHAPES, *COMPOSED}, key=lambda unit: (unit[:2] != "AU", int(
    re.sub(r"\D", "", unit)), unit)))
"""Names of the units that can be shown."""


def _shapes_of(unit: str) -> dict[str, float]:
    """Return shape without its side -> weight."""
    if unit in COMPOSED:
        return COMPOSED[unit]
    return {re.sub("(Left|Right)$", "", name): 1.0 for name in AU_BLENDSHAPES[unit]}


def unit_weights(units: Mapping[str, float]) -> np.ndarray:
    """Return the weights (52,) float64 of action units, before any rule of a possible face.

    Where two units use one shape, the stronger counts.

    Args:
        units: Unit, one of ``UNITS``, on one side of the person's face with ``L_`` or ``R_``
            before it -> intensity, 0..1. A central shape is shown either way.

    Raises:
        KinesicsError: A unit is unknown, or an intensity no number in 0..1.
    """
    face = np.zeros(SHAPES)
    for name, intensity in units.items():
        match = _SIDED.match(name.strip())
        unit = match["unit"].upper() if match else ""
        if unit not in UNITS:
            raise KinesicsError(_unknown(name))
        if not (math.isfinite(intensity) and 0.0 <= intensity <= 1.0):
            raise KinesicsError(
                f"Got intensity {intensity:g} for {name}; give a number from 0 (none) to 1 (full)."
            )
        before = match["before"].upper() if match and match["before"] else None
        for shape, weight in _shapes_of(unit).items():
            places = [shape] if shape in BLENDSHAPE_INDEX else [
                shape + side for side in _SIDES[before]]
            for place in places:
                at = BLENDSHAPE_INDEX[place]
                face[at] = max(face[at], weight * intensity)
    return face


def face_of_units(units: Mapping[str, float]) -> np.ndarray:
    """Return the possible face (52,) float32 nearest to action units (see ``unit_weights``)."""
    return nearest_face(unit_weights(units))


def parse_units(text: str) -> dict[str, float]:
    """Return units and intensities of a text such as ``AU12=.8,R_AU14=.5``.

    A unit without a number is shown in full.

    Raises:
        KinesicsError: The text names no unit, or not in this form.
    """
    units: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = part.partition("=")
        try:
            units[name.strip()] = float(value) if value.strip() else 1.0
        except ValueError:
            raise KinesicsError(
                f"Got {part!r}; give units as NAME=INTENSITY, such as AU12=.8,R_AU14=.5."
            ) from None
    if not units:
        raise KinesicsError("Got no action unit; give at least one, such as AU12=.8,R_AU14=.5.")
    return units


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name.upper().lstrip("LR_"), UNITS, 1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return (
        f"Got action unit {name!r}; give one of {', '.join(UNITS)}, with L_ or R_ before it for"
        f" one side.{hint}"
    )
