"""Everything known of a person in some frames, in the forms that the optimiser's terms take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinesics_core.fitting.settings import Spreads
from kinesics_core.pose_priors.lifter import Lifted
from kinesics_core.skeletons import (
    WHOLEBODY133,
    WHOLEBODY133_BODY,
    WHOLEBODY133_FACE,
    WHOLEBODY133_FEET,
    WHOLEBODY133_LEFT_HAND,
    WHOLEBODY133_RIGHT_HAND,
)
from kinesics_core.solver.points3d import Points3D
from kinesics_core.solver.reprojection import Observed
from kinesics_core.solver.rig import Rig

ROBUST3D = 3.0
"""Standard deviations at which the term of a guessed 3-D point begins to give way."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that is known of a person in T frames.

    Attributes:
        keypoints: (T, 133, 3), as in a ``Track``.
        certainty: (T, 133) 1/m, see ``certainty_of``.
        centre: (2,) px, where the camera's axis meets the image.
        times: (T,) s.
        lifted: Rotations by ``pose_priors.lifter``.
        world: (T, 133, 3), as in a ``Track``, or None.
        blendshapes: (T, 52), as in a ``Track``, or None.
    """

    keypoints: np.ndarray
    certainty: np.ndarray
    centre: np.ndarray
    times: np.ndarray
    lifted: Lifted
    world: np.ndarray | None
    blendshapes: np.ndarray | None

    def part(self, rows: np.ndarray) -> Evidence:
        """Return what is known of some of the frames."""
        return Evidence(
            self.keypoints[rows], self.certainty[rows], self.centre, self.times[rows],
            Lifted(self.lifted.rotations[rows], self.lifted.spread[rows], self.lifted.known[rows]),
            None if self.world is None else self.world[rows],
            None if self.blendshapes is None else self.blendshapes[rows])

    def shown(self, rig: Rig, points: np.ndarray) -> np.ndarray:
        """Return those of the points, (N,) of the 133, that the body has and any frame shows."""
        return points[rig.known[points] & (self.certainty[:, points] > 0).any(axis=0)]

    def observed(self, points: np.ndarray, robust: float) -> Observed:
        """Return the measured pixels of N of the 133 points, for the 2-D term."""
        pixels = np.nan_to_num(self.keypoints[:, points, :2]).astype(np.float32)
        return Observed(pixels, self.certainty[:, points], self.centre.astype(np.float32), robust)

    def points3d(self, points: np.ndarray, origin: np.ndarray, spread: float) -> Points3D | None:
        """Return the places a landmark network gave N of the 133 points, for the 3-D term.

        Args:
            points: (N,) of the 133.
            origin: Points whose mean the places are relative to.
            spread: Standard deviation, metres.

        Returns:
            None where the network says nothing, or an origin is not among the points.
        """
        if self.world is None or not np.isin(origin, points).all():
            return None
        known = np.isfinite(self.world[:, points]).all(axis=2)
        if not known.any():
            return None
        reference = np.zeros((len(points), len(points)), np.float32)
        reference[:, np.isin(points, origin)] = 1 / len(origin)
        return Points3D(np.nan_to_num(self.world[:, points]), (known / spread).astype(np.float32),
                        reference, ROBUST3D)


def certainty_of(keypoints: np.ndarray, spreads: Spreads) -> np.ndarray:
    """Return one over the spread expected of each keypoint, (T, 133) 1/m; 0 where unknown.

    Args:
        keypoints: (T, 133, 3), as in a ``Track``.
        spreads: Standard deviations of sure keypoints.
    """
    spread = np.empty(len(WHOLEBODY133))
    spread[WHOLEBODY133_BODY] = spreads.body
    spread[WHOLEBODY133_FEET] = spreads.feet
    spread[WHOLEBODY133_FACE] = spreads.face
    spread[WHOLEBODY133_LEFT_HAND] = spread[WHOLEBODY133_RIGHT_HAND] = spreads.hand
    confidence = np.where(np.isfinite(keypoints).all(axis=2), keypoints[..., 2], 0.0)
    confidence[confidence < 0.05] = 0.0
    result: np.ndarray = (confidence / spread).astype(np.float32)
    return result
