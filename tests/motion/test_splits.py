"""Splits: nothing of the test is in the training, and every class is on every side."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from kinesics_core.errors import KinesicsError
from kinesics_core.motion.evaluation import splits


@dataclass
class Named:
    name: str
    group: str
    labels: dict[str, str] = field(default_factory=dict)
    source: str = "here"


def archive(styles=7, contents=10, takes=5):
    """Every style of every content, some takes each: the form of Bandai-Namco-2."""
    return [
        Named(f"{c}_{s}_{t}", f"{c}_{s}_{t}", {"style": f"style{s}", "content": f"content{c}"})
        for c in range(contents) for s in range(styles) for t in range(takes)
    ]


def sides(fold):
    return set(fold.train), set(fold.validation), set(fold.test)


def assert_apart(fold):
    train, validation, test = sides(fold)
    assert train and validation and test
    assert not train & validation and not train & test and not validation & test


def test_by_clip_gives_every_class_its_share_of_every_side():
    clips = archive()
    fold = splits.by_clip(clips, seed=3, label="style")
    assert_apart(fold)
    assert len(fold.train) + len(fold.validation) + len(fold.test) == len(clips)
    assert len(fold.test) == pytest.approx(0.2 * len(clips), abs=1)
    assert len(fold.validation) == pytest.approx(0.08 * len(clips), abs=1)
    for style in range(7):
        in_test = sum(clips[i].labels["style"] == f"style{style}" for i in fold.test)
        assert in_test == pytest.approx(0.2 * 50, abs=1)


def test_a_seed_is_a_split():
    clips = archive()
    assert splits.by_clip(clips, seed=1) == splits.by_clip(clips, seed=1)
    assert splits.by_clip(clips, seed=1) != splits.by_clip(clips, seed=2)


def test_groups_stay_together_and_shares_count_clips_not_groups():
    clips = [Named(f"{g}.{i}", f"group{g}") for g in range(40) for i in range(1 + g % 5)]
    for seed in range(20):
        fold = splits.by_clip(clips, seed=seed)
        assert_apart(fold)
        for group in {clip.group for clip in clips}:
            own = {i for i, clip in enumerate(clips) if clip.group == group}
            assert sum(bool(own & side) for side in sides(fold)) == 1
        assert len(fold.test) == pytest.approx(0.2 * len(clips), abs=5)


def test_a_class_of_one_group_is_not_only_in_the_test():
    clips = archive(styles=3) + [Named("rare", "rare", {"style": "rare", "content": "content0"})]
    for seed in range(50):
        fold = splits.by_clip(clips, seed=seed, label="style")
        assert splits.never_trained_on(fold, splits.values(clips, "style")) == []
        assert len(clips) - 1 in fold.train


@pytest.mark.parametrize("count", range(3, 12))
def test_few_clips_still_make_three_sides(count):
    clips = [Named(str(i), str(i), {"style": "ab"[i % 2]}) for i in range(count)]
    for seed in range(20):
        assert_apart(splits.by_clip(clips, seed=seed))
        assert_apart(splits.by_clip(clips, seed=seed, label="style"))


def test_every_content_is_the_test_once_and_is_never_trained_on():
    clips = archive()
    folds = splits.leave_one_out(clips, "content", label="style")
    assert [fold.left_out for fold in folds] == sorted(f"content{c}" for c in range(10))
    assert sorted(i for fold in folds for i in fold.test) == list(range(len(clips)))
    for fold in folds:
        assert_apart(fold)
        contents = {clips[i].labels["content"] for i in fold.train + fold.validation}
        assert fold.left_out not in contents and len(contents) == 9
        assert len({clips[i].labels["style"] for i in fold.validation}) == 7


def test_a_group_that_reaches_into_the_test_is_not_trained_on():
    clips = [Named(f"{p}{d}", f"dance{d}", {"person": p}) for d in range(6) for p in "ab"]
    clips += [Named(f"b alone {i}", f"alone{i}", {"person": "b"}) for i in range(4)]
    clips += [Named(f"a alone {i}", f"solo{i}", {"person": "a"}) for i in range(4)]
    for fold in splits.leave_one_out(clips, "person"):
        held = {clips[i].group for i in fold.test}
        assert not held & {clips[i].group for i in fold.train + fold.validation}


def test_sources_can_be_left_out_without_a_label():
    clips = [Named(f"{s}{i}", f"{s}{i}", source=s) for s in "xyz" for i in range(4)]
    assert [fold.left_out for fold in splits.leave_one_out(clips, "source")] == ["x", "y", "z"]


def test_windows_at_random_are_a_partition():
    fold = splits.by_window_leaks(1000, seed=0)
    assert_apart(fold)
    assert sorted(fold.train + fold.validation + fold.test) == list(range(1000))
    assert len(fold.test) == 200 and len(fold.validation) == 80


def test_what_cannot_be_split_is_said():
    clips = archive()
    with pytest.raises(KinesicsError, match="no label 'mood'.*content, style"):
        splits.by_clip(clips, label="mood")
    with pytest.raises(KinesicsError, match="Got 2 clips in 2 groups; wanted at least 3"):
        splits.by_clip(clips[:2])
    with pytest.raises(KinesicsError, match="Got 9 clips in 1 groups"):
        splits.by_clip([Named(str(i), "one") for i in range(9)])
    with pytest.raises(KinesicsError, match="one value of 'content'"):
        splits.leave_one_out(clips[:35], "content")
    with pytest.raises(KinesicsError, match="style style0, which no training clip has"):
        splits.leave_one_out(clips, "style", label="style")
    with pytest.raises(KinesicsError, match="leaves 1 clips"):
        splits.leave_one_out([clips[0], clips[1], clips[-1]], "content")
    with pytest.raises(KinesicsError, match="Got 2 windows"):
        splits.by_window_leaks(2)
