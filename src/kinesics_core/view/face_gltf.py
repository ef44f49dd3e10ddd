"""A face animation as binary glTF: the character's head, or all of it, with 52 morph targets.

The mesh is the one that ``render.face_picture`` draws, with its picture on it. The 52 weights are
one channel; the head turns by the joints neck and head and the eyeballs by their joints, as the
gaze says, so that the eyeLook targets move the lids alone. The jaw moves by its targets, as ARKit
has it; its joint rests.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from kinesics_core.body import gltf
from kinesics_core.body.gltf import Painting
from kinesics_core.body.model import BodyModel
from kinesics_core.expression.face_animation import FaceAnimation
from kinesics_core.render.character import Character, build_character
from kinesics_core.render.character_texture import face_landmarks
from kinesics_core.render.face_controls import head_turn, looks
from kinesics_core.render.face_picture import CHIN
from kinesics_core.render.identities import PLAIN, Identity
from kinesics_core.skeletons import SMPLX_BODY

SHORTEST_EDGE = 0.009
"""Shortest edge of the mesh outside of the face, metres."""

BUST = 0.16
"""Metres below the chin that a head reaches down."""

_ARMS_DOWN = 1.25  # radians from the T-pose
_JOINTS = {name: index - 1 for index, name in enumerate(SMPLX_BODY)}


def face_glb(
    animation: FaceAnimation, *, whole_body: bool = False, identity: Identity = PLAIN
) -> bytes:
    """Return the file of a face animation.

    Args:
        animation: What moves.
        whole_body: Whether the mesh is all of the body, arms down, not head and shoulders.
        identity: The person.
    """
    body = identity.body()
    chin = float(face_landmarks(body)[CHIN, 1])
    character = build_character(body, identity.palette, shortest_edge=SHORTEST_EDGE,
                                lowest=None if whole_body else chin - BUST)
    return gltf.glb(mesh_of(character), times=animation.times, camera=False,
                    painting=painting_of(character), **parameters_of(animation))


def parameters_of(animation: FaceAnimation) -> dict[str, Any]:
    """Return what ``skinning.vertices`` takes for every frame of a face."""
    count = len(animation.times)
    body_pose = np.zeros((count, len(SMPLX_BODY) - 1, 3), np.float32)
    body_pose[:, _JOINTS["left_shoulder"], 2] = -_ARMS_DOWN
    body_pose[:, _JOINTS["right_shoulder"], 2] = _ARMS_DOWN
    for frame in range(count):
        # Half of the turn in the neck, half in the head.
        body_pose[frame, [_JOINTS["neck"], _JOINTS["head"]]] = 0.5 * head_turn(
            animation.head[frame])
    return {"body_pose": body_pose} | looks(animation.blendshapes, animation.gaze)


def mesh_of(character: Character) -> BodyModel:
    """Return the vertices that are drawn as a body model of their own, skinned likewise."""
    skin, repeated = character.skin, character.repeated
    model = skin.model
    weights = np.zeros((skin.template.shape[1], len(model.parents)), np.float32)
    for block in skin.blocks:
        part = weights[block.vertices]
        part[:, skin.order[block.joints]] = block.weights.T
    moved = np.zeros((len(weights), 3, len(skin.expression)), np.float32)
    moved[skin.moved] = skin.expression.reshape(len(skin.expression), 3, -1).transpose(2, 1, 0)
    shape = skin.shape.reshape(len(skin.shape), 3, -1).transpose(2, 1, 0)
    return replace(
        model, template=skin.template.T[repeated], shape_directions=shape[repeated],
        expression_directions=moved[repeated], weights=weights[repeated],
        faces=character.faces, pose_directions=None)


def painting_of(character: Character) -> Painting:
    """Return a character's picture as ``body.gltf`` takes it, its sides powers of two."""
    # Its fourth layer is gloss, which a glTF would show as transparency.
    image = character.texture.image[..., :3]
    sides = [1 << (side - 1).bit_length() for side in image.shape[:2]]
    padded = np.pad(image, [(0, sides[0] - image.shape[0]), (0, sides[1] - image.shape[1]), (0, 0)],
                    mode="edge")
    share = np.array([image.shape[1] / sides[1], image.shape[0] / sides[0]], np.float32)
    stream = io.BytesIO()
    Image.fromarray(padded).save(stream, "PNG", optimize=True)
    return Painting(character.texture.uv * share, stream.getvalue(), character.repeated,
                    character.skin_faces)
