"""The expression networks see a face as their own packages show it to them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from kinesics_core.affect.emotions import (
    ANGER,
    CONTEMPT,
    DISGUST,
    FEAR,
    HAPPINESS,
    NEUTRAL,
    SADNESS,
    SURPRISE,
)
from kinesics_core.assets import store
from kinesics_core.errors import ModelError
from kinesics_core.perception.expression_network import (
    ExpressionNetwork,
    face_api_input,
    face_region,
    facex_input,
    fer_input,
    pool,
)

# Frames of the film "demo-face", three times as large, with the face's box; and what the packages'
# own code says there: fer 25.10.3 (FER.detect_emotions) and facex 1.1.0 (detect_emotion) on the
# square that a Haar cascade would give, face-api 1.7.15 (predictExpressions, which pads and
# shrinks) on the box around 68 landmarks and a fifth. None of them is a label: he talks.
BOXES = {0: (205, 130, 325, 287), 60: (177, 114, 297, 271), 90: (128, 122, 248, 279)}
SAID = {
    ("expression-face-api", 0): {NEUTRAL: 0.377, HAPPINESS: 0.002, SURPRISE: 0.617},
    ("expression-face-api", 60): {SURPRISE: 1.0},
    ("expression-face-api", 90): {HAPPINESS: 0.918, ANGER: 0.035, SURPRISE: 0.040},
    ("expression-fer", 0): {ANGER: 0.101, FEAR: 0.363, SADNESS: 0.104, NEUTRAL: 0.340},
    ("expression-fer", 60): {FEAR: 0.659, SURPRISE: 0.332},
    ("expression-fer", 90): {ANGER: 0.134, FEAR: 0.486, SADNESS: 0.136, NEUTRAL: 0.181},
    ("expression-facex", 0): {SADNESS: 0.837, NEUTRAL: 0.133, SURPRISE: 0.016},
    ("expression-facex", 60): {FEAR: 0.950, SURPRISE: 0.048},
    ("expression-facex", 90): {SADNESS: 0.864, FEAR: 0.111, SURPRISE: 0.024},
}
ROWS = {"expression-face-api": 0, "expression-fer": 1, "expression-facex": 2}


@pytest.fixture(scope="module")
def network() -> ExpressionNetwork:
    return ExpressionNetwork.load()


@pytest.fixture(scope="module")
def film() -> dict[int, np.ndarray]:
    capture = cv2.VideoCapture(str(store.path("demo-face")))
    frames = [capture.read()[1] for _ in range(max(BOXES) + 1)]
    return {k: cv2.cvtColor(cv2.resize(frames[k], None, fx=3, fy=3), cv2.COLOR_BGR2RGB)
            for k in BOXES}


@pytest.mark.parametrize(("member", "frame"), SAID)
def test_a_face_is_shown_as_its_package_shows_it(network, film, member, frame):
    said = network.read_members(film[frame], face_region(BOXES[frame]))[ROWS[member]]
    expected = SAID[member, frame]
    assert said.sum() == pytest.approx(1.0, abs=1e-5)
    # Boxes are whole pixels there, and the pixels are averaged in other ways.
    assert 0.5 * np.abs([said[e] - p for e, p in expected.items()]).sum() < 0.17
    assert said.argmax() == max(expected, key=lambda e: expected[e])


def test_a_smile_is_happiness(network):
    portrait = cv2.cvtColor(cv2.imread(str(store.path("portrait"))), cv2.COLOR_BGR2RGB)
    read = network.read(portrait, (178, 66, 267, 172))
    assert read.shape == (8,) and read.dtype == np.float32
    assert read[HAPPINESS] > 0.9 and read[CONTEMPT] == 0.0
    assert read.sum() == pytest.approx(1.0, abs=1e-5)


def test_a_face_that_is_seen_once_is_seen_both_ways(network):
    portrait = cv2.cvtColor(cv2.imread(str(store.path("portrait"))), cv2.COLOR_BGR2RGB)
    box, width = (178, 66, 267, 172), portrait.shape[1]
    plain, mirrored, both = (network.read(portrait, box, way) for way in (False, True, None))
    np.testing.assert_allclose(mirrored, network.read(
        np.ascontiguousarray(portrait[:, ::-1]), (width - 267, 66, width - 178, 172), False),
        atol=0.02)  # the square is cut out at other fractions of pixels
    expected = np.sqrt(plain.astype(np.float64) * mirrored)
    np.testing.assert_allclose(both, expected / expected.sum(), atol=0.02)
    assert both[CONTEMPT] == 0.0 and not np.array_equal(plain, mirrored)


def mesh(turn: float = 0.0, shift: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    """An oval face 100 px wide, 130 px high, with eyes 60 px apart, turned about its centre."""
    points = np.zeros((478, 3))
    around = np.linspace(0.0, 2 * np.pi, 468, endpoint=False)
    points[:468, :2] = np.column_stack([50 * np.sin(around), -65 * np.cos(around)])
    points[33, :2], points[263, :2] = (-30, -20), (30, -20)
    points[70, :2], points[300, :2] = (-30, -35), (30, -35)
    points[152, :2], points[234, :2], points[454, :2] = (0, 65), (-50, 0), (50, 0)
    cos, sin = np.cos(turn), np.sin(turn)
    points[:, :2] = points[:, :2] @ np.array([[cos, sin], [-sin, cos]]) + [200, 150] + shift
    return points


@pytest.mark.parametrize("turn", [0.0, 0.4, -0.7])
def test_the_region_turns_with_the_head(turn):
    region, upright = face_region(mesh(turn)), face_region(mesh())
    assert region.angle == pytest.approx(turn)
    assert region.height == pytest.approx(130, abs=0.5)
    np.testing.assert_allclose(region.outline_size, upright.outline_size, atol=1e-6)
    np.testing.assert_allclose(region.centre, [200, 150], atol=1e-6)


def test_what_a_network_sees_does_not_depend_on_roll_or_place():
    rng = np.random.default_rng(1)
    scene = cv2.GaussianBlur(rng.integers(0, 255, (300, 400, 3)).astype(np.uint8), (0, 0), 9)
    turn = 0.5
    cos, sin = np.cos(turn), np.sin(turn)
    matrix = np.array([[cos, -sin], [sin, cos]])
    centre = np.array([200.0, 150.0])
    moved = cv2.warpAffine(
        scene, np.column_stack([matrix, centre + [7, 4] - matrix @ centre]), (400, 300))
    for see in (face_api_input, fer_input, facex_input):
        upright = see(scene, face_region(mesh()))
        turned = see(moved, face_region(mesh(turn, (7, 4))))
        edge = upright.shape[1] // 4
        difference = np.abs(upright - turned)[:, edge:-edge, edge:-edge]
        assert difference.mean() < 0.02


def test_a_box_is_the_mesh_it_encloses(network):
    film_face = face_region(BOXES[0])
    assert film_face.angle == 0.0 and film_face.height == 157.0
    assert film_face.outline_size[0] == 120.0 and film_face.outline_size[1] < 157.0


@pytest.mark.parametrize("face", [
    (0, 0, 10, 10), (5, 5, np.nan, 80), (80, 80, 5, 5), np.zeros((17, 2)),
    np.full((478, 3), np.nan), np.zeros((478, 3))])
def test_no_face_is_a_sentence(network, face):
    with pytest.raises(ModelError, match="Got a face"):
        network.read(np.zeros((100, 100, 3), np.uint8), face)


def test_another_image_is_a_sentence(network):
    with pytest.raises(ModelError, match="RGB"):
        network.read(np.zeros((100, 100), np.uint8), (10, 10, 90, 90))


def test_a_face_half_out_of_the_image_is_read(network, film):
    image = film[0][:, :265]
    read = network.read(image, BOXES[0])
    assert np.isfinite(read).all() and read.sum() == pytest.approx(1.0, abs=1e-5)


def test_agreement_is_kept_and_what_is_said_too_often_does_not_win_ties():
    sure = np.zeros((3, 8))
    sure[:, ANGER] = 1.0
    assert pool(sure)[ANGER] > 0.97
    torn = np.zeros((3, 8))
    torn[:, [SADNESS, SURPRISE]] = 0.5  # networks see sadness in many faces that show none
    pooled = pool(torn)
    assert pooled[SURPRISE] > pooled[SADNESS] and pooled[CONTEMPT] == 0.0
    unsure = np.zeros((3, 8))
    unsure[:, :] = 1 / 7
    unsure[:, CONTEMPT] = 0.0
    assert pool(unsure)[DISGUST] < 0.25


def test_the_best_network_is_heard_most_and_two_others_together_against_it():
    said = np.full((3, 8), 0.02)
    said[:, CONTEMPT] = 0.0
    said[0, HAPPINESS] = said[1, NEUTRAL] = said[2, SURPRISE] = 0.88
    assert pool(said).argmax() == HAPPINESS
    said[1:] = said[1]
    said[0, [HAPPINESS, NEUTRAL]] = 0.6, 0.3  # it is not sure, they are
    assert pool(said).argmax() == NEUTRAL
