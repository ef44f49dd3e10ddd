"""Where rviz draws people, ghosts and the robot, without ROS."""

from __future__ import annotations

import numpy as np
import pytest

from kinesics_core import camera
from kinesics_core.bounded import MOST
from kinesics_core.types import Affect, BodyPose, MotionForecast, People, Person
from kinesics_core.view.markers import MarkerConfig, RobotBody, draw_person
from kinesics_core.view.scene import Scene


def somebody(seed: int = 0) -> tuple[Person, People]:
    """A person whose 17 keypoints lie anywhere in an image of 640 x 480."""
    random = np.random.default_rng(seed)
    coco = np.column_stack([random.uniform((0, 0), (640, 480), (17, 2)), np.ones(17)])
    person = Person(3, 1.0, coco.astype(np.float32))
    return person, People(7, 640, 480, [person])


@pytest.mark.parametrize("fov", [30.0, 60.0, 120.0])
def test_what_is_drawn_is_seen_where_the_keypoints_are(fov):
    person, people = somebody()
    drawing = draw_person(person, people, MarkerConfig(distance=3.0, horizontal_fov=fov))
    assert np.allclose(drawing.joints[:, 2], 3.0)
    seen = camera.project(drawing.joints, camera.focal_length(640, fov), (320, 240))
    np.testing.assert_allclose(seen, person.coco[:, :2], atol=1e-3)


def test_keypoints_below_the_least_score_are_left_out():
    person, people = somebody()
    person.coco[[0, 9], 2] = 0.29, 0.3
    drawing = draw_person(person, people, MarkerConfig(min_score=0.3))
    assert len(drawing.joints) == 16
    assert len(draw_person(person, people, MarkerConfig(min_score=0.31)).joints) == 15


def test_the_label_stands_above_the_highest_keypoint():
    person, people = somebody()
    drawing = draw_person(person, people, MarkerConfig())
    highest = drawing.joints[:, 1].min()
    assert drawing.label == "person 3"
    assert drawing.label_at is not None and drawing.label_at[1] < highest - 0.1


def test_the_last_ghost_has_the_bones_of_the_last_step():
    person, people = somebody()
    steps = np.zeros((30, 17, 2), np.float32)
    steps[9], steps[19] = person.coco[:, :2], person.coco[:, :2] + (5, 0)
    steps[-1] = person.coco[:, :2] + (10, 0)
    forecast = MotionForecast(7, 3, 640, 480, steps, 1 / 30, np.linspace(1, 4, 30), 1.0)
    drawing = draw_person(person, people, MarkerConfig(horizontal_fov=90.0), forecast)
    first, _, last = drawing.ghosts
    body = drawing.skeleton[-len(first.bones):]  # the edges of the head come first
    assert len(body) == 24
    np.testing.assert_allclose(first.bones, body, atol=1e-6)
    # 10 px and 4 px at 2 m and a focal length of 320 px
    assert last.spread == pytest.approx(4 * 2 / 320) and first.spread < last.spread
    np.testing.assert_allclose(last.bones - body,
                               np.full_like(body, 1) * (10 * 2 / 320, 0, 0), atol=1e-6)


def test_a_short_forecast_has_its_ghosts_too():
    person, people = somebody()
    steps = np.tile(person.coco[:, :2], (1, 1, 1))
    forecast = MotionForecast(7, 3, 640, 480, steps, 1 / 30, np.empty(0), 1.0)
    drawing = draw_person(person, people, MarkerConfig(), forecast)
    assert [ghost.spread for ghost in drawing.ghosts] == [0.0, 0.0, 0.0]
    none = MotionForecast(7, 3, 640, 480, steps[:0], 1 / 30, np.empty(0), 1.0)
    assert draw_person(person, people, MarkerConfig(), none).ghosts == ()


def test_the_robot_looks_back_at_the_camera():
    """Its left hand is on the camera's right, its head above its feet, beside the image."""
    zeros = {"transl": 3, "global_orient": 3, "body_pose": (21, 3), "left_hand": (15, 3),
             "right_hand": (15, 3), "jaw": 3, "betas": 10}
    rest = BodyPose(1, 1, **{name: np.zeros(shape, np.float32) for name, shape in zeros.items()})
    drawing = RobotBody().draw(rest, MarkerConfig(robot_aside=1.0, distance=4.0))
    assert drawing is not None
    left, right = drawing.hands[:30], drawing.hands[30:]
    assert left[:, 0].min() > 1.0 > right[:, 0].max()
    assert drawing.head[1] < drawing.body[:, 1].min() + 0.1
    assert np.allclose(drawing.body[0], (1.0, 0.0, 4.0), atol=0.5)


def test_what_is_told_of_people_whose_image_never_comes_is_bounded():
    scene = Scene(MarkerConfig())
    for number in range(1000):
        scene.add_forecasts([MotionForecast(
            0, number, 640, 480, np.zeros((3, 17, 2)), 1 / 30, np.ones(3), 0.9)])
        scene.add_affects([Affect(0, number, np.full(8, 0.125), 0.0, 0.0, 0.0, 0.5)])
    assert len(scene._forecasts) == len(scene._affects) == MOST
