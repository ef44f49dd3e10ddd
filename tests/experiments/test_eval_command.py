"""``kinesics eval forecast|recognise`` on small folders of analytic motion, as a user runs it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from walker import waving

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")
pytest.importorskip("sklearn")

from kinesics_core import cli
from kinesics_core.dataset.clips import Clip, Info, Writer
from kinesics_core.experiments import fingerprints, training_budget
from kinesics_core.experiments.dataset_split import DatasetSplit
from kinesics_core.experiments.options import ComparisonOptions
from kinesics_core.experiments.paper import differences
from kinesics_core.motion.evaluation.splits import Fold
from kinesics_core.motion.training import checkpoints
from kinesics_core.motion.training.config import recipe

PERIODS = {"calm": 2.0, "lively": 0.9}


def write(path, count, labelled=True, seed=0):
    """People who wave slowly or fast, at three frame rates; the label is the tempo."""
    rng = np.random.default_rng(seed)
    with Writer(path, Info("waves")) as writer:
        for i in range(count):
            tempo = ("calm", "lively")[i % 2]
            rate = (30.0, 60.0, 24.0)[i % 3]
            motion = waving(PERIODS[tempo] * rng.uniform(0.9, 1.1), rng.uniform(0, 6.3), 5.0, rate)
            labels = {"tempo": tempo, "content": "xyz"[i // 2 % 3]} if labelled else {}
            writer.add(Clip(f"clip{i:02}", "analytic", f"clip{i:02}", rate, motion, labels))
        writer.add(Clip("too short", "analytic", "short", 30.0, motion[:40],
                        {"tempo": "calm", "content": "x"} if labelled else {}))
    return path


@pytest.fixture(scope="module")
def waves(tmp_path_factory):
    return write(tmp_path_factory.mktemp("data") / "waves", 24)


def standing_still(path):
    """A model file whose forecast is the newest pose, held: its errors are those of the rule."""
    class Still(torch.nn.Module):
        def forward(self, observed):
            return observed[:, -1:].repeat(1, 30, 1)

    torch.onnx.export(Still(), (torch.zeros(1, 60, 34),), path, dynamo=False, opset_version=17,
                      input_names=["observed"], output_names=["future"],
                      dynamic_axes={"observed": {0: "persons"}, "future": {0: "persons"}})
    model = onnx.load(path)
    model.metadata_props.add(key="kinesics.normalisation", value="per_frame")
    onnx.save(model, path)
    return path


def run(*arguments):
    return cli.main(["eval", *map(str, arguments)])


def values(file):
    return {entry["name"]: entry["value"] for entry in json.loads(file.read_text())["results"]}


@pytest.mark.slow
def test_forecast_trains_prints_and_is_not_done_twice(waves, tmp_path, capsys):
    file, out = tmp_path / "figures.json", tmp_path / "out"
    command = ("forecast", "--data", waves, "--label", "tempo", "--train", "--networks", "ours",
               "--epochs", 15, "--step", 10, "--jobs", 1, "--json", file, "--out", out)
    assert run(*command) == 0
    got = values(file)
    for name in ("zero_velocity", "constant_velocity", "mean_pose", "ridge", "ours"):
        for ending in ("", ".frame_3", ".frame_10", ".frame_30", ".class.calm", ".class.lively"):
            assert 0 < got[f"mae.{name}{ending}"] < 1
    assert got["mae.ours"] < 0.5 * got["mae.zero_velocity"]
    # At the speed of the newest frame, who swings faster is sooner somewhere else.
    assert got["mae.constant_velocity.class.lively"] > got["mae.constant_velocity.class.calm"]
    printed = capsys.readouterr().out
    assert "1 clips give no window" in printed and "all 30 frames" in printed
    assert (out / "weights" / "ours.pt").exists() and (out / "curves" / "ours.png").exists()
    document = json.loads(file.read_text())
    assert document["about"]["trainings"]["ours"]["config"]["epochs"] == 15

    assert run(*command) == 0                    # what is kept is the same to the last digit
    assert values(file) == got
    assert "2 of 2 were finished before" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_model_that_fails_is_named_and_the_others_are_measured(waves, tmp_path, capsys):
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a model")
    file = tmp_path / "figures.json"
    still = standing_still(tmp_path / "still.onnx")
    status = run("forecast", "--data", waves, "--model", f"still={still}",
                 f"bad={broken}", "--jobs", 2, "--json", file, "--step", 30)
    assert status == 1
    got = values(file)
    assert got["mae.bad"] is None and got["mae.still"] == got["mae.zero_velocity"]
    printed = capsys.readouterr().out
    assert "bad failed" in printed and "not a model ONNX Runtime can read" in printed


@pytest.mark.slow
def test_recognise_on_a_split_by_clip(waves, tmp_path, capsys):
    """Two tempos that differ by a factor of two are told apart whatever the content."""
    file, out = tmp_path / "figures.json", tmp_path / "out"
    status = run("recognise", "--data", waves, "--label", "tempo", "--split", "clip", "--train",
                 "--json", file, "--out", out, "--jobs", 2)
    assert status == 0
    got = values(file)
    assert got["accuracy.statistics"] > 0.9 and got["accuracy.ours"] > 0.9
    assert got["accuracy.majority"] <= 0.7 and got["macro_f1.majority"] < 0.5
    assert got["macro_f1.ours"] > 0.9 and "accuracy.ours.window" in got
    assert (out / "confusion_ours.png").exists()
    identity, _, _ = checkpoints.read(out / "weights" / "ours.pt")
    assert identity.network == "recogniser" and len(identity.classes) == 2
    printed = " ".join(capsys.readouterr().out.split())
    assert "what the test clips of each row were taken for" in printed


@pytest.mark.slow
def test_recognise_each_content_left_out(waves, tmp_path, capsys):
    file = tmp_path / "figures.json"
    assert run("recognise", "--data", waves, "--label", "tempo", "--split", "content", "--train",
               "--networks", "ours,mlp", "--epochs", 2, "--json", file, "--jobs", 2) == 0
    got = values(file)
    folds = [got[f"accuracy.statistics.fold.{content}"] for content in "xyz"]
    assert got["accuracy.statistics"] == pytest.approx(np.mean(folds), abs=1e-3)
    assert got["accuracy.ours"] > 0.9 and "accuracy.mlp" in got
    assert "by the content left out" in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.slow
def test_splitting_by_window_says_that_it_leaks(waves, tmp_path, capsys):
    assert run("forecast", "--data", waves, "--split", "window_leaks", "--model",
               standing_still(tmp_path / "still.onnx"), "--json", tmp_path / "f.json", "--jobs", 2,
               "--step", 30) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "This split leaks" in printed and "what the paper did" in printed
    assert json.loads((tmp_path / "f.json").read_text())["about"]["leaks"] is True


@pytest.mark.parametrize(("arguments", "sentence"), [
    (("forecast", "--label", "mood", "--train"), "no label 'mood'"),
    (("forecast", "--split", "person", "--train"), "no label 'person'"),
    (("forecast", "--train", "--networks", "gru"), "Got network 'gru'"),
    (("forecast", "--model", "none.onnx"), "none.onnx"),
    (("forecast", "--model", "a=x.onnx", "a=y.onnx"), "two models called a"),
    (("recognise", "--label", "tempo", "--split", "tempo", "--train"), "which no training clip"),
    (("pretraining", "--pretrain", "nothing", "--out", "o"), "nothing is not a dataset"),
    (("domains", "--pretrain", "x", "--out", "o", "--domain", "here"), "NAME=DATASET"),
])
def test_what_is_wrong_is_a_sentence(waves, arguments, sentence, capsys):
    assert run(arguments[0], "--data", waves, *arguments[1:]) == 1
    assert sentence in " ".join(capsys.readouterr().err.split())


def test_no_epochs_at_all_are_refused(waves, capsys):
    with pytest.raises(SystemExit):
        run("forecast", "--data", waves, "--train", "--epochs", 0)
    assert "got '0', wanted a whole number from 1" in capsys.readouterr().err


def test_a_folder_without_labels_or_with_too_little(tmp_path, capsys):
    data = write(tmp_path / "two", 2, labelled=False)
    assert run("forecast", "--data", data, "--train") == 1
    assert "wanted at least 3" in capsys.readouterr().err
    with Writer(tmp_path / "short", Info("short")) as writer:
        for i in range(5):
            writer.add(Clip(f"{i}", "s", f"{i}", 30.0, np.zeros((50, 17, 3), np.float32)))
    assert run("forecast", "--data", tmp_path / "short", "--train") == 1
    assert "No window is left" in capsys.readouterr().err


def split_of(windows, folds=1):
    parts = [Fold([], [], [], str(i)) for i in range(folds)]
    return DatasetSplit(parts, 0, windows, int(windows * 0.72))


@pytest.mark.parametrize(("windows", "folds", "minutes"), [
    (300, 1, 3), (11_000, 1, 20), (11_000, 10, 20), (300_000, 1, 20)])
def test_epochs_fit_the_time_whatever_the_dataset(tmp_path, windows, folds, minutes):
    """By the costs that were measured, all default trainings end in the minutes promised."""
    options = ComparisonOptions(tmp_path, networks=tuple(training_budget.SECONDS), processes=2)
    seconds = 0.0
    trainings = training_budget.plan_trainings(options, split_of(windows, folds))
    assert set(trainings) == {"mlp", "mlp_residual", "lstm", "lstm_residual", "cnn_lstm",
                              "cnn_lstm_residual", "transformer", "transformer_residual", "ours"}
    for training in trainings.values():
        seen = training.config.windows or min(training.most, int(windows * 0.72))
        assert training.config.epochs >= 2
        seconds += folds * training.config.epochs * seen / 1000 * \
            training_budget.SECONDS[training.config.network]
    assert seconds / 2 / 60 < minutes


def test_results_are_not_kept_for_other_data_or_another_network(tmp_path):
    one, two = write(tmp_path / "one", 4), write(tmp_path / "two", 4, seed=1)
    copy = write(tmp_path / "copy", 4)
    assert fingerprints.of_dataset(one) == fingerprints.of_dataset(copy)
    assert fingerprints.of_dataset(one) != fingerprints.of_dataset(two)
    assert len({fingerprints.of_training(name) for name in training_budget.SECONDS}) == 5


def test_what_is_not_as_in_the_paper_is_said():
    paper = {"lstm": recipe("paper", network="lstm", optimiser="adam", step=1)}
    assert differences("window_leaks", 1, paper) == []
    ours = {"mlp": recipe("paper", network="mlp", epochs=8),
            "lstm_residual": recipe("paper", network="lstm", epochs=9, residual=True),
            "ours": recipe("ours", network="ours")}
    assert differences("clip", 15, ours, pretrain_epochs=5) == [
        "mlp 8, lstm_residual 9 epochs (the paper: 200)",
        "5 epochs on synthetic motion before (the paper: 200)",
        "AdamW with weight decay 0.0001 (the paper: Adam with weight decay 0.0001)",
        "lstm_residual with residual output (the paper: absolute)",
        "split by clip (the paper: by window, which leaks)",
        "a window every 15 frames (the paper: every frame)",
        "ours is not the paper's and has its own recipe"]
