"""Encoders by path, on small ONNX models whose answer is known."""

import json

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from kinesics_core import extras
from kinesics_core.emo3d import encoders
from kinesics_core.emo3d.encoder_paths import joint_encoder, text_encoder
from kinesics_core.emo3d.encoders import CLIP_DEVIATION, CLIP_MEAN, clip_pixels
from kinesics_core.errors import ModelError

PIECES = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "sad", "happy", "face"]
TABLE = np.arange(len(PIECES) * 4, dtype=np.float32).reshape(-1, 4)


def save(path, nodes, inputs, output, weights):
    graph = onnx.helper.make_graph(
        nodes, "known",
        [onnx.helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in inputs],
        [onnx.helper.make_tensor_value_info(output, onnx.TensorProto.FLOAT, None)],
        [onnx.numpy_helper.from_array(value, name) for name, value in weights.items()])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)])
    model.ir_version = 9
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)


def tokens(folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(json.dumps({
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
        "model": {"type": "WordPiece", "vocab": {name: n for n, name in enumerate(PIECES)}}}))


TOKENS = [(name, onnx.TensorProto.INT64, ("n", "t")) for name in ("input_ids", "attention_mask")]


def language_model(folder, name="model.onnx"):
    """A model whose token vectors are the rows of TABLE."""
    tokens(folder)
    look_up = onnx.helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])
    save(folder / name, [look_up], TOKENS, "last_hidden_state", {"table": TABLE})
    return folder


def clip(folder, width=4):
    tokens(folder)
    nodes = [onnx.helper.make_node("Gather", ["table", "input_ids"], ["tokens"]),
             onnx.helper.make_node("ReduceMax", ["tokens"], ["text_embeds"], axes=[1], keepdims=0)]
    save(folder / "onnx" / "text_model.onnx", nodes, TOKENS, "text_embeds", {"table": TABLE})
    nodes = [onnx.helper.make_node("ReduceMean", ["pixel_values"], ["mean"], axes=[2, 3],
                                   keepdims=0),
             onnx.helper.make_node("MatMul", ["mean", "spread"], ["image_embeds"])]
    save(folder / "onnx" / "vision_model.onnx", nodes,
         [("pixel_values", onnx.TensorProto.FLOAT, ("n", 3, 224, 224))], "image_embeds",
         {"spread": np.eye(3, width, dtype=np.float32)})
    return folder


def test_a_sentence_is_the_mean_of_its_tokens_and_padding_does_not_count(tmp_path):
    encoder = text_encoder(language_model(tmp_path / "model"))
    assert encoder.width == 4 and not hasattr(encoder, "images")
    found = encoder.texts(["sad", "happy face sad"])
    assert found[0] == pytest.approx(TABLE[[1, 4, 2]].mean(0))
    assert found[1] == pytest.approx(TABLE[[1, 5, 6, 4, 2]].mean(0))
    by_file = text_encoder(tmp_path / "model" / "model.onnx")
    assert by_file.fingerprint == encoder.fingerprint


def test_a_folder_that_pools_by_the_first_token_says_so(tmp_path):
    folder = language_model(tmp_path)
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    assert text_encoder(folder).texts(["happy"])[0].tolist() == TABLE[1].tolist()


def test_clip_as_two_files_gives_texts_and_pictures(tmp_path):
    encoder = joint_encoder(clip(tmp_path / "clip"))
    assert encoder.width == 4
    assert encoder.texts(["sad face"])[0].tolist() == TABLE[6].tolist()
    image = np.full((48, 64, 3), (255, 0, 128), np.uint8)
    wanted = (np.array([1.0, 0.0, 128 / 255]) - CLIP_MEAN) / CLIP_DEVIATION
    assert encoder.images([image])[0] == pytest.approx([*wanted, 0.0], abs=1e-4)
    assert text_encoder(tmp_path / "clip").texts(["sad"]).shape == (1, 4)


def test_clip_sees_the_middle_of_a_picture():
    image = np.zeros((100, 300, 3), np.uint8)
    image[:, 100:200] = 255
    pixels = clip_pixels(image) * CLIP_DEVIATION[:, None, None] + CLIP_MEAN[:, None, None]
    assert pixels.shape == (3, 224, 224)
    assert pixels[:, 10:-10, 10:-10] == pytest.approx(1.0, abs=1e-3)


def test_halves_of_two_clips_are_refused(tmp_path):
    with pytest.raises(ModelError, match="vectors of 4 .* of 5; wanted the two halves of one"):
        joint_encoder(clip(tmp_path, width=5))


def test_paths_without_an_encoder_are_sentences(tmp_path):
    with pytest.raises(ModelError, match="is no encoder"):
        text_encoder(tmp_path)
    with pytest.raises(ModelError, match="does not exist"):
        text_encoder(tmp_path / "none.onnx")
    (tmp_path / "model.onnx").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="no ONNX model, or it is damaged"):
        text_encoder(tmp_path)
    with pytest.raises(ModelError, match="encodes sentences alone; this needs pictures"):
        joint_encoder(tmp_path)


def test_a_model_without_its_tokenizer_is_a_sentence(tmp_path):
    folder = language_model(tmp_path)
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match="needs its tokenizer.json beside"):
        text_encoder(folder)


def test_a_model_of_something_else_is_a_sentence(tmp_path):
    node = onnx.helper.make_node("Identity", ["pixels"], ["out"])
    save(tmp_path / "model.onnx", [node], [("pixels", onnx.TensorProto.FLOAT, (1, 3))], "out", {})
    with pytest.raises(ModelError, match="inputs pixels; wanted input_ids"):
        text_encoder(tmp_path)


def test_only_clip_knows_pictures():
    assert hasattr(encoders.TransformersClip, "images") and hasattr(encoders.OnnxClip, "images")
    assert not hasattr(encoders.TransformersEncoder, "images")
    assert not hasattr(encoders.OnnxSentences, "images")


def test_a_folder_of_transformers_names_the_extra(tmp_path, monkeypatch):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    monkeypatch.setattr(extras, "_found", lambda module: module != "transformers")
    with pytest.raises(Exception, match="needs transformers.* --with encoders"):
        text_encoder(tmp_path)
    with pytest.raises(ModelError, match="'bert', which knows no pictures"):
        joint_encoder(tmp_path)
