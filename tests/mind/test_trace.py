"""Written traces: what they say is what is perceived, and what is wrong is named with its line."""

import math

import numpy as np
import pytest

from kinesics_core.affect.emotions import EMOTIONS, HAPPINESS, NEUTRAL
from kinesics_core.camera import focal_length
from kinesics_core.errors import KinesicsError
from kinesics_core.mind.trace import SIZE, parse_trace, read_trace

TRACE = """
- {at: 0.5, person: 1, distance: 2.5, engagement: engaging, note: comes}
- {at: 1.0, expected: wave, in: 0.7}
- {at: 1.7, gesture: wave, for: 1.5}
- {at: 2.0, emotion: happiness, intensity: 0.8}
- {at: 3.0, person: 4, emotion: fear}
- {at: 6.0, leaves: true}
"""


def test_what_is_said_holds_until_something_else_is_said():
    trace = parse_trace(TRACE)
    assert trace.states(0.4) == []
    (first,) = trace.states(0.6)
    assert (first.emotion, first.engagement, first.distance) == (NEUTRAL, "engaging", 2.5)
    (later,) = trace.states(2.5)
    assert (later.emotion, later.intensity, later.engagement) == (HAPPINESS, 0.8, "engaging")
    assert [state.person for state in trace.states(5.0)] == [1, 4]
    assert [state.person for state in trace.states(6.0)] == [4]
    assert trace.notes() == [(0.5, "comes")]


def test_gestures_last_and_forecasts_come_nearer():
    trace = parse_trace(TRACE)
    (told,) = trace.at(1.2).signals
    (sign,) = told.expected
    assert (sign.name, told.gestures) == ("wave", ())
    assert sign.starts_in == pytest.approx(0.5)
    assert [sign.name for sign in trace.at(1.8).signals[0].gestures] == ["wave"]
    assert trace.at(3.3).signals[0].gestures == ()


def test_a_reading_is_a_distribution_and_a_figure_is_as_large_as_it_is_far():
    seen = parse_trace("- {at: 0, emotion: sadness, intensity: 0.6, distance: 2}").at(0.0)
    (affect,), (person,) = seen.affects, seen.people.persons
    assert affect.categories.sum() == pytest.approx(1.0)
    assert affect.categories[EMOTIONS.index("sadness")] == pytest.approx(0.6)
    shoulders = abs(person.coco[5, 0] - person.coco[6, 0])
    assert shoulders == pytest.approx(0.23 * 1.7 * focal_length(SIZE[0], 60.0) / 2.0, rel=1e-3)
    assert person.coco[5, 0] > person.coco[6, 0]  # who faces the camera has the left on its right


def test_near_people_are_cut_by_the_picture():
    (person,) = parse_trace("- {at: 0, distance: 0.6}").at(0.0).people.persons
    assert np.isnan(person.coco[15]).any() and person.coco[15, 2] == 0.0
    assert np.isfinite(person.coco[0]).all()


def test_json_lines_say_the_same(tmp_path):
    file = tmp_path / "a.jsonl"
    file.write_text('{"at": 0, "emotion": "fear"}\n\n{"at": 2, "leaves": true}\n')
    trace = read_trace(file)
    assert [EMOTIONS[state.emotion] for state in trace.states(1.0)] == ["fear"]
    assert trace.states(2.0) == []
    assert len(list(trace.frames(10.0))) == int(trace.duration * 10) + 1


@pytest.mark.parametrize(("text", "line", "said"), [
    ("- {at: 1}\n- {emotion: fear}", 2, "wanted 'at'"),
    ("- {at: 1, emotion: joyful}", 1, "'joyful', wanted one of happiness"),
    ("- {at: 1, emotions: fear}", 1, "did you mean 'emotion'"),
    ("- {at: 1, gesture: wavee}", 1, "did you mean 'wave'"),
    ("- {at: 1, intensity: 2}", 1, "from 0 to 1"),
    ("- {at: 1, intensity: .nan}", 1, "from 0 to 1"),
    ("- {at: 1, intensity: true}", 1, "from 0 to 1"),
    ("- {at: -1}", 1, "0 to 86400 s"),
    ("- {at: 1, person: 0}", 1, "whole number from 1"),
    ("- {at: 1, leaves: yes please}", 1, "true or false"),
    ("- {at: 1, at: 2}", 1, "stands twice"),
    ("- {at: 2}\n- {at: 1}", 2, "wanted times that grow"),
    ("- 7", 1, "wanted an entry"),
    ("at: 1", 1, "wanted a list"),
])
def test_what_is_wrong_is_said_with_its_line(text, line, said):
    with pytest.raises(KinesicsError) as error:
        parse_trace(text, "my.yaml")
    assert f"my.yaml, line {line}" in str(error.value) and said in str(error.value)


@pytest.mark.parametrize("text", ["", "[]", "- {at: 1", "\x00", "- !!python/object:os.system {}"])
def test_what_is_no_trace_is_refused(text):
    with pytest.raises(KinesicsError, match="my.yaml"):
        parse_trace(text, "my.yaml")


def test_a_bad_line_of_json_is_named():
    with pytest.raises(KinesicsError, match="my.jsonl, line 2"):
        parse_trace('{"at": 1}\n{"at": }', "my.jsonl", lines=True)


def test_a_figure_that_turns_away_is_narrow():
    facing, aside = (parse_trace(f"- {{at: 0, facing: {turn}}}").at(0.0).people.persons[0]
                     for turn in (0.0, math.pi / 2))
    assert np.ptp(aside.coco[:11, 0]) < 1.0 < np.ptp(facing.coco[:11, 0])
