"""Marks that turn the words of a text into their opposite: irony's own signs, and a plain "not".

The model reads whole sentences and hears most of it. Two things it misses, as a rule can tell:
praise that its writer marks as ironic ("Great job. /s"), and a sentence that is nothing but the
denial of one emotion ("I don't feel lonely"). Longer sentences and other turns are the model's. The
people who labelled GoEmotions, from which it has learnt, mostly took marked irony at its face.
"""

from __future__ import annotations

import re

import numpy as np

from kinesics_core.affect.emotions import (
    ANGER,
    CONTEMPT,
    HAPPINESS,
    NEUTRAL,
    SADNESS,
    SURPRISE,
)
from kinesics_core.expression.text import lexicon

TURNED = 0.9
"""Share of what is denied, or ironic, that goes elsewhere."""
_EACH = 0.05  # beside what the model says of the emotions that take it over

_IRONIC = re.compile(
    r"(?:^|\s)/s(?:arcasm)?\s*$|#(?:sarcasm|sarcastic|irony|ironic|not)\b|🙄"
    r"|(?:[.!…,]\s*|\()not\b[.!)\s]*$", re.IGNORECASE)

_NOT = r"(?:not|never|no longer|(?:is|are|was|were|do|does|did|have|has|had)n['’]t)"
_BETWEEN = (
    r"(?:(?:be|been|feel|feels|felt|feeling|seem|look|get|all|that|really|very|too|even|a|bit"
    r"|at|particularly|remotely|actually|the|least|in)\s+){0,3}")
_AFTER = (
    r"(?:\s+(?:at all|in the (?:least|slightest)|(?:about|by|of|with|for|at|to) \w+(?: \w+)?"
    r"|any ?more|any longer|today|now)){0,3}(?:,? (?:honestly|really|actually|thanks?|thank you))?")
_DENIAL = re.compile(
    rf"^(?:\S+\s+){{0,5}}?{_NOT}\s+{_BETWEEN}(?P<word>[a-z-]+){_AFTER}[.!\s]*$",
    re.IGNORECASE)


def turned(text: str, distribution: np.ndarray) -> np.ndarray:
    """Return a distribution (8,) over the emotions, turned where the text says so.

    Args:
        text: The text.
        distribution: (8,) as its words are read, sums to 1.
    """
    if _IRONIC.search(text):
        return _moved(distribution, (HAPPINESS, SURPRISE), (ANGER, CONTEMPT))
    denial = _DENIAL.match(text.strip())
    meaning = lexicon.meaning(denial["word"].lower()) if denial else None
    if meaning is None or meaning[NEUTRAL] > 0.0:
        return distribution
    denied = tuple(int(at) for at in np.flatnonzero(meaning))
    return _moved(distribution, denied,
                  (SADNESS, ANGER) if denied == (HAPPINESS,) else (NEUTRAL,))


def _moved(
    distribution: np.ndarray, source: tuple[int, ...], target: tuple[int, ...]
) -> np.ndarray:
    """Return a distribution of which most of the one emotions is the others'."""
    out = distribution.copy()
    share = distribution[list(target)] + _EACH
    taken = TURNED * out[list(source)]
    out[list(source)] -= taken
    out[list(target)] += taken.sum() * share / share.sum()
    return out
