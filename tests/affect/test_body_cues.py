"""Cues of movements that are known: drawn people whose posture and motion are formulas."""

import numpy as np
import pytest

from kinesics_core.affect.body_cues import CUES, RATE, STEPS, cues
from kinesics_core.motion.windows import STANDING

TIMES = np.arange(STEPS) / RATE
KNOWN = np.ones((1, 17), bool)


def standing(scale=200.0, place=(300.0, 240.0)):
    return np.repeat((STANDING * scale + place)[None, None], STEPS, axis=1)


def read(poses, known=KNOWN):
    with np.errstate(invalid="ignore", divide="ignore"):
        return dict(zip(CUES, cues(poses, known)[0], strict=True))


def swinging(frequency, size=0.2, scale=200.0):
    poses = standing(scale)
    swing = size * scale * np.sin(2 * np.pi * frequency * TIMES)
    poses[0, :, 9, 0] += swing
    poses[0, :, 10, 0] += swing
    return poses


def test_distance_place_and_mirror_do_not_matter():
    one = read(swinging(1.0))
    near = read(swinging(1.0, scale=450.0) + 40.0)
    for name in CUES:
        assert near[name] == pytest.approx(one[name], abs=1e-6), name
    flipped = swinging(1.0) * (-1.0, 1.0)
    flipped = flipped[:, :, [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]]
    for name, value in read(flipped).items():
        assert value == pytest.approx(one[name], abs=1e-6), name


def test_tempo_is_the_frequency_and_extent_the_size():
    slow, quick = read(swinging(0.75)), read(swinging(2.0))
    assert np.exp(slow["tempo"]) - 0.2 == pytest.approx(0.75, abs=0.2)
    assert np.exp(quick["tempo"]) - 0.2 == pytest.approx(2.0, abs=0.2)
    assert quick["wrist_speed"] > slow["wrist_speed"] + 0.6
    wide = read(swinging(0.75, 0.4))
    assert wide["arm_across"] - slow["arm_across"] == pytest.approx(np.log(2.0), abs=0.1)


def test_a_bowed_head_is_lower_and_a_raised_hand_higher():
    upright, bowed, raised = standing(), standing(), standing()
    bowed[0, :, :5, 1] += 30.0
    raised[0, :, 9, 1] -= 200.0
    assert read(bowed)["head_up"] < read(upright)["head_up"] - 0.15
    assert read(raised)["wrist_highest"] > read(upright)["wrist_highest"] + 0.8
    assert read(raised)["uneven"] > 0.8 and read(upright)["uneven"] < 0.05


@pytest.mark.parametrize("degrees", [-25.0, 15.0])
def test_a_camera_that_is_rolled_changes_little(degrees):
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    level = swinging(1.0)
    rolled = (level - 300.0) @ turn.T + 300.0
    for name, value in read(rolled).items():
        assert value == pytest.approx(read(level)[name], abs=0.02), name


def test_what_is_not_seen_is_nan_and_the_rest_is_not():
    known = KNOWN.copy()
    known[0, 13:] = False
    legless = read(swinging(1.0), known)
    assert np.isnan([legless[name] for name in ("knee_bend", "ankle_speed", "leg_tempo")]).all()
    whole = read(swinging(1.0))
    for name in ("head_up", "wrist_speed", "elbow_bend", "tempo", "bounce"):
        assert legless[name] == pytest.approx(whole[name]), name
    nobody = read(standing(), np.zeros((1, 17), bool))
    assert np.isnan(list(nobody.values())).all()
    together = np.zeros((1, STEPS, 17, 2))  # every keypoint in one place
    assert not np.isinf(list(read(together).values())).any()
