import numpy as np
import pytest

from kinesics_core.expression.gaze import (
    EYE_RANGE,
    FIXATION,
    HEAD_RANGE,
    HEAD_SPEED,
    SACCADE_SPEED,
    Gaze,
    saccade_duration,
    within,
)

RATE = 1000


def run(gaze, start, seconds, rate=RATE):
    """Gaze (n, 2), head (n, 2) and saccades (m, 2: beginning, degrees)."""
    looks, heads, shifts = [], [], []
    for step in range(1, int(round(seconds * rate)) + 1):
        time = start + step / rate
        shifts += gaze.advance(time)
        looks.append(gaze.direction(time))
        heads.append(gaze.head(time))
    return np.array(looks), np.array(heads), np.array(shifts).reshape(-1, 2)


@pytest.mark.parametrize("degrees", [1.0, 5.0, 10.0, 20.0, 30.0])
def test_saccades_keep_the_main_sequence(degrees):
    gaze = Gaze((0,))
    gaze.look(0.0, np.radians([degrees, 0.0]))
    looks, _, shifts = run(gaze, 0.0, 0.2)
    assert shifts[0] == pytest.approx([0.0, degrees])
    azimuth = np.degrees(looks[:, 0])
    lasted = (azimuth >= degrees - 1e-6).argmax() / RATE
    assert lasted == pytest.approx(0.021 + 0.0022 * degrees, abs=0.004)  # Carpenter 1988
    peak = np.diff(azimuth).max() * RATE
    # Bahill, Clark & Stark 1975: saturating, 500 to 600 degrees a second beyond 20 degrees.
    published = 560.0 * (1.0 - np.exp(-degrees / 10.0))
    assert peak == pytest.approx(published, rel=0.35)
    assert peak <= np.degrees(SACCADE_SPEED[0]) * 1.001


def test_hypot_of_a_saccade_and_its_slower_vertical():
    assert saccade_duration(np.radians(3.0), np.radians(4.0)) == pytest.approx(0.021 + 0.011)
    assert saccade_duration(0.0, np.radians(40.0)) > saccade_duration(np.radians(40.0), 0.0)


def test_a_bearing_that_jumps_all_the_time_makes_no_saccade_too_early():
    rng, gaze, begun = np.random.default_rng(0), Gaze((0,)), []
    looks = []
    for step in range(2000):
        gaze.look(step / 200, rng.uniform(-1.2, 1.2, 2))
        begun += gaze.advance((step + 1) / 200)
        looks.append(gaze.direction((step + 1) / 200))
    starts = np.array([when for when, _ in begun])
    assert np.diff(starts).min() > FIXATION
    speed = np.abs(np.diff(looks, axis=0)) * 200
    assert (speed <= SACCADE_SPEED * 1.01).all()


def test_eyes_and_mouth_are_scanned_and_the_gaze_leaves_now_and_then():
    gaze = Gaze((4,))
    person = np.radians([12.0, 5.0])
    gaze.look(0.0, person)
    looks, _, shifts = run(gaze, 0.0, 900.0, rate=60)
    away = np.degrees(looks[120:] - person)
    on_face = np.abs(away[:, 0]) < 4.0
    assert 0.7 < on_face.mean() < 0.95  # listeners look three quarters of the time and more
    face = away[on_face]
    left, right = (face[:, 0] > 0.6) & (face[:, 1] > 0), (face[:, 0] < -0.6) & (face[:, 1] > 0)
    mouth = face[:, 1] < -1.0
    assert min(left.mean(), right.mean()) > 0.25 and 0.1 < mouth.mean() < 0.3
    edges = np.flatnonzero(np.diff(on_face.astype(int)))
    spells = np.diff(edges) / 60.0
    aversions = spells[0::2] if not on_face[edges[0] + 1] else spells[1::2]
    assert 0.6 < np.median(aversions) < 2.5
    assert 0.8 < len(shifts) / 900.0 < 3.0
    assert np.mean(away[~on_face, 1]) < 0.0  # down rather than up


def test_nothing_turns_away_in_the_first_four_seconds():
    for seed in range(20):
        gaze = Gaze((seed,))
        gaze.look(0.0, np.array([0.4, 0.1]))
        looks, _, _ = run(gaze, 0.0, 4.0, rate=60)
        assert np.abs(looks[30:] - (0.4, 0.1)).max() < np.radians(3.0)


def test_a_person_who_walks_by_is_followed_smoothly():
    gaze, looks, shifts = Gaze((1,)), [], []
    gaze.look(0.0, np.array([-0.4, 0.0]))
    for step in range(1, 181):
        time = step / 60
        if step % 4 == 0:  # 15 bearings a second
            gaze.look(time, np.array([-0.4 + 0.3 * time, 0.0]))
        shifts += gaze.advance(time)
        looks.append(gaze.direction(time))
    looks = np.array(looks)[60:]
    wanted = -0.4 + 0.3 * np.arange(61, 181) / 60
    assert np.abs(looks[:, 0] - wanted).max() < np.radians(5.5)
    assert max(size for when, size in shifts if when > 0.5) < 4.5  # scanning, no catching up


def test_noise_of_the_bearing_is_not_chased():
    gaze, rng = Gaze((0,)), np.random.default_rng(0)
    heads, sizes = [], []
    for step in range(600):
        gaze.look(step / 60, np.array([0.3, 0.0]) + rng.normal(0.0, np.radians(0.3), 2))
        sizes += [size for when, size in gaze.advance((step + 1) / 60) if when > 0.5]
        heads.append(gaze.head((step + 1) / 60))
    assert np.ptp(heads[120:], axis=0).max() < np.radians(1.0)
    assert len(sizes) < 30


@pytest.mark.parametrize("bearing", [(0.5, 0.1), (1.2, -0.2), (-0.8, 0.3)])
def test_the_head_makes_most_of_it_later_within_its_speed(bearing):
    gaze = Gaze((0,))
    gaze.look(0.0, np.array(bearing))
    looks, heads, _ = run(gaze, 0.0, 3.0)
    half = np.abs(np.array([looks[:, 0], heads[:, 0]])) > 0.5 * np.abs(
        [[looks[-1, 0]], [heads[-1, 0]]])
    assert half[0].argmax() < half[1].argmax()
    assert abs(heads[-1, 0]) > 0.5 * (abs(bearing[0]) - np.radians(6.0))
    assert (np.abs(bearing - heads[-1]) < 0.8 * EYE_RANGE).all()  # the eyes can reach the rest
    assert np.abs(np.diff(heads, axis=0)).max() * RATE < 1.15 * HEAD_SPEED
    assert (np.abs(heads) <= HEAD_RANGE + 1e-9).all()


def test_small_shifts_leave_the_head_still():
    gaze = Gaze((0,))
    gaze.look(0.0, np.radians([4.0, 2.0]))
    _, heads, _ = run(gaze, 0.0, 2.0)
    assert (heads == 0.0).all()


def test_eyes_converge_on_a_person_and_not_on_nobody():
    gaze = Gaze((0,))
    assert gaze.vergence(0.0) == 0.0
    gaze.look(0.0, np.zeros(2))
    assert np.degrees(gaze.vergence(1.0)) == pytest.approx(1.2)
    gaze.look(2.0, None)
    assert gaze.vergence(3.0) == pytest.approx(0.0, abs=1e-9) and not gaze.attending


def test_an_angle_is_kept_within_its_range_without_a_kink():
    angles = np.linspace(-3.0, 3.0, 60001)
    kept = np.array([within(angle, 0.5) for angle in angles])
    assert np.abs(kept).max() <= 0.5
    slope = np.diff(kept) / np.diff(angles)
    assert slope.min() >= 0.0 and slope.max() <= 1.0 + 1e-6
    assert np.abs(np.diff(slope)).max() < 0.002
    same = np.abs(angles) < 0.42
    assert (kept[same] == angles[same]).all()


def test_gaze_does_not_depend_on_the_steps():
    def at(rate):
        gaze, shown = Gaze((7,)), []
        for second in range(30):
            gaze.look(float(second), None if second % 7 == 6 else np.array(
                [0.5 * np.sin(second), 0.1]))
            looks, heads, _ = run(gaze, float(second), 1.0, rate)
            shown.append(np.concatenate([looks[rate // 10 - 1 :: rate // 10],
                                         heads[rate // 10 - 1 :: rate // 10]], axis=1))
        return np.concatenate(shown)

    assert at(30) == pytest.approx(at(60), abs=1e-9)
    assert at(60) == pytest.approx(at(100), abs=1e-9)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_who_is_shy_looks_away_more(share):
    gaze = Gaze((5,))
    gaze.set_share(share)
    gaze.look(0.0, np.zeros(2))
    looks, _, _ = run(gaze, 0.0, 600.0, rate=20)
    on_face = np.abs(np.degrees(looks[:, 0])) < 4.0
    assert on_face.mean() == pytest.approx(share, abs=0.08)
