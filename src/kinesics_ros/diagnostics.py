"""The state of a stage as ``/diagnostics`` wants it."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus, KeyValue


def status(stage: Any, ages: deque[float], times: deque[float]) -> DiagnosticStatus:
    """Return how a stage does.

    Args:
        stage: The ``Stage``; its file imports this one.
        ages: How old the images of the latest items were, milliseconds.
        times: What the work on the latest items took, milliseconds.
    """
    level, message = DiagnosticStatus.OK, "working" if stage.active else "not active"
    if stage.refused:
        level = DiagnosticStatus.WARN
        message = f"{stage.refused} messages were refused, see last_refused"
    if stage.errors:
        level, message = DiagnosticStatus.WARN, f"{stage.errors} items failed, see last_error"
    if stage.fault is not None:
        level, message = DiagnosticStatus.ERROR, stage.fault
    values = {
        "age_ms": _percentiles(ages),
        "proc_ms": _percentiles(times),
        "processed": str(stage.processed),
        "dropped": str(stage.dropped),
        "refused": str(stage.refused),
        **stage.detail,
    }
    return DiagnosticStatus(
        level=level,
        name=f"{stage.get_fully_qualified_name().lstrip('/')}: stage",
        message=message,
        hardware_id="kinesics",
        values=[KeyValue(key=key, value=value) for key, value in values.items()],
    )


def _percentiles(values: deque[float]) -> str:
    """Return a window's percentiles as text: "p50 12.3, p95 20.1", or "none yet"."""
    snapshot = list(values)
    if not snapshot:
        return "none yet"
    p50, p95 = np.percentile(snapshot, [50, 95])
    return f"p50 {p50:.1f}, p95 {p95:.1f}"
