from kinesics_core.skeletons import COCO17, COCO17_FLIP, mirrored


def test_left_and_right_are_told_by_their_names():
    assert mirrored(COCO17) == (0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15)
    assert mirrored(COCO17) == COCO17_FLIP
    assert mirrored(("hips", "LeftHand", "right_foot", "left_foot")) == (0, 1, 3, 2)
    assert mirrored(("LeftArm", "Neck", "RightArm")) == (2, 1, 0)
    assert mirrored(("LEFT_KNEE", "RIGHT_KNEE")) == (1, 0)
