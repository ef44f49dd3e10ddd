"""Readings of several persons' affect through one channel, as arrays, and the fusion of channels.

Face and body are pooled log-linearly: p is proportional to the product of p_i ^ w_i, w_i the
channel's confidence, so that a channel that does not know does not dilute the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL, categories_to_vad, softmax
from kinesics_core.affect.per_person import every, some
from kinesics_core.affect.spaces import EIGHT
from kinesics_core.types import Affect, Person

FACE_WEIGHT = np.array([1.0, 0.6, 0.6])
BODY_WEIGHT = np.array([0.3, 1.0, 1.0])
"""(3,) weight of each channel for valence, arousal and dominance, times its confidence: faces tell
valence, bodies arousal (Russell, Bachorowski & Fernandez-Dols 2003; Wallbott 1998)."""

_CHANNELS = np.stack([FACE_WEIGHT, BODY_WEIGHT])[:, None]
_CATEGORY_WEIGHT = np.array([[1.0], [0.5]])  # of the face, of the body
_NETWORK_SHARE = 0.25  # of a network's categories beside those of our own reader of bodies
_FLOOR = 1e-3  # probability below which a channel rules nothing out
_SPREAD_OUT = np.eye(len(EMOTIONS))  # what is neutral, over all categories
_SPREAD_OUT[NEUTRAL] = 1.0 / len(EMOTIONS)
_MOMENTS = np.concatenate([EIGHT.mean, EIGHT.spread**2 + EIGHT.mean**2], axis=1)  # 1st, 2nd


class Readings(NamedTuple):
    """Readings of P persons through one channel.

    Attributes:
        there: (P,) bool, of whom something is said; the rest of the others' rows means nothing.
        categories: (P, 8) probabilities of ``EMOTIONS``.
        vad: (P, 3) valence, arousal, dominance; nan where nothing is said.
        confidence: (P,) 0..1.
        spread: (P, 3) standard deviations of ``vad``; nan if the channel gives none.
    """

    there: np.ndarray
    categories: np.ndarray
    vad: np.ndarray
    confidence: np.ndarray
    spread: np.ndarray

    @classmethod
    def nothing(cls, count: int) -> Readings:
        """Return readings that say nothing of some persons."""
        return cls(
            np.zeros(count, bool), np.full((count, len(EMOTIONS)), 1.0 / len(EMOTIONS)),
            np.full((count, 3), np.nan), np.zeros(count), np.full((count, 3), np.nan))

    def put(self, into: Readings, places: np.ndarray) -> Readings:
        """Write these readings to the rows ``places`` of others; return those."""
        for own, theirs in zip(self, into, strict=True):
            theirs[places] = own
        return into

    def affects(
        self, persons: Sequence[Person], stamp: int, sources: Sequence[str]
    ) -> list[Affect | None]:
        """Return them one by one, None of whom nothing is said."""
        spread = self.spread.astype(np.float32)
        told = (~np.isnan(spread[:, 0])).tolist()
        return [
            Affect(stamp, person.id, categories, vad[0], vad[1], vad[2], confidence, source,
                   spread=row if given else None) if there else None
            for person, there, categories, vad, confidence, source, row, given in zip(
                persons, self.there.tolist(), self.categories.astype(np.float32),
                self.vad.tolist(), self.confidence.tolist(), sources, spread, told,
                strict=True)]


def average(network: Readings, own: Readings) -> Readings:
    """Return one reading of each body from a network's and a ``BodyReader``'s.

    Both look at the same body, so confidence does not add up: the larger one stays. Of what one
    of them leaves open (nan) the other's word counts. Categories are a mean in which our own count
    three times as much: they read happiness and sadness of people never seen better, anger alike.
    Valence, arousal and dominance are our own: networks taught on generated motion take plain walks
    for unpleasant, and follow people's ratings less. Where one says nothing the other one counts.
    """
    vad = np.where(np.isnan(own.vad), network.vad, own.vad)
    both = Readings(
        network.there & own.there,
        own.categories + _NETWORK_SHARE * (network.categories - own.categories), vad,
        np.maximum(network.confidence, own.confidence), own.spread)
    return _first_that_speaks(both, own, network)


def fuse(face: Readings, body: Readings) -> Readings:
    """Return one reading of each person from the face's and the body's; the one that is there.

    A still body says little about a moving face: as far as a body is neutral it says that it does
    not know (its neutral share is spread over all categories), and its VAD counts less beside a
    face that is not. Categories by log-linear pooling, VAD by the mean weighted with confidence
    and with ``FACE_WEIGHT`` and ``BODY_WEIGHT``, a nan left out. Confidences of independent
    channels add up as 1 - (1 - a)(1 - b / 2).
    """
    both = face.there & body.there
    if not some(both):
        return _first_that_speaks(face, body)
    quiet, moving = body.categories[:, NEUTRAL], 1.0 - face.categories[:, NEUTRAL]
    confidence = np.array([face.confidence, body.confidence])
    weights = _CATEGORY_WEIGHT * confidence
    # Only the relation of the two channels matters here: the sharper one keeps its sharpness.
    weights = weights / np.maximum(np.maximum(weights[0], weights[1]), 1e-6)
    said = np.array([face.categories, body.categories @ _SPREAD_OUT])
    logits = weights[..., None] * np.log(np.maximum(said, _FLOOR))
    categories = softmax(logits[0] + logits[1])
    vads = np.array([face.vad, body.vad])
    known = np.isfinite(vads)
    heard = confidence.copy()
    heard[1] *= 1.0 - quiet * moving
    shares = heard[..., None] * _CHANNELS + 1e-6
    if not every(known):
        shares, vads = np.where(known, shares, 0.0), np.where(known, vads, 0.0)
    total = shares[0] + shares[1]
    weighted = vads * shares
    vad = (weighted[0] + weighted[1]) / np.maximum(total, 1e-9)
    unknown = total <= 0.0
    if some(unknown):
        vad = np.where(unknown, categories_to_vad(categories), vad)
    moments = categories @ _MOMENTS
    mean = moments[:, :3]
    spread = np.sqrt(np.maximum(moments[:, 3:] - mean * mean, 1e-6))
    sure = 1.0 - (1.0 - face.confidence) * (1.0 - 0.5 * body.confidence)
    return _first_that_speaks(Readings(both, categories, vad, sure, spread), face, body)


def _first_that_speaks(*readings: Readings) -> Readings:
    """Return of each person the first reading that says something."""
    made, *others = readings
    for other in others:
        if every(made.there):
            break
        there = made.there
        made = Readings(there | other.there, *(
            np.where(there if own.ndim == 1 else there[:, None], own, theirs)
            for own, theirs in zip(made[1:], other[1:], strict=True)))
    return made
