"""`kinesics eval affect faces DIR` on pictures rendered with a known expression."""

from __future__ import annotations

import csv
import json
import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from kinesics_core import cli
from kinesics_core.affect.emotions import EMOTIONS, HAPPINESS, NEUTRAL, SURPRISE
from kinesics_core.affect.facs import au_to_blendshapes
from kinesics_core.assets import store
from kinesics_core.errors import KinesicsError
from kinesics_core.perception.labelled_faces import (
    emotion_of_label,
    labelled_pictures,
    read_pictures,
)
from kinesics_core.render.face_picture import FacePicture


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("faces")
    picture = FacePicture(256, 256)
    surprise = au_to_blendshapes({"AU1": 0.9, "AU2": 0.9, "AU5": 0.8, "AU26": 0.7})
    for name, shapes in (("Neutral", np.zeros(52)), ("surprised", surprise)):
        (place / name).mkdir()
        cv2.imwrite(str(place / name / "face.png"), picture.draw(shapes)[..., ::-1])
    (place / "happy").mkdir()
    shutil.copy(store.path("portrait"), place / "happy" / "portrait.png")
    (place / "happy" / "broken.png").write_bytes(b"no picture")
    (place / "notes.csv").write_text("a,b\n1,2\n")
    return place


@pytest.mark.parametrize(("label", "emotion"), [
    ("Happy", HAPPINESS), ("joy", HAPPINESS), ("0_neutral", NEUTRAL), ("SURPRISE", SURPRISE),
    ("boredom", None), ("", None)])
def test_labels_by_their_common_names(label, emotion):
    assert emotion_of_label(label) == emotion


def test_pictures_by_subfolder(folder):
    found = labelled_pictures(folder)
    assert [(p.file.name, EMOTIONS[p.emotion]) for p in found] == [
        ("face.png", "neutral"), ("broken.png", "happiness"), ("portrait.png", "happiness"),
        ("face.png", "surprise")]


def test_pictures_of_any_name_and_kind_are_read_or_counted(folder, tmp_path):
    place = tmp_path / "sad"
    place.mkdir()
    odd = Path(os.fsdecode(os.fsencode(place) + b"/caf\xe9.jfif"))
    shutil.copy(folder / "surprised" / "face.png", odd)
    (place / "photo.heic").write_bytes(b"photograph")
    readings = read_pictures(labelled_pictures(tmp_path))
    assert readings.files == [odd] and [file.name for file in readings.broken] == ["photo.heic"]


def test_pictures_by_table(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "set")
    table = tmp_path / "set" / "labels.csv"
    table.write_text("file,emotion\nhappy/portrait.png,joy\n")
    (one,) = labelled_pictures(tmp_path / "set")
    assert one.emotion == HAPPINESS and one.file.name == "portrait.png"
    table.write_text("file,emotion\nhappy/portrait.png,7\n")
    with pytest.raises(KinesicsError, match="line 2 has the label '7'"):
        labelled_pictures(tmp_path / "set")
    table.write_text("file,emotion\nnowhere.png,anger\n")
    with pytest.raises(KinesicsError, match="names 'nowhere.png'"):
        labelled_pictures(tmp_path / "set")


def test_what_a_folder_of_pictures_holds_besides_is_told(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "set")
    (tmp_path / "set" / "boredom").mkdir()
    shutil.copy(folder / "happy" / "portrait.png", tmp_path / "set" / "boredom")
    told: list[str] = []
    assert len(labelled_pictures(tmp_path / "set", told.append)) == 4
    table, left_out = told
    assert "the columns 'a', 'b'" in table and "1 picture(s)" in left_out and "boredom" in left_out


def test_a_table_may_be_parted_by_semicolons(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "set")
    (tmp_path / "set" / "labels.csv").write_text("emotion;file\njoy;happy/portrait.png\n")
    (one,) = labelled_pictures(tmp_path / "set")
    assert one.emotion == HAPPINESS and one.file.name == "portrait.png"


@pytest.mark.parametrize("name", [300 * "x" + ".png", '"' + 140_000 * "x"])
def test_a_table_of_names_that_no_file_has_is_a_sentence(tmp_path, name):
    (tmp_path / "labels.csv").write_text(f"file,emotion\n{name},joy\n")
    with pytest.raises(KinesicsError, match="labels.csv"):
        labelled_pictures(tmp_path)


def test_a_folder_without_labels_is_a_sentence(tmp_path):
    with pytest.raises(KinesicsError, match="no picture with a label"):
        labelled_pictures(tmp_path)
    with pytest.raises(KinesicsError, match="no folder"):
        labelled_pictures(tmp_path / "nowhere")


def test_the_command_scores_a_folder(folder, tmp_path, capsys):
    shutil.copytree(folder, place := tmp_path / "set")
    folder, told, table = place, tmp_path / "told.json", place / "told.csv"
    assert cli.main(["eval", "affect", "faces", str(folder), "--json", str(told),
                     "--csv", str(table)]) == 0
    text = capsys.readouterr().out
    assert "3 pictures" in text and "1 files cannot be opened" in text and "majority" in text
    saved = json.loads(told.read_text())
    values = {entry["name"]: entry for entry in saved["results"]}
    assert values["affect.faces.balanced_accuracy"]["value"] == 1.0
    assert values["affect.faces.balanced_accuracy"]["peer"] == "blendshapes alone"
    assert values["affect.faces.recall.surprise"]["value"] == 1.0
    assert 0.0 <= values["affect.faces.ece"]["value"] <= 1.0
    assert np.array(saved["confusion"]).sum() == 3
    rows = list(csv.DictReader(table.open()))
    assert [row["read"] for row in rows] == ["neutral", "happiness", "surprise"]
    assert sum(float(rows[0][emotion]) for emotion in EMOTIONS) == pytest.approx(1.0, abs=1e-3)
    assert len(labelled_pictures(folder)) == 4  # told.csv there is no table of labels


@pytest.mark.parametrize(("words", "sentence"), [
    (["faces"], "faces DIR"), ([], "faces DIR"),
    (["faces", ".", "--data", "x"], "Got --data; `kinesics eval affect faces` takes --json, --csv"),
    (["faces", ".", "--words", "sad"], "Got --words;"), (["gestures", "--csv", "x"], "Got --csv;"),
    (["bodies", ".", "--by", "x", "--order", "a=b,c"], "Got --by, --order;"),
    (["--data", "x", "--words", "sad"], "Got --words;")])
def test_options_of_another_form_are_refused(words, sentence, capsys):
    assert cli.main(["eval", "affect", *words]) != 0
    assert sentence in capsys.readouterr().err
