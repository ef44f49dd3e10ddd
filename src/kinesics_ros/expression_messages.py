"""Conversion of what topic, service and action of the expression ask for, and of the answer."""

from __future__ import annotations

from typing import Any

import numpy as np

from kinesics.msg import Expression as ExpressionMsg
from kinesics_core.errors import MessageError
from kinesics_core.expression.request import Expression, ExpressionRequest


def request_from_msg(message: Any) -> ExpressionRequest:
    """Return the request of a kinesics/Expression, or of the request or goal ``Express``.

    Raises:
        MessageError: Names and numbers do not fit together. Ranges are left to
            ``expression.request.check``.
    """
    units = _named("units", message.units, "unit_intensities", message.unit_intensities)
    shapes: dict[str, float] | np.ndarray | None = _array(message.blendshapes)
    if message.blendshape_names:
        shapes = _named("blendshape_names", message.blendshape_names,
                        "blendshapes", message.blendshapes)
    return ExpressionRequest(
        emotion=None if message.emotion == ExpressionMsg.UNSET else message.emotion,
        text=message.text,
        distribution=_array(message.distribution),
        vad=_array(message.vad),
        compound=tuple(message.compound) or None,
        units=units,
        blendshapes=shapes,
        intensity=message.intensity,
        duration=message.duration,
        onset=message.onset,
        gesture=message.gesture,
        gesture_side=message.gesture_side,
        gesture_intensity=message.gesture_intensity,
    )


def put_expression(expression: Expression, answer: Any) -> None:
    """Write what is shown into the answer of the service or the result of the action."""
    answer.emotion = expression.emotion
    answer.distribution = np.ascontiguousarray(expression.distribution, np.float32)
    answer.vad = np.ascontiguousarray(expression.vad, np.float32)


def _array(values: Any) -> np.ndarray | None:
    return np.asarray(values, np.float32) if len(values) else None


def _named(names_field: str, names: Any, field: str, values: Any) -> dict[str, float] | None:
    """Return name -> value; None where both are empty.

    Raises:
        MessageError: There are not as many values as names, or a name stands there twice.
    """
    if len(names) != len(values):
        raise MessageError(
            f"Got {len(names)} {names_field} and {len(values)} {field}; give one number for each"
            " name.")
    if len(set(names)) != len(names):
        twice = next(name for name in names if list(names).count(name) > 1)
        raise MessageError(f"Got {twice!r} twice in {names_field}; give each name once.")
    return dict(zip(names, map(float, values), strict=True)) or None
