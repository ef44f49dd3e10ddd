"""Trains and judges the pose priors: ``kinesics train prior``.

The loss is that of VPoser v2: .005 KL + 4 points + 2 geodesic + 2 joints. Its points are a mesh's
vertices; here they are three points a joint, 8 cm from it along its axes, which move as skin does.
The mixture of Gaussians is fitted to the same poses by expectation maximisation.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from kinesics_core import files
from kinesics_core.body import lbs
from kinesics_core.dataset.pose_clips import PoseClip
from kinesics_core.errors import KinesicsError
from kinesics_core.kinematics import REST_OFFSETS, forward_kinematics
from kinesics_core.pose_priors import augmentation, gmm, vae
from kinesics_core.pose_priors.vae_network import PosePriorNetwork, parameters_of
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import SMPLX_BODY_PARENTS
from kinesics_core.training import loop as training_loop
from kinesics_core.training.loop import Schedule

WEIGHTS = {"kl": 0.005, "points": 4.0, "geodesic": 2.0, "joints": 2.0}
PCA = 32
_SKIN = 0.08
_OFFSETS = REST_OFFSETS - REST_OFFSETS * (np.arange(22) == 0)[:, None]
_LIMIT = 6000      # poses to validate on
_GMM_NOISE = 0.04
"""Radians. A recording's stiff joints (collar bones, mostly) are not stiff in people."""


@dataclass(frozen=True, slots=True)
class PriorConfig:
    """batch: poses in a step. mixed: share of poses with limbs of other recordings; see
    ``augmentation.draw``. components: of the mixture, which is fitted to ``mixture_poses``."""

    batch: int = 512
    mixed: float = 0.3
    legs: float = 0.05
    arms: float = 0.05
    components: int = 8
    mixture_poses: int = 20000


def train(
    clips: Sequence[PoseClip], out: Path, schedule: Schedule, config: PriorConfig | None = None, *,
    unseen: Sequence[PoseClip] = (), resume: bool = False, licence: str = "not stated",
    console: Console | None = None,
) -> dict[str, dict[str, float]]:
    """Train both priors into ``out``; errors on recordings they never saw, a method each.

    Recordings are split by group: a tenth validates, a fifth tests (none if ``unseen`` does). In
    ``out``: pose_prior.npz, pose_gmm.npz, report.json, and what ``training_loop`` writes.
    KinesicsError as there, or if there are too few recordings.
    """
    config, console = config or PriorConfig(), console or Console(stderr=True)
    learn, check, test = split(clips, schedule.seed, 0.0 if unseen else 0.2)
    test = list(unseen) or test
    poses = augmentation.pool(learn)
    held_out = some(check, _LIMIT, schedule.seed)[:, 1:]
    truth = torch.from_numpy(held_out.reshape(len(held_out), -1))
    torch.manual_seed(schedule.seed)
    network = PosePriorNetwork()

    def loss(model: nn.Module, rng: np.random.Generator) -> Tensor:
        drawn = augmentation.draw(rng, poses, config.batch, mixed=config.mixed, legs=config.legs,
                                 arms=config.arms)[:, 1:]
        return total_loss(model, torch.from_numpy(drawn.reshape(len(drawn), -1)))

    def judge(model: nn.Module) -> dict[str, float]:
        _, _, found = model(truth)
        return errors(found.numpy(), exponential(held_out)) | {
            "validation": float(total_loss(model, truth))}

    settings = {"what": "prior", **asdict(config), **asdict(schedule),
                "data": fingerprint(clips), "unseen": fingerprint(unseen)}
    console.print(f"{len(learn)} recordings ({len(poses.rotations)} poses) to train on,"
                  f" {len(check)} to validate, {len(test)} to test")
    best = training_loop.train(
        network, loss, judge, out, schedule, settings, resume=resume, console=console)
    write_arrays(out / vae.FILE, parameters_of(best), licence, clips)
    mix = fit_mixture(poses, config, schedule.seed)
    write_arrays(out / gmm.FILE, mix, licence, clips)
    report = compare(vae.load(out / vae.FILE), poses.rotations[:, 1:], test)
    files.write_bytes(out / "report.json", (json.dumps(report, indent=1) + "\n").encode())
    console.print(table(report))
    return report


def total_loss(network: nn.Module, body_pose: Tensor) -> Tensor:
    """VPoser v2's, of (B, 63)."""
    mean, deviation, found = network(body_pose)
    wanted = lbs.rotation_matrices(body_pose.view(-1, 21, 3)).permute(3, 2, 0, 1)
    variance = deviation.square()
    divergence = 0.5 * (mean.square() + variance - 1.0 - variance.log()).sum(dim=-1).mean()
    joints, turned = positions(found)
    own_joints, own_turned = positions(wanted)
    skin = joints[:, :, None] + _SKIN * turned.transpose(-1, -2)
    own_skin = own_joints[:, :, None] + _SKIN * own_turned.transpose(-1, -2)
    # The arc between two rotations, by the chord: exact in sum, and smooth at 0.
    chord = (found - wanted).square().sum(dim=(-1, -2)).clamp(max=8.0 - 1e-4)
    arc = 2.0 * torch.asin((chord / 8.0 + 1e-10).sqrt())
    return (WEIGHTS["kl"] * divergence + WEIGHTS["points"] * (skin - own_skin).abs().mean()
            + WEIGHTS["geodesic"] * arc.mean()
            + WEIGHTS["joints"] * (joints - own_joints).abs().mean())


def positions(rotations: Tensor, offsets: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """(B, 21, 3, 3) of ``body_pose`` -> joints (B, 22, 3), metres, and orientations (B, 22, 3, 3)
    about a pelvis that does not turn; (B, 22, 3, 3) turn it. offsets: (22, 3) or (B, 22, 3)."""
    if offsets is None:
        offsets = torch.tensor(_OFFSETS, dtype=rotations.dtype)
    offsets = offsets.expand(len(rotations), 22, 3)
    whole = rotations.shape[1] == 22
    root = rotations[:, 0] if whole else torch.eye(3).expand(len(rotations), 3, 3)
    local = rotations[:, 1:] if whole else rotations
    turned, places = [root], [torch.zeros(len(rotations), 3)]
    for joint, parent in enumerate(SMPLX_BODY_PARENTS[1:], 1):
        places.append(places[parent] + (turned[parent] @ offsets[:, joint, :, None])[..., 0])
        turned.append(turned[parent] @ local[:, joint - 1])
    return torch.stack(places, 1), torch.stack(turned, 1)


def errors(found: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Mean angle between (N, 21, 3, 3) rotations, degrees, and distance of joints, millimetres."""
    cosine = (np.einsum("njab,njab->nj", found, truth) - 1.0) / 2.0
    angle = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
    places = [forward_kinematics(np.concatenate(
        [np.broadcast_to(np.eye(3), (len(r), 1, 3, 3)), r], axis=1), _OFFSETS,
        SMPLX_BODY_PARENTS)[0] for r in (found, truth)]
    return {"degrees": float(angle.mean()),
            "joints_mm": float(1000 * np.linalg.norm(places[0] - places[1], axis=-1)[:, 1:].mean())}


def compare(
    prior: vae.PosePrior, learned: np.ndarray, test: Sequence[PoseClip]
) -> dict[str, dict[str, float]]:
    """Method -> errors on recordings never trained on, beside a constant pose and PCA.

    learned: (N, 21, 3) poses the baselines are made of. Of each source, and of all.
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


def table(report: Mapping[str, Mapping[str, float]]) -> Table:
    """The report as printed."""
    shown = Table(title="Recordings never trained on")
    for column in ("source, method", "poses", "angle, degrees", "joints, mm"):
        shown.add_column(column, justify="left" if column.startswith("source") else "right")
    for name, row in report.items():
        shown.add_row(name, f"{row['poses']:.0f}", f"{row['degrees']:.2f}",
                      f"{row['joints_mm']:.1f}")
    return shown


def fit_mixture(
    poses: augmentation.Pool, config: PriorConfig, seed: int
) -> dict[str, np.ndarray]:
    """Arrays of a ``gmm_prior`` file: means, roots of the precisions, weights."""
    try:
        from sklearn.mixture import GaussianMixture
    except ImportError as error:
        raise KinesicsError(
            f"The mixture needs {error.name}, which is not installed. Run: pip install"
            " 'kinesics[train]'."
        ) from error
    rng = np.random.default_rng((seed, 0))
    drawn = augmentation.draw(
        rng, poses, config.mixture_poses, mixed=config.mixed, legs=config.legs,
        arms=config.arms)[:, 1:].reshape(config.mixture_poses, -1)
    fitted = GaussianMixture(
        config.components, reg_covar=_GMM_NOISE**2, max_iter=60, random_state=seed).fit(drawn)
    # sklearn's root is lower triangular from the right: P = C C^T.
    roots = np.swapaxes(fitted.precisions_cholesky_, 1, 2)
    return {"means": fitted.means_.astype(np.float32), "roots": roots.astype(np.float32),
            "weights": fitted.weights_.astype(np.float32)}


def split(
    clips: Sequence[PoseClip], seed: int, tests: float, validations: float = 0.1
) -> tuple[list[PoseClip], list[PoseClip], list[PoseClip]]:
    """Recordings to train, validate and test on: whole groups, of every source its share."""
    parts: tuple[list[PoseClip], list[PoseClip], list[PoseClip]] = ([], [], [])
    rng = np.random.default_rng((seed, 7))
    for source in sorted({clip.source for clip in clips}):
        groups = sorted({clip.group for clip in clips if clip.source == source})
        order = [groups[i] for i in rng.permutation(len(groups))]
        ends = [round(tests * len(order)), round((tests + validations) * len(order))]
        for name, part in ((order[:ends[0]], 2), (order[ends[0]:ends[1]], 1), (order[ends[1]:], 0)):
            parts[part].extend(clip for clip in clips if clip.group in name)
    if not parts[0] or not parts[1] or (tests and not parts[2]):
        raise KinesicsError(
            f"Got {len({clip.group for clip in clips})} independent recordings; wanted enough to"
            " train, validate and test on, 10 of a source at least. Give more motion.")
    return parts


def some(clips: Sequence[PoseClip], count: int, seed: int) -> np.ndarray:
    """(N <= count, 22, 3) poses of recordings, spread over them."""
    everything = np.concatenate([clip.rotations for clip in clips])
    rows = np.random.default_rng((seed, 8)).permutation(len(everything))[:count]
    return everything[np.sort(rows)]


def fingerprint(clips: Sequence[PoseClip]) -> str:
    """What the data was, for ``config.json``."""
    frames = sum(len(clip.rotations) for clip in clips)
    total = sum(float(np.abs(clip.rotations).sum()) for clip in clips)
    return f"{len(clips)} recordings, {frames} poses, {total:.3f}"


def write_arrays(
    path: Path, arrays: Mapping[str, Any], licence: str, clips: Sequence[PoseClip]
) -> None:
    """An .npz in one step, with licence and sources inside."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, licence=np.array(licence), sources=np.array(
        sorted({clip.source for clip in clips})), **arrays)
    files.write_bytes(path, buffer.getvalue())
