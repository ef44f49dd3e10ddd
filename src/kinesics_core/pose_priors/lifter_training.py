"""Trains and judges the lifter: ``kinesics train lifter``.

Poses are drawn anew for every step (``augmentation``), on random bodies, in front of random cameras
and a faulty detector (``lifter_views``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from kinesics_core import files
from kinesics_core.body.model import BodyModel
from kinesics_core.dataset.pose_clips import PoseClip
from kinesics_core.kinematics import forward_kinematics
from kinesics_core.pose_priors import augmentation, lifter, lifter_views
from kinesics_core.pose_priors.lifter_network import LifterNetwork
from kinesics_core.pose_priors.lifter_views import Figure, Views
from kinesics_core.pose_priors.prior_training import (
    fingerprint,
    positions,
    some,
    split,
    write_arrays,
)
from kinesics_core.pose_priors.vae_network import parameters_of
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import SMPLX_BODY, SMPLX_BODY_PARENTS
from kinesics_core.training import loop as training_loop
from kinesics_core.training.loop import Schedule

_VALIDATION = 4000
_WEIGHTS = torch.ones(22)
_WEIGHTS[0] = 4.0
_WEIGHTS[[i for i, name in enumerate(SMPLX_BODY) if name.endswith(("wrist", "foot"))]] = 0.4
"""Of the joints' rotations in the loss: the root moves everything, hands and toes little."""


@dataclass(frozen=True, slots=True)
class LifterConfig:
    """batch: views in a step. neurons, blocks: of the network. mixed, legs, arms: see
    ``augmentation.draw``."""

    batch: int = 512
    neurons: int = 512
    blocks: int = 2
    mixed: float = 0.35
    legs: float = 0.15
    arms: float = 0.2


def train(
    clips: Sequence[PoseClip], body: BodyModel, out: Path, schedule: Schedule,
    config: LifterConfig | None = None, *, unseen: Sequence[PoseClip] = (), resume: bool = False,
    licence: str = "not stated", console: Console | None = None,
) -> dict[str, dict[str, float]]:
    """Train into ``out``: pose_lifter.npz, report.json and what ``training_loop`` writes; errors on
    recordings never trained on. Split as ``prior_training.train`` does."""
    config, console = config or LifterConfig(), console or Console(stderr=True)
    learn, check, test = split(clips, schedule.seed, 0.0 if unseen else 0.2)
    test = list(unseen) or test
    poses, seen = augmentation.pool(learn), lifter_views.figure(body)
    offsets = torch.tensor(lifter_views.offsets_of(seen.joints), dtype=torch.float32)
    torch.manual_seed(schedule.seed)
    network = LifterNetwork(config.neurons, config.blocks)
    held_out = lifter_views.draw(
        np.random.default_rng((schedule.seed, 9)), some(check, _VALIDATION, schedule.seed), seen)
    validation = batch_of(held_out)

    def loss(model: nn.Module, rng: np.random.Generator) -> Tensor:
        drawn = augmentation.draw(rng, poses, config.batch, mixed=config.mixed, legs=config.legs,
                                 arms=config.arms)
        return total_loss(model, *batch_of(lifter_views.draw(rng, drawn, seen)), offsets)

    def judge(model: nn.Module) -> dict[str, float]:
        found, _ = model(validation[0])
        places, _ = positions(found, offsets)
        truth, _ = positions(validation[1], offsets)
        gap = (places - truth).norm(dim=-1)[:, 1:].mean()
        return {"validation": float(1000 * gap)}

    settings = {"what": "lifter", **asdict(config), **asdict(schedule),
                "data": fingerprint(clips), "unseen": fingerprint(unseen)}
    console.print(f"{len(learn)} recordings ({len(poses.rotations)} poses) to train on,"
                  f" {len(check)} to validate, {len(test)} to test")
    best = training_loop.train(
        network, loss, judge, out, schedule, settings, resume=resume, console=console)
    write_arrays(out / lifter.FILE, parameters_of(best), licence, clips)
    report = compare(test, seen, poses, out / lifter.FILE)
    files.write_bytes(out / "report.json", (json.dumps(report, indent=1) + "\n").encode())
    console.print(table(report))
    return report


def batch_of(views: Views) -> tuple[Tensor, Tensor]:
    """Inputs (B, 72) and the rotations wanted (B, 22, 3, 3), the root as the camera sees it that
    looks straight at the person."""
    inputs, turn, _ = lifter.features(views.points, views.confidence)
    wanted = views.rotations.copy()
    wanted[:, 0] = turn @ wanted[:, 0]
    return torch.from_numpy(inputs), torch.from_numpy(wanted.astype(np.float32))


def total_loss(network: nn.Module, inputs: Tensor, wanted: Tensor, offsets: Tensor) -> Tensor:
    """Distance of rotations and of joints, and how well the error of each is foretold."""
    found, spread = network(inputs)
    squares = (found - wanted).square().sum(dim=(-1, -2))      # 8 sin^2(angle / 2)
    chord = (squares + 1e-6).sqrt()
    places, _ = positions(found, offsets)
    truth, _ = positions(wanted, offsets)
    foretold = 0.5 * squares.detach() / 2.0 * torch.exp(-2.0 * spread) + spread
    return (0.15 * (chord * _WEIGHTS).mean() + 5.0 * (places - truth).abs().mean()
            + 0.005 * foretold.mean())


def compare(
    test: Sequence[PoseClip], body: Figure, learned: augmentation.Pool, path: Path
) -> dict[str, dict[str, float]]:
    """Errors on recordings never trained on, by source and condition, mm: MPJPE of joints from the
    pelvis and PA-MPJPE, of the mean body's joints; and the median error of the root, degrees. The
    mean pose stands upright and faces the camera."""
    from kinesics_core.pose_priors.lifter import lift

    mean = exponential(learned.rotations[::7].mean(axis=0).astype(np.float64))[None]
    mean[:, 0] = np.diag([1.0, -1.0, -1.0])
    offsets = lifter_views.offsets_of(body.joints)
    report: dict[str, dict[str, float]] = {}
    sources = sorted({clip.source for clip in test})
    for condition in ("clean", "detector"):
        for source in [*sources, "all"]:
            chosen = [clip for clip in test if source in ("all", clip.source)]
            views = lifter_views.draw(np.random.default_rng(5), some(chosen, 4000, 0), body,
                                      clean=condition == "clean")
            # In a picture whose diagonal is the focal length assumed.
            keypoints = np.concatenate(
                [views.points * 1000.0 + (400.0, 300.0), views.confidence[..., None]], axis=-1)
            lifted = lift(keypoints, 800, 600, path=path)
            for method, found in (("lifter", lifted.rotations),
                                  ("mean pose", np.broadcast_to(mean, views.rotations.shape))):
                places, _ = forward_kinematics(found, offsets, SMPLX_BODY_PARENTS)
                cosine = (np.einsum("nab,nab->n", found[:, 0], views.rotations[:, 0]) - 1.0) / 2.0
                root = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
                report[f"{source}, {condition}, {method}"] = {
                    "poses": float(len(places)), **distances(places, views.joints),
                    "root_degrees": float(np.median(root)),
                    "turned_round": float((root > 90.0).mean())}
    return report


def distances(found: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """MPJPE from the pelvis and PA-MPJPE (similarity) of (N, J, 3) metres, in millimetres."""
    found, truth = found - found[:, :1], truth - truth[:, :1]
    plain = np.linalg.norm(found - truth, axis=-1)
    a, b = (x - x.mean(axis=1, keepdims=True) for x in (found, truth))
    u, s, vt = np.linalg.svd(np.swapaxes(b, 1, 2) @ a)
    sign = np.ones_like(s)
    sign[:, 2] = np.sign(np.linalg.det(u @ vt))
    scale = (s * sign).sum(axis=1) / (a**2).sum(axis=(1, 2))
    fitted = scale[:, None, None] * a @ np.swapaxes((u * sign[:, None]) @ vt, 1, 2)
    return {"mpjpe_mm": float(1000 * plain.mean()),
            "pa_mpjpe_mm": float(1000 * np.linalg.norm(fitted - b, axis=-1).mean())}


def table(report: dict[str, dict[str, float]]) -> Table:
    """The report as printed."""
    shown = Table(title="Recordings never trained on")
    shown.add_column("source, condition, method")
    columns: tuple[tuple[str, Callable[[dict[str, float]], str]], ...] = (
        ("MPJPE, mm", lambda row: f"{row['mpjpe_mm']:.1f}"),
        ("PA-MPJPE, mm", lambda row: f"{row['pa_mpjpe_mm']:.1f}"),
        ("root, degrees", lambda row: f"{row['root_degrees']:.1f}"),
        ("turned round", lambda row: f"{100 * row['turned_round']:.1f} %"))
    for name, _ in columns:
        shown.add_column(name, justify="right")
    for name, row in report.items():
        shown.add_row(name, *(show(row) for _, show in columns))
    return shown
