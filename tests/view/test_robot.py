"""The robot's face and body: every blendshape does what its name says, measured in the picture."""

import numpy as np
import pytest

from kinesics_core.skeletons import ARKIT_BLENDSHAPES
from kinesics_core.view.robot import BROW, EYE_WHITE, INSIDE, IRIS, LIP, TONGUE, RobotView

# The head of the robot at rest in a 640 x 720 picture: rows and columns of its halves.
CENTRE = 320


@pytest.fixture(scope="module")
def view():
    return RobotView(640, 720)


@pytest.fixture(scope="module")
def show(view, scene):
    def render(**arguments):
        return view.render(scene.face_pose(**arguments), None).astype(int)

    return render


def like(image, color, tolerance=30):
    """Mask of the pixels of about this colour."""
    return (np.abs(image - np.array(color)).max(-1) < tolerance) & in_face(image)


def in_face(image):
    rows, columns = np.indices(image.shape[:2])
    return (rows > 100) & (rows < 380) & (abs(columns - CENTRE) < 118)


def left(mask):
    """The robot's left is the right of the picture."""
    return mask[:, CENTRE:]


def right(mask):
    return mask[:, :CENTRE]


def centre_of(mask):
    """(row, column) of a mask's middle; rows grow downwards."""
    return np.argwhere(mask).mean(0)


def mouth(image):
    """Mask of lips and what is between them."""
    rows, columns = np.indices(image.shape[:2])
    near = (rows > 265) & (rows < 365) & (abs(columns - CENTRE) < 75)
    return near & (like(image, LIP, 24) | like(image, (200, 108, 104), 24)
                   | like(image, INSIDE, 40) | like(image, (134, 58, 60), 30))


def test_jaw_open_shows_the_dark_of_the_mouth(show):
    def cavity(**weights):
        return like(show(**weights), INSIDE, 25)[265:].sum()

    dark = [cavity(jawOpen=w) for w in (0.0, 0.3, 0.6, 1.0)]
    assert dark[0] < 10
    assert dark[0] < dark[1] < dark[2] < dark[3]
    assert dark[3] > 400
    assert cavity(jawOpen=1, mouthClose=1) < 0.4 * dark[3]


def test_blink_hides_the_white_of_its_own_eye(show):
    white = [like(show(eyeBlinkLeft=w), EYE_WHITE, 12) for w in (0.0, 0.5, 1.0)]
    eyes = [left(mask)[150:260].sum() for mask in white]
    assert eyes[0] > eyes[1] > eyes[2]
    assert eyes[2] < 0.1 * eyes[0]
    others = [right(mask)[150:260].sum() for mask in white]
    assert others[2] == pytest.approx(others[0], rel=0.02)


def test_wide_and_squint_open_and_narrow_the_eye(show):
    def opening(**weights):
        image = show(**weights)
        return (like(image, EYE_WHITE, 12) | like(image, IRIS, 45))[150:270].sum()

    rest = opening()
    assert opening(eyeWideLeft=1, eyeWideRight=1) > 1.05 * rest
    assert opening(eyeSquintLeft=1, eyeSquintRight=1) < 0.75 * rest
    assert opening(cheekSquintLeft=1, cheekSquintRight=1) < 0.97 * rest


def test_smile_raises_and_frown_lowers_the_corners(show):
    def corner(mask):
        """Row of the outermost pixels of the mouth."""
        points = np.argwhere(mask)
        outer = points[np.abs(points[:, 1] - CENTRE) > 0.85 * np.abs(points[:, 1] - CENTRE).max()]
        return outer[:, 0].mean() - points[:, 0].mean()

    rest = corner(mouth(show()))
    assert corner(mouth(show(mouthSmileLeft=1, mouthSmileRight=1))) < rest - 5
    assert corner(mouth(show(mouthFrownLeft=1, mouthFrownRight=1))) > rest + 5


@pytest.mark.parametrize("name", ["mouthSmile", "mouthStretch"])
def test_smile_and_stretch_widen_and_pucker_and_funnel_narrow_the_mouth(show, name):
    def width(**weights):
        return np.ptp(np.argwhere(mouth(show(**weights)))[:, 1])

    rest = width()
    assert width(**{f"{name}Left": 1, f"{name}Right": 1}) > 1.15 * rest
    assert width(mouthPucker=1) < 0.7 * rest
    assert width(mouthFunnel=1) < 0.8 * rest


def test_funnel_opens_the_mouth_and_pucker_does_not(show):
    assert like(show(mouthFunnel=1), INSIDE, 25)[265:].sum() > 100
    assert like(show(mouthPucker=1), INSIDE, 25)[265:].sum() < 20


def test_press_and_roll_thin_the_lips(show):
    lips = [mouth(show(**dict.fromkeys(names, 1))).sum() for names in (
        (), ("mouthPressLeft", "mouthPressRight"), ("mouthRollLower", "mouthRollUpper"))]
    assert lips[1] < 0.85 * lips[0]
    assert lips[2] < 0.7 * lips[0]


def test_brows_move_where_their_names_say(show):
    def brow_row(part, **weights):
        mask = like(show(**weights), BROW, 30)
        mask[200:] = False
        inner = np.abs(np.arange(640) - CENTRE) < 50
        columns = {"inner": inner, "outer": ~inner}[part]
        return centre_of(mask & columns)[0]

    assert brow_row("inner", browInnerUp=1) < brow_row("inner") - 8
    assert brow_row("inner", browDownLeft=1, browDownRight=1) > brow_row("inner") + 6
    both = {"browOuterUpLeft": 1, "browOuterUpRight": 1}
    assert brow_row("outer", **both) < brow_row("outer") - 6


def test_tongue_comes_out(show):
    assert like(show(tongueOut=1), TONGUE, 14).sum() > like(show(), TONGUE, 14).sum() + 300


def test_mouth_and_jaw_move_to_the_side(show):
    rest = centre_of(mouth(show()))[1]
    assert centre_of(mouth(show(mouthLeft=1)))[1] > rest + 5
    assert centre_of(mouth(show(mouthRight=1)))[1] < rest - 5
    assert centre_of(mouth(show(jawOpen=0.6, jawLeft=1)))[1] > rest + 2


@pytest.mark.parametrize(("axis", "gaze", "sign"), [
    (1, (0.4, 0.0), 1), (1, (-0.4, 0.0), -1), (0, (0.0, 0.3), -1), (0, (0.0, -0.3), 1),
])
def test_the_iris_follows_the_gaze(show, axis, gaze, sign):
    def iris(image):
        return centre_of(like(image, IRIS, 30))[axis]

    assert sign * (iris(show(gaze=gaze)) - iris(show())) > 4


def test_eye_look_shapes_move_the_iris_like_the_gaze(show):
    looks = show(eyeLookOutLeft=0.5, eyeLookInRight=0.5)
    angle = show(gaze=(0.5 * np.deg2rad(35.0), 0.0))
    np.testing.assert_array_equal(looks, angle)


@pytest.mark.parametrize(("head", "axis", "sign"), [
    ((0, 0, 0.4), 1, 1), ((0, 0, -0.4), 1, -1), ((0, 0.3, 0), 0, 1), ((0, -0.3, 0), 0, -1),
])
def test_the_face_turns_with_the_head(show, head, axis, sign):
    """REP-103: positive yaw turns to the robot's left, positive pitch looks down."""
    moved = centre_of(like(show(head=head), IRIS, 30)) - centre_of(like(show(), IRIS, 30))
    assert sign * moved[axis] > 15


def test_roll_tips_the_head(show):
    """Positive roll about the forward axis lifts the robot's left."""
    mask = like(show(head=(0.3, 0, 0)), IRIS, 30)
    assert np.argwhere(left(mask)).mean(0)[0] < np.argwhere(right(mask)).mean(0)[0] - 10


ASYMMETRIC = [name for name in ARKIT_BLENDSHAPES if name.endswith("Left")
              and not name.startswith(("eyeLook", "jaw")) and name != "mouthLeft"]


@pytest.mark.parametrize("name", ASYMMETRIC)
def test_left_and_right_are_mirror_images(show, name):
    """Lit from one side, the face is not quite symmetric: the changes are compared."""
    rest = show()
    change = [np.abs(show(**{shape: 1.0}) - rest).max(-1) > 40
              for shape in (name, name.replace("Left", "Right"))]
    # Eye highlights sit on the same side of both eyes, so a share of pixels differs.
    mirrored = change[1][:, ::-1]
    mirrored = np.roll(mirrored, 1, axis=1)
    overlap = (change[0] & mirrored).sum() / max((change[0] | mirrored).sum(), 1)
    assert change[0].sum() > 20
    assert overlap > 0.5
    if not name.startswith("mouth"):
        assert left(change[0]).sum() > 10 * right(change[0]).sum()


VISIBLE = [name for name in ARKIT_BLENDSHAPES if name != "mouthClose"]


@pytest.mark.parametrize("name", VISIBLE)
def test_every_blendshape_is_visible(show, name):
    base = {"jawOpen": 0.5} if name.startswith("jaw") and name != "jawOpen" else {}
    change = np.abs(show(**base, **{name: 1.0}) - show(**base)).max(-1)
    assert (change > 25).sum() > 30


def test_body_pose_moves_the_arms(view, scene):
    rest = view.render(None, None).astype(int)
    raised = view.render(None, scene.body_pose(left_shoulder=(0, 0, 0.9))).astype(int)
    change = np.abs(raised - rest).max(-1) > 40
    assert change[:, CENTRE + 40:].sum() > 5000
    assert change[300:700, :CENTRE - 120].sum() > 0  # the other arm goes to the T-pose too
    lifted = np.argwhere(change[:330, CENTRE + 140:])
    assert len(lifted) > 800


def test_fingers_close_to_a_fist(view, scene):
    open_, fist = scene.body_pose(left_shoulder=(0, 0, -1.2)), scene.body_pose(
        left_shoulder=(0, 0, -1.2))
    fist.left_hand = np.full((15, 3), 0.8)
    backdrop = view.render(None, scene.body_pose()).astype(int)
    area = [(np.abs(view.render(None, pose).astype(int) - backdrop).max(-1) > 40)[560:, 400:].sum()
            for pose in (open_, fist)]
    assert area[1] < area[0]


def test_unknown_parts_are_neutral(view, scene):
    face, body = scene.face_pose(), scene.body_pose()
    unknown = scene.face_pose()
    unknown.blendshapes = np.full(52, np.nan, np.float32)
    unknown.gaze, unknown.head = np.full(2, np.nan), np.full(3, np.nan)
    lost = scene.body_pose()
    lost.body_pose = np.full((21, 3), np.nan)
    lost.transl, lost.left_hand = np.full(3, np.nan), np.full((15, 3), np.nan)
    np.testing.assert_array_equal(view.render(unknown, lost), view.render(face, body))


@pytest.mark.parametrize(("width", "height"), [(480, 680), (120, 120), (800, 300)])
def test_any_size(width, height, scene):
    image = RobotView(width, height).render(
        scene.face_pose(jawOpen=1, head=(0.3, 0.4, 1.2)), scene.body_pose())
    assert image.shape == (height, width, 3) and image.dtype == np.uint8


def test_too_small_is_refused():
    with pytest.raises(ValueError, match="Got a robot view of 50 x 400"):
        RobotView(50, 400)
