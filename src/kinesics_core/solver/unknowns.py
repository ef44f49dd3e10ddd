"""Which unknowns a stage of the fit moves, and in what order its columns hold them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from kinesics_core.solver.kinematics import Posed, State, moved

_NONE = np.zeros(0, int)
LARGEST_TURN = 0.7  # rad a step: beyond, the linearisation tells nothing
LARGEST_MOVE = 0.25  # of the distance to the camera
NEAREST = 0.2  # m: nobody is filmed from closer


@dataclass(frozen=True, slots=True)
class Unknowns:
    """Columns of a frame: three for each of `joints` (small rotations about the camera's axes),
    three of the translation, one for each of `expressions`. Shared columns: one for each of
    `shapes`, and the logarithm of the focal length."""

    joints: np.ndarray
    translation: bool = True
    expressions: np.ndarray = field(default_factory=lambda: _NONE)
    shapes: np.ndarray = field(default_factory=lambda: _NONE)
    focal: bool = False

    @property
    def turns(self) -> slice:
        return slice(0, 3 * len(self.joints))

    @property
    def shift(self) -> slice:
        return slice(self.turns.stop, self.turns.stop + 3 * self.translation)

    @property
    def moods(self) -> slice:
        return slice(self.shift.stop, self.shift.stop + len(self.expressions))

    @property
    def count(self) -> int:
        return self.moods.stop

    @property
    def shared(self) -> int:
        return len(self.shapes) + self.focal

    def columns(self, joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Those of `joints` that are free: where they are in `joints`, and in `self.joints`."""
        place = {int(j): i for i, j in enumerate(self.joints)}
        found = [(i, place[int(j)]) for i, j in enumerate(joints) if int(j) in place]
        pairs = np.array(found, int).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]


def stepped(
    unknowns: Unknowns, state: State, posed: Posed, step: np.ndarray, shared: np.ndarray
) -> State:
    """The state after a step, (T, n) and (S,), shortened where it is wild."""
    step = step.astype(state.local.dtype)
    turn = step[:, unknowns.turns].reshape(len(step), -1, 3)
    size = np.linalg.norm(turn, axis=2, keepdims=True)
    turn = turn * np.minimum(1, LARGEST_TURN / np.maximum(size, 1e-9))
    new = replace(state, local=moved(state, posed, unknowns.joints, turn))
    if unknowns.translation:
        shift = step[:, unknowns.shift]
        size = np.linalg.norm(shift, axis=1, keepdims=True)
        most = LARGEST_MOVE * np.maximum(posed.joints[:, :1, 2], NEAREST)
        new.transl = state.transl + shift * np.minimum(1, most / np.maximum(size, 1e-9))
        new.transl[:, 2] = np.maximum(new.transl[:, 2], NEAREST)
    if len(unknowns.expressions):
        new.expression = state.expression.copy()
        new.expression[:, unknowns.expressions] += step[:, unknowns.moods]
        np.clip(new.expression, 0, 1, out=new.expression)
    shapes = len(unknowns.shapes)
    if shapes:
        new.betas = state.betas.copy()
        new.betas[unknowns.shapes] = np.clip(
            state.betas[unknowns.shapes] + np.clip(shared[:shapes], -1, 1), -4, 4)
    if unknowns.focal:
        new.focal = float(state.focal * np.exp(np.clip(shared[shapes], -0.2, 0.2)))
    return new
