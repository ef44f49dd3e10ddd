"""People who only talk are read as neutral, the whole way from the picture on."""

import numpy as np
import pytest

from kinesics_core.affect.per_person import FIRST
from kinesics_core.affect.speech import SpeechDetector
from kinesics_core.judging.talking_face import (
    RATE,
    neutral_frames,
    talking_frames,
    talking_weights,
)
from kinesics_core.render.identities import random_identity
from kinesics_core.skeletons import BLENDSHAPE_INDEX
from kinesics_core.types import NANOSECONDS


@pytest.mark.parametrize("seed", range(4))
def test_a_talking_face_talks_as_often_as_people_do(seed):
    face = talking_weights(8.0, seed)
    assert face.shape == (round(8 * RATE), 52) and face.min() >= 0.0 and face.max() <= 1.0
    mouth = np.abs(np.diff(face, axis=0)).sum(axis=1)
    assert (mouth[15:] > 0.02).mean() > 0.8  # it hardly rests
    detector = SpeechDetector()
    spoken = [detector.update(weights[None, None], [round(i * NANOSECONDS / RATE)], FIRST)[0]
              for i, weights in enumerate(face)]
    assert np.mean(np.array(spoken[30:]) > 0.5) > 0.8
    shut = face[:, BLENDSHAPE_INDEX["eyeBlinkLeft"]] > 0.5
    assert 1 <= (np.diff(shut.astype(int)) == 1).sum() <= 5
    np.testing.assert_array_equal(face, talking_weights(8.0, seed))


@pytest.mark.slow
def test_a_drawn_person_who_talks_is_neutral():
    neutral = neutral_frames(talking_frames(random_identity(2), 3.0, seed=7))
    assert len(neutral) >= 0.9 * 3.0 * RATE
    assert neutral.mean() >= 0.8
