"""``kinesics keypoints IMAGE|VIDEO|FOLDER --json FILE``: who is where, for scoring or import."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kinesics_core import files
from kinesics_core.errors import KinesicsError, SourceError
from kinesics_core.perception.config import CameraConfig, KeypointConfig
from kinesics_core.settings import add_option, settings_of
from kinesics_core.skeletons import ARKIT_BLENDSHAPES

if TYPE_CHECKING:
    from kinesics_core.types import Person

HELP = "write the keypoints of everybody in an image, a video or a folder of images as JSON"
VARIANT, PEOPLE = settings_of(KeypointConfig, "variant", "max_persons")
FRAMING = settings_of(CameraConfig, "rotate", "mirror")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Writes {frames: [{index, stamp, width, height, persons: [{id, keypoints, blendshapes}]}]}:"
        " stamp in integer nanoseconds from the start of the video (0 for an image), keypoints 17"
        " x [x, y, score] in COCO order and pixels of the original image, turned as asked for,"
        " [0, 0, 0] where nothing is known, blendshapes by ARKit name, none if no face is seen. In"
        " images, each is searched at several scales for several people, small ones too (seconds"
        " each), and ids count within the image; in videos people are followed and ids mean the"
        " same person."
    )
    parser.add_argument("source", metavar="IMAGE|VIDEO|FOLDER")
    parser.add_argument("--json", metavar="FILE", type=Path, help="where to write; else stdout")
    add_option(parser, VARIANT, default="heavy")
    parser.add_argument(
        "--max-persons", metavar="N", type=int,
        help=f"at most so many people per image, {PEOPLE.range} (default: 20 in images, 5 in"
        " videos)",
    )  # fmt: skip
    for setting in FRAMING:
        add_option(parser, setting)


def run(args: argparse.Namespace) -> int:
    if args.max_persons is not None and (fault := PEOPLE.fault(args.max_persons)):
        raise KinesicsError(f"{fault}.")
    if args.json is not None:
        if not args.json.absolute().parent.is_dir():
            raise KinesicsError(f"There is no directory {args.json.absolute().parent}; create it.")
        files.require_writable(args.json)
    framing = CameraConfig(rotate=args.rotate, mirror=args.mirror)
    frames = list(_frames(args.source, args.variant, args.max_persons, framing))
    text = json.dumps({"frames": frames}, allow_nan=False)
    if args.json is None:
        print(text)
    else:
        files.write_text(args.json, text + "\n")
        count = sum(len(frame["persons"]) for frame in frames)
        print(f"{len(frames)} frame(s), {count} person(s): {args.json}", file=sys.stderr)
    return 0


def _frames(
    source: str, variant: str, max_persons: int | None, framing: CameraConfig
) -> Iterator[dict[str, Any]]:
    """Yield the frames of the JSON document."""
    from rich.console import Console
    from rich.progress import track

    from kinesics_core.perception.landmarks import KeypointEstimator
    from kinesics_core.perception.sources import open_source, shows_stills
    from kinesics_core.perception.sources.network_stream import scheme_of, without_password
    from kinesics_core.perception.stills import StillEstimator

    place = Path(source).expanduser()
    # Path("") is the folder one stands in, which nobody means.
    if not source.strip() or not os.path.exists(place):
        if scheme_of(source):
            raise SourceError(
                f"Got the address {files.shown(without_password(source))!r}; wanted an image, a"
                " video or a folder of images. `kinesics demo --source ADDRESS` reads a stream, and"
                " the bag that it leaves holds the keypoints.")
        raise SourceError(
            f"Got {files.shown(source)!r}, which does not exist; wanted an image, a video or a"
            " folder of images."
        )
    still = shows_stills(place)
    with (
        open_source(place, realtime=False, rotate=framing.rotate, mirror=framing.mirror) as frames,
        StillEstimator(variant, max_persons or 20)
        if still
        else KeypointEstimator(
            KeypointConfig(variant, max_persons or 5, expression_rate=0.0)) as estimator,
    ):
        reader = iter(frames.read, None)
        console = Console(stderr=True)
        for frame in track(reader, files.shown(place.name), total=frames.total, console=console):
            people = estimator.process(frame)
            yield {
                "index": frame.index,
                "stamp": 0 if still else frame.stamp,
                "width": people.width,
                "height": people.height,
                "persons": [_person(person) for person in people.persons],
            }
        if frames.unreadable:
            print(f"{frames.unreadable} image(s) could not be decoded.", file=sys.stderr)


def _person(person: Person) -> dict[str, Any]:
    """Return a person as the JSON document has it."""
    keypoints = [
        [round(float(x), 2), round(float(y), 2), round(float(np.nan_to_num(score)), 4)]
        if np.isfinite(x) and np.isfinite(y)
        else [0.0, 0.0, 0.0]
        for x, y, score in person.coco
    ]
    shapes = {}
    if person.blendshapes is not None:
        shapes = {
            name: round(float(value), 4)
            for name, value in zip(ARKIT_BLENDSHAPES, person.blendshapes, strict=True)
            if np.isfinite(value)
        }
    return {"id": person.id, "keypoints": keypoints, "blendshapes": shapes}
