"""Training and judging of the pose priors: ``kinesics train prior``.

The loss is that of VPoser v2: .005 KL + 4 points + 2 geodesic + 2 joints. Its points are a mesh's
vertices; here they are three points a joint, 8 cm from it along its axes, which move as skin does.
The mixture of Gaussians is fitted to the same poses by expectation maximisation.
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
from kinesics_core.body import lbs
from kinesics_core.dataset.pose_clips import PoseClip
from kinesics_core.errors import KinesicsError
from kinesics_core.kinematics import forward_kinematics
from kinesics_core.pose_priors import augmentation, gmm, vae
from kinesics_core.pose_priors.augmentation import MixingShares, PosePool
from kinesics_core.pose_priors.torch_kinematics import OFFSETS, joint_positions
from kinesics_core.pose_priors.training_data import PoseData, some_poses, write_weights
from kinesics_core.pose_priors.vae_network import PosePriorNetwork, initialise, parameters_of
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import SMPLX_BODY_PARENTS
from kinesics_core.training import run as training_run
from kinesics_core.training.run import RunFolder

WEIGHTS = {"kl": 0.005, "points": 4.0, "geodesic": 2.0, "joints": 2.0}
PCA = 32
_SKIN = 0.08
_LIMIT = 6000      # poses to validate on
_GMM_NOISE = 0.04
"""Radians. A recording's stiff joints (collar bones, mostly) are not stiff in people."""


@dataclass(frozen=True, slots=True)
class PriorConfig(MixingShares):
    """Settings of the priors' training, beside the shares of poses that are put together anew.

    Attributes:
        batch: Poses in a step.
        components: Of the mixture of Gaussians.
        mixture_poses: Poses that it is fitted to.
        init: File or folder of a trained prior to go on from; None: from nothing.
    """

    legs: float = 0.05
    arms: float = 0.05
    batch: int = 512
    components: int = 8
    mixture_poses: int = 20000
    init: Path | None = None


def train(
    data: PoseData, run: RunFolder, config: PriorConfig = PriorConfig(),
    licence: str = "not stated",
) -> dict[str, dict[str, float]]:
    """Train both priors into a folder: pose_prior.npz, pose_gmm.npz, report.json.

    Args:
        data: Recordings.
        run: Where and for how long; see ``training.run`` for its files.
        config: How.
        licence: Of the weights, for their files.

    Returns:
        Method -> errors on recordings never trained on, see ``compare``.

    Raises:
        KinesicsError: As ``training.run.train``.
    """
    seed = run.schedule.seed
    held_out = some_poses(data.validation, _LIMIT, seed)[:, 1:]
    truth = torch.from_numpy(held_out.reshape(len(held_out), -1))
    torch.manual_seed(seed)
    network = PosePriorNetwork()
    if config.init is not None:
        initialise(network, config.init)

    def loss(model: nn.Module, rng: np.random.Generator) -> Tensor:
        drawn = augmentation.draw(rng, data.poses, config.batch, config)[:, 1:]
        return total_loss(model, torch.from_numpy(drawn.reshape(len(drawn), -1)))

    def validate(model: nn.Module) -> dict[str, float]:
        _, _, found = model(truth)
        return errors(found.numpy(), exponential(held_out)) | {
            "validation": float(total_loss(model, truth))}

    settings = {"what": "prior", **asdict(config), **asdict(run.schedule), **data.fingerprints,
                "init": None if config.init is None else str(config.init)}
    best = training_run.train(network, loss, validate, run, settings)
    write_weights(run.out / vae.FILE, parameters_of(best), licence, data.sources)
    mix = fit_mixture(data.poses, config, seed)
    write_weights(run.out / gmm.FILE, mix, licence, data.sources)
    report = compare(vae.load(run.out / vae.FILE), data.poses.rotations[:, 1:], data.test)
    files.write_text(run.out / "report.json", json.dumps(report, indent=1) + "\n")
    return report


def total_loss(network: nn.Module, body_pose: Tensor) -> Tensor:
    """Return VPoser v2's loss of axis-angle poses (B, 63), a scalar."""
    mean, deviation, found = network(body_pose)
    wanted = lbs.rotation_matrices(body_pose.view(-1, 21, 3)).permute(3, 2, 0, 1)
    variance = deviation.square()
    divergence = 0.5 * (mean.square() + variance - 1.0 - variance.log()).sum(dim=-1).mean()
    joints, turned = joint_positions(found)
    own_joints, own_turned = joint_positions(wanted)
    skin = joints[:, :, None] + _SKIN * turned.transpose(-1, -2)
    own_skin = own_joints[:, :, None] + _SKIN * own_turned.transpose(-1, -2)
    # The arc between two rotations, by the chord: exact in sum, and smooth at 0.
    chord = (found - wanted).square().sum(dim=(-1, -2)).clamp(max=8.0 - 1e-4)
    arc = 2.0 * torch.asin((chord / 8.0 + 1e-10).sqrt())
    return (WEIGHTS["kl"] * divergence + WEIGHTS["points"] * (skin - own_skin).abs().mean()
            + WEIGHTS["geodesic"] * arc.mean()
            + WEIGHTS["joints"] * (joints - own_joints).abs().mean())


def errors(found: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Return the mean angle between rotations, degrees, and distance of joints, millimetres.

    Args:
        found: (N, 21, 3, 3).
        truth: The same.
    """
    cosine = (np.einsum("njab,njab->nj", found, truth) - 1.0) / 2.0
    angle = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
    places = [forward_kinematics(np.concatenate(
        [np.broadcast_to(np.eye(3), (len(r), 1, 3, 3)), r], axis=1), OFFSETS,
        SMPLX_BODY_PARENTS)[0] for r in (found, truth)]
    return {"degrees": float(angle.mean()),
            "joints_mm": float(1000 * np.linalg.norm(places[0] - places[1], axis=-1)[:, 1:].mean())}


def compare(
    prior: vae.PosePrior, learned: np.ndarray, test: Sequence[PoseClip]
) -> dict[str, dict[str, float]]:
    """Compare the prior with a constant pose and PCA on recordings never trained on.

    Args:
        prior: The prior.
        learned: (N, 21, 3) poses the baselines are made of.
        test: The recordings.

    Returns:
        "SOURCE, METHOD" -> poses, degrees and joints_mm, of each source and of all.
    """
    flat = learned.reshape(len(learned), -1).astype(np.float64)
    mean = flat.mean(axis=0)
    _, _, directions = np.linalg.svd(
        (flat - mean)[:: max(len(flat) // 20000, 1)], full_matrices=False)
    basis = directions[:PCA]
    report: dict[str, dict[str, float]] = {}
    sources = sorted({clip.source for clip in test})
    for source in [*sources, "all"]:
        own = np.concatenate([clip.rotations[:, 1:] for clip in test
                              if source in ("all", clip.source)])
        pose, truth = own.reshape(len(own), -1), exponential(own)
        for method, found in (
            ("prior", prior.project(truth)),
            ("pca", exponential(((pose - mean) @ basis.T @ basis + mean).reshape(own.shape))),
            ("mean pose", exponential(np.broadcast_to(mean.reshape(21, 3), own.shape))),
        ):
            report[f"{source}, {method}"] = {"poses": float(len(own)), **errors(found, truth)}
    return report


def fit_mixture(
    poses: PosePool, config: PriorConfig, seed: int
) -> dict[str, np.ndarray]:
    """Fit a mixture of Gaussians by expectation maximisation.

    Returns:
        Arrays of a ``gmm`` file: means, roots of the precisions, weights.

    Raises:
        KinesicsError: scikit-learn is not installed.
    """
    try:
        from sklearn.mixture import GaussianMixture
    except ImportError as error:
        raise KinesicsError(
            f"The mixture needs {error.name}, which is not installed. Run:"
            " python3 bootstrap.py --with train"
        ) from error
    rng = np.random.default_rng((seed, 0))
    drawn = augmentation.draw(
        rng, poses, config.mixture_poses, config)[:, 1:].reshape(config.mixture_poses, -1)
    fitted = GaussianMixture(
        config.components, reg_covar=_GMM_NOISE**2, max_iter=60, random_state=seed).fit(drawn)
    # sklearn's root is lower triangular from the right: P = C C^T.
    roots = np.swapaxes(fitted.precisions_cholesky_, 1, 2)
    return {"means": fitted.means_.astype(np.float32), "roots": roots.astype(np.float32),
            "weights": fitted.weights_.astype(np.float32)}
