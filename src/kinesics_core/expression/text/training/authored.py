"""Training sentences made of authored words and frames: what GoEmotions and XED do not hold.

Descriptions of faces, contempt, irony, negation and mixed feelings. The material is
``words.toml`` and ``authored.toml``; this module fills the slots.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.expression.text.lexicon import KINDS, read_words

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FIRST, SECOND = 0.6, 0.4
"""Shares of the two moods of a mixed sentence."""
MOST = 4
"""Times that a sentence without slots is seen in an epoch, at most."""

_PEOPLE = (
    ("She", "she", "her", "her"), ("He", "he", "his", "him"), ("The man", "he", "his", "him"),
    ("The woman", "she", "her", "her"), ("The girl", "she", "her", "her"),
    ("The boy", "he", "his", "him"),
    ("Maria", "she", "her", "her"), ("Tom", "he", "his", "him"), ("My boss", "he", "his", "him"),
    ("The old lady", "she", "her", "her"), ("A young man", "he", "his", "him"),
    ("A woman", "she", "her", "her"),
)
"""Subject, pronoun, possessive, object."""

_SLOT = re.compile(r"\{([ANDF]):(\w+)\}")
_SLOT_KINDS = {"A": ("mild", "plain", "plain", "strong"), "N": ("nouns",), "D": ("adverbs",)}
"""Letter of a slot -> kinds of words that fill it; F is a whole description of a face."""

_PICTURES = (
    "{}", "{}", "{}.", "{}.", "A picture of a person: {}", "{}, seen from the front",
)
"""Frames of a description of a face."""


@dataclass(frozen=True, slots=True)
class Authored:
    """Texts (N), the distribution (N, 8) of each over ``EMOTIONS``, how often it is seen (N)."""

    texts: list[str]
    targets: np.ndarray
    times: np.ndarray


class Writer:
    """Maker of sentences; the random numbers are its own."""

    def __init__(self, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)
        self._words = read_words()
        path = Path(__file__).with_name("authored.toml")
        self._frames: Mapping[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        self._texts: list[str] = []
        self._targets: list[np.ndarray] = []

    def write(self, rounds: int) -> Authored:
        """Return ``rounds`` fillings of every frame, each text once."""
        for _ in range(rounds):
            self._write_words()
            for section in ("faces", "scenes", "negation"):
                for emotion, frames in self._frames[section].items():
                    for frame in frames:
                        self._add(self._dress(self._fill(frame), section), {emotion: 1.0})
            self._write_irony()
            self._write_mixed()
        times = Counter(self._texts)
        unique = {text: index for index, text in enumerate(self._texts)}
        kept = sorted(unique.values())
        texts = [self._texts[index] for index in kept]
        return Authored(texts, np.stack([self._targets[index] for index in kept]),
                        np.array([min(times[text], MOST) for text in texts]))

    def _write_words(self) -> None:
        """Add each word alone and in a small frame."""
        for emotion, kinds in self._words.items():
            for kind, words in kinds.items():
                for word in words:
                    self._add(word, {emotion: 1.0})
                    frame = self._pick(_FRAMES[kind])
                    self._add(self._fill(frame.replace("{w}", word)), {emotion: 1.0})

    def _write_irony(self) -> None:
        """Add praise of what is bad: its mood is the event's, with some contempt in it."""
        ironic = self._frames["ironic"]
        for emotion, events in self._frames["bad_events"].items():
            share = {emotion: 0.8, "contempt": 0.2} if emotion != "contempt" else {emotion: 1.0}
            for event in (*events, *events):
                self._add(_insert(self._pick(ironic["frames"]), "e", event), share)
                self._add(event if self._random.random() < 0.5 else event.capitalize() + ".",
                          {emotion: 1.0})
        for deed in ironic["deeds"]:
            self._add(_insert(self._pick(ironic["deed_frames"]), "d", deed),
                      {"anger": 0.8, "contempt": 0.2})
        for claim in ironic["claims"]:
            self._add(_insert(self._pick(ironic["claim_frames"]), "c", claim), {"contempt": 1.0})
        for frame in ironic["contempt"]:
            self._add(self._fill(frame), {"contempt": 1.0})

    def _write_mixed(self) -> None:
        """Add sentences of two moods."""
        mixed = self._frames["mixed"]
        for pair in mixed["pairs"]:
            first, second = pair.split()
            if self._random.random() < 0.5:
                first, second = second, first
            frame = self._pick(mixed["frames"]).replace(":1}", f":{first}}}")
            self._add(self._fill(frame.replace(":2}", f":{second}}}")),
                      {first: FIRST, second: SECOND})
        for name, shares in (("sad_happy", {"sadness": FIRST, "happiness": SECOND}),
                             ("happy_sad", {"happiness": 0.7, "sadness": 0.3})):
            for frame in mixed[name]:
                self._add(self._fill(frame), shares)

    def _fill(self, frame: str) -> str:
        """Return a frame with its slots filled, the same person throughout."""
        subject, pronoun, possessive, other = _PEOPLE[int(self._random.integers(len(_PEOPLE)))]

        def word(match: re.Match[str]) -> str:
            kind, emotion = match.groups()
            if kind == "F":
                return self._fill(self._pick(self._frames["faces"][emotion]))
            return self._pick(self._words[emotion][self._pick(_SLOT_KINDS[kind])])

        text = _SLOT.sub(word, frame)
        person = {"{S}": subject, "{s}": pronoun, "{p}": possessive, "{o}": other}
        for slot, value in person.items():
            text = text.replace(slot, value)
        return text

    def _dress(self, text: str, section: str) -> str:
        """Return a sentence as people may write it: without full stop, in lower case, framed."""
        chance = self._random.random()
        if section == "faces":
            text = self._pick(_PICTURES).replace("{}", text[0].upper() + text[1:])
        if chance < 0.15:
            return text.rstrip(".").lower()
        return text.rstrip(".") + "!" if chance < 0.22 else text

    def _add(self, text: str, shares: Mapping[str, float]) -> None:
        target = np.zeros(len(EMOTIONS), np.float32)
        for emotion, share in shares.items():
            target[EMOTIONS.index(emotion)] = share
        self._texts.append(text)
        self._targets.append(target)

    def _pick(self, choices: Sequence[str]) -> str:
        return choices[int(self._random.integers(len(choices)))]


def _insert(frame: str, slot: str, text: str) -> str:
    """Return a frame with a text in its slot, its first letter large where the slot's is."""
    frame = frame.replace("{" + slot.upper() + "}", text[0].upper() + text[1:])
    return frame.replace("{" + slot + "}", text)


_ADJECTIVE = (
    "I feel {w}.", "I'm so {w}!", "I am {w}.", "{S} looks {w}.", "{S} is {w}", "a {w} face",
    "a {w} person", "a {w} expression", "very {w}", "so {w}", "{S} seems {w}.", "feeling {w}",
    "{S} was {w} when {s} heard it.", "We are all {w}.", "I've been {w} all day.", "You look {w}.",
    "{S} gave {o} a {w} look.", "extremely {w}", "slightly {w}", "a bit {w}",
    "That makes me {w}.",
)
_FRAMES: Mapping[str, Sequence[str]] = {
    "mild": _ADJECTIVE, "plain": _ADJECTIVE, "strong": _ADJECTIVE,
    "nouns": ("I feel {w}.", "{S} is full of {w}.", "a face of {w}", "a look of {w}",
              "{w} in {p} eyes", "pure {w}", "an expression of {w}", "{S} shows {w}.",
              "{S} was overcome with {w}.", "show {w}", "with {w}"),
    "adverbs": ("{S} says {w}.", "{S} looks up {w}.", '"I see," {s} said {w}.',
                "{S} answers {w}", "{S} stared {w} at the door."),
}
"""Kind of word -> frames for it."""

assert set(_FRAMES) == set(KINDS)
