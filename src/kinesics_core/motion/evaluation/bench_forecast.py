"""``kinesics bench forecast``: each network in ONNX Runtime beside the same one in eager torch.

One person, one thread, both in this process and in turn, so that a busy moment of a shared machine
falls on neither; the median of all calls counts, each timed by the processor time of the calling
thread, which does all the work. That is the latency on a core of its own: on an idle machine the
same as by the wall clock, on a busy one free of the turns other programs take.

Networks are untrained, as time does not depend on the weights: the paper's four with the paper's
output, ours with its own, all with a classifier of eight emotions. Torch runs in inference mode.
The paper's published times (arXiv 2603.01804, table 1) stand beside ours; nobody measured them
here. An epoch of training runs in one thread too, as `kinesics train` does: a step of 32 windows
is too small to share.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.bench import Result, result
from kinesics_core.motion.model_file import open_session
from kinesics_core.motion.networks.registry import CARRYING, FORECASTERS, build
from kinesics_core.motion.training.config import TrainingConfig
from kinesics_core.motion.training.export import ForecasterMetadata, export_onnx
from kinesics_core.motion.training.feeds import Examples
from kinesics_core.motion.training.fit import TrainingData, fit
from kinesics_core.motion.training.windowing import CutWindows
from kinesics_core.motion.windows import HORIZON, KEYPOINTS, OBSERVED


class LatencyGoal(NamedTuple):
    """Milliseconds of one window.

    Attributes:
        goal: To be reached.
        rtx_4090: Published by the paper (table 1); None for our own network.
        orin_nano: Published by the paper.
    """

    goal: float
    rtx_4090: float | None = None
    orin_nano: float | None = None


GOALS = {
    "mlp": LatencyGoal(0.15, 0.473, 1.643),
    "lstm": LatencyGoal(0.4, 0.422, 3.371),
    "cnn_lstm": LatencyGoal(0.5, 0.832, 4.844),
    "transformer": LatencyGoal(2.5, 1.762, 9.294),
    "ours": LatencyGoal(0.3),
    CARRYING: LatencyGoal(0.1),
}
SPEEDUP_GOAL = 3
"""Speed in multiples of eager torch's."""
ROUNDS, CALLS, WARM_CALLS = 30, 20, 5
"""Turns of each, timed calls of a turn, and calls before them that do not count."""
EPOCH_WINDOWS, EPOCH_GOAL = 7000, 20
"""Windows of an epoch of training, and the seconds it may take."""


def run(args: argparse.Namespace) -> list[Result]:
    """Measure and return ``forecast.*``."""
    results: list[Result] = []
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for name in FORECASTERS:
            results += _beside_torch(name)
        seconds = _epoch()
    finally:
        torch.set_num_threads(threads)
    return [*results, result("forecast.lstm.epoch_s", seconds, "s", f"<= {EPOCH_GOAL}")]


def _beside_torch(name: str) -> list[Result]:
    """Measure one network in ONNX Runtime and in torch."""
    network = build(name, classes=len(EMOTIONS), residual=name in ("ours", CARRYING)).eval()
    window = np.random.default_rng(0).uniform(-1, 1, (1, OBSERVED, 2 * KEYPOINTS))
    window = window.astype(np.float32)
    tensor = torch.from_numpy(window)
    still = [0.1] * HORIZON
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "network.onnx"
        export_onnx(
            network, path, ForecasterMetadata(
                name=name, version="0", normalisation="per_frame", licence="none", data="none",
                classes=EMOTIONS, spread_floor=still, spread_gain=still))
        session = open_session(path, ["CPUExecutionProvider"])
    with torch.inference_mode():
        ours, theirs = in_turn(
            lambda: session.run(None, {"observed": window}), lambda: network(tensor))
    wanted, eager = GOALS[name], "eager torch"
    shown = [
        result(f"forecast.{name}.ms", ours, "ms", f"<= {wanted.goal:g}", eager, theirs),
        result(f"forecast.{name}.speedup_vs_torch", theirs / ours, "x", f">= {SPEEDUP_GOAL}",
               eager, 1.0),
    ]
    for device, published in (("RTX 4090", wanted.rtx_4090), ("Orin Nano", wanted.orin_nano)):
        if published is not None:
            shown.append(result(
                f"forecast.{name}.ms_beside_{device.lower().replace(' ', '_')}", ours, "ms", None,
                f"the paper, {device}", published))
    return shown


def in_turn(
    first: Callable[[], object], second: Callable[[], object],
) -> tuple[float, float]:
    """Measure two calls in turns of ``CALLS``; return each one's median milliseconds.

    The time is this thread's processor time. The first ``WARM_CALLS`` of a turn find the other's
    data in the caches and do not count.
    """
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for call, taken in zip((first, second), times, strict=True):
            for _ in range(WARM_CALLS):
                call()
            for _ in range(CALLS):
                began = time.thread_time()
                call()
                taken.append(time.thread_time() - began)
    return 1e3 * float(np.median(times[0])), 1e3 * float(np.median(times[1]))


def _epoch() -> float:
    """Return the seconds of one epoch of the LSTM with both heads by the paper's recipe."""
    rng = np.random.default_rng(0)

    def windows(count: int) -> CutWindows:
        steps = rng.normal(0, 2.0, (count, OBSERVED + HORIZON, KEYPOINTS, 2))
        poses = (rng.uniform(0, 400, (count, 1, KEYPOINTS, 2)) + steps.cumsum(axis=1))
        poses = poses.astype(np.float32)
        return CutWindows(
            observed=poses[:, :OBSERVED], future=poses[:, OBSERVED:], known=None,
            clip=np.arange(count, dtype=np.int32))

    targets = rng.integers(0, len(EMOTIONS), EPOCH_WINDOWS)
    fitted = fit(
        TrainingData(Examples(windows(EPOCH_WINDOWS), targets),
                     Examples(windows(100), targets[:100]), EMOTIONS),
        TrainingConfig(network="lstm", epochs=1),
    )
    return float(fitted.curves[-1]["seconds"])
