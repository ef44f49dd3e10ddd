"""Descriptions of emotions from a grammar, with the distribution that each has by construction.

Emo3D's descriptions were written by GPT-3.5, and it was asked for their distributions as well
(section 3). Here a sentence is made of a frame and of words whose emotion and intensity are known,
so the distribution is what the sentence was made from: intensity times the emotions it names, the
rest neutral. As in the paper a sample has three sentences of one meaning, about one person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL, emotion_index
from kinesics_core.emo3d.words import BLENDS, VOCABULARY, Item, part

LEVELS = (0.55, 0.75, 0.97)
"""Intensity of mild, marked and strong words: the share that is not neutral."""

TEXTS = 3
"""Sentences of a sample."""

KINDS = ("single", "mixed", "blend", "event", "masked", "negated", "primitive")
"""Meanings of a description: one emotion, two of them, a word for several, an event, a hidden
emotion, a denied one; or, for the paper's primitive faces, the word alone."""

SHARES = (0.44, 0.2, 0.08, 0.14, 0.07, 0.07)
"""Share of each kind among the descriptions; the primitive ones are made apart."""

AGES = ("young", "middle-aged", "elderly", "thirty-something", "twenty-year-old")

Units = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Description:
    """Sentences of one meaning and what they mean.

    Attributes:
        texts: The sentences.
        kind: One of ``KINDS``.
        distribution: (8,) float32 in the order of ``EMOTIONS``, sums to 1.
        mixture: (8,) float32, what is shown apart from how strongly, sums to 1.
        intensity: 0..1.
        units: Action units that the sentences name, and their strength; a side in front, "L_AU14".
        gender: "female" or "male", of the person described.
    """

    texts: tuple[str, ...]
    kind: str
    distribution: np.ndarray
    mixture: np.ndarray
    intensity: float
    units: Units
    gender: str


_FRAMES: dict[str, tuple[str, ...]] = {
    "single": (
        "{Who} looks {adjective}.",
        "The face of {who} shows {noun}.",
        "{Who} has {a_adjective} expression on {his} face.",
        "An expression of {noun} is evident on the face of {who}.",
        "With {sign}, {who} looks {adjective}.",
        "{Who} is {adjective}, with {sign}.",
        "{His} features speak of {noun}, and one notices {sign}.",
        "{Who} wears the look of somebody who is {adjective}.",
        "{Noun} is written all over {his} face: {who} with {sign}.",
        "The picture shows {who}, {adjective}, with {sign}.",
        "There is {noun} in {his} expression; {he} has {sign}.",
        "{Who} appears {adjective}.",
        "One can read {noun} in the eyes of {who}.",
        "You can tell by {sign} that {who} feels {noun}.",
        "{Who} stares at us, visibly {adjective}.",
    ),
    "mixed": (
        "{Who} feels {noun} mixed with {other_noun}.",
        "{Who} looks {adjective} and {other_adjective} at once.",
        "The face of {who} shows {noun} and {other_noun}.",
        "{Who} is torn between {noun} and {other_noun}.",
        "Both {noun} and {other_noun} are visible on {his} face.",
        "{Who} seems {adjective}, yet also {other_adjective}.",
        "{His} face carries {noun} together with {other_noun}.",
        "There is {noun} in {his} eyes and {other_noun} around {his} mouth.",
        "{Who} has the look of {noun} blended with {other_noun}.",
        "In the expression of {who} {noun} meets {other_noun}.",
    ),
    "hinted": (
        "{Who} looks {adjective} with a hint of {other_noun}.",
        "Mostly {noun}, with a trace of {other_noun}, is on the face of {who}.",
        "{Who} feels {noun} and just a little {other_noun}.",
        "The face of {who} shows {noun}, tinged with {other_noun}.",
        "{Who} is {adjective} and perhaps a bit {other_adjective}.",
        "Behind {his} {noun} one senses some {other_noun}.",
        "{Who} appears {adjective}, with a touch of {other_noun}.",
        "{His} face is full of {noun}, with {other_noun} underneath.",
        "An air of {noun} with a shade of {other_noun} surrounds {who}.",
        "{Who} looks {adjective}, slightly {other_adjective} too.",
    ),
    "blend": (
        "{Who} looks {adjective}.",
        "{Who} shows {noun}.",
        "The face of {who} is {adjective}.",
        "A look of {noun} is on the face of {who}.",
        "There is {noun} in {his} eyes: {who}.",
        "{Who} appears {adjective}.",
        "{His} expression tells of {noun}.",
        "{Who} seems rather {adjective}.",
        "One sees {noun} in {his} face.",
        "{Who} gives {a_adjective} look.",
    ),
    "event": (
        "{Who} {event}.",
        "The face of somebody who {event}.",
        "{Who} {event} and looks {adjective}.",
        "How {who} looks when {he} {event}.",
        "{Adjective_}, {who} {event}.",
        "The moment at which {who} {event}.",
        "{Who} {event}, and {noun} fills {his} face.",
        "Imagine the expression of {who}, who {event}.",
        "{His} {noun} is plain to see: {he} {event}.",
        "A photograph of {who}, who {event}.",
    ),
    "masked": (
        "{Who} hides {his} {noun} behind a smile.",
        "{Who} smiles, but underneath {he} is {adjective}.",
        "{Who} forces a smile although {he} feels {noun}.",
        "{His} smile cannot conceal {his} {noun}.",
        "Smiling through {noun}: the face of {who}.",
        "{Who} grins bravely while {noun} shows in {his} eyes.",
        "A brave smile covers the {noun} of {who}.",
        "{Who} puts on a happy face over {his} {noun}.",
        "Beneath the polite smile of {who} lies {noun}.",
        "{Who} laughs with eyes that look {adjective}.",
    ),
    "negated": (
        "{Who} is not {adjective} at all.",
        "There is no trace of {noun} in the face of {who}.",
        "{Who} does not look {adjective}.",
        "Nothing in {his} face suggests {noun}.",
        "{Who} shows no {noun} whatsoever.",
        "{Who} is anything but {adjective}.",
        "One looks in vain for {noun} in the eyes of {who}.",
        "{Who} has never looked less {adjective}.",
        "Without any {noun}, {who} faces the camera.",
        "{His} expression is far from {adjective}.",
    ),
}  # fmt: skip
"""Kind -> sentence frames, cut into parts as the words are. "hinted" is of "mixed", with the
second emotion in the background."""

_DEGREES = (("", "", 1.0), ("", "", 1.0), ("", "", 1.0), ("slightly ", "a hint of ", 0.7),
            ("very ", "great ", 1.2), ("somewhat ", "some ", 0.85), ("extremely ", "extreme ", 1.3))
"""(adverb before an adjective, words before a noun, factor on the intensity); of marked words, for
mild and strong ones have a degree of their own."""

_OPPOSITE = {"happiness": {"sadness": 0.5, "neutral": 0.5}}
"""Emotion -> what remains when it is denied; of the others, nothing: neutral."""


def describe(rng: np.random.Generator, name: str, dominant: int) -> Description:
    """Make a description of a part of the data.

    Args:
        rng: Random numbers.
        name: The part, one of ``words.PARTS``; its words and frames are no other's.
        dominant: Index of the emotion that it is about.
    """
    emotion = EMOTIONS[dominant]
    kind = KINDS[rng.choice(len(SHARES), p=SHARES)]
    writer = _Writer(rng, name, _person(rng))
    level = int(rng.integers(len(LEVELS)))
    if kind == "mixed" and dominant != NEUTRAL:
        return _mixed(writer, dominant, level)
    if kind == "blend":
        choices = [blend for blend in part(BLENDS, name)
                   if max(blend[2], key=lambda of: blend[2][of]) == emotion]
        if choices:
            adjective, noun, emotions = choices[rng.integers(len(choices))]
            words = {"adjective": adjective, "a_adjective": _with_article(adjective), "noun": noun}
            return writer.write(kind, _mixture(emotions), 0.85, lambda: words)
    if kind == "masked" and emotion in ("sadness", "anger", "fear", "disgust", "contempt"):
        mixture = _mixture({emotion: 0.6, "happiness": 0.4})
        return writer.write(kind, mixture, LEVELS[level], lambda: writer.words(emotion, level))
    if kind == "negated" and dominant != NEUTRAL:
        left = _mixture(_OPPOSITE.get(emotion, {"neutral": 1.0}))
        return writer.write(kind, left, 0.9, lambda: writer.words(emotion, level))
    if kind == "event":
        # An event moves people; the words about it are marked or strong ones.
        level = max(level, 1)
        event = writer.pick(VOCABULARY[emotion].events).format(**writer.person)
        return writer.write(kind, _mixture({emotion: 1.0}), LEVELS[level],
                            lambda: writer.words(emotion, level) | {"event": event})
    return _single(writer, dominant, level)


def primitives(rng: np.random.Generator, name: str) -> list[Description]:
    """Return the primitive emotions of a part: each word at three intensities, female and male.

    The paper takes words and their distributions from EmoLex; here they are the nouns of the
    vocabulary and the words for several emotions.
    """
    words = [(noun, {emotion: 1.0}) for emotion, known in VOCABULARY.items()
             for nouns in known.nouns for noun in part(nouns, name)]
    words += [(noun, emotions) for _, noun, emotions in part(BLENDS, name)]
    found = []
    for noun, emotions in words:
        mixture = _mixture(emotions)
        for intensity in LEVELS:
            for gender in ("female", "male"):
                found.append(Description(
                    (noun,), "primitive", distribution_of(mixture, intensity), mixture,
                    intensity, {}, gender))
    return [found[row] for row in rng.permutation(len(found))]


def distribution_of(mixture: np.ndarray, intensity: float) -> np.ndarray:
    """Return the distribution (8,) float32: the mixture's share is the intensity, the rest neutral.

    Args:
        mixture: (8,) what is shown, sums to 1.
        intensity: 0..1.
    """
    found = intensity * np.asarray(mixture, np.float64)
    found[NEUTRAL] += 1.0 - intensity
    return (found / found.sum()).astype(np.float32)


def _single(writer: _Writer, dominant: int, level: int) -> Description:
    emotion = EMOTIONS[dominant]
    marked = level == 1 and dominant != NEUTRAL
    adverb, before, factor = writer.pick_of(_DEGREES) if marked else _DEGREES[0]
    intensity = min(factor * LEVELS[level], LEVELS[-1])
    sign, units = writer.pick(VOCABULARY[emotion].signs)
    sign = sign.format(**writer.person)

    def words() -> dict[str, str]:
        drawn = writer.words(emotion, level, adverb, before)
        return drawn | {"sign": sign}

    strength = 0.5 + 0.5 * intensity
    return writer.write("single", _mixture({emotion: 1.0}), intensity, words,
                        {unit: strength * value for unit, value in units.items()})


def _mixed(writer: _Writer, dominant: int, level: int) -> Description:
    others = [index for index in range(len(EMOTIONS)) if index not in (dominant, NEUTRAL)]
    second = EMOTIONS[others[writer.rng.integers(len(others))]]
    hinted = bool(writer.rng.random() < 0.5)
    share = 0.75 if hinted else 0.55
    mixture = _mixture({EMOTIONS[dominant]: share, second: 1.0 - share})

    def words() -> dict[str, str]:
        other = writer.words(second, 0 if hinted else level)
        return writer.words(EMOTIONS[dominant], level) | {
            f"other_{key}": value for key, value in other.items()}

    return writer.write("hinted" if hinted else "mixed", mixture, LEVELS[level], words)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Sentences of one part about one person.

    Attributes:
        rng: Random numbers.
        part: The part, one of ``words.PARTS``.
        person: How the person is called, and its pronouns.
    """

    rng: np.random.Generator
    part: str
    person: dict[str, str]

    def pick_of(self, items: Sequence[Item]) -> Item:
        """Draw one of some things."""
        return items[int(self.rng.integers(len(items)))]

    def pick(self, items: Sequence[Item]) -> Item:
        """Draw one of those that belong to the part."""
        return self.pick_of(part(items, self.part))

    def words(self, emotion: str, level: int, adverb: str = "", before: str = "") -> dict[str, str]:
        """Draw an adjective and a noun of an emotion's level."""
        known = VOCABULARY[emotion]
        adjective = adverb + self.pick(known.adjectives[level])
        noun = before + self.pick(known.nouns[level])
        return {"adjective": adjective, "Adjective_": _capital(adjective), "noun": noun,
                "a_adjective": _with_article(adjective), "Noun": _capital(noun)}

    def write(
        self, frames: str, mixture: np.ndarray, intensity: float,
        words: Callable[[], dict[str, str]], units: Units | None = None,
    ) -> Description:
        """Fill frames with words drawn anew for each; units count where a text names them."""
        own = part(_FRAMES[frames], self.part)
        order = self.rng.permutation(len(own))
        chosen = [own[order[index % len(own)]] for index in range(TEXTS)]
        texts = tuple(frame.format(**(self.person | words())) for frame in chosen)
        named = units if units and any("{sign}" in frame for frame in chosen) else {}
        return Description(
            texts, "mixed" if frames == "hinted" else frames, distribution_of(mixture, intensity),
            mixture, intensity, named, self.person["gender"])


def _person(rng: np.random.Generator) -> dict[str, str]:
    """Draw a person: how it is called, and its pronouns."""
    female = bool(rng.random() < 0.5)
    age = AGES[rng.integers(len(AGES))]
    nouns = ("woman", "female", "lady") if female else ("man", "male", "gentleman")
    noun = f"{age} {nouns[rng.integers(3)]}"
    word = ("this", "the", "")[rng.integers(3)]
    who = f"{word} {noun}" if word else _with_article(noun)
    he, him, his = ("she", "her", "her") if female else ("he", "him", "his")
    return {"who": who, "Who": _capital(who), "he": he, "him": him, "his": his,
            "His": _capital(his), "gender": "female" if female else "male"}


def _mixture(shares: Mapping[str, float]) -> np.ndarray:
    found = np.zeros(len(EMOTIONS), np.float32)
    for emotion, share in shares.items():
        found[emotion_index(emotion)] = share
    return found / found.sum()


def _with_article(words: str) -> str:
    return f"{'an' if words[0].lower() in 'aeiou' else 'a'} {words}"


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
