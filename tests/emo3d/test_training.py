"""Training: learns what texts say of faces never seen, goes on after a kill, and refuses bad input.
"""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import emo3d_known as known

from kinesics_core import files
from kinesics_core.emo3d import dual_training, embedding, train
from kinesics_core.emo3d.options import DualConfig, FaceConfig
from kinesics_core.errors import KinesicsError, ModelError
from kinesics_core.training.run import RunFolder, Schedule


@pytest.fixture(scope="module")
def data():
    return known.triples(600)


def run(folder, epochs=8, steps=40, resume=False):
    return RunFolder(folder, Schedule(epochs=epochs, steps=steps), resume)


@pytest.mark.parametrize("name", [
    "mlp", pytest.param("emotion-xlm", marks=pytest.mark.slow)])
def test_faces_of_words_never_trained_on_are_nearer_than_the_mean_face(name, data, tmp_path):
    figures = train.train(name, data, known.MeaningEncoder(), run(tmp_path, epochs=16))
    assert figures["mse"] < 0.9 * figures["mean_face_mse"]
    curves = (tmp_path / "curves.csv").read_text().splitlines()
    losses = [float(line.split(",")[1]) for line in curves[1:]]
    assert losses[-1] < 0.7 * losses[0]
    assert json.loads((tmp_path / "report.json").read_text())["mse"] == figures["mse"]


def test_a_run_that_was_stopped_ends_as_one_that_was_not(data, tmp_path):
    whole = train.train("mlp", data, known.MeaningEncoder(), run(tmp_path / "whole", 3, 10))

    class KilledError(Exception):
        pass

    def kill(row, epochs):
        if row["epoch"] == 2:
            raise KilledError

    cut = RunFolder(tmp_path / "cut", Schedule(epochs=3, steps=10), False, kill)
    with pytest.raises(KilledError):
        train.train("mlp", data, known.MeaningEncoder(), cut)
    again = train.train(
        "mlp", data, known.MeaningEncoder(), run(tmp_path / "cut", 3, 10, resume=True))
    assert again == whole


def test_a_run_does_not_go_on_with_another_encoder_or_other_settings(data, tmp_path):
    train.train("mlp", data, known.MeaningEncoder(), run(tmp_path, 1, 2))
    with pytest.raises(KinesicsError, match="holds a run already"):
        train.train("mlp", data, known.MeaningEncoder(), run(tmp_path, 1, 2))
    with pytest.raises(KinesicsError, match="width 48, now 32"):
        train.train("mlp", data, known.MeaningEncoder(32), run(tmp_path, 1, 2, resume=True))
    with pytest.raises(KinesicsError, match="batch 64, now 32"):
        train.train("mlp", data, known.MeaningEncoder(), run(tmp_path, 1, 2, resume=True),
                    config=FaceConfig(batch=32))


def test_a_trained_model_makes_faces_and_refuses_vectors_of_another_width(data, tmp_path):
    encoder = known.MeaningEncoder()
    train.train("emotion-xlm", data, encoder, run(tmp_path, 1, 5))
    model = train.TrainedModel(tmp_path)
    faces = model.faces(encoder.texts(["A happy face.", "A sad face."]))
    assert faces.shape == (2, 52) and faces.min() >= 0.0 and faces.max() <= 1.0
    assert model.title == "Emotion-XLM"
    with pytest.raises(ModelError, match="vectors of 384 numbers.* trained on 48"):
        model.faces(np.zeros((1, 384), np.float32))
    with pytest.raises(ModelError, match="does not say where the encoder lies"):
        model.load_encoder()


@pytest.mark.parametrize("name", ["clip-mlp", "vae-clip"])
def test_a_model_of_pictures_refuses_an_encoder_of_sentences(name, data, tmp_path):
    with pytest.raises(ModelError, match="learns from pictures.* encodes sentences alone"):
        train.train(name, data, known.MeaningEncoder(), run(tmp_path))


def test_pictures_that_are_not_there_are_a_sentence(data, tmp_path):
    class Joint(known.MeaningEncoder):
        def images(self, images):
            raise AssertionError

    with pytest.raises(KinesicsError, match="learns from pictures needs each one"):
        train.train("clip-mlp", data, Joint(), run(tmp_path))
    with pytest.raises(KinesicsError, match="learns from pictures needs each one"):
        dual_training.train(data, (tmp_path, known.MeaningEncoder()), run(tmp_path),
                            DualConfig(batch=16))


def test_vectors_are_encoded_once_and_a_bad_encoder_is_refused(data, tmp_path, monkeypatch):
    encoder, part = known.MeaningEncoder(), data.part("test")
    first = embedding.embed(part, encoder, embedding.Vectors(tmp_path))
    monkeypatch.setattr(encoder, "texts", None)
    again = embedding.embed(part, encoder, embedding.Vectors(tmp_path))
    assert np.array_equal(first.texts, again.texts)
    assert len(first.texts) == sum(len(texts) for texts in part.texts)
    assert first.first[1] == len(part.texts[0])

    class Broken(known.MeaningEncoder):
        fingerprint = "broken"

        def texts(self, texts, on_done=None):
            return np.full((len(texts), self.width), np.nan, np.float32)

    with pytest.raises(KinesicsError, match="no numbers"):
        embedding.embed(part, Broken(), embedding.Vectors(tmp_path))


def test_a_full_disk_ends_a_run_with_a_sentence(data, tmp_path, monkeypatch):
    import errno

    def full(path, content, **_):
        raise files.WriteError(path, OSError(errno.ENOSPC, "No space left on device"))

    monkeypatch.setattr(files, "write_bytes", full)
    with pytest.raises(files.WriteError, match="the disk is full"):
        train.train("mlp", data, known.MeaningEncoder(), run(tmp_path, 1, 2))


def test_commanded_faces_can_be_learned_only_where_they_are_known(data):
    assert train.target_faces(data, "commanded") is data.commanded
    unknown = known.triples(20)
    unknown.commanded[:] = np.nan
    with pytest.raises(ModelError, match="nobody knows"):
        train.target_faces(unknown, "commanded")


def test_every_triple_is_a_sentence_and_a_picture_of_one_row(data):
    part = data.part("validation")
    embedded = embedding.Embedded(
        part, np.cumsum([0, *(len(texts) for texts in part.texts[:-1])]), None, None)
    pictures, sentences = train.pairs(embedded)
    assert len(pictures) == part.count == len({*zip(pictures, sentences, strict=True)})
    owner = np.repeat(np.arange(len(part.texts)), [len(texts) for texts in part.texts])
    assert (owner[sentences] == part.rows[pictures]).all()


def test_clips_loss_is_lowest_where_each_sentence_is_at_its_picture():
    # Of two pairs at a scaled cosine of 10 and 0: log(1 + e^-10) both ways.
    logits = 10.0 * torch.eye(2)
    assert float(dual_training.contrastive_loss(logits)) == pytest.approx(
        float(np.log1p(np.exp(-10.0))), rel=1e-3)
    assert float(dual_training.contrastive_loss(torch.zeros(4, 4))) == pytest.approx(np.log(4))
