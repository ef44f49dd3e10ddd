"""Policies as files: emotions shown, their strength and gestures, for each emotion perceived.

Each policy is one file of ``policies/``, a few lines that can be read and edited. None answers with
anger, disgust or contempt: ``read_policy`` refuses it, and none of them is ever shown towards a
person. Shares, strengths and gestures are authored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from kinesics_core.affect.emotions import (
    ANGER,
    CONTEMPT,
    DISGUST,
    EMOTIONS,
    NEUTRAL,
)
from kinesics_core.mind import yaml_files
from kinesics_core.mind.style import ENERGY

HOSTILE = (ANGER, DISGUST, CONTEMPT)
"""Emotions that the robot never shows towards a person."""

ALLOWED = np.array([emotion not in HOSTILE for emotion in range(len(EMOTIONS))])
"""(8,) bool: the others."""

GREETING = ("wave", "nod")
"""Gestures with which somebody new is met, and who leaves is seen off."""

APOLOGY = ("bow", "hand_to_chest")
"""Gestures for an error of the robot's own that somebody minds."""

_INDEX = {name: number for number, name in enumerate(EMOTIONS)}
_SHOWN = {name: number for name, number in _INDEX.items() if number not in HOSTILE}
_FIELDS = ("verb", "strength", "arousal", "lean", "calls", "answers", "gestures")


@dataclass(frozen=True, slots=True)
class Answering:
    """One policy.

    Attributes:
        verb: What the robot does, for a sentence that ends with the emotion shown.
        strength: How strongly the answer shows what is answered, 0..1.
        arousal_gain: Share of the perceived arousal that the robot's state takes over: who
            regulates calms.
        lean: Radians that the robot leans nearer than its personality does.
        shares: Perceived emotion -> {emotion answered: share}, summing to 1; an emotion that is
            not named is not answered with emotion, that is, with neutral.
        calls: How much each perceived emotion calls for this policy, when the robot may choose.
        gestures: Perceived emotion -> gestures to choose from; names of
            ``expression.gestures.ROBOT_GESTURES``.
    """

    verb: str
    strength: float = 0.0
    arousal_gain: float = 0.0
    lean: float = 0.0
    shares: dict[int, dict[int, float]] = field(default_factory=dict)
    calls: dict[int, float] = field(default_factory=dict)
    gestures: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def table(self) -> np.ndarray:
        """Return the shares as (8, 8): perceived emotion, emotion answered."""
        table = np.zeros((len(EMOTIONS), len(EMOTIONS)))
        table[:, NEUTRAL] = 1.0
        for perceived, answers in self.shares.items():
            table[perceived] = 0.0
            for answer, share in answers.items():
                table[perceived, answer] = share
        return table


@dataclass(frozen=True, slots=True)
class SignAnswer:
    """Answer to a person's gesture.

    Attributes:
        gestures: To choose from.
        shows: Emotion that goes with it.
        weight: Share of that emotion in what is shown meanwhile, 0..1.
        lean: Radians nearer than usual; negative keeps away.
    """

    gestures: tuple[str, ...]
    shows: int = NEUTRAL
    weight: float = 0.0
    lean: float = 0.0


def read_policy(path: Path) -> Answering:
    """Read a policy's file.

    Raises:
        KinesicsError: A name or number in it is wrong, or it answers with anger, disgust or
            contempt; the sentence has the line.
    """
    top = yaml_files.read(path)
    fields = top.fields(_FIELDS)
    if "verb" not in fields:
        raise top.error("wanted 'verb', what the robot does, such as: mirrors with.")
    numbers = {"strength": (0.0, 1.0), "arousal": (-1.0, 1.0), "lean": (-0.2, 0.2)}
    found = {name: fields[name].number(name, *bounds) if name in fields else 0.0
             for name, bounds in numbers.items()}
    return Answering(
        fields["verb"].text("verb"), found["strength"], found["arousal"], found["lean"],
        shares={_INDEX[name]: node.shares(_SHOWN) for name, node in _part(fields, "answers")},
        calls={_INDEX[name]: node.number(f"calls of {name}", 0.0, 2.0)
               for name, node in _part(fields, "calls")},
        gestures={_INDEX[name]: _gestures(node) for name, node in _part(fields, "gestures")},
    )


def read_signs(path: Path) -> dict[str, SignAnswer]:
    """Read the file of answers to gestures: sign -> gestures, shows, weight, lean.

    Raises:
        KinesicsError: A name or number in it is wrong; the sentence has the line.
    """
    found = {}
    for name, node in yaml_files.read(path).fields().items():
        fields = node.fields(("gestures", "shows", "weight", "lean"))
        found[name] = SignAnswer(
            _gestures(fields["gestures"]) if "gestures" in fields else (),
            _SHOWN[fields["shows"].choice("shows", _SHOWN)] if "shows" in fields else NEUTRAL,
            fields["weight"].number("weight", 0.0, 1.0) if "weight" in fields else 0.0,
            fields["lean"].number("lean", -0.2, 0.2) if "lean" in fields else 0.0,
        )
    return found


def _part(
    fields: dict[str, yaml_files.Node], name: str
) -> list[tuple[str, yaml_files.Node]]:
    return list(fields[name].fields(EMOTIONS).items()) if name in fields else []


def _gestures(node: yaml_files.Node) -> tuple[str, ...]:
    return tuple(item.choice("gesture", ENERGY) for item in node.items())


def _shipped(name: str) -> Path:
    with as_file(files(__package__) / "policies" / f"{name}.yaml") as path:
        return path


ANSWERINGS: dict[str, Answering] = {
    name: read_policy(_shipped(name))
    for name in (
        "mirror", "empathise", "complement", "regulate", "play", "professional", "idle",
    )
}  # fmt: skip
"""The policies, by name."""

SIGNS: dict[str, SignAnswer] = read_signs(_shipped("signs"))
"""Answers to people's gestures, by the gesture's name."""

_MEETING = SignAnswer(GREETING, _INDEX["happiness"], 0.8)


def answer_to(sign: str) -> SignAnswer | None:
    """Return the answer to a gesture, an "arrival" or a "leaving"; None to anything else."""
    return _MEETING if sign in ("arrival", "leaving") else SIGNS.get(sign)


FILES = (".yaml", ".yml")
"""Ends of the names of policies that are files of the user's."""


class Policies:
    """The policies to choose from: ours, and a file's of the user's.

    A file that is named as one of ours takes its place. Another one that has ``calls`` joins them;
    without, it is the only one.

    Attributes:
        answerings: By name.
        fixed: Name of the one that always answers, or "" where the robot chooses.
        called: Those to choose from.
    """

    def __init__(self, policy: str) -> None:
        """Take a policy's name, "auto" or a file.

        Raises:
            KinesicsError: The file is none; the sentence has the line.
        """
        self.answerings = dict(ANSWERINGS)
        self.fixed = "" if policy == "auto" else policy
        if policy.endswith(FILES):
            path = Path(policy).expanduser()
            answering = self.answerings[path.stem] = read_policy(path)
            chosen = path.stem in ANSWERINGS or answering.calls
            self.fixed = "" if chosen else path.stem
        self.called = tuple(name for name, one in self.answerings.items() if one.calls)
        self._calls = np.array([
            [self.answerings[name].calls.get(emotion, 0.0) for emotion in range(len(EMOTIONS))]
            for name in self.called
        ])
        self._tables = {name: one.table() for name, one in self.answerings.items()}

    def calls(self, perceived: np.ndarray) -> dict[str, float]:
        """Return how much perceived emotions (8,) call for each policy to choose from."""
        return dict(zip(self.called, (self._calls @ perceived).tolist(), strict=True))

    def table(self, name: str) -> np.ndarray:
        """Return the shares (8, 8) of a policy, see ``Answering.table``."""
        return self._tables[name]
