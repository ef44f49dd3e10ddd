"""``kinesics view``: the running loop in Rerun (window, page, recording) or in Foxglove."""

from __future__ import annotations

import argparse
import threading
from typing import TYPE_CHECKING

from kinesics_core import extras, option_types
from kinesics_core.errors import KinesicsError, RecordingError
from kinesics_ros.graph_arguments import add_graph_arguments, overrides

if TYPE_CHECKING:
    from kinesics_core.view.foxglove_view import FoxgloveView
    from kinesics_core.view.live import LiveView

WEB_PORT, FOXGLOVE_PORT = 9090, 8765

HELP = "show the running loop live: image, keypoints, forecast, 3D skeleton, blendshapes, affect"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_graph_arguments(parser)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--web", action="store_true",
                       help="serve a page on this machine instead of opening a window")
    where.add_argument("--foxglove", action="store_true",
                       help="serve Foxglove over a WebSocket on this machine")
    where.add_argument("--save", metavar="FILE", help="write a recording (.rrd) for `rerun FILE`")
    parser.add_argument("--port", type=option_types.whole(0, 65535), metavar="N",
                        help="port of the page or of the WebSocket (0: any free one); default:"
                        f" {WEB_PORT}, with --foxglove {FOXGLOVE_PORT}")
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS",
                        help="with --foxglove: address to listen on; 0.0.0.0 serves the camera's"
                        " pictures to the whole network; default: this machine alone")
    parser.add_argument("--duration", type=option_types.seconds, metavar="S",
                        help="stop after so many seconds")


def run(args: argparse.Namespace) -> int:
    """Open the view and run the graph; the exit status."""
    extras.require(*(("foxglove", "The view in Foxglove") if args.foxglove
                     else ("view", "The live view")))
    from kinesics_ros.commands.demo import footage, obtainable_variant

    if args.source is None and args.params is None:
        args.source, args.loop = footage(), True
        args.variant = obtainable_variant(args.variant)
    with _view(args) as view:
        if view.url:
            print(f"open {view.url}", flush=True)
        show(args, view)
    if view.fault:
        raise RecordingError(view.fault)
    return 0


def _view(args: argparse.Namespace) -> LiveView | FoxgloveView:
    """Open the view that was asked for."""
    port = args.port
    if args.foxglove:
        from kinesics_core.view.foxglove_view import FoxgloveView

        return FoxgloveView(FOXGLOVE_PORT if port is None else port, args.host)
    from kinesics_core.view.live import LiveView

    mode = "web" if args.web else "file" if args.save else "native"
    urdf = None
    if args.robot:
        from kinesics_core.robot.model import RobotModel

        urdf = RobotModel.load(args.urdf or args.robot).urdf
    return LiveView(mode, port=WEB_PORT if port is None else port, path=args.save, urdf=urdf)


def show(args: argparse.Namespace, view: LiveView | FoxgloveView) -> None:
    """Bring the graph up and show each answered image until the source or the user ends.

    Raises:
        KinesicsError: The source was lost.
    """
    from kinesics_ros.graph import Graph, ros_arguments
    from kinesics_ros.mailbox import Mailbox
    from kinesics_ros.run import stop_on_signals
    from kinesics_ros.tap import Tap

    stop = stop_on_signals()
    mailbox = Mailbox()

    def draw() -> None:
        while (got := mailbox.get()) is not None:
            if got[0] == "joints":
                view.move(got[1])
                continue
            view.show(got[1])
            if not view.open:
                # The user closed the window.
                stop.set()

    drawing = threading.Thread(target=draw, name="view", daemon=True)
    drawing.start()
    try:
        with Graph(
            overrides(args), without=("recorder",),
            ros_arguments=ros_arguments(args.params, args.namespace, args.ros_arguments),
        ) as graph:
            Tap(graph.bus, lambda moment: mailbox.put("moment", moment))
            graph.bus.subscribe("joint_positions", lambda positions: mailbox.put(
                "joints", positions))
            graph.spin(stop, args.duration)
            fault = graph.camera.fault
    finally:
        mailbox.close()
        drawing.join(timeout=5.0)
    if fault:
        raise KinesicsError(fault)
