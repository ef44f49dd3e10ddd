"""Several people, greetings, what is remembered of them, and a day."""

import numpy as np
import pytest
from social_scene import SocialScene, away, begun, someone

from kinesics_core.affect.emotions import ANGER, HAPPINESS, NEUTRAL, SADNESS
from kinesics_core.errors import KinesicsError
from kinesics_core.mind.memory import FORGET, MOST, Answer, Memory
from kinesics_core.mind.personality import Personality, load_personality, temperament
from kinesics_core.mind.policy import ResponsePolicy
from kinesics_core.mind.policy_config import PolicyConfig


def scene(name="warm", **config):
    return SocialScene(ResponsePolicy(load_personality(name), PolicyConfig(**config)))


def test_who_waves_is_attended_to_and_the_reason_says_so():
    play = scene()
    two = someone(1, at=0.3), someone(2, at=0.7)
    first = play.play(5.0, *two)[-1].towards
    other = 3 - first
    waving = [one if one["id"] == first else someone(other, NEUTRAL, "wave", at=one["at"])
              for one in two]
    last = play.play(2.5, *waving)[-1]
    assert last.towards == other
    assert "gives a sign" in last.reason or "waves" in last.reason
    assert dict(zip(last.factors, last.factor_values, strict=True))["salience.sign"] > 0.3


def test_who_looks_at_the_robot_is_preferred_to_who_looks_away():
    last = scene().play(4.0, away(1, at=0.3), someone(2, at=0.7))[-1]
    assert last.towards == 2


def test_who_waits_has_a_turn():
    responses = scene().play(60.0, someone(1, at=0.3), someone(2, at=0.7))
    towards = [response.towards for response in responses]
    for person_id in (1, 2):
        assert np.mean([one == person_id for one in towards]) > 0.25
    changes = np.count_nonzero(np.diff(towards))
    assert changes <= 60 / 2.0  # and not from one moment to the next


def test_somebody_new_is_turned_to_and_greeted_once():
    play = scene()
    play.play(30.0, someone(1, at=0.3))
    responses = play.play(20.0, someone(1, at=0.3), someone(2, at=0.7))
    greeted = [responses[start].cause for start, _ in begun(responses)
               if responses[start].cause.endswith("arrival 1")]
    assert greeted == ["2 arrival 1"]
    assert play.policy.memory[2].greeted


def test_gaze_is_shared_with_the_others():
    responses = scene().play(40.0, someone(1, at=0.2), someone(2, at=0.8, gaze=0.0, size=0.3))
    azimuth = np.array([response.bearing[0] for response in responses if response.towards == 1])
    elsewhere = (azimuth < 0).mean()  # the second one is to the right
    assert 0.05 < elsewhere < 0.5


def test_who_leaves_is_seen_off_once():
    play = scene()
    play.play(12.0, someone())
    leaving = someone(1, engagement="disengaging", facing=2.5, gaze=0.0, approach=-0.9)
    responses = play.play(4.0, leaving)
    assert [name for _, name in begun(responses)] in (["wave"], ["nod"])
    assert any("leaves" in response.reason for response in responses)
    assert begun(play.play(10.0, leaving)) == []


def test_who_comes_back_within_minutes_is_not_greeted_again_but_after_long_is():
    play = scene()
    play.play(10.0, someone())
    play.play(30.0)
    again = play.play(10.0, someone())
    assert not any("arrival" in response.cause for response in again)
    for _ in range(int(FORGET / 4.0) + 5):
        play.image += 4 * play.rate
        play.play(1 / play.rate)
    assert len(play.policy.memory) == 0
    assert any("arrival" in response.cause for response in play.play(3.0, someone()))


def test_a_smile_after_the_answer_is_praise():
    play = scene()
    play.play(10.0, someone())
    before = play.policy.state
    play.play(2.0, someone(1, SADNESS))
    play.play(3.0, someone(1, HAPPINESS))
    known = play.policy.memory[1]
    taken = {answer.sign: answer.taken for answer in known.answers}
    assert taken["sadness"] == "praised"
    assert known.rapport["empathise"] > 1.0
    assert play.policy.state[0] > before[0] - 0.2


def test_a_frown_after_the_answer_is_not():
    play = scene()
    play.play(10.0, someone())
    play.play(2.0, someone(1, NEUTRAL, "wave"))
    play.play(3.0, someone(1, ANGER))
    known = play.policy.memory[1]
    assert "rebuffed" in [answer.taken for answer in known.answers]
    assert min(known.rapport.values()) < 1.0


def test_rapport_is_bounded_and_fades():
    memory = Memory()
    memory.meet([1], 0.0, 1.0)
    known = memory[1]
    for number in range(100):
        known.answers.append(Answer(float(number), "", "", "mirror", ""))
        known.learn(number + 1.0, 1.0, 0.0)
    assert 1.5 < known.rapport["mirror"] <= 1.6
    known.fade(3000.0)
    assert known.rapport["mirror"] == pytest.approx(1.0, abs=0.01)


def test_memory_is_bounded_when_people_appear_and_vanish_every_frame():
    play = scene()
    for number in range(1, 1500):
        play.play(1 / play.rate, someone(number), someone(number + 5000))
    assert len(play.policy.memory) <= MOST
    responses = play.play(1.0)
    assert not any("arrival" in response.cause for response in responses)


def test_a_crowd_larger_than_the_memory_is_answered_and_then_forgotten():
    play = scene()
    crowd = [someone(number, at=0.5) for number in range(1, MOST + 37)]
    assert play.play(2.0, *crowd)[-1].towards in range(1, MOST + 37)
    assert len(play.policy.memory) == MOST + 36
    play.play(1.0, someone(7))
    assert len(play.policy.memory) == MOST and play.policy.memory.get(7) is not None


def test_nobody_is_greeted_who_is_there_for_a_moment():
    play = scene()
    gestures = []
    for number in range(1, 200):
        gestures += begun(play.play(1 / play.rate, someone(number)))
    assert gestures == []


def test_it_is_quiet_when_nobody_is_there_and_wakes():
    play = scene(quiet_after=20.0)
    play.play(5.0, someone())
    restful = play.play(15.0)[-1]
    quiet = play.play(60.0)[-1]
    assert play.policy.quiet and "quiet" in quiet.reason
    assert quiet.arousal < restful.arousal - 0.1
    awake = play.play(1.0, someone(2))
    assert not play.policy.quiet
    assert awake[-1].arousal > quiet.arousal
    assert awake[-1].towards == 2


def test_an_error_of_its_own_that_is_minded_is_answered_as_such():
    play = scene()
    play.play(10.0, someone())
    play.policy.note("error")
    play.play(2.5, someone())
    minded = play.play(3.0, someone(1, ANGER))
    assert any("error" in response.cause for response in minded)
    assert "minds the robot's error" in minded[-1].reason
    assert {name for _, name in begun(minded)} <= {"bow", "hand_to_chest"}
    assert any(response.emotion == SADNESS for response in minded)


def test_an_event_that_is_none_is_refused():
    with pytest.raises(KinesicsError, match="'birthday'.*error"):
        scene().policy.note("birthday")


def test_anger_long_after_an_error_is_not_about_it():
    play = scene()
    play.play(10.0, someone())
    play.policy.note("error")
    play.play(9.0, someone())
    assert not any("error" in one.cause for one in play.play(3.0, someone(1, ANGER)))


def test_an_expected_wave_is_answered_unless_that_is_turned_off():
    raising = someone(1, NEUTRAL, expected=("wave",))
    careful, play = scene("playful", anticipate=False), scene("playful")
    for one in (careful, play):
        one.play(9.0, someone())
    assert not any("wave" in response.cause for response in careful.play(1.0, raising))
    early = play.play(0.5, raising)
    assert early[-1].anticipated and early[-1].cause.startswith("1 wave")
    assert "expected" in early[-1].reason
    seen = play.play(2.0, someone(1, NEUTRAL, "wave"))
    assert not seen[-1].anticipated
    assert len(begun(early + seen)) == 1  # one answer to one wave


def test_a_raised_hand_that_was_answered_early_is_answered_once():
    play = scene("playful")
    play.play(9.0, someone())
    early = play.play(0.5, someone(1, NEUTRAL, expected=("hands_raised",)))
    seen = play.play(3.0, someone(1, NEUTRAL, "hands_raised"))
    assert early[-1].anticipated and not seen[-1].anticipated
    assert begun(early + seen) and len(begun(early + seen)) == 1


def test_who_raises_a_hand_has_greeted():
    play = scene("warm", anticipate=False)
    play.play(9.0, someone())
    seen = play.play(2.0, someone(1, NEUTRAL, "hands_raised"))
    assert [name for _, name in begun(seen)] in (["wave"], ["open_arms"], ["nod"])
    assert any(one.emotion == HAPPINESS for one in seen)


def test_the_answer_to_a_wave_that_does_not_come_is_withdrawn_and_may_be_given_later():
    play = scene("playful")
    play.play(9.0, someone())
    early = play.play(0.4, someone(1, NEUTRAL, expected=("wave",)))
    assert early[-1].gesture
    after = play.play(1.0, someone())
    assert after[-1].gesture == "" and not after[-1].anticipated
    play.play(2.5, someone())
    again = play.play(3.0, someone(1, NEUTRAL, "wave"))
    assert begun(again)


@pytest.mark.parametrize("hours", [1, pytest.param(24, marks=pytest.mark.slow)])
def test_a_day_without_drift_or_growth(hours):
    """People come and go, twice an hour nobody for long; sampled every second."""
    rng = np.random.default_rng(4)
    play = scene("playful")
    play.rate = 1
    person_id, ends, states = 0, 0.0, []
    sizes = []
    for second in range(hours * 3600):
        if second >= ends:
            ends = second + rng.exponential(60.0)
            there = rng.random() < 0.5
            person_id += there
        people = [someone(person_id, int(rng.integers(8)))] if there else []
        response = play.play(1.0, *people)[-1]
        states.append((response.valence, response.arousal, response.dominance))
        sizes.append(len(play.policy.memory))
    assert max(sizes) <= MOST
    for known in play.policy.memory._known.values():
        assert len(known.answers) <= 16 and len(known.episodes) <= 30
    halves = np.array_split(np.array(states), 2)
    assert np.abs(halves[0].mean(axis=0) - halves[1].mean(axis=0)).max() < 0.08
    alone = play.play(300.0)[-1]
    home = temperament(load_personality("playful")) - (0.0, 0.3, 0.0)
    assert (alone.valence, alone.arousal, alone.dominance) == pytest.approx(home, abs=0.01)


def test_a_neutral_personality_is_the_middle():
    assert temperament(Personality(0, 0, 0, 0, 0)) == pytest.approx(np.zeros(3))
