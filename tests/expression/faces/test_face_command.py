"""``kinesics face``: what it writes, and the sentences of what it refuses."""

import json

import numpy as np
import pytest

from kinesics_core import cli
from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.expression.faces import (
    face_of_compound,
    face_of_emotion,
    face_of_units,
    face_of_vad,
    mirrored,
    with_asymmetry,
)
from kinesics_core.skeletons import ARKIT_BLENDSHAPES


@pytest.fixture
def face(tmp_path, capsys):
    def run(*words):
        file = tmp_path / "face.json"
        status = cli.main(["face", *words, "--json", str(file)])
        document = json.loads(file.read_text()) if status == 0 else {}
        return status, document, capsys.readouterr().err
    return run


def weights(document):
    assert tuple(document["blendshapes"]) == ARKIT_BLENDSHAPES
    return np.array(list(document["blendshapes"].values()))


def test_the_document_has_emotion_vad_and_52_shapes(face):
    status, document, _ = face("--emotion", "fear", "--intensity", ".8")
    assert status == 0 and set(document) == {"emotion", "vad", "blendshapes"}
    assert tuple(document["emotion"]) == EMOTIONS
    assert document["emotion"]["fear"] == 0.8 and document["emotion"]["neutral"] == 0.2
    assert document["vad"] == pytest.approx([-0.512, 0.48, -0.344], abs=1e-3)
    assert weights(document) == pytest.approx(face_of_emotion("fear", 0.8), abs=1e-4)


@pytest.mark.parametrize(("words", "expected"), [
    (["--emotion", "anger", "--variant", "shout"], face_of_emotion("anger", 1.0, 1)),
    (["--emotion", "anger", "--variant", "1"], face_of_emotion("anger", 1.0, 1)),
    (["--emotion", "contempt", "--mirror"], mirrored(face_of_emotion("contempt", 1.0))),
    (["--emotion", "sadness", "--seed", "4"], with_asymmetry(face_of_emotion("sadness", 1.0), 4)),
    (["--vad", "-.6", ".6", "-.4"], face_of_vad(np.array([-0.6, 0.6, -0.4]))),
    (["--units", "AU12=.8,R_AU14=.5"], face_of_units({"AU12": 0.8, "R_AU14": 0.5})),
    (["--compound", "happily surprised"], face_of_compound("happily surprised")),
])  # fmt: skip
def test_every_source_shows_its_face(face, words, expected):
    status, document, _ = face(*words)
    assert status == 0 and weights(document) == pytest.approx(expected, abs=1e-4)
    assert sum(document["emotion"].values()) == pytest.approx(1.0, abs=1e-3)


def test_two_halves(face):
    _, document, _ = face("--upper", "sadness", "--lower", "happiness")
    assert document["emotion"]["sadness"] == document["emotion"]["happiness"] == 0.5
    assert document["blendshapes"]["mouthSmileLeft"] > 0.9 < 1.0
    assert document["blendshapes"]["browInnerUp"] > 0.8


def test_units_are_read_for_their_emotion(face):
    _, document, _ = face("--units", "AU6=1,AU12=1")
    assert max(document["emotion"], key=document["emotion"].get) == "happiness"


@pytest.mark.parametrize(("words", "sentence"), [
    ([], "Got nothing to show"), (["hello", "--emotion", "fear"], "a text and --emotion"),
    (["--lower", "fear"], "--lower without --upper"),
    (["--upper", "fear"], "--upper without --lower"),
    (["--emotion", "joy"], "'joy'"), (["--emotion", "fear", "--variant", "wild"], "0 (terror)"),
    (["--vad", "0", "0", "0", "--intensity", ".4"], "--intensity with --vad"),
    (["--units", "AU12", "--variant", "1"], "--variant with --units"),
    (["--units", "AU99=1"], "'AU99'"), (["--units", ""], "no action unit"), ([" "], "empty text"),
    (["--compound", "gladly"], "happily surprised"),
])
def test_what_cannot_be_shown_is_a_sentence(face, words, sentence):
    status, _, err = face(*words)
    assert status not in (0, cli.UNEXPECTED) and sentence in err


@pytest.mark.parametrize("words", [
    ["--emotion", "fear", "--intensity", "1.5"], ["--vad", "0", "2", "0"], ["--vad", "0", "x", "0"],
    ["--emotion", "fear", "--intensity", "nan"],
])
def test_numbers_out_of_range_are_refused(face, words, capsys):
    with pytest.raises(SystemExit):
        face(*words)
    assert "wanted a number" in capsys.readouterr().err


def test_without_files_it_prints(capsys):
    assert cli.main(["face", "--emotion", "surprise"]) == 0
    assert json.loads(capsys.readouterr().out)["blendshapes"]["eyeWideLeft"] > 0.8


def test_a_directory_that_is_not_there_is_a_sentence(tmp_path, capsys):
    assert cli.main(["face", "--emotion", "fear", "--png", str(tmp_path / "no" / "a.png")]) != 0
    assert "There is no directory" in capsys.readouterr().err


def test_the_picture_is_a_png_of_the_face(tmp_path, monkeypatch):
    import cv2

    from kinesics_core.render import face_picture

    drawn = []

    class Recorder(face_picture.FacePicture):
        def draw(self, blendshapes):
            drawn.append((blendshapes, super().draw(blendshapes)))
            return drawn[-1][1]

    monkeypatch.setattr(face_picture, "FacePicture", Recorder)
    file = tmp_path / "face.png"
    assert cli.main(["face", "--emotion", "surprise", "--png", str(file)]) == 0
    (weights, image), = drawn
    assert np.array_equal(weights, face_of_emotion("surprise", 1.0))
    assert np.array_equal(cv2.imread(str(file))[:, :, ::-1], image)
    assert image.shape == (480, 640, 3) and image.std() > 10
