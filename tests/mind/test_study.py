import json

import pytest

from kinesics_core.affect.emotions import FEAR, HAPPINESS, NEUTRAL, SADNESS
from kinesics_core.cli import main
from kinesics_core.mind import study
from kinesics_core.mind.personality import load_personality


def test_the_divergence_of_distributions_by_hand():
    same, apart = study.Answers({(0, 1): 1.0}), study.Answers({(1, 1): 1.0})
    half = study.Answers({(0, 1): 0.5, (1, 1): 0.5})
    key = (HAPPINESS, 0.9)
    assert study.divergence({key: same}, {key: same}) == 0.0
    assert study.divergence({key: same}, {key: apart}) == pytest.approx(1.0)
    # H(.75, .25) - (H(1) + H(.5)) / 2 = .8113 - .5
    assert study.divergence({key: same}, {key: half}) == pytest.approx(0.3113, abs=1e-4)


def test_readings_are_distributions():
    for emotion in range(8):
        for strength in study.STRENGTHS:
            categories = study.reading(0, 1, emotion, strength).categories
            assert categories.sum() == pytest.approx(1.0)
            assert categories[emotion] == pytest.approx(strength)


def test_warm_meets_sadness_otherwise_than_professional():
    warm, professional = (
        study.play(load_personality(name), SADNESS, 0.9) for name in ("warm", "professional"))
    assert max(warm.policies, key=lambda name: warm.policies[name]) == "empathise"
    assert set(professional.policies) == {"professional"}
    assert warm.intensity > professional.intensity + 0.2
    assert warm.lean > professional.lean


def test_the_shy_one_answers_later_and_less_than_the_playful_one():
    shy, playful = (
        study.play(load_personality(name), FEAR, 0.9) for name in ("shy", "playful"))
    assert shy.latency > playful.latency
    assert shy.gaze < playful.gaze - 0.2
    assert sum(shy.gestures.values()) <= sum(playful.gestures.values())


def test_the_playful_one_is_gay_with_the_calm():
    shown = study.play(load_personality("playful"), NEUTRAL, 0.9).shown
    assert sum(share for (emotion, _), share in shown.items() if emotion == HAPPINESS) > 0.5


@pytest.mark.slow
def test_every_pair_of_personalities_differs(capsys, tmp_path):
    pairs = study.divergences(study.table())
    assert min(pairs.values()) >= 0.05
    assert pairs["warm", "professional"] >= 0.15


def test_the_command_compares_files(tmp_path, capsys):
    file, out = tmp_path / "mine.yaml", tmp_path / "out.json"
    file.write_text("extraversion: -1\n")
    saved = study.STRENGTHS, study._SEEDS
    study.STRENGTHS, study._SEEDS = (0.9,), 1
    try:
        assert main(["eval", "personalities", str(file), "warm", "--markdown",
                     "--json", str(out)]) == 0
    finally:
        study.STRENGTHS, study._SEEDS = saved
    text = capsys.readouterr().out
    assert "| stimulus | mine | warm |" in text and "Jensen-Shannon" in text
    (entry,) = json.loads(out.read_text())["results"]
    assert entry["name"] == "affect.personality_js.mine_warm" and entry["value"] > 0.05


def test_reaction_times_are_quantiles(tmp_path, capsys):
    file = tmp_path / "times.csv"
    file.write_text("participant,response_time\n" + "".join(f"1,{n}\n" for n in range(1, 12)))
    assert main(["eval", "reactions", str(file)]) == 0
    assert "median 6.00 s, 10-90 % 2.00 to 10.00 s" in capsys.readouterr().out
