"""Training end to end on a made-up data set whose emotions are told by single words."""

import json
import struct

import numpy as np
import pytest

pytest.importorskip("sklearn")
torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from kinesics_core import cli
from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.errors import KinesicsError, ModelError
from kinesics_core.expression.text import TextReader
from kinesics_core.expression.text.training import (
    authored,
    build,
    combine,
    data,
    encoder,
    finetune,
    weak,
)
from kinesics_core.expression.text.wordpiece import WordPiece

CUES = {"anger": "blorg", "disgust": "snarf", "fear": "quib", "joy": "zam", "sadness": "wex",
        "surprise": "plok"}
"""Words no table has, so that what is read of them was learned here."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(0)
    names = sorted(data.GOEMOTIONS)
    for split, count in (("train", 240), ("dev", 80), ("test", 80)):
        lines = []
        for index in range(count):
            name = [*CUES, "neutral"][random.integers(7)]
            words = random.choice(["we", "saw", "it", "there", "again", "today"], 4).tolist()
            words.insert(2, CUES.get(name, "table"))
            lines.append(f"{' '.join(words)}\t{names.index(name)}\tid{index}\n")
        (root / f"{split}.tsv").write_text("".join(lines))
    (root / "labels.txt").write_text("\n".join(names))
    (root / "en-annotated.tsv").write_text("He is gone .\t6\nGet out , now !\t1, 3\n")
    (root / "neu_en.txt").write_text("9\tYes, sir.\n")
    _write_bert(root / "bert")
    return root


def _write_bert(folder):
    """A BERT of one block with random weights."""
    folder.mkdir()
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *CUES.values(),
                  *["we", "saw", "it", "there", "again", "today", "table", "i", "am"]]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    width, hidden = 64, 128
    random = np.random.default_rng(1)
    layer = "encoder.layer.0."
    shapes = {
        "embeddings.word_embeddings.weight": (len(vocabulary), width),
        "embeddings.position_embeddings.weight": (512, width),
        "embeddings.token_type_embeddings.weight": (2, width),
        f"{layer}intermediate.dense.weight": (hidden, width),
        f"{layer}intermediate.dense.bias": (hidden,),
        f"{layer}output.dense.weight": (width, hidden), f"{layer}output.dense.bias": (width,),
    }
    for part in ("self.query", "self.key", "self.value", "output.dense"):
        shapes[f"{layer}attention.{part}.weight"] = (width, width)
        shapes[f"{layer}attention.{part}.bias"] = (width,)
    for place in ("embeddings.", f"{layer}attention.output.", f"{layer}output."):
        norm = f"{place}LayerNorm"
        shapes[f"{norm}.weight"] = shapes[f"{norm}.bias"] = (width,)
    header, blob = {}, b""
    for name, shape in shapes.items():
        values = random.normal(0, 0.3, shape)
        if name.endswith("LayerNorm.weight"):
            values = np.ones(shape)
        raw = values.astype("<f4").tobytes()
        place = [len(blob), len(blob) + len(raw)]
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": place}
        blob += raw
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + blob)


def arguments(folders, out, *more):
    return ["train", "text", "--goemotions", str(folders), "--xed", str(folders),
            "--out", str(out), *more]


@pytest.mark.slow
def test_trained_from_nothing_it_reads_what_it_was_shown(
    folders, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(build, "ROUNDS", 1)
    assert cli.main(arguments(
        folders, tmp_path, "--encoder", str(folders / "bert"), "--epochs", "1", "--lr", "2e-3",
        "--goemotions-share", "8")) == 0
    assert {file.name for file in tmp_path.iterdir()} == {
        "text_emotion.npz", "text_emotion.onnx", "encoder.pt"}
    reader = TextReader.load(tmp_path / "text_emotion.npz")
    for name, cue in CUES.items():
        shares = reader.read(f"we saw {cue} again").distribution
        assert EMOTIONS[int(np.argmax(shares))] == {"joy": "happiness"}.get(name, name)
    assert cli.main([
        "eval", "text", "--model", str(tmp_path / "text_emotion.npz"), "--goemotions", str(folders),
        "--json", str(tmp_path / "score.json")]) == 0
    results = {entry["name"]: entry["value"]
               for entry in json.loads((tmp_path / "score.json").read_text())["results"]}
    assert results["text.macro_f1"] > 0.95
    assert "macro" in capsys.readouterr().out


def test_the_loss_counts_only_what_an_example_says():
    targets, weights = torch.zeros((1, data.OUTPUTS)), torch.zeros((1, data.OUTPUTS))
    targets[0, 0], weights[0, 0] = 1.0, 1.0
    logits = torch.full((1, data.OUTPUTS), 5.0)
    assert finetune.loss(logits, targets, weights).item() == pytest.approx(np.log1p(np.exp(-5.0)))


def test_padding_does_not_change_what_the_encoder_says(folders):
    model = encoder.from_bert(folders / "bert" / "model.safetensors", data.OUTPUTS).eval()
    tokens = WordPiece((folders / "bert" / "vocab.txt").read_text().splitlines())
    alone, _ = tokens.batch(["we saw zam"], 20)
    both, mask = tokens.batch(["we saw zam", "we saw it there again today we saw it"], 20)
    with torch.no_grad():
        one = model(torch.from_numpy(alone), torch.ones(1, alone.shape[1], dtype=torch.int64))
        two = model(torch.from_numpy(both), torch.from_numpy(mask))
    assert torch.allclose(one[0], two[0], atol=1e-4)


def test_ekman_s_classes_are_those_of_the_authors():
    labels = np.zeros((1, len(data.GOEMOTIONS)))
    labels[0, [data.GOEMOTIONS.index("remorse"), data.GOEMOTIONS.index("caring")]] = 1.0
    classes = {data.EKMAN[index] for index in np.flatnonzero(data.to_ekman(labels)[0])}
    assert classes == {"sadness", "joy"}
    assert tuple(data.EKMAN_OF) == data.GOEMOTIONS


def test_contempt_comes_from_belittling_words_alone():
    texts = ["you are pathetic", "you took my seat", "pathetic but lovely"]
    labels = np.zeros((3, len(data.GOEMOTIONS)), np.float32)
    labels[[0, 1], data.GOEMOTIONS.index("annoyance")] = 1.0
    labels[2, data.GOEMOTIONS.index("love")] = 1.0
    targets = weak.goemotions_targets(data.Sentences(texts, labels, data.GOEMOTIONS))
    assert targets[:, EMOTIONS.index("contempt")].tolist() == [0.5, 0.0, 0.0]
    assert targets.sum(1) == pytest.approx(1.0)


def test_authored_sentences_are_filled_and_balanced():
    written = authored.Writer(3).write(2)
    assert len(set(written.texts)) == len(written.texts)
    assert not [text for text in written.texts if "{" in text or "}" in text]
    assert written.targets.sum(1) == pytest.approx(1.0, abs=1e-5)
    assert (written.targets > 0.5).sum(0).min() > 100


def test_no_sentence_of_the_test_set_was_written_for_training():
    from pathlib import Path

    def plain(text):
        return "".join(letter for letter in text.lower() if letter.isalpha())

    lines = Path(__file__).with_name("sentences.tsv").read_text().splitlines()[1:]
    tested = {plain(line.split("\t")[0]) for line in lines}
    assert len(tested) == 200
    assert not tested & {plain(text) for text in authored.Writer(0).write(8).texts}


def test_the_better_half_gets_the_weight():
    random = np.random.default_rng(0)
    targets = np.eye(8)[random.integers(0, 8, 400)]
    features = np.zeros((400, 16 + data.OUTPUTS))
    features[:, 8:16] = random.normal(size=(400, 8))
    features[:, 16:][:, data.OURS_AT] = 4.0 * targets + random.normal(size=(400, 8))
    ekman = targets[:, list(data.EKMAN_AS_OURS)]
    found = combine.fit(features, ekman, targets)
    ours = 16 + data.OURS_AT.start
    assert found.shares[ours, 0] > 5.0 * abs(found.shares[8, 0])
    assert np.isinf(found.thresholds[EMOTIONS.index("contempt")])


@pytest.mark.parametrize(("name", "content", "said"), [
    ("train.tsv", "no label here\n", "line 1"), ("labels.txt", "anger\njoy\n", "28"),
])
def test_a_damaged_data_set_is_named(folders, tmp_path, name, content, said):
    for file in folders.glob("*.t*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / name).write_text(content)
    with pytest.raises(KinesicsError, match=said):
        data.read_goemotions(tmp_path, "train")


def test_a_missing_data_set_and_encoder_are_named(folders, tmp_path):
    with pytest.raises(KinesicsError, match=r"labels\.txt is not there"):
        data.read_goemotions(tmp_path, "train")
    with pytest.raises(KinesicsError, match="not there"):
        data.read_xed(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="safetensors"):
        encoder.from_bert(tmp_path / "model.safetensors", 4)
    model = encoder.from_bert(folders / "bert" / "model.safetensors", data.OUTPUTS)
    with pytest.raises(ModelError, match="no checkpoint"):
        encoder.load_checkpoint(model, tmp_path / "model.safetensors")
