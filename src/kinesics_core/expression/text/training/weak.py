"""Targets over the eight emotions for GoEmotions and XED, contempt by a rule.

Neither data set has contempt. Annoyance, disapproval, disgust, anger and amusement of a text that
belittles somebody, by the pattern below, are half contempt.
"""

from __future__ import annotations

import re

import numpy as np

from kinesics_core.affect.emotions import CONTEMPT, EMOTIONS
from kinesics_core.expression.text.training.data import EKMAN, GOEMOTIONS, XED, Sentences, to_ekman

BELITTLING = re.compile(
    r"\b(pathetic|losers?|clowns?|morons?|idiots?|imbeciles?|laughable|incompetent|worthless"
    r"|beneath (?:me|us|him|her)|who cares|no(?:body| ?one) cares|grow up|get a life"
    r"|cry (?:me|about it)|snowflakes?|sheep|bootlick\w*|stupid|dumb(?:ass)?|fools?|joke of"
    r"|(?:a|what a) joke|ignoran(?:t|ce)|cowards?|spineless|trash|garbage|useless|mediocre"
    r"|inferior|wannabes?|amateurs?|simpletons?|brain ?dead|lame|cringe\w*|delusional|disgrace"
    r"|hypocrites?|so-called|smug|entitled|bless (?:your|his|her) heart|yeah,? right|try harder"
    r"|nice try)\b", re.I)
"""Words of looking down on somebody."""
_HALF = ("anger", "annoyance", "disapproval", "disgust", "amusement")
"""Labels of GoEmotions that are contempt by half where the pattern fits."""

_OURS = {"joy": "happiness"}
_XED_OURS = {"anticipation": "neutral", "trust": "neutral", "joy": "happiness"}
"""Classes of the data sets -> emotions, where the names differ."""


def goemotions_targets(data: Sentences) -> np.ndarray:
    """Return the distribution (N, 8) of texts labelled with GoEmotions' labels."""
    ekman = to_ekman(data.labels)
    targets = np.zeros((len(data.texts), len(EMOTIONS)), np.float32)
    for column, name in enumerate(EKMAN):
        targets[:, EMOTIONS.index(_OURS.get(name, name))] = ekman[:, column]
    half = data.labels[:, [GOEMOTIONS.index(name) for name in _HALF]].any(1)
    for index in np.flatnonzero(half):
        if BELITTLING.search(data.texts[index]):
            targets[index] *= 0.5
            targets[index, CONTEMPT] = targets[index].sum()
    return targets / targets.sum(1, keepdims=True)


def xed_targets(data: Sentences) -> np.ndarray:
    """Return the distribution (N, 8) of XED's texts; trust and anticipation count as neutral."""
    targets = np.zeros((len(data.texts), len(EMOTIONS)), np.float32)
    for column, name in enumerate(XED):
        targets[:, EMOTIONS.index(_XED_OURS.get(name, name))] += data.labels[:, column]
    return targets / targets.sum(1, keepdims=True)
