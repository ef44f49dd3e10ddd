"""What the mended targets do, in millimetres of the skin and in pixels of the picture."""

import numpy as np
import pytest
from face_weights import weights

from kinesics_core.body import model as body_model
from kinesics_core.body import skinning
from kinesics_core.render.character import build_character
from kinesics_core.render.face_controls import looking
from kinesics_core.render.face_picture import FacePicture
from kinesics_core.render.face_targets import with_correctives
from kinesics_core.render.identities import PLAIN, random_identity
from kinesics_core.skeletons import (
    ARKIT_BLENDSHAPES,
    BLENDSHAPE_INDEX,
    SMPLX55,
    WHOLEBODY133_FACE,
)

INNER_BROWS, OUTER_BROWS = (21, 22), (18, 25)
LEFT_LIDS = (43, 44), (46, 47)
CORNERS = (48, 54)


@pytest.fixture(scope="module")
def body():
    return body_model.load()


@pytest.fixture(scope="module")
def character(body):
    return build_character(body, PLAIN.palette)


@pytest.fixture(scope="module")
def landmarks(body, character):
    """Landmarks (68, 3) under weights, mm."""
    at = body.keypoints.vertices[WHOLEBODY133_FACE]
    shares = body.keypoints.weights[WHOLEBODY133_FACE]

    def place(**given):
        face = with_correctives(weights(**given)[None], character.pairs)
        vertices, _ = skinning.vertices(character.skin, expression=face)
        return 1000.0 * np.einsum("kmc,km->kc", vertices[0][at], shares)

    return place


@pytest.fixture(scope="module")
def picture():
    return FacePicture(360, 360)


def moved(landmarks, points, **given):
    """How far points went up, mm, on average."""
    return (landmarks(**given) - landmarks())[list(points), 1].mean()


def opening(landmarks, **given):
    """Between the lids of the left eye, mm."""
    at = landmarks(**given)
    return at[list(LEFT_LIDS[0]), 1].mean() - at[list(LEFT_LIDS[1]), 1].mean()


def test_no_weights_are_the_template(character):
    np.testing.assert_array_equal(
        character.pose(expression=np.zeros((1, 52), np.float32))[0], character.pose()[0])


def test_a_smile_lifts_and_widens_the_corners_and_raises_the_cheeks(landmarks, character):
    change = landmarks(mouthSmile=1) - landmarks()
    assert change[list(CORNERS), 1].min() > 11
    assert change[54, 0] > 8 and change[48, 0] < -8
    assert change[[51, 57], 1].max() < 0.5 * change[54, 1]
    rest = character.pose()[0]
    smiling = character.pose(expression=weights(mouthSmile=1)[None])[0]
    cheek = np.linalg.norm(1000 * rest - (landmarks()[54] + (16, 24, -4)), axis=1) < 12
    assert 1000 * (smiling - rest)[cheek, 1].max() > 3


def test_brows_rise_fall_and_do_both_in_fear(landmarks):
    assert moved(landmarks, INNER_BROWS, browInnerUp=1) > 7
    assert moved(landmarks, OUTER_BROWS, browOuterUp=1) > 8
    assert moved(landmarks, INNER_BROWS, browDown=1) < -5
    afraid = {"browInnerUp": 0.9, "browDown": 0.5}
    assert moved(landmarks, INNER_BROWS, **afraid) > 3
    assert moved(landmarks, INNER_BROWS, **afraid) > moved(landmarks, OUTER_BROWS, **afraid) + 3
    apart = landmarks(**afraid)[22, 0] - landmarks(**afraid)[21, 0]
    assert apart < landmarks()[22, 0] - landmarks()[21, 0] - 2


def test_pressed_lips_do_not_smile(landmarks):
    pressed = landmarks(mouthPress=1) - landmarks()
    assert np.abs(pressed[list(CORNERS), 1]).max() < 2
    height = landmarks()[51, 1] - landmarks()[57, 1]
    assert landmarks(mouthPress=1)[51, 1] - landmarks(mouthPress=1)[57, 1] < 0.9 * height


def test_mouth_close_closes_what_the_jaw_opens(landmarks):
    def gap(**given):
        at = landmarks(**given)
        return at[62, 1] - at[66, 1]

    assert gap(jawOpen=1, mouthClose=1) < gap() + 0.15 * (gap(jawOpen=1) - gap())


def test_a_blink_closes_step_by_step(landmarks):
    steps = [opening(landmarks, eyeBlink=w) for w in np.linspace(0, 1, 9)]
    assert np.diff(steps).max() < -0.3
    assert steps[0] > 8


@pytest.mark.parametrize("other", ["eyeLookDown", "eyeLookUp", "eyeWide", "eyeSquint"])
def test_a_closed_eye_is_closed_whatever_else_it_does(landmarks, other):
    assert opening(landmarks, eyeBlink=1, **{other: 1.0}) == pytest.approx(
        opening(landmarks, eyeBlink=1), abs=1.2)


def test_half_way_the_lid_is_in_front_of_the_eyeball(body, character, landmarks):
    """No landmark of the lid's rim lies inside of the eyeball while it slides over it."""
    joint = SMPLX55.index("left_eye_smplhf")
    eye = body.template[body.weights[:, joint] > 0.9]
    middle = 1000 * (eye.max(0) + eye.min(0)) / 2
    radius = 500 * np.ptp(eye[:, 0])
    rest = np.linalg.norm(landmarks()[[43, 44]] - middle, axis=1).min()
    for weight in (0.3, 0.5, 0.7):
        away = np.linalg.norm(landmarks(eyeBlink=weight)[[43, 44]] - middle, axis=1)
        assert away.min() > min(radius, rest) - 1.0


def test_lids_follow_the_gaze(landmarks, character):
    def lid(elevation):
        face = looking(np.zeros(52), 0.0, elevation)["expression"][0]
        named = {name: float(face[i]) for i, name in enumerate(ARKIT_BLENDSHAPES)}
        return landmarks(**named)[list(LEFT_LIDS[0]), 1].mean()

    assert lid(-1.0) < lid(0.0) - 3
    assert lid(1.0) > lid(0.0) + 1.5


@pytest.mark.parametrize("name", [n for n in ARKIT_BLENDSHAPES if n.endswith("Left")
                                  and n not in ("jawLeft", "mouthLeft")])
def test_the_sides_mirror_each_other(landmarks, name):
    other = name.replace("Left", "Right")
    left, right = (landmarks(**{n: 1.0}) - landmarks() for n in (name, other))
    np.testing.assert_allclose(right[_swapped()] * (-1, 1, 1), left, atol=0.6)


def _swapped():
    """Index of the landmark on the other side of each, iBUG order."""
    pairs = ([(i, 16 - i) for i in range(8)] + [(17 + i, 26 - i) for i in range(5)]
             + [(31, 35), (32, 34), (36, 45), (37, 44), (38, 43), (39, 42), (40, 47), (41, 46)]
             + [(48, 54), (49, 53), (50, 52), (59, 55), (58, 56), (60, 64), (61, 63), (67, 65)])
    swap = np.arange(68)
    for a, b in pairs:
        swap[a], swap[b] = b, a
    return swap


def inside(picture, **given):
    """Pixels of teeth and tongue, which are painted green for it."""
    image = picture.draw(weights(**given)).astype(int)
    return int(((image[..., 1] > 90) & (image[..., 0] < 40) & (image[..., 2] < 40)).sum())


@pytest.fixture(scope="module", params=[None, 3, 11])
def greened(request):
    """A picture of a person whose teeth and tongue are green."""
    from kinesics_core.render.character_texture import HEAD_ROWS, TILE, TILES

    identity = PLAIN if request.param is None else random_identity(request.param)
    picture = FacePicture(240, 240, identity=identity)
    image = picture.character.texture.image
    painted = image.copy()
    for name in ("teeth", "tongue"):
        image[HEAD_ROWS:, TILES[name]:TILES[name] + TILE] = (0, 255, 0, 0)
    yield picture
    image[:] = painted  # a person is shared between pictures


def test_a_closed_mouth_shows_neither_teeth_nor_tongue(greened):
    for closed in ({}, {"mouthSmile": 0.5}, {"mouthPress": 1.0}, {"mouthPucker": 1.0},
                   {"mouthRollLower": 0.6, "mouthRollUpper": 0.6}, {"mouthFrown": 0.7},
                   {"browDown": 1.0, "noseSneer": 0.4}):
        assert inside(greened, **closed) <= 2, closed
    assert inside(greened, jawOpen=0.8) > 60
    assert inside(greened, mouthUpperUp=1.0, mouthLowerDown=1.0) > 60


def iris(picture, face, gaze=None):
    image = picture.draw(face, gaze=gaze).astype(int)
    red, green, blue = (image[..., k] for k in range(3))
    mask = (green > red + 12) & (green > blue - 6)
    mask[int(0.6 * len(mask)):] = False
    return mask


@pytest.mark.parametrize("gaze", [(0.0, 0.0), (0.4, 0.0), (0.0, -0.35), (0.0, 0.35)])
def test_a_blink_covers_the_iris_wherever_it_looks(picture, gaze):
    assert iris(picture, weights(), gaze).sum() > 100
    assert iris(picture, weights(eyeBlink=1), gaze).sum() == 0
    assert iris(picture, weights(eyeBlink=1, eyeWide=1), gaze).sum() == 0


def test_a_catchlight_lies_on_each_iris(picture):
    image = picture.draw(weights()).astype(int)
    for half in (slice(0, 180), slice(180, 360)):
        rows, columns = np.nonzero(iris(picture, weights())[:, half])
        box = np.s_[rows.min():rows.max() + 1, half.start + columns.min():
                    half.start + columns.max() + 1]
        assert (image[box].min(-1) > 215).sum() >= 3


def test_contempt_is_one_sided_in_the_picture(picture):
    rest = picture.draw(weights()).astype(int)
    face = np.zeros(52, np.float32)
    for name in ("mouthSmileLeft", "mouthDimpleLeft"):
        face[BLENDSHAPE_INDEX[name]] = 0.6
    change = np.abs(picture.draw(face) - rest).max(-1) > 15
    mouth = change[220:300]
    # The person's left is the right of the picture.
    assert mouth[:, 180:].sum() > 3 * mouth[:, :180].sum()


def test_folds_come_out_where_a_muscle_pulls(character):
    """A furrow is painted darker than its own skin, and only with the shape that makes it."""
    at = character.creases
    front = character.pose()[0][:, 2] > 0.1
    for name in ("browInnerUp", "browDownLeft", "noseSneerRight", "mouthSmileLeft"):
        assert at[BLENDSHAPE_INDEX[name]][front].max() > 0.8
    assert at[BLENDSHAPE_INDEX["jawOpen"]].max() == 0
    left = character.pose()[0][:, 0] > 0.03
    assert at[BLENDSHAPE_INDEX["mouthSmileRight"]][left].max() == 0


def test_software_draws_the_same_face():
    face = weights(noseSneer=1, browInnerUp=1, jawOpen=0.4)
    one, other = (FacePicture(128, 128, backend=backend).draw(face).astype(float)
                  for backend in ("auto", "software"))
    gap = np.abs(one - other).max(-1)
    assert gap.mean() < 4.0
    assert (gap > 60).mean() < 0.03
