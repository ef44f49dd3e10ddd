import weakref
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest

from kinesics_core.affect.emotions import (
    EMOTIONS,
    HAPPINESS,
    NEUTRAL,
    SADNESS,
    SURPRISE,
    categories_to_vad,
)
from kinesics_core.affect.facs import au_to_blendshapes
from kinesics_core.affect.reader import REMEMBERED, AffectReader
from kinesics_core.affect.readings import Readings, average, fuse
from kinesics_core.affect.signals.reader import SignalReader
from kinesics_core.bounded import MOST
from kinesics_core.types import Affect, People, Person

SECOND = 1_000_000_000
SMILE = au_to_blendshapes({"AU6": 0.8, "AU12": 0.9})
REST = np.zeros(52, np.float32)


def people(stamp, *persons):
    return People(stamp, 640, 480, list(persons))


def affect(emotion, probability=0.9, confidence=0.8, source="face", vad=None):
    categories = np.full(8, (1.0 - probability) / 7.0, np.float32)
    categories[emotion] = probability
    vad = categories_to_vad(categories) if vad is None else vad
    return Affect(0, 1, categories, *map(float, vad), confidence, source)


def packed(one):
    """One person's reading as the arrays of several, an empty one for None."""
    if one is None:
        return Readings.nothing(1)
    vad = np.array([(one.valence, one.arousal, one.dominance)])
    return Readings(np.ones(1, bool), one.categories[None], vad, np.array([one.confidence]),
                    np.full((1, 3), np.nan))


def together(how, *channels):
    person = Person(1, 1.0, np.full((17, 3), np.nan, np.float32))
    (both,) = how(*map(packed, channels)).affects([person], 0, ["both"])
    return both


def same(one, other):
    np.testing.assert_allclose(one.categories, other.categories, atol=1e-6)
    assert (one.valence, one.confidence) == (other.valence, other.confidence)


def watch(reader, make_person, face, start, seconds, rate=30, **body):
    result = []
    for frame in range(int(seconds * rate)):
        stamp = int((start + frame / rate) * SECOND)
        result = reader.update(people(stamp, make_person(face=face, **body)))
    return result


def test_one_channel_is_passed_on_unchanged():
    face = affect(HAPPINESS)
    same(together(fuse, face, None), face)
    same(together(fuse, None, face), face)
    assert together(fuse, None, None) is None


def test_channels_that_agree_are_surer_than_either():
    face, body = affect(HAPPINESS, 0.6), affect(HAPPINESS, 0.4, 0.4, "body")
    both = together(fuse, face, body)
    assert both.categories[HAPPINESS] > face.categories[HAPPINESS]
    assert both.confidence > face.confidence
    assert both.categories.sum() == pytest.approx(1.0)


def test_a_sure_face_outweighs_an_unsure_body():
    both = together(fuse, affect(HAPPINESS, 0.9, 0.8), affect(SADNESS, 0.5, 0.3, "body"))
    assert both.categories.argmax() == HAPPINESS
    assert both.valence > 0.3


def test_a_face_that_knows_nothing_leaves_the_body_its_say():
    both = together(fuse, affect(HAPPINESS, 0.9, 0.0), affect(SADNESS, 0.7, 0.4, "body"))
    assert both.categories.argmax() == SADNESS


def test_arousal_comes_from_the_body_more_than_valence_does():
    face = affect(NEUTRAL, 1.0, vad=(0.0, 0.0, 0.0), confidence=0.5)
    body = affect(NEUTRAL, vad=(0.6, 0.6, 0.6), confidence=0.5, source="body")
    both = together(fuse, face, body)
    assert both.arousal > 0.3 > both.valence > 0.0
    # Weighted means by hand: .3 / 1.3 and 1 / 1.6 of .6.
    assert both.valence == pytest.approx(0.6 * 0.3 / 1.3, abs=1e-4)
    assert both.arousal == pytest.approx(0.6 / 1.6, abs=1e-4)


def test_an_unknown_dimension_of_one_channel_is_taken_from_the_other():
    body = affect(NEUTRAL, vad=(np.nan, 0.5, np.nan), source="body")
    both = together(fuse, affect(NEUTRAL, vad=(0.2, 0.1, 0.3)), body)
    assert both.valence == pytest.approx(0.2) and both.dominance == pytest.approx(0.3)
    unknown = affect(HAPPINESS, vad=(np.nan,) * 3)
    neither = together(fuse, unknown, unknown)
    assert [neither.valence, neither.arousal, neither.dominance] == pytest.approx(
        categories_to_vad(neither.categories), abs=1e-6)


def test_a_quiet_body_counts_less_beside_a_moving_face_and_adds_half_its_confidence():
    face = affect(HAPPINESS, 1.0, 0.5, vad=(0.6, 0.6, 0.6))
    quiet = affect(NEUTRAL, 1.0, 0.4, "body", vad=(0.0, 0.0, 0.0))
    moving = affect(HAPPINESS, 1.0, 0.4, "body", vad=(0.0, 0.0, 0.0))
    both, either = together(fuse, face, quiet), together(fuse, face, moving)
    assert both.arousal == pytest.approx(0.6, abs=1e-4)  # all of the body is quiet: no weight
    assert either.arousal == pytest.approx(0.6 * 0.3 / 0.7, abs=1e-4)  # .5 x .6 beside .4 x 1
    assert both.confidence == pytest.approx(1.0 - 0.5 * 0.8)


def test_a_smile_is_followed_within_a_second_and_not_at_once(make_person):
    reader = AffectReader()
    (before,) = watch(reader, make_person, REST, 0.0, 3.0)
    assert (before.categories.argmax(), before.source) == (NEUTRAL, "fused")
    (early,) = watch(reader, make_person, SMILE, 3.0, 0.05)
    assert early.categories.argmax() == NEUTRAL
    (late,) = watch(reader, make_person, SMILE, 3.05, 1.2)
    assert late.categories.argmax() == HAPPINESS
    assert late.valence > 0.4 and late.confidence > 0.5


def test_one_wrong_frame_changes_nothing(make_person):
    reader = AffectReader()
    watch(reader, make_person, REST, 0.0, 2.0)
    (flash,) = reader.update(people(2 * SECOND, make_person(face=SMILE)))
    assert flash.categories.argmax() == NEUTRAL
    assert abs(flash.valence) < 0.15


@pytest.mark.parametrize("rate", [30, 15])
@pytest.mark.parametrize(("syllables", "opening", "surprise"), [(5.5, 0.1, 0.8), (4.0, 0.05, 0.6)])
def test_a_mouth_that_talks_is_neutral_at_camera_rate_though_networks_see_surprise(
        syllables, opening, surprise, rate):
    """Show raised brows and quick syllables, which the mean of some images smears."""
    reader, looked, neutral = AffectReader(), 0, []
    said = np.full(8, 0.02, np.float32)
    said[[SURPRISE, NEUTRAL]] = surprise, 0.88 - surprise
    for frame in range(6 * rate):
        stamp = SECOND + frame * SECOND // rate
        looked = stamp if frame % (rate // 5) == 0 else looked
        swing = opening * np.sin(2 * np.pi * syllables * frame / rate)
        face = au_to_blendshapes({"AU26": 0.3 + swing, "AU16": 0.15 + 0.5 * swing,
                                  "AU18": 0.15 - 0.5 * swing, "AU1": 0.25, "AU2": 0.2})
        person = Person(1, 1.0, np.full((17, 3), np.nan, np.float32), blendshapes=face)
        person.expression, person.expression_stamp = said, looked
        (read,) = reader.update(people(stamp, person))
        neutral.append(read.categories.argmax() == NEUTRAL)
    assert np.mean(neutral[3 * rate // 2:]) >= 0.8


def test_one_image_of_infinite_shapes_between_two_readings_changes_nothing():
    reader, read = AffectReader(), []
    for frame in range(40):
        face = np.full(52, np.inf, np.float32) if frame == 20 else REST
        person = Person(1, 1.0, np.full((17, 3), np.nan, np.float32), blendshapes=face)
        read = reader.update(people(SECOND + frame * SECOND // 30, person)) or read
    assert read[0].categories.argmax() == NEUTRAL and np.isfinite(read[0].categories).all()


def test_a_body_alone_is_read_and_named(make_person):
    (reading,) = watch(AffectReader(), make_person, None, 0.0, 2.0, legs=False)
    assert reading.source == "body"
    assert reading.confidence < 0.5


def test_our_own_categories_count_thrice_a_networks_its_vad_where_we_have_none():
    network = affect(SADNESS, 0.9, 0.4, "network", (-0.6, np.nan, -0.2))
    rules = affect(NEUTRAL, 0.9, 0.2, "body", (0.2, 0.4, np.nan))
    both = together(average, network, rules)
    assert (both.valence, both.arousal, both.dominance) == pytest.approx((0.2, 0.4, -0.2))
    shares = [0.25 * 0.9 + 0.75 * 0.1 / 7, 0.75 * 0.9 + 0.25 * 0.1 / 7]
    assert both.categories[[SADNESS, NEUTRAL]] == pytest.approx(shares)
    assert both.confidence == 0.4
    same(together(average, None, rules), rules)
    same(together(average, network, None), network)


def test_the_reading_of_a_network_counts_while_it_is_new(make_person):
    reader = AffectReader()
    for frame in range(60):
        stamp = frame * SECOND // 30
        given = affect(SADNESS, 0.9, 0.9, "network")
        given.stamp = stamp
        reader.add_body_readings([given])
        (reading,) = reader.update(people(stamp, make_person()))
    assert EMOTIONS[reading.categories.argmax()] == "sadness"
    # Then no more comes: it counts for a second, after that the reader's own eyes do again.
    sadness = []
    for frame in range(60, 180):
        (reading,) = reader.update(people(frame * SECOND // 30, make_person()))
        sadness.append(reading.categories[SADNESS])
    assert sadness[29] > sadness[-1] + 0.1
    assert reading.categories.argmax() == NEUTRAL


def test_a_late_or_unreadable_reading_of_a_network_does_not_count(make_person):
    alone, reader = AffectReader(), AffectReader()
    for frame in range(60):
        stamp = frame * SECOND // 30
        late, broken = affect(SADNESS, 0.9, 0.9, "network"), affect(SADNESS, 0.9, 0.9, "network")
        late.stamp, broken.stamp = stamp - 2 * SECOND, stamp
        broken.categories[:] = np.nan
        reader.add_body_readings([late if frame < 30 else broken])
        read = reader.update(people(stamp, make_person()))
        own = alone.update(people(stamp, make_person()))
        assert [r.categories.tolist() for r in read] == [r.categories.tolist() for r in own]
    assert own


def test_readings_of_networks_can_be_dropped(make_person):
    reader = AffectReader()
    reader.add_body_readings([affect(SADNESS, 0.9, 0.9, "network")])
    reader.drop_body_readings()
    assert reader.update(people(0, make_person())) == []  # nothing to go by in a first image


def test_a_reading_is_held_while_it_fades_and_then_given_up(make_person):
    reader = AffectReader()
    (seen,) = watch(reader, make_person, SMILE, 0.0, 2.0)
    blank = make_person()
    blank.coco[:] = np.nan
    (held,) = reader.update(people(int(6.0 * SECOND), blank)) or (None,)
    assert held is None
    watch(reader, make_person, SMILE, 7.0, 2.0)
    reader._bodies._newest[:] = 0  # no movement remembered: only the belief is left
    (held,) = reader.update(people(int(9.5 * SECOND), blank))
    assert held.categories.argmax() == HAPPINESS
    assert 0.0 < held.confidence < seen.confidence


def test_people_are_kept_apart_and_forgotten(make_person):
    reader = AffectReader()
    for frame in range(60):
        readings = reader.update(
            people(
                frame * SECOND // 30, make_person(1, face=SMILE), make_person(2, face=REST)
            )
        )
    assert [reading.person_id for reading in readings] == [1, 2]
    assert [reading.categories.argmax() for reading in readings] == [HAPPINESS, NEUTRAL]
    assert reader.update(people(3 * SECOND)) == []
    assert set(reader._ids) == {1, 2}
    reader.update(people(14 * SECOND))
    assert not reader._ids


def test_of_a_crowd_that_never_stays_those_who_left_last_are_remembered(make_person):
    reader = AffectReader()
    for frame in range(60):
        reader.update(people(frame * SECOND // 30, *(
            make_person(5 * frame + each, face=SMILE) for each in range(5))))
        assert len(reader._ids) <= 5 + REMEMBERED
    assert set(range(300 - REMEMBERED, 300)) <= set(reader._ids)


def test_who_comes_and_goes_in_any_order_is_read_as_if_alone(make_person):
    rng = np.random.default_rng(4)
    faces = {1: SMILE, 2: REST, 3: SMILE}
    together, alone = AffectReader(), {number: AffectReader() for number in faces}
    found = {}
    for frame in range(0, 240, 2):  # every image is one in which faces are read
        stamp = frame * SECOND // 30
        ids = rng.permutation([number for number in faces if rng.random() < 0.8])
        persons = [make_person(int(number), face=faces[number]) for number in ids]
        found = {reading.person_id: reading for reading in together.update(people(stamp, *persons))}
        for person in persons:
            for own in alone[person.id].update(people(stamp, person)):
                np.testing.assert_allclose(
                    found[person.id].categories, own.categories, atol=0.05)
    assert found


def test_a_clock_that_jumps_back_is_taken_as_a_new_start(make_person):
    reader = AffectReader()
    watch(reader, make_person, SMILE, 1000.0, 2.0)
    (first,) = reader.update(people(0, make_person(face=REST)))
    assert first.categories.argmax() == NEUTRAL
    assert first.stamp == 0
    (later,) = watch(reader, make_person, SMILE, 0.0, 2.0)
    assert later.categories.argmax() == HAPPINESS


def test_any_input_gives_distributions_and_vad_in_range(make_person):
    rng = np.random.default_rng(0)
    reader = AffectReader()
    stamp = 0
    for _ in range(600):
        stamp += int(rng.integers(-SECOND // 20, SECOND // 5))
        persons = []
        for person_id in rng.choice([1, 2, 3], size=rng.integers(0, 3), replace=False):
            face = rng.uniform(-1.0, 2.0, 52)
            face[rng.random(52) < 0.2] = np.nan
            person = make_person(int(person_id), face=face if rng.random() < 0.7 else None)
            person.coco[:] += rng.normal(0.0, 50.0, (17, 3))
            person.coco[rng.random(17) < 0.3] = np.nan
            persons.append(person)
        for reading in reader.update(people(stamp, *persons)):
            assert reading.stamp == stamp
            assert reading.categories.sum() == pytest.approx(1.0, abs=1e-4)
            assert (reading.categories >= 0.0).all()
            assert 0.0 <= reading.confidence <= 1.0
            for value in (reading.valence, reading.arousal, reading.dominance):
                assert np.isnan(value) or -1.0 <= value <= 1.0


@pytest.mark.parametrize("reader", [AffectReader, SignalReader])
def test_a_clock_that_stands_still_fills_no_memory(make_person, reader):
    reads, faces = reader(), []
    for _ in range(200):
        person = make_person(face=SMILE.copy())
        faces.append(weakref.ref(person.blendshapes))
        reads.update(people(SECOND, person))
    assert sum(face() is not None for face in faces) < 50


def test_people_who_come_and_go_before_a_clock_that_stands_still_are_counted(make_person):
    """Nobody is unseen for a while there: their number bounds what is kept of them."""
    signals, affects = SignalReader(), AffectReader()
    for number in range(1, 300):
        there = people(0, make_person(number))
        signals.update(there)
        affects.add_body_readings([replace(affect(HAPPINESS), person_id=number)])
        affects.update(there)
    assert len(signals._told) <= REMEMBERED + 1
    assert len(affects._ids) <= REMEMBERED + 1
    for number in range(1000):  # and no image comes
        affects.add_body_readings([replace(affect(HAPPINESS), person_id=number)])
    assert len(affects._networks) == MOST


def test_shapes_of_another_length_cost_the_images_they_wait_with_only(make_person):
    reader = AffectReader()
    watch(reader, make_person, REST, 0, 1)
    for frame in range(30, 40):
        with suppress(ValueError, IndexError):
            reader.update(people(frame * SECOND // 30, make_person(face=np.zeros(40))))
    assert watch(reader, make_person, SMILE, 2, 2)[0].categories[HAPPINESS] > 0.5
