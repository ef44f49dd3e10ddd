"""Two of our robots facing each other: every pair of personalities settles."""

import itertools

import numpy as np
import pytest

from kinesics_core.affect.emotions import ANGER, FEAR, HAPPINESS, NEUTRAL, SADNESS
from kinesics_core.mind.answers import HOSTILE
from kinesics_core.mind.personality import PERSONALITIES, Personality, load_personality
from kinesics_core.mind.policy import ResponsePolicy
from kinesics_core.mind.simulated_person import face_each_other
from kinesics_core.mind.trace import PersonState

RATE = 10.0


def meet(one, other, emotion, intensity=0.9, seconds=90.0):
    """(frames, 2) answers of two who begin with what the first one sees."""
    return list(face_each_other(
        ResponsePolicy(one), ResponsePolicy(other, seed=1), seconds, RATE,
        begins=PersonState(emotion=emotion, intensity=intensity)))


def settled(answers, seconds=30.0):
    """Assert that in the last seconds nothing but a nod now and then goes on."""
    for side in (0, 1):
        last = [pair[side] for pair in answers[-int(seconds * RATE):]]
        states = np.array([[one.valence, one.arousal, one.dominance] for one in last])
        assert np.ptp(states, axis=0).max() < 0.1
        changes = sum(a.emotion != b.emotion for a, b in itertools.pairwise(last))
        ways = sum(a.policy != b.policy for a, b in itertools.pairwise(last))
        gestures = sum(b.gesture != a.gesture and bool(b.gesture)
                       for a, b in itertools.pairwise(last))
        assert changes <= 1 and ways <= 1 and gestures <= 6
        assert np.ptp([one.intensity for one in last]) < 0.3
        assert all(one.emotion not in HOSTILE for one in last)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("one", "other"), itertools.combinations_with_replacement(PERSONALITIES, 2))
def test_every_pair_settles_after_a_smile(one, other):
    settled(meet(load_personality(one), load_personality(other), HAPPINESS))


@pytest.mark.slow
@pytest.mark.parametrize("emotion", [ANGER, SADNESS, FEAR])
def test_they_settle_whatever_they_begin_with(emotion):
    random = np.random.default_rng(emotion)
    for _ in range(2):
        one, other = (Personality(*random.uniform(-1.0, 1.0, 5).tolist()) for _ in range(2))
        settled(meet(one, other, emotion))


def test_a_smile_goes_to_and_fro_and_fades():
    answers = meet(load_personality("warm"), load_personality("warm"), HAPPINESS, seconds=40.0)
    smiles = np.array([[one.intensity if one.emotion == HAPPINESS else 0.0 for one in pair]
                       for pair in answers])
    assert smiles[:100].max(axis=0).min() > 0.2  # both have smiled
    assert smiles[-50:].max() < smiles[:100].max()
    assert {one.emotion for pair in answers for one in pair} <= {HAPPINESS, NEUTRAL}
