"""The peer of ``kinesics bench fit``: SMPLify-X's schedule, one frame after another.

Pavlakos et al. 2019, section 3: torch's L-BFGS with strong Wolfe line search through autograd and
stock smplx, first the camera by the trunk, then five stages in which the priors are let loose and
hands and face come in, with their published weights; body poses are latent codes of our prior,
which has VPoser's layout. What it leaves out makes it cheaper, not dearer: the hands' principal
components, the bending of elbows and knees, the second try of an ambiguous heading, and
interpenetration.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import smplx
import torch
from smplx.lbs import batch_rodrigues

from kinesics_core.body.correspondences import selection
from kinesics_core.body.model import BodyModel
from kinesics_core.fitting.tracks.track import Track
from kinesics_core.pose_priors.vae import PosePrior
from kinesics_core.pose_priors.vae import load as load_prior
from kinesics_core.rotations import logarithm
from kinesics_core.skeletons import (
    WHOLEBODY133,
    WHOLEBODY133_FACE,
    WHOLEBODY133_LEFT_HAND,
    WHOLEBODY133_RIGHT_HAND,
)

STAGES = (  # pose, shape and expression, hands (data), face (data)
    (404.0, 100.0, 0.0, 0.0), (404.0, 50.0, 0.0, 0.0), (57.4, 10.0, 0.0, 0.0),
    (4.78, 5.0, 0.1, 0.0), (4.78, 5.0, 2.0, 2.0),
)
RHO, ITERATIONS = 100.0, 30
_FREE = {"betas": 10, "global_orient": 3, "latent": 32, "left_hand_pose": 45,
         "right_hand_pose": 45, "jaw_pose": 3, "expression": 52}
_TRUNK = [WHOLEBODY133.index(f"{side}_{part}") for part in ("shoulder", "hip")
          for side in ("left", "right")]


def fit_frames(track: Track, body: BodyModel, file: Path, rows: list[int], focal: float
               ) -> SimpleNamespace:
    """Fit some frames of a track, each from nothing.

    Args:
        track: The person's keypoints.
        body: The open body, for its keypoints.
        file: Of the same body, as stock smplx reads it.
        rows: The frames, rows of the track.
        focal: Focal length, px, which it is told.

    Returns:
        Parameters as ``Fit`` has them; the shape is that of the last frame.
    """
    model = smplx.build_layer(str(file), "smplx", num_betas=10, num_expression_coeffs=52,
                              use_pca=False, flat_hand_mean=True)
    person = _StockBody(model, load_prior(), *selection(body.keypoints, 55))
    centre = np.array([track.width, track.height]) / 2
    frames = [_fit_frame(person, track, row, focal, torch.as_tensor(centre).float())
              for row in rows]
    found = {name: np.concatenate([frame[name] for frame in frames]) for name in frames[0]}
    count = len(rows)
    for name in ("left_hand_pose", "right_hand_pose"):
        found[name] = found[name].reshape(count, -1, 3)
    still = np.zeros((count, 3), np.float32)
    return SimpleNamespace(
        **{**found, "betas": found["betas"][-1]}, leye_pose=still, reye_pose=still, focal=focal,
        centre=centre, frames=track.frames[rows], times=track.times[rows])


class _StockBody:
    """Stock smplx with a pose prior in front and keypoints behind."""

    def __init__(
        self, model: torch.nn.Module, prior: PosePrior, indices: np.ndarray, matrix: np.ndarray
    ) -> None:
        self.model, self.slope = model, prior.slope
        self.layers = [tuple(map(torch.as_tensor, layer)) for layer in prior.decoder]
        self.chosen, self.matrix = torch.as_tensor(indices), torch.as_tensor(matrix)

    def pose(self, latent: torch.Tensor) -> torch.Tensor:
        """Return the rotation matrices (1, 21, 3, 3) of a latent code (1, 32)."""
        x = latent
        for number, (weight, bias) in enumerate(self.layers):
            x = x if number == 0 else torch.nn.functional.leaky_relu(x, self.slope)
            x = x @ weight.T + bias
        first, second = x.view(1, 21, 3, 2).unbind(-1)
        first = torch.nn.functional.normalize(first, dim=-1)
        second = second - (first * second).sum(-1, keepdim=True) * first
        second = torch.nn.functional.normalize(second, dim=-1)
        return torch.stack([first, second, torch.cross(first, second, dim=-1)], -1)

    def keypoints(self, free: dict[str, torch.Tensor]) -> torch.Tensor:
        """Return the keypoints, (133, 3) metres."""
        turns = {name: batch_rodrigues(free[name].view(-1, 3))[None] for name in (
            "global_orient", "left_hand_pose", "right_hand_pose", "jaw_pose")}
        posed = self.model(betas=free["betas"], expression=free["expression"],
                           body_pose=self.pose(free["latent"]), **turns)
        return self.matrix @ torch.cat([posed.joints[0, :55], posed.vertices[0, self.chosen]])


def _fit_frame(
    person: _StockBody, track: Track, row: int, focal: float, centre: torch.Tensor
) -> dict[str, np.ndarray]:
    seen = torch.as_tensor(np.nan_to_num(track.keypoints[row]))
    pixels, confidence = seen[:, :2], seen[:, 2]
    free = {name: torch.zeros(1, size, requires_grad=True) for name, size in _FREE.items()}
    with torch.no_grad():
        free["global_orient"][0, 0] = np.pi  # facing the camera
    points = person.keypoints(free)
    trunk = torch.tensor(_TRUNK)
    tall, long = (torch.pdist(part[trunk].detach()).max() for part in (points[:, :2], pixels))
    depth = focal * tall / torch.clamp(long, min=1.0)
    place = torch.cat([(pixels[trunk].mean(0) - centre) * depth / focal, depth[None]])
    place -= points[trunk].mean(0).detach()
    transl = place[None].clone().requires_grad_(True)
    scale = 1000.0 / track.height

    def data(weight: torch.Tensor) -> torch.Tensor:
        at = person.keypoints(free) + transl
        off = ((focal * at[:, :2] / at[:, 2:] + centre - pixels) ** 2).sum(1)
        robust = RHO**2 * off / (off + RHO**2)
        return (weight**2 * confidence**2 * robust).sum() * scale**2

    weight = torch.zeros(len(WHOLEBODY133))
    weight[trunk] = 1.0
    _minimise([transl, free["global_orient"]], lambda: data(weight))
    for pose, shape, hands, face in STAGES:
        weight = torch.ones(len(WHOLEBODY133))
        weight[WHOLEBODY133_FACE] = face
        weight[WHOLEBODY133_LEFT_HAND] = weight[WHOLEBODY133_RIGHT_HAND] = hands

        def loss(weight: torch.Tensor = weight, pose: float = pose, shape: float = shape
                 ) -> torch.Tensor:
            total = data(weight)
            for name in ("latent", "left_hand_pose", "right_hand_pose", "jaw_pose"):
                total = total + pose**2 * (free[name] ** 2).sum()
            return total + shape**2 * sum((free[name] ** 2).sum()
                                          for name in ("betas", "expression"))

        _minimise([transl, *free.values()], loss)
    found = {name: values.detach().numpy() for name, values in free.items()}
    found["body_pose"] = logarithm(person.pose(free["latent"]).detach().numpy())
    return {**found, "transl": transl.detach().numpy()}


def _minimise(free: list[torch.Tensor], loss: Callable[[], torch.Tensor]) -> None:
    optimiser = torch.optim.LBFGS(free, max_iter=ITERATIONS, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        value = loss()
        value.backward()
        return value

    optimiser.step(closure)
