"""The networks' word on a face decides, corrected by the person's rest, speech and action units."""

from __future__ import annotations

import numpy as np
import pytest

from kinesics_core.affect.emotions import (
    ANGER,
    CONTEMPT,
    DISGUST,
    EMOTIONS,
    FEAR,
    HAPPINESS,
    NEUTRAL,
    SADNESS,
    SURPRISE,
)
from kinesics_core.affect.face import FaceReader
from kinesics_core.affect.face_network import NetworkChannel, UnitEvidence
from kinesics_core.affect.facs import au_to_blendshapes
from kinesics_core.affect.per_person import FIRST
from kinesics_core.affect.reader import AffectReader
from kinesics_core.affect.speech import SpeechDetector
from kinesics_core.types import NANOSECONDS, People, Person

FRAME = NANOSECONDS // 30
EVERY = 6  # frames from one reading of the networks to the next: 5 Hz
REST = np.zeros(52, np.float32)
SHOWN = {
    HAPPINESS: {"AU6": 0.8, "AU12": 0.9}, ANGER: {"AU4": 0.7, "AU7": 0.6, "AU24": 0.5},
    SURPRISE: {"AU1": 0.8, "AU2": 0.8, "AU26": 0.7}, SADNESS: {"AU1": 0.5, "AU15": 0.4},
    FEAR: {"AU1": 0.7, "AU4": 0.3, "AU5": 0.5, "AU20": 0.4},
}


def networks(**shares: float) -> np.ndarray:
    """What networks say: the named shares, the rest spread over what they know besides."""
    said = np.full(8, np.nan)
    for name, share in shares.items():
        said[EMOTIONS.index(name)] = share
    said[CONTEMPT] = 0.0
    unnamed = np.isnan(said)
    said[unnamed] = (1.0 - np.nansum(said)) / max(1, unnamed.sum())
    return said.astype(np.float32)


CALM = networks(neutral=0.7)


class Stream:
    """Images of one face at 30 Hz, which the networks see at 5 Hz."""

    def __init__(self, reader):
        self.reader, self.frame, self.said, self.read = reader, 0, None, 0

    def show(self, shapes, said, seconds, person=None):
        readings = []
        for i in range(round(seconds * 30)):
            stamp = NANOSECONDS + self.frame * FRAME
            if self.frame % EVERY == 0:
                self.said, self.read = said, stamp
            one = person() if person else Person(1, 1.0, np.full((17, 3), np.nan, np.float32))
            one.blendshapes = shapes(i) if callable(shapes) else shapes
            one.expression, one.expression_stamp = self.said, self.read
            if isinstance(self.reader, AffectReader):
                (reading,) = self.reader.update(People(stamp, 640, 480, [one]))
            else:
                reading = self.reader.update(one, stamp)
            readings.append(reading)
            self.frame += 1
        return readings


def tops(readings):
    return np.array([reading.categories.argmax() for reading in readings])


@pytest.mark.parametrize("emotion", SHOWN)
def test_what_networks_and_units_see_is_read_within_a_moment(emotion):
    stream = Stream(FaceReader())
    assert (tops(stream.show(REST, CALM, 2.0)) == NEUTRAL).all()
    shapes = au_to_blendshapes(SHOWN[emotion])
    readings = stream.show(shapes, networks(**{EMOTIONS[emotion]: 0.85}), 1.0)
    assert (tops(readings)[18:] == emotion).all()  # from .6 s on
    assert readings[-1].categories.sum() == pytest.approx(1.0, abs=1e-5)


def test_networks_see_what_units_miss():
    # MediaPipe's shapes hardly answer to these; the picture tells.
    stream = Stream(FaceReader())
    stream.show(REST, CALM, 2.0)
    sad = stream.show(au_to_blendshapes({"AU1": 0.1}), networks(sadness=0.85), 1.0)
    assert tops(sad)[-1] == SADNESS
    alone = FaceReader().update(Person(1, 1.0, np.full((17, 3), np.nan), blendshapes=(
        au_to_blendshapes({"AU1": 0.1}))), 0)
    assert alone.categories.argmax() == NEUTRAL


@pytest.mark.parametrize("looks", ["sadness", "anger"])
def test_a_resting_face_is_neutral_whoever_rests(looks):
    stream = Stream(FaceReader())
    resting = networks(**{looks: 0.5, "neutral": 0.3})
    first = stream.show(REST, resting, 0.5)
    later = stream.show(REST, resting, 15.0)
    assert later[-1].categories[NEUTRAL] > first[-1].categories[NEUTRAL] + 0.1
    assert (tops(later[-60:]) == NEUTRAL).all()
    # The expression itself is still seen.
    strong = stream.show(au_to_blendshapes(SHOWN[EMOTIONS.index(looks)]),
                         networks(**{looks: 0.97}), 1.0)
    assert EMOTIONS[tops(strong)[-1]] == looks


@pytest.mark.parametrize(("said", "read"), [
    ({"sadness": 0.6, "neutral": 0.3}, SADNESS), ({"anger": 0.55, "neutral": 0.35}, ANGER),
    # Fear that moves nothing that units know: they take half as much off it as from a speaker.
    ({"fear": 0.75, "neutral": 0.15}, FEAR), ({"fear": 0.5, "neutral": 0.4}, NEUTRAL)])
def test_one_look_is_no_rest_to_be_taken_off_itself(said, read):
    assert tops(Stream(FaceReader()).show(REST, networks(**said), 1 / 30.0))[0] == read


def test_an_expression_that_is_held_for_a_minute_stays():
    stream = Stream(FaceReader())
    stream.show(REST, CALM, 5.0)
    held = stream.show(au_to_blendshapes(SHOWN[ANGER]), networks(anger=0.85), 60.0)
    assert (tops(held)[18:] == ANGER).all()


def speech(frame):
    """Four syllables a second."""
    beat = np.sin(2 * np.pi * 4.0 * frame / 30.0)
    return au_to_blendshapes({
        "AU26": 0.3 + 0.25 * beat, "AU16": 0.2 + 0.2 * beat, "AU18": 0.2 - 0.2 * beat})


@pytest.mark.parametrize("misread", [{"surprise": 0.6, "fear": 0.3}, {"fear": 0.8},
                                     {"happiness": 0.5, "neutral": 0.2}])
def test_speech_is_neutral(misread):
    stream = Stream(FaceReader())
    stream.show(REST, CALM, 2.0)
    readings = stream.show(speech, networks(**misread), 8.0)
    assert (tops(readings) == NEUTRAL).mean() >= 0.8


def test_brows_that_stress_words_are_no_surprise():
    stream = Stream(FaceReader())
    stream.show(REST, CALM, 2.0)
    stress = au_to_blendshapes({"AU1": 0.7, "AU2": 0.6})
    readings = stream.show(
        lambda i: np.maximum(speech(i), stress * (i % 45 < 30)), networks(surprise=0.9), 8.0)
    assert (tops(readings) == NEUTRAL).mean() >= 0.8
    # The same brows in a face that does not speak are.
    silent = Stream(FaceReader())
    silent.show(REST, CALM, 2.0)
    held = silent.show(np.maximum(stress, au_to_blendshapes({"AU26": 0.5})),
                       networks(surprise=0.9), 2.0)
    assert tops(held)[-1] == SURPRISE


def test_who_smiles_while_speaking_smiles():
    stream = Stream(FaceReader())
    stream.show(REST, CALM, 2.0)
    smile = au_to_blendshapes({"AU6": 0.6, "AU12": 0.8})
    readings = stream.show(
        lambda i: np.maximum(speech(i), smile), networks(happiness=0.8), 6.0)
    assert (tops(readings[60:]) == HAPPINESS).mean() > 0.8


def test_one_opening_of_the_mouth_is_no_speech():
    detector = SpeechDetector()

    def speaks(shapes, frame):
        (share,) = detector.update(shapes[None, None], [frame * FRAME], FIRST)
        return share

    opened = [speaks(au_to_blendshapes({"AU26": min(1.0, 0.1 * i)}), i) for i in range(60)]
    assert max(opened) == 0.0
    assert [speaks(speech(i), 60 + i) for i in range(60)][-1] > 0.9
    assert speaks(REST, 0) == 0.0  # the clock went back


def test_speech_is_told_of_several_images_as_of_one_after_the_other():
    shapes = np.array([[speech(frame), speech(2 * frame), REST] for frame in range(120)])
    stamps = np.arange(120) * FRAME
    stamps[60:] += 3 * NANOSECONDS  # a pause in the midst of three images
    stamps[91:] -= 2 * NANOSECONDS
    single, several = SpeechDetector(3), SpeechDetector(3)
    everybody, spoke = slice(0, 3), []
    for first in range(0, 118, 3):
        images = range(first, first + 3)
        one_by_one = [single.update(shapes[[i]], [int(stamps[i])], everybody) for i in images]
        at_once = several.update(shapes[images], stamps[images].tolist(), everybody)
        np.testing.assert_allclose(at_once, one_by_one[-1], atol=1e-9)
        spoke.append(at_once)
    assert np.max(spoke, axis=0)[:2].min() > 0.9 and np.max(spoke, axis=0)[2] == 0.0


def test_speech_is_told_of_who_is_missing_in_some_images():
    # Two persons, of whom the second is not in every third image.
    reader, alone = FaceReader(2), FaceReader(1)
    for frame in range(0, 90, 3):
        faces = [Person(number, 1.0, np.full((17, 3), np.nan), blendshapes=speech(frame))
                 for number in (1, 2)]
        before = [(i * FRAME, {1: speech(i)} | ({2: speech(i)} if i % 3 == 1 else {}))
                  for i in (frame - 2, frame - 1) if i > 0]
        both = reader.read(faces, frame * FRAME, slice(0, 2), before)
        own = alone.read(faces[1:], frame * FRAME, FIRST,
                         [(stamp, {2: seen[2]}) for stamp, seen in before if 2 in seen])
        np.testing.assert_allclose(both.categories[1], own.categories[0])
        np.testing.assert_allclose(both.confidence[1], own.confidence[0])


def test_a_shout_with_bared_teeth_is_not_happy():
    # A square mouth looks like a smile to the shapes.
    stream = Stream(FaceReader())
    stream.show(REST, CALM, 2.0)
    shout = au_to_blendshapes({"AU12": 0.8, "AU10": 0.8, "AU16": 0.8, "AU26": 0.7, "AU4": 0.3})
    readings = stream.show(shout, networks(anger=0.7, happiness=0.1), 1.0)
    assert tops(readings)[-1] == ANGER
    assert readings[-1].categories[HAPPINESS] < 0.3 and readings[-1].valence < 0.0


def test_contempt_comes_from_units_and_only_without_another_emotion():
    smirk = au_to_blendshapes({"AU12": 0.4, "AU14": 0.6}, side="Left")
    assert tops(Stream(FaceReader()).show(smirk, CALM, 1.0))[-1] == CONTEMPT
    happy = Stream(FaceReader()).show(smirk, networks(happiness=0.9), 1.0)
    assert tops(happy)[-1] == HAPPINESS


def test_what_networks_cannot_see_is_said_with_less_confidence():
    def confidence(emotion):
        return Stream(FaceReader()).show(REST, networks(**{emotion: 0.9}), 1.0)[-1].confidence

    assert confidence("fear") < 0.7 * confidence("happiness")
    assert confidence("disgust") < 0.8 * confidence("happiness")
    assert confidence("disgust") < confidence("anger")


@pytest.mark.parametrize(("emotion", "sign"), [(HAPPINESS, 1), (SADNESS, -1), (ANGER, -1)])
def test_valence_rises_with_intensity(emotion, sign):
    found = []
    for intensity in np.linspace(0.0, 1.0, 11):
        units = {unit: intensity * value for unit, value in SHOWN[emotion].items()}
        said = (1.0 - intensity) * CALM + intensity * networks(**{EMOTIONS[emotion]: 0.95})
        reading = Stream(FaceReader()).show(au_to_blendshapes(units), said, 0.5)[-1]
        found.append(sign * reading.valence)
    assert (np.diff(found) > -0.01).all() and found[-1] > found[0] + 0.3


def test_an_old_reading_of_the_networks_counts_no_more():
    stream = Stream(FaceReader())
    shapes = au_to_blendshapes(SHOWN[HAPPINESS])
    stream.show(shapes, networks(sadness=0.9), 0.5)
    said, read = stream.said, stream.read
    person = Person(1, 1.0, np.full((17, 3), np.nan, np.float32), blendshapes=shapes,
                    expression=said, expression_stamp=read)
    late = stream.reader.update(person, read + 2 * NANOSECONDS)
    assert late.categories.argmax() == HAPPINESS


def test_scores_of_another_sum_say_the_same():
    shapes = au_to_blendshapes(SHOWN[ANGER])
    usual = Stream(FaceReader()).show(shapes, networks(anger=0.8), 0.5)[-1]
    for factor in (0.2, 0.9):
        other = Stream(FaceReader()).show(shapes, factor * networks(anger=0.8), 0.5)[-1]
        np.testing.assert_allclose(other.categories, usual.categories, atol=1e-4)


@pytest.mark.parametrize("said", [
    np.full(8, np.nan, np.float32), None, np.zeros(8, np.float32), np.full(8, -1.0),
    np.array([np.inf, 0, 0, 0, 0, 0, 0, 0]), np.array([0.5, np.nan, 0, 0, 0, 0, 0, 0.5])])
def test_no_word_of_the_networks_leaves_the_units(said):
    stream = Stream(FaceReader())
    readings = stream.show(au_to_blendshapes(SHOWN[HAPPINESS]), said, 0.5)
    assert tops(readings)[-1] == HAPPINESS and np.isfinite(readings[-1].categories).all()


def test_a_clock_that_jumps_leaves_no_belief_behind():
    stream = Stream(FaceReader())
    stream.show(au_to_blendshapes(SHOWN[ANGER]), networks(anger=0.9), 1.0)
    stream.frame = -20
    assert tops(stream.show(REST, CALM, 0.2))[-1] == NEUTRAL


@pytest.mark.parametrize("emotion", SHOWN)
def test_a_still_body_does_not_outvote_a_held_face(make_person, emotion):
    stream = Stream(AffectReader())
    before = stream.show(REST, CALM, 3.0, make_person)
    assert before[-1].source == "fused" and tops(before)[-1] == NEUTRAL
    held = stream.show(
        au_to_blendshapes(SHOWN[emotion]), networks(**{EMOTIONS[emotion]: 0.85}), 8.0, make_person)
    assert (tops(held)[18:] == emotion).all()  # within .6 s, and it stays
    assert held[-1].confidence > 0.3


SILENT = UnitEvidence(np.full((1, 8), 0.125), *(np.array([x]) for x in (1.0, 1.0, 0, 1.0, 0, 0)))
"""Action units that tell nothing but that the face is not at rest."""


def looks(*words):
    """Return the categories after each of the networks' looks at one face, five a second."""
    channel, found = NetworkChannel(), []
    for number, said in enumerate(words):
        stamp = NANOSECONDS * (5 + number) // 5
        person = Person(1, 1.0, np.full((17, 3), np.nan), expression=said, expression_stamp=stamp)
        found.append(channel.update([person], stamp, SILENT, FIRST)[0][0])
    return np.array(found)


def log_odds(categories, emotion, other=NEUTRAL):
    return np.log(categories[..., emotion] / categories[..., other])


def test_looks_that_agree_make_surer_but_no_more_than_the_errors_they_share_allow():
    said = networks(sadness=0.7, neutral=0.27)
    sure = log_odds(looks(*[said] * 20), SADNESS) / np.log(0.7 / 0.27)
    assert (np.diff(sure[:4]) > 0.0).all()
    assert 1.0 < sure[0] < 1.1 and sure[-1] < 1.5


def test_looks_that_err_apart_are_averaged():
    rng = np.random.default_rng(5)

    def look():
        shares = networks(anger=0.5, neutral=0.3) * np.exp(rng.normal(0.0, 0.4, 8))
        return (shares / shares.sum()).astype(np.float32)

    words = [look() for _ in range(60)]
    each = log_odds(np.array([looks(word)[0] for word in words]), ANGER)
    held = log_odds(looks(*words), ANGER)[5:]
    assert np.std(held) < 0.75 * np.std(each)
    assert (held > 0.0).mean() >= (each > 0.0).mean()


def test_a_change_is_followed_at_once_however_long_the_expression_was_held():
    calm, angry = networks(neutral=0.9), networks(anger=0.9)
    found = looks(*[calm] * 20, angry, angry)
    assert found[19].argmax() == NEUTRAL and found[20].argmax() == ANGER
    assert found[20, ANGER] < found[21, ANGER]


def test_what_is_hidden_of_a_face_stays_unknown_however_often_it_is_looked_at():
    known = (np.arange(8) != CONTEMPT).astype(np.float32) / 7
    half = 0.5 * networks(happiness=0.97) + 0.5 * known
    found = looks(*[half] * 20)[:, HAPPINESS]
    np.testing.assert_allclose(found, half[HAPPINESS], atol=0.01)


def test_disgust_is_still_possible():
    stream = Stream(FaceReader())
    stream.show(REST, CALM, 2.0)
    units = au_to_blendshapes({"AU9": 0.7, "AU10": 0.6, "AU4": 0.3})
    assert tops(stream.show(units, networks(disgust=0.8), 1.0))[-1] == DISGUST
