"""What is asked of a fit of a recording, and what is answered: plain data, as in ``FitMesh``."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

GENDERS = ("neutral", "female", "male", "guess")


@dataclass(frozen=True, slots=True)
class Request:
    """One recording to be fitted.

    input: a video, a folder of images, a bag, or a file of keypoints. output: directory to write.
    gender: one of ``GENDERS``. person: id of the one to fit, 0 for everybody.
    first, last: frame numbers of the source, from 0, the last one included; None: to the end.
    meshes, overlays: whether to write one .obj and one picture a frame (and the overlay video).
    resume: take up what an interrupted run left in ``output``; False begins again.
    body_model: file or folder of the body to fit; None: the one that is shipped.
    prior: file or folder of the pose prior; None: the one that is shipped.
    focal: px, if known. keypoints: folder of OpenPose's JSON files to use instead of perception.
    pose_space: "rotations", "latent", or None for the fit's default.
    """

    input: Path
    output: Path
    gender: str = "neutral"
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


@dataclass(slots=True)
class Person:
    """What came of one person. id as in the keypoints, folder relative to the output ("" if it is
    the output itself), frames fitted, and figures of ``fit.json``: median and 95th percentile of
    the reprojection error (px), median error as a share of the person's height (%), mean
    penetration (mm), jitter (mean acceleration of the joints, m/s^2), frames that failed."""

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
class Report:
    """What came of a request, whole or not; everything it names is usable.

    files: what lies in the output, relative to it. frames_fitted: over all people. people: one
    entry each. reprojection_px: median over frames, nan if none. frames_per_second: of the fit
    itself, without keypoints and writing. seconds: time per stage; of the fit's own as long as it
    took when it was made, of the others in this run. failures: sentences about frames and people
    that could not be fitted, and what a user should know of the recording. complete: all that was
    asked for is there. error_code: one of ``errors.CODES``; message: one sentence.
    """

    files: list[str] = field(default_factory=list)
    frames_fitted: int = 0
    people: list[Person] = field(default_factory=list)
    reprojection_px: float = float("nan")
    frames_per_second: float = float("nan")
    seconds: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    complete: bool = False
    error_code: str = "NONE"
    message: str = ""
