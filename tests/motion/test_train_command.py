import csv

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from walker import clips

from kinesics_core.cli import main, parser
from kinesics_core.dataset.clips import Clip, Info, Writer
from kinesics_core.skeletons import COCO17


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def dataset(tmp_path):
    def make(name, given, **info):
        with Writer(tmp_path / name, Info(name, **info)) as writer:
            for clip in given:
                writer.add(clip)
        return str(tmp_path / name)

    return make


def train(*arguments):
    return main(["train", "forecast", "--network", "mlp", *map(str, arguments)])


def labelled(count, seed=0, **changes):
    given = clips(count, seed=seed)
    for i, clip in enumerate(given):
        clip.labels = {"mood": ("calm", "glad")[i % 2]} | changes
    return given


def test_a_dataset_becomes_a_model_with_curves_and_report(tmp_path, dataset, capsys):
    data, unseen = dataset("one", labelled(12)), dataset("two", labelled(4, 1, mood="angry"))
    out = tmp_path / "out"
    assert train("--data", data, "--unseen", unseen, "--label", "mood", "--epochs", 1,
                 "--step", 20, "--out", out) == 0
    assert {p.name for p in out.iterdir()} == {
        "checkpoint.pt", "config.json", "curves.csv", "curves.png", "forecast.onnx", "report.json"}
    said = capsys.readouterr().err
    assert "2 values of mood: calm, glad" in " ".join(said.split())
    assert "mood angry is not known to the network" in " ".join(said.split())
    assert "epochs 1 (the paper: 200)" in " ".join(said.split())

    assert train("--data", data, "--label", "mood", "--out", out) == 1
    assert "--resume" in capsys.readouterr().err
    # A second run starts from the first.
    assert train("--data", unseen, "--init", out / "checkpoint.pt", "--out", tmp_path / "b") == 1
    assert "--new-classifier" in capsys.readouterr().err
    assert train("--data", data, "--init", out / "checkpoint.pt", "--new-classifier", "--epochs", 1,
                 "--step", 20, "--out", tmp_path / "b") == 0


def test_an_interrupted_run_goes_on_from_the_command_line(tmp_path, dataset, monkeypatch, capsys):
    from kinesics_core.motion.training import losses

    total, steps = losses.total, []

    def interrupted(*arguments):
        if torch.is_grad_enabled():     # not when it validates
            steps.append(1)
            if len(steps) == 5:
                raise KeyboardInterrupt
        return total(*arguments)

    data = dataset("one", clips(8, seed=0))
    settings = ("--data", data, "--pretrain", data, "--pretrain-epochs", 2, "--epochs", 2,
                "--windows", 64, "--residual", "--out", tmp_path / "out")
    monkeypatch.setattr(losses, "total", interrupted)
    assert train(*settings) == 130
    assert train(*settings, "--resume") == 0
    rows = list(csv.DictReader((tmp_path / "out" / "curves.csv").open()))
    assert [(r["stage"], r["epoch"]) for r in rows] == [
        ("pretrain", "1"), ("pretrain", "2"), ("train", "1"), ("train", "2")]
    assert len(steps) == 4 * 2 + 1      # the step that was interrupted came once more


def test_a_network_not_named_is_the_recipes():
    args = parser("train").parse_args(["train", "forecast", "--data", "one", "--out", "run"])
    assert args.network == "lstm"


@pytest.mark.parametrize(("arguments", "words"), [
    (("--network", "gru"), "network 'gru'; wanted one of mlp, lstm"),
    (("--label", "style"), "No clip has a label 'style'; the labels here are mood"),
    (("--epochs", "0"), "epochs 0; wanted more than 0"),
    (("--init", "absent.pt"), "absent.pt does not exist"),
    (("--windows", "-1"), "windows -1"),
    (("--warp", "0.2"), "--warp 0.2, but windows are cut beforehand. Give --windows"),
])
def test_what_cannot_be_trained_is_one_sentence_and_leaves_nothing(
        tmp_path, dataset, capsys, arguments, words):
    data = dataset("one", labelled(4))
    assert train("--data", data, "--out", tmp_path / "out", *arguments) == 1
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_data_that_cannot_be_used_is_one_sentence(tmp_path, dataset, capsys):
    out = ("--out", tmp_path / "out")
    assert train("--data", tmp_path / "absent", *out) == 1
    assert "is not a dataset" in capsys.readouterr().err
    short = [Clip(f"{i}", "s", f"{i}", 30.0, c.keypoints[:80]) for i, c in
             enumerate(clips(4, seed=0))]
    assert train("--data", dataset("short", short), *out) == 1
    assert "No clip to train on lasts 3 s, the longest 2.7 s" in capsys.readouterr().err
    assert train("--data", dataset("few", clips(2, seed=0)), *out) == 1
    assert "wanted at least 3" in capsys.readouterr().err
    flat = [Clip(f"{i}", "s", f"{i}", 30.0, np.zeros((100, 2, 2), np.float32)) for i in range(4)]
    two = dataset("two", flat, keypoints=("a", "b"), dimensions=2)
    assert train("--data", dataset("coco", clips(3, seed=0), keypoints=COCO17), two, *out) == 1
    assert "different keypoints (17 and 2" in capsys.readouterr().err
    assert train("--data", two, "--view", "random", *out) == 1
    assert "Random views need COCO-17 in three dimensions" in capsys.readouterr().err
    same = labelled(4)
    for clip in same:
        clip.labels = {"mood": "calm"}
    assert train("--data", dataset("same", same), "--label", "mood", *out) == 1
    assert "Every clip has the same mood (calm)" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
