"""Independent pieces of long work, each in a process of its own, none done twice.

A job is a function of the settings that decide its result. Its result is kept in a file named by
them, so that a command run again after an interruption takes up what was finished. A job that
fails, or whose process dies, does not take the others with it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
import os
import re
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from kinesics_core import files
from kinesics_core.errors import KinesicsError

OnProgress = Callable[[int, int, str], None]
"""Called by a job as it goes on: steps done, steps in all, a note."""

Work = Callable[[Mapping[str, Any], Any, OnProgress], dict[str, Any]]
"""(settings, inputs, report) -> the result, which JSON can hold; a function of a module."""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work.

    Attributes:
        name: For people and the file.
        work: What is done, in a process of its own.
        settings: All that decides the result, as JSON holds it.
        inputs: What the work needs besides, such as where the data lie; pickled.
    """

    name: str
    work: Work
    settings: Mapping[str, Any]
    inputs: Any = None

    @property
    def file(self) -> str:
        """Name of the result's file, another for other settings."""
        text = json.dumps(self.settings, sort_keys=True, allow_nan=False)
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        return f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', self.name)}-{digest}.json"


@dataclass(frozen=True, slots=True)
class Outcome:
    """End of a job.

    Attributes:
        job: The job.
        result: Its result; None if it failed.
        error: Why it failed.
        seconds: How long it took.
        reused: True if the result was there before.
        died: True if its process ended without a word.
    """

    job: Job
    result: dict[str, Any] | None
    error: str = ""
    seconds: float = 0.0
    reused: bool = False
    died: bool = False


def _ignore(*_: Any) -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class JobHooks:
    """Callbacks of a run of jobs.

    Attributes:
        on_begin: Called first, with the number of jobs and of those finished before.
        on_start: Called when a job starts.
        on_progress: Called as a job goes on, with steps done, steps in all, and a note.
        on_retry: Called when the process of a job died and it is tried again.
        on_finish: Called when a job has ended, well or not.
    """

    on_begin: Callable[[int, int], None] = _ignore
    on_start: Callable[[Job], None] = _ignore
    on_progress: Callable[[Job, int, int, str], None] = _ignore
    on_retry: Callable[[Outcome], None] = _ignore
    on_finish: Callable[[Outcome], None] = _ignore


NO_HOOKS = JobHooks()


def run(
    jobs: Sequence[Job], directory: Path, *, processes: int = 1, retries: int = 0,
    hooks: JobHooks = NO_HOOKS,
) -> list[Outcome]:
    """Do jobs in processes of this machine, each with one thread for its arithmetic.

    Interrupting ends the processes; what they had finished stays.

    Args:
        jobs: What is to be done.
        directory: Where results are kept; those that are there are not made again.
        processes: At a time: the cores used.
        retries: How often a job whose process died is tried again, after the others.
        hooks: Who is told.

    Returns:
        What came of each, in the order given.

    Raises:
        KinesicsError: ``processes`` is less than 1.
    """
    if processes < 1:
        raise KinesicsError(f"Got {processes} jobs at a time; wanted at least 1.")
    outcomes = take_up(jobs, directory)
    hooks.on_begin(len(jobs), len(outcomes))
    waiting = [number for number in range(len(jobs)) if number not in outcomes]
    left = dict.fromkeys(waiting, retries)
    running: dict[Connection, _Running] = {}
    try:
        while waiting or running:
            while waiting and len(running) < processes:
                number = waiting.pop(0)
                started = _start(number, jobs[number])
                running[started.receiver] = started
                hooks.on_start(jobs[number])
            for ready in wait(list(running)):
                assert isinstance(ready, Connection)
                one = running[ready]
                outcome = _receive(one, hooks)
                if outcome is None:
                    continue
                del running[ready]
                one.process.join()
                if outcome.died and left[one.number]:
                    left[one.number] -= 1
                    waiting.append(one.number)
                    hooks.on_retry(outcome)
                    continue
                keep(outcome, directory)
                outcomes[one.number] = outcome
                hooks.on_finish(outcome)
    finally:
        for one in running.values():
            one.process.terminate()
            one.process.join()
    return [outcomes[number] for number in range(len(jobs))]


def take_up(jobs: Sequence[Job], directory: Path) -> dict[int, Outcome]:
    """Return the outcomes that an earlier run left, by the number of the job."""
    directory.mkdir(parents=True, exist_ok=True)
    return {number: found for number, job in enumerate(jobs)
            if (found := kept(job, directory)) is not None}


@contextlib.contextmanager
def single_threaded() -> Iterator[None]:
    """Let processes started inside compute with one thread each.

    Several share the cores, and the threads of numpy's libraries wait for each other by spinning.
    """
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@dataclass(frozen=True, slots=True)
class _Running:
    """A job whose process runs."""

    number: int
    job: Job
    receiver: Connection
    process: BaseProcess
    began: float


def _start(number: int, job: Job) -> _Running:
    # spawn: a fork of a process in which torch has used threads may hang for ever.
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    with single_threaded():
        process = context.Process(target=_child, args=(job, sender), daemon=True)
        process.start()
    sender.close()
    return _Running(number, job, receiver, process, time.monotonic())


def _child(job: Job, sender: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)    # Ctrl-C is for the parent, which ends this one
    with contextlib.suppress(BrokenPipeError):      # the parent was killed: nobody waits for this
        _work(job, sender)


def _work(job: Job, sender: Connection) -> None:
    result, error = attempt(job, lambda *progress: sender.send(("progress", *progress)))
    sender.send(("error", error) if result is None else ("result", result))


def attempt(job: Job, report: OnProgress) -> tuple[dict[str, Any] | None, str]:
    """Do a job here and now; return its result and "", or None and what went wrong."""
    try:
        return job.work(job.settings, job.inputs, report), ""
    except BrokenPipeError:
        raise
    except KinesicsError as error:
        return None, str(error)
    except MemoryError:
        return None, ("There was not enough memory for it; give it fewer windows (--step) or run"
                      " fewer at a time (--jobs).")
    except Exception:
        return None, traceback.format_exc().strip()


def _receive(one: _Running, hooks: JobHooks) -> Outcome | None:
    """Read one message of a process; return None if the job goes on."""
    seconds = time.monotonic() - one.began
    try:
        message = one.receiver.recv()
    except EOFError:
        one.process.join()
        return Outcome(
            one.job, None, f"its process ended without a result (exit code {one.process.exitcode});"
            " often that is a lack of memory", seconds, died=True)
    if message[0] == "progress":
        hooks.on_progress(one.job, *message[1:])
        return None
    if message[0] == "error":
        return Outcome(one.job, None, message[1], seconds)
    return Outcome(one.job, message[1], "", seconds)


def kept(job: Job, directory: Path) -> Outcome | None:
    """Return what an earlier run left of a job with the same settings; None if nothing usable."""
    try:
        found = json.loads((directory / job.file).read_text())
        return Outcome(job, found["result"], "", found["seconds"], True)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(outcome: Outcome, directory: Path) -> None:
    """Leave a result for later runs; nothing of a job that failed."""
    if outcome.result is None:
        return
    job = outcome.job
    document = {"name": job.name, "settings": job.settings, "seconds": round(outcome.seconds, 1),
                "result": outcome.result}
    files.write_json(directory / job.file, document)
