"""Tokens by the rules of WordPiece, byte-level BPE and Unigram, worked out by hand."""

import json

import pytest

from kinesics_core.emo3d.tokenizer import Tokenizer
from kinesics_core.errors import ModelError

TEMPLATE = {
    "type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
               {"Sequence": {"id": "A", "type_id": 0}},
               {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
    "special_tokens": {name: {"id": name, "ids": [number], "tokens": [name]}
                       for number, name in ((1, "[CLS]"), (2, "[SEP]"))},
}


def saved(folder, content):
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(content))
    return path


def word_piece(folder, **normalizer):
    pieces = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "smil", "##ing", "##e", "through", "tears", "!",
              "cafe", "Smil"]
    return saved(folder, {
        "normalizer": {"type": "BertNormalizer", "lowercase": True, **normalizer},
        "post_processor": TEMPLATE,
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "vocab": {piece: number for number, piece in enumerate(pieces)}}})


def test_word_piece_takes_the_longest_known_piece_from_the_left(tmp_path):
    tokenizer = Tokenizer(word_piece(tmp_path))
    assert tokenizer.ids("Smiling  through TEARS!") == [1, 4, 5, 7, 8, 9, 2]
    assert tokenizer.ids("smile") == [1, 4, 6, 2]
    assert tokenizer.ids("café xyz") == [1, 10, 3, 2]  # an accent is taken off, xyz is unknown
    assert tokenizer.ids("") == [1, 2]


def test_case_is_kept_where_the_file_says_so(tmp_path):
    tokenizer = Tokenizer(word_piece(tmp_path, lowercase=False))
    assert tokenizer.ids("Smiling") == [1, 11, 5, 2]


def test_a_batch_is_padded_and_a_long_sentence_cut(tmp_path):
    tokenizer = Tokenizer(word_piece(tmp_path), longest=4)
    numbers, mask = tokenizer.batch(["tears", "through tears through tears"])
    assert numbers.tolist() == [[1, 8, 2, 0], [1, 7, 8, 2]]
    assert mask.tolist() == [[1, 1, 1, 0], [1, 1, 1, 1]]


def test_byte_pairs_are_merged_in_the_order_they_were_learned(tmp_path):
    pieces = ["<s>", "<e>", "s", "a", "d", "sa", "ad</w>", "d</w>", "sad</w>", "!</w>",
              "\u00c3", "\u00a9</w>"]
    path = saved(tmp_path, {
        "post_processor": {"type": "RobertaProcessing", "sep": ["<e>", 1], "cls": ["<s>", 0]},
        "model": {"type": "BPE", "end_of_word_suffix": "</w>", "unk_token": "<e>",
                  "merges": ["a d</w>", "s ad</w>", "s a"],
                  "vocab": {piece: number for number, piece in enumerate(pieces)}}})
    tokenizer = Tokenizer(path)
    assert tokenizer.ids("SAD!") == [0, 8, 9, 1]       # (a d) before (s a), then (s ad)
    assert tokenizer.ids("sa") == [0, 2, 1, 1]         # "a</w>" is unknown, as "s a" needs no end
    assert tokenizer.ids("\u00e9") == [0, 10, 11, 1]   # two bytes


def test_unigram_takes_the_most_probable_pieces(tmp_path):
    scores = [["<s>", 0.0], ["</s>", 0.0], ["<unk>", 0.0], ["\u2581", -3.0], ["\u2581sad", -4.0],
              ["\u2581s", -2.0], ["ad", -1.5], ["ness", -2.0], ["adness", -9.0]]
    path = saved(tmp_path, {
        "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 1], "cls": ["<s>", 0]},
        "model": {"type": "Unigram", "unk_id": 2, "vocab": scores}})
    # -2 - 1.5 - 2 = -5.5 is more than -4 - 2 and than -2 - 9.
    assert Tokenizer(path).ids("sadness") == [0, 5, 6, 7, 1]
    assert Tokenizer(path).ids("z") == [0, 3, 2, 1]


@pytest.mark.parametrize("content", ["{}", "[1]", "no json", '{"model": {"type": "Other"}}'])
def test_another_file_is_a_sentence(tmp_path, content):
    path = tmp_path / "tokenizer.json"
    path.write_text(content)
    with pytest.raises(ModelError, match="no tokenizer that is known here"):
        Tokenizer(path)


def test_a_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(ModelError, match="does not exist"):
        Tokenizer(tmp_path / "tokenizer.json")
