"""Files that a user edits: personalities and policies, and the line of what is wrong."""

import pytest
from social_scene import SocialScene, someone

from kinesics_core.affect.emotions import EMOTIONS, HAPPINESS, NEUTRAL, SADNESS, SURPRISE
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.gesture_files import read_gestures
from kinesics_core.expression.gestures import ROBOT_GESTURES
from kinesics_core.importers.import_bvh import read_joint_names
from kinesics_core.mind.answers import ANSWERINGS, HOSTILE, SIGNS, read_policy, read_signs
from kinesics_core.mind.personality import OLDER_NAMES, PERSONALITIES, load_personality
from kinesics_core.mind.policy import ResponsePolicy
from kinesics_core.mind.policy_config import PolicyConfig
from kinesics_core.mind.style import ENERGY, style_of


def test_five_personalities_are_shipped_and_older_names_work():
    assert len(PERSONALITIES) >= 5
    found = {name: load_personality(name) for name in PERSONALITIES}
    assert len(set(found.values())) == len(found)
    for old, new in OLDER_NAMES.items():
        assert load_personality(old) == found[new]


def test_a_personality_file_of_ones_own(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("extraversion: 0.25\nneuroticism: -1\n")
    mine = load_personality(file)
    assert (mine.extraversion, mine.neuroticism, mine.openness) == (0.25, -1.0, 0.0)


@pytest.mark.parametrize(("text", "line", "words"), [
    ("openness: 0.2\nextraversion: 1.5\n", 2, "-1 to 1"),
    ("openness: 0.2\n\nextravert: 1\n", 3, "extraversion"),
    ("openness: .nan\n", 1, "-1 to 1"),
    ("openness: [1]\n", 1, "-1 to 1"),
    ("openness: 1\nopenness: 0\n", 2, "twice"),
    ("/**/response:\n  ros__parameters:\n    openness: 2\n", 3, "-1 to 1"),
    ("/**/response:\n  ros__parameters:\n    warmth: 1\n", 3, "unknown"),
    ("- 1\n", 1, "mapping"),
    ("policy: mirror\n", 1, "openness"),
])
def test_a_wrong_personality_file_is_refused_with_its_line(tmp_path, text, line, words):
    file = tmp_path / "wrong.yaml"
    file.write_text(text)
    with pytest.raises(KinesicsError, match=f"wrong.yaml, line {line}: .*{words}"):
        load_personality(file)


@pytest.mark.parametrize("name", ["grumpy", "/nowhere/at/all.yaml"])
def test_a_personality_that_is_not_there(name):
    with pytest.raises(KinesicsError, match="warm|cannot be read"):
        load_personality(name)


GOOD = "verb: meets with\nstrength: 0.5\nanswers:\n  happiness: {happiness: 1}\n"


def test_a_policy_of_ones_own(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(GOOD + "calls: {happiness: 1}\ngestures: {happiness: [nod]}\n")
    assert read_policy(file).table()[0, 0] == 1.0


@pytest.mark.parametrize(("text", "line", "words"), [
    ("strength: 1\n", 1, "verb"),
    (GOOD + "speed: 1\n", 5, "'speed' is unknown"),
    (GOOD.replace("0.5", "2"), 2, "0 to 1"),
    (GOOD.replace("happiness: 1}", "happiness: 0.5}"), 4, "sum to 0.5"),
    (GOOD.replace("{happiness: 1}", "{anger: 1}"), 4, "'anger' is unknown"),
    (GOOD + "gestures:\n  sadness: [hug]\n", 6, "hug.*nod"),
    (GOOD + "calls:\n  boredom: 1\n", 6, "boredom"),
    (GOOD + "gestures: {sadness: nod}\n", 5, "a list"),
    ("verb: [a\n", 2, ""),
])
def test_a_wrong_policy_is_refused_with_its_line(tmp_path, text, line, words):
    file = tmp_path / "wrong.yaml"
    file.write_text(text)
    with pytest.raises(KinesicsError, match=f"(?s)line {line}.*{words}"):
        read_policy(file)


def test_wrong_answers_to_signs_are_refused_with_their_line(tmp_path):
    file = tmp_path / "signs.yaml"
    file.write_text("wave: {gestures: [wave]}\nbow: {shows: contempt}\n")
    with pytest.raises(KinesicsError, match="line 2.*contempt"):
        read_signs(file)


def test_no_policy_answers_with_hostility():
    for answering in ANSWERINGS.values():
        assert (answering.table()[:, list(HOSTILE)] == 0.0).all()
        assert answering.table().sum(axis=1) == pytest.approx(1.0)
    assert {sign.shows for sign in SIGNS.values()}.isdisjoint(HOSTILE)


def test_every_emotion_calls_for_some_policy():
    for emotion in range(len(EMOTIONS)):
        called = [name for name, one in ANSWERINGS.items() if one.calls.get(emotion, 0.0) > 0.3]
        assert len(called) >= 2, EMOTIONS[emotion]
    assert ANSWERINGS["play"].calls.get(NEUTRAL, 0.0) > 0.0


def test_every_gesture_of_the_robot_has_an_energy():
    assert set(ENERGY) == set(ROBOT_GESTURES)


@pytest.mark.parametrize(("more", "less", "names"), [
    ("playful", "professional", ("strength", "linger", "gestures", "energy", "tempo")),
    ("warm", "shy", ("strength", "gestures", "energy", "lean", "gaze", "tempo")),
    ("shy", "warm", ("delay",)),
    ("playful", "warm", ("strength", "gestures", "energy", "tempo")),
    ("warm", "playful", ("sympathy", "patience", "smile", "linger", "lean")),
    ("warm", "neutral", ("sympathy", "patience", "smile", "linger", "lean")),
])
def test_styles_differ_in_the_documented_direction(more, less, names):
    one, other = style_of(load_personality(more)), style_of(load_personality(less))
    for name in names:
        assert getattr(one, name) > getattr(other, name), name


def happy_answer(policy):
    scene = SocialScene(ResponsePolicy(config=PolicyConfig(policy=policy)))
    return scene.play(6.0, someone(1, HAPPINESS))[-1]


def test_a_file_of_ones_own_answers(tmp_path):
    file = tmp_path / "deadpan.yaml"
    file.write_text("verb: stays deadpan with\nanswers: {happiness: {neutral: 1}}\n")
    last = happy_answer(str(file))
    assert (last.policy, last.emotion) == ("deadpan", NEUTRAL)
    assert "deadpan" in last.reason


def test_a_file_named_as_one_of_ours_takes_its_place_and_one_with_calls_joins(tmp_path):
    text = ("verb: beams with\nstrength: 1\ncalls: {happiness: 2}\n"
            "answers: {happiness: {surprise: 1}}\n")
    for name, others in (("mirror", SADNESS), ("beam", SADNESS)):
        file = tmp_path / f"{name}.yaml"
        file.write_text(text)
        last = happy_answer(str(file))
        assert (last.policy, last.emotion) == (name, SURPRISE)
        scene = SocialScene(ResponsePolicy(config=PolicyConfig(policy=str(file))))
        assert scene.play(6.0, someone(1, others))[-1].policy == "empathise"


def test_a_file_that_is_not_there_is_refused():
    with pytest.raises(KinesicsError, match="nowhere.yaml cannot be read"):
        ResponsePolicy(config=PolicyConfig(policy="/nowhere.yaml"))


@pytest.mark.parametrize("read", [read_policy, read_gestures, read_joint_names])
def test_a_file_that_is_not_there_is_not_called_yaml(read, tmp_path):
    with pytest.raises(KinesicsError, match=r"no\.yaml cannot be read: No such file") as told:
        read(tmp_path / "no.yaml")
    assert "Errno" not in str(told.value)


def test_a_policy_in_the_place_of_play_need_not_be_called_for(tmp_path):
    file = tmp_path / "play.yaml"
    file.write_text("verb: rests with\n")
    scene = SocialScene(ResponsePolicy(load_personality("playful"), PolicyConfig(policy=str(file))))
    assert scene.play(3.0, someone(1, HAPPINESS))[-1].policy != "play"
