"""``kinesics view``: the running loop in a Rerun window, on a web page, or into a recording."""

from __future__ import annotations

import argparse

from kinesics_ros.graph_arguments import add_graph_arguments

HELP = "show the running loop live: image, keypoints, forecast, 3D skeleton, blendshapes, affect"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_graph_arguments(parser)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--web", action="store_true",
                       help="serve a page on this machine instead of opening a window")
    where.add_argument("--save", metavar="FILE", help="write a recording (.rrd) for `rerun FILE`")
    parser.add_argument("--port", type=int, default=9090, metavar="N",
                        help="port of the page (0: any free one); default: %(default)s")
    parser.add_argument("--duration", type=float, metavar="S", help="stop after so many seconds")


def run(args: argparse.Namespace) -> int:
    from kinesics_core.view.live import LiveView
    from kinesics_ros.commands.demo import footage, obtainable_variant
    from kinesics_ros.live import run as run_graph

    if args.source is None and args.params is None:
        args.source, args.loop = footage(), True
        args.variant = obtainable_variant(args.variant)
    mode = "web" if args.web else "file" if args.save else "native"
    with LiveView(mode, port=args.port, path=args.save) as view:
        if view.url:
            print(f"open {view.url}", flush=True)
        return run_graph(args, view)
