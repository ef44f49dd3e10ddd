"""``kinesics up``: the whole graph in one process, without ROS's launch."""

from __future__ import annotations

import argparse
from pathlib import Path

from kinesics_core import files, option_types
from kinesics_ros.graph_arguments import add_graph_arguments, overrides

HELP = "run the whole graph in one process: camera, keypoints, forecast, response, expression"

REPLACEABLE = ("camera", "keypoint", "forecast", "response", "expression", "marker")
"""Stages that others may take the place of."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_graph_arguments(parser)
    parser.add_argument("--without", action="append", choices=REPLACEABLE, default=[],
                        metavar="STAGE", help="leave out a stage whose results somebody else"
                        f" publishes ({', '.join(REPLACEABLE)}); may be given several times")
    parser.add_argument("--hri", action="store_true", help="publish people by REP-155 (ROS4HRI),"
                        " too; needs hri_msgs")
    parser.add_argument("--record", metavar="DIR", help="record a bag into a new directory")
    parser.add_argument("--duration", type=option_types.seconds, metavar="S",
                        help="stop after so many seconds")
    parser.add_argument("--report", metavar="FILE", help="write frame rate, latency and memory "
                        "as JSON when the graph stops")


def run(args: argparse.Namespace) -> int:
    """Run the graph until a signal, the end of the source or ``--duration``; the exit status."""
    from kinesics_ros.graph import Graph, ros_arguments
    from kinesics_ros.monitor import Monitor
    from kinesics_ros.run import stop_on_signals

    if args.report:
        files.require_writable(Path(args.report))
    parameters = overrides(args)
    if args.hri:
        parameters["hri"] = {}
    if args.record:
        files.require_directory(Path(args.record).expanduser().absolute().parent)
        parameters["recorder"] = {"bag": args.record}
    stop = stop_on_signals()
    with Graph(
        parameters,
        without=args.without if args.record else [*args.without, "recorder"],
        ros_arguments=ros_arguments(args.params, args.namespace, args.ros_arguments),
    ) as graph:
        monitor = Monitor(graph) if args.report else None
        graph.spin(stop, args.duration)
        if monitor is not None:
            files.write_json(Path(args.report), monitor.summary(), indent=2)
    # After the end: the recorder finishes its bag when it is released.
    return 1 if any(stage.fault is not None for stage in graph.stages.values()) else 0
