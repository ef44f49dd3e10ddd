"""People as REP-155 has them: angles that give a known body back, orders of points, words."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from kinesics_core.affect.emotions import ANGER, EMOTIONS
from kinesics_core.rotations import about_axis, exponential
from kinesics_core.skeletons import BLENDSHAPE_INDEX, COCO17, MEDIAPIPE33
from kinesics_core.types import Affect, GestureSign, People, Person
from kinesics_core.view import humans
from kinesics_core.view.human_joints import JOINTS, human_urdf, joint_angles

OPTICAL_FROM_BODY = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])
"""Forward, left, up of a body that faces as the camera does, in optical axes."""


def posed(angles, urdf):
    """Places and turns of every link of a URDF with one id, by walking its joints."""
    tree = ElementTree.fromstring(urdf)
    found = {tree.find("link").get("name"): (np.zeros(3), np.eye(3))}
    for joint in tree.findall("joint"):
        place, turn = found[joint.find("parent").get("link")]
        step = np.array([float(v) for v in joint.find("origin").get("xyz").split()])
        own = np.eye(3)
        if joint.get("type") == "revolute":
            axis = np.array([float(v) for v in joint.find("axis").get("xyz").split()])
            own = exponential(axis * angles[joint.get("name").rsplit("_", 1)[0]])
        found[joint.find("child").get("link")] = (place + turn @ step, turn @ own)
    return {name.rsplit("_", 1)[0]: value for name, value in found.items()}


def landmarks_of(links, turn):
    """MediaPipe's landmarks, optical axes, of a body turned so; and its head."""
    points = np.full((33, 3), np.nan)
    for side in ("left", "right"):
        for part, link in (("shoulder", "y_shoulder"), ("elbow", "elbow"), ("wrist", "wrist"),
                           ("hip", "y_hip"), ("knee", "knee"), ("ankle", "ankle")):
            points[MEDIAPIPE33.index(f"{side}_{part}")] = turn @ links[f"{side[0]}_{link}"][0]
    head = np.eye(4)
    # A head's own axes are x left, y up, z out of the face.
    head[:3, :3] = turn @ links["head"][1] @ np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]])
    head[:3, 3] = turn @ links["head"][0] + (0.0, 0.0, 2.0)
    return points, head


RANGES = {
    "waist": (-0.2, 0.8), "r_head": (-0.8, 0.8), "y_head": (-1.2, 1.2), "p_head": (-1.2, 1.2),
    "y_shoulder": (-1.0, 1.8), "p_shoulder": (0.2, 2.6), "r_shoulder": (-1.5, 1.5),
    "elbow": (0.3, 2.4), "y_hip": (-0.1, 0.6), "p_hip": (-0.3, 1.0), "r_hip": (-0.4, 0.7),
    "knee": (-2.4, -0.3),
}


def range_of(joint):
    return RANGES.get(joint) or RANGES[joint[2:]]


@pytest.mark.parametrize("seed", range(12))
def test_angles_give_the_known_body_back(seed):
    rng = np.random.default_rng(seed)
    angles = {joint: rng.uniform(*range_of(joint)) for joint in JOINTS}
    links = posed(angles, human_urdf("7"))
    turn = OPTICAL_FROM_BODY @ about_axis(2, rng.uniform(-np.pi, np.pi))
    points, head = landmarks_of(links, turn)
    found = joint_angles(points, np.where(np.isfinite(points).all(1), 0.9, 0.0), head)
    assert set(found) == set(JOINTS)
    # Every joint comes back, as the body was made by the model itself.
    for joint in JOINTS:
        assert found[joint] == pytest.approx(angles[joint], abs=2e-3), joint


def test_a_straight_limb_points_where_it_points():
    angles = dict.fromkeys(JOINTS, 0.0) | {"l_p_shoulder": 1.2, "r_p_shoulder": 0.4, "l_p_hip": 0.3}
    points, _ = landmarks_of(posed(angles, human_urdf("7")), OPTICAL_FROM_BODY)
    found = joint_angles(points, np.where(np.isfinite(points).all(1), 1.0, 0.0))
    assert not {"r_head", "y_head", "p_head"} & set(found)
    for joint, angle in found.items():
        assert angle == pytest.approx(angles[joint], abs=2e-3), joint


def test_what_is_not_seen_has_no_angle():
    points, _ = landmarks_of(posed(dict.fromkeys(JOINTS, 0.3), human_urdf("7")), OPTICAL_FROM_BODY)
    seen = np.where(np.isfinite(points).all(1), 1.0, 0.0)
    seen[MEDIAPIPE33.index("left_wrist")] = 0.1
    assert not {"l_elbow", "l_p_shoulder"} & set(joint_angles(points, seen))
    seen[MEDIAPIPE33.index("right_hip")] = 0.1
    assert joint_angles(points, seen) == {}


def someone(**fields):
    coco = np.column_stack([np.arange(17) * 10.0, np.arange(17) * 20.0, np.full(17, 0.8)])
    return Person(7, 0.9, coco.astype(np.float32), **fields)


PEOPLE = People(5, 640, 480)


def test_the_skeleton_has_its_neck_between_the_shoulders_and_left_before_right():
    found = humans.skeleton2d(someone(), PEOPLE)
    left, right = COCO17.index("left_shoulder"), COCO17.index("right_shoulder")
    assert found[1, :2] * (640, 480) == pytest.approx((5.0 * (left + right), 10.0 * (left + right)))
    assert found[14, 0] * 640 == pytest.approx(10.0 * COCO17.index("left_eye"))
    assert found[15, 0] * 640 == pytest.approx(10.0 * COCO17.index("right_eye"))
    missing = someone()
    missing.coco[COCO17.index("left_shoulder"), :2] = np.nan
    found = humans.skeleton2d(missing, PEOPLE)
    assert found[1].tolist() == found[5].tolist() == [0.0, 0.0, 0.0]


def test_an_action_unit_stands_at_its_code():
    shapes = np.zeros(52, np.float32)
    shapes[BLENDSHAPE_INDEX["mouthSmileLeft"]] = 0.7
    shapes[BLENDSHAPE_INDEX["tongueOut"]] = np.nan
    intensity, confidence = humans.action_units(someone(blendshapes=shapes))
    assert intensity[12] == pytest.approx(0.7) and intensity.sum() == pytest.approx(0.7)
    assert confidence[12] == pytest.approx(0.9) and confidence[13] == 0.0
    assert len(intensity) == len(confidence) == 99
    assert humans.action_units(someone()) is None


@pytest.mark.parametrize(("emotion", "word"), [
    ("happiness", "happy"), ("anger", "angry"), ("sadness", "sad"), ("surprise", "surprised"),
    ("disgust", "disgusted"), ("fear", "scared"), ("neutral", "neutral")])
def test_an_emotion_has_its_word(emotion, word):
    affect = Affect(1, 7, np.eye(8)[EMOTIONS.index(emotion)], np.nan, 0.4, 0.0, 0.5)
    assert humans.expression(affect) == (word, 0.0, pytest.approx(0.4), pytest.approx(0.5))


def test_contempt_and_a_doubtful_reading_have_one_too():
    assert humans.expression(Affect(1, 7, np.full(8, 0.125), 0, 0, 0, 0.8))[3] == pytest.approx(0.1)
    contempt = Affect(1, 7, np.eye(8)[EMOTIONS.index("contempt")], -0.2, 0.3, 0.2, 1.0)
    assert humans.expression(contempt)[0] not in ("happy", "neutral", EMOTIONS[ANGER])


def test_gestures_have_the_constants_of_the_message():
    person = someone()
    person.coco[COCO17.index("left_wrist"), 1] = 0.0  # above its shoulder
    signs = [GestureSign(name, 0.9) for name in ("hands_raised", "wave", "bow", "shrug")]
    assert humans.gestures(signs, person) == ["LEFT_HAND_RAISED", "WAVING", "OTHER"]


def test_a_region_holds_its_points_and_stays_in_the_image():
    box = humans.region(np.array([[64.0, 48.0], [320.0, -9.0], [np.nan, 1.0]]), PEOPLE, 0.9)
    assert box.tolist() == pytest.approx([0.1, 0.0, 0.5, 0.1, 0.9])
    assert humans.region(np.full((3, 2), np.nan), PEOPLE, 0.9) is None


def test_frames_stand_where_they_are_by_rep_155():
    head = np.eye(4)
    # Faces the camera: the head's left is the image's right, its up is up, its face looks at us.
    head[:3, :3] = np.diag([1.0, -1.0, -1.0])
    head[:3, 3] = (0.1, 0.0, 2.0)
    links = posed(dict.fromkeys(JOINTS, 0.0), human_urdf("7"))
    points, _ = landmarks_of(links, OPTICAL_FROM_BODY @ about_axis(2, np.pi))
    points[0] = (0.0, -0.7, -0.1)
    frames = {frame.child: frame for frame in humans.human_frames(
        someone(head=head, pose_world=points), PEOPLE)}
    assert set(frames) == {"face_p7", "person_p7", "gaze_p7", "body_p7"}
    face, gaze, body = frames["face_p7"], frames["gaze_p7"], frames["body_p7"]
    assert face.rotation[:, 0] == pytest.approx((0.0, 0.0, -1.0))  # x out of the face, to us
    assert face.rotation[:, 2] == pytest.approx((0.0, -1.0, 0.0))  # z up
    assert face.rotation @ gaze.rotation[:, 2] == pytest.approx((0.0, 0.0, -1.0))  # z looks at us
    assert gaze.parent == frames["person_p7"].parent == "face_p7"
    assert np.linalg.det(gaze.rotation) == pytest.approx(1.0)
    assert body.rotation[:, 0] == pytest.approx((0.0, 0.0, -1.0))
    assert body.translation == pytest.approx((0.1, 0.7, 2.1))
