"""A dressed body still is the body: same pose, same surface, every colour where it belongs."""

import numpy as np
import pytest

from kinesics_core.body import model as body_model
from kinesics_core.body import skinning
from kinesics_core.render.character import Proportions, build_character, eye_rotations
from kinesics_core.render.character_texture import Palette
from kinesics_core.skeletons import BLENDSHAPE_INDEX, SMPLX55

PALETTE = Palette(
    skin=(250, 200, 150), hair=(20, 10, 10), shirt=(10, 20, 220), trousers=(10, 160, 10),
    shoes=(160, 10, 160), iris=(60, 120, 90))


@pytest.fixture(scope="module")
def model():
    return body_model.load()


@pytest.fixture(scope="module")
def whole(model):
    return build_character(model, PALETTE)


def colors_of(character):
    """(F, 3) colour of the texture at the middle of each triangle."""
    height, width = character.texture.image.shape[:2]
    spot = character.texture.uv[character.faces].mean(1) * (width, height)
    column, row = np.clip(spot.astype(int), 0, (width - 1, height - 1)).T
    return character.texture.image[row, column, :3].astype(int)


def near(colors, color, tolerance=60):
    return np.abs(colors - color).max(1) < tolerance


def test_clothes_and_hair_lie_close_to_the_body(model, whole):
    """Dressed, no vertex is more than 2 cm away from the bare body, in any pose."""
    pose = np.zeros((1, 21, 3), np.float32)
    pose[0, 15], pose[0, 17] = (0, 0, -1.0), (0, -1.2, 0)
    vertices, normals, joints = whole.pose(body_pose=pose)
    bare, bare_joints = skinning.vertices(model, body_pose=pose)
    inside = whole.repeated < len(model.template)
    off = np.linalg.norm(vertices[inside] - bare[0][whole.repeated[inside]], axis=1)
    assert off.max() < 0.02
    assert np.median(off) < 0.008
    np.testing.assert_allclose(joints, bare_joints[0], atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1.0, atol=1e-4)


def test_every_part_has_its_colour(model, whole):
    vertices, _, joints = whole.pose()
    middle = vertices[whole.faces].mean(1)
    colors = colors_of(whole)
    joint = {name: joints[i] for i, name in enumerate(SMPLX55)}
    hands = np.abs(middle[:, 0]) > joint["left_wrist"][0]
    chest = (np.abs(middle[:, 0]) < 0.1) & (np.abs(middle[:, 1] - joint["spine2"][1]) < 0.1)
    thighs = np.abs(middle[:, 1] - 0.5 * (joint["left_hip"] + joint["left_knee"])[1]) < 0.1
    thighs &= np.abs(middle[:, 0]) < 0.3
    soles = middle[:, 1] < joint["left_ankle"][1] - 0.04
    crown = middle[:, 1] > joint["head"][1] + 0.12
    cheek = (np.abs(middle[:, 0] - 0.045) < 0.008) & (
        np.abs(middle[:, 1] - joint["head"][1]) < 0.02) & (middle[:, 2] > 0.09)
    for where, color in ((hands, PALETTE.skin), (chest, PALETTE.shirt), (thighs, PALETTE.trousers),
                         (soles, PALETTE.shoes), (crown, PALETTE.hair), (cheek, PALETTE.skin)):
        assert where.sum() > 5
        assert near(colors[where], color).mean() > 0.95


def test_no_triangle_smears_across_the_label_of_the_head(whole):
    """In the picture no triangle is longer than a tenth of it: seams are where they belong."""
    spread = np.ptp(whole.texture.uv[whole.faces], axis=1).max(1)
    # At the crown all of the label's upper edge meets, where it is hair all around.
    crown = near(colors_of(whole), PALETTE.hair)
    assert spread[~crown].max() < 0.13


def test_the_eyeballs_turn_with_the_gaze_and_not_with_the_lids(model, whole):
    eye = model.weights[:, SMPLX55.index("left_eye_smplhf")] > 0.9
    eye = np.append(eye, np.zeros(whole.repeated.max() + 1 - len(eye), bool))[whole.repeated]
    rest = whole.pose()[0]
    aside = whole.pose(**eye_rotations(0.4, 0.0))[0]
    front = eye & (rest[:, 2] > np.quantile(rest[eye, 2], 0.8))
    assert (aside - rest)[front, 0].mean() > 0.002
    weights = np.zeros((1, 52), np.float32)
    weights[0, BLENDSHAPE_INDEX["eyeLookOutLeft"]] = 1.0
    np.testing.assert_allclose(whole.pose(expression=weights)[0][eye], rest[eye], atol=1e-6)


def test_a_coarser_character_has_the_same_face_and_outline(model, whole):
    coarse = build_character(model, PALETTE, shortest_edge=0.009)
    assert len(coarse.faces) < 0.8 * len(whole.faces)
    fine, rough = whole.pose()[0], coarse.pose()[0]
    np.testing.assert_allclose(rough.min(0), fine.min(0), atol=0.008)
    np.testing.assert_allclose(rough.max(0), fine.max(0), atol=0.008)

    def face(vertices):
        front = (vertices[:, 2] > 0.1) & (vertices[:, 1] > 0.57)
        return front.sum()

    assert face(rough) > 0.85 * face(fine)
    # No triangle hangs on a vertex that is not there, and hardly any turned over.
    edges = np.sort(coarse.skin_faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    _, count = np.unique(edges, axis=0, return_counts=True)
    assert (count == 2).mean() > 0.97


def test_parts_of_the_body_scale(model):
    plain = build_character(model, PALETTE)
    drawn = build_character(model, PALETTE, Proportions(head=1.5, eyes=1.2, arms=0.8))
    (small, _, joints), (large, _, moved) = plain.pose(), drawn.pose()
    head = SMPLX55.index("head")
    np.testing.assert_allclose(moved[head], joints[head], atol=1e-6)
    height = large[:, 1].max() - joints[head, 1]
    assert height == pytest.approx(1.5 * (small[:, 1].max() - joints[head, 1]), rel=0.02)
    shoulder, wrist = (SMPLX55.index(f"left_{part}") for part in ("shoulder", "wrist"))
    assert moved[wrist, 0] - moved[shoulder, 0] == pytest.approx(
        0.8 * (joints[wrist, 0] - joints[shoulder, 0]), rel=0.01)


def test_what_is_out_of_the_picture_is_left_out(model, whole):
    upper = build_character(model, PALETTE, lowest=0.0)
    assert upper.pose()[0][:, 1].min() > -0.02
    assert len(upper.faces) < len(whole.faces)
