import numpy as np
import pytest

from kinesics_core.affect.emotions import CONTEMPT, EMOTIONS, NEUTRAL
from kinesics_core.affect.face import FaceReader
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.facial_expressions import emotion_blendshapes, state_blendshapes
from kinesics_core.skeletons import BLENDSHAPE_INDEX
from kinesics_core.types import Person

I = BLENDSHAPE_INDEX  # noqa: E741


@pytest.mark.parametrize("emotion", EMOTIONS)
@pytest.mark.parametrize("intensity", [0.35, 0.6, 1.0])
def test_what_the_robot_shows_is_read_as_what_it_means(emotion, intensity):
    shapes = emotion_blendshapes(emotion, intensity)
    person = Person(1, 1.0, np.full((17, 3), np.nan), blendshapes=shapes)
    reading = FaceReader().update(person, 0)
    assert EMOTIONS[reading.categories.argmax()] == emotion


@pytest.mark.parametrize("emotion", range(8))
def test_shapes_are_in_range_and_scale_with_intensity(emotion):
    full = emotion_blendshapes(emotion, 1.0)
    assert full.shape == (52,) and full.dtype == np.float32
    assert full.min() >= 0.0 and full.max() <= 1.0
    assert emotion_blendshapes(emotion, 0.5) == pytest.approx(0.5 * full)
    assert not emotion_blendshapes(emotion, 0.0).any()
    assert full.any() == (emotion != NEUTRAL)


def test_only_contempt_is_one_sided():
    left = [index for name, index in I.items() if name.endswith("Left") and "Look" not in name]
    right = [I[name[:-4] + "Right"] for name in I if name.endswith("Left") and "Look" not in name]
    for emotion in range(8):
        shapes = emotion_blendshapes(emotion, 1.0)
        symmetric = (shapes[left] == shapes[right]).all()
        assert symmetric == (emotion != CONTEMPT)


def test_the_diagnostic_units_are_there():
    assert emotion_blendshapes("happiness", 1.0)[I["mouthSmileLeft"]] > 0.8
    assert emotion_blendshapes("anger", 1.0)[I["browDownRight"]] == 1.0
    assert emotion_blendshapes("sadness", 1.0)[I["mouthFrownLeft"]] > 0.8
    assert emotion_blendshapes("surprise", 1.0)[I["jawOpen"]] > 0.5
    assert emotion_blendshapes("disgust", 1.0)[I["noseSneerLeft"]] > 0.8
    assert emotion_blendshapes("fear", 1.0)[I["mouthStretchLeft"]] > 0.5


def test_the_face_of_a_state_is_slight_and_follows_it():
    assert not state_blendshapes(0.0, 0.0, 0.0).any()
    glad, sad = state_blendshapes(0.8, 0.0, 0.0), state_blendshapes(-0.8, 0.0, 0.0)
    assert glad[I["mouthSmileLeft"]] > 0.1 > sad.min()
    assert sad[I["mouthFrownLeft"]] > 0.1
    assert state_blendshapes(0.0, 0.8, 0.0)[I["eyeWideLeft"]] > 0.1
    assert state_blendshapes(0, -0.8, 0)[I["eyeBlinkLeft"]] > 0.1
    rng = np.random.default_rng(0)
    for state in rng.uniform(-1, 1, (200, 3)):
        assert state_blendshapes(*state).min() >= 0.0 and state_blendshapes(*state).max() < 0.5


@pytest.mark.parametrize("intensity", [-0.1, 1.1, float("nan")])
def test_an_intensity_out_of_range_is_refused(intensity):
    with pytest.raises(KinesicsError, match="from 0"):
        emotion_blendshapes("happiness", intensity)


def test_an_unknown_emotion_is_refused():
    with pytest.raises(KinesicsError, match="'joy'.*happiness"):
        emotion_blendshapes("joy", 0.5)
