"""Body models of the SMPL family, read from files: ours, or the user's own SMPL-X, SMPL-H, SMPL.

A model is a mesh in T-pose that shape components, expressions and joint rotations deform:

    vertices = LBS(template + shape_directions betas + expression_directions expression
                   + pose_directions (rotations - I), joints, rotations, weights)

(Loper et al. 2015; Romero, Tzionas & Black 2017; Pavlakos et al. 2019, eq. 1-3.) ``body.lbs`` and
``body.skinning`` compute it. Model axes: x to the body's left, y up, z forward; metres.
The kind is told by the file's contents, not by its name. Pickles are not trusted: body.pickles.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core.assets.store import shipped
from kinesics_core.body import correspondences, pickles
from kinesics_core.body.correspondences import Correspondences
from kinesics_core.errors import AssetError, ModelError
from kinesics_core.files import Arrays
from kinesics_core.skeletons import SMPLX55, SMPLX_BODY

GENDERS = ("neutral", "female", "male")

JOINT_NAMES = {
    "smplx": SMPLX55,
    "smplh": (*SMPLX_BODY, *SMPLX55[25:]),
    "smpl": (*SMPLX_BODY, "left_hand", "right_hand"),
}
"""Joints of each kind. SMPL-X's are body, jaw, eyes, hands; a pose vector has the same order."""

_REQUIRED = ("v_template", "f", "shapedirs", "J_regressor", "weights", "kintree_table")
_SMALLEST, _LARGEST = 0.2, 4.0  # metres, arms outspread
_SHAPE_SPACE = 300  # columns of shape before those of expression, in a file of 400


@dataclass(frozen=True, eq=False)
class BodyModel:
    """A body of V vertices, F faces, J joints, B shape and E expression components; float32.

    Attributes:
        kind: "smplx" (J = 55), "smplh" (52) or "smpl" (24).
        gender: One of ``GENDERS``.
        template: (V, 3) metres, the mean shape in T-pose.
        shape_directions: (V, 3, B) metres per standard deviation.
        expression_directions: (V, 3, E) metres; of our own body E = 52, for a full
            ``skeletons.ARKIT_BLENDSHAPES`` each. E = 0 for SMPL-H and SMPL.
        pose_directions: ((J - 1) * 9, V * 3) metres, for the elements of rotation matrices (row by
            row, of all joints but the pelvis) minus identity; None if they are all zero.
        joint_regressor: (J, V), from the vertices in T-pose to the joints.
        joint_template: (J, 3) metres, the joints of ``template``.
        joint_directions: (J, 3, B + E) metres, the joints' part of shape and expression.
        weights: (V, J) of skinning; rows sum to 1.
        parents: (J,) int, -1 for the pelvis.
        faces: (F, 3) int32, counterclockwise from outside.
        joint_names: J.
        hand_components: (2, C, 45) principal components of the left and right hand's pose; None
            if the file has none.
        hand_means: (2, 45) radians, likewise.
        keypoints: The 133 keypoints of COCO-WholeBody.
    """

    kind: str
    gender: str
    template: np.ndarray
    shape_directions: np.ndarray
    expression_directions: np.ndarray
    pose_directions: np.ndarray | None
    joint_regressor: np.ndarray
    joint_template: np.ndarray
    joint_directions: np.ndarray
    weights: np.ndarray
    parents: np.ndarray
    faces: np.ndarray
    joint_names: tuple[str, ...]
    hand_components: np.ndarray | None
    hand_means: np.ndarray | None
    keypoints: Correspondences


def load(
    path: Path | str | None = None, gender: str = "neutral", *,
    betas: int = 10, expressions: int = 52,
) -> BodyModel:
    """Read a body model.

    Args:
        path: None for the open body of ``models/smplx``; an .npz or .pkl file; or a folder: one
            with ``smplx``, ``smplh`` or ``smpl`` in it as stock smplx has them, or one of these
            itself.
        gender: The file to take from a folder; of a file it is only noted.
        betas: How many components of shape to read at most; files often have more.
        expressions: How many components of expression to read at most.

    Raises:
        ModelError: There is no such file, it is no body model, or a damaged one.
    """
    file = find(path, gender)
    try:
        with file.open("rb") as stream:
            start = stream.read(4)
    except OSError as error:
        raise ModelError(f"The body model {file} cannot be read: {error.strerror}.") from error
    if not start:
        raise ModelError(f"The body model {file} is empty; fetch it again.")
    try:
        if start[:2] != b"PK":
            return _model(file, pickles.load(file), gender, betas, expressions)
        with Arrays(file) as members:
            return _model(file, members, gender, betas, expressions)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"The body model {file} is damaged or cut off ({error}); fetch it again."
        ) from error


def find(path: Path | str | None = None, gender: str = "neutral") -> Path:
    """Return the file that ``load`` reads.

    Args:
        path: As ``load`` takes it.
        gender: As ``load`` takes it.

    Raises:
        ModelError: There is none.
    """
    if gender not in GENDERS:
        raise ModelError(f"Got the gender {gender!r} of a body; wanted {', '.join(GENDERS)}.")
    if path is None:
        try:
            return shipped(f"smplx/SMPLX_{gender.upper()}.npz")
        except AssetError as error:
            raise ModelError(str(error)) from error
    path = Path(path).expanduser()
    if not path.exists():
        raise ModelError(
            f"Got the body model {path}, which does not exist; wanted an .npz or .pkl file of "
            "SMPL-X, SMPL-H or SMPL, or the folder it is in."
        )
    if not path.is_dir():
        return path
    names = [f"{kind.upper()}_{gender.upper()}.{end}" for kind in JOINT_NAMES
             for end in ("npz", "pkl")]  # fmt: skip
    for folder in (path, *(path / kind for kind in JOINT_NAMES)):
        for name in (*names, f"{gender}/model.npz"):
            if (folder / name).is_file():
                return folder / name
    found = sorted(str(file.relative_to(path)) for end in ("npz", "pkl")
                   for file in [*path.glob(f"*.{end}"), *path.glob(f"*/*.{end}")])  # fmt: skip
    raise ModelError(
        f"The folder {path} has no {gender} body model such as {names[0]}; it has "
        f"{', '.join(found[:6]) or 'no .npz or .pkl file'}. Give the file itself, or another "
        "gender."
    )


def _model(
    file: Path, members: Mapping[str, Any], gender: str, betas: int, expressions: int
) -> BodyModel:
    """Read the members of a file, each checked against the others."""
    missing = [name for name in _REQUIRED if name not in members]
    if missing:
        raise ModelError(
            f"{file} is not a body model: it has no {', '.join(missing)}. It has "
            f"{', '.join(sorted(members)[:8]) or 'nothing'}. Wanted a file of SMPL-X, SMPL-H or "
            "SMPL."
        )
    array = partial(_array, file, members)
    template = array("v_template", None, 3)
    count = len(template)
    size = float(np.ptp(template, axis=0).max(initial=0.0)) if count else 0.0
    if not _SMALLEST < size < _LARGEST:
        raise ModelError(
            f"{file}: v_template is {size:.3g} wide; wanted a person in T-pose, in metres. Convert"
            " the file, or fetch it again.")
    kind, parents = _tree(file, array("kintree_table", 2, None, dtype=np.int64)[0])
    joints = len(parents)
    faces = array("f", None, 3, dtype=np.int32)
    if faces.size and not (faces.min() >= 0 and faces.max() < count):
        raise ModelError(f"{file}: f names vertices beyond the {count} of v_template.")
    weights = array("weights", count, joints)
    if np.abs(weights.sum(1) - 1.0).max() > 0.01 or weights.min() < -0.01:
        raise ModelError(f"{file}: weights of skinning are negative or do not sum to 1.")
    shape, expression = _directions(file, members["shapedirs"], kind, count, betas, expressions)
    regressor = array("J_regressor", joints, count)
    # Each joint is the mean of few vertices.
    used = np.flatnonzero(regressor.any(axis=0))
    reduced = regressor[:, used].astype(np.float64)
    joint_template = reduced @ template[used]
    directions = np.concatenate([shape[used], expression[used]], axis=2)
    joint_directions = np.tensordot(reduced, directions, 1)
    if not max(np.abs(joint_template).max(), np.abs(joint_directions).max(initial=0)) < _LARGEST:
        raise ModelError(f"{file}: J_regressor puts joints outside the body; fetch it again.")
    components = means = None
    if kind != "smpl" and "hands_meanl" in members:
        components = np.stack([array(f"hands_components{side}", None, 45) for side in "lr"])
        means = np.stack([array(f"hands_mean{side}", 45) for side in "lr"])
    return BodyModel(
        kind=kind,
        gender=gender,
        template=template,
        shape_directions=shape,
        expression_directions=expression,
        pose_directions=_pose_directions(members, array, count, joints),
        joint_regressor=regressor,
        joint_template=joint_template.astype(np.float32),
        joint_directions=joint_directions.astype(np.float32),
        weights=weights,
        parents=parents,
        faces=faces,
        joint_names=JOINT_NAMES[kind],
        hand_components=components,
        hand_means=means,
        keypoints=correspondences.of_model(file, members, kind, JOINT_NAMES[kind], faces, count),
    )


def _array(
    file: Path, members: Mapping[str, Any], name: str, *shape: int | None,
    dtype: type = np.float32,
) -> np.ndarray:
    """Return a member of that shape (None: any length); ModelError if it is another."""
    if name not in members:
        raise ModelError(f"{file} lacks {name}; fetch the file again.")
    found = np.asarray(members[name])
    fits = len(found.shape) == len(shape) and all(
        want in (None, got) for got, want in zip(found.shape, shape, strict=True))
    if not fits or found.dtype.kind not in "fiub":
        axes = ", ".join("any" if want is None else str(want) for want in shape)
        raise ModelError(
            f"{file}: {name} is {found.dtype} of shape {found.shape}; wanted numbers of shape "
            f"({axes})."
        )
    with np.errstate(over="ignore"):  # of doubles too large for float32
        converted: np.ndarray = np.ascontiguousarray(found, dtype)
    if not np.isfinite(found).all() or not np.isfinite(converted).all():
        raise ModelError(f"{file}: {name} holds nan or infinity; fetch the file again.")
    return converted


def _tree(file: Path, tree: np.ndarray) -> tuple[str, np.ndarray]:
    """Return the kind of a body and the parents (J,) of its joints."""
    joints = len(tree)
    kinds = {len(names): kind for kind, names in JOINT_NAMES.items()}
    if joints not in kinds:
        raise ModelError(
            f"{file} has {joints} joints; wanted SMPL-X (55), SMPL-H (52) or SMPL (24)."
        )
    parents = np.where(np.arange(joints) == 0, -1, tree)
    if not (np.all(parents < np.arange(joints)) and np.all(parents[1:] >= 0)):
        raise ModelError(f"{file}: in kintree_table a joint stands before its parent.")
    return kinds[joints], parents


def _directions(
    file: Path, directions: Any, kind: str, count: int, betas: int, expressions: int
) -> tuple[np.ndarray, np.ndarray]:
    """Cut the columns of ``shapedirs`` into shape (V, 3, B) and expression (V, 3, E)."""
    found = np.asarray(directions)
    if found.ndim != 3 or found.shape[:2] != (count, 3) or found.dtype.kind != "f":
        raise ModelError(
            f"{file}: shapedirs is {found.dtype} of shape {found.shape}; wanted "
            f"({count}, 3, components) of floating point."
        )
    columns = found.shape[2]
    # As stock smplx reads them: 300 of shape then 100 of expression, or in old files 10 and 10.
    first = 0 if kind != "smplx" else _SHAPE_SPACE if columns > _SHAPE_SPACE else 10
    if kind == "smplx" and columns <= first:
        raise ModelError(
            f"{file}: shapedirs has {columns} columns, none of them of expression; wanted 400, or "
            "20 as in the first release of SMPL-X."
        )
    shape = found[:, :, : min(betas, first or columns)]
    expression = found[:, :, first : first + expressions] if first else found[:, :, :0]
    # As the file has them: our own by components, which skinning wants too.
    with np.errstate(over="ignore"):
        shape, expression = shape.astype(np.float32), expression.astype(np.float32)
    for part in (shape, expression):
        if not (np.abs(part) < _LARGEST).all():
            raise ModelError(
                f"{file}: shapedirs holds nan or displacements of more than {_LARGEST:.0f} m;"
                " fetch the file again.")
    return shape, expression


def _pose_directions(
    members: Mapping[str, Any], array: Callable[..., np.ndarray], count: int, joints: int
) -> np.ndarray | None:
    """Return the pose directions ((J - 1) * 9, V * 3), None if they are all zero."""
    # Reading eighty megabytes of zeros would take longer than all the rest.
    if "posedirs" not in members or (
            "posedirs_zero" in members and np.any(members["posedirs_zero"])):
        return None
    directions = array("posedirs", count, 3, (joints - 1) * 9)
    if not directions.any():
        return None
    return np.ascontiguousarray(directions.reshape(count * 3, -1).T)
