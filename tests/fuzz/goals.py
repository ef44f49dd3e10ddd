"""Send absurd goals to every action server: ``python tests/fuzz/goals.py --count 400``.

Goals whose fields were changed at random go to ``express``, ``fit_mesh`` and ``record_take`` over
a real client, each while others run; some are cancelled at a random moment. A fault is a goal that
is never answered, a result whose numbers are not what its comments allow, a node that counts an
error of its own or is no longer active, and a good goal that fails afterwards.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from messages import Outcome, changed, numbers, picture

AT_ONCE = 4
"""Goals that are under way at a time."""

ANSWER_SECONDS = 60.0
"""Time within which a goal must have its result; none lasts longer than a second of its own."""


@dataclass(frozen=True)
class Server:
    """An action server and what is asked of it.

    Attributes:
        make: Gives the node; the folder is one of its own.
        kind: Name of the action's type.
        topic: Name it is offered under.
        good: Gives a goal that must end with error code ``NONE`` or one of ``fine``.
        fine: Names of error codes that a good goal may end with.
        unknown: Fields of the result that may be nan.
    """

    make: Callable[[Path], Any]
    kind: str
    topic: str
    good: Callable[[np.random.Generator], Any]
    fine: tuple[str, ...] = ()
    unknown: frozenset[str] = frozenset()


def _expression(_: Path) -> Any:
    from kinesics_ros.expression_node import ExpressionNode

    return ExpressionNode()


def _express_goal(rng: np.random.Generator) -> Any:
    from kinesics.action import Express

    said = ({"emotion": 3}, {"text": "so happy"}, {"vad": [0.5, 0.5, 0.0]}, {"compound": [3, 0]},
            {"units": ["AU12"], "unit_intensities": [0.5]}, {"blendshapes": [0.1] * 52},
            {"distribution": [0.125] * 8})
    return Express.Goal(duration=0.1, intensity=0.7, onset=0.25,
                        **said[int(rng.integers(len(said)))])


def _mesh_fit(folder: Path) -> Any:
    import cv2

    from kinesics_ros.mesh_fit_node import MeshFitNode

    (folder / "nobody").mkdir(exist_ok=True)
    for number in range(2):
        cv2.imwrite(str(folder / "nobody" / f"{number}.png"), picture(np.random.default_rng(0)))
    return MeshFitNode(overrides={"data_directory": str(folder), "queue": "wait"})


def _fit_goal(rng: np.random.Generator) -> Any:
    from kinesics.action import FitMesh

    return FitMesh.Goal(input="nobody", output=f"out{int(rng.integers(5))}")


def _recorder(folder: Path) -> Any:
    from kinesics_ros.recorder_node import RecorderNode

    return RecorderNode(overrides={"takes": str(folder), "reserve_mb": 1, "topics": ["/rosout"]})


def _take_goal(rng: np.random.Generator) -> Any:
    from kinesics.action import RecordTake

    return RecordTake.Goal(participant=f"P{int(rng.integers(5))}", emotion="joy", duration=0.15)


SERVERS = {
    "express": Server(_expression, "Express", "express", _express_goal, ("PREEMPTED",)),
    "fit_mesh": Server(_mesh_fit, "FitMesh", "fit_mesh", _fit_goal, ("NO_PERSON",),
                       frozenset({"reprojection_px", "frames_per_second"})),
    "record_take": Server(_recorder, "RecordTake", "record_take", _take_goal, ("NO_DATA",)),
}


@contextmanager
def serving(server: Server, folder: Path) -> Iterator[tuple[Any, Any]]:
    """Give the active node, and an executor that turns it and its client."""
    import rclpy
    from rclpy.executors import MultiThreadedExecutor
    from rclpy.lifecycle import TransitionCallbackReturn

    rclpy.init()
    executor = MultiThreadedExecutor(num_threads=3)
    node = server.make(folder)
    executor.add_node(node)
    try:
        for transition in (node.trigger_configure, node.trigger_activate):
            assert transition() == TransitionCallbackReturn.SUCCESS, node.fault
        yield node, executor
    finally:
        executor.remove_node(node)
        node.trigger_shutdown()
        node.destroy_node()
        executor.shutdown()
        rclpy.try_shutdown()


def run_server(server: Server, count: int, seed: int) -> Outcome:
    """Send ``count`` odd goals to one server, and a good one after each ten."""
    import rclpy
    from rclpy.action import ActionClient

    import kinesics.action

    kind = getattr(kinesics.action, server.kind)
    outcome, rng = Outcome(), np.random.default_rng((seed, len(server.topic)))
    with tempfile.TemporaryDirectory() as folder, \
            serving(server, Path(folder)) as (node, executor):
        asker = rclpy.create_node("asker")
        executor.add_node(asker)
        client = ActionClient(asker, kind, server.topic)
        assert client.wait_for_server(timeout_sec=20.0), "the server was not found"
        try:
            for first in range(0, count, AT_ONCE):
                goals = [changed(server.good(rng), rng)
                         for _ in range(min(AT_ONCE, count - first))]
                for goal in goals:
                    for name in ("duration", "countdown"):  # absurd, and not a minute long
                        if hasattr(goal, name) and not 0 <= getattr(goal, name) <= 1:
                            setattr(goal, name, -1.0)
                    if getattr(goal, "duration", 1.0) == 0:
                        goal.duration = 0.05
                _ask(client, executor, goals, rng, outcome, server)
                if first % 20 == 0:
                    _ask_well(client, executor, server, rng, outcome)
                _look_at(node, outcome)
        finally:
            client.destroy()
            executor.remove_node(asker)
            asker.destroy_node()
    return outcome


def _ask(
    client: Any, executor: Any, goals: list[Any], rng: np.random.Generator, outcome: Outcome,
    server: Server,
) -> None:
    """Send goals together, cancel some, and wait for every result."""
    results = []
    for goal in goals:
        outcome.messages += 1
        accepted = client.send_goal_async(goal)
        if not _spin(executor, accepted):
            outcome.faults["was neither accepted nor rejected"] += 1
            continue
        handle = accepted.result()
        if not handle.accepted:
            outcome.refused += 1
            continue
        results.append(handle.get_result_async())
        if rng.random() < 0.3:
            until = time.monotonic() + float(rng.random()) * 0.05
            while time.monotonic() < until:
                executor.spin_once(timeout_sec=0.005)
            handle.cancel_goal_async()
    for result in results:
        if not _spin(executor, result):
            outcome.faults["was accepted and never ended"] += 1
            continue
        _check(result.result().result, server, outcome)


def _ask_well(
    client: Any, executor: Any, server: Server, rng: np.random.Generator, outcome: Outcome
) -> None:
    accepted = client.send_goal_async(server.good(rng))
    if not _spin(executor, accepted) or not accepted.result().accepted:
        outcome.faults["a good goal was not accepted"] += 1
        return
    ended = accepted.result().get_result_async()
    if not _spin(executor, ended):
        outcome.faults["a good goal never ended"] += 1
        return
    result = ended.result().result
    if result.error_code not in [getattr(result, name) for name in ("NONE", *server.fine)]:
        outcome.faults[f"a good goal failed: {result.message[:160]}"] += 1


def _spin(executor: Any, future: Any) -> bool:
    until = time.monotonic() + ANSWER_SECONDS
    while not future.done() and time.monotonic() < until:
        executor.spin_once(timeout_sec=0.05)
    return future.done()


def _check(result: Any, server: Server, outcome: Outcome) -> None:
    outcome.published += 1
    if result.error_code and not result.message:
        outcome.faults[f"error code {result.error_code} without a sentence"] += 1
    if "please report" in result.message:
        outcome.faults[f"only the last net caught it: {result.message[:160]}"] += 1
    for name, values in numbers(result):
        if name not in server.unknown and not np.isfinite(values).all():
            outcome.faults[f"a result's {name} is not finite"] += 1


def _look_at(node: Any, outcome: Outcome) -> None:
    if node.errors:
        outcome.faults[f"in the node: {node.detail.get('last_error', '?')[:160]}"] += node.errors
        node.errors = 0
    if not node.active:
        outcome.faults[f"became inactive: {node.fault}"] += 1
        node.trigger_activate()


def run(count: int, seed: int, only: list[str] | None = None) -> dict[str, Outcome]:
    """Send ``count`` odd goals in all; what became of them, by server."""
    chosen = only or list(SERVERS)
    return {name: run_server(SERVERS[name], -(-count // len(chosen)), seed) for name in chosen}


def main() -> int:
    """Run from the command line; the exit status is 1 if there is a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=400, help="odd goals in all; %(default)s")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", action="append", choices=sorted(SERVERS))
    args = parser.parse_args()
    outcomes = run(args.count, args.seed, args.only)
    for name, outcome in outcomes.items():
        print(f"{name:10} {outcome.messages:5} goals, {outcome.refused} rejected, "
              f"{outcome.published} ended, {sum(outcome.faults.values())} faults")
        for fault, times in outcome.faults.most_common():
            print(f"    {times} x {fault}")
    return int(any(outcome.faults for outcome in outcomes.values()))


if __name__ == "__main__":
    sys.exit(main())
