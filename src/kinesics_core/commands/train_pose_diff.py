"""``kinesics train pose-diff``: recordings with emotions -> the generator's Gaussian."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from kinesics_core import files
from kinesics_core.commands import tables
from kinesics_core.errors import KinesicsError

if TYPE_CHECKING:
    from kinesics_core.dataset.pose_clips import PoseClip
    from kinesics_core.pose_priors.pose_diff_training import Labelled

NAME = "pose-diff"


def add_arguments(what: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = what.add_parser(
        NAME, help="recordings with emotions -> how poses follow each other in them",
        description="Learns the Gaussian of the difference between consecutive poses, given the"
                    " previous frame, the time in the clip and the emotion, that sequences are"
                    " generated with. Writes pose_diff.npz and report.json. Needs no torch.")
    parser.add_argument(
        "--data", nargs="+", type=Path, required=True, metavar="FILE",
        help="fits, folders, archives or files: params.npz of `kinesics fit --label emotion=...`,"
             " SMPL-X axis-angle (.npz), BVH in T-pose at rest, CMU exponential maps (.txt)")
    parser.add_argument(
        "--neutral", nargs="*", type=Path, default=[], metavar="FILE",
        help="likewise, of people who show no emotion, whatever their names say")
    parser.add_argument(
        "--emotion-pattern", metavar="REGEX",
        help="with a group (?P<emotion>...), searched in the recording's name, where it has no"
             " label; without it a word of the name counts, such as happy or scared")
    parser.add_argument("--prior", type=Path, metavar="FILE",
                        help="pose prior in whose codes it is learned; default: ours")
    parser.add_argument("--order", type=int, choices=(1, 2), default=2,
                        help="1: given the previous pose, as the paper; 2: and its difference to"
                             " the one before (default: %(default)s)")
    parser.add_argument("--licence", default="not stated", help="of the model, for the file")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")


def run(args: argparse.Namespace) -> int:
    """Learn; what was left out and the table of errors go to the console."""
    from rich.console import Console

    from kinesics_core.importers import body_poses
    from kinesics_core.pose_priors import pose_diff, pose_diff_training, vae
    from kinesics_core.pose_priors.training_data import write_weights

    console = Console(stderr=True)
    prior = vae.load(args.prior)
    clips = body_poses.read(args.data, lambda text: console.print(text, highlight=False))
    recordings, unknown = _labelled(clips, args.emotion_pattern)
    if unknown:
        console.print(f"left out, no emotion in label or name: {', '.join(unknown)}",
                      highlight=False)
    if args.neutral:
        recordings += [pose_diff_training.Labelled(clip, "neutral")
                       for clip in body_poses.read(args.neutral, console.print)]
    if not recordings:
        raise KinesicsError(
            "None of the recordings has an emotion, in a label or in its name. Give"
            " --emotion-pattern, or fits made with `kinesics fit --label emotion=NAME`.")
    files.require_directory(args.out)
    model, report = pose_diff_training.train(
        recordings, prior, pose_diff.FitConfig(order=args.order))
    sources = sorted({one.clip.source for one in recordings})
    write_weights(args.out / pose_diff.FILE, pose_diff.arrays_of(model), args.licence, sources)
    files.write_text(args.out / "report.json", json.dumps(report, indent=1) + "\n")
    _show(report, recordings, model.emotions)
    print(f"wrote {files.shown(args.out / pose_diff.FILE)}")
    return 0


def _labelled(
    clips: list[PoseClip], pattern: str | None
) -> tuple[list[Labelled], list[str]]:
    """Return the recordings whose emotion is known, and the names of the others."""
    from kinesics_core.affect.emotion_words import emotion_in, emotion_of
    from kinesics_core.affect.emotions import EMOTIONS
    from kinesics_core.pose_priors.pose_diff_training import Labelled

    try:
        compiled = re.compile(pattern) if pattern else None
    except re.error as error:
        raise KinesicsError(
            f"Got --emotion-pattern {pattern!r}, which is not a regular expression ({error})."
        ) from error
    if compiled is not None and "emotion" not in compiled.groupindex:
        raise KinesicsError(
            f"Got --emotion-pattern {pattern!r}; wanted a group (?P<emotion>...) in it.")
    known, unknown = [], []
    for clip in clips:
        label = clip.labels.get("emotion", "")
        if not label and compiled is not None:
            found = compiled.search(clip.name)
            label = found["emotion"] or "" if found else ""
        elif not label:
            label = emotion_in(clip.name)
        name = emotion_of(label.lower())
        if label and not name:
            raise KinesicsError(
                f"The recording {clip.name} has the emotion {label!r}; wanted one of"
                f" {', '.join(EMOTIONS)}, or a word for just one of them, as happy.")
        if name:
            known.append(Labelled(clip, name))
        else:
            unknown.append(clip.name)
    return known, unknown


def _show(
    report: dict[str, dict[str, float]], recordings: list[Labelled], taught: tuple[str, ...]
) -> None:
    from rich.table import Table

    from kinesics_core.affect.emotions import EMOTIONS

    table = Table(title="Next difference, on the last fifth of each recording (codes, RMS)")
    for column in ("emotion", "recordings", "frames", "this model", "no movement",
                   "movement goes on", "spread"):
        table.add_column(column, justify="left" if column == "emotion" else "right")
    for name, row in sorted(report.items(), key=lambda item: item[0] == "all"):
        count = sum(name in ("all", one.emotion) for one in recordings)
        table.add_row(name, str(count), f"{row['frames']:.0f}", *(
            f"{row[key]:.4f}" for key in ("error", "still", "same")), f"{row['spread']:.2f}")
    tables.show(table)
    missing = [name for name in EMOTIONS if name not in taught]
    if missing:
        print(f"No recording shows {', '.join(missing)}: sequences of these stray from the robot's"
              " own posture as those of the nearest emotion in valence, arousal and dominance.")
