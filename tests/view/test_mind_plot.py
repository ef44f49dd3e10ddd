"""The picture of a mind: what changed is found, and every lane shows what it is of."""

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS, HAPPINESS, NEUTRAL
from kinesics_core.commands import respond
from kinesics_core.mind.trace import parse_trace
from kinesics_core.types import NANOSECONDS, AffectiveResponse
from kinesics_core.view.mind_plot import Story, decisions, mind_plot
from kinesics_core.view.mind_sheet import _poses_at
from kinesics_core.view.mind_video import RATE, frame_count
from kinesics_core.view.overlay import EMOTION_COLORS

TRACE = parse_trace("""
- {at: 1.0, emotion: happiness, note: glad}
- {at: 2.0, gesture: wave}
- {at: 4.0, person: 2, expected: wave}
- {at: 5.0, leaves: true}
""")


def story(name="warm"):
    told = Story(name, np.array([0.4, 0.0, 0.2]))
    for seen in TRACE.frames(10.0):
        seconds = seen.people.stamp / NANOSECONDS
        glad = 2.0 <= seconds < 4.0
        told.steps.append((seen, AffectiveResponse(
            seen.people.stamp, "mirror" if glad else "idle", HAPPINESS if glad else NEUTRAL,
            0.7 if glad else 0.0, 0.4, 0.0, 0.2, 1 if glad else 0, np.zeros(2),
            "wave" if 3.0 <= seconds < 4.0 else "", 1.0, f"because of {seconds:.0f}",
            anticipated=3.0 <= seconds < 3.5)))
    return told


def test_decisions_are_the_moments_at_which_something_changed():
    found = [(round(one.seconds, 1), one.changed) for one in decisions(story())]
    assert found[0][0] == 0.0
    assert found[1] == (2.0, ("towards", "policy", "emotion"))
    assert found[2] == (3.0, ("gesture", "anticipated"))
    assert found[3] == (3.5, ("anticipated",))
    assert found[4] == (4.0, ("towards", "policy", "emotion", "gesture"))


def test_as_many_decisions_are_counted_as_are_printed(capsys):
    respond._print(story("warm"), decisions(story("warm")))
    title, _, *rows = capsys.readouterr().out.splitlines()
    assert title.startswith("warm: 4 decisions") and len(rows) == 4  # of five moments


def test_what_is_shown_is_as_high_as_it_is_strong():
    picture = mind_plot([story()], "a trace", TRACE.notes())
    color = np.array(EMOTION_COLORS[EMOTIONS[HAPPINESS]])
    lit = (picture == color).all(axis=-1)
    lit[:44] = False  # the names of the colours
    column = lit[:, 150 + int((1280 - 170) * 3.2 / TRACE.duration)]
    heights = np.diff(np.flatnonzero(np.diff(column.astype(int))))
    assert max(heights) == round(0.7 * 48)  # of the lane's 48 px


def test_several_minds_stand_below_one_another_and_any_length_is_drawn():
    one, two = mind_plot([story()]), mind_plot([story("warm"), story("shy")])
    assert one.shape[1] == two.shape[1] == 1280 and one.dtype == np.uint8
    told = Story("brief", np.full(3, np.nan), story().steps[:1])
    assert mind_plot([told]).shape[1] == 1280


def test_an_hour_without_images_is_a_pause_and_a_step_back_no_time(capsys):
    """Else a video lasts an hour, and a plot of stamps that begin at 0 has a billion labels."""
    told = story()
    whole = told.times()
    for number, (_, answer) in enumerate(told.steps):
        answer.stamp += 1_763_700_000 * NANOSECONDS * (number >= 10) - 3600 * NANOSECONDS * (
            number >= 20)
    times = told.times()
    np.testing.assert_allclose(np.diff(times)[[9, 19]], [5.0, 0.0])
    np.testing.assert_allclose(np.delete(np.diff(times), [9, 19]),
                               np.delete(np.diff(whole), [9, 19]))
    assert frame_count([told]) == int(times[-1] * RATE + 1e-6) + 1
    assert mind_plot([told], "a title").any()
    assert len(_poses_at(told, [1.0, 100.0])) == 2
    respond._tell_pauses(told)
    assert "5 s at most" in capsys.readouterr().out
    respond._tell_pauses(story())
    assert not capsys.readouterr().out
