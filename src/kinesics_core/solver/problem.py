"""One stage's problem: which terms, of which keypoints, pull which unknowns how strongly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from kinesics_core.solver import coefficients, pose_terms
from kinesics_core.solver.gauss_newton import Linearise, OnIteration, minimise
from kinesics_core.solver.interpenetration import CollisionSpheres, add_interpenetration
from kinesics_core.solver.kinematics import Posed, State, forward, lever_operator
from kinesics_core.solver.normal_equations import NormalEquations
from kinesics_core.solver.points3d import Points3D, add_points3d
from kinesics_core.solver.pose_terms import Gaussian, Limits, Smoothness, Target
from kinesics_core.solver.reprojection import Observed, add_reprojection
from kinesics_core.solver.rig import Rig
from kinesics_core.solver.unknowns import Unknowns, stepped

Prior = Callable[[State], Gaussian | Target | Limits]
"""The term that draws a pose towards likelier ones, quadratic about the state it is at."""


def weighted(prior: Prior, share: float) -> Prior:
    """Return a prior whose term has a share of the weight."""

    def lighter(state: State) -> Gaussian | Target | Limits:
        term = prior(state)
        return replace(term, weight=term.weight * share)  # type: ignore[arg-type]

    return lighter


@dataclass(slots=True)
class Problem:
    """The terms of one stage; what is None or empty is left out.

    Attributes:
        rig: The body, with the keypoints that count.
        unknowns: What is free.
        observed: The keypoints, measured in the images.
        points3d: The same in space, guessed by a landmark network.
        priors: Of the pose, asked again in every step.
        spheres: Parts of the body that must not overlap.
        smooth: Ties frames to their neighbours.
        shape_weight: Of the prior of shape.
        expression: Mean and precision of the free expressions, (T or 1, E') each.
        focal: Guess of the focal length, px, and the precision of its logarithm.
    """

    rig: Rig
    unknowns: Unknowns
    observed: Observed
    points3d: Points3D | None = None
    priors: list[Prior] = field(default_factory=list)
    spheres: CollisionSpheres | None = None
    smooth: Smoothness | None = None
    shape_weight: float = 1.0
    expression: tuple[np.ndarray, np.ndarray] | None = None
    focal: tuple[float, float] | None = None

    def minimise(
        self, state: State, iterations: int, on_iteration: OnIteration, damping: float = 1e-2
    ) -> tuple[State, np.ndarray]:
        """Return the state of least energy near a state, and the energy of each frame, (T,)."""
        return minimise(state, self.linearise(), partial(stepped, self.unknowns), iterations,
                        on_iteration, damping=damping)

    def linearise(self) -> Linearise:
        """Return the function that gives the normal equations at a state."""
        operator = lever_operator(self.rig, self.unknowns.joints)

        def linearised(state: State) -> tuple[NormalEquations, Posed]:
            posed = forward(self.rig, state)
            normal = NormalEquations.empty(
                len(state.transl), self.unknowns.count, self.unknowns.shared)
            add_reprojection(normal, self.unknowns, posed, self.observed, operator)
            if self.points3d is not None:
                add_points3d(normal, self.unknowns, posed, self.points3d, operator)
            self._add_priors(normal, posed)
            if self.spheres is not None:
                add_interpenetration(
                    normal, self.unknowns, self.spheres, forward(self.spheres.rig, state))
            if self.smooth is not None and len(state.transl) > 2:
                self._add_smoothness(normal, posed, self.smooth)
            self._add_coefficients(normal, state)
            return normal, posed

        return linearised

    def _add_priors(self, normal: NormalEquations, posed: Posed) -> None:
        for prior in self.priors:
            term = prior(posed.state)
            if isinstance(term, Gaussian):
                pose_terms.add_gaussian(normal, self.unknowns, posed, term)
            elif isinstance(term, Limits):
                pose_terms.add_limits(normal, self.unknowns, posed, term)
            else:
                pose_terms.add_target(normal, self.unknowns, posed, term)

    def _add_smoothness(
        self, normal: NormalEquations, posed: Posed, smooth: Smoothness
    ) -> None:
        unknowns, state = self.unknowns, posed.state
        if len(unknowns.joints):
            pose_terms.add_smooth_rotations(normal, unknowns, posed, smooth)
        if unknowns.translation:
            pose_terms.add_smooth_values(normal, unknowns.translation_columns, state.transl,
                                         smooth.stencils, smooth.translation)
        if len(unknowns.expressions):
            pose_terms.add_smooth_values(
                normal, unknowns.expression_columns, state.expression[:, unknowns.expressions],
                smooth.stencils, smooth.expressions)

    def _add_coefficients(self, normal: NormalEquations, state: State) -> None:
        unknowns = self.unknowns
        if len(unknowns.shapes):
            coefficients.add_shape_prior(normal, unknowns, state, self.shape_weight)
        if self.expression is not None and len(unknowns.expressions):
            coefficients.add_expression_prior(normal, unknowns, state, *self.expression)
        if unknowns.focal and self.focal is not None:
            coefficients.add_focal_prior(normal, state, *self.focal)
