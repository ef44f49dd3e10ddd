"""A performance as binary glTF: the whole body dressed, its skeleton and 52 morph targets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from kinesics_core.body import gltf
from kinesics_core.expression.body_performance import Performance
from kinesics_core.view.body_picture import body_character
from kinesics_core.view.face_gltf import mesh_of, painting_of


def body_glb(performance: Performance) -> bytes:
    """Return the file of a performance.

    The mesh is the one that ``view.body_picture`` draws, in the shape of the performance's betas,
    with world axes y up; the joints are those of the open body. See ``view.face_gltf``.
    """
    character = body_character(performance.gender)
    # A glTF's targets are the 52; those that mend two at once are the drawn picture's alone.
    mesh = mesh_of(character)
    count = performance.frames.expression.shape[1]
    mesh = replace(mesh, expression_directions=mesh.expression_directions[..., :count])
    parameters: dict[str, Any] = performance.parameters
    return gltf.glb(
        mesh, times=performance.times, betas=np.asarray(performance.frames.betas), camera=False,
        painting=painting_of(character), **parameters)
