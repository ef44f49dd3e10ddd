"""``kinesics data ...``: make and look at datasets of motion."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NamedTuple

from kinesics_core import files
from kinesics_core.commands import (
    data_emo3d,
    data_info,
    data_recover,
    data_synth,
    import_motion,
    import_recordings,
)

HELP = "import, synthesise and describe datasets of motion"


class Entry(NamedTuple):
    """One sub-command; ``add_arguments`` imports nothing heavy, ``run`` returns the exit status."""

    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _add(parser, WHAT, "WHAT")


def run(args: argparse.Namespace) -> int:
    if getattr(args, "out", None) is not None:
        files.require_place(args.out.expanduser())
    return args.entry(args)


def _add(parser: argparse.ArgumentParser, entries: dict[str, Entry], metavar: str) -> None:
    commands = parser.add_subparsers(required=True, metavar=metavar)
    for name, entry in entries.items():
        sub = commands.add_parser(name, help=entry.help, description=entry.help)
        entry.add_arguments(sub)
        sub.set_defaults(entry=entry.run, kind=name)


def _add_import(parser: argparse.ArgumentParser) -> None:
    _add(parser, IMPORTS, "KIND")


# KIND -> what `kinesics data import KIND` does.
IMPORTS: dict[str, Entry] = {
    "bvh": Entry("BVH motion capture of any skeleton",
                 import_motion.add_bvh_arguments, import_motion.run_bvh),
    "amc": Entry("Acclaim motion capture (.amc with .asf), as CMU's library has it",
                 import_motion.add_amc_arguments, import_motion.run_amc),
    "axis-angle": Entry("archives of SMPL-X body rotations (.npz)",
                        import_motion.add_axis_angle_arguments, import_motion.run_axis_angle),
    "expmap": Entry("CMU motion as exponential maps (.txt), as Li et al. published it",
                    import_motion.add_expmap_arguments, import_motion.run_expmap),
    "humanml3d": Entry("HumanML3D joints or features (.npy), as MotionLCM writes them",
                       import_motion.add_humanml3d_arguments, import_motion.run_humanml3d),
    "video": Entry("folders of labelled videos, through our perception",
                   import_recordings.add_video_arguments, import_recordings.run_video),
    "bag": Entry("bags (MCAP) with people in them, recorded by us",
                 import_recordings.add_bag_arguments, import_recordings.run_bag),
    "rebl-pepper": Entry("REBL-Pepper: rated emotional animations of a Pepper robot",
                         import_recordings.add_pepper_arguments, import_recordings.run_pepper),
}

# WHAT -> what `kinesics data WHAT` does; an import names its own entry.
WHAT: dict[str, Entry] = {
    "import": Entry("make a dataset from recordings", _add_import, run),
    "info": Entry("say what a dataset is: origin, labels, lengths, speeds, what is missing",
                  data_info.add_arguments, data_info.run),
    "recover": Entry("make a bag whole that a kill or a power cut left torn",
                     data_recover.add_arguments, data_recover.run),
    "synth": Entry("emotional motion for pretraining", data_synth.add_arguments, data_synth.run),
    "emo3d": Entry(data_emo3d.HELP, data_emo3d.add_arguments, data_emo3d.run),
    "emo3d-info": Entry(data_emo3d.INFO_HELP, data_emo3d.add_info_arguments, data_emo3d.run_info),
}
