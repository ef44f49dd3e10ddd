"""Emotion and intensity that are shown: with hysteresis, how soon and how long."""

from __future__ import annotations

import numpy as np

from kinesics_core.affect.emotions import EMOTION_VAD, HAPPINESS, NEUTRAL, SURPRISE
from kinesics_core.mind.conduct import FAINT, RISE, Limits
from kinesics_core.mind.style import Style

_OUT_OF_PLACE = -0.25  # valence perceived below which joy does not wait its time out
_NEUTRAL_WEIGHT = 0.5  # neutral is what no emotion claims: one about as likely is worth an answer


class Showing:
    """The emotion shown.

    Attributes:
        emotion: Index into ``EMOTIONS``.
        intensity: 0..1; 0 of neutral.
    """

    def __init__(self, hold: float, margin: float) -> None:
        """Begin with neutral.

        Args:
            hold: Seconds an emotion is kept at least.
            margin: How much more probable another one must be.
        """
        self.emotion = self._wanted = NEUTRAL
        self.intensity = 0.0
        self._hold, self._margin = hold, margin
        self._since = self._wanted_since = -np.inf

    def choose(
        self, wanted: np.ndarray, perceived: np.ndarray, limits: Limits, style: Style, time: float
    ) -> None:
        """Choose the emotion.

        Args:
            wanted: (8,) shares of the answer.
            perceived: (8,) probabilities of the person's emotions.
            limits: What is allowed.
            style: How soon it answers and how long it keeps an expression.
            time: Seconds.
        """
        shares = np.where(limits.emotions, wanted, 0.0)
        shares[NEUTRAL] *= _NEUTRAL_WEIGHT
        best = int(np.argmax(shares))
        if best != self._wanted:
            self._wanted, self._wanted_since = best, time
        if best == self.emotion:
            return
        unpleasant = float(perceived @ EMOTION_VAD[:, 0]) < _OUT_OF_PLACE
        at_once = not limits.emotions[self.emotion] or (
            unpleasant and self.emotion in (HAPPINESS, SURPRISE))
        wait = style.linger if best == NEUTRAL else style.delay
        ready = (
            shares[best] > shares[self.emotion] + self._margin * _reserve(style)
            and time - self._since >= self._hold and time - self._wanted_since >= wait
        )
        if at_once or ready:
            self.emotion, self._since = best, time
            self.intensity = min(self.intensity, FAINT)

    def strengthen(self, target: float, limits: Limits, style: Style, elapsed: float) -> None:
        """Move the intensity: up at a limited rate, down as slowly as the style lingers.

        Args:
            target: Where to, 0..1.
            limits: What is allowed; its ceiling holds at once.
            style: How long it keeps an expression.
            elapsed: Seconds.
        """
        if self.emotion == NEUTRAL:
            self.intensity = 0.0
            return
        target = min(max(target, 0.0), 1.0)
        if target >= self.intensity:
            self.intensity = min(target, self.intensity + RISE * elapsed)
        else:
            keep = float(np.exp(-elapsed / (0.5 * style.linger)))
            self.intensity = target + keep * (self.intensity - target)
        self.intensity = min(self.intensity, limits.ceiling(self.emotion))


def _reserve(style: Style) -> float:
    """Return the factor of the margin: who expresses strongly also does so for less."""
    return max(1.5 - 0.75 * style.strength, 0.0)
