"""The body's 52 face targets, mended for a face that is looked at.

MakeHuman's face units are correct but shy: raised brows, frowns, sneers and bared teeth are weaker
than ARKit's shapes of the same weight, pressed lips smile, and what two muscles do together is not
the sum of what each does alone. ``mended`` returns the body with

- gains on whole targets (``GAINS``);
- smooth displacements on top (``PUSHES``), placed by the face's landmarks in millimetres of a face
  whose eyes are 60 mm apart, so that they fit any shape of the body;
- targets made anew from others where the original says something else (``_replaced``);
- corrective targets for pairs of shapes (``CORRECTIVES``), weighted by their product.

Sizes are authored, with FACS's descriptions (Ekman, Friesen & Hager 2002) and the documentation of
ARFaceAnchor.BlendShapeLocation as the model, and were checked by reading renders back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kinesics_core.body.model import BodyModel
from kinesics_core.skeletons import ARKIT_BLENDSHAPES, BLENDSHAPE_INDEX

EYES_APART = 0.0594
"""Metres between the eyeballs of the mean body, for which sizes are authored."""

OPENED_LIDS = 0.40
"""Share of eyeWide in the resting face: MakeHuman's lids are 7 mm apart, people's 10."""

GAINS = {
    "browInnerUp": 1.55, "browOuterUp": 1.35, "browDown": 1.3, "eyeWide": 1.15,
    "noseSneer": 1.3, "mouthUpperUp": 1.35, "mouthLowerDown": 1.9, "mouthFrown": 1.35,
    "mouthStretch": 1.25, "mouthShrugLower": 1.15, "mouthRollLower": 1.15,
    "eyeLookDown": 1.35,
}
"""Factors on whole targets, by name without side."""


@dataclass(frozen=True, slots=True)
class Push:
    """A smooth displacement of the left side of a target (the right is its mirror image).

    Attributes:
        landmark: Of 68, iBUG order, on the person's left; the middle of the displacement.
        offset: (x outwards, y up) from it, mm.
        move: (x outwards, y up, z forward), mm.
        radius: (x, y), mm: two standard deviations.
        lips: "upper" or "lower" moves only that lip's side of the mouth; None moves both.
    """

    landmark: int
    offset: tuple[float, float]
    move: tuple[float, float, float]
    radius: tuple[float, float]
    lips: str | None = None


PUSHES: dict[str, tuple[Push, ...]] = {
    "browDown": (
        Push(22, (-1, -1), (-2.2, -2.4, 1.2), (17, 12)),
        Push(25, (0, 0), (-0.6, 1.4, 0.2), (22, 14)),
    ),
    "browInnerUp": (Push(23, (0, 0), (0.0, 1.2, 0.0), (20, 16)),),
    "browOuterUp": (Push(24, (0, 0), (0.0, 1.8, 0.0), (22, 16)),),
    "cheekSquint": (
        Push(46, (4, -16), (0.5, 3.0, 3.0), (30, 24)),
        Push(46, (0, -1), (0.0, 0.5, 0.3), (22, 7)),
    ),
    "eyeSquint": (
        Push(43, (4, 1), (0.0, -1.1, 0.0), (24, 8)),
        Push(46, (4, -12), (0.0, 1.6, 1.2), (30, 16)),
    ),
    "eyeWide": (Push(46, (2, 0), (0.0, -0.4, 0.0), (24, 7)),),
    "eyeLookUp": (Push(43, (3, 1), (0.0, 1.5, 0.0), (24, 8)),),
    "noseSneer": (
        Push(35, (1, 2), (1.4, 3.0, 0.6), (13, 13)),
        Push(27, (7, -8), (1.0, 2.6, 1.4), (13, 16)),
        Push(35, (14, 6), (0.5, 3.2, 2.6), (20, 20)),
        Push(52, (2, 1), (0.5, 3.2, 0.4), (20, 12), "upper"),
    ),
    "mouthSmile": (
        Push(54, (1, 0), (3.2, 1.6, -1.0), (17, 15)),
        Push(54, (14, 24), (0.5, 3.4, 4.2), (28, 26)),
        Push(46, (2, -3), (0.0, 0.9, 0.4), (28, 10)),
    ),
    "mouthFrown": (
        Push(54, (0, 0), (2.4, -1.8, -0.6), (17, 15)),
        Push(55, (2, -12), (0.0, -1.0, 1.4), (18, 16)),
    ),
    "mouthStretch": (
        Push(54, (1, 0), (4.0, 0.6, -1.6), (20, 18)),
        Push(55, (0, -2), (2.0, -1.6, 0.0), (24, 12), "lower"),
    ),
    "mouthDimple": (Push(54, (2, 0), (0.6, -1.2, -2.4), (14, 14)),),
    "mouthUpperUp": (
        Push(52, (4, 0), (0.6, 1.6, 0.6), (24, 10), "upper"),
        Push(35, (10, 2), (0.0, 1.6, 1.8), (18, 18)),
    ),
    "mouthLowerDown": (Push(56, (4, 0), (0.8, -1.6, 0.2), (22, 10), "lower"),),
    "mouthClose": (
        Push(66, (0, 0), (0.0, 2.6, 0.6), (44, 16), "lower"),
        Push(62, (0, 0), (0.0, -0.9, 0.0), (44, 14), "upper"),
    ),
}
"""Displacements by target without side. One in the middle of the face is given at half its size,
as its mirror image is added."""

CLOSED_LIPS = Push(66, (0, 0), (0.0, 0.55, 0.0), (46, 9), "lower"), \
    Push(62, (0, 0), (0.0, -0.40, 0.0), (46, 9), "upper")
"""Displacements of the resting face, whose lips are parted by a millimetre. (Each is added for
both sides.)"""

PRESSED = 0.18, 0.30
"""Shares: mouthPress keeps the first of MakeHuman's, which smiles, and
takes the second of both rolled lips."""

_SIDED = tuple(name[:-4] for name in ARKIT_BLENDSHAPES if name.endswith("Left"))


@dataclass(frozen=True, eq=False)
class MendedFace:
    """A body with mended targets.

    Attributes:
        model: Its ``expression_directions`` are (V, 3, 52 + C): the correctives come last.
        pairs: (C, 2) int, the shapes whose weights' product weighs each corrective. A pair of the
            same shape is weighed by 4 w (1 - w), which is 1 half-way.
    """

    model: BodyModel
    pairs: np.ndarray


def with_correctives(expression: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Return weights (N, 52 + C) of faces (N, 52) with those of the correctives."""
    one, other = expression[:, pairs[:, 0]], expression[:, pairs[:, 1]]
    same = pairs[:, 0] == pairs[:, 1]
    return np.concatenate(
        [expression, np.where(same, 4.0 * one * (1.0 - one), one * other)], 1, dtype=np.float32)


def mended(model: BodyModel, at: np.ndarray, skin: np.ndarray) -> MendedFace:
    """Mend a body's face targets.

    Args:
        model: A body with the 52 targets; one with other expressions is returned as it is.
        at: (68, 3) landmarks of its template, metres.
        skin: (V,) bool, what is skin or lining of the mouth: not eyes and tongue.
    """
    if model.expression_directions.shape[2] != len(ARKIT_BLENDSHAPES):
        return MendedFace(model, np.zeros((0, 2), int))
    original = model.expression_directions.astype(np.float32)
    field = _Fields(model.template, at, original, skin)
    targets = original.copy()
    for name, gain in GAINS.items():
        for index in _sides(name):
            targets[..., index] *= gain
    for name, pushes in PUSHES.items():
        for push in pushes:
            for sign, index in zip((1.0, -1.0), _sides(name, both=True), strict=True):
                targets[..., index] += field.push(push, sign)
    _replaced(targets, original, field)
    template = model.template.copy()
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        open_lid = OPENED_LIDS * original[..., BLENDSHAPE_INDEX[f"eyeWide{side}"]]
        open_lid[~skin] = 0.0
        template += open_lid
        for name, share in (("eyeBlink", 1.0), ("eyeSquint", 0.35)):
            targets[..., BLENDSHAPE_INDEX[f"{name}{side}"]] -= share * open_lid
        for push in CLOSED_LIPS:
            template += field.push(push, sign)
    correctives, pairs = _correctives(template, at, targets, field)
    count = len(pairs)
    joints = model.joint_directions
    return MendedFace(replace(
        model, template=template,
        expression_directions=np.concatenate([targets, correctives], 2),
        joint_directions=np.concatenate(
            [joints, np.zeros((*joints.shape[:2], count), joints.dtype)], 2),
    ), pairs)


class _Fields:
    """Smooth weights over one face, from its landmarks."""

    def __init__(
        self, template: np.ndarray, at: np.ndarray, targets: np.ndarray, skin: np.ndarray
    ) -> None:
        self.template, self.at, self.skin = template, at, skin
        eyes = np.linalg.norm(at[36:42].mean(0) - at[42:48].mean(0))
        self.unit = 1e-3 * float(eyes) / EYES_APART
        """Metres in a millimetre of the mean face."""
        self.left = 0.5 + 0.5 * np.tanh(template[:, 0] / (4.0 * self.unit))
        # The lower lip goes with the jaw.
        drop = -targets[:, 1, BLENDSHAPE_INDEX["jawOpen"]]
        self.lower = np.clip(drop / (0.5 * drop.max()), 0.0, 1.0)

    def push(self, push: Push, side: float) -> np.ndarray:
        """Return a displacement (V, 3), metres, on the left (1.0) or right (-1.0)."""
        share = self.around(push.landmark, push.offset, push.radius, side)
        if push.lips is not None:
            share = share * (self.lower if push.lips == "lower" else 1.0 - self.lower)
        return share[:, None] * np.array(push.move) * (side, 1.0, 1.0) * self.unit

    def around(
        self, landmark: int, offset: tuple[float, float], radius: tuple[float, float], side: float
    ) -> np.ndarray:
        """Return (V,) 0..1, a bump about a place of the skin."""
        centre = self.at[landmark] * (side, 1.0, 1.0)
        flat = centre[:2] + np.array(offset) * (side, 1.0) * self.unit
        off = (self.template[:, :2] - flat) / (0.5 * self.unit * np.array(radius))
        # Behind the skin of the place, as far as the lining of the mouth goes along.
        depth = (self.template[:, 2] - centre[2]) / (12.0 * self.unit)
        behind = np.maximum(-depth - 0.8, 0.0)
        share: np.ndarray = np.exp(-0.5 * ((off**2).sum(1) + behind**2))
        return np.where(self.skin & (share > 0.01), share, 0.0)


def _sides(name: str, *, both: bool = False) -> tuple[int, ...]:
    """Return the indices of a target by its name without side; one without sides twice if both."""
    if name in _SIDED:
        return BLENDSHAPE_INDEX[f"{name}Left"], BLENDSHAPE_INDEX[f"{name}Right"]
    return (BLENDSHAPE_INDEX[name],) * (2 if both else 1)


def _replaced(targets: np.ndarray, original: np.ndarray, field: _Fields) -> None:
    """Make those targets anew that say something else than their name, in place."""
    rolled = original[..., BLENDSHAPE_INDEX["mouthRollUpper"]] * 0.6 \
        + original[..., BLENDSHAPE_INDEX["mouthRollLower"]]
    keep, roll = PRESSED
    for index, share in zip(
            _sides("mouthPress"), (field.left, 1.0 - field.left), strict=True):
        targets[..., index] = keep * original[..., index] + roll * share[:, None] * rolled


def _correctives(
    template: np.ndarray, at: np.ndarray, targets: np.ndarray, field: _Fields
) -> tuple[np.ndarray, np.ndarray]:
    """Return corrective targets (V, 3, C), metres, and their pairs (C, 2)."""
    found: list[tuple[str, str, np.ndarray]] = []
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        blink = targets[..., BLENDSHAPE_INDEX[f"eyeBlink{side}"]]
        # A lid slides over the eyeball, not through it: half-way it is in front of the chord.
        ring = at[42:48] if sign > 0 else at[36:42]
        middle = ring.mean(0) - (0.0, 0.0, 13.0 * field.unit)
        out = template + 0.5 * blink - middle
        radius = np.linalg.norm(out, axis=1, keepdims=True)
        sagitta = (blink**2).sum(1, keepdims=True) / (8.0 * 14.0 * field.unit)
        found.append((f"eyeBlink{side}", f"eyeBlink{side}", 1.1 * sagitta * out / radius))
        # A closed eye is closed wherever it looks and however wide it would be.
        for name, share in (("eyeLookDown", 0.95), ("eyeLookUp", 0.95), ("eyeWide", 1.0),
                            ("eyeSquint", 0.8)):
            undone = -share * targets[..., BLENDSHAPE_INDEX[f"{name}{side}"]]
            undone[~field.skin] = 0.0
            found.append((f"eyeBlink{side}", f"{name}{side}", undone))
        # Frontalis and corrugator together (AU1 + AU4): the inner brow rises and is drawn in.
        lift = Push(22, (0, 0), (-1.8, 4.6, 0.6), (20, 15))
        found.append(("browInnerUp", f"browDown{side}", field.push(lift, sign)))
    pairs = np.array([[BLENDSHAPE_INDEX[one], BLENDSHAPE_INDEX[other]]
                      for one, other, _ in found])
    return np.stack([target for _, _, target in found], 2).astype(np.float32), pairs
