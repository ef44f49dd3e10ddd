"""The right to speak for the robot when several publish: one at a time, ours last.

Speakers are told apart by their response's ``policy``, which whoever publishes sets to a name of
their own. Who holds the floor keeps it until nothing came for the time its last response holds and
a pause; the names of our own ways of answering are one speaker, who gives way to any other at once.
"""

from __future__ import annotations

from collections.abc import Collection

PAUSE = 1.0
"""Seconds after a response's end for which its speaker still has the floor."""

OURS = "ours"
"""Our own policy as a speaker."""


class Floor:
    """The right to be shown, and who has it.

    Attributes:
        holder: The speaker that is shown; "" for nobody yet.
        refused: Responses of others that were not shown.
        overruled: Who was refused last, "" nobody.
    """

    def __init__(self, own_names: Collection[str]) -> None:
        """Give the floor to nobody; ``own_names`` are our ways of answering."""
        self._own = frozenset(own_names)
        self.holder = self.overruled = ""
        self.refused = 0
        self._until = float("-inf")

    def admit(self, policy: str, duration: float, now: float) -> bool:
        """Tell whether a response may be shown, and note that it came.

        Args:
            policy: Of the response.
            duration: Seconds that it holds.
            now: Seconds of a clock that does not go back.
        """
        speaker = OURS if policy in self._own else policy
        free = now >= self._until
        if speaker != self.holder and not free and (speaker == OURS or self.holder != OURS):
            self.refused += 1
            self.overruled = speaker
            return False
        self.holder = speaker
        self._until = now + min(max(duration, 0.0), 60.0) + PAUSE
        return True

    def taken(self, now: float) -> bool:
        """Tell whether somebody who is not us has the floor."""
        return self.holder not in ("", OURS) and now < self._until
