"""Command-line options that every command which brings the graph up understands."""

from __future__ import annotations

import argparse


def add_graph_arguments(parser: argparse.ArgumentParser) -> None:
    """What every command that brings the graph up understands; None leaves the parameter file's
    value."""
    parser.add_argument("--source", help="camera number or device, video, image folder, "
                        "gst:PIPELINE, topic:NAME or 'synthetic'; default: the first camera")
    parser.add_argument("--params", metavar="YAML", help="ROS parameter file")
    parser.add_argument("--namespace", help="ROS namespace of all nodes")
    parser.add_argument("--variant", choices=("lite", "full", "heavy"), help="pose network")
    parser.add_argument("--max-persons", type=int, metavar="N", help="people followed at once")
    parser.add_argument("--policy", choices=("auto", "mirror", "empathise", "regulate", "idle"))
    parser.add_argument("--loop", action="store_true", default=None,
                        help="start a file again when it ends")
    parser.add_argument("--rate", type=float, metavar="HZ", help="frames per second")
    parser.add_argument("--no-realtime", action="store_true",
                        help="process every frame of a file, as fast as possible")


def overrides(args: argparse.Namespace) -> dict[str, dict[str, object]]:
    """Stage name -> parameters given on the command line."""
    given = {
        "camera": {
            "source": args.source, "loop": args.loop, "rate": args.rate,
            "realtime": False if args.no_realtime else None,
        },
        "keypoint": {"variant": args.variant, "max_persons": args.max_persons},
        "response": {"policy": args.policy},
    }
    return {
        stage: {name: value for name, value in values.items() if value is not None}
        for stage, values in given.items()
    }
