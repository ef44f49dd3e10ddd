"""Settings of a fit, and the standard deviations that its terms expect."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from kinesics_core.fitting.errors import FitError
from kinesics_core.settings import check, setting

GENDERS = ("neutral", "female", "male", "guess")
"""Genders of ``body.model``, written out so that commands start without numpy, and a guess."""

GLB_INFLUENCES = (4, 8)
"""Numbers of joints that a vertex of ``motion.glb`` may follow, the first by default."""

POSE_SPACES = ("rotations", "latent")
PRIORS = ("both", "vposer", "gmm", "none")


@dataclass(frozen=True, slots=True)
class Spreads:
    """Standard deviations that the terms expect; a smaller one pulls harder.

    Attributes:
        body: Of measured keypoints of the body, metres on the body.
        feet: The same of feet.
        face: The same of the face.
        hand: The same of hands.
        robust: Standard deviations from which a keypoint's residual counts as an outlier, at first.
        fine: The same in the end.
        turn: Of the second difference of a joint's rotation at 30 frames/s, rad per frame squared.
        finger: The same of a finger's joint.
        shift: The same of the translation, metres per frame squared.
        expression_change: The same of an expression, per frame squared.
        guess: Of the 3-D points of a landmark network, metres on the body.
        finger_guess: The same on hands.
        expression: Of an expression about rest.
        measured: Of an expression about the detector's blendshape.
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
    expression_change: float = 0.02
    guess: float = 0.06
    finger_guess: float = 0.012
    expression: float = 0.15
    measured: float = 0.07


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of the fit of one person.

    Attributes:
        gender: One of ``GENDERS``; "guess" is the better of the two if it is clearly so.
        focal: px; None takes the track's, or else a usual lens's, which the clip may correct.
        pose_space: "rotations" moves each joint and draws poses towards the prior; "latent" moves
            the pose prior's latent code instead, so that every pose is one the prior can make.
        prior: Of body poses: the autoencoder ("vposer"), the mixture of Gaussians ("gmm"), "both",
            or "none", the limits of joints alone.
        prior_file: Of the autoencoder, the user's own file or folder instead of the shipped one,
            as ``pose_priors.vae.load`` takes it.
        expression: Whether to fit the face.
        hands: Whether to fit the fingers.
        collisions: Whether parts of the body are kept out of each other.
        chunk: Frames that are fitted at once, at most.
        overlap: Frames that a chunk shares with the next, across which the two are blended.
        spreads: Standard deviations of the terms.
    """

    gender: str = setting(
        "neutral", "Gender of the body; guess: female or male if one is clearly better",
        choices=GENDERS)
    focal: float | None = None
    pose_space: str = setting(
        "rotations", "Optimise poses in the prior's space or as rotations", choices=POSE_SPACES)
    prior: str = setting("both", "Prior of body poses", choices=PRIORS)
    prior_file: Path | None = None
    expression: bool = True
    hands: bool = True
    collisions: bool = True
    chunk: int = 480
    overlap: int = 40
    spreads: Spreads = field(default_factory=Spreads)

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises:
            FitError: INVALID_GOAL, with what was got and what was wanted.
        """
        check(self, partial(FitError, code="INVALID_GOAL"))
        if self.focal is not None and not 0 < self.focal < float("inf"):
            raise FitError(f"Got a focal length of {self.focal:g} px; wanted one above 0, or None "
                           "to have it guessed.", "INVALID_GOAL")
        if not 0 <= self.overlap <= self.chunk // 2 or self.chunk < 2:
            raise FitError(f"Got chunks of {self.chunk} frames that overlap by {self.overlap}; "
                           "wanted at least 2 and an overlap of at most half.", "INVALID_GOAL")
