"""Sources of ``kinesics respond``: traces, bags, videos, clips, a simulated person, a robot."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from kinesics_core import files
from kinesics_core.errors import KinesicsError, SourceError

if TYPE_CHECKING:
    from kinesics_core.mind.perceived import Perceived
    from kinesics_core.types import Frame, People
    from kinesics_core.view.mind_plot import Story

PERSON, ROBOT = "person", "robot"
"""Sources that answer the mind."""

LIVING = 30.0
"""Seconds of those where no duration is given."""

_GREETS = 0.6  # intensity of the smile that two robots begin with


@dataclass(slots=True)
class Told:
    """Stories to be printed and drawn.

    Attributes:
        stories: One for each mind.
        title: Of the picture.
        notes: Words at times in seconds.
    """

    stories: list[Story]
    title: str
    notes: list[tuple[float, str]] = field(default_factory=list)


def stories(source: str, names: Sequence[str], args: argparse.Namespace) -> Told:
    """Return what each mind makes of a source.

    Args:
        source: What was given on the command line.
        names: Personalities, by name or file.
        args: The command's other options.

    Raises:
        KinesicsError: There is no such source or personality.
    """
    from kinesics_core.mind.policy_config import PolicyConfig
    from kinesics_core.view import mind_stories

    if source == ROBOT:
        return _two_robots(names, args)
    if source == PERSON:
        return _with_person(names, args)
    title, notes, perceived = _perceived(source)
    if args.duration is not None:
        perceived = _until(perceived, args.duration)
    told = mind_stories.stories(perceived, names, PolicyConfig(policy=args.policy), args.seed)
    return Told(told, title, notes)


def _until(perceived: Iterable[Perceived], seconds: float) -> Iterator[Perceived]:
    from kinesics_core.types import NANOSECONDS

    first: int | None = None
    for seen in perceived:
        first = seen.people.stamp if first is None else first
        if seen.people.stamp - first > seconds * NANOSECONDS:
            return
        yield seen


def _with_person(names: Sequence[str], args: argparse.Namespace) -> Told:
    from kinesics_core.affect.emotions import EMOTION_VAD
    from kinesics_core.mind.policy_config import PolicyConfig
    from kinesics_core.mind.simulated_person import SimulatedPerson, closed_loop
    from kinesics_core.view.mind_stories import policy_of, story

    emotion, share = _mood(args.mood)
    told = Told([], f"a simulated person in a mood of {args.mood}")
    for name in names:
        policy = policy_of(name, PolicyConfig(policy=args.policy), args.seed)
        one = story(name, policy)
        person = SimulatedPerson(share * EMOTION_VAD[emotion], seed=args.seed)
        one.steps = list(closed_loop(policy, person, args.duration or LIVING))
        told.stories.append(one)
    return told


def _two_robots(names: Sequence[str], args: argparse.Namespace) -> Told:
    from kinesics_core.affect.emotions import HAPPINESS
    from kinesics_core.mind.policy_config import PolicyConfig
    from kinesics_core.mind.simulated_person import face_each_other, robot_as_person
    from kinesics_core.mind.trace import PersonState, perceived_of
    from kinesics_core.view.mind_stories import policy_of, story

    if len(names) > 2:
        raise KinesicsError(
            f"Got {len(names)} personalities; two robots face each other: name one or two.")
    one, other = names if len(names) == 2 else (names[0], names[0])
    config = PolicyConfig(policy=args.policy)
    first, second = policy_of(one, config, args.seed), policy_of(other, config, args.seed + 1)
    told = Told([story(one, first), story(other, second)], f"{one} and {other} face each other")
    for answers in face_each_other(
            first, second, args.duration or LIVING,
            begins=PersonState(emotion=HAPPINESS, intensity=_GREETS)):
        for mind, answer, partner in zip(told.stories, answers, answers[::-1], strict=True):
            mind.steps.append((perceived_of([robot_as_person(partner)], answer.stamp), answer))
    return told


def _mood(text: str) -> tuple[int, float]:
    """Return emotion and share of ``EMOTION[=SHARE]``."""
    from kinesics_core.affect.emotions import emotion_index

    name, _, share = text.partition("=")
    try:
        strength = float(share) if share else 1.0
    except ValueError:
        strength = float("nan")
    if not 0.0 <= strength <= 1.0:
        raise KinesicsError(f"Got --mood {text!r}; wanted an emotion, or sadness=0.5 (0 to 1).")
    return emotion_index(name), strength


# What was perceived.


def _perceived(source: str) -> tuple[str, list[tuple[float, str]], Iterable[Perceived]]:
    """Return title, notes and percepts of a file."""
    from kinesics_core.mind.trace import SUFFIXES, read_trace
    from kinesics_core.view.mind_stories import people_of_bag, percepts

    place = Path(source).expanduser()
    if source.strip() and place.suffix in SUFFIXES and place.is_file():
        trace = read_trace(place)
        return f"trace {place.name}", trace.notes(), trace.frames()
    if (clip := _clip(place)) is not None:
        return f"clip {place.name}", [], percepts(clip)
    if not source.strip() or not os.path.exists(place):
        raise SourceError(
            f"Got {files.shown(source)!r}, which does not exist; wanted a bag, a video, a clip of a"
            f" dataset (DATASET/CLIP), a trace ({', '.join(SUFFIXES)}), {PERSON!r} or {ROBOT!r}.")
    from kinesics_core.recording import bag_reader

    if bag_reader.is_bag(place):
        return f"bag {files.shown(place.name)}", [], percepts(people_of_bag(place))
    return f"video {files.shown(place.name)}", [], percepts(_of_video(place))


def _clip(place: Path) -> Iterator[People] | None:
    """Return the frames of a dataset's clip, or None if a path names none.

    Raises:
        KinesicsError: The path is a dataset, or names a clip that it does not have.
    """
    folder = next((one for one in (place, *place.parents) if (one / "clips.jsonl").is_file()), None)
    if folder is None or (folder != place and os.path.exists(place)):
        return None
    from kinesics_core.dataset.clips import Dataset
    from kinesics_core.experiments.affect_evaluation import frames_of, require_coco

    dataset = Dataset(folder)
    require_coco(dataset)
    wanted = place.relative_to(folder).as_posix()
    names = []
    for clip in dataset:
        if clip.name == wanted:
            return frames_of(clip)
        names.append(clip.name)
    got = f"{folder} is a dataset" if folder == place else f"{folder} has no clip {wanted!r}"
    some = [f"{folder}/{name}" for name in get_close_matches(wanted, names) or names[:3]]
    raise KinesicsError(
        f"{got}; wanted one of its {len(names)} clips, for instance {', '.join(some)}.")


def _of_video(place: Path) -> Iterator[People]:
    from rich.console import Console
    from rich.progress import track

    from kinesics_core.perception.config import KeypointConfig
    from kinesics_core.perception.landmarks import KeypointEstimator
    from kinesics_core.perception.sources import open_source

    with (open_source(place, realtime=False) as video,
          KeypointEstimator(KeypointConfig()) as estimator):
        read: Callable[[], Frame | None] = video.read
        for frame in track(iter(read, None), files.shown(place.name), total=video.total,
                           console=Console(stderr=True), transient=True):
            yield estimator.process(frame)

