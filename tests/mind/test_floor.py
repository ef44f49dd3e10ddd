"""Two who answer at once: one is shown, ours gives way, and a silence gives the floor back."""

from kinesics_core.mind.floor import PAUSE, Floor


def test_ours_gives_way_at_once_and_returns_after_a_silence():
    floor = Floor({"mirror", "idle"})
    assert floor.admit("mirror", 1.0, 0.0) and floor.admit("idle", 1.0, 0.1)
    assert floor.admit("tree", 1.0, 0.2) and floor.taken(0.2)
    assert not floor.admit("mirror", 1.0, 0.3)
    assert not floor.admit("mirror", 1.0, 1.1 + PAUSE)
    assert floor.admit("mirror", 1.0, 1.21 + PAUSE) and not floor.taken(1.3 + PAUSE)


def test_of_two_others_the_first_keeps_the_floor_while_it_speaks():
    floor = Floor({"mirror"})
    shown = []
    for step in range(300):
        now = step / 30
        speaker = ("tree", "model")[step % 2]
        if speaker == "tree" and now > 5.0:
            continue  # it falls silent
        if floor.admit(speaker, 0.5, now):
            shown.append((now, speaker))
    changes = [shown[n][1] for n in range(1, len(shown)) if shown[n][1] != shown[n - 1][1]]
    assert shown[0][1] == "tree" and changes == ["model"]
    assert floor.refused > 50 and floor.overruled == "model"


def test_a_response_without_end_does_not_keep_the_floor_for_ever():
    floor = Floor({"mirror"})
    floor.admit("tree", 1e9, 0.0)
    assert floor.admit("model", 1.0, 61.0 + PAUSE)
