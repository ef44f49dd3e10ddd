"""``kinesics bench fit``: the names and goals of issue 4, and measurements that measure."""

from types import SimpleNamespace

import numpy as np
import pytest

from kinesics_core.bench import met
from kinesics_core.body.model import load
from kinesics_core.errors import KinesicsError
from kinesics_core.fitting.evaluation import bench_fit, motions

GOALS = {
    "fit.wholebody_fps": ">= 50", "fit.body25_fps": ">= 100", "fit.single_s": "<= 0.5",
    "fit.peak_rss_mb": "<= 1000", "fit.pa_mpjpe_mm": "<= 25", "fit.mpjpe_mm": "<= 40",
    "fit.reprojection_px": "<= 3", "fit.hands_pa_mm": "<= 12",
    "fit.pa_mpjpe_missing20_mm": "<= 35", "fit.joints240_ms": "<= 4", "fit.mesh32_ms": "<= 40",
    "fit.mesh32_vs_smplx": ">= 1",
}  # fmt: skip


class Everything(dict):
    """Any measured figure."""

    def __missing__(self, key):
        return 7.0


@pytest.fixture
def body():
    return load()


@pytest.fixture(autouse=True)
def known_motion(monkeypatch):
    """No download: two acted clips in place of DeepMimic's."""
    clips = [motions.acted("anger", 0, 60), motions.acted("fear", 1, 60)]
    monkeypatch.setattr(bench_fit.motions, "deepmimic", lambda: clips)
    monkeypatch.setattr(bench_fit, "FRAMES", 24)


def test_the_issues_names_and_goals(monkeypatch):
    from kinesics_core.body import bench_forward

    def canned(measure, motion):
        if measure == "forward":
            return {"results": bench_forward.measure(1)}
        return Everything(penetration=2.0 if measure == "accuracy" else 3.0)

    monkeypatch.setattr(bench_fit, "alone", canned)
    found = {entry["name"]: entry for entry in bench_fit.run(SimpleNamespace(motion=None))}
    assert {name: found[name]["goal"] for name in GOALS} == GOALS
    assert met(found["fit.penetration_mm"])  # 2 mm beside 3 mm of the unregularised fit


def test_clips_are_different_pieces_of_the_motion(body):
    (first, one), (second, two) = bench_fit.clips(body, None)
    assert len(first) == len(second) == 24
    assert not np.allclose(one.body_pose, two.body_pose)
    again = bench_fit.clips(body, None)
    assert np.array_equal(again[1][0].keypoints, second.keypoints, equal_nan=True)


def test_clips_of_an_archive_come_from_all_over_it(body, tmp_path):
    clips = {f"clip_{i}": motions.acted("neutral", i, 40).rotations for i in range(20)}
    np.savez(tmp_path / "archive.npz", **clips)
    made = bench_fit.clips(body, tmp_path / "archive.npz")
    names = [real.labels["clip"] for _, real in made]
    assert len(set(names)) == bench_fit.ARCHIVE_CLIPS
    assert names[0] == "clip_0" and names[-1] == "clip_19"


def test_the_long_track_never_jumps_nor_repeats_its_noise(monkeypatch):
    seen = []
    monkeypatch.setattr(bench_fit, "LONG_FRAMES", 500)
    monkeypatch.setattr(bench_fit, "fit", lambda track, body, settings: seen.append(track))
    figures = bench_fit.memory(None)
    track = seen[0]
    assert len(track) == 500 and figures["rss_mb"] > 10
    nose = track.keypoints[:, 0, :2]
    assert np.linalg.norm(np.diff(nose, axis=0), axis=1).max() < 100
    turn = 2 * bench_fit.CLIPS * 24 - 2
    assert 1.5 < (nose[:turn] - nose[turn:2 * turn]).std() / np.sqrt(2) < 2.5


def test_25_keypoints_are_25(monkeypatch):
    seen = []
    monkeypatch.setattr(bench_fit, "ROUNDS", 1)
    monkeypatch.setattr(
        bench_fit, "fit", lambda track, body, settings: seen.append((track, settings)))
    bench_fit.speed(None)
    counts = {(track.keypoints[..., 2] > 0).sum(axis=1).max() for track, _ in seen}
    assert counts == {133, 23}  # COCO-WholeBody lacks OpenPose's neck and middle of the hips
    assert [settings.hands for _, settings in seen].count(False) == 3


def test_a_measurement_that_fails_is_an_error():
    with pytest.raises(KinesicsError, match="Measuring nothing failed with exit code 1"):
        bench_fit.alone("nothing", None)


@pytest.mark.slow
def test_the_peer_fits(body):
    pytest.importorskip("smplx")
    from kinesics_core.assets.store import shipped
    from kinesics_core.fitting.evaluation import smplify_x as peer
    from kinesics_core.fitting.evaluation.scores import score

    track, real = bench_fit.clips(body, None)[0]
    found = peer.fit_frames(
        track, body, shipped("smplx/SMPLX_NEUTRAL.npz"), [12], real.focal)
    means = score(found, real, (body, body), track, mesh_step=1).means()
    assert means["reprojection"] < 8.0
    assert means["pa_mpjpe"] < 80.0
