"""The jobs of ``kinesics_core.jobs`` on the machines of a Ray cluster.

Every machine needs kinesics installed, and sees the folders the jobs read and write under the same
paths. Ray starts a job again, on another machine if need be, when its worker dies; results are
kept as local runs keep them, so that either takes up what the other finished.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from kinesics_core.errors import KinesicsError
from kinesics_core.jobs.local import THREADS, Job, Outcome, attempt, keep, kept


def run(
    jobs: Sequence[Job], directory: Path, address: str, *, console: Console | None = None,
    retries: int = 2,
) -> list[Outcome]:
    """All jobs, one core each, on the cluster at ``address``, in the order given.

    address: "auto" on a machine of the cluster, "HOST:6379", "ray://HOST:10001", or "local" for
    one of this machine's own cores. retries: how often a job whose worker died is tried again.
    Interrupting ends the jobs; what they had finished stays. KinesicsError if there is no Ray or
    no cluster.
    """
    console = console or Console(stderr=True)
    directory.mkdir(parents=True, exist_ok=True)
    outcomes = {number: found for number, job in enumerate(jobs)
                if (found := kept(job, directory)) is not None}
    if outcomes:
        console.print(f"{len(outcomes)} of {len(jobs)} were finished before and are reused")
    waiting = [number for number in range(len(jobs)) if number not in outcomes]
    if not waiting:
        return [outcomes[number] for number in range(len(jobs))]
    ray = _connect(address)
    try:
        work = ray.remote(_work).options(num_cpus=1, max_retries=retries)
        tasks = {work.remote(jobs[number]): number for number in waiting}
        with Progress(
            TextColumn("{task.description}"), BarColumn(bar_width=20),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"), TimeElapsedColumn(),
            console=console,
        ) as progress:
            overall = progress.add_task("finished", total=len(jobs), completed=len(outcomes))
            try:
                while tasks:
                    ready, _ = ray.wait(list(tasks), timeout=1.0)
                    for task in ready:
                        number = tasks.pop(task)
                        outcomes[number] = outcome = _receive(ray, task, jobs[number])
                        keep(outcome, directory)
                        progress.advance(overall)
                        console.print(
                            f"{jobs[number].name}: {outcome.error or 'finished'},"
                            f" {outcome.seconds:.0f} s", highlight=False)
            finally:
                for task in tasks:
                    ray.cancel(task, force=True)
    finally:
        ray.shutdown()
    return [outcomes[number] for number in range(len(jobs))]


def _connect(address: str) -> Any:
    try:
        import ray
    except ImportError as error:
        raise KinesicsError(
            "Work on a cluster needs Ray, which is not installed. Run: pip install"
            " 'kinesics[cluster]'.") from error
    try:
        host, _, port = address.removeprefix("ray://").rpartition(":")
        if host:  # Ray would try for minutes
            socket.create_connection((host.strip("[]"), int(port)), timeout=5.0).close()
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR,
                 runtime_env={"env_vars": dict.fromkeys(THREADS, "1")})
    except (OSError, RuntimeError, ValueError) as error:
        raise KinesicsError(
            f"No Ray cluster answers at {address!r} ({error}). Start one with `ray start --head`"
            " and give its HOST:6379, or \"local\" for this machine alone.") from error
    return ray


def _work(job: Job) -> tuple[dict[str, Any] | None, str, float, str]:
    """Result, error, seconds, and the machine; runs on the cluster."""
    began = time.monotonic()
    result, error = attempt(job, lambda done, total, note: None)
    return result, error, time.monotonic() - began, socket.gethostname()


def _receive(ray: Any, task: Any, job: Job) -> Outcome:
    try:
        result, error, seconds, machine = ray.get(task)
    except ray.exceptions.RayError as fault:
        return Outcome(
            job, None, f"its worker died, also when tried again ({type(fault).__name__}); often"
            " that is a lack of memory", died=True)
    return Outcome(job, result, f"{error} (on {machine})" if error else "", seconds)
