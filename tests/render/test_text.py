"""Lines of text on pictures: as wide as said, whole words, and where they were put."""

import numpy as np
import pytest

from kinesics_core.render.text import TextStyle, fit_text, put_text, text_width, wrap_text

SENTENCE = ("Person 1 shows happiness, so the robot mirrors it with a smile and the gesture wave,"
            " as it does with everybody who comes near.")


def test_a_line_that_fits_stays_and_one_that_does_not_is_cut():
    width = text_width(SENTENCE, 13)
    assert fit_text(SENTENCE, 13, width) == SENTENCE
    cut = fit_text(SENTENCE, 13, width / 2)
    assert cut.endswith("...") and SENTENCE.startswith(cut[:-3])
    assert 0.8 * width / 2 < text_width(cut, 13) <= width / 2
    assert fit_text(SENTENCE, 13, 1) == ""


def test_wrapped_lines_fit_and_have_all_words_in_order():
    lines = wrap_text(SENTENCE, 13, 200, rows=20)
    assert max(text_width(line, 13) for line in lines) <= 200
    assert " ".join(lines) == SENTENCE
    # No word of a line would have fitted on the line before.
    for line, following in zip(lines, lines[1:], strict=False):
        assert text_width(f"{line} {following.split()[0]}", 13) > 200


def test_the_last_row_says_that_it_is_cut():
    lines = wrap_text(SENTENCE, 13, 200, rows=2)
    assert len(lines) == 2 and lines[1].endswith("...")


@pytest.mark.parametrize(("anchor", "share"), [("left", 0.0), ("center", 0.5), ("right", 1.0)])
def test_a_line_lies_at_its_anchor(anchor, share):
    image = np.zeros((60, 400, 3), np.uint8)
    put_text(image, "HHH", (200, 20), TextStyle(20, (255, 0, 0), anchor))
    rows, columns = np.nonzero(image[..., 0] > 100)
    assert image[..., 1:].max() <= 1
    assert 20 <= rows.min() <= 22
    wide = text_width("HHH", 20)
    assert 200 - share * wide - 1 <= columns.min() and columns.max() <= 200 + (1 - share) * wide + 1


def test_bold_covers_more():
    def covered(bold):
        image = np.zeros((40, 200, 3), np.uint8)
        put_text(image, "HHH", (10, 10), TextStyle(20, bold=bold))
        return image.sum()

    assert covered(True) > 1.05 * covered(False)
