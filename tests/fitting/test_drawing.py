"""Pictures of a fit show it where it is."""

import numpy as np
import pytest

from kinesics_core.errors import KinesicsError
from kinesics_core.fitting.output.drawing import (
    PosedPerson,
    Topology,
    contact_sheet,
    draw_fit,
    draw_from_left,
    person_color,
)
from kinesics_core.render.mesh import MeshRenderer

CAMERA = 400.0, np.array([160.0, 120.0])
CUBE = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float32)
FACES = np.array([
    (0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1), (2, 3, 7), (2, 7, 6),
    (0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3),
])
SHAPE = Topology(FACES, [-1, 0])


@pytest.fixture(scope="module")
def renderer():
    with MeshRenderer(320, 240) as made:
        yield made


def board(place, size):
    """A box `size` (x, y, z) wide around a place."""
    return (CUBE * np.float32(size) / 2 + np.float32(place)).astype(np.float32)


def test_mesh_and_bones_lie_over_the_frame(renderer):
    frame = np.full((240, 320, 3), 90, np.uint8)
    joints = np.array([[0.0, 0.3, 2.0], [0.0, -0.3, 2.0]])
    mesh = board((0, 0, 2.0), (0.6, 0.8, 0.1))
    plain = draw_fit(renderer, frame, [PosedPerson(mesh)], SHAPE, CAMERA)
    whole = draw_fit(renderer, frame, [PosedPerson(mesh, joints)], SHAPE, CAMERA)
    assert (plain[120, 110] != 90).any() and (plain[120, 240] == 90).all()
    bone = np.argwhere((whole != plain).any(-1))
    # 0.3 m at 2 m and focal 400 are 60 pixels up and down.
    assert abs(bone[:, 0].min() - 60) < 4 and abs(bone[:, 0].max() - 180) < 4
    assert np.abs(bone[:, 1] - 160).max() < 5
    np.testing.assert_array_equal(frame, 90)


def test_no_bone_is_drawn_to_a_joint_that_is_unknown_or_has_no_parent(renderer):
    frame = np.full((240, 320, 3), 90, np.uint8)
    mesh = np.full((8, 3), np.nan, np.float32)
    joints = np.array([[0.0, 0.3, 2.0], [0.0, -0.3, 2.0]])
    unknown = joints.copy()
    unknown[1] = np.nan
    for chain, parents in ((unknown, [-1, 0]), (joints, [-1, -1])):
        picture = draw_fit(renderer, frame, [PosedPerson(mesh, chain)], Topology(FACES, parents),
                           CAMERA)
        np.testing.assert_array_equal(picture, frame)


def test_no_person_is_the_frame(renderer):
    frame = np.full((240, 320, 3), 90, np.uint8)
    np.testing.assert_array_equal(draw_fit(renderer, frame, [], SHAPE, CAMERA), frame)
    assert np.ptp(draw_from_left(renderer, [], FACES), axis=(0, 1)).max() == 0


def test_people_have_colours_of_their_own(renderer):
    frame = np.zeros((240, 320, 3), np.uint8)
    people = [PosedPerson(board((-0.4, 0, 2.0), (0.3, 0.8, 0.1)), person=2),
              PosedPerson(board((0.4, 0, 2.0), (0.3, 0.8, 0.1)), person=1)]
    picture = draw_fit(renderer, frame, people, SHAPE, CAMERA)
    left, right = picture[120, 80].astype(float), picture[120, 240].astype(float)
    for color, person in ((left, 2), (right, 1)):
        assert np.argmax(color) == np.argmax(person_color(person))
        assert np.argmin(color) == np.argmin(person_color(person))


def test_seen_from_the_side_depth_lies_across(renderer):
    """A board 0.2 m wide, 0.4 m high and 0.8 m deep, seen from 90 degrees, is twice as wide as
    high; what is in front lies to the left when the camera stands to the people's left."""
    box = board((0.3, -0.2, 3.0), (0.2, 0.4, 0.8))
    nose = board((0.3, -0.2, 2.55), (0.05, 0.05, 0.1))
    picture = draw_from_left(renderer, [PosedPerson(box)], FACES)
    seen = np.argwhere((picture != picture[0, 0]).any(-1))
    high, wide = np.ptp(seen, axis=0) + 1
    assert wide / high == pytest.approx(2.0, rel=0.06)
    assert 0.8 * 320 < wide < 0.95 * 320
    both = draw_from_left(renderer, [PosedPerson(box), PosedPerson(nose, person=2)], FACES)
    nose_color = np.argwhere(np.abs(both.astype(int) - person_color(2)).max(-1) < 40)
    assert nose_color[:, 1].max() < 60


def test_a_sheet_keeps_order_and_shape():
    colors = [(200, 0, 0), (0, 200, 0), (0, 0, 200), (200, 200, 0), (0, 200, 200)]
    images = [np.full((60, 80 if k else 30, 3), color, np.uint8) for k, color in enumerate(colors)]
    sheet = contact_sheet(images, [f"frame {k}" for k in range(5)], columns=3, cell=(80, 60))
    middles = [np.argwhere((sheet == color).all(-1)).mean(0) for color in colors]
    assert middles[0][1] < middles[1][1] < middles[2][1]
    assert middles[3][0] > middles[0][0] + 60
    assert middles[3][1] == pytest.approx(middles[0][1], abs=1)
    narrow = np.argwhere((sheet == colors[0]).all(-1))
    np.testing.assert_array_equal(np.ptp(narrow, axis=0) + 1, (60, 30))
    # The labels are on the sheet's own ground.
    assert (sheet > 150).all(-1).any()


@pytest.mark.parametrize(("images", "labels", "said"), [
    ([], None, "at least one picture"), ([np.zeros((4, 4, 3), np.uint8)], ["a", "b"], "got 2"),
])
def test_impossible_sheets_are_refused(images, labels, said):
    with pytest.raises(KinesicsError, match=said):
        contact_sheet(images, labels)
