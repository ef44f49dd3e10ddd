import numpy as np
import pytest

from kinesics_core.mind.appraisal import EVENTS
from kinesics_core.mind.personality import PERSONALITIES, Personality, load_personality, temperament
from kinesics_core.mind.state import OwnState


def test_one_long_step_is_as_many_short_ones():
    target = np.array([-0.6, 0.8, 0.1])
    long, short = (OwnState(load_personality("warm"), 8.0) for _ in range(2))
    long.move(3.0, target, 0.7)
    for _ in range(3000):
        short.move(0.001, target, 0.7)
    assert short.vad == pytest.approx(long.vad, abs=1e-9)


def test_contagion_ends_between_temperament_and_target():
    """At rest d vad/dt = 0: pull (temperament - vad) = push (vad - target)."""
    state = OwnState(Personality(0, 0, 0, 0, 0), 4.0)
    state.move(1e4, np.array([0.8, -0.4, 0.2]), 0.75)  # pull 1/4 against push 3/4
    assert state.vad == pytest.approx([0.6, -0.3, 0.15])


def test_the_state_stays_in_its_cube_whatever_happens():
    rng = np.random.default_rng(0)
    for _ in range(300):
        state = OwnState(Personality(*rng.uniform(-1, 1, 5)), rng.uniform(0.5, 600))
        for _ in range(20):
            choice = rng.integers(3)
            if choice == 0:
                state.feel(EVENTS[str(rng.choice([*EVENTS]))], rng.uniform(-2, 5))
            target = rng.normal(0, 3, 3)
            if choice == 1:
                target[rng.integers(3)] = [np.nan, np.inf, -np.inf][rng.integers(3)]
            state.move(rng.choice([-1.0, 0.0, 1e-9, 0.03, 1e6]), target, rng.uniform(-1, 100))
            assert (np.abs(state.vad) <= 1.0).all()


@pytest.mark.parametrize(("event", "axis", "sign"), [
    ("greeted", 0, 1), ("smiled_at", 0, 1), ("praised", 2, 1), ("ignored", 0, -1),
    ("startled", 1, 1), ("departure", 1, -1), ("error", 0, -1), ("error", 2, -1)])
def test_events_are_felt_in_their_direction(event, axis, sign):
    state = OwnState(Personality(0, 0, 0, 0, 0), 8.0)
    state.feel(EVENTS[event])
    assert sign * state.vad[axis] > 0.02
    state.move(80.0)
    assert state.vad == pytest.approx(np.zeros(3), abs=1e-3)


def test_temperaments_of_the_shipped_personalities_lie_apart():
    homes = {name: temperament(load_personality(name)) for name in PERSONALITIES}
    for one in homes:
        for other in homes:
            if one < other:
                assert np.linalg.norm(homes[one] - homes[other]) > 0.15, (one, other)
