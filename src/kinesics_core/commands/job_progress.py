"""Jobs as a user sees them: a bar for all of them, and one for each that runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from kinesics_core.jobs.local import Job, JobHooks, Outcome


@contextmanager
def job_progress(console: Console) -> Iterator[JobHooks]:
    """Show bars while jobs run; give the hooks that move them."""
    with Progress(
        TextColumn("{task.description}"), BarColumn(bar_width=20),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"), TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"), console=console,
    ) as progress:
        tasks: dict[str, TaskID] = {}
        overall: list[TaskID] = []

        def on_begin(total: int, reused: int) -> None:
            if reused:
                console.print(f"{reused} of {total} were finished before and are reused")
            overall.append(
                progress.add_task("finished", total=total, completed=reused, note=""))

        def on_start(job: Job) -> None:
            tasks[job.name] = progress.add_task(job.name, total=1, note="starting")

        def on_progress(job: Job, done: int, total: int, note: str) -> None:
            progress.update(tasks[job.name], completed=done, total=max(total, 1), note=note)

        def end(job: Job) -> None:
            if job.name in tasks:
                progress.remove_task(tasks.pop(job.name))

        def on_retry(outcome: Outcome) -> None:
            end(outcome.job)
            console.print(f"{outcome.job.name}: {outcome.error}; it is tried again",
                          highlight=False)

        def on_finish(outcome: Outcome) -> None:
            end(outcome.job)
            progress.advance(overall[-1])
            console.print(
                f"{outcome.job.name}: {outcome.error or 'finished'}, {outcome.seconds:.0f} s",
                highlight=False)

        yield JobHooks(on_begin, on_start, on_progress, on_retry, on_finish)
