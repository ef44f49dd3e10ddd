"""The robot's face and body: every blendshape does what its name says, measured in the picture."""

import sys
import threading

import numpy as np
import pytest

from kinesics_core.camera import MODEL_TO_OPTICAL
from kinesics_core.skeletons import ARKIT_BLENDSHAPES
from kinesics_core.view.avatar import PALETTE, Avatar, pose_parameters

WIDTH, HEIGHT = 480, 540
CENTRE = WIDTH // 2
HEAD = slice(40, 330)
"""Rows of the head at rest."""


@pytest.fixture(scope="module")
def avatar():
    return Avatar(WIDTH, HEIGHT)


@pytest.fixture(scope="module")
def show(avatar, scene):
    def render(**arguments):
        return avatar.render(scene.face_pose(**arguments), None).astype(int)

    return render


@pytest.fixture(scope="module")
def landmarks(avatar):
    """Pixels (row, column) of iBUG landmarks under a face pose."""
    from kinesics_core.body import model, skinning
    from kinesics_core.view import avatar as module

    body = model.load()
    dressed = avatar.character.skin.model
    points = body.keypoints

    def project(face, names):
        vertices, _ = skinning.vertices(dressed, **pose_parameters(face, None))
        index = [23 + name for name in names]
        place = np.einsum("kmc,km->kc", vertices[0][points.vertices[index]],
                          points.weights[index])
        seen = place * MODEL_TO_OPTICAL + module.PLACE
        return seen[:, [1, 0]] / seen[:, 2:]

    return project


def both(name, value=1.0):
    return {f"{name}Left": value, f"{name}Right": value}


def changed(image, rest, threshold=25):
    return np.abs(image - rest).max(-1) > threshold


def left(mask):
    """The robot's left is the right of the picture."""
    return mask[:, CENTRE:]


def right(mask):
    return mask[:, :CENTRE]


def iris(image):
    """Where the eyes are green: the only such colour in the face. The shirt is bluer."""
    red, green, blue = (image[..., k] for k in range(3))
    mask = (green > red + 12) & (green > blue - 6)
    mask[HEAD.stop:] = False
    mask[:, :CENTRE - 140] = mask[:, CENTRE + 140:] = False
    return mask


def middle(mask):
    return np.argwhere(mask).mean(0)


def test_the_face_is_in_the_picture_and_large_enough_to_read(show):
    eyes = iris(show())
    assert left(eyes).sum() > 60 and right(eyes).sum() > 60
    row, column = middle(eyes)
    assert 150 < row < 260
    assert column == pytest.approx(CENTRE, abs=3)


def test_blink_hides_its_own_eye(show):
    rest = iris(show())
    shut = iris(show(eyeBlinkLeft=1))
    assert left(shut).sum() < 0.1 * left(rest).sum()
    assert right(shut).sum() == pytest.approx(right(rest).sum(), rel=0.1)
    half = iris(show(eyeBlinkLeft=0.5))
    assert left(shut).sum() < left(half).sum() < left(rest).sum()


def test_wide_and_squint_open_and_narrow_the_eye(show):
    rest = iris(show()).sum()
    assert iris(show(**both("eyeSquint"))).sum() < 0.95 * rest
    assert iris(show(**both("eyeWide"))).sum() > 1.1 * rest


def test_jaw_open_shows_teeth_and_tongue(show):
    rest, open_ = show(), show(jawOpen=1)
    rows, columns = np.nonzero(changed(open_, rest, 40))
    assert len(rows) > 250
    assert np.abs(columns - CENTRE).max() < 100
    teeth = (open_ > 120).all(-1) & (np.ptp(open_, axis=-1) < 45) & changed(open_, rest, 40)
    assert teeth[rows.min():rows.max(), CENTRE - 40:CENTRE + 40].sum() > 15


def test_mouth_close_shuts_the_lips_of_an_open_jaw(landmarks, scene):
    def gap(**weights):
        upper, lower = landmarks(scene.face_pose(**weights), [62, 66])[:, 0]
        return lower - upper

    assert gap(jawOpen=1) > gap() + 0.004
    assert gap(jawOpen=1, mouthClose=1) < 0.5 * gap(jawOpen=1)


def test_smile_raises_and_frown_lowers_the_corners(landmarks, scene):
    def corner(**weights):
        places = landmarks(scene.face_pose(**weights), [48, 54, 62])
        return places[:2, 0].mean() - places[2, 0], np.ptp(places[:2, 1])

    rest_height, rest_width = corner()
    assert corner(**both("mouthSmile"))[0] < rest_height - 0.002
    assert corner(**both("mouthFrown"))[0] > rest_height + 0.001
    assert corner(**both("mouthSmile"))[1] > 1.1 * rest_width
    assert corner(mouthPucker=1)[1] < 0.9 * rest_width


def test_brows_move_where_their_names_say(landmarks, scene):
    def rows(**weights):
        places = landmarks(scene.face_pose(**weights), range(17, 27))[:, 0]
        return places[[4, 5]].mean(), places[[1, 8]].mean()

    inner, outer = rows()
    assert rows(browInnerUp=1)[0] < inner - 0.001
    assert rows(**both("browDown"))[0] > inner + 0.001
    assert rows(**both("browOuterUp"))[1] < outer - 0.001


def test_brows_are_painted_where_the_landmarks_are(show):
    """The dark hairs themselves move in the picture, or no one sees the shape."""
    def dark_rows(**weights):
        image = show(**weights)
        dark = (image.sum(-1) < 240)
        dark[:, :CENTRE - 65] = dark[:, CENTRE + 65:] = False
        band = middle(iris(show()))[0]
        rows = np.argwhere(dark[int(band) - 60:int(band) - 8])[:, 0]
        return rows.mean()

    assert dark_rows(browInnerUp=1, **both("browOuterUp")) < dark_rows() - 1.0
    assert dark_rows(**both("browDown")) > dark_rows() + 0.25


@pytest.mark.parametrize(("axis", "gaze", "sign"), [
    (1, (0.4, 0.0), 1), (1, (-0.4, 0.0), -1), (0, (0.0, 0.4), -1), (0, (0.0, -0.4), 1),
])
def test_the_iris_follows_the_gaze(show, axis, gaze, sign):
    assert sign * (middle(iris(show(gaze=gaze))) - middle(iris(show())))[axis] > 0.4


def test_eye_look_shapes_say_the_same_as_the_gaze(show):
    looks = show(eyeLookOutLeft=0.5, eyeLookInRight=0.5)
    angle = show(gaze=(0.5 * np.deg2rad(35.0), 0.0))
    assert changed(looks, angle, 3).sum() == 0


@pytest.mark.parametrize(("head", "axis", "sign"), [
    ((0, 0, 0.4), 1, 1), ((0, 0, -0.4), 1, -1), ((0, 0.3, 0), 0, 1), ((0, -0.3, 0), 0, -1),
])
def test_the_face_turns_with_the_head(show, head, axis, sign):
    """REP-103: positive yaw turns to the robot's left, positive pitch looks down."""
    assert sign * (middle(iris(show(head=head))) - middle(iris(show())))[axis] > 8


def test_roll_tips_the_head(show):
    """Positive roll about the forward axis lifts the robot's left."""
    mask = iris(show(head=(0.3, 0, 0)))
    assert middle(left(mask))[0] < middle(right(mask))[0] - 8


ASYMMETRIC = [name for name in ARKIT_BLENDSHAPES if name.endswith("Left")
              and not name.startswith(("eyeLook", "jaw")) and name != "mouthLeft"]


@pytest.mark.parametrize("name", ASYMMETRIC)
def test_left_and_right_are_mirror_images(show, name):
    """Lit from one side, the face is not quite symmetric: the changes are compared."""
    rest = show()
    change = [changed(show(**{shape: 1.0}), rest, 12)
              for shape in (name, name.replace("Left", "Right"))]
    mirrored = change[1][:, ::-1]
    near = sum(np.roll(mirrored, shift, 1) for shift in range(-2, 3)) > 0
    assert change[0].sum() > 12
    assert (change[0] & near).sum() > 0.4 * change[0].sum()
    assert left(change[0]).sum() > right(change[0]).sum()


VISIBLE = [name for name in ARKIT_BLENDSHAPES if name != "mouthClose"]


@pytest.mark.parametrize("name", VISIBLE)
def test_every_blendshape_is_visible(show, name):
    base = {"jawOpen": 0.5} if name == "tongueOut" else {}
    other = {"jawLeft": "jawRight"}.get(name)
    change = changed(show(**base, **{name: 1.0}), show(**base), 12)
    assert change.sum() > 20
    if other:
        assert changed(show(jawLeft=1), show(jawRight=1), 12).sum() > 20


def test_body_pose_moves_the_arms(avatar, scene):
    rest = avatar.render(None, scene.body_pose(left_shoulder=(0, 0, -1.2),
                                               right_shoulder=(0, 0, 1.2))).astype(int)
    raised = avatar.render(None, scene.body_pose(left_shoulder=(0, 0, -0.4),
                                                 right_shoulder=(0, 0, 1.2))).astype(int)
    assert changed(raised, rest, 40)[:, CENTRE + 60:].sum() > 2000


@pytest.mark.parametrize("shoulder", [(0, 0, -0.6), (0, 0, 0.9), (0, 0, 1.3)])
def test_wide_gestures_stay_in_the_picture(avatar, scene, shoulder):
    """Hands to the sides and above the head: the border shows the backdrop only."""
    right_shoulder = tuple(-value for value in shoulder)
    pose = scene.body_pose(left_shoulder=shoulder, right_shoulder=right_shoulder)
    away = scene.body_pose(left_shoulder=(0, 0, -1.3), right_shoulder=(0, 0, 1.3))
    change = changed(avatar.render(None, pose).astype(int),
                     avatar.render(None, away).astype(int), 30)
    assert not change[:int(0.75 * HEIGHT), [0, 1, -2, -1]].any()
    assert not change[:2].any()


def test_the_camera_draws_back_smoothly(avatar, scene):
    """From one moment to the next of a rising arm the head never jumps."""
    tops = []
    for angle in np.linspace(-1.2, 1.2, 40):
        image = avatar.render(None, scene.body_pose(left_shoulder=(0, 0, angle))).astype(int)
        tops.append(np.count_nonzero(iris(image)))
    assert np.abs(np.diff(tops)).max() < 0.35 * max(tops)


def test_the_face_is_larger_while_the_arms_hang(avatar, scene):
    low, high = (iris(avatar.render(None, scene.body_pose(
        left_shoulder=(0, 0, angle), right_shoulder=(0, 0, -angle)))).sum()
        for angle in (-1.3, -0.9))
    assert low > 1.7 * high


def test_unstylised_it_shows_what_is_commanded(scene):
    plain = Avatar(200, 220, stylised=False)
    parameters = pose_parameters(scene.face_pose(browInnerUp=0.5), None, stylised=False)
    assert np.count_nonzero(parameters["expression"]) == 1
    assert parameters["expression"].max() == 0.5
    smiling = Avatar(200, 220).render(scene.face_pose(), None).astype(int)
    assert changed(plain.render(scene.face_pose(), None).astype(int), smiling, 10).sum() > 5


def test_fingers_close_to_a_fist(avatar, scene):
    poses = [scene.body_pose(left_shoulder=(0, 0, -1.2)) for _ in range(2)]
    poses[1].left_hand = np.full((15, 3), 0.0)
    poses[1].left_hand[:12, 2] = -1.3
    images = [avatar.render(None, pose).astype(int) for pose in poses]
    assert changed(images[0], images[1], 40)[300:, CENTRE + 80:].sum() > 100


def test_unknown_parts_are_neutral(avatar, scene):
    face, body = scene.face_pose(), scene.body_pose()
    unknown = scene.face_pose()
    unknown.blendshapes = np.full(52, np.nan, np.float32)
    unknown.gaze, unknown.head = np.full(2, np.nan), np.full(3, np.nan)
    lost = scene.body_pose()
    lost.body_pose = np.full((21, 3), np.nan)
    lost.transl, lost.left_hand = np.full(3, np.nan), np.full((15, 3), np.nan)
    np.testing.assert_array_equal(avatar.render(unknown, lost), avatar.render(face, body))


@pytest.mark.parametrize(("width", "height"), [(480, 680), (120, 120), (800, 300)])
def test_any_size(width, height, scene):
    image = Avatar(width, height).render(
        scene.face_pose(jawOpen=1, head=(0.3, 0.4, 1.2)), scene.body_pose())
    assert image.shape == (height, width, 3) and image.dtype == np.uint8
    assert image.std() > 15


def test_too_small_is_refused():
    with pytest.raises(ValueError, match="Got an avatar of 50 x 400"):
        Avatar(50, 400)


def test_without_opengl_it_looks_the_same(avatar, scene, monkeypatch):
    smile = scene.face_pose(**both("mouthSmile"))
    with_gl = avatar.render(smile, None).astype(float)
    monkeypatch.setitem(sys.modules, "moderngl", None)
    without = Avatar(WIDTH, HEIGHT).render(smile, None).astype(float)
    gap = np.abs(with_gl - without).max(-1)
    assert gap.mean() < 4.0
    assert (gap > 60).mean() < 0.02


def test_any_thread_may_draw(avatar, scene):
    images = []
    thread = threading.Thread(target=lambda: images.append(avatar.render(None, None)))
    thread.start()
    thread.join()
    np.testing.assert_array_equal(images[0], avatar.render(None, None))


def test_the_shirt_is_the_shirts_colour(show):
    """The largest part of the picture below the head."""
    chest = show()[430:500, CENTRE - 40:CENTRE + 40].reshape(-1, 3).mean(0)
    assert np.argmax(chest) == np.argmax(PALETTE.shirt)
    assert np.argmin(chest) == np.argmin(PALETTE.shirt)
