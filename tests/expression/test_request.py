"""What can be asked for becomes the face that shows it, and the state beneath it."""

from __future__ import annotations

import numpy as np
import pytest

from kinesics_core.affect.emotions import (
    CONTEMPT,
    EMOTION_VAD,
    EMOTIONS,
    FEAR,
    HAPPINESS,
    NEUTRAL,
    SADNESS,
)
from kinesics_core.errors import KinesicsError
from kinesics_core.expression import faces
from kinesics_core.expression.animator import Animator
from kinesics_core.expression.request import WAYS, ExpressionRequest, check, likeness, resolve
from kinesics_core.skeletons import BLENDSHAPE_INDEX

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND
SMILE, JAW = BLENDSHAPE_INDEX["mouthSmileLeft"], BLENDSHAPE_INDEX["jawOpen"]


@pytest.mark.parametrize("emotion", range(len(EMOTIONS)))
@pytest.mark.parametrize("intensity", [0.0, 0.4, 1.0])
def test_an_emotion_is_its_face_and_its_state(emotion, intensity):
    shown = resolve(ExpressionRequest(emotion=emotion, intensity=intensity))
    np.testing.assert_allclose(
        shown.blendshapes, faces.face_of_emotion(emotion, intensity), atol=1e-6)
    np.testing.assert_allclose(shown.vad, intensity * EMOTION_VAD[emotion], atol=1e-6)
    assert shown.emotion == emotion and shown.distribution[emotion] == 1.0


def test_a_text_is_shown_as_it_is_read():
    shown = resolve(ExpressionRequest(text="I am so scared of the dark"))
    assert shown.emotion == FEAR
    assert shown.distribution.sum() == pytest.approx(1.0, abs=1e-3)
    assert shown.vad[0] < 0 < shown.vad[1]
    assert 0.0 < shown.intensity <= 1.0
    half = resolve(ExpressionRequest(text="I am so scared of the dark", intensity=0.5))
    np.testing.assert_allclose(half.blendshapes, 0.5 * shown.blendshapes, atol=1e-6)
    np.testing.assert_allclose(half.vad, 0.5 * shown.vad, atol=1e-6)


def test_a_compound_shows_one_emotion_above_and_the_other_below():
    shown = resolve(ExpressionRequest(compound=("sadness", HAPPINESS)))
    assert shown.emotion == SADNESS, "the eyes tell what is felt"
    assert shown.blendshapes[SMILE] > 0.5
    assert shown.blendshapes[BLENDSHAPE_INDEX["browInnerUp"]] > 0.3
    assert shown.distribution[SADNESS] == shown.distribution[HAPPINESS] == 0.5


def test_shapes_by_name_are_shown_as_given_and_the_others_rest():
    shown = resolve(ExpressionRequest(blendshapes={"jawOpen": 0.8}, intensity=0.5))
    wanted = np.zeros(52)
    wanted[JAW] = 0.4
    np.testing.assert_allclose(shown.blendshapes, wanted, atol=1e-6)


@pytest.mark.parametrize("emotion", [name for name in EMOTIONS if name != "neutral"])
def test_a_face_is_most_like_the_emotion_whose_face_it_is(emotion):
    full = likeness(faces.face_of_emotion(emotion, 1.0))
    assert np.argmax(full) == EMOTIONS.index(emotion) and full[NEUTRAL] < 0.05
    faint = likeness(0.2 * faces.face_of_emotion(emotion, 1.0))
    assert np.argmax(faint) == NEUTRAL
    assert faint.sum() == pytest.approx(1.0) and full.sum() == pytest.approx(1.0)


def test_a_face_of_nothing_is_neutral():
    assert likeness(np.zeros(52))[NEUTRAL] == 1.0


def test_one_way_of_the_seven_is_given():
    with pytest.raises(KinesicsError, match="nothing to show; give exactly one of emotion, text"):
        check(ExpressionRequest())
    with pytest.raises(KinesicsError, match="emotion and text at once"):
        check(ExpressionRequest(emotion=0, text="hello"))
    assert set(WAYS) <= set(ExpressionRequest.__dataclass_fields__)


# How far it has come, as the animator tells it.


def run(animator: Animator, start: int, seconds: float) -> int:
    """Step at 60 Hz; the time at the end."""
    for frame in range(1, int(round(60 * seconds)) + 1):
        animator.step(start + frame * SECOND // 60)
    return start + int(round(60 * seconds)) * SECOND // 60


def show(animator: Animator, now: int, **fields) -> int:
    request = ExpressionRequest(**fields)
    return animator.show(resolve(request), request, now)


@pytest.mark.parametrize("fields", [
    {"emotion": "happiness"}, {"emotion": "happiness", "onset": 0.3}, {"vad": (0.8, 0.5, 0.4)},
    {"blendshapes": {"mouthFunnel": 0.7}}, {"emotion": CONTEMPT, "intensity": 0.3},
    {"compound": ("sadness", "happiness")}, {"emotion": "neutral"}])
def test_phases_follow_each_other_and_the_intensity_rises_and_falls(fields):
    animator = Animator()
    animator.step(START)
    number = show(animator, START, duration=2.0, **fields)
    now, told = START, []
    while not told or told[-1].phase != "over":
        assert len(told) < 60 * 5
        now = run(animator, now, 1 / 60)
        told.append(animator.progress(number))
    phases = [each.phase for each in told]
    order = ["onset", "apex", "offset", "over"]
    assert phases == sorted(phases, key=order.index)
    assert {"apex", "over"} <= set(phases)
    elapsed = np.array([each.elapsed for each in told])
    assert (np.diff(elapsed) > 0).all() and elapsed[0] < 0.05
    assert 2.0 <= elapsed[phases.index("over")] <= 4.1
    seen = np.array([each.intensity for each in told])
    asked = fields.get("intensity", 1.0)
    assert seen.max() == pytest.approx(asked, abs=0.12 * asked)
    if fields != {"emotion": "neutral"}:
        assert seen[0] < 0.3 * asked and seen[-1] <= 0.11 * asked
        rising = seen[:phases.index("apex")]
        assert (np.diff(rising) > -0.05).all()


def test_a_newer_expression_replaces_the_one_before_unless_that_was_over():
    animator = Animator()
    animator.step(START)
    first = show(animator, START, emotion="happiness", duration=5.0)
    now = run(animator, START, 1.0)
    second = show(animator, now, emotion="anger", duration=1.0)
    assert animator.progress(first).phase == "replaced"
    assert animator.progress(first).elapsed == pytest.approx(1.0, abs=0.02)
    now = run(animator, now, 1.1)  # in its offset
    assert animator.progress(second).phase == "offset"
    show(animator, now, emotion="fear", duration=1.0)
    assert animator.progress(second).phase == "over"


def test_what_is_released_goes_at_once_and_smoothly():
    animator = Animator()
    animator.step(START)
    number = show(animator, START, emotion="happiness", duration=60.0)
    now = run(animator, START, 2.0)
    animator.release(number)
    assert animator.progress(number).phase == "offset"
    smiles = []
    for _ in range(180):
        now += SECOND // 60
        smiles.append(float(animator.step(now)[0].blendshapes[SMILE]))
    assert smiles[0] > 0.5 and smiles[-1] < 0.1
    assert np.abs(np.diff(smiles)).max() < 0.12
    assert animator.progress(number).phase == "over"
