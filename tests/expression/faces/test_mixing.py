import numpy as np
import pytest

from kinesics_core.affect.emotions import EMOTION_VAD, EMOTIONS, NEUTRAL
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.faces import (
    COMPOUNDS,
    PROTOTYPES,
    broken_rules,
    compound,
    face_of_compound,
    face_of_distribution,
    face_of_emotion,
    face_of_vad,
    state_blendshapes,
)
from kinesics_core.expression.faces.regions import LOWER, REGIONS, UPPER
from kinesics_core.skeletons import BLENDSHAPE_INDEX

I = BLENDSHAPE_INDEX  # noqa: E741


def shares(**felt):
    out = np.zeros(8)
    for name, share in felt.items():
        out[EMOTIONS.index(name)] = share
    out[NEUTRAL] += 1.0 - out.sum()
    return out


def nearest_emotion(face):
    def cosine(emotion):
        own = face_of_emotion(emotion, 1.0)
        return own @ face / np.linalg.norm(own)
    return EMOTIONS[max(range(NEUTRAL), key=cosine)]


def test_regions_part_the_face():
    assert (sum(mask.astype(int) for mask in REGIONS.values()) == 1).all()
    assert (UPPER ^ LOWER).all()


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_one_emotion_alone_is_its_face(emotion):
    alone = face_of_distribution(shares(**{emotion: 1.0}), 0.7)
    assert np.array_equal(alone, face_of_emotion(emotion, 0.7))


def test_a_mixture_takes_regions_not_averages():
    mixed = face_of_distribution(shares(happiness=0.5, sadness=0.5))
    happy, sad = face_of_emotion("happiness", 1.0), face_of_emotion("sadness", 1.0)
    assert mixed[I["browInnerUp"]] > 0.9 * sad[I["browInnerUp"]]
    assert mixed[I["mouthSmileLeft"]] > 0.4 * happy[I["mouthSmileLeft"]]
    assert mixed[I["mouthFrownLeft"]] == 0.0


def test_the_likelier_emotion_wins_more_of_the_face():
    faces = [face_of_distribution(shares(anger=share, sadness=1.0 - share))
             for share in np.linspace(0.0, 1.0, 11)]
    down = [face[I["browDownLeft"]] for face in faces]
    up = [face[I["browInnerUp"]] for face in faces]
    assert np.diff(down).min() >= -1e-6 and np.diff(up).max() <= 1e-6
    assert nearest_emotion(faces[7]) == "anger" and nearest_emotion(faces[3]) == "sadness"


def test_a_mixture_changes_without_jumps():
    rng = np.random.default_rng(1)
    for _ in range(20):
        one, other = rng.dirichlet(np.full(8, 0.4), 2)
        way = np.linspace(0.0, 1.0, 201)[:, None]
        faces = np.stack([face_of_distribution(point) for point in one + way * (other - one)])
        assert np.abs(np.diff(faces, axis=0)).max() < 0.12
        assert all(broken_rules(face) == [] for face in faces[::20])


def test_neutral_and_unclear_mixtures_are_weak():
    strong = face_of_distribution(shares(fear=1.0)).sum()
    assert face_of_distribution(shares(fear=0.3)).sum() < 0.8 * strong
    assert face_of_distribution(np.full(8, 0.125)).max() < 0.6
    assert not face_of_distribution(shares(neutral=1.0)).any()


@pytest.mark.parametrize("wrong", [
    np.zeros(8), np.full(8, 0.2), np.full(7, 1 / 7), [1.5, -0.5, 0, 0, 0, 0, 0, 0],
    np.full(8, np.nan),
])
def test_other_than_a_distribution_is_refused(wrong):
    with pytest.raises(KinesicsError, match="distribution"):
        face_of_distribution(wrong)


def test_a_compound_has_the_halves_of_two_faces():
    face = compound("sadness", "happiness", 0.8)
    assert face[UPPER] == pytest.approx(face_of_emotion("sadness", 0.8)[UPPER], abs=1e-5)
    assert face[LOWER] == pytest.approx(face_of_emotion("happiness", 0.8)[LOWER], abs=1e-5)
    weak = compound("fear", "happiness", 1.0, 0.3)
    assert weak[I["mouthSmileLeft"]] < 0.6 < weak[I["eyeWideLeft"]]
    with pytest.raises(KinesicsError, match="joy"):
        compound("joy", "anger")


@pytest.mark.parametrize("name", COMPOUNDS)
def test_a_named_compound_is_made_of_its_emotions(name):
    """It is possible, grows, and uses their units and no others but parted lips."""
    faces = np.stack([face_of_compound(name, level) for level in np.linspace(0, 1, 11)])
    assert all(broken_rules(face) == [] for face in faces) and not faces[0].any()
    assert np.diff(faces, axis=0).min() >= -1e-3
    more, less, units = COMPOUNDS[name]
    own = {unit for emotion in (more, less) for way in PROTOTYPES[EMOTIONS.index(emotion)]
           for unit in way.units}
    assert set(units) <= own | {"AU25", "AU26"}


def test_an_unknown_compound_is_refused():
    with pytest.raises(KinesicsError, match="happily surprised"):
        face_of_compound("happily surprized")


@pytest.mark.parametrize("emotion", range(NEUTRAL))
def test_an_emotions_own_vad_shows_it(emotion):
    face = face_of_vad(EMOTION_VAD[emotion])
    assert nearest_emotion(face) == EMOTIONS[emotion]
    assert face.sum() > 0.9 * face_of_emotion(emotion, 1.0).sum()


def test_vad_moves_mouth_and_eyes_as_it_says():
    assert not face_of_vad(np.zeros(3)).any()
    rng = np.random.default_rng(0)
    points = rng.uniform(-1.0, 1.0, (150, 3))
    faces = np.stack([face_of_vad(point) for point in points])
    assert all(broken_rules(face) == [] for face in faces)
    smile = faces[:, I["mouthSmileLeft"]] - faces[:, I["mouthFrownLeft"]]
    open_eyes = faces[:, I["eyeWideLeft"]] - faces[:, I["eyeBlinkLeft"]]
    assert np.corrcoef(smile, points[:, 0])[0, 1] > 0.6
    assert np.corrcoef(open_eyes, points[:, 1])[0, 1] > 0.6
    line = np.stack([face_of_vad(at * EMOTION_VAD[0]) for at in np.linspace(0, 1, 51)])
    assert np.abs(np.diff(line, axis=0)).max() < 0.15


@pytest.mark.parametrize("wrong", [[0.1, 0.2], [0, 0, 1.2], [np.nan, 0, 0]])
def test_vad_out_of_range_is_refused(wrong):
    with pytest.raises(KinesicsError, match="three numbers"):
        face_of_vad(wrong)


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
