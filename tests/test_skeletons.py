import numpy as np
import pytest

from kinesics_core import skeletons
from kinesics_core.skeletons import (
    BODY25,
    BODY25_TO_WHOLEBODY133,
    COCO17,
    COCO17_EDGES,
    COCO17_FLIP,
    HAND21_EDGES,
    MEDIAPIPE33,
    MEDIAPIPE33_TO_WHOLEBODY133,
    MEDIAPIPE478_TO_IBUG68,
    OPENPOSE18,
    OPENPOSE18_TO_WHOLEBODY133,
    WHOLEBODY133,
    WHOLEBODY133_FLIP,
    mirrored,
)


def test_left_and_right_are_told_by_their_names():
    assert mirrored(COCO17) == (0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15)
    assert mirrored(COCO17) == COCO17_FLIP
    assert mirrored(("hips", "LeftHand", "right_foot", "left_foot")) == (0, 1, 3, 2)
    assert mirrored(("LeftArm", "Neck", "RightArm")) == (2, 1, 0)
    assert mirrored(("LEFT_KNEE", "RIGHT_KNEE")) == (1, 0)


def test_whole_body_is_coco_wholebody_and_its_slices_tile_it():
    assert len(set(WHOLEBODY133)) == 133
    assert WHOLEBODY133[17] == "left_big_toe" and WHOLEBODY133[22] == "right_heel"
    parts = [getattr(skeletons, f"WHOLEBODY133_{part}")
             for part in ("BODY", "FEET", "FACE", "LEFT_HAND", "RIGHT_HAND")]
    assert [i for part in parts for i in range(133)[part]] == list(range(133))
    for part, word in zip(parts[2:], ("face_", "left_hand_", "right_hand_"), strict=True):
        assert WHOLEBODY133[part] == tuple(f"{word}{i}" for i in range(part.stop - part.start))


EDGES = (
    *COCO17_EDGES,
    (15, 17), (15, 18), (15, 19), (16, 20), (16, 21), (16, 22),
    *((23 + first + i, 23 + first + (i + 1) % count)
      for first, count, closed in ((0, 17, False), (17, 5, False), (22, 5, False), (27, 4, False),
                                   (31, 5, False), (36, 6, True), (42, 6, True), (48, 12, True),
                                   (60, 8, True))
      for i in range(count - (not closed))),
    *((91 + a, 91 + b) for a, b in HAND21_EDGES),
    *((112 + a, 112 + b) for a, b in HAND21_EDGES),
)
"""Lines of the body, feet, contours of the face and hands, as annotators draw them."""


def test_mirroring_twice_is_nothing_and_swaps_what_the_edges_join():
    flip = np.array(WHOLEBODY133_FLIP)
    assert (flip[flip] == np.arange(133)).all()
    edges = {frozenset(edge) for edge in EDGES}
    assert edges == {frozenset((int(flip[a]), int(flip[b]))) for a, b in EDGES}
    assert {i for edge in edges for i in edge} == set(range(133))


@pytest.mark.parametrize(("names", "places", "without"), [
    (BODY25, BODY25_TO_WHOLEBODY133, {"neck", "mid_hip"}),
    (OPENPOSE18, OPENPOSE18_TO_WHOLEBODY133, {"neck"}),
])
def test_openpose_keypoints_keep_their_names(names, places, without):
    for name, place in zip(names, places, strict=True):
        assert WHOLEBODY133[place] == name if name not in without else place == -1


def test_mediapipe_gives_the_body_and_of_the_feet_toe_and_heel():
    found = {MEDIAPIPE33[i]: WHOLEBODY133[place]
             for i, place in enumerate(MEDIAPIPE33_TO_WHOLEBODY133) if place >= 0}
    assert found == {name: name for name in COCO17} | {
        f"{side}_{theirs}": f"{side}_{ours}" for side in ("left", "right")
        for theirs, ours in (("foot_index", "big_toe"), ("heel", "heel"))}


def test_face_landmarks_are_distinct_vertices_of_the_mesh():
    assert len(set(MEDIAPIPE478_TO_IBUG68)) == 68
    assert MEDIAPIPE478_TO_IBUG68.max() < 468  # the irises are no landmarks of iBUG
