"""The paper's studies on motion whose answer is known: what was learned before helps."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from walker import waving

pytest.importorskip("torch")
pytest.importorskip("sklearn")

from kinesics_core import cli
from kinesics_core.dataset.clips import Clip, Info, Writer
from kinesics_core.errors import KinesicsError
from kinesics_core.experiments import studies
from kinesics_core.experiments.options import StudyOptions
from kinesics_core.experiments.studies import Study

PERIODS = {"calm": 2.0, "lively": 0.9}


def write(path, count, seed, hold=False, label="tempo"):
    """Waving people; with ``hold`` they stand still instead."""
    rng = np.random.default_rng(seed)
    with Writer(path, Info(path.name)) as writer:
        for i in range(count):
            tempo = ("calm", "lively")[i % 2]
            motion = waving(PERIODS[tempo] * rng.uniform(0.9, 1.1), rng.uniform(0, 6.3), 5.0)
            motion = np.repeat(motion[:1], len(motion), axis=0) if hold else motion
            writer.add(Clip(f"{i:03}", path.name, f"{i:03}", 30.0, motion, {label: tempo}))
    return path


@pytest.fixture(scope="module")
def options(tmp_path_factory):
    root = tmp_path_factory.mktemp("study")
    return StudyOptions(
        data=write(root / "real", 12, 0), out=root / "out", networks=("lstm",),
        pretrain=(write(root / "tier", 80, 1),),
        domains={"still": write(root / "still", 6, 2, hold=True)},
        label="tempo", seeds=1, epochs=2, pretrain_epochs=6, residual=True)


def run(study, options):
    """A study as a user runs it; the exit status."""
    domains = [f"{name}={path}" for name, path in options.domains.items()]
    return cli.main([
        "eval", study, "--data", str(options.data), "--out", str(options.out),
        "--networks", ",".join(options.networks), "--pretrain", *map(str, options.pretrain),
        "--label", options.label, "--residual", "--seeds", str(options.seeds),
        "--epochs", str(options.epochs), "--pretrain-epochs", str(options.pretrain_epochs),
        *([] if study == "pretraining" else ["--domain", *domains])])


def read(path):
    with open(path) as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_pretraining_on_the_same_kind_of_motion_gains(options, capsys):
    assert run("pretraining", options) == 0
    rows = read(options.out / "pretraining.csv")
    assert [row["tier"] for row in rows] == ["scratch", "tier"]
    scratch, tier = (float(row["mae"]) for row in rows)
    assert tier < 0.9 * scratch
    assert float(rows[1]["gain_percent"]) == pytest.approx(100 * (scratch - tier) / scratch)
    results = json.loads((options.out / "pretraining.json").read_text())["results"]
    assert {entry["name"] for entry in results} == {
        "mae.lstm.scratch", "mae.lstm.tier", "gain.lstm.tier"}
    assert (options.out / "pretraining.png").exists()
    printed = " ".join(capsys.readouterr().out.split())
    assert "2 epochs (the paper: 200)" in printed and "6 epochs on synthetic motion" in printed
    assert "split by clip (the paper: by window" in printed

    before = (options.out / "pretraining.csv").read_bytes()
    (options.out / "pretraining.csv").unlink()
    assert run("pretraining", options) == 0      # what was finished is not done again
    assert (options.out / "pretraining.csv").read_bytes() == before
    printed = capsys.readouterr().err
    assert "1 of 1 were finished" in printed and "2 of 2 were finished" in printed


@pytest.mark.slow
def test_domains_are_measured_while_training(options):
    assert run("domains", options) == 0
    rows = read(options.out / "domains.csv")
    assert {(row["start"], row["epoch"]) for row in rows} == {
        (start, epoch) for start in ("scratch", "tier") for epoch in "12"}
    last = {row["start"]: row for row in rows if row["epoch"] == "2"}
    # With residual output who has learned little is right where nobody moves, and who has learned
    # much from people who wave expects everybody to.
    assert float(last["scratch"]["still"]) < 0.1 * float(last["scratch"]["real"])
    assert float(last["tier"]["real"]) < float(last["scratch"]["real"])
    assert float(last["tier"]["still"]) > float(last["scratch"]["still"])
    assert (options.out / "domains.png").exists()


@pytest.mark.slow
def test_emotion_is_recognised_on_each_domain(options):
    assert run("emotion", options) == 0
    rows = read(options.out / "emotion.csv")
    assert {(row["start"], row["domain"]) for row in rows} == {
        (start, domain) for start in ("scratch", "tier") for domain in ("real", "still")}
    accuracy = {(row["start"], row["domain"]): float(row["accuracy_windows"]) for row in rows}
    assert all(0 <= value <= 1 for value in accuracy.values())
    # Who stands still is neither calm nor lively: half of them are right by chance.
    assert accuracy["tier", "still"] == pytest.approx(0.5, abs=0.35)
    assert (options.out / "emotion.png").exists()


@pytest.mark.parametrize(("change", "sentence"), [
    ({"seeds": 0}, "Got seeds 0"),
    ({"networks": ("gru",)}, "Got networks gru"),
    ({"domains": {"real": "x"}}, "No domain may be called real"),
])
def test_settings_are_checked(tmp_path, change, sentence):
    fine = {"data": tmp_path, "out": tmp_path, "networks": ("mlp",), "pretrain": (tmp_path,)}
    with pytest.raises(KinesicsError, match=sentence):
        StudyOptions(**(fine | change))


def test_tiers_must_have_names_of_their_own(tmp_path):
    with pytest.raises(KinesicsError, match="must\n? ?differ"):
        StudyOptions(tmp_path, tmp_path, ("mlp",), (tmp_path / "a" / "t", tmp_path / "b" / "t"))


def test_a_domain_of_other_keypoints_is_refused(tmp_path):
    real, tier = write(tmp_path / "real", 6, 0), write(tmp_path / "tier", 6, 1)
    with Writer(tmp_path / "other", Info("other", keypoints=("a", "b"))) as writer:
        writer.add(Clip("one", "s", "g", 30.0, np.zeros((100, 2, 3), np.float32)))
    options = StudyOptions(real, tmp_path / "out", ("mlp",), (tier,),
                           domains={"other": tmp_path / "other"})
    with pytest.raises(KinesicsError, match=r"other has 2 keypoints \(a, ...\)"):
        studies.plan_study(Study.DOMAINS, options)
