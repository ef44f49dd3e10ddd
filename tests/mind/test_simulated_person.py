"""A simulated person: feelings are caught and pass, smiles come back, misplaced joy tires."""

import numpy as np
import pytest

from kinesics_core.affect.emotions import ANGER, EMOTION_VAD, HAPPINESS, NEUTRAL, SADNESS
from kinesics_core.mind.simulated_person import (
    SimulatedPerson,
    SimulatedPersonConfig,
    closed_loop,
    robot_as_person,
)
from kinesics_core.types import AffectiveResponse

RATE = 30.0


def shown(emotion=NEUTRAL, intensity=0.0, gesture="", stamp=0):
    return AffectiveResponse(
        stamp, "mirror", emotion, intensity, 0.0, 0.0, 0.0, 1, np.zeros(2), gesture, 1.0, "")


def live(person, seconds, *response):
    states = [person.step(shown(*response), 1.0 / RATE) for _ in range(int(seconds * RATE))]
    return states


def still(**changes):
    """Nobody who returns anything."""
    return SimulatedPersonConfig(smiles_back=0.0, frowns_back=0.0, greets_back=0.0, **changes)


def test_a_feeling_is_caught_at_the_rate_of_the_equation():
    config = still(susceptibility=1.0, contagion_time=2.0, mood_time=10.0)
    person = SimulatedPerson(config=config)
    live(person, 3.0, HAPPINESS, 0.5)
    caught, back = 0.5 / 2.0, 1.0 / 10.0
    rest = caught / (caught + back) * EMOTION_VAD[HAPPINESS]
    assert person.vad == pytest.approx(rest * (1 - np.exp(-(caught + back) * 3.0)), rel=1e-6)


def test_the_step_does_not_matter():
    ends = []
    for rate in (5.0, 30.0, 120.0):
        person = SimulatedPerson((-0.4, 0.1, 0.0), still())
        for _ in range(int(4 * rate)):
            person.step(shown(SADNESS, 0.8), 1.0 / rate)
        ends.append(person.vad)
    assert np.ptp(ends, axis=0).max() < 1e-9


def test_what_happens_passes_and_the_mood_stays():
    person = SimulatedPerson(0.5 * EMOTION_VAD[SADNESS], still(mood_time=5.0))
    person.feel(HAPPINESS, 1.0)
    (first, *_, last) = live(person, 30.0)
    assert (first.emotion, last.emotion) == (HAPPINESS, SADNESS)
    assert person.vad == pytest.approx(0.5 * EMOTION_VAD[SADNESS], abs=0.01)


@pytest.mark.parametrize(("emotion", "low", "high"), [(HAPPINESS, 0.43, 0.63), (ANGER, 0.0, 0.17)])
def test_over_half_return_a_smile_and_few_a_frown(emotion, low, high):
    returned = 0
    for seed in range(200):
        person = SimulatedPerson(config=SimulatedPersonConfig(susceptibility=0.0), seed=seed)
        returned += any(state.emotion == emotion for state in live(person, 1.5, emotion, 0.7))
    assert low < returned / 200 < high  # .53 and .07; 200 throws lie within .1


def test_a_greeting_is_returned_once_and_late():
    person = SimulatedPerson(config=SimulatedPersonConfig(greets_back=1.0, latency=0.7))
    states = live(person, 5.0, NEUTRAL, 0.0, "wave")
    waving = [number / RATE for number, state in enumerate(states) if state.gesture == "wave"]
    assert waving[0] == pytest.approx(0.7, abs=0.1)
    assert waving[-1] - waving[0] == pytest.approx(1.5, abs=0.1)


def test_joy_at_grief_makes_somebody_turn_away_and_leave_and_sympathy_does_not():
    config = still(patience=4.0, susceptibility=0.0)
    grieves = 0.9 * EMOTION_VAD[SADNESS]
    laughed_at = live(SimulatedPerson(grieves, config), 10.0, HAPPINESS, 0.8)
    consoled = live(SimulatedPerson(grieves, config), 10.0, SADNESS, 0.5)
    ways = [state.engagement for state in laughed_at]
    assert ways.index("disengaging") == pytest.approx(4.0 * RATE, abs=2)
    assert laughed_at[-1].leaves
    assert {state.engagement for state in consoled} == {"engaged"}


def test_the_same_seed_lives_the_same_life():
    lives = []
    for _ in range(2):
        person = SimulatedPerson(seed=3)
        lives.append([person.step(shown(HAPPINESS, 0.6, "wave" if n % 90 < 30 else ""), 1 / RATE)
                      for n in range(600)])
    assert lives[0] == lives[1]


class Smiles:
    """A policy that smiles all the time."""

    def update(self, affects, people, signals=()):
        return shown(HAPPINESS, 0.7, "", people.stamp)


def test_in_the_closed_loop_the_robot_s_smile_reaches_the_person_late():
    steps = list(closed_loop(Smiles(), SimulatedPerson(config=still(susceptibility=1.0)), 6.0,
                             delay=1.0))
    valence = np.array([perceived.affects[0].valence for perceived, _ in steps])
    assert np.all(valence[: int(0.9 * RATE)] == 0.0) and valence[-1] > 0.3
    assert [response.stamp for _, response in steps] == sorted(
        {perceived.people.stamp for perceived, _ in steps})


def test_another_robot_is_seen_as_it_shows_itself():
    state = robot_as_person(shown(SADNESS, 0.6, "clap"))
    assert (state.emotion, state.intensity, state.gesture) == (SADNESS, 0.6, "clap")
    assert robot_as_person(shown(gesture="open_arms")).gesture == ""
