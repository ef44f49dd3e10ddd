"""Similarities as COCO defines them, and who is left of several that are alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from kinesics_core.perception.pose_similarity import (
    box,
    box_area,
    iou,
    oks,
    suppress_non_maxima,
)

POSE = np.column_stack([
    np.random.default_rng(4).uniform(0.0, 200.0, (17, 2)), np.ones(17)]).astype(np.float32)


def test_oks_is_one_on_itself_and_falls_as_coco_defines():
    truth = POSE
    assert oks(truth, truth, 1000.0) == pytest.approx(1.0)
    moved, area = truth.copy(), 2000.0
    moved[:, 0] += 5.0
    sigmas = np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]) / 1e3
    assert oks(moved, truth, area) == pytest.approx(
        np.exp(-25.0 / (2 * area * (2 * sigmas) ** 2)).mean(), rel=1e-5
    )


def test_oks_counts_the_keypoints_that_are_known_in_both():
    pose, other = POSE.copy(), POSE.copy()
    pose[3, 0] = np.nan
    other[5] = np.inf
    pose[5] = np.inf
    assert oks(pose, other, 1000.0) == pytest.approx(1.0)
    pose[:] = np.nan
    assert oks(pose, other, 1000.0) == 0.0
    assert oks(POSE, POSE, 0.0) == 0.0


def test_boxes():
    assert iou(np.array([0, 0, 2, 2.0]), np.array([1, 0, 3, 2.0])) == pytest.approx(1 / 3)
    assert iou(np.array([0, 0, 1, 1.0]), np.array([5, 5, 6, 6.0])) == 0.0
    assert box_area(np.array([0, 0, 0, 100.0])) == pytest.approx(2500.0)


def test_the_box_is_around_what_is_seen_or_else_around_everything():
    pose = POSE.copy()
    pose[0] = (-500.0, 900.0, 0.1)
    np.testing.assert_array_equal(box(pose), [*pose[1:, :2].min(0), *pose[1:, :2].max(0)])
    pose[:, 2] = 0.1
    np.testing.assert_array_equal(box(pose), [*pose[:, :2].min(0), *pose[:, :2].max(0)])
    assert np.isnan(box(np.full((17, 3), np.nan))).all()


@dataclass(frozen=True)
class Place:
    x: float
    score: float


def test_of_those_that_are_alike_the_best_is_left():
    found = [Place(0.0, 0.5), Place(9.0, 0.2), Place(1.0, 0.9), Place(2.5, 0.6)]
    near = suppress_non_maxima(found, lambda a, b: abs(a.x - b.x) < 2.0)
    # 0 and 2.5 lie by 1, the best; that they are not near each other does not matter.
    assert near == [Place(1.0, 0.9), Place(9.0, 0.2)]
