import json

import numpy as np
import pytest

from kinesics_core.body.gestures import GESTURES
from kinesics_core.errors import KinesicsError
from kinesics_core.expression import gestures
from kinesics_core.expression.body_animator import JOINT_HIGH, JOINT_LOW, BodyAnimator
from kinesics_core.expression.gesture_files import read_gestures, write_gestures
from kinesics_core.expression.labanotation import clear_of_trunk, read_labanotation

GOOD = """beckon:
  meaning: come here
  duration: 2.2
  keys:
    - time: 0.6
      right: {upper: [0.3, -0.5, 0.8], fore: [0.0, 0.9, 0.4], curl: 0.1}
      head: [0.1, 0.0, 0.0]
    - {time: 1.2, both: {upper: [0.3, -0.9, 0.3], fore: [0, 0.2, 1]}, collars: 0.1}
"""


def frame(time, dur, **parts):
    rest = {name: {"dur": dur, "dir": "place", "lvl": "low"}
            for name in ("lelbow", "lwrist", "relbow", "rwrist")}
    rest["head"] = {"dur": dur, "dir": "forward", "lvl": "normal"}
    for name, (direction, level) in parts.items():
        rest[name] = {"dur": dur, "dir": direction, "lvl": level}
    return {"time": time, **rest}


def laban(tmp_path, frames, name="point there"):
    path = tmp_path / "gestures.json"
    path.write_text(json.dumps({name: frames, "dummy": frames}))
    return path


@pytest.fixture
def own(monkeypatch):
    monkeypatch.setattr(gestures, "_added", {})
    return gestures


def test_what_is_written_is_read_again(tmp_path):
    path = tmp_path / "all.yaml"
    write_gestures(path, GESTURES, "Two\nlines.")
    assert read_gestures(path) == GESTURES


def test_a_users_file_becomes_a_gesture(tmp_path, own):
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD)
    own.add_gestures(read_gestures(path))
    beckon = own.robot_gesture("beckon")
    assert beckon.meaning == "come here" and beckon.keys[1].left == beckon.keys[1].right
    animator = BodyAnimator(0)
    animator.start("beckon")
    assert animator.gesture == "beckon"
    with pytest.raises(KinesicsError, match="wave is there already"):
        own.add_gestures({"wave": beckon, "other": beckon})
    with pytest.raises(KinesicsError, match="'other'"):
        own.robot_gesture("other")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [("right:", "right_knee:", "line 6: 'right_knee' is unknown here; use time, left"),
     ("curl: 0.1", "wrist: 0.1", "line 6: 'wrist' is unknown"),
     ("curl: 0.1", "curl: .nan", "line 6: got '.nan' as 'curl'"),
     ("head: [0.1, 0.0, 0.0]", "head: [0.1, 9.0, 0.0]", "line 7: got '9.0' as 'head'"),
     ("head: [0.1, 0.0, 0.0]", "head: [0.1, 0.0]", "line 7: wanted three numbers"),
     ("fore: [0.0, 0.9, 0.4]", "fore: [0, 0, 0]", "line 6: 'fore' is no direction"),
     ("time: 0.6", "time: 1.6", "times above 0 that grow"),
     ("duration: 2.2", "duration: 1.0", "a duration after the last"),
     ("  duration: 2.2\n", "", "wanted 'duration'"),
     ("beckon", "bec kon!", "no name of a gesture"),
     ("keys:", "poses:", "'poses' is unknown"),
     ("both:", "left: {upper: [0, 1, 0], fore: [0, 1, 0]}, both:", "excludes 'left'"),
     (GOOD, "[1, 2", "cannot be read as YAML"),
     (GOOD, "", "holds no gesture|wanted gestures"),
     (GOOD, "7", "wanted gestures by name")])
def test_a_bad_file_is_refused_with_its_line(tmp_path, old, new, told):
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(KinesicsError, match=told):
        read_gestures(path)


def test_labanotation_is_read_as_directions_and_times(tmp_path):
    path = laban(tmp_path, [
        frame(0.0, 0.0),
        frame(0.0, 0.05, relbow=("right", "normal"), rwrist=("right forward", "high"),
              head=("left forward", "low")),
        frame(0.05, 2.0)])
    found = read_labanotation(path)
    assert list(found) == ["point_there"]  # a dummy is none
    key, hold = found["point_there"].keys
    assert key.left is None
    assert key.right.upper == pytest.approx((1.0, 0.0, 0.0), abs=1e-3)
    assert key.right.fore == pytest.approx((0.5, 0.707, 0.5), abs=1e-3)
    assert key.head == (0.0, 0.3, 0.5)
    assert key.time > 0.4  # no arm is raised in .05 s
    assert hold.time - key.time == pytest.approx(1.1) and hold.right == key.right
    assert found["point_there"].duration - hold.time == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("frames", "told"),
    [([{"time": 0, "knee": {}}], "key frame 0: knee is none of head"),
     ([frame(0, 1, head=("up", "low"))], "head: got direction 'up'"),
     ([frame(0, 1, head=("forward", "middle"))], "level 'middle'"),
     ([frame(0, float("nan"))], "nan seconds"),
     ([{"head": 3}], "head: got 3"), ([], "list of key frames"), (3, "list of key frames")])
def test_bad_labanotation_is_refused(tmp_path, frames, told):
    with pytest.raises(KinesicsError, match=told):
        read_labanotation(laban(tmp_path, frames))


def test_a_forearm_does_not_go_through_the_trunk():
    down = np.array([0.0, -1.0, 0.0])
    turned = clear_of_trunk(down, np.array([-1.0, 0.0, 0.0]))
    assert turned[2] > 0.2 and np.linalg.norm(turned) == pytest.approx(1.0)
    free = np.array([0.0, 0.0, 1.0])
    assert clear_of_trunk(down, free) == pytest.approx(free)


def test_the_vocabulary_holds_the_designers_gestures_within_the_joints_range():
    known = gestures.vocabulary()
    assert len(known) >= 90 and set(gestures.ROBOT_GESTURES) <= set(known)
    assert known["nod"] is gestures.ROBOT_GESTURES["nod"]
    assert not {"test", "dummy", "initialize"} & set(known)
    animator = BodyAnimator(0)
    for name in list(known)[::6]:
        animator.start(name)
        for _ in range(40):
            animator.step(1 / 30)
            pose = animator.body_pose
            assert (pose >= JOINT_LOW - 1e-9).all() and (pose <= JOINT_HIGH + 1e-9).all(), name
