"""Jobs: each done once, none takes the others with it."""

from __future__ import annotations

import os

import pytest

from kinesics_core.errors import KinesicsError
from kinesics_core.jobs import local as jobs


def square(settings, inputs, report):
    report(1, 2, "half way")
    with open(inputs["log"], "a") as file:
        file.write(f"{settings['x']}\n")
    if settings["x"] == 13:
        raise KinesicsError("Got 13; wanted a lucky number.")
    if settings["x"] == 14:
        os._exit(7)
    return {"square": settings["x"] ** 2, "threads": os.environ["OMP_NUM_THREADS"]}


def make(values, log):
    return [jobs.Job(f"square of {x}", square, {"x": x}, {"log": str(log)}) for x in values]


def test_one_failure_and_one_death_leave_the_others_and_nothing_is_done_twice(tmp_path):
    log, kept = tmp_path / "log", tmp_path / "kept"
    outcomes = jobs.run(make([2, 13, 14, 3], log), kept, processes=2)
    assert [o.result and o.result["square"] for o in outcomes] == [4, None, None, 9]
    assert outcomes[0].result["threads"] == "1"
    assert outcomes[1].error == "Got 13; wanted a lucky number."
    assert "exit code 7" in outcomes[2].error
    again = jobs.run(make([3, 13, 2], log), kept, processes=1)
    assert [o.reused for o in again] == [True, False, True]
    assert again[0].result["square"] == 9
    assert sorted(log.read_text().split()) == ["13", "13", "14", "2", "3"]


def test_hooks_are_told_what_happens(tmp_path):
    told = []
    hooks = jobs.JobHooks(
        on_begin=lambda total, reused: told.append(("begin", total, reused)),
        on_start=lambda job: told.append(("start", job.name)),
        on_progress=lambda job, *steps: told.append(("progress", job.name, *steps)),
        on_finish=lambda outcome: told.append(("finish", outcome.job.name, outcome.error)))
    work = make([2, 13], tmp_path / "log")
    for _ in range(2):
        jobs.run(work, tmp_path / "kept", hooks=hooks)
    first, again = told[:7], told[7:]
    sad = "Got 13; wanted a lucky number."
    assert first == [
        ("begin", 2, 0), ("start", "square of 2"), ("progress", "square of 2", 1, 2, "half way"),
        ("finish", "square of 2", ""), ("start", "square of 13"),
        ("progress", "square of 13", 1, 2, "half way"), ("finish", "square of 13", sad)]
    assert again[0] == ("begin", 2, 1) and again[-1] == ("finish", "square of 13", sad)


def test_a_torn_result_is_made_again(tmp_path):
    log = tmp_path / "log"
    (job,) = make([5], log)
    (tmp_path / job.file).write_text('{"name": "square of 5", "resu')
    (outcome,) = jobs.run([job], tmp_path)
    assert not outcome.reused and outcome.result["square"] == 25
    assert jobs.run([job], tmp_path)[0].reused


def stumble(settings, inputs, report):
    """Dies as often as it is told, then succeeds."""
    with open(inputs["log"], "a") as file:
        file.write("x")
    with open(inputs["log"]) as file:
        if len(file.read()) <= settings["deaths"]:
            os._exit(9)
    return {}


@pytest.mark.parametrize("deaths, died", [(2, False), (3, True)])
def test_a_job_whose_process_died_is_tried_again_so_often(tmp_path, deaths, died):
    job = jobs.Job("stumble", stumble, {"deaths": deaths}, {"log": str(tmp_path / "log")})
    (outcome,) = jobs.run([job], tmp_path, retries=2)
    assert outcome.died == died
    assert (tmp_path / "log").read_text() == "xxx"


def test_no_process_is_said(tmp_path):
    with pytest.raises(KinesicsError, match="Got 0 jobs"):
        jobs.run([], tmp_path, processes=0)
