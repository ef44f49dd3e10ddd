import numpy as np
import pytest

from kinesics_core.errors import KinesicsError
from kinesics_core.importers.gesture_folder import gesture_of, read_folder

REST = np.array([
    (0, 1.65, 0.1), (0.03, 1.7, 0.08), (-0.03, 1.7, 0.08), (0.07, 1.66, 0), (-0.07, 1.66, 0),
    (0.18, 1.45, 0), (-0.18, 1.45, 0), (0.2, 1.18, 0), (-0.2, 1.18, 0), (0.2, 0.95, 0.05),
    (-0.2, 0.95, 0.05), (0.1, 0.95, 0), (-0.1, 0.95, 0), (0.1, 0.5, 0), (-0.1, 0.5, 0),
    (0.1, 0.08, 0), (-0.1, 0.08, 0)], float)
YAML = "{name}:\n  duration: 2\n  keys:\n    - {{time: 1, head: [0, 0.2, 0]}}\n"


def test_a_clip_becomes_directions_in_the_trunk():
    frames = np.repeat(REST[None], 61, axis=0)
    frames[30:, 10] = frames[30:, 8] + (-0.1, 0.0, 0.2)  # the right forearm: forward and outward
    turn = np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]])  # whoever is filmed stands sideways
    gesture = gesture_of(frames @ turn.T, 30.0, "mine")
    last = gesture.keys[-1]
    assert last.right.fore == pytest.approx(np.array([0.1, 0, 0.2]) / np.hypot(0.1, 0.2), abs=0.02)
    assert last.left.upper == pytest.approx(REST[7] - REST[5], abs=0.1) or last.left.upper[1] < -0.9
    assert gesture.keys[0].right.fore[1] < -0.9
    times = [key.time for key in gesture.keys]
    assert times[-1] == pytest.approx(2.4) and np.diff(times) == pytest.approx(0.2, abs=0.02)
    assert gesture.duration > times[-1]


def test_a_nod_and_a_turn_of_the_head_keep_their_signs():
    frames = np.repeat(REST[None], 41, axis=0)
    frames[30:, 0] += (0.06, -0.05, -0.02)  # the nose goes to the left and down
    frames[30:, 3] += (0.0, -0.03, 0.0)  # and the left ear down
    roll, pitch, yaw = gesture_of(frames, 20.0, "look").keys[-1].head
    assert pitch > 0.2 and yaw > 0.3 and roll < -0.1


def test_a_folder_is_read_and_bad_ones_are_refused(tmp_path):
    with pytest.raises(KinesicsError, match="cannot be read"):
        read_folder(tmp_path / "none")
    with pytest.raises(KinesicsError, match="holds no gesture"):
        read_folder(tmp_path)
    (tmp_path / "a.yaml").write_text(YAML.format(name="one"))
    (tmp_path / "b.yml").write_text(YAML.format(name="two"))
    assert set(read_folder(tmp_path)) == {"one", "two"}
    (tmp_path / "c.json").write_text(YAML.format(name="two"))
    with pytest.raises(KinesicsError, match="two stands in another"):
        read_folder(tmp_path)
    (tmp_path / "c.json").unlink()
    (tmp_path / "wrong.bvh").write_text("no motion")
    with pytest.raises(KinesicsError, match=r"wrong\.bvh"):
        read_folder(tmp_path)
