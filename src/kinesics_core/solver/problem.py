"""One stage's problem: which terms, of which keypoints, pull which unknowns how strongly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from kinesics_core.solver import coefficients, pose_terms
from kinesics_core.solver.gauss_newton import Linearise, Tick, minimise
from kinesics_core.solver.interpenetration import Balls, add_interpenetration
from kinesics_core.solver.kinematics import Posed, Rig, State, forward, lever_operator
from kinesics_core.solver.normal_equations import Normal
from kinesics_core.solver.points3d import Guessed, add_points
from kinesics_core.solver.reprojection import Observed, add_reprojection
from kinesics_core.solver.unknowns import Unknowns, stepped


@dataclass(frozen=True, slots=True)
class Gaussian:
    """Axis-angle vectors of some joints, (K,), are normal: mean (T or 1, 3 K), precision
    (T or 1, 3 K, 3 K)."""

    joints: np.ndarray
    mean: np.ndarray
    precision: np.ndarray
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Target:
    """Rotations of some joints, (K,), lie near others: (T or 1, K, 3, 3), weights (T or 1, K)."""

    joints: np.ndarray
    rotations: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True, slots=True)
class Smooth:
    """White second differences. stencils: (T, 3); turns: (J',) and shift: (3,) and moods: (E',),
    one over the variance, of free joints (1/rad^2), translation (1/m^2) and expressions, per frame
    time. robust: in standard deviations, where a rotation's term gives way; sudden moves exist."""

    stencils: np.ndarray
    turns: np.ndarray
    shift: np.ndarray
    moods: np.ndarray
    robust: float = np.inf


@dataclass(frozen=True, slots=True)
class Limits:
    """Axis-angle vectors of some joints, (K,), stay below limits (K, D) along directions
    (K, D, 3), or else have the weight, 1/rad^2."""

    joints: np.ndarray
    directions: np.ndarray
    highest: np.ndarray
    weight: float


Prior = Callable[[State], "Gaussian | Target | Limits"]
"""What draws a pose towards likelier ones, from where it is."""


def weighted(prior: Prior, share: float) -> Prior:
    """A prior that draws less."""

    def less(state: State) -> Gaussian | Target | Limits:
        pull = prior(state)
        return replace(pull, weight=pull.weight * share)  # type: ignore[arg-type]

    return less


@dataclass(slots=True)
class Problem:
    """rig: with the keypoints that count. The rest as named; what is None or empty is left out.
    priors: asked again in every step. expression: mean and precision (T or 1, E'). focal: guess of
    it and the precision of its logarithm."""

    rig: Rig
    unknowns: Unknowns
    observed: Observed
    guessed: Guessed | None = None
    priors: list[Prior] = field(default_factory=list)
    balls: Balls | None = None
    smooth: Smooth | None = None
    shape_weight: float = 1.0
    expression: tuple[np.ndarray, np.ndarray] | None = None
    focal: tuple[float, float] | None = None

    def minimise(
        self, state: State, iterations: int, tick: Tick, damping: float = 1e-2
    ) -> tuple[State, np.ndarray]:
        """The state of least energy near a state, and the energy of each frame."""
        return minimise(state, self.linearise(), partial(stepped, self.unknowns), iterations, tick,
                        damping=damping)

    def linearise(self) -> Linearise:
        """What `optimise.minimise` asks in every step."""
        operator = lever_operator(self.rig, self.unknowns.joints)

        def linearised(state: State) -> tuple[Normal, Posed]:
            posed = forward(self.rig, state)
            normal = Normal.empty(len(state.transl), self.unknowns.count, self.unknowns.shared)
            add_reprojection(
                normal, self.unknowns, self.rig, state, posed, self.observed, operator)
            if self.guessed is not None:
                add_points(normal, self.unknowns, posed, self.guessed, operator)
            self._add_priors(normal, state, posed)
            return normal, posed

        return linearised

    def _add_priors(self, normal: Normal, state: State, posed: Posed) -> None:
        unknowns = self.unknowns
        for prior in self.priors:
            pull = prior(state)
            if isinstance(pull, Gaussian):
                pose_terms.add_gaussian(normal, unknowns, state, posed, pull.joints, pull.mean,
                                        pull.precision, pull.weight)
            elif isinstance(pull, Limits):
                pose_terms.add_limits(normal, unknowns, state, posed, pull.joints,
                                      pull.directions, pull.highest, pull.weight)
            else:
                pose_terms.add_target(normal, unknowns, state, posed, pull.joints, pull.rotations,
                                      pull.weight)
        if self.balls is not None:
            add_interpenetration(normal, unknowns, self.balls, forward(self.balls.rig, state))
        if self.smooth is not None and len(state.transl) > 2:
            smooth = self.smooth
            if len(unknowns.joints):
                pose_terms.add_smooth_rotations(normal, unknowns, state, posed, smooth.stencils,
                                                smooth.turns, smooth.robust)
            if unknowns.translation:
                pose_terms.add_smooth_values(normal, unknowns.shift, state.transl,
                                             smooth.stencils, smooth.shift)
            if len(unknowns.expressions):
                pose_terms.add_smooth_values(
                    normal, unknowns.moods, state.expression[:, unknowns.expressions],
                    smooth.stencils, smooth.moods)
        if len(unknowns.shapes):
            coefficients.add_shape_prior(normal, unknowns, state, self.shape_weight)
        if self.expression is not None and len(unknowns.expressions):
            coefficients.add_expression_prior(normal, unknowns, state, *self.expression)
        if unknowns.focal and self.focal is not None:
            coefficients.add_focal_prior(normal, state, *self.focal)
