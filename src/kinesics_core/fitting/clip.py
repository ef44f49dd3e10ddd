"""One person's track as the stages of a fit take it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from kinesics_core.fitting.errors import FitError
from kinesics_core.fitting.evidence import Evidence, certainty_of
from kinesics_core.fitting.initial_camera import guessed_focal
from kinesics_core.fitting.progress import FitHooks, FitMonitor
from kinesics_core.fitting.settings import Settings
from kinesics_core.fitting.stages import StageBody, StageInputs
from kinesics_core.fitting.tracks.track import Track
from kinesics_core.pose_priors.lifter import lift
from kinesics_core.skeletons import WHOLEBODY133_BODY

ENOUGH = 5
"""Keypoints of the body that a frame must show to be fitted."""


@dataclass(slots=True)
class PersonClip:
    """A track of T frames, its camera, and how far its fit is.

    Attributes:
        track: The person's keypoints.
        settings: Of the fit.
        monitor: Passes progress on.
        certainty: (T, 133) 1/m, see ``certainty_of``.
        centre: (2,) px, the middle of the image.
        focal: Focal length, px, known or guessed.
        focal_known: Whether it is known, and so held.
        seconds: Time spent so far, by stage.
    """

    track: Track
    settings: Settings
    monitor: FitMonitor
    certainty: np.ndarray
    centre: np.ndarray
    focal: float
    focal_known: bool
    seconds: dict[str, float] = field(
        default_factory=lambda: {"camera": 0.0, "body": 0.0, "hands_face": 0.0})

    @classmethod
    def of(cls, track: Track, settings: Settings, hooks: FitHooks) -> PersonClip:
        """Return a track with what the settings say of its camera and its keypoints."""
        known = settings.focal or track.focal
        return cls(
            track, settings, FitMonitor(len(track), hooks),
            certainty_of(track.keypoints, settings.spreads),
            np.array([track.width, track.height], np.float32) / 2,
            known or guessed_focal(track.width, track.height), known is not None)

    def usable(self) -> np.ndarray:
        """Return the rows of the track that show enough of a body.

        Raises:
            FitError: NO_PERSON, if none does.
        """
        usable = (self.certainty[:, WHOLEBODY133_BODY] > 0).sum(axis=1) >= ENOUGH
        if not usable.any():
            raise FitError(
                f"None of the {len(usable)} frames of person {self.track.person} shows as many as "
                f"{ENOUGH} keypoints of the body with some confidence; wanted one that does.",
                "NO_PERSON")
        return np.flatnonzero(usable)

    def evidence(self, rows: np.ndarray, focal: float) -> Evidence:
        """Return what is known of some rows of the track, seen with a focal length in px."""
        track = self.track
        keypoints = track.keypoints[rows]
        return Evidence(
            keypoints, self.certainty[rows], self.centre, track.times[rows],
            lift(keypoints, track.width, track.height, focal),
            None if track.world is None else track.world[rows],
            None if track.blendshapes is None else track.blendshapes[rows])

    def stage(self, name: str, body: StageBody, evidence: Evidence) -> StageInputs:
        """Return the inputs of a stage; name: see ``progress.Progress``."""
        return StageInputs(body, evidence, self.settings, self.monitor.iterations_of(name))
