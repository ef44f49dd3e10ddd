"""Training and judging of the lifter: ``kinesics train lifter``.

Poses are drawn anew for every step (``augmentation``), on random bodies, in front of random cameras
and a noisy detector (``lifter_augmentation``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from kinesics_core import files
from kinesics_core.body.model import BodyModel
from kinesics_core.dataset.pose_clips import PoseClip
from kinesics_core.kinematics import forward_kinematics, mpjpe, pa_mpjpe
from kinesics_core.pose_priors import augmentation, lifter, lifter_augmentation
from kinesics_core.pose_priors.augmentation import MixingShares, PosePool
from kinesics_core.pose_priors.lifter_augmentation import KeypointBody, SeenPoses
from kinesics_core.pose_priors.lifter_network import LifterNetwork
from kinesics_core.pose_priors.torch_kinematics import joint_positions
from kinesics_core.pose_priors.training_data import PoseData, some_poses, write_weights
from kinesics_core.pose_priors.vae_network import parameters_of
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import SMPLX_BODY, SMPLX_BODY_PARENTS
from kinesics_core.training import run as training_run
from kinesics_core.training.run import RunFolder

_VALIDATION = 4000
_WEIGHTS = torch.ones(22)
_WEIGHTS[0] = 4.0
_WEIGHTS[[i for i, name in enumerate(SMPLX_BODY) if name.endswith(("wrist", "foot"))]] = 0.4
"""Weights of the joints in the loss: the root moves everything, hands and toes little."""


@dataclass(frozen=True, slots=True)
class LifterConfig(MixingShares):
    """Settings of the lifter's training, beside the shares of poses that are put together anew.

    Attributes:
        batch: Poses in a step.
        neurons: Width of the network.
        blocks: Depth of the network.
    """

    mixed: float = 0.35
    legs: float = 0.15
    arms: float = 0.2
    batch: int = 512
    neurons: int = 512
    blocks: int = 2


def train(
    data: PoseData, body: BodyModel, run: RunFolder, config: LifterConfig = LifterConfig(),
    licence: str = "not stated",
) -> dict[str, dict[str, float]]:
    """Train into a folder: pose_lifter.npz and report.json.

    Args:
        data: Recordings.
        body: The body that is seen; its shape varies.
        run: Where and for how long; see ``training.run`` for its files.
        config: How.
        licence: Of the weights, for their file.

    Returns:
        Errors on recordings never trained on, see ``compare``.

    Raises:
        KinesicsError: As ``training.run.train``.
    """
    seed, seen = run.schedule.seed, lifter_augmentation.keypoint_body(body)
    offsets = torch.tensor(lifter_augmentation.offsets_of(seen.joints), dtype=torch.float32)
    torch.manual_seed(seed)
    network = LifterNetwork(config.neurons, config.blocks)
    validation = batch_of(lifter_augmentation.see(
        np.random.default_rng((seed, 9)), some_poses(data.validation, _VALIDATION, seed), seen))

    def loss(model: nn.Module, rng: np.random.Generator) -> Tensor:
        drawn = augmentation.draw(rng, data.poses, config.batch, config)
        return total_loss(model, *batch_of(lifter_augmentation.see(rng, drawn, seen)), offsets)

    def validate(model: nn.Module) -> dict[str, float]:
        found, _ = model(validation[0])
        places, _ = joint_positions(found, offsets)
        truth, _ = joint_positions(validation[1], offsets)
        gap = (places - truth).norm(dim=-1)[:, 1:].mean()
        return {"validation": float(1000 * gap)}

    settings = {"what": "lifter", **asdict(config), **asdict(run.schedule), **data.fingerprints}
    best = training_run.train(network, loss, validate, run, settings)
    write_weights(run.out / lifter.FILE, parameters_of(best), licence, data.sources)
    report = compare(data.test, seen, data.poses, run.out / lifter.FILE)
    files.write_text(run.out / "report.json", json.dumps(report, indent=1) + "\n")
    return report


def batch_of(seen: SeenPoses) -> tuple[Tensor, Tensor]:
    """Return inputs (B, 72) and the rotations wanted (B, 22, 3, 3).

    The root is as a camera sees it that looks straight at the person.
    """
    inputs, turn, _ = lifter.features(seen.points, seen.confidence)
    wanted = seen.rotations.copy()
    wanted[:, 0] = turn @ wanted[:, 0]
    return torch.from_numpy(inputs), torch.from_numpy(wanted.astype(np.float32))


def total_loss(network: nn.Module, inputs: Tensor, wanted: Tensor, offsets: Tensor) -> Tensor:
    """Return the loss: distance of rotations and joints, and how well each error is foretold."""
    found, spread = network(inputs)
    squares = (found - wanted).square().sum(dim=(-1, -2))      # 8 sin^2(angle / 2)
    chord = (squares + 1e-6).sqrt()
    places, _ = joint_positions(found, offsets)
    truth, _ = joint_positions(wanted, offsets)
    foretold = 0.5 * squares.detach() / 2.0 * torch.exp(-2.0 * spread) + spread
    return (0.15 * (chord * _WEIGHTS).mean() + 5.0 * (places - truth).abs().mean()
            + 0.005 * foretold.mean())


def compare(
    test: Sequence[PoseClip], body: KeypointBody, learned: PosePool, path: Path
) -> dict[str, dict[str, float]]:
    """Compare a lifter with the mean pose on recordings never trained on.

    Args:
        test: The recordings.
        body: Whose mean shape gives the joints.
        learned: Poses whose mean, upright and facing the camera, stands beside the lifter.
        path: The lifter's file.

    Returns:
        "SOURCE, CONDITION, METHOD" -> poses, mpjpe_mm of joints from the pelvis, pa_mpjpe_mm, the
        median error of the root, root_degrees, and the share turned_round.
    """
    from kinesics_core.pose_priors.lifter import lift

    mean = exponential(learned.rotations[::7].mean(axis=0).astype(np.float64))[None]
    mean[:, 0] = np.diag([1.0, -1.0, -1.0])
    offsets = lifter_augmentation.offsets_of(body.joints)
    report: dict[str, dict[str, float]] = {}
    sources = sorted({clip.source for clip in test})
    for condition in ("clean", "detector"):
        for source in [*sources, "all"]:
            chosen = [clip for clip in test if source in ("all", clip.source)]
            seen = lifter_augmentation.see(
                np.random.default_rng(5), some_poses(chosen, 4000, 0), body,
                clean=condition == "clean")
            # In a picture whose diagonal is the focal length assumed.
            keypoints = np.concatenate(
                [seen.points * 1000.0 + (400.0, 300.0), seen.confidence[..., None]], axis=-1)
            lifted = lift(keypoints, 800, 600, path=path)
            for method, found in (("lifter", lifted.rotations),
                                  ("mean pose", np.broadcast_to(mean, seen.rotations.shape))):
                places, _ = forward_kinematics(found, offsets, SMPLX_BODY_PARENTS)
                cosine = (np.einsum("nab,nab->n", found[:, 0], seen.rotations[:, 0]) - 1.0) / 2.0
                root = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
                report[f"{source}, {condition}, {method}"] = {
                    "poses": float(len(places)),
                    "mpjpe_mm": float(1000 * mpjpe(places, seen.joints).mean()),
                    "pa_mpjpe_mm": float(1000 * pa_mpjpe(places, seen.joints).mean()),
                    "root_degrees": float(np.median(root)),
                    "turned_round": float((root > 90.0).mean())}
    return report
