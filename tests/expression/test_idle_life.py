import numpy as np
import pytest

from kinesics_core import files
from kinesics_core.body.leg_ik import STANDING_OFFSETS
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.body_animator import BodyAnimator
from kinesics_core.expression.idle_fit import (
    RATE,
    fit_idle,
    segments,
    speed_statistics,
    streamed,
)
from kinesics_core.expression.idle_life import CHANNELS, GROUPS, IdleLife, IdleModel, shipped_model
from kinesics_core.kinematics import forward_kinematics
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import SMPLX_BODY, SMPLX_BODY_PARENTS


def known(scale=1.0):
    deviations = np.full(17, 0.05 * scale)
    return IdleModel(
        hold=np.tile([np.log(3.0), 0.5], (4, 1)), move=np.tile([np.log(0.8), 0.2], (4, 1)),
        keep=np.full(4, 0.3), level=np.diag(deviations**2), sway=0.08 * deviations,
        pace=np.full(17, 0.6))


def test_the_sway_has_the_deviation_that_the_model_says():
    still = known()
    still = IdleModel(still.hold, still.move, still.keep, 0 * still.level, still.sway, still.pace)
    spread = streamed(still, 0, 600.0).std(axis=0)
    assert spread == pytest.approx(still.sway, rel=0.15)


def test_holds_and_moves_of_a_known_process_are_found():
    rng = np.random.default_rng(0)
    levels = rng.normal(0, 1, (60, 3))
    parts = []
    for before, after in zip(levels, levels[1:], strict=False):
        parts += [np.repeat(before[None], 45, axis=0),
                  before + np.linspace(0, 1, 12)[:, None] * (after - before)]
    path = np.concatenate(parts) + rng.normal(0, 0.002, (sum(map(len, parts)), 3))
    found, held, moved, left = segments(path)
    assert len(found) == pytest.approx(59, abs=12)
    assert np.median(held) == pytest.approx(3.0, abs=0.3)
    assert np.median(moved) == pytest.approx(0.75, abs=0.2)
    assert np.median(np.abs(left)) < 0.02


def test_a_model_is_found_again_from_its_own_stream():
    truth = known()
    fitted = fit_idle({str(seed): streamed(truth, seed, 300.0) for seed in range(4)})
    one, other = (speed_statistics(streamed(model, 9, 300.0)) for model in (truth, fitted))
    for group in GROUPS:
        assert np.array(other[group]) == pytest.approx(np.array(one[group]), rel=0.4), group
    small = fit_idle({"a": streamed(known(0.3), 0, 300.0)})
    assert np.trace(small.level) < 0.3 * np.trace(fitted.level)


def test_nobody_sees_a_loop_in_two_minutes():
    path = streamed(shipped_model(), 4, 120.0)
    path = (path - path.mean(axis=0)) / path.std(axis=0)
    count = len(path)
    for lag in range(int(5 * RATE), count // 2, 3):
        together = (path[lag:] * path[:-lag]).mean()  # over all channels
        assert together < 0.5, lag / RATE
    assert np.abs(path[: count // 2] - path[count // 2 :]).mean() > 0.5


def test_speeds_are_those_of_people_held_out():
    # Median and 95th percentile of two recordings that the model was not fitted to.
    people = {"weight": (0.037, 0.20), "head": (0.058, 0.40), "left_arm": (0.048, 0.55),
              "right_arm": (0.034, 0.53)}
    ours = speed_statistics(streamed(shipped_model(), 1, 240.0))
    for group, (usual, quick) in people.items():
        assert 0.5 < ours[group][0] / usual < 2.0 and 0.4 < ours[group][1] / quick < 2.0, group


def test_the_same_seed_lives_the_same_and_arousal_quickens():
    one, again, other = (streamed(known(), seed, 10.0) for seed in (1, 1, 2))
    assert (one == again).all() and (one != other).any()

    def shifts(arousal):
        life, count, before = IdleLife(0, known()), 0, None
        for _ in range(60 * 120):
            life.step(1 / 60, arousal)
            count += before is not None and life._levels[0] is not before
            before = life._levels[0]
        return count

    assert shifts(0.9) > 1.3 * shifts(-0.9)


def test_the_live_body_shifts_its_weight_over_feet_that_stand():
    animator = BodyAnimator(3)
    names = {name: index for index, name in enumerate(SMPLX_BODY)}
    feet, pelvis = [], []
    for frame in range(30 * 60):
        animator.step(1 / 30)
        if frame % 2:
            continue
        offsets = STANDING_OFFSETS.copy()
        offsets[0] += animator.transl
        turns = np.vstack([animator.global_orient[None], animator.body_pose])
        placed = forward_kinematics(exponential(turns)[None], offsets, SMPLX_BODY_PARENTS)[0][0]
        feet.append(placed[[names["left_ankle"], names["right_ankle"]]])
        pelvis.append(animator.transl)
    speed = np.linalg.norm(np.diff(feet, axis=0), axis=-1) * 15.0
    assert speed.max() < 0.01  # m/s
    assert 0.004 < np.std(pelvis, axis=0)[0] < 0.03


def test_upper_body_alone_keeps_the_legs_still():
    animator = BodyAnimator(0, upper_body=True)
    for _ in range(120):
        animator.step(1 / 30)
    assert (animator.transl == 0.0).all() and (animator.global_orient == 0.0).all()


def test_a_model_is_read_as_it_was_written_and_bad_ones_are_refused(tmp_path):
    path = tmp_path / "idle.npz"
    files.write_arrays(path, known().arrays())
    assert IdleModel.load(path).hold == pytest.approx(known().hold, rel=1e-5)
    files.write_arrays(path, known().arrays() | {"keep": np.full(4, np.nan)})
    with pytest.raises(KinesicsError, match="finite 'keep'"):
        IdleModel.load(path)
    files.write_arrays(path, {"hold": np.zeros((4, 2))})
    with pytest.raises(KinesicsError, match="'move'"):
        IdleModel.load(path)


@pytest.mark.parametrize(
    ("clips", "told"),
    [({}, "no recording"), ({"a": np.zeros((20, len(CHANNELS)))}, "20 s"),
     ({"a": np.zeros((900, 3))}, "wanted"),
     ({"a": np.full((900, len(CHANNELS)), np.nan)}, "no finite numbers")])
def test_bad_recordings_are_refused(clips, told):
    with pytest.raises(KinesicsError, match=told):
        fit_idle(clips)
