"""The .glb of a face, read back by pygltflib and posed by the rules of glTF."""

from __future__ import annotations

import numpy as np
import pytest
from gltf_reader import Gltf, khronos_validator

from kinesics_core.body import gltf
from kinesics_core.expression.face_animation import FaceAnimation
from kinesics_core.render.character import build_character
from kinesics_core.render.identities import PLAIN
from kinesics_core.skeletons import ARKIT_BLENDSHAPES, BLENDSHAPE_INDEX
from kinesics_core.view.face_gltf import face_glb, mesh_of, painting_of, parameters_of

FRAMES = 5


def animation():
    """A jaw that opens, a smile on the left, a head that turns and nods, eyes that look aside."""
    times = np.arange(FRAMES) / 30.0
    share = np.linspace(0.0, 1.0, FRAMES)
    shapes = np.zeros((FRAMES, 52), np.float32)
    shapes[:, BLENDSHAPE_INDEX["jawOpen"]] = share
    shapes[:, BLENDSHAPE_INDEX["mouthSmileLeft"]] = 0.5 * share
    gaze = np.column_stack([0.3 * share, 0.2 * share]).astype(np.float32)
    head = np.column_stack([0.1 * share, 0.2 * share, 0.5 * share]).astype(np.float32)
    return FaceAnimation(times, shapes, gaze, head)


@pytest.fixture(scope="module")
def content():
    return face_glb(animation())


@pytest.fixture(scope="module")
def read(content):
    return Gltf(content)


def node(read, name):
    (found,) = [index for index, node in enumerate(read.file.nodes) if node.name == name]
    return found


def channel(read, name, path):
    for channel in read.file.animations[0].channels:
        if channel.target.node == node(read, name) and channel.target.path == path:
            return read.array(read.file.animations[0].samplers[channel.sampler].output)
    raise AssertionError(f"no channel {path} of {name}")


def test_there_are_52_targets_by_name_with_normals(read):
    mesh = read.file.meshes[0]
    assert mesh.extras["targetNames"] == list(ARKIT_BLENDSHAPES)
    (primitive,) = mesh.primitives
    assert len(primitive.targets) == len(mesh.weights) == 52
    assert all(set(target) == {"POSITION", "NORMAL"} for target in primitive.targets)


def test_every_accessor_is_dense_with_a_view_of_its_own(read):
    accessors = read.file.accessors
    assert all(accessor.sparse is None for accessor in accessors)
    views = [accessor.bufferView for accessor in accessors]
    assert None not in views and len(set(views)) == len(views)
    assert all(not accessor.byteOffset for accessor in accessors)


def test_the_weights_are_one_channel(read):
    weights = channel(read, "body", "weights").reshape(FRAMES, 52)
    true = animation().blendshapes
    others = [index for index, name in enumerate(ARKIT_BLENDSHAPES) if "Look" not in name]
    np.testing.assert_allclose(weights[:, others], true[:, others], atol=1e-6)
    # The lids follow the gaze.
    left = weights[:, BLENDSHAPE_INDEX["eyeLookOutLeft"]]
    np.testing.assert_allclose(left, 0.3 * np.linspace(0, 1, FRAMES) / np.radians(35), atol=1e-5)


@pytest.mark.slow
def test_the_mesh_is_the_one_that_is_drawn():
    body = PLAIN.body()
    lowest = float(body.template[:, 1].max()) - 0.4
    character = build_character(body, PLAIN.palette, shortest_edge=0.009, lowest=lowest)
    mesh = mesh_of(character)
    read = Gltf(gltf.glb(mesh, times=animation().times, camera=False,
                         painting=painting_of(character), **parameters_of(animation())))
    # Of five joints that a vertex follows the lightest is left out.
    whole = (mesh.weights > 0).sum(1) <= 4
    assert whole.mean() > 0.95
    for frame in (0, FRAMES - 1):
        one = {name: part[frame : frame + 1] for name, part in parameters_of(animation()).items()}
        np.testing.assert_allclose(
            read.vertices(frame)[whole], character.pose(**one)[0][whole], atol=5e-5)


def test_head_eyes_and_jaw_move(read):
    first, last = read.vertices(0), read.vertices(FRAMES - 1)
    skin = read.file.skins[0]
    primitive = read.file.meshes[0].primitives[0]
    names = [read.file.nodes[joint].name for joint in skin.joints]
    turned = [names.index(name) for name in ("neck", "head", "jaw", "left_eye_smplhf",
                                             "right_eye_smplhf")]
    follows = np.isin(read.array(primitive.attributes.JOINTS_0), turned)
    still = (read.array(primitive.attributes.WEIGHTS_0) * follows).sum(1) == 0
    # x is the body's left: yaw of half a radian takes the face there, pitch takes it down.
    face = first[:, 2] > first[:, 2].max() - 0.02
    moved = (last - first)[face].mean(0)
    assert moved[0] > 0.03 and moved[1] < -0.01
    assert still.sum() > 100 and np.abs((last - first)[still]).max() < 1e-4
    eye = channel(read, "left_eye_smplhf", "rotation")[-1]
    np.testing.assert_allclose(2 * np.arccos(eye[3]), np.hypot(0.3, 0.2), atol=0.01)
    chin = np.abs(read.array(primitive.targets[BLENDSHAPE_INDEX["jawOpen"]]["POSITION"])).max()
    assert chin > 0.01
    jaw = node(read, "jaw")
    assert not [c for c in read.file.animations[0].channels
                if c.target.node == jaw and c.target.path == "rotation"]


def test_the_picture_is_on_the_mesh(read):
    from io import BytesIO

    from PIL import Image

    file = read.file
    material = file.materials[file.meshes[0].primitives[0].material]
    texture = file.textures[material.pbrMetallicRoughness.baseColorTexture.index]
    view = file.bufferViews[file.images[texture.source].bufferView]
    image = Image.open(BytesIO(read.binary[view.byteOffset : view.byteOffset + view.byteLength]))
    assert image.mode == "RGB" and all(side & (side - 1) == 0 for side in image.size)
    uv = read.array(file.meshes[0].primitives[0].attributes.TEXCOORD_0)
    places = np.clip(uv * image.size, 0, np.array(image.size) - 1).astype(int)
    color = np.asarray(image, int)[places[:, 1], places[:, 0]]
    # The lips, which a pucker moves most, are redder than all the rest.
    at = read.array(file.meshes[0].primitives[0].attributes.POSITION)
    pucker = np.linalg.norm(read.array(file.meshes[0].primitives[0].targets[
        BLENDSHAPE_INDEX["mouthPucker"]]["POSITION"]), axis=1)
    lips = (pucker > 0.7 * pucker.max()) & (at[:, 2] > at[:, 2].max() - 0.03)
    red = color[:, 0] / (color.sum(1) + 1)
    assert lips.any() and red[lips].mean() > red.mean() + 0.05


@pytest.mark.slow
def test_the_khronos_validator_finds_nothing(tmp_path, content):
    validate = khronos_validator(tmp_path)
    whole = animation()
    still = FaceAnimation(whole.times[:1], *(part[:1] for part in whole.parts().values()))
    for file in (content, face_glb(still, whole_body=True)):
        report = validate(file)
        assert report["issues"]["messages"] == []
        assert report["info"]["hasMorphTargets"] and report["info"]["hasTextures"]
