import numpy as np
import pytest

from kinesics_core.affect.emotions import CONTEMPT, EMOTIONS, NEUTRAL
from kinesics_core.affect.face import FaceReader
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.facial_expressions import expression, mood
from kinesics_core.skeletons import BLENDSHAPE_INDEX
from kinesics_core.types import Person

I = BLENDSHAPE_INDEX  # noqa: E741


@pytest.mark.parametrize("emotion", EMOTIONS)
@pytest.mark.parametrize("intensity", [0.35, 0.6, 1.0])
def test_what_the_robot_shows_is_read_as_what_it_means(emotion, intensity):
    person = Person(1, 1.0, np.full((17, 3), np.nan), blendshapes=expression(emotion, intensity))
    reading = FaceReader().update(person, 0)
    assert EMOTIONS[reading.categories.argmax()] == emotion


@pytest.mark.parametrize("emotion", range(8))
def test_shapes_are_in_range_and_scale_with_intensity(emotion):
    full = expression(emotion, 1.0)
    assert full.shape == (52,) and full.dtype == np.float32
    assert full.min() >= 0.0 and full.max() <= 1.0
    assert expression(emotion, 0.5) == pytest.approx(0.5 * full)
    assert not expression(emotion, 0.0).any()
    assert full.any() == (emotion != NEUTRAL)


def test_only_contempt_is_one_sided():
    left = [index for name, index in I.items() if name.endswith("Left") and "Look" not in name]
    right = [I[name[:-4] + "Right"] for name in I if name.endswith("Left") and "Look" not in name]
    for emotion in range(8):
        shapes = expression(emotion, 1.0)
        symmetric = (shapes[left] == shapes[right]).all()
        assert symmetric == (emotion != CONTEMPT)


def test_the_diagnostic_units_are_there():
    assert expression("happiness", 1.0)[I["mouthSmileLeft"]] > 0.8
    assert expression("anger", 1.0)[I["browDownRight"]] == 1.0
    assert expression("sadness", 1.0)[I["mouthFrownLeft"]] > 0.8
    assert expression("surprise", 1.0)[I["jawOpen"]] > 0.5
    assert expression("disgust", 1.0)[I["noseSneerLeft"]] > 0.8
    assert expression("fear", 1.0)[I["mouthStretchLeft"]] > 0.5


def test_mood_is_slight_and_follows_the_state():
    assert not mood(0.0, 0.0, 0.0).any()
    assert mood(0.8, 0.0, 0.0)[I["mouthSmileLeft"]] > 0.1 > mood(-0.8, 0.0, 0.0).min()
    assert mood(-0.8, 0.0, 0.0)[I["mouthFrownLeft"]] > 0.1
    assert mood(0.0, 0.8, 0.0)[I["eyeWideLeft"]] > 0.1 and mood(0, -0.8, 0)[I["eyeBlinkLeft"]] > 0.1
    rng = np.random.default_rng(0)
    for state in rng.uniform(-1, 1, (200, 3)):
        assert mood(*state).min() >= 0.0 and mood(*state).max() < 0.5


@pytest.mark.parametrize("intensity", [-0.1, 1.1, float("nan")])
def test_an_intensity_out_of_range_is_refused(intensity):
    with pytest.raises(KinesicsError, match="from 0"):
        expression("happiness", intensity)


def test_an_unknown_emotion_is_refused():
    with pytest.raises(KinesicsError, match="'joy'.*happiness"):
        expression("joy", 0.5)
