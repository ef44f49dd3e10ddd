"""Results read from MediaPipe's memory, beside what its own objects say."""

from types import SimpleNamespace

import numpy as np
import pytest

from kinesics_core.assets import store
from kinesics_core.perception.holistic import HolisticDetector

PARTS = ("coco", "pose", "pose_world", "left_hand", "right_hand", "left_hand_world",
         "right_hand_world", "face", "blendshapes")


@pytest.mark.parametrize("footage", ["talking", "balancing"])
def test_arrays_from_memory_are_those_of_mediapipes_objects(footage, request):
    frames = request.getfixturevalue(footage)[:6]
    direct, public = (HolisticDetector(store.path("holistic-lite"), 0.5) for _ in range(2))
    try:
        assert direct._reader.direct, "the wheel that is pinned lays results out in another way"
        public._reader.direct = False
        found = 0
        for index, frame in enumerate(frames):
            one, other = (detector.detect(frame.image, 33 * index) for detector in (direct, public))
            assert len(one) == len(other)
            for person, same in zip(one, other, strict=True):
                for part in PARTS:
                    read, told = getattr(person, part), getattr(same, part)
                    assert (read is None) == (told is None)
                    if read is not None:
                        np.testing.assert_array_equal(read, told)
                        assert read.dtype == told.dtype and read.flags.writeable
                        found += 1
        assert found >= 5 * 3
    finally:
        direct.close()
        public.close()


def test_what_mediapipe_refuses_is_told_and_the_next_image_is_found(talking):
    detector = HolisticDetector(store.path("holistic-lite"), 0.5)
    try:
        assert detector._reader.direct
        assert detector.detect(talking[0].image, 100)
        with pytest.raises(ValueError, match="monotonically increasing"):
            detector.detect(talking[1].image, 50)
    finally:
        detector.close()
        detector.close()
    with pytest.raises(RuntimeError, match="closed"):
        detector.detect(talking[2].image, 200)


def test_a_version_with_other_structures_is_read_through_its_objects(monkeypatch):
    from mediapipe.tasks.python.vision import holistic_landmarker

    from kinesics_core.perception.holistic_result import HolisticReader

    for name in ("HolisticLandmarkerResultC", "MpHolisticLandmarkerResultC"):  # of 0.10, of 1.0
        monkeypatch.delattr(holistic_landmarker, name, raising=False)
    landmark = SimpleNamespace(x=0.25, y=0.5, z=-0.1, visibility=None, presence=0.9)
    shape = SimpleNamespace(index=2, score=0.5, category_name="jawOpen")
    result = SimpleNamespace(
        face_landmarks=[landmark] * 478, pose_landmarks=[landmark] * 33, pose_world_landmarks=[],
        left_hand_landmarks=[], right_hand_landmarks=None, left_hand_world_landmarks=[],
        right_hand_world_landmarks=[], face_blendshapes=[shape])
    reader = HolisticReader(SimpleNamespace(detect_for_video=lambda image, milliseconds: result))
    assert not reader.direct
    found = reader.detect(None, 0)
    assert set(found) == {"face_landmarks", "pose_landmarks", "blendshapes"}
    np.testing.assert_allclose(found["pose_landmarks"][0, [0, 1, 2, 4]], (0.25, 0.5, -0.1, 0.9))
    assert np.isnan(found["pose_landmarks"][0, 3])
    assert np.nanmax(found["blendshapes"]) == 0.5
