import itertools

import numpy as np
import pytest

from kinesics_core.affect.emotions import CONTEMPT, EMOTIONS, HAPPINESS, NEUTRAL, SADNESS
from kinesics_core.errors import KinesicsError
from kinesics_core.expression import face_animator
from kinesics_core.expression.face_animator import (
    MAX_ACCELERATION,
    MAX_HEAD_SPEED,
    MAX_SPEED,
    FaceAnimator,
    eye_weights,
)
from kinesics_core.expression.faces import (
    broken_rules,
    face_of_emotion,
    glad_face,
    nearest_face,
)
from kinesics_core.expression.gaze import EYE_RANGE, HEAD_RANGE
from kinesics_core.expression.liveliness import MOVEMENT
from kinesics_core.expression.onset import TIMING
from kinesics_core.skeletons import ARKIT_BLENDSHAPES, BLENDSHAPE_INDEX

LID, WIDE = BLENDSHAPE_INDEX["eyeBlinkLeft"], BLENDSHAPE_INDEX["eyeWideLeft"]
EYES = np.array(["eye" in name for name in ARKIT_BLENDSHAPES])


def run(face, seconds, rate=60):
    """(t, 52) shapes, (t, 2) eyes, (t, 3) head."""
    frames = []
    for _ in range(int(round(seconds * rate))):
        face.step(1 / rate)
        eyes = face.eyes(face.head)
        frames.append((face.blendshapes(eyes), eyes, face.head))
    return tuple(np.array(part, dtype=np.float64) for part in zip(*frames, strict=True))


def answered(emotion, intensity):
    """The face that is held for an emotion."""
    if emotion == HAPPINESS:
        return glad_face(intensity)
    return face_of_emotion(emotion, intensity)


def anything(face, rng):
    """Ask for something new, of whatever kind."""
    kind = rng.integers(5)
    if kind == 0:
        face.show(int(rng.integers(8)), rng.random(), rng.uniform(-1.5, 1.5, 3))
    elif kind == 1:
        face.show_face(np.round(rng.random(52)), rng.choice([None, 0.25, 1.0]))
    elif kind == 2:
        face.look(rng.uniform(-4.0, 4.0, 2))
    elif kind == 3:
        face.look(None if rng.random() < 0.5 else np.array([np.nan, 0.0]))
    else:
        face.show(str(rng.choice(EMOTIONS)), 1.0)


@pytest.mark.parametrize(("rate", "share"), [(60, 0.05), (60, 1.0), (500, 0.02)])
def test_no_weight_and_no_angle_jumps_whatever_is_asked_for(rate, share):
    rng, face, frames = np.random.default_rng(int(100 * share)), FaceAnimator(1), []
    for _ in range(6 * rate if rate > 100 else 25 * rate):
        if rng.random() < share:
            anything(face, rng)
        frames.append(run(face, 1 / rate, rate))
    shapes, eyes, head = (np.concatenate(part) for part in zip(*frames, strict=True))
    assert shapes.min() >= 0.0 and shapes.max() <= 1.0
    assert (np.abs(eyes) <= EYE_RANGE).all() and (np.abs(head[:, [2, 1]]) <= HEAD_RANGE).all()
    assert (np.abs(np.diff(shapes, axis=0)) * rate <= MAX_SPEED).all()
    assert np.abs(np.diff(head, axis=0)).max() * rate <= MAX_HEAD_SPEED
    jerked = np.abs(np.diff(shapes, 2, axis=0)).max(axis=0) * rate**2
    looks = np.array(["eyeLook" in name for name in ARKIT_BLENDSHAPES])
    assert (jerked <= MAX_ACCELERATION)[~looks].all()
    turned = np.abs(np.diff(eyes / EYE_RANGE, 2, axis=0)).max() * rate**2
    assert turned <= MAX_ACCELERATION[looks].max()
    assert np.abs(np.diff(head, 2, axis=0)).max() * rate**2 < 80.0


def test_a_clock_that_jumps_moves_the_face_no_further_than_a_step():
    rng, face = np.random.default_rng(3), FaceAnimator(2)
    (before,), _, _ = run(face, 1 / 60)
    for _ in range(300):
        anything(face, rng)
        face.step(float(rng.choice([1 / 60, 3600.0, 0.5, 0.0, -5.0, float("inf")])))
        face.step(1 / 60)  # never two jumps in a row, which would be another rate
        after = face.blendshapes(face.eyes(face.head))
        assert (np.abs(after - before) <= MAX_SPEED * 2 / 60).all()
        before = after


def test_two_long_steps_are_a_new_rate():
    face, other = FaceAnimator(2), FaceAnimator(2)
    for animator in (face, other):
        animator.step(1 / 60)
        animator.show("happiness", 1.0)
    for _ in range(10):
        face.step(0.2)
    run(other, 1.8 + 1 / 60)  # the first long step counted as one of the old rate
    assert face.blendshapes(np.zeros(2)) == pytest.approx(other.blendshapes(np.zeros(2)), abs=1e-5)


@pytest.mark.parametrize("first", range(8))
def test_from_any_emotion_to_any_other_without_leaving_the_way(first):
    for second in set(range(8)) - {first}:
        face = FaceAnimator(first)
        face.show(first, 0.9)
        run(face, 2.5, 20)
        face.show(second, 0.9)
        shapes, _, _ = run(face, 2.5)
        start, end = answered(first, 0.9), answered(second, 0.9)
        low = np.minimum(start, end) * (1.0 - MOVEMENT.waver) - 1e-6
        high = np.maximum(start, end) + MOVEMENT.twitch + MOVEMENT.breath_jaw
        assert (shapes >= low)[:, ~EYES].all() and (shapes <= high)[:, ~EYES].all()
        time = TIMING[second if second != NEUTRAL else first]
        duration = time.offset if second == NEUTRAL else time.onset
        there = shapes[int(np.ceil(duration * 60)) :, ~EYES]
        slack = MOVEMENT.waver * end + MOVEMENT.twitch + MOVEMENT.breath_jaw
        assert (np.abs(there - end[~EYES]) <= slack[~EYES]).all()
        halfway = shapes[int(0.3 * duration * 60), ~EYES]
        assert np.abs(halfway - end[~EYES]).max() > 0.2


@pytest.mark.parametrize("emotion", range(7))
def test_an_onset_rises_all_the_way_and_reaches_its_apex_when_it_says(emotion):
    face = FaceAnimator(0)
    face.show(emotion, 1.0)
    assert face.phase == "onset" and face.progress == 0.0
    shapes, progress, phases = [], [], []
    for _ in range(200):
        (now,), _, _ = run(face, 0.01, 100)
        shapes.append(now)
        progress.append(face.progress)
        phases.append(face.phase)
    shapes = np.array(shapes)
    end = int(round(TIMING[emotion].onset * 100))
    assert phases.index("apex") in (end - 1, end)
    assert set(phases[:end - 1]) == {"onset"} and set(phases[end:]) == {"apex"}
    assert progress[end // 2 - 1] == pytest.approx(0.5, abs=0.01)
    main = np.where(EYES, 0.0, answered(emotion, 1.0)).argmax()
    assert (np.diff(shapes[:end, main]) > -0.003).all()  # rises, but for its wavering
    assert shapes[end, main] >= (1.0 - MOVEMENT.waver) * answered(emotion, 1.0)[main]


def test_the_phases_of_an_expression_in_their_order():
    face, seen = FaceAnimator(0), []
    assert face.phase == "rest" and face.progress == 1.0
    for shown in (("anger", 0.8), ("anger", 0.4), ("neutral", 0.0)):
        face.show(*shown)
        for _ in range(90):
            face.step(1 / 60)
            if not seen or seen[-1] != face.phase:
                seen.append(face.phase)
    assert seen == ["onset", "apex", "offset", "apex", "offset", "rest"]


def test_a_state_that_drifts_is_no_new_onset_and_does_not_slow_one():
    face, steady = FaceAnimator(0), FaceAnimator(0)
    steady.show("surprise", 1.0, np.zeros(3))
    for step in range(18):
        if step % 4 == 0:
            face.show("surprise", 1.0 - 0.005 * step, np.array([0.0, 0.01 * step, 0.0]))
        face.step(1 / 60)
        steady.step(1 / 60)
    assert steady.progress == pytest.approx(1.0)
    assert face.progress == pytest.approx(1.0)
    jaw = BLENDSHAPE_INDEX["jawOpen"]
    looks = np.zeros(2)
    assert face.blendshapes(looks)[jaw] > 0.9 * steady.blendshapes(looks)[jaw]


def test_a_held_expression_is_never_still_and_stays_what_it_is():
    face = FaceAnimator(0)
    face.show("happiness", 1.0)
    run(face, 2.0)
    shapes, _, _ = run(face, 20.0)
    held = answered(HAPPINESS, 1.0)
    smile = BLENDSHAPE_INDEX["mouthSmileLeft"]
    assert 0.01 < np.ptp(shapes[:, smile]) <= MOVEMENT.waver
    assert shapes[:, smile].min() > 0.9 * held[smile]
    changes = np.abs(np.diff(shapes, axis=0)).max(axis=1)
    assert (changes > 1e-5).all()
    sides = shapes[:, [smile, smile + 1]]
    assert np.ptp(sides[:, 0] - sides[:, 1]) > 0.01  # the two sides waver by themselves


def test_a_resting_face_lives_a_little():
    shapes, _, head = run(FaceAnimator(1), 30.0)
    assert 0.005 < np.ptp(shapes[:, ~EYES], axis=0).max() < 0.05
    assert np.ptp(head[:60], axis=0).max() > 0.003
    assert np.degrees(np.abs(head[:, [0, 1]])).max() < 8.0


def test_a_blink_shuts_the_lids_whatever_the_expression():
    face = FaceAnimator(0)
    wide = np.zeros(52)
    wide[[WIDE, WIDE + 1, LID, LID + 1]] = 1.0, 0.7, 0.5, 0.5
    face.show_face(wide)
    run(face, 1.0)
    shapes, _, _ = run(face, 30.0, 100)
    blinks = shapes[shapes[:, LID] > 0.999]
    assert len(blinks) > 10 and (blinks[:, WIDE] < 0.002).all()
    assert (shapes[:, LID] + shapes[:, WIDE] <= 1.0 + 1e-6).all()
    assert (shapes[:, LID + 1] + shapes[:, WIDE + 1] <= 1.0 + 1e-6).all()
    assert np.median(shapes[:, LID]) < 0.05 < 0.9 < np.median(shapes[:, WIDE])


def test_upper_lids_follow_a_look_down():
    face = FaceAnimator(0)
    ahead, down = (face.blendshapes(np.array([0.0, angle]))[LID] for angle in (0.0, -0.4))
    assert ahead < 0.02 and 0.12 < down < 0.5


@pytest.mark.slow
def test_fewer_blinks_for_somebody_and_more_when_aroused():
    def count(arousal, bearing):
        face = FaceAnimator(3)
        face.show("neutral", 0.0, np.array([0.0, arousal, 0.0]))
        face.look(bearing)
        lids, _, _ = run(face, 240.0, 20)
        shut = lids[:, LID] > 0.8
        return np.count_nonzero(shut[1:] & ~shut[:-1]) / 4.0

    rest, excited, attending = count(0.0, None), count(0.8, None), count(0.0, np.zeros(2))
    assert 13.0 <= rest <= 21.0
    assert attending < 0.9 * rest and excited > 1.2 * rest


def test_shapes_given_are_shown_as_they_are_and_turn_the_eyes():
    face = FaceAnimator(0)
    given = np.zeros(52, np.float32)
    given[[BLENDSHAPE_INDEX[n] for n in ("mouthPucker", "tongueOut")]] = 0.8, 0.3
    given[[BLENDSHAPE_INDEX[n] for n in ("eyeLookDownLeft", "eyeLookDownRight")]] = 0.4
    face.look(np.zeros(2))
    run(face, 1.0)
    face.show_face(given, onset=0.5)
    assert face.phase == "onset"
    shapes, eyes, head = run(face, 0.8)
    assert face.phase == "apex"
    assert shapes[-1, BLENDSHAPE_INDEX["mouthPucker"]] == pytest.approx(0.8, abs=0.07)
    assert shapes[-1, BLENDSHAPE_INDEX["tongueOut"]] == pytest.approx(0.3, abs=0.03)
    looks = eyes[:, 1] - head[:, 1]
    assert looks[-1] == pytest.approx(-0.4 * EYE_RANGE[1], abs=0.06)
    given[:] = 0.0
    face.show_face(given)
    assert face.phase == "offset"
    shapes, _, _ = run(face, 1.5)
    assert face.phase == "rest" and shapes[-1, ~EYES].max() < 0.06


def test_a_face_given_with_what_it_expresses_takes_its_time_and_the_heads_part():
    given = face_of_emotion("sadness", 1.0)
    told, untold, named = FaceAnimator(0), FaceAnimator(0), FaceAnimator(0)
    told.show_face(given, distribution=np.eye(8)[SADNESS])
    untold.show_face(given)
    named.show("sadness", 1.0)
    for face in (told, untold, named):
        run(face, 0.5 * TIMING[SADNESS].onset)
    assert told.progress == pytest.approx(named.progress) == pytest.approx(0.5, abs=0.01)
    assert untold.phase == "apex"
    pitches = [run(face, 3.0)[2][-1, 1] for face in (told, untold, named)]
    assert pitches[0] > pitches[1] + np.radians(3.0)
    assert told.phase == "apex"
    told.show("neutral", 0.0)
    run(told, 0.5 * TIMING[SADNESS].offset)
    assert told.phase == "offset" and told.progress == pytest.approx(0.5, abs=0.01)
    untold.show_face(np.zeros(52), 0.4)
    run(untold, 0.2)
    assert untold.phase == "offset" and untold.progress == pytest.approx(0.5, abs=0.01)


def test_what_moves_stays_a_possible_face():
    rng, face = np.random.default_rng(2), FaceAnimator(0)
    given = [nearest_face(np.round(rng.random(52)) * rng.random()) for _ in range(6)]
    for step in range(600):
        if step % 60 == 0:
            face.show(int(rng.integers(8)), rng.random(), rng.uniform(-0.5, 0.5, 3))
        if step % 100 == 30:
            face.show_face(given[step // 100], 0.5)
        face.look(rng.uniform(-0.5, 0.5, 2))
        (shapes,), _, _ = run(face, 1 / 60)
        assert broken_rules(shapes) == []


def test_a_mood_is_seen_at_rest_as_its_emotion_not_as_contempt():
    weights = {}
    for name, state in (("glad", (0.3, 0.2, 0.15)), ("sad", (-0.3, -0.15, -0.15)),
                        ("angry", (-0.2, 0.25, 0.1)), ("faint", (0.02, 0.01, 0.0))):
        face = FaceAnimator(0)
        face.show("neutral", 0.0, np.array(state))
        shapes, _, _ = run(face, 3.0)
        assert face.phase == "rest"
        weights[name] = dict(zip(ARKIT_BLENDSHAPES, shapes[-1], strict=True))
    assert weights["glad"]["mouthSmileLeft"] > 0.15 > weights["angry"]["mouthSmileLeft"]
    assert weights["sad"]["browInnerUp"] > 0.1 and weights["sad"]["mouthFrownLeft"] > 0.1
    assert weights["angry"]["browDownLeft"] > 0.1 > weights["glad"]["browDownLeft"]
    assert weights["angry"]["mouthDimpleLeft"] < 0.05  # contempt lies in the same direction
    assert max(w for name, w in weights["faint"].items() if "Look" not in name) < 0.06


def test_a_mood_leaves_traces_on_a_resting_face_and_none_on_another():
    smile, frown = (BLENDSHAPE_INDEX[name] for name in ("mouthSmileLeft", "mouthFrownLeft"))
    seen = {}
    for name, sign in (("glad", 1.0), ("sad", -1.0), ("no", 0.0)):
        face = FaceAnimator(2)
        face.show("neutral", 0.0, sign * np.array([0.3, 0.15, 0.15]))
        shapes, _, _ = run(face, 120.0, 20)
        assert face.phase == "rest"
        seen[name] = np.ptp(shapes[40:, [smile, frown]], axis=0)
    assert seen["glad"][0] > 0.1 > seen["glad"][1]
    assert seen["sad"][1] > 0.1 > seen["sad"][0]
    assert max(seen["no"]) < 0.05


def test_faces_one_after_the_other_are_onsets_and_a_stream_of_them_is_followed():
    face, rng = FaceAnimator(0), np.random.default_rng(0)
    one, other = np.round(rng.random((2, 52)))
    for given in (one, other, one):
        face.show_face(given, 0.4)
        assert face.phase == "onset" and face.progress == 0.0
        run(face, 0.5)
        assert face.phase == "apex"
    shown, wanted = [], []
    pucker = BLENDSHAPE_INDEX["mouthPucker"]
    for step in range(240):
        stream = np.zeros(52)
        stream[pucker] = 0.5 + 0.4 * np.sin(2.0 * np.pi * 0.3 * step / 60)
        face.show_face(stream, 0.25)
        shown.append(run(face, 1 / 60)[0][0, pucker])
        wanted.append(stream[pucker])
    lag = 7  # steps: the middle of an onset of .25 s
    assert np.array(shown[120:]) == pytest.approx(np.array(wanted[120 - lag : -lag]), abs=0.08)


@pytest.mark.parametrize(("call", "words"), [
    (lambda face: face.show("joy", 0.5), "'joy'.*happiness"),
    (lambda face: face.show("anger", 1.2), "intensity 1.2.*from 0"),
    (lambda face: face.show("anger", float("nan")), "intensity nan"),
    (lambda face: face.show("anger", 0.5, np.zeros(2)), r"\(2,\).*valence"),
    (lambda face: face.show_face(np.zeros(51)), r"\(51,\).*52 weights"),
    (lambda face: face.show_face(np.full(52, np.nan)), "browDownLeft = nan.*51 more.*from 0"),
    (lambda face: face.show_face(np.full(52, 1.01)), "1.01"),
    (lambda face: face.show_face(np.ones(52), 0.1), "onset of 0.1 s.*0.25 to 10"),
    (lambda face: face.show_face(np.ones(52), float("nan")), "onset of nan"),
    (lambda face: face.show_face(np.ones(52), None, np.ones(8)), "1.0, 1.0.*sum to 1"),
    (lambda face: face.show_face(np.ones(52), None, np.ones(3) / 3), "8 shares"),
    (lambda face: face.look(np.zeros(3)), r"\(3,\).*azimuth"),
    (lambda face: face.step(float("nan")), "nan seconds"),
])
def test_what_is_out_of_range_is_refused_and_changes_nothing(call, words):
    face, untouched = FaceAnimator(4), FaceAnimator(4)
    for animator in (face, untouched):
        animator.show("sadness", 0.7)
        run(animator, 0.5)
    with pytest.raises(KinesicsError, match=words):
        call(face)
    assert (run(face, 2.0)[0] == run(untouched, 2.0)[0]).all()


@pytest.mark.parametrize("rate", [60, 100])
def test_the_same_face_at_30_hz_and_faster(rate):
    def at(rate):
        face, parts = FaceAnimator(5), []
        for second in range(12):  # each second something else
            face.show(EMOTIONS[second % 8], 0.8, np.array([0.5, 0.1 * (second % 5), 0.2]))
            face.look(np.array([0.6 * np.sin(second), 0.1]) if second % 6 else None)
            every = rate // 10
            parts.append([part[every - 1 :: every] for part in run(face, 1.0, rate)])
        return [np.concatenate(part) for part in zip(*parts, strict=True)]

    for slow, fast in zip(at(30), at(rate), strict=True):
        assert slow == pytest.approx(fast, abs=1e-5)


def test_the_same_seed_shows_the_same_and_another_differently():
    one, same, other = (run(FaceAnimator(seed), 30.0)[0] for seed in (1, 1, 2))
    assert (one == same).all() and (one != other).any()


def test_the_gaze_reaches_the_person_with_the_head_in_it():
    for azimuth, seed in itertools.product((0.3, -0.7, 1.2), range(3)):
        face = FaceAnimator(seed)
        face.look(np.array([azimuth, 0.1]))
        _, eyes, head = run(face, 3.0)
        assert eyes[-1, 0] + head[-1, 2] == pytest.approx(azimuth, abs=np.radians(2.0))
        assert eyes[-1, 1] - head[-1, 1] == pytest.approx(0.1, abs=np.radians(3.0))
        assert abs(eyes[-1, 0]) < np.abs(eyes[:, 0]).max()  # they come back to the middle


def test_eyes_make_up_for_a_nod():
    face = FaceAnimator(0)
    face.look(np.array([0.0, 0.0]))
    run(face, 1.0)
    still, nodding = face.eyes(face.head), face.eyes(face.head + (0.0, 0.2, 0.0))
    assert nodding[1] - still[1] == pytest.approx(0.2)  # head down, eyes up in the head


def test_the_head_bows_in_sadness_and_rises_in_contempt_and_nods_to_somebody():
    pitches = {}
    for emotion in (SADNESS, CONTEMPT, NEUTRAL):
        face = FaceAnimator(0)
        face.show(emotion, 1.0)
        _, _, head = run(face, 4.0)
        pitches[emotion] = np.degrees(head[-60:, 1].mean())
    assert pitches[SADNESS] > pitches[NEUTRAL] + 4.0
    assert pitches[CONTEMPT] < pitches[NEUTRAL] - 4.0

    def nods(bearing, emotion):
        face = FaceAnimator(6)
        face.look(bearing)
        face.show(emotion, 1.0)
        _, _, head = run(face, 90.0, 20)
        pitch = head[:, 1] - np.median(head[:, 1])
        return np.count_nonzero((pitch[1:] > 0.018) & (pitch[:-1] <= 0.018))

    assert nods(np.zeros(2), "neutral") >= 3
    assert nods(np.zeros(2), "anger") == nods(None, "neutral") == 0


def test_eye_look_shapes_agree_with_the_angles():
    names = [ARKIT_BLENDSHAPES[index] for index in face_animator._LOOKS]
    left = dict(zip(names, eye_weights(np.array([EYE_RANGE[0], 0.0])), strict=True))
    assert left["eyeLookOutLeft"] == left["eyeLookInRight"] == 1.0
    assert left["eyeLookInLeft"] == left["eyeLookOutRight"] == left["eyeLookUpLeft"] == 0.0
    down = dict(zip(names, eye_weights(np.array([0.0, -0.5 * EYE_RANGE[1]])), strict=True))
    assert down["eyeLookDownLeft"] == down["eyeLookDownRight"] == pytest.approx(0.5)
    assert set(left) == {name for name in BLENDSHAPE_INDEX if name.startswith("eyeLook")}


def test_without_anybody_the_eyes_wander_a_little():
    _, eyes, _ = run(FaceAnimator(2), 60.0)
    assert np.radians(3.0) < eyes[:, 0].std() < np.radians(15.0)
