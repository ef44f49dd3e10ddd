"""Personality as the Big Five, and the temperament in VAD that follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinesics_core.assets.store import shipped
from kinesics_core.errors import KinesicsError
from kinesics_core.mind import yaml_files
from kinesics_core.settings import check, setting, settings_of

PERSONALITIES = ("warm", "shy", "playful", "professional", "neutral")
"""Names of the personalities that are shipped, as ``config/personality_NAME.yaml``."""

OLDER_NAMES = {"reserved": "shy", "lively": "playful"}
"""Names of version 0.1, and today's."""


def _trait(name: str, default: float) -> float:
    return setting(default, f"Personality: {name}, 0 is average", bounds=(-1.0, 1.0))


@dataclass(frozen=True)
class Personality:
    """The Big Five traits, each -1..1 with 0 the average. Neuroticism = - emotional stability.

    The default is a friendly, calm companion. ``style.style_of`` says what they do to the answers.

    Raises:
        KinesicsError: A trait is out of range.
    """

    openness: float = _trait("openness", 0.3)
    conscientiousness: float = _trait("conscientiousness", 0.3)
    extraversion: float = _trait("extraversion", 0.4)
    agreeableness: float = _trait("agreeableness", 0.6)
    neuroticism: float = _trait("neuroticism", -0.5)

    def __post_init__(self) -> None:
        """Refuse a trait out of range."""
        check(self)


TRAITS = tuple(trait.name for trait in settings_of(Personality))
"""Names of the five traits, as fields, parameters and in files."""


def temperament(personality: Personality) -> np.ndarray:
    """Valence, arousal, dominance (3,), -1..1, that a personality tends to.

    Mehrabian, "Analysis of the Big-five personality factors in terms of the PAD temperament
    model", Australian J. of Psychology 48 (1996) 86-92, with emotional stability S = -N. (Copies
    of these equations that keep the signs of S but write N are in circulation; the abstract's
    "almost equal degrees of pleasant and unarousable" for stability settles it.)

        P = .21 E + .59 A + .19 S
        A = .15 O + .30 A - .57 S
        D = .25 O + .17 C + .60 E - .32 A
    """
    o, c, e, a = (
        personality.openness,
        personality.conscientiousness,
        personality.extraversion,
        personality.agreeableness,
    )
    s = -personality.neuroticism
    return np.clip([
        0.21 * e + 0.59 * a + 0.19 * s,
        0.15 * o + 0.30 * a - 0.57 * s,
        0.25 * o + 0.17 * c + 0.60 * e - 0.32 * a,
    ], -1.0, 1.0)  # fmt: skip


def load_personality(name: str | Path) -> Personality:
    """Read a personality.

    Args:
        name: One of ``PERSONALITIES`` or ``OLDER_NAMES``, or a file: a mapping of the five
            traits, at the top or as a ROS parameter file of the node ``response`` has it.

    Raises:
        KinesicsError: There is none of that name, or the file is none; the sentence has the line.
    """
    text = str(name)
    if text in (*PERSONALITIES, *OLDER_NAMES):
        return read_personality(shipped(f"personality_{OLDER_NAMES.get(text, text)}.yaml"))
    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        raise KinesicsError(
            f"Got personality {text!r}; use one of {', '.join(PERSONALITIES)}, or a .yaml file of"
            f" {', '.join(TRAITS)}.")
    return read_personality(path)


def read_personality(path: Path) -> Personality:
    """Read a file of a personality; see ``load_personality``. Traits left out are average, 0.

    Raises:
        KinesicsError: A name or number in it is wrong; the sentence has the line.
    """
    top = yaml_files.read(path)
    fields = top.fields()
    if not set(fields) & set(TRAITS):
        for node, inner in fields.items():
            if node.rpartition("/")[2] == "response":
                fields = inner.fields(("ros__parameters",))
                if "ros__parameters" not in fields:
                    raise inner.error("wanted ros__parameters.")
                fields = fields["ros__parameters"].fields(TRAITS)
                break
        else:
            raise top.error(f"wanted a mapping of {', '.join(TRAITS)}.")
    for name, value in fields.items():
        if name not in TRAITS:
            raise value.error(f"{name!r} is no trait; use {', '.join(TRAITS)}.")
    known = {trait.name: trait.bounds for trait in settings_of(Personality)}
    values = dict.fromkeys(TRAITS, 0.0)
    for name, value in fields.items():
        values[name] = value.number(name, *(known[name] or (-1.0, 1.0)))
    return Personality(**values)
