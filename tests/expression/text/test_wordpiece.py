import numpy as np
import pytest

from kinesics_core.expression.text.wordpiece import WordPiece, words

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##aff", "##able", "##want", "want", "##ed",
              "runn", "##ing", ",", "hello", "!", "世", "界", "cafe"]
TOKENS = WordPiece(VOCABULARY)


def pieces(text: str) -> list[str]:
    return [VOCABULARY[index] for index in TOKENS.encode(text, 100)][1:-1]


def test_the_examples_of_the_reference():
    """From google-research/bert, tokenization_test.py."""
    assert pieces("UNwantéd,running") == ["un", "##want", "##ed", ",", "runn", "##ing"]
    assert pieces("unaffable") == ["un", "##aff", "##able"]
    assert pieces("unwantedX running") == ["[UNK]", "runn", "##ing"]


def test_accents_case_cjk_and_control_characters():
    assert pieces("CAFÉ") == ["cafe"]
    assert pieces("hello世界!") == ["hello", "世", "界", "!"]
    assert words("a\x00b\u200bc\td") == ["abc", "d"]


def test_a_batch_is_padded_and_cut():
    ids, mask = TOKENS.batch(["hello", "hello hello hello hello"], 4)
    assert ids.shape == (2, 4) and mask.sum(1).tolist() == [3, 4]
    assert ids[0].tolist() == [2, 13, 3, 0] and ids[1].tolist() == [2, 13, 13, 3]
    assert ids.dtype == np.int64


@pytest.mark.parametrize("text", ["", "   ", "x" * 1000])
def test_any_text_has_ids(text):
    assert TOKENS.encode(text, 10)[0] == 2
