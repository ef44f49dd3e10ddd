"""The text model against labelled sentences: F1 by class, time a sentence, beside trivial answers.

GoEmotions-Ekman is scored as its authors do: several classes may hold, macro-F1 over the seven.
Sentences of one's own come as lines of text, labels and group between tabs; the first label is the
main one, any of them counts as right.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.text import placeholders
from kinesics_core.expression.text.model_file import TextModel
from kinesics_core.expression.text.reader import TextReader

OnText = Callable[[float], None]
"""Told the share of the texts that are done."""


@dataclass(frozen=True, slots=True)
class EkmanScore:
    """F1 on a data set of Ekman's classes.

    Attributes:
        classes: Names of the C classes.
        model: (C,) F1 of the model.
        ngrams: (C,) of its n-grams alone, thresholds from the same development set.
        majority: (C,) of saying the most frequent class always.
        milliseconds: Median CPU time of a text; the model runs on one thread.
    """

    classes: tuple[str, ...]
    model: np.ndarray
    ngrams: np.ndarray
    majority: np.ndarray
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Labelled:
    """A sentence, the emotions that are right of it, the main one first, and its group."""

    text: str
    labels: tuple[str, ...]
    group: str


@dataclass(frozen=True, slots=True)
class SentenceScore:
    """Score on sentences of one's own.

    Attributes:
        right: Group -> (right, all); a sentence is right if the emotion with the largest share is
            one of its labels.
        f1: Emotion -> F1, the truth being what was read where that is right, else the main label.
        wrong: Sentences that were read wrong, and as what.
    """

    right: dict[str, tuple[int, int]]
    f1: dict[str, float]
    wrong: list[tuple[Labelled, str]]

    @property
    def accuracy(self) -> float:
        """Share of all sentences read right."""
        return sum(right for right, _ in self.right.values()) / max(
            1, sum(count for _, count in self.right.values()))

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the emotions."""
        return float(np.mean(list(self.f1.values())))


def score_ekman(
    model: TextModel, dev: tuple[Sequence[str], np.ndarray], test: tuple[Sequence[str], np.ndarray],
    classes: dict[str, int], on_text: OnText = lambda share: None,
) -> EkmanScore:
    """Return the scores on the texts and labels (N, C) of ``test``.

    Args:
        model: The model.
        dev: Texts and labels (N, C) for the thresholds of the n-grams alone; those of the model
            are in its file.
        test: Texts and labels to score.
        classes: Name of each class -> its place in ``EMOTIONS``.
        on_text: Told of progress.
    """
    places = list(classes.values())
    said, logits, times = [], [], []
    for index, text in enumerate(test[0]):
        start = time.thread_time()
        outputs = model.read(placeholders.fill(text))
        times.append(time.thread_time() - start)
        said.append((outputs.decision > model.thresholds)[places])
        logits.append(model.ngram_logits(placeholders.fill(text))[places])
        on_text((index + 1) / len(test[0]))
    before = np.array([model.ngram_logits(placeholders.fill(text))[places] for text in dev[0]])
    thresholds = [best_threshold(before[:, column], dev[1][:, column])
                  for column in range(len(places))]
    frequent = np.eye(len(places))[int(dev[1].sum(0).argmax())]
    return EkmanScore(
        tuple(classes), f1_by_class(test[1], np.array(said)),
        f1_by_class(test[1], np.array(logits) > thresholds),
        f1_by_class(test[1], np.tile(frequent, (len(test[0]), 1))),
        1000.0 * float(np.median(times)))


def read_sentences(path: Path) -> list[Labelled]:
    """Return the sentences of a file with the columns text, labels and group.

    Raises:
        KinesicsError: It cannot be read, or a line has another form.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise KinesicsError(f"{path} cannot be read ({error}).") from error
    found = []
    for number, line in enumerate(lines[1:], 2):
        text, _, rest = line.partition("\t")
        names, _, group = rest.partition("\t")
        labels = tuple(names.split(","))
        if not text or not set(labels) <= set(EMOTIONS):
            raise KinesicsError(
                f"{path}, line {number}: got {line[:60]!r}; wanted text, labels of"
                f" {', '.join(EMOTIONS)} with commas, and a group, between tabs.")
        found.append(Labelled(text, labels, group))
    if not found:
        raise KinesicsError(f"{path} has no sentences below its first line.")
    return found


def score_sentences(reader: TextReader, sentences: Sequence[Labelled]) -> SentenceScore:
    """Return the score on sentences; one that is refused counts as neutral."""
    right: dict[str, tuple[int, int]] = {}
    truth, said, wrong = [], [], []
    for sentence in sentences:
        try:
            shares = reader.read(sentence.text).distribution
            name = EMOTIONS[int(np.argmax(shares))]
        except KinesicsError:
            name = "neutral"
        fits = name in sentence.labels
        hits, count = right.get(sentence.group, (0, 0))
        right[sentence.group] = (hits + fits, count + 1)
        said.append(name)
        truth.append(name if fits else sentence.labels[0])
        if not fits:
            wrong.append((sentence, name))
    f1 = {name: _f1(np.array([each == name for each in truth]),
                    np.array([each == name for each in said])) for name in EMOTIONS}
    return SentenceScore(right, f1, wrong)


def f1_by_class(labels: np.ndarray, said: np.ndarray) -> np.ndarray:
    """Return the F1 (C,) of what was said (N, C) against labels (N, C)."""
    return np.array([_f1(labels[:, column], said[:, column]) for column in range(labels.shape[1])])


def best_threshold(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the threshold of best F1 in steps of .05, the mean of those within .002 of it.

    Args:
        logits: (N,).
        labels: (N,), 1 where the class holds.
    """
    grid = np.linspace(-3.5, 1.0, 91)
    scores = np.array([_f1(labels, logits > threshold) for threshold in grid])
    return float(grid[scores > scores.max() - 0.002].mean())


def _f1(labels: np.ndarray, said: np.ndarray) -> float:
    """Return the F1 of one class, 0 if it is neither there nor said."""
    there, told = labels > 0.5, said > 0.5
    total = there.sum() + told.sum()
    return float(2.0 * (there & told).sum() / total) if total else 0.0
