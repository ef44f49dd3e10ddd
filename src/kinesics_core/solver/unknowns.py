"""The unknowns that a stage of the fit moves, and the order of their columns."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from kinesics_core.solver.kinematics import Posed, State, rotated

_NONE = np.zeros(0, int)
LARGEST_TURN = 0.7  # rad a step: beyond, the linearisation tells nothing
LARGEST_MOVE = 0.25  # of the distance to the camera
NEAREST = 0.2  # m: nobody is filmed from closer


@dataclass(frozen=True, slots=True)
class Unknowns:
    """The free unknowns. Columns of a frame: rotations, translation, expressions, in this order.

    Shared columns, once for the clip: shape coefficients, then the logarithm of the focal length.

    Attributes:
        joints: (J',) joints that are free, three columns each: small rotations about the camera's
            axes.
        translation: Whether the translation is free, three columns.
        expressions: (E',) expressions that are free, a column each.
        shapes: Shape coefficients that are free, a shared column each.
        focal: Whether the focal length is free, the last shared column.
    """

    joints: np.ndarray
    translation: bool = True
    expressions: np.ndarray = field(default_factory=lambda: _NONE)
    shapes: np.ndarray = field(default_factory=lambda: _NONE)
    focal: bool = False

    @property
    def rotation_columns(self) -> slice:
        """Columns of the small rotations, joint by joint."""
        return slice(0, 3 * len(self.joints))

    @property
    def translation_columns(self) -> slice:
        """Columns of the translation; empty if it is held."""
        return slice(self.rotation_columns.stop, self.rotation_columns.stop + 3 * self.translation)

    @property
    def expression_columns(self) -> slice:
        """Columns of the expressions."""
        first = self.translation_columns.stop
        return slice(first, first + len(self.expressions))

    @property
    def count(self) -> int:
        """Number of columns of a frame."""
        return self.expression_columns.stop

    @property
    def shared(self) -> int:
        """Number of shared columns."""
        return len(self.shapes) + self.focal

    def free_among(self, joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return which of ``joints`` are free: their places in it, and in ``self.joints``."""
        place = {int(j): i for i, j in enumerate(self.joints)}
        found = [(i, place[int(j)]) for i, j in enumerate(joints) if int(j) in place]
        pairs = np.array(found, int).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]


def stepped(unknowns: Unknowns, posed: Posed, step: np.ndarray, shared: np.ndarray) -> State:
    """Return the state after a step, shortened where it is wild.

    Args:
        unknowns: What the columns are.
        posed: The body at the state the step begins at, T frames.
        step: (T, n), of the columns of each frame.
        shared: (S,), of the shared columns.
    """
    state = posed.state
    step = step.astype(state.local.dtype)
    turn = step[:, unknowns.rotation_columns].reshape(len(step), -1, 3)
    size = np.linalg.norm(turn, axis=2, keepdims=True)
    turn = turn * np.minimum(1, LARGEST_TURN / np.maximum(size, 1e-9))
    new = replace(state, local=rotated(posed, unknowns.joints, turn))
    if unknowns.translation:
        shift = step[:, unknowns.translation_columns]
        size = np.linalg.norm(shift, axis=1, keepdims=True)
        most = LARGEST_MOVE * np.maximum(posed.joints[:, :1, 2], NEAREST)
        new.transl = state.transl + shift * np.minimum(1, most / np.maximum(size, 1e-9))
        new.transl[:, 2] = np.maximum(new.transl[:, 2], NEAREST)
    if len(unknowns.expressions):
        new.expression = state.expression.copy()
        new.expression[:, unknowns.expressions] += step[:, unknowns.expression_columns]
        np.clip(new.expression, 0, 1, out=new.expression)
    shapes = len(unknowns.shapes)
    if shapes:
        new.betas = state.betas.copy()
        new.betas[unknowns.shapes] = np.clip(
            state.betas[unknowns.shapes] + np.clip(shared[:shapes], -1, 1), -4, 4)
    if unknowns.focal:
        new.focal = float(state.focal * np.exp(np.clip(shared[shapes], -0.2, 0.2)))
    return new
