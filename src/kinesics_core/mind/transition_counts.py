"""Counts of emotion transitions, and what predicts the next one how well."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesics_core import bench, files
from kinesics_core.errors import KinesicsError
from kinesics_core.mind import transitions
from kinesics_core.mind.transitions import COUNTED

NAMES = {"joy": "happiness", "joyful": "happiness", "mad": "anger", "sad": "sadness",
         "scared": "fear"}
"""Other names of the emotions in counts -> ours."""

FOLDS = 10
"""Parts of the cross-validation."""

_TABLE_PSEUDO = 40.0  # triples' worth of p(k | i) that smooths the table; the best of 5 to 80
_ROW_PSEUDO = 5.0  # likewise of p(k) that smooths p(k | i)
_WEIGHTS = np.arange(0.0, 1.01, 0.05)  # exponents of the prior that the decisions choose from


@dataclass(frozen=True, slots=True)
class Score:
    """Prediction of the next own emotion on triples that were not trained on.

    Attributes:
        parameters: Free numbers of the predictor.
        log_loss: Mean of -log p of the emotion that came, nats; nan for one that only decides.
        macro_f1: Mean F1 over the seven emotions, of the prior-weighted decision.
        accuracy: Share of right decisions.
    """

    parameters: int
    log_loss: float
    macro_f1: float
    accuracy: float


def read_counts(path: Path) -> tuple[np.ndarray, str]:
    """Read counts of triples: JSON with ``count_E1_E2_E3`` {"own|partner|next": count}.

    Returns:
        (7, 7, 7) counts in the order of ``COUNTED``, and the file's ``source``.

    Raises:
        KinesicsError: The file holds none.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        entries = content["count_E1_E2_E3"].items()
    except OSError as error:
        raise KinesicsError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise KinesicsError(
            f"{path} holds no counts of emotion triples; wanted JSON with"
            ' "count_E1_E2_E3": {"neutral|joy|joy": 12, ...}.') from error
    counts = np.zeros((len(COUNTED),) * 3)
    for key, count in entries:
        names = [NAMES.get(name, name) for name in str(key).split("|")]
        if len(names) != 3 or not set(names) <= set(COUNTED):
            raise KinesicsError(
                f"{path} counts {key!r}; wanted three of {', '.join(COUNTED)}, between bars.")
        if not (isinstance(count, int) and 0 <= count < 10**9):
            raise KinesicsError(f"{path} has {count!r} of {key!r}; wanted a count, 0 or more.")
        counts[tuple(COUNTED.index(name) for name in names)] += count
    if not counts.any():
        raise KinesicsError(f"{path} counts nothing.")
    return counts, str(content.get("source", ""))


def write(path: Path, model: transitions.Transitions, triples: int) -> None:
    """Write fitted transitions, atomically."""
    files.write_text(path, json.dumps({
        "source": model.source, "triples": triples, "emotions": COUNTED,
        "weights": [round(float(weight), 6) for weight in model.weights],
        "prior": [round(float(share), 6) for share in model.prior],
    }, indent=1) + "\n")


def evaluate(counts: np.ndarray, repeats: int = 5, seed: int = 0) -> dict[str, Score]:
    """Return the scores of our model and of what it has to beat, cross-validated.

    The exponent of the prior in the decision is the shipped one for ours, ``PRIOR_WEIGHT``; the
    others choose theirs on their training folds.

    Args:
        counts: (7, 7, 7) of triples.
        repeats: Of the cross-validation, each with other folds; scores are their means.
        seed: Of the folds.
    """
    triples = np.repeat(np.argwhere(counts > 0), counts[counts > 0].astype(int), axis=0)
    scores = {}
    for name, (parameters, predict) in PREDICTORS.items():
        exponents = np.array([transitions.PRIOR_WEIGHT]) if name == "ours" else _WEIGHTS
        runs = [_cross_validate(triples, predict, exponents, np.random.default_rng((seed, repeat)))
                for repeat in range(repeats)]
        loss, f1, accuracy = np.mean(runs, axis=0).tolist()
        scores[name] = Score(parameters, loss if name not in _DECIDE else np.nan, f1, accuracy)
    return scores


def _cross_validate(
    triples: np.ndarray, predict: Callable[[np.ndarray], np.ndarray], exponents: np.ndarray,
    random: np.random.Generator,
) -> tuple[float, float, float]:
    fold = random.permutation(len(triples)) % FOLDS
    confusion, loss = np.zeros((len(COUNTED),) * 2), 0.0
    for number in range(FOLDS):
        train, test = triples[fold != number], triples[fold == number]
        counts = np.zeros((len(COUNTED),) * 3)
        np.add.at(counts, tuple(train.T), 1)
        chances = predict(counts)
        prior = (counts.sum(axis=(0, 1)) + 1.0) / (counts.sum() + len(COUNTED))
        decisions = [np.argmax(chances / prior**weight, axis=-1) for weight in exponents]
        best = max(decisions, key=lambda decided: macro_f1(_confusion(counts, decided)))
        own, partner, after = test.T
        np.add.at(confusion, (after, best[own, partner]), 1)
        loss -= float(np.log(np.maximum(chances[own, partner, after], 1e-9)).sum())
    return loss / len(triples), macro_f1(confusion), float(np.trace(confusion) / confusion.sum())


def _confusion(counts: np.ndarray, decided: np.ndarray) -> np.ndarray:
    """Return the confusion (7 true, 7 decided) of decisions (7, 7) on counts (7, 7, 7)."""
    chosen = np.eye(len(COUNTED))[decided]
    table: np.ndarray = np.einsum("ijk,ijd->kd", counts, chosen)
    return table


def macro_f1(confusion: np.ndarray) -> float:
    """Return the mean F1 of a confusion matrix (true, decided)."""
    either = confusion.sum(axis=0) + confusion.sum(axis=1)
    return float(np.mean(2.0 * np.diag(confusion) / np.maximum(either, 1.0)))


def _ours(counts: np.ndarray) -> np.ndarray:
    known = transitions.features(COUNTED)
    return transitions.softmax(known @ transitions.fit(counts))


def _majority(counts: np.ndarray) -> np.ndarray:
    share = (counts.sum(axis=(0, 1)) + 1.0) / (counts.sum() + len(COUNTED))
    return np.broadcast_to(share, counts.shape)


def _table(counts: np.ndarray) -> np.ndarray:
    """Smooth the table of triples with p(k | i), and that with p(k)."""
    share = counts.sum(axis=(0, 1)) / counts.sum()
    own = transitions.normalised(counts.sum(axis=1) + _ROW_PSEUDO * share)
    return transitions.normalised(counts + _TABLE_PSEUDO * own[:, None, :])


def _decided(axis: int) -> Callable[[np.ndarray], np.ndarray]:
    def predict(counts: np.ndarray) -> np.ndarray:
        kept = np.eye(len(COUNTED))
        kept = kept[:, None, :] if axis == 0 else kept[None, :, :]
        return np.broadcast_to(1e6 * kept + 1e-6, counts.shape)
    return predict


_DECIDE = ("persist", "mimic")

PREDICTORS: Mapping[str, tuple[int, Callable[[np.ndarray], np.ndarray]]] = {
    "majority": (6, _majority),
    "persist": (0, _decided(0)),
    "mimic": (0, _decided(1)),
    "table": (7 * 7 * 6, _table),
    "ours": (transitions.PARAMETERS, _ours),
}
"""Name -> free numbers, and counts (7, 7, 7) -> chances (7, 7, 7); persist keeps one's own emotion,
mimic takes the partner's, table is the smoothed table of all triples."""


def results(scores: Mapping[str, Score]) -> list[bench.Result]:
    """Return the figures of a benchmark beside their peers."""
    ours, table, persist = scores["ours"], scores["table"], scores["persist"]
    return [
        bench.result("affect.next_macro_f1", ours.macro_f1, "", ">= .33", "persist",
                     persist.macro_f1),
        bench.result("affect.next_log_loss", ours.log_loss, "nats",
                     f"<= {1.02 * table.log_loss:.4f}", "smoothed table", table.log_loss),
    ]
