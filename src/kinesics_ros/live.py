"""The running graph in Rerun: ``kinesics view``."""

from __future__ import annotations

import argparse
import threading

from kinesics_core.errors import KinesicsError
from kinesics_core.view.live import LiveView
from kinesics_ros.graph import Graph, ros_arguments
from kinesics_ros.graph_arguments import overrides
from kinesics_ros.mailbox import Mailbox
from kinesics_ros.run import stop_on_signals
from kinesics_ros.tap import Tap


def run(args: argparse.Namespace, view: LiveView) -> int:
    """Brings the graph up and shows each answered image until the source or the user ends."""
    stop = stop_on_signals()
    mailbox = Mailbox()

    def draw() -> None:
        while (got := mailbox.get()) is not None:
            moment = got[1]
            view.show(
                moment.frame, moment.people, moment.forecasts, moment.affects, moment.response,
                moment.face, moment.body,
            )
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
            graph.spin(stop, args.duration)
            fault = graph.camera.fault
    finally:
        mailbox.close()
        drawing.join(timeout=5.0)
    if fault:
        raise KinesicsError(fault)
    return 0
