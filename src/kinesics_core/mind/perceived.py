"""Percepts of one image, as the policy takes them, and the same policy run over a stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from kinesics_core.types import Affect, AffectiveResponse, People, SocialSignals


@dataclass(slots=True)
class Perceived:
    """Everything that the policy is told of one image.

    Attributes:
        people: Everybody in it, with its stamp.
        affects: Readings of them.
        signals: Their gestures, postures and engagement, seen and expected.
    """

    people: People
    affects: list[Affect] = field(default_factory=list)
    signals: list[SocialSignals] = field(default_factory=list)


class Answers(Protocol):
    """A policy: ours, or one that stands in its place."""

    def update(
        self, affects: Sequence[Affect], people: People, signals: Sequence[SocialSignals] = ()
    ) -> AffectiveResponse:
        """Return the answer to what is seen in one image, at that image's stamp."""


def replay(
    perceived: Iterable[Perceived], policy: Answers
) -> Iterator[tuple[Perceived, AffectiveResponse]]:
    """Yield each image's percepts and the policy's answer, as the live loop calls it."""
    for seen in perceived:
        yield seen, policy.update(seen.affects, seen.people, seen.signals)
