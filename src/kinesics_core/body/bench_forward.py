"""Speed of posing bodies on one core, beside stock smplx: part of ``kinesics bench fit``."""

from __future__ import annotations

import importlib.util
import math
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from kinesics_core import bench
from kinesics_core.assets.store import shipped
from kinesics_core.body import lbs, skinning
from kinesics_core.body.model import load
from kinesics_core.body.parameters import PARAMETERS

_SIZES = {"betas": 10, **{name: math.prod(shape) for name, shape in PARAMETERS.items()}}


def measure(rounds: int = 15) -> list[bench.Result]:
    """Time the joints of 240 poses, 32 meshes, and one as the live avatar needs it.

    The open body is posed by our code and by stock smplx (without it, its rows stay empty); they
    take turns, each ``rounds`` times, so that both see the same machine.
    """
    file = shipped("smplx/SMPLX_NEUTRAL.npz")
    body = load(file)
    everything, joints_only = lbs.select(body), lbs.select(body, np.empty(0, int))
    skin = skinning.select(body)
    poses, meshes = _poses(240), _poses(32)
    one = {name: value[:1].numpy() for name, value in meshes.items()}
    ways: dict[str, Callable[[], object]] = {
        "joints": lambda: lbs.vertices(joints_only, **poses),
        "meshes": lambda: lbs.vertices(everything, **meshes),
        "mesh": lambda: skinning.vertices(skin, **one),
    }
    if importlib.util.find_spec("smplx") is not None:
        stock = _stock(file)
        ways["stock"] = lambda: stock(**meshes)
    took: dict[str, list[float]] = {name: [] for name in ways}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.no_grad():
            for _ in range(rounds):
                for name, way in ways.items():
                    start = time.perf_counter()
                    way()
                    took[name].append(1000.0 * (time.perf_counter() - start))
    finally:
        torch.set_num_threads(threads)
    ms = {name: statistics.median(times) for name, times in took.items()}
    peer = ms.get("stock")
    return [
        bench.result("fit.joints240_ms", ms["joints"], "ms", "<= 4"),
        bench.result("fit.mesh32_ms", ms["meshes"], "ms", "<= 40", "stock smplx", peer),
        bench.result("fit.mesh32_vs_smplx", peer / ms["meshes"] if peer else None, "times as fast",
                     ">= 1", "stock smplx", 1.0 if peer else None),
        bench.result("fit.mesh1_ms", ms["mesh"], "ms"),
    ]


def _poses(count: int) -> dict[str, torch.Tensor]:
    """Return random parameters of so many poses, rotations flat as stock smplx wants them."""
    random = torch.Generator().manual_seed(0)
    return {name: 0.3 * torch.randn(count, size, generator=random)
            for name, size in _SIZES.items()}  # fmt: skip


def _stock(file: Path) -> torch.nn.Module:
    import smplx

    return smplx.create(str(file), "smplx", num_betas=10, num_expression_coeffs=52, use_pca=False,
                        flat_hand_mean=True, batch_size=32)
