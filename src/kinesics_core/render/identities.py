"""People whose faces are drawn: body shape, colours; and random ones for making data."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kinesics_core.body import model as body_model
from kinesics_core.body.model import BodyModel
from kinesics_core.render.character_texture import Palette


@dataclass(frozen=True, slots=True)
class Identity:
    """One person.

    Attributes:
        palette: Colours of skin, hair, eyes and clothes.
        gender: Of the open body, one of ``body.model.GENDERS``.
        betas: Components of shape, standard deviations; at most ten.
    """

    palette: Palette
    gender: str = "neutral"
    betas: tuple[float, ...] = ()

    def body(self) -> BodyModel:
        """Return this person's body: the open one with the shape in its template."""
        return shaped(body_model.load(gender=self.gender), self.betas)


ROBOT = Palette(
    skin=(228, 182, 156), hair=(58, 44, 42), shirt=(42, 132, 146), trousers=(46, 54, 70),
    shoes=(40, 42, 48), iris=(62, 112, 104),
)
"""Colours of the robot's character."""

PLAIN = Identity(ROBOT)
"""The open body's mean shape in the robot's colours."""

_SKINS = ((244, 208, 186), (236, 192, 166), (228, 182, 156), (206, 158, 126), (180, 132, 100),
          (150, 104, 76), (128, 88, 66), (106, 73, 56))
_HAIRS = ((28, 22, 20), (44, 32, 26), (62, 44, 34), (92, 62, 40), (140, 100, 58), (176, 142, 92),
          (120, 62, 36), (120, 116, 114))
_IRISES = ((62, 112, 104), (76, 50, 32), (52, 34, 24), (84, 110, 140), (98, 120, 78))


def random_identity(seed: int) -> Identity:
    """Return a person of random shape and colours; the same seed gives the same person.

    Shape components are normal with standard deviation .9 and cut at 2; dark skin comes with dark
    hair and eyes, as it mostly does.
    """
    random = np.random.default_rng(seed)
    skin = int(random.integers(len(_SKINS)))
    hair, iris = (_HAIRS, _IRISES) if skin < 4 else (_HAIRS[:3], _IRISES[1:3])
    shirt = _color(random.integers(30, 210, 3))
    betas = np.clip(random.normal(0.0, 0.9, 10), -2.0, 2.0).round(3)
    # Stature and build do not matter to a face, and extremes of them stretch the neck.
    betas[:2] *= 0.5
    tone = random.integers(-8, 9)
    palette = replace(
        ROBOT, skin=_color(np.clip(np.array(_SKINS[skin]) + tone, 20, 250)),
        hair=hair[int(random.integers(len(hair)))], iris=iris[int(random.integers(len(iris)))],
        shirt=shirt)
    return Identity(palette, ("female", "male", "neutral")[int(random.integers(3))],
                    tuple(float(b) for b in betas))


def _color(values: np.ndarray) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in values)
    return red, green, blue


def shaped(model: BodyModel, betas: tuple[float, ...]) -> BodyModel:
    """Return a body whose template has the shape of ``betas``, at most its components."""
    if not betas:
        return model
    weights = np.asarray(betas, np.float32)
    count = len(weights)
    return replace(
        model,
        template=(model.template + model.shape_directions[..., :count] @ weights),
        joint_template=(model.joint_template + model.joint_directions[..., :count] @ weights))
