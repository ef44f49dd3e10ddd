import numpy as np
import pytest

from kinesics_core.affect.emotions import (
    CONTEMPT,
    EMOTION_VAD,
    EMOTIONS,
    HAPPINESS,
    NEUTRAL,
    SURPRISE,
)
from kinesics_core.affect.face import FaceReader
from kinesics_core.affect.facs import EMFACS, au_to_blendshapes
from kinesics_core.skeletons import BLENDSHAPE_INDEX
from kinesics_core.types import Person

SECOND = 1_000_000_000


def person(shapes, head=None):
    return Person(1, 1.0, np.full((17, 3), np.nan, np.float32), blendshapes=shapes, head=head)


def read(shapes, reader=None, stamp=0):
    return (reader or FaceReader()).update(person(shapes), stamp)


def mediapipe(shapes):
    """What MediaPipe makes of a face: no tongue, dead cheeks, squinting lids, weak frown."""
    shapes = shapes.astype(np.float64).copy()
    shapes[BLENDSHAPE_INDEX["tongueOut"]] = np.nan
    for name, factor in (
        ("cheekSquintLeft", 0.0), ("cheekSquintRight", 0.0), ("noseSneerLeft", 0.2),
        ("noseSneerRight", 0.2), ("mouthFrownLeft", 0.5), ("mouthFrownRight", 0.5),
        ("eyeWideLeft", 0.4), ("eyeWideRight", 0.4),
    ):  # fmt: skip
        shapes[BLENDSHAPE_INDEX[name]] *= factor
    for name in ("eyeSquintLeft", "eyeSquintRight"):
        shapes[BLENDSHAPE_INDEX[name]] = max(shapes[BLENDSHAPE_INDEX[name]], 0.3)
    return shapes


@pytest.mark.parametrize(("emotion", "units"), EMFACS)
@pytest.mark.parametrize("intensity", [0.6, 1.0])
def test_every_emfacs_prototype_is_read_as_its_emotion(emotion, units, intensity):
    strongest = max(units.values())
    shown = {unit: intensity * value / strongest for unit, value in units.items()}
    shapes = au_to_blendshapes(shown, side="Right" if emotion == CONTEMPT else None)
    affect = read(shapes)
    assert EMOTIONS[affect.categories.argmax()] == EMOTIONS[emotion]
    assert affect.categories[emotion] > 0.6
    vad = (affect.valence, affect.arousal, affect.dominance)
    assert np.linalg.norm(vad - EMOTION_VAD[emotion]) < 0.35


@pytest.mark.parametrize(("emotion", "units"), [p for p in EMFACS if len(p[1]) > 2 or p[0] == 0])
def test_prototypes_are_read_through_mediapipes_distortion_and_noise(emotion, units):
    rng = np.random.default_rng(emotion)
    reader = FaceReader()
    shown = mediapipe(au_to_blendshapes({unit: 0.9 * value for unit, value in units.items()}))
    right = 0
    for frame in range(60):
        noisy = np.clip(shown + rng.normal(0.0, 0.04, 52), 0.0, 1.0)
        affect = read(noisy, reader, frame * SECOND // 30)
        right += int(affect.categories.argmax() == emotion)
    assert right >= 54


@pytest.mark.parametrize("side", ["Left", "Right"])
def test_a_one_sided_smirk_is_contempt_and_a_two_sided_smile_is_not(side):
    smirk = {"AU12": 0.4, "AU14": 0.6}
    assert read(au_to_blendshapes(smirk, side)).categories.argmax() == CONTEMPT
    assert read(au_to_blendshapes({"AU12": 0.8, "AU14": 0.6})).categories.argmax() == HAPPINESS


def test_a_face_at_rest_is_neutral():
    rng = np.random.default_rng(0)
    reader = FaceReader()
    for frame in range(300):
        resting = mediapipe(np.abs(rng.normal(0.0, 0.05, 52)))
        affect = read(resting, reader, frame * SECOND // 30)
        assert affect.categories.argmax() == NEUTRAL
    assert abs(affect.valence) < 0.1


def test_a_low_resting_brow_is_learned_and_a_later_frown_still_seen():
    resting = au_to_blendshapes({"AU4": 0.30, "AU24": 0.22, "AU7": 0.5})
    reader = FaceReader()
    first = read(resting, reader, 0)
    for frame in range(1, 20 * 30):
        later = read(resting, reader, frame * SECOND // 30)
    assert later.categories[NEUTRAL] > 0.8 > first.categories[NEUTRAL]
    angry = au_to_blendshapes({"AU4": 0.8, "AU5": 0.4, "AU7": 0.9, "AU24": 0.7})
    for frame in range(30):
        affect = read(angry, reader, 20 * SECOND + frame * SECOND // 30)
    assert EMOTIONS[affect.categories.argmax()] == "anger"


def test_somebody_who_smiles_for_two_minutes_still_smiles():
    reader = FaceReader()
    smile = au_to_blendshapes({"AU6": 0.5, "AU12": 0.85})
    for frame in range(120 * 5):
        affect = read(smile, reader, frame * SECOND // 5)
    assert affect.categories.argmax() == HAPPINESS


def test_blinks_do_not_read_as_emotion():
    reader = FaceReader()
    for frame in range(300):
        phase = frame % 60
        closed = 1.0 if phase < 7 else 0.0
        shapes = au_to_blendshapes({"AU45": closed, "AU7": 0.7 * closed, "AU4": 0.3 * closed})
        assert read(shapes, reader, frame * SECOND // 30).categories.argmax() == NEUTRAL


def test_talking_does_not_read_as_emotion():
    rng = np.random.default_rng(5)
    reader = FaceReader()
    wrong = 0
    for frame in range(600):
        syllable = np.sin(2 * np.pi * 4.0 * frame / 30.0)
        shapes = au_to_blendshapes(
            {
                "AU26": 0.35 + 0.35 * syllable, "AU16": 0.2 + 0.2 * syllable,
                "AU18": 0.2 - 0.2 * syllable, "AU22": 0.15 - 0.1 * syllable,
            }
        )  # fmt: skip
        shapes = np.clip(shapes + np.abs(rng.normal(0.0, 0.03, 52)), 0.0, 1.0)
        wrong += int(read(shapes, reader, frame * SECOND // 30).categories.argmax() != NEUTRAL)
    assert wrong == 0
    # The same jaw with raised brows and wide eyes is surprise, not speech.
    surprise = au_to_blendshapes({"AU1": 0.8, "AU2": 0.8, "AU5": 0.4, "AU26": 0.5})
    for frame in range(600, 630):
        affect = read(surprise, reader, frame * SECOND // 30)
    assert affect.categories.argmax() == SURPRISE


def test_no_face_and_an_unknown_face_give_no_reading():
    assert read(None) is None
    assert read(np.full(52, np.nan, np.float32)) is None


def test_a_missing_shape_lowers_the_confidence_only():
    smile = au_to_blendshapes({"AU12": 0.9})
    partly = smile.copy()
    partly[BLENDSHAPE_INDEX["browInnerUp"]] = np.nan
    assert read(partly).categories.argmax() == HAPPINESS
    assert 0.0 < read(partly).confidence < read(smile).confidence


def test_a_face_turned_away_is_read_with_less_confidence():
    smile = au_to_blendshapes({"AU12": 0.9})

    def looking(degrees):
        angle = np.radians(degrees)
        head = np.eye(4)
        # Columns: to the person's left, up, out of the face, in optical axes at 1 m distance.
        head[:3, :3] = np.array(
            [[np.cos(angle), 0, np.sin(angle)], [0, -1, 0], [np.sin(angle), 0, -np.cos(angle)]]
        )
        head[:3, 3] = (0.0, 0.0, 1.0)
        return FaceReader().update(person(smile, head), 0).confidence

    assert looking(0) == looking(25) > looking(50) > looking(80) == 0.0


def test_any_values_give_a_distribution_and_a_vad_in_range():
    rng = np.random.default_rng(1)
    reader = FaceReader()
    for _ in range(500):
        shapes = rng.uniform(-2.0, 3.0, 52)
        shapes[rng.random(52) < 0.3] = np.nan
        shapes[rng.random(52) < 0.02] = np.inf
        affect = read(shapes, reader, int(rng.integers(0, 10**12)))
        if affect is None:
            continue
        assert affect.categories.sum() == pytest.approx(1.0, abs=1e-5)
        assert (affect.categories >= 0.0).all()
        for value in (affect.valence, affect.arousal, affect.dominance):
            assert -1.0 <= value <= 1.0
        assert 0.0 <= affect.confidence <= 1.0


def test_the_reading_follows_time_not_frames():
    smile = au_to_blendshapes({"AU12": 0.9})
    rest = np.zeros(52, np.float32)

    def smiling(rate):
        reader = FaceReader()
        read(rest, reader, 0)
        for frame in range(1, rate // 5 + 1):
            read(smile, reader, frame * SECOND // rate)
        # In the middle of the smoothing, well away from the end of the range.
        return read(smile, reader, SECOND // 5).valence

    assert smiling(60) == pytest.approx(smiling(15), rel=1e-3)
