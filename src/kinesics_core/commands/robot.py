"""``kinesics robot map URDF``: which of a robot's links follow a person, written and drawn."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from kinesics_core import files
from kinesics_core.errors import KinesicsError
from kinesics_core.settings import given_path

HELP = "maps of robots: write one from a URDF, check one, draw it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``kinesics robot``."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    made = actions.add_parser(
        "map", help="write a robot's map from its description, and a picture of it to correct",
        description="Reads arms, neck, trunk and hands from a URDF's names and kinematics, writes a"
                    " map (YAML), checks it and draws what it means: coloured arrows are where a"
                    " person's parts point, thin lines where the robot's links do.")
    made.add_argument("urdf", metavar="URDF", help="the robot's description")
    made.add_argument("--out", type=given_path, metavar="FILE.yaml",
                      help="where the map goes (default: NAME.yaml beside the description)")
    made.add_argument("--name", default="", help="the robot's name (default: the description's)")
    checked = actions.add_parser("check", help="hold a map against its robot, and draw it")
    checked.add_argument("robot", metavar="ROBOT", help="name of a robot, or a map (.yaml)")
    checked.add_argument("--urdf", default="", help="its description, if the map names none")
    checked.add_argument("--out", type=given_path, metavar="FILE.png",
                         help="the picture (default: beside the map that is given, or NAME.png)")
    drawn = actions.add_parser("sheet", help="draw robots that show the eight emotions")
    drawn.add_argument("robots", metavar="ROBOT", nargs="+", help="names of robots, or their maps")
    drawn.add_argument("--out", type=given_path, metavar="FILE.jpg", default=Path("robots.jpg"),
                       help="the picture (default: %(default)s)")
    actions.add_parser("list", help="name the robots there are maps of")


def run(args: argparse.Namespace) -> int:
    """Write, check or list maps."""
    if args.action == "list":
        from kinesics_core.robot.places import known_robots

        print("\n".join(known_robots()))
        return 0
    if args.action == "sheet":
        return _sheet(args)
    return _map(args) if args.action == "map" else _check(args)


def _sheet(args: argparse.Namespace) -> int:
    from kinesics_core.commands.express_progress import progress
    from kinesics_core.judging.robot_sheet import emotions_sheet
    from kinesics_core.render.picture import save_picture

    files.require_writable(args.out)
    with progress({"robots": 8 * len(args.robots)}) as on_step:
        image = emotions_sheet(args.robots, lambda: on_step("robots"))
    save_picture(args.out, image)
    print(files.shown(args.out))
    return 0


def _map(args: argparse.Namespace) -> int:
    from kinesics_core.robot.map_writer import propose_map
    from kinesics_core.robot.model import RobotModel

    urdf = Path(args.urdf)
    if urdf.suffix in (".yaml", ".yml"):
        raise KinesicsError(f"{urdf} is a map already; `kinesics robot check {urdf}` checks it.")
    model = RobotModel.load(urdf)
    name = args.name or model.name
    if Path(name).name != name:
        raise KinesicsError(f"Got the robot's name {name!r}, of which no file can be made; give"
                            " another one by --name.")
    out = args.out or urdf.with_name(f"{name}.yaml")
    files.require_writable(out)
    named = urdf.name if out.resolve().parent == urdf.resolve().parent else str(urdf.resolve())
    proposal = propose_map(model, name, named, out)
    files.write_text(out, proposal.text)
    for note in proposal.notes:
        print(note, file=sys.stderr)
    print(f"{files.shown(out)}: {len(proposal.robot_map.links)} links follow a person")
    return _shown(model, proposal.robot_map, out.with_suffix(".png"))


def _check(args: argparse.Namespace) -> int:
    from kinesics_core.robot.model import RobotModel
    from kinesics_core.robot.robot_map import RobotMap

    robot_map = RobotMap.load(args.robot)
    model = RobotModel.load(args.urdf or args.robot)
    given = Path(args.robot)
    if given.suffix not in (".yaml", ".yml"):
        given = Path(f"{robot_map.name}.yaml")
    return _shown(model, robot_map, args.out or given.with_suffix(".png"))


def _shown(model: object, robot_map: object, picture: Path) -> int:
    """Say how well a map reaches what people do, and draw it."""
    from kinesics_core.robot.map_check import reach_of, sheet

    files.require_writable(picture)
    reach = reach_of(model, robot_map)  # type: ignore[arg-type]
    for note in reach.notes:
        print(note, file=sys.stderr)
    for part, degrees in zip(reach.parts, np.asarray(reach.degrees).T, strict=True):
        print(f"{part:16} {np.median(degrees):5.1f} deg off in the median pose,"
              f" {degrees.max():5.1f} in the worst ({reach.poses[int(degrees.argmax())]})")
    from kinesics_core.render.picture import save_picture

    save_picture(picture, sheet(model, robot_map, reach))  # type: ignore[arg-type]
    print(f"{files.shown(picture)}: look whether the thin lines lie on the arrows")
    return 0
