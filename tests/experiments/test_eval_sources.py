"""``kinesics eval sources`` on sources whose law is known."""

from __future__ import annotations

import json

import numpy as np
import pytest
from walker import pose, waving

torch = pytest.importorskip("torch")

from kinesics_core import cli
from kinesics_core.dataset.clips import Clip, Info, Writer
from kinesics_core.errors import KinesicsError
from kinesics_core.experiments.source_comparison import SourceOptions, plan_sources
from kinesics_core.motion.evaluation import source_errors
from kinesics_core.motion.training.config import recipe
from kinesics_core.motion.training.windowing import encode


def walkers(path, speed, count=4):
    """People who cross the view at a speed, m/s, without moving a limb."""
    with Writer(path, Info(path.name)) as writer:
        for number in range(count):
            seconds = np.arange(120)[:, None, None] / 30
            motion = pose({})[None] + seconds * (speed * (1 + 0.1 * number), 0, 0)
            writer.add(Clip(f"clip{number}", path.name, f"clip{number}", 30.0,
                            motion.astype(np.float32), {}))
    return path


def wavers(path, period, count=6):
    rng = np.random.default_rng(len(path.name))
    with Writer(path, Info(path.name)) as writer:
        for number in range(count):
            motion = waving(period * rng.uniform(0.9, 1.1), rng.uniform(0, 6.3), 5.0)
            writer.add(Clip(f"clip{number}", path.name, f"clip{number}", 30.0, motion, {}))
    return path


def clips_of(path):
    from kinesics_core.dataset.clips import Dataset
    return list(Dataset(path))


def test_who_only_crosses_the_view_is_still_in_his_own_scale_but_not_through_cameras(tmp_path):
    clips = clips_of(walkers(tmp_path / "walkers", 0.8))
    frontal, camera = (source_errors.source_windows(clips, view, count=60)
                       for view in source_errors.VIEWS)
    still = {view.view: np.mean(view.errors(
        lambda observed: np.repeat(observed[:, -1:], 30, axis=1), "last_frame"))
        for view in (frontal, camera)}
    assert still["frontal"] < 1e-5 < 0.1 < still["camera"]


def test_a_forecast_that_is_the_truth_has_no_error_in_either_view(tmp_path):
    clips = clips_of(wavers(tmp_path / "wavers", 1.3))
    for view in source_errors.VIEWS:
        source = source_errors.source_windows(clips, view, count=40)
        truth = encode(source.cut, "last_frame").future
        assert max(source.errors(lambda observed, truth=truth: truth, "last_frame")) < 1e-5


def test_ridges_fitted_to_the_law_beat_standing_still_and_one_recording_has_no_own(tmp_path):
    clips = clips_of(wavers(tmp_path / "wavers", 1.3))
    others = source_errors.source_windows(
        clips_of(wavers(tmp_path / "other wavers", 1.2)), "frontal", step=3)
    source = source_errors.source_windows(clips, "frontal", step=3)
    ratios = source_errors.ratios(source_errors.baseline_errors(source, clips, others.truth))
    assert ratios[source_errors.STILL] == [1.0] * 31
    assert ratios[source_errors.POOLED][0] < 0.6 and ratios[source_errors.IN_DOMAIN][0] < 0.6
    alone = source_errors.source_windows(clips[:1], "frontal", step=3)
    assert source_errors.IN_DOMAIN not in source_errors.baseline_errors(
        alone, clips[:1], others.truth)


def test_a_model_that_holds_the_newest_pose_is_judged_as_standing_still_is(tmp_path):
    onnx = pytest.importorskip("onnx")

    class Still(torch.nn.Module):
        def forward(self, observed):
            return observed[:, -1:].repeat(1, 30, 1)

    model = tmp_path / "still.onnx"
    torch.onnx.export(Still(), (torch.zeros(1, 60, 34),), model, dynamo=False, opset_version=17,
                      input_names=["observed"], output_names=["future"],
                      dynamic_axes={"observed": {0: "persons"}, "future": {0: "persons"}})
    written = onnx.load(model)
    written.metadata_props.add(key="kinesics.normalisation", value="last_frame")
    onnx.save(written, model)
    data = [wavers(tmp_path / "one", 1.3, 3), wavers(tmp_path / "two", 0.9, 3)]
    plan = plan_sources(SourceOptions(tuple(data), (), recipe("carry_over", network="ours"),
                                      model=model))
    job = plan.trainings[0]
    errors = job.work(job.settings, job.inputs, lambda *_: None)["errors"]["one"]
    for view in source_errors.VIEWS:
        source = source_errors.source_windows(clips_of(data[0]), view)
        still = source.errors(source_errors.zero_velocity, source_errors.normalisation_of(view))
        assert errors[view] == pytest.approx(still, rel=1e-4)


@pytest.mark.slow
def test_the_command_leaves_sources_out_trains_twice_and_takes_up_what_was_finished(
        tmp_path, capsys):
    data = [str(wavers(tmp_path / name, period)) for name, period in
            (("slow", 1.8), ("medium", 1.3), ("fast", 0.9))]
    command = ["eval", "sources", "--data", *data, "--together", "slow,fast", "--epochs", "2",
               "--second", "settle", "--second-epochs", "1", "--windows", "512", "--jobs", "1",
               "--out", str(tmp_path / "out"), "--json", str(tmp_path / "figures.json")]
    assert cli.main(command) == 0
    assert "slow with fast, medium" in capsys.readouterr().out
    figures = json.loads((tmp_path / "figures.json").read_text())
    second = figures["about"]["second"]
    assert (second["anchor"], second["epochs"]) == (0.5, 1)
    assert figures["about"]["left_out_together"] == [["slow", "fast"], ["medium"]]
    assert set(figures["windows"]["frontal"]) == {"slow", "medium", "fast"}
    values = {entry["name"]: entry["value"] for entry in figures["results"]}
    for view in source_errors.VIEWS:
        of_sources = [values[f"ratio.{view}.ours.{name}"] for name in ("slow", "medium", "fast")]
        assert values[f"ratio.{view}.ours"] == pytest.approx(np.mean(of_sources), abs=1e-3)
        assert values[f"ratio.{view}.ours.worst"] >= max(of_sources)
    kept = sorted(path.name for path in (tmp_path / "out" / "weights").iterdir())
    assert kept == ["ours-medium.pt", "ours-slow+fast.pt"]
    trained = next((tmp_path / "out").rglob("ours-without-medium*.json"))
    assert trained.read_text().count('"train_loss"') == 3
    assert cli.main(command) == 0
    assert "5 of 5 were finished before" in capsys.readouterr().err


def test_what_is_left_out_together_is_learned_from_by_neither_network_nor_ridge(tmp_path):
    paths = [wavers(tmp_path / name, 1.0, 3) for name in ("a", "b", "c", "d")]
    plan = plan_sources(SourceOptions(
        tuple(paths[:3]), (paths[3],), recipe("carry_over", network="ours"),
        together=(("c", "a"),)))
    learned = {tuple(path.name for path in job.inputs.judge):
               {path.name for path in job.inputs.learn} for job in plan.trainings}
    assert learned == {("c", "a"): {"b", "d"}, ("b",): {"a", "c", "d"}}
    assert [job.inputs.judge[0].name for job in plan.baselines] == ["a", "b", "c"]
    assert {path.name for path in plan.baselines[0].inputs.learn} == {"b", "d"}


def test_bad_choices_of_sources_are_refused(tmp_path):
    one = wavers(tmp_path / "one", 1.0, 3)
    with pytest.raises(KinesicsError, match="at least 2"):
        SourceOptions((one,), (), recipe("carry_over", network="ours"))
    with pytest.raises(KinesicsError, match="one name"):
        plan_sources(SourceOptions((one, one), (), recipe("carry_over", network="ours")))
    with pytest.raises(KinesicsError, match="carry_over"):
        SourceOptions((one, one), (), recipe("paper"))
    two, ours = tmp_path / "two", recipe("carry_over", network="ours")
    with pytest.raises(KinesicsError, match="'three' 1 times"):
        SourceOptions((one, two), (), ours, together=(("one", "three"),))
    with pytest.raises(KinesicsError, match="'one' 2 times"):
        SourceOptions((one, two), (), ours, together=(("one",), ("one", "two")))
    with pytest.raises(KinesicsError, match="nothing is left to learn"):
        SourceOptions((one, two), (), ours, together=(("one", "two"),))
    with pytest.raises(KinesicsError, match="carry_over"):
        SourceOptions((one, two), (), ours, second=recipe("paper"))
