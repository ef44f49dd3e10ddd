"""``kinesics respond``: sources, what it prints and writes, and what it refuses."""

import json

import cv2
import numpy as np
import pytest

from kinesics_core import cli

TRACE = """
- {at: 0.5, engagement: engaging, note: Anna comes}
- {at: 2.0, emotion: happiness, intensity: 0.9}
- {at: 5.0, leaves: true}
"""


@pytest.fixture
def trace(tmp_path):
    file = tmp_path / "visit.yaml"
    file.write_text(TRACE)
    return str(file)


def respond(capsys, *arguments):
    status = cli.main(["respond", *arguments])
    told = capsys.readouterr()
    return status, told.out, told.err


def test_decisions_are_printed_with_their_reasons_and_written(capsys, trace, tmp_path):
    status, out, _ = respond(capsys, trace, "--plot", str(tmp_path / "mind.png"), "--json",
                             str(tmp_path / "mind.json"))
    assert status == 0 and "happiness" in out and "Person 1" in out
    picture = cv2.imread(str(tmp_path / "mind.png"))
    assert picture.shape[1] == 1280 and np.ptp(picture) > 200
    (mind,) = json.loads((tmp_path / "mind.json").read_text())["minds"]
    frames = mind["frames"]
    assert mind["name"] == "warm" and len(frames["seconds"]) == len(frames["emotion"])
    glad = [second for second, emotion in zip(frames["seconds"], frames["emotion"], strict=True)
            if emotion == "happiness"]
    assert any(2.0 <= second <= 5.0 for second in glad)
    assert all(one["reason"] for one in mind["decisions"])
    assert any(one["factors"] for one in mind["decisions"])


def test_the_same_trace_and_seed_give_the_same_answers(capsys, trace, tmp_path):
    documents = []
    for name in ("a.json", "b.json"):
        respond(capsys, trace, "--personality", "shy,playful", "--json", str(tmp_path / name))
        documents.append((tmp_path / name).read_text())
    assert documents[0] == documents[1]
    assert [mind["name"] for mind in json.loads(documents[0])["minds"]] == ["shy", "playful"]


@pytest.mark.parametrize("source", ["person", "robot"])
def test_a_simulated_person_and_another_robot_answer_too(capsys, source):
    status, out, _ = respond(capsys, source, "--duration", "4", "--mood", "sadness=0.8")
    assert status == 0 and "warm" in out and "Person 1" in out


def test_a_clip_of_a_dataset_is_replayed_through_forecast_and_signals(capsys, tmp_path):
    from kinesics_core.dataset.clips import Clip, Info, Writer
    from kinesics_core.skeletons import COCO17

    time = np.arange(75) / 30
    points = np.zeros((75, 17, 3), np.float32)
    for name, (across, height) in {
        "nose": (0, 1.6), "shoulder": (0.2, 1.4), "elbow": (0.25, 1.1), "wrist": (0.25, 0.85),
        "hip": (0.12, 0.95), "knee": (0.12, 0.5), "ankle": (0.12, 0.1), "eye": (0.03, 1.65),
        "ear": (0.07, 1.63),
    }.items():
        for index, joint in enumerate(COCO17):
            if name in joint:
                points[:, index] = (-across if "right" in joint else across, height, 0)
    points[:, COCO17.index("right_wrist"), 1] += np.clip(time - 1.0, 0, 1)  # a hand goes up
    with Writer(tmp_path / "data", Info("data")) as writer:
        writer.add(Clip("greets", "mine", "a", 30.0, points))
        writer.add(Clip("in/a_folder", "mine", "b", 30.0, points))
    for name in ("greets", "in/a_folder"):
        status, out, err = respond(capsys, str(tmp_path / "data" / name))
        assert status == 0, err
        assert "Person 1" in out
    for wrong, said in (("", "is a dataset"), ("greet", "has no clip 'greet'")):
        status, _, err = respond(capsys, str(tmp_path / "data" / wrong))
        assert status == 1 and said in err and "data/greets" in err


@pytest.mark.parametrize(("arguments", "said"), [
    (["nothing.mp4"], "does not exist"),
    (["person", "--mood", "gloom"], "use one of happiness"),
    (["person", "--mood", "fear=7"], "0 to 1"),
    (["robot", "--personality", "warm,shy,playful"], "two robots"),
    (["person", "--personality", "angry"], "use one of warm"),
    (["person", "--plot", "a.gif"], "ends in .png or .jpg"),
    (["person", "--policy", "mirrorr"], "did you mean 'mirror'"),
    (["person", "--personality", ","], "no personality"),
])
def test_what_cannot_be_replayed_is_refused_with_a_sentence(capsys, arguments, said, tmp_path,
                                                            monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, _, err = respond(capsys, *arguments)
    assert status == 1 and said in err


def test_a_fault_of_a_trace_has_its_line(capsys, tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text("- {at: 1}\n- {at: 2, emotion: glee}\n")
    status, _, err = respond(capsys, str(file))
    assert status == 1 and "bad.yaml, line 2" in err
