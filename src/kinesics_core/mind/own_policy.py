"""A user's own policy in the place of ours: a small class, found by name, that may fail.

    class Cheerful:
        def answer(self, situation):
            if situation.affect is not None and situation.affect.valence > 0.2:
                return OwnAnswer("happiness", 0.8, gesture="clap", reason="They are happy.")
            return None                                   # ours answers

It is called once for each image, in a thread of its own, with what is perceived and what ours would
answer. What it leaves open stays ours: whom to attend to, the robot's own state, the direction. A
policy that raises, takes its time or never comes back is survived: what it last said holds for its
``duration``, then ours answers; how often that happened is counted and said.

It is named as an entry point of the group ``kinesics.policies``, as ``module:Class`` or as
``path/to/file.py:Class``.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Protocol

from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL, emotion_index
from kinesics_core.errors import KinesicsError
from kinesics_core.mind.answers import HOSTILE
from kinesics_core.mind.perceived import Answers
from kinesics_core.types import NANOSECONDS, Affect, AffectiveResponse, People, SocialSignals

GROUP = "kinesics.policies"
"""Entry points of this group are policies that can be named."""

PATIENCE = 0.02
"""Seconds that an image waits for a user's policy; ours answers it then."""

HANGS = 5.0
"""Seconds after which one that has not come back is said to hang."""

LONGEST = 60.0
"""Seconds that one answer of a user's policy holds at most."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that a user's policy is told of one image.

    Attributes:
        seconds: Since the first image.
        people: Everybody in it.
        affects: Readings of them.
        signals: Their gestures, postures and engagement.
        affect: Reading of the person attended to; None: nobody, or hard to read.
        ours: What our own policy would answer: its ``towards`` is the person attended to, its
            ``valence``, ``arousal`` and ``dominance`` are the robot's state.
    """

    seconds: float
    people: People
    affects: tuple[Affect, ...]
    signals: tuple[SocialSignals, ...]
    affect: Affect | None
    ours: AffectiveResponse


@dataclass(frozen=True, slots=True)
class OwnAnswer:
    """An answer of a user's policy.

    Attributes:
        emotion: Name or index of one of ``EMOTIONS``; never anger, disgust or contempt.
        intensity: 0..1.
        gesture: "" or a gesture of the robot.
        duration: Seconds for which it holds unless another one comes.
        reason: One sentence.
    """

    emotion: int | str = NEUTRAL
    intensity: float = 0.5
    gesture: str = ""
    duration: float = 1.0
    reason: str = ""


class OwnPolicy(Protocol):
    """The one method of a user's class."""

    def answer(self, situation: Situation) -> OwnAnswer | None:
        """Return the answer to a situation; None leaves it to ours."""


def known_policies() -> dict[str, EntryPoint]:
    """Return the entry points of policies by name."""
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def load_policy(name: str) -> OwnPolicy:
    """Return a new policy of a user's.

    Args:
        name: An entry point, ``module:Class`` or ``path/to/file.py:Class``.

    Raises:
        KinesicsError: There is none of that name, it cannot be made, or has no ``answer``.
    """
    made = _class_of(name)
    try:
        policy = made()
    except Exception as error:
        raise KinesicsError(
            f"the policy {name!r} cannot be made: {made!r} without arguments raised {error!r}. Mend"
            " it, or give a class that needs none.") from error
    if not callable(getattr(policy, "answer", None)):
        raise KinesicsError(
            f"the policy {name!r} is a {type(policy).__name__} without a method"
            " answer(situation); see kinesics_core.mind.own_policy.")
    return policy


def names_own_policy(name: str) -> bool:
    """Tell whether a name is that of a user's class rather than one of ours or a file's."""
    return ":" in name or name in known_policies()


class SupervisedPolicy:
    """A user's policy with ours beneath it.

    Attributes:
        ours: The policy that attends, feels, and answers where the user's does not.
        name: Of the user's.
        answered: Images that the user's policy has answered.
        errors: Times that it raised or answered what cannot be shown.
        late: Images that did not get its answer in time.
        fault: Sentence about what went wrong last; "" while nothing has.
    """

    def __init__(
        self, ours: Answers, own: OwnPolicy, name: str, *, patience: float = PATIENCE,
        check_gesture: Callable[[str], object] = lambda gesture: None,
        told: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        """Begin with ours.

        Args:
            ours: Our policy.
            own: The user's.
            name: Of the user's, for the responses' ``policy`` and for what is said.
            patience: Seconds that an image waits for it.
            check_gesture: Raises a KinesicsError for a gesture that the robot does not know.
            told: Is told of each new kind of fault, in the caller's thread.
        """
        self.ours, self.name = ours, name
        self.answered = self.errors = self.late = 0
        self.fault = ""
        self._own, self._patience = own, patience
        self._check_gesture, self._told = check_gesture, told
        self._kinds: set[str] = set()
        self._began: int | None = None
        self._held: tuple[OwnAnswer, float] | None = None  # and until when it holds, s
        self._asked = 0.0  # monotonic seconds, when the call in flight began
        self._busy = False
        self._done = threading.Condition()
        self._situation: Situation | None = None
        self._outcome: Any = None
        self._closed = False
        threading.Thread(target=self._work, name=f"policy {name}", daemon=True).start()

    def close(self) -> None:
        """Let go of the thread; a policy that hangs keeps it, and does not keep the process."""
        with self._done:
            self._closed = True
            self._done.notify_all()

    def update(
        self, affects: Sequence[Affect], people: People, signals: Sequence[SocialSignals] = ()
    ) -> AffectiveResponse:
        """Return the answer to what is seen in one image: the user's, or ours."""
        ours = self.ours.update(affects, people, signals)
        if self._began is None:
            self._began = people.stamp
        seconds = (people.stamp - self._began) / NANOSECONDS
        affect = next((one for one in affects if one.person_id == ours.towards), None)
        self._hear(seconds)  # what came too late for the image before
        self._ask(Situation(seconds, people, tuple(affects), tuple(signals), affect, ours))
        self._hear(seconds)
        if self._held is None or not self._held[1] - LONGEST - 1.0 <= seconds < self._held[1]:
            self._held = None
            return ours
        self.answered += 1
        answer = self._held[0]
        return replace(
            ours, policy=self.name, emotion=emotion_index(answer.emotion),
            intensity=float(answer.intensity), gesture=answer.gesture,
            duration=min(float(answer.duration), ours.duration), anticipated=False,
            reason=answer.reason or f"The policy {self.name} decided so.")

    def _ask(self, situation: Situation) -> None:
        with self._done:
            if self._busy:
                self._miss()
                return
            self._busy, self._asked = True, time.monotonic()
            self._situation, self._outcome = situation, None
            self._done.notify_all()
            if not self._done.wait_for(lambda: not self._busy, self._patience):
                self._miss()

    def _miss(self) -> None:
        self.late += 1
        waiting = time.monotonic() - self._asked
        if waiting > HANGS:
            self._say("hangs", f"the policy {self.name} has not come back for {HANGS:g} s; ours"
                      " answers until it does")
        else:
            self._say("late", f"the policy {self.name} takes longer than {self._patience:g} s;"
                      " ours answers until its answer comes")

    def _hear(self, seconds: float) -> None:
        """Take what the user's policy said since the last image."""
        with self._done:
            outcome, self._outcome = self._outcome, None
        if outcome is None:
            return
        if isinstance(outcome, Exception):
            self._fail(f"the policy {self.name} raised {outcome!r}; ours answers")
            return
        (answer,) = outcome
        if answer is None:
            self._held = None
            return
        try:
            self._check(answer)
        except Exception as error:
            said = str(error) if isinstance(error, KinesicsError) else repr(error)
            self._fail(f"the policy {self.name} answered what cannot be shown: {said}")
            return
        self._held = (answer, seconds + min(float(answer.duration), LONGEST))

    def _check(self, answer: OwnAnswer) -> None:
        if not isinstance(answer, OwnAnswer):
            raise KinesicsError(
                f"got a {type(answer).__name__}; wanted an OwnAnswer, or None to leave it to ours.")
        emotion = emotion_index(answer.emotion)
        if emotion in HOSTILE:
            raise KinesicsError(
                f"got {EMOTIONS[emotion]}, which the robot never shows towards a person; call"
                " `express` for a performance.")
        if not 0.0 <= answer.intensity <= 1.0:
            raise KinesicsError(f"got intensity {answer.intensity}; wanted a number from 0 to 1.")
        if not (math.isfinite(answer.duration) and answer.duration > 0.0):
            raise KinesicsError(f"got duration {answer.duration} s; wanted a time above 0.")
        if answer.gesture:
            self._check_gesture(answer.gesture)

    def _fail(self, sentence: str) -> None:
        self.errors += 1
        self._held = None
        self._say(sentence[:60], sentence)

    def _say(self, kind: str, sentence: str) -> None:
        """Keep a sentence, and tell it when its kind is new."""
        self.fault = sentence
        if kind not in self._kinds and len(self._kinds) < 32:
            self._kinds.add(kind)
            self._told(sentence)

    def _work(self) -> None:
        while True:
            with self._done:
                self._done.wait_for(lambda: self._situation is not None or self._closed)
                situation, self._situation = self._situation, None
                if self._closed:
                    return
            assert situation is not None
            outcome: Any
            try:
                outcome = (self._own.answer(situation),)
            except Exception as error:
                outcome = error
            with self._done:
                self._outcome, self._busy = outcome, False
                self._done.notify_all()

    def __getattr__(self, name: str) -> Any:
        """Give what else is asked of a policy, such as ``set_personality``: it is ours."""
        if name.startswith("_") or name == "ours":
            raise AttributeError(name)
        return getattr(self.ours, name)


def _class_of(name: str) -> Callable[[], Any]:
    """Return what makes the policy of a name."""
    entry = known_policies().get(name)
    try:
        if entry is not None:
            return entry.load()
        place, _, attribute = name.rpartition(":")
        if place.endswith(".py"):
            return _from_file(Path(place).expanduser(), attribute, name)
        if place:
            return getattr(importlib.import_module(place), attribute)
    except KinesicsError:
        raise
    except Exception as error:
        raise KinesicsError(
            f"the policy {name!r} cannot be imported: {error!r}. Check its module, and that this"
            " Python can import it.") from error
    known = ", ".join(sorted(known_policies())) or "none is installed"
    raise KinesicsError(
        f"Got the policy {name!r}; wanted one of ours, an entry point of the group {GROUP}"
        f" ({known}), module:Class or path/to/file.py:Class.")


def _from_file(path: Path, attribute: str, name: str) -> Any:
    if not path.is_file():
        raise KinesicsError(f"Got the policy {name!r}, but {path} does not exist; mend the path.")
    spec = importlib.util.spec_from_file_location(f"kinesics_policy_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not hasattr(module, attribute):
        classes = [key for key, value in vars(module).items()
                   if isinstance(value, type) and value.__module__ == module.__name__]
        raise KinesicsError(
            f"Got the policy {name!r}, but {path} has no {attribute!r}; it has"
            f" {', '.join(classes) or 'no class'}.")
    return getattr(module, attribute)
