"""Importer of bags with people in them: clips of COCO-17 in pixels. Needs no ROS.

The bag's custom data (participant, emotion, take) become labels, and so do the named groups of a
pattern.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path, PurePath

from kinesics_core.dataset.clips import Clip, Info, Writer
from kinesics_core.dataset.labels import labels_from
from kinesics_core.files import shown
from kinesics_core.importers.importing import why_left_out
from kinesics_core.importers.other_recordings import beside, sentences
from kinesics_core.importers.tracks import Origin, PeopleImportReport, clips_from_people
from kinesics_core.keypoints import MAX_GAP
from kinesics_core.recording import bag_reader
from kinesics_core.recording.bag_reader import Bag
from kinesics_core.recording.bag_storage import SUFFIXES


def import_bags(
    source: Path, out: Path, *, label_pattern: str | None = None, command: str = "",
    track: Callable[[Iterable[Bag], int], Iterable[Bag]] = lambda bags, count: bags,
) -> PeopleImportReport:
    """Make a dataset of every bag under ``source``.

    A bag that is torn is read as far as it is whole; one without people, or that cannot be read,
    is named and left out.

    Args:
        source: A bag, or a folder of bags.
        out: The dataset.
        label_pattern: See ``labels.labels_from``, on the bags' names.
        command: What the user typed, for the dataset's description.
        track: Passes on so many bags and shows how far they are.

    Raises:
        KinesicsError: There is no bag, or no bag gives a clip.
    """
    bags = bag_reader.find(source)
    labels = labels_from([PurePath(bag.name) for bag in bags], label_pattern)
    name = shown(source.absolute().name)
    info = Info(name, dimensions=2, origin=f"bags of {name}", command=command)
    left_out = []
    with Writer(out, info) as writer:
        for bag, named in zip(track(bags, len(bags)), labels, strict=True):
            try:
                clips, sentence = _clips(bag, Origin(bag.name, name, named, bag.name))
            except Exception as error:  # whatever is wrong with one bag costs itself only
                clips, sentence = [], why_left_out(error)
            for clip in clips:
                if not writer.has(clip.name):
                    writer.add(clip)
            if sentence:
                left_out.append((bag.name, sentence))
        others = tuple(sentences(beside(source, SUFFIXES)))
        report = PeopleImportReport("bag", len(bags), len(writer), tuple(left_out), others)
        report.check(out)
    return report


def _clips(bag: Bag, origin: Origin) -> tuple[list[Clip], str]:
    """Return the clips of a bag, and what is wrong with it; "" if nothing is."""
    contents = bag_reader.read(bag)
    several = len(contents.people) > 1
    labels = {**contents.custom_data, **origin.labels}
    clips = [
        clip for topic, people in contents.people.items()
        for clip in clips_from_people(people, replace(
            origin, name=bag.name + topic if several else bag.name, labels=labels),
            bridge=MAX_GAP)
    ]
    return clips, " ".join(filter(None, (contents.fault, _lack(contents, len(clips)))))


def _lack(contents: bag_reader.BagContents, clips: int) -> str:
    """Say why there is no clip; "" if there is one."""
    if clips:
        return ""
    if contents.lack:
        return contents.lack
    count = sum(map(len, contents.people.values()))
    if any(people.persons for frames in contents.people.values() for people in frames):
        return f"Nobody was followed for half a second in its {count} messages of people."
    return f"Nobody was seen in its {count} messages of people."
