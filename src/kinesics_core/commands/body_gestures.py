"""``kinesics body gestures``: the gestures there are, as a list, a sheet, a video or a file."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from kinesics_core import files
from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.errors import KinesicsError

if TYPE_CHECKING:
    from kinesics_core.body.gestures import Gesture

HELP = "list the gestures; draw them as a sheet or a video; convert Labanotation"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``kinesics body gestures``."""
    parser.description = (
        "Lists every gesture of the vocabulary with its length and meaning: the robot's eleven,"
        " Microsoft's designers', and your own from a folder. --sheet and --video show them on the"
        " robot's body; --labanotation converts a file of Microsoft's notation to key poses."
    )
    parser.add_argument("--gestures", type=Path, metavar="DIR",
                        help="your own: .yaml files of key poses, .bvh clips")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="of these alone")
    parser.add_argument("--sheet", type=Path, metavar="FILE.png",
                        help="draw each where it is furthest from rest, from two sides")
    parser.add_argument("--video", type=Path, metavar="FILE.mp4", help="one after another")
    parser.add_argument("--emotion", choices=EMOTIONS, default="neutral",
                        help="in which they are made (default: neutral)")
    parser.add_argument("--labanotation", type=Path, metavar="FILE.json",
                        help="gestures in Microsoft's notation, to be written to --out")
    parser.add_argument("--out", type=Path, metavar="FILE.yaml", help="of --labanotation")
    parser.add_argument("--json", action="store_true", help="the list as JSON")


def run(args: argparse.Namespace) -> int:
    """List, draw or convert."""
    if (args.labanotation is None) != (args.out is None):
        raise KinesicsError("--labanotation and --out go together: what is read, what is written.")
    if args.labanotation is not None:
        return _convert(args.labanotation, args.out)
    from kinesics_core.expression import gestures
    from kinesics_core.importers.gesture_folder import read_folder

    for path in (args.sheet, args.video):
        if path is not None:
            files.require_writable(path)
    if args.gestures is not None:
        gestures.add_gestures(read_folder(args.gestures), str(args.gestures))
    names = args.only or sorted(
        gestures.vocabulary(), key=lambda name: (name not in gestures.ROBOT_GESTURES, name))
    chosen = {name: gestures.robot_gesture(name) for name in names}
    _draw(args, chosen)
    if args.json:
        print(json.dumps({name: {"seconds": gesture.duration, "meaning": gesture.meaning}
                          for name, gesture in chosen.items()}, indent=1))
    elif args.sheet is None and args.video is None:
        for name, gesture in chosen.items():
            print(f"{name:24} {gesture.duration:5.2f} s  {gesture.meaning}")
    return 0


def _draw(args: argparse.Namespace, chosen: dict[str, Gesture]) -> None:
    """Draw the sheet and the video that are asked for, with a bar for each."""
    wanted = {name: len(chosen) for name in ("sheet", "video") if getattr(args, name) is not None}
    if not wanted:
        return
    from kinesics_core.commands.express_progress import progress
    from kinesics_core.render.picture import save_picture
    from kinesics_core.view.gesture_sheet import gesture_sheet, write_video

    lines = []
    with progress(wanted) as advance:
        if args.sheet is not None:
            save_picture(args.sheet, gesture_sheet(
                chosen, args.emotion, on_gesture=lambda: advance("sheet")))
            lines.append(f"wrote {args.sheet}: {len(chosen)} gestures")
        if args.video is not None:
            frames = write_video(
                args.video, chosen, args.emotion, on_gesture=lambda: advance("video"))
            lines.append(f"wrote {args.video}: {frames} frames")
    print("\n".join(lines))


def _convert(source: Path, out: Path) -> int:
    from kinesics_core.expression.gesture_files import write_gestures
    from kinesics_core.expression.labanotation import read_labanotation

    files.require_writable(out)
    found = read_labanotation(source)
    write_gestures(out, found, "Key poses derived from Labanotation by `kinesics body gestures`.")
    print(f"wrote {out}: {len(found)} gestures")
    return 0
