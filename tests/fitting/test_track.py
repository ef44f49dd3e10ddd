import numpy as np
import pytest

from kinesics_core.errors import KinesicsError
from kinesics_core.fitting.tracks.track import Track


def track(count: int = 5, **changes) -> Track:
    keypoints = np.zeros((count, 133, 3))
    keypoints[..., 0], keypoints[..., 1] = np.arange(133), 2 * np.arange(133)
    keypoints[..., 2] = 0.9
    values = {"person": 1, "frames": np.arange(count), "times": np.arange(count) / 25.0,
              "width": 640, "height": 480, "keypoints": keypoints}
    return Track(**(values | changes))


def test_a_part_keeps_rows_together():
    whole = track(world=np.arange(5)[:, None, None] + np.zeros((5, 133, 3)))
    part = whole.part(slice(2, 4))
    assert part.frames.tolist() == [2, 3] and part.world[:, 0, 0].tolist() == [2, 3]
    assert part.blendshapes is None and part.width == 640 and len(part) == 2


@pytest.mark.parametrize(("changes", "words"), [
    ({"keypoints": np.zeros((5, 17, 3))}, "5 x 17 x 3; wanted 5 x 133 x 3"),
    ({"keypoints": "many"}, "no numbers"),
    ({"world": np.zeros((4, 133, 3))}, "world are 4 x 133 x 3"),
    ({"blendshapes": np.zeros((5, 51))}, "wanted 5 x 52"),
    ({"frames": [0, 1, 3, 2, 4]}, "after 3 comes 2"),
    ({"frames": [-1, 0, 1, 2, 3]}, "begins at frame -1"),
    ({"times": [0, 1, 1, 2, 3]}, "after 1.0 comes 1.0"),
    ({"times": [0, 1, np.nan, 2, 3]}, "must rise"),
    ({"width": 0}, "0 x 480 px"),
    ({"rate": np.nan}, "nan frames/s"),
    ({"focal": -5.0}, "-5 px"),
    ({"keypoints": np.full((5, 133, 3), 1.5)}, "got 1.5"),
    ({"keypoints": np.full((5, 133, 3), np.nan)}, "got nan"),
    ({"keypoints": np.full((5, 133, 3), (np.nan, 3.0, 0.5))}, "no place in pixels"),
])
def test_what_is_no_track_is_said_in_a_sentence(changes, words):
    with pytest.raises(KinesicsError, match=words.replace("(", r"\(")):
        track(**changes)
