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

from kinesics_core import extras
from kinesics_core.errors import KinesicsError
from kinesics_core.jobs.local import (
    NO_HOOKS,
    THREADS,
    Job,
    JobHooks,
    Outcome,
    attempt,
    keep,
    take_up,
)


def run(
    jobs: Sequence[Job], directory: Path, address: str, *, retries: int = 2,
    hooks: JobHooks = NO_HOOKS,
) -> list[Outcome]:
    """Do jobs on a cluster, one core each. Interrupting ends them; what was finished stays.

    Args:
        jobs: What is to be done.
        directory: Where results are kept; those that are there are not made again.
        address: "auto" on a machine of the cluster, "HOST:6379", "ray://HOST:10001", or "local"
            for one of this machine's own cores.
        retries: How often a job whose worker died is tried again.
        hooks: Who is told; a job does not tell how far it is.

    Returns:
        What came of each, in the order given.

    Raises:
        KinesicsError: There is no Ray or no cluster.
    """
    outcomes = take_up(jobs, directory)
    waiting = [number for number in range(len(jobs)) if number not in outcomes]
    if waiting:
        ray = _connect(address)
        hooks.on_begin(len(jobs), len(outcomes))
        try:
            work = ray.remote(_work).options(num_cpus=1, max_retries=retries)
            tasks = {work.remote(jobs[number]): number for number in waiting}
            try:
                while tasks:
                    ready, _ = ray.wait(list(tasks), timeout=1.0)
                    for task in ready:
                        number = tasks.pop(task)
                        outcomes[number] = outcome = _receive(ray, task, jobs[number])
                        keep(outcome, directory)
                        hooks.on_finish(outcome)
            finally:
                for task in tasks:
                    ray.cancel(task, force=True)
        finally:
            ray.shutdown()
    else:
        hooks.on_begin(len(jobs), len(outcomes))
    return [outcomes[number] for number in range(len(jobs))]


def _connect(address: str) -> Any:
    extras.require("cluster", "Work on a cluster")
    import ray

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
    """Do a job on the cluster; return result, error, seconds, and the machine."""
    began = time.monotonic()
    result, error = attempt(job, lambda done, total, note: None)
    return result, error, time.monotonic() - began, socket.gethostname()


def _receive(ray: Any, task: Any, job: Job) -> Outcome:
    try:
        result, error, seconds, machine = ray.get(task)
    except ray.exceptions.RayError as lost:
        return Outcome(
            job, None, f"its worker died, also when tried again ({type(lost).__name__}); often"
            " that is a lack of memory", died=True)
    return Outcome(job, result, f"{error} (on {machine})" if error else "", seconds)
