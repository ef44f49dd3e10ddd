"""A user's policy answers in ours's place, and whatever it does, ours is there."""

import sys
import threading
import time

import numpy as np
import pytest

from kinesics_core.affect.emotions import ANGER, HAPPINESS, SURPRISE
from kinesics_core.errors import KinesicsError
from kinesics_core.mind.own_policy import (
    OwnAnswer,
    SupervisedPolicy,
    load_policy,
    names_own_policy,
)
from kinesics_core.mind.trace import parse_trace
from kinesics_core.types import AffectiveResponse

SEEN = parse_trace("- {at: 0, emotion: happiness, intensity: 0.9}").at
FOREVER = 30.0  # s that a fast policy may take on a busy machine


class Ours:
    """Stands for our policy."""

    def __init__(self):
        self.updates = 0

    def update(self, affects, people, signals=()):
        self.updates += 1
        return AffectiveResponse(
            people.stamp, "mirror", HAPPINESS, 0.4, 0.1, 0.2, 0.3, 1, np.zeros(2), "nod", 1.0,
            "ours")


class Wow:
    """Is surprised at everything."""

    def answer(self, situation):
        assert situation.affect is not None and situation.ours.policy == "mirror"
        return OwnAnswer("surprise", 0.7, "lean_in", 2.0, "wow")


def update(policy, seconds):
    seen = SEEN(seconds)
    return policy.update(seen.affects, seen.people, seen.signals)


def test_it_answers_and_ours_gives_the_rest():
    policy = SupervisedPolicy(Ours(), Wow(), "wow", patience=FOREVER)
    answer = update(policy, 0.0)
    assert (answer.policy, answer.emotion, answer.gesture) == ("wow", SURPRISE, "lean_in")
    assert (answer.reason, answer.towards, answer.valence) == ("wow", 1, 0.1)
    assert policy.answered == 1 and policy.fault == ""
    assert policy.updates == 1  # what else is asked is ours


@pytest.mark.parametrize(("answer", "said"), [
    (OwnAnswer("anger", 0.5), "never shows"), (OwnAnswer(ANGER), "never shows"),
    (OwnAnswer("joy"), "use one of happiness"), (OwnAnswer("fear", 2.0), "intensity 2.0"),
    (OwnAnswer("fear", float("nan")), "intensity nan"), (OwnAnswer("fear", 0.5, "fly"), "no fly"),
    (OwnAnswer("fear", duration=0.0), "duration"), ("smile", "got a str"),
    (ValueError("oh"), "raised ValueError"),
])
def test_what_cannot_be_shown_and_what_is_raised_leaves_it_to_ours(answer, said):
    class Bad:
        def answer(self, situation):
            if isinstance(answer, Exception):
                raise answer
            return answer

    def refuse(gesture):
        raise KinesicsError(f"no {gesture}")

    told = []
    policy = SupervisedPolicy(Ours(), Bad(), "bad", patience=FOREVER, check_gesture=refuse,
                              told=told.append)
    for frame in range(5):
        assert update(policy, frame / 30).reason == "ours"
    assert policy.errors == 5 and said in policy.fault
    assert len(told) == 1 and said in told[0]  # once, not thirty times a second


def test_an_answer_holds_for_its_time_while_the_policy_says_nothing():
    class Once:
        said = False

        def answer(self, situation):
            if not self.said:
                self.said = True
                return OwnAnswer("fear", duration=0.5)
            raise RuntimeError("no more") if situation.seconds > 5 else KeyError("none")

    policy = SupervisedPolicy(Ours(), Once(), "once", patience=FOREVER)
    assert update(policy, 0.0).policy == "once"
    assert update(policy, 0.1).policy == "mirror"  # what raises is not trusted with its last word


def test_a_slow_policy_never_holds_an_image_up_and_is_heard_when_it_is_ready():
    go, asked = threading.Event(), threading.Event()

    class Slow:
        def answer(self, situation):
            asked.set()
            go.wait(FOREVER)
            return OwnAnswer("surprise", 0.7, duration=5.0, reason="at last")

    told = []
    policy = SupervisedPolicy(Ours(), Slow(), "slow", patience=0.0, told=told.append)
    for frame in range(20):
        assert update(policy, frame / 30).reason == "ours"
    assert policy.late == 20 and len(told) == 1 and "slow" in told[0]
    assert asked.wait(FOREVER)
    go.set()
    end = time.monotonic() + FOREVER
    frame = 20
    while update(policy, frame / 30).reason != "at last" and time.monotonic() < end:
        frame += 1
        time.sleep(0.01)
    assert policy.answered == 1


def test_a_policy_that_never_comes_back_leaves_ours_and_lets_the_process_go():
    class Hangs:
        def answer(self, situation):
            threading.Event().wait()

    policy = SupervisedPolicy(Ours(), Hangs(), "hangs", patience=0.0)
    assert [update(policy, frame / 30).reason for frame in range(5)] == ["ours"] * 5
    assert all(thread.daemon for thread in threading.enumerate() if "hangs" in thread.name)


def test_a_clock_that_jumps_back_ends_what_holds():
    class First:
        def __init__(self):
            self.calls = 0

        def answer(self, situation):
            self.calls += 1
            return OwnAnswer("fear", duration=60.0) if self.calls == 1 else None

    policy = SupervisedPolicy(Ours(), First(), "first", patience=FOREVER)
    assert update(policy, 500.0).policy == "first"
    assert update(policy, 1.0).policy == "mirror"


def test_policies_are_found_as_module_as_file_and_as_entry_point(tmp_path, monkeypatch):
    file = tmp_path / "kinesics_test_mine.py"
    file.write_text("class Mine:\n    def answer(self, situation):\n        return None\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = tmp_path / "mine-1.0.dist-info"
    found.mkdir()
    (found / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (found / "entry_points.txt").write_text(
        "[kinesics.policies]\ncalm_one = kinesics_test_mine:Mine\n")
    for name in (f"{file}:Mine", "kinesics_test_mine:Mine", "calm_one"):
        assert names_own_policy(name)
        assert type(load_policy(name)).__name__ == "Mine"
    sys.modules.pop("kinesics_test_mine", None)


@pytest.mark.parametrize(("name", "said"), [
    ("nobody", "wanted one of ours"), ("no_such_module:Policy", "cannot be imported"),
    ("json:NoClass", "cannot be imported"), ("none.py:Policy", "does not exist"),
    ("json:JSONDecodeError", "cannot be made"), ("json:JSONDecoder", "without a method answer"),
])
def test_what_is_no_policy_is_refused_with_a_sentence(name, said):
    with pytest.raises(KinesicsError, match=said):
        load_policy(name)
    assert not names_own_policy("mirror")


def test_a_file_without_the_class_says_what_it_has(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("class Mine: pass\n")
    with pytest.raises(KinesicsError, match="has no 'Yours'; it has Mine"):
        load_policy(f"{file}:Yours")
