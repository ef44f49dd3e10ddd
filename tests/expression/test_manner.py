import numpy as np

from kinesics_core.affect.emotions import EMOTION_VAD, EMOTIONS
from kinesics_core.expression.manner import NEUTRAL_MANNER, manner_of
from kinesics_core.synthesis.style import style_of


def test_emotions_move_as_the_studies_say():
    how = {name: manner_of(vad) for name, vad in zip(EMOTIONS, EMOTION_VAD, strict=True)}
    assert min(how[name].tempo for name in ("anger", "happiness", "fear")) > 1.0
    assert how["sadness"].tempo < 1.0 and how["sadness"].extent < how["fear"].extent < 1.0
    assert how["happiness"].extent > how["anger"].extent > 1.0
    assert how["anger"].sharpness > how["happiness"].sharpness > how["sadness"].sharpness
    assert how["happiness"].height > how["anger"].height > how["sadness"].height
    assert how["anger"].tension > 0.5 > how["happiness"].tension
    assert how["sadness"].tension < 0.0
    assert how["neutral"] == NEUTRAL_MANNER and NEUTRAL_MANNER.tempo == 1.0


def test_manner_grows_with_intensity_within_its_range():
    for name in ("anger", "happiness"):
        vad = EMOTION_VAD[EMOTIONS.index(name)]
        sizes = [manner_of(share * vad).extent for share in (0.0, 0.3, 0.6, 1.0)]
        assert sizes == sorted(sizes) and sizes[0] == 1.0 < sizes[-1] <= 1.6


def test_generated_motion_moves_in_the_same_manner():
    vad, temper = np.array([-0.5, 0.6, 0.2]), np.array([0.4, -0.8, 1.1, 0.0, 0.0, 0.0])
    manner, style = manner_of(vad, temper, 1.1), style_of(vad, temper)
    assert (style.tempo, style.extent, style.sharpness) == (
        manner.tempo, manner.extent, manner.sharpness)
