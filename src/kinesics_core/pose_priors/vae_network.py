"""VPoser version 2's layout in torch, with its parameters' names: what ``train prior`` trains.

Trained, it is used in numpy: see ``vae``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from kinesics_core.errors import ModelError
from kinesics_core.pose_priors import vae
from kinesics_core.pose_priors.vae import JOINTS, LATENT

NEURONS = 512
DROPOUT = 0.1


class PosePriorNetwork(nn.Module):
    """The autoencoder: body_pose (B, 63) to mean and deviation of z and the decoded rotations."""

    def __init__(self, neurons: int = NEURONS, latent: int = LATENT) -> None:
        super().__init__()
        # Flattening and normalising have a place in the list, so that names are VPoser's.
        self.encoder_net = nn.Sequential(
            nn.Flatten(), nn.BatchNorm1d(3 * JOINTS),
            nn.Linear(3 * JOINTS, neurons), nn.LeakyReLU(),
            nn.BatchNorm1d(neurons), nn.Dropout(DROPOUT),
            nn.Linear(neurons, neurons), nn.Linear(neurons, neurons),
            nn.ModuleDict({"mu": nn.Linear(neurons, latent), "logvar": nn.Linear(neurons, latent)}),
        )
        self.decoder_net = nn.Sequential(
            nn.Linear(latent, neurons), nn.LeakyReLU(), nn.Dropout(DROPOUT),
            nn.Linear(neurons, neurons), nn.LeakyReLU(), nn.Linear(neurons, 6 * JOINTS),
        )

    def encode(self, body_pose: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and standard deviation of z, (B, 32) each, of poses (B, 63)."""
        hidden = self.encoder_net[:-1](body_pose)
        heads: Any = self.encoder_net[-1]
        return heads["mu"](hidden), functional.softplus(heads["logvar"](hidden))

    def decode(self, z: Tensor) -> Tensor:
        """Return the rotation matrices (B, 21, 3, 3) of codes (B, 32)."""
        return rotations_of_six(self.decoder_net(z).view(-1, JOINTS, 3, 2))

    def forward(self, body_pose: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Encode poses (B, 63), draw a code of each and decode it; in use the code is the mean.

        Returns:
            Mean (B, 32), standard deviation (B, 32), rotations (B, 21, 3, 3).
        """
        mean, deviation = self.encode(body_pose)
        z = mean + deviation * torch.randn_like(mean) if self.training else mean
        return mean, deviation, self.decode(z)


def rotations_of_six(six: Tensor) -> Tensor:
    """Return rotations (..., 3, 3) of two columns each (..., 3, 2) (Zhou et al., CVPR 2019).

    ``rotations.orthonormal`` is the same in numpy.
    """
    first = functional.normalize(six[..., 0], dim=-1)
    along = (first * six[..., 1]).sum(dim=-1, keepdim=True)
    second = functional.normalize(six[..., 1] - along * first, dim=-1)
    return torch.stack([first, second, torch.cross(first, second, dim=-1)], dim=-1)


def parameters_of(network: nn.Module) -> dict[str, np.ndarray]:
    """Return the network's arrays by name, as ``vae.from_parameters`` takes them.

    Matrices are in half precision, which moves a joint by less than a tenth of a degree.
    """
    return {name: value.detach().cpu().numpy().astype(np.float16 if value.ndim == 2 else np.float32)
            for name, value in network.state_dict().items() if value.is_floating_point()}


def initialise(network: PosePriorNetwork, file: Path) -> None:
    """Give a network the weights of a trained prior, to go on from: transfer learning.

    Args:
        network: Changed in place.
        file: An .npz of ``kinesics train prior``, or the user's folder of VPoser version 2.

    Raises:
        ModelError: It is no prior, or one of other layers, as VPoser version 1.
    """
    found = vae.parameters(file)
    wanted = {name: value for name, value in network.state_dict().items()
              if value.is_floating_point()}
    other = [name for name, value in wanted.items()
             if name not in found or found[name].shape != tuple(value.shape)]
    if other:
        raise ModelError(
            f"{file} has no {other[0]} as this network has it; wanted a prior of `kinesics train"
            " prior`, or VPoser version 2, to begin with.")
    network.load_state_dict(
        {name: torch.from_numpy(found[name]) for name in wanted}, strict=False)
