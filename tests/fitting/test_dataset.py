"""A folder of videos: each to its own folder, each once, whatever happens to some of them."""

from __future__ import annotations

import io
import json
import math
import os
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from kinesics_core.cli import main
from kinesics_core.commands.fit import print_summary
from kinesics_core.errors import KinesicsError
from kinesics_core.fitting.errors import FitError
from kinesics_core.fitting.output import dataset
from kinesics_core.fitting.output.dataset import (
    DatasetSummary,
    VideoResult,
    fit_dataset,
    is_dataset,
)
from kinesics_core.fitting.output.request import FitReport, FitRequest, PersonReport
from kinesics_core.jobs import local as jobs


def video_work(settings, inputs, report):
    """Stands in for perception and fit. What the video's name says happens to it."""
    request = inputs["request"]
    assert request.input.is_absolute() and request.output.is_absolute()
    request.output.mkdir(parents=True, exist_ok=True)
    with open(request.output / "begun", "a") as file:
        file.write("x")
    begun = (request.output / "begun").read_text()
    if "killed" in request.input.name and len(begun) == 1:
        os._exit(9)
    if "broken" in request.input.name:
        raise FitError("The disk is full.", "DISK_FULL")
    report(10, 10, "body")
    (request.output / "report.json").write_text("{}")
    empty = "empty" in request.input.name
    return {"frames": 0 if empty else 100, "people": 0 if empty else 1,
            "fault": "Nobody is seen." if empty else "",
            "reprojection_px": None if empty else 2.0, "frames_per_second": 50.0,
            "core_seconds": 8.0}


def here(work, directory, *, processes=1, retries=0, hooks=None):
    """As ``jobs.run``, without processes: they take seconds to start."""
    directory.mkdir(parents=True, exist_ok=True)
    outcomes = []
    for job in work:
        outcome = jobs.kept(job, directory) or jobs.Outcome(
            job, *jobs.attempt(job, lambda *step: None))
        jobs.keep(outcome, directory)
        outcomes.append(outcome)
    return outcomes


@pytest.fixture
def videos(tmp_path, monkeypatch):
    """A folder to fit, with a stand-in for the work; give it names of videos."""
    monkeypatch.setattr(dataset, "fit_video", video_work)
    monkeypatch.setattr(dataset.jobs, "run", here)

    def make(*names) -> FitRequest:
        for name in names:
            file = tmp_path / "videos" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(name.encode())
        return FitRequest(tmp_path / "videos", tmp_path / "out")

    return make


def begun(request: FitRequest) -> dict[str, int]:
    """How often each video was begun, by its folder."""
    return {path.parent.relative_to(request.output).as_posix(): len(path.read_text())
            for path in request.output.rglob("begun")}


def test_each_video_has_its_own_folder_and_is_done_once(videos):
    request = videos("a/one.mp4", "b/one.mp4", "b/two.mov", "b/two.mp4", "notes.txt")
    summary = fit_dataset(request, processes=2)
    names = ["a/one", "b/one", "b/two.mov", "b/two.mp4"]
    assert [clip.name for clip in summary.videos] == names
    assert begun(request) == dict.fromkeys(names, 1)
    again = fit_dataset(request)
    assert all(clip.reused for clip in again.videos)
    assert begun(request) == dict.fromkeys(names, 1)


@pytest.mark.slow
def test_a_death_is_made_good_and_a_failure_costs_itself_only(videos, monkeypatch):
    request = videos("a.mp4", "broken.mp4", "empty.mp4", "killed.mp4")
    monkeypatch.undo()
    monkeypatch.setattr(dataset, "fit_video", video_work)  # in processes that really die
    summary = fit_dataset(request, processes=2)
    assert begun(request) == {"a": 1, "broken": 1, "empty": 1, "killed": 2}
    assert {clip.name: clip.fault for clip in summary.failed} == {
        "broken": "The disk is full.", "empty": "Nobody is seen."}
    fit_dataset(request)
    # A full disk is worth another try; nobody will come into the picture.
    assert begun(request) == {"a": 1, "broken": 2, "empty": 1, "killed": 2}


def test_a_folder_that_was_removed_or_a_video_that_changed_is_fitted_again(videos):
    request = videos("a.mp4", "b.mp4", "c.mp4")
    fit_dataset(request)
    (request.output / "a" / "report.json").unlink()
    (request.input / "b.mp4").write_bytes(b"another film")
    fit_dataset(request)
    assert begun(request) == {"a": 2, "b": 2, "c": 1}


def test_relative_paths_mean_the_same_to_everybody(videos, monkeypatch):
    request = videos("a.mp4")
    monkeypatch.chdir(request.input.parent)
    fit_dataset(FitRequest(Path("videos"), Path("out")))
    assert begun(request) == {"a": 1}


def test_the_file_that_sums_up(videos):
    request = videos("a.mp4", "empty.mp4")
    fit_dataset(request)
    document = json.loads((request.output / "dataset.json").read_text())
    assert [clip["frames"] for clip in document["clips"]] == [100, 0]
    assert document["clips"][1]["reprojection_px"] is None
    assert document["core_seconds_per_frame"] == pytest.approx(0.08)


def test_the_estimate_for_the_papers_videos():
    """1,677 videos of 300 frames; at 3,600 core seconds for 503,100 frames that is one hour."""
    each = 3600.0 / (1677 * 300)
    summary = DatasetSummary((
        VideoResult("a", 200, 1, core_seconds=200 * each),
        VideoResult("b", 100, 1, core_seconds=100 * each),
        VideoResult("begun by an earlier run", 999, 1), VideoResult("c", fault="no"),
    ), 10.0, 2)
    assert summary.paper_core_hours == pytest.approx(1.0)
    assert math.isnan(DatasetSummary((), 0.0, 1).paper_core_hours)
    console = Console(record=True, width=200, file=io.StringIO())
    print_summary(summary, console)
    said = console.export_text()
    assert "4: 3 fitted, 1 failed" in said and "c: no" in said
    assert "7,267 GPU hours there, would take 1.0 core hours" in said
    assert "0.5 hours with 2 processes" in said


def test_what_is_a_data_set(tmp_path):
    for name in ("set/x/film.mp4", "images/0.png", "images/film.mp4", "bag/x.mcap",
                 "openpose/film_000000000000_keypoints.json", "openpose/film.mp4", "film.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert is_dataset(tmp_path / "set")
    for other in ("images", "bag", "openpose", "film.mp4", "nowhere"):
        assert not is_dataset(tmp_path / other)


def test_a_folder_without_video_is_said(tmp_path):
    with pytest.raises(KinesicsError, match="holds no video"):
        fit_dataset(FitRequest(tmp_path, tmp_path / "out"))


# --- one video -------------------------------------------------------------------------------


def one(tmp_path, monkeypatch, report):
    seen = []

    def fit_recording(request, *, progress=None, cancelled=None):
        seen.append(request)
        return report

    monkeypatch.setattr(dataset, "fit_recording", fit_recording)
    request = FitRequest(Path("film.mp4"), tmp_path / "film")
    return seen, lambda: dataset.fit_video({}, {"request": request}, lambda *step: None)


def test_what_is_remembered_of_a_video(tmp_path, monkeypatch):
    person = PersonReport(1, "", 40, 1.5, 2.0, 0.3, 0.0, 0.1, 0)
    seen, fit = one(tmp_path, monkeypatch, FitReport(
        frames_fitted=40, people=[person], reprojection_px=1.5, complete=True))
    found = fit()
    assert json.loads(json.dumps(found))["frames"] == 40 and found["fault"] == ""
    assert found["frames_per_second"] is None and found["core_seconds"] >= 0.0
    (tmp_path / "film").mkdir()
    assert fit()["core_seconds"] is None  # an earlier run did part of it


@pytest.mark.parametrize("code, lasting", [
    ("NO_PERSON", True), ("INPUT_UNREADABLE", True), ("DISK_FULL", False),
    ("MODEL_MISSING", False), ("FAILED", False), ("INVALID_GOAL", False),
])
def test_only_what_would_fail_again_is_remembered_as_failed(tmp_path, monkeypatch, code, lasting):
    _, fit = one(tmp_path, monkeypatch, FitReport(error_code=code, message="It went wrong."))
    if lasting:
        assert fit()["fault"] == "It went wrong."
    else:
        with pytest.raises(FitError, match="It went wrong"):
            fit()


# --- the command -----------------------------------------------------------------------------


def test_the_command_fits_a_folder(videos, capsys):
    request = videos("a.mp4", "empty.mp4")
    words = ["fit", str(request.input), "--out", str(request.output), "--jobs", "2"]
    assert main(words) == 1  # one failed
    said = capsys.readouterr().out
    assert "empty: Nobody is seen." in said and "core hours" in said
    (request.input / "empty.mp4").unlink()
    assert main(words) == 0


def test_jobs_are_for_folders(tmp_path, capsys):
    (tmp_path / "film.mp4").write_bytes(b"")
    assert main(["fit", str(tmp_path / "film.mp4"), "--out", str(tmp_path / "out"),
                 "--jobs", "2"]) != 0
    assert "folder of videos" in capsys.readouterr().err


def test_labels_come_from_the_names_of_videos(tmp_path, monkeypatch):
    seen = {}

    def work(settings, inputs, report):
        request = inputs["request"]
        seen[request.input.name] = dict(request.labels)
        return video_work(settings, inputs, report)

    videos = tmp_path / "videos"
    for name in ("anger/one.mp4", "fear/two.mp4"):
        (videos / name).parent.mkdir(parents=True)
        (videos / name).write_bytes(b"x")
    monkeypatch.setattr(dataset, "fit_video", work)
    monkeypatch.setattr(jobs, "run", here)
    fit_dataset(FitRequest(videos, tmp_path / "out", labels={"group": "students"},
                           label_pattern="(?P<emotion>[^/]+)/[^/]+"))
    assert seen == {"one.mp4": {"emotion": "anger", "group": "students"},
                    "two.mp4": {"emotion": "fear", "group": "students"}}


def test_results_below_the_videos_are_no_videos_and_other_kinds_are_named(videos, caplog):
    request = videos("a.mp4", "sub/b.mov", "c.bvh", "d.fbx", "README.md")
    request = replace(request, output=request.input / "fits")
    for _ in range(2):
        summary = fit_dataset(request)
        assert [result.name for result in summary.videos] == ["a", "sub/b"]
        (request.output / "a" / "overlay.mp4").write_bytes(b"result")
        (request.output / "a" / "motion.glb").write_bytes(b"result")
    assert "c.bvh: BVH" in caplog.text and "d.fbx" in caplog.text
    assert "motion.glb" not in caplog.text and "README" not in caplog.text
