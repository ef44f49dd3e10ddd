"""``kinesics up``: the whole graph in one process, without ROS's launch."""

from __future__ import annotations

import argparse

HELP = "run the whole graph in one process: camera, keypoints, forecast, response, expression"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_graph_arguments(parser)
    parser.add_argument("--record", metavar="DIR", help="record a bag into a new directory")
    parser.add_argument("--duration", type=float, metavar="S", help="stop after so many seconds")
    parser.add_argument("--report", metavar="FILE", help="write frame rate, latency and memory "
                        "as JSON when the graph stops")


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


def run(args: argparse.Namespace) -> int:
    from kinesics_ros.up import up

    return up(args)
