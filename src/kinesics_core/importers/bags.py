"""Bags with people in them -> clips of COCO-17 in pixels. Needs no ROS.

The bag's custom data (participant, emotion, take) become labels, and so do the named groups of a
pattern.
"""

from __future__ import annotations

import shlex
from pathlib import Path, PurePath

from rich.console import Console
from rich.progress import track

from kinesics_core.dataset.clips import Info, Writer
from kinesics_core.dataset.labels import labels_from
from kinesics_core.importers.tracks import clips_of, summary
from kinesics_core.keypoints import MAX_GAP
from kinesics_core.recording import bag_reader


def import_bags(source: Path, out: Path, *, label_pattern: str | None = None) -> str:
    """Make a dataset of every bag under ``source``; a summary for the user.

    A bag that is torn is read as far as it is whole; one without people is named and left out.
    KinesicsError if no bag gives a clip.
    """
    bags = bag_reader.find(source)
    labels = labels_from([PurePath(bag.name) for bag in bags], label_pattern)
    command = ["kinesics", "data", "import", "bag", str(source), "--out", str(out)]
    command += ["--label-pattern", label_pattern] if label_pattern else []
    name = source.absolute().name
    info = Info(name, dimensions=2, origin=f"bags of {name}", command=shlex.join(command))
    left_out = []
    with Writer(out, info) as writer:
        console = Console(stderr=True)
        for bag, named in track(list(zip(bags, labels, strict=True)), "bags", console=console):
            contents = bag_reader.read(bag)
            several = len(contents.people) > 1
            made = 0
            for topic, people in contents.people.items():
                called = bag.name + topic if several else bag.name
                known = contents.custom_data | named
                for clip in clips_of(people, called, name, known, bridge=MAX_GAP,
                                     group=bag.name):
                    made += 1
                    if not writer.has(clip.name):
                        writer.add(clip)
            sentence = " ".join(filter(None, (contents.fault, _lack(contents, made))))
            if sentence:
                left_out.append((bag.name, sentence))
        return summary(out, "bag", len(bags), len(writer), left_out)


def _lack(contents: bag_reader.Contents, clips: int) -> str:
    """Why there is no clip, "" if there is one."""
    if clips:
        return ""
    if not contents.messages:
        return "The bag holds no message."
    if not contents.people:
        topics = ", ".join(f"{topic} ({kind})" for topic, kind in sorted(contents.types.items()))
        return (f"It has no topic of type {bag_reader.PEOPLE_TYPE}, only {topics}; record"
                " `persons` too.")
    count = sum(map(len, contents.people.values()))
    if any(people.persons for frames in contents.people.values() for people in frames):
        return f"Nobody was followed for half a second in its {count} messages of people."
    return f"Nobody was seen in its {count} messages of people."
