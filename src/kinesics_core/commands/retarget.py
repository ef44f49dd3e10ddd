"""``kinesics retarget MOTION --robot NAME --out DIR``: a recorded motion to a robot's joints."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from kinesics_core import extras, files
from kinesics_core.errors import KinesicsError
from kinesics_core.robot.map_writer import propose_map
from kinesics_core.robot.model import RobotModel
from kinesics_core.robot.offline import JointMotion, retarget_motion
from kinesics_core.robot.retarget import Retargeter
from kinesics_core.robot.robot_map import RobotMap
from kinesics_core.settings import given_path

HELP = "show a recorded motion on a robot: joints as CSV, a trajectory in a bag, a video"

SUFFIXES = (".npz", ".bvh", ".txt")
"""Endings of files of motion."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``kinesics retarget``."""
    parser.description = (
        "Moves a robot as a person moved: what `kinesics fit` and `kinesics express` write"
        " (motion.npz), BVH files, archives of SMPL-X rotations, generated motion. Writes"
        " joints.csv, a bag with one JointTrajectory, robot.mp4 and summary.json into a folder. A"
        " motion that is too fast for the robot is slowed as a whole.")
    parser.add_argument("motion", type=given_path, metavar="MOTION",
                        help="a file of motion, or a folder that holds one")
    parser.add_argument("--robot", required=True, metavar="NAME|URDF|MAP",
                        help="name of a robot (`kinesics robot list`), its map (.yaml), or a URDF,"
                             " whose map is then written on the way")
    parser.add_argument("--urdf", default="", help="the description, if the map names none")
    parser.add_argument("--clip", default="", metavar="NAME",
                        help="which recording, where the file holds several")
    parser.add_argument("--out", type=given_path, required=True, metavar="DIR",
                        help="the folder of the results")
    parser.add_argument("--no-video", dest="video", action="store_false",
                        help="leave the video out, which takes the longest")


def run(args: argparse.Namespace) -> int:
    """Read, retarget and write."""
    extras.require("robot", "Showing motion on a robot")
    from kinesics_core.commands.express_progress import progress
    from kinesics_core.commands.robot_files import video_length, write_robot
    from kinesics_core.dataset.pose_clips import RATE
    from kinesics_core.importers import body_poses

    if not args.motion.exists():
        raise KinesicsError(f"{args.motion} does not exist; give a file of motion"
                            f" ({', '.join(SUFFIXES)}) or a folder of them.")
    files.require_directory(args.out)
    clips = body_poses.read([args.motion], lambda note: print(note, file=sys.stderr))
    names = [clip.name for clip in clips]
    if args.clip:
        clips = [clip for clip in clips if clip.name == args.clip]
    if len(clips) != 1:
        raise KinesicsError(
            f"{args.motion} holds {len(names)} recordings{' of other names' if args.clip else ''}:"
            f" {', '.join(names[:12])}{' ...' if len(names) > 12 else ''}. Say which: --clip NAME.")
    robot = load_robot(args.robot, args.urdf)
    with progress({"robot": None}) as on_step:
        motion = retarget_motion(robot, clips[0].rotations, RATE, lambda: on_step("robot"))
    with progress({"video": video_length(motion)} if args.video else {}) as on_step:
        done = write_robot(args.out, robot, motion, args.video, lambda: on_step("video"))
    tell(robot, motion)
    for file in done:
        print(files.shown(file))
    return 0


def load_robot(name: str, urdf: str = "") -> Retargeter:
    """Return the ``Retargeter`` of a robot: its name, its map, or a URDF without a map.

    Raises:
        KinesicsError: There is no such robot, or its map cannot be written.
    """
    path = Path(name)
    if path.suffix in (".urdf", ".xml"):
        model = RobotModel.load(path)
        proposal = propose_map(model, model.name, str(path.resolve()), path.with_suffix(".yaml"))
        for note in proposal.notes:
            print(note, file=sys.stderr)
        return Retargeter(model, proposal.robot_map)
    return Retargeter(RobotModel.load(urdf or name), RobotMap.load(name))


def tell(robot: Retargeter, motion: JointMotion) -> None:
    """Say how much slower a motion is on a robot, and what it cannot follow."""
    for note in robot.notes:
        print(note, file=sys.stderr)
    if motion.slower > 1.05:
        print(f"The motion is too fast for {robot.map.name}: it is {motion.slower:.1f} times"
              " slower.", file=sys.stderr)
