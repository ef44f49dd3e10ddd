import numpy as np
import pytest

from kinesics_core import cli
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.idle_fit import RATE
from kinesics_core.expression.idle_life import CHANNELS
from kinesics_core.importers.idle_clips import idle_channels, read_idle

REST = np.array([
    (0, 1.65, 0.1), (0.03, 1.7, 0.08), (-0.03, 1.7, 0.08), (0.07, 1.66, 0), (-0.07, 1.66, 0),
    (0.18, 1.45, 0), (-0.18, 1.45, 0), (0.2, 1.18, 0), (-0.2, 1.18, 0), (0.2, 0.95, 0.05),
    (-0.2, 0.95, 0.05), (0.1, 0.95, 0), (-0.1, 0.95, 0), (0.1, 0.5, 0), (-0.1, 0.5, 0),
    (0.1, 0.08, 0), (-0.1, 0.08, 0)], float)
UPPER = slice(0, 13)


def turned(points, yaw):
    cosine, sine = np.cos(yaw), np.sin(yaw)
    return points @ np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]]).T


def channel(name, frames):
    return idle_channels(frames, 30.0)[:, CHANNELS.index(name)]


@pytest.mark.parametrize("facing", [0.0, 1.1, -2.0])
def test_a_shift_of_the_weight_is_read_whichever_way_someone_faces(facing):
    frames = np.repeat(REST[None], 91, axis=0)
    frames[60:, UPPER] += (0.04, 0.0, -0.02)  # to the left and back
    frames = turned(frames, facing)
    left, ahead = channel("shift_left", frames), channel("shift_forward", frames)
    assert len(left) == pytest.approx(3 * RATE, abs=1)
    assert left[-1] - left[0] == pytest.approx(0.04, abs=1e-6)
    assert ahead[-1] - ahead[0] == pytest.approx(-0.02, abs=1e-6)


def test_a_lean_and_a_turn_keep_their_signs():
    frames = np.repeat(REST[None], 61, axis=0)
    frames[40:, :11] += (0.0, 0.0, 0.1)  # the chest goes forward
    assert channel("spine_pitch", frames)[-1] > 0.1
    frames = np.repeat(REST[None], 61, axis=0)
    frames[40:, :11] += (-0.1, 0.0, 0.0)  # to the right: roll about forward is positive
    assert channel("spine_roll", frames)[-1] > 0.1
    frames = np.repeat(REST[None], 61, axis=0)
    frames[40:, :11] = turned(frames[40:, :11], 0.3)
    assert channel("spine_yaw", frames)[-1] == pytest.approx(0.3, abs=0.01)


def test_a_folder_without_recordings_is_refused(tmp_path, capsys):
    for folder, told in ((tmp_path, "no .bvh"), (tmp_path / "none", "cannot be read")):
        with pytest.raises(KinesicsError, match=told):
            read_idle(folder)
    out = tmp_path / "idle.npz"
    assert cli.main(["train", "idle", "--data", str(tmp_path), "--out", str(out)]) != 0
    assert "no .bvh" in capsys.readouterr().err and not out.exists()
