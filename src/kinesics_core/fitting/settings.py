"""What a fit can be told, and how strongly each of its terms pulls."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from kinesics_core.fitting.errors import FitError
from kinesics_core.fitting.output.request import GENDERS

POSE_SPACES = ("rotations", "latent")
PRIORS = ("both", "vposer", "gmm", "none")


@dataclass(frozen=True, slots=True)
class Spreads:
    """Standard deviations that the terms expect; a smaller one pulls harder.

    Of measured keypoints, metres on the body: body, feet, face, hand. robust, fine: how many of
    these a residual may be before it counts as an outlier, at first and in the end. Of what is
    left of a motion that was even, at 30 frames/s: turn of joints and finger (rad per frame
    squared), shift (metres per frame squared), mood (of expressions). guess: of the 3-D points of a
    landmark network, metres on the body; finger_guess: on hands. expression: about rest, or about
    the detector's (measured).
    """

    body: float = 0.007
    feet: float = 0.008
    face: float = 0.006
    hand: float = 0.006
    robust: float = 12.0
    fine: float = 6.0
    turn: float = 0.022
    finger: float = 0.03
    shift: float = 0.006
    mood: float = 0.02
    guess: float = 0.06
    finger_guess: float = 0.012
    expression: float = 0.15
    measured: float = 0.07


@dataclass(frozen=True, slots=True)
class Settings:
    """gender: "neutral", "female", "male", or "guess": the better of the two if it is clearly so.
    focal: px; None takes the track's, or else a usual lens's, which the clip may correct.
    pose_space: "rotations" moves each joint and draws poses towards the prior; "latent" moves the
        pose prior's latent code instead, so that every pose is one the prior can make.
    prior: of body poses: the autoencoder, the mixture of Gaussians, both, or the limits of joints
        alone. prior_file: of the autoencoder, the user's own file or folder
        instead of the shipped one, as ``body.pose_prior.load`` takes it.
    expression, hands: whether to fit face and fingers.
    collisions: whether parts of the body are kept out of each other.
    chunk, overlap: frames that are fitted at once, and of these how many a chunk shares with the
        next, where the two are blended.
    """

    gender: str = "neutral"
    focal: float | None = None
    pose_space: str = "rotations"
    prior: str = "both"
    prior_file: Path | None = None
    expression: bool = True
    hands: bool = True
    collisions: bool = True
    chunk: int = 480
    overlap: int = 40
    spreads: Spreads = field(default_factory=Spreads)

    def __post_init__(self) -> None:
        for name, known in (("gender", GENDERS), ("pose_space", POSE_SPACES), ("prior", PRIORS)):
            if getattr(self, name) not in known:
                raise FitError(f"Got {name} = {getattr(self, name)!r}; wanted one of "
                               f"{', '.join(known)}.", "INVALID_GOAL")
        if self.focal is not None and not 0 < self.focal < float("inf"):
            raise FitError(f"Got a focal length of {self.focal:g} px; wanted one above 0, or None "
                           "to have it guessed.", "INVALID_GOAL")
        if not 0 <= self.overlap <= self.chunk // 2 or self.chunk < 2:
            raise FitError(f"Got chunks of {self.chunk} frames that overlap by {self.overlap}; "
                           "wanted at least 2 and an overlap of at most half.", "INVALID_GOAL")
