"""The command that judges the live body."""

import json

import pytest

from kinesics_core.cli import main


def test_bad_combinations_are_refused(capsys, tmp_path):
    assert main(["eval", "express", "--save", str(tmp_path / "r.npz")]) != 0
    assert "--data" in capsys.readouterr().err
    assert main(["eval", "express", "--data", str(tmp_path), "--model", "x.npz"]) != 0


@pytest.mark.slow
def test_the_live_body_is_read_and_possible(tmp_path, capsys):
    out = tmp_path / "express.json"
    assert main(["eval", "express", "--seeds", "2", "--clip", "5", "--json", str(out)]) == 0
    found = {entry["name"]: entry["value"] for entry in json.loads(out.read_text())["results"]}
    assert found["express.body_order_arousal"] > 0.8
    assert found["express.body_order_valence"] > 0.7
    assert found["express.rising"] == 1.0
    assert found["express.within_limits"] >= 0.99
    assert found["express.likely"] >= 0.95
    assert found["express.foot_speed_p99"] <= 1.0
    for emotion, least in (("anger", 20), ("fear", 20), ("sadness", 20), ("happiness", 20),
                           ("surprise", 20), ("disgust", 12), ("contempt", 12)):
        assert found[f"express.upper_body_deg.{emotion}"] >= least
    assert "happiness" in capsys.readouterr().out
