"""A set made with pictures: whole, resumable, the same from the same seed, judged by perception."""

import json

import emo3d_known as known
import numpy as np
import pytest

from kinesics_core import cli
from kinesics_core.emo3d import data, evaluation, make, portraits, statistics
from kinesics_core.emo3d.options import MakeConfig
from kinesics_core.errors import KinesicsError

pytest.importorskip("mediapipe")

CONFIG = MakeConfig(count=12, pictures=1, side=128, seed=3)


@pytest.fixture(scope="module")
def few():
    """Two people and blocks of six rows, so that a set is made in seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(portraits, "PEOPLE", 2)
        patch.setattr(make, "BLOCK", 6)
        yield


@pytest.fixture(scope="module")
def made(few, tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    return folder, make.make(folder, CONFIG)


@pytest.mark.slow
def test_a_set_has_descriptions_pictures_and_measured_faces(made):
    folder, triples = made
    assert len(triples.texts) == 12 and triples.scores.shape == (len(triples.rows), 52)
    assert len(triples.rows) >= 11  # a face is found on almost every picture
    assert all(path is not None and path.exists() for path in triples.pictures)
    assert triples.scores.min() >= 0.0 and triples.scores.max() <= 1.0
    assert np.isfinite(triples.commanded).all()
    assert np.corrcoef(triples.scores.ravel(), triples.commanded.ravel())[0, 1] > 0.3
    again = data.read(folder)
    assert again.fingerprint() == triples.fingerprint()


@pytest.mark.slow
def test_an_interrupted_set_goes_on_and_is_the_same(made, few, tmp_path):
    class StoppedError(Exception):
        pass

    def stop(done, total):
        raise StoppedError

    with pytest.raises(StoppedError):
        make.make(tmp_path, CONFIG, stop)
    with pytest.raises(KinesicsError, match="is not finished. Go on by"):
        data.read(tmp_path)
    kept = (tmp_path / "blocks" / "00000.npz").stat().st_mtime_ns
    found = make.make(tmp_path, CONFIG)
    assert found.fingerprint() == made[1].fingerprint()
    assert (tmp_path / "blocks" / "00000.npz").stat().st_mtime_ns == kept


@pytest.mark.slow
def test_another_set_is_not_mixed_in(made):
    with pytest.raises(KinesicsError, match="seed 3, now 4"):
        make.make(made[0], MakeConfig(count=12, pictures=1, side=128, seed=4))


@pytest.mark.slow
def test_a_damaged_block_is_named_and_made_anew(made, few):
    folder, triples = made
    block = folder / "blocks" / "00001.npz"
    content = block.read_bytes()
    block.write_bytes(content[:100])
    with pytest.raises(KinesicsError, match="00001.npz is missing or damaged"):
        data.read(folder)
    assert make.make(folder, CONFIG).fingerprint() == triples.fingerprint()


def test_a_larger_set_begins_with_the_smaller_one():
    for row in (0, 7, 11):
        one = make.describe_row(row, CONFIG)[1]
        other = make.describe_row(row, MakeConfig(count=5000, pictures=1, side=128, seed=3))[1]
        assert one.texts == other.texts and (one.distribution == other.distribution).all()


@pytest.mark.slow
def test_faces_that_show_the_emotion_are_read_back_better_than_those_of_others(made, few):
    triples = made[1]
    prompts = evaluation.choose(triples, 8)
    assert len(prompts.texts) == 8 and len(set(prompts.rows.tolist())) == 8
    with evaluation.Judge(prompts, evaluation.MetricConfig(k=3)) as judge:
        own = judge.row("own", prompts.drawn)
        others = judge.row("others", evaluation.shuffled(prompts.drawn))
        measured = judge.row("measured", prompts.faces)
    assert measured.mse == 0.0 and own.emo3d is None
    assert 0.5 <= own.read_back < others.read_back < 1.0
    broken = prompts.drawn.copy()
    broken[2, 3] = np.nan
    with evaluation.Judge(prompts) as judge, pytest.raises(KinesicsError, match="face 2"):
        judge.row("broken", broken)


def test_a_shuffle_leaves_nobody_their_own():
    faces = np.arange(9)[:, None] * np.ones((9, 52))
    for seed in range(20):
        found = evaluation.shuffled(faces, seed)[:, 0]
        assert (found != faces[:, 0]).all() and sorted(found) == list(range(9))


@pytest.mark.slow
def test_statistics_count_sentences_and_words(made):
    triples = made[1]
    found = statistics.by_emotion(triples)
    assert sum(entry.prompts for entry in found) == sum(map(len, triples.texts))
    assert statistics.word_counts(triples).sum() == sum(entry.words for entry in found)
    assert statistics.words_of("The crow's half-open, (old) eyes: 3") == [
        "the", "crow's", "half-open", "old", "eyes"]
    for entry in found:
        assert entry.mean.sum() == pytest.approx(1.0, abs=1e-5)
        assert entry.unique <= entry.words and len(entry.frequent) <= statistics.TOP


@pytest.mark.slow
def test_commands_describe_and_judge_a_set(made, tmp_path, capsys):
    folder, triples = made
    info = ["data", "emo3d-info", str(folder), "--json", str(tmp_path / "info.json")]
    assert cli.main([*info, "--figures", str(tmp_path / "figures")]) == 0
    shown = capsys.readouterr().out
    assert "table 3" in shown and f"{triples.count} triples" in shown
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == [
        "figure_10.png", "figure_8.png", "figure_9.png"]
    assert cli.main(["eval", "face", "--data", str(folder), "--count", "4", "--sheet",
                     str(tmp_path / "sheet.png"), "--json", str(tmp_path / "table.json")]) == 0
    shown = capsys.readouterr().out
    assert "random pairing" in shown and "mean face" in shown
    assert (tmp_path / "sheet.png").stat().st_size > 10_000


@pytest.mark.slow
def test_every_model_is_trained_and_judged_from_the_command_line(made, tmp_path, capsys):
    pytest.importorskip("torch")
    onnx = pytest.importorskip("onnx")
    folder, encoder = str(made[0]), str(known.language_model(onnx, tmp_path / "toy"))
    short = ["--epochs", "2", "--steps", "2"]
    train = ["train", "face", "--data", folder, *short]
    for model, by in (("dual", encoder), ("mlp", encoder), ("emotion-xlm", encoder),
                      ("clip-mlp", str(tmp_path / "dual")), ("vae-clip", str(tmp_path / "dual"))):
        assert cli.main([*train, "--model", model, "--encoder", by, "--out",
                         str(tmp_path / model)]) == 0
    assert "mean face mse" in capsys.readouterr().out
    again = [*train, "--model", "mlp", "--encoder", str(tmp_path / "dual"), "--out",
             str(tmp_path / "mlp"), "--resume"]
    assert cli.main(again) == 1
    assert "width 6, now 512" in capsys.readouterr().err
    runs = [str(tmp_path / name) for name in ("mlp", "emotion-xlm", "clip-mlp", "vae-clip")]
    judge = ["eval", "face", "--data", folder, "--count", "3", "--k", "2", "--models"]
    assert cli.main([*judge, *runs, "--clip", str(tmp_path / "dual"), "--json",
                     str(tmp_path / "table.json")]) == 0
    shown = capsys.readouterr().out
    assert "retrieval by" in shown and "VAE-CLIP" in shown and "Emo3D metric" not in shown
    names = {entry["name"] for entry in json.loads(
        (tmp_path / "table.json").read_text())["results"]}
    assert {"face.Emotion-XLM.mse", "face.mean_face.read_back", "face.VAE-CLIP.emo3d"} <= names
    assert cli.main([*judge, runs[2], "--encoder", encoder]) == 1
    assert "vectors of 6 numbers; the model clip-mlp" in capsys.readouterr().err


@pytest.mark.parametrize(("words", "sentence"), [
    (["data", "emo3d", "--out", "x", "--count", "3"], "count = 3"),
    (["data", "emo3d", "--out", "x", "--export", "y.txt"], "ends with .parquet or .csv"),
    (["eval", "face", "--data", "none.csv"], "does not exist"),
    (["train", "face", "--model", "mlp", "--data", "none", "--encoder", "none", "--out", "x",
      "--lambda-text", "1"], "The model mlp has no setting lambda_text; it has hidden_1"),
    (["train", "face", "--model", "mlp", "--data", "none", "--encoder", "none", "--out", "x"],
     "none is no encoder"),
])  # fmt: skip
def test_bad_words_are_sentences(words, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(words) == 1
    assert sentence in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
