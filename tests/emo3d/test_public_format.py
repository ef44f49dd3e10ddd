"""Files of the public set: as they are published, written and read again, and damaged."""

import csv

import numpy as np
import pytest

from kinesics_core import extras
from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.emo3d import data, public_format
from kinesics_core.emo3d.triples import Triples, divided, normalised
from kinesics_core.errors import KinesicsError
from kinesics_core.skeletons import BLENDSHAPE_INDEX


def published(number=0, **changed):
    """A row as the public set has it: numpy's print of 52 scores, intensities of any sum."""
    scores = np.zeros(52)
    scores[[1, 44, 45]] = 0.271, 0.5, 0.75  # browDownLeft, mouthSmileLeft and Right of MediaPipe
    text = "[" + " ".join(f"{value:.3f}".rstrip("0") for value in scores) + "]"
    row = dict.fromkeys(public_format.COLUMNS, "") | {
        "sample_id": number, "prompt_type": "prompt1", "text_1": f"She looks at me, {number}.",
        "text_2": "A pleased face.", "neutral": 0.2, "happiness": 0.9, "contempt": 0.1,
        "img_1": "pictures/0_0.jpeg", "blenshape_score_1": text, "blenshape_score_3": text}
    row |= {name: 0.0 for name in EMOTIONS if row[name] == ""}
    return row | changed


def saved(folder, rows, columns=public_format.COLUMNS, name="emo3d.csv"):
    path = folder / name
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_published_row_is_read(tmp_path):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "0_0.jpeg").write_bytes(b"")
    found = data.read(saved(tmp_path, [published()]))
    assert found.texts == (("She looks at me, 0.", "A pleased face."),)
    assert found.kinds == ("prompt1",)
    assert found.distributions.sum() == pytest.approx(1.0)
    assert found.distributions[0, EMOTIONS.index("happiness")] == pytest.approx(0.75)
    assert found.rows.tolist() == [0, 0] and found.count == 4
    assert found.pictures == (tmp_path / "pictures" / "0_0.jpeg", None)
    scores = dict(zip(BLENDSHAPE_INDEX, found.scores[0], strict=True))
    assert scores["browDownLeft"] == pytest.approx(0.271)
    assert scores["mouthSmileLeft"] == 0.5 and scores["mouthSmileRight"] == 0.75
    assert scores["tongueOut"] == 0.0 and found.scores[0].sum() == pytest.approx(1.521)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_what_is_written_is_read_again(tmp_path, ending):
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    rng = np.random.default_rng(0)
    scores = rng.random((5, 52)).astype(np.float32)
    scores[:, -1] = 0.0
    made = Triples(
        (("One, \"quoted\".", "Two."), ("Three.",), ("Four.",)), ("single", "event", "primitive"),
        ("train", "test", "validation"), rng.dirichlet(np.ones(8), 3).astype(np.float32),
        np.array([0, 0, 1, 2, 2]), (None,) * 5, scores, np.full((5, 52), np.nan, np.float32))
    path = tmp_path / f"made.{ending}"
    public_format.write(path, made)
    found = public_format.read(path)
    assert found.texts == made.texts and found.parts == made.parts and found.kinds == made.kinds
    assert found.rows.tolist() == made.rows.tolist()
    assert np.abs(found.scores - scores).max() <= 5.1e-4
    assert np.abs(found.distributions - made.distributions).max() < 1e-3


def test_missing_columns_are_named_beside_those_found(tmp_path):
    columns = [name for name in public_format.COLUMNS
               if name not in ("contempt", "blenshape_score_1")]
    path = saved(tmp_path, [published()], columns)
    with pytest.raises(KinesicsError) as fault:
        data.read(path)
    text = str(fault.value)
    assert "no column contempt, blenshape_score_1" in text
    assert "found sample_id, prompt_type, text_1" in text
    assert "wanted at least text_1, happiness" in text


@pytest.mark.parametrize(("changed", "sentence"), [
    ({"blenshape_score_1": "[0.1 0.2]"}, "row 1: got a blendshape score of 2 numbers"),
    ({"blenshape_score_1": "[" + "nan " * 52 + "]"}, "no number"),
    ({"fear": "much"}, "row 1: got an emotion that is no number"),
    ({"fear": -0.5}, "numbers from 0 to 1"),
    ({"text_1": "", "text_2": ""}, "no row with a sentence"),
    ({"blenshape_score_1": "", "blenshape_score_3": ""}, "no row with a sentence"),
])  # fmt: skip
def test_a_damaged_row_is_a_sentence(tmp_path, changed, sentence):
    with pytest.raises(KinesicsError, match=sentence):
        data.read(saved(tmp_path, [published(**changed)]))


def test_other_files_are_sentences(tmp_path):
    with pytest.raises(KinesicsError, match="does not exist"):
        data.read(tmp_path / "none.csv")
    (tmp_path / "one.txt").touch()
    with pytest.raises(KinesicsError, match="ends with .parquet or .csv"):
        data.read(tmp_path / "one.txt")
    with pytest.raises(KinesicsError, match="no folder of `kinesics data emo3d`"):
        data.read(tmp_path)
    if not extras.missing("emo3d"):
        (tmp_path / "bad.parquet").write_bytes(b"PAR1 and nothing")
        with pytest.raises(KinesicsError, match="no parquet file, or it is damaged"):
            data.read(tmp_path / "bad.parquet")


def test_without_pyarrow_a_parquet_names_its_extra(tmp_path, monkeypatch):
    (tmp_path / "set.parquet").touch()
    monkeypatch.setattr(extras, "_found", lambda module: module != "pyarrow")
    with pytest.raises(KinesicsError, match="needs pyarrow.* --with emo3d"):
        data.read(tmp_path / "set.parquet")


def test_rows_that_share_a_sentence_are_never_in_two_parts(tmp_path):
    rows = [published(number, text_2=f"shared {number % 40}") for number in range(400)]
    found = data.read(saved(tmp_path, rows))
    parts = {}
    for texts, part in zip(found.texts, found.parts, strict=True):
        parts.setdefault(texts[1], set()).add(part)
    assert all(len(names) == 1 for names in parts.values())
    shares = [found.parts.count(name) / 400 for name in ("train", "validation", "test")]
    assert shares == pytest.approx([0.7, 0.1, 0.2], abs=0.17)
    assert divided(found, 1).parts != found.parts == divided(found, 0).parts


def test_intensities_become_distributions_and_nothing_is_neutral():
    found = normalised(np.array([[0.5, 0, 0, 0.5, 0, 0, 0, 1.0], [0.0] * 8]))
    assert found[0].tolist() == [0.25, 0, 0, 0.25, 0, 0, 0, 0.5]
    assert found[1].tolist() == [0.0] * 7 + [1.0]


def test_faces_that_are_no_numbers_are_refused():
    with pytest.raises(KinesicsError, match="1 of 1 faces"):
        Triples((("a",),), ("x",), ("train",), np.eye(8)[:1], np.array([0]), (None,),
                np.full((1, 52), np.nan), np.zeros((1, 52)))


def test_a_part_is_selected_with_its_pictures():
    made = Triples(
        (("a",), ("b", "c"), ("d",)), ("x", "y", "z"), ("test", "train", "test"), np.eye(8)[:3],
        np.array([0, 2, 1, 2]), (None,) * 4, np.arange(4)[:, None] * np.ones((4, 52)),
        np.zeros((4, 52)))
    found = made.part("test")
    assert found.texts == (("a",), ("d",)) and found.rows.tolist() == [0, 1, 1]
    assert found.scores[:, 0].tolist() == [0, 1, 3]
    with pytest.raises(KinesicsError, match="no pictures in the part 'validation'"):
        made.part("validation")
