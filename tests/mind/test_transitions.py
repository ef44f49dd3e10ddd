import json
from pathlib import Path

import numpy as np
import pytest

from kinesics_core.affect.emotions import EMOTIONS, HAPPINESS, NEUTRAL, SADNESS, softmax
from kinesics_core.cli import main
from kinesics_core.errors import KinesicsError
from kinesics_core.mind import transition_counts as counted
from kinesics_core.mind import transitions
from kinesics_core.mind.personality import load_personality, temperament


def process(seed=0, triples=4000):
    """Counts drawn from transitions that are known: their weights and the counts."""
    rng = np.random.default_rng(seed)
    weights = rng.normal(0.0, 0.5, transitions.PARAMETERS)
    chances = softmax(transitions.features(transitions.COUNTED) @ weights)
    counts = np.zeros((7, 7, 7))
    for own, partner in rng.integers(0, 7, (triples, 2)):
        counts[own, partner, rng.choice(7, p=chances[own, partner])] += 1
    return chances, counts


def test_a_known_process_is_found_again():
    chances, counts = process(triples=20_000)
    found = softmax(transitions.features(transitions.COUNTED) @ transitions.fit(counts))
    assert np.abs(found - chances).max() < 0.06
    # The slope is zero there: expected features are the counted ones, but for the ridge.
    known = transitions.features(transitions.COUNTED)
    weights = transitions.fit(counts, ridge=1e-6)
    chances = softmax(known @ weights)
    expected = np.einsum("ij,ijk,ijkf->f", counts.sum(-1), chances, known)
    assert expected == pytest.approx(np.einsum("ijk,ijkf->f", counts, known), abs=1e-2)


def test_the_model_has_few_numbers_and_the_shipped_ones_are_probabilities():
    assert transitions.PARAMETERS <= 20
    table = transitions.load().table(temperament(load_personality("warm")))
    assert table.shape == (8, 8, 8)
    assert table.sum(axis=-1) == pytest.approx(np.ones((8, 8)))
    assert (table > 0.0).all()


def test_shipped_transitions_persist_and_catch():
    table = transitions.load().table()
    for emotion in range(8):
        assert table[emotion, NEUTRAL, emotion] > table[NEUTRAL, NEUTRAL, emotion] or (
            emotion == NEUTRAL)
    assert table[NEUTRAL, SADNESS, SADNESS] > table[NEUTRAL, HAPPINESS, SADNESS]


def test_a_temperament_draws_the_next_emotion():
    model = transitions.load()
    warm = model.table(temperament(load_personality("warm")))
    shy = model.table(temperament(load_personality("shy")))
    assert (warm[:, :, HAPPINESS] > shy[:, :, HAPPINESS]).all()


def test_scores_tell_a_process_that_only_persists_from_one_that_only_mimics():
    counts = np.zeros((7, 7, 7))
    for own in range(7):
        for partner in range(7):
            counts[own, partner, own] = 20
    scores = counted.evaluate(counts, repeats=1)
    assert scores["persist"].macro_f1 == pytest.approx(1.0)
    assert scores["ours"].macro_f1 == pytest.approx(1.0)
    assert scores["mimic"].macro_f1 < 0.3
    assert scores["ours"].log_loss < scores["majority"].log_loss


def test_macro_f1_by_hand():
    # Class 0: 3 of 4 found, 3 of 5 right: 2 * 3 / (4 + 5); class 1: 2 * 1 / (3 + 2).
    assert counted.macro_f1(np.array([[3, 1], [2, 1]])) == pytest.approx((6 / 9 + 2 / 5) / 2)


def write(path: Path, counts: object) -> Path:
    path.write_text(json.dumps({"source": "made", "count_E1_E2_E3": counts}))
    return path


def test_the_commands_fit_and_score(tmp_path, capsys):
    _, counts = process()
    entries = {"|".join(transitions.COUNTED[i] for i in at): int(counts[tuple(at)])
               for at in np.argwhere(counts > 0)}
    file = write(tmp_path / "counts.json", entries)
    out, scores = tmp_path / "transitions.json", tmp_path / "scores.json"
    assert main(["train", "transitions", str(file), "--out", str(out)]) == 0
    assert transitions.load(out).weights.shape == (transitions.PARAMETERS,)
    assert main(["eval", "transitions", str(file), "--repeats", "1", "--json", str(scores)]) == 0
    names = {entry["name"]: entry for entry in json.loads(scores.read_text())["results"]}
    assert names["affect.next_log_loss"]["value"] <= 1.02 * names["affect.next_log_loss"][
        "peer_value"]
    assert "persist" in capsys.readouterr().out


@pytest.mark.parametrize(("counts", "words"), [
    ({"neutral|joy": 1}, "three of"), ({"neutral|joy|boredom": 1}, "three of"),
    ({"neutral|joy|joy": -1}, "count, 0 or more"), ({"neutral|joy|joy": 0}, "counts nothing"),
    ([1], "no counts")])
def test_wrong_counts_are_refused(tmp_path, counts, words):
    with pytest.raises(KinesicsError, match=words):
        counted.read_counts(write(tmp_path / "counts.json", counts))


@pytest.mark.parametrize("text", ["", "{}", '{"weights": [1], "prior": [1], "source": ""}'])
def test_wrong_transitions_are_refused(tmp_path, text):
    file = tmp_path / "transitions.json"
    file.write_text(text)
    with pytest.raises(KinesicsError, match="no emotion transitions"):
        transitions.load(file)


def test_names_of_the_counts_are_ours():
    assert set(counted.NAMES.values()) <= set(transitions.COUNTED) <= set(EMOTIONS)
