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

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from kinesics_core.errors import KinesicsError

Report = Callable[[int, int, str], None]
"""What a job calls as it goes on: steps done, steps in all, a note."""

Work = Callable[[Mapping[str, Any], Any, Report], dict[str, Any]]
"""(settings, inputs, report) -> the result, which JSON can hold. A function of a module."""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Job:
    """name: for people and the file. settings: all that decides the result, as JSON holds it.
    inputs: what the work needs besides, such as where the data lie; pickled."""

    name: str
    work: Work
    settings: Mapping[str, Any]
    inputs: Any = None

    @property
    def file(self) -> str:
        """The result's file name, another for other settings."""
        text = json.dumps(self.settings, sort_keys=True, allow_nan=False)
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        return f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', self.name)}-{digest}.json"


@dataclass(frozen=True, slots=True)
class Outcome:
    """result: None if the job failed, ``error`` then says why. reused: it was there before.
    died: its process ended without a word."""

    job: Job
    result: dict[str, Any] | None
    error: str = ""
    seconds: float = 0.0
    reused: bool = False
    died: bool = False


def run(
    jobs: Sequence[Job], directory: Path, *, processes: int = 1, console: Console | None = None,
    retries: int = 0,
) -> list[Outcome]:
    """All jobs, ``processes`` at a time, in the order given; results are kept in ``directory``.

    Every process has one thread for its arithmetic, so that ``processes`` is the cores used. A
    job whose process dies is tried ``retries`` times more, after the others. Interrupting ends
    the processes; what they had finished stays.
    """
    if processes < 1:
        raise KinesicsError(f"Got {processes} jobs at a time; wanted at least 1.")
    directory.mkdir(parents=True, exist_ok=True)
    console = console or Console(stderr=True)
    outcomes = {number: found for number, job in enumerate(jobs)
                if (found := kept(job, directory)) is not None}
    if outcomes:
        console.print(f"{len(outcomes)} of {len(jobs)} were finished before and are reused")
    waiting = [number for number in range(len(jobs)) if number not in outcomes]
    left = dict.fromkeys(waiting, retries)
    running: dict[Connection, tuple[int, BaseProcess, TaskID, float]] = {}
    with Progress(
        TextColumn("{task.description}"), BarColumn(bar_width=20),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"), TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"), console=console,
    ) as progress:
        overall = progress.add_task(
            "finished", total=len(jobs), completed=len(outcomes), note="")
        try:
            while waiting or running:
                while waiting and len(running) < processes:
                    number = waiting.pop(0)
                    receiver, process = _start(jobs[number])
                    task = progress.add_task(jobs[number].name, total=1, note="starting")
                    running[receiver] = number, process, task, time.monotonic()
                for ready in wait(list(running)):
                    assert isinstance(ready, Connection)
                    number, process, task, began = running[ready]
                    outcome = _receive(
                        ready, process, jobs[number], time.monotonic() - began, progress, task)
                    if outcome is None:
                        continue
                    del running[ready]
                    process.join()
                    progress.remove_task(task)
                    if outcome.died and left[number]:
                        left[number] -= 1
                        waiting.append(number)
                        console.print(f"{jobs[number].name}: {outcome.error}; it is tried again",
                                      highlight=False)
                        continue
                    keep(outcome, directory)
                    outcomes[number] = outcome
                    progress.advance(overall)
                    console.print(
                        f"{jobs[number].name}: {outcome.error or 'finished'},"
                        f" {outcome.seconds:.0f} s", highlight=False)
        finally:
            for _, process, _, _ in running.values():
                process.terminate()
                process.join()
    return [outcomes[number] for number in range(len(jobs))]


@contextlib.contextmanager
def single_threaded() -> Iterator[None]:
    """Processes started inside compute with one thread each: several share the cores, and the
    threads of numpy's libraries wait for each other by spinning."""
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


def _start(job: Job) -> tuple[Connection, BaseProcess]:
    # spawn: a fork of a process in which torch has used threads may hang for ever.
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    with single_threaded():
        process = context.Process(target=_child, args=(job, sender), daemon=True)
        process.start()
    sender.close()
    return receiver, process


def _child(job: Job, sender: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)    # Ctrl-C is for the parent, which ends this one
    with contextlib.suppress(BrokenPipeError):      # the parent was killed: nobody waits for this
        _work(job, sender)


def _work(job: Job, sender: Connection) -> None:
    result, error = attempt(job, lambda *progress: sender.send(("progress", *progress)))
    sender.send(("error", error) if result is None else ("result", result))


def attempt(job: Job, report: Report) -> tuple[dict[str, Any] | None, str]:
    """A job done here and now: its result and "", or None and what went wrong."""
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


def _receive(
    receiver: Connection, process: BaseProcess, job: Job, seconds: float, progress: Progress,
    task: TaskID,
) -> Outcome | None:
    """What one message of a process means; None if the job goes on."""
    try:
        message = receiver.recv()
    except EOFError:
        process.join()
        return Outcome(
            job, None, f"its process ended without a result (exit code {process.exitcode}); often"
            " that is a lack of memory", seconds, died=True)
    if message[0] == "progress":
        done, total, note = message[1:]
        progress.update(task, completed=done, total=max(total, 1), note=note)
        return None
    if message[0] == "error":
        return Outcome(job, None, message[1], seconds)
    return Outcome(job, message[1], "", seconds)


def kept(job: Job, directory: Path) -> Outcome | None:
    """What an earlier run left of a job with the same settings; None if nothing usable."""
    try:
        found = json.loads((directory / job.file).read_text())
        return Outcome(job, found["result"], "", found["seconds"], True)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(outcome: Outcome, directory: Path) -> None:
    """Leaves a result for later runs; nothing of a job that failed."""
    if outcome.result is None:
        return
    job = outcome.job
    document = {"name": job.name, "settings": job.settings, "seconds": round(outcome.seconds, 1),
                "result": outcome.result}
    file = directory / job.file
    partial = file.with_name(file.name + ".part")
    partial.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n")
    os.replace(partial, file)
