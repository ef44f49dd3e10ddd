"""Cost of bodies on one core: poses made offline, the next pose of the stream, meshes.

Times are those that the core worked on it, so that whoever else is on the machine does not count.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from kinesics_core.body import obj, skinning
from kinesics_core.body.model import BodyModel, load
from kinesics_core.expression.animator import Animator
from kinesics_core.expression.body_performance import Performance, perform_body
from kinesics_core.expression.gestures import ROBOT_GESTURES
from kinesics_core.expression.performance import PerformanceConfig
from kinesics_core.expression.request import ExpressionRequest, resolve

Made = TypeVar("Made")

STEPS = 3000
"""Measured steps of the stream: 50 s at 60 Hz."""

AT_ONCE = 4
"""Meshes posed at once; more would leave the processor's cache."""

_EVERY = 120  # steps between what is asked for


def bodies(steps: int = STEPS) -> dict[str, float]:
    """Return the cost of bodies on this core.

    Args:
        steps: Measured steps of the stream; a performance has a third as many frames.

    Returns:
        "poses_per_s": frames of a performance, body, hands and face, a second; "next_pose_ms" and
        "next_pose_p99_ms": of a step of the animator whose emotions and gestures change every two
        seconds; "meshes_per_s" and "objs_per_s": meshes of the full open body in such a
        performance, as arrays and as text of .obj files.
    """
    resolve(ExpressionRequest(emotion=0))  # what is loaded once
    seconds = float(np.clip(steps / 180.0, 1.0, 60.0))
    request = ExpressionRequest(emotion="fear", intensity=0.8, gesture="shrug")
    expression = resolve(request)
    config = PerformanceConfig(seconds=seconds, rate=60.0)
    perform_body(expression, request, PerformanceConfig(seconds=1.0, rate=60.0))
    took, performance = _timed(lambda: perform_body(expression, request, config))
    step = _steps(steps)
    meshes, objs = _meshes(performance, load())
    return {"poses_per_s": len(performance.times) / took, "next_pose_ms": float(np.median(step)),
            "next_pose_p99_ms": float(np.percentile(step, 99)), "meshes_per_s": meshes,
            "objs_per_s": objs}


def _steps(count: int) -> np.ndarray:
    """Return the milliseconds of each of ``count`` steps of the stream."""
    animator, gestures, took = Animator(), list(ROBOT_GESTURES), np.empty(count)
    animator.step(0)
    for step in range(count):
        if step % _EVERY == 0:
            number = step // _EVERY
            animator.express(number % 8, 0.8, 1.5, gestures[number % len(gestures)])
        now = round((step + 1) * 1e9 / 60.0)
        took[step] = 1000.0 * _timed(lambda: animator.step(now))[0]  # noqa: B023 - called at once
    return took


def _meshes(performance: Performance, model: BodyModel) -> tuple[float, float]:
    """Return how many meshes of a performance are posed a second, and how many with their text."""
    skin = skinning.select(model)
    parameters = performance.parameters
    count = min(len(performance.times), 240)

    def posed() -> list[np.ndarray]:
        return [skinning.vertices(skin, **{
            name: part[first : first + AT_ONCE] for name, part in parameters.items()})[0]
            for first in range(0, count, AT_ONCE)]

    posed()
    took, blocks = _timed(posed)
    wrote, _ = _timed(lambda: [len(obj.obj_text(mesh, model.faces))
                               for block in blocks for mesh in block])
    made = sum(len(block) for block in blocks)
    return made / took, made / (took + wrote)


def _timed(work: Callable[[], Made]) -> tuple[float, Made]:
    """Return the seconds that this thread worked, and what came of it."""
    began = time.thread_time()
    result = work()
    return max(time.thread_time() - began, 1e-9), result
