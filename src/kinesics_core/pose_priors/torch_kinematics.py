"""Forward kinematics of the body in torch, for losses."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from kinesics_core.kinematics import REST_OFFSETS
from kinesics_core.skeletons import SMPLX_BODY_PARENTS

OFFSETS = REST_OFFSETS - REST_OFFSETS * (np.arange(22) == 0)[:, None]
"""(22, 3) metres, offsets of the rest pose from the parents; 0 of the pelvis."""


def joint_positions(rotations: Tensor, offsets: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return joints and orientations about the pelvis.

    Args:
        rotations: (B, 21, 3, 3) of ``body_pose``, with a pelvis that does not turn; (B, 22, 3, 3)
            turn it.
        offsets: (22, 3) or (B, 22, 3) metres; default ``OFFSETS``.

    Returns:
        (B, 22, 3) metres and (B, 22, 3, 3).
    """
    if offsets is None:
        offsets = torch.tensor(OFFSETS, dtype=rotations.dtype)
    offsets = offsets.expand(len(rotations), 22, 3)
    whole = rotations.shape[1] == 22
    root = rotations[:, 0] if whole else torch.eye(3).expand(len(rotations), 3, 3)
    local = rotations[:, 1:] if whole else rotations
    turned, places = [root], [torch.zeros(len(rotations), 3)]
    for joint, parent in enumerate(SMPLX_BODY_PARENTS[1:], 1):
        places.append(places[parent] + (turned[parent] @ offsets[:, joint, :, None])[..., 0])
        turned.append(turned[parent] @ local[:, joint - 1])
    return torch.stack(places, 1), torch.stack(turned, 1)
