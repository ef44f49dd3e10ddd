"""Sizes of a character's head, eyes and arms, changed before it is posed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kinesics_core.body.model import BodyModel
from kinesics_core.skeletons import SMPLX55

EYES = ("left_eye_smplhf", "right_eye_smplhf")
JOINT = {name: index for index, name in enumerate(SMPLX55)}


@dataclass(frozen=True, slots=True)
class Proportions:
    """Sizes of parts of a character, as factors.

    Attributes:
        head: Of the head, about its joint; a face that must be read from afar is on a larger one.
        eyes: Of the eyes with their lids.
        arms: Of the length from shoulder to wrist.
    """

    head: float = 1.0
    eyes: float = 1.0
    arms: float = 1.0


def scaled(model: BodyModel, proportions: Proportions) -> BodyModel:
    """Return a body of other proportions."""
    if proportions.eyes != 1.0:
        model = _scale_eyes(model, proportions.eyes)
    if proportions.arms != 1.0:
        model = _scale_arms(model, proportions.arms)
    if proportions.head != 1.0:
        model = _scale_head(model, proportions.head)
    return model


def _scale_head(model: BodyModel, scale: float) -> BodyModel:
    """Scale the head with jaw and eyes about its joint."""
    names = ("head", "jaw", *EYES)
    share = model.weights[:, [JOINT[name] for name in names]].sum(1, keepdims=True)
    pivot = model.joint_template[JOINT["head"]]
    grown = 1.0 + (scale - 1.0) * share
    of_head = np.isin(np.arange(len(model.joint_template)), [JOINT[name] for name in names])
    growth = np.where(of_head, scale, 1.0)[:, None]
    return replace(
        model,
        template=(pivot + grown * (model.template - pivot)).astype(np.float32),
        expression_directions=(grown[..., None] * model.expression_directions).astype(np.float32),
        joint_template=np.where(
            growth != 1.0, pivot + growth * (model.joint_template - pivot), model.joint_template
        ).astype(np.float32),
        joint_directions=(growth[..., None] * model.joint_directions).astype(np.float32),
    )


def _scale_arms(model: BodyModel, scale: float) -> BodyModel:
    """Scale the arms between shoulder and wrist; in T-pose they lie along x."""
    shoulder, wrist = (model.joint_template[JOINT[f"left_{part}"], 0]
                       for part in ("shoulder", "wrist"))

    def shortened(points: np.ndarray) -> np.ndarray:
        out = points.copy()
        arm = np.clip(np.abs(points[:, 0]) - shoulder, 0.0, wrist - shoulder)
        out[:, 0] -= np.sign(points[:, 0]) * (1.0 - scale) * arm
        return out

    return replace(model, template=shortened(model.template),
                   joint_template=shortened(model.joint_template))


def _scale_eyes(model: BodyModel, scale: float) -> BodyModel:
    """Move everything near an eye away from its middle: lids keep lying on the eyeball."""
    template = model.template.copy()
    directions = model.expression_directions.copy()
    for name in EYES:
        offset = model.template - model.joint_template[JOINT[name]]
        growth = (scale - 1.0) * np.exp(-(offset**2).sum(1, keepdims=True) / 0.021**2)
        template += growth * offset
        directions += growth[..., None] * model.expression_directions
    return replace(model, template=template.astype(np.float32),
                   expression_directions=directions.astype(np.float32))
