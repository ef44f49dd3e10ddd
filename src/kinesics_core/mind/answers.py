"""The ways of answering as one table: emotions shown, their strength and gestures.

For each perceived emotion a way of answering gives the share of each emotion in the answer. None
answers with anger, disgust or contempt, and none of them is ever shown towards a person.

- mirror: the same emotion, somewhat weaker; hostile ones are met with neutrality and concern
- empathise: concern for sadness and fear, joy for joy (Davis 1983: empathic concern)
- regulate: calm for anger, encouragement for sadness and fear (Gross 1998)
- idle: nobody to answer, the robot's own state

Shares, strengths and gestures are authored.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from kinesics_core.affect.emotions import (
    ANGER,
    CONTEMPT,
    DISGUST,
    EMOTIONS,
    FEAR,
    HAPPINESS,
    NEUTRAL,
    SADNESS,
    SURPRISE,
)

HOSTILE = (ANGER, DISGUST, CONTEMPT)
"""Emotions that the robot never shows towards a person."""

ALLOWED = np.array([emotion not in HOSTILE for emotion in range(len(EMOTIONS))])
"""(8,) bool: the others."""


@dataclass(frozen=True, slots=True)
class Answering:
    """One way of answering.

    Attributes:
        verb: What the robot does, for a sentence that ends with the emotion shown.
        strength: How strongly the answer shows what is answered, 0..1.
        arousal_gain: Share of the perceived arousal that the robot's state takes over: who
            regulates calms.
        shares: Perceived emotion -> {emotion answered: share}, summing to 1; an emotion that is
            not named is not answered with emotion, that is, with neutral.
        calls: How much each perceived emotion calls for this way, when the robot may choose.
        gestures: Perceived emotion -> gestures to choose from; names of
            ``expression.gestures.ROBOT_GESTURES``.
    """

    verb: str
    strength: float = 0.0
    arousal_gain: float = 0.0
    shares: dict[int, dict[int, float]] = field(default_factory=dict)
    calls: dict[int, float] = field(default_factory=dict)
    gestures: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def table(self) -> np.ndarray:
        """Return the shares as (8, 8): perceived emotion, emotion answered."""
        table = np.zeros((len(EMOTIONS), len(EMOTIONS)))
        table[:, NEUTRAL] = 1.0
        for perceived, answers in self.shares.items():
            table[perceived] = 0.0
            for answer, share in answers.items():
                table[perceived, answer] = share
        return table


ANSWERINGS: dict[str, Answering] = {
    "mirror": Answering(
        "mirrors with", strength=1.0, arousal_gain=0.8,
        shares={
            HAPPINESS: {HAPPINESS: 1.0},
            SURPRISE: {SURPRISE: 1.0},
            SADNESS: {SADNESS: 1.0},
            FEAR: {FEAR: 0.4, SADNESS: 0.6},
            ANGER: {NEUTRAL: 0.6, SADNESS: 0.4},
        },
        calls={HAPPINESS: 1.0, SURPRISE: 1.0, NEUTRAL: 1.0},
        gestures={
            HAPPINESS: ("open_arms", "clap", "nod"),
            SURPRISE: ("lean_in", "open_arms"),
            SADNESS: ("nod",),
            NEUTRAL: ("nod",),
            ANGER: ("calm",),
        },
    ),
    "empathise": Answering(
        "empathises with", strength=0.8, arousal_gain=0.5,
        shares={
            HAPPINESS: {HAPPINESS: 1.0},
            SURPRISE: {SURPRISE: 0.7, HAPPINESS: 0.3},
            SADNESS: {SADNESS: 0.9, NEUTRAL: 0.1},
            FEAR: {SADNESS: 0.9, NEUTRAL: 0.1},
            ANGER: {SADNESS: 0.6, NEUTRAL: 0.4},
            DISGUST: {SADNESS: 0.4, NEUTRAL: 0.6},
            CONTEMPT: {SADNESS: 0.3, NEUTRAL: 0.7},
        },
        calls={SADNESS: 1.0, FEAR: 0.9},
        gestures={
            HAPPINESS: ("open_arms", "clap"),
            SURPRISE: ("lean_in",),
            SADNESS: ("hand_to_chest", "lean_in"),
            FEAR: ("hand_to_chest",),
            ANGER: ("hand_to_chest", "nod"),
        },
    ),
    "regulate": Answering(
        "regulates with", strength=0.7, arousal_gain=-0.3,
        shares={
            HAPPINESS: {HAPPINESS: 1.0},
            SURPRISE: {HAPPINESS: 0.6, NEUTRAL: 0.4},
            SADNESS: {HAPPINESS: 0.7, NEUTRAL: 0.3},
            FEAR: {HAPPINESS: 0.6, NEUTRAL: 0.4},
        },
        calls={ANGER: 1.0, DISGUST: 1.0, CONTEMPT: 1.0, FEAR: 0.3},
        gestures={
            ANGER: ("calm", "nod"),
            DISGUST: ("shrug",),
            CONTEMPT: ("shrug",),
            FEAR: ("calm",),
            SADNESS: ("open_arms", "nod"),
            HAPPINESS: ("nod",),
        },
    ),
    "idle": Answering("stays with"),
}
"""The ways of answering, by name."""

TABLES = {name: answering.table() for name, answering in ANSWERINGS.items()}
"""Name -> (8, 8) shares: perceived emotion, emotion answered."""

CALLED = tuple(name for name, answering in ANSWERINGS.items() if answering.calls)
"""The ways that the robot may choose from."""

CALLS = np.array([
    [ANSWERINGS[name].calls.get(emotion, 0.0) for emotion in range(len(EMOTIONS))]
    for name in CALLED
])
"""(ways, 8): how much each perceived emotion calls for each of ``CALLED``."""

GREETING = "wave"
"""The gesture with which somebody new is met."""
