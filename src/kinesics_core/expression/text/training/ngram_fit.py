"""Fit of the n-gram half: logistic regression for each class on hashed TF-IDF (scikit-learn)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from kinesics_core.expression.text import ngrams

MIN_TEXTS = 2
"""A bucket of fewer texts is left out."""
STRENGTH = 2.0
"""Inverse of the regularisation, best on the development set of 2 and 4."""
NEVER = -10.0
"""Logit of a class that no text has."""


def counts(texts: Sequence[str]) -> sparse.csr_matrix:
    """Return how often each text falls into each bucket, (N, BUCKETS) float32."""
    starts, places, values = [0], list[int](), list[float]()
    for text in texts:
        found = ngrams.buckets(text)
        places.extend(found.keys())
        values.extend(found.values())
        starts.append(len(places))
    return sparse.csr_matrix(
        (np.array(values, np.float32), np.array(places, np.int32), np.array(starts)),
        shape=(len(texts), ngrams.BUCKETS))


def weigh(found: sparse.csr_matrix, idf: np.ndarray) -> sparse.csr_matrix:
    """Return the TF-IDF vectors of counts, each of length 1, as the reader makes them."""
    values = found.copy()
    values.data = (1.0 + np.log(values.data)) * idf[values.indices]
    lengths = np.sqrt(np.asarray(values.multiply(values).sum(1)).ravel())
    return sparse.diags(1.0 / np.maximum(lengths, 1e-9)) @ values


def fit(
    texts: Sequence[str], labels: np.ndarray, strength: float = STRENGTH,
    weights: np.ndarray | None = None, on_class: Callable[[int], None] = lambda index: None,
) -> dict[str, np.ndarray]:
    """Return the packed arrays of a linear layer.

    Args:
        texts: N texts.
        labels: (N, C), 1 where a class holds.
        strength: Inverse of the regularisation (scikit-learn's C).
        weights: (N,) of the texts; None counts all alike.
        on_class: Told each class that is done.
    """
    found = counts(texts)
    frequency = np.asarray((found > 0).sum(0)).ravel()
    idf = np.log((1.0 + len(texts)) / (1.0 + frequency)) + 1.0
    idf = np.where(frequency >= MIN_TEXTS, idf, 0.0)
    vectors = weigh(found, idf)
    layer = np.zeros((ngrams.BUCKETS, labels.shape[1]), np.float32)
    bias = np.zeros(labels.shape[1], np.float32)
    for index in range(labels.shape[1]):
        if len(np.unique(labels[:, index] > 0.5)) < 2:
            bias[index] = NEVER
            continue
        model = LogisticRegression(C=strength, solver="liblinear")
        model.fit(vectors, labels[:, index] > 0.5, sample_weight=weights)
        layer[:, index], bias[index] = model.coef_[0], model.intercept_[0]
        on_class(index)
    return ngrams.pack(layer, bias, idf)
