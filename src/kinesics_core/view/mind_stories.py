"""Stories of minds: people as they were seen, read as in the live loop, answered by each mind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from kinesics_core.affect.reader import AffectReader
from kinesics_core.affect.signals import SignalReader
from kinesics_core.errors import KinesicsError
from kinesics_core.mind.perceived import Perceived
from kinesics_core.mind.personality import load_personality, temperament
from kinesics_core.mind.policy import ResponsePolicy
from kinesics_core.mind.policy_config import PolicyConfig
from kinesics_core.motion.runtime import Forecaster
from kinesics_core.recording import bag_reader
from kinesics_core.types import People
from kinesics_core.view.mind_plot import Story


def percepts(stream: Iterable[People]) -> Iterator[Perceived]:
    """Yield everything that the stages before the policy read of people, image by image."""
    forecaster, reader, signals = Forecaster(), AffectReader(), SignalReader()
    for people in stream:
        forecast = forecaster.update(people)
        reader.add_body_readings(forecast.affects)
        yield Perceived(people, reader.update(people), signals.update(people, forecast.motion))


def story(name: str, policy: ResponsePolicy) -> Story:
    """Return the story of a mind, with nothing in it yet.

    Args:
        name: Of its personality, or the file of it.
        policy: The mind.
    """
    return Story(Path(name).stem.removeprefix("personality_"), temperament(policy.personality))


def policy_of(name: str, config: PolicyConfig | None = None, seed: int = 0) -> ResponsePolicy:
    """Return a mind with a personality, by name or file.

    Raises:
        KinesicsError: There is no such personality.
    """
    return ResponsePolicy(load_personality(name), config or PolicyConfig(), seed)


def stories(
    perceived: Iterable[Perceived], names: Sequence[str], config: PolicyConfig | None = None,
    seed: int = 0,
) -> list[Story]:
    """Return what several minds answer to the same percepts.

    Args:
        perceived: Image by image.
        names: Their personalities, by name or file.
        config: Settings of all of them.
        seed: Of all of them.

    Raises:
        KinesicsError: There is no such personality.
    """
    minds = [policy_of(name, config, seed) for name in names]
    told = [story(name, mind) for name, mind in zip(names, minds, strict=True)]
    for seen in perceived:
        for one, mind in zip(told, minds, strict=True):
            one.steps.append((seen, mind.update(seen.affects, seen.people, seen.signals)))
    return told


def people_of_bag(place: Path) -> Iterator[People]:
    """Yield the people of the first topic of the first bag at a place.

    Raises:
        KinesicsError: There are none.
    """
    contents = bag_reader.BagContents()
    topic = ""
    for bag in bag_reader.find(place)[:1]:
        for name, people in bag_reader.messages(bag, contents, whole=True):
            topic = topic or name
            if name == topic:
                yield people
    if not topic:
        raise KinesicsError(
            " ".join(filter(None, (f"{place} holds no people.", contents.fault, contents.lack,
                                   "A video will do, too."))))
