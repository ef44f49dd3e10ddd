import numpy as np
import pytest

from kinesics_core.affect.emotions import (
    EMOTION_VAD,
    EMOTIONS,
    categories_to_vad,
    emotion_index,
    vad_to_categories,
)
from kinesics_core.errors import KinesicsError


def test_order_is_that_of_the_message():
    assert EMOTIONS == (
        "happiness", "anger", "surprise", "sadness", "disgust", "contempt", "fear", "neutral",
    )  # fmt: skip


@pytest.mark.parametrize("emotion", range(8))
def test_each_emotion_is_the_most_probable_one_at_its_own_vad(emotion):
    categories = vad_to_categories(EMOTION_VAD[emotion])
    assert categories.argmax() == emotion
    assert categories.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("emotion", range(8))
def test_round_trip_through_categories_comes_back_near(emotion):
    back = categories_to_vad(vad_to_categories(EMOTION_VAD[emotion]))
    assert np.linalg.norm(back - EMOTION_VAD[emotion]) < 0.1


def test_certain_category_has_the_vad_of_russell_and_mehrabian():
    assert categories_to_vad(np.eye(8)[1]).tolist() == [-0.51, 0.59, 0.25]
    assert categories_to_vad(np.eye(8)[3]).tolist() == [-0.63, -0.27, -0.33]


def test_an_unknown_dimension_is_left_out():
    without_dominance = vad_to_categories(np.array([-0.63, -0.27, np.nan]))
    assert EMOTIONS[without_dominance.argmax()] == "sadness"
    assert vad_to_categories(np.full(3, np.nan)) == pytest.approx(np.full(8, 0.125))


def test_far_from_everything_is_still_a_distribution():
    categories = vad_to_categories(np.array([1e3, -1e3, 1e3]))
    assert np.isfinite(categories).all()
    assert categories.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("wrong", ["joy", 8, -1, 2.5, None])
def test_unknown_emotion_is_refused_with_the_allowed_ones(wrong):
    with pytest.raises(KinesicsError, match=r"happiness.*0 to 7"):
        emotion_index(wrong)
