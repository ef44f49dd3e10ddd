"""What rviz is told: skeletons where the keypoints are, ghosts, deletions of ended tracks."""

from __future__ import annotations

import time

import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy")
from rclpy.signals import SignalHandlerOptions
from visualization_msgs.msg import Marker

from kinesics_core.body import model as body_model
from kinesics_core.types import Affect, BodyPose, MotionForecast, People, Person
from kinesics_core.view.scene import PERSON_NAMESPACES
from kinesics_ros.bus import Bus
from kinesics_ros.conversions import header
from kinesics_ros.marker_node import MarkerNode


@pytest.fixture
def node():
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = MarkerNode(Bus(), overrides={"distance": 2.0, "horizontal_fov": 90.0})
    node.load()
    yield node
    node.destroy_node()
    rclpy.try_shutdown()


def drawn(node, people):
    """The markers of an image."""
    node._scene.see(people)
    return node._writer.array(node._scene.people(people), header(people.stamp, people.frame_id))


def robot(node, pose):
    shapes = node._scene.robot(pose)
    array = node._writer.array(shapes, header(pose.stamp, node._scene.frame_id))
    return {marker.ns: marker for marker in array.markers}


def people(*ids: int, unseen: int | None = None) -> People:
    coco = np.ones((17, 3), np.float32)
    coco[:, 0] = np.linspace(100, 500, 17)
    coco[:, 1] = 240
    if unseen is not None:
        coco[unseen] = np.nan
    return People(5, 640, 480, [Person(i, 1.0, coco.copy()) for i in ids])


def by_kind(array, person: int) -> dict[str, Marker]:
    return {m.ns: m for m in array.markers if m.id == person}


def test_pixels_land_on_the_image_plane(node):
    """At 90 degrees the image's edge is as far aside as the plane is away."""
    seen = people(1)
    seen.persons[0].coco[0, :2] = [0, 240]
    seen.persons[0].coco[16, :2] = [640, 480]
    joints = by_kind(drawn(node, seen), 1)["joints"].points
    assert (joints[0].x, joints[0].y, joints[0].z) == pytest.approx((-2.0, 0.0, 2.0))
    assert (joints[16].x, joints[16].y) == pytest.approx((2.0, 1.5))


def test_unseen_keypoints_are_not_drawn(node):
    def counts(people):
        markers = by_kind(drawn(node, people), 1)
        return len(markers["joints"].points), len(markers["skeleton"].points)

    full, partial = counts(people(1)), counts(people(1, unseen=5))
    # The left shoulder ends three COCO edges of two points each.
    assert full[0] == 17 and partial[0] == 16 and full[1] - partial[1] == 6
    assert counts(people(1)) == full, "messages are filled again"


def test_the_forecast_is_a_ghost_that_fades_with_its_spread_around_it(node):
    steps = np.zeros((30, 17, 2), np.float32)
    steps[-1] = [320, 240]
    spread = np.linspace(1, 8, 30).astype(np.float32)
    node._keep_forecasts([MotionForecast(5, 1, 640, 480, steps, 1 / 30, spread, 1.0)])
    markers = by_kind(drawn(node, people(1)), 1)
    last = markers["ghost_3"]
    assert {(round(p.x, 6), round(p.y, 6)) for p in last.points} == {(0.0, 0.0)}
    assert markers["ghost_1"].color.a > markers["ghost_2"].color.a > last.color.a > 0
    # 1 sigma of 8 px at 2 m and a focal length of 320 px
    assert markers["spread_3"].scale.x == pytest.approx(2 * 8 * 2 / 320)
    assert markers["spread_1"].scale.x < markers["spread_3"].scale.x
    assert len(markers["spread_3"].points) == 12, "the body's"


def test_label_names_person_and_emotion(node):
    anger = np.eye(8, dtype=np.float32)[1]
    node._keep_affects([Affect(5, 2, anger, 0, 0, 0, 1, "fused")])
    assert by_kind(drawn(node, people(2)), 2)["label"].text == (
        "person 2\nanger 100%\nvalence +0.0, arousal +0.0")


def test_markers_of_an_ended_track_are_deleted_once(node):
    drawn(node, people(1, 2))
    after = by_kind(drawn(node, people(2)), 1)
    assert set(after) == set(PERSON_NAMESPACES)
    assert {marker.action for marker in after.values()} == {Marker.DELETE}
    assert by_kind(drawn(node, people(2)), 1) == {}


def test_a_person_of_nan_draws_nothing_and_does_not_crash(node):
    nobody = People(5, 640, 480, [Person(1, 0.1, np.full((17, 3), np.nan, np.float32))])
    markers = by_kind(drawn(node, nobody), 1)
    assert markers["skeleton"].action == Marker.DELETE and not markers["joints"].points


def robot_pose(stamp=5, **changes) -> BodyPose:
    parts = {
        "transl": np.zeros(3), "global_orient": np.zeros(3), "body_pose": np.zeros((21, 3)),
        "left_hand": np.zeros((15, 3)), "right_hand": np.zeros((15, 3)), "jaw": np.zeros(3),
        "betas": np.zeros(10), **changes,
    }
    return BodyPose(stamp, stamp, **{name: np.asarray(p, np.float32) for name, p in parts.items()})


def test_the_robot_stands_beside_the_image_with_the_bones_of_the_open_body(node):
    drawn(node, people())
    markers = robot(node, robot_pose())
    assert set(markers) == {"robot_body", "robot_hands", "robot_head"}
    bones = np.array([(p.x, p.y, p.z) for p in markers["robot_body"].points]).reshape(-1, 2, 3)
    assert len(bones) == 21
    joints = body_model.load().joint_template
    # T-pose seen from the camera: the robot's left hand is on the right, the head above.
    place = (1.8, 0.0, 2.0)
    np.testing.assert_allclose(bones[19, 0], joints[20] * (1, -1, -1) + place, atol=1e-4)
    head = markers["robot_head"].pose.position
    assert head.y < bones[..., 1].min() + 0.1
    assert len(markers["robot_hands"].points) == 60
    assert all(marker.header.stamp.nanosec == 5 for marker in markers.values())
    assert {marker.header.frame_id for marker in markers.values()} == {"camera_optical_frame"}


def test_every_marker_stands_in_the_frame_of_the_driver(node):
    seen = people(1)
    seen.frame_id = "head_camera_rgb_optical_frame"
    array = drawn(node, seen)
    frames = {m.header.frame_id for m in [*array.markers, *robot(node, robot_pose()).values()]}
    assert frames == {"head_camera_rgb_optical_frame"}


def test_a_turn_of_the_elbow_moves_the_hand_and_nothing_above(node):
    bent = np.zeros((21, 3))
    bent[17, 1] = -1.2

    def points(pose, kind):
        node._scene.reset()
        return np.array([(p.x, p.y, p.z) for p in robot(node, pose)[kind].points])

    still, moved = (points(pose, "robot_body") for pose in (
        robot_pose(), robot_pose(body_pose=bent)))
    change = np.linalg.norm(moved - still, axis=1)
    assert (change > 0.05).sum() == 1
    assert np.linalg.norm(points(robot_pose(body_pose=bent), "robot_hands")
                          - points(robot_pose(), "robot_hands"), axis=1)[:30].min() > 0.1


def test_an_unknown_pose_draws_no_robot(node):
    assert robot(node, robot_pose(transl=(np.nan, 0, 0))) == {}


def test_nothing_is_drawn_where_nobody_looks_and_everything_once_somebody_does(
    node, monkeypatch
):
    published, listeners = [], [0]
    monkeypatch.setattr(node, "_publisher", type("Publisher", (), {
        "get_subscription_count": staticmethod(lambda: listeners[0]),
        "publish": staticmethod(published.append)}))
    node.trigger_configure()
    node.trigger_activate()
    node.bus.lossless = True
    seen: list[People] = []
    monkeypatch.setattr(node._scene, "see", lambda people: seen.append(people) or True)
    node.bus.publish("persons", people(1))
    node.bus.publish("body_pose", robot_pose(stamp=10**9))
    listeners[0] = 1
    node.bus.publish("persons", people(2))
    node.bus.publish("body_pose", robot_pose(stamp=2 * 10**9))
    until = time.monotonic() + 60
    while not node.idle and time.monotonic() < until:
        time.sleep(0.005)
    node.trigger_deactivate()
    assert [[person.id for person in image.persons] for image in seen] == [[2]]
    assert len(published) == 2


def test_the_robot_is_drawn_at_thirty_hertz(node, monkeypatch):
    published = []
    monkeypatch.setattr(node, "_publisher", type("Publisher", (), {
        "get_subscription_count": staticmethod(lambda: 1),
        "publish": staticmethod(published.append)}))
    for tick in range(60):
        node._draw_robot(robot_pose(stamp=10**9 + tick * 10**9 // 60))
    assert 29 <= len(published) <= 31
