"""The shape that every network of this folder is built to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NetworkShape:
    """Sizes of what goes in and comes out.

    Attributes:
        features: Numbers in a frame, two a keypoint.
        observed: Frames in.
        horizon: Frames out.
        classes: Of the classifier; 0 leaves it away.
        residual: Predict the change from the newest frame, see ``networks.residual``.
    """

    features: int = 34
    observed: int = 60
    horizon: int = 30
    classes: int = 0
    residual: bool = False
