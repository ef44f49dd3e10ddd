"""Places of takes' bags, and names that are refused."""

from __future__ import annotations

import pytest

from kinesics_core.errors import RecordingError
from kinesics_core.recording.takes import plan_take


def test_a_take_is_named_by_participant_emotion_and_number(tmp_path):
    take = plan_take(tmp_path, "P01", "anger", 7)
    assert take.path == tmp_path / "P01" / "P01_anger_007"
    assert take.labels == {"participant": "P01", "emotion": "anger", "take": "7"}


def test_the_next_number_follows_the_highest_of_the_same_emotion(tmp_path):
    for name in ("P01_anger_002", "P01_anger_009", "P01_fear_040", "P01_anger_011x"):
        (tmp_path / "P01" / name).mkdir(parents=True)
    assert plan_take(tmp_path, "P01", "anger").number == 10
    assert plan_take(tmp_path, "P01", "joy").number == 1
    assert plan_take(tmp_path, "P02", "anger").number == 1


@pytest.mark.parametrize(("participant", "emotion", "number", "word"), [
    ("", "anger", 1, "participant"), ("../x", "anger", 1, "participant"),
    ("P01", "a b", 1, "emotion"), ("P01", "caf\u00e9", 1, "emotion"), ("-", "anger", 1, "parti"),
    ("P" * 65, "anger", 1, "participant"), ("P01", "anger", 10_000, "take 10000"),
])
def test_a_name_that_is_none_is_said(tmp_path, participant, emotion, number, word):
    with pytest.raises(RecordingError, match=word):
        plan_take(tmp_path, participant, emotion, number)


def test_a_take_is_not_recorded_over(tmp_path):
    plan_take(tmp_path, "P01", "anger", 1).path.mkdir(parents=True)
    with pytest.raises(RecordingError, match="exists already"):
        plan_take(tmp_path, "P01", "anger", 1)
