"""Unknowns that all frames of a clip share: the person's gender and shape, and the focal length.

They are found first, from frames spread over the whole clip, so that chunks agree about them and
memory does not grow with the recording's length.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinesics_core.body.model import BodyModel
from kinesics_core.fitting import stages
from kinesics_core.fitting.checkpoints import Checkpoints
from kinesics_core.fitting.chunks import STRIDE, keyframes
from kinesics_core.fitting.clip import PersonClip
from kinesics_core.fitting.prior_terms import pose_priors
from kinesics_core.fitting.settings import Settings
from kinesics_core.solver.interpenetration import collision_spheres
from kinesics_core.solver.kinematics import State
from kinesics_core.solver.rig import rig_of

SAMPLE = 48
"""Frames from which shape, focal length and gender are found in a long clip."""

MALE, FEMALE = 1.0, 1.12
"""Energy of the male body over that of the female one: up to which, and from which, the person is
taken for male or female, in between for neither. Of pictures of women it is 1.08 to 1.23, of men
0.90 to 1.10: a picture has no scale, and the shorter body fits most people a little better."""

CHECKPOINT = "person"
_STATE = ("local", "transl", "betas", "expression", "focal")
_PARTS = {*_STATE, "gender", "sample"}

BodyOfGender = Callable[[str], BodyModel]
"""Gives the body model of a gender, "neutral", "female" or "male"."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The person of a clip.

    Attributes:
        model: The body model of their gender.
        body: The same as the stages take it.
        state: Their shape and the focal length, with the poses of the rows ``sample``.
        sample: (S,) rows of the track.
    """

    model: BodyModel
    body: stages.StageBody
    state: State
    sample: np.ndarray


def find_subject(
    clip: PersonClip, rows: np.ndarray, body: BodyModel, genders: BodyOfGender | None,
    checkpoints: Checkpoints | None,
) -> Subject:
    """Find gender, shape and focal length.

    Args:
        clip: The track, and the settings, which say whether the gender is guessed.
        rows: Usable rows of the track.
        body: The body of the gender told, or neutral.
        genders: Gives the others; None: ``body`` is taken.
        checkpoints: Where the person is kept and found again.
    """
    began = time.monotonic()
    try:
        candidates = [body]
        if clip.settings.gender == "guess" and genders is not None:
            candidates = [genders("female"), genders("male")]
        kept = checkpoints.load(CHECKPOINT) if checkpoints is not None else None
        if kept is not None and kept.keys() >= _PARTS:
            return _kept(kept, [*candidates, body], clip.settings)
        sample = _sample(rows, clip.settings.chunk)
        found = [_sampled(clip, model, sample) for model in candidates]
        subject = found[0][0]
        if len(found) == 2:
            ratio = found[1][1] / found[0][1]
            if ratio >= FEMALE or ratio <= MALE:
                subject = found[int(ratio <= MALE)][0]
            else:
                subject, _ = _sampled(clip, body, sample)
        if checkpoints is not None:
            checkpoints.save(CHECKPOINT, _parts(subject))
        return subject
    finally:
        clip.seconds["camera"] += time.monotonic() - began


def _parts(subject: Subject) -> dict[str, Any]:
    """Return the person as arrays by name, from which ``_kept`` makes the same again.

    The poses are kept too: a clip of one chunk goes on from them.
    """
    state = subject.state
    parts = {"gender": subject.model.gender, "sample": subject.sample}
    parts |= {name: getattr(state, name) for name in _STATE}
    return parts if state.code is None else parts | {"code": state.code}


def _kept(kept: dict[str, np.ndarray], models: list[BodyModel], settings: Settings) -> Subject:
    """Return the person that an earlier run found."""
    names = [model.gender for model in models]
    model = models[names.index(str(kept["gender"]))]
    state = State(kept["local"], kept["transl"], kept["betas"], kept["expression"],
                  float(kept["focal"]), kept.get("code"))
    return Subject(model, _stage_body(model, settings), state, kept["sample"])


def _sample(rows: np.ndarray, chunk: int) -> np.ndarray:
    """Return the keyframes of a single chunk, or a few rows spread over a longer clip."""
    if len(rows) <= chunk:
        return rows[keyframes(len(rows))]
    return rows[np.linspace(0, len(rows) - 1, SAMPLE).round().astype(int)]


def _sampled(clip: PersonClip, model: BodyModel, sample: np.ndarray) -> tuple[Subject, float]:
    """Fit shape, focal length and poses to some rows of the track; and say how well they fit."""
    body = _stage_body(model, clip.settings)
    state = stages.rest_state(body, len(sample), clip.focal, model.shape_directions.shape[2],
                              model.expression_directions.shape[2])
    stage = clip.stage("camera", body, clip.evidence(sample, clip.focal))
    state = stages.first_poses(stage, state)
    state, _ = stages.shape_and_camera(stage, state, clip.focal_known)
    state = stages.settle_limbs(stage, state, STRIDE / clip.track.rate)
    state, energy = stages.shape_and_camera(stage, state, clip.focal_known)
    return Subject(model, body, state, sample), energy


def _stage_body(model: BodyModel, settings: Settings) -> stages.StageBody:
    rig = rig_of(model)
    return stages.body_of(
        model, rig, pose_priors(settings.prior, settings.prior_file),
        collision_spheres(model, rig) if settings.collisions else None)
