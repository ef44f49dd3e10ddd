"""A request to fit a recording, and the report of what came of it: data, as in ``FitMesh``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kinesics_core.fitting.errors import FitError
from kinesics_core.fitting.settings import GENDERS, GLB_INFLUENCES, Settings
from kinesics_core.settings import same_as


@dataclass(frozen=True, slots=True)
class FitRequest:
    """One recording to be fitted.

    Attributes:
        input: A video, a folder of images, a bag, or a file of keypoints.
        output: Directory to write.
        gender: One of ``settings.GENDERS``.
        person: Id of the one to fit, 0 for everybody.
        first: First frame of the source, from 0.
        last: Last frame, included; None: to the end.
        meshes: Whether to write one .obj a frame.
        overlays: Whether to write one picture a frame, and the overlay video.
        resume: Whether to take up what an interrupted run left in ``output``; False begins again.
        body_model: File or folder of the body to fit; None: the one that is shipped.
        prior: File or folder of the pose prior; None: the one that is shipped.
        focal: Focal length, px, if known.
        keypoints: Folder of OpenPose's JSON files, or AlphaPose's or COCO's list, to use
            instead of perception.
        pose_space: "rotations", "latent", or None for the fit's default.
        glb_influences: Joints that a vertex of the glTF file may follow, one of
            ``settings.GLB_INFLUENCES``.
        labels: What is known of the recording, such as {"emotion": "anger"}; kept in the files.
        label_pattern: Of a folder of videos: the labels in their names, see ``dataset.labels``.
    """

    input: Path
    output: Path
    gender: str = same_as(Settings, "gender")
    person: int = 0
    first: int = 0
    last: int | None = None
    meshes: bool = True
    overlays: bool = True
    resume: bool = True
    body_model: Path | None = None
    prior: Path | None = None
    focal: float | None = None
    keypoints: Path | None = None
    pose_space: str | None = None
    glb_influences: int = GLB_INFLUENCES[0]
    labels: Mapping[str, str] = field(default_factory=dict)
    label_pattern: str | None = None

    @property
    def first_gender(self) -> str:
        """Gender of the body that the fit begins with."""
        return "neutral" if self.gender == "guess" else self.gender

    def settings(self) -> Settings:
        """Return the settings of the fit that the request asks for."""
        given: dict[str, Any] = {"gender": self.gender}
        if self.focal is not None:
            given["focal"] = self.focal
        if self.pose_space is not None:
            given["pose_space"] = self.pose_space
        if self.prior is not None:
            given["prior_file"] = self.prior
        return Settings(**given)

    def check(self) -> None:
        """Refuse a request that contradicts itself or names what is not there.

        Raises:
            FitError: With the code of what is wrong.
        """
        def refuse(sentence: str, code: str = "INVALID_GOAL") -> None:
            raise FitError(sentence, code)

        if self.gender not in GENDERS:
            refuse(f"Got the gender {self.gender!r}; wanted one of {', '.join(GENDERS)}.")
        if self.person < 0:
            refuse(f"Got person {self.person}; wanted an id from 1, or 0 for everybody.")
        if self.first < 0 or self.last is not None and self.last < self.first:
            refuse(f"Got the frames {self.first} to {self.last}; wanted first <= last, both"
                   " counted from 0.")
        if self.focal is not None and not 1.0 <= self.focal <= 1e6:
            refuse(f"Got a focal length of {self.focal:g} px; wanted 1 to 1,000,000.")
        if self.glb_influences not in GLB_INFLUENCES:
            refuse(f"Got {self.glb_influences} joints a vertex for the glTF file; wanted"
                   f" {' or '.join(map(str, GLB_INFLUENCES))}.")
        if not self.input.exists():
            refuse(f"{self.input} does not exist; give a video, a folder of images, a bag or a file"
                   " of keypoints.", "INPUT_UNREADABLE")
        if self.keypoints is not None and not (
                self.keypoints.is_dir() or self.keypoints.suffix.lower() == ".json"
                and self.keypoints.is_file()):
            refuse(f"{self.keypoints} is no folder; give the one OpenPose wrote its JSON files"
                   " to, or AlphaPose's or COCO's .json.", "INPUT_UNREADABLE")
        if self.prior is not None:
            if not self.prior.exists():
                refuse(f"The pose prior {self.prior} does not exist; give its file or folder.",
                       "MODEL_MISSING")
            from kinesics_core.pose_priors import vae

            vae.load(self.prior)
        if self.output.exists() and not self.output.is_dir():
            refuse(f"The output {self.output} is a file; give a directory.")


@dataclass(slots=True)
class PersonReport:
    """Figures of one person's fit, out of their ``fit.json``.

    Attributes:
        id: As in the keypoints.
        folder: Of their files, relative to the output; "" if it is the output itself.
        frames: Frames fitted.
        reprojection_px: Median reprojection error.
        reprojection_p95_px: Its 95th percentile.
        reprojection_percent: Median error as a share of the person's height, per cent.
        penetration_mm: Mean overlap of the body's parts.
        jitter: Mean acceleration of the joints, m/s^2.
        failed: Frames that could not be fitted.
    """

    id: int
    folder: str
    frames: int
    reprojection_px: float
    reprojection_p95_px: float
    reprojection_percent: float
    penetration_mm: float
    jitter: float
    failed: int


@dataclass(slots=True)
class FitReport:
    """Outcome of a request, whole or not; everything it names is usable.

    Attributes:
        files: What lies in the output, relative to it.
        frames_fitted: Over all people.
        people: One entry each.
        reprojection_px: Median over frames, nan if none.
        frames_per_second: Of the fit itself, without keypoints and writing.
        seconds: Time per stage; of the fit's own as long as it took when it was made, of the
            others in this run.
        failures: Sentences about frames and people that could not be fitted, and what a user
            should know of the recording.
        complete: Whether all that was asked for is there.
        error_code: One of ``errors.CODES``.
        message: One sentence about what went wrong, or "".
    """

    files: list[str] = field(default_factory=list)
    frames_fitted: int = 0
    people: list[PersonReport] = field(default_factory=list)
    reprojection_px: float = float("nan")
    frames_per_second: float = float("nan")
    seconds: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    complete: bool = False
    error_code: str = "NONE"
    message: str = ""
