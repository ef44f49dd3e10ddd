"""Training of the reader of bodies, small: from folders to a file that reads, and the commands."""

import json
from dataclasses import replace

import numpy as np
import pytest

from kinesics_core.affect.body_cues import CUES
from kinesics_core.affect.body_head import load
from kinesics_core.affect.emotions import (
    ANGER,
    EMOTION_VAD,
    EMOTIONS,
    HAPPINESS,
    NEUTRAL,
    SADNESS,
)
from kinesics_core.body_reading.lessons import Lessons
from kinesics_core.body_reading.recordings import (
    is_plain,
    read_recordings,
    says_nothing,
    upright,
    word_of,
)
from kinesics_core.body_reading.scores import area
from kinesics_core.body_reading.training import TrainingConfig, Unseen, calibrated, fit
from kinesics_core.cli import main
from kinesics_core.dataset.clips import Clip, Info, Writer
from kinesics_core.errors import KinesicsError
from kinesics_core.synthesis.emotional_motion import make, plan_clips
from kinesics_core.synthesis.emotions import KNOWN


@pytest.fixture(scope="module")
def collections(tmp_path_factory):
    """Two collections: people moved by nothing, and people with a word for what moves them."""
    folder = tmp_path_factory.mktemp("bodies")
    for name, emotions, seed in (
        ("plain", ["neutral"], 5), ("acted", ["happiness", "anger", "sadness", "neutral"], 6),
    ):
        with Writer(folder / name, Info(name)) as writer:
            plans = plan_clips(15 * 8, [KNOWN[emotion] for emotion in emotions], seed)[:8]
            for number, plan in enumerate(plans):
                clip = make(plan)
                labels = {"style": plan.emotion.name} if name == "acted" else {}
                writer.add(Clip(f"{number:02d}", name, f"{number:02d}", clip.rate,
                                clip.keypoints[:120], labels))
    return folder


@pytest.mark.parametrize(("name", "word"), [
    ("142_08-walk_happy", "happy"), ("02_01-walk", "neutral"), ("013_genuine", "neutral"),
    ("dataset-1_bow_sad_001", "sad"), ("walking_12", ""), ("soccer_1", "")])
def test_words_of_names(name, word):
    assert word_of(name) == word


def test_recordings_say_what_moved_somebody(collections):
    acted = read_recordings([collections / "acted"])
    assert [one.emotion for one in acted[:4]] == [HAPPINESS, ANGER, SADNESS, NEUTRAL]
    assert all(upright(one) for one in acted)
    plain = read_recordings([collections / "plain"])
    assert all(is_plain(one) for one in plain) and not is_plain(acted[0])
    with pytest.raises(KinesicsError, match="does not exist"):
        read_recordings([collections / "absent"])


def test_nothing_to_read_is_said(tmp_path):
    with pytest.raises(KinesicsError, match="No recording"):
        read_recordings([tmp_path])


@pytest.mark.slow
def test_the_command_trains_a_reader_that_reads(collections, tmp_path, capsys):
    out = tmp_path / "reader.npz"
    assert main(["train", "body-reader", "--data", str(collections / "plain"),
                 str(collections / "acted"), "--out", str(out), "--generated", "48",
                 "--per-content", "4", "--together", "plain", "acted",
                 "--json", str(tmp_path / "table.json")]) == 0
    printed = capsys.readouterr().out
    assert "left out" in printed and "acted" in printed
    table = json.loads((tmp_path / "table.json").read_text())
    assert {"acted", "plain", "all"} <= set(table)
    head = load(out)
    read = head.read(head.centre[None])
    np.testing.assert_allclose(read.emotions.sum(), 1.0, atol=1e-6)
    assert read.familiarity[0] == 1.0
    assert head.temperature > 0.0 and (head.vad_spread > 0.0).all()


def test_collections_left_out_together_are_known_ones(collections, tmp_path, capsys):
    assert main(["train", "body-reader", "--data", str(collections / "plain"), "--out",
                 str(tmp_path / "reader.npz"), "--together", "plain", "other"]) != 0
    assert "--together names 'other'" in capsys.readouterr().err


def lessons_of(contents, effect, rng, count=60):
    """Windows of contents that differ by far, each in four emotions that differ a little."""
    rows = []
    for number, (name, where) in enumerate(contents.items()):
        for emotion in (HAPPINESS, ANGER, SADNESS, NEUTRAL):
            for _ in range(count):
                cues = rng.normal(0.0, 0.3, len(CUES)) + where + effect.get(emotion, 0.0)
                rows.append((cues, emotion, EMOTION_VAD[emotion], 0, f"source{number}", name))
    return Lessons(*(np.array(column) for column in zip(*rows, strict=True)))


def test_what_is_done_says_nothing_and_how_it_is_done_does():
    rng = np.random.default_rng(0)
    lift, speed = np.zeros(len(CUES)), np.zeros(len(CUES))
    lift[CUES.index("head_up")] = 0.4
    speed[CUES.index("wrist_speed")] = 3.0
    lessons = lessons_of({"run": speed, "wait": -speed, "walk": 0 * speed},
                         {HAPPINESS: lift, SADNESS: -lift}, rng)
    head = fit(lessons, TrainingConfig(), ("source2",))
    walk = lessons.source == "source2"
    read = head.read(lessons.cues[walk])
    emotion = lessons.emotion[walk]
    assert area(read.emotions[:, HAPPINESS], emotion == HAPPINESS) > 0.8
    assert area(read.emotions[:, SADNESS], emotion == SADNESS) > 0.8
    assert area(read.vad[:, 0], emotion == HAPPINESS) > 0.8
    fast, slow = (head.read(lessons.cues[walk] + way).emotions.mean(0) for way in (speed, -speed))
    np.testing.assert_allclose(fast[:4], slow[:4], atol=0.15)


def test_an_emotion_that_shows_otherwise_in_each_content_is_read_there():
    rng = np.random.default_rng(3)
    wave, run = np.zeros(len(CUES)), np.zeros(len(CUES))
    wave[CUES.index("raised")], run[CUES.index("leg_range")] = 3.0, 3.0
    bounce = np.zeros(len(CUES))
    bounce[CUES.index("bounce")] = 0.5
    one = lessons_of({"wave": wave}, {HAPPINESS: bounce, ANGER: -bounce}, rng)
    other = lessons_of({"run": run}, {HAPPINESS: -bounce, ANGER: bounce}, rng)
    both = Lessons(*(np.concatenate([getattr(part, name) for part in (one, other)])
                     for name in ("cues", "emotion", "vad", "kind", "source", "content")))
    head = fit(both, TrainingConfig(own=1.0))
    for lessons in (one, other):
        happy = head.read(lessons.cues).emotions[:, HAPPINESS]
        moved = np.isin(lessons.emotion, [HAPPINESS, ANGER])
        assert area(happy[moved], lessons.emotion[moved] == HAPPINESS) > 0.8


def test_plain_people_unseen_have_no_valence_on_average():
    rng = np.random.default_rng(4)
    lessons = lessons_of({"walk": np.zeros(len(CUES))}, {}, rng)
    head = fit(lessons, TrainingConfig())
    outputs = head.outputs(lessons.cues) - 0.3
    plain = lessons.emotion == NEUTRAL
    vad = np.where(plain[:, None], [0.0, np.nan, np.nan], lessons.vad)
    fitted = calibrated(head, Unseen(outputs, vad, np.ones(len(vad)), plain))
    shifted = outputs[plain, 8] + fitted.biases[8] - head.biases[8]
    assert shifted.mean() == pytest.approx(0.0, abs=1e-6)


def test_who_is_neither_plain_nor_moved_by_a_known_emotion_teaches_nothing(collections):
    plain = read_recordings([collections / "plain"])[0]
    victor = replace(plain, name="victory")
    assert is_plain(plain) and not says_nothing(plain)
    assert not is_plain(victor) and says_nothing(victor)
    assert not says_nothing(replace(victor, word="happy"))


def test_the_command_scores_a_labelled_folder(collections, tmp_path, capsys):
    csv, report = tmp_path / "read.csv", tmp_path / "read.json"
    assert main(["eval", "affect", "bodies", str(collections / "acted"), "--words",
                 "happy,sad,angry,neutral", "--csv", str(csv), "--json", str(report)]) == 0
    printed = capsys.readouterr().out
    assert "affect.body_auc.happiness" in printed and "affect.body_ece" in printed
    rows = csv.read_text().splitlines()
    assert len(rows) == 9
    first = dict(zip(rows[0].split(","), rows[1].split(","), strict=True))
    assert sum(float(first[emotion]) for emotion in EMOTIONS) == pytest.approx(1.0, abs=1e-3)
    names = [entry["name"] for entry in json.loads(report.read_text())["results"]]
    assert "affect.body_macro_f1" in names


def test_one_emotion_alone_has_figures_that_are_not_measured(collections, tmp_path, capsys):
    report = tmp_path / "read.json"
    assert main(["eval", "affect", "bodies", str(collections / "acted"), "--words", "happy",
                 "--json", str(report)]) == 0
    assert "not measured" in capsys.readouterr().out
    values = {entry["name"]: entry["value"] for entry in json.loads(report.read_text())["results"]}
    assert values["affect.body_neutral_valence"] is None and values["affect.body_ece"] is not None


@pytest.mark.parametrize(("words", "sentence"), [
    ("happy,jump", "Got --words with 'jump'; wanted words for emotions"),
    ("proud", "has one of the words proud; those here say angry, happy")])
def test_words_that_are_none_or_not_there_are_refused(collections, capsys, words, sentence):
    assert main(["eval", "affect", "bodies", str(collections / "acted"), "--words", words]) != 0
    assert sentence in capsys.readouterr().err


def test_a_folder_of_which_everything_is_left_out_says_why(tmp_path):
    (tmp_path / "happy.bvh").write_text("no motion")
    with pytest.raises(KinesicsError, match=r"Every recording in .* was left out. happy.bvh"):
        read_recordings([tmp_path])
