"""The JSON that ``kinesics keypoints`` writes."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from kinesics_core.assets import store
from kinesics_core.commands import keypoints
from kinesics_core.errors import KinesicsError, SourceError
from kinesics_core.skeletons import ARKIT_BLENDSHAPES
from kinesics_core.types import Person


def run(*words) -> int:
    parser = argparse.ArgumentParser()
    keypoints.add_arguments(parser)
    return keypoints.run(parser.parse_args([str(word) for word in words]))


def check(file: Path) -> list[dict]:
    def refuse(constant: str):
        raise AssertionError(f"{constant} is not JSON")

    document = json.loads(file.read_text(), parse_constant=refuse)
    assert list(document) == ["frames"]
    for frame in document["frames"]:
        assert list(frame) == ["index", "stamp", "width", "height", "persons"]
        for person in frame["persons"]:
            assert list(person) == ["id", "keypoints", "blendshapes"]
            assert np.array(person["keypoints"]).shape == (17, 3)
            assert set(person["blendshapes"]) <= set(ARKIT_BLENDSHAPES)
    return document["frames"]


@pytest.mark.slow
def test_images_in_pixels_of_the_original(tmp_path, portrait):
    large = cv2.resize(portrait, (1024, 1024))
    cv2.imwrite(str(tmp_path / "1.png"), large[:, :, ::-1])
    cv2.imwrite(str(tmp_path / "2.png"), np.zeros((100, 120, 3), np.uint8))
    out = tmp_path / "out.json"
    assert run(tmp_path, "--variant", "lite", "--json", out) == 0
    first, second = check(out)
    assert (first["index"], first["stamp"], first["width"]) == (0, 0, 1024)
    person = first["persons"][0]
    assert np.hypot(*(np.array(person["keypoints"][0][:2]) - (438, 250))) < 30
    assert person["blendshapes"]["mouthSmileLeft"] > 0.5
    assert "tongueOut" not in person["blendshapes"]
    assert (second["width"], second["height"], second["persons"]) == (120, 100, [])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["1.png", "2.png", "out.json"]


def test_a_video_has_rising_stamps_and_constant_ids(tmp_path):
    out = tmp_path / "out.json"
    file = store.path("demo-face")
    assert run(file, "--variant", "lite", "--max-persons", 1, "--json", out) == 0
    frames = check(out)
    assert len(frames) == 120
    assert [frame["index"] for frame in frames] == list(range(120))
    np.testing.assert_allclose(
        [frame["stamp"] for frame in frames], np.arange(120) * 1001 / 30000 * 1e9, atol=2
    )
    assert {p["id"] for frame in frames for p in frame["persons"]} == {1}
    assert sum(bool(p["blendshapes"]) for frame in frames for p in frame["persons"]) == 120


def test_turned_and_mirrored_pictures_give_keypoints_as_they_are_seen(tmp_path, portrait):
    height, width = portrait.shape[:2]
    turned = np.rot90(portrait)  # counter-clockwise: --rotate 90 turns it back
    film = cv2.VideoWriter(
        str(tmp_path / "a.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (height, width))
    for _ in range(3):
        film.write(np.ascontiguousarray(turned[..., ::-1]))
    film.release()
    noses = []
    for options in (("--rotate", 90), ("--rotate", 90, "--mirror")):
        assert run(tmp_path / "a.avi", "--variant", "lite", "--max-persons", 1, *options,
                   "--json", tmp_path / "out.json") == 0
        last = check(tmp_path / "out.json")[-1]
        assert (last["width"], last["height"]) == (width, height)
        noses.append(last["persons"][0]["keypoints"][0])
    nose = np.array([0.428 * width, 0.244 * height])
    assert np.hypot(*(noses[0][:2] - nose)) < 0.04 * width
    assert np.hypot(*(noses[1][:2] - np.array([width - 1 - nose[0], nose[1]]))) < 0.04 * width


def test_unknown_keypoints_are_zeros_and_unknown_shapes_left_out():
    coco = np.full((17, 3), np.nan, np.float32)
    coco[3] = 10.123456, 20.0, np.nan
    person = keypoints._person(Person(7, 0.5, coco, blendshapes=np.full(52, np.nan, np.float32)))
    assert person["id"] == 7 and person["blendshapes"] == {}
    assert person["keypoints"][0] == [0.0, 0.0, 0.0]
    assert person["keypoints"][3] == [10.12, 20.0, 0.0]


def test_bad_words_are_sentences(tmp_path, portrait):
    cv2.imwrite(str(tmp_path / "1.png"), portrait)
    with pytest.raises(SourceError, match="does not exist"):
        run(tmp_path / "none.png")
    with pytest.raises(SourceError, match="kinesics demo --source ADDRESS") as error:
        run("rtsp://user:secret@camera/live")
    assert "secret" not in str(error.value)
    with pytest.raises(KinesicsError, match="max_persons = 0, wanted 1 to 20"):
        run(tmp_path / "1.png", "--max-persons", 0)
    with pytest.raises(KinesicsError, match="no directory"):
        run(tmp_path / "1.png", "--json", tmp_path / "absent" / "out.json")


def test_a_fault_in_the_middle_leaves_the_old_file(tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"junk")
    out = tmp_path / "out.json"
    out.write_text("old")
    with pytest.raises(SourceError):
        run(tmp_path / "bad.mp4", "--json", out)
    assert out.read_text() == "old"
