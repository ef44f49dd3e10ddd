"""The overlay marks what is known where it is, and nothing else."""

import numpy as np
import pytest

from kinesics_core.perception.synthetic_person import SyntheticPerson
from kinesics_core.skeletons import COCO17
from kinesics_core.types import MotionForecast, People, Person
from kinesics_core.view.overlay import draw_overlay


@pytest.fixture(scope="module")
def seen():
    return SyntheticPerson().render(1.0)


def grey():
    return np.full((480, 640, 3), 128, np.uint8)


def changed(before, after):
    return (before != after).any(-1)


def test_every_keypoint_of_the_body_is_marked(seen):
    _, truth = seen
    image = grey()
    draw_overlay(image, People(0, 640, 480, [truth]))
    marks = changed(grey(), image)
    for x, y in truth.coco[5:, :2]:
        assert marks[int(y) - 1:int(y) + 2, int(x) - 1:int(x) + 2].all()
    # Lines and a label: the rest of the picture stays visible.
    assert 0.005 < marks.mean() < 0.06


def test_sides_have_their_own_colours(seen):
    _, truth = seen
    image = grey()
    draw_overlay(image, People(0, 640, 480, [truth]))
    left, right = (
        image[tuple(truth.coco[COCO17.index(f"{side}_elbow"), 1::-1].astype(int))].astype(int)
        for side in ("left", "right")
    )
    assert left[0] > left[2] and right[2] > right[0]


def test_keypoints_are_scaled_to_the_image(seen):
    _, truth = seen
    image = np.full((960, 1280, 3), 128, np.uint8)
    draw_overlay(image, People(0, 640, 480, [truth]))
    x, y = (2 * truth.coco[COCO17.index("left_knee"), :2]).astype(int)
    assert (image[y, x] != 128).any()


def test_ghost_is_where_the_person_will_be(scene, seen):
    _, truth = seen
    image = grey()
    prediction = scene.forecast(truth, shift=(120.0, 0.0))
    leg = [COCO17.index(f"left_{part}") for part in ("hip", "knee", "ankle")]
    prediction.keypoints[:, np.setdiff1d(np.arange(17), leg)] = np.nan
    draw_overlay(image, None, [prediction])
    knee = truth.coco[COCO17.index("left_knee"), :2]
    x, y = (knee + (120.0, 0.0)).astype(int)
    there = image[y, x].astype(int) - 128
    assert there[1] > 25 and there[1] > there[0]
    # Translucent: the nearer steps are fainter, and the present is not covered.
    nearer = image[y, int(knee[0] + 80)].astype(int) - 128
    assert 0 < nearer[1] < there[1]
    assert (image[y, int(knee[0]) - 15] == 128).all()


def test_label_names_person_and_emotion(scene, seen):
    _, truth = seen
    without, with_affect, angry = grey(), grey(), grey()
    people = People(0, 640, 480, [truth])
    draw_overlay(without, people)
    draw_overlay(with_affect, people, affects=[scene.affect("happiness")])
    draw_overlay(angry, people, affects=[scene.affect("anger")])
    assert changed(without, with_affect).sum() > 200
    rows, _ = np.nonzero(changed(with_affect, angry))
    assert len(rows) and rows.max() < truth.coco[0, 1]


def test_unknown_and_absurd_values_are_left_out(scene):
    bad = Person(1, 1.0, np.full((17, 3), np.nan, np.float32))
    bad.left_hand = np.full((21, 3), np.nan, np.float32)
    bad.face = np.full((478, 3), np.nan, np.float32)
    far = Person(2, 1.0, np.full((17, 3), 1e12, np.float32))
    unsure = Person(3, 1.0, np.column_stack([np.full((17, 2), 200.0), np.zeros(17)]))
    ghost = MotionForecast(
        0, 1, 640, 480, np.full((30, 17, 2), np.nan), 1 / 30, np.full(30, np.nan), np.nan
    )
    empty = MotionForecast(0, 1, 640, 480, np.zeros((0, 17, 2)), 1 / 30, np.zeros(0), 1.0)
    reading = scene.affect()
    reading.categories = np.full(8, np.nan)
    image = grey()
    draw_overlay(image, People(0, 640, 480, [bad]), [ghost, empty], [reading])
    assert not changed(grey(), image).any()
    draw_overlay(image, People(0, 640, 480, [far, unsure]), [ghost], [reading])


def test_a_half_seen_person_is_half_drawn(seen):
    _, truth = seen
    half = Person(1, 1.0, truth.coco.copy())
    half.coco[COCO17.index("left_wrist")] = (np.nan, np.nan, 0.0)
    whole, image = grey(), grey()
    draw_overlay(whole, People(0, 640, 480, [Person(1, 1.0, truth.coco)]))
    draw_overlay(image, People(0, 640, 480, [half]))
    x, y = truth.coco[COCO17.index("left_wrist"), :2].astype(int)
    assert (whole[y, x] != 128).any() and (image[y, x] == 128).all()
