"""Statistics of a set of triples, in the forms of the paper's tables 3 and 4 and figures 8 to 10.

Tables 5 and 6 need WordNet's synsets and are left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.emo3d.triples import Triples
from kinesics_core.training import plots

TOP = 10
"""Words of table 4."""

_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_STOP = frozenset(re.findall(
    r"\w+", "a an the of and or in on at to is are was be been by for with his her he she him it"
    " its this that who what when how as from not no has have had but yet also both one all any so"
    " than there can you us too very"))
"""Words that say nothing of an emotion; the paper's table 4 leaves such words out as well."""


@dataclass(frozen=True, slots=True)
class EmotionStatistics:
    """Figures of the prompts whose largest emotion is one; a prompt is a sentence.

    Attributes:
        emotion: Its name.
        prompts: How many (figure 9).
        words: Number of words (table 3), and of unique ones.
        unique: See ``words``.
        word_length: Mean, letters.
        sentence_length: Mean, words.
        frequent: Most frequent words (table 4).
        mean: (8,) mean share of each emotion in these prompts (figure 10).
        deviation: (8,) its standard deviation.
    """

    emotion: str
    prompts: int
    words: int
    unique: int
    word_length: float
    sentence_length: float
    frequent: tuple[str, ...]
    mean: np.ndarray
    deviation: np.ndarray


def by_emotion(triples: Triples) -> list[EmotionStatistics]:
    """Return the figures of each emotion that any prompt is mostly of."""
    dominant = triples.distributions.argmax(axis=1)
    found = []
    for index, emotion in enumerate(EMOTIONS):
        rows = np.flatnonzero(dominant == index)
        prompts = [words_of(text) for row in rows for text in triples.texts[row]]
        words = [word for prompt in prompts for word in prompt]
        if not words:
            continue
        counted = Counter(word for word in words if word not in _STOP)
        shares = triples.distributions[rows]
        found.append(EmotionStatistics(
            emotion, len(prompts), len(words), len(set(words)),
            float(np.mean([len(word) for word in words])),
            float(np.mean([len(prompt) for prompt in prompts])),
            tuple(word for word, _ in counted.most_common(TOP)),
            shares.mean(axis=0), shares.std(axis=0)))
    return found


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case."""
    return _WORD.findall(text.lower())


def word_counts(triples: Triples) -> np.ndarray:
    """Return the number of words of every prompt (figure 8)."""
    return np.array([len(words_of(text)) for row in triples.texts for text in row])


def draw(triples: Triples, figures: Sequence[EmotionStatistics], folder: Path) -> list[Path]:
    """Draw figures 8, 9 and 10 of a set as PNG files into a folder, and return their paths."""
    names = [entry.emotion for entry in figures]
    figure, axis = plots.pyplot().subplots(figsize=(5, 3), layout="constrained")
    counts = word_counts(triples)
    axis.hist(counts, bins=np.arange(counts.max() + 2) - 0.5)
    axis.set(xlabel="words in a prompt", ylabel="prompts")
    axis.locator_params(integer=True)
    paths = [folder / f"figure_{number}.png" for number in (8, 9, 10)]
    plots.save(figure, paths[0])
    figure, axis = plots.pyplot().subplots(figsize=(6, 3), layout="constrained")
    axis.bar(names, [entry.prompts for entry in figures])
    axis.set(ylabel="prompts")
    axis.tick_params(axis="x", rotation=30)
    plots.save(figure, paths[1])
    figure, axes = plots.pyplot().subplots(
        2, 4, figsize=(11, 5), layout="constrained", sharey=True, squeeze=False)
    for entry, panel in zip(figures, axes.flat, strict=False):
        panel.bar(EMOTIONS, entry.mean, yerr=entry.deviation, capsize=2)
        panel.set(title=f"mostly {entry.emotion}", ylim=(0, 1.1))
        panel.tick_params(axis="x", rotation=75)
    plots.save(figure, paths[2])
    return paths
