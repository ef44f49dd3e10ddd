"""Rules of conduct, held over random readings, personalities, people and times."""

from collections import Counter

import numpy as np
import pytest
from social_scene import SocialScene, away, begun, random_signals, someone

from kinesics_core.affect.emotions import (
    ANGER,
    CONTEMPT,
    DISGUST,
    EMOTIONS,
    FEAR,
    HAPPINESS,
    NEUTRAL,
    SADNESS,
    SURPRISE,
)
from kinesics_core.mind import conduct
from kinesics_core.mind.answers import HOSTILE
from kinesics_core.mind.gesture_choice import SHOWN_FOR
from kinesics_core.mind.perceive import perceive
from kinesics_core.mind.personality import PERSONALITIES, Personality, load_personality
from kinesics_core.mind.policy import ResponsePolicy
from kinesics_core.mind.policy_config import POLICIES, PolicyConfig
from kinesics_core.mind.study import person
from kinesics_core.types import Affect, People

SECOND = 1_000_000_000


def random_affect(rng, stamp, person_id):
    """A reading of anything: sharp or vague, not summing to 1, negative, NaN."""
    categories = rng.dirichlet(np.full(8, rng.choice([0.05, 0.3, 3.0])))
    categories = categories * rng.choice([1.0, 1.0, 0.3, 7.0])
    if rng.random() < 0.1:
        categories[rng.integers(8)] = rng.choice([np.nan, np.inf, -1.0])
    vad = np.where(rng.random(3) < 0.2, np.nan, rng.normal(0, 2, 3)).tolist()
    confidence = float(rng.choice([rng.random(), 1.0, np.nan, -3.0, 40.0]))
    return Affect(stamp, person_id, categories.astype(np.float32), *vad, confidence, "random")


@pytest.mark.parametrize("seed", range(4))
def test_the_rules_hold_whatever_is_seen(seed):
    rng = np.random.default_rng(seed)
    policy = ResponsePolicy(
        Personality(*rng.uniform(-1, 1, 5)), PolicyConfig(policy=str(rng.choice(POLICIES))), seed)
    stamp, before, starts, ids = 0, None, [], [1, 2, 3]
    for image in range(600):
        elapsed = float(rng.choice([0.02, 0.05, 0.1, 0.5, 3.0], p=[0.3, 0.4, 0.2, 0.08, 0.02]))
        stamp += int(elapsed * SECOND)
        if image % 25 == 0:
            ids = rng.choice(9, rng.integers(4), replace=False).tolist()
        persons = [person(number + 1, rng.random(), rng.random()) for number in ids]
        seen = People(stamp, 640, 480, persons)
        affects = [random_affect(rng, stamp, one.id) for one in persons if rng.random() < 0.9]
        signals = [random_signals(rng, stamp, one.id) for one in persons if rng.random() < 0.8]
        response = policy.update(affects, seen, signals)
        believed = perceive(affects, seen, signals)
        numbers = [response.intensity, response.valence, response.arousal, response.dominance,
                   response.lean, response.gaze, response.tempo, *response.factor_values]
        assert np.isfinite(numbers).all()
        assert np.abs(numbers[1:4]).max() <= 1.0
        assert 0.0 <= response.intensity <= 1.0 and 0.0 <= response.gaze <= 1.0
        assert -0.25 <= response.lean <= 0.3 and 0.5 <= response.tempo <= 1.5
        assert response.emotion not in HOSTILE
        assert len(response.factors) == len(response.factor_values)
        assert response.reason.endswith(".")
        one = believed.get(response.towards)
        if one is not None:
            hostile = sum(one.believed[emotion] for emotion in HOSTILE)
            if hostile >= conduct.HOSTILE_FROM:
                assert response.emotion in (NEUTRAL, SADNESS)
                assert response.intensity <= 0.45 and response.tempo <= 1.0
            if one.believed[FEAR] >= 0.4:
                assert response.emotion != FEAR and response.tempo <= 1.0
            assert response.intensity <= max(conduct.FAINT, one.expressive) + 1e-9
            if max(one.believed[SADNESS], one.believed[FEAR]) >= 0.4:
                assert response.emotion != HAPPINESS or response.intensity <= conduct.GENTLE
            if one.away:
                assert response.intensity <= 0.3 and response.gaze <= 0.4
        if before is not None:
            step = elapsed + 1e-6
            assert abs(response.lean - before.lean) <= conduct.LEAN_SPEED * step + 1e-9
            if response.emotion == before.emotion:
                assert response.intensity - before.intensity <= conduct.RISE * step + 1e-9
            if response.gesture and response.gesture != before.gesture:
                starts.append(stamp / SECOND)
        before = response
    for first in starts:
        assert sum(first <= time < first + 60.0 for time in starts) <= conduct.GESTURES_A_MINUTE


@pytest.mark.parametrize("name", PERSONALITIES)
@pytest.mark.parametrize("emotion", [ANGER, CONTEMPT, DISGUST])
def test_hostility_is_answered_with_calm_and_not_from_nearer(name, emotion):
    scene = SocialScene(ResponsePolicy(load_personality(name)))
    scene.play(9.0, someone(1, HAPPINESS))
    met = scene.play(8.0, someone(1, emotion))
    assert {response.emotion for response in met} <= {NEUTRAL, SADNESS}
    assert met[-1].lean <= -0.02 + 1e-9
    assert max(response.tempo for response in met) <= 1.0
    assert {gesture for _, gesture in begun(met)} <= {
        "calm", "nod", "shrug", "hand_to_chest", "bow"} - {"shrug"}
    assert "in kind" in met[-1].reason


def test_who_turns_away_is_left_in_peace():
    scene = SocialScene(ResponsePolicy(load_personality("playful")))
    scene.play(9.0, someone(1, HAPPINESS))
    left = scene.play(12.0, away(1, HAPPINESS))
    assert begun(left) == []
    assert left[-1].intensity <= 0.3 and left[-1].lean <= -0.02 + 1e-9
    assert left[-1].gaze < 0.5
    assert "turned away" in left[-1].reason


@pytest.mark.parametrize("sign", ["wave", "bow", "clap", "hands_raised", "nod"])
def test_one_cause_is_answered_once(sign):
    scene = SocialScene(ResponsePolicy(load_personality("warm"), seed=1))
    scene.play(9.0, someone())
    waved = scene.play(6.0, someone(1, NEUTRAL, sign))
    assert len(begun(waved)) == 1
    cause = waved[begun(waved)[0][0]].cause
    assert cause.startswith(f"1 {sign} ")
    scene.play(3.0, someone())
    again = scene.play(3.0, someone(1, NEUTRAL, sign))
    assert len(begun(again)) == 1
    assert again[begun(again)[0][0]].cause != cause


def test_a_sign_given_over_and_over_is_no_longer_answered():
    scene = SocialScene(ResponsePolicy(load_personality("playful")))
    scene.play(9.0, someone())
    answers = Counter()
    for turn in range(5):
        met = scene.play(2.0, someone(1, NEUTRAL, "wave"))
        answers[turn] = sum(" wave " in met[start].cause for start, _ in begun(met))
        scene.play(6.0, someone())
    assert answers[0] == answers[1] == 1
    assert answers[3] == answers[4] == 0


def test_the_answer_to_what_goes_on_grows_weaker():
    scene = SocialScene(ResponsePolicy(load_personality("warm")))
    scene.play(5.0, someone())
    shown = scene.play(60.0, someone(1, SADNESS))
    early = max(response.intensity for response in shown[: 6 * scene.rate])
    assert 0.3 * early < shown[-1].intensity < 0.8 * early


def test_joy_is_not_escalated_between_two_of_ours():
    """Each shows the other's expression back: it must not grow."""
    minds = [ResponsePolicy(load_personality("playful"), seed=seed) for seed in range(2)]
    scenes = [SocialScene(mind, rate=10) for mind in minds]
    shown = [(HAPPINESS, 0.9)] * 2
    course = []
    for _ in range(160):
        last = [scene.play(0.5, someone(1, emotion, strength=strength))[-1]
                for scene, (emotion, strength) in zip(scenes, reversed(shown), strict=True)]
        shown = [(one.emotion, max(one.intensity, 0.15) if one.emotion != NEUTRAL else 0.85)
                 for one in last]
        course.append(max(one.intensity for one in last))
    assert max(course[-20:]) < 0.7 * max(course)
    assert np.ptp(course[-20:]) < 0.05  # settled
    assert {EMOTIONS[emotion] for emotion, _ in shown} <= {"happiness", "neutral"}


def test_play_stops_in_front_of_sadness():
    scene = SocialScene(ResponsePolicy(
        load_personality("playful"), PolicyConfig(policy="auto")))
    scene.play(9.0, someone(1, HAPPINESS))
    met = scene.play(3.0, someone(1, SADNESS, strength=0.5))
    assert met[-1].policy != "play"
    assert met[-1].emotion not in (HAPPINESS, SURPRISE)


def test_the_warm_one_stays_with_the_sad_and_the_playful_one_cheers_them_up_gently():
    met = {}
    for name in ("warm", "playful"):
        scene = SocialScene(ResponsePolicy(load_personality(name)))
        scene.play(9.0, someone())
        met[name] = scene.play(9.0, someone(1, SADNESS))
    warm, playful = met["warm"], met["playful"]
    assert {response.emotion for response in warm[len(warm) // 3:]} == {SADNESS}
    assert warm[-1].policy == "empathise"
    both = [met[name][int(2.5 * scene.rate)] for name in ("warm", "playful")]
    assert {response.emotion for response in both} == {SADNESS}
    assert 0.1 < both[1].intensity < 0.75 * both[0].intensity
    assert {response.policy for response in playful[scene.rate:]} == {"empathise", "regulate"}
    assert playful[-1].emotion == HAPPINESS
    assert 0.2 < playful[-1].intensity <= conduct.GENTLE


def test_gestures_are_shown_long_enough_to_be_seen():
    scene = SocialScene(ResponsePolicy(load_personality("playful")))
    responses = scene.play(40.0, someone(1, HAPPINESS))
    for start, name in begun(responses):
        held = responses[start:start + int(SHOWN_FOR * scene.rate) - 1]
        assert {response.gesture for response in held} == {name}
