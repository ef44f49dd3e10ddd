"""The lifter's network in torch, for training; ``lifter`` runs it in numpy."""

from __future__ import annotations

from torch import Tensor, nn

from kinesics_core.pose_priors.lifter import INPUTS, OUTPUTS
from kinesics_core.pose_priors.vae_network import rotations_of_six


class LifterNetwork(nn.Module):
    """A residual multilayer perceptron after Martinez et al., ICCV 2017."""

    def __init__(self, neurons: int = 512, blocks: int = 2) -> None:
        super().__init__()
        self.first = nn.Linear(INPUTS, neurons)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(neurons), nn.Linear(neurons, neurons), nn.ReLU(),
                          nn.Linear(neurons, neurons))
            for _ in range(blocks))
        self.norm = nn.LayerNorm(neurons)
        self.last = nn.Linear(neurons, OUTPUTS)
        for block in self.blocks:
            nn.init.zeros_(block[-1].weight)   # type: ignore[index]

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Lift inputs (B, 72), see ``lifter.features``.

        Returns:
            Rotations (B, 22, 3, 3) and the logarithm of their expected error (B, 22), radians.
        """
        x = self.first(inputs)
        for block in self.blocks:
            x = x + block(x)
        output = self.last(self.norm(x))
        six, spread = output.split((22 * 6, 22), dim=-1)
        return rotations_of_six(six.view(-1, 22, 3, 2)), spread
