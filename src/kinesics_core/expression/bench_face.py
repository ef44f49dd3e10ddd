"""Cost of a step of the face, as the loop makes it: what is shown, where to, eyes, head, shapes."""

from __future__ import annotations

import time

import numpy as np

from kinesics_core.expression.face_animator import FaceAnimator

STEPS = 3000
"""Measured steps: 50 s at 60 Hz."""

_EVERY_FACE, _EVERY_LOOK, _EVERY_STATE = 60, 45, 6  # steps between changes of what is asked for


def face_step_us(steps: int = STEPS) -> float:
    """Return the median time of a step, microseconds.

    The emotion changes every second, the bearing every .75 s, the state ten times a second.
    """
    draw, face = np.random.default_rng(0), FaceAnimator(0)
    emotion, bearing, state = 0, np.zeros(2), np.zeros(3)
    taken = np.zeros(steps)
    for step in range(steps):
        if step % _EVERY_FACE == 0:
            emotion = int(draw.integers(8))
        if step % _EVERY_LOOK == 0:
            bearing = draw.uniform(-0.6, 0.6, 2)
        if step % _EVERY_STATE == 0:
            state = draw.uniform(-1.0, 1.0, 3)
        began = time.perf_counter_ns()
        face.show(emotion, 0.8, state)
        face.look(bearing)
        face.step(1.0 / 60.0)
        face.blendshapes(face.eyes(face.head))
        taken[step] = time.perf_counter_ns() - began
    return float(np.median(taken)) / 1000.0
